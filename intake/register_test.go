package intake_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"registratura/forms"
	"registratura/intake"
)

// incomplete is a form without a legal basis.
func incomplete() forms.Submission {
	s := submission()
	s.LegalBasis = ""
	return s
}

// returned has the economist send a form with a problem, and returns the
// request and the mail that brought it back.
func (o *office) returned() (id int64, back *intake.Message) {
	o.Helper()
	got := o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, incomplete())}}))
	if got.Fate != intake.FateRegistered {
		o.Fatalf("the form is %+v", got)
	}
	o.is(got.Request, intake.StatusReturned)
	o.wantSent("returned ion.popescu")
	return got.Request, o.mailTo(economist, "returned")
}

func TestFormWithProblemsIsReturnedMarked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, back := o.returned()
	o.says(back, o.request(id).Number.String())
	if len(back.Attachments) != 1 || back.Attachments[0].Name != "Anexa 1.xlsx" {
		t.Fatalf("attached: %+v", back.Attachments)
	}
	workbook := back.Attachments[0].Data
	if bytes.Equal(workbook, annex(o, incomplete()).data) {
		t.Error("the workbook is not marked")
	}
	reading, err := forms.Read(workbook, o.desk.Rules())
	o.must(err)
	if reading.Submission.Partner != "Spitalul Județean" {
		t.Errorf("what was typed is lost: %+v", reading.Submission)
	}
	o.says(back, reading.Problems[0].Message)
	for _, d := range o.post.delivered {
		if d.to == mayor {
			t.Error("the mayor was written to")
		}
	}
}

