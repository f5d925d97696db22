package sensitivity

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/estimate"
)

// worths makes the worths of coalitions from counts by replicate of 1,000 borrowers each.
func worths(coalitions []Coalition, replicates int, defaults func(c Coalition, replicate int) int64) Worth {
	r := &data.Results{Run: data.Run{Paths: replicates, Replicate: 1, Months: 1}}
	for _, c := range coalitions {
		counts := make([]int64, replicates*2*int(data.NumCounters))
		r.Run.Arms = append(r.Run.Arms, data.Arm{})
		r.Counts = append(r.Counts, counts)
		for p := range replicates {
			r.Row(len(r.Counts)-1, p, 0)[data.BorrowersCurrent] = 1000
			r.Row(len(r.Counts)-1, p, 1)[data.Defaults] = defaults(c, p)
		}
	}
	m, _ := data.MeasureByName("default_rate")
	e := estimate.New(r, .95)
	at := map[Coalition]estimate.Ratio{}
	for a, c := range coalitions {
		at[c] = e.Ratios(a, []data.Measure{m}, 1)[0]
	}
	return func(c Coalition) estimate.Ratio { return at[c] }
}

func every(k int) []Coalition {
	var list []Coalition
	for c := range All(k) + 1 {
		list = append(list, c)
	}
	return list
}

// permuted is the game with clause i named order[i].
func permuted(worth Worth, order []int) Worth {
	return func(c Coalition) estimate.Ratio {
		var own Coalition
		for i, j := range order {
			if c&(1<<j) != 0 {
				own = own.With(i)
			}
		}
		return worth(own)
	}
}

func noise(seed uint64) func(Coalition, int) int64 {
	rng := rand.New(rand.NewPCG(seed, 1))
	known := map[[2]uint64]int64{}
	return func(c Coalition, p int) int64 {
		key := [2]uint64{uint64(c), uint64(p)}
		if _, ok := known[key]; !ok {
			known[key] = rng.Int64N(500)
		}
		return known[key]
	}
}

// The glove game: clause 0 alone has a left glove, 1 and 2 have right ones; a pair is worth 600 defaults. Shares 4/6, 1/6
// and 1/6 of it (textbook). And the airport game: the worth is the largest need of 100, 200, 300 and 500.
func TestKnownGames(t *testing.T) {
	glove := worths(every(3), 4, func(c Coalition, _ int) int64 {
		if c&1 != 0 && c&6 != 0 {
			return 600
		}
		return 0
	})
	airport := worths(every(4), 4, func(c Coalition, _ int) int64 {
		if c == 0 {
			return 0
		}
		return []int64{100, 200, 300, 500}[bits.Len64(uint64(c))-1]
	})
	for name, game := range map[string]struct {
		got  Attribution
		want []float64
	}{
		"glove":   {Shapley(3, glove, .95), []float64{.4, .1, .1}},
		"airport": {Shapley(4, airport, .95), []float64{.1 / 4, .1/4 + .1/3, .1/4 + .1/3 + .1/2, .1/4 + .1/3 + .1/2 + .2}},
	} {
		for i, w := range game.want {
			if f := game.got.Parts[i]; math.Abs(f.Value-w) > 1e-15 || f.SE != 0 {
				t.Errorf("%s: clause %d has %v ±%v, want %v", name, i, f.Value, f.SE, w)
			}
		}
	}
	steps := Sequential([]int{1, 0, 2}, glove, .95)
	if steps.Parts[0].Value != .6 || steps.Parts[1].Value != 0 || steps.Parts[2].Value != 0 {
		t.Errorf("waterfall of the glove game: %+v", steps.Parts)
	}
}

// Shares add up to the last bit in any order, a clause that never matters has exactly nothing, and naming the clauses
// otherwise names the shares otherwise and changes no bit of them.
func TestSharesAddUp(t *testing.T) {
	const k = 6
	rng := rand.New(rand.NewPCG(2, 3))
	for seed := range uint64(20) {
		counts := noise(seed)
		worth := worths(every(k), 10, func(c Coalition, p int) int64 { return counts(c&^(1<<2), p) }) // clause 2 is idle
		orders := Orders(k, 5, seed)
		naming := rng.Perm(k)
		renamed := make([][]int, len(orders))
		for n, order := range orders {
			for _, i := range order {
				renamed[n] = append(renamed[n], naming[i])
			}
		}
		for name, pair := range map[string][2]Attribution{
			"exact":      {Shapley(k, worth, .95), Shapley(k, permuted(worth, naming), .95)},
			"sampled":    {Sampled(orders, worth, .95), Sampled(renamed, permuted(worth, naming), .95)},
			"sequential": {Sequential(orders[0], worth, .95), Sequential(renamed[0], permuted(worth, naming), .95)},
		} {
			a := pair[0]
			difference := worth(All(k)).Value() - worth(0).Value()
			if math.Abs(a.Whole.Value-difference) > 1e-15 {
				t.Errorf("%s: the whole is %v, the difference %v", name, a.Whole.Value, difference)
			}
			for range 10 {
				sum := 0.
				for _, i := range rng.Perm(k) {
					sum += a.Parts[i].Value
				}
				if sum != a.Whole.Value {
					t.Errorf("%s: shares add up to %v, not to %v", name, sum, a.Whole.Value)
				}
			}
			if idle := a.Parts[2]; name != "sampled" && idle != (estimate.Figure{}) || idle.Value != 0 {
				t.Errorf("%s: an idle clause has %+v", name, idle)
			}
			for i, j := range naming {
				p, q := a.Parts[i], pair[1].Parts[j]
				if p.Value != q.Value || math.Abs(p.SE-q.SE) > 1e-14 {
					t.Errorf("%s: clause %d has %+v, named %d it has %+v", name, i, p, j, q)
				}
			}
		}
	}
}

