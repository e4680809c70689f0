package intake_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/trust"
)

const secondVice = "viceprimar2@primaria.test"

func november(day int) forms.Date { return forms.Date{Year: 2026, Month: time.November, Day: day} }

// withThree adds a second vice-mayor.
func (o *office) withThree() *office {
	o.desk.Directory.Approvers = append(o.desk.Directory.Approvers,
		intake.Approver{Person: person("Mihai Dumitrescu", secondVice), Title: "Viceprimar", Salutation: "Stimate domnule viceprimar"})
	return o
}

// asks sends a form in order and returns the request and who was asked.
func (o *office) asks() (id int64, whom string) {
	o.Helper()
	s := submission()
	s.ActivationDate = forms.DateOf(o.clock.Now().In(bucharest()))
	s.InfoTypes += strings.Repeat(" și altele", int(o.uid)) // another purpose each time
	got := o.handle(o.write(letter{from: economist, subject: "Cerere pentru un site nou", text: "Atașez cererea.", files: []file{annex(o, s)}}))
	for _, line := range o.sent() {
		if name, ok := strings.CutPrefix(line, "approval "); ok {
			whom += name
		}
	}
	return got.Request, whom
}

func TestWhoIsAskedWhileApproversAreAbsent(t *testing.T) {
	always := []intake.Days{{First: november(1), Last: november(30)}}
	for name, test := range map[string]struct {
		absent   map[string][]intake.Days
		standIns map[string]string
		want     string
	}{
		"everybody is there":                        {nil, nil, "primar"},
		"the stand-in of one who is absent":         {map[string][]intake.Days{mayor: always}, map[string]string{mayor: secondVice}, "viceprimar2"},
		"the next one where there is no stand-in":   {map[string][]intake.Days{mayor: always}, nil, "viceprimar"},
		"the stand-in's stand-in":                   {map[string][]intake.Days{mayor: always, viceMayor: always}, map[string]string{mayor: viceMayor, viceMayor: secondVice}, "viceprimar2"},
		"the next one after absent stand-ins":       {map[string][]intake.Days{mayor: always, viceMayor: always}, map[string]string{mayor: viceMayor, viceMayor: mayor}, "viceprimar2"},
		"the first one when nobody is there":        {map[string][]intake.Days{mayor: always, viceMayor: always, secondVice: always}, nil, "primar"},
		"the first day of an absence is part of it": {map[string][]intake.Days{mayor: {{First: november(23), Last: november(24)}}}, nil, "viceprimar"},
		"the last day of an absence is part of it":  {map[string][]intake.Days{mayor: {{First: november(20), Last: november(23)}}}, nil, "viceprimar"},
		"an absence that is over":                   {map[string][]intake.Days{mayor: {{First: november(20), Last: november(22)}}}, map[string]string{mayor: viceMayor}, "primar"},
		"an absence that is to come":                {map[string][]intake.Days{mayor: {{First: november(24), Last: november(30)}}}, map[string]string{mayor: viceMayor}, "primar"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t).withThree()
			for i := range o.desk.Directory.Approvers {
				a := &o.desk.Directory.Approvers[i]
				a.Absent, a.StandIn = test.absent[a.Address], test.standIns[a.Address]
			}
			if _, whom := o.asks(); whom != test.want {
				t.Errorf("asked %q, want %q", whom, test.want)
			}
		})
	}
}

func (o *office) approves(who string) settled {
	o.Helper()
	return o.handle(o.answer(who, o.mailTo(who, "approval"), "Aprob."))
}

