package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/memblob"
	_ "gocloud.dev/blob/s3blob"
	_ "modernc.org/sqlite"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/sqlledger"
	"github.com/faceid-go/faceid/faceidtest"
)

// shop is the merchant, and the platform.
type shop struct {
	out      io.Writer
	platform *faceidtest.Server
	outage   *outage
	client   *faceid.Client
	db       *sql.DB
	postgres bool
	bucket   *blob.Bucket
	ledger   *sqlledger.Ledger
	keeper   *evidence.Keeper
	engine   engine
	begun    time.Time // by the platform's clock
	run      string    // the first part of every contract's number
	speed    float64

	clock sync.Mutex // held while the clock stands
	moved time.Time  // when the clock was moved
}

func open(ctx context.Context, c config, out io.Writer) (*shop, error) {
	platform := faceidtest.NewServer()
	away := &outage{platform: platform}
	s := &shop{
		out: out, platform: platform, outage: away, begun: platform.Now(), run: rand.Text()[:6], speed: c.speed, postgres: c.postgres != "",
		client: platform.Client(faceid.WithHTTPClient(&http.Client{Transport: away})),
	}
	away.set(s.begun.Add(30*time.Hour), s.begun.Add(36*time.Hour))
	if err := s.openStores(ctx, c); err != nil {
		return nil, err
	}
	var err error
	s.keeper, err = evidence.New(evidence.Options{
		Client: s.client, Bucket: s.bucket, Ledger: s.ledger, Now: platform.Now, OnOutcome: s.ends,
		Expect: func(context.Context, evidence.Order) (faceid.Person, error) {
			return person, nil // a shop looks the person up by the Ref
		},
	})
	if err != nil {
		return nil, err
	}
	if c.redis != "" {
		s.engine, err = openRedis(ctx, c.redis, s.ledger, s.keeper, c.speed)
	} else {
		s.engine, err = openRiver(ctx, s.db, s.postgres, s.ledger, s.keeper, c.speed)
	}
	return s, err
}

// openStores opens the database and the bucket.
func (s *shop) openStores(ctx context.Context, c config) (err error) {
	dialect := sqlledger.SQLite
	if s.postgres {
		dialect = sqlledger.Postgres
		s.db, err = sql.Open("pgx", c.postgres)
	} else {
		s.db, err = sql.Open("sqlite", "file:"+filepath.Join(c.dir, "shop.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	}
	if err != nil {
		return err
	}
	if s.ledger, err = sqlledger.New(ctx, s.db, dialect); err != nil {
		return err
	}
	if _, err := s.db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS contracts (ref TEXT PRIMARY KEY, state TEXT NOT NULL)`); err != nil {
		return err
	}
	if c.bucket != "" {
		s.bucket, err = blob.OpenBucket(ctx, c.bucket)
	} else {
		s.bucket, err = fileblob.OpenBucket(filepath.Join(c.dir, "files"), nil)
	}
	return err
}

func (s *shop) close() {
	_ = s.bucket.Close()
	_ = s.db.Close()
	s.platform.Close()
}

// ends is OnOutcome: it changes the row of the contract. A row that has changed before
// becomes what it is, so the second time does no harm.
func (s *shop) ends(ctx context.Context, o evidence.Outcome) error {
	state := "refused"
	if o.Passed {
		state = "signed"
	}
	_, err := s.db.ExecContext(ctx, s.numbered(`UPDATE contracts SET state = ?2 WHERE ref = ?1`), o.Order.Ref, state)
	return err
}

// numbered writes the parameters of a statement as the database wants them.
func (s *shop) numbered(statement string) string {
	if s.postgres {
		return strings.ReplaceAll(statement, "?", "$")
	}
	return statement
}

// days lets people come for a day, and time pass until every order has ended.
func (s *shop) days(ctx context.Context, orders int) error {
	all, opened, told := visitors(), 0, s.begun
	s.moved = time.Now()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := s.passes()
		for ; opened < orders && now.Sub(s.begun) >= time.Duration(opened)*24*time.Hour/time.Duration(orders); opened++ {
			v := all[opened%len(all)]
			o, err := s.arrives(ctx, v, opened+1)
			if err != nil {
				return err
			}
			if v.returns { // the handler of the callback looks at once
				if _, err := s.keeper.Step(ctx, o); err != nil {
					return err
				}
			}
		}
		if now.Sub(told) < 6*time.Hour {
			continue
		}
		told = now
		state, err := s.look(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, state)
		if opened == orders && state.Unfinished() == 0 {
			return nil
		}
	}
}

// passes moves the clock of the platform.
func (s *shop) passes() time.Time {
	s.clock.Lock()
	defer s.clock.Unlock()
	now := time.Now()
	s.platform.Advance(time.Duration(float64(now.Sub(s.moved)) * (s.speed - 1)))
	s.moved = now
	return s.platform.Now()
}
