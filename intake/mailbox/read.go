package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"registratura/intake"
)

// manyUIDs is how many mails are asked about at once, where only numbers travel.
const manyUIDs = 500

// read follows the folder on one connection: looks for mails, waits, looks again.
func (f *Follower) read(ctx context.Context) (worked bool, err error) {
	defer func() {
		f.setStatus(func(s *Status) {
			s.ConnectedSince = time.Time{}
			if err != nil {
				s.LastError = err.Error()
			}
		})
	}()
	c, err := f.connect(ctx)
	if err != nil {
		return false, err
	}
	defer c.close(ctx)
	// Read-only: a fetch that sets \Seen, or whatever else goes wrong, cannot
	// change the folder.
	data, err := c.openFolder(ctx, f.config.Folder, true)
	if err != nil {
		return false, err
	}
	if before := f.waiting.restart(data.UIDValidity); before != data.UIDValidity {
		clear(f.trouble)
		f.config.Log.Info("mailbox opened for the first time under this UIDVALIDITY",
			"folder", f.config.Folder, "uidvalidity", data.UIDValidity, "before", before, "mails", data.NumMessages)
	}
	f.config.Log.Info("mailbox connected", "folder", f.config.Folder, "mails", data.NumMessages, "idle", c.caps.Has(imap.CapIdle))
	f.setStatus(func(s *Status) { s.ConnectedSince = f.config.Now() })

	next := uint32(1) // the first UID that was not looked at on this connection
	for {
		if next, err = f.scan(ctx, c, next); err != nil {
			return worked, err
		}
		worked = true
		f.setStatus(func(s *Status) { s.LastPoll, s.LastError, s.Unreadable = f.config.Now(), "", len(f.trouble) })
		if err := f.wait(ctx, c); err != nil {
			return worked, err
		}
	}
}

// scan receives every mail from the UID next on that is not stored yet, and
// those that gave trouble before. It returns the UID to look from the next time.
func (f *Follower) scan(ctx context.Context, c *connection, next uint32) (uint32, error) {
	found, err := do(ctx, c, "SEARCH", func(func()) ([]imap.UID, error) {
		// Some servers tell of new mails only when asked nothing in particular.
		if err := c.client.Noop().Wait(); err != nil {
			return nil, err
		}
		data, err := c.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{{{Start: imap.UID(next), Stop: 0}}}}, nil).Wait()
		if err != nil {
			return nil, err
		}
		return data.AllUIDs(), nil
	})
	if err != nil {
		return next, err
	}
	var uids []uint32
	for _, uid := range found {
		if uint32(uid) >= next { // the last mail matches n:* whatever n is
			uids = append(uids, uint32(uid))
		}
	}
	slices.Sort(uids)
	for chunk := range slices.Chunk(uids, manyUIDs) {
		if err := f.receiveNew(ctx, c, chunk); err != nil {
			return next, err
		}
		next = chunk[len(chunk)-1] + 1
	}
	return next, f.receiveTroublesome(ctx, c)
}

// receiveNew receives those of the mails that are not stored yet, in batches.
func (f *Follower) receiveNew(ctx context.Context, c *connection, uids []uint32) error {
	known, err := f.registry.Known(ctx, f.config.Folder, c.uidValidity, uids)
	if err != nil {
		return fmt.Errorf("asking which mails are stored: %w", err)
	}
	f.waiting.add(c.uidValidity, slices.Collect(maps.Keys(known)))
	if len(known) > 0 {
		f.waiting.signalHandled()
	}
	uids = slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool {
		_, stored := known[uid]
		_, troublesome := f.trouble[uid]
		return stored || troublesome
	})
	if len(uids) == 0 {
		return nil
	}
	sizes, err := c.sizes(ctx, uids)
	if err != nil {
		if refused(err) {
			f.putAside(uids, err)
			return nil
		}
		return err
	}
	batch, bytes := []uint32{}, int64(0)
	for _, uid := range uids {
		size, there := sizes[uid]
		if !there {
			continue // expunged in the meantime
		}
		if size > f.config.MaxSize {
			if err := f.receiveOne(ctx, c, uid, size); err != nil {
				return err
			}
			continue
		}
		if len(batch) > 0 && (len(batch) >= f.config.BatchMails || bytes+size > f.config.BatchBytes) {
			if err := f.receiveBatch(ctx, c, batch); err != nil {
				return err
			}
			batch, bytes = batch[:0], 0
		}
		batch, bytes = append(batch, uid), bytes+size
	}
	if len(batch) == 0 {
		return nil
	}
	return f.receiveBatch(ctx, c, batch)
}

