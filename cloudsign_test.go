package faceid

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// This is the example in the platform's description of the method.
func TestSignTC3ReproducesTheDocumentedSignature(t *testing.T) {
	const body = `{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://cvm.tencentcloudapi.com/", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("X-TC-Action", "DescribeInstances")
	key := cloudKey{id: "AKID" + strings.Repeat("*", 32), secret: strings.Repeat("*", 32)} // The key is printed so in the documents.
	signTC3(r, "cvm", key, []byte(body), time.Unix(1551113065, 0))
	require.Equal(t, "TC3-HMAC-SHA256 Credential="+key.id+"/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host;x-tc-action, "+
		"Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f", r.Header.Get("Authorization"))
	require.Equal(t, "1551113065", r.Header.Get("X-TC-Timestamp"))
}
