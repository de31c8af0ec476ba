package status

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const hostile = `<script>alert(1)</script>"'&`

func hostileProcessor() Processor {
	return Processor{
		ID: "betrace/" + hostile, Pipeline: hostile, Engine: hostile, Problem: hostile,
		Files: Files{Loaded: time.Unix(1_700_000_000, 0), Refused: hostile, Sources: []Source{{Name: hostile, Bytes: 7, SHA256: "abc"}}},
		Rules: []Rule{{
			ID: hostile, Name: hostile, Severity: hostile, File: hostile, Line: 3, Hash: "af167445d49677a66c835f2b909365d1", NeverMet: true,
			Verdicts: map[string]int64{"violated": 2}, Inconclusive: map[string]int64{hostile: 4},
			Last: []Violation{{Trace: "0102", ID: "03", Message: hostile}},
		}},
		Spans: map[string]int64{hostile: 1}, Queue: Queue{Lost: map[string]int64{hostile: 1}},
	}
}

// ask asks a page under a name of the host; the name is what the browser believes it is at.
func ask(t *testing.T, method, address, path, host string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, nil)
	require.NoError(t, err)
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

func open(t *testing.T, servers *Servers, processor func() Processor) (string, func()) {
	t.Helper()
	address, hide, err := servers.Show(context.Background(), "127.0.0.1:0", processor)
	require.NoError(t, err)
	t.Cleanup(hide)
	return address, hide
}

// Whatever rules, files and spans are called, it stands on the page as text, and no script would run.
func TestWhatTracesSayIsTextOnThePage(t *testing.T) {
	address, _ := open(t, &Servers{}, hostileProcessor)
	response, body := ask(t, http.MethodGet, address, "/", "localhost")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NotContains(t, body, "<script")
	require.Contains(t, body, "&lt;script&gt;alert(1)&lt;/script&gt;")
	require.GreaterOrEqual(t, strings.Count(body, "&lt;script&gt;"), 12)
	policy := response.Header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "script-src")
	require.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))
	require.Contains(t, body, "never met")
}

func TestTheJSONHoldsWhatThePageShows(t *testing.T) {
	address, _ := open(t, &Servers{}, hostileProcessor)
	response, body := ask(t, http.MethodGet, address, "/status.json", "127.0.0.1:80")
	require.Equal(t, "application/json", response.Header.Get("Content-Type"))
	var read Page
	require.NoError(t, json.Unmarshal([]byte(body), &read))
	want := hostileProcessor()
	want.Files.Loaded = read.Processors[0].Files.Loaded
	require.True(t, want.Files.Loaded.Equal(time.Unix(1_700_000_000, 0)))
	require.Equal(t, []Processor{want}, read.Processors)
}

// A page of elsewhere whose name leads to loopback may not read what stands here, and nobody changes anything.
func TestOnlyLoopbackIsAnsweredAndOnlyReadersAre(t *testing.T) {
	address, _ := open(t, &Servers{}, hostileProcessor)
	for host, status := range map[string]int{
		"localhost": 200, "LOCALHOST:4316": 200, "127.0.0.1": 200, "[::1]:4316": 200, "127.8.8.8": 200,
		"evil.example": 403, "localhost.evil.example": 403, "10.0.0.1:4316": 403, "0.0.0.0": 403,
	} {
		response, body := ask(t, http.MethodGet, address, "/status.json", host)
		require.Equal(t, status, response.StatusCode, host)
		if status != http.StatusOK {
			require.NotContains(t, body, "betrace/", host)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		response, _ := ask(t, method, address, "/", "localhost")
		require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode, method)
	}
	response, _ := ask(t, http.MethodGet, address, "/../etc/passwd", "localhost")
	require.Equal(t, http.StatusNotFound, response.StatusCode)
}

func TestAnEndpointIsOnLoopback(t *testing.T) {
	for _, endpoint := range []string{"localhost:4316", "127.0.0.1:0", "[::1]:65535", "Localhost:1"} {
		require.NoError(t, Check(endpoint))
	}
	for _, endpoint := range []string{"0.0.0.0:4316", ":4316", "[::]:4316", "10.0.0.1:4316", "example.org:4316", "localhost.example.org:1"} {
		require.ErrorIs(t, Check(endpoint), ErrNotLoopback, endpoint)
		_, _, err := (&Servers{}).Show(context.Background(), endpoint, hostileProcessor)
		require.ErrorIs(t, err, ErrNotLoopback, endpoint)
	}
	for _, endpoint := range []string{"localhost", "localhost:", "localhost:http", "localhost:65536", "localhost:-1", ""} {
		require.Error(t, Check(endpoint), endpoint)
	}
}

// Processors of one endpoint stand on one page, and the last that goes closes it.
func TestProcessorsShareAPage(t *testing.T) {
	servers := &Servers{}
	named := func(name string) func() Processor { return func() Processor { return Processor{ID: name} } }
	address, hideFirst := open(t, servers, named("second"))
	again, hideSecond := open(t, servers, named("first"))
	require.Equal(t, address, again)
	listed := func() []string {
		_, body := ask(t, http.MethodGet, address, "/status.json", "localhost")
		var read Page
		require.NoError(t, json.Unmarshal([]byte(body), &read))
		var ids []string
		for _, processor := range read.Processors {
			ids = append(ids, processor.ID)
		}
		return ids
	}
	require.Equal(t, []string{"first", "second"}, listed())
	hideFirst()
	hideFirst()
	require.Equal(t, []string{"first"}, listed())
	hideSecond()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/", nil)
	require.NoError(t, err)
	_, err = http.DefaultClient.Do(request)
	require.Error(t, err, "the page is still there")
}

func TestThePageShowsAThousandRulesAndTheJSONAll(t *testing.T) {
	for _, count := range []int{mostRules, mostRules + 1} {
		address, _ := open(t, &Servers{}, func() Processor {
			return Processor{Rules: make([]Rule, count)}
		})
		_, body := ask(t, http.MethodGet, address, "/", "localhost")
		require.Equal(t, mostRules, strings.Count(body, "<td><code>"))
		require.Equal(t, count > mostRules, strings.Contains(body, "1 more rules"))
		_, body = ask(t, http.MethodGet, address, "/status.json", "localhost")
		require.Equal(t, count, strings.Count(body, `"never_met"`), fmt.Sprint(count))
	}
}
