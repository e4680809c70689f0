package intake

import (
	"context"
	"errors"
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
	// Members reads back who has access and with which rights, by address.
	Members(ctx context.Context, siteID string) ([]Member, error)
	// Invite makes a new one-time link for the account; earlier ones stop working.
	Invite(ctx context.Context, address string) (Invitation, error)
	// NewLink makes such a link also for an account that has a password, which
	// its owner may have forgotten.
	NewLink(ctx context.Context, address string) (Invitation, error)
	// Journal lists what was done on a site since a time, the oldest first. A
	// portal that keeps no such log returns an error that is [errors.ErrUnsupported].
	Journal(ctx context.Context, siteID string, since time.Time) ([]JournalEntry, error)
	// SiteURL is where people find the site.
	SiteURL(siteID string) string
}

// ErrNoSuchSite is returned by portals for a site that they do not have.
var ErrNoSuchSite = errors.New("no such site")

// ErrNoSuchAccount is returned by portals for an address without an account.
var ErrNoSuchAccount = errors.New("no such account")
