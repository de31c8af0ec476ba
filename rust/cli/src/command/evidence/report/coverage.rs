//! How much of the time there is a record of, and where the holes are.

use std::collections::BTreeMap;

use betrace_evidence::Checked;

use super::told::{Bar, Coverage, Hole, time};

/// Holes and instances that are shown one by one.
const SHOWN: usize = 50;

type Piece = (u64, u64);

pub fn of(records: &[&Checked], from: u64, to: u64) -> Coverage {
    let mut by_instance: BTreeMap<&str, Vec<Piece>> = BTreeMap::new();
    for record in records {
        let piece = (record.from.max(from), record.to.min(to));
        let instance = record.statement.predicate.instance.as_str();
        by_instance.entry(instance).or_default().push(piece);
    }
    let everything = joined(by_instance.values().flatten().copied().collect());
    let holes = holes(&everything, from, to);
    let shown = by_instance.into_iter().take(SHOWN);
    Coverage {
        share: share(&everything, from, to),
        seconds: (to - from.min(to)) / 1_000_000_000,
        holes: holes
            .into_iter()
            .take(SHOWN)
            .map(|(from, to)| Hole {
                from: time(from),
                to: time(to),
            })
            .collect(),
        instances: shown
            .map(|(instance, pieces)| bar(instance, &joined(pieces), from, to))
            .collect(),
    }
}

fn bar(instance: &str, pieces: &[Piece], from: u64, to: u64) -> Bar {
    let length = (to - from).max(1) as f64;
    let place = |time: u64| (time - from) as f64 / length;
    Bar {
        instance: instance.to_owned(),
        share: share(pieces, from, to),
        covered: pieces.iter().map(|(a, b)| (place(*a), place(*b))).collect(),
    }
}

/// Without what has no length, sorted, and what touches as one.
fn joined(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.retain(|(from, to)| from < to);
    pieces.sort_unstable();
    let mut joined: Vec<Piece> = Vec::new();
    for (from, to) in pieces {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    joined
}

fn share(pieces: &[Piece], from: u64, to: u64) -> f64 {
    let covered: u64 = pieces.iter().map(|(from, to)| to - from).sum();
    if to <= from {
        return 0.0;
    }
    covered as f64 / (to - from) as f64
}

fn holes(pieces: &[Piece], from: u64, to: u64) -> Vec<Piece> {
    let mut holes = Vec::new();
    let mut at = from;
    for (begin, end) in pieces {
        if *begin > at {
            holes.push((at, *begin));
        }
        at = *end;
    }
    if at < to {
        holes.push((at, to));
    }
    holes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_touches_is_one_and_the_rest_are_holes() {
        let pieces = joined(vec![
            (30, 40),
            (10, 20),
            (20, 25),
            (12, 15),
            (35, 35),
            (36, 50),
        ]);
        assert_eq!(pieces, [(10, 25), (30, 50)]);
        assert_eq!(holes(&pieces, 0, 60), [(0, 10), (25, 30), (50, 60)]);
        assert!((share(&pieces, 0, 70) - 0.5).abs() < 1e-9);
        assert_eq!(holes(&[], 0, 5), [(0, 5)]);
        assert!(holes(&[(0, 5)], 0, 5).is_empty());
        assert!(share(&[], 5, 5) < f64::EPSILON);
    }
}
