package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // tests tamper with the database file

	"registratura/cmd/registratura/config"
	"registratura/cmd/registratura/play"
	"registratura/forms"
	"registratura/intake"
	"registratura/intake/store"
	"registratura/intake/trust"
)

// checkAuditCommands looks at the record of the road as IT and an auditor do,
// while the daemon runs.
func checkAuditCommands(t *testing.T, p *program) {
	t.Helper()
	out := p.output("audit", "verify", "--config", p.config)
	head := strings.TrimSpace(out[strings.LastIndex(out, " "):])
	if !strings.Contains(out, "the record is whole: ") || !isHead.MatchString(head) {
		t.Errorf("audit verify: %s", out)
	}
	p.output("audit", "verify", "--config", p.config, "--head", head) // fails the test if that is not in it
	for _, number := range []string{"1", "2"} {
		dir := filepath.Join(t.TempDir(), "dosar")
		p.output("audit", "export", number, "--config", p.config, "-o", dir)
		checkExport(t, dir)
		if n := len(glob(t, dir, "mail-*.eml")); n < 2 {
			t.Errorf("request %s has %d mails", number, n)
		}
		if len(glob(t, dir, "form.xlsx")) != 1 {
			t.Errorf("the form of request %s is not there", number)
		}
	}
}

func glob(t *testing.T, dir, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func sha256Hex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func readFile(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// followExport does what README.txt says, and nothing else: it knows no code
// of ours. It returns the head.
func followExport(dir string) (head string, err error) {
	f, err := os.Open(filepath.Join(dir, "chain.jsonl"))
	if err != nil {
		return "", err
	}
	defer f.Close()
	head = strings.Repeat("0", 64)
	told := "\n"
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var event map[string]any
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return "", err
		}
		if content, ok := event["content"].(string); ok {
			if sha256Hex([]byte(content)) != event["content_sha256"] {
				return "", fmt.Errorf("the content of event %v was changed", event["event"])
			}
			told += content
		}
		if head = sha256Hex([]byte(head + event["content_sha256"].(string))); head != event["sha256"] {
			return "", fmt.Errorf("event %v does not follow the one before", event["event"])
		}
	}
	purged := map[string]string{}
	if list, err := os.ReadFile(filepath.Join(dir, "purged.txt")); err == nil {
		for line := range strings.Lines(string(list)) {
			name, sum, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			purged[name] = sum
		}
	}
	hashFile := func(name string) (string, error) {
		if sum, ok := purged[name]; ok {
			return sum, nil
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		return sha256Hex(data), err
	}
	record, err := os.ReadFile(filepath.Join(dir, "decision.json"))
	if errors.Is(err, os.ErrNotExist) {
		return head, nil
	}
	if err != nil {
		return "", err
	}
	if !strings.Contains(told, "\ndecision "+sha256Hex(record)+"\n") {
		return "", errors.New("decision.json is not in the chain")
	}
	var decision map[string]any
	if err := json.Unmarshal(record, &decision); err != nil {
		return "", err
	}
	shown, err := hashFile("form-and-plan.json")
	if err != nil {
		return "", err
	}
	if shown != decision["plan_sha256"] {
		return "", errors.New("form-and-plan.json is not what the decision says")
	}
	answers := []any{decision}
	if earlier, ok := decision["earlier"].([]any); ok {
		answers = append(answers, earlier...)
	}
	for _, a := range answers {
		answer := a.(map[string]any)
		sum, err := hashFile(fmt.Sprintf("mail-%v.eml", answer["mail"]))
		if err != nil {
			return "", err
		}
		if sum != answer["mail_sha256"] || !strings.Contains(told, "\nmail "+sum+"\n") {
			return "", fmt.Errorf("mail %v is not what the decision or the chain says", answer["mail"])
		}
	}
	return head, nil
}

// checkExport checks a folder as an auditor does: by the algorithm, by the
// program printed in README.txt, and by sha256sum.
func checkExport(t *testing.T, dir string) {
	t.Helper()
	head, err := followExport(dir)
	if err != nil {
		t.Errorf("following the export: %v", err)
	}
	readme := string(readFile(t, dir, "README.txt"))
	if !strings.Contains(readme, "Head of the chain: "+head) {
		t.Errorf("README.txt does not name the head %s", head)
	}
	if sums, err := exec.LookPath("sha256sum"); err == nil {
		cmd := exec.Command(sums, "--strict", "-c", "SHA256SUMS")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("sha256sum -c: %v\n%s", err, out)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(readFile(t, dir, "SHA256SUMS")), "\n"); n != len(files)-1 {
		t.Errorf("SHA256SUMS has %d lines for %d files", n, len(files))
	}
	if out, err := runReadme(t, dir); err != nil {
		t.Errorf("the program in README.txt: %v\n%s", err, out)
	} else if out != "" && !strings.HasSuffix(strings.TrimSpace(out), "head "+head) {
		t.Errorf("the program in README.txt prints %s, want the head %s", out, head)
	}
}

// runReadme runs the program that README.txt prints, where there is a Python.
func runReadme(t *testing.T, dir string) (string, error) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		return "", nil
	}
	_, program, _ := strings.Cut(string(readFile(t, dir, "README.txt")), "----- verify.py -----\n")
	program, _, found := strings.Cut(program, "----- end -----")
	if !found {
		t.Fatal("there is no program in README.txt")
	}
	cmd := exec.Command(python, "-c", program)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// archived is the database of a daemon that does not run, with a request that
