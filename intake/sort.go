package intake

import (
	"context"
	"errors"

	"registratura/forms"
	"registratura/intake/reply"
	"registratura/intake/trust"
)

// CaseKind is what a mail turned out to be, before the records are looked at.
type CaseKind string

const (
	CaseAuto       CaseKind = "auto"        // written by a machine
	CaseBounce     CaseKind = "bounce"      // a delivery status notification
	CaseCreateForm CaseKind = "create_form" // Annex 1
	CaseCloseForm  CaseKind = "close_form"  // the request to close
	CaseReply      CaseKind = "reply"       // a person's answer to a mail
	CaseCommand    CaseKind = "command"     // a word that asks the desk for something
	CaseUnreadable CaseKind = "unreadable"  // attachments, and none of them a form that can be read
	CaseOversized  CaseKind = "oversized"   // larger than the limit: only its beginning is known
	CaseOther      CaseKind = "other"
)

// Case is a mail with everything that can be said of it without the records:
// who sent it, what forms it carries, what its new text says.
type Case struct {
	Kind    CaseKind
	Message *Message
	Origin  trust.Origin
	Tokens  []string // hashes of what may be tokens, in the addresses and threads
	Reply   reply.Reading
	Command reply.Command
	Forms   []FormFound
	Faults  []UnreadableFile
}

// FormFound is one form that a mail carries.
type FormFound struct {
	Attachment Attachment
	Reading    *forms.Reading
	Marked     []byte // the workbook with its problems marked; nil: nothing to mark, or it can't be
}

// ErrLater is returned when something cannot be known at this moment, but
// perhaps soon.
var ErrLater = errors.New("to be tried again")

// Examine takes a mail apart and reads what it says. It has no effects.
func (d *Desk) Examine(ctx context.Context, raw []byte, oversized bool) (c *Case, err error) {
	defer recoverInto(&err)
	c = &Case{Message: d.Parse(raw, oversized)}
	m := c.Message
	switch {
	case m.Bounce != nil:
		c.Kind = CaseBounce
		return c, nil
	case m.Automatic != "":
		c.Kind = CaseAuto
		return c, nil
	}
	c.Origin = d.Origin(ctx, raw)
	if c.Origin.Temporary {
		return nil, errors.Join(ErrLater, errors.New(c.Origin.Why))
	}
	if oversized {
		c.Kind = CaseOversized
		return c, nil
	}
	c.Tokens = tokenHashes(m)
	input := d.answerOf(m)
	if sender, ok := m.Sender(); ok && sender.Name != "" {
		input.Names = []string{sender.Name} // as whom they may sign
	}
	c.Reply = reply.Read(input)
	c.Command, _ = reply.ReadCommand(input)
	if err := d.readForms(ctx, c); err != nil {
		return nil, err
	}
	c.Kind = kindOf(c)
	return c, nil
}

func kindOf(c *Case) CaseKind {
	answers := len(c.Message.Threads()) > 0 || len(c.Tokens) > 0
	switch {
	case len(c.Forms) > 0 && c.Forms[0].Reading.Kind == forms.Close:
		return CaseCloseForm
	case len(c.Forms) > 0:
		return CaseCreateForm
	case c.Command.Name == reply.CommandForm && len(c.Faults) == 0:
		return CaseCommand
	case answers:
		return CaseReply
	case len(c.Faults) > 0:
		return CaseUnreadable
	case c.Command.Name != "":
		return CaseCommand
	}
	return CaseOther
}

func tokenHashes(m *Message) []string {
	recipients := append([]string{}, m.Delivered...)
	for _, a := range m.To {
		recipients = append(recipients, a.Address)
	}
	var hashes []string
	for _, token := range trust.FindTokens(m.Threads(), recipients) {
		hashes = append(hashes, trust.HashToken(token))
	}
	return hashes
}

// readForms reads every attachment that could be a form, and says of the
// others why they can't be.
func (d *Desk) readForms(ctx context.Context, c *Case) error {
	for _, a := range c.Message.Attachments {
		if a.Inline {
			continue
		}
		reading, err := d.Forms.ReadForm(ctx, a.Name, a.Data, d.Rules())
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			c.Faults = append(c.Faults, UnreadableFile{a.Name, faultOf(err)})
		case reading.Kind == "":
			c.Faults = append(c.Faults, UnreadableFile{a.Name, FaultNotForm})
		default:
			d.checkHead(c, reading)
			found := FormFound{Attachment: a, Reading: reading}
			if len(reading.Problems) > 0 {
				found.Marked = d.mark(ctx, a, reading)
			}
			c.Forms = append(c.Forms, found)
		}
	}
	return nil
}

// Rules is what forms are judged by today.
func (d *Desk) Rules() forms.Rules {
	return forms.Rules{
		Today:       forms.DateOf(d.Now().In(d.Policy.Location)),
		Departments: d.Directory.FormDepartments(),
		OwnDomains:  d.Directory.Domains,
	}
}

// checkHead adds the problem that only the directory can show: the sender is
// not the head of the department that the form names (5.2.2).
func (d *Desk) checkHead(c *Case, r *forms.Reading) {
	sender, ok := c.Message.Sender()
	if !ok || r.Department == "" {
		return
	}
	if _, isHead := d.Directory.Head(sender.Address); isHead && !d.Directory.HeadOf(sender.Address, r.Department) {
		r.AddProblem("department", forms.Invalid, "Cererea pentru acest compartiment poate fi trimisă numai de șeful lui. "+
			"Scrieți aici compartimentul pe care îl conduceți sau rugați-l pe șeful compartimentului să trimită cererea.")
	}
}

// mark returns the sender's own workbook with the problems marked, or nil.
func (d *Desk) mark(ctx context.Context, a Attachment, r *forms.Reading) []byte {
	marked, err := d.Forms.MarkForm(ctx, a.Data, r)
	if err != nil {
		d.Log.Info("a workbook can't be marked", "error", err)
		return nil
	}
	return marked
}
