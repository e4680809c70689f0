package reply

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlLines takes a text/html body apart into the lines that a person sees.
// asides are the words that it has in place of pictures, or shows when something
// is pointed at.
func htmlLines(body string) (lines []line, asides []string, err error) {
	doc, err := html.ParseWithOptions(strings.NewReader(body), html.ParseOptionEnableScripting(false)) // as mail programs do
	if err != nil {
		return nil, nil, fmt.Errorf("reading the HTML: %w", err)
	}
	w := htmlWalker{unseen: map[string]bool{}}
	w.readStyles(doc)
	w.walk(doc, line{}, false)
	w.flush()
	for i := range w.lines {
		w.lines[i].n = i + 1
	}
	return w.lines, w.asides, nil
}

type htmlWalker struct {
	lines  []line
	buf    strings.Builder
	state  line            // the flags of what is in buf
	unseen map[string]bool // ".class" and "#id" that a style sheet hides
	asides []string        // words of attributes, outside of quotes
	dark   int             // how many of the elements around have a ground that is not white
}

// skipped elements hold nothing that is shown.
var skipped = map[atom.Atom]bool{
	atom.Head: true, atom.Style: true, atom.Script: true, atom.Title: true, atom.Template: true,
}

var blocks = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Li: true, atom.Tr: true, atom.Table: true, atom.Blockquote: true, atom.Pre: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Ul: true, atom.Ol: true,
	atom.Hr: true, atom.Section: true, atom.Article: true, atom.Header: true, atom.Footer: true, atom.Center: true,
	atom.Dl: true, atom.Dt: true, atom.Dd: true, atom.Address: true, atom.Fieldset: true, atom.Form: true, atom.Body: true,
	atom.Main: true, atom.Figure: true, atom.Caption: true,
}

// paragraphs are blocks that are set apart by room above and below.
var paragraphs = map[atom.Atom]bool{atom.P: true, atom.Pre: true, atom.Ul: true, atom.Ol: true, atom.H1: true, atom.H2: true, atom.H3: true}

var (
	hiddenStyle = regexp.MustCompile(`display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|$|!)|max-height\s*:\s*0|opacity\s*:\s*0\s*(?:;|$|!)|mso-hide\s*:\s*all|text-indent\s*:\s*-\d{3}|(?:left|top)\s*:\s*-\d{3}|(?:^|[;\s])color\s*:\s*transparent`)
	// White on white: some programs write it for what they show on a dark ground,
	// but then they name the ground.
	whiteStyle  = regexp.MustCompile(`(?:^|[;\s])color\s*:\s*(?:#fff(?:fff)?\b|white\b|rgba?\(\s*255\s*,\s*255\s*,\s*255\b)`)
	groundStyle = regexp.MustCompile(`background(?:-color)?\s*:\s*([^;]*)`)
	whiteGround = regexp.MustCompile(`#fff(?:fff)?\b|white\b|rgba?\(\s*255\s*,\s*255\s*,\s*255\b|transparent|none|inherit|initial`)
	struckStyle = regexp.MustCompile(`line-through`)
	// signatureMark is how programs name the signature that they put in.
	signatureMark = regexp.MustCompile(`(?i)^(?:gmail_signature(?:_prefix)?|signature|x?_?signature|moz-signature|applemailsignature|ms-outlook-mobile-signature|yahoo_signature|ydp\w*signature|zmail_signature|roundcube_signature|-x-evolution-signature|sogo-signature|protonmail_signature_block(?:-user)?|divsignature|composer_signature|mobile_signature|lineBreakAtBeginningOfSignature|_rc_sig)$`)
	// announceMark is how programs name what they put above a quote.
	announceMark = regexp.MustCompile(`(?i)^(?:gmail_attr|gmail_quote_attribution|moz-cite-prefix|reply-intro|divRplyFwdMsg|__headers__)$`)
	quoteMark    = regexp.MustCompile(`(?i)^(?:gmail_quote|moz-quote-pre|protonmail_quote|yahoo_quoted|cite|zmail_extra|tutanota_quote)$`)
)

// asideNames are the attributes whose words a mail program may show.
var asideNames = []string{"alt", "title", "aria-label", "placeholder", "value", "label", "summary"}

var (
	styleRule = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)
	styleName = regexp.MustCompile(`[.#][\w-]+`)
)

// readStyles notes what the style sheets of a mail hide. A name in any part of a
// selector counts: to hide too much makes no mail approve.
func (w *htmlWalker) readStyles(node *html.Node) {
	if node.DataAtom == atom.Style && node.FirstChild != nil {
		for _, rule := range styleRule.FindAllStringSubmatch(node.FirstChild.Data, -1) {
			if hiddenStyle.MatchString(strings.ToLower(rule[2])) {
				for _, name := range styleName.FindAllString(rule[1], -1) {
					w.unseen[name] = true
				}
			}
		}
	}
	for c := node.FirstChild; c != nil; c = c.NextSibling {
		w.readStyles(c)
	}
}

