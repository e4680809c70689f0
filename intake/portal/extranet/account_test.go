package extranet

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"registratura/intake"
)

// invited is a world with one member who has no password yet, and her link.
func invited(t *testing.T, change ...func(*Config)) (w *world, link string) {
	w = newWorld(t, change...)
	w.site("a")
	if err := w.EnsureMember(t.Context(), "a", intake.Member{Name: "Ana Ștefănescu", Address: "ana@das.example", Side: intake.PartnerSide, Rights: allRights}); err != nil {
		t.Fatal(err)
	}
	return w, w.invite("ana@das.example")
}

func (w *world) invite(address string) (path string) {
	w.t.Helper()
	inv, err := w.Invite(w.t.Context(), address)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimPrefix(inv.Link, w.server.URL)
}

func passwords(csrf, password string) url.Values {
	return url.Values{"csrf": {csrf}, "parola": {password}, "parola2": {password}}
}

func TestALinkSurvivesBeingOpenedByScannersAndWorksOnce(t *testing.T) {
	w, link := invited(t, func(c *Config) { c.RequestLink = func(context.Context, string) error { return nil } })
	for range 3 { // a mail scanner opens it, with and without a body, and even posts an empty form
		w.browser().get(link).want(t, http.StatusOK, "Alegeți parola", "Ana Ștefănescu")
		w.browser().do(w.request(http.MethodHead, link, nil)).want(t, http.StatusOK)
		w.browser().post(link, url.Values{})
	}
	b := w.browser()
	page := b.get(link)
	b.post(link, passwords(page.csrf(t), testPassword)).want(t, http.StatusOK, "Site-urile mele", "Cereri de locuințe a")
	w.browser().get(link).want(t, http.StatusGone, "Cereți un link nou")
	again := w.browser()
	token := again.get("/link-nou").csrf(t)
	again.post(link, passwords(token, "o altă parolă destul de lungă")).want(t, http.StatusGone)

	in := w.browser()
	in.login(t, "Ana@DAS.example ", testPassword).want(t, http.StatusOK, "Site-urile mele")
	inv, err := w.Invite(t.Context(), "ana@das.example")
	if err != nil || inv.Link != "" {
		t.Errorf("Invite for an account with a password gave a link (%v), or %v", inv.Link != "", err)
	}
}

func (b *browser) login(t *testing.T, address, password string) answer {
	t.Helper()
	return b.post("/intrare", url.Values{"csrf": {b.get("/intrare").csrf(t)}, "adresa": {address}, "parola": {password}, "inapoi": {"/"}})
}

func TestANewLinkEndsTheOneBefore(t *testing.T) {
	w, first := invited(t)
	second := w.invite("ana@das.example")
	w.browser().get(first).want(t, http.StatusGone)
	w.browser().get(second).want(t, http.StatusOK)
}

func TestALinkExpires(t *testing.T) {
	w, link := invited(t, func(c *Config) { c.LinkLifetime = 48 * time.Hour })
	w.clock.advance(48*time.Hour - time.Second)
	b := w.browser()
	page := b.get(link)
	page.want(t, http.StatusOK)
	w.clock.advance(time.Second)
	b.post(link, passwords(page.csrf(t), testPassword)).want(t, http.StatusGone)
}

func TestALinkThatWasNotUsedUpCanBeTriedAgainWithABetterPassword(t *testing.T) {
	w, link := invited(t)
	b := w.browser()
	csrf := b.get(link).csrf(t)
	b.post(link, passwords(csrf, "scurtă")).want(t, http.StatusUnprocessableEntity, "prea scurtă")
	b.post(link, url.Values{"csrf": {csrf}, "parola": {testPassword}, "parola2": {"altceva"}}).want(t, http.StatusUnprocessableEntity, "nu sunt la fel")
	b.post(link, passwords("not the token", testPassword)).want(t, http.StatusForbidden, "Reîncărcați pagina")
	b.post(link, passwords(csrf, testPassword)).want(t, http.StatusOK, "Site-urile mele")
}

func TestTwoWhoUseOneLinkAtOnceDoNotBothSucceed(t *testing.T) {
	w, link := invited(t)
	done := make(chan error)
	for range 4 {
		go func() {
			_, err := w.useLink(context.Background(), token(strings.TrimPrefix(link, linkPath)), testPassword)
			done <- err
		}()
	}
	good := 0
	for range 4 {
		switch err := <-done; {
		case err == nil:
			good++
		case !errors.Is(err, errLinkUsed):
			t.Error(err)
		}
	}
	if good != 1 {
		t.Errorf("%d of 4 set the password with one link", good)
	}
}

