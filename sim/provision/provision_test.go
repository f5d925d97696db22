package provision

import (
	"math"
	"slices"
	"testing"

	"relend/data"
	"relend/sim/anchor"
	"relend/sim/behaviour"
)

// calm is a borrower's world without seasoning and early repayment.
func calm() behaviour.Params {
	p := behaviour.Default()
	p.Rho, p.Season, p.Prepay = 0, [3]float64{1, 0, 4}, 0
	return p
}

// On a loan that outlasts the year the PD of stage 1 is the one that the tape gave: without factor the base hazard of
// a PD of 5 % gives 5 % back. Eleven instalments give less.
func TestYearIsTheAnchoredPD(t *testing.T) {
	p := calm()
	for _, pd := range []float64{.005, .05, .2} {
		segment, err := anchor.Solve(&p, data.Monthly, .05)
		if err != nil {
			t.Fatal(err)
		}
		year, life := Defaults(&p, data.Monthly, segment.LogHazard(pd), 40)
		wrong, _ := Defaults(&p, data.Monthly, segment.LogHazard(pd)+.01, 40)
		for _, n := range []int{12, 30, 40} {
			if got := year[n][0]; math.Abs(got-pd) > 1e-6 {
				t.Errorf("%d instalments: PD %v comes out as %v", n, pd, got)
			}
			if math.Abs(wrong[n][0]-pd) < 1e-5 {
				t.Errorf("%d instalments, PD %v: a hazard 1 %% too high goes unnoticed", n, pd)
			}
			if life[n][0] <= pd {
				t.Errorf("%d instalments: lifetime PD %v is not above %v", n, life[n][0], pd)
			}
		}
		// Whoever misses in the last three of twelve months cannot default within them, so nine instalments suffice.
		if got := year[8][0]; got > pd*.95 {
			t.Errorf("8 instalments: PD %v", got)
		}
	}
}

// The same holds on the other grids.
func TestYearIsTheAnchoredPDOnGrids(t *testing.T) {
	p := calm()
	for _, grid := range []data.Grid{data.HalfMonthly, data.Weekly} {
		segment, err := anchor.Solve(&p, grid, .05)
		if err != nil {
			t.Fatal(err)
		}
		year, _ := Defaults(&p, grid, segment.LogHazard(.05), 60)
		if got := year[60][0]; math.Abs(got-.05) > 1e-6 {
			t.Errorf("%v: PD 5 %% comes out as %v", grid, got)
		}
	}
}

// The last instalment is missed with 1-exp(-theta), and then no payment but a cure ends the loan: the chance of default
// is that of the race from bucket to bucket, roll/(roll+cure).
func TestLastInstalment(t *testing.T) {
	p := calm()
	p.SigmaU = 0
	const theta = .04
	_, life := Defaults(&p, data.Monthly, math.Log(theta), 6)
	up := func(k int) float64 { return p.Roll[k-1] / (p.Roll[k-1] + p.Cure[k-1]) }
	want := [4]float64{3: up(3)}
	want[2] = up(2) * want[3]
	want[1] = up(1) * want[2]
	want[0] = (1 - math.Exp(-theta)) * want[1]
	for k := range want {
		if math.Abs(life[1][k]-want[k]) > 1e-12 {
			t.Errorf("bucket %d: %v, want %v", k, life[1][k], want[k])
		}
	}
	// With two left a cure from any bucket pays both, and staying leaves one.
	two := [4]float64{}
	for k := 3; k >= 1; k-- {
		further, moves := 1., 1-math.Exp(-p.Roll[k-1]-p.Cure[k-1])
		if k < 3 {
			further = two[k+1]
		}
		two[k] = moves*up(k)*further + (1-moves)*want[k]
	}
	two[0] = (1-math.Exp(-theta))*two[1] + math.Exp(-theta)*want[0]
	for k := range two {
		if math.Abs(life[2][k]-two[k]) > 1e-12 {
			t.Errorf("two left, bucket %d: %v, want %v", k, life[2][k], two[k])
		}
	}
	if slices.Max(life[0]) != 0 {
		t.Errorf("a repaid loan defaults: %v", life[0])
	}
}

// A chain that cannot move never defaults, and one that only rolls always does.
func TestEnds(t *testing.T) {
	p := calm()
	p.SigmaU = 0
	p.Roll, p.Cure = [3]float64{}, [3]float64{}
	if year, life := Defaults(&p, data.Monthly, 0, 5); life[5][3] != 0 || year[5][1] != 0 {
		t.Errorf("a chain at rest: %v, %v", year[5], life[5])
	}
	p.Roll = [3]float64{5, 5, 5}
	_, life := Defaults(&p, data.Monthly, -3, 5)
	sure := 1 - math.Exp(-5)
	sure /= 1 - (1 - sure) // at the last instalment he stays until he rolls
	for k := 1; k <= 3; k++ {
		if math.Abs(life[1][k]-sure) > 1e-12 {
			t.Errorf("bucket %d: %v", k, life[1][k])
		}
	}
	if want := 1 - math.Exp(-math.Exp(-3)); math.Abs(life[1][0]-want) > 1e-12 {
		t.Errorf("a missed last payment: %v, want %v", life[1][0], want)
	}
}

