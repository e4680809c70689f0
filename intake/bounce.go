package intake

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"registratura/forms"
)

// UndeliveredMail is a mail of ours that did not arrive.
type UndeliveredMail struct {
	Notice  int64
	Request int64 // 0: about none
	Kind    string
	Address string
	Reason  string // in the server's words
	Sure    bool   // else it was only guessed which mail it is
	Mail    int64  // the notification; 0: the server refused at once
	At      time.Time
}

// AddressFailed tells requester and IT that a member was not reached, and, where
// that gives access, how to mend the address.
type AddressFailed struct {
	Request *Request
	Member  Member
	Kind    string // of the letter that did not arrive
	Mend    bool   // the address can be mended by "corect:"
	Reason  string // in the server's words
	ForIT   bool
}

// Name implements [Letter].
func (AddressFailed) Name() string { return "address_failed" }

// accessLetters tell a member what they may do from now on. Who is not reached
// by one can be given another address, see [hand.mend].
var accessLetters = []string{Access{}.Name(), AccessAltered{}.Name()}

// otherMemberLetters tell a member what became of access that they had, or have
// again: there is no address to mend.
var otherMemberLetters = []string{AccessRemoved{}.Name(), AccessEnded{}.Name(), AccessResumed{}.Name(), SiteSuspended{}.Name()}

// questionLetters are the letters that ask an approver.
var questionLetters = []string{Approval{}.Name(), Reminder{}.Name(), AskAgain{}.Name(), ConfirmDecision{}.Name(), Offer{}.Name()}

// bounce follows up a delivery status notification for one of our mails; a
// delay is no failure (RFC 3464, 2.3.3).
func (h *hand) bounce() (Settlement, error) {
	s := Settlement{Fate: FateAutomatic, Note: "a delivery status notification"}
	for _, rcpt := range h.c.Message.Bounce.Recipients {
		if rcpt.Action != "failed" {
			continue
		}
		m, sure, err := h.noticeReturned(rcpt.Address)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return s, err
		}
		s.Request = m.Request
		// A notice has one recipient; whoever sends a forged notification
		// about another one is not passed on.
		if !strings.EqualFold(rcpt.Address, m.To) {
			continue
		}
		reason := strings.TrimSpace(rcpt.Status + " " + rcpt.Diagnostic)
		if err := h.undelivered(m, reason, true, sure); err != nil {
			return s, err
		}
	}
	return s, nil
}

// noticeReturned finds the mail of ours that a notification is about. Our
// Message-IDs cannot be guessed: whoever names one got that mail. Where the
// server has put another one in its place, what is left is the thread, which
// anybody can name; then it is not sure.
func (h *hand) noticeReturned(address string) (m OutgoingMail, sure bool, err error) {
	b := h.c.Message.Bounce
	for _, id := range append([]string{b.OriginalMessageID}, b.References...) {
		if id == "" {
			continue
		}
		m, err := h.tx.NoticeOfMessage(id)
		if !errors.Is(err, ErrNotFound) {
			return m, true, err
		}
	}
	for _, id := range b.References {
		number, ok := h.numberOfThread(id)
		if !ok {
			continue
		}
		r, err := h.tx.RequestByNumber(number)
		if err == nil {
			m, err = h.tx.LatestNotice(r.ID, strings.ToLower(address))
		}
		if !errors.Is(err, ErrNotFound) {
			return m, false, err
		}
	}
	return m, false, ErrNotFound
}

var threadPattern = regexp.MustCompile(`^cerere\.(\d{1,9})\.(\d{4})@(.+)$`)

// numberOfThread is the serial and year in the identifier that [hand.thread] makes.
func (h *hand) numberOfThread(id string) (Number, bool) {
	m := threadPattern.FindStringSubmatch(id)
	if m == nil || !strings.EqualFold(m[3], h.Policy.Domain) {
		return Number{}, false
	}
	serial, _ := strconv.Atoi(m[1]) // digits, few enough to fit
	year, _ := strconv.Atoi(m[2])
	return Number{Serial: serial, Date: forms.Date{Year: year, Month: time.January, Day: 1}}, true
}

