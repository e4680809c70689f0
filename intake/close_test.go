package intake_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

const hospitalSite = "spitalul-judetean"

// standing has a site opened, with files in it, and returns its request.
func (o *office) standing() (id int64) {
	o.Helper()
	id, question := o.asked()
	o.handle(o.answer(mayor, question, "Aprob."))
	o.is(id, intake.StatusActive)
	o.portal.files[hospitalSite] = []string{"buget.xlsx", "dosare/ianuarie și februarie.pdf"}
	o.sent()
	return id
}

func closing() forms.Submission {
	return forms.Submission{
		Requester: "Ion Popescu", Department: "Direcția Economică", Site: "Spitalul Județean",
		Reason: "Protocolul a încetat", ArchiveTo: "în arhiva electronică a primăriei",
	}
}

func closeFormOf(o *office, s forms.Submission) file {
	o.Helper()
	return file{"Inchidere.xlsx", fill(o, forms.Close, s)}
}

// closeForm asks for the closing of the hospital's site.
func closeForm(o *office) file {
	o.Helper()
	return closeFormOf(o, closing())
}

// askedToClose has a site, and its closing asked for.
func (o *office) askedToClose() (site, id int64, question *intake.Message) {
	o.Helper()
	site = o.standing()
	got := o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeForm(o)}}))
	o.is(got.Request, intake.StatusAwaitingApproval)
	o.wantSent("closing_question ion.popescu")
	return site, got.Request, o.mailTo(economist, "closing_question")
}

// closed has a site closed; it is in its grace period.
func (o *office) closed() (site, id int64) {
	o.Helper()
	site, id, question := o.askedToClose()
	o.handle(o.answer(economist, question, "CONFIRM"))
	o.is(id, intake.StatusClosing)
	o.is(site, intake.StatusClosing)
	return site, id
}

var told = []string{"access_ended carmen.vlad", "access_ended dan.oprea", "access_ended elena.dobre", "access_ended marin.ionescu",
	"closing_saved ion.popescu", "closing_saved it"}

func (o *office) closing(id int64) (c intake.Closing) {
	o.Helper()
	o.must(o.store.Transact(o.Context(), func(tx intake.Tx) (err error) {
		c, err = tx.Closing(id)
		return err
	}))
	return c
}

// spend lets days go by, with the chores of each.
func (o *office) spend(n int) {
	o.Helper()
	for range n {
		o.pass(24 * time.Hour)
		o.must(o.desk.Daily(o.Context()))
		o.work()
	}
}

func TestClosingFromTheFormToTheDeletion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	site, id, question := o.askedToClose()
	o.says(question, "Spitalul Județean", "2 fișiere", "4 persoane", "Arhiva electronică", "după 30 de zile", "Protocolul a încetat", marin)
	if len(o.portal.state) != 0 {
		t.Errorf("before the confirmation the portal is %v", o.portal.state)
	}
	o.handle(o.answer(economist, question, "Confirm. Mulțumesc."))
	o.is(id, intake.StatusClosing)
	o.is(site, intake.StatusClosing)
	o.wantSent(told...)
	if o.portal.state[hospitalSite] != "closed" {
		t.Errorf("the portal is %v", o.portal.state)
	}
	d := o.request(id).Decision
	if d == nil || d.Verdict != intake.Approve || d.Approver.Address != economist || d.Title != "Șef de compartiment" || !strings.Contains(d.Evidence, "Confirm") {
		t.Errorf("the decision is %+v", d)
	}
	c := o.closing(id)
	if c.Export == nil || c.Export.Files != 2 || filepath.Base(c.Export.Folder) != "spitalul-judetean-nr-2-2026" ||
		filepath.Base(filepath.Dir(c.Export.Folder)) != "arhiva" || c.KeepUntil != (forms.Date{Year: 2026, Month: time.December, Day: 23}) {
		t.Fatalf("the closing is %+v, its export %+v", c, c.Export)
	}
	o.must(o.desk.Archive.Verify(t.Context(), *c.Export))
	o.says(o.mailTo(economist, "closing_saved"), c.Export.ManifestSHA256, "23 decembrie 2026", "spitalul-judetean-nr-2-2026")
	o.says(o.mailTo(it, "closing_saved"), "requests undo 2/23.11.2026", c.Export.KeySHA256)
	o.says(o.mailTo(marin, "access_ended"), economist, "Spitalul Județean")

	o.spend(30)
	o.is(id, intake.StatusClosing)
	o.wantSent()
	o.spend(1)
	o.is(id, intake.StatusClosed)
	o.is(site, intake.StatusClosed)
	o.wantSent("closing_done ion.popescu", "closing_done it")
	if len(o.portal.sites) != 0 {
		t.Errorf("the portal has %v", o.portal.sites)
	}
	o.must(o.desk.Archive.Verify(t.Context(), *c.Export))
	o.spend(40)
	o.wantSent()
}

