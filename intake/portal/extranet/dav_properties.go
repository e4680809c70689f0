package extranet

import (
	"bytes"
	"database/sql"
	"encoding/xml"
	"fmt"
	"net/http"

	"golang.org/x/net/webdav"
)

// property is a dead property that is set, or removed (RFC 4918, 9.2).
type property struct {
	webdav.Property
	remove bool
}

func readPatches(patches []webdav.Proppatch) ([]property, webdav.Propstat) {
	stat := webdav.Propstat{Status: http.StatusOK}
	var changes []property
	for _, patch := range patches {
		for _, p := range patch.Props {
			stat.Props = append(stat.Props, webdav.Property{XMLName: p.XMLName})
			changes = append(changes, property{Property: p, remove: patch.Remove})
		}
	}
	return changes, stat
}

func setProperties(tx *sql.Tx, id int64, changes []property) error {
	for _, p := range changes {
		var err error
		if p.remove {
			_, err = tx.Exec(`DELETE FROM properties WHERE node_id = ? AND space = ? AND name = ?`, id, p.XMLName.Space, p.XMLName.Local)
		} else {
			_, err = tx.Exec(`INSERT INTO properties (node_id, space, name, lang, value) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (node_id, space, name) DO UPDATE SET lang = excluded.lang, value = excluded.value`,
				id, p.XMLName.Space, p.XMLName.Local, p.Lang, bytes.Clone(p.InnerXML))
		}
		if err != nil {
			return fmt.Errorf("setting a property: %w", err)
		}
	}
	return nil
}

func propertiesOf(q querier, id int64) (map[xml.Name]webdav.Property, error) {
	all, err := queryProperties(q, `SELECT node_id, space, name, lang, value FROM properties WHERE node_id = ?`, id)
	return all[id], err
}

func propertiesBelow(q querier, folder int64) (map[int64]map[xml.Name]webdav.Property, error) {
	return queryProperties(q, `SELECT p.node_id, p.space, p.name, p.lang, p.value FROM nodes n JOIN properties p ON p.node_id = n.id
		WHERE n.parent_id = ?`, folder)
}

func queryProperties(q querier, query string, id int64) (map[int64]map[xml.Name]webdav.Property, error) {
	rows, err := q.Query(query, id)
	if err != nil {
		return nil, fmt.Errorf("reading properties: %w", err)
	}
	defer rows.Close()
	all := map[int64]map[xml.Name]webdav.Property{}
	for rows.Next() {
		var node int64
		var p webdav.Property
		if err := rows.Scan(&node, &p.XMLName.Space, &p.XMLName.Local, &p.Lang, &p.InnerXML); err != nil {
			return nil, fmt.Errorf("reading properties: %w", err)
		}
		if all[node] == nil {
			all[node] = map[xml.Name]webdav.Property{}
		}
		all[node][p.XMLName] = p
	}
	return all, rows.Err()
}
