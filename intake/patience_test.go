package intake_test

import (
	"testing"
	"time"

	"registratura/intake"
)

func TestUnprovenMailThatOnlyQuotesANumberContinuesNothing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		answers bool // it answers the mail that brought the form back, which only the head of department has
		proven  bool
		goesOn  bool
	}{
		{"unproven, the number alone", false, false, false},
		{"unproven, an answer to our mail", true, false, true},
		{"proven, the number alone", false, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := newOffice(t)
			id, back := o.returned()
			if !test.proven {
				o.thinks(economist, unproven)
			}
			l := letter{from: economist, subject: "Re: " + back.Subject, files: []file{annex(o, submission())}}
			if test.answers {
				l.answers = back
			}
			got := o.handle(o.write(l))
			if (got.Request == id) != test.goesOn {
				t.Errorf("it belongs to request %d; the returned one is %d", got.Request, id)
			}
			if !test.goesOn {
				o.is(id, intake.StatusReturned)
			}
		})
	}
}

func TestNameServerThatIsDownForAWholeNightCostsNoMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, question := o.asked()
	o.thinks(mayor, temporary)
	uid := o.receive(o.answer(mayor, question, "Aprob."))
	for range 40 {
		o.pass(20 * time.Minute)
	}
	if got := o.fate(uid); got.Fate != "" {
		t.Fatalf("the mail was given up: %+v", got)
	}
	o.thinks(mayor, proven)
	o.pass(time.Hour)
	if got := o.fate(uid); got.Fate != intake.FateDecided {
		t.Errorf("the mail is %+v, want decided", got)
	}
}

func TestITIsToldOfAQuestionThatTheDailyBoundHeldBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.AnswersPerDay = 1
	o.thinks(economist, unproven)
	for _, partner := range []string{"Spitalul Județean", "Muzeul Județean"} {
		s := submission()
		s.Partner = partner
		o.handle(o.write(letter{from: economist, subject: partner, files: []file{annex(o, s)}}))
	}
	o.wantSent("confirm_request ion.popescu", "set_aside it")
	o.says(o.mailTo(it, "set_aside"), "Muzeul Județean", "numărul de răspunsuri")
}
