package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"slices"
	"strings"
	"time"

	"github.com/smallstep/pkcs7"
)

// maxSignatureAge is how old an S/MIME signature may be when the mail is read,
// and clockSkew how far the signer's clock may be ahead. The signature does not
// cover the header, so an old one could come with a new header.
const (
	maxSignatureAge = 31 * 24 * time.Hour
	clockSkew       = time.Hour
)

// checkSMIME verifies an S/MIME signature over the whole body (RFC 8551, 3.5),
// detached or opaque. A signature over a part of it vouches for nothing: people
// read the rest as well. Revocation is not looked up; whose certificate is
// revoked is taken out of the configuration.
func checkSMIME(m *mail, address string, p Policy) (by By, why string, signedAt time.Time) {
	if len(p.Certificates) == 0 && p.Authorities == nil {
		return ByNone, "", time.Time{}
	}
	cms, content, err := m.signature()
	switch {
	case err != nil:
		return ByNone, "the S/MIME signature: " + err.Error(), time.Time{}
	case cms == nil:
		return ByNone, "no S/MIME signature", time.Time{}
	}
	signer, at, err := verifyCMS(cms, content)
	if err != nil {
		return ByNone, "the S/MIME signature: " + err.Error(), time.Time{}
	}
	if age := p.Now.Sub(at); age > maxSignatureAge || age < -clockSkew {
		return ByNone, "the S/MIME signature was made at another time: " + at.UTC().Format(time.RFC3339), time.Time{}
	}
	for _, c := range p.Certificates {
		if strings.EqualFold(c.Address, address) && c.Certificate.Equal(signer) {
			return BySMIME, "S/MIME signature by the configured certificate of " + address, at
		}
	}
	if p.Authorities == nil {
		return ByNone, "the S/MIME signature is by a certificate that is not configured for " + address, time.Time{}
	}
	if err := chain(cms, signer, p.Authorities, at); err != nil {
		return ByNone, "the S/MIME certificate: " + err.Error(), time.Time{}
	}
	if !slices.ContainsFunc(signer.EmailAddresses, func(a string) bool { return strings.EqualFold(a, address) }) {
		return ByNone, "the S/MIME certificate is not made out to " + address, time.Time{}
	}
	return BySMIME, "S/MIME signature by a certificate of a configured authority, made out to " + address, at
}

// signature takes a signed mail apart: the signature, and for a detached one the
// bytes that it is over. Both are nil if the mail is not signed as a whole.
func (m *mail) signature() (cms *pkcs7.PKCS7, content []byte, err error) {
	mediaType, params, der := m.contentType(), map[string]string(nil), []byte(nil)
	if mediaType, params, err = mime.ParseMediaType(mediaType); err != nil {
		return nil, nil, nil // no Content-Type that is one
	}
	switch mediaType {
	case "multipart/signed":
		parts, err := twoParts(m.body, params["boundary"])
		if err != nil {
			return nil, nil, err
		}
		signature, err := parseMail(parts[1])
		if err != nil {
			return nil, nil, fmt.Errorf("the second part: %w", err)
		}
		kind, _, err := mime.ParseMediaType(signature.contentType())
		if err != nil || kind != "application/pkcs7-signature" && kind != "application/x-pkcs7-signature" {
			return nil, nil, nil // signed in another way: OpenPGP
		}
		if der, err = signature.decoded(); err != nil {
			return nil, nil, err
		}
		content = parts[0]
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		if kind := strings.ToLower(params["smime-type"]); kind != "" && kind != "signed-data" {
			return nil, nil, nil // encrypted
		}
		if der, err = m.decoded(); err != nil {
			return nil, nil, err
		}
	default:
		return nil, nil, nil
	}
	if cms, err = pkcs7.Parse(der); err != nil {
		return nil, nil, fmt.Errorf("reading it: %w", err)
	}
	return cms, content, nil
}

func (m *mail) contentType() string {
	if values := m.all("content-type"); len(values) == 1 {
		return values[0]
	}
	return ""
}

// decoded is the body without its transfer encoding (RFC 2045, 6).
func (m *mail) decoded() ([]byte, error) {
	encoding := ""
	if values := m.all("content-transfer-encoding"); len(values) > 0 {
		encoding = strings.ToLower(values[0])
	}
	switch encoding {
	case "base64":
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(m.body)), ""))
		if err != nil {
			return nil, fmt.Errorf("its base64: %w", err)
		}
		return der, nil
	case "quoted-printable":
		der, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(m.body)))
		if err != nil {
			return nil, fmt.Errorf("its quoted-printable: %w", err)
		}
		return der, nil
	case "", "7bit", "8bit", "binary":
		return m.body, nil
	}
	return nil, fmt.Errorf("its transfer encoding %q", encoding)
}