// Over all orders, each with its reverse, the sample is the whole: the shares are Shapley's.
func TestAllOrders(t *testing.T) {
	const k = 4
	worth := worths(every(k), 10, noise(7))
	var orders [][]int
	var put func(order []int)
	put = func(order []int) {
		if len(order) == k {
			if order[0] < order[k-1] {
				back := slices.Clone(order)
				slices.Reverse(back)
				orders = append(orders, slices.Clone(order), back)
			}
			return
		}
		for i := range k {
			if !slices.Contains(order, i) {
				put(append(slices.Clone(order), i))
			}
		}
	}
	put(nil)
	if len(orders) != 24 {
		t.Fatalf("%d orders", len(orders))
	}
	whole, sampled := Shapley(k, worth, .95), Sampled(orders, worth, .95)
	for i := range k {
		if whole.Parts[i].Value != sampled.Parts[i].Value {
			t.Errorf("clause %d: %v, over all orders %v", i, whole.Parts[i].Value, sampled.Parts[i].Value)
		}
	}
}

// Orders are orders, in pairs with their reverse; each place is as likely for each clause (chi-square at 1e-6, which an
// order that is shifted only would fail); more pairs leave the first ones as they are.
func TestOrders(t *testing.T) {
	const k, pairs = 9, 4000
	orders := Orders(k, pairs, 5)
	var places [k][k]float64
	for n, order := range orders {
		sorted := slices.Clone(order)
		slices.Sort(sorted)
		for i := range k {
			if sorted[i] != i || n%2 == 1 && order[i] != orders[n-1][k-1-i] {
				t.Fatalf("order %d is %v after %v", n, order, orders[n-1])
			}
			if n%2 == 0 {
				places[order[i]][i]++
			}
		}
	}
	chi := 0.
	for _, row := range places {
		for _, n := range row {
			chi += (n - pairs/k) * (n - pairs/k) / (pairs / k)
		}
	}
	if law := (distuv.ChiSquared{K: (k - 1) * (k - 1)}); law.Survival(chi) < 1e-6 {
		t.Errorf("chi-square %v of %d places", chi, k*k)
	}
	if !slices.EqualFunc(Orders(k, 3, 5), orders[:6], slices.Equal) {
		t.Error("more pairs change the first ones")
	}
	if c := Coalitions([][]int{{1, 0, 2}}); !slices.Equal(c, []Coalition{0, 2, 3, 7}) {
		t.Errorf("coalitions %v", c)
	}
}

// TestSampledCovers plays a game of ten clauses of which two need each other and counts how often the 95 % interval of a
// sampled share holds the true one, over draws of orders and of noisy paths. The interval of the paths alone must fail.
func TestSampledCovers(t *testing.T) {
	const k, trials, pairs, replicates = 10, 400, 8, 20
	truth := func(c Coalition) float64 {
		v := 300.
		for i := range k {
			if c&(1<<i) != 0 {
				v -= float64(5 + i)
			}
		}
		if c&3 == 3 || bits.OnesCount64(uint64(c)) > 6 {
			v -= 60
		}
		return v
	}
	shares := make([]float64, k)
	exact := Shapley(k, worths(every(k), 2, func(c Coalition, _ int) int64 { return int64(truth(c) * 1e6) }), .95)
	for i := range shares {
		shares[i] = exact.Parts[i].Value / 1e6
	}
	rng := rand.New(rand.NewPCG(8, 9))
	right, wrong := 0, 0
	for trial := range trials {
		orders := Orders(k, pairs, uint64(trial))
		worth := worths(Coalitions(orders), replicates, func(c Coalition, _ int) int64 {
			return int64(math.Round(truth(c) + 2*rng.NormFloat64()))
		})
		f := Sampled(orders, worth, .95).Parts[0]
		if f.Lo <= shares[0] && shares[0] <= f.Hi {
			right++
		}
		paths := f // the error of the paths alone, about 2*sqrt(2)/1000 over the square root of replicates and orders
		half := 2.1 * 2 * math.Sqrt2 / 1000 / math.Sqrt(replicates*pairs)
		if math.Abs(paths.Value-shares[0]) <= half {
			wrong++
		}
	}
	accept := func(hits int) bool { return (distuv.Binomial{N: trials, P: .93}).CDF(float64(hits)) > 1e-6 }
	if !accept(right) || accept(wrong) {
		t.Errorf("held the truth %d times of %d; the paths' error alone %d times", right, trials, wrong)
	}
}

func TestMissingWorths(t *testing.T) {
	worth := worths(every(2), 4, func(Coalition, int) int64 { return 1 })
	missing := func(c Coalition) estimate.Ratio {
		if c == 2 {
			return empty()
		}
		return worth(c)
	}
	for _, a := range []Attribution{Shapley(2, missing, .95), Sampled([][]int{{0, 1}, {1, 0}}, missing, .95)} {
		if !math.IsNaN(a.Whole.Value) || !math.IsNaN(a.Parts[0].Value) {
			t.Errorf("a coalition without a worth: %+v", a)
		}
	}
	if a := Sequential([]int{0, 1}, missing, .95); math.IsNaN(a.Whole.Value) {
		t.Errorf("a waterfall that does not meet it: %+v", a)
	}
}

// empty is the ratio of a book without borrowers.
func empty() estimate.Ratio {
	r := &data.Results{Run: data.Run{Paths: 4, Replicate: 1, Months: 1, Arms: make([]data.Arm, 1)}, Counts: [][]int64{make([]int64, 8*int(data.NumCounters))}}
	m, _ := data.MeasureByName("default_rate")
	return estimate.New(r, .95).Ratios(0, []data.Measure{m}, 1)[0]
}
