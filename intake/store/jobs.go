package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"registratura/intake"
)

// Worker does the work that transactions left behind. last says that the queue
// will not try again after this attempt.
type Worker interface {
	Send(ctx context.Context, notice int64, last bool) error
	Provision(ctx context.Context, request int64, last bool) error
	Wait(ctx context.Context, request int64, since time.Time, last bool) error
}

const (
	// sendAttempts spread over five days at the intervals of [retry.NextRetry],
	// the time for which RFC 5321, 4.5.4.1 says to go on trying.
	sendAttempts = 130
	// provisionAttempts spread over about half an hour; then IT is asked.
	provisionAttempts = 8

	// sending mails waits for the network and for the disk; so many at a time
	// keep both busy.
	sendWorkers = 16
	// provisioning one site at a time keeps the portal's load small.
	provisionWorkers = 1

	// River has no LISTEN on SQLite, so it looks for work at this interval;
	// an empty look is one indexed read.
	pollInterval = 50 * time.Millisecond
	// Under load it takes what has gathered in this time at once.
	cooldown   = 10 * time.Millisecond
	jobTimeout = 5 * time.Minute
	// closeTimeout is for saving a site's files and reading them back; 20 GB over
	// a slow file server take about an hour.
	closeTimeout = 6 * time.Hour
)

type sendArgs struct {
	Notice int64 `json:"notice"`
}

func (sendArgs) Kind() string { return "send" }
func (sendArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: "send", MaxAttempts: sendAttempts}
}

type provisionArgs struct {
	Request int64 `json:"request"`
}

func (provisionArgs) Kind() string { return "provision" }
func (provisionArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: "provision", MaxAttempts: provisionAttempts}
}

type waitArgs struct {
	Request int64 `json:"request"`
	Since   int64 `json:"since"` // milliseconds
}

func (waitArgs) Kind() string { return "wait" }
func (waitArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: "wait", MaxAttempts: sendAttempts}
}

// prepareQueue brings River's tables up to date and makes the inserting client.
func (s *Store) prepareQueue(ctx context.Context) error {
	driver := riversqlite.New(s.write)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: s.log})
	if err != nil {
		return fmt.Errorf("preparing the job queue: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrating the job queue: %w", err)
	}
	if s.queue, err = river.NewClient(driver, &river.Config{Logger: s.log}); err != nil {
		return fmt.Errorf("preparing the job queue: %w", err)
	}
	return nil
}

func (t *tx) enqueueSend(notice int64) error {
	if _, err := t.store.queue.InsertTx(t.ctx, t.q, sendArgs{notice}, nil); err != nil {
		return fmt.Errorf("queueing notice %d: %w", notice, err)
	}
	return nil
}

// EnqueueProvision implements [intake.Tx].
func (t *tx) EnqueueProvision(request int64, at time.Time) error {
	// River looks only every few seconds for scheduled jobs that have become due.
	if _, err := t.store.queue.InsertTx(t.ctx, t.q, provisionArgs{request}, &river.InsertOpts{ScheduledAt: at}); err != nil {
		return fmt.Errorf("queueing the provisioning of request %d: %w", request, err)
	}
	return nil
}

// EnqueueWait implements [intake.Tx].
func (t *tx) EnqueueWait(request int64, since, at time.Time) error {
	if _, err := t.store.queue.InsertTx(t.ctx, t.q, waitArgs{request, millis(since)}, &river.InsertOpts{ScheduledAt: at}); err != nil {
		return fmt.Errorf("queueing the waiting of request %d: %w", request, err)
	}
	return nil
}

