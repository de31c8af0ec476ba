//! For how long a rule may have to wait.

use crate::rule::body::Body;
use crate::rule::selector::Selector;
use crate::rule::term::Nanos;

impl Body {
    /// The longest deadline (`within`) that a span of this rule sets running; `None`: it has none.
    #[must_use]
    pub fn longest_deadline(&self) -> Option<Nanos> {
        let mut longest = None;
        let mut add = |selector: &Selector| longest = longest.max(deadline(selector));
        let clauses = [&self.when, &self.never, &self.always];
        for condition in clauses.into_iter().flatten().chain(&*self.exceptions) {
            condition.each_selector(&mut add);
        }
        for binding in &self.bindings {
            add(&binding.selector);
        }
        if let Some(over) = &self.over {
            over.measure.selectors().into_iter().for_each(add);
        }
        longest
    }
}

/// The longest deadline of a relation in a selector.
fn deadline(selector: &Selector) -> Option<Nanos> {
    let Selector::Related(related) = selector else {
        return None;
    };
    let all = || related.relation.operands().chain([&related.left]);
    // How two bound spans stand is known once they are.
    let is_awaited = all().any(|one| !matches!(one, Selector::Bound(_)));
    let own = related.relation.deadline().filter(|_| is_awaited);
    let inner = all().filter_map(deadline).max();
    own.max(inner)
}