func TestWordsThatConfirmAClosing(t *testing.T) {
	for text, want := range map[string]intake.Status{
		"CONFIRM": intake.StatusClosing, "Aprob": intake.StatusClosing, "Sunt de acord.\n\nIon Popescu": intake.StatusClosing,
		"Da, confirm.": intake.StatusClosing, "Confirm închiderea site-ului. Mulțumesc": intake.StatusClosing,
		"NU": intake.StatusRejected, "Resping": intake.StatusRejected, "Nu sunt de acord, mai avem nevoie de el": intake.StatusRejected,
		"Nu e a mea": intake.StatusRejected,
		"da":         intake.StatusAwaitingApproval, "Confirm?": intake.StatusAwaitingApproval, "Confirm, dar după 1 ianuarie": intake.StatusAwaitingApproval,
		"Aprob, dar fără ștergere": intake.StatusAwaitingApproval, " ": intake.StatusAwaitingApproval, "retrag": intake.StatusWithdrawn,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			site, id, question := o.askedToClose()
			o.handle(o.answer(economist, question, text))
			o.is(id, want)
			sent := o.sent()
			switch want {
			case intake.StatusAwaitingApproval:
				if !slices.Equal(sent, []string{"closing_question ion.popescu"}) {
					t.Errorf("sent %v", sent)
				}
				o.is(site, intake.StatusActive)
				o.handle(o.answer(economist, o.mailTo(economist, "closing_question"), "CONFIRM"))
				o.is(id, intake.StatusClosing)
			case intake.StatusRejected:
				if !slices.Equal(sent, []string{"closing_dropped ion.popescu"}) {
					t.Errorf("sent %v", sent)
				}
				o.is(site, intake.StatusActive)
			case intake.StatusWithdrawn:
				if !slices.Equal(sent, []string{"withdrawn ion.popescu"}) {
					t.Errorf("sent %v", sent)
				}
				o.is(site, intake.StatusActive)
				o.handle(o.answer(economist, question, "CONFIRM"))
				o.wantSent("question_closed ion.popescu")
				o.is(id, intake.StatusWithdrawn)
			}
		})
	}
}

func TestWhoMayConfirmAClosing(t *testing.T) {
	tests := []struct {
		name   string
		answer func(o *office, question *intake.Message)
		status intake.Status
		sent   []string
	}{
		{"the mayor may not, with the head's question", func(o *office, q *intake.Message) { o.handle(o.answer(mayor, q, "Aprob")) },
			intake.StatusAwaitingApproval, []string{"closing_question ion.popescu", "suspect it"}},
		{"a forged answer does not", func(o *office, q *intake.Message) {
			o.thinks(economist, refuted)
			o.handle(o.answer(economist, q, "CONFIRM"))
		}, intake.StatusAwaitingApproval, []string{"closing_question ion.popescu", "suspect it"}},
		{"an answer that nothing proves is to be repeated", func(o *office, q *intake.Message) {
			o.thinks(economist, unproven)
			o.handle(o.answer(economist, q, "CONFIRM"))
			o.is(2, intake.StatusAwaitingApproval)
			o.wantSent("closing_question ion.popescu")
			again := o.mailTo(economist, "closing_question")
			o.says(again, "vă rugăm să îl repetați")
			o.handle(o.answer(economist, again, "CONFIRM"))
		}, intake.StatusClosing, told},
		{"a repeated answer that says something else does not", func(o *office, q *intake.Message) {
			o.thinks(economist, unproven)
			o.handle(o.answer(economist, q, "CONFIRM"))
			o.sent()
			o.handle(o.answer(economist, o.mailTo(economist, "closing_question"), "NU"))
		}, intake.StatusAwaitingApproval, []string{"closing_question ion.popescu"}},
		{"an answer without the mark of the question is asked again", func(o *office, q *intake.Message) {
			o.handle(o.write(letter{from: economist, subject: "Re: nr. 2/23.11.2026", text: "CONFIRM", headers: []string{"In-Reply-To: <x@y.test>"}}))
		}, intake.StatusAwaitingApproval, []string{"closing_question ion.popescu"}},
		{"a mayor's new mail about it decides nothing", func(o *office, q *intake.Message) {
			o.thinks(mayor, unproven)
			o.handle(o.write(letter{from: mayor, subject: "Re: nr. 2/23.11.2026", text: "Aprob", headers: []string{"In-Reply-To: <x@y.test>"}}))
		}, intake.StatusAwaitingApproval, []string{"set_aside it"}},
		{"the confirmation delivered twice closes once", func(o *office, q *intake.Message) {
			o.handle(o.answer(economist, q, "CONFIRM"))
			o.wantSent(told...)
			o.handle(o.answer(economist, q, "CONFIRM"))
		}, intake.StatusClosing, []string{"already_decided ion.popescu"}},
		{"an answer after the question's life does not", func(o *office, q *intake.Message) {
			o.clock.pass(31 * 24 * time.Hour)
			o.handle(o.answer(economist, q, "CONFIRM"))
		}, intake.StatusAwaitingApproval, []string{"question_closed ion.popescu"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			_, id, question := o.askedToClose()
			test.answer(o, question)
			o.is(id, test.status)
			o.wantSent(test.sent...)
		})
	}
}

func TestFormOfAnUnprovenSenderIsConfirmedByTheClosingQuestion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.standing()
	o.thinks(economist, unproven)
	got := o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeForm(o)}}))
	o.wantSent("closing_question ion.popescu")
	o.handle(o.answer(economist, o.mailTo(economist, "closing_question"), "NU"))
	o.wantSent("closing_question ion.popescu") // nothing proves that answer either
	o.handle(o.answer(economist, o.mailTo(economist, "closing_question"), "NU"))
	o.is(got.Request, intake.StatusRejected)
	o.wantSent("closing_dropped ion.popescu", "disowned it")
}

func TestSiteThatAClosingFormNames(t *testing.T) {
	tests := []struct {
		name, site string
		finds      bool
		says       string
		it         bool
	}{
		{"by its name", "Spitalul Județean", true, "", false},
		{"by its name, spelled otherwise, among other words", "site-ul cu SPITALUL JUDETEAN, secția noastră", true, "", false},
		{"by a part of its name", "Spitalul", true, "", false},
		{"by its ID", "spitalul-judetean", true, "", false},
		{"by its address", "https://extranet.test/s/spitalul-judetean/", true, "", false},
		{"by the number of its request", "cel din cererea 1/23.11.2026", true, "", false},
		{"by the number alone, with the name of another", "nr. 1/23.11.2026 (Muzeul)", true, "", false},
		{"by nothing that is known", "Teatrul", false, "Nu am găsit acest site. Site-urile compartimentului: „Spitalul Județean” (spitalul-judetean, cererea nr. 1/23.11.2026)", false},
		{"of another department", "Muzeul", false, "cerut de alt compartiment", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.standing()
			museum := submission()
			museum.Partner, museum.Department, museum.Requester = "Muzeul", "Direcția Tehnică", "Gabriela Dumitru"
			o.handle(o.write(letter{from: engineer, subject: "Cerere", files: []file{annex(o, museum)}}))
			o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob."))
			o.is(2, intake.StatusActive)
			o.sent()
			s := closing()
			s.Site = test.site
			got := o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeFormOf(o, s)}}))
			if test.finds {
				o.wantSent("closing_question ion.popescu")
				if id := o.request(got.Request).Plan.Site.ID; id != hospitalSite {
					t.Errorf("it is site %s", id)
				}
				return
			}
			o.is(got.Request, intake.StatusReturned)
			back := o.mailTo(economist, "returned")
			o.says(back, test.says)
			if test.it {
				o.wantSent("closing_refused it", "returned ion.popescu")
				o.says(o.mailTo(it, "closing_refused"), economist, "Muzeul", "Direcția Tehnică")
			} else {
				o.wantSent("returned ion.popescu")
			}
			if test.it {
				return
			}
			// Mended, it goes on under its number.
			again := o.handle(o.write(letter{from: economist, answers: back, files: []file{closeForm(o)}}))
			if again.Request != got.Request {
				t.Errorf("the mended form is request %d", again.Request)
			}
			o.wantSent("closing_question ion.popescu")
		})
	}
}

