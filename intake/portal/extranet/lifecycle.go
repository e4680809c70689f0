package extranet

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"registratura/intake"
)

// RemoveMember ends somebody's access to a site, at once, sessions included.
// Removing who is not a member changes nothing. The account stays, for other
// sites; one without any site shows nothing.
func (x *Extranet) RemoveMember(ctx context.Context, siteID, address string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("removing %s from site %s: %w", address, siteID, err)
	}
	err := x.db.write(func(tx *sql.Tx) error {
		if err := siteExists(tx, siteID); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM members WHERE site_id = ? AND address = ?`, siteID, address)
		return err
	})
	if err != nil {
		return fmt.Errorf("removing %s from site %s: %w", address, siteID, err)
	}
	return nil
}

// SuspendSite ends everybody's access to a site, at once, and keeps its files
// and its list of members. [Extranet.ResumeSite] gives access back. A closed site
// stays closed.
func (x *Extranet) SuspendSite(ctx context.Context, siteID string) error {
	return x.setState(ctx, siteID, "suspended", "open")
}

// CloseSite is SuspendSite for a site that is to be exported and deleted.
func (x *Extranet) CloseSite(ctx context.Context, siteID string) error {
	return x.setState(ctx, siteID, "closed", "open", "suspended")
}

// ResumeSite opens a suspended or closed site again, to the members that it has.
func (x *Extranet) ResumeSite(ctx context.Context, siteID string) error {
	return x.setState(ctx, siteID, "open", "suspended", "closed")
}

// setState changes the state of a site that is in one of the states from.
func (x *Extranet) setState(ctx context.Context, siteID, state string, from ...string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("making site %s %s: %w", siteID, state, err)
	}
	err := x.db.write(func(tx *sql.Tx) error {
		if err := siteExists(tx, siteID); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE sites SET state = ? WHERE id = ? AND state IN (SELECT value FROM json_each(?))`, state, siteID, jsonArray(from))
		return err
	})
	if err != nil {
		return fmt.Errorf("making site %s %s: %w", siteID, state, err)
	}
	return nil
}

