package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"registratura/forms"
)

// Difference is one way in which what the portal granted is not what was approved.
type Difference struct {
	Address  string       `json:"address"`
	Approved forms.Rights `json:"approved"` // 0: was not to have access
	Granted  forms.Rights `json:"granted"`  // 0: has none
}

// Compare lists the differences between what was approved and what the portal
// says it granted, by address (rule D6). The case of letters makes no
// difference; but a second account whose address differs in nothing else is one.
func Compare(approved, granted []Member) []Difference {
	byAddress := map[string]*Difference{}
	at := func(address string) *Difference {
		if byAddress[address] == nil {
			byAddress[address] = &Difference{Address: address}
		}
		return byAddress[address]
	}
	for _, m := range approved {
		at(strings.ToLower(m.Address)).Approved = m.Rights
	}
	seen := map[string]bool{}
	for _, m := range granted {
		address := strings.ToLower(m.Address)
		if seen[address] {
			at(m.Address + " (a second time)").Granted |= m.Rights
			continue
		}
		seen[address] = true
		at(address).Granted = m.Rights
	}
	var differences []Difference
	for _, d := range byAddress {
		if d.Approved != d.Granted {
			differences = append(differences, *d)
		}
	}
	slices.SortFunc(differences, func(a, b Difference) int { return cmp.Compare(a.Address, b.Address) })
	return differences
}

// activationTime is when the site is to be made: on the day asked for, at the
// configured hour, or at once if that is past.
func (d *Desk) activationTime(p Plan, now time.Time) time.Time {
	day := p.ActivateOn
	at := time.Date(day.Year, day.Month, day.Day, d.Policy.ActivationHour, 0, 0, 0, d.Policy.Location)
	if at.Before(now) {
		return now
	}
	return at
}

// provisionTime bounds one attempt to make a site.
const provisionTime = 5 * time.Minute

// Provision makes the site of an approved request, with its accounts and
// rights (procedure steps 4 to 6), reads back what was granted, and informs
// everybody (step 7). It may be interrupted anywhere and run again. An error
// asks for another attempt; after the last one the request is stuck.
func (d *Desk) Provision(ctx context.Context, id int64, last bool) error {
	r, err := d.Store.Request(ctx, id)
	if err != nil {
		return err
	}
	if r.Kind == forms.Close {
		return d.closeSite(ctx, r, last)
	}
	ctx, cancel := context.WithTimeout(ctx, provisionTime)
	defer cancel()
	switch r.Status {
	case StatusScheduled:
		now := d.Now()
		if wait := d.activationTime(r.Plan, now).Sub(now); wait > 0 {
			return LaterError{wait} // the clock was set back, or the city hall's hour was changed
		}
		moved, err := d.movedOn(ctx, r)
		if err != nil {
			return err
		}
		if holds := append(d.holds(r), moved...); len(holds) > 0 {
			return d.hold(ctx, r, holds)
		}
		if err := d.startProvisioning(ctx, r); err != nil {
			return err
		}
	case StatusProvisioning:
		if moved, err := d.movedOn(ctx, r); err != nil {
			return err
		} else if len(moved) > 0 {
			return d.hold(ctx, r, moved)
		}
	case StatusActive:
		return d.moveAddresses(ctx, r, last)
	case StatusWithdrawn:
		return d.takeBack(ctx, r, last)
	default:
		return nil // done by an earlier attempt, or ended by somebody
	}

	failures, differences, err := d.attempt(ctx, r)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err() // the daemon is stopping: that is nobody's failure
	case errors.Is(err, ErrAwaitsIT):
		return d.orderWork(ctx, r)
	case err == nil && len(differences) == 0:
		return nil
	case len(differences) > 0, last:
		d.Log.Error("provisioning is stuck", "request", r.Number.String(), "error", err, "differences", len(differences))
		return d.stuck(ctx, r, failures, differences)
	}
	d.Log.Warn("provisioning failed, will be tried again", "request", r.Number.String(), "error", err)
	return errors.Join(err, d.transact(ctx, func(h *hand) error {
		return h.event(r, EventProvFailed, "desk", "will be tried again: "+err.Error())
	}))
}

