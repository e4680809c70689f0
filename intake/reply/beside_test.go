package reply

import (
	"strings"
	"testing"
)

const ours = "[nr. 42/23.11.2026] Spre aprobare: site comun cu Școala Gimnazială nr. 11"

func TestWhatASubjectAddsEndsAnApproval(t *testing.T) {
	for subject, want := range map[string]Verdict{
		"":                          Approve,
		ours:                        Approve,
		"Re: " + ours:               Approve,
		"RE: " + ours:               Approve,
		"Răspuns: " + ours:          Approve,
		"RE: AW: Fwd: " + ours:      Approve,
		"Re[2]: " + ours:            Approve,
		"Vá: " + ours:               Approve,
		"Re: [EXTERN] " + ours:      Approve,
		"[EXT] Re: " + ours:         Approve,
		"Re: ***SPAM*** " + ours:    Approve,
		"[Ticket#20261123] " + ours: Approve,
		"Re: [nr. 42/23.11.2026] Spre aprobare: site comun cu":                                        Approve, // cut short
		"Re: [nr. 42/23.11.2026] Spre aprobare, cu schimbări: site comun cu Școala Gimnazială nr. 11": Approve,
		"Re: [nr. 42/23.11.2026] Repetați răspunsul: site comun cu Școala Gimnazială nr. 11":          Approve,
		"Re: " + ours + " - APROB":                     Approve,
		"Aprob":                                        Approve,
		"Răspuns cerere nr. 42":                        Approve,
		"(fără subiect)":                               Approve,
		"Re: (no subject)":                             Approve,
		"Re: " + ours + " - doar citire!":              Unclear,
		"RE: " + ours + " NU APROB":                    Unclear,
		"Re: " + ours + " (dar fără externi)":          Unclear,
		"Re: " + ours + "; valabil 3 luni":             Unclear,
		"Re: " + ours + " Fără Dan Șerban":             Unclear,
		"Re: " + ours + " până la 31 martie":           Unclear,
		"NU APROB":                                     Unclear,
		"Re: Resping":                                  Unclear,
		"de la 1 ianuarie":                             Unclear,
		"Mai întâi vorbiți cu juridicul":               Unclear,
		"Aprob, dar fără ștergere":                     Unclear,
		"[doar citire] Re: " + ours:                    Unclear,
		"Re: Cerere nr. 42/23.11.2026 – doar citire!":  Unclear,
		strings.Repeat("Re: ", maxField) + ours:        Unclear,
		"Retrag aprobarea":                             Unclear,
		"Re: " + ours + "? Cine mai are acces? Vorbim": Unclear,
	} {
		for _, asked := range []string{"", ours} {
			in := asked2(subject, asked)
			if got := Read(in); got.Verdict != want {
				t.Errorf("%q, the question's subject known %v: %s (%s), want %s", subject, asked != "", got.Verdict, got.Why, want)
			}
		}
	}
	if got := Read(asked2("Re: Aprobare necesară: site Avize urbanism [SC-2026-0147]", "")); got.Verdict != Approve {
		t.Errorf("another desk's subject: %s (%s)", got.Verdict, got.Why)
	}
	// What only the desk knows to be new.
	for subject, want := range map[string]Verdict{
		"Re: " + ours + " pentru școli": Unclear,
		"Re: Organigrama":               Unclear,
	} {
		if got := Read(asked2(subject, ours)); got.Verdict != want {
			t.Errorf("%q: %s (%s), want %s", subject, got.Verdict, got.Why, want)
		}
	}
	// A title may have such words, if our letter has them.
	in := asked2("Re: [nr. 42/23.11.2026] Spre aprobare: site comun cu Asociația Fără Bariere", "")
	in.Text += "\n\nDe la: Registratura\nTrimis: luni\nCătre: Popa\nSubiect: Spre aprobare\n\nInstituția parteneră: Asociația Fără Bariere\n"
	if got := Read(in); got.Verdict == Approve {
		t.Errorf("a header that names another subject: %s", got.Why)
	}
	in = asked2("Re: [nr. 42/23.11.2026] Spre aprobare: site comun cu Asociația Dar și Har", "[nr. 42/23.11.2026] Spre aprobare: site comun cu Asociația Dar și Har")
	if got := Read(in); got.Verdict != Approve {
		t.Errorf("our own subject with such words: %s (%s)", got.Verdict, got.Why)
	}
}

func asked2(subject, question string) Input {
	in := asked("Aprob")
	in.Subject, in.Asked = subject, question
	return in
}

