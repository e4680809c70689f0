package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"registratura/cmd/registratura/config"
	"registratura/forms"
	"registratura/intake"
	"registratura/intake/mailbox"
	"registratura/intake/portal/extranet"
	"registratura/intake/store"
	"registratura/templates"
)

type personCmd struct {
	Address string `arg:"" name:"email" help:"Mail address of the person."`
	Config  string `required:"" placeholder:"FILE" env:"REGISTRATURA_CONFIG" help:"Configuration of the daemon."`
	JSON    bool   `help:"As one JSON object."`
}

// personReport is the JSON of person.
type personReport struct {
	Address    string    `json:"address"`
	At         time.Time `json:"at"`
	Configured []string  `json:"configured,omitempty"` // what the configuration says of them, in Romanian
	*store.PersonData
	Portal extranet.PersonData `json:"portal,omitzero"`
}

func (c *personCmd) Run(ctx context.Context, std streams) error {
	address := strings.ToLower(strings.TrimSpace(c.Address))
	if local, domain, ok := strings.Cut(address, "@"); !ok || local == "" || domain == "" || strings.ContainsAny(address, " \t<>,;") {
		return fmt.Errorf("%q is not a mail address", c.Address)
	}
	s, cfg, err := openRecords(ctx, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	r := personReport{Address: address, At: time.Now(), Configured: configuredAs(cfg, address)}
	if r.PersonData, err = s.Person(ctx, address, placeOf(address)); err != nil {
		return err
	}
	if r.Portal, err = extranet.ReadPerson(ctx, cfg.SitesDir(), address); err != nil {
		return err
	}
	r.hideOthers()
	if c.JSON {
		return json.NewEncoder(std.out).Encode(r)
	}
	return printPerson(std.out, &r, cfg)
}

// configuredAs lists what the configuration says of an address.
func configuredAs(cfg *config.Config, address string) (list []string) {
	directory := cfg.Directory()
	for _, d := range directory.Departments {
		if strings.EqualFold(d.Head.Address, address) {
			list = append(list, "șef de compartiment: "+d.Name+", cu numele „"+d.Head.Name+"”")
		}
	}
	for _, a := range directory.Approvers {
		if strings.EqualFold(a.Address, address) {
			list = append(list, "aprobă cereri: "+a.Title+", cu numele „"+a.Name+"”")
		}
	}
	for _, p := range directory.IT {
		if strings.EqualFold(p.Address, address) {
			list = append(list, "Serviciul TIC")
		}
	}
	return list
}

// placeOf looks for an address in the header and in the text of mails. What is
// in attachments is known by the requests that were read from them.
func placeOf(address string) store.FindPlace {
	named := store.Names(address)
	return func(raw []byte) (store.MailPlace, string) {
		if len(raw) == 0 {
			return store.MailNone, ""
		}
		m := mailbox.Parse(raw, mailbox.Limits{})
		is := func(a intake.Address) bool { return strings.EqualFold(a.Address, address) }
		switch {
		case slices.ContainsFunc(m.From, is), slices.ContainsFunc(m.ReplyTo, is):
			return store.MailFrom, m.Subject
		case slices.ContainsFunc(m.To, is), slices.ContainsFunc(m.Delivered, func(s string) bool { return strings.EqualFold(s, address) }):
			return store.MailTo, m.Subject
		case named(m.Text), named(m.HTML), named(m.Subject), named(string(raw)):
			return store.MailText, ""
		}
		return store.MailNone, ""
	}
}

var anyAddress = regexp.MustCompile(`[\pL\d._%+-]+@[\pL\d.-]*[\pL\d]`)

// hideOthers takes other people's addresses out of what is told.
func (r *personReport) hideOthers() {
	hide := func(text string) string {
		return anyAddress.ReplaceAllStringFunc(text, func(a string) string {
			if strings.EqualFold(a, r.Address) {
				return a
			}
			return "(altă adresă)"
		})
	}
	for i := range r.Events {
		r.Events[i].Detail = hide(r.Events[i].Detail)
	}
	for i := range r.Undelivered {
		r.Undelivered[i].Reason = hide(r.Undelivered[i].Reason)
	}
	for i := range r.Mails {
		r.Mails[i].Subject = hide(r.Mails[i].Subject)
	}
}

func (r *personReport) empty() bool {
	return len(r.Configured)+len(r.Requests)+len(r.Questions)+len(r.Mails)+len(r.Notices)+len(r.Undelivered)+len(r.Events)+len(r.Delegations)+len(r.Suspicions)+
		len(r.Portal.Sites)+len(r.Portal.Traces) == 0 && r.Portal.Account == nil
}

// periodInWords is a period of the configuration in Romanian.
func periodInWords(p config.Period) string {
	l := p.Length()
	n, one, many := l.Days, "o zi", "zile"
	switch {
	case l == intake.Period{}:
		return "fără termen"
	case l.Months != 0 && l.Months%12 == 0:
		n, one, many = l.Months/12, "un an", "ani"
	case l.Months != 0:
		n, one, many = l.Months, "o lună", "luni"
	}
	switch {
	case n == 1:
		return one
	case n%100 == 0 || n%100 >= 20:
		return fmt.Sprintf("%d de %s", n, many)
	}
	return fmt.Sprintf("%d %s", n, many)
}

var roleWords = map[store.PersonRole]string{
	store.RoleRequester: "solicitant", store.RoleMember: "utilizator", store.RoleDecided: "a decis", store.RoleApproved: "a aprobat, cu alții",
	store.RoleNamed: "numit în cerere, fără acces",
}

var sideWords = map[intake.Side]string{intake.PartnerSide: "din instituția parteneră", intake.InternalSide: "din instituție"}

var purposeWords = map[intake.Purpose]string{
	intake.Decides: "să aprobe sau să respingă", intake.ConfirmsDecision: "să repete răspunsul", intake.ConfirmsRequest: "să confirme cererea",
	intake.Reviews: "să revadă lista celor cu acces", intake.DoesWork: "să execute o lucrare",
}

var placeWords = map[store.MailPlace]string{store.MailFrom: "expeditor", store.MailTo: "destinatar", store.MailText: "numit în mesaj"}

var fateWords = map[intake.Fate]string{
	intake.FateRegistered: "formular înregistrat", intake.FateDecided: "decizie sau confirmare", intake.FateAnswered: "a primit răspuns",
	intake.FateAutomatic: "mesaj automat", intake.FateSetAside: "lăsat unui om", "": "așteaptă",
}

var stateWords = map[intake.OutgoingState]string{
	intake.OutgoingQueued: "de trimis", intake.OutgoingSent: "trimis", intake.OutgoingFailed: "netrimis",
}

var suspicionWords = map[intake.SuspectWhy]string{
	intake.OtherSender: "trimis de la altă adresă", intake.NotAuthentic: "expeditor falsificat, după serverul de e-mail",
	intake.Unproven: "expeditor nedovedit", intake.Replayed: "răspuns trimis încă o dată",
}

var siteWords = map[string]string{"open": "deschis", "suspended": "suspendat", "closed": "închis"}

// personPage prints the sections of the answer.
type personPage struct {
	w   io.Writer
	t   *tabwriter.Writer
	cfg *config.Config
	n   int
}

// section begins a numbered section: what it is, why it is held, for how long.
func (p *personPage) section(title, why string, columns ...string) {
	_ = p.t.Flush() // of the section before; an error comes back with the last one
	p.n++
	fmt.Fprintf(p.w, "\n%d. %s\n%s\n\n", p.n, title, why)
	if len(columns) > 0 {
		p.row(columns...)
	}
}

func (p *personPage) row(cells ...string) {
	for i, c := range cells {
		if cells[i] = oneLine(c); cells[i] == "" {
			cells[i] = "–"
		}
	}
	fmt.Fprintln(p.t, "  "+strings.Join(cells, "\t"))
}

func (p *personPage) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(p.cfg.Location()).Format("02.01.2006 15:04")
}

