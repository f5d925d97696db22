package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"relend/data"
	"relend/data/rundir"
	"relend/data/sweepdir"
	"relend/output"
)

// submission is a run that is made in parts by other processes. It is kept beside the run, in DIR.parts, with scripts, the
// parts by number, and the logs.
type submission struct {
	Kind    string   `json:"kind"` // local, slurm or kubernetes
	Of      int      `json:"of"`
	By      string   `json:"by"`
	Workers int      `json:"workers"` // of a part
	Memory  int64    `json:"memory"`  // bytes that a part needs, about
	Seconds float64  `json:"seconds"` // that a part takes, about
	Jobs    []string `json:"jobs"`    // of Slurm, arrays of parts
	Merge   string   `json:"merge"`   // of Slurm
	Run     []string `json:"run"`     // arguments of relend run, but for shard and output
	Output  string   `json:"output"`  // the run's directory
	dir     string   // of the parts
}

const submissionFile = "submit.json"

// submitOptions are the choices of `relend submit` beside those of the run.
type submitOptions struct {
	planOptions
	seed    uint64
	output  string
	parts   int // 0 = found by the pilot
	by      string
	least   time.Duration // of a part
	jobs    int           // local: at once
	now     bool          // slurm: hand in
	sbatch  []string      // slurm: further directives
	most    int           // slurm: MaxArraySize
	image   string        // kubernetes
	claim   string
	host    string
	mount   string
	abreast int
}

func newSubmitCommand(env *environment) *cobra.Command {
	c := &cobra.Command{
		Use:   "submit",
		Short: "Run an experiment in parts: as processes here, on Slurm or on Kubernetes",
		Long: "Divides a run into parts (relend run --shard), has them run elsewhere, and merges them (relend merge): the same\n" +
			"bytes as those of the run that is not divided. Everything is kept in DIR.parts beside the run DIR: relend submit\n" +
			"status DIR says what has become of the parts, relend submit resubmit DIR runs those again that are missing.",
	}
	c.AddCommand(newSubmitTo(env, "local", "Run the parts as processes on this machine and merge them",
		"  relend submit local quick --shards 4 -o runs/quick"),
		newSubmitTo(env, "slurm", "Write an array job for Slurm and the job that merges its parts, and submit them with --submit",
			"  relend submit slurm strategy.yaml -p loans.parquet -o runs/strategy --sbatch=--partition=main --submit\n  relend submit status runs/strategy"),
		newSubmitTo(env, "kubernetes", "Write an Indexed Job for Kubernetes and the Job that merges its parts",
			"  relend submit kubernetes quick -o runs/quick --image registry.example/relend --claim loans --shards 16"),
		newSubmitStatus(env), newResubmit(env))
	return c
}