// receiveBatch fetches mails in one command and stores them. What was fetched
// before something went wrong is stored all the same; the others are put aside,
// to be tried one by one, since any one of them may be the reason.
func (f *Follower) receiveBatch(ctx context.Context, c *connection, uids []uint32) error {
	mails, fetchErr := f.fetch(ctx, c, uids, nil)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := f.store(ctx, c, mails); err != nil {
		return err
	}
	if fetchErr == nil {
		return nil
	}
	f.putAside(slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool {
		return slices.ContainsFunc(mails, func(m intake.IncomingMail) bool { return m.Ref.UID == uid })
	}), fetchErr)
	if refused(fetchErr) {
		return nil
	}
	return fetchErr
}

// receiveOne fetches and stores a single mail; of one that is too large, the beginning.
func (f *Follower) receiveOne(ctx context.Context, c *connection, uid uint32, size int64) error {
	var part *imap.SectionPartial
	if size > f.config.MaxSize {
		part = &imap.SectionPartial{Offset: 0, Size: beginning}
	}
	mails, err := f.fetch(ctx, c, []uint32{uid}, part)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		f.putAside([]uint32{uid}, err)
		if refused(err) {
			return nil
		}
		return err
	}
	if part != nil {
		f.config.Log.Warn("mail is too large; only its beginning was fetched", "uid", uid, "size", size, "limit", f.config.MaxSize)
	}
	return f.store(ctx, c, mails)
}

// store commits mails. From here on they may be filed away.
func (f *Follower) store(ctx context.Context, c *connection, mails []intake.IncomingMail) error {
	if len(mails) == 0 {
		return nil
	}
	if err := f.registry.Receive(ctx, mails); err != nil {
		return fmt.Errorf("storing %d mails: %w", len(mails), err)
	}
	uids := make([]uint32, len(mails))
	for i, m := range mails {
		uids[i] = m.Ref.UID
		delete(f.trouble, m.Ref.UID)
	}
	f.waiting.add(c.uidValidity, uids)
	f.waiting.signalHandled() // the registry may have been quicker, and its signal gone
	f.config.Log.Info("mails stored", "folder", f.config.Folder, "count", len(mails), "last_uid", uids[len(uids)-1])
	return nil
}

// trouble is what is remembered of a mail that could not be fetched.
type trouble struct {
	attempts int       // to fetch it alone
	again    time.Time // not before
}

// maxAttempts is how often a mail is fetched alone before the registry gets it
// as one that cannot be read, for a person to look at.
const maxAttempts = 5

func (f *Follower) putAside(uids []uint32, err error) {
	if len(uids) == 0 {
		return
	}
	f.config.Log.Warn("mails could not be fetched; they are tried again one by one", "folder", f.config.Folder, "count", len(uids), "first_uid", uids[0], "error", err)
	for _, uid := range uids {
		if _, ok := f.trouble[uid]; !ok {
			f.trouble[uid] = trouble{}
		}
	}
}

// receiveTroublesome tries the mails again that could not be fetched, one by one
// and after all others, with growing pauses.
func (f *Follower) receiveTroublesome(ctx context.Context, c *connection) error {
	for _, uid := range slices.Sorted(maps.Keys(f.trouble)) {
		t := f.trouble[uid]
		if f.config.Now().Before(t.again) {
			continue
		}
		// Noted before trying: the attempt may cost the connection.
		t.attempts++
		t.again = f.config.Now().Add(time.Duration(t.attempts) * f.config.Poll)
		f.trouble[uid] = t
		sizes, err := c.sizes(ctx, []uint32{uid})
		if err == nil && len(sizes) == 0 {
			delete(f.trouble, uid) // somebody removed it
			continue
		}
		if t.attempts > maxAttempts {
			f.config.Log.Error("mail cannot be fetched; it is set aside for a person", "folder", f.config.Folder, "uid", uid, "error", err)
			if err := f.store(ctx, c, []intake.IncomingMail{{
				Ref:  intake.MailRef{Mailbox: f.config.Folder, UIDValidity: c.uidValidity, UID: uid},
				Size: sizes[uid], Oversized: true, ReceivedAt: f.config.Now(),
			}}); err != nil {
				return err
			}
			continue
		}
		if err == nil {
			err = f.receiveOne(ctx, c, uid, sizes[uid])
		}
		if err != nil && !refused(err) {
			return err
		}
	}
	return nil
}

