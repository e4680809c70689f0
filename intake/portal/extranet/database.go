package extranet

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"

	_ "github.com/mattn/go-sqlite3" // registers "sqlite3"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// database is the extranet's state. SQLite has one writer even in WAL mode, so
// there is one writing connection, and others that can only read (rule D8).
type database struct {
	writer  *sql.DB
	reader  *sql.DB
	commits *committer
}

const (
	databaseFile = "extranet.db"
	readers      = 4
)

// openDatabase opens the database in dir; syncDir makes new names in a folder of
// files durable.
func openDatabase(dir string, syncDir func(string) error) (_ *database, err error) {
	file := filepath.Join(dir, databaseFile)
	dsn := func(options string) string {
		u := url.URL{Scheme: "file", OmitHost: true, Path: file, RawQuery: options}
		return u.String()
	}
	db := &database{}
	defer func() {
		if err != nil {
			db.close()
		}
	}()
	// synchronous is named because WAL alone would leave it at NORMAL, with
	// which a power cut can take committed transactions back.
	db.writer, err = sql.Open("sqlite3", dsn("_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_foreign_keys=on&_secure_delete=fast&_busy_timeout=10000&_stmt_cache_size=100"))
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", file, err)
	}
	db.writer.SetMaxOpenConns(1)
	source, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db.writer, source)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	if _, err := provider.Up(context.Background()); err != nil {
		return nil, fmt.Errorf("migrating %s: %w", file, err)
	}
	db.reader, err = sql.Open("sqlite3", dsn("_query_only=on&_foreign_keys=on&_busy_timeout=10000&_stmt_cache_size=100"))
	if err != nil {
		return nil, fmt.Errorf("opening %s for reading: %w", file, err)
	}
	db.reader.SetMaxOpenConns(readers)
	db.reader.SetMaxIdleConns(readers)
	db.commits = startCommitter(db.writer, syncDir)
	return db, nil
}

func (db *database) close() error {
	if db.commits != nil {
		db.commits.stop()
	}
	var errs []error
	for _, d := range []*sql.DB{db.reader, db.writer} {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	return errors.Join(errs...)
}

// write runs f in one transaction. It takes no context: with this driver a
// cancelled one rolls back in mid-transaction and lets the statements that
// follow commit one by one (mattn/go-sqlite3 issue 769).
func (db *database) write(f func(tx *sql.Tx) error) error { return db.commits.do("", f) }

// writeAfterSync is write for what names new files in dir: they are made durable
// before f runs.
func (db *database) writeAfterSync(dir string, f func(tx *sql.Tx) error) error {
	return db.commits.do(dir, f)
}

// querier is a transaction, or the connections that read.
type querier interface {
	QueryRow(query string, args ...any) *sql.Row
	Query(query string, args ...any) (*sql.Rows, error)
}
