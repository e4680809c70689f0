package extranet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sender sends one large file in parts, as the script of the pages does.
type sender struct {
	t       *testing.T
	client  *http.Client
	session token
	base    string // of the extranet
	folder  string
	name    string
	content string
	replace bool
}

// post returns the answer to a form or a part; nil: the connection broke.
func (s *sender) post(query string, body io.Reader, contentType string) map[string]any {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.base+s.folder+query, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("X-CSRF", s.session.csrf())
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: string(s.session)})
	response, err := s.client.Do(r)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	var reply map[string]any
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		s.t.Fatal(err)
	}
	return reply
}

func (s *sender) begin() (id string, offset int) {
	s.t.Helper()
	form := url.Values{"nume": {s.name}, "marime": {fmt.Sprint(len(s.content))}, "modificat": {"1"}}
	if s.replace {
		form.Set("inlocuieste", "1")
	}
	reply := s.post("?do=begin", strings.NewReader(form.Encode()), "application/x-www-form-urlencoded")
	id, _ = reply["id"].(string) // there is none while a part is still being received
	at, _ := reply["offset"].(float64)
	return id, int(at)
}

func (s *sender) part(id string, offset int, body io.Reader) map[string]any {
	s.t.Helper()
	return s.post(fmt.Sprintf("?do=part&id=%s&offset=%d", id, offset), body, "application/octet-stream")
}

// send sends the bytes from offset to end, and fails the test unless they are taken.
func (s *sender) send(id string, offset, end int) {
	s.t.Helper()
	reply := s.part(id, offset, strings.NewReader(s.content[offset:end]))
	if at, _ := reply["offset"].(float64); int(at) != end {
		s.t.Fatalf("the part up to %d was answered with %v", end, reply)
	}
}

// finish sends the rest.
func (s *sender) finish(id string, offset int) {
	s.t.Helper()
	reply := s.part(id, offset, strings.NewReader(s.content[offset:]))
	if fmt.Sprint(reply["uploaded"]) != "["+s.name+"]" {
		s.t.Fatalf("the last part was answered with %v", reply)
	}
}

func (w *world) sender(content string) *sender {
	w.t.Helper()
	token, err := w.newSession(person{address: stageHand})
	if err != nil {
		w.t.Fatal(err)
	}
	return &sender{t: w.t, client: http.DefaultClient, session: token, base: w.server.URL, folder: "/s/a/dosar/", name: "mare.bin", content: content}
}

func TestLargeUploadsGoOnWhereTheyBrokeOff(t *testing.T) {
	w := stage(t)
	content := strings.Repeat("0123456789", 100_000)
	s := w.sender(content)
	id, offset := s.begin()
	if offset != 0 {
		t.Fatalf("it begins at %v", offset)
	}
	s.send(id, 0, 300_000)
	if reply := s.part(id, 0, strings.NewReader(content[:10])); reply["offset"] != 300_000. {
		t.Errorf("a part at the wrong place was answered with %v", reply)
	}
	stranger := w.loggedIn("strain@das.example")
	r := w.request(http.MethodPost, "/s/b/?do=part&id="+id+"&offset=3000", strings.NewReader("x"))
	r.Header.Set("X-CSRF", stranger.get("/").csrf(t))
	stranger.do(r).want(t, http.StatusNotFound)

	// The connection breaks in the middle of the next part; what had arrived counts.
	reader, writer := io.Pipe()
	broken := make(chan struct{})
	go func() { defer close(broken); s.part(id, 300_000, reader) }()
	io.WriteString(writer, content[300_000:600_000])
	waitUntil(t, func() bool {
		left, err := filepath.Glob(filepath.Join(w.config.Dir, incomingDir, "*"))
		if err != nil || len(left) != 1 {
			t.Fatal(left, err)
		}
		info, err := os.Stat(left[0])
		return err == nil && info.Size() > 300_000
	})
	writer.CloseWithError(errors.New("broken"))
	<-broken
	waitUntil(t, func() bool { _, offset = s.begin(); return offset > 0 }) // the server has noticed it as well
	if again, _ := s.begin(); again != id || offset <= 300_000 || offset > 600_000 {
		t.Errorf("it goes on at %d", offset)
	}
	if w.content("/dosar/mare.bin") != "-" {
		t.Error("half a file is visible")
	}
	s.finish(id, offset)
	if w.content("/dosar/mare.bin") != content {
		t.Error("the file is not what was sent")
	}
	if id, offset := s.begin(); offset != 0 || id == "" {
		t.Error("a finished upload is gone on with")
	}
	w.clock.advance(25 * time.Hour)
	s = w.sender(content + "x")
	s.begin()
	if n := w.leftovers(); n != 1 {
		t.Errorf("%d uploads are under way, want the new one alone", n)
	}
	w.clock.advance(25 * time.Hour)
	if err := w.Housekeep(); err != nil {
		t.Fatal(err)
	}
	w.checkTidy()
}

