package reply

import (
	"strings"
	"testing"
)

// asking is the mail of ours that the programs quote: with every word in it
// that a reader must not find.
const asking = `Stimate domnule primar,

Doamna Maria Ionescu, Direcția Tehnică, cere un site pentru Spitalul Județean.

  Andrei Dobre: citire, scriere, ștergere
  Elena Marin: doar citire

Răspundeți la acest mesaj cu un singur cuvânt:
APROB
sau
RESPING urmat de motiv.

Aprob dacă sunteți de acord, nu aprob dacă nu sunteți de acord.
Nr. de înregistrare 42/23.11.2026`

// marked is the quote with marks, as text.
func marked(s string) string { return "> " + strings.ReplaceAll(s, "\n", "\n> ") }

// br is the quote as HTML.
func br(s string) string { return strings.ReplaceAll(s, "\n", "<br>\n") }

// program is how a mail program puts an answer together. In it, % stands for
// what the person wrote, # for our mail marked with >, @ for it as it is, § for
// it in HTML, and © for @.
type program struct{ name, text, html string }

func (p program) mail(written string) Input {
	in := asked("")
	fill := func(s, written string) string {
		return strings.NewReplacer("%", written, "#", marked(asking), "@", asking, "§", br(asking)).Replace(s)
	}
	in.Text = fill(strings.ReplaceAll(p.text, "\r", ""), written)
	in.HTML = fill(p.html, strings.ReplaceAll(written, "\n", "<br>"))
	return in
}

