package extranet

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/forms"
	"registratura/intake"
)

func TestNoPathLeadsOutOfASite(t *testing.T) {
	w := stage(t)
	w.member("a", "om@das.example", allRights)
	outside := filepath.Join(w.config.Dir, "..", "evadat.txt")
	for _, p := range []string{
		"/s/a/../b/x.txt", "/s/a/%2e%2e/b/x.txt", "/s/a/..%2fb/x.txt", "/s/a/dosar/../../b/x.txt", "/s/a/..%5cevadat.txt",
		"/s/a/%2e%2e/%2e%2e/%2e%2e/%2e%2e/evadat.txt", "/s/a/./x.txt", "/s/a/x%00.txt", "/s/a/x%0a.txt", "/s/../s/b/x.txt", "/s/%2e%2e/x.txt", "/s//x.txt",
		"/s/a/" + strings.Repeat("n", 300), "/s/a/" + strings.Repeat("n/", 100) + "x.txt", "/s/a/%e2%80%aefdp.exe", "/s/a/%ff.txt",
	} {
		for _, method := range []string{"PUT", "GET", "DELETE", "MKCOL", "PROPFIND"} {
			r := w.request(method, "/", strings.NewReader("x"))
			r.URL.Opaque = strings.Replace(w.server.URL, "http:", "", 1) + p // as it is, not tidied up
			r.Header.Set("Depth", "0")
			r.Header.Set("Accept", "*/*")
			r.SetBasicAuth("om@das.example", testPassword)
			if a := w.browser().do(r); a.status < 400 {
				t.Errorf("%s %s: status %d", method, p, a.status)
			}
		}
		for _, destination := range []string{p, w.server.URL + p} {
			r := w.request("COPY", "/s/a/plin.txt", nil)
			r.Header.Set("Destination", destination)
			r.SetBasicAuth("om@das.example", testPassword)
			if a := w.browser().do(r); a.status < 400 {
				t.Errorf("COPY to %s: status %d", destination, a.status)
			}
		}
	}
	if _, err := os.Stat(outside); err == nil {
		t.Error("a file was written outside")
	}
	var n int
	if err := w.db.reader.QueryRow(`SELECT count(*) FROM nodes WHERE site_id = 'b'`).Scan(&n); err != nil || n != 1 {
		t.Errorf("site b has %d nodes, want its root alone (%v)", n, err)
	}
}

func TestNamesFromFormsAreNames(t *testing.T) {
	w := stage(t)
	b := &pageTry{browser: w.loggedIn(stageHand)}
	b.csrf = b.get("/").csrf(t)
	for _, name := range []string{"..", ".", "a/b", `a\b`, "", "x\x00y", "\u202egpj.exe"} {
		if a := b.form("/s/a/?do=mkdir", "nume", name); a.status != http.StatusBadRequest {
			t.Errorf("a folder named %q: status %d", name, a.status)
		}
	}
	// Browsers send a name alone; what some send before it is not a folder of ours.
	b.upload("/s/a/?do=upload", `C:\Users\Ana\..\raport.txt`, "x").want(t, http.StatusOK, "raport.txt")
	// NFC and NFD are one name: macOS sends the latter.
	b.upload("/s/a/?do=upload", "anexa\u0306.txt", "x").want(t, http.StatusOK, "anexă.txt")
	if got := w.content("/anexă.txt"); got != "x" {
		t.Errorf("the file in NFC says %q", got)
	}
	if a := b.dav("GET", "/s/a/"+url.PathEscape("anexa\u0306.txt"), stageHand); a.status != http.StatusOK {
		t.Errorf("the file in NFD: status %d", a.status)
	}
}

func TestNamesAreDataOnPages(t *testing.T) {
	w := stage(t)
	evil := `<img src=x onerror=alert(1)>"'&.html`
	w.put("/"+evil, "<script>alert(1)</script>")
	b := w.loggedIn(stageHand)
	page := b.get("/s/a/")
	if strings.Contains(page.body, "<img") {
		t.Error("a name is not escaped")
	}
	file := b.get("/s/a/" + url.PathEscape(evil))
	file.want(t, http.StatusOK, "<script>")
	if got := file.header.Get("Content-Type"); got != "application/octet-stream" {
		t.Errorf("HTML is served as %s", got)
	}
}

