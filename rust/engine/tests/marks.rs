//! Which spans are known as violation spans that come by again, and that nothing else is.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod messages;

use betrace_engine::{
    CloseCause, Engine, MarkKey, OwnSpans, Settings, Stats, Timestamp, ViolationTrace,
    encode_violations,
};
use betrace_lang::{SourceFile, compile};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::{ScopeSpans, Span};
use prost::Message;

use crate::messages::{message, scoped, text};

const SECOND: u64 = 1_000_000_000;
const NOW: u64 = 1_700_000_000 * SECOND;
const RULES: &str = "rules:
  - { id: no-bypass, condition: 'never { bypass }' }
  - { id: few-spans, severity: high, condition: 'never { count(any) > 1 }' }
  - { id: audited, severity: critical, condition: 'when { read } always { audit.log }' }
";

fn key(secret: &str) -> MarkKey {
    MarkKey::new(secret.as_bytes()).unwrap()
}

fn engine(own_spans: OwnSpans) -> Engine {
    let rules = compile(&[SourceFile::new("rules.yaml", RULES)]).unwrap();
    let settings = Settings {
        own_spans,
        restart_grace: false,
        ..Settings::default()
    };
    Engine::new(rules, settings, Timestamp(NOW)).unwrap()
}

fn span(id: u8, name: &str, attributes: Vec<KeyValue>) -> Span {
    Span {
        trace_id: vec![1; 16],
        span_id: vec![id; 8],
        name: name.to_owned(),
        start_time_unix_nano: NOW,
        end_time_unix_nano: NOW + 1,
        attributes,
        ..Span::default()
    }
}

fn request(scope: &str, spans: Vec<Span>) -> Vec<u8> {
    scoped(scope, message(spans)).encode_to_vec()
}

/// The violation span of a trace that is broken by one span, as a processor with this key sends it.
fn violation(key: Option<&MarkKey>) -> Vec<u8> {
    let engine = engine(OwnSpans::Nowhere);
    let broken = request("app", vec![span(9, "bypass", vec![])]);
    engine.consume(&broken, Timestamp(NOW)).unwrap();
    let findings = engine.take_findings(10);
    assert_eq!(findings.len(), 1);
    encode_violations(&findings, ViolationTrace::Offender, key)
}

/// What a violation span alone becomes: whether it is known, whether it is told as unmarked.
fn taken(own_spans: OwnSpans, bytes: &[u8]) -> (u64, u64) {
    let engine = engine(own_spans);
    engine.consume(bytes, Timestamp(NOW)).unwrap();
    let stats = engine.stats();
    assert_eq!(
        stats.spans.own + stats.spans.evaluated,
        1,
        "each counts once"
    );
    assert_eq!(
        stats.live_traces, stats.spans.evaluated,
        "no trace is opened for it"
    );
    (stats.spans.own, stats.unmarked_spans)
}

#[test]
fn what_bears_a_mark_of_a_known_key_is_our_own() {
    let (tier, other) = (key("the key of this tier"), key("the key of another one"));
    let marked = violation(Some(&tier));
    let known = |keys: &[&MarkKey]| {
        let keys = keys.iter().copied().cloned().collect();
        taken(OwnSpans::Marked(keys), &marked)
    };
    assert_eq!(known(&[&tier]), (1, 0), "two tiers with one key");
    assert_eq!(known(&[&other]), (0, 1), "of another tier");
    assert_eq!(
        known(&[&other, &tier]),
        (1, 0),
        "a key that was rotated away"
    );
    assert_eq!(known(&[]), (0, 1), "nobody has a key");
    assert_eq!(taken(OwnSpans::Nowhere, &marked), (0, 0));
}

fn field(number: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    prost::encode_length_delimiter(payload.len(), &mut bytes).unwrap();
    [bytes.as_slice(), payload].concat()
}

/// The one scope named anew before its spans, and once more behind them.
fn renamed(request: &[u8], first: &str, last: &str) -> Vec<u8> {
    let mut decoded = ExportTraceServiceRequest::decode(request).unwrap();
    let mut scope = decoded.resource_spans[0].scope_spans[0].clone();
    scope.scope.as_mut().unwrap().name = first.to_owned();
    let before = scope.encode_to_vec();
    scope.spans.clear();
    scope.scope.as_mut().unwrap().name = last.to_owned();
    decoded.resource_spans.clear();
    field(1, &field(2, &[before, scope.encode_to_vec()].concat()))
}

