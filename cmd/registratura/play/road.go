package play

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"registratura/forms"
	"registratura/intake"
)

// Road plays the whole procedure, from the request for a blank form to users
// on their site, and checks what everybody sees. It ends at the first thing
// that is not as it should be.
func (t *Town) Road(ctx context.Context) error {
	var asked *intake.Message // the question to the mayor
	var access map[string]*intake.Message
	today := Request(forms.DateOf(t.Now()))
	steps := []struct {
		name string
		run  func() error
	}{
		{"șeful Direcției Economice cere formularul, scriind „formular”", func() error { return t.askForForm(ctx) }},
		{"trimite formularul fără temei legal; registratura îl returnează și spune ce lipsește", func() error {
			return t.sendBadForm(ctx, today)
		}},
		{"trimite formularul corectat; primește numărul, iar primarul este întrebat", func() (err error) {
			asked, err = t.sendGoodForm(ctx, today)
			return err
		}},
		{"secretara răspunde „Aprob” în locul primarului; nu se schimbă nimic, IT află", func() (err error) {
			asked, err = t.secretaryAnswers(ctx, asked)
			return err
		}},
		{"primarul răspunde „Mai vorbim mâine.”; este întrebat din nou", func() (err error) {
			asked, err = t.mayorHesitates(ctx, asked)
			return err
		}},
		{"primarul răspunde „Aprob.”; site-ul se creează și toți sunt anunțați", func() (err error) {
			access, err = t.mayorApproves(ctx, asked)
			return err
		}},
		{"utilizatorii își aleg parola și intră; fiecare poate exact ce s-a aprobat", func() error { return t.usersGetIn(ctx, access) }},
		{"primarul mai răspunde o dată; i se spune că cererea este deja hotărâtă", func() error { return t.mayorAnswersTwice(ctx, asked) }},
		{"Direcția Tehnică cere alt site; primarul respinge, iar motivul ajunge la solicitant", func() error { return t.rejected(ctx, today) }},
		{"primarul răspunde „Aprob, dar fără drept de ștergere…”; registratura îi propune cererea schimbată, iar el o aprobă", func() error {
			return t.approvedWithCondition(ctx, today)
		}},
		{"căsuța registraturii este goală: fiecare mesaj e în dosarul care îi arată soarta", func() error { return t.Filed(ctx) }},
	}
	for i, step := range steps {
		t.Tell("%2d. %s", i+1, step.name)
		if err := step.run(); err != nil {
			return fmt.Errorf("step %d (%s): %w", i+1, step.name, err)
		}
	}
	return nil
}

func (t *Town) askForForm(ctx context.Context) error {
	if err := t.Write(ctx, Economist, "formular", "Bună ziua,\n\nVă rog să îmi trimiteți formularul.\n\nIon Popescu"); err != nil {
		return err
	}
	m, err := t.Await(ctx, Economist, "the blank forms", func(m *intake.Message) bool { return len(m.Attachments) == 2 })
	if err != nil {
		return err
	}
	for _, a := range m.Attachments {
		if r, err := forms.Read(a.Data, forms.Rules{Today: forms.DateOf(t.Now())}); err != nil || r.Kind == "" {
			return fmt.Errorf("the attachment %q is no form: %v", a.Name, err)
		}
	}
	return nil
}

func (t *Town) sendBadForm(ctx context.Context, s forms.Submission) error {
	s.LegalBasis = ""
	file, err := Form(s)
	if err != nil {
		return err
	}
	if err := t.Write(ctx, Economist, "Cerere site Spital", "Bună ziua,\n\nAtașez cererea.\n\nIon Popescu", file); err != nil {
		return err
	}
	m, err := t.Await(ctx, Economist, "the returned form", subjectHas("nr. "))
	if err != nil {
		return err
	}
	if !strings.Contains(m.Text, "emei") || len(m.Attachments) != 1 {
		return fmt.Errorf("the returned form does not say that the legal basis is missing:\n%s", m.Text)
	}
	t.returned = m
	return nil
}

