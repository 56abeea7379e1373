package faceidtest_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// long is a photo whose base64 has slashes.
var long = bytes.Repeat([]byte{0xff}, 200)

// spellings are the dialects, and what a merchant sees of each.
var spellings = map[string]struct {
	d     faceidtest.Dialect
	check func(t *testing.T, m *merchant)
}{
	"CodeAsNumber": {faceidtest.Dialect{CodeAsNumber: true}, func(t *testing.T, m *merchant) {
		require.EqualValues(t, 0, m.record(orderNo).m["code"])
		require.Equal(t, float64(66660011), m.record("nobody").m["code"])
	}},
	"CodeAsString": {faceidtest.Dialect{CodeAsString: true}, func(t *testing.T, m *merchant) {
		require.Equal(t, "0", m.photos(orderNo).m["code"])
	}},
	"NumbersAsStrings": {faceidtest.Dialect{NumbersAsStrings: true}, func(t *testing.T, m *merchant) {
		require.Equal(t, "7200", m.get(tokenPath, m.tokenQuery()).m["expire_in"])
		_, a := m.askTicket(m.token, "SIGN", "")
		require.Equal(t, "3600", a.m["tickets"].([]any)[0].(map[string]any)["expire_in"])
	}},
	"FlatResult": {faceidtest.Dialect{FlatResult: true}, func(t *testing.T, m *merchant) {
		a := m.record(orderNo)
		require.NotContains(t, a.m, "result")
		require.Equal(t, orderNo, a.m["orderNo"])
		require.Equal(t, 1, strings.Count(a.body, `"bizSeqNo"`))
	}},
	"NoOptimalDomain": {faceidtest.Dialect{NoOptimalDomain: true}, func(t *testing.T, m *merchant) {
		require.NotContains(t, m.post(uploadPath, m.uploadBody("order2")).result(), "optimalDomain")
	}},
	"EscapedSlashes": {faceidtest.Dialect{EscapedSlashes: true}, func(t *testing.T, m *merchant) {
		a := m.record(orderNo, "getFile", "2")
		require.Contains(t, a.body, `\/`)
		require.Equal(t, base64.StdEncoding.EncodeToString(long), a.result()["photo"])
	}},
	"LineBreaks": {faceidtest.Dialect{LineBreaks: true}, func(t *testing.T, m *merchant) {
		text := m.record(orderNo, "getFile", "2").result()["photo"].(string)
		require.Len(t, strings.Split(text, "\r\n"), 4)
		require.Equal(t, base64.StdEncoding.EncodeToString(long), strings.ReplaceAll(text, "\r\n", ""))
	}},
	"SuccessFalse": {faceidtest.Dialect{SuccessFalse: true}, func(t *testing.T, m *merchant) {
		a := m.record(orderNo)
		require.Equal(t, []any{false, false}, []any{a.m["success"], a.result()["success"]})
	}},
	"SuccessTrue": {faceidtest.Dialect{SuccessTrue: true}, func(t *testing.T, m *merchant) {
		a := m.post(uploadPath, m.uploadBody("order2"))
		require.Equal(t, []any{true, true}, []any{a.m["success"], a.result()["success"]})
		require.Equal(t, 2, strings.Count(a.body, `"success"`))
	}},
	"OriCode": {faceidtest.Dialect{OriCode: true}, func(t *testing.T, m *merchant) {
		require.Equal(t, "0", m.post(uploadPath, m.uploadBody("order2")).result()["oriCode"])
	}},
	"NoEcho": {faceidtest.Dialect{NoEcho: true}, func(t *testing.T, m *merchant) {
		require.NotContains(t, m.record(orderNo).result(), "orderNo")
	}},
}

func TestDialectSpellsAnswers(t *testing.T) {
	for name, c := range spellings {
		t.Run(name, func(t *testing.T) {
			m := ready(t, faceidtest.WithDialect(c.d))
			m.sim.Script(orderNo, faceidtest.Ending{Photo: long})
			v := m.post(uploadPath, m.uploadBody(orderNo))
			faceID, ok := v.result()["faceId"].(string)
			if !ok {
				faceID = v.m["faceId"].(string)
			}
			_, err := m.visit(m.freshLogin(orderNo, faceID))
			require.NoError(t, err)
			c.check(t, m)
		})
	}
}

func TestDialectHoldsForEveryUpload(t *testing.T) {
	for product, table := range tables {
		t.Run(product, func(t *testing.T) {
			answer := func(d faceidtest.Dialect) answer {
				m := ready(t, faceidtest.WithDialect(d))
				return m.post(table.path, m.bodyFor(product, orderNo))
			}
			require.EqualValues(t, 0, answer(faceidtest.Dialect{CodeAsNumber: true}).m["code"])
			require.NotContains(t, answer(faceidtest.Dialect{NoOptimalDomain: true}).result(), "optimalDomain")
			require.NotContains(t, answer(faceidtest.Dialect{NoEcho: true}).result(), "orderNo")
			require.Equal(t, "0", answer(faceidtest.Dialect{OriCode: true}).result()["oriCode"])
			require.Regexp(t, table.idForm, answer(faceidtest.Dialect{FlatResult: true}).m[table.idName])
			a := answer(faceidtest.Dialect{SuccessTrue: true})
			require.Equal(t, []any{true, true}, []any{a.m["success"], a.result()["success"]})
			require.Equal(t, 2, strings.Count(a.body, `"success"`))
		})
	}
}

func TestDialectSpellsWillTurns(t *testing.T) {
	ask := func(d faceidtest.Dialect, list []any) (any, bool) {
		m := ready(t, faceidtest.WithDialect(d))
		m.completeWill(orderNo, "willContentList", list)
		turns, there := m.willResult(orderNo, "0", "0").result()["willTurnsData"]
		return turns, there
	}
	one := rounds("q", "a")
	_, there := ask(faceidtest.Dialect{}, one)
	require.False(t, there)
	turns, there := ask(faceidtest.Dialect{TurnsNull: true}, one)
	require.True(t, there)
	require.Nil(t, turns)
	turns, _ = ask(faceidtest.Dialect{TurnsAsObject: true}, one)
	require.Equal(t, map[string]any{"id": "0", "willStandText": "q", "willStandAnswer": "a", "willUserAnswer": "a"}, turns)
	for _, d := range []faceidtest.Dialect{{}, {TurnsNull: true}, {TurnsAsObject: true}} {
		turns, _ = ask(d, twoRounds)
		require.Len(t, turns, 2)
	}
	require.Panics(t, func() { faceidtest.WithDialect(faceidtest.Dialect{TurnsNull: true, TurnsAsObject: true}) })

	m := ready(t, faceidtest.WithDialect(faceidtest.Dialect{CodeAsString: true, SuccessTrue: true, NoEcho: true, NoOptimalDomain: true}))
	a := m.postAny(willPath, m.willBody(orderNo))
	require.Equal(t, []any{"0", true}, []any{a.m["code"], a.m["success"]})
	require.Equal(t, sorted("bizSeqNo", "faceId", "success"), names(a.result()))
}

func TestDialectSpellsNFCResults(t *testing.T) {
	m := ready(t, faceidtest.WithDialect(faceidtest.Dialect{NFCInnerCode: true, LineBreaks: true}))
	a := m.nfc(orderNo, m.read(orderNo))
	require.Equal(t, sorted("code", "msg", "transactionTime", "bizSeqNo", "nfcEnResult"), names(a.result()))
	require.Equal(t, "0", a.result()["code"])
	require.Contains(t, a.result()["nfcEnResult"], "\r\n")
}
