package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"registratura/cmd/registratura/config"
	"registratura/intake/trust"
)

// sightings are what became of the test mails.
type sightings struct {
	inside  []byte // from the desk to itself
	outside []byte // from a person elsewhere; nil: not asked for, or not seen
	forged  trial  // with Authentication-Results fields written by the sender
	foreign trial  // with another address of the desk's domain in From
}

// trial is a mail that a careful server would refuse, or strip.
type trial struct {
	mark    string
	refused string // the server's words; empty: it took the mail
	raw     []byte // nil: refused, or it never arrived
}

// proposal is a [trust] section, with what was seen for each of its lines.
type proposal struct {
	authservID string
	accept     []string
	checkDKIM  bool
	forms      string

	authservIDWhy, acceptWhy, checkDKIMWhy, formsWhy []string

	dangers  []string // what somebody else must mend first
	evidence bool     // some mail proved its sender, in a way that nothing speaks against
}

// stampMethods are the results of a server that can be accepted, in the order
// in which they are proposed.
var stampMethods = []struct {
	name string
	only func(*trust.Policy)
}{
	{"dmarc", func(p *trust.Policy) { p.AcceptDMARC = true }},
	{"dkim", func(p *trust.Policy) { p.AcceptDKIM = true }},
	{"auth", func(p *trust.Policy) { p.AcceptAuth = true }},
}

// judge finds the [trust] section that fits. It asks the very code that the
// daemon decides with, so that what is proposed is what will count.
type judge struct {
	configured config.Trust
	resolver   trust.Resolver
	now        time.Time
}

func (j judge) propose(ctx context.Context, s sightings) proposal {
	p := proposal{forms: j.configured.Forms}
	j.chooseStamp(ctx, s, &p)
	j.chooseDKIM(ctx, s, &p)
	j.refuseForeign(ctx, s, &p)
	p.evidence = len(p.accept) > 0 || p.checkDKIM && j.signatureProves(ctx, s)
	if len(p.accept) == 0 {
		p.authservID = ""
	}
	switch {
	case p.forms == "any":
		p.formsWhy = append(p.formsWhy, "as it is configured: forms of unproven senders are taken as they are")
	case p.evidence:
		p.formsWhy = append(p.formsWhy, "a head of department whose mail proves nothing is asked whether the form is theirs")
	default:
		p.formsWhy = append(p.formsWhy, `no mail proves its sender, so every form is asked about; "any" takes them as they are, since the approver decides anyway`)
	}
	return p
}

// provenBy lists the methods by which a stamp under this name proves the sender.
func (j judge) provenBy(ctx context.Context, id string, raw []byte) []string {
	var names []string
	for _, m := range stampMethods {
		policy := j.policy(id)
		m.only(&policy)
		if trust.Check(ctx, raw, policy, nil).Authentic {
			names = append(names, m.name)
		}
	}
	return names
}

func (j judge) policy(id string) trust.Policy {
	return trust.Policy{AuthservID: id, StrictAlignment: j.configured.Alignment == "strict", Now: j.now}
}

// topmost is the name in the topmost Authentication-Results of a mail, and why
// there is none that could be pinned.
func topmost(raw []byte) (id, why string) {
	stamps, err := trust.Stamps(raw)
	switch {
	case err != nil:
		return "", "its header cannot be read: " + err.Error()
	case len(stamps) == 0:
		return "", "the server stamped no Authentication-Results"
	case stamps[0].Err != nil:
		return "", "the topmost Authentication-Results cannot be used: " + stamps[0].Err.Error()
	case !pinnable(stamps[0].AuthservID):
		return "", fmt.Sprintf("the name %q in the topmost Authentication-Results cannot be configured", stamps[0].AuthservID)
	}
	return stamps[0].AuthservID, ""
}

func pinnable(id string) bool { return id != "" && !strings.ContainsAny(id, " \t\r\n\"\\;()") }

