//! A report as OSCAL 1.2.1 Assessment Results. A finding is of one rule that speaks for one control. OSCAL knows `satisfied` and
//! `not-satisfied`: the first is said only where the rule was kept, nothing is unknown, the records are whole and nobody looked
//! away; whatever else is known stands in a remark.

use betrace_evidence::{Checked, PREDICATE_TYPE, Sha256Hex};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::output::{Output, counted};

use super::told::{Control, Rule, Status, Told, Trace};

const OSCAL_VERSION: &str = "1.2.1";

/// Of the names that are ours in a document.
const NAMESPACE: &str = "https://github.com/betracehq/betrace";

/// Makes identifiers that are the same for the same records and questions: version 5, below the type of our records.
struct Ids {
    base: Uuid,
}

impl Ids {
    /// Of the records, whatever their order, and of what is asked of them.
    fn of(records: &[&Checked], told: &Told) -> Ids {
        let mut hashes: Vec<String> = records.iter().map(|one| one.hash.to_string()).collect();
        hashes.sort();
        hashes.extend([
            told.framework.name.clone(),
            told.from.clone(),
            told.to.clone(),
        ]);
        let format = Uuid::new_v5(&Uuid::NAMESPACE_URL, PREDICATE_TYPE.as_bytes());
        let chain = Sha256Hex::of(hashes.join("\n").as_bytes());
        Ids {
            base: Uuid::new_v5(&format, &chain.0),
        }
    }

    fn id(&self, parts: &[&str]) -> String {
        Uuid::new_v5(&self.base, parts.join("\n").as_bytes()).to_string()
    }
}

pub fn write(told: &Told, records: &[&Checked], out: &mut Output) {
    let ids = Ids::of(records, told);
    let plan = ids.id(&["rules"]);
    let document = json!({ "assessment-results": {
        "uuid": ids.id(&["document"]),
        "metadata": {
            "title": format!("Evidence for {}", told.framework.name),
            "last-modified": told.to,
            "version": told.last_record_sha256.as_deref().unwrap_or("none"),
            "oscal-version": OSCAL_VERSION,
            "remarks": told.disclaimer,
        },
        "import-ap": {
            "href": format!("#{plan}"),
            "remarks": "There is no assessment plan: rules about traces are evaluated continuously.",
        },
        "results": [result(told, &ids)],
        "back-matter": { "resources": [{
            "uuid": plan,
            "title": "The rules in use",
            "description": "Each evidence record names its rule set by a hash, and each rule by the hash of its meaning.",
        }] },
    }});
    out.json(&document);
}

fn result(told: &Told, ids: &Ids) -> Value {
    let spoken_for: Vec<&Control> = told
        .controls
        .iter()
        .filter(|one| !one.rules.is_empty())
        .collect();
    let mut selection = json!({ "description": "The controls that some rule speaks for." });
    if !spoken_for.is_empty() {
        let controls = spoken_for
            .iter()
            .map(|one| json!({ "control-id": token(&one.id) }));
        selection["include-controls"] = controls.collect();
    }
    let mut result = json!({
        "uuid": ids.id(&["result"]),
        "title": format!("{} from {} to {}", told.framework.name, told.from, told.to),
        "description": described(told),
        "start": told.from,
        "end": told.to,
        "reviewed-controls": { "control-selections": [selection] },
        "remarks": remarks(told),
    });
    let mut seen: Vec<&str> = Vec::new();
    let mut observations = Vec::new();
    let mut findings = Vec::new();
    for control in &spoken_for {
        for rule in &control.rules {
            if !seen.contains(&rule.id.as_str()) {
                seen.push(&rule.id);
                observations.push(observation(rule, told, ids));
            }
            findings.push(finding(control, rule, told, ids));
        }
    }
    // OSCAL has lists of one or more.
    if !observations.is_empty() {
        result["observations"] = Value::Array(observations);
        result["findings"] = Value::Array(findings);
    }
    result
}

fn described(told: &Told) -> String {
    let whole = if told.whole { "whole" } else { "NOT WHOLE" };
    format!(
        "{}, {whole}; {:.2} % of the time was watched.",
        counted(told.records, "evidence record"),
        (told.coverage.share * 10_000.0).floor() / 100.0
    )
}

/// What OSCAL has no place for.
fn remarks(told: &Told) -> String {
    let mut remarks = Vec::new();
    let faults = told.faults.iter();
    remarks.extend(
        faults.map(|fault| format!("Fault ({}): {} {}", fault.kind, fault.place, fault.text)),
    );
    let holes = told.coverage.holes.iter();
    remarks.extend(holes.map(|hole| format!("Nobody watched from {} to {}.", hole.from, hole.to)));
    remarks.extend(told.weaknesses.iter().cloned());
    remarks.extend(
        told.changes
            .iter()
            .map(|change| format!("Changed: {change}.")),
    );
    for control in told.controls.iter().filter(|one| one.rules.is_empty()) {
        remarks.push(format!("No rule speaks for {}.", control.id));
    }
    remarks.push("A state is that of a rule, and not of the whole control.".to_owned());
    remarks.join("\n")
}

