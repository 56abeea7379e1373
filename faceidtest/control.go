package faceidtest

import (
	"encoding/json"
	"math"
	"net/http"
	"time"
)

// The handlers in this file answer the simulator's own paths, for tests in
// other languages. doc.go describes these paths.

func (s *Server) simOrder(in *incoming) reply {
	var q struct{ OrderNo, Ending, Code string }
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	e, known := namedEnding(q.Ending)
	switch {
	case q.OrderNo != "" && !isOrderNo(q.OrderNo):
		return controlError("orderNo must be 1 to 32 letters or digits")
	case q.Ending != "" && !known:
		return controlError("the ending is unknown")
	case (q.Ending == "") == (q.Code == ""):
		return controlError("give either an ending or a code")
	case q.Code != "":
		e = Ending{Code: q.Code}
	}
	if q.OrderNo == "" {
		s.ScriptDefault(e)
	} else {
		s.Script(q.OrderNo, e)
		in.orderNo = q.OrderNo
	}
	return controlReply(map[string]bool{"ok": true})
}

func (s *Server) simSDK(in *incoming) reply {
	var q struct {
		Params   map[string]string
		Switches []SDKSwitch
	}
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	r, err := s.RunSDK(in.ctx, q.Params, q.Switches...)
	if err != nil {
		return controlError(err.Error())
	}
	return controlReply(map[string]string{"platform": r.Platform, "domain": r.Domain, "code": r.Code, "message": r.Message})
}

// simCard puts a card or a document in front of a scan or a reading. The names
// in the JSON are those of the Go fields.
func (s *Server) simCard(in *incoming) reply {
	var q struct {
		OrderNo  string
		IDCard   *IDCard
		BankCard *BankCard
		NFC      *NFCDocument
	}
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	given, problem := 0, ""
	if q.IDCard != nil {
		given, problem = given+1, q.IDCard.problem()
	}
	if q.BankCard != nil {
		given, problem = given+1, q.BankCard.problem()
	}
	if q.NFC != nil {
		given, problem = given+1, q.NFC.problem()
	}
	switch {
	case q.OrderNo != "" && !isOrderNo(q.OrderNo):
		return controlError("orderNo must be 1 to 32 letters or digits")
	case given != 1:
		return controlError("give one of idCard, bankCard and nfc")
	case problem != "":
		return controlError(problem)
	}
	in.orderNo = q.OrderNo
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case q.IDCard != nil:
		s.idCards[q.OrderNo] = *q.IDCard
	case q.BankCard != nil:
		s.bankCards[q.OrderNo] = *q.BankCard
	default:
		s.documents[q.OrderNo] = *q.NFC
	}
	return controlReply(map[string]bool{"ok": true})
}

func (s *Server) simOCR(in *incoming) reply {
	var q struct {
		Params map[string]string
		Card   Card
	}
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	r, err := s.RunOCR(in.ctx, q.Params, q.Card)
	if err != nil {
		return controlError(err.Error())
	}
	return controlReply(map[string]string{"platform": r.Platform, "code": r.Code, "message": r.Message})
}

func (s *Server) simNFC(in *incoming) reply {
	var q struct{ Params, Extras map[string]string }
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	r, err := s.RunNFC(in.ctx, q.Params, q.Extras)
	if err != nil {
		return controlError(err.Error())
	}
	return controlReply(map[string]string{"platform": r.Platform, "code": r.Code, "message": r.Message,
		"orderNo": r.OrderNo, "ocrCertId": r.OCRCertID, "reqId": r.ReqID})
}

func (s *Server) simAdvance(in *incoming) reply {
	var q struct{ Seconds float64 }
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	const year = 365 * 24 * 60 * 60
	if math.IsNaN(q.Seconds) || q.Seconds < 0 || q.Seconds > year {
		return controlError("seconds must be between 0 and a year")
	}
	s.Advance(time.Duration(q.Seconds * float64(time.Second)))
	return controlReply(map[string]any{"now": s.Now()})
}

func (s *Server) simStatus(*incoming) reply {
	type appStatus struct {
		Mints           []time.Time `json:"mints"`
		ConcurrentMints int         `json:"concurrentMints"`
		LiveTokens      int         `json:"liveTokens"`
		Orders          int         `json:"orders"`
	}
	s.mu.Lock()
	now := s.now()
	calls, apps := map[string]int{}, map[string]appStatus{}
	for path, n := range s.calls {
		calls[path] = n
	}
	for id, a := range s.apps {
		st := appStatus{Mints: append([]time.Time{}, a.mints...), ConcurrentMints: a.concurrent, Orders: len(a.orders)}
		for _, t := range a.tokens {
			if t.live(now) {
				st.LiveTokens++
			}
		}
		apps[id] = st
	}
	s.mu.Unlock()
	return controlReply(map[string]any{"now": now, "speed": s.speed, "calls": calls, "apps": apps, "keys": s.Keys(), "notSimulated": s.NotSimulated()})
}

// decodeControl reads a JSON body. It also wants the content type of JSON, as a
// web page elsewhere cannot send that without asking first.
func decodeControl(in *incoming, into any) string {
	if !isJSON(in.header) {
		return "want Content-Type application/json"
	}
	if err := json.Unmarshal(in.body, into); err != nil {
		return "the body is not the JSON that this path expects"
	}
	return ""
}

func controlReply(v any) reply {
	b, err := json.Marshal(v)
	if err != nil {
		return controlError("the answer cannot be written as JSON")
	}
	return reply{raw: b, kind: typeJSON}
}

func controlError(msg string) reply {
	b, _ := json.Marshal(map[string]string{"error": msg}) // the encoding of strings cannot fail
	return reply{status: http.StatusBadRequest, raw: b, kind: typeJSON}
}
