package intake

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake/reply"
)

// OfferedPlan is a plan that an approver was offered instead of the one that
// was asked for, because of the conditions in their answer. It is found again
// by the hash that the tokens of its question carry (rule T6).
type OfferedPlan struct {
	Request   int64
	Plan      Plan
	PlanHash  string // of form and Plan
	InsteadOf string // the request's PlanHash when it was offered
	At        time.Time
}

// Change is one difference between what a form asks for and a plan.
type Change struct {
	Member *Member      `json:"member,omitempty"` // as the form has them; nil: the activation date changes
	Rights forms.Rights `json:"rights"`           // that Member has instead; none: no access
	From   forms.Date   `json:"from,omitzero"`    // the activation date in the form
	To     forms.Date   `json:"to,omitzero"`      // and instead of it
}

// Changes lists how the request's plan differs from what its form asks for:
// what an approver's conditions changed, or would change if the plan is only
// offered. A plan takes away and puts off, and never adds.
func (r *Request) Changes() []Change {
	if r.Decision != nil {
		return r.Decision.Changes
	}
	if r.PlanHash == "" || r.Kind != forms.Create {
		return nil
	}
	asked := MakePlan(&forms.Reading{Submission: r.Submission, Department: r.Department}, r.Number, r.Plan.Site.ID)
	return changesBetween(asked, r.Plan)
}

func changesBetween(asked, plan Plan) []Change {
	var list []Change
	for _, m := range asked.Members {
		var rights forms.Rights
		if i := plan.member(m.Address); i >= 0 {
			rights = plan.Members[i].Rights
		}
		if rights != m.Rights {
			list = append(list, Change{Member: &m, Rights: rights})
		}
	}
	if plan.ActivateOn != asked.ActivateOn {
		list = append(list, Change{From: asked.ActivateOn, To: plan.ActivateOn})
	}
	return list
}

// member is where the plan has the member with that address; -1: nowhere.
func (p Plan) member(address string) int {
	return memberAt(p.Members, address)
}

// memberAt is where the list has the member with that address; -1: nowhere.
func memberAt(list []Member, address string) int {
	return slices.IndexFunc(list, func(m Member) bool { return m.Address == address })
}

// Obstacle says why the desk cannot apply a condition by itself.
type Obstacle struct {
	Words string // the condition as it was written; empty: it is about all of them together
	Why   ObstacleWhy
}

// ObstacleWhy says why a condition cannot be applied.
type ObstacleWhy string

const (
	NotUnderstood ObstacleWhy = "not_understood" // it says something else, or more, than the desk knows
	NotOneMember  ObstacleWhy = "not_one_member" // a name is that of several members
	UntilDay      ObstacleWhy = "until_day"      // access that ends by itself is not in the procedure
	NoSuchDay     ObstacleWhy = "no_such_day"    // the day is not known, or does not exist
	EarlierDay    ObstacleWhy = "earlier_day"    // the form asks for a later day
	PastDay       ObstacleWhy = "past_day"       // the day has passed
	TwoDays       ObstacleWhy = "two_days"       // two conditions name different days
	WithoutRead   ObstacleWhy = "without_read"   // somebody could write or delete what they can't read
	NobodyLeft    ObstacleWhy = "nobody_left"    // one side would have no user left
	WhichOthers   ObstacleWhy = "which_others"   // "only X": all others, or those of X's side
	AddsRight     ObstacleWhy = "adds_right"     // it speaks of a right that the form does not ask for
)

