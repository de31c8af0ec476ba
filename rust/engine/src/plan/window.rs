//! Rules over many traces: what of a trace they ask for at its close.

use betrace_lang::rule::{Aggregate, Base, Over, Selector, SpanSelector, Term, WindowMeasure};

use crate::intern::FieldKey;
use crate::plan::clause::condition;
use crate::plan::condition::{Condition, Selecting, ValueOf};
use crate::plan::draft::RuleDraft;
use crate::plan::measuring::selecting;
use crate::plan::node::{self, Node};
use crate::predicate::PatternError;

/// What a rule over many traces asks of each.
#[derive(Debug)]
pub(crate) struct WindowPlan {
    pub asks: WindowAsks,
    /// How long its windows are.
    pub length: u64,
    /// The fields that make groups.
    pub by: Vec<FieldKey>,
    /// Whose fields they are where traces are measured and there are groups.
    pub root: Option<Node>,
}

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a rule has one")]
pub(crate) enum WindowAsks {
    /// How many spans; by numbers alone where they make no groups.
    Count(Selecting),
    /// What each span has for it.
    Values {
        of: Box<Node>,
        value: ValueOf,
    },
    /// What each span is called.
    Names {
        of: Box<Node>,
        field: FieldKey,
    },
    /// Of the spans that the second selects, those that the first does.
    Spans {
        of: Node,
        among: Node,
    },
    Traces(Condition),
    /// Where the second holds, whether the first does.
    Share {
        of: Condition,
        among: Condition,
    },
}

pub(super) fn compile(draft: &mut RuleDraft<'_>, over: &Over) -> Result<WindowPlan, PatternError> {
    let mut by = Vec::with_capacity(over.by.len());
    let mut grouped = |draft: &mut RuleDraft<'_>, selector: &Selector| {
        let (node, leaves) = node::compile(draft, selector)?;
        by.clear();
        for field in &over.by {
            draft.project(&leaves, field);
            by.push(draft.interner.field(field));
        }
        Ok::<_, PatternError>((node, leaves))
    };
    let mut root = None;
    let asks = match &over.measure {
        WindowMeasure::Count(selector) if over.by.is_empty() => {
            WindowAsks::Count(selecting(draft, selector)?)
        }
        WindowMeasure::Count(selector) => {
            WindowAsks::Count(Selecting::Members(Box::new(grouped(draft, selector)?.0)))
        }
        WindowMeasure::Of {
            function: Aggregate::Distinct,
            selector,
            of: Term::Field(field),
        } => {
            let (of, leaves) = grouped(draft, selector)?;
            draft.project(&leaves, field);
            let (of, field) = (Box::new(of), draft.interner.field(field));
            WindowAsks::Names { of, field }
        }
        WindowMeasure::Of { selector, of, .. } | WindowMeasure::Quantile { selector, of, .. } => {
            let (node, leaves) = grouped(draft, selector)?;
            let is_duration = of.is_span_duration();
            for field in of.reads().into_iter().filter(|_| !is_duration) {
                draft.project(&leaves, field);
            }
            let value = match of {
                _ if is_duration => ValueOf::Duration,
                Term::Field(field) => ValueOf::Field(draft.interner.field(field)),
                term => ValueOf::Term(draft.own_term(term)),
            };
            let of = Box::new(node);
            WindowAsks::Values { of, value }
        }
        WindowMeasure::ShareOfSpans { of, among } => {
            let (among, _) = grouped(draft, among)?;
            let (of, _) = node::compile(draft, of)?;
            WindowAsks::Spans { of, among }
        }
        WindowMeasure::Traces(of) => {
            root = roots(draft, over, &mut grouped)?;
            WindowAsks::Traces(condition(draft, of)?)
        }
        WindowMeasure::ShareOfTraces { of, among } => {
            root = roots(draft, over, &mut grouped)?;
            WindowAsks::Share {
                of: condition(draft, of)?,
                among: condition(draft, among)?,
            }
        }
    };
    Ok(WindowPlan {
        asks,
        length: over.length,
        by,
        root,
    })
}

type Compiled = Result<(Node, Vec<crate::matcher::ids::SelectorId>), PatternError>;

/// The spans by whose fields traces are in groups.
fn roots(
    draft: &mut RuleDraft<'_>,
    over: &Over,
    grouped: &mut impl FnMut(&mut RuleDraft<'_>, &Selector) -> Compiled,
) -> Result<Option<Node>, PatternError> {
    if over.by.is_empty() {
        return Ok(None);
    }
    let root = Selector::from(SpanSelector {
        base: Base::Root,
        filter: Vec::new(),
        trace: Vec::new(),
    });
    Ok(Some(grouped(draft, &root)?.0))
}

impl WindowPlan {
    /// The conditions on single traces.
    pub fn conditions(&self) -> Vec<&Condition> {
        match &self.asks {
            WindowAsks::Traces(condition) => vec![condition],
            WindowAsks::Share { of, among } => vec![of, among],
            _ => Vec::new(),
        }
    }

    /// The selectors whose spans are looked at one by one.
    pub fn nodes(&self) -> Vec<&Node> {
        match &self.asks {
            WindowAsks::Count(Selecting::Members(node))
            | WindowAsks::Values { of: node, .. }
            | WindowAsks::Names { of: node, .. } => vec![node],
            WindowAsks::Spans { of, among } => vec![of, among],
            _ => Vec::new(),
        }
    }
}
