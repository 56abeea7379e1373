package faceidtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/stretchr/testify/require"
)

// goodRequests are requests to kyc1 that are accepted, by the names that the
// rules use: the method, the path and the parameters.
var goodRequests = map[string]func(s *scene) (method, path string, v body){
	"access_token": func(s *scene) (string, string, body) { return http.MethodGet, tokenPath, anyOf(s.tokenQuery()) },
	"SIGN": func(s *scene) (string, string, body) {
		return http.MethodGet, ticketPath, anyOf(s.ticketQuery(s.merchant.token, "SIGN", ""))
	},
	"NONCE": func(s *scene) (string, string, body) {
		return http.MethodGet, ticketPath, anyOf(s.ticketQuery(s.merchant.token, "NONCE", userID))
	},
	"getPlusFaceId": func(s *scene) (string, string, body) {
		return http.MethodPost, uploadPath, anyOf(s.bodyFor("plus", orderNo))
	},
	"geth5faceid":   func(s *scene) (string, string, body) { return http.MethodPost, pcPath, anyOf(s.bodyFor("pc", orderNo)) },
	"getWillFaceId": func(s *scene) (string, string, body) { return http.MethodPost, willPath, s.willBody(orderNo) },
	"login": func(s *scene) (string, string, body) {
		if s.faceID == "" {
			s.faceID = s.upload(orderNo)
		}
		ticket := s.nonceValue
		if ticket == "" {
			ticket = s.nonceTicket()
		}
		return http.MethodGet, webPage, anyOf(s.signedLogin(orderNo, s.faceID, ticket))
	},
	"queryfacerecord": func(s *scene) (string, string, body) { return http.MethodPost, recordPath, anyOf(s.queryBody(orderNo)) },
	"queryphotoinfo":  func(s *scene) (string, string, body) { return http.MethodPost, photosPath, anyOf(s.queryBody(orderNo)) },
	"getWillFaceResult": func(s *scene) (string, string, body) {
		return http.MethodPost, willResultPath, anyOf(with(s.queryBody(orderNo), "getFile", "1", "getWillFile", "1"))
	},
	"getOcrResult": func(s *scene) (string, string, body) { return http.MethodGet, idCardPath, anyOf(s.ocrQuery(orderNo)) },
	"getOcrCertId": func(s *scene) (string, string, body) {
		return http.MethodPost, certPath, anyOf(s.certBody(orderNo, "1"))
	},
	"getIdcardNfcResult": func(s *scene) (string, string, body) {
		reqID := s.reqID
		if reqID == "" {
			reqID = "unknown"
		}
		return http.MethodPost, nfcPath, anyOf(s.nfcBody(orderNo, reqID))
	},
}

func anyOf(v map[string]string) body {
	b := body{}
	for name, value := range v {
		b[name] = value
	}
	return b
}

// signAgain signs what the parameters are after the changes.
func (s *scene) signAgain(base string, v body) {
	text := func(name string) string {
		value, given := v[name]
		if !given {
			return ""
		}
		return fmt.Sprint(value)
	}
	switch base {
	case "login":
		v["sign"] = sign(text("appId"), text("userId"), text("orderNo"), text("version"), text("faceId"), text("nonce"), s.nonceTicket())
	case "getPlusFaceId":
		v["sign"] = sign(text("appId"), text("userId"), text("version"), text("nonce"), s.ticket)
	case "geth5faceid":
		v["sign"] = sign(text("appId"), text("orderNo"), text("name"), text("idNo"), text("userId"), text("version"), s.ticket)
	default:
		v["sign"] = sign(text("appId"), text("orderNo"), text("version"), text("nonce"), s.ticket)
	}
}

func (s *scene) request(method, path string, query url.Values, kind string, v body) *http.Request {
	s.t.Helper()
	var text []byte
	if v != nil {
		var err error
		text, err = json.Marshal(v)
		require.NoError(s.t, err)
	}
	req, err := http.NewRequest(method, s.base+path+"?"+query.Encode(), bytes.NewReader(text))
	require.NoError(s.t, err)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	return req
}
