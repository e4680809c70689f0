package extranet

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/portal/portaltest"
)

const allRights = forms.RightRead | forms.RightWrite | forms.RightDelete

// clock is moved by tests, never slept for.
type clock struct {
	mutex sync.Mutex
	t     time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.t = c.t.Add(d)
}

var testPages = os.DirFS("../../../templates/pages")

func testConfig(dir string) Config {
	return Config{Dir: dir, BaseURL: "http://extranet.example", Institution: "Primăria Municipiului Buzău", Pages: testPages,
		HelpAddress: "it@primarie.example", Location: time.UTC}
}

func TestPortal(t *testing.T) {
	t.Parallel()
	people := map[string]visitors{} // by dir, so that they outlive a restart
	portaltest.Run(t, func(t *testing.T, dir string) intake.Portal {
		x, err := Open(testConfig(dir))
		if err != nil {
			t.Fatal(err)
		}
		if people[dir] == nil {
			people[dir] = visitors{}
		}
		return visited{x, people[dir]}
	})
}

// visited is an extranet with people who read in a browser that they have left
// logged in, and write over WebDAV with a password of a program.
type visited struct {
	*Extranet
	people visitors
}

type visitors map[string]credentials // by address

type credentials struct {
	session  token
	password string
}

func (x visited) credentials(address string) (credentials, error) {
	c := x.people[address]
	if s, err := x.sessionOf(c.session); s != nil || err != nil {
		return c, err
	}
	var err error
	if c.session, err = x.newSession(person{address: address}); err != nil {
		return c, err
	}
	c.password, err = x.newAppPassword(address, "portaltest")
	x.people[address] = c
	return c, err
}

func (x visited) answer(r *http.Request) (string, error) {
	w := httptest.NewRecorder()
	x.Handler().ServeHTTP(w, r)
	if w.Code >= 300 {
		return "", fmt.Errorf("%s %s: status %d", r.Method, r.URL.Path, w.Code)
	}
	return w.Body.String(), nil
}

func (x visited) Put(ctx context.Context, siteID, address, path, content string) error {
	c, err := x.credentials(address)
	if err != nil {
		return err
	}
	names, err := splitPath(path)
	if err != nil {
		return err
	}
	for i := range names {
		method, body := "MKCOL", ""
		if i == len(names)-1 {
			method, body = http.MethodPut, content
		}
		r := httptest.NewRequestWithContext(ctx, method, href(siteID, names[:i+1], false), strings.NewReader(body))
		r.SetBasicAuth(address, c.password)
		if _, err := x.answer(r); err != nil && (method != "MKCOL" || !strings.HasSuffix(err.Error(), "405")) { // it is there
			return err
		}
	}
	return nil
}

func (x visited) Get(ctx context.Context, siteID, address, path string) (string, error) {
	c, err := x.credentials(address)
	if err != nil {
		return "", err
	}
	names, err := splitPath(path)
	if err != nil {
		return "", err
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, href(siteID, names, false), nil)
	r.AddCookie(&http.Cookie{Name: x.cookieName(sessionCookie), Value: string(c.session)})
	return x.answer(r)
}

// world is a running extranet with people, for tests over HTTP.
type world struct {
	*Extranet
	t      *testing.T
	clock  *clock
	server *httptest.Server
}

const testPassword = "patru cuvinte oarecare scrise"

func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, clock: newClock()}
	// The listener comes first: its address is the extranet's.
	w.server = httptest.NewUnstartedServer(nil)
	c := testConfig(t.TempDir())
	c.BaseURL, c.Now = "http://"+w.server.Listener.Addr().String(), w.clock.now
	for _, f := range change {
		f(&c)
	}
	x, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	w.Extranet, w.server.Config.Handler = x, x.Handler()
	w.server.Start()
	t.Cleanup(func() {
		w.server.Close()
		if err := w.Close(); err != nil { // it may have been opened anew
			t.Error(err)
		}
	})
	return w
}

func (w *world) site(id string) {
	w.t.Helper()
	err := w.EnsureSite(w.t.Context(), intake.Site{ID: id, Title: "Cereri de locuințe " + id, Partner: "Direcția de Asistență Socială",
		Department: "Direcția Economică", InfoTypes: "cereri și anchete sociale", LegalBasis: "Legea nr. 114/1996", Request: "42/23.11.2026"})
	if err != nil {
		w.t.Fatal(err)
	}
}

// quickHash is the hash of testPassword; made once, because argon2id is slow on purpose.
var quickHash = sync.OnceValue(func() string {
	h := newPasswordHasher(func(n int) []byte { return make([]byte, n) })
	hash, err := h.hash(context.Background(), testPassword)
	if err != nil {
		panic(err)
	}
	return hash
})

// member makes a member who has testPassword.
func (w *world) member(site, address string, rights forms.Rights) {
	w.t.Helper()
	local, _, _ := strings.Cut(address, "@")
	err := w.EnsureMember(w.t.Context(), site, intake.Member{Name: strings.ToUpper(local[:1]) + local[1:], Address: address,
		Side: intake.PartnerSide, Rights: rights})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.db.writer.Exec(`UPDATE accounts SET password = ? WHERE address = ?`, quickHash(), address); err != nil {
		w.t.Fatal(err)
	}
}

// browser is a person at a browser: it keeps cookies and follows redirects.
type browser struct {
	w      *world
	client *http.Client
}

func (w *world) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{w, &http.Client{Jar: jar}}
}

// loggedIn is a browser with a session, made without the form.
func (w *world) loggedIn(address string) *browser {
	w.t.Helper()
	b := w.browser()
	token, err := w.newSession(person{address: address})
	if err != nil {
		w.t.Fatal(err)
	}
	u, _ := url.Parse(w.server.URL)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: w.cookieName(sessionCookie), Value: string(token), Path: "/"}})
	return b
}

type answer struct {
	status int
	body   string
	header http.Header
	url    string
}

func (b *browser) do(r *http.Request) answer {
	b.w.t.Helper()
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "text/html,application/xhtml+xml")
	}
	response, err := b.client.Do(r)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return answer{response.StatusCode, string(body), response.Header, response.Request.URL.RequestURI()}
}

func (w *world) request(method, path string, body io.Reader) *http.Request {
	w.t.Helper()
	r, err := http.NewRequest(method, w.server.URL+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (b *browser) get(path string) answer {
	b.w.t.Helper()
	return b.do(b.w.request(http.MethodGet, path, nil))
}

func (b *browser) post(path string, form url.Values) answer {
	b.w.t.Helper()
	r := b.w.request(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func (a answer) csrf(t *testing.T) string {
	t.Helper()
	m := csrfField.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("there is no form in the page:\n%s", a.body)
	}
	return m[1]
}

func (a answer) want(t *testing.T, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d; page:\n%s", a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("the page does not say %q:\n%s", text, a.body)
		}
	}
}
