package intake_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"registratura/forms"
	"registratura/intake"
)

// informed is what everybody gets when a site is open.
var informed = []string{"access_list ion.popescu", "access marin.ionescu", "access elena.dobre", "access carmen.vlad", "access dan.oprea"}

// approve has the mayor approve a form for today, and leaves the provisioning
// to the test.
func (o *office) approve() (id int64) {
	o.Helper()
	id, question := o.asked()
	o.receive(o.answer(mayor, question, "Aprob."))
	o.must(o.desk.HandleDue(o.Context()))
	o.is(id, intake.StatusProvisioning)
	return id
}

// granted is what the portal has, without the order.
func (o *office) granted(id int64) {
	o.Helper()
	r := o.request(id)
	site, ok := o.portal.sites[r.Plan.Site.ID]
	if !ok || len(o.portal.sites) != 1 {
		o.Fatalf("the portal has the sites %v", o.portal.sites)
	}
	if d := cmp.Diff(r.Plan.Site, site); d != "" {
		o.Errorf("the site (-approved +made):\n%s", d)
	}
	byAddress := cmpopts.SortSlices(func(a, b intake.Member) bool { return a.Address < b.Address })
	if d := cmp.Diff(r.Plan.Members, o.portal.members[site.ID], byAddress); d != "" {
		o.Errorf("members (-approved +made):\n%s", d)
	}
}

func TestProvisioningMakesExactlyWhatWasApproved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.approve()
	o.work()
	o.is(id, intake.StatusActive)
	o.granted(id)
	for address, want := range map[string]forms.Rights{
		marin: forms.RightRead, // none were ticked
		elena: forms.RightRead | forms.RightWrite, carmen: forms.RightRead | forms.RightWrite | forms.RightDelete, dan: forms.RightRead,
	} {
		i := slices.IndexFunc(o.portal.members["spitalul-judetean"], func(m intake.Member) bool { return m.Address == address })
		if got := o.portal.members["spitalul-judetean"][i].Rights; got != want {
			t.Errorf("%s has %s, want %s", address, got, want)
		}
		m := o.mailTo(address, "access")
		if !strings.Contains(m.Text, o.portal.links[address]) {
			t.Errorf("%s did not get the link that works", address)
		}
		o.says(m, "Ion Popescu", "Constantin Popa", "Situații financiare lunare")
		for other, link := range o.portal.links {
			if other != address && strings.Contains(string(m.Raw), link) {
				t.Errorf("%s got the link of %s", address, other)
			}
		}
	}
	list := o.mailTo(economist, "access_list")
	o.says(list, marin, elena, carmen, dan)
	for _, link := range o.portal.links {
		if strings.Contains(string(list.Raw), link) {
			t.Error("the requester got somebody's link")
		}
	}
}

func TestPortalThatFailsForAWhile(t *testing.T) {
	for _, call := range []string{"site", "member " + elena, "members", "invite " + dan} {
		t.Run("at "+call, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.approve()
			o.portal.before = failFor(call)
			o.work()
			o.wantSent("approved_it it", "approved ion.popescu")
			o.is(id, intake.StatusProvisioning)
			if strings.HasPrefix(call, "member ") {
				if n := len(o.portal.members["spitalul-judetean"]); n != 3 {
					t.Errorf("%d members were made, want the three others", n)
				}
			}
			o.pass(time.Hour)
			o.wantSent()
			o.portal.before = nil
			o.pass(time.Hour)
			o.is(id, intake.StatusActive)
			o.granted(id)
			o.wantSent(informed...)
			if n := o.happened(intake.EventStuck); n != 0 {
				t.Errorf("%d events stuck", n)
			}
		})
	}
}

// inOrder is the part of the letter to IT that lists who has what was approved.
func inOrder(letter *intake.Message) string {
	_, order, _ := strings.Cut(letter.Text, "Au exact drepturile aprobate")
	order, _, _ = strings.Cut(order, "Cum merge mai departe")
	return order
}

