package scenarios

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the messages in README.md")

// TestReadme writes each listing of README.md to a file and checks it: a listing that is followed by messages must
// give exactly these, all others none.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := filepath.Abs("README.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	block := regexp.MustCompile("(?s)```(yaml|text)\n(.*?)```")
	name := regexp.MustCompile(`^# (\S+)\n`)
	blocks := block.FindAllStringSubmatch(string(text), -1)
	for _, b := range blocks {
		if b[1] == "yaml" {
			m := name.FindStringSubmatch(b[2])
			if m == nil {
				t.Fatalf("a listing does not begin with its file name:\n%s", b[2])
			}
			if err := os.WriteFile(m[1], []byte(b[2]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	fresh := string(text)
	checked, broken := 0, 0
	for i, b := range blocks {
		if b[1] != "yaml" {
			continue
		}
		want := ""
		if j := i + 1; j < len(blocks) && blocks[j][1] == "text" {
			want = blocks[j][2]
		}
		file := name.FindStringSubmatch(b[2])[1]
		if file == "circle.yaml" { // its other half stands between it and the message
			continue
		}
		if law, ok := strings.CutSuffix(file, casesSuffix); ok {
			checkCases(t, law+".yaml")
			continue
		}
		_, _, warnings, err := CheckFile(file)
		got := ""
		if err != nil {
			got = err.Error() + "\n"
		}
		if len(warnings) > 0 {
			t.Errorf("%s: %s", file, strings.Join(warnings, "\n"))
		}
		if *update && want != "" && got != "" {
			fresh = strings.Replace(fresh, b[0]+"\n```text\n"+want+"```", b[0]+"\n```text\n"+got+"```", 1)
		} else if got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
		}
		checked++
		if want != "" {
			broken++
		}
	}
	if checked < 10 || broken < 7 {
		t.Errorf("%d listings checked, %d of them broken: README.md has more", checked, broken)
	}
	if *update {
		if err := os.WriteFile(readme, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// checkCases expects the cases beside a law to come out as written and to show both sides of each limit.
func checkCases(t *testing.T, file string) {
	law, err := LoadLaw(file)
	if err == nil {
		err = law.Try()
	}
	if err != nil || len(law.Cases) == 0 || len(law.Untested()) > 0 {
		t.Errorf("%s: %v, or a limit without cases", file, err)
	}
}
