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
		b.By = people(b.By)
		d.Items = append(d.Items, b)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("listing the bin: %w", err)
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
