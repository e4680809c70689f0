package intake_test

import (
	"testing"
	"time"

	"registratura/intake"
)

func TestRequesterWithdraws(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		reach func(o *office) int64 // a request in the status from
		from  intake.Status
		sent  []string // beside nothing else
		after intake.Status
	}{
		{"a returned form", func(o *office) int64 { id, _ := o.returned(); return id },
			intake.StatusReturned, []string{"withdrawn ion.popescu"}, intake.StatusWithdrawn},
		{"one that waits for the mayor, who is told", func(o *office) int64 { id, _ := o.asked(); return id },
			intake.StatusAwaitingApproval, []string{"withdrawn_others primar", "withdrawn ion.popescu"}, intake.StatusWithdrawn},
		{"an approved one before its day, which IT is told", func(o *office) int64 {
			s := submission()
			s.ActivationDate.Day += 3
			id, question := o.askedFor(s)
			o.handle(o.answer(mayor, question, "Aprob."))
			o.sent()
			return id
		}, intake.StatusScheduled, []string{"withdrawn_others primar", "withdrawn_others it", "withdrawn ion.popescu"}, intake.StatusWithdrawn},
		{"an open site, for which it is too late", func(o *office) int64 {
			id, question := o.asked()
			o.handle(o.answer(mayor, question, "Aprob."))
			o.work()
			o.sent()
			return id
		}, intake.StatusActive, []string{"too_late_to_withdraw ion.popescu"}, intake.StatusActive},
		{"a rejected one, of which the status is told", func(o *office) int64 {
			id, question := o.asked()
			o.handle(o.answer(mayor, question, "Resping."))
			o.sent()
			return id
		}, intake.StatusRejected, []string{"status_report ion.popescu"}, intake.StatusRejected},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := test.reach(o)
			o.is(id, test.from)
			o.handle(o.write(letter{from: economist, subject: "Re: nr. " + o.request(id).Number.String(), text: "Retrag cererea."}))
			o.is(id, test.after)
			o.wantSent(test.sent...)
		})
	}
}

func TestWithdrawnRequestStaysSo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s := submission()
	s.ActivationDate.Day += 3
	id, question := o.askedFor(s)
	o.handle(o.answer(mayor, question, "Aprob."))
	o.handle(o.write(letter{from: economist, subject: "Re: nr. " + o.request(id).Number.String(), text: "retrag"}))
	o.is(id, intake.StatusWithdrawn)
	o.pass(5 * 24 * time.Hour)
	o.work()
	o.is(id, intake.StatusWithdrawn)
	if n := o.happened(intake.EventProvision); n != 0 {
		t.Errorf("it was provisioned %d times", n)
	}
}

func TestOnlyTheRequesterWithdraws(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]string{"another head of department": engineer, "the vice-mayor": viceMayor, "IT": it} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, _ := o.asked()
			o.handle(o.write(letter{from: from, subject: "Re: nr. " + o.request(id).Number.String(), text: "Retrag."}))
			o.is(id, intake.StatusAwaitingApproval)
		})
	}
	t.Run("somebody who claims to be the requester", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		id, _ := o.asked()
		o.thinks(economist, unproven)
		o.handle(o.write(letter{from: economist, subject: "Re: nr. " + o.request(id).Number.String(), text: "Retrag."}))
		o.is(id, intake.StatusAwaitingApproval)
	})
	t.Run("somebody who claims to be the requester and has the approver's mail", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		id, question := o.asked()
		o.thinks(economist, unproven)
		o.handle(o.answer(economist, question, "Retrag."))
		o.is(id, intake.StatusAwaitingApproval)
	})
	t.Run("somebody of whom the server says that it is not the requester", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		id, _ := o.asked()
		o.thinks(economist, refuted)
		o.handle(o.answer(economist, o.mailTo(economist, "registered"), "Retrag."))
		o.is(id, intake.StatusAwaitingApproval)
	})
}

func TestUnprovenRequesterWithdrawsInAnswerToTheirOwnMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, _ := o.asked()
	o.thinks(economist, unproven)
	o.handle(o.answer(economist, o.mailTo(economist, "registered"), "Retrag."))
	o.is(id, intake.StatusWithdrawn)
}

func TestStatusIsToldToThoseEntitled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from string
		told bool
	}{
		"the requester":              {economist, true},
		"an approver":                {viceMayor, true},
		"IT":                         {it, true},
		"another head of department": {engineer, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, _ := o.asked()
			o.handle(o.write(letter{from: test.from, subject: "stadiu nr. " + o.request(id).Number.String()}))
			told := false
			for _, sent := range o.sent() {
				told = told || len(sent) > 13 && sent[:13] == "status_report"
			}
			if told != test.told {
				t.Errorf("told: %v, want %v", told, test.told)
			}
			if told {
				m := o.mailTo(test.from, "status_report")
				o.says(m, "așteptarea aprobării", "a fost înregistrată", "a fost trimisă spre aprobare")
			}
		})
	}
}

func TestTheRequestThatIsNamedIsMeantAndNotTheOneThatIsAnswered(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, _ := o.asked()
	registered := o.mailTo(economist, "registered")
	s := submission()
	s.Partner = "Muzeul Județean"
	second, _ := o.askedFor(s)
	o.handle(o.answer(economist, registered, "Retrag cererea nr. "+o.request(second).Number.String()+"."))
	o.is(first, intake.StatusAwaitingApproval)
	o.is(second, intake.StatusWithdrawn)

	o.sent()
	o.handle(o.answer(economist, registered, "Retrag cererea nr. 77/23.11.2026.")) // there is none
	o.is(first, intake.StatusAwaitingApproval)
	o.handle(o.answer(economist, registered, "Retrag cererea nr. "+o.request(first).Number.String()+"."))
	o.is(first, intake.StatusWithdrawn)
}

func TestQuestionAboutANumberIsAnsweredWithItsStatus(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, _ := o.asked()
	o.handle(o.write(letter{from: economist, subject: "întrebare", text: "Bună ziua, a fost aprobată cererea nr. " + o.request(id).Number.String() + "?"}))
	o.wantSent("status_report ion.popescu")
}
