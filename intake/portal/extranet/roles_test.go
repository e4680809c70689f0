package extranet

import (
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"registratura/forms"
)

// The route × role table. Every way to do something is tried by nobody, by a
// member of another site, and with each set of rights, and what happens is
// compared with what the person's rights say. The rights that each way needs
// are written down here again, by hand: this table is what the requirements
// say, not what the code says.
const (
	r_ = forms.RightRead
	w_ = forms.RightWrite
	d_ = forms.RightDelete
)

// wayIn is one way to do something on site "a".
type wayIn struct {
	name  string
	needs forms.Rights
	dav   func(w *world, r *http.Request) // by WebDAV: changes the request
	page  func(p *pageTry) answer         // by page
	done  func(w *world) bool             // whether it had its effect; nil: the answer alone tells
}

// pageTry is a browser that tries a page, with the token for its forms.
type pageTry struct {
	*browser
	csrf string
}

func (p *pageTry) form(path string, values ...string) answer {
	form := url.Values{"csrf": {p.csrf}}
	for i := 0; i < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return p.post(path, form)
}

func (p *pageTry) upload(path, name, content string, fields ...string) answer {
	r := p.w.multipart(path, p.csrf, name, content, fields...)
	return p.do(r)
}

// parts uploads "nou" as the script does with large files; it is one part.
func (p *pageTry) parts(name string, fields ...string) answer {
	form := url.Values{"nume": {name}, "marime": {"3"}, "modificat": {"1"}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	send := func(query, contentType, body string) answer {
		r := p.w.request(http.MethodPost, "/s/a/"+query, strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Accept", "application/json")
		r.Header.Set("X-CSRF", p.csrf)
		return p.do(r)
	}
	begun := send("?do=begin", "application/x-www-form-urlencoded", form.Encode())
	var reply struct{ ID string }
	if json.Unmarshal([]byte(begun.body), &reply) != nil || reply.ID == "" {
		return begun
	}
	return send("?do=part&offset=0&id="+reply.ID, "application/octet-stream", "nou")
}

func (w *world) multipart(path, csrf, name, content string, fields ...string) *http.Request {
	var body strings.Builder
	m := multipart.NewWriter(&body)
	m.WriteField("csrf", csrf)
	for i := 0; i < len(fields); i += 2 {
		m.WriteField(fields[i], fields[i+1])
	}
	part, _ := m.CreateFormFile("fisier", name)
	io.WriteString(part, content)
	m.Close()
	r := w.request(http.MethodPost, path, strings.NewReader(body.String()))
	r.Header.Set("Content-Type", m.FormDataContentType())
	return r
}

// content returns what is in a file of site "a", or "-" where there is none.
func (w *world) content(p string) string {
	w.t.Helper()
	names, _ := splitPath(p)
	n, err := lookup(w.db.reader, "a", names)
	if err != nil {
		return "-"
	}
	if n.isFolder() {
		return "folder"
	}
	f, err := w.blobs.open("a", n.blob)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}

// put puts a file into site "a" as the site's own stage hand.
func (w *world) put(p, content string) {
	w.t.Helper()
	names, err := splitPath(p)
	if err != nil {
		w.t.Fatal(err)
	}
	u, err := w.beginUpload(visitor{"a", stageHand}, names)
	if err != nil {
		w.t.Fatal(err)
	}
	io.WriteString(u, content)
	if _, err := u.commit(false); err != nil {
		w.t.Fatal(err)
	}
}

const stageHand = "bogdan@primarie.example"

func davWay(method, path string, needs forms.Rights, body string, header ...string) wayIn {
	return wayIn{needs: needs, name: method + " " + path + " " + strings.Join(header, " "), dav: func(w *world, r *http.Request) {
		r.Method = method
		r.URL.Path = path
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], strings.ReplaceAll(header[i+1], "{server}", w.server.URL))
		}
	}}
}

func (c wayIn) when(done func(w *world) bool) wayIn { c.done = done; return c }

func exists(p string) func(*world) bool { return func(w *world) bool { return w.content(p) != "-" } }
func gone(p string) func(*world) bool   { return func(w *world) bool { return w.content(p) == "-" } }
func says(p, content string) func(*world) bool {
	return func(w *world) bool { return w.content(p) == content }
}

const lockBody = `<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>`

