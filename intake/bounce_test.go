package intake_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/trust"
)

// open has a site opened, and nothing sent that was not looked at.
func (o *office) open() (id int64) {
	o.Helper()
	id, question := o.asked()
	o.handle(o.answer(mayor, question, "Aprob."))
	o.is(id, intake.StatusActive)
	o.sent()
	return id
}

// failedFor has the mail about the access come back.
func (o *office) failedFor(address string) {
	o.Helper()
	o.handle(dsn(o.mailTo(address, "access"), address, "failed"))
	o.wantSent("address_failed ion.popescu", "address_failed it")
}

const elenaNew = "e.dobre@spital.test"

// mended is what everybody gets when the address of Elena was mended.
var mended = []string{"access e.dobre", "address_mended ion.popescu", "address_mended it", "address_mended primar"}

func TestTheWaysInWhichAMailComesBack(t *testing.T) {
	lines := func(list ...string) []byte { return []byte(strings.Join(list, "\r\n")) }
	report := func(status string, returned ...string) []byte {
		list := []string{"From: <mailer-daemon@mx.test>", "To: <" + deskAddress + ">", "Subject: Undelivered", "MIME-Version: 1.0",
			`Content-Type: multipart/report; report-type=delivery-status; boundary="b"`, "", "--b", "Content-Type: text/plain", "", "sorry",
			"--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.test", "", status, "Action: failed", "Status: 5.1.1", "Diagnostic-Code: smtp; 550 no such user", ""}
		return lines(append(append(append(list, "--b"), returned...), "--b--")...)
	}
	final := "Final-Recipient: rfc822; " + elena
	sure := []string{"address_failed ion.popescu", "address_failed it"}
	tests := []struct {
		name string
		mail func(m *intake.Message) []byte
		sent []string
	}{
		{"with the whole mail", func(m *intake.Message) []byte { return dsn(m, elena, "failed") }, sure},
		{"with its header alone", func(m *intake.Message) []byte {
			return report(final, "Content-Type: text/rfc822-headers", "", "From: x@y.test", "Message-ID: <"+m.MessageID+">", "Subject: x", "")
		}, sure},
		{"without it, in its thread", func(m *intake.Message) []byte {
			raw := report(final, "Content-Type: text/plain", "", "nothing")
			return append(lines("In-Reply-To: <"+m.MessageID+">", ""), raw...)
		}, sure},
		{"a server put in its own Message-ID and kept ours in the thread", func(m *intake.Message) []byte {
			return report(final, "Content-Type: message/rfc822", "", "Message-ID: <rewritten@outlook.test>", "References: <"+m.MessageID+">", "", "x")
		}, sure},
		{"a server put in its own Message-ID: it can only be guessed which mail it is", func(m *intake.Message) []byte {
			return report(final, "Content-Type: message/rfc822", "", "Message-ID: <rewritten@outlook.test>", "References: <"+strings.Join(m.References, "> <")+">", "", "x")
		}, []string{"undelivered it"}},
		{"the address as we wrote it, not where it was forwarded", func(m *intake.Message) []byte {
			return report("Original-Recipient: rfc822;"+elena+"\r\nFinal-Recipient: rfc822;elena@acasa.test", "Content-Type: message/rfc822", "", "Message-ID: <"+m.MessageID+">", "", "x")
		}, sure},
		{"the address in capitals", func(m *intake.Message) []byte {
			return report("Final-Recipient: rfc822; "+strings.ToUpper(elena), "Content-Type: message/rfc822", "", "Message-ID: <"+m.MessageID+">", "", "x")
		}, sure},
		{"from Gmail", func(m *intake.Message) []byte {
			return lines("From: Mail Delivery Subsystem <mailer-daemon@googlemail.test>", "To: "+deskAddress, "Auto-Submitted: auto-replied", "Subject: Delivery Status Notification (Failure)",
				"X-Failed-Recipients: "+elena, "In-Reply-To: <"+m.MessageID+">", "References: <"+m.MessageID+">", "", "** Address not found **", "",
				"Your message wasn't delivered to "+elena+" because the address couldn't be found.", "550 5.1.1 The email account that you tried to reach does not exist.")
		}, sure},
		{"from Exim", func(m *intake.Message) []byte {
			return lines("From: Mail Delivery System <Mailer-Daemon@mx.test>", "X-Failed-Recipients: "+elena, "Subject: Mail delivery failed: returning message to sender", "",
				"This message was created automatically by mail delivery software.", "", "  "+elena, "    550 5.1.1 User unknown", "",
				"------ This is a copy of the message, including all the headers. ------", "", "Message-ID: <"+m.MessageID+">", "Subject: x", "", "y")
		}, sure},
		{"from qmail", func(m *intake.Message) []byte {
			return lines("From: MAILER-DAEMON@mx.test", "Subject: failure notice", "", "Hi. This is the qmail-send program at mx.test.", "", "<"+elena+">:",
				"Sorry, no mailbox here by that name. (#5.1.1)", "", "--- Below this line is a copy of the message.", "", "Return-Path: <"+deskAddress+">", "Message-ID: <"+m.MessageID+">", "", "x")
		}, sure},
		{"from Exchange", func(m *intake.Message) []byte {
			return lines("From: postmaster@spital.test", "Subject: Nelivrabil: acces", "In-Reply-To: <"+m.MessageID+">", "X-MS-Exchange-Message-Is-Ndr:", "",
				"Livrarea către acești destinatari a eșuat:", "", elena, "Adresa nu există. 5.1.1")
		}, sure},
		{"a delay", func(m *intake.Message) []byte { return dsn(m, elena, "delayed") }, nil},
		{"a forged one about somebody else", func(m *intake.Message) []byte { return dsn(m, stranger, "failed") }, nil},
		{"a forged one about a thread", func(*intake.Message) []byte {
			return report(final, "Content-Type: message/rfc822", "", "Message-ID: <x@y.test>", "References: <cerere.1.2026@primaria.test>", "", "x")
		}, []string{"undelivered it"}},
		{"a forged one about a thread of another house", func(*intake.Message) []byte {
			return report(final, "Content-Type: message/rfc822", "", "Message-ID: <x@y.test>", "References: <cerere.1.2026@altundeva.test>", "", "x")
		}, nil},
		{"a forged one about a request that there is not", func(*intake.Message) []byte {
			return report(final, "Content-Type: message/rfc822", "", "Message-ID: <x@y.test>", "References: <cerere.77.2026@primaria.test>", "", "x")
		}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.open()
			raw := test.mail(o.mailTo(elena, "access"))
			for i := range 4 { // and again, with other bytes
				if got := o.handle(append(slices.Clone(raw), fmt.Sprintf("\r\ncopy %d\r\n", i)...)); got.Fate != intake.FateAutomatic {
					t.Errorf("the notification is %+v", got)
				}
			}
			o.wantSent(test.sent...)
			for _, s := range test.sent {
				if s == "address_failed ion.popescu" {
					o.says(o.mailTo(economist, "address_failed"), "Elena Dobre", elena, "corect: Elena Dobre")
				}
			}
			if slices.Contains(test.sent, "undelivered it") {
				o.says(o.mailTo(it, "undelivered"), "nu este sigur")
			}
			o.is(id, intake.StatusActive)
		})
	}
}

