package faceid_test

import (
	"errors"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/stretchr/testify/require"
)

func TestCodeIsScoped(t *testing.T) {
	code := faceid.CodeH5BadMessage
	require.Equal(t, "300101", code.Number())
	require.Equal(t, "h5-frontend", code.Scope())
	require.Equal(t, faceid.FamilyInterrupted, code.Family())
	require.Equal(t, faceid.ErrUnknownCode, faceid.Code("face/300101").Family(), "the same number elsewhere is another code")
	require.False(t, errors.Is(faceid.Code("face/300101"), code))
}

func TestCodesOfTheCatalogueHaveFamilyConstants(t *testing.T) {
	known := map[faceid.Family]bool{
		faceid.ErrCredential: true, faceid.ErrRateLimited: true, faceid.ErrNoResult: true, faceid.ErrAccount: true, faceid.ErrRequest: true,
		faceid.ErrService: true, faceid.ErrExpired: true, faceid.ErrNetwork: true, faceid.ErrUnknownCode: true,
		faceid.FamilyPassed: true, faceid.FamilyNotSamePerson: true, faceid.FamilyIdentityMismatch: true, faceid.FamilySuspectedFake: true,
		faceid.FamilyCaptureFailed: true, faceid.FamilyMediaUnusable: true, faceid.FamilyDocumentUnsupported: true,
		faceid.FamilyIdentityMalformed: true, faceid.FamilyAttemptsExceeded: true, faceid.FamilyTimedOut: true,
		faceid.FamilyClientOutdated: true, faceid.FamilySourcePhotoUnusable: true, faceid.FamilyBrowserUnsupported: true,
		faceid.FamilyCameraDenied: true, faceid.FamilyInterrupted: true, faceid.FamilyWillMismatch: true,
		faceid.FamilyUnreadable: true, faceid.FamilyDeviceUnsupported: true, faceid.FamilyNotOnRecord: true, faceid.FamilyCardUnusable: true,
		faceid.FamilyUnderAge: true,
	}
	for key, entry := range catalog.Entries {
		if entry.Kind == catalog.Note { // A remark beside a result is not a result.
			require.Equal(t, faceid.ErrUnknownCode, faceid.Code(key.Scope+"/"+key.Code).Family())
			continue
		}
		require.True(t, known[faceid.Family(entry.Family)], "%v: %s", key, entry.Family)
		code := faceid.Code(key.Scope + "/" + key.Code)
		require.Equal(t, faceid.Family(entry.Family), code.Family())
		require.ErrorIs(t, code, code.Family())
		require.NotEmpty(t, code.Gloss())
		require.NotEmpty(t, code.Handling())
	}
}
