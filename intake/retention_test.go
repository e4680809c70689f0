package intake_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/store"
)

var defaults = intake.Retention{
	OtherMails: years(1), FailedRequests: years(3), ClosedRequests: years(3), AccessData: years(5), Notices: years(1), Suspicions: years(3), Registry: years(10),
}

func years(n int) intake.Period { return intake.Period{Months: 12 * n} }

// holds lists the places of the database in which a text stands, in whatever
// table and column, and in the bytes of mails.
func (o *office) holds(text string) (places []string) {
	o.Helper()
	rows, err := o.db.Query(`SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY 1, 2`)
	o.must(err)
	defer rows.Close()
	var columns [][2]string
	for rows.Next() {
		var c [2]string
		o.must(rows.Scan(&c[0], &c[1]))
		columns = append(columns, c)
	}
	o.must(rows.Err())
	for _, c := range columns {
		if o.count(fmt.Sprintf(`SELECT COUNT(*) FROM %s WHERE instr(lower(CAST(%s AS TEXT)), ?) > 0`, c[0], c[1]), strings.ToLower(text)) > 0 {
			places = append(places, c[0]+"."+c[1])
		}
	}
	return places
}

// ends puts a request into a final status by hand.
func (o *office) ends(id int64, status intake.Status) {
	o.Helper()
	db, err := sql.Open("sqlite3", "file:"+o.file)
	o.must(err)
	defer db.Close()
	_, err = db.Exec(`UPDATE requests SET status = ?, changed_at = ? WHERE id = ?`, status, o.clock.Now().UnixMilli(), id)
	o.must(err)
}

// purges lets years go by, and has the desk do its daily chores on two days,
// since it doubts a clock that made a leap.
func (o *office) purges(n int) {
	o.Helper()
	o.clock.pass(time.Duration(n) * 366 * 24 * time.Hour)
	for range 2 {
		o.must(o.desk.Daily(o.Context()))
		o.clock.pass(24 * time.Hour)
	}
}

func TestOnlyTheRegisterIsLeftOfARequestThatEndedLongAgo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Retention = defaults
	id, question := o.asked()
	o.thinks(mayor, refuted)
	o.handle(o.answer(mayor, question, "Aprob."))
	o.thinks(mayor, proven)
	o.handle(o.answer(secretary, question, "Aprob."))
	o.handle(o.answer(mayor, question, "Resping, nu este nevoie de el."))
	o.is(id, intake.StatusRejected)
	o.handle(o.write(letter{from: stranger, subject: "Bună ziua", text: "Când aveți program?"}))
	o.handle(o.write(letter{from: viceMayor, subject: "Delegare", text: "Deleg primarului până vineri."}))

	who := []string{economist, mayor, viceMayor, it, secretary, stranger, carmen, dan, marin, elena,
		"Popescu", "Vlad", "Oprea", "Ionescu", "Dobre", "Constantin Popa", "nu este nevoie", "program"}
	for _, text := range []string{economist, mayor, secretary, stranger, marin, "nu este nevoie"} {
		if len(o.holds(text)) == 0 {
			t.Errorf("%s stands nowhere before anything is purged", text)
		}
	}
	o.purges(0)
	if o.happened(intake.EventPurged) != 0 {
		t.Error("something was purged on the first day")
	}
	o.purges(1)
	if places := o.holds(stranger); len(places) != 0 {
		t.Errorf("after a year the stranger still stands in %v", places)
	}
	o.purges(3)
	for _, text := range []string{carmen, dan, marin, elena} {
		if places := o.holds(text); len(places) != 0 {
			t.Errorf("after four years %s still stands in %v", text, places)
		}
	}
	if r := o.request(id); r.From.Address != economist || r.Decision.Reason == "" {
		t.Errorf("after four years the request is %+v", r)
	}
	o.purges(7)
	for _, text := range who {
		if places := o.holds(text); len(places) != 0 {
			t.Errorf("after eleven years %s still stands in %v", text, places)
		}
	}
	r := o.request(id)
	if r.Number.String() != "1/23.11.2026" || r.Status != intake.StatusRejected || r.Department != "Direcția Economică" || r.Decision.Verdict != intake.Reject ||
		r.Decision.Title != "Primar" || len(r.Submission.PartnerUsers) != 2 {
		t.Errorf("of the request the register has %+v, %+v", r, r.Decision)
	}
	n := o.happened(intake.EventPurged)
	o.purges(1)
	if again := o.happened(intake.EventPurged); again != n {
		t.Errorf("%d more purges of nothing", again-n)
	}
}