func TestAddressThatIsMended(t *testing.T) {
	tests := []struct {
		name string
		from string
		text string
		want string // the new address
	}{
		{"by the requester", economist, "corect: Elena Dobre " + elenaNew, elenaNew},
		{"by IT", it, "Bună ziua,\ncorect: Elena Dobre " + elenaNew + "\nMulțumesc", elenaNew},
		{"by both addresses", economist, "Corect: " + elena + " -> " + elenaNew, elenaNew},
		{"by the new address alone, as one was not reached", economist, "corect: " + elenaNew, elenaNew},
		{"in other words", economist, "adresa corectă este " + elenaNew, elenaNew},
		{"with the name the other way round and without diacritics", economist, "Corect DOBRE Elena: E.Dobre@Spital.TEST", elenaNew},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.open()
			was := o.request(id)
			o.failedFor(elena)
			got := o.handle(o.answer(test.from, o.mailTo(test.from, "address_failed"), test.text))
			if got.Fate != intake.FateDecided || got.Request != id {
				t.Errorf("the mail is %+v", got)
			}
			o.wantSent(mended...)
			if list := o.haveAccess(hospital); slices.Contains(list, elena) || !slices.Contains(list, test.want) || len(list) != 4 {
				t.Errorf("access have %v", list)
			}
			i := slices.IndexFunc(o.portal.members[hospital], func(m intake.Member) bool { return m.Address == test.want })
			if m := o.portal.members[hospital][i]; m.Name != "Elena Dobre" || m.Rights != forms.RightRead|forms.RightWrite || m.Side != intake.PartnerSide {
				t.Errorf("she has %+v", m)
			}
			access := o.mailTo(test.want, "access")
			if !strings.Contains(access.Text, o.portal.links[test.want]) {
				t.Error("she did not get the link that works")
			}
			for _, who := range []string{economist, it, mayor} {
				o.says(o.mailTo(who, "address_mended"), elena, test.want, test.from)
			}
			// What was approved is on record as it was, and the record says who changed what.
			r := o.request(id)
			if r.PlanHash != was.PlanHash || r.Plan.Members[1].Address != elena || r.Members()[1].Address != test.want {
				t.Errorf("the plan is %+v", r.Plan.Members)
			}
			e := o.events[slices.IndexFunc(o.events, func(e intake.Event) bool { return e.Kind == intake.EventAddressMended })]
			if e.Actor != test.from || e.Mail == 0 || !strings.Contains(e.Detail, elena+" -> "+test.want) || !strings.Contains(e.Detail, "sha256") {
				t.Errorf("the event is %+v", e)
			}
			// Sent again, the mail changes nothing.
			o.handle(o.answer(test.from, o.mailTo(test.from, "address_failed"), test.text))
			name, _, _ := strings.Cut(test.from, "@")
			o.wantSent("cannot_correct " + name)
			// And again from the new address, it can be mended once more.
			o.handle(dsn(access, test.want, "failed"))
			o.wantSent("address_failed ion.popescu", "address_failed it")
			o.handle(o.answer(test.from, o.mailTo(test.from, "address_failed"), "corect: Elena Dobre elena.d@spital.test"))
			if list := o.haveAccess(hospital); slices.Contains(list, test.want) || !slices.Contains(list, "elena.d@spital.test") || len(list) != 4 {
				t.Errorf("access have %v", list)
			}
		})
	}
}

