package templates

import (
	"flag"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"registratura/forms"
	"registratura/intake"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestEveryLetterReadsAsInItsGoldenFiles(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			m := render(t, s.letter)
			golden(t, filepath.Join("testdata", "mails", s.name+".txt"), "Subiect: "+m.Subject+"\n\n"+m.Text)
			golden(t, filepath.Join("testdata", "mails", s.name+".html"), m.HTML)
		})
	}
}

func TestNoGoldenFileIsLeftOver(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "mails", "*"))
	if err != nil {
		t.Fatal(err)
	}
	all := samples()
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		if !slices.ContainsFunc(all, func(s sample) bool { return s.name == name }) {
			t.Errorf("%s belongs to no sample", file)
		}
	}
}

func render(t testing.TB, letter intake.Letter) Mail {
	t.Helper()
	m, err := Render(letter, sampleContext())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is rendered now (run with -update, then look at the difference):\n%s", file, got)
	}
}

func TestEveryLetterHasATemplateAndASampleAndEveryTemplateALetter(t *testing.T) {
	files, err := fs.Glob(mailFiles, "mails/*.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	var templates []string
	for _, f := range files {
		templates = append(templates, strings.TrimSuffix(path.Base(f), ".tmpl"))
	}
	var letters []string
	for _, l := range intake.Letters {
		letters = append(letters, l.Name())
		if !slices.Contains(templates, l.Name()) {
			t.Errorf("letter %q has no template", l.Name())
		}
		if !slices.ContainsFunc(samples(), func(s sample) bool { return s.letter.Name() == l.Name() }) {
			t.Errorf("letter %q has no sample", l.Name())
		}
	}
	for _, name := range templates {
		if !slices.Contains(letters, name) {
			t.Errorf("template %q has no letter", name)
		}
	}
}

func TestSubjectsAreOneLineAndCarryTheNumber(t *testing.T) {
	for _, s := range samples() {
		subject := render(t, s.letter).Subject
		if strings.IndexFunc(subject, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) >= 0 ||
			subject != strings.Join(strings.Fields(subject), " ") || utf8.RuneCountInString(subject) > maxSubject {
			t.Errorf("%s: the subject is %q", s.name, subject)
		}
		r, _ := fieldsOf(s.letter, Context{})["Request"].(*intake.Request)
		if has := strings.Contains(subject, "[nr. 42/23.11.2026]"); has != (r != nil) {
			t.Errorf("%s: the subject is %q", s.name, subject)
		}
	}
}

func TestLettersUseCommaBelow(t *testing.T) {
	files, err := filepath.Glob("mails/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "shared.tmpl", "words.go", "mails.go") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(string(text), "şţŞŢ") {
			t.Errorf("%s has an ş or ţ with cedilla", file)
		}
	}
}

func TestLinesOfTextAreShort(t *testing.T) {
	for _, s := range samples() {
		for line := range strings.SplitSeq(render(t, s.letter).Text, "\n") {
			if utf8.RuneCountInString(line) > textWidth && len(strings.Fields(line)) > 1 {
				t.Errorf("%s: a line of %d characters: %s", s.name, utf8.RuneCountInString(line), line)
			}
		}
	}
}

// A mail program may quote our mail without any mark. Its lines must not look
// like somebody's answer then.
func TestWordsAskedForNeverStandAlone(t *testing.T) {
	alone := regexp.MustCompile(`(?m)^\W*(APROB|RESPING|CONFIRM|NU)\W*$`)
	for _, s := range samples() {
		m := render(t, s.letter)
		if found := alone.FindString(m.Text); found != "" {
			t.Errorf("%s: in the text stands the line %q", s.name, found)
		}
		for _, line := range htmlLines(t, m.HTML) {
			if alone.MatchString(line) {
				t.Errorf("%s: in the HTML stands the line %q", s.name, line)
			}
		}
	}
}

func TestQuestionsBeginWithTheReplyLineAndNothingElseDoes(t *testing.T) {
	asks := []string{"approval", "closing_question", "reminder", "offer", "ask_again", "confirm_decision", "confirm_request", "work_order", "confirm_work",
		"address_failed", "cannot_correct", "review"}
	for _, s := range samples() {
		m := render(t, s.letter)
		first, _, _ := strings.Cut(m.Text, "\n")
		want := slices.Contains(asks, s.letter.Name()) || s.name == "closing_undone-suspended" // which a yes answers
		if got := strings.Contains(first, intake.ReplyLine); got != want {
			t.Errorf("%s: the first line is %q", s.name, first)
		}
		if n := strings.Count(m.Text, intake.ReplyLine); want && n != 1 || !want && n != 0 {
			t.Errorf("%s: the reply line stands there %d times", s.name, n)
		}
		if lines := htmlLines(t, m.HTML); strings.Contains(lines[0], intake.ReplyLine) != want {
			t.Errorf("%s: the HTML begins with %q", s.name, lines[0])
		}
	}
}

