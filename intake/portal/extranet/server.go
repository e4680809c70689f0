package extranet

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mattn/go-sqlite3"
)

// The addresses. A site has one address for browsers and for WebDAV alike:
// who shows a session's cookie gets pages, who shows a password (HTTP Basic)
// gets WebDAV, and neither is accepted in the other's place. So a page that
// somebody else made cannot make a browser speak WebDAV.
const (
	homePath    = "/"
	sitePath    = "/s/"
	staticPath  = "/static/"
	loginPath   = "/intrare"
	logoutPath  = "/iesire"
	codePath    = "/intrare/cod"
	linkPath    = "/link/"
	savedPath   = "/fisiere/"
	newLinkPath = "/link-nou"
	accountPath = "/cont"
	healthPath  = "/healthz"
)

var errInternal = &refusal{http.StatusInternalServerError, "A apărut o eroare la noi. Încercați din nou peste câteva minute; dacă se repetă, scrieți la IT."}

// refusalFor is what a person is told about an error. What IT has to know of it
// goes to the log.
func (x *Extranet) refusalFor(r *http.Request, err error) *refusal {
	var refused *refusal
	if errors.As(err, &refused) {
		return refused
	}
	x.log.Error("a request to the extranet failed", "method", r.Method, "error", err)
	var full sqlite3.Error
	if errors.Is(err, syscall.ENOSPC) || errors.As(err, &full) && full.Code == sqlite3.ErrFull {
		return errNoSpace
	}
	return errInternal
}

// Handler serves the extranet. The server around it should bound the time for
// headers (ReadHeaderTimeout) but not for bodies, which are as large as files.
func (x *Extranet) Handler() http.Handler {
	origins := http.NewCrossOriginProtection()
	if err := origins.AddTrustedOrigin(x.base.Scheme + "://" + x.base.Host); err != nil {
		x.log.Error("the extranet's own origin is not one", "error", err) // checkConfig saw to it
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin") // with no-referrer browsers send Origin: null
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if x.secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if strings.HasPrefix(r.URL.Path, staticPath) {
			x.serveStatic(w, r)
			return
		}
		h.Set("Cache-Control", "no-store")
		if r.Method == http.MethodPost {
			if err := origins.Check(r); err != nil {
				x.refusePage(w, r, nil, &refusal{http.StatusForbidden, "Formularul a fost trimis de pe altă pagină. Deschideți extranetul și încercați din nou."})
				return
			}
		}
		x.route(w, r)
	})
}

func (x *Extranet) route(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, sitePath); ok && rest != "" {
		x.serveSite(w, r, rest)
		return
	}
	if p := r.URL.Path; r.Method == "PROPFIND" && (p == homePath || p == sitePath || p+"/" == sitePath) {
		if who, ok := x.whoseProgram(w, r); ok {
			if err := x.serveSites(w, r, who.address); err != nil {
				x.failDAV(w, r, err)
			}
		}
		return
	}
	type handler func(http.ResponseWriter, *http.Request)
	var get, post handler
	switch p := r.URL.Path; {
	case p == homePath:
		get = x.pageHome
	case p == loginPath:
		get, post = x.pageLogin, x.doLogin
	case p == codePath:
		get, post = x.pageCode, x.doCode
	case p == logoutPath:
		post = x.doLogout
	case p == newLinkPath:
		get, post = x.pageNewLink, x.doNewLink
	case p == accountPath:
		get, post = x.pageAccount, x.doAccount
	case p == healthPath:
		get = x.health
	case p == itPath:
		get = x.forIT(x.pageITRequests)
	case p == itSitesPath:
		get = x.forIT(x.pageITSites)
	case strings.HasPrefix(p, itRequestPath):
		get, post = x.forIT(x.pageITRequest), x.forIT(x.doITRequest)
	case strings.HasPrefix(p, savedPath) && x.config.Downloads != nil:
		get = x.serveSaved
	case strings.HasPrefix(p, linkPath):
		get, post = x.pageLink, x.doLink
	default:
		x.refusePage(w, r, x.currentSession(r), errNotFound)
		return
	}
	var allowed []string
	if get != nil {
		allowed = append(allowed, http.MethodGet, http.MethodHead)
	}
	if post != nil {
		allowed = append(allowed, http.MethodPost)
	}
	switch {
	case get != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		get(w, r)
	case post != nil && r.Method == http.MethodPost:
		limitForm(w, r)
		post(w, r)
	case r.Method == http.MethodOptions:
		// Windows asks the top of the server whether it speaks WebDAV at all.
		w.Header().Set("DAV", "1, 2")
		w.Header().Set("MS-Author-Via", "DAV")
		w.Header().Set("Allow", strings.Join(append(allowed, http.MethodOptions), ", "))
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		x.refusePage(w, r, nil, &refusal{http.StatusMethodNotAllowed, "Pagina nu poate fi folosită în acest fel."})
	}
}

const (
	maxForm  = 64 << 10 // bytes of a form without files
	formTime = 30 * time.Second
)

