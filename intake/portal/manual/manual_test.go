package manual_test

import (
	"errors"
	"path/filepath"
	"testing"

	"registratura/intake"
	"registratura/intake/portal/manual"
	"registratura/intake/portal/portaltest"
)

func open(t *testing.T, dir string) intake.Portal {
	p, err := manual.Open(t.Context(), filepath.Join(dir, "manual.db"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPortal(t *testing.T) { portaltest.Run(t, open) }

func TestSiteThatNobodyMadeIsClosedAndDeletedWithoutWork(t *testing.T) {
	p := open(t, t.TempDir())
	for _, step := range []func() error{
		func() error { return p.EnsureSite(t.Context(), intake.Site{ID: "a"}) },
		func() error { return p.CloseSite(t.Context(), "a") },
		func() error { return p.DeleteSite(t.Context(), "a") },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Members(t.Context(), "a"); !errors.Is(err, intake.ErrNoSuchSite) {
		t.Errorf("Members after the deletion: %v", err)
	}
}

func TestOpenSiteIsNotDeleted(t *testing.T) {
	p := open(t, t.TempDir())
	if err := p.EnsureSite(t.Context(), intake.Site{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := p.DeleteSite(t.Context(), "a"); !errors.Is(err, intake.ErrInvalid) {
		t.Errorf("deleting an open site: %v, want intake.ErrInvalid", err)
	}
}

func TestClosedSiteIsSuspendedAgainWithoutWorkAndClosedWithIt(t *testing.T) {
	p := open(t, t.TempDir()).(*manual.Portal)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	confirm := func() {
		t.Helper()
		work, err := p.Work(t.Context(), "a")
		do(err)
		hash, err := work.Hash()
		do(err)
		do(p.Confirm(t.Context(), "a", hash, "https://x.test/a"))
	}
	do(p.EnsureSite(t.Context(), intake.Site{ID: "a"}))
	confirm()
	if err := p.CloseSite(t.Context(), "a"); !errors.Is(err, intake.ErrAwaitsIT) {
		t.Fatal(err)
	}
	confirm()
	if err := p.ResumeSite(t.Context(), "a"); !errors.Is(err, intake.ErrAwaitsIT) {
		t.Fatal(err)
	}
	do(p.SuspendSite(t.Context(), "a"))
	if err := p.CloseSite(t.Context(), "a"); !errors.Is(err, intake.ErrAwaitsIT) {
		t.Errorf("closed a second time: %v, want ErrAwaitsIT", err)
	}
}
