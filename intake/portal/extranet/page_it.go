package extranet

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// The pages for IT: requests with their story and evidence, and sites with
// their use. They are for reading, and for trying stuck requests again;
// decisions come by mail.

// Registry is what the pages for IT show of the desk, and the one thing that
// they have it do.
type Registry interface {
	// Requests lists requests, the newest first, at most limit; status "" means all.
	Requests(ctx context.Context, status intake.Status, limit int) ([]*intake.Request, error)
	// Counts is how many requests there are in each status.
	Counts(ctx context.Context) (map[intake.Status]int, error)
	// Request finds a request, or returns [intake.ErrNotFound].
	Request(ctx context.Context, id int64) (*intake.Request, error)
	// Story tells what happened to a request, in order.
	Story(ctx context.Context, id int64) ([]StoryLine, error)
	// Retry has a stuck request provisioned again, at the wish of who; for one
	// that is not stuck it returns [intake.ErrStatus].
	Retry(ctx context.Context, id int64, who string) error
}

// StoryLine is one line of a request's story.
type StoryLine struct {
	At     time.Time
	What   string // an [intake.EventKind], or "notice_waiting"
	Who    string
	Detail string // in English
}

const (
	itPath        = "/it"
	itRequestPath = "/it/cereri/"
	itSitesPath   = "/it/site-uri"
)

var errNotIT = &refusal{http.StatusForbidden, "Pagina este numai pentru serviciul IT al instituției."}

// isIT reports whether the pages for IT are for the owner of the address.
func (x *Extranet) isIT(address string) bool {
	return x.config.Registry != nil && x.it[address]
}

// makeITAccounts gives everybody in IT an account, to which no site need belong.
// Its owner gets in with a one-time link, asked for on the page.
func (x *Extranet) makeITAccounts() error {
	x.it = map[string]bool{}
	err := x.db.write(func(tx *sql.Tx) error {
		for _, p := range x.config.IT {
			address, name := cleanAddress(p.Address), p.Name
			if name == "" {
				name = address
			}
			x.it[address] = true
			_, err := tx.Exec(`INSERT INTO accounts (address, name, created_at) VALUES (?, ?, ?) ON CONFLICT (address) DO NOTHING`,
				address, name, millis(x.now()))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("making the accounts of IT: %w", err)
	}
	return nil
}

// itAddresses is the JSON array of the addresses in IT, for SQL.
func (x *Extranet) itAddresses() string {
	list := make([]string, 0, len(x.it))
	for address := range x.it {
		list = append(list, address)
	}
	return jsonArray(list)
}

// jsonArray is a list of strings, for SQL's json_each.
func jsonArray(list []string) string {
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings can be encoded
	}
	return string(text)
}

// forIT wraps the handler of a page for IT: everybody else is sent to the page
// for logging in, or refused.
func (x *Extranet) forIT(h func(http.ResponseWriter, *http.Request, *session)) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		s := x.currentSession(r)
		switch {
		case x.config.Registry == nil:
			x.refusePage(w, r, s, errNotFound)
		case s == nil:
			http.Redirect(w, r, loginPath+"?inapoi="+url.QueryEscape(r.URL.Path), http.StatusSeeOther)
		case !x.isIT(s.address):
			x.refusePage(w, r, s, errNotIT)
		default:
			h(w, r, s)
		}
	}
}

type itRequestsData struct {
	Stuck    []itRequest
	Filters  []itFilter
	Requests []itRequest
	Heading  string
	Status   intake.Status // that is asked for; empty: all
	itSearch
}

type itFilter struct {
	Label, Href string
	Count       int
	Current     bool
}

type itRequest struct {
	*intake.Request
	Href, About, StatusWords string
	KindWords                string // empty: it asks for a new site
	CanRetry                 bool
}

func (x *Extranet) itRequest(r *intake.Request) itRequest {
	about := r.Submission.Partner
	if about == "" {
		about = r.Submission.Site // a closing
	}
	return itRequest{Request: r, Href: itRequestPath + strconv.FormatInt(r.ID, 10), About: about,
		StatusWords: x.statusInWords(r.Status), KindWords: kindInWords(r), CanRetry: r.Status == intake.StatusStuck}
}

