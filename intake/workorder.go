package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake/reply"
)

// WorkOrder asks IT to do on the extranet what was approved, and to confirm it
// (procedure steps 4 to 6, where people do them).
type WorkOrder struct {
	Request *Request
	Work    Work
	Since   forms.Date // when it was asked first, in a reminder; zero: it is new
	Expires time.Time

	// Why it is asked again; empty: it is not.
	Fault WorkFault
	Said  string // with Fault: the newly written text, shortened
}

// WorkFault says why IT's answer to a work order was not taken.
type WorkFault string

const (
	WorkUnclear   WorkFault = "unclear"    // it says neither that it is done nor that it can't be
	WorkPartly    WorkFault = "partly"     // it says that it is done, but something else too
	WorkNoURL     WorkFault = "no_address" // it does not say where the new site is
	WorkManyURLs  WorkFault = "addresses"  // it names several addresses
	WorkOtherWork WorkFault = "changed"    // something else is to be done since
	WorkLate      WorkFault = "late"       // the order is too old
	WorkNoToken   WorkFault = "no_token"   // it did not carry the mark of the order
	WorkStillOpen WorkFault = "still_open" // it can't be done, but must be all the same
)

// ConfirmWork asks somebody of IT to repeat an answer to a work order whose
// origin the mail server did not prove (rule T3).
type ConfirmWork struct {
	Request *Request
	Done    bool
	URL     string // with Done: where the site is; empty: not said
	Saved   string // with Done, if files were to be saved: the answer, shortened
	Reason  string // without Done: what went wrong
	Expires time.Time
}

// WorkDone tells the others of IT that a work order is done.
type WorkDone struct {
	Request *Request
	By      Person
	URL     string
}

// WorkClosed tells somebody of IT that their answer changes nothing any more.
type WorkClosed struct {
	Request *Request
	By      string // address of who confirmed that it was done; empty: nobody
	Newer   bool   // there is a newer order
}

func (WorkOrder) Name() string   { return "work_order" }
func (ConfirmWork) Name() string { return "confirm_work" }
func (WorkDone) Name() string    { return "work_done" }
func (WorkClosed) Name() string  { return "work_closed" }

const (
	// EventWorkOrdered: IT was asked to do something on the extranet.
	EventWorkOrdered EventKind = "work_ordered"
	// EventWorkReminded: and was reminded of it.
	EventWorkReminded EventKind = "work_reminded"
	// EventWorkDone: somebody of IT confirmed that it is done.
	EventWorkDone EventKind = "work_done"
	// EventWorkFailed: somebody of IT says that it can't be done.
	EventWorkFailed EventKind = "work_failed"
)

// orderWork asks IT for what the portal says is to be done on the request's site.
func (d *Desk) orderWork(ctx context.Context, r *Request) error {
	work, err := d.work(ctx, r)
	if err != nil {
		return err
	}
	return d.transact(ctx, func(h *hand) error {
		r, err := h.tx.Request(r.ID)
		if err != nil {
			return err
		}
		if ended, err := h.workEnded(r); err != nil || ended {
			return err
		}
		return h.order(r, work)
	})
}

// workEnded reports whether nothing is to be done for the request any more. For
// one that was cancelled, what it had granted is still to be taken back.
func (h *hand) workEnded(r *Request) (bool, error) {
	if !r.Status.Final() {
		return false, nil
	}
	if r.Status != StatusWithdrawn {
		return true, nil
	}
	c, err := h.cancellation(r)
	return !c.cancelled || c.done, err
}

// byHand reports whether people do the portal's work.
func (d *Desk) byHand() bool {
	_, ok := d.Portal.(WorkPortal)
	return ok
}

// work is what is to be done on the request's site; none on one that is not there.
func (d *Desk) work(ctx context.Context, r *Request) (Work, error) {
	portal, ok := d.Portal.(WorkPortal)
	if !ok {
		return Work{}, fmt.Errorf("work for request %s on a portal that does its work by itself: %w", r.Number, errors.ErrUnsupported)
	}
	work, err := portal.Work(ctx, r.Plan.Site.ID)
	if errors.Is(err, ErrNoSuchSite) {
		return Work{}, nil
	}
	return work, err
}

