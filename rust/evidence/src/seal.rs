//! A record, made and sealed.

use std::collections::BTreeMap;

use betrace_engine::{ByReason, Named, Period as Counted, RulePeriod, SpanCounts};
use betrace_lang::rule::{MeaningHash, Rule};
use betrace_lang::verdict::Reason;
use serde::{Deserialize, Serialize};

use crate::digest::{Sha256Hex, leaf_hash, merkle_root};
use crate::envelope::Envelope;
use crate::key::{Signer, UNSIGNED};
use crate::record::{
    Before, Cause, Chain, Clock, Ended, Entries, Entry, PREDICATE_TYPE, Period, Predicate,
    Producer, Recordings, RuleEntry, RulesSummary, STATEMENT_TYPE, Statement, Subject, Traces,
    Verdicts, ViolationEntry, Violations, Written, canonical,
};
use crate::time::time_text;

/// What the entries of one record may take, in bytes of canonical JSON: rules go first, then violations; what does not
/// fit is counted.
pub const LIST_BYTES: usize = 768 << 10;

/// The longest text that a caller may name itself with; what is longer is cut.
const NAME_BYTES: usize = 256;

/// What the caller knows and the engine does not.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Of the record before; none: a chain begins.
    #[serde(default)]
    pub chain: Option<Chain>,
    /// Names a chain that begins: 32 hexadecimal digits.
    pub instance: String,
    pub cause: Cause,
    /// The time, nanoseconds since 1970.
    pub now: u64,
    #[serde(default)]
    pub producer: Producer,
    /// A chain was there, and could not be read.
    #[serde(default)]
    pub chain_lost: bool,
    /// Since the record before, by cause.
    #[serde(default)]
    pub violations_lost: BTreeMap<String, u64>,
    #[serde(default)]
    pub clock: Clock,
    #[serde(default)]
    pub records: Written,
    /// Of a replay.
    #[serde(skip)]
    pub replay: Option<Replayed>,
}

/// What was replayed.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// When the recordings begin, nanoseconds since 1970.
    pub from: u64,
    pub recordings: Vec<Subject>,
    /// Some of it could not be read.
    pub is_broken: bool,
}

/// A record and where its chain stands then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sealed {
    pub chain: Chain,
    pub envelope: Envelope,
}

/// Makes the record of a period, links it to the one before and signs it where there is a key.
#[must_use]
pub fn seal(counted: &Counted, facts: &Facts, signer: Option<&Signer>) -> Sealed {
    let chain = facts.chain.as_ref();
    let cause = match counted.replaced {
        Some(_) => Cause::Reload,
        None => facts.cause,
    };
    let signer_id = signer.map_or(UNSIGNED, Signer::id);
    let hand_over = chain.map(|chain| &chain.signer).filter(|before| {
        *before != signer_id && signer.is_some_and(|signer| signer.can_take_over_from(before))
    });
    let predicate = predicate(counted, facts, cause, signer_id, hand_over.cloned());
    let mut subject = vec![Subject::new("rules", rules_hash(&counted.rules))];
    if let Some(replay) = &facts.replay {
        subject.extend(replay.recordings.iter().cloned());
    }
    let statement = Statement {
        kind: STATEMENT_TYPE.to_owned(),
        predicate_type: PREDICATE_TYPE.to_owned(),
        subject,
        predicate,
    };
    let payload = canonical(&statement);
    Sealed {
        chain: Chain {
            instance: statement.predicate.instance,
            sequence: statement.predicate.sequence,
            hash: Sha256Hex::of(&payload),
            to: statement.predicate.period.to,
            cause,
            signer: signer_id.to_owned(),
        },
        envelope: Envelope::around(&payload, signer, hand_over.is_some()),
    }
}

/// What came to pass, linked to the record before.
fn predicate(
    counted: &Counted,
    facts: &Facts,
    cause: Cause,
    signer: &str,
    hand_over_from: Option<String>,
) -> Predicate {
    let chain = facts.chain.as_ref();
    let (listed, entries) = entries(counted);
    Predicate {
        instance: chain
            .map_or(&facts.instance, |chain| &chain.instance)
            .clone(),
        sequence: chain.map_or(1, |chain| chain.sequence.saturating_add(1)),
        previous: chain.map(|chain| chain.hash),
        cause,
        period: period(counted, facts, cause),
        before: before(facts, cause),
        producer: producer(&facts.producer),
        recordings: facts.replay.as_ref().map(|replay| Recordings {
            broken: replay.is_broken,
        }),
        signer: signer.to_owned(),
        hand_over_from,
        rules: RulesSummary {
            total: counted.rules.len() as u64,
            listed: listed.0,
        },
        verdicts: verdicts(&counted.rules),
        violations: Violations {
            total: counted.violations_total,
            listed: listed.1,
            lost: lost(counted, facts),
        },
        spans: spans(&counted.spans, counted.unmarked_spans),
        traces: Traces {
            closed: counted.closed_traces,
            live: counted.live_traces,
            shed: counted.shed_traces,
            outside: counted.outside_traces,
            returned: counted.returned_traces,
            ids_dropped: counted.dropped_ids,
        },
        clock: facts.clock,
        records: Written {
            periods_lost: counted.periods_lost,
            ..facts.records
        },
        entries,
    }
}

/// From where the record before ended, or from now where the processor did not run until then.
fn period(counted: &Counted, facts: &Facts, cause: Cause) -> Period {
    let to = time_text(counted.replaced.map_or(facts.now, |replaced| replaced.0));
    let from = match (cause, &facts.replay, &facts.chain) {
        (_, Some(replay), _) => time_text(replay.from),
        (Cause::Start, ..) | (_, _, None) => to.clone(),
        (_, _, Some(chain)) => chain.to.clone(),
    };
    // Within a run time does not go back; were a caller's to do so, no period would be of negative length.
    let to = to.max(from.clone());
    Period { from, to }
}