// kindInWords is what a request asks for other than a new site.
func kindInWords(r *intake.Request) string {
	if r.Kind == forms.Close {
		return "Închidere"
	}
	if r.Plan.Replaces != nil {
		return "Schimbare de acces"
	}
	return ""
}

// itChange is what a change of access does to one member.
type itChange struct{ Name, Address, Words string }

func accessChanges(r *intake.Request) (list []itChange) {
	for _, a := range r.AccessChanges() {
		if a.Member == nil {
			continue // what is said of the site
		}
		now := rightsInWords(a.Member.Rights)
		words := ""
		switch {
		case a.Kind == intake.Added:
			words = "primește acces: " + now
		case a.Kind == intake.Removed:
			words = "pierde accesul; avea " + now
		case a.Was != nil && a.Was.Rights != a.Member.Rights:
			words = "avea " + rightsInWords(a.Was.Rights) + "; are de acum " + now
		default:
			words = "altfel numit; " + now
		}
		list = append(list, itChange{a.Member.Name, a.Member.Address, words})
	}
	return list
}

func (x *Extranet) statusInWords(s intake.Status) string {
	if x.config.StatusInWords == nil {
		return string(s)
	}
	return x.config.StatusInWords(s)
}

// pageITRequests lists the requests, by status where one is asked for. Those
// that wait for IT stand first.
func (x *Extranet) pageITRequests(w http.ResponseWriter, r *http.Request, s *session) {
	asked := intake.Status(r.URL.Query().Get("stare"))
	counts, err := x.config.Registry.Counts(r.Context())
	if err != nil {
		x.refusePage(w, r, s, fmt.Errorf("counting requests for IT: %w", err))
		return
	}
	d := itRequestsData{Heading: "Toate cererile"}
	total := 0
	for _, n := range counts {
		total += n
	}
	d.Filters = append(d.Filters, itFilter{"Toate", itPath, total, asked == ""})
	for _, status := range intake.Statuses {
		if n := counts[status]; n > 0 || status == asked {
			words := x.statusInWords(status)
			d.Filters = append(d.Filters, itFilter{words, itPath + "?stare=" + url.QueryEscape(string(status)), n, status == asked})
			if status == asked {
				d.Heading, total = "Cereri: "+words, n
			}
		}
	}
	d.Status, d.itSearch = asked, searchOf(r)
	list := func(status intake.Status, limit int) ([]itRequest, error) {
		found, err := x.config.Registry.Requests(r.Context(), status, limit)
		if err != nil {
			return nil, fmt.Errorf("listing requests for IT: %w", err)
		}
		var rows []itRequest
		for _, f := range found {
			if d.matches(requestWords(f)...) {
				rows = append(rows, x.itRequest(f))
			}
		}
		return rows, nil
	}
	if asked == "" && d.Asked == "" && d.page == 1 && counts[intake.StatusStuck] > 0 {
		d.Stuck, err = list(intake.StatusStuck, counts[intake.StatusStuck])
	}
	if err == nil {
		limit := total // to search in
		if d.Asked == "" {
			limit = min(total, d.page*itPerPage)
		}
		d.Requests, err = list(asked, limit)
	}
	if err != nil {
		x.refusePage(w, r, s, err)
		return
	}
	if d.Asked != "" {
		total = len(d.Requests)
		if asked == "" {
			d.Heading = "Cereri găsite"
		}
	}
	from, to := d.cut(total, itPath, url.Values{"stare": {string(asked)}})
	d.Requests = d.Requests[min(from, len(d.Requests)):min(to, len(d.Requests))]
	x.render(w, r, s, http.StatusOK, "it", pageData{Title: "Cereri", Page: d})
}

// requestWords is what a request can be searched by: its number, its site, and
// whom it is about.
func requestWords(r *intake.Request) []string {
	words := []string{r.Number.String(), r.Submission.Partner, r.Submission.Site, r.Plan.Site.ID, r.Plan.Site.Title, r.Department, r.From.Name, r.From.Address}
	for _, m := range r.Plan.Members {
		words = append(words, m.Name, m.Address)
	}
	return words
}

type itRequestData struct {
	itRequest
	Members []intake.Member // of the plan
	Changes []itChange      // from what stood before
	Story   []itStoryLine
}

