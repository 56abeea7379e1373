package faceidtest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUploadIsTakenUntilTheURLExpires(t *testing.T) {
	c := newCaller(t)
	room := c.good("CreateUploadUrl", obj{"TargetAction": "VideoLivenessCompare"})
	require.EqualValues(t, c.sim.Now().Add(10*time.Minute).Unix(), room.at("ExpiredTimestamp"))
	up, down := room.text("UploadUrl"), room.text("ResourceUrl")
	get := func() (int, string) {
		res, err := c.http.Get(down)
		require.NoError(t, err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(b)
	}
	status, _ := get()
	require.Equal(t, 404, status, "nothing was uploaded")
	require.Equal(t, 400, c.put(up, nil, nil))
	require.Equal(t, 400, c.put(up, []byte("a file"), http.Header{"Content-Md5": {"AAAAAAAAAAAAAAAAAAAAAA=="}}))
	require.Equal(t, 200, c.put(up, []byte("a file"), nil))
	require.Equal(t, 200, c.put(up, []byte("another"), nil))
	status, body := get()
	require.Equal(t, 200, status)
	require.Equal(t, "another", body)
	require.Equal(t, 403, c.put(strings.Replace(up, "sign=", "sign=x", 1), []byte("a file"), nil))
	c.sim.Advance(10 * time.Minute)
	require.Equal(t, 403, c.put(up, []byte("late"), nil))
	c.refused("InvalidParameterValue", "CreateUploadUrl", obj{"TargetAction": "a b"})
}

func TestUploadOfMegabytesIsTaken(t *testing.T) {
	c := newCaller(t)
	require.Equal(t, 200, c.put(c.good("CreateUploadUrl", goodBodies["CreateUploadUrl"]).text("UploadUrl"), make([]byte, 12<<20), nil))
}
