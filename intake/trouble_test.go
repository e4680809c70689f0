package intake_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// exhaust lets provisioning fail until IT is asked.
func (o *office) exhaust() {
	o.Helper()
	for range 10 {
		o.pass(time.Hour)
	}
}

// stuckAt has a request approved whose provisioning fails for good at the call.
func (o *office) stuckAt(call string) (id int64) {
	o.Helper()
	id = o.approve()
	o.portal.before = failFor(call)
	o.exhaust()
	o.is(id, intake.StatusStuck)
	o.wantSent("approved_it it", "approved ion.popescu", "stuck it")
	return id
}

// haveAccess lists the addresses of those who have access by now.
func (o *office) haveAccess(site string) (list []string) {
	if o.portal.state[site] != "" {
		return nil
	}
	for _, m := range o.portal.members[site] {
		list = append(list, m.Address)
	}
	slices.Sort(list)
	return list
}

const hospital = "spitalul-judetean"

func TestSkippingGoesOnWithoutThoseForWhomItFailed(t *testing.T) {
	const why = "Contul există deja, cu alt nume."
	tests := []struct {
		call    string
		mends   bool // the portal works again
		without string
	}{
		{"member " + elena, false, elena}, // it goes on failing for her, and nobody asks
		{"member " + elena, true, elena},
		{"invite " + dan, false, dan}, // he had access, and loses it
	}
	for _, test := range tests {
		t.Run("at "+test.call, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.stuckAt(test.call)
			if test.mends {
				o.portal.before = nil
			}
			left, err := o.desk.Skip(t.Context(), o.request(id), "IT (ana)", why)
			o.must(err)
			if len(left) != 1 || left[0].Address != test.without {
				t.Errorf("left out %+v", left)
			}
			o.run()
			o.is(id, intake.StatusActive)
			if slices.Contains(o.haveAccess(hospital), test.without) || len(o.haveAccess(hospital)) != 3 {
				t.Errorf("access have %v", o.haveAccess(hospital))
			}
			o.wantSent(slices.DeleteFunc(slices.Clone(informed), func(s string) bool {
				name, _, _ := strings.Cut(test.without, "@")
				return s == "access "+name
			})...)
			list := o.mailTo(economist, "access_list")
			o.says(list, "Cine nu are acces", test.without, why, "trimiteți formularul pentru același site")
			_, tables, _ := strings.Cut(list.Text, "Utilizatori din instituția parteneră")
			if strings.Contains(tables, test.without) {
				t.Errorf("%s is listed with access:\n%s", test.without, list.Text)
			}
			// What was approved is on record as it was.
			if r := o.request(id); len(r.Plan.Members) != 4 || len(r.Members()) != 3 || r.Decision.PlanHash != r.PlanHash {
				t.Errorf("the plan is %+v", r.Plan.Members)
			}
			if n := o.happened(intake.EventSkipped); n != 1 {
				t.Errorf("%d events skipped", n)
			}
			// A second time there is nothing to skip.
			if _, err := o.desk.Skip(t.Context(), o.request(id), "IT", why); !errors.Is(err, intake.ErrStatus) {
				t.Errorf("skipping again: %v", err)
			}
			if got := o.request(id); len(got.Deviations) != 1 {
				t.Errorf("%d deviations", len(got.Deviations))
			}
		})
	}
}

func TestWhoIsSkippedMustVerifiablyHaveNoAccess(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.stuckAt("invite " + dan)
	o.portal.before = nil
	_, err := o.desk.Skip(t.Context(), o.request(id), it, "nu")
	o.must(err)
	o.portal.extra = []intake.Member{{Address: dan, Rights: forms.RightRead}} // removing him has no effect
	o.run()
	o.is(id, intake.StatusStuck)
	o.wantSent("stuck it")
	o.says(o.mailTo(it, "stuck"), dan, "nu trebuia să aibă acces")
	o.portal.extra = nil
	o.must(o.desk.Retry(t.Context(), o.request(id), it))
	o.portal.before = failFor("remove " + dan)
	o.exhaust()
	o.is(id, intake.StatusStuck)
	o.says(o.mailTo(it, "stuck"), "ending the access of "+dan)
}

