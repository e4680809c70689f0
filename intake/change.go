package intake

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"registratura/forms"
	"registratura/intake/reply"
)

// A form for a site that stands asks for a change of access: its users are all
// who are to have access from then on.

// Former is what stood when a change was drawn up: the site and its members, by
// which request.
type Former struct {
	Number   Number   `json:"number"`
	PlanHash string   `json:"plan_sha256"`
	Site     Site     `json:"site"`
	Members  []Member `json:"members"`
}

// formerOf is how a site stands by a request.
func formerOf(r *Request) *Former {
	return &Former{Number: r.Number, PlanHash: r.PlanHash, Site: r.Plan.Site, Members: r.Members()}
}

// same reports whether nothing has changed between f and other.
func (f *Former) same(other *Former) bool {
	return f.Number == other.Number && f.PlanHash == other.PlanHash && slices.Equal(f.Members, other.Members)
}

// AccessChanges lists how the access that the request gives differs from what
// stood when it was drawn up; empty for a new site.
func (r *Request) AccessChanges() []Amendment {
	if !r.changesAccess() {
		return nil
	}
	return amendments(r.Plan.Replaces.Site, r.Plan.Site, r.Plan.Replaces.Members, r.Members())
}

// changesAccess reports whether the request, which is in order, is about a site
// that stands.
func (r *Request) changesAccess() bool { return r.Plan.Replaces != nil && r.Plan.Site.ID != "" }

// NothingChanges tells the sender of a form that it asks for what there is.
type NothingChanges struct {
	Request *Request
	Site    Site
	SiteURL string
}

// AccessAltered tells a member that they may do something else than before.
type AccessAltered struct {
	Request *Request
	Member  Member
	Was     forms.Rights
	SiteURL string
}

// AccessRemoved tells somebody that their access to a site has ended.
type AccessRemoved struct {
	Request *Request
	Member  Member // as they were
}

func (NothingChanges) Name() string { return "nothing_changes" }
func (AccessAltered) Name() string  { return "access_altered" }
func (AccessRemoved) Name() string  { return "access_removed" }

const (
	// EventChange: the request was understood as a change of a site that stands.
	EventChange EventKind = "change_of_access"
	// EventReplaced: the site stands by a later request now.
	EventReplaced EventKind = "replaced"
)

// newSiteWords are what somebody writes who wants another site although one
// stands with the same partner.
var newSiteWords = []string{"site-nou"}

// findSite finds the site whose access the request changes, and remembers it in
// the plan; or says in Romanian why the form cannot be taken. c is the mail that
// brought the form.
func (h *hand) findSite(r *Request, c *Case) (problem string, err error) {
	if says(c, newSiteWords) {
		r.Plan.Replaces, r.Plan.Separate = nil, true
	}
	if r.Plan.Separate {
		return "", nil
	}
	site, problem, err := h.siteMeant(r, c)
	if err != nil || problem != "" || site == nil {
		r.Plan.Replaces = nil
		return problem, err
	}
	switch other, err := found(h.tx.RunningRequest(site.Plan.Site.ID, r.ID)); {
	case err != nil:
		return "", err
	case site.Status == StatusClosing:
		return fmt.Sprintf("Site-ul „%s” se închide, de aceea accesul la el nu mai poate fi schimbat.", site.Plan.Site.Title), nil
	case other != nil:
		return fmt.Sprintf("Pentru site-ul „%s” este în curs cererea nr. %s. Așteptați să se încheie și trimiteți apoi formularul din nou. "+
			"Dacă vreți să o corectați pe aceea, trimiteți formularul ca răspuns la un mesaj despre ea.", site.Plan.Site.Title, other.Number), nil
	}
	r.Plan.Replaces = formerOf(site)
	return "", nil
}

