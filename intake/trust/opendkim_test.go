package trust

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// milter speaks as much of the milter protocol as has a filter sign one mail:
// packets of a length, a command and its data.
type milter struct{ net.Conn }

func (m milter) send(command byte, data string) error {
	packet := binary.BigEndian.AppendUint32(nil, uint32(len(data)+1))
	_, err := m.Write(append(append(packet, command), data...))
	return err
}

func (m milter) receive() (command byte, data string, err error) {
	var length [4]byte
	if _, err := io.ReadFull(m, length[:]); err != nil {
		return 0, "", err
	}
	packet := make([]byte, binary.BigEndian.Uint32(length[:]))
	if _, err := io.ReadFull(m, packet); err != nil {
		return 0, "", err
	}
	return packet[0], string(packet[1:]), nil
}

// filter passes a mail through and returns it with the fields that were inserted.
func (m milter) filter(raw string) (string, error) {
	header, body, _ := strings.Cut(raw, "\r\n\r\n")
	type packet struct {
		command byte
		data    string
	}
	// Version 6; we let it add and change fields, and want an answer to every step.
	packets := []packet{{'O', "\x00\x00\x00\x06\x00\x00\x00\x1f\x00\x00\x00\x00"},
		{'C', "localhost\x004\x00\x19127.0.0.1\x00"}, {'H', "localhost\x00"}, {'M', "<primar@primaria.test>\x00"}, {'R', "<cereri@primaria.test>\x00"}}
	for _, line := range strings.Split(header, "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		packets = append(packets, packet{'L', name + "\x00" + value + "\x00"})
	}
	packets = append(packets, packet{'N', ""}, packet{'B', body}, packet{'E', ""})
	var added bytes.Buffer
	for _, p := range packets {
		if err := m.send(p.command, p.data); err != nil {
			return "", err
		}
		for done := false; !done; {
			command, data, err := m.receive()
			if err != nil {
				return "", fmt.Errorf("after %c: %w", p.command, err)
			}
			switch command {
			case 'i', 'h':
				if command == 'i' {
					data = data[4:]
				}
				name, value, _ := strings.Cut(strings.TrimSuffix(data, "\x00"), "\x00")
				fmt.Fprintf(&added, "%s: %s\r\n", name, strings.ReplaceAll(value, "\n", "\r\n"))
			case 'O', 'c', 'a':
				done = true
			case 'p': // progress
			default:
				return "", fmt.Errorf("%c answers %c", command, p.command)
			}
		}
	}
	return added.String() + raw, nil
}

// signByOpenDKIM has Debian's opendkim sign a mail, as a milter.
func signByOpenDKIM(t *testing.T, raw, settings string) string {
	t.Helper()
	program := command(t, "opendkim")
	dir := t.TempDir()
	key, socket, config := filepath.Join(dir, "key.pem"), filepath.Join(dir, "socket"), filepath.Join(dir, "opendkim.conf")
	pemKey := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(testKey())})
	if err := os.WriteFile(key, pemKey, 0o600); err != nil {
		t.Fatal(err)
	}
	settings += fmt.Sprintf("Mode s\nDomain primaria.test\nSelector s\nKeyFile %s\nSocket local:%s\nCanonicalization relaxed/simple\nSignatureAlgorithm rsa-sha256\nOversignHeaders From\nRequireSafeKeys no\nBackground no\n", key, socket)
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(program, "-f", "-x", config)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	var conn net.Conn
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var err error
		if conn, err = net.Dial("unix", socket); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("opendkim does not come up: %v\n%s", err, log.String())
		}
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	signed, err := milter{conn}.filter(raw)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestSignaturesByOpenDKIMAreVerified(t *testing.T) {
	signed := signByOpenDKIM(t, plain+mimeRest+answer, "SignHeaders From,To,Subject,Date,Message-ID,In-Reply-To,References,MIME-Version,Content-Type,Content-Transfer-Encoding\n")
	if got := Check(context.Background(), []byte(signed), own, keyZone(t, "primaria.test")); !got.Authentic || got.By != ByDKIM {
		t.Errorf("%+v\n%s", got, signed)
	}
	for name, changed := range map[string]string{
		"another body": strings.Replace(signed, "Aprob\r\n", "Aprob tot\r\n", 1),
		"another From": strings.Replace(signed, "primar@primaria", "viceprimar@primaria", 1),
		"a From added": "From: x@evil.test\r\n" + signed,
	} {
		if got := Check(context.Background(), []byte(changed), own, keyZone(t, "primaria.test")); got.Authentic || changed == signed {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// As Debian configures it, opendkim does not sign Content-Type: whoever sends
// the mail again can have its body read in another way.
func TestSignaturesByOpenDKIMWithoutContentTypeVouchForNothing(t *testing.T) {
	signed := signByOpenDKIM(t, plain+mimeRest+answer, "")
	if got := Check(context.Background(), []byte(signed), own, keyZone(t, "primaria.test")); got.Authentic || !strings.Contains(got.Why, "does not cover the field Content-Type") {
		t.Errorf("%+v\n%s", got, signed)
	}
}
