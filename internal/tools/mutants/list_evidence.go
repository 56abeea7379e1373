package main

// evidenceMutants break the module evidence.
var evidenceMutants = []mutant{
	{"the merchant is told before the ledger knows", "evidence/step.go", "e.State, e.Outcome = Decided, found.outcome", "e.State, e.Outcome = Told, found.outcome", "evidence", "TestStepEndsAnOrderThatPassed"},
	{"an outcome that nobody heard counts as told", "evidence/step.go", "return fmt.Errorf(\"evidence: OnOutcome: %w\", err)", "_ = err", "evidence", "TestStepTellsUntilItIsHeard"},
	{"trouble ends an order", "evidence/ask.go", "case answered && e.Order.isFlow() && age > flowLives, answered && age >= lastLook:", "case e.Order.isFlow() && age > flowLives, trouble != nil || age >= lastLook:", "evidence", "TestStepOutlastsAnOutage"},
	{"a lost result is not said", "evidence/ask.go", "Late: e.Looked.Sub(e.Order.OpenedAt) < flowLives && age >= kept}", "Late: false}", "evidence", "TestStepSaysThatAResultMayBeLost"},
	{"an order runs for ever", "evidence/ask.go", "case trouble != nil && age >= givenUp:", "case trouble != nil && age >= 1000*kept:", "evidence", "TestStepEndsAnOrderInTroubleForEver"},
	{"a broken bucket keeps the outcome back", "evidence/ask.go", "files.trouble() != nil && ctx.Err() == nil {", "false {", "evidence", "TestStepTellsWhileTheBucketFails"},
	{"a look that lost leaves its objects", "evidence/files.go", "\t\t_ = b.bucket.Delete(ctx, f.Object)\n", "\t\t_ = f\n", "evidence", "TestStepThatLostLeavesNothing"},
	{"objects of a dead process stay", "evidence/step.go", "if err := k.removeStrays(ctx, e); err != nil {", "if err := error(nil); err != nil {", "evidence", "TestStepOutlivesItsProcess"},
	{"a panic of the merchant's ends the process", "evidence/step.go", "if r := recover(); r != nil {", "if r := any(nil); r != nil {", "evidence", "TestStepOutlivesAPanicOfTheMerchant"},
	{"old orders wait for young ones", "evidence/keeper.go", "case p.Age >= oldestAge:", "case p.Age < 0:", "evidence", "TestProgressSaysWhatGoesFirst"},
	{"a bucket that was away loses the files", "evidence/step.go", "case e.Lag == 0:", "case false:", "evidence", "TestStepFetchesFilesAfterALongFailureOfTheBucket"},
	{"a file of a flow is lost with the bucket", "evidence/step.go", "case trouble != nil: //", "case trouble != nil && e.State == Waiting: //", "evidence", "TestStepLeavesOutNoFileOfAFlow"},
	{"what was lost is not named", "evidence/step.go", "e.Missing = append(e.Missing, answerName)", "_ = answerName", "evidence", "TestStepNamesWhatWasLostWithTheBucket"},
	{"the wrong folder is deleted", "evidence/manifest.go", "return e.Order, nil", "_ = e\n\treturn o, nil", "evidence", "TestDeleteFindsTheFilesOfAnOrder"},
	{"an order prints its token", "evidence/order.go", "\"evidence.Order \"+o.Key()", "\"evidence.Order \"+o.Number", "evidence", "TestOrderPrintsWithoutItsToken"},
	{"a manifest holds the token", "evidence/manifest.go", "outcome.Order.Number = \"\"", "_ = outcome", "evidence", "TestOrderPrintsWithoutItsToken"},
	{"files go out plain", "evidence/files.go", "if len(w.recipients) > 0 {", "if false {", "evidence", "TestRecipientsEncryptTheFiles"},
	{"the key holds the token", "evidence/order.go", "if !o.isFlow() {", "if true {", "evidence", "TestStepKeepsAFlowOfWeChat"},
	{"a flow that may be tried again is final", "evidence/askflow.go", "if !r.Final(e.Order.OpenedAt, now) {", "if r.Final(e.Order.OpenedAt, now) && false {", "evidence", "TestStepWaitsUntilAFlowOfWeChatIsFinal"},
	{"anybody will do", "evidence/ask.go", "person, err = k.Expect(ctx, e.Order); return err", "_, err = k.Expect(ctx, e.Order); person = faceid.AnyPerson; return err", "evidence", "TestStepTellsOfAnUnexpectedPersonInAFlow"},
	{"an order that is under way is deleted", "evidence/manifest.go", "if e.State != Done {", "if false {", "evidence", "TestDeleteLeavesNothing"},
	{"a stale version is saved", "evidence/sqlledger/sqlledger.go", "WHERE name = ? AND version = ?`),", "WHERE name = ? AND version >= 0 * ?`),", "evidence/sqlledger", "TestLedgerKeepsTheContract/SQLite"},
	{"tables of another version are used", "evidence/sqlledger/sqlledger.go", "if version.Valid && version.Int64 != schema {", "if false {", "evidence/sqlledger", "TestNewChecksTheVersionOfTheTables/SQLite"},
}
