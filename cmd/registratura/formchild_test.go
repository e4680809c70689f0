package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/cmd/registratura/play"
	"registratura/forms"
)

var childRules = forms.Rules{
	Today:       forms.Date{Year: 2026, Month: time.November, Day: 23},
	Departments: []forms.Department{{Name: "Direcția Economică"}},
	OwnDomains:  []string{"primaria.test"},
}

func readers(t *testing.T) *formChildren {
	c := newFormChildren(1)
	t.Cleanup(func() { c.Close() })
	return c
}

func annex1(t *testing.T) []byte {
	t.Helper()
	s := play.Request(childRules.Today)
	s.LegalBasis = ""
	file, err := play.Form(s)
	if err != nil {
		t.Fatal(err)
	}
	return file.Data
}

// alive is the child that waits in the only slot.
func (c *formChildren) alive(t *testing.T) *formChild {
	t.Helper()
	child := <-c.slots
	c.slots <- child
	if child == nil {
		t.Fatal("no child is alive")
	}
	return child
}

func TestChildReadsAndMarksAsTheFormsRoomDoes(t *testing.T) {
	c, data := readers(t), annex1(t)
	got, err := c.ReadForm(t.Context(), "", data, childRules)
	if err != nil {
		t.Fatal(err)
	}
	want, err := forms.Read(data, childRules)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the child reads otherwise (-here +child):\n%s", d)
	}
	marked, err := c.MarkForm(t.Context(), data, got)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := forms.Read(marked, childRules); err != nil || again.Kind != forms.Create {
		t.Errorf("the marked workbook reads as %v, %v", again, err)
	}
}

func TestChildTellsWhatIsWrongWithAFile(t *testing.T) {
	c := readers(t)
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	w.Create("a.txt")
	w.Close()
	whole := annex1(t)
	for name, test := range map[string]struct {
		data []byte
		want error
	}{
		"a program":       {[]byte("MZ\x90\x00 This program cannot be run in DOS mode"), forms.ErrNotSpreadsheet},
		"an old workbook": {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 4096)...), nil},
		"an archive":      {archive.Bytes(), forms.ErrArchive},
		"half a workbook": {whole[:len(whole)/2], forms.ErrDamaged},
		"nothing":         {nil, forms.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.ReadForm(t.Context(), "", test.data, childRules)
			_, here := forms.Read(test.data, childRules)
			for _, fault := range formFaults {
				if errors.Is(err, fault) != errors.Is(here, fault) {
					t.Errorf("the child says %v, this process %v", err, here)
				}
			}
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestChildThatIsStuckOrDiesCostsOnlyItsWorkbook(t *testing.T) {
	data := annex1(t)
	for name, harm := range map[string]syscall.Signal{"it is stuck": syscall.SIGSTOP, "it is killed": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			c := readers(t)
			c.wall = 300 * time.Millisecond
			read := func() error {
				_, err := c.ReadForm(t.Context(), "", data, childRules)
				return err
			}
			c.wall = time.Minute
			if err := read(); err != nil {
				t.Fatal(err)
			}
			first := c.alive(t).cmd.Process
			first.Signal(harm)
			c.wall = 300 * time.Millisecond
			if err := read(); !errors.Is(err, forms.ErrDamaged) {
				t.Errorf("got %v, want a damaged workbook", err)
			}
			c.wall = time.Minute
			if err := read(); err != nil {
				t.Errorf("the workbook after it: %v", err)
			}
			if c.alive(t).cmd.Process.Pid == first.Pid {
				t.Error("the child was not replaced")
			}
		})
	}
}

func TestStoppingIsNotTheWorkbooksFault(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := readers(t).ReadForm(ctx, "", annex1(t), childRules)
	if !errors.Is(err, context.Canceled) || errors.Is(err, forms.ErrDamaged) {
		t.Errorf("got %v, want only that it was cancelled", err)
	}
}

func TestChildHasLimitsAndNoSecrets(t *testing.T) {
	t.Setenv("SMTP_PASSWORD", "secret")
	c := readers(t)
	if _, err := c.ReadForm(t.Context(), "", annex1(t), childRules); err != nil {
		t.Fatal(err)
	}
	proc := fmt.Sprintf("/proc/%d/", c.alive(t).cmd.Process.Pid)
	environ, err := os.ReadFile(proc + "environ")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Trim(string(environ), "\x00"); got != "GOMAXPROCS=1" {
		t.Errorf("the child's environment: %q", got)
	}
	limits, err := os.ReadFile(proc + "limits")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(limits)) {
		for _, limited := range []string{"Max address space", "Max cpu time", "Max core file size"} {
			if strings.HasPrefix(line, limited) && strings.Contains(line, "unlimited") {
				t.Errorf("not limited: %s", line)
			}
		}
	}
}

func TestChildIsReplacedAfterAWhile(t *testing.T) {
	c, data := readers(t), annex1(t)
	pids := map[int]bool{}
	for range formReuse + 1 {
		if _, err := c.ReadForm(t.Context(), "", data, childRules); err != nil {
			t.Fatal(err)
		}
		pids[c.alive(t).cmd.Process.Pid] = true
	}
	if len(pids) != 2 {
		t.Errorf("%d children read %d workbooks, want 2", len(pids), formReuse+1)
	}
}

// BenchmarkFormChild is the price of isolation; forms.BenchmarkRead is the
// reading itself.
func BenchmarkFormChild(b *testing.B) {
	file, err := play.Form(play.Request(childRules.Today))
	if err != nil {
		b.Fatal(err)
	}
	c := newFormChildren(1)
	defer c.Close()
	for b.Loop() {
		if _, err := c.ReadForm(b.Context(), "", file.Data, childRules); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFormInProcess(b *testing.B) {
	file, err := play.Form(play.Request(childRules.Today))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := forms.Read(file.Data, childRules); err != nil {
			b.Fatal(err)
		}
	}
}
