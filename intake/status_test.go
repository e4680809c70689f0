package intake_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"registratura/intake"
)

var update = flag.Bool("update", false, "rewrite docs/requests.md")

// statusDocs are the doc comments of status.go: that of the type, and that of
// each status by its value.
func statusDocs(t *testing.T) (ofType string, ofStatus map[intake.Status]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "status.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	ofStatus = map[intake.Status]string{}
	for _, d := range file.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range decl.Specs {
			switch spec := s.(type) {
			case *ast.TypeSpec:
				if spec.Name.Name == "Status" {
					ofType = decl.Doc.Text()
				}
			case *ast.ValueSpec:
				if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "Status" {
					value := intake.Status(strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
					ofStatus[value] = strings.Join(strings.Fields(strings.TrimPrefix(spec.Doc.Text(), spec.Names[0].Name)), " ")
				}
			}
		}
	}
	return ofType, ofStatus
}

// arrow is a line of the table.
type arrow struct{ From, To, By string }

var tableLine = regexp.MustCompile(`(?m)^\s+([a-z_]+)\s{2,}([a-z_]+)\s{2,}(\S.*)$`)

func table(t *testing.T) []arrow {
	t.Helper()
	text, _ := statusDocs(t)
	var arrows []arrow
	for _, m := range tableLine.FindAllStringSubmatch(text, -1) {
		if m[1] != "from" {
			arrows = append(arrows, arrow{m[1], m[2], m[3]})
		}
	}
	return arrows
}

func TestTableOfStatusesIsTheListOfTransitions(t *testing.T) {
	var written, legal []string
	for _, a := range table(t) {
		written = append(written, a.From+" "+a.To)
		if a.By == "" {
			t.Errorf("nobody is named who takes a request from %s to %s", a.From, a.To)
		}
	}
	for _, tr := range intake.Transitions {
		legal = append(legal, fmt.Sprint(tr.From(), " ", tr.To()))
	}
	if d := cmp.Diff(legal, written); d != "" {
		t.Errorf("the table in the doc comment of Status (-Transitions +table):\n%s", d)
	}
	slices.Sort(legal)
	if n := len(slices.Compact(legal)); n != len(intake.Transitions) {
		t.Errorf("a transition stands twice in Transitions")
	}
}

func TestStatusesAreThoseOfTheTransitions(t *testing.T) {
	var all []intake.Status
	for _, tr := range intake.Transitions {
		all = append(all, tr.From(), tr.To())
	}
	same(t, "those of Transitions", all)
}

func TestStatusesAreThoseOfTheSourceFile(t *testing.T) {
	_, docs := statusDocs(t)
	var all []intake.Status
	for s, doc := range docs {
		all = append(all, s)
		final := strings.Contains(doc, "Final.")
		if ends := strings.Contains(doc, "Ended by"); final == ends {
			t.Errorf("the doc comment of %s says neither or both of who ends it and that it is final: %q", s, doc)
		}
		if final != s.Final() {
			t.Errorf("the doc comment of %s says that it is final: %v; the transitions say %v", s, final, s.Final())
		}
	}
	same(t, "those of the source file", all)
}

func TestStatusesAreThoseThatTheDatabaseTakes(t *testing.T) {
	sql, err := os.ReadFile(filepath.Join("store", "migrations", "0005_life.sql"))
	if err != nil {
		t.Fatal(err)
	}
	check := regexp.MustCompile(`(?s)CHECK \(status IN \((.*?)\)\)`).FindSubmatch(sql)
	if check == nil {
		t.Fatal("there is no CHECK of the status")
	}
	var all []intake.Status
	for _, m := range regexp.MustCompile(`'([^']*)'`).FindAllSubmatch(check[1], -1) {
		all = append(all, intake.Status(m[1]))
	}
	same(t, "those of the CHECK", all)
}

// same compares statuses with the list of all, without the order.
func same(t *testing.T, what string, got []intake.Status) {
	t.Helper()
	want := slices.Sorted(slices.Values(intake.Statuses))
	got = slices.Compact(slices.Sorted(slices.Values(got)))
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Statuses and %s (-Statuses +others):\n%s", what, d)
	}
}

func TestEveryStatusCanBeReached(t *testing.T) {
	reached := map[intake.Status]bool{intake.StatusReceived: true}
	for range intake.Statuses {
		for _, tr := range intake.Transitions {
			if reached[tr.From()] {
				reached[tr.To()] = true
			}
		}
	}
	for _, s := range intake.Statuses {
		if !reached[s] {
			t.Errorf("no request can come to be %s", s)
		}
	}
}

// requestsPage is docs/requests.md, made from status.go.
func requestsPage(t *testing.T) string {
	t.Helper()
	_, docs := statusDocs(t)
	var b strings.Builder
	b.WriteString(`# The life of a request

This page is made from ` + "`intake/status.go`" + `; ` + "`go test ./intake -update`" + ` writes it anew.

A request is always in exactly one of these statuses. Who or what ends it stands
beside it; there is no other way from one to another.

`)
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> received: a form is registered\n")
	for _, a := range table(t) {
		// A colon parts an arrow from its label.
		fmt.Fprintf(&b, "    %s --> %s: %s\n", a.From, a.To, strings.ReplaceAll(a.By, ": ", ", "))
	}
	for _, s := range intake.Statuses {
		if s.Final() {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	b.WriteString("```\n\n")
	for _, s := range intake.Statuses {
		text := docs[s]
		if !strings.HasPrefix(text, ":") {
			text = " " + text
		}
		fmt.Fprintf(&b, "- **%s**%s\n", s, text)
	}
	return b.String()
}

func TestRequestsPageShowsTheTable(t *testing.T) {
	page := filepath.Join("..", "docs", "requests.md")
	want := requestsPage(t)
	if *update {
		if err := os.MkdirAll(filepath.Dir(page), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("docs/requests.md is not what status.go says; -update rewrites it (-want +got):\n%s", d)
	}
}
