package main

import (
	"context"

	"registratura/intake"
	"registratura/intake/archive"
	"registratura/intake/portal/extranet"
)

// registry is the desk and its records as the portal's pages for IT see them.
type registry struct{ d *daemon }

var (
	_ extranet.Registry  = registry{}
	_ extranet.Downloads = registry{}
)

func (r registry) Requests(ctx context.Context, status intake.Status, limit int) ([]*intake.Request, error) {
	return r.d.store.Requests(ctx, status, limit)
}

func (r registry) Counts(ctx context.Context) (map[intake.Status]int, error) {
	counts, err := r.d.store.Counts(ctx)
	return counts.Requests, err
}

func (r registry) Request(ctx context.Context, id int64) (*intake.Request, error) {
	return r.d.store.Request(ctx, id)
}

func (r registry) Story(ctx context.Context, id int64) ([]extranet.StoryLine, error) {
	story, err := r.d.store.Story(ctx, id)
	if err != nil {
		return nil, err
	}
	lines := make([]extranet.StoryLine, len(story))
	for i, s := range story {
		lines[i] = extranet.StoryLine{At: s.At, What: s.What, Who: s.Who, Detail: s.Detail}
	}
	return lines, nil
}

func (r registry) Retry(ctx context.Context, id int64, who string) error {
	request, err := r.d.store.Request(ctx, id)
	if err != nil {
		return err
	}
	return r.d.desk.Retry(ctx, request, who)
}

// Download finds the saved files of a closed site by the token of their link.
func (r registry) Download(ctx context.Context, token string) (extranet.Download, error) {
	request, closing, err := r.d.desk.Download(ctx, token)
	if err != nil {
		return extranet.Download{}, err
	}
	return extranet.Download{
		Title: request.Plan.Site.Title, Folder: closing.Export.Folder, Files: archive.Files, Until: closing.LinkUntil,
	}, nil
}

// Downloaded records that a file was fetched.
func (r registry) Downloaded(ctx context.Context, token, file string) error {
	return r.d.desk.Downloaded(ctx, token, file)
}
