package rundir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relend/data"
)

// A byte changed anywhere in a run directory is found and the file named; of the manifest every single byte is tried.
func TestCheckFindsAnyByte(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	finish(t, dir, false)
	if _, err := Check(dir); err != nil {
		t.Fatalf("a whole directory: %v", err)
	}
	tried := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		must(t, err)
		if d.Name() == ManifestFile {
			for at := range raw {
				for _, bit := range []byte{1, 0x20} {
					raw[at] ^= bit
					if checkSeal(raw) == "" {
						t.Errorf("byte %d of the manifest changed unseen", at)
					}
					raw[at] ^= bit
				}
			}
		}
		for _, at := range []int{0, len(raw) / 3, len(raw) / 2, len(raw) - 1} {
			for _, bit := range []byte{1, 0x20} { // 0x20 turns small letters into capitals, which readers of JSON forgive
				raw[at] ^= bit
				must(t, os.WriteFile(path, raw, 0o666))
				_, err := Check(dir)
				var problems *data.Problems
				// A manifest that cannot be read is named as such; one that lists other files names those, and itself.
				if !errors.As(err, &problems) || problems.Cause != data.BadData || !strings.Contains(err.Error(), path) {
					t.Fatalf("byte %d of %s: %v", at, path, err)
				}
				raw[at] ^= bit
				tried++
			}
		}
		return os.WriteFile(path, raw, 0o666)
	})
	must(t, err)
	if _, err := Check(dir); err != nil || tried < 20 {
		t.Errorf("after all is mended: %v (%d tried)", err, tried)
	}
	must(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o666))
	must(t, os.Remove(filepath.Join(dir, filepath.FromSlash(PathsFile))))
	_, err = Check(dir)
	for _, want := range []string{"not listed in manifest.json: notes.txt", "paths.parquet: is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// The manifest of an older program has no seal and is taken as it is; one whose seal was taken away is not the same.
func TestUnsealed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	finish(t, dir, false)
	path := filepath.Join(dir, ManifestFile)
	raw, err := os.ReadFile(path)
	must(t, err)
	at := strings.LastIndex(string(raw), ",\n  \"seal\"")
	must(t, os.WriteFile(path, append(raw[:at:at], "\n}\n"...), 0o666))
	if m, err := Check(dir); err != nil || m.Sealed() {
		t.Errorf("without a seal: %v, %v", m, err)
	}
	must(t, os.WriteFile(path, append(raw[:at:at], ",\n  \"soul\": \"\"\n}\n"...), 0o666))
	if _, err := Check(dir); err == nil || !strings.Contains(err.Error(), "unknown field \"soul\"") {
		t.Errorf("with an unknown field: %v", err)
	}
}
