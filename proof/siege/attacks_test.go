//go:build linux

package siege

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/proof/internal/trial"
	"github.com/stretchr/testify/require"
)

const (
	pathToken  = "/api/oauth2/access_token"
	pathTicket = "/api/oauth2/api_ticket"
)

// At speed 10 a token lives 720 s, and a call may take a second, a lease is
// three and an old token's last minute six: the same proportions as in earnest.
// Any faster, the client's own floors of a second per call would let a dead
// holder's lease outlast the old pair. Nobody waits for the next rotation: the
// trial sets the time of the record's file back.
const (
	speed = 10
	life  = 7200 * time.Second / speed
	due   = life / 6
)

// The time that a refresh takes in any case.
const rotation = "a refresh was due"

// kill kills the worker in a slot, notes what it was doing and starts another.
func (s *siege) kill(t *testing.T, slot int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.ledger.workers[slot]
	w.kill()
	hit := "nothing under way"
	if holder(s.dir) == w.Process.Pid { // it is dead: what it left stays as it is
		switch r, err := s.vault.load(s.dir); {
		case err != nil || r == nil:
			hit = "held the lock, of no record"
		case r.stage() == marked:
			hit = "a mint under way"
			s.ledger.claim("a holder killed in its mint")
		case r.stage() == half:
			hit = "between token and SIGN ticket"
		case r.age < due:
			hit = "held the lock, the pair saved"
		default:
			hit = "held the lock, nothing begun"
		}
	}
	s.ledger.hit(hit)
	s.install(t, slot)
}

// install starts a worker in a slot.
func (s *siege) install(t *testing.T, slot int) {
	w, err := s.start(slot)
	if err != nil {
		t.Error(err)
		return
	}
	s.ledger.install(slot, w)
}

// slotOf returns the slot of a process, or -1 if the process is gone.
func (s *siege) slotOf(pid int) int {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	for slot, w := range s.ledger.workers {
		if w.Process.Pid == pid {
			return slot
		}
	}
	return -1
}

// age makes the record older by d, for everyone who looks.
func (s *siege) age(t *testing.T, d time.Duration) {
	path := found(s.dir, ".record")
	info, err := os.Stat(path)
	require.NoError(t, err)
	old := info.ModTime().Add(-d)
	require.NoError(t, os.Chtimes(path, old, old))
}

// refreshBegun has a refresh begin, whose answers take their time, and returns
// when its holder has come to the stage: 0 if that was missed.
func (s *siege) refreshBegun(t *testing.T, at stage, slow time.Duration) (pid int) {
	s.sim.FailNext(pathToken, faceidtest.FaultDelay(slow))
	if at == half {
		for range 3 { // a NONCE ticket may take one
			s.sim.FailNext(pathTicket, faceidtest.FaultDelay(slow))
		}
	}
	s.age(t, due)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		pid = holder(s.dir)
		if r, err := s.vault.load(s.dir); pid != 0 && err == nil && r != nil && (at == whole || r.stage() == at) {
			return pid
		}
	}
	return 0
}

// killAHolder kills the process that refreshes, at a random point of one of its
// stages.
func (s *siege) killAHolder(t *testing.T, draw *rand.Rand) {
	at := []stage{whole, marked, marked, half}[draw.IntN(4)]
	slow := 100*time.Millisecond + upTo(draw, 400*time.Millisecond) // well below a call's second
	point := upTo(draw, slow)
	s.ledger.begin(act{name: "a holder killed"}, rotation)
	pid := s.refreshBegun(t, at, slow)
	if at != whole {
		time.Sleep(point)
	}
	slot := s.slotOf(pid)
	if slot < 0 {
		slot = draw.IntN(processes) // another kill was faster
	}
	s.kill(t, slot)
	s.recovered(t)
}

// An attack is done to the directory; do returns when it is lifted.
type attack struct {
	act
	claims []string
	do     func(s *siege, t *testing.T, draw *rand.Rand)
}

var (
	newcomers = []string{"NewFileStore, without a pair yet", "ErrStore, without a pair yet"}
	everybody = append([]string{"ErrStore"}, newcomers...)
	noRecord  = "a process without a pair found no record"
)

