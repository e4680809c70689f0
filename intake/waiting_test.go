package intake_test

import (
	"slices"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// patient is an office whose requests wait as the configuration's defaults say.
func patient(t *testing.T) *office {
	o := newOffice(t)
	o.desk.Policy.Waiting = intake.Waiting{Remind: 3, Next: 5, Tell: 8, Expire: 20}
	o.desk.Policy.TokenLife = 60 * 24 * time.Hour
	return o
}

// waits lets days go by, and lists the mails of each on which there were any.
func (o *office) waits(days int) map[int][]string {
	o.Helper()
	got := map[int][]string{}
	for day := 1; day <= days; day++ {
		o.pass(24 * time.Hour)
		if sent := o.sent(); len(sent) > 0 {
			slices.Sort(sent)
			got[day] = sent
		}
	}
	return got
}

func TestQuestionThatNobodyAnswersIsFollowedUp(t *testing.T) {
	t.Parallel()
	o := patient(t)
	id, _ := o.asked() // on a Monday
	got := o.waits(40)
	want := map[int][]string{
		3:  {"reminder primar"},
		7:  {"approval viceprimar"}, // the fifth working day
		8:  {"reminder primar", "reminder viceprimar"},
		10: {"still_waiting ion.popescu", "still_waiting it"},
		11: {"reminder primar", "reminder viceprimar"},
		28: {"expired ion.popescu", "expired it"},
	}
	if !equalDays(got, want) {
		t.Errorf("mails by day:\n%v, want\n%v", got, want)
	}
	o.is(id, intake.StatusExpired)
}

func equalDays(a, b map[int][]string) bool {
	if len(a) != len(b) {
		return false
	}
	for day := range a {
		if !slices.Equal(a[day], b[day]) {
			return false
		}
	}
	return true
}

func TestAnswerEndsTheWaiting(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		ask  string // the letter that is answered
	}{{"to the question", "approval"}, {"to the reminder", "reminder"}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := patient(t)
			id, question := o.asked()
			o.waits(3)
			if test.ask == "reminder" {
				question = o.mailTo(mayor, "reminder")
			}
			o.handle(o.answer(mayor, question, "Resping, nu acum."))
			o.is(id, intake.StatusRejected)
			o.sent()
			if got := o.waits(40); len(got) != 0 {
				t.Errorf("mails after the answer: %v", got)
			}
		})
	}
}

func TestWeekOfDowntimeIsCaughtUpOnce(t *testing.T) {
	t.Parallel()
	o := patient(t)
	o.asked()
	o.clock.pass(11 * 24 * time.Hour) // nine working days
	o.work()
	got := o.sent()
	slices.Sort(got)
	want := []string{"approval viceprimar", "reminder primar", "still_waiting ion.popescu", "still_waiting it"}
	if !slices.Equal(got, want) {
		t.Errorf("mails: %v, want %v", got, want)
	}
	o.work()
	if again := o.sent(); len(again) != 0 {
		t.Errorf("again: %v", again)
	}
}

func TestHolidaysAreNoWorkingDays(t *testing.T) {
	t.Parallel()
	o := patient(t)
	holidays := []forms.Date{{Year: 2026, Month: time.November, Day: 24}, {Year: 2026, Month: time.November, Day: 25}}
	o.desk.Policy.Workday = func(d forms.Date) bool { return !slices.Contains(holidays, d) }
	o.asked()
	got := o.waits(5)
	if len(got) != 1 || got[5] == nil {
		t.Errorf("mails by day: %v, want the reminder on the fifth", got)
	}
}

func TestFormThatIsNotCorrectedExpires(t *testing.T) {
	t.Parallel()
	o := patient(t)
	id, _ := o.returned()
	got := o.waits(40)
	if !equalDays(got, map[int][]string{28: {"expired ion.popescu"}}) {
		t.Errorf("mails by day: %v", got)
	}
	o.is(id, intake.StatusExpired)
}

func TestCorrectedFormWaitsAnew(t *testing.T) {
	t.Parallel()
	o := patient(t)
	id, back := o.returned()
	o.waits(25)
	s := submission()
	s.ActivationDate = forms.DateOf(o.clock.Now())
	o.handle(o.write(letter{from: economist, subject: "Re: " + back.Subject, answers: back, files: []file{annex(o, s)}}))
	o.sent()
	o.waits(10)
	o.is(id, intake.StatusAwaitingApproval)
}
