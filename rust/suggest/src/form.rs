//! What a candidate says, as data: the forms of rules that are looked for. [`text`] writes them in the language.

pub mod text;

use crate::table::value::Value;
use crate::table::{KeyId, NameId};

/// Which spans are meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    pub of: Of,
    pub tests: Vec<Test>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    Any,
    Name(NameId),
}

/// What a span is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// It has one of these.
    In(KeyId, Vec<Value>),
    /// It has one, and none of these.
    NotIn(KeyId, Vec<Value>),
    Missing(KeyId),
    Exists(KeyId),
    Above(KeyId, f64),
    Below(KeyId, f64),
    /// It took longer, in nanoseconds.
    Longer(u64),
    /// It took less time.
    Shorter(u64),
}

impl Selector {
    #[must_use]
    pub fn name(name: NameId) -> Selector {
        Selector {
            of: Of::Name(name),
            tests: Vec::new(),
        }
    }

    #[must_use]
    pub fn of(of: Of, test: Test) -> Selector {
        Selector {
            of,
            tests: vec![test],
        }
    }

    fn cost(&self) -> f64 {
        let of = if self.of == Of::Any { 1.2 } else { 1.0 };
        of + self.tests.iter().map(Test::cost).sum::<f64>()
    }
}

impl Test {
    fn cost(&self) -> f64 {
        match self {
            Test::Missing(_) | Test::Exists(_) => 0.7,
            Test::In(_, values) | Test::NotIn(_, values) => {
                let numbers = values.iter().filter(|value| value.number().is_some());
                0.7 + 0.1 * values.len() as f64 + 0.2 * numbers.count() as f64
            }
            Test::Above(..) | Test::Below(..) => 1.0,
            // Times move with the load of the machine.
            Test::Longer(_) => 1.6,
            Test::Shorter(_) => 3.6,
        }
    }
}

/// How what is needed stands to the bound span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    Before,
    After,
    StartsBefore,
    StartsAfter,
}

impl Relation {
    pub const ALL: [Relation; 4] = [
        Relation::Before,
        Relation::After,
        Relation::StartsBefore,
        Relation::StartsAfter,
    ];
}

/// How one span stands to others in the tree of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Structure {
    Inside,
    Outside,
    ChildOf,
    NotChildOf,
}

/// By what spans are put in groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    Parent,
    Key(KeyId),
}

/// A rule without its id.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// `never { A }`
    Never(Selector),
    /// `when { B } always { A }`
    Always { when: Selector, then: Selector },
    /// `when { B } never { A }`
    NotTogether { when: Selector, never: Selector },
    /// `when each { B as p } always { A after p }`
    Each {
        bound: NameId,
        needs: NameId,
        relation: Relation,
        /// No further away than so many nanoseconds.
        within: Option<u64>,
    },
    /// `when { A and B } always { A before B }`
    Ordered { first: NameId, second: NameId },
    /// `never { A inside B }`
    Placed {
        spans: NameId,
        structure: Structure,
        other: Selector,
    },
    /// `never { count(A) by f > n }`
    Most {
        spans: Selector,
        by: Option<By>,
        most: u64,
    },
    /// `when { A } always { count(A) == count(B) }`
    Equal { left: NameId, right: NameId },
    /// `when each { B as p } always { A.where(k == p.k) }`
    Joined {
        bound: NameId,
        bound_key: KeyId,
        /// Spans of `bound` may be without the key, and then say nothing.
        is_partial: bool,
        needs: NameId,
        needs_key: KeyId,
    },
    /// `when each { B as p } always { count(A inside p) == p.k }`
    Sized {
        bound: NameId,
        key: KeyId,
        /// Spans of `bound` may be without the key, and then say nothing.
        is_partial: bool,
        counted: NameId,
        /// Below the bound span, not in the whole trace.
        is_inside: bool,
    },
}

/// Forms that are alike: of the first candidates no two are to be of one family where others say as much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Presence,
    Absence,
    Order,
    Structure,
    Count,
    Value,
    Join,
    Duration,
}

