package betraceprocessor

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const (
	tableBegins = "<!-- configuration: written from config.schema.json -->\n"
	tableEnds   = "<!-- end of configuration -->\n"
)

type schema struct {
	Type        string            `json:"type"`
	Description string            `json:"description"`
	Default     any               `json:"default"`
	Properties  map[string]schema `json:"properties"`
}

// rows lists the keys that have no keys below them, with their defaults and descriptions.
func rows(path string, of schema, into []string) []string {
	if len(of.Properties) == 0 {
		value := ""
		if of.Default != nil {
			value = fmt.Sprintf("`%v`", of.Default)
		}
		return append(into, fmt.Sprintf("| `%s` | %s | %s |\n", path, value, of.Description))
	}
	keys := make([]string, 0, len(of.Properties))
	for key := range of.Properties {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		into = rows(strings.TrimPrefix(path+"."+key, "."), of.Properties[key], into)
	}
	return into
}

// flat adds the values of a configuration by the paths of their keys.
func flat(path string, value any, into map[string]string) {
	section, isSection := value.(map[string]any)
	if !isSection {
		into[path] = fmt.Sprint(value)
		return
	}
	for key, value := range section {
		flat(strings.TrimPrefix(path+"."+key, "."), value, into)
	}
}

// defaults adds the keys of a schema by their paths, with their defaults, if they have any.
func defaults(path string, of schema, into map[string]any) {
	if len(of.Properties) == 0 {
		into[path] = of.Default
		return
	}
	for key, of := range of.Properties {
		defaults(strings.TrimPrefix(path+"."+key, "."), of, into)
	}
}

// What this component's own README shows with all defaults has all of them, as the schema has them, and no other key.
func TestTheReadmeShowsEveryDefault(t *testing.T) {
	text, err := os.ReadFile("config.schema.json")
	require.NoError(t, err)
	var root schema
	require.NoError(t, json.Unmarshal(text, &root))
	known := make(map[string]any)
	defaults("", root, known)

	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(readme), "With all keys that have a default")
	_, rest, _ = strings.Cut(rest, "```yaml\n")
	block, _, found := strings.Cut(rest, "```")
	require.True(t, found, "the README has no such configuration")
	var config struct {
		Processors struct {
			Betrace map[string]any `yaml:"betrace"`
		} `yaml:"processors"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(block), &config))
	shown := make(map[string]string)
	flat("", config.Processors.Betrace, shown)
	for path := range shown {
		require.Contains(t, known, path)
	}
	for path, value := range known {
		if value != nil {
			require.Equal(t, fmt.Sprint(value), shown[path], path)
		}
	}
}

// The table of keys in the project's README is the schema's, and so metadata.yaml's. UPDATE_DOCS=1 writes it.
func TestTheReadmeTableIsTheSchema(t *testing.T) {
	const page = "../../README.md"
	text, err := os.ReadFile("config.schema.json")
	require.NoError(t, err)
	var root schema
	require.NoError(t, json.Unmarshal(text, &root))
	table := "| key | default | |\n|---|---|---|\n" + strings.Join(rows("", root, nil), "")

	readme, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(readme), tableBegins)
	require.True(t, found, "the README has no mark where the table begins")
	shown, after, found := strings.Cut(rest, tableEnds)
	require.True(t, found, "the README has no mark where the table ends")
	if os.Getenv("UPDATE_DOCS") != "" {
		require.NoError(t, os.WriteFile(page, []byte(before+tableBegins+table+tableEnds+after), 0o600))
		return
	}
	require.Equal(t, table, shown, "the README's table is stale: run with UPDATE_DOCS=1")
}
