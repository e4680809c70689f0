package reply

import "testing"

func TestCommandsAreUnderstoodInTheWordsOfPeople(t *testing.T) {
	for _, c := range []struct {
		subject, text string
		want          Command
	}{
		{"formular", "", Command{Name: CommandForm}},
		{"Formular", "Bună ziua,\n\nMulțumesc,\nMaria Ionescu\n", Command{Name: CommandForm}},
		{"Re: FORMULAR", "", Command{Name: CommandForm}},
		{"cerere", "Bună ziua,\nVă rog să-mi trimiteți formularul.", Command{Name: CommandForm, Words: ""}},
		{"", "formular", Command{Name: CommandForm}},
		{"stadiu nr. 42/23.11.2026", "", Command{Name: CommandStatus, Number: "42/23.11.2026"}},
		{"", "Stadiul cererii nr. 42/23.11.2026?", Command{Name: CommandStatus, Number: "42/23.11.2026"}},
		{"", "stadiu", Command{Name: CommandStatus}},
		{"", "Bună ziua,\nîn ce stadiu este cererea 42?", Command{Name: CommandStatus, Number: "42"}},
		{"", "Confirm", Command{Name: CommandConfirm}},
		{"", "Da, confirm.", Command{Name: CommandConfirm}},
		{"", "Bună ziua,\n\nConfirm că este a mea.\n\nCu stimă,\nMaria Ionescu", Command{Name: CommandConfirm}},
		{"", "Confirm.\n\n-- \nMaria Ionescu\n\nLa 23.11.2026 09:12, Cereri a scris:\n> Nu e a dumneavoastră? Scrieți NU.\n", Command{Name: CommandConfirm}},
		{"", "Da", Command{Name: CommandYes}},
		{"", "ok, mulțumesc", Command{Name: CommandYes}},
		{"", "Nu", Command{Name: CommandDeny}},
		{"", "Nu e a mea.", Command{Name: CommandDeny}},
		{"", "Nu am trimis eu cererea", Command{Name: CommandDeny}},
		{"", "Nu confirm.", Command{Name: CommandDeny}},
		{"", "Retrag", Command{Name: CommandWithdraw}},
		{"", "Bună ziua, îmi retrag cererea nr. 42/23.11.2026. Mulțumesc", Command{Name: CommandWithdraw, Number: "42/23.11.2026"}},
		{"", "Doresc să retrag cererea nr. 7/01.12.2026", Command{Name: CommandWithdraw, Number: "7/01.12.2026"}},
		{"", "Ce se mai întâmplă cu cererea noastră?", Command{Name: CommandStatus}},
		{"", "Bună ziua, a fost aprobată cererea nr. 42/23.11.2026? Mulțumesc!", Command{Name: CommandStatus, Number: "42/23.11.2026"}},
		{"", "Știți cumva când se deschide site-ul din cererea 42?", Command{Name: CommandStatus, Number: "42"}},
		{"", "Linkul nu mai merge, vă rog să îmi trimiteți altul.", Command{Name: CommandLink}},
		{"", "Gata https://extranet.primaria.test/s/1.", Command{Name: CommandDone, URL: "https://extranet.primaria.test/s/1", Words: "https://extranet.primaria.test/s/1."}},
		{"", "Nu se poate: discul e plin.", Command{Name: CommandFailed, Words: "discul e plin."}},
		{"", "corect: Ion Pop ion.pop@spital.test", Command{Name: CommandCorrect, Words: "Ion Pop ion.pop@spital.test"}},
		{"", "deleg viceprimarului până vineri", Command{Name: CommandDelegate, Words: "viceprimarului până vineri"}},
		{"", "link nou", Command{Name: CommandLink}},
		{"", "jurnal", Command{Name: CommandLog}},
	} {
		in := Input{Subject: c.subject, Text: c.text, Names: []string{"Maria Ionescu"}}
		got, ok := ReadCommand(in)
		if !ok || got.Name != c.want.Name || got.Number != c.want.Number || got.URL != c.want.URL || c.want.Words != "" && got.Words != c.want.Words {
			t.Errorf("%q %q: %+v %v, want %+v", c.subject, c.text, got, ok, c.want)
		}
	}
}

func TestNothingElseIsACommand(t *testing.T) {
	for _, in := range []Input{
		{},
		{Subject: "Site nou", Text: "Bună ziua, cum procedez?"},
		{Subject: "confirm", Text: ""},
		{Subject: "retrag", Text: ""},
		{Text: "Nu retrag cererea."},
		{Text: "Retrag?"},
		{Text: "Cum retrag o cerere?"},
		{Text: "Aprob cererea nr. 42/23.11.2026."},
		{Text: "Retrag cererea nr. 42/23.11.2026 numai dacă nu se aprobă luni."},
		{Text: "Confirm primirea mesajului."},
		{Text: "Confirm, dar fără Ion Pop."},
		{Text: "Confirm că nu am trimis cererea."},
		{Text: "Nu știu"},
		{Text: "Nu, confirm."},
		{Text: "Retrag ce am spus, cererea rămâne."},
		{Text: "> confirm"},
		{Text: "La 23.11.2026 09:12, X <x@y.test> a scris:\nconfirm"},
		{Text: "Confirm", HTML: "<p>Nu confirm</p>"},
		{Text: "Retrag", HTML: "<p>Stadiu</p>"},
		{HTML: "<s>Retrag</s>"},
	} {
		if got, ok := ReadCommand(in); ok {
			t.Errorf("%+v: %+v", in, got)
		}
	}
}
