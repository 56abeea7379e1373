package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/faceidtest"
)

// The person is invented, and what is secret in a test must appear in no output of it.
var person = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}

// platform is the simulator on a port, with the environment of a merchant who uses it.
type platform struct {
	*faceidtest.Server
	t      *testing.T
	shop   *faceid.Client // opens what the commands look at
	env    map[string]string
	hidden []string // must not be printed
}

func newPlatform(t *testing.T, opts ...faceidtest.Option) *platform {
	t.Helper()
	sim := faceidtest.Start(t, opts...)
	store := "file:" + filepath.Join(t.TempDir(), "credentials")
	keys := sim.Keys()
	p := &platform{Server: sim, t: t, env: map[string]string{
		setup.AppID: keys.AppID, setup.Secret: keys.Secret, setup.NFCKey: keys.NFCKey, setup.BaseURL: sim.URL(), setup.Store: store,
		setup.CloudID: keys.SecretID, setup.CloudKey: keys.SecretKey, setup.CloudEndpoint: sim.URL(),
		setup.IntlID: keys.SecretID, setup.IntlKey: keys.SecretKey, setup.IntlEndpoint: sim.URL(),
		"HOME": t.TempDir(), "PATH": os.Getenv("PATH"), "LANG": "C.UTF-8",
	}}
	if keys.Token != "" {
		p.env[setup.CloudToken], p.env[setup.IntlToken] = keys.Token, keys.Token
	}
	p.hidden = []string{keys.Secret, keys.NFCKey, keys.SecretKey, person.Name, person.IDNo}
	files, err := faceid.NewFileStore(strings.TrimPrefix(store, "file:"))
	require.NoError(t, err)
	p.shop = sim.Client(faceid.WithStore(files))
	return p
}

// face opens an order, and its person ends as scripted. No ending: nobody comes.
func (p *platform) face(endings ...faceidtest.Ending) string {
	p.t.Helper()
	login, err := p.shop.StartH5(p.t.Context(), faceid.H5Request{Person: person, RedirectURL: "https://shop.example/back"})
	require.NoError(p.t, err)
	for _, e := range endings {
		p.Script(login.Session.OrderNo, e)
		_, err := p.Visit(p.t.Context(), login.URL)
		require.NoError(p.t, err)
	}
	return login.Session.OrderNo
}

// weChat opens a flow, whose attempts end with these codes. No code: nobody comes.
func (p *platform) weChat(codes ...int) string {
	p.t.Helper()
	flow, err := p.shop.DetectAuth(p.t.Context(), faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: person.Name, IDCard: person.IDNo})
	require.NoError(p.t, err)
	if len(codes) > 0 {
		p.ScriptCloud(flow.BizToken, faceidtest.CloudTries(codes...))
		_, err := p.RunMiniProgram(p.t.Context(), flow.BizToken)
		require.NoError(p.t, err)
	}
	p.hidden = append(p.hidden, flow.BizToken)
	return flow.BizToken
}

// answer is what a command wrote, and its exit code.
type answer struct {
	code     int
	out, err string
}

// run runs a command in this process, and audits what it wrote.
func (p *platform) run(in string, args ...string) answer {
	p.t.Helper()
	return p.audit(runWith(p.t.Context(), p.env, in, args...))
}

// audit fails the test if something secret or personal was written.
func (p *platform) audit(a answer) answer {
	p.t.Helper()
	for _, text := range p.hidden {
		require.NotContains(p.t, a.out+a.err, text)
	}
	return a
}

// with returns the platform with other variables; a variable without a value is not set.
func (p *platform) with(env map[string]string) *platform {
	other := *p
	other.env = maps.Clone(p.env)
	for name, value := range env {
		other.env[name] = value
		if value == "" {
			delete(other.env, name)
		}
	}
	return &other
}

func runWith(ctx context.Context, env map[string]string, in string, args ...string) answer {
	var out, errOut bytes.Buffer
	lookup := func(name string) (string, bool) { value, set := env[name]; return value, set }
	code := run(ctx, args, lookup, strings.NewReader(in), &out, &errOut)
	return answer{code, out.String(), errOut.String()}
}

// buildDir holds the program once it was built.
var buildDir string

var built = sync.OnceValues(func() (string, error) {
	var err error
	if buildDir, err = os.MkdirTemp("", "faceid-cli"); err != nil {
		return "", err
	}
	path := filepath.Join(buildDir, "faceid")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// binary returns the program, which is built once.
func binary(t *testing.T) string {
	t.Helper()
	path, err := built()
	require.NoError(t, err)
	return path
}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(buildDir)
	os.Exit(code)
}
