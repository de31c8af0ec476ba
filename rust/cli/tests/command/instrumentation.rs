//! The packs and the vocabulary on what real instrumentation emits: every fault that was put into a recording is found, nothing
//! else is, and each act is one, whatever spans it has. `docs/instrumentation.md` is written from what comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::support::*;
use serde::Deserialize;
use serde_json::Value;

pub const ACTS: [&str; 9] = [
    "http.request",
    "http.call",
    "db.call",
    "message.publish",
    "message.process",
    "ai.agent",
    "ai.chat",
    "ai.tool",
    "mcp.call",
];

const OF_AGENTS: [&str; 4] = [
    "ai-tool-needs-approval",
    "ai-goal-adherence",
    "ai-tool-loop",
    "ai-model-allowed",
];

/// What is true of a recording, by hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Truth {
    stack: String,
    notes: Vec<String>,
    broken: BTreeMap<String, BTreeSet<String>>,
    verdicts: BTreeMap<String, String>,
    acts: BTreeMap<String, u64>,
    #[serde(default)]
    without_a_span: BTreeMap<String, Unseen>,
}

/// So many acts leave no span.
#[derive(Deserialize)]
struct Unseen {
    acts: u64,
    why: String,
}

/// What the packs and the acts of the vocabulary made of a recording.
struct Found {
    truth: Truth,
    broken: BTreeSet<(String, String)>,
    verdicts: BTreeMap<String, String>,
    acts: BTreeMap<String, u64>,
    /// Which act a span is.
    of_span: BTreeMap<(String, String), String>,
    spans: Vec<Value>,
}

impl Found {
    fn wanted(&self) -> BTreeSet<(String, String)> {
        let rules = self.truth.broken.iter();
        rules
            .flat_map(|(rule, traces)| traces.iter().map(|trace| (rule.clone(), trace.clone())))
            .collect()
    }

    /// Of rules that are held by their verdicts no trace is asked.
    fn pairs(&self) -> BTreeSet<(String, String)> {
        let pairs = self.broken.iter();
        pairs
            .filter(|(rule, _)| !self.truth.verdicts.contains_key(rule))
            .cloned()
            .collect()
    }
}

type Spans = BTreeMap<String, Vec<Value>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn folder() -> PathBuf {
    root().join("testdata/instrumentation")
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap().to_owned()
}

fn act_rules() -> String {
    let rules = ACTS.iter().map(|act| {
        format!("  - {{ id: {act}, condition: 'never {{ count(otel:{act}) > 0 }}' }}\n")
    });
    format!("rules:\n{}", rules.collect::<String>())
}

/// Of the verdicts that a rule has on the traces of a recording, the one that says most.
fn worst(verdicts: &BTreeSet<String>) -> String {
    let order = ["violated", "inconclusive", "satisfied", "not_applicable"];
    let worst = order.iter().find(|verdict| verdicts.contains(**verdict));
    (*worst.unwrap()).to_owned()
}

/// The requests of a recording, as they were sent.
fn requests(path: &Path) -> Vec<Value> {
    let bytes = std::fs::read(path).unwrap();
    let mut recorded = String::new();
    zstd::Decoder::new(&*bytes)
        .unwrap()
        .read_to_string(&mut recorded)
        .unwrap();
    let lines = recorded.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Each recording by its name.
pub fn recordings() -> BTreeMap<String, Vec<Value>> {
    let names = truths().into_keys();
    names
        .map(|name| {
            let requests = requests(&recording(&name));
            (name, requests)
        })
        .collect()
}

fn spans(path: &Path) -> Vec<Value> {
    let all = |value: &Value, key: &str| value[key].as_array().unwrap().clone();
    requests(path)
        .into_iter()
        .flat_map(|request: Value| all(&request, "resourceSpans"))
        .flat_map(|resource| all(&resource, "scopeSpans"))
        .flat_map(|scope| all(&scope, "spans"))
        .collect()
}

/// Where a recording stands: in the folder of its stack, beside the program, or on its own.
pub fn recording(name: &str) -> PathBuf {
    let of_stack = folder().join(name).join("recorded.jsonl.zst");
    if of_stack.exists() {
        of_stack
    } else {
        folder().join(format!("{name}.jsonl.zst"))
    }
}

/// The truths of all recordings: of those on their own in one file, of a stack in its folder.
fn truths() -> BTreeMap<String, Truth> {
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    let mut truths: BTreeMap<String, Truth> =
        serde_json::from_str(&read(folder().join("truths.json"))).unwrap();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path().join("truth.json");
        if path.exists() {
            let name = path.parent().unwrap().file_name().unwrap();
            let truth = serde_json::from_str(&read(path.clone())).unwrap();
            let before = truths.insert(name.to_str().unwrap().to_owned(), truth);
            assert!(before.is_none(), "{} has two truths", path.display());
        }
    }
    truths
}