// undelivered follows up a mail that did not arrive: once for each mail, however
// often it is said. bounced means that a server had taken it first.
func (h *hand) undelivered(m OutgoingMail, reason string, bounced, sure bool) error {
	var earlier []UndeliveredMail
	if m.Request != 0 {
		var err error
		if earlier, err = h.tx.Undelivered(m.Request); err != nil {
			return err
		}
	}
	news, err := h.tx.AddUndelivered(UndeliveredMail{Notice: m.ID, Request: m.Request, Kind: m.Kind, Address: m.To, Reason: reason,
		Sure: sure, Mail: h.mail.ID, At: h.now})
	if err != nil || !news {
		return err
	}
	detail := fmt.Sprintf("%s to %s: %s", m.Kind, m.To, reason)
	if !sure {
		detail += " (guessed by the thread)"
	}
	if err := h.event(h.requestOf(m), EventNoticeFails, "desk", detail); err != nil {
		return err
	}
	if m.Kind == (Undelivered{}).Name() {
		return nil // that told of another: now the log and the list of notices must do
	}
	letter := Undelivered{To: m.To, Kind: m.Kind, Reason: reason, Bounced: bounced, Guessed: !sure}
	if m.Request != 0 {
		if letter.Request, err = h.tx.Request(m.Request); err != nil {
			return err
		}
	}
	r := letter.Request
	switch {
	case !sure || r == nil:
	case slices.Contains(questionLetters, m.Kind) && r.Status == StatusAwaitingApproval:
		again := slices.ContainsFunc(earlier, func(u UndeliveredMail) bool {
			return u.Sure && u.Address == m.To && slices.Contains(questionLetters, u.Kind)
		})
		if again {
			return nil // the next one was asked the first time, and IT was told
		}
		if letter.Next, err = h.askInstead(r); err != nil {
			return err
		}
	case slices.Contains(accessLetters, m.Kind) && r.Status == StatusActive:
		members := r.Members()
		if i := memberAt(members, m.To); i >= 0 {
			return h.addressFailed(AddressFailed{Request: r, Member: members[i], Kind: m.Kind, Mend: true, Reason: reason}, bounced)
		}
	case slices.Contains(otherMemberLetters, m.Kind):
		members := r.Members()
		if r.Plan.Replaces != nil {
			members = append(members, r.Plan.Replaces.Members...) // who has no access any more
		}
		if i := memberAt(members, m.To); i >= 0 {
			return h.addressFailed(AddressFailed{Request: r, Member: members[i], Kind: m.Kind, Reason: reason}, bounced)
		}
	}
	for _, p := range h.Directory.IT {
		if p.Address == m.To {
			continue
		}
		// A mail can come back as often as somebody likes.
		if err := h.send(p, letter, envelope{request: r, bounded: bounced}); err != nil {
			return err
		}
	}
	return nil
}

// askInstead asks the next approver, where one is enough and the one before was
// not reached; nil: there is none left, or all must approve.
func (h *hand) askInstead(r *Request) (*Approver, error) {
	if h.Policy.Rule == AllApprove {
		return nil, nil
	}
	next, ok, err := h.nextApprover(r)
	if err != nil || !ok {
		return nil, err
	}
	if err := h.event(r, EventNextAsked, "desk", "the one before was not reached"); err != nil {
		return nil, err
	}
	return &next, h.putQuestion(r, next, nil)
}

// addressFailed tells requester and IT that a member was not reached.
func (h *hand) addressFailed(letter AddressFailed, bounced bool) error {
	r, m := letter.Request, letter.Member
	if r.From.Address != m.Address {
		if err := h.send(r.From, letter, envelope{request: r, bounded: bounced}); err != nil {
			return err
		}
	}
	letter.ForIT = true
	for _, p := range h.Directory.IT {
		if p.Address == m.Address {
			continue
		}
		if err := h.send(p, letter, envelope{request: r, bounded: bounced}); err != nil {
			return err
		}
	}
	return nil
}
