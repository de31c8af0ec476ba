//! The packs and the acts on stacks without a recording: traces by hand, of what their released source emits, in
//! `testdata/instrumentation/stacks`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::instrumentation::ACTS;
use super::support::*;

/// Of which pack the rules are asked of which file's stacks.
const ASKED: [(&str, &[&str]); 2] = [
    ("agents", &["ai-agents"]),
    ("services", &["compliance", "platform", "security", "sre"]),
];

/// What is violated without an approval and a plan, where it is satisfied with them.
const OF_APPROVAL: [&str; 2] = ["ai-tool-needs-approval", "ai-goal-adherence"];

#[derive(Clone)]
struct Stack {
    name: String,
    acts: BTreeMap<String, u64>,
    tokens: Option<u64>,
    verdicts: BTreeMap<String, String>,
    trace: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `a 1, b 2`
fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split(',').filter_map(|pair| {
        let (name, value) = pair.trim().split_once(' ')?;
        Some((name.to_owned(), value.to_owned()))
    })
}

fn stack(paragraph: &str) -> Stack {
    let mut lines = paragraph.trim_end().lines().peekable();
    let mut stack = Stack {
        name: lines.next().unwrap().to_owned(),
        acts: BTreeMap::new(),
        tokens: None,
        verdicts: BTreeMap::new(),
        trace: Vec::new(),
    };
    while let Some(line) = lines.next_if(|line| !line.starts_with('-')) {
        let (key, value) = line.split_once(':').unwrap();
        match key {
            "acts" => {
                stack.acts = pairs(value)
                    .map(|(act, count)| (act, count.parse().unwrap()))
                    .collect();
            }
            "tokens" => stack.tokens = Some(value.trim().parse().unwrap()),
            "rules" => stack.verdicts = pairs(value).collect(),
            other => panic!("{}: {other}", stack.name),
        }
    }
    stack.trace = lines.map(str::to_owned).collect();
    assert!(
        !stack.trace.is_empty() && stack.acts.keys().all(|act| ACTS.contains(&&**act)),
        "{}",
        stack.name
    );
    stack
}

/// The same where nobody approved and nothing was planned, if it has an approval.
fn without_approval(stack: &Stack) -> Option<Stack> {
    let has = stack
        .trace
        .iter()
        .any(|line| line.contains("agent.approval"));
    let mut without = has.then(|| stack.clone())?;
    without.name.push_str(", not approved");
    without.trace.retain(|line| {
        !line.contains("span: agent.approval") && !line.contains("span: agent.plan")
    });
    for rule in OF_APPROVAL {
        let verdict = without.verdicts.get_mut(rule)?;
        if verdict == "satisfied" {
            "violated".clone_into(verdict);
        }
    }
    Some(without)
}

fn written(file: &str) -> Vec<Stack> {
    let path = root().join(format!("testdata/instrumentation/stacks/{file}.txt"));
    let text = std::fs::read_to_string(path).unwrap();
    text.split("\n## ").skip(1).map(stack).collect()
}

static STACKS: LazyLock<BTreeMap<&str, Vec<Stack>>> = LazyLock::new(|| {
    let of_file = ASKED.map(|(file, _)| {
        let both = |stack: &Stack| [Some(stack.clone()), without_approval(stack)];
        let all = written(file).iter().flat_map(both).flatten().collect();
        (file, all)
    });
    BTreeMap::from(of_file)
});

fn as_test(stack: &Stack, expect: &str) -> String {
    let name = serde_json::to_string(&stack.name).unwrap();
    let mut test = format!("      - name: {name}\n        trace:\n");
    for line in &stack.trace {
        let _ = writeln!(test, "          {line}");
    }
    let _ = writeln!(test, "        expect: {expect}");
    test
}

/// By what a rule reads the vocabulary: its names, or a macro of its pack that has some.
const READS: [&str; 2] = ["otel:", "admin_request"];

