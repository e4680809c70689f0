package intake_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

const viceDirector = "director@primaria.test" // head above the economist, where there is one

// kept is an office with one site, opened on 23 November 2026, that is reviewed
// as the configuration's defaults say.
func kept(t *testing.T) (*office, int64) {
	o := newOffice(t)
	o.desk.Policy.Review = intake.Reviewing{EveryMonths: 12, Remind: 5, Warn: 15, Suspend: 10, BasisDays: 30}
	id := o.approve()
	o.work()
	o.is(id, intake.StatusActive)
	o.sent()
	return o, id
}

// days lets days go by with their chores, each done twice, and lists the mails
// of each on which there were any, by day of the year and month.
func (o *office) days(n int) map[string][]string {
	o.Helper()
	got := map[string][]string{}
	for range n {
		o.clock.pass(24 * time.Hour)
		o.must(o.desk.Daily(o.Context()))
		o.must(o.desk.Daily(o.Context()))
		o.run()
		list := slices.DeleteFunc(o.sent(), func(s string) bool { return strings.HasPrefix(s, "legal_bases ") })
		if len(list) > 0 {
			got[o.clock.Now().In(bucharest()).Format("02.01.2006")] = list
		}
	}
	return got
}

// goTo passes to a day at ten, without doing anything before.
func (o *office) goTo(year int, month time.Month, day int) {
	o.clock.pass(time.Date(year, month, day, 10, 0, 0, 0, bucharest()).Sub(o.clock.Now()))
}

// daily does the chores of today.
func (o *office) daily() {
	o.Helper()
	o.must(o.desk.Daily(o.Context()))
	o.run()
}

func (o *office) wantDays(got, want map[string][]string) {
	o.Helper()
	for day, list := range want {
		slices.Sort(list)
		if !slices.Equal(got[day], list) {
			o.Errorf("on %s: %v, want %v", day, got[day], list)
		}
	}
	for day, list := range got {
		if _, ok := want[day]; !ok {
			o.Errorf("on %s: %v, want nothing", day, list)
		}
	}
}

// members of the site get this letter.
func toMembers(letter string) []string {
	return []string{letter + " marin.ionescu", letter + " elena.dobre", letter + " carmen.vlad", letter + " dan.oprea"}
}

func TestYearlyReviewWithoutAnAnswerSuspendsAccess(t *testing.T) {
	t.Parallel()
	o, id := kept(t)
	o.goTo(2027, 11, 20)
	got := o.days(60)
	o.wantDays(got, map[string][]string{
		"23.11.2027": {"review ion.popescu"},
		"30.11.2027": {"review ion.popescu"}, // the fifth working day (no holidays here)
		"07.12.2027": {"review ion.popescu"},
		"14.12.2027": {"review ion.popescu", "review_others it"},                                    // the warning
		"28.12.2027": append(toMembers("site_suspended"), "review ion.popescu", "review_others it"), // suspended
	})
	if got := o.portal.state["spitalul-judetean"]; got != "suspended" {
		t.Errorf("the site is %q", got)
	}
	o.is(id, intake.StatusActive)
	o.says(o.mailTo(economist, "review"), "suspendat", "marin.ionescu@spital.test", "Accesul revine de îndată")
	o.says(o.mailTo(it, "review_others"), "este suspendat de astăzi", economist)
	o.says(o.mailTo(marin, "site_suspended"), "este suspendat pentru toți utilizatorii", "nu aveți nimic de făcut")
	if n := o.count(`SELECT COUNT(*) FROM notices WHERE kind = 'review'`); n != 5 {
		t.Errorf("%d letters to the head", n)
	}

	// The late yes gives access back at once.
	o.handle(o.answer(economist, o.mailTo(economist, "review"), "Da."))
	o.wantSent(append(toMembers("site_suspended"), "reviewed ion.popescu", "review_others it")...)
	if got := o.portal.state["spitalul-judetean"]; got != "" {
		t.Errorf("the site is %q", got)
	}
	o.says(o.mailTo(marin, "site_suspended"), "Aveți din nou acces")
	o.wantDays(o.days(300), nil)
}

func TestReviewAnsweredInTime(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Da", "DA.", "Confirm", "Aprob."} {
		for _, origin := range []string{"proven", "unproven"} {
			t.Run(text+", "+origin, func(t *testing.T) {
				t.Parallel()
				o, _ := kept(t)
				o.goTo(2027, 11, 23)
				o.daily()
				o.wantReview()
				if origin == "unproven" {
					o.thinks(economist, unproven) // the token proves it
				}
				got := o.handle(o.answer(economist, o.mailTo(economist, "review"), text))
				if got.Fate != intake.FateDecided {
					t.Errorf("the answer is %+v", got)
				}
				o.wantSent("reviewed ion.popescu")
				o.wantDays(o.days(100), nil)
				o.goTo(2028, 11, 23)
				o.daily()
				o.wantReview()
			})
		}
	}
}