/// What stands first in each scope behind its spans; protobuf fixes no order.
fn scopes_behind_their_spans(request: &[u8]) -> Vec<u8> {
    let decoded = ExportTraceServiceRequest::decode(request).unwrap();
    let scopes = decoded.resource_spans.iter().flat_map(|of| &of.scope_spans);
    let scopes = scopes.map(|scope| {
        let alone = |scope, spans| ScopeSpans {
            scope,
            spans,
            ..ScopeSpans::default()
        };
        let spans = alone(None, scope.spans.clone()).encode_to_vec();
        let scope = alone(scope.scope.clone(), vec![]).encode_to_vec();
        field(2, &[spans, scope].concat())
    });
    field(1, &scopes.collect::<Vec<_>>().concat())
}

#[test]
fn a_scope_behind_its_spans_counts_as_one_before_them() {
    let (tier, other) = (key("the key of this tier"), key("the key of another one"));
    let ours = [&tier, &other].map(|key| violation(Some(key)));
    let app = request("app", (1..5).map(|id| span(id, "x", vec![])).collect());
    let message = [app.as_slice(), &ours[0], &app, &ours[1], &ours[0]].concat();
    let stats = |bytes: &[u8]| {
        let engine = engine(OwnSpans::Marked(vec![tier.clone()]));
        engine.consume(bytes, Timestamp(NOW)).unwrap();
        let stats = engine.stats();
        (stats.spans, stats.unmarked_spans)
    };
    let (spans, unmarked) = stats(&message);
    assert_eq!((spans.own, spans.evaluated, unmarked), (2, 5, 1));
    assert_eq!(
        stats(&scopes_behind_their_spans(&message)),
        (spans, unmarked)
    );
    // Parts of one message are merged: the last name is that of the scope.
    for (first, last, counted) in [("betrace", "app", (0, 1, 0)), ("app", "betrace", (1, 1, 1))] {
        let renamed = ours.iter().flat_map(|ours| renamed(ours, first, last));
        let (spans, unmarked) = stats(&renamed.collect::<Vec<_>>());
        assert_eq!(
            (spans.own, spans.evaluated, unmarked),
            counted,
            "{first}, {last}"
        );
    }
}

#[test]
fn a_forged_violation_mutes_nothing() {
    let tier = key("the key of this tier");
    let decoded = ExportTraceServiceRequest::decode(&*violation(Some(&tier))).unwrap();
    let stolen = decoded.resource_spans[0].scope_spans[0].spans[0].clone();
    let mark = stolen
        .attributes
        .iter()
        .find(|pair| pair.key == "betrace.mark");
    let mark = mark.unwrap().clone();
    let id = |id: &str| text("betrace.violation.id", id);
    let named = "betrace.violation";
    let forged = [
        span(2, "bypass", vec![id("")]),
        span(2, "bypass", vec![id("0123456789abcdef0123456789abcdef")]),
        span(2, "bypass", vec![id("x"), text("betrace.mark", "")]),
        span(2, "bypass", vec![id("x"), mark.clone()]),
        // The very ids of a violation, under another name.
        Span {
            name: "bypass".to_owned(),
            ..stolen.clone()
        },
    ];
    for forged in forged {
        for own in [OwnSpans::Shaped, OwnSpans::Marked(vec![tier.clone()])] {
            let is_checked = own != OwnSpans::Shaped;
            let engine = engine(own);
            let bytes = request("betrace", vec![forged.clone()]);
            engine.consume(&bytes, Timestamp(NOW)).unwrap();
            let told = engine.take_findings(10);
            assert_eq!(told.len(), 1, "{forged:?}");
            assert_eq!(&*told[0].rule.id.0, "no-bypass");
            assert_eq!(engine.stats().unmarked_spans, u64::from(is_checked));
        }
    }
    let keys = || OwnSpans::Marked(vec![tier.clone()]);
    for forged in [
        span(2, named, vec![id("x")]),
        span(2, named, vec![mark.clone()]),
        // Of a mark that stands twice the first counts.
        Span {
            attributes: vec![text("betrace.mark", "x"), mark],
            ..stolen.clone()
        },
    ] {
        assert_eq!(taken(keys(), &request("betrace", vec![forged])), (0, 1));
    }
    assert_eq!(
        taken(keys(), &request("betrace", vec![stolen.clone()])),
        (1, 0)
    );
    assert_eq!(taken(keys(), &request("app", vec![stolen])), (0, 0));
    let plain = span(2, "flush", vec![]);
    assert_eq!(taken(keys(), &request("betrace", vec![plain])), (0, 0));
}

