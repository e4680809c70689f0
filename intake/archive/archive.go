// Package archive keeps the files of sites that are closed (procedure 5.3): as
// a folder with a zip archive, a manifest of checksums, and the desk's
// signature of the manifest. It can be checked with unzip, sha256sum and
// openssl alone.
package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"

	"registratura/intake"
)

// The files of an export.
const (
	zipName       = "fisiere.zip"
	manifestName  = "manifest.json"
	signatureName = "manifest.json.sig"
	sumsName      = "manifest.txt"
	keyName       = "cheie-publica.pem"
	readmeName    = "CITESTE.txt"

	// filesFolder is where the checksums expect what is in the archive.
	filesFolder = "fisiere"
)

// Files lists the files of an export, the archive first.
var Files = []string{zipName, sumsName, manifestName, signatureName, keyName, readmeName}

// Place is a folder that forms can name.
type Place struct {
	Name   string
	Folder string // absolute path
}

// Archive writes exports into folders. It implements [intake.Archive].
type Archive struct {
	Own     string // folder of the exports that are fetched by a link; made if it is not there
	KeyFile string // of the desk's private key; made if it is not there
	Folders []Place
	Now     func() time.Time
}

var _ intake.Archive = (*Archive)(nil)

// Places implements [intake.Archive].
func (a *Archive) Places() []string {
	names := make([]string, len(a.Folders))
	for i, p := range a.Folders {
		names[i] = p.Name
	}
	return names
}

// Manifest is what an export says about itself; its bytes are signed.
type Manifest struct {
	Institution   string                `json:"institution"`
	Request       string                `json:"request"` // nr. of the request to close
	Site          intake.Site           `json:"site"`
	ConfirmedBy   intake.Person         `json:"confirmed_by"`
	ExportedAt    time.Time             `json:"exported_at"`
	Archive       string                `json:"archive"`
	ArchiveSize   int64                 `json:"archive_size"` // bytes
	ArchiveSHA256 string                `json:"archive_sha256"`
	SumsSHA256    string                `json:"manifest_txt_sha256"`
	Bytes         int64                 `json:"bytes"` // of all files
	Files         []intake.ExportedFile `json:"files"`
}

// Save implements [intake.Archive].
func (a *Archive) Save(ctx context.Context, order intake.ExportOrder, write func(io.Writer) ([]intake.ExportedFile, error)) (intake.Export, error) {
	e, err := a.save(ctx, order, write)
	if err != nil {
		return e, fmt.Errorf("saving the files of site %s: %w", order.Site.ID, err)
	}
	return e, nil
}

func (a *Archive) save(ctx context.Context, order intake.ExportOrder, write func(io.Writer) ([]intake.ExportedFile, error)) (e intake.Export, err error) {
	base, err := a.folderOf(order.Place)
	if err != nil {
		return e, err
	}
	key, err := a.key()
	if err != nil {
		return e, err
	}
	name := fmt.Sprintf("%s-nr-%d-%d", order.Site.ID, order.Request.Serial, order.Request.Date.Year)
	if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
		return e, fmt.Errorf("the site's ID %q is no name for a folder", order.Site.ID)
	}
	// What an attempt left that was interrupted.
	leftover, err := filepath.Glob(filepath.Join(base, "."+name+".*"))
	if err != nil {
		return e, err
	}
	for _, dir := range leftover {
		if err := os.RemoveAll(dir); err != nil {
			return e, err
		}
	}
	w, err := newWriter(base, name)
	if err != nil {
		return e, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(w.dir))
		}
	}()
	manifest, err := w.export(order, key, write)
	if err != nil {
		return e, err
	}
	e = intake.Export{
		Place: order.Place, Folder: w.dir, Files: len(manifest.Files), Bytes: manifest.Bytes,
		ArchiveSHA256: manifest.ArchiveSHA256, ManifestSHA256: w.sums[manifestName], KeySHA256: fingerprint(key.Public().(ed25519.PublicKey)), At: order.At,
	}
	if err := verify(ctx, e); err != nil {
		return e, fmt.Errorf("reading the export back: %w", err)
	}
	if u := order.Usage; u != nil && (u.Files != e.Files || u.Bytes != e.Bytes) {
		return e, fmt.Errorf("the site holds %d files with %d bytes, the export %d with %d", u.Files, u.Bytes, e.Files, e.Bytes)
	}
	e.Folder = filepath.Join(base, name)
	return e, w.moveTo(e.Folder, manifest.Request)
}