func waysIn() []wayIn {
	list := []wayIn{
		davWay("OPTIONS", "/s/a/", 0, ""),
		davWay("GET", "/s/a/plin.txt", r_, ""),
		davWay("HEAD", "/s/a/plin.txt", r_, ""),
		davWay("PROPFIND", "/s/a/", r_, "", "Depth", "1"),
		davWay("PROPFIND", "/s/a/plin.txt", r_, "", "Depth", "0"),
		davWay("PUT", "/s/a/nou.txt", w_, "nou").when(says("/nou.txt", "nou")),
		davWay("PUT", "/s/a/gol.txt", w_, "nou").when(says("/gol.txt", "nou")),
		davWay("PUT", "/s/a/plin.txt", w_|d_, "nou").when(says("/plin.txt", "nou")),
		davWay("PUT", "/s/a/plin.txt", w_|d_, "").when(says("/plin.txt", "")),
		davWay("MKCOL", "/s/a/nou", w_, "").when(exists("/nou")),
		davWay("COPY", "/s/a/plin.txt", r_|w_, "", "Destination", "{server}/s/a/copie.txt").when(says("/copie.txt", "plin")),
		davWay("COPY", "/s/a/plin.txt", r_|w_|d_, "", "Destination", "{server}/s/a/altul.txt").when(says("/altul.txt", "plin")),
		davWay("COPY", "/s/a/dosar/", r_|w_, "", "Destination", "{server}/s/a/dosar2/").when(says("/dosar2/in.txt", "in")),
		davWay("MOVE", "/s/a/plin.txt", w_|d_, "", "Destination", "{server}/s/a/mutat.txt").when(says("/mutat.txt", "plin")),
		davWay("MOVE", "/s/a/plin.txt", w_|d_, "", "Destination", "{server}/s/a/altul.txt").when(says("/altul.txt", "plin")),
		davWay("MOVE", "/s/a/dosar/", w_|d_, "", "Destination", "{server}/s/a/dosar2/").when(gone("/dosar")),
		davWay("DELETE", "/s/a/plin.txt", d_, "").when(gone("/plin.txt")),
		davWay("DELETE", "/s/a/dosar/", d_, "").when(gone("/dosar/in.txt")),
		davWay("PROPPATCH", "/s/a/plin.txt", w_, `<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">1</x></D:prop></D:set></D:propertyupdate>`),
		davWay("LOCK", "/s/a/plin.txt", w_, lockBody),
		davWay("LOCK", "/s/a/nou.txt", w_, lockBody).when(exists("/nou.txt")),
	}
	page := func(name string, needs forms.Rights, try func(p *pageTry) answer, done func(*world) bool) {
		list = append(list, wayIn{name: "page: " + name, needs: needs, page: try, done: done})
	}
	page("the folder's page", 0, func(p *pageTry) answer { return p.get("/s/a/") }, nil)
	page("what the site is for", 0, func(p *pageTry) answer { return p.get("/s/a/?vezi=despre") }, nil)
	page("a folder within", r_, func(p *pageTry) answer { return p.get("/s/a/dosar/") }, nil)
	page("download", r_, func(p *pageTry) answer { return p.get("/s/a/plin.txt") }, nil)
	page("archive", r_, func(p *pageTry) answer { return p.get("/s/a/?vezi=arhiva") }, nil)
	page("upload", w_, func(p *pageTry) answer { return p.upload("/s/a/?do=upload", "nou.txt", "nou") }, says("/nou.txt", "nou"))
	page("upload of a taken name, keeping both", w_, func(p *pageTry) answer { return p.upload("/s/a/?do=upload", "plin.txt", "nou") },
		func(w *world) bool { return w.content("/plin.txt") == "plin" && w.content("/plin (2).txt") == "nou" })
	page("upload in the place of a file", w_|d_, func(p *pageTry) answer {
		return p.upload("/s/a/?do=upload", "plin.txt", "nou", "inlocuieste", "1")
	}, says("/plin.txt", "nou"))
	page("large upload in parts", w_, func(p *pageTry) answer { return p.parts("nou.txt") }, says("/nou.txt", "nou"))
	page("large upload in parts of a taken name, keeping both", w_, func(p *pageTry) answer { return p.parts("plin.txt") }, says("/plin (2).txt", "nou"))
	page("large upload in parts, in the place of a file", w_|d_, func(p *pageTry) answer { return p.parts("plin.txt", "inlocuieste", "1") }, says("/plin.txt", "nou"))
	page("new folder", w_, func(p *pageTry) answer { return p.form("/s/a/?do=mkdir", "nume", "nou") }, exists("/nou"))
	page("delete", d_, func(p *pageTry) answer { return p.form("/s/a/?do=delete", "nume", "plin.txt") }, gone("/plin.txt"))
	page("the form to rename", w_|d_, func(p *pageTry) answer { return p.get("/s/a/plin.txt?vezi=modifica") }, nil)
	page("rename", w_|d_, func(p *pageTry) answer { return p.form("/s/a/plin.txt?do=move", "nume", "alt nume.txt", "dosar", "/") }, says("/alt nume.txt", "plin"))
	page("move", w_|d_, func(p *pageTry) answer { return p.form("/s/a/plin.txt?do=move", "nume", "plin.txt", "dosar", "/dosar") }, says("/dosar/plin.txt", "plin"))
	page("the bin", r_|d_, func(p *pageTry) answer { return p.get("/s/a/?vezi=cos") }, nil)
	page("out of the bin", w_|d_, func(p *pageTry) answer { return p.form("/s/a/?do=restore", "id", p.w.binned("sters.txt")) }, says("/sters.txt", "sters"))
	page("delete for good", d_, func(p *pageTry) answer { return p.form("/s/a/?do=purge", "id", p.w.binned("sters.txt")) },
		func(w *world) bool { return w.binned("sters.txt") == "" })
	return list
}

