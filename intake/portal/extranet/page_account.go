package extranet

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"registratura/forms"
)

type homeData struct{ Sites []homeSite }

type homeSite struct {
	Title, Partner, Department, Href string
	Rights                           forms.Rights
}

// pageHome lists the sites of who has logged in.
func (x *Extranet) pageHome(w http.ResponseWriter, r *http.Request) {
	s := x.currentSession(r)
	if s == nil {
		http.Redirect(w, r, loginPath, http.StatusSeeOther)
		return
	}
	sites, err := x.sitesOf(s.address)
	if err != nil {
		x.refusePage(w, r, s, err)
		return
	}
	x.render(w, r, s, http.StatusOK, "home", pageData{Title: "Site-urile mele", Page: homeData{sites}})
}

// sitesOf lists the sites that somebody has access to, by title.
func (x *Extranet) sitesOf(address string) ([]homeSite, error) {
	rows, err := x.db.reader.Query(`SELECT s.id, s.title, s.partner, s.department, a.rights FROM access a JOIN sites s ON s.id = a.site_id
		WHERE a.address = ? ORDER BY s.title, s.id`, address)
	if err != nil {
		return nil, fmt.Errorf("listing somebody's sites: %w", err)
	}
	defer rows.Close()
	var list []homeSite
	for rows.Next() {
		var site homeSite
		var id string
		if err := rows.Scan(&id, &site.Title, &site.Partner, &site.Department, &site.Rights); err != nil {
			return nil, fmt.Errorf("listing somebody's sites: %w", err)
		}
		site.Href = href(id, nil, true)
		list = append(list, site)
	}
	return list, rows.Err()
}

type loginData struct{ Address, Back string }

func (x *Extranet) pageLogin(w http.ResponseWriter, r *http.Request) {
	back := localPath(r.URL.Query().Get("inapoi"))
	if s := x.currentSession(r); s != nil {
		http.Redirect(w, r, back, http.StatusSeeOther)
		return
	}
	d := pageData{Title: "Intrare", Page: loginData{Back: back}}
	if r.URL.Query().Has("iesit") {
		d.Notice = "Ați ieșit din cont."
	}
	x.render(w, r, nil, http.StatusOK, "login", d)
}

func (x *Extranet) doLogin(w http.ResponseWriter, r *http.Request) {
	if err := x.checkForm(r, nil); err != nil {
		x.refusePage(w, r, nil, err)
		return
	}
	address, back := r.PostFormValue("adresa"), localPath(r.PostFormValue("inapoi"))
	p, err := x.authenticate(r.Context(), placeOf(r, x.config.TrustedProxies), address, r.PostFormValue("parola"))
	var refused *refusal
	if errors.As(err, &refused) {
		x.render(w, r, nil, refused.status, "login", pageData{Title: "Intrare", Problem: refused.sentence, Page: loginData{address, back}})
		return
	}
	if err != nil {
		x.refusePage(w, r, nil, err)
		return
	}
	x.welcome(w, r, p, back)
}

// startSession gives the browser a new session; an old one of it ends, so that
// nobody goes on in one that somebody else planted.
func (x *Extranet) startSession(w http.ResponseWriter, r *http.Request, p person) error {
	if old := x.cookie(r, sessionCookie); old != "" {
		if err := x.endSession(old); err != nil {
			return err
		}
	}
	t, err := x.newSession(p)
	if err != nil {
		return err
	}
	x.setCookie(w, sessionCookie, t, x.config.SessionMax)
	return nil
}

func (x *Extranet) doLogout(w http.ResponseWriter, r *http.Request) {
	s := x.currentSession(r)
	if s != nil {
		if err := x.checkForm(r, s); err != nil {
			x.refusePage(w, r, s, err)
			return
		}
		if err := x.endSession(s.token); err != nil {
			x.refusePage(w, r, s, err)
			return
		}
	}
	x.setCookie(w, sessionCookie, "", -time.Second)
	http.Redirect(w, r, loginPath+"?iesit", http.StatusSeeOther)
}

type linkData struct {
	Address, Name string
	MinLength     int
}

// pageLink shows whose password is to be set. It changes nothing: whatever
// opens links out of mails to look at them may open this one, too.
func (x *Extranet) pageLink(w http.ResponseWriter, r *http.Request) {
	p, err := x.linkOwner(linkToken(r))
	x.showLink(w, r, p, err)
}

func linkToken(r *http.Request) token { return token(strings.TrimPrefix(r.URL.Path, linkPath)) }

