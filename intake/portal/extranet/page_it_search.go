package extranet

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// itSearch is what is searched for on a list for IT, and which page of what is
// found is shown. Lists are of hundreds, so they are searched in memory, where
// case and diacritics can be looked through.
type itSearch struct {
	Asked string // as it was typed
	Found int
	Pages []pageLink
	words []string
	page  int // from 1
}

const itPerPage = 50

func searchOf(r *http.Request) itSearch {
	asked := strings.TrimSpace(r.URL.Query().Get("cauta"))
	page, _ := strconv.Atoi(r.URL.Query().Get("pagina"))
	return itSearch{Asked: asked, words: strings.Fields(foldText(asked)), page: min(max(1, page), 1_000_000)}
}

// matches reports whether every word that is searched for stands in one of texts.
func (s itSearch) matches(texts ...string) bool {
	if len(s.words) == 0 {
		return true
	}
	all := foldText(strings.Join(texts, "\n"))
	for _, w := range s.words {
		if !contains(all, w) {
			return false
		}
	}
	return true
}

// contains is strings.Contains, but that a number is not found in the middle of a
// longer one.
func contains(text, word string) bool {
	isDigit := func(b byte) bool { return '0' <= b && b <= '9' }
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		at := from + i
		if at == 0 || !isDigit(word[0]) || !isDigit(text[at-1]) {
			return true
		}
		from = at + 1
	}
}

// cut says which of total rows are shown, and makes the links to the others.
func (s *itSearch) cut(total int, path string, query url.Values) (from, to int) {
	s.Found = total
	last := max(1, (total+itPerPage-1)/itPerPage)
	s.page = min(s.page, last)
	shown := 0
	for n := 1; n <= last && last > 1; n++ {
		if n != 1 && n != last && (n < s.page-2 || n > s.page+2) {
			continue
		}
		q := url.Values{"pagina": {strconv.Itoa(n)}}
		if s.Asked != "" {
			q.Set("cauta", s.Asked)
		}
		for key, values := range query {
			if values[0] != "" {
				q[key] = values
			}
		}
		s.Pages = append(s.Pages, pageLink{n, fmt.Sprintf("%s?%s", path, q.Encode()), n == s.page, n > shown+1})
		shown = n
	}
	from = (s.page - 1) * itPerPage
	return from, min(total, from+itPerPage)
}
