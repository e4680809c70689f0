package templates

import "registratura/intake"

// workInWords says in two or three words what a work order is about.
func workInWords(w intake.Work) string {
	switch {
	case w.Create:
		return "site nou"
	case w.Access == intake.AccessSuspend:
		return "suspendarea accesului la site-ul"
	case w.Access == intake.AccessEnd:
		return "închiderea site-ului"
	case w.Access == intake.AccessResume:
		return "redeschiderea site-ului"
	case w.Access == intake.SiteDelete:
		return "ștergerea site-ului"
	}
	return "schimbări la site-ul"
}

// side says on which side of the collaboration somebody stands.
func side(s intake.Side) string {
	if s == intake.PartnerSide {
		return "instituția parteneră"
	}
	return "primărie"
}
