package intake_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/intake"
	"registratura/intake/trust"
)

func TestWhoAsksByMailGetsANewLinkAtTheAddressOfTheAccount(t *testing.T) {
	t.Parallel()
	o, _ := opened(t)
	access := o.mailTo(dan, "access")
	for _, c := range []struct {
		name string
		mail letter
		from trust.Origin
	}{
		{"in the subject", letter{from: dan, subject: "link nou"}, proven},
		{"in the text, with courtesy", letter{from: dan, subject: "Parola", text: "Bună ziua,\n\nVă rog un link nou.\n\nDan Oprea"}, proven},
		{"in answer to the mail of access", letter{from: dan, answers: access, text: "link nou"}, proven},
		{"of a sender whom nothing proves", letter{from: dan, subject: "Link nou"}, unproven},
		{"written with capitals", letter{from: "Dan.Oprea@PRIMARIA.test", subject: "link nou"}, proven},
		{"with another address for answers", letter{from: dan, subject: "link nou", headers: []string{"Reply-To: <" + stranger + ">", "Sender: <" + stranger + ">"}}, unproven},
	} {
		o.clock.pass(24 * time.Hour)
		o.thinks(dan, c.from)
		got := o.handle(o.write(c.mail))
		if got.Fate != intake.FateAnswered || got.Note != "a new link was sent" {
			t.Errorf("%s: it became %+v", c.name, got)
		}
		o.wantSent("new_link dan.oprea")
		o.says(o.mailTo(dan, "new_link"), o.portal.links[dan], "o singură dată")
	}
	if n := o.count(`SELECT COUNT(*) FROM notices WHERE kind = 'new_link' AND length(COALESCE(raw, '')) > 0`); n != 0 {
		t.Error("a link stays in the records after it was sent")
	}
}

func TestNobodyElseLearnsAnythingByAskingForALink(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		mail letter
		from trust.Origin
		fate intake.Fate
		want []string
	}{
		{"from an address without an account", letter{from: stranger, subject: "link nou"}, proven, intake.FateSetAside, []string{"set_aside it"}},
		{"from a head of department without an account", letter{from: engineer, subject: "link nou"}, proven, intake.FateSetAside, []string{"set_aside it"}},
		{"in the name of a member, forged", letter{from: dan, subject: "link nou"}, refuted, intake.FateSetAside, []string{"set_aside it"}},
		{"from two senders", letter{fromField: []string{"<" + dan + ">, <" + stranger + ">"}, subject: "link nou"}, proven, intake.FateSetAside, []string{"set_aside it"}},
		{"by a program", letter{from: dan, subject: "link nou", headers: []string{"Auto-Submitted: auto-replied"}}, proven, intake.FateAutomatic, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, _ := opened(t)
			before := o.portal.made
			o.thinks(c.mail.from, c.from)
			if got := o.handle(o.write(c.mail)); got.Fate != c.fate {
				t.Errorf("it became %+v, want %s", got, c.fate)
			}
			o.wantSent(c.want...)
			if o.portal.made != before {
				t.Error("a link was made")
			}
		})
	}
}

func TestAskingForALinkIsNoAnswerToAQuestion(t *testing.T) {
	t.Parallel()
	o, _ := opened(t)
	s := submission()
	s.Partner = "Alt spital"
	id, question := o.askedFor(s)
	made := o.portal.made
	o.handle(o.answer(mayor, question, "link nou"))
	o.wantSent("ask_again primar")
	o.is(id, intake.StatusAwaitingApproval)
	if o.portal.made != made {
		t.Error("a link was made")
	}
}

// However they are asked for, by whomever: the last mail's link works always.
func TestOneAddressGetsAFewLinksAndItsOtherAnswersAllTheSame(t *testing.T) {
	t.Parallel()
	o, r := opened(t)
	o.desk.Policy.AnswersPerDay = 1
	sent := 0
	for i := range 60 {
		if i%2 == 0 {
			o.must(o.desk.SendLink(t.Context(), dan))
			o.run()
		} else if got := o.handle(o.write(letter{from: dan, subject: "link nou"})); got.Fate != intake.FateAnswered {
			t.Fatalf("it became %+v", got)
		}
		links := o.sent()
		if slices.ContainsFunc(links, func(l string) bool { return l != "new_link dan.oprea" }) {
			t.Fatalf("mails sent: %v", links)
		}
		if sent += len(links); i == 9 && sent != 3 {
			t.Errorf("%d links in the first ten minutes, want 3", sent)
		}
		if last := o.mailTo(dan, "new_link"); !strings.Contains(last.Text, o.portal.links[dan]) {
			t.Fatal("the link in the last mail is not the one that works: one that was never sent replaced it")
		}
		o.clock.pass(time.Minute)
		if i >= 10 {
			o.clock.pass(19 * time.Minute)
		}
	}
	if sent != 10 {
		t.Errorf("%d links in a day, want 10", sent)
	}
	if o.happened(intake.EventMuted) == 0 {
		t.Error("nothing in the records says that links were not sent")
	}
	o.clock.pass(24 * time.Hour)
	o.handle(o.write(letter{from: dan, subject: "link nou"}))
	o.wantSent("new_link dan.oprea")
	// The head of department's one answer of the day is not used up by links.
	o.must(o.desk.SendLink(t.Context(), dan))
	if got := o.handle(o.write(letter{from: economist, subject: "stadiu " + fmt.Sprint(r.Number)})); got.Fate != intake.FateAnswered {
		t.Errorf("it became %+v", got)
	}
	o.wantSent("new_link dan.oprea", "status_report ion.popescu")
}

func TestAPortalThatFailsIsAskedForTheLinkAgain(t *testing.T) {
	t.Parallel()
	o, _ := opened(t)
	o.portal.before = failFor("link")
	uid := o.receive(o.write(letter{from: dan, subject: "link nou"}))
	o.run()
	o.wantSent()
	o.portal.before = nil
	o.pass(time.Minute)
	if got := o.fate(uid); got.Fate != intake.FateAnswered {
		t.Errorf("it became %+v", got)
	}
	o.wantSent("new_link dan.oprea")

	o.portal.before = func(call string) error {
		if strings.HasPrefix(call, "link") {
			return fmt.Errorf("no links here: %w", errors.ErrUnsupported)
		}
		return nil
	}
	if got := o.handle(o.write(letter{from: dan, subject: "link nou"})); got.Fate != intake.FateSetAside {
		t.Errorf("where the portal makes no links, it became %+v", got)
	}
	o.wantSent("set_aside it")
}

func TestThePageOfThePortalIsToldThatThereIsNoSuchAccount(t *testing.T) {
	t.Parallel()
	o, _ := opened(t)
	if err := o.desk.SendLink(t.Context(), stranger); !errors.Is(err, intake.ErrNoSuchAccount) {
		t.Errorf("got %v for somebody without an account", err)
	}
	o.run()
	o.wantSent()
}
