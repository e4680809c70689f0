package manual

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"registratura/intake"
)

// EnsureSite wants the site to be as s says. One that was suspended or closed
// stays so.
func (p *Portal) EnsureSite(ctx context.Context, s intake.Site) error {
	if err := intake.CheckSiteID(s.ID); err != nil {
		return fmt.Errorf("making a site: %w", err)
	}
	wanted, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encoding site %s: %w", s.ID, err)
	}
	err = p.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO sites (id, wanted, state) VALUES (?, ?, 'open')
			ON CONFLICT (id) DO UPDATE SET wanted = excluded.wanted`, s.ID, string(wanted))
		return err
	})
	if err != nil {
		return fmt.Errorf("making site %s: %w", s.ID, err)
	}
	return nil
}

// EnsureMember wants m to have access to the site, with exactly m.Rights.
func (p *Portal) EnsureMember(ctx context.Context, siteID string, m intake.Member) error {
	if err := m.Check(); err != nil {
		return fmt.Errorf("giving %s access to site %s: %w", m.Address, siteID, err)
	}
	wanted, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding a member of site %s: %w", siteID, err)
	}
	err = p.write(ctx, func(tx *sql.Tx) error {
		if err := exists(tx, siteID); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO members (site_id, address, wanted) VALUES (?, ?, ?)
			ON CONFLICT (site_id, address) DO UPDATE SET wanted = excluded.wanted`, siteID, m.Address, string(wanted))
		return err
	})
	if err != nil {
		return fmt.Errorf("giving %s access to site %s: %w", m.Address, siteID, err)
	}
	return nil
}

func exists(q querier, siteID string) error {
	var one int
	err := q.QueryRow(`SELECT 1 FROM sites WHERE id = ?`, siteID).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return intake.ErrNoSuchSite
	}
	return err
}

// RemoveMember wants somebody to have no access to the site.
func (p *Portal) RemoveMember(ctx context.Context, siteID, address string) error {
	err := p.write(ctx, func(tx *sql.Tx) error {
		if err := exists(tx, siteID); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM members WHERE site_id = ? AND address = ? AND confirmed IS NULL`, siteID, address); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE members SET wanted = NULL WHERE site_id = ? AND address = ?`, siteID, address)
		return err
	})
	if err != nil {
		return fmt.Errorf("removing %s from site %s: %w", address, siteID, err)
	}
	return nil
}

// Members lists who has access by what IT confirmed, by address;
// [intake.ErrAwaitsIT] while there is work that they did not confirm.
func (p *Portal) Members(ctx context.Context, siteID string) ([]intake.Member, error) {
	s, err := p.settled(ctx, siteID)
	if err != nil {
		return nil, fmt.Errorf("listing the members of site %s: %w", siteID, err)
	}
	if s.stands != open {
		return nil, nil
	}
	var list []intake.Member
	for _, m := range s.members {
		list = append(list, *m.confirmed) // as wanted: nothing is left to do
	}
	return list, nil
}

// settled is a site on which there is nothing left to do.
func (p *Portal) settled(ctx context.Context, siteID string) (*site, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, err := p.read(siteID)
	if err != nil {
		return nil, err
	}
	if !s.work().Nothing() {
		return nil, intake.ErrAwaitsIT
	}
	return s, nil
}

// Invite gives no link: IT hands out the access data themselves.
func (p *Portal) Invite(ctx context.Context, address string) (intake.Invitation, error) {
	if err := p.hasAccount(ctx, address); err != nil {
		return intake.Invitation{}, fmt.Errorf("inviting %s: %w", address, err)
	}
	return intake.Invitation{FromIT: true}, nil
}

// NewLink makes no link, see [Portal.Invite].
func (p *Portal) NewLink(ctx context.Context, address string) (intake.Invitation, error) {
	if err := p.hasAccount(ctx, address); err != nil {
		return intake.Invitation{}, fmt.Errorf("making a link for %s: %w", address, err)
	}
	return intake.Invitation{}, fmt.Errorf("making a link for %s: %w", address, errors.ErrUnsupported)
}

