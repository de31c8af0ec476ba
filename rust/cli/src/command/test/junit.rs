//! Test results as JUnit XML, which build servers read: a suite a rule, a case a test.

use std::fmt::Write;

use super::judge::Ran;
use super::tree;

pub fn render(ran: &[Ran<'_>]) -> String {
    let failed = ran.iter().filter(|ran| !ran.passed()).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        xml,
        "<testsuites name=\"betrace\" tests=\"{}\" failures=\"{failed}\">",
        ran.len()
    );
    for suite in ran.chunk_by(|a, b| a.rule.rule.id == b.rule.rule.id) {
        let failed = suite.iter().filter(|ran| !ran.passed()).count();
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">",
            escape(&suite[0].rule.rule.id.0),
            suite.len()
        );
        for ran in suite {
            case(ran, &mut xml);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(ran: &Ran<'_>, xml: &mut String) {
    let _ = write!(
        xml,
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\"",
        escape(&ran.rule.rule.id.0),
        escape(&ran.test.name),
        escape(ran.file),
        ran.test.place.line
    );
    if ran.passed() {
        xml.push_str("/>\n");
        return;
    }
    let details: Vec<String> = ran
        .complaints
        .iter()
        .cloned()
        .chain(tree::render(ran.test, &ran.seen))
        .collect();
    let _ = writeln!(
        xml,
        ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
        escape(&ran.complaints.join("; ")),
        escape(&details.join("\n"))
    );
}

/// XML 1.0 text; characters that it cannot hold are replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}
