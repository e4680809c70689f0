package extranet

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// register is a registry of two requests, and of who had one tried again.
type register struct {
	requests []*intake.Request
	retried  []string
}

const itAddress = "it@primarie.example"

func newRegister() *register {
	at := time.Date(2026, 11, 23, 8, 15, 0, 0, time.UTC)
	request := func(id int64, serial int, status intake.Status, partner string) *intake.Request {
		r := &intake.Request{
			ID: id, Number: intake.Number{Serial: serial, Date: forms.Date{Year: 2026, Month: 11, Day: 23}}, Kind: forms.Create, Status: status,
			From:       intake.Person{Name: "Elena Ionescu", Address: "elena.ionescu@primarie.example"},
			Department: "Direcția Cadastru, Administrare Patrimoniu, Fond Locativ, Transporturi Locale", Proven: "dmarc",
			Submission: forms.Submission{Partner: partner, InfoTypes: "Anchete sociale\nListe de burse <b>și</b> plăți",
				LegalBasis: "Legea nr. 114/1996", ActivationDate: forms.Date{Year: 2026, Month: 12, Day: 15}},
			CreatedAt: at, ChangedAt: at.Add(time.Hour),
		}
		r.Plan = intake.Plan{Site: intake.Site{ID: "das-buzau"}, Members: []intake.Member{
			{Name: "Ana-Maria Ștefănescu", Address: "ana-maria.stefanescu@das-buzau.example", Side: intake.PartnerSide, Rights: forms.RightRead},
			{Name: "Elena Ionescu", Address: "elena.ionescu@primarie.example", Side: intake.InternalSide, Rights: allRights}}}
		r.Decision = &intake.Decision{Verdict: intake.Approve, Approver: intake.Person{Name: "Constantin Popa", Address: "primar@primarie.example"},
			Title: "Primar", Mail: 12, MailHash: strings.Repeat("9f86d081", 8), Evidence: "Aprob. Cu stimă, C. Popa",
			Rule: "an approval phrase and courtesy", Trace: []intake.TraceStep{
				{Part: "text/plain", Line: 1, Text: "Aprob.", Rule: "approve"}, {Part: "text/plain", Line: 2, Text: "Cu stimă, C. Popa", Rule: "courtesy"}},
			Earlier: []intake.Decision{{Verdict: intake.Approve, Approver: intake.Person{Name: "Elena Marin", Address: "viceprimar@primarie.example"},
				Title: "Viceprimar", Evidence: "De acord, aprob.", Origin: "dkim: aligned", At: at.Add(20 * time.Minute)}},
			Origin: "dmarc: the server says dmarc=pass", PlanHash: strings.Repeat("1b4f0e98", 8), At: at.Add(30 * time.Minute)}
		return r
	}
	closing := request(3, 44, intake.StatusReceived, "")
	closing.Kind, closing.Plan, closing.Decision, closing.Proven = forms.Close, intake.Plan{}, nil, ""
	closing.Submission = forms.Submission{Site: "Școala Gimnazială nr. 11", Reason: "s-a încheiat acordul", ArchiveTo: `\\arhiva\2026`}
	return &register{requests: []*intake.Request{closing, request(2, 43, intake.StatusActive, "Școala Gimnazială nr. 11"),
		request(1, 42, intake.StatusStuck, "Direcția de Asistență Socială a Municipiului Buzău – Serviciul de Protecție a Copilului")}}
}

func (g *register) Requests(_ context.Context, status intake.Status, limit int) (list []*intake.Request, err error) {
	for _, r := range g.requests {
		if (status == "" || r.Status == status) && len(list) < limit {
			list = append(list, r)
		}
	}
	return list, nil
}

func (g *register) Counts(context.Context) (map[intake.Status]int, error) {
	counts := map[intake.Status]int{}
	for _, r := range g.requests {
		counts[r.Status]++
	}
	return counts, nil
}

func (g *register) Request(_ context.Context, id int64) (*intake.Request, error) {
	for _, r := range g.requests {
		if r.ID == id {
			return r, nil
		}
	}
	return nil, intake.ErrNotFound
}

func (g *register) Story(context.Context, int64) ([]StoryLine, error) {
	at := time.Date(2026, 11, 23, 8, 15, 0, 0, time.UTC)
	return []StoryLine{{at, "registered", "elena.ionescu@primarie.example", `form "Anexa 1.xlsx"`},
		{at.Add(time.Hour), "stuck", "desk", "2 failures, 0 differences from what was approved"}, {at, "something new", "desk", ""}}, nil
}

