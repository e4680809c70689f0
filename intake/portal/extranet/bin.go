package extranet

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"time"

	"registratura/forms"
)

type binData struct {
	siteData
	Items []binItemData
	Days  int
	Total int
}

type binItemData struct {
	ID      int64
	Name    string
	Where   string
	Folder  bool
	Size    int64
	Deleted time.Time
	By      string
	Until   time.Time
}

const maxBinItems = 500 // on the page

// pageBin shows what was deleted, to those who may delete.
func (x *Extranet) pageBin(w http.ResponseWriter, r *http.Request, s *session, v visitor, rights forms.Rights) error {
	if err := check(rights, toDelete|toRead); err != nil {
		return err
	}
	site, err := x.readSite(v.site, rights)
	if err != nil {
		return err
	}
	d := binData{siteData: site, Days: int(x.config.BinLifetime / (24 * time.Hour))}
	people, err := x.peopleNames(v.site)
	if err != nil {
		return err
	}
	rows, err := x.db.reader.Query(binQuery+` ORDER BY deleted_at DESC, id DESC LIMIT ?`, v.site, maxBinItems)
	if err != nil {
		return fmt.Errorf("listing the bin: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		b, err := x.scanBinItem(rows)
		if err != nil {
			return fmt.Errorf("listing the bin: %w", err)
		}
		d.Items = append(d.Items, b)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("listing the bin: %w", err)
	}
	for i := range d.Items { // now that the rows have given their connection back
		d.Items[i].By = people(d.Items[i].By)
	}
	err = x.db.reader.QueryRow(`SELECT count(*) FROM nodes WHERE site_id = ? AND deleted_at IS NOT NULL`, v.site).Scan(&d.Total)
	if err != nil {
		return fmt.Errorf("listing the bin: %w", err)
	}
	page := pageData{Title: "Coș – " + site.Title, Page: d}
	x.render(w, r, s, http.StatusOK, "bin", page)
	return nil
}

const binQuery = `SELECT id, name, deleted_path, kind, size, deleted_at, deleted_by FROM nodes WHERE site_id = ? AND deleted_at IS NOT NULL`

func (x *Extranet) scanBinItem(row interface{ Scan(...any) error }) (binItemData, error) {
	var b binItemData
	var kind string
	var at int64
	if err := row.Scan(&b.ID, &b.Name, &b.Where, &kind, &b.Size, &at, &b.By); err != nil {
		return b, err
	}
	b.Where, b.Folder, b.Deleted = path.Dir(b.Where), kind == kindFolder, x.timeOf(at)
	b.Until = b.Deleted.Add(x.config.BinLifetime)
	return b, nil
}

func (x *Extranet) binItem(site string, id int64) (binItemData, error) {
	return x.scanBinItem(x.db.reader.QueryRow(binQuery+` AND id = ?`, site, id))
}

// restore puts something out of the bin back where it was, or into the site's
// main folder where that is gone; next to what has taken its name meanwhile.
// It returns the folder's path.
func (x *Extranet) restore(v visitor, id int64) (folder []string, err error) {
	err = x.change(v, toReplace, func(c *changing) (entry, error) {
		var name string
		var from sql.NullInt64
		err := c.tx.QueryRow(`SELECT name, deleted_from FROM nodes WHERE id = ? AND site_id = ? AND deleted_at IS NOT NULL`, id, v.site).Scan(&name, &from)
		if errors.Is(err, sql.ErrNoRows) {
			return entry{}, errNotFound
		}
		if err != nil {
			return entry{}, err
		}
		root, err := rootOf(c.tx, v.site)
		if err != nil {
			return entry{}, err
		}
		parent := root.id
		if from.Valid {
			names, standing, err := pathOf(c.tx, from.Int64)
			if err != nil {
				return entry{}, err
			}
			if standing {
				parent, folder = from.Int64, names
			}
		}
		if name, err = freeName(c.tx, parent, name); err != nil {
			return entry{}, err
		}
		err = c.exec(`UPDATE nodes SET parent_id = ?, name = ?, deleted_at = NULL, deleted_by = NULL, deleted_from = NULL, deleted_path = NULL
			WHERE id = ?`, parent, name, id)
		return entry{action: actRestore, path: joinPath(slices.Concat(folder, []string{name}))}, err
	})
	return folder, err
}

// pathOf returns the path of a folder, and whether it stands in the tree: it,
// or a folder that it is in, may be in the bin.
func pathOf(q querier, id int64) (names []string, standing bool, err error) {
	for range maxDepth + 1 {
		n, err := scanNode(q.QueryRow(`SELECT `+nodeColumns+` FROM nodes WHERE id = ?`, id))
		if err != nil {
			return nil, false, err
		}
		if n.kind == kindRoot {
			slices.Reverse(names)
			return names, true, nil
		}
		if n.parent == 0 {
			return nil, false, nil
		}
		names, id = append(names, n.name), n.parent
	}
	return nil, false, fmt.Errorf("folder %d is deeper than can be", id)
}

// purgeFromBin deletes something in the bin for good.
func (x *Extranet) purgeFromBin(v visitor, id int64) error {
	var blobs []string
	err := x.change(v, toDelete, func(c *changing) (entry, error) {
		var where string
		err := c.tx.QueryRow(`SELECT deleted_path FROM nodes WHERE id = ? AND site_id = ? AND deleted_at IS NOT NULL`, id, v.site).Scan(&where)
		if errors.Is(err, sql.ErrNoRows) {
			return entry{}, errNotFound
		}
		if err != nil {
			return entry{}, err
		}
		blobs, err = purge(c.tx, v.site, id)
		return entry{action: actPurge, path: where}, err
	})
	if err != nil {
		return err
	}
	return x.blobs.remove(v.site, blobs)
}

// subtree lists the ids and the bytes of a node and everything below it.
const subtree = `WITH RECURSIVE below (id) AS (SELECT ? UNION ALL SELECT n.id FROM nodes n JOIN below b ON n.parent_id = b.id) `

// emptyBins deletes for good what has been in the bins for too long.
func (x *Extranet) emptyBins() error {
	type expired struct {
		id   int64
		site string
	}
	var list []expired
	rows, err := x.db.reader.Query(`SELECT id, site_id FROM nodes WHERE deleted_at < ?`, millis(x.now().Add(-x.config.BinLifetime)))
	if err != nil {
		return fmt.Errorf("looking into the bins: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e expired
		if err := rows.Scan(&e.id, &e.site); err != nil {
			return fmt.Errorf("looking into the bins: %w", err)
		}
		list = append(list, e)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("looking into the bins: %w", err)
	}
	rows.Close()
	for _, e := range list {
		var blobs []string
		err := x.db.write(func(tx *sql.Tx) (err error) {
			blobs, err = purge(tx, e.site, e.id)
			return err
		})
		if err != nil {
			return fmt.Errorf("emptying the bin of site %s: %w", e.site, err)
		}
		if err := x.blobs.remove(e.site, blobs); err != nil {
			return err
		}
	}
	return nil
}

// purge deletes a node and everything below it for good, and returns the blobs
// that are to be removed from disk once that is committed.
func purge(tx *sql.Tx, site string, id int64) (blobs []string, err error) {
	rows, err := tx.Query(subtree+`SELECT blob, size FROM nodes WHERE id IN (SELECT id FROM below) AND blob IS NOT NULL`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var bytes int64
	for rows.Next() {
		var blob string
		var size int64
		if err := rows.Scan(&blob, &size); err != nil {
			return nil, err
		}
		blobs, bytes = append(blobs, blob), bytes+size
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	rows.Close()
	if _, err := tx.Exec(`DELETE FROM nodes WHERE id = ?`, id); err != nil {
		return nil, err
	}
	_, err = tx.Exec(`UPDATE sites SET used_bytes = used_bytes - ? WHERE id = ?`, bytes, site)
	return blobs, err
}

// Housekeep deletes for good what has been in the bins for too long, uploads that
// nobody went on with, sessions and links that have expired, and personal data
// whose time is over. Once a day is enough.
func (x *Extranet) Housekeep() error {
	if err := errors.Join(x.emptyBins(), x.dropStaleParts(), x.forget()); err != nil {
		return err
	}
	now := millis(x.now())
	err := x.db.write(func(tx *sql.Tx) error {
		if _, err := tx.Exec(`DELETE FROM sessions WHERE expires_at <= ? OR seen_at <= ?`, now, millis(x.now().Add(-x.config.SessionIdle))); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM links WHERE expires_at <= ?`, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting expired sessions and links: %w", err)
	}
	return nil
}
