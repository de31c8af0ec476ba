//! A report in Markdown.

use betrace_evidence::UNSIGNED;

use crate::output::{Output, counted, grouped};

use super::told::{Control, Rule, Status, Told, Trace, because};

/// Where nothing is to be listed.
pub const NOTHING: &str = "The records name nothing.";

/// Above the line on which somebody signs.
pub const REVIEWED: &str = "Who signs here has read this report. It shows technical evidence of the rules and of the time that it names, \
and certifies nothing.";

pub fn write(told: &Told, out: &mut Output) {
    let mut page = String::new();
    let mut line = |text: String| {
        page.push_str(&text);
        page.push('\n');
    };
    line(format!("# Evidence: {}\n", safe(&told.framework.name)));
    line(format!("From {} to {}.\n", told.from, told.to));
    line(format!("> {}\n", told.disclaimer));
    line(format!("{} {}\n", summary(told), Status::MEANINGS));
    verified(told, &mut line);
    coverage(told, &mut line);
    list("What weakens the claim", &told.weaknesses, &mut line);
    list("What changed", &told.changes, &mut line);
    for control in &told.controls {
        of_control(control, &mut line);
    }
    line(format!("## Review\n\n{REVIEWED}\n"));
    line("| name | role | date | signature |\n|---|---|---|---|\n| | | | |".to_owned());
    out.data(page.as_bytes());
}

