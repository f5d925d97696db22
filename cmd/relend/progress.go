package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/pflag"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"relend/data"
)

// progressMode is the value of --progress.
type progressMode string

var progressModes = []string{"auto", "plain", "off"}

func (m *progressMode) String() string { return string(*m) }
func (m *progressMode) Type() string   { return "auto|plain|off" }
func (m *progressMode) Set(s string) error {
	for _, known := range progressModes {
		if s == known {
			*m = progressMode(s)
			return nil
		}
	}
	return fmt.Errorf("%q is not one of auto, plain, off%s", s, data.DidYouMean(s, progressModes))
}

var _ pflag.Value = (*progressMode)(nil)

// progress shows how far a run is: a bar on a terminal, a plain line every half minute otherwise. Nothing of it
// reaches the run directory.
type progress struct {
	show func(done, total int)
	stop func()
}

// every is the time between two plain lines.
const every = 30 * time.Second

func newProgress(mode progressMode, w io.Writer, total int, now func() time.Time) progress {
	return newProgressOf("paths", mode, w, total, now)
}

// newProgressOf is newProgress of something else than paths.
func newProgressOf(what string, mode progressMode, w io.Writer, total int, now func() time.Time) progress {
	start := now()
	left := func(done int) time.Duration {
		return time.Duration(float64(now().Sub(start)) / float64(done) * float64(total-done)).Round(time.Second)
	}
	switch {
	case mode == "off":
		return progress{nil, func() {}}
	case mode == "auto" && width(w) > 0: // a terminal without a size shows no bar
		return newBar(what, w, total, left)
	}
	last := start
	return progress{
		show: func(done, total int) {
			if t := now(); t.Sub(last) >= every {
				last = t
				fmt.Fprintf(w, "relend: %d of %d %s, %v left\n", done, total, what, left(done))
			}
		},
		stop: func() {},
	}
}

func newBar(what string, w io.Writer, total int, left func(done int) time.Duration) progress {
	bars := mpb.New(mpb.WithOutput(w), mpb.WithWidth(48))
	bar := bars.AddBar(int64(total),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.CountersNoUnit("%d of %d "+what+" ")),
		mpb.AppendDecorators(decor.Percentage(), decor.Any(func(s decor.Statistics) string {
			if s.Current == 0 {
				return ""
			}
			return fmt.Sprintf(", %v left", left(int(s.Current)))
		})))
	return progress{
		show: func(done, _ int) { bar.SetCurrent(int64(done)) },
		stop: func() {
			bar.Abort(true)
			bars.Wait()
		},
	}
}

// width is the number of columns of a terminal, 0 of anything else.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			return columns
		}
	}
	return 0
}
