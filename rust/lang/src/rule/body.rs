//! What a rule says: its clauses.

use std::sync::Arc;

use crate::rule::condition::Expr;
use crate::rule::selector::Selector;
use crate::rule::window::Over;

/// What a rule says. Broken when `when` holds, no exception does, and `always` fails or `never` holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// A rule over many traces; it has no other part then.
    pub over: Option<Box<Over>>,
    /// Empty unless `when each`; each tuple of bound spans is one obligation. At most three.
    pub bindings: Vec<Binding>,
    /// The `when` condition, or with bindings the condition `C` behind them. `None`: holds.
    pub when: Option<Expr>,
    /// Each is one more negated part of `when`. Rules of one file that have the same one share it.
    pub exceptions: Arc<[Expr]>,
    pub never: Option<Expr>,
    pub always: Option<Expr>,
    /// The rule was written as a bare pattern: `never` holds it, and its clause is called `pattern`.
    pub is_pattern: bool,
}

/// `S as p`; the selector may use earlier bindings.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub name: String,
    pub selector: Selector,
}

impl Body {
    /// Nothing said yet.
    pub(crate) fn empty() -> Body {
        Body {
            over: None,
            bindings: Vec::new(),
            when: None,
            exceptions: Arc::default(),
            never: None,
            always: None,
            is_pattern: false,
        }
    }
}
