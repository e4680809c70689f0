package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"registratura/intake"
)

func TestSendingIsTriedAgainWithTheSameBytes(t *testing.T) {
	tests := []struct {
		name  string
		fails func(o *office, attempt *int)
		times int // that the mayor gets the mail
	}{
		{"after a 4xx", func(o *office, n *int) {
			o.post.refuse = func(to string, _ []byte) error {
				if *n++; *n <= 2 {
					return smtpReply(451)
				}
				return nil
			}
		}, 1},
		{"after a lost connection", func(o *office, n *int) {
			o.post.refuse = func(to string, _ []byte) error {
				if *n++; *n <= 2 {
					return errors.New("connection reset")
				}
				return nil
			}
		}, 1},
		{"after a connection cut behind DATA, so that it arrives twice and can be known as such", func(o *office, n *int) {
			o.post.cut = func(string) bool { *n++; return *n <= 2 }
		}, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, question := o.asked()
			o.post.attempts, o.post.delivered, o.seen = nil, nil, 0
			attempt := 0
			test.fails(o, &attempt)
			o.handle(o.answer(mayor, question, "Mai vorbim."))
			for range 3 {
				o.pass(time.Hour)
			}
			if len(o.post.attempts) != 3 || len(o.post.delivered) != test.times {
				t.Fatalf("%d attempts and %d mails, want 3 and %d", len(o.post.attempts), len(o.post.delivered), test.times)
			}
			for _, a := range o.post.attempts[1:] {
				if !bytes.Equal(a.raw, o.post.attempts[0].raw) || a.to != mayor {
					t.Error("another attempt has other bytes")
				}
			}
			o.is(id, intake.StatusAwaitingApproval)
			if n := o.happened(intake.EventNoticeFails); n != 0 {
				t.Errorf("%d events of failure", n)
			}
		})
	}
}

func TestRefusedMailGoesToITOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.post.refuse = func(to string, _ []byte) error {
		if to == mayor {
			return smtpReply(550)
		}
		return nil
	}
	o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}}))
	o.wantSent("approval viceprimar", "registered ion.popescu", "undelivered it")
	o.says(o.mailTo(it, "undelivered"), mayor, "550 said the server", "1/23.11.2026")
	for range 5 {
		o.pass(24 * time.Hour)
	}
	o.wantSent()
	if n := o.count(`SELECT COUNT(*) FROM notices WHERE state = 'failed'`); n != 1 {
		t.Errorf("%d notices failed", n)
	}
	if n := o.happened(intake.EventNoticeFails); n != 1 {
		t.Errorf("%d events of failure", n)
	}
}

func TestMailToITThatIsRefusedIsNotReportedInALoop(t *testing.T) {
	for _, people := range [][]string{{it}, {it, "it2@primaria.test"}, {it, "it2@primaria.test", "it3@primaria.test"}} {
		t.Run(fmt.Sprintf("%d of IT", len(people)), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.desk.Directory.IT = nil
			for _, address := range people {
				o.desk.Directory.IT = append(o.desk.Directory.IT, person("TIC", address))
			}
			o.post.refuse = func(to string, _ []byte) error {
				if to == mayor || slices.Contains(people, to) {
					if len(o.post.attempts) > 100 {
						t.Fatal("a loop of mails to IT about mails to IT")
					}
					return smtpReply(550)
				}
				return nil
			}
			o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}}))
			for range 3 {
				o.pass(time.Hour)
			}
			o.wantSent("approval viceprimar", "registered ion.popescu")
			// one to the mayor, one to each of IT about it
			if n := o.count(`SELECT COUNT(*) FROM notices WHERE state = 'failed'`); n != 1+len(people) {
				t.Errorf("%d notices failed, want %d", n, 1+len(people))
			}
		})
	}
}

func TestOthersOfITHearOfARefusalByOneOfThem(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const second = "it2@primaria.test"
	o.desk.Directory.IT = append(o.desk.Directory.IT, person("TIC", second))
	o.post.refuse = func(to string, _ []byte) error {
		if to == it {
			return smtpReply(550)
		}
		return nil
	}
	o.thinks(stranger, unproven)
	o.handle(o.write(letter{from: stranger, subject: "Întrebare"}))
	o.wantSent("set_aside it2", "undelivered it2")
}

func TestLastAttemptTellsIT(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.post.refuse = func(to string, _ []byte) error {
		if to == mayor {
			return smtpReply(451)
		}
		return nil
	}
	o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}}))
	o.wantSent("registered ion.popescu")
	max := 0
	for _, j := range o.jobs() {
		if j.kind == "send" {
			max = j.max
		}
	}
	for attempt := 2; attempt < max; attempt++ {
		o.pass(time.Hour)
	}
	o.wantSent()
	o.pass(time.Hour)
	o.wantSent("approval viceprimar", "undelivered it")
	if len(o.queue.lost) != 0 {
		t.Errorf("the queue gave up on jobs %v by itself", o.queue.lost)
	}
	o.pass(time.Hour)
	o.wantSent()
}

