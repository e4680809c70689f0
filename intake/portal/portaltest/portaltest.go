// Package portaltest is the conformance suite that every portal passes: what
// [intake.Portal] promises, with the crashes and repetitions that the desk's
// rule D6 reckons with.
package portaltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/forms"
	"registratura/intake"
)

// Open opens the portal whose state is kept in dir, or makes it there. The
// suite opens the same dir again after it has closed the portal (if it is an
// io.Closer), as a restarted desk does.
type Open func(t *testing.T, dir string) intake.Portal

// Run runs the suite; open is called anew for each test, with an empty dir. For
// an [intake.WorkPortal] the suite is also the people of IT: it does and
// confirms what the portal waits for.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *harness)
	}{
		{"a site that was never made is reported as such", noSite},
		{"an account that was never made is reported as such", noAccount},
		{"making the same site again changes nothing", sameSite},
		{"a site is made to say what was approved last", changedSite},
		{"members read back exactly as they were made, by address", readBack},
		{"every set of rights reads back exactly", everyRight},
		{"making a member again replaces the rights, more or fewer", changedRights},
		{"rights on one site say nothing about another", twoSites},
		{"one address is one account on every site", oneAccount},
		{"members that no portal should take are refused and leave nothing behind", badMembers},
		{"sites that no portal should take are refused", badSites},
		{"inviting again gives another link, each with an end", invitations},
		{"the address of a site is stable and its own", addresses},
		{"a name is data, whatever is in it", hostileNames},
		{"a context that has ended changes nothing", cancelled},
		{"interrupted after any step and done again, the outcome is the same", interruptedBetweenSteps},
		{"interrupted within any step and done again, the outcome is the same", interruptedWithinSteps},
		{"everything is there again after a restart", restarted},
		{"who is removed has no access any more, and others have theirs", removed},
		{"who was removed can be given access again, with other rights", removedAndBack},
		{"on a suspended or closed site nobody has access, and resumed it is as before", suspended},
		{"what is changed while a site is suspended holds when it is resumed", changedWhileSuspended},
		{"a closed site stays closed until it is resumed", closed},
		{"members do on a site what they may, for as long as they may", visited},
		{"what a site holds is counted whatever its state", counted},
		{"an export holds every file, with its checksum, whatever the state of the site", exported},
		{"an export that cannot be written fails, and can be made again", exportFails},
		{"a site is deleted only when it is closed, and then for good", deleted},
		{"a site that was deleted can be made anew, and is empty", madeAnew},
		{"a context that has ended ends nothing else", cancelledLater},
		{"the life of a site, interrupted after any step and done again, ends the same", lifeInterruptedBetweenSteps},
		{"the life of a site, interrupted within any step and done again, ends the same", lifeInterruptedWithinSteps},
		{"many at once end as one after the other would", concurrent},
		{"work that people must do is not done before they have confirmed it", awaitsIT},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &harness{t: t, open: open, dir: t.TempDir()}
			h.start()
			t.Cleanup(h.stop)
			c.test(t, h)
		})
	}
}

// harness is one portal that can be restarted.
type harness struct {
	t    *testing.T
	open Open
	dir  string
	intake.Portal
	visits int // tried so far
}

func (h *harness) start() {
	h.Portal = h.open(h.t, h.dir)
	if p, ok := h.Portal.(intake.WorkPortal); ok {
		h.Portal = staffed{p}
	}
}

func (h *harness) stop() {
	if c, ok := h.Portal.(io.Closer); ok {
		if err := c.Close(); err != nil {
			h.t.Errorf("closing the portal: %v", err)
		}
	}
}

func (h *harness) restart() { h.stop(); h.start() }

func (h *harness) mustSite(s intake.Site) {
	h.t.Helper()
	if err := h.EnsureSite(h.t.Context(), s); err != nil {
		h.t.Fatalf("EnsureSite(%s): %v", s.ID, err)
	}
}

func (h *harness) mustMember(site string, m intake.Member) {
	h.t.Helper()
	if err := h.EnsureMember(h.t.Context(), site, m); err != nil {
		h.t.Fatalf("EnsureMember(%s, %s): %v", site, m.Address, err)
	}
}

func (h *harness) wantMembers(site string, want ...intake.Member) {
	h.t.Helper()
	got, err := h.Members(h.t.Context(), site)
	if err != nil {
		h.t.Fatalf("Members(%s): %v", site, err)
	}
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("members of %s (-want +got):\n%s", site, diff)
	}
}

