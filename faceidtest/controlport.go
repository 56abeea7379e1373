package faceidtest

import (
	"net/url"
	"slices"
	"strconv"
	"time"
)

// The handlers in this file queue faults, tell the last requests and drive pages
// for tests in other languages. doc.go describes their paths.

// namedFault is a fault as JSON names it.
type namedFault struct {
	Path    string
	Fault   string  // one of faultNames, with - for a blank
	Code    string  // of "code"
	Message string  // of "code"; empty: the platform's own
	Status  int     // of "status"
	Body    string  // of "status" and "body"
	Bytes   int     // of "truncate" and "slow-body"
	Seconds float64 // of "delay" and "slow-body"
	Times   int     // how many requests meet it; 0 is one
}

// maxFaults bounds the queue of a path, and maxFaultWait a delay in seconds.
const (
	maxFaults    = 10_000
	maxFaultWait = 3600
)

// make returns the fault, or what is wrong with its description.
func (f namedFault) make() (fault Fault, problem string) {
	wait := time.Duration(f.Seconds * float64(time.Second))
	switch {
	case f.Path == "":
		return fault, "path is empty: give a path of kyc1 or the name of an action"
	case f.Times < 0 || f.Times > maxFaults:
		return fault, "times must be between 0 and " + strconv.Itoa(maxFaults)
	case !(f.Seconds >= 0 && f.Seconds <= maxFaultWait): // refuses NaN, too
		return fault, "seconds must be between 0 and " + strconv.Itoa(maxFaultWait)
	case f.Bytes < 0:
		return fault, "bytes is negative"
	}
	switch f.Fault {
	case "code":
		if f.Code == "" {
			return fault, "code is empty"
		}
		return FaultCode(f.Code, f.Message), ""
	case "status":
		if f.Status < 200 || f.Status > 599 {
			return fault, "status is not a final HTTP status"
		}
		return FaultStatus(f.Status, f.Body), ""
	case "body":
		return FaultBody(f.Body), ""
	case "delay":
		return FaultDelay(wait), ""
	case "hang":
		return FaultHang(), ""
	case "truncate":
		return FaultTruncate(f.Bytes), ""
	case "drop-before":
		return FaultDropBefore(), ""
	case "drop-after":
		return FaultDropAfter(), ""
	case "slow-body":
		if f.Bytes == 0 {
			return fault, "bytes must be positive"
		}
		return FaultSlowBody(f.Bytes, wait), ""
	}
	return fault, "the fault is unknown"
}

func (s *Server) simFault(in *incoming) reply {
	var q namedFault
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	fault, problem := q.make()
	if problem != "" {
		return controlError(problem)
	}
	if _, known := s.routes[q.Path]; !known {
		return controlError("the platform has no such path or action")
	}
	times := max(q.Times, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults[q.Path])+times > maxFaults {
		return controlError("no more than " + strconv.Itoa(maxFaults) + " faults may wait at a path, and " + strconv.Itoa(len(s.faults[q.Path])) + " do")
	}
	s.faults[q.Path] = append(s.faults[q.Path], slices.Repeat([]Fault{fault}, times)...)
	return controlReply(map[string]bool{"ok": true})
}

// simRequests tells the last requests, the newest at the end.
func (s *Server) simRequests(*incoming) reply {
	type told struct {
		Time    time.Time `json:"time"`
		Method  string    `json:"method"`
		Path    string    `json:"path"`
		Status  int       `json:"status"`
		Code    string    `json:"code"`
		OrderNo string    `json:"orderNo"`
		Seconds float64   `json:"seconds"`
		Fault   string    `json:"fault,omitempty"`
		Why     string    `json:"why,omitempty"`
	}
	const most = 100
	last := s.Requests()
	last = last[max(0, len(last)-most):]
	all := make([]told, len(last))
	for i, r := range last {
		all[i] = told{r.Time, r.Method, r.Path, r.Status, r.Code, r.OrderNo, r.Duration.Seconds(), r.Fault, r.Why}
	}
	return controlReply(map[string]any{"requests": all})
}

// simVisit goes through a page as the scripted person does, and answers the
// address to which the browser comes back.
func (s *Server) simVisit(in *incoming) reply {
	var q struct{ URL string }
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	page, err := url.Parse(q.URL)
	if err != nil || page.Path == "" {
		return controlError("url is not the address of a page")
	}
	visit := s.Visit
	if page.Path == pathCloudVerify {
		visit = s.VisitCloud
	}
	back, err := visit(in.ctx, q.URL)
	if err != nil {
		return controlError(err.Error())
	}
	return controlReply(map[string]string{"callback": back.URL.String()})
}
