package extranet

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

func TestITSeesEverySiteWithItsUse(t *testing.T) {
	w := stage(t)
	if err := w.SuspendSite(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	sites, err := w.Sites(t.Context())
	if err != nil || len(sites) != 2 {
		t.Fatalf("%v, %v", sites, err)
	}
	a, b := sites[0], sites[1]
	if a.ID != "a" || a.State != "open" || a.Members != 1 || a.Files != 4 || a.Bytes != int64(len("plin"+"altul"+"in"+"sters")) || !a.LastUsed.Equal(w.clock.now()) {
		t.Errorf("site a: %+v", a)
	}
	if b.ID != "b" || b.State != "suspended" || b.Members != 1 || b.Files != 0 || !b.LastUsed.IsZero() {
		t.Errorf("site b: %+v", b)
	}
}

func TestASuspendedSiteIsTheSameAgainWhenItIsResumed(t *testing.T) {
	w := stage(t)
	before, err := w.Members(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SuspendSite(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	w.site("a") // making it again, as a retry does, does not open it
	if m, err := w.Members(t.Context(), "a"); err != nil || len(m) != 0 {
		t.Errorf("suspended, it has the members %v (%v)", m, err)
	}
	if err := w.ResumeSite(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if after, err := w.Members(t.Context(), "a"); err != nil || len(after) != len(before) || after[0] != before[0] {
		t.Errorf("resumed, it has the members %v, before %v (%v)", after, before, err)
	}
	w.browser().dav("GET", "/s/a/plin.txt", stageHand).want(t, http.StatusOK, "plin")
}

func TestProgramsSeeTheirSitesAboveThem(t *testing.T) {
	w := stage(t)
	w.member("a", "om@das.example", forms.RightRead)
	for path, want := range map[string]int{"/": 2, "/s/": 2, "/s": 2} {
		a := w.browser().dav("PROPFIND", path, "om@das.example")
		a.want(t, http.StatusMultiStatus)
		if got := strings.Count(a.body, "<D:response>"); got != want || strings.Contains(a.body, "/s/b/") {
			t.Errorf("PROPFIND %s lists %d, want %d:\n%s", path, got, want, a.body)
		}
	}
	r := w.request("PROPFIND", "/s/", nil)
	if a := w.browser().do(r); a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") == "" {
		t.Errorf("nobody is answered with %d", a.status)
	}
}

func TestFormerMembersAreStillNamed(t *testing.T) {
	w := stage(t)
	w.member("a", "cititor@das.example", forms.RightRead)
	if err := w.RemoveMember(t.Context(), "a", stageHand); err != nil {
		t.Fatal(err)
	}
	w.loggedIn("cititor@das.example").get("/s/a/").want(t, http.StatusOK, `class="who">Bogdan<`)
}

func TestManyPagesAtOnceDoNotWaitForEachOtherForever(t *testing.T) {
	w := stage(t)
	b := w.loggedIn(stageHand)
	done := make(chan int)
	for i := range 60 {
		go func() {
			r, _ := http.NewRequest(http.MethodGet, w.server.URL+[]string{"/s/a/", "/s/a/?vezi=cos", "/s/a/?vezi=despre", "/s/a/?vezi=arhiva", "/cont", "/"}[i%6], nil)
			r.Header.Set("Accept", "text/html")
			response, err := b.client.Do(r)
			if err != nil {
				done <- 0
				return
			}
			response.Body.Close()
			done <- response.StatusCode
		}()
	}
	for range 60 {
		if status := <-done; status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}
}

func TestContentWithoutARowIsKeptThirtyDaysFromWhenItWasSetAside(t *testing.T) {
	dir, now := t.TempDir(), newClock()
	reopen := func() {
		t.Helper()
		c := testConfig(dir)
		c.Now = now.now
		x, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.EnsureSite(t.Context(), intake.Site{ID: "a", Title: "A"}); err != nil {
			t.Fatal(err)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
	reopen()
	blob, aside := filepath.Join(dir, filesDir, "a", "b10b"), filepath.Join(dir, orphansDir, "a_b10b")
	if err := os.WriteFile(blob, []byte("scris demult"), 0o600); err != nil {
		t.Fatal(err)
	}
	long := now.now().Add(-300 * 24 * time.Hour)
	if err := os.Chtimes(blob, long, long); err != nil {
		t.Fatal(err)
	}
	reopen()
	now.advance(orphanLifetime - time.Hour)
	reopen()
	if content, err := os.ReadFile(aside); err != nil || string(content) != "scris demult" {
		t.Errorf("before 30 days are over: %q, %v", content, err)
	}
	now.advance(2 * time.Hour)
	reopen()
	if _, err := os.Stat(aside); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after 30 days it is still there: %v", err)
	}
}
