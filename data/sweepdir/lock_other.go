//go:build !unix

package sweepdir

import "os"

// lock opens the lock file. On this system nothing keeps a second process away.
func lock(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666) }
