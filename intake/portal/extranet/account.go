package extranet

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// person is whoever has logged in.
type person struct {
	address string
	name    string
}

var (
	errWrongPassword = &refusal{http.StatusUnauthorized, "Adresa sau parola nu este corectă. Verificați-le și încercați din nou; dacă ați uitat parola, cereți un link nou."}
	errTooManyTries  = &refusal{http.StatusTooManyRequests, "Au fost prea multe încercări. Așteptați câteva minute sau cereți un link nou pe adresa dumneavoastră."}
	errLinkUsed      = &refusal{http.StatusGone, "Linkul nu mai este valabil: a fost folosit deja, a expirat sau a fost înlocuit de unul mai nou. Cereți un link nou."}
)

// cleanAddress is what people type as their address, as accounts have it.
func cleanAddress(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

// authenticate finds the account that has the address and password.
func (x *Extranet) authenticate(ctx context.Context, place, address, password string) (person, error) {
	p := person{address: cleanAddress(address)}
	var hash string
	err := x.db.reader.QueryRow(`SELECT name, password FROM accounts WHERE address = ?`, p.address).Scan(&p.name, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return person{}, fmt.Errorf("looking up an account: %w", err)
	}
	err = x.verified.check(p.address, hash, password, func() error {
		try, allowed := x.logins.try(place, p.address)
		if !allowed {
			return errTooManyTries
		}
		// Not the request's context: others may be waiting for this answer.
		ok, err := x.passwords.verify(context.WithoutCancel(ctx), hash, password)
		if err != nil {
			return err
		}
		if !ok {
			return errWrongPassword
		}
		try.succeeded()
		return nil
	})
	if err != nil {
		return person{}, err
	}
	return p, nil
}

// authenticateProgram is authenticate for WebDAV, where the password may also
// be one that was made for a program.
func (x *Extranet) authenticateProgram(ctx context.Context, place, address, password string) (person, error) {
	p := person{address: cleanAddress(address)}
	var id, usedAt int64
	err := x.db.reader.QueryRow(`SELECT p.id, p.used_at, a.name FROM app_passwords p JOIN accounts a ON a.address = p.address
		WHERE p.address = ? AND p.hash = ?`, p.address, appPassword(password).hash()).Scan(&id, &usedAt, &p.name)
	if errors.Is(err, sql.ErrNoRows) {
		p, err := x.authenticate(ctx, place, address, password)
		if err != nil {
			return person{}, err
		}
		// A program cannot ask for a code, so there the password is not enough.
		asks, err := x.asksCode(p.address)
		if err != nil {
			return person{}, err
		}
		if asks {
			return person{}, errWrongPassword
		}
		return p, nil
	}
	if err != nil {
		return person{}, fmt.Errorf("looking up an app password: %w", err)
	}
	if now := millis(x.now()); now-usedAt > time.Hour.Milliseconds() {
		err := x.db.write(func(tx *sql.Tx) error {
			_, err := tx.Exec(`UPDATE app_passwords SET used_at = ? WHERE id = ?`, now, id)
			return err
		})
		if err != nil {
			return person{}, fmt.Errorf("noting an app password's use: %w", err)
		}
	}
	return p, nil
}

// appPassword is the token in a password made for a program, which people may
// type with or without its hyphens.
func appPassword(password string) token {
	return token(strings.ToLower(strings.ReplaceAll(strings.TrimSpace(password), "-", "")))
}

// newAppPassword makes a password for a program, to be shown once: 128 random
// bits in groups that can be typed.
func (x *Extranet) newAppPassword(address, label string) (string, error) {
	const group = 5
	plain := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(x.random(16)))[:25]
	var groups []string
	for i := 0; i < len(plain); i += group {
		groups = append(groups, plain[i:i+group])
	}
	err := x.db.write(func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO app_passwords (address, label, hash, created_at) VALUES (?, ?, ?, ?)`,
			address, label, token(plain).hash(), millis(x.now()))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("making an app password: %w", err)
	}
	return strings.Join(groups, "-"), nil
}

// linkOwner finds whose the one-time link is, without using it up: programs
// that look at mails for viruses open links, too.
func (x *Extranet) linkOwner(t token) (person, error) {
	var p person
	err := x.db.reader.QueryRow(`SELECT a.address, a.name FROM links l JOIN accounts a ON a.address = l.address
		WHERE l.hash = ? AND l.expires_at > ?`, t.hash(), millis(x.now())).Scan(&p.address, &p.name)
	if errors.Is(err, sql.ErrNoRows) {
		return person{}, errLinkUsed
	}
	if err != nil {
		return person{}, fmt.Errorf("looking up a link: %w", err)
	}
	return p, nil
}

// useLink sets the password of the link's owner and uses the link up. Every
// session ends: whoever had the password before may not be its owner.
func (x *Extranet) useLink(ctx context.Context, t token, password string) (person, error) {
	p, err := x.linkOwner(t)
	if err != nil {
		return person{}, err
	}
	hash, err := x.passwords.hash(ctx, password)
	if err != nil {
		return person{}, err
	}
	err = x.db.write(func(tx *sql.Tx) error {
		result, err := tx.Exec(`DELETE FROM links WHERE hash = ? AND address = ? AND expires_at > ?`, t.hash(), p.address, millis(x.now()))
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, errLinkUsed)
		}
		return setPassword(tx, p.address, hash, millis(x.now()), nil)
	})
	if err != nil {
		return person{}, err
	}
	x.half.endOf(p.address)
	return p, nil
}

// setPassword sets the password and ends every session but one.
func setPassword(tx *sql.Tx, address, hash string, now int64, keep []byte) error {
	if _, err := tx.Exec(`UPDATE accounts SET password = ?, password_at = ? WHERE address = ?`, hash, now, address); err != nil {
		return fmt.Errorf("setting a password: %w", err)
	}
	if _, err := tx.Exec(`DELETE FROM sessions WHERE address = ? AND hash IS NOT ?`, address, keep); err != nil {
		return fmt.Errorf("ending sessions: %w", err)
	}
	return nil
}

// session is a browser in which somebody has logged in.
type session struct {
	person
	token token
}

// csrf is the token that forms carry. It is bound to the cookie, and the
// cookie cannot be found from it.
func (t token) csrf() string {
	return token("csrf " + string(t)).hash64()
}

func (t token) csrfMatches(sent string) bool {
	return subtle.ConstantTimeCompare([]byte(t.csrf()), []byte(sent)) == 1
}

func (x *Extranet) newSession(p person) (token, error) {
	t := newToken(x.random)
	now := x.now()
	err := x.db.write(func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO sessions (hash, address, created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, ?)`,
			t.hash(), p.address, millis(now), millis(now), millis(now.Add(x.config.SessionMax)))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("beginning a session: %w", err)
	}
	return t, nil
}

// sessionSeenEvery bounds how often a session in use is written to.
const sessionSeenEvery = 5 * time.Minute

// sessionOf returns the session that t names, or nil.
func (x *Extranet) sessionOf(t token) (*session, error) {
	if t == "" {
		return nil, nil
	}
	now := x.now()
	s := &session{token: t}
	var seen int64
	err := x.db.reader.QueryRow(`SELECT a.address, a.name, s.seen_at FROM sessions s JOIN accounts a ON a.address = s.address
		WHERE s.hash = ? AND s.expires_at > ? AND s.seen_at > ?`,
		t.hash(), millis(now), millis(now.Add(-x.config.SessionIdle))).Scan(&s.address, &s.name, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking up a session: %w", err)
	}
	if millis(now)-seen > sessionSeenEvery.Milliseconds() {
		err := x.db.write(func(tx *sql.Tx) error {
			_, err := tx.Exec(`UPDATE sessions SET seen_at = ? WHERE hash = ?`, millis(now), t.hash())
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("noting a session's use: %w", err)
		}
	}
	return s, nil
}

func (x *Extranet) endSession(t token) error {
	err := x.db.write(func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM sessions WHERE hash = ?`, t.hash())
		return err
	})
	if err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}
