//! A recorded trace as a test of a rule: the smallest that keeps the verdict, read back before it is shown.

use std::sync::Arc;

use betrace_engine::PlanError;
use betrace_lang::rule::Rule;
use betrace_lang::rule_test::{Expectation, RuleTest};
use betrace_lang::verdict::Verdict;
use betrace_lang::{Limits, SourceFile, load};

use crate::args::Show;
use crate::case;
use crate::exit::Exit;
use crate::output::{self, Output, counted};
use crate::recording;
use crate::rules;

use super::smallest::{Kept, Smallest, Times, smallest};
use super::translated::translated;
use super::yaml::written;

pub fn run(args: &Show, out: &mut Output) -> Exit {
    let mut rules: Vec<Arc<Rule>> = Vec::new();
    if !args.rules.is_empty() {
        match rules::load_faultless(&args.rules) {
            Ok(set) => rules.extend(set.rules.into_iter().map(|loaded| loaded.rule)),
            Err(exit) => return exit,
        }
    }
    let recorded = match recording::find(args.trace.as_deref(), &args.traces) {
        Ok(recorded) => recorded,
        Err(exit) => return exit,
    };
    let test = translated(&recorded, args.completeness.into());
    let made = if args.rules.is_empty() {
        whole(&test, out)
    } else {
        choose(args, &rules, &test).and_then(|rule| make(&rule, test, out))
    };
    match made {
        Ok(()) if recorded.is_broken => Exit::Broken,
        Ok(()) => Exit::Fine,
        Err(fault) => {
            output::fault(fault);
            Exit::Usage
        }
    }
}

/// Without a rule everything may matter, and what to expect is its author's to say.
fn whole(test: &RuleTest, out: &mut Output) -> Result<(), String> {
    within_limit(test)?;
    out.line("# --rules names none: the trace is whole, with all that its spans say. Put in what your rule should make of it.");
    out.text(&written(test, Times::Written));
    Ok(())
}

fn within_limit(test: &RuleTest) -> Result<(), String> {
    let most = Limits::default().test_spans;
    if test.spans.len() <= most {
        return Ok(());
    }
    Err(format!(
        "the test would have {}, and may have {} at most",
        counted(test.spans.len(), "span"),
        output::grouped(most as u64)
    ))
}

/// The rule that is named, or the only one, or the only one that the trace breaks. It is evaluated be it disabled or not.
fn choose(args: &Show, all: &[Arc<Rule>], test: &RuleTest) -> Result<Arc<Rule>, String> {
    let enabled = |rule: &Arc<Rule>| {
        Arc::new(Rule {
            enabled: true,
            ..(**rule).clone()
        })
    };
    if let Some(id) = &args.rule {
        let named = all.iter().find(|rule| *rule.id.0 == **id);
        return named
            .map(enabled)
            .ok_or_else(|| format!("there is no rule {id:?} in these files"));
    }
    if let [only] = all {
        return Ok(enabled(only));
    }
    let mut broken = Vec::new();
    for rule in all.iter().filter(|rule| rule.enabled) {
        let seen = case::evaluate(rule, test).map_err(|error| error.to_string())?;
        if seen.verdict == Verdict::Violated {
            broken.push(rule);
        }
    }
    match &broken[..] {
        [only] => Ok(Arc::clone(only)),
        [] => {
            Err("the trace breaks none of these rules: name the one to test with --rule".to_owned())
        }
        some => {
            let ids: Vec<&str> = some.iter().map(|rule| &*rule.id.0).collect();
            Err(format!(
                "the trace breaks several rules, name one with --rule: {}",
                ids.join(", ")
            ))
        }
    }
}

fn make(rule: &Arc<Rule>, mut test: RuleTest, out: &mut Output) -> Result<(), String> {
    if let Some(own) = rule.completeness {
        test.completeness = own;
    }
    let in_words = |error: PlanError| error.to_string();
    let before = test.spans.len();
    let kept = Kept::of(&case::evaluate(rule, &test).map_err(in_words)?);
    test.expect = Expectation {
        verdict: kept.verdict,
        reason: kept.reason,
        clause: kept.clause,
        ..test.expect
    };
    let made = smallest(rule, test, kept, |test| {
        read_back(&written(test, Times::LaidOut))
    })
    .map_err(in_words)?;
    let text = written(&made.test, made.times);
    within_limit(&made.test)?;
    let again = read_back(&text)
        .map(|test| case::evaluate(rule, &test))
        .transpose();
    let again = again.map_err(in_words)?;
    if again.as_ref().map(Kept::of) != Some(kept) {
        return Err(format!(
            "the verdict {} hangs on something that a test cannot say, such as times that are missing",
            kept.verdict.as_str()
        ));
    }
    tell(rule, &made, before, kept, out);
    out.text(&text);
    Ok(())
}

fn tell(rule: &Rule, made: &Smallest, before: usize, kept: Kept, out: &mut Output) {
    out.line(format_args!(
        "# rule {}: {} of {} keep it {}",
        rule.id.0,
        made.test.spans.len(),
        counted(before, "span"),
        kept.verdict.as_str()
    ));
    if !kept.is_met {
        out.line("# no span met the rule: this verdict is vacuous");
    }
    if made.is_cut_short {
        out.line("# perhaps not the smallest: the trace is too large to try everything");
    }
}

/// The test as a rule file would have it, spans with the times that they get.
fn read_back(text: &str) -> Option<RuleTest> {
    let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
    // The clause is the real rule's own, so that any may stand here.
    let rule =
        "rules:\n  - id: read-back\n    condition: |\n      always { x }\n      never { y }\n";
    let file = SourceFile::new("test", format!("{rule}{indented}"));
    let loaded = load(&[file], &Limits::default());
    loaded.rules.into_iter().next()?.tests.into_iter().next()
}
