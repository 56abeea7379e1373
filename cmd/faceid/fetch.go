package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/memblob" // mem://, for a try
	_ "gocloud.dev/blob/s3blob"  // s3://, and what speaks like it, as COS does

	"github.com/faceid-go/faceid/cmd/faceid/internal/fetch"
	"github.com/faceid-go/faceid/cmd/faceid/internal/orders"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
	"github.com/faceid-go/faceid/evidence"
)

type fetchCmd struct {
	Orders         string   `arg:"" default:"-" predictor:"file" help:"A file with one order a line, or - for standard input."`
	To             string   `required:"" placeholder:"WHERE" predictor:"dir" help:"A folder, or the URL of a bucket: file:///var/lib/shop, s3://name?region=…, mem://."`
	Kind           string   `enum:"${kinds}" default:"face" placeholder:"KIND" help:"The kind of orders that do not say it: ${kinds}."`
	RuleID         string   `name:"rule-id" placeholder:"RULE" help:"The RuleId of flows of WeChat that do not say it."`
	Recipient      []string `sep:"none" placeholder:"age1…" help:"Encrypt every file for this public key of age. May be given several times."`
	RecipientsFile string   `placeholder:"FILE" predictor:"file" help:"A file with public keys of age, one a line."`
	Workers        int      `default:"4" placeholder:"N" help:"How many orders are asked about at once, 1 to 64; 4 if it is not given."`
	TakeOver       bool     `help:"Fetch orders anew whose folder has files and no manifest. Only if no other process keeps evidence there."`
}

func (fetchCmd) Help() string {
	return `One order stands on a line: its number; a number or a token with the kind behind it; or an
evidence.Order as JSON. Lines that begin with # are skipped. Tokens come this way only, and never as
arguments.

Each order is looked at once. If there is a result, its files are stored, and the manifest last of
all. If there is none, that is said at once: nobody is waited for. Names, manifests and encryption
are those of package evidence, so what your own system has stored is not fetched again. An order with
a manifest is complete: after Ctrl-C or trouble, run the same command again, and it goes on. An order
whose time is not given stands under the time at which it was fetched.

Do not run it while another process, as an engine of package evidence, stores the same orders in the
same bucket. A folder with files and without a manifest is left as it is, and reported as held. The
exit code is 0 if all is there, 1 if something is not, and 3 if there was trouble.`
}

func (f fetchCmd) Run(c *command) error {
	if f.Workers < 1 || f.Workers > 64 {
		return &usageError{show.T("--workers must be 1 to 64", "--workers 须为 1 至 64")}
	}
	recipients, err := f.recipients()
	if err != nil {
		return err
	}
	all, err := f.read(c.in)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return &usageError{show.T("there are no orders to fetch", "没有要获取的订单")}
	}
	var doors []door
	for _, o := range all {
		if d := doorOf(o.Kind); !slices.Contains(doors, d) {
			doors = append(doors, d)
		}
	}
	client, end, err := c.client(doors...)
	if err != nil {
		return err
	}
	defer end()
	bucket, err := openBucket(c.ctx, f.To)
	if err != nil {
		return err
	}
	defer bucket.Close()

	ctx, stop := context.WithCancel(c.ctx)
	defer stop()
	t := newTally(c, len(all), stop)
	err = fetch.Run(ctx, fetch.Options{Client: client, Bucket: bucket, Recipients: recipients, Workers: f.Workers, TakeOver: f.TakeOver}, all, t.add)
	t.end(c)
	switch {
	case t.failed != nil:
		return t.failed
	case err != nil:
		return err
	case t.trouble > 0:
		return &troubleError{show.F("%d orders are in trouble, and %d were not asked about: run the same command again", "%d 个订单出错，%d 个未查询：请再次运行同一命令", t.trouble, t.left())}
	case t.absent > 0:
		return errNo
	}
	return nil
}

// read reads the orders.
func (f fetchCmd) read(in io.Reader) ([]evidence.Order, error) {
	name := "-"
	if f.Orders != "-" {
		file, err := os.Open(f.Orders)
		if err != nil {
			return nil, &usageError{show.T(err.Error(), err.Error())}
		}
		defer file.Close()
		in, name = file, f.Orders
	}
	all, err := orders.Read(in, orders.Usual{Word: f.Kind, RuleID: f.RuleID})
	if errors.Is(err, orders.ErrLine) {
		return nil, &usageError{show.T(name+": "+err.Error(), name+"："+err.Error())}
	}
	return all, err
}

// recipients reads the public keys. They are no secrets.
func (f fetchCmd) recipients() ([]age.Recipient, error) {
	text := strings.Join(f.Recipient, "\n")
	if f.RecipientsFile != "" {
		file, err := os.ReadFile(f.RecipientsFile)
		if err != nil {
			return nil, &usageError{show.T(err.Error(), err.Error())}
		}
		text += "\n" + string(file)
	}
	if f.RecipientsFile == "" && len(f.Recipient) == 0 {
		return nil, nil
	}
	all, err := age.ParseRecipients(strings.NewReader(text))
	if err != nil { // its text may quote a private key that was given by mistake
		return nil, &usageError{show.T("a recipient is no public key of age, which begins with age1", "接收者不是 age 公钥（以 age1 开头）")}
	}
	return all, nil
}

// openBucket opens the bucket of a URL, or a folder. Folders are made for this user alone,
// and files are written beside their place: a copy of a person's photo in /tmp would be one
// too many.
func openBucket(ctx context.Context, where string) (*blob.Bucket, error) {
	if strings.Contains(where, "://") {
		bucket, err := blob.OpenBucket(ctx, where)
		if err != nil {
			return nil, fmt.Errorf("%w: --to: %w", setup.ErrSetup, err)
		}
		return bucket, nil
	}
	dir, err := filepath.Abs(where)
	if err != nil {
		return nil, fmt.Errorf("%w: --to: %w", setup.ErrSetup, err)
	}
	bucket, err := fileblob.OpenBucket(dir, &fileblob.Options{CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		return nil, fmt.Errorf("%w: --to: %w", setup.ErrSetup, err)
	}
	return bucket, nil
}
