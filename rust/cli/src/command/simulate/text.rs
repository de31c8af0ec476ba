//! What a run came to, in tables.

use betrace_lang::verdict::Verdict;
use betrace_sim::model::hex;
use betrace_sim::simulation::COLLECTORS;
use betrace_sim::simulation::fault::Fault;
use betrace_sim::simulation::traffic::trace_id;

use crate::command::simulate::over::Run;
use crate::output::{Output, counted, grouped};

pub fn write(run: &Run<'_>, out: &mut Output) {
    let (figures, made) = (&run.outcome.figures, &run.outcome.made);
    out.line(format_args!(
        "seed {}: {} of {} spans a second, {COLLECTORS} collectors, {}",
        run.config.seed,
        counted(run.config.minutes, "minute"),
        grouped(run.config.spans_a_second),
        counted(run.rules.len() as u64, "rule")
    ));
    out.line(format_args!(
        "{}, {} of them touched by no fault; {} made, {} delivered",
        counted(made.traces, "trace"),
        grouped(figures.untouched),
        counted(made.spans, "span"),
        grouped(figures.spans_delivered)
    ));
    if !run.config.judged {
        out.line(format_args!(
            "{} said, none judged",
            counted(figures.said, "verdict")
        ));
        return;
    }
    out.line(format_args!(
        "no span came of {}, a crash took all of {}, {} looked like old ones",
        counted(figures.never_came, "trace"),
        grouped(figures.forgotten),
        grouped(figures.taken_for_old)
    ));
    rules(run, out);
    explained(run, out);
    faults(run, out);
    wrong(run, out);
}

fn rules(run: &Run<'_>, out: &mut Output) {
    let figures = &run.outcome.figures;
    let head = [
        "rule",
        "violated",
        "satisfied",
        "not applicable",
        "inconclusive",
        "unseen loss",
        "wrong clock",
        "wrong",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let mut sums = [0; 7];
    for (rule, figures) in run.rules.iter().zip(&figures.rules) {
        let of = |verdict: Verdict| figures.verdicts[verdict as usize];
        let row = [
            of(Verdict::Violated),
            of(Verdict::Satisfied),
            of(Verdict::NotApplicable),
            of(Verdict::Inconclusive),
            figures.unseen,
            figures.by_clock,
            figures.wrong,
        ];
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, figure)| *sum += figure);
        let row = row.iter().map(|figure| grouped(*figure));
        rows.push(std::iter::once(rule.id.0.to_string()).chain(row).collect());
    }
    let sums = sums.iter().map(|sum| grouped(*sum));
    rows.push(std::iter::once("all".to_owned()).chain(sums).collect());
    table(&rows, 1, out);
}

fn explained(run: &Run<'_>, out: &mut Output) {
    let head = ["inconclusive because of", "explained by", "verdicts"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for ((reason, fault), verdicts) in &run.outcome.figures.explained {
        let (reason, fault) = (reason.as_str().to_owned(), fault.as_str().to_owned());
        rows.push(vec![reason, fault, grouped(*verdicts)]);
    }
    table(&rows, 2, out);
}

fn faults(run: &Run<'_>, out: &mut Output) {
    let head = ["fault", "times", "traces touched"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for fault in Fault::ALL {
        let times = run.outcome.made.faults[fault as usize];
        let touched = run.outcome.figures.touched[fault as usize];
        rows.push(vec![
            fault.as_str().to_owned(),
            grouped(times),
            grouped(touched),
        ]);
    }
    table(&rows, 1, out);
}

fn wrong(run: &Run<'_>, out: &mut Output) {
    let figures = &run.outcome.figures;
    out.line("");
    if figures.wrongs == 0 {
        out.line(format_args!(
            "{} judged, none wrong",
            counted(figures.judged, "verdict")
        ));
        return;
    }
    out.line(format_args!(
        "{} judged, {} wrong",
        counted(figures.judged, "verdict"),
        grouped(figures.wrongs)
    ));
    for wrong in &figures.wrong {
        let rule = wrong
            .rule
            .map_or("-", |rule| &run.rules[usize::from(rule)].id.0);
        let trace = hex(&trace_id(wrong.serial));
        out.line(format_args!("  {rule}, trace {trace}: {}", wrong.what));
    }
    out.line(format_args!(
        "again with --seed {} --minutes {} --spans-per-second {}",
        run.config.seed, run.config.minutes, run.config.spans_a_second
    ));
    let Some(story) = &run.story else {
        out.line("no rule and trace show it by themselves");
        return;
    };
    out.line(format_args!("the smallest that shows it: {}", story.what));
    out.line(format_args!("  rule {}", run.rules[story.rule].id.0));
    story
        .lines
        .iter()
        .for_each(|line| out.line(format_args!("  {line}")));
    for span in &story.spans {
        if let Ok(span) = serde_json::to_string(span) {
            out.line(format_args!("  {span}"));
        }
    }
}

/// Columns as wide as they need; the first few are words, the others numbers.
fn table(rows: &[Vec<String>], words: usize, out: &mut Output) {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    out.line("");
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match column < words {
            true => format!("{cell:<width$}"),
            false => format!("{cell:>width$}"),
        });
        out.line(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}
