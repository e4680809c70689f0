package templates

import (
	"registratura/forms"
	"registratura/intake"
)

// troubleSamples are the letters about a request that stopped and about mails
// that did not arrive.
func troubleSamples() []sample {
	const site = "https://extranet.primariabuzau.ro/s/scoala-gimnaziala-nr-11/"
	stuck := decided(intake.Approve, "")
	stuck.Status = intake.StatusStuck
	member := stuck.Plan.Members[3]
	skipped := decided(intake.Approve, "")
	skipped.Status = intake.StatusActive
	skipped.Deviations = []intake.Deviation{{Address: member.Address, By: "IT", Why: "Contul există deja, cu alt nume; îl clarificăm cu serviciul de personal."}}
	cancelled := decided(intake.Approve, "")
	cancelled.Status = intake.StatusWithdrawn
	const why = "Portalul nu poate crea site-ul până la mutarea pe serverul nou."
	differences := []intake.Difference{
		{Address: "ana@scoala11buzau.ro", Approved: forms.RightRead, Granted: forms.RightRead | forms.RightWrite}, {Address: "x@y.ro", Granted: forms.RightRead}}
	return []sample{
		{"stuck", intake.Stuck{Request: stuck, SiteURL: site, Failures: []intake.Failure{{Member: &member, Err: "portalul a răspuns 503"}},
			Done: stuck.Plan.Members[:3], Skip: []intake.Member{member}}},
		{"stuck-site", intake.Stuck{Request: stuck, SiteURL: site, NoSite: true, Failures: []intake.Failure{{Err: "disc plin"}}}},
		{"stuck-unread", intake.Stuck{Request: stuck, SiteURL: site, Unread: "portalul nu răspunde", Failures: []intake.Failure{{Err: "portalul nu răspunde"}}}},
		{"stuck-different", intake.Stuck{Request: stuck, SiteURL: site, Differences: differences}},
		{"stuck-hostile", intake.Stuck{Request: hostileRequest(), SiteURL: site, Failures: []intake.Failure{{Member: &intake.Member{Name: hostile, Address: "x@rau.ro"}, Err: hostile}},
			Unread: hostile, Skip: []intake.Member{{Name: hostile}}}},
		{"stuck-held", intake.Stuck{Request: stuck, Holds: []intake.Hold{
			{Why: intake.HoldApprover, Name: "Constantin Popa <primar@primariabuzau.ro>"}, {Why: intake.HoldHead, Name: "Elena Ionescu <elena.ionescu@primariabuzau.ro>"}}}},
		{"stuck-held-department", intake.Stuck{Request: stuck, Holds: []intake.Hold{{Why: intake.HoldDepartment, Name: "Direcția Economică"}, {Why: intake.HoldPlan}}}},
		{"access_list-skipped", intake.AccessList{Request: skipped, SiteURL: site}},
		{"cancelled", intake.Cancelled{Request: cancelled, Why: why, Left: intake.Remains{State: intake.SiteClosed, SiteURL: site}}},
		{"cancelled-it", intake.Cancelled{Request: cancelled, Why: why, Left: intake.Remains{State: intake.SiteClosed, SiteURL: site}, ForIT: true}},
		{"cancelled-nothing", intake.Cancelled{Request: cancelled, Why: why, Left: intake.Remains{State: intake.NoSite}}},
		{"cancelled-change", intake.Cancelled{Request: cancelled, Why: why, Left: intake.Remains{State: intake.SiteStands, SiteURL: site}}},
		{"cancelled-change-it", intake.Cancelled{Request: cancelled, Why: why, Left: intake.Remains{State: intake.SiteStands, SiteURL: site}, ForIT: true}},
		{"cancelled-change-half-it", intake.Cancelled{Request: cancelled, Why: why, Left: intake.Remains{State: intake.SiteStands, SiteURL: site, Differences: differences}, ForIT: true}},
		{"cancelled-closing", intake.Cancelled{Request: cancelled, Why: why, Left: intake.Remains{State: intake.SiteResumed, SiteURL: site}}},
		{"cancelled-failed", intake.Cancelled{Request: cancelled, Why: why, Left: intake.Remains{State: intake.SiteClosed, SiteURL: site, Failed: "portalul nu răspunde"}}},
		{"cancelled-failed-it", intake.Cancelled{Request: cancelled, Why: why, Left: intake.Remains{State: intake.SiteClosed, SiteURL: site, Failed: "portalul nu răspunde"}, ForIT: true}},
		{"cancelled-hostile", intake.Cancelled{Request: hostileRequest(), Why: hostile, Left: intake.Remains{State: intake.SiteClosed, SiteURL: site, Failed: hostile}, ForIT: true}},
	}
}
