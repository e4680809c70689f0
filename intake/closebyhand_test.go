package intake_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/intake"
	"registratura/intake/portal/manual"
)

const (
	siteOfHand = "spitalul-judetean"
	savedWords = "Gata, fișierele sunt pe https://arhiva.primaria.test/spital"
)

// askedToCloseByHand has a site made by people, and its closing confirmed: the
// order to end access and to save the files is out.
func askedToCloseByHand(t *testing.T) (o *office, p *manual.Portal, site, id int64) {
	t.Helper()
	o, p = byHand(t)
	site = o.ordered()
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "gata "+newSite))
	o.sent()
	id = o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeForm(o)}})).Request
	question := o.mailTo(economist, "closing_question")
	o.says(question, "Serviciul TIC salvează toate fișierele în „Arhiva electronică”")
	o.sent()
	o.handle(o.answer(economist, question, "CONFIRM"))
	o.is(id, intake.StatusProvisioning)
	o.wantSent("work_order it", "work_order radu.stan")
	return o, p, site, id
}

var toldByHand = append(slices.Clone(told), "closing_saved radu.stan", "work_done radu.stan")

// closedByHand has the files saved too; the site is in its grace period.
func closedByHand(t *testing.T) (o *office, p *manual.Portal, site, id int64) {
	t.Helper()
	o, p, site, id = askedToCloseByHand(t)
	o.handle(o.answer(it, o.mailTo(it, "work_order"), savedWords))
	o.is(id, intake.StatusClosing)
	o.is(site, intake.StatusClosing)
	o.wantSent(toldByHand...)
	return o, p, site, id
}

func TestClosingByHandFromTheFormToTheDeletion(t *testing.T) {
	t.Parallel()
	o, p, site, id := askedToCloseByHand(t)
	order := o.mailTo(it, "work_order")
	o.says(order, "Încheiați accesul tuturor", "apoi salvați toate fișierele", "Arhiva electronică", "în arhiva electronică a primăriei", newSite)
	o.handle(o.answer(it, order, savedWords))
	o.is(id, intake.StatusClosing)
	o.is(site, intake.StatusClosing)
	o.wantSent(toldByHand...)
	if members, err := p.Members(t.Context(), siteOfHand); err != nil || len(members) > 0 {
		t.Errorf("members: %v, %v", members, err)
	}
	if url := p.SiteURL(siteOfHand); url != newSite {
		t.Errorf("the address of the files became the site's: %s", url)
	}
	c := o.closing(id)
	if c.Export != nil || c.ByHand == nil || c.ByHand.By.Address != it || c.ByHand.Said != savedWords {
		t.Errorf("the closing is %+v", c)
	}
	saved := o.mailTo(economist, "closing_saved")
	o.says(saved, it, "„Gata, fișierele sunt pe ", "registratura nu le-a verificat", "23 decembrie 2026")
	if strings.Contains(saved.Text, "SHA-256") || strings.Contains(saved.Text, "salvate și verificate") {
		t.Errorf("it claims what was not verified:\n%s", saved.Text)
	}
	o.handle(o.answer(it, order, savedWords)) // sent twice
	o.wantSent("work_closed it")

	o.spend(30)
	o.wantSent()
	o.spend(1)
	o.wantSent("work_order it", "work_order radu.stan")
	o.is(id, intake.StatusClosing)
	first := o.mailTo(it, "work_order")
	o.says(first, "ștergeți definitiv acest site")
	o.must(o.desk.Daily(t.Context()))
	o.wantSent() // ordered once
	if err := o.desk.Undo(t.Context(), o.request(id), "IT"); !errors.Is(err, intake.ErrDeleting) {
		t.Errorf("undone while IT may be deleting: %v", err)
	}
	o.handle(o.answer(it, first, "Nu se poate: serverul este oprit."))
	o.is(id, intake.StatusClosing)
	o.wantSent("work_order it")
	again := o.mailTo(it, "work_order")
	o.says(again, "serverul este oprit", "rămâne de făcut")
	o.spend(5)
	if !slices.Contains(o.sent(), "work_order radu.stan") {
		t.Error("nobody is reminded of the deletion")
	}
	o.is(id, intake.StatusClosing)
	o.handle(o.answer(it2, o.mailTo(it2, "work_order"), "Gata."))
	o.is(id, intake.StatusClosed)
	o.is(site, intake.StatusClosed)
	o.wantSent("closing_done ion.popescu", "closing_done it", "closing_done radu.stan", "work_done it")
	o.says(o.mailTo(economist, "closing_done"), "cum a confirmat Serviciul TIC", "„Gata, fișierele sunt pe ")
	o.handle(o.answer(it, again, "Gata."))
	o.wantSent("work_closed it")
	o.spend(30)
	o.wantSent()
}

func TestClosingByHandThatITCannotDo(t *testing.T) {
	t.Parallel()
	o, _, _, id := askedToCloseByHand(t)
	o.handle(o.answer(it2, o.mailTo(it2, "work_order"), "Nu se poate: discul arhivei e plin."))
	o.is(id, intake.StatusStuck)
	o.wantSent("closing_stuck it", "closing_stuck radu.stan")
	o.says(o.mailTo(it, "closing_stuck"), "Radu Stan", "discul arhivei e plin", "requests retry")
	o.must(o.desk.Retry(t.Context(), o.request(id), "IT"))
	o.run()
	o.is(id, intake.StatusProvisioning)
	o.wantSent("work_order it", "work_order radu.stan")
	order := o.mailTo(it, "work_order")
	o.handle(o.answer(it, order, "Gata, dar lipsesc două dosare."))
	o.is(id, intake.StatusProvisioning)
	o.wantSent("work_order it")
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "Gata."))
	o.is(id, intake.StatusClosing)
	o.wantSent(toldByHand...)
}

