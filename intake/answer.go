package intake

import (
	"strings"

	"registratura/forms"
	"registratura/intake/reply"
)

// answerOf is a mail as package reply reads it.
func (d *Desk) answerOf(m *Message) reply.Input {
	in := reply.Input{
		Subject: m.Subject, Text: m.Text, HTML: m.HTML, AcceptWeak: d.Policy.AcceptWeak, Today: d.Now().In(d.Policy.Location),
		Unread: len(m.Defects) > 0,
	}
	if len(m.From) > 0 {
		in.Sender = m.From[0].Name
	}
	for _, a := range m.Attachments {
		in.Unread = in.Unread || !a.Inline
		// A mail that is forwarded in this one is somebody else's text.
		if a.Within == "" && (a.MediaType == "text/plain" || a.MediaType == "text/html") {
			in.Attached = append(in.Attached, string(a.Data))
		}
	}
	return in
}

// readAnswer reads an answer again, with all that helps to understand it.
func (h *hand) readAnswer(r *Request, approver Approver) reply.Reading {
	in := h.answerOf(h.c.Message)
	in.Today = h.now.In(h.Policy.Location)
	in.RequestNumber, in.Names = r.Number.String(), []string{approver.Name, approver.Title}
	in.Requester, in.Subjects = r.From.Name, []string{r.Plan.Site.Title, r.Department}
	for _, id := range h.c.Message.Threads() {
		if n, err := h.tx.NoticeOfMessage(id); err == nil && n.Request == r.ID {
			in.Asked, in.Quoted = splitSaid(n.Text)
			break
		}
	}
	for _, member := range r.Plan.Members {
		in.People = append(in.People, member.Name)
	}
	h.c.Reply = reply.Read(in)
	if r.Kind == forms.Close {
		h.c.Reply = h.readConfirmation(in, h.c.Reply)
	}
	return h.c.Reply
}

// saidBy is what is kept of a question, so that an answer can be told from its
// quote. The token is in the header only.
func saidBy(m *Message) string { return m.Subject + "\n\n" + m.Text }

func splitSaid(said string) (subject, text string) {
	subject, text, ok := strings.Cut(said, "\n\n")
	if !ok || strings.Contains(subject, ReplyLine) {
		return "", said // kept before subjects were
	}
	return subject, text
}