fn observation(rule: &Rule, told: &Told, ids: &Ids) -> Value {
    let mut observation = json!({
        "uuid": ids.id(&["observation", &rule.id]),
        "title": rule.id,
        "description": figures(rule),
        "methods": ["TEST"],
        "collected": told.to,
        "remarks": if rule.reading.is_empty() {
            "What the rule asks was not given to this report.".to_owned()
        } else {
            rule.reading.join("\n")
        },
    });
    let kept = rule
        .sample
        .iter()
        .map(|trace| evidence(trace, "A trace that kept the rule"));
    let broken = rule.named_violations.iter().map(|one| {
        let what = format!("Violation {} in a trace", one.id);
        evidence(&one.trace, &what)
    });
    let all: Vec<Value> = kept.chain(broken).collect();
    if !all.is_empty() {
        observation["relevant-evidence"] = Value::Array(all);
    }
    observation
}

fn evidence(trace: &Trace, what: &str) -> Value {
    let mut evidence = json!({ "description": format!("{what}: {}", trace.id) });
    if let Some(url) = &trace.url {
        evidence["href"] = json!(url);
    }
    evidence
}

fn figures(rule: &Rule) -> String {
    let mut figures = format!(
        "{}: {} kept it, {} broke it ({}), {} excused; it did not apply to {}.",
        rule.status.words(),
        counted(rule.kept, "trace"),
        counted(rule.violated, "trace"),
        counted(rule.violations, "violation"),
        counted(rule.excused, "obligation"),
        counted(rule.not_applicable, "trace")
    );
    for (reason, count) in &rule.inconclusive {
        figures.push_str(&format!(
            " Of {} it is not known ({reason}).",
            counted(*count, "trace")
        ));
    }
    if rule.contradicted > 0 {
        let contradicted = counted(rule.contradicted, "violation");
        figures.push_str(&format!(" Later spans contradict {contradicted}."));
    }
    figures
}

fn finding(control: &Control, rule: &Rule, told: &Told, ids: &Ids) -> Value {
    let (state, reason, remark) = state(rule, told);
    json!({
        "uuid": ids.id(&["finding", &control.id, &rule.id]),
        "title": format!("{}: {}", control.id, rule.id),
        "description": figures(rule),
        "target": {
            "type": "objective-id",
            "target-id": token(&control.id),
            "props": [
                { "name": "control", "ns": NAMESPACE, "value": shown(&control.id) },
                { "name": "rule", "ns": NAMESPACE, "value": shown(&rule.id) },
                { "name": "status", "ns": NAMESPACE, "value": rule.status.words() },
            ],
            "status": { "state": state, "reason": reason, "remarks": remark },
        },
        "related-observations": [{ "observation-uuid": ids.id(&["observation", &rule.id]) }],
    })
}

/// Never better than what is known.
fn state(rule: &Rule, told: &Told) -> (&'static str, &'static str, String) {
    let is_all_seen = told.coverage.holes.is_empty() && told.coverage.share >= 1.0;
    match rule.status {
        Status::Broken => ("not-satisfied", "fail", "The rule was broken.".to_owned()),
        Status::Kept if told.whole && is_all_seen => {
            let text = "The rule was kept in each trace it applied to, as far as spans came.";
            ("satisfied", "pass", text.to_owned())
        }
        Status::Kept if !told.whole => {
            let text = "Kept by what the records say, and the records are not whole.";
            ("not-satisfied", "other", text.to_owned())
        }
        Status::Kept => {
            let text = "Kept while somebody watched, and nobody watched the whole time: partially satisfied at most.";
            ("not-satisfied", "other", text.to_owned())
        }
        Status::PartlyUnknown => {
            let text =
                "Inconclusive: not broken as far as is known, and of some traces it is not known.";
            ("not-satisfied", "other", text.to_owned())
        }
        Status::NotExercised => {
            let text = "Not exercised: nothing happened that the rule speaks of, as far as is known. This says nothing about the control.";
            ("not-satisfied", "other", text.to_owned())
        }
    }
}

/// OSCAL's token: a letter or `_`, then letters, digits, `.`, `-`, `_`. A name that has to change gets a part of its hash, so
/// that no two names become one.
fn token(name: &str) -> String {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let mut token: String = name
        .chars()
        .map(|c| if is_fit(c) { c } else { '_' })
        .collect();
    if !token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        token.insert(0, '_');
    }
    if token != name {
        let hash = Sha256Hex::of(name.as_bytes()).to_string();
        token.push('-');
        token.push_str(&hash[..8]);
    }
    token
}

/// OSCAL's string: something in it, and no blank at its ends.
fn shown(name: &str) -> String {
    let shown = name.replace(char::is_control, "\u{fffd}");
    match shown.trim() {
        "" => "(empty)".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_names_become_tokens_and_no_two_become_one() {
        assert_eq!(token("CC6.1"), "CC6.1");
        assert_eq!(token("A.8.15"), "A.8.15");
        let odd = [
            "164.312(b)",
            "164.312[b]",
            "",
            " ",
            "Art. 30",
            "Ä",
            "3.3",
            "_3.3",
            "a\nb",
        ];
        let tokens: std::collections::BTreeSet<String> =
            odd.iter().map(|name| token(name)).collect();
        assert_eq!(tokens.len(), odd.len());
        for token in tokens {
            let mut characters = token.chars();
            assert!(
                characters
                    .next()
                    .is_some_and(|c| c.is_ascii_alphabetic() || c == '_'),
                "{token}"
            );
            assert!(characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')));
        }
    }
}
