package forms

import (
	"cmp"
	"slices"
	"strings"
)

// Problem is a problem with a field of the form that was read, at the cell where
// the field stands; for checks that need more than the form itself.
func (r *Reading) Problem(fieldName string, why Why, message string) Problem {
	p := Problem{Field: fieldName, Sheet: r.Sheet, Why: why, Message: message}
	for name := fieldName; name != ""; {
		if cell, ok := r.Cells[name]; ok {
			p.Cell = cell
			break
		}
		name = name[:max(strings.LastIndexAny(name, ".["), 0)]
	}
	return p
}

// AddProblem adds what a check outside of the form found, in its place: problems
// stand in the order of the form, those of the whole form first.
func (r *Reading) AddProblem(fieldName string, why Why, message string) {
	r.Problems = append(r.Problems, r.Problem(fieldName, why, message))
	order := map[string]int{}
	for i, f := range fieldsOf(r.Kind) {
		order[f.key] = i + 1
	}
	slices.SortStableFunc(r.Problems, func(a, b Problem) int {
		key := func(p Problem) (int, int) {
			name, rest, _ := strings.Cut(p.Field, "[")
			n := -1
			if i := strings.IndexByte(rest, ']'); i > 0 {
				n = atoi(rest[:i])
			}
			return order[name], n
		}
		af, ai := key(a)
		bf, bi := key(b)
		return cmp.Or(af-bf, ai-bi)
	})
}
