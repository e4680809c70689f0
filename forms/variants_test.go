package forms

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// sheetOf makes a workbook of rows; a cell is a string, a number, a bool or a time.
func sheetOf(t testing.TB, rows [][]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		for j, v := range row {
			if v == nil || v == "" {
				continue
			}
			cell, _ := excelize.CoordinatesToCellName(j+1, i+1)
			if err := f.SetCellValue("Sheet1", cell, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	askRequester  = "Nume solicitant....."
	askDepartment = "Compartimentul care solicită crearea site-ului....."
	askPartner    = "Numele instituției partenere....."
	askInfo       = "Tipuri de informații care se dorește a fi partajate:"
	askPartners   = "Numele utilizatorilor din instituția parteneră cărora le vor fi eliberate user și parolă de acces:"
	askDate       = "Data cu care este necesară activarea site-ului. :"
	askBasis      = "Temeiul legal (lege, accord de colaborare etc) in baza caruia se pot partaja anumite tipuri de documente:"
	askInternal   = "Care dintre utilizatorii interni ai primăriei au acces la site. Pentru fiecare utilizator se vor preciza drepturile de acces (scriere, citire, ștergere). Se vor comunica adresele de email ale viitorilor utilizatori identificați."
)

// formWith is a form in order, but for the rows of one field.
func formWith(key string, rows ...[]any) [][]any {
	blocks := map[string][][]any{
		"requester":       {{askRequester, "Popescu Ion"}},
		"department":      {{askDepartment, "Direcția Economică"}},
		"partner":         {{askPartner, "Spitalul Județean"}},
		"info_types":      {{askInfo, "Situații lunare"}},
		"partner_users":   {{askPartners}, {"1. Marin Ionescu – marin.ionescu@spital.test"}},
		"activation_date": {{askDate, "15.12.2026"}},
		"legal_basis":     {{askBasis, "Protocol nr. 1204/2026"}},
		"internal_users":  {{askInternal}, {"1. Carmen Vlad – carmen.vlad@primaria.test – citire"}},
	}
	blocks[key] = rows
	all := [][]any{{"ANEXA 1"}, {"Cerere creare site-uri perosnlizate pentru activități comune"}, nil}
	for _, f := range fieldsOf(Create) {
		all = append(all, blocks[f.key]...)
	}
	return all
}

func said(r *Reading, key string) string {
	switch key {
	case "activation_date":
		return r.Submission.ActivationDate.String()
	case "partner_users":
		return peopleText(r.Submission.PartnerUsers)
	case "internal_users":
		return peopleText(r.Submission.InternalUsers)
	}
	return *r.Submission.text(key)
}

func peopleText(list []User) string {
	var parts []string
	for _, u := range list {
		parts = append(parts, strings.TrimRight(fmt.Sprintf("%s <%s> %s", u.Name, u.Email, u.Rights), " "))
	}
	return strings.Join(parts, "; ")
}

func problemsText(list []Problem) string {
	var parts []string
	for _, p := range list {
		parts = append(parts, p.Field+" "+string(p.Why))
	}
	return strings.Join(parts, "; ")
}

type variant struct {
	name, field string
	rows        [][]any
	want        string // of the field
	problems    string
}

func row(cells ...any) []any { return cells }

func one(field, want, problems string, cells ...any) variant {
	return variant{fmt.Sprint(cells...), field, [][]any{cells}, want, problems}
}

func TestFormsAsPeopleWriteThem(t *testing.T) {
	list := []variant{
		// labels and where the value stands
		one("requester", "Ion Pop", "", "Numele solicitantului", "Ion Pop"),
		one("requester", "Ion Pop", "", "1. NUME SOLICITANT:", nil, "Ion Pop"),
		one("requester", "Ion Pop", "", "Nume solicitant: Ion Pop"),
		one("requester", "Ion Pop", "", "Nume solicitant – Ion Pop"),
		one("requester", "Ion Pop", "", "Nume solicitant Ion Pop"),
		one("requester", "Ion Pop", "", "Nume solicitant\nIon Pop"),
		one("requester", "Ion Pop", "", "Nume\u00a0solicitant ………… Ion\u00a0Pop ………"),
		one("requester", "Ion Pop", "", "Nume solictant:", "Ion Pop"),
		one("requester", "Ion Pop", "", "Nume și prenume solicitant (șef departament):", "Ion Pop"),
		one("requester", "Ion Pop", "", "Solicitant:", "Ion Pop"),
		one("requester", "ing. Ana-Maria Pop, director executiv", "", askRequester, "ing. Ana-Maria Pop, director executiv"),
		{"a title below", "requester", [][]any{{"Nume solicitant"}, {"Director executiv Ion Pop"}}, "Director executiv Ion Pop", ""},
		{"a note as legal basis", "legal_basis", [][]any{{askBasis}, {"Nota de fundamentare nr. 7/2026"}}, "Nota de fundamentare nr. 7/2026", ""},
		{"data as information", "info_types", [][]any{{askInfo}, {"Data nașterii, domiciliul"}, {"Datele de contact"}}, "Data nașterii, domiciliul\nDatele de contact", ""},
		one("requester", "", "requester missing", askRequester, "_________"),
		one("requester", "", "requester missing", askRequester, "....................."),
		one("requester", "", "requester missing", askRequester, "-"),
		{"value below after a dotted line", "requester", [][]any{{"Nume solicitant"}, {"........."}, {"Ion Pop"}}, "Ion Pop", ""},
		{"label below another column", "requester", [][]any{{nil, "Nume solicitant", "Ion Pop"}}, "Ion Pop", ""},
		one("department", "Direcția Tehnică", "", "Compartimentul/Serviciul:", "Direcția Tehnică"),
		one("department", "Direcția Tehnică", "", "Compartimentul care solicita crearea siteului Direcția Tehnică"),
		one("department", "Direcția Tehnică", "", "Direcția:", "Direcția Tehnică"),
		one("department", "Direcția Tehnică", "", "Compartiment solicitant ............... Direcția Tehnică ..............."),
		{"department over two rows", "department", [][]any{{askDepartment, "Direcția Economică"}, {nil, "Birou Informatică"}}, "Direcția Economică\nBirou Informatică", ""},
		one("department", "Direcția Relații Internaționale", "department unknown", askDepartment, "Direcția Relații Internaționale"),
		one("department", "Relații cu Publicul", "department ambiguous", askDepartment, "Relații cu Publicul"),
		one("partner", "Muzeul Județean", "", "Instituția parteneră", "Muzeul Județean"),
		one("partner", "Muzeul Județean", "", "Institutia partenera:", "Muzeul Județean"),
		one("partner", "Muzeul Județean", "", "NUMELE INSTITUŢIEI PARTENERE", "Muzeul Județean"),
		one("partner", "Muzeul Județean", "", "Denumirea instituției partenere", "Muzeul Județean"),
		one("info_types", "rapoarte, planuri", "", "Tipuri de informații:", "rapoarte, planuri"),
		one("info_types", "Documente de plată", "", "Tipuri de informații care se doresc a fi partajate: Documente de plată"),
		{"info over two rows", "info_types", [][]any{{askInfo, "rapoarte"}, {nil, "planuri"}}, "rapoarte\nplanuri", ""},
		{"info below over two rows", "info_types", [][]any{{askInfo}, {"rapoarte"}, {"planuri"}}, "rapoarte\nplanuri", ""},
		one("legal_basis", "HCL 77/2024", "", "Temei legal:", "HCL 77/2024"),
		one("legal_basis", "HCL 77/2024", "", "Temeiul legal (lege, acord, protocol)", "HCL 77/2024"),
		one("legal_basis", "Legea nr. 273/2006", "", "Temeiul legal in baza caruia se pot partaja documentele: Legea nr. 273/2006"),
		one("legal_basis", "155", "", askBasis, 155),
		one("legal_basis", "nu e cazul", "legal_basis invalid", askBasis, "nu e cazul"),
		one("legal_basis", "", "legal_basis missing", askBasis, nil),

		// dates
		one("activation_date", "2026-12-15", "", askDate, time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC)),
		one("activation_date", "2026-12-15", "", askDate, 46371),
		one("activation_date", "2026-12-15", "", askDate, "15 decembrie 2026"),
		one("activation_date", "2026-12-15", "", askDate, "15 Dec. 2026"),
		one("activation_date", "2026-12-15", "", askDate, "marți, 15.12.2026"),
		one("activation_date", "2026-12-15", "", askDate, "marți, 15 decembrie 2026"),
		one("activation_date", "2026-12-15", "", askDate, "15/12/2026"),
		one("activation_date", "2026-12-15", "", askDate, "15-12-2026"),
		one("activation_date", "2026-12-15", "", askDate, "2026-12-15"),
		one("activation_date", "2026-12-15", "", askDate, "2026.12.15"),
		one("activation_date", "2026-12-15", "", askDate, "2026-12-15 00:00:00"),
		one("activation_date", "2026-12-15", "", askDate, "15.12.26"),
		one("activation_date", "2026-12-15", "", askDate, "15.XII.2026"),
		one("activation_date", "2026-12-15", "", askDate, "15 . 12 . 2026"),
		one("activation_date", "2026-12-15", "", askDate, "începând cu data de 15.12.2026"),
		one("activation_date", "2026-12-15", "", askDate, "15.12.2026 "),
		one("activation_date", "2026-12-15", "", askDate, "15 decembrie a.c."),
		one("activation_date", "2026-12-15", "", askDate, "12/15/2026"),
		one("activation_date", "2026-12-15", "", "Data activării:", "15.12.2026"),
		one("activation_date", "2026-12-15", "", "Data cu care este necesară activarea site-ului (zz.ll.aaaa): 15.12.2026"),
		one("activation_date", "2026-12-15", "", "Data la care se dorește activarea site-ului", "15.12.2026"),
		one("activation_date", "2026-12-07", "", askDate, "7 decembrie 2026"),
		one("activation_date", "2026-11-23", "", askDate, "23.11.2026"),
		one("activation_date", "2026-12-15", "", askDate, "15.12.2026 (marți)"), one("activation_date", "2026-12-15", "", askDate, "15 decembrie 2026, ora 8"), one("activation_date", "2026-12-15", "", askDate, "15-dec-26"),
		one("activation_date", "2026-07-15", "activation_date past", askDate, "15 iulie 2026"),
		one("activation_date", "2027-06-15", "", askDate, "15 iun. 2027"),
		one("activation_date", "2027-03-15", "", askDate, "luni 15 mar 2027"),
		one("activation_date", "", "activation_date ambiguous", askDate, "luni, 15.12.2026"),
		one("activation_date", "", "activation_date ambiguous", askDate, "15.12.2026 sau 20.12.2026"),
		one("activation_date", "", "activation_date ambiguous", askDate, "15.12.2026 - 31.12.2027"),
		one("activation_date", "", "activation_date invalid", askDate, "cât mai curând"),
		one("activation_date", "", "activation_date invalid", askDate, "imediat"),
		one("activation_date", "", "activation_date invalid", askDate, "decembrie 2026"),
		one("activation_date", "", "activation_date invalid", askDate, "31.02.2027"),
		one("activation_date", "", "activation_date invalid", askDate, "după semnarea protocolului"),
		one("activation_date", "", "activation_date invalid", askDate, "15 decembrie"),
		one("activation_date", "", "activation_date missing", askDate, nil),
		one("activation_date", "2025-12-15", "activation_date past", askDate, "15.12.2025"),
		one("activation_date", "2026-11-22", "activation_date past", askDate, "22.11.2026"),
		one("activation_date", "2028-11-23", "", askDate, "23.11.2028"),
		one("activation_date", "2029-01-01", "activation_date invalid", askDate, "01.01.2029"),

		// partner users: names and addresses
		{"one cell, one a line", "partner_users", [][]any{{askPartners, "1. Ana Pop – ana@x.test\n2. Dan Ene – dan@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"one cell below, without numbers", "partner_users", [][]any{{askPartners}, {"Ana Pop, ana@x.test\nDan Ene, dan@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"to the right, one a row", "partner_users", [][]any{{askPartners, "Ana Pop (ana@x.test)"}, {nil, "Dan Ene <dan@x.test>"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"columns without a header", "partner_users", [][]any{{askPartners}, {1, "Ana Pop", "ana@x.test"}, {2, "Dan Ene", "dan@x.test"}, {3}, {4}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"number and dots in one column", "partner_users", [][]any{{askPartners}, {"1.", "Ana Pop", "ana@x.test"}, {"2.", "......"}}, "Ana Pop <ana@x.test>", ""},
		{"title and hyphen", "partner_users", [][]any{{askPartners}, {"1) dr. ing. Ana-Maria Pop-Ionescu - ana.pop-ionescu@x.test"}}, "dr. ing. Ana-Maria Pop-Ionescu <ana.pop-ionescu@x.test>", ""},
		{"address first", "partner_users", [][]any{{askPartners}, {"ana@x.test - Ana Pop"}}, "Ana Pop <ana@x.test>", ""},
		{"only spaces between", "partner_users", [][]any{{askPartners}, {"1. Ana Pop ana.pop@x.test"}}, "Ana Pop <ana.pop@x.test>", ""},
		{"function first", "partner_users", [][]any{{askPartners}, {"1. inspector, Ana Pop, ana@x.test"}, {"2. medic – Dan Ene dan@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"a surname without a capital", "partner_users", [][]any{{askPartners}, {"1. Ana pop ana.pop@x.test"}, {"2. dan ene dan.ene@x.test"}}, "Ana pop <ana.pop@x.test>; dan ene <dan.ene@x.test>", ""},
		{"a space in the address after the name", "partner_users", [][]any{{askPartners}, {"1. Maria Zamfir maria zamfir@x.test"}}, "Maria Zamfir <>", "partner_users[0].email invalid"},
		{"dotted lines between", "partner_users", [][]any{{askPartners}, {"1. Ana Pop ........ ana@x.test ........"}}, "Ana Pop <ana@x.test>", ""},
		{"slashes between", "partner_users", [][]any{{askPartners}, {"1. Ana Pop / ana@x.test / citire"}}, "Ana Pop <ana@x.test> read", ""},
		{"the address's column first, with a remark", "partner_users", [][]any{{askPartners}, {"E-mail", "Nume și prenume"}, {"ana@x.test (serviciu)", "Ana Pop"}}, "Ana Pop <ana@x.test>", ""},
		{"space before the @", "partner_users", [][]any{{askPartners}, {"Nume", "E-mail"}, {"Ana Pop", "ana @x.test"}}, "Ana Pop <>", "partner_users[0].email invalid"},
		{"(at) for @", "partner_users", [][]any{{askPartners}, {"Nume", "E-mail"}, {"Ana Pop", "ana(at)x.test"}}, "Ana Pop <>", "partner_users[0].email invalid"},
		{"two people in our kind of table cell", "partner_users", [][]any{{askPartners}, {"Nume", "E-mail"}, {"1. Ana Pop ana@x.test\n2. Dan Ene dan@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"asked in other words", "partner_users", [][]any{{"Persoane cu acces din partea partenerului:"}, {"1. Ana Pop – ana@x.test"}}, "Ana Pop <ana@x.test>", ""},
		{"internal users asked in other words", "internal_users", [][]any{{"Angajați ai instituției noastre (personal propriu) care vor avea acces:"}, {"1. Ana Pop – ana@p.test – citire"}}, "Ana Pop <ana@p.test> read", ""},
		one("activation_date", "2026-12-15", "", "Termenul de la care site-ul trebuie să fie disponibil:", "15.12.2026"),
		one("legal_basis", "HCL 77/2024", "", "Actul care constituie baza legală a colaborării", "HCL 77/2024"),
		{"with the word e-mail", "partner_users", [][]any{{askPartners}, {"1. Ana Pop, e-mail: ana@x.test"}}, "Ana Pop <ana@x.test>", ""},
		{"with mailto", "partner_users", [][]any{{askPartners}, {"1. Ana Pop mailto:ana@x.test"}}, "Ana Pop <ana@x.test>", ""},
		{"several in a line by semicolons", "partner_users", [][]any{{askPartners}, {"Ana Pop ana@x.test; Dan Ene dan@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"several in a line by numbers", "partner_users", [][]any{{askPartners}, {"1. Ana Pop – ana@x.test 2. Dan Ene – dan@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"function and phone", "partner_users", [][]any{{askPartners}, {"1. Ana Pop, inspector, tel. 0722123456, ana@x.test"}}, "Ana Pop <ana@x.test>", ""},
		{"name and address on lines of their own", "partner_users", [][]any{{askPartners}, {"Ana Pop\nana@x.test\nDan Ene\ndan@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"name and address on rows of their own", "partner_users", [][]any{{askPartners}, {"1. Ana Pop"}, {"ana@x.test"}, {"2. Dan Ene"}, {"dan@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"in the label's own cell", "partner_users", [][]any{{askPartners + " Ana Pop – ana@x.test"}}, "Ana Pop <ana@x.test>", ""},
		{"a table with two columns for the name", "partner_users", [][]any{{askPartners}, {"Nr.", "Nume", "Prenume", "Email"}, {1, "Pop", "Ana", "ana@x.test"}}, "Pop Ana <ana@x.test>", ""},
		{"a table with function and phone", "partner_users", [][]any{{askPartners}, {"Nr. crt", "Numele și prenumele", "Funcția", "Adresa de e-mail", "Telefon"}, {1, "Ana Pop", "medic", "ana@x.test", "0722"}}, "Ana Pop <ana@x.test>", ""},
		{"a table with the address in the name's column", "partner_users", [][]any{{askPartners}, {"Nr. crt", "Nume și prenume", "E-mail"}, {1, "Ana Pop ana@x.test"}}, "Ana Pop <ana@x.test>", ""},
		{"a table of cells with several lines", "partner_users", [][]any{{askPartners}, {"Nume", "E-mail"}, {"Ana Pop\nDan Ene", "ana@x.test\ndan@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"a table to the right of the label", "partner_users", [][]any{{askPartners, "Nume", "E-mail"}, {nil, "Ana Pop", "ana@x.test"}, {nil, "Dan Ene", "dan@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"an example line", "partner_users", [][]any{{askPartners}, {"Exemplu: Ion Popescu – ion@institutie.test"}, {"1. Ana Pop – ana@x.test"}}, "Ana Pop <ana@x.test>", ""},
		{"an example line in a table", "partner_users", [][]any{{askPartners}, {"Nr.", "Nume", "E-mail"}, {"Ex.", "Ion Popescu", "ion@institutie.test"}, {1, "Ana Pop", "ana@x.test"}}, "Ana Pop <ana@x.test>", ""},
		{"no address", "partner_users", [][]any{{askPartners}, {"1. Ana Pop"}}, "Ana Pop <>", "partner_users[0].email missing"},
		{"no name", "partner_users", [][]any{{askPartners}, {"1. ana@x.test"}}, " <ana@x.test>", "partner_users[0].name missing"},
		{"diacritics in the address", "partner_users", [][]any{{askPartners}, {"1. Ana Pop – ștefan@x.test"}}, "Ana Pop <>", "partner_users[0].email invalid"},
		{"two dots", "partner_users", [][]any{{askPartners}, {"1. Ana Pop – ana..pop@x.test"}}, "Ana Pop <>", "partner_users[0].email invalid"},
		{"space in the address, in a table", "partner_users", [][]any{{askPartners}, {"Nume", "E-mail"}, {"Ana Pop", "ana pop@x.test"}}, "Ana Pop <>", "partner_users[0].email invalid"},
		{"no @", "partner_users", [][]any{{askPartners}, {"Nume", "E-mail"}, {"Ana Pop", "ana.pop.x.test"}}, "Ana Pop <>", "partner_users[0].email invalid"},
		{"our own domain", "partner_users", [][]any{{askPartners}, {"1. Ana Pop – ana@primaria.test"}}, "Ana Pop <ana@primaria.test>", "partner_users[0].email invalid"},
		{"the same person twice", "partner_users", [][]any{{askPartners}, {"1. Ana Pop – ana@x.test"}, {"2. Ana Pop – Ana@X.test"}}, "Ana Pop <ana@x.test>; Ana Pop <Ana@X.test>", "partner_users[1] duplicate"},
		{"somebody on both sides", "partner_users", [][]any{{askPartners}, {"1. Carmen Vlad – carmen.vlad@primaria.test"}}, "Carmen Vlad <carmen.vlad@primaria.test>", "partner_users[0].email invalid; internal_users[0] duplicate"},
		{"with rights", "partner_users", [][]any{{askPartners}, {"1. Ana Pop – ana@x.test – citire și scriere"}}, "Ana Pop <ana@x.test> read,write", ""},
		{"nobody", "partner_users", [][]any{{askPartners}, {"1."}, {"2."}, {"3."}}, "", "partner_users missing"},
		{"nobody in a table", "partner_users", [][]any{{askPartners}, {"Nr.", "Nume", "E-mail"}, {1}, {2}}, "", "partner_users missing"},

		// internal users: rights
		{"several lines of rights in a cell", "internal_users", [][]any{{askInternal}, {"1. Ana Pop – ana@p.test – citire, scriere, ștergere"}, {"2. Dan Ene – dan@p.test – doar citire"}}, "Ana Pop <ana@p.test> read,write,delete; Dan Ene <dan@p.test> read", ""},
		rights("toate", "read,write,delete"), rights("toate drepturile", "read,write,delete"), rights("Citire/Scriere", "read,write"), rights("citire + scriere", "read,write"),
		rights("C/S/Ș", "read,write,delete"), rights("C, S", "read,write"), rights("CSȘ", "read,write,delete"), rights("C", "read"), rights("c/s/s", "read,write,delete"), rights("R/W", "read,write"),
		rights("read/write", "read,write"), rights("Read only", "read"), rights("full control", "read,write,delete"), rights("numai citire", "read"), rights("drept de citire și scriere", "read,write"),
		rights("citire, fără ștergere", "read"), rights("toate, mai puțin ștergere", "read,write"), rights("toate fără ștergere", "read,write"), rights("CITIRE", "read"), rights("cit., scr., șterg.", "read,write,delete"), rights("citre si scriere", "read,write"),
		rights("citire\nscriere", "read,write"), rights("citire; scriere; stergere", "read,write,delete"), rights("scriere,citire,stergere", "read,write,delete"), rights("acces total", "read,write,delete"), rights("citește", "read"),
		rights("citire: da; scriere: nu; ștergere: nu", "read"), rights("citire: X, scriere: X, ștergere: -", "read,write"), rights("citire X scriere X ștergere -", "read,write"),
		rights("☑ citire ☐ scriere ☐ ștergere", "read"), rights("☒ citire ☒ scriere ☐ ștergere", "read,write"), rights("citire ☑ scriere ☑ ștergere ☐", "read,write"), rights("[x] citire [ ] scriere [ ] ștergere", "read"),
		rights("citire (x) scriere ( ) ștergere ( )", "read"), rights("x citire, x scriere", "read,write"), rights("citire ✓ scriere ✓ ștergere", "read,write"), rights("citire, scriere, ștergere: nu", "read,write"),
		rights("citire - scriere - ștergere", "read,write,delete"), rights("citire..............", "read"), rights("citire – da, scriere – da, ștergere – nu", "read,write"), rights("citire, nu scriere", "read"), rights("citire (fără ștergere)", "read"),
		rights("citire ___ scriere _X_ ștergere ___", "write"), rights("Citire=1; Scriere=0; Stergere=0", "read"), rights("poate citi și scrie, nu poate șterge", "read,write"),
		{"boxes in one line", "internal_users", [][]any{{askInternal}, {"1. Ana Pop – ana@p.test – ☑ citire ☑ scriere ☐ ștergere"}}, "Ana Pop <ana@p.test> read,write", ""},
		{"boxes none of which is ticked", "internal_users", [][]any{{askInternal}, {"1. Ana Pop – ana@p.test – ☐ citire ☐ scriere ☐ ștergere"}}, "Ana Pop <ana@p.test>", "internal_users[0].rights missing"},
		badRights("citire x x scriere"), badRights("citire: da, scriere: poate"), badRights("ștergere nu știu"), badRights("citire / scriere / -"),
		badRights("ca Ion"), badRights("de stabilit"), badRights("citire?/scriere dacă se poate"), badRights("administrator"),
		ticks("x", "X", "x", "read,write,delete"), ticks("✓", nil, nil, "read"), ticks("DA", "DA", "NU", "read,write"), ticks(1, 1, 0, "read,write"), ticks(true, false, false, "read"), ticks("da", "-", "-", "read"),
		ticks("√", "", "", "read"), ticks("citire", "scriere", nil, "read,write"), ticks("☑", "☐", "☐", "read"), ticks("v", "v", nil, "read,write"), ticks("TRUE", "FALSE", "FALSE", "read"), ticks("•", nil, nil, "read"),
		{"an unclear tick", "internal_users", [][]any{{askInternal}, {"Nume", "E-mail", "Citire", "Scriere", "Ștergere"}, {"Ana Pop", "ana@p.test", "x", "?", nil}}, "Ana Pop <ana@p.test>", "internal_users[0].rights invalid"},
		{"letters as headers", "internal_users", [][]any{{askInternal}, {"Nume", "E-mail", "C", "S", "Ș"}, {"Ana Pop", "ana@p.test", "x", nil, "x"}}, "Ana Pop <ana@p.test> read,delete", ""},
		{"letters as headers without diacritics", "internal_users", [][]any{{askInternal}, {"Nume", "E-mail", "C", "S", "S"}, {"Ana Pop", "ana@p.test", "x", nil, "x"}}, "Ana Pop <ana@p.test> read,delete", ""},
		{"a header of two rows", "internal_users", [][]any{{askInternal}, {"Nr. crt.", "Nume și prenume", "E-mail", "Drepturi de acces"}, {nil, nil, nil, "Citire", "Scriere", "Ștergere"}, {1, "Ana Pop", "ana@p.test", "x", "x"}}, "Ana Pop <ana@p.test> read,write", ""},
		{"rights in another order", "internal_users", [][]any{{askInternal}, {"Nume", "E-mail", "Scriere", "Citire", "Ștergere"}, {"Ana Pop", "ana@p.test", "x", nil, nil}}, "Ana Pop <ana@p.test> write", ""},
		{"columns without a header, rights in words", "internal_users", [][]any{{askInternal}, {1, "Ana Pop", "ana@p.test", "citire, scriere"}}, "Ana Pop <ana@p.test> read,write", ""},
		{"rights in brackets", "internal_users", [][]any{{askInternal}, {"1. Ana Pop ana@p.test (citire, scriere)"}}, "Ana Pop <ana@p.test> read,write", ""},
		{"rights before the address", "internal_users", [][]any{{askInternal}, {"1. Ana Pop - citire/scriere - ana@p.test"}}, "Ana Pop <ana@p.test> read,write", ""},
		{"rights with a word in front", "internal_users", [][]any{{askInternal}, {"1. Ana Pop, ana@p.test, drepturi: citire"}}, "Ana Pop <ana@p.test> read", ""},
		{"a function beside rights", "internal_users", [][]any{{askInternal}, {"1. Ana Pop, inspector, ana@p.test, citire"}}, "Ana Pop <ana@p.test> read", ""},
		{"a table with the department", "internal_users", [][]any{{askInternal}, {"Nr.", "Nume și prenume", "Compartiment", "E-mail", "Drepturi"}, {1, "Ana Pop", "Birou Informatică", "ana@p.test", "citire"}}, "Ana Pop <ana@p.test> read", ""},
		{"a table with the service and the phone", "internal_users", [][]any{{askInternal}, {"Nume", "Serviciul", "Telefon", "Adresa de email", "Citire", "Scriere", "Stergere"}, {"Ana Pop", "Juridic", "0238", "ana@p.test", "da", "da", "nu"}}, "Ana Pop <ana@p.test> read,write", ""},
		{"a table with the institution", "partner_users", [][]any{{askPartners}, {"Nume", "Instituția", "E-mail"}, {"Ana Pop", "Spital", "ana@x.test"}}, "Ana Pop <ana@x.test>", ""},
		{"right labels over ticks in one cell", "internal_users", [][]any{{askInternal}, {"1. Ana Pop – ana@p.test – citire: da, scriere: da, ștergere: nu"}}, "Ana Pop <ana@p.test> read,write", ""},
		{"people whose names look like rights", "internal_users", [][]any{{askInternal}, {"1. Ion Scripcaru – ion@p.test – citire"}, {"2. Ana Stergiu – ana@p.test – scriere"}}, "Ion Scripcaru <ion@p.test> read; Ana Stergiu <ana@p.test> write", ""},
		{"titles of columns in other words", "internal_users", [][]any{{askInternal}, {"Nr.", "Nume utilizator intern", "Adresa de e-mail instituțională", "Citire (C)", "Scriere (S)", "Ștergere (Ș)"}, {1, "Ana Pop", "ana@p.test", "x", nil, "x"}}, "Ana Pop <ana@p.test> read,delete", ""},
		{"a column for all rights", "internal_users", [][]any{{askInternal}, {"Nume", "E-mail", "Drepturi (citire/scriere/ștergere)"}, {"Ana Pop", "ana@p.test", "citire"}}, "Ana Pop <ana@p.test> read", ""},
		{"an example at the end of its line", "internal_users", [][]any{{askInternal}, {"Ion Popescu – ion@p.test – citire (exemplu)"}, {"1. Ana Pop – ana@p.test – citire"}}, "Ana Pop <ana@p.test> read", ""},
		{"people whose names look like a footer", "internal_users", [][]any{{askInternal}, {"Nume", "E-mail", "Drepturi"}, {"Notaru Ion", "ion@p.test", "citire"}, {"Primaru Ana", "", "citire"}, {"Sefu Dan", "dan@p.test", "citire"}}, "Notaru Ion <ion@p.test> read; Primaru Ana <> read; Sefu Dan <dan@p.test> read", "internal_users[1].email missing"},
		{"more users after a gap and a heading", "internal_users", [][]any{{askInternal}, {"1. Ana Pop, ana@p.test, citire"}, nil, {"de la Juridic:"}, {"Dan Ene, dan@p.test, citire"}}, "Ana Pop <ana@p.test> read; Dan Ene <dan@p.test> read", ""},
		{"whom to ask", "internal_users", [][]any{{askInternal}, {"1. Ana Pop, ana@p.test, citire"}, nil, {"Persoană de contact: Dan Ene, dan@p.test"}}, "Ana Pop <ana@p.test> read", ""},
		{"a signature below", "internal_users", [][]any{{askInternal}, {"1. Ana Pop, ana@p.test, citire"}, nil, {"Data: 20.11.2026", "Semnătura: ______"}, {"Șef serviciu,"}, {"Popescu Ion"}}, "Ana Pop <ana@p.test> read", ""},
		{"a note below", "internal_users", [][]any{{askInternal}, {"1. Ana Pop, ana@p.test, citire"}, {"Notă: se completează cu majuscule"}}, "Ana Pop <ana@p.test> read", ""},
		{"a signature beneath a table", "internal_users", [][]any{{askInternal}, {"Nr.", "Nume", "E-mail", "Drepturi"}, {1, "Ana Pop", "ana@p.test", "citire"}, nil, {nil, "Director executiv,"}, {nil, "Popescu Ion"}}, "Ana Pop <ana@p.test> read", ""},
		{"a gap in a table", "internal_users", [][]any{{askInternal}, {"Nr.", "Nume", "E-mail", "Drepturi"}, {1, "Ana Pop", "ana@p.test", "citire"}, nil, {3, "Dan Ene", "dan@p.test", "citire"}}, "Ana Pop <ana@p.test> read; Dan Ene <dan@p.test> read", ""},
		{"not a person", "internal_users", [][]any{{askInternal}, {"toți angajații serviciului"}}, "toți angajații serviciului <>", "internal_users[0].email missing; internal_users[0].rights missing"},
	}
	ok := 0
	for _, v := range list {
		good := t.Run(v.field+": "+v.name, func(t *testing.T) {
			r, err := Read(sheetOf(t, formWith(v.field, v.rows...)), corpusRules())
			if err != nil {
				t.Fatal(err)
			}
			if r.Kind != Create {
				t.Fatalf("kind %q", r.Kind)
			}
			if got := said(r, v.field); got != v.want {
				t.Errorf("read %q, want %q", got, v.want)
			}
			if got := problemsText(r.Problems); got != v.problems {
				t.Errorf("problems %q, want %q", got, v.problems)
			}
			for _, p := range r.Problems {
				if p.Cell == "" {
					t.Errorf("no cell for %s", p.Field)
				}
			}
		})
		if good {
			ok++
		}
	}
	t.Logf("%d of %d as a clerk would read them", ok, len(list))
}

func rights(words, want string) variant {
	return variant{"rights " + words, "internal_users", [][]any{{askInternal}, {"Nr. crt.", "Nume și prenume", "E-mail", "Drepturi de acces"}, {1, "Ana Pop", "ana@p.test", words}}, "Ana Pop <ana@p.test> " + want, ""}
}

func badRights(words string) variant {
	v := rights(words, "")
	v.want, v.problems = "Ana Pop <ana@p.test>", "internal_users[0].rights invalid"
	return v
}

func ticks(read, write, del any, want string) variant {
	return variant{fmt.Sprint("ticks ", read, write, del), "internal_users", [][]any{{askInternal}, {"Nr. crt.", "Nume și prenume", "E-mail", "Citire", "Scriere", "Ștergere"}, {1, "Ana Pop", "ana@p.test", read, write, del}}, "Ana Pop <ana@p.test> " + want, ""}
}
