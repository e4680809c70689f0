package extranet

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// committer commits writes that wait at the same time together, because what
// costs is waiting for the disk. Each is all or nothing on its own, by a
// savepoint; they are done in the order in which they came.
type committer struct {
	db      *sql.DB // the one writing connection
	syncDir func(dir string) error

	queue   chan *write
	closing chan struct{}
	ended   chan struct{}
	once    sync.Once
}

// write is one change of the database.
type write struct {
	f    func(tx *sql.Tx) error
	dir  string // with new files that must be durable before f may name them; empty: none
	done chan error
}

// together is how many writes are committed at once, at most.
const together = 64

var errClosed = errors.New("the extranet is closed")

func startCommitter(db *sql.DB, syncDir func(string) error) *committer {
	c := &committer{db: db, syncDir: syncDir, queue: make(chan *write, together), closing: make(chan struct{}), ended: make(chan struct{})}
	go c.run()
	return c
}

func (c *committer) run() {
	defer close(c.ended)
	for {
		select {
		case w := <-c.queue:
			batch := []*write{w}
			for len(batch) < together && len(c.queue) > 0 { // nobody else takes from it
				batch = append(batch, <-c.queue)
			}
			c.commit(batch)
		case <-c.closing:
			return
		}
	}
}

// stop ends it; what still waits fails.
func (c *committer) stop() {
	c.once.Do(func() { close(c.closing) })
	<-c.ended
}

// do has f done and committed, perhaps with others.
func (c *committer) do(dir string, f func(tx *sql.Tx) error) error {
	w := &write{f: f, dir: dir, done: make(chan error, 1)}
	select {
	case c.queue <- w:
	case <-c.closing:
		return errClosed
	}
	select {
	case err := <-w.done:
		return err
	case <-c.ended:
	}
	select {
	case err := <-w.done: // it was in the last batch
		return err
	default:
		return errClosed
	}
}

// commit runs the batch in one transaction and tells each of its outcome.
func (c *committer) commit(batch []*write) {
	errs := c.syncDirs(batch)
	err := c.runTogether(batch, errs)
	for i, w := range batch {
		if errs[i] == nil {
			errs[i] = err // not committed
		}
		w.done <- errs[i]
	}
}

// syncDirs makes new files durable, each folder once. Who waits for one that
// cannot be synced has failed.
func (c *committer) syncDirs(batch []*write) []error {
	errs := make([]error, len(batch))
	synced := map[string]error{}
	for i, w := range batch {
		if w.dir == "" {
			continue
		}
		err, done := synced[w.dir]
		if !done {
			err = c.syncDir(w.dir)
			synced[w.dir] = err
		}
		errs[i] = err
	}
	return errs
}

func (c *committer) runTogether(batch []*write, errs []error) error {
	tx, err := c.db.Begin()
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	defer tx.Rollback()
	if len(batch) == 1 { // as nearly always; a savepoint would be for nothing
		if errs[0] == nil {
			errs[0] = run(tx, batch[0].f)
		}
		if errs[0] != nil {
			return nil
		}
	} else if err := runEach(tx, batch, errs); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}

func runEach(tx *sql.Tx, batch []*write, errs []error) error {
	for i, w := range batch {
		if errs[i] != nil {
			continue
		}
		if _, err := tx.Exec(`SAVEPOINT one`); err != nil {
			return fmt.Errorf("setting a savepoint: %w", err)
		}
		end := `RELEASE SAVEPOINT one`
		if errs[i] = run(tx, w.f); errs[i] != nil {
			end = `ROLLBACK TO SAVEPOINT one`
		}
		// After some errors, such as a full disk, SQLite takes the whole
		// transaction back. Then this fails, and nothing is done any more.
		if _, err := tx.Exec(end); err != nil {
			return fmt.Errorf("ending a savepoint: %w", errors.Join(err, errs[i]))
		}
	}
	return nil
}

// run keeps a panic in one write from taking the others along.
func run(tx *sql.Tx, f func(tx *sql.Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(err, fmt.Errorf("panic in a transaction: %v", p))
		}
	}()
	return f(tx)
}