// binned is the id of something in the bin of site "a", or empty.
func (w *world) binned(name string) string {
	var id string
	w.db.reader.QueryRow(`SELECT id FROM nodes WHERE site_id = 'a' AND name = ? AND deleted_at IS NOT NULL`, name).Scan(&id)
	return id
}

// stage makes the two sites, with a stranger and what the ways in work on.
func stage(t *testing.T) *world {
	w := newWorld(t)
	w.site("a")
	w.site("b")
	w.member("a", stageHand, allRights)
	w.member("b", "strain@das.example", allRights)
	w.put("/plin.txt", "plin")
	w.put("/altul.txt", "altul")
	w.put("/gol.txt", "")
	if err := w.mkdir(visitor{"a", stageHand}, []string{"dosar"}); err != nil {
		t.Fatal(err)
	}
	w.put("/dosar/in.txt", "in")
	w.put("/sters.txt", "sters")
	if _, err := w.remove(visitor{"a", stageHand}, []string{"sters.txt"}); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestEveryWayInIsOpenToExactlyThoseWithTheRight(t *testing.T) {
	t.Parallel()
	type role struct {
		name    string
		address string // empty: nobody
		rights  forms.Rights
		member  bool
	}
	roles := []role{{name: "nobody"}, {name: "a member of another site", address: "strain@das.example"}}
	for r := forms.Rights(1); r < 8; r++ {
		roles = append(roles, role{"a member with " + r.String(), fmt.Sprintf("om%d@das.example", r), r, true})
	}
	for _, way := range waysIn() {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			var w *world
			for _, role := range roles {
				if w == nil {
					w = stage(t)
				}
				if role.member {
					w.member("a", role.address, role.rights)
				}
				a := way.try(w, role.address)
				allowed := role.member && role.rights.Has(way.needs)
				if ok := a.status < 300; ok != allowed {
					t.Errorf("%s: status %d, allowed should be %v\n%s", role.name, a.status, allowed, a.body)
				}
				want := []int{http.StatusForbidden}
				if role.address == "" {
					want = []int{http.StatusUnauthorized}
				}
				if !allowed && !slices.Contains(want, a.status) {
					t.Errorf("%s: refused with %d, want one of %v", role.name, a.status, want)
				}
				if !allowed && way.name != "HEAD /s/a/plin.txt " && len(strings.TrimSpace(a.body)) < 20 {
					t.Errorf("%s: refused without a sentence: %q", role.name, a.body)
				}
				if way.done != nil && way.done(w) != allowed {
					t.Errorf("%s: its effect is there: %v, want %v", role.name, !allowed, allowed)
				}
				if allowed {
					w = nil // the next one finds everything as it was
				}
			}
		})
	}
}

func (c wayIn) try(w *world, address string) answer {
	if c.dav != nil {
		r := w.request(http.MethodGet, "/", nil)
		r.Header.Set("Accept", "*/*")
		c.dav(w, r)
		if address != "" {
			r.SetBasicAuth(address, testPassword)
		}
		return w.browser().do(r)
	}
	p := &pageTry{browser: w.browser()}
	if address != "" {
		p.browser = w.loggedIn(address)
		p.csrf = p.get("/").csrf(w.t)
	}
	a := c.page(p)
	if a.status == http.StatusOK && strings.HasPrefix(a.url, loginPath) {
		a.status = http.StatusUnauthorized // sent to the page for logging in
	}
	return a
}

