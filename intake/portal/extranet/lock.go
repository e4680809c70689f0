package extranet

import (
	"encoding/hex"
	"sync"
	"time"

	"golang.org/x/net/webdav"
)

// lockSystems holds the WebDAV locks of every site (RFC 4918, 6). They live in
// memory: a restart ends them, as the RFC allows (6.6) and clients expect.
type lockSystems struct {
	mutex sync.Mutex
	sites map[string]*siteLocks
}

func (l *lockSystems) of(site string) *siteLocks {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.sites == nil {
		l.sites = map[string]*siteLocks{}
	}
	if l.sites[site] == nil {
		l.sites[site] = &siteLocks{LockSystem: webdav.NewMemLS(), tokens: map[string]lockToken{}}
	}
	return l.sites[site]
}

// siteLocks gives the locks of webdav.NewMemLS what they lack: tokens that
// cannot be guessed, and an owner, so that nobody uses the lock of another.
type siteLocks struct {
	webdav.LockSystem
	mutex  sync.Mutex
	tokens map[string]lockToken // by the token that the client knows
}

type lockToken struct {
	inner   string
	address string
	expires time.Time // zero: at the end of the request
}

const (
	maxLocks    = 10_000 // of one site
	maxLockTime = time.Hour
)

// memberLocks is how one member sees the locks of a site.
type memberLocks struct {
	*siteLocks
	address string
	random  func(int) []byte
}

var _ webdav.LockSystem = memberLocks{}

func (l memberLocks) Create(now time.Time, d webdav.LockDetails) (string, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for t, lock := range l.tokens {
		if !lock.expires.IsZero() && now.After(lock.expires) {
			delete(l.tokens, t)
		}
	}
	if len(l.tokens) >= maxLocks {
		return "", webdav.ErrLocked
	}
	inner, err := l.LockSystem.Create(now, d)
	if err != nil {
		return "", err
	}
	lock := lockToken{inner: inner, address: l.address}
	if d.Duration >= 0 {
		lock.expires = now.Add(d.Duration)
	}
	b := l.random(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // RFC 9562, 5.4
	h := hex.EncodeToString(b)
	t := "urn:uuid:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	l.tokens[t] = lock
	return t, nil
}

// own returns the inner token of a lock of this member, or one that is nobody's.
func (l memberLocks) own(t string) string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if lock, ok := l.tokens[t]; ok && lock.address == l.address {
		return lock.inner
	}
	return "none"
}

func (l memberLocks) Confirm(now time.Time, name0, name1 string, conditions ...webdav.Condition) (func(), error) {
	inner := make([]webdav.Condition, len(conditions))
	for i, c := range conditions {
		inner[i] = c
		if c.Token != "" {
			inner[i].Token = l.own(c.Token)
		}
	}
	return l.LockSystem.Confirm(now, name0, name1, inner...)
}

func (l memberLocks) Refresh(now time.Time, t string, d time.Duration) (webdav.LockDetails, error) {
	details, err := l.LockSystem.Refresh(now, l.own(t), d)
	if err != nil {
		return details, err
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if lock, ok := l.tokens[t]; ok && d >= 0 {
		lock.expires = now.Add(d)
		l.tokens[t] = lock
	}
	return details, nil
}

func (l memberLocks) Unlock(now time.Time, t string) error {
	l.mutex.Lock()
	lock, ok := l.tokens[t]
	l.mutex.Unlock()
	if ok && lock.address != l.address {
		return webdav.ErrForbidden
	}
	err := l.LockSystem.Unlock(now, l.own(t))
	if err == nil || err == webdav.ErrNoSuchLock {
		l.mutex.Lock()
		delete(l.tokens, t)
		l.mutex.Unlock()
	}
	return err
}

// hold locks paths for as long as a page changes them, so that a file that
// somebody has open over WebDAV is left alone. It returns errLocked, or what
// ends it.
func (x *Extranet) hold(v visitor, paths ...[]string) (release func(), err error) {
	locks := memberLocks{x.locks.of(v.site), v.address, x.random}
	// Locks are WebDAV's, and WebDAV's clock is the real one.
	now := time.Now()
	var held []string
	release = func() {
		for _, t := range held {
			locks.Unlock(now, t)
		}
	}
	for _, names := range paths {
		t, err := locks.Create(now, webdav.LockDetails{Root: joinPath(names), Duration: -1})
		if err != nil {
			release()
			return nil, errLocked
		}
		held = append(held, t)
	}
	return release, nil
}
