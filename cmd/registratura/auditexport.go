package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"registratura/cmd/registratura/config"
	"registratura/intake"
	"registratura/intake/mailbox"
	"registratura/intake/store"
	"registratura/intake/trust"
)

type exportAuditCmd struct {
	Number string `arg:"" help:"Number of the request: 42, 42/2026 or 42/23.11.2026."`
	Out    string `short:"o" required:"" placeholder:"DIR" help:"Folder to write, which must be new or empty."`
}

func (c *exportAuditCmd) Run(ctx context.Context, parent *cli, std streams) error {
	s, cfg, err := openRecords(ctx, parent.Audit.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := findRequest(ctx, s, cfg, c.Number)
	if err != nil {
		return err
	}
	if err := newFolder(c.Out); err != nil {
		return err
	}
	e := &auditExport{ctx: ctx, store: s, cfg: cfg, request: r, dir: c.Out, now: time.Now()}
	if err := e.write(); err != nil {
		return fmt.Errorf("exporting request %s: %w", r.Number, err)
	}
	fmt.Fprintf(std.out, "request %s written to %s, %d files\nhead %s\n", r.Number, c.Out, len(e.written)+1, e.head)
	return nil
}

// newFolder makes a folder for the owner's eyes only. One with files in it is
// refused: what an auditor gets is of one request.
func newFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("looking into the folder: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty", dir)
	}
	return nil
}

// auditExport is the folder that is being written.
type auditExport struct {
	ctx     context.Context
	store   *store.Store
	cfg     *config.Config
	request *intake.Request
	dir     string
	now     time.Time

	head    string
	written []writtenFile
	purged  []writtenFile // what would be here, had its time not been over
	when    store.PurgedAt
}

type writtenFile struct{ name, hash string }

