package sim

import (
	"math/rand/v2"
	"slices"
	"testing"

	"relend/data"
)

// Sums by wide instructions are those of the plain way, of any length, and touch nothing beyond it.
func TestSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for length := range 100 {
		src, dst := make([]int64, length), make([]int64, length+r.IntN(20))
		for i := range src {
			src[i] = r.Int64() - r.Int64()
		}
		for i := range dst {
			dst[i] = r.Int64() - r.Int64()
		}
		want, others := slices.Clone(dst), [][]int64{slices.Clone(dst), slices.Clone(dst)}
		for i, v := range src {
			want[i] += v
		}
		sum(dst, src)
		pour(others, src)
		if !slices.Equal(dst, want) || !slices.Equal(others[0], want) || !slices.Equal(others[1], want) {
			t.Fatalf("the sum of %d numbers is wrong", length)
		}
		if slices.ContainsFunc(src, func(v int64) bool { return v != 0 }) {
			t.Fatal("what was poured out is not empty")
		}
	}
}

// A tally's flows to date are the sums of its flows, its stocks what they are.
func TestToDate(t *testing.T) {
	const months = 5
	y := newTally(2, months)
	for m := 1; m < months; m++ {
		r := counters(y.cell(1, m), m)
		r[data.Granted], r[data.BorrowersIdle] = int64(m), int64(10*m)
	}
	date := y.toDate()[y.block:]
	for m, granted := 0, int64(0); m < months; m++ {
		granted += int64(m)
		if r := counters(date, m); r[data.Granted] != granted || r[data.BorrowersIdle] != int64(10*m) {
			t.Errorf("month %d: %d granted to date, %d idle", m+1, r[data.Granted], r[data.BorrowersIdle])
		}
	}
}
