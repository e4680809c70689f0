package intake_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/reply"
)

const (
	read  = forms.RightRead
	write = forms.RightWrite
	del   = forms.RightDelete
)

// access is who has access to a site, with which rights, by address.
type access map[string]forms.Rights

// asAsked is what the form of [submission] asks for.
var asAsked = access{marin: read, elena: read | write, carmen: read | write | del, dan: read}

func accessOf(members []intake.Member) access {
	a := access{}
	for _, m := range members {
		a[m.Address] = m.Rights
	}
	return a
}

// has checks who has access by the request's plan, or on its site.
func (o *office) has(what string, members []intake.Member, want access) {
	o.Helper()
	if d := cmp.Diff(want, accessOf(members)); d != "" {
		o.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// with is asAsked with other rights for some; none means no access.
func with(changes access) access {
	a := access{}
	for address, rights := range asAsked {
		if other, ok := changes[address]; ok {
			rights = other
		}
		if rights != 0 {
			a[address] = rights
		}
	}
	return a
}

func TestConditionsThatCanBeAppliedAreOfferedWholeAndGrantedExactly(t *testing.T) {
	tests := []struct {
		says string
		want access     // after the approval
		day  forms.Date // the site opens; zero: today
		told []string   // the approver and the requester are
	}{
		{says: "Aprob, dar fără drept de ștergere pentru Carmen Vlad.", want: with(access{carmen: read | write}),
			told: []string{"Carmen Vlad, " + carmen + ": citire și scriere (în formular: citire, scriere și ștergere)"}},
		{says: "Aprob doar pentru citire.", want: with(access{elena: read, carmen: read}),
			told: []string{"Elena Dobre, " + elena + ": doar citire (în formular: citire și scriere)", "Carmen Vlad, " + carmen + ": doar citire"}},
		{says: "doar citire", want: with(access{elena: read, carmen: read})},
		{says: "Aprob, fără Elena Dobre", want: with(access{elena: 0}),
			told: []string{"Elena Dobre, " + elena + ": nu primește acces (în formular: citire și scriere)"}},
		{says: "Sunt de acord, cu excepția domnului Oprea.", want: with(access{dan: 0})},
		{says: "Aprob, doar citire pentru parteneri", want: with(access{elena: read})},
		{says: "Aprob, dar fără scriere și ștergere pentru utilizatorii interni.", want: with(access{carmen: read})},
		{says: "Aprob de la 1 ianuarie.", want: asAsked, day: forms.Date{Year: 2027, Month: time.January, Day: 1},
			told: []string{"site-ul se deschide vineri, 1 ianuarie 2027 (în formular: luni, 23 noiembrie 2026)"}},
		{says: "Aprob, fără ștergere pentru Carmen Vlad, de la 15.12.2026", want: with(access{carmen: read | write}),
			day: forms.Date{Year: 2026, Month: time.December, Day: 15}, told: []string{"citire și scriere (în formular", "se deschide marți, 15 decembrie 2026"}},
		{says: "Aprob, dar fără drept de citire pentru Dan Oprea", want: with(access{dan: 0}),
			told: []string{"Dan Oprea, " + dan + ": nu primește acces (în formular: doar citire)"}},
		{says: "Aprob, dar fără drept de ștergere pentru Carmen Vlad și Elena Dobre", want: with(access{carmen: read | write})},
		{says: "Aprob doar pentru Elena Dobre și Carmen Vlad.", want: with(access{marin: 0, dan: 0}), told: []string{"Dan Oprea, " + dan + ": nu primește acces"}},
		{says: "Aprob. Carmen Vlad totul, ceilalți doar citire.", want: with(access{elena: read})},
		{says: "Aprob, dar Elenei Dobre doar citire", want: with(access{elena: read})},
		{says: "Aprob, scriere doar pentru doamna Vlad", want: with(access{elena: read})},
		{says: "Aprob, începând cu anul viitor", want: asAsked, day: forms.Date{Year: 2027, Month: time.January, Day: 1}},
	}
	for _, test := range tests {
		t.Run(test.says, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, question := o.asked()
			asked := o.request(id)

			got := o.handle(o.answer(mayor, question, test.says))
			o.wantSent("offer primar")
			if got.Fate != intake.FateAnswered {
				t.Errorf("the answer was %+v", got)
			}
			if d := cmp.Diff(asked, o.request(id)); d != "" {
				t.Errorf("the offer changed the request:\n%s", d)
			}
			if len(o.portal.calls) > 0 || o.happened(intake.EventOffered) != 1 {
				t.Errorf("portal calls %q, %d offers", o.portal.calls, o.happened(intake.EventOffered))
			}
			offer := o.mailTo(mayor, "offer")
			o.says(offer, append([]string{test.says, "răspundeți APROB"}, test.told...)...)

			o.handle(o.answer(mayor, offer, "Aprob"))
			o.pass(60 * 24 * time.Hour) // beyond every day that was asked for
			r := o.request(id)
			o.is(id, intake.StatusActive)
			o.has("the plan", r.Plan.Members, test.want)
			o.has("the site", o.portal.members[r.Plan.Site.ID], test.want)
			day := test.day
			if day.IsZero() {
				day = today
			}
			if r.Plan.ActivateOn != day {
				t.Errorf("the site opened on %s, want %s", r.Plan.ActivateOn, day)
			}
			hash, err := intake.HashPlan(r.Submission, r.Plan)
			o.must(err)
			if r.PlanHash != hash || r.Decision.PlanHash != hash || hash == asked.PlanHash {
				t.Errorf("the decision is on %s, the request's plan is %s, made of %s, asked was %s", r.Decision.PlanHash, r.PlanHash, hash, asked.PlanHash)
			}
			if d := cmp.Diff(asked.Submission, r.Submission); d != "" {
				t.Errorf("the form was changed:\n%s", d)
			}
			for _, kind := range []string{"approved", "access_list"} {
				o.says(o.mailTo(economist, kind), append([]string{"cu schimbări față de formular, hotărâte de Constantin Popa, Primar"}, test.told...)...)
			}
			o.says(o.mailTo(it, "approved_it"), test.told...)
			wantAccess := []string{}
			for address := range test.want {
				name, _, _ := strings.Cut(address, "@")
				wantAccess = append(wantAccess, "access "+name)
			}
			got2 := slices.DeleteFunc(o.sent(), func(s string) bool { return !strings.HasPrefix(s, "access ") })
			slices.Sort(wantAccess)
			if d := cmp.Diff(wantAccess, got2); d != "" {
				t.Errorf("users who were told (-want +got):\n%s", d)
			}
			if open := o.count(`SELECT COUNT(*) FROM tokens WHERE spent_at IS NULL`); open != 0 {
				t.Errorf("%d tokens are not spent", open)
			}
		})
	}
}

func TestConditionsThatCannotBeAppliedExactlyAreNotOffered(t *testing.T) {
	tests := []struct {
		says string
		told []string
	}{
		{"Aprob până la 31 martie 2027.", []string{"„până la 31 martie 2027”: procedura nu cunoaște acces cu termen"}},
		{"De acord dacă juridicul avizează.", []string{"„dacă juridicul avizează”: nu am înțeles-o întru totul"}},
		{"Aprob cu condiția ca site-ul să fie șters după 6 luni.", nil},
		{"Sunt de acord, însă numai pentru angajații serviciului.", nil},
		{"Aprob, cu excepția accesului extern.", nil},
		{"Aprob dacă există buget.", nil},
		{"De acord, dar discutați întâi cu IT-ul.", nil},
		{"Se aprobă numai după semnarea acordului de confidențialitate.", nil},
		{"Aprob, fără ștergere pentru Carmen Vlad, dar numai dacă avizează juridicul.", []string{"avizează juridicul"}},
		{"Aprob, fără ștergere pentru Carmen Vlad, până la 31 martie 2027", []string{"„până la 31 martie 2027”"}},
		{"Aprob, fără ștergere pentru Andrei Popa.", []string{"„fără ștergere pentru Andrei Popa”: nu am înțeles-o întru totul"}},
		{"Aprob, doar citire pentru Carmen, restul scriere.", []string{"„restul scriere”"}},
		{"Aprob, ștergere doar pentru Dan Oprea.", []string{"„ștergere doar pentru Dan Oprea”: în formular nu este cerut acest drept"}},
		{"Aprob doar pentru Elena Dobre.", []string{"„doar pentru Elena Dobre”: nu știm dacă ceilalți utilizatori rămân toți fără acces"}},
		{"Aprob, ceilalți doar citire", []string{"„ceilalți doar citire”: nu am înțeles-o întru totul"}},
		{"Aprob doar pentru utilizatorii interni", nil},
		{"Aprob, fără Marin Ionescu și Elena Dobre.", []string{"una dintre părți ar rămâne fără niciun utilizator"}},
		{"Aprob, fără Carmen Vlad, Dan Oprea", []string{"una dintre părți ar rămâne fără niciun utilizator"}},
		{"Aprob, fără drept de citire pentru Elena Dobre", []string{"cineva ar putea scrie sau șterge fără să poată citi"}},
		{"Aprob de la 31 februarie.", []string{"nu am putut stabili ziua"}},
		{"Aprob de la 1 ianuarie 2026.", []string{"în formular este cerută o dată mai târzie"}},
		{"Aprob de la 1 ianuarie, de la 1 februarie", []string{"este altă zi decât cea scrisă mai înainte"}},
	}
	for _, test := range tests {
		t.Run(test.says, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, question := o.asked()
			asked := o.request(id)
			o.handle(o.answer(mayor, question, test.says))
			o.wantSent("ask_again primar")
			if d := cmp.Diff(asked, o.request(id)); d != "" {
				t.Errorf("the request was changed:\n%s", d)
			}
			again := o.mailTo(mayor, "ask_again")
			o.says(again, append([]string{test.says, "nu am schimbat nimic", "răspundeți APROB", "răspundeți RESPING"}, test.told...)...)
			if n := o.count(`SELECT COUNT(*) FROM offers`); n != 0 {
				t.Errorf("%d plans were offered", n)
			}
			o.handle(o.answer(mayor, again, "Aprob"))
			o.has("the plan", o.request(id).Plan.Members, asAsked)
			o.is(id, intake.StatusActive)
		})
	}
}

