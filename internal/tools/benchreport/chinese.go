package main

import "strings"

// chineseOf has the Chinese of every cell that consists of words.
var chineseOf = map[string]string{
	// heads
	"commit": "提交", "machine": "机器", "cores": "核数", "command": "命令",
	"what": "项目", "measured": "实测", "target": "目标", "verdict": "结论",
	"way": "方式", "time": "时间", "allocated": "分配", "allocations": "分配次数", "spread": "离散度",
	"callers": "调用方", "at first, per second": "起初，每秒", "later, per second": "之后，每秒",
	"CPU time of the client": "客户端 CPU 时间", "new connections per verification": "每次核身的新连接",
	"callers at once": "同时调用", "size": "大小", "orders/s": "订单/秒",
	"looks until its end": "结束前的查看次数", "bytes in SQLite": "SQLite 中的字节数",
	"at the order": "到第几单", "a request": "一次请求", "heap": "堆",
	"what the answer is full of":                         "应答中充满了什么",
	"decisions (× WithMaxAnswerText)":                    "判定（× WithMaxAnswerText）",
	"other calls (× WithMaxAnswer)":                      "其他调用（× WithMaxAnswer）",
	"holds":                                              "达标",
	"MISSED":                                             "未达标",
	"a video kept as bytes: time":                        "视频保存为字节：时间",
	"the same: time of encoding-json":                    "同上：encoding-json 的时间",
	"the same: allocated bytes":                          "同上：分配的字节",
	"a video into an io.Writer: time":                    "视频写入 io.Writer：时间",
	"the same: allocated bytes beyond read-then-decode":  "同上：比 read-then-decode 多分配的字节",
	"a video over TLS: time":                             "经 TLS 的视频：时间",
	"a video with escapes: time":                         "带转义的视频：时间",
	"64 videos at once: heap":                            "同时 64 个视频：堆",
	"64 callers: CPU time":                               "64 个调用方：CPU 时间",
	"8 to 512 callers: most CPU time":                    "8 至 512 个调用方：最多的 CPU 时间",
	"512 callers, later: verifications per second":       "512 个调用方，之后：每秒核身次数",
	"a small query, in turn with net-http: time":         "小查询，与 net-http 轮流：时间",
	"a small query: allocations":                         "小查询：分配次数",
	"SignTicket while it is fresh: time":                 "SignTicket，凭证新鲜时：时间",
	"SignTicket while it is fresh: allocations":          "SignTicket，凭证新鲜时：分配次数",
	"SignTicket, from one caller to two: change of time": "SignTicket，从一个调用方到两个：时间的变化",
	"Sign: allocations":                                  "Sign：分配次数",
	"a hostile answer: most allocated bytes":             "恶意应答：最多分配的字节",
	"StartH5 with a token at hand: allocations":          "StartH5，token 已就绪：分配次数",
	"StartH5 with a token at hand: time":                 "StartH5，token 已就绪：时间",
	"the simulator over a port: time of a request":       "经端口的模拟器：一次请求的时间",
	"the simulator at order 1,000,000: time":             "模拟器到第 1,000,000 单：时间",
	"the simulator at order 1,000,000: heap":             "模拟器到第 1,000,000 单：堆",
	"evidence of an order with a 1 MiB video: time":      "一个订单的存证，含 1 MiB 视频：时间",
	// what hostile answers are full of
	"a list of `{}` where the answer has attempts":          "一个全是 `{}` 的列表，在应答放置各次尝试的位置",
	"a list of `null` there":                                "同一位置，一个全是 `null` 的列表",
	"a list of objects with one member there":               "同一位置，一个全是单成员对象的列表",
	"a list of numbers there":                               "同一位置，一个全是数字的列表",
	"members whose names are all different":                 "名字各不相同的成员",
	"the same in an object of the answer":                   "同上，在应答的某个对象里",
	"one name that consists of escapes":                     "一个全由转义组成的名字",
	"members with such names, each as long as is allowed":   "带有这种名字的成员，每个都达到允许的长度",
	"lists in lists, as many as fit":                        "列表套列表，能放多少放多少",
	"objects in objects, as many as fit":                    "对象套对象，能放多少放多少",
	"many lists in lists, each as deep as is allowed":       "许多列表套列表，每个都达到允许的深度",
	"a list of numbers":                                     "一个全是数字的列表",
	"one number of millions of digits":                      "一个几百万位的数字",
	"one text of letters":                                   "一段字母文本",
	"one text of escapes":                                   "一段全是转义的文本",
	"Chinese texts":                                         "中文文本",
	"an error whose message repeats the name that was sent": "一个错误，其消息反复出现请求里的姓名",
	"blanks":                              "空白",
	"a list of empty files":               "一个全是空文件的列表",
	"a list of files that are not base64": "一个列表，其中的文件都不是 base64",
	"a list of files of one byte":         "一个列表，其中的文件都只有一个字节",
}

// chineseEnds has the Chinese of the words that follow a figure, with the bracket that may
// stand behind them.
var chineseEnds = [][2]string{
	{" × the video)", " × 视频大小)"},
	{" × the videos)", " × 全部视频大小)"},
	{" × the video", " × 视频大小"},
	{" × the videos", " × 全部视频大小"},
	{" × without escapes", " × 无转义时"},
	{" × the least", " × 最少时"},
	{" × the change of time.Now", " × time.Now 的变化"},
	{" × the bound of the call", " × 该调用的上限"},
	{" × that at order 10,000", " × 第 10,000 单时"},
	{" per call", " 次（每次调用）"},
	{" per launch", " 次（每次启动）"},
	{" and changes", "，另有改动"},
}

// inChinese returns the table with its words in Chinese. Figures, and the names of ways and
// functions, stay.
func (t table) inChinese() table {
	cells := func(row []string) (all []string) {
		for _, cell := range row {
			all = append(all, inChinese(cell))
		}
		return all
	}
	translated := table{name: t.name, title: t.title, head: cells(t.head)}
	for _, row := range t.rows {
		translated.rows = append(translated.rows, cells(row))
	}
	return translated
}

func inChinese(cell string) string {
	if chinese, ok := chineseOf[cell]; ok {
		return chinese
	}
	for _, end := range chineseEnds {
		if figure, ok := strings.CutSuffix(cell, end[0]); ok {
			return figure + end[1]
		}
	}
	return cell
}
