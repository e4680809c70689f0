package extranet

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// siteData is what every page of a site shows.
type siteData struct {
	ID, Title, Partner, Department, InfoTypes, LegalBasis, Request string
	Until                                                          forms.Date // the last day of the legal basis; zero: it names none
	Href                                                           string
	Rights                                                         forms.Rights
	CanRead, CanCreate, CanReplace, CanDelete, CanMove             bool
	Used, Quota                                                    int64
}

type folderData struct {
	siteData
	Crumbs  []crumb
	Here    string // of the folder, to which its forms go
	IsRoot  bool
	Items   []itemData
	Total   int
	Pages   []pageLink
	DAVURL  string
	Members int
}

type crumb struct{ Name, Href string }

type pageLink struct {
	Number  int
	Href    string
	Current bool
	Gap     bool // some before it are left out
}

type itemData struct {
	Name, Href, EditHref string
	Folder               bool
	Size                 int64
	Modified             time.Time
	By                   string
}

const perPage = 500 // files and folders on one page

func wantsJSON(r *http.Request) bool { return r.Header.Get("Accept") == "application/json" }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// href is the address of what stands at a path in a site.
func href(site string, names []string, folder bool) string {
	var b strings.Builder
	b.WriteString(sitePath + site + "/")
	for i, name := range names {
		b.WriteString(url.PathEscape(name))
		if folder || i < len(names)-1 {
			b.WriteByte('/')
		}
	}
	return b.String()
}

// readSite reads what a site's pages say about it, for a member with rights.
func (x *Extranet) readSite(id string, rights forms.Rights) (siteData, error) {
	d := siteData{ID: id, Href: href(id, nil, true), Rights: rights, Quota: x.config.SiteQuota,
		CanRead: rights.Has(toRead), CanCreate: rights.Has(toCreate), CanReplace: rights.Has(toReplace),
		CanDelete: rights.Has(toDelete), CanMove: rights.Has(toMove)}
	var until string
	err := x.db.reader.QueryRow(`SELECT title, partner, department, info_types, legal_basis, until, request, used_bytes FROM sites WHERE id = ?`, id).
		Scan(&d.Title, &d.Partner, &d.Department, &d.InfoTypes, &d.LegalBasis, &until, &d.Request, &d.Used)
	if err != nil {
		return d, fmt.Errorf("reading site %s: %w", id, err)
	}
	if until != "" {
		if err := d.Until.UnmarshalText([]byte(until)); err != nil {
			return d, fmt.Errorf("reading site %s: %w", id, err)
		}
	}
	return d, nil
}

// serveSitePage answers browsers at a site's address. Who is not a member is
// told the same whether the site exists or not.
func (x *Extranet) serveSitePage(w http.ResponseWriter, r *http.Request, siteID, p string) {
	s := x.currentSession(r)
	if s == nil {
		if wantsJSON(r) || r.Method == http.MethodPost {
			x.refusePage(w, r, nil, &refusal{http.StatusUnauthorized, "Nu mai sunteți în cont. Reîncărcați pagina și intrați din nou."})
			return
		}
		http.Redirect(w, r, loginPath+"?inapoi="+url.QueryEscape(r.URL.EscapedPath()), http.StatusSeeOther)
		return
	}
	v := visitor{siteID, s.address}
	rights, err := rightsOn(x.db.reader, v.site, v.address)
	if err == nil {
		err = check(rights, 0)
	}
	var names []string
	if err == nil {
		names, err = splitPath(p)
	}
	if err != nil {
		x.refusePage(w, r, s, err)
		return
	}
	if r.Method == http.MethodPost {
		x.doSite(w, r, s, v, rights, names)
		return
	}
	switch view := r.URL.Query().Get("vezi"); view {
	case "":
		err = x.pageFolder(w, r, s, v, rights, names, strings.HasSuffix(p, "/") || p == "")
	case "despre":
		err = x.pageAbout(w, r, s, v, rights)
	case "cos":
		err = x.pageBin(w, r, s, v, rights)
	case "modifica":
		err = x.pageEdit(w, r, s, v, rights, names, "")
	case "arhiva":
		err = x.sendZip(w, r, v, rights, names)
	default:
		err = errNotFound
	}
	if err != nil {
		x.refusePage(w, r, s, err)
	}
}

