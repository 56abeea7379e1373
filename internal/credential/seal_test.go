package credential

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func sealOf(t *testing.T, base, secret string) *seal {
	t.Helper()
	s, err := newSeal(base, secret)
	require.NoError(t, err)
	return s
}

func fullRecord() *record {
	return &record{
		Token: Ticket{"THE-TOKEN", 2 * time.Hour, time.Minute}, Sign: Ticket{"THE-SIGN", time.Hour, time.Second},
		Recent: []Ticket{{"AN-OLD-SIGN", time.Hour, 20 * time.Minute}}, OldDead: true,
		Minting: &mark{"SOMEBODY", time.Second, 30 * time.Second}, Deaths: &deaths{1, time.Minute},
		Throttle: &throttle{Step: 2, Age: time.Second, Refused: true, Reason: denial},
	}
}

func TestSealUnsealsWhatItSealed(t *testing.T) {
	s := sealOf(t, base, rightSecret)
	text := s.sealed(fullRecord())
	r, err := s.unseal(text)
	require.NoError(t, err)
	require.Equal(t, fullRecord(), r)
	again, err := sealOf(t, base, rightSecret).unseal(text)
	require.NoError(t, err)
	require.Equal(t, r, again, "another process with the same secret can unseal the record")
	require.NotEqual(t, text, s.sealed(fullRecord()), "each sealed record has a nonce of its own")
	require.True(t, strings.HasPrefix(string(text), "faceid 2 "), "%s", text)
	for _, secret := range []string{"TOKEN", "SIGN", "SOMEBODY", denial.Code, rightSecret, "value"} {
		require.NotContains(t, string(text), secret)
		require.NotContains(t, s.name, secret)
	}
	for _, c := range text {
		require.True(t, c >= ' ' && c < 0x7f, "the sealed record is ASCII")
	}
}

func TestSealUnsealsOnlyUnderItsNameAndSecret(t *testing.T) {
	s := sealOf(t, base, rightSecret)
	text := s.sealed(fullRecord())
	for _, other := range []*seal{sealOf(t, base+"2", rightSecret), sealOf(t, base, wrongSecret), sealOf(t, base, "")} {
		require.NotEqual(t, s.name, other.name)
		_, err := other.unseal(text)
		require.ErrorIs(t, err, errBadRecord)
	}
	moved := sealOf(t, base, rightSecret)
	moved.name += "x"
	_, err := moved.unseal(text)
	require.ErrorIs(t, err, errBadRecord, "the right key does not unseal a record under another name")
	require.Regexp(t, `^`+base+`#[0-9a-f]{16}$`, s.name)
}

func TestSealUnsealsNothingThatWasChanged(t *testing.T) {
	s := sealOf(t, base, rightSecret)
	text := s.sealed(fullRecord())
	for i := range text {
		for _, flip := range []byte{1, 0x20, 0x80} {
			bad := []byte(string(text))
			bad[i] ^= flip
			_, err := s.unseal(bad)
			require.Error(t, err, "byte %d of %d, %q", i, len(text), bad[i])
		}
		_, err := s.unseal(text[:i])
		require.ErrorIs(t, err, errBadRecord, "the first %d bytes", i)
	}
	plain := strings.TrimPrefix(string(text), "faceid 2 ")
	for _, bad := range []string{
		string(text) + "\n", string(text) + "\r\n", string(text) + "=", string(text) + "A", string(text) + " ", "\n" + string(text),
		"faceid 2 " + plain[:40] + "\n" + plain[40:], "faceid 2  " + plain, "faceid 2 ", "faceid 2", "faceid ", "",
		"faceid 1 {\"token\":{\"value\":\"EVIL\",\"life\":7200000000000}}", "faceid 2 {\"token\":{}}", "faceid 0 " + plain, "faceid 1 " + plain,
		"faceid -2 " + plain, "faceid x " + plain, "FACEID 2 " + plain, "{}", "null",
	} {
		_, err := s.unseal([]byte(bad))
		require.ErrorIs(t, err, errBadRecord, "%q", bad)
	}
	_, err := s.unseal([]byte("faceid 3 " + plain))
	require.ErrorIs(t, err, errNewerRecord)
}

// Several texts of base64 have the same meaning. Only the one that was written can be
// unsealed.
func TestSealUnsealsOneSpellingOnly(t *testing.T) {
	s := sealOf(t, base, rightSecret)
	seen := 0
	for n := range 3 {
		text := s.sealed(&record{Token: Ticket{strings.Repeat("x", n+1), time.Hour, 0}})
		end := strings.TrimRight(string(text), "=")
		pads := len(text) - len(end)
		if pads == 0 {
			continue
		}
		seen++
		for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
			if last := end[len(end)-1]; byte(c) == last {
				continue
			}
			_, err := s.unseal([]byte(end[:len(end)-1] + string(c) + strings.Repeat("=", pads)))
			require.Error(t, err)
		}
	}
	require.Equal(t, 2, seen)
}

func TestSealHasAKeyOfItsOwn(t *testing.T) {
	s, other := sealOf(t, base, rightSecret), sealOf(t, base, wrongSecret)
	other.name = s.name
	_, err := other.unseal(s.sealed(fullRecord()))
	require.ErrorIs(t, err, errBadRecord, "the right name does not unseal a record with another key")
}
