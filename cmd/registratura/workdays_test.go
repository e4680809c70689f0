package main

import (
	"testing"

	"registratura/forms"
)

func TestRomanianWorkdays(t *testing.T) {
	isWorkday := romanianWorkday()
	for _, c := range []struct {
		day  string
		why  string
		want bool
	}{
		{"2026-11-23", "an ordinary Monday", true},
		{"2026-11-28", "a Saturday", false},
		{"2026-11-30", "Saint Andrew", false},
		{"2026-12-01", "the national day", false},
		{"2026-12-02", "the day after it", true},
		{"2026-12-25", "Christmas", false},
		{"2027-01-01", "New Year", false},
		{"2027-01-06", "Epiphany, since 2024", false},
		{"2027-01-07", "Saint John, since 2024", false},
		{"2027-01-08", "the day after it", true},
		{"2027-04-30", "Orthodox Good Friday", false},
		{"2027-05-03", "Orthodox Easter Monday", false},
		{"2027-06-21", "Orthodox Whit Monday", false},
	} {
		day, err := forms.ParseDate(c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := isWorkday(day); got != c.want {
			t.Errorf("%s, %s: a working day is %v", c.day, c.why, got)
		}
	}
}