// order asks IT for the work, unless exactly that is asked for already. An
// earlier order about the request is void then.
func (h *hand) order(r *Request, work Work) error {
	if work.Nothing() {
		return nil
	}
	hash, err := work.Hash()
	if err != nil {
		return err
	}
	orders, err := h.openOrders(r)
	if err != nil || slices.ContainsFunc(orders, func(k Token) bool { return k.PlanHash == hash }) {
		return err
	}
	if err := h.tx.SpendPurpose(r.ID, DoesWork, h.now); err != nil {
		return err
	}
	if err := h.event(r, EventWorkOrdered, "desk", fmt.Sprintf("site %s: %d to add, %d to alter, %d to remove", work.Site.ID, len(work.Add), len(work.Alter), len(work.Remove))); err != nil {
		return err
	}
	for _, p := range h.Directory.IT {
		if err := h.sendOrder(p, WorkOrder{Request: r, Work: work}, hash, false); err != nil {
			return err
		}
	}
	return nil
}

func (h *hand) sendOrder(to Person, letter WorkOrder, hash string, answers bool) error {
	letter.Expires = h.now.Add(h.Policy.TokenLife)
	return h.send(to, letter, envelope{request: letter.Request, answers: answers, bounded: answers,
		token: &Token{Purpose: DoesWork, Address: to.Address, PlanHash: hash, ExpiresAt: letter.Expires}})
}

// openOrders lists the open work orders about a request, the oldest first,
// without those that only ask to repeat an answer.
func (h *hand) openOrders(r *Request) ([]Token, error) {
	tokens, err := h.tx.TokensFor(r.ID, DoesWork)
	return slices.DeleteFunc(tokens, func(k Token) bool { return k.Verdict != "" }), err
}

// remindOfWork is a daily chore: it reminds IT of work orders that nobody
// answers, and forgets those about which there is nothing left to do.
func (d *Desk) remindOfWork(ctx context.Context, today forms.Date) error {
	if !d.byHand() {
		return nil
	}
	return d.transact(ctx, func(h *hand) error {
		ids, err := h.tx.RequestsAsked(DoesWork)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := h.remindOfOrder(id, today); err != nil {
				return err
			}
		}
		return nil
	})
}

func (h *hand) remindOfOrder(id int64, today forms.Date) error {
	r, err := h.tx.Request(id)
	if err != nil {
		return err
	}
	work, err := h.work(h.ctx, r)
	if err != nil {
		return err
	}
	if ended, err := h.workEnded(r); err != nil || ended || work.Nothing() {
		return errors.Join(err, h.tx.SpendPurpose(id, DoesWork, h.now))
	}
	hash, err := work.Hash()
	if err != nil {
		return err
	}
	orders, err := h.openOrders(r)
	if err != nil {
		return err
	}
	orders = slices.DeleteFunc(orders, func(k Token) bool { return k.PlanHash != hash })
	if len(orders) == 0 {
		return h.order(r, work)
	}
	last := orders[len(orders)-1]
	after := h.Policy.Waiting.Work
	if after == 0 || h.Policy.workdays(h.day(last.CreatedAt), today) < after {
		return nil
	}
	if err := h.event(r, EventWorkReminded, "desk", "site "+work.Site.ID); err != nil {
		return err
	}
	for _, p := range h.Directory.IT {
		if err := h.sendOrder(p, WorkOrder{Request: r, Work: work, Since: h.day(orders[0].CreatedAt)}, hash, false); err != nil {
			return err
		}
	}
	return nil
}

