package trust

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestTokensAreLongRandomAndUsableInAddresses(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		token, err := NewToken(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if seen[token] || !isToken(token) || strings.Trim(token, "abcdefghijklmnopqrstuvwxyz234567") != "" {
			t.Fatalf("token %q", token)
		}
		seen[token] = true
	}
	if tokenBytes*8 < 128 {
		t.Errorf("%d bits", tokenBytes*8)
	}
}

func TestATokenNeedsItsRandomness(t *testing.T) {
	if token, err := NewToken(bytes.NewReader(make([]byte, tokenBytes-1))); err == nil || token != "" {
		t.Errorf("%q, %v", token, err)
	}
	broken := errors.New("no entropy")
	if _, err := NewToken(errorReader{broken}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

type errorReader struct{ error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.error }

func TestTokensAreFoundWhereWePutThem(t *testing.T) {
	const token, other = "abcdefghijklmnopqrstuvwxyz234567", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
	id := MessageID(token, "primaria.test")
	plus := PlusAddress("cereri@primaria.test", token)
	for _, c := range []struct {
		name            string
		ids, recipients []string
		want            []string
	}{
		{"in a message identifier", []string{id}, nil, []string{token}},
		{"in angle brackets", []string{"<" + id + ">"}, nil, []string{token}},
		{"in capitals", []string{strings.ToUpper(id)}, nil, []string{token}},
		{"in a plus-address", nil, []string{plus}, []string{token}},
		{"in a plus-address in capitals", nil, []string{strings.ToUpper(plus)}, []string{token}},
		{"in both, once", []string{id}, []string{plus}, []string{token}},
		{"two, the nearest first", []string{"x." + other + "@b", id}, nil, []string{other, token}},
		{"after another plus", nil, []string{"a+b+" + token + "@c"}, []string{token}},
		{"alone as a local part: no", []string{token + "@b"}, []string{token + "@b"}, nil},
		{"too short: no", []string{"x." + token[1:] + "@b"}, nil, nil},
		{"too long: no", []string{"x.a" + token + "@b"}, nil, nil},
		{"a letter that no token has: no", []string{"x.1" + token[1:] + "@b"}, nil, nil},
		{"in a domain: no", []string{"x@x." + token}, nil, nil},
		{"without a domain: no", []string{"x." + token}, nil, nil},
		{"nothing", []string{"", "<>", "@"}, []string{"", "+@", "cereri+@primaria.test"}, nil},
	} {
		if got := FindTokens(c.ids, c.recipients); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestHashesOfTokensDoNotDependOnCase(t *testing.T) {
	a, b := HashToken("abc"), HashToken("ABC")
	if a != b || a != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("%s, %s", a, b)
	}
}

func TestOnlySoManyCandidatesAreTaken(t *testing.T) {
	var ids []string
	for range 500 {
		token, _ := NewToken(rand.Reader)
		ids = append(ids, MessageID(token, "b"))
	}
	if n := len(FindTokens(ids, nil)); n != maxTokens {
		t.Errorf("%d candidates", n)
	}
}