func TestTwoSitesOfOnePartnerAreAskedApart(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.standing()
	other := submission()
	other.InfoTypes = "Altele"
	o.handle(o.write(letter{from: economist, subject: "Cerere de site nou", files: []file{annex(o, other)}}))
	o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob."))
	o.sent()
	o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeForm(o)}}))
	o.wantSent("returned ion.popescu")
	o.says(o.mailTo(economist, "returned"), "Se potrivesc mai multe", "spitalul-judetean-2", "cererea nr. 1/23.11.2026")
	for name, site := range map[string]string{"site-ul spitalul-judetean": hospitalSite, "spitalul-judetean-2": "spitalul-judetean-2"} {
		s := closing()
		s.Site = name
		got := o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeFormOf(o, s)}}))
		o.wantSent("closing_question ion.popescu")
		if id := o.request(got.Request).Plan.Site.ID; id != site {
			t.Errorf("%q is site %s", name, id)
		}
	}
}

func TestSecondClosingFormForASite(t *testing.T) {
	t.Parallel()
	for _, confirmed := range []bool{false, true} {
		o := newOffice(t)
		_, _, question := o.askedToClose()
		if confirmed {
			o.handle(o.answer(economist, question, "CONFIRM"))
		}
		o.sent()
		got := o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeForm(o)}}))
		o.is(got.Request, intake.StatusReturned)
		o.wantSent("returned ion.popescu")
		o.says(o.mailTo(economist, "returned"), "există deja cererea de închidere nr. 2/23.11.2026")
	}
}

func TestPlaceThatAClosingFormNames(t *testing.T) {
	t.Parallel()
	for text, place := range map[string]string{
		"Arhiva electronică": "Arhiva electronică", "ARHIVA ELECTRONICA, dosarul 7": "Arhiva electronică",
		"link": "", "/etc/cron.d": "", `\\server\arhiva`: "", "../../arhiva": "", "Arhiva": "",
	} {
		o := newOffice(t)
		o.standing()
		s := closing()
		s.ArchiveTo = text
		got := o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeFormOf(o, s)}}))
		if p := o.request(got.Request).Plan.Closing; p == nil || p.Place != place {
			t.Errorf("%q: the plan is %+v, want the place %q", text, p, place)
		}
	}
}

