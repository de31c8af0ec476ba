//! What the keys of one processor say together: times that cannot both hold, a key without another that it needs. The same
//! as the processor itself refuses when it validates its configuration.

use std::net::IpAddr;
use std::ops::Range;

use betrace_engine::Settings;

use super::remark::{NO_RECORDS, NO_RULES, Remark, WRONG_VALUE};
use super::said::{Said, Value};
use super::scalar::{flag, time_text, whole};

const MOST_PREVIOUS_KEYS: usize = 7;
const MOST_WITHHELD: usize = 500;
const LONGEST_WITHHELD: usize = 256;
/// MiB of all rule texts.
const DEFAULT_RULES_MIB: u64 = 8;
const DEFAULT_INTERVAL: u64 = 2_000_000_000;
const DEFAULT_SETTLE: u64 = 5_000_000_000;

/// Faults of several keys.
pub fn faults<F: Fn(&str) -> String>(said: &Said<'_, F>) -> Vec<Remark> {
    let mut found = Vec::new();
    times(said, &mut found);
    members(said, &mut found);
    secrets(said, &mut found);
    evidence(said, &mut found);
    privacy(said, &mut found);
    endpoint(said, &mut found);
    found
}

/// That no rules are named, where some must be.
pub fn without_rules<F: Fn(&str) -> String>(
    said: &Said<'_, F>,
    place: Range<usize>,
) -> Option<Remark> {
    let is_without = !said.is_set("rules.files") && !said.is_set("rules.inline");
    (is_without && !allows_empty(said)).then(|| {
        let help = "name rule files in `files` or write rules in `inline`; `rules: { allow_empty: true }` allows none";
        Remark::of("rules", place, NO_RULES, "names no rules", help)
    })
}

/// That the texts of all rules, `size` bytes, are more than is read.
pub fn too_large<F: Fn(&str) -> String>(said: &Said<'_, F>, size: usize) -> Option<Remark> {
    const MOST: &str = "rules.max_mib";
    let most = match said.value(MOST) {
        Value::Absent => DEFAULT_RULES_MIB,
        Value::Unknown => return None,
        Value::Is(text) => u64::try_from(whole(&text)?).ok()?,
    };
    (size as u64 > most << 20).then(|| {
        let what = format!("the rule files are together larger than the {most} MiB that are read");
        let help = "set a larger one, or name fewer files";
        Remark::of(MOST, said.place(&[MOST, "rules"]), WRONG_VALUE, what, help)
    })
}

/// Whether a set without an enabled rule is taken; if it is not known, it is.
pub fn allows_empty<F: Fn(&str) -> String>(said: &Said<'_, F>) -> bool {
    match said.value("rules.allow_empty") {
        Value::Absent => false,
        Value::Unknown => true,
        Value::Is(text) => flag(&text) == Some(true),
    }
}

fn times<F: Fn(&str) -> String>(said: &Said<'_, F>, found: &mut Vec<Remark>) {
    const IDLE: &str = "trace.idle_timeout";
    const ROOT: &str = "trace.root_timeout";
    const MOST: &str = "trace.max_age";
    let default = Settings::default();
    let Some(most) = said.time(MOST, default.max_age) else {
        return;
    };
    if let Some(idle) = said.time(IDLE, default.idle_timeout)
        && most < idle
    {
        let (most, idle) = (time_text(most), time_text(idle));
        let what = format!("{most} is shorter than {IDLE}, {idle}");
        let what = match said.entry(MOST) {
            Some(_) => what,
            None => format!("{idle} is longer than {MOST}, {most}"),
        };
        let help = "a trace must not be too old before it can be idle";
        found.push(said.at_odds(&[MOST, IDLE], what, help));
    }
    // The default is cut at a shorter max_age; who writes a longer time would wait for it in vain.
    if let Some(root) = said.time(ROOT, default.root_timeout)
        && root > most
        && root != default.root_timeout
    {
        let (root, most) = (time_text(root), time_text(most));
        let what = format!("{root} is longer than {MOST}, {most}");
        let help = "make it shorter, or max_age longer";
        found.push(said.at_odds(&[ROOT], what, help));
    }
}

fn members<F: Fn(&str) -> String>(said: &Said<'_, F>, found: &mut Vec<Remark>) {
    const INTERVAL: &str = "membership.interval";
    const SETTLE: &str = "membership.settle";
    let is_listed = said.is_set("membership.static");
    let is_named = said.is_set("membership.dns");
    if is_named && is_listed {
        let what = "the tier is named twice, by `dns` and by `static`".to_owned();
        found.push(said.at_odds(&["membership.dns"], what, "leave one of them out"));
    }
    if !is_named && !is_listed && !said.is_set("membership.moving_file") {
        return;
    }
    let times = (
        said.time(INTERVAL, DEFAULT_INTERVAL),
        said.time(SETTLE, DEFAULT_SETTLE),
        said.time("trace.idle_timeout", Settings::default().idle_timeout),
    );
    if let (Some(interval), Some(settle), Some(idle)) = times
        && interval.saturating_add(settle) > idle
    {
        let what = format!(
            "interval, {}, and settle, {}, are together longer than trace.idle_timeout, {}",
            time_text(interval),
            time_text(settle),
            time_text(idle)
        );
        let help = "else a trace is judged before it is known that its spans go elsewhere";
        let keys = [SETTLE, INTERVAL, "trace.idle_timeout", "membership.dns"];
        found.push(said.at_odds(&keys, what, help));
    }
}

