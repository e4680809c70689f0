package extranet

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"golang.org/x/net/webdav"
)

// davRequest is what one WebDAV request carries through webdav.Handler to the
// file system below it and back.
type davRequest struct {
	visitor    visitor
	method     string
	prefix     string           // of the site in addresses
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
	d := &davRequest{visitor: v, method: r.Method, prefix: sitePath + v.site}
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
		Logger: func(_ *http.Request, err error) {
			var refused *refusal
			if err != nil && !errors.As(err, &refused) && !isClientError(err) {
				x.log.Error("a WebDAV request failed", "site", v.site, "method", d.method, "error", err)
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
	var refused *refusal
	if !errors.As(err, &refused) {
		x.log.Error("a WebDAV request failed", "method", r.Method, "error", err)
		refused = errInternal
	}
	x.refuseDAV(w, refused)
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

// davFS is the tree as webdav.Handler wants it. Who asks, and for which site,
// is in the context.
type davFS struct{ x *Extranet }

// remember keeps a refusal for davWriter, and returns an error that
// webdav.Handler understands.
func (d *davRequest) remember(err error) error {
	var refused *refusal
	if !errors.As(err, &refused) {
		return err
	}
	if refused.status == http.StatusNotFound || refused.status == http.StatusConflict {
		return fs.ErrNotExist // bare: webdav.Handler asks os.IsNotExist, which does not unwrap
	}
	d.refused = refused
	return err
}

func (f davFS) Mkdir(ctx context.Context, name string, _ os.FileMode) error {
	d := davOf(ctx)
	names, err := splitPath(name)
	if err != nil {
		return d.remember(err)
	}
	if len(names) == 0 {
		return d.remember(errExists)
	}
	return d.remember(f.x.mkdir(d.visitor, names))
}

func (f davFS) RemoveAll(ctx context.Context, name string) error {
	d := davOf(ctx)
	names, err := splitPath(name)
	if err != nil {
		return d.remember(err)
	}
	if d.method == "MOVE" {
		// The removal of what is at the destination: Rename does it, in one
		// transaction with the move.
		d.replace = true
		return nil
	}
	_, err = f.x.remove(d.visitor, names)
	return d.remember(err)
}

func (f davFS) Rename(ctx context.Context, oldName, newName string) error {
	d := davOf(ctx)
	from, err := splitPath(oldName)
	if err != nil {
		return d.remember(err)
	}
	to, err := splitPath(newName)
	if err != nil {
		return d.remember(err)
	}
	err = f.x.move(d.visitor, from, to, d.replace)
	var refused *refusal
	if errors.As(err, &refused) {
		d.refused = refused // 404 and 409, too: webdav.Handler would say 403
	}
	return d.remember(err)
}

func (f davFS) Stat(ctx context.Context, name string) (os.FileInfo, error) {
	n, err := f.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return nodeInfo{n}, nil
}

func (f davFS) find(ctx context.Context, name string) (*node, error) {
	d := davOf(ctx)
	if n := d.seen[name]; n != nil {
		return n, nil
	}
	names, err := splitPath(name)
	if err != nil {
		return nil, d.remember(err)
	}
	n, err := lookup(f.x.db.reader, d.visitor.site, names)
	if err != nil {
		return nil, d.remember(err)
	}
	return n, nil
}

func (f davFS) OpenFile(ctx context.Context, name string, flag int, _ os.FileMode) (webdav.File, error) {
	d := davOf(ctx)
	if flag&os.O_CREATE != 0 {
		names, err := splitPath(name)
		if err != nil {
			return nil, d.remember(err)
		}
		if len(names) == 0 {
			return nil, d.remember(errIsFolder)
		}
		u, err := f.x.beginUpload(d.visitor, names)
		if err != nil {
			return nil, d.remember(err)
		}
		return &davUpload{upload: u, request: d}, nil
	}
	n, err := f.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return &davFile{x: f.x, request: d, path: name, node: n}, nil
}

// nodeInfo is a node as os.FileInfo, with what webdav.Handler would otherwise
// open the file for.
type nodeInfo struct{ n *node }

func (i nodeInfo) Name() string                                { return i.n.name }
func (i nodeInfo) Size() int64                                 { return i.n.size }
func (i nodeInfo) ModTime() time.Time                          { return i.n.modTime() }
func (i nodeInfo) IsDir() bool                                 { return i.n.isFolder() }
func (i nodeInfo) Sys() any                                    { return nil }
func (i nodeInfo) ContentType(context.Context) (string, error) { return mediaType(i.n.name), nil }
func (i nodeInfo) ETag(context.Context) (string, error)        { return i.n.etag(), nil }

func (i nodeInfo) Mode() os.FileMode {
	if i.n.isFolder() {
		return os.ModeDir | 0o700
	}
	return 0o600
}

// davFile is a file or folder that is being read.
type davFile struct {
	x       *Extranet
	request *davRequest
	path    string
	node    *node
	content *os.File
}

func (f *davFile) open() error {
	if f.content != nil {
		return nil
	}
	if f.node.isFolder() {
		return fs.ErrInvalid
	}
	c, err := f.x.blobs.open(f.request.visitor.site, f.node.blob)
	f.content = c
	return err
}

func (f *davFile) Read(p []byte) (int, error) {
	if err := f.open(); err != nil {
		return 0, err
	}
	return f.content.Read(p)
}

func (f *davFile) Seek(offset int64, whence int) (int64, error) {
	if err := f.open(); err != nil {
		return 0, err
	}
	return f.content.Seek(offset, whence)
}

func (f *davFile) Write([]byte) (int, error) { return 0, fs.ErrPermission }

func (f *davFile) Close() error {
	if f.content != nil {
		return f.content.Close()
	}
	return nil
}

func (f *davFile) Stat() (os.FileInfo, error) { return nodeInfo{f.node}, nil }

// Readdir lists the whole folder, whatever count is. A PROPFIND goes on to ask
// for each of what it lists by path; that was just read, so it is kept.
func (f *davFile) Readdir(int) ([]os.FileInfo, error) {
	if !f.node.isFolder() {
		return nil, fs.ErrInvalid
	}
	list, err := children(f.x.db.reader, f.node.id)
	if err != nil {
		return nil, err
	}
	infos := make([]os.FileInfo, len(list))
	for i, n := range list {
		infos[i] = nodeInfo{n}
	}
	if f.request.method == "PROPFIND" {
		f.request.seen = make(map[string]*node, len(list))
		for _, n := range list {
			f.request.seen[path.Join(f.path, n.name)] = n
		}
		if f.request.properties, err = propertiesBelow(f.x.db.reader, f.node.id); err != nil {
			return nil, err
		}
	}
	return infos, nil
}

func (f *davFile) DeadProps() (map[xml.Name]webdav.Property, error) {
	properties := f.request.properties[f.node.id]
	if f.request.seen[f.path] == nil {
		var err error
		if properties, err = propertiesOf(f.x.db.reader, f.node.id); err != nil {
			return nil, err
		}
	}
	if f.request.method != "PROPFIND" { // a COPY takes no locks along
		return properties, nil
	}
	if properties == nil {
		properties = map[xml.Name]webdav.Property{}
	}
	locks := f.x.lockDiscovery(f.request.visitor, cleanPath(f.path))
	properties[locks.XMLName] = locks
	return properties, nil
}

// cleanPath is a path as webdav.Handler gives it, as locks have it.
func cleanPath(p string) string { return path.Clean("/" + p) }

// Patch changes dead properties, for those who may write.
func (f *davFile) Patch(patches []webdav.Proppatch) ([]webdav.Propstat, error) {
	changes, stat := readPatches(patches)
	err := f.x.change(f.request.visitor, toLock, func(c *changing) (entry, error) {
		return entry{}, setProperties(c.tx, f.node.id, changes)
	})
	if err != nil {
		return nil, f.request.remember(err)
	}
	return []webdav.Propstat{stat}, nil
}

// davUpload is a file that is being written. It takes its place at Close, and
// only if all of it arrived.
type davUpload struct {
	upload  *upload
	request *davRequest
	failed  bool
}

func (u *davUpload) Write(p []byte) (int, error) {
	n, err := u.upload.Write(p)
	if err != nil {
		u.failed = true
		err = u.request.remember(err)
	}
	return n, err
}

// ReadFrom is what io.Copy uses. It is here because webdav.Handler closes a file
// in the same way whether its content arrived whole or broke off.
func (u *davUpload) ReadFrom(r io.Reader) (int64, error) {
	n, err := u.upload.in.ReadFrom(r)
	if err != nil {
		u.failed = true
		err = u.request.remember(u.upload.explain(err))
	}
	return n, err
}

func (u *davUpload) Close() error {
	if u.failed {
		u.upload.abandon()
		return nil // the reason was returned already
	}
	_, err := u.upload.commit(false)
	return u.request.remember(err)
}

func (u *davUpload) Stat() (os.FileInfo, error) {
	names := u.upload.names
	return nodeInfo{&node{name: names[len(names)-1], kind: kindFile, blob: u.upload.in.blob,
		size: u.upload.in.size, modifiedAt: millis(u.upload.x.now())}}, nil
}

func (u *davUpload) Read([]byte) (int, error)           { return 0, fs.ErrInvalid }
func (u *davUpload) Seek(int64, int) (int64, error)     { return 0, fs.ErrInvalid }
func (u *davUpload) Readdir(int) ([]os.FileInfo, error) { return nil, fs.ErrInvalid }

func (u *davUpload) DeadProps() (map[xml.Name]webdav.Property, error) { return nil, nil }

// Patch keeps the properties that a COPY brings until the file is there.
func (u *davUpload) Patch(patches []webdav.Proppatch) ([]webdav.Propstat, error) {
	changes, stat := readPatches(patches)
	u.upload.properties = append(u.upload.properties, changes...)
	return []webdav.Propstat{stat}, nil
}

// property is a dead property that is set, or removed (RFC 4918, 9.2).
type property struct {
	webdav.Property
	remove bool
}

func readPatches(patches []webdav.Proppatch) ([]property, webdav.Propstat) {
	stat := webdav.Propstat{Status: http.StatusOK}
	var changes []property
	for _, patch := range patches {
		for _, p := range patch.Props {
			stat.Props = append(stat.Props, webdav.Property{XMLName: p.XMLName})
			changes = append(changes, property{Property: p, remove: patch.Remove})
		}
	}
	return changes, stat
}

func setProperties(tx *sql.Tx, id int64, changes []property) error {
	for _, p := range changes {
		var err error
		if p.remove {
			_, err = tx.Exec(`DELETE FROM properties WHERE node_id = ? AND space = ? AND name = ?`, id, p.XMLName.Space, p.XMLName.Local)
		} else {
			_, err = tx.Exec(`INSERT INTO properties (node_id, space, name, lang, value) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (node_id, space, name) DO UPDATE SET lang = excluded.lang, value = excluded.value`,
				id, p.XMLName.Space, p.XMLName.Local, p.Lang, bytes.Clone(p.InnerXML))
		}
		if err != nil {
			return fmt.Errorf("setting a property: %w", err)
		}
	}
	return nil
}

func propertiesOf(q querier, id int64) (map[xml.Name]webdav.Property, error) {
	all, err := queryProperties(q, `SELECT node_id, space, name, lang, value FROM properties WHERE node_id = ?`, id)
	return all[id], err
}

func propertiesBelow(q querier, folder int64) (map[int64]map[xml.Name]webdav.Property, error) {
	return queryProperties(q, `SELECT p.node_id, p.space, p.name, p.lang, p.value FROM nodes n JOIN properties p ON p.node_id = n.id
		WHERE n.parent_id = ?`, folder)
}

func queryProperties(q querier, query string, id int64) (map[int64]map[xml.Name]webdav.Property, error) {
	rows, err := q.Query(query, id)
	if err != nil {
		return nil, fmt.Errorf("reading properties: %w", err)
	}
	defer rows.Close()
	all := map[int64]map[xml.Name]webdav.Property{}
	for rows.Next() {
		var node int64
		var p webdav.Property
		if err := rows.Scan(&node, &p.XMLName.Space, &p.XMLName.Local, &p.Lang, &p.InnerXML); err != nil {
			return nil, fmt.Errorf("reading properties: %w", err)
		}
		if all[node] == nil {
			all[node] = map[xml.Name]webdav.Property{}
		}
		all[node][p.XMLName] = p
	}
	return all, rows.Err()
}