func TestFilesAreFetchedByALink(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.standing()
	s := closing()
	s.ArchiveTo = "link de descărcare"
	got := o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeFormOf(o, s)}}))
	question := o.mailTo(economist, "closing_question")
	o.says(question, "primiți un link de la care le descărcați")
	o.handle(o.answer(economist, question, "CONFIRM"))
	saved := o.mailTo(economist, "closing_saved")
	_, link, ok := strings.Cut(saved.Text, "https://extranet.test/fisiere/")
	if !ok || len(link) < 33 || link[32] != '/' {
		t.Fatalf("no link in\n%s", saved.Text)
	}
	if strings.Contains(o.mailTo(it, "closing_saved").Text, link[:32]) {
		t.Error("IT got the link too")
	}
	if n := o.count(`SELECT COUNT(*) FROM notices WHERE kind = 'closing_saved' AND raw IS NOT NULL AND instr(raw, ?) > 0`, link[:32]); n != 0 {
		t.Error("the link is kept in the database")
	}
	r, c, err := o.desk.Download(t.Context(), link[:32])
	if err != nil || r.ID != got.Request || filepath.Base(filepath.Dir(c.Export.Folder)) != "exports" {
		t.Errorf("the link leads to %+v, %v", c.Export, err)
	}
	for _, wrong := range []string{"", "x", strings.Repeat("a", 32)} {
		if _, _, err := o.desk.Download(t.Context(), wrong); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("link %q: %v", wrong, err)
		}
	}
	o.spend(59) // the site is deleted by then, and the files are still there
	o.is(got.Request, intake.StatusClosed)
	if _, _, err := o.desk.Download(t.Context(), link[:32]); err != nil {
		t.Error(err)
	}
	o.spend(2)
	if _, _, err := o.desk.Download(t.Context(), link[:32]); !errors.Is(err, intake.ErrNotFound) {
		t.Errorf("after its life: %v", err)
	}
}

func TestFailedExportStopsTheDeletion(t *testing.T) {
	tests := []struct {
		name string
		fail func(o *office)
		says string
	}{
		{"that the portal refuses", func(o *office) { o.portal.before = failFor("export ") }, "does not feel well"},
		{"of which the portal says too late that it failed", func(o *office) { o.portal.after = failFor("export ") }, "does not feel well"},
		{"that holds fewer files than the site", func(o *office) { o.portal.loses = true }, "the site holds 2 files"},
		{"of which a file is not what the portal says", func(o *office) { o.portal.lies = true }, "with the SHA-256"},
		{"for which the folder is not there", func(o *office) { o.must(os.Remove(filepath.Join(filepath.Dir(o.file), "arhiva"))) }, "no such file"},
		{"of a site whose access cannot be ended", func(o *office) { o.portal.before = failFor("close ") }, "ending access"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			site, id, question := o.askedToClose()
			test.fail(o)
			o.handle(o.answer(economist, question, "CONFIRM"))
			o.is(id, intake.StatusProvisioning)
			o.pass(time.Hour)
			for range 10 {
				o.pass(time.Hour)
			}
			o.is(id, intake.StatusStuck)
			o.is(site, intake.StatusActive)
			o.wantSent("closing_stuck it")
			o.says(o.mailTo(it, "closing_stuck"), test.says, "requests retry 2/23.11.2026", "requests undo 2/23.11.2026")
			o.spend(60)
			if len(o.portal.sites) != 1 {
				t.Fatal("the site was deleted")
			}
			o.wantSent()
			if entries, _ := filepath.Glob(filepath.Join(filepath.Dir(o.file), "arhiva", "*")); len(entries) != 0 {
				t.Errorf("an export stands at its place: %v", entries)
			}

			// IT mends it, and it goes on.
			o.portal.before, o.portal.after, o.portal.loses, o.portal.lies = nil, nil, false, false
			o.must(os.MkdirAll(filepath.Join(filepath.Dir(o.file), "arhiva"), 0o700))
			o.must(o.desk.Retry(t.Context(), o.request(id), "IT"))
			o.work()
			o.is(id, intake.StatusClosing)
			o.wantSent(told...)
			if entries, _ := filepath.Glob(filepath.Join(filepath.Dir(o.file), "arhiva", ".*")); len(entries) != 0 {
				t.Errorf("left over: %v", entries)
			}
		})
	}
}

func TestPortalThatCannotExportIsLeftToIT(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, id, question := o.askedToClose()
	o.portal.before = func(call string) error {
		if strings.HasPrefix(call, "export ") {
			return errors.ErrUnsupported
		}
		return nil
	}
	o.handle(o.answer(economist, question, "CONFIRM"))
	o.is(id, intake.StatusStuck)
	o.wantSent("closing_stuck it")
	o.says(o.mailTo(it, "closing_stuck"), "Portalul nu poate face acest lucru singur")
}