// workAnswered reads IT's answer to a work order. What people of IT say is
// taken on the same proof as a decision (rules T1 to T4, T6).
func (h *hand) workAnswered(k Token) (Settlement, error) {
	r, err := h.tx.Request(k.Request)
	if err != nil {
		return Settlement{}, err
	}
	s := Settlement{Fate: FateAnswered, Request: r.ID}
	sender, _ := h.c.Message.Sender()
	person, isIT := h.Directory.ITPerson(sender.Address)
	switch {
	case !isIT || !h.cameFrom(person.Address):
		return h.notTheirs(r, k, OtherSender, "the question was sent to "+k.Address)
	case h.c.Origin.Refuted:
		return h.notTheirs(r, k, NotAuthentic, h.c.Origin.Why)
	case h.c.Origin.Authentic && h.signedBefore(k):
		return h.notTheirs(r, k, NotAuthentic, "the signature is older than the question")
	case !h.c.Origin.Authentic && person.Address != k.Address:
		return h.notTheirs(r, k, OtherSender, "nothing proves the sender, and the question was sent to "+k.Address)
	}
	ended, err := h.workEnded(r)
	if err != nil {
		return s, err
	}
	if !k.SpentAt.IsZero() || ended {
		s.Note = "the work order is closed"
		letter, err := h.workClosed(r)
		if err != nil {
			return s, err
		}
		return s, h.send(person, letter, envelope{request: r, answers: true, bounded: true})
	}
	work, err := h.work(h.ctx, r)
	if errors.Is(err, errors.ErrUnsupported) {
		return h.setAside(AsideReply, "an answer to a work order, and the portal needs none any more")
	}
	if err != nil {
		return s, err
	}
	hash, err := work.Hash()
	if err != nil {
		return s, err
	}
	answer, fault := h.readWork(k, work, saves(r))
	switch {
	case fault != "":
	case h.now.After(k.ExpiresAt):
		fault = WorkLate
	case hash != k.PlanHash && !work.Nothing():
		fault = WorkOtherWork
	}
	if fault != "" {
		s.Note = "the answer was not taken: " + string(fault)
		return s, h.sendOrder(person, WorkOrder{Request: r, Work: work, Fault: fault, Said: h.said()}, hash, true)
	}
	if !h.c.Origin.Authentic && k.Verdict == "" {
		s.Note = "the sender is not proven: confirmation asked"
		return s, h.confirmWork(r, k, person, answer)
	}
	if !answer.done && r.Status != StatusProvisioning {
		s.Note = "the work can't be done yet"
		if err := h.event(r, EventWorkFailed, person.Address, fmt.Sprintf("%q", answer.reason)); err != nil {
			return s, err
		}
		return s, h.sendOrder(person, WorkOrder{Request: r, Work: work, Fault: WorkStillOpen, Said: answer.reason}, hash, true)
	}
	s.Fate = FateDecided
	if !answer.done {
		s.Note = "the work can't be done"
		return s, h.workFailed(r, person, answer.reason)
	}
	s.Note = "the work is done"
	return s, h.workDone(r, k, work, person, answer)
}

// workAnswer is what somebody of IT says about a work order.
type workAnswer struct {
	done   bool
	url    string // with done; empty: not said
	said   string // with done, if files were to be saved: the answer, shortened
	reason string // without done
}

// saves reports whether the work on a request is to end access to a site and to
// save its files.
func saves(r *Request) bool { return r.Kind == forms.Close && r.Status == StatusProvisioning }

// readWork understands an answer to a work order, or says why it does not.
func (h *hand) readWork(k Token, work Work, saves bool) (workAnswer, WorkFault) {
	c := h.c.Command
	switch c.Name {
	case reply.CommandConfirm, reply.CommandYes:
		if k.Verdict == "" {
			return workAnswer{}, WorkUnclear
		}
		if k.Verdict == Approve && saves {
			return workAnswer{done: true, said: k.Reason}, ""
		}
		if k.Verdict == Approve {
			return workAnswer{done: true, url: k.Reason}, ""
		}
		return workAnswer{reason: k.Reason}, ""
	case reply.CommandFailed:
		if k.Verdict == Approve {
			return workAnswer{}, WorkUnclear // it was to repeat the contrary
		}
		reason := strings.TrimSpace(c.Words)
		if reason == "" {
			reason = k.Reason
		}
		if reason == "" {
			reason = h.said()
		}
		return workAnswer{reason: shorten(reason)}, ""
	case reply.CommandDone:
	default:
		return workAnswer{}, WorkUnclear
	}
	answer := workAnswer{done: true}
	var urls []string
	for _, text := range c.URLs {
		if goodURL(text) && !slices.Contains(urls, text) {
			urls = append(urls, text)
		}
	}
	switch {
	case k.Verdict == Reject, onlyPartly(c.Words):
		return answer, WorkPartly
	case saves: // an address in it is that of the files, not of the site
		answer.said = h.said()
		if k.Verdict == Approve {
			answer.said = k.Reason
		}
	case len(urls) > 1:
		return answer, WorkManyURLs
	case len(urls) == 1:
		answer.url = urls[0]
		if k.Verdict == Approve && k.Reason != "" && answer.url != k.Reason {
			return answer, WorkManyURLs
		}
	case k.Verdict == Approve:
		answer.url = k.Reason
	case work.Create:
		return answer, WorkNoURL
	}
	return answer, ""
}

