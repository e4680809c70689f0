package intake_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/mattn/go-sqlite3" // the office looks into its own database file

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/archive"
	"registratura/intake/mailbox"
	"registratura/intake/store"
	"registratura/intake/trust"
	"registratura/mailer"
	"registratura/templates"
)

// The people of the office.
const (
	deskAddress = "registratura@primaria.test"
	mayor       = "primar@primaria.test"
	viceMayor   = "viceprimar@primaria.test"
	it          = "it@primaria.test"
	economist   = "ion.popescu@primaria.test"      // head of Direcția Economică
	engineer    = "gabriela.dumitru@primaria.test" // head of Direcția Tehnică
	secretary   = "secretara@primaria.test"        // no role
	stranger    = "cineva@altundeva.test"
	carmen      = "carmen.vlad@primaria.test"
	dan         = "dan.oprea@primaria.test"
	marin       = "marin.ionescu@spital.test"
	elena       = "elena.dobre@spital.test"
)

// What the mail server can say about a sender.
var (
	proven    = trust.Origin{Authentic: true, By: trust.ByAuth, Why: "the sender logged in"}
	unproven  = trust.Origin{By: trust.ByNone, Why: "the server stamped nothing"}
	refuted   = trust.Origin{By: trust.ByNone, Refuted: true, Why: "DMARC failed"}
	temporary = trust.Origin{By: trust.ByNone, Temporary: true, Why: "the name server did not answer"}
)

// office is a desk with the real store, forms, templates and mail parser, in a
// world that the test controls: clock, random source, mail server, portal and
// what is known about senders.
type office struct {
	*testing.T
	file    string
	clock   *clock
	store   *store.Store
	db      *sql.DB // reads the database file from outside
	desk    *intake.Desk
	portal  *portal
	post    *post
	origins map[string]trust.Origin // by address in From; absent: proven
	mu      sync.Mutex              // of origins
	events  []intake.Event
	queue   queue

	uid  uint32
	seen int // of post.delivered, by sent
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// dice is a random source that always throws the same.
type dice struct {
	mu     sync.Mutex
	source *rand.ChaCha8
}

func (d *dice) Read(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.source.Read(p)
}

var bucharest = sync.OnceValue(func() *time.Location {
	loc, err := time.LoadLocation("Europe/Bucharest")
	if err != nil {
		panic(err)
	}
	return loc
})

// today is a Monday; the office opens at ten.
var today = forms.Date{Year: 2026, Month: time.November, Day: 23}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{
		T: t, file: filepath.Join(t.TempDir(), "registry.db"),
		clock:   &clock{now: time.Date(2026, 11, 23, 10, 0, 0, 0, bucharest())},
		origins: map[string]trust.Origin{},
		queue:   newQueue(),
		portal:  newPortal(), post: &post{},
	}
	empty, err := emptyRegistry()
	o.must(err)
	o.must(os.WriteFile(o.file, empty, 0o600))
	o.must(os.Mkdir(filepath.Join(filepath.Dir(o.file), "arhiva"), 0o750))
	if o.store, err = store.Open(t.Context(), o.file, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.store.Close() })
	// Whatever happens in the office, its record is whole.
	t.Cleanup(func() {
		a, err := o.store.Audit(context.Background(), "")
		if err != nil && strings.HasSuffix(err.Error(), "database is closed") {
			return // by the test
		}
		if err != nil || len(a.Faults) > 0 {
			t.Errorf("the record is not whole: %+v, %v", a, err)
		}
	})
	if o.db, err = sql.Open("sqlite3", "file:"+o.file+"?mode=ro&_query_only=on"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.db.Close() })
	o.desk = o.newDesk(&dice{source: rand.NewChaCha8([32]byte{1})})
	return o
}

// emptyRegistry is a new database. Making one takes longer than most tests.
var emptyRegistry = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "registry")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "registry.db")
	s, err := store.Open(context.Background(), file, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil { // puts what is in the log into the file
		return nil, err
	}
	return os.ReadFile(file)
})

func person(name, address string) intake.Person { return intake.Person{Name: name, Address: address} }

func department(name, head, address string) intake.Department {
	return intake.Department{Department: forms.Department{Name: name}, Head: person(head, address)}
}

