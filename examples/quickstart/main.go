// Command quickstart verifies invented people with the Plus product: in a
// mobile browser and in an App, one who passes and one who does not. It needs
// no account: the platform is the simulator of package faceidtest.
//
//	go run ./examples/quickstart
//
// With FACEID_APP_ID and FACEID_SECRET set, and the person in FACEID_NAME and
// FACEID_ID_NO, it opens one verification on the real platform instead and
// prints its login URL; FACEID_REDIRECT_URL and FACEID_BASE_URL are optional.
// Some of these without the rest, or one that is empty, is refused.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.LookupEnv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, lookup func(string) (string, bool), out io.Writer) error {
	env, err := settings(lookup)
	switch {
	case err != nil:
		return err
	case env != nil:
		return real(ctx, env, out)
	}
	return demo(ctx, out)
}

// demo tells both stories on the embedded simulator.
func demo(ctx context.Context, out io.Writer) error {
	platform := faceidtest.NewServer()
	defer platform.Close()
	client, err := faceid.New(append(platform.Options(), faceid.WithProduct(faceid.ProductPlus))...)
	if err != nil {
		return err
	}
	defer client.Close(context.WithoutCancel(ctx))

	fmt.Fprintln(out, "The platform is the embedded simulator; appID", client.AppID())
	for _, who := range []struct {
		title  string
		ending faceidtest.Ending
	}{
		{"Story 1: the right person, in a mobile browser", faceidtest.Passes()},
		{"Story 2: somebody else, in a mobile browser", faceidtest.NotSamePerson()},
	} {
		fmt.Fprintf(out, "\n%s\n", who.title)
		platform.ScriptDefault(who.ending)
		if err := browser(ctx, out, client, platform); err != nil {
			return err
		}
	}
	for _, who := range []struct {
		title  string
		ending faceidtest.Ending
	}{
		{"Story 3: the right person, in an App", faceidtest.Passes()},
		{"Story 4: a filmed screen, in an App", faceidtest.SuspectedFake()},
	} {
		fmt.Fprintf(out, "\n%s\n", who.title)
		platform.ScriptDefault(who.ending)
		if err := app(ctx, out, client, platform); err != nil {
			return err
		}
	}
	return nil
}

func person() faceid.Person {
	return faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"} // invented
}

func browser(ctx context.Context, out io.Writer, client *faceid.Client, platform *faceidtest.Server) error {
	step := steps(out)
	login, err := client.StartH5(ctx, faceid.H5Request{
		Person: person(), RedirectURL: "https://merchant.example/back", From: faceid.FromBrowser,
	})
	if err != nil {
		return err
	}
	step("upload the person, fetch a NONCE ticket, sign the login URL", "order "+login.Session.OrderNo)

	back, err := platform.Visit(ctx, login.URL)
	if err != nil {
		return err
	}
	step("the browser opens the login URL, the person shows the face", "and comes back to "+back.URL.Host+back.URL.Path)

	// The handler of the RedirectURL finds the session of this browser first.
	record, err := client.ConfirmReturn(ctx, back, &login.Session)
	return tell(ctx, step, client, "check the callback in its session, and query the record", record, err)
}

func app(ctx context.Context, out io.Writer, client *faceid.Client, platform *faceidtest.Server) error {
	step := steps(out)
	launch, err := client.StartSDK(ctx, faceid.SDKRequest{Platform: faceid.PlatformAndroid, Person: person(), Licence: "licence-from-console"})
	if err != nil {
		return err
	}
	step("upload the person, fetch a NONCE ticket, sign the launch", "order "+launch.OrderNo)

	result, err := platform.RunSDK(ctx, launch.Params, faceidtest.RecordVideo)
	if err != nil {
		return err
	}
	report := "success"
	if result.Domain != "" {
		report = result.Domain + " " + result.Code
	}
	step("the App starts its SDK, the person shows the face", "the App reports "+report)
	// What an App reports is a claim: the platform's own record decides.
	record, err := client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: launch.OrderNo})
	return tell(ctx, step, client, "query the record", record, err)
}