func TestPortalThatFailsForGood(t *testing.T) {
	tests := []struct {
		call string
		says []string // the letter to IT
		done []string // who it says is in order
	}{
		{"site", []string{"site-ul: the portal does not feel well", "Site-ul nu există"}, nil},
		{"member " + elena, []string{"Elena Dobre, " + elena + ": the portal does not feel well"}, []string{marin, carmen, dan}},
		{"members", []string{"site-ul: reading back the members", "Nu s-a putut citi din portal ce este făcut"}, nil},
		{"invite " + dan, []string{"Dan Oprea, " + dan + ": making a link"}, []string{marin, elena, carmen, dan}},
	}
	for _, test := range tests {
		t.Run("at "+test.call, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.approve()
			o.portal.before = failFor(test.call)
			o.work()
			attempts := 0
			for _, j := range o.jobs() {
				if j.kind == "provision" {
					attempts = j.max
				}
			}
			for n := 2; n < attempts; n++ {
				o.pass(time.Hour)
				o.is(id, intake.StatusProvisioning)
			}
			o.wantSent("approved_it it", "approved ion.popescu")
			o.pass(time.Hour)
			o.is(id, intake.StatusStuck)
			o.wantSent("stuck it")
			letter := o.mailTo(it, "stuck")
			o.says(letter, test.says...)
			order := inOrder(letter)
			for _, address := range []string{marin, elena, carmen, dan} {
				if got, want := strings.Contains(order, address), slices.Contains(test.done, address); got != want {
					t.Errorf("the letter says that %s is in order: %v, want %v:\n%s", address, got, want, letter.Text)
				}
			}
			o.pass(24 * time.Hour)
			o.wantSent()
			if len(o.queue.lost) != 0 {
				t.Errorf("the queue gave up on jobs %v by itself", o.queue.lost)
			}

			o.portal.before = nil
			o.must(o.desk.Retry(t.Context(), o.request(id), it))
			o.is(id, intake.StatusProvisioning)
			o.run()
			o.is(id, intake.StatusActive)
			o.granted(id)
			o.wantSent(informed...)
		})
	}
}

func TestPortalThatGrantsSomethingElseIsStuckAtOnce(t *testing.T) {
	tests := []struct {
		name   string
		breaks func(p *portal)
		mends  func(p *portal)
		says   []string
	}{
		{"more than was approved", func(p *portal) {
			p.grants = func(m intake.Member) forms.Rights { return m.Rights | forms.RightWrite }
		}, func(p *portal) { p.grants = nil }, []string{dan}},
		{"less than was approved", func(p *portal) {
			p.grants = func(intake.Member) forms.Rights { return forms.RightRead }
		}, func(p *portal) { p.grants = nil }, []string{carmen, elena}},
		{"access to somebody else", func(p *portal) {
			p.extra = []intake.Member{{Address: stranger, Rights: forms.RightRead}}
		}, func(p *portal) { p.extra = nil }, []string{stranger, "nu trebuia să aibă acces"}},
		{"no access to one", func(p *portal) {
			p.reads = func(list []intake.Member) []intake.Member {
				return slices.DeleteFunc(list, func(m intake.Member) bool { return m.Address == elena })
			}
		}, func(p *portal) { p.reads = nil }, []string{elena, "nu are acces"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.approve()
			test.breaks(o.portal)
			o.work()
			o.is(id, intake.StatusStuck)
			o.wantSent("approved_it it", "approved ion.popescu", "stuck it")
			letter := o.mailTo(it, "stuck")
			o.says(letter, test.says...)
			order := inOrder(letter)
			for _, address := range test.says {
				if strings.Contains(order, address) {
					t.Errorf("%s is said to be in order", address)
				}
			}
			if len(o.portal.links) != 0 {
				t.Error("links were made for what was not approved")
			}
			for range 20 {
				o.pass(time.Hour)
			}
			o.wantSent()

			// Tried again before it is mended, it is stuck again.
			o.must(o.desk.Retry(t.Context(), o.request(id), it))
			o.run()
			o.is(id, intake.StatusStuck)
			o.wantSent("stuck it")
			test.mends(o.portal)
			o.must(o.desk.Retry(t.Context(), o.request(id), it))
			o.run()
			o.is(id, intake.StatusActive)
			o.wantSent(informed...)
		})
	}
}

