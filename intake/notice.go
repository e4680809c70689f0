package intake

import "time"

// Notice is one mail of the desk: a letter in its envelope. It is composed
// once; from then on only its bytes count (rule D4).
type Notice struct {
	To          Person
	Letter      Letter
	Date        time.Time
	MessageID   string   // without angle brackets
	InReplyTo   string   // the mail it answers, without angle brackets; empty: none
	References  []string // the thread, oldest first, without angle brackets
	ReplyTo     string   // addr-spec that answers go to, when not the desk's own
	Attachments []Attachment
	Answers     bool // it answers a mail (RFC 3834, 5: auto-replied, else auto-generated)
}

// Composer turns a notice into the bytes of a MIME message.
type Composer interface {
	Compose(Notice) ([]byte, error)
}
