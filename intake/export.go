package intake

import (
	"context"
	"io"
	"time"

	"registratura/forms"
)

// Archive keeps the files of sites that are closed (5.3).
type Archive interface {
	// Places names the folders that a form can ask for.
	Places() []string
	// Save writes an export: the files, the manifest of their checksums and the
	// desk's signature of it. It is read back from the disk and compared with the
	// manifest and with order.Usage before Save returns, and until then it does not
	// stand at its place. Done again for the same request it takes the place of
	// the earlier one.
	Save(ctx context.Context, order ExportOrder, write func(io.Writer) ([]ExportedFile, error)) (Export, error)
	// Verify reads an export again. nil means that every file stands where it was
	// saved, with the checksum that it had.
	Verify(ctx context.Context, e Export) error
}

// ExportOrder is what is to be exported and where to.
type ExportOrder struct {
	Institution string
	Request     Number
	Site        Site
	Head        Person     // who asked for the closing and confirmed it
	Place       string     // one of Places; empty: the desk's own folder, for a link
	Usage       *SiteUsage // what the site holds; nil: its portal can't tell
	At          time.Time
}

// Export is a verified export, as it is kept in the records.
type Export struct {
	Place          string    `json:"place,omitempty"` // one of the Archive's; empty: the desk's own folder
	Folder         string    `json:"folder"`          // path on the desk's machine
	Files          int       `json:"files"`
	Bytes          int64     `json:"bytes"`
	ArchiveSHA256  string    `json:"archive_sha256"`  // hex, of the zip archive
	ManifestSHA256 string    `json:"manifest_sha256"` // hex, of the signed manifest
	KeySHA256      string    `json:"key_sha256"`      // hex, of the desk's public key (DER)
	At             time.Time `json:"at"`
}

// SavedFiles is the word of somebody of IT that they saved a site's files. The
// desk has verified nothing of it.
type SavedFiles struct {
	By   Person `json:"by"`
	Said string `json:"said"` // their answer to the work order, shortened
}

// Closing is what became of a confirmed request to close a site.
type Closing struct {
	Export    *Export     `json:"export,omitempty"`      // nil: there is none yet, or people saved the files
	ByHand    *SavedFiles `json:"by_hand,omitempty"`     // nil: nobody of IT said that they saved the files
	KeepUntil forms.Date  `json:"keep_until,omitzero"`   // the last day of the grace period
	LinkHash  string      `json:"link_sha256,omitempty"` // of the token of the download link; empty: there is none
	LinkUntil time.Time   `json:"link_until,omitzero"`
	Suspended bool        `json:"suspended,omitempty"` // the review had suspended access before
	UndoBy    string      `json:"undo_by,omitempty"`   // who of IT asked to undo it
	Deleting  bool        `json:"deleting,omitempty"`  // the deletion has begun: there is no way back
	DeletedAt time.Time   `json:"deleted_at,omitzero"`
}
