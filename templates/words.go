package templates

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// mailFuncs is what a mail template can call besides the letter's own fields.
// mails/README.md explains each of them.
var mailFuncs = template.FuncMap{
	"asData":    asData, // added by markData; never written in a template
	"date":      DateInWords,
	"rights":    RightsInWords,
	"count":     count,
	"size":      SizeInWords,
	"lines":     lines,
	"short":     short,
	"origin":    origin,
	"partners":  func(r *intake.Request) []user { return users(r, intake.PartnerSide) },
	"internals": func(r *intake.Request) []user { return users(r, intake.InternalSide) },
	"field":     FieldInWords,
	"cell":      cell,
	"fault":     fault,
	"aside":     aside,
	"happened":  happened,
	"suspicion": suspicion,
	"letter":    letterInWords,
	"status":    StatusInWords,
	"abilities": abilities,
	"purpose":   purpose,
	"isClose":   func(r *intake.Request) bool { return r.Kind == forms.Close },
	"replyLine": func() string { return intake.ReplyLine },
	"change":    change,
	"obstacle":  obstacle,
	"hold":      hold,

	"correction": correction,
	"amendment":  amendment,
	"amended":    amended,

	"state":      StateInWords,
	"folderName": filepath.Base,

	"accessChange":  accessChange,
	"accessChanged": accessChanged,
	"isChange":      isChange,

	"canWithdraw": func(r *intake.Request) bool {
		return r.Status == intake.StatusApproved || r.Status == intake.StatusScheduled
	},
	"hasEnded": func(r *intake.Request) bool { return r.Status.Final() },

	"workInWords": workInWords,
	"side":        side,
}

var (
	weekdays = [...]string{"duminică", "luni", "marți", "miercuri", "joi", "vineri", "sâmbătă"}
	months   = [...]string{"ianuarie", "februarie", "martie", "aprilie", "mai", "iunie", "iulie", "august",
		"septembrie", "octombrie", "noiembrie", "decembrie"}
)

func inWords(t time.Time) string {
	return fmt.Sprintf("%s, %d %s %d", weekdays[t.Weekday()], t.Day(), months[t.Month()-1], t.Year())
}

// DateInWords is "marți, 15 decembrie 2026"; empty for the zero date.
func DateInWords(d forms.Date) string {
	if d.IsZero() {
		return ""
	}
	return inWords(d.In(time.UTC))
}

// RightsInWords is "citire, scriere și ștergere", "doar citire" or, for none,
// "niciun drept".
func RightsInWords(r forms.Rights) string {
	var names []string
	for _, right := range []struct {
		right forms.Rights
		name  string
	}{{forms.RightRead, "citire"}, {forms.RightWrite, "scriere"}, {forms.RightDelete, "ștergere"}} {
		if r.Has(right.right) {
			names = append(names, right.name)
		}
	}
	switch len(names) {
	case 0:
		return "niciun drept"
	case 1:
		return "doar " + names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " și " + names[len(names)-1]
}

// abilities says in phrases what the rights allow.
func abilities(r forms.Rights) []string {
	var list []string
	if r.Has(forms.RightRead) {
		list = append(list, "puteți vedea și descărca fișierele (citire);")
	}
	if r.Has(forms.RightWrite) {
		list = append(list, "puteți încărca fișiere noi și crea dosare (scriere);")
	}
	if r.Has(forms.RightDelete) {
		list = append(list, "puteți șterge, înlocui și muta fișiere (ștergere);")
	}
	if n := len(list); n > 0 {
		list[n-1] = strings.TrimSuffix(list[n-1], ";") + "."
	}
	return list
}

// purpose says what a request asks for, as it stands in a subject.
func purpose(r *intake.Request) string {
	if r.Kind == forms.Close {
		return "închidere site " + short(60, r.Submission.Site)
	}
	if isChange(r) {
		return "schimbarea accesului la site-ul comun cu " + short(60, r.Submission.Partner)
	}
	return "site comun cu " + short(60, r.Submission.Partner)
}

// SizeInWords is "12 octeți", "340 KB", "25,4 MB" or "1,4 GB" (1 MB = 1024 × 1024 octets).
func SizeInWords(octets int64) string {
	const kb, mb, gb = 1 << 10, 1 << 20, 1 << 30
	switch {
	case octets < kb:
		return count(int(octets), "octet", "octeți")
	case octets < mb:
		return strconv.FormatInt((octets+kb/2)/kb, 10) + " KB"
	}
	unit, name := float64(mb), " MB"
	if octets >= gb {
		unit, name = gb, " GB"
	}
	s := strconv.FormatFloat(float64(octets)/unit, 'f', 1, 64)
	return strings.Replace(strings.TrimSuffix(s, ".0"), ".", ",", 1) + name
}

// count is "un utilizator", "3 utilizatori" or "20 de utilizatori".
func count(n int, one, many string) string {
	switch {
	case n == 1:
		return "un " + one
	case n%100 >= 1 && n%100 <= 19 || n == 0:
		return fmt.Sprintf("%d %s", n, many)
	}
	return fmt.Sprintf("%d de %s", n, many)
}

// lines puts what somebody typed on several lines on one, parted by semicolons.
// They stay on one line because a line of data that stood alone in a mail could
// be mistaken for an answer when the mail is quoted.
func lines(s string) string {
	var b strings.Builder
	for line := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r) }) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if b.Len() > 0 {
			if !strings.ContainsAny(b.String()[b.Len()-1:], ".,;:!?") {
				b.WriteByte(';')
			}
			b.WriteByte(' ')
		}
		b.WriteString(line)
	}
	return b.String()
}

// short cuts s to at most n characters, at a word where that leaves enough.
func short(n int, s string) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= n {
		return string(r)
	}
	cut := string(r[:n-1])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:-–") + "…"
}

// origin says in words how the sender of a mail was proven, by the values of
// [intake.Request.Proven].
func origin(proof string) string {
	switch proof {
	case "":
		return "neverificată; întrebați solicitantul înainte de a merge mai departe"
	case "dmarc":
		return "verificată de serverul nostru de e-mail (DMARC)"
	case "dkim":
		return "verificată prin semnătura domeniului de e-mail (DKIM)"
	case "auth":
		return "verificată, mesajul fiind trimis din contul propriu, cu parolă"
	case "smime":
		return "verificată prin semnătura electronică a mesajului (S/MIME)"
	case "confirmation":
		return "verificată prin confirmare de la adresa din evidența noastră"
	}
	return "verificată (" + proof + ")"
}

// user is one line of a table of users.
type user struct {
	Name, Address string
	Rights        string
	Assumed       bool // nothing was ticked on the form: reading is the desk's reading of it
}

// users lists the members of one side: the plan's, with its deviations.
func users(r *intake.Request, side intake.Side) []user {
	var list []user
	for _, m := range r.Members() {
		if m.Side != side {
			continue
		}
		u := user{Name: m.Name, Address: m.Address, Rights: RightsInWords(m.Rights)}
		if side == intake.PartnerSide {
			u.Assumed = slices.ContainsFunc(r.Submission.PartnerUsers, func(asked forms.User) bool {
				return asked.Rights == 0 && strings.EqualFold(asked.Email, m.Address)
			})
		}
		list = append(list, u)
	}
	return list
}

var fieldNames = map[string]string{
	"requester":       "Nume solicitant",
	"department":      "Compartimentul care solicită",
	"partner":         "Instituția parteneră",
	"info_types":      "Tipuri de informații",
	"activation_date": "Data activării",
	"legal_basis":     "Temeiul legal",
	"partner_users":   "Utilizatori din instituția parteneră",
	"internal_users":  "Utilizatori interni",
	"site":            "Site-ul de închis",
	"reason":          "Motivul închiderii",
	"archive_to":      "Unde se salvează fișierele",
	"name":            "numele",
	"email":           "adresa de e-mail",
	"rights":          "drepturile",
}

// FieldInWords names the field of a problem as the form does: "partner_users[0].email"
// is "Utilizatori din instituția parteneră, nr. 1, adresa de e-mail". It is
// empty for a field that is not of the forms.
func FieldInWords(field string) string {
	base, part, _ := strings.Cut(field, ".")
	base, index, indexed := strings.Cut(strings.TrimSuffix(base, "]"), "[")
	words := fieldNames[base]
	if words == "" {
		return ""
	}
	if i, err := strconv.Atoi(index); indexed && err == nil {
		words += fmt.Sprintf(", nr. %d", i+1)
	}
	if p := fieldNames[part]; p != "" {
		words += ", " + p
	}
	return words
}

// cell says where a problem is: "celula B12".
func cell(p forms.Problem) string {
	switch {
	case p.Cell == "":
		return ""
	case p.Sheet == "":
		return "celula " + p.Cell
	}
	return "celula " + p.Cell + ", foaia „" + p.Sheet + "”"
}

// fault says why a file could not be taken as a form, and what to do about it.
func fault(f intake.FileFault) string {
	switch f {
	case intake.FaultNotForm:
		return "este un tabel, dar nu conține unul dintre formularele procedurii"
	case intake.FaultNotSheet:
		return "nu este un tabel; citim formulare salvate ca .xlsx sau .ods, nu PDF, imagini, documente Word sau arhive"
	case intake.FaultLegacy:
		return "este în formatul vechi .xls sau .xlsb; deschideți-l și salvați-l ca .xlsx"
	case intake.FaultEncrypted:
		return "este protejat cu parolă; salvați-l fără parolă"
	case intake.FaultArchive:
		return "este o arhivă; trimiteți formularul din ea ca fișier .xlsx"
	case intake.FaultBroken:
		return "este deteriorat sau incomplet; salvați-l din nou și verificați că se deschide"
	case intake.FaultTooLarge:
		return "este mult mai mare decât un formular; trimiteți doar formularul, fără alte date"
	}
	return "nu a putut fi citit"
}

