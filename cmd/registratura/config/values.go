package config

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// Duration is a length of time, written "30s", "5m", "2h" or "30d"; a day is 24 hours.
type Duration time.Duration

// maxDays keeps days far from the end of time.Duration, which is at 292 years.
const maxDays = 36500

func (d *Duration) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	var sum time.Duration
	if days, rest, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 32)
		if err != nil || n > maxDays {
			return errors.New("is not a length of time")
		}
		sum, s = time.Duration(n)*day, rest
	}
	if s != "" || sum == 0 {
		rest, err := time.ParseDuration(s)
		if err != nil || rest > maxDays*day {
			return errors.New("is not a length of time")
		}
		if rest < 0 {
			return errors.New("is negative")
		}
		sum += rest
	}
	*d = Duration(sum)
	return nil
}

func (d Duration) String() string {
	for _, u := range []struct {
		length time.Duration
		name   string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := time.Duration(d); n >= u.length && n%u.length == 0 {
			return fmt.Sprintf("%d%s", n/u.length, u.name)
		}
	}
	return time.Duration(d).String()
}

func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (Duration) instead() string { return `write it like "30s", "5m", "2h" or "30d"` }

// Size is a number of octets, written "25 MB".
type Size int64

const (
	megabyte Size = 1000 * 1000
	gigabyte Size = 1000 * megabyte
)

// sizeUnits is what a size can be given in, the largest first; decimal and
// binary units are those of IEC 80000-13.
var sizeUnits = []struct {
	name   string
	octets Size
}{{"TiB", 1 << 40}, {"TB", 1000 * gigabyte}, {"GiB", 1 << 30}, {"GB", gigabyte}, {"MiB", 1 << 20},
	{"MB", megabyte}, {"KiB", 1 << 10}, {"KB", 1000}, {"B", 1}}

func (z *Size) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	for _, u := range sizeUnits {
		if len(s) < len(u.name) || !strings.EqualFold(s[len(s)-len(u.name):], u.name) {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(s[:len(s)-len(u.name)]), 10, 62)
		if err != nil || Size(n) > (1<<62)/u.octets {
			return errors.New("is not a size")
		}
		*z = Size(n) * u.octets
		return nil
	}
	return errors.New("is not a size with a unit")
}

func (z Size) String() string {
	for _, u := range sizeUnits {
		if z >= u.octets && z%u.octets == 0 {
			return fmt.Sprintf("%d %s", z/u.octets, u.name)
		}
	}
	return "0 B"
}

func (z Size) MarshalText() ([]byte, error) { return []byte(z.String()), nil }

func (Size) instead() string { return `write it like "500 KB", "25 MB" or "4 GB"` }

// Secret is a text that is never printed or logged.
type Secret string

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(hidden)"
}

func (s Secret) GoString() string             { return s.String() }
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(s.String()) }
