package betraceprocessor

import (
	"reflect"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/pipeline"
)

// pipelineOf is the pipeline that a component was started in, as the configuration names it. The Collector's host is of
// an unexported package's type with an exported field InstanceID; where a host has none, it is empty.
func pipelineOf(host component.Host) string {
	value := reflect.ValueOf(host)
	if value.Kind() != reflect.Pointer || value.IsNil() || value.Elem().Kind() != reflect.Struct {
		return ""
	}
	field := value.Elem().FieldByName("InstanceID")
	if !field.IsValid() || !field.CanInterface() {
		return ""
	}
	instance, ok := field.Interface().(*componentstatus.InstanceID)
	if !ok || instance == nil {
		return ""
	}
	var names []string
	instance.AllPipelineIDs(func(id pipeline.ID) bool {
		names = append(names, id.String())
		return true
	})
	return strings.Join(names, ",")
}
