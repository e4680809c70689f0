package forms

import "strings"

// ProcedureDepartments are the departments of the city hall, with their
// services, as the distribution list of DE-SPDI-02 names them (spelling and
// capitals mended).
func ProcedureDepartments() []Department {
	list := []struct {
		name     string
		aliases  []string
		services []string
	}{
		{"Direcția Administrație Publică Locală", []string{"DAPL"}, []string{
			"Serviciul Relații cu Publicul și Organizare Alegeri",
			"Compartiment Autoritate Tutelară",
			"Agricol, Sanitar – Veterinar",
			"Serviciul Juridic și Contencios Administrativ",
			"Biroul Îndrumare și Control Asociații de Proprietari",
		}},
		{"Direcția Evidența Persoanelor", nil, []string{
			"Serviciul Evidența Persoanelor",
		}},
		{"Arhitect Șef", nil, nil},
		{"Direcția Cadastru, Administrare Patrimoniu, Fond Locativ, Transporturi Locale", nil, []string{
			"Serviciu Evidență - Administrare Patrimoniu și Licitații",
			"Birou Cadastru Imobiliar și Edilitar, Avizări, GIS",
			"Birou Comerț și Transporturi Locale",
			"Serviciu Administrare Fond Locativ",
		}},
		{"Direcția Tehnică", nil, []string{
			"Serviciul Gospodărie Urbană și Protecția Mediului",
			"Investiții, Achiziții Publice, Programe cu Finanțare Externă",
			"Administrativ - Gospodăresc",
		}},
		{"Direcția Economică", nil, []string{
			"Birou Informatică",
			"Serviciul Prelucrare Date și Încasări",
			"Serviciul Control și Inspecție și Facilități Fiscale Persoane Fizice",
			"Serviciul Control și Inspecție Fiscală Persoane Juridice",
			"Serviciul Urmărire, Executare și Colectare Creanțe Fiscale Persoane Fizice",
			"Serviciul Urmărire, Executare și Colectare Creanțe Fiscale Persoane Juridice",
			"Serviciul Relații cu Publicul și Gestionarea Dosarelor Fiscale",
			"Serviciu Buget, Evidență Venituri și Cheltuieli",
			"Serviciu Financiar - Contabil",
			"Serviciul Resurse Umane, Prognoză, Organizare, Cooperare Interinstituțională",
			"Compartiment Audit Public Intern",
			"Compartiment Protecție Civilă",
		}},
		{"Direcția Poliției Locale", nil, nil},
	}
	var all []Department
	for _, d := range list {
		all = append(all, Department{Name: d.name, Aliases: d.aliases})
		for _, s := range d.services {
			all = append(all, Department{Name: s, Parent: d.name})
		}
	}
	return all
}

// MatchDepartment finds the department that a text names, through
// abbreviations, inflected forms and spelling. why is Unknown where none fits
// and Ambiguous where more than one does: nothing is guessed.
func MatchDepartment(text string, list []Department) (d Department, why Why) {
	if filler(text) {
		return Department{}, Missing
	}
	names := departmentNames(list)
	if d, why = matchOne(text, names, list); why == "" {
		return d, ""
	}
	// "Direcția Economică / Birou Informatică", "Birou Informatică (Direcția Economică)"
	for _, cut := range departmentCuts(text) {
		first, whyFirst := matchOne(cut[0], names, list)
		second, whySecond := matchOne(cut[1], names, list)
		switch {
		case whyFirst == "" && whySecond == "":
			switch {
			case first.Name == second.Name && first.Parent == second.Parent:
				return first, ""
			case first.Parent == second.Name:
				return first, ""
			case second.Parent == first.Name:
				return second, ""
			}
			why = Ambiguous
		case whyFirst == "" && whySecond == Ambiguous:
			if in, ok := within(cut[1], first, names, list); ok {
				return in, ""
			}
		case whySecond == "" && whyFirst == Ambiguous:
			if in, ok := within(cut[0], second, names, list); ok {
				return in, ""
			}
		}
	}
	return Department{}, why
}

// within resolves a service that more than one department has by the department named with it.
func within(text string, parent Department, names []departmentName, list []Department) (Department, bool) {
	var own []departmentName
	for _, n := range names {
		if list[n.index].Parent == parent.Name {
			own = append(own, n)
		}
	}
	d, why := matchOne(text, own, list)
	return d, why == ""
}

func departmentCuts(text string) [][2]string {
	var cuts [][2]string
	for _, sep := range []string{"\n", "/", " - ", " – ", " — ", "–", "(", ",", ";", ">", "\\", "din cadrul", "din ", " și ", " si ", " şi ", " sau ", " ori "} {
		at := 0
		for {
			i := strings.Index(text[at:], sep)
			if i < 0 {
				break
			}
			i += at
			if first, second := text[:i], text[i+len(sep):]; !filler(first) && !filler(second) {
				cuts = append(cuts, [2]string{first, second})
			}
			at = i + len(sep)
			if len(cuts) > 20 {
				return cuts
			}
		}
	}
	// "Direcția Economică Birou Informatică"
	for i, w := range words(text, true) {
		if i > 0 && departmentKind(w.text) != "" && len(cuts) <= 20 {
			cuts = append(cuts, [2]string{text[:w.start], text[w.start:]})
		}
	}
	return cuts
}

// departmentName is one name of a department, taken apart.
type departmentName struct {
	index    int      // in the list
	kind     string   // "dir", "serv", "comp", "bir", empty
	tokens   []string // folded words that tell it from others
	initials string   // "dapl", of all words but the small ones
}

var smallWords = []string{"de", "si", "a", "al", "ale", "ai", "in", "pentru", "cu", "din", "la", "cadrul", "primaria", "primariei", "municipiului", "municipiul", "buzau", "pmb", "ul"}

