package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"

	"github.com/mattn/go-sqlite3"
)

// openSQLite opens the one writing connection and a pool of reading ones
// (rule D8).
func openSQLite(path string) (write, read *sql.DB, err error) {
	// _secure_delete: what is wiped (rule D4) is overwritten in the file too.
	const common = "&_foreign_keys=on&_busy_timeout=10000&_stmt_cache_size=100"
	file := "file:" + (&url.URL{Path: path}).EscapedPath()
	write = sql.OpenDB(steadyConnector{dsn: file + "?_txlock=immediate&_journal_mode=WAL&_synchronous=FULL&_secure_delete=on" + common})
	// One connection: SQLite has one writer, even in WAL mode, and waiting for
	// a connection is kinder than SQLITE_BUSY.
	write.SetMaxOpenConns(1)
	if err := write.Ping(); err != nil {
		write.Close()
		return nil, nil, fmt.Errorf("opening the database %s: %w", path, err)
	}
	read = sql.OpenDB(steadyConnector{dsn: file + "?mode=ro&_query_only=on" + common})
	read.SetMaxOpenConns(4)
	return write, read, nil
}

// steadyConnector opens SQLite connections that don't hear of cancelled
// contexts. When a context ends during a statement, go-sqlite3 interrupts it;
// SQLite then rolls the whole transaction back, and the statements that follow
// commit one by one (mattn/go-sqlite3 #769). database/sql still ends a
// transaction as a whole when its context is cancelled between statements.
type steadyConnector struct{ dsn string }

func (c steadyConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return steadyConn{conn.(*sqlite3.SQLiteConn)}, nil
}

func (c steadyConnector) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

type steadyConn struct{ *sqlite3.SQLiteConn }

func (c steadyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return c.SQLiteConn.BeginTx(context.WithoutCancel(ctx), opts)
}

func (c steadyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.SQLiteConn.ExecContext(context.WithoutCancel(ctx), query, args)
}

func (c steadyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.SQLiteConn.QueryContext(context.WithoutCancel(ctx), query, args)
}

func (c steadyConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.SQLiteConn.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, err
	}
	return steadyStmt{stmt.(*sqlite3.SQLiteStmt)}, nil
}

type steadyStmt struct{ *sqlite3.SQLiteStmt }

func (s steadyStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.SQLiteStmt.ExecContext(context.WithoutCancel(ctx), args)
}

func (s steadyStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.SQLiteStmt.QueryContext(context.WithoutCancel(ctx), args)
}
