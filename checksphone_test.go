package faceid_test

import (
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestMobileResultsReadMonthsAndStates(t *testing.T) {
	for text, want := range map[string][2]int{"[0,3)": {0, 3}, "[24,+)": {24, 0}, " [6, 12)": {-1}, "[6, 12)": {6, 12}} {
		from, below, ok := (&faceid.MobileNetworkTimeVerificationResult{Result: "0", Range: text}).Months()
		require.Equal(t, want[0] >= 0, ok, text)
		if ok {
			require.Equal(t, want, [2]int{from, below}, text)
		}
	}
	for _, text := range []string{"", "[", "[3)", "[a,b)", "[3,6", "3,6)", "[6,3)", "[-1,3)", "[3,]", "(3,6]"} {
		_, _, ok := (&faceid.MobileNetworkTimeVerificationResult{Result: "0", Range: text}).Months()
		require.False(t, ok, text)
	}
	long := &faceid.MobileNetworkTimeVerificationResult{Result: "-0", Range: "[3,6)"}
	_, _, ok := long.Months()
	require.True(t, ok, "one page spells success so")
	require.Equal(t, faceid.ChargedYes, long.Charged())
	_, _, ok = (&faceid.MobileNetworkTimeVerificationResult{Result: "-3", Range: "[3,6)"}).Months()
	require.False(t, ok)

	state, ok := (&faceid.MobileStatusResult{Result: "0", StatusCode: 1}).State()
	require.True(t, ok)
	require.Equal(t, faceid.PhoneSuspended, state)
	state, ok = (&faceid.MobileStatusResult{Result: "-1"}).State()
	require.False(t, ok)
	require.NotEqual(t, faceid.PhoneNormal, state)
}

func TestMinorsVerificationTellsWhoIsOfAge(t *testing.T) {
	sim, client := cloudSim(t)
	person := faceid.MinorsVerificationRequest{Type: faceid.MinorsByPerson, Name: somebody.Name, IDCard: somebody.IDNo}
	result, err := faceid.Confirm(client.MinorsVerification(t.Context(), person))
	require.NoError(t, err)
	from, below, ok := result.Ages()
	require.Equal(t, []any{18, 0, true}, []any{from, below, ok})

	sim.ScriptCheck("MinorsVerification", faceidtest.Check{Result: "-1", AgeRange: "[8,16)"})
	result, err = faceid.Confirm(client.MinorsVerification(t.Context(), person))
	require.ErrorIs(t, err, faceid.ErrNotPassed)
	require.ErrorIs(t, err, faceid.FamilyUnderAge)
	from, below, ok = result.Ages()
	require.Equal(t, []any{8, 16, true}, []any{from, below, ok})
	require.Equal(t, faceid.ChargedYes, result.Charged())
	suite.see(result, err)

	sim.ScriptCheck("MinorsVerification", faceidtest.Check{Result: "0", AgeRange: "[16,18)"})
	result, err = faceid.Confirm(client.MinorsVerification(t.Context(), person))
	require.ErrorIs(t, err, faceid.ErrBadAnswer, "of age, and below 18")
	require.NotErrorIs(t, err, faceid.ErrNotPassed)
	require.False(t, result.Passed())

	for _, none := range []*faceid.MinorsVerificationResult{nil, {}, {Result: "-2", AgeRange: "[8,16)"}, {Result: "0", AgeRange: "old"}} {
		_, _, ok := none.Ages()
		require.False(t, ok)
	}
}

func TestMinorsVerificationRefusesBadArguments(t *testing.T) {
	for name, test := range map[string]struct {
		field, limit string
		r            faceid.MinorsVerificationRequest
	}{
		"neither":              {"Type", "MinorsByPhone", faceid.MinorsVerificationRequest{Mobile: somePhone}},
		"no phone":             {"Mobile", "empty", faceid.MinorsVerificationRequest{Type: faceid.MinorsByPhone}},
		"no phone of digits":   {"Mobile", "digits", faceid.MinorsVerificationRequest{Type: faceid.MinorsByPhone, Mobile: "+86"}},
		"no name":              {"Name", "empty", faceid.MinorsVerificationRequest{Type: faceid.MinorsByPerson, IDCard: somebody.IDNo}},
		"no number":            {"IDCard", "empty", faceid.MinorsVerificationRequest{Type: faceid.MinorsByPerson, Name: somebody.Name}},
		"a phone in vain":      {"Mobile", "must be empty", faceid.MinorsVerificationRequest{Type: faceid.MinorsByPerson, Name: "n", IDCard: "1", Mobile: somePhone}},
		"a name in vain":       {"Name", "must be empty", faceid.MinorsVerificationRequest{Type: faceid.MinorsByPhone, Name: "n", Mobile: somePhone}},
		"a person":             {"", "", faceid.MinorsVerificationRequest{Type: faceid.MinorsByPerson, Name: "n", IDCard: "1"}},
		"a field that is none": {"Encryption.EncryptList", "cannot be encrypted", faceid.MinorsVerificationRequest{Type: faceid.MinorsByPhone, Mobile: somePhone, Encryption: &faceid.Encryption{EncryptList: []string{"Name"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{goodCheck("MinorsVerification")}}
			_, err := cloudClient(t, e).MinorsVerification(t.Context(), test.r)
			requireRefused(t, e, err, test.field, test.limit)
		})
	}
}

// What the platform says may repeat the values, which no other place of the request tells
// to be personal.
func TestEncryptedPhoneVerificationQuotesNobody(t *testing.T) {
	said := `"Result":"-4","Description":"` + somebody.Name + " " + somebody.IDNo + " " + somePhone + `"`
	e := &cloudExchange{answers: []string{answerOf(said)}}
	result, err := faceid.Confirm(cloudClient(t, e).EncryptedPhoneVerification(t.Context(), faceid.EncryptedPhoneVerificationRequest{
		EncryptionMode: faceid.PhonePlain, IDCard: somebody.IDNo, Name: somebody.Name, Phone: somePhone,
	}))
	require.Error(t, err)
	requireQuotesNobody(t, err, result.Description)
	require.NotContains(t, err.Error()+result.Description, somePhone)
	suite.see(err, result)
}

// A value that is no digest does not go out as one.
func TestEncryptedPhoneVerificationWantsDigests(t *testing.T) {
	md5 := "0123456789abcdef0123456789ABCDEF"
	for name, test := range map[string]struct {
		field, limit string
		mode         faceid.PhoneDigest
		name, phone  string
	}{
		"no mode":           {"EncryptionMode", "PhonePlain", "", md5, md5},
		"an odd mode":       {"EncryptionMode", "PhonePlain", "4", md5, md5},
		"plain":             {"", "", faceid.PhonePlain, somebody.Name, somePhone},
		"no plain phone":    {"Phone", "digits", faceid.PhonePlain, somebody.Name, "+86"},
		"MD5":               {"", "", faceid.PhoneMD5, md5, md5},
		"SM3":               {"", "", faceid.PhoneSM3, md5 + md5, md5 + md5},
		"SHA-256":           {"", "", faceid.PhoneSHA256, md5 + md5, md5 + md5},
		"a name":            {"Name", "32 hexadecimal", faceid.PhoneMD5, somebody.Name, md5},
		"a digest too long": {"Phone", "32 hexadecimal", faceid.PhoneMD5, md5, md5 + md5},
		"no name":           {"Name", "empty", faceid.PhoneMD5, "", md5},
		"a short digest":    {"Phone", "64 hexadecimal", faceid.PhoneSM3, md5 + md5, md5},
	} {
		t.Run(name, func(t *testing.T) {
			number := test.name
			if test.mode == faceid.PhonePlain {
				number = somebody.IDNo
			}
			if number == "" || number == somebody.Name {
				number = md5
			}
			e := &cloudExchange{answers: []string{goodCheck("EncryptedPhoneVerification")}}
			_, err := cloudClient(t, e).EncryptedPhoneVerification(t.Context(), faceid.EncryptedPhoneVerificationRequest{
				Name: test.name, IDCard: number, Phone: test.phone, EncryptionMode: test.mode,
			})
			requireRefused(t, e, err, test.field, test.limit)
		})
	}
}