fn before(facts: &Facts, cause: Cause) -> Option<Before> {
    if facts.chain_lost {
        return Some(Before {
            ended: Ended::ChainLost,
            last: None,
        });
    }
    let chain = facts.chain.as_ref().filter(|_| cause == Cause::Start)?;
    Some(Before {
        ended: match chain.cause {
            Cause::Stop => Ended::Stopped,
            Cause::Start | Cause::Period | Cause::Reload | Cause::Replay => Ended::Killed,
        },
        last: Some(chain.to.clone()),
    })
}

fn producer(given: &Producer) -> Producer {
    let cut = |text: &str| text[..text.floor_char_boundary(NAME_BYTES)].to_owned();
    Producer {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        processor: cut(&given.processor),
        pipeline: cut(&given.pipeline),
    }
}

/// The rules that fit, and then the violations that fit; with how many they are.
fn entries(counted: &Counted) -> ((u64, u64), Entries) {
    let mut room = LIST_BYTES;
    let mut leaves = Vec::new();
    let mut list = Vec::new();
    let mut add = |entry: Entry| {
        let bytes = canonical(&entry);
        let fits = bytes.len() < room;
        if fits {
            // And a comma.
            room -= bytes.len() + 1;
            leaves.push(leaf_hash(&bytes));
            list.push(entry);
        }
        u64::from(fits)
    };
    let rules = counted
        .rules
        .iter()
        .map(|one| add(Entry::Rule(rule(one))))
        .sum();
    let violations = counted.violations.iter();
    let violations = violations
        .map(|one| add(Entry::Violation(violation(one))))
        .sum();
    let entries = Entries {
        merkle_root: merkle_root(&leaves),
        list,
    };
    ((rules, violations), entries)
}

fn rule(one: &RulePeriod) -> RuleEntry {
    let (rule, counts) = (&one.rule, &one.counts);
    RuleEntry {
        id: rule.id.0.to_string(),
        meaning: meaning(rule.hash),
        severity: rule.severity.as_str().to_owned(),
        compliance: compliance(rule),
        violated: counts.violated,
        satisfied: counts.satisfied,
        not_applicable: counts.not_applicable,
        inconclusive: by_reason(&counts.inconclusive),
        kept: one.kept,
        excused: one.excused,
        violations: counts.violations,
        contradicted: counts.violations_contradicted,
        comparisons_unknown: counts.comparisons_unknown,
        spans_matched: counts.spans_matched,
        sample: one.sample.iter().map(ToString::to_string).collect(),
    }
}

fn violation(one: &Named) -> ViolationEntry {
    ViolationEntry {
        rule: one.rule.0.to_string(),
        trace: one.trace_id.to_string(),
        violation: one.violation_id.to_string(),
    }
}

fn meaning(hash: MeaningHash) -> String {
    hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A framework that a rule names twice is one.
fn compliance(rule: &Rule) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in &*rule.compliance {
        let controls = all.entry(one.framework.clone()).or_default();
        controls.extend(one.controls.iter().cloned());
        controls.sort();
        controls.dedup();
    }
    all
}

/// SHA-256 over a line for each rule, in the order of their ids: its meaning, a space, its id.
#[must_use]
pub fn rules_hash(rules: &[RulePeriod]) -> Sha256Hex {
    let rules = rules.iter().map(|one| &one.rule);
    rules_hash_of(
        rules
            .map(|rule| (&*rule.id.0, meaning(rule.hash)))
            .collect(),
    )
}

pub(crate) fn rules_hash_of(mut rules: Vec<(&str, String)>) -> Sha256Hex {
    rules.sort();
    let lines = rules
        .iter()
        .map(|(id, meaning)| format!("{meaning} {id}\n"));
    Sha256Hex::of(lines.collect::<String>().as_bytes())
}

fn by_reason(counts: &ByReason) -> BTreeMap<String, u64> {
    let reasons = Reason::ALL.iter().zip(counts);
    reasons
        .filter(|(_, count)| **count > 0)
        .map(|(reason, count)| (reason.as_str().to_owned(), *count))
        .collect()
}

fn verdicts(rules: &[RulePeriod]) -> Verdicts {
    let mut all = Verdicts::default();
    for RulePeriod { counts, .. } in rules {
        all.violated += counts.violated;
        all.satisfied += counts.satisfied;
        all.not_applicable += counts.not_applicable;
        all.inconclusive += counts.inconclusive.iter().sum::<u64>();
    }
    all
}

/// What the caller lost, and what the engine had no room for, which is the same to whoever misses it.
fn lost(counted: &Counted, facts: &Facts) -> BTreeMap<String, u64> {
    let mut lost = facts.violations_lost.clone();
    if counted.lost_findings > 0 {
        *lost.entry("queue_full".to_owned()).or_default() += counted.lost_findings;
    }
    lost.retain(|_, count| *count > 0);
    lost
}

fn spans(counts: &SpanCounts, unmarked: u64) -> BTreeMap<String, u64> {
    [
        ("evaluated", counts.evaluated),
        ("duplicate", counts.duplicate),
        ("conflict", counts.conflict),
        ("late", counts.late),
        ("over_limit", counts.over_limit),
        ("malformed", counts.malformed),
        ("own", counts.own),
        ("unmarked", unmarked),
    ]
    .into_iter()
    .map(|(name, count)| (name.to_owned(), count))
    .collect()
}
