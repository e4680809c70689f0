package extranet

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
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

func TestThePageAboutASiteSaysUntilWhen(t *testing.T) {
	w := stage(t)
	b := w.loggedIn(stageHand)
	b.get("/s/a/?vezi=despre").want(t, http.StatusOK, "Până când", "fără termen")
	s := intake.Site{ID: "a", Title: "A", LegalBasis: "Protocol", Until: forms.Date{Year: 2026, Month: time.November, Day: 23}}
	for range 2 {
		if err := w.EnsureSite(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	last := b.get("/s/a/?vezi=despre")
	last.want(t, http.StatusOK, "23.11.2026, inclusiv<")
	w.clock.advance(24 * time.Hour)
	b = w.loggedIn(stageHand)
	b.get("/s/a/?vezi=despre").want(t, http.StatusOK, "23.11.2026, inclusiv; termenul temeiului legal a trecut")
	s.Until = forms.Date{}
	if err := w.EnsureSite(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	b.get("/s/a/?vezi=despre").want(t, http.StatusOK, "fără termen")
}

func TestADeletionThatWasCutOffIsEndedByTheNext(t *testing.T) {
	w := stage(t)
	if err := w.CloseSite(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	// As a crash leaves it that comes between the rows and the files, and a start after it.
	if err := w.db.write(execute(`DELETE FROM sites WHERE id = 'a'`)); err != nil {
		t.Fatal(err)
	}
	if err := w.sweep(); err != nil {
		t.Fatal(err)
	}
	left := func(dir string) int {
		list, err := os.ReadDir(filepath.Join(w.config.Dir, dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return len(list)
	}
	if left(orphansDir) == 0 {
		t.Fatal("nothing was set aside")
	}
	if err := os.WriteFile(filepath.Join(w.config.Dir, orphansDir, "a-b_0000"), nil, 0o600); err != nil { // of another site
		t.Fatal(err)
	}
	if err := w.DeleteSite(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if n, m := left(orphansDir), left(filepath.Join(filesDir, "a")); n != 1 || m != 0 {
		t.Errorf("%d files are set aside, want the one of another site; %d files are left", n, m)
	}
}

func TestDownloadsOfASiteThatWasDeletedTakeNoOthersFromTheJournal(t *testing.T) {
	w := stage(t)
	at := millis(w.clock.now())
	w.reads.add(visitor{"deleted", stageHand}, at, entry{action: actDownload, path: "/x"})
	w.reads.add(visitor{"a", stageHand}, at, entry{action: actDownload, path: "/plin.txt"})
	waitUntil(t, func() bool {
		log, err := w.Journal(t.Context(), "a", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return log[len(log)-1].Action == actDownload
	})
}

// slowly is somebody who takes an archive, and in the middle of it something happens.
type slowly struct {
	*httptest.ResponseRecorder
	meanwhile func()
}

func (s *slowly) Write(p []byte) (int, error) {
	if s.meanwhile != nil && s.Body.Len() > 0 {
		s.meanwhile()
		s.meanwhile = nil
	}
	return s.ResponseRecorder.Write(p)
}

func TestAnArchiveBreaksOffWhenAccessEnds(t *testing.T) {
	w := stage(t)
	for i := range 20 {
		w.put("/"+strings.Repeat("x", i+1), strings.Repeat("x", 10_000))
	}
	token, err := w.newSession(person{address: stageHand})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/s/a/?vezi=arhiva", nil)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: string(token)})
	s := &slowly{httptest.NewRecorder(), func() {
		if err := w.SuspendSite(context.WithoutCancel(r.Context()), "a"); err != nil {
			t.Error(err)
		}
	}}
	defer func() {
		if p := recover(); p != http.ErrAbortHandler || s.Body.Len() == 0 || s.Body.Len() > 100_000 {
			t.Errorf("it ended with %v after %d bytes", p, s.Body.Len())
		}
	}()
	w.Handler().ServeHTTP(s, r)
}
