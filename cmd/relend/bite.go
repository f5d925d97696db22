package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/output"
	"relend/scenarios"
	"relend/sim/behaviour"
	"relend/sim/rule"
)

// mostRejected is the share of rows that may be rejected where none is given.
const mostRejected = .01

// bite is a portfolio to which laws are put as it stands today.
type bite struct {
	files       []string
	tape        tapeFlags
	lender      string
	maxRejected float64
	fee         float64
}

func (b *bite) register(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVarP(&b.files, "portfolio", "p", nil, "Parquet file, directory or quoted pattern; repeat for several")
	f.StringVar(&b.lender, "lender", "", "kind of the lender ("+strings.Join(rule.Lenders, ", ")+"); without it all rules bind")
	f.Float64Var(&b.maxRejected, "max-rejected", mostRejected, "share of rows that may be rejected")
	f.Float64Var(&b.fee, "fee-share", 0, "fee that the lender keeps of a loan, as a share of it; the tape knows none")
	b.tape.register(c)
	// Fails only for a flag that does not exist.
	_ = c.RegisterFlagCompletionFunc("lender", cobra.FixedCompletions(rule.Lenders, cobra.ShellCompDirectiveNoFileComp))
}

// asked reports whether something was said about a portfolio.
func (b *bite) asked() bool {
	return b.lender != "" || b.fee != 0 || b.maxRejected != mostRejected || b.tape.Mapping != "" || b.tape.asOf != "" || b.tape.Currency != "" || len(b.tape.Segments) > 0
}

func (b *bite) check() error {
	if !(b.fee >= 0 && b.fee <= .9) {
		return usage("--fee-share: %v is out of range, allowed 0 to 0.9", b.fee)
	}
	if b.lender != "" && !slices.Contains(rule.Lenders, b.lender) {
		return usage("--lender: unknown kind of lender %q (allowed: %s)%s", b.lender, strings.Join(rule.Lenders, ", "), data.DidYouMean(b.lender, rule.Lenders))
	}
	return checkRejected(b.maxRejected)
}

// print says what two laws do to a portfolio today.
func (b *bite) print(w io.Writer, p *data.Portfolio, laws [2]*scenarios.Regulation, names [2]string) error {
	params := behaviour.Default()
	params.FeeShare = b.fee
	var bites [2][]scenarios.Bite
	for i, law := range laws {
		var err error
		if bites[i], err = law.Bites(p, p.AsOf, b.lender, &params); err != nil {
			return err
		}
	}
	all := scenarios.Population(p)
	on := ""
	if !p.AsOf.IsZero() {
		on = " on " + p.AsOf.Format(time.DateOnly)
	}
	fmt.Fprintf(w, "\nStatic bite%s\n", on)
	fmt.Fprintf(w, "  %s borrowers owe %s. Each asks for a loan like the last one, at the rate of it, in place of the running one;\n  each rule decides alone.", grouped(all.Borrowers), cash(all.Balance, p.Currency))
	if b.fee > 0 {
		fmt.Fprintf(w, " The lender keeps %.6g%% of it as a fee.", 100*b.fee)
	}
	if slices.ContainsFunc(p.Borrowers, func(b data.Borrower) bool { return b.External > 0 }) {
		fmt.Fprintf(w, " A loan elsewhere is taken to owe %s and to pay %s a month (assumptions).",
			cash(data.Money(params.OutsideBalance*float64(data.Unit)), p.Currency), cash(data.Money(params.OutsideInstalment*float64(data.Unit)), p.Currency))
	}
	crowded := int64(0)
	for _, b := range p.Borrowers {
		if float64(b.External) > params.OutsideMax {
			crowded += int64(b.Weight)
		}
	}
	if crowded > 0 {
		fmt.Fprintf(w, " %s borrowers have more than %v loans elsewhere, of which a run counts %[2]v (outside.max); here all count.", grouped(crowded), params.OutsideMax)
	}
	fmt.Fprintln(w)
	for i, sign := range []string{"-", "+"} {
		fmt.Fprintf(w, "\n%s %s\n", sign, names[i])
		rules := bites[i][:len(bites[i])-1]
		if len(rules) == 0 {
			fmt.Fprintln(w, "  No rule is in force.")
		}
		for j := range rules {
			x := &rules[j]
			fmt.Fprintf(w, "  %s: %s\n", titleOf(x.Rule.Kind), x.Rule.Rule.Sentence(p.Currency))
			fmt.Fprintf(w, "      %s\n", said(x, &all, b.lender, p.Currency))
		}
		if len(rules) > 1 {
			fmt.Fprintf(w, "  All together\n      %s\n", said(&bites[i][len(rules)], &all, "", p.Currency))
		}
	}
	return nil
}

// said puts a bite into words.
func said(x *scenarios.Bite, all *scenarios.Held, lender, currency string) string {
	if x.Rule != nil && !rule.Addresses(x.Rule.Rule, lender) {
		return "binds other kinds of lenders only"
	}
	if x.Whole {
		cap, ok := rule.Bare(x.Rule.Rule).(*rule.AverageRateCap)
		switch {
		case !ok:
			return "looks at the whole book or at what the bureau shows: it refuses no single request today"
		case math.IsNaN(x.Average):
			return "no running loan was granted within its window"
		}
		return fmt.Sprintf("%s borrowers owe %s in loans granted within its window, at %.2f%% on average: %s the cap", grouped(x.NewLoans.Borrowers),
			cash(x.NewLoans.Balance, currency), 100*x.Average, map[bool]string{true: "above", false: "within"}[x.Average > cap.Max])
	}
	who := fmt.Sprintf("of %s borrowers", grouped(all.Borrowers))
	if x.Bound.Borrowers < all.Borrowers {
		who = fmt.Sprintf("of the %s borrowers inside its perimeter (%s of all)", grouped(x.Bound.Borrowers), share(x.Bound.Borrowers, all.Borrowers))
	}
	switch {
	case x.Bound.Borrowers == 0:
		return "nobody is inside its perimeter"
	case x.Refused.Borrowers+x.Reduced.Borrowers == 0:
		return "binds none " + who
	}
	text := fmt.Sprintf("%s, refuses %s (%s), who owe %s (%s of their balance)", who, grouped(x.Refused.Borrowers), share(x.Refused.Borrowers, x.Bound.Borrowers),
		cash(x.Refused.Balance, currency), share(int64(x.Refused.Balance), int64(x.Bound.Balance)))
	if x.Reduced.Borrowers > 0 {
		text += fmt.Sprintf(", and gives less than asked to %s (%s), who owe %s (%s)", grouped(x.Reduced.Borrowers), share(x.Reduced.Borrowers, x.Bound.Borrowers),
			cash(x.Reduced.Balance, currency), share(int64(x.Reduced.Balance), int64(x.Bound.Balance)))
	}
	return text + fmt.Sprintf("; %s of %s asked for is granted (%s)", cash(x.Granted, currency), cash(x.Asked, currency), share(int64(x.Granted), int64(x.Asked)))
}

// share is a part of a whole in percent.
func share(part, whole int64) string {
	switch {
	case whole == 0:
		return "0%"
	case part == whole:
		return "all"
	}
	return fmt.Sprintf("%.2f%%", 100*float64(part)/float64(whole))
}

// cash is an amount in whole units of its currency.
func cash(m data.Money, currency string) string { return money(m) + " " + currency }

func grouped(n int64) string { return output.Number(float64(n), 0) }