func TestWhereAllMustApproveEachIsAskedAndTheLastApprovalDecides(t *testing.T) {
	t.Parallel()
	o := newOffice(t).withThree()
	o.desk.Policy.Rule = intake.AllApprove
	id, _ := o.asked()
	if got := o.approves(mayor); got.Fate != intake.FateDecided {
		t.Errorf("the first approval is %+v", got)
	}
	o.is(id, intake.StatusAwaitingApproval)
	o.wantSent("approval viceprimar")
	o.says(o.mailTo(viceMayor, "approval"), "A aprobat deja: Constantin Popa, Primar")

	if n := o.count(`SELECT COUNT(*) FROM tokens WHERE address = ? AND spent_at IS NULL`, mayor); n != 0 {
		t.Errorf("%d questions are still open to the mayor, who has approved", n) // who would be reminded
	}

	// A second yes of the same person does not count for another.
	if got := o.approves(mayor); got.Fate != intake.FateAnswered {
		t.Errorf("the second approval of the same person is %+v", got)
	}
	o.wantSent("question_closed primar")
	o.says(o.mailTo(mayor, "question_closed"), "Ați aprobat deja")
	o.is(id, intake.StatusAwaitingApproval)

	o.approves(viceMayor)
	o.wantSent("approval viceprimar2")
	o.is(id, intake.StatusAwaitingApproval)
	if n := len(o.portal.calls); n != 0 {
		t.Errorf("the portal was called %d times before all had approved", n)
	}
	o.approves(secondVice)
	o.is(id, intake.StatusActive)
	d := o.request(id).Decision
	if d == nil || d.Approver.Address != secondVice || len(d.Earlier) != 2 {
		t.Fatalf("the decision is %+v", d)
	}
	for i, want := range []string{mayor, viceMayor} {
		if e := d.Earlier[i]; e.Approver.Address != want || e.Evidence != "Aprob." || e.MailHash == "" || e.TokenHash == "" || e.PlanHash != d.PlanHash {
			t.Errorf("the record of the approval by %s: %+v", want, e)
		}
	}
	if n := o.count(`SELECT COUNT(*) FROM decisions`); n != 1 {
		t.Errorf("%d decisions", n)
	}
}

func TestWhereAllMustApproveOneRefusalRejects(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Rule = intake.AllApprove
	id, _ := o.asked()
	o.approves(mayor)
	o.handle(o.answer(viceMayor, o.mailTo(viceMayor, "approval"), "Resping, protocolul nu este semnat."))
	o.is(id, intake.StatusRejected)
	if d := o.request(id).Decision; d.Approver.Address != viceMayor || d.Reason == "" {
		t.Errorf("the decision is %+v", d)
	}
}

func TestWhereAllMustApproveAnUnprovenYesIsConfirmedFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Rule = intake.AllApprove
	id, _ := o.asked()
	o.thinks(mayor, unproven)
	o.approves(mayor)
	o.wantSent("confirm_decision primar")
	o.handle(o.answer(mayor, o.mailTo(mayor, "confirm_decision"), "Aprob."))
	o.wantSent("approval viceprimar")
	o.approves(viceMayor)
	o.is(id, intake.StatusActive)
	if e := o.request(id).Decision.Earlier; len(e) != 1 || !strings.HasPrefix(e[0].Origin, "confirmation") {
		t.Errorf("the earlier approvals are %+v", e)
	}
}

func TestWhereAllMustApproveAStandInApprovesForBoth(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Rule = intake.AllApprove
	o.desk.Directory.Approvers[0].Absent = []intake.Days{{First: november(23), Last: november(24)}}
	id, whom := o.asks()
	if whom != "viceprimar" {
		t.Fatalf("asked %s", whom)
	}
	o.approves(viceMayor)
	o.is(id, intake.StatusActive)
}

func TestWhereAllMustApproveWhoIsBackIsAsked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Rule = intake.AllApprove
	o.desk.Directory.Approvers[0].Absent = []intake.Days{{First: november(23), Last: november(24)}}
	id, _ := o.asks()
	o.pass(48 * time.Hour)
	o.approves(viceMayor)
	o.is(id, intake.StatusAwaitingApproval)
	o.wantSent("approval primar")
	o.approves(mayor)
	o.is(id, intake.StatusActive)
}

