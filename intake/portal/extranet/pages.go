package extranet

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"registratura/forms"
)

// pageSet holds the parsed templates, each within the layout, and the static
// files.
type pageSet struct {
	templates map[string]*template.Template
	static    map[string]staticFile
	loaded    time.Time
}

// pageNames are the templates that there must be.
var pageNames = []string{"home", "login", "code", "link", "newlink", "account", "site", "edit", "bin", "about", "message", "saved", "it", "itrequest", "itsites"}

func loadPages(c Config) (*pageSet, error) {
	p := &pageSet{templates: map[string]*template.Template{}, static: map[string]staticFile{}, loaded: c.Now()}
	files, err := fs.ReadDir(c.Pages, "static")
	if err != nil {
		return nil, fmt.Errorf("reading static files: %w", err)
	}
	for _, e := range files {
		content, err := fs.ReadFile(c.Pages, path.Join("static", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading static file %s: %w", e.Name(), err)
		}
		sum := sha256.Sum256(content)
		p.static[e.Name()] = staticFile{content, mime.TypeByExtension(path.Ext(e.Name())), hex.EncodeToString(sum[:8])}
	}
	funcs := template.FuncMap{
		"size":   sizeInWords,
		"count":  countInWords,
		"rights": rightsInWords,
		"state":  siteStateInWords,
		"date":   func(t time.Time) string { return t.In(c.Location).Format("02.01.2006") },
		"day":    func(d forms.Date) string { return fmt.Sprintf("%02d.%02d.%d", d.Day, d.Month, d.Year) },
		"time":   func(t time.Time) string { return t.In(c.Location).Format("02.01.2006, 15:04") },
		"rfc3339": func(t time.Time) string {
			return t.In(c.Location).Format(time.RFC3339)
		},
		"static": func(name string) (string, error) {
			f, ok := p.static[name]
			if !ok {
				return "", fmt.Errorf("there is no static file %s", name)
			}
			return staticPath + name + "?v=" + f.version, nil
		},
	}
	layout, err := template.New("layout.html").Funcs(funcs).ParseFS(c.Pages, "layout.html")
	if err != nil {
		return nil, fmt.Errorf("reading the layout: %w", err)
	}
	for _, name := range pageNames {
		t, err := layout.Clone()
		if err == nil {
			t, err = t.ParseFS(c.Pages, name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("reading page %s: %w", name, err)
		}
		p.templates[name] = t
	}
	return p, nil
}

// pageData is what the layout shows around every page.
type pageData struct {
	Institution string
	HelpAddress string
	Title       string
	User        *userData // nil: nobody has logged in
	CSRF        string
	Notice      string // what was just done
	Undo        *undoData
	Problem     string // what went wrong and what to do
	Page        any    // what the page itself shows
}

type userData struct {
	Name, Address string
	IT            bool // is shown the way to the pages for IT
}

// undoData is a form that takes back what was just done.
type undoData struct {
	Action string
	ID     int64
}

// render writes a page. It is made whole before the first byte is sent, so
// that a fault in a template is a clean error.
func (x *Extranet) render(w http.ResponseWriter, r *http.Request, s *session, status int, name string, d pageData) {
	d.Institution, d.HelpAddress = x.config.Institution, x.config.HelpAddress
	if s != nil {
		d.User = &userData{s.name, s.address, x.isIT(s.address)}
		d.CSRF = s.token.csrf()
	} else {
		d.CSRF = x.visitorToken(w, r).csrf()
	}
	var b bytes.Buffer
	if err := x.pages.templates[name].ExecuteTemplate(&b, "layout.html", d); err != nil {
		x.log.Error("a page could not be made", "page", name, "error", err)
		http.Error(w, errInternal.sentence, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(b.Bytes())
	}
}

// refusePage says no in a page, or in a line where a script asked.
func (x *Extranet) refusePage(w http.ResponseWriter, r *http.Request, s *session, err error) {
	refused := x.refusalFor(r, err)
	if wantsJSON(r) {
		writeJSON(w, refused.status, map[string]string{"error": refused.sentence})
		return
	}
	title := "Nu se poate"
	if refused.status == http.StatusNotFound {
		title = "Nu am găsit"
	}
	x.render(w, r, s, refused.status, "message", pageData{Title: title, Page: refused.sentence})
}

// Cookies. The prefix __Host- makes browsers refuse one that was not set over
// https by this very host.
func (x *Extranet) cookieName(name string) string {
	if x.secure() {
		return "__Host-" + name
	}
	return name
}

const (
	sessionCookie = "sesiune"
	halfCookie    = "pas"       // of who has shown their password, and not yet a code
	visitorCookie = "vizitator" // for the forms of those who have not logged in
)

func (x *Extranet) setCookie(w http.ResponseWriter, name string, value token, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: x.cookieName(name), Value: string(value), Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: x.secure(), SameSite: http.SameSiteLaxMode,
	})
}

func (x *Extranet) cookie(r *http.Request, name string) token {
	c, err := r.Cookie(x.cookieName(name))
	if err != nil {
		return ""
	}
	return token(c.Value)
}

// currentSession returns the session of the request, or nil.
func (x *Extranet) currentSession(r *http.Request) *session {
	s, err := x.sessionOf(x.cookie(r, sessionCookie))
	if err != nil {
		x.log.Error("a session could not be looked up", "error", err)
	}
	return s
}

// visitorToken is the cookie of who has not logged in, made if need be.
func (x *Extranet) visitorToken(w http.ResponseWriter, r *http.Request) token {
	t := x.cookie(r, visitorCookie)
	if len(t) < tokenBytes {
		t = newToken(x.random)
		x.setCookie(w, visitorCookie, t, 24*time.Hour)
	}
	return t
}

var errCSRF = &refusal{http.StatusForbidden, "Pagina a stat deschisă prea mult sau a fost deschisă în altă fereastră. Reîncărcați pagina și încercați din nou."}

// checkForm reads a form without files and checks its token against the
// session, or the visitor's cookie where there is none.
func (x *Extranet) checkForm(r *http.Request, s *session) error {
	if err := r.ParseForm(); err != nil {
		return &refusal{http.StatusBadRequest, "Formularul nu a putut fi citit. Reîncărcați pagina și încercați din nou."}
	}
	return x.checkCSRF(r, s, r.PostFormValue("csrf"))
}

func (x *Extranet) checkCSRF(r *http.Request, s *session, sent string) error {
	t := x.cookie(r, visitorCookie)
	if s != nil {
		t = s.token
	}
	if len(t) < tokenBytes || !t.csrfMatches(sent) {
		return errCSRF
	}
	return nil
}

// localPath returns p if it is an address of ours to go back to, else the home page.
func localPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(p, "/") ||
		strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") || !(strings.HasPrefix(p, sitePath) || p == accountPath || p == itPath || strings.HasPrefix(p, itPath+"/")) {
		return homePath
	}
	return p
}

