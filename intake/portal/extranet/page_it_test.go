package extranet

import (
	"context"
	"fmt"
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
	one.want(t, http.StatusOK, "Reia cererea", "Aprob. Cu stimă, C. Popa", "text/plain, 2: courtesy", "De acord, aprob.", strings.Repeat("9f86d081", 8),
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

// many is a registry of so many more requests.
func (g *register) many(n int) {
	one := *g.requests[1]
	for i := range n {
		r := one
		r.ID, r.Number.Serial, r.Status = int64(100+i), 100+i, intake.StatusActive
		r.Submission.Partner = fmt.Sprintf("Spitalul nr. %d", i)
		r.Plan.Site.ID = fmt.Sprintf("spitalul-nr-%d", i)
		g.requests = append([]*intake.Request{&r}, g.requests...)
	}
}

func TestITSearchesAndTurnsThePagesOfRequests(t *testing.T) {
	g := newRegister()
	g.many(130)
	w := newWorld(t, withIT(g))
	b := w.loggedIn(itAddress)
	row := regexp.MustCompile(`(?s)<tr role="row">\s*<th role="rowheader" scope="row" class="name"><a href="/it/cereri/(\d+)"`)
	rows := func(path string) (ids []string) {
		t.Helper()
		a := b.get(path)
		a.want(t, http.StatusOK)
		for _, m := range row.FindAllStringSubmatch(a.body, -1) {
			ids = append(ids, m[1])
		}
		return ids
	}
	for _, c := range []struct {
		path        string
		n           int
		first, last string
	}{
		{"/it", 50, "229", "180"},
		{"/it?pagina=2", 50, "179", "130"},
		{"/it?pagina=3", 33, "129", "1"},
		{"/it?pagina=4", 33, "129", "1"}, // the last there is
		{"/it?pagina=-1", 50, "229", "180"},
		{"/it?pagina=x", 50, "229", "180"},
		{"/it?pagina=99999999999999999999", 33, "129", "1"},
		{"/it?stare=active&pagina=3", 31, "129", "2"},
		{"/it?cauta=spitalul", 50, "229", "180"},
		{"/it?cauta=spitalul&pagina=3", 30, "129", "100"},
		{"/it?cauta=SCOALA+gimnaziala", 2, "3", "2"}, // a closing, too; without diacritics
		{"/it?cauta=43%2F23.11.2026", 1, "2", "2"},
		{"/it?cauta=stefanescu+spitalul-nr-7", 11, "179", "107"}, // a member, and 7, 70 … 79
		{"/it?cauta=scoala&stare=active", 1, "2", "2"},
		{"/it?cauta=nimic+asa", 0, "", ""},
		{"/it?cauta=%22%3E%3Cscript%3E", 0, "", ""},
	} {
		ids := rows(c.path)
		if len(ids) != c.n || c.n > 0 && (ids[0] != c.first || ids[len(ids)-1] != c.last) {
			t.Errorf("%s shows %d requests, %v; want %d, from %s to %s", c.path, len(ids), ids, c.n, c.first, c.last)
		}
	}
	b.get("/it").want(t, http.StatusOK, "Oprite, așteaptă serviciul IT", `href="/it?pagina=3"`, "133 de cereri")
	b.get("/it?cauta=spitalul").want(t, http.StatusOK, `href="/it?cauta=spitalul&amp;pagina=2"`, "Cereri găsite", "130 de cereri", `value="spitalul"`, "Renunță la căutare")
	b.get("/it?stare=active").want(t, http.StatusOK, `href="/it?pagina=2&amp;stare=active"`, `name="stare" value="active"`)
	b.get("/it?cauta=%22%3E%3Cscript%3E").want(t, http.StatusOK, "Nicio cerere nu se potrivește cu „&#34;&gt;&lt;script&gt;”")
	for _, path := range []string{"/it?pagina=2", "/it?cauta=a", "/it?stare=active"} {
		if strings.Contains(b.get(path).body, "Oprite, așteaptă") {
			t.Errorf("%s shows the stuck ones above what was asked for", path)
		}
	}
}

func TestITSearchesAndTurnsThePagesOfSites(t *testing.T) {
	w := newWorld(t, withIT(newRegister()))
	for i := range 120 {
		w.site(fmt.Sprintf("site-%03d", i))
	}
	if err := w.EnsureSite(t.Context(), intake.Site{ID: "scoala", Title: "Școala nr. 11"}); err != nil {
		t.Fatal(err)
	}
	if err := w.SuspendSite(t.Context(), "scoala"); err != nil {
		t.Fatal(err)
	}
	b := w.loggedIn(itAddress)
	for path, want := range map[string]int{"": 50, "?pagina=3": 21, "?cauta=Site-00": 10, "?cauta=scoala+11": 1, "?cauta=suspendat": 1, "?cauta=nimic": 0} {
		a := b.get("/it/site-uri" + path)
		a.want(t, http.StatusOK)
		if n := strings.Count(a.body, `<th role="rowheader"`); n != want {
			t.Errorf("%s shows %d sites, want %d", path, n, want)
		}
	}
	b.get("/it/site-uri").want(t, http.StatusOK, "121 de site-uri", `href="/it/site-uri?pagina=3"`)
	b.get("/it/site-uri?cauta=scoala").want(t, http.StatusOK, "1 site din 121", "Școala nr. 11", "suspendat")
	b.get("/it/site-uri?cauta=nimic").want(t, http.StatusOK, "Niciun site nu se potrivește cu „nimic”")
}

func TestITIsToldWhatARequestIs(t *testing.T) {
	g := newRegister()
	g.requests[0].Status = intake.StatusStuck // the closing
	change := *g.requests[1]
	change.ID, change.Number.Serial = 4, 45
	ana, elena := change.Plan.Members[0], change.Plan.Members[1]
	ana.Rights = forms.RightRead | forms.RightWrite
	change.Plan.Replaces = &intake.Former{Number: g.requests[1].Number, Site: change.Plan.Site, Members: []intake.Member{ana,
		{Name: "Fost Membru", Address: "fost@primarie.example", Side: intake.InternalSide, Rights: forms.RightRead}}}
	change.Plan.Members = []intake.Member{change.Plan.Members[0], elena}
	g.requests = append(g.requests, &change)
	w := newWorld(t, withIT(g))
	b := w.loggedIn(itAddress)
	b.get("/it?cauta=45").want(t, http.StatusOK, "Schimbare de acces: Școala Gimnazială nr. 11")
	b.get("/it/cereri/4").want(t, http.StatusOK, "Ce se schimbă față de cererea nr. 43/23.11.2026", "avea citire și scriere; are de acum citire",
		"Fost Membru", "pierde accesul; avea citire", "primește acces: citire, scriere și ștergere", "Cine are acces după schimbare")
	b.get("/it").want(t, http.StatusOK, "nr. 44/23.11.2026</a> · Închidere: Școala Gimnazială nr. 11")
	b.get("/it/cereri/3").want(t, http.StatusOK, "Închidere: Școala", "nu a putut fi salvat și închis", "Reia cererea")
	b.get("/it/cereri/1").want(t, http.StatusOK, "nu a putut fi făcut întreg")
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
		{"search in requests", func(b *browser, _ string) answer { return b.get("/it?cauta=a&pagina=2") }, 0, 200},
		{"search in sites", func(b *browser, _ string) answer { return b.get("/it/site-uri?cauta=a") }, 0, 200},
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
	g := newRegister()
	g.many(500)
	w := newWorld(t, withIT(g))
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
		b.run(fill("#cauta", "scoala"))
		b.press(".search button")
		b.wantText("Școala Gimnazială nr. 11", "2 cereri")
		b.look("it-search")
		b.open("/it?pagina=6")
		b.look("it-page")
		b.open("/it/cereri/1")
		b.wantText("Ce s-a întâmplat")
		b.look("it-request")
		b.open("/it/cereri/3")
		b.look("it-request-close")
		b.open("/it/site-uri")
		b.look("it-sites")
	}
}
