package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// bench is an archive with one named folder.
type bench struct {
	*testing.T
	*Archive
	folder string
	files  map[string]string
}

func newBench(t *testing.T) *bench {
	dir := t.TempDir()
	folder := filepath.Join(dir, "arhiva")
	if err := os.Mkdir(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	return &bench{T: t, folder: folder,
		Archive: &Archive{Own: filepath.Join(dir, "data", "exports"), KeyFile: filepath.Join(dir, "desk-key.pem"), Folders: []Place{{"Arhiva", folder}}},
		files: map[string]string{
			"buget.xlsx": "12345", "dosare/ianuarie și februarie.pdf": strings.Repeat("a", 3<<20), "gol.txt": "",
			"nume\ncu rând nou.txt": "x", `cu \ bară.txt`: "y",
		},
	}
}

func order() intake.ExportOrder {
	return intake.ExportOrder{
		Institution: "Primăria Municipiului Test", Request: intake.Number{Serial: 57, Date: forms.Date{Year: 2027, Month: time.March, Day: 15}},
		Site: intake.Site{ID: "spitalul-judetean", Title: "Spitalul Județean"}, Head: intake.Person{Name: "Ion Popescu", Address: "ion@primaria.test"},
		Place: "Arhiva", At: time.Date(2027, 3, 15, 10, 0, 0, 0, time.UTC),
	}
}

// write is a portal's export of the bench's files.
func (b *bench) write(w io.Writer) ([]intake.ExportedFile, error) {
	z := zip.NewWriter(w)
	if _, err := z.Create("dosare/"); err != nil {
		return nil, err
	}
	var list []intake.ExportedFile
	var names []string
	for name := range b.files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		header := &zip.FileHeader{Name: name}
		header.SetMode(0o644) // else unzip spoils diacritics
		f, err := z.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(f, b.files[name]); err != nil {
			return nil, err
		}
		sum := sha256.Sum256([]byte(b.files[name]))
		list = append(list, intake.ExportedFile{Path: name, Size: int64(len(b.files[name])), SHA256: hex.EncodeToString(sum[:])})
	}
	return list, z.Close()
}

func (b *bench) save() intake.Export {
	b.Helper()
	e, err := b.Save(b.Context(), order(), b.write)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

// names lists what is in a folder, hidden files too.
func (b *bench) names(folder string) []string {
	b.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		b.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestExportIsAtItsPlaceWithTheRightsOfTheFolder(t *testing.T) {
	b := newBench(t)
	e := b.save()
	if e.Folder != filepath.Join(b.folder, "spitalul-judetean-nr-57-2027") || e.Files != 5 || e.Bytes != 5+3<<20+2 || e.Place != "Arhiva" {
		t.Errorf("export %+v", e)
	}
	want := slices.Sorted(slices.Values(Files))
	if got := b.names(e.Folder); !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
	if got := b.names(b.folder); len(got) != 1 {
		t.Errorf("in the folder are %v", got)
	}
	for name, want := range map[string]os.FileMode{e.Folder: 0o750, filepath.Join(e.Folder, zipName): 0o640, b.KeyFile: 0o600} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v (%v), want %v", name, info.Mode().Perm(), err, want)
		}
	}
	if err := b.Verify(t.Context(), e); err != nil {
		t.Error(err)
	}
}

func TestExportForALinkIsNobodyElses(t *testing.T) {
	b := newBench(t)
	o := order()
	o.Place = ""
	e, err := b.Save(t.Context(), o, b.write)
	if err != nil || filepath.Dir(e.Folder) != b.Own {
		t.Fatalf("export %+v, %v", e, err)
	}
	for name, want := range map[string]os.FileMode{b.Own: 0o700, e.Folder: 0o700, filepath.Join(e.Folder, zipName): 0o600} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v (%v), want %v", name, info.Mode().Perm(), err, want)
		}
	}
}

func TestExportOfAnEmptySite(t *testing.T) {
	b := newBench(t)
	b.files = nil
	o := order()
	o.Usage = &intake.SiteUsage{Members: 3}
	e, err := b.Save(t.Context(), o, b.write)
	if err != nil || e.Files != 0 {
		t.Fatalf("export %+v, %v", e, err)
	}
	if err := b.Verify(t.Context(), e); err != nil {
		t.Error(err)
	}
}