var programs = []program{
	{"Gmail web, Romanian", "%\n\nÎn lun., 23 nov. 2026 la 09:12, Registratura <\ncereri©primaria.test> a scris:\n\n#\n",
		`<div dir="ltr">%</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">În lun., 23 nov. 2026 la 09:12, Registratura &lt;<a href="mailto:cereri©primaria.test">cereri©primaria.test</a>&gt; a scris:<br></div><blockquote class="gmail_quote" style="margin:0px">§</blockquote></div>`},
	{"Gmail web, English", "%\n\nOn Mon, Nov 23, 2026 at 9:12 AM Registratura <cereri©primaria.test> wrote:\n\n#\n",
		`<div dir="ltr">%</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Nov 23, 2026 at 9:12 AM Registratura &lt;cereri©primaria.test&gt; wrote:<br></div><blockquote class="gmail_quote">§</blockquote></div>`},
	{"Gmail web, no-break spaces", "%\n\nOn Mon, Nov 23, 2026 at 9:12\u202fAM Registratura\u00a0<cereri©primaria.test>\u00a0wrote:\n\n#\n", ""},
	{"Gmail Android, Romanian", "%\n\nlun., 23 nov. 2026, 09:12 Registratura <cereri©primaria.test> a scris:\n\n#\n",
		`<div dir="auto">%</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">lun., 23 nov. 2026, 09:12 Registratura &lt;cereri©primaria.test&gt; a scris:<br></div><blockquote class="gmail_quote">§</blockquote></div>`},
	{"Gmail, quote not marked", "%\n\nÎn lun., 23 nov. 2026 la 09:12, Registratura <cereri©primaria.test> a\nscris:\n\n@\n", ""},
	{"Gmail, glued", "% În lun., 23 nov. 2026 la 09:12, Registratura\n<cereri©primaria.test> a scris:\n\n#\n", ""},
	{"Gmail, glued, in HTML", "", `%<br>În lun., 23 nov. 2026 la 09:12, Registratura &lt;cereri©primaria.test&gt; a scris:<blockquote class="gmail_quote">§</blockquote>`},
	{"Gmail, without diacritics", "%\n\nIn data de lun., 23 nov. 2026 la 09:12, Registratura <cereri©primaria.test> a scris:\n\n#\n", ""},
	{"Apple Mail, Romanian", "%\n\n> Pe 23 nov. 2026, la 09:12, Registratura <cereri©primaria.test> a scris:\n> \n#\n",
		`<html><body style="overflow-wrap: break-word;">%<div><br><blockquote type="cite"><div>Pe 23 nov. 2026, la 09:12, Registratura &lt;cereri©primaria.test&gt; a scris:</div><br class="Apple-interchange-newline"><div>§</div></blockquote></div><br></body></html>`},
	{"Apple Mail, English", "%\n\nOn 23 Nov 2026, at 09:12, Registratura <cereri©primaria.test> wrote:\n\n#\n", ""},
	{"iPhone, Romanian", "%\n\nTrimis de pe iPhone-ul meu\n\nPe 23 nov. 2026, la 09:12, Registratura <cereri©primaria.test> a scris:\n\n#\n",
		`<html><body dir="auto"><div dir="ltr">%</div><br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Trimis de pe iPhone-ul meu</div><div dir="ltr"><br><blockquote type="cite">Pe 23 nov. 2026, la 09:12, Registratura &lt;cereri©primaria.test&gt; a scris:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">§</div></blockquote></body></html>`},
	{"iPhone, English", "%\n\nSent from my iPhone\n\n> On 23 Nov 2026, at 09:12, Registratura <cereri©primaria.test> wrote:\n> \n#\n", ""},
	{"Thunderbird, Romanian", "%\n\n-- \nConstantin Popa\n\nLa 23.11.2026 09:12, Registratura a scris:\n#\n",
		`<html><head></head><body><p>%</p><div class="moz-signature">-- <br>Constantin Popa</div><div class="moz-cite-prefix">La 23.11.2026 09:12, Registratura a scris:<br></div><blockquote type="cite" cite="mid:x©y"><pre class="moz-quote-pre" wrap="">§</pre></blockquote></body></html>`},
	{"Thunderbird, English", "%\n\nOn 11/23/26 09:12, Registratura wrote:\n#\n", ""},
	{"Thunderbird, answer below", "La 23.11.2026 09:12, Registratura a scris:\n#\n\n%\n", `<html><body><div class="moz-cite-prefix">La 23.11.2026 09:12, Registratura a scris:<br></div><blockquote type="cite" cite="mid:x©y">§</blockquote><p>%</p></body></html>`},
	{"Thunderbird, answer and signature below", "La 23.11.2026 09:12, Registratura a scris:\n#\n\n%\n\n-- \nConstantin Popa\nPrimar\n", ""},
	{"Evolution", "%\n\nÎn data de Lu, 23-11-2026 la 09:12 +0200, Registratura a\nscris:\n#\n", ""},
	{"Evolution, English", "%\n\nOn Mon, 2026-11-23 at 09:12 +0200, Registratura wrote:\n#\n", ""},
	{"Evolution, HTML", "", `<html><body><div>%</div><div><br></div><div>În data de Lu, 23-11-2026 la 09:12 +0200, Registratura a scris:</div><blockquote type="cite" style="margin:0 0 0 .8ex">§</blockquote></body></html>`},
	{"mutt", "%\n\nOn Mon, Nov 23, 2026 at 09:12:45AM +0200, Registratura wrote:\n#\n", ""},
	{"Outlook desktop, Romanian", "%\n\nConstantin Popa\nPrimar\n\nDe la: Registratura <cereri©primaria.test> \nTrimis: luni, 23 noiembrie 2026 09:12\nCătre: Constantin Popa <primar©primaria.test>\nSubiect: Aprobare necesară nr. 42/23.11.2026\n\n@\n",
		`<html><body lang="RO"><div class="WordSection1"><p class="MsoNormal">%<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class="MsoNormal"><b>De la:</b> Registratura &lt;cereri©primaria.test&gt; <br><b>Trimis:</b> luni, 23 noiembrie 2026 09:12<br><b>Către:</b> Constantin Popa<br><b>Subiect:</b> Aprobare necesară<o:p></o:p></p></div></div><p class="MsoNormal">§</p></div></body></html>`},
	{"Outlook desktop, English", "%\n\nFrom: Registratura <cereri©primaria.test>\nSent: Monday, November 23, 2026 9:12 AM\nTo: Constantin Popa <primar©primaria.test>\nSubject: Aprobare\n\n@\n", ""},
	{"Outlook desktop, importance and copies", "%\n\nFrom: Registratura <cereri©primaria.test>\nSent: Monday, November 23, 2026 9:12 AM\nTo: Constantin Popa <primar©primaria.test>\nCc: IT <it©primaria.test>;\n Secretariat <s©primaria.test>\nImportance: High\nSubject: Aprobare\n\n@\n", ""},
	{"Outlook, original message", "%\n\n-----Mesaj original-----\nDe la: Registratura <cereri©primaria.test> \nTrimis: luni, 23 noiembrie 2026 09:12\nCătre: Constantin Popa\nSubiect: Aprobare\n\n@\n", ""},
	{"Outlook, original message, cedillas", "%\n\n-----Mesaj original-----\nDe la: Registratura\nTrimis: luni, 23 noiembrie 2026 09:12\nCãtre: Constantin Popa\nSubiect: Aprobare\n\n@\n", ""},
	{"Outlook, original message, marked", "%\n\n-----Original Message-----\nFrom: Registratura\nSent: Monday\nTo: Popa\nSubject: Aprobare\n\n#\n", ""},
	{"Outlook web", "%\n________________________________\nDe la: Registratura <cereri©primaria.test>\nTrimis: luni, 23 noiembrie 2026 09:12\nCătre: Constantin Popa <primar©primaria.test>\nSubiect: Aprobare\n\n@\n",
		`<html><head><style type="text/css" style="display:none;"> P {margin-top:0;} </style></head><body dir="ltr"><div class="elementToProof">%</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif"><b>De la:</b> Registratura<br><b>Trimis:</b> luni, 23 noiembrie 2026 09:12<br><b>Către:</b> Constantin Popa<br><b>Subiect:</b> Aprobare</font><div>&nbsp;</div></div><div class="BodyFragment">§</div></body></html>`},
	{"Outlook web, English, with a signature", "", `<html><body dir="ltr"><div class="elementToProof">%</div><div id="Signature"><p>Constantin Popa</p><p>Primăria – orașul în mișcare</p></div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Registratura<br><b>Sent:</b> Monday<br><b>To:</b> Popa<br><b>Subject:</b> Aprobare<br></div><div>§</div></body></html>`},
	{"Outlook mobile", "%\n\nObțineți Outlook pentru Android<https://aka.ms/AAb9ysg>\n________________________________\nFrom: Registratura <cereri©primaria.test>\nSent: Monday, November 23, 2026 9:12:45 AM\nTo: Popa <primar©primaria.test>\nSubject: Aprobare\n\n@\n",
		`<html><body><div dir="auto">%</div><div id="ms-outlook-mobile-signature" dir="auto"><div></div>Obțineți <a href="https://aka.ms/AAb9ysg">Outlook pentru Android</a></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><font><b>From:</b> Registratura<br><b>Sent:</b> Monday<br><b>To:</b> Popa<br><b>Subject:</b> Aprobare</font><div> </div></div>§</body></html>`},
	{"Outlook, header glued in one line", "%\n\nDe la: Registratura Trimis: luni, 23 noiembrie 2026 09:12 Către: Popa Subiect: Aprobare\n\n@\n", ""},
	{"Outlook, header glued to the text", "% De la: Registratura Trimis: luni, 23 noiembrie 2026 09:12 Către: Popa Subiect: Aprobare\n@\n", ""},
	{"Outlook, header in bold marks", "%\n\n*De la:* Registratura <cereri©primaria.test>\n*Trimis:* luni, 23 noiembrie 2026 09:12\n*Către:* Popa\n*Subiect:* Aprobare\n\n@\n", ""},
	{"Windows Mail", "%\n\nTrimis din Mail pentru Windows\n\nDe la: Registratura\nTrimis: luni, 23 noiembrie 2026 09:12\nCătre: Popa\nSubiect: Aprobare\n\n@\n", ""},
	{"Yahoo, Romanian", "%\n\n    În luni, 23 noiembrie 2026 la 09:12:45 EET, Registratura <cereri©primaria.test> a scris:  \n \n @\n",
		`<html><body><div class="ydp1yahoo-style-wrap"><div dir="ltr">%</div></div><div id="yahoo_quoted_123" class="yahoo_quoted"><div style="font-family:Helvetica"><div>În luni, 23 noiembrie 2026 la 09:12:45 EET, Registratura &lt;cereri©primaria.test&gt; a scris:</div><div><br></div><div>§</div></div></div></body></html>`},
	{"Yahoo, English", "%\n\n    On Monday, November 23, 2026 at 09:12:45 AM GMT+2, Registratura <cereri©primaria.test> wrote:  \n \n @\n", ""},
	{"Yahoo mobile", "%\n\nTrimis din Yahoo Mail pe Android \n \n  În lun., nov. 23, 2026 la 9:12, Registratura<cereri©primaria.test> a scris:   @\n", ""},
	{"Zimbra", "%\n\n----- Mesaj original -----\nDe la: \"Registratura\" <cereri©primaria.test>\nCătre: \"Popa\" <primar©primaria.test>\nTrimis: Luni, 23 Noiembrie 2026 09:12:45\nSubiect: Aprobare\n\n@\n",
		`<html><body><div style="font-family: arial"><div>%</div><div><br></div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><blockquote style="border-left:2px solid #1010FF"><b>De la: </b>"Registratura"<br><b>Către: </b>"Popa"<br><b>Trimis: </b>Luni<br><b>Subiect: </b>Aprobare<br></blockquote></div><div data-marker="__QUOTED_TEXT__"><blockquote style="border-left:2px solid #1010FF">§</blockquote></div></div></body></html>`},
	{"Roundcube, Romanian", "%\n\nLa 2026-11-23 09:12, Registratura a scris:\n#\n", `<html><body><p>%</p><p id="reply-intro">La 2026-11-23 09:12, Registratura a scris:</p><blockquote type="cite" style="padding: 0 0.4em">§</blockquote></body></html>`},
	{"Roundcube, English", "%\n\nOn 2026-11-23 09:12, Registratura wrote:\n\n#\n", ""},
	{"Roundcube, plain blockquote", "", `<p>%</p><p id="reply-intro">On 2026-11-23 09:12, Registratura wrote:</p><blockquote>§</blockquote>`},
	{"SOGo", "%\n\nLuni, Noiembrie 23, 2026 09:12 EET, \"Registratura\" <cereri©primaria.test> a scris:\n \n#\n", `<html><body>%<br><br>On Monday, November 23, 2026 09:12 EET, Registratura &lt;cereri©primaria.test&gt; wrote:<br><br><blockquote type="cite" cite="x">§</blockquote></body></html>`},
	{"Zoho", "%\n\n\n---- On Mon, 23 Nov 2026 09:12:45 +0200 Registratura <cereri©primaria.test> wrote ----\n\n@\n", `<div>%</div><div class="zmail_extra"><div>---- On Mon, 23 Nov 2026 09:12:45 +0200 <b>Registratura</b> wrote ----</div><blockquote style="border-left: 1px solid #cccccc">§</blockquote></div>`},
	{"Zoho, Romanian", "%\n\n---- Lun, 23 nov. 2026 09:12:45 +0200, Registratura a scris ----\n\n@\n", ""},
	{"Samsung, Romanian", "%\n\nTrimis de pe telefonul meu Galaxy\n\n\n-------- Mesaj original --------\nDe la: Registratura <cereri©primaria.test>\nData: 23.11.2026 09:12 (GMT+02:00)\nCătre: Popa <primar©primaria.test>\nSubiect: Aprobare\n\n@\n",
		`<html><body><div dir="auto">%</div><div dir="auto"><br></div><div id="composer_signature" dir="auto">Trimis de pe telefonul meu Galaxy</div><div dir="auto"><br></div><div align="left" dir="auto"><div>-------- Mesaj original --------</div><div>De la: Registratura &lt;cereri©primaria.test&gt; </div><div>Data: 23.11.2026  09:12  (GMT+02:00) </div><div>Către: Popa </div><div>Subiect: Aprobare </div></div><div>§</div></body></html>`},
	{"Samsung, English", "%\n\nSent from my Galaxy\n\n-------- Original message --------\nFrom: Registratura <cereri©primaria.test>\nDate: 23/11/2026 09:12 (GMT+02:00)\nTo: Popa\nSubject: Aprobare\n\n@\n", ""},
	{"K-9 and FairEmail", "%\n\nPe 23 noiembrie 2026 09:12:45 EET, Registratura <cereri©primaria.test> a scris:\n#\n", `<div>%</div><div class="gmail_quote">Pe 23 noiembrie 2026 09:12:45 EET, Registratura &lt;cereri©primaria.test&gt; a scris:<blockquote class="gmail_quote">§</blockquote></div>`},
	{"Proton", "%\n\nTrimis cu e-mailul securizat Proton Mail.\n\nÎn luni, 23 noiembrie 2026 la 09:12, Registratura <cereri©primaria.test> a scris:\n\n#\n", ""},
	{"Horde and old webmail", "%\n\nCitez din Registratura <cereri©primaria.test>:\n\n#\n", ""},
	{"no attribution, marked", "%\n\n#\n", ""},
	{"Lotus Notes", "%\n\n-----Registratura <cereri©primaria.test> wrote: -----\nTo: Popa\nFrom: Registratura\nDate: 23.11.2026 09:12\nSubject: Aprobare\n\n@\n", ""},
	{"no quote", "%\n", "<p>%</p>"},
	{"forwarded to the desk", "%\n\n---------- Forwarded message ---------\nDe la: Registratura <cereri©primaria.test>\nDate: lun., 23 nov. 2026 la 09:12\nSubject: Aprobare\nTo: Popa <primar©primaria.test>\n\n\n@\n", ""},
	{"forwarded by Apple Mail", "%\n\nÎncepe mesajul redirecționat:\n\nDe la: Registratura <cereri©primaria.test>\nSubiect: Aprobare\nData: 23 noiembrie 2026, 09:12:45 EET\nCătre: Popa\n\n@\n", ""},
}

