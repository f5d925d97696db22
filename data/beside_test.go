package data

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

// A panic of a task is one of the caller, once all other tasks are done.
func TestBeside(t *testing.T) {
	var done atomic.Int32
	task := func() { done.Add(1) }
	Beside()
	Beside(task, task, task)
	defer func() {
		if text := fmt.Sprint(recover()); done.Load() != 5 || !strings.HasPrefix(text, "broken\n") || !strings.Contains(text, "beside_test.go") {
			t.Errorf("%d tasks done, recovered %s", done.Load(), text)
		}
	}()
	Beside(task, func() { panic("broken") }, task)
	t.Error("the panic is lost")
}
