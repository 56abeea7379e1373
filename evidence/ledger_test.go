package evidence_test

import (
	"testing"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/evidencetest"
)

func TestMemoryLedgerKeepsTheContract(t *testing.T) {
	evidencetest.Ledger(t, func(*testing.T) evidence.Ledger { return evidence.NewMemoryLedger() })
}
