package extranet

import (
	"encoding/base32"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"registratura/intake"
)

// The vectors of RFC 6238, appendix B, cut to six digits.
func TestCodesAreThoseOfTheStandard(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471",
		1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := totpCode(secret, at/totpStep); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	now := time.Unix(1234567890, 0)
	for _, c := range []struct {
		off  time.Duration
		code string
		ok   bool
	}{{0, "005924", true}, {30 * time.Second, "005924", true}, {-30 * time.Second, "005924", true},
		{time.Minute, "005924", false}, {-time.Minute, "005924", false}, {0, "", false}, {0, "5924", false}} {
		if got := totpStepOf(secret, now.Add(c.off), c.code) != 0; got != c.ok {
			t.Errorf("code %q, %s off: taken %v, want %v", c.code, c.off, got, c.ok)
		}
	}
}

var (
	secretShown   = regexp.MustCompile(`<code class="address">([A-Z2-7 ]+)</code>`)
	recoveryShown = regexp.MustCompile(`<li><code>([a-z2-7-]+)</code></li>`)
)

// app is a telephone that makes codes.
type app struct {
	w      *world
	secret []byte
}

func (a app) code() string { return totpCode(a.secret, a.w.clock.now().Unix()/totpStep) }

// withCodes is a member whose account asks for codes, her session, her app and her
// recovery codes.
func withCodes(t *testing.T) (w *world, b *browser, phone app, recovery []string) {
	t.Helper()
	w = newWorld(t)
	w.site("a")
	w.member("a", "ana@das.example", allRights)
	b = w.loggedIn("ana@das.example")
	page := b.get("/cont")
	page.want(t, http.StatusOK, "Pregătește codul la intrare")
	setUp := b.post("/cont", url.Values{"csrf": {page.csrf(t)}, "do": {"factor"}})
	setUp.want(t, http.StatusOK, "otpauth://totp/Extranet%20Prim", "ana@das.example?")
	phone = app{w, readSecret(t, setUp)}
	w.browser().login(t, "ana@das.example", testPassword).want(t, http.StatusOK, "Site-urile mele") // it asks for nothing yet
	wrong := b.post("/cont", url.Values{"csrf": {page.csrf(t)}, "do": {"factor-confirm"}, "cod": {"12"}})
	wrong.want(t, http.StatusUnauthorized, "nu este corect")
	if string(readSecret(t, wrong)) != string(phone.secret) {
		t.Error("a wrong code changed the secret")
	}
	code := phone.code()
	on := b.post("/cont", url.Values{"csrf": {page.csrf(t)}, "do": {"factor-confirm"}, "cod": {code[:3] + " " + code[3:]}})
	on.want(t, http.StatusOK, "este pornit", "10 coduri de rezervă", "Pornit din 23.11.2026")
	for _, m := range recoveryShown.FindAllStringSubmatch(on.body, -1) {
		recovery = append(recovery, m[1])
	}
	if len(recovery) != recoveryCodes {
		t.Fatalf("%d recovery codes are shown, want %d", len(recovery), recoveryCodes)
	}
	return w, b, phone, recovery
}

func readSecret(t *testing.T, a answer) []byte {
	t.Helper()
	m := secretShown.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("no secret is shown:\n%s", a.body)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(m[1], " ", ""))
	if err != nil || len(secret) != totpSecret {
		t.Fatalf("the secret %q: %v", m[1], err)
	}
	return secret
}

func (b *browser) code(t *testing.T, code string) answer {
	t.Helper()
	return b.post("/intrare/cod", url.Values{"csrf": {b.get("/intrare").csrf(t)}, "cod": {code}, "inapoi": {"/s/a/"}})
}

func TestWithCodesThePasswordAloneOpensNothing(t *testing.T) {
	w, _, phone, _ := withCodes(t)
	b := w.browser()
	b.login(t, "ana@das.example", testPassword).want(t, http.StatusOK, "Codul din aplicație")
	if a := b.get("/s/a/"); !strings.HasPrefix(a.url, loginPath) {
		t.Errorf("before the code, the site's page leads to %s", a.url)
	}
	b.code(t, "000000").want(t, http.StatusUnauthorized, "nu este corect")
	// The code that turned it on was taken: who saw it on the screen cannot use it.
	b.code(t, phone.code()).want(t, http.StatusUnauthorized, "folosit deja")
	w.clock.advance(totpStep * time.Second)
	code := phone.code()
	b.code(t, code).want(t, http.StatusOK, "Cereri de locuințe a")

	other := w.browser()
	other.login(t, "ana@das.example", testPassword)
	other.code(t, code).want(t, http.StatusUnauthorized)
	w.browser().login(t, "ana@das.example", "nu este parola").want(t, http.StatusUnauthorized, "nu este corectă")
	w.browser().get("/intrare/cod").want(t, http.StatusOK, "Parola") // nobody has shown a password there
	w.browser().code(t, phone.code()).want(t, http.StatusUnauthorized, "Intrați din nou")
}

