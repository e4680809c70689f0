package intake

import (
	"context"
	"slices"

	"registratura/forms"
)

// openQuestion is what somebody is asked at the moment: the latest question to
// them that can still be answered, with the plan that it showed.
type openQuestion struct {
	Token Token
	Shown *Request
}

// openQuestions lists who is asked about the request, the one who was asked
// first before the others, each once.
func (h *hand) openQuestions(r *Request) ([]openQuestion, error) {
	tokens, err := h.tx.OpenTokens(r.ID)
	if err != nil || len(tokens) == 0 {
		return nil, err
	}
	if r, err = h.tx.Request(r.ID); err != nil { // as it is, for r may be as it was shown
		return nil, err
	}
	var list []openQuestion
	for _, k := range tokens {
		shown, err := h.shown(r, k)
		if err != nil {
			return nil, err
		}
		q := openQuestion{k, shown}
		if i := slices.IndexFunc(list, func(o openQuestion) bool { return o.Token.Address == k.Address }); i >= 0 {
			list[i] = q
		} else {
			list = append(list, q)
		}
	}
	return list, nil
}

// lastShown is the request with the plan that the person was asked about last.
func (h *hand) lastShown(r *Request, address string) (*Request, error) {
	list, err := h.openQuestions(r)
	if err != nil {
		return nil, err
	}
	for _, q := range list {
		if q.Token.Address == address {
			return q.Shown, nil
		}
	}
	return r, nil
}

// superseded reports whether the question was followed by one about another
// plan: who says yes to the older one may mean either. shown is the request as
// the question showed it.
func (h *hand) superseded(shown *Request, k Token) (bool, error) {
	if k.SpentAt.IsZero() || shown.Decision != nil || shown.Status != StatusAwaitingApproval || shown.PlanHash != k.PlanHash {
		return false, nil
	}
	list, err := h.openQuestions(shown)
	return slices.ContainsFunc(list, func(q openQuestion) bool { return q.Token.Address == k.Address }), err
}

// passOnQuestions puts the open questions of approvers who are away today to
// those who decide in their place: an absence or a delegation may have begun
// while a request waited.
func (d *Desk) passOnQuestions(ctx context.Context, _ forms.Date) error {
	return d.transact(ctx, func(h *hand) error {
		a, err := h.attendance()
		if err != nil {
			return err
		}
		for _, approver := range h.Directory.Approvers {
			who := a.inPlaceOf(approver)
			if who.Address == approver.Address {
				continue
			}
			open, err := h.tx.OpenQuestions(approver.Address, h.now)
			if err != nil {
				return err
			}
			for _, id := range open {
				if err := h.passOn(id, approver, who); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// passOn puts an open question of the approver to the delegate, unless they are
// asked already or, where all must approve, have approved. The approver's own
// question stays open.
func (h *hand) passOn(id int64, approver, delegate Approver) error {
	r, err := h.tx.Request(id)
	if err != nil || r.Kind != forms.Create {
		return err // whoever closes a site answers for their own department
	}
	list, err := h.openQuestions(r)
	if err != nil {
		return err
	}
	for _, q := range list {
		switch q.Token.Address {
		case delegate.Address:
			return nil
		case approver.Address:
			r = q.Shown
		}
	}
	approved, err := h.tx.Approvals(r.ID, r.PlanHash)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(approved, func(d Decision) bool { return d.Approver.Address == delegate.Address }) {
		return nil
	}
	return h.putQuestion(r, delegate, approved)
}
