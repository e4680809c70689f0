// Package intake is the registry desk: what happens to a mail, to a request
// and to a site, from the first mail to the last (procedure DE-SPDI-02).
//
// Its files read as the story: message, sort, register, approval, decide, plan,
// provision, inform. [Desk] owns the verbs; what it needs of the outside world
// is declared here as interfaces.
package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake/trust"
)

// Policy is how the city hall wants the procedure run.
type Policy struct {
	Desk           Person // name and address of the desk's own mailbox
	Domain         string // of the Message-IDs that the desk makes
	PlusAddressing bool   // the server delivers desk+anything@ to the desk
	Location       *time.Location
	ActivationHour int           // of the day, 0 to 23, in Location
	TokenLife      time.Duration // of a question to an approver or a sender
	AnswersPerDay  int           // at most so many answers to one address in 24 hours
	AcceptWeak     bool          // "da" and "ok" are taken as an approval
	Rule           ApprovalRule  // empty: AnyApproves
	Waiting        Waiting
	Review         Reviewing
	Retention      Retention
	Closing        ClosingPolicy
	Workday        func(forms.Date) bool // nil: Monday to Friday
	UnprovenForms  bool                  // forms are taken without proof of who sent them
	MaxMailSize    int64                 // octets; larger mails are not read
	Folders        map[Fate]string
}

// Desk runs the procedure.
type Desk struct {
	Policy    Policy
	Directory Directory
	Store     Store
	Portal    Portal
	Composer  Composer
	Post      Post
	Archive   Archive

	Parse  func(raw []byte, oversized bool) *Message
	Forms  FormReader
	Origin func(ctx context.Context, raw []byte) trust.Origin
	// Blank makes the blank workbooks, with these partners to choose from.
	Blank func(partners []string) ([]Attachment, error)

	// DownloadURL is where the files of a closed site are fetched with a token;
	// nil: there are no such links.
	DownloadURL func(token string) string

	Now  func() time.Time
	Rand io.Reader // of unguessable bytes
	Log  *slog.Logger

	// Watch, if set, is told every event after it was committed.
	Watch func(Event)

	wake    chan struct{}
	handled chan struct{}
}

// Post hands bytes to the SMTP server.
type Post interface {
	// Send returns nil when the server has taken the mail. An error that is
	// a [RefusedError] is final.
	Send(ctx context.Context, from, to string, raw []byte) error
}

// RefusedError is implemented by the errors of a [Post] that can tell whether
// the server refused a mail for good.
type RefusedError interface {
	error
	Refused() bool
}

// Open makes the desk ready; its exported fields are set by then.
func (d *Desk) Open() {
	d.wake = make(chan struct{}, 1)
	d.handled = make(chan struct{}, 1)
}

// Receive stores mails (rule D1) and has them handled.
func (d *Desk) Receive(ctx context.Context, mails []IncomingMail) error {
	if err := d.Store.Receive(ctx, mails); err != nil {
		return err
	}
	signal(d.wake)
	return nil
}

// Known tells which mails are stored, and the fate of those that were handled.
func (d *Desk) Known(ctx context.Context, mailbox string, uidValidity uint32, uids []uint32) (map[uint32]Fate, error) {
	return d.Store.Known(ctx, mailbox, uidValidity, uids)
}

// Handled is signalled when mails got their fate.
func (d *Desk) Handled() <-chan struct{} { return d.handled }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// batch bounds how many mails are in memory at once.
const batch = 32

// retryStore is how long the desk waits when the database itself fails.
const retryStore = 10 * time.Second

// Work handles the mails that wait, in the order in which they came, until ctx ends.
func (d *Desk) Work(ctx context.Context) error {
	for ctx.Err() == nil {
		mails, err := d.Store.Pending(ctx, d.Now(), batch)
		if err != nil {
			d.Log.Error("listing waiting mails failed", "error", err)
			d.wait(ctx, retryStore)
			continue
		}
		if len(mails) == 0 {
			d.rest(ctx)
			continue
		}
		d.handleAll(ctx, mails)
	}
	return ctx.Err()
}

// rest waits for new mails or for the next postponed one.
func (d *Desk) rest(ctx context.Context) {
	wait := time.Hour
	due, ok, err := d.Store.NextDue(ctx, d.Now())
	switch {
	case err != nil:
		wait = retryStore
	case ok:
		wait = max(due.Sub(d.Now()), time.Millisecond)
	}
	d.wait(ctx, wait)
}

func (d *Desk) wait(ctx context.Context, atMost time.Duration) {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-d.wake:
	case <-timer.C:
	}
}

// handleAll reads the mails side by side and decides on them one after the
// other, in order.
func (d *Desk) handleAll(ctx context.Context, mails []StoredMail) {
	type read struct {
		c   *Case
		err error
	}
	results := make([]chan read, len(mails))
	for i := range results {
		results[i] = make(chan read, 1)
	}
	next := make(chan int, len(mails))
	for i := range mails {
		next <- i
	}
	close(next)
	for range min(runtime.GOMAXPROCS(0), len(mails)) {
		go func() {
			for i := range next {
				c, err := d.Examine(ctx, mails[i].Raw, mails[i].Oversized)
				results[i] <- read{c, err}
			}
		}()
	}
	for i := 0; i < len(mails); {
		// As many as are read by now, at least the next one.
		ready := []read{<-results[i]}
	more:
		for i+len(ready) < len(mails) {
			select {
			case r := <-results[i+len(ready)]:
				ready = append(ready, r)
			default:
				break more
			}
		}
		if ctx.Err() != nil {
			return // what is not settled stays pending
		}
		var settling []settlement
		for j, r := range ready {
			settling = append(settling, settlement{mail: mails[i+j], c: r.c, err: r.err})
		}
		d.settle(ctx, settling)
		i += len(ready)
	}
}