// siteMeant finds the standing site that a form is about: one that is named;
// one that the mail answers a mail about, if the form has something in common
// with it; the only one with the same partner and department, or the only one
// of several with the same information. nil: a new site is asked for.
func (h *hand) siteMeant(r *Request, c *Case) (site *Request, problem string, err error) {
	sites, err := h.tx.StandingSites()
	if err != nil {
		return nil, "", err
	}
	if site, err = h.siteNamed(r, c, sites); err != nil {
		return nil, "", err
	}
	if site != nil && !h.Directory.HeadOf(r.From.Address, site.Department) {
		return nil, "Site-ul numit a fost cerut de alt compartiment. Schimbarea accesului la el poate fi cerută numai de șeful acelui compartiment.", nil
	}
	if site == nil && r.Plan.Replaces != nil {
		site, err = found(h.tx.Standing(r.Plan.Replaces.Site.ID)) // as it was understood before the form was corrected
	}
	if site == nil && err == nil {
		site, err = h.siteOfThread(r, c)
	}
	if site != nil || err != nil {
		return site, "", err
	}
	var alike, same []*Request
	for _, s := range sites {
		if s.Department == r.Department && letters(s.Plan.Site.Partner) == letters(r.Submission.Partner) {
			alike = append(alike, s)
			if letters(s.Plan.Site.InfoTypes) == letters(r.Submission.InfoTypes) {
				same = append(same, s)
			}
		}
	}
	switch {
	case len(alike) == 1:
		return alike[0], "", nil
	case len(same) == 1:
		return same[0], "", nil
	case len(alike) > 1:
		return nil, severalSites(alike), nil
	}
	return nil, "", nil
}

// maxSitesListed bounds how many sites a message names.
const maxSitesListed = 10

func severalSites(sites []*Request) string {
	var list []string
	for _, s := range sites[:min(len(sites), maxSitesListed)] {
		list = append(list, fmt.Sprintf("site-ul %s (%s)", s.Plan.Site.ID, shorten(s.Plan.Site.InfoTypes)))
	}
	return "Compartimentul are mai multe site-uri cu această instituție: " + strings.Join(list, "; ") + ". Dacă accesul la unul dintre ele trebuie " +
		"schimbat, scrieți la tipurile de informații care, ca aici: „site-ul " + sites[0].Plan.Site.ID + "”. Pentru un site nou, trimiteți formularul cu „site nou” în subiectul mesajului."
}

// siteNamed finds the site whose address or name in the address stands in the
// form, in the subject or in the newly written text, or whose request's number
// stands in that text.
func (h *hand) siteNamed(r *Request, c *Case, sites []*Request) (*Request, error) {
	text := strings.ToLower(strings.Join([]string{r.Submission.InfoTypes, r.Submission.Partner, c.Message.Subject, c.Reply.Evidence}, "\n"))
	for _, m := range siteAddress.FindAllStringSubmatch(text, maxSitesListed) {
		if site, err := found(h.tx.Standing(m[1])); site != nil || err != nil {
			return site, err
		}
	}
	for _, s := range sites {
		if namesID(text, s.Plan.Site.ID) {
			return s, nil
		}
	}
	number, ok := FindNumber(c.Reply.Evidence)
	if !ok {
		return nil, nil
	}
	other, err := h.requestOfNumber(number)
	if err != nil || other == nil || other.ID == r.ID || other.Kind != forms.Create || other.Plan.Site.ID == "" {
		return nil, err
	}
	return found(h.tx.Standing(other.Plan.Site.ID))
}

// namesID reports whether text holds the site ID as a word of its own. One that
// could be any word must stand after "site".
func namesID(text, id string) bool {
	pattern := `(?:^|[^\pL\pN-])` + regexp.QuoteMeta(id) + `(?:$|[^\pL\pN-])`
	if !strings.Contains(id, "-") {
		pattern = `(?:^|[^\pL\pN-])site(?:-?ul)?\s+["„”]?` + regexp.QuoteMeta(id) + `(?:$|[^\pL\pN-])`
	}
	return regexp.MustCompile(pattern).MatchString(text)
}

// siteOfThread finds the standing site that the mail answers a mail about, or
// quotes the number of in its subject, which is what any answer does. People
// take an old mail to answer for many things, so the form must resemble it.
func (h *hand) siteOfThread(r *Request, c *Case) (*Request, error) {
	other, _, err := h.requestAbout(c.Message)
	if err != nil || other == nil || other.ID == r.ID || other.Kind != forms.Create || other.Plan.Site.ID == "" {
		return nil, err
	}
	site, err := found(h.tx.Standing(other.Plan.Site.ID))
	if err != nil || site == nil || !h.Directory.HeadOf(r.From.Address, site.Department) || !site.resembles(r.Submission) {
		return nil, err
	}
	return site, nil
}

