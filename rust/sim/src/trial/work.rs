//! How much work a rule may be on a trace, reckoned from its text: where all rules of a trace may be more than the engine
//! grants it, what they say may be open for that reason, and nowhere else.
//!
//! The figures are those of the limits in `docs/testing.md`. One evaluation is granted half of what is left, and what it
//! then shows may take as much again, so nothing is open while twice the work of all rules is within the grant.

use betrace_lang::rule::{Expr, Rule, Selector};

/// Steps that a trace may take at its close: any, for each of its spans, and beyond that.
const OF_ANY: u64 = 1 << 12;
const OF_EACH_SPAN: u64 = 384;
const BEYOND: u64 = 1 << 17;

/// Steps of one look: at a tuple of bound spans, at a span, at a part of a filter, at a parent.
const PER_TUPLE: u64 = 9;
const PER_SPAN: u64 = 2;
const PER_PART: u64 = 8;
const PER_PARENT: u64 = 4;

/// Steps for each span, and for each pair of spans.
#[derive(Clone, Copy, Default)]
struct Steps {
    spans: u64,
    pairs: u64,
}

impl Steps {
    fn add(&mut self, other: Steps) {
        self.spans += other.spans;
        self.pairs += other.pairs;
    }

    fn on(self, spans: u64) -> u64 {
        self.spans * spans + self.pairs * spans * spans
    }
}

/// At most so many steps are a rule.
pub struct Work {
    bindings: u32,
    /// What names no bound span is found once, the rest for every tuple.
    once: Steps,
    each: Steps,
}

impl Work {
    pub fn of(rule: &Rule) -> Work {
        let body = &rule.body;
        let clauses = [&body.when, &body.never, &body.always];
        let clauses = clauses.into_iter().flatten().chain(&*body.exceptions);
        let bound = body.bindings.iter().map(|binding| &binding.selector);
        let mut work = Work {
            bindings: body.bindings.len() as u32,
            once: Steps::default(),
            each: Steps::default(),
        };
        for selector in clauses.flat_map(Expr::selectors).chain(bound) {
            let names_a_span = format!("{selector:?}").contains("BindingId(");
            let of_it = if names_a_span {
                &mut work.each
            } else {
                &mut work.once
            };
            of_it.add(steps(selector));
            // What is counted, measured or grouped is looked at again.
            of_it.spans += PER_PART;
        }
        work
    }

    fn on(&self, spans: u64) -> u64 {
        let tuples = match self.bindings {
            0 => 0,
            bindings => spans.pow(bindings),
        };
        self.once.on(spans) + tuples * (PER_TUPLE + self.each.on(spans))
    }
}

/// Whether rules may be more work on a trace of so many spans than it is granted.
pub fn is_beyond(rules: &[Work], spans: usize) -> bool {
    let spans = spans as u64;
    let all: u64 = rules.iter().map(|work| work.on(spans)).sum();
    2 * all > OF_ANY + OF_EACH_SPAN * spans + BEYOND
}

fn steps(selector: &Selector) -> Steps {
    match selector {
        Selector::Bound(_) => Steps::default(),
        Selector::Spans(of) => Steps {
            spans: PER_SPAN + PER_PART * of.filter.len() as u64,
            pairs: 0,
        },
        Selector::Related(related) => {
            let mut all = steps(&related.left);
            for operand in related.relation.operands() {
                all.add(steps(operand));
            }
            // Each on the left meets each on the right, or walks over all parents.
            if matches!(related.left, Selector::Bound(_)) {
                all.spans += PER_PARENT;
            } else {
                all.pairs += PER_PARENT;
            }
            all
        }
    }
}
