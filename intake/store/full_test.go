package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mattn/go-sqlite3"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/store"
	"registratura/intake/trust"
)

// cramped is a desk whose database is on a disk that can be full. Mails are
// the JSON of what they are parsed into.
type cramped struct {
	*testing.T
	intake.Portal // what is not called is not there
	store         *store.Store
	desk          *intake.Desk
	notices       []intake.Notice // composed, committed or not
	sent          map[string]int  // Message-ID to how often it was handed over
	members       []intake.Member
	uid           uint32
}

const head, approver = "sef@primaria.test", "primar@primaria.test"

func newCramped(t *testing.T) *cramped {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "registry.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c := &cramped{T: t, store: s, sent: map[string]int{}}
	c.desk = &intake.Desk{
		Policy: intake.Policy{Desk: intake.Person{Address: "d@primaria.test"}, Domain: "primaria.test", Location: time.UTC,
			TokenLife: time.Hour, AnswersPerDay: 100, UnprovenForms: true},
		Directory: intake.Directory{
			Departments: []intake.Department{{Department: forms.Department{Name: "D"}, Head: intake.Person{Address: head}}},
			Approvers:   []intake.Approver{{Person: intake.Person{Name: "C. Popa", Address: approver}}},
			IT:          []intake.Person{{Address: "it@primaria.test"}},
		},
		Store: s, Portal: c, Composer: c, Post: c, Forms: c,
		Parse: func(raw []byte, _ bool) *intake.Message {
			var m intake.Message
			if bytes.HasPrefix(raw, []byte("{")) { // else one of the desk's own
				if err := json.Unmarshal(raw, &m); err != nil {
					t.Errorf("parsing a mail: %v", err)
				}
			}
			return &m
		},
		Origin: func(_ context.Context, raw []byte) trust.Origin {
			var m intake.Message
			if err := json.Unmarshal(raw, &m); err != nil || len(m.From) == 0 {
				return trust.Origin{By: trust.ByNone}
			}
			return trust.Origin{Authentic: true, By: trust.ByAuth, Address: m.From[0].Address}
		},
		Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	}
	c.desk.Open()
	return c
}

// padding makes what is stored need pages of its own.
var padding = make([]byte, 5000)

func (c *cramped) Compose(n intake.Notice) ([]byte, error) {
	c.notices = append(c.notices, n)
	return append([]byte(n.MessageID+"\n"), padding...), nil
}

func (c *cramped) Send(_ context.Context, _, _ string, raw []byte) error {
	c.sent[string(raw)]++
	return nil
}

func (c *cramped) ReadForm(context.Context, string, []byte, forms.Rules) (*forms.Reading, error) {
	return &forms.Reading{Kind: forms.Create, Department: "D", Submission: forms.Submission{
		Partner: "Muzeul", ActivationDate: forms.DateOf(time.Now()),
		PartnerUsers: []forms.User{{Name: "Ana", Email: "ana@muzeu.test"}}, InternalUsers: []forms.User{{Name: "Dan", Email: "dan@primaria.test", Rights: forms.RightRead}},
	}}, nil
}

func (c *cramped) UnmarkForm(_ context.Context, data []byte) ([]byte, error) { return data, nil }

func (c *cramped) MarkForm(context.Context, []byte, *forms.Reading) ([]byte, error) {
	return nil, forms.ErrCannotMark
}

func (c *cramped) EnsureSite(context.Context, intake.Site) error { return nil }

func (c *cramped) EnsureMember(_ context.Context, _ string, m intake.Member) error {
	for _, known := range c.members {
		if known == m {
			return nil
		}
	}
	c.members = append(c.members, m)
	return nil
}

func (c *cramped) Members(context.Context, string) ([]intake.Member, error) { return c.members, nil }

func (c *cramped) Invite(context.Context, string) (intake.Invitation, error) {
	return intake.Invitation{Link: "https://extranet.test/l/x"}, nil
}

func (c *cramped) NewLink(ctx context.Context, a string) (intake.Invitation, error) {
	return c.Invite(ctx, a)
}

func (c *cramped) Journal(context.Context, string, time.Time) ([]intake.JournalEntry, error) {
	return nil, nil
}

