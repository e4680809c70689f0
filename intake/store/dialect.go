package store

import (
	"strings"

	"github.com/pressly/goose/v3"
)

// dialect holds everything in which SQLite differs from PostgreSQL. The rest
// of this package keeps to the SQL that both take: $n placeholders numbered in
// the order in which they first appear, INSERT … RETURNING, ON CONFLICT,
// integers for times and booleans.
type dialect struct {
	goose goose.Dialect
	words *strings.Replacer // for the words in braces in the migrations

	// Around migrations that make tables anew; see [referencesOff].
	referencesOff, referencesOn, brokenReferences string

	lastEvent string // query for the highest ID that an event ever had; "" where IDs leave gaps
}

var sqliteDialect = dialect{
	goose: goose.DialectSQLite3,
	words: strings.NewReplacer(
		"{{serial}}", "INTEGER PRIMARY KEY AUTOINCREMENT", // PostgreSQL: BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY
		"{{blob}}", "BLOB", // PostgreSQL: BYTEA
	),
	// PostgreSQL: SET session_replication_role = replica, and = DEFAULT; SELECT 0
	referencesOff: `PRAGMA foreign_keys = OFF`, referencesOn: `PRAGMA foreign_keys = ON`,
	brokenReferences: `SELECT COUNT(*) FROM pragma_foreign_key_check`,
	// PostgreSQL: "", rolled back transactions leave gaps
	lastEvent: `SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'events'`,
}