func TestSkippingIsRefused(t *testing.T) {
	tests := []struct {
		name  string
		stick func(o *office) int64
		says  string
	}{
		{"when the site itself failed", func(o *office) int64 { return o.stuckAt("site") }, "the site itself failed"},
		{"when what was granted cannot be read", func(o *office) int64 { return o.stuckAt("members") }, "the site itself failed"},
		{"when everybody failed", func(o *office) int64 { return o.stuckAt("member") }, "nobody would be left"},
		{"when somebody has more than was approved", func(o *office) int64 {
			o.portal.grants = func(m intake.Member) forms.Rights { return m.Rights | forms.RightWrite }
			id := o.approve()
			o.work()
			return id
		}, "more than was approved"},
		{"when somebody has access who was not to have any", func(o *office) int64 {
			o.portal.extra = []intake.Member{{Address: stranger, Rights: forms.RightRead}}
			id := o.approve()
			o.work()
			return id
		}, stranger + " has more"},
		{"when it is not stuck", func(o *office) int64 { return o.approve() }, "is provisioning"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := test.stick(o)
			was := o.request(id)
			_, err := o.desk.Skip(t.Context(), o.request(id), it, "fiindcă")
			if !errors.Is(err, intake.ErrStatus) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v", err)
			}
			if got := o.request(id); got.Status != was.Status || len(got.Deviations) != 0 {
				t.Errorf("it changed the request: %s, %+v", got.Status, got.Deviations)
			}
			if strings.Contains(test.name, "not stuck") {
				return
			}
			if strings.Contains(o.mailTo(it, "stuck").Text, "requests skip") {
				t.Error("the letter to IT offers it all the same")
			}
		})
	}
}

func TestSkippingWhoHasLessThanWasApproved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.portal.grants = func(m intake.Member) forms.Rights { return m.Rights &^ forms.RightDelete }
	id := o.approve()
	o.work()
	o.is(id, intake.StatusStuck)
	left, err := o.desk.Skip(t.Context(), o.request(id), it, "portalul nu dă dreptul de ștergere")
	o.must(err)
	if len(left) != 1 || left[0].Address != carmen {
		t.Errorf("left out %+v", left)
	}
	o.run()
	o.is(id, intake.StatusActive)
	if slices.Contains(o.haveAccess(hospital), carmen) {
		t.Error("she kept what she had")
	}
}

func TestCancellingTakesBackWhatWasGranted(t *testing.T) {
	const why = "Portalul se mută."
	tests := []struct {
		call, state string
		says        string // to IT
	}{
		{"site", "", "Nu fusese creat nimic"},
		{"member " + elena, "closed", "rămâne site-ul " + hospital},
	}
	for _, test := range tests {
		t.Run("at "+test.call, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.stuckAt(test.call)
			for i := range 2 {
				news, err := o.desk.Cancel(t.Context(), o.request(id), it, why)
				o.must(err)
				if news != (i == 0) {
					t.Errorf("time %d: news %v", i+1, news)
				}
			}
			o.run()
			o.is(id, intake.StatusWithdrawn)
			o.wantSent("cancelled ion.popescu", "cancelled primar", "cancelled it")
			for _, who := range []string{economist, mayor, it} {
				o.says(o.mailTo(who, "cancelled"), why)
			}
			o.says(o.mailTo(it, "cancelled"), test.says)
			if len(o.haveAccess(hospital)) != 0 || o.portal.state[hospital] != test.state {
				t.Errorf("the site is %q, access have %v", o.portal.state[hospital], o.haveAccess(hospital))
			}
			o.exhaust()
			o.wantSent()
			o.must(o.desk.Provision(t.Context(), id, true))
			o.work()
			o.wantSent()
			if err := o.desk.Retry(t.Context(), o.request(id), it); !errors.Is(err, intake.ErrStatus) {
				t.Errorf("retried: %v", err)
			}
		})
	}
}

func TestCancellingThatThePortalRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.stuckAt("member " + elena)
	o.portal.before = failFor("close ")
	_, err := o.desk.Cancel(t.Context(), o.request(id), it, "nu")
	o.must(err)
	o.run()
	o.wantSent() // it is tried again
	o.portal.before = nil
	o.pass(time.Hour)
	o.wantSent("cancelled ion.popescu", "cancelled primar", "cancelled it")
	if len(o.haveAccess(hospital)) != 0 {
		t.Errorf("access have %v", o.haveAccess(hospital))
	}

	o = newOffice(t)
	id = o.stuckAt("member " + elena)
	o.portal.before, o.portal.extra = nil, []intake.Member{{Address: dan, Rights: forms.RightRead}}
	o.portal.reads = func([]intake.Member) []intake.Member { return o.portal.extra } // closing has no effect
	_, err = o.desk.Cancel(t.Context(), o.request(id), it, "nu")
	o.must(err)
	o.exhaust()
	o.wantSent("cancelled ion.popescu", "cancelled primar", "cancelled it")
	o.says(o.mailTo(it, "cancelled"), "nu a putut fi luat înapoi", "1 people still have access")
	o.says(o.mailTo(economist, "cancelled"), "Serviciul TIC închide accesul")
	if len(o.queue.lost) != 0 {
		t.Errorf("the queue gave up on jobs %v by itself", o.queue.lost)
	}
}

func TestCancellingIsOnlyForWhatIsStuck(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, question := o.asked()
	if _, err := o.desk.Cancel(t.Context(), o.request(id), it, "nu"); !errors.Is(err, intake.ErrStatus) {
		t.Errorf("one that waits: %v", err)
	}
	o.handle(o.write(letter{from: economist, subject: "Re: " + question.Subject, text: "Retrag cererea nr. 1/23.11.2026."}))
	o.is(id, intake.StatusWithdrawn)
	if news, err := o.desk.Cancel(t.Context(), o.request(id), it, "nu"); news || !errors.Is(err, intake.ErrStatus) {
		t.Errorf("one that its requester withdrew: %v, %v", news, err)
	}
}

// nextWeek has a request approved for 30 November, 07:00.
func (o *office) nextWeek() (id int64) {
	o.Helper()
	return o.approvedFor(forms.Date{Year: 2026, Month: time.November, Day: 30})
}

func (o *office) approvedFor(day forms.Date) (id int64) {
	o.Helper()
	s := submission()
	s.ActivationDate = day
	id, question := o.askedFor(s)
	o.handle(o.answer(mayor, question, "Aprob."))
	o.is(id, intake.StatusScheduled)
	o.wantSent("approved_it it", "approved ion.popescu")
	return id
}

func TestOnTheDayTheDeskChecksWhatTheRequestRestsOn(t *testing.T) {
	tests := []struct {
		name    string
		changes func(d *intake.Directory)
		says    string
	}{
		{"the mayor left office", func(d *intake.Directory) { d.Approvers = d.Approvers[1:] }, "Constantin Popa <" + mayor + ">, care a aprobat cererea"},
		{"the department was dissolved", func(d *intake.Directory) { d.Departments = d.Departments[1:] }, "compartimentul „Direcția Economică” nu mai este în evidență"},
		{"somebody else heads it", func(d *intake.Directory) {
			d.Departments = slices.Clone(d.Departments)
			d.Departments[0].Head = person("Gabriela Dumitru", engineer)
		}, "Ion Popescu <" + economist + ">, care a cerut site-ul"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.nextWeek()
			was := o.desk.Directory
			test.changes(&o.desk.Directory)
			o.pass(7 * 24 * time.Hour)
			o.is(id, intake.StatusStuck)
			o.wantSent("stuck it")
			o.says(o.mailTo(it, "stuck"), test.says, "--anyway")
			if len(o.portal.calls) != 0 {
				t.Errorf("the portal was called: %v", o.portal.calls)
			}
			if _, err := o.desk.Skip(t.Context(), o.request(id), it, "nu"); !errors.Is(err, intake.ErrStatus) {
				t.Errorf("skipping: %v", err)
			}
			var held *intake.NotNowError
			if err := o.desk.Retry(t.Context(), o.request(id), it); !errors.As(err, &held) || len(held.Holds) != 1 {
				t.Errorf("trying again before it is mended: %v", err)
			}
			o.run()
			o.is(id, intake.StatusStuck)
			o.wantSent()

			changed := o.desk.Directory
			o.desk.Directory = was
			o.must(o.desk.Retry(t.Context(), o.request(id), it))
			o.run()
			o.is(id, intake.StatusActive)
			o.granted(id)
			o.wantSent(informed...)

			// Or it stands as it is, on IT's word.
			o = newOffice(t)
			id = o.nextWeek()
			o.desk.Directory = changed
			o.pass(7 * 24 * time.Hour)
			o.must(o.desk.RetryAnyway(t.Context(), o.request(id), "IT (ana)", "a aprobat cât era în funcție"))
			o.run()
			o.is(id, intake.StatusActive)
			i := slices.IndexFunc(o.events, func(e intake.Event) bool { return e.Kind == intake.EventStands })
			if i < 0 || o.events[i].Actor != "IT (ana)" || !strings.Contains(o.events[i].Detail, "a aprobat cât era în funcție") {
				t.Errorf("the record does not say who let it stand, and why: %+v", o.events)
			}
		})
	}
}

func TestWhatWasApprovedInOtherWaysStandsOnItsDay(t *testing.T) {
	later := submission()
	later.ActivationDate = forms.Date{Year: 2026, Month: time.November, Day: 30}
	tests := []struct {
		name    string
		approve func(o *office) (id int64)
	}{
		{"by all", func(o *office) int64 {
			o.desk.Policy.Rule = intake.AllApprove
			id, question := o.askedFor(later)
			o.handle(o.answer(mayor, question, "Aprob."))
			o.handle(o.answer(viceMayor, o.mailTo(viceMayor, "approval"), "Aprob."))
			return id
		}},
		{"with changes", func(o *office) int64 {
			id, question := o.askedFor(later)
			o.handle(o.answer(mayor, question, "Aprob, dar fără drept de ștergere."))
			o.handle(o.answer(mayor, o.mailTo(mayor, "offer"), "Aprob."))
			return id
		}},
		{"after a correction", func(o *office) int64 {
			id, _ := o.asked()
			o.handle(o.write(letter{from: economist, answers: o.mailTo(economist, "registered"), text: "Corectat.", files: []file{annex(o, later)}}))
			o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob."))
			return id
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := test.approve(o)
			o.is(id, intake.StatusScheduled)
			o.pass(7 * 24 * time.Hour)
			o.is(id, intake.StatusActive)
			if n := o.happened(intake.EventStuck); n != 0 {
				t.Errorf("it was held: %+v", o.events)
			}
		})
	}
}

func TestPlanThatIsNotWhatWasApprovedIsHeldWhateverITSays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.nextWeek()
	r := o.request(id)
	r.Plan.Members[0].Rights |= forms.RightDelete
	o.must(o.store.Transact(t.Context(), func(tx intake.Tx) error { return tx.UpdateRequest(r) }))
	o.pass(7 * 24 * time.Hour)
	o.is(id, intake.StatusStuck)
	o.says(o.mailTo(it, "stuck"), "nu mai este ceea ce s-a aprobat")
	var held *intake.NotNowError
	if err := o.desk.RetryAnyway(t.Context(), o.request(id), it, "lasă"); !errors.As(err, &held) {
		t.Errorf("got %v", err)
	}
	if len(o.portal.calls) != 0 {
		t.Errorf("the portal was called: %v", o.portal.calls)
	}
	r.Plan.Members[0].Rights &^= forms.RightDelete // so that the record is whole
	r.Status = intake.StatusStuck
	o.must(o.store.Transact(t.Context(), func(tx intake.Tx) error { return tx.UpdateRequest(r) }))
}

func TestCancellingWhatIsHeldTouchesNothingInThePortal(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.nextWeek()
	o.desk.Directory.Approvers = o.desk.Directory.Approvers[1:]
	o.pass(7 * 24 * time.Hour)
	o.sent()
	_, err := o.desk.Cancel(t.Context(), o.request(id), it, "noul primar nu o mai vrea")
	o.must(err)
	o.run()
	o.is(id, intake.StatusWithdrawn)
	o.wantSent("cancelled ion.popescu", "cancelled primar", "cancelled it")
	o.says(o.mailTo(it, "cancelled"), "Nu fusese creat nimic")
	if len(o.portal.sites) != 0 {
		t.Errorf("sites: %v", o.portal.sites)
	}
}

func TestTheActivationHourInASummerAndAWinter(t *testing.T) {
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2027, month, day, hour, minute, 0, 0, bucharest())
	}
	tests := []struct {
		name string
		day  forms.Date
		hour int
		from time.Time // not before
		to   time.Time // done by then
	}{
		{"the day on which summer time begins", forms.Date{Year: 2027, Month: 3, Day: 28}, 7, at(3, 28, 7, 0), at(3, 28, 7, 0)},
		{"the hour that summer time leaves out", forms.Date{Year: 2027, Month: 3, Day: 28}, 3, at(3, 28, 2, 0), at(3, 28, 4, 0)},
		{"the day on which summer time ends", forms.Date{Year: 2027, Month: 10, Day: 31}, 7, at(10, 31, 7, 0), at(10, 31, 7, 0)},
		{"the hour that comes twice", forms.Date{Year: 2027, Month: 10, Day: 31}, 3, at(10, 31, 2, 59), at(10, 31, 4, 0)},
		{"midnight", forms.Date{Year: 2027, Month: 6, Day: 1}, 0, at(6, 1, 0, 0), at(6, 1, 0, 0)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.desk.Policy.ActivationHour = test.hour
			id := o.approvedFor(test.day)
			o.pass(test.from.Add(-time.Second).Sub(o.clock.Now()))
			o.is(id, intake.StatusScheduled)
			o.pass(test.to.Sub(o.clock.Now()))
			o.is(id, intake.StatusActive)
			o.wantSent(informed...)
			o.pass(48 * time.Hour)
			o.wantSent()
		})
	}
}

func TestApprovedOnItsDayBeforeTheHourWaitsForIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, question := o.askedFor(func() forms.Submission {
		s := submission()
		s.ActivationDate = forms.Date{Year: 2026, Month: time.November, Day: 24}
		return s
	}())
	o.clock.pass(19 * time.Hour) // 24 November, 05:00
	o.handle(o.answer(mayor, question, "Aprob."))
	o.is(id, intake.StatusScheduled)
	o.pass(2 * time.Hour)
	o.is(id, intake.StatusActive)
}

func TestAnotherTimeZoneInTheConfiguration(t *testing.T) {
	for zone, more := range map[string]time.Duration{"UTC": 2 * time.Hour, "Asia/Tokyo": 0} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.nextWeek()
			loc, err := time.LoadLocation(zone)
			o.must(err)
			o.desk.Policy.Location = loc
			o.pass(7*24*time.Hour - 3*time.Hour + more - time.Second)
			o.is(id, intake.StatusScheduled)
			o.pass(time.Second)
			o.is(id, intake.StatusActive)
			o.wantSent(informed...)
		})
	}
}

func TestClockThatJumps(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.nextWeek()
	o.pass(-365 * 24 * time.Hour) // a dead battery
	o.is(id, intake.StatusScheduled)
	o.pass(365*24*time.Hour + 6*24*time.Hour) // set right, a day before
	o.is(id, intake.StatusScheduled)
	o.pass(24 * time.Hour)
	o.is(id, intake.StatusActive)
	o.pass(-3 * 24 * time.Hour)
	o.pass(10 * 24 * time.Hour)
	o.wantSent(informed...)
	if n := o.happened(intake.EventProvision); n != 1 {
		t.Errorf("it was begun %d times", n)
	}
}

func TestAWeekOfDowntimeIsMadeUpForOnceAndInOrder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var ids []int64
	for _, day := range []int{28, 26, 27} { // asked for in another order than they fall due
		s := submission()
		s.ActivationDate = forms.Date{Year: 2026, Month: time.November, Day: day}
		s.Partner += " " + string(rune('A'+day-26))
		id, question := o.askedFor(s)
		o.handle(o.answer(mayor, question, "Aprob."))
		o.sent()
		ids = append(ids, id)
	}
	o.clock.pass(7 * 24 * time.Hour) // nothing runs
	o.run()
	var order []int64
	for _, e := range o.events {
		if e.Kind == intake.EventActive {
			order = append(order, e.Request)
		}
	}
	if want := []int64{ids[1], ids[2], ids[0]}; !slices.Equal(order, want) {
		t.Errorf("opened %v, want %v", order, want)
	}
	o.pass(24 * time.Hour)
	if n := o.happened(intake.EventActive); n != 3 {
		t.Errorf("opened %d times", n)
	}
}

func TestSkippingAndCancellingAreInterruptedAtEachCall(t *testing.T) {
	type step struct {
		name  string
		calls int
		do    func(o *office, id int64) error
		ends  intake.Status
		sent  []string
	}
	steps := []step{
		{"skip", 9, func(o *office, id int64) error { // site, remove, 3 members, reading back, 3 links
			_, err := o.desk.Skip(o.Context(), o.request(id), it, "nu")
			return err
		}, intake.StatusActive, []string{"access_list ion.popescu", "access marin.ionescu", "access carmen.vlad", "access dan.oprea"}},
		{"cancel", 2, func(o *office, id int64) error { // close, reading back
			_, err := o.desk.Cancel(o.Context(), o.request(id), it, "nu")
			return err
		}, intake.StatusWithdrawn, []string{"cancelled ion.popescu", "cancelled primar", "cancelled it"}},
	}
	for _, s := range steps {
		for n := 1; n <= s.calls; n++ {
			for _, effect := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, call %d, with effect %v", s.name, n, effect), func(t *testing.T) {
					t.Parallel()
					o := newOffice(t)
					id := o.stuckAt("member " + elena)
					o.portal.before = nil
					o.must(s.do(o, id))
					crash := at(n, func() error { panic(crash{}) })
					if effect {
						o.portal.after = crash
					} else {
						o.portal.before = crash
					}
					if !crashing(o.run) {
						t.Fatal("it was not interrupted")
					}
					o.wantSent()
					o.portal.before, o.portal.after = nil, nil
					o.run()
					o.is(id, s.ends)
					o.wantSent(s.sent...)
					if slices.Contains(o.haveAccess(hospital), elena) || s.name == "cancel" && len(o.haveAccess(hospital)) > 0 {
						t.Errorf("access have %v", o.haveAccess(hospital))
					}
				})
			}
		}
	}
}

func TestRequestThatIsApprovedOnItsDayIsHeldToo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, question := o.asked()
	o.desk.Directory.Departments = o.desk.Directory.Departments[1:] // the department is gone
	o.handle(o.answer(mayor, question, "Aprob"))
	o.is(id, intake.StatusStuck)
	o.says(o.mailTo(it, "stuck"), "Direcția Economică")
	if len(o.portal.sites) > 0 {
		t.Errorf("a site was made: %v", o.portal.sites)
	}
}