// applyConditions changes a plan as the conditions say, all of them together.
// It only takes away and puts off: no member gets a right that plan does not
// give them. concerned are the members that the conditions name. Where a
// condition cannot be applied exactly, nothing is, and obstacles says why.
func applyConditions(plan Plan, conditions []reply.Condition) (changed Plan, concerned []Member, obstacles []Obstacle) {
	changed = plan
	changed.Members = slices.Clone(plan.Members)
	later := forms.Date{}
	for _, c := range conditions {
		why := ObstacleWhy("")
		switch c.Kind {
		case reply.RemoveRight, reply.RemoveUser, reply.ReadOnly:
			who, ok := membersMeant(plan, c)
			switch {
			case !ok:
				why = NotOneMember
			case c.Others && c.Kind == reply.RemoveUser && oneSide(plan, who):
				why = WhichOthers
			case c.Others && c.Kind == reply.RemoveRight && !othersHave(plan, who, c.Rights):
				why = AddsRight
			}
			if why != "" {
				break
			}
			for _, i := range who {
				if !c.Everybody() && !c.Others && !slices.Contains(concerned, plan.Members[i]) {
					concerned = append(concerned, plan.Members[i])
				}
				rights, ok := rightsLeft(changed.Members[i].Rights, c)
				if !ok {
					why = WithoutRead
				}
				changed.Members[i].Rights = rights
			}
		case reply.LaterDate:
			day := forms.DateOf(c.Date)
			switch {
			case c.Date.IsZero():
				why = NoSuchDay
			case day.Before(plan.ActivateOn):
				why = EarlierDay
			case !later.IsZero() && later != day:
				why = TwoDays
			}
			later = day
			changed.ActivateOn = day
		case reply.Keep:
			if _, ok := membersMeant(plan, c); !ok {
				why = NotOneMember
			}
		case reply.UntilDate:
			why = UntilDay
		default:
			why = NotUnderstood
		}
		if why != "" {
			obstacles = append(obstacles, Obstacle{c.Words, why})
		}
	}
	changed.Members = slices.DeleteFunc(changed.Members, func(m Member) bool { return m.Rights == 0 })
	for _, side := range []Side{PartnerSide, InternalSide} {
		if len(obstacles) == 0 && !slices.ContainsFunc(changed.Members, func(m Member) bool { return m.Side == side }) {
			obstacles = append(obstacles, Obstacle{Why: NobodyLeft})
		}
	}
	if len(conditions) == 0 {
		obstacles = append(obstacles, Obstacle{Why: NotUnderstood})
	}
	if len(obstacles) > 0 {
		return plan, nil, obstacles
	}
	return changed, concerned, nil
}

// membersMeant are the places in the plan of the members that a condition is
// about. ok is false if a name is not that of exactly one of them.
func membersMeant(plan Plan, c reply.Condition) (places []int, ok bool) {
	for _, name := range c.Names {
		named := 0
		for _, m := range plan.Members {
			if m.Name == name {
				named++
			}
		}
		if named != 1 {
			return nil, false
		}
	}
	for i, m := range plan.Members {
		named := slices.Contains(c.Names, m.Name) || slices.Contains(c.Sides, string(m.Side))
		if c.Everybody() || named != c.Others {
			places = append(places, i)
		}
	}
	return places, len(places) > 0 || c.Others
}

// oneSide reports whether without the members at places one side has no user left.
func oneSide(plan Plan, places []int) bool {
	sides := map[Side]bool{}
	for i, m := range plan.Members {
		if !slices.Contains(places, i) {
			sides[m.Side] = true
		}
	}
	return len(sides) < 2
}

// othersHave reports whether all members but those at places have the rights.
func othersHave(plan Plan, places []int, rights []string) bool {
	wanted, err := forms.ParseRights(rights)
	for i, m := range plan.Members {
		if !slices.Contains(places, i) && !m.Rights.Has(wanted) {
			return false
		}
	}
	return err == nil
}

// rightsLeft is what a condition leaves of somebody's rights; nothing means
// that they get no access. ok is false if they could do more than they can see.
func rightsLeft(rights forms.Rights, c reply.Condition) (left forms.Rights, ok bool) {
	switch c.Kind {
	case reply.RemoveUser:
		return 0, true
	case reply.ReadOnly:
		left = rights & forms.RightRead
		return left, left != 0 || rights == 0
	}
	taken, err := forms.ParseRights(c.Rights)
	if err != nil || taken == 0 {
		return rights, false
	}
	left = rights &^ taken
	return left, left == 0 || left.Has(forms.RightRead) || !rights.Has(forms.RightRead)
}

// Offer asks an approver whether they want what they seem to want: the request
// with the changes that their conditions make, or, if it fulfils them already,
// as it is.
type Offer struct {
	Request   *Request // with the plan that is offered
	Approver  Approver
	Said      string   // their newly written text, shortened
	Unchanged []Member // whom they named and who keep what they have
	Expires   time.Time
}

// Name implements [Letter].
func (Offer) Name() string { return "offer" }

// shown is the request as the question with this token showed it: where that
// offered another plan, with that plan (rule T6). If the request was changed
// since, it is returned as it is, and the token does not fit it any more.
func (h *hand) shown(r *Request, k Token) (*Request, error) {
	if k.PlanHash == r.PlanHash || r.Status != StatusAwaitingApproval {
		return r, nil
	}
	offer, err := h.tx.Offer(r.ID, k.PlanHash)
	switch {
	case errors.Is(err, ErrNotFound):
		return r, nil
	case err != nil:
		return nil, err
	}
	hash, err := HashPlan(r.Submission, offer.Plan)
	if err != nil {
		return nil, err
	}
	if hash != k.PlanHash || offer.InsteadOf != r.PlanHash {
		return r, nil
	}
	return r.with(offer.Plan, hash), nil
}

// with is the request with another plan.
func (r *Request) with(plan Plan, hash string) *Request {
	other := *r
	other.Plan, other.PlanHash = plan, hash
	return &other
}

// answerConditions answers a yes with conditions (rule R4). r is the request
// itself, shown is as the answered question showed it. What can be applied is
// offered whole, as a plan with a token of its own; else the approver is told
// what cannot.
func (h *hand) answerConditions(r, shown *Request, approver Approver) error {
	plan, concerned, obstacles := applyConditions(shown.Plan, h.c.Reply.Conditions)
	if plan.ActivateOn != shown.Plan.ActivateOn && plan.ActivateOn.Before(h.today()) {
		obstacles = append(obstacles, Obstacle{Why: PastDay})
	}
	if len(obstacles) > 0 {
		return h.askAgain(shown, approver, AskAgain{Conditional: true, Said: h.said(), Obstacles: obstacles})
	}
	hash, err := HashPlan(r.Submission, plan)
	if err != nil {
		return err
	}
	if hash != r.PlanHash {
		if err := h.tx.AddOffer(OfferedPlan{Request: r.ID, Plan: plan, PlanHash: hash, InsteadOf: r.PlanHash, At: h.now}); err != nil {
			return err
		}
	}
	offered := r.with(plan, hash)
	// An "Aprob" to an earlier question could now mean either plan.
	if err := h.tx.Supersede(r.ID, approver.Address, hash, h.now); err != nil {
		return err
	}
	if err := h.event(r, EventOffered, "desk", fmt.Sprintf("offered %s: %s", approver.Address, ChangesForIT(offered.Changes()))); err != nil {
		return err
	}
	var unchanged []Member
	for _, m := range concerned {
		if slices.Contains(plan.Members, m) {
			unchanged = append(unchanged, m)
		}
	}
	expires := h.now.Add(h.Policy.TokenLife)
	letter := Offer{Request: offered, Approver: approver, Said: h.said(), Unchanged: unchanged, Expires: expires}
	return h.send(approver.Person, letter, envelope{
		request: offered, answers: true, bounded: true,
		token: &Token{Purpose: Decides, Address: approver.Address, ExpiresAt: expires},
	})
}

// ChangesForIT is the changes in one line, for the events and for IT.
func ChangesForIT(changes []Change) string {
	var list []string
	for _, c := range changes {
		switch {
		case c.Member == nil:
			list = append(list, fmt.Sprintf("activation %s -> %s", c.From, c.To))
		case c.Rights == 0:
			list = append(list, c.Member.Address+" "+c.Member.Rights.String()+" -> none")
		default:
			list = append(list, fmt.Sprintf("%s %s -> %s", c.Member.Address, c.Member.Rights, c.Rights))
		}
	}
	if list == nil {
		return "the plan as it is"
	}
	return strings.Join(list, "; ")
}