// DeleteSite deletes a closed site with its files, members and journal, for
// good. A site that is not there is deleted already; one that is not closed is
// refused. Accounts that are left without any site are deleted, too, but for IT's.
func (x *Extranet) DeleteSite(ctx context.Context, siteID string) error {
	if err := intake.CheckSiteID(siteID); err != nil {
		return fmt.Errorf("deleting a site: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("deleting site %s: %w", siteID, err)
	}
	if err := x.dropPartsOfClosed(siteID); err != nil {
		return fmt.Errorf("deleting site %s: %w", siteID, err)
	}
	err := x.db.write(func(tx *sql.Tx) error {
		var state string
		err := tx.QueryRow(`SELECT state FROM sites WHERE id = ?`, siteID).Scan(&state)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if state != "closed" {
			return fmt.Errorf("it is %s, not closed: %w", state, intake.ErrInvalid)
		}
		if _, err := tx.Exec(`DELETE FROM sites WHERE id = ?`, siteID); err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM accounts WHERE address NOT IN (SELECT address FROM members) AND address NOT IN (SELECT value FROM json_each(?))`,
			x.itAddresses())
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting site %s: %w", siteID, err)
	}
	// A crash in between leaves files that no row names; done again, this takes them.
	if err := x.blobs.removeSite(siteID); err != nil {
		return fmt.Errorf("deleting site %s: %w", siteID, err)
	}
	x.locks.of(siteID).forget("/")
	return nil
}

// ExportSite writes every file of a site, not its bin, as a zip archive to w.
// Each is compared with the checksum that was kept when it was received; one
// that differs fails the export. The manifest lists what was written.
func (x *Extranet) ExportSite(ctx context.Context, siteID string, w io.Writer) ([]intake.ExportedFile, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("exporting site %s: %w", siteID, err)
	}
	if err := siteExists(x.db.reader, siteID); err != nil {
		return nil, fmt.Errorf("exporting site %s: %w", siteID, err)
	}
	root, err := rootOf(x.db.reader, siteID)
	if err != nil {
		return nil, fmt.Errorf("exporting site %s: %w", siteID, err)
	}
	e := &export{x: x, ctx: ctx, site: siteID, archive: zip.NewWriter(w)}
	err = e.folder(root, "")
	if err == nil {
		err = e.archive.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("exporting site %s: %w", siteID, err)
	}
	return e.manifest, nil
}

// export is an archive in the making.
type export struct {
	x        *Extranet
	ctx      context.Context
	site     string
	archive  *zip.Writer
	allowed  func() error // asked before every file; nil: always
	manifest []intake.ExportedFile
}

func (e *export) folder(folder *node, prefix string) error {
	list, err := children(e.x.db.reader, folder.id)
	if err != nil {
		return err
	}
	for _, n := range list {
		if err := e.ctx.Err(); err != nil {
			return err
		}
		if e.allowed != nil {
			if err := e.allowed(); err != nil {
				return err
			}
		}
		name := path.Join(prefix, n.name)
		if n.isFolder() {
			header := &zip.FileHeader{Name: name + "/", Modified: e.x.timeOf(n.modifiedAt)}
			header.SetMode(fs.ModeDir | 0o755)
			if _, err := e.archive.CreateHeader(header); err != nil {
				return err
			}
			err = e.folder(n, name)
		} else {
			err = e.file(n, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *export) file(n *node, name string) error {
	var want []byte
	if err := e.x.db.reader.QueryRow(`SELECT sha256 FROM nodes WHERE id = ?`, n.id).Scan(&want); err != nil {
		return fmt.Errorf("reading the checksum of %s: %w", name, err)
	}
	f, err := e.x.blobs.open(e.site, n.blob)
	if err != nil {
		return err
	}
	defer f.Close()
	// Stored, not compressed: office files and pictures are compressed already.
	header := &zip.FileHeader{Name: name, Modified: e.x.timeOf(n.modifiedAt), Method: zip.Store}
	// As an archive of DOS, which is one without modes, unzip spoils diacritics.
	header.SetMode(0o644)
	w, err := e.archive.CreateHeader(header)
	if err != nil {
		return err
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(w, sum), f)
	if err != nil {
		return fmt.Errorf("copying %s: %w", name, err)
	}
	if got := sum.Sum(nil); size != n.size || hex.EncodeToString(got) != hex.EncodeToString(want) {
		return fmt.Errorf("%s is not what was received: %d bytes with SHA-256 %x, kept were %d with %x", name, size, got, n.size, want)
	}
	e.manifest = append(e.manifest, intake.ExportedFile{
		Path: name, Size: size, SHA256: hex.EncodeToString(want), ModifiedAt: e.x.timeOf(n.modifiedAt), ModifiedBy: n.modifiedBy,
	})
	return nil
}

// Usage counts what a site holds: the files that an export would write.
func (x *Extranet) Usage(ctx context.Context, siteID string) (intake.SiteUsage, error) {
	var u intake.SiteUsage
	if err := siteExists(x.db.reader, siteID); err != nil {
		return u, fmt.Errorf("counting the files of site %s: %w", siteID, err)
	}
	err := x.db.reader.QueryRowContext(ctx, `WITH RECURSIVE live (id, kind, size) AS (
			SELECT id, kind, size FROM nodes WHERE site_id = $1 AND kind = 'root'
			UNION ALL SELECT n.id, n.kind, n.size FROM nodes n JOIN live ON n.parent_id = live.id)
		SELECT (SELECT count(*) FROM members WHERE site_id = $1), count(*), coalesce(sum(size), 0) FROM live WHERE kind = 'file'`,
		siteID).Scan(&u.Members, &u.Files, &u.Bytes)
	if err != nil {
		return u, fmt.Errorf("counting the files of site %s: %w", siteID, err)
	}
	return u, nil
}

// SiteUse is what a site holds and when it was last used.
type SiteUse struct {
	ID, Title, State string
	Members          int
	Files            int
	Bytes            int64     // the bin included
	LastUsed         time.Time // zero: never
}

// Sites lists every site with its use, by name; for IT.
func (x *Extranet) Sites(ctx context.Context) ([]SiteUse, error) {
	rows, err := x.db.reader.QueryContext(ctx, `SELECT s.id, s.title, s.state, s.used_bytes,
			(SELECT count(*) FROM members m WHERE m.site_id = s.id),
			(SELECT count(*) FROM nodes n WHERE n.site_id = s.id AND n.kind = 'file' AND n.parent_id IS NOT NULL),
			coalesce((SELECT max(at) FROM journal j WHERE j.site_id = s.id), 0)
		FROM sites s ORDER BY s.title, s.id`)
	if err != nil {
		return nil, fmt.Errorf("listing sites: %w", err)
	}
	defer rows.Close()
	var list []SiteUse
	for rows.Next() {
		var s SiteUse
		var used int64
		if err := rows.Scan(&s.ID, &s.Title, &s.State, &s.Bytes, &s.Members, &s.Files, &used); err != nil {
			return nil, fmt.Errorf("listing sites: %w", err)
		}
		if used > 0 {
			s.LastUsed = x.timeOf(used)
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// Journal lists what was done on a site since a time, the oldest first. A
// download shows up within about a second.
func (x *Extranet) Journal(ctx context.Context, siteID string, since time.Time) ([]intake.JournalEntry, error) {
	if err := siteExists(x.db.reader, siteID); err != nil {
		return nil, fmt.Errorf("reading the journal of site %s: %w", siteID, err)
	}
	rows, err := x.db.reader.QueryContext(ctx, `SELECT at, address, action, path, detail FROM journal WHERE site_id = ? AND at >= ? ORDER BY at, id`,
		siteID, millis(since))
	if err != nil {
		return nil, fmt.Errorf("reading the journal of site %s: %w", siteID, err)
	}
	defer rows.Close()
	var list []intake.JournalEntry
	for rows.Next() {
		var e intake.JournalEntry
		var at int64
		if err := rows.Scan(&at, &e.Address, &e.Action, &e.Path, &e.Detail); err != nil {
			return nil, fmt.Errorf("reading the journal of site %s: %w", siteID, err)
		}
		e.At = x.timeOf(at)
		list = append(list, e)
	}
	return list, rows.Err()
}
