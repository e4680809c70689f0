package intake_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// The model is the procedure in its simplest words. It knows no tokens, hashes,
// transactions or mails on the wire: only who was asked what, and what they said.

// spec is what a form asks for, or what an approver makes of it.
type spec struct {
	partner string
	rights  access
	day     forms.Date
	broken  bool // the form is not in order
}

func (s spec) String() string {
	people := slices.Sorted(maps.Keys(s.rights))
	for i, address := range people {
		people[i] = address[:4] + " " + s.rights[address].String()
	}
	what := fmt.Sprintf("%s from %s for %s", s.partner, s.day, strings.Join(people, "; "))
	if s.broken {
		what += ", not in order"
	}
	return what
}

func (s spec) equal(o spec) bool { return s.day == o.day && maps.Equal(s.rights, o.rights) }

// lived is one request.
type lived struct {
	id      int64
	head    string
	origin  string // of the form in force
	spec    spec
	status  intake.Status
	decided string // by whom
	granted spec   // what was approved
	since   forms.Date
	done    map[string]int  // reminders and so on, since then
	closes  *lived          // the request whose site it closes; nil: it asks for a site
	heldAt  time.Time       // when IT was last told that it is not deleted
	until   forms.Date      // how long a closed site is kept
	held    map[string]bool // corrected forms that wait to be confirmed
	former  *lived          // of a change of access: by which the site stood when it was asked for
	version int             // of what may be answered: an answer to an older one decides nothing
}

// mailed is a mail of the desk that people may answer.
type mailed struct {
	life    *lived
	kind    string
	to      string
	message *intake.Message

	// Of questions:
	shows   spec
	version int
	verdict saying // of confirm_decision
	held    *spec  // of confirm_request: about a corrected form
	closed  bool   // superseded by a question about another plan
	asked   time.Time
}

func (m *mailed) String() string {
	var id int64
	if m.life != nil {
		id = m.life.id
	}
	return fmt.Sprintf("%s %s about %d", m.kind, m.to, id)
}

type saying string

const (
	yes     saying = "yes"
	no      saying = "no"
	unclear saying = "unclear"
	weak    saying = "weak"
	odd     saying = "a condition that nobody can apply"
	without saying = "yes, without one"
	later   saying = "yes, later"
)

// answered is an answer to a question.
type answered struct {
	says   saying
	from   string
	origin string
	who    string     // of without
	day    forms.Date // of later
}

type model struct {
	now      func() time.Time
	lives    []*lived
	mails    []*mailed // that were sent
	expected []*mailed // that must have been sent by the end of this step
	told     map[string]time.Time
	day      forms.Date // that it was when something last fell due
	ends     map[string]int
}

func newModel(now func() time.Time) *model {
	return &model{now: now, told: map[string]time.Time{}, ends: map[string]int{}}
}

// patience is how long people are waited for, in working days.
var patience = intake.Waiting{Remind: 3, Next: 5, Tell: 8, Expire: 20}

func (m *model) today() forms.Date { return forms.DateOf(m.now().In(bucharest())) }

func (m *model) expect(l *lived, kind, to string) *mailed {
	e := &mailed{life: l, kind: kind, to: to, asked: m.now()}
	if l != nil {
		e.version, e.shows = l.version, l.spec
	}
	m.expected = append(m.expected, e)
	return e
}

// sent takes over a mail that the desk sent, if it is one that is expected.
func (m *model) sent(message *intake.Message, kind, to string, id int64) error {
	for _, e := range m.expected {
		if e.message == nil && e.String() == fmt.Sprintf("%s %s about %d", kind, to, id) {
			e.message = message
			m.mails = append(m.mails, e)
			return nil
		}
	}
	return fmt.Errorf("nobody expects the mail %s to %s about %d", kind, to, id)
}

func (m *model) become(l *lived, s intake.Status) {
	l.status, l.since, l.done = s, m.today(), map[string]int{}
	m.ends[string(s)]++
}