func TestAddressThatIsNotMended(t *testing.T) {
	tests := []struct {
		name string
		text string
		says string
	}{
		{"of somebody who was reached", "corect: Marin Ionescu m.ionescu@spital.test", "nu este printre utilizatorii"},
		{"of somebody else", "corect: Vasile Pop v.pop@spital.test", "nu este printre utilizatorii"},
		{"of the other address", "corect: " + marin + " -> m.ionescu@spital.test", "nu este printre utilizatorii"},
		{"to none", "corect: Elena Dobre e.dobre@spital", "nu este o adresă de e-mail întreagă"},
		{"to one with diacritics", "corect: Elena Dobre e.dobré@spital.test", "nu este o adresă de e-mail întreagă"},
		{"to the same", "corect: Elena Dobre " + elena, "este chiar adresa la care"},
		{"to another member's", "corect: Elena Dobre " + marin, "este adresa altui utilizator"},
		{"of a partner's user to one of the city hall", "corect: Elena Dobre elena@primaria.test", "este o adresă a primăriei"},
		{"of a partner's user to one of a service of the city hall", "corect: Elena Dobre elena@taxe.primaria.test", "este o adresă a primăriei"},
		{"of an internal user to a stranger's", "corect: Dan Oprea dan.oprea@acasa.test", "nu este o adresă a primăriei"},
		{"when it could be two", "corect: noua@spital.test", "nu reiese la care dintre ei"},
		{"when it is not clear which is which", "corect: " + elena + ", " + elenaNew, "nu reiese limpede"},
		{"without any", "corect: Elena Dobre", "nu reiese limpede"},
		{"to what the letter shows", "corect: Elena Dobre nume@…", "nu reiese limpede"},
		{"with the word misspelt", "corct: Elena Dobre " + elenaNew, "nu reiese limpede"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.open()
			o.failedFor(elena)
			o.failedFor(dan)
			calls := len(o.portal.calls)
			got := o.handle(o.answer(economist, o.mailTo(economist, "address_failed"), test.text))
			if got.Fate != intake.FateAnswered {
				t.Errorf("the mail is %+v", got)
			}
			o.wantSent("cannot_correct ion.popescu")
			o.says(o.mailTo(economist, "cannot_correct"), test.says, elena, dan, "corect:")
			if len(o.portal.calls) != calls || len(o.request(id).Deviations) != 0 {
				t.Errorf("it had an effect: %v", o.portal.calls[calls:])
			}
		})
	}
}