func TestNoSecretIsInTheDatabase(t *testing.T) {
	w, link := invited(t)
	b := w.browser()
	b.post(link, passwords(b.get(link).csrf(t), testPassword))
	u, _ := url.Parse(w.server.URL)
	secrets := []string{strings.TrimPrefix(link, linkPath), testPassword}
	for _, c := range b.client.Jar.Cookies(u) {
		secrets = append(secrets, c.Value)
	}
	if len(secrets) < 3 {
		t.Fatal("there is no session")
	}
	made, err := w.newAppPassword("ana@das.example", "laptop")
	if err != nil {
		t.Fatal(err)
	}
	secrets = append(secrets, made, string(appPassword(made)))
	files, _ := filepath.Glob(filepath.Join(w.config.Dir, "extranet.db*"))
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range secrets {
			if strings.Contains(string(content), s) {
				t.Errorf("secret %d stands in %s", i, filepath.Base(file))
			}
		}
	}
}

func TestASessionEnds(t *testing.T) {
	for name, end := range map[string]func(*world, *browser){
		"when unused for too long": func(w *world, b *browser) { w.clock.advance(12*time.Hour + time.Second) },
		"after its longest time, even if used": func(w *world, b *browser) {
			for range 7 * 3 {
				w.clock.advance(8 * time.Hour)
				b.get("/")
			}
		},
		"by going out": func(w *world, b *browser) { b.post("/iesire", url.Values{"csrf": {b.get("/").csrf(w.t)}}) },
		"by going out everywhere, elsewhere": func(w *world, b *browser) {
			other := w.loggedIn(stageHand)
			other.post("/cont", url.Values{"csrf": {other.get("/cont").csrf(w.t)}, "do": {"sessions"}}).want(w.t, http.StatusOK, "toate celelalte")
		},
		"by a new password, elsewhere": func(w *world, b *browser) {
			other := w.loggedIn(stageHand)
			form := passwords(other.get("/cont").csrf(w.t), "cinci alte cuvinte oarecare aici")
			form.Set("do", "password")
			form.Set("actuala", testPassword)
			other.post("/cont", form).want(w.t, http.StatusOK, "Parola a fost schimbată")
		},
		"by a new link that is used": func(w *world, b *browser) {
			inv, err := w.NewLink(w.t.Context(), stageHand)
			if err != nil {
				w.t.Fatal(err)
			}
			other := w.browser()
			link := strings.TrimPrefix(inv.Link, w.server.URL)
			other.post(link, passwords(other.get(link).csrf(w.t), "cinci alte cuvinte oarecare aici")).want(w.t, http.StatusOK)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := stage(t)
			b := w.loggedIn(stageHand)
			b.get("/s/a/").want(t, http.StatusOK, "plin.txt")
			end(w, b)
			if a := b.get("/s/a/"); !strings.HasPrefix(a.url, loginPath) || strings.Contains(a.body, "plin.txt") {
				t.Errorf("the session goes on: %s", a.url)
			}
		})
	}
}

func TestAccessEndsAtOnce(t *testing.T) {
	for name, end := range map[string]func(w *world) error{
		"for a removed member": func(w *world) error { return w.RemoveMember(context.Background(), "a", "om@das.example") },
		"on a suspended site":  func(w *world) error { return w.SuspendSite(context.Background(), "a") },
		"on a closed site":     func(w *world) error { return w.CloseSite(context.Background(), "a") },
		"on a site that is gone": func(w *world) error {
			if err := w.CloseSite(context.Background(), "a"); err != nil && !errors.Is(err, intake.ErrNoSuchSite) {
				return err
			}
			return w.DeleteSite(context.Background(), "a")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := stage(t)
			w.member("a", "om@das.example", allRights)
			w.member("b", "om@das.example", allRights)
			b := w.loggedIn("om@das.example")
			b.get("/s/a/").want(t, http.StatusOK, "plin.txt")
			b.dav("GET", "/s/a/plin.txt", "om@das.example").want(t, http.StatusOK, "plin")
			for range 2 { // each may be done again
				if err := end(w); err != nil {
					t.Fatal(err)
				}
			}
			b.get("/s/a/").want(t, http.StatusForbidden, "Nu aveți acces")
			b.dav("GET", "/s/a/plin.txt", "om@das.example").want(t, http.StatusForbidden)
			b.dav("PROPFIND", "/s/a/", "om@das.example").want(t, http.StatusForbidden)
			b.get("/s/b/").want(t, http.StatusOK) // the other site is not touched
			if m, err := w.Members(t.Context(), "a"); err == nil && name != "for a removed member" && len(m) > 0 {
				t.Errorf("members are still said to have access: %v", m)
			}
		})
	}
}