// pageFolder shows a folder, or sends a file.
func (x *Extranet) pageFolder(w http.ResponseWriter, r *http.Request, s *session, v visitor, rights forms.Rights, names []string, slash bool) error {
	if !rights.Has(toRead) && len(names) > 0 {
		return refuse(rights, toRead)
	}
	n, err := lookup(x.db.reader, v.site, names)
	if err != nil {
		return err
	}
	switch {
	case n.isFolder() && !slash:
		http.Redirect(w, r, href(v.site, names, true), http.StatusMovedPermanently)
		return nil
	case !n.isFolder() && slash:
		return errNotFound
	case !n.isFolder():
		x.download(w, r, v, names, n)
		return nil
	}
	d, err := x.folderData(r, v, rights, names, n)
	if err != nil {
		return err
	}
	page := pageData{Title: d.Title, Page: d}
	if len(names) > 0 {
		page.Title = names[len(names)-1] + " – " + d.Title
	}
	page.Notice, page.Undo = x.folderNotice(r, v)
	x.render(w, r, s, http.StatusOK, "site", page)
	return nil
}

func (x *Extranet) folderData(r *http.Request, v visitor, rights forms.Rights, names []string, folder *node) (folderData, error) {
	site, err := x.readSite(v.site, rights)
	if err != nil {
		return folderData{}, err
	}
	d := folderData{siteData: site, Here: href(v.site, names, true), IsRoot: len(names) == 0, DAVURL: x.SiteURL(v.site)}
	d.Crumbs = append(d.Crumbs, crumb{site.Title, href(v.site, nil, true)})
	for i, name := range names {
		d.Crumbs = append(d.Crumbs, crumb{name, href(v.site, names[:i+1], true)})
	}
	if !rights.Has(toRead) {
		return d, nil
	}
	list, err := children(x.db.reader, folder.id)
	if err != nil {
		return d, err
	}
	list = slices.DeleteFunc(list, func(n *node) bool { return isLitter(n.name) })
	d.Total = len(list)
	number, _ := strconv.Atoi(r.URL.Query().Get("pagina"))
	number = max(1, min(number, (len(list)+perPage-1)/perPage))
	if len(list) > perPage {
		for i := 1; (i-1)*perPage < len(list); i++ {
			d.Pages = append(d.Pages, pageLink{Number: i, Href: fmt.Sprintf("%s?pagina=%d", d.Here, i), Current: i == number})
		}
		list = list[(number-1)*perPage : min(len(list), number*perPage)]
	}
	people, err := x.peopleNames(v.site)
	if err != nil {
		return d, err
	}
	for _, n := range list {
		at := slices.Concat(names, []string{n.name})
		item := itemData{Name: n.name, Folder: n.isFolder(), Size: n.size, Modified: x.timeOf(n.modifiedAt), By: people(n.modifiedBy)}
		item.Href = href(v.site, at, n.isFolder())
		item.EditHref = href(v.site, at, false) + "?vezi=modifica"
		d.Items = append(d.Items, item)
	}
	return d, nil
}

// isLitter reports whether a name is one under which file managers leave notes
// to themselves beside the files of people. Pages do not show these.
func isLitter(name string) bool {
	return strings.HasPrefix(name, "._") || name == ".DS_Store" || name == "Thumbs.db" || name == "desktop.ini"
}

// peopleNames returns a function from addresses to the names of those who are,
// or were, members of the site.
func (x *Extranet) peopleNames(site string) (func(string) string, error) {
	members, err := readMembers(x.db.reader, site)
	if err != nil {
		return nil, fmt.Errorf("looking up names: %w", err)
	}
	names := map[string]string{}
	for _, m := range members {
		names[m.Address] = m.Name
	}
	return func(address string) string {
		name, known := names[address]
		if !known {
			// A former member. Who is not even an account any more goes by address.
			err := x.db.reader.QueryRow(`SELECT name FROM accounts WHERE address = ?`, address).Scan(&name)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				x.log.Error("a name could not be looked up", "error", err)
			}
			names[address] = name
		}
		return cmp.Or(name, address)
	}, nil
}

