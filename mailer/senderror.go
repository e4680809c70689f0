package mailer

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"
)

// Stage is how far the handing over of a mail came.
type Stage string

const (
	StageCheck   Stage = "check"   // before anything was sent: the message or an address is not fit
	StageConnect Stage = "connect" // connection, greeting, EHLO
	StageTLS     Stage = "tls"     // STARTTLS missing, handshake or certificate
	StageAuth    Stage = "auth"
	StageMail    Stage = "mail"    // MAIL FROM
	StageRcpt    Stage = "rcpt"    // RCPT TO
	StageData    Stage = "data"    // the DATA command
	StageMessage Stage = "message" // the message itself and the answer to it
)

// SendError says that a mail was not handed over, and whether another attempt
// makes sense.
type SendError struct {
	// Permanent: the server refused this mail for good (a 5xx reply to MAIL,
	// RCPT, DATA or the message), or it cannot be sent as it is. Everything
	// else may pass. A reply before MAIL concerns the connection, not the mail:
	// a wrong password is mended by IT, and then the mail goes out.
	Permanent bool
	Code      int    // the SMTP reply code (RFC 5321, 4.2); 0: there was no reply
	Enhanced  string // the enhanced status code "5.1.1" (RFC 3463); empty: none was given
	Reply     string // the server's words, for IT
	Stage     Stage
	Err       error
}

func (e *SendError) Error() string {
	kind := "temporary"
	if e.Permanent {
		kind = "permanent"
	}
	return fmt.Sprintf("handing over a mail failed at %s (%s): %v", e.Stage, kind, e.Err)
}

func (e *SendError) Unwrap() error { return e.Err }

var enhancedCode = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)`)

// newSendError classifies err by the server's reply, if there is one in it.
func newSendError(stage Stage, err error) *SendError {
	e := &SendError{Stage: stage, Err: err}
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		return e
	}
	e.Code = reply.Code
	// of several lines, each begins with the enhanced code (RFC 2034, 4)
	e.Reply = strings.Join(strings.Fields(reply.Msg), " ")
	if m := enhancedCode.FindStringSubmatch(reply.Msg); m != nil {
		e.Enhanced = m[1]
	}
	switch stage {
	case StageMail, StageRcpt, StageData, StageMessage:
		// 530, 534, 535 and 538 ask for TLS or a login (RFC 4954, 6)
		login := reply.Code == 530 || reply.Code == 534 || reply.Code == 535 || reply.Code == 538
		e.Permanent = reply.Code >= 500 && reply.Code <= 599 && !login
	}
	return e
}
