//! A collector: the real engine, with the storage that it has or has not, played over what the world sent it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use betrace_engine::{CloseCause, Engine, Finding, Report, Settings, SnapshotKind, Timestamp};
use betrace_lang::rule::Rule;

use super::Limits;
use super::figures::Figures;
use super::hostile::NOBODY;
use super::judge::Judge;
use super::mail::{Act, BEGIN, Mail};
use super::record::{Record, Said, SpanAt};
use super::timeline::{IDLE, LATE_WINDOW, MAX_AGE, Timeline};
use super::weather::SECOND;
use crate::wire::encode;

/// No trace is live, or remembered by a collector, for longer than this after its last span.
const AT_REST: u64 = MAX_AGE + 10 * SECOND;

/// So many findings are taken from an engine at once.
const PIECE: usize = 256;

pub struct Collector<'r> {
    rules: &'r [Arc<Rule>],
    /// By where it stands in memory.
    numbers: HashMap<usize, u16>,
    limits: Limits,
    has_storage: bool,
    engine: Option<Engine>,
    /// When it was stored, and what.
    stored: Option<(u64, Vec<u8>)>,
    timeline: Timeline,
    now: u64,
    /// Nothing is at rest before: a collector may go back to what it stored.
    holds_until: u64,
    judge: Option<&'r Judge<'r>>,
    pub figures: Figures,
}

