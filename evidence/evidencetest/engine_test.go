package evidencetest_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/evidencetest"
)

// The bare loop of a Keeper is an engine: its queue is the ledger.
func TestEnginesPassesTheBareLoop(t *testing.T) {
	t.Parallel()
	evidencetest.Engines(t, func(*testing.T) evidencetest.Queue {
		return evidencetest.Queue{Ledger: evidence.NewMemoryLedger(), Join: joinLoop, NoPriority: true, Speed: quick}
	})
}

func TestEnginesPassesAGoodQueue(t *testing.T) {
	t.Parallel()
	evidencetest.Engines(t, func(t *testing.T) evidencetest.Queue {
		q := open(t, faults{})
		q.Speed = quick
		return q
	})
}

// quick is a speed for engines in memory, at which four days take 6 seconds.
const quick = 60000

// faultVariable names the fault for TestEnginesOfOneFault.
const faultVariable = "FACEID_ENGINE_FAULT"

// bad are faulty engines, which case finds the fault, and what it says.
var bad = map[string]struct {
	faults
	foundBy, says string
}{
	"looks once":                 {faults{once: true}, "EndsEveryOrder", "all orders are done"},
	"forgets after trouble":      {faults{noTrouble: true}, "EndsEveryOrder", "all orders are done"},
	"is far too slow":            {faults{late: 1000 * time.Hour}, "EndsEveryOrder", "all orders are done"},
	"refuses an order it knows":  {faults{refuses: true}, "TellsOneKey", "Add: the order is there"},
	"loses jobs with a process":  {faults{mortal: true}, "OutlivesProcesses", "all orders are done"},
	"does not look for jobs":     {faults{noRefill: true}, "FindsLostJobs", "all orders are done"},
	"takes orders as they are":   {faults{noOrder: true}, "OldOrdersFirst", "before an order that is 2 days old"},
	"keeps the token in the job": {faults{token: true}, "JobsNameNobody", "the queue holds"},
	"does not stop":              {faults{noStop: true}, "StopEndsTheWork", "after Stop"},
}

// Each case finds the engines that are made for it to find. A test that must fail runs in a
// process of its own.
func TestEnginesFindsEveryFault(t *testing.T) {
	for name, b := range bad {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEnginesOfOneFault$/^"+b.foundBy+"$", "-test.v")
			run.Env = append(os.Environ(), faultVariable+"="+name)
			out, err := run.CombinedOutput()
			require.Error(t, err, "%s", out)
			require.Contains(t, string(out), "--- FAIL: TestEnginesOfOneFault/"+b.foundBy)
			require.Contains(t, string(out), b.says)
			require.NotContains(t, string(out), "panic:")
		})
	}
}

// TestEnginesOfOneFault is what TestEnginesFindsEveryFault runs.
func TestEnginesOfOneFault(t *testing.T) {
	b, ok := bad[os.Getenv(faultVariable)]
	if !ok {
		t.Skip("it runs inside another test")
	}
	evidencetest.Engines(t, func(t *testing.T) evidencetest.Queue {
		q := open(t, b.faults)
		q.Speed, q.Patience = quick, 5*time.Second
		return q
	})
}
