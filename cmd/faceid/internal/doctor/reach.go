package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

// patience is how long one exchange may take.
const patience = 15 * time.Second

// exchange is one request, and how far it came.
type exchange struct {
	proxy      string // scheme and host; "" if there is none
	proxySaid  int    // the status with which a proxy answered CONNECT; 0 if it did not
	addr       string // the address that was connected to; "" if no connection stood
	tcp        string // the same, once it was connected to; TLS may have failed after that
	noRoots    bool   // this machine trusts no authority
	tls        *tls.ConnectionState
	status     int
	date, when time.Time // the header Date, and when it arrived by the clock of this machine
	body       []byte
	err        error
}

// send makes one request. Its error quotes no URL, since a URL of the platform may hold a
// secret.
func (d *Doctor) send(ctx context.Context, r *http.Request) (e exchange) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	transport := d.Transport.Clone()
	defer transport.CloseIdleConnections()
	if transport.Proxy != nil {
		proxy, err := transport.Proxy(r)
		if err != nil {
			e.proxy, e.err = "?", &proxyError{err}
			return e
		}
		if proxy != nil {
			e.proxy = proxy.Scheme + "://" + proxy.Host
		}
	}
	var said atomic.Int64 // a connection may go on while the request is given up
	transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
		said.Store(int64(res.StatusCode))
		return nil
	}
	var tcp atomic.Pointer[string]
	r = r.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectDone: func(_, addr string, err error) {
			if err == nil {
				tcp.Store(&addr)
			}
		},
		GotConn: func(c httptrace.GotConnInfo) { e.addr = c.Conn.RemoteAddr().String() },
	}))
	res, err := transport.RoundTrip(r)
	e.proxySaid = int(said.Load())
	if addr := tcp.Load(); addr != nil && e.proxy == "" {
		e.tcp = *addr
	}
	if err != nil {
		e.err, e.noRoots = err, trustsNobody(transport.TLSClientConfig)
		return e
	}
	defer func() { _ = res.Body.Close() }()
	e.when, e.status, e.tls = d.Now(), res.StatusCode, res.TLS
	e.date, _ = http.ParseTime(res.Header.Get("Date"))
	e.body, e.err = io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return e
}

// trustsNobody reports whether no certificate can be verified here, as in a container
// without ca-certificates.
func trustsNobody(c *tls.Config) bool {
	var roots *x509.CertPool
	if c != nil {
		roots = c.RootCAs
	}
	if roots == nil {
		var err error
		if roots, err = x509.SystemCertPool(); err != nil {
			return true
		}
	}
	return roots.Equal(x509.NewCertPool())
}

// proxyError says that the environment names a proxy in a way that cannot be read.
type proxyError struct{ err error }

func (*proxyError) Error() string   { return "the URL of the proxy cannot be read" }
func (p *proxyError) Unwrap() error { return p.err }

// reach makes the checks of the way to a host with one request, and reports whether an
// answer came.
func (d *Doctor) reach(ctx context.Context, door string, r *http.Request) (exchange, bool) {
	e := d.send(ctx, r)
	if e.proxy == "" {
		d.found(door, CheckProxy, OK, show.T("none", "未使用"))
	}
	if cause, check, saw := e.failure(); cause != "" {
		if e.proxy != "" && check != CheckProxy {
			d.found(door, CheckProxy, OK, show.T(e.proxy, e.proxy))
		}
		if check == CheckTLS || check == CheckAnswer {
			d.found(door, CheckAddress, OK, show.T("it answers", "可以连接"))
		}
		d.fault(door, check, cause, saw)
		return e, false
	}
	if e.proxy == "" {
		d.found(door, CheckAddress, OK, show.T(e.addr, e.addr))
	} else { // what was connected to is the proxy
		d.found(door, CheckProxy, Note, show.F("through %s", "经由 %s", e.proxy))
		d.found(door, CheckAddress, OK, show.T("the proxy connects to it", "由代理连接"))
	}
	d.certificate(door, e)
	return e, true
}

