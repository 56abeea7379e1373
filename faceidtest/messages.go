package faceidtest

// messages are the platform's own words for its codes.
var messages = map[string]string{
	"0":        "认证通过",
	"66660004": "无法确认为同一人",
	"66660010": "姓名和身份证不一致，请确认",
	"-5008":    "声音未能识别，请大声慢读一遍数字",
	"-5018":    "未识别到指定动作",
	"-5023":    "光线太强，请到室内识别",
	"999999":   "网络不给力，请稍后重试",
	"66660000": "请求参数异常",
	"66660002": "服务不可用（已欠费或主动停服，请联系技术支持确认）",
	"66660003": "试用版最大刷脸次数已超",
	"66660005": "此证件信息不支持校验",
	"66660011": "未完成认证或认证结果已过期",
	"66660015": "姓名或身份证号格式不正确",
	"66660016": "视频或图片异常",
	"66660017": "验证次数超限",
	"66660018": "操作超时，请退出重试",
	"66660023": "疑似非真人，请确保本人操作且正脸对框",
	"66660035": "未识别到人脸，请确保正脸对框且清晰完整",
	"66660037": "照片出现多张脸",
	"66660041": "脸部有遮挡或闭眼，请重试",
	"66660044": "应用服务版本过低，请升级",
	"66660046": "比对源照片无法处理",
	"66662001": "无此授权结果",
	"66665001": "疑似非真人，请确保本人操作且正脸对框",
	"400101":   "签名校验不通过",
	"400103":   "IP 未加入白名单列表（请线下联系技术支持进行配置）",
	"400106":   "不合法请求",
	"400506":   "请求频率过高，请稍后再试",
	"400600":   "微信下载视频失败，请重试",
	"400601":   "视频或图片异常",
	"400604":   "上传的视频非实时录制，被时间戳校验拦截",

	// These are codes of will.
	"66666004": "音频文件下载失败，请重试",
	"66666006": "意愿表达结果不正确",
	"66666010": "当前订单识别结果不存在",

	// These are codes of ID card OCR. Its own words for 66660015 and 300101 are
	// in idCardWords.
	"66660020": "OCR 结果查询不到",
	"66661001": "请调整角度，保持清晰",
	"66661003": "身份证已失效",
	"66661004": "身份证日期不正确",
	"66661005": "图像解码异常",
	"66661006": "非身份证人像面",
	"66661007": "非身份证国徽面",
	"66661008": "姓名或身份证号未能识别",
	"66661010": "格式有误",
	"66661012": "签发机关未能识别",
	"66661099": "处理失败",

	// These are codes of bank card OCR. Its own words for 66660000 are in
	// bankCardWords.
	"-1304": "参数过长",
	"-9011": "银行卡识别失败",
	"-9012": "银行卡图片模糊",
	"-9013": "不是银行卡",
	"-9014": "银行卡信息不合法",

	// These are codes of NFC.
	"66664002": "ocrCertId 已失效，请校验参数",
	"66664003": "请求频率过高，请稍后重试",
	"66664004": "该 reqId 不存在，请校验参数",
	"66664005": "reqId 已失效或不存在",
	"66664006": "网络不给力,请稍后重试",
	"66664007": "网络不给力,请稍后重试",

	// These are the front-end codes of H5.
	"3001":   "该浏览器不支持视频录制",
	"3002":   "登录态异常，cookie参数缺失",
	"3003":   "人脸核身中途中断",
	"3004":   "无摄像头权限",
	"3005":   "该浏览器不支持实时检测模式",
	"3006":   "该功能仅支持微信环境打开",
	"300101": "报文包体问题",
}

// basicWords are the messages of Basic that differ.
var basicWords = map[string]string{
	"66660023": "请确保本人操作且正脸对框",
	"66665001": "请确保本人操作且正脸对框",
}

// willWords are the messages of will that differ.
var willWords = map[string]string{
	"66660023": "请确保本人操作且正脸对框",
	"66665001": "请确保本人操作且正脸对框",
	"400600":   "【微信】下载视频失败，请重试",
	"3003":     "意愿核身中途中断",
}

// idCardWords are the messages of ID card OCR that differ.
var idCardWords = map[string]string{
	"66660015": "视频或图片异常",
	"300101":   "加解密失败",
}

// bankCardWords are the messages of bank card OCR that differ.
var bankCardWords = map[string]string{
	"66660000": "参数过长",
}

// isFrontEnd reports whether a page gives the code by itself.
func isFrontEnd(code string) bool {
	return oneOf("3001", "3002", "3003", "3004", "3005", "3006", "300101")(code)
}

// pageMessages are the messages that differ on a page.
var pageMessages = map[string]string{
	"400101": "签名不合法",
}

// pageEnglish translates the platform's Chinese words on a page.
var pageEnglish = map[string]string{
	"0":        "Passed",
	"1":        "The form of this page is not right",
	"14":       "This verification is over, or its page was opened before",
	"15":       "The token is too old",
	"16":       "There are no attempts left",
	"1002":     "Suspected fake",
	"2006":     "Name and ID number do not match",
	"2016":     "Not the same person",
	"3001":     "The browser cannot record video",
	"3002":     "This page was finished before, or was never opened",
	"3003":     "The verification was left half-way",
	"3004":     "There is no access to the camera",
	"3005":     "The browser cannot detect in real time",
	"3006":     "This opens inside WeChat only",
	"300101":   "The form of this page is not right",
	"400101":   "The signature is not valid, or was used before",
	"400106":   "The version is not 1.0.0",
	"400506":   "Too many requests",
	"66660000": "A parameter is missing or not right",
	"66660004": "Not the same person",
	"66660010": "Name and ID number do not match",
	"66660017": "Too many attempts",
	"66660018": "Timed out, or entered too late",
	"66660023": "Suspected fake: please do it yourself, and face the screen",
	"66660035": "No face is seen: please face the screen",
	"66665001": "Suspected fake: please do it yourself, and face the screen",
	"66666006": "The answer is not what was agreed",
}
