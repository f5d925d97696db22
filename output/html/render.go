package html

import (
	"relend/data"
	"relend/output"
	"relend/output/chart"
	"relend/output/table"
)

// Files is a rendered report.
type Files struct {
	Bytes    map[string][]byte // by path relative to the run directory, with slashes
	Tables   []table.Table     // the tables of tables/*.csv again, as columns
	Headline string            // for a terminal, ends with a newline
}

// Render makes tables/*.csv, charts/*.svg, charts/*.png, report.html and report.md from the results of a run
// alone. Charts that cannot be drawn are left out and named in the warnings, which the report shows as well. It
// panics on results that contradict themselves, see estimate.New. The same results and options give the same
// bytes.
func Render(results *data.Results, options output.Options) (files Files, warnings []string) {
	r := output.Build(results, options)
	files = Files{Bytes: map[string][]byte{}}
	var figures []chart.Figure
	data.Beside(func() {
		files.Tables = table.All(r)
		for _, t := range files.Tables {
			files.Bytes["tables/"+t.Name+".csv"] = table.CSV(t.Columns)
		}
	}, func() { figures, warnings = chart.All(r) })
	r.Warnings = append(r.Warnings, warnings...)
	files.Bytes["tables/schema.json"] = table.SchemaJSON()
	for _, f := range figures {
		files.Bytes["charts/"+f.Name+".svg"] = append([]byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), f.SVG...)
		files.Bytes["charts/"+f.Name+".png"] = f.PNG
		if f.PDF != nil {
			files.Bytes["charts/"+f.Name+".pdf"] = f.PDF
		}
	}
	files.Bytes["report.html"] = page(r, figures)
	files.Bytes["report.md"] = markdown(r)
	width := options.Width
	if width == 0 {
		width = 120
	}
	files.Headline = table.Terminal(r, width)
	return files, warnings
}
