package main

import (
	"database/sql"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"registratura/cmd/registratura/config"
	"registratura/cmd/registratura/play"
	"registratura/forms"
	"registratura/intake"
)

// IT gets in with a link asked for by mail, finds the request that is stuck, mends
// the cause, presses the button, and the site opens.
func TestITHasAStuckRequestTriedAgainOnThePage(t *testing.T) {
	host := embeddedHost(t, nil)
	p := newProgram(t, host, host.IMAPAddr, host.SMTPAddr, "")
	p.start()
	ctx := testContext(t, 2*time.Minute)
	cfg, err := config.Load(p.config)
	if err != nil {
		t.Fatal(err)
	}
	await(t, ctx, "the extranet answers", func() bool {
		resp, err := http.Get(p.url + "/healthz")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil && resp.StatusCode == http.StatusOK
	})
	extranet, err := sql.Open("sqlite3", "file:"+filepath.Join(cfg.SitesDir(), "extranet.db")+"?_busy_timeout=10000")
	if err != nil {
		t.Fatal(err)
	}
	defer extranet.Close()
	// What is granted is not what was approved.
	if _, err := extranet.Exec(`CREATE TRIGGER broken AFTER INSERT ON members BEGIN UPDATE members SET rights = 1; END;
		CREATE TRIGGER broken_again AFTER UPDATE OF rights ON members BEGIN UPDATE members SET rights = 1; END`); err != nil {
		t.Fatal(err)
	}
	people := town(t, host, p)
	file, err := play.Form(play.Request(forms.DateOf(time.Now())))
	if err != nil {
		t.Fatal(err)
	}
	if err := people.Write(ctx, play.Economist, "Cerere", "Atașez cererea.", file); err != nil {
		t.Fatal(err)
	}
	about := func(words string) func(*intake.Message) bool {
		return func(m *intake.Message) bool { return strings.Contains(m.Subject, words) }
	}
	question, err := people.Await(ctx, play.Mayor, "the question", about("nr. 1/"))
	if err != nil {
		t.Fatal(err)
	}
	if err := people.Reply(ctx, play.Mayor, question, "Aprob."); err != nil {
		t.Fatal(err)
	}

	if err := people.Write(ctx, play.IT, "link nou", ""); err != nil {
		t.Fatal(err)
	}
	m, err := people.Await(ctx, play.IT, "the link", about("Linkul cerut"))
	if err != nil {
		t.Fatal(err)
	}
	v := newVisitor(t)
	v.fill(regexp.MustCompile(`https?://\S+/link/[A-Za-z0-9_-]+`).FindString(m.Text), url.Values{"parola": {play.SitePassword}, "parola2": {play.SitePassword}})
	await(t, ctx, "the request is stuck", func() bool {
		return strings.Contains(v.open(p.url+"/it"), "Oprite, așteaptă serviciul IT")
	})
	request, retry := p.url+"/it/cereri/1", url.Values{"do": {"retry"}}
	if page := v.fill(request, retry); !strings.Contains(page, "a fost reluată") { // the cause is still there
		t.Errorf("after the button was pressed the page says\n%s", page)
	}
	await(t, ctx, "the request is stuck again", func() bool {
		return strings.Count(v.open(request), "differences from what was approved") == 2
	})
	if _, err := extranet.Exec(`DROP TRIGGER broken; DROP TRIGGER broken_again`); err != nil {
		t.Fatal(err)
	}
	v.fill(request, retry)
	await(t, ctx, "the site is open", func() bool { return strings.Contains(v.open(p.url+"/it?stare=active"), "nr. 1/") })
	for address, texts := range map[string][]string{
		request:                               {"reluată de IT", "IT (" + play.IT + ")", "site deschis"},
		p.url + "/it/site-uri?cauta=spitalul": {"1 site din 1", "deschis", "4 membri"},
	} {
		page := v.open(address)
		for _, text := range texts {
			if !strings.Contains(page, text) {
				t.Errorf("%s does not say %q:\n%s", address, text, page)
			}
		}
	}
	if _, err := people.Await(ctx, play.Marin, "the access mail", about("Aveți acces")); err != nil {
		t.Error(err)
	}
	p.stop()
}
