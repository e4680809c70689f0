package templates

import (
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// closing makes a request to close of a request for a site.
func closing(r *intake.Request) *intake.Request {
	site := r.Plan.Site
	r.Kind, r.Status, r.Decision = forms.Close, intake.StatusAwaitingApproval, nil
	r.Plan = intake.Plan{Site: site, Members: r.Plan.Members,
		Closing: &intake.ClosingPlan{Usage: &intake.SiteUsage{Members: len(r.Plan.Members), Files: 312, Bytes: 1_482_000_000}, Place: "Arhiva electronică", GraceDays: 30}}
	r.Submission = forms.Submission{Requester: r.From.Name, Department: r.Department, Site: "Școala Gimnazială nr. 11",
		Reason: "Acordul de colaborare a încetat la 31 octombrie 2026.", ArchiveTo: "Arhiva electronică, dosarul Economic"}
	return r
}

// hostileClosing has somebody's mischief in every field that people type into.
func hostileClosing() *intake.Request {
	r := closing(hostileRequest())
	r.Submission = forms.Submission{Requester: hostile, Department: hostile, Site: hostile, Reason: hostile, ArchiveTo: hostile}
	r.Plan.Closing.Place = ""
	return r
}

func closingSamples() []sample {
	const site = "https://extranet.primariabuzau.ro/s/scoala-gimnaziala-nr-11/"
	const link = "https://extranet.primariabuzau.ro/fisiere/abcdefghijklmnopqrstuvwxyz234567/"
	head := intake.Approver{Person: sampleRequest().From, Title: "Șef de compartiment", Salutation: "Bună ziua, Elena Ionescu"}
	expires := sampleTime.AddDate(0, 4, 14)
	question := func(change func(*intake.ClosingQuestion)) intake.ClosingQuestion {
		q := intake.ClosingQuestion{Request: closing(sampleRequest()), Head: head, SiteURL: site, Expires: expires}
		if change != nil {
			change(&q)
		}
		return q
	}
	kept := intake.Closing{
		Export: &intake.Export{Place: "Arhiva electronică", Folder: "/srv/arhiva/scoala-gimnaziala-nr-11-nr-42-2026", Files: 312, Bytes: 1_482_000_000,
			ManifestSHA256: strings.Repeat("3f9a11c0", 8), KeySHA256: strings.Repeat("b07e55d1", 8)},
		KeepUntil: forms.Date{Year: 2027, Month: time.April, Day: 14},
	}
	linked := kept
	export := *kept.Export
	export.Place, export.Folder = "", "/var/lib/registratura/exports/scoala-gimnaziala-nr-11-nr-42-2026"
	linked.Export, linked.LinkUntil = &export, sampleTime.AddDate(0, 4, 30)
	byHand := intake.Closing{KeepUntil: kept.KeepUntil, ByHand: &intake.SavedFiles{
		By:   intake.Person{Name: "Radu Stan", Address: "radu.stan@primariabuzau.ro"},
		Said: `Gata, fișierele sunt pe \\arhiva\economic\scoala-11.`}}
	undoneByHand, hostileByHand := byHand, byHand
	undoneByHand.UndoBy = "IT (mirela)"
	hostileByHand.ByHand = &intake.SavedFiles{By: intake.Person{Name: hostile, Address: hostile}, Said: hostile}
	deletingByHand := byHand
	deletingByHand.Deleting = true
	undone := kept
	undone.UndoBy = "IT (mirela)"
	suspended := undone
	suspended.Suspended = true
	deleting := kept
	deleting.Deleting = true
	hostileUndone := undone
	hostileUndone.UndoBy = hostile
	state := func(s intake.Status) *intake.Request {
		r := closing(sampleRequest())
		r.Status = s
		return r
	}
	proven, unproven := closing(sampleRequest()), closing(sampleRequest())
	unproven.Proven = ""
	return []sample{
		{"closing_question", question(nil)},
		{"closing_question-link", question(func(q *intake.ClosingQuestion) {
			q.Request.Plan.Closing.Place, q.Request.Plan.Closing.Usage = "", nil
			q.Request.Submission.ArchiveTo = "link"
		})},
		{"closing_question-again", question(func(q *intake.ClosingQuestion) { q.Again, q.Said = true, "Da, dar după 1 mai." })},
		{"closing_question-empty", question(func(q *intake.ClosingQuestion) { q.Again = true })},
		{"closing_question-suspect", question(func(q *intake.ClosingQuestion) {
			q.Again, q.Suspect, q.From = true, intake.OtherSender, "altcineva@example.ro"
		})},
		{"closing_question-no-token", question(func(q *intake.ClosingQuestion) { q.Again, q.NoToken = true, true })},
		{"closing_question-repeat", question(func(q *intake.ClosingQuestion) { q.Repeat = intake.Approve })},
		{"closing_question-repeat-no", question(func(q *intake.ClosingQuestion) { q.Repeat = intake.Reject })},
		{"closing_question-changed", question(func(q *intake.ClosingQuestion) { q.Changed = true })},
		{"closing_question-reminder", question(func(q *intake.ClosingQuestion) { q.Since = forms.Date{Year: 2027, Month: time.March, Day: 15} })},
		{"closing_question-hostile", question(func(q *intake.ClosingQuestion) {
			q.Request, q.Again, q.Said = hostileClosing(), true, hostile
			q.Head.Name, q.Head.Salutation = hostile, hostile
		})},
		{"closing_question-by_hand", question(func(q *intake.ClosingQuestion) { q.ByHand, q.Request.Plan.Closing.Usage = true, nil })},
		{"closing_saved-by_hand", intake.ClosingSaved{Request: proven, SiteURL: site, Closing: byHand}},
		{"closing_saved-by_hand-it", intake.ClosingSaved{Request: proven, ForIT: true, SiteURL: site, Closing: byHand}},
		{"closing_saved-by_hand-hostile", intake.ClosingSaved{Request: hostileClosing(), SiteURL: site, Closing: hostileByHand}},
		{"closing_stuck-by_hand", intake.ClosingStuck{Request: state(intake.StatusStuck), Err: "Radu Stan (radu.stan@primariabuzau.ro): serverul este oprit până luni", ByHand: true}},
		{"closing_held-by_hand", intake.ClosingHeld{Request: state(intake.StatusClosing), Closing: deletingByHand, Err: "disc plin"}},
		{"closing_undone-by_hand-it", intake.ClosingUndone{Request: state(intake.StatusWithdrawn), ForIT: true, SiteURL: site, Closing: undoneByHand}},
		{"closing_done-by_hand", intake.ClosingDone{Request: state(intake.StatusClosed), Closing: byHand}},
		{"closing_done-by_hand-hostile", intake.ClosingDone{Request: hostileClosing(), ForIT: true, Closing: hostileByHand}},
		{"closing_dropped", intake.ClosingDropped{Request: proven}},
		{"closing_dropped-unproven", intake.ClosingDropped{Request: unproven}},
		{"closing_refused", intake.ClosingRefused{Request: proven, Site: proven.Plan.Site}},
		{"closing_refused-hostile", intake.ClosingRefused{Request: hostileClosing(), Site: hostileClosing().Plan.Site}},
		{"access_ended", intake.AccessEnded{Request: proven, Member: proven.Plan.Members[0]}},
		{"access_ended-hostile", intake.AccessEnded{Request: hostileClosing(), Member: hostileClosing().Plan.Members[0]}},
		{"closing_saved", intake.ClosingSaved{Request: proven, SiteURL: site, Closing: kept}},
		{"closing_saved-link", intake.ClosingSaved{Request: proven, SiteURL: site, Closing: linked, Link: link}},
		{"closing_saved-it", intake.ClosingSaved{Request: proven, ForIT: true, SiteURL: site, Closing: kept}},
		{"closing_saved-it-link", intake.ClosingSaved{Request: proven, ForIT: true, SiteURL: site, Closing: linked}},
		{"closing_stuck", intake.ClosingStuck{Request: state(intake.StatusStuck), Err: "saving the files of site scoala-gimnaziala-nr-11: no space left on device"}},
		{"closing_stuck-unsupported", intake.ClosingStuck{Request: state(intake.StatusStuck), Err: "unsupported operation", Unsupported: true}},
		{"closing_stuck-undo", intake.ClosingStuck{Request: state(intake.StatusClosing), Err: "opening site scoala-gimnaziala-nr-11 again: 503", Undo: true}},
		{"closing_stuck-hostile", intake.ClosingStuck{Request: hostileClosing(), Err: hostile}},
		{"closing_held", intake.ClosingHeld{Request: state(intake.StatusClosing), Closing: kept, Err: "verifying the export: no such file or directory"}},
		{"closing_held-portal", intake.ClosingHeld{Request: state(intake.StatusClosing), Closing: deleting, Err: "disc plin"}},
		{"closing_undone", intake.ClosingUndone{Request: state(intake.StatusWithdrawn), SiteURL: site, Closing: undone}},
		{"closing_undone-it", intake.ClosingUndone{Request: state(intake.StatusWithdrawn), ForIT: true, SiteURL: site, Closing: undone}},
		{"closing_undone-suspended", intake.ClosingUndone{Request: state(intake.StatusWithdrawn), SiteURL: site, Closing: suspended}},
		{"closing_undone-suspended-it", intake.ClosingUndone{Request: state(intake.StatusWithdrawn), ForIT: true, SiteURL: site, Closing: suspended}},
		{"closing_undone-hostile", intake.ClosingUndone{Request: hostileClosing(), ForIT: true, SiteURL: site, Closing: hostileUndone}},
		{"access_resumed", intake.AccessResumed{Request: proven, Member: proven.Plan.Members[0], SiteURL: site}},
		{"closing_done", intake.ClosingDone{Request: state(intake.StatusClosed), Closing: kept}},
		{"closing_done-it", intake.ClosingDone{Request: state(intake.StatusClosed), ForIT: true, Closing: kept}},
		{"closing_done-it-link", intake.ClosingDone{Request: state(intake.StatusClosed), ForIT: true, Closing: linked}},
		{"expired-closing", intake.Expired{Request: state(intake.StatusExpired), Waited: intake.StatusAwaitingApproval}},
		{"withdrawn-closing", intake.Withdrawn{Request: state(intake.StatusWithdrawn)}},
		{"too_late_to_withdraw-closing", intake.TooLateToWithdraw{Request: state(intake.StatusClosing)}},
		{"status_report-closing", intake.StatusReport{Request: state(intake.StatusClosing), Events: []intake.Event{
			{At: expires, Kind: intake.EventRegistered}, {At: expires.Add(time.Hour), Kind: intake.EventClosing}}}},
	}
}
