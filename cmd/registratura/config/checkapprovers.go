package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"registratura/forms"
	"registratura/intake"
)

func (c *Config) checkApprovers() {
	if len(c.Approvers) == 0 {
		c.fault("approver", "", "is missing: nobody could approve a request", "add a section [[approver]] for the mayor")
	}
	seen := map[string]string{}
	for i, a := range c.Approvers {
		key := func(name string) string { return fmt.Sprintf("approver[%d].%s", i+1, name) }
		c.required(key("title"), a.Title, `write the office, "Primar"`)
		c.required(key("salutation"), a.Salutation, `write how a mail begins, "Stimate domnule primar"`)
		c.checkAbsence(a, key)
		if !c.ownAddress(key("address"), a.Address) {
			continue
		}
		if other, ok := seen[a.Address]; ok {
			c.fault(key("address"), show(a.Address), "is the address of "+other+" too", "write each approver's own address")
		}
		seen[a.Address] = key("address")
		c.notDesk(key("address"), a.Address)
	}
}

func (c *Config) checkAbsence(a Approver, key func(string) string) {
	for _, s := range a.Absent {
		if _, err := parseDays(s); err != nil {
			c.fault(key("absent"), show(s), err.Error(), `write first and last day, "2026-12-20/2027-01-05", or one day`)
		}
	}
	isApprover := slices.ContainsFunc(c.Approvers, func(o Approver) bool { return o.Address == a.StandIn })
	switch {
	case a.StandIn == "":
	case a.StandIn == a.Address:
		c.fault(key("stand_in"), show(a.StandIn), "is the approver's own address", "write the address of another approver")
	case !isApprover:
		c.fault(key("stand_in"), show(a.StandIn), "is no approver", "write the address of one of the sections [[approver]]")
	}
}

// parseDays reads "2026-12-20/2027-01-05" (ISO 8601) or one day.
func parseDays(s string) (intake.Days, error) {
	first, last, several := strings.Cut(s, "/")
	if !several {
		last = first
	}
	from, err := forms.ParseDate(strings.TrimSpace(first))
	if err != nil {
		return intake.Days{}, errors.New("is not a day, or two")
	}
	to, err := forms.ParseDate(strings.TrimSpace(last))
	if err != nil {
		return intake.Days{}, errors.New("is not a day, or two")
	}
	if to.Before(from) {
		return intake.Days{}, errors.New("ends before it begins")
	}
	return intake.Days{First: from, Last: to}, nil
}

// absent is when the approver is away; Load has made sure that it can be read.
func (a Approver) absent() []intake.Days {
	var list []intake.Days
	for _, s := range a.Absent {
		if d, err := parseDays(s); err == nil {
			list = append(list, d)
		}
	}
	return list
}
