package intake_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// corrected is the form with another day, one user more and one less.
func corrected() forms.Submission {
	s := submission()
	s.ActivationDate.Day++
	s.PartnerUsers = []forms.User{s.PartnerUsers[1], {Name: "Radu Stan", Email: "radu.stan@spital.test", Rights: forms.RightRead}}
	s.InternalUsers[1].Rights |= forms.RightWrite
	return s
}

// corrects has the economist answer one of the desk's mails with a form.
func (o *office) corrects(m *intake.Message, s forms.Submission) settled {
	o.Helper()
	return o.handle(o.write(letter{from: economist, answers: m, text: "Am corectat formularul.", files: []file{annex(o, s)}}))
}

func TestCorrectedFormAsksTheApproversAnew(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, old := o.asked()
	if got := o.corrects(o.mailTo(economist, "registered"), corrected()); got.Fate != intake.FateRegistered || got.Request != id {
		t.Fatalf("the corrected form is %+v", got)
	}
	o.wantSent("approval primar", "registered ion.popescu")
	o.is(id, intake.StatusAwaitingApproval)
	question := o.mailTo(mayor, "approval")
	changes := []string{"Radu Stan, radu.stan@spital.test: acces nou, doar citire.", "Marin Ionescu, " + marin + ": nu mai primește acces (în cererea dinainte: doar citire).",
		"Dan Oprea, " + dan + ": citire și scriere (în cererea dinainte: doar citire).", "Data activării: marți, 24 noiembrie 2026 (în cererea dinainte: luni, 23 noiembrie 2026)."}
	o.says(question, changes...)
	o.says(o.mailTo(economist, "registered"), changes...)
	if !slices.ContainsFunc(question.References, func(id string) bool { return slices.Contains(old.References, id) }) {
		t.Errorf("the threads of the questions are %v and %v", old.References, question.References)
	}
	if len(question.Attachments) != 1 || string(question.Attachments[0].Data) != string(annex(o, corrected()).data) {
		t.Error("the corrected workbook is not attached")
	}

	// The old question is void, the new one decides.
	if got := o.handle(o.answer(mayor, old, "Aprob")); got.Fate != intake.FateAnswered {
		t.Errorf("the answer to the old question is %+v", got)
	}
	o.wantSent("question_closed primar")
	o.says(o.mailTo(mayor, "question_closed"), "cererea a fost schimbată între timp")
	o.is(id, intake.StatusAwaitingApproval)
	o.handle(o.answer(mayor, question, "Aprob"))
	o.is(id, intake.StatusScheduled)
	o.pass(24 * time.Hour)
	o.is(id, intake.StatusActive)
	o.granted(id)
	if slices.ContainsFunc(o.portal.members["spitalul-judetean"], func(m intake.Member) bool { return m.Address == marin }) {
		t.Error("who was taken out of the form got access")
	}
	if n := o.count(`SELECT COUNT(*) FROM requests`); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestCorrectedFormOfAskedRequest(t *testing.T) {
	problem := corrected()
	problem.LegalBasis = ""
	other := corrected()
	other.Partner, other.InfoTypes, other.PartnerUsers = "Muzeul Județean", "Inventare", []forms.User{{Name: "Ana Pop", Email: "ana@muzeu.test"}}
	typo := corrected()
	typo.Partner = "Spitalul Județean de Urgență"
	tests := []struct {
		name   string
		mail   func(o *office, m *intake.Message) []byte
		fate   intake.Fate
		status intake.Status
		voided bool
		sent   []string
	}{
		{"with the number in the subject is taken", func(o *office, m *intake.Message) []byte {
			return o.write(letter{from: economist, subject: "Corectură la nr. 1/23.11.2026", files: []file{annex(o, corrected())}})
		}, intake.FateRegistered, intake.StatusAwaitingApproval, true, []string{"approval primar", "registered ion.popescu"}},
		{"with another name of the partner is taken", func(o *office, m *intake.Message) []byte {
			return o.write(letter{from: economist, answers: m, files: []file{annex(o, typo)}})
		}, intake.FateRegistered, intake.StatusAwaitingApproval, true, []string{"approval primar", "registered ion.popescu"}},
		{"that has problems goes back, and the mayor is told", func(o *office, m *intake.Message) []byte {
			return o.write(letter{from: economist, answers: m, files: []file{annex(o, problem)}})
		}, intake.FateRegistered, intake.StatusReturned, true, []string{"question_withdrawn primar", "returned ion.popescu"}},
		{"that says the same changes nothing", func(o *office, m *intake.Message) []byte {
			return o.write(letter{from: economist, answers: m, files: []file{annex(o, submission())}})
		}, intake.FateAnswered, intake.StatusAwaitingApproval, false, []string{"correction_not_taken ion.popescu"}},
		{"of another head of department is another request", func(o *office, m *intake.Message) []byte {
			s := other
			s.Department = "Direcția Tehnică"
			return o.write(letter{from: engineer, answers: m, files: []file{annex(o, s)}})
		}, intake.FateRegistered, intake.StatusAwaitingApproval, false, []string{"approval primar", "registered gabriela.dumitru"}},
		{"that has nothing in common with it is another request", func(o *office, m *intake.Message) []byte {
			return o.write(letter{from: economist, answers: m, files: []file{annex(o, other)}})
		}, intake.FateRegistered, intake.StatusAwaitingApproval, false, []string{"approval primar", "registered ion.popescu"}},
		{"that is said to be a new request is one", func(o *office, m *intake.Message) []byte {
			s := corrected()
			s.InfoTypes = "Inventare"
			return o.write(letter{from: economist, answers: m, text: "Este o cerere nouă.", files: []file{annex(o, s)}})
		}, intake.FateRegistered, intake.StatusAwaitingApproval, false, []string{"approval primar", "registered ion.popescu"}},
		{"with a second form in the same mail is not guessed at", func(o *office, m *intake.Message) []byte {
			two := annex(o, other)
			two.name = "Anexa 2.xlsx"
			return o.write(letter{from: economist, answers: m, files: []file{annex(o, corrected()), two}})
		}, intake.FateRegistered, intake.StatusAwaitingApproval, false, []string{"approval primar", "registered ion.popescu", "returned ion.popescu"}},
		{"with its number in the subject, not proven, is returned as a second request", func(o *office, m *intake.Message) []byte {
			o.thinks(economist, unproven)
			return o.write(letter{from: economist, subject: "Corectură la nr. 1/23.11.2026", files: []file{annex(o, corrected())}})
		}, intake.FateRegistered, intake.StatusAwaitingApproval, false, []string{"returned ion.popescu"}},
		{"that nothing proves waits to be confirmed", func(o *office, m *intake.Message) []byte {
			o.thinks(economist, unproven)
			return o.write(letter{from: economist, answers: m, files: []file{annex(o, corrected())}})
		}, intake.FateRegistered, intake.StatusAwaitingApproval, false, []string{"confirm_request ion.popescu"}},
		{"that is forged waits to be confirmed", func(o *office, m *intake.Message) []byte {
			o.thinks(economist, refuted)
			return o.write(letter{from: economist, answers: m, files: []file{annex(o, problem)}})
		}, intake.FateRegistered, intake.StatusAwaitingApproval, false, []string{"confirm_request ion.popescu"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, question := o.asked()
			got := o.handle(test.mail(o, o.mailTo(economist, "registered")))
			if got.Fate != test.fate {
				t.Errorf("the mail is %+v, want %s", got, test.fate)
			}
			o.wantSent(test.sent...)
			o.is(id, test.status)
			fate, sent := intake.FateDecided, 0
			if test.voided {
				fate, sent = intake.FateAnswered, 1
			}
			if got := o.handle(o.answer(mayor, question, "Aprob")); got.Fate != fate {
				t.Errorf("the answer to the first question is %+v, want %s", got, fate)
			}
			closed := 0
			for _, mail := range o.sent() {
				if mail == "question_closed primar" {
					closed++
				}
			}
			if closed != sent {
				t.Errorf("the mayor was told %d times that the question is closed, want %d", closed, sent)
			}
			if decided := o.request(id).Decision != nil; decided == test.voided {
				t.Errorf("decided by the first question: %v", decided)
			}
		})
	}
}

func TestCorrectedFormThatIsReturnedAndMendedSaysWhatChangedSinceTheQuestion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, _ := o.asked()
	problem := corrected()
	problem.LegalBasis = ""
	o.corrects(o.mailTo(economist, "registered"), problem)
	o.wantSent("question_withdrawn primar", "returned ion.popescu")
	o.says(o.mailTo(mayor, "question_withdrawn"), "retrasă deocamdată")
	o.corrects(o.mailTo(economist, "returned"), corrected())
	o.wantSent("approval primar", "registered ion.popescu")
	o.is(id, intake.StatusAwaitingApproval)
	o.says(o.mailTo(mayor, "approval"), "Radu Stan, radu.stan@spital.test: acces nou", "Marin Ionescu, "+marin+": nu mai primește acces")
}

