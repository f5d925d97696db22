//go:build !unix

package sweepdir

import "os"

// Lock opens a lock file. On this system nothing keeps a second process away.
func Lock(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666) }
