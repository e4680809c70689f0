package intake

// Fate is what became of a mail. Every mail has exactly one, and the folder it
// is filed in shows it (rule D7).
type Fate string

const (
	FateRegistered Fate = "registered" // a form, registered as a request or continuing one
	FateDecided    Fate = "decided"    // an answer that decided or confirmed something
	FateAnswered   Fate = "answered"   // answered, with nothing changed
	FateAutomatic  Fate = "automatic"  // written by a machine: ignored
	FateSetAside   Fate = "set_aside"  // for a person to look at
)

// Fates lists every fate.
var Fates = []Fate{FateRegistered, FateDecided, FateAnswered, FateAutomatic, FateSetAside}
