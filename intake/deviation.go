package intake

import (
	"slices"
	"strings"
	"time"
)

// Deviation is what was settled about one member after the request was
// approved. The plan stays as it was approved; deviations apply on top of it,
// in their order: see [Request.Members].
type Deviation struct {
	Number     int       `json:"number"`                // 0, 1, … in the order in which they apply
	Address    string    `json:"address"`               // of the member, as it was until then
	NewAddress string    `json:"new_address,omitempty"` // empty: the member is left out, and has no access
	By         string    `json:"by"`                    // an address, or who of IT
	Why        string    `json:"why"`
	Mail       int64     `json:"mail,omitempty"` // that asked for it; 0: none
	At         time.Time `json:"at"`
	DoneAt     time.Time `json:"done_at,omitzero"` // of a new address: when the access was moved and people were told
}

// LeavesOut reports whether the deviation leaves a member out.
func (a Deviation) LeavesOut() bool { return a.NewAddress == "" }

// Pending reports whether an access is still to be moved to a new address.
func (a Deviation) Pending() bool { return !a.LeavesOut() && a.DoneAt.IsZero() }

// Members are those who are to have access: the plan's, with its deviations.
func (r *Request) Members() []Member {
	members := slices.Clone(r.Plan.Members)
	for _, a := range r.Deviations {
		i := slices.IndexFunc(members, func(m Member) bool { return m.Address == a.Address })
		switch {
		case i < 0:
		case a.LeavesOut():
			members = slices.Delete(members, i, i+1)
		default:
			members[i].Address = a.NewAddress
		}
	}
	return members
}

// LeftOut is a member of the plan who gets no access after all.
type LeftOut struct {
	Member Member
	By     string
	Why    string
}

// LeftOut lists the plan's members who get no access after all.
func (r *Request) LeftOut() []LeftOut {
	var list []LeftOut
	members := slices.Clone(r.Plan.Members)
	for _, a := range r.Deviations {
		i := slices.IndexFunc(members, func(m Member) bool { return m.Address == a.Address })
		switch {
		case i < 0:
		case a.LeavesOut():
			list = append(list, LeftOut{Member: members[i], By: a.By, Why: a.Why})
			members = slices.Delete(members, i, i+1)
		default:
			members[i].Address = a.NewAddress
		}
	}
	return list
}

// deviate records a deviation of the request.
func (h *hand) deviate(r *Request, a Deviation) error {
	a.Number, a.At = len(r.Deviations), h.now
	a.NewAddress = strings.ToLower(a.NewAddress)
	if err := h.tx.RecordDeviation(r.ID, a); err != nil {
		return err
	}
	r.Deviations = append(r.Deviations, a)
	return nil
}
