package extranet

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"registratura/forms"
)

// visitor is a member on a site. What it may do is looked up whenever it does
// something, in the same transaction, so that rights that are taken away are
// gone at once.
type visitor struct {
	site    string
	address string
}

// node is a file or folder as it stands in the tree.
type node struct {
	id         int64
	parent     int64 // 0: none
	name       string
	kind       string
	blob       string
	size       int64
	modifiedAt int64
	modifiedBy string
}

const (
	kindRoot   = "root"
	kindFolder = "folder"
	kindFile   = "file"
)

func (n *node) isFolder() bool { return n.kind != kindFile }

const nodeColumns = `id, coalesce(parent_id, 0), name, kind, coalesce(blob, ''), size, modified_at, modified_by`

func scanNode(row interface{ Scan(...any) error }) (*node, error) {
	var n node
	err := row.Scan(&n.id, &n.parent, &n.name, &n.kind, &n.blob, &n.size, &n.modifiedAt, &n.modifiedBy)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("reading a file's row: %w", err)
	}
	return &n, nil
}

const (
	maxName  = 255 // bytes of one name
	maxDepth = 64  // folders one in another
)

// cleanName returns name as we keep it, in NFC, or errBadName: empty, too long,
// or with characters that cannot be seen or that separate folders somewhere.
func cleanName(name string) (string, error) {
	name = norm.NFC.String(name)
	if name == "" || name == "." || name == ".." || len(name) > maxName || !utf8.ValidString(name) {
		return "", errBadName
	}
	for _, r := range name {
		// Cf holds the marks that turn the reading direction, with which
		// "contract‮fdp.exe" looks like a PDF. The joiners of scripts stay.
		if r == '/' || r == '\\' || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' {
			return "", errBadName
		}
	}
	return name, nil
}

// splitPath takes a path within a site apart into names as we keep them. A
// path that would lead out of the site does not exist.
func splitPath(p string) ([]string, error) {
	var names []string
	for name := range strings.SplitSeq(p, "/") {
		if name == "" {
			continue
		}
		clean, err := cleanName(name)
		if err != nil {
			return nil, errNotFound
		}
		names = append(names, clean)
	}
	if len(names) > maxDepth {
		return nil, errTooDeep
	}
	return names, nil
}

// rootOf returns the top folder of a site.
func rootOf(q querier, site string) (*node, error) {
	return scanNode(q.QueryRow(`SELECT `+nodeColumns+` FROM nodes WHERE site_id = ? AND kind = 'root'`, site))
}

func child(q querier, parent int64, name string) (*node, error) {
	return scanNode(q.QueryRow(`SELECT `+nodeColumns+` FROM nodes WHERE parent_id = ? AND name = ?`, parent, name))
}

// lookup finds the node at a path, or returns errNotFound.
func lookup(q querier, site string, names []string) (*node, error) {
	n, err := rootOf(q, site)
	for _, name := range names {
		if err != nil {
			return nil, err
		}
		if !n.isFolder() {
			return nil, errNotFound
		}
		n, err = child(q, n.id, name)
	}
	return n, err
}

// lookupParent finds the folder in which the last of names stands or may be made.
func lookupParent(q querier, site string, names []string) (*node, error) {
	if len(names) == 0 {
		return nil, errRoot
	}
	parent, err := lookup(q, site, names[:len(names)-1])
	if errors.Is(err, errNotFound) {
		return nil, errNoParent
	}
	if err != nil {
		return nil, err
	}
	if !parent.isFolder() {
		return nil, errNotFolder
	}
	return parent, nil
}