// limitForm bounds how large and how slow a form without files may be.
func limitForm(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	// Where there is no connection to set it on, there is nobody slow either.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(formTime))
}

// whoseProgram finds whose password a program sent, or answers it.
func (x *Extranet) whoseProgram(w http.ResponseWriter, r *http.Request) (person, bool) {
	address, password, ok := r.BasicAuth()
	if !ok {
		x.challenge(w)
		return person{}, false
	}
	who, err := x.authenticateProgram(r.Context(), placeOf(r, x.config.TrustedProxies), address, password)
	switch {
	case errors.Is(err, errWrongPassword):
		x.challenge(w)
	case errors.Is(err, errTooManyTries):
		w.Header().Set("Retry-After", "60")
		x.failDAV(w, r, err)
	case err != nil:
		x.failDAV(w, r, err)
	}
	return who, err == nil
}

// serveSite sorts the requests to a site's address.
func (x *Extranet) serveSite(w http.ResponseWriter, r *http.Request, rest string) {
	siteID, p, slash := strings.Cut(rest, "/")
	_, _, basic := r.BasicAuth()
	page := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodPost
	switch {
	case basic:
		if who, ok := x.whoseProgram(w, r); ok {
			x.serveDAV(w, r, visitor{siteID, who.address})
		}
	case !page, !wantsPage(r) && x.currentSession(r) == nil:
		x.challenge(w)
	case !slash:
		http.Redirect(w, r, sitePath+url.PathEscape(siteID)+"/", http.StatusMovedPermanently)
	default:
		x.serveSitePage(w, r, siteID, p)
	}
}

// wantsPage tells browsers, which are sent to the page for logging in, from
// programs, which are asked for a password.
func wantsPage(r *http.Request) bool {
	return r.Method == http.MethodPost || strings.Contains(r.Header.Get("Accept"), "text/html")
}

func (x *Extranet) challenge(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Basic realm="Extranet", charset="UTF-8"`)
	x.refuseDAV(w, &refusal{http.StatusUnauthorized, "Introduceți adresa de e-mail și parola contului dumneavoastră."})
}

func (x *Extranet) health(w http.ResponseWriter, r *http.Request) {
	if err := x.db.reader.PingContext(r.Context()); err != nil {
		x.log.Error("the extranet's database does not answer", "error", err)
		http.Error(w, "database", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "ok\n")
}

// mediaTypes are the types that downloads are given. What is not here, and
// everything that a browser could run, is a stream of bytes.
var mediaTypes = map[string]string{
	".pdf": "application/pdf", ".txt": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8",
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".tif": "image/tiff", ".tiff": "image/tiff",
	".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".odt":  "application/vnd.oasis.opendocument.text", ".ods": "application/vnd.oasis.opendocument.spreadsheet",
	".odp": "application/vnd.oasis.opendocument.presentation", ".rtf": "application/rtf",
	".zip": "application/zip", ".7z": "application/x-7z-compressed", ".mp4": "video/mp4", ".mp3": "audio/mpeg",
	".eml": "application/octet-stream", ".p7m": "application/pkcs7-mime", ".p7s": "application/pkcs7-signature",
}

func mediaType(name string) string {
	if t, ok := mediaTypes[strings.ToLower(path.Ext(name))]; ok {
		return t
	}
	return "application/octet-stream"
}

// download sends a file in a way in which it cannot run in our origin, whatever
// is in it: as an attachment, of a type that is not guessed, in a sandbox.
func (x *Extranet) download(w http.ResponseWriter, r *http.Request, v visitor, names []string, n *node) {
	f, err := x.blobs.open(v.site, n.blob)
	if err != nil {
		x.log.Error("a file could not be opened", "site", v.site, "error", err)
		x.refuseDAV(w, errInternal)
		return
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", mediaType(n.name))
	h.Set("Content-Disposition", attachment(n.name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", n.etag())
	if r.Method == http.MethodGet && firstPart(r.Header.Get("Range")) {
		x.reads.add(v, millis(x.now()), entry{action: actDownload, path: joinPath(names), detail: strconv.FormatInt(n.size, 10)})
	}
	http.ServeContent(w, r, "", n.modTime(), f)
}

// firstPart reports whether a Range asks for the beginning of a file, so that a
// download in many parts is one line of the journal.
func firstPart(header string) bool {
	return header == "" || strings.HasPrefix(header, "bytes=0-")
}

func attachment(name string) string {
	if d := mime.FormatMediaType("attachment", map[string]string{"filename": name}); d != "" {
		return d
	}
	return "attachment"
}

// staticFile is a stylesheet, script or picture of the pages.
type staticFile struct {
	content     []byte
	contentType string
	version     string // of the content; stands in the address
}

func (x *Extranet) serveStatic(w http.ResponseWriter, r *http.Request) {
	f, ok := x.pages.static[strings.TrimPrefix(r.URL.Path, staticPath)]
	if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.contentType)
	w.Header().Set("ETag", `"`+f.version+`"`)
	w.Header().Set("Cache-Control", "no-cache")
	if r.URL.RawQuery == "v="+f.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", x.pages.loaded, bytes.NewReader(f.content))
}