// certificate tells who vouches for the host.
func (d *Doctor) certificate(door string, e exchange) {
	switch host, _, _ := net.SplitHostPort(e.addr); {
	case e.tls != nil:
	case e.proxy == "" && net.ParseIP(host).IsLoopback():
		d.found(door, CheckTLS, Note, show.T("plain http within this machine", "本机内的明文 http"))
		return
	default:
		d.found(door, CheckTLS, Warning, show.T("plain http: everybody on the way can read secrets and personal data", "明文 http：途中任何人都能读到密钥和个人数据"))
		return
	}
	leaf := e.tls.PeerCertificates[0]
	d.found(door, CheckTLS, OK, show.F("%s, certificate issued by %s, valid until %s", "%s，证书由 %s 签发，有效期至 %s",
		tls.VersionName(e.tls.Version), issuer(leaf), leaf.NotAfter.Format(time.DateOnly)))
}

// ownerOf names the hosts that a certificate is for.
func ownerOf(c *x509.Certificate) string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return fmt.Sprintf("%q", c.Subject.CommonName)
	}
	return quoted(strings.Join(names, ", "))
}

func issuer(c *x509.Certificate) string {
	for _, names := range [][]string{c.Issuer.Organization, {c.Issuer.CommonName}} {
		if len(names) > 0 && names[0] != "" {
			return fmt.Sprintf("%q", names[0])
		}
	}
	return `""`
}

// These are the bounds of a clock that is off. The header Date has whole seconds.
const (
	clockWrong = 5 * time.Minute  // API 3.0 refuses the signatures
	clockOff   = 30 * time.Second // not far from it, if nobody sets it
)

// clock compares the clock of this machine with the header Date. wrong is what it is if API
// 3.0 would refuse its signatures.
func (d *Doctor) clock(door string, e exchange, wrong Status) {
	if e.date.IsZero() {
		d.found(door, CheckClock, Skipped, show.T("the answer has no date", "应答没有日期"))
		return
	}
	off := e.when.Sub(e.date.Add(time.Second / 2)).Round(time.Second)
	saw := show.F("%v ahead of the platform", "比平台快 %v", off)
	if off < 0 {
		saw = show.F("%v behind the platform", "比平台慢 %v", -off)
	}
	switch {
	case off.Abs() > clockWrong:
		d.blame(door, CheckClock, wrong, Clock, saw)
	case off.Abs() > clockOff:
		d.blame(door, CheckClock, Warning, Clock, saw)
	case off.Abs() <= 2*time.Second:
		d.found(door, CheckClock, OK, show.T("right", "准确"))
	default:
		d.found(door, CheckClock, OK, saw)
	}
}

// failure names the cause of an exchange that brought no answer, the check that it belongs
// to, and what was seen. The cause is "" if an answer came.
func (e *exchange) failure() (Cause, Check, show.Text) {
	if e.err == nil {
		if e.status == http.StatusProxyAuthRequired {
			return ProxyAuth, CheckProxy, show.T("HTTP 407", "HTTP 407")
		}
		return "", "", show.Text{}
	}
	if cause, saw := e.proxyFailure(); cause != "" {
		return cause, CheckProxy, saw
	}
	if cause, saw := e.tlsFailure(); cause != "" {
		return cause, CheckTLS, saw
	}
	var dns *net.DNSError
	if errors.As(e.err, &dns) {
		return DNS, CheckAddress, show.F("no address of %s: %s", "%s 没有解析出地址：%s", dns.Name, dns.Err)
	}
	if e.addr != "" {
		return NoAnswer, CheckAnswer, because("connected to %s, and no answer came: %s", "已连接 %s，但没有收到应答：%s", e.err, e.addr)
	}
	if e.tcp != "" {
		return NoAnswer, CheckTLS, because("connected to %s, and TLS came to no end: %s", "已连接 %s，但 TLS 握手没有完成：%s", e.err, e.tcp)
	}
	return Unreachable, CheckAddress, because("no connection: %s", "无法连接：%s", e.err)
}