fn secrets<F: Fn(&str) -> String>(said: &Said<'_, F>, found: &mut Vec<Remark>) {
    const PREVIOUS: &str = "violations.previous_keys";
    let previous = said.listed(PREVIOUS);
    if !previous.is_empty() && !said.is_set("violations.key") {
        let what = "they are nothing without violations.key".to_owned();
        found.push(said.at_odds(&[PREVIOUS], what, "set `key`, or leave them out"));
    }
    if previous.len() > MOST_PREVIOUS_KEYS {
        let what = format!("{} are too many", previous.len());
        let help = format!("at most {MOST_PREVIOUS_KEYS} may stand there");
        let place = said.place(&[PREVIOUS]);
        found.push(Remark::of(PREVIOUS, place, WRONG_VALUE, what, help));
    }
}

fn evidence<F: Fn(&str) -> String>(said: &Said<'_, F>, found: &mut Vec<Remark>) {
    let is_set = |key| said.is_set(key);
    if is_set("evidence.key_file") && is_set("evidence.key") {
        let what = "key_file and key are two keys, and one signs".to_owned();
        found.push(said.at_odds(&["evidence.key_file"], what, "leave one of them out"));
    }
    if is_set("evidence.previous_key_file")
        && !is_set("evidence.key_file")
        && !is_set("evidence.key")
    {
        let what = "it is nothing without a key".to_owned();
        let help = "set `key_file`, or leave it out";
        found.push(said.at_odds(&["evidence.previous_key_file"], what, help));
    }
    let writes = said.text("evidence.emit").as_deref() == Some("file");
    let is_on = said
        .time("evidence.every", 0)
        .is_some_and(|every| every > 0);
    if writes && is_on && !is_set("evidence.directory") {
        let what = "`file` needs a directory to write to".to_owned();
        found.push(said.at_odds(&["evidence.emit"], what, "set `evidence.directory`"));
    }
    let prepared = ["evidence.directory", "evidence.key_file", "evidence.key"];
    if said.entry("evidence.every").is_none()
        && let Some(key) = prepared.into_iter().find(|key| is_set(key))
    {
        let what = "no record is written, for evidence.every is not set";
        let help = "set it, as `every: 1h`; `every: 0s` says that none is wanted";
        found.push(Remark::of(key, said.place(&[key]), NO_RECORDS, what, help));
    }
}

fn privacy<F: Fn(&str) -> String>(said: &Said<'_, F>, found: &mut Vec<Remark>) {
    const WITHHELD: &str = "privacy.attributes";
    let names = said.listed(WITHHELD);
    if names.len() > MOST_WITHHELD {
        let what = format!("{} are too many", names.len());
        let help =
            format!("at most {MOST_WITHHELD} may stand there; a `*` stands for the rest of a key");
        let place = said.place(&[WITHHELD]);
        found.push(Remark::of(WITHHELD, place, WRONG_VALUE, what, help));
    }
    for (place, name) in names {
        let Some(name) = name else {
            continue;
        };
        if name
            .split_once('*')
            .is_some_and(|(_, rest)| !rest.is_empty())
        {
            let what = format!("`{name}` would withhold nothing");
            let help = "a `*` may stand at the end alone: `user.*` for all keys that begin so";
            found.push(Remark::of(WITHHELD, place, WRONG_VALUE, what, help));
        } else if !(1..=LONGEST_WITHHELD).contains(&name.len()) {
            let what = format!("a name of {} bytes", name.len());
            let help = format!("it must have from 1 to {LONGEST_WITHHELD}");
            found.push(Remark::of(WITHHELD, place, WRONG_VALUE, what, help));
        }
    }
}

fn endpoint<F: Fn(&str) -> String>(said: &Said<'_, F>, found: &mut Vec<Remark>) {
    const ENDPOINT: &str = "status.endpoint";
    let (Some(value), Some((_, node))) = (said.text(ENDPOINT), said.entry(ENDPOINT)) else {
        return;
    };
    let what = match host_and_port(&value) {
        None => format!("`{value}` is no host and port"),
        Some(host) if !is_loopback(host) => {
            format!("`{value}` is not on loopback, and whoever reaches the page reads it")
        }
        Some(_) => return,
    };
    let help = "write it as localhost:4316";
    found.push(Remark::of(
        ENDPOINT,
        node.range.clone(),
        WRONG_VALUE,
        what,
        help,
    ));
}

/// The host of `host:port` or `[host]:port`.
fn host_and_port(text: &str) -> Option<&str> {
    let (host, port) = text.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    match host.strip_prefix('[') {
        Some(inside) => inside.strip_suffix(']'),
        None => (!host.contains(':')).then_some(host),
    }
}

fn is_loopback(host: &str) -> bool {
    let is_ip = |ip: IpAddr| ip.is_loopback();
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_ip)
}
