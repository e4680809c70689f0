package extranet

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"registratura/intake"
)

// ErrNoSecondFactor is returned for an account that asks for no codes at login.
var ErrNoSecondFactor = errors.New("codes at login are not turned on")

// ResetSecondFactor turns off the codes at login of the account in the extranet
// that is kept in dir, for an owner who lost the telephone and the recovery codes,
// and ends the account's sessions. The extranet may be open meanwhile, in this
// process or another. note is called when it is certain that there is something to
// reset; if it fails, nothing is changed.
func ResetSecondFactor(dir, address string, note func() error) (err error) {
	address = cleanAddress(address)
	if _, err := os.Stat(filepath.Join(dir, databaseFile)); err != nil {
		return fmt.Errorf("resetting the codes at login of %s: the extranet has no database yet: %w", address, err)
	}
	db, err := openDatabase(dir, func(string) error { return nil })
	if err != nil {
		return fmt.Errorf("resetting the codes at login of %s: %w", address, err)
	}
	defer func() { err = errors.Join(err, db.close()) }()
	err = db.write(func(tx *sql.Tx) error {
		var confirmed sql.NullInt64
		err := tx.QueryRow(`SELECT f.confirmed_at FROM accounts a LEFT JOIN second_factors f ON f.address = a.address WHERE a.address = ?`, address).Scan(&confirmed)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return intake.ErrNoSuchAccount
		case err != nil:
			return err
		case confirmed.Int64 == 0:
			return ErrNoSecondFactor
		}
		if err := note(); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM second_factors WHERE address = ?`, address); err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM sessions WHERE address = ?`, address)
		return err
	})
	if err != nil {
		return fmt.Errorf("resetting the codes at login of %s: %w", address, err)
	}
	return nil
}