func (o *office) newDesk(random io.Reader) *intake.Desk {
	self := person("Registratura", deskAddress)
	desk := &intake.Desk{
		Policy: intake.Policy{
			Desk: self, Domain: "primaria.test", PlusAddressing: true, Location: bucharest(),
			ActivationHour: 7, TokenLife: 30 * 24 * time.Hour, AnswersPerDay: 100, MaxMailSize: 1 << 20,
			Closing: intake.ClosingPolicy{GraceDays: 30, LinkDays: 60},
			Folders: map[intake.Fate]string{intake.FateSetAside: "De văzut"},
		},
		Directory: intake.Directory{
			Institution: "Primăria Municipiului Test", Domains: []string{"primaria.test"},
			Departments: []intake.Department{
				department("Direcția Economică", "Ion Popescu", economist),
				department("Direcția Tehnică", "Gabriela Dumitru", engineer),
			},
			Approvers: []intake.Approver{
				{Person: person("Constantin Popa", mayor), Title: "Primar", Salutation: "Stimate domnule primar"},
				{Person: person("Elena Marin", viceMayor), Title: "Viceprimar", Salutation: "Stimată doamnă viceprimar"},
			},
			IT: []intake.Person{person("Serviciul TIC", it)},
		},
		Store: o.store, Portal: o.portal, Post: o.post,
		Composer: &mailer.Composer{Context: templates.Context{
			Institution: "Primăria Municipiului Test", Name: self.Name, Address: self.Address,
			Procedure: "DE-SPDI-02", Location: bucharest(),
		}},
		Archive: &archive.Archive{
			Own: filepath.Join(filepath.Dir(o.file), "exports"), KeyFile: filepath.Join(filepath.Dir(o.file), "desk.key"),
			Folders: []archive.Place{{Name: "Arhiva electronică", Folder: filepath.Join(filepath.Dir(o.file), "arhiva")}},
		},
		DownloadURL: func(token string) string { return "https://extranet.test/fisiere/" + token + "/" },

		Parse:  parse,
		Forms:  reader{},
		Origin: o.origin,
		Blank: func(partners []string) ([]intake.Attachment, error) {
			return []intake.Attachment{
				{Name: "Anexa 1.xlsx", MediaType: "application/octet-stream", Data: []byte(strings.Join(partners, ";"))},
				{Name: "Inchidere.xlsx", MediaType: "application/octet-stream", Data: []byte("close")},
			}, nil
		},
		Now: o.clock.Now, Rand: random, Log: slog.New(slog.DiscardHandler),
		Watch: func(e intake.Event) { o.events = append(o.events, e) },
	}
	desk.Open()
	return desk
}

func parse(raw []byte, oversized bool) *intake.Message {
	m := mailbox.Parse(raw, mailbox.Limits{})
	m.Oversized = oversized
	return m
}

// reader reads forms in this process.
type reader struct{}

func (reader) UnmarkForm(_ context.Context, data []byte) ([]byte, error) { return forms.Unmark(data) }

func (reader) ReadForm(_ context.Context, _ string, data []byte, rules forms.Rules) (*forms.Reading, error) {
	return forms.Read(data, rules)
}

func (reader) MarkForm(_ context.Context, data []byte, r *forms.Reading) ([]byte, error) {
	return forms.Mark(data, r, r.Problems)
}

// origin says what the test wants known about the sender.
func (o *office) origin(_ context.Context, raw []byte) trust.Origin {
	sender, ok := parse(raw, false).Sender()
	if !ok {
		return trust.Origin{By: trust.ByNone, Why: "there is no one sender"}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	origin, ok := o.origins[sender.Address]
	if !ok {
		origin = proven
	}
	origin.Address = sender.Address
	return origin
}

// thinks sets what the mail server says about a sender from now on.
func (o *office) thinks(address string, origin trust.Origin) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.origins[address] = origin
}

// must ends the test on an error.
func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// receive has the follower find a mail, and returns its UID.
func (o *office) receive(raw []byte) uint32 {
	o.Helper()
	o.uid++
	o.must(o.desk.Receive(o.Context(), []intake.IncomingMail{{
		Ref: intake.MailRef{Mailbox: "INBOX", UIDValidity: 1, UID: o.uid}, Raw: raw, Size: int64(len(raw)), ReceivedAt: o.clock.Now(),
	}}))
	return o.uid
}

