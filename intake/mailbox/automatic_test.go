package mailbox

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"registratura/intake"
)

func TestAMachineIsToldFromAPerson(t *testing.T) {
	reply := "In-Reply-To: <a@primaria.test>\n"
	for _, c := range []struct {
		why, fields, text string
		automatic         bool
	}{
		{"a person", "", "Aprob", false},
		{"Auto-Submitted", "Auto-Submitted: auto-generated", "Aprob", true},
		{"Auto-Submitted with a parameter", "Auto-Submitted: auto-replied (vacation); x=y", "Aprob", true},
		{"Auto-Submitted: no", "Auto-Submitted: No (a person)", "Aprob", false},
		{"an empty Return-Path", "Return-Path: < >", "Aprob", true},
		{"a Return-Path", "Return-Path: <ana@primaria.test>", "Aprob", false},
		{"Precedence: bulk", "Precedence: Bulk", "Aprob", true},
		{"Precedence: normal", "Precedence: normal", "Aprob", false},
		{"a list", "List-Id: <toti.primaria.test>", "Aprob", true},
		{"X-Autoreply", "X-Autoreply: yes", "Aprob", true},
		{"X-Autoreply: no", "X-Autoreply: no", "Aprob", false},
		{"X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress: All", "Aprob", true},
		{"a narrower X-Auto-Response-Suppress", "X-Auto-Response-Suppress: DR, OOF, AutoReply", "Aprob", false},
		{"an inbox rule of Exchange", "X-MS-Exchange-Inbox-Rules-Loop: x@y.test", "Aprob", true},
		{"a sender that reads nothing", "From: <no-reply@spital.test>", "Aprob", true},
		{"a sender whose name begins so", "From: <norepop@spital.test>", "Aprob", false},
		{"an automatic subject", "Subject: Răspuns automat: cerere", "plecat", true},
		{"the same without diacritics", "Subject: Raspuns automat: cerere", "plecat", true},
		{"the same with the old letters", "Subject: R\u0103spuns automat: cerere", "plecat", true},
		{"an answer to an automatic mail", "Subject: Re: Răspuns automat: cerere", "Aprob", false},
		{"a read receipt by its subject", "Subject: Read: cerere", "Your message was read", true},
		{"a read receipt in Romanian", "Subject: Citit: cerere", "Mesajul a fost citit", true},
		{"a receipt for what was not read", "Subject: Necitit: cerere", "Mesajul a fost șters", true},
		{"an answer to a read receipt", "Subject: Re: Citit: cerere", "Aprob", false},
		{"an automatic answer in English", "Subject: Automatic reply: cerere", "away", true},
		{"a subject about cars", "Subject: Auto: parcul de mașini", "Bună ziua", false},
		{"a subject about automation", "Subject: Automatizări la sala de sport", "Bună ziua", false},
		{"a calendar answer", "Content-Type: text/calendar; method=REPLY", "BEGIN:VCALENDAR", true},
		{"a calendar answer that says so inside", "Content-Type: text/calendar", "BEGIN:VCALENDAR\nMETHOD:REPLY\n", true},
		{"an invitation", "Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR", false},
		{"a read receipt", "Content-Type: message/disposition-notification", "Disposition: manual-action/MDN-sent-manually; displayed", true},
		{"an answering machine without fields", reply, "Bună ziua,\nAcesta este un răspuns automat.\n", true},
		{"a ticket system without fields", reply, "Mesajul dumneavoastră a fost primit. Veți primi răspuns în 30 de zile.", true},
		{"somebody who confirms and decides", reply, "Mesajul dumneavoastră a fost primit. Aprob.", false},
		{"somebody who is away", reply, "Bună ziua,\n\nSunt în concediu până luni. Revin cu răspuns.\n", true},
		{"somebody who thanks first and is away", reply, "Vă mulțumesc pentru mesaj. Mă aflu în concediu de odihnă până pe 30 noiembrie.\n", true},
		{"somebody who thanks first and decides", reply, "Vă mulțumesc pentru mesaj. Sunt în concediu, dar aprob.\n", false},
		{"somebody who is away and does not answer us", "", "Sunt în concediu până luni.", false},
		{"somebody who is away and decides", reply, "Sunt în concediu până luni, dar aprob.\n", false},
		{"somebody who decides and is away", reply, "Aprob.\nSunt în concediu până luni.\n", false},
		{"somebody who is away and explains at length", reply, "Sunt plecat la minister. " + strings.Repeat("Vă rog să reveniți cu lista completă a utilizatorilor. ", 30), false},
		{"our own words in the quote", reply, "Discutăm mâine.\n\nPe 23.11.2026 09:12, Registratura a scris:\n> Acesta este un mesaj automat.\n", false},
		{"our own words in an unmarked quote", reply, "Discutăm mâine.\n\n-----Mesaj original-----\nDe la: Registratura\nAcesta este un mesaj automat.\n", false},
		{"only our own words in the quote", reply, "> Acesta este un mesaj automat.\n", false},
		{"a form with a word about automatic doors", reply, "Acesta este formularul pentru automate.", false},
	} {
		fields := strings.TrimSuffix(c.fields, "\n")
		if !strings.Contains(fields, "From:") {
			fields = fromAna + "\n" + fields
		}
		m := Parse(mailOf(strings.TrimSuffix(fields, "\n"), "", c.text), Limits{})
		if got := m.Automatic != ""; got != c.automatic {
			t.Errorf("%s: automatic is %q, want %v", c.why, m.Automatic, c.automatic)
		}
	}
}