func TestConditionThatTheRequestFulfilsIsAskedToBeApprovedAsItStands(t *testing.T) {
	o := newOffice(t)
	id, question := o.asked()
	o.handle(o.answer(mayor, question, "Aprob, dar fără drept de ștergere pentru Dan Oprea."))
	o.wantSent("offer primar")
	offer := o.mailTo(mayor, "offer")
	o.says(offer, "îndeplinește deja ceea ce ați scris")
	o.handle(o.answer(mayor, offer, "Aprob"))
	o.is(id, intake.StatusActive)
	o.has("the plan", o.request(id).Plan.Members, asAsked)
	if m := o.mailTo(economist, "approved"); strings.Contains(m.Text, "schimbări") {
		t.Errorf("the requester is told of changes:\n%s", m.Text)
	}
}

func TestDayThatHasPassedIsNotOffered(t *testing.T) {
	o := newOffice(t)
	id, question := o.asked()
	late := o.answer(mayor, question, "Aprob de la 25.11.2026.")
	o.clock.pass(3 * 24 * time.Hour) // it was on its way
	o.handle(late)
	o.says(o.mailTo(mayor, "ask_again"), "ziua cerută a trecut")
	o.is(id, intake.StatusAwaitingApproval)
}

func TestNameOfTwoUsersIsNeverGuessed(t *testing.T) {
	o := newOffice(t)
	s := submission()
	s.PartnerUsers[1].Name = "Carmen Vlad"
	id, question := o.askedFor(s)
	o.handle(o.answer(mayor, question, "Aprob, dar fără drept de scriere pentru Carmen Vlad."))
	o.wantSent("ask_again primar")
	o.says(o.mailTo(mayor, "ask_again"), "numele nu arată un singur utilizator din cerere")
	o.is(id, intake.StatusAwaitingApproval)
}