var officeWords = []string{"sef", "seful", "director", "directorul", "executiv", "adjunct"}

var initialKinds = map[string]string{"d": "dir", "s": "serv", "b": "bir", "c": "comp"}

func departmentNames(list []Department) []departmentName {
	var names []departmentName
	for i, d := range list {
		for _, name := range append([]string{d.Name}, d.Aliases...) {
			n := nameOf(name)
			n.index = i
			names = append(names, n)
		}
	}
	return names
}

func nameOf(text string) departmentName {
	var n departmentName
	for i, w := range words(text, true) {
		if kind := initialKinds[w.text]; i == 0 && kind != "" && strings.HasPrefix(text[w.end:], ". ") {
			n.kind = kind // "D. Economică"
			continue
		}
		if kind := departmentKind(w.text); kind != "" && n.kind == "" && len(n.tokens) == 0 {
			n.kind = kind
			n.initials += w.text[:1]
			continue
		}
		if len(n.tokens) == 0 && n.kind == "" && index(officeWords, w.text, true) >= 0 {
			continue // "Director executiv Direcția Tehnică", "Șef serviciu Buget"
		}
		if index(smallWords, w.text, true) >= 0 {
			continue
		}
		n.tokens = append(n.tokens, w.text)
		n.initials += w.text[:1]
	}
	return n
}

// departmentKind tells what a word says a department is: "Direcția", "Dir.",
// "Serviciul", "Serv.", "Compartimentul", "Biroul".
func departmentKind(w string) string {
	for _, k := range []struct{ kind, full string }{{"dir", "directia"}, {"dir", "directie"}, {"dir", "directiei"}, {"serv", "serviciul"}, {"serv", "serviciului"}, {"comp", "compartimentul"},
		{"comp", "compartimentului"}, {"bir", "biroul"}, {"bir", "biroului"}} {
		if len(w) >= 3 && strings.HasPrefix(k.full, w) || len(w) > 5 && alike(k.full, w) {
			return k.kind
		}
	}
	return ""
}

// sameKind: a directorate is not a service, but people take "serviciu", "birou"
// and "compartiment" for one another, and the form calls everything "compartiment".
func sameKind(a, b string) bool {
	return a == "" || b == "" || a == b || a == "comp" || a != "dir" && b != "dir"
}

// matchOne tries ever looser ways of comparing and stops at the first that fits
// anything: one department, or more than one.
func matchOne(text string, names []departmentName, list []Department) (Department, Why) {
	asked := nameOf(text)
	if len(asked.tokens) == 0 && asked.kind == "" {
		return Department{}, Unknown
	}
	joined := strings.Join(asked.tokens, "")
	spelled := strings.ReplaceAll(strings.ReplaceAll(fold(text), ".", ""), " ", "")
	tiers := []func(departmentName) bool{
		func(n departmentName) bool { // the same words
			return n.kind == asked.kind && strings.Join(n.tokens, "") == joined
		},
		func(n departmentName) bool { // "D.A.P.L."
			return len(spelled) >= 3 && len(spelled) <= 8 && (n.initials == spelled || len(n.tokens) == 1 && n.tokens[0] == spelled)
		},
		func(n departmentName) bool { // the same but for spelling, inflection, abbreviation
			return asked.kind == n.kind && inOrder(asked.tokens, n.tokens)
		},
		func(n departmentName) bool {
			return sameKind(asked.kind, n.kind) && inOrder(asked.tokens, n.tokens)
		},
		func(n departmentName) bool { // some of the words, exactly
			return asked.kind == n.kind && telling(asked.tokens) && subset(asked.tokens, n.tokens, func(a, b string) bool { return a == b })
		},
		func(n departmentName) bool {
			return sameKind(asked.kind, n.kind) && telling(asked.tokens) && subset(asked.tokens, n.tokens, func(a, b string) bool { return a == b })
		},
		func(n departmentName) bool { // some of the words
			return sameKind(asked.kind, n.kind) && telling(asked.tokens) && subset(asked.tokens, n.tokens, sameWord)
		},
	}
	for _, fits := range tiers {
		found := -1
		for _, n := range names {
			if !fits(n) || n.index == found {
				continue
			}
			if found >= 0 {
				return Department{}, Ambiguous
			}
			found = n.index
		}
		if found >= 0 {
			return list[found], ""
		}
	}
	return Department{}, Unknown
}

// telling: one short word would fit by chance.
func telling(tokens []string) bool {
	for _, t := range tokens {
		if len(t) >= 4 {
			return true
		}
	}
	return false
}

// inOrder compares all words, one to one.
func inOrder(a, b []string) bool {
	if len(a) != len(b) || len(a) == 0 {
		return false
	}
	for i := range a {
		if !sameWord(a[i], b[i]) {
			return false
		}
	}
	return true
}

func subset(a, b []string, same func(a, b string) bool) bool {
	if len(a) == 0 || len(a) > len(b) {
		return false
	}
	used := make([]bool, len(b))
next:
	for _, x := range a {
		for i, y := range b {
			if !used[i] && same(x, y) {
				used[i] = true
				continue next
			}
		}
		return false
	}
	return true
}

// sameWord compares a word as written with one of a name: abbreviated ("adm."
// for "administrație"), inflected ("economice", "economică") or misspelt.
func sameWord(written, name string) bool {
	if written == name || alike(written, name) {
		return true
	}
	if len(written) >= 3 && strings.HasPrefix(name, written) {
		return true
	}
	common := 0
	for common < len(written) && common < len(name) && written[common] == name[common] {
		common++
	}
	return common >= 4 && len(written)-common <= 4 && len(name)-common <= 3
}
