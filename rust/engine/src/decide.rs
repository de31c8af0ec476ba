//! What a rule says of a trace: true or false only where no later span can change it.
//!
//! [`rule`] asks for the verdict, [`condition`] for the truth of a part, [`measure`], [`moments`] and [`groups`] for
//! numbers, [`members`] for the spans of a selector one by one ([`chosen`] from what was kept, by [`join`]s among others),
//! [`order`], [`structure`] and [`between`] for how two spans stand to each other in time, by their parents, and by both,
//! of which [`ancestry`] is what lies above, and [`alike`] for what they have in common; [`eval`], [`facts`] and [`member_set`] are what they all look at, within a
//! [`budget`]. [`argument`] tells why a rule is broken, as a finding, and by which [`witnesses`], [`deadline`] what a rule waits for, [`untouched`]
//! what rules answer where they selected nothing (an [`empty_trace`]), and [`needed`] which of them a trace gives something to do, by what each
//! of them [`need`]s of the [`cells`] that it reads. Nothing here changes what a trace says.

pub(crate) mod alike;
pub(crate) mod ancestry;
pub(crate) mod argument;
pub(crate) mod between;
pub(crate) mod budget;
pub(crate) mod by_cell;
pub(crate) mod cells;
pub(crate) mod chosen;
pub(crate) mod condition;
pub(crate) mod deadline;
pub(crate) mod empty_trace;
pub(crate) mod eval;
pub(crate) mod facts;
pub(crate) mod groups;
pub(crate) mod join;
pub(crate) mod measure;
pub(crate) mod member_set;
pub(crate) mod members;
pub(crate) mod moments;
pub(crate) mod need;
pub(crate) mod needed;
pub(crate) mod order;
pub(crate) mod recorded;
pub(crate) mod rule;
pub(crate) mod structure;
pub(crate) mod untouched;
pub(crate) mod window;
pub(crate) mod witnesses;