// the mayor was asked about.
type archived struct {
	*testing.T
	config  string
	file    string
	store   *store.Store
	request *intake.Request
	token   string // of the open question
	mails   int
}

func newArchive(t *testing.T) *archived {
	t.Helper()
	dir := t.TempDir()
	a := &archived{T: t, config: filepath.Join(dir, "registratura.toml")}
	write(t, a.config, play.Config(play.Setup{IMAP: "127.0.0.1:143", SMTP: "127.0.0.1:25", AuthservID: "mx",
		DataDir: filepath.Join(dir, "data"), Listen: "127.0.0.1:8080"}))
	cfg, err := config.Load(a.config)
	a.must(err)
	a.file = cfg.DatabaseFile()
	a.must(os.MkdirAll(filepath.Dir(a.file), 0o700))
	a.store, err = store.Open(t.Context(), a.file, slog.New(slog.DiscardHandler))
	a.must(err)
	t.Cleanup(func() { a.store.Close() })
	a.token, err = trust.NewToken(rand.Reader)
	a.must(err)

	s := play.Request(forms.DateOf(time.Now().AddDate(0, 0, 30)))
	workbook, err := play.Form(s)
	a.must(err)
	raw, err := play.Compose(play.Economist, "Cerere", "Bună ziua", time.Now(), workbook)
	a.must(err)
	form := a.receive(raw)
	a.request = &intake.Request{
		Number: intake.Number{Serial: 1, Date: forms.DateOf(time.Now())}, Kind: forms.Create, Status: intake.StatusReceived,
		From: intake.Person{Address: play.Economist}, Submission: s, FormName: workbook.Name, FormMail: form, CreatedAt: time.Now(), ChangedAt: time.Now(),
		Plan: intake.Plan{Site: intake.Site{ID: "site"}, Members: []intake.Member{{Address: play.Economist, Rights: forms.RightRead}}},
	}
	a.request.PlanHash, err = intake.HashPlan(s, a.request.Plan)
	a.must(err)
	a.must(a.store.Transact(t.Context(), func(tx intake.Tx) error {
		if err := tx.InsertRequest(a.request); err != nil {
			return err
		}
		return errors.Join(
			tx.AddEvent(intake.Event{Request: a.request.ID, Mail: form, At: time.Now(), Kind: intake.EventRegistered, Actor: play.Economist}),
			tx.AddEvent(intake.Event{At: time.Now(), Kind: intake.EventSetAside, Actor: "desk", Detail: "of nobody else's business"}),
			tx.Change(a.request, a.transition(intake.StatusReceived, intake.StatusAwaitingApproval), time.Now()),
			tx.AddToken(intake.Token{Hash: trust.HashToken(a.token), Purpose: intake.Decides, Request: a.request.ID, Address: play.Mayor,
				PlanHash: a.request.PlanHash, CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}),
		)
	}))
	return a
}

