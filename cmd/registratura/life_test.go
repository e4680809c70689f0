package main

import (
	"strings"
	"testing"
	"time"

	"registratura/intake/mailbox/mailhost"
)

// TestLifeOfASite plays what happens to a site between its request and its
// end: a corrected form, a bounce, a change of access, a closing that is undone
// and made again.
func TestLifeOfASite(t *testing.T) {
	onHosts(t, func(t *testing.T, host *mailhost.Host) {
		p := newProgram(t, host, host.IMAPAddr, host.SMTPAddr, "")
		p.start()
		people := town(t, host, p)
		ctx := testContext(t, time.Minute)
		verified := func() {
			t.Helper()
			p.output("audit", "--config", p.config, "verify") // fails the test if the record is not whole
		}
		site, err := people.Life(ctx)
		if err != nil {
			t.Fatal(err)
		}
		wantStatuses(t, p, "2 active, 1 replaced")
		wantInStory(t, p, "1", "corrected", "address_mended", "is now elena.dobre@spital.test", "replaced")
		verified()
		checkClosing(ctx, t, p, people, site)
		wantStatuses(t, p, "4 closing, 3 withdrawn, 2 closing, 1 replaced")
		p.stop()
		verified()
	})
}

// wantInStory checks that requests show tells all these of a request.
func wantInStory(t *testing.T, p *program, number string, words ...string) {
	t.Helper()
	story := p.output("requests", "--config", p.config, "show", number)
	for _, w := range words {
		if !strings.Contains(story, w) {
			t.Errorf("requests show %s does not tell of %q:\n%s", number, w, story)
		}
	}
	if strings.Contains(story, "is not moved yet") {
		t.Errorf("requests show %s: an address is not moved:\n%s", number, story)
	}
}