func TestDelegationIsTakenConfirmedToAllAndHoldsUntilItsEnd(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	got := o.handle(o.write(letter{from: mayor, subject: "Concediu", text: "Bună ziua,\n\nDeleg viceprimarului până vineri.\n\nConstantin Popa"}))
	if got.Fate != intake.FateDecided {
		t.Fatalf("the delegation is %+v", got)
	}
	o.wantSent("delegated it", "delegated primar", "delegated viceprimar")
	for _, who := range []string{mayor, viceMayor, it} {
		o.says(o.mailTo(who, "delegated"), "vineri, 27 noiembrie 2026, inclusiv", "Elena Marin", "Constantin Popa")
	}
	if o.happened(intake.EventDelegated) != 1 {
		t.Error("no event tells of it")
	}
	if _, whom := o.asks(); whom != "viceprimar" {
		t.Errorf("asked %q", whom)
	}
	id, _ := o.asks()
	o.approves(viceMayor)
	o.is(id, intake.StatusActive)
	o.clock.pass(4*24*time.Hour + 13*time.Hour) // Friday, 23:00
	if _, whom := o.asks(); whom != "viceprimar" {
		t.Errorf("on the last day %q was asked", whom)
	}
	o.clock.pass(2 * time.Hour)
	if _, whom := o.asks(); whom != "primar" {
		t.Errorf("after the last day %q was asked", whom)
	}
}

func TestDelegationPutsTheOpenQuestionsToTheDelegateToo(t *testing.T) {
	for _, who := range []string{mayor, viceMayor} {
		t.Run("decided by "+who, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, question := o.asked()
			// As an answer to the question itself, as people do.
			if got := o.handle(o.answer(mayor, question, "Deleg viceprimarului până vineri.")); got.Fate != intake.FateDecided {
				t.Fatalf("the delegation is %+v", got)
			}
			o.wantSent("approval viceprimar", "delegated it", "delegated primar", "delegated viceprimar")
			o.is(id, intake.StatusAwaitingApproval)
			o.approves(who)
			o.is(id, intake.StatusActive)
			if d := o.request(id).Decision; d.Approver.Address != who {
				t.Errorf("decided by %s", d.Approver.Address)
			}
		})
	}
}

func TestDelegationThatBeginsLaterChangesNothingYet(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.asked()
	o.handle(o.write(letter{from: mayor, subject: "x", text: "Deleg viceprimarului de miercuri până vineri"}))
	o.wantSent("delegated it", "delegated primar", "delegated viceprimar")
	if _, whom := o.asks(); whom != "primar" {
		t.Errorf("asked %q on Monday", whom)
	}
	o.clock.pass(48 * time.Hour)
	if _, whom := o.asks(); whom != "viceprimar" {
		t.Errorf("asked %q on Wednesday", whom)
	}
}

func TestDelegationThatBeginsLaterTakesTheOpenQuestionsAlong(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, _ := o.asked()
	o.handle(o.write(letter{from: mayor, subject: "x", text: "Deleg viceprimarului de miercuri până vineri"}))
	o.sent()
	o.pass(24 * time.Hour)
	o.wantSent()
	o.pass(24 * time.Hour) // Wednesday
	o.wantSent("approval viceprimar")
	o.pass(24 * time.Hour)
	o.wantSent() // once
	o.approves(viceMayor)
	o.is(id, intake.StatusActive)
}

func TestAbsenceThatBeginsWhileARequestWaitsHasTheStandInAsked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Directory.Approvers[0].Absent = []intake.Days{{First: november(25), Last: november(30)}}
	id, question := o.asked()
	o.pass(24 * time.Hour)
	o.wantSent()
	o.pass(24 * time.Hour)
	o.wantSent("approval viceprimar")
	o.handle(o.answer(mayor, question, "Aprob")) // from the holiday
	o.is(id, intake.StatusActive)
}