// offered has the mayor answer the question with a condition.
func (o *office) offered(condition string) (id int64, question, offer *intake.Message) {
	o.Helper()
	id, question = o.asked()
	o.handle(o.answer(mayor, question, condition))
	o.wantSent("offer primar")
	return id, question, o.mailTo(mayor, "offer")
}

const noDeleting = "Aprob, dar fără drept de ștergere pentru Carmen Vlad."

func TestApprovalOfTheQuestionBeforeAnOfferIsAskedBack(t *testing.T) {
	o := newOffice(t)
	id, question, offer := o.offered(noDeleting)
	for range 2 {
		o.handle(o.answer(mayor, question, "Aprob."))
		o.wantSent("ask_again primar")
		o.is(id, intake.StatusAwaitingApproval)
	}
	again := o.mailTo(mayor, "ask_again")
	o.says(again, "Ca să nu aprobăm altceva decât doriți")
	o.handle(o.answer(mayor, again, "Aprob."))
	o.is(id, intake.StatusActive)
	r := o.request(id)
	o.has("the plan", r.Plan.Members, asAsked)
	if len(r.Decision.Changes) > 0 {
		t.Errorf("the decision has changes: %+v", r.Decision.Changes)
	}
	o.sent()
	o.handle(o.answer(mayor, offer, "Aprob."))
	o.wantSent("already_decided primar")
	o.has("the plan", o.request(id).Plan.Members, asAsked)
	o.has("the site", o.portal.members[r.Plan.Site.ID], asAsked)
}