func (p *personPage) rights(r forms.Rights) string {
	if r == 0 {
		return ""
	}
	return templates.RightsInWords(r)
}

func yesNo(yes bool) string {
	if yes {
		return "da"
	}
	return "nu"
}

// printPerson prints the answer in Romanian, as the person may get it.
func printPerson(w io.Writer, r *personReport, cfg *config.Config) error {
	if r.empty() {
		_, err := fmt.Fprintf(w, "Registratura nu deține date despre adresa %s.\n", r.Address)
		return err
	}
	p := &personPage{w: w, t: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0), cfg: cfg}
	fmt.Fprintf(w, "DATE CU CARACTER PERSONAL DESPRE %s\n%s, %s, situația la %s\n", r.Address, cfg.Institution.Name, cfg.Desk.Name, p.day(r.At))
	for _, section := range []func(*personReport){p.configured, p.requests, p.questions, p.mails, p.notices, p.undelivered, p.events, p.delegations, p.suspicions, p.portal} {
		section(r)
	}
	if err := p.t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, `
Nu sunt cuprinse aici: copiile de siguranță, jurnalul de sistem al programului, dosarele căsuței poștale a
registraturii și conținutul fișierelor de pe site-uri. Numele altor persoane nu sunt arătate.
`)
	return err
}