// walk adds what node shows. state has the flags of the elements around it.
func (w *htmlWalker) walk(node *html.Node, state line, pre bool) {
	switch node.Type {
	case html.TextNode:
		w.text(node.Data, state, pre)
		return
	case html.ElementNode:
	default:
		for c := node.FirstChild; c != nil; c = c.NextSibling {
			w.walk(c, state, pre)
		}
		return
	}
	if skipped[node.DataAtom] {
		return
	}
	attrs := attributes(node)
	style := strings.ToLower(attrs["style"])
	names := append(strings.Fields(attrs["class"]), attrs["id"], attrs["data-smartmail"], attrs["data-marker"])

	if _, ok := attrs["hidden"]; ok || hiddenStyle.MatchString(style) {
		state.hidden = true
	}
	for _, name := range asideNames {
		if text := attrs[name]; text != "" && !state.quoted {
			w.asides = append(w.asides, text)
		}
	}
	ground := attrs["bgcolor"]
	if m := groundStyle.FindStringSubmatch(style); m != nil {
		ground = m[1]
	}
	if ground != "" && !whiteGround.MatchString(strings.ToLower(ground)) {
		w.dark++
		defer func() { w.dark-- }()
	}
	color := strings.ToLower(attrs["color"])
	if w.dark == 0 && (whiteStyle.MatchString(style) || node.DataAtom == atom.Font && whiteStyle.MatchString("color:"+color)) {
		state.hidden = true
	}
	if struckStyle.MatchString(style) {
		state.hidden = true
	}
	for _, class := range strings.Fields(attrs["class"]) {
		state.hidden = state.hidden || w.unseen["."+class]
	}
	state.hidden = state.hidden || attrs["id"] != "" && w.unseen["#"+attrs["id"]]
	for _, name := range names {
		if signatureMark.MatchString(name) {
			state.signature = true
		}
		if announceMark.MatchString(name) {
			w.flush()
			state.announces = true
		}
	}

	switch node.DataAtom {
	case atom.Br:
		w.flushBlank()
		return
	case atom.Img:
		// Programs send an emoji as a picture with the character beside it.
		if alt := strings.TrimSpace(attrs["alt"]); alt != "" && isPicture(alt) {
			w.text(alt, state, pre)
		}
		return
	case atom.S, atom.Strike, atom.Del:
		state.hidden = true
	case atom.Input, atom.Select, atom.Textarea, atom.Button, atom.Svg, atom.Math, atom.Object, atom.Embed, atom.Iframe, atom.Video, atom.Audio, atom.Canvas:
		w.text("\ufffc", state, pre) // something that is not text
		return
	case atom.Td, atom.Th:
		w.text(" ", state, pre)
	case atom.Pre:
		pre = true
	case atom.Blockquote:
		_, cite := attrs["cite"]
		quoted := cite || strings.EqualFold(attrs["type"], "cite")
		for _, name := range names {
			quoted = quoted || quoteMark.MatchString(name)
		}
		if quoted {
			w.flush()
			state.quoted = true
		}
	}
	block := blocks[node.DataAtom]
	if block {
		w.flush()
	}
	start := len(w.lines)
	if strings.Contains(style, "white-space: pre") || strings.Contains(style, "white-space:pre") {
		pre = true
	}
	for c := node.FirstChild; c != nil; c = c.NextSibling {
		w.walk(c, state, pre)
	}
	if block {
		w.flush()
		// Word's paragraphs are lines; its empty ones are what sets them apart.
		apart := paragraphs[node.DataAtom] && !strings.HasPrefix(attrs["class"], "Mso") && !strings.Contains(strings.ReplaceAll(style, " ", ""), "margin:0")
		if apart && len(w.lines) > start && !w.lines[len(w.lines)-1].blank() {
			w.lines = append(w.lines, line{quoted: state.quoted, signature: state.signature})
		}
	}
}

func attributes(node *html.Node) map[string]string {
	m := make(map[string]string, len(node.Attr))
	for _, a := range node.Attr {
		m[strings.ToLower(a.Key)] = a.Val
	}
	return m
}

// isPicture reports whether s is only an emoji.
func isPicture(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSpace(r) || r < 0x80 {
			return false
		}
	}
	return true
}

func (w *htmlWalker) text(s string, state line, pre bool) {
	if !pre {
		s = strings.NewReplacer("\r", " ", "\n", " ", "\t", " ").Replace(s)
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for i, part := range strings.Split(s, "\n") {
		if i > 0 {
			w.flushBlank()
		}
		if part == "" {
			continue
		}
		if strings.TrimFunc(part, isBlank) != "" {
			// A line is hidden if any of it is, and quoted or signature only if all of it is.
			if strings.TrimFunc(w.buf.String(), isBlank) == "" {
				w.state = state
			} else {
				w.state.hidden = w.state.hidden || state.hidden
				w.state.quoted = w.state.quoted && state.quoted
				w.state.signature = w.state.signature && state.signature
				w.state.announces = w.state.announces && state.announces
			}
		}
		w.buf.WriteString(part)
	}
}

// flush ends the line, if there is one.
func (w *htmlWalker) flush() {
	if w.buf.String() == "" {
		return
	}
	if strings.TrimFunc(w.buf.String(), isBlank) == "" && !strings.Contains(w.buf.String(), "\u00a0") {
		w.buf.Reset() // white space between elements; <p>&nbsp;</p> is an empty line
		return
	}
	w.flushBlank()
}

// flushBlank ends the line even if it is empty.
func (w *htmlWalker) flushBlank() {
	l := w.state
	l.text = strings.Join(strings.Fields(strings.ReplaceAll(w.buf.String(), "\u00a0", " ")), " ")
	if strings.TrimFunc(l.text, isBlank) == "" {
		l = line{quoted: l.quoted, signature: l.signature}
	} else if l.text == "--" {
		l.text = "-- "
	}
	w.lines = append(w.lines, l)
	w.buf.Reset()
}
