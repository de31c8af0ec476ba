//! What every decision of a call needs besides the trace.

use crate::decide::budget::Reserve;
use crate::decide::facts::Facts;
use crate::engine::present_rules::PresentRules;
use crate::engine::rule_set::RuleSet;
use crate::hash::HashKey;
use crate::plan::RulePlan;
use crate::plan::ids::RuleIndex;
use crate::settings::Settings;
use crate::state::named::NamedTrace;
use crate::sync::Mutex;
use crate::time::Timestamp;
use crate::windows::table::Windows;

pub(crate) struct Context<'a> {
    pub rules: &'a RuleSet,
    /// Where they come from, and others may wait for them.
    pub present: &'a PresentRules,
    /// Taken behind every other lock, and never held over one.
    pub windows: &'a Mutex<Windows>,
    pub settings: &'a Settings,
    pub key: HashKey,
    /// Steps that traces take beyond their own share.
    pub reserve: &'a Reserve,
    /// The engine's time.
    pub now: Timestamp,
    /// When the engine started without stored state: traces that began shortly before may have lost spans.
    pub restarted: Option<Timestamp>,
    /// Until when spans may have gone to another engine.
    pub moved: Option<Timestamp>,
}

impl<'a> Context<'a> {
    pub fn rule(&self, index: RuleIndex) -> &'a RulePlan {
        &self.rules.plan.rules[index.index()]
    }

    /// What an evaluation of a rule over a trace stands on.
    pub fn facts<'t>(&self, rule: RuleIndex, named: NamedTrace<'t>) -> Facts<'t>
    where
        'a: 't,
    {
        let NamedTrace {
            trace,
            texts,
            cells,
        } = named;
        let saw_all = trace.was_seen_by(self.rules.since(rule));
        Facts {
            plan: &self.rules.plan,
            rule: self.rule(rule),
            trace,
            texts,
            cells,
            key: self.key,
            saw_all,
            closed: saw_all && trace.is_complete(self.rule(rule).completeness),
        }
    }
}
