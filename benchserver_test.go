package faceid_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// The platform of the benchmarks is another process, so its memory is in no row, and
// its time is in all rows alike. It answers from memory and checks nothing; the strict
// platform is faceidtest.

// video is a file that the benchmarks fetch. Its order (or BizToken) describes it
// fully, so both processes make the same video.
type video struct {
	order      string
	size       int
	how        string // how it is sent: see the suffixes of orders
	head, tail string // the answer around the base64 text
}

// These are the suffixes of orders whose answers are sent in other ways.
const (
	inChunks  = "chunked" // without a length
	inGzip    = "gzip"
	inEscapes = "escaped" // as PHP writes base64: / as \/, and a line break after 76 characters
)

func recordVideo(size int) video {
	return parseVideo(fmt.Sprintf("video%d", size))
}

// sent is the same video in an answer that is sent in another way.
func (v video) sent(how string) video { return parseVideo(v.order + how) }

func parseVideo(order string) video {
	digits := strings.TrimRight(strings.TrimPrefix(order, "video"), "abcdefghijklmnopqrstuvwxyz")
	size, err := strconv.Atoi(digits)
	if err != nil {
		panic(err)
	}
	v := video{order: order, size: size, how: strings.TrimPrefix(order, "video"+digits)}
	v.head, v.tail, _ = strings.Cut(recordAnswer(order), `*`)
	return v
}

// ofCloud is the video in an answer of API 3.0.
func (v video) ofCloud() video {
	v.head, v.tail, _ = strings.Cut(detectAnswer, `*`)
	return v
}

// bytes returns noise, which compresses as badly as a film.
func (v video) bytes() []byte {
	data := make([]byte, v.size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data)
	return data
}

// answer is the body that the platform sends.
func (v video) answer() []byte {
	if v.how == inEscapes {
		lines := slices.Collect(slices.Chunk([]byte(base64.StdEncoding.EncodeToString(v.bytes())), 76))
		text := strings.ReplaceAll(string(bytes.Join(lines, []byte(`\r\n`))), "/", `\/`)
		return []byte(v.head + text + v.tail)
	}
	text := append(base64.StdEncoding.AppendEncode([]byte(v.head), v.bytes()), v.tail...)
	if v.how == inGzip {
		var packed bytes.Buffer
		w, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
		_, _ = w.Write(text)
		_ = w.Close() // a bytes.Buffer takes everything
		return packed.Bytes()
	}
	return text
}

// answerLine is an answer of the documents in one line, as the platform sends it.
func answerLine(name string) string {
	text, err := os.ReadFile("testdata/answers/" + name + ".json")
	if err != nil {
		panic(err)
	}
	var line bytes.Buffer
	if err := json.Compact(&line, text); err != nil {
		panic(err)
	}
	return line.String()
}

// recordAnswer is the answer about a record, with a star in the place of the video and
// without a photo.
func recordAnswer(order string) string {
	text := strings.Replace(answerLine("queryfacerecord.plus-app"), `"photo":"*",`, "", 1)
	return strings.Replace(text, "testReflect1650008613761", order, 1)
}

// smallAnswer is a record without files.
func smallAnswer(order string) string {
	return strings.Replace(recordAnswer(order), `"video":"*",`, "", 1)
}

// detectAnswer is the answer about a flow, with a star in the place of the video.
const detectAnswer = `{"Response":{"Text":{"ErrCode":0,"ErrMsg":"成功","IdCard":"110101199003074477","UseIDType":0,"Name":"李测试",` +
	`"IdInfoFrom":"其他","LiveStatus":0,"LiveMsg":"成功","Comparestatus":0,"Comparemsg":"成功","Sim":"97.00","Extra":"",` +
	`"LivenessDetail":[{"ReqTime":"1650008621000","Seq":"5a1fd48c-b4c1-4ad9-b1f5-d2e7a5a7c7a1","Idcard":"110101199003074477","Name":"李测试",` +
	`"Sim":"97.00","IsNeedCharge":true,"Errcode":0,"Errmsg":"成功","Livestatus":0,"Livemsg":"成功","Comparestatus":0,"Comparemsg":"成功",` +
	`"CompareLibType":"权威库","LivenessMode":4}],"LivenessInfoTag":null,"LivenessMode":4},"IdCardData":null,"BestFrame":null,` +
	`"VideoData":{"LivenessVideo":"*","LivenessVideos":null},"Encryption":null,"EncryptedBody":"","IsVerifyIntention":false,` +
	`"RequestId":"6d2a2f2c-8c0e-4b8b-9a53-2a1f0f3b7c11"}}`