// children lists a folder: folders first, then by name.
func children(q querier, folder int64) ([]*node, error) {
	rows, err := q.Query(`SELECT `+nodeColumns+` FROM nodes WHERE parent_id = ?`, folder)
	if err != nil {
		return nil, fmt.Errorf("listing a folder: %w", err)
	}
	defer rows.Close()
	var list []*node
	for rows.Next() {
		n, err := scanNode(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing a folder: %w", err)
	}
	sortNodes(list)
	return list, nil
}

// sortNodes puts folders first, and then orders names as people do: without
// regard to case and diacritics, and "2" before "10".
func sortNodes(list []*node) {
	keys := make(map[*node]string, len(list))
	for _, n := range list {
		keys[n] = foldText(n.name)
	}
	slices.SortFunc(list, func(a, b *node) int {
		if a.isFolder() != b.isFolder() {
			if a.isFolder() {
				return -1
			}
			return 1
		}
		return cmp.Or(compareNatural(keys[a], keys[b]), strings.Compare(a.name, b.name))
	})
}

// compareNatural compares digits in a row as the number they are.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		da, db := digits(a), digits(b)
		if da != "" && db != "" {
			na, nb := strings.TrimLeft(da, "0"), strings.TrimLeft(db, "0")
			if c := cmp.Or(len(na)-len(nb), strings.Compare(na, nb)); c != 0 {
				return c
			}
			a, b = a[len(da):], b[len(db):]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func digits(s string) string {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return s[:i]
}

// change runs f in a transaction, on behalf of a visitor with rights as they
// are at that moment, and makes the entry of the journal that f returns.
func (x *Extranet) change(v visitor, needs forms.Rights, f func(c *changing) (entry, error)) error {
	return x.changeAfterSync("", v, needs, f)
}

// changeAfterSync is change for what names new files in the folder dir, which are
// made durable first.
func (x *Extranet) changeAfterSync(dir string, v visitor, needs forms.Rights, f func(c *changing) (entry, error)) error {
	return x.db.writeAfterSync(dir, func(tx *sql.Tx) error {
		rights, err := rightsOn(tx, v.site, v.address)
		if err != nil {
			return err
		}
		if err := check(rights, needs); err != nil {
			return err
		}
		c := &changing{tx: tx, visitor: v, rights: rights, now: millis(x.now())}
		e, err := f(c)
		if err != nil {
			return err
		}
		if e.action == "" {
			return nil
		}
		return addEntry(tx, v, c.now, e)
	})
}

// changing is a change in the making.
type changing struct {
	tx *sql.Tx
	visitor
	rights forms.Rights
	now    int64
}

func (c *changing) exec(query string, args ...any) error {
	_, err := c.tx.Exec(query, args...)
	return err
}

// mkdir makes one folder.
func (x *Extranet) mkdir(v visitor, names []string) error {
	return x.change(v, toCreate, func(c *changing) (entry, error) {
		parent, err := lookupParent(c.tx, v.site, names)
		if err != nil {
			return entry{}, err
		}
		name := names[len(names)-1]
		if _, err := child(c.tx, parent.id, name); err == nil {
			return entry{}, errExists
		} else if !errors.Is(err, errNotFound) {
			return entry{}, err
		}
		err = c.exec(`INSERT INTO nodes (site_id, parent_id, name, kind, created_at, created_by, modified_at, modified_by)
			VALUES (?, ?, ?, 'folder', ?, ?, ?, ?)`, v.site, parent.id, name, c.now, v.address, c.now, v.address)
		return entry{action: actMkdir, path: joinPath(names)}, err
	})
}

// throwAway takes a node out of the tree and puts it into the bin.
func (c *changing) throwAway(n *node, from int64, where string) error {
	return c.exec(`UPDATE nodes SET parent_id = NULL, deleted_at = ?, deleted_by = ?, deleted_from = ?, deleted_path = ? WHERE id = ?`,
		c.now, c.address, from, where, n.id)
}

// remove puts what stands at the path into the bin, and returns its id there.
func (x *Extranet) remove(v visitor, names []string) (id int64, err error) {
	err = x.change(v, toDelete, func(c *changing) (entry, error) {
		if len(names) == 0 {
			return entry{}, errRoot
		}
		n, err := lookup(c.tx, v.site, names)
		if err != nil {
			return entry{}, err
		}
		id = n.id
		return entry{action: actDelete, path: joinPath(names)}, c.throwAway(n, n.parent, joinPath(names))
	})
	return id, err
}

// move gives what stands at one path another. What stands there already goes to
// the bin, if replace allows it.
func (x *Extranet) move(v visitor, from, to []string, replace bool) error {
	return x.change(v, toMove, func(c *changing) (entry, error) {
		if len(from) == 0 || len(to) == 0 {
			return entry{}, errRoot
		}
		n, err := lookup(c.tx, v.site, from)
		if err != nil {
			return entry{}, err
		}
		parent, err := lookupParent(c.tx, v.site, to)
		if err != nil {
			return entry{}, err
		}
		if len(to) > len(from) && slices.Equal(to[:len(from)], from) {
			return entry{}, errIntoItself
		}
		name := to[len(to)-1]
		old, err := child(c.tx, parent.id, name)
		if err != nil && !errors.Is(err, errNotFound) {
			return entry{}, err
		}
		if err == nil && old.id != n.id {
			switch {
			case !replace:
				return entry{}, errExists
			case len(from) > len(to) && slices.Equal(from[:len(to)], to):
				return entry{}, errIntoItself // it would go to the bin with its own folder
			}
			if err := c.throwAway(old, parent.id, joinPath(to)); err != nil {
				return entry{}, err
			}
		}
		if err := c.checkDepth(n, len(to)); err != nil {
			return entry{}, err
		}
		err = c.exec(`UPDATE nodes SET parent_id = ?, name = ? WHERE id = ?`, parent.id, name, n.id)
		return entry{action: actMove, path: joinPath(from), detail: joinPath(to)}, err
	})
}

// checkDepth refuses to put n at a depth where what is in it would be too deep.
func (c *changing) checkDepth(n *node, depth int) error {
	var below int
	err := c.tx.QueryRow(`WITH RECURSIVE below (id, depth) AS (SELECT ?, 0 UNION ALL
		SELECT n.id, b.depth + 1 FROM nodes n JOIN below b ON n.parent_id = b.id) SELECT max(depth) FROM below`, n.id).Scan(&below)
	if err != nil {
		return fmt.Errorf("measuring a folder's depth: %w", err)
	}
	if depth+below > maxDepth {
		return errTooDeep
	}
	return nil
}

func joinPath(names []string) string { return "/" + strings.Join(names, "/") }

// modTime is when the content was last changed.
func (n *node) modTime() time.Time { return time.UnixMilli(n.modifiedAt) }

// etag changes with the content and never comes back (RFC 9110, 8.8.3).
func (n *node) etag() string { return `"` + n.blob + `"` }
