package sim

import (
	"testing"

	"relend/data"
)

// What arms together stand for is what each alone walks; twins never part; no count depends on workers.
func TestSharing(t *testing.T) {
	p, s, arms := book(400), settings(18, 8), manyArms()
	together := mustRun(t, p, s, 1, arms...).Run.Sharing
	if other := mustRun(t, p, s, 3, arms...).Run.Sharing; other != together {
		t.Errorf("one worker counts %+v, three %+v", together, other)
	}
	var alone int64
	for _, a := range arms {
		one := mustRun(t, p, s, 2, a).Run.Sharing
		if one.Branches != one.BorrowerPaths || one.Steps != one.ArmSteps || one.Common != one.Steps {
			t.Errorf("%s alone shares with nobody: %+v", a.Name, one)
		}
		alone += one.Steps
	}
	if together.ArmSteps != alone {
		t.Errorf("%d arms together stand for %d steps, alone they take %d", len(arms), together.ArmSteps, alone)
	}
	if together.Steps >= alone || together.Branches <= together.BorrowerPaths {
		t.Errorf("these arms share, and part: %+v", together)
	}
	twins := mustRun(t, p, s, 2, arm("a"), arm("b"), arm("c")).Run.Sharing
	want := mustRun(t, p, s, 2, arm("a")).Run.Sharing
	want.ArmSteps, want.Common = 3*want.ArmSteps, 3*want.Common
	if twins != want {
		t.Errorf("three equal arms: %+v, want %+v", twins, want)
	}
	var sum data.Sharing
	sum.Add(twins)
	sum.Add(twins)
	if sum.Steps != 2*twins.Steps || sum.Common != 2*twins.Common {
		t.Errorf("twice %+v is %+v", twins, sum)
	}
}
