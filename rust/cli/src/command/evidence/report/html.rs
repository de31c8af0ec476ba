//! A report as one page that needs nothing beside it and prints well: no script, no font, nothing from another host.

use std::fmt::Write as _;

use crate::output::{Output, counted, escaped, grouped};

use super::markdown::percent;
use super::told::{Bar, Control, Rule, Status, Told, Trace};

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Evidence</title>
<style>
:root { color-scheme: light; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de; --good: #1a7f37; --bad: #b42318; --open: #9a6700; --none: #6e7781; }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .3rem; border-bottom: 1px solid var(--line); } h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
p { margin: .3rem 0; } .dim { color: var(--dim); } blockquote { margin: 1rem 0; padding: .4rem .8rem; border-left: 3px solid var(--line); color: var(--dim); }
.mark { font-weight: 600; } .broken { color: var(--bad); } .partly_unknown { color: var(--open); } .kept { color: var(--good); } .not_exercised { color: var(--none); }
table { border-collapse: collapse; margin: .5rem 0; width: 100%; } th, td { border: 1px solid var(--line); padding: .2rem .5rem; text-align: right; font-variant-numeric: tabular-nums; } th { color: var(--dim); font-weight: 500; } td:first-child:not(:only-child) { font-weight: 500; }
ul { margin: .3rem 0; padding-left: 1.2rem; } code { font-size: .85em; overflow-wrap: anywhere; } a { color: inherit; }
svg { display: block; width: 100%; height: 16px; margin: .1rem 0 .3rem; } .hole { fill: #f4d7d4; stroke: #b42318; stroke-width: .5; } .on { fill: #1a7f37; }
@media print { body { max-width: none; margin: 0; font-size: 11px; } h2, h3 { break-after: avoid; } section, table, li { break-inside: avoid; } svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
</style>
</head>
<body>
"#;

pub fn write(told: &Told, out: &mut Output) {
    // Writing to a string cannot fail, here and below.
    let mut page = HEAD.to_owned();
    let _ = write!(
        page,
        "<h1>Evidence: {}</h1>\n<p class=\"dim\">{} to {}</p>\n<blockquote>{}</blockquote>\n",
        escaped(&told.framework.name),
        told.from,
        told.to,
        told.disclaimer
    );
    overview(told, &mut page);
    verified(told, &mut page);
    coverage(told, &mut page);
    list("What weakens the claim", &told.weaknesses, &mut page);
    list("What changed", &told.changes, &mut page);
    for control in &told.controls {
        of_control(control, &mut page);
    }
    page.push_str("</body>\n</html>\n");
    out.data(page.as_bytes());
}

/// The controls on one look, each as bad as the worst of its rules.
fn overview(told: &Told, page: &mut String) {
    page.push_str("<table>\n<tr><th>control</th><th>rules</th><th>broken</th><th>unknown in part</th><th>kept</th><th>not exercised</th></tr>\n");
    for control in &told.controls {
        let _ = write!(
            page,
            "<tr><td>{}</td><td>{}</td>",
            escaped(&control.id),
            control.rules.len()
        );
        for status in [
            Status::Broken,
            Status::PartlyUnknown,
            Status::Kept,
            Status::NotExercised,
        ] {
            let count = control
                .rules
                .iter()
                .filter(|rule| rule.status == status)
                .count();
            let class = if count > 0 { class(status) } else { "dim" };
            let _ = write!(page, "<td class=\"{class}\">{count}</td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

fn verified(told: &Told, page: &mut String) {
    page.push_str("<h2>Verification</h2>\n");
    let records = counted(told.records, "record");
    let _ = if told.whole {
        writeln!(
            page,
            "<p><span class=\"mark kept\">Whole.</span> {records} of this time; numbers, hashes, signatures and time go together.</p>"
        )
    } else {
        let faults = counted(told.faults_total, "fault");
        writeln!(
            page,
            "<p><span class=\"mark broken\">Not whole: {faults}.</span> {records} of this time.</p>"
        )
    };
    page.push_str("<ul>\n");
    for fault in &told.faults {
        let (place, text) = (escaped(&fault.place), escaped(&fault.text));
        let _ = writeln!(page, "<li><code>{}</code> {place}: {text}</li>", fault.kind);
    }
    page.push_str("</ul>\n");
    let _ = match &told.last_record_sha256 {
        Some(hash) => writeln!(page, "<p>Last record: SHA-256 <code>{hash}</code></p>"),
        None => writeln!(
            page,
            "<p class=\"mark broken\">No record is of this time. Nothing can be said about it.</p>"
        ),
    };
}

fn coverage(told: &Told, page: &mut String) {
    let coverage = &told.coverage;
    let share = percent(coverage.share);
    let _ = writeln!(
        page,
        "<h2>Coverage in time</h2>\n<p>{share} of the time was watched.</p>"
    );
    for bar in &coverage.instances {
        of_instance(bar, page);
    }
    if coverage.holes.is_empty() {
        return;
    }
    page.push_str("<p>Nobody watched:</p>\n<ul>\n");
    for hole in &coverage.holes {
        let _ = writeln!(page, "<li>{} to {}</li>", hole.from, hole.to);
    }
    page.push_str("</ul>\n");
}

fn of_instance(bar: &Bar, page: &mut String) {
    let name = escaped(&bar.instance);
    let share = percent(bar.share);
    let _ = write!(
        page,
        "<p class=\"dim\">instance <code>{name}</code>, {share}</p>\n<svg viewBox=\"0 0 1000 16\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"watched {share} of the time\"><rect class=\"hole\" width=\"1000\" height=\"16\"/>"
    );
    for (from, to) in &bar.covered {
        let (x, width) = (from * 1000.0, (to - from) * 1000.0);
        let _ = write!(
            page,
            "<rect class=\"on\" x=\"{x:.3}\" width=\"{width:.3}\" height=\"16\"/>"
        );
    }
    page.push_str("</svg>\n");
}

fn list(title: &str, items: &[String], page: &mut String) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(page, "<h2>{title}</h2>\n<ul>");
    for item in items {
        let _ = writeln!(page, "<li>{}</li>", escaped(item));
    }
    page.push_str("</ul>\n");
}

fn of_control(control: &Control, page: &mut String) {
    let _ = writeln!(page, "<h2>{}</h2>", escaped(&control.id));
    if let Some(asks) = control.asks {
        let _ = writeln!(page, "<p>Asks: {asks}</p>");
    }
    if let Some(cannot) = control.cannot_show {
        let _ = writeln!(page, "<p class=\"dim\">Traces cannot show: {cannot}</p>");
    }
    if control.rules.is_empty() {
        page.push_str("<p class=\"mark\">No rule speaks for this control.</p>\n");
    }
    for rule in &control.rules {
        of_rule(rule, page);
    }
}

const fn class(status: Status) -> &'static str {
    match status {
        Status::Broken => "broken",
        Status::PartlyUnknown => "partly_unknown",
        Status::Kept => "kept",
        Status::NotExercised => "not_exercised",
    }
}

fn of_rule(rule: &Rule, page: &mut String) {
    let class = class(rule.status);
    let _ = writeln!(
        page,
        "<section>\n<h3>{} <span class=\"{class}\">{}</span></h3>",
        escaped(&rule.id),
        rule.status.words()
    );
    if rule.meanings > 1 {
        let _ = writeln!(
            page,
            "<p>The rule had {} meanings in this time; these are the figures of all.</p>",
            rule.meanings
        );
    }
    for sentence in &rule.reading {
        let _ = writeln!(page, "<p>{}</p>", spoken(sentence));
    }
    page.push_str("<table>\n<tr><th>kept</th><th>broken</th><th>unknown</th><th>not applicable</th><th>excused</th><th>violations</th></tr>\n<tr>");
    for count in [
        rule.kept,
        rule.violated,
        rule.unknown(),
        rule.not_applicable,
        rule.excused,
        rule.violations,
    ] {
        let _ = write!(page, "<td>{}</td>", grouped(count));
    }
    page.push_str("</tr>\n</table>\n<ul>\n");
    for (reason, count) in &rule.inconclusive {
        let _ = writeln!(
            page,
            "<li>unknown: {} {}</li>",
            grouped(*count),
            escaped(reason)
        );
    }
    if rule.contradicted > 0 {
        let count = grouped(rule.contradicted);
        let _ = writeln!(
            page,
            "<li>{count} violations are contradicted by later spans</li>"
        );
    }
    page.push_str("</ul>\n");
    if !rule.sample.is_empty() {
        let traces: Vec<String> = rule.sample.iter().map(linked).collect();
        let _ = writeln!(
            page,
            "<p>Traces that kept it, drawn by hash: {}</p>",
            traces.join(", ")
        );
    }
    if !rule.named_violations.is_empty() {
        page.push_str("<p>Violations:</p>\n<ul>\n");
        for violation in &rule.named_violations {
            let (id, trace) = (escaped(&violation.id), linked(&violation.trace));
            let _ = writeln!(page, "<li><code>{id}</code> in {trace}</li>");
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</section>\n");
}

/// What stands between backticks as code.
fn spoken(sentence: &str) -> String {
    let pieces = escaped(sentence);
    let mut spoken = String::new();
    for (index, piece) in pieces.split('`').enumerate() {
        match index % 2 {
            0 => spoken.push_str(piece),
            _ => {
                let _ = write!(spoken, "<code>{piece}</code>");
            }
        }
    }
    spoken
}

fn linked(trace: &Trace) -> String {
    let id = escaped(&trace.id);
    match &trace.url {
        Some(url) => format!("<a href=\"{}\"><code>{id}</code></a>", escaped(url)),
        None => format!("<code>{id}</code>"),
    }
}
