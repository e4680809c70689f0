package extranet

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"registratura/intake"
)

// savedFiles is a link that works, and what was fetched by it.
type savedFiles struct {
	token   string
	found   Download
	fetched []string
}

func (s *savedFiles) Download(_ context.Context, token string) (Download, error) {
	if token != s.token {
		return Download{}, intake.ErrNotFound
	}
	return s.found, nil
}

func (s *savedFiles) Downloaded(_ context.Context, token, file string) error {
	if token != s.token {
		return errors.New("another token")
	}
	s.fetched = append(s.fetched, file)
	return nil
}

func TestSavedFilesAreForWhoHasTheLink(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{"fisiere.zip": "arhiva", "manifest.txt": "<script>", "secret.txt": "nu"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clock := newClock()
	saved := &savedFiles{token: strings.Repeat("a", 32), found: Download{
		Title: "Spitalul <b>Județean</b>", Folder: folder, Files: []string{"fisiere.zip", "manifest.txt"}, Until: clock.now(),
	}}
	config := testConfig(t.TempDir())
	config.Downloads = saved
	x, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	link := strings.TrimPrefix(x.DownloadURL(saved.token), "http://extranet.example")
	if link != "/fisiere/"+saved.token+"/" {
		t.Fatalf("link %s", link)
	}
	tests := []struct {
		name, method, path string
		status             int
		body, disposition  string
	}{
		{"the page lists the files", "GET", link, 200, `href="fisiere.zip"`, ""},
		{"the site's name is only text", "GET", link, 200, "Spitalul &lt;b&gt;Județean&lt;/b&gt;", ""},
		{"a file is an attachment", "GET", link + "fisiere.zip", 200, "arhiva", "attachment"},
		{"a part of a file is sent", "HEAD", link + "fisiere.zip", 200, "", "attachment"},
		{"what is text runs nowhere", "GET", link + "manifest.txt", 200, "<script>", "attachment"},
		{"a file that is not offered is not sent", "GET", link + "secret.txt", 404, "", ""},
		{"nothing outside is sent", "GET", link + "..%2f..%2fetc%2fpasswd", 404, "", ""},
		{"without the slash the page is found", "GET", strings.TrimSuffix(link, "/"), 301, "", ""},
		{"another token finds nothing", "GET", "/fisiere/" + strings.Repeat("b", 32) + "/", 404, "Linkul nu este valabil", ""},
		{"no token finds nothing", "GET", "/fisiere/", 404, "", ""},
		{"nothing can be written", "POST", link, 405, "", ""},
		{"nothing can be put", "PUT", link + "fisiere.zip", 405, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			x.Handler().ServeHTTP(w, httptest.NewRequest(test.method, "http://extranet.example"+test.path, nil))
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.body) {
				t.Errorf("status %d, want %d, with %q:\n%s", w.Code, test.status, test.body, w.Body)
			}
			h := w.Header()
			if !strings.HasPrefix(h.Get("Content-Disposition"), test.disposition) {
				t.Errorf("disposition %q", h.Get("Content-Disposition"))
			}
			if test.disposition != "" && (!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("X-Content-Type-Options") != "nosniff") {
				t.Errorf("headers %v", h)
			}
		})
	}
	if got := strings.Join(saved.fetched, " "); got != "fisiere.zip manifest.txt" {
		t.Errorf("told of %q", got)
	}
	config = testConfig(t.TempDir())
	without, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	defer without.Close()
	w := httptest.NewRecorder()
	without.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://extranet.example"+link, nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("where there are no links: status %d", w.Code)
	}
}