func (e *auditExport) write() (err error) {
	if e.when, err = e.store.PurgedOf(e.ctx, e.request.ID); err != nil {
		return err
	}
	for _, part := range []func() error{e.mails, e.shown, e.decision, e.story, e.chain, e.missing, e.readme, e.sums} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// file writes one file. name is ours, never a sender's.
func (e *auditExport) file(name string, data []byte) error {
	if err := os.WriteFile(filepath.Join(e.dir, name), data, 0o600); err != nil {
		return err
	}
	e.written = append(e.written, writtenFile{name, hashOf(data)})
	return nil
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// mails writes the mails of the request as they came, and the list of them.
func (e *auditExport) mails() error {
	mails, err := e.store.MailsOf(e.ctx, e.request.ID)
	if err != nil {
		return err
	}
	var list strings.Builder
	list.WriteString("mail\treceived (UTC)\toctets\tsha256\tfate\tfile\tnote\n")
	for _, m := range mails {
		name := fmt.Sprintf("mail-%d.eml", m.ID)
		switch secret, err := e.holdsSecret(m.Raw); {
		case err != nil:
			return err
		case m.Oversized:
			name = "left out: too large, not read and not kept"
		case len(m.Raw) == 0:
			e.purged = append(e.purged, writtenFile{name, m.Hash})
			name = "left out: purged, its time was over"
		case secret:
			name = "left out: holds a token or a link that may still be used"
		default:
			if err := e.file(name, m.Raw); err != nil {
				return err
			}
			if m.ID == e.request.FormMail {
				if err := e.form(m.Raw); err != nil {
					return err
				}
			}
		}
		fmt.Fprintf(&list, "%d\t%s\t%d\t%s\t%s\t%s\t%s\n", m.ID, m.ReceivedAt.Format(time.RFC3339), m.Size, m.Hash, m.Fate, name, oneLine(m.Note))
	}
	return e.file("mails.txt", []byte(list.String()))
}

// form writes the workbooks that the request was read from.
func (e *auditExport) form(raw []byte) error {
	n := 0
	for _, a := range mailbox.Parse(raw, mailbox.Limits{}).Attachments {
		if a.Name != e.request.FormName {
			continue
		}
		ext := strings.ToLower(path.Ext(a.Name))
		if !slices.Contains([]string{".xlsx", ".xlsm", ".xltx", ".ods"}, ext) {
			ext = ".bin"
		}
		n++
		name := "form" + ext
		if n > 1 {
			name = fmt.Sprintf("form-%d%s", n, ext)
		}
		if err := e.file(name, a.Data); err != nil {
			return err
		}
	}
	return nil
}

var (
	mayBeToken = regexp.MustCompile(`(?i)\b[a-z2-7]{32}\b`)
	oneTime    = regexp.MustCompile(`/link/[A-Za-z0-9_-]{16}`)
	// An address in a link is written with %2B for its plus.
	plusInLinks = strings.NewReplacer("%2B", "+", "%2b", "+")
)

// holdsSecret reports whether a mail holds a token that can still answer a
// question, or a one-time link of the extranet, of which only the extranet
// knows whether it was used. The bytes of a mail cannot be changed without
// making them worthless to an auditor, so such a mail is left out whole.
func (e *auditExport) holdsSecret(raw []byte) (bool, error) {
	m := mailbox.Parse(raw, mailbox.Limits{})
	texts := append([]string{string(raw), m.Text, m.HTML}, m.Threads()...)
	for _, a := range m.To {
		texts = append(texts, a.Address)
	}
	for _, a := range m.Attachments {
		texts = append(texts, string(a.Data))
	}
	for _, text := range texts {
		if oneTime.MatchString(text) {
			return true, nil
		}
		for _, token := range mayBeToken.FindAllString(plusInLinks.Replace(text), -1) {
			open, err := e.store.TokenIsOpen(e.ctx, trust.HashToken(token), e.now)
			if err != nil || open {
				return open, err
			}
		}
	}
	return false, nil
}

// shown writes what the approver was shown, in the bytes that plan_sha256 is of.
func (e *auditExport) shown() error {
	if !e.when.Form.IsZero() {
		shown := e.request.PlanHash
		if d := e.request.Decision; d != nil {
			shown = d.PlanHash
		}
		if shown != "" {
			e.purged = append(e.purged, writtenFile{"form-and-plan.json", shown})
		}
		return nil
	}
	if e.request.PlanHash == "" {
		form, err := json.Marshal(e.request.Submission)
		if err != nil {
			return err
		}
		return e.file("form.json", form)
	}
	plan := e.request.Plan
	if d := e.request.Decision; d != nil && d.PlanHash != e.request.PlanHash {
		// The approver refused another plan, which was offered to them.
		err := e.store.Transact(e.ctx, func(tx intake.Tx) error {
			offer, err := tx.Offer(e.request.ID, d.PlanHash)
			if err == nil {
				plan = offer.Plan
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	shown, err := intake.EncodePlan(e.request.Submission, plan)
	if err != nil {
		return err
	}
	return e.file("form-and-plan.json", shown)
}

func (e *auditExport) decision() error {
	if !e.when.Decision.IsZero() {
		e.purged = append(e.purged, writtenFile{"decision.json", e.when.DecisionHash})
		return nil
	}
	record, err := e.store.DecisionRecord(e.ctx, e.request.ID)
	if err != nil || record == nil {
		return err
	}
	return e.file("decision.json", record)
}

func (e *auditExport) story() error {
	story, err := e.store.Story(e.ctx, e.request.ID)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := printStory(&text, e.request, story, e.cfg.Location()); err != nil {
		return err
	}
	return e.file("story.txt", text.Bytes())
}

// chainLine is a line of chain.jsonl.
type chainLine struct {
	Event       int64  `json:"event"`
	Content     string `json:"content,omitempty"` // of the request's own events, and of purges
	Purged      bool   `json:"purged,omitempty"`  // it is the request's, and what it said is not kept any more
	ContentHash string `json:"content_sha256"`
	Hash        string `json:"sha256"`
}

func (e *auditExport) chain() (err error) {
	const name = "chain.jsonl"
	f, err := os.OpenFile(filepath.Join(e.dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	e.head, err = e.store.Head(e.ctx) // of a record without events
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	err = e.store.Chain(e.ctx, func(l *store.Link) error {
		line := chainLine{Event: l.ID, ContentHash: l.ContentHash(), Hash: l.Hash}
		switch {
		case l.Request == e.request.ID && l.Purge != 0:
			line.Purged = true
		case l.Request == e.request.ID, l.Kind == string(intake.EventPurged):
			line.Content = l.Content()
		}
		e.head = l.Hash
		buf.Reset()
		if err := encoder.Encode(line); err != nil {
			return err
		}
		sum.Write(buf.Bytes())
		_, err := f.Write(buf.Bytes())
		return err
	})
	e.written = append(e.written, writtenFile{name, hex.EncodeToString(sum.Sum(nil))})
	return err
}

// missing lists what is not kept any more, with the hashes that the chain still
// has, for the program in README.txt and for people.
func (e *auditExport) missing() error {
	if len(e.purged) == 0 {
		return nil
	}
	var list strings.Builder
	list.WriteString("file\tsha256\n")
	for _, f := range e.purged {
		fmt.Fprintf(&list, "%s\t%s\n", f.name, f.hash)
	}
	return e.file("purged.txt", []byte(list.String()))
}

//go:embed auditreadme.txt
var auditReadme string

func (e *auditExport) readme() error {
	t, err := template.New("README").Parse(auditReadme)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	err = t.Execute(&text, struct{ Number, Made, Head string }{
		e.request.Number.String(), e.now.In(e.cfg.Location()).Format("02.01.2006 15:04"), e.head})
	if err != nil {
		return err
	}
	return e.file("README.txt", text.Bytes())
}

// sums lists the files for sha256sum -c.
func (e *auditExport) sums() error {
	var list strings.Builder
	for _, f := range e.written {
		fmt.Fprintf(&list, "%s  %s\n", f.hash, f.name)
	}
	return os.WriteFile(filepath.Join(e.dir, "SHA256SUMS"), []byte(list.String()), 0o600)
}
