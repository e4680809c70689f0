package intake_test

import (
	"testing"

	"registratura/intake"
)

func TestClosingOfASuspendedSiteThatIsUndoneLeavesItSuspended(t *testing.T) {
	t.Parallel()
	o, site := kept(t)
	o.goTo(2027, 11, 20)
	o.days(60)
	if got := o.portal.state["spitalul-judetean"]; got != "suspended" {
		t.Fatalf("the site is %q", got)
	}
	id := o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeForm(o)}})).Request
	o.handle(o.answer(economist, o.mailTo(economist, "closing_question"), "CONFIRM"))
	o.is(id, intake.StatusClosing)
	o.days(5)
	o.must(o.desk.Undo(t.Context(), o.request(id), "IT"))
	o.sent()
	o.run()
	o.is(id, intake.StatusWithdrawn)
	o.is(site, intake.StatusActive)
	o.wantSent("closing_undone ion.popescu", "closing_undone it")
	if got := o.portal.state["spitalul-judetean"]; got != "suspended" {
		t.Errorf("the site is %q", got)
	}
	o.wantDays(o.days(20), nil)
	undone := o.mailTo(economist, "closing_undone")
	o.says(undone, "rămâne însă", "răspundeți DA")
	o.handle(o.answer(economist, undone, "Da."))
	o.wantSent(append(toMembers("site_suspended"), "reviewed ion.popescu", "review_others it")...)
	if got := o.portal.state["spitalul-judetean"]; got != "" {
		t.Errorf("the site is %q", got)
	}
}
