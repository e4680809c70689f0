package main

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"registratura/cmd/registratura/play"
	"registratura/intake"
)

// visitor is a person at a browser.
type visitor struct {
	t      *testing.T
	client *http.Client
}

func newVisitor(t *testing.T) visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return visitor{t, &http.Client{Jar: jar}}
}

func (v visitor) page(response *http.Response, err error) string {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		v.t.Fatalf("%s: %s, %v", response.Request.URL.Path, response.Status, err)
	}
	return html.UnescapeString(string(body))
}

func (v visitor) open(address string) string { v.t.Helper(); return v.page(v.client.Get(address)) }

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]*)"`)

// fill opens a page and sends its form.
func (v visitor) fill(address string, form url.Values) string {
	v.t.Helper()
	csrf := csrfField.FindStringSubmatch(v.open(address))
	if csrf == nil {
		v.t.Fatalf("there is no form at %s", address)
	}
	form.Set("csrf", csrf[1])
	return v.page(v.client.PostForm(address, form))
}

// TestITAndTheHeadOfDepartmentSeeWhatWasDone goes the whole way with the real
// binary: IT by a link asked for on the page, the head by a mail.
func TestITAndTheHeadOfDepartmentSeeWhatWasDone(t *testing.T) {
	host := embeddedHost(t, nil)
	p := newProgram(t, host, host.IMAPAddr, host.SMTPAddr, "")
	p.start()
	ctx := testContext(t, 5*time.Minute)
	people := town(t, host, p)
	if err := people.Road(ctx); err != nil {
		t.Fatal(err)
	}

	it := newVisitor(t)
	it.fill(p.url+"/link-nou", url.Values{"adresa": {play.IT}})
	mail, err := people.Await(ctx, play.IT, "the link", func(m *intake.Message) bool { return strings.Contains(m.Text, "/link/") })
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`https?://\S+/link/[A-Za-z0-9_-]+`).FindString(mail.Text)
	it.fill(link, url.Values{"parola": {play.SitePassword}, "parola2": {play.SitePassword}})
	requests := it.open(p.url + "/it")
	for _, want := range []string{"nr. 1/", "site-ul este deschis", "respinsă"} {
		if !strings.Contains(requests, want) {
			t.Errorf("the page of requests does not show %q:\n%s", want, requests)
		}
	}
	story := it.open(p.url + "/it/cereri/1")
	for _, want := range []string{"Aprob.", "aprobată", "SHA-256", "site deschis", play.Marin} {
		if !strings.Contains(story, want) {
			t.Errorf("the page of the request does not show %q:\n%s", want, story)
		}
	}
	if sites := it.open(p.url + "/it/site-uri"); !strings.Contains(sites, "4 membri") {
		t.Errorf("the page of sites:\n%s", sites)
	}

	date := regexp.MustCompile(`nr\. (1/\d\d\.\d\d\.\d{4})`).FindStringSubmatch(story)
	if date == nil {
		t.Fatalf("the page does not tell the number:\n%s", story)
	}
	if err := people.Write(ctx, play.Economist, "Jurnalul site-ului", "Vă rog jurnalul, cererea nr. "+date[1]); err != nil {
		t.Fatal(err)
	}
	journal, err := people.Await(ctx, play.Economist, "the access log", func(m *intake.Message) bool {
		return len(m.Attachments) == 1 && strings.HasSuffix(m.Attachments[0].Name, ".csv")
	})
	if err != nil {
		t.Fatal(err)
	}
	table := string(journal.Attachments[0].Data)
	for _, want := range []string{play.Carmen + ";a încărcat;/raport.txt", play.Carmen + ";a șters (în coș);/raport.txt", play.Elena + ";a încărcat;/raport.txt"} {
		if !strings.Contains(table, want) {
			t.Errorf("the access log does not tell %q:\n%s", want, table)
		}
	}
	p.stop()
}
