package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

func TestStoryOfARequestTellsWhatTheDecisionChanged(t *testing.T) {
	r := &intake.Request{Kind: forms.Create, Status: intake.StatusApproved, Decision: &intake.Decision{
		Verdict: intake.Approve, Changes: []intake.Change{{Member: &intake.Member{Address: "dan@primarie.example", Rights: forms.RightRead | forms.RightDelete}, Rights: forms.RightRead}},
	}}
	var out bytes.Buffer
	if err := printStory(&out, r, nil, time.UTC); err != nil {
		t.Fatal(err)
	}
	if want := "dan@primarie.example read,delete -> read"; !strings.Contains(out.String(), want) {
		t.Errorf("the story does not tell %q:\n%s", want, out.String())
	}
	r.Decision.Changes = nil
	out.Reset()
	if err := printStory(&out, r, nil, time.UTC); err != nil || strings.Contains(out.String(), "changes") {
		t.Errorf("a decision without changes (%v):\n%s", err, out.String())
	}
}