func TestDamagedExportStopsTheDeletion(t *testing.T) {
	damages := map[string]func(o *office, folder string){
		"the archive changed": func(o *office, folder string) {
			name := filepath.Join(folder, "fisiere.zip")
			data, err := os.ReadFile(name)
			o.must(err)
			data[len(data)/3] ^= 1
			o.must(os.WriteFile(name, data, 0o600))
		},
		"the archive gone":   func(o *office, folder string) { o.must(os.Remove(filepath.Join(folder, "fisiere.zip"))) },
		"the manifest gone":  func(o *office, folder string) { o.must(os.Remove(filepath.Join(folder, "manifest.json"))) },
		"the signature gone": func(o *office, folder string) { o.must(os.Remove(filepath.Join(folder, "manifest.json.sig"))) },
		"the manifest changed": func(o *office, folder string) {
			name := filepath.Join(folder, "manifest.json")
			data, err := os.ReadFile(name)
			o.must(err)
			o.must(os.WriteFile(name, append(data, '\n'), 0o600))
		},
		"the whole folder gone": func(o *office, folder string) { o.must(os.RemoveAll(folder)) },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			site, id := o.closed()
			o.sent()
			folder := o.closing(id).Export.Folder
			safe := filepath.Join(t.TempDir(), "copy")
			o.must(os.CopyFS(safe, os.DirFS(folder)))
			o.spend(10)
			damage(o, folder)
			o.spend(21)
			o.is(id, intake.StatusClosing)
			o.is(site, intake.StatusClosing)
			o.wantSent("closing_held it")
			o.says(o.mailTo(it, "closing_held"), "nu mai sunt cele de la închidere", folder)
			o.spend(6)
			o.wantSent() // tried every day, told every week
			o.spend(1)
			o.wantSent("closing_held it")
			if len(o.portal.sites) != 1 {
				t.Fatal("the site was deleted")
			}
			o.must(os.RemoveAll(folder))
			o.must(os.CopyFS(folder, os.DirFS(safe)))
			o.spend(1)
			o.is(id, intake.StatusClosed)
			o.wantSent("closing_done ion.popescu", "closing_done it")
		})
	}
}

func TestUndoneClosing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	site, id := o.closed()
	o.sent()
	o.spend(29)
	o.must(o.desk.Undo(t.Context(), o.request(id), "IT (mirela)"))
	o.wantSent()
	o.work()
	o.is(id, intake.StatusWithdrawn)
	o.is(site, intake.StatusActive)
	o.wantSent("access_resumed carmen.vlad", "access_resumed dan.oprea", "access_resumed elena.dobre", "access_resumed marin.ionescu",
		"closing_undone ion.popescu", "closing_undone it")
	o.granted(site)
	if o.portal.state[hospitalSite] != "" {
		t.Errorf("the portal is %v", o.portal.state)
	}
	if err := o.desk.Undo(t.Context(), o.request(id), "IT"); !errors.Is(err, intake.ErrStatus) {
		t.Errorf("undone again: %v", err)
	}
	o.spend(60)
	o.wantSent()
	o.granted(site)
	// It can be asked for anew.
	got := o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeForm(o)}}))
	o.handle(o.answer(economist, o.mailTo(economist, "closing_question"), "CONFIRM"))
	o.is(got.Request, intake.StatusClosing)
}

