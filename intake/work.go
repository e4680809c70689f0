package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// WorkPortal is a portal whose work is done by people of IT. Its methods that
// change something record what is wanted; what people have confirmed is what
// [Portal.Members] reads back.
//
// It exports no files: whoever ends access to a site that is to be closed saves
// them, and says so in the same answer.
//
// As long as something is wanted that nobody has confirmed, Members,
// SuspendSite, CloseSite, ResumeSite and DeleteSite return an error that is
// [ErrAwaitsIT]; called again after the confirmation they succeed.
type WorkPortal interface {
	Portal
	// Work is what there is to do on a site so that it is as wanted; zero:
	// nothing. A site that nobody wanted yet, or that is deleted, is ErrNoSuchSite.
	Work(ctx context.Context, siteID string) (Work, error)
	// Confirm records that exactly that work was done, and where the site is, if
	// url is not empty. ErrWorkChanged if something else is wanted by now; done
	// again, it changes nothing.
	Confirm(ctx context.Context, siteID, workHash, url string) error
}

var (
	// ErrAwaitsIT: people of IT must do and confirm something first.
	ErrAwaitsIT = errors.New("it waits for IT to do the work and to confirm it")
	// ErrWorkChanged: what was confirmed is not what is to be done.
	ErrWorkChanged = errors.New("the work to be done is another by now")
)

// AccessStep is what becomes of everybody's access to a site at once.
type AccessStep string

const (
	AccessSuspend AccessStep = "suspend" // ends; files and list of members are kept
	AccessEnd     AccessStep = "end"     // ends; the files will be saved and deleted
	AccessResume  AccessStep = "resume"  // is given back to those on the list
	SiteDelete    AccessStep = "delete"  // the site is deleted with all that is in it
)

// Work is what people have to do on a site.
type Work struct {
	Site   Site       `json:"site"`
	URL    string     `json:"url,omitempty"` // where the site is; empty: it is not made yet
	Create bool       `json:"create,omitempty"`
	Update bool       `json:"update,omitempty"` // the site is to say what Site says
	Access AccessStep `json:"access,omitempty"`

	Members []Member       `json:"members"` // the whole list, as it is to be in the end
	Add     []Member       `json:"add,omitempty"`
	Alter   []MemberChange `json:"alter,omitempty"`
	Remove  []Member       `json:"remove,omitempty"`
}

// MemberChange is a member as they are to be, and the way they were before.
type MemberChange struct {
	Member Member `json:"member"`
	Was    Member `json:"was"`
}

// Nothing reports whether there is nothing to do.
func (w Work) Nothing() bool {
	return !w.Create && !w.Update && w.Access == "" && len(w.Add)+len(w.Alter)+len(w.Remove) == 0
}

// Hash is what a confirmation is bound to, so that IT confirms what they were
// shown (as rule T6 has it for decisions): the SHA-256 of the work, in hex.
func (w Work) Hash() (string, error) {
	data, err := json.Marshal(w)
	if err != nil {
		return "", fmt.Errorf("encoding the work on site %s: %w", w.Site.ID, err)
	}
	return hashHex(data), nil
}
