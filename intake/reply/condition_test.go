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
		{"Aprob, fără ștergere pentru Andrei Dobre, scriere pentru Ion Marin", []Condition{{Kind: RemoveRight, Words: "fără ștergere pentru Andrei Dobre", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}}, {Kind: OtherKind, Words: "scriere pentru Ion Marin"}}},
		{"Aprob, fără ștergere pentru Andrei Dobre și doar citire pentru Ion Marin", []Condition{{Kind: RemoveRight, Words: "fără ștergere pentru Andrei Dobre", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}}, {Kind: ReadOnly, Words: "doar citire pentru Ion Marin", Names: []string{"Ion Marin"}}}},
		{"Aprob, fără scriere și fără ștergere pentru Andrei Dobre", []Condition{{Kind: RemoveRight, Words: "fără scriere și fără ștergere pentru Andrei Dobre", Rights: []string{"write", "delete"}, Names: []string{"Andrei Dobre"}}}},
		{"Aprob, fără ștergere și de la 1 ianuarie", []Condition{{Kind: RemoveRight, Words: "fără ștergere", Rights: []string{"delete"}}, {Kind: LaterDate, Words: "de la 1 ianuarie", Date: day("2027-01-01")}}},
		{"Aprob, dar Andrei Dobre doar citire", []Condition{{Kind: ReadOnly, Words: "dar Andrei Dobre doar citire", Names: []string{"Andrei Dobre"}}}},
		{"Aprob, doar citire pentru parteneri", []Condition{{Kind: ReadOnly, Words: "doar citire pentru parteneri", Sides: []string{"partner"}}}},
		{"Aprob, dar fără drept de ștergere pentru utilizatorii din instituția parteneră.", []Condition{{Kind: RemoveRight, Words: "dar fără drept de ștergere pentru utilizatorii din instituția parteneră", Rights: []string{"delete"}, Sides: []string{"partner"}}}},
		{"De acord, numai citire pentru utilizatorii interni", []Condition{{Kind: ReadOnly, Words: "numai citire pentru utilizatorii interni", Sides: []string{"internal"}}}},
		{"Aprob, doar citire pentru toți", []Condition{{Kind: ReadOnly, Words: "doar citire pentru toți"}}},
		{"Aprob, dar nu ștergere pentru Andrei Dobre", []Condition{{Kind: RemoveRight, Words: "dar nu ștergere pentru Andrei Dobre", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}}}},
		{"Aprob, dar Andrei Dobre să nu aibă drept de ștergere", []Condition{{Kind: RemoveRight, Words: "dar Andrei Dobre să nu aibă drept de ștergere", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}}}},
		{"Aprob, doar citire pt. toată lumea", []Condition{{Kind: ReadOnly, Words: "doar citire pt. toată lumea"}}},
		{"Aprob de luni, 30 noiembrie", []Condition{{Kind: LaterDate, Words: "de luni, 30 noiembrie", Date: day("2026-11-30")}}},
		{"Aprob de vineri, 30 noiembrie", []Condition{{Kind: OtherKind, Words: "de vineri, 30 noiembrie"}}}, // which is a Monday
		{"Aprob, vă rog să eliminați dreptul de ștergere pentru Andrei Dobre", []Condition{{Kind: RemoveRight, Words: "vă rog să eliminați dreptul de ștergere pentru Andrei Dobre", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}}}},
		{"Aprob, dar scoateți-l pe Andrei Dobre", []Condition{{Kind: RemoveUser, Words: "dar scoateți-l pe Andrei Dobre", Names: []string{"Andrei Dobre"}}}},
		{"Aprob, cu condiția ca Andrei Dobre să aibă doar drept de citire", []Condition{{Kind: ReadOnly, Words: "cu condiția ca Andrei Dobre să aibă doar drept de citire", Names: []string{"Andrei Dobre"}}}},
		{"Aprob cu următoarele modificări: fără ștergere pentru Andrei Dobre; de la 1 ianuarie.", []Condition{{Kind: RemoveRight, Words: "fără ștergere pentru Andrei Dobre", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}}, {Kind: LaterDate, Words: "de la 1 ianuarie", Date: day("2027-01-01")}}},
		// What could mean something else is not taken for what it could mean as well.
		{"Aprob, dar ștergere doar pentru Andrei Dobre", []Condition{{Kind: RemoveRight, Words: "dar ștergere doar pentru Andrei Dobre", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}, Others: true}}},
		{"Aprob, dar doar Andrei Dobre să aibă citire", []Condition{{Kind: OtherKind, Words: "dar doar Andrei Dobre să aibă citire"}}},
		{"Aprob, doar pentru Andrei Dobre", []Condition{{Kind: RemoveUser, Words: "doar pentru Andrei Dobre", Names: []string{"Andrei Dobre"}, Others: true}}},
		{"Aprob doar pentru Andrei Dobre și Elena Marin.", []Condition{{Kind: RemoveUser, Words: "doar pentru Andrei Dobre și Elena Marin", Names: []string{"Andrei Dobre", "Elena Marin"}, Others: true}}},
		{"Aprob. Numai doamna Elena Marin șterge.", []Condition{{Kind: RemoveRight, Words: "Numai doamna Elena Marin șterge", Rights: []string{"delete"}, Names: []string{"Elena Marin"}, Others: true}}},
		{"Aprob, fără drepturi de ștergere pentru Elenei Marin", []Condition{{Kind: RemoveRight, Words: "fără drepturi de ștergere pentru Elenei Marin", Rights: []string{"delete"}, Names: []string{"Elena Marin"}}}},
		{"Aprob, dar doamnei Elena Marin nu îi dați ștergere", []Condition{{Kind: RemoveRight, Words: "dar doamnei Elena Marin nu îi dați ștergere", Rights: []string{"delete"}, Names: []string{"Elena Marin"}}}},
		{"Aprob. Lui Ion Marin îi luați dreptul de ștergere.", []Condition{{Kind: RemoveRight, Words: "Lui Ion Marin îi luați dreptul de ștergere", Rights: []string{"delete"}, Names: []string{"Ion Marin"}}}},
		{"Aprob, retrageți dreptul de ștergere al domnului Dobre", []Condition{{Kind: RemoveRight, Words: "retrageți dreptul de ștergere al domnului Dobre", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}}}},
		{"Aprob, domnului Dobre îi rămâne doar citirea", []Condition{{Kind: ReadOnly, Words: "domnului Dobre îi rămâne doar citirea", Names: []string{"Andrei Dobre"}}}},
		{"Aprob, fără ștergere pentru Dobre, ceilalți doar citire", []Condition{{Kind: RemoveRight, Words: "fără ștergere pentru Dobre", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}}, {Kind: ReadOnly, Words: "ceilalți doar citire", Names: []string{"Andrei Dobre"}, Others: true}}},
		{"Aprob, Dobre totul, restul numai citire.", []Condition{{Kind: Keep, Words: "Dobre totul", Names: []string{"Andrei Dobre"}}, {Kind: ReadOnly, Words: "restul numai citire", Names: []string{"Andrei Dobre"}, Others: true}}},
		{"Aprob, restul numai citire.", []Condition{{Kind: OtherKind, Words: "restul numai citire"}}}, // of whom?
		{"Aprob, nimeni să nu aibă drept de ștergere", []Condition{{Kind: RemoveRight, Words: "nimeni să nu aibă drept de ștergere", Rights: []string{"delete"}}}},
		{"Aprob, ștergeți-l pe Dobre din listă", []Condition{{Kind: RemoveUser, Words: "ștergeți-l pe Dobre din listă", Names: []string{"Andrei Dobre"}}}},
		{"Aprob. Dobre fără acces.", []Condition{{Kind: RemoveUser, Words: "Dobre fără acces", Names: []string{"Andrei Dobre"}}}},
		{"Aprob de la anul", []Condition{{Kind: LaterDate, Words: "de la anul", Date: day("2027-01-01")}}},
		{"Aprob din 2027.", []Condition{{Kind: LaterDate, Words: "din 2027", Date: day("2027-01-01")}}},
		{"Aprob din ianuarie", []Condition{{Kind: LaterDate, Words: "din ianuarie", Date: day("2027-01-01")}}},
		{"Aprob începând cu luna viitoare", []Condition{{Kind: LaterDate, Words: "începând cu luna viitoare", Date: day("2026-12-01")}}},
		{"Aprob de săptămâna viitoare", []Condition{{Kind: LaterDate, Words: "de săptămâna viitoare", Date: day("2026-11-30")}}},
		{"Aprob, dar nu înainte de 10 ianuarie", []Condition{{Kind: LaterDate, Words: "dar nu înainte de 10 ianuarie", Date: day("2027-01-10")}}},
		{"Aprob, să se activeze abia la 1 februarie 2027", []Condition{{Kind: LaterDate, Words: "să se activeze abia la 1 februarie 2027", Date: day("2027-02-01")}}},
		{"Aprob, mutați activarea pe 5 ianuarie", []Condition{{Kind: LaterDate, Words: "mutați activarea pe 5 ianuarie", Date: day("2027-01-05")}}},
		{"Aprob din 1.12.", []Condition{{Kind: LaterDate, Words: "din 1.12", Date: day("2026-12-01")}}},
		{"Aprob, doar scriere", []Condition{{Kind: OtherKind, Words: "doar scriere"}}},
		{"Aprob, dar nu doar citire", []Condition{{Kind: OtherKind, Words: "dar nu doar citire"}}},
		{"Aprob, fără ștergere pentru Andrei Dobre și scriere pentru Ion Marin", []Condition{{Kind: OtherKind, Words: "fără ștergere pentru Andrei Dobre și scriere pentru Ion Marin"}}},
		{"Aprob, fără Andrei Dobre și ștergere", []Condition{{Kind: OtherKind, Words: "fără Andrei Dobre și ștergere"}}},
		{"Aprob, fără Andrei Ionescu", []Condition{{Kind: OtherKind, Words: "fără Andrei Ionescu"}}}, // nobody's name, and parts of two
		{"Aprob, fără drept de ștergere pentru domnul", []Condition{{Kind: OtherKind, Words: "fără drept de ștergere pentru domnul"}}},
		{"Aprob, fără drept de ștergere pentru domnul și doamna Dobre", []Condition{{Kind: OtherKind, Words: "fără drept de ștergere pentru domnul și doamna Dobre"}}},
		{"Aprob, fără ștergere pentru utilizatori", []Condition{{Kind: OtherKind, Words: "fără ștergere pentru utilizatori"}}},
		{"Aprob, deocamdată, fără ștergere", []Condition{{Kind: OtherKind, Words: "deocamdată"}, {Kind: RemoveRight, Words: "fără ștergere", Rights: []string{"delete"}}}},
		{"Aprob, fără Andrei Dobre. Ion Marin", []Condition{{Kind: RemoveUser, Words: "fără Andrei Dobre", Names: []string{"Andrei Dobre"}}, {Kind: OtherKind, Words: "Ion Marin"}}},
		{"Aprob de la 1 ianuarie până la 31 martie", []Condition{{Kind: OtherKind, Words: "de la 1 ianuarie până la 31 martie"}}},
		{"Aprob, fără drept de ștergere pentru: Andrei Dobre", []Condition{{Kind: OtherKind, Words: "fără drept de ștergere pentru"}, {Kind: OtherKind, Words: "Andrei Dobre"}}},
		{"Aprob, fără ștergere pentru Andrei Dobre. În rest, doar citire.", []Condition{{Kind: RemoveRight, Words: "fără ștergere pentru Andrei Dobre", Rights: []string{"delete"}, Names: []string{"Andrei Dobre"}}, {Kind: ReadOnly, Words: "În rest, doar citire", Names: []string{"Andrei Dobre"}, Others: true}}},
		{"Aprob, fără ca Andrei Dobre să aibă drept de ștergere", []Condition{{Kind: OtherKind, Words: "fără ca Andrei Dobre să aibă drept de ștergere"}}},
		{"Aprob, cu excepția accesului extern.", []Condition{{Kind: OtherKind, Words: "cu excepția accesului extern"}}},
	} {
		got := Read(asked(c.text))
		if diff := cmp.Diff(c.want, got.Conditions); got.Verdict != Conditional || diff != "" {
			t.Errorf("%q: %s (%s)\n%s", c.text, got.Verdict, got.Why, diff)
		}
	}
}

