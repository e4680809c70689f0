package reply

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var today = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) // a Monday

// asked is a request as the desk knows it when an answer comes.
func asked(text string) Input {
	return Input{Text: text, RequestNumber: "42/23.11.2026", Names: []string{"Constantin Popa", "primar"}, Requester: "Maria Ionescu",
		People: []string{"Andrei Dobre", "Elena Marin", "Ion Marin", "Maria Ionescu"}, Subjects: []string{"Avize urbanism", "Spitalul Județean", "Direcția Tehnică"}, Today: today}
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestConditionsAreTakenApart(t *testing.T) {
	for _, c := range []struct {
		text string
		want []Condition
	}{
		{"Aprob, dar fără drept de ștergere pentru Andrei Dobre.", []Condition{{Kind: RemoveRight, Words: "dar fără drept de ștergere pentru Andrei Dobre", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}}}},
		{"Aprob fara stergere pt Dobre", []Condition{{Kind: RemoveRight, Words: "fara stergere pt Dobre", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}}}},
		{"Aprob, fără ștergere pentru Andrei Dobre, Elena Marin și Maria Ionescu.\n\nCu stimă,\nConstantin Popa", []Condition{{Kind: RemoveRight, Words: "fără ștergere pentru Andrei Dobre, Elena Marin și Maria Ionescu", Rights: []string{"delete"}, Names: []string{"Andrei Dobre", "Elena Marin", "Maria Ionescu"}}}},
		{"Sunt de acord, mai puțin ștergerea și scrierea", []Condition{{Kind: RemoveRight, Words: "mai puțin ștergerea și scrierea", Rights: []string{"write", "delete"}}}},
		{"Aprob doar pentru citire.", []Condition{{Kind: ReadOnly, Words: "doar pentru citire"}}},
		{"doar citire", []Condition{{Kind: ReadOnly, Words: "doar citire"}}},
		{"Numai citire pentru doamna Elena Marin, vă rog", []Condition{{Kind: ReadOnly, Words: "Numai citire pentru doamna Elena Marin", Names: []string{"Elena Marin"}}}},
		{"Aprob, doar citire și scriere", []Condition{{Kind: RemoveRight, Words: "doar citire și scriere", Rights: []string{"delete"}}}},
		{"Aprob, fără Andrei Dobre", []Condition{{Kind: RemoveUser, Words: "fără Andrei Dobre", Names: []string{"Andrei Dobre"}}}},
		{"Aprob cu excepția lui Dobre.", []Condition{{Kind: RemoveUser, Words: "cu excepția lui Dobre", Names: []string{"Andrei Dobre"}}}},
		{"Aprob, fără Marin", []Condition{{Kind: OtherKind, Words: "fără Marin"}}}, // there are two
		{"Aprob de la 1 ianuarie.", []Condition{{Kind: LaterDate, Words: "de la 1 ianuarie", Date: day("2027-01-01")}}},
		{"Aprob începând cu 15.12.2026", []Condition{{Kind: LaterDate, Words: "începând cu 15.12.2026", Date: day("2026-12-15")}}},
		{"De acord, din 1 decembrie 2026", []Condition{{Kind: LaterDate, Words: "din 1 decembrie 2026", Date: day("2026-12-01")}}},
		{"de la 1 ianuarie", []Condition{{Kind: LaterDate, Words: "de la 1 ianuarie", Date: day("2027-01-01")}}},
		{"Da, de luni", []Condition{{Kind: LaterDate, Words: "de luni", Date: day("2026-11-30")}}},
		{"Aprob de mâine", []Condition{{Kind: LaterDate, Words: "de mâine", Date: day("2026-11-24")}}},
		{"Aprob până la 31 martie 2027.", []Condition{{Kind: UntilDate, Words: "până la 31 martie 2027", Date: day("2027-03-31")}}},
		{"Aprob de la 31 februarie.", []Condition{{Kind: LaterDate, Words: "de la 31 februarie"}}},
		{"Aprob de la 1 ianuarie, fără ștergere", []Condition{{Kind: LaterDate, Words: "de la 1 ianuarie", Date: day("2027-01-01")}, {Kind: RemoveRight, Words: "fără ștergere", Rights: []string{"delete"}}}},
		{"Aprob, dar nu aprob ștergerea pentru Andrei Dobre", []Condition{{Kind: RemoveRight, Words: "dar nu aprob ștergerea pentru Andrei Dobre", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}}}},
		{"De acord dacă juridicul avizează.", []Condition{{Kind: OtherKind, Words: "dacă juridicul avizează"}}},
		{"Aprob, fără ștergere până vineri", []Condition{{Kind: OtherKind, Words: "fără ștergere până vineri"}}},
		{"Aprob, fără drept de ștergere pentru stagiari", []Condition{{Kind: OtherKind, Words: "fără drept de ștergere pentru stagiari"}}},
		{"Aprob, cu excepția accesului extern.", []Condition{{Kind: OtherKind, Words: "cu excepția accesului extern"}}},
	} {
		got := Read(asked(c.text))
		if diff := cmp.Diff(c.want, got.Conditions); got.Verdict != Conditional || diff != "" {
			t.Errorf("%q: %s (%s)\n%s", c.text, got.Verdict, got.Why, diff)
		}
	}
}
