// Package forms knows the two forms of procedure DE-SPDI-02: Annex 1, the
// request for a site (5.2.3), and the request to close one (5.3). It makes the
// blank workbooks, reads filled ones and says what is wrong in them, and where.
//
// It knows no mail, no database and no clock: the day it judges dates by, the
// departments and the city hall's domains are given to it in [Rules].
package forms

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Kind says which of the two forms a workbook is.
type Kind string

const (
	Create Kind = "create" // Annex 1: a site is asked for (5.2)
	Close  Kind = "close"  // a site is to be closed (5.3)
)

// Rights is the set of what a user may do on a site.
type Rights uint8

const (
	RightRead   Rights = 1 << iota // citire
	RightWrite                     // scriere
	RightDelete                    // ștergere
)

var rightNames = []struct {
	right   Rights
	english string
}{{RightRead, "read"}, {RightWrite, "write"}, {RightDelete, "delete"}}

// Has reports whether every right of x is in r.
func (r Rights) Has(x Rights) bool { return r&x == x }

// Names lists the rights in r as "read", "write", "delete", in that order.
func (r Rights) Names() []string {
	names := []string{}
	for _, n := range rightNames {
		if r.Has(n.right) {
			names = append(names, n.english)
		}
	}
	return names
}

// ParseRights reads what Names wrote.
func ParseRights(names []string) (Rights, error) {
	var r Rights
next:
	for _, name := range names {
		for _, n := range rightNames {
			if n.english == name {
				r |= n.right
				continue next
			}
		}
		return 0, fmt.Errorf("right %q is none of read, write, delete", name)
	}
	return r, nil
}

func (r Rights) String() string { return strings.Join(r.Names(), ",") }

func (r Rights) MarshalJSON() ([]byte, error) { return json.Marshal(r.Names()) }

func (r *Rights) UnmarshalJSON(data []byte) error {
	var names []string
	if err := json.Unmarshal(data, &names); err != nil {
		return fmt.Errorf("reading rights: %w", err)
	}
	parsed, err := ParseRights(names)
	*r = parsed
	return err
}

// Date is a day of the calendar, without a time or a zone. The zero Date means
// that no day was given.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day that t falls on in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads "2006-01-02"; an empty string is the zero Date.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return Date{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q is not YYYY-MM-DD", s)
	}
	return DateOf(t), nil
}

// IsZero reports whether no day was given.
func (d Date) IsZero() bool { return d == Date{} }

// In is the first instant of the day in loc.
func (d Date) In(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// Before reports whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.In(time.UTC).Before(other.In(time.UTC)) }

// String is "2006-01-02", empty for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.In(time.UTC).Format(time.DateOnly)
}

func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDate(string(text))
	return err
}

// User is one person who is to have access.
type User struct {
	Name   string `json:"name,omitempty"`
	Email  string `json:"email,omitempty"`  // empty: none given, or not a usable one
	Rights Rights `json:"rights,omitempty"` // 0: none were marked
}

// Submission is what somebody filled in, in their own words: white space is
// trimmed, nothing else is changed. Which fields there are depends on the kind.
type Submission struct {
	Requester  string `json:"requester,omitempty"`
	Department string `json:"department,omitempty"`

	// Annex 1 (5.2.3)
	Partner        string `json:"partner,omitempty"`
	InfoTypes      string `json:"info_types,omitempty"`
	ActivationDate Date   `json:"activation_date,omitzero"`
	LegalBasis     string `json:"legal_basis,omitempty"`
	PartnerUsers   []User `json:"partner_users,omitempty"`
	InternalUsers  []User `json:"internal_users,omitempty"`

	// the request to close (5.3)
	Site      string `json:"site,omitempty"`
	Reason    string `json:"reason,omitempty"`
	ArchiveTo string `json:"archive_to,omitempty"`
}

// Why says what kind of problem a field has.
type Why string

const (
	Missing    Why = "missing"    // nothing was filled in
	Invalid    Why = "invalid"    // what is there is not what the field asks for
	Past       Why = "past"       // a day before today
	Unknown    Why = "unknown"    // not in the directory
	Duplicate  Why = "duplicate"  // the same person twice
	Ambiguous  Why = "ambiguous"  // it could be read in two ways
	Unreadable Why = "unreadable" // the file itself cannot be read
)

// Problem is one thing for which a clerk would send the form back.
type Problem struct {
	Field   string `json:"field"` // as in the JSON of [Submission]: "partner_users[0].email"
	Sheet   string `json:"sheet,omitempty"`
	Cell    string `json:"cell,omitempty"` // the value's cell, the label's where they share one
	Why     Why    `json:"why"`
	Message string `json:"message"` // in Romanian, to the sender: what is wrong and what to write
}

// Department is one that may ask for a site, as the directory names it.
type Department struct {
	Name    string   // the full name: "Direcția Economică"
	Parent  string   // for a service: the name of its department, else empty
	Aliases []string // other names it goes by
}

// Rules is what a filled form is judged by.
type Rules struct {
	Today       Date
	Departments []Department
	OwnDomains  []string // the city hall's mail domains, lower case
}

// Reading is what one workbook was found to say. It survives a round trip through JSON.
type Reading struct {
	Kind       Kind              `json:"kind,omitempty"`    // empty: there is no form in the workbook
	Version    int               `json:"version,omitempty"` // of our blank workbook it was filled in; 0: not one of ours
	Sheet      string            `json:"sheet,omitempty"`   // where the form stands
	Submission Submission        `json:"submission"`
	Department string            `json:"department,omitempty"` // the directory's name of Submission.Department; empty: not found
	Problems   []Problem         `json:"problems,omitempty"`   // in the order of the form
	Cells      map[string]string `json:"cells,omitempty"`      // field, as in [Problem], to its value's cell on Sheet
}
