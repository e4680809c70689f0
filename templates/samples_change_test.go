package templates

import (
	"time"

	"registratura/forms"
	"registratura/intake"
)

// corrected is a request whose form was corrected after the approvers were asked.
func corrected(r *intake.Request) *intake.Request {
	before := r.Plan
	s := r.Submission
	s.LegalBasis = "Acord de colaborare nr. 215/2026"
	s.ActivationDate = forms.Date{Year: 2027, Month: time.January, Day: 4}
	s.PartnerUsers = []forms.User{
		{Name: "Ana-Maria Popescu", Email: "ana.popescu@scoala11buzau.ro", Rights: forms.RightRead},
		{Name: "Ioana Radu", Email: "ioana.radu@scoala11buzau.ro", Rights: forms.RightRead | forms.RightWrite},
	}
	r.Submission = s
	r.Plan = intake.MakePlan(&forms.Reading{Submission: s, Department: r.Department}, r.Number, r.Plan.Site.ID)
	r.Plan.Corrects, r.Plan.Round = &before, 1
	return r
}

// changeSamples are the letters about requests that change something.
func changeSamples() []sample {
	const site = "https://extranet.primariabuzau.ro/s/scoala-gimnaziala-nr-11/"
	ask := sampleTime.AddDate(0, 0, 14)
	same := sampleRequest()
	earlier := same.Plan
	same.Plan.Corrects, same.Plan.Round = &earlier, 1
	hostile1 := hostileRequest()
	wild := corrected(sampleRequest()).Plan
	hostile1.Plan.Corrects = &wild
	in := func(status intake.Status) *intake.Request {
		r := sampleRequest()
		r.Status = status
		return r
	}
	return []sample{
		{"approval-corrected", intake.Approval{Request: corrected(sampleRequest()), Approver: mayor, SiteURL: site, Expires: ask}},
		{"approval-corrected-same", intake.Approval{Request: same, Approver: mayor, SiteURL: site, Expires: ask}},
		{"approval-corrected-hostile", intake.Approval{Request: hostile1, Approver: mayor, SiteURL: site, Expires: ask}},
		{"registered-corrected", intake.Registered{Request: corrected(sampleRequest()), Approver: mayor}},
		{"confirm_request-corrected", intake.ConfirmRequest{Request: corrected(sampleRequest()), Expires: ask, Correction: true}},
		{"disowned-corrected", intake.Disowned{Request: sampleRequest(), Correction: true}},
		{"question_withdrawn", intake.QuestionWithdrawn{Request: sampleRequest(), Approver: mayor}},
		{"question_withdrawn-returned", intake.QuestionWithdrawn{Request: sampleRequest(), Approver: mayor, Returned: true}},
		{"correction_not_taken-same", intake.CorrectionNotTaken{Request: sampleRequest(), Same: true}},
		{"correction_not_taken-scheduled", intake.CorrectionNotTaken{Request: in(intake.StatusScheduled)}},
		{"correction_not_taken-stuck", intake.CorrectionNotTaken{Request: in(intake.StatusStuck)}},
		{"correction_not_taken-withdrawn", intake.CorrectionNotTaken{Request: in(intake.StatusWithdrawn)}},
	}
}