func TestDownloadsCannotRunInOurOrigin(t *testing.T) {
	w := stage(t)
	for _, name := range []string{"a.html", "a.svg", "a.xml", "a.js", "a.pdf", "a.txt", "fără extensie", "a.xhtml", "a.HTM", "a.shtml", "a.mht", "a.swf"} {
		w.put("/"+name, "<html><script>alert(1)</script></html>")
		path := "/s/a/" + url.PathEscape(name)
		for who, a := range map[string]answer{"page": w.loggedIn(stageHand).get(path), "WebDAV": w.browser().dav("GET", path, stageHand)} {
			a.want(t, http.StatusOK)
			h := a.header
			if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("X-Content-Type-Options") != "nosniff" ||
				!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("%s over %s: %v", name, who, h)
			}
			for _, active := range []string{"html", "xml", "svg", "javascript"} {
				if strings.Contains(h.Get("Content-Type"), active) {
					t.Errorf("%s over %s is served as %s", name, who, h.Get("Content-Type"))
				}
			}
		}
	}
}

func TestPagesHaveAPolicyWithoutInlineScript(t *testing.T) {
	w := stage(t)
	b := w.loggedIn(stageHand)
	for _, path := range []string{"/", "/s/a/", "/s/a/?vezi=cos", "/s/a/?vezi=despre", "/s/a/plin.txt?vezi=modifica", "/cont", "/link-nou", "/nimic"} {
		a := b.get(path)
		policy := a.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "script-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		for _, inline := range []string{"<script>", " onclick=", " onload=", " style=", "javascript:"} {
			if strings.Contains(a.body, inline) {
				t.Errorf("%s has %s in it", path, inline)
			}
		}
		if got := a.header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s may be kept: %q", path, got)
		}
	}
}

