package trust

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crypto/rand"
)

// identity is a certificate with its key.
type identity struct {
	cert *x509.Certificate
	key  *rsa.PrivateKey
}

var serial int64

// issue makes a certificate; issuer nil signs itself.
func issue(t testing.TB, issuer *identity, change func(*x509.Certificate)) *identity {
	t.Helper()
	serial++
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "Constantin Popa"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}, EmailAddresses: []string{mayor}}
	if change != nil {
		change(template)
	}
	id := &identity{key: rsaKey(2048)}
	parent, key := template, id.key
	if issuer != nil {
		parent, key = issuer.cert, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, id.key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if id.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return id
}

func authority(c *x509.Certificate) {
	c.Subject.CommonName, c.IsCA, c.KeyUsage, c.EmailAddresses, c.ExtKeyUsage = "Test CA", true, x509.KeyUsageCertSign, nil, nil
}

const entity = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nAprob. Mulțumesc.\r\n"

// signSMIME has openssl sign a MIME entity, and puts our header above.
func signSMIME(t *testing.T, id *identity, content string, options ...string) string {
	t.Helper()
	program := command(t, "openssl")
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	args := append([]string{"cms", "-sign", "-crlfeol", "-binary", "-md", "sha256", "-signer", write("cert.pem", "CERTIFICATE", id.cert.Raw),
		"-inkey", write("key.pem", "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(id.key))}, options...)
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(content)
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errors.String())
	}
	signed := strings.ReplaceAll(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n", "\r\n")
	return plain + rest + signed
}

func TestSMIMESignaturesByOpenSSL(t *testing.T) {
	self := issue(t, nil, nil)
	ca := issue(t, nil, authority)
	between := issue(t, ca, func(c *x509.Certificate) { authority(c); c.Subject.CommonName = "Test CA 2" })
	issued := issue(t, ca, nil)
	issuedBetween := issue(t, between, nil)
	old := func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	}
	file := filepath.Join(t.TempDir(), "between.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: between.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}

	pinned := func(id *identity) Policy {
		return Policy{Certificates: []Certificate{{mayor, id.cert}}, Now: time.Now()}
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	byAuthority := Policy{Authorities: pool, Now: time.Now()}
	late, early := pinned(self), pinned(self)
	late.Now, early.Now = time.Now().Add(maxSignatureAge+time.Hour), time.Now().Add(-2*clockSkew)

	detached, opaque := signSMIME(t, self, entity), signSMIME(t, self, entity, "-nodetach")
	boundary := detached[strings.Index(detached, "boundary=\"")+10:]
	boundary = boundary[:strings.IndexByte(boundary, '"')]
	wrapped := plain + rest + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=zzz\r\n\r\n--zzz\r\nContent-Type: text/plain\r\n\r\nAprob\r\n--zzz\r\n" +
		detached[strings.Index(detached, "Content-Type: multipart/signed"):] + "\r\n--zzz--\r\n"

	for _, c := range []struct {
		name, raw string
		policy    Policy
		want      bool
		why       string
	}{
		{"a detached signature by the configured certificate", detached, pinned(self), true, ""},
		{"an opaque signature by the configured certificate", opaque, pinned(self), true, ""},
		{"a detached signature by an authority's", signSMIME(t, issued, entity), byAuthority, true, ""},
		{"an opaque signature by an authority's", signSMIME(t, issued, entity, "-nodetach"), byAuthority, true, ""},
		{"a chain of two", signSMIME(t, issuedBetween, entity, "-certfile", file), byAuthority, true, ""},
		{"a chain of two, one missing", signSMIME(t, issuedBetween, entity), byAuthority, false, "unknown authority"},
		{"a multipart that is signed", signSMIME(t, self, "Content-Type: multipart/alternative; boundary=q\r\n\r\n--q\r\nContent-Type: text/plain\r\n\r\nAprob\r\n--q--\r\n"), pinned(self), true, ""},
		{"no S/MIME configured", detached, Policy{Now: time.Now()}, false, "no evidence"},
		{"another's certificate configured", detached, pinned(issued), false, "not configured for"},
		{"the certificate configured for somebody else", detached, Policy{Certificates: []Certificate{{"x@primaria.test", self.cert}}, Now: time.Now()}, false, "not configured for"},
		{"a certificate of no authority", detached, byAuthority, false, "unknown authority"},
		{"an authority's certificate for somebody else", signSMIME(t, issue(t, ca, func(c *x509.Certificate) { c.EmailAddresses = []string{"x@primaria.test"} }), entity), byAuthority, false, "not made out to"},
		{"an authority's certificate for nobody", signSMIME(t, issue(t, ca, func(c *x509.Certificate) { c.EmailAddresses = nil }), entity), byAuthority, false, "not made out to"},
		{"an authority's certificate for servers", signSMIME(t, issue(t, ca, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), entity), byAuthority, false, "usage"},
		{"a certificate that is not for signing", signSMIME(t, issue(t, ca, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), entity), byAuthority, false, "not for signing"},
		{"an expired certificate", signSMIME(t, issue(t, ca, old), entity), byAuthority, false, "outside of certificate validity"},
		{"a content that was changed", strings.Replace(detached, "Aprob. ", "Aprob tot. ", 1), pinned(self), false, "digest mismatch"},
		{"a content type that was changed", strings.Replace(detached, "charset=utf-8", "charset=utf-7", 1), pinned(self), false, "digest mismatch"},
		{"SHA-1", signSMIME(t, self, entity, "-md", "sha1"), pinned(self), false, "too weak"},
		{"without signed attributes", signSMIME(t, self, entity, "-noattr"), pinned(self), false, "does not say"},
		{"without the certificate", signSMIME(t, self, entity, "-nocerts"), pinned(self), false, "certificate is not in it"},
		{"made long ago", detached, late, false, "another time"},
		{"made in the future", detached, early, false, "another time"},
		{"a signed part beside another", wrapped, pinned(self), false, "no S/MIME signature"},
		{"a third part", strings.Replace(detached, "--"+boundary+"--", "--"+boundary+"\r\nContent-Type: text/plain\r\n\r\nAprob\r\n--"+boundary+"--", 1), pinned(self), false, "3 parts"},
		{"a text after the last part", detached + "Aprob\r\n", pinned(self), false, "follows its last part"},
		{"no last boundary", strings.Replace(detached, "--"+boundary+"--", "", 1), pinned(self), false, "boundary is missing"},
		{"a second From", "From: x@evil.test\r\n" + detached, pinned(self), false, "2 From fields"},
		{"a second Content-Type", "Content-Type: text/plain\r\n" + detached, pinned(self), false, "Content-Type is there more than once"},
		{"broken base64", strings.Replace(opaque, "MII", "M!!", 1), pinned(self), false, "base64"},
		{"broken ASN.1", strings.Replace(opaque, "\r\n\r\nMII", "\r\n\r\nAII", 1), pinned(self), false, "S/MIME"},
		{"an unsigned mail", plain + mimeRest + answer, pinned(self), false, "no S/MIME signature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Check(context.Background(), []byte(c.raw), c.policy, nil)
			if got.Authentic != c.want || c.want != (got.By == BySMIME) || !strings.Contains(got.Why, c.why) {
				t.Errorf("%+v, want authentic %v because %q", got, c.want, c.why)
			}
			if c.want && time.Since(got.SignedAt).Abs() > time.Minute {
				t.Errorf("signed at %v", got.SignedAt)
			}
		})
	}

	t.Run("an opaque mail is opened", func(t *testing.T) {
		opened := string(Open([]byte(opaque)))
		for _, want := range []string{"Subject: Re: Aprobare\r\n", "From: Constantin Popa", "text/plain; charset=utf-8\r\n", "\r\n\r\nAprob. Mulțumesc.\r\n"} {
			if !strings.Contains(strings.ReplaceAll(opened, "subject:", "Subject:"), want) && !strings.Contains(strings.ReplaceAll(opened, "from:", "From:"), want) {
				t.Errorf("no %q in\n%s", want, opened)
			}
		}
		if strings.Contains(opened, "pkcs7") {
			t.Errorf("%s", opened)
		}
	})
	t.Run("the signed content brings no fields of its own", func(t *testing.T) {
		raw := signSMIME(t, self, "From: x@evil.test\r\nSubject: Altceva\r\n"+entity, "-nodetach")
		if opened := string(Open([]byte(raw))); strings.Contains(opened, "evil") || strings.Contains(opened, "Altceva") {
			t.Errorf("%s", opened)
		}
	})
	t.Run("other mails are left as they are", func(t *testing.T) {
		for _, raw := range []string{detached, plain + mimeRest + answer, "", "x", wrapped} {
			if got := Open([]byte(raw)); string(got) != raw {
				t.Errorf("%q became %q", raw, got)
			}
		}
	})
}

// FuzzSMIME: no bytes in place of a signature make it panic or vouch.
func FuzzSMIME(f *testing.F) {
	f.Add([]byte{0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02, 0xa0, 0x80})
	f.Add([]byte("--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n--b--\r\n"))
	header := plain + rest + "MIME-Version: 1.0\r\nContent-Type: "
	// An empty pool is no authority at all.
	p := Policy{Authorities: x509.NewCertPool(), Now: testTime}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, kind := range []string{"application/pkcs7-mime; smime-type=signed-data\r\n\r\n", "multipart/signed; boundary=b\r\n\r\n",
			"multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nAprob\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\n"} {
			raw := append([]byte(header+kind), data...)
			if got := Check(context.Background(), raw, p, nil); got.Authentic {
				t.Errorf("%q: %+v", raw, got)
			}
			Open(raw)
		}
	})
}
