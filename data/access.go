package data

// ScoreBand is a class of borrowers by what the lender knew of their risk at the snapshot, the same in every arm.
type ScoreBand struct {
	Lowest     float64 `json:"lowest"` // PD of the portfolio; 0 where it has none
	Highest    float64 `json:"highest"`
	Borrowers  int64   `json:"borrowers"`            // at the snapshot, by weight
	Applicants bool    `json:"applicants,omitempty"` // those who come after it, whatever their PD; they have a band of their own
}

// MostScoreBands bounds the bands of the borrowers of the snapshot, which are of about the same size.
const MostScoreBands = 5

// Status is what has become of a borrower by the horizon, a set of bits.
type Status uint8

const (
	HasAsked   Status = 1 << iota // applied for a further loan
	WasServed                     // got one
	HasLeft                       // was denied and borrowed outside the perimeter instead
	HasFailed                     // reached 90 days past due
	NumStatus  = 1 << iota
	statusBits = 4
)

// Span is a sum over rows of months that the ledger of access keeps of each counter.
type Span uint8

const (
	Snapshot  Span = iota // row 0
	YearOne               // rows 1 to 12, or to the horizon
	AllMonths             // rows 1 to the horizon
	Horizon               // the last row
	NumSpans  = int(Horizon) + 1
)

// Spread is a distribution that the ledger of access counts at events.
type Spread struct {
	Name    string
	Title   string
	Of      string // what is counted
	Classes []string
}

// Spreads are the distributions, by SpreadKind.
var Spreads = [NumSpreads]Spread{
	{"payment_to_income", "Payment to income at grant", "further loans, by the instalments of all own and outside loans, the new one included, over income",
		[]string{"under 10 %", "10-20 %", "20-30 %", "30-40 %", "40-50 %", "50-75 %", "75-100 %", "100 % and more"}},
	{"time_to_reborrow", "Months from the payoff to the next loan", "further loans, by whole months since the payoff of the last one",
		[]string{"first loan", "beside a running loan", "same month", "1", "2", "3", "4-6", "7-12", "13 and more"}},
	{"lenders", "Lenders at grant", "further loans, by the lenders to whom the borrower then owes, this one included",
		[]string{"1", "2", "3", "4", "5", "6 and more"}},
	{"sequence", "Length of the last loan sequence", "borrowers who have had a loan, by the loans that they took in a row, each within a month of the payoff of the one before, the loan of the snapshot included",
		[]string{"1", "2", "3", "4-6", "7-9", "10 and more"}},
}

const (
	AtBurden   = iota // classes of payment to income
	AtReborrow        //
	AtLenders         //
	AtSequence        //
	NumSpreads = AtSequence + 1
)

// Cohorts are loans by when they were granted: cohort 0 are the open loans of the snapshot, the others cover
// CohortMonths each.
func (r *Run) Cohorts() int { return 1 + (r.Months+r.CohortMonths()-1)/r.CohortMonths() }

// CohortMonths is a quarter, longer for horizons above ten years.
func (r *Run) CohortMonths() int { return 3 * max(1, (r.Months+119)/120) }

// CohortOf is the cohort of a loan granted in a month, counted from 0; -1: before the snapshot.
func (r *Run) CohortOf(month int) int {
	if month < 0 {
		return 0
	}
	return 1 + month/r.CohortMonths()
}

// Noted reports whether the ledger of access is kept on a path: on those Heard, but of two that mirror each other on the
// first alone. Each is a fair draw, and what the other one adds would cost a run a twentieth of its time.
func (r *Run) Noted(path int) bool { return r.Heard(path) && (r.Replicate != 2 || path%2 == 0) }

// Hearings is the number of replicates that are Heard.
func (r *Run) Hearings() int { return min(r.replicates(), mostHeard) }

// HearingOf is the replicate of a path that is Noted.
func (r *Run) HearingOf(path int) int { return r.replicateOf(path) }

// Ledger of access: what is counted of an arm on the paths of a batch that are Noted. It has four parts: joint statuses of
// borrowers here and in the arm's reference, by band; spans of every counter, by band, all 0 in arms whose rules watch
// the whole book; spreads; and loans with their defaults, by cohort.

// AccessSize is the number of entries of one batch.
func (r *Run) AccessSize() int { return r.accessDefaults() + r.Cohorts()*(r.Months+1) + 1 }

// AccessFlow is the entry of borrowers of a band with a status in the reference and one in the arm.
func (r *Run) AccessFlow(band int, reference, own Status) int {
	return (band<<statusBits|int(reference))<<statusBits | int(own)
}

// AccessSpan is the first of the entries of a span of a band, one a counter.
func (r *Run) AccessSpan(band int, span Span) int {
	return len(r.Bands)*NumStatus*NumStatus + (band*NumSpans+int(span))*int(NumCounters)
}

// AccessEvents is the first entry of what is counted at events: spreads and cohorts.
func (r *Run) AccessEvents() int { return r.AccessSpan(len(r.Bands), 0) }

// AccessSpread is the first of the entries of a spread, one a class.
func (r *Run) AccessSpread(spread int) int {
	at := r.AccessEvents()
	for i := range spread {
		at += len(Spreads[i].Classes)
	}
	return at
}

// AccessLoans is the entry of the loans of a cohort.
func (r *Run) AccessLoans(cohort int) int { return r.AccessSpread(NumSpreads) + cohort }

func (r *Run) accessDefaults() int { return r.AccessLoans(r.Cohorts()) }

// AccessDefaults is the entry of the loans of a cohort that default a number of months after they were granted, of
// cohort 0 after the snapshot.
func (r *Run) AccessDefaults(cohort, months int) int {
	return r.accessDefaults() + cohort*(r.Months+1) + months
}

// AccessFurther is the entry of loans in default beside the newest one of their borrower.
func (r *Run) AccessFurther() int { return r.accessDefaults() + r.Cohorts()*(r.Months+1) }

// AccessEntry names an entry: a figure, of which band or cohort, and where in it.
type AccessEntry struct {
	Figure string // flow, a counter, a spread, loans, loan_defaults or further_defaults
	Of, At int
}

// AccessEntries names all entries of a batch, in order.
func (r *Run) AccessEntries() []AccessEntry {
	list := make([]AccessEntry, 0, r.AccessSize())
	for band := range r.Bands {
		for joint := range NumStatus * NumStatus {
			list = append(list, AccessEntry{"flow", band, joint})
		}
	}
	for band := range r.Bands {
		for span := range NumSpans {
			for c := range NumCounters {
				list = append(list, AccessEntry{c.String(), band, span})
			}
		}
	}
	for _, s := range Spreads {
		for class := range s.Classes {
			list = append(list, AccessEntry{s.Name, 0, class})
		}
	}
	for cohort := range r.Cohorts() {
		list = append(list, AccessEntry{"loans", cohort, 0})
	}
	for cohort := range r.Cohorts() {
		for months := range r.Months + 1 {
			list = append(list, AccessEntry{"loan_defaults", cohort, months})
		}
	}
	return append(list, AccessEntry{"further_defaults", 0, 0})
}

// AccessOf returns what is counted of an arm in the batch of a number below Hearings.
func (r *Results) AccessOf(arm, hearing int) []int64 {
	size := r.Run.AccessSize()
	return r.Access[arm][hearing*size : (hearing+1)*size : (hearing+1)*size]
}
