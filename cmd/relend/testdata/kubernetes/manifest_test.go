// Package kubernetes checks the manifests of relend submit kubernetes against the types of Kubernetes. It is a module of
// its own, so that relend does not depend on them.
package kubernetes

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// strict reads a manifest as the API server does with strict validation: every field is known, in its case, and there once.
func strict(text []byte) (*batch.Job, error) {
	raw, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, err
	}
	job := new(batch.Job)
	departures, err := json.UnmarshalStrict(raw, job)
	return job, errors.Join(append(departures, err)...)
}

func decode(t *testing.T, file string) *batch.Job {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	job, err := strict(text)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if job.APIVersion != "batch/v1" || job.Kind != "Job" {
		t.Errorf("%s: %s %s", file, job.APIVersion, job.Kind)
	}
	pod := job.Spec.Template.Spec
	if pod.RestartPolicy != core.RestartPolicyNever || len(pod.Containers) != 1 || len(pod.Volumes) != 1 {
		t.Errorf("%s: %+v", file, pod)
	}
	c := pod.Containers[0]
	if len(c.VolumeMounts) != 1 || c.VolumeMounts[0].Name != pod.Volumes[0].Name || c.WorkingDir != c.VolumeMounts[0].MountPath {
		t.Errorf("%s: the volume %q is not where the work is done: %+v", file, pod.Volumes[0].Name, c)
	}
	if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().Value() < 50<<20 || c.Resources.Limits.Memory().Cmp(*c.Resources.Requests.Memory()) != 0 {
		t.Errorf("%s: resources %+v", file, c.Resources)
	}
	return job
}

func TestManifests(t *testing.T) {
	parts, merge := decode(t, "parts.yaml"), decode(t, "merge.yaml")
	s := parts.Spec
	if s.CompletionMode == nil || *s.CompletionMode != batch.IndexedCompletion || *s.Completions != 4 || *s.Parallelism != 3 || *s.BackoffLimitPerIndex != 2 {
		t.Errorf("parts: %+v", s)
	}
	// An index that cannot succeed is not tried again; this needs a limit per index and pods that are not restarted.
	if rule := s.PodFailurePolicy.Rules[0]; rule.Action != batch.PodFailurePolicyActionFailIndex || rule.OnExitCodes.Operator != batch.PodFailurePolicyOnExitCodesOpIn {
		t.Errorf("parts: %+v", rule)
	}
	if v := parts.Spec.Template.Spec.Volumes[0]; v.PersistentVolumeClaim == nil || v.PersistentVolumeClaim.ClaimName != "loans" {
		t.Errorf("volume: %+v", v)
	}
	if merge.Spec.CompletionMode != nil || merge.Name != parts.Name+"-merge" {
		t.Errorf("merge %s: %+v", merge.Name, merge.Spec)
	}
}

// A misspelt field and one in the wrong place are refused: the strict reading is one.
func TestStrict(t *testing.T) {
	text, err := os.ReadFile("parts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"backoffLimitPerIndex": "backoffLimitPerindex", "claimName": "name", "  completions:": "  template2:"} {
		changed := bytes.Replace(text, []byte(from), []byte(to), 1)
		if bytes.Equal(changed, text) {
			t.Fatalf("the manifest has no %q", strings.TrimSpace(from))
		}
		if _, err := strict(changed); err == nil {
			t.Errorf("%s instead of %s is accepted", to, from)
		}
	}
}
