package extranet

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/webdav"
)

// davRequest is what one WebDAV request carries through webdav.Handler to the
// file system below it and back.
type davRequest struct {
	visitor    visitor
	method     string
	length     int64  // of the body; negative: not known
	prefix     string // of the site in addresses
	explain    func(error) *refusal
	refused    *refusal         // what the file system said no with
	replace    bool             // the destination of a MOVE is to be replaced
	seen       map[string]*node // of a PROPFIND: what was listed, by path
	properties map[int64]map[xml.Name]webdav.Property
}

type davKey struct{}

func davOf(ctx context.Context) *davRequest {
	d, _ := ctx.Value(davKey{}).(*davRequest)
	return d
}

// serveDAV answers a WebDAV request of somebody who has proven who they are.
func (x *Extranet) serveDAV(w http.ResponseWriter, r *http.Request, v visitor) {
	needs, served := davRights[r.Method]
	if !served {
		w.Header().Set("Allow", davAllow)
		x.refuseDAV(w, &refusal{http.StatusMethodNotAllowed, "Metoda nu este folosită aici."})
		return
	}
	rights, err := rightsOn(x.db.reader, v.site, v.address)
	if err == nil {
		err = check(rights, needs)
	}
	if err == nil {
		r, err = x.prepareDAV(r, v)
	}
	var names []string
	if err == nil {
		names, err = splitPath(strings.TrimPrefix(r.URL.Path, sitePath+v.site))
	}
	if err == nil {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			err = x.downloadDAV(w, r, v, names)
		case "LOCK":
			err = x.serveLock(w, r, v, names)
		case "UNLOCK":
			err = x.serveUnlock(w, r, v, names)
		default:
			err = x.serveTree(w, r, v, joinPath(names))
		}
	}
	if err != nil {
		x.failDAV(w, r, err)
	}
}

// serveTree leaves the request to webdav.Handler, once conditions and locks allow it.
func (x *Extranet) serveTree(w http.ResponseWriter, r *http.Request, v visitor, p string) error {
	d := &davRequest{visitor: v, method: r.Method, length: r.ContentLength, prefix: sitePath + v.site,
		explain: func(err error) *refusal { return x.refusalFor(r, err) }}
	destination := ""
	if u, err := url.Parse(r.Header.Get("Destination")); err == nil {
		destination = strings.TrimPrefix(u.Path, d.prefix)
	}
	locks := x.locks.of(v.site)
	if touched := x.touched(r.Method, p, destination, v); len(touched) > 0 {
		tokens, conditions := x.meetConditions(r, v, p)
		leave, free := locks.enter(x.now(), v.address, tokens, touched)
		if !free {
			return errLocked
		}
		defer leave()
		if conditions != nil {
			return conditions
		}
	}
	handler := webdav.Handler{
		Prefix:     d.prefix,
		FileSystem: davFS{x},
		LockSystem: noLocks{},
		Logger: func(r *http.Request, err error) {
			if err != nil && d.refused == nil && !isClientError(err) {
				x.log.Error("a WebDAV request failed", "method", r.Method, "error", err)
			}
		},
	}
	r.Header.Del("If")
	dw := &davWriter{ResponseWriter: w, request: d}
	handler.ServeHTTP(dw, r.WithContext(context.WithValue(r.Context(), davKey{}, d)))
	if dw.status < 300 && (r.Method == http.MethodDelete || r.Method == "MOVE") {
		locks.forget(p)
	}
	return nil
}

// serveSites answers the PROPFINDs that some programs send above a site, and
// shows those who mount them the sites that they are members of.
func (x *Extranet) serveSites(w http.ResponseWriter, r *http.Request, address string) error {
	type folder struct{ href, name string }
	folders := []folder{{sitePath, "s"}}
	if r.URL.Path == homePath {
		folders = []folder{{homePath, ""}, {sitePath, "s"}}
	} else {
		sites, err := x.sitesOf(address)
		if err != nil {
			return err
		}
		for _, s := range sites {
			folders = append(folders, folder{s.Href, s.Title})
		}
	}
	switch r.Header.Get("Depth") {
	case "0":
		folders = folders[:1]
	case "1":
	default:
		return &refusal{http.StatusForbidden, davFiniteDepth}
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(http.StatusMultiStatus)
	io.WriteString(w, `<?xml version="1.0" encoding="utf-8"?>`+"\n"+`<D:multistatus xmlns:D="DAV:">`)
	for _, f := range folders {
		var name bytes.Buffer
		xml.EscapeText(&name, []byte(f.name))
		fmt.Fprintf(w, `<D:response><D:href>%s</D:href><D:propstat><D:prop><D:displayname>%s</D:displayname>`+
			`<D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`, f.href, name.String())
	}
	_, err := io.WriteString(w, `</D:multistatus>`)
	return err
}

// isClientError reports whether err is one that webdav.Handler answers with a
// 4xx of its own.
func isClientError(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) || strings.HasPrefix(err.Error(), "webdav: ") ||
		errors.Is(err, context.Canceled) || errors.Is(err, io.ErrUnexpectedEOF)
}

