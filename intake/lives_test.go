package intake_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/trust"
)

var (
	livesPlayed = flag.Int("lives", 8, "how many random towns TestRandomLives plays")
	livesSteps  = flag.Int("lives-steps", 60, "how much happens in each")
	livesSeed   = flag.Uint64("lives-seed", 0, "the first town's seed")
)

// TestRandomLives plays random lives of requests on the real desk, with mails
// that come twice, late and out of order, forged ones among them, a portal that
// fails, days that go by and crashes between any two steps. After each step it
// compares the desk with a small model of the procedure (lives_model_test.go):
// the status of every request, who has which rights on every site, and every
// mail that was sent.
//
//	go test ./intake -run TestRandomLives -lives 2000 -lives-steps 100
func TestRandomLives(t *testing.T) {
	var total tally
	if testing.Short() {
		*livesPlayed = min(*livesPlayed, 2)
	}
	t.Run("towns", func(t *testing.T) {
		for i := range *livesPlayed {
			seed := *livesSeed + uint64(i)
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				t.Parallel()
				total.add(playLives(t, seed))
			})
		}
	})
	t.Log(total.String())
	if total.steps > 1000 { // else it is too short for all of it
		for what, n := range total.ends {
			if n == 0 {
				t.Errorf("no request was ever %s", what)
			}
		}
	}
}

func playLives(t *testing.T, seed uint64) *lives {
	w := newLives(t, seed)
	for range *livesSteps {
		w.step()
		if t.Failed() {
			t.Fatalf("the story so far, seed %d:\n%s", seed, strings.Join(w.story, "\n"))
		}
	}
	return w
}

// lives is a town with its model, and the dice that decide what happens next.
type lives struct {
	*town
	model *model
	rand  *rand.Rand
	story []string
	held  []held // mails that are on their way
	old   [][]byte

	closing    bool // sites are closed in this town; in the others, access to them is changed
	portalDown bool
	failing    string // the portal can't give this address access
	partners   int
	delivered  int // how many of post.delivered the model has seen
	copies     map[string][]byte
}

// held is a mail on its way, and what the model says of it on its arrival.
type held struct {
	what string
	raw  []byte
	come func() // to the model
}

func newLives(t *testing.T, seed uint64) *lives {
	o := newOffice(t)
	w := &lives{
		town: &town{office: o, fuse: &fuse{}, read: map[string]bool{}},
		rand: rand.New(rand.NewPCG(seed, 1)), copies: map[string][]byte{},
	}
	w.model = newModel(o.clock.Now)
	w.closing = seed%2 == 1
	fails := func(when string) func(string) error {
		return func(call string) error {
			w.fuse.point(when + " the portal's " + call)
			if when == "before" && (w.portalDown || w.failing != "" && call == "member "+w.failing) {
				return fmt.Errorf("the portal does not feel well")
			}
			return nil
		}
	}
	o.portal.before, o.portal.after = fails("before"), fails("after")
	w.start()
	return w
}

// start starts the daemon as the town does, which is patient here, and believes
// of the origin of a mail what is written in it.
func (w *lives) start() {
	w.town.start()
	w.desk.Policy.Waiting = patience
	w.desk.Policy.TokenLife = 200 * 24 * time.Hour
	w.desk.Policy.AnswersPerDay = 10_000
	w.desk.Origin = func(_ context.Context, raw []byte) trust.Origin {
		m := parse(raw, false)
		sender, ok := m.Sender()
		origin := unproven
		switch {
		case !ok, strings.Contains(string(raw), "X-Origin: unproven\r\n"):
		case strings.Contains(string(raw), "X-Origin: refuted\r\n"):
			origin = refuted
		default:
			origin = proven
		}
		origin.Address = sender.Address
		return origin
	}
}

// daemon lets the daemon do all there is to do; it may crash once meanwhile.
func (w *lives) daemon() {
	w.Helper()
	if w.rand.IntN(4) == 0 {
		w.fuse.at = len(w.fuse.passed) + 1 + w.rand.IntN(25)
	}
	for range 2 {
		for crashing(w.round) {
			w.crashes++
			w.start()
		}
		w.clock.pass(time.Minute) // a job that was interrupted is due again
	}
	w.fuse.at = 0
}