// form is a new form of a head of department (steps 1 and 2).
func (m *model) form(head, origin string, s spec) {
	l := &lived{id: int64(len(m.lives) + 1), head: head}
	m.lives = append(m.lives, l)
	m.examine(l, origin, s)
}

func (m *model) examine(l *lived, origin string, s spec) {
	l.spec, l.origin = s, origin
	l.version++
	m.become(l, intake.StatusReceived)
	switch {
	case s.broken || m.another(l) || s.day.Before(m.today()):
		m.become(l, intake.StatusReturned)
		m.expect(l, "returned", l.head)
	case origin != "proven":
		m.expect(l, "confirm_request", l.head)
	default:
		m.ask(l)
	}
}

// standing is the life by which the site stands that l asks about, if its head may change it.
func (m *model) standing(l *lived) *lived {
	for _, o := range m.lives {
		if o != l && o.status == intake.StatusActive && o.spec.partner == l.spec.partner && o.head == l.head {
			return o
		}
	}
	return nil
}

// another: somebody else asks for the same, or has it.
func (m *model) another(l *lived) bool {
	former := m.standing(l)
	return slices.ContainsFunc(m.lives, func(o *lived) bool {
		return o != l && o != former && o.spec.partner == l.spec.partner && m.running(o.status)
	})
}

// changing: a change of l is being made, or is stuck half-way.
func (m *model) changing(l *lived) *lived {
	for _, o := range m.lives {
		if o.former == l && (o.status == intake.StatusProvisioning || o.status == intake.StatusStuck) {
			return o
		}
	}
	return nil
}

func (m *model) ask(l *lived) {
	l.former = m.standing(l)
	switch {
	case m.another(l):
		m.become(l, intake.StatusReturned)
		m.expect(l, "returned", l.head)
		return
	case l.former != nil && maps.Equal(l.former.granted.rights, l.spec.rights):
		l.former = nil
		m.become(l, intake.StatusReturned)
		m.expect(l, "nothing_changes", l.head)
		return
	}
	m.become(l, intake.StatusAwaitingApproval)
	m.expect(l, "registered", l.head)
	m.expect(l, "approval", mayor)
}

// corrected is a form in answer to a returned one. Else it is a form like any
// other, and the same may be asked for already.
func (m *model) corrected(l *lived, origin string, s spec) {
	switch l.status {
	case intake.StatusReturned:
		m.examine(l, origin, s)
	case intake.StatusAwaitingApproval:
		switch {
		case !s.broken && s.equal(l.spec):
			m.expect(l, "correction_not_taken", l.head)
		case origin != "proven":
			m.hold(l, s)
		default:
			m.correctAsked(l, origin, s)
		}
	case intake.StatusScheduled, intake.StatusProvisioning, intake.StatusStuck:
		m.expect(l, "correction_not_taken", l.head)
	default:
		m.form(l.head, origin, s)
	}
}

// correctAsked voids the question that the approvers were asked.
func (m *model) correctAsked(l *lived, origin string, s spec) {
	asked := m.asked(l)
	l.held = nil
	m.examine(l, origin, s)
	now := m.asked(l)
	for _, who := range asked {
		if !slices.Contains(now, who) || l.status != intake.StatusAwaitingApproval {
			m.expect(l, "question_withdrawn", who)
		}
	}
}

// hold has a corrected form confirmed that nothing proves to be the sender's.
// Until then the approvers' question stands.
func (m *model) hold(l *lived, s spec) {
	if l.held == nil {
		l.held = map[string]bool{}
	}
	l.held[s.String()] = true
	m.expect(l, "confirm_request", l.head).held = &s
}

// confirmCorrection is the answer to that.
func (m *model) confirmCorrection(q *mailed, text string) {
	l, s := q.life, *q.held
	switch {
	case !l.held[s.String()]:
		m.aside(l)
	case text == "CONFIRM" && l.status != intake.StatusAwaitingApproval:
		m.expect(l, "correction_not_taken", l.head)
	case text == "CONFIRM":
		m.correctAsked(l, "proven", s)
	case text == "Nu am trimis eu.":
		l.held[s.String()] = false
		m.expect(l, "disowned", it)
	default:
		m.expect(l, "confirm_request", l.head).held = &s
	}
}