impl Form {
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Form::Never(selector) => of_tests(&selector.tests),
            Form::NotTogether { .. } => Family::Presence,
            Form::Always { .. } => Family::Absence,
            Form::Each { .. } | Form::Ordered { .. } => Family::Order,
            Form::Placed { .. } => Family::Structure,
            Form::Most { .. } | Form::Equal { .. } | Form::Sized { .. } => Family::Count,
            Form::Joined { .. } => Family::Join,
        }
    }

    /// The two names that it speaks of, the one that has to come first.
    #[must_use]
    pub fn pair(&self) -> Option<(NameId, NameId)> {
        let of = |selector: &Selector| match selector.of {
            Of::Name(name) => Some(name),
            Of::Any => None,
        };
        match self {
            Form::Never(_) | Form::Most { .. } => None,
            Form::Always { when, then } => Some((of(when)?, of(then)?)),
            Form::NotTogether { when, never } => Some((of(when)?, of(never)?)),
            Form::Each { bound, needs, .. } | Form::Joined { bound, needs, .. } => {
                Some((*bound, *needs))
            }
            Form::Ordered { first, second } => Some((*first, *second)),
            Form::Placed { spans, other, .. } => Some((*spans, of(other)?)),
            Form::Equal { left, right } => Some((*left, *right)),
            Form::Sized { bound, counted, .. } => Some((*bound, *counted)),
        }
    }

    /// How much there is to read; the smaller the simpler.
    #[must_use]
    pub fn cost(&self) -> f64 {
        match self {
            Form::Never(selector) => selector.cost(),
            Form::Always { when, then } => 0.6 + when.cost() + then.cost(),
            Form::NotTogether { when, never } => 0.9 + when.cost() + never.cost(),
            Form::Each {
                relation, within, ..
            } => {
                let far = match relation {
                    Relation::Before | Relation::After => 0.0,
                    Relation::StartsBefore | Relation::StartsAfter => 0.3,
                };
                3.2 + far + if within.is_some() { 1.0 } else { 0.0 }
            }
            Form::Ordered { .. } => 4.0,
            Form::Placed {
                structure, other, ..
            } => {
                let is_negated = matches!(structure, Structure::Outside | Structure::NotChildOf);
                1.8 + other.cost() + if is_negated { 0.2 } else { 0.0 }
            }
            Form::Most { spans, by, .. } => {
                0.6 + spans.cost() + if by.is_some() { 0.6 } else { 0.0 }
            }
            Form::Equal { .. } => 3.4,
            Form::Joined { is_partial, .. } => 4.2 + if *is_partial { 0.5 } else { 0.0 },
            Form::Sized {
                is_partial,
                is_inside,
                ..
            } => {
                // Where both say the same, what is below the span is what is meant.
                let far = if *is_inside { 0.0 } else { 0.1 };
                3.6 + far + if *is_partial { 0.5 } else { 0.0 }
            }
        }
    }

    /// It is broken by what is there, and so at once; others wait for the close.
    #[must_use]
    pub fn is_early(&self) -> bool {
        match self {
            Form::Never(_) | Form::NotTogether { .. } | Form::Most { .. } => true,
            Form::Placed { structure, .. } => {
                matches!(structure, Structure::Inside | Structure::ChildOf)
            }
            Form::Always { .. }
            | Form::Each { .. }
            | Form::Ordered { .. }
            | Form::Equal { .. }
            | Form::Joined { .. }
            | Form::Sized { .. } => false,
        }
    }
}

fn of_tests(tests: &[Test]) -> Family {
    match tests.first() {
        None => Family::Presence,
        Some(Test::Longer(_) | Test::Shorter(_)) => Family::Duration,
        Some(_) => Family::Value,
    }
}

impl Form {
    /// The two say the same but for figures and values that are taken from the data.
    #[must_use]
    pub fn is_like(&self, other: &Form) -> bool {
        match (self, other) {
            (Form::Never(a), Form::Never(b)) => a.is_like(b),
            (
                Form::Always { when, then },
                Form::Always {
                    when: other_when,
                    then: other_then,
                },
            ) => when.is_like(other_when) && then.is_like(other_then),
            (
                Form::Most { spans, by, .. },
                Form::Most {
                    spans: other,
                    by: other_by,
                    ..
                },
            ) => spans.is_like(other) && by == other_by,
            (
                Form::Each {
                    bound,
                    needs,
                    relation,
                    within,
                },
                Form::Each {
                    bound: other_bound,
                    needs: other_needs,
                    relation: other_relation,
                    within: other_within,
                },
            ) => {
                (bound, needs, relation) == (other_bound, other_needs, other_relation)
                    && within.is_some() == other_within.is_some()
            }
            (
                Form::Placed {
                    spans,
                    structure,
                    other,
                },
                Form::Placed {
                    spans: other_spans,
                    structure: other_structure,
                    other: beside,
                },
            ) => (spans, structure) == (other_spans, other_structure) && other.is_like(beside),
            _ => self == other,
        }
    }

    /// Figures or values of it are taken from the data.
    #[must_use]
    pub fn is_fitted(&self) -> bool {
        match self {
            Form::Never(one) => !one.tests.is_empty(),
            Form::Always { when, then } => !when.tests.is_empty() || !then.tests.is_empty(),
            Form::Placed { other, .. } => !other.tests.is_empty(),
            Form::Each { within, .. } => within.is_some(),
            Form::Most { .. } => true,
            Form::NotTogether { .. }
            | Form::Ordered { .. }
            | Form::Equal { .. }
            | Form::Joined { .. }
            | Form::Sized { .. } => false,
        }
    }
}

impl Selector {
    fn is_like(&self, other: &Selector) -> bool {
        let tests = self.tests.iter().zip(&other.tests);
        self.of == other.of
            && self.tests.len() == other.tests.len()
            && tests.into_iter().all(|(a, b)| a.is_like(b))
    }
}

impl Test {
    fn is_like(&self, other: &Test) -> bool {
        match (self, other) {
            (Test::In(a, _), Test::In(b, _))
            | (Test::NotIn(a, _), Test::NotIn(b, _))
            | (Test::Above(a, _), Test::Above(b, _))
            | (Test::Below(a, _), Test::Below(b, _)) => a == b,
            (Test::Longer(_), Test::Longer(_)) | (Test::Shorter(_), Test::Shorter(_)) => true,
            _ => self == other,
        }
    }
}
