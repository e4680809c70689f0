package intake_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/intake"
	"registratura/intake/portal/manual"
)

const (
	it2     = "radu.stan@primaria.test"
	newSite = "https://extranet.primaria.test/spital"
)

// byHand is an office whose portal is two people of IT.
func byHand(t *testing.T) (*office, *manual.Portal) {
	o := newOffice(t)
	p, err := manual.Open(t.Context(), filepath.Join(t.TempDir(), "manual.db"))
	o.must(err)
	t.Cleanup(func() { p.Close() })
	o.desk.Portal = p
	o.desk.Directory.IT = append(o.desk.Directory.IT, person("Radu Stan", it2))
	o.desk.Policy.Waiting.Work = 2
	return o, p
}

// ordered has a form approved for today, up to the work order.
func (o *office) ordered() (id int64) {
	o.Helper()
	id, question := o.askedByHand()
	o.handle(o.answer(mayor, question, "Aprob."))
	o.is(id, intake.StatusProvisioning)
	o.wantSent("approved_it it", "approved_it radu.stan", "approved ion.popescu", "work_order it", "work_order radu.stan")
	return id
}

func (o *office) askedByHand() (int64, *intake.Message) {
	o.Helper()
	id, question := o.asked()
	if strings.Contains(question.Text, "la adresa") {
		o.Errorf("the question names an address that nobody knows yet:\n%s", question.Text)
	}
	return id, question
}

func TestWorkOrderIsCarriedOut(t *testing.T) {
	t.Parallel()
	o, p := byHand(t)
	id := o.ordered()
	o.says(o.mailTo(it, "approved_it"), "vă trimitem o comandă de lucru")
	order := o.mailTo(it, "work_order")
	o.says(order, "Spitalul Județean", "marin.ionescu@spital.test", "doar citire", "carmen.vlad@primaria.test", "citire, scriere și ștergere", "gata https://")

	got := o.handle(o.answer(it, order, "Gata "+newSite+"\n\nS-au trimis datele de acces."))
	if got.Fate != intake.FateDecided || got.Request != id {
		t.Errorf("the answer is %+v", got)
	}
	o.is(id, intake.StatusActive)
	o.wantSent(append(slices.Clone(informed), "work_done radu.stan")...)
	o.says(o.mailTo(it2, "work_done"), it, newSite)
	o.says(o.mailTo(marin, "access"), newSite, "datele de acces pe care vi le dă Serviciul TIC")
	o.says(o.mailTo(economist, "access_list"), newSite)
	members, err := p.Members(t.Context(), "spitalul-judetean")
	if err != nil || len(intake.Compare(o.request(id).Plan.Members, members)) > 0 {
		t.Errorf("the portal has %v, %v", members, err)
	}
	if n := o.happened(intake.EventProvFailed); n != 0 {
		t.Errorf("waiting for IT counts as %d failures", n)
	}

	o.handle(o.answer(it2, o.mailTo(it2, "work_order"), "Gata https://altundeva.primaria.test"))
	o.wantSent("work_closed radu.stan")
	o.says(o.mailTo(it2, "work_closed"), "a fost deja confirmată de it@primaria.test")
	if got := p.SiteURL("spitalul-judetean"); got != newSite {
		t.Errorf("the address is %s now", got)
	}
}

func TestAnswersToAWorkOrderThatAreAskedBack(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, says string }{
		{"no address", "Gata.", "nu este adresa site-ului nou"},
		{"an address without its beginning", "gata extranet.primaria.test/spital", "nu este adresa site-ului nou"},
		{"an address with a password", "gata https://it:parola@extranet.primaria.test/spital", "nu este adresa site-ului nou"},
		{"two addresses", "gata https://a.primaria.test sau https://b.primaria.test", "sunt mai multe adrese"},
		{"a reserve", "Gata " + newSite + ", dar contul lui Dan nu l-am putut face.", "dar și altceva"},
		{"a question", "Gata " + newSite + " așa e bine?", "dar și altceva"},
		{"neither", "Mă ocup mâine.", "Nu am înțeles din răspunsul dumneavoastră"},
		{"a bare yes", "Da.", "Nu am înțeles din răspunsul dumneavoastră"},
		{"an approval", "Aprob.", "Nu am înțeles din răspunsul dumneavoastră"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o, p := byHand(t)
			id := o.ordered()
			got := o.handle(o.answer(it, o.mailTo(it, "work_order"), test.text))
			if got.Fate != intake.FateAnswered {
				t.Errorf("the answer is %+v", got)
			}
			o.is(id, intake.StatusProvisioning)
			o.wantSent("work_order it")
			again := o.mailTo(it, "work_order")
			o.says(again, test.says)
			if got := p.SiteURL("spitalul-judetean"); got != "" {
				t.Errorf("the address is %q", got)
			}
			// The question that was put again can be answered as well.
			o.handle(o.answer(it, again, "gata: "+newSite))
			o.is(id, intake.StatusActive)
		})
	}
}

