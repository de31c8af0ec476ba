package betraceprocessor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Bounds of what may be withheld beside what the conventions call sensitive.
const (
	mostWithheld    = 500
	longestWithheld = 256
)

// sensitive are attributes of which OpenTelemetry's semantic conventions say, in the version that the project knows or in
// earlier ones, that they tell of people or may hold what is sensitive: values that users typed, secrets that clients sent,
// what models were asked and said, statements and errors with values in them. A `*` stands for the rest of a key.
var sensitive = []string{
	"client.mac.address",
	"client.prefix",
	"container.command",
	"db.connection_string",
	"db.operation.parameter.*",
	"db.query.parameter.*",
	"db.query.text",
	"db.statement",
	"destination.mac.address",
	"destination.prefix",
	"device.id",
	"enduser.*",
	"exception.message",
	"exception.stacktrace",
	"feature_flag.result.value",
	"gen_ai.completion*",
	"gen_ai.input.messages",
	"gen_ai.output.messages",
	"gen_ai.prompt*",
	"gen_ai.retrieval.*",
	"gen_ai.system_instructions",
	"gen_ai.tool.call.arguments",
	"gen_ai.tool.call.result",
	"graphql.document",
	"http.request.body.content",
	"http.request.header.*",
	"http.response.body.content",
	"http.response.header.*",
	"http.target",
	"http.url",
	"network.local.mac.address",
	"network.local.prefix",
	"network.peer.mac.address",
	"network.peer.prefix",
	"process.command_args",
	"process.command_line",
	"process.environment_variable.*",
	"rpc.connect_rpc.request.metadata.*",
	"rpc.connect_rpc.response.metadata.*",
	"rpc.grpc.request.metadata.*",
	"rpc.grpc.response.metadata.*",
	"rpc.request.metadata.*",
	"rpc.response.metadata.*",
	"server.mac.address",
	"server.prefix",
	"source.mac.address",
	"source.prefix",
	"url.full",
	"url.original",
	"url.query",
	"user.*",
}

// validate checks the names; the bounds of the other key are in metadata.yaml.
func (c *Privacy) validate() error {
	var err error
	if len(c.Attributes) > mostWithheld {
		err = fmt.Errorf("privacy::attributes must be at most %d, and are %d", mostWithheld, len(c.Attributes))
	}
	for i, name := range c.Attributes {
		if name == "" || len(name) > longestWithheld {
			err = errors.Join(err, fmt.Errorf("privacy::attributes[%d] must have from 1 to %d bytes, and has %d", i, longestWithheld, len(name)))
		}
		if at := strings.IndexByte(name, '*'); at >= 0 && at < len(name)-1 {
			err = errors.Join(err, fmt.Errorf("privacy::attributes[%d]: %q would withhold nothing: a * may stand at the end alone, for all keys that begin so", i, name))
		}
	}
	return err
}

// withheld are the attributes whose values messages do not show.
func (c *Privacy) withheld() []string {
	if !c.Sensitive {
		return c.Attributes
	}
	return slices.Concat(sensitive, c.Attributes)
}
