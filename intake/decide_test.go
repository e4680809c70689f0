package intake_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/trust"
)

// tokenOf is the token in a question's identifier.
func tokenOf(o *office, question *intake.Message) string {
	o.Helper()
	tokens := trust.FindTokens([]string{question.MessageID}, nil)
	if len(tokens) != 1 {
		o.Fatalf("%d tokens in %s", len(tokens), question.MessageID)
	}
	return tokens[0]
}

func TestAnswerThatIsNoDecisionChangesNothing(t *testing.T) {
	tests := []struct {
		name string
		// mail makes the answer to the question that the mayor got
		mail   func(o *office, question *intake.Message) []byte
		fate   intake.Fate
		sent   []string
		event  intake.EventKind // that tells of it; empty: none but the mails
		mayor  []string         // what the mayor is told, in the ask_again
		status intake.Status    // empty: awaiting_approval
	}{
		{
			name: "T1: an answer without the token, quoting the number",
			mail: func(o *office, q *intake.Message) []byte {
				return o.write(letter{from: mayor, subject: q.Subject, text: "Aprob.", headers: []string{"In-Reply-To: <x@other.test>"}})
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar"}, event: intake.EventAskedAgain,
			mayor: []string{"nu era un răspuns direct la întrebarea noastră"},
		},
		{
			name: "T1: an answer with a token that nobody made",
			mail: func(o *office, q *intake.Message) []byte {
				token := strings.Repeat("a", 32)
				return o.write(letter{from: mayor, subject: q.Subject, text: "Aprob.", to: trust.PlusAddress(deskAddress, token),
					headers: []string{"In-Reply-To: <" + trust.MessageID(token, "primaria.test") + ">"}})
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar"}, event: intake.EventAskedAgain,
		},
		{
			name: "T1: an answer with all but one letter of the token",
			mail: func(o *office, q *intake.Message) []byte {
				token := []byte(tokenOf(o, q))
				token[0] = 'a' + (token[0]-'a'+1)%26
				return o.write(letter{from: mayor, subject: q.Subject, text: "Aprob.", to: trust.PlusAddress(deskAddress, string(token))})
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar"}, event: intake.EventAskedAgain,
		},
		{
			name: "T1: an answer to another mail of the desk about the same request",
			mail: func(o *office, q *intake.Message) []byte {
				return o.answer(mayor, o.mailTo(economist, "registered"), "Aprob.")
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar"}, event: intake.EventAskedAgain,
		},
		{
			name: "T1: a new mail without token or number gets the blank forms",
			mail: func(o *office, q *intake.Message) []byte {
				return o.write(letter{from: mayor, subject: "Site", text: "Aprob."})
			},
			fate: intake.FateAnswered, sent: []string{"blank_forms primar"},
		},
		{
			name: "T2: another person with the token",
			mail: func(o *office, q *intake.Message) []byte { return o.answer(secretary, q, "Aprob.") },
			fate: intake.FateAnswered, sent: []string{"ask_again primar", "suspect it"}, event: intake.EventRefused,
			mayor: []string{secretary, "nu am schimbat nimic"},
		},
		{
			name: "T2: another approver with the token",
			mail: func(o *office, q *intake.Message) []byte { return o.answer(viceMayor, q, "Aprob.") },
			fate: intake.FateAnswered, sent: []string{"ask_again primar", "suspect it"}, event: intake.EventRefused,
		},
		{
			name: "T2: the approver's address only as a display name",
			mail: func(o *office, q *intake.Message) []byte {
				return o.write(letter{fromField: []string{`"` + mayor + `" <` + stranger + `>`}, answers: q, text: "Aprob."})
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar", "suspect it"}, event: intake.EventRefused,
		},
		{
			name: "T2: two From fields, the approver's first",
			mail: func(o *office, q *intake.Message) []byte {
				return o.write(letter{fromField: []string{"<" + mayor + ">", "<" + stranger + ">"}, answers: q, text: "Aprob."})
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar", "suspect it"}, event: intake.EventRefused,
		},
		{
			name: "T2: two From fields that are the same",
			mail: func(o *office, q *intake.Message) []byte {
				return o.write(letter{fromField: []string{"<" + mayor + ">", "<" + mayor + ">"}, answers: q, text: "Aprob."})
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar", "suspect it"}, event: intake.EventRefused,
		},
		{
			name: "T2: two addresses in one From field",
			mail: func(o *office, q *intake.Message) []byte {
				return o.write(letter{fromField: []string{"<" + mayor + ">, <" + stranger + ">"}, answers: q, text: "Aprob."})
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar", "suspect it"}, event: intake.EventRefused,
		},
		{
			name: "T2: no From field",
			mail: func(o *office, q *intake.Message) []byte {
				return o.write(letter{fromField: []string{}, answers: q, text: "Aprob."})
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar", "suspect it"}, event: intake.EventRefused,
		},
		{
			name: "T3: the mail server says that the sender is forged",
			mail: func(o *office, q *intake.Message) []byte {
				o.thinks(mayor, refuted)
				return o.answer(mayor, q, "Aprob.")
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar", "suspect it"}, event: intake.EventRefused,
		},
		{
			name: "T3: a forged sender without the token is an attempt all the same",
			mail: func(o *office, q *intake.Message) []byte {
				o.thinks(mayor, refuted)
				return o.write(letter{from: mayor, subject: q.Subject, text: "Aprob.", headers: []string{"In-Reply-To: <x@other.test>"}})
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar", "suspect it"}, event: intake.EventRefused,
		},
		{
			name: "T3: an answer of which nothing proves the sender starts the confirmation round",
			mail: func(o *office, q *intake.Message) []byte {
				o.thinks(mayor, unproven)
				return o.answer(mayor, q, "Aprob.")
			},
			fate: intake.FateAnswered, sent: []string{"confirm_decision primar"}, event: intake.EventConfirmAsk,
		},
		{
			name: "T3: an unclear answer of which nothing proves the sender is asked again, not confirmed",
			mail: func(o *office, q *intake.Message) []byte {
				o.thinks(mayor, unproven)
				return o.answer(mayor, q, "Mai vorbim.")
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar"}, event: intake.EventAskedAgain,
		},
		{
			name: "T3: an answer signed before the question was asked",
			mail: func(o *office, q *intake.Message) []byte {
				origin := proven
				origin.SignedAt = o.clock.Now().Add(-11 * time.Minute)
				o.thinks(mayor, origin)
				return o.answer(mayor, q, "Aprob.")
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar", "suspect it"}, event: intake.EventRefused,
		},
		{
			name: "T4: an absence note that says Aprob",
			mail: func(o *office, q *intake.Message) []byte {
				return o.write(letter{from: mayor, answers: q, text: "Aprob.", headers: []string{"Auto-Submitted: auto-replied"}})
			},
			fate: intake.FateAutomatic,
		},
		{
			name: "T4: a mail of a list that says Aprob",
			mail: func(o *office, q *intake.Message) []byte {
				return o.write(letter{from: mayor, answers: q, text: "Aprob.", headers: []string{"List-Id: <toti.primaria.test>"}})
			},
			fate: intake.FateAutomatic,
		},
		{
			name: "T4: an answer after the token's life",
			mail: func(o *office, q *intake.Message) []byte {
				o.clock.pass(o.desk.Policy.TokenLife + time.Second)
				return o.answer(mayor, q, "Aprob.")
			},
			fate: intake.FateAnswered, sent: []string{"question_closed primar"},
		},
		{
			name: "T1: an answer with a spent token",
			mail: func(o *office, q *intake.Message) []byte {
				o.must(o.store.Transact(o.Context(), func(tx intake.Tx) error { return tx.SpendTokens(1, o.clock.Now()) }))
				return o.answer(mayor, q, "Aprob.")
			},
			fate: intake.FateAnswered, sent: []string{"question_closed primar"},
		},
		{
			name: "T6: an answer about a plan that was changed since",
			mail: func(o *office, q *intake.Message) []byte {
				r := o.request(1)
				r.Plan.Members[0].Rights |= forms.RightDelete
				var err error
				r.PlanHash, err = intake.HashPlan(r.Submission, r.Plan)
				o.must(err)
				o.must(o.store.Transact(o.Context(), func(tx intake.Tx) error { return tx.UpdateRequest(r) }))
				return o.answer(mayor, q, "Aprob.")
			},
			fate: intake.FateAnswered, sent: []string{"question_closed primar"},
		},
		{
			name: "T5: an unclear answer is shown to the mayor again",
			mail: func(o *office, q *intake.Message) []byte { return o.answer(mayor, q, "Mai vorbim mâine.") },
			fate: intake.FateAnswered, sent: []string{"ask_again primar"}, event: intake.EventAskedAgain,
			mayor: []string{"Mai vorbim mâine.", "Nu am putut înțelege cu siguranță"},
		},
		{
			name: "T5: an approval with a condition",
			mail: func(o *office, q *intake.Message) []byte {
				return o.answer(mayor, q, "Aprob, dar numai după semnarea protocolului.")
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar"}, event: intake.EventAskedAgain,
			mayor: []string{"dar cu o condiție"},
		},
		{
			name: "T5: an approval with a condition that could be met",
			mail: func(o *office, q *intake.Message) []byte {
				return o.answer(mayor, q, "Aprob, dar fără drept de ștergere pentru Carmen Vlad.")
			},
			fate: intake.FateAnswered, sent: []string{"offer primar"}, event: intake.EventOffered,
		},
		{
			name: "T5: a weak yes",
			mail: func(o *office, q *intake.Message) []byte { return o.answer(mayor, q, "Ok.") },
			fate: intake.FateAnswered, sent: []string{"ask_again primar"}, event: intake.EventAskedAgain,
			mayor: []string{"ați putea fi de acord"},
		},
		{
			name: "T5: an approval of another request's number",
			mail: func(o *office, q *intake.Message) []byte {
				return o.answer(mayor, q, "Aprob cererea nr. 77/23.11.2026.")
			},
			fate: intake.FateAnswered, sent: []string{"ask_again primar"}, event: intake.EventAskedAgain,
		},
		{
			name: "R1: nothing but the quoted question",
			mail: func(o *office, q *intake.Message) []byte { return o.answer(mayor, q, "") },
			fate: intake.FateAnswered, sent: []string{"ask_again primar"}, event: intake.EventAskedAgain,
			mayor: []string{"nu am găsit în el un răspuns"},
		},
		{
			name: "an approver who is one no more",
			mail: func(o *office, q *intake.Message) []byte {
				o.desk.Directory.Approvers = o.desk.Directory.Approvers[1:]
				return o.answer(mayor, q, "Aprob.")
			},
			fate: intake.FateSetAside, sent: []string{"set_aside it"}, event: intake.EventSetAside,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, question := o.asked()
			before := o.count(`SELECT COUNT(*) FROM events`)
			got := o.handle(test.mail(o, question))
			if got.Fate != test.fate {
				t.Errorf("the mail is %+v, want %s", got, test.fate)
			}
			o.wantSent(test.sent...)
			o.is(id, intake.StatusAwaitingApproval)
			if r := o.request(id); r.Decision != nil {
				t.Errorf("decided: %+v", r.Decision)
			}
			if n := len(o.portal.calls); n != 0 {
				t.Errorf("the portal was called %d times", n)
			}
			switch {
			case test.event != "" && o.happened(test.event) == 0:
				t.Errorf("no event %s", test.event)
			case test.event == "" && o.count(`SELECT COUNT(*) FROM events WHERE kind <> 'notice_sent'`) > before:
				t.Errorf("%d events, want as many as before: %d", o.count(`SELECT COUNT(*) FROM events`), before)
			}
			if test.mayor != nil {
				o.says(o.mailTo(mayor, "ask_again"), test.mayor...)
			}
		})
	}
}

func TestSuspectAnswerIsNeverAnsweredToItsSender(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, question := o.asked()
	o.thinks(stranger, unproven)
	o.handle(o.answer(stranger, question, "Aprob."))
	o.handle(o.write(letter{fromField: []string{"<" + mayor + ">", "<" + stranger + ">"}, answers: question, text: "Aprob."}))
	for _, d := range o.post.delivered {
		if d.to == stranger {
			t.Errorf("a mail %s to %s", o.kind(d.raw), d.to)
		}
	}
	o.says(o.mailTo(it, "suspect"), mayor)
}

func TestMayorWhoIsAskedAgainCanAnswerEitherQuestion(t *testing.T) {
	for _, kind := range []string{"approval", "ask_again"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, question := o.asked()
			o.handle(o.answer(mayor, question, "Mai vorbim mâine."))
			o.handle(o.answer(mayor, o.mailTo(mayor, kind), "Aprob."))
			o.is(id, intake.StatusActive)
		})
	}
}

func TestAnswerThatDecides(t *testing.T) {
	tests := []struct {
		name    string
		mail    func(o *office, question *intake.Message) []byte
		verdict intake.Verdict
		reason  string
	}{
		{"with the token in In-Reply-To and the plus-address", func(o *office, q *intake.Message) []byte {
			return o.answer(mayor, q, "Aprob.")
		}, intake.Approve, ""},
		{"with the form sent along, as some mail programs do", func(o *office, q *intake.Message) []byte {
			return o.write(letter{from: mayor, answers: q, text: "Aprob.", files: []file{annex(o, submission())}})
		}, intake.Approve, ""},
		{"with the token only in the plus-address", func(o *office, q *intake.Message) []byte {
			return o.write(letter{from: mayor, to: q.ReplyTo[0].Address, subject: "site", text: "Aprob."})
		}, intake.Approve, ""},
		{"with the token in capitals", func(o *office, q *intake.Message) []byte {
			return o.write(letter{from: mayor, to: strings.ToUpper(q.ReplyTo[0].Address), subject: "site", text: "Aprob."})
		}, intake.Approve, ""},
		{"with the token only in References", func(o *office, q *intake.Message) []byte {
			return o.write(letter{from: mayor, to: deskAddress, subject: "site", text: "Aprob.",
				headers: []string{"References: <first@x.test> <" + q.MessageID + "> <last@y.test>"}})
		}, intake.Approve, ""},
		{"from the address in other letters", func(o *office, q *intake.Message) []byte {
			return o.write(letter{fromField: []string{`"C. Popa" <Primar@Primaria.TEST>`}, answers: q, text: "Aprob."})
		}, intake.Approve, ""},
		{"with courtesy around it", func(o *office, q *intake.Message) []byte {
			return o.answer(mayor, q, "Bună ziua,\n\nAprob.\n\nCu stimă,\nConstantin Popa\nPrimar")
		}, intake.Approve, ""},
		{"in the last second of the token's life", func(o *office, q *intake.Message) []byte {
			o.clock.pass(o.desk.Policy.TokenLife)
			return o.answer(mayor, q, "Aprob.")
		}, intake.Approve, ""},
		{"signed by a clock that is a little behind", func(o *office, q *intake.Message) []byte {
			origin := proven
			origin.SignedAt = o.clock.Now().Add(-9 * time.Minute)
			o.thinks(mayor, origin)
			return o.answer(mayor, q, "Aprob.")
		}, intake.Approve, ""},
		{"that refuses and says why", func(o *office, q *intake.Message) []byte {
			return o.answer(mayor, q, "Resping, lipsește acordul spitalului.")
		}, intake.Reject, "lipsește acordul spitalului"},
		{"that refuses and says nothing else", func(o *office, q *intake.Message) []byte {
			return o.answer(mayor, q, "Resping.")
		}, intake.Reject, ""},
		{"that is weak, where the configuration takes it", func(o *office, q *intake.Message) []byte {
			o.desk.Policy.AcceptWeak = true
			return o.answer(mayor, q, "Ok.")
		}, intake.Approve, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, question := o.asked()
			got := o.handle(test.mail(o, question))
			if got.Fate != intake.FateDecided || got.Request != id {
				t.Fatalf("the mail is %+v", got)
			}
			r := o.request(id)
			if r.Decision == nil || r.Decision.Verdict != test.verdict {
				t.Fatalf("the decision is %+v", r.Decision)
			}
			if test.verdict == intake.Approve {
				o.is(id, intake.StatusActive)
				o.wantSent("approved_it it", "approved ion.popescu", "access_list ion.popescu",
					"access marin.ionescu", "access elena.dobre", "access carmen.vlad", "access dan.oprea")
				return
			}
			o.is(id, intake.StatusRejected)
			o.wantSent("rejected ion.popescu")
			if !strings.Contains(r.Decision.Reason, test.reason) || test.reason == "" && r.Decision.Reason != "" {
				t.Errorf("the reason is %q, want %q", r.Decision.Reason, test.reason)
			}
			o.says(o.mailTo(economist, "rejected"), test.reason)
			if len(o.portal.calls) != 0 {
				t.Errorf("the portal was called: %v", o.portal.calls)
			}
		})
	}
}

func TestDecisionRecordIsWhole(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, question := o.asked()
	shown := o.request(id)
	raw := o.answer(mayor, question, "Aprob.")
	o.clock.pass(time.Hour)
	o.handle(raw)
	sum := sha256.Sum256(raw)
	got := o.request(id).Decision
	if got.Rule == "" {
		t.Error("the rule is not recorded")
	}
	want := &intake.Decision{
		Verdict: intake.Approve, Approver: person("Constantin Popa", mayor), Title: "Primar",
		Mail: 2, MailHash: hex.EncodeToString(sum[:]), Evidence: "Aprob.", Rule: got.Rule,
		Trace: []intake.TraceStep{
			{Part: "text/plain", Line: 3, Text: "Pe 23.11.2026 10:00, Registratura a scris:", Rule: "R1: quoted from here on, by an attribution line"},
			{Part: "text/plain", Line: 1, Text: "Aprob.", Rule: got.Rule},
		},
		Origin: "auth: the sender logged in", TokenHash: trust.HashToken(tokenOf(o, question)),
		PlanHash: shown.PlanHash, At: o.clock.Now().UTC(),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the decision (-want +got):\n%s", d)
	}
	if kept, err := o.store.MailBytes(t.Context(), got.Mail); err != nil || string(kept) != string(raw) {
		t.Errorf("the mail that decided is not kept as it came: %v", err)
	}
	if hash, err := intake.HashPlan(o.request(id).Submission, o.request(id).Plan); err != nil || hash != got.PlanHash {
		t.Errorf("the plan now has the hash %s, decided was %s", hash, got.PlanHash)
	}
	if n := o.happened(intake.EventApproved); n != 1 {
		t.Errorf("%d events approved", n)
	}
	if n := o.count(`SELECT COUNT(*) FROM tokens WHERE spent_at IS NULL`); n != 0 {
		t.Errorf("%d questions are still open", n)
	}
}

func TestTokenDecidesItsOwnRequestWhateverTheSubjectSays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, _ := o.asked()
	other := submission()
	other.Partner = "Muzeul Județean"
	second, question := o.askedFor(other)
	subject := o.mailTo(mayor, "approval").Subject
	if !strings.Contains(subject, o.request(second).Number.String()) {
		t.Fatalf("the second question is %q", subject)
	}
	subject = strings.ReplaceAll(subject, o.request(second).Number.String(), o.request(first).Number.String())
	o.handle(o.write(letter{from: mayor, subject: subject, answers: question, text: "Resping."}))
	o.is(first, intake.StatusAwaitingApproval)
	o.is(second, intake.StatusRejected)
}

func TestConfirmationRound(t *testing.T) {
	// Nothing proves the mayor's mails; the first answer was "Aprob." unless said.
	tests := []struct {
		name   string
		first  string
		second func(o *office, confirm *intake.Message) []byte
		status intake.Status
		sent   []string
		origin string // how the decision says it was proven
		reason string
	}{
		{
			name: "the same answer again decides", first: "Aprob.",
			second: func(o *office, c *intake.Message) []byte { return o.answer(mayor, c, "Aprob.") },
			status: intake.StatusScheduled, sent: []string{"approved ion.popescu", "approved_it it"}, origin: "confirmation: ",
		},
		{
			name: "the same refusal again decides, with the reason given first", first: "Resping, nu avem buget.",
			second: func(o *office, c *intake.Message) []byte { return o.answer(mayor, c, "Resping.") },
			status: intake.StatusRejected, sent: []string{"rejected ion.popescu"}, origin: "confirmation: ", reason: "nu avem buget",
		},
		{
			name: "a refusal after an approval is asked again", first: "Aprob.",
			second: func(o *office, c *intake.Message) []byte { return o.answer(mayor, c, "Resping.") },
			status: intake.StatusAwaitingApproval, sent: []string{"ask_again primar"},
		},
		{
			name: "an approval after a refusal is asked again", first: "Resping.",
			second: func(o *office, c *intake.Message) []byte { return o.answer(mayor, c, "Aprob.") },
			status: intake.StatusAwaitingApproval, sent: []string{"ask_again primar"},
		},
		{
			name: "an unclear second answer is asked again", first: "Aprob.",
			second: func(o *office, c *intake.Message) []byte { return o.answer(mayor, c, "Ce înseamnă asta?") },
			status: intake.StatusAwaitingApproval, sent: []string{"ask_again primar"},
		},
		{
			name: "a second answer by somebody else is nothing", first: "Aprob.",
			second: func(o *office, c *intake.Message) []byte { return o.answer(viceMayor, c, "Aprob.") },
			status: intake.StatusAwaitingApproval, sent: []string{"ask_again primar", "suspect it"},
		},
		{
			name: "a second answer that is forged is nothing", first: "Aprob.",
			second: func(o *office, c *intake.Message) []byte {
				o.thinks(mayor, refuted)
				return o.answer(mayor, c, "Aprob.")
			},
			status: intake.StatusAwaitingApproval, sent: []string{"ask_again primar", "suspect it"},
		},
		{
			name: "the first question answered twice is no confirmation", first: "Aprob.",
			second: func(o *office, c *intake.Message) []byte {
				return o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob!")
			},
			status: intake.StatusAwaitingApproval, sent: nil, // it was asked a moment ago
		},
		{
			name: "an hour later it is asked once more", first: "Aprob.",
			second: func(o *office, c *intake.Message) []byte {
				o.clock.pass(time.Hour)
				return o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob!")
			},
			status: intake.StatusAwaitingApproval, sent: []string{"confirm_decision primar"},
		},
		{
			name: "another answer is another question", first: "Aprob.",
			second: func(o *office, c *intake.Message) []byte {
				return o.answer(mayor, o.mailTo(mayor, "approval"), "Resping, nu este nevoie.")
			},
			status: intake.StatusAwaitingApproval, sent: []string{"confirm_decision primar"},
		},
		{
			name: "a second answer after the confirmation's life is too late", first: "Aprob.",
			second: func(o *office, c *intake.Message) []byte {
				o.clock.pass(o.desk.Policy.TokenLife + time.Second)
				return o.answer(mayor, c, "Aprob.")
			},
			status: intake.StatusAwaitingApproval, sent: []string{"question_closed primar"},
		},
		{
			name: "a proven second answer counts by itself", first: "Aprob.",
			second: func(o *office, c *intake.Message) []byte {
				o.thinks(mayor, proven)
				return o.answer(mayor, c, "Resping.")
			},
			status: intake.StatusRejected, sent: []string{"rejected ion.popescu"}, origin: "auth: ",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			s := submission()
			s.ActivationDate = forms.Date{Year: 2027, Month: time.March, Day: 1}
			id, question := o.askedFor(s)
			o.thinks(mayor, unproven)
			o.handle(o.answer(mayor, question, test.first))
			o.wantSent("confirm_decision primar")
			o.is(id, intake.StatusAwaitingApproval)
			o.handle(test.second(o, o.mailTo(mayor, "confirm_decision")))
			o.is(id, test.status)
			o.wantSent(test.sent...)
			decision := o.request(id).Decision
			switch {
			case test.origin == "" && decision != nil:
				t.Errorf("decided: %+v", decision)
			case test.origin != "" && (decision == nil || !strings.HasPrefix(decision.Origin, test.origin)):
				t.Errorf("the decision is %+v, want one proven by %s", decision, test.origin)
			case test.reason != "" && !strings.Contains(decision.Reason, test.reason):
				t.Errorf("the reason is %q, want %q", decision.Reason, test.reason)
			}
		})
	}
}