// tell shows what was decided, and fetches the evidence of a pass.
func tell(ctx context.Context, step func(did, saw string), client *faceid.Client, did string, record *faceid.FaceRecord, err error) error {
	switch {
	case errors.Is(err, faceid.ErrNotPassed):
		step(did, fmt.Sprintf("did not pass: %s (code %s, charged: %s)", record.Code().Gloss(), record.Code().Number(), record.Charged()))
		return nil
	case err != nil:
		return err
	}
	step(did, fmt.Sprintf("passed: liveness %s, similarity %s (charged: %s)", record.LiveRate, record.Similarity, record.Charged()))

	record, err = client.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{OrderNo: record.OrderNo, GetFile: faceid.FilesAll})
	if err != nil {
		return err
	}
	photos, err := client.QueryPhotoInfo(ctx, faceid.QueryPhotoInfoRequest{OrderNo: record.OrderNo})
	if err != nil {
		return err
	}
	step("fetch the evidence", fmt.Sprintf("photo %d bytes, video %d bytes, %d photos in the list", record.PhotoSize, record.VideoSize, len(photos.Photos)))
	return nil
}

// steps prints each step with the time since the last one.
func steps(out io.Writer) func(did, saw string) {
	n, last := 0, time.Now()
	return func(did, saw string) {
		n++
		fmt.Fprintf(out, "  %d. %s (%.1f ms)\n       %s\n", n, did, float64(time.Since(last).Microseconds())/1000, saw)
		last = time.Now()
	}
}

// real opens one verification on the real platform.
func real(ctx context.Context, env map[string]string, out io.Writer) error {
	opts := []faceid.Option{faceid.WithApp(env["FACEID_APP_ID"], env["FACEID_SECRET"])}
	if base := env["FACEID_BASE_URL"]; base != "" {
		opts = append(opts, faceid.WithBaseURL(base))
	}
	client, err := faceid.New(opts...)
	if err != nil {
		return err
	}
	defer client.Close(context.WithoutCancel(ctx))
	login, err := client.StartH5(ctx, faceid.H5Request{
		Person:      faceid.Person{UserID: "quickstart", Name: env["FACEID_NAME"], IDNo: env["FACEID_ID_NO"]},
		RedirectURL: cmp.Or(env["FACEID_REDIRECT_URL"], "https://cloud.tencent.com"), From: faceid.FromBrowser,
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "order", login.Session.OrderNo)
	fmt.Fprintln(out, "Open this once, within two minutes, in a mobile browser:")
	fmt.Fprintln(out, login.URL)
	return nil
}

// settings returns the variables of the real platform, or nil if none is set.
func settings(lookup func(string) (string, bool)) (map[string]string, error) {
	return environment(lookup, []string{"FACEID_APP_ID", "FACEID_SECRET", "FACEID_NAME", "FACEID_ID_NO"}, "FACEID_REDIRECT_URL", "FACEID_BASE_URL")
}

// environment returns the variables that are set, or nil if none is set. A variable
// that is empty, has a line break, or is set without all those that are required is
// an error, which names the variable and quotes no value. Otherwise somebody who
// meant the real platform could take the simulator's answers for its own.
func environment(lookup func(string) (string, bool), required []string, optional ...string) (map[string]string, error) {
	var env map[string]string
	set := "" // the name of one that is set
	for _, name := range slices.Concat(required, optional) {
		value, there := lookup(name)
		switch {
		case !there:
			continue
		case value == "":
			return nil, fmt.Errorf("%s is set, but empty", name)
		case strings.TrimSpace(value) != value, strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }):
			return nil, fmt.Errorf("%s has a line break in it, a blank at an end, or what cannot be printed", name)
		case env == nil:
			env, set = map[string]string{}, name
		}
		env[name] = value
	}
	for _, name := range required {
		if env != nil && env[name] == "" {
			return nil, fmt.Errorf("%s is not set, but %s is", name, set)
		}
	}
	return env, nil
}
