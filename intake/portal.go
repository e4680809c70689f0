package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"registratura/forms"
)

// Site is a shared site as it was approved.
type Site struct {
	ID         string `json:"id"`    // of lower-case letters, digits and hyphens; stands in the address
	Title      string `json:"title"` // for people
	Partner    string `json:"partner"`
	Department string `json:"department"`
	InfoTypes  string `json:"info_types"`
	LegalBasis string `json:"legal_basis"`
	Request    string `json:"request,omitempty"` // "42/23.11.2026"

	Until forms.Date `json:"until,omitzero"` // the last day of the legal basis; zero: it names none
}

// Side says on which side of the collaboration a member stands.
type Side string

const (
	PartnerSide  Side = "partner"  // utilizator din instituția parteneră
	InternalSide Side = "internal" // utilizator intern
)

// Member is a person who has access to a site, with exactly these rights.
type Member struct {
	Name    string       `json:"name"`
	Address string       `json:"address"` // lower case; names the account
	Side    Side         `json:"side"`
	Rights  forms.Rights `json:"rights"`
}

// Invitation is how a member gets in for the first time.
type Invitation struct {
	Link    string    // to be opened once; empty: the account has a password already
	Expires time.Time // of Link
	FromIT  bool      // IT hands out what it takes to get in; there is no link
}

// Portal makes sites, accounts and rights (procedure steps 4 to 6). Every
// method may be called again after a crash with the same arguments and then
// changes nothing (rule D6). Every portal passes portaltest.
type Portal interface {
	// EnsureSite makes the site, or makes the standing one say what s says.
	EnsureSite(ctx context.Context, s Site) error
	// EnsureMember gives m an account, if there is none at the address, and
	// exactly m.Rights on the site, whatever they were before.
	EnsureMember(ctx context.Context, siteID string, m Member) error
	// RemoveMember ends somebody's access to the site, at once. Removing who is
	// not a member changes nothing; the account stays, for other sites.
	RemoveMember(ctx context.Context, siteID, address string) error
	// Members reads back who has access and with which rights, by address: on a
	// site that is suspended or closed nobody has.
	Members(ctx context.Context, siteID string) ([]Member, error)
	// Invite makes a new one-time link for the account; earlier ones stop working.
	Invite(ctx context.Context, address string) (Invitation, error)
	// NewLink makes such a link also for an account that has a password, which
	// its owner may have forgotten.
	NewLink(ctx context.Context, address string) (Invitation, error)
	// Journal lists what was done on a site since a time, the oldest first. A
	// portal that keeps no such log returns an error that is [errors.ErrUnsupported].
	Journal(ctx context.Context, siteID string, since time.Time) ([]JournalEntry, error)
	// SuspendSite ends everybody's access, at once, and keeps the files and the
	// list of members. A closed site stays closed.
	SuspendSite(ctx context.Context, siteID string) error
	// CloseSite is SuspendSite for a site that is to be exported and deleted.
	CloseSite(ctx context.Context, siteID string) error
	// ResumeSite opens a suspended or closed site again, to the members that it had.
	ResumeSite(ctx context.Context, siteID string) error
	// Usage counts what the site holds, whatever its state. A portal that cannot
	// returns an error that is [errors.ErrUnsupported].
	Usage(ctx context.Context, siteID string) (SiteUsage, error)
	// ExportSite writes every file of the site, whatever its state, as a zip
	// archive to w and lists what it wrote. An error means that the archive is
	// not whole. A portal that cannot returns an error that is
	// [errors.ErrUnsupported].
	ExportSite(ctx context.Context, siteID string, w io.Writer) ([]ExportedFile, error)
	// DeleteSite deletes a closed site with all that is in it, for good. One that
	// is not there is deleted already; one that is not closed is refused.
	DeleteSite(ctx context.Context, siteID string) error
	// SiteURL is where people find the site; empty where that is not known yet.
	SiteURL(siteID string) string
}

// SiteUsage is what a site holds.
type SiteUsage struct {
	Members int // on its list, also while nobody has access
	Files   int
	Bytes   int64
}

// ExportedFile is one line of an export's manifest.
type ExportedFile struct {
	Path       string    `json:"path"` // within the archive
	Size       int64     `json:"size"` // bytes
	SHA256     string    `json:"sha256"`
	ModifiedAt time.Time `json:"modified_at"`
	ModifiedBy string    `json:"modified_by"`
}

// ErrNoSuchSite is returned by portals for a site that they do not have.
var ErrNoSuchSite = errors.New("no such site")

// ErrNoSuchAccount is returned by portals for an address without an account.
var ErrNoSuchAccount = errors.New("no such account")

// ErrInvalid is wrapped by what portals return for arguments that no site,
// account or right can have. Trying again does not help.
var ErrInvalid = errors.New("not valid")

var siteIDs = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// CheckSiteID says why no site can have that ID; the error is an [ErrInvalid].
func CheckSiteID(id string) error {
	if !siteIDs.MatchString(id) {
		return fmt.Errorf("%q is not of 1 to 63 lower-case letters, digits and inner hyphens: %w", id, ErrInvalid)
	}
	return nil
}

const allRights = forms.RightRead | forms.RightWrite | forms.RightDelete

// Check says why no portal can take m; the error is an [ErrInvalid].
func (m Member) Check() error {
	a, err := mail.ParseAddress(m.Address)
	switch {
	case err != nil, a.Address != m.Address, a.Name != "", len(m.Address) > 254:
		return fmt.Errorf("address %q is not a plain mail address: %w", m.Address, ErrInvalid)
	case m.Address != strings.ToLower(m.Address):
		return fmt.Errorf("address %q is not in lower case: %w", m.Address, ErrInvalid)
	case m.Side != PartnerSide && m.Side != InternalSide:
		return fmt.Errorf("side %q is neither %s nor %s: %w", m.Side, PartnerSide, InternalSide, ErrInvalid)
	case m.Rights == 0 || m.Rights&^allRights != 0:
		return fmt.Errorf("rights %d are none, or unknown ones: %w", m.Rights, ErrInvalid)
	}
	return nil
}