func (x *Extranet) showLink(w http.ResponseWriter, r *http.Request, p person, err error) {
	var refused *refusal
	switch {
	case errors.Is(err, errLinkUsed):
		x.render(w, r, nil, errLinkUsed.status, "newlink", pageData{Title: "Link nou", Problem: errLinkUsed.sentence, Page: x.newLinkData("")})
		return
	case errors.As(err, &refused):
		x.render(w, r, nil, refused.status, "link", pageData{Title: "Alegeți parola", Problem: refused.sentence,
			Page: linkData{p.address, p.name, minPassword}})
		return
	case err != nil:
		x.refusePage(w, r, nil, err)
		return
	}
	x.render(w, r, nil, http.StatusOK, "link", pageData{Title: "Alegeți parola", Page: linkData{p.address, p.name, minPassword}})
}

func (x *Extranet) doLink(w http.ResponseWriter, r *http.Request) {
	t := linkToken(r)
	p, err := x.linkOwner(t)
	if err != nil {
		x.showLink(w, r, p, err)
		return
	}
	if err := x.checkForm(r, nil); err != nil {
		x.showLink(w, r, p, err)
		return
	}
	password := r.PostFormValue("parola")
	if err := checkNewPassword(password, r.PostFormValue("parola2"), p.address); err != nil {
		x.showLink(w, r, p, err)
		return
	}
	if _, err := x.useLink(r.Context(), t, password); err != nil {
		x.showLink(w, r, p, err)
		return
	}
	x.logins.remember(placeOf(r, x.config.TrustedProxies), p.address)
	x.welcome(w, r, p, homePath)
}

// checkNewPassword returns what is wrong with a password that was typed twice.
func checkNewPassword(password, again, address string) error {
	if problem := judgePassword(password, address); problem != "" {
		return &refusal{http.StatusUnprocessableEntity, problem}
	}
	if password != again {
		return &refusal{http.StatusUnprocessableEntity, "Cele două parole nu sunt la fel. Scrieți-le din nou."}
	}
	return nil
}

type newLinkData struct {
	Address string
	ByPage  bool   // a link can be asked for here
	ByMail  string // and by mail to this address; empty: not
}

func (x *Extranet) newLinkData(address string) newLinkData {
	return newLinkData{address, x.config.RequestLink != nil, x.config.MailAddress}
}

func (x *Extranet) pageNewLink(w http.ResponseWriter, r *http.Request) {
	x.render(w, r, nil, http.StatusOK, "newlink", pageData{Title: "Link nou", Page: x.newLinkData("")})
}

// doNewLink answers the same whether there is such an account or not.
func (x *Extranet) doNewLink(w http.ResponseWriter, r *http.Request) {
	if err := x.checkForm(r, nil); err != nil {
		x.refusePage(w, r, nil, err)
		return
	}
	address := cleanAddress(r.PostFormValue("adresa"))
	if x.config.RequestLink != nil {
		var one int
		err := x.db.reader.QueryRow(`SELECT 1 FROM accounts WHERE address = ?`, address).Scan(&one)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			x.refusePage(w, r, nil, err)
			return
		case x.requests.take(address) && x.requestPlaces.take(placeOf(r, x.config.TrustedProxies)):
			if err := x.config.RequestLink(r.Context(), address); err != nil {
				x.refusePage(w, r, nil, fmt.Errorf("asking for a new link: %w", err))
				return
			}
		}
	}
	x.render(w, r, nil, http.StatusOK, "newlink", pageData{Title: "Link nou", Page: x.newLinkData(""),
		Notice: "Dacă există un cont cu această adresă, primiți în câteva minute un mesaj cu un link nou. Verificați și dosarul de mesaje nedorite."})
}

type accountData struct {
	MinLength    int
	AppPasswords []appPasswordData
	Made         string // a password for a program that was just made
	MadeLabel    string
	Factor       factorData
}

type appPasswordData struct {
	ID      int64
	Label   string
	Created time.Time
	Used    *time.Time
}

const maxAppPasswords = 20 // of one account