func TestFormThatIsCorrectedBackIsAskedAnewAllTheSame(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Rule = intake.AllApprove
	id, first := o.asked()
	o.handle(o.answer(mayor, first, "Aprob"))
	o.wantSent("approval viceprimar")
	o.corrects(o.mailTo(economist, "registered"), corrected())
	o.wantSent("approval primar", "question_withdrawn viceprimar", "registered ion.popescu")
	o.corrects(o.mailTo(economist, "registered"), submission())
	o.wantSent("approval primar", "registered ion.popescu")
	// What the mayor approved the first time does not count, though the plan is the same again.
	o.handle(o.answer(mayor, first, "Aprob"))
	o.wantSent("question_closed primar")
	o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob"))
	o.is(id, intake.StatusAwaitingApproval)
	o.wantSent("approval viceprimar")
	o.handle(o.answer(viceMayor, o.mailTo(viceMayor, "approval"), "Aprob"))
	o.is(id, intake.StatusActive)
	o.granted(id)
}

func TestWhoWasAskedAndIsNotAskedNowIsTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Waiting = intake.Waiting{Next: 2}
	_, _ = o.asked()
	o.pass(3 * 24 * time.Hour)
	o.wantSent("approval viceprimar")
	o.pass(time.Minute)
	o.corrects(o.mailTo(economist, "registered"), corrected2(3))
	o.wantSent("approval primar", "question_withdrawn viceprimar", "registered ion.popescu")
	o.says(o.mailTo(viceMayor, "question_withdrawn"), "trimisă din nou spre aprobare altcuiva")
	// The waiting begins anew, on a Thursday.
	o.pass(3 * 24 * time.Hour)
	o.wantSent()
	o.pass(24 * time.Hour)
	o.wantSent("approval viceprimar")
}

