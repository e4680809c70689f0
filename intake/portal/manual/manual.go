// Package manual is the portal of a city hall whose extranet has no interface
// for programs: people of IT do the work. It keeps what is wanted and what they
// have confirmed; the desk writes to them and reads their answers.
package manual

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"

	_ "github.com/mattn/go-sqlite3" // registers "sqlite3"
	"github.com/pressly/goose/v3"

	"registratura/intake"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Portal implements [intake.WorkPortal].
type Portal struct {
	db *sql.DB
}

var _ intake.WorkPortal = (*Portal)(nil)

// Open opens the portal whose state is kept in file, or makes it there.
func Open(ctx context.Context, file string) (_ *Portal, err error) {
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: file,
		// FULL, so that a power cut takes no confirmation back.
		RawQuery: "_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_foreign_keys=on&_busy_timeout=10000"}
	db, err := sql.Open("sqlite3", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", file, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	db.SetMaxOpenConns(1)
	source, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, source)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return nil, fmt.Errorf("migrating %s: %w", file, err)
	}
	return &Portal{db: db}, nil
}

// Close closes the portal's database.
func (p *Portal) Close() error { return p.db.Close() }

// state is whether people have access to a site.
type state string

const (
	open      state = "open"
	suspended state = "suspended"
	closed    state = "closed"
	deleted   state = "deleted"
)

// site is one site, wanted and confirmed.
type site struct {
	wanted    intake.Site
	state     state // wanted
	confirmed *intake.Site
	stands    state // confirmed; empty: the site is not made yet
	url       string
	done      string
	members   []member // by address
}

type member struct {
	address           string
	wanted, confirmed *intake.Member
}

// write runs f in one transaction, which no context interrupts (rule D8).
func (p *Portal) write(ctx context.Context, f func(tx *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := p.db.Begin()
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// querier is a transaction, or the database.
type querier interface {
	QueryRow(query string, args ...any) *sql.Row
	Query(query string, args ...any) (*sql.Rows, error)
}

// load reads a site; ErrNoSuchSite.
func load(q querier, siteID string) (*site, error) {
	s := &site{}
	var wanted string
	var confirmed, stands sql.NullString
	err := q.QueryRow(`SELECT wanted, state, confirmed, stands, url, done FROM sites WHERE id = ?`, siteID).
		Scan(&wanted, &s.state, &confirmed, &stands, &s.url, &s.done)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, intake.ErrNoSuchSite
	}
	if err != nil {
		return nil, err
	}
	s.stands = state(stands.String)
	if err := json.Unmarshal([]byte(wanted), &s.wanted); err != nil {
		return nil, fmt.Errorf("decoding the site: %w", err)
	}
	if s.confirmed, err = decode[intake.Site](confirmed); err != nil {
		return nil, fmt.Errorf("decoding the site: %w", err)
	}
	rows, err := q.Query(`SELECT address, wanted, confirmed FROM members WHERE site_id = ? ORDER BY address`, siteID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var m member
		var wanted, confirmed sql.NullString
		if err := rows.Scan(&m.address, &wanted, &confirmed); err != nil {
			return nil, err
		}
		if m.wanted, err = decode[intake.Member](wanted); err != nil {
			return nil, fmt.Errorf("decoding a member: %w", err)
		}
		if m.confirmed, err = decode[intake.Member](confirmed); err != nil {
			return nil, fmt.Errorf("decoding a member: %w", err)
		}
		s.members = append(s.members, m)
	}
	return s, rows.Err()
}

func decode[T any](text sql.NullString) (*T, error) {
	if !text.Valid {
		return nil, nil
	}
	v := new(T)
	return v, json.Unmarshal([]byte(text.String), v)
}

// work is what there is to do so that the site is as wanted.
func (s *site) work() intake.Work {
	w := intake.Work{Site: s.wanted, URL: s.url, Create: s.confirmed == nil, Update: s.confirmed != nil && *s.confirmed != s.wanted}
	for _, m := range s.members {
		if m.wanted != nil {
			w.Members = append(w.Members, *m.wanted)
		}
	}
	switch {
	case s.state == deleted:
		// What nobody has made needs no deleting, and nothing else matters any more.
		w.Create, w.Update = false, false
		if s.confirmed != nil {
			w.Access = intake.SiteDelete
		}
		return w
	case s.state == suspended && s.stands == open:
		w.Access = intake.AccessSuspend
	case s.state == closed && (s.stands == open || s.stands == suspended):
		w.Access = intake.AccessEnd
	case s.state == open && (s.stands == suspended || s.stands == closed):
		w.Access = intake.AccessResume
	}
	if s.state != open {
		// Who is on the list has no access; whatever changes in it is work once
		// the site is resumed.
		w.Create, w.Update = false, false
		return w
	}
	for _, m := range s.members {
		switch {
		case m.wanted != nil && m.confirmed == nil:
			w.Add = append(w.Add, *m.wanted)
		case m.wanted == nil && m.confirmed != nil:
			w.Remove = append(w.Remove, *m.confirmed)
		case m.wanted != nil && *m.wanted != *m.confirmed:
			w.Alter = append(w.Alter, intake.MemberChange{Member: *m.wanted, Was: *m.confirmed})
		}
	}
	return w
}

// Work implements [intake.WorkPortal].
func (p *Portal) Work(ctx context.Context, siteID string) (intake.Work, error) {
	if err := ctx.Err(); err != nil {
		return intake.Work{}, fmt.Errorf("listing the work on site %s: %w", siteID, err)
	}
	s, err := p.read(siteID)
	if err != nil {
		return intake.Work{}, fmt.Errorf("listing the work on site %s: %w", siteID, err)
	}
	return s.work(), nil
}

// read loads a site in a transaction of its own, so that it is one moment's.
func (p *Portal) read(siteID string) (s *site, err error) {
	err = p.write(context.Background(), func(tx *sql.Tx) error {
		s, err = load(tx, siteID)
		return err
	})
	return s, err
}

// Confirm implements [intake.WorkPortal].
func (p *Portal) Confirm(ctx context.Context, siteID, workHash, address string) error {
	err := p.write(ctx, func(tx *sql.Tx) error {
		s, err := load(tx, siteID)
		if err != nil {
			return err
		}
		w := s.work()
		hash, err := w.Hash()
		if err != nil {
			return err
		}
		if hash != workHash {
			if s.done == workHash && (address == "" || address == s.url) {
				return nil // by an attempt that was interrupted
			}
			return intake.ErrWorkChanged
		}
		if w.Access == intake.SiteDelete || s.state == deleted {
			_, err := tx.Exec(`DELETE FROM sites WHERE id = ?`, siteID)
			return err
		}
		if address == "" {
			address = s.url
		}
		if _, err := tx.Exec(`UPDATE sites SET stands = state, url = ?, done = ? WHERE id = ?`, address, workHash, siteID); err != nil {
			return err
		}
		if s.state != open {
			return nil
		}
		if _, err := tx.Exec(`UPDATE sites SET confirmed = wanted WHERE id = ?`, siteID); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM members WHERE site_id = ? AND wanted IS NULL`, siteID); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE members SET confirmed = wanted WHERE site_id = ?`, siteID)
		return err
	})
	if err != nil {
		return fmt.Errorf("recording that the work on site %s is done: %w", siteID, err)
	}
	return nil
}
