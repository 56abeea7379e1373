package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

type signCmd struct {
	Values    []string `arg:"" optional:"" sep:"none" placeholder:"NAME=VALUE" help:"What is signed, as appId=TIDA0001 version=1.0.0. Without arguments: one per line of the standard input, where names and identity numbers belong."`
	Signature *string  `placeholder:"HEX" help:"A signature to compare with. If it differs, the mistakes that people make are tried, and the one that gives it is named."`
	String    *string  `placeholder:"FILE" help:"A file with the text that another program has hashed, or - for the standard input. The first difference is shown. The text holds the ticket, so it is never printed."`
	People    bool     `help:"Print names, identity numbers and the like, too. Without it their lengths are printed."`
}

func (signCmd) Help() string {
	return `Shows what the platform's signature is made of: all values and the ticket, sorted as Java sorts
strings, joined without a separator, hashed with SHA-1. The ticket is that of FACEID_TICKET, or the
SIGN ticket of the credential store; for a launch or a login page give its NONCE ticket in FACEID_TICKET. The
exit code is 1 if --signature or --string differs.`
}

// part is one part of what is signed.
type part struct {
	Name   string `json:"name"`
	Value  string `json:"value,omitempty"`  // "" for the ticket, which is a secret
	Length int    `json:"length"`           // in bytes
	Hidden bool   `json:"hidden,omitempty"` // it tells of a person, and nobody asked for it
	secret string
}

// Format prints the name, whatever the verb: the value may be a secret or tell of a person.
func (p part) Format(f fmt.State, _ rune) { fmt.Fprint(f, p.Name) }

func (p part) text() string { return p.Value + p.secret }

// signed is the answer of `faceid sign`.
type signed struct {
	Ticket     show.Text   `json:"ticket"` // where the ticket is from
	Parts      []part      `json:"parts"`  // in the order in which they are signed
	Signature  string      `json:"signature"`
	Equal      *bool       `json:"equal,omitempty"`      // what was compared is the same
	Mistake    *show.Text  `json:"mistake,omitempty"`    // what gives the signature that was compared
	Difference *difference `json:"difference,omitempty"` // where the string that was compared differs
}

func (cmd signCmd) Run(c *command) error {
	if cmd.Signature != nil && strings.TrimSpace(*cmd.Signature) == "" || cmd.String != nil && *cmd.String == "" {
		return &usageError{show.T("--signature or --string is empty: nothing would be compared", "--signature 或 --string 为空：没有可比较的内容")}
	}
	values, err := cmd.read(c.in)
	if err != nil {
		return err
	}
	ticket, from, err := c.signTicket()
	if err != nil {
		return err
	}
	s := &signed{Ticket: from, Parts: append(slices.Clone(values), part{Name: "ticket", Length: len(ticket), secret: ticket})}
	slices.SortStableFunc(s.Parts, func(a, b part) int { return javaOrder(a.text(), b.text()) })
	var plain []string
	for _, v := range values {
		plain = append(plain, v.Value)
	}
	s.Signature = faceid.Sign(ticket, plain...)
	if err := cmd.compare(c, s, values, ticket); err != nil {
		return err
	}
	if !cmd.People {
		hidePeople(s.Parts)
	}
	if err := c.Value(s); err != nil {
		return err
	}
	s.print(c)
	if s.Equal != nil && !*s.Equal {
		return errNo
	}
	return nil
}

// personal are the names of values that tell of a person, in small letters without "_".
var personal = []string{"name", "username", "idno", "idcard", "idcardno", "idnumber", "phone", "phoneno", "mobile", "bankcardno", "cardno"}

func hidePeople(parts []part) {
	for i := range parts {
		p := &parts[i]
		if p.Value != "" && slices.Contains(personal, strings.ReplaceAll(strings.ToLower(p.Name), "_", "")) {
			p.Value, p.Hidden = "", true
		}
	}
}

// javaOrder compares as String.compareTo of Java does: by UTF-16 code units.
func javaOrder(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// read reads NAME=VALUE from the arguments, or else from the lines of the input.
func (cmd signCmd) read(in io.Reader) (values []part, err error) {
	lines := cmd.Values
	if len(lines) == 0 {
		if cmd.String != nil && *cmd.String == "-" {
			return nil, &usageError{show.T("--string - takes the standard input, so give the values as arguments", "--string - 占用了标准输入，请用参数给出各值")}
		}
		scan := bufio.NewScanner(in)
		for scan.Scan() {
			if line := strings.TrimRight(scan.Text(), "\r"); line != "" {
				lines = append(lines, line)
			}
		}
		if scan.Err() != nil {
			return nil, scan.Err()
		}
	}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, "=")
		switch {
		case !ok || name == "":
			return nil, &usageError{show.F("%d values are read, and the next is not NAME=VALUE", "已读取 %d 个值，下一个不是 NAME=VALUE 的形式", len(values))}
		case name == "sign" || name == "ticket":
			return nil, &usageError{show.F("%s is not a value that is given: it is made, or comes from FACEID_TICKET", "%s 不应给出：它由计算得到，或来自 FACEID_TICKET", name)}
		case strings.ContainsRune(value, utf8.RuneError): // bytes that are no UTF-8 read so
			return nil, &usageError{show.F("%s is not UTF-8", "%s 不是 UTF-8", name)}
		}
		values = append(values, part{Name: name, Value: value, Length: len(value)})
	}
	if len(values) == 0 {
		return nil, &usageError{show.T("there is nothing to sign", "没有要签名的内容")}
	}
	return values, nil
}

