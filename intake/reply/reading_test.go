package reply

import (
	"strings"
	"testing"
)

func TestAlternativesThatDisagreeAreUnclear(t *testing.T) {
	for _, c := range []struct {
		text, html string
		want       Verdict
	}{
		{"Aprob", "<p>Aprob</p>", Approve},
		{"Aprob.", "<p><b>Aprob</b></p>", Approve},
		{"*Aprob*", "<p><b>Aprob</b></p>", Approve},
		{"Aprob", "<p>Nu aprob</p>", Unclear},
		{"Nu aprob", "<p>Aprob</p>", Unclear},
		{"Aprob", "<p>Sunt de acord</p>", Unclear},
		{"Aprob", "<p>Aprob cererea</p>", Unclear},
		{"Aprob", "<p>Aprob, dar fără ștergere</p>", Unclear},
		{"Aprob", "<p></p>", Unclear},
		{"Aprob", "<p style='display:none'>x</p>", Unclear},
		{"Aprob", "   ", Approve},
		{"", "<p>Aprob</p>", Approve},
		{" \r\n\u00a0\r\n", "<p>Aprob</p>", Approve},
		{"Programul dumneavoastră nu arată HTML.", "<p>Aprob</p>", Unclear},
		{"Resping. Nu avem buget.", "<p>Resping. Nu avem buget.</p>", Reject},
		{"Resping", "<p>Resping, nu avem buget</p>", Reject},
		{"Da", "<p>Aprob</p>", Unclear},
		{"> Aprob", "<p>Aprob</p>", Unclear},
	} {
		if got := Read(Input{Text: c.text, HTML: c.html}); got.Verdict != c.want {
			t.Errorf("%q and %q: %+v, want %s", c.text, c.html, got, c.want)
		}
	}
}

func TestHTMLIsReadAsItIsSeen(t *testing.T) {
	for _, c := range []struct {
		html string
		want Verdict
	}{
		{"Aprob", Approve},
		{"<p>A<b>p</b>rob</p>", Approve},
		{"<p>&#65;prob</p>", Approve},
		{"<p>Aprob&nbsp;</p>", Approve},
		{"<P>Aprob<!-- nu --></P>", Approve},
		{"<html><head><title>Nu aprob</title><style>nu</style></head><body>Aprob</body></html>", Approve},
		{"<ul><li>Aprob</li></ul>", Approve},
		{"<table><tr><td>Aprob</td></tr></table>", Approve},
		{`<img alt="👍" class="emoji">`, Unclear},
		{`Aprob <img src="cid:logo" alt="Sigla primăriei">`, Approve},
		{"<p>Nu</p><p>aprob</p>", Unclear},
		{"<div>Nu</div><div>aprob</div>", Reject},
		{"<p>Nu<br>aprob</p>", Reject},
		{"<table><td>Nu</td><td>aprob</td></table>", Reject},
		{"<p>N<b>u</b> aprob</p>", Reject},
		{"<s>Aprob</s>", Unclear},
		{"<del>Nu</del> aprob", Unclear},
		{"<strike>Nu</strike> aprob", Unclear},
		{`<span style="text-decoration: line-through">Aprob</span>`, Unclear},
		{`<span style="TEXT-DECORATION:LINE-THROUGH">Nu</span> aprob`, Unclear},
		{`<div style="display: none">Aprob</div>`, Unclear},
		{`<div hidden>Aprob</div>`, Unclear},
		{`Aprob<div style="display:none">cu condiția</div>`, Unclear},
		{`<span style="font-size:0">Nu</span> aprob`, Unclear},
		{`<span style="visibility:hidden">Aprob</span>`, Unclear},
		{`Aprob <input value="dar fără ștergere">`, Unclear},
		{`Aprob <select><option>fără ștergere</option></select>`, Unclear},
		{`Aprob <svg><text>fără ștergere</text></svg>`, Unclear},
		{`Aprob <iframe src="x"></iframe>`, Unclear},
		{`<blockquote>Aprob</blockquote>`, Approve}, // indented, not quoted
		{`<blockquote type="cite">Aprob</blockquote>`, Unclear},
		{`<blockquote class="gmail_quote">Aprob</blockquote>`, Unclear},
		{`<div class="gmail_signature">Aprob</div>`, Approve}, // written where the signature stands
		{`Aprob<div class="gmail_signature">Constantin Popa<br>Primar</div>`, Approve},
		{`Aprob<div class="gmail_signature">Constantin Popa<br>dar fără ștergere</div>`, Conditional},
		{`<div id="Signature">Constantin Popa</div>`, Unclear},
		{"<p>&gt; Aprob</p>", Unclear},
		{strings.Repeat("<div>", 100) + "Aprob", Approve},
		{strings.Repeat("<div>", 5000) + "Aprob", Unclear},
		{"<", Unclear},
		{"Aprob<", Unclear},
		{"Aprob<script>x</script>", Approve},
		{`Aprob<div style="display:none">Constantin Popa</div>`, Unclear},
		{"<noscript>Nu</noscript> aprob", Reject},
	} {
		if got := Read(Input{HTML: c.html}); got.Verdict != c.want {
			t.Errorf("%.80q: %s (%s), want %s", c.html, got.Verdict, got.Why, c.want)
		}
	}
}