func (w *lives) round() {
	w.must(w.desk.Daily(w.Context()))
	w.once()
}

// step lets one thing happen, and compares.
func (w *lives) step() {
	w.Helper()
	steps := []struct {
		weight int
		do     func() string // what happened; empty: it could not
	}{
		{5, w.newForm}, {3, w.correctedForm}, {14, w.answer}, {4, w.forgery}, {2, w.withdrawal}, {2, w.question},
		{2, w.closingForm}, {6, w.answerClosing}, {1, w.undoClosing},
		{4, w.dayPasses}, {1, w.weeksPass}, {1, w.portalTurns}, {2, w.retry}, {2, w.skip}, {1, w.cancel}, {2, w.sameAgain}, {5, w.mailArrives},
	}
	for {
		n := 0
		for _, s := range steps {
			n += s.weight
		}
		n = w.rand.IntN(n)
		for _, s := range steps {
			if n -= s.weight; n < 0 {
				what := s.do()
				if what == "" {
					break // try another
				}
				w.story = append(w.story, w.clock.Now().Format("02.01 15:04 ")+what)
				w.daemon()
				w.model.time(w.blocked)
				w.compare()
				return
			}
		}
	}
}

// deliver has a mail come now, or keeps it back for a while.
func (w *lives) deliver(what string, raw []byte, come func()) string {
	h := held{what, raw, come}
	if w.rand.IntN(5) == 0 {
		w.held = append(w.held, h)
		return what + " (is on its way)"
	}
	w.arrive(h)
	return what
}

func (w *lives) arrive(h held) {
	w.uid++
	w.inbox = append(w.inbox, h.raw)
	w.old = append(w.old, h.raw)
	h.come()
}

// mailArrives lets one of the mails arrive that are on their way, in any order.
func (w *lives) mailArrives() string {
	if len(w.held) == 0 {
		return ""
	}
	i := w.rand.IntN(len(w.held))
	h := w.held[i]
	w.held = slices.Delete(w.held, i, i+1)
	w.arrive(h)
	return h.what + " (arrives)"
}

// sameAgain delivers a mail once more, as servers sometimes do.
func (w *lives) sameAgain() string {
	if len(w.old) == 0 {
		return ""
	}
	w.uid++
	w.inbox = append(w.inbox, w.old[w.rand.IntN(len(w.old))])
	return "a mail comes a second time"
}

func (w *lives) pick(n int) int { return w.rand.IntN(n) }

// letterOf makes each mail unlike any other, with its origin written in it.
func (w *lives) letterOf(l letter, origin string) []byte {
	w.uid++
	l.headers = append(l.headers, "X-Origin: "+origin, fmt.Sprintf("X-Nr: %d", w.uid))
	return w.write(l)
}

// ask makes up what a head of department asks for. Each asks for another site.
func (w *lives) ask() spec {
	w.partners++
	s := spec{partner: fmt.Sprint("Școala nr. ", w.partners), rights: access{}}
	people := []string{marin, elena, carmen, dan}
	for i, address := range people {
		if i%2 == 0 || w.pick(2) == 0 { // at least one on each side
			s.rights[address] = []forms.Rights{read, read | write, read | write | del}[w.pick(3)]
		}
	}
	s.day = forms.DateOf(w.clock.Now().In(bucharest()).AddDate(0, 0, []int{0, 0, 3, 12}[w.pick(4)]))
	return s
}

var heads = map[string]string{economist: "Direcția Economică", engineer: "Direcția Tehnică"}

var names = map[string]string{marin: "Marin Ionescu", elena: "Elena Dobre", carmen: "Carmen Vlad", dan: "Dan Oprea"}

func (s spec) submission(head string) forms.Submission {
	f := forms.Submission{Requester: "Cineva", Department: heads[head], Partner: s.partner, InfoTypes: "Situații", ActivationDate: s.day, LegalBasis: "Protocol nr. 12/2026"}
	for _, address := range []string{marin, elena, carmen, dan} {
		if rights, ok := s.rights[address]; ok {
			u := forms.User{Name: names[address], Email: address, Rights: rights}
			if strings.HasSuffix(address, "@spital.test") {
				f.PartnerUsers = append(f.PartnerUsers, u)
			} else {
				f.InternalUsers = append(f.InternalUsers, u)
			}
		}
	}
	if s.broken {
		f.LegalBasis = ""
	}
	return f
}

