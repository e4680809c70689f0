package portaltest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"registratura/forms"
	"registratura/intake"
)

// staffed is a portal whose work people do, with people who do at once what it
// waits for.
type staffed struct{ intake.WorkPortal }

func (s staffed) Close() error {
	if c, ok := s.WorkPortal.(interface{ Close() error }); ok {
		return c.Close()
	}
	return nil
}

// done calls a method of the portal, and once more if IT had to do something first.
func (s staffed) done(ctx context.Context, site string, call func() error) error {
	err := call()
	if !errors.Is(err, intake.ErrAwaitsIT) {
		return err
	}
	w, err := s.Work(ctx, site)
	if err != nil {
		return err
	}
	hash, err := w.Hash()
	if err != nil {
		return err
	}
	if err := s.Confirm(ctx, site, hash, "https://extranet.example/"+site); err != nil {
		return err
	}
	return call()
}

func (s staffed) Members(ctx context.Context, site string) (list []intake.Member, err error) {
	err = s.done(ctx, site, func() (err error) {
		list, err = s.WorkPortal.Members(ctx, site)
		return err
	})
	return list, err
}

func (s staffed) SuspendSite(ctx context.Context, site string) error {
	return s.done(ctx, site, func() error { return s.WorkPortal.SuspendSite(ctx, site) })
}

func (s staffed) CloseSite(ctx context.Context, site string) error {
	return s.done(ctx, site, func() error { return s.WorkPortal.CloseSite(ctx, site) })
}

func (s staffed) ResumeSite(ctx context.Context, site string) error {
	return s.done(ctx, site, func() error { return s.WorkPortal.ResumeSite(ctx, site) })
}

func (s staffed) DeleteSite(ctx context.Context, site string) error {
	return s.done(ctx, site, func() error { return s.WorkPortal.DeleteSite(ctx, site) })
}

// awaitsIT is for portals whose work is done by people.
func awaitsIT(t *testing.T, h *harness) {
	p, ok := h.Portal.(staffed)
	if !ok {
		t.Skip("this portal does its work by itself")
	}
	alone := p.WorkPortal
	ctx := t.Context()
	work := func() (w intake.Work, hash string) {
		t.Helper()
		w, err := p.Work(ctx, "a")
		if err == nil {
			hash, err = w.Hash()
		}
		if err != nil {
			t.Fatal(err)
		}
		return w, hash
	}
	awaits := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, intake.ErrAwaitsIT) {
			t.Errorf("%s: %v, want ErrAwaitsIT", what, err)
		}
	}
	fine := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := p.Work(ctx, "a"); !errors.Is(err, intake.ErrNoSuchSite) {
		t.Errorf("Work on no site: %v, want ErrNoSuchSite", err)
	}
	h.mustSite(exampleSite("a"))
	h.mustMember("a", ana)
	h.mustMember("a", bogd)
	first, hash := work()
	if !first.Create || len(first.Add) != 2 || first.URL != "" {
		t.Errorf("the work is %+v", first)
	}
	_, err := alone.Members(ctx, "a")
	awaits("Members before the confirmation", err)
	h.mustMember("a", cris)
	if err := p.Confirm(ctx, "a", hash, "https://extranet.example/a"); !errors.Is(err, intake.ErrWorkChanged) {
		t.Errorf("confirming what is no longer all: %v, want ErrWorkChanged", err)
	}
	_, hash = work()
	for range 2 { // as after a crash
		fine("Confirm", p.Confirm(ctx, "a", hash, "https://extranet.example/a"))
	}
	h.wantMembers("a", ana, bogd, cris)
	if got := p.SiteURL("a"); got != "https://extranet.example/a" {
		t.Errorf("the address is %q", got)
	}

	less := cris
	less.Rights = forms.RightRead
	h.mustMember("a", less)
	fine("RemoveMember", p.RemoveMember(ctx, "a", bogd.Address))
	change, hash := work()
	want := intake.Work{Site: exampleSite("a"), URL: "https://extranet.example/a", Members: []intake.Member{ana, less},
		Alter: []intake.MemberChange{{Member: less, Was: cris}}, Remove: []intake.Member{bogd}}
	if diff := cmp.Diff(want, change); diff != "" {
		t.Errorf("the work (-want +got):\n%s", diff)
	}
	h.restart()
	p = h.Portal.(staffed)
	alone = p.WorkPortal
	fine("Confirm after a restart", p.Confirm(ctx, "a", hash, ""))
	h.wantMembers("a", ana, less)

	for _, step := range []struct {
		do   func(context.Context, string) error
		want intake.AccessStep
	}{{alone.SuspendSite, intake.AccessSuspend}, {alone.ResumeSite, intake.AccessResume}, {alone.CloseSite, intake.AccessEnd}, {alone.DeleteSite, intake.SiteDelete}} {
		awaits(string(step.want), step.do(ctx, "a"))
		w, hash := work()
		if w.Access != step.want || len(w.Members) != 2 {
			t.Errorf("%s: the work is %+v", step.want, w)
		}
		fine("Confirm", p.Confirm(ctx, "a", hash, ""))
		fine(string(step.want)+" again", step.do(ctx, "a"))
	}
	if _, err := p.Work(ctx, "a"); !errors.Is(err, intake.ErrNoSuchSite) {
		t.Errorf("Work on a deleted site: %v, want ErrNoSuchSite", err)
	}
}