// attempt provisions once. With an error, failures lists what it was; with
// differences there is nothing to be gained by another attempt.
func (d *Desk) attempt(ctx context.Context, r *Request) (failures []Failure, differences []Difference, err error) {
	failures = d.grant(ctx, r)
	if len(failures) > 0 {
		return failures, nil, fmt.Errorf("provisioning request %s: %s", r.Number, failures[0].Err)
	}
	granted, err := d.readBack(ctx, r)
	if err != nil {
		err = fmt.Errorf("reading back the members of request %s: %w", r.Number, err)
		return []Failure{{Err: err.Error()}}, nil, err
	}
	if differences := Compare(r.Members(), granted); len(differences) > 0 {
		return nil, differences, nil
	}
	invitations, failures := d.invite(ctx, r)
	if len(failures) > 0 {
		return failures, nil, fmt.Errorf("inviting the members of request %s: %s", r.Number, failures[0].Err)
	}
	if err := d.inform(ctx, r, invitations); err != nil {
		return []Failure{{Err: err.Error()}}, nil, err
	}
	return nil, nil, nil
}

func (d *Desk) startProvisioning(ctx context.Context, r *Request) error {
	return d.transact(ctx, func(h *hand) error {
		if err := h.tx.Change(r, provisionOnDate, h.now); err != nil {
			return err
		}
		return h.event(r, EventProvision, "desk", "the activation date has come")
	})
}

// grant makes the site and every member; what fails for one does not keep the
// others from getting what was approved.
func (d *Desk) grant(ctx context.Context, r *Request) []Failure {
	if err := d.Portal.EnsureSite(ctx, r.Plan.Site); err != nil {
		return []Failure{{Err: err.Error()}}
	}
	failures := append(d.leaveOut(ctx, r), d.endFormerAccess(ctx, r)...)
	for _, m := range r.Members() {
		if err := d.Portal.EnsureMember(ctx, r.Plan.Site.ID, m); err != nil {
			failures = append(failures, Failure{Member: &m, Err: err.Error()})
		}
	}
	return failures
}

// invite makes the link of every member who had no access yet. That is done before [Desk.inform]'s
// transaction, because the portal is another system. If it is interrupted, new
// links replace these, which nobody has.
func (d *Desk) invite(ctx context.Context, r *Request) (invitations []Invitation, failures []Failure) {
	for _, m := range r.newMembers() {
		invitation, err := d.Portal.Invite(ctx, m.Address)
		if err != nil {
			failures = append(failures, Failure{Member: &m, Err: "making a link: " + err.Error()})
		}
		invitations = append(invitations, invitation)
	}
	return invitations, failures
}

// inform tells every member whom it concerns and the requester (procedure step
// 7), in the same transaction that makes the request active and ends the one
// that it replaces.
func (d *Desk) inform(ctx context.Context, r *Request, invitations []Invitation) error {
	url := d.Portal.SiteURL(r.Plan.Site.ID)
	err := d.transact(ctx, func(h *hand) error {
		former, err := h.replaced(r)
		if err != nil {
			return err
		}
		if err := h.tx.Change(r, activate, h.now); err != nil {
			return err
		}
		if err := h.event(r, EventActive, "desk", fmt.Sprintf("%s is open for %d members", url, len(r.Members()))); err != nil {
			return err
		}
		if former != nil {
			if err := h.tx.Change(former, replace, h.now); err != nil {
				return err
			}
			if err := h.event(former, EventReplaced, "desk", "by nr. "+r.Number.String()); err != nil {
				return err
			}
			if err := h.informOfChange(r, url); err != nil {
				return err
			}
		}
		for i, m := range r.newMembers() {
			letter := Access{Request: r, Member: m, SiteURL: url, Invitation: invitations[i]}
			if err := h.send(Person{m.Name, m.Address}, letter, envelope{request: r, secret: invitations[i].Link != ""}); err != nil {
				return err
			}
		}
		return h.send(r.From, AccessList{Request: r, SiteURL: url}, envelope{request: r})
	})
	if errors.Is(err, ErrStatus) {
		return nil // another attempt was faster
	}
	return err
}
