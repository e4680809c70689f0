package reply

import (
	"bufio"
	"encoding/json"
	"io"
	"mime"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"
)

// labelled is a line of testdata/replies/labels.jsonl.
type labelled struct {
	File, Label, Evidence, Client, Trap, Alt string
}

func labels(t testing.TB) []labelled {
	t.Helper()
	f, err := os.Open("testdata/replies/labels.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []labelled
	for s := bufio.NewScanner(f); s.Scan(); {
		var l labelled
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

// bodies reads the text parts of a mail.
func bodies(t testing.TB, file string) Input {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata/replies", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e, err := message.Read(f)
	if err != nil && !message.IsUnknownCharset(err) {
		t.Fatal(err)
	}
	var in Input
	err = e.Walk(func(_ []int, part *message.Entity, err error) error {
		if err != nil {
			return err
		}
		mediaType, params, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if mediaType != "text/plain" && mediaType != "text/html" {
			return nil
		}
		body, err := io.ReadAll(part.Body)
		if err != nil {
			return err
		}
		if mediaType == "text/html" {
			in.HTML = string(body)
		} else {
			in.Text = string(body)
			in.Flowed = strings.EqualFold(params["format"], "flowed")
			in.DelSp = strings.EqualFold(params["delsp"], "yes")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestLabelledRepliesAreReadAsLabelled(t *testing.T) {
	type score struct{ right, also, all int }
	scores := map[string]*score{}
	order := []string{"approve", "reject", "conditional", "unclear", "approve_weak"}
	for _, l := range labels(t) {
		if l.Label == "auto" {
			continue // told by their headers, before anybody reads the text
		}
		s := scores[l.Label]
		if s == nil {
			s = &score{}
			scores[l.Label] = s
		}
		s.all++
		t.Run(strings.TrimSuffix(l.File, ".eml"), func(t *testing.T) {
			got := Read(bodies(t, l.File))
			label := string(got.Verdict)
			if got.Weak {
				label = "approve_weak"
			}
			if got.Verdict == Approve && l.Label != "approve" {
				t.Fatalf("FALSE APPROVAL of a mail labelled %s: %s", l.Label, got.Why)
			}
			switch label {
			case l.Label:
				s.right++
			case l.Alt:
				s.also++
			default:
				t.Errorf("got %s (%s), want %s; evidence %q", label, got.Why, l.Label, got.Evidence)
				return
			}
			want := strings.Join(strings.Fields(l.Evidence), " ")
			if have := strings.Join(strings.Fields(got.Evidence), " "); have != want && l.Label == label {
				t.Logf("evidence %q, labelled %q", have, want)
			}
		})
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	io.WriteString(w, "label\tas labelled\tas alt\tof\n")
	for _, label := range order {
		if s := scores[label]; s != nil {
			io.WriteString(w, strings.Join([]string{label, itoa(s.right), itoa(s.also), itoa(s.all)}, "\t")+"\n")
		}
	}
	w.Flush()
	t.Log("understood at the first try:\n" + table.String())
}

// The desk knows more than the mail says. That may make an answer clearer, and
// never an approval of what is none.
func TestLabelledRepliesAreReadTheSameByADeskThatKnowsTheRequest(t *testing.T) {
	asked := bodies(t, "approval.eml").Text
	for _, l := range labels(t) {
		if l.Label == "auto" {
			continue
		}
		in := bodies(t, l.File)
		plain := Read(in)
		in.Quoted, in.Names, in.Requester, in.RequestNumber, in.Today = asked, []string{"Constantin Popa", "Primar"}, "Maria Ionescu", "SC-2026-0147", today
		in.People, in.Subjects = []string{"Maria Ionescu", "Andrei Dobre"}, []string{"Avize urbanism"}
		if got := Read(in); got.Verdict != plain.Verdict {
			t.Errorf("%s: %s (%s), without knowing the request %s (%s)", l.File, got.Verdict, got.Why, plain.Verdict, plain.Why)
		}
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }
