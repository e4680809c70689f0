package extranet

import (
	"cmp"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Large files come in parts, each its own request, so that a connection that
// breaks costs one part and not the whole file:
//
//	POST FOLDER?do=begin  nume, marime, modificat, inlocuieste → {"id", "offset"}
//	POST FOLDER?do=part&id=ID&offset=N  the bytes from N on    → {"offset"}, or what do=upload answers once all are there
//
// Who begins with the same file again is given the same upload, and the offset
// to go on from. Both carry the token in the header X-CSRF. Uploads under way
// stand in the database, and what is counted there is on the disk: a restart, or
// a crash between two parts, costs nothing, and one in the middle that part.
type partUploads struct {
	beginning sync.Mutex // held while one is begun, so that nobody begins twice

	mutex sync.Mutex
	list  map[string]*partUpload // by id: those that this process has touched
}

// partUpload is an upload under way, in this process.
type partUpload struct {
	mutex sync.Mutex // held while a part is being received
	open  *upload    // nil: not gone on with since the start
}

// partRow is an upload under way, as it stands in the database.
type partRow struct {
	id       string
	visitor  visitor
	path     string
	size     int64
	replaces bool
	blob     string
	received int64
}

const (
	maxPart         = 64 << 20 // bytes
	maxPartUploads  = 6        // of one account on one site
	partUploadsKept = 24 * time.Hour
)

var (
	errNoSuchUpload = &refusal{http.StatusNotFound, "Încărcarea a fost întreruptă prea mult timp. Încercați din nou de la început."}
	errBusyUpload   = &refusal{http.StatusServiceUnavailable, "Fișierul se încarcă deja, poate din altă fereastră."}
	errManyUploads  = &refusal{http.StatusTooManyRequests, "Se încarcă deja prea multe fișiere mari. Așteptați să se termine unul."}
)

// doPart answers do=begin and do=part.
func (x *Extranet) doPart(w http.ResponseWriter, r *http.Request, s *session, v visitor, names []string) {
	err := x.checkCSRF(r, s, r.Header.Get("X-CSRF"))
	var reply map[string]any
	if err == nil && r.URL.Query().Get("do") == "begin" {
		limitForm(w, r)
		reply, err = x.beginParts(r, v, names)
	} else if err == nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxPart)
		reply, err = x.receivePart(r, v)
	}
	if err != nil {
		x.refusePage(w, r, s, err)
		return
	}
	writeJSON(w, http.StatusOK, reply)
}

func (x *Extranet) beginParts(r *http.Request, v visitor, names []string) (map[string]any, error) {
	if err := r.ParseForm(); err != nil {
		return nil, errBadUpload
	}
	name, err := cleanName(r.PostFormValue("nume"))
	if err != nil {
		return nil, err
	}
	size, err := strconv.ParseInt(r.PostFormValue("marime"), 10, 64)
	if err != nil || size < 0 {
		return nil, errBadUpload
	}
	replace := r.PostFormValue("inlocuieste") != ""
	at := slices.Concat(names, []string{name})
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %q %t", v.site, v.address, joinPath(at), size, r.PostFormValue("modificat"), replace))
	key := hex.EncodeToString(sum[:])

	if err := x.dropStaleParts(); err != nil {
		return nil, err
	}
	x.parts.beginning.Lock()
	defer x.parts.beginning.Unlock()
	row, err := x.partRow(`key = ?`, key)
	if err != nil {
		return nil, err
	}
	if row != nil {
		p := x.parts.of(row.id)
		if !p.mutex.TryLock() {
			return nil, errBusyUpload
		}
		defer p.mutex.Unlock()
		if row, err = x.partRow(`id = ?`, row.id); err != nil {
			return nil, err
		}
	}
	if row == nil {
		if row, err = x.newParts(v, at, size, key, replace); err != nil {
			return nil, err
		}
	}
	return map[string]any{"id": row.id, "offset": row.received}, nil
}

// of returns what this process has of an upload.
func (l *partUploads) of(id string) *partUpload {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.list == nil {
		l.list = map[string]*partUpload{}
	}
	p := l.list[id]
	if p == nil {
		p = new(partUpload)
		l.list[id] = p
	}
	return p
}

func (l *partUploads) forget(id string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.list, id)
}

