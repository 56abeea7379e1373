package faceid_test

import (
	"context"
	"fmt"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// kyc1Calls are the calls that need WithApp.
var kyc1Calls = map[string]func(ctx context.Context, c *faceid.Client) error{
	"GetPlusFaceID": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetPlusFaceID(ctx, faceid.GetPlusFaceIDRequest{})
		return err
	},
	"StartH5": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.StartH5(ctx, faceid.H5Request{})
		return err
	},
	"StartPC": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.StartPC(ctx, faceid.PCRequest{})
		return err
	},
	"OpenPC": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.OpenPC(ctx, faceid.PCRequest{})
		return err
	},
	"GetAdvFaceID": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetAdvFaceID(ctx, faceid.GetAdvFaceIDRequest{})
		return err
	},
	"GetFaceID": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetFaceID(ctx, faceid.GetFaceIDRequest{})
		return err
	},
	"GetH5FaceID": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetH5FaceID(ctx, faceid.GetH5FaceIDRequest{})
		return err
	},
	"OpenH5": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.OpenH5(ctx, faceid.H5Request{})
		return err
	},
	"LoginURL": func(ctx context.Context, c *faceid.Client) error { _, err := c.LoginURL(ctx, nil); return err },
	"StartSDK": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.StartSDK(ctx, faceid.SDKRequest{})
		return err
	},
	"QueryFaceRecord": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{})
		return err
	},
	"ConfirmFace": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{})
		return err
	},
	"WaitFaceFiles": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{GetFile: faceid.FilesAll})
		return err
	},
	"QueryPhotoInfo": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.QueryPhotoInfo(ctx, faceid.QueryPhotoInfoRequest{})
		return err
	},
	"VerifyCallback": func(ctx context.Context, c *faceid.Client) error {
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "/?code=0", nil)
		_, err := c.VerifyCallback(ctx, r)
		return err
	},
	"GetWillFaceID": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetWillFaceID(ctx, faceid.GetWillFaceIDRequest{})
		return err
	},
	"StartWillSDK": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.StartWillSDK(ctx, faceid.WillSDKRequest{})
		return err
	},
	"StartWillH5": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.StartWillH5(ctx, faceid.WillH5Request{})
		return err
	},
	"OpenWillH5": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.OpenWillH5(ctx, faceid.WillH5Request{})
		return err
	},
	"GetWillFaceResult": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetWillFaceResult(ctx, faceid.GetWillFaceResultRequest{})
		return err
	},
	"ConfirmWill": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.ConfirmWill(ctx, faceid.GetWillFaceResultRequest{})
		return err
	},
	"WaitWillResult": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.WaitWillResult(ctx, faceid.GetWillFaceResultRequest{})
		return err
	},
	"StartOCR": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.StartOCR(ctx, faceid.OCRRequest{})
		return err
	},
	"GetOCRResult": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetOCRResult(ctx, faceid.GetOCRResultRequest{})
		return err
	},
	"ConfirmOCR": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.ConfirmOCR(ctx, faceid.GetOCRResultRequest{}, faceid.AnyPerson, faceid.OCRBothSides)
		return err
	},
	"GetBankCardOCRResult": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetBankCardOCRResult(ctx, faceid.GetBankCardOCRResultRequest{})
		return err
	},
	"ConfirmBankCardOCR": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.ConfirmBankCardOCR(ctx, faceid.GetBankCardOCRResultRequest{}, faceid.AnyPerson)
		return err
	},
	"GetOCRCertID": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetOCRCertID(ctx, faceid.GetOCRCertIDRequest{})
		return err
	},
	"StartNFC": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.StartNFC(ctx, faceid.NFCRequest{})
		return err
	},
	"GetIDCardNFCResult": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetIDCardNFCResult(ctx, faceid.GetIDCardNFCResultRequest{})
		return err
	},
	"ConfirmNFC": func(ctx context.Context, c *faceid.Client) error {
		_, err := c.ConfirmNFC(ctx, faceid.GetIDCardNFCResultRequest{}, somebody)
		return err
	},
	"AccessToken": func(ctx context.Context, c *faceid.Client) error { _, err := c.AccessToken(ctx); return err },
	"SignTicket":  func(ctx context.Context, c *faceid.Client) error { _, err := c.SignTicket(ctx); return err },
	"NonceTicket": func(ctx context.Context, c *faceid.Client) error { _, err := c.NonceTicket(ctx, "u"); return err },
}

