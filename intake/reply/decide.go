package reply

import (
	"fmt"
	"slices"
	"strings"
)

// occurrence is a phrase found in the text.
type occurrence struct {
	start, end int // tokens
	phrase     *phrase
}

// decide applies the rules in the order of the cases below.
func (d *decider) decide(w written) Reading {
	out := Reading{Verdict: Unclear, Trace: w.trace}
	raw, toks := w.raw, w.toks
	all := len(toks)
	verdict := func(v Verdict, why string, from, to int) Reading {
		out.Verdict, out.Why = v, why
		if from >= to {
			return out
		}
		first, last := toks[from].line, toks[to-1].line
		out.Evidence = strings.TrimSpace(strings.Join(raw[first:last+1], "\n"))
		for _, l := range w.lines[first : last+1] {
			if !l.blank() {
				out.Trace = append(out.Trace, Step{Part: d.part, Line: l.n, Text: l.text, Rule: why})
			}
		}
		return out
	}
	switch {
	case w.tooLong:
		return verdict(Unclear, "more was newly written than is read", 0, 0)
	case all == 0:
		return verdict(Unclear, "nothing was newly written", 0, 0)
	case all > maxWords:
		return verdict(Unclear, "the newly written text is longer than a decision", 0, 50)
	case w.leaked:
		return verdict(Unclear, "R1: words of the answered mail stand among the new ones", 0, all)
	case w.hidden:
		return verdict(Unclear, "some of the newly written text is hidden or struck out", 0, all)
	case toks[all-1].fold == ":":
		return verdict(Unclear, "what was announced does not follow", 0, all)
	}
	end := d.beforeCourtesy(toks) // of the evidence

	approvals := d.approvals(toks)
	refusals := d.refusals(toks)
	asks := slices.ContainsFunc(toks, func(t token) bool { return t.kind == question })
	takenBack := d.find("taking back", toks, 0, all)

	if len(refusals) > 0 {
		r := refusals[0]
		switch {
		case takenBack != nil:
			return verdict(Unclear, fmt.Sprintf("a decision and %q", takenBack.phrase.source), 0, end)
		case len(approvals) > 0 && !d.partial(toks, r):
			return verdict(Unclear, "both a yes and a no", 0, end)
		case len(approvals) > 0 || d.partial(toks, r) && len(refusals) == 1 || d.conditionalRefusal(toks, r):
			out.Conditions = d.conditions(w)
			return verdict(Conditional, "a refusal of a part, or until something happens", 0, end)
		case d.asked(toks, r):
			return verdict(Unclear, "a question", 0, end)
		case d.anotherNumber(toks, r.end):
			return verdict(Unclear, "a refusal of another request", 0, end)
		}
		from, _ := d.sentence(toks, r.start)
		if d.onlyCourtesy(toks[:from]) {
			out.Reason = reason(raw, toks, r.end, d)
		} else {
			from = d.afterCourtesy(toks)
			out.Reason = reason(raw, toks, from, d)
		}
		return verdict(Reject, fmt.Sprintf("R3: a refusal, [refuse] %q", r.phrase.source), from, end)
	}

	if !asks {
		if p, weak, ok := d.cover(toks); ok {
			from, to := d.decisive(toks, p)
			switch {
			case w.inline:
				return verdict(Unclear, "R1: written between quoted lines", 0, end)
			case weak && !d.in.AcceptWeak:
				out.Weak = true
				return verdict(Unclear, fmt.Sprintf("a weak yes, [weak] %q", p.source), from, to)
			case weak:
				out.Weak = true
				return verdict(Approve, fmt.Sprintf("R2: a weak yes, accepted by configuration, [weak] %q", p.source), from, to)
			}
			return verdict(Approve, fmt.Sprintf("R2: [approve] %q and courtesy, nothing else", p.source), from, to)
		}
		if from, ok := d.refusedAlone(toks); ok {
			out.Reason = reason(raw, toks, from, d)
			return verdict(Reject, "R3: a bare no", d.afterCourtesy(toks), end)
		}
	}

	switch {
	case takenBack != nil:
		return verdict(Unclear, fmt.Sprintf("something is taken back: %q", takenBack.phrase.source), 0, end)
	case len(approvals) > 0 && d.find("reported", toks, 0, all) != nil:
		return verdict(Unclear, "somebody else's yes, or words that are only spoken of", 0, end)
	case len(approvals) > 0 && d.somethingElse(toks, approvals[0]):
		return verdict(Unclear, "a yes to something else", 0, end)
	case len(approvals) > 0 && !asks && d.conditional(toks, approvals[0]):
		out.Conditions = d.conditions(w)
		return verdict(Conditional, fmt.Sprintf("[approve] %q with a condition", approvals[0].phrase.source), d.afterCourtesy(toks), end)
	case len(approvals) > 0 && asks:
		return verdict(Unclear, "a yes and a question", 0, end)
	case len(approvals) > 0:
		return verdict(Unclear, "a yes with something left over that no list knows", 0, end)
	case asks:
		return verdict(Unclear, "a question", 0, end)
	}
	switch out.Conditions = d.conditions(w); {
	case len(out.Conditions) == 0:
	case d.weakWithCondition(toks):
		return verdict(Conditional, "a weak yes with a condition", d.afterCourtesy(toks), end)
	case d.startsWithCondition(toks) && !slices.ContainsFunc(out.Conditions, func(c Condition) bool { return c.Kind == OtherKind }):
		return verdict(Conditional, "a condition alone", d.afterCourtesy(toks), end)
	}
	out.Conditions = nil
	return verdict(Unclear, "no decision that the lists know", 0, end)
}

