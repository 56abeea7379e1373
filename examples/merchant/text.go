package main

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A lang is a language of the site.
type lang string

const (
	zh lang = "zh"
	en lang = "en"
)

func langOf(text string) lang {
	if strings.HasPrefix(strings.ToLower(text), "zh") {
		return zh
	}
	return en
}

// wanted is the language that the visitor chose, or else the browser's.
func wanted(r *http.Request) lang {
	if c, err := r.Cookie("lang"); err == nil {
		return langOf(c.Value)
	}
	best, most := en, 0.0
	for _, choice := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(choice), ";")
		weight := 1.0
		if text, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			weight, _ = strconv.ParseFloat(text, 64) // ill-formed: 0
		}
		if short := strings.ToLower(name); (strings.HasPrefix(short, "zh") || strings.HasPrefix(short, "en")) && weight > most {
			best, most = langOf(name), weight
		}
	}
	return best
}

// A view is what a page shows: every page takes what it needs.
type view struct {
	Page, Title, Text, State, Question, Day string

	// Set by show.
	Lang       lang
	Path, CSRF string
	Sim, Bills bool
	Clock      time.Time // the platform's

	Products  []product
	Product   product
	Orders    []order
	Order     *order
	Outcome   *outcome
	Steps     []step
	Scenes    []scene
	Faults    []prepared
	Panel     *panel
	Statement *statement

	Again, Ask, Invented bool
}

// A group is what the start page puts together.
type group struct {
	Name     string // people, documents or data: the text is group-…
	Products []product
}

// Groups are the products, put together.
func (v view) Groups() (all []group) {
	for _, p := range v.Products {
		if n := len(all); n == 0 || all[n-1].Name != p.Group {
			all = append(all, group{Name: p.Group})
		}
		g := &all[len(all)-1]
		g.Products = append(g.Products, p)
	}
	return all
}

// parsePages reads the templates, once for each language. html/template escapes
// whatever the platform and the visitor say.
func parsePages() (map[lang]*template.Template, error) {
	pages := map[lang]*template.Template{}
	for _, l := range []lang{zh, en} {
		say := func(parts ...string) string { return text(l, strings.Join(parts, "")) }
		t, err := template.New("").Funcs(template.FuncMap{
			"t":     say,
			"clock": func(t time.Time) string { return t.In(china).Format("2006-01-02 15:04:05") },
			// A screen reader reads in Chinese what a document or an answer says so.
			"chinese": func(text string) bool {
				return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
			},
			"names": func(files []string) string { return strings.Join(files, ", ") },
			"count": func(n int, key string) string {
				if n == 1 {
					key += "-one"
				}
				return strconv.Itoa(n) + " " + text(l, key)
			},
			"in": func(f fact) string {
				if l == en && f.English != "" {
					return f.English
				}
				return f.Value
			},
			"since": func(t, from time.Time) string { return millis(max(0, t.Sub(from))) },
		}).ParseFS(templates, "templates/*.html")
		if err != nil {
			return nil, err
		}
		pages[l] = t
	}
	return pages, nil
}