func newSubmitTo(env *environment, kind, short, example string) *cobra.Command {
	o := submitOptions{planOptions: planOptions{experiment: defaultExperiment}, by: data.ByPaths.String(), least: time.Minute, mount: "/relend"}
	c := &cobra.Command{
		Use: kind + " [EXPERIMENT] -o DIR", Short: short, Example: example,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: experimentNames,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.experiment = args[0]
			}
			if err := o.check(c); err != nil {
				return err
			}
			return o.submit(c.Context(), env, c.Flags(), kind)
		},
	}
	override(c, &o.Overrides, &o.seed)
	f := c.Flags()
	f.StringVar(&o.Sample, "sample", "", "borrowers that each path simulates: all, auto or a number (default: the experiment's)")
	f.VisitAll(func(f *pflag.Flag) { f.Annotations = map[string][]string{ofRun: {}} })
	f.StringVarP(&o.output, "output", "o", "", "directory of the run; scripts and parts go to DIR.parts")
	f.IntVar(&o.parts, "shards", 0, "number of parts (default: so many that each lasts --shard-time, by a pilot)")
	f.StringVar(&o.by, "shard-by", o.by, "what is divided: paths or borrowers")
	f.DurationVar(&o.least, "shard-time", o.least, "time that a part should take at least, beside that to read and prepare")
	f.IntVar(&o.workers, "workers", 1, "goroutines, and processors, of each part")
	switch kind {
	case "local":
		f.IntVar(&o.jobs, "jobs", 0, "parts at once (default: processors over workers)")
	case "slurm":
		f.BoolVar(&o.now, "submit", false, "submit the jobs")
		f.StringArrayVar(&o.sbatch, "sbatch", nil, "further option of sbatch, such as --sbatch=--partition=main; repeat for several")
		f.IntVar(&o.most, "max-array-size", 0, "MaxArraySize of the cluster (default: what scontrol says, else 1001)")
	case "kubernetes":
		f.StringVar(&o.image, "image", "", "image with relend and a shell")
		f.StringVar(&o.claim, "claim", "", "persistent volume claim with the portfolio, on which the parts and the run are written")
		f.StringVar(&o.host, "host-path", "", "folder of the nodes in place of a claim")
		f.StringVar(&o.mount, "mount", o.mount, "where the volume is in the container; files are named from there")
		f.IntVar(&o.abreast, "parallelism", 0, "parts at once (default: all)")
	}
	// Fails only for a flag that does not exist.
	_ = c.RegisterFlagCompletionFunc("shard-by", cobra.FixedCompletions(data.AxisNames(), cobra.ShellCompDirectiveDefault))
	return c
}

// ofRun marks the flags that are passed on to relend run.
const ofRun = "of run"

func (o *submitOptions) check(c *cobra.Command) error {
	switch {
	case o.output == "":
		return usage("%s: -o DIR is needed", c.CommandPath())
	case c.Flags().Changed("shards") && o.parts < 1:
		return usage("--shards: 1 or more is needed, found %d", o.parts)
	case o.workers < 1:
		return usage("--workers: 1 or more is needed, found %d", o.workers)
	case o.jobs < 0, o.abreast < 0, o.most < 0, o.least <= 0:
		return usage("--jobs, --parallelism, --max-array-size and --shard-time: above 0 is needed")
	case !slices.Contains(data.AxisNames(), o.by):
		return usage("--shard-by: paths or borrowers is needed, found %q%s", o.by, data.DidYouMean(o.by, data.AxisNames()))
	case c.Name() == "kubernetes" && (o.image == "" || (o.claim == "") == (o.host == "") || !filepath.IsAbs(o.mount)):
		return usage("%s: --image, an absolute --mount, and one of --claim and --host-path are needed", c.CommandPath())
	}
	return overridden(c, &o.Overrides, o.seed)
}

func (o *submitOptions) submit(ctx context.Context, env *environment, flags *pflag.FlagSet, kind string) error {
	s, err := o.plan(ctx, env, kind)
	if err != nil {
		return err
	}
	s.Run = append([]string{o.experiment}, passedOn(flags)...)
	if err := s.begin(); err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "%s by %s, each about %v and %s with %s\n", output.Plural(s.Of, "part"), s.By, roundTime(s.Seconds), size(s.Memory), output.Plural(s.Workers, "worker"))
	switch kind {
	case "slurm":
		return s.slurm(ctx, env, o)
	case "kubernetes":
		return s.kubernetes(env, o)
	}
	return s.local(ctx, env, o.jobs)
}

// passedOn writes the flags of the run as they were given.
func passedOn(flags *pflag.FlagSet) (args []string) {
	flags.Visit(func(f *pflag.Flag) {
		if _, ok := f.Annotations[ofRun]; !ok {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			args = append(args, "--"+f.Name+"="+v)
		}
	})
	return args
}

