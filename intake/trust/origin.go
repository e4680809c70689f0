// Package trust says who really sent a mail (rules T1 to T3 of the design):
// from the one address in From, and from what vouches for it: the results our
// own mail server stamped, the mail's DKIM signature, or an S/MIME signature.
// It also makes and finds the tokens that tie an answer to a question.
//
// It is pure: resolver, clock and random source are passed in.
package trust

import (
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// Origin is who sent a mail, as far as can be known.
type Origin struct {
	Address   string // the one address of the one From field, lower case; empty: there is no such thing
	Authentic bool   // Address is vouched for
	By        By     // by what
	Why       string // in English, for IT; names no person but by address
	Temporary bool   // not authentic because a name server did not answer: wait and try again
	Refuted   bool   // our own server says that Address did not send it: DMARC failed

	// SignedAt is when an S/MIME signature was made, as the signer says; zero
	// where nothing says it. An answer signed before the question was asked is
	// none.
	SignedAt time.Time
}

// By names what vouches for an address.
type By string

const (
	ByDMARC By = "dmarc" // our server: DMARC pass for the domain
	ByDKIM  By = "dkim"  // an aligned DKIM signature, verified by our server or by ourselves
	ByAuth  By = "auth"  // our server: the sender logged in as that very address
	BySMIME By = "smime" // an S/MIME signature by a configured certificate
	ByNone  By = "none"
)

// Policy says what counts as evidence. The zero Policy trusts nothing.
type Policy struct {
	// AuthservID is the name under which our own mail server stamps
	// Authentication-Results (RFC 8601, 2.5). Empty: no such field is trusted.
	AuthservID string
	// AcceptDMARC, AcceptDKIM and AcceptAuth say which of its results count.
	AcceptDMARC, AcceptDKIM, AcceptAuth bool

	// OwnDKIM makes us verify DKIM signatures ourselves.
	OwnDKIM bool
	// MinRSABits is the shortest RSA key that OwnDKIM accepts; under 1024 it is
	// taken as 1024 (RFC 8301, 3.2).
	MinRSABits int
	// DNSTimeout bounds each question to the resolver; zero is ten seconds.
	DNSTimeout time.Duration

	// StrictAlignment asks that the signing domain be the From domain itself,
	// not only one of the same organisation (RFC 7489, 3.1).
	StrictAlignment bool

	// Certificates vouch for an address when they signed the mail (S/MIME).
	Certificates []Certificate
	// Authorities are the certificate authorities whose certificates vouch for
	// the addresses that stand in them; nil: none.
	Authorities *x509.CertPool

	// Now is the time at which validity is judged.
	Now time.Time
}

// Certificate is one that an approver signs with.
type Certificate struct {
	Address     string // lower case
	Certificate *x509.Certificate
}

// Resolver looks up DNS TXT records; *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Check says who sent the mail raw. It asks r only when a DKIM signature is to
// be verified; r may be nil when p.OwnDKIM is false.
func Check(ctx context.Context, raw []byte, p Policy, r Resolver) Origin {
	mail, err := parseMail(raw)
	if err != nil {
		return Origin{By: ByNone, Why: err.Error()}
	}
	address, err := mail.from()
	if err != nil {
		return Origin{By: ByNone, Why: err.Error()}
	}
	none := Origin{Address: address, By: ByNone}
	// A signature covers fields from the bottom up. A second one on top passes
	// unnoticed, and parsers return it (RFC 6376, 8.15).
	if name := mail.repeated(); name != "" {
		none.Why = "the field " + name + " is there more than once"
		return none
	}
	var reasons []string
	by, why, signedAt := checkSMIME(mail, address, p)
	if by == ByNone {
		reasons = append(reasons, why)
		by, why, none.Refuted = checkStamp(mail, address, p)
	}
	if by == ByNone {
		reasons = append(reasons, why)
		by, why, none.Temporary = checkDKIM(ctx, mail, address, p, r)
	}
	if by != ByNone {
		return Origin{Address: address, Authentic: true, By: by, Why: why, SignedAt: signedAt}
	}
	reasons = slices.DeleteFunc(append(reasons, why), func(s string) bool { return s == "" })
	none.Why = strings.Join(reasons, "; ")
	if none.Why == "" {
		none.Why = "no evidence is accepted by the configuration"
	}
	return none
}

// domainOf is the domain of an address, lower case.
func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// aligned reports whether domain may vouch for the From domain: the same, or,
// unless strict, one of the same organisation (RFC 7489, 3.1.1 and 3.2).
func aligned(domain, from string, strict bool) bool {
	domain, from = strings.ToLower(domain), strings.ToLower(from)
	if domain == "" || !plainDomain(domain) {
		return false
	}
	if domain == from {
		return true
	}
	if strict {
		return false
	}
	a, errA := publicsuffix.EffectiveTLDPlusOne(domain)
	b, errB := publicsuffix.EffectiveTLDPlusOne(from)
	return errA == nil && errB == nil && a == b
}