func (a *archived) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

func (a *archived) transition(from, to intake.Status) intake.Transition {
	i := slices.IndexFunc(intake.Transitions, func(tr intake.Transition) bool { return tr.From() == from && tr.To() == to })
	return intake.Transitions[i]
}

// receive stores a mail and returns its ID.
func (a *archived) receive(raw []byte) int64 {
	a.Helper()
	a.mails++
	a.must(a.store.Receive(a.Context(), []intake.IncomingMail{{Raw: raw, Size: int64(len(raw)), ReceivedAt: time.Now(),
		Ref: intake.MailRef{Mailbox: "INBOX", UIDValidity: 1, UID: uint32(a.mails)}}}))
	pending, err := a.store.Pending(a.Context(), time.Now(), 100)
	a.must(err)
	return pending[len(pending)-1].ID
}

// answered stores a mail that the desk answered, about the request.
func (a *archived) answered(raw string) int64 {
	a.Helper()
	id := a.receive([]byte(strings.ReplaceAll(raw, "\n", "\r\n")))
	a.must(a.store.Transact(a.Context(), func(tx intake.Tx) error {
		return tx.Settle(id, intake.Settlement{Fate: intake.FateAnswered, Request: a.request.ID, At: time.Now()})
	}))
	return id
}

// decide has the vice mayor approve, and then the mayor with a mail that
// carries the token.
func (a *archived) decide() int64 {
	a.Helper()
	before := []byte("From: viceprimar@primaria.test\r\n\r\nDe acord.\r\n")
	earlier := a.receive(before)
	a.must(a.store.Transact(a.Context(), func(tx intake.Tx) error {
		return tx.AddEvent(intake.Event{Request: a.request.ID, Mail: earlier, At: time.Now(), Kind: intake.EventPartlyApproved, Actor: play.ViceMayor})
	}))
	raw := []byte("From: primar@primaria.test\r\nIn-Reply-To: <" + trust.MessageID(a.token, "primaria.test") + ">\r\n\r\nAprob.\r\n")
	id := a.receive(raw)
	a.must(a.store.Transact(a.Context(), func(tx intake.Tx) error {
		d := intake.Decision{Verdict: intake.Approve, Approver: intake.Person{Address: play.Mayor}, Mail: id, MailHash: sha256Hex(raw), Evidence: "Aprob.",
			Earlier: []intake.Decision{{Verdict: intake.Approve, Approver: intake.Person{Address: play.ViceMayor}, Mail: earlier, MailHash: sha256Hex(before)}},
			Rule:    "R2", Trace: []intake.TraceStep{{Part: "text/plain", Line: 1, Text: "Aprob.", Rule: "R2"}}, PlanHash: a.request.PlanHash, At: time.Now()}
		return errors.Join(
			tx.Decide(a.request, d, a.transition(intake.StatusAwaitingApproval, intake.StatusApproved)),
			tx.SpendTokens(a.request.ID, time.Now()),
			tx.AddEvent(intake.Event{Request: a.request.ID, Mail: id, At: time.Now(), Kind: intake.EventApproved, Actor: play.Mayor, Detail: `"Aprob."` + "\n"}),
		)
	}))
	return id
}

func (a *archived) export() (dir string) {
	a.Helper()
	dir = filepath.Join(a.TempDir(), "dosar")
	if code, _, errs := command(a.T, "audit", "export", "1", "--config", a.config, "-o", dir); code != 0 {
		a.Fatalf("exit code %d: %s", code, errs)
	}
	return dir
}

func TestExportCanBeCheckedWithoutUs(t *testing.T) {
	a := newArchive(t)
	checkExport(t, a.export()) // not decided yet
	a.decide()
	dir := a.export()
	checkExport(t, dir)
	if strings.Contains(string(readFile(t, dir, "chain.jsonl")), "nobody else's business") {
		t.Error("the export tells of what is not about the request")
	}
	if got := string(readFile(t, dir, "story.txt")); !strings.Contains(got, "text/plain, line 1") || !strings.Contains(got, "Aprob.") {
		t.Errorf("story.txt does not tell how the answer was read:\n%s", got)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v, %v", info.Mode(), err)
	}
	if code, _, errs := command(t, "audit", "export", "1", "--config", a.config, "-o", dir); code != 1 || !strings.Contains(errs, "not empty") {
		t.Errorf("writing into the same folder: exit code %d, %s", code, errs)
	}
}

