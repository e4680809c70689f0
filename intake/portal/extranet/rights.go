package extranet

import (
	"net/http"

	"registratura/forms"
)

// What each right allows, in one place. Everything that changes files goes
// through Extranet.change (tree.go), which asks here inside the transaction that
// makes the change; pages and WebDAV only decide what to show and how to say no.
//
//	to do                                          needs
//	see the list, download, copy from              read
//	upload a new file, make a folder, copy to      write
//	put something into an empty file               write
//	upload over a file that has content            write and delete
//	copy or move over something that is there      write and delete
//	delete; put back out of the bin                delete; write and delete
//	delete for good out of the bin                 delete
//	rename, move                                   write and delete
//	lock, unlock, set properties (WebDAV)          write
//
// Overwriting and moving away count as what they destroy: the old content, or
// the file at its old name. An empty file has nothing to lose; programs that
// make one first and fill it afterwards (Finder, Explorer) need no more than
// write for a new file.
const (
	toRead    = forms.RightRead
	toCreate  = forms.RightWrite
	toReplace = forms.RightWrite | forms.RightDelete
	toDelete  = forms.RightDelete
	toMove    = forms.RightWrite | forms.RightDelete
	toLock    = forms.RightWrite
)

// davRights is what a WebDAV method needs before anything else is looked at.
// A method that is not here is not served.
var davRights = map[string]forms.Rights{
	http.MethodOptions: 0,
	http.MethodGet:     toRead,
	http.MethodHead:    toRead,
	"PROPFIND":         toRead,
	http.MethodPut:     toCreate,
	"MKCOL":            toCreate,
	"COPY":             toRead | toCreate,
	"MOVE":             toMove,
	http.MethodDelete:  toDelete,
	"LOCK":             toLock,
	"UNLOCK":           toLock,
	"PROPPATCH":        toLock,
}

// refusal is an error that is told to the person: the HTTP status, and a
// sentence in Romanian that says what to do next.
type refusal struct {
	status   int
	sentence string
}

func (r *refusal) Error() string { return r.sentence }

var (
	errNoAccess   = &refusal{http.StatusForbidden, "Nu aveți acces la acest site. Dacă ar trebui să aveți, scrieți șefului de departament care l-a cerut."}
	errNotFound   = &refusal{http.StatusNotFound, "Nu există nimic la această adresă. Poate a fost șters sau mutat."}
	errNoParent   = &refusal{http.StatusConflict, "Dosarul în care doriți să puneți fișierul nu există. Reîncărcați pagina."}
	errNotFolder  = &refusal{http.StatusConflict, "În acel loc este un fișier, nu un dosar."}
	errIsFolder   = &refusal{http.StatusMethodNotAllowed, "Există deja un dosar cu acest nume. Alegeți alt nume."}
	errExists     = &refusal{http.StatusMethodNotAllowed, "Există deja ceva cu acest nume. Alegeți alt nume."}
	errIntoItself = &refusal{http.StatusForbidden, "Un dosar nu poate fi mutat sau copiat în el însuși."}
	errRoot       = &refusal{http.StatusForbidden, "Dosarul principal al site-ului nu poate fi șters, mutat sau înlocuit."}
	errLocked     = &refusal{http.StatusLocked, "Fișierul este deschis acum de altcineva. Încercați din nou după ce îl închide."}
	errTooDeep    = &refusal{http.StatusConflict, "Dosarele sunt prea multe unul în altul. Puneți-l mai sus."}
	errQuota      = &refusal{http.StatusInsufficientStorage, "Nu mai este loc pe site. Ștergeți definitiv din coș ce nu mai trebuie sau scrieți la IT."}
	errNoSpace    = &refusal{http.StatusInsufficientStorage, "Nu mai este loc pe server. Scrieți la IT."}
	errFileSize   = &refusal{http.StatusRequestEntityTooLarge, "Fișierul este mai mare decât se poate păstra aici."}
	errBadName    = &refusal{http.StatusBadRequest, "Numele nu poate fi folosit. Folosiți litere, cifre, spații, puncte și cratime, cel mult 255 de octeți."}
)

// refuse says which of the rights needed is missing.
func refuse(has, needs forms.Rights) *refusal {
	if has == 0 {
		return errNoAccess
	}
	switch missing := needs &^ has; {
	case missing.Has(forms.RightRead):
		return &refusal{http.StatusForbidden, "Nu aveți dreptul de citire pe acest site, de aceea nu puteți vedea sau descărca fișierele."}
	case missing.Has(forms.RightWrite):
		return &refusal{http.StatusForbidden, "Nu aveți dreptul de scriere pe acest site, de aceea nu puteți adăuga sau schimba fișiere."}
	default:
		return &refusal{http.StatusForbidden, "Nu aveți dreptul de ștergere pe acest site, de aceea nu puteți șterge, înlocui, muta sau redenumi ce este deja aici. Puteți încărca sub alt nume."}
	}
}

// check returns the refusal for what has lacks of needs, or nil.
func check(has, needs forms.Rights) error {
	if has == 0 || !has.Has(needs) {
		return refuse(has, needs)
	}
	return nil
}
