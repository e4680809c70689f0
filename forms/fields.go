package forms

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// field is one question of a form.
type field struct {
	key   string // as in the JSON of [Submission]
	kinds []Kind
	users bool   // a list of people
	long  bool   // may run over several lines
	short string // in Romanian, for messages: "data activării"
	label string // as the blank form asks, after the procedure's own text
	help  string // beside the field in the blank form
	write string // what to write, to somebody who didn't

	// How a label is recognised: it begins with one of the anchors and goes on
	// with words of the source's label. An anchor of one word must be all there
	// is before the value.
	anchors []string
	goesOn  string
}

// fields, in the order of the two forms (procedure 5.2.3 and 5.3).
var fields = []field{
	{
		key: "requester", kinds: []Kind{Create, Close}, short: "numele solicitantului",
		label: "Nume solicitant",
		help:  "Numele și prenumele șefului de departament care face cererea.",
		write: "Scrieți numele și prenumele șefului de departament.",
		anchors: []string{"nume solicitant", "numele solicitantului", "nume si prenume solicitant", "numele si prenumele solicitantului",
			"nume prenume solicitant", "numele complet al solicitantului", "nume sef departament", "numele sefului de departament",
			"solicitant", "solicitantul", "nume solicitantul"},
		goesOn: "nume numele prenume prenumele si solicitant solicitantului sef sefului de departament al care face cererea",
	}, {
		key: "department", kinds: []Kind{Create, Close}, short: "compartimentul care solicită",
		label: "Compartimentul care solicită crearea site-ului",
		help:  "Alegeți din listă direcția sau serviciul dumneavoastră.",
		write: "Scrieți denumirea direcției sau a serviciului, ca în organigramă.",
		anchors: []string{"compartimentul care solicita", "compartiment care solicita", "compartimentul solicitant", "compartiment solicitant",
			"departamentul care solicita", "departament solicitant", "departamentul solicitant", "directia care solicita", "serviciul care solicita",
			"directia serviciul solicitant", "directia solicitanta", "serviciul solicitant", "structura care solicita", "structura solicitanta", "denumirea compartimentului",
			"numele compartimentului", "compartiment", "compartimentul", "departament", "departamentul", "directia", "serviciul"},
		goesOn: "compartimentul compartiment departamentul care solicita crearea stergerea inchiderea siteului site ului solicitant din cadrul primariei",
	}, {
		key: "partner", kinds: []Kind{Create}, short: "instituția parteneră",
		label: "Numele instituției partenere",
		help:  "Denumirea completă a instituției cu care se colaborează.",
		write: "Scrieți denumirea completă a instituției cu care se colaborează.",
		anchors: []string{"numele institutiei partenere", "nume institutie partenera", "institutia partenera", "denumirea institutiei partenere",
			"denumire institutie partenera", "institutie partenera", "numele partenerului", "denumirea partenerului", "nume partener", "denumire partener",
			"partener", "partenerul", "institutia"},
		goesOn: "numele denumirea institutiei institutia partenere partenera complet completa cu care se colaboreaza",
	}, {
		key: "info_types", kinds: []Kind{Create}, long: true, short: "tipurile de informații partajate",
		label: "Tipuri de informații care se dorește a fi partajate",
		help:  "De exemplu: situații financiare lunare, planuri, dosare. Pe scurt, pentru ca primarul să știe ce aprobă.",
		write: "Scrieți pe scurt ce documente sau date se partajează.",
		anchors: []string{"tipuri de informatii", "tipurile de informatii", "tipul de informatii", "tipul informatiilor", "tipurile informatiilor",
			"tip informatii", "tipuri informatii", "tip de informatii", "informatii care se doreste", "informatiile care se doresc", "informatii partajate", "informatiile partajate",
			"informatii de partajat", "informatii ce vor fi partajate", "tipuri de documente", "tipurile de documente", "categorii de informatii"},
		goesOn: "tipuri de informatii care se doreste doresc a fi partajate ce vor urmeaza sa fie partaja cu institutia partenera informatiilor documente",
	}, {
		key: "partner_users", kinds: []Kind{Create}, users: true, short: "utilizatorii din instituția parteneră",
		label: "Numele utilizatorilor din instituția parteneră cărora le vor fi eliberate user și parolă de acces",
		help:  "Câte o persoană pe rând, cu adresa ei de e-mail. Marcați cu X drepturile; dacă nu marcați niciunul, persoana poate doar citi. Lista are loc pentru 20; pentru mai mulți, inserați rânduri.",
		write: "Nu ați trecut niciun utilizator din instituția parteneră. Scrieți cel puțin o persoană, cu nume și adresă de e-mail.",
		anchors: []string{"numele utilizatorilor din institutia", "nume utilizatori din institutia", "numele utilizatorilor partener", "utilizatori din institutia partenera",
			"utilizatorii din institutia partenera", "utilizatori institutie partenera", "utilizatori institutia partenera", "utilizatori parteneri", "utilizatorii parteneri", "utilizatorii partenerului",
			"utilizatori partener", "utilizatori externi", "utilizatorii externi", "numele utilizatorilor carora", "persoanele din institutia partenera", "persoane din institutia partenera",
			"utilizatori din partea partenerului", "utilizatori din partea institutiei partenere"},
		goesOn: "numele utilizatorilor din institutia partenera partenere institutiei carora le vor fi eliberate user si parola de acces eliberat nume email drepturi",
	}, {
		key: "activation_date", kinds: []Kind{Create}, short: "data activării",
		label: "Data cu care este necesară activarea site-ului",
		help:  "Ziua din care site-ul trebuie să fie deschis, de exemplu 15.12.2026: astăzi sau mai târziu, cel mult peste doi ani.",
		write: "Scrieți ziua, luna și anul, de exemplu 15.12.2026.",
		anchors: []string{"data cu care", "data de la care", "data la care", "data din care", "data activarii", "data activare", "data necesara activarii", "data solicitata", "data dorita",
			"data necesara", "data pentru activarea", "termen de activare", "termenul de activare", "activarea siteului", "data deschiderii", "data punerii in functiune"},
		goesOn: "data cu de la care este e necesara activarea activarii siteului site ului solicitata dorita pentru se doreste activare va fi activat trebuie activat",
	}, {
		key: "legal_basis", kinds: []Kind{Create}, long: true, short: "temeiul legal",
		label:   "Temeiul legal (lege, acord de colaborare etc.) în baza căruia se pot partaja anumite tipuri de documente",
		help:    "Legea, hotărârea sau protocolul de colaborare, cu număr și dată.",
		write:   "Scrieți legea, hotărârea sau protocolul de colaborare, cu număr și dată.",
		anchors: []string{"temeiul legal", "temei legal", "temeiul juridic", "temei juridic", "baza legala", "temeiul"},
		goesOn: "temeiul legal lege accord acord protocol de colaborare etc in baza caruia se pot partaja anumite tipuri de documente hotarare contract sau " +
			"care a si al pentru partajare",
	}, {
		key: "internal_users", kinds: []Kind{Create}, users: true, short: "utilizatorii interni",
		label: "Care dintre utilizatorii interni ai primăriei au acces la site, cu adresele de e-mail și drepturile fiecăruia (citire, scriere, ștergere)",
		help:  "Câte un angajat pe rând, cu adresa lui de e-mail și cel puțin un drept marcat cu X. Lista are loc pentru 20; pentru mai mulți, inserați rânduri.",
		write: "Nu ați trecut niciun utilizator intern. Scrieți cel puțin un angajat, cu nume, adresă de e-mail și drepturi (citire, scriere, ștergere).",
		anchors: []string{"care dintre utilizatorii interni", "care dintre utilizatori interni", "utilizatorii interni", "utilizatori interni", "numele utilizatorilor interni", "nume utilizatori interni",
			"utilizatori din primarie", "utilizatorii din primarie", "utilizatorii primariei", "utilizatori primarie", "utilizatori ai primariei", "utilizatorii din cadrul primariei",
			"utilizatori din cadrul primariei", "angajatii primariei", "angajati ai primariei"},
		goesOn: "care dintre utilizatorii interni ai primariei au acces la site pentru fiecare utilizator se vor preciza drepturile de scriere citire stergere si ale " +
			"comunica adresele email ale viitorilor utilizatori identificati cu fiecaruia nume drepturi din cadrul siteului",
	}, {
		key: "site", kinds: []Kind{Close}, short: "site-ul care se închide",
		label: "Numele site-ului",
		help:  "Numele sau adresa site-ului, așa cum apare în mesajul primit la deschidere.",
		write: "Scrieți numele sau adresa site-ului, ca în mesajul primit la deschidere.",
		anchors: []string{"numele siteului", "nume site", "denumirea siteului", "denumire site", "adresa siteului", "url site", "urlul siteului", "link site", "linkul siteului", "linkul site", "siteul care se inchide", "siteul care se sterge", "siteul pentru care",
			"site de inchis", "site de sters", "siteul de inchis", "siteul de sters", "siteul care urmeaza", "numele site ului", "site", "siteul"},
		goesOn: "numele denumirea adresa siteului site ului care se inchide sterge solicita inchiderea stergerea pentru urmeaza a sa fie fi inchis sters desfiintat partajat de",
	}, {
		key: "reason", kinds: []Kind{Close}, long: true, short: "motivul închiderii",
		label: "Motivul pentru care nu mai este necesar",
		help:  "De exemplu: protocolul de colaborare a expirat la 30.10.2026.",
		write: "Scrieți de ce nu mai este necesar site-ul.",
		anchors: []string{"motivul pentru care", "motiv pentru care", "motivul inchiderii", "motivul stergerii", "motivul solicitarii", "motivul cererii", "motiv inchidere", "motiv stergere", "de ce nu mai", "de ce se", "din ce motiv", "motivarea", "motivatia", "cauza inchiderii", "motivul", "motiv",
			"justificare", "justificarea"},
		goesOn: "dezactivarii dezactivare desfiintarii desfiintare inchide sterge motivul motiv motivarea motivatia din de ce pentru care nu mai este e necesar necesara siteul site ul inchiderii stergerii solicitarii cererii se solicita inchiderea stergerea siteului",
	}, {
		key: "archive_to", kinds: []Kind{Close}, long: true, short: "locul unde se salvează fișierele",
		label: "Unde se vor salva fișierele existente în site",
		help:  "Dosarul de pe serverul primăriei, sau „link” pentru a primi o legătură de descărcare.",
		write: "Scrieți dosarul de pe serverul primăriei sau cuvântul „link” pentru o legătură de descărcare.",
		anchors: []string{"unde se vor salva", "unde vor fi salvate", "unde se salveaza", "locul unde se", "locul in care se", "locul de salvare", "locul salvarii", "locatia unde", "locatia de salvare", "locatie salvare",
			"locatia in care", "locul unde vor", "locul in care vor", "locatia arhivei", "locatia de arhivare", "locatie arhivare", "loc arhivare", "arhivare in", "arhivarea in", "arhivare documente", "arhivarea documentelor", "arhivare fisiere", "se arhiveaza in", "se salveaza in", "fisierele se", "salvare fisiere", "salvare documente", "unde se pastreaza", "unde vor fi pastrate", "unde se muta", "fisierele vor fi", "documentele se", "documentele vor fi", "salvarea datelor", "salvare date", "salvarea documentelor", "loc salvare", "salvarea fisierelor", "destinatia fisierelor", "arhivarea fisierelor", "locul de arhivare", "locul arhivarii", "unde se arhiveaza", "unde se vor arhiva", "unde vor fi arhivate"},
		goesOn: "unde se vor fi salva salvate salveaza fisierele fisierelor existente aflate din in pe de site siteului ului siteul locul locatia arhiva arhivate arhivare arhivarii documentele documentelor datele datelor continute muta mutate stoca stocate pastra pastrate pastreaza arhiveaza muta la in care unde a",
	},
}

