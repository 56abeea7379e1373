package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/cmd/faceid/internal/fetch"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// items reads the JSON lines of fetch, by order.
func items(t *testing.T, out string) map[string]fetch.Item {
	t.Helper()
	all := map[string]fetch.Item{}
	for line := range strings.Lines(out) {
		var i fetch.Item
		require.NoError(t, json.Unmarshal([]byte(line), &i))
		all[i.Order] = i
	}
	return all
}

// stored lists the files below a folder.
func stored(t *testing.T, dir string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	}))
	return names
}

func TestFetchStoresFilesInAFolder(t *testing.T) {
	p := newPlatform(t)
	passed, open, token := p.face(faceidtest.Passes()), p.face(), p.weChat(0)
	dir := filepath.Join(t.TempDir(), "evidence")
	input := passed + "\n" + open + " face\n" + token + " wechat\n"
	a := p.run(input, "fetch", "--to", dir, "--rule-id", faceidtest.RulePlus)
	require.Equal(t, exitNo, a.code, a.err)
	for _, part := range []string{"face-h5/" + open, "no result        the person did not finish", "fetched          2 (", "no result        1"} {
		require.Contains(t, a.out, part)
	}
	require.NotContains(t, a.out, passed, "what is complete has no row")
	require.Empty(t, a.err, "no bar without a terminal")
	files := stored(t, dir)
	for _, name := range files {
		info, err := os.Stat(filepath.Dir(name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), name)
		require.NotContains(t, name, token)
	}
	photo, err := os.ReadFile(files[1])
	require.NoError(t, err)
	require.NotEmpty(t, photo)

	a = p.run(input, "fetch", "--to", dir, "--rule-id", faceidtest.RulePlus)
	require.Equal(t, exitNo, a.code)
	require.Contains(t, a.out, "there already    2")
	require.Equal(t, files, stored(t, dir))
	zh := p.run(input, "--lang", "zh", "fetch", "--to", dir, "--rule-id", faceidtest.RulePlus)
	require.Contains(t, zh.out, "已存在           2")
	require.Contains(t, zh.out, "没有结果")
}

func TestFetchWritesALineOfJSONForEachOrder(t *testing.T) {
	p := newPlatform(t, faceidtest.WithStart(time.Now().Add(-time.Hour))) // so that no file may lag
	passed, failed, token := p.face(faceidtest.Passes()), p.face(faceidtest.NotSamePerson()), p.weChat(0)
	list := filepath.Join(t.TempDir(), "orders.jsonl")
	text, err := json.Marshal(evidence.Order{Kind: evidence.WeChat, Number: token, RuleID: faceidtest.RulePlus, OpenedAt: time.Now()})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(list, []byte(string(text)+"\n"+passed+"\n"+failed+"\n"), 0o600))
	dir := "file://" + t.TempDir()
	a := p.run("", "-json", "fetch", list, "--to", dir, "--workers", "2")
	require.Equal(t, exitNo, a.code, a.err)
	all := items(t, a.out)
	require.Len(t, all, 3)
	require.Equal(t, fetch.Fetched, all["face-h5/"+passed].Status)
	require.True(t, all["face-h5/"+passed].Complete())
	require.Equal(t, []string{"photo", "video"}, all["face-h5/"+failed].Missing)
	require.Equal(t, "66660004", all["face-h5/"+failed].Code)
	a = p.run(passed, "fetch", "--to", dir)
	require.Equal(t, exitOK, a.code, a.err)
}

func TestFetchEncrypts(t *testing.T) {
	p := newPlatform(t)
	order, dir := p.face(faceidtest.Passes()), t.TempDir()
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	keys := filepath.Join(t.TempDir(), "keys.txt")
	require.NoError(t, os.WriteFile(keys, []byte("# of the archive\n"+key.Recipient().String()+"\n"), 0o600))
	a := p.run(order, "fetch", "--to", dir, "--recipients-file", keys)
	require.Equal(t, exitOK, a.code, a.err)
	for _, name := range stored(t, dir) {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, filepath.Base(name) != "manifest.json", strings.HasPrefix(string(text), "age-encryption.org"), name)
	}
	a = p.run(order, "fetch", "--to", dir, "--recipient", key.String())
	require.Equal(t, exitUsage, a.code)
	require.NotContains(t, a.out+a.err, key.String(), "a private key by mistake")
}

func TestFetchSaysWhenThereIsTrouble(t *testing.T) {
	p := newPlatform(t)
	orders := p.face(faceidtest.Passes()) + "\n" + p.face(faceidtest.Passes()) + "\n" + p.face(faceidtest.Passes())
	a := p.with(map[string]string{setup.Secret: "WrongSecretOfAnApp00000000000000000000000000000000000000000"}).run(orders, "fetch", "--to", t.TempDir(), "--workers", "1")
	require.Equal(t, exitTrouble, a.code, a.out)
	require.Contains(t, a.out, "Credential")
	require.Contains(t, a.out, "not asked about  2")
	require.Contains(t, a.err, "run the same command again")
	require.NotContains(t, a.out+a.err, "WrongSecret")
}

func TestFetchRefusesWhatItCannotUse(t *testing.T) {
	p := newPlatform(t)
	for args, says := range map[string]string{
		"--to DIR --workers 0":             "--workers",
		"--to DIR --workers 65":            "--workers",
		"/nowhere --to DIR":                "no such file",
		"--to DIR --recipients-file /none": "no such file",
		"--to gopher://x":                  "--to",
		"--to /dev/null/x":                 "--to",
		"":                                 "--to",
		"--to DIR --kind flight":           "--kind",
		"--to DIR --kind wechat":           "line 1",
	} {
		a := p.run("order1", append([]string{"fetch"}, strings.Fields(strings.ReplaceAll(args, "DIR", t.TempDir()))...)...)
		require.Equal(t, exitUsage, a.code, "%s: %s", args, a.err)
		require.Contains(t, a.err, says)
	}
	a := p.run("# nothing\n", "fetch", "--to", t.TempDir())
	require.Equal(t, exitUsage, a.code)
	a = p.with(map[string]string{setup.CloudID: "", setup.CloudKey: "", setup.CloudToken: ""}).run("token1 eid", "fetch", "--to", t.TempDir())
	require.Equal(t, exitUsage, a.code)
	require.Contains(t, a.err, setup.CloudID)
}