func TestWorkThatCannotBeDoneIsStuckWithITsWords(t *testing.T) {
	t.Parallel()
	o, _ := byHand(t)
	id := o.ordered()
	order := o.mailTo(it2, "work_order")
	o.handle(o.answer(it2, order, "Nu se poate: nu mai avem licențe până luni."))
	o.is(id, intake.StatusStuck)
	o.wantSent("stuck it", "stuck radu.stan")
	o.says(o.mailTo(it, "stuck"), "Radu Stan", "nu mai avem licențe până luni")

	o.handle(o.answer(it2, order, "Gata "+newSite))
	o.is(id, intake.StatusStuck)
	o.wantSent("work_closed radu.stan")

	o.must(o.desk.Retry(t.Context(), o.request(id), "IT"))
	o.run()
	o.is(id, intake.StatusProvisioning)
	o.wantSent("work_order it", "work_order radu.stan")
	o.handle(o.answer(it2, order, "Gata "+newSite))
	o.wantSent("work_closed radu.stan")
	o.says(o.mailTo(it2, "work_closed"), "v-am trimis una nouă")
	o.handle(o.answer(it2, o.mailTo(it2, "work_order"), "Am făcut "+newSite))
	o.is(id, intake.StatusActive)
}

func TestWhoMayAnswerAWorkOrder(t *testing.T) {
	t.Parallel()
	t.Run("a colleague in IT, proven, may", func(t *testing.T) {
		t.Parallel()
		o, _ := byHand(t)
		id := o.ordered()
		o.handle(o.answer(it2, o.mailTo(it, "work_order"), "gata "+newSite))
		o.is(id, intake.StatusActive)
	})
	for _, test := range []struct {
		name, from string
		origin     func(o *office)
	}{
		{"a colleague in IT, unproven", it2, func(o *office) { o.thinks(it2, unproven) }},
		{"the requester", economist, func(*office) {}},
		{"a stranger", stranger, func(*office) {}},
		{"an approver", mayor, func(*office) {}},
		{"who was asked, forged", it, func(o *office) { o.thinks(it, refuted) }},
	} {
		t.Run(test.name+", may not", func(t *testing.T) {
			t.Parallel()
			o, p := byHand(t)
			id := o.ordered()
			test.origin(o)
			got := o.handle(o.answer(test.from, o.mailTo(it, "work_order"), "gata https://rau.test/"))
			if got.Fate != intake.FateSetAside {
				t.Errorf("the answer is %+v", got)
			}
			o.is(id, intake.StatusProvisioning)
			o.wantSent("set_aside it", "set_aside radu.stan")
			if o.happened(intake.EventRefused) != 1 || p.SiteURL("spitalul-judetean") != "" {
				t.Error("it was taken, or not recorded")
			}
		})
	}
}

func TestUnprovenAnswerToAWorkOrderIsConfirmed(t *testing.T) {
	t.Parallel()
	o, _ := byHand(t)
	id := o.ordered()
	o.thinks(it, unproven)
	order := o.mailTo(it, "work_order")
	o.handle(o.answer(it, order, "gata "+newSite))
	o.wantSent("confirm_work it")
	o.is(id, intake.StatusProvisioning)
	confirm := o.mailTo(it, "confirm_work")
	o.says(confirm, newSite)
	o.handle(o.answer(it, order, "gata "+newSite)) // impatient
	o.wantSent()

	// The confirmation must not say something else.
	o.handle(o.answer(it, confirm, "gata https://rau.test/"))
	o.is(id, intake.StatusProvisioning)
	o.wantSent("work_order it")
	o.handle(o.answer(it, confirm, "Nu se poate"))
	o.is(id, intake.StatusProvisioning)
	o.wantSent("work_order it")

	o.handle(o.answer(it, confirm, "CONFIRM"))
	o.is(id, intake.StatusActive)
	o.says(o.mailTo(marin, "access"), newSite)
}

