package reply

import "testing"

func TestCorrectionsOfAddresses(t *testing.T) {
	for words, want := range map[string]Correction{
		"Ion Pop ion.pop@spital.test":                                        {"ion pop", "", "ion.pop@spital.test"},
		"Ion Pop, ion.pop@spital.test. Mulțumesc!":                           {"ion pop", "", "ion.pop@spital.test"},
		": POP Ion - Ion.Pop@Spital.TEST":                                    {"pop ion", "", "ion.pop@spital.test"},
		"Ion Pop <ion.pop@spital.test>":                                      {"ion pop", "", "ion.pop@spital.test"},
		"adresa doamnei Elena Dobre este elena@spital.test":                  {"elena dobre", "", "elena@spital.test"},
		"adresa corectă a lui Ion Pop: ion.pop@spital.test":                  {"ion pop", "", "ion.pop@spital.test"},
		"Ștefan Țiriac stefan@spital.test":                                   {"stefan tiriac", "", "stefan@spital.test"},
		"ion.pop@spital.test":                                                {"", "", "ion.pop@spital.test"},
		"Ion Pop ion.pop@spital.test<mailto:ion.pop@spital.test>":            {"ion pop", "", "ion.pop@spital.test"},
		"Ion Pop ion.pop@spital.test <ion.pop@spital.test>":                  {"ion pop", "", "ion.pop@spital.test"},
		"Ion Pop [mailto:ion.pop@spital.test] ion.pop@spital.test":           {"ion pop", "", "ion.pop@spital.test"},
		"vechi@a.test -> nou@a.test":                                         {"", "vechi@a.test", "nou@a.test"},
		"vechi@a.test->nou@a.test":                                           {"", "vechi@a.test", "nou@a.test"},
		"vechi@a.test => nou@a.test.":                                        {"", "vechi@a.test", "nou@a.test"},
		"vechi@a.test → nou@a.test":                                          {"", "vechi@a.test", "nou@a.test"},
		"din vechi@a.test în nou@a.test":                                     {"", "vechi@a.test", "nou@a.test"},
		"Ion Pop: vechi@a.test se înlocuiește cu nou@a.test":                 {"ion pop", "vechi@a.test", "nou@a.test"},
		"vechi@a.test este greșită, adresa corectă este nou@a.test":          {"", "vechi@a.test", "nou@a.test"},
		"vechi@a.test<mailto:vechi@a.test> -> nou@a.test<mailto:nou@a.test>": {"", "vechi@a.test", "nou@a.test"},
		"nou@a.test în loc de vechi@a.test":                                  {"", "vechi@a.test", "nou@a.test"},
		"nou@a.test, nu vechi@a.test":                                        {"", "vechi@a.test", "nou@a.test"},
		"nu vechi@a.test, ci nou@a.test":                                     {"", "vechi@a.test", "nou@a.test"},
		"nu vechi@a.test, nou@a.test":                                        {"", "vechi@a.test", "nou@a.test"},
		"în loc de vechi@a.test, nou@a.test":                                 {"", "vechi@a.test", "nou@a.test"},
		"Ion Pop ion.popă@spital.test":                                       {"ion pop", "", "ion.popă@spital.test"}, // judged later
		"Ion Pop ion.pop@spital":                                             {"ion pop", "", "ion.pop@spital"},
	} {
		got, ok := ReadCorrection(words)
		if !ok || got != want {
			t.Errorf("%q: %+v %v, want %+v", words, got, ok, want)
		}
	}
}

func TestCorrectionsThatAreNotClear(t *testing.T) {
	for _, words := range []string{
		"", "Ion Pop", "Ion Pop ion.pop at spital.test", "a@a.test b@a.test", "a@a.test, b@a.test", "a@a.test sau b@a.test",
		"a@a.test și b@a.test", "a@a.test -> b@a.test -> c@a.test", "nu a@a.test nu b@a.test", "a@a.test rămâne, b@a.test se șterge",
	} {
		if got, ok := ReadCorrection(words); ok {
			t.Errorf("%q: %+v", words, got)
		}
	}
}

func FuzzReadCorrection(f *testing.F) {
	f.Add("Ion Pop vechi@a.test -> nou@a.test")
	f.Add("în loc de <mailto:x@y> x@y, z@w")
	f.Fuzz(func(t *testing.T, words string) {
		c, ok := ReadCorrection(words)
		if ok && (c.New == "" || c.New == c.Old) || !ok && c.New != "" && c.Old != "" {
			t.Errorf("%q: %+v %v", words, c, ok)
		}
	})
}
