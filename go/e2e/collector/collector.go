// Package collector runs a built Collector as its users do: a process with a configuration, free loopback ports,
// a health check, metrics, and a signal to stop.
package collector

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Collector is a running Collector.
type Collector struct {
	Ports   Ports
	command *exec.Cmd
	output  *output
	exited  chan struct{}
	err     error // of the process; read after exited is closed
}

// Options say how to start one.
type Options struct {
	Binary string
	Config string   // path of the configuration
	Args   []string // beside the configuration
	Env    []string // beside the environment of this process and the ports
	Dir    string   // working directory; empty: this process's
	Ports  Ports
	Log    io.Writer // where the Collector's log goes as it comes; nil: only kept
	// System says as whom and in which root the process runs; nil: as this one. It ends with this process in any case.
	System *syscall.SysProcAttr
}

// Start starts the Collector and waits until it is healthy. When it does not start, the error holds what it printed.
func Start(ctx context.Context, options Options) (*Collector, error) {
	c := &Collector{Ports: options.Ports, output: &output{also: options.Log}, exited: make(chan struct{})}
	c.command = exec.Command(options.Binary, append([]string{"--config", options.Config}, options.Args...)...)
	c.command.Dir = options.Dir
	c.command.Env = append(append(os.Environ(), options.Ports.Env()...), options.Env...)
	c.command.Stdout, c.command.Stderr = c.output, c.output
	// An interrupt at the terminal reaches the whole group; the Collector is stopped by its runner alone.
	c.command.SysProcAttr = &syscall.SysProcAttr{}
	if options.System != nil {
		*c.command.SysProcAttr = *options.System
	}
	c.command.SysProcAttr.Setpgid, c.command.SysProcAttr.Pdeathsig = true, syscall.SIGTERM
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		c.err = c.command.Wait()
		close(c.exited)
	}()
	deadline, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		select {
		case <-c.exited:
			return nil, &StartError{Output: c.Log(), Err: c.err}
		case <-deadline.Done():
			return nil, errors.Join(fmt.Errorf("the Collector did not get healthy: %w\n%s", deadline.Err(), c.Log()), c.Kill())
		case <-time.After(50 * time.Millisecond):
			if c.healthy(deadline) {
				return c, nil
			}
		}
	}
}

// StartError is a Collector that ended before it was healthy.
type StartError struct {
	Output string
	Err    error
}

func (e *StartError) Error() string {
	return fmt.Sprintf("the Collector did not start (%v); it printed:\n%s", e.Err, e.Output)
}

func (e *StartError) Unwrap() error { return e.Err }

func (c *Collector) healthy(ctx context.Context) bool {
	body, err := c.get(ctx, "http://"+c.Ports.Health)
	return err == nil && len(body) > 0
}

// Health is what the health check answers, and an error where that is not 200.
func (c *Collector) Health(ctx context.Context, query string) (string, error) {
	body, err := c.get(ctx, "http://"+c.Ports.Health+query)
	return string(body), err
}

func (c *Collector) get(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, response.Status)
	}
	return body, err
}

// Sample is one series of the Collector's own metrics.
type Sample struct {
	Name   string
	Labels string // as Prometheus prints them, without the braces
	Value  float64
}

// Metrics reads the Collector's own metrics whose names begin with prefix.
func (c *Collector) Metrics(ctx context.Context, prefix string) ([]Sample, error) {
	body, err := c.get(ctx, "http://"+c.Ports.Metrics+"/metrics")
	if err != nil {
		return nil, err
	}
	var samples []Sample
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasPrefix(line, prefix) {
			continue
		}
		cut := strings.LastIndexByte(line, ' ')
		if cut < 0 {
			continue
		}
		value, err := strconv.ParseFloat(line[cut+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("metric %q: %w", line, err)
		}
		name, labels, _ := strings.Cut(line[:cut], "{")
		samples = append(samples, Sample{name, strings.TrimSuffix(labels, "}"), value})
	}
	return samples, lines.Err()
}

// WaitDecided returns once the betrace processor holds no open trace, which is when every verdict is given, or
// when the time is over.
func (c *Collector) WaitDecided(ctx context.Context, atMost time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	for {
		samples, err := c.Metrics(ctx, "otelcol_processor_betrace_live_traces")
		if err != nil {
			return fmt.Errorf("wait for the verdicts: %w", err)
		}
		if len(samples) > 0 && sum(samples) == 0 {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-c.exited:
			return errors.New("the Collector ended by itself:\n" + c.Log())
		case <-ctx.Done():
			return fmt.Errorf("%v traces are still open after %s", sum(samples), atMost)
		}
	}
}

func sum(samples []Sample) float64 {
	var total float64
	for _, sample := range samples {
		total += sample.Value
	}
	return total
}

// Stop asks the Collector to end, which flushes everything, and waits for it.
func (c *Collector) Stop(ctx context.Context) error {
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-c.exited:
		if c.err != nil {
			return fmt.Errorf("the Collector ended with %w:\n%s", c.err, c.Log())
		}
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("the Collector did not end when asked:\n%s", c.Log()), c.Kill())
	}
}

// Reload asks the Collector to read its configuration anew and to start all its components again, and does not wait for it.
func (c *Collector) Reload() error { return c.command.Process.Signal(syscall.SIGHUP) }

// Kill ends the process at once.
func (c *Collector) Kill() error {
	err := c.command.Process.Kill()
	<-c.exited
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Processor is how long the process has run on processors so far.
func (c *Collector) Processor() (time.Duration, error) {
	// The clock of another process's time has its id's complement above three bits, of which two say that it is the scheduler's own
	// figure: nanoseconds, where /proc/PID/stat has hundredths of a second, threads that ended included.
	clock := int32(^c.command.Process.Pid)<<3 | 2
	var spent unix.Timespec
	if err := unix.ClockGettime(clock, &spent); err != nil {
		return 0, fmt.Errorf("the system does not say what the process worked: %w", err)
	}
	return time.Duration(spent.Nano()), nil
}

// Resident is how many bytes of memory the process holds.
func (c *Collector) Resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", c.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		return 0, err
	}
	return pages * int64(os.Getpagesize()), nil
}

// Exited is closed when the process has ended.
func (c *Collector) Exited() <-chan struct{} { return c.exited }

// Log is what the Collector printed so far.
func (c *Collector) Log() string { return c.output.String() }

// output keeps what a process prints.
type output struct {
	mu   sync.Mutex
	kept bytes.Buffer
	also io.Writer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.also != nil {
		if _, err := o.also.Write(p); err != nil {
			return 0, err
		}
	}
	return o.kept.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.kept.String()
}
