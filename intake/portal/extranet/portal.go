package extranet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"registratura/forms"
	"registratura/intake"
)

// EnsureSite makes the site, or makes the standing one say what s says. A site
// that was suspended or closed stays so.
func (x *Extranet) EnsureSite(ctx context.Context, s intake.Site) error {
	if err := intake.CheckSiteID(s.ID); err != nil {
		return fmt.Errorf("making a site: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("making site %s: %w", s.ID, err)
	}
	if err := x.blobs.makeSite(s.ID); err != nil {
		return fmt.Errorf("making site %s: %w", s.ID, err)
	}
	now := millis(x.now())
	err := x.db.write(func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO sites (id, title, partner, department, info_types, legal_basis, until, request, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET title = excluded.title, partner = excluded.partner, department = excluded.department,
				info_types = excluded.info_types, legal_basis = excluded.legal_basis, until = excluded.until,
				request = excluded.request`,
			s.ID, s.Title, s.Partner, s.Department, s.InfoTypes, s.LegalBasis, s.Until.String(), s.Request, now)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO nodes (site_id, name, kind, created_at, created_by, modified_at, modified_by)
			SELECT ?, '', 'root', ?, '', ?, '' WHERE NOT EXISTS (SELECT 1 FROM nodes WHERE site_id = ? AND kind = 'root')`,
			s.ID, now, now, s.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("making site %s: %w", s.ID, err)
	}
	return nil
}

// EnsureMember gives m an account, if there is none at the address, and
// exactly m.Rights on the site, whatever they were before. No rights at all is
// no membership: see [Extranet.RemoveMember].
func (x *Extranet) EnsureMember(ctx context.Context, siteID string, m intake.Member) error {
	if err := m.Check(); err != nil {
		return fmt.Errorf("giving %s access to site %s: %w", m.Address, siteID, err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("giving %s access to site %s: %w", m.Address, siteID, err)
	}
	now := millis(x.now())
	err := x.db.write(func(tx *sql.Tx) error {
		if err := siteExists(tx, siteID); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO accounts (address, name, created_at) VALUES (?, ?, ?)
			ON CONFLICT (address) DO UPDATE SET name = excluded.name`, m.Address, m.Name, now)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO members (site_id, address, name, side, rights, added_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (site_id, address) DO UPDATE SET name = excluded.name, side = excluded.side, rights = excluded.rights`,
			siteID, m.Address, m.Name, m.Side, m.Rights, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("giving %s access to site %s: %w", m.Address, siteID, err)
	}
	return nil
}

func siteExists(q querier, siteID string) error {
	var one int
	err := q.QueryRow(`SELECT 1 FROM sites WHERE id = ?`, siteID).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return intake.ErrNoSuchSite
	}
	return err
}

// Members reads back who has access and with which rights, by address. It asks
// what every request asks before it is let in: on a site that is suspended or
// closed nobody has access, and nobody is listed.
func (x *Extranet) Members(ctx context.Context, siteID string) ([]intake.Member, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("listing the members of site %s: %w", siteID, err)
	}
	if err := siteExists(x.db.reader, siteID); err != nil {
		return nil, fmt.Errorf("listing the members of site %s: %w", siteID, err)
	}
	members, err := readMembers(x.db.reader, siteID)
	if err != nil {
		return nil, fmt.Errorf("listing the members of site %s: %w", siteID, err)
	}
	return members, nil
}

func readMembers(q querier, siteID string) ([]intake.Member, error) {
	rows, err := q.Query(`SELECT name, address, side, rights FROM access WHERE site_id = ? ORDER BY address`, siteID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var members []intake.Member
	for rows.Next() {
		var m intake.Member
		if err := rows.Scan(&m.Name, &m.Address, &m.Side, &m.Rights); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return members, rows.Err()
}

// rightsOn is what address may do on the site now; 0 where there is no such
// site, it is not open, or address is not a member.
func rightsOn(q querier, siteID, address string) (forms.Rights, error) {
	var r forms.Rights
	err := q.QueryRow(`SELECT rights FROM access WHERE site_id = ? AND address = ?`, siteID, address).Scan(&r)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("looking up rights: %w", err)
	}
	return r, nil
}

// Invite makes a new one-time link for the account, and earlier ones stop
// working; the link is empty when the account has a password already.
func (x *Extranet) Invite(ctx context.Context, address string) (intake.Invitation, error) {
	return x.makeLink(ctx, address, false)
}

// NewLink makes a one-time link like [Extranet.Invite], and also for an account
// that has a password, which its owner may have forgotten.
func (x *Extranet) NewLink(ctx context.Context, address string) (intake.Invitation, error) {
	return x.makeLink(ctx, address, true)
}

func (x *Extranet) makeLink(ctx context.Context, address string, evenWithPassword bool) (intake.Invitation, error) {
	if err := ctx.Err(); err != nil {
		return intake.Invitation{}, fmt.Errorf("making a link for %s: %w", address, err)
	}
	token := newToken(x.random)
	now := x.now()
	expires := now.Add(x.config.LinkLifetime)
	var made bool
	err := x.db.write(func(tx *sql.Tx) error {
		var password string
		err := tx.QueryRow(`SELECT password FROM accounts WHERE address = ?`, address).Scan(&password)
		if errors.Is(err, sql.ErrNoRows) {
			return intake.ErrNoSuchAccount
		}
		if err != nil || password != "" && !evenWithPassword {
			return err
		}
		made = true
		_, err = tx.Exec(`INSERT INTO links (address, hash, created_at, expires_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (address) DO UPDATE SET hash = excluded.hash, created_at = excluded.created_at, expires_at = excluded.expires_at`,
			address, token.hash(), millis(now), millis(expires))
		return err
	})
	if err != nil {
		return intake.Invitation{}, fmt.Errorf("making a link for %s: %w", address, err)
	}
	if !made {
		return intake.Invitation{}, nil
	}
	return intake.Invitation{Link: x.address(linkPath + string(token)), Expires: expires}, nil
}

// SiteURL is where people find the site, in a browser and over WebDAV.
func (x *Extranet) SiteURL(siteID string) string {
	return x.address(sitePath + siteID + "/")
}

func (x *Extranet) address(path string) string { return x.base.String() + path }
