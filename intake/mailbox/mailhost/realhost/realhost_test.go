package realhost_test

import (
	"testing"

	"registratura/intake/mailbox/mailhost/hosttest"
	"registratura/intake/mailbox/mailhost/realhost"
)

func TestDovecotAndPostfixAreAMailHost(t *testing.T) {
	hosttest.Run(t, realhost.Start(t, realhost.Config{Hostname: "mail.primaria.test", Accounts: hosttest.Accounts, Bounces: hosttest.Bounces}))
}
