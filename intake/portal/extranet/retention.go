package extranet

import (
	"database/sql"
	"fmt"

	"registratura/intake"
)

// forgetMost bounds how many entries of the journal one transaction deletes.
const forgetMost = 1000

// forget deletes personal data whose time is over: old entries of the journal,
// and accounts that are on no site's list any more.
func (x *Extranet) forget() error {
	if before := x.config.JournalKept.Before(x.now()); !before.IsZero() {
		var old int // counted first, so that no writer waits for nothing
		if err := x.db.reader.QueryRow(`SELECT count(*) FROM journal WHERE at < ?`, millis(before)).Scan(&old); err != nil {
			return fmt.Errorf("looking for old entries of the journal: %w", err)
		}
		for ; old > 0; old -= forgetMost {
			err := x.db.write(func(tx *sql.Tx) error {
				_, err := tx.Exec(`DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE at < ? LIMIT ?)`, millis(before), forgetMost)
				return err
			})
			if err != nil {
				return fmt.Errorf("deleting old entries of the journal: %w", err)
			}
		}
	}
	return x.forgetAccounts()
}

// idleAccounts are those on no site's list, of which nothing was set or used
// since a time.
const idleAccounts = ` FROM accounts AS a WHERE a.created_at < $1 AND a.password_at < $1
	AND NOT EXISTS (SELECT 1 FROM members m WHERE m.address = a.address)
	AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.address = a.address AND s.seen_at >= $1)
	AND NOT EXISTS (SELECT 1 FROM app_passwords p WHERE p.address = a.address AND p.used_at >= $1)
	AND NOT EXISTS (SELECT 1 FROM links l WHERE l.address = a.address AND l.created_at >= $1)`

func (x *Extranet) forgetAccounts() error {
	if x.config.AccountsKept == (intake.Period{}) {
		return nil
	}
	before := millis(x.config.AccountsKept.Before(x.now()))
	addresses, err := x.idle(before)
	if err != nil {
		return fmt.Errorf("looking for accounts without a site: %w", err)
	}
	for _, address := range addresses {
		if x.it[address] {
			continue
		}
		err := x.db.write(func(tx *sql.Tx) error {
			_, err := tx.Exec(`DELETE`+idleAccounts+` AND a.address = $2`, before, address)
			return err
		})
		if err != nil {
			return fmt.Errorf("deleting an account without a site: %w", err)
		}
	}
	return nil
}

func (x *Extranet) idle(before int64) ([]string, error) {
	rows, err := x.db.reader.Query(`SELECT a.address`+idleAccounts, before)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var address string
		if err := rows.Scan(&address); err != nil {
			return nil, err
		}
		list = append(list, address)
	}
	return list, rows.Err()
}