func TestAnUploadThatBreaksOffLeavesNothing(t *testing.T) {
	w := stage(t)
	for _, body := range []string{"Content-Length: 100\r\n\r\nabcdef", "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n"} {
		connection, err := net.Dial("tcp", w.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		r := w.request(http.MethodPut, "/s/a/plin.txt", nil)
		r.SetBasicAuth(stageHand, testPassword)
		fmt.Fprintf(connection, "PUT /s/a/plin.txt HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\n%s", r.URL.Host, r.Header.Get("Authorization"), body)
		waitUntil(t, func() bool { return w.leftovers() == 1 }) // it is being received
		connection.Close()
		waitUntil(t, func() bool { return w.leftovers() == 0 })
	}
	if got := w.content("/plin.txt"); got != "plin" {
		t.Errorf("the file says %q", got)
	}
	w.checkTidy()
}

// waitUntil waits for what a server does after its client has gone.
func waitUntil(t *testing.T, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !f(); {
		if time.Now().After(deadline) {
			t.Fatal("it does not come to pass")
		}
		time.Sleep(time.Millisecond)
	}
}

func (w *world) leftovers() int {
	left, err := os.ReadDir(filepath.Join(w.config.Dir, incomingDir))
	if err != nil {
		w.t.Fatal(err)
	}
	return len(left)
}

// checkTidy compares rows and disk: every row has its whole content, nothing
// on disk is without a row, and the space used adds up.
func (w *world) checkTidy() {
	w.t.Helper()
	checkTidy(w.t, w.Extranet)
	if n := w.leftovers(); n != 0 {
		w.t.Errorf("%d unfinished files are left", n)
	}
}

func checkTidy(t *testing.T, x *Extranet) {
	t.Helper()
	rows, err := x.db.reader.Query(`SELECT site_id, name, blob, size, sha256 FROM nodes WHERE kind = 'file'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	blobs, used := map[string]int{}, map[string]int64{}
	for rows.Next() {
		var site, name, blob string
		var size int64
		var sum []byte
		if err := rows.Scan(&site, &name, &blob, &size, &sum); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(x.config.Dir, filesDir, site, blob))
		if err != nil {
			t.Errorf("%s has no content: %v", name, err)
			continue
		}
		if got := sha256.Sum256(content); int64(len(content)) != size || !bytes.Equal(got[:], sum) {
			t.Errorf("%s has %d bytes that differ from its row", name, len(content))
		}
		blobs[site]++
		used[site] += size
	}
	sites, err := os.ReadDir(filepath.Join(x.config.Dir, filesDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, site := range sites {
		onDisk, err := os.ReadDir(filepath.Join(x.config.Dir, filesDir, site.Name()))
		if err != nil || len(onDisk) != blobs[site.Name()] {
			t.Errorf("site %s has %d files on disk and %d rows (%v)", site.Name(), len(onDisk), blobs[site.Name()], err)
		}
		var recorded int64
		if err := x.db.reader.QueryRow(`SELECT used_bytes FROM sites WHERE id = ?`, site.Name()).Scan(&recorded); err != nil || recorded != used[site.Name()] {
			t.Errorf("site %s is said to use %d bytes and uses %d (%v)", site.Name(), recorded, used[site.Name()], err)
		}
	}
}

func TestTheQuotaHolds(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SiteQuota, c.MaxFile = 1000, 600 })
	w.site("a")
	w.member("a", stageHand, allRights)
	put := func(name string, size int) int {
		r := w.request(http.MethodPut, "/s/a/"+name, strings.NewReader(strings.Repeat("x", size)))
		r.SetBasicAuth(stageHand, testPassword)
		return w.browser().do(r).status
	}
	for _, c := range []struct {
		name       string
		size, want int
	}{{"a", 601, 413}, {"a", 600, 201}, {"b", 401, 507}, {"b", 400, 201}, {"c", 1, 507}, {"gol", 0, 201}} {
		if got := put(c.name, c.size); got != c.want {
			t.Errorf("%d bytes as %s: status %d, want %d", c.size, c.name, got, c.want)
		}
	}
	b := &pageTry{browser: w.loggedIn(stageHand)}
	b.csrf = b.get("/").csrf(t)
	b.upload("/s/a/?do=upload", "d", "x").want(t, http.StatusInsufficientStorage, "Nu mai este loc")
	// The bin counts until it is emptied.
	b.dav("DELETE", "/s/a/a", stageHand).want(t, http.StatusNoContent)
	if got := put("c", 1); got != 507 {
		t.Errorf("with a full bin: status %d", got)
	}
	b.form("/s/a/?do=purge", "id", w.binned("a")).want(t, http.StatusOK)
	if got := put("c", 500); got != 201 {
		t.Errorf("with an empty bin: status %d", got)
	}
	w.checkTidy()
}

func TestAFullDiskIsSaidAndLeavesNothingBehind(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	w.site("a")
	w.member("a", stageHand, allRights)
	w.put("/plin.txt", "plin")
	var pages int
	if err := w.db.writer.QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := w.db.writer.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages)); err != nil {
		t.Fatal(err)
	}
	b := &pageTry{browser: w.loggedIn(stageHand)}
	b.csrf = b.get("/").csrf(t)
	status := 0
	for i := 0; status != http.StatusInsufficientStorage && i < 500; i++ {
		r := w.request(http.MethodPut, fmt.Sprintf("/s/a/%s %d.txt", strings.Repeat("nume lung ", 15), i), strings.NewReader("x"))
		r.SetBasicAuth(stageHand, testPassword)
		a := w.browser().do(r)
		if status = a.status; status != http.StatusCreated {
			a.want(t, http.StatusInsufficientStorage, "Nu mai este loc pe server")
		}
	}
	if status != http.StatusInsufficientStorage {
		t.Errorf("with a full database: status %d", status)
	}
	b.upload("/s/a/?do=upload", strings.Repeat("n", 200), "x").want(t, http.StatusInsufficientStorage, "Nu mai este loc pe server")
	if !strings.Contains(log.String(), "full") {
		t.Errorf("IT is not told: %s", log.String())
	}
	if err := w.EnsureMember(t.Context(), "a", intake.Member{Name: strings.Repeat("n", 9000), Address: "ana@das.example", Side: intake.PartnerSide, Rights: allRights}); err == nil {
		t.Error("a member was made in a full database")
	}
	if m, err := w.Members(t.Context(), "a"); err != nil || len(m) != 1 {
		t.Errorf("the members are %v (%v)", m, err)
	}
	if _, err := w.db.writer.Exec(`PRAGMA max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	w.checkTidy()

	u, err := w.beginUpload(visitor{"a", stageHand}, []string{"nou.txt"})
	if err != nil {
		t.Fatal(err)
	}
	defer u.abandon()
	u.in.file.Close()
	if u.in.file, err = os.OpenFile("/dev/full", os.O_WRONLY, 0); err != nil {
		t.Skip(err)
	}
	_, err = u.in.ReadFrom(strings.NewReader("x"))
	if got := w.refusalFor(w.request(http.MethodPut, "/", nil), u.explain(err)); got != errNoSpace {
		t.Errorf("a full disk is told as %v", got)
	}
}

func TestWhatIsOverwrittenOrDeletedCanBePutBack(t *testing.T) {
	w := stage(t)
	b := &pageTry{browser: w.loggedIn(stageHand)}
	b.csrf = b.get("/").csrf(t)
	b.upload("/s/a/?do=upload", "plin.txt", "mai nou", "inlocuieste", "1").want(t, http.StatusOK)
	b.form("/s/a/?do=restore", "id", w.binned("plin.txt")).want(t, http.StatusOK, "A fost pus la loc")
	if a, c := w.content("/plin.txt"), w.content("/plin (2).txt"); a != "mai nou" || c != "plin" {
		t.Errorf("the files say %q and %q", a, c)
	}
	// A file goes back to the main folder when its own is in the bin.
	b.form("/s/a/dosar/?do=delete", "nume", "in.txt").want(t, http.StatusOK, "în coș")
	in := w.binned("in.txt")
	b.form("/s/a/?do=delete", "nume", "dosar").want(t, http.StatusOK)
	b.form("/s/a/?do=restore", "id", in).want(t, http.StatusOK)
	if got := w.content("/in.txt"); got != "in" {
		t.Errorf("the file says %q", got)
	}
	// Nothing of another site's can be put back or deleted for good here.
	stranger := &pageTry{browser: w.loggedIn("strain@das.example")}
	stranger.csrf = stranger.get("/").csrf(t)
	stranger.form("/s/b/?do=restore", "id", w.binned("sters.txt")).want(t, http.StatusNotFound)
	stranger.form("/s/b/?do=purge", "id", w.binned("sters.txt")).want(t, http.StatusNotFound)
	w.checkTidy()
	w.clock.advance(31 * 24 * time.Hour)
	if err := w.Housekeep(); err != nil {
		t.Fatal(err)
	}
	if w.binned("sters.txt") != "" {
		t.Error("the bin was not emptied after 30 days")
	}
	w.checkTidy()
}

func TestAFileThatIsOpenOverWebDAVIsLeftAloneByPages(t *testing.T) {
	w := stage(t)
	r := w.request("LOCK", "/s/a/dosar/in.txt", strings.NewReader(lockBody))
	r.SetBasicAuth(stageHand, testPassword)
	locked := w.browser().do(r)
	locked.want(t, http.StatusOK, "activelock")
	w.member("a", "om@das.example", allRights)
	b := &pageTry{browser: w.loggedIn("om@das.example")}
	b.csrf = b.get("/").csrf(t)
	b.form("/s/a/dosar/?do=delete", "nume", "in.txt").want(t, http.StatusLocked, "deschis acum")
	b.form("/s/a/?do=delete", "nume", "dosar").want(t, http.StatusLocked)
	b.form("/s/a/dosar?do=move", "nume", "altul", "dosar", "/").want(t, http.StatusUnprocessableEntity, "deschis acum")
	b.upload("/s/a/dosar/?do=upload", "in.txt", "x", "inlocuieste", "1").want(t, http.StatusLocked)
	b.dav("DELETE", "/s/a/dosar/in.txt", "om@das.example").want(t, http.StatusLocked)

	token := locked.header.Get("Lock-Token")
	for _, c := range []struct {
		address string
		header  string
		status  int
	}{
		{"om@das.example", "(" + token + ")", http.StatusLocked},                                         // of another
		{"om@das.example", "<" + w.server.URL + "/s/a/plin.txt> (Not <DAV:no-lock>)", http.StatusLocked}, // true, of something else
		{stageHand, "(" + token + ")", http.StatusNoContent},
	} {
		r := w.request(http.MethodDelete, "/s/a/dosar/in.txt", nil)
		r.Header.Set("If", c.header)
		r.SetBasicAuth(c.address, testPassword)
		if a := w.browser().do(r); a.status != c.status {
			t.Errorf("%s with If: %s: status %d, want %d", c.address, c.header, a.status, c.status)
		}
	}
}

func TestALockEnds(t *testing.T) {
	w := stage(t)
	r := w.request("LOCK", "/s/a/plin.txt", strings.NewReader(lockBody))
	r.Header.Set("Timeout", "Infinite, Second-4100000000")
	r.SetBasicAuth(stageHand, testPassword)
	w.browser().do(r).want(t, http.StatusOK, "Second-3600")
	w.browser().dav("DELETE", "/s/a/plin.txt", stageHand).want(t, http.StatusLocked)
	w.clock.advance(time.Hour)
	w.browser().dav("DELETE", "/s/a/plin.txt", stageHand).want(t, http.StatusNoContent)
}

func TestAPartOfAFileIsNotTakenForTheWhole(t *testing.T) {
	w := stage(t)
	r := w.request(http.MethodPut, "/s/a/plin.txt", strings.NewReader("in"))
	r.Header.Set("Content-Range", "bytes 2-3/4")
	r.SetBasicAuth(stageHand, testPassword)
	w.browser().do(r).want(t, http.StatusBadRequest)
	if got := w.content("/plin.txt"); got != "plin" {
		t.Errorf("the file says %q", got)
	}
}

func TestNotesOfFileManagersAreNotShownOnPages(t *testing.T) {
	w := stage(t)
	for _, name := range []string{"._plin.txt", ".DS_Store", "Thumbs.db", "desktop.ini"} {
		w.put("/dosar/"+name, "x")
	}
	w.loggedIn(stageHand).get("/s/a/dosar/").want(t, http.StatusOK, "1 element<", "in.txt")
	if list := w.browser().dav("PROPFIND", "/s/a/dosar/", stageHand); !strings.Contains(list.body, ".DS_Store") {
		t.Error("file managers do not find their notes again")
	}
}

func TestChangesCanBeMadeToDependOnTheVersion(t *testing.T) {
	w := stage(t)
	etag := w.browser().dav("GET", "/s/a/plin.txt", stageHand).header.Get("ETag")
	put := func(path, name, value string) int {
		r := w.request(http.MethodPut, path, strings.NewReader("nou"))
		r.Header.Set(name, value)
		r.SetBasicAuth(stageHand, testPassword)
		return w.browser().do(r).status
	}
	for _, c := range []struct {
		path, name, value string
		want              int
	}{
		{"/s/a/plin.txt", "If-None-Match", "*", 412},
		{"/s/a/plin.txt", "If-Match", `"other"`, 412},
		{"/s/a/lipsa.txt", "If-Match", "*", 412},
		{"/s/a/plin.txt", "If-Match", etag, 201},
		{"/s/a/plin.txt", "If-Match", etag, 412}, // it is another version now
		{"/s/a/lipsa.txt", "If-None-Match", "*", 201},
	} {
		if got := put(c.path, c.name, c.value); got != c.want {
			t.Errorf("PUT %s with %s: %s: status %d, want %d", c.path, c.name, c.value, got, c.want)
		}
	}
}

func TestTwoHundredUploadsAtOnce(t *testing.T) {
	w := stage(t)
	const uploads = 200
	type result struct {
		name   string
		status int
	}
	done := make(chan result)
	content := func(i int) string { return strings.Repeat(fmt.Sprintf("fișierul %d\n", i), 1+i*7) }
	for i := range uploads {
		go func() {
			name := fmt.Sprintf("f%03d.txt", i%100) // every name twice
			r, _ := http.NewRequest(http.MethodPut, w.server.URL+"/s/a/dosar/"+name, strings.NewReader(content(i)))
			r.SetBasicAuth(stageHand, testPassword)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				done <- result{name, 0}
				return
			}
			response.Body.Close()
			done <- result{name, response.StatusCode}
		}()
	}
	for range uploads {
		if r := <-done; r.status != http.StatusCreated {
			t.Errorf("%s: status %d", r.name, r.status)
		}
	}
	for i := range 100 {
		got := w.content(fmt.Sprintf("/dosar/f%03d.txt", i))
		if got != content(i) && got != content(i+100) {
			t.Errorf("file %d is neither of the two that were sent", i)
		}
	}
	w.checkTidy()
}

func TestAnArchiveHoldsAFolder(t *testing.T) {
	w := stage(t)
	w.put("/dosar/ședință.txt", "ș")
	a := w.loggedIn(stageHand).get("/s/a/?vezi=arhiva")
	a.want(t, http.StatusOK)
	archive, err := zip.NewReader(strings.NewReader(a.body), int64(len(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range archive.File {
		names = append(names, f.Name)
	}
	if want := []string{"dosar/", "dosar/in.txt", "dosar/ședință.txt", "altul.txt", "gol.txt", "plin.txt"}; !slices.Equal(names, want) {
		t.Errorf("the archive holds %q, want %q", names, want)
	}
}

func TestAnExportIsWholeOrFails(t *testing.T) {
	w := stage(t)
	if err := w.CloseSite(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	manifest, err := w.ExportSite(t.Context(), "a", &b)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range manifest {
		file, err := archive.Open(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(file)
		sum := sha256.Sum256(content)
		if hex.EncodeToString(sum[:]) != f.SHA256 || int64(len(content)) != f.Size || f.ModifiedBy != stageHand {
			t.Errorf("%s is not as the manifest says: %+v", f.Path, f)
		}
	}
	if len(manifest) != 4 {
		t.Errorf("the manifest has %d files, want 4", len(manifest))
	}
	// One bit on the disk turns over.
	var blob string
	if err := w.db.reader.QueryRow(`SELECT blob FROM nodes WHERE name = 'plin.txt'`).Scan(&blob); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.config.Dir, filesDir, "a", blob), []byte("plim"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ExportSite(t.Context(), "a", io.Discard); err == nil {
		t.Error("a damaged file was exported as if it were whole")
	}
	if _, err := w.ExportSite(t.Context(), "c", io.Discard); !errors.Is(err, intake.ErrNoSuchSite) {
		t.Errorf("exporting no site: %v", err)
	}
}

func TestASiteIsDeletedOnlyWhenItIsClosed(t *testing.T) {
	w := stage(t)
	if err := w.DeleteSite(t.Context(), "a"); !errors.Is(err, intake.ErrInvalid) {
		t.Errorf("deleting an open site: %v", err)
	}
	if err := w.CloseSite(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.DeleteSite(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(w.config.Dir, filesDir, "a")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("files are left: %v", err)
	}
	for _, table := range []string{"nodes", "members", "journal"} {
		var n int
		if err := w.db.reader.QueryRow(`SELECT count(*) FROM ` + table + ` WHERE site_id = 'a'`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows are left in %s (%v)", n, table, err)
		}
	}
	if _, err := w.Invite(t.Context(), stageHand); !errors.Is(err, intake.ErrNoSuchAccount) {
		t.Errorf("an account without any site is left: %v", err)
	}
	w.site("a") // it can be made anew, empty
	w.member("a", stageHand, allRights)
	w.loggedIn(stageHand).get("/s/a/").want(t, http.StatusOK, "nu sunt încă fișiere")
}

func TestTheJournalSaysWhoDidWhat(t *testing.T) {
	w := newWorld(t)
	w.site("a")
	w.member("a", "ana@das.example", allRights)
	b := &pageTry{browser: w.loggedIn("ana@das.example")}
	b.csrf = b.get("/").csrf(t)
	b.upload("/s/a/?do=upload", "raport.txt", "12345")
	b.form("/s/a/?do=mkdir", "nume", "arhivă")
	b.get("/s/a/raport.txt")
	r := w.request(http.MethodGet, "/s/a/raport.txt", nil)
	r.Header.Set("Range", "bytes=2-3")
	b.do(r).want(t, http.StatusPartialContent, "34")
	b.form("/s/a/raport.txt?do=move", "nume", "raport final.txt", "dosar", "/arhivă")
	b.form("/s/a/arhivă/?do=delete", "nume", "raport final.txt")
	if err := w.reads.close(); err != nil {
		t.Fatal(err)
	}
	list, err := w.Journal(t.Context(), "a", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		if e.Address != "ana@das.example" || !e.At.Equal(w.clock.now()) {
			t.Errorf("entry %+v", e)
		}
		got = append(got, e.Action+" "+e.Path+" "+e.Detail)
	}
	slices.Sort(got)
	want := []string{"delete /arhivă/raport final.txt ", "download /raport.txt 5", "mkdir /arhivă ", "move /raport.txt /arhivă/raport final.txt", "upload /raport.txt 5"}
	if !slices.Equal(got, want) {
		t.Errorf("the journal says\n%q, want\n%q", got, want)
	}
}

func TestTenThousandFilesInAFolderAreListedInPages(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes 10,000 rows")
	}
	w := stage(t)
	now := millis(w.clock.now())
	_, err := w.db.writer.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
		INSERT INTO nodes (site_id, parent_id, name, kind, blob, created_at, created_by, modified_at, modified_by)
		SELECT 'a', (SELECT id FROM nodes WHERE name = 'dosar'), 'document ' || i || '.pdf', 'file', 'b' || i, ?, ?, ?, ? FROM n`,
		now, stageHand, now, stageHand)
	if err != nil {
		t.Fatal(err)
	}
	b := w.loggedIn(stageHand)
	start := time.Now()
	page := b.get("/s/a/dosar/?pagina=3")
	t.Logf("a page of 10,000: %v, %d kB", time.Since(start), len(page.body)/1000)
	page.want(t, http.StatusOK, "10001 elemente", "document 1001.pdf", "document 1500.pdf")
	if strings.Contains(page.body, "document 1501.pdf") {
		t.Error("the page shows more than its part")
	}
	start = time.Now()
	list := b.dav("PROPFIND", "/s/a/dosar/", stageHand)
	t.Logf("PROPFIND of 10,000: %v, %d kB", time.Since(start), len(list.body)/1000)
	if got := strings.Count(list.body, "<D:response>"); got != 10_002 {
		t.Errorf("PROPFIND lists %d", got)
	}
}

func TestAThousandMembersAreReadBackAndListed(t *testing.T) {
	w := stage(t)
	want := []intake.Member{{Name: "Bogdan", Address: stageHand, Side: intake.PartnerSide, Rights: allRights}}
	start := time.Now()
	for i := range 1000 {
		m := intake.Member{Name: fmt.Sprintf("Utilizatorul %d", i), Address: fmt.Sprintf("om%04d@das.example", i), Side: intake.InternalSide,
			Rights: forms.Rights(i%7 + 1)}
		if err := w.EnsureMember(t.Context(), "a", m); err != nil {
			t.Fatal(err)
		}
		want = append(want, m)
	}
	t.Logf("1,000 members made in %v", time.Since(start))
	within := func(what string, do func()) {
		start := time.Now()
		do()
		took := time.Since(start)
		t.Logf("%s with 1,000 members: %v", what, took)
		// Milliseconds in fact; this much is only for something that grows with the square.
		if took > 10*time.Second {
			t.Errorf("%s takes %v", what, took)
		}
	}
	within("Members", func() {
		got, err := w.Members(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("members (-want +got):\n%s", diff)
		}
	})
	b := w.loggedIn(stageHand)
	within("the page of files", func() { b.get("/s/a/").want(t, http.StatusOK, "plin.txt") })
	within("the page about the site", func() {
		page := b.get("/s/a/?vezi=despre")
		page.want(t, http.StatusOK, "om0000@das.example", "om0999@das.example")
		if n := strings.Count(page.body, "@das.example"); n != 1000 {
			t.Errorf("the page lists %d of the members", n)
		}
	})
	within("the list of sites for IT", func() {
		sites, err := w.Sites(t.Context())
		if err != nil || sites[0].Members != 1001 {
			t.Errorf("%+v, %v", sites, err)
		}
	})
}

func TestContextEndsAnExport(t *testing.T) {
	w := stage(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.ExportSite(ctx, "a", io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func execute(query string) func(tx *sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.Exec(query)
		return err
	}
}

// endless is content without an end that takes no memory.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// EXTRANET_LARGE is how many megabytes it sends; 256 are enough to see whether a
// file is kept in memory.
func TestLargeFilesStreamWithoutMemory(t *testing.T) {
	size := int64(256)
	if n, err := strconv.ParseInt(os.Getenv("EXTRANET_LARGE"), 10, 64); err == nil {
		size = n
	}
	size <<= 20
	w := stage(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	r := w.request(http.MethodPut, "/s/a/mare.bin", io.LimitReader(endless{}, size))
	r.SetBasicAuth(stageHand, testPassword)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	uploaded := time.Since(start)
	r = w.request(http.MethodGet, "/s/a/mare.bin", nil)
	r.SetBasicAuth(stageHand, testPassword)
	if response, err = http.DefaultClient.Do(r); err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.Copy(io.Discard, response.Body)
	runtime.ReadMemStats(&after)
	if err != nil || got != size {
		t.Errorf("%d bytes come back, want %d (%v)", got, size, err)
	}
	// All that was ever allocated, password hashing (19 MB) included.
	allocated := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d MB up in %v; %.1f MB allocated", size>>20, uploaded, float64(allocated)/1e6)
	if allocated > 64<<20 {
		t.Errorf("%d MB were allocated for a file of %d MB", allocated>>20, size>>20)
	}
}
