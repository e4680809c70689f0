package forms

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// corpusRules are what the labels of the corpus were made with.
func corpusRules() Rules {
	return Rules{Today: Date{2026, 11, 23}, Departments: ProcedureDepartments(), OwnDomains: []string{"primaria.test", "primariabuzau.test"}}
}

type corpusCase struct {
	File   string
	Kind   string
	Fields struct {
		Requester, Department, Partner, Info_Types, Activation_Date, Legal_Basis, Site, Reason, Archive_To *string
		Partner_Users, Internal_Users                                                                      []corpusUser
	}
	Problems             []struct{ Field, Cell, Why string }
	Department_Canonical *string
}

type corpusUser struct {
	Name, Email *string
	Rights      []string
}

// comparable is a text as labels are compared: NFC, comma below, no-break space
// as space, white space and case folded.
func comparable(s string) string {
	s = norm.NFC.String(s)
	s = strings.NewReplacer("ş", "ș", "ţ", "ț", "Ş", "Ș", "Ţ", "Ț", "\u00a0", " ").Replace(s)
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return comparable(*s)
}

func TestCorpusIsReadAsLabelled(t *testing.T) {
	file, err := os.ReadFile("testdata/corpus/expected.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	right, all := 0, 0
	var table strings.Builder
	lines := bufio.NewScanner(bytes.NewReader(file))
	for lines.Scan() {
		var c corpusCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join("testdata/corpus", c.File))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Read(data, corpusRules())
		if err != nil {
			t.Errorf("%s: %v", c.File, err)
			continue
		}
		ok, n := 0, 0
		check := func(what, got, want string) {
			t.Helper()
			if n++; got == want {
				ok++
			} else {
				t.Errorf("%s: %s is %q, want %q", c.File, what, got, want)
			}
		}
		kind := string(r.Kind)
		if kind == "" {
			kind = "not_a_form"
		}
		check("kind", kind, c.Kind)
		s := r.Submission
		check("requester", comparable(s.Requester), value(c.Fields.Requester))
		check("department", comparable(s.Department), value(c.Fields.Department))
		check("partner", comparable(s.Partner), value(c.Fields.Partner))
		check("info_types", comparable(s.InfoTypes), value(c.Fields.Info_Types))
		check("activation_date", s.ActivationDate.String(), value(c.Fields.Activation_Date))
		check("legal_basis", comparable(s.LegalBasis), value(c.Fields.Legal_Basis))
		check("site", comparable(s.Site), value(c.Fields.Site))
		check("reason", comparable(s.Reason), value(c.Fields.Reason))
		check("archive_to", comparable(s.ArchiveTo), value(c.Fields.Archive_To))
		check("partner_users", usersText(s.PartnerUsers), corpusUsersText(c.Fields.Partner_Users))
		check("internal_users", usersText(s.InternalUsers), corpusUsersText(c.Fields.Internal_Users))
		canonical := ""
		for _, d := range ProcedureDepartments() {
			if d.Name == r.Department && r.Department != "" {
				canonical = d.Name
				if d.Parent != "" {
					canonical = d.Parent + " / " + d.Name
				}
			}
		}
		check("canonical department", departmentKey(canonical), departmentKey(value(c.Department_Canonical)))
		var got, want []string
		for _, p := range r.Problems {
			got = append(got, fmt.Sprintf("%s %s %s", p.Field, p.Cell, p.Why))
			if p.Message == "" || p.Sheet == "" {
				t.Errorf("%s: %s has no message or no sheet", c.File, p.Field)
			}
		}
		for _, p := range c.Problems {
			want = append(want, fmt.Sprintf("%s %s %s", p.Field, p.Cell, p.Why))
		}
		check("problems", strings.Join(got, "; "), strings.Join(want, "; "))
		fmt.Fprintf(&table, "%-36s %2d of %2d\n", c.File, ok, n)
		right, all = right+ok, all+n
	}
	t.Logf("fields right out of all\n%s%-36s %2d of %2d", table.String(), "together", right, all)
}

func departmentKey(s string) string {
	var parts []string
	for _, w := range words(s, true) {
		parts = append(parts, w.text)
	}
	return strings.Join(parts, " ")
}

func usersText(list []User) string {
	var b strings.Builder
	for _, u := range list {
		fmt.Fprintf(&b, "%s <%s> %s\n", comparable(u.Name), strings.ToLower(u.Email), u.Rights)
	}
	return b.String()
}

func corpusUsersText(list []corpusUser) string {
	var b strings.Builder
	for _, u := range list {
		fmt.Fprintf(&b, "%s <%s> %s\n", value(u.Name), value(u.Email), strings.Join(u.Rights, ","))
	}
	return b.String()
}