#[test]
fn a_recording_has_no_key_and_its_violations_are_known_by_their_shape() {
    for key in [None, Some(&key("a key that nobody has"))] {
        assert_eq!(taken(OwnSpans::Shaped, &violation(key)), (1, 0));
    }
    let decoded = ExportTraceServiceRequest::decode(&*violation(None)).unwrap();
    let whole = decoded.resource_spans[0].scope_spans[0].spans[0].clone();
    let mut of_another_id = whole.clone();
    of_another_id.span_id = vec![7; 8];
    let mut without = whole;
    without
        .attributes
        .retain(|pair| pair.key != "betrace.violation.id");
    for span in [of_another_id, without] {
        assert_eq!(
            taken(OwnSpans::Shaped, &request("betrace", vec![span])),
            (0, 0)
        );
    }
}

#[test]
fn a_record_of_evidence_is_known_by_its_mark_too() {
    let tier = key("the key of this tier");
    let decoded = ExportTraceServiceRequest::decode(&*violation(Some(&tier))).unwrap();
    // A mark is of the ids alone, so that of a violation stands for one of a record.
    let mut record = decoded.resource_spans[0].scope_spans[0].spans[0].clone();
    record.name = "betrace.evidence".to_owned();
    record.attributes.retain(|pair| pair.key == "betrace.mark");
    let mut moved = record.clone();
    moved.span_id = vec![7; 8];
    let bare = span(2, "betrace.evidence", vec![]);
    let keys = || OwnSpans::Marked(vec![tier.clone()]);
    let of = |span: &Span| request("betrace", vec![span.clone()]);
    assert_eq!(taken(keys(), &of(&record)), (1, 0));
    assert_eq!(taken(keys(), &of(&moved)), (0, 1), "a mark of other ids");
    assert_eq!(taken(keys(), &of(&bare)), (0, 0));
    assert_eq!(taken(keys(), &request("app", vec![record.clone()])), (0, 0));
    assert_eq!(taken(OwnSpans::Shaped, &of(&record)), (1, 0));
    assert_eq!(taken(OwnSpans::Shaped, &of(&bare)), (0, 0));
}

fn severity(stats: &Stats, severity: &str) -> (u64, u64, u64) {
    let found = stats.severities.iter().find(|one| one.severity == severity);
    let found = found.unwrap();
    let inconclusive = found.inconclusive.iter().sum();
    (found.violated, inconclusive, found.reopened)
}

fn read(engine: &Engine, id: u8, name: &str, now: u64) {
    let bytes = request("app", vec![span(id, name, vec![])]);
    engine.consume(&bytes, Timestamp(now)).unwrap();
}

#[test]
fn a_trace_id_that_is_used_again_counts_by_severity() {
    let engine = engine(OwnSpans::Nowhere);
    read(&engine, 1, "root", NOW);
    engine.close_traces(Timestamp(NOW + SECOND), CloseCause::EndOfInput);
    read(&engine, 2, "read", NOW + 2 * SECOND);
    read(&engine, 3, "read", NOW + 3 * SECOND);
    let stats = engine.stats();
    assert_eq!(
        severity(&stats, "critical"),
        (0, 0, 1),
        "once, however many spans come"
    );
    assert_eq!(
        severity(&stats, "high"),
        (1, 0, 1),
        "it was not broken when the first came"
    );
    assert_eq!(severity(&stats, "medium"), (0, 0, 1));
    assert_eq!(severity(&stats, "low"), (0, 0, 0), "there is no such rule");
}

#[test]
fn a_rule_that_was_broken_says_what_it_says_of_a_trace_that_comes_again() {
    let engine = engine(OwnSpans::Nowhere);
    read(&engine, 1, "bypass", NOW);
    engine.close_traces(Timestamp(NOW + SECOND), CloseCause::EndOfInput);
    read(&engine, 2, "read", NOW + 2 * SECOND);
    assert_eq!(severity(&engine.stats(), "medium"), (1, 0, 0));
    assert_eq!(severity(&engine.stats(), "critical"), (0, 0, 1));
}

#[test]
fn verdicts_by_severity_outlive_the_rules_that_gave_them() {
    let engine = engine(OwnSpans::Nowhere);
    read(&engine, 1, "read", NOW);
    engine.close_traces(Timestamp(NOW + SECOND), CloseCause::Shutdown);
    let before = engine.stats().severities;
    assert_eq!(severity(&engine.stats(), "critical"), (0, 1, 0));
    let fewer = "rules: [ { id: audited, severity: low, condition: 'when { read } always { audit.log }' } ]";
    let fewer = compile(&[SourceFile::new("rules.yaml", fewer)]).unwrap();
    engine
        .replace_rules(fewer, Timestamp(NOW + 2 * SECOND))
        .unwrap();
    assert_eq!(engine.stats().severities, before, "a counter never falls");
}
