package mailbox

import "strings"

// unflow joins the lines that a program with format=flowed broke (RFC 3676,
// 4.1), so that a line is a paragraph again. Quoted lines keep their depth.
func unflow(text string, delSp bool) string {
	var out strings.Builder
	depth, flowing, begun := 0, false, false // of the line that is being put together
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		content := strings.TrimLeft(line, ">")
		quoted := len(line) - len(content)
		content = strings.TrimPrefix(content, " ") // space-stuffing
		signature := content == "-- "
		if !flowing || quoted != depth || signature {
			if begun {
				out.WriteByte('\n')
			}
			begun = true
			out.WriteString(strings.Repeat(">", quoted))
			if quoted > 0 && content != "" {
				out.WriteByte(' ')
			}
			depth = quoted
		}
		flowing = strings.HasSuffix(content, " ") && !signature
		if flowing && delSp {
			content = strings.TrimSuffix(content, " ")
		}
		out.WriteString(content)
	}
	if text != "" {
		out.WriteByte('\n')
	}
	return out.String()
}
