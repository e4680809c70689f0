package config

import (
	"bytes"
	"encoding"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"registratura/forms"
	"registratura/intake"
)

var update = flag.Bool("update", false, "rewrite example.toml from the definitions")

func TestExampleIsMadeFromTheDefinitions(t *testing.T) {
	want := generate(t)
	if *update {
		if err := os.WriteFile("example.toml", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	var got bytes.Buffer
	if err := WriteExample(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("example.toml is not what the definitions say; run go test -run TestExample -update (-want +got):\n%s", diff)
	}
}

func TestExampleLoads(t *testing.T) {
	want := sample()
	want.normalise()
	got := Example()
	if diff := cmp.Diff(want, got, values); diff != "" {
		t.Errorf("Example (-want +got):\n%s", diff)
	}
	for _, f := range got.faults {
		if f.Key != "institution.domains" { // .test, as it must be
			t.Errorf("unexpected warning: %s", f)
		}
	}
}

func TestExampleCanBeEditedByRemovingTheHashOfAnyDefault(t *testing.T) {
	text := regexp.MustCompile(`(?m)^#([a-z])`).ReplaceAllString(exampleText, "$1")
	if text == exampleText {
		t.Fatal("the example holds no defaults")
	}
	if diff := cmp.Diff(Example(), parse("", text), values, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("a default stands in the example that is not the default (-example +with the hashes removed):\n%s", diff)
	}
}

func TestExampleNamesEveryKey(t *testing.T) {
	var check func(section string, v reflect.Value)
	check = func(section string, v reflect.Value) {
		for _, f := range fields(v) {
			switch {
			case f.value.Kind() == reflect.Struct:
				check(join(section, f.name), f.value)
			case f.value.Kind() == reflect.Slice && f.value.Type().Elem().Kind() == reflect.Struct:
				check(f.name, reflect.New(f.value.Type().Elem()).Elem())
			default:
				// [section] or [[section]], then the key before the next section
				find := regexp.MustCompile(`(?m)^\[\[?` + regexp.QuoteMeta(section) + `\]\]?\n(?:[^\[].*\n|\n)*?#?` + f.name + ` = `)
				if !find.MatchString(exampleText) {
					t.Errorf("%s is not in the example", join(section, f.name))
				}
			}
		}
	}
	check("", reflect.ValueOf(Default()).Elem())
}

func TestExampleSurvivesBeingWrittenAndReadAgain(t *testing.T) {
	data, err := toml.Marshal(Example())
	if err != nil {
		t.Fatal(err)
	}
	again := parse("", string(data))
	if len(again.faults) > 0 {
		t.Fatalf("reading it again: %v", again.faults)
	}
	if diff := cmp.Diff(Example(), again, values, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("round trip (-before +after):\n%s", diff)
	}
}

// values compares what is configured, not where it stands.
var values = cmp.Options{cmpopts.IgnoreUnexported(Config{}, Department{})}

// sample is the example's configuration: the defaults, what the operator must
// give, and the departments of the procedure.
func sample() *Config {
	c := Default()
	c.Institution.Name = "Primăria Municipiului Buzău"
	c.Institution.Domains = []string{"primaria.test", "primariabuzau.test"}
	c.Institution.IT = []string{"Serviciul TIC <it@primaria.test>"}
	c.Desk.Address = "cereri-site@primaria.test"
	c.IMAP.Address = "mail.primaria.test:993"
	c.IMAP.Username = c.Desk.Address
	c.IMAP.PasswordFile = "$CREDENTIALS_DIRECTORY/imap"
	c.SMTP.Address = "mail.primaria.test:587"
	c.SMTP.Username = c.Desk.Address
	c.SMTP.PasswordFile = "$CREDENTIALS_DIRECTORY/smtp"
	c.Portal.BaseURL = "https://extranet.primaria.test"
	c.Approvers = []Approver{
		{Title: "Primar", Name: "Constantin Popa", Address: "primar@primaria.test", Salutation: "Stimate domnule primar"},
		{Title: "Viceprimar", Name: "Elena Ionescu", Address: "viceprimar1@primaria.test", Salutation: "Stimată doamnă viceprimar"},
		{Title: "Viceprimar", Name: "Mihai Dumitrescu", Address: "viceprimar2@primaria.test", Salutation: "Stimate domnule viceprimar"},
	}
	for _, d := range forms.ProcedureDepartments() {
		c.Departments = append(c.Departments, Department{
			Name: d.Name, Parent: d.Parent, Head: heads[d.Name].Name, Address: heads[d.Name].Address, Aliases: d.Aliases,
		})
	}
	return c
}

// heads are invented; the services have none of their own.
var heads = map[string]intake.Person{
	"Direcția Administrație Publică Locală": {Name: "Director executiv DAPL", Address: "dapl@primaria.test"},
	"Direcția Evidența Persoanelor":         {Name: "Director executiv Evidența Persoanelor", Address: "evidenta@primaria.test"},
	"Arhitect Șef":                          {Name: "Arhitect șef", Address: "arhitect.sef@primaria.test"},
	"Direcția Cadastru, Administrare Patrimoniu, Fond Locativ, Transporturi Locale": {Name: "Director executiv Cadastru", Address: "cadastru@primaria.test"},
	"Direcția Tehnică":         {Name: "Director executiv Tehnic", Address: "tehnic@primaria.test"},
	"Direcția Economică":       {Name: "Director executiv Economic", Address: "economic@primaria.test"},
	"Direcția Poliției Locale": {Name: "Director executiv Poliția Locală", Address: "politia.locala@primaria.test"},
}

const exampleHead = `# Registratura: the complete configuration, as "registratura config" prints it.
#
# A line that begins with #key shows a default; remove the # to change it. The
# other lines are values that every city hall has its own of: those here are
# invented. Paths are relative to the folder of this file. Lengths of time are
# written "30s", "5m", "2h", "30d"; sizes "500 KB", "25 MB", "4 GB" (powers of
# 1000) or "25 MiB" (powers of 1024).
# "registratura check --config FILE" says everything that is wrong in it.
`

// generate writes the example from the doc comments in config.go and the
// values of sample.
func generate(t *testing.T) []byte {
	t.Helper()
	g := generator{docs: map[string]string{}}
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.TYPE {
			continue
		}
		spec := gen.Specs[0].(*ast.TypeSpec)
		def, ok := spec.Type.(*ast.StructType)
		if !ok {
			continue
		}
		g.docs[spec.Name.Name] = gen.Doc.Text()
		for _, f := range def.Fields.List {
			for _, name := range f.Names {
				g.docs[spec.Name.Name+"."+name.Name] = f.Doc.Text()
			}
		}
	}
	g.out.WriteString(exampleHead)
	g.section("", reflect.ValueOf(sample()).Elem(), reflect.ValueOf(Default()).Elem(), true)
	return g.out.Bytes()
}

type generator struct {
	docs map[string]string // of types and their fields, "IMAP.Folder"
	out  bytes.Buffer
}

func (g *generator) section(path string, v, defaults reflect.Value, commented bool) {
	var sections []func()
	g.keys(v, defaults, commented, func(f field, def reflect.Value) bool {
		key := join(path, f.name)
		switch {
		case f.value.Kind() == reflect.Struct:
			sections = append(sections, func() {
				g.out.WriteString("\n")
				g.comment(g.docs[f.value.Type().Name()])
				fmt.Fprintf(&g.out, "[%s]\n", key)
				g.section(key, f.value, def, true)
			})
		case f.value.Kind() == reflect.Slice && f.value.Type().Elem().Kind() == reflect.Struct:
			sections = append(sections, func() {
				for i := range f.value.Len() {
					g.out.WriteString("\n")
					if i == 0 {
						g.comment(g.docs[f.value.Type().Elem().Name()])
					}
					fmt.Fprintf(&g.out, "[[%s]]\n", key)
					g.section(key, f.value.Index(i), reflect.Zero(f.value.Type().Elem()), i == 0)
				}
			})
		default:
			return false
		}
		return true
	})
	for _, write := range sections {
		write()
	}
}

// keys writes the keys of one section; section takes those that are sections.
func (g *generator) keys(v, defaults reflect.Value, commented bool, section func(field, reflect.Value) bool) {
	for i := range v.NumField() {
		def := v.Type().Field(i)
		f := field{def.Tag.Get("toml"), v.Field(i), def}
		switch {
		case def.Anonymous && f.name == "":
			g.keys(f.value, defaults.Field(i), commented, section)
		case f.name == "" || section(f, defaults.Field(i)):
		default:
			isDefault := reflect.DeepEqual(f.value.Interface(), defaults.Field(i).Interface())
			if isDefault && !commented {
				continue
			}
			if commented {
				g.comment(g.docs[v.Type().Name()+"."+def.Name])
			}
			if isDefault {
				g.out.WriteString("#")
			}
			fmt.Fprintf(&g.out, "%s = %s\n", f.name, tomlValue(f.value))
		}
	}
}

func (g *generator) comment(text string) {
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if line != "" {
			g.out.WriteString("# " + line + "\n")
		}
	}
}

func tomlValue(v reflect.Value) string {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, _ := m.MarshalText() // ours never fail
		return show(string(text))
	}
	if v.Kind() == reflect.Slice {
		items := make([]any, v.Len())
		for i := range items {
			items[i] = v.Index(i).Interface()
		}
		return show(items)
	}
	return show(v.Interface())
}