// answers are what is written, and what it must be taken for in every program.
var answers = []struct {
	written string
	want    Verdict
}{
	{"Aprob", Approve},
	{"Bună ziua,\n\nSunt de acord.\n\nCu stimă,\nConstantin Popa", Approve},
	{"Nu aprob", Reject},
	{"Resping. Lipsește temeiul legal.", Reject},
	{"Aprob, dar fără drept de ștergere pentru Andrei Dobre", Conditional},
	{"Aprob până pe 31 martie 2027", Conditional},
	{"Discutăm mâine.", Unclear},
	{"", Unclear},
	{"Aprob?", Unclear},
}

func TestAnswersAreFoundInWhatEveryProgramMakesOfThem(t *testing.T) {
	for _, p := range programs {
		for _, a := range answers {
			// Every program's text and HTML alone, and as alternatives.
			variants := []Input{}
			both := p.mail(a.written)
			both.Text, both.HTML = strings.ReplaceAll(both.Text, "©", "@"), strings.ReplaceAll(both.HTML, "©", "@")
			text, html := both, both
			text.HTML, html.Text = "", ""
			if both.Text != "" {
				variants = append(variants, text)
			}
			if both.HTML != "" {
				variants = append(variants, html)
			}
			if len(variants) == 2 {
				variants = append(variants, both)
			}
			for i, in := range variants {
				for _, known := range []bool{false, true} {
					if known {
						in.Quoted = asking
					}
					got := Read(in)
					if got.Verdict == Approve && a.want != Approve {
						t.Errorf("FALSE APPROVAL in %s, variant %d, of %q: %s", p.name, i, a.written, got.Why)
						continue
					}
					if got.Verdict != a.want {
						t.Errorf("%s, variant %d, quote known %v: %q is %s (%s), want %s; evidence %q", p.name, i, known, a.written, got.Verdict, got.Why, a.want, got.Evidence)
					}
				}
			}
		}
	}
}

