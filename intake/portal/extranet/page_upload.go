package extranet

import (
	"archive/zip"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"registratura/forms"
)

// doUpload receives the files of a form as they come, without keeping them in
// memory. The token stands before the files.
func (x *Extranet) doUpload(w http.ResponseWriter, r *http.Request, s *session, v visitor, names []string) {
	done, renamed, err := x.receiveFiles(r, s, v, names)
	if err != nil {
		x.refusePage(w, r, s, err)
		return
	}
	if wantsJSON(r) {
		writeJSON(w, http.StatusOK, map[string]any{"uploaded": done, "renamed": renamed})
		return
	}
	back := href(v.site, names, true) + fmt.Sprintf("?ok=incarcat&n=%d", len(done))
	if renamed {
		back = href(v.site, names, true) + "?ok=redenumit"
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

var errBadUpload = &refusal{http.StatusBadRequest, "Fișierul nu a ajuns întreg. Verificați conexiunea și încercați din nou."}

func (x *Extranet) receiveFiles(r *http.Request, s *session, v visitor, names []string) (done []string, renamed bool, err error) {
	body, err := r.MultipartReader()
	if err != nil {
		return nil, false, errBadUpload
	}
	checked, replace := false, false
	for {
		part, err := body.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return done, renamed, errBadUpload
		}
		switch part.FormName() {
		case "csrf":
			value, err := io.ReadAll(io.LimitReader(part, 1024))
			if err != nil {
				return done, renamed, errBadUpload
			}
			if err := x.checkCSRF(r, s, string(value)); err != nil {
				return done, renamed, err
			}
			checked = true
		case "inlocuieste":
			replace = true
		case "fisier":
			if !checked {
				return done, renamed, errCSRF
			}
			original, err := uploadName(part)
			if err != nil {
				return done, renamed, err
			}
			if original == "" {
				continue // no file was chosen
			}
			name, err := x.receiveFile(part, v, slices.Concat(names, []string{original}), replace)
			if err != nil {
				return done, renamed, err
			}
			done, renamed = append(done, name), renamed || name != original
		}
	}
	if len(done) == 0 {
		return nil, false, &refusal{http.StatusUnprocessableEntity, "Nu ați ales niciun fișier. Alegeți unul și încercați din nou."}
	}
	return done, renamed, nil
}

// uploadName is the name that the browser gave, without the folders that some
// send with it.
func uploadName(part *multipart.Part) (string, error) {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return "", errBadUpload
	}
	name := params["filename"]
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	if name == "" {
		return "", nil
	}
	return cleanName(name)
}

func (x *Extranet) receiveFile(body io.Reader, v visitor, names []string, replace bool) (string, error) {
	if replace {
		leave, err := x.hold(v, names)
		if err != nil {
			return "", err
		}
		defer leave()
	}
	u, err := x.beginUploadAs(v, names, !replace)
	if err != nil {
		return "", err
	}
	defer u.abandon()
	if _, err := u.in.ReadFrom(body); err != nil {
		return "", u.explain(err)
	}
	return u.commit(!replace)
}

// sendZip sends a folder, with everything below it, as one archive.
func (x *Extranet) sendZip(w http.ResponseWriter, r *http.Request, v visitor, rights forms.Rights, names []string) error {
	if err := check(rights, toRead); err != nil {
		return err
	}
	n, err := lookup(x.db.reader, v.site, names)
	if err != nil {
		return err
	}
	if !n.isFolder() {
		return errNotFolder
	}
	site, err := x.readSite(v.site, rights)
	if err != nil {
		return err
	}
	name := site.ID
	if len(names) > 0 {
		name = n.name
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", attachment(name+".zip"))
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if r.Method == http.MethodHead {
		return nil
	}
	x.reads.add(v, millis(x.now()), entry{action: actDownload, path: joinPath(names) + "/"})
	e := &export{x: x, ctx: r.Context(), site: v.site, archive: zip.NewWriter(w)}
	e.allowed = func() error { // a large archive takes long, and access ends at once
		rights, err := rightsOn(x.db.reader, v.site, v.address)
		if err != nil {
			return err
		}
		return check(rights, toRead)
	}
	err = e.folder(n, "")
	if err == nil {
		err = e.archive.Close()
	}
	if err != nil {
		// The answer is on its way: all that can be done is to break it off, so
		// that nobody takes a half archive for a whole one.
		if r.Context().Err() == nil {
			x.log.Error("an archive broke off", "site", v.site, "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}
