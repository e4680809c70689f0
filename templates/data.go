package templates

import (
	"fmt"
	"regexp"
	"strings"
	"text/template/parse"
	"unicode"

	"golang.org/x/net/publicsuffix"
)

// Data stands between these two characters from the moment a template prints
// it until the mail is written, and whoever reads the markup passes over it.
// They are private-use characters, which [asData] takes out of the data itself.
const (
	dataStart = '\uE000'
	dataEnd   = '\uE001'
)

// asData makes data of whatever a template prints: one line of visible
// characters between the two marks. Line breaks become spaces. Control
// characters, and the invisible ones that turn or hide text (Unicode category
// Cf: bidirectional overrides, zero-width characters), are taken out.
func asData(v any) string {
	var b strings.Builder
	b.WriteRune(dataStart)
	space := false
	for _, r := range strings.ToValidUTF8(fmt.Sprint(v), "\uFFFD") {
		switch {
		case unicode.IsSpace(r): // U+0085, U+2028 and U+2029 are among these
			space = true
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
		default:
			if space && b.Len() > len(string(dataStart)) {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(r)
		}
	}
	b.WriteRune(dataEnd)
	return b.String()
}

// markData sends every value that the template prints through [asData], as
// html/template does with its escapers. What stands in the template file
// itself is the only markup.
func markData(node parse.Node) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, child := range n.Nodes {
			markData(child)
		}
	case *parse.ActionNode:
		if len(n.Pipe.Decl) > 0 {
			return // it assigns a variable and prints nothing
		}
		n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos,
			Args: []parse.Node{parse.NewIdentifier("asData").SetPos(n.Pos)}})
	case *parse.IfNode:
		markData(n.List)
		markData(n.ElseList)
	case *parse.RangeNode:
		markData(n.List)
		markData(n.ElseList)
	case *parse.WithNode:
		markData(n.List)
		markData(n.ElseList)
	}
}

// standaloneAction is a line that holds nothing but a control action or a comment.
var standaloneAction = regexp.MustCompile(`(?m)^[ \t]*(\{\{-? *(?:(?:if|else|end|range|with|define|template)\b[^{}]*|/\*[^{}]*\*/ *)-?\}\})[ \t]*\n`)

// standalone drops the line break after such a line, so that templates can be
// laid out for reading without leaving empty lines in the mail.
func standalone(source string) string {
	return standaloneAction.ReplaceAllString(source, "$1")
}

var (
	// dotted is what mail programs may take for a domain name.
	dotted = regexp.MustCompile(`[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+`)
	scheme = regexp.MustCompile(`:/{2,}`)
)

// unlink breaks up what a mail program would turn into a link by itself, with
// spaces: "https://x.ro" becomes "https: //x. ro". A mail that repeats what
// somebody typed must not carry that person's links (rule F4). E-mail addresses
// stay as they are.
func unlink(s string) string {
	if !strings.ContainsAny(s, ".:") {
		return s
	}
	s = scheme.ReplaceAllString(s, ": //")
	var b strings.Builder
	last := 0
	for _, m := range dotted.FindAllStringIndex(s, -1) {
		name := s[m[0]:m[1]]
		before := m[0] > 0 && s[m[0]-1] == '@'
		after := m[1] < len(s) && s[m[1]] == '@'
		path := m[1]+1 < len(s) && strings.IndexByte("/:?#", s[m[1]]) >= 0 && s[m[1]+1] != ' '
		if after || before && !path || !domainLike(name, path) {
			continue
		}
		b.WriteString(s[last:m[0]])
		b.WriteString(strings.ReplaceAll(name, ".", ". "))
		last = m[1]
	}
	b.WriteString(s[last:])
	return b.String()
}

// domainLike reports whether a mail program may take the dotted name for a
// host: it ends in a top-level domain that exists, or that is not written in
// ASCII; or something like a path follows it and it is not merely numbers, as
// "1.723/2004" is, unless they are four.
func domainLike(name string, path bool) bool {
	name = strings.ToLower(name)
	top := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case strings.Trim(top, "0123456789") == "":
		return strings.Count(name, ".") == 3
	case path, strings.HasPrefix(name, "www."), strings.IndexFunc(top, func(r rune) bool { return r > unicode.MaxASCII }) >= 0:
		return true
	}
	_, icann := publicsuffix.PublicSuffix(name)
	return icann
}
