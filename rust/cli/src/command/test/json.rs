//! Test results as one JSON object.

use serde::Serialize;

use super::coverage::{Coverage, Covered};
use super::judge::Ran;

#[derive(Serialize)]
struct Results<'a> {
    tests: Vec<Test<'a>>,
    passed: usize,
    failed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<&'a [Covered<'a>]>,
}

#[derive(Serialize)]
struct Test<'a> {
    rule: &'a str,
    test: &'a str,
    file: &'a str,
    line: u32,
    column: u32,
    passed: bool,
    expected: &'static str,
    verdict: &'static str,
    reason: Option<&'static str>,
    complaints: &'a [String],
}

pub fn render(ran: &[Ran<'_>], coverage: Option<&Coverage<'_>>) -> String {
    let results = Results {
        tests: ran.iter().map(test).collect(),
        passed: ran.iter().filter(|ran| ran.passed()).count(),
        failed: ran.iter().filter(|ran| !ran.passed()).count(),
        coverage: coverage.map(|coverage| &*coverage.clauses),
    };
    // Strings, numbers and lists: nothing that JSON could not hold.
    let mut json = serde_json::to_string_pretty(&results).unwrap_or_default();
    json.push('\n');
    json
}

fn test<'a>(ran: &'a Ran<'_>) -> Test<'a> {
    Test {
        rule: &ran.rule.rule.id.0,
        test: &ran.test.name,
        file: ran.file,
        line: ran.test.place.line,
        column: ran.test.place.column,
        passed: ran.passed(),
        expected: ran.test.expect.verdict.as_str(),
        verdict: ran.seen.verdict.as_str(),
        reason: ran.seen.reason.map(|reason| reason.as_str()),
        complaints: &ran.complaints,
    }
}