func TestWhoMayMendAnAddress(t *testing.T) {
	tests := []struct {
		name    string
		from    string
		origin  trust.Origin
		answers bool
		want    bool
	}{
		{"the requester, proven", economist, proven, true, true},
		{"the requester, proven, in a new mail", economist, proven, false, true},
		{"the requester, unproven, answering what only he got", economist, unproven, true, true},
		{"somebody who only writes his name", economist, unproven, false, false},
		{"somebody who forges his name", economist, refuted, true, false},
		{"IT, proven", it, proven, true, true},
		{"somebody who forges theirs", it, refuted, true, false},
		{"the approver", mayor, proven, true, false},
		{"another head of department", engineer, proven, true, false},
		{"the member who was not reached", elena, proven, true, false},
		{"a stranger", stranger, proven, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.open()
			o.failedFor(elena)
			about := o.mailTo(economist, "address_failed")
			if test.from == it {
				about = o.mailTo(it, "address_failed")
			}
			o.thinks(test.from, test.origin)
			text := "corect: Elena Dobre " + elenaNew
			mail := o.answer(test.from, about, text)
			if !test.answers {
				mail = o.write(letter{from: test.from, subject: "Re: " + about.Subject, text: text})
			}
			o.handle(mail)
			if got := slices.Contains(o.haveAccess(hospital), elenaNew); got != test.want {
				t.Errorf("access moved: %v", got)
			}
			if got := len(o.request(id).Deviations) > 0; got != test.want {
				t.Errorf("recorded: %v", got)
			}
		})
	}
}

func TestAMemberWhoWritesInTheRequestersNameMendsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.open()
	o.failedFor(elena)
	o.thinks(economist, unproven)
	// Marin knows the Message-ID of the mail that he got himself.
	o.handle(o.answer(economist, o.mailTo(marin, "access"), "corect: Elena Dobre "+elenaNew))
	if len(o.request(id).Deviations) != 0 {
		t.Error("it was mended")
	}
}

func TestARequesterWhoHeadsTheDepartmentNoMoreMendsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.open()
	o.failedFor(elena)
	o.desk.Directory.Departments = slices.Clone(o.desk.Directory.Departments)
	o.desk.Directory.Departments[0].Head = person("Altcineva", secretary)
	o.handle(o.answer(economist, o.mailTo(economist, "address_failed"), "corect: Elena Dobre "+elenaNew))
	if len(o.request(id).Deviations) != 0 {
		t.Error("he did")
	}
}

func TestOnlyWhatIsOpenIsMended(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.stuckAt("invite " + dan)
	o.handle(o.write(letter{from: economist, subject: "cererea nr. 1/23.11.2026", text: "corect: Elena Dobre " + elenaNew}))
	o.wantSent("cannot_correct ion.popescu")
	o.says(o.mailTo(economist, "cannot_correct"), "site-ul nu este deschis")
	if len(o.request(id).Deviations) != 0 {
		t.Error("it was mended")
	}
}