func TestSavingThatFailsLeavesNothing(t *testing.T) {
	tests := []struct {
		name   string
		change func(b *bench, o *intake.ExportOrder) func(io.Writer) ([]intake.ExportedFile, error)
		says   string
	}{
		{"because the portal fails", func(b *bench, o *intake.ExportOrder) func(io.Writer) ([]intake.ExportedFile, error) {
			return func(w io.Writer) ([]intake.ExportedFile, error) {
				w.Write([]byte("PK"))
				return nil, errors.New("the portal stumbled")
			}
		}, "stumbled"},
		{"because the archive is cut off", func(b *bench, o *intake.ExportOrder) func(io.Writer) ([]intake.ExportedFile, error) {
			return func(w io.Writer) ([]intake.ExportedFile, error) {
				var buf bytes.Buffer
				list, err := b.write(&buf)
				w.Write(buf.Bytes()[:buf.Len()/2])
				return list, err
			}
		}, "reading the export back"},
		{"because the list names a file that is not there", func(b *bench, o *intake.ExportOrder) func(io.Writer) ([]intake.ExportedFile, error) {
			return func(w io.Writer) ([]intake.ExportedFile, error) {
				list, err := b.write(w)
				return append(list, intake.ExportedFile{Path: "lipsă", SHA256: sumOf(nil)}), err
			}
		}, "does not hold"},
		{"because the list leaves a file out", func(b *bench, o *intake.ExportOrder) func(io.Writer) ([]intake.ExportedFile, error) {
			return func(w io.Writer) ([]intake.ExportedFile, error) {
				list, err := b.write(w)
				return list[1:], err
			}
		}, "does not name"},
		{"because a name leads out of the archive", func(b *bench, o *intake.ExportOrder) func(io.Writer) ([]intake.ExportedFile, error) {
			b.files = map[string]string{"../../etc/passwd": "x"}
			return b.write
		}, "leads out"},
		{"because the site holds more files", func(b *bench, o *intake.ExportOrder) func(io.Writer) ([]intake.ExportedFile, error) {
			o.Usage = &intake.SiteUsage{Files: 6, Bytes: 5 + 3<<20 + 2}
			return b.write
		}, "the site holds 6 files"},
		{"because the site holds more bytes", func(b *bench, o *intake.ExportOrder) func(io.Writer) ([]intake.ExportedFile, error) {
			o.Usage = &intake.SiteUsage{Files: 5, Bytes: 1}
			return b.write
		}, "with 1 bytes"},
		{"because the place is unknown", func(b *bench, o *intake.ExportOrder) func(io.Writer) ([]intake.ExportedFile, error) {
			o.Place = "Altă arhivă"
			return b.write
		}, "no archive folder"},
		{"because the folder is not there", func(b *bench, o *intake.ExportOrder) func(io.Writer) ([]intake.ExportedFile, error) {
			b.Folders[0].Folder = filepath.Join(b.folder, "nu")
			return b.write
		}, "no such file"},
		{"because something else is at the place", func(b *bench, o *intake.ExportOrder) func(io.Writer) ([]intake.ExportedFile, error) {
			b.files["x"] = "y"
			o.Site.ID = "altul"
			os.Mkdir(filepath.Join(b.folder, "altul-nr-57-2027"), 0o700)
			b.Cleanup(func() { os.Remove(filepath.Join(b.folder, "altul-nr-57-2027")) })
			return b.write
		}, "is there already"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			o := order()
			write := test.change(b, &o)
			before := b.names(b.folder)
			_, err := b.Save(t.Context(), o, write)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want one that says %q", err, test.says)
			}
			if got := b.names(b.folder); !slices.Equal(got, before) {
				t.Errorf("left in the folder: %v", got)
			}
		})
	}
}

