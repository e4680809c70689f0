// Package templates holds every text that a person reads: the mails of the
// desk, one file each in mails/, and the pages of the extranet.
//
// A mail is one file, subject and body together, in the light markup that
// mails/README.md explains to people who do not program. Its text/plain and its
// HTML are made from the same parsed text, so that they cannot disagree. What
// comes from people is data: it can never become markup, a link, a header line
// or a paragraph of its own (rule F4), see [asData].
package templates

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"strings"
	"sync"
	"text/template"
	"time"

	"registratura/forms"
	"registratura/intake"
)

//go:embed shared.tmpl mails/*.tmpl
var mailFiles embed.FS

// Context is what every mail says about the desk itself.
type Context struct {
	Institution string         // "Primăria Municipiului Buzău"
	Name        string         // of the desk, as it signs: "Registratura electronică"
	Address     string         // of the desk, addr-spec
	Procedure   string         // "DE-SPDI-02"
	Support     string         // whom to turn to for help: "Serviciul TIC, tel. 0238 710 562"; empty: nobody is named
	Location    *time.Location // in which times are told; nil is UTC
	WebDAV      bool           // the portal's sites open as network folders too
}

// When is t in words, in the desk's own time: "luni, 23 noiembrie 2026, ora 14:05".
func (c Context) When(t time.Time) string {
	t = c.local(t)
	return inWords(t) + ", ora " + t.Format("15:04")
}

// OpensLater reports whether the site of an approved request opens on a later
// day than that of its decision.
func (c Context) OpensLater(r *intake.Request) bool {
	if r.Decision == nil {
		return true
	}
	return forms.DateOf(c.local(r.Decision.At)).Before(r.Plan.ActivateOn)
}

func (c Context) local(t time.Time) time.Time {
	if c.Location == nil {
		return t.UTC()
	}
	return t.In(c.Location)
}

// Mail is a letter put into words.
type Mail struct {
	Subject string // one line
	Text    string // for text/plain; lines end in LF
	HTML    string // a whole document, without anything to be fetched
}

// mailTemplates parses every mail once: they are part of the program.
var mailTemplates = sync.OnceValues(func() (*template.Template, error) {
	root := template.New("").Option("missingkey=error").Funcs(mailFuncs)
	files, err := fs.Glob(mailFiles, "mails/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("listing the mail templates: %w", err)
	}
	for _, file := range append(files, "shared.tmpl") {
		source, err := mailFiles.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading the mail templates: %w", err)
		}
		name := strings.TrimSuffix(path.Base(file), ".tmpl")
		if _, err := root.New(name).Parse(standalone(string(source))); err != nil {
			return nil, fmt.Errorf("parsing the mail templates: %w", err)
		}
	}
	for _, t := range root.Templates() {
		if t.Tree != nil {
			markData(t.Tree.Root)
		}
	}
	return root, nil
})

// Render puts the letter into words. It fails only if the template and the
// letter do not fit together, which the tests of this package rule out for
// every letter in [intake.Letters].
func Render(letter intake.Letter, ctx Context) (Mail, error) {
	all, err := mailTemplates()
	if err != nil {
		return Mail{}, err
	}
	t := all.Lookup(letter.Name())
	if t == nil {
		return Mail{}, fmt.Errorf("rendering mail %q: there is no template of that name", letter.Name())
	}
	var source strings.Builder
	if err := t.Execute(&source, fieldsOf(letter, ctx)); err != nil {
		return Mail{}, fmt.Errorf("rendering mail %q: %w", letter.Name(), err)
	}
	doc, err := parseMarkup(source.String())
	if err != nil {
		return Mail{}, fmt.Errorf("rendering mail %q: %w", letter.Name(), err)
	}
	return Mail{Subject: doc.subject, Text: renderText(doc), HTML: renderHTML(doc)}, nil
}

// fieldsOf is what a template sees: the letter's fields by their names, and the
// desk's context as Desk.
func fieldsOf(letter intake.Letter, ctx Context) map[string]any {
	fields := map[string]any{"Desk": ctx}
	v := reflect.Indirect(reflect.ValueOf(letter))
	for i := range v.NumField() {
		fields[v.Type().Field(i).Name] = v.Field(i).Interface()
	}
	return fields
}
