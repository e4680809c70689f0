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
		{"stuck-by-hand", intake.Stuck{Request: stuck, Failures: []intake.Failure{{Err: "Ana Popa (ana.popa@primariabuzau.ro): nu avem licențe"}}, ByHand: true}},
		{"cancelled-hostile", intake.Cancelled{Request: hostileRequest(), Why: hostile, Left: intake.Remains{State: intake.SiteClosed, SiteURL: site, Failed: hostile}, ForIT: true}},
	}
}

// addressSamples are the letters about an address that is wrong.
func addressSamples() []sample {
	const site = "https://extranet.primariabuzau.ro/s/scoala-gimnaziala-nr-11/"
	open := decided(intake.Approve, "")
	open.Status = intake.StatusActive
	ended := decided(intake.Approve, "")
	ended.Status = intake.StatusClosed
	member := open.Plan.Members[1]
	mended := member
	mended.Address = "d.serban@scoala11buzau.ro"
	const reason = "5.1.1 550 The email account that you tried to reach does not exist"
	list := []sample{
		{"address_failed", intake.AddressFailed{Request: open, Member: member, Kind: "access", Mend: true, Reason: reason}},
		{"address_failed-removed", intake.AddressFailed{Request: open, Member: member, Kind: "access_removed", Reason: reason}},
		{"address_failed-it", intake.AddressFailed{Request: open, Member: open.Plan.Members[3], Kind: "access", Mend: true, Reason: reason, ForIT: true}},
		{"address_failed-hostile", intake.AddressFailed{Request: hostileRequest(), Member: intake.Member{Name: hostile, Address: "x@rau.ro"}, Kind: "access", Mend: true, Reason: hostile}},
		{"address_mended", intake.AddressMended{Request: open, Member: mended, Old: member.Address, By: open.From, SiteURL: site}},
		{"address_mended-approver", intake.AddressMended{Request: open, Member: mended, Old: member.Address, By: open.From, SiteURL: site, Approver: true}},
		{"address_mended-hostile", intake.AddressMended{Request: hostileRequest(), Member: intake.Member{Name: hostile, Address: "x@rau.ro"}, Old: "y@rau.ro", By: intake.Person{Name: hostile, Address: "z@rau.ro"}, SiteURL: site}},
		{"address_stays", intake.AddressStays{Request: open, Member: mended, Old: member.Address, Err: "portalul a răspuns 503"}},
		{"address_stays-different", intake.AddressStays{Request: open, Member: mended, Old: member.Address, Err: "the portal has 1 differences from what request 42/23.11.2026 is to have",
			Differences: []intake.Difference{{Address: member.Address, Granted: forms.RightRead}}}},
		{"cannot_correct-hostile", intake.CannotCorrect{Request: hostileRequest(), Why: intake.CorrectionInvalid, Said: hostile, Address: hostile, Failed: []intake.Member{{Name: hostile, Address: "x@rau.ro"}}}},
		{"cannot_correct-nothing", intake.CannotCorrect{Request: open, Why: intake.CorrectionNobody, Said: "Dan Șerban d.serban@scoala11buzau.ro", Address: mended.Address}},
		{"undelivered-next", intake.Undelivered{Request: sampleRequest(), To: mayor.Address, Kind: "approval", Reason: "5.2.2 Mailbox full", Bounced: true, Next: &viceMayor}},
		{"undelivered-guessed", intake.Undelivered{Request: open, To: member.Address, Kind: "access", Reason: reason, Bounced: true, Guessed: true}},
	}
	for _, why := range intake.CorrectionFaults {
		r := open
		if why == intake.CorrectionClosed {
			r = ended
		}
		list = append(list, sample{"cannot_correct-" + string(why), intake.CannotCorrect{Request: r, Why: why, Said: "Dan Șerban d.serban@scoala11buzau.ro", Address: mended.Address, Failed: []intake.Member{member}}})
	}
	return list
}