func TestCorrectedForm(t *testing.T) {
	tests := []struct {
		name      string
		mail      func(o *office, back *intake.Message) []byte
		continues bool
		sent      []string
	}{
		{"in the thread continues the request", func(o *office, back *intake.Message) []byte {
			return o.write(letter{from: economist, answers: back, subject: "corectat", text: "Am completat.", files: []file{annex(o, submission())}})
		}, true, []string{"approval primar", "registered ion.popescu"}},
		{"that quotes the number continues the request", func(o *office, back *intake.Message) []byte {
			return o.write(letter{from: economist, subject: "Revin la nr. 1/23.11.2026", files: []file{annex(o, submission())}})
		}, true, []string{"approval primar", "registered ion.popescu"}},
		{"that quotes the number with another date is a new request", func(o *office, back *intake.Message) []byte {
			return o.write(letter{from: economist, subject: "Revin la nr. 1/22.11.2026", files: []file{annex(o, submission())}})
		}, false, []string{"approval primar", "registered ion.popescu"}},
		{"that names nothing is a new request", func(o *office, back *intake.Message) []byte {
			return o.write(letter{from: economist, subject: "Cerere nouă", files: []file{annex(o, submission())}})
		}, false, []string{"approval primar", "registered ion.popescu"}},
		{"of another head of department in the thread is a new request", func(o *office, back *intake.Message) []byte {
			s := submission()
			s.Department = "Direcția Tehnică"
			return o.write(letter{from: engineer, answers: back, files: []file{annex(o, s)}})
		}, false, []string{"approval primar", "registered gabriela.dumitru"}},
		{"of another head of department with the number is a new request", func(o *office, back *intake.Message) []byte {
			s := submission()
			s.Department = "Direcția Tehnică"
			return o.write(letter{from: engineer, subject: "nr. 1/23.11.2026", files: []file{annex(o, s)}})
		}, false, []string{"approval primar", "registered gabriela.dumitru"}},
		{"of the other kind is a new request", func(o *office, back *intake.Message) []byte {
			return o.write(letter{from: economist, answers: back, files: []file{closeForm(o)}})
		}, false, []string{"returned ion.popescu"}}, // there is no such site
		{"that still has a problem is returned again", func(o *office, back *intake.Message) []byte {
			s := incomplete()
			s.InfoTypes = "Altele"
			return o.write(letter{from: economist, answers: back, files: []file{annex(o, s)}})
		}, true, []string{"returned ion.popescu"}},
		{"from an unproven sender is to be confirmed first", func(o *office, back *intake.Message) []byte {
			o.thinks(economist, unproven)
			return o.write(letter{from: economist, answers: back, files: []file{annex(o, submission())}})
		}, true, []string{"confirm_request ion.popescu"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			first, back := o.returned()
			got := o.handle(test.mail(o, back))
			if got.Fate != intake.FateRegistered || (got.Request == first) != test.continues {
				t.Errorf("the mail is %+v; the first request was %d", got, first)
			}
			if r := o.request(first); !test.continues && r.Status != intake.StatusReturned {
				t.Errorf("the first request is %s", r.Status)
			}
			o.wantSent(test.sent...)
			if n := o.count(`SELECT COUNT(*) FROM requests`); (n == 1) != test.continues {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestCorrectedFormIsWhatIsApproved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, back := o.returned()
	s := submission()
	s.InfoTypes = "Numai rapoarte anuale"
	corrected := annex(o, s)
	corrected.name = "Anexa 1 (2).xlsx"
	o.handle(o.write(letter{from: economist, answers: back, files: []file{corrected}}))
	question := o.mailTo(mayor, "approval")
	o.says(question, "Numai rapoarte anuale")
	if len(question.Attachments) != 1 || !bytes.Equal(question.Attachments[0].Data, corrected.data) {
		t.Error("the mayor did not get the corrected workbook")
	}
	if r := o.request(id); r.FormName != corrected.name || r.FormMail != 2 {
		t.Errorf("the form is %q of mail %d", r.FormName, r.FormMail)
	}
}

func TestFormOfAnUnprovenSender(t *testing.T) {
	tests := []struct {
		name   string
		answer func(o *office, question *intake.Message) []byte
		status intake.Status
		fate   intake.Fate
		sent   []string
	}{
		{"is taken when they confirm it", func(o *office, q *intake.Message) []byte {
			return o.answer(economist, q, "CONFIRM")
		}, intake.StatusAwaitingApproval, intake.FateDecided, []string{"approval primar", "registered ion.popescu"}},
		{"is taken when they confirm it and send it along", func(o *office, q *intake.Message) []byte {
			return o.write(letter{from: economist, answers: q, text: "CONFIRM", files: []file{annex(o, submission())}})
		}, intake.StatusAwaitingApproval, intake.FateDecided, []string{"approval primar", "registered ion.popescu"}},
		{"is another request when they send a form and do not confirm", func(o *office, q *intake.Message) []byte {
			return o.write(letter{from: economist, answers: q, text: "Revin cu formularul.", files: []file{annex(o, submission())}})
		}, intake.StatusReceived, intake.FateRegistered, []string{"confirm_request ion.popescu"}},
		{"is taken when they say yes", func(o *office, q *intake.Message) []byte {
			return o.answer(economist, q, "Da.")
		}, intake.StatusAwaitingApproval, intake.FateDecided, []string{"approval primar", "registered ion.popescu"}},
		{"is ended when they deny it", func(o *office, q *intake.Message) []byte {
			return o.answer(economist, q, "NU")
		}, intake.StatusWithdrawn, intake.FateDecided, []string{"disowned it"}},
		{"is asked for again when they say something else", func(o *office, q *intake.Message) []byte {
			return o.answer(economist, q, "Vă salut!")
		}, intake.StatusReceived, intake.FateAnswered, []string{"confirm_request ion.popescu"}},
		{"waits when somebody else confirms", func(o *office, q *intake.Message) []byte {
			return o.answer(engineer, q, "CONFIRM")
		}, intake.StatusReceived, intake.FateSetAside, []string{"set_aside it"}},
		{"waits when the confirmation is forged", func(o *office, q *intake.Message) []byte {
			o.thinks(economist, refuted)
			return o.answer(economist, q, "CONFIRM")
		}, intake.StatusReceived, intake.FateSetAside, []string{"set_aside it"}},
		{"waits when a machine confirms", func(o *office, q *intake.Message) []byte {
			return o.write(letter{from: economist, answers: q, text: "CONFIRM", headers: []string{"Auto-Submitted: auto-replied"}})
		}, intake.StatusReceived, intake.FateAutomatic, nil},
		{"waits when they confirm too late", func(o *office, q *intake.Message) []byte {
			o.clock.pass(o.desk.Policy.TokenLife + time.Second)
			return o.answer(economist, q, "CONFIRM")
		}, intake.StatusReceived, intake.FateSetAside, []string{"set_aside it"}},
		{"waits when they confirm without the token", func(o *office, q *intake.Message) []byte {
			return o.write(letter{from: economist, subject: q.Subject, text: "CONFIRM", headers: []string{"In-Reply-To: <x@other.test>"}})
		}, intake.StatusReceived, intake.FateSetAside, []string{"set_aside it"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.thinks(economist, unproven)
			sent := o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}}))
			o.is(sent.Request, intake.StatusReceived)
			o.wantSent("confirm_request ion.popescu")
			got := o.handle(test.answer(o, o.mailTo(economist, "confirm_request")))
			if got.Fate != test.fate {
				t.Errorf("the answer is %+v, want %s", got, test.fate)
			}
			o.is(sent.Request, test.status)
			o.wantSent(test.sent...)
			if r := o.request(sent.Request); (r.Proven == "confirmation") != (test.status == intake.StatusAwaitingApproval) {
				t.Errorf("proven by %q", r.Proven)
			}
		})
	}
}

func TestConfirmedTwiceIsTakenOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.thinks(economist, unproven)
	o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}}))
	question := o.mailTo(economist, "confirm_request")
	o.handle(o.answer(economist, question, "CONFIRM"))
	o.sent()
	got := o.handle(o.answer(economist, question, "NU"))
	o.is(1, intake.StatusAwaitingApproval)
	if got.Fate != intake.FateSetAside {
		t.Errorf("the second answer is %+v", got)
	}
	o.wantSent("set_aside it")
}

func TestFormsNeedNoProofWhereTheConfigurationSaysSo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.UnprovenForms = true
	o.thinks(economist, unproven)
	id, question := o.asked()
	if r := o.request(id); r.Proven != "" {
		t.Errorf("proven by %q", r.Proven)
	}
	// Forged ones are still asked about.
	o.thinks(engineer, refuted)
	s := submission()
	s.Department, s.Partner = "Direcția Tehnică", "Muzeul Județean"
	o.handle(o.write(letter{from: engineer, subject: "Cerere", files: []file{annex(o, s)}}))
	o.wantSent("confirm_request gabriela.dumitru")
	// It says nothing of decisions.
	o.thinks(mayor, unproven)
	o.handle(o.answer(mayor, question, "Aprob."))
	o.is(id, intake.StatusAwaitingApproval)
}

func TestWhoMaySendAForm(t *testing.T) {
	tests := []struct {
		name       string
		from       []string // From fields
		origin     *intakeOrigin
		department string
		fate       intake.Fate
		sent       []string
		requests   int
	}{
		{"the head of another department gets it back", []string{"<" + engineer + ">"}, nil, "Direcția Economică",
			intake.FateRegistered, []string{"returned gabriela.dumitru"}, 1},
		{"an employee who is no head is told who may", []string{"<" + secretary + ">"}, nil, "Direcția Economică",
			intake.FateAnswered, []string{"not_entitled secretara"}, 0},
		{"an approver is told who may, even unproven", []string{"<" + viceMayor + ">"}, &intakeOrigin{viceMayor, false}, "Direcția Economică",
			intake.FateAnswered, []string{"not_entitled viceprimar"}, 0},
		{"a proven stranger is told who may", []string{"<" + stranger + ">"}, nil, "Direcția Economică",
			intake.FateAnswered, []string{"not_entitled cineva"}, 0},
		{"an unproven stranger is not written to", []string{"<" + stranger + ">"}, &intakeOrigin{stranger, false}, "Direcția Economică",
			intake.FateSetAside, []string{"set_aside it"}, 0},
		{"two senders are none", []string{"<" + economist + ">", "<" + stranger + ">"}, nil, "Direcția Economică",
			intake.FateSetAside, []string{"set_aside it"}, 0},
		{"the head with the department's name misspelled a little is understood", []string{"<" + economist + ">"}, nil, "directia ECONOMICA",
			intake.FateRegistered, []string{"approval primar", "registered ion.popescu"}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			if test.origin != nil {
				o.thinks(test.origin.address, unproven)
			}
			s := submission()
			s.Department = test.department
			got := o.handle(o.write(letter{fromField: test.from, subject: "Cerere", files: []file{annex(o, s)}}))
			if got.Fate != test.fate {
				t.Errorf("the mail is %+v, want %s", got, test.fate)
			}
			o.wantSent(test.sent...)
			if n := o.count(`SELECT COUNT(*) FROM requests`); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
			if slices.Contains(test.sent, "returned gabriela.dumitru") {
				o.says(o.mailTo(engineer, "returned"), "numai de șeful lui")
				o.is(1, intake.StatusReturned)
			}
		})
	}
}

// intakeOrigin is what is thought of one sender.
type intakeOrigin struct {
	address string
	proven  bool
}

