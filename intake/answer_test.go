package intake_test

import (
	"html"
	"slices"
	"strings"
	"testing"

	"registratura/intake"
)

// tampered are clauses that people put where a program would not expect them.
var tampered = []string{"dar fără drept de ștergere", "Doar citire pentru Spitalul Județean", "NU APROB", "Mai întâi vorbiți cu juridicul.",
	"de la 1 ianuarie", "Fără Elena Dobre", "Retrag ce am scris", "Elena Dobre pleacă din instituție", "mai vedem"}

const outlookHeader = "\n\nDe la: Registratura <" + deskAddress + ">\nTrimis: luni, 23 noiembrie 2026 10:15\nCătre: Constantin Popa <" + mayor + ">\nSubiect: "

// quoted is how programs quote the question: marked, and below a header.
func quoted(marked bool, m *intake.Message, lines []string) string {
	if marked {
		return "\n\nPe 23.11.2026 10:00, Registratura a scris:\n> " + strings.Join(lines, "\n> ") + "\n"
	}
	return outlookHeader + m.Subject + "\n\n" + strings.Join(lines, "\n") + "\n"
}

// The desk knows what it asked: whatever else stands in the quote, on a line of its
// own or at the end of one, was written by whoever answers.
func TestClausesInTheQuoteEndTheApproval(t *testing.T) {
	o := newOffice(t)
	id, q := o.asked()
	lines := strings.Split(strings.TrimRight(q.Text, "\n"), "\n")
	for n := 0; n <= len(lines); n += 3 {
		clause := tampered[n/3%len(tampered)]
		for way, with := range map[string][]string{
			"on a line of its own": slices.Insert(slices.Clone(lines), n, clause),
			"at the end of a line": slices.Replace(slices.Clone(lines), max(0, n-1), max(1, n), lines[max(0, n-1)]+" "+clause),
		} {
			marked := (n/3+len(way))%2 == 0
			got := o.handle(o.write(letter{from: mayor, answers: q, unquoted: true, text: "Aprob." + quoted(marked, q, with)}))
			if got.Fate != intake.FateAnswered || o.request(id).Status != intake.StatusAwaitingApproval {
				t.Fatalf("%q %s, %d, marked %v: %+v", clause, way, n, marked, got)
			}
		}
	}
	// The same, with nothing in it.
	if got := o.handle(o.write(letter{from: mayor, answers: q, unquoted: true, text: "Aprob." + quoted(false, q, lines)})); got.Fate != intake.FateDecided {
		t.Errorf("the quote alone: %+v", got)
	}
}

func TestClausesBesideTheAnswerEndTheApproval(t *testing.T) {
	o := newOffice(t)
	id, q := o.asked()
	subject := "Re: " + q.Subject
	below := quoted(false, q, strings.Split(q.Text, "\n"))
	for name, l := range map[string]letter{
		"a condition behind the subject":     {subject: subject + " - doar citire!"},
		"a refusal before the subject":       {subject: "NU APROB: " + subject},
		"a subject of other words":           {subject: "Doar pentru citire"},
		"a subject that names somebody":      {subject: subject + " (Elena Dobre pleacă)"},
		"below the quote":                    {text: "Aprob." + below + "\n\nElena Dobre pleacă la 1 martie", unquoted: true},
		"below the quote, behind its end":    {text: "Aprob." + strings.TrimRight(below, "\n") + " mai vedem", unquoted: true},
		"between header and letter":          {text: "Aprob." + strings.Replace(below, "\n\n— ", "\n\nmai vedem\n\n— ", 1), unquoted: true},
		"in place of a picture":              {text: "Aprob.", html: `<p>Aprob.</p><img alt="fără Elena Dobre">`, unquoted: true},
		"beside an element":                  {text: "Aprob.", html: `<p title="fără Elena Dobre">Aprob.</p>`, unquoted: true},
		"hidden":                             {text: "Aprob.", html: `<p>Aprob.</p><p style="display:none">fără Elena Dobre</p>`, unquoted: true},
		"in the HTML only":                   {text: "Aprob.", html: `<p>Aprob.</p><p>fără Elena Dobre</p>`, unquoted: true},
		"in the HTML of the quote":           {text: "Aprob." + below, html: `<p>Aprob.</p><div id="divRplyFwdMsg"><b>De la:</b> X<br><b>Trimis:</b> luni<br><b>Subiect:</b> ` + html.EscapeString(q.Subject) + `</div><p>` + strings.ReplaceAll(html.EscapeString(q.Text), "\n", "<br>") + `</p><p>mai vedem</p>`, unquoted: true},
		"in the name":                        {fromField: []string{`"Constantin Popa fara Elena Dobre" <` + mayor + `>`}},
		"short words of our letter, in turn": {text: "Aprob." + strings.Replace(below, "\n\n— ", "\n\ndoar citire\n\n— ", 1), unquoted: true},
	} {
		l.answers = q
		if l.fromField == nil {
			l.from = mayor
		}
		if l.text == "" {
			l.text = "Aprob."
		}
		if got := o.handle(o.write(l)); got.Fate != intake.FateAnswered || o.request(id).Status != intake.StatusAwaitingApproval {
			t.Fatalf("%s: %+v", name, got)
		}
	}
	// What programs do to a subject says nothing.
	if got := o.handle(o.write(letter{from: mayor, answers: q, subject: "RE: [EXTERN] " + strings.TrimSuffix(q.Subject, "ean"), text: "Aprob."})); got.Fate != intake.FateDecided {
		t.Errorf("our own subject, cut short and marked: %+v", got)
	}
}

func TestADecisionInTheSubjectAlone(t *testing.T) {
	for subject, want := range map[string]intake.Status{"Aprob": intake.StatusActive, "NU APROB": intake.StatusRejected, "Re: Aprob": intake.StatusAwaitingApproval} {
		o := newOffice(t)
		id, q := o.asked()
		o.handle(o.write(letter{from: mayor, answers: q, subject: subject}))
		if got := o.request(id).Status; got != want {
			t.Errorf("%q: %s, want %s", subject, got, want)
		}
	}
}
