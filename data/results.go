package data

// Arm is one policy under one regulation and one macro path, as the report names it.
type Arm struct {
	Name       string   `json:"name"`              // unique key: letters, digits, "_", "-", "."
	Title      string   `json:"title"`             // a few words
	Policy     string   `json:"policy"`            // name of the policy
	Regulation string   `json:"regulation"`        // name of the regulation, "none" where there is none
	Macro      string   `json:"macro"`             // name of the macro path
	Rules      []string `json:"rules"`             // the rules in force, one sentence each
	Clauses    []Clause `json:"clauses,omitempty"` // the rules, policy before regulation, then what is inherent
	Reference  int      `json:"reference"`         // index of the arm it is compared with: the baseline under the same macro path; for that arm itself, the baseline; the baseline's own index for the baseline
}

// Parameter is one behaviour parameter of the run.
type Parameter struct {
	Name    string `json:"name"`
	Value   string `json:"value"` // as written in YAML
	Default string `json:"default"`
	Unit    string `json:"unit"`
	Meaning string `json:"meaning"`
	Source  string `json:"source"` // where the default comes from; begins with "assumption" when nobody measured it
}

// Check is one statement that the run verified about itself.
type Check struct {
	Name   string `json:"name"`
	Result string `json:"result"`
	Holds  bool   `json:"holds"`
}

// Gate is a condition on the results that the experiment declares.
type Gate struct {
	Name   string `json:"name"`
	Expect string `json:"expect"` // expression over measures, see package output/gate
	Level  string `json:"level"`  // "error" or "warn"

	Line, Col int `json:"-"` // of the expression in the experiment's file; 0 unknown
}

// Anchoring says how the PDs of the portfolio became hazards.
type Anchoring struct {
	Method string       `json:"method"`          // "structural" or "baseline"
	Arm    string       `json:"arm,omitempty"`   // under which the default rates of the bands are their mean PDs
	Bands  []AnchorBand `json:"bands,omitempty"` // by segment and PD

	Segments []AnchorSegment `json:"segments"` // with borrowers
}

// AnchorSegment says how strongly the economy moves a segment in the baseline arm.
type AnchorSegment struct {
	Segment int     `json:"segment"`
	Rho     float64 `json:"rho"`   // asset correlation of the 12-month PD
	Sigma   float64 `json:"sigma"` // loading of the log miss hazard on the factor; under the probit link at its mean
	Asset   float64 `json:"asset"` // asset correlation of the misses of one step under the probit link, else 0
}

// AnchorBand is the borrowers of a segment in a range of PDs, whose log hazards are shifted by one offset. Rates are
// shares of the band's borrowers at the snapshot that default within 12 months.
type AnchorBand struct {
	Segment       int     `json:"segment"`
	Lowest        float64 `json:"lowest"` // PD
	Highest       float64 `json:"highest"`
	Borrowers     int64   `json:"borrowers"` // by weight
	PD            float64 `json:"pd"`        // mean, by weight
	Before        float64 `json:"before"`    // default rate without the offset
	After         float64 `json:"after"`     // and with it
	StandardError float64 `json:"standard_error"`
	Offset        float64 `json:"offset"`  // of the log hazard
	Reached       bool    `json:"reached"` // false: no offset in range gives the mean PD
}

// Costs are the lender's yearly costs that turn balances into margin.
type Costs struct {
	Funding        float64 `json:"funding"`         // fraction of balance a year
	Operating      float64 `json:"operating"`       // fraction of balance a year
	Acquisition    float64 `json:"acquisition"`     // fraction of each new principal
	OutsideBalance Money   `json:"outside_balance"` // balance taken for one outside loan
}

// Sharing says how much of a simulation its arms had in common: arms of like behaviour and economy share a borrower's
// history until a decision parts them.
type Sharing struct {
	BorrowerPaths int64 `json:"borrower_paths"` // borrowers times paths
	Branches      int64 `json:"branches"`       // histories simulated for them, of one arm or several
	Steps         int64 `json:"steps"`          // of these histories
	ArmSteps      int64 `json:"arm_steps"`      // what they stand for: steps times the arms that shared each
	Common        int64 `json:"common"`         // of these, those that all arms of like behaviour and economy shared
}

// Add adds the counts of another part of the run.
func (s *Sharing) Add(o Sharing) {
	s.BorrowerPaths += o.BorrowerPaths
	s.Branches += o.Branches
	s.Steps += o.Steps
	s.ArmSteps += o.ArmSteps
	s.Common += o.Common
}

// ErrorParts says where the standard error of a measure at the horizon comes from: Economy² + Borrowers² =
// StandardError².
type ErrorParts struct {
	Measure       string  `json:"measure"`
	Arm           int     `json:"arm"`
	Difference    bool    `json:"difference"` // of the paired difference to the arm's reference
	StandardError float64 `json:"standard_error"`
	Economy       float64 `json:"economy"`
	Borrowers     float64 `json:"borrowers"`
}