// plan finds the number of parts and what each takes.
func (o *submitOptions) plan(ctx context.Context, env *environment, kind string) (*submission, error) {
	t, err := o.try(ctx, env)
	if err != nil {
		return nil, err
	}
	run := runOptions{shard: "1/1"}
	if err := run.divisible(t.experiment); err != nil {
		return nil, err
	}
	axis := data.Axis(slices.Index(data.AxisNames(), o.by))
	most, units := math.MaxInt, t.plan.Units(axis)
	if kind == "slurm" {
		most = cmp.Or(o.most, maxArraySize(ctx)) - 1 // the largest index
	}
	parts := o.parts
	if parts == 0 {
		parts = max(1, min(int(t.Seconds.Simulate/max(o.least.Seconds(), t.Seconds.Load)), units, most))
	}
	if parts > most {
		ps := &data.Problems{Cause: data.BadConfig}
		ps.Add("shards", "%d parts, but the cluster's MaxArraySize of %d allows at most %d: make fewer and longer parts", parts, most+1, most)
		return nil, ps
	}
	shard := data.Shard{Part: 1, Of: parts, By: axis}
	if err := t.plan.CheckShard(shard); err != nil {
		return nil, err
	}
	final, err := filepath.Abs(o.output)
	if kind == "kubernetes" {
		final = o.output // on the volume
	}
	return &submission{Kind: kind, Of: parts, By: o.by, Workers: o.workers, Output: final, dir: final + ".parts",
		Memory: resident(t.plan.MemoryOf(o.workers, shard), 0), Seconds: t.Seconds.Load + t.Seconds.Simulate/float64(parts)}, err
}

// begin makes the directory of the parts.
func (s *submission) begin() error {
	for _, path := range []string{s.Output, s.dir} {
		if _, err := os.Lstat(path); err == nil {
			return usage("%s exists already: choose another place with -o, or go on with relend submit status and resubmit", path)
		}
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "log"), 0o777); err != nil {
		return fmt.Errorf("cannot write %s: %w", s.dir, err)
	}
	return s.save()
}

func (s *submission) save() error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return s.write(submissionFile, string(text)+"\n")
}

func (s *submission) write(name, text string) error {
	return writeWhole(filepath.Join(s.dir, name), func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// openSubmission reads the submission of a run.
func openSubmission(run string) (*submission, error) {
	dir, err := filepath.Abs(strings.TrimSuffix(filepath.Clean(run), ".parts") + ".parts")
	if err != nil {
		return nil, err
	}
	s := &submission{dir: dir}
	path := filepath.Join(s.dir, submissionFile)
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, s)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &data.Problems{Cause: data.BadData, List: []data.Problem{{File: run, Message: "was not submitted: there is no " + path}}}
	}
	if err != nil {
		return nil, &data.Problems{Cause: data.BadData, List: []data.Problem{{File: path, Message: err.Error()}}}
	}
	return s, nil
}

// part is the directory of a part.
func (s *submission) part(number string) string { return filepath.Join(s.dir, number) }

func (s *submission) log(i int) string {
	return filepath.Join(s.dir, "log", strconv.Itoa(i)+".txt")
}

// arguments are those of a part; number is i or what a shell makes i of.
func (s *submission) arguments(number string) []string {
	return slices.Concat([]string{"run"}, s.Run, []string{"--shard", number + "/" + strconv.Itoa(s.Of), "--shard-by", s.By,
		"--workers", strconv.Itoa(s.Workers), "--quiet", "--force", "--output", s.part(number)})
}

