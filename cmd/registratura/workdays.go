package main

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/ro"

	"registratura/forms"
)

// romanianWorkday knows weekends and the public holidays of Romania (Labour
// Code, article 139).
func romanianWorkday() func(forms.Date) bool {
	calendar := cal.NewBusinessCalendar()
	calendar.AddHoliday(slices.Clone(ro.Holidays)...)
	// Holidays since 2024 that the library does not know yet.
	for _, h := range []struct {
		name string
		day  int
	}{{"Botezul Domnului", 6}, {"Soborul Sfântului Ioan Botezătorul", 7}} {
		calendar.AddHoliday(&cal.Holiday{Name: h.name, Month: time.January, Day: h.day, StartYear: 2024, Func: cal.CalcDayOfMonth})
	}
	return func(d forms.Date) bool { return calendar.IsWorkday(d.In(time.UTC)) }
}
