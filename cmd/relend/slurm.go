package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// slurm writes the array job of the parts and the job that merges them, and submits them where asked to.
func (s *submission) slurm(ctx context.Context, env *environment, o *submitOptions) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	head := func(name, log string, more ...string) string {
		lines := slices.Concat([]string{"--job-name=" + name, "--chdir=" + here, "--output=" + filepath.Join(s.dir, "log", log), "--open-mode=truncate",
			fmt.Sprintf("--mem=%dM", (s.Memory>>20)+1)}, more, o.sbatch)
		for i, l := range lines {
			lines[i] = "#SBATCH " + strings.ReplaceAll(l, " ", `\ `)
		}
		return "#!/bin/sh\n" + strings.Join(lines, "\n") + "\nexec "
	}
	name := "relend-" + filepath.Base(s.Output)
	array := head(name, "%a.txt", fmt.Sprintf("--array=1-%d", s.Of), fmt.Sprintf("--cpus-per-task=%d", s.Workers)) + s.shell(program, `"$SLURM_ARRAY_TASK_ID"`) + "\n"
	joined := head(name+"-merge", "merge.txt") + s.merging(program) + "\n"
	if err := errors.Join(s.write("parts.sh", array), s.write("merge.sh", joined)); err != nil {
		return err
	}
	parts, final := filepath.Join(s.dir, "parts.sh"), filepath.Join(s.dir, "merge.sh")
	if !o.now {
		fmt.Fprintf(env.stdout, "written: %s, %s; to submit them:\n  job=$(sbatch --parsable %s)\n  sbatch --dependency=afterok:$job --kill-on-invalid-dep=yes %s\n", parts, final, quote(parts), quote(final))
		return nil
	}
	return s.hand(ctx, env, "", "")
}

// hand submits the array, or some tasks of it, and the merge that waits for it; after is a further dependency.
func (s *submission) hand(ctx context.Context, env *environment, tasks, after string) error {
	args := []string{"--parsable"}
	if tasks != "" {
		args = append(args, "--array="+tasks)
	}
	job, err := sbatch(ctx, append(args, filepath.Join(s.dir, "parts.sh"))...)
	if err != nil {
		return err
	}
	s.Jobs = append(s.Jobs, job)
	if err := s.save(); err != nil { // a job that runs is never forgotten
		return err
	}
	if s.Merge, err = sbatch(ctx, "--parsable", "--dependency=afterok:"+job+after, "--kill-on-invalid-dep=yes", filepath.Join(s.dir, "merge.sh")); err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "submitted: array job %s, merge job %s; relend submit status %s\n", job, s.Merge, quote(strings.TrimSuffix(s.dir, ".parts")))
	return s.save()
}

// resubmitSlurm submits the parts again that failed. A merge that could still run is called off for the new one.
func (s *submission) resubmitSlurm(ctx context.Context, env *environment) error {
	queue, err := s.queue(ctx)
	if err != nil {
		return err
	}
	failed := slices.DeleteFunc(s.missing(), func(i int) bool { return queue[i] != "" })
	if len(failed) == 0 && len(queue) > 0 {
		return usage("no part has failed: %d are running or waiting", len(queue))
	}
	if s.Merge != "" {
		// It fails for a job that has ended, which is what is wanted.
		_ = exec.CommandContext(ctx, "scancel", s.Merge).Run()
	}
	if len(failed) == 0 { // the merge alone did
		if s.Merge, err = sbatch(ctx, "--parsable", filepath.Join(s.dir, "merge.sh")); err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "submitted: merge job %s\n", s.Merge)
		return s.save()
	}
	after := ""
	if len(queue) > 0 {
		after = ",afterany:" + strings.Join(s.Jobs, ":")
	}
	fmt.Fprintf(env.stdout, "again: parts %s\n", ranges(failed))
	return s.hand(ctx, env, ranges(failed), after)
}

// squeue asks Slurm for the parts that are running or waiting.
func (s *submission) squeue(ctx context.Context) (map[int]string, error) {
	queue := map[int]string{}
	for _, job := range s.Jobs {
		text, err := tool(ctx, "squeue", "--noheader", "--array", "--jobs="+job, "--format=%K %T")
		if err != nil && strings.Contains(err.Error(), "Invalid job id") {
			continue // it has ended and is forgotten
		}
		if err != nil {
			return nil, err
		}
		for _, line := range strings.Split(text, "\n") {
			var task int
			var state string
			if n, _ := fmt.Sscan(line, &task, &state); n == 2 {
				queue[task] = map[bool]string{true: "waiting", false: "running"}[state == "PENDING"]
			}
		}
	}
	return queue, nil
}

func sbatch(ctx context.Context, args ...string) (job string, err error) {
	text, err := tool(ctx, "sbatch", args...)
	job, _, _ = strings.Cut(strings.TrimSpace(text), ";") // a cluster's name may follow
	return job, err
}

// tool runs a program of Slurm and returns what it prints.
func tool(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	var failed *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", usage("%s is not there: relend submit slurm --submit, status and resubmit need the programs of Slurm", name)
	case errors.As(err, &failed):
		return "", fmt.Errorf("%s: %s", name, strings.TrimSpace(string(failed.Stderr)))
	case err != nil:
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return string(out), nil
}

var arraySize = regexp.MustCompile(`(?m)^MaxArraySize\s*=\s*(\d+)`)

// maxArraySize is that of the cluster, 1001 (Slurm's default) where it cannot be asked.
func maxArraySize(ctx context.Context) int {
	text, err := tool(ctx, "scontrol", "show", "config")
	if m := arraySize.FindStringSubmatch(text); err == nil && m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n > 1 {
			return n
		}
	}
	return 1001
}