func (w *lives) newForm() string {
	if len(w.model.lives) >= 6 {
		return ""
	}
	s := w.ask()
	s.broken = w.pick(4) == 0
	head := []string{economist, engineer}[w.pick(2)]
	origin := []string{"proven", "proven", "unproven"}[w.pick(3)]
	raw := w.letterOf(letter{from: head, subject: "Cerere", files: []file{annex(w.office, s.submission(head))}}, origin)
	return w.deliver(fmt.Sprintf("%s sends a form, %s, %v", head, origin, s), raw, func() { w.model.form(head, origin, s) })
}

// aMail picks a mail of the desk that is about a request, and the request.
func (w *lives) aMail(kinds ...string) (*mailed, *lived) {
	var list []*mailed
	for _, m := range w.model.mails {
		if m.life != nil && slices.Contains(kinds, m.kind) {
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	m := list[w.pick(len(list))]
	if w.pick(3) > 0 { // mostly what is new is answered
		m = list[len(list)-1-w.pick(min(3, len(list)))]
	}
	return m, m.life
}

// correctedForm sends another form in the thread of the first: one that went
// back, that is being decided, or whose site stands. It may still not be in order.
func (w *lives) correctedForm() string {
	m, l := w.aMail("returned", "registered", "nothing_changes", "access_list")
	if m == nil || l.closes != nil {
		return ""
	}
	if w.closing && l.status != intake.StatusReturned && l.status != intake.StatusAwaitingApproval {
		return ""
	}
	s := l.spec
	if w.pick(4) > 0 {
		s.rights = w.ask().rights
		s.day = forms.DateOf(w.clock.Now().In(bucharest()).AddDate(0, 0, 20))
	}
	s.broken = w.pick(4) == 0
	origin := []string{"proven", "proven", "unproven"}[w.pick(3)]
	raw := w.letterOf(letter{from: l.head, answers: m.message, text: "Am completat.", files: []file{annex(w.office, s.submission(l.head))}}, origin)
	what := fmt.Sprintf("%s corrects the form of %d, %s, %v", l.head, l.id, origin, s)
	if w.closing { // when it is late it may be a change of access
		w.arrive(held{what, raw, func() { w.model.corrected(l, origin, s) }})
		return what
	}
	return w.deliver(what, raw, func() { w.model.corrected(l, origin, s) })
}

var sayings = map[saying][]string{
	yes:     {"Aprob.", "Se aprobă.", "Sunt de acord, mulțumesc."},
	no:      {"Resping, nu este cazul.", "Nu aprob."},
	unclear: {"O să mă uit peste ea mâine.", "Aprob?"},
	weak:    {"da", "ok"},
	odd:     {"Aprob dacă avizează juridicul."},
}

// answer has somebody answer a question, in some words.
func (w *lives) answer() string {
	m, l := w.aMail("approval", "ask_again", "offer", "reminder", "confirm_decision", "confirm_request")
	if m == nil {
		return ""
	}
	origin := []string{"proven", "proven", "proven", "unproven"}[w.pick(4)]
	if m.kind == "confirm_request" {
		return w.confirmForm(m, l, origin)
	}
	a := answered{says: []saying{yes, yes, yes, yes, no, unclear, weak, odd, without, without, later}[w.pick(11)], from: m.to, origin: origin}
	var text string
	switch a.says {
	case without:
		a.who = []string{marin, elena, carmen, dan}[w.pick(4)]
		text = "Aprob, dar fără " + names[a.who] + "."
	case later:
		a.day = forms.DateOf(w.clock.Now().In(bucharest()).AddDate(0, 0, 10))
		text = fmt.Sprintf("Aprob de la %02d.%02d.%d.", a.day.Day, a.day.Month, a.day.Year)
	default:
		text = sayings[a.says][w.pick(len(sayings[a.says]))]
	}
	if (a.says == without || a.says == later) && strings.Contains(strings.Join(strings.Fields(m.message.Text), " "), text) {
		return "" // it can't be told from a quote then (rule R1)
	}
	raw := w.letterOf(letter{from: m.to, answers: m.message, text: text}, origin)
	return w.deliver(fmt.Sprintf("%s answers %s about %d (%v), %s: %q", m.to, m.kind, l.id, m.shows, origin, text), raw, func() { w.model.answer(m, a) })
}

func (w *lives) confirmForm(m *mailed, l *lived, origin string) string {
	text := []string{"CONFIRM", "CONFIRM", "Nu am trimis eu.", "Ce este asta?"}[w.pick(4)]
	raw := w.letterOf(letter{from: m.to, answers: m.message, text: text}, origin)
	return w.deliver(fmt.Sprintf("%s answers %s about %d: %q", m.to, m.kind, l.id, text), raw, func() { w.model.confirmForm(m, text) })
}

// forgery answers a question in place of who was asked.
func (w *lives) forgery() string {
	m, l := w.aMail("approval", "ask_again", "offer", "reminder", "confirm_decision")
	if m == nil {
		return ""
	}
	a := answered{says: yes, from: m.to, origin: "refuted"}
	if w.pick(2) == 0 {
		a.from, a.origin = []string{secretary, stranger, viceMayor, economist}[w.pick(4)], "proven"
	}
	if a.from == m.to && a.origin == "proven" {
		return ""
	}
	raw := w.letterOf(letter{from: a.from, answers: m.message, text: "Aprob."}, a.origin)
	return w.deliver(fmt.Sprintf("%s answers %s about %d for %s, %s", a.from, m.kind, l.id, m.to, a.origin), raw, func() { w.model.answer(m, a) })
}

// closingForm asks for the closing of a site, or of what is none yet.
func (w *lives) closingForm() string {
	m, l := w.aMail("access_list", "access_list", "access_list", "registered")
	if m == nil || l.closes != nil || len(w.model.lives) >= 9 || !w.closing || w.portalDown {
		return "" // where the portal can't count what there is, the mail is put off
	}
	origin := []string{"proven", "unproven"}[w.pick(2)]
	f := closing()
	f.Site, f.Department = "cererea nr. "+w.request(l.id).Number.String(), heads[l.head]
	raw := w.letterOf(letter{from: l.head, subject: "Inchidere", files: []file{closeFormOf(w.office, f)}}, origin)
	what := fmt.Sprintf("%s asks for the closing of %d, %s", l.head, l.id, origin)
	w.arrive(held{what, raw, func() { w.model.closingForm(l, origin) }})
	return what
}

// answerClosing answers the question whether a site is to be closed.
func (w *lives) answerClosing() string {
	m, l := w.aMail("closing_question")
	if m == nil {
		return ""
	}
	a := answered{says: []saying{yes, yes, yes, no, unclear}[w.pick(5)], from: m.to, origin: []string{"proven", "proven", "unproven", "refuted"}[w.pick(4)]}
	if w.pick(6) == 0 {
		a.from, a.origin = mayor, "proven" // whom nobody asked
	}
	text := map[saying]string{yes: []string{"CONFIRM", "Sunt de acord."}[w.pick(2)], no: "NU", unclear: "Mai vedem."}[a.says]
	raw := w.letterOf(letter{from: a.from, answers: m.message, text: text}, a.origin)
	return w.deliver(fmt.Sprintf("%s answers %s about %d, %s: %q", a.from, m.kind, l.id, a.origin, text), raw, func() { w.model.answerClosing(m, a) })
}

// undoClosing has IT open a site again.
func (w *lives) undoClosing() string {
	for _, l := range w.model.lives {
		if l.closes == nil || l.status != intake.StatusClosing && l.status != intake.StatusStuck || w.portalDown {
			continue
		}
		w.must(w.desk.Undo(w.Context(), w.request(l.id), it))
		w.model.undo(l)
		return fmt.Sprint("IT undoes the closing ", l.id)
	}
	return ""
}

func (w *lives) withdrawal() string {
	m, l := w.aMail("registered", "returned", "approved", "access_list", "closing_question")
	if m == nil {
		return ""
	}
	raw := w.letterOf(letter{from: l.head, answers: m.message, text: "Retrag cererea."}, "proven")
	return w.deliver(fmt.Sprintf("%s withdraws %d", l.head, l.id), raw, func() { w.model.withdraw(l) })
}

func (w *lives) question() string {
	m, l := w.aMail("registered", "returned", "approved", "access_list")
	if m == nil {
		return ""
	}
	raw := w.letterOf(letter{from: l.head, answers: m.message, text: "stadiu"}, "proven")
	return w.deliver(fmt.Sprintf("%s asks about %d", l.head, l.id), raw, func() { w.model.expect(l, "status_report", l.head) })
}

func (w *lives) dayPasses() string {
	w.clock.pass(24 * time.Hour)
	return "a day passes"
}

// weeksPass is a downtime: nothing is done meanwhile, and all of it afterwards.
func (w *lives) weeksPass() string {
	days := 7 + w.pick(21)
	w.clock.pass(time.Duration(days) * 24 * time.Hour)
	return fmt.Sprint(days, " days pass without the daemon")
}

func (w *lives) portalTurns() string {
	w.portalDown, w.failing = false, ""
	switch w.pick(5) {
	case 0:
		w.portalDown = true
		return "the portal is down"
	case 1, 2:
		w.failing = []string{elena, dan}[w.pick(2)]
		return "the portal can't give access to " + w.failing
	}
	return "the portal is well"
}

// blocked: the portal does not do what this request needs.
func (w *lives) blocked(l *lived) bool {
	_, needed := l.granted.rights[w.failing]
	return w.portalDown || needed
}

func (w *lives) retry() string {
	for _, l := range w.model.lives {
		if l.status != intake.StatusStuck {
			continue
		}
		w.must(w.desk.Retry(w.Context(), w.request(l.id), it))
		l.status = intake.StatusProvisioning
		return fmt.Sprint("IT retries ", l.id)
	}
	return ""
}

// skip has IT go on without those for whom it failed.
func (w *lives) skip() string {
	for _, l := range w.model.lives {
		if l.status != intake.StatusStuck {
			continue
		}
		left, err := w.desk.Skip(w.Context(), w.request(l.id), it, "nu are încă adresă")
		var not *intake.NotNowError
		if errors.As(err, &not) {
			continue
		}
		w.must(err)
		for _, m := range left {
			if m.Address != elena && m.Address != dan {
				w.Errorf("%s is left out and never failed", m.Address)
			}
			l.granted.rights = maps.Clone(l.granted.rights)
			delete(l.granted.rights, m.Address)
		}
		l.status = intake.StatusProvisioning
		return fmt.Sprint("IT skips in ", l.id)
	}
	return ""
}

// cancel has IT give up a request.
func (w *lives) cancel() string {
	for _, l := range w.model.lives {
		if l.status != intake.StatusStuck || w.portalDown || l.closes != nil {
			continue
		}
		if l.former != nil && l.former.granted.rights[w.failing] != 0 {
			continue // what stood can't be given back yet
		}
		_, err := w.desk.Cancel(w.Context(), w.request(l.id), it, "nu mai este nevoie")
		w.must(err)
		w.model.cancel(l)
		return fmt.Sprint("IT cancels ", l.id)
	}
	return ""
}

// compare holds the desk against the model.
func (w *lives) compare() {
	w.Helper()
	if n := w.count(`SELECT COUNT(*) FROM requests`); n != len(w.model.lives) {
		w.Errorf("%d requests, want %d", n, len(w.model.lives))
		return
	}
	for _, l := range w.model.lives {
		r := w.request(l.id)
		if l.status == intake.StatusProvisioning && r.Status == intake.StatusStuck && w.blocked(l) {
			// How many attempts it takes depends on the crashes.
			l.status = intake.StatusStuck
			w.model.expect(l, map[bool]string{false: "stuck", true: "closing_stuck"}[l.closes != nil], it)
		}
		if r.Status != l.status {
			w.Errorf("request %d is %s, want %s", l.id, r.Status, l.status)
		}
		if decided := r.Decision != nil; decided != (l.decided != "") {
			w.Errorf("request %d is decided: %v, want %q", l.id, decided, l.decided)
		}
	}
	w.compareSites()
	w.compareMails()
	if n := w.count(`SELECT COUNT(*) FROM mails WHERE fate IS NULL AND same_as IS NULL`); n != 0 {
		w.Errorf("%d mails have no fate", n)
	}
}

// compareSites: nobody has more than was approved, ever; and exactly that once
// the site is open.
func (w *lives) compareSites() {
	w.Helper()
	sites := map[string]*lived{}
	for _, l := range w.model.lives {
		if l.closes != nil {
			continue // the site is that of another request
		}
		r := w.request(l.id)
		if site := r.Plan.Site.ID; site != "" {
			sites[site] = l
		}
		var members []intake.Member // who has access now
		if w.portal.state[r.Plan.Site.ID] == "" {
			members = w.portal.members[r.Plan.Site.ID]
		}
		got := accessOf(members)
		change := w.model.changing(l)
		switch {
		case change != nil || l.former != nil && w.model.changing(l.former) == l:
			// Half-way each has what they had, or what they are to have.
			before, after := l, change
			if change == nil {
				before, after = l.former, l
			}
			for _, address := range []string{marin, elena, carmen, dan} {
				if rights := got[address]; rights != before.granted.rights[address] && rights != after.granted.rights[address] {
					w.Errorf("request %d: %s may %s, had %s and is to have %s", after.id, address, rights, before.granted.rights[address], after.granted.rights[address])
				}
			}
		case l.former != nil && l.status != intake.StatusActive, l.status == intake.StatusReplaced:
			// The site stands by another request.
		case w.model.ending(l), l.status == intake.StatusClosing:
			// It may be closed to all already.
		case l.status == intake.StatusClosed:
			if _, ok := w.portal.sites[r.Plan.Site.ID]; ok {
				w.Errorf("request %d is closed and its site still there", l.id)
			}
		case l.status == intake.StatusActive:
			w.has(fmt.Sprintf("the site of request %d", l.id), members, l.granted.rights)
		case l.status == intake.StatusProvisioning, l.status == intake.StatusStuck:
			for address, rights := range got {
				if rights != l.granted.rights[address] {
					w.Errorf("request %d: %s may %s, approved was %s", l.id, address, rights, l.granted.rights[address])
				}
			}
		default:
			if len(got) > 0 {
				w.Errorf("request %d is %s and gives access to %v", l.id, l.status, got)
			}
		}
	}
	for site := range w.portal.sites {
		if sites[site] == nil {
			w.Errorf("the site %s was asked for by nobody", site)
		}
	}
}

// requestOf is the request that a mail of the desk is about; 0: about none.
func (w *lives) requestOf(raw []byte) (id int64) {
	w.Helper()
	sum := sha256.Sum256([]byte(parse(raw, false).MessageID))
	w.must(w.db.QueryRow(`SELECT COALESCE(request_id, 0) FROM notices WHERE message_id_sha256 = ?`, hex.EncodeToString(sum[:])).Scan(&id))
	return id
}

// compareMails takes note of the desk's new mails, each once however often it
// was handed over, and compares them with those that the model expects.
func (w *lives) compareMails() {
	w.Helper()
	var got, want []string
	for _, d := range w.post.delivered[w.delivered:] {
		m := parse(d.raw, false)
		if before, ok := w.copies[m.MessageID]; ok {
			if string(before) != string(d.raw) {
				w.Errorf("a mail to %s was sent again with other bytes", d.to)
			}
			continue
		}
		w.copies[m.MessageID] = d.raw
		kind := w.kind(d.raw)
		id := w.requestOf(d.raw)
		got = append(got, fmt.Sprintf("%s %s about %d", kind, d.to, id))
		if err := w.model.sent(m, kind, d.to, id); err != nil {
			w.Errorf("%v", err)
		}
	}
	w.delivered = len(w.post.delivered)
	for _, e := range w.model.expected {
		want = append(want, e.String())
	}
	w.model.expected = nil
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		if n := len(w.post.delivered); n > 0 {
			w.Logf("the last mail:\n%s", parse(w.post.delivered[n-1].raw, false).Text)
		}
		w.Errorf("mails:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
