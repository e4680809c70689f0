package mailbox_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"registratura/intake/mailbox"
	"registratura/intake/mailbox/mailhost"
	"registratura/intake/mailbox/mailhost/hosttest"
	"registratura/intake/mailbox/mailhost/realhost"
)

// formMail is a mail of about 15 KB, as one with a form is.
func formMail(i int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: ana.pop@spital.test\r\nSubject: registered %d\r\nMessage-ID: <%d@spital.test>\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBună ziua, atașat cererea.\r\n"+
		"--b\r\nContent-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet; name=cerere.xlsx\r\nContent-Transfer-Encoding: base64\r\n\r\n", i, i)
	for range 180 {
		b.WriteString(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{byte(i), 'P', 'K'}, 19)) + "\r\n")
	}
	b.WriteString("--b--\r\n")
	return b.Bytes()
}

// BenchmarkFollow measures how fast 1,000 waiting mails of 15 KB are handed to
// the registry, while those before them are filed away.
func BenchmarkFollow(b *testing.B) {
	for name, start := range map[string]func() *mailhost.Host{
		"embedded": func() *mailhost.Host {
			h, err := mailhost.Embedded(mailhost.Config{Hostname: "mail.primaria.test", Accounts: hosttest.Accounts})
			if err != nil {
				b.Fatal(err)
			}
			return h
		},
		"dovecot": func() *mailhost.Host {
			return realhost.StartIMAP(b, realhost.Config{Hostname: "mail.primaria.test", Accounts: hosttest.Accounts})
		},
	} {
		b.Run(name, func(b *testing.B) {
			const n = 1000
			var mails [][]byte
			for i := range n {
				mails = append(mails, formMail(i))
			}
			var fetched, filed time.Duration
			for b.Loop() {
				b.StopTimer()
				h := start()
				if err := h.InjectInto(b.Context(), desk, "INBOX", mails...); err != nil {
					b.Fatal(err)
				}
				r := newRegistry()
				config := configFor(h)
				config.After = nil
				b.StartTimer()

				began := time.Now()
				ctx, cancel := context.WithCancel(b.Context())
				f := mailbox.NewFollower(config, r)
				go f.Run(ctx)
				for got := 0; got < n; {
					r.mu.Lock()
					changed := r.changed
					got = len(r.mails)
					r.mu.Unlock()
					if got < n {
						<-changed
					}
				}
				fetched += time.Since(began)

				b.StopTimer()
				for f.Status().Waiting > 0 {
					time.Sleep(time.Millisecond)
				}
				filed += time.Since(began)
				cancel()
				h.Close()
				b.StartTimer()
			}
			b.ReportMetric(float64(n*b.N)/fetched.Seconds(), "mails/s")
			b.ReportMetric(float64(filed.Milliseconds())/float64(b.N), "ms-until-all-filed")
		})
	}
}

func BenchmarkParse(b *testing.B) {
	reply, err := os.ReadFile(filepath.Join("testdata", "replies", "002-approve-outlook-desktop-aprob.eml"))
	if err != nil {
		b.Fatal(err)
	}
	for name, raw := range map[string][]byte{"form": formMail(1), "reply": reply} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				mailbox.Parse(raw, mailbox.Limits{})
			}
		})
	}
}