func TestUnprovenFailureIsConfirmed(t *testing.T) {
	t.Parallel()
	o, _ := byHand(t)
	id := o.ordered()
	o.thinks(it, unproven)
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "nu s-a putut: serverul este oprit"))
	confirm := o.mailTo(it, "confirm_work")
	o.says(confirm, "serverul este oprit")
	o.is(id, intake.StatusProvisioning)
	o.handle(o.answer(it, confirm, "Confirm."))
	o.is(id, intake.StatusStuck)
	o.says(o.mailTo(it2, "stuck"), "serverul este oprit")
}

func TestITIsRemindedOfAWorkOrder(t *testing.T) {
	t.Parallel()
	o, _ := byHand(t)
	id := o.ordered() // on a Monday
	days := func(from, to int) map[int][]string {
		got := map[int][]string{}
		for day := from; day <= to; day++ {
			o.clock.pass(24 * time.Hour)
			o.must(o.desk.Daily(t.Context()))
			o.must(o.desk.Daily(t.Context()))
			o.run()
			if sent := o.sent(); len(sent) > 0 {
				got[day] = sent
			}
		}
		return got
	}
	both := []string{"work_order it", "work_order radu.stan"}
	if got := days(1, 6); !equalDays(got, map[int][]string{2: both, 4: both}) {
		t.Errorf("mails by day: %v", got)
	}
	reminder := o.mailTo(it, "work_order")
	o.says(reminder, "Vă amintim", "luni, 23 noiembrie 2026")
	o.clock.pass(14 * 24 * time.Hour) // the desk was down
	o.must(o.desk.Daily(t.Context()))
	o.run()
	o.wantSent(both...)
	o.handle(o.answer(it, reminder, "gata "+newSite))
	o.is(id, intake.StatusActive)
	o.sent()
	if got := days(1, 10); len(got) > 0 {
		t.Errorf("mails after the answer, by day: %v", got)
	}
}

func TestWorkOrderAnsweredTooLateIsPutAgain(t *testing.T) {
	t.Parallel()
	o, _ := byHand(t)
	o.desk.Policy.TokenLife = 24 * time.Hour
	id := o.ordered()
	o.clock.pass(25 * time.Hour)
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "gata "+newSite))
	o.is(id, intake.StatusProvisioning)
	o.wantSent("work_order it")
	o.says(o.mailTo(it, "work_order"), "era prea veche")
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "gata "+newSite))
	o.is(id, intake.StatusActive)
}

func TestWorkOrderWithoutItsMarkIsPutAgain(t *testing.T) {
	t.Parallel()
	o, _ := byHand(t)
	id := o.ordered()
	order := o.mailTo(it, "work_order")
	o.handle(o.write(letter{from: it, subject: order.Subject, text: "gata " + newSite}))
	o.is(id, intake.StatusProvisioning)
	o.wantSent("work_order it")
	o.says(o.mailTo(it, "work_order"), "nu ca răspuns la comanda noastră")
	o.handle(o.write(letter{from: economist, subject: order.Subject, text: "gata " + newSite}))
	o.is(id, intake.StatusProvisioning)
}

func TestConfirmationIsForTheWorkThatWasShown(t *testing.T) {
	t.Parallel()
	o, p := byHand(t)
	id := o.ordered()
	plan := o.request(id).Plan
	more := intake.Member{Name: "Om Nou", Address: "om.nou@primaria.test", Side: intake.InternalSide, Rights: plan.Members[0].Rights}
	o.must(p.EnsureMember(t.Context(), plan.Site.ID, more))
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "gata "+newSite))
	o.is(id, intake.StatusProvisioning)
	o.wantSent("work_order it")
	o.says(o.mailTo(it, "work_order"), "s-a schimbat ce este de făcut", "om.nou@primaria.test")
	// What IT confirms is compared with what was approved, too.
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "gata "+newSite))
	o.is(id, intake.StatusStuck)
	o.says(o.mailTo(it, "stuck"), "om.nou@primaria.test", "nu trebuia să aibă acces")
}

