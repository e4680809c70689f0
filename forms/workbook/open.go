package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf16"
)

// Open reads a workbook of any format that is understood. Its errors are those
// of this package, wrapped with what was being read.
func Open(data []byte) (*Workbook, error) {
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are read", ErrTooLarge, len(data), MaxFile)
	}
	if err := sniff(data); err != nil {
		return nil, err
	}
	p, err := openPackage(data)
	if err != nil {
		return nil, err
	}
	switch {
	case p.has("content.xml") && strings.Contains(p.mimetype(), "opendocument.spreadsheet"):
		if p.has("META-INF/manifest.xml") {
			manifest, err := p.read("META-INF/manifest.xml")
			if err != nil {
				return nil, err
			}
			if bytes.Contains(manifest, []byte("encryption-data")) {
				return nil, ErrEncrypted
			}
		}
		return readODS(p)
	case p.has("[Content_Types].xml"):
		return readOOXML(p)
	case p.has("content.xml"):
		return nil, fmt.Errorf("%w: another OpenDocument file", ErrNotSpreadsheet)
	default:
		return nil, ErrArchive
	}
}

// sniff tells files apart by how they begin, since names prove nothing.
func sniff(data []byte) error {
	switch {
	case len(data) == 0:
		return fmt.Errorf("%w: the file is empty", ErrDamaged)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return nil
	case bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return fmt.Errorf("%w: an empty one", ErrArchive)
	case bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		// A compound file ([MS-CFB]): the names of its streams are in UTF-16.
		switch {
		case bytes.Contains(data, utf16le("EncryptedPackage")):
			return ErrEncrypted
		case bytes.Contains(data, utf16le("WordDocument")), bytes.Contains(data, utf16le("PowerPoint Document")),
			bytes.Contains(data, utf16le("__properties_version")):
			return ErrNotSpreadsheet
		}
		return ErrLegacy
	case bytes.HasPrefix(data, []byte("Rar!")), bytes.HasPrefix(data, []byte("7z\xBC\xAF\x27\x1C")),
		bytes.HasPrefix(data, []byte("\x1F\x8B")):
		return ErrArchive
	}
	return ErrNotSpreadsheet
}

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// pkg is a ZIP file whose parts are read within the limits.
type pkg struct {
	files map[string]*zip.File // by path in lower case: some writers disagree with themselves
	left  int64                // bytes that may still be unpacked
}

func openPackage(data []byte) (*pkg, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, damaged("its ZIP directory: %v", err)
	}
	if len(z.File) > maxParts {
		return nil, fmt.Errorf("%w: %d parts", ErrTooLarge, len(z.File))
	}
	p := &pkg{files: make(map[string]*zip.File, len(z.File)), left: MaxUnpacked}
	var total uint64
	for _, f := range z.File {
		if total += f.UncompressedSize64; total > MaxUnpacked || f.UncompressedSize64 > MaxUnpacked {
			return nil, fmt.Errorf("%w: it unpacks to more than %d bytes", ErrTooLarge, MaxUnpacked)
		}
		if f.Flags&1 != 0 {
			return nil, ErrEncrypted
		}
		name := partName(f.Name)
		if _, twice := p.files[name]; twice {
			// Which of the two is meant would be anybody's guess, and two readers could differ.
			return nil, damaged("part %q is there twice", clip([]byte(name)))
		}
		p.files[name] = f
	}
	return p, nil
}

func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"))
}

func (p *pkg) has(name string) bool { return p.files[partName(name)] != nil }

// read unpacks a part to its end, where the ZIP checksum is compared.
func (p *pkg) read(name string) ([]byte, error) {
	f := p.files[partName(name)]
	if f == nil {
		return nil, damaged("part %q is missing", clip([]byte(name)))
	}
	limit := min(p.left, maxPart)
	if f.UncompressedSize64 > uint64(limit) {
		return nil, fmt.Errorf("%w: part %s unpacks to %d bytes", ErrTooLarge, f.Name, f.UncompressedSize64)
	}
	r, err := f.Open()
	if err != nil {
		return nil, damaged("part %s: %v", f.Name, err)
	}
	defer r.Close()
	// Not as many bytes as the directory promises at once: it may lie.
	buf := bytes.NewBuffer(make([]byte, 0, min(int(f.UncompressedSize64)+bytes.MinRead, 1<<20)))
	n, err := buf.ReadFrom(io.LimitReader(r, limit+1))
	p.left -= n
	switch {
	case err != nil:
		return nil, damaged("part %s: %v", f.Name, err)
	case n > limit:
		return nil, fmt.Errorf("%w: part %s", ErrTooLarge, f.Name)
	}
	return buf.Bytes(), nil
}

func (p *pkg) mimetype() string {
	if !p.has("mimetype") {
		return "application/vnd.oasis.opendocument.spreadsheet" // optional (OpenDocument 1.3, part 2, 3.3)
	}
	mime, err := p.read("mimetype")
	if err != nil {
		return ""
	}
	return string(mime)
}
