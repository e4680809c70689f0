package config

import (
	"strings"
)

// Fault is one thing that is wrong, or doubtful, in the configuration.
type Fault struct {
	Where   string // "registratura.toml:12"; in a directory file with row and column
	Key     string // "imap.security", "department[3].address" (counted from 1), "address" in a directory file; empty: the whole file
	Value   string // as TOML; empty where there is none, or where it is secret
	Reason  string
	Instead string // what to write, or to do
	Warning bool   // the daemon runs all the same

	syntax bool // nothing else could be read
	line   int  // of the configuration; 0: it is missing there
}

func (f Fault) String() string {
	var b strings.Builder
	if f.Where != "" {
		b.WriteString(f.Where + ": ")
	}
	if f.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(f.Key)
	if f.Value != "" {
		b.WriteString(" = " + f.Value)
	}
	if f.Key != "" {
		b.WriteString(": ")
	}
	b.WriteString(f.Reason)
	if f.Instead != "" {
		b.WriteString("; " + f.Instead)
	}
	return b.String()
}

// Faults is an error that says everything that is wrong, one fault a line.
type Faults []Fault

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// Err is fs if any fault in it is more than a warning, else nil.
func (fs Faults) Err() error {
	for _, f := range fs {
		if !f.Warning {
			return fs
		}
	}
	return nil
}

func (fs Faults) fatal() bool { return len(fs) > 0 && fs[0].syntax }