// Run says in words and figures what was run: everything a report states that is not a count. It holds no
// clock, host or path.
type Run struct {
	Format      int          `json:"format"` // version of the run directory's layout
	Program     string       `json:"program"`
	Title       string       `json:"title"`
	Description string       `json:"description"`
	Currency    string       `json:"currency"`
	AsOf        string       `json:"as_of"` // ISO date or ""
	Seed        uint64       `json:"seed"`
	Scale       int64        `json:"scale,omitempty"` // counts that one borrower, event or minor unit makes; 0 = 1
	Paths       int          `json:"paths"`
	Replicate   int          `json:"replicate"` // paths per independent replicate: 1 plain, 2 antithetic pairs
	Design      string       `json:"design"`
	Months      int          `json:"months"`
	Sample      int          `json:"sample,omitempty"` // borrowers that each path simulates and draws anew; 0: all
	Baseline    int          `json:"baseline"`         // index into Arms
	Arms        []Arm        `json:"arms"`
	Headline    []string     `json:"headline"` // names of the measures of the headline table
	Segments    []string     `json:"segments"`
	Intake      Intake       `json:"intake"`
	Sources     []Source     `json:"sources"`
	Parameters  []Parameter  `json:"parameters"`
	Assumptions []Assumption `json:"assumptions"`
	Warnings    []string     `json:"warnings"`
	Checks      []Check      `json:"checks"`
	Gates       []Gate       `json:"gates"`
	Tolerances  []string     `json:"tolerances,omitempty"` // of measures against an earlier run, as written
	Costs       Costs        `json:"costs"`
	Anchoring   Anchoring    `json:"anchoring"`
	Bands       []ScoreBand  `json:"bands,omitempty"` // by PD, those of applicants last
	Sharing     Sharing      `json:"sharing,omitzero"`
	Chances     [3]float64   `json:"chances,omitzero"` // to default, of a borrower who enters each bucket of arrears in a mean economy; 0: the counter Surprise is not kept
	ErrorParts  []ErrorParts `json:"error_parts,omitempty"`
	Effective   float64      `json:"effective_paths,omitempty"` // effective sample size of weighted paths; 0: they have no weights
	Influence   *Influence   `json:"influence,omitempty"`       // of assumed parameters; nil: nobody asked for it
	Reproduce   string       `json:"reproduce"`                 // the command that repeats the run
}

// Whole turns a count of the results into borrowers, events or minor units.
func (r *Run) Whole(count float64) float64 { return count / float64(max(r.Scale, 1)) }

// RunFormat is the version of the run directory written by this program.
const RunFormat = 1

// OrdinalClasses names the classes of loan ordinals that cells distinguish.
var OrdinalClasses = [NumOrdinalClasses]string{"1", "2", "3-5", "6+"}

// NumOrdinalClasses is the number of ordinal classes.
const NumOrdinalClasses = 4

// OrdinalClass returns the class of an ordinal (1 = first loan).
func OrdinalClass(ordinal uint8) int {
	switch {
	case ordinal <= 1:
		return 0
	case ordinal == 2:
		return 1
	case ordinal <= 5:
		return 2
	}
	return 3
}

// All marks a dimension of a Cell that has been summed over.
const All = -1

// Cell is one group of borrowers over which results are kept without the paths.
type Cell struct {
	Segment int // index into Run.Segments, or All
	Product int // a Product, or All
	Ordinal int // an ordinal class, or All
}

// CellSums are sums over replicates of one cell. For flows the entry of month m is the count up to and
// including month m, for stocks the count at its end; a replicate's entry is the sum over its paths.
type CellSums struct {
	Cell    Cell
	Sum     []int64   // [month*NumCounters + counter]
	Squares []float64 // sums of squares over replicates, same shape
}

// Results are the counts of a finished run.
type Results struct {
	Run    Run
	Counts [][]int64 // per arm: [(path*(Months+1) + month)*NumCounters + counter]
	Lacks  []Counter // that an older program, which wrote the results, did not count: 0 throughout

	// Weights are the likelihood ratios of paths whose economy was drawn from another law than its own, mean 1 in
	// expectation; nil: every path counts 1. With weights there are no Cells.
	Weights []float64

	Halves [][]int64    // per arm: of the first paths, what every other borrower counts, shaped as Counts; nil where read from files
	Cells  [][]CellSums // per arm: the single cells that occur and the margins over one dimension each

	// Ledger counts what each clause does, per arm: [((batch*Months + month-1)*clauses + clause)*NumBites + Bite]; nil
	// where it was not kept: paths with weights, expected values, and results of an older program.
	Ledger [][]int64

	// Access is the ledger of access, of the paths Noted, per arm: [hearing*AccessSize + entry]; nil where it was not kept, as with Ledger.
	Access [][]int64
}

// Weight is that of a path.
func (r *Results) Weight(path int) float64 {
	if r.Weights == nil {
		return 1
	}
	return r.Weights[path]
}

// Weigh gives the paths their weights (nil: none), states their effective sample size and drops the cells, whose sums
// know no weights.
func (r *Results) Weigh(weights []float64) {
	if weights == nil {
		return
	}
	sum, squares := 0., 0.
	for _, w := range weights {
		sum += w
		squares += float64(w * w)
	}
	r.Weights, r.Run.Effective = weights, float64(sum*sum)/squares
	r.Cells, r.Ledger, r.Access = make([][]CellSums, len(r.Run.Arms)), nil, nil
}

// Row returns the counters of one arm, path and month (0 = snapshot).
func (r *Results) Row(arm, path int, month Month) []int64 {
	at := (path*(r.Run.Months+1) + int(month)) * int(NumCounters)
	return r.Counts[arm][at : at+int(NumCounters) : at+int(NumCounters)]
}
