package river_test

import (
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/evidencetest"
	"github.com/faceid-go/faceid/evidence/internal/pgtest"
	faceidriver "github.com/faceid-go/faceid/evidence/river"
)

func TestEngineKeepsTheContractOnSQLite(t *testing.T) {
	evidencetest.Engines(t, func(t *testing.T) evidencetest.Queue { return sqlitePlace(t).queue() })
}

func TestEngineKeepsTheContractOnPostgresByPgx(t *testing.T) {
	cluster := pgtest.Start(t)
	evidencetest.Engines(t, func(t *testing.T) evidencetest.Queue { return pgxPlace(t, cluster).queue() })
}

func TestEngineKeepsTheContractOnPostgresBySQL(t *testing.T) {
	cluster := pgtest.Start(t)
	evidencetest.Engines(t, func(t *testing.T) evidencetest.Queue { return postgresPlace(t, cluster).queue() })
}

// An order and its job are there if and only if the merchant's transaction commits.
func TestAddTxIsTheMerchantsTransaction(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { addTx(t, sqlitePlace(t)) })
	cluster := pgtest.Start(t)
	t.Run("pgx", func(t *testing.T) { addTx(t, pgxPlace(t, cluster)) })
	t.Run("SQL", func(t *testing.T) { addTx(t, postgresPlace(t, cluster)) })
}

func addTx[TTx any](t *testing.T, p *place[TTx]) {
	s := newShop(t, faceidriver.Options{})
	process := p.join(t, s.keeper, faceidriver.Options{})
	o := evidence.Order{Kind: evidence.FaceH5, Number: "order1", OpenedAt: time.Now()}
	jobs := func() int {
		var n int
		require.NoError(t, p.sql.QueryRowContext(t.Context(), "SELECT count(*) FROM river_job").Scan(&n))
		return n
	}
	require.NoError(t, process.addTx(t.Context(), o, process.undo))
	require.Zero(t, jobs())
	_, err := p.ledger.Load(t.Context(), o.Key())
	require.ErrorIs(t, err, evidence.ErrNoEntry)
	for range 2 {
		require.NoError(t, process.addTx(t.Context(), o, process.commit))
		require.Equal(t, 1, jobs())
	}
	_, err = p.ledger.Load(t.Context(), o.Key())
	require.NoError(t, err)
	o.Number = "no number"
	require.ErrorIs(t, process.addTx(t.Context(), o, process.commit), evidence.ErrOrder)
	require.Equal(t, 1, jobs())
}

// A job is due when the first look is, goes by its age, and holds the key alone.
func TestAddMakesOneJob(t *testing.T) {
	s := newShop(t, faceidriver.Options{})
	young := s.h5()
	old := young
	old.Number, old.OpenedAt = "order1", young.OpenedAt.Add(-49*time.Hour)
	for range 2 {
		require.NoError(t, s.engine.Add(t.Context(), s.client, young))
		require.NoError(t, s.engine.Add(t.Context(), s.client, old))
	}
	jobs := s.jobs(rivertype.JobStateScheduled, rivertype.JobStateAvailable)
	require.Len(t, jobs, 2)
	require.JSONEq(t, `{"key": "`+young.Key()+`", "class": 3}`, string(jobs[0].EncodedArgs))
	require.WithinDuration(t, young.OpenedAt.Add(7*time.Minute), jobs[0].ScheduledAt, time.Second)
	require.Equal(t, 3, jobs[0].Priority)
	require.Equal(t, 1, jobs[1].Priority)
	require.Equal(t, faceidriver.Queue, jobs[0].Queue)
}

// An order that is Done has no job any more.
func TestAddOfAnOrderThatIsDone(t *testing.T) {
	s := newShop(t, faceidriver.Options{})
	o := s.h5()
	p, err := s.keeper.Step(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, evidence.Done, p.State)
	require.NoError(t, s.engine.Add(t.Context(), s.client, o))
	require.Empty(t, s.jobs())
}

// Refill finds the orders that are due and have no job, whatever has become of the job.
func TestRefillFindsWhatIsMissing(t *testing.T) {
	s := newShop(t, faceidriver.Options{})
	var orders []evidence.Order
	for range 250 {
		o := orders
		orders = append(o, evidence.Order{Kind: evidence.FaceH5, Number: "order" + time.Duration(len(o)).String(), OpenedAt: s.sim.Now()})
		require.NoError(t, s.keeper.Open(t.Context(), orders[len(o)]))
	}
	refill := func(want int) {
		t.Helper()
		n, err := s.engine.Refill(t.Context(), s.client)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	refill(0) // nothing is due
	s.sim.Advance(8 * time.Minute)
	refill(250)
	refill(0)
	_, err := s.client.JobCancel(t.Context(), s.jobs()[0].ID)
	require.NoError(t, err)
	_, err = s.client.JobDelete(t.Context(), s.jobs()[1].ID)
	require.NoError(t, err)
	refill(2)
	s.close()
	_, err = s.engine.Refill(t.Context(), s.client)
	require.ErrorContains(t, err, "the queue")
}

func TestMigrateTellsOfADatabaseThatFails(t *testing.T) {
	db := openSQLite(t, t.TempDir()+"/shop.db")
	db.Close()
	require.ErrorContains(t, faceidriver.Migrate(t.Context(), riversqlite.New(db)), "river: Migrate: ")
}

func TestNewNamesTheOptionThatIsWrong(t *testing.T) {
	s := newShop(t, faceidriver.Options{})
	for name, o := range map[string]faceidriver.Options{
		"Speed": {Speed: -1}, "Timeout": {Timeout: -1}, "RefillEvery": {RefillEvery: time.Millisecond},
	} {
		_, err := faceidriver.New[any](s.keeper, o)
		require.ErrorContains(t, err, "Options."+name)
	}
	_, err := faceidriver.New[any](nil, faceidriver.Options{})
	require.ErrorContains(t, err, "Keeper")
}

// Configure adds to what is there, and refuses to add twice.
func TestConfigureAddsToTheConfiguration(t *testing.T) {
	s := newShop(t, faceidriver.Options{})
	config := &river.Config{Queues: map[string]river.QueueConfig{"mail": {MaxWorkers: 1}}, Workers: river.NewWorkers()}
	require.ErrorContains(t, s.engine.Configure(config, 0), "atOnce")
	require.NoError(t, s.engine.Configure(config, 3))
	require.Equal(t, 3, config.Queues[faceidriver.Queue].MaxWorkers)
	require.Contains(t, config.Queues, "mail")
	require.Len(t, config.PeriodicJobs, 1)
	require.Error(t, s.engine.Configure(config, 3))
	delete(config.Queues, faceidriver.Queue)
	require.ErrorContains(t, s.engine.Configure(config, 3), "already registered")
}
