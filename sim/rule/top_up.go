package rule

import "relend/data"

// TopUp says whether a borrower with a running loan may get more: as a refinance of the newest loan, or as a
// further loan beside it (stacking). Where both are allowed the request is a refinance.
type TopUp struct {
	noCheck
	Allowed bool
	Stack   bool
}

func (r *TopUp) Fields() []Field {
	return []Field{
		{Name: "allowed", Unit: "flag", Meaning: "a running loan may be refinanced into a larger one", Required: true, Value: &r.Allowed},
		{Name: "stack", Unit: "flag", Meaning: "a further loan may be granted beside a running one", Value: &r.Stack},
	}
}

func (r *TopUp) Apply(t *Terms) {
	t.TopUp = t.TopUp && r.Allowed
	t.Stack = t.Stack && r.Stack
}

func (r *TopUp) Reason() data.Reason { return data.DeniedTopUp }

func (r *TopUp) Allows(a *Application) bool { return a.Idle || r.Allowed || r.Stack }

func (r *TopUp) Sentence(string) string {
	switch {
	case r.Allowed && r.Stack:
		return "A running loan may be refinanced into a larger one, or a further loan granted beside it."
	case r.Allowed:
		return "A running loan may be refinanced into a larger one; no further loan beside it."
	case r.Stack:
		return "A further loan may be granted beside a running one; no refinancing."
	}
	return "No further loan while one is running."
}
