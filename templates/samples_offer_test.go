package templates

import (
	"time"

	"registratura/forms"
	"registratura/intake"
)

// withChanges is a request as the conditions of an approver change it.
func withChanges(r *intake.Request) *intake.Request {
	r.PlanHash = "shown"
	r.Plan.Members[0].Rights = forms.RightRead
	r.Plan.Members = append(r.Plan.Members[:1:1], r.Plan.Members[2:]...) // one of the partner's is gone
	r.Plan.ActivateOn = forms.Date{Year: 2027, Month: time.January, Day: 4}
	return r
}

// offerSamples are the letters about a plan that was changed by conditions.
func offerSamples() []sample {
	expires := sampleTime.AddDate(0, 0, 14)
	offered := withChanges(sampleRequest())
	approved := withChanges(sampleRequest())
	approved.Status = intake.StatusApproved
	changes := approved.Changes()
	approved.Decision = decided(intake.Approve, "").Decision
	approved.Decision.Changes = changes
	hostile1 := hostileRequest()
	hostile1.PlanHash, hostile1.Decision = "shown", nil
	hostile1.Plan.Members = hostile1.Plan.Members[:1]
	const said = "Aprob, dar fără drept de scriere pentru doamna Popescu, fără Dan Șerban și de la 4 ianuarie."
	const site = "https://extranet.primariabuzau.ro/s/scoala-gimnaziala-nr-11/"
	var every []intake.Obstacle
	for _, why := range []intake.ObstacleWhy{intake.NotUnderstood, intake.NotOneMember, intake.UntilDay, intake.NoSuchDay,
		intake.EarlierDay, intake.PastDay, intake.TwoDays, intake.WithoutRead, intake.WhichOthers, intake.AddsRight} {
		every = append(every, intake.Obstacle{Words: "cuvintele condiției", Why: why})
	}
	every = append(every, intake.Obstacle{Why: intake.NobodyLeft})
	return []sample{
		{"offer", intake.Offer{Request: offered, Approver: mayor, Said: said, Unchanged: offered.Plan.Members[2:], Expires: expires}},
		{"offer-unchanged", intake.Offer{Request: sampleRequest(), Approver: mayor, Said: "Aprob, dar fără drept de ștergere pentru Dan Șerban.", Expires: expires}},
		{"offer-hostile", intake.Offer{Request: hostile1, Approver: mayor, Said: hostile, Unchanged: hostile1.Plan.Members, Expires: expires}},
		{"ask_again-obstacles", intake.AskAgain{Request: sampleRequest(), Approver: mayor, Conditional: true, Said: said, Obstacles: every}},
		{"ask_again-superseded", intake.AskAgain{Request: sampleRequest(), Approver: mayor, Superseded: true, Said: "Aprob"}},
		{"reminder-offered", intake.Reminder{Request: offered, Approver: mayor, SiteURL: "https://extranet.primariabuzau.ro/s/das/", Since: forms.Date{Year: 2026, Month: time.November, Day: 23}}},
		{"ask_again-offered", intake.AskAgain{Request: offered, Approver: mayor, Said: "O să mă uit peste ea mâine."}},
		{"confirm_decision-offered", intake.ConfirmDecision{Request: offered, Approver: mayor, Verdict: intake.Approve, Expires: expires}},
		{"approval-offered", intake.Approval{Request: offered, Approver: mayor, SiteURL: site, Expires: expires}},
		{"approved-changed", intake.Approved{Request: approved}},
		{"approved_it-changed", intake.ApprovedForIT{Request: approved, SiteURL: site}},
		{"access_list-changed", intake.AccessList{Request: approved, SiteURL: site}},
	}
}