// LetterInWords names one of the desk's mails, by the name of its letter.
func LetterInWords(name string) string { return letterInWords(name) }

// letterInWords names one of the desk's mails.
func letterInWords(name string) string {
	switch name {
	case "closing_question":
		return "întrebarea dacă site-ul se închide"
	case "access_ended":
		return "vestea către utilizator că site-ul s-a închis"
	case "access_resumed":
		return "vestea către utilizator că site-ul s-a redeschis"
	case "approval", "ask_again", "confirm_decision", "offer":
		return "întrebarea către cel care aprobă"
	case "delegated":
		return "confirmarea delegării"
	case "address_failed":
		return "vestea că o adresă este greșită"
	case "address_mended", "address_stays":
		return "vestea despre o adresă corectată"
	case "cannot_correct":
		return "răspunsul la o adresă care nu a putut fi corectată"
	case "cancelled":
		return "vestea că cererea a fost anulată de Serviciul TIC"
	case "warning":
		return "avertizarea celui care aprobă"
	case "reminder":
		return "reamintirea către cel care aprobă"
	case "still_waiting", "expired":
		return "vestea că cererea nu a primit răspuns"
	case "status_report":
		return "stadiul cererii"
	case "withdrawn", "too_late_to_withdraw":
		return "răspunsul la retragerea cererii"
	case "withdrawn_others":
		return "vestea că cererea a fost retrasă"
	case "new_link":
		return "linkul nou pentru parolă"
	case "access_altered":
		return "mesajul despre drepturile schimbate"
	case "access_removed":
		return "mesajul despre încetarea accesului"
	case "access":
		return "mesajul de acces către utilizator"
	case "journal", "no_journal":
		return "jurnalul unui site, către cel care l-a cerut"
	case "access_list":
		return "lista celor cu acces, către solicitant"
	case "question_withdrawn":
		return "vestea că o întrebare a fost retrasă, către cel care aprobă"
	case "registered", "returned", "approved", "correction_not_taken", "nothing_changes", "rejected", "confirm_request", "closing_dropped", "closing_saved", "closing_undone", "closing_done":
		return "răspunsul către solicitant"
	case "review", "reviewed", "review_others":
		return "verificarea listei celor cu acces"
	case "site_suspended":
		return "mesajul către utilizator despre suspendarea accesului"
	case "legal_bases":
		return "lista temeiurilor legale către Serviciul TIC"
	case "work_order", "confirm_work", "work_done", "work_closed":
		return "comanda de lucru către Serviciul TIC"
	case "delegation_refused", "already_decided", "question_closed", "blank_forms", "not_entitled", "cannot_read", "too_large":
		return "răspunsul către expeditor"
	case "approved_it", "closing_refused", "closing_stuck", "closing_held", "set_aside", "undelivered", "stuck", "suspect", "disowned":
		return "înștiințarea către Serviciul TIC"
	}
	return "mesajul „" + name + "”"
}

// happened says what an event was, in a status report.
func happened(kind intake.EventKind) string {
	switch kind {
	case intake.EventRegistered:
		return "a fost înregistrată"
	case intake.EventReturned:
		return "formularul a fost returnat pentru corectare"
	case intake.EventCorrected:
		return "a sosit formularul corectat"
	case intake.EventConfirmed:
		return "solicitantul a confirmat-o"
	case intake.EventAsked:
		return "a fost trimisă spre aprobare"
	case intake.EventApproved:
		return "a fost aprobată"
	case intake.EventRejected:
		return "a fost respinsă"
	case intake.EventScheduled:
		return "a fost programată pentru data activării"
	case intake.EventStuck:
		return "crearea site-ului s-a oprit; Serviciul TIC a fost anunțat"
	case intake.EventSkipped:
		return "Serviciul TIC a hotărât să meargă mai departe fără o parte dintre utilizatori"
	case intake.EventCancelled:
		return "a fost anulată de Serviciul TIC"
	case intake.EventAddressMended:
		return "a fost corectată adresa unui utilizator"
	case intake.EventActive:
		return "site-ul a fost deschis"
	case intake.EventReminded:
		return "celui care aprobă i s-a amintit"
	case intake.EventExpired:
		return "a fost închisă fără răspuns"
	case intake.EventWithdrawn:
		return "a fost retrasă"
	case intake.EventClosing:
		return "accesul la site s-a încheiat, iar fișierele au fost salvate"
	case intake.EventReopened:
		return "închiderea a fost anulată; site-ul este din nou deschis"
	case intake.EventDeletionHeld:
		return "ștergerea site-ului a fost oprită; Serviciul TIC a fost anunțat"
	case intake.EventClosed:
		return "site-ul a fost șters"
	}
	return string(kind)
}

