package extranet

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/webdav"
)

var (
	errNotYourLock  = &refusal{http.StatusForbidden, "Fișierul a fost blocat de altcineva; numai acea persoană îl poate debloca."}
	errNoSuchLock   = &refusal{http.StatusConflict, "Acest fișier nu este blocat cu blocajul indicat."}
	errPrecondition = &refusal{http.StatusPreconditionFailed, "Fișierul s-a schimbat între timp. Reîncărcați-l și încercați din nou."}
	errBadRequest   = &refusal{http.StatusBadRequest, "Cererea nu a putut fi citită."}
)

// condition is one condition of an If header (RFC 4918, 10.4.2).
type condition struct {
	not   bool
	token string
	etag  string
}

// ifList is a list of conditions that must all hold, for the resource that it
// names, or else the one of the request.
type ifList struct {
	resource   string // a path on the server; empty: the request's
	conditions []condition
}

// parseIf reads an If header.
func parseIf(header string) ([]ifList, error) {
	var lists []ifList
	resource := ""
	rest := strings.TrimSpace(header)
	for rest != "" {
		switch rest[0] {
		case '<':
			end := strings.IndexByte(rest, '>')
			if end < 0 {
				return nil, errBadRequest
			}
			u, err := url.Parse(rest[1:end])
			if err != nil {
				return nil, errBadRequest
			}
			resource, rest = u.Path, strings.TrimSpace(rest[end+1:])
		case '(':
			l := ifList{resource: resource}
			var err error
			if l.conditions, rest, err = parseConditions(rest[1:]); err != nil {
				return nil, err
			}
			lists, rest = append(lists, l), strings.TrimSpace(rest)
		default:
			return nil, errBadRequest
		}
	}
	if len(lists) == 0 {
		return nil, errBadRequest
	}
	return lists, nil
}

// parseConditions reads up to the closing parenthesis, and returns what follows.
func parseConditions(rest string) (list []condition, _ string, _ error) {
	not := false
	for {
		rest = strings.TrimLeft(rest, " \t")
		var c condition
		var end int
		switch {
		case rest == "":
			return nil, "", errBadRequest
		case rest[0] == ')':
			if len(list) == 0 || not {
				return nil, "", errBadRequest
			}
			return list, rest[1:], nil
		case len(rest) > 3 && strings.EqualFold(rest[:3], "Not") && strings.ContainsRune(" \t<[", rune(rest[3])):
			if not {
				return nil, "", errBadRequest
			}
			not, rest = true, rest[3:]
			continue
		case rest[0] == '<':
			if end = strings.IndexByte(rest, '>'); end < 0 {
				return nil, "", errBadRequest
			}
			c.token = rest[1:end]
		case rest[0] == '[':
			if end = strings.IndexByte(rest, ']'); end < 0 {
				return nil, "", errBadRequest
			}
			c.etag = strings.TrimSpace(rest[1:end])
		default:
			return nil, "", errBadRequest
		}
		c.not, not = not, false
		list, rest = append(list, c), rest[end+1:]
	}
}

// meetConditions checks If, If-Match and If-None-Match (RFC 9110, 13) against
// what stands there now, and returns the lock tokens that the request carries.
func (x *Extranet) meetConditions(r *http.Request, v visitor, p string) (tokens []string, err error) {
	if err := x.matchETags(r, v, p); err != nil {
		return nil, err
	}
	header := r.Header.Get("If")
	if header == "" {
		return nil, nil
	}
	lists, err := parseIf(header)
	if err != nil {
		return nil, err
	}
	met := false
	for _, l := range lists {
		at := p
		if l.resource != "" {
			at = strings.TrimPrefix(l.resource, sitePath+v.site)
		}
		names, err := splitPath(at)
		if err != nil {
			continue
		}
		holds := true
		for _, c := range l.conditions {
			if c.token != "" {
				tokens = append(tokens, c.token)
			}
			holds = holds && x.holds(v, names, c)
		}
		met = met || holds
	}
	if !met {
		return tokens, errPrecondition
	}
	return tokens, nil
}

func (x *Extranet) holds(v visitor, names []string, c condition) bool {
	is := false
	if c.etag != "" {
		n, err := lookup(x.db.reader, v.site, names)
		is = err == nil && !n.isFolder() && c.etag == n.etag()
	} else {
		for _, l := range x.locks.of(v.site).on(x.now(), joinPath(names)) {
			is = is || l.token == c.token && l.address == v.address
		}
	}
	return is != c.not
}

