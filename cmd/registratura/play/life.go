package play

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/mailbox"
)

// Life plays what happens to a site beside the straight road: a form corrected
// while the mayor is asked, a user whose address is wrong, and a change of
// access. It returns the address of the site, which stands then, with one file
// in it. The mail host must take mail for [Lost] and not deliver it.
func (t *Town) Life(ctx context.Context) (site string, err error) {
	asked, err := t.correctedWhileAsked(ctx)
	if err != nil {
		return "", fmt.Errorf("a form corrected while the mayor is asked: %w", err)
	}
	access, err := t.addressMended(ctx, asked)
	if err != nil {
		return "", fmt.Errorf("an address that is mended: %w", err)
	}
	if site, err = t.siteURL(access[Carmen]); err != nil {
		return "", err
	}
	if err := t.enter(ctx, access); err != nil {
		return "", err
	}
	err = t.may(ctx, site, []attempt{
		{Elena, http.MethodPut, http.StatusCreated},
		{Marin, http.MethodGet, http.StatusOK},
		{Secretary, http.MethodGet, http.StatusOK},
		{Dan, http.MethodGet, http.StatusUnauthorized},
		{Lost, http.MethodGet, http.StatusUnauthorized},
		{Marin, http.MethodPut, http.StatusForbidden},
		{Carmen, http.MethodDelete, http.StatusNoContent},
		{Carmen, http.MethodPut, http.StatusCreated},
	})
	if err != nil {
		return "", fmt.Errorf("before the change: %w", err)
	}
	if err := t.accessChanged(ctx, site); err != nil {
		return "", fmt.Errorf("a change of access: %w", err)
	}
	return site, nil
}

// lifeRequest is a request with a mistyped address.
func (t *Town) lifeRequest() forms.Submission {
	s := Request(forms.DateOf(t.Now()))
	s.PartnerUsers[1].Email = Lost
	s.InternalUsers[1] = forms.User{Name: "Sanda Pavel", Email: Secretary, Rights: forms.RightRead}
	return s
}

// correctedWhileAsked has the mayor asked, the form corrected in the thread, and
// the mayor approve the old question, which decides nothing. It returns the new one.
func (t *Town) correctedWhileAsked(ctx context.Context) (asked *intake.Message, err error) {
	s := t.lifeRequest()
	s.InternalUsers[0].Rights = forms.RightRead
	file, err := Form(s)
	if err != nil {
		return nil, err
	}
	if err := t.Write(ctx, Economist, "Cerere site Spital", "Atașez cererea.", file); err != nil {
		return nil, err
	}
	registered, err := t.Await(ctx, Economist, "the registration", subjectHas("nr. "))
	if err != nil {
		return nil, err
	}
	old, err := t.Await(ctx, Mayor, "the question", subjectHas("Spre aprobare"))
	if err != nil {
		return nil, err
	}
	if file, err = Form(t.lifeRequest()); err != nil {
		return nil, err
	}
	if err := t.Reply(ctx, Economist, registered, "Am corectat drepturile.", file); err != nil {
		return nil, err
	}
	if asked, err = t.Await(ctx, Mayor, "the question about the corrected form", subjectHas("Spre aprobare")); err != nil {
		return nil, err
	}
	before, _ := intake.FindNumber(old.Subject)
	if number, ok := intake.FindNumber(asked.Subject); !ok || number != before {
		return nil, fmt.Errorf("the corrected form is nr. %s, it was nr. %s", number, before)
	}
	if err := says(asked, Carmen+": citire, scriere și ștergere (în cererea dinainte: doar citire)"); err != nil {
		return nil, err
	}
	if err := t.Reply(ctx, Mayor, old, "Aprob"); err != nil {
		return nil, err
	}
	closed, err := t.Await(ctx, Mayor, "word that the old question is void", subjectHas("nu a mai putut fi luat în seamă"))
	if err != nil {
		return nil, err
	}
	if err := says(closed, "cererea a fost schimbată între timp"); err != nil {
		return nil, err
	}
	return asked, t.noMore(ctx, "probat", Economist)
}

// addressMended has the mayor approve, the mail to a user come back, and the
// requester mend the address. It returns the mails about the access.
func (t *Town) addressMended(ctx context.Context, asked *intake.Message) (access map[string]*intake.Message, err error) {
	if err := t.Reply(ctx, Mayor, asked, "Aprob"); err != nil {
		return nil, err
	}
	access = map[string]*intake.Message{}
	given := func(user string) error {
		access[user], err = t.Await(ctx, user, "the access mail", subjectHas("Aveți acces"))
		return err
	}
	for _, user := range []string{Marin, Carmen, Secretary} {
		if err := given(user); err != nil {
			return nil, err
		}
	}
	var failed *intake.Message
	for _, user := range []string{IT, Economist} {
		if failed, err = t.Await(ctx, user, "word that a mail came back", subjectHas("Adresă greșită?")); err != nil {
			return nil, err
		}
		if err := says(failed, "Elena Dobre", Lost, "5.1.1", "corect: Elena Dobre"); err != nil {
			return nil, err
		}
	}
	if err := t.Reply(ctx, Economist, failed, "corect: Elena Dobre "+Elena); err != nil {
		return nil, err
	}
	if err := given(Elena); err != nil {
		return nil, err
	}
	for _, user := range []string{IT, Economist, Mayor} {
		mended, err := t.Await(ctx, user, "word that the address is mended", subjectHas("Adresă corectată"))
		if err != nil {
			return nil, err
		}
		if err := says(mended, Lost, Elena); err != nil {
			return nil, err
		}
	}
	return access, t.noMore(ctx, "Aveți acces", Marin, Carmen, Secretary, Elena)
}