func TestRetryIsOnlyForWhatIsStuck(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, _ := o.asked()
	if err := o.desk.Retry(t.Context(), o.request(id), it); !errors.Is(err, intake.ErrStatus) {
		t.Errorf("got %v, want ErrStatus", err)
	}
	o.run()
	o.is(id, intake.StatusAwaitingApproval)
	if n := o.happened(intake.EventRetried); n != 0 {
		t.Errorf("%d events", n)
	}
}

// crash is what a crash is in these tests: a panic that nobody in the desk
// recovers from.
type crash struct{}

// crashing runs fn and reports whether it crashed.
func crashing(fn func()) (crashed bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(crash); !ok {
				panic(p)
			}
			crashed = true
		}
	}()
	fn()
	return false
}

func TestProvisioningThatIsInterrupted(t *testing.T) {
	// interrupt ends the attempt at the n-th call of the portal, before or
	// after its effect.
	interruptions := []struct {
		name      string
		interrupt func(o *office, n int, cancel func())
	}{
		{"by a crash before a call has its effect", func(o *office, n int, _ func()) {
			o.portal.before = at(n, func() error { panic(crash{}) })
		}},
		{"by a crash after a call had its effect", func(o *office, n int, _ func()) {
			o.portal.after = at(n, func() error { panic(crash{}) })
		}},
		{"by stopping the daemon, the call failing", func(o *office, n int, cancel func()) {
			o.portal.before = at(n, func() error { cancel(); return context.Canceled })
		}},
		{"by stopping the daemon, the call still succeeding", func(o *office, n int, cancel func()) {
			o.portal.after = at(n, func() error { cancel(); return nil })
		}},
	}
	const calls = 1 + 4 + 1 + 4 // site, members, reading back, links
	for _, in := range interruptions {
		for n := 1; n <= calls; n++ {
			t.Run(fmt.Sprintf("%s, call %d", in.name, n), func(t *testing.T) {
				t.Parallel()
				o := newOffice(t)
				id := o.approve()
				ctx, cancel := context.WithCancel(t.Context())
				in.interrupt(o, n, cancel)
				var err error
				// last: being stopped in the last attempt is not the end either
				crashed := crashing(func() { err = o.desk.Provision(ctx, id, true) })
				finished := o.request(id).Status == intake.StatusActive // a call that succeeded was the last one
				if !crashed && !finished && !errors.Is(err, context.Canceled) {
					t.Fatalf("it was not interrupted: %v", err)
				}
				if !finished {
					o.is(id, intake.StatusProvisioning)
				}
				o.portal.before, o.portal.after = nil, nil
				o.work()
				o.is(id, intake.StatusActive)
				o.granted(id)
				o.wantSent(append([]string{"approved_it it", "approved ion.popescu"}, informed...)...)
				for address, link := range o.portal.links {
					if !strings.Contains(o.mailTo(address, "access").Text, link) {
						t.Errorf("the link that %s got does not work", address)
					}
				}
				if finished && n < calls {
					t.Errorf("the interruption at call %d changed nothing", n)
				}
			})
		}
	}
}

// at calls fn at the n-th call.
func at(n int, fn func() error) func(string) error {
	return func(string) error {
		if n--; n == 0 {
			return fn()
		}
		return nil
	}
}

func TestPortalThatHangsInTheLastAttemptIsStuck(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.approve()
	ctx := &slowContext{Context: t.Context()}
	o.portal.before = func(call string) error {
		if call == "member "+dan {
			ctx.over.Store(true)
			return context.DeadlineExceeded
		}
		return nil
	}
	if err := o.desk.Provision(ctx, id, false); !strings.Contains(fmt.Sprint(err), context.DeadlineExceeded.Error()) {
		t.Errorf("got %v, want another attempt", err)
	}
	o.is(id, intake.StatusProvisioning)
	ctx.over.Store(false)
	o.must(o.desk.Provision(ctx, id, true))
	o.is(id, intake.StatusStuck)
}

