package intake

import (
	"context"
	"errors"
	"time"

	"registratura/forms"
)

// Store keeps what the desk knows: mails, requests, what was sent and what is
// still to be done. It only records; what to record is decided in this package.
// Every store passes storetest.
type Store interface {
	// Receive commits mails whole (rule D1). A mail at a place that is already
	// known is left as it is, and one whose bytes are known is linked to the
	// first with these bytes, whose fate it shares (rule D2).
	Receive(ctx context.Context, mails []IncomingMail) error
	// Known tells which mails of a mailbox are stored, with the fate of those
	// that were handled and "" for the others.
	Known(ctx context.Context, mailbox string, uidValidity uint32, uids []uint32) (map[uint32]Fate, error)
	// Pending lists unhandled mails that are due at now, in the order in which
	// they came; at most limit.
	Pending(ctx context.Context, now time.Time, limit int) ([]StoredMail, error)
	// NextDue is when the next postponed mail is due after now; false when none is.
	NextDue(ctx context.Context, now time.Time) (time.Time, bool, error)

	// Transact runs fn in one transaction: all that it records is committed
	// together, or nothing is (rule D3). A cancelled ctx does not end it in
	// the middle (rule D8).
	Transact(ctx context.Context, fn func(Tx) error) error

	// TransactEach is Transact for each of fns, in their order, with one wait
	// for the disk: one that fails leaves nothing, and the others alone. The
	// errors are in the order of fns.
	TransactEach(ctx context.Context, fns []func(Tx) error) []error

	// Outgoing is a notice that is to be sent, with its bytes.
	Outgoing(ctx context.Context, id int64) (OutgoingMail, error)
	// Request finds a request by its ID.
	Request(ctx context.Context, id int64) (*Request, error)
	// Partners lists the partners of all sites that were ever approved, by name.
	Partners(ctx context.Context) ([]string, error)
	// MailBytes is a stored mail as it came.
	MailBytes(ctx context.Context, id int64) ([]byte, error)
}

