package mailhost_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-smtp"

	"registratura/intake/mailbox/mailhost"
	"registratura/intake/mailbox/mailhost/hosttest"
)

func start(t *testing.T, config mailhost.Config) *mailhost.Host {
	t.Helper()
	config.Hostname = "mail.primaria.test"
	config.Accounts = hosttest.Accounts
	config.Bounces = hosttest.Bounces
	h, err := mailhost.Embedded(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func TestTheEmbeddedHostIsAMailHost(t *testing.T) {
	hosttest.Run(t, start(t, mailhost.Config{}))
}

func TestADeliveryIsToldWithItsSubject(t *testing.T) {
	var told []string
	h := start(t, mailhost.Config{OnDelivered: func(to, from, subject string) { told = append(told, to+" "+from+" "+subject) }})
	raw := "From: primar@primaria.test\r\nSubject: =?utf-8?q?Cerere_nou=C4=83?=\r\n\r\nx\r\n"
	if err := h.Submit(t.Context(), "primar@primaria.test", []string{"registratura+a@primaria.test"}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
	if want := "registratura+a@primaria.test primar@primaria.test Cerere nouă"; strings.Join(told, "|") != want {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestAFromFieldThatIsSomebodyElsesIsRefusedUnlessAllowed(t *testing.T) {
	raw := []byte("From: primar@primaria.test\r\nSubject: x\r\n\r\nAprob\r\n")
	for _, allowed := range []bool{false, true} {
		h := start(t, mailhost.Config{AllowAnyFrom: allowed})
		err := h.Submit(t.Context(), "ana.pop@spital.test", []string{"registratura@primaria.test"}, raw)
		if got := err == nil; got != allowed {
			t.Errorf("AllowAnyFrom %v: the mail was taken: %v (%v)", allowed, got, err)
		}
	}
}

func TestAMailCanBeRefusedAsARealServerWould(t *testing.T) {
	h := start(t, mailhost.Config{Refuse: func(from string, to []string) error {
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "Mailbox full"}
	}})
	err := h.Submit(t.Context(), "primar@primaria.test", []string{"registratura@primaria.test"}, []byte("From: primar@primaria.test\r\n\r\nx\r\n"))
	if err == nil || !strings.Contains(err.Error(), "Mailbox full") {
		t.Errorf("got %v", err)
	}
}

func TestEachLifeOfTheHostHasItsOwnUIDValidity(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	validity := func() uint32 {
		h := start(t, mailhost.Config{Now: func() time.Time { now = now.Add(time.Second); return now }})
		c, err := imapclient.DialInsecure(h.IMAPAddr, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Login("primar@primaria.test", "parola-primarului").Wait(); err != nil {
			t.Fatal(err)
		}
		data, err := c.Select("INBOX", nil).Wait()
		if err != nil {
			t.Fatal(err)
		}
		return data.UIDValidity
	}
	if a, b := validity(), validity(); a == b {
		t.Errorf("two lives have the same UIDVALIDITY %d", a)
	}
}

func TestTheHostListensOnLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0"} {
		if h, err := mailhost.Embedded(mailhost.Config{Hostname: "mail.primaria.test", IMAPAddr: addr}); err == nil {
			h.Close()
			t.Errorf("%s was accepted", addr)
		}
	}
}

func TestAClosedHostIsGone(t *testing.T) {
	h := start(t, mailhost.Config{})
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := h.Folders(ctx, "primar@primaria.test"); err == nil {
		t.Error("the IMAP server still answers")
	}
}
