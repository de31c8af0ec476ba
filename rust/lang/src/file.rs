//! One rule file: from YAML with positions to checked rules, and back to a file in its one form.
//!
//! [`yaml`] makes nodes that know their place; [`read`] reads nodes into a model and keeps every fault, as it is [`said`];
//! [`rulefile`], [`fields`], [`written`] and [`rule_tests`] say which keys there are, [`plain`] what a bare scalar means; what rules
//! have [`alike`] is read once.
//! [`check_rule`] hands each rule's texts to [`crate::condition`], and [`placing`] puts their faults where they stand in
//! the file; [`uses`] are of other files and what is [`brought`] by them; [`ids`], [`unused`], [`swallowed`], [`across`], [`deadline`] and [`budget`] doubt what only the file or the set shows. [`load`] runs all of it, or as
//! much of it as is [`asked`], over a [`set`] of files and gives what is [`loaded`]; [`schema`] and [`format_file`] know the same keys.

pub(crate) mod across;
mod alike;
mod asked;
mod brought;
mod budget;
pub(crate) mod check_rule;
mod deadline;
mod fields;
pub(crate) mod format_file;
mod ids;
mod known_keys;
pub(crate) mod load;
pub(crate) mod loaded;
mod placing;
pub(crate) mod plain;
pub(crate) mod read;
pub mod rule_tests;
pub(crate) mod rulefile;
mod said;
pub(crate) mod schema;
mod set;
mod swallowed;
pub(crate) mod unused;
pub(crate) mod uses;
mod ways;
pub(crate) mod written;
pub(crate) mod yaml;
