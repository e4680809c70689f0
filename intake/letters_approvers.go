package intake

// Delegated tells that an approver has another decide for some days, or decides
// again.
type Delegated struct {
	Reader   Reader
	Approver Approver
	Delegate Approver
	Days     Days
	Open     int  // questions that are put to the delegate now
	Ended    bool // it ended
}

// Reader is who reads a letter that several people get.
type Reader string

const (
	ReaderApprover Reader = "approver"
	ReaderDelegate Reader = "delegate"
	ReaderIT       Reader = "it"
)

// DelegationRefused tells an approver why a delegation was not taken.
type DelegationRefused struct {
	Approver Approver
	Why      DelegationFault
	Said     string     // what was written after "deleg", shortened
	Others   []Approver // to whom it could be
	MaxDays  int
}

// Warning tells an approver of an answer in their name to a question that is
// no longer open.
type Warning struct {
	Request  *Request
	Approver Approver
	From     string // as the mail says
	Why      SuspectWhy
}

func (Delegated) Name() string         { return "delegated" }
func (DelegationRefused) Name() string { return "delegation_refused" }
func (Warning) Name() string           { return "warning" }
