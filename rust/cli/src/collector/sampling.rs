//! Samplers behind a processor that decide before it can: a trace is dropped, and with it the violation that comes when the
//! trace is closed.

use betrace_engine::{Settings, profile};
use betrace_lang::LoadedRule;
use betrace_lang::codes::Code;

use super::remark::Remark;
use super::scalar::{nanoseconds, time_text};
use super::timing::Timing;
use super::yaml::Node;

/// What stands in a configuration rather than in a rule; docs/pipeline.md says of each what to do.
const DECIDES_EARLY: Code = Code("W0301");
const HOLDS_TOO_FEW: Code = Code("W0302");
const DECIDES_AFTER_ROOT: Code = Code("W0303");

/// The processor and the sampler look at their clocks once a second each.
const CLOCKS: u64 = 2_000_000_000;

/// `decision_wait` and `num_traces` of a sampler that does not say so.
const DEFAULT_WAIT: u64 = 30_000_000_000;
const DEFAULT_TRACES: u64 = 50_000;

/// What the violations of one processor ask of a sampler behind it.
pub struct Asked<'a> {
    /// `betrace` or `betrace/name`.
    pub processor: &'a str,
    pub timing: &'a Timing,
    /// Nanoseconds.
    pub longest_trace: u64,
    pub rules: &'a [LoadedRule],
}

impl Asked<'_> {
    /// How long after the first span of a trace its violations are out, at the latest, in nanoseconds.
    fn wait(&self) -> u64 {
        let idle = self.timing.idle_timeout;
        let idle = idle.unwrap_or(Settings::default().idle_timeout);
        self.longest_trace.saturating_add(idle + CLOCKS)
    }

    /// The first enabled rule that is broken, in some way, only once its trace is closed.
    fn waiting(&self) -> Option<&str> {
        let mut enabled = self.rules.iter().map(|loaded| &loaded.rule);
        let found = enabled.find(|rule| {
            let clauses = profile(rule).map_or_else(|_| Vec::new(), |profile| profile.clauses);
            rule.enabled && clauses.iter().any(|clause| !clause.waits_for.is_empty())
        });
        found.map(|rule| &*rule.id.0)
    }
}

/// Doubts about the samplers behind the processor, in the pipelines that it stands in. Pipelines behind a connector are not
/// followed. `resolved` puts in what a value takes from the environment.
pub fn doubts(root: &Node, asked: &Asked<'_>, resolved: impl Fn(&str) -> String) -> Vec<Remark> {
    let told = root
        .get("processors")
        .and_then(|all| all.get(asked.processor))
        .and_then(|processor| processor.get("violations"));
    let says = |key: &str, value: &str| {
        let said = told.and_then(|told| told.get(key)?.text());
        said.is_some_and(|said| resolved(said) == value)
    };
    let Some(rule) = asked.waiting() else {
        return Vec::new();
    };
    // What is sent into no trace, or into one of its own, no sampler can drop with the trace that broke the rule.
    if says("emit", "none") || says("trace", "own") {
        return Vec::new();
    }
    let mut names: Vec<&str> = Vec::new();
    let pipelines = root
        .get("service")
        .and_then(|service| service.get("pipelines"));
    for (_, pipeline) in pipelines.map_or(&[][..], Node::entries) {
        let processors = pipeline.get("processors").map_or(&[][..], Node::elements);
        let ids = processors.iter().filter_map(Node::text);
        let behind = ids.skip_while(|id| *id != asked.processor).skip(1);
        let samplers = behind.filter(|id| is_sampler(id));
        names.extend(samplers);
    }
    names.sort_unstable();
    names.dedup();
    let all = root.get("processors");
    names
        .into_iter()
        .filter_map(|name| all?.entry(name))
        .flat_map(|(key, sampler)| of_sampler(key, sampler, asked, rule, &resolved))
        .collect()
}

fn is_sampler(id: &str) -> bool {
    id == "tail_sampling" || id.starts_with("tail_sampling/")
}

fn of_sampler(
    key: &Node,
    sampler: &Node,
    asked: &Asked<'_>,
    rule: &str,
    resolved: &impl Fn(&str) -> String,
) -> Vec<Remark> {
    let name = key.text().unwrap_or_default();
    let said = |setting: &str| {
        let (place, value) = sampler.entry(setting)?;
        Some((place.range.clone(), resolved(value.text()?)))
    };
    let time = |setting: &str| {
        let (place, value) = said(setting)?;
        Some((place, nanoseconds(&value)?))
    };
    let number = |setting: &str| {
        let (place, value) = said(setting)?;
        Some((place, value.parse::<u64>().ok()?))
    };
    let doubt = |range, code, message, help| Remark::new(name, range, code, message, help);
    let needed = asked.wait();
    let (place, wait) = time("decision_wait").unwrap_or((key.range.clone(), DEFAULT_WAIT));
    let mut doubts = Vec::new();
    if wait < needed {
        doubts.push(doubt(place, DECIDES_EARLY, format!(
                "{name} decides {} after the first span of a trace, and what the rule {rule} finds at its close is lost: a trace of {} is judged by {}",
                time_text(wait),
                time_text(asked.longest_trace),
                time_text(needed),
            ), format!(
                "`decision_wait: {}`: the longest trace (`--longest-trace`), `trace.idle_timeout` and 2 s",
                whole_seconds(needed)
            )));
    }
    if let Some((place, after)) = time("decision_wait_after_root_received")
        && (1..needed).contains(&after)
    {
        doubts.push(doubt(place, DECIDES_AFTER_ROOT, format!(
                "{name} decides {} after the root of a trace, which often comes first, and what the rule {rule} finds at the close is lost",
                time_text(after)
            ), "leave `decision_wait_after_root_received` out".to_owned()));
    }
    let (place, held) = number("num_traces").unwrap_or((key.range.clone(), DEFAULT_TRACES));
    let rate = number("expected_new_traces_per_sec").map_or(0, |(_, rate)| rate);
    let seconds = wait.max(needed).div_ceil(1_000_000_000);
    let enough = rate.saturating_mul(seconds).saturating_mul(3).div_ceil(2);
    if held < enough {
        doubts.push(doubt(place, HOLDS_TOO_FEW, format!(
                "{name} holds {held} traces: of {rate} new ones a second it pushes out those that wait for {seconds} s, and what the rule {rule} finds at their close is lost"
            ), format!(
                "`num_traces: {enough}`: new traces a second times the wait, and a half more"
            )));
    }
    doubts
}

/// As the Collector reads durations, which knows no `min`.
fn whole_seconds(nanos: u64) -> String {
    format!("{}s", nanos.div_ceil(1_000_000_000))
}
