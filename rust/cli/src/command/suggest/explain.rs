//! The counts behind the place of one suggestion.

use betrace_suggest::Table;

use crate::compared::Count;
use crate::exit::Exit;
use crate::output::{self, Output, Paint, counted, grouped};

use super::suggested::{CERTAIN, Suggested, Suggestion};
use super::text::{share, upper};

/// The suggestion of that id, its verdicts by side and what they come to.
pub fn write(
    suggested: &Suggested,
    id: &str,
    table: &Table,
    out: &mut Output,
) -> Result<Exit, Exit> {
    let Some(one) = suggested.all.iter().find(|one| one.id == id) else {
        let ids: Vec<&str> = suggested.all.iter().map(|one| one.id.as_str()).collect();
        output::fault(format_args!(
            "no suggestion is called {id:?}; there are: {}",
            if ids.is_empty() {
                "none".to_owned()
            } else {
                ids.join(", ")
            }
        ));
        return Err(Exit::Usage);
    };
    let palette = out.palette();
    out.line(palette.paint(Paint::Bold, &one.id));
    for line in one.condition.lines() {
        out.line(format_args!("  {line}"));
    }
    counts(one, out);
    figures(one, suggested, table, out);
    Ok(Exit::Found)
}

fn counts(one: &Suggestion, out: &mut Output) {
    out.line("");
    out.line(row(
        ["", "violated", "satisfied", "does not apply", "all"].map(str::to_owned)
    ));
    for (side, count) in [("bad", one.bad), ("good", one.good)] {
        out.line(row(cells(side, count)));
    }
    if let Some(held) = &one.held_out {
        for (side, count) in [("bad, held out", held.bad), ("good, held out", held.good)] {
            out.line(row(cells(side, count)));
        }
    }
    out.line("");
}

fn row(cells: [String; 5]) -> String {
    let [side, violated, satisfied, other, all] = cells;
    format!("  {side:<16}{violated:>10}{satisfied:>12}{other:>16}{all:>10}")
}

fn cells(side: &str, count: Count) -> [String; 5] {
    let other = count.traces - count.violated - count.satisfied;
    let figures = [count.violated, count.satisfied, other, count.traces];
    let [violated, satisfied, other, all] = figures.map(|figure| grouped(figure.into()));
    [side.to_owned(), violated, satisfied, other, all]
}

fn figures(one: &Suggestion, suggested: &Suggested, table: &Table, out: &mut Output) {
    if one.verdicts.inconclusive > 0 {
        out.line(format_args!(
            "  {} of both sides inconclusive, which counts as does not apply",
            grouped(one.verdicts.inconclusive)
        ));
    }
    let applies = |count: Count| count.violated + count.satisfied;
    out.line(format_args!(
        "  p {:.3e}: the chance that of {} of {} to which it applies at least {} are bad (Fisher's exact test, one-sided)",
        one.p,
        grouped((one.bad.violated + one.good.violated).into()),
        counted(applies(one.bad) + applies(one.good), "trace"),
        grouped(one.bad.violated.into()),
    ));
    out.line(format_args!(
        "  false discovery rate {:.3e} over {} (Benjamini and Hochberg); {} is more than chance",
        one.q,
        counted(suggested.tests, "test"),
        if one.q <= CERTAIN {
            "it"
        } else {
            "only what is 0.05 or less"
        },
    ));
    out.line(format_args!(
        "  false alarms {} of {}, at most {} (Wilson, 95 %)",
        grouped(one.good.violated.into()),
        grouped(table.sides.good.into()),
        share(upper(one.good)),
    ));
    out.line(format_args!(
        "  {} met by a selector of the rule",
        counted(one.verdicts.stats.spans_matched, "span")
    ));
    if let Some(condition) = one
        .held_out
        .as_ref()
        .and_then(|held| held.condition.as_ref())
    {
        let lines: Vec<&str> = condition.lines().map(str::trim).collect();
        out.line(format_args!(
            "  held out is the rule as the other half of the traces gives it: {}",
            lines.join(" ")
        ));
    }
    for same in &one.same {
        let lines: Vec<&str> = same.lines().map(str::trim).collect();
        out.line(format_args!(
            "  says the same on these traces: {}",
            lines.join(" ")
        ));
    }
}