func TestABounceSaysWhichMailDidNotArriveWhere(t *testing.T) {
	report := func(parts ...string) []byte {
		lines := []string{"From: MAILER-DAEMON@mx.test", "Content-Type: multipart/report; report-type=delivery-status; boundary=b", ""}
		for _, p := range parts {
			lines = append(lines, "--b", p)
		}
		return mailOf(append(lines, "--b--")...)
	}
	failed := func(address, action, status, diagnostic string) intake.BouncedRecipient {
		return intake.BouncedRecipient{Address: address, Action: action, Status: status, Diagnostic: diagnostic}
	}
	for _, c := range []struct {
		why  string
		raw  []byte
		want *intake.Bounce
	}{
		{"two recipients, one only late",
			report("Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; ana@spital.test\nAction: failed\nStatus: 5.1.1 (no such user)\nDiagnostic-Code: smtp; 550 5.1.1 <ana@spital.test>:\n unknown\n\n\nFinal-recipient: RFC822; ion@spital.test\nAction: Delayed\nStatus: 4.4.1\n",
				"Content-Type: message/rfc822\n\nMessage-ID: <n1@primaria.test>\nFrom: registratura@primaria.test\n\nx"),
			&intake.Bounce{OriginalMessageID: "n1@primaria.test", Recipients: []intake.BouncedRecipient{
				failed("ana@spital.test", "failed", "5.1.1", "550 5.1.1 <ana@spital.test>: unknown"), failed("ion@spital.test", "delayed", "4.4.1", "")}}},
		{"the address that we wrote to counts, not where it was forwarded",
			report("Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\nOriginal-Recipient: rfc822;ana@spital.test\nFinal-Recipient: rfc822;x@gmail.test\nAction: failed\nStatus: 5.0.0"),
			&intake.Bounce{Recipients: []intake.BouncedRecipient{failed("ana@spital.test", "failed", "5.0.0", "")}}},
		{"Exim", mailOf("From: Mail Delivery System <Mailer-Daemon@mx.test>", "X-Failed-Recipients: ana@spital.test", "Subject: Mail delivery failed: returning message to sender", "",
			"This message was created automatically by mail delivery software.", "",
			"  ana@spital.test", "    host mx.spital.test [192.0.2.1]", "    SMTP error: 550 5.1.1 User unknown", "",
			"------ This is a copy of the message, including all the headers. ------", "", "Message-ID: <n2@primaria.test>", "Subject: x", "", "y"),
			&intake.Bounce{OriginalMessageID: "n2@primaria.test", Recipients: []intake.BouncedRecipient{
				failed("ana@spital.test", "failed", "5.1.1", "host mx.spital.test [192.0.2.1]     SMTP error: 550 5.1.1 User unknown")}}},
		{"qmail", mailOf("From: MAILER-DAEMON@mx.test", "Subject: failure notice", "",
			"Hi. This is the qmail-send program at mx.test.", "", "<ana@spital.test>:", "Sorry, no mailbox here by that name. (#5.1.1)", "",
			"--- Below this line is a copy of the message.", "", "Return-Path: <registratura@primaria.test>", "Message-ID: <n3@primaria.test>", "", "x"),
			&intake.Bounce{OriginalMessageID: "n3@primaria.test", Recipients: []intake.BouncedRecipient{
				failed("ana@spital.test", "failed", "5.1.1", "Sorry, no mailbox here by that name. (#5.1.1)")}}},
		{"Exchange without a report", mailOf("From: postmaster@spital.test", "Subject: Nelivrabil: acces la site", "In-Reply-To: <n4@primaria.test>", "X-MS-Exchange-Message-Is-Ndr:", "",
			"Livrarea către acești destinatari a eșuat:", "", "Ana Pop (ana@spital.test)", "Cutia poștală este plină. 5.2.2"),
			&intake.Bounce{OriginalMessageID: "n4@primaria.test", Recipients: []intake.BouncedRecipient{
				failed("ana@spital.test", "failed", "5.2.2", ") Cutia poștală este plină. 5.2.2")}}},
		{"an old gateway that warns", mailOf("From: MAILER-DAEMON@mx.test", "Subject: Warning: mail delivery delayed", "", "<ana@spital.test>:", "still trying"),
			&intake.Bounce{Recipients: []intake.BouncedRecipient{failed("ana@spital.test", "delayed", "", "still trying")}}},
		{"a person who writes about it", mailOf("From: ana@spital.test", "Subject: nu a putut fi livrat", "", "ion@spital.test"), nil},
		{"a forwarded report is not one about us", mailOf("From: ana@spital.test", "Content-Type: multipart/mixed; boundary=q", "", "--q", "Content-Type: message/rfc822", "",
			string(report("Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; ana@spital.test\nAction: failed")), "--q--"), nil},
		{"a read receipt", mailOf("From: ana@spital.test", "Content-Type: message/disposition-notification", "", "Final-Recipient: rfc822; ana@spital.test"), nil},
	} {
		m := Parse(c.raw, Limits{})
		if diff := cmp.Diff(c.want, m.Bounce); diff != "" {
			t.Errorf("%s:\n%s", c.why, diff)
		}
		if c.want != nil && m.Automatic == "" {
			t.Errorf("%s: it is not automatic", c.why)
		}
		if len(m.Attachments) != 0 {
			t.Errorf("%s: attachments %v", c.why, m.Attachments)
		}
	}
}

func TestTheBouncesOfTheCorpusNameTheMailAndTheRecipient(t *testing.T) {
	for file, status := range map[string]string{"087-auto-dsn-postfix.eml": "5.1.1", "088-auto-dsn-exchange.eml": "5.2.2"} {
		b := Parse(readFile(t, "testdata/replies/"+file), Limits{}).Bounce
		if b == nil || b.OriginalMessageID != "20261123071245.4c1f7e.sc-2026-0147@primaria.test" || len(b.Recipients) != 1 ||
			b.Recipients[0].Address != "primar@primaria.test" || b.Recipients[0].Action != "failed" || b.Recipients[0].Status != status {
			t.Errorf("%s: got %+v", file, b)
		}
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