// proxyFailure tells a failure of the proxy. Every failure to connect is the proxy's if
// there is one, because nothing else is connected to.
func (e *exchange) proxyFailure() (Cause, show.Text) {
	var unreadable *proxyError
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case e.proxy == "":
		return "", show.Text{}
	case e.proxySaid == http.StatusProxyAuthRequired:
		return ProxyAuth, show.F("%s answers HTTP 407", "%s 应答 HTTP 407", e.proxy)
	case e.proxySaid != 0 && e.proxySaid != http.StatusOK:
		return Proxy, show.F("%s refuses the host with HTTP %d", "%s 以 HTTP %d 拒绝访问该域名", e.proxy, e.proxySaid)
	case errors.As(e.err, &unreadable):
		return Proxy, show.T("the URL of HTTPS_PROXY or HTTP_PROXY cannot be read", "HTTPS_PROXY 或 HTTP_PROXY 的地址无法识别")
	case errors.As(e.err, &dns), errors.As(e.err, &op) && (op.Op == "dial" || strings.Contains(op.Op, "connect")):
		return Proxy, because("%s cannot be reached: %s", "%s 连接不上：%s", e.err, e.proxy)
	case e.addr == "" && e.proxySaid == 0 && strings.HasPrefix(e.proxy, "http"):
		return Proxy, because("%s opens no connection to the host: %s", "%s 没有建立到该域名的连接：%s", e.err, e.proxy)
	}
	return "", show.Text{}
}

// tlsFailure tells a failure of TLS, with the issuer of a certificate that is not trusted.
func (e *exchange) tlsFailure() (Cause, show.Text) {
	var bad *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var op *net.OpError // a TLS alert is wrapped in one, and has no type of its own
	who := "?"
	if errors.As(e.err, &bad) && len(bad.UnverifiedCertificates) > 0 {
		who = issuer(bad.UnverifiedCertificates[0])
	}
	switch {
	case errors.As(e.err, &invalid) && invalid.Reason == x509.Expired:
		return TLSTime, show.F("the certificate was issued by %s for %s to %s", "证书由 %s 签发，有效期 %s 至 %s",
			who, invalid.Cert.NotBefore.Format(time.DateOnly), invalid.Cert.NotAfter.Format(time.DateOnly))
	case errors.As(e.err, &name):
		return TLSName, show.F("the certificate, issued by %s, is for %s", "证书由 %s 签发，属于 %s", who, ownerOf(name.Certificate))
	case errors.As(e.err, &authority) && e.noRoots:
		return NoAuthorities, show.F("the certificate was issued by %s, and this machine trusts nobody", "证书由 %s 签发，而本机不信任任何机构", who)
	case errors.As(e.err, &authority), errors.As(e.err, &invalid):
		return TLSInterception, show.F("the certificate was issued by %s, whom this machine does not trust", "证书由本机不信任的 %s 签发", who)
	case errors.As(e.err, &record), errors.As(e.err, &op) && (op.Op == "remote error" || op.Op == "local error"), strings.HasPrefix(e.err.Error(), "tls: "):
		return NoTLS, plainly(e.err)
	}
	return "", show.Text{}
}

// plainly writes an error of the network without the URL, and in few words.
func plainly(err error) show.Text {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return show.T("nothing arrived in time", "超时未收到数据")
	}
	return show.T(quoted(err.Error()), quoted(err.Error()))
}

// because makes a Text whose two formats take args, and at last the error.
func because(en, zh string, err error, args ...any) show.Text {
	args = slices.Clip(args)
	why := plainly(err)
	return show.Text{EN: fmt.Sprintf(en, append(args, why.EN)...), ZH: fmt.Sprintf(zh, append(args, why.ZH)...)}
}

// quoted makes words of others fit to be shown: on one line, without what a terminal would
// obey, not too long, and without secrets that a server has echoed.
func quoted(words string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			words = strings.NewReplacer(s, "…", url.QueryEscape(s), "…").Replace(words)
		}
	}
	words = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, words)
	if r := []rune(words); len(r) > mostQuoted {
		return string(r[:mostQuoted]) + "…"
	}
	return words
}

const mostQuoted = 300
