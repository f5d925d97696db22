package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"relend/data"
	"relend/data/rundir"
	"relend/output/gate"
	"relend/sim"
)

func TestExitCodes(t *testing.T) {
	problems := func(cause data.Cause) error {
		return fmt.Errorf("while loading: %w", &data.Problems{Cause: cause, List: []data.Problem{{Message: "m"}, {Message: "n"}}})
	}
	for _, c := range []struct {
		err  error
		want int
		text string
	}{
		{nil, exitOK, ""},
		{errors.New("disk on fire"), exitInternal, "relend: disk on fire\n"},
		{usage("no flag %q", "x"), exitUsage, "relend: no flag \"x\"\n"},
		{fmt.Errorf("out: %w", rundir.ErrExists), exitUsage, "relend: out: exists already; a run directory is replaced with --force, another place is chosen with -o\n"},
		{problems(data.BadConfig), exitConfig, "m\nn\nrelend: 2 problems\n"},
		{problems(data.BadData), exitData, "m\nn\nrelend: 2 problems\n"},
		{&gateError{}, exitGate, "relend: a gate fails\n"},
		{&gateError{gate.Verdict{Undecided: true}}, exitUndecided, "relend: a gate is undecided: more paths would decide it\n"},
		{fmt.Errorf("run: %w", &sim.InvariantError{Message: "1 is not 2"}), exitInvariant, "relend: run: invariant broken: 1 is not 2\n"},
		{&selfcheckError{1, 9}, exitInvariant, "relend: 1 of 9 comparisons fail: results of this program on this machine are not to be trusted\n"},
		{errInterrupted, exitInterrupted, "relend: interrupted; nothing was written\n"},
	} {
		var out bytes.Buffer
		if got := exit(&out, c.err); got != c.want || !strings.HasSuffix(out.String(), c.text) {
			t.Errorf("%v: code %d, want %d, text %q", c.err, got, c.want, out.String())
		}
	}
	for i, c := range exitCodes {
		if c.code != i || c.meaning == "" {
			t.Errorf("exit code %d is documented as %d: %q", i, c.code, c.meaning)
		}
	}
}

