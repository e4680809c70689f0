package portaltest

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"registratura/forms"
	"registratura/intake"
)

// Visitor is what a portal given to [Run] may implement, so that the suite can
// put files on sites and see who still may. Without it, only what the portal says
// is looked at.
type Visitor interface {
	// Put makes a file, with the folders above it, on behalf of somebody who has an account.
	Put(ctx context.Context, siteID, address, path, content string) error
	// Get returns what is in a file, on behalf of somebody who has an account.
	Get(ctx context.Context, siteID, address, path string) (string, error)
}

// visitor skips the test where the portal is no [Visitor].
func (h *harness) visitor() Visitor {
	h.t.Helper()
	v, ok := h.Portal.(Visitor)
	if !ok {
		h.t.Skip("nobody can visit this portal's sites in a test")
	}
	return v
}

// mayVisit checks that somebody may read and write on a site, or neither.
func (h *harness) mayVisit(site string, m intake.Member, want bool) {
	h.t.Helper()
	v, ok := h.Portal.(Visitor)
	if !ok {
		return
	}
	h.visits++
	_, readErr := v.Get(h.t.Context(), site, m.Address, "dovada.txt")
	writeErr := v.Put(h.t.Context(), site, m.Address, fmt.Sprintf("vizita %d.txt", h.visits), "x")
	if (readErr == nil) != (want && m.Rights.Has(forms.RightRead)) || (writeErr == nil) != (want && m.Rights.Has(forms.RightWrite)) {
		h.t.Errorf("%s, with %s, should have access to %s: %v; reading: %v, writing: %v", m.Address, m.Rights, site, want, readErr, writeErr)
	}
}

// open makes a site with ana, bogd and cris, and a file if that can be done.
func (h *harness) openSite(id string) {
	h.t.Helper()
	h.mustSite(exampleSite(id))
	for _, m := range []intake.Member{ana, bogd, cris} {
		h.mustMember(id, m)
	}
	if v, ok := h.Portal.(Visitor); ok {
		h.must("Put", v.Put(h.t.Context(), id, bogd.Address, "dovada.txt", "dovada"))
	}
}

func removed(t *testing.T, h *harness) {
	h.openSite("a")
	h.openSite("b")
	for range 2 { // again, it changes nothing
		h.must("RemoveMember", h.RemoveMember(t.Context(), "a", cris.Address))
		h.wantMembers("a", ana, bogd)
		h.wantMembers("b", ana, bogd, cris)
		h.mayVisit("a", cris, false)
		h.mayVisit("b", cris, true)
		h.mayVisit("a", bogd, true)
		h.restart()
	}
	h.must("RemoveMember of nobody", h.RemoveMember(t.Context(), "a", "nimeni@das.example"))
	h.wantMembers("a", ana, bogd)
	for _, m := range []intake.Member{ana, bogd} {
		h.must("RemoveMember", h.RemoveMember(t.Context(), "a", m.Address))
	}
	h.wantMembers("a")
}

func removedAndBack(t *testing.T, h *harness) {
	h.openSite("a")
	h.must("RemoveMember", h.RemoveMember(t.Context(), "a", cris.Address))
	back := cris
	back.Rights = forms.RightRead
	h.mustMember("a", back)
	h.wantMembers("a", ana, bogd, back)
	h.mayVisit("a", back, true)
}

func suspended(t *testing.T, h *harness) {
	h.openSite("a")
	h.openSite("b")
	for name, end := range map[string]func(context.Context, string) error{"SuspendSite": h.SuspendSite, "CloseSite": h.CloseSite} {
		for range 2 {
			h.must(name, end(t.Context(), "a"))
		}
		h.wantMembers("a")
		h.mayVisit("a", bogd, false)
		h.wantMembers("b", ana, bogd, cris)
		h.mayVisit("b", bogd, true)
		// Provisioning that is done again opens nothing.
		h.mustSite(exampleSite("a"))
		h.mustMember("a", ana)
		h.wantMembers("a")
		h.mayVisit("a", ana, false)
		for range 2 {
			h.must("ResumeSite", h.ResumeSite(t.Context(), "a"))
		}
		h.wantMembers("a", ana, bogd, cris)
		h.mayVisit("a", ana, true)
	}
	h.must("SuspendSite", h.SuspendSite(t.Context(), "a"))
	h.restart()
	h.wantMembers("a")
	h.mayVisit("a", bogd, false)
	h.must("ResumeSite", h.ResumeSite(t.Context(), "a"))
	h.restart()
	h.wantMembers("a", ana, bogd, cris)
}