// blockElements each begin a new line on the screen.
var blockElements = []string{"p", "h2", "li", "td", "th", "tr", "table", "div", "blockquote", "hr", "br", "ul", "ol"}

// htmlLines is the visible text of a page, block by block.
func htmlLines(t *testing.T, page string) []string {
	t.Helper()
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(strings.ReplaceAll(n.Data, "\n", " "))
		case n.Type == html.ElementNode && n.Data == "head":
			return
		}
		block := n.Type == html.ElementNode && slices.Contains(blockElements, n.Data)
		if block {
			b.WriteByte('\n')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if block {
			b.WriteByte('\n')
		}
	}
	walk(parseHTML(t, page))
	var lines []string
	for line := range strings.SplitSeq(b.String(), "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func parseHTML(t testing.TB, page string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTextAndHTMLSayTheSame(t *testing.T) {
	listNumber := regexp.MustCompile(`(?m)^\d+\. `)
	for _, s := range samples() {
		m := render(t, s.letter)
		// the headings of tables stand in the HTML only
		page := regexp.MustCompile(`<th scope="col".*?</th>`).ReplaceAllString(m.HTML, "")
		fromHTML := words(strings.Join(htmlLines(t, page), "\n"))
		fromText := words(listNumber.ReplaceAllString(m.Text, ""))
		if !slices.Equal(fromHTML, fromText) {
			i := 0
			for i < min(len(fromHTML), len(fromText)) && fromHTML[i] == fromText[i] {
				i++
			}
			t.Errorf("%s: from word %d on, the HTML says\n%q\nand the text says\n%q", s.name, i,
				fromHTML[i:min(i+10, len(fromHTML))], fromText[i:min(i+10, len(fromText))])
		}
	}
}

// words leaves out punctuation, which differs between a table and a phrase.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

var (
	allowedElements = []string{"html", "head", "meta", "title", "body", "table", "tbody", "tr", "td", "th", "div", "p", "h2", "ul", "ol", "li",
		"strong", "br", "wbr", "hr", "a", "blockquote", "span"}
	allowedAttributes = []string{"lang", "charset", "name", "content", "style", "role", "width", "cellpadding", "cellspacing", "border", "align",
		"scope", "href", "bgcolor"}
)

func TestHTMLHoldsNothingThatRunsOrIsFetched(t *testing.T) {
	for _, s := range samples() {
		m := render(t, s.letter)
		if len(m.HTML) > 100<<10 { // Gmail cuts mails at about 102 KB
			t.Errorf("%s: the HTML has %d octets", s.name, len(m.HTML))
		}
		for n := range parseHTML(t, m.HTML).Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if !slices.Contains(allowedElements, n.Data) {
				t.Errorf("%s: there is a <%s>", s.name, n.Data)
			}
			for _, a := range n.Attr {
				switch {
				case !slices.Contains(allowedAttributes, a.Key):
					t.Errorf("%s: a <%s> has %s=%q", s.name, n.Data, a.Key, a.Val)
				case a.Key == "style" && strings.Contains(a.Val, "url("):
					t.Errorf("%s: a style fetches %q", s.name, a.Val)
				case a.Key == "href" && !strings.HasPrefix(a.Val, "https://extranet.primariabuzau.ro/"):
					t.Errorf("%s: a link leads to %q", s.name, a.Val)
				}
			}
		}
	}
}