func TestSeveralFormsInOneMailAreSeveralRequests(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	museum := submission()
	museum.Partner, museum.InfoTypes = "Muzeul Județean", "Inventare"
	// Both files have the same name, as "Anexa 1.xlsx" of two folders has.
	o.handle(o.write(letter{from: economist, subject: "Cereri", files: []file{annex(o, submission()), annex(o, museum), {"bad.pdf", []byte("%PDF-1.4")}}}))
	o.wantSent("approval primar", "approval primar", "registered ion.popescu", "registered ion.popescu")
	for id, want := range map[int64]string{1: "Spitalul Județean", 2: "Muzeul Județean"} {
		r := o.request(id)
		if r.Submission.Partner != want {
			t.Errorf("request %d is about %s", id, r.Submission.Partner)
		}
	}
	for _, d := range o.post.delivered {
		if d.to != mayor {
			continue
		}
		question := parse(d.raw, false)
		if len(question.Attachments) != 1 {
			t.Fatalf("%d attachments", len(question.Attachments))
		}
		shown, err := forms.Read(question.Attachments[0].Data, o.desk.Rules())
		o.must(err)
		o.says(question, shown.Submission.Partner, shown.Submission.InfoTypes)
	}
}

func TestWorkbookThatMayHoldMacrosIsNotPassedOn(t *testing.T) {
	t.Parallel()
	for name, asSent := range map[string]bool{"Anexa 1.xlsx": true, "Anexa 1.XLSX": true, "Anexa 1.xlsm": false, "Anexa 1.ods": false, "Anexa 1": false} {
		o := newOffice(t)
		sent := annex(o, submission()).data
		o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{{name, sent}}}))
		attachments := o.mailTo(mayor, "approval").Attachments
		if len(attachments) != 1 {
			t.Fatalf("%s: %d attachments of the question", name, len(attachments))
		}
		if got := bytes.Equal(attachments[0].Data, sent); got != asSent {
			t.Errorf("%s: passed on as it was sent: %v, want %v", name, got, asSent)
		}
		shown, err := forms.Read(attachments[0].Data, o.desk.Rules())
		o.must(err)
		if d := cmp.Diff(submission(), shown.Submission); d != "" {
			t.Errorf("%s: the attached form says something else (-sent +shown):\n%s", name, d)
		}
	}
}

func TestWorkbookIsAttachedAfterAConfirmationToo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.thinks(economist, unproven)
	form := annex(o, submission())
	o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{form}}))
	o.handle(o.answer(economist, o.mailTo(economist, "confirm_request"), "CONFIRM"))
	question := o.mailTo(mayor, "approval")
	if len(question.Attachments) != 1 || !bytes.Equal(question.Attachments[0].Data, form.data) {
		t.Error("the workbook is not attached as it was sent")
	}
}

func TestITGetsTheFormItself(t *testing.T) {
	tests := []struct {
		name, letter string
		form         func(o *office) file
	}{
		{"with the copy of an approved request", "approved_it", func(o *office) file { return annex(o, submission()) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			form := test.form(o)
			o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{form}}))
			if test.letter == "approved_it" {
				o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob."))
			}
			got := o.mailTo(it, test.letter).Attachments
			if len(got) != 1 || !bytes.Equal(got[0].Data, form.data) {
				t.Errorf("%d attachments, want the form as it was sent", len(got))
			}
		})
	}
}

func TestSitesOfOnePartnerHaveDifferentAddresses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := map[string]bool{}
	for _, info := range []string{"Rapoarte", "Dosare", "Planuri", "Bugete"} {
		s := submission()
		s.InfoTypes = info
		got := o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, s)}}))
		ids[o.request(got.Request).Plan.Site.ID] = true
	}
	if len(ids) != 4 {
		t.Errorf("site IDs: %v", ids)
	}
}

func TestSecondRequestForTheSameSiteIsReturned(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, _ := o.asked()
	again := submission()
	again.Partner, again.InfoTypes = strings.ToUpper(again.Partner), again.InfoTypes+"."
	got := o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, again)}}))
	o.is(got.Request, intake.StatusReturned)
	back := o.mailTo(economist, "returned")
	o.says(back, o.request(first).Number.String(), "există deja")
	if len(back.Attachments) != 1 {
		t.Fatalf("%d attachments", len(back.Attachments))
	}
}

