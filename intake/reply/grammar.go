package reply

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// The tables of the grammar: what may approve, and all other lists.
var (
	//go:embed grammar_yes.txt
	yesText string
	//go:embed grammar.txt
	grammarText string
)

// grammar is the tables, parsed: the phrases of each list, in the order of the file.
type grammar struct {
	lists map[string][]phrase
	words map[string]map[string]bool // list → the words in it, for lists used word by word
	// list → word → the phrases that can begin with it, in the order of the file;
	// under "" those that can begin with any
	byFirst map[string]map[string][]*phrase
}

// candidates are the phrases of a list that can begin with a word.
func (g *grammar) candidates(list, word string) []*phrase {
	if phrases, ok := g.byFirst[list][word]; ok {
		return phrases
	}
	return g.byFirst[list][""]
}

// phrase is one line of a list.
type phrase struct {
	source string // as it stands in the file, for the trace
	items  []item
	first  map[string]bool // words that it can begin with; nil: any
}

// item is one element of a phrase. Exactly one of word, ref and alts is set.
type item struct {
	word     string   // folded
	ref      string   // the name of a list or of a terminal
	alts     [][]item // one of these
	optional bool
}

// terminals are what a line of the grammar may name besides lists.
var terminals = []string{"number", "name", "requester", "subject", "today", "someone"}

// rules is the embedded grammar. It is parsed once; a fault in it is a
// programming error that every test of the package would show.
var rules = sync.OnceValue(func() *grammar {
	g, err := parseGrammar(yesText, grammarText)
	if err != nil {
		panic("reply: " + err.Error())
	}
	return g
})

func parseGrammar(texts ...string) (*grammar, error) {
	g := &grammar{lists: map[string][]phrase{}, words: map[string]map[string]bool{}, byFirst: map[string]map[string][]*phrase{}}
	for _, text := range texts {
		if err := g.add(text); err != nil {
			return nil, err
		}
	}
	for name, phrases := range g.lists {
		for i, p := range phrases {
			if err := g.checkRefs(p.items, []string{name}); err != nil {
				return nil, fmt.Errorf("grammar: [%s] %q: %w", name, p.source, err)
			}
			first := map[string]bool{}
			if nullable, known := g.firstWords(p.items, first); known && !nullable {
				phrases[i].first = first
			}
		}
		g.byFirst[name] = map[string][]*phrase{"": nil}
		for i := range phrases {
			for word := range phrases[i].first {
				g.byFirst[name][word] = nil
			}
		}
		for i := range phrases {
			for word := range g.byFirst[name] {
				if phrases[i].first == nil || phrases[i].first[word] {
					g.byFirst[name][word] = append(g.byFirst[name][word], &phrases[i])
				}
			}
		}
	}
	return g, nil
}

// add reads one of the tables.
func (g *grammar) add(text string) error {
	list := ""
	for n, line := range strings.Split(text, "\n") {
		if i := strings.IndexByte(line, '#'); i >= 0 {
			line = line[:i]
		}
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case line[0] == '[' && line[len(line)-1] == ']':
			list = line[1 : len(line)-1]
			if _, ok := g.lists[list]; ok {
				return fmt.Errorf("grammar line %d: the list [%s] is there twice", n+1, list)
			}
			g.lists[list] = nil
			g.words[list] = map[string]bool{}
		case list == "":
			return fmt.Errorf("grammar line %d: a phrase before the first [list]", n+1)
		default:
			p := phraseParser{rest: line}
			items, err := p.sequence()
			if err == nil && p.rest != "" {
				err = fmt.Errorf("unexpected %q", p.rest)
			}
			if err != nil {
				return fmt.Errorf("grammar line %d: %q: %w", n+1, line, err)
			}
			g.lists[list] = append(g.lists[list], phrase{source: line, items: items})
			collectWords(items, g.words[list])
		}
	}
	return nil
}

// phraseParser reads one line of the grammar.
type phraseParser struct{ rest string }

func (p *phraseParser) sequence() ([]item, error) {
	var items []item
	for {
		p.rest = strings.TrimLeft(p.rest, " \t")
		if p.rest == "" || p.rest[0] == '|' || p.rest[0] == ')' {
			if len(items) == 0 {
				return nil, fmt.Errorf("an empty alternative before %q", p.rest)
			}
			return items, nil
		}
		var it item
		switch p.rest[0] {
		case '(':
			for {
				p.rest = p.rest[1:]
				alt, err := p.sequence()
				if err != nil {
					return nil, err
				}
				it.alts = append(it.alts, alt)
				if p.rest == "" {
					return nil, fmt.Errorf("a ( without its )")
				}
				if p.rest[0] == ')' {
					p.rest = p.rest[1:]
					break
				}
			}
		case '{':
			name, rest, ok := strings.Cut(p.rest[1:], "}")
			if !ok {
				return nil, fmt.Errorf("a { without its }")
			}
			it.ref, p.rest = name, rest
		default:
			end := strings.IndexAny(p.rest, " \t|(){}?")
			// A smiley begins with what closes a group elsewhere: ":)" and ":-)".
			if strings.HasPrefix(p.rest, ":)") {
				end = 2
			} else if strings.HasPrefix(p.rest, ":-)") {
				end = 3
			}
			if end < 0 {
				end = len(p.rest)
			}
			if end == 0 {
				return nil, fmt.Errorf("unexpected %q", p.rest)
			}
			it.word, p.rest = fold(p.rest[:end]), p.rest[end:]
		}
		if strings.HasPrefix(p.rest, "?") {
			it.optional, p.rest = true, p.rest[1:]
		}
		items = append(items, it)
	}
}