// running: there is a site, or may soon be one.
func (m *model) running(s intake.Status) bool {
	switch s {
	case intake.StatusAwaitingApproval, intake.StatusScheduled, intake.StatusProvisioning, intake.StatusStuck, intake.StatusActive:
		return true
	}
	return false
}

func (m *model) confirmForm(q *mailed, text string) {
	if q.held != nil {
		m.confirmCorrection(q, text)
		return
	}
	l := q.life
	switch {
	case l.status != intake.StatusReceived || q.version != l.version || q.closed:
		m.aside(l)
	case text == "CONFIRM":
		l.origin = "proven"
		l.version++ // what was asked is settled
		m.ask(l)
	case text == "Nu am trimis eu.":
		l.version++
		m.become(l, intake.StatusWithdrawn)
		m.expect(l, "disowned", it)
	default:
		m.expect(l, "confirm_request", l.head)
	}
}

// aside leaves a mail to IT.
func (m *model) aside(*lived) { m.expect(nil, "set_aside", it) }

// closingForm asks for the closing of a site (5.3).
func (m *model) closingForm(site *lived, origin string) {
	l := &lived{id: int64(len(m.lives) + 1), head: site.head, origin: origin, closes: site, spec: site.granted, version: 1}
	m.lives = append(m.lives, l)
	running := slices.ContainsFunc(m.lives, func(o *lived) bool {
		return o != l && o.closes == site && slices.Contains([]intake.Status{intake.StatusAwaitingApproval, intake.StatusProvisioning, intake.StatusStuck, intake.StatusClosing}, o.status)
	})
	if running || site.status != intake.StatusActive {
		m.become(l, intake.StatusReturned)
		m.expect(l, "returned", l.head)
		return
	}
	m.become(l, intake.StatusAwaitingApproval)
	m.expect(l, "closing_question", l.head)
}

// ending reports whether access to the site is about to end.
func (m *model) ending(site *lived) bool {
	return slices.ContainsFunc(m.lives, func(o *lived) bool {
		return o.closes == site && (o.status == intake.StatusProvisioning || o.status == intake.StatusStuck)
	})
}

// answerClosing is an answer to the question whether a site is to be closed.
func (m *model) answerClosing(q *mailed, a answered) {
	l := q.life
	switch {
	case a.from != q.to:
		m.suspect(q, "other")
	case a.origin == "refuted":
		m.suspect(q, "refuted")
	case l.decided != "" && a.origin != "proven" && !strings.HasPrefix(l.decided, "confirmed"):
		m.suspect(q, "replayed")
	case l.decided != "":
		m.expect(l, "already_decided", q.to)
	case l.status != intake.StatusAwaitingApproval:
		m.expect(l, "question_closed", q.to)
	case a.says == unclear:
		m.expect(l, "closing_question", q.to)
	case a.origin == "proven":
		m.close(l, a.says, q.to)
	case q.verdict == "":
		for _, o := range append(slices.Clone(m.mails), m.expected...) {
			if o.life == l && o.verdict == a.says && m.now().Sub(o.asked) < time.Hour {
				return
			}
		}
		m.expect(l, "closing_question", q.to).verdict = a.says
	case q.verdict == a.says:
		m.close(l, a.says, "confirmed by "+q.to)
	default:
		m.expect(l, "closing_question", q.to)
	}
}

func (m *model) close(l *lived, verdict saying, by string) {
	l.decided = by
	if verdict == yes {
		m.become(l, intake.StatusProvisioning)
		return
	}
	m.become(l, intake.StatusRejected)
	m.expect(l, "closing_dropped", l.head)
	if l.origin != "proven" {
		m.expect(l, "disowned", it)
	}
}

