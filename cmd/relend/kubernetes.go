package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// kubernetes writes the Indexed Job of the parts and the Job that merges them. Names of files are those on the volume,
// from where it is mounted.
func (s *submission) kubernetes(env *environment, o *submitOptions) error {
	name := strings.Trim(notDNS.ReplaceAllString(strings.ToLower("relend-"+filepath.Base(s.Output)), "-"), "-")
	name = strings.TrimRight(name[:min(len(name), 40)], "-") + "-" + digest([]byte(strings.Join(s.Run, "\n")))[:8]
	// A part that is there is not run again. Indices count from 0.
	part := "part=$((JOB_COMPLETION_INDEX + 1)); test -e " + quote(s.dir) + `/"$part"/manifest.json || exec ` + s.shell("relend", `"$part"`)
	spec := fmt.Sprintf("  completionMode: Indexed\n  completions: %d\n  parallelism: %d\n  backoffLimitPerIndex: 2\n  maxFailedIndexes: %d\n", s.Of, min(s.Of, cmp.Or(o.abreast, s.Of)), s.Of) +
		// Mistakes do not go away: see relend help exit-codes.
		fmt.Sprintf("  podFailurePolicy:\n    rules:\n      - action: FailIndex\n        onExitCodes: {operator: In, values: [%d, %d, %d, %d]}\n", exitUsage, exitConfig, exitData, exitInvariant)
	parts, final := filepath.Join(s.dir, "parts.yaml"), filepath.Join(s.dir, "merge.yaml")
	if err := errors.Join(s.write("parts.yaml", s.job(o, name, spec, part, s.Workers)),
		s.write("merge.yaml", s.job(o, name+"-merge", "  backoffLimit: 2\n", "exec "+s.merging("relend"), 1))); err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "written: %s, %s; to run them:\n  kubectl apply -f %s\n  kubectl wait --for=condition=complete --timeout=-1s job/%s\n  kubectl apply -f %s\n", parts, final, quote(parts), name, quote(final))
	return nil
}

var notDNS = regexp.MustCompile(`[^a-z0-9]+`)

// job writes a Job whose pods run a line of shell in the folder of the volume. Texts are JSON, which YAML contains.
func (s *submission) job(o *submitOptions, name, spec, line string, processors int) string {
	text := func(v string) string {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(v) // a string can be written
		return strings.TrimSpace(b.String())
	}
	volume := "persistentVolumeClaim: {claimName: " + text(o.claim) + "}"
	if o.host != "" {
		volume = "hostPath: {path: " + text(o.host) + "}"
	}
	memory := fmt.Sprintf("%dMi", (s.Memory>>20)+1)
	return fmt.Sprintf(`apiVersion: batch/v1
kind: Job
metadata:
  name: %s
spec:
%s  template:
    spec:
      restartPolicy: Never
      containers:
        - name: relend
          image: %s
          workingDir: %s
          command: ["/bin/sh", "-c", %s]
          resources:
            requests: {cpu: "%d", memory: %s}
            limits: {memory: %s}
          volumeMounts:
            - {name: work, mountPath: %s}
      volumes:
        - name: work
          %s
`, name, spec, text(o.image), text(o.mount), text(line), processors, memory, memory, text(o.mount), volume)
}
