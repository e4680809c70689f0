package intake

import "context"

// HandleDue handles every mail that is due now, as [Desk.Work] does, and returns.
func (d *Desk) HandleDue(ctx context.Context) error {
	for {
		mails, err := d.Store.Pending(ctx, d.Now(), batch)
		if err != nil || len(mails) == 0 {
			return err
		}
		signal(d.wake) // so that a failing database is not waited for
		d.handleAll(ctx, mails)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// Patience is how often handling one mail is tried.
const Patience = patience

// ApplyConditions changes a plan as conditions say.
var ApplyConditions = applyConditions
