package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"registratura/forms"
)

// Plan is exactly what will be made if the request is approved. It is what the
// approval mail shows, and what provisioning is compared with (rule D6).
type Plan struct {
	Site       Site       `json:"site"`
	Members    []Member   `json:"members"` // partner's first, in the order of the form
	ActivateOn forms.Date `json:"activate_on"`

	Replaces *Former `json:"replaces,omitempty"` // what stood when a change of access was drawn up; nil: the site is new
	Separate bool    `json:"separate,omitempty"` // a new site was asked for although there may be one with the same partner

	Corrects *Plan `json:"corrects,omitempty"` // what the approvers were asked before the form was corrected
	Round    int   `json:"round,omitempty"`    // how often it was corrected after they were asked

	Closing *ClosingPlan `json:"closing,omitempty"` // of a request to close the site
}

// MakePlan draws up the plan for a form in order. siteID must be free.
//
// A partner user without rights gets reading: the procedure's Annex 1 only
// names them.
func MakePlan(r *forms.Reading, number Number, siteID string) Plan {
	s := r.Submission
	p := Plan{
		Site: Site{
			ID: siteID, Title: s.Partner, Partner: s.Partner, Department: r.Department,
			InfoTypes: s.InfoTypes, LegalBasis: s.LegalBasis, Request: number.String(),
		},
		ActivateOn: s.ActivationDate,
	}
	p.Site.Until, _ = forms.BasisEnd(s.LegalBasis)
	for _, u := range s.PartnerUsers {
		rights := u.Rights
		if rights == 0 {
			rights = forms.RightRead
		}
		p.Members = append(p.Members, Member{Name: u.Name, Address: strings.ToLower(u.Email), Side: PartnerSide, Rights: rights})
	}
	for _, u := range s.InternalUsers {
		p.Members = append(p.Members, Member{Name: u.Name, Address: strings.ToLower(u.Email), Side: InternalSide, Rights: u.Rights})
	}
	return p
}

// EncodePlan is what an approver is shown, the form as it was read and the plan
// made from it, as the JSON that [HashPlan] hashes.
func EncodePlan(s forms.Submission, p Plan) ([]byte, error) {
	// encoding/json writes struct fields in their order of declaration, so
	// that the same values always give the same bytes.
	data, err := json.Marshal(struct {
		Form forms.Submission `json:"form"`
		Plan Plan             `json:"plan"`
	}{s, p})
	if err != nil {
		return nil, fmt.Errorf("encoding the plan: %w", err)
	}
	return data, nil
}

// HashPlan is the SHA-256, in hex, of what an approver is shown. A token is
// bound to it (rule T6).
func HashPlan(s forms.Submission, p Plan) (string, error) {
	data, err := EncodePlan(s, p)
	if err != nil {
		return "", err
	}
	return hashHex(data), nil
}

// hashHex is the SHA-256 of data, in hex.
func hashHex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// letters is what is left of a text without case, diacritics and punctuation:
// words of a-z and 0-9 with hyphens between them.
func letters(text string) string {
	var b strings.Builder
	dash := false
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		switch {
		case unicode.Is(unicode.Mn, r): // the diacritics that NFD took apart
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(r)
		default:
			dash = true
		}
	}
	return b.String()
}

// maxSlug keeps site addresses short enough to be typed.
const maxSlug = 40

// Slug makes a site ID out of a name: "Școala nr. 11" becomes "scoala-nr-11".
// A name without any letter or digit becomes "site".
func Slug(name string) string {
	slug := letters(name)
	if len(slug) > maxSlug {
		slug = slug[:maxSlug]
		// cut at a word where that leaves at least half
		if i := strings.LastIndexByte(slug, '-'); i > maxSlug/2 {
			slug = slug[:i]
		}
	}
	slug = strings.Trim(slug, "-")
	if slug == "" {
		return "site"
	}
	return slug
}