// A refused offer leaves the request as it was, and the folder holds what was
// refused.
func TestExportHoldsTheRefusedOffer(t *testing.T) {
	a := newArchive(t)
	offered := a.request.Plan
	offered.Members = nil
	hash, err := intake.HashPlan(a.request.Submission, offered)
	a.must(err)
	raw := []byte("From: primar@primaria.test\r\n\r\nResping.\r\n")
	id := a.receive(raw)
	a.must(a.store.Transact(t.Context(), func(tx intake.Tx) error {
		d := intake.Decision{Verdict: intake.Reject, Mail: id, MailHash: sha256Hex(raw), PlanHash: hash, At: time.Now()}
		return errors.Join(
			tx.AddOffer(intake.OfferedPlan{Request: a.request.ID, Plan: offered, PlanHash: hash, InsteadOf: a.request.PlanHash, At: time.Now()}),
			tx.Decide(a.request, d, a.transition(intake.StatusAwaitingApproval, intake.StatusRejected)),
			tx.AddEvent(intake.Event{Request: a.request.ID, Mail: id, At: time.Now(), Kind: intake.EventRejected, Actor: play.Mayor}),
		)
	}))
	dir := a.export()
	checkExport(t, dir)
	if got := string(readFile(t, dir, "form-and-plan.json")); !strings.Contains(got, `"members":null`) {
		t.Errorf("shown was %s", got)
	}
	if code, out, _ := command(t, "audit", "verify", "--config", a.config); code != 0 {
		t.Errorf("audit verify: exit code %d\n%s", code, out)
	}
}

// What README.txt says must find whatever is changed in the folder.
func TestChangedExportIsFound(t *testing.T) {
	for _, test := range []struct {
		name, file, old, new string
	}{
		{"another word of the mail that decided", "mail-3.eml", "Aprob.", "Resping."},
		{"another word of an approval before it", "mail-2.eml", "De acord.", "Resping."},
		{"another verdict", "decision.json", "approve", "reject"},
		{"another plan", "form-and-plan.json", play.Economist, "altul@primaria.test"},
		{"another content of an event", "chain.jsonl", "approved", "rejected"},
		{"another hash of another request's event", "chain.jsonl", `{"event":2,"content_sha256":"`, `{"event":2,"content_sha256":"0`},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newArchive(t)
			a.decide()
			dir := a.export()
			before := readFile(t, dir, test.file)
			after := bytes.Replace(before, []byte(test.old), []byte(test.new), 1)
			if bytes.Equal(before, after) {
				t.Fatalf("%s does not hold %q", test.file, test.old)
			}
			write(t, filepath.Join(dir, test.file), string(after))
			if _, err := followExport(dir); err == nil {
				t.Error("not found")
			}
			if out, err := runReadme(t, dir); err == nil && out != "" {
				t.Errorf("not found by the program in README.txt:\n%s", out)
			}
		})
	}
}

