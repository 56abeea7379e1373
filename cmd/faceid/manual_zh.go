package main

// page is the Chinese of one command. The English stands beside the code: in the tags of the
// fields, and in the methods Help.
type page struct {
	short string            // what it does, in a line
	about string            // more of it
	flags map[string]string // of flags and arguments, by name
}

const descriptionZH = `faceid 用于查明人脸核身为何不工作，并查看平台上的结果。

密钥来自环境变量或 --config 指定的文件，从不作为命令行参数。给人看的输出为文字，加 --json 则为 JSON。除非用专门的选项要求，不显示任何个人信息。`

// chinese are the pages by command; "" is the program.
var chinese = map[string]page{
	"": {flags: map[string]string{
		"json":   "输出给程序读取的 JSON，而不是文字。",
		"lang":   "文字的语言：en、zh，或 auto（依据 LC_ALL、LC_MESSAGES 和 LANG）。",
		"config": "写有 NAME=value 的文件，作为环境变量的补充。",
	}},
	"doctor": {
		short: "查明为何不工作，且不影响线上服务。",
		about: `依次检查：代理、地址、TLS、应答方、时钟、凭证存储及其记录、access token、SIGN ticket；对 API 3.0 检查密钥及其权限和地域。每一行说明看到了什么；有故障时给出原因和处理办法。

请以后端的用户、在后端的环境中运行。它读取共用的存储，除非使用 --mint，否则不获取 token：绕过存储获取 token 会使其他进程的 token 失效。发现故障时退出码为 1。`,
		flags: map[string]string{
			"mint":  "若存储中没有可用的凭证，则通过存储获取。共用该存储的进程都会得到它们。",
			"probe": "用虚构的人为 FACEID_PRODUCT 发起一次核身。没有人进入，不产生费用。",
		},
	},
	"explain": {
		short: "解释平台的错误码及处理办法。",
		about: "文档中的表格已包含在程序里，无需联网。同一个数字在不同产品和渠道上含义不同：会列出所有含义及其出处。可用 --product 和 --channel 缩小范围。没有任何表格收录时退出码为 1。",
		flags: map[string]string{
			"code":    "按平台的写法：66660015、-1、FailedOperation.DetectEngineSystemError、face/66660004。",
			"product": "只看对该产品的含义，或某个核验接口，例如 MobileStatus。",
			"channel": "只看来自该渠道的含义。",
		},
	},
	"sign": {
		short: "显示签名由哪些内容组成，以及与另一个签名的差异。",
		about: "显示平台签名的组成：所有值与 ticket 按 Java 的字符串顺序排序，直接拼接，再做 SHA-1。ticket 取自 FACEID_TICKET，或凭证存储中的 SIGN ticket；登录页或 SDK 启动请在 FACEID_TICKET 中给出 NONCE ticket。与 --signature 或 --string 不一致时退出码为 1。",
		flags: map[string]string{
			"values":    "参与签名的值，例如 appId=TIDA0001 version=1.0.0。不给参数时从标准输入逐行读取，姓名和证件号应由此给出。",
			"signature": "要比较的签名。若不一致，会尝试常见错误，并指出能得到该签名的那一个。",
			"people":    "也显示姓名、证件号、手机号等。不加时只显示其长度。",
			"string":    "另一程序所哈希的文本所在的文件，或用 - 表示标准输入。显示第一处差异。文本含有 ticket，因此不会被打印。",
		},
	},
	"callback": {
		short: "验证回调，并说明它声称的内容。",
		about: "用凭证存储中最近一小时的 SIGN ticket，或 FACEID_TICKET 中的 ticket 验证签名，不获取任何凭证。平台签名的回调退出码为 0，否则为 1。真实的回调不等于通过：请用 faceid record 查询结果。",
		flags: map[string]string{"url": "浏览器返回的地址或其查询串；用 - 从标准输入读取。"},
	},
	"record": {
		short: "查看一个订单的结果，不含个人信息。",
		about: `查询一次，并显示错误码、含义、计费、分数、流水号，以及平台上有哪些文件。为得知文件大小会下载文件，随后丢弃。没有比对您期望的人：“通过”表示有人通过了。

流程的 token 可以取得个人数据，因此不能作为参数：请用 - 从标准输入给出，或设置 FACEID_FLOW_TOKEN。NFC 订单以一行 JSON 给出，并带有 reqID；每次查询都会用掉 10 次中的一次。通过时退出码为 0，未通过或没有结果时为 1。`,
		flags: map[string]string{
			"order":    "订单号；或用 - 表示从标准输入读取一行：订单号、token 或 JSON。不给出时使用 FACEID_FLOW_TOKEN。",
			"product":  "所发起的产品或流程。",
			"rule-id":  "发起微信流程时的 RuleId。",
			"personal": "同时打印完整的应答，其中含有个人信息。",
		},
	},
	"fetch": {
		short: "把许多订单的核身材料取回到文件夹或存储桶。",
		about: `每行一个订单：订单号；订单号或 token 加类型；或 evidence.Order 的 JSON。以 # 开头的行会被跳过。token 只能由此给出，从不作为参数。

对每个订单查询一次：有结果就存储文件，最后写入 manifest；没有结果就立即说明，不等待任何人。文件名、manifest 和加密与 evidence 包相同，因此您自己的系统已存入的订单不会再取。有 manifest 的订单视为完成，所以 Ctrl-C 或故障之后再次运行同一命令即可继续。不知道发起时间的订单以取回的时间归入目录。

不要在另一个进程（例如 evidence 的引擎）正向同一存储桶存储同一批订单时运行。有文件却没有 manifest 的目录会保持原样，并报告为“被占用”。全部齐全时退出码为 0，有缺失时为 1，出错时为 3。`,
		flags: map[string]string{
			"orders":          "每行一个订单的文件，或用 - 表示标准输入。",
			"to":              "文件夹，或存储桶的 URL：file:///var/lib/shop、s3://name?region=…、mem://。",
			"kind":            "未注明类型的订单的类型。",
			"rule-id":         "未注明 RuleId 的微信流程的 RuleId。",
			"recipient":       "用该 age 公钥加密每个文件，可多次给出。",
			"recipients-file": "age 公钥文件，每行一个。",
			"workers":         "同时查询的订单数，1 至 64，默认 4。",
			"take-over":       "重新获取目录中有文件但没有 manifest 的订单。仅当没有其他进程在此存储时使用。",
		},
	},
	"bill": {
		short: "汇总微信流程一天的账单。",
		about: `按 RuleId 和产品汇总平台账单中的流程数、次数和计费次数。给出 --rule 时还会检查计费次数与错误码是否一致；有矛盾时退出码为 1。

文档没有为 kyc1 产品（人脸、意愿、OCR、NFC）提供账单接口。请按其结果中的计费信息统计：核身结果的 Charged，或 evidence 包的 Charges。`,
		flags: map[string]string{
			"day":     "中国时区的日期，例如 2026-11-29。不给出时为最近一个账单已就绪的日子（次日 06:00 就绪）。",
			"rule-id": "只看该 RuleId 的流程。",
			"rule":    "RuleId 的产品：plus、enhanced 或 basic。据此核对计费与错误码，并按产品汇总。可多次给出。",
			"csv":     "以 CSV 输出表格。",
		},
	},
	"simulate": {
		short: "在端口上启动平台的模拟器，带有全部开关。",
		about: "第一行输出是 JSON，含有地址、各种密钥和名称；之后每个请求一行，不含密钥和个人信息。选项属于模拟器本身，须写在 simulate 之后。-secret 是虚构的值，切勿给出平台的密钥。能访问该端口的人可以决定任何核身的结果。",
		flags: map[string]string{ //nolint:gosec // a flag is called secret, and none is here
			"addr": "监听地址；端口 0 表示任选空闲端口", "app-id": "appID，与 -secret 同时给出；默认为虚构的值", "secret": "-app-id 的 secret；请虚构，切勿给出平台的密钥",
			"speed": "所有有效期除以该值，大于 0，至多 120", "lenient": "容忍据信平台会容忍的写法", "reentry": "允许离开页面的人用同一 faceId 再次进入",
			"unsigned-front-end": "前端错误码返回时不带签名", "fragment-after-query": "把回调参数放在商户地址的片段之前，而不是之后",
			"dialect": "应答的写法：faceidtest.Dialect 的字段，例如 SuccessTrue,FlatResult", "config": "JSON 文件，含应用、账号、规则、商户、写法和预设",
		},
	},
	"completion": {
		short: "打印 shell 的命令补全代码。",
		about: "补全命令、选项以及选项的可选值。代码中写有本程序的路径。",
		flags: map[string]string{"shell": "bash、zsh 或 fish。"},
	},
	"help": {
		short: "显示手册：整个程序或某个命令，英文或中文。",
		flags: map[string]string{"command": "命令；不给出时为整个程序。", "man": "输出 roff，供 man -l 使用。"},
	},
	"version": {short: "打印本命令的版本。"},
}
