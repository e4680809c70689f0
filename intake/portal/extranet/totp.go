package extranet

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"database/sql"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// One-time codes by the clock (TOTP, RFC 6238) with what every app has:
// HMAC-SHA-1, 30 seconds, 6 digits.
const (
	totpStep   = 30 // seconds
	totpDigits = 6
	totpSecret = 20 // bytes (RFC 4226, 4, R6)
	totpSkew   = 1  // steps that the app's clock may be off either way (RFC 6238, 5.2)

	recoveryCodes     = 10
	recoveryCodeBytes = 10 // 80 bits: not to be found from its hash
)

var (
	errWrongCode = &refusal{http.StatusUnauthorized, "Codul nu este corect sau a fost folosit deja. Așteptați unul nou în aplicație și scrieți-l pe acela."}
	errNoLogin   = &refusal{http.StatusUnauthorized, "Au trecut prea multe minute de la scrierea parolei. Intrați din nou."}
)

// totpCode is the code of a step of 30 seconds (RFC 4226, 5.3).
func totpCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, n%1_000_000)
}

// totpStepOf finds the step about now whose code was typed; 0: none.
func totpStepOf(secret []byte, now time.Time, code string) int64 {
	current, found := now.Unix()/totpStep, int64(0)
	for step := current - totpSkew; step <= current+totpSkew; step++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, step)), []byte(code)) == 1 {
			found = step
		}
	}
	return found
}

