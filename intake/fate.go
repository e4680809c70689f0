package intake

// Fate is what became of a mail. Every mail has exactly one, and it is visible:
// in the store, and as the folder that the mail is filed away in (rule D7). The
// empty Fate is that of a mail that is stored and not handled yet.
type Fate string

const (
	// FateRegistered: the mail brought a form that has its number now.
	FateRegistered Fate = "registered"
	// FateDecided: the mail decided a request, or confirmed, corrected or withdrew one.
	FateDecided Fate = "decided"
	// FateAnswered: the mail changed nothing and its sender was told what to do.
	FateAnswered Fate = "answered"
	// FateAutomatic: no person wrote the mail; it is never answered (rule T4).
	// Bounces are among these, after they have been followed up.
	FateAutomatic Fate = "automatic"
	// FateSetAside: the mail waits for a person of IT.
	FateSetAside Fate = "set_aside"
)

// Fates lists every fate that a handled mail can have.
var Fates = []Fate{FateRegistered, FateDecided, FateAnswered, FateAutomatic, FateSetAside}