func TestClosingByHandThatITCannotDoIsUndoneWithoutWork(t *testing.T) {
	t.Parallel()
	o, p, site, id := askedToCloseByHand(t)
	o.handle(o.answer(it, o.mailTo(it, "work_order"), "Nu se poate: discul e plin."))
	o.sent()
	o.must(o.desk.Undo(t.Context(), o.request(id), "IT"))
	o.run()
	o.is(id, intake.StatusWithdrawn)
	o.is(site, intake.StatusActive)
	o.wantSent("closing_undone ion.popescu", "closing_undone it", "closing_undone radu.stan")
	if members, err := p.Members(t.Context(), siteOfHand); err != nil || len(members) != 4 {
		t.Errorf("members: %v, %v", members, err)
	}
}

func TestClosingByHandIsUndoneByHand(t *testing.T) {
	t.Parallel()
	o, p, site, id := closedByHand(t)
	o.spend(10)
	o.must(o.desk.Undo(t.Context(), o.request(id), "IT (mirela)"))
	o.must(o.desk.Undo(t.Context(), o.request(id), "IT (mirela)")) // twice
	o.run()
	o.is(id, intake.StatusClosing)
	o.wantSent("work_order it", "work_order radu.stan")
	order := o.mailTo(it, "work_order")
	o.says(order, "Dați înapoi accesul")
	o.handle(o.answer(it, order, "Nu se poate: serverul este oprit."))
	o.wantSent("work_order it")
	o.is(id, intake.StatusClosing)
	o.spend(40) // long after the grace period
	if got := o.sent(); slices.ContainsFunc(got, func(s string) bool { return !strings.HasPrefix(s, "work_order ") }) {
		t.Errorf("sent %v", got)
	}
	last := o.mailTo(it2, "work_order")
	o.says(last, "Dați înapoi accesul")
	o.handle(o.answer(it2, last, "Gata."))
	o.is(id, intake.StatusWithdrawn)
	o.is(site, intake.StatusActive)
	o.wantSent("access_resumed carmen.vlad", "access_resumed dan.oprea", "access_resumed elena.dobre", "access_resumed marin.ionescu",
		"closing_undone ion.popescu", "closing_undone it", "closing_undone radu.stan", "work_done it")
	if members, err := p.Members(t.Context(), siteOfHand); err != nil || len(members) != 4 {
		t.Errorf("members: %v, %v", members, err)
	}
	o.spend(10)
	o.wantSent()
}

func TestUnprovenWordThatFilesAreSavedIsRepeated(t *testing.T) {
	t.Parallel()
	o, _, _, id := askedToCloseByHand(t)
	o.thinks(it, unproven)
	o.handle(o.answer(it, o.mailTo(it, "work_order"), savedWords))
	o.is(id, intake.StatusProvisioning)
	o.wantSent("confirm_work it")
	question := o.mailTo(it, "confirm_work")
	o.says(question, "„Gata, fișierele sunt pe ")
	o.handle(o.answer(it, question, "CONFIRM"))
	o.is(id, intake.StatusClosing)
	if c := o.closing(id); c.ByHand == nil || c.ByHand.Said != savedWords {
		t.Errorf("the closing is %+v", c)
	}
}

// The portal has committed, the desk has not: the mail is handled again.
func TestWordsAboutAClosingByHandSurviveACrash(t *testing.T) {
	t.Parallel()
	o, p, _, id := askedToCloseByHand(t)
	crashed := func() {
		t.Helper()
		work, err := p.Work(t.Context(), siteOfHand)
		o.must(err)
		hash, err := work.Hash()
		o.must(err)
		o.must(p.Confirm(t.Context(), siteOfHand, hash, ""))
	}
	order := o.mailTo(it, "work_order")
	crashed()
	o.run()
	o.is(id, intake.StatusProvisioning)
	o.handle(o.answer(it, order, savedWords))
	o.is(id, intake.StatusClosing)
	o.wantSent(toldByHand...)
	o.spend(31)
	o.wantSent("work_order it", "work_order radu.stan")
	order = o.mailTo(it, "work_order")
	crashed()
	o.handle(o.answer(it, order, "Gata."))
	o.is(id, intake.StatusClosed)
	o.wantSent("closing_done ion.popescu", "closing_done it", "closing_done radu.stan", "work_done radu.stan")
}

// A deletion that IT confirmed to the portal only is ended by the daily chores.
func TestDeletionByHandIsEndedByTheChoresToo(t *testing.T) {
	t.Parallel()
	o, p, _, id := closedByHand(t)
	o.spend(31)
	work, err := p.Work(t.Context(), siteOfHand)
	o.must(err)
	hash, err := work.Hash()
	o.must(err)
	o.must(p.Confirm(t.Context(), siteOfHand, hash, ""))
	o.sent()
	o.clock.pass(24 * time.Hour)
	o.must(o.desk.Daily(t.Context()))
	o.is(id, intake.StatusClosed)
}