// wantReview checks that the economist, and nobody else, is asked.
func (o *office) wantReview() {
	o.Helper()
	list := slices.DeleteFunc(o.sent(), func(s string) bool { return strings.HasPrefix(s, "legal_bases ") })
	if !slices.Equal(list, []string{"review ion.popescu"}) {
		o.Errorf("mails: %v", list)
	}
}

func TestAnswersToAReviewThatAreNoYes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Da, dar Dan Oprea nu mai are nevoie.", "Nu.", "Mă uit mâine.", "Da, mai puțin Elena", "Toți în afară de Dan."} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			o, _ := kept(t)
			o.goTo(2027, 11, 23)
			o.daily()
			o.sent()
			got := o.handle(o.answer(economist, o.mailTo(economist, "review"), text))
			if got.Fate != intake.FateAnswered {
				t.Errorf("the answer is %+v", got)
			}
			o.wantSent("review ion.popescu")
			again := o.mailTo(economist, "review")
			o.says(again, "nu este o confirmare fără rezerve")
			if len(again.Attachments) != 1 || !strings.HasSuffix(again.Attachments[0].Name, ".xlsx") {
				t.Errorf("attachments: %d", len(again.Attachments))
			}
			o.handle(o.answer(economist, again, "Da"))
			o.wantSent("reviewed ion.popescu")
		})
	}
}

func TestReviewIsAnsweredByWhoWasAskedOnly(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, from string
		origin     func(*office)
	}{
		{"another head", engineer, func(*office) {}},
		{"a member", carmen, func(*office) {}},
		{"the mayor", mayor, func(*office) {}},
		{"the head, forged", economist, func(o *office) { o.thinks(economist, refuted) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o, _ := kept(t)
			o.goTo(2027, 11, 23)
			o.daily()
			o.sent()
			test.origin(o)
			got := o.handle(o.answer(test.from, o.mailTo(economist, "review"), "Da"))
			if got.Fate != intake.FateSetAside || o.happened(intake.EventReviewed) != 0 || o.happened(intake.EventRefused) != 1 {
				t.Errorf("the answer is %+v", got)
			}
		})
	}
}

func TestSecondAnswerToAReviewIsToldSo(t *testing.T) {
	t.Parallel()
	o, _ := kept(t)
	o.goTo(2027, 11, 23)
	o.daily()
	review := o.mailTo(economist, "review")
	o.handle(o.answer(economist, review, "Da"))
	o.sent()
	o.handle(o.answer(economist, review, "Da, confirm"))
	o.wantSent("reviewed ion.popescu")
	o.says(o.mailTo(economist, "reviewed"), "nu a schimbat nimic")
}

func TestReviewAfterAYearOfDowntimeWarnsBeforeItSuspends(t *testing.T) {
	t.Parallel()
	o, _ := kept(t)
	o.goTo(2027, 11, 23)
	o.daily()
	o.wantReview()
	o.goTo(2028, 6, 1) // the desk was down for half a year
	o.daily()
	list := slices.DeleteFunc(o.sent(), func(s string) bool { return strings.HasPrefix(s, "legal_bases ") })
	if !slices.Equal(list, []string{"review ion.popescu", "review_others it"}) {
		t.Errorf("mails: %v", list)
	}
	o.says(o.mailTo(economist, "review"), "joi, 15 iunie 2028 suspendăm accesul")
	if got := o.portal.state["spitalul-judetean"]; got != "" {
		t.Errorf("the site is %q", got)
	}
	o.goTo(2028, 1, 1) // the clock was wrong
	o.daily()
	o.wantSent()
	o.goTo(2028, 6, 14)
	o.wantDays(o.days(2), map[string][]string{"15.06.2028": append(toMembers("site_suspended"), "review ion.popescu", "review_others it")})
}

func TestReviewWithoutAHeadGoesToIT(t *testing.T) {
	t.Parallel()
	o, _ := kept(t)
	o.desk.Directory.Departments = o.desk.Directory.Departments[1:]
	o.goTo(2027, 11, 23)
	o.daily()
	o.says(o.mailTo(it, "review"), "nu mai este niciun șef de departament", "Direcția Economică")
	o.sent()
	o.handle(o.answer(it, o.mailTo(it, "review"), "da"))
	o.wantSent("reviewed it")
}