// maxURL bounds the address of a site, in bytes.
const maxURL = 500

// goodURL reports whether text is an address that can stand in letters.
func goodURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= maxURL && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// reserves are words after "gata" that may take something of it back.
var reserves = []string{"nu", "n", "dar", "insa", "fara", "exceptia", "exceptie", "afara", "lipseste", "lipsesc", "putin", "partial", "doar", "numai",
	"inca", "maine", "urmeaza", "ramane", "raman", "ramas", "eroare", "problema", "probleme", "cand", "daca", "dupa", "pana", "except"}

// onlyPartly reports whether what stands beside "gata" may restrict it.
func onlyPartly(words string) bool {
	var rest []string
	for _, field := range strings.Fields(words) {
		if !strings.Contains(field, "://") {
			rest = append(rest, field)
		}
	}
	text := strings.Join(rest, " ")
	return strings.Contains(text, "?") || slices.ContainsFunc(strings.Split(letters(text), "-"), func(w string) bool { return slices.Contains(reserves, w) })
}

// confirmWork has somebody of IT repeat an answer that nothing proves to be theirs.
func (h *hand) confirmWork(r *Request, k Token, person Person, a workAnswer) error {
	again := Token{Purpose: DoesWork, Address: person.Address, PlanHash: k.PlanHash, Verdict: Reject, Reason: a.reason, ExpiresAt: h.now.Add(h.Policy.TokenLife)}
	if a.done {
		again.Verdict, again.Reason = Approve, cmp.Or(a.said, a.url)
	}
	open, err := h.tx.TokensFor(r.ID, DoesWork)
	if err != nil {
		return err
	}
	for _, o := range open {
		if o.Address == again.Address && o.Verdict == again.Verdict && o.Reason == again.Reason && o.PlanHash == again.PlanHash && h.now.Sub(o.CreatedAt) < burst {
			return h.event(r, EventMuted, "desk", "a confirmation of the same answer was asked of "+person.Address+" a moment ago")
		}
	}
	if err := h.event(r, EventConfirmAsk, "desk", person.Address+" answered a work order; "+h.c.Origin.Why); err != nil {
		return err
	}
	letter := ConfirmWork{Request: r, Done: a.done, URL: a.url, Saved: a.said, Reason: a.reason, Expires: again.ExpiresAt}
	return h.send(person, letter, envelope{request: r, answers: true, bounded: true, token: &again})
}

// workDone records that the work is done, and goes on with the request.
func (h *hand) workDone(r *Request, k Token, work Work, person Person, answer workAnswer) error {
	if !work.Nothing() {
		// The portal is another system: if this transaction does not commit, the
		// mail is handled again, and confirming twice changes nothing.
		err := h.Portal.(WorkPortal).Confirm(h.ctx, r.Plan.Site.ID, k.PlanHash, answer.url)
		if err != nil && !errors.Is(err, ErrNoSuchSite) { // deleted by an attempt that was interrupted
			return err
		}
	}
	if err := h.tx.SpendPurpose(r.ID, DoesWork, h.now); err != nil {
		return err
	}
	if err := h.event(r, EventWorkDone, person.Address, fmt.Sprintf("%q, proven by %s", h.said(), h.workProof(k))); err != nil {
		return err
	}
	if saves(r) {
		closing, err := h.tx.Closing(r.ID)
		if err != nil {
			return err
		}
		closing.ByHand = &SavedFiles{By: person, Said: answer.said}
		if err := h.tx.SetClosing(r.ID, closing); err != nil {
			return err
		}
	}
	for _, p := range h.Directory.IT {
		if p.Address == person.Address {
			continue
		}
		letter := WorkDone{Request: r, By: person, URL: h.Portal.SiteURL(r.Plan.Site.ID)}
		if err := h.send(p, letter, envelope{request: r}); err != nil {
			return err
		}
	}
	if r.Status == StatusProvisioning || r.Status == StatusWithdrawn || r.Kind == forms.Close {
		return h.tx.EnqueueProvision(r.ID, time.Time{})
	}
	return nil
}

