package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// What is purged is overwritten in its row, and the row stays: a mail keeps its
// SHA-256, an event its time, kind and place in the chain. The table purged says
// which purge took something from which row, and keeps the hash of what an event
// said, by which the chain is followed where its words are gone.
//
// So that nobody can blank a row and call it purged, each purge has an event in
// the chain, which holds the SHA-256 of what was left of its rows: a row put to
// a purge later, or changed after it, does not fit (see [Store.Audit]).

// The kinds of rows in the table purged. Rows that the chain does not tell of
// (notices, tokens, suspicions) are not listed there.
const (
	purgedMail     = "mail"
	purgedEvent    = "event"
	purgedForm     = "form"     // of a request: who was to have access
	purgedRequest  = "request"  // all but its entry in the register
	purgedDecision = "decision" // on the request
)

// Purge implements [intake.Tx].
func (t *tx) Purge(p intake.Purge) (intake.Purged, error) {
	g := &purge{tx: t, Purge: p}
	// Suspicions and delegations hold their mails back, so they come first.
	for _, step := range []func() error{g.suspicions, g.delegations, g.mails, g.notices, g.forms, g.requests, g.events, g.seal} {
		if err := step(); err != nil {
			return intake.Purged{}, fmt.Errorf("purging: %w", err)
		}
	}
	return g.done, nil
}

// purge is a purge in its transaction.
type purge struct {
	*tx
	intake.Purge
	done intake.Purged
}

// rows lists IDs of rows to purge, and begins the purge if there are any.
func (g *purge) rows(query string, args ...any) (ids []int64, err error) {
	rows, err := g.q.QueryContext(g.ctx, query+` LIMIT `+strconv.Itoa(g.Most), args...)
	if err != nil {
		return nil, err
	}
	err = each(rows, func() error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	g.done.More = g.done.More || len(ids) == g.Most
	if err == nil && len(ids) > 0 && g.done.ID == 0 {
		err = g.q.QueryRowContext(g.ctx, `INSERT INTO purges (at, sha256) VALUES ($1, '') RETURNING id`, millis(g.At)).Scan(&g.done.ID)
	}
	return ids, err
}

func (g *purge) mark(kind string, row int64, content string) error {
	_, err := g.q.ExecContext(g.ctx, `INSERT INTO purged (kind, row_id, purge_id, content_sha256) VALUES ($1, $2, $3, $4)`, kind, row, g.done.ID, content)
	return err
}

func (g *purge) do(query string, args ...any) error {
	_, err := g.q.ExecContext(g.ctx, query, args...)
	return err
}

// either is a condition that the status in a column is one of these.
func either[S ~string](column string, list ...S) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = "'" + string(s) + "'" // constants of ours
	}
	return column + " IN (" + strings.Join(quoted, ", ") + ")"
}

var (
	cameToNothing = either("r.status", intake.CameToNothing...)
	siteEnded     = either("r.status", intake.SiteEnded...)
	ended         = either("r.status", slices.Concat(intake.CameToNothing, intake.SiteEnded)...)
)

func (g *purge) suspicions() error {
	ids, err := g.rows(`SELECT id FROM suspicions WHERE at < $1 AND (approver <> '' OR from_addresses <> '') ORDER BY id`, millis(g.Suspicions))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := g.do(`UPDATE suspicions SET approver = '', from_addresses = '' WHERE id = $1`, id); err != nil {
			return err
		}
	}
	g.done.Suspicions = len(ids)
	return nil
}

func (g *purge) delegations() error {
	if g.Registry.IsZero() {
		return nil
	}
	ids, err := g.rows(`SELECT id FROM delegations WHERE last_day < $1 AND at < $2 ORDER BY id`, g.Registry.Format(time.DateOnly), millis(g.Registry))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := g.do(`DELETE FROM delegations WHERE id = $1`, id); err != nil {
			return err
		}
	}
	g.done.Delegations = len(ids)
	return nil
}

// purgeBytes bounds how many octets of mails one transaction overwrites.
const purgeBytes = 64 << 20