func (p *personPage) configured(r *personReport) {
	if len(r.Configured) == 0 {
		return
	}
	p.section("În configurația registraturii", "Cine conduce compartimente, cine aprobă și cine este anunțat. Cât timp persoana are această calitate.")
	for _, c := range r.Configured {
		p.row(c)
	}
}

func (p *personPage) requests(r *personReport) {
	if len(r.Requests) == 0 {
		return
	}
	keep := p.cfg.Retention
	p.section("Cereri", "Cererile pentru site-uri de colaborare (procedura "+procedure+"): cine le-a făcut, cine a decis, cine primește acces și cu ce drepturi.\n"+
		"Cât timp cererea este în lucru sau site-ul există; apoi numele utilizatorilor încă: "+periodInWords(keep.AccessData)+
		" (cereri fără urmare: "+periodInWords(keep.FailedRequests)+"),\nsolicitantul și decizia încă: "+periodInWords(keep.Registry)+
		". Numărul, data, compartimentul, partenerul și starea rămân în registru.",
		"CEREREA", "CALITATEA", "NUMELE", "DREPTURI", "STAREA", "COMPARTIMENTUL", "PARTENERUL SAU SITE-UL", "MESAJE PĂSTRATE")
	for _, q := range r.Requests {
		var roles []string
		for _, role := range q.Roles {
			words := roleWords[role]
			if side := sideWords[q.Side]; side != "" && (role == store.RoleMember || role == store.RoleNamed) {
				words += ", " + side
			}
			roles = append(roles, words)
		}
		partner := q.Partner
		if partner == "" {
			partner = q.Site
		}
		p.row(q.Number, strings.Join(roles, ", "), q.Name, p.rights(q.Rights), templates.StatusInWords(q.Status), q.Department, partner, fmt.Sprint(q.Mails))
		if q.Evidence != "" {
			p.row("", "cu cuvintele: „"+q.Evidence+"”")
		}
	}
}

func (p *personPage) questions(r *personReport) {
	if len(r.Questions) == 0 {
		return
	}
	p.section("Întrebări primite", "Ce i s-a cerut persoanei să decidă sau să confirme. Cu cererea, încă: "+periodInWords(p.cfg.Retention.Registry)+" după încheierea ei.",
		"CEREREA", "CE I S-A CERUT", "DE LA", "VALABILĂ PÂNĂ LA", "ÎN AȘTEPTARE")
	for _, q := range r.Questions {
		p.row(q.Request, purposeWords[q.Purpose], p.day(q.At), p.day(q.ExpiresAt), yesNo(q.Open))
	}
}

func (p *personPage) mails(r *personReport) {
	if len(r.Mails) == 0 {
		return
	}
	keep := p.cfg.Retention
	p.section("Mesaje primite de registratură", "Păstrate întregi, ca dovadă. Cele fără cerere: "+periodInWords(keep.OtherMails)+"; ale cererilor fără urmare: "+
		periodInWords(keep.FailedRequests)+";\nale cererilor cu site: "+periodInWords(keep.ClosedRequests)+" după închiderea lui.",
		"NR.", "PRIMIT", "CALITATEA", "SUBIECTUL", "CEREREA", "CE S-A FĂCUT CU EL", "OCTEȚI")
	for _, m := range r.Mails {
		p.row(fmt.Sprint(m.ID), p.day(m.At), placeWords[m.How], m.Subject, m.Request, fateWords[m.Fate], fmt.Sprint(m.Size))
	}
}

func (p *personPage) notices(r *personReport) {
	if len(r.Notices) == 0 {
		return
	}
	p.section("Mesaje trimise de registratură", "Către persoană, sau în care este numită. Păstrate: "+periodInWords(p.cfg.Retention.Notices)+
		" după trimitere, cele cu linkuri sau coduri deloc.",
		"DATA", "CALITATEA", "CE MESAJ", "CEREREA", "STAREA", "TEXTUL ESTE PĂSTRAT")
	for _, n := range r.Notices {
		p.row(p.day(n.At), placeWords[n.How], templates.LetterInWords(n.Kind), n.Request, stateWords[n.State], yesNo(n.Kept))
	}
}