func (f *field) of(kind Kind) bool {
	for _, k := range f.kinds {
		if k == kind {
			return true
		}
	}
	return false
}

// fieldsOf lists a form's fields in its order.
func fieldsOf(kind Kind) []*field {
	var list []*field
	for i := range fields {
		if fields[i].of(kind) {
			list = append(list, &fields[i])
		}
	}
	return list
}

func fieldByKey(key string) *field {
	for i := range fields {
		if fields[i].key == key {
			return &fields[i]
		}
	}
	return nil
}

// labelIn is the question asked in a form of the given kind.
func (f *field) labelIn(kind Kind) string {
	if f.key == "department" && kind == Close {
		return "Compartimentul care solicită închiderea site-ului"
	}
	return f.label
}

// label is a cell found to ask a field's question.
type label struct {
	field *field
	words int  // how much of it was recognised
	sure  bool // the label is all of the cell, or ends in a colon or dotted line
	dots  bool // room to write on is drawn in the same cell
	rest  string
}

// recogniser holds the fields' labels, taken apart once.
type recogniser struct {
	fields []recognised
}

type recognised struct {
	field   *field
	anchors [][]string
	goesOn  []string
}

func newRecogniser() *recogniser {
	r := &recogniser{}
	for i := range fields {
		f := &fields[i]
		one := recognised{field: f, goesOn: strings.Fields(f.goesOn)}
		for _, a := range f.anchors {
			one.anchors = append(one.anchors, strings.Fields(a))
		}
		r.fields = append(r.fields, one)
	}
	return r
}

