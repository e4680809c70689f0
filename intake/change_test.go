package intake_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

const radu = "radu.stan@spital.test"

// stands has the economist's site made, and returns its request.
func (o *office) stands(s forms.Submission) (id int64) {
	o.Helper()
	got := o.handle(o.write(letter{from: economist, subject: "Cerere de site nou", files: []file{annex(o, s)}}))
	o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob"))
	o.is(got.Request, intake.StatusActive)
	o.sent()
	return got.Request
}

// changed is the form with one user more, one less, and other rights for one.
func changed() forms.Submission {
	s := submission()
	s.PartnerUsers = []forms.User{{Name: "Elena Dobre", Email: elena, Rights: forms.RightRead}, {Name: "Radu Stan", Email: radu, Rights: forms.RightRead}}
	return s
}

// sends has the economist send a form in a mail of its own.
func (o *office) sends(s forms.Submission) settled {
	o.Helper()
	return o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, s)}}))
}

func TestFormForAStandingSiteIsUnderstoodAsAChange(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	former := o.stands(submission())
	got := o.sends(changed())
	o.wantSent("approval primar", "registered ion.popescu")
	o.is(got.Request, intake.StatusAwaitingApproval)
	r := o.request(got.Request)
	if r.Plan.Site.ID != "spitalul-judetean" || r.Plan.Replaces == nil || r.Plan.Replaces.PlanHash != o.request(former).PlanHash {
		t.Fatalf("the plan is %+v", r.Plan)
	}
	changes := []string{"Radu Stan, " + radu + ": acces nou, doar citire.", "Elena Dobre, " + elena + ": doar citire (în prezent: citire și scriere).",
		"Marin Ionescu, " + marin + ": accesul încetează (are în prezent: doar citire)."}
	question := o.mailTo(mayor, "approval")
	o.says(question, append(changes, "schimbarea accesului la site-ul comun cu Spitalul Județean", "cererea nr. 1/23.11.2026", "după aceea au acces 4 persoane")...)
	o.says(o.mailTo(economist, "registered"), append(changes, "schimbare a accesului la site-ul „Spitalul Județean”", "„site nou” în subiect")...)
	for _, address := range []string{carmen, dan} {
		before, _, _ := strings.Cut(question.Text, "Cererea nr. ")
		if strings.Contains(before, address) {
			t.Errorf("%s, for whom nothing changes, is said to be changed", address)
		}
	}
	if n := o.happened(intake.EventChange); n != 1 {
		t.Errorf("%d events tell of a change", n)
	}
}

