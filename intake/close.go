package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"registratura/forms"
	"registratura/intake/reply"
)

// Closing a site (5.3), from the form to the confirmation: the head of
// department who asked for the site is shown what will be deleted, and answers
// by the same rules as an approver. What follows is in closesite.go.

// ClosingPolicy is how sites are closed.
type ClosingPolicy struct {
	GraceDays int // after which a closed site is deleted
	LinkDays  int // for which the files can be fetched by a link
}

// ClosingPlan is what the head of department is shown of a site that is to be
// closed, beside the site and its members.
type ClosingPlan struct {
	Usage     *SiteUsage `json:"usage,omitempty"` // nil: the portal can't count
	Place     string     `json:"place,omitempty"` // the archive's folder; empty: a link
	GraceDays int        `json:"grace_days"`
}

// ClosingRefused tells IT that somebody asked for the closing of a site that
// another department asked for.
type ClosingRefused struct {
	Request *Request // to close
	Site    Site
}

// ClosingQuestion asks the head of department to confirm a closing.
type ClosingQuestion struct {
	Request *Request
	Head    Approver
	SiteURL string
	Expires time.Time
	Since   forms.Date // it is a reminder: when it was asked first; else zero

	Again   bool       // an answer came that could not be taken, for one of these, or because it held none:
	Said    string     // it was not understood
	Suspect SuspectWhy // it came from somebody else, or from a forged address
	From    string     // with Suspect: whom it came from, as it says
	NoToken bool       // it did not carry the mark of the question

	Repeat  Verdict // nothing proves who gave this answer: it is to be repeated
	Changed bool    // who has access has changed since the question was asked

	ByHand bool // people save the files and delete the site
}

// ClosingDropped tells the head of department that the site stays open.
type ClosingDropped struct {
	Request *Request
}

func (ClosingRefused) Name() string  { return "closing_refused" }
func (ClosingQuestion) Name() string { return "closing_question" }
func (ClosingDropped) Name() string  { return "closing_dropped" }

// checkClosing adds the problems of a closing form that only the records can
// show; without any, it draws up what the head of department will be shown.
func (h *hand) checkClosing(r *Request, found *FormFound) error {
	if len(found.Reading.Problems) > 0 {
		return nil
	}
	reading := *found.Reading
	site, why, message, err := h.siteToClose(r)
	if err != nil {
		return err
	}
	if why != "" {
		reading.AddProblem("site", why, message)
	}
	place, ok := h.placeFor(r.Submission.ArchiveTo)
	if !ok {
		reading.AddProblem("archive_to", forms.Unknown, "Nu știm unde este acest loc. Scrieți unul dintre: "+strings.Join(h.Archive.Places(), "; ")+".")
	}
	if len(reading.Problems) > 0 {
		found.Reading, found.Marked = &reading, h.mark(h.ctx, found.Attachment, &reading)
		return nil
	}
	return h.planClosing(r, site, place)
}

// planClosing draws up what is to be closed. site is the request by whose plan
// the site stands.
func (h *hand) planClosing(r, site *Request, place string) error {
	usage, err := h.usage(site.Plan.Site.ID)
	if err != nil {
		return err
	}
	r.Plan = Plan{Site: site.Plan.Site, Members: site.Members(),
		Closing: &ClosingPlan{Usage: usage, Place: place, GraceDays: h.Policy.Closing.GraceDays}}
	r.PlanHash, err = HashPlan(r.Submission, r.Plan)
	return err
}

// maxListed bounds how many sites a problem names.
const maxListed = 12

