package faceid_test

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// Every method says that its Client or its context is nil, before anything else, and
// does not panic. The few that can return no error return nothing.
func TestANilClientOrContextIsToldByEveryMethod(t *testing.T) {
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
			require.ErrorContains(t, err, "Context: is nil: give that of the request")
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
	require.NoError(t, none.Close(nil)) //nolint:staticcheck // meant
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
