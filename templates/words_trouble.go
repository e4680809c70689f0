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
	case intake.HoldStanding:
		return "site-ul nu mai este cum era când s-a cerut schimbarea (cererea nr. " + x.Name + "): între timp accesul s-a schimbat, sau site-ul se închide"
	}
	return x.Name
}

// correction says why an address was not mended.
func correction(why intake.CorrectionFault, address string) string {
	switch why {
	case intake.CorrectionUnread:
		return "nu reiese limpede care este adresa corectă și a cui este"
	case intake.CorrectionNobody:
		return "cel pe care l-ați numit nu este printre utilizatorii la care mesajul nu a ajuns"
	case intake.CorrectionAmbiguous:
		return "sunt mai mulți utilizatori la care mesajul nu a ajuns și nu reiese la care dintre ei vă referiți"
	case intake.CorrectionInvalid:
		return "„" + address + "” nu este o adresă de e-mail întreagă, fără diacritice și fără spații"
	case intake.CorrectionSame:
		return address + " este chiar adresa la care mesajul nu a ajuns"
	case intake.CorrectionTaken:
		return address + " este adresa altui utilizator al site-ului"
	case intake.CorrectionForeign:
		return "utilizatorul este intern, iar " + address + " nu este o adresă a primăriei"
	case intake.CorrectionOwn:
		return "utilizatorul este din instituția parteneră, iar " + address + " este o adresă a primăriei"
	case intake.CorrectionClosed:
		return "site-ul nu este deschis"
	case intake.CorrectionDone:
		return "este corectată deja"
	}
	return string(why)
}
