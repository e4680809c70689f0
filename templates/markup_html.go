package templates

import (
	"html"
	"strings"
)

// The styles are written into every element, since mail programs drop style
// sheets. Colours of text and ground are left to the mail program wherever
// possible, so that its dark mode is right; where one is set, it reads on white
// and on black.
const (
	styleBody  = "margin:0;padding:0;"
	styleText  = "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5;"
	styleWrap  = "overflow-wrap:anywhere;word-break:break-word;"
	styleP     = "margin:0 0 16px 0;"
	styleH     = "margin:28px 0 8px 0;font-size:18px;line-height:1.3;font-weight:bold;"
	styleList  = "margin:0 0 16px 0;padding:0 0 0 24px;"
	styleLi    = "margin:0 0 6px 0;"
	styleTable = "width:100%;border-collapse:collapse;margin:0 0 16px 0;"
	styleCell  = "padding:8px 12px 8px 0;border-bottom:1px solid #999999;text-align:left;vertical-align:top;" + styleText + styleWrap
	styleBox   = "padding:12px 16px 4px 16px;border:2px solid #3b76c4;border-radius:6px;" + styleText + styleWrap
	styleQuote = "margin:0 0 16px 0;padding:2px 0 2px 14px;border-left:4px solid #999999;"
	styleGrey  = "margin:0 0 16px 0;font-size:13px;line-height:1.4;color:#767676;"
	styleLink  = "color:#3b76c4;text-decoration:underline;" + styleWrap
	styleSign  = "margin:24px 0 16px 0;border:0;border-top:1px solid #999999;height:0;"
)

// renderHTML writes the document as HTML of the kind that old mail programs
// read as well: tables for what is a table, no class, no picture, no script.
func renderHTML(doc document) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"ro\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
		"<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"supported-color-schemes\" content=\"light dark\">\n<title>")
	b.WriteString(html.EscapeString(doc.subject))
	b.WriteString("</title>\n</head>\n<body style=\"" + styleBody + "\">\n" +
		"<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr><td align=\"center\" style=\"padding:16px;\">\n" +
		"<!--[if mso]><table role=\"presentation\" width=\"600\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr><td><![endif]-->\n" +
		"<div style=\"max-width:600px;margin:0 auto;text-align:left;" + styleText + styleWrap + "\">\n")
	for _, bl := range doc.blocks {
		writeHTMLBlock(&b, bl)
	}
	b.WriteString("</div>\n<!--[if mso]></td></tr></table><![endif]-->\n</td></tr></table>\n</body>\n</html>\n")
	return b.String()
}

func writeHTMLBlock(b *strings.Builder, bl block) {
	switch bl.kind {
	case heading:
		element(b, "h2", styleH, htmlOf(bl.rows[0][0]))
	case bullets:
		htmlList(b, "ul", bl.rows)
	case numbered:
		htmlList(b, "ol", bl.rows)
	case fields:
		htmlFields(b, bl.rows)
	case usersTable:
		htmlTable(b, bl.rows)
	case answerBox:
		b.WriteString("<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"width:100%;margin:0 0 16px 0;\"><tr><td style=\"" + styleBox + "\">\n")
		for _, r := range bl.rows {
			element(b, "p", "margin:0 0 8px 0;", "» "+htmlOf(r[0]))
		}
		b.WriteString("</td></tr></table>\n")
	case quotation:
		for _, r := range bl.rows {
			element(b, "blockquote", styleQuote, "„"+htmlOf(r[0])+"”")
		}
	case button:
		// The address is shown as well: people are told not to trust links
		// that hide where they lead.
		address := html.EscapeString(bl.url)
		b.WriteString("<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:0 0 8px 0;\"><tr>" +
			"<td bgcolor=\"#2b5f9e\" style=\"background:#2b5f9e;border-radius:6px;padding:12px 20px;\">" +
			"<a href=\"" + address + "\" style=\"" + styleText + "font-weight:bold;color:#ffffff;text-decoration:none;\">" +
			"<span style=\"color:#ffffff;\">" + html.EscapeString(bl.label) + "</span></a></td></tr></table>\n")
		element(b, "p", styleGrey, `<a href="`+address+`" style="`+styleLink+`">`+address+`</a>`)
	case smallPrint:
		for _, r := range bl.rows {
			element(b, "p", styleGrey, htmlOf(r[0]))
		}
	case signatureAt:
		b.WriteString("<hr style=\"" + styleSign + "\">\n")
	default:
		element(b, "p", styleP, htmlOf(bl.rows[0][0]))
	}
}

func element(b *strings.Builder, name, style, content string) {
	b.WriteString("<" + name + " style=\"" + style + "\">" + content + "</" + name + ">\n")
}

func htmlList(b *strings.Builder, name string, rows []row) {
	b.WriteString("<" + name + " style=\"" + styleList + "\">\n")
	for _, r := range rows {
		element(b, "li", styleLi, htmlOf(r[0]))
	}
	b.WriteString("</" + name + ">\n")
}

func htmlFields(b *strings.Builder, rows []row) {
	b.WriteString("<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"" + styleTable + "\">\n")
	for _, r := range rows {
		b.WriteString("<tr><th scope=\"row\" width=\"34%\" style=\"width:34%;font-weight:normal;color:#767676;" + styleCell + "\">" + htmlOf(r[0]) +
			"</th><td style=\"" + styleCell + "\">" + htmlOf(r[1]) + "</td></tr>\n")
	}
	b.WriteString("</table>\n")
}

func htmlTable(b *strings.Builder, rows []row) {
	b.WriteString("<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"" + styleTable + "\">\n")
	for i, r := range rows {
		b.WriteString("<tr>")
		for j, c := range r {
			if i == 0 {
				b.WriteString("<th scope=\"col\"" + columnWidth(j, len(r)) + " style=\"color:#767676;" + styleCell + "font-size:13px;font-weight:normal;\">" + htmlOf(c) + "</th>")
			} else {
				b.WriteString("<td style=\"" + styleCell + "\">" + htmlOf(c) + "</td>")
			}
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table>\n")
}

// columnWidth makes the first of two columns the wider one: it holds names and
// addresses, which break badly.
func columnWidth(column, columns int) string {
	if columns == 2 && column == 0 {
		return ` width="58%"`
	}
	return ""
}

func htmlOf(runs []run) string {
	var b strings.Builder
	for _, r := range runs {
		if r.br {
			b.WriteString("<br>")
			continue
		}
		text := r.text
		if r.data && r.url == "" {
			text = unlink(text)
		}
		// where a line must break within an address, it does so at the @
		text = strings.ReplaceAll(html.EscapeString(text), "@", "<wbr>@")
		if r.url != "" {
			text = `<a href="` + html.EscapeString(r.url) + `" style="` + styleLink + `">` + text + `</a>`
		}
		if r.strong {
			text = "<strong>" + text + "</strong>"
		}
		b.WriteString(text)
	}
	return b.String()
}
