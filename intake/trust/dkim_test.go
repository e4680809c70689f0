package trust

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// own verifies DKIM signatures itself and trusts no stamp.
var own = Policy{OwnDKIM: true, Now: testTime}

var testKey = sync.OnceValue(func() *rsa.PrivateKey { return rsaKey(2048) })

func rsaKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

// record is the DNS record of a key.
func record(t testing.TB, key crypto.PublicKey, tags string) string {
	t.Helper()
	kind, data := "rsa", []byte(nil)
	if k, ok := key.(ed25519.PublicKey); ok {
		kind, data = "ed25519", k
	} else {
		var err error
		if data, err = x509.MarshalPKIXPublicKey(key); err != nil {
			t.Fatal(err)
		}
	}
	return "v=DKIM1; k=" + kind + "; " + tags + "p=" + base64.StdEncoding.EncodeToString(data)
}

func keyZone(t testing.TB, domain string) zone {
	return zone{"s._domainkey." + domain: record(t, testKey().Public(), "")}
}

const mimeRest = rest + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"

// sign signs with go-msgauth, relaxed, the fields named or all.
func sign(t testing.TB, raw, domain string, fields ...string) string {
	t.Helper()
	var out bytes.Buffer
	err := dkim.Sign(&out, strings.NewReader(raw), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: testKey(),
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed, HeaderKeys: fields})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// signByHand makes a valid signature with any tags, canonicalised simply; %bh
// stands for the hash of the first length bytes of the body.
func signByHand(t testing.TB, raw, tags string, length int, key *rsa.PrivateKey) string {
	t.Helper()
	header, body, _ := strings.Cut(raw, "\r\n\r\n")
	if length < 0 {
		length = len(body)
	}
	bodyHash := sha256.Sum256([]byte(body[:length]))
	field := "DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; s=s; h=from:to:subject:content-type; " + tags +
		" bh=" + base64.StdEncoding.EncodeToString(bodyHash[:]) + "; b="
	var signed strings.Builder
	for _, name := range []string{"from", "to", "subject", "content-type"} {
		for _, line := range strings.Split(header, "\r\n") {
			if strings.HasPrefix(strings.ToLower(line), name+":") {
				signed.WriteString(line + "\r\n")
			}
		}
	}
	signed.WriteString(field)
	sum := sha256.Sum256([]byte(signed.String()))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return field + base64.StdEncoding.EncodeToString(signature) + "\r\n" + raw
}