// sizes asks how large mails are (RFC822.SIZE). Those that do not exist any
// more are missing in the answer.
func (c *connection) sizes(ctx context.Context, uids []uint32) (map[uint32]int64, error) {
	return do(ctx, c, "FETCH RFC822.SIZE", func(func()) (map[uint32]int64, error) {
		list, err := c.client.Fetch(uidSet(uids), &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
		sizes := make(map[uint32]int64, len(list))
		for _, m := range list {
			sizes[uint32(m.UID)] = m.RFC822Size
		}
		return sizes, err
	})
}

// fetch gets mails whole, or a part of each. With an error come those that
// arrived completely before it. It asks for nothing that the server would have
// to understand the mail for: a BODYSTRUCTURE or ENVELOPE that cannot be parsed
// would take the connection with it (go-imap issues 659, 678).
func (f *Follower) fetch(ctx context.Context, c *connection, uids []uint32, part *imap.SectionPartial) ([]intake.IncomingMail, error) {
	type fetched struct {
		mails []intake.IncomingMail
		err   error
	}
	got, err := do(ctx, c, "FETCH", func(progress func()) (fetched, error) {
		cmd := c.client.Fetch(uidSet(uids), &imap.FetchOptions{
			UID: true, RFC822Size: true, InternalDate: true,
			BodySection: []*imap.FetchItemBodySection{{Peek: true, Partial: part}},
		})
		var all fetched
		for data := cmd.Next(); data != nil; data = cmd.Next() {
			m, err := f.readMail(data, part != nil, progress)
			m.Ref.Mailbox, m.Ref.UIDValidity = f.config.Folder, c.uidValidity
			if err == nil && slices.Contains(uids, m.Ref.UID) {
				all.mails = append(all.mails, m)
			} else if err != nil && !refused(err) {
				// The connection broke in the middle of a mail. The command must not
				// be touched any more: to discard the rest of the mail, it would read
				// at the same time as the client itself does by then.
				c.conn.Close()
				all.err = fmt.Errorf("mail %d: %w", m.Ref.UID, err)
				return all, nil
			} else if err != nil && all.err == nil {
				all.err = fmt.Errorf("mail %d: %w", m.Ref.UID, err)
			}
			progress()
		}
		if err := cmd.Close(); err != nil {
			all.err = err
		}
		return all, nil
	})
	if err == nil {
		err = got.err
	}
	return got.mails, err
}

// errNoBody is the answer of a server that has the mail and does not give it.
var errNoBody = &imap.Error{Type: imap.StatusResponseTypeNo, Text: "the server gave no body"}

// readMail reads the answer to a FETCH about one mail.
func (f *Follower) readMail(data *imapclient.FetchMessageData, oversized bool, progress func()) (intake.IncomingMail, error) {
	m := intake.IncomingMail{Oversized: oversized}
	read := false
	for item := data.Next(); item != nil; item = data.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			m.Ref.UID = uint32(item.UID)
		case imapclient.FetchItemDataRFC822Size:
			m.Size = item.Size
		case imapclient.FetchItemDataInternalDate:
			m.ReceivedAt = item.Time
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil || read {
				continue
			}
			size := item.Literal.Size()
			limit := size
			if size > f.config.MaxSize { // it said less before
				limit, m.Oversized = beginning, true
			}
			m.Raw = make([]byte, limit)
			if _, err := io.ReadFull(item.Literal, m.Raw); err != nil {
				// A connection that is cut looks like the end of the literal.
				return m, fmt.Errorf("reading %d octets: %w", limit, errors.Join(io.ErrUnexpectedEOF, err))
			}
			read = true
			progress()
		}
	}
	if !read {
		return m, errNoBody
	}
	if m.ReceivedAt.IsZero() {
		m.ReceivedAt = f.config.Now()
	}
	m.Size = max(m.Size, int64(len(m.Raw)))
	return m, nil
}

// wait returns when there may be new mails: when the server says so (IDLE, RFC
// 2177), and at the latest after the time between two polls. That is also how
// IDLE is restarted long before servers lose patience: some drop it after 10
// minutes (go-imap issue 603), others stop talking after a day (issue 602).
func (f *Follower) wait(ctx context.Context, c *connection) error {
	poll := f.config.After(f.config.Poll)
	var idle *imapclient.IdleCommand
	if c.caps.Has(imap.CapIdle) {
		var err error
		idle, err = do(ctx, c, "IDLE", func(func()) (*imapclient.IdleCommand, error) { return c.client.Idle() })
		if err != nil && !refused(err) {
			return err
		}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.client.Closed():
		return errors.New("the IMAP server closed the connection")
	case <-c.announced:
	case <-poll:
	}
	if idle == nil {
		return nil
	}
	_, err := do(ctx, c, "DONE", func(func()) (struct{}, error) {
		return struct{}{}, errors.Join(idle.Close(), idle.Wait())
	})
	return err
}

func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, uid := range uids {
		set.AddNum(imap.UID(uid))
	}
	return set
}