func TestLargeUploadsGoOnAfterTheProcessWasKilled(t *testing.T) {
	dir := t.TempDir()
	reopen := func() *world {
		t.Helper()
		c := testConfig(dir)
		x, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		return &world{Extranet: x, t: t}
	}
	w := reopen()
	w.site("a")
	w.member("a", stageHand, allRights)
	token, err := w.newSession(person{address: stageHand})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := &sender{t: t, client: &http.Client{}, session: token, folder: "/s/a/", name: "mare.bin", content: strings.Repeat("0123456789abcdef", 300_000)}
	const step = 500_000
	id, acknowledged, kills := "", 0, 0
	for acknowledged+2*step < len(s.content) {
		child, base := serveUntilKilled(t, dir)
		s.base = base
		again, offset := s.begin()
		if kills > 0 && again != id || offset < acknowledged {
			t.Fatalf("after %d kills it goes on at %d, acknowledged were %d", kills, offset, acknowledged)
		}
		id = again
		s.send(id, offset, offset+step)
		acknowledged = offset + step
		if kills%2 == 1 { // in the middle of a part
			reader, writer := io.Pipe()
			broken := make(chan bool)
			go func() { broken <- s.part(id, acknowledged, reader) == nil }()
			io.WriteString(writer, s.content[acknowledged:acknowledged+step/2])
			child.Process.Kill()
			writer.CloseWithError(io.ErrUnexpectedEOF)
			if !<-broken {
				t.Error("a part was answered by a process that was killed")
			}
		}
		child.Process.Kill()
		child.Wait()
		s.client.CloseIdleConnections()
		kills++
	}
	// A power cut can leave anything behind what was known to be on the disk.
	incoming, err := os.ReadDir(filepath.Join(dir, incomingDir))
	if err != nil || len(incoming) != 1 {
		t.Fatalf("under way are %v (%v)", incoming, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, incomingDir, incoming[0].Name()), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, step)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	child, base := serveUntilKilled(t, dir)
	s.base = base
	again, offset := s.begin()
	if again != id || offset < acknowledged {
		t.Fatalf("it goes on at %d, acknowledged were %d", offset, acknowledged)
	}
	s.finish(id, offset)
	child.Process.Kill()
	child.Wait()
	w = reopen()
	defer w.Close()
	if w.content("/mare.bin") != s.content {
		t.Error("the file is not what was sent")
	}
	w.checkTidy()
	t.Logf("%d kills", kills)
}

// The last instant: the content has its place already, and no row names it there.
func TestALargeUploadThatWasCutOffJustBeforeItsEndIsEnded(t *testing.T) {
	w := stage(t)
	s := w.sender(strings.Repeat("x", 1000))
	id, _ := s.begin()
	s.send(id, 0, 999)
	if err := w.db.write(execute(`UPDATE uploads SET received = size`)); err != nil {
		t.Fatal(err)
	}
	p := w.parts.of(id)
	if _, err := p.open.in.file.WriteString("x"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.open.in.place("a"); err != nil {
		t.Fatal(err)
	}
	w.parts.forget(id)
	if err := w.sweep(); err != nil { // as at the next start
		t.Fatal(err)
	}
	again, offset := s.begin()
	if again != id || offset != 1000 {
		t.Fatalf("it goes on at %d", offset)
	}
	s.finish(id, 1000)
	if w.content("/dosar/mare.bin") != s.content {
		t.Error("the file is not what was sent")
	}
	w.checkTidy()
}

func TestALargeUploadWhoseContentIsLostIsBegunAnew(t *testing.T) {
	w := stage(t)
	s := w.sender(strings.Repeat("x", 1000))
	id, _ := s.begin()
	s.send(id, 0, 500)
	w.closeParts()
	w.parts.forget(id)
	left, err := filepath.Glob(filepath.Join(w.config.Dir, incomingDir, "*"))
	if err != nil || len(left) != 1 {
		t.Fatal(left, err)
	}
	if err := os.Truncate(left[0], 400); err != nil {
		t.Fatal(err)
	}
	if reply := s.part(id, 500, strings.NewReader("x")); reply["error"] == nil {
		t.Errorf("a part of a file that has lost its beginning was answered with %v", reply)
	}
	if _, err := os.Stat(left[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is of no use is still there (%v)", err)
	}
	again, offset := s.begin()
	if again == id || offset != 0 {
		t.Errorf("it goes on at %d", offset)
	}
	s.finish(again, 0)
	w.checkTidy()
}

func TestUploadsUnderWayEndWithTheRightOrTheSite(t *testing.T) {
	w := stage(t)
	s := w.sender(strings.Repeat("x", 1000))
	id, _ := s.begin()
	s.send(id, 0, 500)
	if err := w.RemoveMember(t.Context(), "a", stageHand); err != nil {
		t.Fatal(err)
	}
	if reply := s.part(id, 500, strings.NewReader(s.content[500:])); reply["error"] == nil {
		t.Errorf("a part of a former member was answered with %v", reply)
	}
	w.member("a", stageHand, r_|w_) // and back, but for replacing
	s.finish(id, 500)
	s.name, s.replace = "in.txt", true
	if again, _ := s.begin(); again != "" {
		t.Error("who may not delete begins to replace a file")
	}
	s.name, s.replace = "alta.bin", false
	id, _ = s.begin()
	s.send(id, 0, 500)
	if err := w.CloseSite(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if reply := s.part(id, 500, strings.NewReader(s.content[500:])); reply["error"] == nil {
		t.Errorf("a part on a closed site was answered with %v", reply)
	}
	if err := w.DeleteSite(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	w.checkTidy()
}

func TestOneMemberHasOnlySoManyUploadsUnderWay(t *testing.T) {
	w := stage(t)
	s := w.sender("x")
	for i := range maxPartUploads + 2 {
		s.name = fmt.Sprintf("mare %d.bin", i)
		if id, _ := s.begin(); (id != "") != (i < maxPartUploads) {
			t.Errorf("upload %d: begun %v", i, id != "")
		}
	}
}