func TestAlignedSignaturesVouchForTheSender(t *testing.T) {
	raw := plain + mimeRest + answer
	sub := strings.Replace(raw, "primaria.test>", "cabinet.primaria.test>", 1)
	for _, c := range []struct {
		name, raw string
		resolver  Resolver
		strict    bool
		want      bool
		why       string
	}{
		{"a signature of the domain", sign(t, raw, "primaria.test"), keyZone(t, "primaria.test"), true, true, ""},
		{"a signature of a subdomain", sign(t, raw, "mail.primaria.test"), keyZone(t, "mail.primaria.test"), false, true, ""},
		{"a signature of the organisation", sign(t, sub, "primaria.test"), keyZone(t, "primaria.test"), false, true, ""},
		{"a signature of a subdomain, strict", sign(t, raw, "mail.primaria.test"), keyZone(t, "mail.primaria.test"), true, false, "not aligned"},
		{"a signature of another domain", sign(t, raw, "evil.test"), keyZone(t, "evil.test"), false, false, "not aligned"},
		{"two signatures, one of another domain", sign(t, sign(t, raw, "primaria.test"), "evil.test"),
			zone{"s._domainkey.evil.test": record(t, testKey().Public(), ""), "s._domainkey.primaria.test": record(t, testKey().Public(), "")}, false, true, ""},
		{"a signature made by hand", signByHand(t, raw, "d=primaria.test;", -1, testKey()), keyZone(t, "primaria.test"), false, true, ""},
		{"no signature", raw, keyZone(t, "primaria.test"), false, false, "no DKIM signature"},
		{"no key", sign(t, raw, "primaria.test"), zone{}, false, false, "no key"},
		{"a revoked key", sign(t, raw, "primaria.test"), zone{"s._domainkey.primaria.test": "v=DKIM1; p="}, false, false, "revoked"},
		{"another key", sign(t, raw, "primaria.test"), zone{"s._domainkey.primaria.test": record(t, rsaKey(1024).Public(), "")}, false, false, "did not verify"},
		{"a key in test mode", sign(t, raw, "primaria.test"), zone{"s._domainkey.primaria.test": record(t, testKey().Public(), "t=y; ")}, false, false, "test mode"},
		{"a body that was changed", strings.Replace(sign(t, raw, "primaria.test"), "Aprob\r\n", "Aprob tot\r\n", 1), keyZone(t, "primaria.test"), false, false, "body hash"},
		{"a From that was changed", strings.Replace(sign(t, raw, "primaria.test"), "primar@", "viceprimar@", 1), keyZone(t, "primaria.test"), false, false, "did not verify"},
		{"a Subject that was changed", strings.Replace(sign(t, raw, "primaria.test"), "Re: Aprobare", "Aprob", 1), keyZone(t, "primaria.test"), false, false, "did not verify"},
		{"a Subject that is not covered", sign(t, raw, "primaria.test", "From", "Content-Type"), keyZone(t, "primaria.test"), false, false, "does not cover the field Subject"},
		{"a Content-Type that is not covered", sign(t, raw, "primaria.test", "From", "Subject"), keyZone(t, "primaria.test"), false, false, "does not cover the field Content-Type"},
		{"a Content-Type put in afterwards", "Content-Type: text/html\r\n" + sign(t, plain+rest+answer, "primaria.test", "From", "Subject", "Date"), keyZone(t, "primaria.test"), false, false, "does not cover the field Content-Type"},
		{"an encoding put in afterwards", "Content-Transfer-Encoding: base64\r\n" + sign(t, raw, "primaria.test", "From", "Subject", "Content-Type"), keyZone(t, "primaria.test"), false, false, "Content-Transfer-Encoding"},
		{"an encoding that changes nothing", "Content-Transfer-Encoding: 8bit\r\n" + sign(t, raw, "primaria.test", "From", "Subject", "Content-Type"), keyZone(t, "primaria.test"), false, true, ""},
		{"a second From on top", "From: x@evil.test\r\n" + sign(t, raw, "primaria.test"), keyZone(t, "primaria.test"), false, false, "2 From fields"},
		{"a second From below", strings.Replace(sign(t, raw, "primaria.test"), "\r\n\r\n", "\r\nFrom: x@evil.test\r\n\r\n", 1), keyZone(t, "primaria.test"), false, false, "2 From fields"},
		{"a second Subject on top", "Subject: Aprob\r\n" + sign(t, raw, "primaria.test"), keyZone(t, "primaria.test"), false, false, "Subject is there more than once"},
		{"a second Content-Type on top", "Content-Type: text/html\r\n" + sign(t, raw, "primaria.test"), keyZone(t, "primaria.test"), false, false, "Content-Type is there more than once"},
		{"a limited body length", signByHand(t, raw, "d=primaria.test; l=7;", 7, testKey()), keyZone(t, "primaria.test"), false, false, "length"},
		{"a limited body length and text added", signByHand(t, raw, "d=primaria.test; l=7;", 7, testKey()) + "tot\r\n", keyZone(t, "primaria.test"), false, false, "length"},
		{"a signature that has expired", signByHand(t, raw, "d=primaria.test; t=1; x=1700000000;", -1, testKey()), keyZone(t, "primaria.test"), false, false, "expired"},
		{"an identity of another domain", signByHand(t, raw, "d=primaria.test; i=@evil.test;", -1, testKey()), keyZone(t, "primaria.test"), false, false, "domain mismatch"},
		{"a resolver that fails", sign(t, raw, "primaria.test"), broken{}, false, false, "key unavailable"},
		{"a resolver that fails in another way", sign(t, raw, "primaria.test"), odd{}, false, false, "key unavailable"},
		{"a signature of another domain and a resolver that fails", sign(t, raw, "evil.test"), broken{}, false, false, "not aligned"},
		{"a resolver that does not answer", sign(t, raw, "primaria.test"), slow{}, false, false, "key unavailable"},
		{"no resolver", sign(t, raw, "primaria.test"), nil, false, false, "no resolver"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := own
			p.StrictAlignment, p.DNSTimeout = c.strict, time.Millisecond
			got := Check(context.Background(), []byte(c.raw), p, c.resolver)
			if got.Authentic != c.want || c.want != (got.By == ByDKIM) || !strings.Contains(got.Why, c.why) {
				t.Errorf("%+v, want authentic %v because %q", got, c.want, c.why)
			}
			if temporary := c.why == "key unavailable" || c.why == "no resolver"; got.Temporary != temporary {
				t.Errorf("temporary is %v, want %v: %+v", got.Temporary, temporary, got)
			}
		})
	}
}

