package forms

import (
	"fmt"
	"strings"
)

// judge says what a clerk would send the form back for. Messages are to the
// sender: what is wrong, and what to write.
func judge(d *draft, rules Rules) *Reading {
	r := &Reading{Kind: d.place.kind, Version: d.place.version, Sheet: d.place.sheet.Name, Submission: d.sub, Cells: d.cells}
	j := &judging{r: r, d: d, rules: rules, seen: map[string]string{}}
	for _, f := range fieldsOf(r.Kind) {
		switch {
		case d.why[f.key] == Missing && !d.place.asks(f.key):
			j.say(f.key, Missing, "În formular nu este rubrica „%s”. Adăugați-o și completați-o.", f.labelIn(r.Kind))
		case f.users:
			j.people(f)
		case d.why[f.key] == Missing:
			j.say(f.key, Missing, "Nu ați completat %s. %s", f.short, f.write)
		case f.key == "activation_date":
			j.date()
		case d.why[f.key] != "":
			j.say(f.key, d.why[f.key], "În celula pentru %s este o formulă fără rezultat („%s”). Scrieți textul direct în celulă.", f.short, shorten(d.texts[f.key]))
		case f.key == "department":
			j.department()
		case evasive(*d.sub.text(f.key)):
			j.say(f.key, Invalid, "Pentru %s ați scris „%s”. Rubrica este obligatorie. %s", f.short, shorten(*d.sub.text(f.key)), f.write)
		}
	}
	return r
}

type judging struct {
	r     *Reading
	d     *draft
	rules Rules
	seen  map[string]string // address to the name of who has it
}

func (j *judging) say(fieldName string, why Why, format string, args ...any) {
	j.r.Problems = append(j.r.Problems, j.r.Problem(fieldName, why, fmt.Sprintf(format, args...)))
}

// evasive: something stands there only so that the field isn't empty.
func evasive(text string) bool {
	t := strings.Trim(fold(text), " .!?/*")
	switch t {
	case "", "x", "xx", "xxx", "n/a", "na", "nu e cazul", "nu este cazul", "nu stiu", "?", "test", "completati", "tbd", "de completat", "0", "nu", "nimic", "idem":
		return true
	}
	return false
}

func (j *judging) date() {
	const key = "activation_date"
	day := j.d.sub.ActivationDate
	switch j.d.why[key] {
	case Ambiguous:
		j.say(key, Ambiguous, "Data activării, „%s”, poate fi înțeleasă în mai multe feluri. Scrieți o singură zi, de exemplu 15.12.2026.", shorten(j.d.texts[key]))
		return
	case Invalid:
		j.say(key, Invalid, "La data activării ați scris „%s”, care nu este o zi din calendar. Scrieți ziua, luna și anul, de exemplu 15.12.2026.", shorten(j.d.texts[key]))
		return
	}
	if j.rules.Today.IsZero() {
		return
	}
	last := j.rules.Today
	last.Year += 2
	switch {
	case day.Before(j.rules.Today):
		j.say(key, Past, "Data activării, %s, a trecut. Scrieți ziua de astăzi (%s) sau una viitoare.", romanian(day), romanian(j.rules.Today))
	case last.Before(day):
		j.say(key, Invalid, "Data activării, %s, este peste mai mult de doi ani. Scrieți o zi până la %s.", romanian(day), romanian(last))
	}
}

func romanian(d Date) string { return fmt.Sprintf("%02d.%02d.%04d", d.Day, int(d.Month), d.Year) }

func (j *judging) department() {
	const key = "department"
	text := j.d.sub.Department
	d, why := MatchDepartment(text, j.rules.Departments)
	switch why {
	case "":
		j.r.Department = d.Name
	case Ambiguous:
		j.say(key, Ambiguous, "„%s” poate fi mai multe compartimente ale primăriei. Scrieți denumirea completă, cu direcția din care face parte.", shorten(text))
	default:
		j.say(key, Unknown, "„%s” nu este între compartimentele primăriei. Scrieți denumirea completă a direcției sau a serviciului, ca în organigramă.", shorten(text))
	}
}

// people judges a list of users. Of two entries for one person the second has the problem.
func (j *judging) people(f *field) {
	switch j.d.why[f.key] {
	case Missing:
		j.say(f.key, Missing, "%s", f.write)
		return
	case Invalid:
		j.say(f.key, Invalid, "Lista are mai mult de %d de persoane. Trimiteți mai multe cereri.", maxPeople)
		return
	}
	internal := f.key == "internal_users"
	for i, one := range j.d.lists[f.key] {
		entry := fmt.Sprintf("%s[%d]", f.key, i)
		who := one.Name
		if who == "" {
			who = one.Email
		}
		if who == "" {
			who = fmt.Sprintf("persoana %d", i+1)
		}
		who = shorten(who)
		if one.Name == "" {
			j.say(entry+".name", Missing, "Lipsește numele persoanei cu adresa %s. Scrieți numele și prenumele.", shorten(one.Email+one.written))
		}
		switch {
		case one.emailWhy == Ambiguous:
			j.say(entry+".email", Ambiguous, "La %s sunt două adrese de e-mail. Lăsați una singură, cea cu care va intra pe site.", who)
		case one.emailWhy != "":
			j.say(entry+".email", Invalid, "Adresa de e-mail a lui %s, „%s”, nu este corectă. Scrieți adresa întreagă, de exemplu nume.prenume@institutie.ro.", who, shorten(one.written))
		case one.Email == "":
			j.say(entry+".email", Missing, "Lipsește adresa de e-mail a lui %s. Fără ea nu i se poate trimite accesul.", who)
		case j.seen[strings.ToLower(one.Email)] != "":
			j.say(entry, Duplicate, "%s, cu adresa %s, este de două ori în formular. Păstrați un singur rând, cu drepturile dorite.", who, one.Email)
		case !internal && j.ownDomain(one.Email):
			j.say(entry+".email", Invalid, "Adresa %s este a primăriei, nu a instituției partenere. Scrieți adresa lui %s de la instituția parteneră sau mutați persoana la utilizatorii interni.", one.Email, who)
		}
		if one.Email != "" && j.seen[strings.ToLower(one.Email)] == "" {
			j.seen[strings.ToLower(one.Email)] = who
		}
		switch {
		case one.rightsWhy != "":
			j.say(entry+".rights", Invalid, "Drepturile lui %s nu se înțeleg. Scrieți citire, scriere, ștergere sau marcați cu X în coloana fiecărui drept.", who)
		case internal && one.Rights == 0:
			j.say(entry+".rights", Missing, "Pentru %s nu ați marcat niciun drept. Scrieți citire, scriere, ștergere sau marcați cu X în coloana fiecărui drept.", who)
		}
	}
}

func (j *judging) ownDomain(address string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	for _, own := range j.rules.OwnDomains {
		if own = strings.ToLower(own); domain == own || strings.HasSuffix(domain, "."+own) {
			return true
		}
	}
	return false
}

// shorten makes a quotation short enough for a message, on one line.
func shorten(s string) string {
	s = strings.ReplaceAll(tidy(s), "\n", " ")
	if runes := []rune(s); len(runes) > 80 {
		return string(runes[:79]) + "…"
	}
	return s
}