func TestReviewIsForTheNewHeadAndTheOldOneAnswersNoMore(t *testing.T) {
	t.Parallel()
	o, _ := kept(t)
	o.goTo(2027, 11, 23)
	o.daily()
	old := o.mailTo(economist, "review")
	o.desk.Directory.Departments[0].Head = person("Ana Nouă", secretary)
	o.desk.Directory.Departments = append(o.desk.Directory.Departments, department("Direcția Generală", "Dan Sus", viceDirector))
	o.desk.Directory.Departments[0].Parent = "Direcția Generală"
	o.sent()
	if got := o.handle(o.answer(economist, old, "da")); got.Fate != intake.FateSetAside {
		t.Errorf("the answer is %+v", got)
	}
	o.sent()
	o.goTo(2027, 12, 14)
	o.daily()
	// The head above is told with the warning.
	list := slices.DeleteFunc(o.sent(), func(s string) bool { return strings.HasPrefix(s, "legal_bases ") })
	if !slices.Equal(list, []string{"review secretara", "review_others director", "review_others it"}) {
		t.Errorf("mails: %v", list)
	}
	o.handle(o.answer(secretary, o.mailTo(secretary, "review"), "da"))
	o.wantSent("reviewed secretara")
}

func TestPortalThatFailsHoldsUpOnlyTheReview(t *testing.T) {
	t.Parallel()
	o, _ := kept(t)
	o.goTo(2027, 11, 23)
	o.portal.before = failFor("members")
	if err := o.desk.Daily(t.Context()); err == nil {
		t.Error("the failure was not told")
	}
	o.run()
	o.portal.before = nil
	o.sent()
	o.daily()
	o.wantReview()

	o.goTo(2027, 12, 14)
	o.daily()
	o.goTo(2027, 12, 28)
	o.portal.after = failFor("suspend") // it was done, but the answer got lost
	if err := o.desk.Daily(t.Context()); err == nil {
		t.Error("the failure was not told")
	}
	o.portal.after = nil
	o.sent()
	o.daily()
	o.wantSent(append(toMembers("site_suspended"), "review ion.popescu", "review_others it")...)
	o.portal.before = failFor("resume")
	o.receive(o.answer(economist, o.mailTo(economist, "review"), "da"))
	o.run()
	o.portal.before = nil
	o.pass(time.Hour)
	if got := o.portal.state["spitalul-judetean"]; got != "" || o.happened(intake.EventReviewResumed) != 1 {
		t.Errorf("the site is %q", got)
	}
}

func TestReviewIsNeverIfItIsNotWanted(t *testing.T) {
	t.Parallel()
	o, _ := kept(t)
	o.desk.Policy.Review.EveryMonths = 0
	o.goTo(2029, 1, 1)
	o.wantDays(o.days(30), nil)
}

func TestReviewThatWarnsNobodySuspendsNothing(t *testing.T) {
	t.Parallel()
	o, _ := kept(t)
	o.desk.Policy.Review.Warn = 0
	o.goTo(2027, 11, 22)
	got := o.days(200)
	if len(got) != 4 { // the question and three reminders
		t.Errorf("mails by day: %v", got)
	}
}

func TestReviewWhereITSuspendsByHand(t *testing.T) {
	t.Parallel()
	o, p := byHand(t)
	o.desk.Policy.Review = intake.Reviewing{EveryMonths: 12, Remind: 5, Warn: 15, Suspend: 10}
	o.desk.Policy.Waiting.Work = 0
	id := o.ordered()
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "gata "+newSite))
	o.sent()
	o.goTo(2027, 11, 22)
	o.days(23) // up to the warning
	o.goTo(2027, 12, 27)
	o.wantDays(o.days(3), map[string][]string{"28.12.2027": {"work_order it", "work_order radu.stan"}})
	o.says(o.mailTo(it, "work_order"), "Suspendați accesul tuturor", newSite)
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "Gata."))
	o.wantSent("work_done radu.stan")
	o.wantDays(o.days(2), map[string][]string{"31.12.2027": append(toMembers("site_suspended"), "review ion.popescu", "review_others it", "review_others radu.stan")})

	o.handle(o.answer(economist, o.mailTo(economist, "review"), "Da"))
	o.wantSent("reviewed ion.popescu", "work_order it", "work_order radu.stan")
	if members, err := p.Members(t.Context(), "spitalul-judetean"); !errors.Is(err, intake.ErrAwaitsIT) {
		t.Errorf("members: %v, %v", members, err)
	}
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "Gata."))
	o.sent()
	o.wantDays(o.days(2), map[string][]string{"02.01.2028": append(toMembers("site_suspended"), "review_others it", "review_others radu.stan")})
	o.is(id, intake.StatusActive)
}