func TestTheOwnCheckIsOffByDefault(t *testing.T) {
	signed := sign(t, plain+mimeRest+answer, "primaria.test")
	if got := Check(context.Background(), []byte(signed), stamped, keyZone(t, "primaria.test")); got.Authentic {
		t.Errorf("%+v", got)
	}
}

func TestAStampSparesTheResolver(t *testing.T) {
	p := stamped
	p.OwnDKIM = true
	signed := pass + sign(t, plain+mimeRest+answer, "primaria.test")
	if got := Check(context.Background(), []byte(signed), p, broken{}); got.By != ByDMARC || got.Temporary {
		t.Errorf("%+v", got)
	}
}

func TestShortKeysVouchForNothing(t *testing.T) {
	raw := plain + mimeRest + answer
	for _, c := range []struct {
		bits, least int
		want        bool
	}{{1024, 0, true}, {1024, 2048, false}, {2048, 2048, true}, {1024, 512, true}} {
		key := testKey()
		if c.bits != 2048 {
			key = rsaKey(c.bits)
		}
		p := own
		p.MinRSABits = c.least
		z := zone{"s._domainkey.primaria.test": record(t, key.Public(), "")}
		if got := Check(context.Background(), []byte(signByHand(t, raw, "d=primaria.test;", -1, key)), p, z); got.Authentic != c.want {
			t.Errorf("%d bits where %d are asked for: %+v", c.bits, c.least, got)
		}
	}
	// Go itself makes no key under 1024 bits; this record holds one of 512.
	short := "v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALVvBoDtYRzRCG5hlYzkOqLBcNPWKZUWGfrGvKbZGYnA0pnw6Y1bE3kqkBg1Gv9NTcT7gVVuSqXtVm1rGvx0ZzcCAwEAAQ=="
	if err := judgeKey(short, 1024); err == nil || !strings.Contains(err.Error(), "512 bits") {
		t.Errorf("a key of 512 bits: %v", err)
	}
}

func TestManySignaturesCostFewQuestions(t *testing.T) {
	raw := sign(t, plain+mimeRest+answer, "primaria.test")
	end := strings.Index(raw, "From:")
	raw = strings.Repeat(raw[:end], 50) + raw[end:]
	counting := &counter{zone: keyZone(t, "primaria.test")}
	Check(context.Background(), []byte(raw), own, counting)
	if counting.n > maxSignatures {
		t.Errorf("%d questions for 50 signatures", counting.n)
	}
}

type counter struct {
	zone
	mu sync.Mutex
	n  int
}

func (c *counter) LookupTXT(ctx context.Context, name string) ([]string, error) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	return c.zone.LookupTXT(ctx, name)
}

// command finds a program of the system, or skips the test. In CI all of them
// are installed.
func command(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin") {
		if path := filepath.Join(dir, name); exec.Command(path).Err == nil {
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
	}
	if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// Debian's opendkim-testmsg signs with SHA-1 and nothing else, which RFC 8301
// forbids to accept.
func TestSignaturesWithSHA1VouchForNothing(t *testing.T) {
	program := command(t, "opendkim-testmsg")
	file := filepath.Join(t.TempDir(), "key.pem")
	pemKey := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(testKey())})
	if err := os.WriteFile(file, pemKey, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-C", "-d", "primaria.test", "-s", "s", "-k", file)
	cmd.Stdin = strings.NewReader(plain + mimeRest + answer)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	signed := strings.ReplaceAll(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n", "\r\n")
	if got := Check(context.Background(), []byte(signed), own, keyZone(t, "primaria.test")); got.Authentic || !strings.Contains(got.Why, "sha1") {
		t.Errorf("%+v\n%s", got, signed)
	}
}