// lettersWith are letters in which what people type is text wherever they can type.
func lettersWith(text string) []intake.Letter {
	const site = "https://extranet.primariabuzau.ro/s/x/"
	r := sampleRequest()
	r.From.Name, r.Department, r.Proven = text, text, ""
	r.Submission = forms.Submission{Requester: text, Department: text, Partner: text, InfoTypes: text, LegalBasis: text,
		ActivationDate: forms.Date{Year: 2026, Month: 12, Day: 15}, Site: text, Reason: text, ArchiveTo: text,
		PartnerUsers: []forms.User{{Name: text, Email: text}}, InternalUsers: []forms.User{{Name: text, Email: text, Rights: forms.RightRead}}}
	r.Plan = intake.MakePlan(&forms.Reading{Submission: r.Submission, Department: text}, r.Number, "x")
	r.Decision = &intake.Decision{Verdict: intake.Reject, Approver: intake.Person{Name: text, Address: text}, Title: text, Reason: text,
		Evidence: text, Rule: text, Origin: text, MailHash: text, At: sampleTime}
	a := intake.Approver{Person: intake.Person{Name: text, Address: text}, Title: text, Salutation: text}
	m := intake.Member{Name: text, Address: text, Side: intake.PartnerSide, Rights: forms.RightRead}
	c := *r
	c.Kind, c.Plan.Closing = forms.Close, &intake.ClosingPlan{}
	kept := intake.Closing{Export: &intake.Export{Place: text, Folder: text, ManifestSHA256: text, KeySHA256: text}, UndoBy: text}
	return []intake.Letter{
		intake.Registered{Request: r, Approver: a},
		intake.Returned{Request: r, Problems: []forms.Problem{{Field: "partner", Sheet: text, Cell: text, Message: text}}},
		intake.ConfirmRequest{Request: r},
		intake.Approval{Request: r, Approver: a, SiteURL: site},
		intake.AskAgain{Request: r, Approver: a, Said: text},
		intake.AskAgain{Request: r, Approver: a, Suspect: intake.OtherSender, From: text},
		intake.ConfirmDecision{Request: r, Approver: a, Verdict: intake.Reject, Reason: text},
		intake.AlreadyDecided{Request: r, Approver: a},
		intake.QuestionClosed{Request: r, Approver: a},
		intake.Approved{Request: r},
		intake.Rejected{Request: r},
		intake.ApprovedForIT{Request: r, SiteURL: site},
		intake.Access{Request: r, Member: m, SiteURL: site, Invitation: intake.Invitation{Link: site}},
		intake.AccessList{Request: r, SiteURL: site},
		intake.ClosingQuestion{Request: &c, Head: a, SiteURL: site, Again: true, Said: text},
		intake.ClosingQuestion{Request: &c, Head: a, SiteURL: site, Again: true, Suspect: intake.OtherSender, From: text},
		intake.ClosingDropped{Request: &c},
		intake.ClosingRefused{Request: &c, Site: c.Plan.Site},
		intake.AccessEnded{Request: &c, Member: m},
		intake.ClosingSaved{Request: &c, SiteURL: site, Closing: kept, Link: site},
		intake.ClosingSaved{Request: &c, ForIT: true, SiteURL: site, Closing: kept},
		intake.ClosingStuck{Request: &c, Err: text},
		intake.ClosingHeld{Request: &c, Closing: kept, Err: text},
		intake.ClosingUndone{Request: &c, ForIT: true, SiteURL: site, Closing: kept},
		intake.AccessResumed{Request: &c, Member: m, SiteURL: site},
		intake.ClosingDone{Request: &c, ForIT: true, Closing: kept},
		intake.NotEntitled{Address: text, Department: text},
		intake.CannotRead{Files: []intake.UnreadableFile{{Name: text}}},
		intake.TooLarge{Subject: text},
		intake.SetAside{From: text, Subject: text, Folder: text},
		intake.Undelivered{Request: r, To: text, Kind: text, Reason: text},
		intake.Stuck{Request: r, Failures: []intake.Failure{{Member: &m, Err: text}}, Differences: []intake.Difference{{Address: text}}, Done: []intake.Member{m}},
		intake.Suspect{Request: r, Approver: a.Person, From: text, Detail: text},
		intake.Disowned{Request: r},
	}
}

// skeleton is a page without its text: every element and attribute in order.
func skeleton(t testing.TB, page string) string {
	t.Helper()
	var b strings.Builder
	for n := range parseHTML(t, page).Descendants() {
		if n.Type == html.ElementNode && n.Data != "wbr" {
			b.WriteString("<" + n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key + "=" + a.Val)
			}
			b.WriteString(">\n")
		}
	}
	return b.String()
}

