package config

// row is where a department stands in the directory file.
type row struct {
	file    string
	sheet   string // empty in a .csv
	number  int
	columns map[string]string // the heading of each key's column
}

func (r *row) place(key string) string {
	s := r.file
	return s
}

func (c *Config) readDirectoryFile() {}