// mails wipes mails that were handled, if none of the requests that they belong
// to keeps them, and neither a delegation nor a suspicion.
func (g *purge) mails() error {
	// of tells whether a request to which the mail belongs in one way keeps it, or
	// whether there is any.
	of := func(way, which string) string { return `EXISTS (SELECT 1 FROM ` + way + which + `)` }
	var kept, belongs []string
	for _, way := range mailWays {
		belongs = append(belongs, of(way, ""))
		kept = append(kept, of(way, ` AND NOT (`+cameToNothing+` AND r.changed_at < $1 AND m.handled_at < $1 OR `+siteEnded+` AND r.changed_at < $2 AND m.handled_at < $2)`))
	}
	ids, err := g.rows(`SELECT m.id FROM mails m WHERE m.raw IS NOT NULL AND m.same_as IS NULL AND m.fate IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM purged p WHERE p.kind = 'mail' AND p.row_id = m.id)
			AND NOT (`+strings.Join(kept, " OR ")+`)
			AND (m.handled_at < $3 OR `+strings.Join(belongs, " OR ")+`)
			AND m.id NOT IN (SELECT mail_id FROM delegations)
			AND m.id NOT IN (SELECT mail_id FROM suspicions WHERE approver <> '' OR from_addresses <> '')
		ORDER BY m.id`, millis(g.FailedRequests), millis(g.ClosedRequests), millis(g.OtherMails))
	if err != nil {
		return err
	}
	var octets int64
	for _, id := range ids {
		if octets > purgeBytes {
			g.done.More = true
			break
		}
		var size int64
		err := g.q.QueryRowContext(g.ctx, `UPDATE mails SET raw = NULL, note = '' WHERE id = $1 RETURNING size`, id).Scan(&size)
		if err == nil {
			err = g.mark(purgedMail, id, "")
		}
		if err != nil {
			return err
		}
		octets += size
		g.done.Mails++
	}
	return nil
}

// mailWays are the ways in which a mail m can belong to a request r.
var mailWays = []string{
	`requests r WHERE r.id = m.request_id`,
	`events e JOIN requests r ON r.id = e.request_id WHERE e.mail_id = m.id`,
	`requests r WHERE r.form_mail = m.id`,
	`decisions d JOIN requests r ON r.id = d.request_id WHERE d.mail_id = m.id`,
	`approvals a JOIN requests r ON r.id = a.request_id WHERE a.mail_id = m.id`,
	`suspicions s JOIN requests r ON r.id = s.request_id WHERE s.mail_id = m.id`,
}

// notices wipes mails of ours that are sent, or never will be. The text of a
// question is needed to tell its quote from an answer, so notices are kept
// while their request is open or somebody still has a question to answer.
func (g *purge) notices() error {
	ids, err := g.rows(`SELECT n.id FROM notices n LEFT JOIN requests r ON r.id = n.request_id
		WHERE n.state <> 'queued' AND COALESCE(n.sent_at, n.created_at) < $1
			AND (n.raw IS NOT NULL OR n.text <> '' OR n.to_address <> '' OR n.reason <> '')
			AND (r.id IS NULL OR `+ended+` OR r.status = 'active')
			AND NOT EXISTS (SELECT 1 FROM tokens k WHERE k.request_id = n.request_id AND k.spent_at IS NULL AND k.expires_at >= $2)
		ORDER BY n.id`, millis(g.Notices), millis(g.At))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := g.do(`UPDATE notices SET raw = NULL, text = '', to_address = '', reason = '' WHERE id = $1`, id); err != nil {
			return err
		}
		if err := g.do(`DELETE FROM undelivered WHERE notice_id = $1`, id); err != nil {
			return err
		}
	}
	g.done.Notices = len(ids)
	return nil
}

// forms forgets who was to have access to sites that never came or are no more.
func (g *purge) forms() error {
	ids, err := g.rows(`SELECT r.id FROM requests r WHERE (`+cameToNothing+` AND r.changed_at < $1 OR `+siteEnded+` AND r.changed_at < $2)
		AND NOT EXISTS (SELECT 1 FROM purged p WHERE p.kind = 'form' AND p.row_id = r.id) ORDER BY r.id`,
		millis(g.FailedRequests), millis(g.AccessData))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := g.form(id, intake.WithoutUsers); err != nil {
			return err
		}
	}
	g.done.Forms = len(ids)
	return nil
}