func TestSendingAtItsPaceIsNoFailure(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	slow := true
	o.post.refuse = func(string, []byte) error {
		if slow {
			return intake.LaterError{After: time.Minute}
		}
		return nil
	}
	o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}}))
	for range 200 { // more than there are attempts
		o.pass(time.Minute)
	}
	o.wantSent()
	slow = false
	o.pass(time.Minute)
	o.wantSent("approval primar", "registered ion.popescu")
}

func TestSendingThatWasInterruptedIsNotFailed(t *testing.T) {
	tests := []struct {
		name string
		err  error // what the post says of it
	}{
		{"with the context's error", context.Canceled},
		{"with an error of the network", errors.New("use of closed network connection")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.receive(o.write(letter{from: economist, subject: "formular"}))
			o.must(o.desk.HandleDue(t.Context()))
			ctx, stop := context.WithCancel(t.Context())
			o.post.refuse = func(string, []byte) error { stop(); return test.err }
			// The queue takes a job back only if it says that it was cancelled.
			if err := o.desk.Send(ctx, 1, true); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want that it was cancelled", err)
			}
			o.post.refuse = nil
			o.run()
			o.wantSent("blank_forms ion.popescu")
		})
	}
}

func TestServerThatHangsInTheLastAttemptIsAFailure(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.receive(o.write(letter{from: economist, subject: "formular"}))
	o.must(o.desk.HandleDue(t.Context()))
	ctx := &slowContext{Context: t.Context()}
	o.post.refuse = func(string, []byte) error { ctx.over.Store(true); return context.DeadlineExceeded }
	if err := o.desk.Send(ctx, 1, true); err != nil {
		t.Error(err)
	}
	o.post.refuse = nil
	o.run()
	o.wantSent("undelivered it")
}

// slowContext is one whose time runs out when the test says so.
type slowContext struct {
	context.Context
	over atomic.Bool
}

func (c *slowContext) Err() error {
	if c.over.Load() {
		return context.DeadlineExceeded
	}
	return c.Context.Err()
}

func TestAnswersToOneAddressAreBounded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.AnswersPerDay = 3
	for range 5 {
		got := o.handle(o.write(letter{from: economist, subject: "formular"}))
		if got.Fate != intake.FateAnswered {
			t.Errorf("the mail is %+v", got)
		}
	}
	o.wantSent("blank_forms ion.popescu", "blank_forms ion.popescu", "blank_forms ion.popescu")
	if n := o.happened(intake.EventMuted); n != 2 {
		t.Errorf("%d events muted, want 2", n)
	}
	o.handle(o.write(letter{from: engineer, subject: "formular"}))
	o.wantSent("blank_forms gabriela.dumitru")
	o.pass(24*time.Hour + time.Second)
	o.handle(o.write(letter{from: economist, subject: "formular"}))
	o.wantSent("blank_forms ion.popescu")
}

func TestProcedureGoesOnWhereAnswersAreUsedUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.AnswersPerDay = 1
	o.handle(o.write(letter{from: economist, subject: "formular"}))
	o.handle(o.write(letter{from: mayor, subject: "formular"}))
	o.sent()
	o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}}))
	o.wantSent("approval primar")
	o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob."))
	o.wantSent("approved_it it", "approved ion.popescu", "access_list ion.popescu",
		"access marin.ionescu", "access elena.dobre", "access carmen.vlad", "access dan.oprea")
}

func TestTwoDesksDoNotAnswerEachOtherForEver(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(o.write(letter{from: economist, subject: "formular"}))
	answer := o.post.delivered[0].raw
	// Another desk of the same kind gets our answer and answers it likewise.
	from := []byte("From: \"Registratura\" <" + deskAddress + ">")
	if !bytes.Contains(answer, from) {
		t.Fatalf("the answer does not begin as expected:\n%s", answer[:200])
	}
	got := o.handle(bytes.Replace(answer, from, []byte("From: <"+engineer+">"), 1))
	if got.Fate != intake.FateAutomatic {
		t.Errorf("our own answer is %+v", got)
	}
}

