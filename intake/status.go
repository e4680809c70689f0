package intake

import "slices"

// Status is where a request stands. A request changes its status only through
// one of the [Transition] values below, applied by the store if the row is
// still in the expected status; there is no setter.
//
//	from                to                  by
//	received            returned            desk: the form has problems
//	received            awaiting_approval   desk: the form is in order
//	received            withdrawn           head of department: the form is not theirs
//	received            expired             desk: the sender did not confirm it in time
//	returned            received            head of department: a corrected form
//	returned            withdrawn           head of department
//	returned            expired             desk: no corrected form in time
//	awaiting_approval   approved            approver
//	awaiting_approval   rejected            approver
//	awaiting_approval   received            head of department: a corrected form
//	awaiting_approval   withdrawn           head of department
//	awaiting_approval   expired             desk: no decision in time
//	approved            scheduled           desk: the activation date is later
//	approved            provisioning        desk: the activation date has come
//	approved            withdrawn           head of department
//	scheduled           provisioning        desk: the activation date has come
//	scheduled           withdrawn           head of department
//	scheduled           stuck               desk: what the request rests on no longer holds on the activation date
//	provisioning        active              desk: what was granted is what was approved
//	provisioning        stuck               desk: the portal failed for good, or granted something else
//	provisioning        closing             desk: of a closing: the files are saved and access has ended
//	stuck               provisioning        IT: requests retry or skip
//	stuck               withdrawn           IT: requests cancel
//	active              replaced            desk: an approved change of access took its place
//	active              closing             desk: a confirmed closing ended access to its site
//	closing             active              IT: the closing of its site was undone within the grace period
//	closing             withdrawn           IT: of a closing: undone within the grace period
//	closing             closed              desk: the grace period is over and the site is deleted
//
// A request to close a site goes the same way as one to create it: its
// approver is the head of department, provisioning it saves the files and ends
// access, and it is never active.
type Status string

const (
	// StatusReceived: registered, being examined; or waiting for its sender to
	// confirm that the mail is theirs. Ended by the desk.
	StatusReceived Status = "received"
	// StatusReturned: the form went back with its problems. Ended by a corrected form.
	StatusReturned Status = "returned"
	// StatusAwaitingApproval: an approver was asked. Ended by an approver's answer.
	StatusAwaitingApproval Status = "awaiting_approval"
	// StatusRejected by an approver, with a reason. Final.
	StatusRejected Status = "rejected"
	// StatusWithdrawn by the head of department. Final.
	StatusWithdrawn Status = "withdrawn"
	// StatusExpired without an answer. Final.
	StatusExpired Status = "expired"
	// StatusApproved: decided, and not yet looked at by the scheduler. Ended by the
	// desk, in the same transaction as the decision.
	StatusApproved Status = "approved"
	// StatusScheduled for its activation date. Ended by the desk on that day.
	StatusScheduled Status = "scheduled"
	// StatusProvisioning: the site, accounts and rights are being made. Ended by the desk.
	StatusProvisioning Status = "provisioning"
	// StatusStuck: the desk could not provision it. Ended by IT.
	StatusStuck Status = "stuck"
	// StatusActive: the site stands as this request's plan says, and everybody was
	// told. Ended by a change of access, or by a closing.
	StatusActive Status = "active"
	// StatusReplaced: a later request changed who has access. Final.
	StatusReplaced Status = "replaced"
	// StatusClosing: access has ended, the files are kept for the grace period.
	// Ended by the desk when that is over, or by IT who undo it.
	StatusClosing Status = "closing"
	// StatusClosed: the site is deleted. Final.
	StatusClosed Status = "closed"
)

// Statuses lists every status in the order of a request's life.
var Statuses = []Status{StatusReceived, StatusReturned, StatusAwaitingApproval, StatusRejected, StatusWithdrawn, StatusExpired,
	StatusApproved, StatusScheduled, StatusProvisioning, StatusStuck, StatusActive, StatusReplaced, StatusClosing, StatusClosed}

// Transition is one legal change of status. Its fields are unexported, so that
// the list below is the whole list.
type Transition struct{ from, to Status }

// From is the status that the request must still be in.
func (t Transition) From() Status { return t.from }

// To is the status that the request is in afterwards.
func (t Transition) To() Status { return t.to }

var (
	returnToSender   = Transition{StatusReceived, StatusReturned}
	askApproval      = Transition{StatusReceived, StatusAwaitingApproval}
	disown           = Transition{StatusReceived, StatusWithdrawn}
	expireUnproven   = Transition{StatusReceived, StatusExpired}
	correct          = Transition{StatusReturned, StatusReceived}
	withdrawReturned = Transition{StatusReturned, StatusWithdrawn}
	expireReturned   = Transition{StatusReturned, StatusExpired}
	approve          = Transition{StatusAwaitingApproval, StatusApproved}
	reject           = Transition{StatusAwaitingApproval, StatusRejected}
	correctAsked     = Transition{StatusAwaitingApproval, StatusReceived}
	withdrawAsked    = Transition{StatusAwaitingApproval, StatusWithdrawn}
	expireAsked      = Transition{StatusAwaitingApproval, StatusExpired}
	schedule         = Transition{StatusApproved, StatusScheduled}
	provisionAtOnce  = Transition{StatusApproved, StatusProvisioning}
	withdrawApproved = Transition{StatusApproved, StatusWithdrawn}
	provisionOnDate  = Transition{StatusScheduled, StatusProvisioning}
	withdrawDated    = Transition{StatusScheduled, StatusWithdrawn}
	holdDated        = Transition{StatusScheduled, StatusStuck}
	activate         = Transition{StatusProvisioning, StatusActive}
	getStuck         = Transition{StatusProvisioning, StatusStuck}
	endAccess        = Transition{StatusProvisioning, StatusClosing}
	retryStuck       = Transition{StatusStuck, StatusProvisioning}
	cancelStuck      = Transition{StatusStuck, StatusWithdrawn}
	replace          = Transition{StatusActive, StatusReplaced}
	startClosing     = Transition{StatusActive, StatusClosing}
	undoClosing      = Transition{StatusClosing, StatusActive}
	withdrawClosing  = Transition{StatusClosing, StatusWithdrawn}
	finishClosing    = Transition{StatusClosing, StatusClosed}
)

// Transitions lists every legal change of status, in the order of the table in
// the doc comment of [Status].
var Transitions = []Transition{
	returnToSender, askApproval, disown, expireUnproven, correct, withdrawReturned, expireReturned,
	approve, reject, correctAsked, withdrawAsked, expireAsked,
	schedule, provisionAtOnce, withdrawApproved, provisionOnDate, withdrawDated,
	holdDated, activate, getStuck, endAccess, retryStuck, cancelStuck,
	replace, startClosing, undoClosing, withdrawClosing, finishClosing,
}

// Final reports whether nothing ends the status any more.
func (s Status) Final() bool {
	return !slices.ContainsFunc(Transitions, func(t Transition) bool { return t.from == s })
}