// shell writes the command of a part for a shell in which a variable is its number.
func (s *submission) shell(program, variable string) string {
	const mark = "\x00"
	words := []string{quote(program)}
	for _, a := range s.arguments(mark) {
		before, after, found := strings.Cut(a, mark)
		word := quote(before)
		if found {
			word = strings.TrimPrefix(word, "''") + variable + strings.TrimSuffix(quote(after), "''")
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// merging writes the command that merges the parts for a shell.
func (s *submission) merging(program string) string {
	words := []string{quote(program), "merge", "--output", quote(s.Output)}
	for _, dir := range s.parts() {
		words = append(words, quote(dir))
	}
	return strings.Join(words, " ")
}

// missing lists the parts that are not there.
func (s *submission) missing() (list []int) {
	for i := 1; i <= s.Of; i++ {
		if _, err := os.Stat(filepath.Join(s.part(strconv.Itoa(i)), rundir.ManifestFile)); err != nil {
			list = append(list, i)
		}
	}
	return list
}

// local runs the missing parts as processes, then merges all. It holds a lock meanwhile.
func (s *submission) local(ctx context.Context, env *environment, jobs int) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	held, err := sweepdir.Lock(s.lock())
	if errors.Is(err, sweepdir.ErrLocked) {
		return fmt.Errorf("%s %w: another relend runs the parts; wait for it to end", s.dir, err)
	}
	if err != nil {
		return err
	}
	defer held.Close()
	missing := s.missing()
	for _, i := range missing {
		_ = os.Remove(s.log(i)) // of an earlier time: a part without a log waits
	}
	jobs = cmp.Or(jobs, max(1, runtime.GOMAXPROCS(0)/s.Workers))
	var wg sync.WaitGroup
	slots := make(chan struct{}, jobs)
	for _, i := range missing {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() == nil {
				s.process(ctx, program, i)
			}
		})
	}
	wg.Wait()
	if missing = s.missing(); ctx.Err() == nil && len(missing) > 0 {
		return &partsError{s.failed(missing)}
	}
	if ctx.Err() == nil {
		o := runOptions{output: s.Output}
		err = o.merge(ctx, env, s.parts())
	}
	if ctx.Err() != nil {
		return &keptError{s.Of - len(missing), s.Of, "part", s.again()}
	}
	return err
}

func (s *submission) lock() string { return filepath.Join(s.dir, "lock") }

// again is the command that runs what is missing.
func (s *submission) again() string {
	return "relend submit resubmit " + quote(strings.TrimSuffix(s.dir, ".parts"))
}

// process runs a part with its output in its log. Whether it succeeded is told by what it leaves.
func (s *submission) process(ctx context.Context, program string, i int) {
	log, err := os.Create(s.log(i))
	if err != nil {
		return
	}
	defer log.Close()
	c := exec.CommandContext(ctx, program, s.arguments(strconv.Itoa(i))...)
	c.Stdout, c.Stderr = log, log
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 5 * time.Second
	if err := c.Run(); err != nil {
		fmt.Fprintf(log, "%s%v\n", ended(i), err)
	}
}

func (s *submission) parts() (dirs []string) {
	for i := 1; i <= s.Of; i++ {
		dirs = append(dirs, s.part(strconv.Itoa(i)))
	}
	return dirs
}

// partsError says that parts of a run failed.
type partsError struct{ message string }

func (e *partsError) Error() string { return e.message }

// failed says which parts failed and how the first of them ended.
func (s *submission) failed(parts []int) string {
	text := fmt.Sprintf("%d of %d parts failed: %s", len(parts), s.Of, ranges(parts))
	if line := lastLine(s.log(parts[0])); line != "" {
		text += fmt.Sprintf("; %s ends: %s", s.log(parts[0]), line)
	}
	return text + "; " + s.again() + " runs them again"
}

func lastLine(path string) string {
	text, _ := os.ReadFile(path) // none: nothing was said
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// ranges writes ascending numbers as 1-3,5.
func ranges(list []int) string {
	var words []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		word := strconv.Itoa(list[i])
		if j > i {
			word += "-" + strconv.Itoa(list[j])
		}
		words = append(words, word)
		i = j + 1
	}
	return strings.Join(words, ",")
}

