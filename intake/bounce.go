package intake

import "time"

// UndeliveredMail is a mail of ours that did not arrive.
type UndeliveredMail struct {
	Notice  int64
	Request int64 // 0: about none
	Kind    string
	Address string
	Reason  string // in the server's words
	Sure    bool   // else it was only guessed which mail it is
	Mail    int64  // the notification; 0: the server refused at once
	At      time.Time
}
