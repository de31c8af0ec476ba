//! `betrace show --as-test`: which rule a recorded trace is made a test of, and the test.

use std::sync::Arc;

use betrace_lang::rule::Rule;
use betrace_lang::rule_test::RuleTest;
use betrace_lang::verdict::Verdict;

use crate::args::Show;
use crate::as_test::{Times, made, translated, within_limit, written};
use crate::case;
use crate::exit::Exit;
use crate::output::{self, Output, counted};
use crate::recording;
use crate::rules;
use crate::words;

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

/// The rule that is named, or the only one, or the only one that the trace breaks. It is evaluated be it disabled or not.
fn choose(args: &Show, all: &[Arc<Rule>], test: &RuleTest) -> Result<Arc<Rule>, String> {
    let enabled = |rule: &Arc<Rule>| {
        Arc::new(Rule {
            enabled: true,
            ..(**rule).clone()
        })
    };
    let is_of_one = |rule: &&Arc<Rule>| rule.body.over.is_none();
    let of_one = |rule: &Arc<Rule>| match rule.body.over.is_none() {
        true => Ok(enabled(rule)),
        false => Err(format!(
            "{}; its tests hold several under `traces:`",
            words::over_many_traces(&rule.id.0)
        )),
    };
    if let Some(id) = &args.rule {
        let named = all.iter().find(|rule| *rule.id.0 == **id);
        return named
            .ok_or_else(|| rules::no_such_rule(id, all.iter().map(|rule| &*rule.id.0)))
            .and_then(of_one);
    }
    if let [only] = all {
        return of_one(only);
    }
    let mut broken = Vec::new();
    for rule in all.iter().filter(|rule| rule.enabled).filter(is_of_one) {
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

fn make(rule: &Arc<Rule>, test: RuleTest, out: &mut Output) -> Result<(), String> {
    let before = test.spans.len();
    let made = made(rule, test)?;
    out.line(format_args!(
        "# rule {}: {} of {} keep it {}",
        rule.id.0,
        made.test.spans.len(),
        counted(before, "span"),
        made.kept.verdict.as_str()
    ));
    if !made.kept.is_met {
        out.line("# no span met the rule: this verdict is vacuous");
    }
    if made.is_cut_short {
        out.line("# perhaps not the smallest: the trace is too large to try everything");
    }
    out.text(&made.text);
    Ok(())
}
