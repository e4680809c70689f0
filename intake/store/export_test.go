package store

import "context"

// MarkJobsRunning leaves the queue as a killed process does.
func (s *Store) MarkJobsRunning(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, `UPDATE river_job SET state = 'running'`)
	return err
}