// partRow finds an upload under way; nil: there is none.
func (x *Extranet) partRow(where string, arg any) (*partRow, error) {
	var row partRow
	err := x.db.reader.QueryRow(`SELECT id, site_id, address, path, size, replaces, blob, received FROM uploads WHERE `+where, arg).
		Scan(&row.id, &row.visitor.site, &row.visitor.address, &row.path, &row.size, &row.replaces, &row.blob, &row.received)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking up an upload under way: %w", err)
	}
	return &row, nil
}

// newParts begins an upload.
func (x *Extranet) newParts(v visitor, at []string, size int64, key string, replaces bool) (*partRow, error) {
	var own int
	err := x.db.reader.QueryRow(`SELECT count(*) FROM uploads WHERE site_id = ? AND address = ?`, v.site, v.address).Scan(&own)
	if err != nil {
		return nil, fmt.Errorf("counting somebody's uploads: %w", err)
	}
	if own >= maxPartUploads {
		return nil, errManyUploads
	}
	u, err := x.beginUploadAs(v, at, !replaces)
	if err != nil {
		return nil, err
	}
	if size > u.in.limit {
		u.abandon()
		return nil, u.explain(errTooLarge)
	}
	row := &partRow{id: newToken(x.random).hash64(), visitor: v, path: joinPath(at), size: size, replaces: replaces, blob: u.in.blob}
	u.part = row.id
	err = x.db.writeAfterSync(incomingDir, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO uploads (id, key, site_id, address, path, size, replaces, blob, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			row.id, key, v.site, v.address, row.path, size, replaces, row.blob, millis(x.now()))
		return err
	})
	if err != nil {
		u.abandon()
		return nil, fmt.Errorf("beginning an upload: %w", err)
	}
	x.parts.of(row.id).open = u // nobody else knows of it yet
	return row, nil
}

func (x *Extranet) receivePart(r *http.Request, v visitor) (map[string]any, error) {
	id := r.URL.Query().Get("id")
	row, err := x.partRow(`id = ?`, id)
	if err != nil {
		return nil, err
	}
	if row == nil || row.visitor != v {
		return nil, errNoSuchUpload
	}
	p := x.parts.of(id)
	if !p.mutex.TryLock() {
		return nil, errBusyUpload
	}
	defer p.mutex.Unlock()
	if row, err = x.partRow(`id = ?`, id); err != nil || row == nil { // it may have ended meanwhile
		x.parts.forget(id)
		return nil, cmp.Or(err, error(errNoSuchUpload))
	}
	rights, err := rightsOn(x.db.reader, v.site, v.address)
	if err == nil {
		err = check(rights, toCreate)
	}
	if err != nil {
		return nil, err
	}
	offset, err := strconv.ParseInt(r.URL.Query().Get("offset"), 10, 64)
	if err != nil || offset != row.received {
		return map[string]any{"offset": row.received}, nil // the sender goes on from there
	}
	if p.open == nil {
		if p.open, err = x.reopenParts(row); err != nil {
			x.log.Error("an interrupted upload cannot be gone on with", "site", v.site, "error", err)
			return nil, errors.Join(errNoSuchUpload, x.endParts(row, p))
		}
	}
	if err := x.keepPart(row, p.open, r.Body); err != nil {
		if !errors.Is(err, errBadUpload) { // what arrived before the connection broke is kept
			err = errors.Join(err, x.endParts(row, p))
		}
		return nil, err
	}
	switch in := p.open.in; {
	case in.size < row.size:
		return map[string]any{"offset": in.size}, nil
	case in.size > row.size:
		return nil, errors.Join(errBadUpload, x.endParts(row, p))
	}
	name, err := x.finishParts(row, p.open)
	if err != nil {
		return nil, errors.Join(err, x.endParts(row, p))
	}
	x.parts.forget(id)
	return map[string]any{"uploaded": []string{name}, "renamed": name != path.Base(row.path)}, nil
}

// keepPart receives one part, and counts as much of it as is on the disk.
func (x *Extranet) keepPart(row *partRow, u *upload, body io.Reader) error {
	_, err := u.in.ReadFrom(body)
	if err = u.explain(err); err != nil && !errors.Is(err, errBadUpload) {
		return err
	}
	if err := u.in.file.Sync(); err != nil {
		return &diskError{fmt.Errorf("syncing: %w", err)}
	}
	writeErr := x.db.write(func(tx *sql.Tx) error {
		result, err := tx.Exec(`UPDATE uploads SET received = ?, used_at = ? WHERE id = ?`, u.in.size, millis(x.now()), row.id)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 { // the site was deleted
			return errors.Join(err, errNoSuchUpload)
		}
		return nil
	})
	if writeErr != nil {
		return fmt.Errorf("noting a part of an upload: %w", writeErr)
	}
	return err
}

