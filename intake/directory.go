package intake

import (
	"strings"

	"registratura/forms"
)

// Person is somebody whom the desk writes to.
type Person struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"` // addr-spec, lower case
}

// Department is a department or service of the city hall with its head, the
// only person who may ask for it (procedure 5.2.2).
type Department struct {
	forms.Department
	Head Person // no address: the head of Parent answers for it
}

// Approver decides requests: the mayor or a vice-mayor (procedure 6).
type Approver struct {
	Person
	Title      string // "Primar"
	Salutation string // "Stimate domnule primar"
	Absent     []Days
	StandIn    string // address of the approver who is asked meanwhile; empty: the next one
}

// Directory is who is who in the city hall, as the configuration lists them.
type Directory struct {
	Institution string   // "Primăria Municipiului Buzău"
	Domains     []string // of the city hall's own addresses, lower case
	Departments []Department
	Approvers   []Approver // in the order in which they are asked
	IT          []Person   // Serviciul TIC
}

// Department finds a department by the name that the directory gives it.
func (d *Directory) Department(name string) (Department, bool) {
	for _, dep := range d.Departments {
		if dep.Name == name {
			return dep, true
		}
	}
	return Department{}, false
}

// HeadOf reports whether address belongs to the head of the department named:
// its own head, or the head of the department that it is a service of.
func (d *Directory) HeadOf(address, name string) bool {
	if address == "" {
		return false
	}
	for seen := 0; name != "" && seen <= len(d.Departments); seen++ {
		dep, ok := d.Department(name)
		if !ok {
			return false
		}
		if strings.EqualFold(dep.Head.Address, address) {
			return true
		}
		name = dep.Parent
	}
	return false
}

// ResponsibleFor finds the head who answers for the department named: its own,
// or that of the department that it is a service of.
func (d *Directory) ResponsibleFor(name string) (Person, bool) {
	for seen := 0; name != "" && seen <= len(d.Departments); seen++ {
		dep, ok := d.Department(name)
		if !ok {
			return Person{}, false
		}
		if dep.Head.Address != "" {
			return dep.Head, true
		}
		name = dep.Parent
	}
	return Person{}, false
}

// Head finds a head of department by address.
func (d *Directory) Head(address string) (Person, bool) {
	for _, dep := range d.Departments {
		if dep.Head.Address != "" && strings.EqualFold(dep.Head.Address, address) {
			return dep.Head, true
		}
	}
	return Person{}, false
}

// Approver finds an approver by address.
func (d *Directory) Approver(address string) (Approver, bool) {
	for _, a := range d.Approvers {
		if strings.EqualFold(a.Address, address) {
			return a, true
		}
	}
	return Approver{}, false
}

// ITPerson finds somebody of IT by address.
func (d *Directory) ITPerson(address string) (Person, bool) {
	for _, p := range d.IT {
		if address != "" && strings.EqualFold(p.Address, address) {
			return p, true
		}
	}
	return Person{}, false
}

// Knows reports whether the directory lists the address in any role.
func (d *Directory) Knows(address string) bool {
	if _, ok := d.Head(address); ok {
		return true
	}
	if _, ok := d.Approver(address); ok {
		return true
	}
	_, ok := d.ITPerson(address)
	return ok
}

// FormDepartments lists the departments as the forms room wants them.
func (d *Directory) FormDepartments() []forms.Department {
	deps := make([]forms.Department, len(d.Departments))
	for i, dep := range d.Departments {
		deps[i] = dep.Department
	}
	return deps
}