// match finds the field that a cell's text asks for, if it asks for one: the one
// of which most is recognised.
func (r *recogniser) match(text string) (label, bool) {
	if len(text) > 1500 || !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text[:min(len(text), 1500)], "")
	}
	list := words(text, false)
	list = skipNumbering(text, list)
	if len(list) == 0 {
		return label{}, false
	}
	best := label{}
	for i := range r.fields {
		if l, ok := r.fields[i].match(text, list); ok && (l.words > best.words || l.words == best.words && l.sure && !best.sure) {
			best = l
		}
	}
	return best, best.field != nil
}

// skipNumbering leaves out a leading "1.", "a)", "2.1".
func skipNumbering(text string, list []word) []word {
	for i := 0; i < 2 && len(list) > 1; i++ {
		w := list[0]
		short := len(w.text) <= 2 && strings.Trim(w.text, "0123456789") == "" || len(w.text) == 1
		if !short || w.end >= len(text) || !strings.ContainsRune(".)-:/", rune(text[w.end])) {
			return list
		}
		list = list[1:]
	}
	return list
}

func (r *recognised) match(text string, list []word) (label, bool) {
	best := label{}
	for _, anchor := range r.anchors {
		n := startsWith(text, list, anchor)
		if n == 0 {
			continue
		}
		n, breakAt := r.follow(text, list, n)
		l := label{field: r.field, words: n}
		after := text[list[n-1].end:]
		l.rest = after
		if breakAt >= 0 {
			l.rest = text[breakAt:]
		}
		l.dots = drawn(l.rest)
		l.rest = trimLine(strings.TrimLeft(l.rest, ")”\"’ "))
		l.sure = breakAt >= 0 || l.rest == ""
		if len(anchor) == 1 && !l.sure {
			continue
		}
		if !l.sure && n < 2 {
			continue
		}
		if l.words > best.words {
			best = l
		}
	}
	return best, best.field != nil
}

