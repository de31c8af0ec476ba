//! `betrace suggest`: the rules that tell recordings of bad times from those of good ones.
//!
//! ```text
//! files ──▶ table, once ──▶ candidates ──▶ rules ──▶ engine, over the same recordings ──▶ text | yaml | json
//! ```

mod examples;
mod explain;
mod json;
mod keeping;
mod kept;
mod suggested;
mod text;
mod yaml;

use std::sync::Arc;

use betrace_lang::rule::Rule;
use betrace_suggest::{Shape, Side, Table, fewest};

use crate::args::{Suggest, SuggestFormat};
use crate::compared::{Compared, Places, Sides, compared};
use crate::exit::Exit;
use crate::output::{self, Output, Working, counted, grouped};
use crate::rules;

use examples::Examples;
use kept::kept;
use suggested::{CERTAIN, Suggested, suggested};

pub fn run(args: &Suggest, out: &mut Output) -> Exit {
    match suggest(args, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn suggest(args: &Suggest, out: &mut Output) -> Result<Exit, Exit> {
    let existing = existing(args)?;
    let Compared {
        table,
        spooled,
        sides,
        is_broken,
    } = compared(&args.good, &args.bad)?;
    is_enough(&table, &sides, is_broken)?;
    note_cut_off(&table);
    note_folded(&table);
    let places = Places::of(&table);
    let (most, completeness) = (args.most.into(), args.bad.completeness.into());
    let suggested = match sides {
        Sides::AllGood => kept(&places, &spooled, completeness, most),
        Sides::Recorded | Sides::Chosen(_) => {
            suggested(&places, &spooled, &existing, completeness, most).map(without_chance)
        }
    };
    let suggested = suggested.map_err(|error| {
        output::fault(error);
        Exit::Usage
    })?;
    if let Some(id) = &args.explain {
        return explain::write(&suggested, id, &table, out);
    }
    let working = Working::at("drawing examples");
    let examples = Examples::of(&suggested, &places, &spooled);
    drop(working);
    match args.format {
        SuggestFormat::Text => text::write(&suggested, &examples, out),
        SuggestFormat::Json => json::write(&suggested, &examples, out),
        SuggestFormat::Yaml if suggested.all.is_empty() => {}
        SuggestFormat::Yaml => yaml::write(
            &suggested,
            &examples,
            &places,
            args.bad.completeness.into(),
            out,
        ),
    }
    out.flush();
    close(&suggested, &table);
    Ok(if is_broken {
        Exit::Broken
    } else if suggested.all.is_empty() {
        Exit::Fine
    } else {
        Exit::Found
    })
}

fn existing(args: &Suggest) -> Result<Vec<Arc<Rule>>, Exit> {
    if args.rules.is_empty() {
        return Ok(Vec::new());
    }
    let set = rules::load_faultless(&args.rules)?;
    let rules = set.rules.into_iter().map(|loaded| loaded.rule);
    Ok(rules.filter(|rule| rule.enabled).collect())
}

fn is_enough(table: &Table, sides: &Sides, is_broken: bool) -> Result<(), Exit> {
    let failed = if is_broken { Exit::Broken } else { Exit::Usage };
    let fault = match (table.sides.good, table.sides.bad) {
        (good, 0) if good > 0 && matches!(sides, Sides::AllGood) => return Ok(()),
        (0, _) => "there is no good trace to tell the bad ones from",
        (_, 0) => "there is no bad trace to tell the good ones from",
        (_, 1) => {
            output::note(
                "one bad trace only: what is special about it may be chance, and nothing can be held out",
            );
            return Ok(());
        }
        (1, _) => {
            output::note(
                "one good trace only: that bad ones differ from it may be chance, and false alarms cannot be told",
            );
            return Ok(());
        }
        _ => return Ok(()),
    };
    output::fault(fault);
    Err(failed)
}

/// Traces of which something is missing: what is absent from them is not asked.
fn note_cut_off(table: &Table) {
    let sides = [
        (Side::Bad, table.sides.bad, "bad"),
        (Side::Good, table.sides.good, "good"),
    ];
    for (side, all, word) in sides {
        let of_side = table
            .traces
            .iter()
            .filter(|trace| table.side(trace) == side);
        let cut_off = of_side.filter(|trace| !trace.is_complete).count();
        if cut_off > 0 {
            output::note(format_args!(
                "{} of {} incomplete: what is absent from them proves nothing (--completeness)",
                grouped(cut_off as u64),
                counted(all, &format!("{word} trace"))
            ));
        }
    }
}

/// Patterns that stand for many names.
fn note_folded(table: &Table) {
    let folded = table.names.iter().filter_map(|shape| match shape {
        Shape::Pattern { regex, names } => Some((*names, regex)),
        Shape::Name(_) => None,
    });
    let mut folded: Vec<_> = folded.collect();
    folded.sort_by(|a, b| b.cmp(a));
    for (names, regex) in folded.iter().take(5) {
        output::note(format_args!(
            "{} of spans have an id in them and are taken as one: {regex}",
            counted(*names, "name")
        ));
    }
    if folded.len() > 5 {
        output::note(format_args!("and {} more such patterns", folded.len() - 5));
    }
}

/// What may be chance is left out where anything is more than that; else the first of it is shown as what it is.
fn without_chance(mut suggested: Suggested) -> Suggested {
    const FIRST: usize = 3;
    let before = suggested.all.len();
    if suggested.all.iter().any(|one| one.q <= CERTAIN) {
        suggested.all.retain(|one| one.q <= CERTAIN);
    } else {
        suggested.all.truncate(FIRST);
    }
    suggested.chance = before - suggested.all.len();
    suggested
}

/// The closing lines: how many traces are taken for bad, and what was left out.
fn close(suggested: &Suggested, table: &Table) {
    if table.sides.bad == 0 {
        output::note(format_args!(
            "{}, all taken for good: {} that they keep",
            counted(table.sides.good, "trace"),
            counted(suggested.all.len(), "rule")
        ));
        return;
    }
    let mut broken: Vec<u32> = suggested
        .all
        .iter()
        .flat_map(|one| &one.verdicts.violated)
        .copied()
        .filter(|number| *number < table.sides.bad)
        .collect();
    broken.sort_unstable();
    broken.dedup();
    output::note(format_args!(
        "{} and {}, {}: {}",
        counted(table.sides.bad, "bad trace"),
        counted(table.sides.good, "good one"),
        counted(suggested.tests, "test"),
        counted(suggested.all.len(), "suggestion")
    ));
    if !suggested.all.is_empty() {
        output::note(format_args!(
            "{} of the {} bad traces are taken for broken: some suggestion catches them",
            grouped(broken.len() as u64),
            grouped(table.sides.bad.into())
        ));
    }
    if suggested.all.is_empty() && suggested.implied == 0 {
        note_few(table);
    }
    if suggested.chance > 0 {
        output::note(format_args!(
            "{} left out: so many tests bring as much by chance",
            counted(suggested.chance, "candidate")
        ));
    }
    if suggested.all.iter().all(|one| one.q > CERTAIN) && !suggested.all.is_empty() {
        output::note(
            "none of it is more than chance may bring among so many tests: judge by what you know",
        );
    }
    if suggested.implied > 0 {
        output::note(format_args!(
            "{} left out: a rule of --rules catches as much",
            counted(suggested.implied, "candidate")
        ));
    }
}

/// How much would have to be there for a rule to be told from chance.
fn note_few(table: &Table) {
    match fewest(table.sides) {
        Some(fewest) if fewest > 1 => output::note(format_args!(
            "what fewer than {} share cannot be told from chance among so many",
            counted(fewest, "bad trace")
        )),
        Some(_) => {}
        None => output::note(
            "with so few traces any difference may be chance: more good ones, or more bad ones, are needed",
        ),
    }
}
