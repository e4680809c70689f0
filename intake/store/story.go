package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"registratura/intake"
)

// StoryLine is one line of a request's story, for IT.
type StoryLine struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"`
	Who    string    `json:"who"`
	Detail string    `json:"detail"`
	Mail   int64     `json:"mail,omitempty"` // that caused it
}

// Events implements [intake.Tx].
func (t *tx) Events(request int64) ([]intake.Event, error) {
	rows, err := t.q.QueryContext(t.ctx, `SELECT id, COALESCE(mail_id, 0), at, kind, actor, detail FROM events WHERE request_id = $1 ORDER BY id`, request)
	if err != nil {
		return nil, fmt.Errorf("listing events: %w", err)
	}
	var events []intake.Event
	err = each(rows, func() error {
		e := intake.Event{Request: request}
		var at int64
		err := rows.Scan(&e.ID, &e.Mail, &at, &e.Kind, &e.Actor, &e.Detail)
		e.At = fromMillis(at)
		events = append(events, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing events: %w", err)
	}
	return events, nil
}

// Story tells what happened to a request, in order: its events, and the
// notices that were not sent yet.
func (s *Store) Story(ctx context.Context, request int64) ([]StoryLine, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT at, kind, actor, detail, COALESCE(mail_id, 0) FROM events WHERE request_id = $1 ORDER BY id`, request)
	if err != nil {
		return nil, fmt.Errorf("telling the story of request %d: %w", request, err)
	}
	var story []StoryLine
	err = each(rows, func() error {
		var line StoryLine
		var at int64
		err := rows.Scan(&at, &line.What, &line.Who, &line.Detail, &line.Mail)
		line.At = fromMillis(at)
		story = append(story, line)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("telling the story of request %d: %w", request, err)
	}
	rows, err = s.read.QueryContext(ctx, noticeColumns+` WHERE request_id = $1 AND state = $2 ORDER BY id`, request, string(intake.OutgoingQueued))
	if err != nil {
		return nil, fmt.Errorf("telling the story of request %d: %w", request, err)
	}
	err = each(rows, func() error {
		m, err := scanNotice(rows.Scan)
		story = append(story, StoryLine{At: m.CreatedAt, What: "notice_waiting", Who: "desk", Detail: m.Kind + " to " + m.To})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("telling the story of request %d: %w", request, err)
	}
	slices.SortStableFunc(story, func(a, b StoryLine) int { return cmp.Compare(a.At.UnixMilli(), b.At.UnixMilli()) })
	return story, nil
}