func (t *Town) sendGoodForm(ctx context.Context, s forms.Submission) (*intake.Message, error) {
	file, err := Form(s)
	if err != nil {
		return nil, err
	}
	if err := t.Reply(ctx, Economist, t.returned, "Bună ziua,\n\nAm completat temeiul legal.", file); err != nil {
		return nil, err
	}
	answer, err := t.Await(ctx, Economist, "the registration", subjectHas("nr. "))
	if err != nil {
		return nil, err
	}
	number, ok := intake.FindNumber(answer.Subject)
	if before, _ := intake.FindNumber(t.returned.Subject); !ok || number != before {
		return nil, fmt.Errorf("the corrected form is nr. %s, the returned one was nr. %s", number, before)
	}
	m, err := t.Await(ctx, Mayor, "the question", subjectHas("nr. "+number.String()))
	if err != nil {
		return nil, err
	}
	for _, want := range []string{"Ion Popescu", "Direcția Economică", s.Partner, s.InfoTypes, s.LegalBasis, Marin, Elena, Carmen, Dan, "APROB"} {
		if !strings.Contains(flat(m.Text), want) || !strings.Contains(shown(m.HTML), want) {
			return nil, fmt.Errorf("the question does not say %q:\n%s", want, m.Text)
		}
	}
	if len(m.Attachments) != 1 {
		return nil, fmt.Errorf("the question has %d attachments, want the form", len(m.Attachments))
	}
	return m, nil
}

var tags = regexp.MustCompile(`<[^>]*>`)

// shown is about what a person sees of an HTML mail.
func shown(page string) string {
	return flat(html.UnescapeString(tags.ReplaceAllString(strings.ReplaceAll(page, "<wbr>", ""), " ")))
}

// flat undoes the wrapping of lines.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

func (t *Town) secretaryAnswers(ctx context.Context, asked *intake.Message) (*intake.Message, error) {
	if err := t.Reply(ctx, Secretary, asked, "Aprob."); err != nil {
		return nil, err
	}
	if _, err := t.Await(ctx, IT, "the warning", func(m *intake.Message) bool { return strings.Contains(m.Text, Secretary) }); err != nil {
		return nil, err
	}
	m, err := t.Await(ctx, Mayor, "the question again", subjectHas("nr. "))
	if err != nil {
		return nil, err
	}
	if !strings.Contains(flat(m.Text), Secretary) {
		return nil, fmt.Errorf("the mayor is not told who answered:\n%s", m.Text)
	}
	return m, nil
}

func (t *Town) mayorHesitates(ctx context.Context, asked *intake.Message) (*intake.Message, error) {
	if err := t.Reply(ctx, Mayor, asked, "Mai vorbim mâine."); err != nil {
		return nil, err
	}
	m, err := t.Await(ctx, Mayor, "the question again", subjectHas("nr. "))
	if err != nil {
		return nil, err
	}
	if !strings.Contains(m.Text, "Mai vorbim mâine.") {
		return nil, fmt.Errorf("the mayor is not shown what was understood:\n%s", m.Text)
	}
	return m, nil
}

func (t *Town) mayorApproves(ctx context.Context, asked *intake.Message) (map[string]*intake.Message, error) {
	if err := t.Reply(ctx, Mayor, asked, "Aprob.\n\nConstantin Popa\nPrimar"); err != nil {
		return nil, err
	}
	if _, err := t.Await(ctx, IT, "IT's copy", subjectHas("nr. ", "probat")); err != nil {
		return nil, err
	}
	access := map[string]*intake.Message{}
	for _, user := range []string{Marin, Elena, Carmen, Dan} {
		m, err := t.Await(ctx, user, "the access mail", subjectHas("nr. "))
		if err != nil {
			return nil, err
		}
		access[user] = m
	}
	_, err := t.Await(ctx, Economist, "the list of who has access", func(m *intake.Message) bool {
		text := flat(m.Text)
		return strings.Contains(text, Marin) && strings.Contains(text, Elena) && strings.Contains(text, Carmen) && strings.Contains(text, Dan)
	})
	return access, err
}

