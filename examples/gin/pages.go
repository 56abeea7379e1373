package main

import (
	"html/template"

	"github.com/gin-gonic/gin"

	"github.com/faceid-go/faceid"
)

// A page is the form, the result, or a message.
type page struct {
	Title, Text string
	Products    []faceid.Product // of the form
	Outcome     *outcome
	Again       bool // the person may go to the login page again
}

var advice = map[faceid.Remedy]string{
	faceid.RemedyReenter:      "请重新开始核身。 Please begin anew.",
	faceid.RemedyAllowCamera:  "请允许使用摄像头，然后重新开始。 Please allow the camera, then begin anew.",
	faceid.RemedyOtherBrowser: "请换一个浏览器。 Please use another browser.",
	faceid.RemedyWeChat:       "请在微信中打开。 Please open this inside WeChat.",
	faceid.RemedyOtherWay:     "此浏览器无法录制，请换其他方式。 This browser cannot record: please verify in another way.",
}

const layoutName = "page"

// html/template escapes all that the platform says.
var layout = template.Must(template.New(layoutName).Parse(`<!DOCTYPE html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}</title>
<h1>{{.Title}}</h1>
{{with .Outcome}}<p>{{.Message}}</p><p>{{.Gloss}}</p><p>计费 Charged: {{.Charged}}</p>{{end}}
{{with .Text}}<p>{{.}}</p>{{end}}
{{if .Again}}<form method="post" action="/again"><button>再次进入 Enter again</button></form>{{end}}
{{if .Products}}<form method="post" action="/verify">
<p><label>产品 Product <select name="product">{{range .Products}}<option>{{.}}</option>{{end}}</select></label>
plus、enhanced：手机浏览器 mobile browser；basic：电脑浏览器 PC browser</p>
<p><label>姓名 Name <input name="name" required autocomplete="off"></label></p>
<p><label>证件号 ID number <input name="idNo" required autocomplete="off"></label></p>
<p><button>开始核身 Start</button></p>
</form>{{else}}<p><a href="/result">结果 Result</a> <a href="/">重新开始 Begin anew</a></p>{{end}}
</html>
`))

func (s *service) show(c *gin.Context, status int, p page) {
	if p.Again || p.Products != nil {
		// From a no-referrer page a browser posts "Origin: null", and an older one
		// sends nothing else that would tell our own form from a foreign one.
		c.Header("Referrer-Policy", "same-origin")
	}
	c.HTML(status, layoutName, p)
}