// siteToClose finds the site that a closing form names. With why and message it
// says what is wrong instead.
func (h *hand) siteToClose(r *Request) (site *Request, why forms.Why, message string, err error) {
	standing, err := h.tx.StandingSites()
	if err != nil {
		return nil, "", "", err
	}
	closings, err := h.tx.Closings()
	if err != nil {
		return nil, "", "", err
	}
	for _, c := range closings { // sites whose access has ended stand by a request that is closing
		if c.Status == StatusClosing {
			standing = append(standing, c)
		}
	}
	theirs := func(s *Request) bool { return h.Directory.HeadOf(r.From.Address, s.Plan.Site.Department) }
	named := sitesMeant(r.Submission.Site, standing)
	if n, ok := FindNumber("nr. " + bareNumber.FindString(r.Submission.Site)); ok && len(named) == 0 {
		// The number of a request that a change of access has replaced.
		former, err := h.requestOfNumber(n)
		if err != nil {
			return nil, "", "", err
		}
		if former != nil && former.Kind == forms.Create && former.Plan.Site.ID != "" {
			named = slices.DeleteFunc(slices.Clone(standing), func(s *Request) bool { return s.Plan.Site.ID != former.Plan.Site.ID })
		}
	}
	if own := slices.DeleteFunc(slices.Clone(named), func(s *Request) bool { return !theirs(s) }); len(own) > 0 {
		named = own
	}
	var list []string
	for _, s := range standing {
		if theirs(s) && s.Kind == forms.Create && len(list) < maxListed {
			list = append(list, fmt.Sprintf("„%s” (%s, cererea nr. %s)", s.Plan.Site.Title, s.Plan.Site.ID, s.Plan.Site.Request))
		}
	}
	choose := "Compartimentul dumneavoastră nu are niciun site deschis."
	if len(list) > 0 {
		choose = "Site-urile compartimentului: " + strings.Join(list, "; ") + ". Scrieți numele dintre paranteze sau numărul cererii."
	}
	switch {
	case len(named) == 0:
		return nil, forms.Unknown, "Nu am găsit acest site. " + choose, nil
	case !theirs(named[0]):
		err := h.tellIT(ClosingRefused{Request: r, Site: named[0].Plan.Site}, envelope{request: r, bounded: true})
		return nil, forms.Invalid, "Acest site a fost cerut de alt compartiment; închiderea lui poate fi cerută numai de șeful acelui compartiment. " + choose, err
	case len(named) > 1:
		return nil, forms.Ambiguous, "Se potrivesc mai multe site-uri. " + choose, nil
	}
	for _, c := range closings {
		if c.ID != r.ID && c.Plan.Site.ID == named[0].Plan.Site.ID {
			return nil, forms.Duplicate, fmt.Sprintf("Pentru acest site există deja cererea de închidere nr. %s.", c.Number), nil
		}
	}
	return named[0], "", "", nil
}

var bareNumber = regexp.MustCompile(`\b\d{1,9}\s*/\s*\d{1,2}\.\d{1,2}\.\d{4}\b`)

// sitesMeant finds the sites that a text names: by the number of the request,
// by the address or, however they are spelled and whatever else is written, by
// the name.
func sitesMeant(text string, list []*Request) []*Request {
	only := func(is func(*Request) bool) []*Request {
		return slices.DeleteFunc(slices.Clone(list), func(s *Request) bool { return !is(s) })
	}
	words := letters(text)
	literal := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	ways := []func(*Request) bool{
		// As the list of sites has it. One word could be any.
		func(s *Request) bool {
			return strings.Contains(s.Plan.Site.ID, "-") && slices.Contains(literal, s.Plan.Site.ID)
		},
		func(s *Request) bool { return letters(s.Plan.Site.Title) == words || s.Plan.Site.ID == words },
		func(s *Request) bool {
			return hasWords(words, letters(s.Plan.Site.Title)) || hasWords(words, s.Plan.Site.ID)
		},
		func(s *Request) bool { return hasWords(letters(s.Plan.Site.Title), words) },
	}
	if m := siteAddress.FindStringSubmatch(text); m != nil {
		ways = slices.Insert(ways, 0, func(s *Request) bool { return s.Plan.Site.ID == m[1] })
	}
	if n, ok := FindNumber("nr. " + bareNumber.FindString(text)); ok {
		ways = slices.Insert(ways, 0, func(s *Request) bool {
			return s.Plan.Site.Request == n.String() || s.Kind == forms.Create && s.Number == n
		})
	}
	for _, way := range ways {
		if found := only(way); len(found) > 0 {
			return found
		}
	}
	return nil
}

// hasWords reports whether the words of part stand in text one after the other;
// both are what [letters] makes.
func hasWords(text, part string) bool {
	return part != "" && strings.Contains("-"+text+"-", "-"+part+"-")
}

// placeFor finds the archive's folder that the form names; empty: the files are
// to be fetched by a link; or people save them and read themselves what the form
// says. It is never a path for the desk (rule F4). ok is false where there is no
// such folder, and neither links nor people.
func (h *hand) placeFor(text string) (place string, ok bool) {
	words := letters(text)
	var named []string
	for _, name := range h.Archive.Places() {
		if letters(name) == words {
			return name, true
		}
		if hasWords(words, letters(name)) {
			named = append(named, name)
		}
	}
	if len(named) == 1 {
		return named[0], true
	}
	return "", h.DownloadURL != nil || h.byHand()
}

