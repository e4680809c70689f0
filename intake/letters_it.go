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
	Guessed bool   // it is not sure that it is this mail

	Next *Approver // with a question: who was asked instead
}

// Stuck says that a request could not be carried out, what there is by now, and
// how IT can go on.
type Stuck struct {
	Request     *Request
	Holds       []Hold // it was not even begun
	Failures    []Failure
	Differences []Difference

	// What the portal says there is:
	SiteURL string
	ByHand  bool     // nothing: people of IT make the sites
	NoSite  bool     // no site was made
	Unread  string   // why the portal did not say; empty: it did
	Done    []Member // who has exactly what was approved

	Skip []Member // without whom it can go on
}

// Failure is one thing that the portal would not do.
type Failure struct {
	Member *Member `json:"member,omitempty"` // nil: the site itself
	Err    string  `json:"error"`            // the portal's words
}

// Cancelled tells requester, approver and IT that IT gave a request up.
type Cancelled struct {
	Request *Request
	Why     string // in IT's words
	Left    Remains
	ForIT   bool // they are told what is left to do in the portal
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
func (Cancelled) Name() string   { return "cancelled" }
func (Suspect) Name() string     { return "suspect" }
func (Disowned) Name() string    { return "disowned" }