// endAccess ends access for all, once the files are saved.
func (m *model) endAccess(l *lived) {
	m.become(l, intake.StatusClosing)
	m.become(l.closes, intake.StatusClosing)
	l.until = forms.DateOf(m.today().In(time.UTC).AddDate(0, 0, 30))
	for address := range l.closes.granted.rights {
		m.expect(l, "access_ended", address)
	}
	m.expect(l, "closing_saved", l.head)
	m.expect(l, "closing_saved", it)
}

func (m *model) undo(l *lived) {
	if l.status == intake.StatusClosing {
		m.become(l.closes, intake.StatusActive)
		for address := range l.closes.granted.rights {
			m.expect(l, "access_resumed", address)
		}
	}
	m.become(l, intake.StatusWithdrawn)
	m.expect(l, "closing_undone", l.head)
	m.expect(l, "closing_undone", it)
}

// delete ends the grace period of a closed site.
func (m *model) delete(l *lived, blocked bool) {
	if !l.until.Before(m.today()) {
		return
	}
	if blocked {
		if m.now().Sub(l.heldAt) >= 7*24*time.Hour {
			m.expect(l, "closing_held", it)
			l.heldAt = m.now()
		}
		return
	}
	m.become(l, intake.StatusClosed)
	m.become(l.closes, intake.StatusClosed)
	m.expect(l, "closing_done", l.head)
	m.expect(l, "closing_done", it)
}

// answer is an answer to a question, by whomever.
func (m *model) answer(q *mailed, a answered) {
	l := q.life
	switch {
	case a.from != q.to:
		m.suspect(q, "other")
		return
	case a.origin == "refuted":
		m.suspect(q, "refuted")
		return
	case l.decided != "" && a.origin != "proven" && !strings.HasPrefix(l.decided, "confirmed"):
		m.suspect(q, "replayed")
		return
	case l.decided != "":
		m.expect(l, "already_decided", q.to)
		return
	case l.status != intake.StatusAwaitingApproval || q.version != l.version:
		m.expect(l, "question_closed", q.to)
		return
	}
	verdict := a.says
	if q.closed && verdict == yes {
		m.again(q)
		return
	}
	if verdict == yes || verdict == no {
		if a.origin == "proven" {
			m.decide(q, verdict, q.to)
			return
		}
		switch {
		case q.kind != "confirm_decision":
			m.confirm(q, verdict)
		case q.verdict == verdict:
			m.decide(q, verdict, "confirmed by "+q.to)
		default:
			m.again(q)
		}
		return
	}
	changed, ok := m.apply(q.shows, a)
	if !ok {
		m.again(q)
		return
	}
	for _, o := range append(slices.Clone(m.mails), m.expected...) {
		if o.life == l && o.to == q.to && !o.shows.equal(changed) {
			o.closed = true
		}
	}
	m.expect(l, "offer", q.to).shows = changed
}

// again puts the same question once more.
func (m *model) again(q *mailed) {
	m.expect(q.life, "ask_again", q.to).shows = q.shows
}

// confirm has an unproven answer repeated, unless that was just done.
func (m *model) confirm(q *mailed, verdict saying) {
	for _, o := range append(slices.Clone(m.mails), m.expected...) {
		if o.life == q.life && o.kind == "confirm_decision" && o.to == q.to && o.version == q.version && !o.closed &&
			o.verdict == verdict && o.shows.equal(q.shows) && m.now().Sub(o.asked) < time.Hour {
			return
		}
	}
	e := m.expect(q.life, "confirm_decision", q.to)
	e.shows, e.verdict = q.shows, verdict
}

// apply is what a condition makes of a plan.
func (m *model) apply(s spec, a answered) (spec, bool) {
	changed := s
	changed.rights = maps.Clone(s.rights)
	switch a.says {
	case without:
		if _, ok := s.rights[a.who]; !ok {
			return s, false
		}
		delete(changed.rights, a.who)
		partner, internal := 0, 0
		for address := range changed.rights {
			if strings.HasSuffix(address, "@spital.test") {
				partner++
			} else {
				internal++
			}
		}
		return changed, partner > 0 && internal > 0
	case later:
		changed.day = a.day
		return changed, !a.day.Before(s.day) && !a.day.Before(m.today())
	}
	return s, false
}