// sizeInWords is a number of bytes as people read it in Romanian: "1,5 MB".
func sizeInWords(n int64) string {
	if n < 1000 {
		return countInWords(int(n), "octet", "octeți")
	}
	value, unit := float64(n), ""
	for _, unit = range []string{"kB", "MB", "GB", "TB"} {
		value /= 1000
		if value < 999.5 {
			break
		}
	}
	if value < 9.95 {
		return strings.Replace(fmt.Sprintf("%.1f %s", value, unit), ".", ",", 1)
	}
	return fmt.Sprintf("%.0f %s", value, unit)
}

// countInWords puts a number before a noun as Romanian does: "un fișier" is
// "1 fișier" here, "2 fișiere", "20 de fișiere".
func countInWords(n int, one, many string) string {
	switch last := n % 100; {
	case n == 1:
		return "1 " + one
	case n != 0 && (last == 0 || last >= 20):
		return fmt.Sprintf("%d de %s", n, many)
	default:
		return fmt.Sprintf("%d %s", n, many)
	}
}

func rightsInWords(r forms.Rights) string {
	var words []string
	for _, w := range []struct {
		right forms.Rights
		word  string
	}{{forms.RightRead, "citire"}, {forms.RightWrite, "scriere"}, {forms.RightDelete, "ștergere"}} {
		if r.Has(w.right) {
			words = append(words, w.word)
		}
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " și " + words[len(words)-1]
}