func (b *browser) dav(method, path, address string) answer {
	b.w.t.Helper()
	r := b.w.request(method, path, nil)
	r.Header.Set("Accept", "*/*")
	r.Header.Set("Depth", "1")
	r.SetBasicAuth(address, testPassword)
	return b.do(r)
}

func TestCookiesAreOutOfReach(t *testing.T) {
	for _, base := range []string{"http://extranet.example", "https://extranet.example"} {
		c := testConfig(t.TempDir())
		c.BaseURL = base
		x, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		w := httptest.NewRecorder()
		x.Handler().ServeHTTP(w, httptest.NewRequest("GET", base+"/intrare", nil))
		for _, cookie := range w.Result().Cookies() {
			https := strings.HasPrefix(base, "https")
			if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Secure != https || cookie.Domain != "" ||
				strings.HasPrefix(cookie.Name, "__Host-") != https {
				t.Errorf("with %s the cookie is %v", base, cookie)
			}
		}
		if len(w.Result().Cookies()) == 0 {
			t.Error("there is no cookie to look at")
		}
	}
}

func TestFormsOfOthersAreRefused(t *testing.T) {
	w := stage(t)
	b := w.loggedIn(stageHand)
	csrf := b.get("/s/a/").csrf(t)
	stranger := w.loggedIn("strain@das.example").get("/s/b/").csrf(t)
	for name, c := range map[string]struct {
		token  string
		header [2]string
	}{
		"without a token":             {"", [2]string{}},
		"with the token of another":   {stranger, [2]string{}},
		"from another page":           {csrf, [2]string{"Origin", "https://rau.example"}},
		"from another page, fetching": {csrf, [2]string{"Sec-Fetch-Site", "cross-site"}},
	} {
		r := w.request(http.MethodPost, "/s/a/?do=delete", strings.NewReader(url.Values{"csrf": {c.token}, "nume": {"plin.txt"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if c.header[0] != "" {
			r.Header.Set(c.header[0], c.header[1])
		}
		if a := b.do(r); a.status != http.StatusForbidden || w.content("/plin.txt") != "plin" {
			t.Errorf("a form %s: status %d, file %q", name, a.status, w.content("/plin.txt"))
		}
	}
	// An upload whose token does not stand before the file, or is wrong.
	b.do(w.multipart("/s/a/?do=upload", "wrong", "nou.txt", "nou")).want(t, http.StatusForbidden)
	if w.content("/nou.txt") != "-" {
		t.Error("a file was uploaded without the token")
	}
}

func TestAStrangerWhoGuessesIsHeldUpAndTheOwnerIsNot(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	w.site("a")
	w.member("a", "ana@das.example", allRights)
	handler := w.Handler()
	try := func(place, password string) int {
		r := httptest.NewRequest("PROPFIND", w.server.URL+"/s/a/", nil)
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("X-Forwarded-For", "10.9.9.9, "+place) // what the sender wrote himself is left of what the proxy wrote
		r.Header.Set("Depth", "0")
		r.SetBasicAuth("ana@das.example", password)
		rw := httptest.NewRecorder()
		handler.ServeHTTP(rw, r)
		return rw.Code
	}
	if got := try("192.0.2.7", testPassword); got != http.StatusMultiStatus {
		t.Fatalf("the owner at home: %d", got)
	}
	w.verified = newVerifiedCache(w.random(32), w.clock.now) // what was remembered does not count here
	last := 0
	for i := 0; i < 20 && last != http.StatusTooManyRequests; i++ {
		last = try("203.0.113.5", "guess")
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("after 20 guesses from one place: %d, want 429", last)
	}
	if got := try("203.0.113.5", testPassword); got != http.StatusTooManyRequests {
		t.Errorf("the right guess while held up: %d, want 429", got)
	}
	// Many places guess at once: strange places are held up, hers is not.
	for i := range 80 {
		last = try(netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}).String(), "guess")
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("after 80 guesses from as many places: %d, want 429", last)
	}
	if got := try("192.0.2.7", testPassword); got != http.StatusMultiStatus {
		t.Errorf("the owner at home is locked out: %d", got)
	}
	w.clock.advance(2 * time.Hour)
	if got := try("203.0.113.99", testPassword); got != http.StatusMultiStatus {
		t.Errorf("the owner elsewhere, later: %d", got)
	}
}

func TestAskingForALinkSaysTheSameToEverybody(t *testing.T) {
	var asked []string
	w, _ := invited(t, func(c *Config) {
		c.RequestLink = func(_ context.Context, address string) error { asked = append(asked, address); return nil }
		c.MailAddress = "registratura@primarie.example"
	})
	w.browser().get("/link-nou").want(t, http.StatusOK, `href="mailto:registratura@primarie.example?subject=link%20nou"`)
	ask := func(address string) string {
		b := w.browser()
		a := b.post("/link-nou", url.Values{"csrf": {b.get("/link-nou").csrf(t)}, "adresa": {address}})
		a.want(t, http.StatusOK, "Dacă există un cont")
		return csrfField.ReplaceAllString(a.body, "")
	}
	if ask(" Ana@das.example") != ask("nimeni@das.example") {
		t.Error("the page tells whether there is an account")
	}
	for range 10 {
		ask("ana@das.example")
	}
	if len(asked) != 3 || asked[0] != "ana@das.example" {
		t.Errorf("links were asked for %v; want 3 for ana", asked)
	}
}

func TestAnAppPasswordOpensWebDAVUntilItIsTakenBack(t *testing.T) {
	w := stage(t)
	b := w.loggedIn(stageHand)
	page := b.post("/cont", url.Values{"csrf": {b.get("/cont").csrf(t)}, "do": {"app-password"}, "nume": {"laptop"}})
	page.want(t, http.StatusOK, "Copiați-o acum")
	_, rest, _ := strings.Cut(page.body, `<code class="address">`)
	password, _, _ := strings.Cut(rest, "<")
	try := func(p string) int {
		r := w.request("PROPFIND", "/s/a/", nil)
		r.Header.Set("Depth", "0")
		r.SetBasicAuth(stageHand, p)
		return w.browser().do(r).status
	}
	for _, p := range []string{password, strings.ToUpper(password), strings.ReplaceAll(password, "-", "")} {
		if got := try(p); got != http.StatusMultiStatus {
			t.Errorf("with the app password: %d", got)
		}
	}
	if a := w.browser().login(t, stageHand, password); a.status != http.StatusUnauthorized {
		t.Errorf("an app password opens the pages: %d", a.status)
	}
	var id string
	if err := w.db.reader.QueryRow(`SELECT id FROM app_passwords`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	stranger := w.loggedIn("strain@das.example")
	stranger.post("/cont", url.Values{"csrf": {stranger.get("/cont").csrf(t)}, "do": {"revoke"}, "id": {id}})
	if got := try(password); got != http.StatusMultiStatus {
		t.Errorf("somebody else took it back: %d", got)
	}
	b.post("/cont", url.Values{"csrf": {b.get("/cont").csrf(t)}, "do": {"revoke"}, "id": {id}}).want(t, http.StatusOK, "retrasă")
	if got := try(password); got != http.StatusUnauthorized {
		t.Errorf("after it was taken back: %d", got)
	}
}

func TestPasswordsThatAreGuessedFirstAreRefused(t *testing.T) {
	for password, good := range map[string]bool{
		"patru cuvinte oarecare scrise": true,
		"ăîșțâ-ĂÎȘȚÂ-12":                true,
		"correct horse battery":         true,
		"un gând lung de vară":          true,
		"scurtă":                        false,
		"aaaaaaaaaaaaaaaa":              false,
		"abababababababab":              false,
		"123456789012":                  false,
		"qwertyuiopas":                  false,
		"abcdefghijklm":                 false,
		"password1234":                  false,
		"Parola123456":                  false,
		"!!Primăria2026!!":              false,
		"ParolaParola1":                 false,
		"Administrator1":                false,
		"ana.pop@das.example":           false,
		"anapop anapop":                 true,
		strings.Repeat("lung ", 60):     false,
	} {
		problem := judgePassword(password, "ana.pop@das.example")
		if (problem == "") != good {
			t.Errorf("%q: %q", password, problem)
		}
	}
}

func TestOnlyLocalAddressesAreGoneBackTo(t *testing.T) {
	for back, want := range map[string]string{
		"/s/a/dosar/": "/s/a/dosar/", "/cont": "/cont", "": "/", "/": "/",
		"https://rau.example/": "/", "//rau.example/": "/", `/\rau.example`: "/", "/s/a\r\nX: y": "/", "javascript:alert(1)": "/", "/iesire": "/",
	} {
		if got := localPath(back); got != want {
			t.Errorf("localPath(%q) = %q, want %q", back, got, want)
		}
	}
}

func TestHousekeepingForgetsWhatHasExpired(t *testing.T) {
	w, _ := invited(t)
	w.loggedIn("ana@das.example")
	w.clock.advance(8 * 24 * time.Hour)
	if err := w.Housekeep(); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"links", "sessions"} {
		var n int
		if err := w.db.reader.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d %s are left (%v)", n, table, err)
		}
	}
}

func TestASecondProcessIsKeptAway(t *testing.T) {
	w := newWorld(t)
	if x, err := Open(testConfig(w.config.Dir)); err == nil {
		x.Close()
		t.Error("the same folder was opened twice")
	}
}
