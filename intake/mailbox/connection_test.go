package mailbox

import "testing"

func TestFoldersAreNamedTheServersWay(t *testing.T) {
	for _, c := range []struct{ delimiter, prefix, in, want string }{
		{"/", "", "Registratura/Decizii", "Registratura/Decizii"},
		{".", "", "Registratura/Decizii", "Registratura.Decizii"},
		{".", "INBOX.", "Registratura/Decizii", "INBOX.Registratura.Decizii"},
		{".", "INBOX.", "INBOX/Decizii", "INBOX.Decizii"},
		{".", "INBOX.", "inbox", "INBOX"},
		{"", "", "Registratura/Decizii", "Registratura/Decizii"}, // a server without levels
	} {
		got := (&connection{delimiter: c.delimiter, prefix: c.prefix}).folderName(c.in)
		if got != c.want {
			t.Errorf("%q with %q and %q: got %q, want %q", c.in, c.delimiter, c.prefix, got, c.want)
		}
	}
}
