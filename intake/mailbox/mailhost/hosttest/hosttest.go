// Package hosttest is what every mail host has to do, whichever servers it is
// made of.
package hosttest

import (
	"bytes"
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"registratura/intake/mailbox/mailhost"
)

// Accounts are those that a host under test must have.
var Accounts = []mailhost.Account{
	{Address: "registratura@primaria.test", Password: "parola-registraturii"},
	{Address: "primar@primaria.test", Password: "parola-primarului"},
	{Address: "ana.pop@spital.test", Password: "parola-anei"},
}

// Bounces are the addresses that a host under test must take mail for, and not
// deliver it.
var Bounces = []string{lost}

const (
	lost  = "ana.popp@spital.test"
	desk  = "registratura@primaria.test"
	mayor = "primar@primaria.test"
	ana   = "ana.pop@spital.test"
)

// Run tests a host that has the Accounts and Bounces, and holds senders to their own addresses.
func Run(t *testing.T, h *mailhost.Host) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	hasSubject := func(subject string) func([]byte) bool {
		return func(raw []byte) bool { return bytes.Contains(raw, []byte("\r\nSubject: "+subject+"\r\n")) }
	}
	submit := func(t *testing.T, from, to, subject, extra string) mailhost.Mail {
		t.Helper()
		raw := extra + "From: " + from + "\r\nTo: " + to + "\r\nSubject: " + subject + "\r\n\r\nBună ziua.\r\n"
		if err := h.Submit(ctx, from, []string{to}, []byte(raw)); err != nil {
			t.Fatal(err)
		}
		account := strings.Replace(to, "+t0ken", "", 1)
		m, err := h.Await(ctx, account, "INBOX", hasSubject(subject))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	header := func(t *testing.T, m mailhost.Mail) mail.Header {
		t.Helper()
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			t.Fatal(err)
		}
		return parsed.Header
	}
	wantRefusal := func(t *testing.T, err error, code int) {
		t.Helper()
		var refused *smtp.SMTPError
		if !errors.As(err, &refused) || refused.Code != code {
			t.Fatalf("got %v, want a refusal with code %d", err, code)
		}
	}

	t.Run("a submitted mail arrives with the login that sent it stamped on top", func(t *testing.T) {
		got := header(t, submit(t, mayor, desk, "stamp", ""))
		results := got["Authentication-Results"]
		if len(results) != 1 {
			t.Fatalf("got the Authentication-Results %q, want one", results)
		}
		server, rest, _ := strings.Cut(results[0], ";")
		if server != h.AuthservID || !strings.Contains(rest, "auth=pass") || !strings.Contains(rest, "smtp.auth="+mayor) {
			t.Errorf("got %q, want %s and a pass of %s", results[0], h.AuthservID, mayor)
		}
		if got.Get("Return-Path") != "<"+mayor+">" {
			t.Errorf("Return-Path is %q", got.Get("Return-Path"))
		}
		if got.Get("Received") == "" {
			t.Error("there is no Received field")
		}
	})

	t.Run("a forged stamp of the same server does not survive", func(t *testing.T) {
		forged := "authentication-results : " + h.AuthservID + ";\r\n auth=pass smtp.auth=" + mayor + "\r\n" +
			"Authentication-Results: " + h.AuthservID + "; dmarc=pass header.from=primaria.test\r\n"
		m := submit(t, ana, desk, "forged", forged)
		end := bytes.Index(m.Raw, []byte("\r\n\r\n"))
		fields := strings.ToLower(string(m.Raw[:end]))
		if strings.Contains(fields, "dmarc=pass") || strings.Contains(fields, "smtp.auth="+mayor) {
			t.Errorf("the forged stamp is still there:\n%s", m.Raw[:end])
		}
		if !strings.Contains(fields, "smtp.auth="+ana) {
			t.Errorf("the true stamp is missing:\n%s", m.Raw[:end])
		}
	})

	t.Run("a plus-address arrives at its account and stays readable", func(t *testing.T) {
		got := header(t, submit(t, mayor, "registratura+t0ken@primaria.test", "plus", ""))
		if got.Get("Delivered-To") != "registratura+t0ken@primaria.test" {
			t.Errorf("Delivered-To is %q", got.Get("Delivered-To"))
		}
	})

	t.Run("mail to a partner's domain arrives there", func(t *testing.T) {
		submit(t, desk, ana, "partner", "")
	})

	t.Run("one mail to two people arrives at both", func(t *testing.T) {
		raw := []byte("From: " + desk + "\r\nSubject: both\r\n\r\nx\r\n")
		if err := h.Submit(ctx, desk, []string{mayor, ana}, raw); err != nil {
			t.Fatal(err)
		}
		for _, account := range []string{mayor, ana} {
			if _, err := h.Await(ctx, account, "INBOX", hasSubject("both")); err != nil {
				t.Error(err)
			}
		}
	})

	t.Run("an unknown local recipient is refused with 550", func(t *testing.T) {
		raw := []byte("From: " + mayor + "\r\nSubject: nobody\r\n\r\nx\r\n")
		wantRefusal(t, h.Submit(ctx, mayor, []string{"nimeni@primaria.test"}, raw), 550)
	})

	t.Run("a mail that was taken and cannot be delivered comes back with a notification", func(t *testing.T) {
		raw := []byte("From: " + desk + "\r\nSubject: lost\r\nMessage-ID: <lost@primaria.test>\r\n\r\nx\r\n")
		if err := h.Submit(ctx, desk, []string{lost}, raw); err != nil {
			t.Fatal(err)
		}
		m, err := h.Await(ctx, desk, "INBOX", hasSubject("Undelivered Mail Returned to Sender"))
		if err != nil {
			t.Fatal(err)
		}
		if got := header(t, m).Get("Return-Path"); got != "<>" {
			t.Errorf("Return-Path is %q, want <>", got)
		}
		if got := header(t, m).Get("Content-Type"); !strings.HasPrefix(got, "multipart/report; report-type=delivery-status") {
			t.Errorf("the notification is %q", got)
		}
		for _, want := range []string{"\r\nFinal-Recipient: rfc822; " + lost + "\r\n", "\r\nAction: failed\r\n", "\r\nStatus: 5.1.1\r\n", "User doesn't exist", "<lost@primaria.test>"} {
			if !bytes.Contains(m.Raw, []byte(want)) {
				t.Errorf("the notification does not say %q:\n%s", want, m.Raw)
			}
		}
	})

	t.Run("an envelope sender that is somebody else's is refused", func(t *testing.T) {
		raw := []byte("From: " + mayor + "\r\nSubject: stolen\r\n\r\nx\r\n")
		err := h.SubmitFrom(ctx, ana, mayor, []string{desk}, raw)
		var refused *smtp.SMTPError
		if !errors.As(err, &refused) || refused.Code/100 != 5 {
			t.Fatalf("got %v, want a permanent refusal", err)
		}
	})

	t.Run("automatic mail may have the null sender", func(t *testing.T) {
		raw := []byte("From: " + mayor + "\r\nSubject: null\r\nAuto-Submitted: auto-replied\r\n\r\nx\r\n")
		if err := h.SubmitFrom(ctx, mayor, "", []string{desk}, raw); err != nil {
			t.Fatal(err)
		}
		m, err := h.Await(ctx, desk, "INBOX", hasSubject("null"))
		if err != nil {
			t.Fatal(err)
		}
		if got := header(t, m).Get("Return-Path"); got != "<>" {
			t.Errorf("Return-Path is %q, want <>", got)
		}
	})

	t.Run("a wrong password is refused", func(t *testing.T) {
		wrong := mailhost.NewHost(h.IMAPAddr, h.SMTPAddr, "", []mailhost.Account{{Address: mayor, Password: "alta"}}, nil)
		wantRefusal(t, wrong.Submit(ctx, mayor, []string{desk}, []byte("From: "+mayor+"\r\n\r\nx\r\n")), 535)
		if _, err := wrong.Folders(ctx, mayor); err == nil {
			t.Error("the IMAP server let a wrong password in")
		}
	})

	t.Run("an injected mail arrives as it is", func(t *testing.T) {
		raw := []byte("From: " + mayor + "\r\nSubject: injected\r\nAuthentication-Results: " + h.AuthservID + "; dmarc=pass\r\n\r\nx\r\n")
		if err := h.Inject(ctx, desk, raw); err != nil {
			t.Fatal(err)
		}
		m, err := h.Await(ctx, desk, "INBOX", hasSubject("injected"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.Raw, raw) {
			t.Errorf("got\n%s\nwant\n%s", m.Raw, raw)
		}
	})

	t.Run("folders can be made, listed and deleted", func(t *testing.T) {
		if err := h.CreateFolder(ctx, ana, "Arhiva/2026"); err != nil {
			t.Fatal(err)
		}
		folders, err := h.Folders(ctx, ana)
		if err != nil || !slices.Contains(folders, "Arhiva/2026") || !slices.Contains(folders, "INBOX") {
			t.Errorf("got the folders %q, error %v", folders, err)
		}
		if err := h.DeleteFolder(ctx, ana, "Arhiva/2026"); err != nil {
			t.Fatal(err)
		}
		if mails, err := h.Mails(ctx, ana, "Arhiva/2026"); err != nil || len(mails) != 0 {
			t.Errorf("a deleted folder has %d mails, error %v", len(mails), err)
		}
	})
}