func TestMailsWithoutAForm(t *testing.T) {
	tests := []struct {
		name     string
		letter   letter
		unproven bool
		fate     intake.Fate
		sent     []string
		says     string
	}{
		{"the word formular brings the blank forms", letter{from: economist, subject: "ceva", text: "formular"}, false,
			intake.FateAnswered, []string{"blank_forms ion.popescu"}, ""},
		{"the word formular in the subject brings them too", letter{from: economist, subject: "Formular"}, false,
			intake.FateAnswered, []string{"blank_forms ion.popescu"}, ""},
		{"nothing attached brings the blank forms", letter{from: economist, subject: "Cerere", text: "Vreau un site."}, false,
			intake.FateAnswered, []string{"blank_forms ion.popescu"}, ""},
		{"an unproven stranger gets nothing", letter{from: stranger, subject: "formular"}, true,
			intake.FateSetAside, []string{"set_aside it"}, ""},
		{"a PDF is no form", letter{from: economist, subject: "Cerere", files: []file{{"cerere.pdf", []byte("%PDF-1.4")}}}, false,
			intake.FateAnswered, []string{"cannot_read ion.popescu"}, "cerere.pdf"},
		{"a PDF of an unproven stranger is set aside", letter{from: stranger, subject: "Cerere", files: []file{{"cerere.pdf", []byte("%PDF-1.4")}}}, true,
			intake.FateSetAside, []string{"set_aside it"}, ""},
		{"a PDF without one sender is set aside", letter{fromField: []string{}, subject: "Cerere", files: []file{{"cerere.pdf", []byte("%PDF-1.4")}}}, false,
			intake.FateSetAside, []string{"set_aside it"}, ""},
		{"an old workbook is named as such", letter{from: economist, subject: "Cerere", files: []file{{"cerere.xls", append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 2000)...)}}}, false,
			intake.FateAnswered, []string{"cannot_read ion.popescu"}, "cerere.xls"},
		{"an absence note is not answered", letter{from: economist, subject: "formular", headers: []string{"Auto-Submitted: auto-generated"}}, false,
			intake.FateAutomatic, nil, ""},
		{"a mail of nobody is set aside", letter{fromField: []string{}, subject: "formular"}, false,
			intake.FateSetAside, []string{"set_aside it"}, ""},
		{"a stray answer of somebody who is no approver is set aside", letter{from: economist, subject: "Re: nr. 1/23.11.2026", text: "Aprob.", headers: []string{"In-Reply-To: <x@y.test>"}}, false,
			intake.FateSetAside, []string{"set_aside it"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.asked()
			if test.unproven {
				o.thinks(test.letter.from, unproven)
			}
			got := o.handle(o.write(test.letter))
			if got.Fate != test.fate {
				t.Errorf("the mail is %+v, want %s", got, test.fate)
			}
			o.wantSent(test.sent...)
			if n := o.count(`SELECT COUNT(*) FROM requests`); n != 1 {
				t.Errorf("%d requests", n)
			}
			if test.says != "" {
				kind, _, _ := strings.Cut(test.sent[0], " ")
				o.says(o.mailTo(economist, kind), test.says)
			}
		})
	}
}

func TestOversizedMail(t *testing.T) {
	for _, test := range []struct {
		name string
		raw  func(o *office) []byte
		sent []string
	}{
		{"of a known person is refused in words", func(o *office) []byte {
			return o.write(letter{from: economist, subject: "Cerere", text: "cu poze"})
		}, []string{"set_aside it", "too_large ion.popescu"}},
		{"of which the server gives nothing is set aside", func(*office) []byte { return nil }, []string{"set_aside it"}},
		{"of a machine is ignored", func(o *office) []byte {
			return o.write(letter{from: economist, subject: "Cerere", headers: []string{"Auto-Submitted: auto-generated"}})
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.must(o.desk.Receive(t.Context(), []intake.IncomingMail{{
				Ref: intake.MailRef{Mailbox: "INBOX", UIDValidity: 1, UID: 1}, Raw: test.raw(o), Size: 5 << 20, Oversized: true, ReceivedAt: o.clock.Now(),
			}}))
			o.run()
			if got := o.fate(1).Fate; (got == intake.FateSetAside) != (test.sent != nil) {
				t.Errorf("the mail is %s", got)
			}
			o.wantSent(test.sent...)
		})
	}
}

func TestMendedFormReachesTheApproverWithoutOldMarks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, back := o.returned()
	// The head of department mends the returned workbook itself.
	book, err := excelize.OpenReader(bytes.NewReader(back.Attachments[0].Data))
	o.must(err)
	reading, err := forms.Read(back.Attachments[0].Data, o.desk.Rules())
	o.must(err)
	o.must(book.SetCellValue(reading.Sheet, reading.Cells["legal_basis"], submission().LegalBasis))
	var mended bytes.Buffer
	o.must(book.Write(&mended))
	o.handle(o.write(letter{from: economist, subject: "Re: " + back.Subject, answers: back, files: []file{{"Anexa 1.xlsx", mended.Bytes()}}}))
	shown := o.mailTo(mayor, "approval").Attachments[0].Data
	clean, err := forms.Unmark(shown)
	o.must(err)
	if !bytes.Equal(clean, shown) {
		t.Error("the form that the approver gets bears marks")
	}
	again, err := forms.Unmark(mended.Bytes())
	o.must(err)
	if bytes.Equal(again, mended.Bytes()) {
		t.Error("the mended form bore no marks: this test shows nothing")
	}
}
