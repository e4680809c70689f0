package extranet

import (
	"crypto/sha256"
	"encoding/base64"
)

// token is a secret that we make and hand out once: a one-time link, a session
// cookie. Only its hash is stored, so who reads the database cannot use it.
type token string

const tokenBytes = 32

func newToken(random func(int) []byte) token {
	return token(base64.RawURLEncoding.EncodeToString(random(tokenBytes)))
}

func (t token) hash() []byte {
	sum := sha256.Sum256([]byte(t))
	return sum[:]
}

// hash64 is the hash as text.
func (t token) hash64() string { return base64.RawURLEncoding.EncodeToString(t.hash()) }