var linkPattern = regexp.MustCompile(`https?://\S+/link/\S+`)

func (t *Town) usersGetIn(ctx context.Context, access map[string]*intake.Message) error {
	for user, m := range access {
		link := linkPattern.FindString(m.Text)
		if link == "" {
			return fmt.Errorf("the mail to %s holds no link:\n%s", user, m.Text)
		}
		if err := t.choosePassword(ctx, link); err != nil {
			return fmt.Errorf("%s: %w", user, err)
		}
		if err := t.choosePassword(ctx, link); err == nil {
			return fmt.Errorf("the link of %s works twice", user)
		}
	}
	site, err := t.siteURL(access[Marin])
	if err != nil {
		return err
	}
	// What each may do over WebDAV: put a file, read it, delete it.
	for _, c := range []struct {
		user   string
		method string
		want   int
	}{
		{Carmen, http.MethodPut, http.StatusCreated},
		{Marin, http.MethodGet, http.StatusOK},
		{Marin, http.MethodPut, http.StatusForbidden},
		{Marin, http.MethodDelete, http.StatusForbidden},
		{Dan, http.MethodGet, http.StatusOK},
		{Dan, http.MethodPut, http.StatusForbidden},
		{Elena, http.MethodGet, http.StatusOK},
		{Elena, http.MethodDelete, http.StatusForbidden},
		{Carmen, http.MethodDelete, http.StatusNoContent},
		{Elena, http.MethodPut, http.StatusCreated},
		{Economist, http.MethodGet, http.StatusUnauthorized},
	} {
		if err := t.dav(ctx, c.user, c.method, site+"raport.txt", c.want); err != nil {
			return err
		}
	}
	return nil
}

func (t *Town) siteURL(m *intake.Message) (string, error) {
	for _, u := range regexp.MustCompile(`https?://[^\s<>"]+`).FindAllString(m.Text, -1) {
		if strings.Contains(u, "/s/") {
			return strings.TrimRight(u, "/.,") + "/", nil
		}
	}
	return "", fmt.Errorf("the access mail does not say where the site is:\n%s", m.Text)
}

var csrfPattern = regexp.MustCompile(`name="csrf" value="([^"]*)"`)

// choosePassword opens a one-time link and fills its page in.
func (t *Town) choosePassword(ctx context.Context, link string) error {
	client, err := browser()
	if err != nil {
		return err
	}
	page, err := fetch(ctx, client, http.MethodGet, link, nil)
	if err != nil {
		return err
	}
	csrf := csrfPattern.FindStringSubmatch(page)
	if csrf == nil {
		return errors.New("the page behind the link has no form")
	}
	form := url.Values{"csrf": {html.UnescapeString(csrf[1])}, "parola": {SitePassword}, "parola2": {SitePassword}}
	home, err := fetch(ctx, client, http.MethodPost, link, form)
	if err != nil {
		return err
	}
	if !strings.Contains(home, "/s/") {
		return errors.New("after choosing a password there is no site to be seen")
	}
	return nil
}

func fetch(ctx context.Context, client *http.Client, method, address string, form url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s of a page: %s", method, resp.Status)
	}
	return string(body), nil
}

func (t *Town) dav(ctx context.Context, user, method, address string, want int) error {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader([]byte("Raport de execuție bugetară\n")))
	if err != nil {
		return err
	}
	req.SetBasicAuth(user, SitePassword)
	req.Header.Set("User-Agent", "demo-webdav")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
		return fmt.Errorf("%s of %s by %s: %s, want %d\n%s", method, address, user, resp.Status, want, body)
	}
	return nil
}