func (h *hand) workProof(k Token) string {
	if k.Verdict != "" && !h.c.Origin.Authentic {
		return "confirmation"
	}
	return string(h.c.Origin.By)
}

// workFailed records that IT can't do the work: the request is stuck, with IT's
// words, until somebody has it tried again.
func (h *hand) workFailed(r *Request, person Person, reason string) error {
	if err := h.tx.SpendPurpose(r.ID, DoesWork, h.now); err != nil {
		return err
	}
	if err := h.event(r, EventWorkFailed, person.Address, fmt.Sprintf("%q", reason)); err != nil {
		return err
	}
	if err := h.tx.Change(r, getStuck, h.now); err != nil {
		return err
	}
	if err := h.event(r, EventStuck, "desk", "IT can't do the work"); err != nil {
		return err
	}
	failures := []Failure{{Err: fmt.Sprintf("%s (%s): %s", person.Name, person.Address, reason)}}
	if err := h.tx.RecordTrouble(r.ID, Trouble{Failures: failures, At: h.now}); err != nil {
		return err
	}
	if r.Kind == forms.Close {
		return h.tellIT(ClosingStuck{Request: r, Err: failures[0].Err, ByHand: true}, envelope{request: r})
	}
	return h.tellIT(Stuck{Request: r, Failures: failures, ByHand: true}, envelope{request: r})
}

// workClosed is the letter for an answer to a work order that is closed.
func (h *hand) workClosed(r *Request) (WorkClosed, error) {
	letter := WorkClosed{Request: r}
	orders, err := h.openOrders(r)
	if err != nil {
		return letter, err
	}
	letter.Newer = len(orders) > 0
	events, err := h.tx.Events(r.ID)
	for _, e := range events {
		switch e.Kind {
		case EventWorkDone:
			letter.By = e.Actor
		case EventWorkOrdered, EventWorkFailed:
			letter.By = ""
		}
	}
	return letter, err
}

// notTheirs leaves an answer to a person that did not come from whom was asked.
func (h *hand) notTheirs(r *Request, k Token, why SuspectWhy, detail string) (Settlement, error) {
	if _, err := h.notice(r, k.Address, why, detail); err != nil {
		return Settlement{}, err
	}
	s, err := h.setAside(AsideNotTheirs, fmt.Sprintf("%s: %s", why, detail))
	s.Request = r.ID
	return s, err
}

// workWithoutToken puts a work order again to somebody of IT who answers it
// without its mark, because their mail program dropped the thread (rule T1).
func (h *hand) workWithoutToken(r *Request, sender Address) (Settlement, bool, error) {
	s := Settlement{Fate: FateAnswered, Request: r.ID, Note: "an answer to a work order without the token"}
	person, isIT := h.Directory.ITPerson(sender.Address)
	if !isIT || h.c.Origin.Refuted {
		return s, false, nil
	}
	orders, err := h.openOrders(r)
	if err != nil || len(orders) == 0 {
		return s, false, err
	}
	work, err := h.work(h.ctx, r)
	if err != nil {
		return s, false, err
	}
	hash, err := work.Hash()
	if err != nil {
		return s, true, err
	}
	return s, true, h.sendOrder(person, WorkOrder{Request: r, Work: work, Fault: WorkNoToken}, hash, true)
}