func TestWhoIsAskedBackMayUseTheSameWordsAgain(t *testing.T) {
	for _, words := range []string{"Aprob.", "Sunt de acord, mulțumesc.", "De acord cu cererea"} {
		o := newOffice(t)
		id, question, _ := o.offered(noDeleting)
		o.handle(o.answer(mayor, question, words))
		again := o.mailTo(mayor, "ask_again")
		o.says(again, words) // which it repeats
		o.handle(o.answer(mayor, again, words))
		o.is(id, intake.StatusActive)
	}
}

func TestTheOfferCanStillBeApprovedAfterTheQuestionBeforeItWasAskedBack(t *testing.T) {
	o := newOffice(t)
	id, question, offer := o.offered(noDeleting)
	o.handle(o.answer(mayor, question, "Aprob."))
	o.handle(o.answer(mayor, offer, "Aprob."))
	o.is(id, intake.StatusActive)
	o.has("the plan", o.request(id).Plan.Members, with(access{carmen: read | write}))
}

func TestApprovalOfTheQuestionBeforeAnOfferIsNotEvenConfirmed(t *testing.T) {
	o := newOffice(t)
	o.thinks(mayor, unproven)
	id, question, _ := o.offered(noDeleting)
	o.handle(o.answer(mayor, question, "Aprob."))
	o.wantSent("ask_again primar")
	o.is(id, intake.StatusAwaitingApproval)
}

func TestRefusalOfTheQuestionBeforeAnOfferRefusesTheRequest(t *testing.T) {
	o := newOffice(t)
	id, question, _ := o.offered(noDeleting)
	o.handle(o.answer(mayor, question, "Resping, nu mai este nevoie."))
	o.is(id, intake.StatusRejected)
}

func TestAnotherConditionToTheQuestionBeforeAnOfferReplacesTheOffer(t *testing.T) {
	o := newOffice(t)
	id, question, offer := o.offered(noDeleting)
	o.handle(o.answer(mayor, question, "Aprob, dar fără Elena Dobre."))
	o.wantSent("offer primar")
	second := o.mailTo(mayor, "offer")
	o.handle(o.answer(mayor, offer, "Aprob."))
	o.wantSent("ask_again primar")
	o.is(id, intake.StatusAwaitingApproval)
	o.handle(o.answer(mayor, second, "Aprob."))
	o.has("the plan", o.request(id).Plan.Members, with(access{elena: 0}))
}

func TestWarningShowsThePlanThatWasOfferedLast(t *testing.T) {
	o := newOffice(t)
	id, question, offer := o.offered(noDeleting)
	o.handle(o.answer(mayor, question, "Aprob, dar fără Elena Dobre."))
	o.handle(o.answer(secretary, offer, "Aprob."))
	o.handle(o.answer(mayor, o.mailTo(mayor, "ask_again"), "Aprob."))
	o.is(id, intake.StatusActive)
	o.has("the plan", o.request(id).Plan.Members, with(access{elena: 0}))
}