/// Of each trace its recording.
pub fn of_traces() -> BTreeMap<String, String> {
    recorded(truths().into_keys()).0
}

/// Of each trace its recording, and each recording's spans.
fn recorded(names: impl Iterator<Item = String>) -> (BTreeMap<String, String>, Spans) {
    let (mut of_trace, mut all) = (BTreeMap::new(), Spans::new());
    for name in names {
        let spans = spans(&recording(&name));
        for span in &spans {
            let before = of_trace.insert(text(span, "traceId"), name.clone());
            assert!(
                before.is_none_or(|before| before == name),
                "a trace stands in two recordings"
            );
        }
        all.insert(name, spans);
    }
    (of_trace, all)
}

/// All recordings, replayed once for all tests.
static FOUND: LazyLock<BTreeMap<String, Found>> = LazyLock::new(|| {
    let truths = truths();
    let (of_trace, mut spans) = recorded(truths.keys().cloned());
    let desk = Desk::with(&[("acts.yaml", &act_rules())]);
    let replay = |rules: &str| {
        let mut args = vec![
            "replay",
            "--format",
            "json",
            "--verdicts",
            "all",
            "--rules",
            rules,
        ];
        let paths: Vec<String> = truths
            .keys()
            .map(|name| recording(name).display().to_string())
            .collect();
        args.extend(paths.iter().map(String::as_str));
        let ran = desk.run(&args);
        assert!(ran.code <= 1, "{}", ran.err);
        ran.json_lines()
    };
    let mut acts: BTreeMap<&str, BTreeMap<String, u64>> = BTreeMap::new();
    let mut of_span: BTreeMap<&str, BTreeMap<(String, String), String>> = BTreeMap::new();
    for line in replay("acts.yaml") {
        if line["verdict"] == "violated" {
            let (act, trace) = (text(&line, "rule"), text(&line, "trace_id"));
            let name = &of_trace[&trace];
            for span in line["evidence"].as_array().unwrap() {
                let id = (trace.clone(), text(span, "span_id"));
                of_span.entry(name).or_default().insert(id, act.clone());
            }
            let acts = acts.entry(name).or_default();
            *acts.entry(act).or_default() += line["count"].as_u64().unwrap();
        }
    }
    let mut answers: BTreeMap<&str, Vec<(String, String, String)>> = BTreeMap::new();
    for line in replay(root().join("rules").to_str().unwrap()) {
        if !line["window"].is_null() {
            assert_ne!(line["verdict"], "violated", "{line}");
            continue;
        }
        let trace = text(&line, "trace_id");
        let answer = (text(&line, "rule"), trace.clone(), text(&line, "verdict"));
        answers.entry(&of_trace[&trace]).or_default().push(answer);
    }
    let all = truths.into_iter().map(|(name, truth)| {
        let (mut broken, mut verdicts) = (BTreeSet::new(), BTreeMap::new());
        for (rule, trace, verdict) in &answers[&*name] {
            if verdict == "violated" {
                broken.insert((rule.clone(), trace.clone()));
            }
            let of_rule: &mut BTreeSet<String> = verdicts.entry(rule.clone()).or_default();
            of_rule.insert(verdict.clone());
        }
        let verdicts = verdicts
            .iter()
            .map(|(rule, all)| (rule.clone(), worst(all)));
        let found = Found {
            truth,
            broken,
            verdicts: verdicts.collect(),
            acts: acts.remove(&*name).unwrap_or_default(),
            of_span: of_span.remove(&*name).unwrap_or_default(),
            spans: spans.remove(&name).unwrap(),
        };
        (name, found)
    });
    all.collect()
});

#[test]
fn every_recording_has_its_truths() {
    let names = std::fs::read_dir(folder()).unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_of_stack = path.join("run").exists();
        let name = if is_of_stack {
            Some(name)
        } else {
            name.strip_suffix(".jsonl.zst")
        };
        name.map(str::to_owned)
    });
    let names: BTreeSet<String> = names.collect();
    assert!(names.len() >= 20);
    assert_eq!(names, FOUND.keys().cloned().collect());
}

#[test]
fn the_packs_find_each_fault_of_real_stacks_and_no_other() {
    for (name, found) in FOUND.iter() {
        assert_eq!(found.pairs(), found.wanted(), "{name}");
        for (rule, verdict) in &found.truth.verdicts {
            assert_eq!(found.verdicts.get(rule), Some(verdict), "{name}: {rule}");
        }
    }
}

