package store

import (
	"context"
	"fmt"

	"registratura/intake"
)

// Counts is how much there is of everything, for monitoring.
type Counts struct {
	Requests map[intake.Status]int
	Mails    map[intake.Fate]int // "": not handled yet
	Notices  map[intake.OutgoingState]int
	Refused  map[intake.SuspectWhy]int // answers that were not taken for their sender
}

// Counts counts.
func (s *Store) Counts(ctx context.Context) (Counts, error) {
	c := Counts{map[intake.Status]int{}, map[intake.Fate]int{}, map[intake.OutgoingState]int{}, map[intake.SuspectWhy]int{}}
	for query, count := range map[string]func(string, int){
		`SELECT status, COUNT(*) FROM requests GROUP BY status`:                                            func(k string, n int) { c.Requests[intake.Status(k)] = n },
		`SELECT COALESCE(fate, ''), COUNT(*) FROM mails WHERE same_as IS NULL GROUP BY COALESCE(fate, '')`: func(k string, n int) { c.Mails[intake.Fate(k)] = n },
		`SELECT why, COUNT(*) FROM suspicions GROUP BY why`:                                                func(k string, n int) { c.Refused[intake.SuspectWhy(k)] = n },
		`SELECT state, COUNT(*) FROM notices GROUP BY state`:                                               func(k string, n int) { c.Notices[intake.OutgoingState(k)] = n },
	} {
		rows, err := s.read.QueryContext(ctx, query)
		if err != nil {
			return c, fmt.Errorf("counting: %w", err)
		}
		err = each(rows, func() error {
			var key string
			var n int
			err := rows.Scan(&key, &n)
			count(key, n)
			return err
		})
		if err != nil {
			return c, fmt.Errorf("counting: %w", err)
		}
	}
	return c, nil
}
