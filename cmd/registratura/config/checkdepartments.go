package config

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// departmentFault reports a fault where the department stands: under its key
// in the configuration, or in its row of the directory file.
func (c *Config) departmentFault(i int, name, value, reason, instead string, warning bool) {
	f := Fault{Value: value, Reason: reason, Instead: instead, Warning: warning}
	if d := c.Departments[i]; d.row != nil {
		f.Where, f.Key, f.line = d.row.place(name), name, c.line("institution.directory_file")
		c.faults = append(c.faults, f)
		return
	}
	f.Key = c.departmentKey(i) + "." + name
	f.Where = c.whereIs(f.Key)
	c.add(f)
}

// departmentKey is the key of the section that department i came from.
func (c *Config) departmentKey(i int) string {
	n := 1
	for _, d := range c.Departments[:i] {
		if d.row == nil {
			n++
		}
	}
	return fmt.Sprintf("department[%d]", n)
}

// departmentPlace names where department i stands, for a fault about another.
func (c *Config) departmentPlace(i int) string {
	if d := c.Departments[i]; d.row != nil {
		return d.row.place("name")
	}
	return c.whereIs(c.departmentKey(i))
}

const (
	maxName        = 250  // octets
	maxDepartments = 2000 // what is looked up among all of them for each stays quick
)

func (c *Config) checkDepartments() {
	if n := len(c.Departments); n > maxDepartments {
		c.fault("department", "", fmt.Sprintf("there are %d departments, more than %d", n, maxDepartments), "leave out what may not ask for sites")
		return
	}
	if len(c.Departments) == 0 {
		c.fault("department", "", "is missing: nobody could ask for a site", "add sections [[department]], or institution.directory_file")
		return
	}
	byName := c.checkDepartmentNames()
	c.checkAliases(byName)
	heads := map[string]string{}
	anyHead := false
	for i := range c.Departments {
		d := &c.Departments[i]
		c.checkParent(i, byName)
		if d.Address == "" {
			if d.Parent == "" {
				c.departmentFault(i, "address", "", "is missing: nobody can ask for a site for "+show(d.Name), "write the address of its head", true)
			} else if d.Head != "" {
				c.departmentFault(i, "address", "", "is missing, though there is a head", "write the address of the head, or leave the head out", true)
			}
			continue
		}
		anyHead = true
		if err := checkAddress(d.Address); err != nil {
			c.departmentFault(i, "address", show(d.Address), err.Error(), writeAddress, false)
			continue
		}
		if d.Address == c.Desk.Address {
			c.departmentFault(i, "address", show(d.Address), "is the address of the desk itself", "write a person's address", false)
		}
		if len(c.Institution.Domains) > 0 && !inDomains(d.Address, c.Institution.Domains) {
			c.departmentFault(i, "address", show(d.Address), "is in none of the city hall's domains", "correct it, or add its domain to institution.domains", true)
		}
		if name, ok := heads[d.Address]; ok && d.Head != "" && name != "" && fold(name) != fold(d.Head) {
			c.departmentFault(i, "address", show(d.Address), "is the address of "+show(name)+" too", "write each head's own address", false)
		}
		if heads[d.Address] == "" {
			heads[d.Address] = d.Head
		}
	}
	if !anyHead {
		c.fault("department", "", "no department has a head with an address: nobody could ask for a site", "write the addresses of the heads")
	}
}

// checkDepartmentNames finds names that are missing or given twice, and
// returns where each stands.
func (c *Config) checkDepartmentNames() map[string]int {
	byName := map[string]int{}
	var twice []int
	for i, d := range c.Departments {
		if d.Name == "" {
			c.departmentFault(i, "name", "", "is missing", "write the full name of the department", false)
			continue
		}
		j, ok := byName[fold(d.Name)]
		switch {
		case len(d.Name) > maxName:
			c.departmentFault(i, "name", show(d.Name), fmt.Sprintf("is longer than %d bytes", maxName), "write a shorter name, and this one as an alias", false)
		case !ok:
			byName[fold(d.Name)] = i
		case (d.row == nil) != (c.Departments[j].row == nil):
			twice = append(twice, i)
		default:
			c.departmentFault(i, "name", show(d.Name), "stands in "+c.departmentPlace(j)+" too", "leave one out", false)
		}
	}
	// Whoever adds a directory file to the example has all of them twice.
	if len(twice) > 0 {
		c.fault("institution.directory_file", show(c.Institution.DirectoryFile),
			fmt.Sprintf("%d departments stand in the file and in [[department]] sections too, the first is %s", len(twice), show(c.Departments[twice[0]].Name)),
			"remove those sections")
	}
	return byName
}

// checkAliases finds other names that name two departments.
func (c *Config) checkAliases(byName map[string]int) {
	owners := map[string]int{}
	for i, d := range c.Departments {
		for _, alias := range d.Aliases {
			f := fold(alias)
			if f == "" {
				c.departmentFault(i, "aliases", show(alias), "is empty", "leave it out", false)
				continue
			}
			j, ok := byName[f]
			if !ok {
				j, ok = owners[f]
			}
			if ok && j != i {
				c.departmentFault(i, "aliases", show(alias), "names "+show(c.Departments[j].Name)+" too", "leave it out in one of them", false)
				continue
			}
			owners[f] = i
		}
	}
}

// checkParent resolves the parent to its name in the directory.
func (c *Config) checkParent(i int, byName map[string]int) {
	d := &c.Departments[i]
	if d.Parent == "" {
		return
	}
	j, ok := byName[fold(d.Parent)]
	if !ok {
		c.departmentFault(i, "parent", show(d.Parent), "is not a department of the directory", c.nearestDepartment(d.Parent), false)
		return
	}
	d.Parent = c.Departments[j].Name
	// Up the line of parents, which has an end unless one of them is in itself.
	for n := 0; ok && n < len(c.Departments); n++ {
		if j == i {
			c.departmentFault(i, "parent", show(d.Parent), "makes the department a part of itself", "write the department above it", false)
			return
		}
		p := c.Departments[j].Parent
		if p == "" {
			return
		}
		j, ok = byName[fold(p)]
	}
}

func (c *Config) nearestDepartment(name string) string {
	best, distance := "", len(name)/3+1
	for _, d := range c.Departments {
		if len(name) > maxName || len(d.Name) > maxName {
			continue // comparing takes time by the square of the length
		}
		if n := editDistance(fold(name), fold(d.Name)); n < distance {
			best, distance = d.Name, n
		}
	}
	if best == "" {
		return "write the name of a department as it stands there"
	}
	return "did you mean " + show(best) + "?"
}

// fold makes names comparable: case, diacritics, kinds of dashes and white
// space make no difference between departments.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.Is(unicode.Pd, r):
			b.WriteByte('-')
		default:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
