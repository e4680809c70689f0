package extranet

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"time"

	"golang.org/x/net/webdav"
)

// davFS is the tree as webdav.Handler wants it. Who asks, and for which site,
// is in the context.
type davFS struct{ x *Extranet }

// remember keeps a refusal for davWriter, and returns an error that
// webdav.Handler understands.
func (d *davRequest) remember(err error) error {
	if err == nil {
		return nil
	}
	refused := d.explain(err)
	if refused.status == http.StatusNotFound || refused.status == http.StatusConflict {
		return fs.ErrNotExist // bare: webdav.Handler asks os.IsNotExist, which does not unwrap
	}
	d.refused = refused
	return err
}

func (f davFS) Mkdir(ctx context.Context, name string, _ os.FileMode) error {
	d := davOf(ctx)
	names, err := splitPath(name)
	if err != nil {
		return d.remember(err)
	}
	if len(names) == 0 {
		return d.remember(errExists)
	}
	return d.remember(f.x.mkdir(d.visitor, names))
}

func (f davFS) RemoveAll(ctx context.Context, name string) error {
	d := davOf(ctx)
	names, err := splitPath(name)
	if err != nil {
		return d.remember(err)
	}
	if d.method == "MOVE" {
		// The removal of what is at the destination: Rename does it, in one
		// transaction with the move.
		d.replace = true
		return nil
	}
	_, err = f.x.remove(d.visitor, names)
	return d.remember(err)
}

func (f davFS) Rename(ctx context.Context, oldName, newName string) error {
	d := davOf(ctx)
	from, err := splitPath(oldName)
	if err != nil {
		return d.remember(err)
	}
	to, err := splitPath(newName)
	if err != nil {
		return d.remember(err)
	}
	err = f.x.move(d.visitor, from, to, d.replace)
	var refused *refusal
	if errors.As(err, &refused) {
		d.refused = refused // 404 and 409, too: webdav.Handler would say 403
	}
	return d.remember(err)
}

func (f davFS) Stat(ctx context.Context, name string) (os.FileInfo, error) {
	n, err := f.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return nodeInfo{n}, nil
}

func (f davFS) find(ctx context.Context, name string) (*node, error) {
	d := davOf(ctx)
	if n := d.seen[name]; n != nil {
		return n, nil
	}
	names, err := splitPath(name)
	if err != nil {
		return nil, d.remember(err)
	}
	n, err := lookup(f.x.db.reader, d.visitor.site, names)
	if err != nil {
		return nil, d.remember(err)
	}
	return n, nil
}

func (f davFS) OpenFile(ctx context.Context, name string, flag int, _ os.FileMode) (webdav.File, error) {
	d := davOf(ctx)
	if flag&os.O_CREATE != 0 {
		names, err := splitPath(name)
		if err != nil {
			return nil, d.remember(err)
		}
		if len(names) == 0 {
			return nil, d.remember(errIsFolder)
		}
		u, err := f.x.beginUpload(d.visitor, names)
		if err != nil {
			return nil, d.remember(err)
		}
		if d.method == http.MethodPut && d.length > u.in.limit { // before it is sent in vain
			u.abandon()
			return nil, d.remember(u.explain(errTooLarge))
		}
		return &davUpload{upload: u, request: d}, nil
	}
	n, err := f.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return &davFile{x: f.x, request: d, path: name, node: n}, nil
}

// nodeInfo is a node as os.FileInfo, with what webdav.Handler would otherwise
// open the file for.
type nodeInfo struct{ n *node }

func (i nodeInfo) Name() string                                { return i.n.name }
func (i nodeInfo) Size() int64                                 { return i.n.size }
func (i nodeInfo) ModTime() time.Time                          { return i.n.modTime() }
func (i nodeInfo) IsDir() bool                                 { return i.n.isFolder() }
func (i nodeInfo) Sys() any                                    { return nil }
func (i nodeInfo) ContentType(context.Context) (string, error) { return mediaType(i.n.name), nil }
func (i nodeInfo) ETag(context.Context) (string, error)        { return i.n.etag(), nil }

func (i nodeInfo) Mode() os.FileMode {
	if i.n.isFolder() {
		return os.ModeDir | 0o700
	}
	return 0o600
}

// davFile is a file or folder that is being read.
type davFile struct {
	x       *Extranet
	request *davRequest
	path    string
	node    *node
	content *os.File
}

func (f *davFile) open() error {
	if f.content != nil {
		return nil
	}
	if f.node.isFolder() {
		return fs.ErrInvalid
	}
	c, err := f.x.blobs.open(f.request.visitor.site, f.node.blob)
	f.content = c
	return err
}

