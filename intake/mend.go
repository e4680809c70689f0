package intake

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"registratura/intake/reply"
)

// AddressMended tells requester, approver and IT that a member's access was
// moved to another address, on whose word.
type AddressMended struct {
	Request  *Request
	Member   Member // with the new address
	Old      string
	By       Person
	SiteURL  string
	Approver bool // it is the copy for who approved
}

// AddressStays tells IT that a member's access could not be moved to the mended
// address.
type AddressStays struct {
	Request *Request
	Member  Member // with the new address
	Old     string
	Err     string // the portal's words

	Differences []Difference
}

// CannotCorrect says why an address was not mended, and how to write it.
type CannotCorrect struct {
	Request *Request
	Why     CorrectionFault
	Said    string   // what was written, shortened
	Address string   // the new address that was read, if one was
	Failed  []Member // who was not reached
}

// CorrectionFault says why an address was not mended.
type CorrectionFault string

const (
	CorrectionUnread    CorrectionFault = "unread"    // it is not clear whose address is to be which
	CorrectionNobody    CorrectionFault = "nobody"    // the person named was reached, or is no member
	CorrectionAmbiguous CorrectionFault = "ambiguous" // it could be several
	CorrectionInvalid   CorrectionFault = "invalid"   // the new address is none
	CorrectionSame      CorrectionFault = "same"      // it is the one that failed
	CorrectionTaken     CorrectionFault = "taken"     // it is another member's
	CorrectionForeign   CorrectionFault = "foreign"   // an internal user's is not the city hall's own
	CorrectionOwn       CorrectionFault = "own"       // a partner's user's is the city hall's own
	CorrectionClosed    CorrectionFault = "closed"    // the site is not open any more, or not yet
	CorrectionDone      CorrectionFault = "done"      // it is mended so already
)

// CorrectionFaults lists all of them.
var CorrectionFaults = []CorrectionFault{CorrectionUnread, CorrectionNobody, CorrectionAmbiguous, CorrectionInvalid, CorrectionSame,
	CorrectionTaken, CorrectionForeign, CorrectionOwn, CorrectionClosed, CorrectionDone}

func (AddressMended) Name() string { return "address_mended" }
func (AddressStays) Name() string  { return "address_stays" }
func (CannotCorrect) Name() string { return "cannot_correct" }

// mayCorrect reports whether the mail in hand is from the requester or from IT,
// provenly: by its origin, or because it answers a mail that only they got. A
// mended address changes who gets access.
func (h *hand) mayCorrect(r *Request, sender Address) (bool, error) {
	entitled := sender.Address == r.From.Address && h.Directory.HeadOf(sender.Address, r.Department) ||
		slices.ContainsFunc(h.Directory.IT, func(p Person) bool { return p.Address == sender.Address })
	if !entitled {
		return false, nil
	}
	return h.isTheirs(r, sender.Address)
}

// isTheirs reports whether the mail in hand is provenly from the person: by its
// origin, or because it answers a mail about the request that only they got.
// (Others got mails about it too.)
func (h *hand) isTheirs(r *Request, address string) (bool, error) {
	if !h.cameFrom(address) || h.c.Origin.Refuted {
		return false, nil
	}
	if h.c.Origin.Authentic {
		return true, nil
	}
	for _, id := range h.c.Message.Threads() {
		m, err := h.tx.NoticeOfMessage(id)
		if err == nil && m.Request == r.ID && m.To == address {
			return true, nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return false, err
		}
	}
	return false, nil
}

// notReached lists the members whose letter did not arrive at the address that
// they have now.
func (h *hand) notReached(r *Request) ([]Member, error) {
	undelivered, err := h.tx.Undelivered(r.ID)
	if err != nil {
		return nil, err
	}
	var list []Member
	for _, m := range r.Members() {
		failed := slices.ContainsFunc(undelivered, func(u UndeliveredMail) bool {
			return u.Sure && u.Address == m.Address && slices.Contains(accessLetters, u.Kind)
		})
		if failed {
			list = append(list, m)
		}
	}
	return list, nil
}

// mend mends the address of a member who was not reached ("corect: Ion Pop
// ion.pop@spital.ro"). The access moves, in the portal, by [Desk.moveAddresses].
func (h *hand) mend(r *Request, sender Address) (Settlement, bool, error) {
	if may, err := h.mayCorrect(r, sender); !may || err != nil {
		return Settlement{}, false, err
	}
	failed, err := h.notReached(r)
	if err != nil {
		return Settlement{}, true, err
	}
	said := strings.TrimSpace(h.c.Command.Words)
	c, ok := reply.ReadCorrection(said)
	member, why := h.meant(r, failed, c, ok)
	if why != "" {
		return h.cannotCorrect(r, sender, CannotCorrect{Why: why, Said: shorten(said), Address: c.New, Failed: failed})
	}
	s := Settlement{Fate: FateDecided, Request: r.ID, Note: "an address was mended"}
	deviation := Deviation{Address: member.Address, NewAddress: c.New, By: sender.Address, Why: "not reached at " + member.Address, Mail: h.mail.ID}
	if err := h.deviate(r, deviation); err != nil {
		return s, true, err
	}
	proof := "it answers a mail that only they got"
	if h.c.Origin.Authentic {
		proof = string(h.c.Origin.By)
	}
	detail := fmt.Sprintf("%s: %s -> %s; %q, proven by %s; mail sha256 %s", member.Name, member.Address, c.New, shorten(said), proof, hashHex(h.mail.Raw))
	if err := h.event(r, EventAddressMended, sender.Address, detail); err != nil {
		return s, true, err
	}
	return s, true, h.tx.EnqueueProvision(r.ID, h.now)
}

