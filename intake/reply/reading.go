// Package reply says what a reply to a mail of the desk's means: it finds the
// newly written text, and reads the decision in it (rules R1 to R5 of the
// design). It is pure: no clock, no network, no state.
//
// What it may take for an approval stands in grammar.txt, and only there.
package reply

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Verdict is what a reply decides.
type Verdict string

const (
	Approve     Verdict = "approve"     // clear and unconditional
	Reject      Verdict = "reject"      // a clear refusal
	Conditional Verdict = "conditional" // a yes with a restriction or condition
	Unclear     Verdict = "unclear"     // anything else
)

// Input is a reply, decoded, and what helps to understand it. Only Text or HTML
// is required.
type Input struct {
	Subject string // only commands are read in it
	Text    string // the text/plain body; empty where there is none
	HTML    string // the text/html body; empty where there is none

	Flowed bool // Text is format=flowed (RFC 3676)
	DelSp  bool // and has delsp=yes

	Quoted        string   // plain text of the mail of ours that it answers, if known
	RequestNumber string   // of the request that it answers: "42/23.11.2026"
	Names         []string // the approver's name and titles: "Constantin Popa", "primar"
	Requester     string   // the name of the person who asked
	People        []string // the names of the users in the form
	Subjects      []string // other names of what is decided: site, partner, department

	Today      time.Time // for dates without a year; zero: no such date is understood
	AcceptWeak bool      // take "da", "ok", 👍 for an approval
}

// Reading is what a reply was found to say.
type Reading struct {
	Verdict    Verdict
	Weak       bool        // the yes was a bare one ("da"); its verdict depends on AcceptWeak
	Evidence   string      // the newly written text that decided; empty where nothing was written
	Reason     string      // of a refusal, as written; empty where none was given
	Conditions []Condition // of a conditional yes, those that were recognised
	Why        string      // which rule decided, for IT
	Trace      []Step      // how the text was read (rule R5)
}

// Step is one step of reading: a place in the mail and what was made of it.
type Step struct {
	Part string // "text/plain" or "text/html"
	Line int    // in the decoded part, from 1 (of HTML: as it is shown)
	Text string // the line
	Rule string // the rule that was applied to it
}

// Limits of what is read. A longer reply is never an approval: what was not
// read could say anything.
const (
	maxBody    = 2 << 20  // bytes of a body, quotes included
	maxWritten = 32 << 10 // bytes newly written, signature, notices and empty lines included
	maxWords   = 600      // words and marks of it without those
)

// Read reads the decision in a reply. Its work is bounded by the size of the
// bodies, and bodies over 2 MiB are not read.
func Read(in Input) Reading {
	text, plain := readPart(in, "text/plain")
	rich, html := readPart(in, "text/html")
	switch {
	case plain && html:
		return agree(text, rich)
	case html:
		return rich.Reading
	case plain:
		return text.Reading
	}
	return Reading{Verdict: Unclear, Why: "the mail has no text"}
}

// partReading is what one of the alternatives says.
type partReading struct {
	Reading
	letters string // what was newly written, reduced to comparable words
}

func readPart(in Input, part string) (partReading, bool) {
	d := newDecider(in, part)
	w, ok, err := d.read()
	if !ok {
		return partReading{}, false
	}
	if err != nil {
		return partReading{Reading: Reading{Verdict: Unclear, Why: err.Error()}}, true
	}
	return partReading{Reading: d.decide(w), letters: d.said(w.raw)}, true
}

// said is what was newly written, without the lines of courtesy: a closing formula
// is part of the signature in one alternative and of the text in the other.
func (d *decider) said(raw []string) string {
	return letters(slices.DeleteFunc(slices.Clone(raw), func(l string) bool { return d.onlyCourtesy(words([]string{l})) }))
}

// read takes the part apart; ok is false if there is nothing in it.
func (d *decider) read() (w written, ok bool, err error) {
	body := d.in.Text
	if d.part == "text/html" {
		body = d.in.HTML
	}
	if strings.TrimFunc(body, isBlank) == "" {
		return w, false, nil
	}
	if len(body) > maxBody {
		return w, true, errors.New(d.part + " is longer than is read")
	}
	lines := []line{}
	if d.part == "text/html" {
		if lines, err = htmlLines(body); err != nil {
			return w, true, err
		}
	} else {
		lines = plainLines(body, d.in.Flowed, d.in.DelSp)
	}
	return d.written(lines), true, nil
}

// agree puts the two alternatives together. A person sees one of them and we
// cannot know which, so both must say the same.
func agree(text, rich partReading) Reading {
	if text.Verdict == rich.Verdict && text.Weak == rich.Weak && (text.Verdict != Approve || text.letters == rich.letters) {
		out := text.Reading
		out.Trace = append(out.Trace, rich.Trace...)
		if text.Verdict == Conditional && text.letters != rich.letters {
			out.Conditions = []Condition{{Kind: OtherKind, Words: text.Evidence}}
		}
		return out
	}
	out := Reading{Verdict: Unclear, Evidence: text.Evidence, Trace: append(text.Trace, rich.Trace...),
		Why: "the text/plain and the text/html part disagree: " + string(text.Verdict) + " (" + text.Why + ") and " + string(rich.Verdict) + " (" + rich.Why + ")"}
	if out.Evidence == "" {
		out.Evidence = rich.Evidence
	}
	return out
}
