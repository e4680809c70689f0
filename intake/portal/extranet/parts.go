package extranet

import (
	"errors"
	"fmt"
	"net/http"
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
// live in memory; a restart forgets them, and the sweep takes what they left.
type partUploads struct {
	mutex sync.Mutex
	list  map[string]*partUpload // by id
}

type partUpload struct {
	*upload
	id      string
	key     string // of the file that it is
	size    int64
	replace bool
	used    time.Time

	mutex sync.Mutex // held while a part is being received
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
	key := fmt.Sprintf("%q %q %q %d %q %t", v.site, v.address, joinPath(at), size, r.PostFormValue("modificat"), replace)

	x.parts.mutex.Lock()
	defer x.parts.mutex.Unlock()
	x.dropStaleParts()
	own := 0
	for _, p := range x.parts.list {
		if p.key == key {
			if !p.mutex.TryLock() {
				return nil, errBusyUpload
			}
			defer p.mutex.Unlock()
			return map[string]any{"id": p.id, "offset": p.in.size}, nil
		}
		if p.visitor == v {
			own++
		}
	}
	if own >= maxPartUploads {
		return nil, errManyUploads
	}
	u, err := x.beginUploadAs(v, at, !replace)
	if err != nil {
		return nil, err
	}
	if size > u.in.limit {
		u.abandon()
		return nil, u.explain(errTooLarge)
	}
	p := &partUpload{upload: u, id: newToken(x.random).hash64(), key: key, size: size, replace: replace, used: x.now()}
	if x.parts.list == nil {
		x.parts.list = map[string]*partUpload{}
	}
	x.parts.list[p.id] = p
	return map[string]any{"id": p.id, "offset": 0}, nil
}

// dropStaleParts throws away uploads that nobody went on with; x.parts is locked.
func (x *Extranet) dropStaleParts() {
	for id, p := range x.parts.list {
		if !p.mutex.TryLock() {
			continue // a part is just being received
		}
		if x.now().Sub(p.used) > partUploadsKept {
			p.abandon()
			delete(x.parts.list, id)
		}
		p.mutex.Unlock()
	}
}

func (x *Extranet) receivePart(r *http.Request, v visitor) (map[string]any, error) {
	x.parts.mutex.Lock()
	p := x.parts.list[r.URL.Query().Get("id")]
	x.parts.mutex.Unlock()
	if p == nil || p.visitor != v {
		return nil, errNoSuchUpload
	}
	if !p.mutex.TryLock() {
		return nil, errBusyUpload
	}
	defer p.mutex.Unlock()
	rights, err := rightsOn(x.db.reader, v.site, v.address)
	if err == nil {
		err = check(rights, toCreate)
	}
	if err != nil {
		return nil, err
	}
	if p.done {
		return nil, errNoSuchUpload
	}
	offset, err := strconv.ParseInt(r.URL.Query().Get("offset"), 10, 64)
	if err != nil || offset != p.in.size {
		return map[string]any{"offset": p.in.size}, nil // the sender goes on from there
	}
	p.used = x.now()
	if _, err := p.in.ReadFrom(r.Body); err != nil {
		err = p.explain(err)
		if !errors.Is(err, errBadUpload) { // what arrived before the connection broke is kept
			x.endParts(p)
		}
		return nil, err
	}
	if p.in.size < p.size {
		return map[string]any{"offset": p.in.size}, nil
	}
	defer x.endParts(p)
	if p.in.size > p.size {
		return nil, errBadUpload
	}
	if p.replace {
		leave, err := x.hold(v, p.names)
		if err != nil {
			return nil, err
		}
		defer leave()
	}
	name, err := p.commit(!p.replace)
	if err != nil {
		return nil, err
	}
	return map[string]any{"uploaded": []string{name}, "renamed": name != p.names[len(p.names)-1]}, nil
}

func (x *Extranet) endParts(p *partUpload) {
	p.abandon()
	x.parts.mutex.Lock()
	defer x.parts.mutex.Unlock()
	delete(x.parts.list, p.id)
}
