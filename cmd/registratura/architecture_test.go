package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// module is the module's name, and so the beginning of its packages' paths.
const module = "registratura"

// rooms says what each room may import of ours, as the design has it: imports
// point one way, towards forms, and adapters never import each other. A package
// belongs to the room with the longest path that it stands under, and a room
// may import itself.
var rooms = map[string][]string{
	"forms":                   {},
	"intake":                  {"forms", "intake/reply", "intake/trust"},
	"intake/reply":            {},
	"intake/trust":            {},
	"intake/archive":          {"intake"},
	"intake/mailbox":          {"intake"},
	"intake/mailbox/mailhost": {},
	"intake/store":            {"intake", "forms"},
	"intake/portal":           {"intake", "forms"},
	"templates":               {"intake", "forms"},
	"mailer":                  {"intake", "templates"},
	"cmd/registratura":        {"*"},
}

// roomOf is the room that a package, named without the module, stands in.
// Portals are adapters of their own, so each is a room.
func roomOf(pkg string) (room string, rules []string, ok bool) {
	for name := pkg; name != "."; name = path.Dir(name) {
		if rules, ok := rooms[name]; ok {
			if name == "intake/portal" && pkg != name {
				portal, _, _ := strings.Cut(strings.TrimPrefix(pkg, name+"/"), "/")
				return name + "/" + portal, rules, true
			}
			return name, rules, true
		}
	}
	return "", nil, false
}

// wrongArrows lists the imports that run against the design. imports holds
// what each of our packages imports of ours, all without the module's name.
func wrongArrows(imports map[string][]string) []string {
	var wrong []string
	for from, list := range imports {
		room, rules, ok := roomOf(from)
		if !ok {
			wrong = append(wrong, from+" stands in no room")
			continue
		}
		for _, to := range list {
			target, _, ok := roomOf(to)
			if ok && (target == room || slices.Contains(rules, target) || slices.Contains(rules, "*")) {
				continue
			}
			wrong = append(wrong, from+" -> "+to)
		}
	}
	slices.Sort(wrong)
	return wrong
}

// importGraph reads what the Go files under root import of ours, tests left out.
func importGraph(root string) (map[string][]string, error) {
	graph := map[string][]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && file != root && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(dir)
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		if graph[pkg] == nil {
			graph[pkg] = []string{}
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if ours, ok := strings.CutPrefix(imported, module+"/"); ok && !slices.Contains(graph[pkg], ours) {
				graph[pkg] = append(graph[pkg], ours)
			}
		}
		return nil
	})
	return graph, err
}

func TestImportsPointOneWay(t *testing.T) {
	graph, err := importGraph(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for room := range rooms {
		if room != "intake/portal" && graph[room] == nil {
			t.Errorf("there is no package %s: is this the module's root?", room)
		}
	}
	for _, arrow := range wrongArrows(graph) {
		t.Errorf("against the design: %s", arrow)
	}
}

func TestWrongArrowsAreFound(t *testing.T) {
	tests := []struct {
		from, to string
		wrong    bool
	}{
		{"forms", "forms/workbook", false},
		{"forms/workbook", "forms", false},
		{"forms", "intake", true},
		{"forms/workbook", "templates", true},
		{"intake", "forms", false},
		{"intake", "intake/reply", false},
		{"intake", "intake/trust", false},
		{"intake", "intake/store", true},
		{"intake", "intake/mailbox", true},
		{"intake", "intake/portal/extranet", true},
		{"intake", "mailer", true},
		{"intake", "templates", true},
		{"intake", "forms/workbook", false}, // it is part of the room
		{"intake/reply", "forms", true},
		{"intake/reply", "intake", true},
		{"intake/reply", "intake/trust", true},
		{"intake/trust", "intake", true},
		{"intake/mailbox", "intake", false},
		{"intake/mailbox", "forms", true},
		{"intake/mailbox", "intake/store", true},
		{"intake/mailbox", "intake/mailbox/mailhost", true},
		{"intake/mailbox/mailhost", "intake", true},
		{"intake/mailbox/mailhost", "intake/mailbox", true},
		{"intake/mailbox/mailhost/realhost", "intake/mailbox/mailhost", false},
		{"intake/store", "intake", false},
		{"intake/store", "forms", false},
		{"intake/store", "mailer", true},
		{"intake/store", "intake/trust", true},
		{"intake/store/storetest", "intake/store", false},
		{"intake/portal/extranet", "intake", false},
		{"intake/portal/extranet", "intake/portal/portaltest", true},
		{"intake/portal/extranet", "intake/portal/manual", true},
		{"intake/portal/extranet/pages", "intake/portal/extranet", false},
		{"intake/portal/extranet", "templates", true},
		{"templates", "intake", false},
		{"templates", "mailer", true},
		{"mailer", "templates", false},
		{"mailer", "intake", false},
		{"mailer", "forms", true},
		{"mailer", "intake/mailbox", true},
		{"cmd/registratura", "intake/store", false},
		{"cmd/registratura/play", "intake/mailbox/mailhost", false},
		{"mailer", "cmd/registratura/config", true},
		{"util", "forms", true},
		{"forms", "nowhere", true},
	}
	for _, test := range tests {
		t.Run(test.from+" to "+test.to, func(t *testing.T) {
			if got := wrongArrows(map[string][]string{test.from: {test.to}}); (len(got) > 0) != test.wrong {
				t.Errorf("found %q", got)
			}
		})
	}
}

func TestImportGraphIsReadFromTheFiles(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"forms/a.go":          "package forms\nimport (\n\t\"fmt\"\n\tx \"registratura/mailer\"\n)\n",
		"forms/a_test.go":     "package forms\nimport \"registratura/intake\"\n",
		"forms/testdata/b.go": "package b\nimport \"registratura/intake\"\n",
		"mailer/m.go":         "package mailer\n",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	graph, err := importGraph(root)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"forms": {"mailer"}, "mailer": {}}
	if d := cmp.Diff(want, graph); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := wrongArrows(graph); !slices.Equal(got, []string{"forms -> mailer"}) {
		t.Errorf("found %q", got)
	}
}
