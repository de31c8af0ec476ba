package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrNotLoopback says that an endpoint could be reached from outside.
var ErrNotLoopback = errors.New("is not on loopback: the page shows names and messages out of traces, and asks nobody who he is; write localhost:PORT, and reach it from elsewhere through a tunnel (`kubectl port-forward`)")

// Check says what is wrong with an endpoint, host:port on loopback.
func Check(endpoint string) error {
	host, port, err := net.SplitHostPort(endpoint)
	if err != nil {
		return fmt.Errorf("%q is no host:port: %w", endpoint, err)
	}
	if number, err := strconv.Atoi(port); err != nil || number < 0 || number > 65535 {
		return fmt.Errorf("%q has no port", endpoint)
	}
	if !isLoopback(host) {
		return fmt.Errorf("%q %w", endpoint, ErrNotLoopback)
	}
	return nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Servers are the pages of one Collector: processors that name one endpoint stand on one page.
type Servers struct {
	mu   sync.Mutex
	open map[string]*server
}

type server struct {
	http      *http.Server
	address   string
	mu        sync.Mutex
	processes []*func() Processor
}

// Show adds a processor to the page of an endpoint until hide is called; address is where it is, with its true port.
func (s *Servers) Show(ctx context.Context, endpoint string, processor func() Processor) (address string, hide func(), err error) {
	if err := Check(endpoint); err != nil {
		return "", nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.open[endpoint]
	if found == nil {
		if found, err = listen(ctx, endpoint); err != nil {
			return "", nil, err
		}
		if s.open == nil {
			s.open = map[string]*server{}
		}
		s.open[endpoint] = found
	}
	found.mu.Lock()
	found.processes = append(found.processes, &processor)
	found.mu.Unlock()
	return found.address, sync.OnceFunc(func() { s.hide(endpoint, found, &processor) }), nil
}

func (s *Servers) hide(endpoint string, from *server, processor *func() Processor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from.mu.Lock()
	from.processes = slices.DeleteFunc(from.processes, func(one *func() Processor) bool { return one == processor })
	isEmpty := len(from.processes) == 0
	from.mu.Unlock()
	if isEmpty {
		delete(s.open, endpoint)
		// What is being read is cut off: nobody waits for a page.
		_ = from.http.Close()
	}
}

func listen(ctx context.Context, endpoint string) (*server, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", endpoint)
	if err != nil {
		return nil, err
	}
	made := &server{address: listener.Addr().String()}
	made.http = &http.Server{
		Handler: made, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	// It ends with an error when it is closed, and there is nobody to tell of any other.
	go func() { _ = made.http.Serve(listener) }()
	return made, nil
}

// ServeHTTP answers with the page at / and with the same as JSON at /status.json.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A page of elsewhere may have its own name lead here, and would then read what this one shows.
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if !isLoopback(strings.Trim(host, "[]")) {
		http.Error(w, "this page is for localhost", http.StatusForbidden)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "there is nothing to change here", http.StatusMethodNotAllowed)
		return
	}
	var body []byte
	var err error
	switch r.URL.Path {
	case "/":
		header.Set("Content-Type", "text/html; charset=utf-8")
		body, err = s.page().write()
	case "/status.json":
		header.Set("Content-Type", "application/json")
		body, err = json.MarshalIndent(s.page(), "", "  ")
	default:
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(body)
}

func (s *server) page() *Page {
	s.mu.Lock()
	processes := slices.Clone(s.processes)
	s.mu.Unlock()
	shown := &Page{Written: time.Now().UTC(), Processors: make([]Processor, 0, len(processes))}
	for _, processor := range processes {
		shown.Processors = append(shown.Processors, (*processor)())
	}
	slices.SortFunc(shown.Processors, func(a, b Processor) int {
		return strings.Compare(a.ID+" "+a.Pipeline, b.ID+" "+b.Pipeline)
	})
	return shown
}