// clauseStart reports whether a clause may begin at toks[i].
func clauseStart(toks []token, i int) bool {
	return i == 0 || i == len(toks) || toks[i].breakBefore > 0 || toks[i-1].kind != word && toks[i-1].kind != numeral
}

// starts lists the places where a decision may begin: where a clause begins,
// and there after courtesy, regret and a naming of the request.
func (d *decider) starts(toks []token) []int {
	is := make([]bool, len(toks)+1)
	for i := range toks {
		if !is[i] && !clauseStart(toks, i) {
			continue
		}
		is[i] = toks[i].kind != separator
		for _, list := range []string{"courtesy", "all is well", "sorry", "object"} {
			for _, p := range d.candidates(list, toks[i].fold) {
				for _, end := range d.phraseEnds(p, toks, i) {
					is[end] = true
				}
			}
		}
		// "Întrucât lipsește temeiul legal nu aprob": the reason first.
		if end, _ := d.longest("reason", toks, i); end > i {
			for k := end; k < len(toks) && toks[k].kind != separator && toks[k].breakBefore < 2; k++ {
				if toks[k].fold == "nu" || toks[k].fold == "resping" {
					is[k] = true
				}
			}
		}
	}
	var out []int
	for i := range toks {
		if is[i] {
			out = append(out, i)
		}
	}
	return out
}

// refusals finds the clear refusals. "Nu resping" is none, and makes the others none.
func (d *decider) refusals(toks []token) []occurrence {
	var out []occurrence
	for _, i := range d.starts(toks) {
		end, p := d.longest("refuse", toks, i)
		if p == nil {
			continue
		}
		if i > 0 && (toks[i-1].fold == "nu" || toks[i-1].fold == "n-") {
			return nil
		}
		if i > 1 && toks[i-1].fold == "ca" && toks[i-2].fold == "nu" {
			return nil // "nu că nu aprob"
		}
		if len(out) > 0 && i < out[len(out)-1].end {
			continue
		}
		out = append(out, occurrence{i, end, p})
	}
	return out
}