func (m *model) decide(q *mailed, verdict saying, by string) {
	l := q.life
	l.decided = by
	if verdict == no {
		m.become(l, intake.StatusRejected)
		m.expect(l, "rejected", l.head)
		return
	}
	l.granted = q.shows
	m.expect(l, "approved", l.head)
	m.expect(l, "approved_it", it)
	m.become(l, intake.StatusScheduled)
	if !m.today().Before(l.granted.day) {
		m.become(l, intake.StatusProvisioning)
	}
}

// suspect warns who was asked and tells IT, each once an hour.
func (m *model) suspect(q *mailed, why string) {
	once := func(key string) bool {
		last, ok := m.told[key]
		if ok && m.now().Sub(last) < time.Hour {
			return false
		}
		m.told[key] = m.now()
		return true
	}
	l := q.life
	if why == "refuted" || why == "other" || why == "replayed" {
		if once(fmt.Sprint(why, "/", q.to)) {
			if l.status == intake.StatusAwaitingApproval && l.closes != nil {
				m.expect(l, "closing_question", q.to)
			} else if l.status == intake.StatusAwaitingApproval {
				shows := m.lastShown(l, q.to)
				m.expect(l, "ask_again", q.to).shows = shows
			} else {
				m.expect(l, "warning", q.to)
			}
		}
		if once(fmt.Sprint(why, "/", l.id)) {
			m.expect(l, "suspect", it)
		}
	}
}

// open are the questions that the person can still answer.
func (m *model) open(l *lived, to string) (list []*mailed) {
	for _, o := range append(slices.Clone(m.mails), m.expected...) {
		switch o.kind {
		case "approval", "ask_again", "offer", "reminder", "confirm_decision":
			if o.life == l && o.to == to && o.version == l.version && !o.closed {
				list = append(list, o)
			}
		}
	}
	return list
}

func (m *model) lastShown(l *lived, to string) spec {
	if list := m.open(l, to); len(list) > 0 {
		return list[len(list)-1].shows
	}
	return l.spec
}

func (m *model) asked(l *lived) (list []string) {
	for _, who := range []string{mayor, viceMayor} {
		if len(m.open(l, who)) > 0 {
			list = append(list, who)
		}
	}
	return list
}

func (m *model) withdraw(l *lived) {
	if l.closes != nil && slices.Contains([]intake.Status{intake.StatusProvisioning, intake.StatusStuck, intake.StatusClosing}, l.status) {
		m.expect(l, "too_late_to_withdraw", l.head)
		return
	}
	switch l.status {
	case intake.StatusReturned, intake.StatusAwaitingApproval, intake.StatusScheduled:
		if l.status == intake.StatusAwaitingApproval {
			for _, who := range m.asked(l) {
				m.expect(l, "withdrawn_others", who)
			}
		}
		if l.decided != "" {
			m.expect(l, "withdrawn_others", strings.TrimPrefix(l.decided, "confirmed by "))
			m.expect(l, "withdrawn_others", it)
		}
		m.expect(l, "withdrawn", l.head)
		m.become(l, intake.StatusWithdrawn)
	case intake.StatusProvisioning, intake.StatusStuck, intake.StatusActive:
		m.expect(l, "too_late_to_withdraw", l.head)
	default:
		m.expect(l, "status_report", l.head)
	}
}

func (m *model) cancel(l *lived) {
	m.become(l, intake.StatusWithdrawn)
	for _, who := range []string{l.head, strings.TrimPrefix(l.decided, "confirmed by "), it} {
		m.expect(l, "cancelled", who)
	}
}