// Run works the queue until ctx ends, then waits for running jobs, up to
// patience. Only one process may do so: it takes back what a killed one left,
// and looks again at what is put off.
func (s *Store) Run(ctx context.Context, w Worker, patience time.Duration) error {
	if err := s.takeBack(ctx); err != nil {
		return err
	}
	if err := s.lookAgain(ctx); err != nil {
		return err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, j *river.Job[sendArgs]) error {
		return outcome(w.Send(ctx, j.Args.Notice, j.Attempt >= j.MaxAttempts))
	}))
	river.AddWorker(workers, &provisionWorker{work: w})
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, j *river.Job[waitArgs]) error {
		return outcome(w.Wait(ctx, j.Args.Request, fromMillis(j.Args.Since), j.Attempt >= j.MaxAttempts))
	}))
	client, err := river.NewClient(riversqlite.New(s.write), &river.Config{
		Logger: quiet(s.log),
		Queues: map[string]river.QueueConfig{
			"send":      {MaxWorkers: sendWorkers},
			"provision": {MaxWorkers: provisionWorkers},
			"wait":      {MaxWorkers: 1},
		},
		Workers:           workers,
		FetchCooldown:     cooldown,
		FetchPollInterval: pollInterval,
		JobTimeout:        jobTimeout,
		SoftStopTimeout:   patience,
		RetryPolicy:       retry{},
		PollOnly:          true,
	})
	if err != nil {
		return fmt.Errorf("making the job queue's worker: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("starting the job queue: %w", err)
	}
	<-client.Stopped()
	return nil
}

// lookAgain makes work that is put off due now. The worker puts off again what
// is not due by the clock, the time zone and the hours of today: they may have
// been changed while the process was down, or the clock may have been wrong
// when the job was put off. What was due already keeps its place before these.
func (s *Store) lookAgain(ctx context.Context) error {
	now := time.Now()
	_, err := s.write.ExecContext(ctx, `UPDATE river_job SET state = 'available',
		scheduled_at = CASE WHEN scheduled_at > $1 THEN $1 ELSE scheduled_at END
		WHERE kind IN ('provision', 'wait') AND state = 'scheduled'`, riverTime(now))
	if err == nil {
		// A retry is never put off for longer than an hour and a tenth.
		_, err = s.write.ExecContext(ctx, `UPDATE river_job SET state = 'available', scheduled_at = $1 WHERE state = 'retryable' AND scheduled_at > $2`,
			riverTime(now), riverTime(now.Add(longestRetry*11/10)))
	}
	if err != nil {
		return fmt.Errorf("looking at what is put off: %w", err)
	}
	return nil
}

// provisionWorker does the jobs that can take long: a closing saves files.
type provisionWorker struct {
	river.WorkerDefaults[provisionArgs]
	work Worker
}

func (*provisionWorker) Timeout(*river.Job[provisionArgs]) time.Duration { return closeTimeout }

func (p *provisionWorker) Work(ctx context.Context, j *river.Job[provisionArgs]) error {
	return outcome(p.work.Provision(ctx, j.Args.Request, j.Attempt >= j.MaxAttempts))
}

// takeBack makes jobs that were running when the last process was killed
// available again, and forgets that it led; River would wait an hour for the
// first and some seconds for the second, because it allows for other
// processes. Here there is none: serve holds the lock of the data folder.
func (s *Store) takeBack(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running'`)
	if err == nil {
		_, err = s.write.ExecContext(ctx, `DELETE FROM river_leader`)
	}
	if err != nil {
		return fmt.Errorf("taking jobs back: %w", err)
	}
	return nil
}

func outcome(err error) error {
	var later intake.LaterError
	if errors.As(err, &later) {
		return river.JobSnooze(later.After)
	}
	return err
}

// longestRetry bounds the time between two attempts, give or take a tenth.
const longestRetry = time.Hour

// riverTime is a time as River writes it into SQLite.
func riverTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }

// retry waits 5 s after the first failure and twice as long after each
// further one, up to an hour, give or take a tenth.
type retry struct{}

func (retry) NextRetry(job *rivertype.JobRow) time.Time {
	wait := min(5*math.Pow(2, float64(len(job.Errors))), longestRetry.Seconds())
	wait *= 0.9 + 0.2*rand.Float64()
	return time.Now().Add(time.Duration(wait * float64(time.Second)))
}

// quiet keeps River's own chatter out of the log: failed jobs are logged where
// they fail, in the desk's words.
func quiet(log *slog.Logger) *slog.Logger {
	return slog.New(levelHandler{log.Handler(), slog.LevelError})
}

type levelHandler struct {
	slog.Handler
	min slog.Level
}

func (h levelHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.min && h.Handler.Enabled(ctx, l)
}

func (h levelHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return levelHandler{h.Handler.WithAttrs(attrs), h.min}
}

func (h levelHandler) WithGroup(name string) slog.Handler {
	return levelHandler{h.Handler.WithGroup(name), h.min}
}
