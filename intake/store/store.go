// Package store keeps the desk's records in a database: SQLite through
// go-sqlite3, in SQL that PostgreSQL takes as well (dialect.go), with the job
// queue on the same database and in the same transactions (jobs.go).
//
// It only records. What is recorded, package intake decides.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"

	"registratura/intake"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is an [intake.Store].
type Store struct {
	write, read *sql.DB
	dialect     dialect
	log         *slog.Logger
	queue       *river.Client[*sql.Tx] // inserts only; Run has its own
	commits     *committer
}

var _ intake.Store = (*Store)(nil)

// Open opens the database file, makes it if it is not there, and brings its
// tables up to date.
func Open(ctx context.Context, file string, log *slog.Logger) (*Store, error) {
	write, read, err := openSQLite(file)
	if err != nil {
		return nil, err
	}
	s := &Store{write: write, read: read, dialect: sqliteDialect, log: log}
	s.commits = startCommitter(s)
	if err := s.prepare(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("preparing the database %s: %w", file, err)
	}
	return s, nil
}

// Close closes the database. Nobody may write any more.
func (s *Store) Close() error {
	s.commits.stop()
	return errors.Join(s.read.Close(), s.write.Close())
}

// prepare brings the tables up to date, the queue's among them.
func (s *Store) prepare(ctx context.Context) error {
	provider, err := s.migrator()
	if err != nil {
		return err
	}
	s.write.SetMaxOpenConns(2) // the migrator holds one while it waits for a step that takes its own
	defer s.write.SetMaxOpenConns(1)
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	return s.prepareQueue(ctx)
}

func (s *Store) migrator() (*goose.Provider, error) {
	steps, err := s.goMigrations()
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(s.dialect.goose, s.write, nil, goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	return provider, nil
}

// goMigrations turns the embedded SQL, spelled for the dialect, into goose steps.
func (s *Store) goMigrations() ([]*goose.Migration, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var steps []*goose.Migration
	for _, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number: %w", name, err)
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		statements := s.dialect.words.Replace(string(text))
		up := &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, statements)
			return err
		}}
		if strings.HasPrefix(statements, referencesOff) {
			up = &goose.GoFunc{RunDB: func(ctx context.Context, db *sql.DB) error { return s.migrateWithoutReferences(ctx, db, statements) }}
		}
		steps = append(steps, goose.NewGoMigration(version, up, nil))
	}
	return steps, nil
}

// referencesOff begins a migration that makes a table anew to which others
// refer: dropping the old one must not count as deleting its rows.
const referencesOff = "-- references: off\n"

// migrateWithoutReferences runs statements in one transaction while references
// are not enforced, and checks them before it commits.
func (s *Store) migrateWithoutReferences(ctx context.Context, db *sql.DB, statements string) (err error) {
	conn, err := db.Conn(ctx) // the setting is the connection's, and can't be changed in a transaction
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, s.dialect.referencesOff); err != nil {
		return err
	}
	defer func() {
		_, err2 := conn.ExecContext(context.WithoutCancel(ctx), s.dialect.referencesOn)
		err = errors.Join(err, err2)
	}()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, statements); err != nil {
		return err
	}
	var broken int
	if err := tx.QueryRowContext(ctx, s.dialect.brokenReferences).Scan(&broken); err != nil {
		return err
	}
	if broken > 0 {
		return fmt.Errorf("%d references would be broken", broken)
	}
	return tx.Commit()
}

// tx is an [intake.Tx].
type tx struct {
	ctx   context.Context
	q     *sql.Tx
	store *Store
}

// querier is what *sql.DB and *sql.Tx have in common.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// exec runs a statement that must touch exactly one row, else missing is returned.
func (t *tx) exec(missing error, query string, args ...any) error {
	res, err := t.q.ExecContext(t.ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, missing)
	}
	return nil
}

// notFound turns sql.ErrNoRows into intake.ErrNotFound.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return intake.ErrNotFound
	}
	return err
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// orNull stores 0 as NULL, for references to rows that need not be.
func orNull(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }
