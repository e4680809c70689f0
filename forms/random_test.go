package forms

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// retyper types a form anew, as one of many people would.
type retyper struct {
	rng  *rand.Rand
	rows [][]any
	col  int // the form's first column
}

func (r *retyper) pick(list ...string) string { return list[r.rng.IntN(len(list))] }

func (r *retyper) add(cells ...any) {
	row := make([]any, r.col, r.col+len(cells))
	r.rows = append(r.rows, append(row, cells...))
}

// spelled is a label in another spelling: diacritics, capitals, a typing error.
func (r *retyper) spelled(label string) string {
	switch r.rng.IntN(5) {
	case 0:
		label = strings.NewReplacer("ș", "ş", "ț", "ţ", "Ș", "Ş").Replace(label)
	case 1:
		label = strings.NewReplacer("ș", "s", "ț", "t", "ă", "a", "â", "a", "î", "i", "Ș", "S").Replace(label)
	case 2:
		label = strings.ToUpper(label)
	}
	if r.rng.IntN(3) == 0 {
		list := strings.Split(label, " ")
		for range 5 {
			i := r.rng.IntN(len(list))
			w := []rune(list[i])
			if len(w) < 6 || strings.ContainsAny(list[i], ".:…_") {
				continue
			}
			at := 2 + r.rng.IntN(len(w)-3)
			switch r.rng.IntN(3) {
			case 0:
				w = append(w[:at:at], w[at+1:]...)
			case 1:
				w[at], w[at-1] = w[at-1], w[at]
			case 2:
				w = append(w[:at:at], append([]rune{w[at]}, w[at:]...)...)
			}
			list[i] = string(w)
			break
		}
		label = strings.Join(list, " ")
	}
	if r.rng.IntN(6) == 0 {
		label = strings.ReplaceAll(label, " ", "\u00a0")
	}
	return label
}

func (r *retyper) field(layout int, number int, label, value string) {
	label = r.spelled(label)
	if layout > 5 {
		label = fmt.Sprintf("%d. %s", number, label)
	}
	end := r.pick("", ":", ".....", " ....................", ": ", "..:")
	switch layout % 3 {
	case 0:
		r.add(label+end, value)
	case 1:
		r.add(label + end)
		r.add(value)
		r.add()
	case 2:
		r.add(label + r.pick(": ", ".....", " : ", "………… ", "\n") + value + r.pick("", "", "..........", " "))
	}
}

var labelsOf = map[string][]string{
	"requester":       {"Nume solicitant", "Numele solicitantului", "Nume și prenume solicitant"},
	"department":      {"Compartimentul care solicită crearea site-ului", "Compartimentul solicitant", "Departamentul care solicită crearea site-ului"},
	"partner":         {"Numele instituției partenere", "Instituția parteneră", "Denumirea instituției partenere"},
	"info_types":      {"Tipuri de informații care se dorește a fi partajate", "Tipuri de informații", "Tipurile de informații care se doresc a fi partajate"},
	"partner_users":   {"Numele utilizatorilor din instituția parteneră cărora le vor fi eliberate user și parolă de acces", "Utilizatori din instituția parteneră", "Numele utilizatorilor din instituția parteneră"},
	"activation_date": {"Data cu care este necesară activarea site-ului", "Data cu care este necesară activarea site-ului. ", "Data activării site-ului"},
	"legal_basis":     {"Temeiul legal (lege, accord de colaborare etc) in baza caruia se pot partaja anumite tipuri de documente", "Temeiul legal", "Temei legal (lege, acord, protocol)"},
	"internal_users": {"Care dintre utilizatorii interni ai primăriei au acces la site. Pentru fiecare utilizator se vor preciza drepturile de acces (scriere, citire, ștergere). Se vor comunica adresele de email ale viitorilor utilizatori identificați.",
		"Utilizatori interni", "Care dintre utilizatorii interni ai primăriei au acces la site"},
}

func (r *retyper) label(key string) string { return r.pick(labelsOf[key]...) }

