package templates

import (
	"time"

	"registratura/forms"
	"registratura/intake"
)

// reviewSamples has the letters by which sites are kept in order.
func reviewSamples() []sample {
	const site = "https://extranet.primariabuzau.ro/s/scoala-gimnaziala-nr-11/"
	r := decided(intake.Approve, "")
	r.Status = intake.StatusActive
	r.Submission.LegalBasis = "Acord de colaborare nr. 215/2026 (expiră la 31.12.2028)"
	r.Plan = intake.MakePlan(&forms.Reading{Submission: r.Submission, Department: r.Department}, r.Number, r.Plan.Site.ID)
	since := forms.Date{Year: 2027, Month: time.December, Day: 15}
	suspend := forms.Date{Year: 2028, Month: time.January, Day: 21}
	it := intake.Person{Name: "Serviciul TIC", Address: "it@primariabuzau.ro"}
	review := func(stage intake.ReviewStage, on forms.Date) intake.Review {
		return intake.Review{Request: r, To: r.From, Stage: stage, SiteURL: site, Members: r.Plan.Members, Since: since, SuspendOn: on}
	}
	unclear := review(intake.StageUnclear, suspend)
	unclear.Said = "Dan Șerban nu mai lucrează acolo."
	forIT := review(intake.StageAsk, forms.Date{})
	forIT.To, forIT.ForIT, forIT.SiteURL = it, true, ""
	bad := hostileRequest()
	old := decided(intake.Approve, "")
	return []sample{
		{"review", review(intake.StageAsk, forms.Date{})},
		{"review-remind", review(intake.StageRemind, forms.Date{})},
		{"review-warn", review(intake.StageWarn, suspend)},
		{"review-suspended", review(intake.StageSuspended, suspend)},
		{"review-unclear", unclear},
		{"review-it", forIT},
		{"review-hostile", intake.Review{Request: bad, To: bad.From, Stage: intake.StageUnclear, Members: bad.Plan.Members, Said: hostile}},
		{"reviewed", intake.Reviewed{Request: r, To: r.From}},
		{"reviewed-resumed", intake.Reviewed{Request: r, To: r.From, Resumed: true}},
		{"reviewed-before", intake.Reviewed{Request: r, To: r.From, Before: true}},
		{"review_others-warn", intake.ReviewForOthers{Request: r, Stage: intake.StageWarn, Asked: []intake.Person{r.From}, Since: since, SuspendOn: suspend}},
		{"review_others-suspended", intake.ReviewForOthers{Request: r, Stage: intake.StageSuspended, Asked: []intake.Person{r.From}, Since: since, SuspendOn: suspend}},
		{"review_others-resumed", intake.ReviewForOthers{Request: r, Stage: intake.StageResumed}},
		{"review_others-hostile", intake.ReviewForOthers{Request: bad, Stage: intake.StageWarn, Asked: []intake.Person{{Name: hostile, Address: hostile}}}},
		{"site_suspended", intake.SiteSuspended{Request: r, Member: r.Plan.Members[0], SiteURL: site}},
		{"site_suspended-back", intake.SiteSuspended{Request: r, Member: r.Plan.Members[0], SiteURL: site, Back: true}},
		{"site_suspended-hostile", intake.SiteSuspended{Request: bad, Member: bad.Plan.Members[0]}},
		{"legal_bases", intake.LegalBases{Days: 30, Soon: []*intake.Request{r}, Today: []*intake.Request{r}}},
		{"legal_bases-monthly", intake.LegalBases{Monthly: true, Days: 30, Soon: []*intake.Request{r}, Ended: []*intake.Request{r}, NoEnd: []*intake.Request{old, bad}}},
		{"approval-until", intake.Approval{Request: r, Approver: mayor, SiteURL: site}},
		{"access-until", intake.Access{Request: r, Member: r.Plan.Members[0], SiteURL: site}},
	}
}
