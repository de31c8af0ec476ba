//! The keys of an object that tell its shape.

/// A set of known keys, and whether there were others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    bits: u64,
    pub others: u32,
}

macro_rules! keys {
    ($($name:ident = $($text:literal)|+;)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Key { $($name,)+ }

        impl Key {
            /// The key as written, where it tells something.
            #[must_use]
            pub fn of(text: &[u8]) -> Option<Key> {
                match text {
                    $($(text if text == $text.as_bytes() => Some(Key::$name),)+)+
                    _ => None,
                }
            }
        }
    };
}

keys! {
    Annotations = "annotations";
    Attributes = "attributes";
    Batches = "batches";
    BinaryAnnotations = "binaryAnnotations";
    Code = "code";
    Context = "context";
    Data = "data";
    Debug = "debug";
    Duration = "duration";
    EndTimeUnixNano = "endTimeUnixNano" | "end_time_unix_nano";
    Error = "error";
    Errors = "errors";
    Flags = "flags";
    Hits = "hits";
    Id = "id";
    Kind = "kind";
    LocalEndpoint = "localEndpoint";
    Logs = "logs";
    Message = "message";
    Name = "name";
    OperationId = "operation_Id";
    OperationName = "operationName";
    ParentId = "parentId";
    Phase = "ph";
    Process = "process";
    Processes = "processes";
    ProjectId = "projectId";
    References = "references";
    RemoteEndpoint = "remoteEndpoint";
    Resource = "resource";
    ResourceSpans = "resourceSpans" | "resource_spans";
    Result = "result";
    RootTraceName = "rootTraceName";
    Scope = "scope";
    ScopeSpans = "scopeSpans" | "scope_spans" | "instrumentationLibrarySpans" | "instrumentation_library_spans";
    Segments = "Segments";
    Shared = "shared";
    Source = "_source";
    SpanContext = "SpanContext";
    SpanId = "spanId" | "span_id";
    SpanIdOfClickHouse = "SpanId";
    SpanIdOfJaeger = "spanID";
    SpanName = "SpanName";
    Spans = "spans";
    StartTime = "startTime" | "start_time";
    StartTimeUnixNano = "startTimeUnixNano" | "start_time_unix_nano";
    Status = "status";
    Tags = "tags";
    Timestamp = "timestamp";
    Trace = "trace";
    TraceEvents = "traceEvents";
    TraceId = "traceId" | "trace_id";
    TraceIdOfClickHouse = "TraceId";
    TraceIdOfJaeger = "traceID";
    Traces = "traces";
    TracesOfXRay = "Traces";
    OtherSignals = "resourceMetrics" | "resourceLogs" | "resourceProfiles";
}

impl Keys {
    pub fn add(&mut self, key: &[u8]) {
        match Key::of(key) {
            Some(key) => self.bits |= 1 << key as u32,
            None => self.others += 1,
        }
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.bits == 0 && self.others == 0
    }

    #[must_use]
    pub fn has(self, key: Key) -> bool {
        self.bits & (1 << key as u32) != 0
    }

    #[must_use]
    pub fn all(self, keys: &[Key]) -> bool {
        keys.iter().all(|key| self.has(*key))
    }

    #[must_use]
    pub fn any(self, keys: &[Key]) -> bool {
        keys.iter().any(|key| self.has(*key))
    }

    /// Nothing but some of these.
    #[must_use]
    pub fn only(self, keys: &[Key]) -> bool {
        let allowed = keys.iter().fold(0, |bits, key| bits | 1 << *key as u32);
        self.others == 0 && self.bits & !allowed == 0
    }
}

const _: () = assert!((Key::OtherSignals as u32) < u64::BITS);