func (x *Extranet) matchETags(r *http.Request, v visitor, p string) error {
	match, noneMatch := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	if r.Method != http.MethodPut && r.Method != http.MethodDelete || match == "" && noneMatch == "" {
		return nil
	}
	names, err := splitPath(p)
	if err != nil {
		return err
	}
	etag := ""
	n, err := lookup(x.db.reader, v.site, names)
	switch {
	case err == nil:
		etag = n.etag()
	case !errors.Is(err, errNotFound):
		return err
	}
	if match != "" && !listsETag(match, etag) || noneMatch != "" && listsETag(noneMatch, etag) {
		return errPrecondition
	}
	return nil
}

// listsETag reports whether the header lists the tag; "*" is any that there is.
func listsETag(header, etag string) bool {
	if etag == "" {
		return false
	}
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimSpace(t); t == "*" || t == etag {
			return true
		}
	}
	return false
}

// touched lists what a request changes. Making, removing and moving something
// changes the folder that it is in, too (RFC 4918, 7.4).
func (x *Extranet) touched(method, p, destination string, v visitor) []touch {
	parent := func(p string) touch {
		if i := strings.LastIndexByte(p, '/'); i > 0 {
			return touch{p[:i], false}
		}
		return touch{"/", false}
	}
	exists := func(p string) bool {
		names, err := splitPath(p)
		if err != nil {
			return false
		}
		_, err = lookup(x.db.reader, v.site, names)
		return err == nil
	}
	var list []touch
	switch method {
	case http.MethodPut, "MKCOL":
		list = append(list, touch{p, false})
		if !exists(p) {
			list = append(list, parent(p))
		}
	case "PROPPATCH":
		list = append(list, touch{p, false})
	case http.MethodDelete:
		list = append(list, touch{p, true}, parent(p))
	case "MOVE":
		list = append(list, touch{p, true}, parent(p), touch{destination, true}, parent(destination))
	case "COPY":
		list = append(list, touch{destination, true})
		if !exists(destination) {
			list = append(list, parent(destination))
		}
	}
	return list
}

// checkXML refuses what encoding/xml lets pass and Namespaces in XML 1.0 does
// not: taking back the meaning of a prefix. It returns the body to be read again.
func checkXML(body io.Reader) (io.ReadCloser, error) {
	content, err := io.ReadAll(io.LimitReader(body, maxDAVBody+1))
	if err != nil || len(content) > maxDAVBody {
		return nil, errBadRequest
	}
	for d := xml.NewDecoder(bytes.NewReader(content)); ; {
		token, err := d.RawToken()
		if err == io.EOF {
			return io.NopCloser(bytes.NewReader(content)), nil
		}
		if err != nil {
			return nil, errBadRequest
		}
		if start, ok := token.(xml.StartElement); ok {
			for _, a := range start.Attr {
				if a.Name.Space == "xmlns" && a.Value == "" {
					return nil, errBadRequest
				}
			}
		}
	}
}

type lockInfo struct {
	XMLName   xml.Name  `xml:"DAV: lockinfo"`
	Exclusive *struct{} `xml:"DAV: lockscope>exclusive"`
	Shared    *struct{} `xml:"DAV: lockscope>shared"`
	Write     *struct{} `xml:"DAV: locktype>write"`
	Owner     struct {
		Inner string `xml:",innerxml"`
	} `xml:"DAV: owner"`
}

// serveLock makes a lock, or prolongs one (RFC 4918, 9.10).
func (x *Extranet) serveLock(w http.ResponseWriter, r *http.Request, v visitor, names []string) error {
	p := joinPath(names)
	tokens, conditions := x.meetConditions(r, v, p)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return errBadRequest
	}
	locks, d := x.locks.of(v.site), lockTimeout(r.Header.Get("Timeout"))
	if len(bytes.TrimSpace(body)) == 0 {
		if conditions != nil || len(tokens) != 1 {
			return errPrecondition
		}
		l := locks.refresh(x.now(), v.address, tokens[0], p, d)
		if l == nil {
			return errPrecondition
		}
		return writeLock(w, v.site, *l, http.StatusOK)
	}
	if conditions != nil {
		return conditions
	}
	var info lockInfo
	if err := xml.Unmarshal(body, &info); err != nil || info.Write == nil || (info.Exclusive == nil) == (info.Shared == nil) || len(info.Owner.Inner) > maxOwner {
		return errBadRequest
	}
	depth := r.Header.Get("Depth")
	if depth != "" && depth != "0" && !strings.EqualFold(depth, "infinity") {
		return errBadRequest
	}
	l := &lock{token: newLockToken(x.random), root: p, infinite: depth != "0", shared: info.Shared != nil,
		address: v.address, owner: info.Owner.Inner, duration: d, expires: x.now().Add(d)}
	if !locks.add(x.now(), l) {
		return errLocked
	}
	status := http.StatusOK
	if _, err := lookup(x.db.reader, v.site, names); errors.Is(err, errNotFound) {
		status, err = http.StatusCreated, x.putEmpty(v, names)
		if err != nil {
			locks.remove(x.now(), v.address, l.token, p)
			return err
		}
	} else if err != nil {
		locks.remove(x.now(), v.address, l.token, p)
		return err
	}
	w.Header().Set("Lock-Token", "<"+l.token+">")
	return writeLock(w, v.site, *l, status)
}

