package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"registratura/intake"
	"registratura/intake/store"
)

// worker records what it is asked to do, and answers with what do returns.
type worker struct {
	mu   sync.Mutex
	got  []string
	do   func(call int) error
	done chan struct{} // closed after the call that returned nil
}

func (w *worker) work(what string, id int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = append(w.got, fmt.Sprint(what, " ", id))
	err := w.do(len(w.got))
	if err == nil && w.done != nil {
		close(w.done)
	}
	return err
}

func (w *worker) Send(_ context.Context, id int64, _ bool) error { return w.work("send", id) }
func (w *worker) Wait(_ context.Context, id int64, _ time.Time, _ bool) error {
	return w.work("wait", id)
}
func (w *worker) Provision(_ context.Context, id int64, _ bool) error {
	return w.work("provision", id)
}

func outgoing(id string) intake.OutgoingMail {
	return intake.OutgoingMail{Kind: "registered", To: "a@b.test", MessageID: id, Raw: []byte("x"), CreatedAt: time.Unix(1, 0)}
}

func TestQueueRunsWhatTransactionsLeftBehind(t *testing.T) {
	s := open(t)
	w := &worker{do: func(int) error { return nil }, done: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	err := s.Transact(ctx, func(tx intake.Tx) error {
		_, err := tx.AddNotice(outgoing("1"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Transact(ctx, func(tx intake.Tx) error {
		tx.AddNotice(outgoing("2"))
		return errors.New("rolled back, its job too")
	})
	ended := make(chan error)
	go func() { ended <- s.Run(ctx, w, time.Second) }()
	<-w.done
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if len(w.got) != 1 || w.got[0] != "send 1" {
		t.Errorf("ran %v, want only notice 1", w.got)
	}
}

func TestQueueTakesBackWhatAKilledProcessWasDoing(t *testing.T) {
	s := open(t)
	if err := s.Transact(t.Context(), func(tx intake.Tx) error { return tx.EnqueueProvision(7, time.Unix(1, 0)) }); err != nil {
		t.Fatal(err)
	}
	// A kill leaves the job "running"; the queue's own table is the only
	// place that knows.
	if err := s.MarkJobsRunning(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	w := &worker{do: func(int) error { return nil }, done: make(chan struct{})}
	ended := make(chan error)
	go func() { ended <- s.Run(ctx, w, time.Second) }()
	<-w.done
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if w.got[0] != "provision 7" {
		t.Errorf("ran %v", w.got)
	}
}

// runUntil works the queue until the worker has been called so often.
func runUntil(t *testing.T, s *store.Store, calls int, do func(call int) error) []string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	w := &worker{}
	w.do = func(call int) error {
		if call == calls {
			stop()
		}
		return do(call)
	}
	if err := s.Run(ctx, w, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.got
}

func TestWhatFellDueDuringDowntimeIsDoneOnceAndInOrder(t *testing.T) {
	s := open(t)
	now := time.Now()
	const day = 24 * time.Hour
	err := s.Transact(t.Context(), func(tx intake.Tx) error {
		return errors.Join(tx.EnqueueProvision(3, now.Add(-2*day)), tx.EnqueueProvision(1, now.Add(-6*day)),
			tx.EnqueueProvision(4, now.Add(300*day)), tx.EnqueueProvision(2, now.Add(-4*day)))
	})
	if err != nil {
		t.Fatal(err)
	}
	// The one that is not due is looked at all the same, for the clock or the
	// hour may have been changed, and puts itself off again.
	got := runUntil(t, s, 4, func(call int) error {
		if call == 4 {
			return intake.LaterError{After: 300 * day}
		}
		return nil
	})
	if want := "[provision 1 provision 2 provision 3 provision 4]"; fmt.Sprint(got) != want {
		t.Errorf("ran %v, want %s", got, want)
	}
	got = runUntil(t, s, 1, func(int) error { return nil })
	if fmt.Sprint(got) != "[provision 4]" {
		t.Errorf("after another start ran %v, want only what was put off", got)
	}
}

func TestRetryThatAWrongClockPutOffForAYearIsMadeSoon(t *testing.T) {
	s := open(t)
	if err := s.Transact(t.Context(), func(tx intake.Tx) error { return tx.EnqueueProvision(7, time.Time{}) }); err != nil {
		t.Fatal(err)
	}
	if err := s.PutJobsOff(t.Context(), time.Now().Add(365*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	got := runUntil(t, s, 1, func(int) error { return nil })
	if fmt.Sprint(got) != "[provision 7]" {
		t.Errorf("ran %v", got)
	}
}
