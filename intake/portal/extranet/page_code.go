package extranet

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"time"
)

type codeData struct{ Back string }

// welcome lets in who has shown their password: at once, or by a code.
func (x *Extranet) welcome(w http.ResponseWriter, r *http.Request, p person, back string) {
	asks, err := x.asksCode(p.address)
	if err == nil && asks {
		t := newToken(x.random)
		x.half.add(t, p)
		x.setCookie(w, halfCookie, t, halfLoginLife)
		http.Redirect(w, r, codePath+"?inapoi="+url.QueryEscape(back), http.StatusSeeOther)
		return
	}
	if err == nil {
		err = x.startSession(w, r, p)
	}
	if err != nil {
		x.refusePage(w, r, nil, err)
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

func (x *Extranet) pageCode(w http.ResponseWriter, r *http.Request) {
	if _, ok := x.half.find(x.cookie(r, halfCookie)); !ok {
		http.Redirect(w, r, loginPath, http.StatusSeeOther)
		return
	}
	x.render(w, r, nil, http.StatusOK, "code", pageData{Title: "Codul din aplicație", Page: codeData{localPath(r.URL.Query().Get("inapoi"))}})
}

func (x *Extranet) doCode(w http.ResponseWriter, r *http.Request) {
	if err := x.checkForm(r, nil); err != nil {
		x.refusePage(w, r, nil, err)
		return
	}
	back := localPath(r.PostFormValue("inapoi"))
	t := x.cookie(r, halfCookie)
	p, ok := x.half.find(t)
	if !ok {
		x.render(w, r, nil, errNoLogin.status, "login", pageData{Title: "Intrare", Problem: errNoLogin.sentence, Page: loginData{Back: back}})
		return
	}
	err := x.checkCode(placeOf(r, x.config.TrustedProxies), p.address, r.PostFormValue("cod"))
	var refused *refusal
	if errors.As(err, &refused) {
		x.render(w, r, nil, refused.status, "code", pageData{Title: "Codul din aplicație", Problem: refused.sentence, Page: codeData{back}})
		return
	}
	if err == nil {
		x.half.end(t)
		x.setCookie(w, halfCookie, "", -time.Second)
		err = x.startSession(w, r, p)
	}
	if err != nil {
		x.refusePage(w, r, nil, err)
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// factorData is what the page of an account shows of its second factor.
type factorData struct {
	Since    *time.Time // nil: it is off
	Left     int        // recovery codes that were not used
	Secret   string     // while it is set up, in groups
	URI      template.URL
	Recovery []string // shown once
}

func (x *Extranet) factorData(address string) (factorData, error) {
	f, err := x.secondFactorOf(x.db.reader, address)
	if err != nil || f.confirmed == 0 {
		return factorData{}, err
	}
	since := x.timeOf(f.confirmed)
	d := factorData{Since: &since}
	return d, x.db.reader.QueryRow(`SELECT count(*) FROM recovery_codes WHERE address = ?`, address).Scan(&d.Left)
}

// showSecret shows the secret of a second factor that is being set up.
func (x *Extranet) showSecret(d *accountData, address string, secret []byte) {
	d.Factor.Secret = inGroups(base32Text(secret), " ")
	// A URI that we made ourselves, of a scheme that the template's filter does not know.
	d.Factor.URI = template.URL(totpURI(x.config.Institution, address, secret))
}

func (x *Extranet) beginFactor(w http.ResponseWriter, r *http.Request, s *session) {
	secret, err := x.beginSecondFactor(s.address)
	if err != nil {
		x.answerAccount(w, r, s, err)
		return
	}
	x.showAccount(w, r, s, http.StatusOK, pageData{}, func(d *accountData) { x.showSecret(d, s.address, secret) })
}

func (x *Extranet) confirmFactor(w http.ResponseWriter, r *http.Request, s *session) {
	codes, err := x.confirmSecondFactor(s, placeOf(r, x.config.TrustedProxies), r.PostFormValue("cod"))
	if refused := (*refusal)(nil); errors.As(err, &refused) && refused != errFactorOn && refused != errNotFound {
		f, err := x.secondFactorOf(x.db.reader, s.address)
		if err != nil {
			x.refusePage(w, r, s, err)
			return
		}
		x.showAccount(w, r, s, refused.status, pageData{Problem: refused.sentence}, func(d *accountData) { x.showSecret(d, s.address, f.secret) })
		return
	}
	if err != nil {
		x.answerAccount(w, r, s, err)
		return
	}
	x.showAccount(w, r, s, http.StatusOK, pageData{Notice: "Codul la intrare este pornit. Notați acum codurile de rezervă."},
		func(d *accountData) { d.Factor.Recovery = codes })
}

// endFactor asks for the password: a browser left open is not enough.
func (x *Extranet) endFactor(r *http.Request, s *session) error {
	if err := x.checkPassword(r, s); err != nil {
		return err
	}
	return x.endSecondFactor(s.address)
}

// answerAccount tells what went wrong on the page of the account.
func (x *Extranet) answerAccount(w http.ResponseWriter, r *http.Request, s *session, err error) {
	var refused *refusal
	if errors.As(err, &refused) {
		x.showAccount(w, r, s, refused.status, pageData{Problem: refused.sentence}, nil)
		return
	}
	x.refusePage(w, r, s, err)
}