// Tx is what can be recorded, and looked up for it, in one transaction.
type Tx interface {
	// NextSerial is the next registration number of the year; numbers leave no gaps.
	NextSerial(year int) (int, error)
	// SiteIDTaken reports whether any request ever used the ID.
	SiteIDTaken(id string) (bool, error)

	InsertRequest(*Request) error // sets ID
	Request(id int64) (*Request, error)
	RequestByNumber(Number) (*Request, error)
	// SiteRequest finds the request that the site with this ID was asked for with.
	SiteRequest(id string) (*Request, error) // ErrNotFound
	// Standing finds the request by whose plan the site stands: the one that is
	// active, or closing.
	Standing(siteID string) (*Request, error) // ErrNotFound
	// StandingSites lists the requests by whose plans sites stand, by site ID:
	// those that are active.
	StandingSites() ([]*Request, error)
	// RunningRequest finds a request other than except for the site with this ID,
	// by whose plan it does not stand yet: one that is asked about, approved,
	// scheduled, being provisioned or stuck.
	RunningRequest(siteID string, except int64) (*Request, error) // ErrNotFound
	// OpenRequest finds a request other than except that has this purpose, of
	// which a site is open or may still come.
	OpenRequest(purpose string, except int64) (*Request, error) // ErrNotFound
	// Closings lists the requests to close a site that are not ended: those that
	// are asked about, worked on, stuck, or in the grace period.
	Closings() ([]*Request, error)
	// Closing is what became of a request to close; zero: nothing yet.
	Closing(request int64) (Closing, error)
	SetClosing(request int64, c Closing) error
	// ClosingOfLink finds the request to close that has the link.
	ClosingOfLink(hash string) (int64, error) // ErrNotFound
	// UpdateRequest records everything but the status.
	UpdateRequest(*Request) error
	// Change records the request with its new status, if the stored one is
	// still in t.From(); else ErrStatus. It sets r.Status and r.ChangedAt.
	Change(r *Request, t Transition, at time.Time) error
	// Decide records the one decision of the request and the change of status.
	Decide(r *Request, d Decision, t Transition) error

	// RecordDeviation records a deviation of the request from its plan, or what
	// became of the one with its number.
	RecordDeviation(request int64, d Deviation) error
	// RecordTrouble records what stopped the request, instead of what did before.
	RecordTrouble(request int64, t Trouble) error
	Trouble(request int64) (Trouble, error) // ErrNotFound

	// ChoreDone is the last day on which the chore was done; zero: never.
	ChoreDone(chore string) (forms.Date, error)
	SetChoreDone(chore string, day forms.Date) error

	// Purge takes personal data away whose time is over, at most p.Most rows of
	// each kind, and says what it took. The event of the purge is the caller's.
	Purge(p Purge) (Purged, error)

	// Review is where the review of the site stands; ErrNotFound if it never had one.
	Review(siteID string) (ReviewRecord, error)
	// SaveReview records it.
	SaveReview(ReviewRecord) error

	AddEvent(Event) error
	// Events are those of a request, in order.
	Events(request int64) ([]Event, error)

	// AddApproval records the approval of one of several who must approve;
	// ErrDecided if it is there already.
	AddApproval(request int64, d Decision) error
	// Approvals lists the recorded approvals of the request with that plan, the oldest first.
	Approvals(request int64, planHash string) ([]Decision, error)

	AddDelegation(Delegation) error
	// EndDelegations ends every delegation by the approver.
	EndDelegations(approver string, at time.Time) error
	// Delegations lists those that last until that day or longer, the oldest first.
	Delegations(day forms.Date) ([]Delegation, error)
	// OpenQuestions lists the requests that wait for a decision and of which the
	// person has an open question.
	OpenQuestions(address string, at time.Time) ([]int64, error)

	AddSuspicion(Suspicion) error
	// LastTold is when IT was last told of such a suspicion about the request (0:
	// about none), and how many came since; the zero time: never.
	LastTold(request int64, why SuspectWhy) (at time.Time, since int, err error)
	// LastWarned is the same for the warnings to an approver about any request.
	LastWarned(approver string, why SuspectWhy) (at time.Time, since int, err error)

	AddToken(Token) error
	Token(hash string) (Token, error) // ErrNotFound
	// OpenTokens lists the unspent tokens of the request, but for those that ask
	// whether its form is really the sender's; the oldest first.
	OpenTokens(request int64) ([]Token, error)
	// SpendTokens marks every unspent token of the request as spent.
	SpendTokens(request int64, at time.Time) error
	// TokensFor lists the unspent tokens of the request with the purpose, the
	// oldest first.
	TokensFor(request int64, p Purpose) ([]Token, error)
	// SpendPurpose is SpendTokens for those with the purpose.
	SpendPurpose(request int64, p Purpose, at time.Time) error
	// RequestsAsked lists the requests that have an unspent token with the
	// purpose, in the order of their IDs.
	RequestsAsked(p Purpose) ([]int64, error)
	// Supersede marks those of one person as spent that were for another plan.
	Supersede(request int64, address, planHash string, at time.Time) error

	// AddOffer records a plan that is offered; the same one may be offered again.
	AddOffer(OfferedPlan) error
	Offer(request int64, planHash string) (OfferedPlan, error) // ErrNotFound

	// AddNotice records a composed mail and the work of sending it.
	AddNotice(OutgoingMail) (id int64, err error)
	// NoticeOfMessage finds a mail of ours by its Message-ID.
	NoticeOfMessage(messageID string) (OutgoingMail, error) // ErrNotFound
	// LatestNotice finds the mail of ours about the request that was last made
	// for the address.
	LatestNotice(request int64, address string) (OutgoingMail, error) // ErrNotFound
	// AddUndelivered records that a mail of ours did not arrive. It reports
	// whether that is news: of each mail it is recorded once, and once more when
	// it is sure after it was guessed.
	AddUndelivered(UndeliveredMail) (first bool, err error)
	// Undelivered lists the mails about the request that did not arrive, the
	// oldest first.
	Undelivered(request int64) ([]UndeliveredMail, error)
	// CountAnswers counts the bounded notices made for the address since then.
	CountAnswers(address string, since time.Time) (int, error)
	// CountNotices counts the notices of that kind made for the address since then.
	CountNotices(kind, address string, since time.Time) (int, error)
	MarkSent(id int64, at time.Time) error
	MarkFailed(id int64, at time.Time, reason string) error

	// Settle gives a mail its one fate (rule D7).
	Settle(mail int64, s Settlement) error
	// Postpone puts off the handling of a mail after a failure that may pass.
	Postpone(mail int64, until time.Time, reason string) error

	// EnqueueWait has the request, which waits since that time, looked at then.
	EnqueueWait(request int64, since, at time.Time) error
	// EnqueueProvision has the request provisioned at that time; the zero time
	// means at once.
	EnqueueProvision(request int64, at time.Time) error
}

// StoredMail is a mail that waits to be handled.
type StoredMail struct {
	ID int64
	IncomingMail
	Attempts int // how often handling it failed
}

// Settlement is what became of a mail.
type Settlement struct {
	Fate    Fate
	Note    string // why, for IT
	Request int64  // that it belongs to; 0: none
	At      time.Time
}

// OutgoingMail is a composed notice. Its bytes never change (rule D4).
type OutgoingMail struct {
	ID        int64
	Request   int64 // 0: about none
	Kind      string
	To        string // addr-spec
	MessageID string // without angle brackets
	Raw       []byte // empty once it was sent, if Secret
	Secret    bool   // holds a token or a link
	Text      string // what a question said, its subject first, to tell its quote from an answer; without anything secret
	Bounded   bool   // counts towards the answers that an address may get a day
	State     OutgoingState
	CreatedAt time.Time
	SentAt    time.Time
}