func TestOpenRequestsAndStandingSitesAreKeptForAsLongAsTheyStand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Retention = defaults
	stands := o.approve()
	o.work()
	o.is(stands, intake.StatusActive)
	before := o.request(stands)
	o.purges(0)
	o.purges(20)
	if after := o.request(stands); after.Decision.Evidence != before.Decision.Evidence || after.From != before.From || after.Plan.Members[0] != before.Plan.Members[0] {
		t.Errorf("after twenty years the site stands by %+v", after)
	}
	for _, m := range []int64{before.FormMail, before.Decision.Mail} {
		if raw, err := o.store.MailBytes(t.Context(), m); err != nil || len(raw) == 0 {
			t.Errorf("mail %d is gone (%v)", m, err)
		}
	}
	o.ends(stands, intake.StatusClosed)
	o.purges(2)
	if len(o.holds(marin)) == 0 {
		t.Error("who had access was forgotten within two years of the closing")
	}
	o.purges(4)
	if places := o.holds(marin); len(places) != 0 {
		t.Errorf("after six years who had access still stands in %v", places)
	}
}

func TestQuestionIsAnsweredAfterYearsOfPurging(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Retention = defaults
	o.desk.Policy.TokenLife = 20 * 366 * 24 * time.Hour
	id, question := o.asked()
	o.purges(0)
	o.purges(11)
	o.receive(o.answer(mayor, question, "Aprob."))
	o.must(o.desk.HandleDue(t.Context()))
	if got := o.request(id).Status; got != intake.StatusProvisioning {
		t.Errorf("the request is %s", got)
	}
}

// Purging can't be undone, so a clock that leaps is given a day to be noticed.
func TestNothingIsPurgedOnTheDayOfALeap(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Retention = defaults
	o.handle(o.write(letter{from: stranger, subject: "Bună ziua", text: "Când aveți program?"}))
	o.must(o.desk.Daily(t.Context()))
	o.clock.pass(4000 * 24 * time.Hour)
	o.must(o.desk.Daily(t.Context()))
	if o.happened(intake.EventPurged) != 0 {
		t.Error("purged on the day of the leap")
	}
	o.clock.pass(-4000 * 24 * time.Hour) // somebody noticed
	o.must(o.desk.Daily(t.Context()))
	if len(o.holds(stranger)) == 0 {
		t.Error("purged by a wrong clock")
	}
}

func TestPeriodIsOverByTheCalendar(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		period intake.Period
		now    string
		want   string
	}{
		{intake.Period{Days: 30}, "2026-11-23", "2026-10-24"},
		{intake.Period{Months: 1}, "2026-03-31", "2026-02-28"},
		{intake.Period{Months: 1}, "2028-03-30", "2028-02-29"},
		{intake.Period{Months: 12}, "2028-02-29", "2027-02-28"},
		{intake.Period{Months: 36}, "2026-11-23", "2023-11-23"},
		{intake.Period{Months: 1, Days: 1}, "2026-03-31", "2026-02-27"},
	} {
		now, err := time.Parse(time.DateOnly, test.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := test.period.Before(now).Format(time.DateOnly); got != test.want {
			t.Errorf("%+v before %s began on %s, want %s", test.period, test.now, got, test.want)
		}
	}
	if !(intake.Period{}).Before(time.Now()).IsZero() {
		t.Error("an endless period is over")
	}
}

// purgedWithUsers are the kinds of events that are not in EvidenceEvents, each
// with the reason. A kind that is in neither fails the test: whoever adds one
// decides how long it is kept.
var purgedWithUsers = map[intake.EventKind]string{
	intake.EventChange: "names members", intake.EventOffered: "names members", intake.EventSkipped: "names members", intake.EventTakenBack: "names members",
	intake.EventProvFailed: "may name members", intake.EventStuck: "may name members", intake.EventSetAside: "may name members",
	intake.EventNoticeSent: "names members", intake.EventNoticeFails: "names members", intake.EventMuted: "may name members",
	intake.EventAddressMended: "names members", intake.EventAddressMoved: "names members", intake.EventAddressStays: "may name members",
	intake.EventWorkDone: "words of IT, which may name members", intake.EventWorkFailed: "words of IT, which may name members",
	intake.EventWorkOrdered: "decides nothing", intake.EventWorkReminded: "decides nothing", intake.EventScheduled: "decides nothing",
	intake.EventProvision: "decides nothing", intake.EventRetried: "decides nothing", intake.EventActive: "decides nothing",
	intake.EventReminded: "decides nothing", intake.EventToldWaiting: "decides nothing", intake.EventDeletionHeld: "decides nothing",
	intake.EventReviewAsked: "decides nothing", intake.EventReviewReminded: "decides nothing", intake.EventReviewWarned: "decides nothing",
	intake.EventReviewSuspended: "decides nothing", intake.EventReviewResumed: "decides nothing",
	intake.EventFetched: "decides nothing", intake.EventJournal: "decides nothing",
	intake.EventCodesReset: "of no request: other_mails", intake.EventPurged: "kept for ever",
}

