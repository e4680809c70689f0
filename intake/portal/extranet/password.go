package extranet

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Argon2id with the parameters of OWASP's Password Storage Cheat Sheet (19 MiB,
// 2 passes, 1 lane). Two at a time at most, so that a rush of logins cannot
// take more than 38 MiB.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKey     = 32
	argonSalt    = 16
	argonAtOnce  = 2
)

const (
	minPassword = 12  // characters
	maxPassword = 256 // bytes
)

// passwordHasher hashes and verifies passwords, a bounded number at a time.
type passwordHasher struct {
	random func(int) []byte
	slots  chan struct{}
	absent string // the hash that no password has
}

func newPasswordHasher(random func(int) []byte) *passwordHasher {
	h := &passwordHasher{random: random, slots: make(chan struct{}, argonAtOnce)}
	h.absent = phc(random(argonSalt), random(argonKey))
	return h
}

func phc(salt, key []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, b64(salt), b64(key))
}

// normalPassword makes one password of the ways in which keyboards send the
// same characters (NIST SP 800-63B, 3.1.1.2).
func normalPassword(password string) []byte { return []byte(norm.NFKC.String(password)) }

func (h *passwordHasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	salt := h.random(argonSalt)
	return phc(salt, argon2.IDKey(normalPassword(password), salt, argonTime, argonMemory, argonThreads, argonKey)), nil
}

// verify reports whether password is the one that was hashed. An empty hash,
// of an account without a password or of none at all, takes as long as any
// other and matches nothing.
func (h *passwordHasher) verify(ctx context.Context, hash, password string) (bool, error) {
	matches := hash != ""
	if !matches {
		hash = h.absent
	}
	var version, memory, passes, threads int
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("reading a password's hash: it is not argon2id")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, fmt.Errorf("reading a password's hash: unknown version %q", parts[2])
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return false, fmt.Errorf("reading a password's hash: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("reading a password's salt: %w", err)
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("reading a password's hash: %w", err)
	}
	if len(password) > maxPassword {
		return false, nil
	}
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	got := argon2.IDKey(normalPassword(password), salt, uint32(passes), uint32(memory), uint8(threads), uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1 && matches, nil
}

func (h *passwordHasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for a turn to check a password: %w", ctx.Err())
	}
}

func (h *passwordHasher) leave() { <-h.slots }

//go:embed common.txt
var commonPasswords string

func commonWords() []string {
	var words []string
	for line := range strings.Lines(commonPasswords) {
		if !strings.HasPrefix(line, "#") {
			words = append(words, strings.Fields(line)...)
		}
	}
	return words
}

// judgePassword says in Romanian why password is not good enough, or nothing.
// Length counts, kinds of characters don't (NIST SP 800-63B, 3.1.1.2).
func judgePassword(password, address string) string {
	if utf8.RuneCountInString(norm.NFKC.String(password)) < minPassword {
		return fmt.Sprintf("Parola este prea scurtă. Alegeți cel puțin %d caractere, de exemplu patru cuvinte oarecare.", minPassword)
	}
	if len(password) > maxPassword {
		return "Parola este prea lungă. Alegeți una mai scurtă."
	}
	folded := foldText(password)
	distinct := map[rune]bool{}
	for _, r := range folded {
		distinct[r] = true
	}
	if len(distinct) < 5 || isRun(folded) {
		return "Parola se ghicește ușor: repetă aceleași caractere sau urmează ordinea de pe tastatură. Alegeți alta, de exemplu patru cuvinte oarecare."
	}
	// A known word with digits or signs around it is tried first by whoever guesses.
	core := strings.TrimFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) })
	local, domain, _ := strings.Cut(address, "@")
	own := []string{address, local, domain, local + local}
	for _, word := range append(own, commonWords()...) {
		word = foldText(word)
		if word != "" && (folded == word || core == word || core == word+word || core == word+word+word) {
			return "Parola este una dintre cele care se ghicesc primele. Alegeți alta, de exemplu patru cuvinte oarecare."
		}
	}
	return ""
}

// foldText takes away case and diacritics.
func foldText(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isRun reports whether s only walks along a row of the keyboard, the alphabet
// or the digits, again and again.
func isRun(s string) bool {
	for _, row := range []string{"qwertyuiopasdfghjklzxcvbnm", "abcdefghijklmnopqrstuvwxyz", "12345678901234567890", "0987654321098765432109876543210"} {
		if strings.Contains(row+row+row, s) {
			return true
		}
	}
	return false
}

// verifiedCache remembers for a short while that a password was right, so that
// WebDAV, which sends it with every request, does not cost an argon2id each.
// What it keeps cannot be turned back into passwords: a keyed hash, whose key
// is made anew at each start.
type verifiedCache struct {
	key     []byte
	now     func() time.Time
	mutex   sync.Mutex
	until   map[[sha256.Size]byte]time.Time
	running map[[sha256.Size]byte]*verification
}

// verification is a check of a password that is going on.
type verification struct {
	done chan struct{}
	err  error
}

const (
	verifiedFor = 5 * time.Minute
	verifiedMax = 10_000
)

func newVerifiedCache(key []byte, now func() time.Time) *verifiedCache {
	return &verifiedCache{key: key, now: now, until: map[[sha256.Size]byte]time.Time{}, running: map[[sha256.Size]byte]*verification{}}
}

// entry is bound to the stored hash: a changed password is not found again.
func (c *verifiedCache) entry(address, hash, password string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, c.key)
	fmt.Fprintf(mac, "%d:%s%d:%s%s", len(address), address, len(hash), hash, password)
	mac.Sum(sum[:0])
	return sum
}

// check returns nil if the password was right a short while ago, or else what f
// says. Programs open many connections at once, all with the same password:
// who comes while f is running for it waits for that answer.
func (c *verifiedCache) check(address, hash, password string, f func() error) error {
	e := c.entry(address, hash, password)
	c.mutex.Lock()
	if c.now().Before(c.until[e]) {
		c.mutex.Unlock()
		return nil
	}
	if v := c.running[e]; v != nil {
		c.mutex.Unlock()
		<-v.done
		return v.err
	}
	v := &verification{done: make(chan struct{}), err: errInternal}
	c.running[e] = v
	c.mutex.Unlock()
	defer func() {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		delete(c.running, e)
		if v.err == nil {
			if len(c.until) >= verifiedMax {
				clear(c.until)
			}
			c.until[e] = c.now().Add(verifiedFor)
		}
		close(v.done)
	}()
	v.err = f()
	return v.err
}
