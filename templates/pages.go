package templates

import (
	"embed"
	"io/fs"
)

//go:embed pages
var pageFiles embed.FS

// Pages holds the extranet's pages: one html/template file each, layout.html
// around them, and static/ with the stylesheet, the script and the icon.
func Pages() fs.FS {
	pages, err := fs.Sub(pageFiles, "pages")
	if err != nil {
		panic(err) // the name above is the folder embedded above
	}
	return pages
}
