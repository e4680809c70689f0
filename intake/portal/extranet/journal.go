package extranet

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// What the journal says that somebody did.
const (
	actMkdir    = "mkdir"
	actUpload   = "upload"
	actReplace  = "replace"
	actDelete   = "delete"
	actMove     = "move"
	actRestore  = "restore"
	actPurge    = "purge"
	actDownload = "download"
)

// entry is one line of a site's journal. Detail is the size in bytes of what
// was uploaded, or the path to which something was moved.
type entry struct {
	action string
	path   string
	detail string
}

// addEntry records a change, in the transaction that makes it. What was done on a
// site that was deleted since is not recorded: its journal is gone.
func addEntry(tx *sql.Tx, v visitor, at int64, e entry) error {
	_, err := tx.Exec(`INSERT INTO journal (site_id, at, address, action, path, detail)
		SELECT ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM sites WHERE id = ?)`,
		v.site, at, v.address, e.action, e.path, e.detail, v.site)
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return nil
}

// readJournal records downloads, many in one transaction, so that reading does
// not wait for the disk. A crash loses at most the last second of them.
type readJournal struct {
	db      *database
	log     *slog.Logger
	entries chan readEntry
	closing chan struct{}
	stopped chan struct{}
	once    sync.Once
}

type readEntry struct {
	visitor
	at int64
	entry
}

const (
	readJournalEvery = time.Second
	readJournalMost  = 1000
)

func newReadJournal(db *database, log *slog.Logger) *readJournal {
	j := &readJournal{db: db, log: log, entries: make(chan readEntry, readJournalMost),
		closing: make(chan struct{}), stopped: make(chan struct{})}
	go j.run()
	return j
}

func (j *readJournal) add(v visitor, at int64, e entry) {
	select {
	case j.entries <- readEntry{v, at, e}:
	case <-j.closing:
	}
}

func (j *readJournal) run() {
	defer close(j.stopped)
	tick := time.NewTicker(readJournalEvery)
	defer tick.Stop()
	var batch []readEntry
	flush := func() {
		if len(batch) == 0 {
			return
		}
		err := j.db.write(func(tx *sql.Tx) error {
			var errs []error
			for _, e := range batch {
				errs = append(errs, addEntry(tx, e.visitor, e.at, e.entry))
			}
			return errors.Join(errs...)
		})
		if err != nil {
			j.log.Error("downloads could not be recorded", "entries", len(batch), "error", err)
		}
		batch = batch[:0]
	}
	for {
		select {
		case e := <-j.entries:
			if batch = append(batch, e); len(batch) == readJournalMost {
				flush()
			}
		case <-tick.C:
			flush()
		case <-j.closing:
			for len(j.entries) > 0 {
				batch = append(batch, <-j.entries)
			}
			flush()
			return
		}
	}
}

// close writes what is left.
func (j *readJournal) close() error {
	j.once.Do(func() { close(j.closing) })
	<-j.stopped
	return nil
}
