package intake_test

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
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
	state   map[string]string     // by site: "" (open), "suspended", "closed"
	files   map[string][]string   // by site: names, each file holds its own name

	before func(call string) error               // the call fails without an effect
	after  func(call string) error               // it fails although it had its effect
	grants func(m intake.Member) forms.Rights    // nil: exactly what is asked for
	extra  []intake.Member                       // on every site, asked for by nobody
	reads  func([]intake.Member) []intake.Member // nil: as it is
	loses  bool                                  // an export leaves a file out
	lies   bool                                  // an export holds other bytes than its list says
}

func newPortal() *portal {
	return &portal{sites: map[string]intake.Site{}, members: map[string][]intake.Member{}, links: map[string]string{},
		state: map[string]string{}, files: map[string][]string{}}
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
	if _, ok := p.sites[site]; !ok {
		return nil, intake.ErrNoSuchSite
	}
	err = p.call(ctx, "members", func() {
		if p.state[site] == "" {
			list = append(append(list, p.members[site]...), p.extra...)
		}
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

func (p *portal) RemoveMember(ctx context.Context, site, address string) error {
	return p.onSite(ctx, site, "remove "+address, func() {
		p.members[site] = slices.DeleteFunc(p.members[site], func(m intake.Member) bool { return m.Address == address })
	})
}

func (p *portal) onSite(ctx context.Context, site, call string, do func()) error {
	if _, ok := p.sites[site]; !ok {
		return intake.ErrNoSuchSite
	}
	return p.call(ctx, call, do)
}

func (p *portal) SuspendSite(ctx context.Context, site string) error {
	return p.onSite(ctx, site, "suspend "+site, func() { p.state[site] = "suspended" })
}

func (p *portal) CloseSite(ctx context.Context, site string) error {
	return p.onSite(ctx, site, "close "+site, func() { p.state[site] = "closed" })
}

func (p *portal) ResumeSite(ctx context.Context, site string) error {
	return p.onSite(ctx, site, "resume "+site, func() { p.state[site] = "" })
}

func (p *portal) Usage(ctx context.Context, site string) (u intake.SiteUsage, err error) {
	err = p.onSite(ctx, site, "usage "+site, func() {
		u = intake.SiteUsage{Members: len(p.members[site]), Files: len(p.files[site])}
		for _, name := range p.files[site] {
			u.Bytes += int64(len(name))
		}
	})
	return u, err
}

func (p *portal) ExportSite(ctx context.Context, site string, w io.Writer) (list []intake.ExportedFile, err error) {
	archive := zip.NewWriter(w)
	err = p.onSite(ctx, site, "export "+site, func() {
		for i, name := range p.files[site] {
			if p.loses && i == 0 {
				continue
			}
			f, err := archive.Create(name)
			if err == nil {
				text := name
				if p.lies {
					text = strings.ToUpper(name)
				}
				_, err = io.WriteString(f, text)
			}
			if err != nil {
				panic(err)
			}
			list = append(list, intake.ExportedFile{Path: name, Size: int64(len(name)), SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(name)))})
		}
	})
	return list, errors.Join(err, archive.Close())
}

func (p *portal) DeleteSite(ctx context.Context, site string) error {
	if _, ok := p.sites[site]; ok && p.state[site] != "closed" {
		return errors.New("the site is not closed")
	}
	return p.call(ctx, "delete "+site, func() {
		delete(p.sites, site)
		delete(p.members, site)
		delete(p.files, site)
		delete(p.state, site)
	})
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