func TestPagesShowOnlyWhatOneMayDo(t *testing.T) {
	for r := forms.Rights(1); r < 8; r++ {
		w := stage(t)
		w.member("a", "om@das.example", r)
		body := w.loggedIn("om@das.example").get("/s/a/").body
		for text, needs := range map[string]forms.Rights{
			"plin.txt": r_, "?do=upload": w_, "?do=mkdir": w_, `name="inlocuieste"`: w_ | d_, "?do=delete": r_ | d_,
			"?vezi=modifica": r_ | w_ | d_, "?vezi=cos": r_ | d_, "?vezi=arhiva": r_,
		} {
			if got := strings.Contains(body, text); got != r.Has(needs) {
				t.Errorf("with %s the page shows %s: %v", r, text, got)
			}
		}
		if strings.Index(body, `name="inlocuieste"`) > strings.Index(body, `name="fisier"`) {
			t.Error("whether files are to be replaced is sent after the files, and so too late")
		}
	}
}

func TestPagesAndWebDAVDoNotTakeEachOthersCredentials(t *testing.T) {
	w := stage(t)
	b := w.loggedIn(stageHand)
	for _, method := range []string{"PUT", "DELETE", "PROPFIND", "MKCOL", "MOVE", "COPY", "LOCK", "PROPPATCH"} {
		a := b.do(w.request(method, "/s/a/plin.txt", strings.NewReader("x")))
		if a.status != http.StatusUnauthorized {
			t.Errorf("%s with a session's cookie: status %d, want 401", method, a.status)
		}
	}
	r := w.request(http.MethodPost, "/s/a/?do=delete", strings.NewReader("nume=plin.txt"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(stageHand, testPassword)
	if a := w.browser().do(r); a.status != http.StatusMethodNotAllowed {
		t.Errorf("a page's form with a password: status %d, want 405", a.status)
	}
	if w.content("/plin.txt") != "plin" {
		t.Error("the file was changed")
	}
}

func TestOutsideOfSitesOnlyTheDoorIsOpenToAll(t *testing.T) {
	w := stage(t)
	member := w.loggedIn(stageHand)
	for _, c := range []struct {
		method, path     string
		nobody, somebody int    // status at the end of redirects
		nobodyAt         string // where nobody ends up
	}{
		{"GET", "/", 200, 200, "/intrare"},
		{"GET", "/intrare", 200, 200, "/intrare"},
		{"GET", "/link-nou", 200, 200, "/link-nou"},
		{"GET", "/cont", 200, 200, "/intrare?inapoi=%2Fcont"},
		{"POST", "/cont", 200, 403, "/intrare?inapoi=%2Fcont"}, // without the token
		{"POST", "/iesire", 200, 403, "/intrare?iesit"},
		{"POST", "/intrare", 403, 403, "/intrare"},
		{"GET", "/intrare/cod", 200, 200, "/intrare"},
		{"POST", "/intrare/cod", 403, 403, "/intrare/cod"},
		{"GET", "/it", 404, 404, "/it"}, // no registry; else see TestPagesForITAreOpenToITAlone
		{"POST", "/link-nou", 403, 403, "/link-nou"},
		{"GET", "/link/nu-exista", 410, 410, "/link/nu-exista"},
		{"POST", "/link/nu-exista", 410, 410, "/link/nu-exista"},
		{"GET", "/healthz", 200, 200, "/healthz"},
		{"GET", "/static/style.css", 200, 200, "/static/style.css"},
		{"GET", "/static/../extranet.db", 404, 404, ""},
		{"GET", "/static/", 404, 404, "/static/"},
		{"GET", "/nimic", 404, 404, "/nimic"},
		{"GET", "/fisiere/nu-exista/", 404, 404, "/fisiere/nu-exista/"},
		{"GET", "/extranet.db", 404, 404, "/extranet.db"},
		{"PUT", "/", 405, 405, "/"},
		{"DELETE", "/cont", 405, 405, "/cont"},
		{"TRACE", "/s/a/", 401, 401, "/s/a/"},
		{"GET", "/s/", 404, 404, "/s/"},
		{"GET", "/s/nu-exista/", 200, 403, "/intrare?inapoi=%2Fs%2Fnu-exista%2F"},
		{"OPTIONS", "/", 204, 204, "/"},
	} {
		for name, try := range map[string]struct {
			b      *browser
			status int
		}{"nobody": {w.browser(), c.nobody}, "a member": {member, c.somebody}} {
			a := try.b.do(w.request(c.method, c.path, nil))
			if a.status != try.status {
				t.Errorf("%s %s by %s: status %d, want %d", c.method, c.path, name, a.status, try.status)
			}
			if name == "nobody" && c.nobodyAt != "" && a.url != c.nobodyAt {
				t.Errorf("%s %s by nobody ends at %s, want %s", c.method, c.path, a.url, c.nobodyAt)
			}
		}
	}
	member.get("/").want(t, http.StatusOK, "Cereri de locuințe a")
}
