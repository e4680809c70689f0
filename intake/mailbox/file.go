package mailbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"registratura/intake"
)

// waiting are the mails in the folder that are stored, and hence may be filed
// away as soon as their fate is known.
type waiting struct {
	mu          sync.Mutex
	uidValidity uint32
	uids        map[uint32]struct{}
	handled     chan struct{} // some may have their fate already; holds one signal
}

func (w *waiting) signalHandled() {
	select {
	case w.handled <- struct{}{}:
	default:
	}
}

func (w *waiting) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.uids)
}

// restart begins anew where the UIDVALIDITY has changed, and returns the old one.
func (w *waiting) restart(uidValidity uint32) (before uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before = w.uidValidity
	if before != uidValidity {
		w.uidValidity, w.uids = uidValidity, map[uint32]struct{}{}
	}
	return before
}

func (w *waiting) add(uidValidity uint32, uids []uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if uidValidity == w.uidValidity {
		for _, uid := range uids {
			w.uids[uid] = struct{}{}
		}
	}
}

func (w *waiting) remove(uidValidity uint32, uids []uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if uidValidity == w.uidValidity {
		for _, uid := range uids {
			delete(w.uids, uid)
		}
	}
}

func (w *waiting) snapshot() (uidValidity uint32, uids []uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.uidValidity, slices.Sorted(maps.Keys(w.uids))
}

const (
	filingPause = time.Second     // between two rounds: in a rush of mails, fates come one by one
	filingIdle  = 4 * time.Minute // after which the filing connection is not trusted to be alive
	filingBatch = 200             // mails in one MOVE
)

// file files mails away on one connection, whenever fates have become known.
// The connection is opened when there is something to do for it.
func (f *Follower) file(ctx context.Context) (worked bool, err error) {
	var c *connection
	defer func() {
		if c != nil {
			c.close(ctx)
		}
	}()
	var lastUsed time.Time
	for {
		uidValidity, fates, err := f.fates(ctx)
		if err != nil {
			return worked, err
		}
		if len(fates) > 0 {
			if c != nil && f.config.Now().Sub(lastUsed) > filingIdle {
				c.close(ctx)
				c = nil
			}
			if c == nil {
				if c, err = f.openForFiling(ctx); err != nil {
					return worked, err
				}
			}
			if c.uidValidity != uidValidity {
				return worked, errUIDValidity // the reading connection will find out, too
			}
			moved, err := f.fileAll(ctx, c, fates)
			worked = worked || moved
			if err != nil {
				return worked, err
			}
			lastUsed = f.config.Now()
		}
		if len(fates) > 0 || f.waiting.count() > 0 {
			select {
			case <-ctx.Done():
				return worked, ctx.Err()
			case <-f.config.After(filingPause):
			}
		}
		select {
		case <-ctx.Done():
			return worked, ctx.Err()
		case <-f.registry.Handled():
		case <-f.waiting.handled:
		case <-f.config.After(f.config.Poll): // a signal may get lost, a mail must not
		}
	}
}

// fates lists the waiting mails that can be filed away, by fate.
func (f *Follower) fates(ctx context.Context) (uidValidity uint32, fates map[intake.Fate][]uint32, err error) {
	uidValidity, uids := f.waiting.snapshot()
	fates = map[intake.Fate][]uint32{}
	for chunk := range slices.Chunk(uids, manyUIDs) {
		known, err := f.registry.Known(ctx, f.config.Folder, uidValidity, chunk)
		if err != nil {
			return 0, nil, fmt.Errorf("asking what became of mails: %w", err)
		}
		for _, uid := range chunk {
			fate, stored := known[uid]
			switch {
			case !stored || fate == "":
			case f.config.Folders[fate] == "":
				f.waiting.remove(uidValidity, []uint32{uid}) // it stays where it is
			default:
				fates[fate] = append(fates[fate], uid)
			}
		}
	}
	return uidValidity, fates, nil
}

// openForFiling opens a connection that may change things, and makes the
// folders that are missing.
func (f *Follower) openForFiling(ctx context.Context) (*connection, error) {
	c, err := f.connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, folder := range slices.Compact(slices.Sorted(maps.Values(f.config.Folders))) {
		if folder != "" {
			if err = f.ensureFolder(ctx, c, folder); err != nil {
				break
			}
		}
	}
	if err == nil {
		_, err = c.openFolder(ctx, f.config.Folder, false)
	}
	if err != nil {
		c.close(ctx)
		return nil, err
	}
	return c, nil
}

// ensureFolder makes a folder if it is missing, and subscribes to it, since mail
// programs hide the others. A server that refuses is logged, not an error:
// moving will tell.
func (f *Follower) ensureFolder(ctx context.Context, c *connection, folder string) error {
	name := c.folderName(folder)
	list, err := do(ctx, c, "LIST", func(func()) ([]*imap.ListData, error) { return c.client.List("", name, nil).Collect() })
	if err != nil && !refused(err) {
		return err
	}
	if len(list) > 0 && !slices.Contains(list[0].Attrs, imap.MailboxAttrNonExistent) && !slices.Contains(list[0].Attrs, imap.MailboxAttrNoSelect) {
		return nil
	}
	_, err = do(ctx, c, "creating "+folder, func(func()) (struct{}, error) { return struct{}{}, c.client.Create(name, nil).Wait() })
	if err == nil {
		f.config.Log.Info("folder created", "folder", folder)
		_, err = do(ctx, c, "subscribing to "+folder, func(func()) (struct{}, error) { return struct{}{}, c.client.Subscribe(name).Wait() })
	}
	if err != nil && refused(err) {
		f.config.Log.Warn("folder could not be made", "folder", folder, "error", err)
		return nil
	}
	return err
}

// fileAll files mails away, fate by fate. What the server refuses stays where it
// is, to be tried again, and holds up nothing else.
func (f *Follower) fileAll(ctx context.Context, c *connection, fates map[intake.Fate][]uint32) (worked bool, err error) {
	// Servers move only those mails that they have told this connection of, and
	// say OK all the same.
	if _, err := do(ctx, c, "NOOP", func(func()) (struct{}, error) { return struct{}{}, c.client.Noop().Wait() }); err != nil {
		return false, err
	}
	var refusals error
	for _, fate := range intake.Fates {
		for batch := range slices.Chunk(fates[fate], filingBatch) {
			moved, err := f.fileBatch(ctx, c, fate, batch)
			if len(moved) > 0 {
				worked = true
				f.waiting.remove(c.uidValidity, moved)
				f.config.Log.Info("mails filed away", "fate", fate, "folder", f.config.Folders[fate], "count", len(moved))
			}
			if err != nil && !refused(err) {
				return worked, err
			}
			refusals = errors.Join(refusals, err)
		}
	}
	return worked, refusals
}

// maxRefusals is after how many refusals in a row it is not the mail's fault.
const maxRefusals = 5

// fileBatch moves mails together; where that is refused, one by one, since one
// of them may be the reason.
func (f *Follower) fileBatch(ctx context.Context, c *connection, fate intake.Fate, uids []uint32) (moved []uint32, err error) {
	folder := f.config.Folders[fate]
	err = c.move(ctx, folder, uids)
	var answer *imap.Error
	if errors.As(err, &answer) && (answer.Code == imap.ResponseCodeTryCreate || answer.Code == imap.ResponseCodeNonExistent) {
		if err := f.ensureFolder(ctx, c, folder); err != nil {
			return nil, err
		}
		err = c.move(ctx, folder, uids)
	}
	if err == nil {
		return c.gone(ctx, uids)
	}
	if !refused(err) || len(uids) == 1 {
		return nil, err
	}
	inARow := 0
	for _, uid := range uids {
		one := c.move(ctx, folder, []uint32{uid})
		if one == nil {
			inARow = 0
		} else if !refused(one) {
			return nil, one
		} else if inARow++; inARow == maxRefusals {
			break
		}
	}
	moved, goneErr := c.gone(ctx, uids)
	if goneErr != nil || len(moved) == len(uids) {
		return moved, goneErr
	}
	return moved, err
}

// gone lists those of the mails that are not in the folder any more: only they
// need no filing, whatever the server said about moving them.
func (c *connection) gone(ctx context.Context, uids []uint32) ([]uint32, error) {
	return do(ctx, c, "SEARCH", func(func()) ([]uint32, error) {
		data, err := c.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{uidSet(uids)}}, nil).Wait()
		if err != nil {
			return nil, err
		}
		left := data.AllUIDs()
		return slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool { return slices.Contains(left, imap.UID(uid)) }), nil
	})
}

// move moves mails into a folder: by MOVE (RFC 6851), else by COPY, \Deleted and
// EXPUNGE, each only after the one before has succeeded. (The client's own
// fallback sends all three at once, and would expunge what was not copied.) A
// crash between COPY and \Deleted leaves a mail in both folders, never in none.
func (c *connection) move(ctx context.Context, folder string, uids []uint32) error {
	name, set := c.folderName(folder), uidSet(uids)
	if c.caps.Has(imap.CapMove) {
		_, err := do(ctx, c, "MOVE", func(func()) (struct{}, error) {
			_, err := c.client.Move(set, name).Wait()
			return struct{}{}, err
		})
		return err
	}
	// What is deleted already was copied before the last crash, or deleted by a
	// person: it is not copied again.
	deleted, err := c.deleted(ctx)
	if err != nil {
		return err
	}
	if rest := slices.DeleteFunc(slices.Clone(uids), deleted.has); len(rest) > 0 {
		if _, err := do(ctx, c, "COPY", func(func()) (struct{}, error) {
			_, err := c.client.Copy(uidSet(rest), name).Wait()
			return struct{}{}, err
		}); err != nil {
			return err
		}
		if _, err := do(ctx, c, "STORE", func(func()) (struct{}, error) {
			flags := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
			return struct{}{}, c.client.Store(uidSet(rest), flags, nil).Close()
		}); err != nil {
			return err
		}
	}
	for _, uid := range uids {
		c.copied[uid] = struct{}{}
	}
	if c.caps.Has(imap.CapUIDPlus) {
		_, err := do(ctx, c, "UID EXPUNGE", func(func()) (struct{}, error) { return struct{}{}, c.client.UIDExpunge(set).Close() })
		return err
	}
	// A plain EXPUNGE removes whatever is flagged, also by other programs, and
	// also what is not stored yet (rule D1). Then it is left until that is, too.
	if deleted, err = c.deleted(ctx); err != nil {
		return err
	}
	for uid := range deleted {
		if !c.copied.has(uid) {
			return nil
		}
	}
	_, err = do(ctx, c, "EXPUNGE", func(func()) (struct{}, error) { return struct{}{}, c.client.Expunge().Close() })
	return err
}

type uidsFlagged map[uint32]struct{}

func (u uidsFlagged) has(uid uint32) bool { _, ok := u[uid]; return ok }

// deleted lists the mails of the open folder that are flagged \Deleted.
func (c *connection) deleted(ctx context.Context) (uidsFlagged, error) {
	return do(ctx, c, "SEARCH DELETED", func(func()) (uidsFlagged, error) {
		data, err := c.client.UIDSearch(&imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
		if err != nil {
			return nil, err
		}
		flagged := uidsFlagged{}
		for _, uid := range data.AllUIDs() {
			flagged[uint32(uid)] = struct{}{}
		}
		return flagged, nil
	})
}
