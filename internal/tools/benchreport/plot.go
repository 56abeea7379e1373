package main

import (
	"fmt"
	"math"
	"strings"
)

// The plot has a white background of its own, so that it can be read on a light page
// and on a dark one. Every way has a mark and a colour that colour-blind people can
// tell apart.
const (
	plotWidth, plotHeight   = 960, 440
	panelWidth, panelHeight = 370, 270
	panelTop                = 96
)

// looks says how the line of each way is drawn.
var looks = map[string]struct {
	label, color, dash, mark string // the mark is a path around 0,0
}{
	"faceid":           {"faceid, into bytes", "#0059b3", "", "M-4,-4H4V4H-4Z"},
	"faceid-writer":    {"faceid, to a writer", "#007a4d", "", "M0,-5L5,4H-5Z"},
	"encoding-json":    {"encoding/json", "#c2410c", "", "M0,-5L5,0L0,5L-5,0Z"},
	"read-then-decode": {"read-then-decode", "#555555", "5 4", "M-4,0A4,4 0 1 0 4,0A4,4 0 1 0 -4,0Z"},
}

// plot draws time and memory against the size of the video. All axes are
// logarithmic.
func plot(r *results) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, 'DejaVu Sans', Arial, sans-serif" font-size="12" fill="#222222">
<title>Time and allocated bytes to fetch a face record, by the size of its video</title>
<rect x="1" y="1" width="%d" height="%d" rx="8" fill="#ffffff" stroke="#c8c8c8"/>
`, plotWidth, plotHeight, plotWidth-2, plotHeight-2)
	for i, way := range growthWays {
		x, look := 60+i*220, looks[way]
		fmt.Fprintf(&b, `<path d="M%d,32h36" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`, x, look.color, look.dash)
		fmt.Fprintf(&b, `<path d="%s" transform="translate(%d,32)" fill="%s"/><text x="%d" y="36">%s</text>`+"\n", look.mark, x+18, look.color, x+44, look.label)
	}
	newPanel(r, 90, "Time of one fetch", "ns/op", duration).draw(&b)
	newPanel(r, 560, "Allocated by one fetch", "B/op", size).draw(&b)
	b.WriteString("</svg>\n")
	return b.String()
}

// panel is one diagram. Its values lie between two powers of its step.
type panel struct {
	left      int
	title     string
	show      func(float64) string
	step      float64 // 10, or 1024 for bytes in steps of 32
	low, high int
	values    map[string][]float64
}

// newPanel returns the diagram of one unit.
func newPanel(r *results, left int, title, unit string, show func(float64) string) *panel {
	p := &panel{left: left, title: title, show: show, step: 10, values: map[string][]float64{}}
	if unit == "B/op" {
		p.step = 32
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, way := range growthWays {
		for _, g := range growthSizes {
			v := r.of("Growth/"+way+"/"+g, unit)
			if v > 0 {
				low, high = min(low, v), max(high, v)
			}
			p.values[way] = append(p.values[way], v)
		}
	}
	if low <= high {
		p.low, p.high = int(math.Floor(p.log(low))), int(math.Ceil(p.log(high)))
	}
	p.high = max(p.high, p.low+1)
	return p
}

// log returns the logarithm of a value to the base of the panel's step.
func (p *panel) log(v float64) float64 { return math.Log(v) / math.Log(p.step) }

// x returns the place of a size from left to right.
func (p *panel) x(i int) float64 {
	at := func(i int) float64 { return math.Log2(bytesOf(growthSizes[i])) }
	last := len(growthSizes) - 1
	return float64(p.left) + panelWidth*(at(i)-at(0))/(at(last)-at(0))
}

// y returns the place of a value from the top.
func (p *panel) y(v float64) float64 {
	return panelTop + panelHeight*(float64(p.high)-p.log(v))/float64(p.high-p.low)
}

// draw writes the frame, the grid and the lines.
func (p *panel) draw(b *strings.Builder) {
	right, bottom := p.left+panelWidth, panelTop+panelHeight
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text>`+"\n", p.left, panelTop-18, p.title)
	for n := p.low; n <= p.high; n++ {
		v := math.Pow(p.step, float64(n))
		fmt.Fprintf(b, `<path d="M%d,%.1fH%d" stroke="#dddddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			p.left, p.y(v), right, p.left-8, p.y(v)+4, p.show(v))
	}
	for i, g := range growthSizes {
		fmt.Fprintf(b, `<path d="M%.1f,%dV%d" stroke="#eeeeee"/><text x="%.1f" y="%d" text-anchor="middle" font-size="11">%s</text>`+"\n",
			p.x(i), panelTop, bottom, p.x(i), bottom+20, strings.Replace(strings.Replace(g, "KB", " KB", 1), "MB", " MB", 1))
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">size of the video (both axes logarithmic)</text>`+"\n", (p.left+right)/2, bottom+44)
	for _, way := range growthWays {
		p.line(b, way)
	}
}

// line writes the line of a way, with a mark at each value.
func (p *panel) line(b *strings.Builder, way string) {
	look := looks[way]
	var points, marks strings.Builder
	for i, v := range p.values[way] {
		if v > 0 {
			fmt.Fprintf(&points, "%.1f,%.1f ", p.x(i), p.y(v))
			fmt.Fprintf(&marks, `<path d="%s" transform="translate(%.1f,%.1f)"/>`, look.mark, p.x(i), p.y(v))
		}
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/><g fill="%s">%s</g>`+"\n",
		strings.TrimSpace(points.String()), look.color, look.dash, look.color, marks.String())
}

// bytesOf reads a size such as 64KB.
func bytesOf(text string) float64 {
	var n float64
	var unit string
	_, _ = fmt.Sscanf(text, "%g%s", &n, &unit) // growthSizes are the only texts
	return n * map[string]float64{"KB": 1 << 10, "MB": 1 << 20}[unit]
}
