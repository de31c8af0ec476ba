//! `betrace tune`: which bounds of rules would have been quiet on good traces and still caught the bad ones, which rules never met a
//! span, and which every trace keeps.

mod bounds;
mod told;
mod varied;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use betrace_engine::PlanError;
use betrace_lang::rule::Rule;

use crate::applied::NeverApplied;
use crate::args::Tune;
use crate::compared::{Compared, Places, compared};
use crate::exit::Exit;
use crate::judged::judged;
use crate::near_miss::NearMisses;
use crate::output::{self, Output, Working, counted, grouped};
use crate::paths::{is_stdin, rule_paths};
use crate::rules;
use crate::spool::Frame;

use told::{Moved, Told};
use varied::{Did, Varied, better, standing, varied};

/// Rules with a bound moved that are judged together.
const JUDGED: usize = 4_000;

pub fn run(args: &Tune, out: &mut Output) -> Exit {
    match tune(args, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

/// The rules, and the recordings of good times.
fn sides(args: &Tune) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let first = [args.first.clone()];
    let is_rules = args.rules.is_empty() || !args.good.is_empty() && names_rules(&args.first);
    match is_rules {
        true => ([&first, &args.rules[..]].concat(), args.good.clone()),
        false => (args.rules.clone(), [&first, &args.good[..]].concat()),
    }
}

/// Whether a path is one of rule files by its name or by what lies below it.
fn names_rules(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is_one = matches!(extension, Some("yaml" | "yml")) || is_stdin(path);
    is_one || path.is_dir() && rule_paths(&[path.to_owned()]).is_ok()
}

fn tune(args: &Tune, out: &mut Output) -> Result<Exit, Exit> {
    let (paths, good) = sides(args);
    let set = rules::load_faultless(&paths)?;
    let rules = set.rules.into_iter().map(|loaded| loaded.rule);
    let rules = rules::of_one_trace(rules.collect())?;
    let compared = compared(&good, &args.bad)?;
    if compared.table.sides.good == 0 {
        output::fault("there is no good trace to tune by: name recordings of good times");
        return Err(if compared.is_broken {
            Exit::Broken
        } else {
            Exit::Usage
        });
    }
    let all = told(&rules, &compared, args).map_err(|error| {
        output::fault(error);
        Exit::Usage
    })?;
    told::write(&all, args.format, out);
    out.flush();
    let found = all.iter().filter(|told| told.is_found()).count();
    output::note(format_args!(
        "{} on {} and {}: {} to look at",
        counted(rules.len(), "rule"),
        counted(compared.table.sides.good, "good trace"),
        counted(compared.table.sides.bad, "bad one"),
        grouped(found as u64)
    ));
    Ok(match (compared.is_broken, found) {
        (true, _) => Exit::Broken,
        (false, 0) => Exit::Fine,
        (false, _) => Exit::Found,
    })
}

fn told(rules: &[Arc<Rule>], compared: &Compared, args: &Tune) -> Result<Vec<Told>, PlanError> {
    let completeness = args.bad.completeness.into();
    let places = Places::of(&compared.table);
    let moved: Vec<Varied> = rules
        .iter()
        .enumerate()
        .flat_map(|(of, rule)| varied(of, rule))
        .collect();
    let mut near = NearMisses::of(rules)?;
    let working = Working::at("looking for what the rules nearly met");
    let read = compared.spooled.read(|frame| {
        if let Frame::Spans(otlp) = frame {
            near.consume(otlp);
        }
    });
    drop(working);
    if let Err(error) = read {
        output::fault(format_args!(
            "cannot read what was kept of the recordings: {error}"
        ));
    }
    let near = near.end();
    let now = judged(rules, completeness, &compared.spooled, &places)?;
    let did = |verdicts: &crate::judged::Verdicts| {
        let (bad, good) = places.counts(verdicts, |_| true);
        Did { bad, good }
    };
    let mut moved_did = Vec::with_capacity(moved.len());
    for some in moved.chunks(JUDGED) {
        let rules: Vec<Arc<Rule>> = some.iter().map(|one| Arc::clone(&one.rule)).collect();
        let verdicts = judged(&rules, completeness, &compared.spooled, &places)?;
        moved_did.extend(verdicts.iter().map(&did));
    }
    let all = rules
        .iter()
        .zip(&now)
        .enumerate()
        .map(|(of, (rule, verdicts))| {
            let now = did(verdicts);
            let never_applied = NeverApplied::of(rule, &verdicts.stats);
            let own = || {
                moved
                    .iter()
                    .zip(moved_did.iter().copied())
                    .filter(move |(one, _)| one.of == of)
            };
            let moved = standing(rule)
                .into_iter()
                .enumerate()
                .filter_map(|(bound, standing)| {
                    let moved = own().filter(|(one, _)| one.bound == bound);
                    let (to, did) = better(standing.value, now, moved)?;
                    Some(Moved {
                        standing,
                        to: to.value.text(),
                        did,
                    })
                });
            Told {
                id: rule.id.0.to_string(),
                now,
                moved: moved.collect(),
                never_applied,
                near_misses: never_applied.map_or_else(Vec::new, |_| near.sentences(&rule.id)),
            }
        });
    Ok(all.collect())
}