type itStoryLine struct {
	StoryLine
	Words string
}

// itRequestOf finds the request that an address of the pages names.
func (x *Extranet) itRequestOf(r *http.Request) (*intake.Request, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, itRequestPath), 10, 64)
	if err != nil || id < 1 {
		return nil, errNotFound
	}
	request, err := x.config.Registry.Request(r.Context(), id)
	if errors.Is(err, intake.ErrNotFound) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("finding a request for IT: %w", err)
	}
	return request, nil
}

func (x *Extranet) pageITRequest(w http.ResponseWriter, r *http.Request, s *session) {
	request, err := x.itRequestOf(r)
	if err != nil {
		x.refusePage(w, r, s, err)
		return
	}
	story, err := x.config.Registry.Story(r.Context(), request.ID)
	if err != nil {
		x.refusePage(w, r, s, fmt.Errorf("telling a request's story to IT: %w", err))
		return
	}
	d := itRequestData{itRequest: x.itRequest(request), Members: request.Members(), Changes: accessChanges(request)}
	for _, line := range story {
		d.Story = append(d.Story, itStoryLine{line, EventInWords(line.What)})
	}
	page := pageData{Title: "Cererea nr. " + request.Number.String(), Page: d}
	if r.URL.Query().Get("ok") == "reluat" {
		page.Notice = "Cererea a fost reluată. Reîncărcați pagina peste un minut pentru a vedea rezultatul."
	}
	x.render(w, r, s, http.StatusOK, "itrequest", page)
}

// doITRequest has a stuck request tried again.
func (x *Extranet) doITRequest(w http.ResponseWriter, r *http.Request, s *session) {
	if err := x.checkForm(r, s); err != nil {
		x.refusePage(w, r, s, err)
		return
	}
	request, err := x.itRequestOf(r)
	if err == nil && r.PostFormValue("do") != "retry" {
		err = errNotFound
	}
	if err == nil {
		err = x.config.Registry.Retry(r.Context(), request.ID, "IT ("+s.address+")")
	}
	var held *intake.NotNowError
	switch {
	case errors.As(err, &held) && len(held.Holds) > 0:
		x.refusePage(w, r, s, &refusal{http.StatusConflict,
			"Ceva pe care se sprijină cererea s-a schimbat de la aprobare, cum spune mesajul primit. Corectați configurația și reporniți registratura " +
				"sau, dacă cererea rămâne valabilă, folosiți comanda „registratura requests retry " + request.Number.String() + " --anyway MOTIV”."})
	case errors.Is(err, intake.ErrStatus):
		x.refusePage(w, r, s, &refusal{http.StatusConflict,
			"Cererea nu mai este oprită: a fost reluată deja sau starea ei s-a schimbat. Deschideți din nou lista cererilor."})
	case err != nil:
		x.refusePage(w, r, s, err)
	default:
		http.Redirect(w, r, itRequestPath+strconv.FormatInt(request.ID, 10)+"?ok=reluat", http.StatusSeeOther)
	}
}

type itSitesData struct {
	Sites []SiteUse
	All   int   // sites
	Bytes int64 // of all sites
	itSearch
}

func (x *Extranet) pageITSites(w http.ResponseWriter, r *http.Request, s *session) {
	sites, err := x.Sites(r.Context())
	if err != nil {
		x.refusePage(w, r, s, err)
		return
	}
	d := itSitesData{All: len(sites), itSearch: searchOf(r)}
	for _, site := range sites {
		d.Bytes += site.Bytes
		if d.matches(site.ID, site.Title, siteStateInWords(site.State)) {
			d.Sites = append(d.Sites, site)
		}
	}
	from, to := d.cut(len(d.Sites), itSitesPath, nil)
	d.Sites = d.Sites[from:to]
	x.render(w, r, s, http.StatusOK, "itsites", pageData{Title: "Site-uri", Page: d})
}

// siteStateInWords is the state of a site as IT reads it.
func siteStateInWords(state string) string {
	switch state {
	case "open":
		return "deschis"
	case "suspended":
		return "suspendat"
	case "closed":
		return "închis"
	}
	return state
}

// EventInWords says what a line of a story says, as the pages for IT do.
func EventInWords(what string) string {
	if words, ok := eventWords[what]; ok {
		return words
	}
	return what
}