// askHead puts the question whether the site is to be closed.
func (h *hand) askHead(r *Request) error {
	if err := h.tx.Change(r, askApproval, h.now); err != nil {
		return err
	}
	if err := h.wait(r); err != nil {
		return err
	}
	head, ok := h.decider(r, r.From.Address)
	if !ok {
		return fmt.Errorf("%s is not the head of %s", r.From.Address, r.Plan.Site.Department)
	}
	if err := h.event(r, EventAsked, "desk", "asked "+head.Address+" whether site "+r.Plan.Site.ID+" is to be closed"); err != nil {
		return err
	}
	return h.putClosingQuestion(r, head, ClosingQuestion{}, Token{Purpose: Decides}, envelope{answers: true, bounded: true})
}

// putClosingQuestion puts the question, the first time or again.
func (h *hand) putClosingQuestion(r *Request, head Approver, letter ClosingQuestion, token Token, e envelope) error {
	token.Address, token.ExpiresAt = head.Address, h.now.Add(h.Policy.TokenLife)
	letter.ByHand = h.byHand()
	letter.Request, letter.Head, letter.SiteURL, letter.Expires = r, head, h.Portal.SiteURL(r.Plan.Site.ID), token.ExpiresAt
	e.request, e.token = r, &token
	return h.send(head.Person, letter, e)
}

// decider is who may decide the request at that address: an approver, or for a
// closing the head of department who asked for it.
func (h *hand) decider(r *Request, address string) (Approver, bool) {
	if r == nil || r.Kind != forms.Close {
		return h.Directory.Approver(address)
	}
	head, ok := h.Directory.Head(address)
	if !ok || !strings.EqualFold(address, r.From.Address) || !h.Directory.HeadOf(address, r.Plan.Site.Department) {
		return Approver{}, false
	}
	return Approver{Person: head, Title: "Șef de compartiment", Salutation: strings.TrimSpace("Bună ziua, " + head.Name)}, true
}

// readConfirmation reads the head's answer again: the words that the question
// asks for are CONFIRM and NU, beside all that decides a request.
func (h *hand) readConfirmation(in reply.Input, read reply.Reading) reply.Reading {
	if read.Verdict == reply.Approve || read.Verdict == reply.Reject {
		return read
	}
	command, _ := reply.ReadCommand(in)
	switch {
	case command.Name == reply.CommandConfirm && (read.Weak || !in.Unread):
		read.Verdict, read.Why = reply.Approve, "nothing but the word that the question asks for, to confirm"
	case command.Name == reply.CommandDeny:
		read.Verdict, read.Why = reply.Reject, "nothing but the word that the question asks for, to deny"
	}
	return read
}

// siteChanged reports whether the site is not any more what the question
// showed (rule T6); then the question is put anew.
func (h *hand) siteChanged(r *Request, head Approver) (bool, error) {
	standing, err := h.tx.Standing(r.Plan.Site.ID)
	if err != nil {
		return false, err
	}
	if standing.Plan.Site == r.Plan.Site && slices.Equal(standing.Members(), r.Plan.Members) {
		return false, nil
	}
	if err := h.planClosing(r, standing, r.Plan.Closing.Place); err != nil {
		return true, err
	}
	if err := h.tx.UpdateRequest(r); err != nil {
		return true, err
	}
	if err := h.tx.SpendTokens(r.ID, h.now); err != nil {
		return true, err
	}
	if err := h.event(r, EventAskedAgain, "desk", "who has access changed since "+head.Address+" was asked"); err != nil {
		return true, err
	}
	return true, h.putClosingQuestion(r, head, ClosingQuestion{Changed: true}, Token{Purpose: Decides}, envelope{answers: true, bounded: true})
}

// closingDropped tells of a closing that the head of department does not want.
func (h *hand) closingDropped(r *Request) error {
	if r.Proven == "" { // nothing showed that the form was theirs
		if err := h.tellIT(Disowned{Request: r}, envelope{request: r}); err != nil {
			return err
		}
	}
	return h.send(r.From, ClosingDropped{Request: r}, envelope{request: r, answers: true})
}

// asksAboutClosing reports whether the question is about a request to close.
func (h *hand) asksAboutClosing(k *Token) (bool, error) {
	if k == nil {
		return false, nil
	}
	r, err := h.tx.Request(k.Request)
	return err == nil && r.Kind == forms.Close, err
}