// approvals finds what reads like a yes: at the beginning of a clause any
// phrase of [approve], elsewhere only the words that never mean another's or a
// past approval. It is used to tell mixed answers, never to approve.
func (d *decider) approvals(toks []token) []occurrence {
	var out []occurrence
	refused := make([]bool, len(toks))
	for _, i := range d.starts(toks) {
		if end, p := d.longest("refuse", toks, i); p != nil {
			for k := i; k < end; k++ {
				refused[k] = true
			}
		}
	}
	starts := d.starts(toks)
	for i := range toks {
		if refused[i] || len(out) > 0 && i < out[len(out)-1].end {
			continue
		}
		present := slices.Contains([]string{"aprob", "aprobam", "acord", "acept"}, toks[i].fold)
		end, p := d.longest("approve", toks, i)
		if p == nil || !present && !slices.Contains(starts, i) {
			continue
		}
		if negated(toks, i) || i > 0 && toks[i].breakBefore == 0 && toks[i-1].fold == "sa" {
			continue
		}
		out = append(out, occurrence{i, end, p})
	}
	return out
}

// negated reports whether one of the three words before toks[i], in the same
// clause, denies it.
func negated(toks []token, i int) bool {
	for k := i - 1; k >= 0 && k >= i-3 && toks[k].kind != separator && toks[k+1].breakBefore < 2; k-- {
		if slices.Contains([]string{"nu", "n-", "ne", "nici", "n-as", "n-am", "fara", "not"}, toks[k].fold) {
			return true
		}
	}
	return false
}

// find is the first phrase of a list within toks[from:to].
func (d *matcher) find(list string, toks []token, from, to int) *occurrence {
	for i := from; i < to; i++ {
		if end, p := d.longest(list, toks[:to], i); p != nil {
			return &occurrence{i, end, p}
		}
	}
	return nil
}

// sentence is the stretch around toks[i] up to marks that end a sentence.
func (d *decider) sentence(toks []token, i int) (from, to int) {
	ends := func(t token) bool { return strings.Contains(".!?…", t.fold) && t.kind != word }
	for from = i; from > 0 && !ends(toks[from-1]) && toks[from].breakBefore < 2; from-- {
	}
	for to = i; to < len(toks) && !ends(toks[to]) && (to == i || toks[to].breakBefore < 2); to++ {
	}
	return from, to
}

// asked reports whether the sentence with o in it is a question.
func (d *decider) asked(toks []token, o occurrence) bool {
	_, to := d.sentence(toks, o.end-1)
	return to < len(toks) && toks[to].kind == question
}

// rightsOrPeople reports whether toks name a right or a user of the form.
func (d *decider) rightsOrPeople(toks []token) bool {
	for _, t := range toks {
		for _, list := range []string{"right read", "right write", "right delete"} {
			if d.words[list][t.fold] {
				return true
			}
		}
		for _, p := range d.in.People {
			if t.kind == word && len(t.fold) > 3 && containsWords(letters([]string{p}), t.fold) {
				return true
			}
		}
	}
	return false
}

// partial reports whether a refusal goes on, in the same clause, to name a right
// or a user: it refuses a part.
func (d *decider) partial(toks []token, o occurrence) bool {
	end := o.end
	for end < len(toks) && toks[end].kind != separator && toks[end].kind != question && toks[end].breakBefore < 2 {
		end++
	}
	if reason, p := d.longest("reason", toks, o.end); p != nil && reason > o.end {
		return false
	}
	whole, _ := d.longest("object", toks[:end], o.end) // "cererea doamnei Ionescu"
	return d.rightsOrPeople(toks[max(whole, o.end):end])
}

// anotherNumber reports whether a registration number begins at toks[i] that is
// not this request's.
func (d *decider) anotherNumber(toks []token, i int) bool {
	named := false
	for i < len(toks) && slices.Contains([]string{"cererea", "cu", "nr", "numarul", "de", "inregistrare"}, toks[i].fold) {
		named = true
		i++
	}
	return i < len(toks) && toks[i].kind == numeral && (named || strings.Contains(toks[i].fold, "/")) && d.number(toks, i) == nil && d.in.RequestNumber != ""
}

