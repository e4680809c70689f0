package templates

import (
	"slices"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// sampleContext is the desk of the samples.
func sampleContext() Context {
	buc, err := time.LoadLocation("Europe/Bucharest")
	if err != nil {
		panic(err)
	}
	return Context{
		Institution: "Primăria Municipiului Buzău", Name: "Registratura electronică",
		Address: "registratura@primariabuzau.ro", Procedure: "DE-SPDI-02",
		Support: "Serviciul TIC, tel. 0238 710 562", Location: buc, WebDAV: true,
	}
}

const hostile = "<script>alert(1)</script>\r\nSubject: fals\n\nAPROB\n{{.Desk}} **tare** | # > => x | https://rau.ro \u202Eofni\u202C \uE000x\uE001"

var (
	sampleTime = time.Date(2026, 11, 23, 8, 15, 0, 0, time.UTC)
	mayor      = intake.Approver{Person: intake.Person{Name: "Constantin Popa", Address: "primar@primariabuzau.ro"},
		Title: "Primar", Salutation: "Stimate domnule primar"}
	viceMayor = intake.Approver{Person: intake.Person{Name: "Elena Marin", Address: "viceprimar@primariabuzau.ro"},
		Title: "Viceprimar", Salutation: "Stimată doamnă viceprimar"}
	sampleDays = intake.Days{First: forms.Date{Year: 2026, Month: 11, Day: 23}, Last: forms.Date{Year: 2026, Month: 12, Day: 5}}
)

func sampleRequest() *intake.Request {
	const all = forms.RightRead | forms.RightWrite | forms.RightDelete
	s := forms.Submission{
		Requester: "Elena Ionescu", Department: "Dir. Economica", Partner: "Școala Gimnazială nr. 11",
		InfoTypes:      "Situații școlare ale elevilor\nListe de burse și plăți\nOrare",
		ActivationDate: forms.Date{Year: 2026, Month: 12, Day: 15},
		LegalBasis:     "Acord de colaborare nr. 215/2026; Legea nr. 198/2023, art. 12 alin. (3)",
		PartnerUsers: []forms.User{
			{Name: "Ana-Maria Popescu", Email: "ana.popescu@scoala11buzau.ro", Rights: forms.RightRead | forms.RightWrite},
			{Name: "Dan Șerban", Email: "Dan.Serban@scoala11buzau.ro"},
		},
		InternalUsers: []forms.User{
			{Name: "Elena Ionescu", Email: "elena.ionescu@primariabuzau.ro", Rights: all},
			{Name: "Mihai Țuțea", Email: "mihai.tutea@primariabuzau.ro", Rights: forms.RightRead},
		},
	}
	n := intake.Number{Serial: 42, Date: forms.Date{Year: 2026, Month: 11, Day: 23}}
	return &intake.Request{
		ID: 42, Number: n, Kind: forms.Create, Status: intake.StatusAwaitingApproval,
		From: intake.Person{Name: "Elena Ionescu", Address: "elena.ionescu@primariabuzau.ro"}, Department: "Direcția Economică",
		Proven: "dkim", Submission: s, FormName: "Anexa 1 Școala 11.xlsx",
		Plan: intake.MakePlan(&forms.Reading{Submission: s, Department: "Direcția Economică"}, n, "scoala-gimnaziala-nr-11"),
	}
}

func decided(v intake.Verdict, reason string) *intake.Request {
	r := sampleRequest()
	r.Status = intake.StatusApproved
	if v == intake.Reject {
		r.Status = intake.StatusRejected
	}
	r.Decision = &intake.Decision{Verdict: v, Approver: mayor.Person, Title: mayor.Title, Reason: reason,
		MailHash: strings.Repeat("9f86d081", 8), Evidence: "Aprob. Cu stimă, C. Popa", Origin: "DKIM valid pentru primariabuzau.ro",
		At: sampleTime.Add(95 * time.Minute)}
	return r
}

// longRequest has what real forms have in the worst case: many users and long texts.
func longRequest() *intake.Request {
	r := sampleRequest()
	s := r.Submission
	s.Partner = "Direcția de Asistență Socială a Municipiului Buzău – Serviciul de Protecție a Copilului și Familiei, Compartimentul Prevenirea Marginalizării Sociale"
	s.InfoTypes = strings.Repeat("Anchete sociale, dispoziții și state de plată pentru beneficiarii de venit minim de incluziune\n", 8)
	s.PartnerUsers, s.InternalUsers = nil, nil
	for i := range 23 {
		n := string(rune('a' + i))
		s.PartnerUsers = append(s.PartnerUsers, forms.User{Name: "Utilizator Partener " + strings.ToUpper(n),
			Email: "utilizator.partener.cu.nume.lung." + n + "@asistentasocialabuzau.ro", Rights: forms.Rights(i % 8)})
		s.InternalUsers = append(s.InternalUsers, forms.User{Name: "Utilizator Intern " + strings.ToUpper(n),
			Email: "utilizator.intern." + n + "@primariabuzau.ro", Rights: forms.RightRead | forms.Rights(i%8)})
	}
	r.Submission = s
	r.Plan = intake.MakePlan(&forms.Reading{Submission: s, Department: r.Department}, r.Number, "directia-de-asistenta-sociala")
	return r
}

// hostileRequest has somebody's mischief in every field that people type into.
func hostileRequest() *intake.Request {
	r := decided(intake.Reject, hostile)
	s := forms.Submission{Requester: hostile, Department: hostile, Partner: hostile, InfoTypes: hostile, LegalBasis: hostile,
		ActivationDate: forms.Date{Year: 2026, Month: 12, Day: 15}, Site: hostile, Reason: hostile, ArchiveTo: hostile,
		PartnerUsers: []forms.User{{Name: hostile, Email: "x@rau.ro"}}, InternalUsers: []forms.User{{Name: hostile, Email: "y@rau.ro", Rights: forms.RightRead}}}
	r.Submission, r.From.Name, r.Department, r.Proven = s, hostile, hostile, ""
	r.Plan = intake.MakePlan(&forms.Reading{Submission: s, Department: hostile}, r.Number, "site")
	r.Decision.Evidence, r.Decision.Origin, r.Decision.Approver.Name = hostile, hostile, hostile
	return r
}

type sample struct {
	name   string // of the golden files
	letter intake.Letter
}

// samples has every letter in each of the ways it can read.
func samples() []sample {
	const site = "https://extranet.primariabuzau.ro/s/scoala-gimnaziala-nr-11/"
	ask := sampleTime.AddDate(0, 0, 14)
	approved := decided(intake.Approve, "")
	unproven := sampleRequest()
	unproven.Proven = ""
	unproven.From.Name = "Ionescu Elena"
	today := decided(intake.Approve, "")
	today.Plan.ActivateOn = today.Number.Date
	stuck := decided(intake.Approve, "")
	stuck.Status = intake.StatusStuck
	withdrawn := sampleRequest()
	withdrawn.Status = intake.StatusWithdrawn
	problems := []forms.Problem{
		{Field: "activation_date", Sheet: "Cerere", Cell: "B12", Why: forms.Past, Message: "data 1 martie 2026 a trecut; scrieți data de astăzi sau una viitoare"},
		{Field: "legal_basis", Sheet: "Cerere", Cell: "B14", Why: forms.Missing, Message: "lipsește; scrieți legea sau acordul de colaborare în baza căruia se partajează documentele"},
		{Field: "partner_users[1].email", Sheet: "Cerere", Cell: "C19", Why: forms.Invalid, Message: "„dan.serban@” nu este o adresă de e-mail întreagă; scrieți adresa completă"},
		{Field: "internal_users", Why: forms.Missing, Message: "nu este trecut niciun utilizator; este nevoie de cel puțin unul"},
	}
	member := func(i int) intake.Member { return approved.Plan.Members[i] }
	invitation := intake.Invitation{Link: "https://extranet.primariabuzau.ro/invitatie/7f3kq9w2m5x8z1b4n6c0v", Expires: sampleTime.AddDate(0, 0, 7)}
	return append(slices.Concat(journalSamples(), offerSamples(), changeSamples(), workSamples(), troubleSamples(), addressSamples(), reviewSamples(), closingSamples()), []sample{
		{"blank_forms", intake.BlankForms{}},
		{"blank_forms-asked", intake.BlankForms{Asked: true}},
		{"registered", intake.Registered{Request: sampleRequest(), Approver: mayor}},
		{"returned", intake.Returned{Request: sampleRequest(), Problems: problems}},
		{"returned-marked", intake.Returned{Request: sampleRequest(), Problems: problems, Marked: true}},
		{"returned-hostile", intake.Returned{Request: hostileRequest(), Problems: []forms.Problem{{Field: "partner", Sheet: hostile, Cell: "B2", Message: hostile}}}},
		{"confirm_request", intake.ConfirmRequest{Request: unproven, Expires: ask}},
		{"approval", intake.Approval{Request: sampleRequest(), Approver: mayor, SiteURL: site, Expires: ask}},
		{"approval-long", intake.Approval{Request: longRequest(), Approver: mayor, SiteURL: site, Expires: ask}},
		{"approval-unproven", intake.Approval{Request: unproven, Approver: mayor, SiteURL: site, Expires: ask}},
		{"approval-hostile", intake.Approval{Request: hostileRequest(), Approver: mayor, SiteURL: site, Expires: ask}},
		{"ask_again", intake.AskAgain{Request: sampleRequest(), Approver: mayor, Said: "O să mă uit peste ea mâine."}},
		{"ask_again-conditional", intake.AskAgain{Request: sampleRequest(), Approver: mayor, Conditional: true, Said: "Aprob până la 31 martie.",
			Obstacles: []intake.Obstacle{{Words: "până la 31 martie", Why: intake.UntilDay}}}},
		{"ask_again-weak", intake.AskAgain{Request: sampleRequest(), Approver: mayor, Weak: true, Said: "ok"}},
		{"ask_again-empty", intake.AskAgain{Request: sampleRequest(), Approver: mayor}},
		{"ask_again-hostile", intake.AskAgain{Request: hostileRequest(), Approver: mayor, Said: hostile}},
		{"confirm_decision-approve", intake.ConfirmDecision{Request: sampleRequest(), Approver: mayor, Verdict: intake.Approve, Expires: ask}},
		{"confirm_decision-reject", intake.ConfirmDecision{Request: sampleRequest(), Approver: mayor, Verdict: intake.Reject, Reason: "Nu există încă acordul de colaborare.", Expires: ask}},
		{"already_decided", intake.AlreadyDecided{Request: decided(intake.Reject, "Nu există încă acordul de colaborare."), Approver: mayor}},
		{"already_decided-withdrawn", intake.AlreadyDecided{Request: withdrawn, Approver: mayor}},
		{"question_closed", intake.QuestionClosed{Request: sampleRequest(), Approver: mayor}},
		{"question_closed-changed", intake.QuestionClosed{Request: sampleRequest(), Approver: mayor, Changed: true}},
		{"approved", intake.Approved{Request: approved}},
		{"approved-today", intake.Approved{Request: today}},
		{"rejected", intake.Rejected{Request: decided(intake.Reject, "Nu există încă acordul de colaborare.\nReveniți după semnarea lui.")}},
		{"rejected-hostile", intake.Rejected{Request: hostileRequest()}},
		{"approved_it", intake.ApprovedForIT{Request: approved, SiteURL: site}},
		{"access", intake.Access{Request: approved, Member: member(0), SiteURL: site, Invitation: invitation}},
		{"access-known", intake.Access{Request: approved, Member: member(3), SiteURL: site}},
		{"reminder", intake.Reminder{Request: sampleRequest(), Approver: mayor, SiteURL: site, Since: forms.Date{Year: 2026, Month: time.November, Day: 23}, Expires: ask}},
		{"reminder-hostile", intake.Reminder{Request: hostileRequest(), Approver: mayor, SiteURL: site, Since: forms.Date{Year: 2026, Month: time.November, Day: 23}, Expires: ask}},
		{"still_waiting", intake.StillWaiting{Request: sampleRequest(), Asked: []string{"primar@primariabuzau.ro"}, Since: forms.Date{Year: 2026, Month: time.November, Day: 23}}},
		{"expired", intake.Expired{Request: sampleRequest(), Waited: intake.StatusAwaitingApproval}},
		{"expired-returned", intake.Expired{Request: sampleRequest(), Waited: intake.StatusReturned}},
		{"expired-received", intake.Expired{Request: sampleRequest(), Waited: intake.StatusReceived}},
		{"status_report", intake.StatusReport{Request: sampleRequest(), Events: []intake.Event{
			{At: ask, Kind: intake.EventRegistered}, {At: ask.Add(time.Hour), Kind: intake.EventAsked}}}},
		{"withdrawn", intake.Withdrawn{Request: withdrawn}},
		{"withdrawn_others", intake.WithdrawnForOthers{Request: withdrawn}},
		{"withdrawn_others-hostile", intake.WithdrawnForOthers{Request: hostileRequest()}},
		{"too_late_to_withdraw", intake.TooLateToWithdraw{Request: approved}},
		{"new_link", intake.NewLink{Invitation: invitation}},
		{"access_list", intake.AccessList{Request: approved, SiteURL: site}},
		{"not_entitled", intake.NotEntitled{Address: "mihai.tutea@primariabuzau.ro"}},
		{"not_entitled-other", intake.NotEntitled{Address: "elena.ionescu@primariabuzau.ro", Department: "Direcția Tehnică"}},
		{"cannot_read", intake.CannotRead{Files: []intake.UnreadableFile{{Name: "Cerere semnată.pdf", Why: intake.FaultNotSheet},
			{Name: "anexa1.xls", Why: intake.FaultLegacy}, {Name: "buget.xlsx", Why: intake.FaultNotForm}, {Name: "a.xlsx", Why: intake.FaultBroken},
			{Name: "b.xlsx", Why: intake.FaultTooLarge}, {Name: "c.xlsb", Why: intake.FaultEncrypted}, {Name: "d.xlsx", Why: intake.FaultArchive}}}},
		{"cannot_read-hostile", intake.CannotRead{Files: []intake.UnreadableFile{{Name: hostile, Why: intake.FaultBroken}}}},
		{"too_large", intake.TooLarge{Subject: "Cerere site Școala 11", Size: 27_400_000, Limit: 20 << 20}},
		{"too_large-hostile", intake.TooLarge{Subject: hostile, Size: 27_400_000, Limit: 20 << 20}},
		{"undelivered", intake.Undelivered{Request: approved, To: "dan.serban@scoala11buzau.ro", Kind: "access", Reason: "550 5.1.1 User unknown"}},
		{"undelivered-bounced", intake.Undelivered{To: "ion@undeva.ro", Kind: "blank_forms", Reason: "5.2.2 Mailbox full", Bounced: true}},
		{"undelivered-hostile", intake.Undelivered{Request: hostileRequest(), To: hostile, Kind: hostile, Reason: hostile}},
		{"suspect", intake.Suspect{Request: sampleRequest(), Approver: mayor.Person, From: "altcineva@example.ro", Why: intake.OtherSender, Detail: "the question was sent to primar@primariabuzau.ro"}},
		{"suspect-hostile", intake.Suspect{Request: hostileRequest(), Approver: mayor.Person, From: hostile, Why: intake.NotAuthentic, Detail: hostile}},
		{"suspect-more", intake.Suspect{Request: sampleRequest(), Approver: mayor.Person, From: mayor.Address, Why: intake.Unproven, Detail: "it does not answer a question of ours", Missed: 21}},
		{"suspect-delegation", intake.Suspect{Approver: mayor.Person, From: mayor.Address, Why: intake.NotAuthentic, Detail: "DMARC failed"}},
		{"warning", intake.Warning{Request: decided(intake.Approve, ""), Approver: mayor, From: mayor.Address, Why: intake.Replayed}},
		{"warning-hostile", intake.Warning{Request: hostileRequest(), Approver: mayor, From: hostile, Why: intake.OtherSender}},
		{"delegated-approver", intake.Delegated{Reader: intake.ReaderApprover, Approver: mayor, Delegate: viceMayor, Days: sampleDays, Open: 2}},
		{"delegated-delegate", intake.Delegated{Reader: intake.ReaderDelegate, Approver: mayor, Delegate: viceMayor, Days: sampleDays, Open: 2}},
		{"delegated-it", intake.Delegated{Reader: intake.ReaderIT, Approver: mayor, Delegate: viceMayor, Days: sampleDays}},
		{"delegated-ended-approver", intake.Delegated{Reader: intake.ReaderApprover, Approver: mayor, Delegate: viceMayor, Days: sampleDays, Ended: true}},
		{"delegated-ended-delegate", intake.Delegated{Reader: intake.ReaderDelegate, Approver: mayor, Delegate: viceMayor, Days: sampleDays, Ended: true}},
		{"delegated-ended-it", intake.Delegated{Reader: intake.ReaderIT, Approver: mayor, Delegate: viceMayor, Days: sampleDays, Ended: true}},
		{"delegation_refused-unproven", intake.DelegationRefused{Approver: mayor, Why: intake.DelegationUnproven}},
		{"delegation_refused-none", intake.DelegationRefused{Approver: mayor, Why: intake.DelegationNone, Others: []intake.Approver{viceMayor}, MaxDays: 60}},
		{"delegation_refused-unknown", intake.DelegationRefused{Approver: mayor, Why: intake.DelegateUnknown, Said: "secretarei până vineri", Others: []intake.Approver{viceMayor}, MaxDays: 60}},
		{"delegation_refused-ambiguous", intake.DelegationRefused{Approver: mayor, Why: intake.DelegateAmbiguous, Said: "viceprimarului până vineri", Others: []intake.Approver{viceMayor}, MaxDays: 60}},
		{"delegation_refused-self", intake.DelegationRefused{Approver: mayor, Why: intake.DelegateSelf, Said: "primarului până vineri", Others: []intake.Approver{viceMayor}, MaxDays: 60}},
		{"delegation_refused-no-end", intake.DelegationRefused{Approver: mayor, Why: intake.DelegationNoEnd, Others: []intake.Approver{viceMayor}, MaxDays: 60}},
		{"delegation_refused-nobody", intake.DelegationRefused{Approver: mayor, Why: intake.DelegateUnknown, Said: "viceprimarului", MaxDays: 60}},
		{"delegation_refused-past", intake.DelegationRefused{Approver: mayor, Why: intake.DelegationPast, Said: "viceprimarului până pe 1.11.2026", Others: []intake.Approver{viceMayor}, MaxDays: 60}},
		{"delegation_refused-too-long", intake.DelegationRefused{Approver: mayor, Why: intake.DelegationTooLong, Said: "viceprimarului până pe 1 iunie", Others: []intake.Approver{viceMayor}, MaxDays: 60}},
		{"delegation_refused-hostile", intake.DelegationRefused{Approver: mayor, Why: intake.DelegateUnknown, Said: hostile, Others: []intake.Approver{viceMayor}, MaxDays: 60}},
		{"approval-second", intake.Approval{Request: sampleRequest(), Approver: viceMayor, SiteURL: site, Expires: ask, Approved: []intake.Decision{*decided(intake.Approve, "").Decision}}},
		{"question_closed-given", intake.QuestionClosed{Request: sampleRequest(), Approver: mayor, Given: true}},
		{"disowned", intake.Disowned{Request: sampleRequest()}},
		{"ask_again-suspect", intake.AskAgain{Request: sampleRequest(), Approver: mayor, Suspect: intake.OtherSender, From: "altcineva@example.ro"}},
		{"ask_again-no-token", intake.AskAgain{Request: sampleRequest(), Approver: mayor, NoToken: true}},
		{"set_aside", intake.SetAside{From: "elena.ionescu@primariabuzau.ro", Subject: "Întrebare despre site", Why: intake.AsideReply, Folder: "Registratura/De citit"}},
		{"set_aside-hostile", intake.SetAside{From: hostile, Subject: hostile, Why: intake.AsideStranger, Folder: "Registratura/De citit"}},
	}...)
}
