package play

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"registratura/forms"
)

// Closed has the head of department close the site with that address, and the
// files fetched by the link that follows. It returns the link.
func (t *Town) Closed(ctx context.Context, site string) (link string, err error) {
	workbook, err := forms.Fill(forms.Close, forms.Submission{
		Requester: "Ion Popescu", Department: "Direcția Economică", Site: site,
		Reason: "Protocolul a încetat la 30.11.2026.", ArchiveTo: "link",
	}, forms.BlankOptions{})
	if err != nil {
		return "", err
	}
	if err := t.Write(ctx, Economist, "Închidere site", "Atașez cererea.", File{"Cerere inchidere site.xlsx", workbook}); err != nil {
		return "", err
	}
	asked, err := t.Await(ctx, Economist, "the question", subjectHas("Confirmați închiderea"))
	if err != nil {
		return "", err
	}
	for _, want := range []string{"un fișier", "4 persoane", "un link"} {
		if !strings.Contains(flat(asked.Text), want) {
			return "", fmt.Errorf("the question does not say %q:\n%s", want, asked.Text)
		}
	}
	if err := t.dav(ctx, Marin, http.MethodGet, site+"raport.txt", http.StatusOK); err != nil {
		return "", fmt.Errorf("before the confirmation: %w", err)
	}
	if err := t.Reply(ctx, Economist, asked, "CONFIRM"); err != nil {
		return "", err
	}
	saved, err := t.Await(ctx, Economist, "word of the closing", subjectHas("Site închis, fișierele sunt salvate"))
	if err != nil {
		return "", err
	}
	if link = savedPattern.FindString(saved.Text); link == "" {
		return "", fmt.Errorf("the mail holds no link:\n%s", saved.Text)
	}
	for _, user := range []string{Marin, Elena, Carmen, Dan} {
		if _, err := t.Await(ctx, user, "word of the closing", subjectHas("Site închis")); err != nil {
			return "", err
		}
	}
	if err := t.dav(ctx, Marin, http.MethodGet, site+"raport.txt", http.StatusForbidden); err != nil {
		return "", fmt.Errorf("after the closing: %w", err)
	}
	return link, t.fetchSaved(ctx, link)
}

var savedPattern = regexp.MustCompile(`https?://\S+/fisiere/[a-z2-7]{32}/`)

// fetchSaved opens the page of the link and fetches the archive.
func (t *Town) fetchSaved(ctx context.Context, link string) error {
	client, err := browser()
	if err != nil {
		return err
	}
	page, err := fetch(ctx, client, http.MethodGet, link, nil)
	if err != nil {
		return err
	}
	if !strings.Contains(page, `href="fisiere.zip"`) {
		return errors.New("the page behind the link does not offer the files")
	}
	data, err := fetch(ctx, client, http.MethodGet, link+"fisiere.zip", nil)
	if err != nil {
		return err
	}
	z, err := zip.NewReader(bytes.NewReader([]byte(data)), int64(len(data)))
	if err != nil {
		return err
	}
	if len(z.File) != 1 || z.File[0].Name != "raport.txt" {
		return fmt.Errorf("the archive holds %d files", len(z.File))
	}
	return nil
}

// Reopened checks that the closing of the site was undone, and its link ended.
func (t *Town) Reopened(ctx context.Context, site, link string) error {
	for _, user := range []string{Economist, Marin, Elena, Carmen, Dan} {
		if _, err := t.Await(ctx, user, "word that the site is open again", subjectHas("Site redeschis")); err != nil {
			return err
		}
	}
	if err := t.dav(ctx, Marin, http.MethodGet, site+"raport.txt", http.StatusOK); err != nil {
		return err
	}
	return t.dav(ctx, Economist, http.MethodGet, link, http.StatusNotFound)
}
