package evidence

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"gocloud.dev/blob/fileblob"

	"github.com/faceid-go/faceid"
	lib "github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/evidencetest"
	"github.com/faceid-go/faceid/faceidtest"
)

// roleVariable holds a config in a worker.
const roleVariable = "FACEID_EVIDENCE_WORKER"

// config holds the settings that a process is started with.
type config struct {
	Keys     faceidtest.Keys // where the platform is, and who asks
	Tokens   string          // the folder of the FileStore that all processes share
	Engine   string          // what calls Step
	Database string          // where the engine keeps what it must not lose
	Bucket   string          // the folder that is the bucket
	Weather  string          // the file that tells the weather
	Wrong    time.Duration   // by how much this process's clock is wrong
	Looks    int             // orders that are looked at at once
	Speed    float64         // how many times faster than the machine's the platform's clock runs
}

// A task is what a process is told: one of these.
type task struct {
	Open *lib.Order `json:",omitempty"` // an order was opened at the platform
	News string     `json:",omitempty"` // the person of the order with this key is back
}

// A line is what a process prints: one of these.
type line struct {
	Started bool         `json:",omitempty"`
	Opened  string       `json:",omitempty"` // the Ref of an order that is in the ledger now
	Told    *lib.Outcome `json:",omitempty"` // an outcome that the merchant was told
	Said    string       `json:",omitempty"` // trouble that is no order's, for whoever reads the log
	Size    *size        `json:",omitempty"`
}

// size is how much memory a process has.
type size struct {
	Age      time.Duration // of the process
	Heap     uint64        // bytes in use after a collection
	Resident uint64        // bytes
}

// process is one process that keeps evidence.
type process struct {
	weather weather
	wrong   time.Duration
	mu      sync.Mutex
	out     io.Writer
}

// Run is a process: it keeps evidence until it is killed, and prints lines. It ends with
// its parent, whose pipe is its standard input.
func Run(text string) error {
	var c config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	file, err := os.Open(c.Weather)
	if err != nil {
		return err
	}
	p := &process{weather: weather{file}, wrong: c.Wrong, out: os.Stdout}
	o, err := p.options(c)
	if err != nil {
		return err
	}
	e, err := p.engine(c, o)
	if err != nil {
		return err
	}
	p.tell(line{Started: true})
	go p.measure()
	go func() {
		if err := e.run(ctx); err != nil {
			p.tell(line{Said: "the engine ended: " + err.Error()})
			os.Exit(1)
		}
	}()
	p.obey(e)
	return nil
}

// options are those of the Keeper, without a ledger.
func (p *process) options(c config) (lib.Options, error) {
	store, err := faceid.NewFileStore(c.Tokens)
	if err != nil {
		return lib.Options{}, err
	}
	key := common.NewTokenCredential(c.Keys.SecretID, c.Keys.SecretKey, c.Keys.Token)
	client, err := faceid.New(faceid.WithBaseURL(c.Keys.BaseURL), faceid.WithApp(c.Keys.AppID, c.Keys.Secret), faceid.WithStore(store),
		faceid.WithCloud(key, "ap-guangzhou"), faceid.WithCloudEndpoint(c.Keys.BaseURL),
		faceid.WithIntl(key, "ap-singapore"), faceid.WithIntlEndpoint(c.Keys.BaseURL))
	if err != nil {
		return lib.Options{}, err
	}
	bucket, err := fileblob.OpenBucket(c.Bucket, &fileblob.Options{Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		return lib.Options{}, err
	}
	return lib.Options{
		Client: client, Bucket: evidencetest.Bucket(bucket, p.weather.fault), OnOutcome: p.onOutcome, Expect: expect,
		Now: func() time.Time { return p.weather.now().Add(p.wrong) },
	}, nil
}

var errShop = errors.New("the shop is busy")

// onOutcome is the merchant. One call in fifty fails, before or after it has counted.
func (p *process) onOutcome(_ context.Context, o lib.Outcome) error {
	luck := rand.IntN(100) //nolint:gosec // trouble, no secret
	if luck == 0 {
		return errShop
	}
	p.tell(line{Told: &o})
	if luck == 1 {
		return errShop
	}
	return nil
}

// expect says whom the merchant expects: the script writes it into the Ref.
func expect(_ context.Context, o lib.Order) (faceid.Person, error) {
	switch {
	case o.Kind == lib.Eid || o.Kind == lib.IntlWeb || o.Kind == lib.IntlApp: // which tell no identity here
		return faceid.PersonAsOpened, nil
	case strings.HasSuffix(o.Ref, another):
		return stranger, nil
	}
	return person, nil
}

// obey does what the trial tells, until that ends.
func (p *process) obey(e engine) {
	tasks := bufio.NewScanner(os.Stdin)
	for tasks.Scan() {
		var t task
		if json.Unmarshal(tasks.Bytes(), &t) != nil {
			continue
		}
		go p.do(e, t)
	}
}

// do does one task. The trial repeats an opening that nobody has confirmed; news that
// are lost are lost.
func (p *process) do(e engine, t task) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if t.Open == nil {
		_ = e.news(ctx, t.News)
		return
	}
	if err := e.open(ctx, *t.Open); err == nil {
		p.tell(line{Opened: t.Open.Ref})
	}
}

// measure tells the size of the process once in a while.
func (p *process) measure() {
	for start := time.Now(); ; time.Sleep(5 * time.Second) {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.tell(line{Size: &size{Age: time.Since(start), Heap: m.HeapAlloc, Resident: resident()}})
	}
}

// resident is the memory of this process, as Linux counts it, or 0.
func resident() uint64 {
	text, _ := os.ReadFile("/proc/self/statm")
	var all, pages uint64
	if n, _ := fmt.Sscan(string(bytes.TrimSpace(text)), &all, &pages); n != 2 {
		return 0
	}
	return pages * uint64(os.Getpagesize()) //nolint:gosec // a page has some bytes
}

// tell prints a line at once and as a whole: the next moment may be SIGKILL.
func (p *process) tell(l line) {
	b, err := json.Marshal(l)
	if err != nil {
		panic(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = p.out.Write(append(b, '\n'))
}

// until calls again and again until there is no error, or ctx ends.
func until(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return cmp.Or(err, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}