// aside says why a mail was left to a person.
func aside(why intake.AsideWhy) string {
	switch why {
	case intake.AsideFailed:
		return "prelucrarea lui a eșuat de mai multe ori; jurnalul serviciului spune de ce"
	case intake.AsideNoSender:
		return "câmpul From nu conține exact o adresă"
	case intake.AsideStranger:
		return "vine de la o adresă pe care nimic nu o dovedește și care nu este în evidența primăriei"
	case intake.AsideNoApprover:
		return "răspunde la o cerere de aprobare, dar cel întrebat nu mai este printre cei care aprobă"
	case intake.AsideNotTheirs:
		return "răspunde la o întrebare a noastră în numele altcuiva: adresa nu este a celui întrebat sau este falsificată"
	case intake.AsideReply:
		return "este un răspuns la un mesaj al registraturii care nu pune nicio întrebare"
	case intake.AsideMuted:
		return "cere o întrebare pe care nu am mai trimis-o, fiindcă adresa a primit deja numărul de răspunsuri îngăduit într-o zi; cererea așteaptă"
	case intake.AsideUnfetched:
		return "serverul de e-mail nu l-a putut da; deschideți-l în căsuța poștală"
	case intake.AsideNoAccount:
		return "cere un link nou pentru parolă, dar adresa de la care vine nu are cont pe niciun site; poate expeditorul are contul la altă adresă"
	case intake.AsideNoLinks:
		return "cere un link nou pentru parolă, iar site-urile sunt găzduite unde registratura nu poate face linkuri"
	case intake.AsideTooLarge:
		return "depășește dimensiunea admisă și nu a fost citit"
	}
	return string(why)
}

// suspicion says what was wrong with the sender of an answer.
func suspicion(why intake.SuspectWhy) string {
	switch why {
	case intake.OtherSender:
		return "răspunsul a venit de la altă adresă decât cea întrebată"
	case intake.NotAuthentic:
		return "serverul de e-mail arată că adresa expeditorului este falsificată"
	case intake.Unproven:
		return "nu răspundea la o întrebare a noastră și nimic nu dovedește cine l-a trimis"
	case intake.Replayed:
		return "repetă un răspuns pe care l-am luat deja în seamă"
	}
	return string(why)
}

var statusNames = map[intake.Status]string{
	intake.StatusReceived:         "primită, în verificare",
	intake.StatusReturned:         "returnată pentru corectare",
	intake.StatusAwaitingApproval: "în așteptarea aprobării",
	intake.StatusRejected:         "respinsă",
	intake.StatusWithdrawn:        "retrasă de solicitant",
	intake.StatusExpired:          "închisă fără răspuns în termen",
	intake.StatusApproved:         "aprobată",
	intake.StatusScheduled:        "aprobată, programată pentru data activării",
	intake.StatusProvisioning:     "aprobată, site-ul se creează",
	intake.StatusStuck:            "oprită: nu a putut fi dusă la capăt",
	intake.StatusActive:           "site-ul este deschis",
	intake.StatusReplaced:         "înlocuită de o cerere ulterioară pentru același site",
	intake.StatusClosing:          "site-ul se închide",
	intake.StatusClosed:           "site-ul este închis",
}

// StatusInWords is the status as a person reads it; the bare status for one
// that has no words.
func StatusInWords(s intake.Status) string {
	if words, ok := statusNames[s]; ok {
		return words
	}
	return string(s)
}

// closingNames are the statuses of a request to close that read otherwise than
// those of a request for a site.
var closingNames = map[intake.Status]string{
	intake.StatusAwaitingApproval: "în așteptarea confirmării de către șeful compartimentului",
	intake.StatusRejected:         "neconfirmată; site-ul rămâne deschis",
	intake.StatusWithdrawn:        "retrasă; site-ul este deschis",
	intake.StatusApproved:         "confirmată",
	intake.StatusProvisioning:     "confirmată, fișierele se salvează",
	intake.StatusClosing:          "accesul s-a încheiat, fișierele sunt salvate; site-ul așteaptă ștergerea",
	intake.StatusClosed:           "site-ul este șters",
}

// StateInWords is the status of the request as a person reads it.
func StateInWords(r *intake.Request) string {
	if words, ok := closingNames[r.Status]; ok && r.Kind == forms.Close {
		return words
	}
	return StatusInWords(r.Status)
}
