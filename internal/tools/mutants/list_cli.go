package main

// cliMutants break cmd/faceid.
var cliMutants = []mutant{
	{"a stranger's words reach the terminal raw", "cmd/faceid/internal/show/show.go", "if unicode.IsControl(r) ||", "if false && unicode.IsControl(r) ||", "cmd/faceid/internal/show", "TestFieldCleansTheWordsOfOthers"},
	{"a bad line quotes a token", "cmd/faceid/internal/orders/orders.go", "fmt.Errorf(\"%w: a line is NUMBER, NUMBER KIND, or JSON\", ErrLine)", "fmt.Errorf(\"%w: a line is NUMBER, NUMBER KIND, or JSON: %s\", ErrLine, text)", "cmd/faceid/internal/orders", "TestReadRefusesWithoutQuoting"},
	{"an order that stands twice is two", "cmd/faceid/internal/orders/orders.go", "if !seen[o.Key()] {", "if true || !seen[o.Key()] {", "cmd/faceid/internal/orders", "TestReadTakesNumbersKindsAndJSON"},
	{"a record names the person unasked", "cmd/faceid/internal/lookup/lookup.go", "if l.personal {", "if true {", "cmd/faceid/internal/lookup", "TestLookTellsTheAnswerIfAsked"},
	{"one side of a card never passes", "cmd/faceid/internal/lookup/kinds.go", "if side[l.order.Sides] &&", "if false && side[l.order.Sides] &&", "cmd/faceid/internal/lookup", "TestLookReadsCards"},
	{"a bank card that nobody knows is trouble", "cmd/faceid/internal/lookup/kinds.go", "e.Code.Number() == \"66660000\"", "e.Code.Number() == \"1\"", "cmd/faceid/internal/lookup", "TestLookReadsCards"},
	{"a fetch asks again for what is there", "cmd/faceid/internal/fetch/order.go", "if known, err := f.opened(ctx); err != nil || known {", "if known, err := f.opened(ctx); err != nil || known && f.item.Status != Already {", "cmd/faceid/internal/fetch", "TestRunGoesOnWhereARunEnded|TestRunKnowsTheKeepersManifests"},
	{"an order of unknown age is fetched into another day", "cmd/faceid/internal/fetch/order.go", "for _, day := range f.days[f.order.Key()] {", "for _, day := range f.days[f.order.Key()][:0] {", "cmd/faceid/internal/fetch", "TestRunKnowsTheKeepersManifests|TestRunGoesOnWhereARunEnded"},
	{"a fetch takes over what another process holds", "cmd/faceid/internal/fetch/order.go", "if empty || f.TakeOver {", "if empty || true {", "cmd/faceid/internal/fetch", "TestRunLeavesAFolderThatIsHeld"},
	{"two fetches share a folder", "cmd/faceid/internal/fetch/order.go", "folder+claimName, []byte(", "\"claims/\"+folder+claimName, []byte(", "cmd/faceid/internal/fetch", "TestRunClaimsItsFolder"},
	{"a flow that may be tried again is taken", "cmd/faceid/internal/fetch/order.go", "if at := attempt.At(); !at.IsZero() &&", "if at := attempt.At().Add(-3 * time.Hour); !at.IsZero() &&", "cmd/faceid/internal/fetch", "TestRunLeavesAFlowThatIsNotOver"},
	{"a manifest says that a young order has no result", "cmd/faceid/internal/fetch/order.go", "case out.Family == faceid.ErrNoResult && f.unknown:", "case out.Family == faceid.ErrNoResult && f.unknown && false:", "cmd/faceid/internal/fetch", "TestRunKeepsNoEndOfAnOrderOfUnknownAge"},
	{"trouble ends an old order", "cmd/faceid/internal/fetch/order.go", "case out.Late && !out.Passed &&", "case false && !out.Passed &&", "cmd/faceid/internal/fetch", "TestRunWritesNoManifestOfTrouble"},
	{"an interrupted fetch leaves a half", "cmd/faceid/internal/fetch/order.go", "\t\tf.clean(ctx)\n", "", "cmd/faceid/internal/fetch", "TestRunThatIsInterruptedLeavesNothing"},
	{"a fetch waits for a file that cannot come", "cmd/faceid/internal/fetch/order.go", "case lag == lags, f.isOld(p.Outcome):", "case lag == lags:", "cmd/faceid/internal/fetch", "TestRunWaitsForAFileThatLags"},
	{"a fetch does not wait for a file that lags", "cmd/faceid/internal/fetch/order.go", "case lag == lags, f.isOld(p.Outcome):", "case true:", "cmd/faceid/internal/fetch", "TestRunWaitsForAFileThatLags"},
	{"a fetch goes on with wrong credentials", "cmd/faceid/internal/fetch/order.go", "errors.Is(err, faceid.ErrCredential) ||", "", "cmd/faceid/internal/fetch", "TestRunEndsEarlyInTroubleThatAllShare"},
	{"a fetch goes on when nothing works", "cmd/faceid/internal/fetch/order.go", "r.inARow.Add(1) >= mostInARow", "r.inARow.Add(1) >= 10*mostInARow", "cmd/faceid/internal/fetch", "TestRunEndsEarlyWhenNothingWorks"},
	{"one trouble of twenty ends a fetch", "cmd/faceid/internal/fetch/order.go", "r.inARow.Store(0)", "_ = r", "cmd/faceid/internal/fetch", "TestRunCountsTroublesInARow"},
	{"fetch stores plain files", "cmd/faceid/internal/fetch/order.go", "Recipients: r.Recipients, ", "", "cmd/faceid/internal/fetch", "TestRunEncrypts"},
	{"a secret may be an argument", "cmd/faceid/record.go", "case usual.IsFlow():", "case false:", "cmd/faceid", "TestRecordTakesATokenFromElsewhere"},
	{"a bill that contradicts itself is fine", "cmd/faceid/bill.go", "return l.Inconsistent > 0 })", "return l.Inconsistent > 1<<30 })", "cmd/faceid", "TestBillSaysWhatContradictsItself"},
	{"what is missing is a success", "cmd/faceid/tally.go", "case !i.Complete():", "case false:", "cmd/faceid", "TestFetchWritesALineOfJSONForEachOrder|TestFetchStoresFilesInAFolder"},
	{"a command mints past the store", "cmd/faceid/client.go", "faceid.WithStore(store.Store), ", "faceid.WithStore(faceid.NewMemoryStore()), ", "cmd/faceid", "TestRecordUsesTheSharedStore"},
}
