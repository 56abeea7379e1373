package faceid_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// The platform's text is cut before it is searched for private values, as the search
// costs as much as both together. The cut leaves no half of a private value.
func TestRedactCutsALongText(t *testing.T) {
	sim := faceidtest.Start(t)
	say := func(message string) error {
		sim.FailNext("IdCardVerification", faceidtest.FaultBody(`{"Response":{"Error":{"Code":"FailedOperation","Message":"`+message+`"},"RequestId":"r"}}`))
		_, err := sim.Client().IdCardVerification(t.Context(), faceid.IdCardVerificationRequest{Name: "李测试", IDCard: "110101199003074477"})
		require.Error(t, err)
		return err
	}
	var told *faceid.Error
	require.ErrorAs(t, say(strings.Repeat("很抱歉", 100_000)), &told)
	require.Equal(t, strings.Repeat("很抱歉", 100)+"…", told.Message)

	// Bytes that are no UTF-8 become one character, however many there are, as a
	// stranger may send them.
	claimed := &faceid.UnsignedError{}
	for _, sent := range []string{strings.Repeat("%ff", 20_000), strings.Repeat("%ff", 16<<10-4) + "1101011990"} {
		r := httptest.NewRequest(http.MethodGet, "https://m.example/back?code=3004&orderNo="+sent, nil)
		_, err := sim.Client().VerifyCallback(t.Context(), r)
		require.ErrorIs(t, err, faceid.ErrUnsigned)
		if errors.As(err, &claimed) {
			require.Equal(t, "…", claimed.UnverifiedOrderNo)
		}
	}

	// The text holds so many private values that nothing else is left, and the cut
	// halves one of them.
	for shift := range 20 {
		err := say(strings.Repeat("x", shift) + strings.Repeat("110101199003074477", 10_000))
		require.ErrorAs(t, err, &told)
		require.NotContains(t, told.Message, "1101")
		require.True(t, strings.HasSuffix(told.Message, "…"))
	}
}

// The platform's words may hold anything.
func TestRedactCleansThePlatformsWords(t *testing.T) {
	sim := faceidtest.Start(t)
	c := newClient(sim)
	ticket, err := c.SignTicket(t.Context())
	require.NoError(t, err)
	sim.FailNext(pathPlus, faceidtest.FaultCode("66660000", somebody.Name+" "+somebody.IDNo+" "+ticket+"\x1b[31m\n"+strings.Repeat("x", 5000)))
	_, err = c.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
	suite.see(err)
	require.ErrorContains(t, err, "[redacted]")
	require.Less(t, len(err.Error()), 1000)
	require.NotContains(t, err.Error(), "\n")
	require.NotContains(t, err.Error(), "\x1b")

	sim.FailNext(pathRecord, faceidtest.FaultCode("1\n"+strings.Repeat("9", 5000), "x"))
	_, err = c.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrUnknownCode)
	require.Less(t, len(err.Error()), 2000)
	require.NotContains(t, err.Error(), "\n")
}

func TestRedactQuotesNoSecretInCodesAndNumbers(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	ticket, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	for _, body := range []string{
		`{"code":"` + ticket + `","msg":"x"}`,
		`{"code":"` + sim.Secret() + `","msg":"x"}`,
		`{"code":"1","msg":"x","bizSeqNo":"` + somebody.IDNo + `"}`,
		`{"code":"0","msg":"x","bizSeqNo":"` + somebody.IDNo + `","result":{"orderNo":"another"}}`,
		`{"code":"1","msg":"` + strings.Repeat("QUJD", 50) + `"}`,
	} {
		sim.FailNext(pathPlus, faceidtest.FaultBody(body))
		_, err := client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
		require.Error(t, err)
		suite.see(err)
		for _, canary := range []string{ticket, sim.Secret(), somebody.IDNo, "QUJDQUJD"} {
			require.NotContains(t, err.Error(), canary)
		}
	}
}

// The platform may quote the person of an upload in any call.
func TestRedactQuotesNobodyInUploadErrors(t *testing.T) {
	person := faceid.Person{UserID: "user1", Name: somebody.Name, IDNo: "C01234567x"}
	for op, upload := range uploads {
		for field, word := range map[string]string{"name": person.Name, "idNo": person.IDNo, "idNo in capitals": strings.ToUpper(person.IDNo)} {
			sim := faceidtest.Start(t)
			sim.FailNext(upload.path, faceidtest.FaultCode("66660000", "参数 ["+word+"] 不合法"))
			_, err := upload.call(t.Context(), newClient(sim), "order1", person, "")
			require.ErrorIs(t, err, faceid.CodeBadParameter, op)
			require.ErrorContains(t, err, "参数 [[redacted]] 不合法", "%s %s", op, field)
			require.NotContains(t, err.Error(), word, "%s %s", op, field)
			suite.see(err)
		}
	}
}

// A short look for a value spares copies of it, and never spares the value. The letters of
// other scripts that fold to ASCII, and texts that nearly hold the value, change nothing.
func TestRedactFindsAValueHoweverItIsSoughtFor(t *testing.T) {
	letters := []string{"k", "K", "\u212a", "s", "S", "\u017f", "i", "I", "\u0131", "\u0130", "x", "X", "1", "\xff"}
	random := rand.New(rand.NewPCG(1, 2))
	word := func(most int) string {
		var b strings.Builder
		for range random.IntN(most) {
			b.WriteString(letters[random.IntN(len(letters))])
		}
		return b.String()
	}
	for range 50_000 {
		text, value := word(14), "1"+word(3)
		if random.IntN(10) == 0 {
			text += strings.Repeat("a long text ", 50) + word(14)
		}
		want := text
		for _, v := range []string{value, strings.ToUpper(value), strings.ToLower(value)} {
			want = strings.ReplaceAll(want, v, "[redacted]")
		}
		require.Equal(t, want, faceid.ReplaceFold(text, value), "%q in %q", value, text)
	}
}

// The time for a text and a value does not grow with the product of their lengths.
func TestRedactIsQuickWhenATextIsNearlyTheValue(t *testing.T) {
	text, nearly, other := strings.Repeat("a", 16<<10), strings.Repeat("a", 3900)+"b", strings.Repeat("z", 3901)
	fastest := func(value string) time.Duration {
		best := time.Hour
		for range 5 {
			began := time.Now()
			_ = faceid.RedactText(text, []string{value})
			best = min(best, time.Since(began))
		}
		return best
	}
	// Beside a value that cannot be there it took some hundred times as long.
	require.Less(t, fastest(nearly), 40*fastest(other)+10*time.Millisecond)
}
