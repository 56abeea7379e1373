package main

import (
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

// named is a name of the environment or a file, and what it is.
type named struct {
	name string
	text show.Text
}

// variables are those of package setup, and what else is read.
var variables = []named{
	{setup.AppID, show.T("The appID (WBappid) of the kyc1 products: face, will, OCR, NFC.", "kyc1 产品（人脸、意愿、OCR、NFC）的 appID（即 WBappid）。")},
	{setup.Secret, show.T("The secret of the appID.", "appID 对应的 secret。")},
	{setup.Product, show.T("The product of the appID: plus, enhanced, basic, will, ocr-idcard, ocr-bankcard or nfc. What is charged depends on it.", "该 appID 的产品：plus、enhanced、basic、will、ocr-idcard、ocr-bankcard 或 nfc，决定如何计费。")},
	{setup.NFCKey, show.T("The key that decrypts the results of 实证 NFC, 32 hex digits.", "解密实证 NFC 结果的密钥，32 位十六进制。")},
	{setup.Ticket, show.T("A SIGN ticket, for sign and callback, instead of that of the store.", "SIGN ticket，供 sign 和 callback 使用，代替存储中的 ticket。")},
	{setup.BaseURL, show.T("Another address of the kyc1 products, for example that of a proxy or of the simulator.", "kyc1 的其他地址，例如代理或模拟器。")},
	{setup.Store, show.T("The credential store that your servers share: file:/var/lib/faceid, redis://user:password@host:6379/0 (rediss:// with TLS), postgres://user:password@host/shop, mysql://user:password@host/shop (?tls=true with TLS), or sqlite:/var/lib/faceid.db. Not set: the folder faceid in your cache directory.",
		"服务器共用的凭证存储：file:/var/lib/faceid，redis://user:password@host:6379/0（TLS 用 rediss://）、postgres://user:password@host/shop、mysql://user:password@host/shop（TLS 加 ?tls=true），或 sqlite:/var/lib/faceid.db。未设置时使用缓存目录下的 faceid 文件夹。")},
	{setup.StorePrefix, show.T("The prefix of the keys in Redis, or the table of a database.", "Redis 中键的前缀，或数据库中的表名。")},
	{setup.FlowToken, show.T("The token of a flow, for record: BizToken, EidToken or SdkToken.", "流程的 token（BizToken、EidToken 或 SdkToken），供 record 使用。")},
	{setup.CloudID, show.T("The SecretId of a key of Tencent Cloud, for WeChat, E证通 and the checks.", "腾讯云密钥的 SecretId，用于微信、E证通和各类核验。")},
	{setup.CloudKey, show.T("Its SecretKey.", "对应的 SecretKey。")},
	{setup.CloudToken, show.T("Its token, if the key is a temporary one.", "临时密钥的 token。")},
	{setup.CloudRegion, show.T("The region of API 3.0; ap-guangzhou if it is not set.", "API 3.0 的地域，默认 ap-guangzhou。")},
	{setup.CloudEndpoint, show.T("Another address of API 3.0.", "API 3.0 的其他地址。")},
	{setup.IntlID, show.T("The SecretId of a key of the international site.", "国际站密钥的 SecretId。")},
	{setup.IntlKey, show.T("Its SecretKey.", "对应的 SecretKey。")},
	{setup.IntlToken, show.T("Its token, if the key is a temporary one.", "临时密钥的 token。")},
	{setup.IntlRegion, show.T("The region of the international site; ap-singapore if it is not set.", "国际站的地域，默认 ap-singapore。")},
	{setup.IntlEndpoint, show.T("Another address of the international site.", "国际站的其他地址。")},
	{"AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, …", show.T("The key of a bucket of s3://, as the SDK of AWS reads it.", "s3:// 存储桶的密钥，按 AWS SDK 的方式读取。")},
	{"LC_ALL, LC_MESSAGES, LANG", show.T("The language, if --lang is not given.", "未给出 --lang 时的语言。")},
	{"NO_COLOR", show.T("If it is set, the text has no colours.", "设置后不使用颜色。")},
}

var usedFiles = []named{
	{"NAME_FILE", show.T("For a variable with this second name above, NAME_FILE names a file that holds the value, as vaults and orchestrators mount it. The variable itself wins.",
		"上文带有第二个名称的变量可用 NAME_FILE 指定保存其值的文件，便于密钥管理系统挂载。变量本身优先。")},
	{"--config FILE", show.T("Lines of NAME=value, beside the environment. The environment wins.", "每行一个 NAME=value，作为环境变量的补充。环境变量优先。")},
	{"faceid/", show.T("In your cache directory: the credential store if FACEID_STORE is not set.", "位于缓存目录：未设置 FACEID_STORE 时的凭证存储。")},
	{"2026/11/29/face-h5/ORDER/manifest.json", show.T("Where fetch stores: the manifest of an order names its files with sizes and SHA-256. The next run skips an order that has a manifest.",
		"fetch 的存储位置：订单的 manifest 列出文件、大小和 SHA-256。下次运行会跳过已有 manifest 的订单。")},
}

// exitTexts are the exit codes.
var exitTexts = []struct {
	code int
	text show.Text
}{
	{exitOK, show.T("The answer is yes: the person passed, the signature is right, all is there, nothing is wrong.", "答案为“是”：用户通过、签名正确、材料齐全、没有问题。")},
	{exitNo, show.T("The answer is no: the person did not pass, or there is no result; a signature differs; a fault was found; something is not there.", "答案为“否”：用户未通过或没有结果；签名不一致；发现故障；有材料缺失。")},
	{exitUsage, show.T("The arguments or the configuration cannot be used.", "参数或配置无法使用。")},
	{exitTrouble, show.T("There is no answer, because of network, service, credentials, account, store or bucket; or the output could not be written.", "没有得到答案：网络、服务、凭证、账号、存储或存储桶出错；或者输出没能写完。")},
	{exitInterrupted, show.T("Ctrl-C ended the command.", "命令被 Ctrl-C 中断。")},
}

// example is a command line, and what it does.
type example struct {
	text    show.Text
	command string
}

var firstSteps = []example{
	{show.T("Nothing works. Why?", "完全不能用，原因是什么？"), "faceid doctor"},
	{show.T("What does a code mean?", "某个错误码是什么意思？"), "faceid explain 66660015"},
	{show.T("How did an order end?", "某个订单的结果如何？"), "faceid record ORDER --product plus"},
	{show.T("Fetch the evidence of a day before the platform deletes it.", "在平台删除之前取回一天的核身材料。"), "faceid fetch orders.txt --to s3://archive?region=ap-guangzhou"},
	{show.T("Serve a simulated platform for trials.", "启动一个用于联调的模拟平台。"), "faceid simulate -addr 127.0.0.1:18080"},
}

var examplesOf = map[string][]example{
	"doctor":   {{show.T("On the machine and as the user of the backend:", "在后端的机器上，以后端的用户运行："), "faceid doctor"}},
	"explain":  {{show.T("All meanings of a code:", "错误码的全部含义："), "faceid explain 66660015"}, {show.T("Its meaning in a browser, for one product:", "该码在浏览器中、对某一产品的含义："), "faceid explain 3004 --channel browser --product plus"}},
	"sign":     {{show.T("What is signed, with the ticket of the store:", "用存储中的 ticket 计算签名内容："), "faceid sign appId=TIDA0001 orderNo=ORDER version=1.0.0 nonce=NONCE"}},
	"callback": {{show.T("The address that a browser came back to:", "浏览器返回的地址："), "faceid callback -"}},
	"record": {
		{show.T("An order of a face, for machines:", "人脸订单，输出给程序："), "faceid record ORDER --json"},
		{show.T("A flow of WeChat, whose token is on the clipboard or in a file:", "微信流程，token 来自剪贴板或文件："), "faceid record - --product wechat --rule-id RULE < token.txt"},
	},
	"fetch": {
		{show.T("A file of order numbers into a folder, encrypted for the archive:", "按订单号文件取回到文件夹，并为归档加密："), "faceid fetch orders.txt --to evidence --recipients-file archive.txt"},
		{show.T("Orders as JSON from your database:", "来自数据库的 JSON 订单："), "faceid fetch - --to s3://archive?region=ap-guangzhou --json < orders.jsonl"},
	},
	"bill":       {{show.T("A day, with the products of two RuleIds:", "某一天，并指明两个 RuleId 的产品："), "faceid bill 2026-11-28 --rule RULE1=plus --rule RULE2=basic"}},
	"simulate":   {{show.T("With time that runs 20 times as fast:", "时间加快 20 倍："), "faceid simulate -addr 127.0.0.1:18080 -speed 20"}},
	"completion": {{show.T("In ~/.bashrc:", "写入 ~/.bashrc："), "source <(faceid completion bash)"}, {show.T("In ~/.zshrc:", "写入 ~/.zshrc："), "source <(faceid completion zsh)"}, {show.T("In ~/.config/fish/config.fish:", "写入 ~/.config/fish/config.fish："), "faceid completion fish | source"}},
	"help":       {{show.T("In Chinese:", "中文："), "faceid help fetch --lang zh"}, {show.T("As a page of man:", "以 man 页面显示："), "faceid help --man | man -l -"}},
}
