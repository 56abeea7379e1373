package main

// exampleMutants break the examples that are made to be copied.
var exampleMutants = []mutant{
	// examples/gin
	{"a session is named by its cookie", "examples/gin/session.go", "return \"gin:session:\" + hex.EncodeToString(sum[:])", "_ = hex.EncodeToString(sum[:])\n\treturn \"gin:session:\" + token", "examples/gin", "TestSessionExpires"},
	{"a later end replaces the first", "examples/gin/session.go", "m.redis.SetNX(ctx, \"gin:outcome:\"", "m.redis.Set(ctx, \"gin:outcome:\"", "examples/gin", "TestSettleKeepsTheFirstEnd"},
	{"each address of a network may begin", "examples/gin/session.go", "\t\tbits = 64\n", "\t\tbits = 128\n", "examples/gin", "TestBeginCountsByAddress"},
	{"an error of Redis is shown", "examples/gin/session.go", "\treturn errMemory\n", "\treturn err\n", "examples/gin", "TestMemoryTellsNothingOfRedis"},
	{"a visitor chooses whom the limit counts", "examples/gin/service.go", "router.SetTrustedProxies(s.proxies)", "router.SetTrustedProxies([]string{\"0.0.0.0/0\"})", "examples/gin", "TestLimitGoesByWhomTheProxiesName"},
	{"the log has the callback", "examples/gin/middleware.go", "route := c.FullPath()", "route := c.Request.URL.String()", "examples/gin", "TestLoggedHasNoQuery"},
	{"the log has the value of a panic", "examples/gin/middleware.go", "fmt.Sprintf(\"%T\", value)", "fmt.Sprintf(\"%v\", value)", "examples/gin", "TestRecoveredTellsThePlaceOnly"},
	{"another site posts with the visitor's cookie", "examples/gin/middleware.go", "if crossOrigin.Check(c.Request) != nil {", "if false {", "examples/gin", "TestGuardedRefusesOtherSites"},
	{"a crash takes the pass away", "examples/gin/handlers.go", "case err == nil, errors.Is(err, faceid.ErrReplayed) && record != nil:", "case err == nil:", "examples/gin", "TestBackAfterACrashStoresThePass"},
	{"a reload decides again", "examples/gin/handlers.go", "if known == nil {", "if known != nil || known == nil {", "examples/gin", "TestBackOnceMoreShowsTheResult"},
	{"a planted cookie becomes a session", "examples/gin/handlers.go", "who, token = &session{UserID: newToken()}, newToken()", "who, token = &session{UserID: newToken()}, cmp.Or(token, newToken())", "examples/gin", "TestCookieIsNotTakenOver"},
	{"the way back loses the session", "examples/gin/handlers.go", "http.SameSiteLaxMode", "http.SameSiteStrictMode", "examples/gin", "TestCookieIsSafe"},
	{"a person enters an order that the ledger lacks", "examples/gin/handlers.go", "if err := s.keep(ctx, who); err != nil {", "if err := s.keep(ctx, who); err != nil && false {", "examples/gin", "TestVerifyGivesNoOrderThatTheLedgerDoesNotHave"},
	{"evidence alone ends an order that passed", "examples/gin/evidence.go", "if out.Passed || out.Late {", "if out.Late {", "examples/gin", "TestEvidenceOfWhoeverDoesNotComeBack"},
	{"an order that was deleted is looked at for ever", "examples/gin/evidence.go", "case errors.Is(err, evidence.ErrNoEntry):", "case err == nil && errors.Is(err, evidence.ErrNoEntry):", "examples/gin", "TestLookAtOnceKnowsWhatToRepeat"},
	{"a fleet loses what it keeps", "examples/gin/main.go", "case set.redis == \"\" || set.bucket == \"\":", "case false:", "examples/gin", "TestRunRefusesHalfAConfiguration"},

	// examples/server
	{"the login page has an address that nobody reaches", "examples/server/main.go", "c.options, c.licence = sim.Options(), \"licence\"", "other := faceidtest.NewServer()\n\t\tc.options, c.licence = other.Options(), \"licence\"", "examples/server", "TestTheCommandStartsAndStops"},

	// examples/merchant
	{"a fault carries over to the next order", "examples/merchant/faults.go", "\t\treturn w.Product == productID\n", "\t\treturn false\n", "examples/merchant", "TestFaultsDoNotMeetTheOrderAfter"},
	{"an order tells the machine's time", "examples/merchant/visits.go", "Opened: s.today(), Began", "Opened: time.Now(), Began", "examples/merchant", "TestOrderTellsThePlatformsTime"},
	{"a card that was read has passed", "examples/merchant/catalogue.go", "return \"outcome-\" + p.says + \"-\" + state", "return \"outcome-\" + state", "examples/merchant", "TestOrderSaysPassedOfPeopleOnly"},
	{"an App is believed", "examples/merchant/app.go", "return facePage(f).tell(ctx, s, o, record, err)", "if report.Succeeded() {\n\t\treturn judged(f.product, true, nil)\n\t}\n\treturn facePage(f).tell(ctx, s, o, record, err)", "examples/merchant", "TestAppIsNotBelieved"},
	{"two checks mix their answers", "examples/merchant/datacheck.go", "\t\ts.scripted.Lock() // a script is for all calls: until this one is over, nobody else's may come\n\t\tdefer s.scripted.Unlock()\n", "", "examples/merchant", "TestDataCheckWaitsForTheOneBefore"},
}
