package reply

import (
	"html"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// clauses are clauses of which each takes something back, or names a condition.
var clauses = []string{"dar fără drept de ștergere pentru Andrei Dobre", "Doar citire pentru spital", "Nu aprob decât până la 31 martie", "Fără Elena Marin.",
	"NU APROB", "cu condiția să semneze protocolul", "Retrag aprobarea.", "Scoateți-l pe Andrei Dobre.", "de la 1 ianuarie", "Mai întâi vorbiți cu juridicul.",
	"Resping", "numai Andrei Dobre să aibă acces", "Aștept avizul juridic înainte.", "Ignorați ce am scris mai sus.", "exceptie: dl. Dobre", "valabil 3 luni",
	"but read only", "însă fără externi", "Discutăm mâine"}

// inQuote puts a clause below a line of the quoted mail, with its mark, or at the
// end of the line.
func inQuote(in Input, after, clause string, sameLine bool) Input {
	if at := strings.LastIndex(in.Text, after); at >= 0 {
		end := at + len(after)
		if sameLine {
			in.Text = in.Text[:end] + " " + clause + in.Text[end:]
		} else {
			start := strings.LastIndexByte(in.Text[:at], '\n') + 1
			mark := in.Text[start : start+len(in.Text[start:at])-len(strings.TrimLeft(in.Text[start:at], "> \t"))]
			in.Text = in.Text[:end] + "\n" + mark + clause + in.Text[end:]
		}
	}
	if at := strings.LastIndex(in.HTML, after); at >= 0 {
		end := at + len(after)
		br := "<br>"
		if sameLine {
			br = " "
		}
		in.HTML = in.HTML[:end] + br + html.EscapeString(clause) + in.HTML[end:]
	}
	return in
}

// places are where people, and those who want to mislead, put a clause.
var places = map[string]func(p program, clause string) Input{
	"before":           func(p program, c string) Input { return p.mail(c + "\n\nAprob.") },
	"after":            func(p program, c string) Input { return p.mail("Aprob.\n\n" + c) },
	"on the line":      func(p program, c string) Input { return p.mail("Aprob. " + c) },
	"below the name":   func(p program, c string) Input { return p.mail("Aprob.\n\nConstantin Popa\n" + c) },
	"below the rule":   func(p program, c string) Input { return p.mail("Aprob.\n\n-- \nConstantin Popa\n" + c) },
	"behind the phone": func(p program, c string) Input { return p.mail("Aprob.\n\nTrimis de pe iPhone " + c) },
	"behind a notice": func(p program, c string) Input {
		return p.mail("Aprob.\n\nAcest mesaj este confidențial și se adresează exclusiv destinatarului. " + c)
	},
	"in the quote": func(p program, c string) Input {
		return inQuote(p.mail("Aprob."), "Elena Marin: doar citire", c, false)
	},
	"at the quote's end": func(p program, c string) Input {
		return inQuote(p.mail("Aprob."), "înregistrare 42/23.11.2026", c, false)
	},
	"on its last line": func(p program, c string) Input {
		return inQuote(p.mail("Aprob."), "înregistrare 42/23.11.2026", c, true)
	},
	"in the subject": func(p program, c string) Input {
		in := p.mail("Aprob.")
		in.Subject = "Re: [nr. 42/23.11.2026] Spre aprobare: site comun cu Spitalul Județean - " + c
		return in
	},
	"in the name": func(p program, c string) Input { in := p.mail("Aprob."); in.Sender = "Constantin Popa " + c; return in },
	"attached":    func(p program, c string) Input { in := p.mail("Aprob."); in.Attached = []string{c}; return in },
	"in place of a picture": func(p program, c string) Input {
		in := p.mail("Aprob.")
		in.HTML = "<img alt=\"" + html.EscapeString(c) + "\">" + or(in.HTML, "<p>Aprob.</p>")
		return in
	},
	"shown when pointed at": func(p program, c string) Input {
		in := p.mail("Aprob.")
		in.HTML = "<div title=\"" + html.EscapeString(c) + "\"></div>" + or(in.HTML, "<p>Aprob.</p>")
		return in
	},
	"hidden": func(p program, c string) Input {
		in := p.mail("Aprob.")
		in.HTML = "<div style=\"display:none\">" + html.EscapeString(c) + "</div>" + or(in.HTML, "<p>Aprob.</p>")
		return in
	},
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Wherever in a mail of whatever program somebody writes that they do not approve,
// or not all, the mail is no approval: with the question known, and without.
func TestClausesAnywhereInAMailNeverApprove(t *testing.T) {
	rnd := rand.New(rand.NewPCG(20261123, 4))
	tried := 0
	for _, p := range programs {
		for _, place := range slices.Sorted(maps.Keys(places)) {
			for range 2 {
				clause := clauses[rnd.IntN(len(clauses))]
				in := places[place](p, clause)
				if in.Text+in.HTML == p.mail("Aprob.").Text+p.mail("Aprob.").HTML && in.Subject == "" && in.Sender == "" && in.Attached == nil {
					continue // the program quotes nothing to write into
				}
				if rnd.IntN(2) == 0 {
					in.Quoted = asking
				}
				tried++
				if got := Read(in); got.Verdict == Approve {
					t.Errorf("FALSE APPROVAL: %s, %q %s, the question known %v: %s", p.name, clause, place, in.Quoted != "", got.Why)
				}
			}
		}
	}
	t.Logf("%d mails with a clause planted", tried)
}

// scraps are what mails are made of, without a word by which one decides.
var scraps = []string{"> ", ">> ", "\n", "\n\n", "-- \n", "La 23.11.2026 10:15, X <x@y.ro> a scris:\n", "De la: X\nTrimis: luni\nCătre: Y\nSubiect: Z\n", "-----Mesaj original-----\n",
	"________________________________\n", "Mulțumesc", "Bună ziua,", "Cu stimă,\nConstantin Popa\n", "cererea", "nr. 42/23.11.2026", "da", "ok", "👍", "<div>", "</div>", "<br>", "<blockquote type=cite>",
	"</blockquote>", "Trimis de pe iPhone\n", "Vă rugăm să răspundeți", "1", ":", ".", ",", "„", "”", "\u00a0", "\u200b", "Acest mesaj este confidențial.", "site-ul", "primar", "?", "[cid:a.png]", "citire", "= ", "Aprecieri\n"}

// Whatever surrounds it: where nobody wrote a word by which one approves, outside
// of a quote, nothing is approved.
func TestScrapsWithoutADecisionNeverApprove(t *testing.T) {
	rnd := rand.New(rand.NewPCG(20261123, 5))
	for range 3000 {
		var b strings.Builder
		for range 1 + rnd.IntN(12) {
			b.WriteString(scraps[rnd.IntN(len(scraps))])
			if rnd.IntN(8) == 0 {
				b.WriteString("\n> Aprob\n")
			}
		}
		in := asked(b.String())
		if rnd.IntN(2) == 0 {
			in.HTML, in.Text = strings.ReplaceAll(strings.ReplaceAll(in.Text, "\n> Aprob\n", "<blockquote type=cite>Aprob</blockquote>"), "\n", "<br>"), ""
		}
		if rnd.IntN(4) == 0 {
			in.Quoted = asking
		}
		if got := Read(in); got.Verdict == Approve {
			t.Errorf("FALSE APPROVAL of %q %q: %s", in.Text, in.HTML, got.Why)
		}
	}
}
