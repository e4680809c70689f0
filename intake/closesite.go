package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"registratura/forms"
	"registratura/intake/trust"
)

// Closing a site (5.3), from the confirmation to the saved files: access ends, the
// files are saved and verified, everybody is told; after the grace period the
// site is deleted, if the saved files are still what they were.

// AccessEnded tells a member that the site was closed.
type AccessEnded struct {
	Request *Request // to close
	Member  Member
}

// ClosingSaved tells the head of department that access has ended and where the
// files are. For IT, which can undo it, it says how.
type ClosingSaved struct {
	Request *Request
	ForIT   bool
	SiteURL string
	Closing Closing
	Link    string // to fetch the files; empty: there is none, or it is not for the reader
}

// ClosingStuck tells IT that the files could not be saved, or a site not
// opened again.
type ClosingStuck struct {
	Request     *Request
	Err         string // the portal's or the disk's words
	Unsupported bool   // the portal cannot do it by itself
	Undo        bool   // the site could not be opened again
	ByHand      bool   // Err is what somebody of IT says, who was to do it
}

// ClosingHeld tells IT that a site was not deleted, because its saved files are
// not what they were, or the portal would not.
type ClosingHeld struct {
	Request *Request
	Closing Closing
	Err     string
}

// ClosingUndone tells the head of department and IT that the site is open again.
type ClosingUndone struct {
	Request *Request
	ForIT   bool
	SiteURL string
	Closing Closing
}

// AccessResumed tells a member that the site is open again.
type AccessResumed struct {
	Request *Request // to close, which was undone
	Member  Member
	SiteURL string
}

// ClosingDone tells the head of department and IT that the site is deleted.
type ClosingDone struct {
	Request *Request
	ForIT   bool
	Closing Closing
}

func (AccessEnded) Name() string   { return "access_ended" }
func (ClosingSaved) Name() string  { return "closing_saved" }
func (ClosingStuck) Name() string  { return "closing_stuck" }
func (ClosingHeld) Name() string   { return "closing_held" }
func (ClosingUndone) Name() string { return "closing_undone" }
func (AccessResumed) Name() string { return "access_resumed" }
func (ClosingDone) Name() string   { return "closing_done" }

// The events of a closing.
const (
	EventClosing      EventKind = "closing"       // access has ended and the files are saved
	EventDeletionHeld EventKind = "deletion_held" // the site is not deleted, though it is time
	EventUndoAsked    EventKind = "undo_asked"    // by IT
	EventReopened     EventKind = "reopened"      // the closing was undone
	EventClosed       EventKind = "closed"        // the site is deleted
)

// usage counts what a site holds; nil: its portal can't tell.
func (h *hand) usage(site string) (*SiteUsage, error) {
	u, err := h.Portal.Usage(h.ctx, site)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("counting what site %s holds: %w", site, err)
	}
	return &u, nil
}

// closingConfirmed has the site closed, now that its head of department
// confirmed it.
func (h *hand) closingConfirmed(r *Request) error {
	if err := h.tx.Change(r, provisionAtOnce, h.now); err != nil {
		return err
	}
	if err := h.event(r, EventProvision, "desk", "access to site "+r.Plan.Site.ID+" ends and its files are saved"); err != nil {
		return err
	}
	return h.tx.EnqueueProvision(r.ID, time.Time{})
}

// closeSite ends access to a site and saves its files, or opens it again if IT
// undid the closing. It may be interrupted anywhere and run again, as
// [Desk.Provision], which calls it.
func (d *Desk) closeSite(ctx context.Context, r *Request, last bool) error {
	closing, err := d.closingOf(ctx, r)
	if err != nil {
		return err
	}
	if closing.UndoBy != "" {
		return d.reopen(ctx, r, closing, last)
	}
	if r.Status == StatusClosing && closing.Deleting { // people deleted it, and said so
		return d.deleteSite(ctx, r, forms.DateOf(d.Now().In(d.Policy.Location)))
	}
	if r.Status != StatusProvisioning {
		return nil // done by an earlier attempt, or ended by somebody
	}
	export, err := d.saveSite(ctx, r, closing.ByHand)
	if err == nil {
		err = d.recordClosing(ctx, r, export)
	}
	switch {
	case errors.Is(err, ErrStatus):
		return nil // another attempt was faster
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err() // the daemon is stopping: that is nobody's failure
	case errors.Is(err, ErrAwaitsIT):
		return d.orderWork(ctx, r)
	case last, errors.Is(err, errors.ErrUnsupported):
		d.Log.Error("closing a site is stuck", "request", r.Number.String(), "error", err)
		return d.closingStuck(ctx, r, err)
	}
	d.Log.Warn("closing a site failed, will be tried again", "request", r.Number.String(), "error", err)
	return errors.Join(err, d.transact(ctx, func(h *hand) error {
		return h.event(r, EventProvFailed, "desk", "will be tried again: "+oneLine(err))
	}))
}

func (d *Desk) closingOf(ctx context.Context, r *Request) (closing Closing, err error) {
	err = d.transact(ctx, func(h *hand) (err error) {
		closing, err = h.tx.Closing(r.ID)
		return err
	})
	return closing, err
}