func (p *Portal) hasAccount(ctx context.Context, address string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var one int
	err := p.db.QueryRow(`SELECT 1 FROM members WHERE address = ?`, address).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return intake.ErrNoSuchAccount
	}
	return err
}

// Journal is not supported: what happens on the extranet, only the extranet knows.
func (p *Portal) Journal(context.Context, string, time.Time) ([]intake.JournalEntry, error) {
	return nil, fmt.Errorf("reading the journal: %w", errors.ErrUnsupported)
}

// Usage is not supported.
func (p *Portal) Usage(context.Context, string) (intake.SiteUsage, error) {
	return intake.SiteUsage{}, fmt.Errorf("counting the files: %w", errors.ErrUnsupported)
}

// ExportSite is not supported: IT saves the files.
func (p *Portal) ExportSite(context.Context, string, io.Writer) ([]intake.ExportedFile, error) {
	return nil, fmt.Errorf("exporting the files: %w", errors.ErrUnsupported)
}

// SuspendSite wants everybody's access ended, and the list of members kept. A
// closed site stays closed.
func (p *Portal) SuspendSite(ctx context.Context, siteID string) error {
	return p.setState(ctx, siteID, suspended, open)
}

// CloseSite is SuspendSite for a site that is to be exported and deleted.
func (p *Portal) CloseSite(ctx context.Context, siteID string) error {
	return p.setState(ctx, siteID, closed, open, suspended)
}

// ResumeSite wants a suspended or closed site open again.
func (p *Portal) ResumeSite(ctx context.Context, siteID string) error {
	return p.setState(ctx, siteID, open, suspended, closed)
}

// setState wants a site in a state, if it is wanted in one of the others by now.
func (p *Portal) setState(ctx context.Context, siteID string, to state, from ...state) error {
	err := p.write(ctx, func(tx *sql.Tx) error {
		s, err := load(tx, siteID)
		if err != nil || !slices.Contains(from, s.state) {
			return err
		}
		if to == suspended && s.stands == closed {
			// Nobody has access by now either: nothing is left to do.
			_, err = tx.Exec(`UPDATE sites SET state = ?, stands = ? WHERE id = ?`, to, to, siteID)
			return err
		}
		_, err = tx.Exec(`UPDATE sites SET state = ? WHERE id = ?`, to, siteID)
		return err
	})
	if err == nil {
		_, err = p.settled(ctx, siteID)
	}
	if err != nil {
		return fmt.Errorf("making site %s %s: %w", siteID, to, err)
	}
	return nil
}

// DeleteSite wants a closed site deleted. One that is not there is deleted
// already; one that is not closed, by IT's word, is refused.
func (p *Portal) DeleteSite(ctx context.Context, siteID string) error {
	if err := intake.CheckSiteID(siteID); err != nil {
		return fmt.Errorf("deleting a site: %w", err)
	}
	err := p.write(ctx, func(tx *sql.Tx) error {
		s, err := load(tx, siteID)
		if err != nil {
			return err
		}
		if s.state != closed && s.state != deleted || s.stands == open {
			return fmt.Errorf("it is %s, not closed: %w", s.state, intake.ErrInvalid)
		}
		if s.confirmed == nil { // it was never made
			_, err = tx.Exec(`DELETE FROM sites WHERE id = ?`, siteID)
		} else {
			_, err = tx.Exec(`UPDATE sites SET state = 'deleted' WHERE id = ?`, siteID)
		}
		return err
	})
	if err == nil {
		_, err = p.settled(ctx, siteID)
	}
	if err != nil && !errors.Is(err, intake.ErrNoSuchSite) {
		return fmt.Errorf("deleting site %s: %w", siteID, err)
	}
	return nil
}

// SiteURL is where IT said that the site is; empty as long as they did not.
func (p *Portal) SiteURL(siteID string) string {
	var address string
	_ = p.db.QueryRow(`SELECT url FROM sites WHERE id = ?`, siteID).Scan(&address) // no row: no address
	return address
}
