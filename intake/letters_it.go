package intake

// The letters in this file go to IT: what the desk could not do by itself, why,
// and what they can do.

// Undelivered says that the mail server refused one of our mails for good, or
// that it came back.
type Undelivered struct {
	Request *Request // nil: about none
	To      string
	Kind    string // the name of the letter
	Reason  string // in the server's words
	Bounced bool   // it was accepted first, and came back
}

// Stuck says that a site could not be provisioned.
type Stuck struct {
	Request     *Request
	Failures    []Failure
	Differences []Difference
	Done        []Member // who has what was approved
}

// Failure is one thing that the portal would not do.
type Failure struct {
	Member *Member // nil: the site itself
	Err    string  // the portal's words
}

// Suspect says that something came which looks like a decision but is none,
// because of who sent it.
type Suspect struct {
	Request  *Request // nil: about none
	Approver Person   // who was asked
	From     string   // as the mail says
	Why      SuspectWhy
	Detail   string // for IT
	Missed   int    // such mails that came since the last time that IT was told
}

// SuspectWhy says what was wrong with the sender.
type SuspectWhy string

const (
	OtherSender  SuspectWhy = "other_sender"  // the token came back from another address
	NotAuthentic SuspectWhy = "not_authentic" // the mail server says that the sender is forged
	Unproven     SuspectWhy = "unproven"      // nothing proves the sender, and it answers no question
	Replayed     SuspectWhy = "replayed"      // an answer that was taken already came again
)

// SuspectWhys lists all of them.
var SuspectWhys = []SuspectWhy{OtherSender, NotAuthentic, Unproven, Replayed}

// Disowned says that a head of department denies having sent a form.
type Disowned struct {
	Request    *Request
	Correction bool // it was a corrected form; the request goes on as it was
}

func (Undelivered) Name() string { return "undelivered" }
func (Stuck) Name() string       { return "stuck" }
func (Suspect) Name() string     { return "suspect" }
func (Disowned) Name() string    { return "disowned" }