// planChange draws up the plan of a change. What is only spelled otherwise
// stays as it is.
func (h *hand) planChange(r *Request, site *Request) Plan {
	plan := MakePlan(&forms.Reading{Submission: r.Submission, Department: r.Department}, r.Number, site.Plan.Site.ID)
	was := site.Plan.Site
	keep := func(now *string, was string) {
		if letters(*now) == letters(was) {
			*now = was
		}
	}
	if plan.Site.InfoTypes = withoutName(plan.Site.InfoTypes, h.Portal.SiteURL(was.ID), was.ID); plan.Site.InfoTypes == "" {
		plan.Site.InfoTypes = was.InfoTypes
	}
	keep(&plan.Site.Partner, was.Partner)
	keep(&plan.Site.InfoTypes, was.InfoTypes)
	keep(&plan.Site.LegalBasis, was.LegalBasis)
	plan.Site.Title = plan.Site.Partner
	plan.Replaces = formerOf(site)
	for i := range plan.Members {
		if at := memberAt(plan.Replaces.Members, plan.Members[i].Address); at >= 0 {
			keep(&plan.Members[i].Name, plan.Replaces.Members[at].Name)
		}
	}
	return plan
}

// withoutName takes out of a text the words by which a form names the site.
func withoutName(text, url, id string) string {
	address := regexp.QuoteMeta(strings.TrimSuffix(url, "/")) + "/?"
	named := `site(?:-?ul)?\s+["„”]?` + regexp.QuoteMeta(id) + `["”]?`
	if strings.Contains(id, "-") {
		named += "|" + regexp.QuoteMeta(id)
	}
	pattern := regexp.MustCompile(`(?i)[\s(–:,;-]*(?:` + address + "|" + named + `)(?:[\s).,;]+|$)`)
	at := pattern.FindStringIndex(text)
	if at == nil {
		return text
	}
	return strings.TrimSpace(text[:at[0]] + " " + text[at[1]:])
}

// nothingToChange gives back a form that asks for what there is, without
// troubling the approvers.
func (h *hand) nothingToChange(r *Request, site *Request) error {
	if err := h.tx.Change(r, returnToSender, h.now); err != nil {
		return err
	}
	if err := h.wait(r); err != nil {
		return err
	}
	if err := h.event(r, EventReturned, "desk", "it asks for what stands by nr. "+site.Number.String()); err != nil {
		return err
	}
	letter := NothingChanges{Request: r, Site: site.Plan.Site, SiteURL: h.Portal.SiteURL(site.Plan.Site.ID)}
	return h.send(r.From, letter, envelope{request: r, answers: true, bounded: true})
}

// caseOf reads again the mail that brought a form, as far as it matters for the form.
func (h *hand) caseOf(mail int64) (*Case, error) {
	if mail == h.mail.ID {
		return h.c, nil
	}
	raw, err := h.Store.MailBytes(h.ctx, mail)
	if err != nil {
		return nil, err
	}
	c := &Case{Message: h.Parse(raw, false)}
	c.Reply = reply.Read(reply.Input{Subject: c.Message.Subject, Text: c.Message.Text, HTML: c.Message.HTML, Today: h.now.In(h.Policy.Location)})
	return c, h.readForms(h.ctx, c)
}

// accessChangesForIT is the changes in one line, for the events.
func accessChangesForIT(list []Amendment) string {
	var words []string
	for _, a := range list {
		switch a.Kind {
		case Added:
			words = append(words, fmt.Sprintf("+%s %s", a.Member.Address, a.Member.Rights))
		case Removed:
			words = append(words, "-"+a.Member.Address)
		case Altered:
			words = append(words, fmt.Sprintf("%s %s -> %s", a.Member.Address, a.Was.Rights, a.Member.Rights))
		default:
			words = append(words, a.Field+" reworded")
		}
	}
	return strings.Join(words, "; ")
}

// newMembers are those of the request who had no access before it.
func (r *Request) newMembers() []Member {
	if !r.changesAccess() {
		return r.Members()
	}
	return slices.DeleteFunc(r.Members(), func(m Member) bool { return memberAt(r.Plan.Replaces.Members, m.Address) >= 0 })
}

