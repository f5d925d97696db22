package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"relend/data"
)

// availableMemory is the number of bytes that the process may use in all: the least of the machine's available
// memory, the limit of its control group and GOMEMLIMIT. 0 where nothing is known.
func availableMemory() int64 {
	var own runtime.MemStats
	runtime.ReadMemStats(&own)
	least := int64(math.MaxInt64)
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		least = limit
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		if _, rest, ok := strings.Cut(string(text), "MemAvailable:"); ok {
			line, _, _ := strings.Cut(rest, "kB")
			if kB, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64); err == nil {
				least = min(least, kB<<10+int64(own.Sys))
			}
		}
	}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(file); err == nil {
			if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && limit > 0 {
				least = min(least, limit)
			}
		}
	}
	if least == math.MaxInt64 {
		return 0
	}
	return least
}

// memoryOfPath is what a path adds to the results.
func memoryOfPath(arms, months int) int64 {
	return int64(arms) * int64(months+1) * int64(data.NumCounters) * 8
}

// resident is the memory of the whole process at its peak: of a simulation, or, when that is over, of drawing the report
// from its results. The constants were measured.
func resident(simulation, results int64) int64 {
	const program, charts = 35 << 20, 75 << 20 // program: with the economies of the pilot
	return max(simulation+program, results+charts)
}

// frugal lets the collector run when garbage is a third of what is in use instead of all of it: a simulation makes
// little, and holds much.
func frugal() { garbage(30) }

// large is the number of loans of a portfolio from which it takes more memory than the program and what it draws.
const large = 1 << 18

// sparing calls f while a portfolio of so many loans is read or planned. If it is large, garbage may be a tenth of what is in use,
// most of which has no pointers and costs the collector nothing, and what is free afterwards goes back to the system.
func sparing[T any](loans int, f func() (T, error)) (T, error) {
	if loans < large {
		return f()
	}
	garbage(10)
	defer frugal()
	defer debug.FreeOSMemory()
	return f()
}

// garbage lets so many percent of what is in use grow before the collector runs. GOGC in the environment has precedence.
func garbage(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// checkMemory refuses a run that would need more memory than there is. need is the estimate for the whole
// process; perPath is the part of it that each path adds.
func checkMemory(available, need, perPath int64, paths int) error {
	if available == 0 || need <= available {
		return nil
	}
	advice := "fewer arms or a shorter horizon"
	if fit := int64(paths) - (need-available)/perPath - 1; fit >= 2 {
		fit -= fit % 2
		advice = fmt.Sprintf("at most %d paths (--paths %d), %s", fit, fit, advice)
	}
	ps := &data.Problems{Cause: data.BadConfig}
	ps.Add("memory", "the run needs about %s, %s are available: choose %s", size(need), size(available), advice)
	return ps
}

// size writes a number of bytes for people.
func size(bytes int64) string {
	if bytes < 1<<30 {
		return fmt.Sprintf("%.0f MiB", math.Ceil(float64(bytes)/(1<<20)))
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}
