package config

import (
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// parse reads TOML over the defaults. It goes on after a fault, which is why
// the library's own decoding into structs, which stops at the first, is not used.
func parse(file, text string) *Config {
	c := Default()
	c.file = file
	c.lines = keyLines(text)
	if i := firstNotUTF8(text); i >= 0 {
		line := strings.Count(text[:i], "\n") + 1
		column := i - strings.LastIndexByte(text[:i], '\n')
		c.faults = Faults{{
			Where:  fmt.Sprintf("%s:%d:%d", c.fileName(), line, column),
			Reason: "is not UTF-8 text", Instead: "save the file as UTF-8", syntax: true,
		}}
		return c
	}
	var table map[string]any
	if _, err := toml.Decode(text, &table); err != nil {
		c.faults = Faults{c.syntaxFault(err)}
		return c
	}
	c.decodeTable(table, reflect.ValueOf(c).Elem(), "")
	c.misread = map[string]bool{}
	for _, f := range c.faults {
		c.misread[f.Key] = true
	}
	return c
}

func firstNotUTF8(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			return i
		}
	}
	return -1
}

// secretKey finds keys whose values must not be shown, misspelt ones too.
var secretKey = regexp.MustCompile(`(?i)pas|pwd|secret|parol`)

func (c *Config) syntaxFault(err error) Fault {
	f := Fault{Where: c.fileName(), Reason: "is not TOML: " + err.Error(), syntax: true}
	var pe toml.ParseError
	if !errors.As(err, &pe) {
		return f
	}
	f.Where = fmt.Sprintf("%s:%d:%d", c.fileName(), pe.Position.Line, pe.Position.Col)
	f.Key = pe.LastKey
	f.Reason = "is not TOML: " + pe.Message
	f.Instead = `texts and times stand between quotation marks, key = "value"; one key a line`
	if secretKey.MatchString(pe.LastKey) {
		f.Reason = "is not TOML" // the library quotes what it could not read
	}
	return f
}

// field is one key of a section: its name, and what it sets.
type field struct {
	name  string
	value reflect.Value
	def   reflect.StructField
}

