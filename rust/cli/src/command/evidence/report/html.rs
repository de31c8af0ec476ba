//! A report as one page that needs nothing beside it and prints well: no script, no font, nothing from another host.

use std::fmt::Write as _;

use crate::output::{Output, counted, escaped, grouped};

use super::markdown::{NOTHING, REVIEWED, origin, percent, summary};
use super::told::{Bar, Control, Rule, Status, Told, Trace, because};

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root { color-scheme: light; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de; --good: #1a7f37; --bad: #b42318; --open: #9a6700; --none: #6e7781; }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .3rem; border-bottom: 1px solid var(--line); } h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
p { margin: .3rem 0; } .dim { color: var(--dim); } blockquote { margin: 1rem 0; padding: .4rem .8rem; border-left: 3px solid var(--line); color: var(--dim); }
.mark { font-weight: 600; } .broken { color: var(--bad); } .partly_unknown { color: var(--open); } .kept { color: var(--good); } .not_exercised { color: var(--none); }
table { border-collapse: collapse; margin: .5rem 0; width: 100%; } th, td { border: 1px solid var(--line); padding: .2rem .5rem; text-align: right; font-variant-numeric: tabular-nums; } th { color: var(--dim); font-weight: 500; } .said, .said th, .said td { text-align: left; } .said th { width: 9rem; vertical-align: top; } .signing td { height: 2.2rem; width: 25%; }
ul { margin: .3rem 0; padding-left: 1.2rem; } code { font-size: .85em; overflow-wrap: anywhere; } a { color: inherit; }
svg { display: block; width: 100%; height: 16px; margin: .1rem 0 .3rem; } .hole { fill: #f4d7d4; stroke: #b42318; stroke-width: .5; } .on { fill: #1a7f37; }
@media print { body { max-width: none; margin: 0; font-size: 11px; } h2, h3 { break-after: avoid; } section, table, li { break-inside: avoid; } svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
</style>
"#;

pub fn write(told: &Told, out: &mut Output) {
    // Writing to a string cannot fail, here and below.
    let mut page = HEAD.to_owned();
    let name = escaped(&told.framework.name);
    let (from, to) = (&told.from, &told.to);
    let _ = write!(
        page,
        "<title>Evidence: {name}, {from} to {to}</title>\n</head>\n<body>\n<h1>Evidence: {name}</h1>\n<p class=\"dim\">{from} to {to}</p>\n\
         <blockquote>{}</blockquote>\n<p class=\"mark\">{}</p>\n",
        told.disclaimer,
        summary(told)
    );
    overview(told, &mut page);
    verified(told, &mut page);
    coverage(told, &mut page);
    list("What weakens the claim", &told.weaknesses, &mut page);
    list("What changed", &told.changes, &mut page);
    for (index, control) in told.controls.iter().enumerate() {
        of_control(index, control, &mut page);
    }
    let _ = write!(
        page,
        "<section class=\"signing\">\n<h2>Review</h2>\n<p>{REVIEWED}</p>\n\
         <table>\n<tr><th>name</th><th>role</th><th>date</th><th>signature</th></tr>\n<tr><td></td><td></td><td></td><td></td></tr>\n\
         </table>\n</section>\n"
    );
    page.push_str("</body>\n</html>\n");
    out.data(page.as_bytes());
}

/// The controls on one look, each with how many of its rules are what.
fn overview(told: &Told, page: &mut String) {
    page.push_str("<table>\n<tr><th class=\"said\">control</th><th class=\"said\">asks, in our words</th><th>rules</th><th>broken</th><th>unknown in part</th><th>kept</th><th>not exercised</th></tr>\n");
    for (index, control) in told.controls.iter().enumerate() {
        let _ = write!(
            page,
            "<tr><td class=\"said\"><a href=\"#control-{index}\">{}</a></td><td class=\"said dim\">{}</td><td>{}</td>",
            escaped(&control.id),
            control.asks.unwrap_or_default(),
            control.rules.len()
        );
        if control.rules.is_empty() {
            page.push_str("<td colspan=\"4\" class=\"partly_unknown\">no rule speaks for it</td>");
        } else {
            of_statuses(&control.rules, page);
        }
        page.push_str("</tr>\n");
    }
    let _ = writeln!(page, "</table>\n<p class=\"dim\">{}</p>", Status::MEANINGS);
}

fn of_statuses(rules: &[Rule], page: &mut String) {
    for status in [
        Status::Broken,
        Status::PartlyUnknown,
        Status::Kept,
        Status::NotExercised,
    ] {
        let count = rules.iter().filter(|rule| rule.status == status).count();
        let class = if count > 0 { class(status) } else { "dim" };
        let _ = write!(page, "<td class=\"{class}\">{count}</td>");
    }
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
    if told.records == 0 {
        page.push_str(
            "<p class=\"mark broken\">No record is of this time. Nothing can be said about it.</p>\n",
        );
        return;
    }
    page.push_str("<table class=\"said\">\n");
    for (what, texts) in origin(told) {
        let texts: Vec<String> = texts.iter().map(|text| escaped(text)).collect();
        let texts = texts.join("<br>");
        let _ = writeln!(
            page,
            "<tr><th>{what}</th><td><code>{texts}</code></td></tr>"
        );
    }
    page.push_str("</table>\n");
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
    let _ = writeln!(page, "<h2>{title}</h2>");
    if items.is_empty() {
        let _ = writeln!(page, "<p>{NOTHING}</p>");
        return;
    }
    page.push_str("<ul>\n");
    for item in items {
        let _ = writeln!(page, "<li>{}</li>", escaped(item));
    }
    page.push_str("</ul>\n");
}

fn of_control(index: usize, control: &Control, page: &mut String) {
    let id = escaped(&control.id);
    let _ = writeln!(page, "<h2 id=\"control-{index}\">{id}</h2>");
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
    read(&rule.reading, page);
    figures(rule, page);
    traces(rule, page);
    page.push_str("</section>\n");
}

/// What a rule asks: sentences, and demands below them.
fn read(reading: &[String], page: &mut String) {
    for sentence in reading {
        let _ = match sentence.strip_prefix("- ") {
            Some(demand) => writeln!(page, "<ul><li>{}</li></ul>", spoken(demand)),
            None => writeln!(page, "<p>{}</p>", spoken(sentence)),
        };
    }
}

fn figures(rule: &Rule, page: &mut String) {
    page.push_str("<table>\n<tr><th>traces that kept it</th><th>broke it</th><th>unknown</th><th>not applicable</th><th>obligations excused</th><th>violations</th></tr>\n<tr>");
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
            "<li>unknown: {}, {}</li>",
            grouped(*count),
            escaped(because(reason))
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
}

fn traces(rule: &Rule, page: &mut String) {
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
