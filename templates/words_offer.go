package templates

import (
	"registratura/intake"
)

// change says what a plan gives instead of what the form asks for. Whom it is
// about stands before it.
func change(c intake.Change) string {
	switch {
	case c.Member == nil:
		return "site-ul se deschide " + DateInWords(c.To) + " (în formular: " + DateInWords(c.From) + ")"
	case c.Rights == 0:
		return "nu primește acces (în formular: " + RightsInWords(c.Member.Rights) + ")"
	}
	return RightsInWords(c.Rights) + " (în formular: " + RightsInWords(c.Member.Rights) + ")"
}

// obstacle says why a condition cannot be applied by the desk.
func obstacle(why intake.ObstacleWhy) string {
	switch why {
	case intake.NotOneMember:
		return "numele nu arată un singur utilizator din cerere"
	case intake.UntilDay:
		return "procedura nu cunoaște acces cu termen; un site se închide la cererea șefului de departament"
	case intake.NoSuchDay:
		return "nu am putut stabili ziua"
	case intake.EarlierDay:
		return "în formular este cerută o dată mai târzie"
	case intake.PastDay:
		return "ziua cerută a trecut"
	case intake.TwoDays:
		return "este altă zi decât cea scrisă mai înainte"
	case intake.WithoutRead:
		return "cineva ar putea scrie sau șterge fără să poată citi"
	case intake.WhichOthers:
		return "nu știm dacă ceilalți utilizatori rămân toți fără acces, sau numai cei din aceeași parte; scrieți „fără” și numele fiecăruia"
	case intake.AddsRight:
		return "în formular nu este cerut acest drept, iar noi nu putem adăuga drepturi"
	case intake.NobodyLeft:
		return "una dintre părți ar rămâne fără niciun utilizator"
	}
	return "nu am înțeles-o întru totul sau nu este dintre cele pe care le putem aplica noi"
}
