//! Rules that can never fire, or always do, and parts that say nothing.
//!
//! Only what follows from the words themselves is reported. What this finds is certain; it does not find everything.

use std::ops::Range;

use crate::codes::Code;
use crate::codes::conditions as code;
use crate::condition::ast::{ClauseWord, Document};
use crate::condition::lint::constant::{always, contradict, same_parts};
use crate::condition::lint::demand::demand;
use crate::condition::lint::filter::selects_nothing;
use crate::condition::lint::group::group;
use crate::condition::lint::implied::{binding_implies, implies};
use crate::condition::lint::join::join;
use crate::condition::lint::meant::Meant;
use crate::condition::lint::next::next;
use crate::condition::lint::order::order;
use crate::condition::lint::window::window;
use crate::condition::vocabulary::Vocabulary;
use crate::diagnostic::fault::Fault;
use crate::rule::{BindingId, Body, ClauseKind, Expr};

/// Looks at a checked rule as a whole.
pub(crate) fn body(
    text: &str,
    document: &Document,
    body: &Body,
    vocabulary: &Vocabulary,
    faults: &mut Vec<Fault>,
) {
    if let Some(over) = &body.over {
        let word = match over.clause {
            ClauseKind::Always => ClauseWord::Always,
            ClauseKind::Never | ClauseKind::Pattern => ClauseWord::Never,
        };
        window(over, &clause_range(document, word), faults);
        return;
    }
    let meant = Meant::new(text, document, body, vocabulary);
    order(&meant, faults);
    join(&meant, faults);
    group(&meant, faults);
    next(&meant, faults);
    let mut look = Look {
        document,
        body,
        faults,
    };
    if !look.may_fire() {
        return;
    }
    if let Some(clause) = &body.always {
        look.always(clause);
        if always(clause).is_none() {
            demand(&meant, clause, look.faults);
        }
    }
    if let Some(clause) = &body.never {
        look.never(clause);
    }
}

struct Look<'a> {
    document: &'a Document,
    body: &'a Body,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Look<'a> {
    fn report(&mut self, code: Code, range: Range<usize>, message: impl Into<String>) {
        self.faults.push(Fault::new(code, range, message));
    }

    /// What `when` says holds.
    fn assumed(&self) -> impl Iterator<Item = &'a Expr> + 'a {
        self.body.when.iter().flat_map(Expr::parts)
    }

    /// Looks at `when` and the bound spans; false where the rule never fires for them.
    fn may_fire(&mut self) -> bool {
        let range = clause_range(self.document, ClauseWord::When);
        if let Some(when) = &self.body.when {
            match always(when) {
                Some(false) => {
                    let message = "this can hold in no trace, so the rule never fires";
                    self.report(code::NEVER_FIRES, range, message);
                    return false;
                }
                Some(true) => {
                    let message = "this holds in every trace, so it says nothing";
                    self.report(code::ALWAYS_SAME, range.clone(), message);
                }
                None => same_parts(when, &range, self.faults),
            }
        }
        let bindings = &self.body.bindings;
        let Some(empty) = bindings
            .iter()
            .find(|bound| selects_nothing(&bound.selector))
        else {
            return true;
        };
        let message = format!(
            "`{}` can select no span, so the rule never fires",
            empty.name
        );
        self.report(code::NEVER_FIRES, range, message);
        false
    }

    fn is_implied(&self, part: &Expr) -> bool {
        self.assumed().any(|known| implies(known, part))
            || (0..)
                .map(BindingId)
                .zip(&self.body.bindings)
                .any(|(id, binding)| binding_implies(id, binding, part))
    }

    fn always(&mut self, clause: &Expr) {
        let range = clause_range(self.document, ClauseWord::Always);
        match always(clause) {
            Some(true) if self.body.never.is_none() => {
                let message = "this holds in every trace, so the rule never fires";
                self.report(code::NEVER_FIRES, range, message);
            }
            Some(true) => {
                let message = "this holds in every trace, so it says nothing";
                self.report(code::ALWAYS_SAME, range, message);
            }
            Some(false) => {
                let message = fires(self.body, "this can hold in no trace");
                self.report(code::ALWAYS_FIRES, range, message);
            }
            None if clause.parts().iter().all(|part| self.is_implied(part)) => {
                let message = "`when` implies this, so it is never broken";
                self.report(code::IMPLIED, range, message);
            }
            None => {
                for part in clause.parts() {
                    if self.is_implied(part) {
                        let message =
                            format!("`when` implies `{}`, so it says nothing here", part.text);
                        self.report(code::IMPLIED, range.clone(), message);
                    }
                }
                same_parts(clause, &range, self.faults);
            }
        }
    }

    fn never(&mut self, clause: &Expr) {
        let word = match self.body.is_pattern {
            true => ClauseWord::When,
            false => ClauseWord::Never,
        };
        let range = clause_range(self.document, word);
        let both: Vec<&Expr> = self.assumed().chain(clause.parts()).collect();
        match always(clause) {
            Some(false) => {
                let message = "this can hold in no trace, so it never fires";
                self.report(code::NEVER_FIRES, range, message);
            }
            Some(true) => {
                let message = fires(self.body, "this holds in every trace");
                self.report(code::ALWAYS_FIRES, range, message);
            }
            None if contradict(&both) => {
                let message = "this cannot hold together with `when`, so it never fires";
                self.report(code::NEVER_FIRES, range, message);
            }
            None => same_parts(clause, &range, self.faults),
        }
    }
}

fn fires(body: &Body, why: &str) -> String {
    if body.when.is_none() && body.bindings.is_empty() {
        format!("{why}, so the rule fires on every trace")
    } else {
        format!("{why}, so the rule fires whenever `when` holds")
    }
}

/// Where the condition of a clause stands; of a pattern, the whole text.
fn clause_range(document: &Document, word: ClauseWord) -> Range<usize> {
    let same = |other: ClauseWord| {
        other == word || word == ClauseWord::When && other == ClauseWord::WhenEach
    };
    let items = match document {
        Document::Clauses(clauses) | Document::Windows { clauses, .. } => {
            match clauses.iter().find(|clause| same(clause.word)) {
                Some(clause) => clause.items.as_slice(),
                None => &[],
            }
        }
        Document::Pattern(items) => items.as_slice(),
        Document::OneSpanRule { body, .. } => std::slice::from_ref(body),
        Document::Broken => &[],
    };
    match (items.first(), items.last()) {
        (Some(first), Some(last)) => first.start..last.end,
        _ => 0..0,
    }
}
