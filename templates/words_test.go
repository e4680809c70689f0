package templates

import (
	"strings"
	"testing"

	"registratura/forms"
	"registratura/intake"
)

func TestDatesAreInRomanian(t *testing.T) {
	for d, want := range map[forms.Date]string{
		{Year: 2026, Month: 12, Day: 15}: "marți, 15 decembrie 2026",
		{Year: 2027, Month: 1, Day: 2}:   "sâmbătă, 2 ianuarie 2027",
		{Year: 2028, Month: 2, Day: 29}:  "marți, 29 februarie 2028",
		{}:                               "",
	} {
		if got := DateInWords(d); got != want {
			t.Errorf("%v is %q, not %q", d, got, want)
		}
	}
}

func TestRightsAreInWords(t *testing.T) {
	const r, w, d = forms.RightRead, forms.RightWrite, forms.RightDelete
	for rights, want := range map[forms.Rights]string{
		0: "niciun drept", r: "doar citire", w: "doar scriere", r | w: "citire și scriere",
		r | d: "citire și ștergere", r | w | d: "citire, scriere și ștergere",
	} {
		if got := RightsInWords(rights); got != want {
			t.Errorf("%v is %q, not %q", rights, got, want)
		}
	}
}

func TestNumbersTakeTheirNouns(t *testing.T) {
	for n, want := range map[int]string{0: "0 persoane", 1: "un persoană", 2: "2 persoane", 19: "19 persoane", 20: "20 de persoane", 23: "23 de persoane",
		100: "100 de persoane", 101: "101 persoane", 119: "119 persoane", 120: "120 de persoane"} {
		if got := count(n, "persoană", "persoane"); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestSizesAreInWords(t *testing.T) {
	for n, want := range map[int64]string{0: "0 octeți", 1: "un octet", 300: "300 de octeți", 1024: "1 KB", 340 << 10: "340 KB", 20 << 20: "20 MB",
		27_400_000: "26,1 MB", 1_481_900_000: "1,4 GB", 5 << 30: "5 GB"} {
		if got := SizeInWords(n); got != want {
			t.Errorf("%d is %q, not %q", n, got, want)
		}
	}
}

func TestLinesTypedBecomeOne(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "a": "a", "a\nb": "a; b", "a;\r\nb,\r\nc.\nd": "a; b, c. d", "\n\n a \n\n\n b \n": "a; b", "a\u2028b": "a; b", "ă:\nș": "ă: ș",
	} {
		if got := lines(s); got != want {
			t.Errorf("%q becomes %q, not %q", s, got, want)
		}
	}
}

func TestLongTextIsCutAtAWord(t *testing.T) {
	for s, want := range map[string]string{
		"scurt":                     "scurt",
		"zece lit. x":               "zece lit. x",
		"cuvinte care trec":         "cuvinte…",
		"șțăîâșțăîâșțăîâ":           "șțăîâșțăîâ…",
		"doi  \n  doi":              "doi doi",
		"unu doi, trei patru cinci": "unu doi…",
	} {
		if got := short(11, s); got != want {
			t.Errorf("%q becomes %q, not %q", s, got, want)
		}
	}
}

func TestFieldsAreNamedAsOnTheForm(t *testing.T) {
	for field, want := range map[string]string{
		"activation_date":          "Data activării",
		"partner_users":            "Utilizatori din instituția parteneră",
		"partner_users[0].email":   "Utilizatori din instituția parteneră, nr. 1, adresa de e-mail",
		"internal_users[11]":       "Utilizatori interni, nr. 12",
		"internal_users[2].rights": "Utilizatori interni, nr. 3, drepturile",
		"":                         "",
		"altceva":                  "",
		"partner_users[x].email":   "Utilizatori din instituția parteneră, adresa de e-mail",
	} {
		if got := FieldInWords(field); got != want {
			t.Errorf("%q is %q, not %q", field, got, want)
		}
	}
}

func TestEveryCodeHasWords(t *testing.T) {
	for _, s := range intake.Statuses {
		if StatusInWords(s) == string(s) {
			t.Errorf("status %q has no words", s)
		}
	}
	for _, l := range intake.Letters {
		if strings.Contains(letterInWords(l.Name()), l.Name()) {
			t.Errorf("letter %q has no words", l.Name())
		}
	}
	for _, why := range []intake.AsideWhy{intake.AsideFailed, intake.AsideNoSender, intake.AsideStranger, intake.AsideNoApprover, intake.AsideReply, intake.AsideTooLarge,
		intake.AsideNoAccount, intake.AsideNoLinks} {
		if aside(why) == string(why) {
			t.Errorf("%q has no words", why)
		}
	}
	for _, why := range intake.SuspectWhys {
		if suspicion(why) == string(why) {
			t.Errorf("%q has no words", why)
		}
	}
	for _, why := range intake.CorrectionFaults {
		if correction(why, "") == string(why) {
			t.Errorf("%q has no words", why)
		}
	}
	for _, why := range intake.HoldWhys {
		if hold(intake.Hold{Why: why}) == hold(intake.Hold{}) {
			t.Errorf("%q has no words", why)
		}
	}
	for _, f := range []intake.FileFault{intake.FaultNotForm, intake.FaultNotSheet, intake.FaultLegacy, intake.FaultEncrypted, intake.FaultArchive, intake.FaultBroken, intake.FaultTooLarge} {
		if fault(f) == fault("") {
			t.Errorf("%q has no words", f)
		}
	}
	for _, proof := range []string{"", "dmarc", "dkim", "auth", "smime", "confirmation"} {
		if strings.Contains(origin(proof), "("+proof+")") && proof != "" {
			t.Errorf("proof %q has no words", proof)
		}
	}
}

func TestPartnerUserWithoutRightsIsShownAsReading(t *testing.T) {
	r := sampleRequest()
	list := users(r, intake.PartnerSide)
	if len(list) != 2 || list[0].Assumed || !list[1].Assumed || list[1].Rights != "doar citire" {
		t.Errorf("%+v", list)
	}
	for _, u := range users(r, intake.InternalSide) {
		if u.Assumed {
			t.Errorf("%+v", u)
		}
	}
	if list := users(&intake.Request{}, intake.PartnerSide); list != nil {
		t.Errorf("without a plan: %+v", list)
	}
}

func TestWhatPeopleTypeNeverBecomesALink(t *testing.T) {
	for s, want := range map[string]string{
		"https://rau.ro/x?y=z":                   "https: //rau. ro/x?y=z",
		"HTTP://RAU.RO":                          "HTTP: //RAU. RO",
		"http://10.0.0.1/x":                      "http: //10. 0. 0. 1/x",
		"http:///rau.ro":                         "http: //rau. ro",
		"ftp://rau.ro":                           "ftp: //rau. ro",
		"vezi rau.ro, acum":                      "vezi rau. ro, acum",
		"www.rau":                                "www. rau",
		"sub.rau.co.uk":                          "sub. rau. co. uk",
		"școală.рф":                              "școală. рф",
		"rau.example/plata":                      "rau. example/plata",
		"10.0.0.1:8080/x":                        "10. 0. 0. 1:8080/x",
		"x@rau.ro/plata":                         "x@rau. ro/plata",
		"ana.popescu@scoala-11.ro":               "ana.popescu@scoala-11.ro",
		"<ana@x.ro>; ion@y.ro.":                  "<ana@x.ro>; ion@y.ro.",
		"Legea nr. 198/2023, art. 12 alin. (3)":  "Legea nr. 198/2023, art. 12 alin. (3)",
		"Legea nr.198/2023":                      "Legea nr.198/2023",
		"HG nr. 1.723/2004, art.5":               "HG nr. 1.723/2004, art.5",
		"nr. 42/23.11.2026":                      "nr. 42/23.11.2026",
		"S.C. Exemplu S.R.L.":                    "S.C. Exemplu S.R.L.",
		"D.A.P.L.":                               "D.A.P.L.",
		"Cerere semnată.pdf":                     "Cerere semnată.pdf",
		"anexa1.xlsx":                            "anexa1.xlsx",
		"ora 10:15":                              "ora 10:15",
		"fără nimic":                             "fără nimic",
		"sfârșit.":                               "sfârșit.",
		`\\fileserver\arhiva`:                    `\\fileserver\arhiva`,
		"Temei: https://legislatie.just.ro/a/1.": "Temei: https: //legislatie. just. ro/a/1.",
	} {
		if got := unlink(s); got != want {
			t.Errorf("%q becomes %q, not %q", s, got, want)
		}
	}
}

func TestDataIsOneLineOfVisibleCharacters(t *testing.T) {
	for s, want := range map[string]string{
		"a": "a", "": "", " \n ": "", "a\r\nb": "a b", " a  b ": "a b", "a\u00a0b": "a b", "\u202Ea\u202C": "a", "a\u200Bb": "ab",
		"a\x00\x1b[1m": "a[1m", "\uE000a\uE001": "a", "\xffa": "\uFFFDa", "ș": "ș", "e\u0301": "e\u0301",
	} {
		if got := asData(s); got != string(dataStart)+want+string(dataEnd) {
			t.Errorf("%q becomes %q", s, got)
		}
	}
	if got := asData(42); got != string(dataStart)+"42"+string(dataEnd) {
		t.Errorf("42 becomes %q", got)
	}
}

func TestMistakesInATemplateAreNamed(t *testing.T) {
	for source, want := range map[string]string{
		"":                                 "first line",
		"Bună ziua":                        "first line",
		"Subiect:   \n\nx":                 "empty",
		"Subiect: x\n\n=> y":               "link line",
		"Subiect: x\n\n=> y | javascript:": "web page",
		"Subiect: x\n\n=> y | " + asData("javascript:alert(1)"):         "web page",
		"Subiect: x\n\n=> y | " + asData("https://a:b@c.ro/"):           "web page",
		"Subiect: x\n\n=> y | " + asData("https://c.ro/\" onclick=\"x"): "web page",
		"Subiect: x\n\n=> y | " + asData("//c.ro/"):                     "web page",
		"Subiect: x\n\n=> y | https://a.ro/ | https://b.ro/":            "link line",
	} {
		if _, err := parseMarkup(source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", source, err)
		}
	}
}

func TestOnlyAWebAddressBecomesALink(t *testing.T) {
	for s, want := range map[string]bool{"https://x.ro/s/": true, "http://127.0.0.1:8080/s/x/": true, "javascript:alert(1)": false, "x": false,
		"https://x.ro/ b": false, "mailto:a@b.ro": false} {
		doc, err := parseMarkup("Subiect: x\n\nAdresa <" + asData(s) + ">.")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(renderHTML(doc), "<a href"); got != want {
			t.Errorf("%q: a link is %v", s, got)
		}
	}
}
