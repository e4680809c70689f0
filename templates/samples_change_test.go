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

// changing is a request for a change of access.
func changing(r *intake.Request) *intake.Request {
	former := intake.Former{Number: intake.Number{Serial: 7, Date: forms.Date{Year: 2026, Month: time.March, Day: 2}}, PlanHash: "stands",
		Site: r.Plan.Site, Members: r.Plan.Members}
	s := corrected(sampleRequest()).Submission
	r.Submission = s
	r.Plan = intake.MakePlan(&forms.Reading{Submission: s, Department: r.Department}, r.Number, r.Plan.Site.ID)
	r.Plan.Replaces = &former
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
	change := changing(sampleRequest())
	corrected2 := changing(sampleRequest())
	corrected2.Plan.Corrects, corrected2.Plan.Round = &earlier, 1
	approved := changing(decided(intake.Approve, ""))
	now := changing(decided(intake.Approve, ""))
	now.Plan.ActivateOn = now.Number.Date
	wildChange := hostileRequest()
	wildChange.Plan.Replaces = change.Plan.Replaces
	return []sample{
		{"approval-change", intake.Approval{Request: change, Approver: mayor, SiteURL: site, Expires: ask}},
		{"approval-change-corrected", intake.Approval{Request: corrected2, Approver: mayor, SiteURL: site, Expires: ask}},
		{"approval-change-hostile", intake.Approval{Request: wildChange, Approver: mayor, SiteURL: site, Expires: ask}},
		{"reminder-change", intake.Reminder{Request: change, Approver: mayor, SiteURL: site, Since: change.Number.Date, Expires: ask}},
		{"offer-change", intake.Offer{Request: change, Approver: mayor, Said: "Aprob, dar fără Mihai Țuțea.", Expires: ask}},
		{"ask_again-change", intake.AskAgain{Request: change, Approver: mayor, Said: "Mai vedem."}},
		{"registered-change", intake.Registered{Request: change, Approver: mayor}},
		{"approved-change", intake.Approved{Request: approved}},
		{"approved-change-now", intake.Approved{Request: now}},
		{"approved_it-change", intake.ApprovedForIT{Request: approved, SiteURL: site}},
		{"access_list-change", intake.AccessList{Request: approved, SiteURL: site}},
		{"nothing_changes", intake.NothingChanges{Request: change, Site: change.Plan.Replaces.Site, SiteURL: site}},
		{"nothing_changes-hostile", intake.NothingChanges{Request: wildChange, Site: wildChange.Plan.Site, SiteURL: site}},
		{"access_altered", intake.AccessAltered{Request: approved, Member: approved.Plan.Members[0], Was: forms.RightRead | forms.RightWrite, SiteURL: site}},
		{"access_altered-hostile", intake.AccessAltered{Request: wildChange, Member: wildChange.Plan.Members[0], Was: forms.RightWrite, SiteURL: site}},
		{"stuck-change", intake.Stuck{Request: approved, Holds: []intake.Hold{{Why: intake.HoldStanding, Name: approved.Plan.Replaces.Number.String()}}}},
		{"access_removed", intake.AccessRemoved{Request: approved, Member: approved.Plan.Replaces.Members[1]}},
		{"access_removed-hostile", intake.AccessRemoved{Request: wildChange, Member: wildChange.Plan.Members[0]}},
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