// checkDataIsData renders a letter with text, and with a harmless word in its
// place: nothing but the words may differ.
func checkDataIsData(t *testing.T, text string, letter, harmless intake.Letter) {
	t.Helper()
	m, err := Render(letter, sampleContext())
	if err != nil {
		t.Fatalf("%s with %q: %v", letter.Name(), text, err)
	}
	for _, s := range []string{m.Subject, m.Text, m.HTML} {
		if bad := strings.IndexFunc(s, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) }); bad >= 0 || !utf8.ValidString(s) {
			t.Errorf("%s: %q leaves an invisible character or broken UTF-8 at %d", letter.Name(), text, bad)
		}
	}
	if strings.Contains(m.Subject, "\n") {
		t.Errorf("%s: the subject is %q", letter.Name(), m.Subject)
	}
	if asData(text) == asData("") {
		return // nothing visible: parts of a mail may be left out
	}
	want := render(t, harmless)
	if got, want := skeleton(t, m.HTML), skeleton(t, want.HTML); got != want {
		t.Errorf("%s: %q changes the page:\n%s", letter.Name(), text, cmp.Diff(want, got))
	}
	paragraphs := func(s string) int { return strings.Count(s, "\n\n") }
	if got, want := paragraphs(m.Text), paragraphs(want.Text); got != want {
		t.Errorf("%s: %q makes %d paragraphs of %d:\n%s", letter.Name(), text, got, want, m.Text)
	}
}

// mischief is one text for each thing that somebody might try.
var mischief = []string{
	"<script>alert(1)</script>", "</td></tr></table><h1>x</h1>", `" onmouseover="alert(1)`, "<!-- x", "&lt;b&gt;", "<a href=\"https://rau.ro\">x</a>",
	"a\nb", "a\r\n\r\nb", "a\rb", "a\u2028\u2029b\u0085c\vd\fe", "\n\nSubiect: fals\n\nAPROB\n\n", "Subiect: fals",
	"# titlu", "- element", "1. element", "! casetă", "> citat", "~ mărunt", "=> x | https://rau.ro", "--", "| a | b |", "a :: b", "a // b", "**a**", "**",
	"<https://rau.ro>", "{{.Desk}}", "{{template \"signature\" .}}", "{{", "}}", "%s%d%!", "\\", "`x`",
	"\u202Etxet\u202C", "\u2066x\u2069", "\u200B\u200D\uFEFF", "\x00\x01\x1b[31m", "\uE000x\uE001y", "\uE001 | x", "\uE000", "\xff\xfe", " ", "\t",
	strings.Repeat("lung ", 400), strings.Repeat("l", 2000), "@", "a@b@c", "https://rau.ro", "www.rau.ro", hostile,
}

func TestNothingTypedIsEverMarkup(t *testing.T) {
	harmless := lettersWith("vorbe")
	for _, text := range mischief {
		for i, letter := range lettersWith(text) {
			checkDataIsData(t, text, letter, harmless[i])
		}
	}
}

func FuzzDataIsNeverMarkup(f *testing.F) {
	for i, text := range mischief {
		f.Add(text, i)
	}
	harmless := lettersWith("vorbe")
	f.Fuzz(func(t *testing.T, text string, which int) {
		i := int(uint(which) % uint(len(harmless)))
		if text != "" { // templates may leave out what is empty
			checkDataIsData(t, text, lettersWith(text)[i], harmless[i])
		}
	})
}

func TestRenderRefusesALetterWithoutTemplate(t *testing.T) {
	if _, err := Render(strangeLetter{}, sampleContext()); err == nil || !strings.Contains(err.Error(), "strange") {
		t.Errorf("the error is %v", err)
	}
}

type strangeLetter struct{}

func (strangeLetter) Name() string { return "strange" }

func TestTimesAreToldInTheDesksZone(t *testing.T) {
	c := sampleContext()
	if got, want := c.When(sampleTime), "luni, 23 noiembrie 2026, ora 10:15"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	c.Location = nil
	if got, want := c.When(sampleTime), "luni, 23 noiembrie 2026, ora 08:15"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestSiteOpensLaterOnlyIfItsDayIsAfterTheDecisions(t *testing.T) {
	c, r := sampleContext(), decided(intake.Approve, "")
	for day, want := range map[int]bool{22: false, 23: false, 24: true} {
		r.Plan.ActivateOn.Month, r.Plan.ActivateOn.Day = 11, day
		if got := c.OpensLater(r); got != want {
			t.Errorf("with the %dth it is %v", day, got)
		}
	}
	// half past eleven at night in UTC is the next day in Buzău
	r.Decision.At = sampleTime.Add(15 * 3600e9)
	r.Plan.ActivateOn.Day = 24
	if c.OpensLater(r) {
		t.Error("the day is not the desk's")
	}
}

func BenchmarkRenderApproval(b *testing.B) {
	letter := intake.Approval{Request: sampleRequest(), Approver: mayor, SiteURL: "https://extranet.primariabuzau.ro/s/x/", Expires: sampleTime}
	ctx := sampleContext()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Render(letter, ctx); err != nil {
			b.Fatal(err)
		}
	}
}