func TestReminderShowsThePlanThatWasOffered(t *testing.T) {
	o := patient(t)
	id, _, _ := o.offered(noDeleting)
	o.pass(3 * 24 * time.Hour)
	reminder := o.mailTo(mayor, "reminder")
	o.says(reminder, "cu schimbările cerute în răspunsul dinainte", "Carmen Vlad, "+carmen+": citire și scriere")
	o.handle(o.answer(mayor, reminder, "Aprob"))
	o.has("the plan", o.request(id).Plan.Members, with(access{carmen: read | write}))
}

func TestWhereAllMustApproveTheReminderShowsTheChangedPlan(t *testing.T) {
	o := patient(t)
	o.desk.Policy.Rule = intake.AllApprove
	id, question := o.asked()
	o.handle(o.answer(mayor, question, noDeleting))
	o.handle(o.answer(mayor, o.mailTo(mayor, "offer"), "Aprob."))
	o.pass(3 * 24 * time.Hour)
	reminder := o.mailTo(viceMayor, "reminder")
	o.says(reminder, "Carmen Vlad, "+carmen+": citire și scriere")
	o.handle(o.answer(viceMayor, reminder, "Aprob"))
	o.is(id, intake.StatusActive)
	o.has("the plan", o.request(id).Plan.Members, with(access{carmen: read | write}))
}

func TestDelegateIsAskedForThePlanThatWasOffered(t *testing.T) {
	o := newOffice(t)
	id, _, _ := o.offered(noDeleting)
	o.handle(o.write(letter{from: mayor, subject: "x", text: "Deleg viceprimarului până vineri"}))
	o.handle(o.answer(viceMayor, o.mailTo(viceMayor, "approval"), "Aprob"))
	o.has("the plan", o.request(id).Plan.Members, with(access{carmen: read | write}))
}

func TestRefusalOfAnOfferRefusesTheRequest(t *testing.T) {
	o := newOffice(t)
	id, question, offer := o.offered(noDeleting)
	o.handle(o.answer(mayor, offer, "Resping, protocolul a expirat."))
	o.wantSent("rejected ion.popescu")
	o.is(id, intake.StatusRejected)
	o.has("the plan, which is what was asked for", o.request(id).Plan.Members, asAsked)
	o.says(o.mailTo(economist, "rejected"), "protocolul a expirat")
	o.handle(o.answer(mayor, question, "Aprob."))
	o.is(id, intake.StatusRejected)
}

func TestOfferAnsweredWithAnotherConditionIsOfferedWithBoth(t *testing.T) {
	o := newOffice(t)
	id, _, offer := o.offered(noDeleting)
	o.handle(o.answer(mayor, offer, "Aprob, dar fără Elena Dobre."))
	o.wantSent("offer primar")
	second := o.mailTo(mayor, "offer")
	o.says(second, "Carmen Vlad, "+carmen+": citire și scriere", "Elena Dobre, "+elena+": nu primește acces")
	o.handle(o.answer(mayor, second, "Aprob"))
	o.is(id, intake.StatusActive)
	o.has("the plan", o.request(id).Plan.Members, with(access{carmen: read | write, elena: 0}))
}

func TestUnclearAnswerToAnOfferIsAskedAgainWithWhatItShowed(t *testing.T) {
	o := newOffice(t)
	id, _, offer := o.offered(noDeleting)
	o.handle(o.answer(mayor, offer, "Mai vorbim."))
	o.wantSent("ask_again primar")
	again := o.mailTo(mayor, "ask_again")
	o.says(again, "cu schimbările pe care le-ați cerut", "Carmen Vlad, "+carmen+": citire și scriere")
	o.handle(o.answer(mayor, again, "Aprob"))
	o.has("the plan", o.request(id).Plan.Members, with(access{carmen: read | write}))
}