// must ends the test if a step failed.
func (h *harness) must(step string, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%s: %v", step, err)
	}
}

// supported is err, or instead where a portal says that it cannot do such a thing.
func supported(err, instead error) error {
	if errors.Is(err, errors.ErrUnsupported) {
		return instead
	}
	return err
}

func exampleSite(id string) intake.Site {
	return intake.Site{ID: id, Title: "Cereri locuințe " + id, Partner: "Direcția de Asistență Socială", Department: "Direcția Economică",
		InfoTypes: "cereri, anchete sociale", LegalBasis: "Legea nr. 114/1996", Request: "42/23.11.2026"}
}

var (
	ana  = intake.Member{Name: "Ana Ionescu", Address: "ana@das.example", Side: intake.PartnerSide, Rights: forms.RightRead}
	bogd = intake.Member{Name: "Bogdan Șerban", Address: "bogdan@primarie.example", Side: intake.InternalSide,
		Rights: forms.RightRead | forms.RightWrite | forms.RightDelete}
	cris = intake.Member{Name: "Cristina Țurcanu", Address: "cristina@primarie.example", Side: intake.InternalSide,
		Rights: forms.RightRead | forms.RightWrite}
)

func noSite(t *testing.T, h *harness) {
	if err := h.EnsureMember(t.Context(), "nicaieri", ana); !errors.Is(err, intake.ErrNoSuchSite) {
		t.Errorf("EnsureMember on no site: %v, want ErrNoSuchSite", err)
	}
	if _, err := h.Members(t.Context(), "nicaieri"); !errors.Is(err, intake.ErrNoSuchSite) {
		t.Errorf("Members of no site: %v, want ErrNoSuchSite", err)
	}
	if _, err := h.Journal(t.Context(), "nicaieri", time.Time{}); !errors.Is(err, intake.ErrNoSuchSite) && !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Journal of no site: %v, want ErrNoSuchSite or ErrUnsupported", err)
	}
	for name, call := range map[string]func() error{
		"RemoveMember": func() error { return h.RemoveMember(t.Context(), "nicaieri", ana.Address) },
		"SuspendSite":  func() error { return h.SuspendSite(t.Context(), "nicaieri") },
		"CloseSite":    func() error { return h.CloseSite(t.Context(), "nicaieri") },
		"ResumeSite":   func() error { return h.ResumeSite(t.Context(), "nicaieri") },
		"Usage": func() error {
			_, err := h.Usage(t.Context(), "nicaieri")
			return supported(err, intake.ErrNoSuchSite)
		},
		"ExportSite": func() error {
			_, err := h.ExportSite(t.Context(), "nicaieri", io.Discard)
			return supported(err, intake.ErrNoSuchSite)
		},
	} {
		if err := call(); !errors.Is(err, intake.ErrNoSuchSite) {
			t.Errorf("%s of no site: %v, want ErrNoSuchSite", name, err)
		}
	}
	if err := h.DeleteSite(t.Context(), "nicaieri"); err != nil {
		t.Errorf("DeleteSite of no site: %v; it is deleted already", err)
	}
	// The refused member has not got an account by the way.
	if _, err := h.Invite(t.Context(), ana.Address); !errors.Is(err, intake.ErrNoSuchAccount) {
		t.Errorf("Invite after a refused EnsureMember: %v, want ErrNoSuchAccount", err)
	}
}

func noAccount(t *testing.T, h *harness) {
	if _, err := h.Invite(t.Context(), "nimeni@das.example"); !errors.Is(err, intake.ErrNoSuchAccount) {
		t.Errorf("Invite without an account: %v, want ErrNoSuchAccount", err)
	}
	if _, err := h.NewLink(t.Context(), "nimeni@das.example"); !errors.Is(err, intake.ErrNoSuchAccount) {
		t.Errorf("NewLink without an account: %v, want ErrNoSuchAccount", err)
	}
}

func sameSite(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	h.mustMember("a", ana)
	h.mustSite(exampleSite("a"))
	h.wantMembers("a", ana)
}

func changedSite(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	h.mustMember("a", ana)
	s := exampleSite("a")
	s.Title, s.LegalBasis = "Alt titlu", "Acord de colaborare nr. 7"
	h.mustSite(s)
	h.wantMembers("a", ana)
}

