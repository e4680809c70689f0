package extranet

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"registratura/intake"
)

// Downloads finds the saved files of closed sites by the token of a link.
type Downloads interface {
	// Download returns intake.ErrNotFound for a link that does not work, or no longer.
	Download(ctx context.Context, token string) (Download, error)
	// Downloaded is told that somebody began to fetch a file.
	Downloaded(ctx context.Context, token, file string) error
}

// Download is what a link leads to.
type Download struct {
	Title  string   // of the site
	Folder string   // where the files are
	Files  []string // their names, in the order in which they are shown
	Until  time.Time
}

// DownloadURL is the link with that token.
func (x *Extranet) DownloadURL(token string) string {
	return x.base.JoinPath(savedPath, token).String() + "/"
}

var errSavedGone = &refusal{http.StatusNotFound, "Linkul nu este valabil: a expirat, a fost copiat incomplet sau închiderea site-ului a fost anulată. Pentru fișiere, scrieți la IT."}

type savedData struct {
	Title string
	Until string
	Files []savedFile
}

type savedFile struct {
	Name string
	Size int64
}

// serveSaved shows the saved files of a closed site to whoever has the link,
// and sends them. It may be used as often as needed until it expires: what is
// fetched is large, and mail programs open links by themselves.
func (x *Extranet) serveSaved(w http.ResponseWriter, r *http.Request) {
	token, name, slash := strings.Cut(strings.TrimPrefix(r.URL.Path, savedPath), "/")
	d, err := x.config.Downloads.Download(r.Context(), token)
	if errors.Is(err, intake.ErrNotFound) {
		err = errSavedGone
	}
	switch {
	case err != nil:
		x.refusePage(w, r, nil, err)
	case !slash:
		http.Redirect(w, r, savedPath+token+"/", http.StatusMovedPermanently)
	case name == "":
		x.pageSaved(w, r, d)
	case !slices.Contains(d.Files, name):
		x.refusePage(w, r, nil, errNotFound)
	default:
		x.sendSaved(w, r, d, token, name)
	}
}

func (x *Extranet) pageSaved(w http.ResponseWriter, r *http.Request, d Download) {
	page := savedData{Title: d.Title, Until: d.Until.In(x.config.Location).Format("02.01.2006 15:04")}
	for _, name := range d.Files {
		info, err := os.Stat(filepath.Join(d.Folder, name))
		if err != nil {
			x.log.Error("a saved file is not there", "error", err)
			x.refusePage(w, r, nil, errInternal)
			return
		}
		page.Files = append(page.Files, savedFile{name, info.Size()})
	}
	x.render(w, r, nil, http.StatusOK, "saved", pageData{Title: "Fișierele site-ului", Page: page})
}

// sendSaved sends a file as one that cannot run in our origin; see
// [Extranet.download].
func (x *Extranet) sendSaved(w http.ResponseWriter, r *http.Request, d Download, token, name string) {
	f, err := os.Open(filepath.Join(d.Folder, name))
	if err != nil {
		x.log.Error("a saved file could not be opened", "error", err)
		x.refusePage(w, r, nil, errInternal)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		x.refusePage(w, r, nil, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", mediaType(name))
	h.Set("Content-Disposition", attachment(name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Referrer-Policy", "no-referrer")
	if r.Method == http.MethodGet && firstPart(r.Header.Get("Range")) {
		if err := x.config.Downloads.Downloaded(r.Context(), token, name); err != nil {
			x.log.Error("noting that a saved file was fetched failed", "error", err)
		}
	}
	http.ServeContent(w, r, "", info.ModTime(), f)
}