func TestOfferIsConfirmedWhereNothingProvesTheSender(t *testing.T) {
	o := newOffice(t)
	o.thinks(mayor, unproven)
	id, _, offer := o.offered(noDeleting)
	o.handle(o.answer(mayor, offer, "Aprob."))
	o.wantSent("confirm_decision primar")
	o.is(id, intake.StatusAwaitingApproval)
	confirm := o.mailTo(mayor, "confirm_decision")
	o.says(confirm, "cu schimbările pe care le-ați cerut", "Carmen Vlad, "+carmen+": citire și scriere")
	o.handle(o.answer(mayor, confirm, "Aprob."))
	o.is(id, intake.StatusActive)
	o.has("the plan", o.request(id).Plan.Members, with(access{carmen: read | write}))
	if d := o.request(id).Decision; !strings.HasPrefix(d.Origin, "confirmation") || len(d.Changes) != 1 {
		t.Errorf("the decision is %+v", d)
	}
}

func TestAnswerToAnOfferThatIsNoDecisionChangesNothing(t *testing.T) {
	tests := []struct {
		name string
		mail func(o *office, offer *intake.Message) []byte
		sent []string
	}{
		{"T1: without the token", func(o *office, offer *intake.Message) []byte {
			return o.write(letter{from: mayor, subject: offer.Subject, text: "Aprob.", headers: []string{"In-Reply-To: <x@other.test>"}})
		}, []string{"ask_again primar"}},
		{"T2: somebody else", func(o *office, offer *intake.Message) []byte { return o.answer(secretary, offer, "Aprob.") },
			[]string{"ask_again primar", "suspect it"}},
		{"T2: another approver", func(o *office, offer *intake.Message) []byte { return o.answer(viceMayor, offer, "Aprob.") },
			[]string{"ask_again primar", "suspect it"}},
		{"T3: a forged sender", func(o *office, offer *intake.Message) []byte {
			o.thinks(mayor, refuted)
			return o.answer(mayor, offer, "Aprob.")
		}, []string{"ask_again primar", "suspect it"}},
		{"T4: an automatic answer", func(o *office, offer *intake.Message) []byte {
			return o.write(letter{from: mayor, answers: offer, text: "Aprob.", headers: []string{"Auto-Submitted: auto-replied"}})
		}, nil},
		{"T4: after the token's life", func(o *office, offer *intake.Message) []byte {
			o.clock.pass(o.desk.Policy.TokenLife + time.Second)
			return o.answer(mayor, offer, "Aprob.")
		}, []string{"question_closed primar"}},
		{"T5: a weak yes", func(o *office, offer *intake.Message) []byte { return o.answer(mayor, offer, "ok") },
			[]string{"ask_again primar"}},
		{"T6: a plan that was changed since", func(o *office, offer *intake.Message) []byte {
			r := o.request(1)
			r.Plan.Members[0].Rights |= forms.RightDelete
			var err error
			r.PlanHash, err = intake.HashPlan(r.Submission, r.Plan)
			o.must(err)
			o.must(o.store.Transact(o.Context(), func(tx intake.Tx) error { return tx.UpdateRequest(r) }))
			return o.answer(mayor, offer, "Aprob.")
		}, []string{"question_closed primar"}},
		{"T6: a form that was changed since", func(o *office, offer *intake.Message) []byte {
			r := o.request(1)
			r.Submission.LegalBasis = "altul"
			o.must(o.store.Transact(o.Context(), func(tx intake.Tx) error { return tx.UpdateRequest(r) }))
			return o.answer(mayor, offer, "Aprob.")
		}, []string{"question_closed primar"}},
		{"T1: a spent token", func(o *office, offer *intake.Message) []byte {
			o.must(o.store.Transact(o.Context(), func(tx intake.Tx) error { return tx.SpendTokens(1, o.clock.Now()) }))
			return o.answer(mayor, offer, "Aprob.")
		}, []string{"question_closed primar"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, _, offer := o.offered(noDeleting)
			o.handle(test.mail(o, offer))
			o.wantSent(test.sent...)
			o.is(id, intake.StatusAwaitingApproval)
			if r := o.request(id); r.Decision != nil || len(o.portal.calls) > 0 {
				t.Errorf("decided: %+v, the portal was called: %q", r.Decision, o.portal.calls)
			}
		})
	}
}