func (s *shop) show(w http.ResponseWriter, r *http.Request, status int, v view) {
	v.Lang, v.Sim, v.Bills, v.Clock = wanted(r), s.sim != nil, s.bills, s.today()
	v.Path = r.URL.Path
	if !strings.HasPrefix(v.Path, "/back/") { // there the address holds a callback: no forms, see handler
		v.CSRF = s.csrf(s.greet(w, r))
		// From a no-referrer page a browser posts "Origin: null", and an older one
		// sends nothing else that would tell our own form from a foreign one.
		w.Header().Set("Referrer-Policy", "same-origin")
	}
	if r.Method == http.MethodPost {
		v.Path = "/" // what a form leads to is no page
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", map[lang]string{zh: "zh-CN", en: "en"}[v.Lang])
	w.Header().Set("Vary", "Cookie, Accept-Language")
	w.WriteHeader(status)
	if err := s.pages[v.Lang].ExecuteTemplate(w, "layout", v); err != nil {
		s.log.Warn("page not sent", "err", err)
	}
}

// text says something in a language. What has no words is shown as it is.
func text(l lang, key string) string {
	words, ok := texts[key]
	switch {
	case !ok:
		return key
	case l == zh:
		return words[0]
	}
	return words[1]
}

// texts are all words of the site, 中文 and English.
var texts = map[string][2]string{
	"site":                  {"样例商户", "Sample Merchant"},
	"home":                  {"选择一种产品", "Choose a product"},
	"home-sim":              {"不需要账号，不需要网络：平台是内置的模拟器。请只填写虚构的资料。", "No account, no network: the platform is the embedded simulator. Please enter invented data only."},
	"home-real":             {"已连接真实平台：每次核验可能计费。", "Connected to the real platform: verifications may be charged."},
	"group-people":          {"核验镜头前的人", "Verify the person in front of the camera"},
	"group-documents":       {"读取证件和卡片", "Read documents and cards"},
	"group-data":            {"核对资料", "Check data"},
	"about-group-people":    {"通过，表示镜头前的人就是您指定的人，或者证件上的人。", "A pass says that the person in front of the camera is the one you named, or the one on the document."},
	"about-group-documents": {"只说明证件上写了什么，不说明是谁拿着它。", "The result tells what a document says, and not who holds it."},
	"about-group-data":      {"API 3.0 一问一答，只说明资料是否一致，没有人在镜头前。", "API 3.0 answers one question: do the data belong together? Nobody is in front of a camera."},
	"nav":                   {"主导航", "Main"},
	"nav-home":              {"产品", "Products"},
	"orders":                {"我的订单", "My orders"},
	"bill":                  {"账单", "Bill"},
	"what-if":               {"故障演练", "What if…?"},
	"language":              {"语言", "Language"},
	"skip":                  {"跳到正文", "Skip to content"},

	"product-plus":        {"人脸核身 Plus", "Face, Plus"},
	"product-enhanced":    {"人脸核身 增强版", "Face, Enhanced"},
	"product-pc":          {"人脸核身 PC H5", "Face, PC H5"},
	"product-app":         {"人脸核身 App SDK", "Face, App SDK"},
	"product-will":        {"意愿核身", "Face and will 意愿核身"},
	"product-wechat":      {"微信 H5 核身", "WeChat DetectAuth"},
	"product-mini":        {"微信小程序核身", "WeChat mini program"},
	"product-eid":         {"E证通", "E-ID E证通"},
	"product-ocr":         {"身份证识别", "ID-card OCR"},
	"product-bankcard":    {"银行卡识别", "Bank-card OCR"},
	"product-nfc":         {"实证 NFC", "NFC chip 实证"},
	"product-intl":        {"国际站 eKYC", "International eKYC"},
	"product-check-id":    {"姓名与身份证号", "Name and ID number"},
	"product-check-bank":  {"银行卡四要素", "Bank card, four fields"},
	"product-check-phone": {"手机号三要素", "Phone, three fields"},
	"about-plus":          {"手机浏览器，活体检测与大模型防伪。", "In a mobile browser, with large-model liveness tags."},
	"about-enhanced":      {"手机浏览器，活体检测与设备风险。", "In a mobile browser, with device risk."},
	"about-pc":            {"电脑浏览器里的人脸核身。", "In a browser on a PC."},
	"about-app":           {"App 用服务端给的启动参数运行 SDK；由页面模拟手机。", "An App runs the SDK with launch parameters of the server. A page plays the phone."},
	"about-will":          {"露出面容，并亲口回答一个问题。", "The person shows the face and answers a question aloud."},
	"about-wechat":        {"API 3.0：在微信里打开，按次计费，可对账。", "API 3.0: opened in WeChat; charged by attempt, with bills to reconcile."},
	"about-mini":          {"小程序拿到 BizToken，用插件完成核身；由页面模拟手机。", "A mini program gets the BizToken and runs the plugin. A page plays the phone."},
	"about-eid":           {"扫二维码，在手机上完成。", "Scan a QR code and finish on the phone."},
	"about-ocr":           {"App 拍摄身份证正反面；由页面模拟手机。", "An App takes both sides of an ID card. A page plays the phone."},
	"about-bankcard":      {"App 拍摄银行卡，读出卡号；由页面模拟手机。", "An App takes a bank card and reads its number. A page plays the phone."},
	"about-nfc":           {"App 读取证件芯片，再与资料比对；由页面模拟手机。", "An App reads the chip of a document, and it is compared with your data. A page plays the phone."},
	"about-intl":          {"证件与人脸，不需要填写资料。", "A document and a face are compared. There is nothing to enter."},
	"about-check-id":      {"IdCardVerification：姓名与身份证号是否一致。", "IdCardVerification: do name and ID number belong together?"},
	"about-check-bank":    {"BankCard4EVerification：姓名、身份证号、手机号与银行卡是否一致。", "BankCard4EVerification: do name, ID number, phone number and bank card belong together?"},
	"about-check-phone":   {"PhoneVerification：姓名、身份证号与手机号是否一致。", "PhoneVerification: do name, ID number and phone number belong together?"},

	"missing-app":      {"需要 FACEID_APP_ID 和 FACEID_SECRET，并且该 appID 已开通此产品。", "Needs FACEID_APP_ID and FACEID_SECRET of an appID that has this product."},
	"missing-cloud":    {"需要 TENCENTCLOUD_SECRET_ID、TENCENTCLOUD_SECRET_KEY 和 FACEID_RULE_ID。", "Needs TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and FACEID_RULE_ID."},
	"missing-merchant": {"需要 TENCENTCLOUD_SECRET_ID、TENCENTCLOUD_SECRET_KEY 和 FACEID_MERCHANT_ID。", "Needs TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and FACEID_MERCHANT_ID."},
	"missing-intl":     {"需要 TENCENTCLOUD_INTL_SECRET_ID 和 TENCENTCLOUD_INTL_SECRET_KEY。", "Needs TENCENTCLOUD_INTL_SECRET_ID and TENCENTCLOUD_INTL_SECRET_KEY."},
	"missing-phone":    {"需要您自己的 App：只有模拟器有虚拟手机。", "Needs an App of yours. Only the simulator plays a phone."},
	"missing-mini":     {"需要您自己的小程序：只有模拟器有虚拟手机。", "Needs a mini program of yours. Only the simulator plays a phone."},
	"missing-check":    {"只对模拟器开放：否则陌生人会在这里试探别人的资料。", "This works with the simulator only. Otherwise strangers could try out the data of others here."},
	"unavailable":      {"未开通", "Not available"},

	"name":                {"姓名", "Name"},
	"idNo":                {"证件号码", "ID number"},
	"phone":               {"手机号", "Phone number"},
	"bankCard":            {"银行卡号", "Bank card number"},
	"answers":             {"模拟器怎样回答", "What the simulator answers"},
	"answer-match":        {"一致", "The data match"},
	"answer-mismatch":     {"不一致", "The data do not match"},
	"answer-not-recorded": {"库中没有记录", "Nothing is on record"},
	"answer-lost-card":    {"卡已挂失", "The card was reported lost"},
	"answer-in-trouble":   {"数据源故障", "The source of the data is in trouble"},
	"invented":            {"以上是虚构的人。您可以改成别的，但请不要填写真实资料。", "This person is invented. Change it if you like, but enter no data of a real person."},
	"nothing":             {"不需要填写任何资料。", "There is nothing to enter."},
	"asked":               {"届时会被问到：", "The person will be asked: "},
	"privacy":             {"资料只在这一次请求里转交给平台：不写入网址、日志或会话。", "What you enter goes to the platform in this one request. It is written into no URL, no log and no session."},
	"privacy-compared":    {"资料在内存里保留到与结果中的身份比对为止，随后即忘；平台的答复作为证据保存，直到网站结束。", "What you enter stays in memory until it was compared with who passed, and is forgotten then. The platform's answer is kept as evidence until the site ends."},
	"start":               {"开始核身", "Start"},
	"start-eid":           {"生成二维码", "Make the QR code"},
	"start-ocr":           {"打开手机", "Open the phone"},
	"start-check":         {"查询", "Ask"},
	"back-home":           {"返回产品", "Back to the products"},
	"new":                 {"再做一次", "Once more"},
	"order":               {"订单", "Order"},
	"opened":              {"开始时间", "Opened"},
	"product":             {"产品", "Product"},
	"state":               {"状态", "State"},
	"charged":             {"计费", "Charged"},
	"evidence":            {"证据", "Evidence"},
	"evidence-about":      {"每笔订单都会有结局，即使没有人回来；平台的答复和文件保存在本机的一个临时目录里，网站结束时删除。", "Every order ends, even if nobody comes back. The platform's answer and files are kept in a folder of this computer that is removed when the site ends."},
	"evidence-waiting":    {"等待结果", "waiting for the result"},
	"evidence-decided":    {"已有结果", "the result is known"},
	"evidence-told":       {"等待文件", "waiting for files"},
	"evidence-done":       {"完成", "done"},
	"evidence-late":       {"结果可能已经丢失", "the result may be lost"},
	"evidence-files":      {"个文件", "files"},
	"evidence-files-one":  {"个文件", "file"},
	"evidence-missing":    {"缺少：", "missing: "},
	"evidence-nobody":     {"没有人完成核身，平台没有结果。", "Nobody finished. The platform has no result."},
	"none-yet":            {"还没有订单。", "There are no orders yet."},
	"orders-about":        {"只有您自己的订单：它们属于这个浏览器的会话，三十分钟不用就会忘记。", "These are your orders only. They belong to this browser's session, which is forgotten after thirty idle minutes."},

	"outcome-passed":        {"通过", "Passed"},
	"outcome-refused":       {"未通过", "Not passed"},
	"outcome-none":          {"没有比对", "Nobody was compared"},
	"outcome-card-passed":   {"已识别", "Read"},
	"outcome-card-refused":  {"没有识别出来", "Not read"},
	"outcome-card-none":     {"没有读到卡片", "No card was read"},
	"outcome-chip-passed":   {"已读取，与资料一致", "Read, and the data match"},
	"outcome-chip-refused":  {"与资料不一致", "The data do not match"},
	"outcome-chip-none":     {"没有读到芯片", "The chip was not read"},
	"outcome-check-passed":  {"一致", "The data match"},
	"outcome-check-refused": {"未能确认", "Not confirmed"},
	"outcome-check-none":    {"没有比对", "Nothing was compared"},
	"nobody-card":           {"这里只读取卡片上的内容，不核验任何人。", "This reads what stands on a card, and verifies nobody."},
	"nobody-chip":           {"这里只读取证件并与资料比对，不说明是谁拿着它。", "This reads a document and compares it with data. It does not tell who holds the document."},
	"nobody-check":          {"这里只涉及资料，没有人在镜头前。", "This is about data only. Nobody was in front of a camera."},
	"outcome-waiting":       {"等待结果", "Waiting for the result"},
	"outcome-error":         {"暂时没有结果", "No answer yet"},
	"waiting-about":         {"请在打开的页面上完成核身；完成后会自动回到这里。", "Finish on the page that opened; it leads back here."},
	"waiting-qr":            {"人在手机或本机完成后，这里会显示结果。", "The result shows here once the person has finished, on the phone or on this device."},
	"refused":               {"已拒绝", "Refused"},
	"waiting-unsent":        {"这个流程的返回没有签名，所以也可以直接询问平台。", "The callback of this flow is not signed, so you may ask the platform at once."},
	"code":                  {"代码", "Code"},
	"family":                {"SDK 归类", "Family"},
	"liveRate":              {"活体得分", "Liveness"},
	"similarity":            {"相似度", "Similarity"},
	"risk":                  {"风险标签", "Risk tags"},
	"charged-yes":           {"是", "yes"},
	"charged-no":            {"否", "no"},
	"charged-unknown":       {"文档未说明", "the documents do not tell"},
	"attempts-paid":         {"次计费", "charged attempts"},
	"attempts-paid-one":     {"次计费", "charged attempt"},
	"photo":                 {"平台返回的照片", "The photo that the platform returned"},
	"no-photo":              {"没有照片", "No photo"},
	"fact-heard":            {"听到的回答", "Heard"},
	"fact-audio":            {"录音字节数", "Audio, bytes"},
	"fact-attempts":         {"比对次数", "Attempts"},
	"fact-documents":        {"识别的证件", "Documents read"},
	"fact-open":             {"可以再试", "May be tried again"},
	"fact-sex":              {"性别", "Sex"},
	"fact-address":          {"住址", "Address"},
	"fact-valid":            {"有效期", "Valid"},
	"fact-warnings":         {"告警位（正 反）", "Warnings (front, back)"},
	"fact-warning":          {"告警", "Warning"},

	// Of what was refused without a code.
	"family-IdentityMismatch":    {"证件不是本人的", "the document is another person's"},
	"family-OtherPerson":         {"结果中的身份不是本人，或平台没有返回身份信息", "the result is of another person, or the platform does not say of whom"},
	"family-DocumentUnsupported": {"证件已过期", "the document has expired"},
	"family-NotCompared":         {"是真人，但没有与任何人比对", "alive, but compared with nobody"},
	"family-WillMismatch":        {"没有表达意愿", "the will was not expressed"},
	"family-Unreadable":          {"证件没有读出", "the document was not read"},
	"family-other":               {"平台没有给出通过的结果", "the answer of the platform is no pass"},

	"remedy-re-enter":      {"请重新开始核身。", "Please begin anew."},
	"remedy-allow-camera":  {"请允许使用摄像头，然后重新开始。", "Please allow the camera, then begin anew."},
	"remedy-other-browser": {"请换一个浏览器。", "Please use another browser."},
	"remedy-wechat":        {"请在微信中打开。", "Please open this inside WeChat."},
	"remedy-other-way":     {"此浏览器无法录制，请换其他方式。", "This browser cannot record: please verify in another way."},
	"again":                {"再次进入", "Enter again"},
	"check":                {"询问平台", "Ask the platform"},

	"try":          {"试着作弊", "Try to cheat"},
	"tamper":       {"篡改返回参数", "Tamper with the callback"},
	"tamper-about": {"把返回地址里的结果改掉，再打开一次。", "Changes the result in the address of the way back, and opens it."},
	"replay":       {"重放返回参数", "Replay the callback"},
	"replay-about": {"把真实的返回地址原样再打开一次。", "Opens the genuine way back once more."},

	"steps":         {"发生了什么", "What ran"},
	"steps-about":   {"缩进的行是 SDK 发出的请求；秘密与个人资料已遮盖。", "Indented rows are the requests that the SDK sent. Secrets and personal data are covered."},
	"step":          {"步骤", "Step"},
	"after":         {"起始 (ms)", "At (ms)"},
	"took":          {"用时 (ms)", "Took (ms)"},
	"signed":        {"签名", "Signed with"},
	"result":        {"结果", "Result"},
	"step-opened":   {"商户：开单，303 转到核身页面", "Site: opened the order, 303 to the page"},
	"step-launched": {"商户：为 App 准备启动参数", "Site: launch parameters for the App"},
	"step-handed":   {"商户：把 BizToken 交给小程序", "Site: the BizToken for the mini program"},
	"step-shown":    {"商户：页面地址放进二维码", "Site: the page's address into a QR code"},
	"step-again":    {"商户：为同一订单签发新的登录地址", "Site: a new login URL for the same order"},
	"step-callback": {"商户：验证返回参数的签名", "Site: verified the signature of the callback"},
	"step-token":    {"商户：返回的令牌属于本会话（无签名）", "Site: the token that came back is this session's (unsigned)"},
	"step-tampered": {"作弊者：篡改返回参数", "Cheat: changed the callback"},
	"step-phone":    {"手机：App 启动 SDK", "Phone: the App ran its SDK"},
	"step-app":      {"手机：App 运行 SDK，并报告结果", "Phone: the App ran its SDK, and reports"},
	"step-mini":     {"手机：小程序运行插件，并报告结果", "Phone: the mini program ran the plugin, and reports"},
	"with-secret":   {"appID 与密钥", "appID and secret"},
	"with-token":    {"access token", "access token"},
	"with-sign":     {"SIGN ticket", "SIGN ticket"},
	"with-nonce":    {"NONCE ticket（一次性）", "NONCE ticket (once)"},
	"with-tc3":      {"TC3-HMAC-SHA256（API 密钥）", "TC3-HMAC-SHA256 (API key)"},
	"with-nothing":  {"无", "nothing"},

	"qr":       {"用手机扫描", "Scan with the phone"},
	"qr-alt":   {"核身页面的二维码", "QR code of the verification page"},
	"qr-about": {"十分钟内有效，只能打开一次。完成后本页自动刷新。", "Valid for ten minutes, and opens once. This page follows by itself."},
	"qr-local": {"演示地址只在这台电脑上；要用真手机扫描，请以 -addr 和 -public-url 启动。", "The demonstration's address is this computer's own; for a real phone start with -addr and -public-url."},
	"open":     {"在本机打开", "Open on this device"},

	"the-phone":             {"手机", "The phone"},
	"phone-about-ocr":       {"App 用商户给的参数启动 OCR SDK。镜头前是什么？", "The App starts the OCR SDK with the shop's launch parameters. What is in front of the camera?"},
	"phone-about-bankcard":  {"App 用商户给的参数启动 OCR SDK。镜头前是什么？", "The App starts the OCR SDK with the shop's launch parameters. What is in front of the camera?"},
	"phone-about-app":       {"App 用商户给的参数启动人脸 SDK。接下来发生什么？App 报告的只是一种说法，由服务端向平台查询。", "The App starts the face SDK with the shop's launch parameters. What happens? What the App reports is a claim: the server asks the platform."},
	"phone-about-mini":      {"小程序用 BizToken 启动插件。接下来发生什么？小程序报告的只是一种说法，由服务端向平台查询。", "The mini program starts the plugin with the BizToken. What happens? What the mini program reports is a claim: the server asks the platform."},
	"phone-about-nfc":       {"App 用商户给的参数启动 NFC SDK。贴上的是什么证件？", "The App starts the NFC SDK with the shop's launch parameters. Which document is held to it?"},
	"scene-card":            {"清晰的身份证", "A clear ID card"},
	"scene-warned":          {"带告警的身份证", "A card with warnings"},
	"scene-wrong-side":      {"正反面拿反了", "The wrong side up"},
	"scene-leaves":          {"中途离开", "The person leaves"},
	"scene-document":        {"本人的证件", "The person's own document"},
	"scene-others":          {"别人的证件", "Somebody else's document"},
	"scene-slow":            {"读取超时", "Reading takes too long"},
	"scene-passes":          {"本人通过", "The person passes"},
	"scene-not-same-person": {"不是本人", "Another person"},
	"scene-app-lies":        {"视频翻拍，但 App 谎报成功", "A filmed screen, and the App claims success"},
	"scene-second-try":      {"第一次不是本人，第二次通过", "Another person, then a second try that passes"},
	"scene-bank-card":       {"清晰的银行卡", "A clear bank card"},
	"scene-bank-copy":       {"银行卡复印件", "A copy of a bank card"},
	"scene-no-bank-card":    {"不是银行卡", "Something else"},

	"bill-mine":           {"我的订单费用", "What my orders cost"},
	"bill-day":            {"平台的日账单（微信渠道）", "The platform's bill of a day (WeChat's channels)"},
	"bill-about":          {"次日北京时间 06:00 起可以查询。SDK 逐页取回，再与证据台账里的计费次数核对。", "The bill is there from 06:00 of the next day, China time. The SDK fetches all its pages and compares it with the charges in the ledger of the evidence."},
	"day":                 {"日期", "Day"},
	"fetch":               {"取账单", "Fetch the bill"},
	"close-day":           {"让平台的今天结束", "Let the platform's day end"},
	"close-about":         {"模拟器的日历比今天早。按下后，时钟走到次日 06:01，并取回这一天的账单。", "The simulator's calendar lies in the past. This moves its clock to 06:01 of the next day and fetches the bill of the day."},
	"bill-of":             {"账单日", "Bill of"},
	"bill-empty":          {"这一天没有计费的比对。先做一次微信 H5 核身。", "Nothing was compared on that day. Do a WeChat verification first."},
	"attempts":            {"次数", "Attempts"},
	"codes":               {"结果码", "Codes"},
	"time":                {"时间", "Time"},
	"flow":                {"流程", "Flow"},
	"sum-local":           {"台账计数", "In the ledger"},
	"sum-billed":          {"平台账单", "Billed"},
	"agrees-yes":          {"一致", "They agree"},
	"agrees-no":           {"不一致", "They differ"},
	"sum-different":       {"漏计 / 多计 / 不同 / 自相矛盾", "Missing / extra / different / inconsistent"},
	"charges":             {"台账：这一天结束的订单", "The ledger: orders that ended on that day"},
	"charges-about":       {"所有访客的订单都算在内。资料核对没有证据，不在台账里。", "These are the orders of all visitors. Checks of data leave no evidence and are not in the ledger."},
	"charges-none":        {"这一天没有订单结束。", "No order ended on that day."},
	"ended":               {"结束", "Ended"},
	"good":                {"通过或已识别", "Passed or read"},
	"unknown":             {"未说明", "Not told"},
	"charge-nfc":          {"实证 NFC", "NFC chip 实证"},
	"charge-ocr-bankcard": {"银行卡识别", "Bank-card OCR"},
	"charge-ocr-idcard":   {"身份证识别", "ID-card OCR"},
	"charge-intl-web":     {"国际站 eKYC", "International eKYC"},
	"charge-eid":          {"E证通", "E-ID E证通"},
	"charge-wechat":       {"微信 H5 与小程序", "WeChat, page and mini program"},
	"charge-will":         {"意愿核身", "Face and will 意愿核身"},
	"charge-basic":        {"人脸核身 PC H5", "Face, PC H5"},
	"charge-enhanced":     {"人脸核身 增强版", "Face, Enhanced"},
	"charge-plus":         {"人脸核身 Plus", "Face, Plus"},

	"what-if-about": {"先在这里制造麻烦，再去做一次核身，看看步骤里 SDK 如何应对。对所有访客生效。", "Make trouble here. Then open an order and see in its steps how the SDK dealt with it. All visitors are affected."},
	"clock":         {"平台时钟", "The platform's clock"},
	"tokens":        {"已签发 token", "Tokens minted"},
	"rotate":        {"更换 token", "Rotate the token"},
	"rotate-about":  {"另一套系统用同一 appID 取走了新 token，一分钟过去了：我们手里的已经失效。", "Another system fetches a token with the same appID, and a minute passes. Our token is dead."},
	"fault":         {"制造故障", "Inject a fault"},
	"fault-about":   {"该产品的下一笔订单遇到什么", "What the next order of that product meets"},
	"fault-busy":    {"查询遇到一次 503", "The query meets one 503"},
	"fault-slow":    {"查询慢三秒", "The query takes three seconds"},
	"fault-down":    {"查询时连接中断六次", "The query loses its connection six times"},
	"fault-lost":    {"开单的应答丢失", "The answer to the upload is lost"},
	"faults":        {"等待中的故障", "Faults that are waiting"},
	"faults-about":  {"每个故障只影响该产品的下一笔订单，并随这笔订单结束。", "A fault affects the next order of its product only, and ends with that order."},
	"faults-none":   {"没有故障在等待。", "No fault is waiting."},
	"faults-clear":  {"全部取消", "Cancel all"},
	"faults-order":  {"这笔订单还会遇到的故障：", "Faults that this order has still to meet: "},
	"faults-left":   {"剩余", "left"},
	"colon":         {"：", ": "},
	"rigged":        {"人为故障", "injected"},
	"move":          {"拨动时钟", "Move the clock"},
	"move-about":    {"往前走多久", "How far ahead"},
	"jump-2m":       {"2 分钟：NONCE ticket 失效", "2 minutes: NONCE tickets die"},
	"jump-6m":       {"6 分钟：faceId 失效", "6 minutes: faceIds die"},
	"jump-2h":       {"2 小时：token 全部失效", "2 hours: all tokens die"},
	"jump-4d":       {"4 天：结果不再保留", "4 days: results are gone"},
	"notes":         {"刚才", "Lately"},
	"did-rotate":    {"token 已被别人更换", "The token was rotated by somebody else"},
	"did-clear":     {"等待中的故障已取消", "The waiting faults were cancelled"},
	"did-close":     {"平台的一天结束了", "A day of the platform ended"},

	"problem":          {"无法继续", "This cannot go on"},
	"problem-missing":  {"没有这个页面，或者它不属于您的会话。", "There is no such page, or it is not of your session."},
	"problem-csrf":     {"表单已过期，或者来自别的网站。请重新打开页面再试。", "The form is too old, or from another site. Please open the page again."},
	"problem-invalid":  {"请检查填写的内容。", "Please check what you entered."},
	"problem-day":      {"没有这一天的账单：请选择已经结束、且不太久以前的一天。", "There is no bill of that day: please choose one that has ended, and not long ago."},
	"problem-tampered": {"返回参数的签名不对：有人改过它。没有采信，订单不变。", "The signature of the callback does not fit: somebody changed it. It was not believed, and the order stays as it is."},
	"problem-unsigned": {"返回参数没有签名：没有采信，订单不变。如果还没有完成，请重新开始。", "The callback bears no signature: it was not believed, and the order stays as it is. If you have not finished, please begin anew."},
	"problem-token":    {"返回的令牌不属于这个会话。没有采信，订单不变。", "The token that came back is none of this session's. It was not believed, and orders stay as they are."},
	"problem-foreign":  {"这次核身不是在这个浏览器会话里开始的。请在开始的那台设备上查看结果。", "This verification was not begun in this browser's session. See the result on the device where it began."},
	"problem-replayed": {"这个返回已经处理过了：同一订单只结束一次。", "This was handled already: an order ends once."},
	"problem-expired":  {"已过期，请重新开始。", "Too late: please begin anew."},
	"problem-noresult": {"平台还没有结果：人还没有完成，或者结果已不再保留。", "The platform has no result: the person has not finished, or it is no longer kept."},
	"problem-left":     {"人中途离开了，还可以再来。", "The person left, and may come again."},
	"problem-later":    {"平台暂时没有应答，请稍后再问。", "The platform did not answer. Please ask again a little later."},
	"problem-error":    {"抱歉，出错了。", "Sorry, something is wrong here."},

	"tag-01":   {"全程闭眼", "eyes closed all the time"},
	"tag-02":   {"未完成指定动作", "the action was not done"},
	"tag-03":   {"疑似翻拍", "a screen or picture was filmed"},
	"tag-04":   {"疑似合成", "a synthesised face"},
	"tag-05":   {"疑似黑产模板", "a known fraud template"},
	"tag-06":   {"存在水印", "a watermark"},
	"tag-07":   {"反光校验未通过", "the reflected light was wrong"},
	"tag-08":   {"多人脸", "several faces"},
	"tag-09":   {"质量过差", "poor quality"},
	"tag-10":   {"距离校验未通过", "the distance check failed"},
	"tag-11":   {"疑似对抗样本", "an adversarial sample"},
	"tag-12":   {"脸部有攻击痕迹", "traces of an attack in the face"},
	"device-0": {"设备风险 0", "device risk 0"},
	"device-1": {"设备风险 1", "device risk 1"},
	"device-2": {"设备风险 2", "device risk 2"},
	"device-3": {"设备风险 3（高）", "device risk 3 (high)"},
	"device-4": {"设备风险 4（高）", "device risk 4 (high)"},

	"foot":       {"页面、代码与模拟器都在您自己的电脑上。", "Pages, code and simulator are on your own computer."},
	"foot-clock": {"页面上的时间都以平台时钟（模拟器，UTC+8）为准，现在是", "Times are those of the platform's clock (the simulator's, UTC+8), which says"},
}
