package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"registratura/intake"
)

// mailboxPatience is how long the mailbox may be out of reach before the
// daemon calls itself unhealthy, in addition to the interval between two looks.
const mailboxPatience = 5 * time.Minute

// alive reports whether the daemon still does its work: its database answers.
// A mail server that is down is no reason for a restart.
func (d *daemon) alive() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := d.store.Counts(ctx)
	return err == nil
}

// health is nil when all is well; else it says what is not.
func (d *daemon) health(ctx context.Context) error {
	if _, err := d.store.Counts(ctx); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	s := d.follower.Status()
	if s.LastPoll.IsZero() {
		return errors.New("the mailbox was not reached yet: " + cmp.Or(s.LastError, "connecting"))
	}
	if late := d.desk.Now().Sub(s.LastPoll); late > time.Duration(d.cfg.IMAP.Poll)+mailboxPatience {
		return fmt.Errorf("the mailbox was last looked at %s ago: %s", late.Round(time.Second), s.LastError)
	}
	return nil
}

// monitor serves /healthz and /metrics.
func (d *daemon) monitor() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), stateCollector{d})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if err := d.health(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

// stateCollector tells Prometheus what the database knows, each time it asks.
type stateCollector struct{ d *daemon }

var (
	requestsDesc = prometheus.NewDesc("registratura_requests", "Requests by status.", []string{"status"}, nil)
	mailsDesc    = prometheus.NewDesc("registratura_mails", "Mails by fate; pending: not handled yet.", []string{"fate"}, nil)
	noticesDesc  = prometheus.NewDesc("registratura_notices", "Mails of the desk by state.", []string{"state"}, nil)
	refusedDesc  = prometheus.NewDesc("registratura_answers_refused_total", "Answers not taken as a decision for their sender, by what was wrong with it.", []string{"why"}, nil)
	unfiledDesc  = prometheus.NewDesc("registratura_mailbox_waiting", "Mails stored and not filed away yet.", nil, nil)
	polledDesc   = prometheus.NewDesc("registratura_mailbox_last_poll_timestamp_seconds", "When the mailbox was last looked at.", nil, nil)
)

func (stateCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{requestsDesc, mailsDesc, noticesDesc, refusedDesc, unfiledDesc, polledDesc} {
		descs <- desc
	}
}

func (c stateCollector) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	counts, err := c.d.store.Counts(ctx)
	if err != nil {
		metrics <- prometheus.NewInvalidMetric(requestsDesc, err)
		return
	}
	gauge := func(desc *prometheus.Desc, n float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, n, labels...)
	}
	for _, status := range intake.Statuses {
		gauge(requestsDesc, float64(counts.Requests[status]), string(status))
	}
	for _, fate := range intake.Fates {
		gauge(mailsDesc, float64(counts.Mails[fate]), string(fate))
	}
	gauge(mailsDesc, float64(counts.Mails[""]), "pending")
	for _, state := range []intake.OutgoingState{intake.OutgoingQueued, intake.OutgoingSent, intake.OutgoingFailed} {
		gauge(noticesDesc, float64(counts.Notices[state]), string(state))
	}
	for _, why := range intake.SuspectWhys {
		metrics <- prometheus.MustNewConstMetric(refusedDesc, prometheus.CounterValue, float64(counts.Refused[why]), string(why))
	}
	s := c.d.follower.Status()
	gauge(unfiledDesc, float64(s.Waiting))
	if !s.LastPoll.IsZero() {
		gauge(polledDesc, float64(s.LastPoll.UnixMilli())/1000)
	}
}
