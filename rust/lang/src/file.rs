//! One rule file: from YAML with positions to checked rules, and back to a file in its one form.
//!
//! [`yaml`] reads nodes that know their place; [`read`] turns nodes into a model and keeps every fault;
//! [`rulefile`] and [`rule_tests`] say which keys there are. [`check_rule`] hands each rule's texts to
//! [`crate::condition`] and puts their faults where they stand in the file; [`across`] compares rules with each
//! other; [`load`] runs all of it over a set of files.

pub(crate) mod across;
pub(crate) mod check_rule;
pub(crate) mod format_file;
pub(crate) mod load;
pub(crate) mod plain;
pub(crate) mod read;
pub mod rule_test;
pub(crate) mod rule_tests;
pub(crate) mod rulefile;
pub(crate) mod schema;
pub(crate) mod yaml;