// settled is what became of a mail.
type settled struct {
	Fate    intake.Fate
	Request int64
	Note    string
}

// handle receives a mail, handles all that is due and does the work that follows.
func (o *office) handle(raw []byte) settled {
	o.Helper()
	uid := o.receive(raw)
	o.run()
	return o.fate(uid)
}

// run handles the mails that are due and works the queue.
func (o *office) run() {
	o.Helper()
	o.must(o.desk.HandleDue(o.Context()))
	o.work()
}

func (o *office) fate(uid uint32) settled {
	o.Helper()
	var s settled
	o.must(o.db.QueryRow(`SELECT COALESCE(fate, ''), COALESCE(request_id, 0), note FROM mails WHERE uid = ?`, uid).
		Scan(&s.Fate, &s.Request, &s.Note))
	return s
}

// count is the answer to a query for one number.
func (o *office) count(query string, args ...any) (n int) {
	o.Helper()
	o.must(o.db.QueryRow(query, args...).Scan(&n))
	return n
}

func (o *office) request(id int64) *intake.Request {
	o.Helper()
	r, err := o.store.Request(o.Context(), id)
	o.must(err)
	return r
}

// is checks a request's status.
func (o *office) is(id int64, want intake.Status) {
	o.Helper()
	if got := o.request(id).Status; got != want {
		o.Errorf("request %d is %s, want %s", id, got, want)
	}
}

// sent lists what was handed to the mail server since it was last asked, as
// "letter recipient", sorted.
func (o *office) sent() []string {
	o.Helper()
	list := []string{}
	for _, d := range o.post.delivered[o.seen:] {
		name, _, _ := strings.Cut(d.to, "@")
		list = append(list, o.kind(d.raw)+" "+name)
	}
	o.seen = len(o.post.delivered)
	slices.Sort(list)
	return list
}

// kind is the name of the letter that a mail of the desk was made from.
func (o *office) kind(raw []byte) (kind string) {
	o.Helper()
	sum := sha256.Sum256([]byte(parse(raw, false).MessageID))
	o.must(o.db.QueryRow(`SELECT kind FROM notices WHERE message_id_sha256 = ?`, hex.EncodeToString(sum[:])).Scan(&kind))
	return kind
}

// wantSent checks what was sent since the last time.
func (o *office) wantSent(want ...string) {
	o.Helper()
	if want == nil {
		want = []string{}
	}
	slices.Sort(want)
	if d := cmp.Diff(want, o.sent()); d != "" {
		o.Errorf("mails sent (-want +got):\n%s", d)
	}
}

// mailTo is the latest mail of that kind to the address.
func (o *office) mailTo(address, kind string) *intake.Message {
	o.Helper()
	for i := len(o.post.delivered) - 1; i >= 0; i-- {
		if d := o.post.delivered[i]; d.to == address && o.kind(d.raw) == kind {
			return parse(d.raw, false)
		}
	}
	o.Fatalf("no mail %s to %s", kind, address)
	return nil
}

// says checks that a mail holds the texts, wherever its lines are broken.
func (o *office) says(m *intake.Message, texts ...string) {
	o.Helper()
	for _, text := range texts {
		if !strings.Contains(strings.Join(strings.Fields(m.Text), " "), text) {
			o.Errorf("the mail %q does not say %q:\n%s", m.Subject, text, m.Text)
		}
	}
}

