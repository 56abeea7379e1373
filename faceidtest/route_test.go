package faceidtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRoutesWantTheirMethodAndPath(t *testing.T) {
	m := ready(t)
	for path, wrong := range map[string]string{
		tokenPath: http.MethodPost, ticketPath: http.MethodPost, uploadPath: http.MethodGet, recordPath: http.MethodGet,
		photosPath: http.MethodGet, "/api/web/login": http.MethodPost, "/api/web/finish": http.MethodGet,
	} {
		req, err := http.NewRequest(wrong, m.base+path, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusMethodNotAllowed, m.do(req).status, path)
	}
	a := m.get("/api/oauth2/nothing", nil)
	require.Equal(t, http.StatusNotFound, a.status)
	require.Contains(t, a.body, "<html>")
}
