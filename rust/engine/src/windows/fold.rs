//! How what a trace adds comes into its windows, and which groups it makes cross their bounds.

use std::sync::Arc;

use betrace_lang::rule::{Over, WindowMeasure};

use crate::intern::RuleKey;
use crate::window::grouped::kept_label;
use crate::window::summary::Summary;
use crate::windows::adds::{Added, GroupPart, PartOf, RuleAdds};
use crate::windows::exemplars::Exemplar;
use crate::windows::gathered::Gathered;
use crate::windows::judge::{breaks_upwards, has_crossed};
use crate::windows::rule_window::{RuleWindow, Window};
use crate::windows::table::{SHARE, Windows};

/// A group that broke its rule before its window was over, as it stood then.
#[derive(Clone, Debug)]
pub(crate) struct Crossed {
    pub window: Window,
    pub label: Arc<str>,
    pub group: Gathered,
}

/// The trace that is folded in, and whether groups that break their rule by it are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Folding {
    pub shown: Exemplar,
    pub early: bool,
}

impl Windows {
    /// Folds in what a trace adds for a rule. `crossed`: groups that break it by that.
    pub fn fold(
        &mut self,
        (rule, over): (RuleKey, &Over),
        window: Window,
        adds: &mut RuleAdds<'_>,
        folding: Folding,
        mut crossed: impl FnMut(Crossed),
    ) {
        // Another call, of a later time, may have ended it meanwhile.
        let Some(open) = self.open.get_mut(&window) else {
            self.late += 1;
            return;
        };
        let (salt, bound) = (self.salt, self.bound / SHARE);
        let kept = open.rules.entry(rule).or_insert_with(|| {
            let new = Box::new(RuleWindow::new(salt, bound));
            self.bytes += new.heap_bytes();
            new
        });
        let before = kept.groups.heap_bytes();
        if let Some(is_complete) = adds.met {
            kept.met.count(is_complete);
        }
        if let Some(reasons) = adds.open {
            kept.any.open(reasons);
        }
        if !over.by.is_empty() && adds.parts.len() > 1 {
            adds.parts.sort_by_key(|part| part.of.key());
        }
        for parts in adds
            .parts
            .chunk_by(|one, next| one.of.key() == next.of.key())
        {
            let of = parts[0].of;
            let Some(key) = of.key() else {
                self.bytes = self.bytes.saturating_sub(kept.any.heap_bytes());
                for part in parts {
                    kept.any.add(part.added, &over.measure);
                }
                self.bytes += kept.any.heap_bytes();
                continue;
            };
            let mut fired = None;
            let add = |gathered: &mut Gathered| fired = add(gathered, parts, over, folding);
            let name = || {
                let label = label(adds, of, &mut self.label);
                self.sums.name(rule, over, &label);
                label
            };
            let is_kept = kept.groups.update(key, name, add);
            if let Some(group) = fired.filter(|_| is_kept) {
                crossed(Crossed {
                    window,
                    label: label(adds, of, &mut self.label),
                    group,
                });
            }
        }
        let after = kept.groups.heap_bytes();
        self.bytes = (self.bytes + after).saturating_sub(before);
        self.shed();
    }
}

/// What is kept of a group's name. `text`: memory for it.
fn label(adds: &RuleAdds<'_>, of: PartOf, text: &mut String) -> Arc<str> {
    text.clear();
    adds.label(of, text);
    kept_label(text.as_str().into())
}

/// Adds to a group what a trace has for it. The group as it is then, if it breaks its rule by that.
fn add(
    gathered: &mut Gathered,
    parts: &[GroupPart],
    over: &Over,
    Folding { shown, early }: Folding,
) -> Option<Gathered> {
    for part in parts {
        gathered.add(part.added, &over.measure);
    }
    if let Some(weight) = weight(over, parts) {
        gathered.exemplars.add(Exemplar { weight, ..shown });
    }
    let has_crossed = early && !gathered.fired && has_crossed(over, gathered);
    has_crossed.then(|| {
        gathered.fired = true;
        gathered.clone()
    })
}

/// How much a trace speaks against the rule; `None`: not at all.
fn weight(over: &Over, parts: &[GroupPart]) -> Option<f64> {
    let is_upwards = breaks_upwards(over);
    let values = parts.iter().filter_map(|part| match part.added {
        Added::Value(number) => Some(number.to_f64()),
        _ => None,
    });
    let weight = match over.measure {
        WindowMeasure::Of { .. } | WindowMeasure::Quantile { .. } if is_upwards => {
            values.reduce(f64::max).unwrap_or(0.0)
        }
        WindowMeasure::Of { .. } | WindowMeasure::Quantile { .. } => {
            values.reduce(f64::min).map_or(0.0, |least| -least)
        }
        _ => {
            let speaks = parts.iter().map(|part| match part.added {
                Added::Part(is_hit) => u64::from(is_hit == is_upwards),
                Added::Spans(spans) => spans,
                _ => 0,
            });
            let count: u64 = speaks.sum();
            return (count > 0).then_some(count as f64);
        }
    };
    weight.is_finite().then_some(weight)
}