func TestDelegationEnds(t *testing.T) {
	for _, text := range []string{"Am revenit.", "Nu mai deleg", "Bună ziua,\n\nM-am întors.\n\nConstantin Popa"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.handle(o.write(letter{from: mayor, subject: "x", text: "Deleg viceprimarului până vineri"}))
			o.sent()
			if got := o.handle(o.write(letter{from: mayor, subject: "x", text: text})); got.Fate != intake.FateDecided {
				t.Fatalf("the end is %+v", got)
			}
			o.wantSent("delegated it", "delegated primar", "delegated viceprimar")
			o.says(o.mailTo(mayor, "delegated"), "s-a încheiat")
			if _, whom := o.asks(); whom != "primar" {
				t.Errorf("asked %q", whom)
			}
			o.handle(o.write(letter{from: mayor, subject: "x", text: text}))
			o.wantSent("delegation_refused primar")
		})
	}
}

func TestNewDelegationReplacesTheEarlierOne(t *testing.T) {
	t.Parallel()
	o := newOffice(t).withThree()
	o.handle(o.write(letter{from: mayor, subject: "x", text: "Deleg doamnei Elena Marin până vineri"}))
	o.handle(o.write(letter{from: mayor, subject: "x", text: "Deleg lui Mihai Dumitrescu până joi"}))
	o.sent()
	if _, whom := o.asks(); whom != "viceprimar2" {
		t.Errorf("asked %q", whom)
	}
	o.clock.pass(4 * 24 * time.Hour)
	if _, whom := o.asks(); whom != "primar" {
		t.Errorf("asked %q on Friday", whom)
	}
}

func TestDelegationThatIsNotUnderstoodIsAskedBack(t *testing.T) {
	for text, want := range map[string]string{
		"Deleg viceprimarului până vineri":                    "mai multor persoane", // there are two
		"Deleg secretarei până vineri":                        "Nu am înțeles cu siguranță cui",
		"Deleg " + secretary + " până vineri":                 "Nu am înțeles cu siguranță cui",
		"Deleg doamnei Marin":                                 "până când",
		"Deleg Elenei Marin până mă întorc":                   "până când",
		"Deleg Elenei Marin până vineri, numai cererile mici": "până când",
		"Deleg primarului până vineri":                        "chiar dumneavoastră",
		"Deleg Elenei Marin până pe 20.11.2026":               "au trecut",
		"Deleg Elenei Marin până pe 23.01.2027":               "cel mult 60 de zile",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t).withThree()
			if got := o.handle(o.write(letter{from: mayor, subject: "x", text: text})); got.Fate != intake.FateAnswered {
				t.Errorf("the mail is %+v", got)
			}
			o.wantSent("delegation_refused primar")
			o.says(o.mailTo(mayor, "delegation_refused"), want)
			if n := o.count(`SELECT COUNT(*) FROM delegations`); n != 0 {
				t.Errorf("%d delegations", n)
			}
		})
	}
}

func TestDelegationOfSixtyDaysIsTaken(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(o.write(letter{from: mayor, subject: "x", text: "Deleg Elenei Marin până pe 22.01.2027"}))
	o.wantSent("delegated it", "delegated primar", "delegated viceprimar")
}

func TestDelegationWithoutProofIsNotTaken(t *testing.T) {
	old := proven
	old.SignedAt = time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)
	const delegates = "Deleg viceprimarului până vineri"
	for name, test := range map[string]struct {
		origin   trust.Origin
		text     string
		lastWeek bool // by its Date
	}{
		"nothing proves the sender":              {unproven, delegates, false},
		"the server says that it is forged":      {refuted, delegates, false},
		"the signature is old":                   {old, delegates, false},
		"the mail is of another week":            {proven, delegates, true},
		"an end of the delegation without proof": {unproven, "Am revenit", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.handle(o.write(letter{from: viceMayor, subject: "x", text: "Deleg primarului până vineri"}))
			if test.text != delegates {
				o.handle(o.write(letter{from: mayor, subject: "x", text: delegates}))
			}
			o.sent()
			before := o.count(`SELECT COUNT(*) FROM delegations WHERE ended_at IS NULL`)
			o.thinks(mayor, test.origin)
			write := func() []byte {
				raw := string(o.write(letter{from: mayor, subject: "x", text: test.text}))
				if test.lastWeek {
					raw = strings.Replace(raw, "Date: Mon, 23 Nov", "Date: Mon, 16 Nov", 1)
				}
				return []byte(raw)
			}
			if got := o.handle(write()); got.Fate != intake.FateAnswered {
				t.Errorf("the mail is %+v", got)
			}
			o.wantSent("delegation_refused primar", "suspect it")
			o.says(o.mailTo(mayor, "delegation_refused"), "nu am putut verifica")
			// Whoever goes on does not fill the mayor's mailbox.
			for range 5 {
				o.handle(write())
			}
			o.wantSent()
			if n := o.count(`SELECT COUNT(*) FROM delegations WHERE ended_at IS NULL`); n != before {
				t.Errorf("%d delegations, want %d as before", n, before)
			}
			if n := o.happened(intake.EventRefused); n != 6 {
				t.Errorf("%d attempts in the record, want 6", n)
			}
		})
	}
}

func TestDelegationWithTwoSendersIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(o.write(letter{fromField: []string{"<" + mayor + ">", "<" + stranger + ">"}, subject: "x", text: "Deleg viceprimarului până vineri"}))
	o.wantSent("set_aside it")
	if n := o.count(`SELECT COUNT(*) FROM delegations`); n != 0 {
		t.Errorf("%d delegations", n)
	}
}

func TestDelegationOfSomebodyWhoIsNoApproverIsNone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(o.write(letter{from: economist, subject: "x", text: "Deleg viceprimarului până vineri"}))
	if sent := o.sent(); slices.ContainsFunc(sent, func(s string) bool { return strings.HasPrefix(s, "deleg") }) {
		t.Errorf("sent %v", sent)
	}
	if n := o.count(`SELECT COUNT(*) FROM delegations`); n != 0 {
		t.Errorf("%d delegations", n)
	}
}

func TestDelegatesOfEachOtherAreNoCircle(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(o.write(letter{from: mayor, subject: "x", text: "Deleg viceprimarului până vineri"}))
	o.handle(o.write(letter{from: viceMayor, subject: "x", text: "Deleg primarului până vineri"}))
	o.sent()
	if _, whom := o.asks(); whom != "primar" {
		t.Errorf("asked %q", whom)
	}
}

func TestWhereAllMustApproveAChangedPlanGoesToThoseWhoApprovedAnother(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Rule = intake.AllApprove
	id, _ := o.asked()
	o.approves(mayor)
	o.sent()
	o.handle(o.answer(viceMayor, o.mailTo(viceMayor, "approval"), "Aprob, dar fără drept de ștergere pentru Carmen Vlad."))
	o.wantSent("offer viceprimar")
	o.handle(o.answer(viceMayor, o.mailTo(viceMayor, "offer"), "Aprob."))
	o.is(id, intake.StatusAwaitingApproval) // the mayor approved something else
	o.wantSent("approval primar")
	o.approves(mayor)
	o.is(id, intake.StatusActive)
	r := o.request(id)
	if d := r.Decision; d.Approver.Address != mayor || len(d.Earlier) != 1 || d.Earlier[0].Approver.Address != viceMayor || d.Earlier[0].PlanHash != d.PlanHash {
		t.Errorf("the decision is %+v", d)
	}
	for _, m := range r.Plan.Members {
		if m.Rights.Has(forms.RightDelete) {
			t.Errorf("%s may delete", m.Address)
		}
	}
}

func TestRequestWaitsForADelegateOnlyWhileTheDelegationLasts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Rule = intake.AllApprove
	o.handle(o.write(letter{from: mayor, subject: "x", text: "Deleg viceprimarului până mâine"}))
	o.sent()
	id, whom := o.asks()
	if whom != "viceprimar" {
		t.Fatalf("asked %q", whom)
	}
	o.handle(o.write(letter{from: mayor, subject: "x", text: "Am revenit"}))
	o.sent()
	o.approves(viceMayor)
	o.wantSent("approval primar") // who decides again
	o.is(id, intake.StatusAwaitingApproval)
}
