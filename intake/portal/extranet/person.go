package extranet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"registratura/forms"
)

// PersonData is what an extranet holds about one address.
type PersonData struct {
	Account *PersonAccount `json:"account,omitempty"` // nil: there is none
	Sites   []PersonSite   `json:"sites,omitempty"`   // on whose lists they are
	Traces  []PersonTrace  `json:"traces,omitempty"`  // what they did, by site
}

// PersonAccount is an account. Of its secrets it tells only that they are there.
type PersonAccount struct {
	Name         string           `json:"name"`
	CreatedAt    time.Time        `json:"created_at"`
	PasswordAt   time.Time        `json:"password_at,omitzero"` // when it was set; zero: it is not
	SecondFactor bool             `json:"second_factor"`        // a code of an app is asked for at login
	Link         bool             `json:"link"`                 // a one-time link can still be used
	Sessions     int              `json:"sessions"`
	SeenAt       time.Time        `json:"seen_at,omitzero"` // the last use of a session
	AppPasswords []PersonPassword `json:"app_passwords,omitempty"`
}

// PersonPassword is a password for a program.
type PersonPassword struct {
	Label     string    `json:"label"`
	CreatedAt time.Time `json:"created_at"`
	UsedAt    time.Time `json:"used_at,omitzero"`
}

// PersonSite is a site on whose list somebody is.
type PersonSite struct {
	ID      string       `json:"id"`
	Title   string       `json:"title"`
	State   string       `json:"state"` // "open", "suspended", "closed"
	Name    string       `json:"name"`  // of the person, as the site's list has it
	Side    string       `json:"side"`
	Rights  forms.Rights `json:"rights"`
	AddedAt time.Time    `json:"added_at"`
}

// PersonTrace counts what a site still tells of somebody's doings.
type PersonTrace struct {
	Site    string    `json:"site"`
	Entries int       `json:"journal_entries"`
	First   time.Time `json:"first,omitzero"`
	Last    time.Time `json:"last,omitzero"`
	Files   int       `json:"files"` // and folders, also in the bin, that bear their address
	Uploads int       `json:"unfinished_uploads"`
}

// ReadPerson tells what the extranet in dir holds about an address, beside the
// process that has it open. Where no extranet was ever opened there is nothing.
func ReadPerson(ctx context.Context, dir, address string) (PersonData, error) {
	var d PersonData
	file := filepath.Join(dir, "extranet.db")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return d, nil
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: file, RawQuery: "mode=ro&_query_only=on&_busy_timeout=10000"}
	db, err := sql.Open("sqlite3", u.String())
	if err != nil {
		return d, fmt.Errorf("opening %s: %w", file, err)
	}
	defer db.Close()
	// One transaction, so that the extranet may go on writing.
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return d, fmt.Errorf("opening %s: %w", file, err)
	}
	defer tx.Rollback()
	address = strings.ToLower(address)
	for _, read := range []func(*sql.Tx, string) error{d.readAccount, d.readSites, d.readTraces} {
		if err := read(tx, address); err != nil {
			return d, fmt.Errorf("reading what the extranet holds about a person: %w", err)
		}
	}
	return d, nil
}

func (d *PersonData) readAccount(tx *sql.Tx, address string) error {
	var a PersonAccount
	var created, password, seen int64
	err := tx.QueryRow(`SELECT name, created_at, password_at, EXISTS (SELECT 1 FROM links l WHERE l.address = a.address),
			EXISTS (SELECT 1 FROM second_factors f WHERE f.address = a.address AND f.confirmed_at > 0),
			(SELECT count(*) FROM sessions s WHERE s.address = a.address),
			coalesce((SELECT max(seen_at) FROM sessions s WHERE s.address = a.address), 0)
		FROM accounts a WHERE a.address = ?`, address).
		Scan(&a.Name, &created, &password, &a.Link, &a.SecondFactor, &a.Sessions, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	a.CreatedAt, a.PasswordAt, a.SeenAt = instant(created), instant(password), instant(seen)
	rows, err := tx.Query(`SELECT label, created_at, used_at FROM app_passwords WHERE address = ? ORDER BY id`, address)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p PersonPassword
		var created, used int64
		if err := rows.Scan(&p.Label, &created, &used); err != nil {
			return err
		}
		p.CreatedAt, p.UsedAt = instant(created), instant(used)
		a.AppPasswords = append(a.AppPasswords, p)
	}
	d.Account = &a
	return rows.Err()
}

func (d *PersonData) readSites(tx *sql.Tx, address string) error {
	rows, err := tx.Query(`SELECT s.id, s.title, s.state, m.name, m.side, m.rights, m.added_at
		FROM members m JOIN sites s ON s.id = m.site_id WHERE m.address = ? ORDER BY s.id`, address)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s PersonSite
		var added int64
		if err := rows.Scan(&s.ID, &s.Title, &s.State, &s.Name, &s.Side, &s.Rights, &added); err != nil {
			return err
		}
		s.AddedAt = instant(added)
		d.Sites = append(d.Sites, s)
	}
	return rows.Err()
}

func (d *PersonData) readTraces(tx *sql.Tx, address string) error {
	rows, err := tx.Query(`SELECT s.id,
			(SELECT count(*) FROM journal j WHERE j.site_id = s.id AND j.address = $1),
			coalesce((SELECT min(at) FROM journal j WHERE j.site_id = s.id AND j.address = $1), 0),
			coalesce((SELECT max(at) FROM journal j WHERE j.site_id = s.id AND j.address = $1), 0),
			(SELECT count(*) FROM nodes n WHERE n.site_id = s.id AND $1 IN (n.created_by, n.modified_by, n.deleted_by)),
			(SELECT count(*) FROM uploads u WHERE u.site_id = s.id AND u.address = $1)
		FROM sites s ORDER BY s.id`, address)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var t PersonTrace
		var first, last int64
		if err := rows.Scan(&t.Site, &t.Entries, &first, &last, &t.Files, &t.Uploads); err != nil {
			return err
		}
		if t.Entries+t.Files+t.Uploads == 0 {
			continue
		}
		t.First, t.Last = instant(first), instant(last)
		d.Traces = append(d.Traces, t)
	}
	return rows.Err()
}

// instant is a stored time; zero for none.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
