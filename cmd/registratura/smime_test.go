package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"registratura/cmd/registratura/play"
)

// An approver whose mail program signs opaquely sends nothing but base64: the
// text has to be read out of the signature that proves it.
func TestAnAnswerThatIsSignedOpaquelyIsRead(t *testing.T) {
	dir := t.TempDir()
	key, cert := filepath.Join(dir, "key.pem"), filepath.Join(dir, "cert.pem")
	openssl(t, "", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
		"-subj", "/CN=Constantin Popa", "-addext", "subjectAltName=email:"+play.Mayor)
	config := filepath.Join(dir, "registratura.toml")
	text := play.Config(play.Setup{IMAP: "127.0.0.1:143", SMTP: "127.0.0.1:25", DataDir: filepath.Join(dir, "data"), Listen: "127.0.0.1:8080"})
	write(t, config, strings.Replace(text, "check_dkim = false", "check_dkim = false\nsmime_certificates = [\"cert.pem\"]", 1))

	sign := func(content string) string {
		return openssl(t, content, "smime", "-sign", "-nodetach", "-md", "sha256", "-signer", cert, "-inkey", key,
			"-from", play.Mayor, "-to", play.Desk, "-subject", "Re: [nr. 1/23.11.2026] Aprobare")
	}
	plain := "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
	alternative := "Content-Type: multipart/alternative; boundary=q\r\n\r\n--q\r\n" + plain + "Aprob.\r\n--q\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Aprob.</p>\r\n--q--\r\n"
	for _, c := range []struct{ name, raw, verdict, by string }{
		{"an approval", sign(plain + "Aprob. Mulțumesc.\r\n"), "approve", "smime"},
		{"a refusal", sign(plain + "Nu aprob.\r\n"), "reject", "smime"},
		{"an approval in text and HTML", sign(alternative), "approve", "smime"},
		{"a header inside the signature is not the mail's", sign("From: x@evil.test\r\nSubject: Altceva\r\n" + plain + "Nu aprob.\r\n"), "reject", "smime"},
		{"a signature that was changed", strings.Replace(sign(plain+"Aprob.\r\n"), "\n\nMII", "\n\nAII", 1), "", "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "mail.eml")
			write(t, file, "In-Reply-To: <a@b>\n"+c.raw)
			code, out, errs := command(t, "inspect", "--json", "--config", config, file)
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, errs)
			}
			var got struct {
				Sender   struct{ Address, By string }
				Decision struct{ Verdict string }
			}
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatal(err)
			}
			if got.Sender.By != c.by || got.Sender.Address != play.Mayor || c.verdict != "" && got.Decision.Verdict != c.verdict || got.Decision.Verdict == "approve" && c.verdict != "approve" {
				t.Errorf("got %+v, want %s by %s\n%s", got, c.verdict, c.by, out)
			}
		})
	}
}

// openssl runs it, with content on its standard input.
func openssl(t *testing.T, content string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is missing: apt-get install openssl")
		}
		t.Skip("openssl is missing: apt-get install openssl")
	}
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(content)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", args[0], err, errs.String())
	}
	return string(out)
}