// folderOf is where the exports of a place stand. A folder that the
// configuration names must be there: a file server that is not connected is
// not to be mistaken for an empty folder.
func (a *Archive) folderOf(place string) (string, error) {
	if place == "" {
		return a.Own, os.MkdirAll(a.Own, 0o700)
	}
	for _, p := range a.Folders {
		if p.Name == place {
			info, err := os.Stat(p.Folder)
			if err == nil && !info.IsDir() {
				err = fmt.Errorf("%s is not a folder", p.Folder)
			}
			return p.Folder, err
		}
	}
	return "", fmt.Errorf("the configuration names no archive folder %q any more", place)
}

// writer writes one export into a hidden folder beside its place.
type writer struct {
	dir  string
	mode fs.FileMode       // of the folder; files have what of it is theirs
	sums map[string]string // SHA-256 of the files written, hex
}

func newWriter(base, name string) (*writer, error) {
	info, err := os.Stat(base)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(base, "."+name+".*")
	if err != nil {
		return nil, err
	}
	// Who may look into the folder may look into the export, whatever the daemon's umask.
	w := &writer{dir: dir, mode: info.Mode().Perm() | 0o700, sums: map[string]string{}}
	return w, os.Chmod(dir, w.mode)
}

// export writes all files of the export, and syncs them.
func (w *writer) export(order intake.ExportOrder, key ed25519.PrivateKey, write func(io.Writer) ([]intake.ExportedFile, error)) (*Manifest, error) {
	m := &Manifest{Institution: order.Institution, Request: order.Request.String(), Site: order.Site, ConfirmedBy: order.Head,
		ExportedAt: order.At, Archive: zipName}
	err := w.file(zipName, func(out io.Writer) error {
		counted := &counter{w: out}
		files, err := write(counted)
		m.Files, m.ArchiveSize = files, counted.n
		return err
	})
	if err != nil {
		return nil, err
	}
	if m.Files == nil {
		m.Files = []intake.ExportedFile{}
	}
	for _, f := range m.Files {
		m.Bytes += f.Size
	}
	m.ArchiveSHA256 = w.sums[zipName]
	if err := w.bytes(sumsName, m.sums()); err != nil {
		return nil, err
	}
	m.SumsSHA256 = w.sums[sumsName]
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	public, err := publicPEM(key)
	if err != nil {
		return nil, err
	}
	readme, err := m.readme(fingerprint(key.Public().(ed25519.PublicKey)))
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	for _, f := range []struct {
		name string
		data []byte
	}{{manifestName, text}, {signatureName, ed25519.Sign(key, text)}, {keyName, public}, {readmeName, readme}} {
		if err := w.bytes(f.name, f.data); err != nil {
			return nil, err
		}
	}
	return m, syncDir(w.dir)
}

func (w *writer) bytes(name string, data []byte) error {
	return w.file(name, func(out io.Writer) error {
		_, err := out.Write(data)
		return err
	})
}