// happened counts the events of a kind.
func (o *office) happened(kind intake.EventKind) (n int) {
	for _, e := range o.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// asked has the economist send a form in order, and returns the request and
// the question to the mayor.
func (o *office) asked() (id int64, question *intake.Message) {
	o.Helper()
	return o.askedFor(submission())
}

func (o *office) askedFor(s forms.Submission) (id int64, question *intake.Message) {
	o.Helper()
	got := o.handle(o.write(letter{from: economist, subject: "Cerere", text: "Atașez cererea.", files: []file{annex(o, s)}}))
	if got.Fate != intake.FateRegistered {
		o.Fatalf("the form was %+v", got)
	}
	o.is(got.Request, intake.StatusAwaitingApproval)
	o.wantSent("approval primar", "registered ion.popescu")
	return got.Request, o.mailTo(mayor, "approval")
}

// queue does what the job queue does, when the test says so: it runs what
// transactions left behind, on the office's clock.
type queue struct {
	done     map[int64]bool
	due      map[int64]time.Time
	attempts map[int64]int
	lost     []int64 // jobs that failed in their last attempt
}

func newQueue() queue {
	return queue{done: map[int64]bool{}, due: map[int64]time.Time{}, attempts: map[int64]int{}}
}

type job struct {
	id   int64
	kind string
	args struct{ Notice, Request, Since int64 }
	at   time.Time
	max  int
}

func (o *office) jobs() []job {
	o.Helper()
	rows, err := o.db.Query(`SELECT id, kind, json(args), scheduled_at, max_attempts FROM river_job ORDER BY id`)
	o.must(err)
	defer rows.Close()
	var list []job
	for rows.Next() {
		var j job
		var args []byte
		o.must(rows.Scan(&j.id, &j.kind, &args, &j.at, &j.max))
		o.must(json.Unmarshal(args, &j.args))
		list = append(list, j)
	}
	o.must(rows.Err())
	return list
}

// work runs every job that is due, each once.
func (o *office) work() {
	o.Helper()
	for more := true; more; {
		more = false
		jobs := o.jobs()
		// As in the real queue, what fell due first is done first.
		slices.SortStableFunc(jobs, func(a, b job) int { return o.queue.when(a).Compare(o.queue.when(b)) })
		for _, j := range jobs {
			if o.queue.done[j.id] || o.clock.Now().Before(o.queue.when(j)) {
				continue
			}
			more = true
			o.runJob(o.Context(), j)
		}
	}
}

func (q *queue) when(j job) time.Time {
	if due, ok := q.due[j.id]; ok || j.kind == "send" {
		return due // sending is due at once; River stamps it with its own clock
	}
	return j.at
}

func (o *office) runJob(ctx context.Context, j job) {
	q := &o.queue
	q.attempts[j.id]++
	last := q.attempts[j.id] >= j.max
	var err error
	switch j.kind {
	case "send":
		err = o.desk.Send(ctx, j.args.Notice, last)
	case "wait":
		err = o.desk.Wait(ctx, j.args.Request, time.UnixMilli(j.args.Since).UTC(), last)
	default:
		err = o.desk.Provision(ctx, j.args.Request, last)
	}
	var later intake.LaterError
	switch {
	case err == nil:
		q.done[j.id] = true
	case errors.As(err, &later):
		q.attempts[j.id]--
		q.due[j.id] = o.clock.Now().Add(max(later.After, time.Millisecond))
	case last:
		q.done[j.id] = true
		q.lost = append(q.lost, j.id)
	default:
		q.due[j.id] = o.clock.Now().Add(time.Minute)
	}
}

// pass lets time go by and does what is due then.
func (o *office) pass(d time.Duration) {
	o.Helper()
	o.clock.pass(d)
	o.must(o.desk.Daily(o.Context()))
	o.run()
}

// post is a mail server that delivers at once, or fails as the test says.
type post struct {
	delivered []delivery
	attempts  []delivery
	refuse    func(to string, raw []byte) error // nil: taken
	cut       func(to string) bool              // taken, but the answer is lost
}

type delivery struct {
	to  string
	raw []byte
}

func (p *post) Send(ctx context.Context, from, to string, raw []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d := delivery{to, bytes.Clone(raw)}
	p.attempts = append(p.attempts, d)
	if p.refuse != nil {
		if err := p.refuse(to, raw); err != nil {
			return err
		}
	}
	p.delivered = append(p.delivered, d)
	if p.cut != nil && p.cut(to) {
		return errors.New("connection lost after DATA")
	}
	return nil
}

// reply is a mail server's answer.
type smtpReply int

func (r smtpReply) Error() string { return fmt.Sprintf("%d said the server", int(r)) }
func (r smtpReply) Refused() bool { return r >= 500 }