func collectWords(items []item, into map[string]bool) {
	for _, it := range items {
		if it.word != "" {
			into[it.word] = true
		}
		for _, alt := range it.alts {
			collectWords(alt, into)
		}
	}
}

// checkRefs makes sure that every {list} exists and that none contains itself.
func (g *grammar) checkRefs(items []item, path []string) error {
	for _, it := range items {
		for _, alt := range it.alts {
			if err := g.checkRefs(alt, path); err != nil {
				return err
			}
		}
		if it.ref == "" || slices.Contains(terminals, it.ref) {
			continue
		}
		if slices.Contains(path, it.ref) {
			return fmt.Errorf("{%s} contains itself", it.ref)
		}
		phrases, ok := g.lists[it.ref]
		if !ok {
			return fmt.Errorf("there is no list [%s]", it.ref)
		}
		for _, p := range phrases {
			if err := g.checkRefs(p.items, append(slices.Clone(path), it.ref)); err != nil {
				return err
			}
		}
	}
	return nil
}

// firstWords adds to set the words that items can begin with. It reports
// whether items can be empty, and whether the words are all known.
func (g *grammar) firstWords(items []item, set map[string]bool) (nullable, known bool) {
	for _, it := range items {
		empty := it.optional
		switch {
		case it.word != "":
			set[it.word] = true
		case it.ref != "":
			phrases, ok := g.lists[it.ref]
			if !ok {
				return false, false // a terminal
			}
			for _, p := range phrases {
				n, k := g.firstWords(p.items, set)
				if !k {
					return false, false
				}
				empty = empty || n
			}
		default:
			for _, alt := range it.alts {
				n, k := g.firstWords(alt, set)
				if !k {
					return false, false
				}
				empty = empty || n
			}
		}
		if !empty {
			return false, true
		}
	}
	return true, true
}

// terminal says where a terminal can end that begins at toks[i].
type terminal func(toks []token, i int) []int

// matcher applies a grammar to the words of one mail.
type matcher struct {
	*grammar
	terminals map[string]terminal
	steps     int // how often a phrase was tried, so that tests can hold the work to what it may be
}

// longest finds the phrase of the list that reaches furthest from toks[i].
// end is i when none fits.
func (m *matcher) longest(list string, toks []token, i int) (end int, p *phrase) {
	end = i
	if i >= len(toks) {
		return end, nil
	}
	for _, cand := range m.candidates(list, toks[i].fold) {
		for _, e := range m.phraseEnds(cand, toks, i) {
			if e > end {
				end, p = e, cand
			}
		}
	}
	return end, p
}

// phraseEnds lists every place where p can end that begins at toks[i].
func (m *matcher) phraseEnds(p *phrase, toks []token, i int) []int {
	m.steps++
	if i >= len(toks) || p.first != nil && !p.first[toks[i].fold] {
		return nil
	}
	return m.sequenceEnds(p.items, toks, i, i)
}

// sequenceEnds is phraseEnds for a part of a phrase that began at toks[start].
// Places are kept as a set, so the work is bounded by items times places.
func (m *matcher) sequenceEnds(items []item, toks []token, start, i int) []int {
	at := []int{i}
	for _, it := range items {
		var next []int
		for _, pos := range at {
			if it.optional {
				next = append(next, pos)
			}
			if pos >= len(toks) || pos > start && toks[pos].breakBefore > 1 {
				continue // a phrase does not go on in the next paragraph
			}
			switch {
			case it.word != "":
				if toks[pos].fold == it.word {
					next = append(next, pos+1)
				}
			case it.alts != nil:
				for _, alt := range it.alts {
					next = append(next, m.sequenceEnds(alt, toks, start, pos)...)
				}
			default:
				if t, ok := m.terminals[it.ref]; ok {
					next = append(next, t(toks, pos)...)
					break
				}
				for _, p := range m.candidates(it.ref, toks[pos].fold) {
					next = append(next, m.sequenceEnds(p.items, toks, start, pos)...)
				}
			}
		}
		if len(next) == 0 {
			return nil
		}
		slices.Sort(next)
		at = slices.Compact(next)
	}
	return at
}
