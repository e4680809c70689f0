package templates

import (
	"time"

	"registratura/forms"
	"registratura/intake"
)

// workSamples has the letters to IT of a city hall where people do the work,
// and the letters that read differently there.
func workSamples() []sample {
	r := decided(intake.Approve, "")
	r.Status = intake.StatusProvisioning
	all := r.Plan.Members
	at := sampleTime.AddDate(0, 0, 30)
	create := intake.Work{Site: r.Plan.Site, Create: true, Members: all, Add: all}
	change := intake.Work{Site: r.Plan.Site, URL: "https://extranet.primariabuzau.ro/scoala-11", Update: true, Members: all[1:],
		Alter: []intake.MemberChange{{Member: all[3], Was: intake.Member{Name: all[3].Name, Address: all[3].Address, Side: all[3].Side, Rights: forms.RightRead | forms.RightWrite}}},
		Add:   all[1:2], Remove: all[:1]}
	access := func(step intake.AccessStep) intake.Work {
		return intake.Work{Site: r.Plan.Site, URL: change.URL, Access: step, Members: all}
	}
	order := func(w intake.Work, fault intake.WorkFault) intake.WorkOrder {
		return intake.WorkOrder{Request: r, Work: w, Fault: fault, Said: "Gata, dar contul lui Dan Șerban nu îl pot face.", Expires: at}
	}
	late := order(create, "")
	late.Since = forms.Date{Year: 2026, Month: time.December, Day: 15}
	bad := hostileRequest()
	it := intake.Person{Name: "Radu Stan", Address: "radu.stan@primariabuzau.ro"}
	cancelled := decided(intake.Approve, "")
	cancelled.Status = intake.StatusWithdrawn
	return []sample{
		{"work_order", order(create, "")},
		{"work_order-change", order(change, "")},
		{"work_order-suspend", order(access(intake.AccessSuspend), "")},
		{"work_order-end", order(access(intake.AccessEnd), "")},
		{"work_order-close", intake.WorkOrder{Request: closing(decided(intake.Approve, "")), Work: access(intake.AccessEnd), Expires: at}},
		{"confirm_work-saved", intake.ConfirmWork{Request: closing(decided(intake.Approve, "")), Done: true, Saved: "Gata, fișierele sunt în Arhiva electronică.", Expires: at}},
		{"work_order-resume", order(access(intake.AccessResume), "")},
		{"work_order-delete", order(access(intake.SiteDelete), "")},
		{"work_order-again", late},
		{"work_order-unclear", order(create, intake.WorkUnclear)},
		{"work_order-partly", order(create, intake.WorkPartly)},
		{"work_order-no_address", order(create, intake.WorkNoURL)},
		{"work_order-addresses", order(create, intake.WorkManyURLs)},
		{"work_order-changed", order(change, intake.WorkOtherWork)},
		{"work_order-late", order(create, intake.WorkLate)},
		{"work_order-still_open", intake.WorkOrder{Request: r, Work: access(intake.AccessEnd), Fault: intake.WorkStillOpen, Said: "serverul este oprit", Expires: at}},
		{"work_order-no_token", order(create, intake.WorkNoToken)},
		{"work_order-hostile", intake.WorkOrder{Request: bad, Fault: intake.WorkPartly, Said: hostile, Work: intake.Work{Site: bad.Plan.Site, Create: true,
			Members: bad.Plan.Members, Add: bad.Plan.Members, Remove: bad.Plan.Members, Alter: []intake.MemberChange{{Member: bad.Plan.Members[0], Was: bad.Plan.Members[0]}}}}},
		{"confirm_work", intake.ConfirmWork{Request: r, Done: true, URL: change.URL, Expires: at}},
		{"confirm_work-failed", intake.ConfirmWork{Request: r, Reason: "nu mai sunt licențe", Expires: at}},
		{"confirm_work-hostile", intake.ConfirmWork{Request: bad, Reason: hostile}},
		{"work_done", intake.WorkDone{Request: r, By: it, URL: change.URL}},
		{"work_closed", intake.WorkClosed{Request: r, By: it.Address}},
		{"work_closed-newer", intake.WorkClosed{Request: r, Newer: true}},
		{"work_closed-cancelled", intake.WorkClosed{Request: cancelled}},
		{"approval-no_address", intake.Approval{Request: sampleRequest(), Approver: mayor, Expires: at}},
		{"approved_it-by_hand", intake.ApprovedForIT{Request: decided(intake.Approve, ""), ByHand: true}},
		{"access-from_it", intake.Access{Request: r, Member: all[0], SiteURL: change.URL, Invitation: intake.Invitation{FromIT: true}}},
	}
}
