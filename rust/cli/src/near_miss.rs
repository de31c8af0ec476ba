//! Why a rule met nothing: which parts of its selectors some span has, and which none has. Each part is asked of the engine as
//! a rule of its own, so that what counts as having it is decided where verdicts are; names that nearly fit come from a census.
//!
//! Only the first spans of a recording are asked, so that the answer costs the same however long it is.

mod parts;
pub mod probe;
mod said;

use std::collections::BTreeSet;
use std::sync::Arc;

use betrace_engine::{Engine, OwnSpans, PlanError, Settings, Timestamp};
use betrace_lang::rule::{Rule, RuleId, SpanSelector};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use crate::census::{Census, Counts, near};
use crate::output::counted;

use parts::{Asked, Kind, Part, Read, having, scopes, triggers};
use said::Said;

/// How many spans are asked.
pub const ASKED: u64 = 200_000;

/// After so many the engine starts anew: what it keeps of traces is of no use here.
const RENEWED: u64 = 20_000;

/// Sentences about one selector.
const MOST_SENTENCES: usize = 3;

/// Attributes that a name is said to stand for.
const MOST_KEYS: usize = 5;

/// Counts what the selectors of rules nearly met.
pub struct NearMisses {
    selectors: Vec<Asked>,
    /// Rules of which some selector is not asked: there would be too many probes.
    partly: BTreeSet<RuleId>,
    probes: Vec<Arc<Rule>>,
    engine: Engine,
    since_renewed: u64,
    matched: Vec<u64>,
    census: Census,
    said: Said,
}

impl NearMisses {
    /// Asks for the parts of every selector that has to be met for one of `rules` to apply.
    ///
    /// # Errors
    /// As the rules themselves: if a regular expression is too large to compile.
    pub fn of(rules: &[Arc<Rule>]) -> Result<NearMisses, PlanError> {
        let (mut selectors, mut probes) = (Vec::new(), Vec::new());
        let mut partly = BTreeSet::new();
        for rule in rules {
            let mut seen: Vec<&SpanSelector> = Vec::new();
            for selector in triggers(&rule.body) {
                if !seen.contains(&selector) {
                    seen.push(selector);
                    match Asked::of(rule, selector, &mut probes) {
                        Some(asked) => selectors.push(asked),
                        None => drop(partly.insert(rule.id.clone())),
                    }
                }
            }
        }
        let mut said = Said::default();
        let parts = selectors.iter().flat_map(|asked: &Asked| &asked.parts);
        parts
            .flat_map(|part| &part.reads)
            .for_each(|read| said.ask(read));
        let engine = engine(&probes)?;
        Ok(NearMisses {
            matched: vec![0; probes.len()],
            selectors,
            partly,
            probes,
            engine,
            since_renewed: 0,
            census: Census::default(),
            said,
        })
    }

    /// The bytes of a request; malformed ones are passed over, as elsewhere they are told.
    pub fn consume(&mut self, otlp: &[u8]) {
        if self.census.spans >= ASKED {
            return;
        }
        let Ok(request) = ExportTraceServiceRequest::decode(otlp) else {
            return;
        };
        let before = self.census.spans;
        self.census.add(&request);
        self.said.add(&request, before);
        self.since_renewed += self.census.spans - before;
        // Decoded a moment ago, so well-formed.
        let _ = self.engine.consume(otlp, Timestamp(0));
        if self.since_renewed >= RENEWED {
            self.renew();
        }
    }

    fn renew(&mut self) {
        let stats = self.engine.stats();
        for (sum, rule) in self.matched.iter_mut().zip(&stats.rules) {
            *sum += rule.spans_matched;
        }
        self.since_renewed = 0;
        // The same rules compiled before.
        if let Ok(fresh) = engine(&self.probes) {
            self.engine = fresh;
        }
    }

    /// No more comes: what was nearly met can be asked.
    #[must_use]
    pub fn end(mut self) -> Counted {
        self.renew();
        Counted {
            selectors: self.selectors,
            partly: self.partly,
            matched: self.matched,
            census: self.census,
            said: self.said,
        }
    }
}

/// What was counted of all spans.
pub struct Counted {
    selectors: Vec<Asked>,
    partly: BTreeSet<RuleId>,
    matched: Vec<u64>,
    census: Census,
    said: Said,
}

impl Counted {
    /// Every selector of the rule was asked.
    #[must_use]
    pub fn is_whole(&self, rule: &RuleId) -> bool {
        !self.partly.contains(rule)
    }

    /// Sentences on what `rule` nearly met; none where each of its selectors met some span.
    #[must_use]
    pub fn sentences(&self, rule: &RuleId) -> Vec<String> {
        let own = self.selectors.iter().filter(|asked| asked.rule == *rule);
        let mut sentences: Vec<String> = own.flat_map(|asked| self.of_selector(asked)).collect();
        sentences.dedup();
        if self.census.spans >= ASKED && !sentences.is_empty() {
            sentences.push(format!(
                "(of the first {})",
                counted(self.census.spans, "span")
            ));
        }
        sentences
    }

