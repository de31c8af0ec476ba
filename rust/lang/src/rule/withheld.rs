//! What messages and groups must not show: values of attributes that tell of people, or hold secrets.

use std::sync::Arc;

use crate::rule::Rule;
use crate::rule::field::{Alternative, Field, ReadAt};
use crate::rule::template::{Segment, Template};
use crate::rule::window::Over;

/// What stands in a message in the place of a value that is withheld.
pub const WITHHELD: &str = "[withheld]";

/// Attributes whose values messages do not show, and how much they show of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    exact: Vec<String>,
    prefixes: Vec<String>,
    value_bytes: u16,
}

impl Withheld {
    /// Each name is an attribute's key, or the beginning of keys and a `*`. `value_bytes`: the most that is shown of a value;
    /// more than [`Template::MOST_VALUE_BYTES`] is that.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = String>, value_bytes: u16) -> Withheld {
        let mut withheld = Withheld {
            exact: Vec::new(),
            prefixes: Vec::new(),
            value_bytes: value_bytes.min(Template::MOST_VALUE_BYTES),
        };
        for mut name in names {
            if name.ends_with('*') {
                name.pop();
                withheld.prefixes.push(name);
            } else {
                withheld.exact.push(name);
            }
        }
        withheld.exact.sort_unstable();
        withheld
    }

    /// The rule with a message that shows [`WITHHELD`] for these attributes, and with groups of windows that do. What it means
    /// and its hash stay, and a field that only its message read is read no more.
    #[must_use]
    pub fn out_of(&self, rule: &Arc<Rule>) -> Arc<Rule> {
        let hides_group = |over: &Over| over.by.iter().any(|field| self.hides(field));
        if rule.message.is_none() && !rule.body.over.as_deref().is_some_and(hides_group) {
            return Arc::clone(rule);
        }
        let mut shown = Rule::clone(rule);
        if let Some(message) = &mut shown.message {
            let message = Arc::make_mut(message);
            message.value_bytes = self.value_bytes;
            for segment in &mut message.segments {
                if let Segment::Bound { field, .. } | Segment::Shown { field, .. } = segment
                    && self.hides(field)
                {
                    *segment = Segment::Text(WITHHELD.to_owned());
                }
            }
        }
        if let Some(over) = &mut shown.body.over {
            for (is_withheld, field) in over.withheld.iter_mut().zip(&over.by) {
                *is_withheld = self.hides(field);
            }
        }
        Arc::new(shown)
    }

    /// A name for several attributes is hidden where one of them is.
    fn hides(&self, field: &Field) -> bool {
        match field {
            Field::Attribute { key, .. } => self.hides_key(key),
            Field::Intrinsic(_) => false,
            Field::FirstOf(first) => first.of.iter().any(|of| self.hides_alternative(of)),
            Field::Bound { field, .. } => self.hides(field),
        }
    }

    fn hides_alternative(&self, alternative: &Alternative) -> bool {
        match &alternative.origin {
            ReadAt::Attribute(key) | ReadAt::Event(key) => self.hides_key(key),
            ReadAt::Intrinsic(_) => false,
        }
    }

    fn hides_key(&self, key: &str) -> bool {
        let is_named = |name: &String| name.as_str().cmp(key);
        self.exact.binary_search_by(is_named).is_ok()
            || self
                .prefixes
                .iter()
                .any(|prefix| key.starts_with(prefix.as_str()))
    }
}
