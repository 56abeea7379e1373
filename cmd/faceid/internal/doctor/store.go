package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
	"github.com/faceid-go/faceid/internal/credential"
)

// credentials are what a record holds.
type credentials = credential.Snapshot

// openStore opens the store of the configuration.
func (a *appVisit) openStore() bool {
	s, err := a.OpenStore()
	if err != nil {
		a.fault(a.door, CheckStore, StoreTrouble, show.T(err.Error(), err.Error()))
		return false
	}
	a.store = &setup.Looking{OpenStore: s}
	return true
}

// readRecord looks at what the store has for this appID and secret. It reports whether the
// store could be read.
func (a *appVisit) readRecord(ctx context.Context) bool {
	if !a.load(ctx) {
		return false
	}
	if a.store.Shared {
		a.found(a.door, CheckStore, OK, show.T(a.store.Where, a.store.Where))
	} else {
		a.found(a.door, CheckStore, Note, show.F("%s, for one user of this machine only: a second server needs redisstore or sqlstore",
			"%s，只供本机一个用户使用：有第二台服务器时需用 redisstore 或 sqlstore", a.store.Where))
	}
	if errors.Is(a.store.Err, faceid.ErrNotFound) {
		a.noRecord(ctx)
		return true
	}
	snap, err := credential.Inspect(a.store.Name, a.App.Secret, a.store.Record, a.store.Age)
	if err != nil {
		a.blame(a.door, CheckRecord, Warning, DamagedRecord, show.T(err.Error(), "存储中的记录已损坏，或由不知道 secret 的进程写入"))
		return true
	}
	a.judgeRecord(snap)
	return true
}

// load makes a Client read the store: only the Client knows the name of the record. The
// Client has no network, so nothing else happens.
func (a *appVisit) load(ctx context.Context) bool {
	client, err := a.store.Client(a.App)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		_, err = client.SignTicket(ctx)
	}
	switch {
	case a.store.Name == "": // the configuration was refused, or the store did not answer in time
		a.fault(a.door, CheckStore, StoreTrouble, because("%s: %s", "%s：%s", err, a.store.Where))
		return false
	case a.store.Err != nil && !errors.Is(a.store.Err, faceid.ErrNotFound):
		a.fault(a.door, CheckStore, StoreTrouble, because("%s: %s", "%s：%s", a.store.Err, a.store.Where))
		return false
	}
	return true
}

// noRecord tells an empty store. Records of the same appID under other secrets say that this
// process has another secret than the others, and not whose is right.
func (a *appVisit) noRecord(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience) // a large Redis is long to search
	defer cancel()
	if others, err := a.store.Others(ctx, a.store.Name); err == nil && others > 0 {
		a.blame(a.door, CheckRecord, Warning, OtherSecret, show.F("no record for this secret, and %d for other secrets of this appID",
			"没有该 secret 的记录，但有 %d 条同一 appID、其他 secret 的记录", others))
		return
	}
	a.blame(a.door, CheckRecord, Warning, NoRecord, show.T("no record for this appID and secret", "没有该 appID 和 secret 的记录"))
}

// judgeRecord tells what a record says.
func (a *appVisit) judgeRecord(c *credentials) {
	code := faceid.Code(c.Reason.Code).Number()
	cause := refusal(code)
	if isCredential(code) {
		cause = WrongSecret
	}
	switch saw := show.F("the platform refused the last token with %s; the next try is in %v", "平台最近一次拒绝发放 token，返回 %s；%v 后再试", code, round(c.Throttled)); {
	case c.Refused && !c.Signs:
		a.fault(a.door, CheckRecord, cause, saw)
	case c.Refused: // the old token still works, for two hours at most
		a.creds = c
		a.blame(a.door, CheckRecord, Warning, cause, saw)
	case c.Token.Value == "" && c.Minting > mintLeft:
		a.blame(a.door, CheckRecord, Warning, LostMint, show.F("no token, and one has been under way for %v", "没有 token，获取 token 已进行 %v", round(c.Minting)))
	case c.Token.Value == "":
		a.found(a.door, CheckRecord, Note, show.T("no token yet: the next call fetches one", "还没有 token：下一次调用会获取"))
	case c.Token.Age >= c.Token.Life:
		a.found(a.door, CheckRecord, Note, show.T("the token has ended: nothing has called for two hours, and the next call fetches a new one",
			"token 已过期：两小时内没有调用，下一次调用会获取新的"))
	case c.Deaths >= 2:
		a.creds = c
		a.fault(a.door, CheckRecord, ForeignRefresh, show.F("%d young tokens were refused within the last hour", "最近一小时有 %d 个未到期的 token 被拒绝", c.Deaths))
	case c.Minting > mintLeft:
		a.creds = c
		a.blame(a.door, CheckRecord, Warning, LostMint, show.F("a token has been under way for %v", "获取 token 已进行 %v", round(c.Minting)))
	case c.Sign.Value == "":
		a.creds = c
		a.found(a.door, CheckRecord, Note, show.F("token %v old, and no SIGN ticket", "token 获取于 %v 前，没有 SIGN ticket", round(c.Token.Age)))
	default:
		a.creds = c
		a.found(a.door, CheckRecord, OK, show.F("token %v old, SIGN ticket %v old", "token 获取于 %v 前，SIGN ticket 获取于 %v 前", round(c.Token.Age), round(c.Sign.Age)))
	}
}

// mintLeft is after how long a mint that is under way was left by its process. The lease of
// the lock is 30 s.
const mintLeft = time.Minute

func round(d time.Duration) time.Duration { return d.Round(time.Second) }
