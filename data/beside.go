package data

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Beside runs tasks side by side and returns when all are done. A panic in one of them becomes a panic of the caller, who can
// recover from it, with the stack on which it came; of several the first.
func Beside(tasks ...func()) {
	var wg sync.WaitGroup
	var broken atomic.Pointer[string]
	for _, task := range tasks {
		wg.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					text := fmt.Sprintf("%v\n%s", v, debug.Stack())
					broken.CompareAndSwap(nil, &text)
				}
			}()
			task()
		})
	}
	wg.Wait()
	if text := broken.Load(); text != nil {
		panic(*text)
	}
}
