package faceidtest

import (
	"fmt"
	"html"
	"net/http"
	"strings"
)

const pageHead = `<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<style>
body { font: 1.05rem/1.6 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 0 auto; max-width: 26rem; padding: 1.5rem }
h1 { font-size: 1.4rem }
button, .back { display: block; box-sizing: border-box; width: 100%%; min-height: 3rem; margin: .6rem 0; padding: .6rem 1rem; font: inherit; text-align: left; color: #0b3d91; background: #f2f5fb; border: 1px solid #7c93bf; border-radius: .5rem; text-decoration: none }
button.first, .back { color: #fff; background: #0b5cd5; border-color: #0b5cd5 }
button:focus-visible, .back:focus-visible { outline: 3px solid #f5a623 }
small { color: #555 }
code { font-size: 1rem }
</style>
</head>
<body>
`

const pageFoot = "</body>\n</html>\n"

// page makes a page of trusted markup under a plain title.
func page(title, main string) []byte {
	return []byte(fmt.Sprintf(pageHead, html.EscapeString(title)) + main + pageFoot)
}

// loginPage lets a person choose how the verification ends, among the endings
// that this order can have.
func loginPage(key string, o *order) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<main>
<h1>%s</h1>
<p>订单 <code>%s</code></p>
`, o.product.title, html.EscapeString(o.no))
	for _, r := range o.rounds {
		fmt.Fprintf(&b, "<p>问：%s<br>答：%s</p>\n", html.EscapeString(r.question), html.EscapeString(r.answer))
	}
	fmt.Fprintf(&b, `<p>这里没有摄像头。请选择本次核身如何结束。</p>
<form method="post" action="%s">
<input type="hidden" name="page" value="%s">
`, pathFinish, html.EscapeString(key))
	for i, e := range endings {
		if o.cannotEnd(e.make(), inBrowser) != "" {
			continue
		}
		class := ""
		if i == 0 {
			class = ` class="first"`
		}
		fmt.Fprintf(&b, "<button%s name=\"ending\" value=\"%s\">%s</button>\n", class, e.name, e.label)
	}
	b.WriteString("<button name=\"ending\" value=\"scripted\">按脚本结束</button>\n</form>\n</main>\n")
	return page(o.product.title, b.String())
}

// resultPage stands between the end and the way back, unless resultType is 1.
func resultPage(code, message, back string) []byte {
	return page("核身结果", fmt.Sprintf(`<main data-result="%s">
<h1>%s</h1>
<p><small>代码 %s</small></p>
<p><a class="back" href="%s">返回商户</a></p>
</main>
`, html.EscapeString(code), html.EscapeString(message), html.EscapeString(code), html.EscapeString(back)))
}

// refusalPage shows a code. Its attributes are for programs.
func refusalPage(r reply) []byte {
	msg := r.msg
	if m, ok := pageMessages[r.code]; ok && msg == messages[r.code] {
		msg = m
	}
	return page("无法继续", fmt.Sprintf(`<main data-code="%s" data-message="%s">
<h1>%s</h1>
<p><small>错误码 %s</small></p>
</main>
`, html.EscapeString(r.code), html.EscapeString(msg), html.EscapeString(msg), html.EscapeString(r.code)))
}

// htmlError is what the front of the platform says when no service does.
func htmlError(status int) reply {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return reply{status: status, kind: typeHTML, raw: []byte("<html>\n<head><title>" + text +
		"</title></head>\n<body>\n<center><h1>" + text + "</h1></center>\n</body>\n</html>\n")}
}