func (j judge) chooseStamp(ctx context.Context, s sightings, p *proposal) {
	seen := []struct {
		where string
		raw   []byte
	}{{"inside", s.inside}, {"outside", s.outside}}
	best := 0
	for _, candidate := range seen {
		if candidate.raw == nil {
			continue
		}
		id, why := topmost(candidate.raw)
		if id == "" {
			p.authservIDWhy = append(p.authservIDWhy, "mail from "+candidate.where+": "+why)
			continue
		}
		var accept, words []string
		for _, mail := range seen {
			if mail.raw == nil {
				continue
			}
			if proven := j.provenBy(ctx, id, mail.raw); len(proven) > 0 {
				words = append(words, "mail from "+mail.where+" proved its sender by "+strings.Join(proven, ", "))
				accept = append(accept, proven...)
				continue
			}
			everything := j.policy(id)
			everything.AcceptDMARC, everything.AcceptDKIM, everything.AcceptAuth = true, true, true
			words = append(words, "mail from "+mail.where+" proved nothing: "+trust.Check(ctx, mail.raw, everything, nil).Why)
		}
		slices.Sort(accept)
		accept = slices.Compact(accept)
		if p.acceptWhy == nil || len(accept) > best {
			p.acceptWhy = words
		}
		if len(accept) > best {
			best = len(accept)
			p.authservID, p.accept = id, accept
		}
		p.authservIDWhy = append(p.authservIDWhy, fmt.Sprintf("the topmost Authentication-Results of mail from %s is by %q", candidate.where, id))
	}
	if s.outside == nil {
		p.acceptWhy = append(p.acceptWhy, "mail from outside was not looked at (--wait-outside)")
	}
	j.refuseForged(s.forged, p)
}

// refuseForged takes the stamps back if a sender could have written them.
func (j judge) refuseForged(t trial, p *proposal) {
	survivors := t.survivors()
	for _, id := range slices.Compact([]string{p.authservID, strings.ToLower(j.configured.AuthservID)}) {
		ways := survivors[id]
		if id == "" || len(ways) == 0 {
			continue
		}
		p.dangers = append(p.dangers, fmt.Sprintf("The server leaves Authentication-Results fields in place that the SENDER wrote under the server's own name %q (%s). "+
			"Anybody who can send mail through it could vouch for himself. The server must remove such fields from everything that comes in (RFC 8601, section 5). "+
			"Until it does, authserv_id must be empty.", id, strings.Join(ways, "; ")))
	}
	switch {
	case p.authservID == "":
	case len(survivors[p.authservID]) > 0:
		p.authservIDWhy = append(p.authservIDWhy, "NOT TO BE TRUSTED: fields forged under this name were left in place")
		p.authservID, p.accept = "", nil
	case t.refused != "":
		p.authservIDWhy = append(p.authservIDWhy, "a mail with fields forged under this name was refused")
	case t.raw == nil:
		p.dangers = append(p.dangers, fmt.Sprintf("The test mail with forged Authentication-Results fields was taken and did not arrive, so it is not known whether the server removes fields "+
			"that a sender writes under its name %q. Look whether a filter holds it back; until it is known, authserv_id must be empty.", p.authservID))
		p.authservIDWhy = append(p.authservIDWhy, "not known whether fields forged under this name are removed")
		p.authservID, p.accept = "", nil
	default:
		p.authservIDWhy = append(p.authservIDWhy, "fields forged under this name were removed (sent with a login; for mail from outside this cannot be tried from here)")
	}
}

// forgeries are the spellings of one field that all mean the same to a reader
// of RFC 8601. A server that compares bytes knows only the first.
var forgeries = []struct{ way, field string }{
	{"written plainly", "Authentication-Results: NAME; RESULT"},
	{"name in capitals", "authentication-results: CAPITALS; RESULT"},
	{"after a comment", "Authentication-Results: (x) NAME 1; RESULT"},
	{"name in quotes", "Authentication-Results: \"NAME\"; RESULT"},
	{"on the next line", "Authentication-Results:\r\n NAME; RESULT"},
}

// forgedFields writes the fields; the mark in them tells them from the server's.
func forgedFields(ids []string, mark string) string {
	var b strings.Builder
	for _, id := range ids {
		for i, f := range forgeries {
			fill := strings.NewReplacer("NAME", id, "CAPITALS", strings.ToUpper(id), "RESULT", "dmarc=pass header.from="+forgedDomain(mark, i))
			b.WriteString(fill.Replace(f.field) + "\r\n")
		}
	}
	return b.String()
}

func forgedDomain(mark string, way int) string { return fmt.Sprintf("%s-%d.invalid", mark, way) }

// survivors are the forged fields that the mail still had when it arrived: the
// ways in which they were written, by the name in them.
func (t trial) survivors() map[string][]string {
	stamps, err := trust.Stamps(t.raw)
	if t.raw == nil || err != nil {
		return nil
	}
	survivors := map[string][]string{}
	for _, stamp := range stamps {
		for i, f := range forgeries {
			if slices.Contains(stamp.Results, "dmarc=pass header.from="+forgedDomain(t.mark, i)) {
				survivors[stamp.AuthservID] = append(survivors[stamp.AuthservID], f.way)
			}
		}
	}
	return survivors
}