func TestWhichSiteAFormChanges(t *testing.T) {
	other := func(info string) forms.Submission {
		s := submission()
		s.InfoTypes = info
		return s
	}
	form := func(set func(*forms.Submission)) forms.Submission {
		s := changed()
		set(&s)
		return s
	}
	plain := func(s forms.Submission) func(o *office, ids []int64) []byte {
		return func(o *office, _ []int64) []byte {
			return o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, s)}})
		}
	}
	museum := form(func(s *forms.Submission) {
		s.Partner, s.InfoTypes = "Muzeul Județean", "Inventare"
		s.PartnerUsers = []forms.User{{Name: "Ana Pop", Email: "ana@muzeu.test"}}
	})
	one, two := []forms.Submission{submission()}, []forms.Submission{submission(), other("Rapoarte anuale")}
	tests := []struct {
		name   string
		stands []forms.Submission
		mail   func(o *office, ids []int64) []byte
		which  int    // of those that stand, from 1; 0: none
		back   string // what the letter says if the form goes back
	}{
		{"the only one with the partner, spelled otherwise", one, plain(form(func(s *forms.Submission) { s.Partner = "SPITALUL  JUDETEAN" })), 1, ""},
		{"the only one with the partner, with other information", one, plain(form(func(s *forms.Submission) { s.InfoTypes = "Orare" })), 1, ""},
		{"of several the one with the same information", two, plain(form(func(s *forms.Submission) { s.InfoTypes = "rapoarte anuale." })), 2, ""},
		{"of several none, if the information is that of none", two, plain(form(func(s *forms.Submission) { s.InfoTypes = "Orare" })), 0, "mai multe site-uri cu această instituție: site-ul spitalul-judetean (Situații financiare lunare)"},
		{"of several the one whose address is written in the form", two, plain(form(func(s *forms.Submission) {
			s.InfoTypes = "Orare (https://extranet.test/s/spitalul-judetean-2/)"
		})), 2, ""},
		{"of several the one that is named as the letter says", two, plain(form(func(s *forms.Submission) { s.InfoTypes = "Orare, site-ul „spitalul-judetean”" })), 1, ""},
		{"of several the one that is all that is written", two, plain(form(func(s *forms.Submission) { s.InfoTypes = "site-ul spitalul-judetean-2" })), 2, ""},
		{"of several the one whose name stands in the subject", two, func(o *office, _ []int64) []byte {
			s := form(func(s *forms.Submission) { s.InfoTypes = "Orare" })
			return o.write(letter{from: economist, subject: "Schimbare la spitalul-judetean-2", files: []file{annex(o, s)}})
		}, 2, ""},
		{"of several the one whose number stands in the text", two, func(o *office, ids []int64) []byte {
			s := form(func(s *forms.Submission) { s.InfoTypes = "Orare" })
			return o.write(letter{from: economist, subject: "Schimbare", text: "Schimbarea este la cererea nr. " + o.request(ids[1]).Number.String(), files: []file{annex(o, s)}})
		}, 2, ""},
		{"of several the one about which the mail answers", two, func(o *office, ids []int64) []byte {
			s := form(func(s *forms.Submission) { s.InfoTypes = "Orare" })
			return o.write(letter{from: economist, answers: o.mailTo(economist, "access_list"), files: []file{annex(o, s)}})
		}, 2, ""},
		{"the one whose address is written, for a partner that has another name now", one, plain(form(func(s *forms.Submission) {
			s.Partner, s.InfoTypes = "Spitalul de Urgență", "Orare, https://extranet.test/s/spitalul-judetean"
		})), 1, ""},
		{"none, if an old mail is answered with a form that has nothing to do with it", one, func(o *office, ids []int64) []byte {
			return o.write(letter{from: economist, answers: o.mailTo(economist, "access_list"), files: []file{annex(o, museum)}})
		}, 0, ""},
		{"none, if a new site is asked for", one, func(o *office, ids []int64) []byte {
			s := form(func(s *forms.Submission) { s.InfoTypes = "Orare" })
			return o.write(letter{from: economist, subject: "Vă rog un site nou", files: []file{annex(o, s)}})
		}, 0, ""},
		{"none, if a new site is asked for in the text", one, func(o *office, ids []int64) []byte {
			s := form(func(s *forms.Submission) { s.InfoTypes = "Orare" })
			return o.write(letter{from: economist, text: "Dorim un site nou, pentru orare.", files: []file{annex(o, s)}})
		}, 0, ""},
		{"none, and back, if a new site is asked for with the same information", one, func(o *office, ids []int64) []byte {
			return o.write(letter{from: economist, subject: "Vă rog un site nou", files: []file{annex(o, changed())}})
		}, 0, "scrieți la tipurile de informații prin ce se deosebește"},
		{"none, if another department has the only one with the partner", one, func(o *office, ids []int64) []byte {
			s := form(func(s *forms.Submission) { s.Department, s.InfoTypes = "Direcția Tehnică", "Orare" })
			return o.write(letter{from: engineer, files: []file{annex(o, s)}})
		}, 0, ""},
		{"none, and back, if it names the site of another department", one, func(o *office, ids []int64) []byte {
			s := form(func(s *forms.Submission) { s.Department, s.InfoTypes = "Direcția Tehnică", "Orare" })
			return o.write(letter{from: engineer, subject: "Schimbare la spitalul-judetean", files: []file{annex(o, s)}})
		}, 0, "a fost cerut de alt compartiment"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			var ids []int64
			for _, s := range test.stands {
				ids = append(ids, o.stands(s))
			}
			got := o.handle(test.mail(o, ids))
			r := o.request(got.Request)
			if test.back != "" {
				o.is(got.Request, intake.StatusReturned)
				o.says(o.mailTo(r.From.Address, "returned"), test.back)
				return
			}
			o.is(got.Request, intake.StatusAwaitingApproval)
			var former int64
			if r.Plan.Replaces != nil {
				former = int64(r.Plan.Replaces.Number.Serial)
			}
			if want := test.which; want == 0 && former != 0 || want > 0 && former != ids[want-1] {
				t.Errorf("it changes request %d; those that stand are %v, and %d was meant", former, ids, want)
			}
			if test.which == 0 && r.Plan.Site.ID == "spitalul-judetean" {
				t.Error("the new site has the address of the one that stands")
			}
			if info := r.Plan.Site.InfoTypes; info == "" || strings.Contains(info, "extranet.test") || strings.Contains(info, "spitalul-judetean") {
				t.Errorf("the site is said to be for %q", r.Plan.Site.InfoTypes)
			}
		})
	}
}

