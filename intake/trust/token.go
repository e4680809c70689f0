package trust

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A token ties an answer to the one mail of ours that it answers (rule T1). It
// is 160 random bits, written as 32 letters and digits of a-z and 2-7: usable in
// a message identifier and in an address, and the same in upper case.
const (
	tokenBytes   = 20
	tokenLetters = 32
	maxTokens    = 64 // candidates taken from one mail
)

var tokenEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewToken makes a token of bytes from random, which is crypto/rand.Reader
// outside of tests.
func NewToken(random io.Reader) (string, error) {
	var b [tokenBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	return tokenEncoding.EncodeToString(b[:]), nil
}

// HashToken is what may be stored of a token: its SHA-256, in hexadecimal. A
// token has as many random bits as make a salt unnecessary.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(token)))
	return hex.EncodeToString(sum[:])
}

// MessageID is the message identifier, without angle brackets, of the mail that
// token is for: answers carry it in In-Reply-To and References.
func MessageID(token, domain string) string { return "registratura." + token + "@" + domain }

// PlusAddress is the address to which the answer to a mail with that token
// should go: desk "cereri@primaria.ro" becomes "cereri+TOKEN@primaria.ro" (RFC
// 5233, subaddressing).
func PlusAddress(desk, token string) string {
	at := strings.LastIndexByte(desk, '@')
	if at < 0 {
		return desk
	}
	return desk[:at] + "+" + token + desk[at:]
}

// FindTokens finds what may be tokens, nearest first, each once, lower case: in
// message identifiers (with or without angle brackets) after the last dot of
// the local part, in recipients after its last plus. Whether one is a token,
// only the store can say.
func FindTokens(messageIDs, recipients []string) []string {
	var tokens []string
	add := func(address string, mark byte) {
		address = strings.Trim(address, "<> \t")
		at := strings.LastIndexByte(address, '@')
		if at < 0 {
			return
		}
		local := strings.ToLower(address[:at])
		candidate := local[strings.LastIndexByte(local, mark)+1:]
		if len(candidate) == len(local) || !isToken(candidate) || slices.Contains(tokens, candidate) || len(tokens) == maxTokens {
			return
		}
		tokens = append(tokens, candidate)
	}
	for _, id := range messageIDs {
		add(id, '.')
	}
	for _, r := range recipients {
		add(r, '+')
	}
	return tokens
}

func isToken(s string) bool {
	if len(s) != tokenLetters {
		return false
	}
	_, err := tokenEncoding.DecodeString(s)
	return err == nil
}