#[test]
fn an_act_is_one_span_in_every_recording() {
    for (name, found) in FOUND.iter() {
        let mut wanted = found.truth.acts.clone();
        for (act, unseen) in &found.truth.without_a_span {
            *wanted.get_mut(act).unwrap() -= unseen.acts;
        }
        assert_eq!(found.acts, wanted, "{name}");
    }
}

#[test]
fn stacks_without_a_recording_are_read_as_they_were_seen() {
    let kinds = folder().join("kinds.yaml");
    let ran = Desk::with(&[]).run(&["test", kinds.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// A rule that reads each key of each recording.
#[test]
fn no_advice_on_a_name_that_is_emitted_leads_to_one_that_is_silent() {
    let attributes = |span: &Value| span["attributes"].as_array().cloned().unwrap_or_default();
    let spans = FOUND.values().flat_map(|found| &found.spans);
    let keys: BTreeSet<String> = spans
        .flat_map(attributes)
        .map(|one| text(&one, "key"))
        .collect();
    let rules = keys.iter().enumerate().map(|(number, key)| {
        format!("  - {{ id: r{number}, condition: 'never {{ any.where(span.{key} == probe) }}' }}\n  - {{ id: s{number}, condition: 'never {{ any.where({key} == probe) }}' }}\n")
    });
    let rules = format!("rules:\n{}", rules.collect::<String>());
    let ran =
        Desk::with(&[("rules.yaml", &rules)]).run(&["check", "--format", "json", "rules.yaml"]);
    let mut advised = 0;
    for one in ran.json_lines()[0]["diagnostics"].as_array().unwrap() {
        if !["W0112", "W0113"].contains(&&*text(one, "code")) {
            continue;
        }
        advised += 1;
        let advice = one["suggestion"].as_str();
        assert!(
            advice.is_none_or(|advice| advice.starts_with("otel:")),
            "{one}"
        );
    }
    assert!(
        keys.len() > 200 && advised > 20,
        "{} keys, {advised} advised",
        keys.len()
    );
}

#[test]
fn the_page_of_instrumentation_says_what_is_found() {
    let path = root().join("docs/instrumentation.md");
    let wanted = page(&FOUND);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == wanted,
        "docs/instrumentation.md is not fresh: run UPDATE_DOCS=1 cargo test -p betrace-cli --test command instrumentation"
    );
}

const HEAD: &str = "# Instrumentation

What real instrumentation emits, and what the packs and the [vocabulary](vocabulary.md) make of it. This page is written from the
recordings under `testdata/instrumentation/`, whose programs, versions and truths by hand stand there; a test replays them.

## Faults

The shops answer ten faulty requests, which break twelve rules of the packs in 17 pairs of rule and trace; the other recordings are
of single programs. *False* are pairs that are no fault.

| recording | found | missed | false |
|---|---|---|---|
";

const AGENTS: &str = "
## Agents

An agent calls a model, a tool that needs approval, and the model again; the model is on no list of approved ones. A rule is not
applicable where the stack emits nothing that it asks: the spans of a client of a model know of no tools.

";

const ACTS_HEAD: &str = "
## Acts

How many of each truly happened, by hand, how many of these left no span at all, and how many the selector of the vocabulary meets:
all others, each once.

| recording | act | happened | without a span | counted |
|---|---|---|---|---|
";

const READ: &str = "
## Stacks without a recording

Traces by hand, of what these stacks were seen to emit or what their released source says, stand in
`testdata/instrumentation/stacks/`; a test holds what is true of them. No rule of the packs is violated that is not named. Agents
are tried once more without the approval and the plan: what is satisfied of them here is violated then.

";

const INTENTS: &str = "
## What people ask

Rules as people write them on names of the vocabulary, `testdata/instrumentation/intents.yaml`, on each recorded stack whose program
stands there: how many traces break them by what the programs do, how many of these are found, and where something else is found
and why.

";

fn page(all: &BTreeMap<String, Found>) -> String {
    let mut page = HEAD.to_owned();
    for (name, found) in all
        .iter()
        .filter(|(_, found)| found.truth.verdicts.is_empty())
    {
        let (pairs, wanted) = (found.pairs(), found.wanted());
        let _ = writeln!(
            page,
            "| {name} | {} of {} | {} | {} |",
            pairs.intersection(&wanted).count(),
            wanted.len(),
            wanted.difference(&pairs).count(),
            pairs.difference(&wanted).count(),
        );
    }
    page.push_str(AGENTS);
    let _ = writeln!(page, "| recording | {} |", OF_AGENTS.join(" | "));
    let _ = writeln!(page, "|---|{}", "---|".repeat(OF_AGENTS.len()));
    for (name, found) in all
        .iter()
        .filter(|(_, found)| !found.truth.verdicts.is_empty())
    {
        let verdicts = OF_AGENTS.map(|rule| {
            let (is, wanted) = (&found.verdicts[rule], &found.truth.verdicts[rule]);
            let is = is.replace('_', " ");
            if is == wanted.replace('_', " ") {
                is
            } else {
                format!("{is}, truly {wanted}")
            }
        });
        let _ = writeln!(page, "| {name} | {} |", verdicts.join(" | "));
    }
    page.push_str(ACTS_HEAD);
    for (name, found) in all {
        for (act, happened) in &found.truth.acts {
            let counted = found.acts.get(act).copied().unwrap_or_default();
            let unseen = found.truth.without_a_span.get(act);
            let unseen = unseen.map_or(String::new(), |unseen| {
                format!("{}: {}", unseen.acts, unseen.why)
            });
            let _ = writeln!(
                page,
                "| {name} | `otel:{act}` | {happened} | {unseen} | {counted} |"
            );
        }
    }
    page.push_str(READ);
    page.push_str(&super::stacks::table());
    page.push_str(INTENTS);
    page.push_str(&super::intents_recorded::table());
    page.push_str("\n## Stack by stack\n\nOf each kind of span which act it is, where it is one (of several spans of an act the outermost is), the attributes that the\nvocabulary reads, with their types and by which of its names, and those that it does not read.\n");
    for (name, found) in all {
        stack(&mut page, name, found);
    }
    page
}

fn stack(page: &mut String, name: &str, found: &Found) {
    let _ = writeln!(page, "\n### {name}\n\n{}\n", found.truth.stack);
    for note in &found.truth.notes {
        let _ = writeln!(page, "- {note}");
    }
    let mut rows: BTreeMap<(String, &str), Row> = BTreeMap::new();
    for span in &found.spans {
        let kind = [
            "unspecified",
            "internal",
            "server",
            "client",
            "producer",
            "consumer",
        ][span["kind"].as_u64().unwrap_or_default() as usize];
        let row = rows.entry((shape(&text(span, "name")), kind)).or_default();
        row.spans += 1;
        let id = (text(span, "traceId"), text(span, "spanId"));
        if let Some(act) = found.of_span.get(&id) {
            row.acts.insert(format!("`otel:{act}`"));
        }
        for attribute in span["attributes"].as_array().into_iter().flatten() {
            let of = attribute["value"]
                .as_object()
                .and_then(|value| value.keys().next());
            let of = of.map_or("none", |of| of.trim_end_matches("Value"));
            let key = text(attribute, "key");
            match readers(&key) {
                Some(readers) => row.read.insert(format!("`{key}` ({of}): {readers}")),
                None => row.unread.insert(format!("`{key}` ({of})")),
            };
        }
    }
    page.push_str("\n| span | kind | spans | act | attributes: names | other attributes |\n|---|---|---|---|---|---|\n");
    for ((name, kind), row) in rows {
        let all = |cells: BTreeSet<String>, between: &str| {
            let cells: Vec<String> = cells.into_iter().collect();
            cells.join(between)
        };
        let _ = writeln!(
            page,
            "| {name} | {kind} | {} | {} | {} | {} |",
            row.spans,
            all(row.acts, ", "),
            all(row.read, "<br>"),
            all(row.unread, ", ")
        );
    }
}

/// The spans of one name and kind.
#[derive(Default)]
struct Row {
    spans: u64,
    acts: BTreeSet<String>,
    read: BTreeSet<String>,
    unread: BTreeSet<String>,
}

/// A name as a cell of a table.
fn shape(name: &str) -> String {
    format!("`{}`", name.replace('|', "\\|"))
}

fn readers(key: &str) -> Option<String> {
    let reads = |line: &&betrace_lang::ShippedLine| {
        let at = line.text.split(" ~ ").next().unwrap_or_default();
        let at = at.split(" = ").next().unwrap_or_default();
        at.split(" if ").next() == Some(key)
    };
    let fields = betrace_lang::vocabulary().filter(|one| one.kind() == "field");
    let readers: Vec<String> = fields
        .filter(|one| one.lines.iter().any(|line| reads(&line)))
        .map(|one| format!("`{}`", one.name))
        .collect();
    (!readers.is_empty()).then(|| readers.join(", "))
}