// file writes one file and syncs it.
func (w *writer) file(name string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(filepath.Join(w.dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<20)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	w.sums[name] = hex.EncodeToString(sum.Sum(nil))
	if err := f.Chmod(w.mode & 0o666); err != nil {
		return err
	}
	return f.Sync()
}

// moveTo puts the export at its place. What stands there from an earlier
// attempt for the same request makes way; anything else stays.
func (w *writer) moveTo(place, request string) error {
	base := filepath.Dir(place)
	if _, err := os.Lstat(place); err == nil {
		earlier, err := readManifest(place)
		if err != nil || earlier.Request != request {
			return fmt.Errorf("%s is there already and is no export of request nr. %s", place, request)
		}
		if err := os.Rename(place, w.dir+".old"); err != nil {
			return err
		}
		defer os.RemoveAll(w.dir + ".old") // the next attempt or nobody misses it
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(w.dir, place); err != nil {
		return err
	}
	return syncDir(base)
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// sums lists the checksums for sha256sum -c: of the archive, and of what is in
// it once it was unpacked into [filesFolder].
func (m *Manifest) sums() []byte {
	var b bytes.Buffer
	line := func(sum, name string) {
		if escaped := sumEscapes.Replace(name); escaped != name {
			b.WriteByte('\\')
			name = escaped
		}
		fmt.Fprintf(&b, "%s  %s\n", sum, name)
	}
	line(m.ArchiveSHA256, zipName)
	for _, f := range m.Files {
		line(f.SHA256, filesFolder+"/"+f.Path)
	}
	return b.Bytes()
}

// sumEscapes is how GNU coreutils writes the names that would break a line.
var sumEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)

//go:embed citeste.txt
var readmeText string

var readmeTemplate = template.Must(template.New("README").Parse(readmeText))

func (m *Manifest) readme(key string) ([]byte, error) {
	var b bytes.Buffer
	err := readmeTemplate.Execute(&b, struct {
		*Manifest
		Count    int
		Exported string
		Key      string
	}{m, len(m.Files), m.ExportedAt.Format("02.01.2006 15:04"), key})
	return b.Bytes(), err
}

func readManifest(dir string) (*Manifest, error) {
	data, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("reading %s: %w", manifestName, err)
	}
	return &m, nil
}

// Verify implements [intake.Archive].
func (a *Archive) Verify(ctx context.Context, e intake.Export) error {
	if err := verify(ctx, e); err != nil {
		return fmt.Errorf("verifying the export in %s: %w", e.Folder, err)
	}
	return nil
}

// verify reads the whole export: the manifest must be the one that is in the
// records, with its signature, and the archive what the manifest says.
func verify(ctx context.Context, e intake.Export) error {
	text, err := os.ReadFile(filepath.Join(e.Folder, manifestName))
	if err != nil {
		return err
	}
	if got := sumOf(text); got != e.ManifestSHA256 {
		return fmt.Errorf("%s has the SHA-256 %s, in the records it has %s", manifestName, got, e.ManifestSHA256)
	}
	if err := checkSignature(e.Folder, text, e.KeySHA256); err != nil {
		return err
	}
	m, err := readManifest(e.Folder)
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(e.Folder, sumsName))
	if err != nil {
		return err
	}
	if got := sumOf(sums); got != m.SumsSHA256 {
		return fmt.Errorf("%s has the SHA-256 %s, not %s", sumsName, got, m.SumsSHA256)
	}
	return verifyArchive(ctx, filepath.Join(e.Folder, zipName), m)
}

func verifyArchive(ctx context.Context, name string, m *Manifest) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	size, got, err := sumReader(ctx, f)
	if err != nil {
		return fmt.Errorf("reading %s: %w", zipName, err)
	}
	if size != m.ArchiveSize || got != m.ArchiveSHA256 {
		return fmt.Errorf("%s has %d bytes with the SHA-256 %s, not %d with %s", zipName, size, got, m.ArchiveSize, m.ArchiveSHA256)
	}
	z, err := zip.NewReader(f, size)
	if err != nil {
		return fmt.Errorf("reading %s: %w", zipName, err)
	}
	want := map[string]intake.ExportedFile{}
	for _, file := range m.Files {
		want[file.Path] = file
	}
	if len(want) != len(m.Files) {
		return errors.New("the manifest names a file twice")
	}
	for _, entry := range z.File {
		if !filepath.IsLocal(strings.TrimSuffix(entry.Name, "/")) {
			return fmt.Errorf("%s holds %q, which leads out of it", zipName, entry.Name)
		}
		if strings.HasSuffix(entry.Name, "/") {
			continue
		}
		file, ok := want[entry.Name]
		if !ok {
			return fmt.Errorf("%s holds %q, which the manifest does not name", zipName, entry.Name)
		}
		delete(want, entry.Name)
		if err := verifyEntry(ctx, entry, file); err != nil {
			return fmt.Errorf("%q in %s: %w", entry.Name, zipName, err)
		}
	}
	for _, missing := range m.Files {
		if _, ok := want[missing.Path]; ok {
			return fmt.Errorf("%s does not hold %q", zipName, missing.Path)
		}
	}
	return nil
}

func verifyEntry(ctx context.Context, entry *zip.File, want intake.ExportedFile) error {
	r, err := entry.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	size, got, err := sumReader(ctx, r)
	if err != nil {
		return err
	}
	if size != want.Size || got != want.SHA256 {
		return fmt.Errorf("%d bytes with the SHA-256 %s, not %d with %s", size, got, want.Size, want.SHA256)
	}
	return nil
}

// sumReader reads r to its end.
func sumReader(ctx context.Context, r io.Reader) (size int64, sum string, err error) {
	h := sha256.New()
	buf := make([]byte, 1<<20)
	size, err = io.CopyBuffer(struct{ io.Writer }{h}, stopping{ctx, r}, buf)
	return size, hexSum(h), err
}

// stopping ends a long reading when ctx ends.
type stopping struct {
	ctx context.Context
	r   io.Reader
}

func (s stopping) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Has reports whether an export has a file of that name.
func Has(name string) bool { return slices.Contains(Files, name) }
