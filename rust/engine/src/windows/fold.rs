//! How what traces add comes into their windows, and which groups they make cross their bounds.

use std::sync::Arc;

use betrace_lang::rule::{Over, WindowMeasure};

use crate::intern::RuleKey;
use crate::window::grouped::kept_label;
use crate::windows::adds::{Added, AddingTrace, GroupPart, PartOf, RuleAdds, WindowAdds};
use crate::windows::exemplars::Exemplar;
use crate::windows::gathered::Gathered;
use crate::windows::judge::{breaks_upwards, has_crossed};
use crate::windows::rule_window::{Closed, RuleWindow};
use crate::windows::sums::Sums;
use crate::windows::table::Windows;
use crate::windows::tumbling::Window;

/// A group that broke its rule before its window was over, as it stood then.
#[derive(Clone, Debug)]
pub(crate) struct Crossed {
    pub window: Window,
    /// By what it has of this one.
    pub trace: AddingTrace,
    pub label: Arc<str>,
    pub group: Gathered,
}

/// The traces that are folded in, and whether groups that break their rule by one are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoldedTraces<'a> {
    /// By [`AddingTrace`].
    pub shown: &'a [Exemplar],
    pub early: bool,
}

impl Windows {
    /// Folds in what traces add for a rule. `crossed`: groups that break it by that.
    pub fn fold(
        &mut self,
        (rule, over): (RuleKey, &Over),
        window: Window,
        adds: &mut WindowAdds<'_>,
        traces: FoldedTraces<'_>,
        mut crossed: impl FnMut(Crossed),
    ) {
        // Another call, of a later time, may have ended it meanwhile.
        let Some(open) = self.open.get(&window) else {
            self.late += adds.traces() as u64;
            return;
        };
        if !open.rules.contains_key(&rule) && !self.admit(window, rule) {
            return;
        }
        let open = self.open.get_mut(&window);
        let Some(kept) = open.and_then(|open| open.rules.get_mut(&rule)) else {
            return;
        };
        let before = kept.heap_bytes();
        let mut fold = Fold {
            of: (rule, over),
            window,
            traces,
            sums: &mut self.sums,
            text: &mut self.label,
        };
        match over.by.is_empty() {
            true => fold.all(kept, adds, &mut crossed),
            false => {
                while let Some(mut adds) = adds.next_trace() {
                    fold.trace(kept, &mut adds, &mut crossed);
                }
            }
        }
        let after = kept.heap_bytes();
        self.weigh_anew((window, rule), before, after);
        self.shed(0, 0);
    }
}

/// Traces, into one window of a rule.
struct Fold<'a> {
    of: (RuleKey, &'a Over),
    window: Window,
    traces: FoldedTraces<'a>,
    sums: &'a mut Sums,
    /// Memory for the name of a group.
    text: &'a mut String,
}

impl Fold<'_> {
    /// All of them, where the rule makes no groups: into the one there is, which is looked for once.
    fn all(
        &mut self,
        RuleWindow { groups, any, met }: &mut RuleWindow,
        adds: &mut WindowAdds<'_>,
        crossed: &mut impl FnMut(Crossed),
    ) {
        let ((rule, over), traces) = (self.of, self.traces);
        let has_parts = adds.has_parts();
        let mut fired = None;
        let mut add_all = |mut group: Option<&mut Gathered>| {
            while let Some(adds) = adds.next_trace() {
                note(&adds, met, any);
                let Some(group) = group.as_mut().filter(|_| !adds.parts.is_empty()) else {
                    continue;
                };
                if let Some(as_it_is) = add(group, adds.trace, adds.parts, over, traces) {
                    fired = Some((adds.trace, as_it_is));
                }
            }
        };
        if !has_parts {
            return add_all(None);
        }
        let name = || {
            let label = Arc::from("");
            self.sums.name(rule, over, &label);
            label
        };
        let is_kept = groups.update(0, name, |group| add_all(Some(group)));
        if let Some((trace, group)) = fired.filter(|_| is_kept) {
            crossed(Crossed {
                window: self.window,
                trace,
                label: Arc::from(""),
                group,
            });
        }
    }

    /// One of them, each of its parts into its group.
    fn trace(
        &mut self,
        RuleWindow { groups, any, met }: &mut RuleWindow,
        adds: &mut RuleAdds<'_>,
        crossed: &mut impl FnMut(Crossed),
    ) {
        let ((rule, over), traces) = (self.of, self.traces);
        note(adds, met, any);
        if adds.parts.len() > 1 {
            adds.parts.sort_by_key(|part| part.of.key());
        }
        let of_groups = adds
            .parts
            .chunk_by(|one, next| one.of.key() == next.of.key());
        for parts in of_groups {
            let of = parts[0].of;
            let Some(key) = of.key() else {
                for part in parts {
                    any.add(part.added, &over.measure);
                }
                continue;
            };
            let mut fired = None;
            let add = |group: &mut Gathered| fired = add(group, adds.trace, parts, over, traces);
            let name = || {
                let label = label(adds, of, self.text);
                self.sums.name(rule, over, &label);
                label
            };
            let is_kept = groups.update(key, name, add);
            if let Some(group) = fired.filter(|_| is_kept) {
                crossed(Crossed {
                    window: self.window,
                    trace: adds.trace,
                    label: label(adds, of, self.text),
                    group,
                });
            }
        }
    }
}

/// What is known of a trace besides its parts.
fn note(adds: &RuleAdds<'_>, met: &mut Closed, any: &mut Gathered) {
    if let Some(is_complete) = adds.met {
        met.count(is_complete);
    }
    if let Some(reasons) = adds.open {
        any.open(reasons);
    }
}

/// What is kept of a group's name. `text`: memory for it.
fn label(adds: &RuleAdds<'_>, of: PartOf, text: &mut String) -> Arc<str> {
    kept_label(&adds.label(of, text)).into()
}

/// Adds to a group what a trace has for it. The group as it is then, if it breaks its rule by that.
fn add(
    group: &mut Gathered,
    trace: AddingTrace,
    parts: &[GroupPart],
    over: &Over,
    traces: FoldedTraces<'_>,
) -> Option<Gathered> {
    for part in parts {
        group.add(part.added, &over.measure);
    }
    let shown = traces.shown.get(trace.0 as usize);
    if let (Some(weight), Some(shown)) = (weight(over, parts), shown) {
        group.exemplars.add(Exemplar { weight, ..*shown });
    }
    let has_crossed = traces.early && !group.fired && has_crossed(over, group);
    has_crossed.then(|| {
        group.fired = true;
        group.clone()
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