func TestConfirmationSurvivesACrash(t *testing.T) {
	t.Parallel()
	o, p := byHand(t)
	id := o.ordered()
	work, err := p.Work(t.Context(), "spitalul-judetean")
	o.must(err)
	hash, err := work.Hash()
	o.must(err)
	// The portal has committed, the desk has not: the mail is handled again.
	o.must(p.Confirm(t.Context(), "spitalul-judetean", hash, newSite))
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "gata "+newSite))
	o.is(id, intake.StatusActive)
	o.says(o.mailTo(marin, "access"), newSite)
}

func TestPortalThatNeedsNoPeopleAnyMore(t *testing.T) {
	t.Parallel()
	o, _ := byHand(t)
	id := o.ordered()
	o.desk.Portal = o.portal // the configuration was changed meanwhile
	got := o.handle(o.answer(it, o.mailTo(it, "work_order"), "gata "+newSite))
	if got.Fate != intake.FateSetAside {
		t.Errorf("the answer is %+v", got)
	}
	o.is(id, intake.StatusProvisioning)
}

func TestCancelledRequestIsTakenBackByHand(t *testing.T) {
	t.Parallel()
	o, p := byHand(t)
	id := o.ordered()
	plan := o.request(id).Plan
	more := intake.Member{Name: "Om Nou", Address: "om.nou@primaria.test", Side: intake.InternalSide, Rights: plan.Members[0].Rights}
	o.must(p.EnsureMember(t.Context(), plan.Site.ID, more)) // nobody approved this
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "gata "+newSite))
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "gata "+newSite))
	o.is(id, intake.StatusStuck)
	o.sent()

	_, err := o.desk.Cancel(t.Context(), o.request(id), "IT", "greșeală")
	o.must(err)
	o.run()
	o.is(id, intake.StatusWithdrawn)
	o.wantSent("work_order it", "work_order radu.stan")
	order := o.mailTo(it, "work_order")
	o.says(order, "Încheiați accesul tuturor")
	o.handle(o.answer(it, order, "Nu se poate, serverul este oprit."))
	o.wantSent("work_order it")
	o.says(o.mailTo(it, "work_order"), "rămâne deschisă")
	o.handle(o.answer(it2, o.mailTo(it2, "work_order"), "Gata."))
	o.wantSent("work_done it", "cancelled ion.popescu", "cancelled primar", "cancelled it", "cancelled radu.stan")
	members, err := p.Members(t.Context(), plan.Site.ID)
	if err != nil || len(members) > 0 {
		t.Errorf("members: %v, %v", members, err)
	}
	o.handle(o.answer(it, order, "Gata."))
	o.wantSent("work_closed it")
}

func TestCancelledRequestThatNobodyCarriedOutNeedsNoWork(t *testing.T) {
	t.Parallel()
	o, _ := byHand(t)
	id := o.ordered()
	order := o.mailTo(it, "work_order")
	o.handle(o.answer(it, order, "Nu se poate: lipsesc licențele."))
	o.is(id, intake.StatusStuck)
	_, err := o.desk.Cancel(t.Context(), o.request(id), "IT", "nu mai e nevoie")
	o.must(err)
	o.sent()
	o.run()
	o.wantSent("cancelled ion.popescu", "cancelled primar", "cancelled it", "cancelled radu.stan")
	o.handle(o.answer(it2, o.mailTo(it2, "work_order"), "gata "+newSite))
	o.wantSent("work_closed radu.stan")
	o.says(o.mailTo(it2, "work_closed"), "nu mai este deschisă", "retrasă")
}

func TestNewLinkIsNotForAPortalByHand(t *testing.T) {
	t.Parallel()
	o, _ := byHand(t)
	o.handle(o.answer(it, o.mailTo(it, func() string { o.ordered(); return "work_order" }()), "gata "+newSite))
	if err := o.desk.SendLink(t.Context(), marin); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("SendLink: %v", err)
	}
}