func (t *Town) mayorAnswersTwice(ctx context.Context, asked *intake.Message) error {
	if err := t.Reply(ctx, Mayor, asked, "Resping, m-am răzgândit."); err != nil {
		return err
	}
	m, err := t.Await(ctx, Mayor, "the answer", subjectHas("nr. "))
	if err != nil {
		return err
	}
	if !strings.Contains(flat(m.Text), "aprobat") {
		return fmt.Errorf("the mayor is not told that it is decided:\n%s", m.Text)
	}
	return nil
}

func (t *Town) rejected(ctx context.Context, s forms.Submission) error {
	s.Requester, s.Department, s.Partner = "Gabriela Dumitru", "Direcția Tehnică", "Școala Gimnazială Nr. 11"
	file, err := Form(s)
	if err != nil {
		return err
	}
	if err := t.Write(ctx, Engineer, "Cerere", "", file); err != nil {
		return err
	}
	asked, err := t.Await(ctx, Mayor, "the question", func(m *intake.Message) bool { return strings.Contains(flat(m.Text), s.Partner) })
	if err != nil {
		return err
	}
	if err := t.Reply(ctx, Mayor, asked, "Resping, protocolul nu este semnat încă."); err != nil {
		return err
	}
	_, err = t.Await(ctx, Engineer, "the reason", func(m *intake.Message) bool {
		return strings.Contains(flat(m.Text), "protocolul nu este semnat încă")
	})
	return err
}

// approvedWithCondition has the mayor approve only without a right, which is
// offered to him, approved with one word, told to who asked, and true on the site.
func (t *Town) approvedWithCondition(ctx context.Context, s forms.Submission) error {
	s.Requester, s.Department, s.Partner = "Gabriela Dumitru", "Direcția Tehnică", "Muzeul Județean"
	file, err := Form(s)
	if err != nil {
		return err
	}
	if err := t.Write(ctx, Engineer, "Cerere", "", file); err != nil {
		return err
	}
	about := func(m *intake.Message) bool { return strings.Contains(flat(m.Text), s.Partner) }
	asked, err := t.Await(ctx, Mayor, "the question", about)
	if err != nil {
		return err
	}
	if err := t.Reply(ctx, Mayor, asked, "Aprob, dar fără drept de ștergere pentru Carmen Vlad."); err != nil {
		return err
	}
	offer, err := t.Await(ctx, Mayor, "the offer", about)
	if err != nil {
		return err
	}
	const changed = Carmen + ": citire și scriere (în formular: citire, scriere și ștergere)"
	if !strings.Contains(flat(offer.Text), changed) {
		return fmt.Errorf("the offer does not say what would be changed:\n%s", offer.Text)
	}
	if err := t.Reply(ctx, Mayor, offer, "Aprob"); err != nil {
		return err
	}
	_, err = t.Await(ctx, Engineer, "the approval with what was changed", func(m *intake.Message) bool {
		return strings.Contains(flat(m.Text), "cu schimbări față de formular") && strings.Contains(flat(m.Text), changed)
	})
	if err != nil {
		return err
	}
	access, err := t.Await(ctx, Carmen, "the access mail", about)
	if err != nil {
		return err
	}
	site, err := t.siteURL(access)
	if err != nil {
		return err
	}
	if err := t.dav(ctx, Carmen, http.MethodPut, site+"raport.txt", http.StatusCreated); err != nil {
		return err
	}
	return t.dav(ctx, Carmen, http.MethodDelete, site+"raport.txt", http.StatusForbidden)
}

// Filed waits until nothing is left in the desk's INBOX.
func (t *Town) Filed(ctx context.Context) error {
	for {
		mails, err := t.Host.Mails(ctx, Desk, "INBOX")
		if err != nil {
			return err
		}
		if len(mails) == 0 {
			return nil
		}
		if err := t.pause(ctx); err != nil {
			return fmt.Errorf("%d mails are still in the desk's INBOX: %w", len(mails), err)
		}
	}
}
