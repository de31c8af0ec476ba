//! How often windows in which nothing is wrong are called wrong, from the spans to the verdict. `BETRACE_WINDOW_ALARMS` says
//! how many windows of each kind; 10,000 take some minutes.

use std::collections::{BTreeMap, BTreeSet};

use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, span};
use crate::{Engine, Report, Settings};

/// Milliseconds.
const WINDOW: u64 = 1_000;

/// Groups alike: of which share each span is, of how many.
struct Alike {
    groups: u32,
    spans: u32,
    /// Of a hundred.
    good: u32,
}

/// A generator of numbers (Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 33) as u32 % below
    }
}

/// All spans of a window, in one trace for each group.
fn window(number: u64, alike: &Alike, dice: &mut Dice) -> Vec<TestSpan> {
    let start = number * WINDOW;
    let mut spans = Vec::new();
    for group in 0..alike.groups {
        let name = format!("g{group}");
        for child in 0..alike.spans {
            let ok = if dice.roll(100) < alike.good {
                "yes"
            } else {
                "no"
            };
            let mut one = span(1, 1, "visit", start + 5, start + 6);
            one = one.text("group", &name).text("ok", ok);
            one.span.trace_id[..8].copy_from_slice(&number.to_be_bytes());
            one.span.trace_id[8..12].copy_from_slice(&group.to_be_bytes());
            one.span.span_id[..4].copy_from_slice(&child.to_be_bytes());
            spans.push(one);
        }
    }
    spans
}

/// Of so many windows, how many had a violation, by rule; and how many verdicts were definite at all.
fn alarms(rule_texts: &[String], alike: &Alike, windows: u64) -> (BTreeMap<String, usize>, usize) {
    let texts: Vec<&str> = rule_texts.iter().map(String::as_str).collect();
    let settings = Settings {
        report: Report::All,
        restart_grace: false,
        idle_timeout: 1_000_000,
        root_timeout: 1_000_000,
        max_age: 2_000_000,
        late_window: 0,
        forget_after: 0,
        ..Settings::default()
    };
    let engine = Engine::new(rules(&texts), settings, at(0)).unwrap();
    let mut dice = Dice(u64::from(alike.groups ^ alike.spans));
    let mut alarmed: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    let mut decided = 0;
    for number in 0..windows {
        engine.feed(&window(number, alike, &mut dice), number * WINDOW + 10);
        engine.tick(at(number * WINDOW + 20));
        engine.tick(at((number + 1) * WINDOW + 5));
        for finding in engine.take_findings(usize::MAX) {
            let window = finding.window.as_ref().unwrap();
            match finding.verdict.as_str() {
                "violated" => {
                    let of_rule = alarmed.entry(finding.rule.id.0.to_string()).or_default();
                    of_rule.insert(window.start);
                    decided += 1;
                }
                "satisfied" => decided += 1,
                _ => {}
            }
        }
    }
    let alarmed = alarmed
        .into_iter()
        .map(|(rule, windows)| (rule, windows.len()));
    (alarmed.collect(), decided)
}

#[test]
fn windows_without_a_difference_raise_false_alarms_at_most_as_often_as_stated() {
    let windows = std::env::var("BETRACE_WINDOW_ALARMS").map_or(100, |text| text.parse().unwrap());
    for alike in [
        Alike {
            groups: 2,
            spans: 100,
            good: 80,
        },
        Alike {
            groups: 5,
            spans: 40,
            good: 50,
        },
        Alike {
            groups: 10,
            spans: 20,
            good: 95,
        },
    ] {
        let share = "share(visit.where(ok == yes), visit)";
        let texts: Vec<String> = [
            ("highest", "highest".to_owned(), ""),
            ("lowest", "lowest".to_owned(), ""),
            ("others", "others".to_owned(), ""),
            ("before", "before".to_owned(), ""),
            ("number", format!("{}%", alike.good), ""),
            ("sure", "others".to_owned(), " with confidence 99%"),
        ]
        .into_iter()
        .map(|(id, bound, sure)| {
            let op = if id == "lowest" { "<=" } else { ">=" };
            format!("{id}: over 1s by group{sure} always {{ {share} {op} {bound} }}")
        })
        .collect();
        let (alarms, decided) = alarms(&texts, &alike, windows);
        println!(
            "{} groups of {} spans, {} % of them good: of {windows} windows false alarms {alarms:?}, {decided} definite verdicts",
            alike.groups, alike.spans, alike.good
        );
        for (rule, count) in alarms {
            // Of each hundred 5, or 1.
            let most = if rule == "sure" {
                windows / 100
            } else {
                windows / 20
            };
            assert!(count as u64 <= most, "{rule}: {count} of {windows}");
        }
    }
}

/// What the windows above could not tell is told where there is something.
#[test]
fn a_difference_is_found_in_nearly_every_window() {
    let windows = 20u64;
    let alike = Alike {
        groups: 2,
        spans: 200,
        good: 90,
    };
    let rule =
        "r: over 1s by group always { share(visit.where(ok == yes), visit) >= 0.8 * highest }";
    let settings = Settings {
        restart_grace: false,
        idle_timeout: 1_000_000,
        root_timeout: 1_000_000,
        max_age: 2_000_000,
        ..Settings::default()
    };
    let engine = Engine::new(rules(&[rule]), settings, at(0)).unwrap();
    let mut dice = Dice(7);
    for number in 0..windows {
        let mut spans = window(number, &alike, &mut dice);
        // Of the second group a third of the good ones is not.
        for one in spans.iter_mut().skip(200).filter(|_| dice.roll(3) == 0) {
            one.span.attributes.pop();
        }
        engine.feed(&spans, number * WINDOW + 10);
        engine.tick(at(number * WINDOW + 20));
        engine.tick(at((number + 1) * WINDOW + 5));
    }
    let found = engine.take_findings(usize::MAX);
    let groups: BTreeSet<&str> = found
        .iter()
        .map(|one| one.window.as_ref().unwrap().group[0].1.as_str())
        .collect();
    assert_eq!(groups, BTreeSet::from(["g1"]));
    assert!(found.len() >= 12, "{} of {windows}", found.len());
}