// Whoever gets the folder must not be able to answer in the mayor's place, or
// to get in.
func TestExportHoldsNoSecret(t *testing.T) {
	a := newArchive(t)
	const head = "From: primar@primaria.test\nSubject: Re\nContent-Type: text/plain; charset=utf-8\n"
	id := trust.MessageID(a.token, "primaria.test")
	link := "https://extranet.primaria.test/link/AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-AbCdE"
	for _, raw := range []string{
		head + "In-Reply-To: <" + id + ">\n\nNu știu.\n",
		head + "References: <x@y.test>\n <" + strings.ToUpper(id) + ">\n\nNu știu încă.\n",
		head + "To: <" + trust.PlusAddress(play.Desk, a.token) + ">\n\nNu știu.\n",
		head + "\nAm primit mailto:desk%2B" + a.token + "@primaria.test\n",
		head + "Content-Transfer-Encoding: quoted-printable\n\nReply-To: desk+" + a.token[:10] + "=\n" + a.token[10:] + "@primaria.test\n",
		head + "\n> " + link + "\n",
		head + "Content-Transfer-Encoding: quoted-printable\n\n> " + link[:40] + "=\n" + link[40:] + "\n",
	} {
		a.answered(raw)
	}
	harmless := a.answered(head + "\nCând se deschide?\n")
	dir := a.export()
	checkExport(t, dir)
	got := glob(t, dir, "mail-*.eml")
	want := []string{filepath.Join(dir, "mail-1.eml"), filepath.Join(dir, fmt.Sprintf("mail-%d.eml", harmless))}
	if !slices.Equal(got, want) {
		t.Errorf("mails: %v, want %v", got, want)
	}
	if n := strings.Count(string(readFile(t, dir, "mails.txt")), "left out: holds a token or a link"); n != 7 {
		t.Errorf("mails.txt lists %d mails as left out, want 7", n)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	a.must(err)
	for _, file := range files {
		if data := strings.ToLower(string(readFile(t, file))); strings.Contains(data, a.token) || strings.Contains(data, "/link/abcdef") {
			t.Errorf("%s holds a secret", file)
		}
	}

	decided := a.decide() // spends the tokens
	dir = a.export()
	checkExport(t, dir)
	if len(glob(t, dir, "mail-*.eml")) != 9 || len(glob(t, dir, fmt.Sprintf("mail-%d.eml", decided))) != 1 {
		t.Errorf("mails after the decision: %v", glob(t, dir, "mail-*.eml"))
	}
}

func TestVerifyNamesTheFirstBrokenLink(t *testing.T) {
	for _, test := range []struct {
		name, sql string
		want      string
	}{
		{"a changed event", `UPDATE events SET actor = 'x' WHERE id = 1`, "registered: event changed"},
		{"a deleted event", `DELETE FROM events WHERE id = 2`, "approved_in_part: event missing"},
		{"changed bytes of a mail", `UPDATE mails SET raw = CAST('x' AS BLOB) WHERE id = 3`, "approved: mail bytes changed"},
		{"a changed decision", `UPDATE decisions SET record = replace(record, 'Aprob', 'Resping')`, "approved: decision changed"},
		{"a changed plan", `UPDATE requests SET plan = replace(plan, '"id":"site"', '"id":"other"')`, "approved: request changed"},
		{"a cut end", `DELETE FROM events WHERE id = 4`, "event missing: events after 3 are missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newArchive(t)
			a.decide()
			db, err := sql.Open("sqlite3", "file:"+a.file+"?_foreign_keys=off")
			a.must(err)
			defer db.Close()
			res, err := db.Exec(test.sql)
			a.must(err)
			if n, _ := res.RowsAffected(); n != 1 {
				t.Fatalf("%d rows were changed", n)
			}
			code, out, _ := command(t, "audit", "verify", "--config", a.config)
			first, _, _ := strings.Cut(out, "\n")
			if code != 1 || !strings.Contains(first, test.want) || !strings.Contains(out, "the record is not whole") {
				t.Errorf("exit code %d\n%s", code, out)
			}
		})
	}
}

func TestVerifyHoldsTheRecordAgainstAHead(t *testing.T) {
	a := newArchive(t)
	head, err := a.store.Head(context.Background())
	a.must(err)
	a.decide()
	for _, test := range []struct {
		head string
		code int
		want string
	}{
		{head, 0, "the record is whole: 4 events, 3 mails, 1 decisions"},
		{strings.ToUpper(head), 0, "whole"},
		{strings.Repeat("a", 64), 1, "does not hold the head"},
		{"abc", 1, "64 hexadecimal digits"},
	} {
		code, out, errs := command(t, "audit", "verify", "--config", a.config, "--head", test.head)
		if code != test.code || !strings.Contains(out+errs, test.want) {
			t.Errorf("--head %s: exit code %d, %s%s", test.head, code, out, errs)
		}
	}
}