func (g *register) Retry(ctx context.Context, id int64, who string) error {
	r, err := g.Request(ctx, id)
	if err != nil {
		return err
	}
	if r.Status != intake.StatusStuck {
		return intake.ErrStatus
	}
	r.Status = intake.StatusProvisioning
	g.retried = append(g.retried, who)
	return nil
}

// withIT gives the extranet people in IT and a registry to show them.
func withIT(g *register) func(*Config) {
	return func(c *Config) {
		c.IT, c.Registry = []intake.Person{{Name: "Serviciul TIC", Address: "IT@primarie.example"}}, g
		c.StatusInWords = func(s intake.Status) string {
			if s == intake.StatusStuck {
				return "oprită: site-ul nu a putut fi creat întreg"
			}
			return "în starea " + string(s)
		}
	}
}

func TestITGetsInWithALinkAskedForOnThePageAndStaysWhenItsSitesAreDeleted(t *testing.T) {
	asked := ""
	g := newRegister()
	w := newWorld(t, withIT(g), func(c *Config) {
		c.RequestLink = func(_ context.Context, address string) error { asked = address; return nil }
	})
	b := w.browser()
	b.post("/link-nou", url.Values{"csrf": {b.get("/link-nou").csrf(t)}, "adresa": {itAddress}}).want(t, http.StatusOK)
	if asked != itAddress {
		t.Fatalf("a link was asked for %q", asked)
	}
	w.site("a")
	w.member("a", itAddress, allRights)
	if err := w.CloseSite(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := w.DeleteSite(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	inv, err := w.NewLink(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	link := strings.TrimPrefix(inv.Link, w.server.URL)
	b.post(link, passwords(b.get(link).csrf(t), testPassword)).want(t, http.StatusOK, "Nu sunteți membru al niciunui site", `href="/it"`)
	b.get("/it").want(t, http.StatusOK, "nr. 42/23.11.2026")
	if err := w.makeITAccounts(); err != nil { // as at the next start
		t.Fatal(err)
	}
	w.browser().login(t, itAddress, testPassword).want(t, http.StatusOK, "Site-urile mele")
}

func TestITSeesStuckRequestsFirstWithStoryAndEvidenceAndHasThemTriedAgain(t *testing.T) {
	g := newRegister()
	w := newWorld(t, withIT(g))
	w.site("a")
	b := w.loggedIn(itAddress)
	page := b.get("/it")
	page.want(t, http.StatusOK, "Oprite, așteaptă serviciul IT", "1 cerere", "în starea active", "Închidere: Școala Gimnazială")
	if stuck, other := strings.Index(page.body, "nr. 42/"), strings.Index(page.body, "nr. 44/"); stuck > other {
		t.Error("the stuck request does not stand first")
	}
	filtered := b.get("/it?stare=active")
	filtered.want(t, http.StatusOK, "Cereri: în starea active", "nr. 43/23.11.2026")
	if strings.Contains(filtered.body, "nr. 42/") {
		t.Error("a page of active requests shows a stuck one")
	}
	b.get("/it?stare=nimic").want(t, http.StatusOK, "Nu este nicio cerere aici")

	one := b.get("/it/cereri/1")
	one.want(t, http.StatusOK, "Reia crearea site-ului", "Aprob. Cu stimă, C. Popa", "text/plain, 2: courtesy", "De acord, aprob.", strings.Repeat("9f86d081", 8),
		"Liste de burse &lt;b&gt;și&lt;/b&gt; plăți", "oprită", "2 failures", "something new", "15.12.2026", "citire, scriere și ștergere")
	b.post("/it/cereri/1", url.Values{"csrf": {one.csrf(t)}, "do": {"approve"}}).want(t, http.StatusNotFound)
	b.post("/it/cereri/1", url.Values{"csrf": {one.csrf(t)}, "do": {"retry"}}).want(t, http.StatusOK, "a fost reluată", "în starea provisioning")
	b.post("/it/cereri/1", url.Values{"csrf": {one.csrf(t)}, "do": {"retry"}}).want(t, http.StatusConflict, "nu mai este oprită")
	if want := []string{"IT (it@primarie.example)"}; !slices.Equal(g.retried, want) {
		t.Errorf("tried again by %v, want %v", g.retried, want)
	}
	for _, path := range []string{"/it/cereri/99", "/it/cereri/0", "/it/cereri/x", "/it/cereri/", "/it/cereri/1/2"} {
		b.get(path).want(t, http.StatusNotFound)
	}
	b.get("/it/site-uri").want(t, http.StatusOK, "Cereri de locuințe a", "deschis", "niciodată", "0 membri")
}

func TestPagesForITAreOpenToITAlone(t *testing.T) {
	roles := []struct{ name, address string }{{"nobody", ""}, {"a member with all rights", stageHand},
		{"an account that was in IT before", "fost@primarie.example"}, {"IT", itAddress}}
	for _, c := range []struct {
		name       string
		try        func(b *browser, csrf string) answer
		effect, it int // status for IT
	}{
		{"requests", func(b *browser, _ string) answer { return b.get("/it") }, 0, 200},
		{"one request", func(b *browser, _ string) answer { return b.get("/it/cereri/1") }, 0, 200},
		{"one that is not there", func(b *browser, _ string) answer { return b.get("/it/cereri/99") }, 0, 404},
		{"sites", func(b *browser, _ string) answer { return b.get("/it/site-uri") }, 0, 200},
		{"retry", func(b *browser, csrf string) answer {
			return b.post("/it/cereri/1", url.Values{"csrf": {csrf}, "do": {"retry"}})
		}, 1, 200},
		{"retry without the token", func(b *browser, _ string) answer { return b.post("/it/cereri/1", url.Values{"do": {"retry"}}) }, 0, 403},
	} {
		for _, role := range roles {
			g := newRegister()
			w := newWorld(t, withIT(g))
			w.site("a")
			w.member("a", stageHand, allRights)
			w.member("a", "fost@primarie.example", allRights)
			b, csrf := w.browser(), ""
			if role.address != "" {
				b = w.loggedIn(role.address)
				page := b.get("/")
				csrf = page.csrf(t)
				if shown := strings.Contains(page.body, `href="/it"`); shown != (role.address == itAddress) {
					t.Errorf("%s is shown the way to the pages for IT: %v", role.name, shown)
				}
			}
			a, want, effect := c.try(b, csrf), http.StatusForbidden, 0
			switch role.name {
			case "IT":
				want, effect = c.it, c.effect
			case "nobody":
				want = http.StatusOK // the page for logging in
				if !strings.HasPrefix(a.url, loginPath) || strings.Contains(a.body, "nr. 42") {
					t.Errorf("%s by nobody ends at %s", c.name, a.url)
				}
			}
			if a.status != want {
				t.Errorf("%s by %s: status %d, want %d", c.name, role.name, a.status, want)
			}
			if len(g.retried) != effect {
				t.Errorf("%s by %s: %d requests were tried again, want %d", c.name, role.name, len(g.retried), effect)
			}
		}
	}
}

// Every kind of event that the desk knows has words on the pages for IT.
func TestEveryEventHasWords(t *testing.T) {
	files, err := filepath.Glob("../../*.go")
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`EventKind = "([a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
			kinds++
			if eventWords[m[1]] == "" {
				t.Errorf("%s: event %q has no words", filepath.Base(file), m[1])
			}
		}
	}
	if kinds < 20 {
		t.Errorf("only %d kinds of events were found", kinds)
	}
}

func TestWithoutARegistryThereAreNoPagesForIT(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.IT = []intake.Person{{Address: itAddress}} })
	b := w.loggedIn(itAddress)
	for _, path := range []string{"/it", "/it/cereri/1", "/it/site-uri"} {
		b.get(path).want(t, http.StatusNotFound)
	}
}

func TestPagesForITAreSoundInABrowser(t *testing.T) {
	w := newWorld(t, withIT(newRegister()))
	w.site("a")
	w.member("a", stageHand, allRights)
	w.put("/plin.txt", "plin")
	for _, window := range windows {
		b := w.tab(window.name, window.width, window.height, window.extra...)
		token, err := w.newSession(person{address: itAddress})
		if err != nil {
			t.Fatal(err)
		}
		b.open("/intrare")
		b.run(setCookie(w, string(token)))
		b.open("/")
		b.look("it-home")
		b.open("/it")
		b.wantText("Oprite, așteaptă serviciul IT")
		b.look("it")
		b.open("/it/cereri/1")
		b.wantText("Ce s-a întâmplat")
		b.look("it-request")
		b.open("/it/cereri/3")
		b.look("it-request-close")
		b.open("/it/site-uri")
		b.look("it-sites")
	}
}