func TestUndoThatComesBetween(t *testing.T) {
	t.Parallel()
	t.Run("is heeded on the day of the deletion", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		site, id := o.closed()
		o.clock.pass(40 * 24 * time.Hour)
		o.must(o.desk.Undo(t.Context(), o.request(id), "IT"))
		o.must(o.desk.Daily(t.Context()))
		o.work()
		o.is(id, intake.StatusWithdrawn)
		o.granted(site)
	})
	t.Run("is refused once the deletion has begun", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		_, id := o.closed()
		o.portal.before = failFor("delete ")
		o.sent()
		o.spend(31)
		o.wantSent("closing_held it")
		if err := o.desk.Undo(t.Context(), o.request(id), "IT"); !errors.Is(err, intake.ErrDeleting) {
			t.Errorf("undone: %v", err)
		}
		o.portal.before = nil
		o.spend(1)
		o.is(id, intake.StatusClosed)
		if err := o.desk.Undo(t.Context(), o.request(id), "IT"); !errors.Is(err, intake.ErrDeleting) {
			t.Errorf("undone after the deletion: %v", err)
		}
	})
	t.Run("opens the site of a closing that is stuck", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		site, id, question := o.askedToClose()
		o.portal.before = failFor("export ")
		o.handle(o.answer(economist, question, "CONFIRM"))
		for range 10 {
			o.pass(time.Hour)
		}
		o.is(id, intake.StatusStuck)
		o.sent()
		o.must(o.desk.Undo(t.Context(), o.request(id), "IT"))
		o.must(o.desk.Retry(t.Context(), o.request(id), "IT")) // somebody else of IT
		o.work()
		o.is(id, intake.StatusWithdrawn)
		o.is(site, intake.StatusActive)
		o.granted(site)
		o.wantSent("closing_undone ion.popescu", "closing_undone it")
	})
	t.Run("is tried again while the portal fails, and told", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		site, id := o.closed()
		o.sent()
		o.portal.before = failFor("resume ")
		o.must(o.desk.Undo(t.Context(), o.request(id), "IT"))
		for range 10 {
			o.pass(time.Hour)
		}
		o.wantSent("closing_stuck it")
		o.spend(60)
		if len(o.portal.sites) != 1 {
			t.Fatal("the site was deleted")
		}
		o.portal.before = nil
		o.must(o.desk.Undo(t.Context(), o.request(id), "IT"))
		o.work()
		o.granted(site)
	})
	t.Run("of a request that is no closing is refused", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		if err := o.desk.Undo(t.Context(), o.request(o.standing()), "IT"); !errors.Is(err, intake.ErrStatus) {
			t.Errorf("undone: %v", err)
		}
	})
}

func TestFortyDaysOfDowntimeDeleteOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, id := o.closed()
	o.sent()
	o.clock.pass(40 * 24 * time.Hour)
	for range 3 {
		o.must(o.desk.Daily(t.Context()))
		o.work()
	}
	o.is(id, intake.StatusClosed)
	o.wantSent("closing_done ion.popescu", "closing_done it")
}

func TestClockSetBackDeletesNothingEarly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, id := o.closed()
	o.spend(20)
	o.clock.pass(-15 * 24 * time.Hour)
	o.spend(20)
	o.is(id, intake.StatusClosing)
	o.spend(6)
	o.is(id, intake.StatusClosed)
}

func TestClosingThatNobodyConfirms(t *testing.T) {
	t.Parallel()
	o := patient(t)
	site, id, _ := o.askedToClose()
	got := o.waits(40)
	want := map[int][]string{
		3:  {"closing_question ion.popescu"},
		8:  {"closing_question ion.popescu"},
		11: {"closing_question ion.popescu"},
		28: {"expired ion.popescu", "expired it"},
	}
	if !equalDays(got, want) {
		t.Errorf("mails by day:\n%v, want\n%v", got, want)
	}
	o.is(id, intake.StatusExpired)
	o.is(site, intake.StatusActive)
	o.says(o.mailTo(economist, "expired"), "nu a fost confirmată de Ion Popescu", "rămâne deschis")
}