func startsWith(text string, list []word, anchor []string) int {
	if len(list) < len(anchor) {
		return 0
	}
	for i, a := range anchor {
		if !alike(list[i].text, a) || i > 0 && hardBreak(text[list[i-1].end:list[i].start]) >= 0 {
			return 0
		}
	}
	return len(anchor)
}

// follow goes on from the first n words of a label while the words are the
// source's. It says how many words the label has, and where the value begins if
// a colon or a dotted line says so, else -1.
func (r *recognised) follow(text string, list []word, n int) (int, int) {
	for {
		from := list[n-1].end
		to := len(text)
		if n < len(list) {
			to = list[n].start
		}
		if i := strings.IndexByte(text[from:to], '('); i >= 0 {
			// What stands in brackets explains the question.
			if j := strings.IndexByte(text[from+i:], ')'); j >= 0 {
				for n < len(list) && list[n].end <= from+i+j {
					n++
				}
				from += i + j + 1
				if to = len(text); n < len(list) {
					to = list[n].start
				}
			}
		}
		if i := hardBreak(text[from:to]); i >= 0 {
			return n, from + i
		}
		if n == len(list) {
			return n, -1
		}
		if i := strings.IndexByte(text[from:to], '\n'); i >= 0 {
			// A long label may have been broken; an answer begins with a capital.
			if first, _ := firstRune(text[list[n].start:]); unicode.IsUpper(first) || unicode.IsDigit(first) {
				return n, from + i
			}
		}
		switch {
		case r.known(list[n].text), strings.TrimSpace(text[from:to]) == "/": // "Compartimentul / Serviciul:"
			n++
		case n+2 < len(list) && !strings.ContainsAny(text[from:to], ",;\n") && hardBreak(text[list[n].end:list[n+1].start]) < 0 &&
			r.known(list[n+1].text) && r.known(list[n+2].text):
			n++ // one word of their own among the source's
		default:
			if strings.ContainsAny(text[from:to], "\n\t") {
				return n, from
			}
			// "Nume solicitant - Popescu Ion"
			if gap := text[min(from, to):to]; strings.ContainsAny(gap, "–—=") || strings.Contains(gap, " -") {
				return n, from
			}
			return n, -1
		}
	}
}

func (r *recognised) known(w string) bool {
	for _, k := range r.goesOn {
		if alike(w, k) {
			return true
		}
	}
	return false
}

// hardBreak is where, between two words, the label ends beyond doubt: after a
// colon, or where a dotted line begins; -1 if nowhere.
func hardBreak(gap string) int {
	if i := strings.IndexByte(gap, ':'); i >= 0 {
		return i
	}
	if i := strings.IndexAny(gap, "_…"); i >= 0 {
		return i
	}
	if i := strings.Index(gap, "..."); i >= 0 {
		return i
	}
	return -1
}

// drawn reports whether a text begins with room to write on.
func drawn(s string) bool {
	return strings.Contains(s, "...") || strings.ContainsAny(s, "_…")
}
