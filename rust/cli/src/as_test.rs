//! A recorded trace as a test of a rule: the smallest that keeps the verdict, read back before it is shown.

mod smallest;
mod translated;
mod yaml;

use std::sync::Arc;

use betrace_engine::PlanError;
use betrace_lang::rule::Rule;
use betrace_lang::rule_test::{Expectation, RuleTest};
use betrace_lang::verdict::Verdict;
use betrace_lang::{Limits, SourceFile, load};

use crate::case;
use crate::output::{self, counted};

pub use smallest::{Kept, Times};
pub use translated::translated;
pub use yaml::written;

use smallest::smallest;

/// A test that keeps the verdict of a trace.
pub struct Made {
    pub test: RuleTest,
    /// Under `tests:`, whose key is written too.
    pub text: String,
    pub kept: Kept,
    /// Not everything could be tried.
    pub is_cut_short: bool,
}

/// The smallest trace that is to `rule` what `test` is.
///
/// # Errors
/// In words: it stays too large, or cannot be said in a test.
pub fn made(rule: &Arc<Rule>, mut test: RuleTest) -> Result<Made, String> {
    if let Some(own) = rule.completeness {
        test.completeness = own;
    }
    let in_words = |error: PlanError| error.to_string();
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
    Ok(Made {
        text,
        kept,
        is_cut_short: made.is_cut_short,
        test: made.test,
    })
}

/// The test as it is, without times, if the rule says `verdict` of it as it will be read back.
#[must_use]
pub fn as_it_is(rule: &Arc<Rule>, mut test: RuleTest, verdict: Verdict) -> Option<String> {
    test.expect.verdict = verdict;
    let text = written(&test, Times::LaidOut);
    let seen = case::evaluate(rule, &read_back(&text)?).ok()?;
    (seen.verdict == verdict).then_some(text)
}

/// A test may have so many spans.
///
/// # Errors
/// In words, if it has more.
pub fn within_limit(test: &RuleTest) -> Result<(), String> {
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