func TestADecisionInTheSubjectOfAnEmptyMail(t *testing.T) {
	const quote = "\n\nÎn lun., 23 nov. 2026 la 10:15, Registratura <x@primaria.test> a scris:\n> Vă rugăm să aprobați sau să respingeți cererea.\n"
	for _, c := range []struct {
		in   Input
		want Verdict
	}{
		{Input{Subject: "Aprob"}, Approve},
		{Input{Subject: "APROB", Text: quote}, Approve},
		{Input{Subject: "Aprob cererea", Text: "Mulțumesc\n\nConstantin Popa\nPrimar" + quote}, Approve},
		{Input{Subject: "Nu aprob"}, Reject},
		{Input{Subject: "Resping", HTML: "<p>Constantin Popa</p>"}, Reject},
		{Input{Subject: "Aprob, dar fără ștergere", Text: quote}, Conditional},
		{Input{Subject: "Aprob?", Text: quote}, Unclear},
		{Input{Subject: "Re: Aprob", Text: quote}, Unclear}, // somebody else's subject, perhaps
		{Input{Subject: "Re: " + ours, Text: quote}, Unclear},
		{Input{Subject: "Spre aprobare: aprob", Text: quote}, Unclear},
		{Input{Subject: "Aprob", Unread: true}, Unclear}, // the answer may be in what is attached, or encrypted
		{Input{Subject: "Aprob", Text: "Nu aprob"}, Reject},
		{Input{Subject: "Aprob", Text: "Discutăm mâine"}, Unclear},
		{Input{Subject: "Aprob", Text: quote + "dar fără externi"}, Conditional},
	} {
		got := Read(c.in)
		if got.Verdict != c.want {
			t.Errorf("%+v: %s (%s), want %s", c.in, got.Verdict, got.Why, c.want)
		}
		if got.Verdict == Approve && !strings.Contains(got.Evidence, c.in.Subject) {
			t.Errorf("%q: evidence %q", c.in.Subject, got.Evidence)
		}
	}
}

func TestWhatStandsBesideTheTextEndsAnApproval(t *testing.T) {
	for _, c := range []struct {
		name string
		in   Input
		want Verdict
	}{
		{"a logo", Input{HTML: `Aprob<img src="cid:logo" alt="Primăria Municipiului Buzău">`}, Approve},
		{"a logo that a program describes", Input{HTML: `Aprob<img alt="A logo with text on it&#10;&#10;Description automatically generated">`}, Approve},
		{"a picture of words", Input{HTML: `Aprob<img alt="dar fără drept de ștergere">`}, Unclear},
		{"a picture of a refusal", Input{HTML: `Aprob<img alt="NU APROB">`}, Unclear},
		{"words that show when pointed at", Input{HTML: `Aprob <span title="doar citire">*</span>`}, Unclear},
		{"words for who cannot see", Input{HTML: `Aprob <div aria-label="până la 1 martie"></div>`}, Unclear},
		{"a picture in the quote", Input{HTML: `Aprob<blockquote type="cite"><img alt="Nu uitați ziua recoltei"></blockquote>`}, Approve},
		{"an attached text", Input{Text: "Aprob", Attached: []string{"Fără Dan Șerban."}}, Unclear},
		{"an attached footer", Input{Text: "Aprob", Attached: []string{"Virus-free. www.avg.com\n"}}, Approve},
		{"a name", Input{Text: "Aprob", Sender: "Constantin Popa"}, Approve},
		{"a name that says something", Input{Text: "Aprob", Sender: "Constantin Popa (doar citire)", Names: []string{"Constantin Popa (doar citire)"}}, Unclear},
	} {
		if got := Read(c.in); got.Verdict != c.want {
			t.Errorf("%s: %s (%s), want %s", c.name, got.Verdict, got.Why, c.want)
		}
	}
}

func TestAFooterThatAServerAddedIsNoSecondText(t *testing.T) {
	const footer = "Acest e-mail a fost verificat de software-ul antivirus Avast.\nwww.avast.com\n"
	if got := Read(Input{HTML: "<p>Aprob</p>", Text: footer}); got.Verdict != Approve {
		t.Errorf("%s (%s)", got.Verdict, got.Why)
	}
	if got := Read(Input{HTML: "<p>Aprob</p>", Text: footer + "\n\nNu aprob"}); got.Verdict == Approve {
		t.Errorf("with a refusal above: %s", got.Why)
	}
}