// The chance rises with hazard, bucket and instalments left; a lifetime is at least a year's; a season in its past and
// early repayment lower it.
func TestOrder(t *testing.T) {
	p := behaviour.Default()
	year, life := Defaults(&p, data.Monthly, -4, 24)
	riskier, _ := Defaults(&p, data.Monthly, -3.9, 24)
	for n := 1; n <= 24; n++ {
		for k := range 4 {
			if life[n][k] < year[n][k] || riskier[n][k] < year[n][k] || life[n][k] > 1 {
				t.Errorf("%d left, bucket %d: year %v, life %v, riskier %v", n, k, year[n][k], life[n][k], riskier[n][k])
			}
			if k > 0 && year[n][k] <= year[n][k-1] {
				t.Errorf("%d left: bucket %d has %v, the one before %v", n, k, year[n][k], year[n][k-1])
			}
		}
		if life[n][0] <= life[n-1][0] {
			t.Errorf("%d left: %v, one less %v", n, life[n][0], life[n-1][0])
		}
	}
	older, _ := Defaults(&p, data.Monthly, -4, 60)
	if older[24][0] >= year[24][0] {
		t.Errorf("three years on: %v, new: %v", older[24][0], year[24][0])
	}
	p.Prepay *= 2
	if sooner, _ := Defaults(&p, data.Monthly, -4, 24); sooner[24][0] >= year[24][0] {
		t.Errorf("repaid early more often: %v, else %v", sooner[24][0], year[24][0])
	}
}

// The grade nearest to a hazard is at most half a step away; the ends hold on.
func TestGrades(t *testing.T) {
	for h := lowest; h <= beyond; h += .001 {
		if d := math.Abs(GradeOf(h).LogHazard() - h); d > .5/gradesPerLog+1e-12 {
			t.Fatalf("hazard %v is %v from its grade", h, d)
		}
	}
	if GradeOf(math.Inf(-1)) != 0 || int(GradeOf(99)) != numGrades-1 {
		t.Error("ends of the scale")
	}
}

func TestTable(t *testing.T) {
	p := behaviour.Default()
	table := NewTable(ECL, &p, data.Monthly)
	g := GradeOf(-4)
	for _, term := range []int16{12, 6, 12} {
		table.Add(g, term)
	}
	for _, term := range []int16{6, 12} {
		year, life := Defaults(&p, data.Monthly, g.LogHazard(), int(term))
		for bucket := range uint8(4) {
			for _, up := range []bool{false, true} {
				s, pd := table.Stand(bucket, up), year
				if table.Stage(s) == 2 {
					pd = life
				}
				if wanted := bucket >= 2 || up; wanted != (table.Stage(s) == 2) {
					t.Errorf("bucket %d, risen %v: stage %d", bucket, up, table.Stage(s))
				}
				for n := range term + 1 {
					if got, want := table.Share(table.Row(g, term), term, n, s), .75*pd[n][bucket]; math.Abs(got/want-1) > 1e-7 && got != want {
						t.Errorf("term %d, %d left, bucket %d, risen %v: %v, want %v", term, n, bucket, up, got, want)
					}
				}
			}
		}
	}
	// A quarter of the exposure comes back, over two years.
	for since, want := range map[int]data.Money{0: 100000 - 27500, 24: 100000, 99: 100000} {
		if got := table.Failed(100000, 110000, since); got != want {
			t.Errorf("%d months after default: %v, want %v", since, got, want)
		}
	}
	if got := table.Failed(100, 110000, 0); got != 0 {
		t.Errorf("more comes back than is owed: %v", got)
	}

	classes := NewTable(FiveClass, &p, data.Monthly)
	classes.Add(g, 12)
	for bucket, want := range []float64{.015, .02, .02, .02} {
		for _, up := range []bool{false, true} {
			s := classes.Stand(uint8(bucket), up)
			if got := classes.Share(classes.Row(g, 12), 12, 5, s); math.Abs(got-want) > 1e-9 || (classes.Stage(s) == 1) != (bucket == 0) {
				t.Errorf("bucket %d: %v in stage %d, want %v", bucket, got, classes.Stage(s), want)
			}
		}
	}
	for since, want := range map[int]data.Money{0: 25, 5: 25, 6: 50, 8: 50, 9: 100, 20: 100} {
		if got := classes.Failed(100, 120, since); got != want {
			t.Errorf("%d months after default: %v, want %v", since, got, want)
		}
	}
}

func TestMethods(t *testing.T) {
	for _, name := range MethodNames() {
		if m, err := ParseMethod(name); err != nil || m.String() != name {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	if _, err := ParseMethod("elc"); err == nil {
		t.Error("an unknown method is accepted")
	}
}