// putEmpty makes the empty file that stands for a name that is locked before
// there is anything (7.3).
func (x *Extranet) putEmpty(v visitor, names []string) error {
	u, err := x.beginUpload(v, names)
	if err != nil {
		return err
	}
	_, err = u.commit(false)
	return err
}

// lockTimeout keeps a lock from outliving the program that forgot it; programs
// that are still there prolong theirs.
func lockTimeout(header string) time.Duration {
	for t := range strings.SplitSeq(header, ",") {
		var seconds int64
		if _, err := fmt.Sscanf(strings.TrimSpace(t), "Second-%d", &seconds); err == nil && seconds > 0 {
			return min(maxLockTime, time.Duration(min(seconds, int64(maxLockTime/time.Second)))*time.Second)
		}
	}
	return maxLockTime
}

func writeLock(w http.ResponseWriter, site string, l lock, status int) error {
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(status)
	_, err := fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?>`+"\n"+`<D:prop xmlns:D="DAV:"><D:lockdiscovery>%s</D:lockdiscovery></D:prop>`, activeLock(site, l))
	return err
}

// activeLock is the element of RFC 4918, 14.1.
func activeLock(site string, l lock) string {
	scope, depth := "exclusive", "0"
	if l.shared {
		scope = "shared"
	}
	if l.infinite {
		depth = "infinity"
	}
	names, _ := splitPath(l.root)
	var escaped bytes.Buffer
	xml.EscapeText(&escaped, []byte(href(site, names, false)))
	return fmt.Sprintf(`<D:activelock xmlns:D="DAV:"><D:locktype><D:write/></D:locktype><D:lockscope><D:%s/></D:lockscope><D:depth>%s</D:depth>`+
		`<D:owner>%s</D:owner><D:timeout>Second-%d</D:timeout><D:locktoken><D:href>%s</D:href></D:locktoken>`+
		`<D:lockroot><D:href>%s</D:href></D:lockroot></D:activelock>`,
		scope, depth, l.owner, int(l.duration.Seconds()), l.token, escaped.String())
}

// lockDiscovery is the property with the locks on a resource (15.8). Only the
// owner of a lock is told its token.
func (x *Extranet) lockDiscovery(v visitor, p string) webdav.Property {
	var b strings.Builder
	for _, l := range x.locks.of(v.site).on(x.now(), p) {
		if l.address != v.address {
			l.token = "urn:uuid:00000000-0000-0000-0000-000000000000"
		}
		b.WriteString(activeLock(v.site, l))
	}
	return webdav.Property{XMLName: xml.Name{Space: "DAV:", Local: "lockdiscovery"}, InnerXML: []byte(b.String())}
}

// serveUnlock ends a lock (9.11).
func (x *Extranet) serveUnlock(w http.ResponseWriter, r *http.Request, v visitor, names []string) error {
	t := r.Header.Get("Lock-Token")
	if len(t) < 3 || t[0] != '<' || t[len(t)-1] != '>' {
		return errBadRequest
	}
	if err := x.locks.of(v.site).remove(x.now(), v.address, t[1:len(t)-1], joinPath(names)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// noLocks is given to webdav.Handler: locks are seen to before it is called.
type noLocks struct{}

func (noLocks) Confirm(time.Time, string, string, ...webdav.Condition) (func(), error) {
	return func() {}, nil
}
func (noLocks) Create(time.Time, webdav.LockDetails) (string, error) { return "unused", nil }
func (noLocks) Refresh(time.Time, string, time.Duration) (webdav.LockDetails, error) {
	return webdav.LockDetails{}, webdav.ErrNoSuchLock
}
func (noLocks) Unlock(time.Time, string) error { return nil }