func TestALoginThatWaitsForItsCodeEnds(t *testing.T) {
	w, owner, phone, _ := withCodes(t)
	late := w.browser()
	late.login(t, "ana@das.example", testPassword)
	w.clock.advance(halfLoginLife)
	late.code(t, phone.code()).want(t, http.StatusUnauthorized, "Intrați din nou")

	stolen := w.browser()
	stolen.login(t, "ana@das.example", testPassword)
	page := owner.get("/cont")
	owner.post("/cont", url.Values{"csrf": {page.csrf(t)}, "do": {"password"}, "actuala": {testPassword},
		"parola": {"altă parolă destul de lungă"}, "parola2": {"altă parolă destul de lungă"}}).want(t, http.StatusOK, "a fost schimbată")
	stolen.code(t, phone.code()).want(t, http.StatusUnauthorized, "Intrați din nou")
}

func TestANewLinkDoesNotStandInForACode(t *testing.T) {
	w, _, phone, _ := withCodes(t)
	inv, err := w.NewLink(t.Context(), "ana@das.example")
	if err != nil {
		t.Fatal(err)
	}
	link := strings.TrimPrefix(inv.Link, w.server.URL)
	b := w.browser()
	b.post(link, passwords(b.get(link).csrf(t), "o parolă nouă și lungă")).want(t, http.StatusOK, "Codul din aplicație")
	w.clock.advance(totpStep * time.Second)
	b.code(t, phone.code()).want(t, http.StatusOK, "Cereri de locuințe a")
}

func TestRecoveryCodesWorkOnceAndAreKeptAsHashes(t *testing.T) {
	w, _, _, recovery := withCodes(t)
	for _, want := range []int{http.StatusOK, http.StatusUnauthorized} {
		b := w.browser()
		b.login(t, "ana@das.example", testPassword)
		b.code(t, strings.ToUpper(recovery[3])).want(t, want)
	}
	b := w.browser()
	b.login(t, "ana@das.example", testPassword)
	b.code(t, recovery[4]).want(t, http.StatusOK, "Cereri de locuințe a")
	b.get("/cont").want(t, http.StatusOK, "8 coduri de rezervă")
	for _, code := range recovery {
		var n int
		if err := w.db.reader.QueryRow(`SELECT count(*) FROM recovery_codes WHERE hash IN (CAST(? AS blob), CAST(? AS blob))`,
			code, strings.ReplaceAll(code, "-", "")).Scan(&n); err != nil || n != 0 {
			t.Errorf("a recovery code stands in the database: %v", err)
		}
	}
}

func TestWithCodesProgramsNeedAnAppPassword(t *testing.T) {
	w, _, _, _ := withCodes(t)
	app, err := w.newAppPassword("ana@das.example", "laptop")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]int{testPassword: http.StatusUnauthorized, app: http.StatusMultiStatus} {
		r := w.request("PROPFIND", "/s/a/", nil)
		r.Header.Set("Depth", "0")
		r.SetBasicAuth("ana@das.example", password)
		w.browser().do(r).want(t, want)
	}
}

func TestGuessingCodesIsSlowedDownAndLeavesTheOwnersSessionAlone(t *testing.T) {
	w, owner, phone, _ := withCodes(t)
	b := w.browser()
	b.login(t, "ana@das.example", testPassword)
	status := 0
	for range 9 {
		status = b.code(t, "000000").status
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("the ninth wrong code: status %d", status)
	}
	w.clock.advance(totpStep * time.Second)
	b.code(t, phone.code()).want(t, http.StatusTooManyRequests) // not even looked at
	owner.get("/s/a/").want(t, http.StatusOK)
	w.clock.advance(2 * time.Minute)
	b.code(t, phone.code()).want(t, http.StatusOK, "Cereri de locuințe a")

	// From many places at once, the address is what counts.
	guard := newCodeGuard(w.clock.now)
	tries := 0
	for i := range 500 {
		if _, ok := guard.try(strings.Repeat("x", i+1), "ana@das.example"); ok {
			tries++
		}
	}
	if tries != 20 {
		t.Errorf("%d codes could be tried at once from many places, want 20", tries)
	}
}

