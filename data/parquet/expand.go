package parquet

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"relend/data"
)

// Expand turns what a user named into files: a file stands for itself, a directory for the *.parquet files in
// it and below (names beginning with "." or "_" are left out, as writers use them for their own records), and
// anything else is a glob pattern whose matches are treated the same way. The files come sorted, each once.
// A pattern that yields nothing is a problem; all problems are returned together as *data.Problems.
func Expand(patterns []string) ([]string, error) {
	problems := &data.Problems{Cause: data.BadData}
	var files []string
	for _, pattern := range patterns {
		found, err := expandOne(pattern)
		if err != nil {
			problems.List = append(problems.List, data.Problem{File: pattern, Message: err.Error()})
		}
		files = append(files, found...)
	}
	if len(patterns) == 0 {
		problems.Add("", "no portfolio file is named")
	}
	slices.Sort(files)
	return slices.Compact(files), problems.Err()
}

func expandOne(pattern string) ([]string, error) {
	if info, err := os.Stat(pattern); err == nil {
		if info.IsDir() {
			return parquetFilesIn(pattern)
		}
		return []string{filepath.Clean(pattern)}, nil
	} else if !os.IsNotExist(err) {
		return nil, fmt.Errorf("cannot be opened: %w", bare(err))
	}
	if !strings.ContainsAny(pattern, "*?[") {
		return nil, fmt.Errorf("no such file or directory%s", neighbours(pattern))
	}
	matches, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("not a valid glob pattern")
	}
	if len(matches) == 0 {
		return nil, fmt.Errorf("no file matches this pattern")
	}
	var files []string
	for _, m := range matches {
		if info, err := os.Stat(m); err == nil && info.IsDir() {
			inside, err := parquetFilesIn(m)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m, err)
			}
			files = append(files, inside...)
			continue
		}
		files = append(files, filepath.Clean(m))
	}
	return files, nil
}

func parquetFilesIn(dir string) ([]string, error) {
	var files []string
	others := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		hidden := path != dir && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_"))
		switch {
		case entry.IsDir() && hidden:
			return filepath.SkipDir
		case entry.IsDir() || hidden:
		case strings.EqualFold(filepath.Ext(name), ".parquet"):
			files = append(files, path)
		default:
			others++
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot be listed: %w", bare(err))
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("the directory holds no .parquet file (%d other files)", others)
	}
	return files, nil
}

// neighbours suggests a file of the same directory when a name is misspelt.
func neighbours(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return data.DidYouMean(filepath.Base(path), names)
}

// bare drops the operation and path that the os package puts before a reason, as our messages name the file.
func bare(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		return e.Err
	}
	return err
}
