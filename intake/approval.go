package intake

import (
	"fmt"
	"path"
	"strings"

	"registratura/forms"
)

// askApproval draws up the plan of a form in order and asks the first approver
// (procedure step 2).
func (h *hand) askApproval(r *Request) error {
	plan, site, err := h.drawUp(r)
	if err != nil {
		return err
	}
	if site != nil {
		same := len(r.with(plan, "").AccessChanges()) == 0
		if err := h.reviewedByForm(site, r.From, same); err != nil {
			return err
		}
		if same {
			return h.nothingToChange(r, site)
		}
	}
	r.Plan = plan
	if r.PlanHash, err = HashPlan(r.Submission, r.Plan); err != nil {
		return err
	}
	if err := h.tx.Change(r, askApproval, h.now); err != nil {
		return err
	}
	if site != nil {
		detail := fmt.Sprintf("of site %s, which stands by nr. %s: %s", site.Plan.Site.ID, site.Number, accessChangesForIT(r.AccessChanges()))
		if err := h.event(r, EventChange, "desk", detail); err != nil {
			return err
		}
	}
	approver, err := h.askFirst(r)
	if err != nil {
		return err
	}
	if err := h.wait(r); err != nil {
		return err
	}
	return h.send(r.From, Registered{Request: r, Approver: approver}, envelope{request: r, answers: true, bounded: true})
}

// drawUp makes the plan for a new site, or for a change of the one that stands.
func (h *hand) drawUp(r *Request) (plan Plan, site *Request, err error) {
	if r.Plan.Replaces != nil {
		if site, err = h.tx.Standing(r.Plan.Replaces.Site.ID); err != nil {
			return plan, nil, err
		}
		plan = h.planChange(r, site)
	} else {
		siteID, err := h.freeSiteID(r.Submission.Partner, r.Number)
		if err != nil {
			return plan, nil, err
		}
		plan = MakePlan(&forms.Reading{Submission: r.Submission, Department: r.Department}, r.Number, siteID)
	}
	plan.Separate, plan.Corrects, plan.Round = r.Plan.Separate, r.Plan.Corrects, r.Plan.Round
	return plan, site, nil
}

// freeSiteID makes a site ID out of the partner's name that no request uses;
// where the name alone is taken, the registration number is added.
func (h *hand) freeSiteID(partner string, n Number) (string, error) {
	base := Slug(partner)
	for _, id := range []string{base, fmt.Sprintf("%s-%d", base, n.Serial), fmt.Sprintf("%s-%d-%d", base, n.Serial, n.Date.Year)} {
		taken, err := h.tx.SiteIDTaken(id)
		if err != nil || !taken {
			return id, err
		}
	}
	return "", fmt.Errorf("no site ID is free for request %s", n)
}

// workbook is the form as the approver and IT get it: as it was sent, if it is
// a plain workbook. One that may hold macros is not passed on, but what was
// read in it, in a form of ours.
func (h *hand) workbook(r *Request) ([]Attachment, error) {
	if strings.EqualFold(path.Ext(r.FormName), ".xlsx") {
		a, err := h.sentWorkbook(r)
		if a != nil || err != nil {
			return a, err
		}
	}
	a, err := h.refilled(r)
	return []Attachment{a}, err
}

// refilled is what was read in the form of a request, in a form of ours.
func (h *hand) refilled(r *Request) (Attachment, error) {
	data, err := forms.Fill(r.Kind, r.Submission, h.formOptions())
	if err != nil {
		return Attachment{}, fmt.Errorf("filling in the form of request %s: %w", r.Number, err)
	}
	return Attachment{Name: xlsxName(r.FormName), MediaType: WorkbookType, Data: data}, nil
}

func (h *hand) formOptions() forms.BlankOptions {
	return forms.BlankOptions{Institution: h.Directory.Institution, Departments: h.Directory.FormDepartments()}
}

// xlsxName is what a workbook is called once it is an .xlsx.
func xlsxName(name string) string { return strings.TrimSuffix(name, path.Ext(name)) + ".xlsx" }

// WorkbookType is the media type of an Office Open XML workbook.
const WorkbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// sentWorkbook finds the workbook in the mail that it came with; nil: it is not there.
func (h *hand) sentWorkbook(r *Request) ([]Attachment, error) {
	var message *Message
	if r.FormMail == h.mail.ID {
		message = h.c.Message
	} else {
		raw, err := h.Store.MailBytes(h.ctx, r.FormMail)
		if err != nil {
			return nil, err
		}
		message = h.Parse(raw, false)
	}
	var named []Attachment
	for _, a := range message.Attachments {
		if a.Name == r.FormName {
			named = append(named, a)
		}
	}
	if len(named) > 1 {
		named = h.planned(r, named)
	}
	if len(named) == 1 {
		named[0].Data = h.unmarked(message, named[0].Data)
	}
	return named, nil
}

// unmarked takes off the marks that a form still bears which was returned,
// mended and sent again: the approver is to see a clean one.
func (h *hand) unmarked(m *Message, data []byte) []byte {
	if _, ok := FindNumber(m.Subject); !ok && len(m.Threads()) == 0 {
		return data // it was never returned
	}
	clean, err := h.Forms.UnmarkForm(h.ctx, data)
	if err != nil {
		h.Log.Info("old marks stay on a workbook", "error", err)
		return data
	}
	return clean
}

// planned is the one of several workbooks of the same name that the plan was
// made from: the approver must not be shown another (rule T6).
func (h *hand) planned(r *Request, named []Attachment) []Attachment {
	for _, a := range named {
		reading, err := h.Forms.ReadForm(h.ctx, a.Name, a.Data, h.Rules())
		if err != nil {
			continue
		}
		if hash, err := HashPlan(reading.Submission, r.Plan); err == nil && hash == r.PlanHash {
			return []Attachment{a}
		}
	}
	return nil
}

// askAgain repeats the question, with a new token beside the earlier ones.
func (h *hand) askAgain(r *Request, approver Approver, letter AskAgain) error {
	letter.Request, letter.Approver = r, approver
	if err := h.event(r, EventAskedAgain, "desk", "asked "+approver.Address+" again"); err != nil {
		return err
	}
	if r.Kind == forms.Close {
		again := ClosingQuestion{Again: true, Said: letter.Said, NoToken: letter.NoToken, Changed: letter.Superseded}
		return h.putClosingQuestion(r, approver, again, Token{Purpose: Decides}, envelope{answers: true, bounded: true})
	}
	return h.send(approver.Person, letter, envelope{
		request: r, answers: true, bounded: true,
		token: &Token{Purpose: Decides, Address: approver.Address, ExpiresAt: h.now.Add(h.Policy.TokenLife)},
	})
}