func TestWhatIsOnlySpelledOtherwiseDoesNotChange(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.stands(submission())
	s := submission()
	s.Partner, s.InfoTypes, s.LegalBasis = "SPITALUL JUDETEAN", "situatii financiare lunare.", "protocol nr 1204/03.02.2026"
	s.PartnerUsers[0].Name, s.PartnerUsers[1].Email = "MARIN IONESCU", strings.ToUpper(elena)
	got := o.sends(s)
	o.wantSent("nothing_changes ion.popescu")
	o.is(got.Request, intake.StatusReturned)
	o.says(o.mailTo(economist, "nothing_changes"), "exact accesul care există deja", "https://extranet.test/s/spitalul-judetean/")

	// Corrected in reply it goes on, under its number.
	mended := o.corrects(o.mailTo(economist, "nothing_changes"), changed())
	if mended.Request != got.Request {
		t.Errorf("the corrected form is request %d, not %d", mended.Request, got.Request)
	}
	o.wantSent("approval primar", "registered ion.popescu")
	if r := o.request(got.Request); r.Plan.Replaces == nil {
		t.Error("it is no change any more")
	}
}

func TestSecondChangeOfASiteGoesBackAndNamesTheFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.stands(submission())
	first := o.sends(changed())
	o.sent()
	s := changed()
	s.InternalUsers = s.InternalUsers[:1]
	second := o.sends(s)
	o.wantSent("returned ion.popescu")
	o.is(second.Request, intake.StatusReturned)
	o.says(o.mailTo(economist, "returned"), "este în curs cererea nr. "+o.request(first.Request).Number.String())
	// In the thread of the first it is its correction.
	if got := o.corrects(o.mailTo(economist, "registered"), s); got.Request != first.Request {
		t.Errorf("the form is request %d", got.Request)
	}
	o.wantSent("approval primar", "registered ion.popescu")
	question := o.mailTo(mayor, "approval")
	o.says(question, "Dan Oprea, "+dan+": nu mai primește acces (în cererea dinainte: doar citire).", "Dan Oprea, "+dan+": accesul încetează", "Radu Stan, "+radu+": acces nou")
	if r := o.request(first.Request); r.Plan.Replaces == nil || r.Plan.Corrects == nil || r.Plan.Corrects.Replaces != nil {
		t.Errorf("the plan is %+v", r.Plan)
	}
}