    fn of_selector(&self, asked: &Asked) -> Vec<String> {
        let count = asked.parts.len();
        let at = |probe: usize| self.matched.get(asked.first + probe).copied().unwrap_or(0);
        if count == 0 || at(0) > 0 {
            return Vec::new();
        }
        if let [only] = &asked.parts[..] {
            return vec![format!("no span {}{}", only.has(), self.hint(only))];
        }
        let mut nearly: Vec<(u64, usize)> = (0..count)
            .map(|part| (at(1 + part), part))
            .filter(|(hits, _)| *hits > 0)
            .collect();
        nearly.sort_by_key(|(hits, part)| (std::cmp::Reverse(*hits), *part));
        let is_alone = |part: usize| at(1 + count + part) > 0;
        let mut sentences: Vec<String> = nearly
            .iter()
            .map(|&(hits, part)| {
                let missing = &asked.parts[part];
                let hint = if is_alone(part) {
                    String::new()
                } else {
                    self.hint(missing)
                };
                format!(
                    "{}, none {}{hint}",
                    having(hits, &asked.parts, part),
                    missing.has()
                )
            })
            .collect();
        if sentences.is_empty() {
            let missing = (0..count).filter(|part| !is_alone(*part));
            sentences = missing
                .map(|part| {
                    let part = &asked.parts[part];
                    format!("no span {}{}", part.has(), self.hint(part))
                })
                .collect();
        }
        if sentences.is_empty() {
            sentences.push(format!(
                "each part of `{}` is met by some span, no two by the same",
                asked.text
            ));
        }
        sentences.truncate(MOST_SENTENCES);
        sentences
    }

    /// What occurs and may be meant, where no span has the part.
    fn hint(&self, part: &Part) -> String {
        let near_in = |word: &str, counts: Option<&Counts>| {
            let near = counts.map_or_else(Vec::new, |counts| near(word, counts, 3));
            if near.is_empty() {
                String::new()
            } else {
                format!("; nearest: {}", spans(&near))
            }
        };
        if part.kind == Kind::Name {
            return near_in(&part.text, Some(&self.census.names));
        }
        let Some(lacking) = part.reads.iter().find(|read| self.said.spans(read) == 0) else {
            let first = part.reads.first();
            let other = |read: &Read| {
                let having = have(self.said.spans(read));
                let values = self.said.values(read);
                let colon = if values.is_empty() { "" } else { ": " };
                format!("; {having} {}, with other values{colon}{values}", read.name)
            };
            return first.map(other).unwrap_or_default();
        };
        let told = match looked_for(lacking) {
            Some(keys) => format!("; none has {}, that is {keys}", lacking.name),
            None if lacking.name == part.text => String::new(),
            None => format!("; none has {}", lacking.name),
        };
        if looked_for(lacking).is_some() {
            return format!("{told}{}", self.instead(lacking));
        }
        let key = lacking.keys.first();
        let near = key.into_iter().flat_map(|key| {
            let tables = scopes(lacking.scope).iter();
            tables.map(|scope| near_in(key, self.census.keys(*scope)))
        });
        let near = near.into_iter().find(|hint| !hint.is_empty());
        format!("{told}{}", near.unwrap_or_default())
    }

    /// Where a name stands for several attributes: what spans have that begins as one of them does, what is likest first.
    fn instead(&self, lacking: &Read) -> String {
        let kin: BTreeSet<&str> = lacking
            .keys
            .iter()
            .filter_map(|key| first_word(key))
            .collect();
        let tables = scopes(lacking.scope).iter();
        let tables = tables.filter_map(|scope| self.census.keys(*scope));
        let is_kin = |key: &str| first_word(key).is_some_and(|word| kin.contains(word));
        let mut came: Vec<(usize, &str, u64)> = Vec::new();
        for counts in tables {
            let likest = lacking.keys.iter().map(|key| near(key, counts, 3));
            let likest: Vec<(&str, u64)> = likest.flatten().collect();
            for (key, count) in counts.sorted() {
                if is_kin(key) {
                    let likeness = likest.iter().position(|(likely, _)| *likely == key);
                    came.push((likeness.unwrap_or(usize::MAX), key, count));
                }
            }
        }
        came.sort_by_key(|(likeness, key, count)| (*likeness, std::cmp::Reverse(*count), *key));
        // What is like it is what was meant, and what only begins so is not.
        if came
            .first()
            .is_some_and(|(likeness, ..)| *likeness < usize::MAX)
        {
            came.retain(|(likeness, ..)| *likeness < usize::MAX);
        }
        came.truncate(MOST_SENTENCES);
        let came: Vec<(&str, u64)> = came.iter().map(|(_, key, count)| (*key, *count)).collect();
        match came.is_empty() {
            true => String::new(),
            false => format!("; what came instead: {}", spans(&came)),
        }
    }
}

/// The attributes that a name stands for, if there are several.
fn looked_for(read: &Read) -> Option<String> {
    let mut keys: Vec<&str> = Vec::new();
    for key in &read.keys {
        if !keys.contains(&&**key) {
            keys.push(key);
        }
    }
    if keys.len() < 2 {
        return None;
    }
    let more = keys.len().saturating_sub(MOST_KEYS);
    keys.truncate(MOST_KEYS);
    let told = keys.join(", ");
    Some(match more {
        0 => told,
        more => format!("{told} or {more} others"),
    })
}

/// `db` of `db.system`
fn first_word(key: &str) -> Option<&str> {
    key.split_once('.').map(|(word, _)| word)
}

fn spans(all: &[(&str, u64)]) -> String {
    let all = all.iter();
    let all = all.map(|(text, count)| format!("{text} ({})", counted(*count, "span")));
    all.collect::<Vec<_>>().join(", ")
}

fn have(count: u64) -> String {
    let verb = if count == 1 { "has" } else { "have" };
    format!("{} {verb}", counted(count, "span"))
}

fn engine(probes: &[Arc<Rule>]) -> Result<Engine, PlanError> {
    let settings = Settings {
        early: false,
        restart_grace: false,
        own_spans: OwnSpans::Shaped,
        shares_work: false,
        memory_bytes: 1 << 30,
        queue_bytes: 0,
        shards: 1,
        ..Settings::default()
    };
    Engine::new(probes.to_vec(), settings, Timestamp(0))
}
