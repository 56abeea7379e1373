package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/schollz/progressbar/v3"

	"github.com/faceid-go/faceid/cmd/faceid/internal/fetch"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

// tally counts what came of the orders of a fetch, and shows it while it grows.
type tally struct {
	c       *command
	bar     *progressbar.ProgressBar // nil: nobody looks
	total   int                      // orders
	count   map[fetch.Status]int
	bytes   int64 // of files that this run has stored
	files   int
	absent  int          // orders of which something was not there
	trouble int          // orders without an answer
	rows    []fetch.Item // the orders that are told one by one at the end
	failed  error        // the first error of writing
	stop    func()       // ends the fetch, since nobody would learn of it
}

func newTally(c *command, total int, stop func()) *tally {
	t := &tally{c: c, total: total, stop: stop, count: map[fetch.Status]int{}}
	if show.IsTerminal(c.Err) && !(c.JSON && show.IsTerminal(c.Out)) { // lines of JSON would be written over it
		t.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(c.Err), progressbar.OptionShowCount(), progressbar.OptionFullWidth(),
			progressbar.OptionSetDescription(show.T("fetching", "正在获取").In(c.Lang)), progressbar.OptionUseANSICodes(true),
			progressbar.OptionSetPredictTime(true), progressbar.OptionSetRenderBlankState(true), progressbar.OptionClearOnFinish())
	}
	return t
}

// add takes what came of one order. It is called once at a time.
func (t *tally) add(i fetch.Item) {
	t.count[i.Status]++
	if i.Status == fetch.Fetched {
		t.bytes += i.Bytes()
		t.files += len(i.Files)
	}
	switch {
	case i.Status == fetch.Trouble:
		t.trouble++
	case !i.Complete():
		t.absent++
	}
	if t.c.JSON {
		if err := t.c.Value(i); err != nil && t.failed == nil {
			t.failed = err
			t.stop()
		}
	} else if !i.Complete() {
		t.rows = append(t.rows, i)
	}
	if t.bar != nil {
		_ = t.bar.Add(1) // a bar that cannot be drawn changes nothing
	}
}

// left returns how many orders nobody has asked about.
func (t *tally) left() int {
	n := t.total
	for _, some := range t.count {
		n -= some
	}
	return n
}

// statuses are the statuses in the order of the table.
var statuses = []struct {
	status fetch.Status
	style  show.Style
	name   show.Text
	why    show.Text
}{
	{fetch.Fetched, show.Good, show.T("fetched", "已获取"), show.T("", "")},
	{fetch.Already, show.Good, show.T("there already", "已存在"), show.T("an earlier run or your own system has stored it", "由之前的运行或您自己的系统存入")},
	{fetch.NoResult, show.Warn, show.T("no result", "没有结果"), show.T("the person did not finish, or the 3 days are over", "用户未完成，或已超过 3 天")},
	{fetch.NotYet, show.Warn, show.T("not yet", "尚无结果"), show.T("the person may still try: run this again later", "用户仍可能完成：请稍后再运行")},
	{fetch.Held, show.Warn, show.T("held", "被占用"), show.T("the folder has files and no manifest: another process is at it, or was killed (--take-over)", "目录中有文件但没有 manifest：其他进程正在处理，或曾被强行终止（--take-over）")},
	{fetch.Trouble, show.Bad, show.T("trouble", "出错"), show.T("", "")},
}

// end tells people what was fetched, what was not there, and why.
func (t *tally) end(c *command) {
	if t.bar != nil {
		_ = t.bar.Clear()
	}
	if c.JSON {
		return
	}
	slices.SortFunc(t.rows, func(a, b fetch.Item) int { return strings.Compare(a.Order, b.Order) })
	for _, i := range t.rows {
		t.row(c, i)
	}
	if len(t.rows) > 0 {
		fmt.Fprintln(c.Out)
	}
	for _, s := range statuses {
		if n := t.count[s.status]; n > 0 {
			text := fmt.Sprint(n)
			if s.status == fetch.Fetched {
				text += show.F(" (%d files, %s)", "（%d 个文件，%s）", t.files, bytesOf(t.bytes)).In(c.Lang)
			}
			column(c.Out, c.Paint(s.style, s.name.In(c.Lang)), s.name.In(c.Lang), 15)
			fmt.Fprintln(c.Out, text)
		}
	}
	if n := t.left(); n > 0 {
		name := show.T("not asked about", "未查询").In(c.Lang)
		column(c.Out, c.Paint(show.Warn, name), name, 15)
		fmt.Fprintln(c.Out, n)
	}
}

// row tells of one order that is not complete.
func (t *tally) row(c *command, i fetch.Item) {
	for _, s := range statuses {
		if s.status != i.Status {
			continue
		}
		why := s.why.In(c.Lang)
		switch {
		case i.Status == fetch.Trouble:
			why = show.Clean(i.Trouble)
		case i.Status == fetch.Fetched || i.Status == fetch.Already:
			why = show.F("but not %s: the platform does not have it (%s)", "但没有 %s：平台上没有（%s）", strings.Join(i.Missing, ", "), i.Family).In(c.Lang)
		case i.Status == fetch.NotYet && !i.Again.IsZero():
			why = show.F("the person may still try: run this again after %s", "用户仍可能完成：请在 %s 之后再运行", i.Again.In(chinaTime).Format("15:04:05 UTC+8")).In(c.Lang)
		}
		column(c.Out, i.Order, i.Order, 28)
		column(c.Out, c.Paint(s.style, s.name.In(c.Lang)), s.name.In(c.Lang), 15)
		fmt.Fprintln(c.Out, why)
	}
}

// column writes a cell that takes so many columns of a terminal; plain is its text without
// colours.
func column(w io.Writer, text, plain string, width int) {
	fmt.Fprint(w, text, strings.Repeat(" ", max(0, width-show.Width(plain))), "  ")
}