func TestSavingAgainReplacesTheEarlierExportOfTheRequest(t *testing.T) {
	b := newBench(t)
	first := b.save()
	b.files["nou.txt"] = "nou"
	// What a crash leaves.
	if err := os.MkdirAll(filepath.Join(b.folder, ".spitalul-judetean-nr-57-2027.123", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	second := b.save()
	if second.Files != first.Files+1 || second.Folder != first.Folder || second.KeySHA256 != first.KeySHA256 {
		t.Errorf("the second export is %+v", second)
	}
	if got := b.names(b.folder); len(got) != 1 {
		t.Errorf("in the folder are %v", got)
	}
	if err := b.Verify(t.Context(), second); err != nil {
		t.Error(err)
	}
	if err := b.Verify(t.Context(), first); err == nil {
		t.Error("the first export is still taken for whole")
	}
}

func TestLostKeyLeavesOlderExportsValid(t *testing.T) {
	b := newBench(t)
	e := b.save()
	if err := os.Remove(b.KeyFile); err != nil {
		t.Fatal(err)
	}
	o := order()
	o.Request.Serial++
	other, err := b.Save(t.Context(), o, b.write)
	if err != nil || other.KeySHA256 == e.KeySHA256 {
		t.Fatalf("with a new key: %+v, %v", other, err)
	}
	if err := b.Verify(t.Context(), e); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(b.KeyFile, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Save(t.Context(), order(), b.write); err == nil || !strings.Contains(err.Error(), "is not PEM") {
		t.Errorf("with a damaged key: %v", err)
	}
}

func TestEveryChangedByteIsFound(t *testing.T) {
	b := newBench(t)
	b.files = map[string]string{"a.txt": "unu", "b/c.txt": "doi"}
	e := b.save()
	for _, name := range []string{zipName, sumsName, manifestName, signatureName, keyName} {
		path := filepath.Join(e.Folder, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for i := range whole {
			changed := bytes.Clone(whole)
			changed[i] ^= 0x01
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := b.Verify(t.Context(), e); err != nil {
				found++
			} else if name != keyName { // PEM has line ends and dashes that say nothing
				t.Errorf("%s: byte %d changed, and nobody noticed", name, i)
			}
		}
		if found == 0 {
			t.Errorf("%s: no change was noticed", name)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Verify(t.Context(), e); err != nil {
		t.Error(err)
	}
}

func TestSomebodyElsesKeyIsFound(t *testing.T) {
	b, other := newBench(t), newBench(t)
	e := b.save()
	forged := other.save()
	for _, name := range Files {
		data, err := os.ReadFile(filepath.Join(forged.Folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(e.Folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Verify(t.Context(), e); err == nil {
		t.Error("an export signed by another key is taken for ours")
	}
	e.ManifestSHA256 = forged.ManifestSHA256 // as if the manifests were the same
	if err := b.Verify(t.Context(), e); err == nil || !strings.Contains(err.Error(), "not the key") {
		t.Errorf("error %v", err)
	}
}

func TestVerifyingStopsWithItsContext(t *testing.T) {
	b := newBench(t)
	e := b.save()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Verify(ctx, e); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// tool finds a program of the system; without it the test is skipped, on the CI
// it fails.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// commandsOf are the commands that the README in the export tells to use.
func commandsOf(t *testing.T, folder string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, readmeName))
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "unzip ") || strings.HasPrefix(line, "sha256sum ") || strings.HasPrefix(line, "openssl ") {
			commands = append(commands, line)
		}
	}
	return commands
}

func TestCommandsOfTheReadmeCheckTheExport(t *testing.T) {
	for _, name := range []string{"unzip", "sha256sum", "openssl", "sh"} {
		tool(t, name)
	}
	b := newBench(t)
	delete(b.files, "nume\ncu rând nou.txt") // which unzip writes otherwise; TestSums has it
	delete(b.files, `cu \ bară.txt`)
	e := b.save()
	run := func(command string) (string, error) {
		c := exec.CommandContext(t.Context(), "sh", "-c", command)
		c.Dir, c.Env = e.Folder, append(os.Environ(), "LC_ALL=C.UTF-8")
		out, err := c.CombinedOutput()
		return string(out), err
	}
	commands := commandsOf(t, e.Folder)
	if len(commands) != 4 {
		t.Fatalf("commands %q", commands)
	}
	for _, command := range commands {
		out, err := run(command)
		if err != nil {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
		if strings.HasPrefix(command, "openssl pkey ") && !strings.HasPrefix(out, e.KeySHA256) {
			t.Errorf("%s: %s, want %s", command, out, e.KeySHA256)
		}
	}
	// They find what was changed, too.
	if err := os.WriteFile(filepath.Join(e.Folder, filesFolder, "buget.xlsx"), []byte("12346"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run("sha256sum -c " + sumsName); err == nil {
		t.Errorf("sha256sum takes a changed file:\n%s", out)
	}
	if err := os.WriteFile(filepath.Join(e.Folder, manifestName), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run(commands[2]); err == nil {
		t.Errorf("openssl takes a changed manifest:\n%s", out)
	}
}

func TestSumsAreReadForNamesThatBreakLines(t *testing.T) {
	tool(t, "sha256sum")
	b := newBench(t)
	e := b.save()
	z, err := zip.OpenReader(filepath.Join(e.Folder, zipName))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if err := os.CopyFS(filepath.Join(e.Folder, filesFolder), z); err != nil && !strings.Contains(err.Error(), "invalid") {
		// A name with a backslash is none for io/fs: it is written by hand.
		t.Log(err)
	}
	for name, text := range b.files {
		path := filepath.Join(e.Folder, filesFolder, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), "sha256sum", "--strict", "-c", sumsName)
	c.Dir = e.Folder
	out, err := c.CombinedOutput()
	if err != nil || strings.Count(string(out), ": OK") != len(b.files)+1 {
		t.Errorf("%v\n%s", err, out)
	}
}
