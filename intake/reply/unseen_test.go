package reply

import "testing"

// TestWhatNobodySeesApprovesNothing: text that a mail program does not show.
func TestWhatNobodySeesApprovesNothing(t *testing.T) {
	for _, style := range []string{"color:#fff", "color: #FFFFFF;", "font-size:12pt;color:white", "color:rgb(255, 255, 255)", "color:white;background:white",
		"position:absolute;left:-9999px", "color:transparent", "display:none", "font-size:0", "opacity:0"} {
		if got := Read(Input{HTML: `<p style="` + style + `">Aprob</p>`}); got.Verdict != Unclear {
			t.Errorf("%s: %s (%s)", style, got.Verdict, got.Why)
		}
		if got := Read(Input{HTML: `<p>Aprob</p><p style="` + style + `">restul mâine</p>`}); got.Verdict == Approve {
			t.Errorf("%s below: %s", style, got.Why)
		}
	}
	if got := Read(Input{HTML: `<font color="#FFFFFF">Aprob</font>`}); got.Verdict != Unclear {
		t.Errorf("white by an attribute: %s", got.Verdict)
	}
	for _, style := range []string{".h{display:none}", "p.h , .x { font-size:0 }", "#i{visibility:hidden}"} {
		if got := Read(Input{HTML: `<html><head><style>` + style + `</style></head><body><p class="h" id="i">Aprob</p></body></html>`}); got.Verdict != Unclear {
			t.Errorf("style sheet %s: %s (%s)", style, got.Verdict, got.Why)
		}
	}
	// What is written on a dark ground is seen.
	for _, seen := range []string{`<body style="background-color:#1e1e1e"><p style="color:white">Aprob</p></body>`, `<table bgcolor="#000000"><tr><td><font color="white">Aprob</font></td></tr></table>`, `<p style="background-color:#fff;color:#000">Aprob</p>`} {
		if got := Read(Input{HTML: seen}); got.Verdict != Approve {
			t.Errorf("%s: %s (%s)", seen, got.Verdict, got.Why)
		}
	}
}

// The mail that was answered is not always known; what stands below it may be new.
func TestADecisionBelowAnUnmarkedQuoteIsSeen(t *testing.T) {
	const quote = "\n\nDe la: Cereri <cereri@primaria.test>\nTrimis: luni, 23 noiembrie 2026 09:12\nCătre: Constantin Popa\nSubiect: Aprobare necesară\n\nStimate domnule primar,\n\nPentru aprobare răspundeți: APROB.\n\nSistemul de cereri al Primăriei."
	if got := Read(Input{Text: "Aprob." + quote}); got.Verdict != Approve {
		t.Errorf("the quote alone: %s (%s)", got.Verdict, got.Why)
	}
	for _, below := range []string{"Dar fără drept de ștergere.", "Fără externi", "Până la 31 decembrie", "De fapt resping", "Nu aprob.", "Doar citire"} {
		if got := Read(Input{Text: "Aprob." + quote + "\n\n" + below}); got.Verdict == Approve {
			t.Errorf("%q below: %s", below, got.Why)
		}
	}
}

func TestTheSubjectMayNotSayNo(t *testing.T) {
	for subject, want := range map[string]Verdict{
		"Re: Aprobare necesară: site Avize urbanism [42]":          Approve,
		"Re: NU APROB - Aprobare necesară: site Avize urbanism":    Unclear,
		"RESPINS: Re: Aprobare necesară: site Avize urbanism [42]": Unclear,
	} {
		if got := Read(Input{Subject: subject, Text: "Aprob"}); got.Verdict != want {
			t.Errorf("%q: %s (%s), want %s", subject, got.Verdict, got.Why, want)
		}
	}
}

func TestTheSiteAndTheDepartmentMayBeKnownFromTheQuoteOnly(t *testing.T) {
	const quote = "\n\nLa 23.11.2026 09:12, X a scris:\n> Stimate domn,\n>\n>   Solicitant: Maria Ionescu, șef serviciu Urbanism\n>   Numele site-ului: Avize urbanism\n>   Drept de citire: Andrei Dobre\n>\n> Numărul cererii: 42\n"
	for text, want := range map[string]Verdict{
		"Aprob crearea site-ului Avize urbanism.": Approve,
		"Aprob solicitarea Serviciului Urbanism":  Approve,
		"Aprob crearea site-ului Achiziții.":      Unclear,
		"Aprob solicitarea Direcției Juridice":    Unclear,
		"Aprob\nAndrei Dobre":                     Unclear,
	} {
		if got := Read(Input{Text: text + quote}); got.Verdict != want {
			t.Errorf("%q: %s (%s), want %s", text, got.Verdict, got.Why, want)
		}
	}
}

func TestAlternativesMayDifferInTheirClosingFormula(t *testing.T) {
	in := Input{Text: "Aprob.\n\nCu stimă,\ndr. ec. Constantin Popa", HTML: `<p>Aprob.</p><div id="_rc_sig">Cu stimă,<br>dr. ec. Constantin Popa</div>`}
	if got := Read(in); got.Verdict != Approve {
		t.Errorf("%s (%s)", got.Verdict, got.Why)
	}
}
