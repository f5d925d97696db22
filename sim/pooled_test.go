package sim

import (
	"slices"
	"testing"
)

// TestPooled: without cells and halves the counts are the same, for any number of arms and of tallies for sets of them.
func TestPooled(t *testing.T) {
	p, arms := book(200), manyArms()
	s := settings(18, 4)
	whole := mustRun(t, p, s, 2, arms...)
	s.Pooled = true
	defer func(n int) { mostShared = n }(mostShared)
	for _, most := range []int{mostShared, 1, 0} {
		mostShared = most
		pooled := mustRun(t, p, s, 2, arms...)
		for a := range arms {
			if !slices.Equal(pooled.Counts[a], whole.Counts[a]) {
				t.Errorf("arm %s differs with %d tallies for sets", arms[a].Name, most*pooledShared)
			}
			if len(pooled.Cells[a]) > 0 || pooled.Halves != nil {
				t.Error("a pooled run keeps cells or halves")
			}
		}
	}
	plan, err := NewPlan(p, arms, s)
	if err != nil {
		t.Fatal(err)
	}
	small := plan.Memory(2)
	s.Pooled = false
	if plan, err = NewPlan(p, arms, s); err != nil {
		t.Fatal(err)
	}
	if large := plan.Memory(2); small >= large {
		t.Errorf("pooled %d bytes, whole %d", small, large)
	}
}
