//! Values that a field hardly ever has: nothing, an empty text, a status that went well.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::check::literal::is_nothing;
use crate::diagnostic::fault::Fault;
use crate::rule::{CompareOp, Field, FieldTest, Intrinsic, Literal, Operand};

impl<'a> Checker<'a> {
    /// Looks at `left op right`, which is `node`, once both sides are checked.
    pub(super) fn doubt_value(
        &mut self,
        node: &'a Node,
        (field, left): (Option<&Field>, &'a Node),
        op: CompareOp,
        (value, right): (&Operand, &'a Node),
    ) {
        if let NodeKind::Name(word) = &right.bare().kind
            && is_nothing(word)
        {
            self.suggest_presence(node, left, op, right);
        }
        let Some(field) = field else { return };
        let Operand::Literal(Literal::Text(text)) = value else {
            return;
        };
        match field.intrinsic() {
            Some(Intrinsic::SpanStatus) if &**text == "ok" => self.doubt_ok(node, left, op),
            Some(
                intrinsic @ (Intrinsic::SpanStatusMessage
                | Intrinsic::InstrumentationName
                | Intrinsic::InstrumentationVersion),
            ) if text.is_empty() => self.doubt_empty(node, left, op, intrinsic),
            None if text.eq_ignore_ascii_case("ok") => self.settle_like_status(node, left, op),
            _ => {}
        }
    }

    /// `span:status == ok`
    fn doubt_ok(&mut self, node: &Node, left: &Node, op: CompareOp) {
        let Some(modern) = went_well(&self.place.folded(left.range()), op) else {
            return;
        };
        let message = match op {
            CompareOp::Eq => {
                "instrumentation leaves the status of what went well `unset`, so this selects next to nothing"
            }
            _ => {
                "instrumentation leaves the status of what went well `unset`, so this selects that too"
            }
        };
        let fault = self.fault(code::STATUS_OK, node.range(), message);
        fault.help = Some(format!("that it did not fail: `{modern}`"));
        if op == CompareOp::Ne {
            fault.help = Some(format!("that it failed: `{modern}`"));
        }
        fault.suggestion = Some(modern);
    }

    /// `status == ok`: the doubt about the name becomes one about the comparison.
    fn settle_like_status(&mut self, node: &Node, left: &Node, op: CompareOp) {
        let at = left.bare().range();
        let origin = self.place.origin.clone();
        let is_doubt = |fault: &&mut Fault| {
            fault.code == code::LIKE_INTRINSIC
                && fault.range == at
                && fault.origin == origin
                && fault.suggestion.as_deref() == Some("span:status")
        };
        let Some(modern) = went_well("span:status", op) else {
            return;
        };
        if let Some(fault) = self.faults.iter_mut().rfind(is_doubt) {
            fault.range = node.range();
            fault.help = Some("instrumentation leaves the status of what went well `unset`; put the attribute in quotes if it is meant".into());
            fault.suggestion = Some(modern);
        }
    }

    /// `span:statusMessage == ""`
    fn doubt_empty(&mut self, node: &Node, left: &Node, op: CompareOp, intrinsic: Intrinsic) {
        let Some(test) = presence(op) else { return };
        let modern = format!("{}({})", test.as_str(), self.place.folded(left.range()));
        let message = format!(
            "an empty `{}` counts as missing, so this is never true",
            intrinsic.as_str()
        );
        let fault = self.fault(code::EMPTY_IS_MISSING, node.range(), message);
        if op == CompareOp::Ne {
            fault.message = format!(
                "an empty `{}` counts as missing, so every other one differs",
                intrinsic.as_str()
            );
        }
        fault.help = Some(format!("write `{modern}`"));
        fault.suggestion = Some(modern);
    }

    /// `x == null`: the doubt about the word becomes one about the comparison, which can be mended.
    fn suggest_presence(&mut self, node: &Node, left: &Node, op: CompareOp, right: &Node) {
        let Some(test) = presence(op) else { return };
        let field = self.place.folded(left.range());
        let at = right.bare().range();
        let origin = self.place.origin.clone();
        let is_doubt = |fault: &&mut Fault| {
            fault.code == code::ODD_WORD && fault.range == at && fault.origin == origin
        };
        if let Some(fault) = self.faults.iter_mut().rfind(is_doubt) {
            fault.range = node.range();
            fault.suggestion = Some(format!("{}({field})", test.as_str()));
        }
    }
}

/// What asks whether there is a value.
fn presence(op: CompareOp) -> Option<FieldTest> {
    match op {
        CompareOp::Eq => Some(FieldTest::Missing),
        CompareOp::Ne => Some(FieldTest::Exists),
        _ => None,
    }
}

/// What says of a status that it is, or is not, one of what went well.
fn went_well(field: &str, op: CompareOp) -> Option<String> {
    match op {
        CompareOp::Eq => Some(format!("{field} != error")),
        CompareOp::Ne => Some(format!("{field} == error")),
        _ => None,
    }
}
