package sweep

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"relend/scenarios"
)

// TestReadme makes the cells of every listing of README.md, and finds every method and key in it.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	listings := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(listings) < 3 {
		t.Fatalf("%d listings", len(listings))
	}
	for _, m := range listings {
		s, err := Parse("README.md", []byte(m[1]), scenarios.Overrides{})
		if err != nil {
			t.Errorf("%s\n%v", m[1], err)
			continue
		}
		if _, err := s.Cells("CNY", []string{"consumer"}, nil); err != nil {
			t.Errorf("%s\n%v", m[1], err)
		}
	}
	for _, word := range append(Methods(), keys...) {
		if !strings.Contains(string(text), word) {
			t.Errorf("README.md does not tell of %s", word)
		}
	}
}