// benchPlatform is the platform in the other process.
type benchPlatform struct {
	delay time.Duration // the wait before each answer
	mu    sync.Mutex
	made  map[string][]byte // the answers, by path and order
}

// benchServer serves until the process that started it has gone. Its argument is the
// delay of each answer.
func benchServer(args []string) error {
	delay, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	platform := &benchPlatform{delay: delay, made: map[string][]byte{}}
	secure := httptest.NewUnstartedServer(platform)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // callers leave while they shake hands
	secure.StartTLS()
	fmt.Println(listener.Addr(), secure.URL, base64.StdEncoding.EncodeToString(secure.Certificate().Raw))
	return http.Serve(listener, platform)
}

func (p *benchPlatform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(p.delay)
	order := r.URL.Query().Get("orderNo")
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	switch r.URL.Path {
	case pathToken:
		fmt.Fprint(w, answerLine("access_token.plus"))
	case pathTicket:
		fmt.Fprint(w, answerLine("api_ticket_"+strings.ToLower(r.URL.Query().Get("type"))+".plus"))
	case pathPlus:
		fmt.Fprint(w, strings.Replace(answerLine("getPlusFaceId.h5"), "1617091885609174325769165850", order, 1))
	case pathRecord:
		p.send(w, r.URL.Path, order)
	case "/":
		var request struct{ BizToken string }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p.send(w, r.URL.Path, request.BizToken)
	default:
		http.NotFound(w, r)
	}
}

// send answers with the video that the order names. The answer is made once.
func (p *benchPlatform) send(w http.ResponseWriter, path, order string) {
	text := p.answer(path, order)
	if strings.HasSuffix(order, inGzip) {
		w.Header().Set("Content-Encoding", "gzip")
	}
	if !strings.HasSuffix(order, inChunks) {
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		_, _ = w.Write(text)
		return
	}
	for chunk := range slices.Chunk(text, 16<<10) {
		_, _ = w.Write(chunk)
	}
}

func (p *benchPlatform) answer(path, order string) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	text, ok := p.made[path+order]
	if ok {
		return text
	}
	switch {
	case !strings.HasPrefix(order, "video"):
		text = []byte(smallAnswer(order))
	case path == pathRecord:
		text = parseVideo(order).answer()
	default:
		text = parseVideo(order).ofCloud().answer()
	}
	p.made[path+order] = text
	return text
}

// bench is the way to the platform that all rows of a benchmark share.
type bench struct {
	url, tls string // the addresses without and with TLS
	http     *http.Client
	roots    *x509.CertPool // the certificate of the address with TLS
}

func startBench(b *testing.B, delay time.Duration) *bench {
	b.Helper()
	cmd := as(b, "bench", delay.String())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(b, err)
	told := strings.Fields(line)
	require.Len(b, told, 3)
	raw, err := base64.StdEncoding.DecodeString(told[2])
	require.NoError(b, err)
	certificate, err := x509.ParseCertificate(raw)
	require.NoError(b, err)
	p := &bench{url: "http://" + told[0], tls: told[1], roots: x509.NewCertPool()}
	p.roots.AddCert(certificate)
	transport := &http.Transport{MaxIdleConnsPerHost: 1024, TLSClientConfig: &tls.Config{RootCAs: p.roots}}
	b.Cleanup(transport.CloseIdleConnections)
	p.http = &http.Client{Transport: transport}
	return p
}

// overTLS is the way to the same platform with TLS.
func (p *bench) overTLS() *bench {
	secure := *p
	secure.url = p.tls
	return &secure
}

// client returns a client on the default transport that holds its ticket already. It is not
// made with newClient, as the audit would cost time here.
func (p *bench) client(b *testing.B, opts ...faceid.Option) *faceid.Client {
	b.Helper()
	client, err := faceid.New(append([]faceid.Option{
		faceid.WithApp("TIDA0001", "bench-secret"), faceid.WithBaseURL(p.url),
		faceid.WithStore(faceid.NewMemoryStore()),
	}, opts...)...)
	require.NoError(b, err)
	b.Cleanup(func() { _ = client.Close(context.Background()) })
	faceid.Trust(client, p.roots)
	_, err = client.SignTicket(b.Context())
	require.NoError(b, err)
	return client
}