/// What somebody must know who reads no further.
pub fn summary(told: &Told) -> String {
    let whole = if told.whole {
        "are whole"
    } else {
        "are NOT whole"
    };
    // Of a stretch without records it is not the rules that lack.
    if told.records == 0 {
        let nothing = "No record is of this stretch of time, so that nothing is said of";
        let controls = counted(told.controls.len(), "control");
        return format!("{nothing} {controls}. The records {whole}.");
    }
    let (mut broken, mut unknown, mut kept, mut quiet, mut silent) = (0, 0, 0, 0, 0);
    for control in &told.controls {
        *match control.rules.iter().map(|rule| rule.status).min() {
            Some(Status::Broken) => &mut broken,
            Some(Status::PartlyUnknown) => &mut unknown,
            Some(Status::Kept) => &mut kept,
            Some(Status::NotExercised) => &mut quiet,
            None => &mut silent,
        } += 1;
    }
    let counts = [
        (broken, "a rule that was broken"),
        (
            unknown,
            "a rule of which something is unknown, and none that was broken",
        ),
        (kept, "rules that were kept, and none that was broken"),
        (quiet, "only rules that were not exercised"),
        (silent, "no rule"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let has = |count| if count == 1 { "has" } else { "have" };
    let counts: Vec<String> = counts
        .map(|(count, text)| format!("{count} {} {text}", has(*count)))
        .collect();
    format!(
        "Of {}: {}. {} of the time was watched. The records {whole}.",
        counted(told.controls.len(), "control"),
        counts.join("; "),
        percent(told.coverage.share)
    )
}

fn verified(told: &Told, line: &mut impl FnMut(String)) {
    line("## Verification\n".to_owned());
    let records = counted(told.records, "record");
    if told.whole {
        line(format!(
            "{records}, whole: numbers, hashes, signatures and time go together.\n"
        ));
    } else {
        line(format!(
            "**{records}, NOT WHOLE: {}.**\n",
            counted(told.faults_total, "fault")
        ));
    }
    for fault in &told.faults {
        line(format!(
            "- `{}` {}: {}",
            fault.kind,
            safe(&fault.place),
            safe(&fault.text)
        ));
    }
    // What stands right below a list is a part of its last item: a line is left free behind each.
    if !told.faults.is_empty() {
        line(String::new());
    }
    if told.records == 0 {
        line("**No record is of this time.** Nothing can be said about it.\n".to_owned());
        return;
    }
    line("| | |\n|---|---|".to_owned());
    for (what, texts) in origin(told) {
        let texts: Vec<String> = texts.iter().map(|text| safe(text)).collect();
        line(format!("| {what} | {} |", texts.join(", ")));
    }
    line(String::new());
}

/// From whom the records are, and by what somebody finds out whether others are the same.
pub fn origin(told: &Told) -> Vec<(&'static str, Vec<String>)> {
    let origin = &told.origin;
    let signers = origin.signers.iter().map(|signer| match signer.as_str() {
        UNSIGNED => "nobody: unsigned".to_owned(),
        key => format!("the key {key}"),
    });
    let versions = origin.versions.iter();
    vec![
        ("signed by", signers.collect()),
        ("rule sets", origin.rule_sets.clone()),
        (
            "written by",
            versions
                .map(|version| format!("BeTrace {version}"))
                .collect(),
        ),
        ("last record, by number and SHA-256", origin.lasts.clone()),
    ]
}

fn coverage(told: &Told, line: &mut impl FnMut(String)) {
    let coverage = &told.coverage;
    line("## Coverage in time\n".to_owned());
    line(format!(
        "{} of the time was watched.\n",
        percent(coverage.share)
    ));
    for bar in &coverage.instances {
        line(format!(
            "    {} {} {}",
            drawn(&bar.covered),
            percent(bar.share),
            bar.instance.escape_debug()
        ));
    }
    if !coverage.holes.is_empty() {
        line("\nNobody watched:\n".to_owned());
        for hole in &coverage.holes {
            line(format!("- {} to {}", hole.from, hole.to));
        }
    }
    line(String::new());
}

/// Forty pieces: `█` watched whole, `▒` in part, `·` not.
fn drawn(covered: &[(f64, f64)]) -> String {
    const PIECES: usize = 40;
    (0..PIECES)
        .map(|piece| {
            let (from, to) = (
                piece as f64 / PIECES as f64,
                (piece + 1) as f64 / PIECES as f64,
            );
            let inside = |(a, b): &(f64, f64)| (b.min(to) - a.max(from)).max(0.0);
            let share = covered.iter().map(inside).sum::<f64>() * PIECES as f64;
            match share {
                share if share > 0.999 => '█',
                share if share > 0.0 => '▒',
                _ => '·',
            }
        })
        .collect()
}

fn list(title: &str, items: &[String], line: &mut impl FnMut(String)) {
    line(format!("## {title}\n"));
    if items.is_empty() {
        line(NOTHING.to_owned());
    }
    for item in items {
        line(format!("- {}", safe(item)));
    }
    line(String::new());
}

fn of_control(control: &Control, line: &mut impl FnMut(String)) {
    line(format!("## {}\n", safe(&control.id)));
    if let Some(asks) = control.asks {
        line(format!("Asks: {asks}\n"));
    }
    if let Some(cannot) = control.cannot_show {
        line(format!("Traces cannot show: {cannot}\n"));
    }
    if control.rules.is_empty() {
        line("**No rule speaks for this control.**\n".to_owned());
    }
    for rule in &control.rules {
        of_rule(rule, line);
    }
}

fn of_rule(rule: &Rule, line: &mut impl FnMut(String)) {
    line(format!("### {}: {}\n", safe(&rule.id), rule.status.words()));
    if rule.meanings > 1 {
        line(format!(
            "The rule had {} meanings in this time; these are the figures of all.\n",
            rule.meanings
        ));
    }
    let mut follows_demand = false;
    for sentence in &rule.reading {
        // Names in it stand between backticks.
        let sentence = sentence.replace(char::is_control, "\u{fffd}");
        let demand = sentence.strip_prefix("- ");
        match demand {
            Some(demand) => line(format!("- {demand}")),
            None if follows_demand => line(format!("\n{sentence}\n")),
            None => line(format!("{sentence}\n")),
        }
        follows_demand = demand.is_some();
    }
    line("\n| traces that kept it | broke it | unknown | not applicable | obligations excused | violations |\n|---|---|---|---|---|---|".to_owned());
    line(format!(
        "| {} | {} | {} | {} | {} | {} |\n",
        grouped(rule.kept),
        grouped(rule.violated),
        grouped(rule.unknown()),
        grouped(rule.not_applicable),
        grouped(rule.excused),
        grouped(rule.violations)
    ));
    for (reason, count) in &rule.inconclusive {
        let why = safe(because(reason));
        line(format!("- unknown: {}, {why}", grouped(*count)));
    }
    if rule.contradicted > 0 {
        line(format!(
            "- {} violations are contradicted by later spans",
            grouped(rule.contradicted)
        ));
    }
    if rule.contradicted > 0 || !rule.inconclusive.is_empty() {
        line(String::new());
    }
    if !rule.sample.is_empty() {
        let traces: Vec<String> = rule.sample.iter().map(linked).collect();
        line(format!(
            "Traces that kept it, drawn by hash: {}\n",
            traces.join(", ")
        ));
    }
    if !rule.named_violations.is_empty() {
        line("Violations:\n".to_owned());
        for violation in &rule.named_violations {
            line(format!(
                "- `{}` in {}",
                safe(&violation.id),
                linked(&violation.trace)
            ));
        }
        line(String::new());
    }
}

fn linked(trace: &Trace) -> String {
    let id = safe(&trace.id);
    match &trace.url {
        Some(url) => format!("[{id}](<{}>)", url.replace(['<', '>', '\n', '\r'], "")),
        None => format!("`{id}`"),
    }
}

/// Never rounded up to the whole.
pub fn percent(share: f64) -> String {
    format!("{:.2} %", (share * 10_000.0).floor() / 100.0)
}

/// Names from rule files and messages about files: no line of its own, no markup.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' => {
                safe.extend(['\\', character])
            }
            character if character.is_control() => safe.push('\u{fffd}'),
            character => safe.push(character),
        }
    }
    safe
}