func newSubmitStatus(env *environment) *cobra.Command {
	return &cobra.Command{
		Use: "status DIR", Short: "Say what has become of the parts of a submitted run",
		Long: "Lists how many parts are done, running, waiting and failed, or not there yet where others run them. Ends with exit code 9\n" +
			"when some failed.",
		Example: "  relend submit status runs/strategy",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := openSubmission(args[0])
			if err != nil {
				return err
			}
			return s.status(c.Context(), env)
		},
	}
}

func (s *submission) status(ctx context.Context, env *environment) error {
	missing := s.missing()
	queue, err := s.queue(ctx)
	if err != nil {
		return err
	}
	otherwise := "failed"
	if s.Kind == "kubernetes" || s.Kind == "slurm" && len(s.Jobs) == 0 { // handed in by somebody else, or not yet
		otherwise = "not there yet"
	}
	of := map[string][]int{}
	for _, i := range missing {
		state := cmp.Or(queue[i], otherwise)
		of[state] = append(of[state], i)
	}
	fmt.Fprintf(env.stdout, "done: %d of %d parts\n", s.Of-len(missing), s.Of)
	for _, state := range []string{"running", "waiting", "not there yet", "failed"} {
		if list := of[state]; len(list) > 0 {
			fmt.Fprintf(env.stdout, "%s: %s\n", state, ranges(list))
		}
	}
	if _, err := os.Stat(filepath.Join(s.Output, rundir.ManifestFile)); err == nil {
		fmt.Fprintf(env.stdout, "merged: %s\n", s.Output)
		return nil
	}
	if list := of["failed"]; len(list) > 0 {
		return &partsError{s.failed(list)}
	}
	return nil
}

// queue is the state of the parts that are running or waiting. Kubernetes is asked with its own tools.
func (s *submission) queue(ctx context.Context) (map[int]string, error) {
	switch s.Kind {
	case "slurm":
		return s.squeue(ctx)
	case "local":
		return s.atWork(), nil
	}
	return nil, nil
}

// atWork is the state of the parts while a process runs them on this machine.
func (s *submission) atWork() map[int]string {
	held, err := sweepdir.Lock(s.lock())
	if err == nil {
		_ = held.Close() // unlocks
	}
	if !errors.Is(err, sweepdir.ErrLocked) {
		return nil
	}
	queue := map[int]string{}
	for _, i := range s.missing() {
		_, err := os.Stat(s.log(i))
		switch {
		case err != nil:
			queue[i] = "waiting"
		case !strings.HasPrefix(lastLine(s.log(i)), ended(i)):
			queue[i] = "running"
		}
	}
	return queue
}

// ended begins the last line of the log of a part that failed.
func ended(i int) string { return fmt.Sprintf("relend: part %d: ", i) }

func newResubmit(env *environment) *cobra.Command {
	jobs := 0
	c := &cobra.Command{
		Use: "resubmit DIR", Short: "Run the parts of a submitted run again that failed, and merge",
		Long:    "Runs the parts that are neither there nor running or waiting, and merges them with those that are. Parts that are\nthere are not run again.",
		Example: "  relend submit resubmit runs/strategy",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if jobs < 0 {
				return usage("--jobs: above 0 is needed, found %d", jobs)
			}
			s, err := openSubmission(args[0])
			if err != nil {
				return err
			}
			if c.Flags().Changed("jobs") && s.Kind != "local" {
				return usage("--jobs is for parts that run on this machine; these run on %s", s.Kind)
			}
			if _, err := os.Stat(filepath.Join(s.Output, rundir.ManifestFile)); err == nil {
				return usage("%s is merged already: there is nothing to run again", s.Output)
			}
			switch s.Kind {
			case "slurm":
				return s.resubmitSlurm(c.Context(), env)
			case "kubernetes":
				return usage("kubectl delete and apply %s again: parts that are there are not run again", filepath.Join(s.dir, "parts.yaml"))
			}
			return s.local(c.Context(), env, jobs)
		},
	}
	c.Flags().IntVar(&jobs, "jobs", 0, "local: parts at once (default: processors over workers)")
	return c
}
