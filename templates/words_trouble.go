package templates

import "registratura/intake"

// hold says what an approved request rests on and no longer holds.
func hold(x intake.Hold) string {
	switch x.Why {
	case intake.HoldApprover:
		return x.Name + ", care a aprobat cererea, nu mai este în evidență printre cei care aprobă"
	case intake.HoldDepartment:
		return "compartimentul „" + x.Name + "” nu mai este în evidență"
	case intake.HoldHead:
		return x.Name + ", care a cerut site-ul, nu mai conduce compartimentul"
	case intake.HoldPlan:
		return "ce urma să se creeze nu mai este ceea ce s-a aprobat; verificați dacă baza de date a fost modificată"
	}
	return x.Name
}
