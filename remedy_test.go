package faceid_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestRemedyOfFrontEndCodesSaysWhatToDo(t *testing.T) {
	for code, want := range map[faceid.Code]struct {
		remedy faceid.Remedy
		family faceid.Family
	}{
		faceid.CodeH5NoRecording: {faceid.RemedyOtherWay, faceid.FamilyBrowserUnsupported},
		faceid.CodeH5NoLogin:     {faceid.RemedyReenter, faceid.FamilyInterrupted},
		faceid.CodeH5Interrupted: {faceid.RemedyReenter, faceid.FamilyInterrupted},
		faceid.CodeH5NoCamera:    {faceid.RemedyAllowCamera, faceid.FamilyCameraDenied},
		faceid.CodeH5NoRealTime:  {faceid.RemedyOtherBrowser, faceid.FamilyBrowserUnsupported},
		faceid.CodeH5NotInWeChat: {faceid.RemedyWeChat, faceid.FamilyBrowserUnsupported},
		faceid.CodeH5BadMessage:  {faceid.RemedyReenter, faceid.FamilyInterrupted},
		faceid.CodePassed:        {"", faceid.FamilyPassed},
		faceid.CodeNotSamePerson: {"", faceid.FamilyNotSamePerson},
		"h5-frontend/9999":       {"", faceid.ErrUnknownCode},
	} {
		require.Equal(t, want.remedy, code.Remedy(), code.Number())
		require.Equal(t, want.remedy == faceid.RemedyReenter || want.remedy == faceid.RemedyAllowCamera, code.Remedy().Reenter())
		require.Equal(t, want.family, code.Family(), code.Number())
		if want.remedy != "" {
			require.NotEmpty(t, code.Gloss())
			require.NotEmpty(t, code.Handling())
		}
	}
}

func TestUnsignedErrorGivesHintsOnly(t *testing.T) {
	sim := faceidtest.Start(t, faceidtest.WithUnsignedFrontEnd())
	client := newClient(sim)
	sim.ScriptDefault(faceidtest.NoCamera())
	cb, err := client.VerifyCallback(t.Context(), finish(t, sim, client, "order1"))
	require.Nil(t, cb)
	require.ErrorIs(t, err, faceid.ErrUnsigned)
	var unsigned *faceid.UnsignedError
	require.ErrorAs(t, err, &unsigned)
	require.Equal(t, "order1", unsigned.UnverifiedOrderNo)
	require.Equal(t, faceid.CodeH5NoCamera, unsigned.UnverifiedCode)
}

// Anybody can write anything into an unsigned callback, and merchants log it.
func TestUnsignedErrorCleansItsHints(t *testing.T) {
	for orderNo, want := range map[string]string{
		"order1\n2026 admin logged in\x1b[2J": "order1 2026 admin logged in [2J",
		strings.Repeat("A", 4000):             "[redacted]",
		strings.Repeat("单 ", 4000):            strings.Repeat("单 ", 150) + "…",
	} {
		_, err := faceid.VerifyCallback(url.Values{"orderNo": {orderNo}, "code": {"0\n<script>"}}, "TIDA0001", "ticket")
		var unsigned *faceid.UnsignedError
		require.ErrorAs(t, err, &unsigned)
		require.Equal(t, want, unsigned.UnverifiedOrderNo)
		require.EqualValues(t, "face/unreadable", unsigned.UnverifiedCode)
	}
}
