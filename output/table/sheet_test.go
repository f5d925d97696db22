package table

import (
	"strings"
	"testing"
)

func TestSheet(t *testing.T) {
	s := Sheet{
		Columns: []SheetColumn{{Title: "Month", Figures: true}, {Title: "A", Wrapped: true}, {Title: "B", Wrapped: true}},
		Rows:    [][]string{{"1", strings.Repeat("asks for more ", 9), "x|y *z*"}, {"12", "", "-"}},
	}
	for _, width := range []int{60, 100, 160} {
		if got := widest(s.Terminal(width)); got > width {
			t.Errorf("%d columns wide, %d allowed", got, width)
		}
	}
	lines := strings.Split(s.Terminal(300), "\n")
	if len(lines) < 4 || lines[2] != "    1  "+strings.Repeat("asks for more ", 9)+"  x|y *z*" {
		t.Errorf("terminal: %q", lines)
	}
	if written := s.Markdown(); !strings.Contains(written, `| x\|y \*z\* |`) || strings.Count(written, "\n") != 4 {
		t.Errorf("Markdown: %s", written)
	}
}
