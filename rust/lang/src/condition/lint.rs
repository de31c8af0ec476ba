//! What can be meant, but probably is not.
//!
//! [`body`] looks at a checked rule as a whole ([`clauses`]): whether a condition is the same in every trace
//! ([`constant`]), or a comparison in every window ([`window`]), contradicts itself ([`filter`], [`numbers`]) or follows from another ([`implied`]). [`attribute_name`],
//! [`unheard`], [`chain`] and [`regex`] look at one name, value, order or expression, where the check meets it, and [`may_show`] answers for a message. A lint is a warning, so it stays silent
//! where it is not certain.

mod attribute;
mod chain;
mod clauses;
mod constant;
mod demand;
mod emitted;
mod filter;
mod group;
mod implied;
mod join;
mod meant;
mod next;
mod numbers;
mod order;
mod reach;
mod regex;
mod shown;
mod window;

pub(crate) use attribute::{attribute_name, holds_number, is_known_field};
pub(crate) use chain::chain;
pub(crate) use clauses::body;
pub(crate) use emitted::{Unheard, operation, unheard};
pub(crate) use regex::regex;
pub use shown::may_show;
