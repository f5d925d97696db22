package expect

// RunOlder is Run with loans so many months further in their seasoning: a wrong model.
func RunOlder(by int, b Borrower, a Arm, e Economy, months int, o Options) *Expectation {
	r := newRun(&b, &a, &e, months, o)
	r.olderBy = by
	for t := range months {
		if err := r.month(t); err != nil {
			panic(err)
		}
	}
	return r.result
}
