package main

// mutants are the changes that tests must notice, by file.
var mutants = []mutant{
	// sign.go
	{"sort order reversed", "sign.go", "javaLess(sorted[j], sorted[j-1])", "javaLess(sorted[j-1], sorted[j])", "", "TestSignReproduces"},
	{"sort by bytes", "sign.go", "return javaRank(ra) < javaRank(rb)", "return ra < rb", "", "TestSignSortsAsJavaDoes"},
	{"lower case", "sign.go", "0123456789ABCDEF", "0123456789abcdef", "", "TestSignReproduces"},
	{"userId missing from the upload set", "sign.go", `return []param{{"appId", appID}, {"userId", userID}, {"version", Version}, {"nonce", nonce}}`, `return []param{{"appId", appID}, {"version", Version}, {"nonce", nonce}}`, "", "TestEverySignedSet"},
	{"faceId missing from the login set", "sign.go", `{"version", Version}, {"faceId", faceID}, {"nonce", nonce},`, `{"version", Version}, {"nonce", nonce},`, "", "TestEverySignedSet"},
	{"code missing from the callback set", "sign.go", `{"orderNo", orderNo}, {"code", code}}`, `{"orderNo", orderNo}}`, "", "TestAVerifiedCallback"},
	{"order numbers lose their randomness", "sign.go", "return stamp + rand.Text()[:15]", `return stamp + "000000000000000"`, "", "TestOrderNumbers"},

	// transport.go
	{"code check dropped", "transport.go", `if a.Code == "0" || cl.query && code.kind() == catalog.Outcome {`, `if true {`, "", "TestTroubleGivesOneClearError"},
	{"outcomes accepted on an upload", "transport.go", `cl.query && code.kind() == catalog.Outcome`, `code.kind() == catalog.Outcome`, "", "TestAnOutcomeCodeOnAnUpload"},
	{"unknown codes are outcomes", "transport.go", `cl.query && code.kind() == catalog.Outcome`, `cl.query && code.kind() != catalog.Passed`, "", "TestTroubleGivesOneClearError"},
	{"code 0 believed under HTTP 500", "transport.go", `case answer.Code == "0" && (status < 200 || status > 299):`, `case false:`, "", "TestTroubleGivesOneClearError"},
	{"ctx ignored between retries", "transport.go", "case <-ctx.Done():\n\t\treturn ctx.Err()\n\tcase <-timer.C:", "case <-timer.C:", "", "TestAWaitEndsWithTheCallersContext"},
	{"redirect followed", "transport.go", "return http.ErrUseLastResponse", "return nil", "", "TestARedirectIsNotFollowed"},
	{"body bound removed", "transport.go", "io.LimitReader(r, limit+1)", "r", "", "TestTheBoundHolds/chunked"},
	{"an upload is repeated", "transport.go", "if rule == retryUnsent {", "if false {", "", "TestTroubleGivesOneClearError"},
	{"a mint is repeated", "ticket.go", `path: "/api/oauth2/access_token", retry: retryNever,`, `path: "/api/oauth2/access_token", retry: retryAlways,`, "", "TestAMintIsNeverRepeated"},
	{"a query is not repeated", "transport.go", "case ErrNetwork, ErrRateLimited:", "case ErrRateLimited:", "", "TestAQueryIsRepeated"},
	{"no patience for a slow body", "transport.go", "w.watch.Reset(stall)", "_ = stall", "", "TestASlowBodyIsNotCutOff"},
	{"endless patience", "transport.go", "func() { cancel(errStalled) }", "func() {}", "", "TestAHungConnectionIsGivenUp"},

	// errors.go
	{"scrub removed", "errors.go", "return &transportError{text: redactText(innermost(err), private), err: err}", "return err", "", "TestAddressesNeverReachAnError"},
	{"scrub knows no secrets", "errors.go", "redactText(innermost(err), private)", "redactText(innermost(err), nil)", "", "TestAddressesNeverReachAnError"},
	{"the platform's words pass unseen", "transport.go", "Message: redactText(a.Msg, private)", "Message: a.Msg", "", "TestThePlatformsWordsAreCleaned"},
	{"families are not found", "errors.go", `return e.Family != "" && t == e.Family`, "return false", "", "TestAnErrorReads"},

	// ticket.go, credential.go
	{"no second look after the lock", "refresh.go", "case err == nil && old.state(0) == fresh && !old.needsRefreshForNonce(0):", "case false:", "", "TestClientsOnOneStore"},
	{"the leader's cancellation fails all", "refresh.go", "go cr.fly(context.WithoutCancel(ctx), cr.flight)", "go cr.fly(ctx, cr.flight)", "", "TestAnImpatientLeader"},
	{"ctx ignored while a refresh flies", "refresh.go", "func (cr *credentials) wait(ctx context.Context, f *flight) (*held, error) {\n\tselect {\n\tcase <-ctx.Done():\n\t\treturn nil, ctx.Err()", "func (cr *credentials) wait(ctx context.Context, f *flight) (*held, error) {\n\tselect {", "", "TestAWaitEndsWithTheCallersContext"},
	{"no backoff", "refresh.go", "time.Now().Before(cr.notUntil)", "false", "", "TestAFailedRefreshIsBackedOff"},
	{"a panic holds the waiters", "refresh.go", "if p := recover(); p != nil {", "if p := any(nil); p != nil {", "", "TestAPanickingProvider"},
	{"a broken store is empty", "refresh.go", "case errors.Is(err, ErrNotFound):\n\t\told = nil\n\tcase err != nil:", "case err != nil:\n\t\told = nil\n\tcase false:", "", "TestABrokenStore"},
	{"a stale store overrules a fresh mint", "refresh.go", "if mine := cr.cur.Load(); mine != nil && mine.youngerThan(h) {", "if mine := cr.cur.Load(); mine != nil && false {", "", "TestATokenThatCouldNotBeSaved"},
	{"NONCE guard removed", "credential.go", "return r.Token.Age+elapsed >= life/6-life/120", "return life < 0", "", "TestANonceTicketOutlives"},
	{"NONCE waits for ever", "refresh.go", "case f.minting.Load():", "case true:", "", "TestANonceTicketDoesNotWait"},
	{"never aging", "credential.go", "case r.Token.Age+elapsed >= life/6:", "case false:", "", "TestAHundredCallers"},
	{"spent is served", "credential.go", "return spent", "return aging", "", "TestASpentPair"},
	{"recent tickets forgotten", "credential.go", "next.Recent = append(next.Recent, t)", "_ = t", "", "TestACallbackIsVerifiedAcrossRefreshes"},

	// callback.go
	{"callback compared with ==", "callback.go", "match |= subtle.ConstantTimeCompare(got, []byte(signSet(t, set)))", "if signature == signSet(t, set) {\n\t\t\tmatch = 1\n\t\t}\n\t\t_, _ = got, subtle.ConstantTimeCompare", "", "TestAVerifiedCallback|TestSignaturesAreComparedInConstantTime"},
	{"callback compared with == in upper case", "callback.go", "match |= subtle.ConstantTimeCompare(got, []byte(signSet(t, set)))", "if string(got) == signSet(t, set) {\n\t\t\tmatch = 1\n\t\t}\n\t\t_ = subtle.ConstantTimeCompare", "", "TestSignaturesAreComparedInConstantTime"},
	{"any signature will do", "callback.go", "if match != 1 {", "if match > 1 {", "", "TestAnUnverifiedCallback"},
	{"parameters may come twice", "callback.go", "if len(values[name]) > 1 {", "if false {", "", "TestAnUnverifiedCallback"},
	{"an empty ticket signs", "callback.go", `if t == "" {`, `if false {`, "", "TestAnUnverifiedCallback"},
	{"a code may be spelt differently", "callback.go", `return text == "0"`, "return true", "", "TestAnUnverifiedCallback"},
	{"no second look into the store", "callback.go", "if errors.Is(err, ErrBadSignature) {", "if false {", "", "TestAMismatchLooks"},
	{"a stranger hammers the store", "refresh.go", "fraction = 7200 // not", "fraction = 1 << 60 // not", "", "TestAMismatchLooks"},

	// launch.go, evidence.go, validate.go
	{"URL encoded twice", "login.go", `query.Set("url", s.RedirectURL)`, `query.Set("url", url.QueryEscape(s.RedirectURL))`, "", "TestLoginURLIsSigned"},
	{"any login host", "login.go", "if inDomain(host, domain) {", "if inDomain(host, domain) || true {", "", "TestTheLoginPageLives"},
	{"a domain without its dot", "options.go", `strings.HasSuffix(host, "."+domain)`, "strings.HasSuffix(host, domain)", "", "TestTheLoginPageLives"},
	{"upload and NONCE one after the other", "launch.go", "opened, err := c.openFace(ctx, up)\n\tif err != nil {\n\t\tcancel()\n\t}\n\tn := <-fetched", "n := <-fetched\n\topened, err := c.openFace(ctx, up)\n\tif err != nil {\n\t\tcancel()\n\t}", "", "TestAWarmStart"},
	{"an old session is launched", "login.go", "if elapsed(s.OpenedAt, time.Now()) >= faceIDLife {", "if false {", "", "TestAnOldSession"},
	{"the echoed order is not compared", "faceid.go", `got != "" && got != r.orderNo`, `got != "" && false`, "", "TestTroubleGivesOneClearError"},
	{"a pass without its order", "facerecord.go", `if record.Passed() && record.OrderNo == "" {`, "if false {", "", "TestAPassMustSayWhoseItIs"},
	{"everybody passed", "facerecord.go", "if !record.Passed() {", "if false {", "", "TestABrowserVerificationThatDoesNotPass"},
	{"files are waited for too long", "facerecord.go", "if try == fileRetries {", "if try > fileRetries {", "", "TestFilesThatLag"},
	{"files are asked for twice", "facerecord.go", "if r.GetFile = r.GetFile.without(record); r.GetFile == FilesNone {", "if r.GetFile.without(record) == FilesNone {", "", "TestEachFileIsTakenOnce"},
	{"one photo limit off", "validate.go", "len(p.Photo) > maxPhoto", "len(p.Photo) >= maxPhoto", "", "TestLimitsAreExact"},
	{"a person prints in full", "privacy.go", "func (p Person) Format(f fmt.State, _ rune) { printShown(f, \"Person\", shown{\"UserID\", p.UserID}) }", "func (p Person) Format(f fmt.State, _ rune) { printShown(f, \"Person\", shown{\"Name\", p.Name}) }", "", "TestNothingPrints"},

	// internal/wire
	{"names match without case", "internal/wire/wire.go", "raw, ok := o[name]\n", "raw, ok := o[name]\n\tfor k, v := range o {\n\t\tif bytes.EqualFold([]byte(k), []byte(name)) {\n\t\t\traw, ok = v, true\n\t\t}\n\t}\n", "internal/wire", "TestNamesThatDiffer"},
	{"fields at the top are not seen", "internal/wire/wire.go", "return scalar(a.outer, name)\n}\n\n// OuterText", "return \"\", nil\n}\n\n// OuterText", "internal/wire", "TestCodeAndFields"},
	{"media stay in Raw", "internal/wire/wire.go", "delete(result, name)", "_ = name", "internal/wire", "TestRawKeeps"},

	// faceidtest
	{"the simulator takes any signature", "faceidtest/sign.go", "return strings.EqualFold(sign, signature(append(slices.Clone(values), ticket)...))", "return true", "faceidtest", "TestUploadChecks|TestSignTicketOfAnotherApp"},
	{"the simulator lets old tokens live", "faceidtest/credentials.go", "for _, old := range a.tokens {\n\t\told.dies", "for _, old := range a.tokens[:0] {\n\t\told.dies", "faceidtest", "TestLifetimesEndOnTime"},
	{"the simulator takes a NONCE ticket twice", "faceidtest/credentials.go", "t.spent = true", "t.spent = false", "faceidtest", "TestLoginURLWorksOnce|TestNonceTicketSignsOneLaunchOnly"},
	{"the simulator takes another user's NONCE", "faceidtest/credentials.go", "t.userID == userID && t.live(now)", "t.live(now)", "faceidtest", "TestLoginChecks|TestSDKLaunch|TestNonce|TestLogin"},
	{"the simulator takes a SIGN ticket at launch", "faceidtest/credentials.go", "if !s.lenient || a.launched[mark]", "if a.launched[mark]", "faceidtest", "TestLoginChecks|TestSDKLaunch|TestNonce|TestLogin|TestLenient"},
	{"the simulator takes an order twice", "faceidtest/faceid.go", `if a.orders[v["orderNo"]] != nil {`, "if false {", "faceidtest", "TestOrderNumberWorksOncePerApp"},
	{"the simulator launches an old faceId", "faceidtest/login.go", "case s.expired(o) || !o.mayEnter():", "case !o.mayEnter():", "faceidtest", "TestOldFaceIDIsTooLate"},
}
