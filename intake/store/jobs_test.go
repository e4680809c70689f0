package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"registratura/intake"
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
	if err == nil {
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