// fields lists the keys of a section in order. Embedded structs without a
// name of their own are part of the section.
func fields(v reflect.Value) []field {
	var fs []field
	for i := range v.NumField() {
		def := v.Type().Field(i)
		name := def.Tag.Get("toml")
		switch {
		case name != "":
			fs = append(fs, field{name, v.Field(i), def})
		case def.Anonymous:
			fs = append(fs, fields(v.Field(i))...)
		}
	}
	return fs
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (c *Config) decodeTable(table map[string]any, v reflect.Value, path string) {
	known := fields(v)
	for _, f := range known {
		if value, ok := table[f.name]; ok {
			c.decodeValue(value, f, join(path, f.name))
			delete(table, f.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		// its value is not shown: it may be a misspelt password
		c.fault(join(path, name), "", "there is no such key", suggest(name, path, known))
	}
}

func (c *Config) decodeValue(value any, f field, key string) {
	shown := show(value)
	if f.value.Type() == reflect.TypeFor[Secret]() {
		shown = ""
	}
	wrong := func(want string) { c.fault(key, shown, "is "+kind(value)+", not "+want, "") }

	if u, ok := f.value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		instead := f.value.Interface().(interface{ instead() string }).instead()
		s, ok := value.(string)
		if !ok {
			c.fault(key, shown, "is "+kind(value)+", not a text with a unit", instead)
		} else if err := u.UnmarshalText([]byte(s)); err != nil {
			c.fault(key, shown, err.Error(), instead)
		}
		return
	}
	switch f.value.Kind() {
	case reflect.String:
		s, ok := value.(string)
		if !ok {
			wrong("a text in quotation marks")
			return
		}
		if c.oneLine(key, shown, s) && c.oneOf(f, key, s) {
			f.value.SetString(s)
		}
	case reflect.Bool:
		b, ok := value.(bool)
		if !ok {
			wrong("true or false")
			return
		}
		f.value.SetBool(b)
	case reflect.Int:
		n, ok := value.(int64)
		if !ok {
			wrong("a whole number without quotation marks")
			return
		}
		f.value.SetInt(n)
	case reflect.Struct:
		t, ok := value.(map[string]any)
		if !ok {
			wrong("a section [" + key + "]")
			return
		}
		c.decodeTable(t, f.value, key)
	case reflect.Slice:
		c.decodeList(value, f, key, wrong)
	default:
		panic("config: no way to read " + f.value.Type().String() + " of " + key)
	}
}

func (c *Config) decodeList(value any, f field, key string, wrong func(string)) {
	if f.value.Type().Elem().Kind() == reflect.Struct {
		tables, ok := value.([]map[string]any)
		if !ok {
			wrong("sections [[" + key + "]]")
			return
		}
		f.value.Set(reflect.MakeSlice(f.value.Type(), len(tables), len(tables)))
		for i, t := range tables {
			c.decodeTable(t, f.value.Index(i), fmt.Sprintf("%s[%d]", key, i+1))
		}
		return
	}
	items, ok := value.([]any)
	if !ok {
		wrong(`a list of texts, ["...", "..."]`)
		return
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		s, ok := item.(string)
		if !ok {
			c.fault(key, show(item), "is "+kind(item)+", not a text in quotation marks", "")
		} else if c.oneLine(key, show(s), s) && c.oneOf(f, key, s) {
			texts = append(texts, s)
		}
	}
	f.value.Set(reflect.ValueOf(texts))
}

// oneLine refuses line breaks and other control characters: texts of the
// configuration stand in headers of mails.
func (c *Config) oneLine(key, shown, s string) bool {
	if strings.ContainsFunc(s, unicode.IsControl) {
		c.fault(key, shown, "holds a line break or a control character", "write it in one line")
		return false
	}
	return true
}

// oneOf checks a value against the list in the field's tag, if it has one.
func (c *Config) oneOf(f field, key, s string) bool {
	choices := strings.Fields(f.def.Tag.Get("one"))
	if len(choices) == 0 || slices.Contains(choices, s) {
		return true
	}
	quoted := make([]string, len(choices))
	for i, choice := range choices {
		quoted[i] = strconv.Quote(choice)
	}
	c.fault(key, show(s), "is not one of the values that the key takes", "write "+strings.Join(quoted, " or "))
	return false
}

// userinfo finds what may hold a password in a web address.
var userinfo = regexp.MustCompile(`//[^/]*@`)

// show is a value as it may stand in TOML, cut where it is long.
func show(value any) string {
	switch v := value.(type) {
	case string:
		v = userinfo.ReplaceAllString(v, "//(hidden)@")
		const most = 80
		if r := []rune(v); len(r) > most {
			v = string(r[:most]) + "…"
		}
		return strconv.Quote(v)
	case map[string]any, []map[string]any:
		return ""
	case time.Time:
		return v.Format(time.DateTime)
	case []any:
		items := make([]string, len(v))
		for i := range v {
			items[i] = show(v[i])
		}
		return "[" + strings.Join(items, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

func kind(value any) string {
	switch value.(type) {
	case string:
		return "a text"
	case bool:
		return "true or false"
	case int64, float64:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a section"
	case []map[string]any:
		return "a list of sections"
	default:
		return "a date"
	}
}

// suggest says which key may have been meant: one of the same section that is
// spelt nearly so, or one of the same name in another section.
func suggest(name, path string, known []field) string {
	best, distance := "", len(name)/3+1
	for _, f := range known {
		if len(name) > 2*len(f.name) {
			continue // too far off, and slow to compare
		}
		if d := editDistance(strings.ToLower(name), f.name); d <= distance && (best == "" || d < distance) {
			best, distance = f.name, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", join(path, best))
	}
	for _, section := range fields(reflect.ValueOf(Default()).Elem()) {
		if section.value.Kind() != reflect.Struct || section.name == path {
			continue
		}
		for _, f := range fields(section.value) {
			if f.name == name {
				return fmt.Sprintf("it belongs to [%s]", section.name)
			}
		}
	}
	names := make([]string, len(known))
	for i, f := range known {
		names[i] = f.name
	}
	return "the keys here are " + strings.Join(names, ", ")
}

// editDistance is how many letters must be put in, left out or changed to
// make b out of a (Levenshtein).
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := range s {
		diagonal := row[0]
		row[0] = i + 1
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(t)]
}

// keyLines finds the line of each key, "imap.address" or "department[3].name".
// It need not understand all of TOML, which the library does: a key that it
// misses is named without its line.
func keyLines(text string) map[string]int {
	lines := map[string]int{}
	counts := map[string]int{}
	section := ""
	set := func(key string, line int) {
		if _, ok := lines[key]; !ok {
			lines[key] = line
		}
	}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "[["); ok {
			name, _, _ = strings.Cut(name, "]")
			name = strings.TrimSpace(name)
			counts[name]++
			section = fmt.Sprintf("%s[%d]", name, counts[name])
			set(section, i+1)
		} else if name, ok := strings.CutPrefix(line, "["); ok {
			name, _, _ = strings.Cut(name, "]")
			section = strings.TrimSpace(name)
			set(section, i+1)
		} else if name, _, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			set(join(section, strings.Trim(strings.TrimSpace(name), `"'`)), i+1)
		}
	}
	return lines
}

func (c *Config) fileName() string {
	if c.file == "" {
		return "the example"
	}
	return filepath.Base(c.file)
}

// whereIs is the place of the key, or of the section that it should be in.
func (c *Config) whereIs(key string) string {
	if line := c.line(key); line > 0 {
		return fmt.Sprintf("%s:%d", c.fileName(), line)
	}
	return c.fileName()
}

func (c *Config) line(key string) int {
	for k := key; k != ""; {
		for _, k := range []string{k, k + "[1]"} {
			if line, ok := c.lines[k]; ok {
				return line
			}
		}
		i := strings.LastIndexByte(k, '.')
		if i < 0 {
			break
		}
		k = k[:i]
	}
	return 0
}

func (c *Config) fault(key, value, reason, instead string) {
	c.add(Fault{Where: c.whereIs(key), Key: key, Value: value, Reason: reason, Instead: instead})
}

func (c *Config) warn(key, value, reason, instead string) {
	c.add(Fault{Where: c.whereIs(key), Key: key, Value: value, Reason: reason, Instead: instead, Warning: true})
}

// add notes a fault, unless its key was misread: what is there instead was not
// written by the operator.
func (c *Config) add(f Fault) {
	if !c.misread[f.Key] {
		f.line = c.line(f.Key)
		c.faults = append(c.faults, f)
	}
}

// sortFaults puts the faults in the order of the file; those of a directory
// file, in order already, follow the key that names it.
func (c *Config) sortFaults() {
	slices.SortStableFunc(c.faults, func(a, b Fault) int { return cmp.Compare(a.line, b.line) })
}
