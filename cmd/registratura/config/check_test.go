package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// edited is the example with some of its lines changed: each edit is a line
// and what stands there instead.
func edited(t *testing.T, edits ...string) string {
	t.Helper()
	text := exampleText
	for i := 0; i < len(edits); i += 2 {
		line := edits[i] + "\n"
		if !strings.Contains(text, line) {
			t.Fatalf("the example has no line %q", edits[i])
		}
		text = strings.Replace(text, line, edits[i+1]+"\n", 1)
	}
	return text
}

func load(t *testing.T, text string) (*Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "registratura.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

// one is the only fault of the error that is more than a warning.
func one(t *testing.T, err error) Fault {
	t.Helper()
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("the error is %v, want Faults", err)
	}
	var found []Fault
	for _, f := range faults {
		if !f.Warning {
			found = append(found, f)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d faults, want one:\n%v", len(found), err)
	}
	return found[0]
}

func TestLoadRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		edits           []string // lines of the example, and what stands there instead
		key, value      string
		reason, instead string // parts of them
	}{
		"a key that is spelt wrong": {
			[]string{`#poll = "1m"`, `pol = "1m"`},
			"imap.pol", "", "no such key", `did you mean "imap.poll"?`},
		"a key in the wrong section": {
			[]string{`#per_minute = 0`, `max_size = "5 MB"`},
			"smtp.max_size", "", "no such key", "it belongs to [imap]"},
		"a section that does not exist": {
			[]string{`[monitor]`, "[monitoring]"},
			"monitoring", "", "no such key", `did you mean "monitor"?`},
		"a key that resembles none": {
			[]string{`#format = "text"`, `zzzzzz = 1`},
			"log.zzzzzz", "", "no such key", "the keys here are format, level"},
		"a number for a text": {
			[]string{`name = "Primăria Municipiului Buzău"`, `name = "Primăria"` + "\ntimezone = 2"},
			"institution.timezone", "2", "is a number, not a text", ""},
		"a text for a number": {
			[]string{`#answers_per_day = 20`, `answers_per_day = "20"`},
			"desk.answers_per_day", `"20"`, "is a text, not a whole number", ""},
		"a text for true or false": {
			[]string{`#accept_weak = false`, `accept_weak = "nu"`},
			"approval.accept_weak", `"nu"`, "is a text, not true or false", ""},
		"a text for a list": {
			[]string{`domains = ["primaria.test", "primariabuzau.test"]`, `domains = "primaria.test"`},
			"institution.domains", `"primaria.test"`, "is a text, not a list", ""},
		"a date in a list of texts": {
			[]string{`#accept = ["dmarc", "dkim", "auth"]`, `accept = ["dmarc", 2026-11-23]`},
			"trust.accept", "2026-11-23 00:00:00", "is a date, not a text", ""},
		"a key for a section": {
			[]string{`[monitor]`, "[[monitor]]"},
			"monitor", "", "is a list of sections, not a section [monitor]", ""},
		"a section for a list of sections": {
			[]string{`[[approver]]` + "\n# Office, as the mails give it.", "[department.x]"},
			"", "", "is not TOML", ""},
		"a value that the key does not take": {
			[]string{`#security = "tls"`, `security = "ssl"`},
			"imap.security", `"ssl"`, "not one of the values", `"tls" or "starttls" or "none"`},
		"an unknown value in a list": {
			[]string{`#accept = ["dmarc", "dkim", "auth"]`, `accept = ["dmarc", "spf"]`},
			"trust.accept", `"spf"`, "not one of the values", `"dmarc" or "dkim" or "auth"`},
		"a length of time without a unit": {
			[]string{`#poll = "1m"`, `poll = "60"`},
			"imap.poll", `"60"`, "is not a length of time", `"30s"`},
		"a length of time as a number": {
			[]string{`#poll = "1m"`, `poll = 60`},
			"imap.poll", "60", "is a number, not a text with a unit", `"30s"`},
		"a poll that is too rare": {
			[]string{`#poll = "1m"`, `poll = "2d"`},
			"imap.poll", `"2d"`, "out of range", "at least 5s and at most 9m"},
		"a size without a unit": {
			[]string{`#max_size = "25 MB"`, `max_size = "25"`},
			"imap.max_size", `"25"`, "is not a size", `"25 MB"`},
		"a size that is too small": {
			[]string{`#max_size = "25 MB"`, `max_size = "25 KB"`},
			"imap.max_size", `"25 KB"`, "out of range", "at least 1 MB"},
		"a number out of range": {
			[]string{`#answers_per_day = 20`, `answers_per_day = 0`},
			"desk.answers_per_day", "0", "out of range", "at least 1"},
		"an hour that no day has": {
			[]string{`#activation_hour = 7`, `activation_hour = 24`},
			"portal.activation_hour", "24", "out of range", "at most 23"},
		"a quota smaller than one file": {
			[]string{`#site_quota = "20 GB"`, `site_quota = "1 GB"`},
			"portal.site_quota", `"1 GB"`, "out of range", "at least 4 GB"},

		"no name of the institution": {
			[]string{`name = "Primăria Municipiului Buzău"`, `name = " "`},
			"institution.name", "", "is missing", "Primăria"},
		"no domain": {
			[]string{`domains = ["primaria.test", "primariabuzau.test"]`, `domains = []`},
			"institution.domains", "", "is missing", "mail domains"},
		"a domain that is an address": {
			[]string{`domains = ["primaria.test", "primariabuzau.test"]`, `domains = ["primaria.test", "it@primaria.test"]`},
			"institution.domains", `"it@primaria.test"`, "is not a mail domain", ""},
		"a domain twice": {
			[]string{`domains = ["primaria.test", "primariabuzau.test"]`, `domains = ["primaria.test", "PRIMARIA.test"]`},
			"institution.domains", `"primaria.test"`, "twice", ""},
		"a time zone that does not exist": {
			[]string{`#timezone = "Europe/Bucharest"`, `timezone = "Europe/Buzau"`},
			"institution.timezone", `"Europe/Buzau"`, "not an IANA time zone", "Europe/Bucharest"},
		"the time zone of the machine": {
			[]string{`#timezone = "Europe/Bucharest"`, `timezone = "Local"`},
			"institution.timezone", `"Local"`, "not an IANA time zone", ""},
		"no IT": {
			[]string{`it = ["Serviciul TIC <it@primaria.test>"]`, `it = []`},
			"institution.it", "", "is missing", ""},
		"IT twice": {
			[]string{`it = ["Serviciul TIC <it@primaria.test>"]`, `it = ["it@primaria.test", "TIC <IT@primaria.test>"]`},
			"institution.it", `"TIC <IT@primaria.test>"`, "twice", ""},
		"IT that is the desk": {
			[]string{`it = ["Serviciul TIC <it@primaria.test>"]`, `it = ["cereri-site@primaria.test"]`},
			"institution.it", `"cereri-site@primaria.test"`, "the desk itself", ""},
		"two addresses where one belongs": {
			[]string{`address = "cereri-site@primaria.test"`, `address = "a@primaria.test, b@primaria.test"`},
			"desk.address", `"a@primaria.test, b@primaria.test"`, "not one plain address", ""},
		"an address with a display name": {
			[]string{`address = "cereri-site@primaria.test"`, `address = "Registratura <a@primaria.test>"`},
			"desk.address", `"registratura <a@primaria.test>"`, "not one plain address", ""},
		"an address in quotation marks of its own": {
			[]string{`address = "cereri-site@primaria.test"`, `address = '"a>NOTIFY"@primaria.test'`},
			"desk.address", `"\"a>notify\"@primaria.test"`, "not one plain address", ""},
		"an address without a domain": {
			[]string{`address = "cereri-site@primaria.test"`, `address = "registratura"`},
			"desk.address", `"registratura"`, "is not an address", ""},
		"an address without a complete domain": {
			[]string{`address = "cereri-site@primaria.test"`, `address = "registratura@primaria"`},
			"desk.address", `"registratura@primaria"`, "no complete domain", ""},
		"an address with diacritics": {
			[]string{`address = "cereri-site@primaria.test"`, `address = "cereri@primăria.test"`},
			"desk.address", `"cereri@primăria.test"`, "letters in its domain", ""},
		"no address of the desk": {
			[]string{`address = "cereri-site@primaria.test"`, ``},
			"desk.address", "", "is missing", ""},
		"a plus address with plus addressing": {
			[]string{`address = "cereri-site@primaria.test"`, `address = "it+cereri@primaria.test"`, `#plus_addressing = false`, `plus_addressing = true`},
			"desk.address", `"it+cereri@primaria.test"`, "already has a plus part", ""},

		"a mail server without a port": {
			[]string{`address = "mail.primaria.test:993"`, `address = "mail.primaria.test"`},
			"imap.address", `"mail.primaria.test"`, "is not host:port", "mail.primarie.ro:993"},
		"a mail server without a name": {
			[]string{`address = "mail.primaria.test:587"`, `address = ":587"`},
			"smtp.address", `":587"`, "names no server", ""},
		"a mail server as a web address": {
			[]string{`address = "mail.primaria.test:587"`, `address = "smtp://mail.primaria.test:587"`},
			"smtp.address", `"smtp://mail.primaria.test:587"`, "is not host:port", ""},
		"plain text to another machine": {
			[]string{`#security = "starttls"`, `security = "none"`},
			"smtp.security", `"none"`, "plain text to mail.primaria.test", "allow_plaintext = true"},
		"no account of the mailbox": {
			[]string{"# Account on the server.\nusername = \"cereri-site@primaria.test\"", ``},
			"imap.username", "", "is missing", ""},
		"an account without a password": {
			[]string{`password_file = "$CREDENTIALS_DIRECTORY/smtp"`, ``},
			"smtp.password_file", "", "has no password", "$CREDENTIALS_DIRECTORY/smtp"},
		"two passwords": {
			[]string{`password_file = "$CREDENTIALS_DIRECTORY/imap"`, "password_file = \"/x\"\npassword_env = \"IMAP_PASSWORD\""},
			"imap.password_env", "", "also given by imap.password_file", "keep one"},
		"a variable that is not a name": {
			[]string{`password_file = "$CREDENTIALS_DIRECTORY/imap"`, `password_env = "$IMAP_PASSWORD"`},
			"imap.password_env", "", "not the name of an environment variable", ""},
		"an empty folder": {
			[]string{`#decided = "Decizii"`, `decided = ""`},
			"imap.folders.decided", "", "is missing", ""},
		"one folder for two fates": {
			[]string{`#decided = "Decizii"`, `decided = "automate"`},
			"imap.folders.automatic", `"Automate"`, "the folder of imap.folders.decided too", ""},
		"filing away into the inbox": {
			[]string{`#answered = "Cu răspuns"`, `answered = "Inbox"`},
			"imap.folders.answered", `"Inbox"`, "the folder of imap.folder too", ""},
		"a negative number": {
			[]string{`#per_minute = 0`, `per_minute = -1`},
			"smtp.per_minute", "-1", "out of range", ""},

		"an authserv-id that is a header": {
			[]string{`#authserv_id = ""`, `authserv_id = "mx.primaria.test; dmarc=pass"`},
			"trust.authserv_id", `"mx.primaria.test; dmarc=pass"`, "not the name of a mail server", ""},
		"an authserv-id of which nothing counts": {
			[]string{`#authserv_id = ""`, "authserv_id = \"mx.primaria.test\"\naccept = []"},
			"trust.accept", "", "is empty", ""},
		"a resolver without a port": {
			[]string{`#resolver = ""`, `resolver = "127.0.0.1"`},
			"trust.resolver", `"127.0.0.1"`, "is not host:port", "127.0.0.1:53"},
		"questions that expire at once": {
			[]string{`#token_life = "30d"`, `token_life = "1s"`},
			"approval.token_life", `"1s"`, "out of range", "at least 1h"},

		"a period in hours": {
			[]string{`#other_mails = "1 year"`, `other_mails = "48h"`},
			"retention.other_mails", `"48h"`, "not a length of time in days, months or years", `"90 days"`},
		"a period that is a number": {
			[]string{`#other_mails = "1 year"`, `other_mails = 0`},
			"retention.other_mails", "0", "a number, not a text", `"0" is for ever`},
		"a period of ages": {
			[]string{`#other_mails = "1 year"`, `other_mails = "201 years"`},
			"retention.other_mails", `"201 years"`, "longer than 200 years", ""},
		"mails that are gone within a week": {
			[]string{`#other_mails = "1 year"`, `other_mails = "7 days"`},
			"retention.other_mails", `"7 days"`, "too short", `"30 days"`},
		"mails that are gone before their question is": {
			[]string{`#token_life = "30d"`, `token_life = "60d"`, `#notices = "1 year"`, `notices = "2 months"`},
			"retention.notices", `"2 months"`, "shorter than the life of a question", ""},
		"a journal shorter than what is told of it": {
			[]string{`#access_journal = "1 year"`, `access_journal = "2 months"`},
			"retention.access_journal", `"2 months"`, "shorter than the 90 days", ""},
		"evidence for longer than the request": {
			[]string{`#suspicions = "3 years"`, `suspicions = "0"`},
			"retention.suspicions", `"0"`, "longer than retention.registry", "a longer registry"},

		"no address of the portal": {
			[]string{`base_url = "https://extranet.primaria.test"`, ``},
			"portal.base_url", "", "is missing", "https://"},
		"a portal address without a scheme": {
			[]string{`base_url = "https://extranet.primaria.test"`, `base_url = "extranet.primaria.test"`},
			"portal.base_url", `"extranet.primaria.test"`, "not a complete web address", "https://"},
		"a portal address with a path": {
			[]string{`base_url = "https://extranet.primaria.test"`, `base_url = "https://primaria.test/extranet"`},
			"portal.base_url", `"https://primaria.test/extranet"`, "has a path", ""},
		"a portal address with a query": {
			[]string{`base_url = "https://extranet.primaria.test"`, `base_url = "https://primaria.test?x=1"`},
			"portal.base_url", `"https://primaria.test?x=1"`, "has a query", ""},
		"a portal address with a password": {
			[]string{`base_url = "https://extranet.primaria.test"`, `base_url = "https://a:hunter2@primaria.test"`},
			"portal.base_url", "", "holds a user name", ""},
		"http with a certificate": {
			[]string{`base_url = "https://extranet.primaria.test"`, `base_url = "http://extranet.primaria.test"`,
				`#tls_cert = ""`, `tls_cert = "a"`, `#tls_key = ""`, `tls_key = "b"`},
			"portal.base_url", `"http://extranet.primaria.test"`, "is http", "https"},
		"a certificate without a key": {
			[]string{`#tls_cert = ""`, `tls_cert = "cert.pem"`},
			"portal.tls_key", "", "is missing", ""},
		"a key without a certificate": {
			[]string{`#tls_key = ""`, `tls_key = "key.pem"`},
			"portal.tls_cert", "", "is missing", ""},
		"a portal that does not exist": {
			[]string{`#kind = "extranet"`, `kind = "sharepoint"`},
			"portal.kind", `"sharepoint"`, "not one of the values", `"extranet"`},
		"a proxy that is a name": {
			[]string{`#trusted_proxies = []`, `trusted_proxies = ["127.0.0.1", "proxy"]`},
			"portal.trusted_proxies", `"proxy"`, "neither an address nor a network", ""},
		"the whole world as a proxy": {
			[]string{`#trusted_proxies = []`, `trusted_proxies = ["0.0.0.0/0"]`},
			"portal.trusted_proxies", `"0.0.0.0/0"`, "whole world", ""},
		"monitoring for everybody": {
			[]string{"# Loopback address and port for /healthz and /metrics. Empty: neither.\n#listen = \"\"", `listen = ":9090"`},
			"monitor.listen", `":9090"`, "not a loopback address", ""},
		"monitoring where the portal is": {
			[]string{"# Loopback address and port for /healthz and /metrics. Empty: neither.\n#listen = \"\"", `listen = "127.0.0.1:8080"`},
			"monitor.listen", `"127.0.0.1:8080"`, "portal.listen too", ""},

		"an approver without an address": {
			[]string{`address = "viceprimar1@primaria.test"`, ``},
			"approver[2].address", "", "is missing", ""},
		"an approver without an office": {
			[]string{`title = "Primar"`, ``},
			"approver[1].title", "", "is missing", "Primar"},
		"an approver without a salutation": {
			[]string{`salutation = "Stimate domnule primar"`, ``},
			"approver[1].salutation", "", "is missing", ""},
		"one approver twice": {
			[]string{`address = "viceprimar1@primaria.test"`, `address = "Primar@primaria.test"`},
			"approver[2].address", `"primar@primaria.test"`, "the address of approver[1].address too", ""},
		"an approver who is the desk": {
			[]string{`address = "viceprimar2@primaria.test"`, `address = "cereri-site@primaria.test"`},
			"approver[3].address", `"cereri-site@primaria.test"`, "the desk itself", ""},

		"an absence that is no date": {
			[]string{"#absent = []", `absent = ["2026-12-20/2027-01-05", "de Crăciun"]`},
			"approver[1].absent", `"de Crăciun"`, "is not a day, or two", "2026-12-20/2027-01-05"},
		"an absence that ends before it begins": {
			[]string{"#absent = []", `absent = ["2027-01-05/2026-12-20"]`},
			"approver[1].absent", `"2027-01-05/2026-12-20"`, "ends before it begins", ""},
		"a stand-in who is no approver": {
			[]string{`#stand_in = ""`, `stand_in = "secretara@primaria.test"`},
			"approver[1].stand_in", `"secretara@primaria.test"`, "is no approver", ""},
		"a stand-in for oneself": {
			[]string{`#stand_in = ""`, `stand_in = "Primar@primaria.test"`},
			"approver[1].stand_in", `"primar@primaria.test"`, "own address", ""},
		"another rule of approval": {
			[]string{`#rule = "any"`, `rule = "most"`},
			"approval.rule", `"most"`, "not one of the values", `"any" or "all"`},

		"a line break in a name": {
			[]string{`#name = "Registratura site-uri de colaborare"`, `name = "Registratura\r\nBcc: a@b.test"`},
			"desk.name", `"Registratura\r\nBcc: a@b.test"`, "line break", "one line"},
		"a control character in a list": {
			[]string{`it = ["Serviciul TIC <it@primaria.test>"]`, `it = ["TIC\u0000 <it@primaria.test>"]`},
			"institution.it", `"TIC\x00 <it@primaria.test>"`, "control character", ""},
		"a service of an unknown department": {
			[]string{"name = \"Compartiment Autoritate Tutelară\"\nparent = \"Direcția Administrație Publică Locală\"",
				"name = \"Compartiment Autoritate Tutelară\"\nparent = \"Direcția Administrație Publică\""},
			"department[3].parent", `"Direcția Administrație Publică"`, "is not a department", `did you mean "Direcția Administrație Publică Locală"?`},
		"a department twice": {
			[]string{`name = "Arhitect Șef"`, `name = "DIRECŢIA  TEHNICĂ"`},
			"department[15].name", `"Direcția Tehnică"`, "stands in registratura.toml:", "leave one out"},
		"a department without a name": {
			[]string{`name = "Arhitect Șef"`, ``},
			"department[9].name", "", "is missing", ""},
		"a department in itself": {
			[]string{`name = "Arhitect Șef"`, "name = \"Arhitect Șef\"\nparent = \"arhitect sef\""},
			"department[9].parent", `"Arhitect Șef"`, "a part of itself", ""},
		"an alias of two departments": {
			[]string{`name = "Direcția Evidența Persoanelor"`, "name = \"Direcția Evidența Persoanelor\"\n" + `aliases = ["dapl"]`},
			"department[7].aliases", `"dapl"`, `names "Direcția Administrație Publică Locală" too`, ""},
		"an alias that is another's name": {
			[]string{`name = "Direcția Evidența Persoanelor"`, "name = \"Direcția Evidența Persoanelor\"\n" + `aliases = ["direcţia tehnică"]`},
			"department[7].aliases", `"direcţia tehnică"`, `names "Direcția Tehnică" too`, ""},
		"an empty alias": {
			[]string{`name = "Direcția Evidența Persoanelor"`, "name = \"Direcția Evidența Persoanelor\"\n" + `aliases = [""]`},
			"department[7].aliases", `""`, "is empty", ""},
		"a head with an address that is none": {
			[]string{`address = "evidenta@primaria.test"`, `address = "dep(at)primaria.test"`},
			"department[7].address", `"dep(at)primaria.test"`, "is not an address", ""},
		"a head who is the desk": {
			[]string{`address = "evidenta@primaria.test"`, `address = "cereri-site@primaria.test"`},
			"department[7].address", `"cereri-site@primaria.test"`, "the desk itself", ""},
		"two heads with one address": {
			[]string{`address = "evidenta@primaria.test"`, `address = "dapl@primaria.test"`},
			"department[7].address", `"dapl@primaria.test"`, `is the address of "Director executiv DAPL" too`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, edited(t, tt.edits...))
			f := one(t, err)
			if f.Key != tt.key || f.Value != tt.value || !strings.Contains(f.Reason, tt.reason) || !strings.Contains(f.Instead, tt.instead) {
				t.Errorf("got %#v", f)
			}
			if !strings.HasPrefix(f.Where, "registratura.toml:") {
				t.Errorf("the fault is placed in %q, without a line", f.Where)
			}
		})
	}
}

func TestDepartmentsInEachOtherAreToldEachButNotThoseBelow(t *testing.T) {
	_, err := load(t, edited(t, `name = "Direcția Economică"`, "name = \"Direcția Economică\"\nparent = \"Birou Informatică\""))
	var faults Faults
	errors.As(err, &faults)
	var got []string
	for _, f := range faults {
		if !f.Warning {
			got = append(got, f.Key+" "+f.Reason)
		}
	}
	want := []string{"department[19].parent makes the department a part of itself", "department[20].parent makes the department a part of itself"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPortalByHandNeedsNoneOfTheKeysOfTheExtranet(t *testing.T) {
	text := edited(t, `#kind = "extranet"`, `kind = "manual"`)
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "base_url") || strings.HasPrefix(line, "#listen = \"127.0.0.1:8080") {
			text = strings.Replace(text, line, "", 1)
		}
	}
	c, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Portal.Manual() {
		t.Error("the portal is not by hand")
	}
	_, err = load(t, edited(t, `#kind = "extranet"`, `kind = "manual"`, `#activation_hour = 7`, `activation_hour = 24`))
	if f := one(t, err); f.Key != "portal.activation_hour" {
		t.Errorf("got %#v", f)
	}
}
