package extranet

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"registratura/forms"
)

// litmus is the WebDAV server compliance suite of Joe Orton, in Debian.
func litmus(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("litmus")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("litmus is not installed (Debian: litmus)")
		}
		t.Skip("litmus is not installed (Debian: litmus)")
	}
	return path
}

func TestLitmusPassesForAMemberWithAllRights(t *testing.T) {
	path := litmus(t)
	w := newWorld(t)
	w.site("a")
	w.member("a", "ana@das.example", allRights)
	cmd := exec.Command(path, "-k", w.server.URL+"/s/a/", "ana@das.example", testPassword)
	cmd.Dir = t.TempDir() // it leaves debug.log
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("litmus: %v", err)
	}
	if strings.Contains(string(out), "FAIL") || strings.Contains(string(out), "skipped") {
		t.Error("litmus found faults, or skipped tests")
	}
	for _, suite := range []string{"basic", "copymove", "props", "locks", "http"} {
		if !strings.Contains(string(out), "summary for `"+suite+"'") {
			t.Errorf("litmus did not run its suite %s", suite)
		}
	}
}

func TestLitmusCannotEvenBeginWithoutTheRightToWrite(t *testing.T) {
	path := litmus(t)
	w := newWorld(t)
	w.site("a")
	w.member("a", "ana@das.example", forms.RightRead)
	cmd := exec.Command(path, w.server.URL+"/s/a/", "ana@das.example", testPassword)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "403") {
		t.Errorf("litmus went through for a member who may only read, or not for a 403: %v\n%s", err, out)
	}
}