func TestCodesAreTurnedOffWithThePassword(t *testing.T) {
	w, b, _, _ := withCodes(t)
	csrf := b.get("/cont").csrf(t)
	b.post("/cont", url.Values{"csrf": {csrf}, "do": {"factor"}}).want(t, http.StatusConflict, "pornit deja")
	b.post("/cont", url.Values{"csrf": {csrf}, "do": {"factor-confirm"}, "cod": {"123456"}}).want(t, http.StatusConflict, "pornit deja")
	b.post("/cont", url.Values{"csrf": {csrf}, "do": {"factor-end"}, "actuala": {"nu este parola"}}).want(t, http.StatusUnprocessableEntity, "nu este corectă")
	w.browser().login(t, "ana@das.example", testPassword).want(t, http.StatusOK, "Codul din aplicație")
	b.post("/cont", url.Values{"csrf": {csrf}, "do": {"factor-end"}, "actuala": {testPassword}}).want(t, http.StatusOK, "este oprit", "Pregătește codul")
	w.browser().login(t, "ana@das.example", testPassword).want(t, http.StatusOK, "Site-urile mele")
}

// What "registratura account reset-totp" does, beside a running extranet.
func TestITTurnsOffTheCodesOfWhoLostThem(t *testing.T) {
	w, owner, _, _ := withCodes(t)
	half := w.browser()
	half.login(t, "ana@das.example", testPassword).want(t, http.StatusOK, "Codul din aplicație")
	noted := 0
	note := func() error { noted++; return nil }
	for _, c := range []struct {
		address string
		want    error
	}{{"nimeni@das.example", intake.ErrNoSuchAccount}, {stageHand, intake.ErrNoSuchAccount}} {
		if err := ResetSecondFactor(w.config.Dir, c.address, note); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.address, err, c.want)
		}
	}
	broken := errors.New("the records cannot be written")
	if err := ResetSecondFactor(w.config.Dir, "ana@das.example", func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("without records: %v", err)
	}
	w.browser().login(t, "ana@das.example", testPassword).want(t, http.StatusOK, "Codul din aplicație") // as before
	owner.get("/").want(t, http.StatusOK, "Site-urile mele")

	if err := ResetSecondFactor(w.config.Dir, " Ana@das.example", note); err != nil {
		t.Fatal(err)
	}
	if noted != 1 {
		t.Errorf("noted %d times", noted)
	}
	if a := owner.get("/"); a.url != loginPath {
		t.Errorf("a session from before leads to %s", a.url)
	}
	w.browser().login(t, "ana@das.example", testPassword).want(t, http.StatusOK, "Site-urile mele")
	if err := ResetSecondFactor(w.config.Dir, "ana@das.example", note); !errors.Is(err, ErrNoSecondFactor) {
		t.Errorf("a second time: %v", err)
	}
	if err := ResetSecondFactor(t.TempDir(), "ana@das.example", note); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("where there is no extranet: %v", err)
	}
}

func TestTurningCodesOnEndsSessionsThatBeganWithoutThem(t *testing.T) {
	w := newWorld(t)
	w.site("a")
	w.member("a", "ana@das.example", allRights)
	here, elsewhere := w.loggedIn("ana@das.example"), w.loggedIn("ana@das.example")
	csrf := here.get("/cont").csrf(t)
	secret := readSecret(t, here.post("/cont", url.Values{"csrf": {csrf}, "do": {"factor"}}))
	elsewhere.get("/s/a/").want(t, http.StatusOK)
	here.post("/cont", url.Values{"csrf": {csrf}, "do": {"factor-confirm"}, "cod": {app{w, secret}.code()}}).want(t, http.StatusOK)
	here.get("/s/a/").want(t, http.StatusOK)
	if a := elsewhere.get("/s/a/"); !strings.HasPrefix(a.url, loginPath) {
		t.Errorf("a session from before goes on, at %s", a.url)
	}
}

func TestPagesOfCodesAreSoundInABrowser(t *testing.T) {
	for _, window := range windows {
		t.Run(window.name, func(t *testing.T) {
			w := newWorld(t)
			w.site("a")
			w.member("a", "ana@das.example", allRights)
			b := w.tab(window.name, window.width, window.height, window.extra...)
			token, err := w.newSession(person{address: "ana@das.example"})
			if err != nil {
				t.Fatal(err)
			}
			b.open("/intrare")
			b.run(setCookie(w, string(token)))
			b.open("/cont")
			b.press(`input[value="factor"] ~ button`)
			b.wantText("scrieți în ea această cheie")
			b.look("account-code-setup")
			f, err := w.secondFactorOf(w.db.reader, "ana@das.example")
			if err != nil {
				t.Fatal(err)
			}
			phone := app{w, f.secret}
			b.run(fill("#cod", phone.code()))
			b.press(`input[value="factor-confirm"] ~ button`)
			b.wantText("Notați acum codurile de rezervă")
			b.look("account-code-on")
			b.press(".top button")
			b.run(fill("#adresa", "ana@das.example"), fill("#parola", testPassword))
			b.press("main button")
			b.wantText("Codul din aplicație")
			b.look("code")
			w.clock.advance(totpStep * time.Second)
			b.run(fill("#cod", phone.code()))
			b.press("main button")
			b.wantText("Site-urile mele")
		})
	}
}
