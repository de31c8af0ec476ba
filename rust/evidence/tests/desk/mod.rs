//! A processor as far as evidence records are concerned, and the keys that its records are signed by.
#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "a test that meets the unexpected ends there, and each file of tests uses what it needs"
)]

use betrace_engine::{CloseCause, Engine, Settings, Timestamp};
use betrace_evidence::{
    Cause, Chain, Expectations, Facts, FaultKind, Line, PublicKey, Sha256Hex, Signer, Verification,
    Written, seal, verify,
};
use betrace_lang::{SourceFile, compile};

pub const SECOND: u64 = 1_000_000_000;
pub const BEGIN: u64 = 1_700_000_000 * SECOND;

/// As `openssl genpkey -algorithm ed25519` writes them; made for these tests.
pub const FIRST: &str = include_str!("../keys/first.pem");
pub const FIRST_PUBLIC: &str = include_str!("../keys/first.pub.pem");
pub const SECOND_KEY: &str = include_str!("../keys/second.pem");
pub const SECOND_PUBLIC: &str = include_str!("../keys/second.pub.pem");

pub fn engine(rules: &str, now: u64) -> Engine {
    let rules = compile(&[SourceFile::new("rules.yaml", rules)]).unwrap();
    let settings = Settings {
        kept_samples: Some(4),
        restart_grace: false,
        ..Settings::default()
    };
    Engine::new(rules, settings, Timestamp(now)).unwrap()
}

pub const RULES: &str = "rules: [ { id: audited, compliance: { SOC2: [CC6.1] }, condition: 'when { read } always { audit.log }' } ]";
pub const OTHERS: &str = "rules: [ { id: audited, condition: 'when { read } always { audit }' }, { id: b, condition: 'never { x }' } ]";

/// A trace of the names, as OTLP.
pub fn trace(id: u8, names: &[&str], at: u64) -> Vec<u8> {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use prost::Message;
    let spans = names.iter().zip(1u8..).map(|(name, number)| Span {
        trace_id: vec![id; 16],
        span_id: vec![number; 8],
        parent_span_id: if number == 1 { vec![] } else { vec![1; 8] },
        name: (*name).to_owned(),
        start_time_unix_nano: at + u64::from(number),
        end_time_unix_nano: at + 10 + u64::from(number),
        ..Span::default()
    });
    let scope_spans = vec![ScopeSpans {
        spans: spans.collect(),
        ..ScopeSpans::default()
    }];
    let resource_spans = vec![ResourceSpans {
        scope_spans,
        ..ResourceSpans::default()
    }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

/// A processor as far as records are concerned.
pub struct Desk {
    pub engine: Engine,
    pub chain: Option<Chain>,
    pub signer: Option<Signer>,
    pub lines: Vec<Vec<u8>>,
    pub now: u64,
    pub instance: char,
}

impl Desk {
    pub fn new(signer: Option<Signer>) -> Desk {
        Desk {
            engine: engine(RULES, BEGIN),
            chain: None,
            signer,
            lines: Vec::new(),
            now: BEGIN,
            instance: 'a',
        }
    }

    pub fn record(&mut self, cause: Cause) {
        let facts = Facts {
            chain: self.chain.clone(),
            instance: self.instance.to_string().repeat(32),
            cause,
            now: self.now,
            producer: Default::default(),
            chain_lost: false,
            violations_lost: Default::default(),
            clock: Default::default(),
            records: Written::default(),
            replay: None,
        };
        let period = self.engine.take_period().unwrap();
        let sealed = seal(&period, &facts, self.signer.as_ref());
        self.lines.push(sealed.envelope.line());
        self.chain = Some(sealed.chain);
    }

    /// A start and some periods with a kept and a broken trace each.
    pub fn run(&mut self, periods: u8) {
        self.record(Cause::Start);
        for period in 0..periods {
            let names: [&[&str]; 2] = [&["GET", "read", "audit.log"], &["GET", "read"]];
            for (names, id) in names.into_iter().zip(1u8..) {
                let otlp = trace(period * 2 + id, names, self.now);
                self.engine.consume(&otlp, Timestamp(self.now)).unwrap();
            }
            self.now += 60 * SECOND;
            self.engine
                .close_traces(Timestamp(self.now), CloseCause::EndOfInput);
            self.record(Cause::Period);
        }
    }

    pub fn stop(&mut self) {
        self.now += SECOND;
        self.record(Cause::Stop);
    }

    pub fn last(&self) -> (u64, Sha256Hex) {
        let chain = self.chain.as_ref().unwrap();
        (chain.sequence, chain.hash)
    }
}

pub fn signer() -> Option<Signer> {
    Some(Signer::of_pem(FIRST, None).unwrap())
}

pub fn expectations() -> Expectations {
    Expectations {
        keys: vec![PublicKey::of_pem(FIRST_PUBLIC).unwrap()],
        ..Expectations::default()
    }
}

pub fn check(lines: &[Vec<u8>], expected: &Expectations) -> Verification {
    let lines = lines.iter().zip(1..).map(|(text, number)| Line {
        file: "records",
        number,
        text,
    });
    verify(lines, expected)
}

pub fn kinds(found: &Verification) -> Vec<FaultKind> {
    found.faults.iter().map(|fault| fault.kind).collect()
}
