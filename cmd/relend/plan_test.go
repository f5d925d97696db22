package main

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A plan's error bars are those of the run: with the pilot as long as the run, exactly.
func TestPlanForecastsTheRun(t *testing.T) {
	var text strings.Builder
	if code := run(context.Background(), []string{"plan", "quick", "--precision", "default_rate=±5bp@95%", "--precision", "default_rate=±10bp@95%", "--json"}, &text, io.Discard); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	var f forecast
	if err := json.Unmarshal([]byte(text.String()), &f); err != nil {
		t.Fatal(err)
	}
	half := f.ErrorBars[0].Half
	if f.Pilot.Paths != f.Paths || len(f.ErrorBars) != 2 || !(half > 0) {
		t.Fatalf("%+v", f)
	}
	tight, wide := f.Precision[0], f.Precision[1]
	want := float64(f.Paths) * math.Pow(half/.0005, 2)
	if math.Abs(float64(tight.Paths)-want) > 3 {
		t.Errorf("±%.1fbp with %d paths: ±5bp takes %.0f paths, planned are %d", half*1e4, f.Paths, want, tight.Paths)
	}
	if !(tight.Least < tight.Paths && tight.Paths < tight.Most) || wide.Paths >= tight.Paths || !(tight.Seconds > wide.Seconds) {
		t.Errorf("%+v, %+v", tight, wide)
	}
}

// The larger of simulation and report decides; both grow with what is held.
func TestResident(t *testing.T) {
	if a, b := resident(1<<30, 0), resident(0, 1<<30); a <= 1<<30 || b <= 1<<30 || resident(1<<30, 1<<20) != a {
		t.Errorf("%d, %d", a, b)
	}
	if memoryOfPath(2, 12) != 2*memoryOfPath(1, 12) || memoryOfPath(1, 25) != memoryOfPath(1, 12)*2 {
		t.Error("a path's memory does not grow with arms and months")
	}
}

// What a plan says of memory is what the process takes at its peak, to a fifth.
func TestMemoryIsForeseen(t *testing.T) {
	if os.Getenv("RELEND_SLOW") == "" {
		t.Skip("RELEND_SLOW is not set")
	}
	dir := t.TempDir()
	tape, experiment := filepath.Join(dir, "tape.parquet"), filepath.Join(dir, "one.yaml")
	if err := os.WriteFile(experiment, []byte("title: one\nhorizon: 12 months\npolicies: [default]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	relend := func(arguments ...string) (said []byte, peak int64) {
		var complaints strings.Builder
		c := exec.Command("relend", arguments...)
		c.Stderr = &complaints
		said, err := c.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", arguments, err, complaints.String())
		}
		return said, c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10 // kB on Linux
	}
	relend("portfolio", "synth", "--borrowers", "600000", "-o", tape)
	for _, name := range []string{experiment, "ten_policies"} {
		choices := []string{name, "-p", tape, "--paths", "64", "--sample", "2000", "--workers", "2"}
		text, _ := relend(append([]string{"plan", "--json"}, choices...)...)
		var f forecast
		if err := json.Unmarshal(text, &f); err != nil {
			t.Fatal(err)
		}
		_, peak := relend(append([]string{"run", "--quiet", "-o", filepath.Join(dir, "run"), "--force"}, choices...)...)
		if ratio := float64(f.Memory) / float64(peak); ratio < .8 || ratio > 1.2 {
			t.Errorf("%s: foreseen %s, taken %s", name, size(f.Memory), size(peak))
		} else {
			t.Logf("%s: foreseen %s, taken %s", name, size(f.Memory), size(peak))
		}
	}
}
