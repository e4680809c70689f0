package templates

import "registratura/intake"

// journalSamples are the answers to who asks for the access log of a site.
func journalSamples() []sample {
	const site = "https://extranet.primariabuzau.ro/s/scoala-gimnaziala-nr-11/"
	open := decided(intake.Approve, "")
	open.Status = intake.StatusActive
	return []sample{
		{"journal", intake.Journal{Request: open, SiteURL: site, Days: 90, Entries: 214}},
		{"journal-empty", intake.Journal{Request: open, SiteURL: site, Days: 90}},
		{"journal-cut", intake.Journal{Request: open, SiteURL: site, Days: 90, Entries: 20_000, Cut: true}},
		{"journal-hostile", intake.Journal{Request: hostileRequest(), SiteURL: site, Days: 90, Entries: 1}},
		{"no_journal-unproven", intake.NoJournal{Why: intake.JournalUnproven}},
		{"no_journal-unknown", intake.NoJournal{Why: intake.JournalUnknown}},
		{"no_journal-unsupported", intake.NoJournal{Why: intake.JournalUnsupported}},
	}
}
