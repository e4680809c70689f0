package trust

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStampsAreShownAsTheServersWroteThem(t *testing.T) {
	raw := "Received: from a by b\r\n" +
		"Authentication-Results: mx.primaria.test; dmarc=pass (p=none) header.from=primaria.test; spf=pass smtp.mailfrom=\"a b\"@c\r\n" +
		"Received: from x by y\r\n" +
		"Authentication-Results: evil.test; dmarc=pass header.from=primaria.test action=none\r\n" +
		"Authentication-Results: spf=pass smtp.mailfrom=c\r\n" +
		"X-Authentication-Results: mx.primaria.test; none\r\n" + plain + answer
	got, err := Stamps([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	want := []Stamp{
		{AuthservID: "mx.primaria.test", Results: []string{"dmarc=pass header.from=primaria.test", `spf=pass smtp.mailfrom="a b"@c`}, ReceivedAbove: 1},
		{AuthservID: "evil.test", Results: []string{"dmarc=pass header.from=primaria.test action=none"}, ReceivedAbove: 2},
		{ReceivedAbove: 2, Err: errors.New("there is no authserv-id")},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })); diff != "" {
		t.Error(diff)
	}
	if _, err := Stamps([]byte("no header")); err == nil {
		t.Error("no error for what is no mail")
	}
}
