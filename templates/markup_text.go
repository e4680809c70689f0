package templates

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// textWidth is where lines of text/plain are broken, so that they can be
// quoted a few times within the 78 characters of RFC 5322, 2.1.1.
const textWidth = 72

// renderText writes the document as text/plain, with LF line ends.
func renderText(doc document) string {
	var b strings.Builder
	for i, bl := range doc.blocks {
		if i > 0 && !joinedInText(doc.blocks[i-1], bl) {
			b.WriteByte('\n')
		}
		writeTextBlock(&b, bl)
	}
	return b.String()
}

// joinedInText reports whether no empty line stands between the two.
func joinedInText(before, bl block) bool { return before.kind == heading || before.kind == signatureAt }

func writeTextBlock(b *strings.Builder, bl block) {
	switch bl.kind {
	case button:
		// the address alone on its line, so that every mail program finds its end
		fmt.Fprintf(b, "%s:\n%s\n", bl.label, bl.url)
		return
	case signatureAt:
		b.WriteString("-- \n") // RFC 3676, 4.3
		return
	}
	for i, r := range bl.rows {
		switch bl.kind {
		case heading:
			b.WriteString(strings.TrimSuffix(textOf(r[0]), ":") + ":\n")
		case bullets:
			wrap(b, "- ", "  ", textOf(r[0]))
		case numbered:
			wrap(b, fmt.Sprintf("%d. ", i+1), "   ", textOf(r[0]))
		case answerBox:
			wrap(b, "» ", "  ", textOf(r[0]))
		case quotation:
			wrap(b, "  „", "   ", textOf(r[0])+"”")
		case fields:
			wrap(b, "", "    ", textOf(r[0])+": "+textOf(r[1]))
		case usersTable:
			if i > 0 { // without the headings: each line reads as a phrase
				wrap(b, "- ", "  ", phrase(r))
			}
		default:
			wrap(b, "", "", textOf(r[0]))
		}
	}
}

// phrase puts a row of a table on a line: "Ana Pop, ana@scoala11.ro: doar citire".
func phrase(r row) string {
	var b strings.Builder
	for i, c := range r {
		text := strings.ReplaceAll(textOf(c), "\n", ", ")
		switch {
		case i == 0:
		case i == len(r)-1:
			b.WriteString(": ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(text)
	}
	return b.String()
}

func textOf(runs []run) string {
	var b strings.Builder
	for _, r := range runs {
		switch {
		case r.br:
			b.WriteByte('\n')
		case r.data && r.url == "":
			b.WriteString(unlink(r.text))
		default:
			b.WriteString(r.text)
		}
	}
	return b.String()
}

// wrap writes text in lines of at most textWidth characters, but never breaks
// a word. The line breaks that the text has stay.
func wrap(b *strings.Builder, first, rest, text string) {
	indent := first
	for line := range strings.SplitSeq(text, "\n") {
		width := 0
		for word := range strings.SplitSeq(strings.Trim(line, " "), " ") {
			n := utf8.RuneCountInString(word)
			switch {
			case width == 0:
				b.WriteString(indent)
				width = utf8.RuneCountInString(indent)
			case width+1+n > textWidth:
				b.WriteString("\n" + rest)
				width = utf8.RuneCountInString(rest)
			default:
				b.WriteByte(' ')
				width++
			}
			b.WriteString(word)
			width += n
			if width == 0 {
				width = 1 // an empty word and indent: still not the line's beginning
			}
		}
		b.WriteByte('\n')
		indent = rest
	}
}