// form replaces form and plan of a request by what is left of them.
func (g *purge) form(request int64, left func(forms.Submission, intake.Plan) (forms.Submission, intake.Plan)) error {
	var submission, plan string
	var s forms.Submission
	var p intake.Plan
	err := g.q.QueryRowContext(g.ctx, `SELECT submission, plan FROM requests WHERE id = $1`, request).Scan(&submission, &plan)
	if err != nil {
		return err
	}
	// What cannot be read is not kept for that.
	if json.Unmarshal([]byte(submission), &s) != nil || json.Unmarshal([]byte(plan), &p) != nil {
		s, p = forms.Submission{}, intake.Plan{}
	}
	r := &intake.Request{}
	r.Submission, r.Plan = left(s, p)
	if submission, plan, err = encode(r); err != nil {
		return err
	}
	if err := g.do(`UPDATE requests SET submission = $1, plan = $2 WHERE id = $3`, submission, plan, request); err != nil {
		return err
	}
	for _, table := range []string{"offers", "deviations", "troubles"} {
		if err := g.do(`DELETE FROM `+table+` WHERE request_id = $1`, request); err != nil {
			return err
		}
	}
	return g.markOnce(purgedForm, request)
}

func (g *purge) markOnce(kind string, row int64) error {
	return g.do(`INSERT INTO purged (kind, row_id, purge_id, content_sha256) VALUES ($1, $2, $3, '') ON CONFLICT (kind, row_id) DO NOTHING`, kind, row, g.done.ID)
}

// requests leaves of requests that ended what the register keeps for ever.
func (g *purge) requests() error {
	ids, err := g.rows(`SELECT r.id FROM requests r WHERE `+ended+` AND r.changed_at < $1
		AND NOT EXISTS (SELECT 1 FROM purged p WHERE p.kind = 'request' AND p.row_id = r.id) ORDER BY r.id`, millis(g.Registry))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := g.form(id, intake.RegisterEntry); err != nil {
			return err
		}
		if err := g.decision(id); err != nil {
			return err
		}
		for _, statement := range []string{
			`UPDATE requests SET from_name = '', from_address = '', purpose = '', form_name = '' WHERE id = $1`,
			`DELETE FROM tokens WHERE request_id = $1`,
			`DELETE FROM approvals WHERE request_id = $1`,
			`DELETE FROM undelivered WHERE request_id = $1`,
			`DELETE FROM closings WHERE request_id = $1`,
		} {
			if err := g.do(statement, id); err != nil {
				return err
			}
		}
		if err := g.mark(purgedRequest, id, ""); err != nil {
			return err
		}
	}
	g.done.Requests = len(ids)
	return nil
}

// decision keeps the hash of the whole record beside what is left of it.
func (g *purge) decision(request int64) error {
	var record string
	var d intake.Decision
	rows, err := g.q.QueryContext(g.ctx, `SELECT record FROM decisions WHERE request_id = $1`, request)
	if err != nil {
		return err
	}
	found := false
	if err := each(rows, func() error { found = true; return rows.Scan(&record) }); err != nil || !found {
		return err
	}
	if err := json.Unmarshal([]byte(record), &d); err != nil {
		return fmt.Errorf("decoding the decision on request %d: %w", request, err)
	}
	left, err := json.Marshal(d.RegisterEntry())
	if err != nil {
		return err
	}
	if err := g.do(`UPDATE decisions SET record = $1 WHERE request_id = $2`, string(left), request); err != nil {
		return err
	}
	return g.mark(purgedDecision, request, "")
}

var (
	delegating = either("e.kind", intake.EventDelegated, intake.EventDelegationEnded)
	refusing   = either("e.kind", intake.EventRefused)
	proving    = either("e.kind", intake.EvidenceEvents...)
)

// events blanks who did what in events: those of a request with its entry in
// the register, or with its form if they may name users. One that names nobody is
// left as it is, and so are the events of purges.
func (g *purge) events() error {
	ids, err := g.rows(`SELECT e.id FROM events e LEFT JOIN requests r ON r.id = e.request_id
		WHERE NOT (e.actor IN ('', 'desk') AND e.detail = '') AND e.kind <> 'purged'
		AND NOT EXISTS (SELECT 1 FROM purged p WHERE p.kind = 'event' AND p.row_id = e.id)
		AND CASE WHEN e.request_id IS NOT NULL THEN `+ended+` AND r.changed_at < $1 AND e.at < $1 OR NOT (`+proving+`) AND
				(`+cameToNothing+` AND r.changed_at < $2 AND e.at < $2 OR `+siteEnded+` AND r.changed_at < $3 AND e.at < $3)
			WHEN `+delegating+` THEN e.at < $1
			WHEN `+refusing+` THEN e.at < $4
			ELSE e.at < $5 END
		ORDER BY e.id`, millis(g.Registry), millis(g.FailedRequests), millis(g.AccessData), millis(g.Suspicions), millis(g.OtherMails))
	if err != nil {
		return err
	}
	for _, id := range ids {
		var l Link
		if err := g.q.QueryRowContext(g.ctx, linkColumns+linkTables+` WHERE e.id = $1`, id).Scan(l.fields()...); err != nil {
			return err
		}
		if err := g.mark(purgedEvent, id, l.ContentHash()); err != nil {
			return err
		}
		if err := g.do(`UPDATE events SET actor = '', detail = '' WHERE id = $1`, id); err != nil {
			return err
		}
	}
	g.done.Events = len(ids)
	return nil
}

// seal computes what the purge's event tells of its rows.
func (g *purge) seal() (err error) {
	if g.done.ID == 0 {
		return nil
	}
	if g.done.Left, err = leftBy(g.ctx, g.q, g.done.ID); err != nil {
		return err
	}
	return g.do(`UPDATE purges SET sha256 = $1 WHERE id = $2`, g.done.Left, g.done.ID)
}

// leftBy is the SHA-256, in hex, of what is left of the rows that a purge took
// something from: of mails, events and decisions. Forms are not in it but by
// their number, because a later purge takes more of them.
func leftBy(ctx context.Context, q querier, purge int64) (string, error) {
	var b strings.Builder
	rows, err := q.QueryContext(ctx, `SELECT p.kind, p.row_id, p.content_sha256, COALESCE(m.sha256, ''), d.mail_id, d.verdict, d.at, d.sha256, d.record
		FROM purged p LEFT JOIN mails m ON p.kind = 'mail' AND m.id = p.row_id
		LEFT JOIN decisions d ON p.kind = 'decision' AND d.request_id = p.row_id
		WHERE p.purge_id = $1 AND p.kind <> 'event' ORDER BY p.kind, p.row_id`, purge)
	if err != nil {
		return "", err
	}
	err = each(rows, func() error {
		var kind, content, mail string
		var id int64
		var decided [5]sql.NullString
		if err := rows.Scan(&kind, &id, &content, &mail, &decided[0], &decided[1], &decided[2], &decided[3], &decided[4]); err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %d %q %q", kind, id, content, mail)
		for _, v := range decided {
			fmt.Fprintf(&b, " %q", v.String)
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		return "", err
	}
	rows, err = q.QueryContext(ctx, linkColumns+linkTables+` WHERE p.purge_id = $1 ORDER BY e.id`, purge)
	if err != nil {
		return "", err
	}
	err = each(rows, func() error {
		var l Link
		if err := rows.Scan(l.fields()...); err != nil {
			return err
		}
		fmt.Fprintf(&b, "event %d %s %s %s %q\n", l.ID, l.Prev, l.Kept, l.Hash, l.Content())
		return nil
	})
	return hash([]byte(b.String())), err
}

// purgeTold finds in the event of a purge what it tells of it: see
// [intake.Purged.Detail].
var purgeTold = regexp.MustCompile(`^purge (\d{1,18}): .* has the SHA-256 ([0-9a-f]{64})$`)
