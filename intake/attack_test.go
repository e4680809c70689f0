package intake_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"registratura/intake"
)

// refusals counts what the monitoring counts.
func (o *office) refusals(why intake.SuspectWhy) int {
	o.Helper()
	counts, err := o.store.Counts(o.Context())
	o.must(err)
	return counts.Refused[why]
}

// decided has the mayor approve a request.
func (o *office) decided() (id int64, question *intake.Message) {
	o.Helper()
	id, question = o.asked()
	o.handle(o.answer(mayor, question, "Aprob."))
	o.is(id, intake.StatusActive)
	o.sent()
	return id, question
}

func TestAttemptIsCountedRecordedAndToldOncePerBurst(t *testing.T) {
	forged := func(o *office, q *intake.Message) []byte {
		o.thinks(mayor, refuted)
		return o.answer(mayor, q, "Aprob.")
	}
	for name, test := range map[string]struct {
		why     intake.SuspectWhy
		decided bool
		mail    func(o *office, q *intake.Message) []byte
		mayor   string // the letter to the mayor
	}{
		"a forged From with the token":     {intake.NotAuthentic, false, forged, "ask_again"},
		"a forged From after the decision": {intake.NotAuthentic, true, forged, "warning"},
		"the token with another sender": {intake.OtherSender, false, func(o *office, q *intake.Message) []byte {
			return o.answer(stranger, q, "Aprob.")
		}, "ask_again"},
		"the token with another sender after the decision": {intake.OtherSender, true, func(o *office, q *intake.Message) []byte {
			return o.answer(stranger, q, "Resping.")
		}, "warning"},
		"two From fields with the token": {intake.OtherSender, false, func(o *office, q *intake.Message) []byte {
			return o.write(letter{fromField: []string{"<" + mayor + ">", "<" + stranger + ">"}, answers: q, text: "Aprob."})
		}, "ask_again"},
		"a spent token of which nothing proves the sender this time": {intake.Replayed, true, func(o *office, q *intake.Message) []byte {
			o.thinks(mayor, unproven)
			return o.answer(mayor, q, "Resping.")
		}, "warning"},
		"a new mail in the mayor's name with the number in its subject": {intake.Unproven, false, func(o *office, q *intake.Message) []byte {
			o.thinks(mayor, unproven)
			return o.write(letter{from: mayor, subject: "Cererea " + o.number(1), text: "Aprob."})
		}, "ask_again"},
		"a new mail in the mayor's name with the number in its text": {intake.Unproven, false, func(o *office, q *intake.Message) []byte {
			o.thinks(mayor, unproven)
			return o.write(letter{from: mayor, subject: "site", text: "Aprob cererea " + o.number(1) + "."})
		}, "ask_again"},
		"a refusal in the mayor's name": {intake.Unproven, false, func(o *office, q *intake.Message) []byte {
			o.thinks(mayor, unproven)
			return o.write(letter{from: mayor, subject: q.Subject, text: "Resping.", headers: []string{"In-Reply-To: <x@other.test>"}})
		}, "ask_again"},
		"a new mail that the server calls forged": {intake.NotAuthentic, false, func(o *office, q *intake.Message) []byte {
			o.thinks(mayor, refuted)
			return o.write(letter{from: mayor, subject: "Cererea " + o.number(1), text: "Aprob."})
		}, "ask_again"},
		"two From fields without the token": {intake.Unproven, false, func(o *office, q *intake.Message) []byte {
			return o.write(letter{fromField: []string{"<" + mayor + ">", "<" + stranger + ">"}, subject: "Cererea " + o.number(1), text: "Aprob."})
		}, "ask_again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.desk.Policy.AnswersPerDay = 3
			var id int64
			var question *intake.Message
			if test.decided {
				id, question = o.decided()
			} else {
				id, question = o.asked()
			}
			before := o.request(id)

			if got := o.handle(test.mail(o, question)); got.Fate != intake.FateAnswered || got.Request != id {
				t.Errorf("the first is %+v", got)
			}
			o.wantSent(test.mayor+" primar", "suspect it")
			for range 30 {
				o.handle(test.mail(o, question))
			}
			o.wantSent() // the burst goes on
			o.clock.pass(time.Hour)
			o.handle(test.mail(o, question))
			o.wantSent(test.mayor+" primar", "suspect it")
			o.says(o.mailTo(it, "suspect"), "au mai venit 30 de astfel de mesaje")

			if n := o.refusals(test.why); n != 32 {
				t.Errorf("%d counted as %s, want 32", n, test.why)
			}
			if n := o.count(`SELECT COUNT(*) FROM events WHERE kind = 'refused' AND request_id = ? AND mail_id IS NOT NULL AND detail LIKE '%sha256%'`, id); n != 32 {
				t.Errorf("%d events with their evidence, want 32", n)
			}
			after := o.request(id)
			if after.Status != before.Status || (after.Decision == nil) != (before.Decision == nil) || after.Decision != nil && after.Decision.Mail != before.Decision.Mail {
				t.Errorf("the request was changed: %+v", after)
			}
			for _, d := range o.post.delivered {
				if d.to == stranger {
					t.Errorf("a mail %s to the attacker", o.kind(d.raw))
				}
			}

			// The mayor's honest answer still counts, and still gets an answer.
			o.thinks(mayor, proven)
			if test.decided {
				o.handle(o.answer(mayor, question, "Resping."))
				o.wantSent("already_decided primar")
				return
			}
			o.handle(o.answer(mayor, question, "Mai vorbim."))
			o.wantSent("ask_again primar")
			o.handle(o.answer(mayor, question, "Aprob."))
			o.is(id, intake.StatusActive)
		})
	}
}

// number is "nr. 1/23.11.2026".
func (o *office) number(id int64) string {
	o.Helper()
	return fmt.Sprintf("nr. %s", o.request(id).Number)
}

func TestMailThatDecidedAndComesAgainIsAReplay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, question := o.asked()
	raw := o.answer(mayor, question, "Aprob.")
	again := func(n int) []byte { // the same mail by another way: the signature still holds
		return []byte(fmt.Sprintf("Received: from hop%d.test\r\n", n) + string(raw))
	}
	o.handle(raw)
	o.is(id, intake.StatusActive)
	o.sent()

	// Delivered twice within the hour: nobody means harm.
	o.handle(again(1))
	o.wantSent("already_decided primar")
	if n := o.refusals(intake.Replayed); n != 0 {
		t.Errorf("%d replays counted", n)
	}
	o.clock.pass(2 * time.Hour)
	o.handle(again(2))
	o.handle(again(3))
	o.wantSent("suspect it", "warning primar")
	o.says(o.mailTo(mayor, "warning"), "repetă un răspuns")
	if n := o.refusals(intake.Replayed); n != 2 {
		t.Errorf("%d replays counted, want 2", n)
	}
	if n := o.count(`SELECT COUNT(*) FROM decisions`); n != 1 {
		t.Errorf("%d decisions", n)
	}
}

func TestHonestSecondThoughtsAreNoAttack(t *testing.T) {
	for name, origin := range map[string]bool{"where the server proves the mayor": true, "where it stamps nothing": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, question := o.asked()
			if !origin {
				o.thinks(mayor, unproven)
			}
			o.handle(o.answer(mayor, question, "Aprob."))
			if !origin {
				question = o.mailTo(mayor, "confirm_decision")
				o.handle(o.answer(mayor, question, "Aprob."))
			}
			o.is(id, intake.StatusActive)
			o.sent()
			o.clock.pass(2 * time.Hour)
			o.handle(o.answer(mayor, question, "Resping, m-am răzgândit."))
			o.wantSent("already_decided primar")
			for _, why := range intake.SuspectWhys {
				if n := o.refusals(why); n != 0 {
					t.Errorf("%d counted as %s", n, why)
				}
			}
		})
	}
}

func TestBurstsOfDifferentKindsAreToldEach(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, question := o.asked()
	o.handle(o.answer(stranger, question, "Aprob."))
	o.wantSent("ask_again primar", "suspect it")
	o.thinks(mayor, refuted)
	o.handle(o.answer(mayor, question, "Aprob."))
	o.wantSent("ask_again primar", "suspect it")
}

// An attacker who tries every number fills nobody's mailbox.
func TestBurstOverManyRequestsWarnsTheMayorOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for range 3 {
		o.asks()
	}
	o.thinks(mayor, unproven)
	for id := range int64(3) {
		o.handle(o.write(letter{from: mayor, subject: "Cererea " + o.number(id+1), text: "Aprob."}))
	}
	var warned int
	for _, line := range o.sent() {
		if strings.HasSuffix(line, " primar") {
			warned++
		}
	}
	if warned != 1 {
		t.Errorf("%d letters to the mayor, want 1", warned)
	}
}

func TestMayorsMailWithoutDecisionIsNoAttempt(t *testing.T) {
	for name, text := range map[string]string{"a question": "Ce este cu aceasta?", "an unclear answer": "Mai vorbim.", "nothing": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.asked()
			o.thinks(mayor, unproven)
			o.handle(o.write(letter{from: mayor, subject: "Cererea " + o.number(1), text: text}))
			if n := o.refusals(intake.Unproven); n != 0 {
				t.Errorf("%d counted", n)
			}
		})
	}
}
