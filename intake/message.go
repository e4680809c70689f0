package intake

import "time"

// MailRef is where a mail stands on the IMAP server. UIDs mean nothing without
// the mailbox and its UIDVALIDITY (RFC 9051, 2.3.1.1).
type MailRef struct {
	Mailbox     string
	UIDValidity uint32
	UID         uint32
}

// IncomingMail is a mail as it was fetched: bytes, and where they came from.
type IncomingMail struct {
	Ref        MailRef
	Raw        []byte // whole; only the beginning where Oversized
	Size       int64  // octets on the server (RFC822.SIZE)
	Oversized  bool   // Raw holds only the beginning: it is larger than the limit, or (Raw empty) the server could not give it
	ReceivedAt time.Time
}

// Message is a mail taken apart. A mail that is broken still becomes a Message:
// what could not be read is named in Defects, and Raw is always whole.
type Message struct {
	Raw       []byte
	Oversized bool // Raw holds only the beginning

	MessageID  string   // without angle brackets; senders choose it, so it is never a key
	InReplyTo  []string // message identifiers, without angle brackets
	References []string
	Subject    string
	Date       time.Time // zero where absent or unreadable

	From       []Address // every address of every From field
	FromFields int       // how many From fields there are (RFC 5322, 3.6: exactly one)
	ReplyTo    []Address
	To         []Address // To and Cc
	Delivered  []string  // addresses of Delivered-To, X-Original-To, Envelope-To

	Automatic string // why this mail was not written by a person; empty: a person may have

	Text        string // the text/plain body, decoded; empty where there is none
	HTML        string // the text/html body, decoded; empty where there is none
	Attachments []Attachment
	Bounce      *Bounce // set when the mail is a delivery status notification (RFC 3464)

	Defects []string // what could not be read, for IT
}

// Address is a mailbox of RFC 5322, 3.4: a name for people and an addr-spec.
type Address struct {
	Name    string
	Address string // lower case
}

// Attachment is a part of a mail that is a file, wherever it was nested.
type Attachment struct {
	Name      string // as the sender wrote it: data, never a path
	MediaType string // "application/pdf", lower case, without parameters
	Data      []byte
	Within    string // how it was nested: "", "message/rfc822", "winmail.dat"
	Inline    bool   // a picture shown in the text, such as a logo in a signature
}

// Bounce is what a delivery status notification says (RFC 3464).
type Bounce struct {
	OriginalMessageID string   // of the mail that was not delivered, without angle brackets
	References        []string // other identifiers in what was returned of it, and those that the notification answers
	Recipients        []BouncedRecipient
}

// BouncedRecipient is one recipient's part of a delivery status notification.
type BouncedRecipient struct {
	Address    string
	Action     string // "failed", "delayed", "delivered", "relayed", "expanded" (RFC 3464, 2.3.3)
	Status     string // "5.1.1" (RFC 3463)
	Diagnostic string
}

// Sender is the only address of the only From field, which is the one condition
// under which a From says anything (rule T2).
func (m *Message) Sender() (Address, bool) {
	if m.FromFields != 1 || len(m.From) != 1 || m.From[0].Address == "" {
		return Address{}, false
	}
	return m.From[0], true
}

// Threads lists the identifiers of the mails that m says it answers, the
// nearest first, each once (RFC 5322, 3.6.4).
func (m *Message) Threads() []string {
	var ids []string
	seen := map[string]bool{}
	add := func(id string) {
		if id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, id := range m.InReplyTo {
		add(id)
	}
	for i := len(m.References) - 1; i >= 0; i-- {
		add(m.References[i])
	}
	return ids
}