func readBack(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	h.wantMembers("a")
	for _, m := range []intake.Member{cris, ana, bogd} {
		h.mustMember("a", m)
	}
	h.wantMembers("a", ana, bogd, cris)
}

func everyRight(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	var want []intake.Member
	for r := forms.Rights(1); r < 8; r++ {
		m := intake.Member{Name: "Om " + r.String(), Address: fmt.Sprintf("om%d@das.example", r), Side: intake.PartnerSide, Rights: r}
		h.mustMember("a", m)
		want = append(want, m)
	}
	h.wantMembers("a", want...)
}

func changedRights(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	for from := forms.Rights(1); from < 8; from++ {
		for to := forms.Rights(1); to < 8; to++ {
			m := ana
			m.Rights = from
			h.mustMember("a", m)
			m.Rights = to
			h.mustMember("a", m)
			h.wantMembers("a", m)
		}
	}
}

func twoSites(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	h.mustSite(exampleSite("b"))
	more := ana
	more.Rights = forms.RightRead | forms.RightDelete
	h.mustMember("a", ana)
	h.mustMember("b", more)
	h.mustMember("b", cris)
	h.wantMembers("a", ana)
	h.wantMembers("b", more, cris)
}

func oneAccount(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	h.mustSite(exampleSite("b"))
	h.mustMember("a", ana)
	h.mustMember("b", ana)
	if _, err := h.Invite(t.Context(), ana.Address); err != nil {
		t.Errorf("Invite: %v", err)
	}
}

func badMembers(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	for name, change := range map[string]func(*intake.Member){
		"no rights":          func(m *intake.Member) { m.Rights = 0 },
		"unknown rights":     func(m *intake.Member) { m.Rights = 8 },
		"no side":            func(m *intake.Member) { m.Side = "" },
		"no address":         func(m *intake.Member) { m.Address = "" },
		"not an address":     func(m *intake.Member) { m.Address = "ana" },
		"two addresses":      func(m *intake.Member) { m.Address = "ana@das.example, rau@rau.example" },
		"a name with it":     func(m *intake.Member) { m.Address = "Ana <ana@das.example>" },
		"a line break in it": func(m *intake.Member) { m.Address = "ana@das.example\r\nBcc: rau@rau.example" },
		"upper case":         func(m *intake.Member) { m.Address = "Ana@das.example" },
	} {
		m := ana
		change(&m)
		if err := h.EnsureMember(t.Context(), "a", m); err == nil {
			t.Errorf("EnsureMember with %s: no error", name)
		}
	}
	h.wantMembers("a")
}

func badSites(t *testing.T, h *harness) {
	for _, id := range []string{"", ".", "..", "a/b", `a\b`, "A", "ă", "a b", "-a", "a-", "../a", "a\x00", strings.Repeat("a", 200)} {
		if err := h.EnsureSite(t.Context(), exampleSite(id)); err == nil {
			t.Errorf("EnsureSite(%q): no error", id)
		}
	}
}

func invitations(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	h.mustMember("a", ana)
	h.mustMember("a", cris)
	seen := map[string]bool{}
	for _, make := range []func(context.Context, string) (intake.Invitation, error){h.Invite, h.Invite, h.NewLink, h.NewLink} {
		for _, address := range []string{ana.Address, cris.Address} {
			inv, err := make(t.Context(), address)
			if inv.FromIT || errors.Is(err, errors.ErrUnsupported) {
				continue // they are given their access data by people
			}
			if err != nil {
				t.Fatalf("inviting %s: %v", address, err)
			}
			u, err := url.Parse(inv.Link)
			if err != nil || !u.IsAbs() || u.Host == "" {
				t.Errorf("link %q is not an address", inv.Link)
			}
			if strings.Contains(inv.Link, "@") || strings.Contains(inv.Link, address) {
				t.Error("the link names whom it is for")
			}
			if seen[inv.Link] {
				t.Error("the same link was given twice")
			}
			seen[inv.Link] = true
			if inv.Expires.IsZero() {
				t.Error("the link never expires")
			}
		}
	}
}

