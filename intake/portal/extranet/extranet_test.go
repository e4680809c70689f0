package extranet

import (
	"context"
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
	portaltest.Run(t, func(t *testing.T, dir string) intake.Portal {
		x, err := Open(testConfig(dir))
		if err != nil {
			t.Fatal(err)
		}
		return x
	})
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
		if err := x.Close(); err != nil {
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
