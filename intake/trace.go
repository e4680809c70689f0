package intake

import "registratura/intake/reply"

// TraceStep is a line of the mail that decided, and what the desk made of it
// (rule R5).
type TraceStep struct {
	Part string `json:"part"` // "text/plain" or "text/html"
	Line int    `json:"line"` // in the decoded part, from 1
	Text string `json:"text"` // cut after 500 characters
	Rule string `json:"rule"`
}

// traceOf is the trace of a reading as it is kept with the decision. What was
// newly written is bounded by the reader, but a quoted line is not.
func traceOf(steps []reply.Step) []TraceStep {
	var trace []TraceStep
	for _, s := range steps {
		trace = append(trace, TraceStep{Part: s.Part, Line: s.Line, Text: shorten(s.Text), Rule: s.Rule})
	}
	return trace
}

// shorten cuts a text of somebody's after maxSaid runes.
func shorten(text string) string {
	if runes := []rune(text); len(runes) > maxSaid {
		return string(runes[:maxSaid]) + "…"
	}
	return text
}
