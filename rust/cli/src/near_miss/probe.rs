//! Asking the engine about a part of a rule: the part becomes a rule of its own, so that the answer comes from where verdicts do.

use std::sync::Arc;

use betrace_lang::rule::{Binding, Body, Expr, MeaningHash, Rule, RuleId};

/// A rule that is violated where `asked` holds, and is otherwise as `rule` is. `index` tells it from the other probes.
#[must_use]
pub fn probe(rule: &Rule, index: usize, bindings: Vec<Binding>, asked: Expr) -> Arc<Rule> {
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&(index as u64 + 1).to_be_bytes());
    Arc::new(Rule {
        id: RuleId(format!("{index:06}").into()),
        message: None,
        enabled: true,
        body: Body {
            over: None,
            bindings,
            when: None,
            exceptions: Arc::default(),
            never: Some(asked),
            always: None,
            is_pattern: true,
        },
        hash: MeaningHash(hash),
        ..rule.clone()
    })
}