func TestWhereAllMustApproveEachIsAskedForTheOfferedPlan(t *testing.T) {
	o := newOffice(t)
	o.desk.Policy.Rule = intake.AllApprove
	id, question := o.asked()
	o.handle(o.answer(mayor, question, noDeleting))
	o.handle(o.answer(mayor, o.mailTo(mayor, "offer"), "Aprob."))
	o.is(id, intake.StatusAwaitingApproval)
	second := o.mailTo(viceMayor, "approval")
	o.says(second, "cu schimbările cerute de cel care a aprobat-o înainte", "Carmen Vlad, "+carmen+": citire și scriere")
	o.handle(o.answer(viceMayor, second, "Aprob."))
	o.is(id, intake.StatusActive)
	o.has("the plan", o.request(id).Plan.Members, with(access{carmen: read | write}))
}

func TestReadingOnlyIsNotGivenToWhoAskedForNoReading(t *testing.T) {
	plan := intake.Plan{Members: []intake.Member{
		{Name: "Ana Toma", Address: "ana@spital.test", Side: intake.PartnerSide, Rights: write},
		{Name: "Elena Dobre", Address: elena, Side: intake.PartnerSide, Rights: read | write},
		{Name: "Dan Oprea", Address: dan, Side: intake.InternalSide, Rights: read},
	}}
	conditions := []reply.Condition{{Kind: reply.ReadOnly, Words: "doar citire"}}
	got, _, obstacles := intake.ApplyConditions(plan, conditions)
	if d := cmp.Diff([]intake.Obstacle{{Words: "doar citire", Why: intake.WithoutRead}}, obstacles); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(plan, got); d != "" {
		t.Errorf("the plan was changed:\n%s", d)
	}
}

// Whatever conditions are made of, a plan that is offered gives nobody more
// than was asked for, opens no earlier, and leaves users on both sides.
func TestOfferedPlansOnlyTakeAwayAndPutOff(t *testing.T) {
	o := newOffice(t)
	id, _ := o.asked()
	plan := o.request(id).Plan
	plan.Members = append(plan.Members, intake.Member{Name: "Ana Toma", Address: "ana@spital.test", Side: intake.PartnerSide, Rights: write})
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) (list []string) {
		for _, s := range from {
			if random.IntN(3) == 0 {
				list = append(list, s)
			}
		}
		return list
	}
	kinds := []reply.ConditionKind{reply.RemoveRight, reply.RemoveUser, reply.ReadOnly, reply.LaterDate, reply.UntilDate, reply.Keep, reply.OtherKind}
	offered := 0
	for range 5000 {
		var conditions []reply.Condition
		whole := true
		for range 1 + random.IntN(3) {
			c := reply.Condition{Kind: kinds[random.IntN(len(kinds))], Rights: pick("read", "write", "delete"),
				Names: pick("Marin Ionescu", "Elena Dobre", "Carmen Vlad", "Dan Oprea", "Ana Toma", "Nimeni"), Sides: pick("partner", "internal"), Others: random.IntN(4) == 0,
				Date: time.Date(2026, 11, 20+random.IntN(10), 0, 0, 0, 0, time.UTC)}
			whole = whole && c.Kind != reply.UntilDate && c.Kind != reply.OtherKind
			conditions = append(conditions, c)
		}
		before := slices.Clone(plan.Members)
		got, _, obstacles := intake.ApplyConditions(plan, conditions)
		if !slices.Equal(before, plan.Members) {
			t.Fatalf("%+v changed the plan it was given", conditions)
		}
		if len(obstacles) > 0 {
			continue
		}
		offered++
		sides := map[intake.Side]bool{}
		for _, m := range got.Members {
			i := slices.IndexFunc(before, func(b intake.Member) bool { return b.Address == m.Address })
			if i < 0 || !before[i].Rights.Has(m.Rights) || m.Rights == 0 || before[i].Rights.Has(read) && !m.Rights.Has(read) {
				t.Fatalf("%+v gives %+v, of %+v", conditions, m, before)
			}
			sides[m.Side] = true
		}
		if !whole || !sides[intake.PartnerSide] || !sides[intake.InternalSide] || got.ActivateOn.Before(plan.ActivateOn) || got.Site != plan.Site {
			t.Fatalf("%+v gives %+v", conditions, got)
		}
	}
	if offered < 100 {
		t.Errorf("only %d of the plans could be offered", offered)
	}
	if _, _, obstacles := intake.ApplyConditions(plan, nil); len(obstacles) == 0 {
		t.Error("no condition at all is offered")
	}
}