func (r *retyper) date(d Date) any {
	months := []string{"ianuarie", "februarie", "martie", "aprilie", "mai", "iunie", "iulie", "august", "septembrie", "octombrie", "noiembrie", "decembrie"}
	days := []string{"duminică", "luni", "marți", "miercuri", "joi", "vineri", "sâmbătă"}
	t := d.In(time.UTC)
	month := months[d.Month-1]
	return r.pick(t.Format("02.01.2006"), t.Format("2.1.2006"), t.Format("02/01/2006"), t.Format("2006-01-02"), t.Format("02-01-2006"), fmt.Sprintf("%d %s %d", d.Day, month, d.Year),
		fmt.Sprintf("%s, %d %s %d", days[t.Weekday()], d.Day, month, d.Year), fmt.Sprintf("%s %s", days[t.Weekday()], t.Format("02.01.2006")), fmt.Sprintf("%02d %s. %d", d.Day, month[:3], d.Year), "din data de "+t.Format("02.01.2006"))
}

func (r *retyper) rights(x Rights) string {
	var names []string
	for i, n := range []string{"citire", "scriere", "ștergere"} {
		if x.Has(1 << i) {
			names = append(names, n)
		}
	}
	switch {
	case x == allRights && r.rng.IntN(3) == 0:
		return r.pick("toate", "toate drepturile")
	case x == RightRead && r.rng.IntN(3) == 0:
		return r.pick("doar citire", "numai citire", "C")
	case x == RightRead|RightWrite && r.rng.IntN(4) == 0:
		return r.pick("C/S", "toate, fără ștergere", "citire/scriere")
	}
	return strings.Join(names, r.pick(", ", " / ", "/", " și ", ", ", " + "))
}

func (r *retyper) people(key string, layout int, list []User, withRights bool) {
	label := r.spelled(r.label(key))
	if layout > 5 {
		label = map[string]string{"partner_users": "5. ", "internal_users": "8. "}[key] + label
	}
	style := r.rng.IntN(6)
	sep := r.pick(" – ", " - ", ", ", "; ", " ")
	line := func(i int, u User) string {
		s := r.pick("", fmt.Sprintf("%d. ", i+1), fmt.Sprintf("%d) ", i+1), fmt.Sprintf("%d.....", i+1)) + u.Name + sep + u.Email
		if withRights && u.Rights != 0 {
			s += r.pick(" – ", " - ", ", ", " (") + r.rights(u.Rights)
		}
		return s
	}
	switch style {
	case 0: // one a row below
		r.add(label + r.pick("", ":"))
		for i, u := range list {
			r.add(line(i, u))
		}
		if r.rng.IntN(2) == 0 {
			r.add(fmt.Sprintf("%d.", len(list)+1))
			r.add(fmt.Sprintf("%d....................", len(list)+2))
		}
	case 1: // all in one cell, right or below
		var lines []string
		for i, u := range list {
			lines = append(lines, line(i, u))
		}
		if r.rng.IntN(2) == 0 {
			r.add(label, strings.Join(lines, "\n"))
		} else {
			r.add(label + ":")
			r.add(strings.Join(lines, "\n"))
		}
	case 2: // a table with rights in words
		r.add(label)
		r.add(r.pick("Nr. crt.", "Nr.", "Crt."), r.pick("Nume și prenume", "Numele și prenumele", "NUME", "Utilizator"), r.pick("E-mail", "Adresa de email", "Adresă e-mail", "email"), r.pick("Drepturi de acces", "Drepturi"))
		for i, u := range list {
			words := any(nil)
			if withRights && u.Rights != 0 {
				words = r.rights(u.Rights)
			}
			r.add(i+1, u.Name, u.Email, words)
		}
		r.add(len(list) + 1)
	case 3: // a table with ticks
		r.add(label)
		r.add("Nr. crt.", "Nume și prenume", "E-mail", "Citire", "Scriere", r.pick("Ștergere", "Stergere", "ŞTERGERE"))
		tick := r.pick("x", "X", "✓", "DA", "da", "1")
		for i, u := range list {
			cells := []any{i + 1, u.Name, u.Email}
			for n := range 3 {
				if withRights && u.Rights.Has(1<<n) {
					cells = append(cells, tick)
				} else {
					cells = append(cells, r.pick("", "", "-", "nu"))
				}
			}
			r.add(cells...)
		}
	case 4: // columns without a header
		r.add(label + ":")
		for i, u := range list {
			cells := []any{fmt.Sprintf("%d.", i+1), u.Name, u.Email}
			if withRights && u.Rights != 0 {
				cells = append(cells, r.rights(u.Rights))
			}
			r.add(cells...)
		}
	case 5: // to the right of the label, one a row
		for i, u := range list {
			if i == 0 {
				r.add(label, line(i, u))
			} else {
				r.add(nil, line(i, u))
			}
		}
	}
	if r.rng.IntN(2) == 0 {
		r.add()
	}
}