func TestChangeOfAnUnprovenSenderIsUnderstoodOnceItIsConfirmed(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{"Cerere", "Vă rog un site nou"} {
		t.Run(subject, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.stands(submission())
			o.thinks(economist, unproven)
			s := changed()
			s.InfoTypes = "Orare"
			got := o.handle(o.write(letter{from: economist, subject: subject, files: []file{annex(o, s)}}))
			o.wantSent("confirm_request ion.popescu")
			o.handle(o.answer(economist, o.mailTo(economist, "confirm_request"), "CONFIRM"))
			o.wantSent("approval primar", "registered ion.popescu")
			if r := o.request(got.Request); (r.Plan.Replaces != nil) != (subject == "Cerere") || r.Proven != "confirmation" {
				t.Errorf("proven by %q, the plan is %+v", r.Proven, r.Plan)
			}
		})
	}
}

func TestSiteThatWasNamedIsRememberedWhileTheFormIsMended(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"Schimbare la spitalul-judetean-2", "Vă rog un site nou"} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			first := o.stands(submission())
			second := submission()
			second.InfoTypes = "Rapoarte anuale"
			o.stands(second)
			s := changed()
			s.InfoTypes, s.LegalBasis = "Orare", ""
			got := o.handle(o.write(letter{from: economist, subject: words, files: []file{annex(o, s)}}))
			o.wantSent("returned ion.popescu")
			s.LegalBasis = "Protocol"
			if mended := o.corrects(o.mailTo(economist, "returned"), s); mended.Request != got.Request {
				t.Fatalf("the corrected form is %+v", mended)
			}
			o.wantSent("approval primar", "registered ion.popescu")
			r := o.request(got.Request)
			if named := strings.HasPrefix(words, "Schimbare"); named != (r.Plan.Site.ID == o.request(first).Plan.Site.ID+"-2") || named != (r.Plan.Replaces != nil) {
				t.Errorf("the plan is %+v", r.Plan)
			}
		})
	}
}

func TestConditionsOfAChangeAreOfferedAndGranted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	former := o.stands(submission())
	got := o.sends(changed())
	o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob, dar fără Radu Stan"))
	offer := o.mailTo(mayor, "offer")
	if strings.Contains(offer.Text, radu+": acces nou") {
		t.Error("the offer still adds who was taken out")
	}
	o.says(offer, "Marin Ionescu, "+marin+": accesul încetează")
	o.sent()
	o.handle(o.answer(mayor, offer, "Aprob"))
	o.is(got.Request, intake.StatusActive)
	o.is(former, intake.StatusReplaced)
	if slices.ContainsFunc(o.portal.members["spitalul-judetean"], func(m intake.Member) bool { return m.Address == radu }) {
		t.Error("who was taken out by the mayor has access")
	}
	o.granted(got.Request)
}

func TestApprovedChangeIsDoneExactlyAndThoseConcernedAreTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	former := o.stands(submission())
	links := map[string]string{}
	for address, link := range o.portal.links {
		links[address] = link
	}
	s := changed()
	s.ActivationDate.Day++
	got := o.sends(s)
	o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob"))
	o.wantSent("approval primar", "registered ion.popescu", "approved_it it", "approved ion.popescu")
	o.says(o.mailTo(it, "approved_it"), "Ce se schimbă față de accesul de acum", "Marin Ionescu, "+marin+": accesul încetează")
	o.is(got.Request, intake.StatusScheduled)
	o.is(former, intake.StatusActive)
	if n := len(o.portal.members["spitalul-judetean"]); n != 4 || o.portal.members["spitalul-judetean"][0].Address != marin {
		t.Errorf("the members before the day are %v", o.portal.members)
	}
	o.pass(24 * time.Hour)
	o.is(got.Request, intake.StatusActive)
	o.is(former, intake.StatusReplaced)
	o.granted(got.Request)
	o.wantSent("access radu.stan", "access_altered elena.dobre", "access_removed marin.ionescu", "access_list ion.popescu")
	o.says(o.mailTo(elena, "access_altered"), "Drepturi până acum: citire și scriere", "Drepturi de acum înainte: doar citire")
	o.says(o.mailTo(marin, "access_removed"), "a încetat", "Ion Popescu", "Constantin Popa, Primar")
	o.says(o.mailTo(economist, "access_list"), "Radu Stan, "+radu+": a primit acces, doar citire.", "Marin Ionescu, "+marin+": nu mai are acces (avea: doar citire).")
	for address, link := range links {
		if o.portal.links[address] != link {
			t.Errorf("the link of %s, who has one, was replaced", address)
		}
	}

	// The next change is compared with this one.
	s = changed()
	s.ActivationDate.Day++
	s.PartnerUsers[1].Rights |= forms.RightWrite
	next := o.sends(s)
	o.says(o.mailTo(mayor, "approval"), "Radu Stan, "+radu+": citire și scriere (în prezent: doar citire).", "cererea nr. 2/23.11.2026")
	if r := o.request(next.Request); r.Plan.Replaces.PlanHash != o.request(got.Request).PlanHash {
		t.Error("it is compared with another one")
	}
}