// accessChanged has the requester send another form for the site that stands.
func (t *Town) accessChanged(ctx context.Context, site string) error {
	s := Request(forms.DateOf(t.Now()))
	s.PartnerUsers[1].Rights = forms.RightRead // Elena's; Dan is new, the secretary is gone
	file, err := Form(s)
	if err != nil {
		return err
	}
	if err := t.Write(ctx, Economist, "Schimbare acces", "Atașez cererea.", file); err != nil {
		return err
	}
	asked, err := t.Await(ctx, Mayor, "the question about the change", subjectHas("Spre aprobare"))
	if err != nil {
		return err
	}
	err = says(asked, "solicită schimbarea accesului",
		"Dan Oprea, "+Dan+": acces nou, doar citire.",
		"Elena Dobre, "+Elena+": doar citire (în prezent: citire și scriere).",
		"Sanda Pavel, "+Secretary+": accesul încetează (are în prezent: doar citire).")
	if err != nil {
		return err
	}
	if err := t.Reply(ctx, Mayor, asked, "Aprob"); err != nil {
		return err
	}
	told := map[string]*intake.Message{}
	for user, subject := range map[string]string{
		Dan: "Aveți acces", Elena: "Drepturi schimbate", Secretary: "Nu mai aveți acces", Economist: "Acces schimbat", IT: "Copie pentru Serviciul TIC",
	} {
		if told[user], err = t.Await(ctx, user, "word of the change", subjectHas(subject)); err != nil {
			return err
		}
	}
	for _, address := range []string{Marin, Elena, Carmen, Dan} {
		if err := says(told[Economist], address); err != nil {
			return err
		}
	}
	if err := t.noMore(ctx, "acces", Marin, Carmen); err != nil {
		return err
	}
	if err := t.enter(ctx, map[string]*intake.Message{Dan: told[Dan]}); err != nil {
		return err
	}
	return t.may(ctx, site, []attempt{
		{Marin, http.MethodGet, http.StatusOK},
		{Marin, http.MethodPut, http.StatusForbidden},
		{Elena, http.MethodGet, http.StatusOK},
		{Elena, http.MethodPut, http.StatusForbidden},
		{Elena, http.MethodDelete, http.StatusForbidden},
		{Dan, http.MethodGet, http.StatusOK},
		{Dan, http.MethodPut, http.StatusForbidden},
		{Secretary, http.MethodGet, http.StatusForbidden},
		{Carmen, http.MethodDelete, http.StatusNoContent},
		{Carmen, http.MethodPut, http.StatusCreated},
	})
}

// attempt is what somebody does with the file over WebDAV, and what comes of it.
type attempt struct {
	user, method string
	want         int
}

func (t *Town) may(ctx context.Context, site string, attempts []attempt) error {
	for _, a := range attempts {
		if err := t.dav(ctx, a.user, a.method, site+"raport.txt", a.want); err != nil {
			return err
		}
	}
	return nil
}

// enter has users choose their passwords by the links that they got.
func (t *Town) enter(ctx context.Context, access map[string]*intake.Message) error {
	for user, m := range access {
		link := linkPattern.FindString(m.Text)
		if link == "" {
			return fmt.Errorf("the mail to %s holds no link:\n%s", user, m.Text)
		}
		if err := t.choosePassword(ctx, link); err != nil {
			return fmt.Errorf("%s: %w", user, err)
		}
	}
	return nil
}

// noMore checks that these users have no mail with such a subject but those that
// were read.
func (t *Town) noMore(ctx context.Context, subject string, users ...string) error {
	for _, user := range users {
		mails, err := t.Host.Mails(ctx, user, "INBOX")
		if err != nil {
			return err
		}
		for _, m := range mails {
			if message := mailbox.Parse(m.Raw, mailbox.Limits{}); !t.seen[user][m.UID] && subjectHas(subject)(message) {
				return fmt.Errorf("%s got %q once more", user, message.Subject)
			}
		}
	}
	return nil
}

// says checks that a mail holds all these words.
func says(m *intake.Message, words ...string) error {
	text := flat(m.Text)
	for _, w := range words {
		if !strings.Contains(text, w) {
			return fmt.Errorf("the mail %q does not say %q:\n%s", m.Subject, w, m.Text)
		}
	}
	return nil
}
