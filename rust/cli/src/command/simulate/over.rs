//! A run that is over, to be told.

use std::sync::Arc;

use betrace_lang::rule::Rule;
use betrace_sim::simulation::smallest::Story;
use betrace_sim::simulation::{Config, Outcome};

/// A run that is over.
pub struct Run<'a> {
    pub rules: &'a [Arc<Rule>],
    pub config: &'a Config,
    pub outcome: Outcome,
    /// Of the first wrong verdict that a rule and a trace show by themselves.
    pub story: Option<Story>,
}
