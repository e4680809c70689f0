package reply

import "slices"

// place says where a phrase of a list may stand in an approval.
type place int

const (
	anywhere     place = iota
	aClause            // only where a clause begins
	beforeTheYes       // only where nothing was approved yet
)

// What a text can have in it so far.
const (
	nothing  = iota // courtesy only
	weakYes         // a phrase of [weak]
	clearYes        // a phrase of [approve]
)

// allowed are the lists whose phrases an approval may be made of (rule R2), and
// what one of them makes of the text.
var allowed = []struct {
	list  string
	place place
	gives int
}{
	{"approve", anywhere, clearYes},
	{"weak", anywhere, weakYes},
	{"courtesy", anywhere, nothing},
	{"all is well", anywhere, nothing},
	{"go on", anywhere, nothing},
	{"object", aClause, nothing},
	{"manner", aClause, nothing},
	{"signs", aClause, nothing},
	{"offer of help", aClause, nothing},
	{"lead", beforeTheYes, nothing},
}

// cover reports whether the whole text is made of what rule R2 allows, and which
// phrase of [approve], or of [weak] if there is none of that, is in it.
func (d *decider) cover(toks []token) (decision *phrase, weak, ok bool) {
	type state struct {
		ok     bool
		phrase *phrase
	}
	reach := make([][3]state, len(toks)+1) // by what the text before a token has in it
	reach[0][nothing].ok = true
	put := func(at, has int, p *phrase) {
		if !reach[at][has].ok {
			reach[at][has] = state{true, p}
		}
	}
	// step goes on from toks[i] to toks[end].
	step := func(i, end, gives int, p *phrase, where place) {
		for has, s := range reach[i] {
			switch {
			case !s.ok || where == beforeTheYes && has == clearYes:
			case gives > has:
				put(end, gives, p)
			default:
				put(end, has, s.phrase)
			}
		}
	}
	for i := range toks {
		if !slices.ContainsFunc(reach[i][:], func(s state) bool { return s.ok }) {
			continue
		}
		if toks[i].kind == separator {
			step(i, i+1, nothing, nil, anywhere)
			continue
		}
		begins := clauseStart(toks, i)
		for _, a := range allowed {
			for _, p := range d.candidates(a.list, toks[i].fold) {
				for _, end := range d.phraseEnds(p, toks, i) {
					// "Aprob viceprimarul" names no signer.
					if a.place == aClause && !begins && !(a.list == "signs" && d.endsWithFullName(toks, i, end)) {
						continue
					}
					if a.list == "signs" && d.anotherTitle(toks[i:end]) {
						continue
					}
					step(i, end, a.gives, p, a.place)
				}
			}
		}
		if begins {
			for _, end := range d.besides(toks, i) {
				step(i, end, nothing, nil, anywhere)
			}
		}
	}
	last := reach[len(toks)]
	switch {
	case last[clearYes].ok:
		return last[clearYes].phrase, false, true
	case last[weakYes].ok:
		return last[weakYes].phrase, true, true
	}
	return nil, false, false
}

// besides are pairs of lists of words that say nothing doubtful in whatever order
// they stand, if one of the first list is among them: "cererea este foarte bine
// întocmită".
var besides = [][2]string{{"praising", "praised"}, {"thanking", "thanked for"}, {"wishing", "wished"}, {"asking on", "asked on"},
	{"telling", "told"}, {"needing", "needed"}}

// maxBesides is how many words such a clause may have.
const maxBesides = 30

// besides is where a clause of the words of one such pair can end that begins at
// toks[i]: at a mark, at the end of a line, or where the yes follows.
func (d *decider) besides(toks []token, i int) []int {
	if d.words["preposition"][toks[i].fold] {
		return nil
	}
	var ends []int
	for _, b := range besides {
		said := false
		for k := i; k < min(len(toks), i+maxBesides) && toks[k].kind == word && (k == i || toks[k].breakBefore < 2); k++ {
			w := toks[k].fold
			joint := d.words["joint"][w] || d.words["preposition"][w]
			said = said || d.words[b[0]][w]
			theirs := slices.Contains(d.requester(toks, k), k+1) // "am vorbit cu Maria"
			if !d.words[b[0]][w] && !d.words[b[1]][w] && !theirs {
				if !joint {
					break
				}
				continue
			}
			next := k + 1
			ended := next == len(toks) || toks[next].kind == separator || toks[next].breakBefore > 0
			if said && (ended || toks[next].fold == "aprob" || d.words["so"][toks[next].fold] && next+1 < len(toks)) {
				ends = append(ends, next)
			}
		}
	}
	return ends
}