// prepareDAV mends what webdav.Handler reads differently from RFC 4918, and
// writes names in one way, so that locks and files agree on them.
func (x *Extranet) prepareDAV(r *http.Request, v visitor) (*http.Request, error) {
	prefix := sitePath + v.site
	r = r.Clone(r.Context())
	clean := func(p string) (string, error) {
		names, err := splitPath(strings.TrimPrefix(p, prefix))
		if err != nil {
			return "", err
		}
		if len(names) == 0 {
			return prefix + "/", nil
		}
		p = prefix + joinPath(names)
		return p, nil
	}
	slash := strings.HasSuffix(r.URL.Path, "/")
	p, err := clean(r.URL.Path)
	if err != nil {
		return r, err
	}
	if r.Method == http.MethodPut {
		if slash {
			return r, errIsFolder
		}
		if r.Header.Get("Content-Range") != "" { // RFC 9110, 14.5: a part would be taken for the whole
			return r, errBadRequest
		}
	}
	r.URL.Path, r.URL.RawPath = p, ""
	switch r.Method {
	case "PROPFIND":
		// A whole site in one answer would hold everybody up (9.1 allows this refusal).
		if d := r.Header.Get("Depth"); d != "0" && d != "1" {
			return r, &refusal{http.StatusForbidden, davFiniteDepth}
		}
	case "COPY", "MOVE":
		u, err := url.Parse(r.Header.Get("Destination"))
		if err != nil || r.Header.Get("Destination") == "" {
			return r, &refusal{http.StatusBadRequest, "Destinația lipsește."}
		}
		// A proxy may have changed the name that the request is for.
		if u.Host != "" && u.Host != r.Host && u.Host != x.base.Host || !strings.HasPrefix(u.Path, prefix+"/") {
			return r, &refusal{http.StatusBadGateway, "Fișierele pot fi copiate sau mutate numai în același site."}
		}
		if u.Path, err = clean(u.Path); err != nil {
			return r, err
		}
		u.Scheme, u.Host, u.User, u.RawPath = "", "", nil, ""
		if within(u.Path, r.URL.Path) && u.Path != r.URL.Path || within(r.URL.Path, u.Path) && u.Path != r.URL.Path && r.Method == "COPY" {
			return r, errIntoItself
		}
		r.Header.Set("Destination", u.String())
		if r.Header.Get("Overwrite") == "" {
			r.Header.Set("Overwrite", "T") // 10.6
		}
	}
	switch r.Method {
	case "PROPFIND", "PROPPATCH", "LOCK":
		if r.Body, err = checkXML(r.Body); err != nil {
			return r, err
		}
	}
	return r, nil
}

const (
	davAllow       = "OPTIONS, GET, HEAD, PUT, DELETE, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK"
	davFiniteDepth = `<?xml version="1.0" encoding="utf-8"?><D:error xmlns:D="DAV:"><D:propfind-finite-depth/></D:error>`
	maxDAVBody     = 256 << 10
)

func (x *Extranet) failDAV(w http.ResponseWriter, r *http.Request, err error) {
	x.refuseDAV(w, x.refusalFor(r, err))
}

func (x *Extranet) refuseDAV(w http.ResponseWriter, refused *refusal) {
	writeRefusal(w, refused)
	io.WriteString(w, refused.sentence)
}

func writeRefusal(w http.ResponseWriter, refused *refusal) {
	contentType := "text/plain; charset=utf-8"
	if strings.HasPrefix(refused.sentence, "<?xml") {
		contentType = "application/xml; charset=utf-8"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(refused.status)
}

func (x *Extranet) downloadDAV(w http.ResponseWriter, r *http.Request, v visitor, names []string) error {
	n, err := lookup(x.db.reader, v.site, names)
	if err != nil {
		return err
	}
	if n.isFolder() {
		return &refusal{http.StatusMethodNotAllowed, "Acesta este un dosar: deschideți-l ca unitate de rețea (WebDAV) sau în browser."}
	}
	x.download(w, r, v, names, n)
	return nil
}

// davWriter puts our status and sentence in the place of webdav.Handler's, which
// knows only few of them.
type davWriter struct {
	http.ResponseWriter
	request *davRequest
	refused bool
	status  int
}

func (w *davWriter) WriteHeader(status int) {
	w.status = status
	if w.request.refused != nil && status >= 400 && status != http.StatusPreconditionFailed {
		w.status = w.request.refused.status
		w.refused = true
		writeRefusal(w.ResponseWriter, w.request.refused)
		io.WriteString(w.ResponseWriter, w.request.refused.sentence)
		return
	}
	if status >= 400 || status == http.StatusCreated {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *davWriter) Write(p []byte) (int, error) {
	if w.refused {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}
