//! Violations as OTLP JSON, one request a line: the Collector's file receiver and `replay` itself
//! read it.

use betrace_engine::{Finding, ViolationTrace, encode_violations};
use betrace_lang::rule::Emit;
use betrace_lang::verdict::Verdict;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use crate::output::{self, Output};

/// Violations in one request.
const IN_ONE: usize = 256;

pub fn write(findings: &[Finding], out: &mut Output) {
    for some in findings.chunks(IN_ONE) {
        let bytes = encode_violations(some, ViolationTrace::Offender, None);
        if bytes.is_empty() {
            continue;
        }
        // Encoded by the engine, so well-formed.
        if let Ok(request) = ExportTraceServiceRequest::decode(bytes.as_slice()) {
            out.json(&request);
        }
    }
    let is_counted = |finding: &&Finding| {
        finding.verdict == Verdict::Violated && finding.rule.emit == Emit::None
    };
    let counted = findings.iter().filter(is_counted).count();
    if counted > 0 {
        let violations = output::counted(counted, "violation");
        output::note(format_args!(
            "{violations} of rules with `emit: none`, counted only"
        ));
    }
}