func TestLegalBasesAreListedToIT(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Review.BasisDays = 30
	for i, basis := range []string{"Protocol valabil până la 20.01.2027", "Protocol nr. 1204/03.02.2026"} {
		s := submission()
		s.Partner += []string{"", " de Urgență"}[i] // another site
		s.LegalBasis, s.InfoTypes = basis, basis
		id, question := o.askedFor(s)
		o.handle(o.answer(mayor, question, "Aprob."))
		o.is(id, intake.StatusActive)
		o.sent()
	}
	until := forms.Date{Year: 2027, Month: time.January, Day: 20}
	if got := o.request(1).Plan.Site.Until; got != until {
		t.Errorf("the plan says that the basis ends on %v", got)
	}
	o.says(o.mailTo(mayor, "approval"), "Protocol nr. 1204/03.02.2026")
	o.says(o.mailTo(marin, "access"), "Spitalul Județean")
	got := map[string]string{}
	for range 100 {
		o.clock.pass(24 * time.Hour)
		o.must(o.desk.Daily(t.Context()))
		o.must(o.desk.Daily(t.Context()))
		o.run()
		for range o.sent() {
			got[o.clock.Now().In(bucharest()).Format("02.01.2006")] += o.mailTo(it, "legal_bases").Subject
		}
	}
	const monthly, new = "Temeiuri legale ale site-urilor, lista lunii", "Temeiuri legale care se încheie"
	want := map[string]string{"24.11.2026": monthly, "01.12.2026": monthly, "21.12.2026": new, "01.01.2027": monthly, "20.01.2027": new,
		"21.01.2027": "", "01.02.2027": monthly, "01.03.2027": monthly}
	for day, subject := range want {
		if got[day] != subject {
			t.Errorf("on %s: %q, want %q", day, got[day], subject)
		}
	}
	for day := range got {
		if want[day] == "" {
			t.Errorf("on %s: %q", day, got[day])
		}
	}
	o.says(o.mailTo(it, "legal_bases"), "S-a încheiat", "miercuri, 20 ianuarie 2027", "Fără o dată de încheiere", "Protocol nr. 1204/03.02.2026")
}

func TestChangedFormAnswersAReview(t *testing.T) {
	t.Parallel()
	for _, suspended := range []bool{false, true} {
		name := "in time"
		if suspended {
			name = "after the suspension"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, _ := kept(t)
			o.goTo(2027, 11, 23)
			o.daily()
			day := forms.Date{Year: 2027, Month: time.November, Day: 23}
			if suspended {
				o.goTo(2027, 12, 14)
				o.daily()
				o.goTo(2027, 12, 28)
				o.daily()
				day = forms.Date{Year: 2027, Month: time.December, Day: 28}
			}
			s := changed()
			s.ActivationDate = day
			review := o.mailTo(economist, "review")
			o.sent()
			got := o.handle(o.write(letter{from: economist, answers: review, text: "Am corectat lista.", files: []file{annex(o, s)}}))
			o.is(got.Request, intake.StatusAwaitingApproval)
			if n := o.happened(intake.EventReviewed); n != 1 {
				t.Errorf("%d events", n)
			}
			if got := o.portal.state["spitalul-judetean"]; (got == "suspended") != suspended {
				t.Errorf("before the approval the site is %q", got)
			}
			o.sent()
			o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob."))
			o.is(got.Request, intake.StatusActive)
			if got := o.portal.state["spitalul-judetean"]; got != "" {
				t.Errorf("after the approval the site is %q", got)
			}
			o.sent()
			o.wantDays(o.days(200), nil)
			o.goTo(2028, 12, 28)
			o.daily()
			o.wantReview()
		})
	}
}

func TestFormThatChangesNothingConfirmsTheReview(t *testing.T) {
	t.Parallel()
	o, _ := kept(t)
	o.goTo(2027, 11, 23)
	o.daily()
	s := submission()
	s.ActivationDate = forms.Date{Year: 2027, Month: time.November, Day: 23}
	review := o.mailTo(economist, "review")
	o.sent()
	o.handle(o.write(letter{from: economist, answers: review, text: "Lista este bună.", files: []file{annex(o, s)}}))
	o.wantSent("reviewed ion.popescu", "nothing_changes ion.popescu")
	if rv := o.happened(intake.EventReviewed); rv != 1 {
		t.Errorf("%d events", rv)
	}
}
