package reply

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// planted are clauses that limit, deny, put off, doubt, question, report or take
// back, or name another thing. Whatever approval one of them is written into, it
// is none any more. They are an oracle that knows nothing of the grammar.
var planted = map[string][]string{
	"a limit": {"doar citire", "numai intern", "exclusiv pentru angajați", "fără ștergere", "fără Dobre", "fără drept de scriere", "nu și externii", "mai puțin ștergerea", "cu excepția lui Dobre",
		"exceptând partenerii", "minus ștergere", "în afară de Dobre", "parțial", "în parte", "jumătate", "pct. 1", "punctul 2", "primii doi", "primele trei persoane", "maxim 3 utilizatori", "cel mult doi",
		"pentru Elena Marin", "lui Dobre nu", "Dobre nu", "Elenei Marin doar citire", "restul nu", "ceilalți nu", "doi utilizatori", "numai site-ul", "doar crearea", "strict", "limitat", "inclusiv citire", "ștergere", "citire", "scriere", "o parte",
		"nimeni altcineva", "toți în afară de unul", "atât", "pentru interni", "pentru externi", "pentru parteneri", "în limita a 5 GB", "fără externi", "minus externii", "minim", "selectiv", "pe jumătate", "scoateți ștergerea", "excludeți Dobre"},
	"a condition": {"dacă se poate", "dacă juridicul e de acord", "dacă e legal", "dacă", "cu condiția să fie legal", "sub condiție", "condiționat", "sub rezerva avizului", "cu rezerva", "cu rezerve", "cu mențiunea că e provizoriu", "cu precizarea", "cu observații", "cu obiecții",
		"cu modificări", "cu amendamente", "cu avizul juridic", "cu acordul DPO", "cu protocol semnat", "după semnare", "după verificare", "după avizul juridic", "după ce semnează", "după ce am verificat eu", "odată ce e semnat", "imediat ce am protocolul", "când e gata protocolul", "atunci când semnează", "presupunând că e legal", "în măsura posibilului", "în cazul în care", "în condițiile legii",
		"cu respectarea GDPR", "cât timp sunt primar", "atâta timp cât", "numai să nu coste", "să semneze întâi", "să verifice juridicul", "trebuie avizat", "trebuie protocol", "e nevoie de aviz", "necesită aviz", "urmând să semneze", "urmează avizul", "obligatoriu cu aviz", "depinde de juridic", "scuze, greșeală", "la nevoie", "avem nevoie de protocol", "am cerut avizul", "am trimis la juridic", "am rugat juridicul să vadă", "am discutat cu juridicul", "am notat", "scuze", "cer clarificări", "doresc detalii", "aștept detalii", "cât posibil", "necesar protocolul", "important este protocolul", "în condițiile cerute", "pentru serviciul informatică", "sunt condiții", "protocolul semnat", "refaceți cererea", "faceți altă cerere", "completați datele", "pe baza protocolului", "protocol", "conform discuției", "conform celor stabilite", "așa cum am stabilit cu juridicul", "cum am discutat cu juridicul"},
	"a time":         {"mâine", "de mâine", "luni", "de luni", "săptămâna viitoare", "la anul", "de la anul", "din ianuarie", "de la 1 ianuarie", "pe 15", "la 15.01.2027", "24.12.2026", "până vineri", "până la anul", "pe 3 luni", "o lună", "pentru o lună", "timp de o lună", "temporar", "provizoriu", "deocamdată", "momentan", "pentru moment", "pentru început", "pe termen scurt", "după sărbători", "mai târziu", "mai încolo", "ulterior", "cândva", "diseară", "în curând", "nu acum", "nu azi", "abia mâine", "peste o lună", "înainte de sărbători", "de probă", "experimental", "anul viitor", "în 2027"},
	"a doubt":        {"poate", "probabil", "cred", "cred că", "parcă", "aproape", "oarecum", "s-ar putea", "nu știu", "sper", "în principiu", "principial", "ar fi", "aș", "aș vrea", "aș putea", "ar trebui", "tind", "înclin", "nu sunt sigur", "nu prea", "mai mult sau mai puțin", "oare", "cumva", "mă gândesc", "mai vedem", "mai discutăm", "vorbim", "discutăm", "revin", "așteptați", "stați", "nu încă", "încă nu", "să vedem", "teoretic", "preliminar", "orientativ"},
	"a denial":       {"nu", "NU", "nu!", "ba nu", "nici", "niciun", "nicidecum", "deloc", "n-am zis", "nu chiar", "nu cred", "not", "no", "resping", "refuz", "respins", "respingerea", "refuzul", "neaprobat", "dezaprob", "contra", "împotrivă", "în niciun caz", "nici vorbă", "nu mai"},
	"a taking back":  {"de fapt nu", "anulez", "retrag", "m-am răzgândit", "mă răzgândesc", "greșit", "din greșeală", "am greșit", "glumesc", "era o glumă", "ignorați", "nu țineți cont", "corectez", "pardon", "revoc"},
	"a question":     {"?", "da?", "corect?", "cine e Dobre?", "sau?", "bine?", "nu-i așa?", "ok?", "de ce?"},
	"something else": {"concediul", "cererea de concediu", "bugetul", "plata", "alt site", "altă cerere", "cererea nr. 43/23.11.2026", "nr. 43", "43/23.11.2026", "ștergerea site-ului", "închiderea site-ului", "anularea cererii", "amânarea", "propunerea juridicului", "observațiile", "varianta a doua", "punctul de vedere al juridicului", "avizul", "SC-2026-0199"},
	"another's yes":  {"zice viceprimarul", "a spus domnul primar", "domnul primar", "domnul viceprimar aprobă", "dl primar: ", "juridicul", "secretarul zice", "Ionescu zice", "din partea viceprimarului", "în numele primarului", "mi s-a spus să", "m-a rugat să scriu", "ați scris", "scrieți", "răspundeți", "citez", "cine"},
	"an order":       {"verificați lista", "adăugați pe Vasile Pop", "schimbați data", "modificați drepturile", "scoateți-l pe Dobre", "întrebați juridicul", "trimiteți la juridic", "discutați cu IT", "semnați protocolul", "așteptați avizul", "reveniți", "sunați-mă", "treceți pe la mine", "corectați anexa", "ștergeți-l pe Marin", "luați-i ștergerea lui Dobre", "aprobați dumneavoastră", "decide viceprimarul", "mutați data", "atenție la date"},
}

