package templates

import (
	"html"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"registratura/intake/reply"
)

// questions are the letters that an approver answers, as mails quote them. What a
// hostile form puts into them is another matter: there the quote may look like an
// answer.
func questions(t *testing.T) (mails []Mail, names []string) {
	for _, s := range samples() {
		if slices.Contains([]string{"approval", "reminder", "offer", "ask_again", "confirm_decision"}, s.letter.Name()) && !strings.Contains(s.name, "hostile") {
			mails, names = append(mails, render(t, s.letter)), append(names, s.name)
		}
	}
	return mails, names
}

// quotings are the ways in which mail programs quote a letter below an answer.
var quotings = map[string]func(Mail) reply.Input{
	"marked": func(m Mail) reply.Input {
		return reply.Input{Text: "Aprob\n\nÎn lun., 23 nov. 2026 la 10:15, Registratura <\ncereri-site@primaria.test> a scris:\n\n> " + strings.ReplaceAll(m.Text, "\n", "\n> ")}
	},
	"below a header": func(m Mail) reply.Input {
		return reply.Input{Text: "Aprob\n\nDe la: Registratura <cereri-site@primaria.test>\nTrimis: luni, 23 noiembrie 2026 10:15\nCătre: Constantin Popa\nSubiect: " + m.Subject + "\n\n" + m.Text}
	},
	"HTML, marked": func(m Mail) reply.Input {
		return reply.Input{HTML: `<div dir="ltr">Aprob</div><div class="gmail_quote"><div class="gmail_attr">În lun., 23 nov. 2026 la 10:15, Registratura a scris:</div><blockquote class="gmail_quote">` + m.HTML + `</blockquote></div>`}
	},
	"HTML, below a header": func(m Mail) reply.Input {
		return reply.Input{HTML: `<p>Aprob</p><div id="divRplyFwdMsg"><b>De la:</b> Registratura<br><b>Trimis:</b> luni<br><b>Către:</b> Popa<br><b>Subiect:</b> ` + html.EscapeString(m.Subject) + `</div>` + m.HTML}
	},
}

var (
	action   = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	sentence = regexp.MustCompile(`[.!?]\s|[.!?]$|::|//|\n|\|`)
	letter   = regexp.MustCompile(`[\p{L}\p{N}-]+`)
)

// passages are the sentences, or the parts of them between what differs from mail
// to mail, that the questions say. Shorter ones could be an answer's, too.
func passages(t *testing.T) []string {
	const least = 4 // words
	var out []string
	for _, file := range []string{"shared.tmpl", "mails/approval.tmpl", "mails/reminder.tmpl", "mails/offer.tmpl", "mails/ask_again.tmpl", "mails/confirm_decision.tmpl"} {
		source, err := mailFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(action.ReplaceAllString(string(source), "\n"), "**", "")
		for _, s := range sentence.Split(text, -1) {
			s = strings.Trim(s, " \t#!>~-—,;:.")
			if len(letter.FindAllString(s, -1)) >= least && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

func TestWhatQuestionsSayIsKnownToTheReader(t *testing.T) {
	const file, mark = "../intake/reply/letters.txt", "# From the templates, by \"go test ./templates -update\".\n\n"
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	byHand, known, ok := strings.Cut(string(kept), mark)
	want := strings.Join(passages(t), "\n") + "\n"
	switch {
	case !ok:
		t.Fatalf("%s has no line %q", file, mark)
	case *update:
		if err := os.WriteFile(file, []byte(byHand+mark+want), 0o644); err != nil {
			t.Fatal(err)
		}
	case known != want:
		t.Errorf("%s is not what the templates say (run with -update)", file)
	}
}

// The desk's letters must be known as such where they are quoted; what they say
// that an answer could say stands in letters.txt of package reply.
func TestAnswersAreUnderstoodAboveEachQuestion(t *testing.T) {
	mails, names := questions(t)
	for i, m := range mails {
		for how, quote := range quotings {
			in := quote(m)
			in.Subject = "Re: " + strings.TrimPrefix(m.Subject, "Re: ")
			for _, known := range []string{"", m.Text} {
				in.Quoted = known
				if got := reply.Read(in); got.Verdict != reply.Approve {
					t.Errorf("%s, %s, letter known %v: %s (%s); add what it says to intake/reply/letters.txt", names[i], how, known != "", got.Verdict, got.Why)
					for _, s := range got.Trace {
						if strings.HasPrefix(s.Rule, "R1: stands") {
							t.Logf("line %d: %q", s.Line, s.Text)
						}
					}
				}
			}
		}
	}
}

// Whoever writes into the quote, or below it, has not just approved.
func TestClausesInAQuotedQuestionEndTheApproval(t *testing.T) {
	clauses := []string{"dar fără drept de ștergere", "Doar citire pentru Școala nr. 11", "NU APROB", "Mai întâi vorbiți cu juridicul.", "de la 1 ianuarie", "Fără Dan Șerban", "Retrag ce am scris"}
	tried := 0
	mails, names := questions(t)
	for i, m := range mails {
		lines := strings.Split(strings.TrimRight(m.Text, "\n"), "\n")
		for n := i % 4; n < len(lines); n += 4 { // a quarter of the lines of each letter
			clause := clauses[n%len(clauses)]
			planted := slices.Insert(slices.Clone(lines), n+1, clause)
			how := []string{"marked", "below a header"}[n%2]
			switch n / 4 % 3 {
			case 1:
				planted = slices.Insert(slices.Clone(lines), n+1, "", clause, "")
			case 2:
				planted = slices.Replace(slices.Clone(lines), n, n+1, lines[n]+" "+clause)
			}
			changed := m
			changed.Text = strings.Join(planted, "\n")
			in := quotings[how](changed)
			in.Quoted = m.Text
			tried++
			if got := reply.Read(in); got.Verdict == reply.Approve {
				t.Errorf("FALSE APPROVAL: %s, %s, the letter known, %q on line %d below %q", names[i], how, clause, n+1, lines[n])
			}
			// Not knowing the letter, what stands on a line of the form, or in what
			// the letter repeats of an earlier answer, is believed.
			if strings.Count(strings.Join(lines[:n+1], ""), "„") > strings.Count(strings.Join(lines[:n+1], ""), "”") {
				continue
			}
			in.Quoted = ""
			if got := reply.Read(in); got.Verdict == reply.Approve && n/4%3 != 2 {
				t.Errorf("FALSE APPROVAL: %s, %s, the letter not known, %q on line %d below %q", names[i], how, clause, n+1, lines[n])
			}
		}
	}
	t.Logf("%d quotes with a clause in them", tried)
}
