package extranet

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// limiter allows so many at once for each key, and one more every so often.
// What is given back counts as not taken.
type limiter struct {
	now   func() time.Time
	burst float64
	every time.Duration

	mutex   sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

const limiterKeys = 50_000 // bounds its memory; beyond, it forgets

func newLimiter(now func() time.Time, burst int, every time.Duration) *limiter {
	return &limiter{now: now, burst: float64(burst), every: every, buckets: map[string]bucket{}}
}

func (l *limiter) take(key string) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	b := l.fill(key)
	if b.left < 1 {
		return false
	}
	b.left--
	l.buckets[key] = b
	return true
}

func (l *limiter) giveBack(key string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	b := l.fill(key)
	b.left = min(l.burst, b.left+1)
	l.buckets[key] = b
}

func (l *limiter) fill(key string) bucket {
	now := l.now()
	b, ok := l.buckets[key]
	if !ok {
		if len(l.buckets) >= limiterKeys {
			clear(l.buckets)
		}
		return bucket{left: l.burst, at: now}
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.left = min(l.burst, b.left+float64(passed)/float64(l.every))
	}
	b.at = now
	return b
}

// loginGuard slows down who guesses passwords, without letting a stranger lock
// anybody out: failures count against where they come from, and against the
// address only for places from which its owner has not logged in before. Who
// is held up all the same gets in with a one-time link, which is not limited
// by failures, or stays in with a session.
type loginGuard struct {
	place   *limiter // failures from one place, whatever the address
	pair    *limiter // failures from one place for one address
	address *limiter // failures for one address from places that are strange to it

	mutex sync.Mutex
	known map[[2]string]bool // address, place
}

func newLoginGuard(now func() time.Time) *loginGuard {
	return &loginGuard{
		place:   newLimiter(now, 40, 15*time.Second),
		pair:    newLimiter(now, 8, time.Minute),
		address: newLimiter(now, 60, time.Minute),
		known:   map[[2]string]bool{},
	}
}

// newCodeGuard is for codes of six digits, of which three are right at any time.
// Only who knows the password can try one, so no stranger locks anybody out;
// and who knows it, from however many places, has 288 tries a day: one account
// in 1,000 would fall to that a day.
func newCodeGuard(now func() time.Time) *loginGuard {
	g := newLoginGuard(now)
	g.address = newLimiter(now, 20, 5*time.Minute)
	return g
}

const knownPlaces = 10_000

// attempt is a login that is being tried; it counts as a failure until it succeeded.
type attempt struct {
	guard          *loginGuard
	place, address string
	strange        bool
}

// try reports false when there were too many failures: the password is then
// not even looked at.
func (g *loginGuard) try(place, address string) (attempt, bool) {
	g.mutex.Lock()
	strange := !g.known[[2]string{address, place}]
	g.mutex.Unlock()
	a := attempt{g, place, address, strange}
	if !g.place.take(place) {
		return a, false
	}
	if !g.pair.take(place + " " + address) {
		g.place.giveBack(place)
		return a, false
	}
	if strange && !g.address.take(address) {
		g.pair.giveBack(place + " " + address)
		g.place.giveBack(place)
		return a, false
	}
	return a, true
}

func (a attempt) succeeded() {
	a.guard.place.giveBack(a.place)
	a.guard.pair.giveBack(a.place + " " + a.address)
	if a.strange {
		a.guard.address.giveBack(a.address)
	}
	a.guard.remember(a.place, a.address)
}

// remember notes that the owner of the address was at the place.
func (g *loginGuard) remember(place, address string) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if len(g.known) >= knownPlaces {
		clear(g.known)
	}
	g.known[[2]string{address, place}] = true
}

// placeOf says where a request comes from: its IPv4 address, or the /64 that
// one subscriber has in IPv6. X-Forwarded-For is read from the right, as far
// as trusted proxies wrote it.
func placeOf(r *http.Request, trusted []netip.Prefix) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := peer.Addr().Unmap()
	isTrusted := func(a netip.Addr) bool {
		for _, p := range trusted {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && isTrusted(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}