// settlement is a mail that was read, on its way to its fate.
type settlement struct {
	mail StoredMail
	c    *Case
	err  error // why it could not be read
}

// settle decides on mails that were read. Each is handled in a transaction of
// its own (rule D3).
func (d *Desk) settle(ctx context.Context, batch []settlement) {
	var work []func(*hand) error
	var readable []settlement
	for _, s := range batch {
		if s.err != nil {
			d.putOff(ctx, s.mail, s.err)
			continue
		}
		readable = append(readable, s)
		work = append(work, func(h *hand) (err error) {
			defer recoverInto(&err)
			h.mail, h.c = s.mail, s.c
			outcome, err := h.decide()
			if err != nil {
				return err
			}
			outcome.At = h.now
			d.Log.Info("mail handled", "mail", s.mail.ID, "kind", s.c.Kind, "fate", outcome.Fate, "note", outcome.Note, "request_id", outcome.Request)
			return h.tx.Settle(s.mail.ID, outcome)
		})
	}
	for i, err := range d.transactEach(ctx, work) {
		if err != nil {
			d.putOff(ctx, readable[i].mail, err)
		}
	}
	signal(d.handled)
}

// patience is how often handling one mail is tried before a person is asked
// to look at it.
const patience = 10 // over 43 minutes

// patienceElsewhere is the same for what only others can mend, such as a name
// server that is down: about a day.
const patienceElsewhere = 55

// putOff has a mail handled again later; after many failures it is set aside,
// so that the mails behind it are never held up (rule D7).
func (d *Desk) putOff(ctx context.Context, m StoredMail, cause error) {
	d.Log.Error("handling a mail failed", "mail", m.ID, "attempt", m.Attempts+1, "error", cause)
	err := d.transact(ctx, func(h *hand) error {
		limit, wait := patience, 5*time.Second<<min(m.Attempts, patience)
		if errors.Is(cause, ErrLater) {
			limit, wait = patienceElsewhere, min(wait, 30*time.Minute)
		}
		if m.Attempts+1 >= limit {
			h.mail, h.c = m, &Case{Message: d.parseAtAll(m)}
			s, err := h.setAside(AsideFailed, "handling failed: "+oneLine(cause))
			if err != nil {
				return err
			}
			s.At = h.now
			return h.tx.Settle(m.ID, s)
		}
		return h.tx.Postpone(m.ID, h.now.Add(wait), oneLine(cause))
	})
	if err != nil {
		// The database itself fails, a full disk perhaps: nothing is lost,
		// the mail stays unhandled and is tried again.
		d.Log.Error("putting a mail off failed", "mail", m.ID, "error", err)
		d.wait(ctx, retryStore)
	}
}

// parseAtAll takes a mail apart; if that is what panics, nothing is known of it.
func (d *Desk) parseAtAll(m StoredMail) (message *Message) {
	defer func() {
		if recover() != nil {
			message = &Message{Raw: m.Raw}
		}
	}()
	return d.Parse(m.Raw, m.Oversized)
}

// oneLine is an error for the records; the stack of a panic is in the log.
func oneLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\ngoroutine ")
	return strings.ReplaceAll(text, "\n", "; ")
}

func recoverInto(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}

// hand is the desk at work in one transaction, perhaps on one mail.
type hand struct {
	*Desk
	ctx    context.Context
	tx     Tx
	now    time.Time
	mail   StoredMail // zero outside the handling of a mail
	c      *Case
	events []Event
}

// transact runs fn in one transaction and tells the watcher what happened in it.
func (d *Desk) transact(ctx context.Context, fn func(*hand) error) error {
	return d.transactEach(ctx, []func(*hand) error{fn})[0]
}

// transactEach is transact for each of work, in that order, with one wait for
// the disk.
func (d *Desk) transactEach(ctx context.Context, work []func(*hand) error) []error {
	hands := make([]*hand, len(work))
	fns := make([]func(Tx) error, len(work))
	for i, fn := range work {
		hands[i] = &hand{Desk: d, ctx: context.WithoutCancel(ctx), now: d.Now()}
		fns[i] = func(tx Tx) error {
			hands[i].tx = tx
			return fn(hands[i])
		}
	}
	errs := d.Store.TransactEach(ctx, fns)
	for i, h := range hands {
		if errs[i] == nil && d.Watch != nil {
			for _, e := range h.events {
				d.Watch(e)
			}
		}
	}
	return errs
}

// event records what happened.
func (h *hand) event(r *Request, kind EventKind, actor, detail string) error {
	e := Event{At: h.now, Kind: kind, Actor: actor, Detail: detail, Mail: h.mail.ID}
	if r != nil {
		e.Request = r.ID
	}
	h.events = append(h.events, e)
	return h.tx.AddEvent(e)
}