func changedWhileSuspended(t *testing.T, h *harness) {
	h.openSite("a")
	h.must("SuspendSite", h.SuspendSite(t.Context(), "a"))
	more := ana
	more.Rights = forms.RightRead | forms.RightWrite
	h.mustMember("a", more)
	h.must("RemoveMember", h.RemoveMember(t.Context(), "a", cris.Address))
	h.wantMembers("a")
	h.must("ResumeSite", h.ResumeSite(t.Context(), "a"))
	h.wantMembers("a", more, bogd)
}

func closed(t *testing.T, h *harness) {
	h.openSite("a")
	h.must("SuspendSite", h.SuspendSite(t.Context(), "a"))
	h.must("CloseSite", h.CloseSite(t.Context(), "a"))
	h.must("SuspendSite", h.SuspendSite(t.Context(), "a")) // it is closed, which is more
	h.wantMembers("a")
	h.must("ResumeSite", h.ResumeSite(t.Context(), "a"))
	h.wantMembers("a", ana, bogd, cris)
	h.must("CloseSite", h.CloseSite(t.Context(), "a"))
	h.must("SuspendSite", h.SuspendSite(t.Context(), "a"))
	h.must("DeleteSite", h.DeleteSite(t.Context(), "a"))
	h.noSuchSite("a")
}

func (h *harness) noSuchSite(id string) {
	h.t.Helper()
	if _, err := h.Members(h.t.Context(), id); !errors.Is(err, intake.ErrNoSuchSite) {
		h.t.Errorf("Members of a site that was deleted: %v, want ErrNoSuchSite", err)
	}
	if _, err := h.Usage(h.t.Context(), id); !errors.Is(supported(err, intake.ErrNoSuchSite), intake.ErrNoSuchSite) {
		h.t.Errorf("Usage of a site that was deleted: %v, want ErrNoSuchSite", err)
	}
}

func visited(t *testing.T, h *harness) {
	h.visitor()
	h.openSite("a")
	h.mustSite(exampleSite("b"))
	for r := forms.Rights(1); r < 8; r++ {
		m := ana
		m.Rights = r
		h.mustMember("a", m)
		h.mayVisit("a", m, true)
		h.mayVisit("b", m, false)
		h.must("RemoveMember", h.RemoveMember(t.Context(), "a", m.Address))
		h.mayVisit("a", m, false)
	}
}

// files are what the suite puts on sites.
func files() map[string]string {
	return map[string]string{
		"dovada.txt": "dovada", "gol.bin": "", "dosar/în el/Situație iulie.txt": "1;2;3", "dosar/mare.bin": string(bytes.Repeat([]byte("0123456789"), 100_000)),
	}
}

func (h *harness) putFiles(site string) {
	h.t.Helper()
	v := h.visitor()
	for _, path := range slices.Sorted(maps.Keys(files())) {
		if path != "dovada.txt" { // it is there
			h.must("Put", v.Put(h.t.Context(), site, bogd.Address, path, files()[path]))
		}
	}
}

// wantUsage skips where the portal cannot count.
func (h *harness) wantUsage(site string, want intake.SiteUsage) {
	h.t.Helper()
	got, err := h.Usage(h.t.Context(), site)
	if errors.Is(err, errors.ErrUnsupported) {
		h.t.Skip("this portal does not count")
	}
	h.must("Usage", err)
	if got != want {
		h.t.Errorf("%s holds %+v, want %+v", site, got, want)
	}
}

func counted(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	h.wantUsage("a", intake.SiteUsage{})
	for _, m := range []intake.Member{ana, bogd, cris} {
		h.mustMember("a", m)
	}
	want := intake.SiteUsage{Members: 3}
	if v, ok := h.Portal.(Visitor); ok {
		h.must("Put", v.Put(t.Context(), "a", bogd.Address, "dovada.txt", "dovada"))
		h.putFiles("a")
		for _, content := range files() {
			want.Files, want.Bytes = want.Files+1, want.Bytes+int64(len(content))
		}
	}
	h.wantUsage("a", want)
	for name, change := range map[string]func(context.Context, string) error{"SuspendSite": h.SuspendSite, "CloseSite": h.CloseSite, "ResumeSite": h.ResumeSite} {
		h.must(name, change(t.Context(), "a"))
		h.wantUsage("a", want)
	}
	h.must("RemoveMember", h.RemoveMember(t.Context(), "a", cris.Address))
	want.Members--
	h.restart()
	h.wantUsage("a", want)
}

