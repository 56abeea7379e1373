package main

import (
	"fmt"
	"log/slog"
)

// queueLog writes what asynq reports into the service's log.
type queueLog struct{ log *slog.Logger }

func (q queueLog) Debug(args ...any) { q.log.Debug("asynq", "text", fmt.Sprint(args...)) }
func (q queueLog) Info(args ...any)  { q.log.Info("asynq", "text", fmt.Sprint(args...)) }
func (q queueLog) Warn(args ...any)  { q.log.Warn("asynq", "text", fmt.Sprint(args...)) }
func (q queueLog) Error(args ...any) { q.log.Error("asynq", "text", fmt.Sprint(args...)) }

// Fatal does not end the process, as asynq would have it: browsers are still served, and
// what is not looked at now is looked at later.
func (q queueLog) Fatal(args ...any) { q.log.Error("asynq", "text", fmt.Sprint(args...)) }
