package rule

import "relend/data"

// UseBan forbids a loan that repays a loan: the refinancing of an own loan, or, where lenders have to see to it, a loan to
// a borrower who owes others. A lender who then grants further loans beside running ones says so in his policy (TopUp).
type UseBan struct {
	noCheck
	Loans string
}

// What a new loan may not repay.
const (
	OwnLoans     = "own"
	OutsideLoans = "outside"
	AllLoans     = "all"
)

func (r *UseBan) Fields() []Field {
	return []Field{{Name: "loans", Unit: "choice", Meaning: "which loans a new one may not repay: own = no refinancing, outside = who has a visible loan with another lender gets none, all = both", Choices: []string{OwnLoans, OutsideLoans, AllLoans}, Value: &r.Loans}}
}

func (r *UseBan) Reason() data.Reason { return data.DeniedUse }

func (r *UseBan) Allows(a *Application) bool {
	return !(r.Loans != OutsideLoans && a.Refinance) && !(r.Loans != OwnLoans && a.Outside > 0)
}

func (r *UseBan) Sentence(string) string {
	switch r.Loans {
	case AllLoans:
		return "No loan may repay a loan: no refinancing, and none to a borrower whom the bureau shows to owe others."
	case OwnLoans:
		return "A loan may not repay a loan of this lender."
	}
	return "No loan to a borrower whom the bureau shows to owe other lenders, for it could repay them."
}