/// A pack with other tests: each of its rules about one trace that reads the vocabulary, on each stack. What is expected is
/// not looked at.
fn asked(pack: &str, stacks: &[Stack]) -> String {
    let text = std::fs::read_to_string(root().join(format!("rules/{pack}.yaml"))).unwrap();
    let tests: String = stacks
        .iter()
        .map(|stack| as_test(stack, "violated"))
        .collect();
    let mut rules = text.split("\n  - id: ");
    let mut asked = rules.next().unwrap().to_owned();
    let bodies = rules.map(|rule| rule.split_once("\n    tests:\n").unwrap().0);
    let of_one_trace = bodies.filter(|rule| !rule.contains("\n    condition: |\n      over "));
    for rule in of_one_trace.filter(|rule| READS.iter().any(|name| rule.contains(name))) {
        let _ = write!(asked, "\n  - id: {rule}\n    tests:\n{tests}");
    }
    asked
}

#[test]
fn an_act_is_one_span_in_every_stack_that_was_read() {
    let stacks: Vec<&Stack> = STACKS.values().flatten().collect();
    let mut rules = "rules:\n".to_owned();
    for (number, stack) in stacks.iter().enumerate() {
        let counts = ACTS.map(|act| {
            let count = stack.acts.get(act).copied().unwrap_or_default();
            format!("count(otel:{act}) == {count}")
        });
        let tokens = stack
            .tokens
            .map(|sum| format!(" and sum(otel:ai.chat, otel:ai.output_tokens) == {sum}"));
        let _ = writeln!(
            rules,
            "  - id: stack-{number}\n    condition: always {{ {}{} }}\n    tests:\n{}",
            counts.join(" and "),
            tokens.unwrap_or_default(),
            as_test(stack, "satisfied").trim_end()
        );
    }
    let ran = Desk::with(&[("acts.yaml", &rules)]).run(&["test", "acts.yaml"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(stacks.len() > 100);
}

#[test]
fn the_packs_judge_each_stack_that_was_read_by_what_is_true_of_it() {
    let mut wrong = Vec::new();
    for (file, packs) in ASKED {
        let stacks = &STACKS[file];
        let texts = packs
            .iter()
            .map(|pack| (format!("{pack}.yaml"), asked(pack, stacks)));
        let texts: Vec<(String, String)> = texts.collect();
        let files = texts.iter().map(|(name, text)| (&**name, &**text));
        let desk = Desk::with(&files.collect::<Vec<_>>());
        let ran = desk.run(&["test", "--format", "json", "."]);
        assert!(ran.code <= 1, "{}", ran.err);
        let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let told = told["tests"].as_array().unwrap();
        assert!(told.len() >= 4 * stacks.len());
        for one in told {
            let word = |key: &str| one[key].as_str().unwrap();
            let mut named = stacks.iter().filter(|stack| stack.name == word("test"));
            let stack = named.next().unwrap();
            assert!(named.next().is_none(), "two stacks have one name");
            let wanted = stack.verdicts.get(word("rule"));
            let is_right = match wanted {
                Some(wanted) => wanted == word("verdict"),
                None => ["satisfied", "not_applicable"].contains(&word("verdict")),
            };
            if !is_right {
                wrong.push(format!("{one}, truly {wanted:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A table of what is true of the stacks, which the tests hold.
pub fn table() -> String {
    let mut table = "| stack | acts | verdicts |\n|---|---|---|\n".to_owned();
    for (file, _) in ASKED {
        for stack in written(file) {
            let acts = stack
                .acts
                .iter()
                .map(|(act, count)| format!("{count} `otel:{act}`"));
            let verdicts = stack.verdicts.iter();
            let verdicts =
                verdicts.map(|(rule, verdict)| format!("{rule} {}", verdict.replace('_', " ")));
            let _ = writeln!(
                table,
                "| {} | {} | {} |",
                stack.name,
                acts.collect::<Vec<_>>().join(", "),
                verdicts.collect::<Vec<_>>().join(", ")
            );
        }
    }
    table
}