func TestApprovedForALaterDay(t *testing.T) {
	later := submission()
	later.ActivationDate = forms.Date{Year: 2026, Month: time.November, Day: 30}
	tests := []struct {
		name string
		live func(o *office, id int64)
	}{
		{"it is made on that day, at the hour", func(o *office, id int64) {
			o.pass(7*24*time.Hour - 3*time.Hour - time.Second) // 30 November, 06:59:59
			o.is(id, intake.StatusScheduled)
			o.pass(time.Second)
		}},
		{"after a week without the daemon it is made at once", func(o *office, id int64) {
			o.pass(14 * 24 * time.Hour)
		}},
		{"a clock set back makes it wait again", func(o *office, id int64) {
			o.clock.pass(7 * 24 * time.Hour)
			jobs := o.jobs()
			o.clock.pass(-3 * 24 * time.Hour)
			var later intake.LaterError
			if err := o.desk.Provision(o.Context(), id, true); !errors.As(err, &later) || later.After != 3*24*time.Hour-3*time.Hour {
				o.Errorf("got %v, want to be asked again in 69 h", err)
			}
			o.is(id, intake.StatusScheduled)
			if len(o.portal.calls) != 0 || len(o.jobs()) != len(jobs) {
				o.Error("something was done")
			}
			o.pass(3 * 24 * time.Hour)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, question := o.askedFor(later)
			o.handle(o.answer(mayor, question, "Aprob."))
			o.is(id, intake.StatusScheduled)
			o.wantSent("approved_it it", "approved ion.popescu")
			if len(o.portal.calls) != 0 {
				t.Fatalf("the portal was called: %v", o.portal.calls)
			}
			test.live(o, id)
			o.is(id, intake.StatusActive)
			o.granted(id)
			o.wantSent(informed...)
			o.pass(24 * time.Hour)
			o.wantSent()
		})
	}
}

func TestApprovedAfterItsDayIsMadeAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, question := o.asked()
	o.clock.pass(72 * time.Hour)
	o.handle(o.answer(mayor, question, "Aprob."))
	o.is(id, intake.StatusActive)
}

func TestProvisioningOfAnythingElseDoesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, question := o.asked()
	o.must(o.desk.Provision(t.Context(), id, true))
	o.is(id, intake.StatusAwaitingApproval)
	o.handle(o.answer(mayor, question, "Resping."))
	o.must(o.desk.Provision(t.Context(), id, true))
	o.is(id, intake.StatusRejected)
	if len(o.portal.calls) != 0 {
		t.Errorf("the portal was called: %v", o.portal.calls)
	}
}

func TestCompareFindsEveryDifference(t *testing.T) {
	member := func(address string, rights forms.Rights) intake.Member {
		return intake.Member{Address: address, Rights: rights}
	}
	const r, w = forms.RightRead, forms.RightWrite
	tests := []struct {
		name              string
		approved, granted []intake.Member
		want              []intake.Difference
	}{
		{"the same in another order", []intake.Member{member("a", r), member("b", w)}, []intake.Member{member("b", w), member("a", r)}, nil},
		{"nothing granted", []intake.Member{member("b", w), member("a", r)}, nil, []intake.Difference{{"a", r, 0}, {"b", w, 0}}},
		{"somebody else", nil, []intake.Member{member("x", r)}, []intake.Difference{{"x", 0, r}}},
		{"addresses in other letters are the same", []intake.Member{member("elena@spital.test", r)}, []intake.Member{member("Elena@Spital.test", r)}, nil},
		{"more rights at an address in other letters", []intake.Member{member("elena@spital.test", r)}, []intake.Member{member("ELENA@spital.test", r|w)},
			[]intake.Difference{{"elena@spital.test", r, r | w}}},
		{"a second account in other letters", []intake.Member{member("a@b", r)}, []intake.Member{member("a@b", r), member("A@b", r)},
			[]intake.Difference{{"A@b (a second time)", 0, r}}},
		{"fewer rights", []intake.Member{member("a", r|w)}, []intake.Member{member("a", r)}, []intake.Difference{{"a", r | w, r}}},
		{"other rights", []intake.Member{member("a", r)}, []intake.Member{member("a", r|w)}, []intake.Difference{{"a", r, r | w}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if d := cmp.Diff(test.want, intake.Compare(test.approved, test.granted)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