// reopenParts goes on with an upload that began before the last start. What was
// not counted any more before it is cut off.
func (x *Extranet) reopenParts(row *partRow) (*upload, error) {
	names, err := splitPath(row.path)
	if err != nil {
		return nil, err
	}
	room, err := x.room(x.db.reader, row.visitor.site)
	if err != nil {
		return nil, err
	}
	in, err := x.blobs.reopen(row.blob, row.received, min(room, x.config.MaxFile))
	if err != nil {
		return nil, err
	}
	return &upload{x: x, visitor: row.visitor, names: names, in: in, part: row.id}, nil
}

// finishParts puts a file that has arrived whole at its place.
func (x *Extranet) finishParts(row *partRow, u *upload) (name string, err error) {
	if row.replaces {
		leave, err := x.hold(row.visitor, u.names)
		if err != nil {
			return "", err
		}
		defer leave()
	}
	return u.commit(!row.replaces)
}

// endParts throws an upload away.
func (x *Extranet) endParts(row *partRow, p *partUpload) error {
	if p.open != nil {
		p.open.abandon()
	} else {
		x.blobs.discard(row.blob)
	}
	x.parts.forget(row.id)
	err := x.db.write(func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM uploads WHERE id = ?`, row.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("ending an upload: %w", err)
	}
	return nil
}

// dropStaleParts throws away uploads that nobody went on with.
func (x *Extranet) dropStaleParts() error {
	return x.dropParts(`used_at < ?`, millis(x.now().Add(-partUploadsKept)))
}

// dropPartsOfClosed throws away the uploads of a site that is about to be deleted.
func (x *Extranet) dropPartsOfClosed(siteID string) error {
	return x.dropParts(`site_id = (SELECT id FROM sites WHERE id = ? AND state = 'closed')`, siteID)
}

// dropParts throws away uploads under way, but those of which a part is just
// being received.
func (x *Extranet) dropParts(where string, arg any) error {
	rows, err := x.db.reader.Query(`SELECT id, blob FROM uploads WHERE `+where, arg)
	if err != nil {
		return fmt.Errorf("listing uploads under way: %w", err)
	}
	defer rows.Close()
	var list []partRow
	for rows.Next() {
		var row partRow
		if err := rows.Scan(&row.id, &row.blob); err != nil {
			return fmt.Errorf("listing uploads under way: %w", err)
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("listing uploads under way: %w", err)
	}
	rows.Close()
	for _, row := range list {
		p := x.parts.of(row.id)
		if p.mutex.TryLock() {
			err = errors.Join(err, x.endParts(&row, p))
			p.mutex.Unlock()
		}
	}
	return err
}

// closeParts lets go of the files of uploads under way, which stay.
func (x *Extranet) closeParts() {
	x.parts.mutex.Lock()
	defer x.parts.mutex.Unlock()
	for _, p := range x.parts.list {
		if p.mutex.TryLock() {
			if p.open != nil && p.open.in.file != nil {
				p.open.in.file.Close()
			}
			p.mutex.Unlock()
		}
	}
}

// sweepParts brings uploads under way and the disk together, at the start, and
// returns the blobs that are still wanted.
func (x *Extranet) sweepParts() (map[string]bool, error) {
	if err := x.dropStaleParts(); err != nil {
		return nil, err
	}
	rows, err := x.db.reader.Query(`SELECT blob, site_id FROM uploads`)
	if err != nil {
		return nil, fmt.Errorf("listing uploads under way: %w", err)
	}
	defer rows.Close()
	wanted := map[string]bool{}
	for rows.Next() {
		var blob, site string
		if err := rows.Scan(&blob, &site); err != nil {
			return nil, fmt.Errorf("listing uploads under way: %w", err)
		}
		wanted[blob] = true
		// A crash between giving it its place and naming it there.
		if err := x.blobs.root.Rename(path.Join(filesDir, site, blob), path.Join(incomingDir, blob)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("taking an upload under way back: %w", err)
		}
	}
	return wanted, rows.Err()
}