// saveSite ends access first, so that nothing changes while the files are saved.
// It returns nil if people have saved them.
func (d *Desk) saveSite(ctx context.Context, r *Request, byHand *SavedFiles) (*Export, error) {
	site := r.Plan.Site.ID
	if err := d.Portal.CloseSite(ctx, site); err != nil {
		return nil, fmt.Errorf("ending access to site %s: %w", site, err)
	}
	if byHand != nil {
		return nil, nil
	}
	order := ExportOrder{Institution: d.Directory.Institution, Request: r.Number, Site: r.Plan.Site, Head: r.From,
		Place: r.Plan.Closing.Place, At: d.Now().In(d.Policy.Location)}
	usage, err := d.Portal.Usage(ctx, site)
	switch {
	case err == nil:
		order.Usage = &usage
	case !errors.Is(err, errors.ErrUnsupported):
		return nil, fmt.Errorf("counting what site %s holds: %w", site, err)
	}
	export, err := d.Archive.Save(ctx, order, func(w io.Writer) ([]ExportedFile, error) { return d.Portal.ExportSite(ctx, site, w) })
	return &export, err
}

// recordClosing records that access has ended and the files are saved, and
// tells everybody.
func (d *Desk) recordClosing(ctx context.Context, r *Request, export *Export) error {
	return d.transact(ctx, func(h *hand) error {
		standing, err := h.tx.Standing(r.Plan.Site.ID)
		if err != nil {
			return err
		}
		review, err := h.reviewOf(standing) // before the status changes, with which it begins anew
		if err != nil {
			return err
		}
		if err := h.tx.Change(r, endAccess, h.now); err != nil {
			return err
		}
		if err := h.tx.Change(standing, startClosing, h.now); err != nil {
			return err
		}
		closing, err := h.tx.Closing(r.ID)
		if err != nil {
			return err
		}
		closing.Suspended = review.suspended()
		closing.Export, closing.KeepUntil = export, h.daysFromNow(h.Policy.Closing.GraceDays)
		saved := ClosingSaved{Request: r, SiteURL: h.Portal.SiteURL(r.Plan.Site.ID)}
		if export != nil && export.Place == "" && h.DownloadURL != nil {
			token, err := trust.NewToken(h.Rand)
			if err != nil {
				return fmt.Errorf("making a link: %w", err)
			}
			closing.LinkHash, closing.LinkUntil = trust.HashToken(token), h.now.AddDate(0, 0, h.Policy.Closing.LinkDays)
			saved.Link = h.DownloadURL(token)
		}
		saved.Closing = closing
		if err := h.tx.SetClosing(r.ID, closing); err != nil {
			return err
		}
		detail := fmt.Sprintf("access to site %s has ended; ", r.Plan.Site.ID)
		if export != nil {
			detail += fmt.Sprintf("%d files with %d bytes saved in %s, archive sha256 %s, manifest sha256 %s",
				export.Files, export.Bytes, export.Folder, export.ArchiveSHA256, export.ManifestSHA256)
		} else {
			detail += fmt.Sprintf("%s says that the files are saved, which was not verified: %q", closing.ByHand.By.Address, closing.ByHand.Said)
		}
		if err := h.both(r, standing, EventClosing, "desk", detail); err != nil {
			return err
		}
		for _, m := range standing.Members() {
			if err := h.send(Person{m.Name, m.Address}, AccessEnded{Request: r, Member: m}, envelope{request: r}); err != nil {
				return err
			}
		}
		if err := h.send(r.From, saved, envelope{request: r, secret: saved.Link != ""}); err != nil {
			return err
		}
		saved.ForIT, saved.Link = true, ""
		return h.tellIT(saved, envelope{request: r})
	})
}

// both records an event of a closing and of the request by whose plan the site stands.
func (h *hand) both(r, standing *Request, kind EventKind, who, detail string) error {
	if err := h.event(r, kind, who, detail); err != nil {
		return err
	}
	return h.event(standing, kind, who, fmt.Sprintf("on request nr. %s: %s", r.Number, detail))
}

func (h *hand) daysFromNow(n int) forms.Date {
	return forms.DateOf(h.today().In(time.UTC).AddDate(0, 0, n))
}

// closingStuck hands a closing to IT: access has ended, or should have, and
// nothing was or will be deleted.
func (d *Desk) closingStuck(ctx context.Context, r *Request, cause error) error {
	return d.transact(ctx, func(h *hand) error {
		if err := h.tx.Change(r, getStuck, h.now); err != nil {
			return err
		}
		if err := h.event(r, EventStuck, "desk", oneLine(cause)); err != nil {
			return err
		}
		letter := ClosingStuck{Request: r, Err: oneLine(cause), Unsupported: errors.Is(cause, errors.ErrUnsupported)}
		return h.tellIT(letter, envelope{request: r})
	})
}

// Download finds the export that a link leads to; ErrNotFound if the link is
// unknown, too old, or its closing was undone.
func (d *Desk) Download(ctx context.Context, token string) (r *Request, closing Closing, err error) {
	err = d.transact(ctx, func(h *hand) error {
		id, err := h.tx.ClosingOfLink(trust.HashToken(token))
		if err != nil {
			return err
		}
		if r, err = h.tx.Request(id); err != nil {
			return err
		}
		if closing, err = h.tx.Closing(id); err != nil {
			return err
		}
		if closing.Export == nil || closing.UndoBy != "" || h.now.After(closing.LinkUntil) {
			return ErrNotFound
		}
		return nil
	})
	return r, closing, err
}

// EventFetched: saved files were fetched by their link.
const EventFetched EventKind = "files_fetched"

// Downloaded records that the holder of a link fetched a file of an export,
// once for each file.
func (d *Desk) Downloaded(ctx context.Context, token, file string) error {
	r, _, err := d.Download(ctx, token)
	if err != nil {
		return err
	}
	return d.transact(ctx, func(h *hand) error {
		events, err := h.tx.Events(r.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(events, func(e Event) bool { return e.Kind == EventFetched && e.Detail == file }) {
			return nil
		}
		return h.event(r, EventFetched, "link", file)
	})
}
