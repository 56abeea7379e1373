package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
)

// stubborn is a driver that does not look at contexts: its statements wait until goOn is
// closed.
type stubborn struct{ goOn chan struct{} }

func openStubborn(t *testing.T) *sql.DB {
	t.Helper()
	s := stubborn{make(chan struct{})}
	db := sql.OpenDB(s)
	t.Cleanup(func() { close(s.goOn); db.Close() })
	return db
}

func (s stubborn) Connect(context.Context) (driver.Conn, error) { return s, nil }
func (s stubborn) Driver() driver.Driver                        { return s }
func (s stubborn) Open(string) (driver.Conn, error)             { return s, nil }
func (s stubborn) Prepare(string) (driver.Stmt, error)          { return s, nil }
func (s stubborn) Begin() (driver.Tx, error)                    { return nil, errors.ErrUnsupported }
func (s stubborn) Close() error                                 { return nil }
func (s stubborn) NumInput() int                                { return -1 }
func (s stubborn) Exec([]driver.Value) (driver.Result, error) {
	<-s.goOn
	return driver.RowsAffected(1), nil
}
func (s stubborn) Query([]driver.Value) (driver.Rows, error) {
	<-s.goOn
	return nil, errors.ErrUnsupported
}