func (x *Extranet) accountData(address string) (accountData, error) {
	d := accountData{MinLength: minPassword}
	var err error
	if d.Factor, err = x.factorData(address); err != nil {
		return d, err
	}
	rows, err := x.db.reader.Query(`SELECT id, label, created_at, used_at FROM app_passwords WHERE address = ? ORDER BY id`, address)
	if err != nil {
		return d, fmt.Errorf("listing app passwords: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a appPasswordData
		var created, used int64
		if err := rows.Scan(&a.ID, &a.Label, &created, &used); err != nil {
			return d, fmt.Errorf("listing app passwords: %w", err)
		}
		a.Created = x.timeOf(created)
		if used > 0 {
			t := x.timeOf(used)
			a.Used = &t
		}
		d.AppPasswords = append(d.AppPasswords, a)
	}
	return d, rows.Err()
}

func (x *Extranet) pageAccount(w http.ResponseWriter, r *http.Request) {
	s := x.currentSession(r)
	if s == nil {
		http.Redirect(w, r, loginPath+"?inapoi="+url.QueryEscape(accountPath), http.StatusSeeOther)
		return
	}
	notice := map[string]string{
		"parola":  "Parola a fost schimbată. Pe celelalte dispozitive trebuie să intrați din nou.",
		"sesiuni": "Ați ieșit de pe toate celelalte dispozitive.",
		"oprit":   "Codul la intrare este oprit.",
		"retrasa": "Parola de aplicație a fost retrasă; programul care o folosea nu mai are acces.",
	}[r.URL.Query().Get("ok")]
	x.showAccount(w, r, s, http.StatusOK, pageData{Notice: notice}, nil)
}

func (x *Extranet) showAccount(w http.ResponseWriter, r *http.Request, s *session, status int, d pageData, change func(*accountData)) {
	account, err := x.accountData(s.address)
	if err != nil {
		x.refusePage(w, r, s, err)
		return
	}
	if change != nil {
		change(&account)
	}
	d.Title, d.Page = "Contul meu", account
	x.render(w, r, s, status, "account", d)
}

func (x *Extranet) doAccount(w http.ResponseWriter, r *http.Request) {
	s := x.currentSession(r)
	if s == nil {
		http.Redirect(w, r, loginPath+"?inapoi="+url.QueryEscape(accountPath), http.StatusSeeOther)
		return
	}
	if err := x.checkForm(r, s); err != nil {
		x.refusePage(w, r, s, err)
		return
	}
	var err error
	done := ""
	switch r.PostFormValue("do") {
	case "password":
		done, err = "parola", x.changePassword(r, s)
	case "sessions":
		done = "sesiuni"
		err = x.db.write(func(tx *sql.Tx) error {
			_, err := tx.Exec(`DELETE FROM sessions WHERE address = ? AND hash <> ?`, s.address, s.token.hash())
			return err
		})
	case "app-password":
		x.makeAppPassword(w, r, s)
		return
	case "factor":
		x.beginFactor(w, r, s)
		return
	case "factor-confirm":
		x.confirmFactor(w, r, s)
		return
	case "factor-end":
		done, err = "oprit", x.endFactor(r, s)
	case "revoke":
		done = "retrasa"
		id, _ := strconv.ParseInt(r.PostFormValue("id"), 10, 64)
		err = x.db.write(func(tx *sql.Tx) error {
			_, err := tx.Exec(`DELETE FROM app_passwords WHERE id = ? AND address = ?`, id, s.address)
			return err
		})
	default:
		err = errNotFound
	}
	if err != nil {
		x.answerAccount(w, r, s, err)
		return
	}
	http.Redirect(w, r, accountPath+"?ok="+done, http.StatusSeeOther)
}

// checkPassword asks for the present password.
func (x *Extranet) checkPassword(r *http.Request, s *session) error {
	_, err := x.authenticate(r.Context(), placeOf(r, x.config.TrustedProxies), s.address, r.PostFormValue("actuala"))
	if errors.Is(err, errWrongPassword) {
		return &refusal{http.StatusUnprocessableEntity, "Parola actuală nu este corectă. Încercați din nou."}
	}
	return err
}

// changePassword asks for the present one: a browser left open is not enough to
// take an account over.
func (x *Extranet) changePassword(r *http.Request, s *session) error {
	if err := x.checkPassword(r, s); err != nil {
		return err
	}
	password := r.PostFormValue("parola")
	if err := checkNewPassword(password, r.PostFormValue("parola2"), s.address); err != nil {
		return err
	}
	hash, err := x.passwords.hash(r.Context(), password)
	if err != nil {
		return err
	}
	err = x.db.write(func(tx *sql.Tx) error {
		return setPassword(tx, s.address, hash, millis(x.now()), s.token.hash())
	})
	x.half.endOf(s.address)
	return err
}

func (x *Extranet) makeAppPassword(w http.ResponseWriter, r *http.Request, s *session) {
	label := strings.TrimSpace(r.PostFormValue("nume"))
	account, err := x.accountData(s.address)
	if err == nil && (label == "" || utf8.RuneCountInString(label) > 60) {
		err = &refusal{http.StatusUnprocessableEntity, "Scrieți un nume pentru parola de aplicație, de exemplu „laptop de serviciu” (cel mult 60 de caractere)."}
	}
	if err == nil && len(account.AppPasswords) >= maxAppPasswords {
		err = &refusal{http.StatusUnprocessableEntity, "Aveți prea multe parole de aplicație. Retrageți întâi una pe care nu o mai folosiți."}
	}
	made := ""
	if err == nil {
		made, err = x.newAppPassword(s.address, label)
	}
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		x.showAccount(w, r, s, refused.status, pageData{Problem: refused.sentence}, nil)
	case err != nil:
		x.refusePage(w, r, s, err)
	default:
		x.showAccount(w, r, s, http.StatusOK, pageData{}, func(d *accountData) { d.Made, d.MadeLabel = made, label })
	}
}