// someSubmission has the kind of content that real forms have.
func someSubmission(rng *rand.Rand) Submission {
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	first := []string{"Ion", "Ana", "Ștefan", "Ana-Maria", "Mihai", "Țuca", "Ioana Elena", "Gheorghiță"}
	last := []string{"Popescu", "Ionescu-Vlad", "Dobre", "Șerban", "Țepeș", "Crăciun", "Năstase"}
	departments := ProcedureDepartments()
	people := func(domain string, rightless bool) []User {
		var list []User
		for i := range 1 + rng.IntN(8) {
			u := User{Name: pick("", "", "", "dr. ", "ing. ") + pick(first...) + " " + pick(last...), Email: fmt.Sprintf("%s%d@%s", pick("ion.pop", "a_dobre", "stefan-s"), i, domain), Rights: Rights(1 + rng.IntN(7))}
			if rightless && rng.IntN(2) == 0 {
				u.Rights = 0
			}
			list = append(list, u)
		}
		return list
	}
	return Submission{
		Requester: pick(last...) + " " + pick(first...), Department: departments[rng.IntN(len(departments))].Name,
		Partner:        pick("Spitalul Județean de Urgență Buzău", "Școala Gimnazială Nr. 11", "Colegiul Național „B.P. Hasdeu”", "Poliția Locală Buzău", "Direcția de Asistență Socială", "Serviciul Public de Evidență a Persoanelor"),
		InfoTypes:      pick("Situații financiare lunare, rapoarte", "Liste de plată", "Documente privind activitatea comună", "planuri", "Tipuri de imobile și date cadastrale"),
		ActivationDate: DateOf(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rng.IntN(700))),
		LegalBasis:     pick("Protocol de colaborare nr. 1204/03.02.2026", "Legea nr. 155/2010 a poliției locale", "HCL 77/2024", "OUG nr. 97/2005 privind evidența, domiciliul", "Acord nr. 9/2026"),
		PartnerUsers:   people("spital.test", true), InternalUsers: people("primaria.test", false),
	}
}

func TestRandomRetypedFormsAreReadAsTheyWereMeant(t *testing.T) {
	const n = 1500
	good := 0
	styles := map[int][2]int{}
	for seed := range n {
		rng := rand.New(rand.NewPCG(uint64(seed), 11))
		r := &retyper{rng: rng, col: rng.IntN(3) / 2}
		want := someSubmission(rng)
		layout := rng.IntN(9)
		if rng.IntN(3) == 0 {
			r.add("PRIMĂRIA MUNICIPIULUI BUZĂU Direcția Economică", "PROCEDURĂ OPERAȚIONALĂ Pentru Crearea De Site-uri Personalizate", "Cod: DE-SPDI-02")
			r.add(nil, nil, "Ed. 1", "Rev.0")
			r.add()
		}
		r.add("ANEXA 1")
		r.add("Cerere creare site-uri perosnlizate pentru activități comune de colaborare cu instituții partenere")
		r.add()
		r.field(layout, 1, r.label("requester"), want.Requester)
		r.field(layout, 2, r.label("department"), want.Department)
		r.field(layout, 3, r.label("partner"), want.Partner)
		r.field(layout, 4, r.label("info_types"), want.InfoTypes)
		r.people("partner_users", layout, want.PartnerUsers, true)
		r.field(layout, 6, r.label("activation_date"), fmt.Sprint(r.date(want.ActivationDate)))
		r.field(layout, 7, r.label("legal_basis"), want.LegalBasis)
		r.people("internal_users", layout, want.InternalUsers, true)
		if rng.IntN(2) == 0 {
			r.add()
			r.add("Data: 20.11.2026", "Semnătura: ______________")
		}
		got := mustRead(t, sheetOf(t, r.rows))
		s := styles[layout%3]
		s[1]++
		diff := cmp.Diff(want, got.Submission)
		if diff != "" || len(got.Problems) > 0 {
			if n-good < n && seed-good < 6 {
				t.Errorf("seed %d: %s\n%v\n%v", seed, diff, problemsText(got.Problems), dump(r.rows))
			} else {
				t.Fail()
			}
		} else {
			good++
			s[0]++
		}
		styles[layout%3] = s
	}
	t.Logf("%d of %d retyped forms: to the right %v, below %v, in the same cell %v", good, n, styles[0], styles[1], styles[2])
}

func dump(rows [][]any) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, "%2d %q\n", i+1, row)
	}
	return b.String()
}
