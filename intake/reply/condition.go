package reply

import "time"

// ConditionKind says what a condition asks for.
type ConditionKind string

const (
	RemoveRight ConditionKind = "remove_right" // a right is not to be given, to Names or to all
	RemoveUser  ConditionKind = "remove_user"  // Names are not to have access
	ReadOnly    ConditionKind = "read_only"    // reading only, for Names or for all
	LaterDate   ConditionKind = "later_date"   // not before Date
	UntilDate   ConditionKind = "until_date"   // until Date
	OtherKind   ConditionKind = "other"        // anything else
)

// Condition is one condition of a conditional yes.
type Condition struct {
	Kind   ConditionKind
	Words  string    // as written
	Rights []string  // "read", "write", "delete": those that RemoveRight takes away
	Names  []string  // whom it concerns, as the form names them; empty: everybody
	Date   time.Time // midnight UTC of the day; zero: none recognised
}

func (d *decider) conditions(raw []string, toks []token) []Condition {
	return nil
}
