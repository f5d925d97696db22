package html

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relend/output"
)

// browser is a headless Chromium that takes commands of the DevTools protocol over two pipes.
type browser struct {
	t       *testing.T
	to      io.Writer
	answers chan message
	session string
	next    int
	events  []message
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// openBrowser starts Chromium, or skips the test where there is none.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		t.Skip("no Chromium on this machine: the page is not tried in a browser")
	}
	readCommands, commands, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, writeAnswers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "relend-browser-")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--remote-debugging-pipe", "--user-data-dir="+profile, "about:blank")
	c.ExtraFiles = []*os.File{readCommands, writeAnswers} // the program's descriptors 3 and 4
	if err := c.Start(); err != nil {
		t.Skipf("%s does not start: %v", program, err)
	}
	readCommands.Close()
	writeAnswers.Close()
	b := &browser{t: t, to: commands, answers: make(chan message, 10_000)}
	go func() {
		defer close(b.answers)
		for r := bufio.NewReader(answers); ; {
			raw, err := r.ReadBytes(0)
			if err != nil {
				return
			}
			var m message
			if json.Unmarshal(raw[:len(raw)-1], &m) == nil {
				b.answers <- m
			}
		}
	}()
	t.Cleanup(func() {
		commands.Close()
		c.Process.Kill()
		c.Wait()
		answers.Close()
		for range 50 { // its other processes may still be writing there
			if err = os.RemoveAll(profile); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Error(err)
	})
	var target struct{ TargetID, SessionID string }
	b.do("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	b.do("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &target)
	b.session = target.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.do(domain+".enable", nil, nil)
	}
	return b
}

// do sends a command and waits for its answer; events that come before it are kept.
func (b *browser) do(method string, params map[string]any, into any) {
	b.t.Helper()
	b.next++
	command := map[string]any{"id": b.next, "method": method, "params": params}
	if params == nil {
		command["params"] = map[string]any{}
	}
	if b.session != "" {
		command["sessionId"] = b.session
	}
	raw, err := json.Marshal(command)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(raw, 0)); err != nil {
		b.t.Fatal(err)
	}
	m, err := b.wait(func(m message) bool { return m.ID == b.next })
	if err != nil || m.Error != nil {
		b.t.Fatalf("%s: %v, %+v", method, err, m.Error)
	}
	if into != nil {
		if err := json.Unmarshal(m.Result, into); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *browser) wait(wanted func(message) bool) (message, error) {
	late := time.After(time.Minute)
	for {
		select {
		case m, ok := <-b.answers:
			if !ok {
				return m, errors.New("the browser has gone")
			}
			if m.ID == 0 {
				b.events = append(b.events, m)
			}
			if wanted(m) {
				return m, nil
			}
		case <-late:
			return message{}, errors.New("no answer for a minute")
		}
	}
}

// show opens a page at a width.
func (b *browser) show(url string, width int) {
	b.t.Helper()
	b.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	b.do("Page.navigate", map[string]any{"url": url}, nil)
	if _, err := b.wait(func(m message) bool { return m.Method == "Page.loadEventFired" }); err != nil {
		b.t.Fatal(err)
	}
}

// value evaluates an expression.
func (b *browser) value(expression string) string {
	b.t.Helper()
	var out struct {
		Result struct{ Value any }
	}
	b.do("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &out)
	return fmt.Sprint(out.Result.Value)
}

// In a browser the page loads without a message on the console and without a request, fits a phone and a desk without
// sideways scrolling, prints, and its script sorts and hides.
func TestBrowser(t *testing.T) {
	if os.Getenv("RELEND_SLOW") == "" {
		t.Skip("RELEND_SLOW is not set")
	}
	b := openBrowser(t)
	results := sample(policies, []string{"baseline"}, 16, 12)
	for _, language := range []output.Language{output.English, output.Chinese} {
		files, _ := Render(results, output.Options{Gates: gates, Language: language})
		page := filepath.Join(t.TempDir(), "report.html")
		if err := os.WriteFile(page, files.Bytes["report.html"], 0o600); err != nil {
			t.Fatal(err)
		}
		url := "file://" + page
		for _, width := range []int{360, 1440} {
			b.events = nil
			b.show(url, width)
			if got := b.value("document.documentElement.scrollWidth - document.documentElement.clientWidth"); got != "0" {
				t.Errorf("%v at %d: the page is %s too wide", language, width, got)
			}
			for _, e := range b.events {
				switch e.Method {
				case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
					t.Errorf("%v at %d: %s %s", language, width, e.Method, e.Params)
				case "Network.requestWillBeSent":
					if !strings.Contains(string(e.Params), `"url":"`+url+`"`) {
						t.Errorf("%v at %d: a request: %s", language, width, e.Params)
					}
				}
			}
		}
		if got := b.value(`document.querySelectorAll("#choice input").length`); got != fmt.Sprint(len(policies)) {
			t.Errorf("%v: %s arms to choose from", language, got)
		}
		if got := b.value(`(() => { const box = document.querySelectorAll("#choice input")[1]; box.click();
			return [...document.querySelectorAll("table.headline tbody")].filter(e => e.hidden).length })()`); got != "1" {
			t.Errorf("%v: %s rows hidden", language, got)
		}
		if got := b.value(`(() => { const table = document.querySelector("table.headline"); table.querySelectorAll("button.sort")[1].click();
			const list = [...table.tBodies].map(e => parseFloat(e.rows[0].cells[1].textContent)); return list.every((v, i) => i == 0 || list[i-1] <= v) })()`); got != "true" {
			t.Errorf("%v: the headline is not sorted by its first measure", language)
		}
		var printed struct{ Data string }
		b.do("Page.printToPDF", map[string]any{"preferCSSPageSize": true}, &printed)
		if raw, err := base64.StdEncoding.DecodeString(printed.Data); err != nil || !strings.HasPrefix(string(raw), "%PDF-") || len(raw) < 20_000 {
			t.Errorf("%v: printed %d bytes, %v", language, len(raw), err)
		} else if !strings.Contains(string(raw), "/MediaBox [0 0 595.9") && !strings.Contains(string(raw), "/MediaBox [0 0 594.9") {
			t.Errorf("%v: not printed on A4", language)
		}
	}
}
