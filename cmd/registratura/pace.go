package main

import (
	"time"

	"golang.org/x/time/rate"
)

// pace bounds how many mails are handed over in a minute.
type pace struct {
	limiter *rate.Limiter // nil: no bound
	now     func() time.Time
}

func newPace(perMinute int, now func() time.Time) *pace {
	if perMinute <= 0 {
		return &pace{}
	}
	return &pace{rate.NewLimiter(rate.Limit(float64(perMinute)/60), max(1, perMinute/10)), now}
}

// take returns 0 when a mail may go now, else how long to wait before asking again.
func (p *pace) take() time.Duration {
	if p.limiter == nil {
		return 0
	}
	now := p.now()
	r := p.limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
