package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/scenarios"
)

// TestSolveFindsAPlantedRoot: the interval of relend solve holds the price cap at which the approval rate of a small portfolio
// meets a target as often as it says, over seeds. The root is planted: the target is the rate under that cap of a run of
// 400 times as many paths, whose own error is a twentieth of that of a seed's run. The count of seeds is binomial: intervals that are
// right are rejected with a probability below 1e-6, and those that take noise for smaller than it is must be: a quarter as wide with
// 30 seeds, half as wide with 200.
func TestSolveFindsAPlantedRoot(t *testing.T) {
	const (
		level   = .8
		planted = .162
		paths   = 10
	)
	seeds, wrong := 30, .25
	if os.Getenv("RELEND_SLOW") != "" {
		seeds, wrong = 200, .5
	}
	file := filepath.Join(t.TempDir(), "planted.yaml")
	if err := os.WriteFile(file, []byte(`title: Planted
portfolio: {synthetic: {borrowers: 200, seed: 5}}
horizon: 2 months
anchor: structural
design: plain
policies: [default]
`), 0o666); err != nil {
		t.Fatal(err)
	}
	ask := func(from, to, where string, paths int, seed uint64) solution {
		var out bytes.Buffer
		o := solveOptions{experiment: file, Overrides: scenarios.Overrides{Paths: paths, Seed: &seed}, field: "regulations.none.rules.apr_cap.max",
			from: from, to: to, where: where, find: "smallest", level: level, workers: runtime.GOMAXPROCS(0), json: true}
		err := o.run(context.Background(), &environment{stdout: &out, memory: func() int64 { return 0 }})
		var s solution
		if e := json.Unmarshal(out.Bytes(), &s); e != nil {
			t.Fatalf("%v, %v: %s", err, e, out.String())
		}
		return s
	}
	truth := ask("16.2%", "16.21%", "approval_rate > 0%", 400*paths, 1).Answers[0]
	if truth.X != planted {
		t.Fatalf("the target is that of %v", truth.X)
	}
	target := fmt.Sprintf("approval_rate > %.6f%%", 100*truth.Value)
	held, narrow := 0, 0
	for seed := range seeds {
		s := ask("14%", "19%", target, paths, uint64(seed+2))
		if s.Outcome != "found" || s.Low == nil || s.High == nil {
			t.Fatalf("seed %d: %+v", seed, s)
		}
		if *s.Low <= planted && planted <= *s.High {
			held++
		}
		if middle, half := (*s.Low+*s.High)/2, (*s.High-*s.Low)/2; math.Abs(planted-middle) <= wrong*half {
			narrow++
		}
	}
	t.Logf("%d of %d intervals hold the root, %d if they are %v as wide", held, seeds, narrow, wrong)
	rejected := func(held int) bool { return distuv.Binomial{N: float64(seeds), P: level}.CDF(float64(held)) < 1e-6 }
	if rejected(held) {
		t.Errorf("%d of %d intervals of %v %% hold the root", held, seeds, 100*level)
	}
	if !rejected(narrow) {
		t.Errorf("of intervals %v as wide %d of %d hold the root: the check does not reject them", wrong, narrow, seeds)
	}
}