// twoParts splits a multipart body of exactly two parts (RFC 1847, 2.1), byte by
// byte as it was signed. Nothing may follow it.
func twoParts(body []byte, boundary string) (parts [2][]byte, err error) {
	if boundary == "" {
		return parts, errors.New("it has no boundary")
	}
	delimiter := []byte("\r\n--" + boundary)
	rest := append([]byte("\r\n"), body...)
	var found [][]byte
	for {
		before, after, ok := bytes.Cut(rest, delimiter)
		if !ok {
			return parts, errors.New("its last boundary is missing")
		}
		found = append(found, before)
		if end, closed := bytes.CutPrefix(after, []byte("--")); closed {
			if len(bytes.TrimSpace(end)) > 0 {
				return parts, errors.New("something follows its last part")
			}
			break
		}
		line, next, ok := bytes.Cut(after, []byte("\r\n"))
		if !ok || len(bytes.Trim(line, " \t")) > 0 {
			return parts, errors.New("a boundary goes on where it should end")
		}
		// A part without a header begins with an empty line, which is of the
		// next delimiter too.
		rest = append([]byte("\r\n"), next...)
		if len(found) > 3 {
			return parts, errors.New("it has more than two parts")
		}
	}
	if len(found) != 3 {
		return parts, fmt.Errorf("it has %d parts, not two", len(found)-1)
	}
	for i := range parts {
		parts[i] = bytes.TrimPrefix(found[i+1], []byte("\r\n"))
	}
	return parts, nil
}

// verifyCMS verifies the one signature of cms and says whose certificate made it
// and when (RFC 5652, 5). What is in cms is signed, or content if it is detached.
func verifyCMS(cms *pkcs7.PKCS7, content []byte) (signer *x509.Certificate, at time.Time, err error) {
	if content != nil {
		if len(cms.Content) > 0 {
			return nil, at, errors.New("it is detached and has a content of its own")
		}
		cms.Content = content
	}
	if len(cms.Signers) != 1 {
		return nil, at, fmt.Errorf("it has %d signers", len(cms.Signers))
	}
	if len(cms.Content) == 0 {
		return nil, at, errors.New("it has no content")
	}
	digest := cms.Signers[0].DigestAlgorithm.Algorithm
	if !slices.ContainsFunc([]asn1.ObjectIdentifier{pkcs7.OIDDigestAlgorithmSHA256, pkcs7.OIDDigestAlgorithmSHA384, pkcs7.OIDDigestAlgorithmSHA512}, digest.Equal) {
		return nil, at, fmt.Errorf("its digest algorithm %v is too weak or unknown", digest)
	}
	// Without these attributes, what was signed could be something else than a
	// mail; and the time would be unknown.
	var contentType asn1.ObjectIdentifier
	if err := cms.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &contentType); err != nil || !contentType.Equal(pkcs7.OIDData) {
		return nil, at, errors.New("it does not say that it is over data")
	}
	if err := cms.UnmarshalSignedAttribute(pkcs7.OIDAttributeSigningTime, &at); err != nil {
		return nil, at, errors.New("it does not say when it was made")
	}
	signer = cms.GetOnlySigner()
	if signer == nil {
		return nil, at, errors.New("the signer's certificate is not in it")
	}
	if u := signer.KeyUsage; u != 0 && u&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return nil, at, errors.New("the signer's certificate is not for signing")
	}
	// This also checks that the certificate was valid at that time.
	if err := cms.Verify(); err != nil {
		return nil, at, err
	}
	return signer, at, nil
}

// chain verifies that an authority issued the signer's certificate for mail, and
// that all certificates on the way were valid at that time.
func chain(cms *pkcs7.PKCS7, signer *x509.Certificate, authorities *x509.CertPool, at time.Time) error {
	between := x509.NewCertPool()
	for _, c := range cms.Certificates {
		between.AddCert(c)
	}
	_, err := signer.Verify(x509.VerifyOptions{Roots: authorities, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}})
	return err
}

// Open returns a mail that is signed opaquely (S/MIME, application/pkcs7-mime)
// as a mail with the signed content for its body, so that it can be read as any
// other. Other mails are returned as they are. It verifies nothing; [Check] does,
// and must be given the mail as it came.
func Open(raw []byte) []byte {
	m, err := parseMail(raw)
	if err != nil || m.repeated() != "" {
		return raw
	}
	cms, content, err := m.signature()
	if err != nil || cms == nil || content != nil || len(cms.Content) == 0 {
		return raw
	}
	inner, err := parseMail(cms.Content)
	if err != nil {
		return raw
	}
	var out bytes.Buffer
	keep := func(fields []field, content bool) {
		for _, f := range fields {
			if f.name == "mime-version" || strings.HasPrefix(f.name, "content-") == content {
				fmt.Fprintf(&out, "%s:%s\r\n", f.name, f.value)
			}
		}
	}
	keep(m.fields, false)
	// The signed content's other fields are not the mail's.
	keep(slices.DeleteFunc(slices.Clone(inner.fields), func(f field) bool { return f.name == "mime-version" }), true)
	out.WriteString("\r\n")
	out.Write(inner.body)
	return out.Bytes()
}