// corrected2 is the corrected form for a day that comes so many days later.
func corrected2(days int) forms.Submission {
	s := corrected()
	s.ActivationDate.Day += days
	return s
}

func TestOfferOfAnEarlierPlanCountsNoMore(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, _, offer := o.offered("fără drept de scriere pentru Elena Dobre")
	o.corrects(o.mailTo(economist, "registered"), corrected())
	o.wantSent("approval primar", "registered ion.popescu")
	if got := o.handle(o.answer(mayor, offer, "Aprob")); got.Fate != intake.FateAnswered {
		t.Errorf("the answer to the offer is %+v", got)
	}
	o.wantSent("question_closed primar")
	o.is(id, intake.StatusAwaitingApproval)
}

func TestCorrectedFormOfAnUnprovenSender(t *testing.T) {
	problem := corrected()
	problem.LegalBasis = ""
	tests := []struct {
		name   string
		form   forms.Submission
		answer func(o *office, q *intake.Message) []byte
		fate   intake.Fate
		status intake.Status
		sent   []string
		voided bool
	}{
		{"is taken when they confirm it", corrected(), func(o *office, q *intake.Message) []byte { return o.answer(economist, q, "CONFIRM") },
			intake.FateDecided, intake.StatusAwaitingApproval, []string{"approval primar", "registered ion.popescu"}, true},
		{"is taken when they confirm it and send it along", corrected(), func(o *office, q *intake.Message) []byte {
			return o.write(letter{from: economist, answers: q, text: "Confirm.", files: []file{annex(o, corrected())}})
		}, intake.FateDecided, intake.StatusAwaitingApproval, []string{"approval primar", "registered ion.popescu"}, true},
		{"goes back when they confirm it and it has problems", problem, func(o *office, q *intake.Message) []byte { return o.answer(economist, q, "CONFIRM") },
			intake.FateDecided, intake.StatusReturned, []string{"returned ion.popescu", "question_withdrawn primar"}, true},
		{"is dropped when they deny it", corrected(), func(o *office, q *intake.Message) []byte { return o.answer(economist, q, "NU") },
			intake.FateDecided, intake.StatusAwaitingApproval, []string{"disowned it"}, false},
		{"is asked for again when they say something else", corrected(), func(o *office, q *intake.Message) []byte { return o.answer(economist, q, "Vă salut!") },
			intake.FateAnswered, intake.StatusAwaitingApproval, []string{"confirm_request ion.popescu"}, false},
		{"waits when somebody else confirms", corrected(), func(o *office, q *intake.Message) []byte { return o.answer(engineer, q, "CONFIRM") },
			intake.FateSetAside, intake.StatusAwaitingApproval, []string{"set_aside it"}, false},
		{"waits when the confirmation is forged", corrected(), func(o *office, q *intake.Message) []byte {
			o.thinks(economist, refuted)
			return o.answer(economist, q, "CONFIRM")
		}, intake.FateSetAside, intake.StatusAwaitingApproval, []string{"set_aside it"}, false},
		{"waits when they confirm too late", corrected(), func(o *office, q *intake.Message) []byte {
			o.clock.pass(o.desk.Policy.TokenLife + time.Second)
			return o.answer(economist, q, "CONFIRM")
		}, intake.FateSetAside, intake.StatusAwaitingApproval, []string{"set_aside it"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, question := o.asked()
			hash := o.request(id).PlanHash
			o.thinks(economist, unproven)
			o.corrects(o.mailTo(economist, "registered"), test.form)
			o.wantSent("confirm_request ion.popescu")
			q := o.mailTo(economist, "confirm_request")
			o.says(q, "Până atunci cererea rămâne spre aprobare așa cum era", "Radu Stan, radu.stan@spital.test: acces nou")
			if r := o.request(id); r.PlanHash != hash || r.Proven == "" || r.Submission.ActivationDate != today {
				t.Fatalf("the request is %+v before the confirmation", r)
			}
			if got := o.handle(test.answer(o, q)); got.Fate != test.fate || got.Request != id {
				t.Errorf("the answer is %+v, want %s", got, test.fate)
			}
			o.wantSent(test.sent...)
			o.is(id, test.status)
			if r := o.request(id); (r.PlanHash != hash) != test.voided || test.voided && r.Proven != "confirmation" {
				t.Errorf("voided: %v, want %v; proven by %q", r.PlanHash != hash, test.voided, r.Proven)
			}
			// A second confirmation has nothing to confirm.
			o.thinks(economist, unproven)
			if test.fate == intake.FateDecided {
				if got := o.handle(o.answer(economist, q, "CONFIRM")); got.Fate != intake.FateSetAside {
					t.Errorf("the second answer is %+v", got)
				}
			}
			if !test.voided && o.clock.Now().Sub(o.request(id).CreatedAt) < time.Hour {
				o.handle(o.answer(mayor, question, "Aprob"))
				o.is(id, intake.StatusActive)
			}
		})
	}
}

