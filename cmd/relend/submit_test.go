package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The manifests that the module in testdata/kubernetes reads strictly are those that the program writes.
func TestKubernetesManifests(t *testing.T) {
	t.Chdir(t.TempDir())
	s := &submission{Of: 4, By: "paths", Workers: 2, Memory: 300 << 20, Run: []string{"small.yaml", "--portfolio=loans.parquet"}, Output: "runs/Small & new", dir: "runs/Small & new.parts"}
	if err := s.begin(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o := &submitOptions{image: "registry.example/relend:1", claim: "loans", mount: "/relend", abreast: 3}
	if err := s.kubernetes(&environment{stdout: &out}, o); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "kubectl wait --for=condition=complete --timeout=-1s job/relend-small-new-") {
		t.Errorf("says: %s", out.String())
	}
	for _, name := range []string{"parts.yaml", "merge.yaml"} {
		got, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join(home, "testdata", "kubernetes", name)
		if *update {
			if err := os.WriteFile(golden, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not the golden one (%v):\n%s", name, err, got)
		}
	}
}

// home is the folder of the package: tests change theirs.
var home, _ = os.Getwd()

func TestRanges(t *testing.T) {
	for want, list := range map[string][]int{"": nil, "3": {3}, "1-3,5,7-8": {1, 2, 3, 5, 7, 8}} {
		if got := ranges(list); got != want {
			t.Errorf("%v: %q, want %q", list, got, want)
		}
	}
}

// Words for a shell are read back as they were, whatever the names of files.
func TestShell(t *testing.T) {
	s := &submission{Of: 3, By: "paths", Workers: 1, Run: []string{"it's.yaml", "--portfolio=a b$x.parquet"}, dir: "/tmp/my run.parts"}
	out, err := exec.Command("sh", "-c", `task=2; for a in `+s.shell("relend", `"$task"`)+`; do echo "$a"; done`).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := append([]string{"relend"}, s.arguments("2")...)
	if got := strings.Split(strings.TrimSpace(string(out)), "\n"); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q, want %q", got, want)
	}
}

// slurm starts a cluster of one machine and returns what ends a test without it.
func slurm(t *testing.T) {
	t.Helper()
	script := filepath.Join(home, "testdata", "slurm.sh")
	dir := t.TempDir()
	t.Setenv("SLURM_CONF", filepath.Join(dir, "slurm.conf"))
	out, err := exec.Command(script, "start", dir).CombinedOutput()
	t.Cleanup(func() {
		if out, err := exec.Command("scancel", "--full", "--user=root").CombinedOutput(); err != nil {
			t.Logf("scancel: %v\n%s", err, out)
		}
		if out, err := exec.Command(script, "stop", dir).CombinedOutput(); err != nil {
			t.Logf("slurm.sh stop: %v\n%s", err, out)
		}
	})
	if err != nil {
		t.Skipf("Slurm cannot be started here: %s", strings.TrimSpace(string(out)))
	}
}

// An array of parts runs on Slurm, one task is killed and resubmitted alone, and the merged run is the one that was not
// divided, byte for byte.
func TestSlurm(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	slurm(t)
	work := t.TempDir()
	t.Chdir(work)
	program := filepath.Join(work, "relend")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self) // a copy: a link would be followed to the name of the test
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, binary, 0o777); err != nil {
		t.Fatal(err)
	}
	relend := func(code int, args ...string) string {
		t.Helper()
		c := exec.Command(program, args...)
		out, _ := c.CombinedOutput() // the exit code is looked at
		if got := c.ProcessState.ExitCode(); got != code {
			t.Fatalf("relend %v: exit code %d, want %d\n%s", args, got, code, out)
		}
		return string(out)
	}
	experiment := "title: Small\nportfolio:\n  synthetic: {borrowers: 2000, seed: 3}\npaths: 96\nhorizon: 24 months\npolicies: [default, cooling_off_3]\n"
	if err := os.WriteFile("small.yaml", []byte(experiment), 0o666); err != nil {
		t.Fatal(err)
	}
	relend(0, "run", "small.yaml", "--quiet", "-o", "whole")
	if out := relend(3, "submit", "slurm", "small.yaml", "-o", "many", "--shards", "40"); !strings.Contains(out, "MaxArraySize of 33 allows at most 32") {
		t.Errorf("an array beyond MaxArraySize: %s", out)
	}

	partition := func(state string) {
		t.Helper()
		if out, err := exec.Command("scontrol", "update", "PartitionName=main", "State="+state).CombinedOutput(); err != nil {
			t.Fatalf("scontrol: %v\n%s", err, out)
		}
	}
	partition("DOWN") // no part may be done before one is taken away
	out := relend(0, "submit", "slurm", "small.yaml", "-o", "run", "--shards", "3", "--submit")
	var array, merge string
	for _, line := range strings.Split(out, "\n") {
		if n, _ := fmt.Sscanf(line, "submitted: array job %s merge job %s", &array, &merge); n == 2 {
			array, merge = strings.TrimSuffix(array, ","), strings.TrimSuffix(merge, ";")
		}
	}
	if array == "" {
		t.Fatalf("no jobs were submitted: %s", out)
	}
	if out, err := exec.Command("scancel", array+"_2").CombinedOutput(); err != nil {
		t.Fatalf("scancel: %v\n%s", err, out)
	}
	partition("UP")
	wait := func(what string, done func(status string) bool) string {
		t.Helper()
		for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
			out, _ := exec.Command(program, "submit", "status", "run").CombinedOutput() // exit code 9 while a part is missing
			if done(string(out)) {
				return string(out)
			}
		}
		log, _ := os.ReadFile("run.parts/log/1.txt")
		queue, _ := exec.Command("squeue").CombinedOutput()
		t.Fatalf("%s: not after three minutes\n%s\n%s", what, log, queue)
		return ""
	}
	status := wait("two parts of three", func(s string) bool { return strings.Contains(s, "done: 2 of 3") && strings.Contains(s, "failed: 2") })
	if !strings.Contains(status, "relend submit resubmit") || strings.Contains(status, "merged") {
		t.Errorf("status: %s", status)
	}
	// The merge of the first array cannot run any more and does not wait for ever.
	wait("the end of the first merge", func(string) bool {
		out, _ := exec.Command("squeue", "--noheader", "--jobs="+merge).CombinedOutput() // "Invalid job id" once forgotten
		return !strings.Contains(string(out), merge)
	})
	before, err := os.Stat("run.parts/1/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	if out := relend(0, "submit", "resubmit", "run"); !strings.Contains(out, "again: parts 2\n") {
		t.Errorf("resubmit: %s", out)
	}
	wait("the merged run", func(s string) bool { return strings.Contains(s, "merged: ") })
	if after, err := os.Stat("run.parts/1/manifest.json"); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("part 1 was run again: %v", err)
	}
	if err := sameRuns("whole", "run"); err != nil {
		t.Errorf("the merged run is another one:\n%v", err)
	}
}