// attacks are what the table of failures in docs/credentials.md speaks of: as
// long as their pair is not spent, callers see nothing.
var attacks = []attack{
	{act{name: "directory removed", allows: newcomers}, []string{noRecord}, func(s *siege, t *testing.T, _ *rand.Rand) {
		s.remove(t)
	}},
	{act{name: "directory removed again and again", allows: newcomers}, []string{noRecord, noRecord, noRecord, noRecord, noRecord}, func(s *siege, t *testing.T, draw *rand.Rand) {
		for range 5 {
			s.remove(t)
			time.Sleep(upTo(draw, time.Second))
		}
	}},
	{act{name: "directory removed in the middle of a mint", lockLost: true, allows: newcomers}, []string{rotation, "the lock was removed with a mint under way", "the record was removed with a mint under way"}, func(s *siege, t *testing.T, draw *rand.Rand) {
		s.refreshBegun(t, marked, 100*time.Millisecond+upTo(draw, 400*time.Millisecond))
		s.remove(t)
	}},
	{act{name: "a file in the directory's place", allows: newcomers}, nil, func(s *siege, t *testing.T, draw *rand.Rand) {
		away := s.dir + ".away"
		require.NoError(t, os.Rename(s.dir, away))
		require.NoError(t, os.WriteFile(s.dir, []byte("a file"), 0o644))
		s.hold(t, draw)
		require.NoError(t, os.Remove(s.dir))
		require.NoError(t, os.Rename(away, s.dir))
	}},
	{act{name: "directory locked (0000)", allows: newcomers}, nil, func(s *siege, t *testing.T, draw *rand.Rand) {
		require.NoError(t, os.Chmod(s.dir, 0))
		s.hold(t, draw)
		require.NoError(t, os.Chmod(s.dir, 0o700))
	}},
	{act{name: "directory read-only (0500)", allows: newcomers}, []string{rotation}, func(s *siege, t *testing.T, draw *rand.Rand) {
		require.NoError(t, os.Chmod(s.dir, 0o500))
		s.age(t, due)
		s.hold(t, draw)
		require.NoError(t, os.Chmod(s.dir, 0o700))
	}},
	{act{name: "directory given to another user", allows: newcomers}, nil, func(s *siege, t *testing.T, draw *rand.Rand) {
		if os.Getuid() != 0 {
			t.Log("NOT TRIED: a directory of another user, because only root can give it away")
			return
		}
		require.NoError(t, os.Chown(s.dir, 0, 0))
		s.hold(t, draw)
		require.NoError(t, os.Chown(s.dir, s.uid, s.uid))
	}},
	{act{name: "disk full, a refresh due", allows: newcomers}, []string{rotation}, func(s *siege, t *testing.T, draw *rand.Rand) {
		s.fill([]uint64{0, 16, 200}[draw.IntN(3)])
		s.age(t, due)
		s.hold(t, draw)
		s.fill(noLimit)
	}},
	{act{name: "disk full, the pair spent", allows: everybody}, []string{rotation}, func(s *siege, t *testing.T, draw *rand.Rand) {
		s.fill([]uint64{0, 16, 200}[draw.IntN(3)])
		s.age(t, life)
		s.hold(t, draw)
		s.fill(noLimit)
	}},
	{act{name: "disk full between token and SIGN ticket", allows: everybody}, []string{rotation}, func(s *siege, t *testing.T, draw *rand.Rand) {
		text, err := os.ReadFile(found(s.dir, ".record"))
		require.NoError(t, err)
		s.fill(uint64(len(text)) + 100*4/3) // in base64 the mark has room, and half a record; a whole one has one ticket more
		s.age(t, due)
		s.hold(t, draw)
		s.fill(noLimit)
	}},
	{act{name: "garbage in the record's place"}, []string{"the record was garbage"}, func(s *siege, t *testing.T, draw *rand.Rand) {
		s.plant(t, draw)
	}},
}

// hold lets an attack last, while processes start.
func (s *siege) hold(t *testing.T, draw *rand.Rand) {
	for range 2 { // longer than anybody goes without a look into the store
		time.Sleep(time.Second + upTo(draw, trial.Pick(time.Second, 100*time.Millisecond)))
		s.kill(t, draw.IntN(processes))
	}
}

// remove removes the directory, in which files are being made.
func (s *siege) remove(t *testing.T) {
	require.Eventually(t, func() bool { return os.RemoveAll(s.dir) == nil }, time.Second, time.Millisecond)
}

// fill makes the disk full for the processes that run and for those that start later.
func (s *siege) fill(size uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disk = size
	for _, w := range s.ledger.workers { // only kills change them
		w.limit(size)
	}
}

// plant puts a damaged record in the place of the record, as a whole.
func (s *siege) plant(t *testing.T, draw *rand.Rand) {
	path := found(s.dir, ".record")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotEmpty(t, text)
	switch draw.IntN(3) {
	case 0:
		text[draw.IntN(len(text))] ^= 1 << draw.IntN(8)
	case 1:
		text = text[:draw.IntN(len(text))]
	default:
		for i := range text {
			text[i] = byte(draw.Uint32())
		}
	}
	temp := filepath.Join(s.base, "planted")
	require.NoError(t, os.WriteFile(temp, text, 0o600))
	require.NoError(t, os.Chown(temp, s.uid, s.uid))
	s.watcher.plant(text)
	require.NoError(t, os.Rename(temp, path))
	require.Eventually(t, func() bool {
		r, err := s.vault.load(s.dir)
		return err == nil && r != nil
	}, 10*time.Second, 5*time.Millisecond, "it is replaced")
	require.Empty(t, strangers(s.dir), "nothing else is left of it")
}

func upTo(draw *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(draw.Int64N(int64(most)))
}
