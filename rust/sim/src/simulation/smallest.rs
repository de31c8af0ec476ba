//! From a wrong verdict to the smallest story that still shows it: one rule, one trace, and only those of the things that
//! befell its collector without which the verdict would be right.

use std::collections::BTreeMap;
use std::sync::Arc;

use betrace_lang::rule::Rule;

use super::collector::Collector;
use super::figures::Wrong;
use super::judge::Judge;
use super::mail::{Act, BEGIN, Mail, owner};
use super::record::Record;
use super::weather::SECOND;
use super::world::World;
use super::{COLLECTORS, Config, TURN};
use crate::model::{Span, hex};

/// One rule, one trace, one collector.
#[derive(Clone, Debug)]
pub struct Story {
    /// The number of the rule in the rule set.
    pub rule: usize,
    pub spans: Vec<Span>,
    /// What befell, a line each, by seconds since the beginning.
    pub lines: Vec<String>,
    /// What is wrong, in the story.
    pub what: String,
}

#[derive(Clone)]
struct Script<'r> {
    rules: &'r [Arc<Rule>],
    config: &'r Config,
    collector: usize,
    record: Record,
    acts: Vec<(u64, Act)>,
}

/// `None`: the rule or the trace alone does not show it; the seed does.
#[must_use]
pub fn smallest<'r>(rules: &'r [Arc<Rule>], config: &'r Config, wrong: &Wrong) -> Option<Story> {
    let number = usize::from(wrong.rule?);
    let one = std::slice::from_ref(rules.get(number)?);
    let (record, acts) = heard(rules, config, wrong, number)?;
    let mut script = Script {
        rules: one,
        config,
        collector: owner(wrong.serial),
        record,
        acts,
    };
    script.fails()?;
    script.cut_acts();
    script.cut_spans();
    script.cut_acts();
    let what = script.fails()?;
    Some(Story {
        rule: number,
        lines: script.acts.iter().map(|act| script.line(act)).collect(),
        spans: script.record.spans,
        what,
    })
}

/// What the collector of the trace heard of it, and what befell it, up to the wrong verdict and a little on.
fn heard(
    rules: &[Arc<Rule>],
    config: &Config,
    wrong: &Wrong,
    number: usize,
) -> Option<(Record, Vec<(u64, Act)>)> {
    let owner = owner(wrong.serial);
    let mut world = World::new(rules, config);
    let mut mail: Vec<Mail> = (0..COLLECTORS).map(|_| Mail::default()).collect();
    let mut acts = Vec::new();
    while world.now() < wrong.at + TURN {
        world.advance(world.now() + TURN, &mut mail);
        for (collector, mail) in mail.iter_mut().enumerate() {
            let log = std::mem::take(&mut mail.log);
            if collector == owner {
                acts.extend(
                    log.into_iter()
                        .filter_map(|(at, act)| Some((at, concerning(act, wrong.serial, number)?))),
                );
            }
            mail.records
                .retain(|serial, _| *serial == wrong.serial || *serial + 5000 > world.traces());
        }
    }
    let record = mail[owner].records.remove(&wrong.serial)?;
    Some((record, acts))
}

/// What of it has to do with this trace and this rule.
fn concerning(act: Act, trace: u64, rule: usize) -> Option<Act> {
    match act {
        Act::Message(mut spans) => {
            spans.retain(|(serial, _)| *serial == trace);
            (!spans.is_empty()).then_some(Act::Message(spans))
        }
        Act::Bytes(_) => None,
        Act::Reload(rules) => Some(Act::Reload(Arc::new(vec![rules[rule]]))),
        other => Some(other),
    }
}

impl Script<'_> {
    /// What is wrong, if it still is.
    fn fails(&self) -> Option<String> {
        let judge = Judge::new(self.rules);
        let collector = Collector::new(
            self.rules,
            self.collector != 3,
            self.config.limits(),
            Some(&judge),
        );
        let mut collector = collector.ok()?;
        let mut record = self.record.clone();
        let messages = self.acts.iter().map(|(_, act)| match act {
            Act::Message(spans) => spans.len() as u32,
            _ => 0,
        });
        record.under_way = messages.sum();
        let mut mail = Mail {
            log: self.acts.clone(),
            records: BTreeMap::from([(record.serial, record)]),
        };
        collector.play(&mut mail).ok()?;
        collector.rest(&mut mail, true);
        let wrong = collector.figures.wrong.first()?;
        Some(wrong.what.clone())
    }

    /// Without the acts, many at once and then one by one, without which it fails too.
    fn cut_acts(&mut self) {
        let mut size = self.acts.len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < self.acts.len() {
                let mut fewer = self.clone();
                fewer.acts.drain(at..(at + size).min(self.acts.len()));
                match fewer.fails() {
                    Some(_) => *self = fewer,
                    None => at += size,
                }
            }
            size /= 2;
        }
    }

    /// Without the spans without which it fails too.
    fn cut_spans(&mut self) {
        let mut at = self.record.spans.len();
        while at > 0 {
            at -= 1;
            let fewer = self.without(at as u16);
            if fewer.fails().is_some() {
                *self = fewer;
            }
        }
    }

    fn without(&self, span: u16) -> Self {
        let mut fewer = self.clone();
        fewer.record.spans.remove(usize::from(span));
        if !fewer.record.offsets.is_empty() {
            fewer.record.offsets.remove(usize::from(span));
        }
        for (_, act) in &mut fewer.acts {
            if let Act::Message(spans) = act {
                spans.retain(|(_, at)| *at != span);
                spans
                    .iter_mut()
                    .for_each(|(_, at)| *at -= u16::from(*at > span));
            }
        }
        let is_empty = |act: &Act| matches!(act, Act::Message(spans) if spans.is_empty());
        fewer.acts.retain(|(_, act)| !is_empty(act));
        fewer
    }

    fn line(&self, (at, act): &(u64, Act)) -> String {
        let since = at.saturating_sub(BEGIN);
        let (seconds, millis) = (since / SECOND, since % SECOND / 1_000_000);
        let what = match act {
            Act::Message(spans) => {
                let names = spans.iter().map(|(_, at)| {
                    let span = &self.record.spans[usize::from(*at)];
                    format!("{} {}", hex(&span.id), span.name)
                });
                format!("come {}", names.collect::<Vec<_>>().join(", "))
            }
            Act::Bytes(_) => "bytes that are no message".to_owned(),
            Act::Tick => "a tick".to_owned(),
            Act::Store => "state is stored".to_owned(),
            Act::Kill => "the collector is killed".to_owned(),
            Act::Stop => "the collector stops in order".to_owned(),
            Act::Start => "the collector starts".to_owned(),
            Act::Reload(rules) => {
                let is = if rules[0] { "with" } else { "without" };
                format!("rules are reloaded, {is} this one")
            }
            Act::Flood => "a flood begins".to_owned(),
        };
        format!("{seconds}.{millis:03} s: {what}")
    }
}