// export exports a site and checks that archive and manifest say the same. It
// skips where the portal cannot.
func (h *harness) export(site string) map[string]string {
	h.t.Helper()
	var archive bytes.Buffer
	manifest, err := h.ExportSite(h.t.Context(), site, &archive)
	if errors.Is(err, errors.ErrUnsupported) {
		h.t.Skip("this portal does not export")
	}
	h.must("ExportSite", err)
	z, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	h.must("reading the archive", err)
	got := map[string]string{}
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		r, err := f.Open()
		h.must("opening a file in the archive", err)
		content, err := io.ReadAll(r) // the archive's own checksum is compared at the end
		h.must("reading a file in the archive", err)
		if _, twice := got[f.Name]; twice {
			h.t.Errorf("%s is in the archive twice", f.Name)
		}
		got[f.Name] = string(content)
	}
	listed := map[string]bool{}
	for _, e := range manifest {
		sum := sha256.Sum256([]byte(got[e.Path]))
		content, there := got[e.Path]
		if !there || listed[e.Path] || e.Size != int64(len(content)) || e.SHA256 != hex.EncodeToString(sum[:]) || e.ModifiedAt.IsZero() || e.ModifiedBy == "" {
			h.t.Errorf("the manifest says %+v; in the archive it is there: %v, %d bytes, SHA-256 %x", e, there, len(content), sum)
		}
		listed[e.Path] = true
	}
	if len(listed) != len(got) {
		h.t.Errorf("the manifest lists %d files, the archive holds %d", len(listed), len(got))
	}
	return got
}

func exported(t *testing.T, h *harness) {
	h.mustSite(exampleSite("a"))
	if got := h.export("a"); len(got) != 0 {
		t.Errorf("of an empty site it exports %d files", len(got))
	}
	h.openSite("b")
	h.putFiles("b")
	states := []func(context.Context, string) error{h.ResumeSite, h.SuspendSite, h.CloseSite}
	for _, state := range states {
		h.must("changing the state", state(t.Context(), "b"))
		for range 2 {
			if diff := cmp.Diff(files(), h.export("b")); diff != "" {
				t.Errorf("the export (-want +got):\n%s", diff)
			}
		}
	}
	h.restart()
	if diff := cmp.Diff(files(), h.export("b")); diff != "" {
		t.Errorf("the export after a restart (-want +got):\n%s", diff)
	}
}

// full is a disk with so much room.
type full struct{ left int }

var errFull = errors.New("no space left on device")

func (f *full) Write(p []byte) (int, error) {
	n := min(len(p), f.left)
	f.left -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func exportFails(t *testing.T, h *harness) {
	h.openSite("a")
	h.putFiles("a")
	whole := &full{1 << 30}
	if _, err := h.ExportSite(t.Context(), "a", whole); errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this portal does not export")
	}
	size := 1<<30 - whole.left
	for _, room := range []int{0, 1, 100, size / 2, size - 1} {
		if manifest, err := h.ExportSite(t.Context(), "a", &full{room}); !errors.Is(err, errFull) || manifest != nil {
			t.Errorf("with room for %d of %d bytes: manifest %v, %v", room, size, manifest, err)
		}
	}
	for looks := range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		d := &dying{ctx, cancel, looks}
		if manifest, err := h.ExportSite(d, "a", io.Discard); d.left < 0 && err == nil && len(manifest) != len(files()) {
			t.Errorf("interrupted at look %d it is not whole, and said to be", looks)
		}
		cancel()
	}
	if diff := cmp.Diff(files(), h.export("a")); diff != "" {
		t.Errorf("the export (-want +got):\n%s", diff)
	}
}

func deleted(t *testing.T, h *harness) {
	h.openSite("a")
	h.openSite("b")
	if err := h.DeleteSite(t.Context(), "a"); err == nil {
		t.Error("an open site was deleted")
	}
	h.must("SuspendSite", h.SuspendSite(t.Context(), "a"))
	if err := h.DeleteSite(t.Context(), "a"); err == nil {
		t.Error("a suspended site was deleted")
	}
	h.must("ResumeSite", h.ResumeSite(t.Context(), "a"))
	h.wantMembers("a", ana, bogd, cris)
	h.mayVisit("a", bogd, true)
	h.must("CloseSite", h.CloseSite(t.Context(), "a"))
	for range 2 {
		h.must("DeleteSite", h.DeleteSite(t.Context(), "a"))
		h.noSuchSite("a")
		h.mayVisit("a", bogd, false)
		h.restart()
	}
	h.noSuchSite("a")
	h.wantMembers("b", ana, bogd, cris)
	h.mayVisit("b", bogd, true)
	if err := h.ResumeSite(t.Context(), "a"); !errors.Is(err, intake.ErrNoSuchSite) {
		t.Errorf("ResumeSite of a site that was deleted: %v, want ErrNoSuchSite", err)
	}
}