func TestMovingAnAddressIsInterruptedAtEachCall(t *testing.T) {
	const calls = 4 // member, remove, members, invite
	for n := 1; n <= calls; n++ {
		for _, effect := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d, with effect %v", n, effect), func(t *testing.T) {
				t.Parallel()
				o := newOffice(t)
				o.open()
				o.failedFor(elena)
				crash := at(n, func() error { panic(crash{}) })
				if effect {
					o.portal.after = crash
				} else {
					o.portal.before = crash
				}
				crashed := crashing(func() {
					o.handle(o.answer(economist, o.mailTo(economist, "address_failed"), "corect: Elena Dobre "+elenaNew))
				})
				if !crashed {
					t.Fatal("it was not interrupted")
				}
				o.wantSent()
				o.portal.before, o.portal.after = nil, nil
				o.work()
				o.wantSent(mended...)
				if list := o.haveAccess(hospital); len(list) != 4 || !slices.Contains(list, elenaNew) {
					t.Errorf("access have %v", list)
				}
				if !strings.Contains(o.mailTo(elenaNew, "access").Text, o.portal.links[elenaNew]) {
					t.Error("the link that she got does not work")
				}
			})
		}
	}
}

func TestAddressThatThePortalDoesNotMove(t *testing.T) {
	tests := []struct {
		name   string
		break_ func(p *portal)
		says   string
	}{
		{"it fails", func(p *portal) { p.before = failFor("member " + elenaNew) }, "the portal does not feel well"},
		{"the old one stays", func(p *portal) {
			p.extra = []intake.Member{{Address: elena, Rights: forms.RightRead}}
		}, elena},
		{"the new one gets more", func(p *portal) {
			p.grants = func(m intake.Member) forms.Rights { return m.Rights | forms.RightDelete }
		}, "are citire, scriere și ștergere"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.open()
			o.failedFor(elena)
			test.break_(o.portal)
			o.handle(o.answer(economist, o.mailTo(economist, "address_failed"), "corect: Elena Dobre "+elenaNew))
			o.wantSent()
			o.exhaust()
			o.wantSent("address_stays it")
			o.says(o.mailTo(it, "address_stays"), test.says, "requests retry 1/23.11.2026")
			o.is(id, intake.StatusActive)
			o.portal.before, o.portal.extra, o.portal.grants = nil, nil, nil
			o.must(o.desk.Retry(t.Context(), o.request(id), it))
			o.run()
			o.wantSent(mended...)
			if err := o.desk.Retry(t.Context(), o.request(id), it); !errors.Is(err, intake.ErrStatus) {
				t.Errorf("there is nothing left to retry: %v", err)
			}
		})
	}
}

func TestQuestionThatIsNotReceivedGoesToTheNextApprover(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, question := o.asked()
	for i := range 3 {
		o.handle(append(dsn(question, mayor, "failed"), fmt.Sprintf("copy %d\r\n", i)...))
	}
	o.wantSent("approval viceprimar", "undelivered it")
	o.says(o.mailTo(it, "undelivered"), mayor, "Elena Marin, Viceprimar")
	// The last one's comes back too: there is nobody left to ask.
	o.handle(dsn(o.mailTo(viceMayor, "approval"), viceMayor, "failed"))
	o.wantSent("undelivered it")
	o.is(id, intake.StatusAwaitingApproval)
	// The first one's answer counts all the same.
	o.handle(o.answer(mayor, question, "Aprob."))
	o.is(id, intake.StatusActive)
	o.sent()
	// What comes back after the decision asks nobody.
	o.handle(append(dsn(question, mayor, "failed"), "late"...))
	o.wantSent()
}

func TestWhereAllMustApproveNobodyIsAskedInstead(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Rule = intake.AllApprove
	_, question := o.asked()
	o.handle(dsn(question, mayor, "failed"))
	o.wantSent("undelivered it")
}

func TestReminderThatComesBackAfterTheQuestionAsksNobodyTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Policy.Waiting = intake.Waiting{Remind: 1, Next: 3}
	_, question := o.asked()
	o.handle(dsn(question, mayor, "failed"))
	o.wantSent("approval viceprimar", "undelivered it")
	o.pass(24 * time.Hour)
	o.wantSent("reminder primar", "reminder viceprimar")
	o.handle(dsn(o.mailTo(mayor, "reminder"), mayor, "failed"))
	o.wantSent()
	o.pass(48 * time.Hour)
	o.wantSent("reminder primar", "reminder viceprimar") // the next one was asked already
}

