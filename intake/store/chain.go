package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// The events are a chain: each bears the SHA-256 of its own content and of the
// event before it, so that none can be changed, taken out, put in or moved
// without changing all that follow. An event also names the SHA-256 of the mail
// that caused it and of the decision on its request, which ties these in.
//
// The two hashes of a link are kept apart, so that an event's content may be
// left out of an export and the chain still be followed:
//
//	content_sha256 = SHA-256(content)
//	sha256         = SHA-256(prev_sha256 + content_sha256), both in hex
//
// What the chain cannot show by itself: that its end was cut off, or that
// somebody wrote all of it anew. For that the head, its last hash, is logged at
// each start and stop, and [Store.Audit] takes a head that was kept elsewhere.

// chainStart stands for the hash before the first event.
var chainStart = strings.Repeat("0", 64)

// Link is an event in the chain.
type Link struct {
	ID       int64
	Request  int64 // 0: about none
	Mail     int64 // 0: none
	At       time.Time
	Kind     string
	Actor    string
	Detail   string
	Number   string // of the request; empty: about none
	MailHash string // of the mail's raw bytes; empty: none
	Decision string // hash of the decision on the request, once there is one
	Prev     string // hash of the event before
	Hash     string

	Purge int64  // that took away who did what; 0: none
	Kept  string // then: the hash of what the event said
}

// Content is what an event says, or what a purge left of that, as it is hashed:
// one line for each of at,
// kind, actor, detail, request, mail and decision, in this order and ended by a
// line feed, each with its name, a space and the value. In values a backslash
// is written twice, and a line feed as backslash and n, so that no two events
// have the same content.
func (l *Link) Content() string {
	var b strings.Builder
	for _, field := range [...]struct{ name, value string }{
		{"at", l.At.UTC().Format("2006-01-02T15:04:05.000Z")},
		{"kind", l.Kind}, {"actor", l.Actor}, {"detail", l.Detail},
		{"request", l.Number}, {"mail", l.MailHash}, {"decision", l.Decision},
	} {
		b.WriteString(field.name)
		b.WriteByte(' ')
		escapeLine.WriteString(&b, field.value)
		b.WriteByte('\n')
	}
	return b.String()
}

var escapeLine = strings.NewReplacer(`\`, `\\`, "\n", `\n`)

// ContentHash is the SHA-256 of what the event said when it was recorded, in
// hex: of [Link.Content], unless a purge took something from it.
func (l *Link) ContentHash() string {
	if l.Purge != 0 {
		return l.Kept
	}
	return hash([]byte(l.Content()))
}

// seal is the hash that the link must bear.
func (l *Link) seal() string { return hash([]byte(l.Prev + l.ContentHash())) }

// AddEvent implements [intake.Tx]. There is one writer, so the event before is
// the last one.
func (t *tx) AddEvent(e intake.Event) error {
	l := Link{
		Request: e.Request, Mail: e.Mail, At: fromMillis(millis(e.At)), Kind: string(e.Kind),
		// An export is JSON, which has no other bytes than UTF-8.
		Actor: strings.ToValidUTF8(e.Actor, "\uFFFD"), Detail: strings.ToValidUTF8(e.Detail, "\uFFFD"),
	}
	var serial int
	var date string
	err := t.q.QueryRowContext(t.ctx, `SELECT
		COALESCE((SELECT sha256 FROM events ORDER BY id DESC LIMIT 1), $1),
		COALESCE((SELECT sha256 FROM mails WHERE id = $2), ''),
		COALESCE((SELECT serial FROM requests WHERE id = $3), 0),
		COALESCE((SELECT registered_on FROM requests WHERE id = $3), ''),
		COALESCE((SELECT sha256 FROM decisions WHERE request_id = $3), '')`,
		chainStart, e.Mail, e.Request).Scan(&l.Prev, &l.MailHash, &serial, &date, &l.Decision)
	if err == nil {
		l.Number, err = numberText(serial, date)
	}
	if err == nil {
		l.Hash = l.seal()
		_, err = t.q.ExecContext(t.ctx, `INSERT INTO events
			(request_id, mail_id, at, kind, actor, detail, number, mail_sha256, decision_sha256, prev_sha256, sha256)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			orNull(l.Request), orNull(l.Mail), millis(l.At), l.Kind, l.Actor, l.Detail, l.Number, l.MailHash, l.Decision, l.Prev, l.Hash)
	}
	if err != nil {
		return fmt.Errorf("recording event %s: %w", e.Kind, err)
	}
	return nil
}

// numberText is the number of a request, or "" for none.
func numberText(serial int, date string) (string, error) {
	if serial == 0 {
		return "", nil
	}
	d, err := forms.ParseDate(date)
	if err != nil {
		return "", fmt.Errorf("reading the date of registration: %w", err)
	}
	return intake.Number{Serial: serial, Date: d}.String(), nil
}

// Head is the hash of the last event, which stands for the whole record up to
// it; 64 zeros while there is none.
func (s *Store) Head(ctx context.Context) (string, error) {
	head := chainStart
	err := s.read.QueryRowContext(ctx, `SELECT sha256 FROM events ORDER BY id DESC LIMIT 1`).Scan(&head)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading the head of the record: %w", err)
	}
	return head, nil
}

// Chain calls fn for every event in its order.
func (s *Store) Chain(ctx context.Context, fn func(*Link) error) error {
	rows, err := s.read.QueryContext(ctx, linkColumns+linkTables+` ORDER BY e.id`)
	if err != nil {
		return fmt.Errorf("reading the record: %w", err)
	}
	err = each(rows, func() error {
		var l Link
		if err := rows.Scan(l.fields()...); err != nil {
			return err
		}
		return fn(&l)
	})
	if err != nil {
		return fmt.Errorf("reading the record: %w", err)
	}
	return nil
}

const linkColumns = `SELECT e.id, COALESCE(e.request_id, 0), COALESCE(e.mail_id, 0), e.at, e.kind, e.actor, e.detail,
	e.number, e.mail_sha256, e.decision_sha256, e.prev_sha256, e.sha256, COALESCE(p.purge_id, 0), COALESCE(p.content_sha256, '')`

const linkTables = ` FROM events e LEFT JOIN purged p ON p.kind = 'event' AND p.row_id = e.id`

// fields are where a row with linkColumns goes.
func (l *Link) fields() []any {
	return []any{&l.ID, &l.Request, &l.Mail, (*millisTime)(&l.At), &l.Kind, &l.Actor, &l.Detail,
		&l.Number, &l.MailHash, &l.Decision, &l.Prev, &l.Hash, &l.Purge, &l.Kept}
}

// millisTime scans a time that is stored in milliseconds.
type millisTime time.Time

func (t *millisTime) Scan(v any) error {
	ms, ok := v.(int64)
	if !ok {
		return fmt.Errorf("%v is no time", v)
	}
	*t = millisTime(fromMillis(ms))
	return nil
}
