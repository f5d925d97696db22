package rundir

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"relend/data"
)

// seal is the last field of a manifest: the SHA-256 of the manifest's own bytes with zeros in its place. It finds what
// changed by accident; it is no signature.
var seal = regexp.MustCompile(`"seal": "([0-9a-f]{64})"\n}\n$`)

const unsealed = "0000000000000000000000000000000000000000000000000000000000000000"

// sealed writes the seal into an encoded manifest that has zeros there.
func sealed(raw []byte) []byte {
	sum := sha256.Sum256(raw)
	at := bytes.LastIndex(raw, []byte(unsealed))
	return append(append(bytes.Clone(raw[:at]), hex.EncodeToString(sum[:])...), raw[at+len(unsealed):]...)
}

// checkSeal says what is wrong with the bytes of a manifest, "" for nothing. A manifest of an older program has no seal.
func checkSeal(raw []byte) string {
	at := seal.FindSubmatchIndex(raw)
	if at == nil {
		var m Manifest
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&m); err != nil {
			return fmt.Sprintf("has changed since it was written: %v", err)
		}
		if m.Seal != "" {
			return "has changed since it was written: its seal is not at its end"
		}
		return ""
	}
	zeroed := bytes.Clone(raw)
	copy(zeroed[at[2]:], unsealed)
	if sum := sha256.Sum256(zeroed); hex.EncodeToString(sum[:]) != string(raw[at[2]:at[3]]) {
		return "has changed since it was written: its own SHA-256 is not the seal in it"
	}
	return ""
}

// Check compares every file of a run directory with its manifest, and the manifest with its seal: the error is a
// *data.Problems that names each file that is missing, changed, or not listed. It returns the manifest where there is one.
func Check(dir string) (*Manifest, error) {
	m, err := readManifest(dir)
	if m == nil {
		return nil, err
	}
	problems := &data.Problems{Cause: data.BadData}
	add := func(name, format string, args ...any) {
		problems.List = append(problems.List, data.Problem{File: filepath.Join(dir, filepath.FromSlash(name)), Message: fmt.Sprintf(format, args...)})
	}
	raw, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if err != nil {
		return nil, bad(dir, "cannot read %s: %v", ManifestFile, cause(err))
	}
	if wrong := checkSeal(raw); wrong != "" {
		add(ManifestFile, "%s", wrong)
	}
	listed := map[string]bool{}
	for _, f := range m.Files {
		listed[f.Name] = true
		sum, size, err := hash(filepath.Join(dir, filepath.FromSlash(f.Name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			add(f.Name, "is missing from the run directory")
		case err != nil:
			add(f.Name, "cannot read: %v", cause(err))
		case sum != f.SHA256:
			add(f.Name, "has changed since it was written: its SHA-256 is not the one in %s", ManifestFile)
		case size != f.Bytes:
			add(f.Name, "has %d bytes, %s says %d", size, ManifestFile, f.Bytes)
		}
	}
	for _, name := range computed {
		if !listed[name] && !slices.Contains(later, name) {
			add(name, "is not listed in %s", ManifestFile)
		}
	}
	names, total, err := foreign(dir, m)
	if err != nil {
		return m, bad(dir, "cannot be listed: %v", cause(err))
	}
	if total > 0 {
		add("", "holds files that are not listed in %s: %s", ManifestFile, list(names, total))
	}
	return m, problems.Err()
}

// Sealed reports whether the manifest covers its own bytes, as those of older programs do not.
func (m *Manifest) Sealed() bool { return m.Seal != "" }
