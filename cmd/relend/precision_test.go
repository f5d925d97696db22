package main

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/scenarios"
	"relend/sim"
)

// The interval that a contract promises contains the truth as often as its level says: two contracts together, from
// ten first replicates, over 4,000 runs of paths that are normal with a default rate of 10 %. The half width is never
// beyond what was asked for. Looking at the ordinary interval after every replicate and stopping at the first that is
// narrow enough must not pass the same bounds (exact binomial, one part in a million).
func TestPrecisionCoverage(t *testing.T) {
	const runs, first, truth, population, spread = 4000, 10, .1, 1e6, .02
	m := []string{"default_rate=±60bp@95%", "default_rate=±8%rel|10bp@90%"}
	var list []scenarios.Precision
	for _, text := range m {
		p, wrong := scenarios.ParsePrecision(text)
		if wrong != "" {
			t.Fatal(wrong)
		}
		list = append(list, p)
	}
	rng := rand.New(rand.NewPCG(16, 1945))
	arms := []sim.Arm{{}}
	hits, naive := [2]int{}, 0
	for range runs {
		values := make([]float64, first)
		results := &data.Results{Run: data.Run{Paths: first, Replicate: 1, Months: 1, Arms: make([]data.Arm, 1)}, Counts: [][]int64{nil}}
		for i := range values {
			values[i] = truth + spread*rng.NormFloat64()
			rows := make([]int64, 2*int(data.NumCounters))
			rows[data.BorrowersCurrent] = population
			rows[int(data.NumCounters)+int(data.Defaults)] = int64(math.Round(values[i] * population))
			results.Counts[0] = append(results.Counts[0], rows...)
		}
		contracts, err := needs(results, arms, list)
		if err != nil {
			t.Fatal(err)
		}
		most := max(contracts[0].needs, contracts[1].needs)
		for len(values) < max(most, 400) {
			values = append(values, truth+spread*rng.NormFloat64())
		}
		mean := 0.
		for _, v := range values[:most] {
			mean += v / float64(most)
		}
		for i, c := range contracts {
			half := c.spread / math.Sqrt(float64(most))
			if half > c.half {
				t.Fatalf("%v: half width %v", c, half)
			}
			if math.Abs(mean-truth) <= half {
				hits[i]++
			}
		}
		sum, squares := 0., 0.
		for i, v := range values {
			n := float64(i + 1)
			sum, squares = sum+v, squares+v*v
			if i < 2 {
				continue
			}
			half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(.975) * math.Sqrt(max(0, squares-sum*sum/n)/(n-1)/n)
			if half <= .006 || i == len(values)-1 {
				if math.Abs(sum/n-truth) <= half {
					naive++
				}
				break
			}
		}
	}
	enough := func(hits int, level float64) bool {
		return distuv.Binomial{N: runs, P: level}.CDF(float64(hits)) > 1e-6
	}
	if !enough(hits[0], .95) || !enough(hits[1], .9) {
		t.Errorf("%v of %d intervals contain the truth", hits, runs)
	}
	if enough(naive, .95) {
		t.Errorf("a rule that looks after every replicate passes with %d of %d", naive, runs)
	}
	t.Log(hits, naive)
}

// A contract that is met needs nothing more; the widest arm decides; a difference leaves out the arm compared with.
func TestNeeds(t *testing.T) {
	results := &data.Results{Run: data.Run{Paths: 4, Replicate: 2, Months: 1, Arms: make([]data.Arm, 2)}}
	for a, values := range [][]int64{{100, 120, 110, 90}, {100, 160, 110, 90}} {
		results.Counts = append(results.Counts, nil)
		for _, v := range values {
			rows := make([]int64, 2*int(data.NumCounters))
			rows[data.BorrowersCurrent] = 1000
			rows[int(data.NumCounters)+int(data.Defaults)] = v
			results.Counts[a] = append(results.Counts[a], rows...)
		}
	}
	results.Run.Arms[1].Reference = 0
	arms := []sim.Arm{{Arm: data.Arm{Name: "base"}}, {Arm: data.Arm{Name: "other"}}}
	loose, _ := scenarios.ParsePrecision("default_rate=±5000bp")
	tight, _ := scenarios.ParsePrecision("diff:default_rate=±1bp@90%")
	c, err := needs(results, arms, []scenarios.Precision{loose, tight})
	if err != nil {
		t.Fatal(err)
	}
	if c[0].needs != 2 || c[0].arm != "other" {
		t.Errorf("got %+v", c[0])
	}
	// Differences by replicate are 0 and .02: a standard deviation of .02/sqrt(2), 1 degree of freedom.
	want := int(math.Ceil(math.Pow(6.313751514675037*.02/math.Sqrt2/1e-4, 2)))
	for _, x := range c[1:] {
		if x.arm != "other" || x.needs < want-1 || x.needs > want+1 {
			t.Errorf("got %+v, want %d", x, want)
		}
	}
}
