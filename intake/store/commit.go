package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"registratura/intake"
)

// Transact implements [intake.Store].
func (s *Store) Transact(ctx context.Context, fn func(intake.Tx) error) error {
	return s.TransactEach(ctx, []func(intake.Tx) error{fn})[0]
}

// TransactEach implements [intake.Store].
func (s *Store) TransactEach(ctx context.Context, fns []func(intake.Tx) error) []error {
	// A write that began is finished: see rule D8.
	ctx = context.WithoutCancel(ctx)
	writes := make([]*write, len(fns))
	for i, fn := range fns {
		writes[i] = &write{ctx: ctx, fn: func(t *tx) error { return fn(t) }, done: make(chan error, 1)}
		s.commits.queue <- writes[i]
	}
	errs := make([]error, len(fns))
	for i, w := range writes {
		errs[i] = <-w.done
	}
	return errs
}

func (s *Store) transact(ctx context.Context, fn func(*tx) error) error {
	w := &write{ctx: context.WithoutCancel(ctx), fn: fn, done: make(chan error, 1)}
	s.commits.queue <- w
	return <-w.done
}

// committer commits writes that wait at the same time together, because what
// costs is waiting for the disk. Each is all or nothing on its own, by a
// savepoint; they are done in the order in which they came.
type committer struct {
	queue chan *write
	ended chan struct{}
	once  sync.Once
}

type write struct {
	ctx  context.Context
	fn   func(*tx) error
	done chan error
}

// together is how many writes are committed at once, at most.
const together = 16

func startCommitter(s *Store) *committer {
	c := &committer{queue: make(chan *write, together), ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		for w := range c.queue {
			batch := []*write{w}
			for len(batch) < together {
				select {
				case w, ok := <-c.queue:
					if ok {
						batch = append(batch, w)
						continue
					}
				default:
				}
				break
			}
			s.commit(batch)
		}
	}()
	return c
}

func (c *committer) stop() {
	c.once.Do(func() { close(c.queue) })
	<-c.ended
}

// commit runs the batch in one transaction and tells each of its outcome.
func (s *Store) commit(batch []*write) {
	errs := make([]error, len(batch))
	err := s.runTogether(batch, errs)
	for i, w := range batch {
		if errs[i] == nil {
			errs[i] = err // not committed
		}
		w.done <- errs[i]
	}
}

func (s *Store) runTogether(batch []*write, errs []error) error {
	ctx := context.Background()
	sqlTx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	defer sqlTx.Rollback()
	for i, w := range batch {
		if _, err := sqlTx.ExecContext(ctx, `SAVEPOINT one`); err != nil {
			return fmt.Errorf("setting a savepoint: %w", err)
		}
		end := `RELEASE SAVEPOINT one`
		if errs[i] = run(&tx{ctx: w.ctx, q: sqlTx, store: s}, w.fn); errs[i] != nil {
			end = `ROLLBACK TO SAVEPOINT one`
		}
		if _, err := sqlTx.ExecContext(ctx, end); err != nil {
			return fmt.Errorf("ending a savepoint: %w", err)
		}
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}

// run keeps a panic in one write from taking the others along.
func run(t *tx, fn func(*tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(err, fmt.Errorf("panic in a transaction: %v", p))
		}
	}()
	return fn(t)
}