func addresses(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	h.mustSite(exampleSite("b"))
	h.wantMembers("a") // from now on IT has said where they are, if that is IT's
	h.wantMembers("b")
	a, b := h.SiteURL("a"), h.SiteURL("b")
	if u, err := url.Parse(a); err != nil || !u.IsAbs() || u.Host == "" {
		t.Errorf("SiteURL is %q, which is not an address", a)
	}
	if a == b {
		t.Errorf("two sites have the address %s", a)
	}
	h.restart()
	if again := h.SiteURL("a"); again != a {
		t.Errorf("the address was %s and is %s after a restart", a, again)
	}
}

func hostileNames(t *testing.T, h *harness) {
	for i, name := range []string{`'; DROP TABLE members; --`, `<script>alert(1)</script>`, "{{.}}", "=1+1", "../../etc/passwd", "ș\u0326ț", strings.Repeat("n", 5000), ""} {
		id := fmt.Sprintf("s%d", i)
		s := exampleSite(id)
		s.Title, s.Partner = name, name
		h.mustSite(s)
		m := ana
		m.Name = name
		h.mustMember(id, m)
		h.wantMembers(id, m)
	}
}

func cancelled(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.EnsureMember(ctx, "a", ana); err == nil {
		t.Error("EnsureMember with an ended context: no error")
	}
	if err := h.EnsureSite(ctx, exampleSite("b")); err == nil {
		t.Error("EnsureSite with an ended context: no error")
	}
	h.wantMembers("a")
	if _, err := h.Members(t.Context(), "b"); !errors.Is(err, intake.ErrNoSuchSite) {
		t.Errorf("a site was made with an ended context: %v", err)
	}
}

// provisioning is what the desk does for one request, step by step.
func provisioning(h *harness) []func(context.Context) error {
	var steps []func(context.Context) error
	steps = append(steps, func(ctx context.Context) error { return h.EnsureSite(ctx, exampleSite("a")) })
	for _, m := range []intake.Member{bogd, ana, cris} {
		steps = append(steps, func(ctx context.Context) error { return h.EnsureMember(ctx, "a", m) })
	}
	for _, m := range []intake.Member{bogd, ana, cris} {
		steps = append(steps, func(ctx context.Context) error {
			_, err := h.Invite(ctx, m.Address)
			return err
		})
	}
	return steps
}

func interruptedBetweenSteps(t *testing.T, h *harness) {
	steps := provisioning(h)
	for after := range len(steps) + 1 {
		for _, step := range steps[:after] {
			if err := step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		h.restart()
	}
	for _, step := range steps {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	h.wantMembers("a", ana, bogd, cris)
}

// dying is a context that ends when it is looked at for the nth time.
type dying struct {
	context.Context
	cancel context.CancelFunc
	left   int
}

func (d *dying) look() {
	if d.left--; d.left < 0 {
		d.cancel()
	}
}

func (d *dying) Done() <-chan struct{} { d.look(); return d.Context.Done() }
func (d *dying) Err() error            { d.look(); return d.Context.Err() }

func interruptedWithinSteps(t *testing.T, h *harness) {
	for looks := range 20 {
		for _, step := range provisioning(h) {
			ctx, cancel := context.WithCancel(t.Context())
			_ = step(&dying{ctx, cancel, looks}) // it may or may not have got to the end
			cancel()
			if err := step(t.Context()); err != nil {
				t.Fatalf("done again after an interruption at look %d: %v", looks, err)
			}
		}
		h.wantMembers("a", ana, bogd, cris)
	}
}

func restarted(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	h.mustMember("a", ana)
	h.mustMember("a", bogd)
	h.restart()
	h.wantMembers("a", ana, bogd)
	if _, err := h.Invite(t.Context(), ana.Address); err != nil {
		t.Errorf("Invite after a restart: %v", err)
	}
}

func concurrent(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	var want []intake.Member
	done := make(chan error)
	const people = 20
	for i := range people {
		m := intake.Member{Name: "Om", Address: fmt.Sprintf("om%02d@das.example", i), Side: intake.PartnerSide, Rights: forms.Rights(i%7 + 1)}
		want = append(want, m)
		for range 2 {
			go func() { done <- h.EnsureMember(t.Context(), "a", m) }()
		}
	}
	timeout := time.After(5 * time.Minute) // the machine may be busy
	for range 2 * people {
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("EnsureMember: %v", err)
			}
		case <-timeout:
			t.Fatal("it hangs")
		}
	}
	h.wantMembers("a", want...)
}