impl<'r> Collector<'r> {
    /// `judge`: `None` where nothing that is said is looked at.
    pub fn new(
        rules: &'r [Arc<Rule>],
        has_storage: bool,
        limits: Limits,
        judge: Option<&'r Judge<'r>>,
    ) -> Result<Collector<'r>, String> {
        let numbers = rules.iter().zip(0..);
        let mut collector = Collector {
            rules,
            numbers: numbers.map(|(rule, at)| (address(rule), at)).collect(),
            limits,
            has_storage,
            engine: None,
            stored: None,
            timeline: Timeline {
                spans_a_trace: limits.spans_a_trace,
                ..Timeline::default()
            },
            now: BEGIN,
            holds_until: 0,
            judge,
            figures: Figures::new(rules.len()),
        };
        let all = Arc::new(vec![true; rules.len()]);
        collector.timeline.rules.push((0, all));
        collector.start(BEGIN)?;
        Ok(collector)
    }

    fn settings(&self) -> Settings {
        Settings {
            idle_timeout: IDLE,
            max_age: MAX_AGE,
            late_window: LATE_WINDOW,
            memory_bytes: self.limits.memory_bytes,
            spans_per_trace: self.limits.spans_a_trace as u32,
            report: Report::All,
            shards: 2,
            keeps_counted: true,
            queue_bytes: 1 << 32,
            seed: self.limits.seed,
            ..Settings::default()
        }
    }

    fn present_rules(&self) -> Vec<Arc<Rule>> {
        let present = self.timeline.rules.last().map(|(_, rules)| rules);
        let is_there = |at: &usize| present.is_none_or(|present| present[*at]);
        let numbers = (0..self.rules.len()).filter(is_there);
        numbers.map(|at| Arc::clone(&self.rules[at])).collect()
    }

    fn start(&mut self, at: u64) -> Result<(), String> {
        let engine = Engine::new(self.present_rules(), self.settings(), Timestamp(at));
        let engine = engine.map_err(|fault| fault.to_string())?;
        if let Some((_, stored)) = &self.stored {
            let restored = engine.restore(stored, Timestamp(at));
            restored.map_err(|fault| fault.to_string())?;
        }
        self.engine = Some(engine);
        Ok(())
    }

    /// Plays what the world left, and judges the traces that are at rest.
    ///
    /// # Errors
    /// What the engine refused.
    pub fn play(&mut self, mail: &mut Mail) -> Result<(), String> {
        for (at, act) in std::mem::take(&mut mail.log) {
            self.now = at.max(self.now + 1);
            self.act(act, mail)?;
            self.listen(&mut mail.records);
        }
        self.rest(mail, false);
        Ok(())
    }

    fn act(&mut self, act: Act, mail: &mut Mail) -> Result<(), String> {
        let now = self.now;
        match act {
            Act::Message(spans) => self.message(&spans, &mut mail.records)?,
            Act::Bytes(bytes) => {
                // That these are no message is what is told.
                let told = self
                    .engine
                    .as_ref()
                    .map(|engine| engine.consume(&bytes, Timestamp(now)));
                self.figures.refused += u64::from(matches!(told, Some(Err(_))));
            }
            Act::Tick => {
                if let Some(engine) = &self.engine {
                    engine.tick(Timestamp(now));
                }
            }
            Act::Store => {
                if let Some(engine) = self.engine.as_ref().filter(|_| self.has_storage) {
                    self.stored = Some((now, engine.snapshot(SnapshotKind::Periodic)));
                    self.holds_until = now + 100 * SECOND;
                }
            }
            Act::Kill => self.engine = None,
            Act::Stop => self.stop(&mut mail.records),
            Act::Start => self.restart()?,
            Act::Reload(rules) => {
                self.timeline.rules.push((now, rules));
                if let Some(engine) = &self.engine {
                    let replaced = engine.replace_rules(self.present_rules(), Timestamp(now));
                    replaced.map_err(|fault| fault.to_string())?;
                }
            }
            Act::Flood => self.timeline.floods.push(now),
        }
        Ok(())
    }

    fn message(
        &mut self,
        spans: &[SpanAt],
        records: &mut BTreeMap<u64, Record>,
    ) -> Result<(), String> {
        let Some(engine) = &self.engine else {
            return Err("a message came to a collector that is not there".to_owned());
        };
        let found = spans.iter().filter_map(|(serial, at)| {
            let record = records.get(serial)?;
            record.spans.get(usize::from(*at))
        });
        let bytes = encode(found);
        for (serial, at) in spans {
            if let Some(record) = records.get_mut(serial) {
                record.came.push((self.now, *at));
                record.under_way -= 1;
            }
        }
        self.figures.spans_delivered += spans.len() as u64;
        let consumed = engine.consume(&bytes, Timestamp(self.now));
        consumed.map(drop).map_err(|fault| fault.to_string())
    }

    /// In order: what is live is stored as it is, or ends.
    fn stop(&mut self, records: &mut BTreeMap<u64, Record>) {
        if let Some(engine) = &self.engine {
            if self.has_storage {
                self.stored = Some((self.now, engine.snapshot(SnapshotKind::Final)));
            } else {
                self.timeline.stops.push(self.now);
                engine.close_traces(Timestamp(self.now), CloseCause::Shutdown);
            }
            self.figures.note_memory(&engine.stats());
        }
        self.listen(records);
        self.engine = None;
    }

    fn restart(&mut self) -> Result<(), String> {
        let from = self.stored.as_ref().map_or(0, |(at, _)| *at);
        self.timeline.gaps.push((from, self.now));
        self.start(self.now)?;
        self.stored = None;
        Ok(())
    }

    /// Takes down what the engine says, in pieces, so that no list of all of it grows anew each time.
    fn listen(&mut self, records: &mut BTreeMap<u64, Record>) {
        let Some(engine) = self.engine.take() else {
            return;
        };
        loop {
            let findings = engine.take_findings(PIECE);
            let is_last = findings.len() < PIECE;
            if self.judge.is_none() {
                self.figures.said += findings.len() as u64;
            } else {
                for of_trace in findings.chunk_by(|one, next| one.trace_id == next.trace_id) {
                    self.hear(of_trace, records);
                }
            }
            if is_last {
                break;
            }
        }
        self.engine = Some(engine);
    }

    /// All of one trace.
    fn hear(&mut self, findings: &[Finding], records: &mut BTreeMap<u64, Record>) {
        let serial = findings.first().map_or(NOBODY, serial);
        if serial & NOBODY != 0 {
            return;
        }
        let mut record = records.get_mut(&serial);
        for finding in findings {
            match (&mut record, self.said(finding)) {
                (Some(record), Some(said)) => {
                    if record.said.is_empty() {
                        record.said.reserve_exact(self.rules.len());
                    }
                    record.said.push(said);
                }
                _ => {
                    let what = format!(
                        "{} ({:?}) said of a trace that was at rest",
                        finding.verdict.as_str(),
                        finding.reason
                    );
                    self.figures.wrong(serial, None, self.now, what);
                }
            }
        }
    }

    fn said(&self, finding: &Finding) -> Option<Said> {
        Some(Said {
            at: self.now,
            rule: *self.numbers.get(&address(&finding.rule))?,
            verdict: finding.verdict,
            reason: finding.reason,
            complete: finding.complete,
            identity: finding.violation_id.0,
        })
    }

    /// Judges the traces of which nothing is heard any more; all of them at the `end`.
    pub fn rest(&mut self, mail: &mut Mail, end: bool) {
        if !end && self.now < self.holds_until {
            return;
        }
        if let Some(engine) = &self.engine {
            self.figures.note_memory(&engine.stats());
        }
        let present = self.timeline.rules.last();
        let rules = present.map_or(0, |(_, rules)| rules.iter().filter(|is| **is).count());
        let (now, judge, figures) = (self.now, self.judge, &mut self.figures);
        mail.records.retain(|_, record| {
            let is_said = record.is_closed_again() && record.said.len() >= rules;
            let is_at_rest = is_said || now > record.latest() + AT_REST || judge.is_none();
            let goes = end || record.under_way == 0 && is_at_rest;
            if let Some(judge) = judge.filter(|_| goes) {
                judge.judge(record, &self.timeline, figures);
            }
            !goes
        });
    }
}

fn serial(finding: &Finding) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&finding.trace_id.0[8..]);
    u64::from_be_bytes(bytes)
}

fn address(rule: &Arc<Rule>) -> usize {
    Arc::as_ptr(rule) as usize
}