func (c *cramped) SiteURL(string) string { return "https://extranet.test/" }

// leave lets the database grow by so many pages, all if negative.
func (c *cramped) leave(pages int) {
	c.Helper()
	if err := c.store.LeavePages(c.Context(), pages); err != nil {
		c.Fatal(err)
	}
}

// wantFull checks that the error says what is the matter.
func (c *cramped) wantFull(what string, err error) {
	c.Helper()
	var full sqlite3.Error
	if !errors.As(err, &full) || full.Code != sqlite3.ErrFull {
		c.Errorf("%s: %v, want SQLITE_FULL", what, err)
	}
}

// receive stores a mail with pages left free, then with all, and reports
// whether it failed at first.
func (c *cramped) receive(m intake.Message, pages int) (failed bool) {
	c.Helper()
	raw, err := json.Marshal(m)
	if err != nil {
		c.Fatal(err)
	}
	c.uid++
	mails := []intake.IncomingMail{{Ref: intake.MailRef{Mailbox: "INBOX", UIDValidity: 1, UID: c.uid}, Raw: raw, Size: int64(len(raw)), ReceivedAt: time.Now()}}
	c.leave(pages)
	if err := c.desk.Receive(c.Context(), mails); err != nil {
		c.wantFull("storing a mail", err)
		if known, err := c.desk.Known(c.Context(), "INBOX", 1, []uint32{c.uid}); err != nil || len(known) != 0 {
			c.Errorf("half a mail is stored: %v, %v", known, err)
		}
		failed = true
		c.leave(-1)
		if err := c.desk.Receive(c.Context(), mails); err != nil {
			c.Fatal(err)
		}
	}
	c.leave(-1)
	return failed
}

// handle lets the desk work with pages left free, then with all. unchanged
// checks that nothing was done by half.
func (c *cramped) handle(pages int, want intake.Fate, unchanged func()) (failed bool) {
	c.Helper()
	c.leave(pages)
	ctx, stop := context.WithCancel(c.Context())
	ended := make(chan error)
	go func() { ended <- c.desk.Work(ctx) }()
	synctest.Wait() // until the desk waits for something
	if c.fate() == "" {
		failed = true
		unchanged()
		c.leave(-1)
		time.Sleep(time.Minute) // of the bubble's time
		synctest.Wait()
	}
	if got := c.fate(); got != want {
		c.Errorf("the mail is %q, want %s", got, want)
	}
	stop()
	<-ended
	c.leave(-1)
	return failed
}

func (c *cramped) fate() intake.Fate {
	c.Helper()
	known, err := c.desk.Known(c.Context(), "INBOX", 1, []uint32{c.uid})
	if err != nil {
		c.Fatal(err)
	}
	return known[c.uid]
}