// time does what falls due.
func (m *model) time(blocked func(*lived) bool) {
	newDay := m.day != m.today()
	m.day = m.today()
	for _, l := range m.lives {
		m.wait(l)
		if l.status == intake.StatusScheduled && !m.today().Before(l.granted.day) {
			m.become(l, intake.StatusProvisioning)
		}
		if l.closes != nil {
			if l.status == intake.StatusProvisioning && !blocked(l) {
				m.endAccess(l)
			}
			if l.status == intake.StatusClosing && newDay {
				m.delete(l, blocked(l))
			}
			continue
		}
		if l.status == intake.StatusProvisioning && !blocked(l) {
			m.activate(l)
		}
	}
}

// activate tells everybody whom it concerns, and ends what stood before.
func (m *model) activate(l *lived) {
	m.become(l, intake.StatusActive)
	m.expect(l, "access_list", l.head)
	before := access{}
	if l.former != nil {
		before = l.former.granted.rights
		m.become(l.former, intake.StatusReplaced)
	}
	for address, rights := range l.granted.rights {
		switch before[address] {
		case 0:
			m.expect(l, "access", address)
		case rights:
		default:
			m.expect(l, "access_altered", address)
		}
	}
	for address := range before {
		if l.granted.rights[address] == 0 {
			m.expect(l, "access_removed", address)
		}
	}
}

// wait reminds, asks the next one, tells, and lets expire what nobody answers.
func (m *model) wait(l *lived) {
	days := 0
	for d := l.since.In(time.UTC); forms.DateOf(d).Before(m.today()); {
		d = d.AddDate(0, 0, 1)
		if d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
			days++
		}
	}
	due := func(what string, after ...int) bool {
		n := 0
		for _, a := range after {
			if a <= days {
				n++
			}
		}
		late := n > l.done[what]
		l.done[what] = max(n, l.done[what])
		return late
	}
	if l.status == intake.StatusAwaitingApproval && l.closes != nil {
		if due("reminded", 3, 6, 9) {
			m.expect(l, "closing_question", l.head)
		}
	} else if l.status == intake.StatusAwaitingApproval {
		// Of several reminders that are late one is enough, in the place of the first.
		soon := l.done["reminded"] == 0 && days >= 3 // before the next one was asked
		if soon {
			m.remind(l)
		}
		if due("next", 5) && len(m.open(l, viceMayor)) == 0 {
			m.expect(l, "approval", viceMayor)
		}
		if due("reminded", 3, 6, 9) && !soon {
			m.remind(l)
		}
		if due("told", 8) {
			m.expect(l, "still_waiting", l.head)
			m.expect(l, "still_waiting", it)
		}
	}
	waits := l.status == intake.StatusAwaitingApproval || l.status == intake.StatusReturned || l.status == intake.StatusReceived && l.origin != "proven"
	if waits && due("expired", 20) {
		m.expect(l, "expired", l.head)
		if l.status == intake.StatusAwaitingApproval {
			m.expect(l, "expired", it)
		}
		m.become(l, intake.StatusExpired)
	}
}

func (m *model) remind(l *lived) {
	for _, who := range m.asked(l) {
		shows := m.lastShown(l, who)
		m.expect(l, "reminder", who).shows = shows
	}
}

// tally counts what was played.
type tally struct {
	mu                            sync.Mutex
	towns, steps, crashes, mails  int
	requests, letters, duplicates int
	ends                          map[string]int
}

func (t *tally) add(w *lives) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.towns++
	t.steps += len(w.story)
	t.crashes += w.crashes
	t.mails += len(w.inbox)
	t.requests += len(w.model.lives)
	t.letters += len(w.copies)
	if t.ends == nil {
		t.ends = map[string]int{}
	}
	for what, n := range w.model.ends {
		t.ends[what] += n
	}
}

func (t *tally) String() string {
	var ends []string
	for what, n := range t.ends {
		ends = append(ends, fmt.Sprintf("%s %d", what, n))
	}
	slices.Sort(ends)
	return fmt.Sprintf("%d towns, %d steps, %d crashes, %d mails to the desk, %d requests, %d mails from it; became: %s",
		t.towns, t.steps, t.crashes, t.mails, t.requests, t.letters, strings.Join(ends, ", "))
}