// OutgoingState says how far a notice has come.
type OutgoingState string

const (
	OutgoingQueued OutgoingState = "queued" // ended by the sending job
	OutgoingSent   OutgoingState = "sent"   // the SMTP server took it
	OutgoingFailed OutgoingState = "failed" // for good; IT was told
)

// Token is the unguessable mark of one question to one person (rules T1, T6).
type Token struct {
	Hash      string // SHA-256 of the token, hex
	Purpose   Purpose
	Request   int64
	Address   string  // of the person who was asked
	PlanHash  string  // of what they were shown
	Verdict   Verdict // for ConfirmsDecision: what was answered the first time
	Reason    string
	CreatedAt time.Time
	ExpiresAt time.Time
	SpentAt   time.Time // zero: still open
}

// Purpose is what a token's holder was asked.
type Purpose string

const (
	Decides          Purpose = "decides"           // approve or reject
	ConfirmsDecision Purpose = "confirms_decision" // repeat an answer of unproven origin
	ConfirmsRequest  Purpose = "confirms_request"  // is this form really yours
	Reviews          Purpose = "reviews"           // is this still who needs access
	DoesWork         Purpose = "does_work"         // a work order to IT
)

// Purposes lists every purpose.
var Purposes = []Purpose{Decides, ConfirmsDecision, ConfirmsRequest, Reviews, DoesWork}

// Event is one thing that happened, as it is told to IT.
type Event struct {
	ID      int64
	Request int64 // 0: about none
	Mail    int64 // that caused it; 0: none
	At      time.Time
	Kind    EventKind
	Actor   string // "desk", or an address
	Detail  string // English, one line
}

// EventKind names what happened.
type EventKind string

const (
	EventRegistered      EventKind = "registered"
	EventCorrected       EventKind = "corrected"
	EventReturned        EventKind = "returned"
	EventConfirmAsk      EventKind = "confirmation_asked"
	EventConfirmed       EventKind = "confirmed"
	EventAsked           EventKind = "approval_asked"
	EventAskedAgain      EventKind = "asked_again"
	EventOffered         EventKind = "offered" // an approver, the plan that their conditions make
	EventApproved        EventKind = "approved"
	EventPartlyApproved  EventKind = "approved_in_part" // others must approve too
	EventDelegated       EventKind = "delegated"
	EventDelegationEnded EventKind = "delegation_ended"
	EventRejected        EventKind = "rejected"
	EventScheduled       EventKind = "scheduled"
	EventProvision       EventKind = "provisioning"
	EventProvFailed      EventKind = "provisioning_failed"
	EventStuck           EventKind = "stuck"
	EventRetried         EventKind = "retried"
	EventStands          EventKind = "stands"  // IT: although what it rests on has changed
	EventSkipped         EventKind = "skipped" // IT goes on without some members
	EventCancelled       EventKind = "cancelled"
	EventTakenBack       EventKind = "taken_back"     // what a cancelled request had granted
	EventAddressMended   EventKind = "address_mended" // on the word of the requester or IT
	EventAddressMoved    EventKind = "address_moved"  // the access, to the mended address
	EventAddressStays    EventKind = "address_stays"  // moving it failed
	EventReminded        EventKind = "reminded"
	EventNextAsked       EventKind = "next_asked"
	EventToldWaiting     EventKind = "told_waiting"
	EventExpired         EventKind = "expired"
	EventWithdrawn       EventKind = "withdrawn"
	EventActive          EventKind = "active"
	EventNoticeSent      EventKind = "notice_sent"
	EventNoticeFails     EventKind = "notice_failed"
	EventRefused         EventKind = "refused" // an answer that was not taken as a decision, for its origin
	EventSetAside        EventKind = "set_aside"
	EventMuted           EventKind = "muted" // an answer not sent, because of the bound on answers
)

var (
	// ErrNotFound: there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrStatus: the request is no longer in the expected status.
	ErrStatus = errors.New("the request is in another status")
	// ErrDecided: the request has its one decision already (rule D5).
	ErrDecided = errors.New("the request is already decided")
)

// LaterError asks for a job to be run again after a while, without counting it
// as a failure.
type LaterError struct{ After time.Duration }

func (e LaterError) Error() string { return "to be done in " + e.After.String() }

// FormReader reads and marks workbooks, bounded in time and memory (rule F3).
type FormReader interface {
	// ReadForm reads a workbook; its errors are those of [forms.Read].
	ReadForm(ctx context.Context, name string, data []byte, rules forms.Rules) (*forms.Reading, error)
	// MarkForm returns the workbook with the reading's problems marked in it
	// (rule F2), or an error if that can't be done safely.
	MarkForm(ctx context.Context, data []byte, r *forms.Reading) ([]byte, error)
	// UnmarkForm returns the workbook without such marks.
	UnmarkForm(ctx context.Context, data []byte) ([]byte, error)
}