// purge makes the request one that was closed long ago, as nothing but a test
// can, and purges as the desk does.
func (a *archived) purge(p intake.Purge) {
	a.Helper()
	db, err := sql.Open("sqlite3", "file:"+a.file)
	a.must(err)
	defer db.Close()
	_, err = db.Exec(`UPDATE requests SET status = 'closed', changed_at = 1`)
	a.must(err)
	_, err = db.Exec(`UPDATE mails SET fate = 'registered', handled_at = 1`)
	a.must(err)
	p.At, p.Most = time.Now(), 100
	a.must(a.store.Transact(a.Context(), func(tx intake.Tx) error {
		done, err := tx.Purge(p)
		if err != nil {
			return err
		}
		return tx.AddEvent(intake.Event{At: time.Now(), Kind: intake.EventPurged, Actor: "desk", Detail: done.Detail()})
	}))
}

func TestExportOfAPurgedRequestSaysWhatIsMissing(t *testing.T) {
	over := time.Now().Add(time.Hour)
	for _, test := range []struct {
		name    string
		purge   intake.Purge
		missing []string // in purged.txt
		there   []string
		verify  string
	}{
		{"without its mails", intake.Purge{ClosedRequests: over}, []string{"mail-1.eml", "mail-2.eml", "mail-3.eml"}, []string{"decision.json", "form-and-plan.json"},
			"the bytes of 3 more mails; the words of 0 of these events"},
		{"without its users", intake.Purge{AccessData: over}, []string{"form-and-plan.json"}, []string{"decision.json", "mail-1.eml", "form.xlsx"},
			"the people in 1 forms"},
		{"without anything but the register", intake.Purge{ClosedRequests: over, AccessData: over, Registry: over},
			[]string{"mail-1.eml", "mail-2.eml", "mail-3.eml", "form-and-plan.json", "decision.json"}, nil, "of 3 of these events and 1 of these decisions"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newArchive(t)
			a.decide()
			a.purge(test.purge)
			dir := a.export()
			checkExport(t, dir)
			list := string(readFile(t, dir, "purged.txt"))
			if n := strings.Count(list, "\n") - 1; n != len(test.missing) {
				t.Errorf("purged.txt has %d files, want %d:\n%s", n, len(test.missing), list)
			}
			for _, name := range test.missing {
				if !strings.Contains(list, name+"\t") || len(glob(t, dir, name)) != 0 {
					t.Errorf("%s is not missing, or not listed:\n%s", name, list)
				}
			}
			for _, name := range test.there {
				if len(glob(t, dir, name)) != 1 {
					t.Errorf("%s is not there", name)
				}
			}
			code, out, _ := command(t, "audit", "verify", "--config", a.config)
			if code != 0 || !strings.Contains(out, "the record is whole: 5 events") || !strings.Contains(out, test.verify) {
				t.Errorf("audit verify: exit code %d\n%s", code, out)
			}
			files, err := filepath.Glob(filepath.Join(dir, "*"))
			a.must(err)
			for _, file := range files {
				if test.purge.Registry == over && strings.Contains(string(readFile(t, file)), play.Economist) {
					t.Errorf("%s names somebody", file)
				}
			}
		})
	}
}

// A purged folder hides nothing that is still there.
func TestChangedExportOfAPurgedRequestIsFound(t *testing.T) {
	for _, test := range []struct{ name, file, old, new string }{
		{"another verdict", "decision.json", "approve", "reject"},
		{"another plan", "purged.txt", "form-and-plan.json\t", "form-and-plan.json\t0"},
		{"another mail that decided", "purged.txt", "mail-3.eml\t", "mail-3.eml\t0"},
		{"another content of an event", "chain.jsonl", "approved", "rejected"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newArchive(t)
			a.decide()
			over := time.Now().Add(time.Hour)
			a.purge(intake.Purge{ClosedRequests: over, AccessData: over})
			dir := a.export()
			before := readFile(t, dir, test.file)
			after := bytes.Replace(before, []byte(test.old), []byte(test.new), 1)
			if bytes.Equal(before, after) {
				t.Fatalf("%s does not hold %q", test.file, test.old)
			}
			write(t, filepath.Join(dir, test.file), string(after))
			if _, err := followExport(dir); err == nil {
				t.Error("not found")
			}
			if out, err := runReadme(t, dir); err == nil && out != "" {
				t.Errorf("not found by the program in README.txt:\n%s", out)
			}
		})
	}
}
