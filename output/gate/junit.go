package gate

import (
	"bytes"
	"encoding/xml"
	"fmt"

	"relend/data"
)

// The elements of a JUnit report, as Jenkins (junit-10.xsd), GitLab and Maven's Surefire read them. There is no clock in
// it: the same results give the same bytes.
type (
	junitSuites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Name     string   `xml:"name,attr"`
		Time     string   `xml:"time,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Suites   []*junitSuite
	}
	junitSuite struct {
		XMLName  xml.Name `xml:"testsuite"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Skipped  int      `xml:"skipped,attr"`
		Time     string   `xml:"time,attr"`
		Cases    []junitCase
	}
	junitCase struct {
		XMLName xml.Name   `xml:"testcase"`
		Name    string     `xml:"name,attr"`
		Class   string     `xml:"classname,attr"`
		Time    string     `xml:"time,attr"`
		Skipped *junitText `xml:"skipped"`
		Error   *junitText `xml:"error"`
		Failure *junitText `xml:"failure"`
		Out     string     `xml:"system-out,omitempty"`
	}
	junitText struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the verdict, and what the run checked about itself, as a JUnit report: a gate that fails is a failure,
// an undecided one an error of type "undecided", one of level warn that does not hold is skipped with a message.
func (v Verdict) JUnit(title string, checks []data.Check) []byte {
	gates := &junitSuite{Name: "gates", Time: "0"}
	for _, j := range v.Gates {
		c := junitCase{Name: j.Name, Class: "relend.gates", Time: "0", Out: j.Expect + "\n" + j.Found}
		why := &junitText{Message: fmt.Sprintf("%s: %s", j.Result, j.Found), Text: j.Expect}
		switch {
		case j.Result == Holds:
		case j.Level == "warn":
			why.Message = "warning: " + why.Message
			c.Skipped = why
			gates.Skipped++
		case j.Result == Fails:
			why.Type = "gate"
			c.Failure = why
			gates.Failures++
		default:
			why.Type = "undecided"
			c.Error = why
			gates.Errors++
		}
		gates.Cases = append(gates.Cases, c)
	}
	own := &junitSuite{Name: "checks", Time: "0"}
	for _, check := range checks {
		c := junitCase{Name: check.Name, Class: "relend.checks", Time: "0", Out: check.Result}
		if !check.Holds {
			c.Failure = &junitText{Message: check.Result, Type: "check"}
			own.Failures++
		}
		own.Cases = append(own.Cases, c)
	}
	all := junitSuites{Name: title, Time: "0", Suites: []*junitSuite{gates, own}}
	for _, s := range all.Suites {
		s.Tests = len(s.Cases)
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil { // texts and numbers always encode
		panic(err)
	}
	b.WriteByte('\n')
	return b.Bytes()
}
