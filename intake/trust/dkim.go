package trust

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// maxSignatures is how many DKIM signatures are looked at; each costs a DNS question.
const maxSignatures = 8

// checkDKIM verifies the mail's DKIM signatures (RFC 6376). temporary is true
// if one could not be judged because the key was not to be had now.
func checkDKIM(ctx context.Context, m *mail, address string, p Policy, r Resolver) (by By, why string, temporary bool) {
	if !p.OwnDKIM {
		return ByNone, "", false
	}
	if len(m.all("dkim-signature")) == 0 {
		return ByNone, "no DKIM signature", false
	}
	domain := domainOf(address)
	keys := &keyLookup{ctx: ctx, resolver: r, policy: p}
	verifications, err := dkim.VerifyWithOptions(bytes.NewReader(m.raw), &dkim.VerifyOptions{LookupTXT: keys.lookup, MaxVerifications: maxSignatures})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return ByNone, "reading the DKIM signature: " + err.Error(), false
	}
	var reasons []string
	for _, v := range verifications {
		switch {
		case !aligned(v.Domain, domain, p.StrictAlignment):
			reasons = append(reasons, fmt.Sprintf("the DKIM signature of %q is not aligned with %s", v.Domain, domain))
		case v.Err != nil:
			reasons = append(reasons, v.Err.Error())
			temporary = temporary || dkim.IsTempFail(v.Err)
		case !v.Expiration.IsZero() && !p.Now.IsZero() && p.Now.After(v.Expiration):
			reasons = append(reasons, "the DKIM signature has expired")
		default:
			if name := m.uncovered(v.HeaderKeys); name != "" {
				reasons = append(reasons, "the DKIM signature of "+v.Domain+" does not cover the field "+name)
				continue
			}
			return ByDKIM, "own check: DKIM signature of " + strings.ToLower(v.Domain), false
		}
	}
	return ByNone, strings.Join(reasons, ", "), temporary
}

// uncovered names a field that the signature must cover and does not: those
// that decide who speaks, and how the body is read. Whoever resends a signed
// mail can change the others.
func (m *mail) uncovered(signed []string) string {
	for _, name := range []string{"From", "Subject", "Content-Type", "Content-Transfer-Encoding"} {
		values := m.all(strings.ToLower(name))
		if len(values) == 0 {
			continue
		}
		// These two say that the body stands as it is, which changes nothing.
		if name == "Content-Transfer-Encoding" && slices.Contains([]string{"7bit", "8bit"}, strings.ToLower(values[0])) {
			continue
		}
		if !slices.ContainsFunc(signed, func(s string) bool { return strings.EqualFold(s, name) }) {
			return name
		}
	}
	return ""
}

// keyLookup fetches DKIM keys with a time limit, and refuses those that are too
// short or only being tested. go-msgauth passes each name to it as it goes.
type keyLookup struct {
	ctx      context.Context
	resolver Resolver
	policy   Policy
}

func (k *keyLookup) lookup(name string) ([]string, error) {
	if k.resolver == nil {
		return nil, temporaryError{errors.New("there is no resolver")}
	}
	timeout := k.policy.DNSTimeout
	if timeout <= 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(k.ctx, timeout)
	defer cancel()
	records, err := k.resolver.LookupTXT(ctx, name)
	if err != nil {
		// Only a name server that says so makes a key missing for good.
		var dns *net.DNSError
		if errors.As(err, &dns) && dns.IsNotFound {
			return nil, err
		}
		return nil, temporaryError{err}
	}
	for _, record := range records {
		if err := judgeKey(record, max(k.policy.MinRSABits, 1024)); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// judgeKey refuses a key record in test mode, which makes a signature count for
// nothing (RFC 6376, 3.6.1), or with an RSA key under minBits. What it cannot
// read is left to the verification, which cannot read it either.
func judgeKey(record string, minBits int) error {
	tags := map[string]string{}
	for _, tag := range strings.Split(record, ";") {
		name, value, _ := strings.Cut(tag, "=")
		tags[strings.TrimSpace(name)] = strings.Join(strings.Fields(value), "")
	}
	if slices.Contains(strings.Split(tags["t"], ":"), "y") {
		return errors.New("the key is in test mode")
	}
	if k := tags["k"]; k != "" && k != "rsa" {
		return nil
	}
	der, err := base64.StdEncoding.DecodeString(tags["p"])
	if err != nil {
		return nil
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		if key, err = x509.ParsePKCS1PublicKey(der); err != nil {
			return nil
		}
	}
	if rsaKey, ok := key.(*rsa.PublicKey); ok && rsaKey.N.BitLen() < minBits {
		return fmt.Errorf("the key has %d bits, %d are required", rsaKey.N.BitLen(), minBits)
	}
	return nil
}

// temporaryError marks an answer that may be another one later, in the way that
// go-msgauth asks for it (net.Error).
type temporaryError struct{ error }

func (temporaryError) Temporary() bool { return true }
func (temporaryError) Timeout() bool   { return false }
func (e temporaryError) Unwrap() error { return e.error }
