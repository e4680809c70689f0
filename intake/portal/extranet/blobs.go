package extranet

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// blobStore keeps the contents of files on disk: incoming/BLOB while it is being
// written, files/SITE/BLOB once it is whole, orphans/SITE_BLOB where no row is
// found for it at start. A blob's name is random, it never
// changes once it is whole, and it exists for people only when a row of nodes
// names it. Everything is opened below one os.Root, which nothing leads out of.
type blobStore struct {
	root *os.Root
}

const (
	incomingDir = "incoming"
	filesDir    = "files"
	orphansDir  = "orphans"
)

func openBlobs(dir string) (*blobStore, error) {
	for _, d := range []string{incomingDir, filesDir, orphansDir} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			return nil, fmt.Errorf("making the folder for files: %w", err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder for files: %w", err)
	}
	s := &blobStore{root: root}
	if err := s.syncDir("."); err != nil {
		root.Close()
		return nil, err
	}
	return s, nil
}

func (s *blobStore) close() error { return s.root.Close() }

func (s *blobStore) makeSite(siteID string) error {
	err := s.root.Mkdir(path.Join(filesDir, siteID), 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("making the folder for files: %w", err)
	}
	return s.syncDir(filesDir)
}

// syncDir makes new and removed names in a folder durable.
func (s *blobStore) syncDir(name string) error {
	d, err := s.root.Open(name)
	if err != nil {
		return fmt.Errorf("opening folder %s: %w", name, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("syncing folder %s: %w", name, err)
	}
	return nil
}

// open opens a whole blob. A symbolic link in its place is refused: we never
// make one, so somebody else did.
func (s *blobStore) open(siteID, blob string) (*os.File, error) {
	name := path.Join(filesDir, siteID, blob)
	info, err := s.root.Lstat(name)
	if err != nil {
		return nil, fmt.Errorf("opening a file's content: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("opening a file's content: %s is not a regular file", name)
	}
	f, err := s.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("opening a file's content: %w", err)
	}
	return f, nil
}

// incoming is a blob that is being written.
type incoming struct {
	store *blobStore
	file  *os.File
	blob  string
	sum   hash.Hash
	size  int64
	limit int64 // bytes it may have
}

// errTooLarge is returned by incoming.Write past the limit.
var errTooLarge = errors.New("larger than allowed")

func (s *blobStore) create(random func(int) []byte, limit int64) (*incoming, error) {
	blob := hex.EncodeToString(random(16))
	f, err := s.root.OpenFile(path.Join(incomingDir, blob), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("beginning to receive a file: %w", err)
	}
	return &incoming{store: s, file: f, blob: blob, sum: sha256.New(), limit: limit}, nil
}

// reopen goes on with a blob of which size bytes were written for certain.
func (s *blobStore) reopen(blob string, size, limit int64) (_ *incoming, err error) {
	f, err := s.root.OpenFile(path.Join(incomingDir, blob), os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("going on to receive a file: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	in := &incoming{store: s, file: f, blob: blob, sum: sha256.New(), size: size, limit: limit}
	if _, err := io.CopyN(in.sum, f, size); err != nil {
		return nil, fmt.Errorf("going on to receive a file: reading the %d bytes that there are: %w", size, err)
	}
	if err := f.Truncate(size); err != nil {
		return nil, fmt.Errorf("going on to receive a file: %w", err)
	}
	return in, nil
}

func (in *incoming) Write(p []byte) (int, error) {
	if in.size+int64(len(p)) > in.limit {
		return 0, errTooLarge
	}
	n, err := in.file.Write(p)
	in.sum.Write(p[:n])
	in.size += int64(n)
	if err != nil {
		return n, &diskError{err}
	}
	return n, nil
}

// diskError is a fault of ours, not of the connection that a file comes over.
type diskError struct{ err error }

func (e *diskError) Error() string { return "keeping a received file: " + e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

// copyBuffers are kept, because making one anew costs more than receiving a small file.
var copyBuffers = sync.Pool{New: func() any { return new([128 << 10]byte) }}

// ReadFrom copies with buffers that disks and hashes like better than io.Copy's,
// and, past the first of them, hashes beside reading and writing.
func (in *incoming) ReadFrom(r io.Reader) (total int64, err error) {
	var hashing chan []byte
	hashed := make(chan struct{}, 2)
	first := copyBuffers.Get().(*[128 << 10]byte)
	buffers := [2][]byte{first[:]}
	defer func() {
		if hashing != nil {
			close(hashing)
			for range hashed { // until the other side is through
			}
		}
		copyBuffers.Put(first)
	}()
	for i := 0; ; i++ {
		buf := buffers[i%2]
		if buf == nil { // the file is larger than one buffer
			buf = make([]byte, len(first))
			buffers[1] = buf
			hashing = make(chan []byte, 1)
			go func() {
				defer close(hashed)
				for b := range hashing {
					in.sum.Write(b)
					hashed <- struct{}{}
				}
			}()
		} else if i > 2 {
			<-hashed // what was in it before
		}
		n, readErr := readFull(r, buf)
		if in.size+int64(n) > in.limit {
			return total, errTooLarge
		}
		if hashing == nil {
			in.sum.Write(buf[:n])
		} else {
			hashing <- buf[:n]
		}
		w, writeErr := in.file.Write(buf[:n])
		in.size, total = in.size+int64(w), total+int64(w)
		switch {
		case writeErr != nil:
			return total, &diskError{writeErr}
		case readErr == io.EOF:
			return total, nil
		case readErr != nil:
			return total, readErr
		}
	}
}

// readFull fills p, unless r ends or fails before. Unlike io.ReadFull it tells a
// body that ended from one that broke off.
func readFull(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

// place puts the blob under its site and makes its content durable. A row may
// name it once the folder, which is returned, is synced as well. It gets its
// place first because file systems with a journal then have its name on the disk
// together with its content, in one go; until a row names it, nobody sees it.
func (in *incoming) place(siteID string) (dir string, err error) {
	dir = path.Join(filesDir, siteID)
	if err := in.store.root.Rename(path.Join(incomingDir, in.blob), path.Join(dir, in.blob)); err != nil {
		return "", &diskError{fmt.Errorf("placing: %w", err)}
	}
	if err := in.file.Sync(); err != nil {
		return "", &diskError{fmt.Errorf("syncing: %w", err)}
	}
	if err := in.file.Close(); err != nil {
		return "", &diskError{fmt.Errorf("closing: %w", err)}
	}
	in.file = nil
	return dir, nil
}

// discard throws away what was received, placed or not.
func (in *incoming) discard(siteID string) {
	if in.file != nil {
		in.file.Close()
		in.file = nil
	}
	in.store.discard(in.blob)
	in.store.root.Remove(path.Join(filesDir, siteID, in.blob))
}

// discard throws away what was received of a blob. What stays behind, the sweep
// at the next start takes.
func (s *blobStore) discard(blob string) { s.root.Remove(path.Join(incomingDir, blob)) }

// remove deletes blobs that no row names any more.
func (s *blobStore) remove(siteID string, blobs []string) error {
	var errs []error
	for _, b := range blobs {
		if err := s.root.Remove(path.Join(filesDir, siteID, b)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("deleting a file's content: %w", err))
		}
	}
	return errors.Join(errs...)
}

// sweep deletes what a crash left on disk without a row, and what has been in
// the bin for too long. It runs before the first request.
func (x *Extranet) sweep() error {
	if err := x.emptyBins(); err != nil {
		return err
	}
	wanted, err := x.sweepParts()
	if err != nil {
		return err
	}
	left, err := fs.ReadDir(x.blobs.root.FS(), incomingDir)
	if err != nil {
		return fmt.Errorf("looking for interrupted uploads: %w", err)
	}
	for _, e := range left {
		if wanted[e.Name()] {
			continue
		}
		if err := x.blobs.root.RemoveAll(path.Join(incomingDir, e.Name())); err != nil {
			return fmt.Errorf("deleting an interrupted upload: %w", err)
		}
	}
	if err := x.sweepOrphans(); err != nil {
		return fmt.Errorf("looking for files without a name: %w", err)
	}
	return nil
}

// orphanLifetime is how long content without a row is kept, counted from when
// it was set aside: after a crash it is rubbish, but after the database was put
// back from an older copy it is not.
const orphanLifetime = 30 * 24 * time.Hour

func (x *Extranet) sweepOrphans() error {
	sites, err := fs.ReadDir(x.blobs.root.FS(), filesDir)
	if err != nil {
		return err
	}
	for _, site := range sites {
		orphans, err := x.orphansOf(site.Name())
		if err != nil {
			return err
		}
		for _, blob := range orphans {
			from := path.Join(filesDir, site.Name(), blob)
			// A rename keeps the time of the last writing, which may be years
			// ago. It is set first, so that a crash in between does no harm.
			if err := x.blobs.root.Chtimes(from, x.now(), x.now()); err != nil {
				return err
			}
			if err := x.blobs.root.Rename(from, path.Join(orphansDir, site.Name()+"_"+blob)); err != nil {
				return err
			}
		}
		if len(orphans) > 0 {
			x.log.Warn("content without a name was set aside", "site", site.Name(), "files", len(orphans), "folder", orphansDir)
		}
	}
	old, err := fs.ReadDir(x.blobs.root.FS(), orphansDir)
	if err != nil {
		return err
	}
	for _, e := range old {
		info, err := e.Info()
		if err != nil {
			return err
		}
		if x.now().Sub(info.ModTime()) > orphanLifetime {
			if err := x.blobs.root.Remove(path.Join(orphansDir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// orphansOf lists the blobs on disk that no row names.
func (x *Extranet) orphansOf(siteID string) ([]string, error) {
	onDisk, err := fs.ReadDir(x.blobs.root.FS(), path.Join(filesDir, siteID))
	if err != nil {
		return nil, err
	}
	rows, err := x.db.reader.Query(`SELECT blob FROM nodes WHERE site_id = ? AND blob IS NOT NULL`, siteID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	named := map[string]bool{}
	for rows.Next() {
		var blob string
		if err := rows.Scan(&blob); err != nil {
			return nil, err
		}
		named[blob] = true
	}
	var orphans []string
	for _, e := range onDisk {
		if !named[e.Name()] {
			orphans = append(orphans, e.Name())
		}
		delete(named, e.Name())
	}
	if len(named) > 0 {
		x.log.Error("files of a site have lost their content on disk", "site", siteID, "files", len(named))
	}
	return orphans, rows.Err()
}

// removeSite deletes everything of a site, also what was set aside.
func (s *blobStore) removeSite(siteID string) error {
	if err := s.root.RemoveAll(path.Join(filesDir, siteID)); err != nil {
		return fmt.Errorf("deleting the files of a site: %w", err)
	}
	orphans, err := fs.ReadDir(s.root.FS(), orphansDir)
	if err != nil {
		return fmt.Errorf("deleting what was set aside of a site: %w", err)
	}
	for _, e := range orphans {
		if strings.HasPrefix(e.Name(), siteID+"_") {
			if err := s.root.Remove(path.Join(orphansDir, e.Name())); err != nil {
				return fmt.Errorf("deleting what was set aside of a site: %w", err)
			}
		}
	}
	return errors.Join(s.syncDir(filesDir), s.syncDir(orphansDir))
}
