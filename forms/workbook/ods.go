package workbook

func readODS(p *pkg) (*Workbook, error) { return nil, ErrNotSpreadsheet }