// folderNotice says what was just done here. The address names only what kind
// of thing it was, and where it stands; the words are ours.
func (x *Extranet) folderNotice(r *http.Request, v visitor) (string, *undoData) {
	q := r.URL.Query()
	switch q.Get("ok") {
	case "incarcat":
		n, _ := strconv.Atoi(q.Get("n"))
		return countInWords(n, "fișier a fost încărcat.", "fișiere au fost încărcate."), nil
	case "redenumit":
		return "Există deja fișiere cu aceste nume. Cele noi au fost încărcate cu un număr adăugat la nume.", nil
	case "dosar":
		return "Dosarul a fost creat.", nil
	case "mutat":
		return "Gata, a fost mutat sau redenumit.", nil
	case "restaurat":
		return "A fost pus la loc.", nil
	case "sters":
		id, _ := strconv.ParseInt(q.Get("id"), 10, 64)
		b, err := x.binItem(v.site, id)
		if err != nil {
			return "", nil
		}
		return "„" + b.Name + "” a fost mutat în coș.", &undoData{href(v.site, nil, true) + "?do=restore", id}
	}
	return "", nil
}

// doSite carries out the forms of a site's pages.
func (x *Extranet) doSite(w http.ResponseWriter, r *http.Request, s *session, v visitor, rights forms.Rights, names []string) {
	do := r.URL.Query().Get("do")
	switch do {
	case "upload":
		x.doUpload(w, r, s, v, names)
		return
	case "begin", "part":
		x.doPart(w, r, s, v, names)
		return
	}
	limitForm(w, r)
	if err := x.checkForm(r, s); err != nil {
		x.refusePage(w, r, s, err)
		return
	}
	backTo := func(folder []string) string {
		if !rights.Has(toRead) {
			folder = nil // the only page of the site that they may see
		}
		return href(v.site, folder, true)
	}
	back := backTo(names)
	var err error
	switch do {
	case "mkdir":
		back, err = back+"?ok=dosar", x.formMkdir(r, v, names)
	case "delete":
		var id int64
		id, err = x.formDelete(r, v, names)
		back += fmt.Sprintf("?ok=sters&id=%d", id)
	case "move":
		var refused *refusal
		var folder []string
		folder, err = x.formMove(r, v, names)
		back = backTo(folder) + "?ok=mutat"
		if errors.As(err, &refused) && refused.status != http.StatusForbidden && refused.status != http.StatusNotFound {
			err = x.pageEdit(w, r, s, v, rights, names, refused.sentence)
			if err == nil {
				return
			}
		}
	case "restore":
		var folder []string
		folder, err = x.restore(v, formID(r))
		back = backTo(folder) + "?ok=restaurat"
	case "purge":
		err = x.purgeFromBin(v, formID(r))
		back = backTo(nil)
		if rights.Has(toRead) {
			back += "?vezi=cos"
		}
	default:
		err = errNotFound
	}
	if err != nil {
		x.refusePage(w, r, s, err)
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

func (x *Extranet) formMkdir(r *http.Request, v visitor, names []string) error {
	name, err := cleanName(strings.TrimSpace(r.PostFormValue("nume")))
	if err != nil {
		return err
	}
	return x.mkdir(v, slices.Concat(names, []string{name}))
}

func (x *Extranet) formDelete(r *http.Request, v visitor, names []string) (int64, error) {
	name, err := cleanName(r.PostFormValue("nume"))
	if err != nil {
		return 0, errNotFound
	}
	what := slices.Concat(names, []string{name})
	leave, err := x.hold(v, what)
	if err != nil {
		return 0, err
	}
	defer leave()
	return x.remove(v, what)
}

// formMove renames what stands at names, or moves it to another folder, which
// it returns.
func (x *Extranet) formMove(r *http.Request, v visitor, names []string) (folder []string, err error) {
	if len(names) == 0 {
		return nil, errRoot
	}
	name, err := cleanName(strings.TrimSpace(r.PostFormValue("nume")))
	if err != nil {
		return nil, err
	}
	if folder, err = splitPath(r.PostFormValue("dosar")); err != nil {
		return nil, errNoParent
	}
	to := slices.Concat(folder, []string{name})
	if slices.Equal(to, names) {
		return folder, nil
	}
	if len(to) > len(names) && slices.Equal(to[:len(names)], names) {
		return nil, errIntoItself
	}
	leave, err := x.hold(v, names, to)
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := x.move(v, names, to, false); err != nil {
		return nil, err
	}
	x.locks.of(v.site).forget(joinPath(names))
	return folder, nil
}

// formID is the number of something in the bin; 0, which nothing has, where it
// is not one.
func formID(r *http.Request) int64 {
	id, _ := strconv.ParseInt(r.PostFormValue("id"), 10, 64)
	return id
}

type editData struct {
	siteData
	Name, Action, Folder string
	IsFolder             bool
	Folders              []folderChoice
	Back                 string
}

type folderChoice struct {
	Path, Label string
	Current     bool
}

const maxFolderChoices = 2000

// pageEdit asks for a new name, and a new folder, of what stands at names.
func (x *Extranet) pageEdit(w http.ResponseWriter, r *http.Request, s *session, v visitor, rights forms.Rights, names []string, problem string) error {
	if err := check(rights, toMove); err != nil {
		return err
	}
	if len(names) == 0 {
		return errRoot
	}
	n, err := lookup(x.db.reader, v.site, names)
	if err != nil {
		return err
	}
	site, err := x.readSite(v.site, rights)
	if err != nil {
		return err
	}
	d := editData{siteData: site, Name: n.name, IsFolder: n.isFolder(), Action: href(v.site, names, false) + "?do=move",
		Back: href(v.site, names[:len(names)-1], true)}
	status := http.StatusOK
	current := joinPath(names[:len(names)-1])
	if problem != "" {
		d.Name, current, status = r.PostFormValue("nume"), r.PostFormValue("dosar"), http.StatusUnprocessableEntity
	}
	folders := [][]string{names[:len(names)-1]} // who may not read is told of no others
	if rights.Has(toRead) {
		if folders, err = x.folders(v.site); err != nil {
			return err
		}
	}
	for _, f := range folders {
		if n.isFolder() && within(joinPath(f), joinPath(names)) {
			continue
		}
		label := strings.Join(append([]string{site.Title}, f...), " / ")
		d.Folders = append(d.Folders, folderChoice{joinPath(f), label, joinPath(f) == current})
	}
	x.render(w, r, s, status, "edit", pageData{Title: "Redenumire sau mutare", Problem: problem, Page: d})
	return nil
}

// folders lists every folder of the site, the root first.
func (x *Extranet) folders(site string) ([][]string, error) {
	rows, err := x.db.reader.Query(`WITH RECURSIVE tree (id, path) AS (
			SELECT id, '' FROM nodes WHERE site_id = ? AND kind = 'root'
			UNION ALL SELECT n.id, t.path || '/' || n.name FROM nodes n JOIN tree t ON n.parent_id = t.id WHERE n.kind = 'folder')
		SELECT path FROM tree ORDER BY path LIMIT ?`, site, maxFolderChoices)
	if err != nil {
		return nil, fmt.Errorf("listing folders: %w", err)
	}
	defer rows.Close()
	var list [][]string
	for rows.Next() {
		var p string
		if err := rows.Scan(&p); err != nil {
			return nil, fmt.Errorf("listing folders: %w", err)
		}
		names, err := splitPath(p)
		if err != nil {
			return nil, fmt.Errorf("listing folders: %w", err)
		}
		list = append(list, names)
	}
	return list, rows.Err()
}

type aboutData struct {
	siteData
	Partners, Internals []intake.Member
	DAVURL              string
	Free                int64
	Over                bool // the last day of the legal basis has passed
}

// pageAbout says what the site is for, on which basis, and who is a member.
func (x *Extranet) pageAbout(w http.ResponseWriter, r *http.Request, s *session, v visitor, rights forms.Rights) error {
	site, err := x.readSite(v.site, rights)
	if err != nil {
		return err
	}
	members, err := readMembers(x.db.reader, v.site)
	if err != nil {
		return err
	}
	d := aboutData{siteData: site, DAVURL: x.SiteURL(v.site), Free: max(0, site.Quota-site.Used),
		Over: !site.Until.IsZero() && site.Until.Before(forms.DateOf(x.now().In(x.config.Location)))}
	for _, m := range members {
		if m.Side == intake.PartnerSide {
			d.Partners = append(d.Partners, m)
		} else {
			d.Internals = append(d.Internals, m)
		}
	}
	x.render(w, r, s, http.StatusOK, "about", pageData{Title: "Despre site – " + site.Title, Page: d})
	return nil
}