func TestMailThatTheServerRefusesAtOnceIsMendedTheSameWay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.post.refuse = func(to string, _ []byte) error {
		if to == elena {
			return smtpReply(550)
		}
		return nil
	}
	id, question := o.asked()
	o.handle(o.answer(mayor, question, "Aprob."))
	o.is(id, intake.StatusActive)
	o.wantSent("approved_it it", "approved ion.popescu", "access_list ion.popescu", "access marin.ionescu", "access carmen.vlad", "access dan.oprea",
		"address_failed ion.popescu", "address_failed it")
	o.handle(o.answer(economist, o.mailTo(economist, "address_failed"), "corect: Elena Dobre "+elenaNew))
	o.wantSent(mended...)
}

func TestLettersToITThatComeBackDoNotLoop(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const second = "it2@primaria.test"
	o.desk.Directory.IT = append(o.desk.Directory.IT, person("TIC", second))
	id, question := o.asked()
	o.handle(o.answer(mayor, question, "Aprob."))
	o.is(id, intake.StatusActive)
	o.sent()
	o.handle(dsn(o.mailTo(elena, "access"), elena, "failed"))
	o.wantSent("address_failed ion.popescu", "address_failed it", "address_failed it2")
	o.handle(dsn(o.mailTo(it, "address_failed"), it, "failed"))
	o.wantSent("undelivered it2")
	o.handle(dsn(o.mailTo(second, "undelivered"), second, "failed"))
	o.wantSent()
	o.handle(dsn(o.mailTo(economist, "address_failed"), economist, "failed"))
	o.wantSent("undelivered it", "undelivered it2")
}

func TestSeveralAddressesThatAreMendedAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.open()
	o.failedFor(elena)
	about := o.mailTo(economist, "address_failed")
	o.failedFor(dan)
	// Both mails come before the daemon gets to the portal.
	o.receive(o.answer(economist, about, "corect: Elena Dobre "+elenaNew))
	o.receive(o.answer(economist, about, "corect: Dan Oprea d.oprea@primaria.test"))
	o.must(o.desk.HandleDue(t.Context()))
	o.work()
	o.wantSent(append(slices.Clone(mended), "access d.oprea", "address_mended ion.popescu", "address_mended it", "address_mended primar")...)
	if list := o.haveAccess(hospital); !slices.Equal(list, []string{carmen, "d.oprea@primaria.test", elenaNew, marin}) {
		t.Errorf("access have %v", list)
	}
}

// Of a letter about access that ended, or came back, there is no address to mend:
// the member is to be told in another way.
func TestLettersAboutChangedAccessThatComeBack(t *testing.T) {
	failed := []string{"address_failed ion.popescu", "address_failed it"}
	tests := []struct {
		name, address, kind string
		happens             func(o *office)
		mended              bool
	}{
		{"other rights", elena, "access_altered", (*office).alters, true},
		{"no more access", marin, "access_removed", (*office).alters, false},
		{"the site is closed", dan, "access_ended", func(o *office) { o.closed() }, false},
		{"the closing is undone", carmen, "access_resumed", func(o *office) {
			_, id := o.closed()
			o.must(o.desk.Undo(o.Context(), o.request(id), "root"))
			o.work()
		}, false},
		{"access is suspended", elena, "site_suspended", func(o *office) {
			o.stands(submission())
			o.desk.Policy.Review = intake.Reviewing{EveryMonths: 1, Warn: 2, Suspend: 2}
			o.days(60)
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			test.happens(o)
			o.sent()
			o.handle(dsn(o.mailTo(test.address, test.kind), test.address, "failed"))
			o.wantSent(failed...)
			letter := o.mailTo(economist, "address_failed")
			o.says(letter, test.address, "550")
			if !test.mended {
				o.says(letter, "pe altă cale")
				if strings.Contains(letter.Text, "corect:") {
					t.Errorf("an address is to be mended:\n%s", letter.Text)
				}
				return
			}
			o.says(letter, "corect: Elena Dobre")
			o.handle(o.answer(economist, letter, "corect: Elena Dobre "+elenaNew))
			o.wantSent(mended...)
		})
	}
}

// alters has the hospital's site, and its access changed.
func (o *office) alters() {
	o.Helper()
	o.stands(submission())
	got := o.sends(changed())
	o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob"))
	o.is(got.Request, intake.StatusActive)
}
