package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// PersonData is what the records hold about one address. Of other people it
// holds nothing, but for what a text says that is about this one.
type PersonData struct {
	Requests    []PersonRequest    `json:"requests,omitempty"`
	Questions   []PersonQuestion   `json:"questions,omitempty"`
	Mails       []PersonMail       `json:"mails,omitempty"`
	Notices     []PersonNotice     `json:"notices,omitempty"`
	Undelivered []PersonFailure    `json:"undelivered,omitempty"`
	Events      []PersonEvent      `json:"events,omitempty"`
	Delegations []PersonDelegation `json:"delegations,omitempty"`
	Suspicions  []PersonSuspicion  `json:"suspicions,omitempty"`
}

// PersonRole is what somebody is in a request.
type PersonRole string

const (
	RoleRequester PersonRole = "requester"
	RoleMember    PersonRole = "member"   // is to have access, or had it
	RoleDecided   PersonRole = "decided"  // approved or rejected
	RoleApproved  PersonRole = "approved" // as one of several
	RoleNamed     PersonRole = "named"    // in the form or a plan, and no more than that
)

// PersonRequest is a request that somebody has to do with.
type PersonRequest struct {
	Number     string        `json:"number"`
	Kind       forms.Kind    `json:"kind"`
	Status     intake.Status `json:"status"`
	Since      time.Time     `json:"since"`
	Department string        `json:"department"`
	Partner    string        `json:"partner,omitempty"`
	Site       string        `json:"site,omitempty"`
	Roles      []PersonRole  `json:"roles"`
	Name       string        `json:"name,omitempty"` // of the person, as it stands there
	Side       intake.Side   `json:"side,omitempty"` // of a member
	Rights     forms.Rights  `json:"rights,omitempty"`
	Evidence   string        `json:"evidence,omitempty"` // the words of who decided
	Mails      int           `json:"mails"`              // of the request whose bytes are kept
}

// PersonQuestion is a question that the desk put to somebody.
type PersonQuestion struct {
	Request   string         `json:"request"`
	Purpose   intake.Purpose `json:"purpose"`
	At        time.Time      `json:"at"`
	ExpiresAt time.Time      `json:"expires_at"`
	Open      bool           `json:"open"`
}

// PersonMail is a kept mail that somebody wrote, got, or is named in.
type PersonMail struct {
	ID      int64       `json:"mail"`
	At      time.Time   `json:"received_at"`
	Size    int64       `json:"octets"`
	Fate    intake.Fate `json:"fate,omitempty"`
	Request string      `json:"request,omitempty"`
	How     MailPlace   `json:"how"`
	Subject string      `json:"subject,omitempty"` // of what they wrote or got
}

// MailPlace says where in a mail an address stands.
type MailPlace string

const (
	MailFrom MailPlace = "from"
	MailTo   MailPlace = "to"
	MailText MailPlace = "text"
	MailNone MailPlace = ""
)

// PersonNotice is a mail of the desk to somebody, or that names them.
type PersonNotice struct {
	At      time.Time            `json:"at"`
	Kind    string               `json:"kind"`
	Request string               `json:"request,omitempty"`
	State   intake.OutgoingState `json:"state"`
	How     MailPlace            `json:"how"`
	Kept    bool                 `json:"kept"` // its bytes, not only that it was sent
}

// PersonFailure is a mail of the desk that did not arrive, to somebody, or of
// which the server's words name them.
type PersonFailure struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Request string    `json:"request,omitempty"`
	Reason  string    `json:"reason"`
}

// PersonEvent is an event that somebody caused, or that names them.
type PersonEvent struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Request string    `json:"request,omitempty"`
	Own     bool      `json:"own"` // they caused it
	Detail  string    `json:"detail,omitempty"`
}

// PersonDelegation is a delegation by somebody, or to them.
type PersonDelegation struct {
	By    bool       `json:"by"` // else to
	First forms.Date `json:"first"`
	Last  forms.Date `json:"last"`
	At    time.Time  `json:"at"`
}

// PersonSuspicion is a refused answer that seemed to be somebody's, or that
// came from their address.
type PersonSuspicion struct {
	At      time.Time         `json:"at"`
	Request string            `json:"request,omitempty"`
	Why     intake.SuspectWhy `json:"why"`
	Own     bool              `json:"own"` // it came from their address; else it was to pass for theirs
}

// FindPlace looks for an address in a mail and returns its subject as well.
type FindPlace func(raw []byte) (how MailPlace, subject string)

// Person tells what is held about an address, in lower case. find says where it
// stands in a mail.
func (s *Store) Person(ctx context.Context, address string, find FindPlace) (*PersonData, error) {
	// One transaction, so that the daemon may go on writing.
	q, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("looking for a person: %w", err)
	}
	defer q.Rollback()
	p := personSearch{ctx: ctx, q: q, address: address, named: Names(address), find: find, numbers: map[int64]string{}}
	for _, step := range []func() error{p.requests, p.questions, p.mails, p.notices, p.undelivered, p.events, p.delegations, p.suspicions} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("looking for a person: %w", err)
		}
	}
	return &p.PersonData, nil
}

