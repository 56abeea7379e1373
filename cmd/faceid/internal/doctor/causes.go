package doctor

import "github.com/faceid-go/faceid/cmd/faceid/internal/show"

// Cause names what is wrong. The names are stable, for machines.
type Cause string

// These are the causes.
const (
	Config          Cause = "config"           // a variable has a value that cannot be used
	DNS             Cause = "dns"              // the name of the host has no address here
	Unreachable     Cause = "unreachable"      // nothing answers at the address
	NoAnswer        Cause = "no-answer"        // the connection stands, and no answer comes
	Proxy           Cause = "proxy"            // the proxy cannot be reached, or refuses the host
	ProxyAuth       Cause = "proxy-auth"       // the proxy wants a name and a password
	TLSInterception Cause = "tls-interception" // somebody on the way answers with a certificate of their own
	NoAuthorities   Cause = "no-authorities"   // this machine trusts no authority at all
	TLSName         Cause = "tls-name"         // the certificate is for another host
	TLSTime         Cause = "tls-time"         // the certificate is not valid at the time of this machine
	NoTLS           Cause = "no-tls"           // what answers does not speak TLS, or cannot agree on it
	NotPlatform     Cause = "not-platform"     // what answers is not the platform
	Service         Cause = "service"          // the platform has trouble
	Clock           Cause = "clock"            // the clock of this machine is wrong
	AllowList       Cause = "allow-list"       // the address is not on the platform's allow-list
	StoreTrouble    Cause = "store"            // the credential store cannot be used
	StoreNotShared  Cause = "store-not-shared" // others fetch tokens into stores of their own
	ForeignRefresh  Cause = "foreign-refresh"  // a system outside the shared store fetches tokens
	NoRecord        Cause = "no-record"        // nobody has fetched credentials into this store
	WrongSecret     Cause = "wrong-secret"     // the secret is not that of the appID
	DamagedRecord   Cause = "damaged-record"   // the record cannot be opened
	OtherSecret     Cause = "other-secret"     // others use the store with another secret of this appID
	LostMint        Cause = "lost-mint"        // a process died, or lost an answer, while it fetched a token
	DeadTicket      Cause = "dead-ticket"      // the token works, and its SIGN ticket does not
	WrongProduct    Cause = "wrong-product"    // the appID is not open for this product, or the account is in arrears
	RateLimited     Cause = "rate-limited"     // too many requests
	KeyUnknown      Cause = "key-unknown"      // there is no such SecretId
	KeyWrong        Cause = "key-wrong"        // the SecretKey does not belong to the SecretId
	KeyToken        Cause = "key-token"        // the token of temporary credentials is not right
	KeyPermission   Cause = "key-permission"   // the key may not call the action
	NotActivated    Cause = "not-activated"    // the account has not the service, or owes money
	WrongRegion     Cause = "wrong-region"     // the service is not in this region
	Unexpected      Cause = "unexpected"       // the platform refused for a reason that doctor does not know
)

