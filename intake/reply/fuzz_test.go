package reply

import (
	"regexp"
	"strings"
	"testing"
)

// decisionStem is in every word by which one can approve. It is written down
// here a second time, apart from the grammar, on purpose.
var decisionStem = regexp.MustCompile(`(?i)a\W*p\W*p?r\W*o+\W*[bv]|acord|acc?ept|agree|a\W*p\W*r\W*o|\b[ao]\W*p\W*r`)

// FuzzNothingApprovesWithoutADecision: whatever bytes surround it, a mail in
// which nobody wrote a word of decision outside of a quote is no approval.
func FuzzNothingApprovesWithoutADecision(f *testing.F) {
	for _, want := range []string{"reject", "unclear", "weak"} {
		for _, text := range wordings[want][:20] {
			f.Add(strings.ReplaceAll(text, "⏎", "\n"), "", false)
			f.Add("", "<p>"+strings.ReplaceAll(text, "⏎", "<br>")+"</p>", false)
		}
	}
	f.Add("\n> Aprob\n", "<blockquote type=cite>Aprob</blockquote>", true)
	f.Add("Mulțumesc\n\nLa 23.11.2026 09:12, X a scris:\nAprob", "", false)
	f.Fuzz(func(t *testing.T, text, html string, flowed bool) {
		// What stands behind a quote mark at the beginning of a line is no oracle's business.
		unquoted := regexp.MustCompile(`(?m)^[ \t]*>.*$`).ReplaceAllString(text, "")
		if decisionStem.MatchString(fold(unquoted)) || decisionStem.MatchString(fold(html)) || strings.Contains(html, "&") {
			return
		}
		in := asked(text)
		in.HTML, in.Flowed = html, flowed
		if got := Read(in); got.Verdict == Approve {
			t.Errorf("FALSE APPROVAL of %q and %q: %+v", text, html, got)
		}
	})
}

// FuzzMutatedRefusalsNeverApprove: what is written around a refusal, between its
// words, or about its letters, it is no approval.
func FuzzMutatedRefusalsNeverApprove(f *testing.F) {
	f.Add("Nu aprob", "Bună ziua,\n", "\nCu stimă,\nPopa", " ", uint8(0))
	f.Add("Nu sunt de acord", "", ".", "\n", uint8(1))
	f.Add("Resping", "Da. ", "\n-- \nPopa", "\u200b", uint8(2))
	f.Add("Neaprobat", "ok ", " 👍", "\u00a0", uint8(3))
	f.Add("Nu se aprobă", "<p>", "</p>", "<br>", uint8(4))
	f.Add("Nu pot aproba", "<b>", "</b>", "</b><b>", uint8(5))
	f.Fuzz(func(t *testing.T, refusal, before, after, between string, how uint8) {
		known := false
		for _, r := range []string{"Nu aprob", "Nu sunt de acord", "Nu se aprobă", "Nu pot aproba", "Resping", "Neaprobat", "Se respinge", "Refuz"} {
			known = known || r == refusal
		}
		around := before + after + between
		// A quote, a comment or an element that is not shown may hide the
		// refusal; then a yes is a yes.
		if !known || decisionStem.MatchString(fold(around)) || strings.ContainsAny(around, ">&\r\x0b\x0c\u0085\u2028\u2029") || strings.Contains(around, ":") {
			return
		}
		written := strings.ReplaceAll(refusal, " ", " "+between+" ")
		switch how % 6 {
		case 1:
			written = strings.ToUpper(written)
		case 2:
			written = strings.Join(strings.Split(written, ""), "\u200b")
		case 3:
			written = strings.NewReplacer("ă", "a", "u", "ü").Replace(written)
		case 4:
			written = strings.ReplaceAll(written, " ", "\n")
		case 5:
			written = strings.ReplaceAll(written, " ", "  \u00a0")
		}
		in := asked(before + "\n" + written + "\n" + after)
		if got := Read(in); got.Verdict == Approve {
			t.Errorf("FALSE APPROVAL of %q: %+v", in.Text, got)
		}
		in.HTML, in.Text = "<div>"+before+"</div><div>"+written+"</div><div>"+after+"</div>", ""
		if strings.Contains(around, "<") {
			return
		}
		if got := Read(in); got.Verdict == Approve {
			t.Errorf("FALSE APPROVAL of %q: %+v", in.HTML, got)
		}
	})
}

// FuzzRead: nothing makes it panic, and what it says holds together.
func FuzzRead(f *testing.F) {
	for _, l := range labels(f) {
		in := bodies(f, l.File)
		f.Add(in.Text, in.HTML, in.Flowed)
	}
	f.Fuzz(func(t *testing.T, text, html string, flowed bool) {
		in := asked(text)
		in.HTML, in.Flowed = html, flowed
		got := Read(in)
		if got.Why == "" {
			t.Errorf("no reason: %+v", got)
		}
		if got.Verdict == Approve && (got.Evidence == "" || len(got.Conditions) > 0 || got.Reason != "" || got.Weak) {
			t.Errorf("%+v", got)
		}
		if got.Verdict != Conditional && len(got.Conditions) > 0 {
			t.Errorf("conditions of a %s: %+v", got.Verdict, got)
		}
		in.Quoted = asking
		if again := Read(in); again.Verdict == Approve && got.Verdict != Approve {
			// Only the wrapped line of a quote may be told by knowing the mail.
			if !strings.Contains(text, ">") {
				t.Errorf("knowing the mail makes an approval of %q: %+v, before %+v", text, again, got)
			}
		}
		ReadCommand(in)
	})
}