// conditionalRefusal reports whether a refusal goes on to say what would make
// it a yes: "nu aprob decât...".
func (d *decider) conditionalRefusal(toks []token, o occurrence) bool {
	ends := []int{o.end}
	for k := range d.lists["object"] {
		ends = append(ends, d.phraseEnds(&d.lists["object"][k], toks, o.end)...)
	}
	for _, i := range ends {
		if end, p := d.longest("conditional refusal", toks, i); p != nil && end > i && toks[i].breakBefore < 2 {
			return true
		}
	}
	// "Dacă nu vine avizul, resping."
	from, _ := d.sentence(toks, o.start)
	from = min(from+d.afterCourtesy(toks[from:]), o.start)
	return toks[from].fold == "daca" || toks[from].fold == "cand"
}

// refusedAlone reports whether the whole text is a bare no with courtesy, or a
// bare no and its reason; from is where the reason begins.
func (d *decider) refusedAlone(toks []token) (from int, ok bool) {
	i := d.afterCourtesy(toks)
	begins := []int{i}
	if sorry, p := d.longest("sorry", toks, i); p != nil { // "Regret, nu."
		begins = append(begins, skipSeparators(toks, sorry))
	}
	for _, i := range begins {
		if end, p := d.longest("refuse alone", toks, i); p != nil {
			if from, ok = d.reasonOnly(toks, end); ok {
				return from, true
			}
		}
	}
	return 0, false
}

// reasonOnly reports whether nothing but courtesy or a reason follows a bare no
// that ends at toks[end]; from is where the reason begins.
func (d *decider) reasonOnly(toks []token, end int) (from int, ok bool) {
	rest := skipSeparators(toks, end)
	if d.onlyCourtesy(toks[rest:]) {
		return len(toks), true
	}
	if rest == end {
		return 0, false
	}
	if e, q := d.longest("reason", toks, rest); q != nil && e > rest {
		return rest, true
	}
	// "Nu, e prea devreme."
	doubtful := d.find("deferral", toks, rest, len(toks)) != nil || slices.ContainsFunc(toks[rest:], func(t token) bool { return d.words["doubt"][t.fold] })
	return rest, !doubtful && len(d.approvals(toks)) == 0
}

// conditional reports whether what is written around a yes makes it depend on
// something.
func (d *decider) conditional(toks []token, yes occurrence) bool {
	return d.find("condition", toks, 0, yes.start) != nil || d.find("condition", toks, yes.end, len(toks)) != nil
}

// somethingElse reports whether a yes goes on to name what is not asked here.
func (d *decider) somethingElse(toks []token, yes occurrence) bool {
	// The longest phrase may have taken "cererea" of "cererea de concediu".
	for _, p := range d.candidates("approve", toks[yes.start].fold) {
		for _, i := range d.phraseEnds(p, toks, yes.start) {
			if i < len(toks) && toks[i].breakBefore == 0 {
				if _, p := d.longest("something else", toks, i); p != nil {
					return true
				}
			}
		}
	}
	return false
}

// weakWithCondition reports whether the text begins with a bare yes and goes on
// with a condition: "Da, dar…".
func (d *decider) weakWithCondition(toks []token) bool {
	i := skipSeparators(toks, d.afterCourtesy(toks))
	yes, p := d.longest("weak", toks, i)
	if p == nil {
		return false
	}
	for ; p != nil; _, p = d.longest("weak", toks, yes) { // "Ok, da…"
		yes, _ = d.longest("weak", toks, skipSeparators(toks, yes))
	}
	_, p = d.longest("condition", toks, skipSeparators(toks, yes))
	return p != nil
}

// startsWithCondition reports whether the text begins with a condition.
func (d *decider) startsWithCondition(toks []token) bool {
	i := d.afterCourtesy(toks)
	if i >= len(toks) {
		return false
	}
	_, p := d.longest("condition", toks, i)
	return p != nil
}
