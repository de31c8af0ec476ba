//! A report in Markdown.

use crate::output::{Output, counted, grouped};

use super::told::{Control, Rule, Told, Trace};

pub fn write(told: &Told, out: &mut Output) {
    let mut page = String::new();
    let mut line = |text: String| {
        page.push_str(&text);
        page.push('\n');
    };
    line(format!("# Evidence: {}\n", safe(&told.framework.name)));
    line(format!("From {} to {}.\n", told.from, told.to));
    line(format!("> {}\n", told.disclaimer));
    verified(told, &mut line);
    coverage(told, &mut line);
    list("What weakens the claim", &told.weaknesses, &mut line);
    list("What changed", &told.changes, &mut line);
    for control in &told.controls {
        of_control(control, &mut line);
    }
    out.data(page.as_bytes());
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
    if let Some(hash) = &told.last_record_sha256 {
        line(format!("Last record: SHA-256 `{hash}`.\n"));
    } else {
        line("**No record is of this time.** Nothing can be said about it.\n".to_owned());
    }
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
    if items.is_empty() {
        return;
    }
    line(format!("## {title}\n"));
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
    for sentence in &rule.reading {
        // Names in it stand between backticks.
        let sentence = sentence.replace(char::is_control, "\u{fffd}");
        match sentence.strip_prefix("- ") {
            Some(demand) => line(format!("- {demand}")),
            None => line(format!("{sentence}\n")),
        }
    }
    line("\n| kept | broken | unknown | not applicable | excused | violations |\n|---|---|---|---|---|---|".to_owned());
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
        line(format!("- unknown: {} {}", grouped(*count), safe(reason)));
    }
    if rule.contradicted > 0 {
        line(format!(
            "- {} violations are contradicted by later spans",
            grouped(rule.contradicted)
        ));
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
