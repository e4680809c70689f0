package reply

import (
	"slices"
	"testing"
	"time"
)

func TestDelegationsAreUnderstoodOrLeftToAskBack(t *testing.T) {
	today := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) // a Monday
	one := []Candidate{{"Constantin Popa", "Primar", "primar@primaria.test"}, {"Elena Marin", "Viceprimar", "viceprimar@primaria.test"}}
	two := append(slices.Clone(one), Candidate{"Mihai Marin", "Viceprimar", "viceprimar2@primaria.test"})
	for _, c := range []struct {
		text  string
		among []Candidate
		who   []int
		from  string
		until string
	}{
		{"Deleg viceprimarului până vineri.", one, []int{1}, "", "2026-11-27"},
		{"Bună ziua,\n\nDeleg viceprimarul pina vineri, 27 noiembrie inclusiv.\n\nMulțumesc,\nConstantin Popa", one, []int{1}, "", "2026-11-27"},
		{"Deleg doamnei Elena Marin până pe 5 decembrie", one, []int{1}, "", "2026-12-05"},
		{"Deleg Elenei Marin până la data de 05.12.2026", one, []int{1}, "", "2026-12-05"},
		{"Deleg dreptul de a aproba către viceprimar@primaria.test până la 5.12", one, []int{1}, "", "2026-12-05"},
		{"Deleg viceprimarului de miercuri până pe 5 decembrie", one, []int{1}, "2026-11-25", "2026-12-05"},
		{"Deleg viceprimarului de mâine până poimâine", one, []int{1}, "2026-11-24", "2026-11-25"},
		{"Deleg viceprimarului până pe 5 ianuarie", one, []int{1}, "", "2027-01-05"},
		// between two
		{"Deleg viceprimarului până vineri", two, []int{1, 2}, "", "2026-11-27"},
		{"Deleg domnului Marin până vineri", two, []int{1, 2}, "", "2026-11-27"},
		{"Deleg viceprimarului Mihai Marin până vineri", two, []int{2}, "", "2026-11-27"},
		{"Deleg viceprimar2@primaria.test până vineri", two, []int{2}, "", "2026-11-27"},
		// nobody, or somebody else
		{"Deleg până vineri", one, nil, "", "2026-11-27"},
		{"Deleg domnului Popescu Marin până vineri", one, nil, "", "2026-11-27"},
		{"Deleg viceprimarului cineva@altundeva.test până vineri", one, nil, "", "2026-11-27"},
		{"Deleg secretarei până vineri", one, nil, "", "2026-11-27"},
		// no day, or one that could be another
		{"Deleg viceprimarului", one, []int{1}, "", ""},
		{"Deleg viceprimarului până luni", one, []int{1}, "", ""},
		{"Deleg viceprimarului până vineri, 28 noiembrie", one, []int{1}, "", ""},
		{"Deleg viceprimarului până pe 31 noiembrie", one, []int{1}, "", ""},
		{"Deleg viceprimarului până mă întorc", one, []int{1}, "", ""},
		{"Deleg viceprimarului până vineri sau sâmbătă", one, []int{1}, "", ""},
		{"Deleg viceprimarului până vineri, dar numai pentru cererea nr. 42", one, []int{1}, "", ""},
		{"Deleg viceprimarului numai pentru școli până vineri", one, nil, "", "2026-11-27"},
		{"Deleg viceprimarului vineri sau luni până pe 5 decembrie", one, nil, "", ""},
	} {
		command, ok := ReadCommand(Input{Text: c.text, Today: today})
		if !ok || command.Name != CommandDelegate {
			t.Errorf("%q: the command is %q", c.text, command.Name)
			continue
		}
		got := ReadDelegation(command.Words, c.among, today)
		if !slices.Equal(got.Who, c.who) || dayOf(got.From) != c.from || dayOf(got.Until) != c.until {
			t.Errorf("%q (%q): %v from %q until %q, want %v from %q until %q", c.text, command.Words, got.Who, dayOf(got.From), dayOf(got.Until), c.who, c.from, c.until)
		}
	}
}

func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02")
}

func TestTheEndOfADelegationIsACommandOnlyByItself(t *testing.T) {
	for text, want := range map[string]CommandName{
		"Nu mai deleg.": CommandResume, "Am revenit": CommandResume, "Bună ziua,\nM-am întors.\nMulțumesc": CommandResume, "Anulez delegarea": CommandResume,
		"Am revenit asupra deciziei": "", "Am revenit, aprob": "", "Nu mai deleg pe nimeni altcineva": "",
	} {
		if c, _ := ReadCommand(Input{Text: text}); c.Name != want {
			t.Errorf("%q: %q, want %q", text, c.Name, want)
		}
	}
}

// Whatever is written, a delegation names candidates of the list and days in order of the calendar.
func FuzzReadDelegation(f *testing.F) {
	for _, seed := range []string{"viceprimarului până vineri", "doamnei Elena Marin de luni până pe 5 decembrie", "primar@primaria.test până la 31.12", "până", "1 2 3 până 4 5 6", "\u00a0până azi"} {
		f.Add(seed)
	}
	today := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	candidates := []Candidate{{"Constantin Popa", "Primar", "primar@primaria.test"}, {"Elena Marin", "Viceprimar", "viceprimar@primaria.test"}}
	f.Fuzz(func(t *testing.T, written string) {
		d := ReadDelegation(written, candidates, today)
		for _, i := range d.Who {
			if i < 0 || i >= len(candidates) {
				t.Errorf("candidate %d", i)
			}
		}
		for _, day := range []time.Time{d.From, d.Until} {
			if !day.IsZero() && (day.Hour() != 0 || day.Location() != time.UTC) {
				t.Errorf("%s is no day", day)
			}
		}
	})
}
