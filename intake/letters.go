package intake

import (
	"time"

	"registratura/forms"
)

// Letter is what a mail of the desk says, before it is put into words. Its
// name is the name of its template, so that every text a person reads stands
// in the templates room.
type Letter interface{ Name() string }

// ReplyLine stands at the top of every mail of the desk that asks a question.
// In a reply, the line that holds it and all below it is the desk's own text,
// whether it was quoted with marks or not.
const ReplyLine = "Scrieți răspunsul deasupra acestei linii"

// The words that the desk's mails ask for as an answer. They never stand on a
// line of their own there.
const (
	WordApprove = "APROB"
	WordReject  = "RESPING"
	WordConfirm = "CONFIRM" // a form is really the sender's, see [ConfirmRequest]
)

// BlankForms carries both blank forms and says how to use them.
type BlankForms struct {
	Asked bool // the sender asked for them; else the mail held nothing to work on
}

// Registered tells the sender of a form in order its number and what follows.
type Registered struct {
	Request  *Request
	Approver Approver // who is asked
}

// Returned gives a form back with its problems.
type Returned struct {
	Request  *Request
	Problems []forms.Problem
	Marked   bool // the attached workbook is the sender's own, with the cells marked; else a new one, filled in
}

// ConfirmRequest asks a head of department whether a form that bears their
// address was really sent by them, because the mail did not prove it.
type ConfirmRequest struct {
	Request    *Request
	Expires    time.Time
	Correction bool // it corrects a request that the approvers are asked about, whose question stands until then
}

// Approval asks an approver to decide (procedure step 2).
type Approval struct {
	Request  *Request
	Approver Approver
	SiteURL  string    // where the site will be
	Expires  time.Time // of the question

	Approved []Decision // where all must approve: those who have
}

// AskAgain asks an approver again, whose answer could not be taken as a decision.
type AskAgain struct {
	Request     *Request
	Approver    Approver
	Said        string     // their newly written text, shortened; empty: none was found
	Conditional bool       // it was an approval with something added; else it was unclear
	Weak        bool       // it was no more than a "da" or "ok"
	Superseded  bool       // it approved this plan, instead of which another was offered since
	Obstacles   []Obstacle // with Conditional: what of it cannot be applied

	// The answer was not looked at, for its sender:
	Suspect SuspectWhy // it came from somebody else, or from a forged address
	From    string     // with Suspect: whom it came from, as it says
	NoToken bool       // it did not carry the mark of the question, so it could be about anything
}

// ConfirmDecision asks an approver to repeat an answer whose origin the mail
// server did not prove (rule T3, the confirmation round).
type ConfirmDecision struct {
	Request  *Request
	Approver Approver
	Verdict  Verdict
	Reason   string
	Expires  time.Time
}

// AlreadyDecided tells an approver that their answer changes nothing any more.
type AlreadyDecided struct {
	Request  *Request
	Approver Approver
}

// QuestionClosed tells an approver that the question they answered is no longer
// open: it is too old, or the request was changed since.
type QuestionClosed struct {
	Request  *Request
	Approver Approver
	Changed  bool // the request was changed since; else the answer came too late
	Given    bool // this approver has approved already, and others are still asked
}

// Approved tells the requester, before there is a site.
type Approved struct {
	Request *Request
}

// Rejected tells the requester the approver's reason.
type Rejected struct {
	Request *Request
}

// ApprovedForIT is IT's copy of an approved request (procedure 5.2.2).
type ApprovedForIT struct {
	Request *Request
	SiteURL string
	ByHand  bool // IT does the work, and will be sent a [WorkOrder]
}

// Access informs one member (procedure step 7).
type Access struct {
	Request    *Request
	Member     Member
	SiteURL    string
	Invitation Invitation
}

// NewLink carries a new one-time link to somebody who asked for it, on the portal
// or by mail.
type NewLink struct {
	Invitation Invitation
}

// AccessList gives the requester the whole list of who was given access.
type AccessList struct {
	Request *Request
	SiteURL string
}