func TestChangeOfAccessVoidsTheClosingQuestion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	site, id, question := o.askedToClose()
	o.must(o.store.Transact(t.Context(), func(tx intake.Tx) error {
		r, err := tx.Request(site)
		if err != nil {
			return err
		}
		changed := *r
		changed.Number.Serial, changed.Decision, changed.Plan.Members = 3, nil, r.Plan.Members[1:]
		if err := tx.InsertRequest(&changed); err != nil {
			return err
		}
		at := slices.IndexFunc(intake.Transitions, func(t intake.Transition) bool {
			return t.From() == intake.StatusActive && t.To() == intake.StatusReplaced
		})
		return tx.Change(r, intake.Transitions[at], o.clock.Now())
	}))
	o.handle(o.answer(economist, question, "CONFIRM"))
	o.is(id, intake.StatusAwaitingApproval)
	o.wantSent("closing_question ion.popescu")
	again := o.mailTo(economist, "closing_question")
	o.says(again, "s-a schimbat cine are acces", "3 persoane")
	o.handle(o.answer(economist, question, "CONFIRM")) // the old one again
	o.is(id, intake.StatusAwaitingApproval)
	o.sent()
	o.handle(o.answer(economist, again, "CONFIRM"))
	o.is(id, intake.StatusClosing)
}

func TestHeadAsksAboutTheClosing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, id := o.closed()
	o.sent()
	o.handle(o.write(letter{from: economist, subject: "nr. 2/23.11.2026", text: "stadiu"}))
	o.wantSent("status_report ion.popescu")
	o.says(o.mailTo(economist, "status_report"), "site-ul așteaptă ștergerea", "accesul la site s-a încheiat")
	o.handle(o.write(letter{from: economist, subject: "nr. 2/23.11.2026", text: "retrag"}))
	o.wantSent("too_late_to_withdraw ion.popescu")
	o.is(id, intake.StatusClosing)
}

func TestCancelledClosingOpensTheSiteAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	site, id, question := o.askedToClose()
	o.portal.before = failFor("export ")
	o.handle(o.answer(economist, question, "CONFIRM"))
	for range 10 {
		o.pass(time.Hour)
	}
	o.is(id, intake.StatusStuck)
	o.sent()
	if _, err := o.desk.Cancel(t.Context(), o.request(id), "IT", "nu mai e nevoie"); err != nil {
		t.Fatal(err)
	}
	o.work()
	o.is(id, intake.StatusWithdrawn)
	o.is(site, intake.StatusActive)
	o.granted(site)
	o.wantSent("closing_undone ion.popescu", "closing_undone it")
	if _, err := o.desk.Skip(t.Context(), o.request(id), "IT", "x"); err == nil {
		t.Error("members of a closing can be skipped")
	}
}

func TestSiteIsClosedAlsoByTheNumberOfARequestThatWasReplaced(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	former := o.stands(submission())
	id := o.sends(changed()).Request
	o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob"))
	o.is(former, intake.StatusReplaced)
	o.sent()
	f := closing()
	f.Site = "cel de la cererea nr. " + o.request(former).Number.String()
	got := o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeFormOf(o, f)}}))
	o.is(got.Request, intake.StatusAwaitingApproval)
	question := o.mailTo(economist, "closing_question")
	o.says(question, radu)
	o.handle(o.answer(economist, question, "CONFIRM"))
	o.is(id, intake.StatusClosing)
	o.is(former, intake.StatusReplaced)
}

func TestOnlyThoseWhoHaveAccessAreToldThatItEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.portal.before = failFor("member " + elena)
	id, question := o.asked()
	o.handle(o.answer(mayor, question, "Aprob"))
	for o.request(id).Status != intake.StatusStuck {
		o.pass(time.Hour)
	}
	_, err := o.desk.Skip(t.Context(), o.request(id), it, "nu are adresă")
	o.must(err)
	o.portal.before = nil
	o.pass(time.Hour)
	o.is(id, intake.StatusActive)
	o.sent()
	o.handle(o.write(letter{from: economist, subject: "Închidere", files: []file{closeForm(o)}}))
	closing := o.mailTo(economist, "closing_question")
	if strings.Contains(closing.Text, elena) {
		t.Errorf("who was left out is said to have access:\n%s", closing.Text)
	}
	o.sent()
	o.handle(o.answer(economist, closing, "CONFIRM"))
	o.wantSent("access_ended carmen.vlad", "access_ended dan.oprea", "access_ended marin.ionescu", "closing_saved ion.popescu", "closing_saved it")
}