// totpURI is what apps take a secret from (the Key URI Format of Google Authenticator).
func totpURI(institution, address string, secret []byte) string {
	label := url.PathEscape("Extranet " + institution + ":" + address)
	q := url.Values{"secret": {base32Text(secret)}, "issuer": {"Extranet " + institution}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

func base32Text(b []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

// inGroups makes text that people type readable: "abcd efgh".
func inGroups(s, between string) string {
	var groups []string
	for len(s) > 4 {
		groups, s = append(groups, s[:4]), s[4:]
	}
	return strings.Join(append(groups, s), between)
}

// withoutGroups takes away what people type between digits and letters.
func withoutGroups(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.ToLower(strings.TrimSpace(s)))
}

// secondFactor is what an account asks for beside its password.
type secondFactor struct {
	secret    []byte
	confirmed int64 // 0: nothing yet
}

func (x *Extranet) secondFactorOf(q querier, address string) (f secondFactor, err error) {
	err = q.QueryRow(`SELECT secret, confirmed_at FROM second_factors WHERE address = ?`, address).Scan(&f.secret, &f.confirmed)
	if errors.Is(err, sql.ErrNoRows) {
		return secondFactor{}, nil
	}
	if err != nil {
		return secondFactor{}, fmt.Errorf("looking up a second factor: %w", err)
	}
	return f, nil
}

// asksCode reports whether a password alone does not open the account.
func (x *Extranet) asksCode(address string) (bool, error) {
	f, err := x.secondFactorOf(x.db.reader, address)
	return f.confirmed > 0, err
}

// beginSecondFactor makes a secret for the account, which asks for nothing
// until it is confirmed; one that was not confirmed before is replaced.
func (x *Extranet) beginSecondFactor(address string) ([]byte, error) {
	secret := x.random(totpSecret)
	err := x.db.write(func(tx *sql.Tx) error {
		result, err := tx.Exec(`INSERT INTO second_factors (address, secret) VALUES (?, ?)
			ON CONFLICT (address) DO UPDATE SET secret = excluded.secret, last_step = 0 WHERE confirmed_at = 0`, address, secret)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, errFactorOn)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("beginning a second factor: %w", err)
	}
	return secret, nil
}

var errFactorOn = &refusal{http.StatusConflict, "Codul la intrare este pornit deja. Reîncărcați pagina."}

// confirmSecondFactor turns it on, once its owner has shown that their app makes
// the right codes, and returns the codes for when the app is lost. Other
// sessions end: they began without it.
func (x *Extranet) confirmSecondFactor(s *session, place, code string) ([]string, error) {
	f, err := x.secondFactorOf(x.db.reader, s.address)
	switch {
	case err != nil:
		return nil, err
	case f.secret == nil:
		return nil, errNotFound
	case f.confirmed > 0:
		return nil, errFactorOn
	}
	try, allowed := x.codes.try(place, s.address)
	if !allowed {
		return nil, errTooManyTries
	}
	step := totpStepOf(f.secret, x.now(), withoutGroups(code))
	if step == 0 {
		return nil, errWrongCode
	}
	try.succeeded()
	var codes []string
	err = x.db.write(func(tx *sql.Tx) error {
		result, err := tx.Exec(`UPDATE second_factors SET confirmed_at = ?, last_step = ? WHERE address = ? AND secret = ? AND confirmed_at = 0`,
			millis(x.now()), step, s.address, f.secret)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, errFactorOn)
		}
		for range recoveryCodes {
			code := strings.ToLower(base32Text(x.random(recoveryCodeBytes)))
			if _, err := tx.Exec(`INSERT INTO recovery_codes (address, hash) VALUES (?, ?)`, s.address, token(code).hash()); err != nil {
				return err
			}
			codes = append(codes, inGroups(code, "-"))
		}
		_, err = tx.Exec(`DELETE FROM sessions WHERE address = ? AND hash <> ?`, s.address, s.token.hash())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("turning a second factor on: %w", err)
	}
	return codes, nil
}

// endSecondFactor turns it off.
func (x *Extranet) endSecondFactor(address string) error {
	err := x.db.write(func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM second_factors WHERE address = ?`, address)
		return err
	})
	if err != nil {
		return fmt.Errorf("turning a second factor off: %w", err)
	}
	return nil
}

// checkCode takes a code of the app, or one that stands in for it, each once.
func (x *Extranet) checkCode(place, address, typed string) error {
	f, err := x.secondFactorOf(x.db.reader, address)
	if err != nil || f.confirmed == 0 {
		return err // turned off since
	}
	try, allowed := x.codes.try(place, address)
	if !allowed {
		return errTooManyTries
	}
	code := withoutGroups(typed)
	err = x.db.write(func(tx *sql.Tx) error {
		var result sql.Result
		var err error
		if step := totpStepOf(f.secret, x.now(), code); step > 0 {
			result, err = tx.Exec(`UPDATE second_factors SET last_step = ? WHERE address = ? AND last_step < ?`, step, address, step)
		} else {
			result, err = tx.Exec(`DELETE FROM recovery_codes WHERE address = ? AND hash = ?`, address, token(code).hash())
		}
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, errWrongCode)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("checking a code: %w", err)
	}
	try.succeeded()
	return nil
}

// halfLogins are those who have shown their password, and still have to show a
// code. They are only in memory: after a restart one begins again.
type halfLogins struct {
	now   func() time.Time
	mutex sync.Mutex
	list  map[string]halfLogin // by the hash of the cookie
}

type halfLogin struct {
	person
	until time.Time
}

const (
	halfLoginLife = 10 * time.Minute
	halfLoginsMax = 10_000
)

func newHalfLogins(now func() time.Time) *halfLogins {
	return &halfLogins{now: now, list: map[string]halfLogin{}}
}

func (h *halfLogins) add(t token, p person) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	now := h.now()
	for key, l := range h.list {
		if !now.Before(l.until) {
			delete(h.list, key)
		}
	}
	if len(h.list) >= halfLoginsMax {
		clear(h.list)
	}
	h.list[t.hash64()] = halfLogin{p, now.Add(halfLoginLife)}
}

func (h *halfLogins) find(t token) (person, bool) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	l, ok := h.list[t.hash64()]
	return l.person, ok && t != "" && h.now().Before(l.until)
}

func (h *halfLogins) end(t token) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	delete(h.list, t.hash64())
}

// endOf ends those of an address: its password was changed.
func (h *halfLogins) endOf(address string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for key, l := range h.list {
		if l.address == address {
			delete(h.list, key)
		}
	}
}