func TestTextWrittenIntoTheQuoteIsNeverAnApproval(t *testing.T) {
	into := func(s, line string) string {
		return strings.Replace(s, "doar citire\n", "doar citire\n"+line+"\n", 1)
	}
	for name, in := range map[string]Input{
		"between marked lines":                 {Text: "La 23.11.2026 09:12, X a scris:\n" + into(marked(asking), "fără ștergere pentru Dobre")},
		"between marked lines, decision above": {Text: "Aprob\n\nLa 23.11.2026 09:12, X a scris:\n" + into(marked(asking), "fără ștergere pentru Dobre")},
		"between marked lines, a yes":          {Text: "La 23.11.2026 09:12, X a scris:\n" + into(marked(asking), "\nAprob\n")},
		"in an unmarked quote":                 {Text: "Aprob\n\nDe la: X\nTrimis: luni\nCătre: Y\nSubiect: Z\n\n" + into(asking, "dar fără ștergere"), Quoted: asking},
		"in a marked quote":                    {Text: "Aprob\n\nLa 23.11.2026 09:12, X a scris:\n" + into(marked(asking), "> dar fără ștergere"), Quoted: asking},
		"below an unmarked quote":              {Text: "Aprob\n\nDe la: X\nTrimis: luni\nCătre: Y\nSubiect: Z\n\n" + asking + "\n\nfără Dobre", Quoted: asking},
		"below a marked quote":                 {Text: "Aprob\n\nLa 23.11.2026 09:12, X a scris:\n" + marked(asking) + "\n\nfără Dobre"},
		"after an arrow":                       {Text: "Aprob\n> doar citire"},
		"after an arrow, answered":             {Text: "Aprob\n> doar citire", Quoted: "Aprobați?"},
		"in HTML, in a quotation":              {HTML: `<div>Aprob</div><blockquote type="cite">` + br(into(asking, "dar fără ștergere")) + `</blockquote>`, Quoted: asking},
		"in HTML, between quotations":          {HTML: `<blockquote type="cite">Drepturi</blockquote><div>Aprob</div><blockquote type="cite">Mulțumim</blockquote>`},
		"in HTML, in a quotation of nothing":   {HTML: `<div>Aprob</div><blockquote>dar fără ștergere</blockquote>`},
	} {
		if got := Read(in); got.Verdict == Approve {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAQuoteThatIsNotFoundIsNotTakenForAnAnswer(t *testing.T) {
	for _, text := range []string{asking, "Aprob\n\n" + asking, "Resping\n\n" + asking, "Registratura scria:\n" + asking + "\nAprob"} {
		in := asked(text)
		in.Quoted = asking
		if got := Read(in); got.Verdict != Unclear {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestALineThatAProgramWrappedIsStillQuoted(t *testing.T) {
	text := "Aprob\n\nLa 23.11.2026 09:12, X a scris:\n" + strings.Replace(marked(asking), "cere un site pentru", "cere un\nsite pentru", 1)
	in := asked(text)
	in.Quoted = asking
	if got := Read(in); got.Verdict != Approve {
		t.Errorf("%s: %+v", text, got)
	}
}

func TestADateBeforeAGluedAttributionIsTheWriters(t *testing.T) {
	for _, text := range []string{
		"Aprob pe 31 martie 2027 În lun., 23 nov. 2026 la 09:12, Registratura <c@p.test> a scris:\n" + marked(asking),
		"Aprob pe 31 martie 2027 Registratura <c@p.test> a scris:\n" + marked(asking),
		"Aprob la 31.03.2027 La 23.11.2026 09:12, Registratura a scris:\n" + marked(asking),
		"Aprob de la: 31 martie De la: Registratura Trimis: luni Subiect: Aprobare\n" + asking,
	} {
		if got := Read(asked(text)); got.Verdict == Approve {
			t.Errorf("FALSE APPROVAL of %q: %+v", text, got)
		}
	}
}

func TestASentenceOfOurMailIsNotTakenForTheWriters(t *testing.T) {
	in := asked("Sunt de acord cu crearea site-ului.")
	if got := Read(in); got.Verdict != Approve {
		t.Fatalf("%+v", got)
	}
	in.Quoted = "Dacă așa doriți, scrieți:\nSunt de acord cu crearea site-ului."
	if got := Read(in); got.Verdict != Unclear {
		t.Errorf("%+v", got)
	}
}
