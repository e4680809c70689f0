package templates

import (
	"strings"

	"registratura/intake"
)

// amendment says how a plan differs from an earlier one. For a member, the
// name stands before it.
func amendment(a intake.Amendment) string {
	switch a.Kind {
	case intake.Added:
		return "acces nou, " + RightsInWords(a.Member.Rights)
	case intake.Removed:
		return "nu mai primește acces (în cererea dinainte: " + RightsInWords(a.Member.Rights) + ")"
	case intake.Altered:
		return altered(a)
	case intake.Moved:
		return DateInWords(a.ToDate) + " (în cererea dinainte: " + DateInWords(a.FromDate) + ")"
	}
	return "„" + lines(a.To) + "” (în cererea dinainte: „" + lines(a.From) + "”)"
}

func altered(a intake.Amendment) string {
	var list []string
	if a.Member.Rights != a.Was.Rights {
		list = append(list, RightsInWords(a.Member.Rights)+" (în cererea dinainte: "+RightsInWords(a.Was.Rights)+")")
	}
	if a.Member.Side != a.Was.Side {
		list = append(list, "trecut la "+map[intake.Side]string{
			intake.PartnerSide: "utilizatorii din instituția parteneră", intake.InternalSide: "utilizatorii interni"}[a.Member.Side])
	}
	if a.Member.Name != a.Was.Name {
		list = append(list, "numele scris altfel (în cererea dinainte: „"+a.Was.Name+"”)")
	}
	return strings.Join(list, "; ")
}

// amended names what an amendment is about that is about no member.
func amended(a intake.Amendment) string {
	switch {
	case a.Member != nil:
		return ""
	case a.Kind == intake.Moved:
		return FieldInWords("activation_date")
	}
	return FieldInWords(a.Field)
}