func TestFlowedTextIsPutTogether(t *testing.T) {
	for _, c := range []struct {
		name, text string
		flowed     bool
		delSp      bool
		want       Verdict
	}{
		{"a soft line break", "Sunt de \r\nacord.\r\n", true, false, Approve},
		{"a soft break before the negation's word", "Nu \r\naprob\r\n", true, false, Reject},
		{"delsp", "Apr \r\nob\r\n", true, true, Approve},
		{"without delsp", "Apr \r\nob\r\n", true, false, Unclear},
		{"a signature", "Aprob\r\n-- \r\nConstantin Popa\r\n", true, false, Approve},
		{"a flowed quote", "Aprob\r\n\r\nLa 23.11.2026 09:12, X a scris:\r\n> Pentru aprobare \r\n> scrieți APROB\r\n", true, false, Approve},
		{"a quote mark that was stuffed", " > Aprob\r\n", true, false, Unclear},
		{"a quote mark that was not", "> Aprob\r\n", true, false, Unclear},
		{"a stuffed line", " Aprob\r\n", true, false, Approve},
		{"not flowed", "Sunt de \r\nacord.\r\n", false, false, Approve},
	} {
		if got := Read(Input{Text: c.text, Flowed: c.flowed, DelSp: c.delSp}); got.Verdict != c.want {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
}

func TestALongAnswerIsNoDecision(t *testing.T) {
	for text, why := range map[string]string{
		"Aprob\n" + strings.Repeat("cuvânt ", maxWritten/8): "more was newly written than is read",
		strings.Repeat("Aprob. ", maxWords):                 "longer than a decision",
	} {
		if got := Read(Input{Text: text}); got.Verdict != Unclear || !strings.Contains(got.Why, why) {
			t.Errorf("%.40q: %s (%s), want %q", text, got.Verdict, got.Why, why)
		}
	}
}

func TestAWeakYesApprovesOnlyByConfiguration(t *testing.T) {
	for _, text := range wordings["weak"] {
		in := asked(strings.ReplaceAll(text, "⏎", "\n"))
		if got := Read(in); got.Verdict != Unclear || !got.Weak {
			t.Errorf("%q: %+v", text, got)
		}
		in.AcceptWeak = true
		if got := Read(in); got.Verdict != Approve || !got.Weak {
			t.Errorf("%q, accepted: %+v", text, got)
		}
	}
	for _, want := range []string{"reject", "conditional", "unclear", "conditional or unclear"} {
		for _, text := range wordings[want] {
			in := asked(strings.ReplaceAll(strings.TrimSuffix(text, "?no"), "⏎", "\n"))
			in.AcceptWeak = true
			if got := Read(in); got.Verdict == Approve {
				t.Errorf("FALSE APPROVAL of %q, where a weak yes is accepted: %s", text, got.Why)
			}
		}
	}
}

func TestReasonsArePassedOnAsWritten(t *testing.T) {
	for text, want := range map[string]string{
		"Resping": "",
		"Resping. Mulțumesc.\n\nCu stimă,\nConstantin Popa":                               "",
		"Resping, lipsește temeiul legal.":                                                "lipsește temeiul legal.",
		"Resping cererea.\n\nMotiv: nu avem contract.\n\nCu stimă,\nConstantin Popa":      "Motiv: nu avem contract.",
		"Bună ziua,\n\nLipsește temeiul legal. Resping.":                                  "Lipsește temeiul legal. Resping.",
		"RESPING - există deja un site pentru urbanism":                                   "există deja un site pentru urbanism",
		"Nu aprob, datele nu pot ieși\ndin instituție.":                                   "datele nu pot ieși\ndin instituție.",
		"Nu. Deoarece nu avem protocol.":                                                  "Deoarece nu avem protocol.",
		"Din păcate nu aprob. Reveniți cu protocolul semnat, vă rog.\n\nMulțumesc,\nPopa": "Reveniți cu protocolul semnat",
	} {
		got := Read(asked(text))
		if got.Verdict != Reject || got.Reason != want {
			t.Errorf("%q: %s, reason %q, want %q", text, got.Verdict, got.Reason, want)
		}
	}
}

func TestTheTraceNamesPartLineAndRule(t *testing.T) {
	got := Read(asked("Bună ziua,\r\n\r\nAprob.\r\n\r\nCu stimă,\r\nConstantin Popa\r\n\r\nLa 23.11.2026 09:12, X a scris:\r\n> Scrieți APROB\r\n"))
	decided := false
	for _, s := range got.Trace {
		decided = decided || s.Part == "text/plain" && s.Line == 3 && s.Text == "Aprob." && strings.Contains(s.Rule, "[approve]")
	}
	if got.Verdict != Approve || got.Evidence != "Aprob." || !decided || len(got.Trace) < 3 {
		t.Errorf("%+v", got)
	}
}

func TestAnotherRequestsNumberIsNotThisOnes(t *testing.T) {
	quote := "\n\nLa 23.11.2026 09:12, X a scris:\n> Numărul cererii: SC-2026-0147 din 2026\n"
	for _, c := range []struct {
		number, text string
		want         Verdict
	}{
		{"SC-2026-0147", "Aprob cererea SC-2026-0147.", Approve},
		{"SC-2026-0148", "Aprob cererea SC-2026-0147.", Unclear},
		{"", "Aprob cererea SC-2026-0147.", Approve},
		{"", "Aprob cererea SC-2026-0148.", Unclear},
		{"", "Aprob cererea 2026.", Unclear},
		{"42/23.11.2026", "Aprob cererea 42/23.11.2026", Approve},
		{"42/23.11.2026", "Aprob cererea 42/24.11.2026", Unclear},
		{"42/23.11.2026", "Aprob cererea 421", Unclear},
		{"42/23.11.2026", "Resping cererea nr. 42", Reject},
		{"42/23.11.2026", "Resping cererea nr. 42/23.11.2026, lipsesc 3 avize", Reject},
		{"42/23.11.2026", "Resping cererea nr. 43/23.11.2026", Unclear},
		{"42/23.11.2026", "Nu aprob cererea 43", Unclear},
		{"42/23.11.2026", "Resping, 2 din 3 nu au avize", Reject},
	} {
		if got := Read(Input{Text: c.text + quote, RequestNumber: c.number}); got.Verdict != c.want {
			t.Errorf("%q for %q: %s (%s), want %s", c.text, c.number, got.Verdict, got.Why, c.want)
		}
	}
}

// hostile are bodies of about size bytes made to be slow or deep.
func hostile(size int) map[string]Input {
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	return map[string]Input{
		"one long line":               {Text: "Aprob " + fill("a")},
		"one long line of words":      {Text: fill("aprob ")},
		"many lines":                  {Text: fill("aprob\n")},
		"empty lines":                 {Text: fill("\n")},
		"many quote marks":            {Text: fill(">")},
		"many quoted lines":           {Text: fill("> a\n")},
		"quoted and not, by turns":    {Text: fill("> a\naprob\n")},
		"flowed lines":                {Text: fill("a \n"), Flowed: true},
		"header keys":                 {Text: fill("De la: a\n")},
		"header keys and blanks":      {Text: fill("De la: a\n\n")},
		"attributions that never end": {Text: fill("În lun., 23 nov. 2026 la 09:12, X <\n")},
		"dates":                       {Text: fill("23.11.2026 ")},
		"dashes":                      {Text: fill("-")},
		"spaces":                      {Text: fill(" ")},
		"combining marks":             {Text: fill("a\u0306")},
		"names":                       {Text: "Aprob\n" + fill("Ana Pop\n")},
		"signature lines":             {Text: "Aprob\n" + fill("Tel. 0238 123 456\n")},
		"notices":                     {Text: "Aprob\n\n" + fill("Acest mesaj este confidențial, destinatarul\n")},
		"notices in paragraphs":       {Text: "Aprob\n\n" + fill("Acest mesaj este confidențial, destinatarul\n\n")},
		"nested elements":             {HTML: fill("<b>")},
		"nested quotations":           {HTML: fill("<blockquote type=cite>")},
		"unclosed tables":             {HTML: fill("<table><tr><td>a")},
		"attributes":                  {HTML: "<p " + fill("a=1 ") + ">"},
		"paragraphs":                  {HTML: fill("<p>a</p>")},
		"entities":                    {HTML: fill("&nbsp;")},
		"formatting across blocks":    {HTML: fill("<a><b><i><p>")},
		"lines of a long quote":       {Text: "Aprob\n" + fill("> dar x y\n")},
		"a long quote below a header": {Text: "Aprob\n\nDe la: a\nTrimis: b\nSubiect: c\n\n" + fill("dar fără x y\n")},
		"addresses in a long quote":   {Text: "Aprob\n" + fill("> a@b.ro x\n"), Quoted: fill("c@d.ro y\n")},
		"our own words":               {Text: fill("> Nu am schimbat nimic\n")},
		"one long quoted line":        {Text: "Aprob\n> " + fill("dar „fără x ")},
		"pictures":                    {HTML: "Aprob" + fill("<img alt='dar nu'>")},
		"a long subject":              {Subject: fill("Re: [a] dar "), Text: "Aprob"},
		"a long name":                 {Sender: fill("dar nu "), Text: "Aprob"},
		"attached texts":              {Text: "Aprob", Attached: []string{fill("dar\n")}},
		"a long quote known":          {Text: fill("aprob x\n"), Quoted: fill("aprob y\n")},
	}
}

func TestHostileBodiesApproveNothing(t *testing.T) {
	for name, in := range hostile(64 << 10) {
		if got := Read(in); got.Verdict == Approve {
			t.Errorf("%s: %+v", name, got.Why)
		}
	}
	for name, in := range map[string]Input{"Text": {Text: "Aprob" + strings.Repeat(" ", maxBody)}, "HTML": {HTML: "Aprob" + strings.Repeat(" ", maxBody)}} {
		if got := Read(in); got.Verdict == Approve {
			t.Errorf("%s over the limit: %+v", name, got.Why)
		}
	}
}

// Twice the mail is twice the work, and not more. Steps and allocations are
// counted, not time.
func TestWorkIsLinearInTheMail(t *testing.T) {
	work := func(in Input) (steps int, allocations float64) {
		for _, part := range []string{"text/plain", "text/html"} {
			r, _ := readPart(in, part)
			steps += r.steps
		}
		return steps, testing.AllocsPerRun(1, func() { Read(in) })
	}
	const size = 16 << 10
	small, large := hostile(size), hostile(4*size)
	for name := range small {
		s1, a1 := work(small[name])
		s4, a4 := work(large[name])
		if s4 > 5*s1+100_000 || a4 > 5*a1+10_000 {
			t.Errorf("%s: %d steps and %.0f allocations; of four times the size %d and %.0f", name, s1, a1, s4, a4)
		}
	}
}

func TestTheRequesterMayBeKnownFromTheQuoteOnly(t *testing.T) {
	quote := "\n\nLa 23.11.2026 09:12, X a scris:\n>   Solicitant: Maria Ionescu, șef serviciu Urbanism\n>   Drept de citire: Andrei Dobre\n"
	for text, want := range map[string]Verdict{
		"Aprob cererea doamnei Ionescu.":       Approve,
		"Aprob cererea doamnei Maria Ionescu.": Approve,
		"Aprob cererea lui Andrei Dobre.":      Unclear,
		"Aprob concediul doamnei Ionescu.":     Unclear,
	} {
		if got := Read(Input{Text: text + quote}); got.Verdict != want {
			t.Errorf("%q: %s (%s), want %s", text, got.Verdict, got.Why, want)
		}
	}
}

func TestATitleWithAConditionInItIsATitleOnlyAsAWhole(t *testing.T) {
	for text, want := range map[string]Verdict{
		"Aprob crearea site-ului „Acces doar citire”.": Approve,
		"Aprob site-ul Acces doar citire":              Approve,
		"Aprob site-ul doar citire":                    Conditional,
		"Aprob site-ul acces citire":                   Conditional,
	} {
		in := Input{Text: text, Subjects: []string{"Acces doar citire"}}
		if got := Read(in); got.Verdict != want && (want == Approve || got.Verdict == Approve) {
			t.Errorf("%q: %s (%s), want %s", text, got.Verdict, got.Why, want)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for _, file := range []string{"010-approve-no-quote-aprobat.eml", "030-approve-outlook-desktop-aprob.eml", "045-reject-thunderbird-resping-cererea-motiv-nu-ave.eml"} {
		in := bodies(b, file)
		b.Run(file[:3], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Read(in)
			}
		})
	}
}