func TestCancelledBeforeItBegins(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, complaints bytes.Buffer
	if code := run(ctx, []string{"run", "quick", "-o", "out"}, &out, &complaints); code != exitInterrupted {
		t.Errorf("code %d: %s", code, complaints.String())
	}
	if left, _ := filepath.Glob("*out*"); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestInterruptible(t *testing.T) {
	if v, err := interruptible(t.Context(), func() (int, error) { return 7, errors.New("e") }); v != 7 || err == nil {
		t.Errorf("got %v, %v", v, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	blocked := make(chan int)
	if _, err := interruptible(ctx, func() (int, error) { return <-blocked, nil }); err != context.Canceled {
		t.Errorf("waited or %v", err)
	}
	close(blocked)
	defer func() {
		if recover() != "broken" {
			t.Error("a panic was lost")
		}
	}()
	_, _ = interruptible(t.Context(), func() (int, error) { panic("broken") })
}

func TestPlainProgress(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	for _, mode := range []progressMode{"plain", "auto"} { // a buffer is no terminal
		out.Reset()
		p := newProgress(mode, &out, 100, func() time.Time { return now })
		for done := 1; done <= 100; done++ {
			now = now.Add(time.Second)
			p.show(done, 100)
		}
		p.stop()
		want := "relend: 30 of 100 paths, 1m10s left\nrelend: 60 of 100 paths, 40s left\nrelend: 90 of 100 paths, 10s left\n"
		if out.String() != want {
			t.Errorf("%s: %q", mode, out.String())
		}
	}
	if p := newProgress("off", &out, 1, time.Now); p.show != nil {
		t.Error("off shows something")
	}
	out.Reset()
	p := newBar("paths", &out, 2, func(int) time.Duration { return 0 }) // mpb writes nothing to what is not a terminal, and must not hang
	p.show(1, 2)
	p.stop()
}

func TestCheckMemory(t *testing.T) {
	const path = 1 << 20
	if err := checkMemory(0, 1<<40, path, 10); err != nil {
		t.Errorf("unknown memory: %v", err)
	}
	if err := checkMemory(100*path, 100*path, path, 10); err != nil {
		t.Errorf("enough memory: %v", err)
	}
	for _, c := range []struct {
		need  int64
		paths int
		want  string
	}{
		{2000 * path, 1990, "memory: the run needs about 2.0 GiB, 100 MiB are available: choose at most 88 paths (--paths 88), fewer arms or a shorter horizon"},
		{2000 * path, 10, "100 MiB are available: choose fewer arms or a shorter horizon"},
	} {
		if err := checkMemory(100*path, c.need, path, c.paths); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if m := availableMemory(); m < 0 {
		t.Errorf("available memory %d", m)
	}
}

func TestQuote(t *testing.T) {
	for text, want := range map[string]string{"a-b_c.yaml": "a-b_c.yaml", "": "''", "two words": "'two words'", "it's": `'it'\''s'`, "$HOME": "'$HOME'", "贷款.parquet": "'贷款.parquet'"} {
		if got := quote(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
		if out, err := exec.Command("sh", "-c", "printf %s "+quote(text)).Output(); err == nil && string(out) != text {
			t.Errorf("a shell reads %q as %q", text, out)
		}
	}
}

func TestFingerprint(t *testing.T) {
	base := fingerprint([]byte("a"), nil, []data.Source{{Name: "n", SHA256: "s"}})
	if base != fingerprint([]byte("a"), []rundir.Input{}, []data.Source{{Name: "n", SHA256: "s"}}) || len(base) != 8 {
		t.Error("the same is not the same")
	}
	for _, other := range []string{
		fingerprint([]byte("b"), nil, []data.Source{{Name: "n", SHA256: "s"}}),
		fingerprint([]byte("a"), nil, []data.Source{{Name: "n", SHA256: "t"}}),
		fingerprint([]byte("a"), []rundir.Input{{SHA256: "m"}}, []data.Source{{Name: "n", SHA256: "s"}}),
	} {
		if other == base {
			t.Error("what determines results does not change the name")
		}
	}
}

// TestExamples parses every example in the help texts: the commands and flags exist, and every command has one.
func TestExamples(t *testing.T) {
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			if sub.Name() == "completion" { // cobra's
				continue
			}
			visit(sub)
		}
		if c.Runnable() && !c.HasSubCommands() && c.Example == "" {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for _, line := range strings.Split(c.Example, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				parses(t, line)
			}
		}
	}
	visit(newRootCommand(&environment{}))
}

// What the files of relend init tell to run are commands.
func TestStartNamesCommands(t *testing.T) {
	err := fs.WalkDir(start, "start", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := start.ReadFile(path)
		for _, m := range regexp.MustCompile(`relend ([a-z]+) ([a-z]+)`).FindAllSubmatch(text, -1) {
			c, _, err := newRootCommand(&environment{}).Find([]string{string(m[1]), string(m[2])})
			if err == nil && c.HasParent() && c.HasSubCommands() {
				t.Errorf("%s: %s has no command %s", path, c.CommandPath(), m[2])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// parses checks that a command line names a command, flags that it has, and as many arguments as it takes.
func parses(t *testing.T, line string) {
	t.Helper()
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 { // within quotes
			part = strings.ReplaceAll(part, " ", "_")
		}
		words = append(words, part)
	}
	words = strings.Fields(strings.Join(words, ""))
	if words[0] != "relend" {
		t.Errorf("%q is not a command of relend", line)
		return
	}
	c, rest, err := newRootCommand(&environment{}).Find(words[1:])
	if err == nil {
		err = c.ParseFlags(rest)
	}
	if err == nil && c.Args != nil && !c.HasSubCommands() {
		err = c.Args(c, c.Flags().Args())
	}
	if err != nil && !errors.Is(err, pflag.ErrHelp) {
		t.Errorf("%q: %v", line, err)
	}
	if c.HasSubCommands() && c.Flags().NArg() > 0 {
		t.Errorf("%q: %s has no command %s", line, c.CommandPath(), c.Flags().Arg(0))
	}
}

// TestReadme runs every command of the README's shell blocks, in their order and in one folder: simulations with few
// paths, short, and of few borrowers where the README names no portfolio. .ci/run runs the first one as it is written,
// and the selfcheck. A comment "# exit N" at the end of a line gives its exit code.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates half a dozen times")
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, block := range regexp.MustCompile("(?s)```yaml\n# (\\S+)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		if err := os.WriteFile(block[1], []byte(block[2]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, complaints := relend("portfolio", "synth", "--borrowers", "500", "--seed", "1", "-o", "few.parquet"); code != exitOK {
		t.Fatal(complaints)
	}
	for _, c := range exitCodes {
		if row := fmt.Sprintf("| %d | %s |\n", c.code, c.meaning); !strings.Contains(string(text), row) {
			t.Errorf("the README lacks the row %s", row)
		}
	}
	ran := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for _, line := range strings.Split(strings.TrimSpace(block[1]), "\n") {
			command, comment, _ := strings.Cut(line, "#")
			command = strings.TrimSpace(strings.Replace(command, "go run ./cmd/relend", "relend", 1))
			want := exitOK
			if _, err := fmt.Sscanf(strings.TrimSpace(comment), "exit %d", &want); err != nil {
				want = exitOK
			}
			words := strings.Fields(strings.ReplaceAll(command, "'", ""))
			switch {
			case len(words) == 0 || words[0] == "go" || words[0] == "git" || words[0] == "cd":
				continue
			case words[0] != "relend":
				t.Errorf("%q is not a command of relend", line)
				continue
			case words[1] == "selfcheck": // TestChecks of its package runs it
				parses(t, command)
				continue
			case words[1] == "studies":
				words = append(words, "--paths", "8")
			case words[1] == "run":
				words = append(words, "--paths", "8", "--horizon", "6")
				if slices.Contains(words, "expect") {
					words = append(words, "--paths", "4", "--horizon", "1")
				}
				if !slices.Contains(words, "-p") {
					words = append(words, "-p", "few.parquet")
				}
			}
			ran++
			if code, _, complaints := relend(words[1:]...); code != want {
				t.Errorf("%s: exit code %d, want %d\n%s", line, code, want, complaints)
			}
		}
	}
	if ran < 5 {
		t.Errorf("only %d commands found in the README", ran)
	}
}
