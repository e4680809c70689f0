package store

import (
	"context"
	"fmt"
	"math"
	"time"
)

// MarkJobsRunning leaves the queue as a killed process does.
func (s *Store) MarkJobsRunning(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, `UPDATE river_job SET state = 'running'`)
	return err
}

// LeavePages lets the database file grow by so many pages and no more, as a
// disk does that is nearly full; a negative number lifts the limit.
func (s *Store) LeavePages(ctx context.Context, pages int) error {
	most := math.MaxInt32
	if pages >= 0 {
		// Pages that are free within the file are given back first.
		if _, err := s.write.ExecContext(ctx, `VACUUM`); err != nil {
			return err
		}
		if err := s.write.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&most); err != nil {
			return err
		}
		most += pages
	}
	return s.write.QueryRowContext(ctx, fmt.Sprintf(`PRAGMA max_page_count = %d`, most)).Scan(&most)
}

// Hash is the SHA-256 of data, in hex.
func Hash(data []byte) string { return hash(data) }

// PutJobsOff leaves the queue as it is when every job failed once while the
// clock was wrong.
func (s *Store) PutJobsOff(ctx context.Context, until time.Time) error {
	_, err := s.write.ExecContext(ctx, `UPDATE river_job SET state = 'retryable', scheduled_at = $1`, riverTime(until))
	return err
}