func (f *davFile) Read(p []byte) (int, error) {
	if err := f.open(); err != nil {
		return 0, err
	}
	return f.content.Read(p)
}

func (f *davFile) Seek(offset int64, whence int) (int64, error) {
	if err := f.open(); err != nil {
		return 0, err
	}
	return f.content.Seek(offset, whence)
}

func (f *davFile) Write([]byte) (int, error) { return 0, fs.ErrPermission }

func (f *davFile) Close() error {
	if f.content != nil {
		return f.content.Close()
	}
	return nil
}

func (f *davFile) Stat() (os.FileInfo, error) { return nodeInfo{f.node}, nil }

// Readdir lists the whole folder, whatever count is. A PROPFIND goes on to ask
// for each of what it lists by path; that was just read, so it is kept.
func (f *davFile) Readdir(int) ([]os.FileInfo, error) {
	if !f.node.isFolder() {
		return nil, fs.ErrInvalid
	}
	list, err := children(f.x.db.reader, f.node.id)
	if err != nil {
		return nil, err
	}
	infos := make([]os.FileInfo, len(list))
	for i, n := range list {
		infos[i] = nodeInfo{n}
	}
	if f.request.method == "PROPFIND" {
		f.request.seen = make(map[string]*node, len(list))
		for _, n := range list {
			f.request.seen[path.Join(f.path, n.name)] = n
		}
		if f.request.properties, err = propertiesBelow(f.x.db.reader, f.node.id); err != nil {
			return nil, err
		}
	}
	return infos, nil
}

func (f *davFile) DeadProps() (map[xml.Name]webdav.Property, error) {
	properties := f.request.properties[f.node.id]
	if f.request.seen[f.path] == nil {
		var err error
		if properties, err = propertiesOf(f.x.db.reader, f.node.id); err != nil {
			return nil, err
		}
	}
	if f.request.method != "PROPFIND" { // a COPY takes no locks along
		return properties, nil
	}
	if properties == nil {
		properties = map[xml.Name]webdav.Property{}
	}
	locks := f.x.lockDiscovery(f.request.visitor, cleanPath(f.path))
	properties[locks.XMLName] = locks
	return properties, nil
}

// cleanPath is a path as webdav.Handler gives it, as locks have it.
func cleanPath(p string) string { return path.Clean("/" + p) }

// Patch changes dead properties, for those who may write.
func (f *davFile) Patch(patches []webdav.Proppatch) ([]webdav.Propstat, error) {
	changes, stat := readPatches(patches)
	err := f.x.change(f.request.visitor, toLock, func(c *changing) (entry, error) {
		return entry{}, setProperties(c.tx, f.node.id, changes)
	})
	if err != nil {
		return nil, f.request.remember(err)
	}
	return []webdav.Propstat{stat}, nil
}

// davUpload is a file that is being written. It takes its place at Close, and
// only if all of it arrived.
type davUpload struct {
	upload  *upload
	request *davRequest
	failed  bool
}

func (u *davUpload) Write(p []byte) (int, error) {
	n, err := u.upload.Write(p)
	if err != nil {
		u.failed = true
		err = u.request.remember(err)
	}
	return n, err
}

// ReadFrom is what io.Copy uses. It is here because webdav.Handler closes a file
// in the same way whether its content arrived whole or broke off.
func (u *davUpload) ReadFrom(r io.Reader) (int64, error) {
	n, err := u.upload.in.ReadFrom(r)
	if err != nil {
		u.failed = true
		err = u.request.remember(u.upload.explain(err))
	}
	return n, err
}

func (u *davUpload) Close() error {
	if u.failed {
		u.upload.abandon()
		return nil // the reason was returned already
	}
	_, err := u.upload.commit(false)
	return u.request.remember(err)
}

func (u *davUpload) Stat() (os.FileInfo, error) {
	names := u.upload.names
	return nodeInfo{&node{name: names[len(names)-1], kind: kindFile, blob: u.upload.in.blob,
		size: u.upload.in.size, modifiedAt: millis(u.upload.x.now())}}, nil
}

func (u *davUpload) Read([]byte) (int, error)           { return 0, fs.ErrInvalid }
func (u *davUpload) Seek(int64, int) (int64, error)     { return 0, fs.ErrInvalid }
func (u *davUpload) Readdir(int) ([]os.FileInfo, error) { return nil, fs.ErrInvalid }

func (u *davUpload) DeadProps() (map[xml.Name]webdav.Property, error) { return nil, nil }

// Patch keeps the properties that a COPY brings until the file is there.
func (u *davUpload) Patch(patches []webdav.Proppatch) ([]webdav.Propstat, error) {
	changes, stat := readPatches(patches)
	u.upload.properties = append(u.upload.properties, changes...)
	return []webdav.Propstat{stat}, nil
}
