// Package reply says what a reply to a mail of the desk's means: it finds the
// newly written text, and reads the decision in it (rules R1 to R5 of the
// design). It is pure: no clock, no network, no state.
//
// What it may take for an approval stands in grammar_yes.txt, and only there.
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
	Subject string // what it adds to ours counts; a decision is read in it only where the text has none
	Sender  string // the name beside the sender's address
	Text    string // the text/plain body; empty where there is none
	HTML    string // the text/html body; empty where there is none

	Flowed bool // Text is format=flowed (RFC 3676)
	DelSp  bool // and has delsp=yes

	Attached []string // the text/plain and text/html files that are attached
	Unread   bool     // the mail has parts that are not passed here, or are damaged

	Asked         string   // subject of the mail of ours that it answers, if known
	Quoted        string   // and its plain text
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
	out := Reading{Verdict: Unclear, Why: "the mail has no text"}
	switch {
	case plain && html && text.footer:
		out = rich.Reading // a server added a footer to a mail that has HTML only
		out.Trace = append(text.Trace, out.Trace...)
	case plain && html:
		out = agree(text, rich)
	case html:
		out = rich.Reading
	case plain:
		out = text.Reading
	}
	if (!plain || text.empty) && (!html || rich.empty) {
		if r, ok := readSubject(in, plain || html); ok {
			r.Trace = append(out.Trace, r.Trace...)
			return r
		}
	}
	return out
}

// partReading is what one of the alternatives says.
type partReading struct {
	Reading
	letters string // what was newly written, reduced to comparable words
	empty   bool   // nothing was, but courtesy
	footer  bool   // there is nothing in the part but footers and notices
	steps   int    // see matcher
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
	out := partReading{Reading: d.decide(w), letters: d.said(w.raw)}
	out.empty = d.onlyCourtesy(w.toks) && !w.hidden && !w.inline && !w.tooLong && !w.leaked
	out.footer = w.footer
	if w.beside != "" && (out.Verdict == Approve || out.Verdict == Conditional) {
		out.Reading = Reading{Verdict: Unclear, Evidence: out.Evidence, Trace: out.Trace, Why: "something speaks beside the text: " + w.beside}
	}
	out.steps = d.steps
	return out, true
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
	var lines []line
	var asides []string
	if d.part == "text/html" {
		if lines, asides, err = htmlLines(body); err != nil {
			return w, true, err
		}
	} else {
		lines = plainLines(body, d.in.Flowed, d.in.DelSp)
	}
	return d.written(lines, asides), true, nil
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
