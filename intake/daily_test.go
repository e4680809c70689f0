package intake

import (
	"context"
	"errors"
	"testing"
	"time"

	"registratura/forms"
)

// chores are recorded in a store that forgets everything else.
type choreStore struct {
	Store
	done map[string]forms.Date
}

type choreTx struct {
	Tx
	*choreStore
}

func (s *choreStore) TransactEach(_ context.Context, fns []func(Tx) error) []error {
	errs := make([]error, len(fns))
	for i, fn := range fns {
		errs[i] = fn(choreTx{choreStore: s})
	}
	return errs
}

func (t choreTx) ChoreDone(name string) (forms.Date, error) { return t.done[name], nil }

func (t choreTx) SetChoreDone(name string, day forms.Date) error {
	t.done[name] = day
	return nil
}

func TestAChoreIsDoneOnceADayAndLateRatherThanNever(t *testing.T) {
	var did []string
	fails := false
	list := []chore{
		{"first", func(_ *Desk, _ context.Context, today forms.Date) error {
			if fails {
				return errors.New("not today")
			}
			did = append(did, "first "+today.String())
			return nil
		}},
		{"second", func(_ *Desk, _ context.Context, today forms.Date) error {
			did = append(did, "second "+today.String())
			return nil
		}},
	}
	now := time.Date(2026, 11, 23, 8, 59, 0, 0, time.UTC)
	d := &Desk{Store: &choreStore{done: map[string]forms.Date{}}, Now: func() time.Time { return now }}
	d.Policy.Location = time.UTC
	step := func(what string, at time.Time, failing bool, want ...string) {
		t.Helper()
		now, did, fails = at, nil, failing
		if err := d.daily(t.Context(), list); (err != nil) != failing {
			t.Errorf("%s: %v", what, err)
		}
		if len(did) != len(want) {
			t.Errorf("%s: did %q, want %q", what, did, want)
			return
		}
		for i := range want {
			if did[i] != want[i] {
				t.Errorf("%s: did %q, want %q", what, did, want)
			}
		}
	}
	day := func(d, hour int) time.Time { return time.Date(2026, 11, d, hour, 0, 0, 0, time.UTC) }
	step("before the hour", day(23, 8), false)
	step("at the hour", day(23, 9), false, "first 2026-11-23", "second 2026-11-23")
	step("later that day", day(23, 15), false)
	step("when one fails the others are done", day(24, 9), true, "second 2026-11-24")
	step("what failed is tried again", day(24, 10), false, "first 2026-11-24")
	step("after a week of downtime, once", day(30, 18), false, "first 2026-11-30", "second 2026-11-30")
	step("when the clock is set back, not again", day(26, 12), false)
	if got := d.untilNextRound(); got != 21*time.Hour {
		t.Errorf("at noon the next round is in %v", got)
	}
}
