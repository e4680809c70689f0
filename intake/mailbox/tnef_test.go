package mailbox

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"testing"
	"unicode/utf16"
)

// tnefAttribute writes one attribute of a TNEF stream, [MS-OXTNEF] 2.1.3.
func tnefAttribute(level byte, id uint32, value []byte) []byte {
	b := append([]byte{level}, binary.LittleEndian.AppendUint32(nil, id)...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(value)))
	b = append(b, value...)
	sum := uint16(0)
	for _, c := range value {
		sum += uint16(c)
	}
	return binary.LittleEndian.AppendUint16(b, sum)
}

func mapiUnicode(tag uint32, s string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, tag<<16|propTypeUnicode)
	b = binary.LittleEndian.AppendUint32(b, 1)
	units := append(utf16.Encode([]rune(s)), 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(units)))
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// winmail is a winmail.dat with two files: one with only an old short name, one
// with a long one among other properties.
func winmail() []byte {
	b := binary.LittleEndian.AppendUint32(nil, tnefSignature)
	b = append(b, 1, 0)
	b = append(b, tnefAttribute(1, 0x00089006, []byte{0, 0, 1, 0})...) // attTnefVersion
	b = append(b, tnefAttribute(2, attAttachRendData, make([]byte, 14))...)
	b = append(b, tnefAttribute(2, attAttachTitle, []byte("scurt.xls\x00"))...)
	b = append(b, tnefAttribute(2, attAttachData, []byte("unu"))...)
	b = append(b, tnefAttribute(2, attAttachRendData, make([]byte, 14))...)
	b = append(b, tnefAttribute(2, attAttachTitle, []byte("CERERE~1.XLS\x00"))...)
	b = append(b, tnefAttribute(2, attAttachData, []byte("doi"))...)
	named := binary.LittleEndian.AppendUint32(nil, 0x8000<<16|0x0003) // a named property before it
	named = append(named, make([]byte, 16)...)
	named = append(named, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0)
	props := binary.LittleEndian.AppendUint32(nil, 3)
	props = append(props, named...)
	props = append(props, 0x03, 0x00, 0x20, 0x0E, 5, 0, 0, 0) // PidTagAttachSize
	props = append(props, mapiUnicode(tagAttachLongName, "Cerere șablon.xlsx")...)
	return append(b, tnefAttribute(2, attAttachment, props)...)
}

func TestFilesHiddenInAWinmailDatAreFound(t *testing.T) {
	raw := mailOf(fromAna, "Content-Type: multipart/mixed; boundary=b", "", "--b", "", "vezi", "--b",
		"Content-Type: application/ms-tnef; name=winmail.dat", "Content-Transfer-Encoding: base64", "",
		base64.StdEncoding.EncodeToString(winmail()), "--b--")
	m := Parse(raw, Limits{})
	if len(m.Attachments) != 2 || len(m.Defects) != 0 {
		t.Fatalf("got %d attachments, defects %q", len(m.Attachments), m.Defects)
	}
	for i, want := range []struct{ name, data string }{{"scurt.xls", "unu"}, {"Cerere șablon.xlsx", "doi"}} {
		got := m.Attachments[i]
		if got.Name != want.name || string(got.Data) != want.data || got.Within != "winmail.dat" {
			t.Errorf("got %q with %q within %q, want %q with %q", got.Name, got.Data, got.Within, want.name, want.data)
		}
	}
}

func TestADamagedWinmailDatGivesWhatIsLeftOfIt(t *testing.T) {
	whole := winmail()
	for n := range whole {
		files, err := readTNEF(whole[:n], 10)
		if n < 4 && err == nil {
			t.Errorf("%d octets of %d were read without an error", n, len(whole))
		}
		if len(files) > 2 {
			t.Errorf("%d octets gave %d files", n, len(files))
		}
	}
	raw := mailOf(fromAna, "Content-Type: application/ms-tnef; name=winmail.dat", "", "nimic")
	if m := Parse(raw, Limits{}); len(m.Attachments) != 1 || m.Attachments[0].Name != "winmail.dat" || len(m.Defects) == 0 {
		t.Errorf("a winmail.dat that is none: got %v, %q", m.Attachments, m.Defects)
	}
}

func TestAWinmailDatWithEndlessListsEnds(t *testing.T) {
	props := bytes.Repeat([]byte{0xFF}, 64)
	b := binary.LittleEndian.AppendUint32(nil, tnefSignature)
	b = append(b, 1, 0)
	b = append(b, tnefAttribute(2, attAttachRendData, nil)...)
	b = append(b, tnefAttribute(2, attAttachment, props)...)
	if files, _ := readTNEF(b, 10); len(files) != 0 {
		t.Errorf("got %d files", len(files))
	}
}
