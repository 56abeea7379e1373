package main

// mutants are the changes that tests must notice, by file.
var mutants = []mutant{
	// sign.go
	{"sort order reversed", "sign.go", "javaLess(sorted[j], sorted[j-1])", "javaLess(sorted[j-1], sorted[j])", "", "TestSignReproduces"},
	{"sort by bytes", "sign.go", "return javaRank(ra) < javaRank(rb)", "return ra < rb", "", "TestSignSortsAsJavaDoes"},
	{"lower case", "sign.go", "0123456789ABCDEF", "0123456789abcdef", "", "TestSignReproduces"},
	{"userId missing from the upload set", "sign.go", `return []param{{"appId", appID}, {"userId", userID}, {"version"`, `return []param{{"appId", appID}, {"version"`, "", "TestEverySignedSet"},
	{"faceId missing from the login set", "sign.go", `{"faceId", faceID}, {"nonce", nonce},`, `{"nonce", nonce},`, "", "TestEverySignedSet"},
	{"code missing from the callback set", "sign.go", `{"orderNo", orderNo}, {"code", code}}`, `{"orderNo", orderNo}}`, "", "TestAVerifiedCallback"},
	{"order numbers lose their randomness", "sign.go", "return stamp + rand.Text()[:15]", `return stamp + "000000000000000"`, "", "TestOrderNumbers"},

	// transport.go
	{"code check dropped", "transport.go", `if a.Code == "0" || cl.query && code.kind() == catalog.Outcome {`, `if true {`, "", "TestTroubleGivesOneClearError"},
	{"outcomes accepted on an upload", "transport.go", `cl.query && code.kind() == catalog.Outcome`, `code.kind() == catalog.Outcome`, "", "TestAnOutcomeCodeOnAnUpload"},
	{"unknown codes are outcomes", "transport.go", `cl.query && code.kind() == catalog.Outcome`, `cl.query && code.kind() != catalog.Passed`, "", "TestTroubleGivesOneClearError"},
	{"results believed under HTTP 500", "transport.go", "if status < 200 || status > 299 {", "if status < 0 {", "", "TestTroubleGivesOneClearError"},
	{"ctx ignored between retries", "transport.go", "case <-ctx.Done():\n\t\treturn ctx.Err()\n\tcase <-timer.C:", "case <-timer.C:", "", "TestAWaitEndsWithTheCallersContext"},
	{"redirect followed", "transport.go", "return http.ErrUseLastResponse", "return nil", "", "TestARedirectIsNotFollowed"},
	{"body bound removed", "transport.go", "io.LimitReader(r, limit+1)", "r", "", "TestTheBoundHolds/chunked"},
	{"an upload is repeated", "transport.go", "if rule == retryUnsent {", "if false {", "", "TestTroubleGivesOneClearError"},
	{"a refused mint is repeated", "renew.go", `return e.Code != "" || e.notSent || neverLeft(e.Err)`, "return false", "", "TestAMintIsRepeatedOnly"},
	{"a lost mint is not repeated", "renew.go", "if didNotMint(err) || try >= tries", "if true || try >= tries", "", "TestAMintIsRepeatedOnly"},
	{"a call repeats the mint it needs", "transport.go", "err = within(cl, err)\n\t\t\tbreak", "err = within(cl, err)\n\t\t\tif attempts++; attempts < maxAttempts && mayRetry(retryAlways, err) {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t\tbreak", "", "TestACallDoesNotRepeatTheMint"},
	{"a query is not repeated", "transport.go", "case ErrNetwork, ErrRateLimited:", "case ErrRateLimited:", "", "TestAQueryIsRepeated"},
	{"no patience for a slow body", "transport.go", "w.watch.Reset(stall)", "_ = stall", "", "TestASlowBodyIsNotCutOff"},
	{"endless patience", "transport.go", "func() { cancel(errStalled) }", "func() {}", "", "TestAHungConnectionIsGivenUp"},

	// errors.go
	{"scrub removed", "errors.go", "return &transportError{text: redactText(innermost(err), private), err: err}", "return err", "", "TestAddressesNeverReachAnError"},
	{"scrub knows no secrets", "errors.go", "redactText(innermost(err), private)", "redactText(innermost(err), nil)", "", "TestAddressesNeverReachAnError"},
	{"the platform's words pass unseen", "transport.go", "answer.Msg = redactText(answer.Msg, out.private)", "_ = answer.Msg", "", "TestThePlatformsWordsAreCleaned"},
	{"serial numbers pass unseen", "transport.go", "answer.BizSeqNo = redactText(answer.BizSeqNo, out.private)", "_ = answer.BizSeqNo", "", "TestWhatThePlatformPutsInto"},
	{"codes are quoted whatever they are", "codes.go", "if !isNumber(number) {", "if false {", "", "TestWhatThePlatformPutsInto"},
	{"families are not found", "errors.go", `return e.Family != "" && t == e.Family`, "return false", "", "TestAnErrorReads"},

	// ticket.go, credential.go
	{"no second look after the lock", "renew.go", "case t.old.settled(elapsed):", "case false:", "", "TestAFleetLives|TestClientsOnOneStore"},
	{"the leader's cancellation fails all", "refresh.go", "go cr.fly(context.WithoutCancel(ctx), cr.flight, task)", "go cr.fly(ctx, cr.flight, task)", "", "TestAnImpatientLeader"},
	{"ctx ignored while a refresh flies", "refresh.go", "case <-ctx.Done():\n\t\t\tlook.Stop()\n\t\t\treturn nil, ctx.Err()", "case <-make(chan int):\n\t\t\tlook.Stop()\n\t\t\treturn nil, ctx.Err()", "", "TestAWaitEndsWithTheCallersContext"},
	{"no backoff", "refresh.go", "time.Now().Before(cr.notUntil)", "false", "", "TestAFailedRefreshIsBackedOff"},
	{"a panic holds the waiters", "refresh.go", "_ = recover()\n\t\tcr.land(f)", "if p := recover(); p != nil {\n\t\t\tselect {}\n\t\t}\n\t\tcr.land(f)", "", "TestAPanickingProvider"},
	{"a broken store is empty", "renew.go", "case errors.Is(err, ErrNotFound):\n\t\tt.old = t.cur.Load()\n\tcase isUnreadable(err):", "case !isUnreadable(err):\n\t\tt.old = t.cur.Load()\n\tcase isUnreadable(err):", "", "TestABrokenStore"},
	{"a stale store overrules a fresh mint", "refresh.go", "case (before.unsaved || before.own) && before.newerThan(h):", "case false:", "", "TestATokenThatCouldNotBeSaved|TestAStoreThatGoesBack"},
	{"a clock set back makes a pair young", "refresh.go", "h.record = h.aged(max(before.Token.Age+before.elapsed()-h.Token.Age, 0))", "_ = h", "", "TestAClockSetBack"},
	{"the time of a slow save is lost", "renew.go", "t.hold(r, at)\n\t\treturn nil\n\t}\n\treturn err", "t.hold(r, time.Now().Add(0*time.Since(at)))\n\t\treturn nil\n\t}\n\treturn err", "", "TestAWokenProcess"},
	{"dead tokens are not throttled", "renew.go", "if wait := t.old.throttled(t.old.elapsed()); wait > 0 {\n\t\treturn t.throttledError(wait)", "if wait := t.old.throttled(t.old.elapsed()); wait > 1<<62 {\n\t\treturn t.throttledError(wait)", "", "TestARefusedSignStep"},
	{"NONCE tickets of a dying token", "refresh.go", "h.Token.Value != \"\" && h.Minting == nil &&", "h.Token.Value != \"\" &&", "", "TestNoNonceTicket"},
	{"old deaths count for ever", "credential.go", "&& r.Deaths.Age < r.life()/2", "", "", "TestAnOldDeath"},
	{"a lost mark costs a mint", "renew.go", "return nil, errShortLease // nothing was minted: look again", "return nil, errLostSwap", "", "TestAStopBeforeTheMint"},
	{"a slow read overwrites a newer pair", "refresh.go", "cr.cur.CompareAndSwap(before, h)", "cr.cur.Store(h)", "", "TestASlowRead"},
	{"NONCE guard removed", "credential.go", "return r.Token.Age+elapsed >= life/6-life/120", "return life < 0", "", "TestANonceTicketOutlives"},
	{"NONCE waits for ever", "refresh.go", "(f.minting.Load() || cr.mintingElsewhere(ctx))", "true", "", "TestANonceTicketDoesNotWait"},
	{"never aging", "credential.go", "case r.Token.Age+elapsed >= life/6:", "case false:", "", "TestAHundredCallers"},
	{"spent is served", "credential.go", "case r.Token.nearEnd(elapsed, life) || sign.nearEnd(elapsed, life):\n\t\treturn spent", "case r.Token.nearEnd(elapsed, life) || sign.nearEnd(elapsed, life):\n\t\treturn aging", "", "TestASpentPair"},
	{"recent tickets forgotten", "credential.go", "append([]ticket{r.Sign}, r.Recent...)", "append([]ticket{r.Sign}, r.Recent[:0]...)", "", "TestACallbackIsVerifiedAcrossRefreshes"},

	// renew.go: what keeps a fleet in peace
	{"no re-reading of the store", "refresh.go", "if h != nil && h.elapsed() <= h.life()/fraction {", "if h != nil && h.now() != spent {", "", "TestAnothersRefreshIsNoticed"},
	{"no minting mark", "renew.go", "t.save(ctx, t.present().marked(by, p.lease)); {", "t.save(ctx, t.present()); {", "", "TestTheMarkOfAKilledHolder"},
	{"the mark is not looked at", "credential.go", "case r.Minting != nil && r.Minting.Age+elapsed > r.Minting.Lease:", "case false:", "", "TestTheMarkOfAKilledHolder"},
	{"a lost mint is forgotten for a refusal", "renew.go", "t.unmark(ctx, err, again || lost)", "t.unmark(ctx, err, (again || lost) && false)", "", "TestALostMintIsNotForgotten"},
	{"no half record", "renew.go", "if err := t.keep(ctx, t.present().minted(token, t.dead)); err != nil {\n\t\treturn nil, err\n\t}", "t.old = &held{record: t.present().minted(token, t.dead), at: time.Now()}", "", "TestTableOfFailures/holder_killed_between_token|TestTableOfFailures/SIGN_step"},
	{"no compare in the swap", "store.go", "if ok != (old != nil) || !bytes.Equal(r.value, old) {", "if false && ok != (old != nil) || false && !bytes.Equal(r.value, old) {", "", "TestTheStoresKeepTheirContract/memory"},
	{"no minting again after a lost swap", "renew.go", "case errors.Is(err, errLostSwap), errors.Is(err, errDeadToken):\n\t\t\tmint = true", "case errors.Is(err, errLostSwap), errors.Is(err, errDeadToken):", "", "TestWhoLosesTheSwapMintsAgain"},
	{"no probe before a mint", "renew.go", "case isRefusal(err):\n\t\tt.dead = true", "case true:\n\t\tt.dead = true", "", "TestADeadSignTicket"},
	{"no throttle", "credential.go", "if r.Throttle == nil || r.Throttle.Step < 1 {", "if true {", "", "TestAWrongValueIsNoStorm|TestAWrongSecretIsNoStorm"},
	{"NONCE tickets are not checked after", "ticket.go", "|| !creds.overtaken(ctx, used)", "|| true", "", "TestANonceTicketOvertaken|TestAFleetLives"},
	{"a refusal mints before it looks", "renew.go", "if h := cr.reread(ctx); h != nil && !h.same(used) && h.now() != spent {", "if h := cr.reread(ctx); h != nil && false {", "", "TestARefusalFirstLooks"},
	{"young credentials are renewed", "renew.go", "if used.sincePair(used.elapsed()) < used.life()/120 {", "if false {", "", "TestYoungCredentials"},
	{"a foreign system is not counted", "credential.go", "r.Deaths.Count++", "", "", "TestAForeignSystem"},
	{"what was flushed is minted anew", "refresh.go", "errors.Is(err, ErrNotFound) && h != nil && h.now() != spent:", "false:", "", "TestAFlushedStore"},

	// filestore.go
	{"files for everyone", "filestore.go", "os.MkdirAll(s.dir, 0o700)", "os.MkdirAll(s.dir, 0o777)", "", "TestTheFileStoreIsForItsOwner"},
	{"a directory for everyone", "filestore.go", `runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0`, `runtime.GOOS == ""`, "", "TestTheFileStoreIsForItsOwner"},
	{"records written in place", "filestore.go", "if err := s.replace(s.path(key, \".record\"), record); err != nil {", "if err := os.WriteFile(s.path(key, \".record\"), record, 0o600); err != nil {", "", "TestAFullDisk"},
	{"no compare in the file swap", "filestore.go", "case old == nil || !bytes.Equal(now, old):", "case false && !bytes.Equal(now, old):", "", "TestTheStoresKeepTheirContract/file"},
	{"the lock file is not looked at", "filestore.go", `if held.Token != "" && left > 0`, "if false && left > 0", "", "TestTheStoresKeepTheirContract/file"},

	// callback.go
	{"callback compared with ==", "callback.go", "match |= subtle.ConstantTimeCompare(got, []byte(signSet(t, set)))", "if signature == signSet(t, set) {\n\t\t\tmatch = 1\n\t\t}\n\t\t_, _ = got, subtle.ConstantTimeCompare", "", "TestAVerifiedCallback|TestSignaturesAreComparedInConstantTime"},
	{"callback compared with == in upper case", "callback.go", "match |= subtle.ConstantTimeCompare(got, []byte(signSet(t, set)))", "if string(got) == signSet(t, set) {\n\t\t\tmatch = 1\n\t\t}\n\t\t_ = subtle.ConstantTimeCompare", "", "TestSignaturesAreComparedInConstantTime"},
	{"any signature will do", "callback.go", "if match != 1 {", "if match > 1 {", "", "TestAnUnverifiedCallback"},
	{"parameters may come twice", "callback.go", "if len(values[name]) > 1 {", "if false {", "", "TestAnUnverifiedCallback"},
	{"an empty ticket signs", "callback.go", `if t == "" {`, `if false {`, "", "TestAnUnverifiedCallback"},
	{"a code may be spelt differently", "callback.go", `(text == "0" || strings.TrimPrefix(text, "-")[0] != '0')`, "true", "", "TestAnUnverifiedCallback"},
	{"no second look into the store", "callback.go", "signTickets(ctx, true)", "signTickets(ctx, false)", "", "TestAMismatchLooks"},
	{"a stranger hammers the store", "refresh.go", "fraction = 7200 // not", "fraction = 1 << 60 // not", "", "TestAMismatchLooks"},

	// launch.go, evidence.go, validate.go
	{"URL encoded twice", "login.go", `query.Set("url", s.RedirectURL)`, `query.Set("url", url.QueryEscape(s.RedirectURL))`, "", "TestLoginURLIsSigned"},
	{"any login host", "login.go", "if inDomain(host, domain) {", "if inDomain(host, domain) || true {", "", "TestTheLoginPageLives"},
	{"a domain without its dot", "options.go", `strings.HasSuffix(host, "."+domain)`, "strings.HasSuffix(host, domain)", "", "TestTheLoginPageLives"},
	{"upload and NONCE one after the other", "launch.go", "opened, err := c.openFace(ctx, up)\n\tif err != nil {\n\t\tcancel(err)\n\t}\n\t<-fetched", "<-fetched\n\topened, err := c.openFace(ctx, up)\n\tif err != nil {\n\t\tcancel(err)\n\t}", "", "TestAWarmStart"},
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