// plant writes a clause into a text at a gap between its words or, below the
// first line, between its lines.
func plant(text, clause string, gap int, marks [2]string) string {
	below := false
	var gaps []int
	for i, r := range " " + text {
		below = below || r == '\n'
		if r == '\n' || r == ' ' && !below {
			gaps = append(gaps, max(i-1, 0))
		}
	}
	gaps = append(gaps, len(text))
	at := gaps[gap%len(gaps)]
	if line, _, _ := strings.Cut(text, "\n"); at > len(line) {
		marks = [2]string{"\n", "\n"}
	}
	return strings.TrimSpace(text[:at] + marks[0] + clause + marks[1] + text[at:])
}

// A clause is planted with marks around it, or none, or on a line of its own.
var plantMarks = [][2]string{{" ", " "}, {", ", ", "}, {". ", ". "}, {" – ", " "}, {"\n", "\n"}, {"\n\n", "\n\n"}, {" (", ") "}, {"; ", " "}, {": ", " "}, {"... ", " "}, {" \"", "\" "}}

var writtenByPrograms = regexp.MustCompile(`(?i)confiden|virus|mediu|EXTERN|trimis|obțineți|expediat|sent |get outlook`)

func TestNoApprovalSurvivesAPlantedClause(t *testing.T) {
	random := rand.New(rand.NewPCG(2026, 11))
	rounds := 6
	var approvals []string
	for _, text := range wordings["approve"] {
		if !writtenByPrograms.MatchString(text) { // into which nobody writes
			approvals = append(approvals, text)
		}
	}
	for _, w := range wordingFiles(t) {
		if w.verdicts[0] == Approve && len(w.verdicts) == 1 {
			approvals = append(approvals, w.text)
		}
	}
	for kind, clauses := range planted {
		for _, clause := range clauses {
			for range rounds {
				text := strings.ReplaceAll(strings.TrimSuffix(approvals[random.IntN(len(approvals))], "?no"), "⏎", "\n")
				written := plant(text, clause, random.IntN(12), plantMarks[random.IntN(len(plantMarks))])
				in := asked(written)
				if random.IntN(3) == 0 {
					in = Input{Text: written, Today: today, Names: in.Names} // as inspect knows it
				}
				if got := Read(in); got.Verdict == Approve {
					t.Errorf("FALSE APPROVAL with %s planted: %q: %s", kind, written, got.Why)
				}
			}
		}
	}
}

// kind are clauses that change nothing, and so no refusal either.
var kind = []string{"da", "ok", "bine", "sigur", "👍", "perfect", "mulțumesc", "vă mulțumesc pentru efort", "o zi bună", "cu plăcere", "desigur", "e în regulă", "totul este în ordine", "cererea este completă",
	"am citit cererea", "în calitate de primar", "prin prezenta", "vă comunic că", "puteți continua", "dați-i drumul", "spor la treabă", "cererea", "crearea site-ului", "integral", "fără rezerve", "doamnă Ionescu", "Constantin Popa",
	"primar", "undă verde", "e o idee bună", "și", "deci", "că", "eu", "hai", "gata", "se poate", "acord", "favorabil"}

func TestNoRefusalSurvivesAsAYes(t *testing.T) {
	random := rand.New(rand.NewPCG(2026, 12))
	refusals := slices.Clone(wordings["reject"])
	for _, w := range wordingFiles(t) {
		if w.verdicts[0] == Reject {
			refusals = append(refusals, w.text)
		}
	}
	for _, refusal := range refusals {
		text := strings.ReplaceAll(refusal, "⏎", "\n")
		for range 8 {
			written := plant(text, kind[random.IntN(len(kind))], random.IntN(12), plantMarks[random.IntN(len(plantMarks))])
			if random.IntN(2) == 0 {
				written = plant(written, kind[random.IntN(len(kind))], random.IntN(12), plantMarks[random.IntN(len(plantMarks))])
			}
			in := asked(written)
			in.AcceptWeak = random.IntN(2) == 0
			if got := Read(in); got.Verdict == Approve {
				t.Errorf("FALSE APPROVAL of a refusal: %q: %s", written, got.Why)
			}
		}
	}
}
