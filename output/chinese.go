package output

// chinese has the texts of reports in simplified Chinese, by the English text.
var chinese = map[string]string{}
