package extranet

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"registratura/forms"
)

// rclone is a second WebDAV client, in Debian.
func rclone(t *testing.T, w *world, address string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("rclone")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("rclone is not installed (Debian: rclone)")
		}
		t.Skip("rclone is not installed (Debian: rclone)")
	}
	obscured, err := exec.Command(path, "obscure", testPassword).Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append([]string{"--config", "/dev/null", "--retries", "1", "--low-level-retries", "1",
		"--webdav-url", w.server.URL + "/s/a/", "--webdav-vendor", "other", "--webdav-user", address,
		"--webdav-pass", strings.TrimSpace(string(obscured))}, args...)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestRcloneCopiesThereAndBack(t *testing.T) {
	w := newWorld(t)
	w.site("a")
	w.member("a", stageHand, allRights)
	w.member("a", "cititor@das.example", forms.RightRead)
	there, back := t.TempDir(), t.TempDir()
	files := map[string]string{"cerere.txt": "o cerere", "Ședințe/2026/proces-verbal nr. 1 #final 100%.txt": strings.Repeat("ș", 100_000), "gol": ""}
	for name, content := range files {
		p := filepath.Join(there, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := rclone(t, w, stageHand, "copy", there, ":webdav:"); err != nil {
		t.Fatalf("copying there: %v\n%s", err, out)
	}
	if out, err := rclone(t, w, "cititor@das.example", "copy", ":webdav:", back); err != nil {
		t.Fatalf("copying back: %v\n%s", err, out)
	}
	for name, content := range files {
		if got, err := os.ReadFile(filepath.Join(back, name)); err != nil || string(got) != content {
			t.Errorf("%s came back as %d bytes (%v)", name, len(got), err)
		}
	}
	if out, err := rclone(t, w, stageHand, "moveto", ":webdav:cerere.txt", ":webdav:Ședințe/cerere mutată.txt"); err != nil {
		t.Errorf("moving: %v\n%s", err, out)
	}
	if out, err := rclone(t, w, "cititor@das.example", "deletefile", ":webdav:gol"); err == nil || !strings.Contains(out, "403") {
		t.Errorf("a reader deletes: %v\n%s", err, out)
	}
	if out, err := rclone(t, w, stageHand, "purge", ":webdav:Ședințe/2026"); err != nil {
		t.Errorf("deleting a folder: %v\n%s", err, out)
	}
	if w.content("/Ședințe/cerere mutată.txt") != "o cerere" || w.content("/Ședințe/2026") != "-" || w.content("/gol") != "" {
		t.Error("the site is not as it should be")
	}
	w.checkTidy()
}