// NotEntitled tells somebody that only heads of department may ask (5.2.2).
type NotEntitled struct {
	Address    string
	Department string // named in the form, if they head another one; else empty
}

// CannotRead tells the sender that what they attached is not a form we can read.
type CannotRead struct {
	Files []UnreadableFile
}

// UnreadableFile is one attachment that could not be taken as a form.
type UnreadableFile struct {
	Name string
	Why  FileFault
}

// FileFault says why an attachment could not be taken as a form.
type FileFault string

const (
	FaultNotForm   FileFault = "not_form"  // a workbook without a form
	FaultNotSheet  FileFault = "not_sheet" // not a spreadsheet: PDF, picture, Word…
	FaultLegacy    FileFault = "legacy"    // .xls or .xlsb
	FaultEncrypted FileFault = "encrypted" // locked with a password
	FaultArchive   FileFault = "archive"   // .zip, .rar, .7z
	FaultBroken    FileFault = "broken"    // truncated or damaged
	FaultTooLarge  FileFault = "too_large" // beyond the limits
)

// TooLarge tells the sender that their mail exceeds the size limit.
type TooLarge struct {
	Subject     string
	Size, Limit int64 // octets
}

// SetAside tells IT that a mail waits for a person (rule D7).
type SetAside struct {
	From    string // as the mail says; not proven
	Subject string
	Why     AsideWhy
	Folder  string // where the mail is
}

func (BlankForms) Name() string      { return "blank_forms" }
func (Registered) Name() string      { return "registered" }
func (Returned) Name() string        { return "returned" }
func (ConfirmRequest) Name() string  { return "confirm_request" }
func (Approval) Name() string        { return "approval" }
func (AskAgain) Name() string        { return "ask_again" }
func (ConfirmDecision) Name() string { return "confirm_decision" }
func (AlreadyDecided) Name() string  { return "already_decided" }
func (QuestionClosed) Name() string  { return "question_closed" }
func (Approved) Name() string        { return "approved" }
func (Rejected) Name() string        { return "rejected" }
func (ApprovedForIT) Name() string   { return "approved_it" }
func (Access) Name() string          { return "access" }
func (NewLink) Name() string         { return "new_link" }
func (AccessList) Name() string      { return "access_list" }
func (NotEntitled) Name() string     { return "not_entitled" }
func (CannotRead) Name() string      { return "cannot_read" }
func (TooLarge) Name() string        { return "too_large" }
func (SetAside) Name() string        { return "set_aside" }

// Letters lists every letter, so that a test can find one without a template.
var Letters = []Letter{BlankForms{}, Registered{}, Returned{}, ConfirmRequest{}, Approval{},
	AskAgain{}, ConfirmDecision{}, AlreadyDecided{}, QuestionClosed{}, Approved{}, Rejected{},
	ApprovedForIT{}, Access{}, NewLink{}, AccessList{}, NotEntitled{},
	CannotRead{}, TooLarge{}, SetAside{}, Undelivered{}, Stuck{}, Cancelled{}, AddressFailed{}, AddressMended{}, AddressStays{}, CannotCorrect{}, Suspect{}, Disowned{}, Offer{}, Warning{}, Delegated{}, DelegationRefused{},
	Journal{}, NoJournal{},
	WorkOrder{}, ConfirmWork{}, WorkDone{}, WorkClosed{}, Review{}, Reviewed{}, ReviewForOthers{}, SiteSuspended{}, LegalBases{},
	ClosingRefused{}, ClosingQuestion{}, ClosingDropped{}, AccessEnded{}, ClosingSaved{}, ClosingStuck{}, ClosingHeld{}, ClosingUndone{},
	AccessResumed{}, ClosingDone{},
	Reminder{}, StillWaiting{}, Expired{}, StatusReport{}, Withdrawn{}, WithdrawnForOthers{}, TooLateToWithdraw{},
	QuestionWithdrawn{}, CorrectionNotTaken{}, NothingChanges{}, AccessAltered{}, AccessRemoved{}}