func TestCorrectedFormThatIsConfirmedAfterTheDecisionComesTooLate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s := submission()
	s.ActivationDate.Day++
	id, question := o.askedFor(s)
	o.thinks(economist, unproven)
	o.corrects(o.mailTo(economist, "registered"), corrected())
	q := o.mailTo(economist, "confirm_request")
	o.handle(o.answer(mayor, question, "Aprob"))
	o.is(id, intake.StatusScheduled)
	o.sent()
	if got := o.handle(o.answer(economist, q, "CONFIRM")); got.Fate != intake.FateAnswered {
		t.Errorf("the confirmation is %+v", got)
	}
	o.wantSent("correction_not_taken ion.popescu")
	o.is(id, intake.StatusScheduled)
}

func TestCorrectedFormIsConfirmedWhileOneOfTwoHasApproved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Rule = intake.AllApprove
	id, question := o.asked()
	o.thinks(economist, unproven)
	o.corrects(o.mailTo(economist, "registered"), corrected())
	q := o.mailTo(economist, "confirm_request")
	o.handle(o.answer(mayor, question, "Aprob"))
	o.wantSent("confirm_request ion.popescu", "approval viceprimar")
	o.handle(o.answer(economist, q, "CONFIRM"))
	o.wantSent("approval primar", "question_withdrawn viceprimar", "registered ion.popescu")
	o.is(id, intake.StatusAwaitingApproval)
}

