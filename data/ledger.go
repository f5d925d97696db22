package data

// Clause is a rule of an arm, or a bound inherent in lending, as the ledger of refusals counts it.
type Clause struct {
	Name     string `json:"name"`             // kind of rule in YAML; of what is inherent a name of its own
	Of       string `json:"of"`               // name of the policy or regulation that it is a rule of, "" for what is inherent
	Law      bool   `json:"law"`              // a rule of the regulation
	Reason   string `json:"reason,omitempty"` // for which it denies; "" for a rule that denies nobody
	Sentence string `json:"sentence"`
}

// Bite names what the ledger of refusals counts of one clause in a month, weighted by borrower weight.
type Bite uint8

const (
	Asked     Bite = iota // applications that the clause was asked about: it held, and they lay in its perimeter; on the paths Heard
	WouldBind             // part of them that it would by itself have denied or cut; on the paths Heard
	Decided               // applications that it denied, as the first that did; over the clauses they are all denials
	Refused               // amount asked for in the applications Decided, minor units
	Reduced               // offers of less than was asked for, which it left the least room for
	Cut                   // by how much less in all, minor units
	NumBites  = int(Cut) + 1
)

var biteNames = [NumBites]string{"asked", "would_bind", "decided", "refused_amount", "reduced", "cut_amount"}

// String is the column name in the files.
func (b Bite) String() string { return biteNames[b] }

// MostBatches bounds the batches into which replicates are gathered where single paths are not kept.
const MostBatches = 64

// Batches is the number of batches of a run: groups of about the same number of replicates. They are independent, so their
// spread gives the error of their mean.
func (r *Run) Batches() int { return min(r.replicates(), MostBatches) }

// BatchOf is the batch of a path. Replicates are dealt out in turn, so that a run with more of them begins with the same.
func (r *Run) BatchOf(path int) int { return r.replicateOf(path) % MostBatches }

func (r *Run) replicates() int { return r.Paths / max(r.Replicate, 1) }

func (r *Run) replicateOf(path int) int { return path / max(r.Replicate, 1) }

// mostHeard is the number of replicates on which every clause is heard.
const mostHeard = 16

// Heard reports whether every clause is asked about every application of a path, also after it has been denied: on the
// first 16 replicates. (To ask all of them on all paths would cost a run a twentieth of its time; shares of applications
// are sharp from a few replicates.)
func (r *Run) Heard(path int) bool { return r.replicateOf(path) < mostHeard }

// Bites returns what the ledger counts of a clause of an arm in a month from 1 on.
func (r *Results) Bites(arm, batch int, month Month, clause int) []int64 {
	clauses := len(r.Run.Arms[arm].Clauses)
	at := ((batch*r.Run.Months+int(month)-1)*clauses + clause) * NumBites
	return r.Ledger[arm][at : at+NumBites : at+NumBites]
}
