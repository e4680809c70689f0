package mailhost

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// notDelivered is the notification that a mail was taken and did not arrive, as
// Postfix writes it (RFC 3464), with its null sender.
func (s *Submission) notDelivered(sender, recipient string, raw []byte) []byte {
	const boundary = "BOUNCE/mail.test"
	now := s.Now()
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("Date: %s", now.Format(time.RFC1123Z))
	line("From: MAILER-DAEMON@%s (Mail Delivery System)", s.Hostname)
	line("Subject: Undelivered Mail Returned to Sender")
	line("To: %s", sender)
	line("Auto-Submitted: auto-replied")
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=%q", boundary)
	line("Message-Id: <%d@%s>\r\n", now.UnixNano(), s.Hostname)
	line("This is a MIME-encapsulated message.\r\n")
	line("--%s\r\nContent-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n", boundary)
	line("This is the mail system at host %s.\r\n", s.Hostname)
	line("I'm sorry to have to inform you that your message could not\r\nbe delivered to one or more recipients.\r\n")
	line("<%[1]s>: host %[2]s said: 550 5.1.1 <%[1]s> User doesn't exist: %[1]s\r\n", recipient, s.Hostname)
	line("--%s\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n", boundary)
	line("Reporting-MTA: dns; %s\r\n", s.Hostname)
	line("Final-Recipient: rfc822; %[1]s\r\nOriginal-Recipient: rfc822;%[1]s\r\nAction: failed\r\nStatus: 5.1.1", recipient)
	line("Diagnostic-Code: smtp; 550 5.1.1 <%[1]s> User doesn't exist: %[1]s\r\n", recipient)
	line("--%s\r\nContent-Description: Undelivered Message\r\nContent-Type: message/rfc822\r\n", boundary)
	b.Write(raw)
	line("\r\n--%s--", boundary)
	return b.Bytes()
}

// bounces reports whether a mail to the address is taken and comes back.
func (s *Submission) bounces(address string) bool {
	return slices.Contains(s.Bounces, strings.ToLower(address))
}

// returnToSender delivers the notification; a mail without a sender gets none.
func (s *Submission) returnToSender(sender, recipient string, raw []byte) error {
	account, ok := s.account(sender)
	if !ok {
		return nil
	}
	return s.Deliver(Delivery{Account: account.Address, To: sender, Raw: s.notDelivered(sender, recipient, raw)})
}