// causes has a text for each cause: what it means, and what to do. A fault that several
// things may have is told with all of them, the likeliest first.
var causes = map[Cause]struct{ why, cure show.Text }{
	Config: {
		show.T("The backend could not start with this configuration.", "后端用这份配置无法启动。"),
		show.T("Correct the variable that the text is about: FACEID_APP_ID, FACEID_SECRET, FACEID_BASE_URL, FACEID_NFC_KEY, or for API 3.0 the key, the region or the endpoint. A base URL and an endpoint have a scheme and a host, and no more.",
			"请更正提示所指的变量：FACEID_APP_ID、FACEID_SECRET、FACEID_BASE_URL、FACEID_NFC_KEY，API 3.0 则是密钥、地域或 endpoint。基础地址和 endpoint 只能由协议和域名组成。"),
	},
	DNS: {
		show.T("This machine cannot turn the name of the host into an address.", "本机无法把域名解析成地址。"),
		show.T("Check the name server (/etc/resolv.conf, or that of the container or cluster). If servers reach the Internet only through a proxy, set HTTPS_PROXY.",
			"请检查 DNS 服务器（/etc/resolv.conf，或容器、集群的 DNS）。如果服务器只能经代理访问外网，请设置 HTTPS_PROXY。"),
	},
	Unreachable: {
		show.T("The address is known, and nothing answers there. Mostly a firewall or a security group lets nothing out.", "地址已解析，但连接不上。多半是防火墙或安全组不放行出站流量。"),
		show.T("Let this machine reach the host on TCP port 443. If a proxy must be used, set HTTPS_PROXY.", "请放行本机到该域名 TCP 443 端口的访问；如果必须走代理，请设置 HTTPS_PROXY。"),
	},
	NoAnswer: {
		show.T("The connection stands, and no whole answer comes through it: a firewall or a proxy that lets connections through and no data, or the platform has trouble.",
			"连接已建立，但没有收到完整的应答：可能是防火墙或代理只放行连接、不放行数据，也可能是平台异常。"),
		show.T("Try again in a minute. If it stays, ask those who run the firewall and the proxy what they do with this host.", "请一分钟后重试；如果持续，请向管理防火墙和代理的人确认对该域名的处理。"),
	},
	Proxy: {
		show.T("The environment names a proxy, and it cannot be reached or refuses this host.", "环境变量配置了代理，但代理连接不上，或拒绝访问该域名。"),
		show.T("Correct HTTPS_PROXY, or let the proxy pass this host, or except the host with NO_PROXY.", "请更正 HTTPS_PROXY，或在代理上放行该域名，或用 NO_PROXY 将其排除。"),
	},
	ProxyAuth: {
		show.T("The proxy wants a name and a password, and did not pass the request on (HTTP 407).", "代理要求用户名和密码，没有转发请求（HTTP 407）。"),
		show.T("Put them into HTTPS_PROXY as http://name:password@proxy:port, percent-encoded, or let the proxy admit this machine.", "请写进 HTTPS_PROXY：http://用户名:密码@代理:端口（特殊字符用百分号编码），或让代理放行本机。"),
	},
	TLSInterception: {
		show.T("The certificate comes from an authority that this machine does not trust. Mostly a proxy or a security appliance opens TLS and reads everything, identity numbers included.",
			"证书由本机不信任的机构签发。多半是代理或安全设备在中间解开了 TLS，能读到包括身份证号在内的全部内容。"),
		show.T("Configure the appliance so that it does not decrypt the traffic to this host. Only if it must read the traffic, add its authority to this machine (SSL_CERT_FILE). Never switch verification off.",
			"请让该设备不要解密这个域名的流量。只有确实必须由它解密时，才把它的 CA 加入本机信任（SSL_CERT_FILE）。绝不要关闭证书校验。"),
	},
	NoAuthorities: {
		show.T("This machine has no list of certificate authorities, so it trusts no certificate. Mostly the image of a container was made without one.",
			"本机没有 CA 证书列表，因此不信任任何证书。多半是容器镜像里没有安装。"),
		show.T("Install the package ca-certificates into the image, or copy /etc/ssl/certs/ca-certificates.crt from the image that builds. Never switch verification off.",
			"请在镜像中安装 ca-certificates，或从构建镜像复制 /etc/ssl/certs/ca-certificates.crt。绝不要关闭证书校验。"),
	},
	TLSName: {
		show.T("The certificate is for another host: a login page of the network, a wrong address, or a wrong base URL.", "证书属于别的域名：可能是网络的登录页、地址解析错误，或基础地址写错。"),
		show.T("Check FACEID_BASE_URL and the endpoints, /etc/hosts, and what stands in front of this machine.", "请检查 FACEID_BASE_URL 和各 endpoint、/etc/hosts，以及本机前面的网络设备。"),
	},
	TLSTime: {
		show.T("By the clock of this machine the certificate has ended or has not begun.", "按本机时钟，证书已过期或尚未生效。"),
		show.T("Set the clock with NTP. If the clock is right, a device between this machine and the platform uses an expired certificate.", "请用 NTP 校准时钟。如果时钟没错，说明中间有人用了过期证书。"),
	},
	NoTLS: {
		show.T("The other side does not use TLS, or no version of TLS that both sides support.", "对端不使用 TLS，或双方没有都支持的 TLS 版本。"),
		show.T("Check the port and the proxy. The platform wants TLS 1.2 or newer.", "请检查端口和代理。平台要求 TLS 1.2 及以上。"),
	},
	NotPlatform: {
		show.T("Something answered, and not in the form of the platform: a proxy's page, a firewall, or another server.", "有应答，但不是平台的格式：可能是代理的页面、防火墙，或别的服务器。"),
		show.T("Check FACEID_BASE_URL and the endpoints, and what stands in between.", "请检查 FACEID_BASE_URL 和各 endpoint，以及中间的设备。"),
	},
	Service: {
		show.T("The platform answers, and says that it has trouble.", "平台有应答，但表示服务异常。"),
		show.T("Wait. If it stays, give the serial number to the platform's support.", "请稍候；如果持续，请把流水号提供给平台技术支持。"),
	},
	Clock: {
		show.T("The clock of this machine is wrong. API 3.0 refuses signatures that are more than 5 minutes off (AuthFailure.SignatureExpire).",
			"本机时钟不准。API 3.0 拒绝时间相差超过 5 分钟的签名（AuthFailure.SignatureExpire）。"),
		show.T("Switch NTP on (timedatectl set-ntp true). A container has the clock of its host.", "请启用 NTP（timedatectl set-ntp true）。容器使用宿主机的时钟。"),
	},
	AllowList: {
		show.T("The platform does not admit the address from which this machine leaves (400103; of API 3.0 IpNotInWhitelist and IpInBlacklist).", "平台不允许本机的出口 IP 访问（400103；API 3.0 为 IpNotInWhitelist、IpInBlacklist）。"),
		show.T("Give the address with which your servers leave to the platform's support. It may be that of a NAT gateway: ask any address service from this machine.",
			"请把服务器的出口 IP 提供给平台技术支持加入白名单。它可能是 NAT 网关的地址：可在本机查询公网 IP。"),
	},
	StoreTrouble: {
		show.T("The credential store cannot be used, so no call can be signed.", "凭据存储不可用，因此任何调用都无法签名。"),
		show.T("Mend what the text says. Run doctor as the user of the backend, and with its FACEID_STORE.", "请按提示修复。doctor 要用后端的运行用户、后端的 FACEID_STORE 来运行。"),
	},
	StoreNotShared: {
		show.T("The platform refuses a token that is still young: somebody has fetched a newer one. This store is a folder of one machine, so every other server, container or user with this appID has credentials of its own and ends those of the others.",
			"平台拒绝了仍在有效期内的 token：有别处获取了更新的 token。本存储只是一台机器上的目录，使用同一 appID 的其他服务器、容器或用户各有各的凭据，互相使对方失效。"),
		show.T("Give all of them one store: redisstore or sqlstore. Or give each an appID of its own. If only this machine uses the appID, see foreign-refresh: an old system, or a changed secret.",
			"请让它们共用一个存储：redisstore 或 sqlstore；或给每个系统单独的 appID。如果只有本机使用该 appID，请看 foreign-refresh：另有旧系统在用，或 secret 已更换。"),
	},
	ForeignRefresh: {
		show.T("The platform refuses a token that is still young: a system outside this store has fetched a newer one, or the secret was changed in the console.",
			"平台拒绝了仍在有效期内的 token：本存储之外的系统获取了更新的 token，或控制台更换了 secret。"),
		show.T("Find the other system (an old backend, a test server, a script with this appID) and give it this store or an appID of its own. Then run doctor --mint.",
			"请找出另一个系统（旧后端、测试服务器、使用该 appID 的脚本），让它使用本存储或换用自己的 appID。然后运行 doctor --mint。"),
	},
	NoRecord: {
		show.T("Nobody has fetched credentials with this secret into this store in the last 8 days: the backend has not run, or it has another store.", "最近 8 天没有人用该 secret 往本存储写入凭据：后端没有运行过，或用的是另一个存储。"),
		show.T("Compare FACEID_STORE with the store of the backend. If they are the same, run doctor --mint: it fetches credentials into the store.", "请核对 FACEID_STORE 是否就是后端所用的存储。如果一致，运行 doctor --mint 获取凭据并写入存储。"),
	},
	WrongSecret: {
		show.T("The platform refuses appID and secret together. It does not say which of them is wrong.", "平台拒绝了这组 appID 和 secret，且不说明是哪一个不对。"),
		show.T("Compare both with the console. A secret that was reset there ends the old one at once: set it in every process. Look for a blank or a cut at the end.",
			"请与控制台核对两者。控制台重置 secret 后旧值立即失效：请在所有进程中更新。注意末尾的空格或截断。"),
	},
	DamagedRecord: {
		show.T("The store works, and its record cannot be opened: it was cut, or somebody who does not know the secret has written it. It is taken for none, so the next call fetches new credentials.",
			"存储可用，但其中的记录无法打开：内容被截断，或由不知道 secret 的程序写入。SDK 视其为没有记录，下一次调用会获取新凭据。"),
		show.T("If it happened once, do nothing. If it happens again, look for what else writes into this store: a backup that was restored, or another program.",
			"只出现一次则无需处理。如果反复出现，请查找还有什么在写这个存储：恢复的备份，或别的程序。"),
	},
	OtherSecret: {
		show.T("Others keep credentials of this appID in this store with another secret, or did so within the last 8 days. One of the two secrets is old. The platform was not asked which.",
			"本存储中有同一 appID 用另一个 secret 保存的凭据（最近 8 天内）。两个 secret 中有一个是旧的，尚未向平台核实是哪一个。"),
		show.T("Compare FACEID_SECRET with the console and with the backend. If the secret was just changed and this is the new one, nothing is wrong: the next call, or doctor --mint, fetches credentials for it.",
			"请将 FACEID_SECRET 与控制台、后端核对。如果刚更换 secret 且这里是新的，则没有问题：下一次调用或 doctor --mint 会为它获取凭据。"),
	},
	LostMint: {
		show.T("A process began to fetch a token, and its result was never saved: the process died, or the answer was lost. The old token may be dead.", "有进程开始获取 token，但没有保存结果：进程已退出，或应答丢失。旧 token 可能已失效。"),
		show.T("Nothing, if this passes within a minute: the next call fetches a new token. If it comes back, look for processes that are killed.", "一分钟内恢复则无需处理：下一次调用会获取新 token。如果反复出现，请检查哪些进程被杀掉。"),
	},
	DeadTicket: {
		show.T("The access token works, and the platform refuses what its SIGN ticket signs: somebody with the same token has fetched a newer ticket, or the record is of another appID.",
			"access token 有效，但平台拒绝用 SIGN ticket 签的名：有人用同一 token 获取了更新的 ticket，或记录属于另一个 appID。"),
		show.T("Run doctor --mint. If it comes back, look for a system that takes the token from this store and fetches tickets by itself.", "请运行 doctor --mint。如果反复出现，请查找从本存储取 token 后自行获取 ticket 的系统。"),
	},
	WrongProduct: {
		show.T("The platform refuses the service for this appID (66660002): it was opened for another product, was stopped, or the account is in arrears.", "平台拒绝为该 appID 提供服务（66660002）：它开通的是别的产品、已停服，或账户欠费。"),
		show.T("In the console compare the product of the appID with FACEID_PRODUCT and with the calls of the backend, and look at the balance.", "请在控制台核对该 appID 的产品与 FACEID_PRODUCT、后端所调接口是否一致，并查看余额。"),
	},
	RateLimited: {
		show.T("The platform has too many requests of this account or address.", "该账户或地址的请求过于频繁。"),
		show.T("Wait, and look for a loop that asks without a pause.", "请稍候，并检查是否有不停轮询的循环。"),
	},
	KeyUnknown: {
		show.T("The platform knows no such SecretId.", "平台没有这个 SecretId。"),
		show.T("Compare it with the console (CAM, API keys): it may be deleted, disabled, or of the other site. China and international are two accounts.", "请在控制台（访问管理 → API 密钥）核对：可能已删除、已禁用，或属于另一站点。国内站与国际站是两个账号。"),
	},
	KeyWrong: {
		show.T("The SecretKey does not belong to the SecretId.", "SecretKey 与 SecretId 不匹配。"),
		show.T("Set both from the same row of the console. Look for a blank or a cut at the end.", "请按控制台同一行重新设置两者，注意末尾的空格或截断。"),
	},
	KeyToken: {
		show.T("The token of the temporary credentials is wrong or has ended.", "临时凭证的 token 不正确或已过期。"),
		show.T("Fetch new temporary credentials, and give SecretId, SecretKey and token of one answer. A permanent key has no token.", "请重新获取临时凭证，三者取自同一次应答。长期密钥没有 token。"),
	},
	KeyPermission: {
		show.T("The key is right, and its user may not call the action.", "密钥正确，但所属用户无权调用该接口。"),
		show.T("Grant the sub-account the permission for FaceID in CAM, or use a key of a user who has it.", "请在访问管理（CAM）中为该子账号授予人脸核身的权限，或换用有权限的密钥。"),
	},
	NotActivated: {
		show.T("The account has not the service, owes money, or has not verified itself.", "账号未开通服务、欠费，或未完成实名认证。"),
		show.T("Open the console of FaceID with this account, and do what it asks.", "请用该账号登录人脸核身控制台，按提示处理。"),
	},
	WrongRegion: {
		show.T("The service is not in this region.", "该地域没有此服务。"),
		show.T("Set FACEID_CLOUD_REGION to ap-guangzhou in China, and FACEID_INTL_REGION to one of ap-singapore, ap-hongkong, ap-bangkok, ap-jakarta and sa-saopaulo abroad.",
			"国内请将 FACEID_CLOUD_REGION 设为 ap-guangzhou；国际站请将 FACEID_INTL_REGION 设为 ap-singapore、ap-hongkong、ap-bangkok、ap-jakarta 或 sa-saopaulo。"),
	},
	Unexpected: {
		show.T("The platform refused, and doctor has no rule for this code.", "平台拒绝了请求，doctor 没有针对该错误码的规则。"),
		show.T("faceid explain CODE has what the documents say. Give the serial number to the platform's support.", "请用 faceid explain 查看文档对该错误码的说明，并把流水号提供给平台技术支持。"),
	},
}