// approvedChange is a change that was approved for tomorrow, and what it replaces.
func (o *office) approvedChange() (former, id int64) {
	o.Helper()
	former = o.stands(submission())
	s := changed()
	s.ActivationDate.Day++
	id = o.sends(s).Request
	o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob"))
	o.is(id, intake.StatusScheduled)
	o.sent()
	return former, id
}

// becomes records another status of a request, which something else brought about.
func (o *office) becomes(id int64, to intake.Status) {
	o.Helper()
	r := o.request(id)
	at := slices.IndexFunc(intake.Transitions, func(t intake.Transition) bool { return t.From() == r.Status && t.To() == to })
	o.must(o.store.Transact(o.Context(), func(tx intake.Tx) error { return tx.Change(r, intake.Transitions[at], o.clock.Now()) }))
}

func TestChangeIsNotMadeWhereWhatStandsHasChanged(t *testing.T) {
	tests := []struct {
		name   string
		change func(o *office, former int64)
	}{
		{"closing", func(o *office, former int64) { o.becomes(former, intake.StatusClosing) }},
		{"closed", func(o *office, former int64) {
			o.becomes(former, intake.StatusClosing)
			o.becomes(former, intake.StatusClosed)
		}},
		{"replaced", func(o *office, former int64) { o.becomes(former, intake.StatusReplaced) }},
		{"another plan", func(o *office, former int64) {
			r := o.request(former)
			r.PlanHash = "another"
			o.must(o.store.Transact(o.Context(), func(tx intake.Tx) error { return tx.UpdateRequest(r) }))
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			former, id := o.approvedChange()
			test.change(o, former)
			status := o.request(former).Status
			calls := len(o.portal.calls)
			o.pass(24 * time.Hour)
			o.is(id, intake.StatusStuck)
			o.is(former, status)
			o.wantSent("stuck it")
			o.says(o.mailTo(it, "stuck"), "site-ul nu mai este cum era când s-a cerut schimbarea (cererea nr. 1/23.11.2026)")
			if len(o.portal.calls) != calls {
				t.Errorf("the portal was told to %v", o.portal.calls[calls:])
			}
			// Trying again does not help.
			o.must(o.desk.Retry(o.Context(), o.request(id), it))
			o.run()
			o.is(id, intake.StatusStuck)
			if len(o.portal.calls) != calls {
				t.Errorf("the portal was told to %v", o.portal.calls[calls:])
			}
		})
	}
}

func TestClosingThatBeginsWhileAChangeIsMadeStopsIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	former, id := o.approvedChange()
	o.portal.before = func(call string) error {
		if call == "invite "+radu && o.request(former).Status == intake.StatusActive {
			o.becomes(former, intake.StatusClosing)
		}
		return nil
	}
	o.pass(24 * time.Hour)
	o.is(former, intake.StatusClosing)
	o.is(id, intake.StatusProvisioning)
	o.pass(time.Hour)
	o.is(id, intake.StatusStuck)
	o.wantSent("stuck it")
}

func TestChangeOpensASuspendedSiteAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, id := o.approvedChange()
	o.must(o.portal.SuspendSite(o.Context(), "spitalul-judetean"))
	o.pass(24 * time.Hour)
	o.is(id, intake.StatusActive)
	o.granted(id)
	if o.portal.state["spitalul-judetean"] != "" || !slices.Contains(o.portal.calls, "resume spitalul-judetean") {
		t.Errorf("the site is %q", o.portal.state["spitalul-judetean"])
	}
}

func TestChangeDoesNotOpenASiteThatIsBeingClosed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	former, id := o.approvedChange()
	o.portal.before = func(call string) error {
		if call == "member "+dan && o.request(former).Status == intake.StatusActive {
			o.becomes(former, intake.StatusClosing)
			o.portal.state["spitalul-judetean"] = "closed"
		}
		return nil
	}
	o.pass(24 * time.Hour)
	o.pass(time.Hour)
	o.is(id, intake.StatusStuck)
	if slices.Contains(o.portal.calls, "resume spitalul-judetean") {
		t.Error("the site was opened again")
	}
}

func TestSomebodyBeyondThePlanStopsAChange(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	former, id := o.approvedChange()
	o.portal.members["spitalul-judetean"] = append(o.portal.members["spitalul-judetean"], intake.Member{Name: "Cineva", Address: stranger, Rights: forms.RightRead})
	o.pass(24 * time.Hour)
	o.is(id, intake.StatusStuck)
	o.is(former, intake.StatusActive)
	o.wantSent("stuck it")
	o.says(o.mailTo(it, "stuck"), stranger)
}

func TestChangeThatIsInterruptedAnywhereIsMadeOnce(t *testing.T) {
	calls := []string{"site", "remove " + marin, "member " + elena, "member " + radu, "members", "invite " + radu}
	for _, call := range calls {
		for _, when := range []string{"before", "after"} {
			t.Run(when+" "+call, func(t *testing.T) {
				t.Parallel()
				o := newOffice(t)
				former, id := o.approvedChange()
				failing := failFor(call)
				if when == "before" {
					o.portal.before = failing
				} else {
					o.portal.after = failing
				}
				o.pass(24 * time.Hour)
				o.is(id, intake.StatusProvisioning)
				o.is(former, intake.StatusActive)
				o.wantSent()
				o.portal.before, o.portal.after = nil, nil
				o.pass(time.Hour)
				o.is(id, intake.StatusActive)
				o.is(former, intake.StatusReplaced)
				o.granted(id)
				o.wantSent("access radu.stan", "access_altered elena.dobre", "access_removed marin.ionescu", "access_list ion.popescu")
			})
		}
	}
}

func TestCancelledChangeGivesBackWhatStood(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	former, id := o.approvedChange()
	o.portal.before = failFor("member " + elena)
	o.pass(24 * time.Hour)
	for range 40 {
		o.pass(time.Hour)
	}
	o.is(id, intake.StatusStuck)
	o.portal.before = nil
	if _, err := o.desk.Cancel(o.Context(), o.request(id), it, "nu mai trebuie"); err != nil {
		t.Fatal(err)
	}
	o.run()
	o.is(id, intake.StatusWithdrawn)
	o.is(former, intake.StatusActive)
	o.granted(former)
}

func TestChangeOfTheSiteAloneIsToldToTheRequesterOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	former := o.stands(submission())
	s := submission()
	s.LegalBasis = "Protocol nr. 7/2027"
	id := o.sends(s).Request
	o.says(o.mailTo(mayor, "approval"), "Temeiul legal: „Protocol nr. 7/2027” (în prezent: „Protocol nr. 1204/03.02.2026”).")
	o.sent()
	o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob"))
	o.is(id, intake.StatusActive)
	o.is(former, intake.StatusReplaced)
	o.wantSent("approved_it it", "approved ion.popescu", "access_list ion.popescu")
	if got := o.portal.sites["spitalul-judetean"].LegalBasis; got != "Protocol nr. 7/2027" {
		t.Errorf("the site stands on %q", got)
	}
}
