package data

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Held is the number of rows that a builder holds.
func (b *Builder) Held() (rows int) {
	for _, part := range b.parts {
		rows += len(part)
	}
	return rows
}

// Oldest names the first row that a builder holds, by the number of its file and its own; both 0 where it holds none.
func (b *Builder) Oldest() (file int, row int64) {
	for _, part := range b.parts {
		for _, r := range part {
			if row == 0 || int(r.file) < file || int(r.file) == file && int64(r.row) < row {
				file, row = int(r.file), int64(r.row)
			}
		}
	}
	return file, row
}

// Cut ends a block of the tape: the builder keeps its rows but for those of the borrower of the last one, with which the
// returned builder goes on.
func (b *Builder) Cut() *Builder {
	next := NewBuilder(b.opts)
	next.files, next.segments, next.names = b.files, maps.Clone(b.segments), slices.Clone(b.names)
	at := b.last >> (64 - partBits)
	kept := b.parts[at][:0]
	for _, r := range b.parts[at] {
		if r.borrower == b.last {
			next.parts[at], next.last = append(next.parts[at], r), r.borrower
		} else {
			kept = append(kept, r)
		}
	}
	b.parts[at] = kept
	return next
}

// Add takes in the account of another block of the tape. It returns false when a balance overflows.
func (in *Intake) Add(o *Intake) bool {
	in.Rows += o.Rows
	in.Loans += o.Loans
	in.Repaid += o.Repaid
	in.Rejected += o.Rejected
	in.Borrowers += o.Borrowers
	in.WeightedBorrowers += o.WeightedBorrowers
	in.ExcludedBorrowers += o.ExcludedBorrowers
	in.ExcludedLoans += o.ExcludedLoans
	for _, f := range o.Findings {
		at := slices.IndexFunc(in.Findings, func(g Finding) bool { return sortFindings(f, g) == 0 })
		if at < 0 {
			f.Examples = slices.Clone(f.Examples)
			in.Findings = append(in.Findings, f)
			continue
		}
		g := &in.Findings[at]
		g.Count += f.Count
		g.Examples = append(g.Examples, f.Examples...)
		slices.SortStableFunc(g.Examples, func(x, y Example) int { return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Row, y.Row)) })
		g.Examples = g.Examples[:min(len(g.Examples), maxExamples)]
	}
	slices.SortFunc(in.Findings, sortFindings)
	fits := in.Balance <= math.MaxInt64-o.Balance && in.ExcludedBalance <= math.MaxInt64-o.ExcludedBalance
	in.Balance += o.Balance
	in.ExcludedBalance += o.ExcludedBalance
	return fits
}

// Judge reports a tape whose share of rejected rows exceeds the one allowed, or of which nothing is left.
func (in *Intake) Judge(ps *Problems, maxRejected float64) {
	share := float64(in.Rejected) / float64(max(in.Rows, 1))
	switch {
	case in.Rows == 0:
		ps.Add("", "the portfolio has no rows")
	case in.Borrowers == 0 && in.Rejected < in.Rows:
		ps.Add("", "no borrower is left: %d rows read, %d rejected, %d borrowers already in default", in.Rows, in.Rejected, in.ExcludedBorrowers)
	case in.Borrowers == 0 || share > maxRejected:
		ps.Add("", "%d of %d rows rejected (%.3g%%); at most %.3g%% may be", in.Rejected, in.Rows, 100*share, 100*maxRejected)
	}
}
