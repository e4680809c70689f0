package mailbox

import (
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// tnefFile is a file in a winmail.dat.
type tnefFile struct {
	name string
	data []byte
}

// Of [MS-OXTNEF], 2.1.3.
const (
	tnefSignature      = 0x223E9F78
	tnefLevelAttach    = 0x02
	attAttachData      = 0x0006800F
	attAttachTitle     = 0x00018010
	attAttachRendData  = 0x00069002
	attAttachment      = 0x00069005
	tagAttachDataObj   = 0x3701 // PidTagAttachDataBinary
	tagAttachFilename  = 0x3704
	tagAttachLongName  = 0x3707
	tagDisplayName     = 0x3001
	propTypeString8    = 0x001E
	propTypeUnicode    = 0x001F
	propTypeObject     = 0x000D
	propTypeBinary     = 0x0102
	propMultiValueFlag = 0x1000
)

var errTNEFShort = errors.New("it ends too early")

// readTNEF reads the files out of a winmail.dat ([MS-OXTNEF]), at most max of
// them. With an error come the files that were read before it.
func readTNEF(data []byte, max int) ([]tnefFile, error) {
	r := tnefReader{data}
	if signature, ok := r.uint32(); !ok || signature != tnefSignature {
		return nil, errors.New("it is no TNEF stream")
	}
	r.take(2) // the key
	var files []tnefFile
	for len(r.rest) > 0 && len(files) <= max {
		level, ok1 := r.take(1)
		id, ok2 := r.uint32()
		length, ok3 := r.uint32()
		value, ok4 := r.take(length)
		_, ok5 := r.take(2) // the checksum
		if !ok1 || !ok2 || !ok3 || !ok4 {
			return withData(files), errTNEFShort
		}
		if level[0] == tnefLevelAttach {
			if id == attAttachRendData {
				files = append(files, tnefFile{})
			} else if len(files) > 0 {
				files[len(files)-1].attribute(id, value)
			}
		}
		if !ok5 {
			break
		}
	}
	return withData(files), nil
}

// withData leaves out attachments without content, such as links.
func withData(files []tnefFile) []tnefFile {
	var kept []tnefFile
	for _, f := range files {
		if len(f.data) > 0 {
			kept = append(kept, f)
		}
	}
	return kept
}

func (f *tnefFile) attribute(id uint32, value []byte) {
	switch id {
	case attAttachData:
		f.data = value
	case attAttachTitle:
		if f.name == "" {
			f.name = ansi(value)
		}
	case attAttachment:
		f.properties(value)
	}
}

// properties reads the MAPI properties of an attachment ([MS-OXTNEF], 2.1.3.4),
// where its long name is.
func (f *tnefFile) properties(data []byte) {
	r := tnefReader{data}
	count, _ := r.uint32()
	for range count {
		tag, ok := r.uint32()
		if !ok {
			return
		}
		kind, id := tag&0xFFFF, tag>>16
		if id >= 0x8000 && !r.skipPropertyName() {
			return
		}
		values := uint32(1)
		size := fixedSize[kind&^propMultiValueFlag]
		variable := size == 0
		if variable || kind&propMultiValueFlag != 0 {
			if values, ok = r.uint32(); !ok {
				return
			}
		}
		for range values {
			if variable {
				if size, ok = r.uint32(); !ok {
					return
				}
			}
			value, ok := r.take(size)
			if !ok {
				return
			}
			r.take((4 - size%4) % 4)
			f.property(id, kind, value)
		}
	}
}

// fixedSize is how many octets a value of each property type takes, padding
// not counted; types that are not here say their length themselves.
var fixedSize = map[uint32]uint32{
	0x0002: 2, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 2, 0x0014: 8, 0x0040: 8, 0x0048: 16,
}

func (f *tnefFile) property(id, kind uint32, value []byte) {
	switch id {
	case tagAttachLongName, tagAttachFilename, tagDisplayName:
		name := ""
		switch kind {
		case propTypeUnicode:
			name = utf16LE(value)
		case propTypeString8:
			name = ansi(value)
		}
		if name != "" && (id == tagAttachLongName || f.name == "") {
			f.name = name
		}
	case tagAttachDataObj:
		if kind == propTypeBinary && len(f.data) == 0 {
			f.data = value
		}
		if kind == propTypeObject && len(f.data) == 0 && len(value) > 16 {
			f.data = value[16:] // after the identifier of its interface
		}
	}
}

func ansi(b []byte) string {
	s, err := charmap.Windows1250.NewDecoder().Bytes(b)
	if err != nil {
		return ""
	}
	return strings.TrimRight(string(s), "\x00")
}

func utf16LE(b []byte) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(b[i:]))
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00")
}

// tnefReader takes octets off a slice; nothing is taken that is not there.
type tnefReader struct{ rest []byte }

func (r *tnefReader) take(n uint32) ([]byte, bool) {
	if uint64(n) > uint64(len(r.rest)) {
		r.rest = nil
		return nil, false
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken, true
}

func (r *tnefReader) uint32() (uint32, bool) {
	b, ok := r.take(4)
	if !ok {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b), true
}

// skipPropertyName skips the name of a named property: a GUID, then a number or
// a padded text.
func (r *tnefReader) skipPropertyName() bool {
	r.take(16)
	kind, ok := r.uint32()
	if !ok {
		return false
	}
	length, ok := r.uint32()
	if kind == 0 || !ok { // length is the number
		return ok
	}
	if _, ok = r.take(length); ok {
		r.take((4 - length%4) % 4)
	}
	return ok
}
