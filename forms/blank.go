package forms

// tableColumns are the columns of our own lists of users.
var tableColumns = []role{numberRole, nameRole, emailRole, readRole, writeRole, deleteRole}

func foldOurTexts() map[string]bool {
	texts := map[string]bool{}
	for i := range fields {
		texts[fold(fields[i].help)] = true
	}
	return texts
}