func (p *personPage) undelivered(r *personReport) {
	if len(r.Undelivered) == 0 {
		return
	}
	p.section("Mesaje care nu au ajuns", "Pentru îndreptarea adresei. Păstrate cu mesajul: "+periodInWords(p.cfg.Retention.Notices)+".", "DATA", "CE MESAJ", "CEREREA", "CE A SPUS SERVERUL")
	for _, u := range r.Undelivered {
		p.row(p.day(u.At), templates.LetterInWords(u.Kind), u.Request, u.Reason)
	}
}

func (p *personPage) events(r *personReport) {
	if len(r.Events) == 0 {
		return
	}
	keep := p.cfg.Retention
	p.section("Evenimente", "Ce a consemnat registratura că a făcut persoana, sau despre ea; lista este protejată împotriva modificării.\n"+
		"Termenele cererii; fără cerere: "+periodInWords(keep.OtherMails)+". Apoi rămâne doar amprenta (SHA-256).",
		"DATA", "CEREREA", "CE", "AL PERSOANEI", "AMĂNUNTE")
	for _, e := range r.Events {
		p.row(p.day(e.At), e.Request, extranet.EventInWords(e.Kind), yesNo(e.Own), e.Detail)
	}
}

func (p *personPage) delegations(r *personReport) {
	if len(r.Delegations) == 0 {
		return
	}
	p.section("Delegări ale aprobării", "Păstrate: "+periodInWords(p.cfg.Retention.Registry)+" după ultima zi.", "CALITATEA", "DIN", "PÂNĂ ÎN", "SCRISĂ LA")
	for _, d := range r.Delegations {
		as := "a fost delegată"
		if d.By {
			as = "a delegat"
		}
		p.row(as, templates.DateInWords(d.First), templates.DateInWords(d.Last), p.day(d.At))
	}
}

func (p *personPage) suspicions(r *personReport) {
	if len(r.Suspicions) == 0 {
		return
	}
	p.section("Răspunsuri neluate în seamă", "Răspunsuri care păreau ale cuiva și nu s-au dovedit, ca dovadă. Păstrate: "+periodInWords(p.cfg.Retention.Suspicions)+".",
		"DATA", "CEREREA", "CALITATEA", "DE CE")
	for _, s := range r.Suspicions {
		as := "în numele persoanei"
		if s.Own {
			as = "de la adresa persoanei"
		}
		p.row(p.day(s.At), s.Request, as, suspicionWords[s.Why])
	}
}

func (p *personPage) portal(r *personReport) {
	keep := p.cfg.Retention
	if a := r.Portal.Account; a != nil {
		p.section("Contul din extranet", "Pentru accesul la site-uri. Cât timp persoana este pe lista unui site, apoi: "+periodInWords(keep.AccessData)+
			" fără folosire.\nParola și codurile sunt păstrate numai sub o formă din care nu pot fi aflate.")
		p.row("nume", a.Name)
		p.row("creat la", p.day(a.CreatedAt))
		p.row("parolă pusă la", p.day(a.PasswordAt))
		p.row("cod al unei aplicații la intrare", yesNo(a.SecondFactor))
		p.row("link de unică folosință valabil", yesNo(a.Link))
		p.row("sesiuni deschise", fmt.Sprint(a.Sessions))
		p.row("ultima folosire a unei sesiuni", p.day(a.SeenAt))
		for _, w := range a.AppPasswords {
			p.row("parolă pentru programe", w.Label, "creată la "+p.day(w.CreatedAt), "folosită la "+p.day(w.UsedAt))
		}
	}
	if len(r.Portal.Sites) > 0 {
		p.section("Site-uri pe lista cărora este", "Cât timp are acces, sau până la ștergerea site-ului.", "SITE-UL", "DENUMIREA", "STAREA", "NUMELE", "CALITATEA", "DREPTURI", "DIN")
		for _, s := range r.Portal.Sites {
			p.row(s.ID, s.Title, siteWords[s.State], s.Name, sideWords[intake.Side(s.Side)], p.rights(s.Rights), p.day(s.AddedAt))
		}
	}
	if len(r.Portal.Traces) > 0 {
		p.section("Ce a făcut pe site-uri", "Jurnalul de acces, păstrat: "+periodInWords(keep.AccessJournal)+"; fișierele poartă adresa celui care le-a pus, cât timp există.",
			"SITE-UL", "ÎNREGISTRĂRI ÎN JURNAL", "PRIMA", "ULTIMA", "FIȘIERE ȘI DOSARE", "ÎNCĂRCĂRI NETERMINATE")
		for _, t := range r.Portal.Traces {
			p.row(t.Site, fmt.Sprint(t.Entries), p.day(t.First), p.day(t.Last), fmt.Sprint(t.Files), fmt.Sprint(t.Uploads))
		}
	}
}