func (h *hand) cannotCorrect(r *Request, sender Address, letter CannotCorrect) (Settlement, bool, error) {
	letter.Request = r
	s := Settlement{Fate: FateAnswered, Request: r.ID, Note: "no address was mended: " + string(letter.Why)}
	return s, true, h.send(Person{sender.Name, sender.Address}, letter, envelope{request: r, answers: true, bounded: true})
}

// meant finds whose address is to be mended, or why none is.
func (h *hand) meant(r *Request, failed []Member, c reply.Correction, read bool) (Member, CorrectionFault) {
	members := r.Members()
	switch {
	case r.Status != StatusActive:
		return Member{}, CorrectionClosed
	case !read:
		return Member{}, CorrectionUnread
	case !validAddress(c.New):
		return Member{}, CorrectionInvalid
	}
	mended := slices.ContainsFunc(r.Deviations, func(a Deviation) bool { return a.NewAddress == c.New })
	if mended && slices.ContainsFunc(members, func(m Member) bool { return m.Address == c.New && (c.Name == "" || namesPerson(c.Name, m.Name)) }) &&
		!slices.ContainsFunc(failed, func(m Member) bool { return m.Address == c.New }) {
		return Member{}, CorrectionDone
	}
	var candidates []Member
	for _, m := range failed {
		if (c.Old == "" || c.Old == m.Address) && (c.Name == "" || namesPerson(c.Name, m.Name)) {
			candidates = append(candidates, m)
		}
	}
	switch len(candidates) {
	case 0:
		return Member{}, CorrectionNobody
	case 1:
	default:
		return Member{}, CorrectionAmbiguous
	}
	m := candidates[0]
	own := h.Directory.ownAddress(c.New)
	switch {
	case m.Address == c.New:
		return m, CorrectionSame
	case slices.ContainsFunc(members, func(x Member) bool { return x.Address == c.New }):
		return m, CorrectionTaken
	case m.Side == InternalSide && !own:
		return m, CorrectionForeign
	case m.Side == PartnerSide && own:
		return m, CorrectionOwn
	}
	return m, ""
}

// ownAddress reports whether the address is in one of the city hall's domains.
func (d *Directory) ownAddress(address string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	return slices.ContainsFunc(d.Domains, func(own string) bool {
		own = strings.ToLower(own)
		return domain == own || strings.HasSuffix(domain, "."+own)
	})
}