// eventWords is what a line of a story says. What has no words here is shown
// as it stands in the records.
var eventWords = map[string]string{
	string(intake.EventRegistered): "înregistrată", string(intake.EventCorrected): "formular corectat",
	string(intake.EventReturned): "returnată pentru corectare", string(intake.EventConfirmAsk): "s-a cerut confirmarea expeditorului",
	string(intake.EventConfirmed): "confirmată de expeditor", string(intake.EventAsked): "s-a cerut aprobarea",
	string(intake.EventAskedAgain): "întrebarea a fost repetată", string(intake.EventApproved): "aprobată",
	string(intake.EventRejected): "respinsă", string(intake.EventScheduled): "programată",
	string(intake.EventProvision): "a început crearea site-ului", string(intake.EventProvFailed): "o încercare a eșuat",
	string(intake.EventStuck): "oprită", string(intake.EventRetried): "reluată de IT",
	string(intake.EventStands): "rămâne valabilă, spune IT", string(intake.EventSkipped): "utilizatori lăsați fără acces, de IT",
	string(intake.EventCancelled): "anulată de IT", string(intake.EventTakenBack): "luat înapoi ce s-a acordat",
	string(intake.EventAddressMended): "adresă corectată", string(intake.EventAddressMoved): "acces mutat la adresa corectată",
	string(intake.EventAddressStays): "acces nemutat încă la adresa corectată", string(intake.EventWithdrawn): "retrasă",
	string(intake.EventActive): "site deschis", string(intake.EventNoticeSent): "mesaj trimis",
	string(intake.EventNoticeFails): "mesaj netrimis", string(intake.EventRefused): "răspuns neluat în seamă",
	string(intake.EventSetAside): "mesaj lăsat unui om", string(intake.EventMuted): "răspuns netrimis (prea multe într-o zi)",
	string(intake.EventOffered): "s-a oferit cererea cu condițiile puse", string(intake.EventPartlyApproved): "aprobată de unul dintre cei care trebuie",
	string(intake.EventDelegated): "aprobarea a fost delegată", string(intake.EventDelegationEnded): "delegarea s-a încheiat",
	string(intake.EventReminded): "s-a amintit celui care aprobă", string(intake.EventNextAsked): "a fost întrebat următorul",
	string(intake.EventToldWaiting): "solicitantul a fost anunțat că se așteaptă", string(intake.EventExpired): "a expirat fără răspuns",
	string(intake.EventJournal): "jurnalul site-ului a fost trimis", string(intake.EventCodesReset): "codul la intrare al unui cont a fost oprit de IT",
	"notice_waiting":           "mesaj în așteptare",
	string(intake.EventChange): "înțeleasă ca schimbare a accesului", string(intake.EventReplaced): "înlocuită de o cerere ulterioară",
	string(intake.EventCorrectionHeld): "un formular corectat își așteaptă confirmarea", string(intake.EventCorrectionDropped): "expeditorul neagă formularul corectat",
	string(intake.EventPurged):      "date personale șterse la termen",
	string(intake.EventWorkOrdered): "comandă de lucru către IT", string(intake.EventWorkReminded): "s-a reamintit comanda de lucru",
	string(intake.EventReviewAsked): "s-a cerut confirmarea celor cu acces", string(intake.EventReviewReminded): "s-a reamintit confirmarea celor cu acces",
	string(intake.EventReviewWarned): "s-a anunțat suspendarea accesului", string(intake.EventReviewSuspended): "acces suspendat, lipsește confirmarea",
	string(intake.EventReviewResumed): "acces redat", string(intake.EventReviewed): "lista celor cu acces a fost confirmată",
	string(intake.EventWorkDone): "IT a confirmat lucrarea", string(intake.EventWorkFailed): "IT nu a putut face lucrarea",
	string(intake.EventClosing): "accesul s-a încheiat, fișierele sunt salvate", string(intake.EventDeletionHeld): "ștergerea a fost oprită",
	string(intake.EventUndoAsked): "IT a cerut redeschiderea", string(intake.EventReopened): "site redeschis", string(intake.EventClosed): "site șters",
	string(intake.EventFetched): "fișiere descărcate prin link",
}
