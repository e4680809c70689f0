package intake_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// portal is a portal in memory. Its calls can be made to fail.
type portal struct {
	sites   map[string]intake.Site
	members map[string][]intake.Member // by site
	links   map[string]string          // by address: the one that works
	made    int                        // links
	calls   []string
	journal []intake.JournalEntry // of every site

	before func(call string) error               // the call fails without an effect
	after  func(call string) error               // it fails although it had its effect
	grants func(m intake.Member) forms.Rights    // nil: exactly what is asked for
	extra  []intake.Member                       // on every site, asked for by nobody
	reads  func([]intake.Member) []intake.Member // nil: as it is
}

func newPortal() *portal {
	return &portal{sites: map[string]intake.Site{}, members: map[string][]intake.Member{}, links: map[string]string{}}
}

func (p *portal) call(ctx context.Context, name string, do func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.calls = append(p.calls, name)
	if p.before != nil {
		if err := p.before(name); err != nil {
			return err
		}
	}
	do()
	if p.after != nil {
		return p.after(name)
	}
	return nil
}

func (p *portal) EnsureSite(ctx context.Context, s intake.Site) error {
	return p.call(ctx, "site", func() { p.sites[s.ID] = s })
}

func (p *portal) EnsureMember(ctx context.Context, site string, m intake.Member) error {
	if _, ok := p.sites[site]; !ok {
		return intake.ErrNoSuchSite
	}
	return p.call(ctx, "member "+m.Address, func() {
		if p.grants != nil {
			m.Rights = p.grants(m)
		}
		for i := range p.members[site] {
			if p.members[site][i].Address == m.Address {
				p.members[site][i] = m
				return
			}
		}
		p.members[site] = append(p.members[site], m)
	})
}

func (p *portal) Members(ctx context.Context, site string) (list []intake.Member, err error) {
	err = p.call(ctx, "members", func() {
		list = append(append(list, p.members[site]...), p.extra...)
		if p.reads != nil {
			list = p.reads(list)
		}
	})
	return list, err
}

func (p *portal) Invite(ctx context.Context, address string) (i intake.Invitation, err error) {
	err = p.call(ctx, "invite "+address, func() { i = p.link(address) })
	return i, err
}

func (p *portal) NewLink(ctx context.Context, address string) (i intake.Invitation, err error) {
	if !p.hasAccount(address) {
		return i, intake.ErrNoSuchAccount
	}
	err = p.call(ctx, "link "+address, func() { i = p.link(address) })
	return i, err
}

func (p *portal) hasAccount(address string) bool {
	for _, list := range p.members {
		for _, m := range list {
			if m.Address == address {
				return true
			}
		}
	}
	return false
}

func (p *portal) link(address string) intake.Invitation {
	p.made++
	p.links[address] = fmt.Sprintf("https://extranet.test/l/secret%d", p.made)
	return intake.Invitation{Link: p.links[address]}
}

func (p *portal) Journal(ctx context.Context, site string, since time.Time) (list []intake.JournalEntry, err error) {
	if _, ok := p.sites[site]; !ok {
		return nil, intake.ErrNoSuchSite
	}
	err = p.call(ctx, "journal "+site, func() {
		for _, e := range p.journal {
			if !e.At.Before(since) {
				list = append(list, e)
			}
		}
	})
	return list, err
}

func (p *portal) SiteURL(site string) string { return "https://extranet.test/s/" + site + "/" }

// failFor fails every call whose name has the prefix.
func failFor(prefix string) func(string) error {
	return func(call string) error {
		if strings.HasPrefix(call, prefix) {
			return errors.New("the portal does not feel well")
		}
		return nil
	}
}
