package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"registratura/intake"
)

// Period is a length of time by the calendar, written "90 days", "6 months" or
// "5 years"; "0" is endless.
type Period string

// forever is the period that never ends.
const forever Period = "0"

// maxYears keeps periods within what a calendar can tell.
const maxYears = 200

var periodText = regexp.MustCompile(`^(\d{1,5}) ?(day|month|year)s?$`)

func (p *Period) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if s == string(forever) {
		*p = forever
		return nil
	}
	m := periodText.FindStringSubmatch(s)
	if m == nil {
		return errors.New("is not a length of time in days, months or years")
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n == 0 {
		return errors.New("is not a length of time in days, months or years")
	}
	if n > maxYears*map[string]int{"day": 365, "month": 12, "year": 1}[m[2]] {
		return fmt.Errorf("is longer than %d years", maxYears)
	}
	unit := m[2]
	if n != 1 {
		unit += "s"
	}
	*p = Period(fmt.Sprintf("%d %s", n, unit))
	return nil
}

// Length is the period as the desk counts it.
func (p Period) Length() intake.Period {
	m := periodText.FindStringSubmatch(string(p))
	if m == nil {
		return intake.Period{} // forever
	}
	n, _ := strconv.Atoi(m[1]) // five digits at most
	switch m[2] {
	case "day":
		return intake.Period{Days: n}
	case "month":
		return intake.Period{Months: n}
	default:
		return intake.Period{Months: 12 * n}
	}
}

func (p Period) MarshalText() ([]byte, error) { return []byte(p), nil }

func (Period) instead() string {
	return `write it like "90 days", "6 months" or "5 years"; "0" is for ever`
}

// least is the shortest that the period can be.
func (p Period) least() time.Duration {
	l := p.Length()
	return time.Duration(l.Months/12*365+l.Months%12*28+l.Days) * day
}

const (
	// leastKept is less than which nothing is worth keeping: people come back to
	// a mail within a month.
	leastKept = 30 * day
	// journalAsked is how far back "jurnal" by mail asks.
	journalAsked = 90 * day
)

func (c *Config) checkRetention() {
	r := &c.Retention
	kinds := []struct {
		key    string
		period Period
		least  time.Duration
		why    string
	}{
		{"other_mails", r.OtherMails, leastKept, ""},
		{"failed_requests", r.FailedRequests, leastKept, ""},
		{"closed_requests", r.ClosedRequests, leastKept, ""},
		{"access_data", r.AccessData, leastKept, ""},
		{"notices", r.Notices, max(leastKept, time.Duration(c.Approval.TokenLife), time.Duration(c.Portal.LinkLife)),
			"the life of a question (approval.token_life) or of a link (portal.link_life)"},
		{"suspicions", r.Suspicions, leastKept, ""},
		{"access_journal", r.AccessJournal, journalAsked, `the 90 days that "jurnal" by mail tells of`},
		{"registry", r.Registry, leastKept, ""},
	}
	for _, k := range kinds {
		key, value := "retention."+k.key, show(string(k.period))
		switch {
		case k.period == forever:
		case k.period.least() >= k.least:
		case k.why != "" && k.period.least() >= leastKept:
			c.fault(key, value, "is shorter than "+k.why, `write a longer one, or "0" to keep for ever`)
		default:
			c.fault(key, value, "is too short", fmt.Sprintf(`write at least "%d days", or "0" to keep for ever`, leastKept/day))
		}
	}
	// With its registry entry all of a request is purged.
	for _, k := range kinds[1:6] {
		if r.Registry != forever && (k.period == forever || r.Registry.least() < k.period.least()) {
			c.fault("retention."+k.key, show(string(k.period)), "is longer than retention.registry, with which all of a request is purged",
				"write a shorter one, or a longer registry")
		}
	}
	if a, m := r.AccessData, r.ClosedRequests; a != forever && (m == forever || a.least() < m.least()) {
		c.warn("retention.access_data", show(string(a)), "is shorter than retention.closed_requests: the mails still hold the forms with all names", "write at least as long a one")
	}
}

// Periods are the periods as the desk takes them; the journal is the portal's.
func (r Retention) Periods() intake.Retention {
	return intake.Retention{
		OtherMails: r.OtherMails.Length(), FailedRequests: r.FailedRequests.Length(), ClosedRequests: r.ClosedRequests.Length(),
		AccessData: r.AccessData.Length(), Notices: r.Notices.Length(), Suspicions: r.Suspicions.Length(), Registry: r.Registry.Length(),
	}
}