func madeAnew(t *testing.T, h *harness) {
	h.openSite("a")
	h.must("CloseSite", h.CloseSite(t.Context(), "a"))
	h.must("DeleteSite", h.DeleteSite(t.Context(), "a"))
	h.mustSite(exampleSite("a"))
	h.wantMembers("a")
	h.mustMember("a", bogd)
	h.wantMembers("a", bogd)
	if v, ok := h.Portal.(Visitor); ok {
		if content, err := v.Get(t.Context(), "a", bogd.Address, "dovada.txt"); err == nil {
			t.Errorf("a file of the site that was deleted says %q", content)
		}
	}
	h.wantUsage("a", intake.SiteUsage{Members: 1})
}

func cancelledLater(t *testing.T, h *harness) {
	h.openSite("a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"RemoveMember": func() error { return h.RemoveMember(ctx, "a", ana.Address) },
		"SuspendSite":  func() error { return h.SuspendSite(ctx, "a") },
		"CloseSite":    func() error { return h.CloseSite(ctx, "a") },
		"ExportSite":   func() error { _, err := h.ExportSite(ctx, "a", io.Discard); return err },
	} {
		if err := call(); err == nil {
			t.Errorf("%s with an ended context: no error", name)
		}
		h.wantMembers("a", ana, bogd, cris)
	}
	h.must("CloseSite", h.CloseSite(t.Context(), "a"))
	for name, call := range map[string]func() error{
		"ResumeSite": func() error { return h.ResumeSite(ctx, "a") },
		"DeleteSite": func() error { return h.DeleteSite(ctx, "a") },
	} {
		if err := call(); err == nil {
			t.Errorf("%s with an ended context: no error", name)
		}
		h.wantMembers("a")
	}
	h.must("ResumeSite", h.ResumeSite(t.Context(), "a"))
	h.wantMembers("a", ana, bogd, cris)
}

// step is one thing that the desk has a portal do, and what holds after it.
type step struct {
	name string
	do   func(context.Context) error
	want []intake.Member
	gone bool // the site is
}

// life is what the desk does with a site, from the first day to the last.
func life(h *harness) []step {
	less := bogd
	less.Rights = forms.RightRead
	export := func(ctx context.Context) error {
		_, err := h.ExportSite(ctx, "a", io.Discard)
		return supported(err, nil)
	}
	return []step{
		{"EnsureSite", func(ctx context.Context) error { return h.EnsureSite(ctx, exampleSite("a")) }, nil, false},
		{"EnsureMember ana", func(ctx context.Context) error { return h.EnsureMember(ctx, "a", ana) }, []intake.Member{ana}, false},
		{"EnsureMember bogdan", func(ctx context.Context) error { return h.EnsureMember(ctx, "a", bogd) }, []intake.Member{ana, bogd}, false},
		{"less for bogdan", func(ctx context.Context) error { return h.EnsureMember(ctx, "a", less) }, []intake.Member{ana, less}, false},
		{"EnsureMember cristina", func(ctx context.Context) error { return h.EnsureMember(ctx, "a", cris) }, []intake.Member{ana, less, cris}, false},
		{"RemoveMember ana", func(ctx context.Context) error { return h.RemoveMember(ctx, "a", ana.Address) }, []intake.Member{less, cris}, false},
		{"SuspendSite", func(ctx context.Context) error { return h.SuspendSite(ctx, "a") }, nil, false},
		{"ResumeSite", func(ctx context.Context) error { return h.ResumeSite(ctx, "a") }, []intake.Member{less, cris}, false},
		{"CloseSite", func(ctx context.Context) error { return h.CloseSite(ctx, "a") }, nil, false},
		{"ResumeSite", func(ctx context.Context) error { return h.ResumeSite(ctx, "a") }, []intake.Member{less, cris}, false},
		{"CloseSite", func(ctx context.Context) error { return h.CloseSite(ctx, "a") }, nil, false},
		{"ExportSite", export, nil, false},
		{"DeleteSite", func(ctx context.Context) error { return h.DeleteSite(ctx, "a") }, nil, true},
	}
}

func (h *harness) wantAfter(s step) {
	h.t.Helper()
	if s.gone {
		h.noSuchSite("a")
		return
	}
	h.wantMembers("a", s.want...)
}

func lifeInterruptedBetweenSteps(t *testing.T, h *harness) {
	for range 2 { // the second time with what the first left behind
		for _, s := range life(h) {
			h.must(s.name, s.do(t.Context()))
			h.restart()
			h.wantAfter(s)
			h.must(s.name+", again", s.do(t.Context()))
			h.wantAfter(s)
		}
	}
}

func lifeInterruptedWithinSteps(t *testing.T, h *harness) {
	for looks := range 12 {
		for _, s := range life(h) {
			ctx, cancel := context.WithCancel(t.Context())
			_ = s.do(&dying{ctx, cancel, looks}) // it may or may not have got to the end
			cancel()
			h.must(s.name+" after an interruption", s.do(t.Context()))
			h.wantAfter(s)
		}
	}
}
