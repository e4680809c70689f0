package intake

import (
	"fmt"
	"time"

	"registratura/forms"
)

// Number is the registration number and date that a request gets on receipt,
// as any paper in a Romanian registry does. Serials start at 1 every year.
type Number struct {
	Serial int        `json:"serial"`
	Date   forms.Date `json:"date"`
}

// String is "42/23.11.2026".
func (n Number) String() string {
	return fmt.Sprintf("%d/%02d.%02d.%04d", n.Serial, n.Date.Day, n.Date.Month, n.Date.Year)
}

// Request is one registered form, with what became of it.
type Request struct {
	ID         int64
	Number     Number
	Kind       forms.Kind
	Status     Status
	From       Person // the head of department who sent it, as the directory has them
	Department string // the directory's name
	Proven     string // how the sender was proven: "dmarc", "dkim", "auth", "smime", "confirmation"; empty: not yet
	Submission forms.Submission
	Plan       Plan   // until the form is in order a mere draft of it
	PlanHash   string // of form and plan (rule T6)
	FormName   string // of the workbook as it was sent
	FormMail   int64  // the mail that carries the workbook
	Decision   *Decision
	Deviations []Deviation // in the order in which they apply
	CreatedAt  time.Time
	ChangedAt  time.Time // of the last change of status
}

// Purpose tells whether two requests are for the same: the partner and what is
// to be shared with them, however they are spelled; empty for a closing.
func (r *Request) Purpose() string {
	partner, info := letters(r.Submission.Partner), letters(r.Submission.InfoTypes)
	if r.Kind != forms.Create || partner == "" || info == "" {
		return ""
	}
	return partner + "/" + info
}

// Decision is an approver's answer, with the evidence for it (rules D5, R5).
type Decision struct {
	Verdict   Verdict     `json:"verdict"`
	Approver  Person      `json:"approver"`
	Title     string      `json:"title"` // "Primar"
	Reason    string      `json:"reason,omitempty"`
	Mail      int64       `json:"mail"`            // the stored mail that decided
	MailHash  string      `json:"mail_sha256"`     // of its raw bytes, hex
	Evidence  string      `json:"evidence"`        // the newly written text
	Rule      string      `json:"rule"`            // why it was read so
	Trace     []TraceStep `json:"trace,omitempty"` // line by line
	Origin    string      `json:"origin"`          // how the sender was proven, in words
	TokenHash string      `json:"token_sha256"`
	PlanHash  string      `json:"plan_sha256"`       // of what was shown and decided
	Changes   []Change    `json:"changes,omitempty"` // of what was shown from what the form asks for
	At        time.Time   `json:"at"`

	Earlier []Decision `json:"earlier,omitempty"` // where all must approve: the approvals before the last
}

// Verdict is what a decision says.
type Verdict string

const (
	Approve Verdict = "approve"
	Reject  Verdict = "reject"
)
