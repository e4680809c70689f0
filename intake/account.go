package intake

import "context"

// EventCodesReset: IT turned off the codes at login of an account on the portal.
const EventCodesReset EventKind = "codes_reset"

// NoteCodesReset records that the codes at login of an account were turned off; who
// is the one of IT who did it.
func (d *Desk) NoteCodesReset(ctx context.Context, address, who string) error {
	return d.transact(ctx, func(h *hand) error {
		return h.event(nil, EventCodesReset, who, "codes at login of "+address+" turned off, its sessions ended")
	})
}
