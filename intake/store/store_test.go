package store_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"registratura/intake"
	"registratura/intake/store"
	"registratura/intake/store/storetest"
)

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "registry.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) intake.Store { return open(t) })
}