// Names finds an address in a text, and not within a longer one.
func Names(address string) func(text string) bool {
	find := regexp.MustCompile(`(?i)(?:^|[^\pL\d._%+-])` + regexp.QuoteMeta(address) + `(?:$|[^\pL\d.-]|[.-](?:$|[^\pL\d]))`)
	return find.MatchString
}

type personSearch struct {
	PersonData
	ctx     context.Context
	q       *sql.Tx
	address string
	named   func(text string) bool
	find    FindPlace
	numbers map[int64]string // of requests, by ID
}

func (p *personSearch) is(address string) bool { return strings.EqualFold(address, p.address) }

// each runs a query and calls fn for each of its rows.
func (p *personSearch) each(query string, fn func(*sql.Rows) error, args ...any) error {
	rows, err := p.q.QueryContext(p.ctx, query, args...)
	if err != nil {
		return err
	}
	return each(rows, func() error { return fn(rows) })
}

func (p *personSearch) requests() error {
	offered := map[int64]bool{}
	err := p.each(`SELECT request_id, plan FROM offers UNION ALL SELECT request_id, record FROM troubles
		UNION ALL SELECT request_id, record FROM closings UNION ALL SELECT request_id, record FROM approvals`, func(rows *sql.Rows) error {
		var id int64
		var plan string
		err := rows.Scan(&id, &plan)
		offered[id] = offered[id] || p.named(plan)
		return err
	})
	if err != nil {
		return err
	}
	approved := map[int64]bool{}
	err = p.each(`SELECT request_id, approver FROM approvals`, func(rows *sql.Rows) error {
		var id int64
		var approver string
		err := rows.Scan(&id, &approver)
		approved[id] = approved[id] || p.is(approver)
		return err
	})
	if err != nil {
		return err
	}
	var found []int64
	err = p.each(requestColumns+` ORDER BY r.id`, func(rows *sql.Rows) error {
		r, err := scanRequest(rows.Scan)
		if err != nil {
			return err
		}
		p.numbers[r.ID] = r.Number.String()
		d := p.inRequest(r)
		if approved[r.ID] && !slices.Contains(d.Roles, RoleApproved) {
			d.Roles = append(d.Roles, RoleApproved)
		}
		if offered[r.ID] && len(d.Roles) == 0 {
			d.Roles = append(d.Roles, RoleNamed)
		}
		if len(d.Roles) > 0 {
			p.Requests = append(p.Requests, d)
			found = append(found, r.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, id := range found {
		if p.Requests[i].Mails, err = p.mailsOf(id); err != nil {
			return err
		}
	}
	return nil
}

// mailsOf counts the kept mails of a request; see [Store.MailsOf].
func (p *personSearch) mailsOf(request int64) (n int, err error) {
	err = p.q.QueryRowContext(p.ctx, `SELECT COUNT(*) FROM mails WHERE raw IS NOT NULL AND same_as IS NULL AND id IN (
		SELECT id FROM mails WHERE request_id = $1 UNION SELECT mail_id FROM events WHERE request_id = $1
		UNION SELECT form_mail FROM requests WHERE id = $1 UNION SELECT mail_id FROM decisions WHERE request_id = $1)`, request).Scan(&n)
	return n, err
}

// inRequest tells what the person is in a request; without roles: nothing.
func (p *personSearch) inRequest(r *intake.Request) PersonRequest {
	d := PersonRequest{Number: r.Number.String(), Kind: r.Kind, Status: r.Status, Since: r.ChangedAt, Department: r.Department,
		Partner: r.Submission.Partner, Site: r.Plan.Site.ID}
	if r.Kind == forms.Close {
		d.Site = r.Submission.Site
	}
	if p.is(r.From.Address) {
		d.Roles, d.Name = append(d.Roles, RoleRequester), r.From.Name
	}
	var written []intake.Member // in the form
	for _, u := range r.Submission.PartnerUsers {
		written = append(written, intake.Member{Name: u.Name, Address: u.Email, Side: intake.PartnerSide, Rights: u.Rights})
	}
	for _, u := range r.Submission.InternalUsers {
		written = append(written, intake.Member{Name: u.Name, Address: u.Email, Side: intake.InternalSide, Rights: u.Rights})
	}
	members := r.Members()
	if len(members) == 0 { // there is no plan yet
		members = written
	}
	for _, m := range members {
		if p.is(m.Address) {
			d.Roles, d.Name, d.Side, d.Rights = append(d.Roles, RoleMember), m.Name, m.Side, m.Rights
			break
		}
	}
	if v := r.Decision; v != nil {
		if p.is(v.Approver.Address) {
			d.Roles, d.Name, d.Evidence = append(d.Roles, RoleDecided), v.Approver.Name, v.Evidence
		}
		for _, e := range v.Earlier {
			if p.is(e.Approver.Address) {
				d.Roles, d.Name, d.Evidence = append(d.Roles, RoleApproved), e.Approver.Name, e.Evidence
			}
		}
	}
	for _, m := range written {
		if len(d.Roles) == 0 && p.is(m.Address) { // who was left out
			d.Roles, d.Name, d.Side = append(d.Roles, RoleNamed), m.Name, m.Side
		}
	}
	if len(d.Roles) == 0 {
		// Such as an address before it was mended.
		all, err := json.Marshal(r)
		if err == nil && p.named(string(all)) {
			d.Roles = append(d.Roles, RoleNamed)
		}
	}
	return d
}

func (p *personSearch) questions() error {
	return p.each(`SELECT request_id, purpose, created_at, expires_at, spent_at IS NULL FROM tokens WHERE lower(address) = $1 ORDER BY created_at, hash`,
		func(rows *sql.Rows) error {
			var d PersonQuestion
			var request int64
			err := rows.Scan(&request, &d.Purpose, (*millisTime)(&d.At), (*millisTime)(&d.ExpiresAt), &d.Open)
			d.Request = p.numbers[request]
			p.Questions = append(p.Questions, d)
			return err
		}, p.address)
}

func (p *personSearch) mails() error {
	return p.each(`SELECT id, received_at, size, COALESCE(fate, ''), COALESCE(request_id, 0), raw FROM mails WHERE raw IS NOT NULL ORDER BY id`,
		func(rows *sql.Rows) error {
			var d PersonMail
			var request int64
			var raw sql.RawBytes // one mail in memory at a time
			if err := rows.Scan(&d.ID, (*millisTime)(&d.At), &d.Size, &d.Fate, &request, &raw); err != nil {
				return err
			}
			if d.How, d.Subject = p.find(raw); d.How == MailNone {
				return nil
			}
			d.Request = p.numbers[request]
			p.Mails = append(p.Mails, d)
			return nil
		})
}

func (p *personSearch) notices() error {
	return p.each(`SELECT created_at, kind, COALESCE(request_id, 0), state, to_address, reason, raw FROM notices ORDER BY id`,
		func(rows *sql.Rows) error {
			var d PersonNotice
			var request int64
			var to, reason string
			var raw sql.RawBytes
			if err := rows.Scan((*millisTime)(&d.At), &d.Kind, &request, &d.State, &to, &reason, &raw); err != nil {
				return err
			}
			switch {
			case p.is(to):
				d.How = MailTo
			case p.named(reason):
				d.How = MailText
			default:
				if d.How, _ = p.find(raw); d.How == MailNone {
					return nil
				}
				d.How = MailText
			}
			d.Request, d.Kept = p.numbers[request], len(raw) > 0
			p.Notices = append(p.Notices, d)
			return nil
		})
}

func (p *personSearch) undelivered() error {
	return p.each(`SELECT at, kind, COALESCE(request_id, 0), address, reason FROM undelivered ORDER BY notice_id`, func(rows *sql.Rows) error {
		var d PersonFailure
		var request int64
		var address string
		if err := rows.Scan((*millisTime)(&d.At), &d.Kind, &request, &address, &d.Reason); err != nil {
			return err
		}
		// A server may name where the mail was forwarded to.
		if p.is(address) || p.named(d.Reason) {
			d.Request = p.numbers[request]
			p.Undelivered = append(p.Undelivered, d)
		}
		return nil
	})
}

func (p *personSearch) events() error {
	return p.each(`SELECT at, kind, COALESCE(request_id, 0), actor, detail FROM events ORDER BY id`, func(rows *sql.Rows) error {
		var d PersonEvent
		var request int64
		var actor string
		if err := rows.Scan((*millisTime)(&d.At), &d.Kind, &request, &actor, &d.Detail); err != nil {
			return err
		}
		d.Own = p.named(actor)
		if d.Own || p.named(d.Detail) {
			d.Request = p.numbers[request]
			p.Events = append(p.Events, d)
		}
		return nil
	})
}

func (p *personSearch) delegations() error {
	return p.each(`SELECT approver, delegate, first_day, last_day, at FROM delegations ORDER BY id`, func(rows *sql.Rows) error {
		var d PersonDelegation
		var approver, delegate, first, last string
		if err := rows.Scan(&approver, &delegate, &first, &last, (*millisTime)(&d.At)); err != nil {
			return err
		}
		if d.By = p.is(approver); !d.By && !p.is(delegate) {
			return nil
		}
		var err error
		if d.First, err = forms.ParseDate(first); err != nil {
			return err
		}
		d.Last, err = forms.ParseDate(last)
		p.Delegations = append(p.Delegations, d)
		return err
	})
}

func (p *personSearch) suspicions() error {
	return p.each(`SELECT at, COALESCE(request_id, 0), why, approver, from_addresses FROM suspicions ORDER BY id`, func(rows *sql.Rows) error {
		var d PersonSuspicion
		var request int64
		var approver, from string
		if err := rows.Scan((*millisTime)(&d.At), &request, &d.Why, &approver, &from); err != nil {
			return err
		}
		if d.Own = p.named(from); d.Own || p.is(approver) {
			d.Request = p.numbers[request]
			p.Suspicions = append(p.Suspicions, d)
		}
		return nil
	})
}