// validAddress reports whether mail can be sent to the address: an addr-spec of
// plain ASCII (RFC 5321, 4.1.2) at a domain with a dot.
func validAddress(address string) bool {
	a, err := mail.ParseAddress(address)
	_, domain, _ := strings.Cut(address, "@")
	return err == nil && a.Name == "" && a.Address == address && len(address) <= 254 && strings.Contains(domain, ".") &&
		strings.IndexFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// namesPerson reports whether every word of said is one of the name's, however
// they are spelled: "POPESCU Ana" names "Ana-Maria Popescu".
func namesPerson(said, name string) bool {
	words := strings.Split(letters(name), "-")
	for _, w := range strings.Split(letters(said), "-") {
		if !slices.Contains(words, w) {
			return false
		}
	}
	return true
}

// helpCorrect answers somebody who could mend an address and wrote one in a way
// that is not understood ("corct: …"); false: the mail is about something else.
func (h *hand) helpCorrect(r *Request, sender Address) (Settlement, bool, error) {
	said := strings.TrimSpace(h.c.Reply.Evidence)
	if r.Status != StatusActive || !strings.Contains(said, "@") {
		return Settlement{}, false, nil
	}
	if may, err := h.mayCorrect(r, sender); !may || err != nil {
		return Settlement{}, false, err
	}
	failed, err := h.notReached(r)
	if err != nil || len(failed) == 0 {
		return Settlement{}, false, err
	}
	return h.cannotCorrect(r, sender, CannotCorrect{Why: CorrectionUnread, Said: shorten(said), Failed: failed})
}

// moveAddresses moves the access of members to their mended addresses, and sends
// the letter about it again, to them alone. It may be interrupted anywhere and
// run again.
func (d *Desk) moveAddresses(ctx context.Context, r *Request, last bool) error {
	for _, a := range r.Deviations {
		if !a.Pending() {
			continue
		}
		differences, err := d.moveAddress(ctx, r, a)
		switch {
		case err == nil:
			continue
		case errors.Is(ctx.Err(), context.Canceled):
			return ctx.Err()
		case errors.Is(err, ErrAwaitsIT):
			return d.orderWork(ctx, r)
		case !last:
			d.Log.Warn("moving a member to another address failed, will be tried again", "request", r.Number.String(), "error", err)
			return err
		}
		d.Log.Error("moving a member to another address failed for good", "request", r.Number.String(), "error", err)
		return d.transact(ctx, func(h *hand) error {
			if err := h.event(r, EventAddressStays, "desk", oneLine(err)); err != nil {
				return err
			}
			letter := AddressStays{Request: r, Member: memberWith(r, a.NewAddress), Old: a.Address, Err: err.Error(), Differences: differences}
			return h.tellIT(letter, envelope{request: r})
		})
	}
	return nil
}

// memberWith is the member with that address; none has it where the address was
// mended once more since.
func memberWith(r *Request, address string) Member {
	for _, m := range r.Members() {
		if m.Address == address {
			return m
		}
	}
	return Member{Address: address}
}

func (d *Desk) moveAddress(ctx context.Context, r *Request, a Deviation) ([]Difference, error) {
	site, member := r.Plan.Site.ID, memberWith(r, a.NewAddress)
	current := member.Rights != 0 // else the next deviation moves it on
	if current {
		if err := d.Portal.EnsureMember(ctx, site, member); err != nil {
			return nil, fmt.Errorf("giving access to the new address of a member of request %s: %w", r.Number, err)
		}
	}
	if memberWith(r, a.Address).Rights == 0 {
		if err := d.Portal.RemoveMember(ctx, site, a.Address); err != nil {
			return nil, fmt.Errorf("ending the access of the old address of a member of request %s: %w", r.Number, err)
		}
	}
	granted, err := d.Portal.Members(ctx, site)
	if err != nil {
		return nil, fmt.Errorf("reading back the members of request %s: %w", r.Number, err)
	}
	// What still waits to be moved is not compared yet.
	waits := func(x Difference) bool {
		return slices.ContainsFunc(r.Deviations, func(b Deviation) bool {
			return b.Pending() && b.Number > a.Number && (b.Address == x.Address || b.NewAddress == x.Address)
		})
	}
	if differences := slices.DeleteFunc(Compare(r.Members(), granted), waits); len(differences) > 0 {
		return differences, fmt.Errorf("the portal has %d differences from what request %s is to have", len(differences), r.Number)
	}
	var invitation Invitation
	if current {
		if invitation, err = d.Portal.Invite(ctx, member.Address); err != nil {
			return nil, fmt.Errorf("making a link for a member of request %s: %w", r.Number, err)
		}
	}
	return nil, d.transact(ctx, func(h *hand) error {
		now, err := h.tx.Request(r.ID)
		if err != nil || now.Status != StatusActive || !now.Deviations[a.Number].Pending() {
			return err // another attempt was faster, or the site is closed by now
		}
		a.DoneAt = h.now
		if err := h.tx.RecordDeviation(r.ID, a); err != nil {
			return err
		}
		if err := h.event(r, EventAddressMoved, "desk", a.Address+" -> "+a.NewAddress); err != nil {
			return err
		}
		if !current {
			return nil
		}
		url := h.Portal.SiteURL(site)
		access := Access{Request: now, Member: member, SiteURL: url, Invitation: invitation}
		if err := h.send(Person{member.Name, member.Address}, access, envelope{request: now, secret: invitation.Link != ""}); err != nil {
			return err
		}
		return h.tellMended(now, AddressMended{Request: now, Member: member, Old: a.Address, By: h.personAt(now, a.By), SiteURL: url})
	})
}

// tellMended tells requester, IT and, by a copy, who approved.
func (h *hand) tellMended(r *Request, letter AddressMended) error {
	if err := h.send(r.From, letter, envelope{request: r}); err != nil {
		return err
	}
	told := []string{r.From.Address}
	for _, p := range h.Directory.IT {
		if slices.Contains(told, p.Address) {
			continue
		}
		told = append(told, p.Address)
		if err := h.send(p, letter, envelope{request: r}); err != nil {
			return err
		}
	}
	letter.Approver = true
	for _, p := range r.deciders() {
		if slices.Contains(told, p.Address) {
			continue
		}
		told = append(told, p.Address)
		if err := h.send(p, letter, envelope{request: r}); err != nil {
			return err
		}
	}
	return nil
}

// personAt is who has the address: the requester or somebody of IT.
func (h *hand) personAt(r *Request, address string) Person {
	if address == r.From.Address {
		return r.From
	}
	for _, p := range h.Directory.IT {
		if p.Address == address {
			return p
		}
	}
	return Person{Address: address}
}