// compare compares with the signature or the string that was given.
func (cmd signCmd) compare(c *command, s *signed, values []part, ticket string) error {
	if cmd.Signature != nil {
		given := strings.TrimSpace(*cmd.Signature)
		equal := strings.EqualFold(given, s.Signature)
		s.Equal = &equal
		if !equal {
			s.Mistake = mistakeOf(given, values, ticket)
		}
	}
	if cmd.String == nil {
		return nil
	}
	in := c.in
	if *cmd.String != "-" {
		f, err := os.Open(*cmd.String)
		if err != nil {
			return &usageError{show.T(err.Error(), err.Error())}
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	other, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return err
	}
	s.Difference = differ(s.Parts, strings.TrimRight(string(other), "\r\n"))
	equal := s.Difference == nil && (s.Equal == nil || *s.Equal)
	s.Equal = &equal
	return nil
}

// difference is where another program's string differs from what must be signed.
type difference struct {
	At   int       `json:"at"`   // the byte of the string, from 1
	Part string    `json:"part"` // the name of the part that should stand there; "" behind the end
	Text show.Text `json:"text"`
}

// differ returns the first difference, or nil. It quotes one character of a value, and
// nothing of the ticket.
func differ(parts []part, other string) *difference {
	at := 0
	for _, p := range parts {
		want := p.text()
		rest := other[at:]
		if strings.HasPrefix(rest, want) {
			at += len(want)
			continue
		}
		same := 0
		for same < len(want) && same < len(rest) && want[same] == rest[same] {
			same++
		}
		for same > 0 && !utf8.RuneStart((rest + "\x00")[same]) {
			same--
		}
		return &difference{at + same + 1, p.Name, p.differs(parts, same, rest)}
	}
	if at == len(other) {
		return nil
	}
	return &difference{at + 1, "", show.F("the string should end there, and goes on for %d bytes", "该处应结束，但后面还有 %d 字节", len(other)-at)}
}

// differs says how rest differs from the part, whose first same bytes are right.
func (p part) differs(parts []part, same int, rest string) show.Text {
	for _, q := range parts { // another part may begin alike
		if q.Name != p.Name && len(q.text()) > same && strings.HasPrefix(rest, q.text()) {
			return show.F("%s should stand there, and %s does: the values are not sorted, or one is missing", "此处应为 %s，实际是 %s：没有排序，或缺少一个值", p.Name, q.Name)
		}
	}
	is := func(text string) string {
		if text == "" {
			return "∅"
		}
		r, _ := utf8.DecodeRuneInString(text)
		return fmt.Sprintf("%q", r)
	}
	if p.secret != "" {
		return show.F("the ticket differs at its byte %d of %d", "ticket 从第 %d 字节起不同（共 %d 字节）", same+1, len(p.secret))
	}
	return show.F("%s differs at its byte %d: it must be %s, and is %s", "%s 从第 %d 字节起不同：应为 %s，实际为 %s", p.Name, same+1, is(p.Value[same:]), is(rest[same:]))
}

func (s *signed) print(c *command) {
	if c.JSON {
		return
	}
	c.Say(show.T("What is signed, in this order and without a separator:", "按以下顺序拼接（没有分隔符）后签名："))
	for i, p := range s.Parts {
		value := p.Value
		if p.secret != "" {
			value = show.F("(a secret of %d characters, %s)", "（密钥，%d 个字符，%s）", p.Length, s.Ticket.In(c.Lang)).In(c.Lang)
		}
		if p.Hidden {
			value = show.F("(%d bytes, shown with --people)", "（%d 字节，加 --people 才显示）", p.Length).In(c.Lang)
		}
		fmt.Fprintf(c.Out, "  %2d  %-10s  %s\n", i+1, p.Name, cmp.Or(value, "∅"))
	}
	fmt.Fprintf(c.Out, "SHA-1  %s\n", c.Paint(show.Bold, s.Signature))
	switch {
	case s.Equal == nil:
	case *s.Equal:
		fmt.Fprintln(c.Out, c.Paint(show.Good, show.T("What you gave is the same.", "与给出的一致。").In(c.Lang)))
	default:
		fmt.Fprintln(c.Out, c.Paint(show.Bad, show.T("What you gave differs.", "与给出的不一致。").In(c.Lang)))
	}
	if s.Mistake != nil {
		c.Say(*s.Mistake)
	}
	if s.Difference != nil {
		c.Say(show.F("At byte %d: %s", "第 %d 字节：%s", s.Difference.At, s.Difference.Text.In(c.Lang)))
	}
}