func TestOfEveryKindOfEventItIsDecidedHowLongItIsKept(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^(?:const|\t)\s*(Event\w+)\s+EventKind = "(\w+)"`)
	n := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllStringSubmatch(string(source), -1) {
			n++
			kind := intake.EventKind(m[2])
			if evidence := slices.Contains(intake.EvidenceEvents, kind); evidence == (purgedWithUsers[kind] != "") {
				t.Errorf("%s: it stands in both EvidenceEvents and purgedWithUsers, or in neither", m[1])
			}
		}
	}
	if want := len(intake.EvidenceEvents) + len(purgedWithUsers); n != want {
		t.Errorf("%d kinds are declared, decided was about %d", n, want)
	}
}

// Earlier plans are kept in later ones: whom a change removed, and whom a
// correction left out.
func TestMembersOfEarlierPlansAreFoundAndPurged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Retention = defaults
	former := o.stands(submission())
	s := changed()
	s.PartnerUsers = append(s.PartnerUsers, forms.User{Name: "Ana Corect", Email: "ana.corect@spital.test", Rights: forms.RightRead})
	id := o.sends(s).Request
	if got := o.corrects(o.mailTo(economist, "registered"), changed()); got.Request != id {
		t.Fatalf("the correction is %+v", got)
	}
	o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob"))
	o.is(id, intake.StatusActive)
	o.is(former, intake.StatusReplaced)
	plan := o.request(id).Plan
	if plan.Replaces == nil || plan.Corrects == nil {
		t.Fatalf("the plan is %+v", plan)
	}
	nowhere := func([]byte) (store.MailPlace, string) { return store.MailNone, "" }
	numbers := func(address string) (list []string) {
		found, err := o.store.Person(t.Context(), address, nowhere)
		o.must(err)
		for _, r := range found.Requests {
			list = append(list, r.Number+" "+string(r.Roles[0]))
		}
		return list
	}
	o.purges(6) // of the request that was replaced
	if got := numbers(marin); !slices.Equal(got, []string{"2/23.11.2026 named"}) {
		t.Errorf("%s, who was removed, stands in %v", marin, got)
	}
	if got := numbers("ana.corect@spital.test"); !slices.Equal(got, []string{"2/23.11.2026 named"}) {
		t.Errorf("who was left out by the correction stands in %v", got)
	}
	o.ends(id, intake.StatusClosed)
	o.purges(6)
	for _, address := range []string{marin, elena, radu, "ana.corect@spital.test", "Ana Corect", "Marin Ionescu"} {
		if places := o.holds(address); len(places) != 0 {
			t.Errorf("six years after the end %s still stands in %v", address, places)
		}
	}
	o.wholeRecord()
	o.purges(6)
	if places := o.holds(economist); len(places) != 0 {
		t.Errorf("twelve years after the end the requester still stands in %v", places)
	}
	o.wholeRecord()
}

// wholeRecord has the store check its chain, mails and decisions.
func (o *office) wholeRecord() {
	o.Helper()
	audit, err := o.store.Audit(o.Context(), "")
	o.must(err)
	if len(audit.Faults) != 0 {
		o.Errorf("the record is not whole: %+v", audit.Faults)
	}
}

func TestRecordIsWholeFromTheFirstFormToThePurgeOfAClosedSite(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Retention = defaults
	site, id := o.closed()
	o.wholeRecord()
	o.spend(31)
	o.is(id, intake.StatusClosed)
	o.is(site, intake.StatusClosed)
	o.wholeRecord()
	o.purges(6)
	if places := o.holds(marin); len(places) != 0 {
		t.Errorf("after six years %s still stands in %v", marin, places)
	}
	if n := o.count(`SELECT COUNT(*) FROM events WHERE kind IN ('closing', 'closed') AND detail <> ''`); n != 4 {
		t.Errorf("after six years %d of the four events of the closing say what was saved", n)
	}
	o.wholeRecord()
	o.purges(6)
	for _, text := range []string{economist, mayor, "Popescu", "Protocolul a încetat"} {
		if places := o.holds(text); len(places) != 0 {
			t.Errorf("after twelve years %s still stands in %v", text, places)
		}
	}
	if n := o.happened(intake.EventPurged); n == 0 {
		t.Error("nothing was purged")
	}
	o.wholeRecord()
}