// formerMembers are those who had access before the request and have none by it.
func (r *Request) formerMembers() []Member {
	if !r.changesAccess() {
		return nil
	}
	now := r.Members()
	return slices.DeleteFunc(slices.Clone(r.Plan.Replaces.Members), func(m Member) bool { return memberAt(now, m.Address) >= 0 })
}

// errMovedOn: what stands is not what a change was drawn up against.
var errMovedOn = errors.New("what stands has changed since the change was asked for")

// replaced finds the request that r replaces, if the site still stands by it as
// when the approvers were asked (rule T6); else errMovedOn. nil: r is about a
// new site.
func (h *hand) replaced(r *Request) (*Request, error) {
	if !r.changesAccess() {
		return nil, nil
	}
	site, err := found(h.tx.Standing(r.Plan.Site.ID))
	switch {
	case err != nil:
		return nil, err
	case site != nil && site.ID == r.ID:
		return nil, ErrStatus // it stands by r already
	case site == nil || site.Status != StatusActive || !formerOf(site).same(r.Plan.Replaces):
		return nil, errMovedOn
	}
	return site, nil
}

// movedOn lists why a change of access must not be made: it says what is to
// become of something that is no longer so.
func (d *Desk) movedOn(ctx context.Context, r *Request) ([]Hold, error) {
	err := d.transact(ctx, func(h *hand) error {
		_, err := h.replaced(r)
		return err
	})
	if errors.Is(err, errMovedOn) {
		return []Hold{{HoldStanding, r.Plan.Replaces.Number.String()}}, nil
	}
	if errors.Is(err, ErrStatus) {
		return nil, nil
	}
	return nil, err
}

// endFormerAccess takes the access of those who are no longer to have it.
func (d *Desk) endFormerAccess(ctx context.Context, r *Request) []Failure {
	var failures []Failure
	for _, m := range r.formerMembers() {
		if err := d.Portal.RemoveMember(ctx, r.Plan.Site.ID, m.Address); err != nil {
			failures = append(failures, Failure{Err: fmt.Sprintf("ending the access of %s: %v", m.Address, err)})
		}
	}
	return failures
}

// readBack reads what was granted. A site that nobody has access to was
// suspended; an approved change opens it again. One that is being closed does
// not come here, see [Desk.movedOn].
func (d *Desk) readBack(ctx context.Context, r *Request) ([]Member, error) {
	granted, err := d.Portal.Members(ctx, r.Plan.Site.ID)
	if err != nil || len(granted) > 0 || !r.changesAccess() {
		return granted, err
	}
	if holds, err := d.movedOn(ctx, r); err != nil || len(holds) > 0 {
		return nil, errors.Join(err, errMovedOn)
	}
	if err := d.Portal.ResumeSite(ctx, r.Plan.Site.ID); err != nil {
		return nil, err
	}
	return d.Portal.Members(ctx, r.Plan.Site.ID)
}

// restore gives back what stood to those whose access a change that was
// cancelled had touched.
func (d *Desk) restore(ctx context.Context, r, standing *Request) error {
	if !r.changesAccess() || standing.Status != StatusActive || !formerOf(standing).same(r.Plan.Replaces) {
		return nil
	}
	if err := d.Portal.EnsureSite(ctx, standing.Plan.Site); err != nil {
		return err
	}
	for _, m := range standing.Members() {
		if err := d.Portal.EnsureMember(ctx, standing.Plan.Site.ID, m); err != nil {
			return err
		}
	}
	for _, m := range r.newMembers() {
		if err := d.Portal.RemoveMember(ctx, standing.Plan.Site.ID, m.Address); err != nil {
			return err
		}
	}
	return nil
}

// informOfChange tells those whose access changed; those who are new are told
// as on any new site.
func (h *hand) informOfChange(r *Request, url string) error {
	for _, a := range r.AccessChanges() {
		var letter Letter
		switch {
		case a.Kind == Removed:
			letter = AccessRemoved{Request: r, Member: *a.Member}
		case a.Kind == Altered && a.Was.Rights != a.Member.Rights:
			letter = AccessAltered{Request: r, Member: *a.Member, Was: a.Was.Rights, SiteURL: url}
		default:
			continue
		}
		if err := h.send(Person{a.Member.Name, a.Member.Address}, letter, envelope{request: r}); err != nil {
			return err
		}
	}
	return nil
}