// fields are the header fields of a mail with the name.
func fields(raw []byte, name string) (values []string) {
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	for line := range strings.SplitSeq(strings.ReplaceAll(head, "\r\n ", " "), "\r\n") {
		if n, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

func TestHeadersOfWhatIsSent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	form := o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}})
	o.handle(form)
	formID := parse(form, false).MessageID
	question := o.mailTo(mayor, "approval")
	token := tokenOf(o, question)
	answer := o.answer(mayor, question, "Mai vorbim.")
	o.handle(answer)
	again := o.mailTo(mayor, "ask_again")
	o.handle(o.answer(mayor, again, "Aprob."))

	const root = "<cerere.1.2026@primaria.test>"
	tests := []struct {
		kind, to             string
		automatic            string
		inReplyTo, reference []string
		replyTo              string
	}{
		{"approval", mayor, "auto-generated", nil, []string{root}, "registratura+" + token + "@primaria.test"},
		{"registered", economist, "auto-replied", []string{"<" + formID + ">"}, []string{root + " <" + formID + ">"}, deskAddress},
		{"ask_again", mayor, "auto-replied", []string{"<" + parse(answer, false).MessageID + ">"},
			[]string{root + " <" + parse(answer, false).MessageID + ">"}, "registratura+" + tokenOf(o, again) + "@primaria.test"},
		{"approved", economist, "auto-generated", nil, []string{root}, deskAddress},
		{"access", dan, "auto-generated", nil, []string{root}, deskAddress},
	}
	ids := map[string]bool{}
	for _, test := range tests {
		raw := o.mailTo(test.to, test.kind).Raw
		for name, want := range map[string][]string{
			"Auto-Submitted": {test.automatic}, "X-Auto-Response-Suppress": {"All"},
			"In-Reply-To": test.inReplyTo, "References": test.reference,
		} {
			if got := fields(raw, name); !slices.Equal(got, want) {
				t.Errorf("%s: %s is %q, want %q", test.kind, name, got, want)
			}
		}
		if got := fields(raw, "Reply-To"); len(got) != 1 || !strings.Contains(got[0], "<"+test.replyTo+">") {
			t.Errorf("%s: Reply-To is %q, want %s", test.kind, got, test.replyTo)
		}
		id := fields(raw, "Message-ID")
		if len(id) != 1 || ids[id[0]] {
			t.Errorf("%s: Message-ID is %q", test.kind, id)
		}
		ids[id[0]] = true
	}
}

func TestQuestionWorksWhereTheServerHasNoPlusAddresses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.PlusAddressing = false
	id, question := o.asked()
	if len(question.ReplyTo) != 1 || question.ReplyTo[0].Address != deskAddress {
		t.Errorf("Reply-To is %+v", question.ReplyTo)
	}
	o.handle(o.answer(mayor, question, "Resping."))
	o.is(id, intake.StatusRejected)
}

// dsn is a delivery status notification (RFC 3464) for a mail of the desk.
func dsn(about *intake.Message, recipient, action string) []byte {
	return []byte(strings.ReplaceAll(`From: <mailer-daemon@primaria.test>
To: <`+deskAddress+`>
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.primaria.test

Final-Recipient: rfc822; `+recipient+`
Action: `+action+`
Status: 5.1.1
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: message/rfc822

Message-ID: <`+about.MessageID+`>
Subject: x

--b--
`, "\n", "\r\n"))
}

func TestBounces(t *testing.T) {
	tests := []struct {
		name string
		dsn  func(o *office, access *intake.Message) []byte
		sent []string
	}{
		{"a mail that came back goes to IT", func(o *office, m *intake.Message) []byte { return dsn(m, economist, "failed") }, []string{"undelivered it"}},
		{"a delay is no failure", func(o *office, m *intake.Message) []byte { return dsn(m, economist, "delayed") }, nil},
		{"a notification about somebody else is none", func(o *office, m *intake.Message) []byte { return dsn(m, stranger, "failed") }, nil},
		{"a notification about no mail of ours is none", func(o *office, m *intake.Message) []byte {
			return dsn(&intake.Message{MessageID: "x@y.test"}, dan, "failed")
		}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id, question := o.asked()
			o.handle(o.answer(mayor, question, "Aprob."))
			o.sent()
			got := o.handle(test.dsn(o, o.mailTo(economist, "access_list")))
			if got.Fate != intake.FateAutomatic {
				t.Errorf("the notification is %+v", got)
			}
			o.wantSent(test.sent...)
			if test.sent != nil {
				o.says(o.mailTo(it, "undelivered"), economist, "no such user")
			}
			o.is(id, intake.StatusActive)
		})
	}
}

func TestBouncesAreReportedOnceForEachMailAndWithinBounds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.AnswersPerDay = 5
	_, question := o.asked()
	o.handle(o.answer(mayor, question, "Aprob."))
	o.sent()
	list := o.mailTo(economist, "access_list")
	for i := range 20 {
		o.handle(append(dsn(list, economist, "failed"), fmt.Sprintf("copy %d\r\n", i)...))
	}
	o.wantSent("undelivered it")
	for range 10 { // ten more mails to him, which all come back
		o.clock.pass(time.Minute)
		o.handle(o.write(letter{from: economist, answers: list, text: "stadiu"}))
	}
	for _, d := range o.post.delivered[o.seen:] {
		o.handle(dsn(parse(d.raw, false), economist, "failed"))
	}
	o.wantSent(append(slices.Repeat([]string{"status_report ion.popescu"}, 4), slices.Repeat([]string{"undelivered it"}, 4)...)...)
}