func TestCorrectedFormAfterTheDecisionChangesNothingAndSaysWhatToDo(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(o *office) (id int64)
		status  intake.Status
		says    string
	}{
		{"scheduled", func(o *office) int64 {
			s := submission()
			s.ActivationDate.Day++
			id, question := o.askedFor(s)
			o.handle(o.answer(mayor, question, "Aprob"))
			return id
		}, intake.StatusScheduled, "răspundeți la acest mesaj cu retrag"},
		{"provisioning", func(o *office) int64 {
			o.portal.before = failFor("site")
			id := o.approve()
			o.work()
			return id
		}, intake.StatusProvisioning, "așteptați deschiderea site-ului"},
		{"stuck", func(o *office) int64 {
			o.portal.extra = []intake.Member{{Address: stranger, Rights: forms.RightRead}}
			id := o.approve()
			o.work()
			return id
		}, intake.StatusStuck, "așteptați deschiderea site-ului"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := test.prepare(o)
			o.is(id, test.status)
			o.sent()
			plan := o.request(id).PlanHash
			if got := o.corrects(o.mailTo(economist, "registered"), corrected()); got.Fate != intake.FateAnswered || got.Request != id {
				t.Errorf("the form is %+v", got)
			}
			o.wantSent("correction_not_taken ion.popescu")
			o.says(o.mailTo(economist, "correction_not_taken"), test.says)
			o.is(id, test.status)
			if r := o.request(id); r.PlanHash != plan {
				t.Error("the plan changed")
			}
		})
	}
}

func TestCorrectedFormTwiceInDifferentMailsIsAskedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.asked()
	mail := o.write(letter{from: economist, answers: o.mailTo(economist, "registered"), files: []file{annex(o, corrected())}})
	o.handle(mail)
	o.wantSent("approval primar", "registered ion.popescu")
	o.handle(mail) // the same bytes
	o.wantSent()
	o.handle([]byte(strings.Replace(string(mail), "Subject:", "X-Copy: 1\r\nSubject:", 1)))
	o.wantSent("correction_not_taken ion.popescu")
	if n := o.happened(intake.EventCorrected); n != 1 {
		t.Errorf("corrected %d times", n)
	}
}

func TestTheSameFormAgainChangesNothingAlsoWhenItsDayHasPassed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, question := o.asked()
	registered := o.mailTo(economist, "registered")
	o.pass(24 * time.Hour)
	o.corrects(registered, submission())
	o.wantSent("correction_not_taken ion.popescu")
	o.handle(o.answer(mayor, question, "Aprob"))
	o.is(id, intake.StatusActive)
}