func (c *cramped) counts() store.Counts {
	c.Helper()
	counts, err := c.store.Counts(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	return counts
}

// send sends every notice that waits, with pages left free, then with all.
func (c *cramped) send(pages int) (failed bool) {
	c.Helper()
	c.leave(pages)
	for id := int64(1); ; id++ {
		_, err := c.store.Outgoing(c.Context(), id)
		if errors.Is(err, intake.ErrNotFound) {
			break
		}
		if err := c.desk.Send(c.Context(), id, false); err != nil {
			c.wantFull("sending", err)
			failed = true
			c.leave(-1)
			if err := c.desk.Send(c.Context(), id, false); err != nil {
				c.Fatal(err)
			}
			c.leave(pages)
		}
	}
	c.leave(-1)
	return failed
}

func (c *cramped) status(want intake.Status) {
	c.Helper()
	if got := c.counts().Requests; len(got) != 1 || got[want] != 1 {
		c.Errorf("requests: %v, want one that is %s", got, want)
	}
}

// question is the latest letter of that name.
func (c *cramped) question(name string) intake.Notice {
	c.Helper()
	for i := len(c.notices) - 1; i >= 0; i-- {
		if c.notices[i].Letter.Name() == name {
			return c.notices[i]
		}
	}
	c.Fatalf("no letter %s", name)
	return intake.Notice{}
}

func from(address string) intake.Message {
	return intake.Message{MessageID: address, From: []intake.Address{{Address: address}}, FromFields: 1}
}

// road takes a request from the form to the open site; pages are free at the
// beginning of each step. It tells in which steps that was too little.
func (c *cramped) road(pages int) (failed []string) {
	c.Helper()
	step := func(name string, f bool) {
		if f {
			failed = append(failed, name)
		}
	}
	form := from(head)
	form.Attachments = []intake.Attachment{{Name: "a.xlsx", Data: make([]byte, 30000)}}
	step("receive", c.receive(form, pages))
	step("register", c.handle(pages, intake.FateRegistered, func() {
		if n := c.counts(); len(n.Requests) != 0 || len(n.Notices) != 0 {
			c.Errorf("half registered: %+v", n)
		}
	}))
	c.status(intake.StatusAwaitingApproval)
	step("send", c.send(pages))

	answer := from(approver)
	answer.Text = "Aprob."
	answer.InReplyTo = []string{c.question("approval").MessageID}
	step("receive", c.receive(answer, pages))
	before := c.counts().Notices
	step("decide", c.handle(pages, intake.FateDecided, func() {
		c.status(intake.StatusAwaitingApproval)
		if after := c.counts().Notices; fmt.Sprint(after) != fmt.Sprint(before) {
			c.Errorf("half decided: notices were %v, are %v", before, after)
		}
	}))
	c.status(intake.StatusProvisioning)

	c.leave(pages)
	if err := c.desk.Provision(c.Context(), 1, false); err != nil {
		c.wantFull("provisioning", err)
		step("provision", true)
		c.status(intake.StatusProvisioning)
		c.leave(-1)
		if err := c.desk.Provision(c.Context(), 1, false); err != nil {
			c.Fatal(err)
		}
	}
	c.leave(-1)
	c.status(intake.StatusActive)
	step("send", c.send(pages))

	n := c.counts()
	if n.Notices[intake.OutgoingSent] != 7 || len(n.Notices) != 1 { // 2 with the form, 2 with the approval, 2 members, the list
		c.Errorf("notices: %v, want 7 sent", n.Notices)
	}
	if len(c.sent) != 7 {
		c.Errorf("%d different mails were sent, want 7", len(c.sent))
	}
	return failed
}

func TestDiskThatIsFullLosesNothing(t *testing.T) {
	hit := map[string]bool{}
	pages := 0
	for ; ; pages++ {
		var failed []string
		t.Run(fmt.Sprintf("%d pages left", pages), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCramped(t)
				defer c.store.Close()
				failed = c.road(pages)
			})
		})
		for _, step := range failed {
			hit[step] = true
		}
		if len(failed) == 0 || t.Failed() {
			break
		}
	}
	for _, step := range []string{"receive", "register", "decide", "provision"} {
		if !hit[step] {
			t.Errorf("the disk was never full in the step %s: this test tests nothing there", step)
		}
	}
	t.Logf("%d pages are enough for each step; the disk was full in %v", pages, hit)
}

func TestDiskThatIsFullAmongSeveralTransactions(t *testing.T) {
	partly := false
	for pages := 0; ; pages++ {
		s := open(t)
		if err := s.LeavePages(t.Context(), pages); err != nil {
			t.Fatal(err)
		}
		var work []func(intake.Tx) error
		for i := range 10 {
			work = append(work, func(tx intake.Tx) error {
				m := outgoing(fmt.Sprint(i))
				m.Raw = padding
				_, err := tx.AddNotice(m)
				return err
			})
		}
		failed := 0
		for i, err := range s.TransactEach(t.Context(), work) {
			if err != nil {
				failed++
			}
			there := s.Transact(t.Context(), func(tx intake.Tx) error {
				_, err := tx.NoticeOfMessage(fmt.Sprint(i))
				return err
			})
			if (err == nil) != (there == nil) {
				t.Errorf("%d pages: notice %d was recorded with %v, and is found with %v", pages, i, err, there)
			}
		}
		if failed == 0 {
			break
		}
		partly = partly || failed < len(work)
	}
	if !partly {
		t.Log("there was never room for some and not for others")
	}
}