func TestConditionsThatThePartsSayDifferentlyAreNotTaken(t *testing.T) {
	in := asked("Aprob, fără Andrei Dobre")
	in.HTML = "<p>Aprob, fără Ion Marin</p>"
	got := Read(in)
	want := []Condition{{Kind: OtherKind, Words: "Aprob, fără Andrei Dobre"}}
	if diff := cmp.Diff(want, got.Conditions); got.Verdict != Conditional || diff != "" {
		t.Errorf("%s\n%s", got.Verdict, diff)
	}
}

func TestConditionsBetweenQuotedLinesAreNotTaken(t *testing.T) {
	got := Read(asked("Aprob.\n\nLa 23.11.2026 10:00, Registratura a scris:\n> Andrei Dobre: scriere\n\nfără ștergere\n\n> Ion Marin: scriere\n"))
	for _, c := range got.Conditions {
		if c.Kind != OtherKind {
			t.Errorf("%s: %+v", got.Verdict, c)
		}
	}
	if got.Verdict == Approve {
		t.Error("approved")
	}
}

func TestWordsThatOnlyJoinAreNoName(t *testing.T) {
	in := asked("Aprob, fără drept de ștergere de la început")
	in.People = []string{"Ana De la Cruz", "Ion Marin"}
	for _, c := range Read(in).Conditions {
		if len(c.Names) > 0 {
			t.Errorf("%q names %q", c.Words, c.Names)
		}
	}
}
