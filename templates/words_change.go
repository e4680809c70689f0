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

// accessChange says how access to a site changes. For a member, the name stands
// before it.
func accessChange(a intake.Amendment) string {
	switch a.Kind {
	case intake.Added:
		return "acces nou, " + RightsInWords(a.Member.Rights)
	case intake.Removed:
		return "accesul încetează (are în prezent: " + RightsInWords(a.Member.Rights) + ")"
	case intake.Reworded:
		return "„" + lines(a.To) + "” (în prezent: „" + lines(a.From) + "”)"
	}
	return strings.ReplaceAll(altered(a), "(în cererea dinainte: ", "(în prezent: ")
}

// accessChanged says how access to a site has changed.
func accessChanged(a intake.Amendment) string {
	switch a.Kind {
	case intake.Added:
		return "a primit acces, " + RightsInWords(a.Member.Rights)
	case intake.Removed:
		return "nu mai are acces (avea: " + RightsInWords(a.Member.Rights) + ")"
	case intake.Reworded:
		return "„" + lines(a.To) + "” (era: „" + lines(a.From) + "”)"
	}
	return strings.ReplaceAll(altered(a), "(în cererea dinainte: ", "(avea: ")
}

// isChange reports whether a request is about a site that stands.
func isChange(r *intake.Request) bool { return r.Plan.Replaces != nil }

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