func TestClientRefusesCallsWhoseDoorIsClosed(t *testing.T) {
	_, err := faceid.New()
	require.ErrorContains(t, err, "WithApp")
	c, err := faceid.New(faceid.WithCloud(common.NewCredential("id", "canary-secret"), "ap-guangzhou"),
		faceid.WithIntl(common.NewCredential("id", "canary-secret"), "ap-singapore"))
	require.NoError(t, err)
	suite.see(c)
	for name, call := range kyc1Calls {
		t.Run(name, func(t *testing.T) {
			err := call(t.Context(), c)
			require.ErrorIs(t, err, faceid.ErrDoorClosed)
			require.ErrorContains(t, err, "WithApp")
			require.ErrorContains(t, err, name)
		})
	}
	require.NoError(t, c.Close(t.Context()))
	require.Empty(t, c.AppID())
}

// Every method says that its Client or its context is nil before it does anything else,
// and does not panic. The few methods that cannot return an error return nothing.
func TestClientRefusesANilClientOrContextInEveryMethod(t *testing.T) {
	harmless := map[string]any{"AppID": "", "Format": nil, "LogValue": "faceid.Client(nil)", "Close": nil}
	var seen events
	good := newClient(faceidtest.Start(t), faceid.WithObserver(func(ctx context.Context, e faceid.Event) {
		require.NotNil(t, ctx)
		seen.mu.Lock()
		defer seen.mu.Unlock()
		seen.all = append(seen.all, e)
	}))
	methods := reflect.TypeFor[*faceid.Client]()
	require.Greater(t, methods.NumMethod(), 70)
	for i := range methods.NumMethod() {
		m := methods.Method(i)
		t.Run(m.Name, func(t *testing.T) {
			_, quiet := harmless[m.Name]
			if !quiet {
				err := lastError(m, nil, context.Background())
				require.ErrorContains(t, err, "Client: is nil: New returns one")
				require.ErrorIs(t, err, faceid.ErrRequest)
				require.ErrorContains(t, lastError(m, nil, nil), "Client: is nil")
			}
			if m.Type.NumIn() < 2 || m.Type.In(1) != reflect.TypeFor[context.Context]() {
				require.Contains(t, []string{"AppID", "Format", "LogValue"}, m.Name, "has no context")
				return
			}
			err := lastError(m, good, nil)
			require.ErrorContains(t, err, "Context: is nil: give the context of the request")
			require.ErrorIs(t, err, faceid.ErrRequest)
			suite.see(err)
		})
	}
	for _, e := range seen.take() {
		require.Equal(t, faceid.EventDecision, e.Kind, "refused arguments of a decision are told, and nothing else is")
	}

	var none *faceid.Client
	require.Empty(t, none.AppID())
	require.Equal(t, "<nil>", fmt.Sprintf("%+v", none))
	require.Equal(t, "<nil>", none.LogValue().String())
	require.NoError(t, none.Close(t.Context()))
	require.NoError(t, none.Close(nil)) //nolint:staticcheck // The nil context is meant here.
}

// lastError calls a method with zero arguments, and walks through what it returns.
func lastError(m reflect.Method, c *faceid.Client, ctx context.Context) error {
	in := []reflect.Value{reflect.ValueOf(c)}
	for i := 1; i < m.Type.NumIn(); i++ {
		in = append(in, reflect.Zero(m.Type.In(i)))
	}
	if ctx != nil {
		in[1] = reflect.ValueOf(ctx)
	}
	out := m.Func.Call(in)
	if walk, ok := out[0].Interface().(iter.Seq2[faceid.WeChatBillDetail, error]); ok {
		for _, err := range walk {
			return err
		}
		return nil
	}
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

func TestClientCloseEndsItsIdleConnections(t *testing.T) {
	sim := faceidtest.Start(t)
	var open atomic.Int64
	server := httptest.NewUnstartedServer(sim)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	server.Start()
	defer server.Close()
	c, err := faceid.New(faceid.WithApp(sim.AppID(), sim.Secret()), faceid.WithBaseURL(server.URL), faceid.WithStore(faceid.NewMemoryStore()))
	require.NoError(t, err)
	_, err = c.SignTicket(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), open.Load(), "one connection serves both calls")
	require.NoError(t, c.Close(t.Context()))
	require.Eventually(t, func() bool { return open.Load() == 0 }, 5*time.Second, time.Millisecond)
}

func TestNewWithoutACacheDirectoryNamesTheWaysOut(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the cache directory is found differently here")
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	_, err := faceid.New(faceid.WithApp("TIDA0001", "secret"))
	for _, way := range []string{"NewFileStore", "NewMemoryStore", "redisstore"} {
		require.ErrorContains(t, err, way)
	}
}
