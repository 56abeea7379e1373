package show

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFieldCleansTheWordsOfOthers(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, &out, false, English, func(string) (string, bool) { return "", false })
	p.Field(T("order", "订单号"), "a\x1b]0;title\x07b\r\nc\u009b\u202ed 张")
	require.Equal(t, "order         a\uFFFD]0;title\uFFFDb\uFFFD\uFFFDc\uFFFD\uFFFDd 张\n", out.String())
}
