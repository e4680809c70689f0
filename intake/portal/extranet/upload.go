package extranet

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"registratura/forms"
)

// upload is a file that is being received.
type upload struct {
	x          *Extranet
	visitor    visitor
	names      []string
	in         *incoming
	properties []property
	part       string // the upload in parts that it is; empty: it comes in one go
	done       bool
}

// beginUpload checks whether the visitor may put a file at the path, before it
// sends gigabytes in vain. What counts is checked again by commit.
func (x *Extranet) beginUpload(v visitor, names []string) (*upload, error) {
	return x.beginUploadAs(v, names, false)
}

// beginUploadAs is beginUpload, where keepBoth says that the file will take
// another name if its own is taken.
func (x *Extranet) beginUploadAs(v visitor, names []string, keepBoth bool) (*upload, error) {
	rights, err := rightsOn(x.db.reader, v.site, v.address)
	if err != nil {
		return nil, err
	}
	if err := check(rights, toCreate); err != nil {
		return nil, err
	}
	parent, err := lookupParent(x.db.reader, v.site, names)
	if err != nil {
		return nil, err
	}
	if !keepBoth {
		if _, err := mayPut(x.db.reader, rights, parent, names[len(names)-1]); err != nil {
			return nil, err
		}
	}
	room, err := x.room(x.db.reader, v.site)
	if err != nil {
		return nil, err
	}
	in, err := x.blobs.create(x.random, min(room, x.config.MaxFile))
	if err != nil {
		return nil, err
	}
	return &upload{x: x, visitor: v, names: names, in: in}, nil
}

// room is how many bytes the site may still take.
func (x *Extranet) room(q querier, site string) (int64, error) {
	var used int64
	if err := q.QueryRow(`SELECT used_bytes FROM sites WHERE id = ?`, site).Scan(&used); err != nil {
		return 0, fmt.Errorf("looking up the space used: %w", err)
	}
	return max(0, x.config.SiteQuota-used), nil
}

// mayPut returns the file that stands at the name and would be replaced, or nil.
func mayPut(q querier, rights forms.Rights, parent *node, name string) (*node, error) {
	old, err := child(q, parent.id, name)
	if errors.Is(err, errNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if old.isFolder() {
		return nil, errIsFolder
	}
	if old.size > 0 {
		if err := check(rights, toReplace); err != nil {
			return nil, err
		}
	}
	return old, nil
}

func (u *upload) Write(p []byte) (int, error) {
	n, err := u.in.Write(p)
	return n, u.explain(err)
}

// explain tells what went wrong with receiving: a limit, the disk, or the
// connection.
func (u *upload) explain(err error) error {
	var disk *diskError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTooLarge) && u.in.limit >= u.x.config.MaxFile:
		return errFileSize
	case errors.Is(err, errTooLarge):
		return errQuota
	case errors.As(err, &disk):
		return err
	default:
		return fmt.Errorf("%w: %w", errBadUpload, err)
	}
}

// abandon throws away what was received, unless it was committed.
func (u *upload) abandon() {
	if !u.done {
		u.done = true
		u.in.discard(u.visitor.site)
	}
}

// commit puts the file at its place in the tree. What stood there goes to the
// bin. With keepBoth the file gets the next free name instead, which is returned.
func (u *upload) commit(keepBoth bool) (name string, err error) {
	defer u.abandon()
	dir, err := u.in.place(u.visitor.site)
	if err != nil {
		return "", u.explain(err)
	}
	err = u.x.changeAfterSync(dir, u.visitor, toCreate, func(c *changing) (entry, error) {
		parent, err := lookupParent(c.tx, u.visitor.site, u.names)
		if err != nil {
			return entry{}, err
		}
		name = u.names[len(u.names)-1]
		if keepBoth {
			if name, err = freeName(c.tx, parent.id, name); err != nil {
				return entry{}, err
			}
		}
		old, err := mayPut(c.tx, c.rights, parent, name)
		if err != nil {
			return entry{}, err
		}
		room, err := u.x.room(c.tx, u.visitor.site)
		if err != nil {
			return entry{}, err
		}
		if u.in.size > room {
			return entry{}, errQuota
		}
		where := slices.Concat(u.names[:len(u.names)-1], []string{name})
		id, err := c.putFile(u.in, parent.id, name, old, joinPath(where))
		if err != nil {
			return entry{}, err
		}
		if err := setProperties(c.tx, id, u.properties); err != nil {
			return entry{}, err
		}
		if u.part != "" { // with the file there, it is no longer under way
			if err := c.exec(`DELETE FROM uploads WHERE id = ?`, u.part); err != nil {
				return entry{}, err
			}
		}
		action := actUpload
		if old != nil && old.size > 0 {
			action = actReplace
		}
		return entry{action: action, path: joinPath(where), detail: fmt.Sprintf("%d", u.in.size)}, nil
	})
	if err != nil {
		return "", err
	}
	u.done = true
	return name, nil
}

// putFile makes the row of a received file. The row of the old file, if there
// is one, takes what it was to the bin; an empty one is not worth keeping.
func (c *changing) putFile(in *incoming, parent int64, name string, old *node, where string) (int64, error) {
	createdAt, createdBy := c.now, c.address
	if old != nil {
		err := c.tx.QueryRow(`SELECT created_at, created_by FROM nodes WHERE id = ?`, old.id).Scan(&createdAt, &createdBy)
		if err != nil {
			return 0, err
		}
		if err := c.throwAway(old, parent, where); err != nil {
			return 0, err
		}
	}
	result, err := c.tx.Exec(`INSERT INTO nodes (site_id, parent_id, name, kind, blob, size, sha256, created_at, created_by, modified_at, modified_by)
		VALUES (?, ?, ?, 'file', ?, ?, ?, ?, ?, ?, ?)`,
		c.site, parent, name, in.blob, in.size, in.sum.Sum(nil), createdAt, createdBy, c.now, c.address)
	if err != nil {
		return 0, err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return 0, err
	}
	if old != nil {
		// A lock and properties belong to the resource, not to its content.
		if err := c.exec(`UPDATE properties SET node_id = ? WHERE node_id = ?`, id, old.id); err != nil {
			return 0, err
		}
	}
	return id, c.exec(`UPDATE sites SET used_bytes = used_bytes + ? WHERE id = ?`, in.size, c.site)
}

// freeName returns name, or name with the first number that is free.
func freeName(q querier, parent int64, name string) (string, error) {
	ext := path.Ext(name)
	if ext == name { // ".profile"
		ext = ""
	}
	stem := strings.TrimSuffix(name, ext)
	candidate := name
	for i := 2; ; i++ {
		_, err := child(q, parent, candidate)
		if errors.Is(err, errNotFound) {
			return candidate, nil
		}
		if err != nil {
			return "", err
		}
		candidate = fmt.Sprintf("%s (%d)%s", stem, i, ext)
		if len(candidate) > maxName {
			return "", errBadName
		}
	}
}
