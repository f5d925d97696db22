package rule

import "fmt"

// FundingQueue says who is served first when a budget or the leverage cap does not reach for everybody. Offers are
// made whole or not at all; ties go by borrower.
type FundingQueue struct {
	noCheck
	Rank string // one of Ranks
	Fill string // one of Fills
}

// The orders of service and what becomes of the queue when an offer does not fit.
const (
	ByScore  = "score"  // lowest probability of default first
	ByMargin = "margin" // highest posted rate over the break-even rate first
	ByLot    = "hash"   // by lot, drawn anew for every application
	Stop     = "stop"   // nobody further is served
	Skip     = "skip"   // the next ones are tried
)

func newFundingQueue() *FundingQueue { return &FundingQueue{Rank: ByScore, Fill: Stop} }

func (r *FundingQueue) Fields() []Field {
	return []Field{
		{Name: "rank", Unit: "choice", Meaning: "who is served first: score = lowest PD, margin = highest rate over break-even, hash = by lot", Choices: []string{ByScore, ByMargin, ByLot}, Value: &r.Rank},
		{Name: "fill", Unit: "choice", Meaning: "when an offer does not fit into what is left: stop = nobody further is served, skip = the next ones are tried", Choices: []string{Stop, Skip}, Value: &r.Fill},
	}
}

func (r *FundingQueue) Sentence(string) string {
	first := map[string]string{ByScore: "the lowest probability of default first", ByMargin: "the highest margin over break-even first", ByLot: "by lot"}[r.Rank]
	then := map[string]string{Stop: "the first offer that does not fit ends the month's lending", Skip: "an offer that does not fit is passed over"}[r.Fill]
	return fmt.Sprintf("Where cash is short applicants are served in turn, %s; %s.", first, then)
}