func (j judge) chooseDKIM(ctx context.Context, s sightings, p *proposal) {
	p.checkDKIM = j.configured.CheckDKIM
	signed, verified := false, false
	for _, mail := range []struct {
		where string
		raw   []byte
	}{{"inside", s.inside}, {"outside", s.outside}} {
		if mail.raw == nil {
			continue
		}
		origin, has := j.ownCheck(ctx, mail.raw)
		switch {
		case !has:
			p.checkDKIMWhy = append(p.checkDKIMWhy, "mail from "+mail.where+" bore no DKIM signature")
		case origin.Authentic:
			signed, verified = true, true
			p.checkDKIMWhy = append(p.checkDKIMWhy, "mail from "+mail.where+" proved its sender: "+origin.Why)
		default:
			signed = true
			p.checkDKIMWhy = append(p.checkDKIMWhy, "the signature of mail from "+mail.where+" proved nothing: "+origin.Why)
			if origin.Temporary {
				p.checkDKIMWhy = append(p.checkDKIMWhy, "no name server answered; every signed mail would have to wait for one")
			}
		}
	}
	if signed {
		p.checkDKIM = verified
	} else {
		p.checkDKIMWhy = append(p.checkDKIMWhy, "left as it is configured")
	}
}

// ownCheck is what the mail's DKIM signature proves by itself, if it has one.
func (j judge) ownCheck(ctx context.Context, raw []byte) (origin trust.Origin, signed bool) {
	policy := j.policy("")
	policy.OwnDKIM = true
	origin = trust.Check(ctx, raw, policy, j.resolver)
	header, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	return origin, strings.Contains("\n"+strings.ToLower(header), "\ndkim-signature:")
}

func (j judge) signatureProves(ctx context.Context, s sightings) bool {
	for _, raw := range [][]byte{s.inside, s.outside} {
		if raw == nil {
			continue
		}
		if origin, _ := j.ownCheck(ctx, raw); origin.Authentic {
			return true
		}
	}
	return false
}

// refuseForeign takes back what vouched for an address that is not the sender's:
// a server that lets its users write any address of the domain in From, and then
// signs it, proves nothing about a colleague.
func (j judge) refuseForeign(ctx context.Context, s sightings, p *proposal) {
	if s.foreign.raw == nil {
		return
	}
	const must = "Whoever has an account there could approve in the mayor's name. The server must refuse other addresses in From than those of the account (in Postfix, a milter or a header check; " +
		"reject_sender_login_mismatch looks at the envelope only), or not vouch for them. "
	wrong := j.provenBy(ctx, p.authservID, s.foreign.raw)
	for _, name := range wrong {
		if !slices.Contains(p.accept, name) {
			continue
		}
		p.accept = slices.DeleteFunc(p.accept, func(accepted string) bool { return accepted == name })
		p.acceptWhy = append(p.acceptWhy, name+" NOT TO BE TRUSTED: it vouched for an address that is not the sender's")
		p.dangers = append(p.dangers, "The server let the desk's account send under another address of its domain, and vouched for that address by "+name+". "+must+
			"Until it does, \""+name+"\" must not be accepted.")
	}
	if origin, _ := j.ownCheck(ctx, s.foreign.raw); origin.Authentic && p.checkDKIM {
		p.checkDKIM = false
		p.checkDKIMWhy = append(p.checkDKIMWhy, "NOT TO BE TRUSTED: the server signed for an address that is not the sender's")
		p.dangers = append(p.dangers, "The server let the desk's account send under another address of its domain, and signed that (DKIM). "+must+
			"Until it does, check_dkim must be false.")
	}
}

// section is the proposal as TOML. What the check cannot see stays as it is.
func (p proposal) section(configured config.Trust, seen string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n[trust]\n", seen)
	line := func(why []string, format string, args ...any) {
		for _, w := range why {
			fmt.Fprintf(&b, "# %s\n", strings.Join(strings.Fields(w), " "))
		}
		fmt.Fprintf(&b, format+"\n", args...)
	}
	line(p.authservIDWhy, "authserv_id = %q", p.authservID)
	line(p.acceptWhy, "accept = %s", tomlList(p.accept))
	line(p.checkDKIMWhy, "check_dkim = %v", p.checkDKIM)
	line(p.formsWhy, "forms = %q", p.forms)
	usual, as := config.Default().Trust, []string{"as it is configured"}
	if configured.Resolver != usual.Resolver {
		line(as, "resolver = %q", configured.Resolver)
	}
	if configured.Alignment != usual.Alignment {
		line(as, "alignment = %q", configured.Alignment)
	}
	if len(configured.SMIMEAuthorities) > 0 {
		line(as, "smime_authorities = %s", tomlList(configured.SMIMEAuthorities))
	}
	if len(configured.SMIMECertificates) > 0 {
		line(as, "smime_certificates = %s", tomlList(configured.SMIMECertificates))
	}
	return b.String()
}

func tomlList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = fmt.Sprintf("%q", s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
