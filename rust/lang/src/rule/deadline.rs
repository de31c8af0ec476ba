//! For how long a rule may have to wait.

use crate::rule::body::Body;
use crate::rule::condition::Expr;
use crate::rule::selector::Selector;
use crate::rule::term::Nanos;

impl Body {
    /// The longest deadline (`within`) that a span of this rule sets running; `None`: it has none.
    #[must_use]
    pub fn longest_deadline(&self) -> Option<Nanos> {
        let clauses = [&self.when, &self.never, &self.always];
        let bound = self.bindings.iter().map(|binding| &binding.selector);
        let conditions = clauses.into_iter().flatten().chain(&self.exceptions);
        let over = self.over.iter().flat_map(|over| over.measure.selectors());
        let mut left: Vec<&Selector> = bound
            .chain(conditions.flat_map(Expr::selectors))
            .chain(over)
            .collect();
        let mut longest = None;
        while let Some(selector) = left.pop() {
            if let Selector::Related(related) = selector {
                let mut all = related.relation.operands();
                all.push(&related.left);
                // How two bound spans stand is known once they are.
                if all.iter().any(|one| !matches!(one, Selector::Bound(_))) {
                    longest = longest.max(related.relation.deadline());
                }
                left.extend(all);
            }
        }
        longest
    }
}
