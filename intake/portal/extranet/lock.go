package extranet

import (
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"
)

// lockSystems holds the WebDAV locks of every site (RFC 4918, 6). They live in
// memory: a restart ends them, as 6.6 allows and programs expect.
//
// webdav.NewMemLS would do less: it knows no shared locks and no entity tags,
// its tokens can be guessed and belong to nobody, and an If header that names
// another resource gets past its locks.
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
		l.sites[site] = &siteLocks{}
	}
	return l.sites[site]
}

// siteLocks are the locks of one site.
type siteLocks struct {
	mutex sync.Mutex
	locks []*lock
}

// lock is one lock, on the resource at a path in the site, or on everything
// below it, too.
type lock struct {
	token    string
	root     string // "/a/b"; "/" is the site
	infinite bool   // depth infinity
	shared   bool
	address  string // whose it is
	owner    string // XML that the program gave to show to people
	duration time.Duration
	expires  time.Time

	// passing marks the place of a change that is going on: it keeps others
	// from locking what is about to change, and gets in the way of nothing else.
	passing bool
}

const (
	maxLocks    = 10_000 // of one site
	maxLockTime = time.Hour
	maxOwner    = 4 << 10 // bytes
)

// covers reports whether the lock is on the resource at p.
func (l *lock) covers(p string) bool {
	return p == l.root || l.infinite && within(p, l.root)
}

func (s *siteLocks) dropExpired(now time.Time) {
	s.locks = slices.DeleteFunc(s.locks, func(l *lock) bool { return !l.passing && !now.Before(l.expires) })
}

// add makes the lock, unless another is in the way (RFC 4918, 6.2).
func (s *siteLocks) add(now time.Time, l *lock) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.dropExpired(now)
	if len(s.locks) >= maxLocks {
		return false
	}
	for _, other := range s.locks {
		meets := other.covers(l.root) || l.infinite && within(other.root, l.root)
		if meets && !(other.shared && l.shared && !other.passing) {
			return false
		}
	}
	s.locks = append(s.locks, l)
	return true
}

// refresh prolongs the lock with the token, if it is address's and is on p.
func (s *siteLocks) refresh(now time.Time, address, token, p string, d time.Duration) *lock {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.dropExpired(now)
	for _, l := range s.locks {
		if l.token == token && l.address == address && l.covers(p) {
			l.duration, l.expires = d, now.Add(d)
			found := *l
			return &found
		}
	}
	return nil
}

// remove ends the lock with the token that is on p. Its owner may.
func (s *siteLocks) remove(now time.Time, address, token, p string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.dropExpired(now)
	for i, l := range s.locks {
		if l.token == token && !l.passing && l.covers(p) {
			if l.address != address {
				return errNotYourLock
			}
			s.locks = slices.Delete(s.locks, i, i+1)
			return nil
		}
	}
	return errNoSuchLock
}

// forget ends every lock on p and below it: what was there is gone (7.4, 7.7).
func (s *siteLocks) forget(p string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.locks = slices.DeleteFunc(s.locks, func(l *lock) bool { return !l.passing && within(l.root, p) })
}

// on lists the locks on the resource at p.
func (s *siteLocks) on(now time.Time, p string) []lock {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.dropExpired(now)
	var list []lock
	for _, l := range s.locks {
		if !l.passing && l.covers(p) {
			list = append(list, *l)
		}
	}
	return list
}

// touch is a path that a request changes.
type touch struct {
	path  string
	below bool // and everything below it
}

// enter lets a change of the paths go ahead, unless one of them is locked and
// none of the tokens that the request carries is for that lock, by its owner
// (7.5: of shared locks one is enough). It returns what ends the change.
func (s *siteLocks) enter(now time.Time, address string, tokens []string, paths []touch) (leave func(), free bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.dropExpired(now)
	open := map[string]bool{} // by root of the locks that are in the way
	for _, l := range s.locks {
		if l.passing {
			continue
		}
		for _, t := range paths {
			if l.covers(t.path) || t.below && within(l.root, t.path) {
				open[l.root] = open[l.root] || l.address == address && slices.Contains(tokens, l.token)
			}
		}
	}
	for _, opened := range open {
		if !opened {
			return nil, false
		}
	}
	var own []*lock
	for _, t := range paths {
		own = append(own, &lock{root: t.path, infinite: t.below, passing: true})
	}
	s.locks = append(s.locks, own...)
	return func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.locks = slices.DeleteFunc(s.locks, func(l *lock) bool { return slices.Contains(own, l) })
	}, true
}

// newLockToken makes a token that cannot be guessed (RFC 4918, 6.5; RFC 9562, 5.4).
func newLockToken(random func(int) []byte) string {
	b := random(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return "urn:uuid:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// hold begins a change by a page, which carries no tokens: what somebody has
// open over WebDAV is left alone. It returns what ends the change, or errLocked.
func (x *Extranet) hold(v visitor, paths ...[]string) (leave func(), err error) {
	var touched []touch
	for _, names := range paths {
		touched = append(touched, touch{joinPath(names), true})
	}
	leave, free := x.locks.of(v.site).enter(x.now(), v.address, nil, touched)
	if !free {
		return nil, errLocked
	}
	return leave, nil
}

// within reports whether p is root, or below it.
func within(p, root string) bool {
	root = strings.TrimSuffix(root, "/")
	return p == root || strings.HasPrefix(p, root+"/")
}
