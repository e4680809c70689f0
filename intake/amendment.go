package intake

import (
	"registratura/forms"
)

// Amendment is one way in which a plan differs from an earlier one: from what
// the approvers were asked before ([Plan.Corrections]), or from what stands
// ([Request.AccessChanges]). A [Change] is another thing: how a plan differs from
// what its own form asks for.
type Amendment struct {
	Kind   AmendmentKind `json:"kind"`
	Member *Member       `json:"member,omitempty"` // as the new plan has them; as the old one had, if Removed
	Was    *Member       `json:"was,omitempty"`    // if Altered

	Field    string     `json:"field,omitempty"` // if Reworded: as forms.Problem names it
	From     string     `json:"from,omitempty"`
	To       string     `json:"to,omitempty"`
	FromDate forms.Date `json:"from_date,omitzero"` // if Moved
	ToDate   forms.Date `json:"to_date,omitzero"`
}

// AmendmentKind says what differs.
type AmendmentKind string

const (
	Added    AmendmentKind = "added"    // a member
	Removed  AmendmentKind = "removed"  // a member
	Altered  AmendmentKind = "altered"  // a member's rights, side or name
	Reworded AmendmentKind = "reworded" // what is said of the site
	Moved    AmendmentKind = "moved"    // the day
)

// Corrections lists how the plan differs from what the approvers were asked
// before the form was corrected.
func (p Plan) Corrections() []Amendment {
	if p.Corrects == nil || p.Site.ID == "" {
		return nil
	}
	list := amendments(p.Corrects.Site, p.Site, p.Corrects.Members, p.Members)
	if p.Corrects.ActivateOn != p.ActivateOn {
		list = append(list, Amendment{Kind: Moved, FromDate: p.Corrects.ActivateOn, ToDate: p.ActivateOn})
	}
	return list
}

// amendments lists who is added, altered and removed, and what is said
// otherwise about the site.
func amendments(from, to Site, before, after []Member) []Amendment {
	var list, altered, removed []Amendment
	for _, m := range after {
		at := memberAt(before, m.Address)
		switch {
		case at < 0:
			list = append(list, Amendment{Kind: Added, Member: &m})
		case before[at] != m:
			was := before[at]
			altered = append(altered, Amendment{Kind: Altered, Member: &m, Was: &was})
		}
	}
	for _, m := range before {
		if memberAt(after, m.Address) < 0 {
			removed = append(removed, Amendment{Kind: Removed, Member: &m})
		}
	}
	list = append(append(list, altered...), removed...)
	for _, text := range []struct{ field, from, to string }{
		{"department", from.Department, to.Department}, {"partner", from.Partner, to.Partner},
		{"info_types", from.InfoTypes, to.InfoTypes}, {"legal_basis", from.LegalBasis, to.LegalBasis},
	} {
		if text.from != text.to {
			list = append(list, Amendment{Kind: Reworded, Field: text.field, From: text.from, To: text.to})
		}
	}
	return list
}
