package faceid_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// pasted are keys that came with something of the page they were copied from.
var pasted = map[string]string{
	"a line break":     "canary-pasted-key\n",
	"a carriage":       "canary-pasted-key\r\n",
	"a blank":          " canary-pasted-key",
	"a tab":            "canary-pasted-key\t",
	"a blank inside":   "canary-pasted key",
	"a wide letter":    "canary-pasted-keyＡ",
	"a wide blank":     "canary-pasted-key\u3000",
	"a byte order":     "\ufeffcanary-pasted-key",
	"a zero":           "canary-pasted-key\x00",
	"what is no UTF-8": "canary-pasted-key\xff",
}

// holds is a credential that is asked for its key.
type holds struct {
	common.CredentialIface
	id, key, token string
}

func (h *holds) GetCredential() (id, key, token string) { return h.id, h.key, h.token }

// A key that was pasted along with something is told as what it is: a static one
// when the Client is built, one from elsewhere by the call, and never as trouble of
// the network after three tries.
func TestPastedKeysAreRefused(t *testing.T) {
	suite.canary("canary-pasted", "key")
	for name, bad := range pasted {
		for field, cred := range map[string][3]string{
			"SecretId": {bad, "key", "token"}, "SecretKey": {"id", bad, "token"}, "session token": {"id", "key", bad},
		} {
			t.Run(field+" with "+name, func(t *testing.T) {
				static := common.NewTokenCredential(cred[0], cred[1], cred[2])
				for option, open := range map[string]func(common.CredentialIface, string) faceid.Option{"WithCloud": faceid.WithCloud, "WithIntl": faceid.WithIntl} {
					_, err := faceid.New(open(static, "ap-guangzhou"))
					var wrong *faceid.ArgumentError
					require.ErrorAs(t, err, &wrong)
					require.Equal(t, option, wrong.Field)
					require.Contains(t, wrong.Reason, field+" may hold")
					suite.see(err)
				}

				changed := common.NewCredential("id", "key")
				for kind, from := range map[string]common.CredentialIface{"provider": &holds{id: cred[0], key: cred[1], token: cred[2]}, "static": changed} {
					synctest.Test(t, func(t *testing.T) {
						e := &cloudExchange{answers: []string{fine}}
						var seen events
						client, err := faceid.New(faceid.WithCloud(from, "ap-guangzhou"), faceid.WithHTTPClient(&http.Client{Transport: e}), seen.option())
						require.NoError(t, err)
						changed.SecretId, changed.SecretKey, changed.Token = cred[0], cred[1], cred[2]
						defer func() { changed.SecretId, changed.SecretKey, changed.Token = "id", "key", "" }()
						_, err = client.CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "Act", Repeatable: true}, nil, nil)
						require.ErrorIs(t, err, faceid.ErrCredential, kind)
						require.NotErrorIs(t, err, faceid.ErrNetwork)
						require.ErrorContains(t, err, field+" may hold", kind)
						require.Empty(t, e.requests)
						require.Zero(t, seen.one(t, faceid.EventCall).Attempts, "nothing was sent")
						suite.see(err)
					})
				}
			})
		}
	}
}

func TestAStaticCredentialWithoutAKeyIsRefused(t *testing.T) {
	for field, cred := range map[string]*common.Credential{"SecretId": common.NewCredential("", "key"), "SecretKey": common.NewCredential("id", "")} {
		_, err := faceid.New(faceid.WithCloud(cred, "ap-guangzhou"))
		require.ErrorContains(t, err, "WithCloud: "+field+" is empty")
	}
}

// What a provider returns is looked at as WithApp looks at a secret.
func TestASecretFromAProviderIsLookedAt(t *testing.T) {
	for name, bad := range pasted {
		synctest.Test(t, func(t *testing.T) {
			sim := faceidtest.Start(t)
			client, err := faceid.New(append(append(sim.Options(), suite.options(sim)...), faceid.WithApp(sim.AppID(), ""),
				faceid.WithSecretProvider(func(context.Context) (string, error) { return bad, nil }))...)
			require.NoError(t, err)
			_, err = client.SignTicket(t.Context())
			require.ErrorIs(t, err, faceid.ErrCredential, name)
			require.ErrorContains(t, err, "secret may hold", name)
			require.Zero(t, sim.Calls(pathToken), name)
			suite.see(err)
		})
	}
}

// breaks is a credential that does something else than to return.
type breaks struct {
	common.CredentialIface
	how func()
}

func (b breaks) GetCredential() (id, key, token string) { b.how(); return "id", "key", "" }

// A credential that panics is told as that, and the log has its stack.
func TestACredentialThatPanicsIsToldAsThat(t *testing.T) {
	for name, test := range map[string]struct {
		how  func()
		says string
	}{
		"a text":      {func() { panic("canary-of-a-panic") }, "panicked: string"},
		"an error":    {func() { panic(errors.New("canary-of-a-panic")) }, "panicked: *errors.errorString"},
		"an index":    {func() { var none []int; _ = none[len(t.Name())] }, "index out of range"},
		"a nil":       {func() { var none *holds; _ = none.id }, "nil pointer dereference"},
		"the end":     {runtime.Goexit, "ended its goroutine"},
		"the nothing": {func() { panic(nil) }, "panicked: *runtime.PanicNilError"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				suite.canary("canary-of-a-panic", "panic")
				var log bytes.Buffer
				e := &cloudExchange{answers: []string{fine}}
				client, err := faceid.New(faceid.WithCloud(breaks{how: test.how}, "ap-guangzhou"), faceid.WithHTTPClient(&http.Client{Transport: e}),
					faceid.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
				require.NoError(t, err)
				for range 2 {
					_, err = client.CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "Act"}, nil, nil)
					require.ErrorIs(t, err, faceid.ErrCaller)
					require.ErrorContains(t, err, "the credential of WithCloud (faceid_test.breaks) ")
					require.ErrorContains(t, err, test.says)
					suite.see(err)
				}
				require.Empty(t, e.requests)
				require.Contains(t, log.String(), "faceid_test.breaks.GetCredential", "the stack")
				suite.add(log.String())
			})
		})
	}
}
