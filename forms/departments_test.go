package forms

import "testing"

func TestDepartmentsAreFoundAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct {
		text, want string
		why        Why
	}{
		{"Direcția Economică", "Direcția Economică", ""},
		{"DIRECŢIA ECONOMICĂ", "Direcția Economică", ""},
		{"directia economica", "Direcția Economică", ""},
		{"Dir. Economica", "Direcția Economică", ""},
		{"Dir.Economica", "Direcția Economică", ""},
		{"D. Economică", "Direcția Economică", ""},
		{"Economic", "Direcția Economică", ""},
		{"Direcția Ecnomică", "Direcția Economică", ""},
		{"Direcției Economice", "Direcția Economică", ""},
		{"Primăria Municipiului Buzău - Direcția Economică", "Direcția Economică", ""},
		{"D.A.P.L.", "Direcția Administrație Publică Locală", ""},
		{"DAPL", "Direcția Administrație Publică Locală", ""},
		{"d.a.p.l", "Direcția Administrație Publică Locală", ""},
		{"Direcția Administrația Publică Locală", "Direcția Administrație Publică Locală", ""},
		{"Direcția de Administrație Publică Locală", "Direcția Administrație Publică Locală", ""},
		{"Dir. Adm. Publică Locală", "Direcția Administrație Publică Locală", ""},
		{"Direcția Administrație Publică Locală (DAPL)", "Direcția Administrație Publică Locală", ""},
		{"Arhitect Șef", "Arhitect Șef", ""},
		{"Arhitect-Șef", "Arhitect Șef", ""},
		{"arhitectul sef", "Arhitect Șef", ""},
		{"Direcția Cadastru", "Direcția Cadastru, Administrare Patrimoniu, Fond Locativ, Transporturi Locale", ""},
		{"DIRECȚIA CADASTRU, ADMINISTRARE PATRIMONIU, FOND LOCATIV TRANSPORTURI LOCALE", "Direcția Cadastru, Administrare Patrimoniu, Fond Locativ, Transporturi Locale", ""},
		{"Poliția Locală", "Direcția Poliției Locale", ""},
		{"Direcția Poliția Locală", "Direcția Poliției Locale", ""},
		{"Birou Informatică", "Birou Informatică", ""},
		{"Biroul Informatică", "Birou Informatică", ""},
		{"Biroul de Informatică", "Birou Informatică", ""},
		{"Serviciul Informatică", "Birou Informatică", ""},
		{"Compartiment informatica", "Birou Informatică", ""},
		{"Direcția Economică / Birou Informatică", "Birou Informatică", ""},
		{"Direcția Economică - Birou Informatică", "Birou Informatică", ""},
		{"Birou Informatică (Direcția Economică)", "Birou Informatică", ""},
		{"Direcția Economică, Birou Informatică", "Birou Informatică", ""},
		{"Biroul Informatică din cadrul Direcției Economice", "Birou Informatică", ""},
		{"Direcția Economică\nBirou Informatică", "Birou Informatică", ""},
		{"Serviciul Juridic", "Serviciul Juridic și Contencios Administrativ", ""},
		{"Serv. Juridic și Contencios Adm.", "Serviciul Juridic și Contencios Administrativ", ""},
		{"Serviciul Juridic, Contencios Administrativ", "Serviciul Juridic și Contencios Administrativ", ""},
		{"Juridic", "Serviciul Juridic și Contencios Administrativ", ""},
		{"Serviciul Financiar-Contabil", "Serviciu Financiar - Contabil", ""},
		{"Financiar Contabil", "Serviciu Financiar - Contabil", ""},
		{"Serviciul Buget", "Serviciu Buget, Evidență Venituri și Cheltuieli", ""},
		{"Resurse Umane", "Serviciul Resurse Umane, Prognoză, Organizare, Cooperare Interinstituțională", ""},
		{"Audit", "Compartiment Audit Public Intern", ""},
		{"Compartimentul Audit Public Intern", "Compartiment Audit Public Intern", ""},
		{"Agricol, Sanitar-Veterinar", "Agricol, Sanitar – Veterinar", ""},
		{"Serviciul Public de Relații cu Publicul și Organizare Alegeri", "", Unknown},
		{"Serviciul Evidența Persoanelor", "Serviciul Evidența Persoanelor", ""},
		{"Direcția Evidența Persoanelor", "Direcția Evidența Persoanelor", ""},
		{"Direcția de Evidență a Persoanelor", "Direcția Evidența Persoanelor", ""},

		{"Evidența Persoanelor", "", Ambiguous},
		{"Relații cu Publicul", "", Ambiguous},
		{"Serviciul Relații cu Publicul", "", Ambiguous},
		{"Direcția Administrație Publică Locală / Serviciul Relații cu Publicul", "Serviciul Relații cu Publicul și Organizare Alegeri", ""},
		{"Serviciul Relații cu Publicul (Direcția Economică)", "Serviciul Relații cu Publicul și Gestionarea Dosarelor Fiscale", ""},
		{"Persoane Juridice", "", Ambiguous},
		{"Serviciul", "", Unknown},
		{"Direcția", "", Unknown},
		{"Direcția Relații Internaționale", "", Unknown},
		{"Direcția Juridică", "", Unknown},
		{"Direcția Tehnică și Direcția Economică", "", Ambiguous},
		{"Direcția Economică / Direcția Tehnică", "", Ambiguous},
		{"Serviciul TIC", "", Unknown},
		{"Popescu", "", Unknown},
		{"......", "", Missing},
	} {
		d, why := MatchDepartment(c.text, ProcedureDepartments())
		if d.Name != c.want || why != c.why {
			t.Errorf("%q is %q %s, want %q %s", c.text, d.Name, why, c.want, c.why)
		}
	}
}

func TestEveryDepartmentOfTheProcedureIsFoundByItsOwnName(t *testing.T) {
	for _, d := range ProcedureDepartments() {
		if got, why := MatchDepartment(d.Name, ProcedureDepartments()); why != "" || got.Name != d.Name {
			t.Errorf("%q is %q %s", d.Name, got.Name, why)
		}
	}
}

func TestOtherNamesOfADepartmentAreItsNames(t *testing.T) {
	list := append(ProcedureDepartments(), Department{Name: "Serviciul TIC", Parent: "Direcția Economică", Aliases: []string{"IT", "Tehnologia informației"}})
	for text, want := range map[string]string{"IT": "Serviciul TIC", "Serviciul IT": "Serviciul TIC", "tehnologia informatiei": "Serviciul TIC", "Serv. TIC": "Serviciul TIC", "S.T.I.C.": ""} {
		if d, _ := MatchDepartment(text, list); d.Name != want {
			t.Errorf("%q is %q, want %q", text, d.Name, want)
		}
	}
	twins := []Department{{Name: "Direcția A"}, {Name: "Direcția B"}, {Name: "Secretariat", Parent: "Direcția A"}, {Name: "Secretariat", Parent: "Direcția B"}}
	if d, why := MatchDepartment("Secretariat", twins); why != Ambiguous {
		t.Errorf("%v %s", d, why)
	}
	if d, why := MatchDepartment("Direcția B / Secretariat", twins); why != "" || d.Parent != "Direcția B" {
		t.Errorf("%v %s", d, why)
	}
}
