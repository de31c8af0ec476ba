//! Values that a field hardly ever has: nothing, an empty text, a status that went well, what no instrumentation emits.

use crate::codes::Code;
use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::check::field::if_meant;
use crate::condition::check::literal::is_nothing;
use crate::condition::lint::{self, Unheard};
use crate::condition::shipped::PREFIX;
use crate::diagnostic::fault::{Fault, Origin};
use crate::rule::{CompareOp, Field, FieldTest, Intrinsic, ListSource, Literal, Operand};

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
            None => self.doubt_emitted(node, left, op, (text, right)),
            _ => {}
        }
    }

    /// `error.type == timeout`, `db.operation == "DROP table"`, `port > "80"`
    fn doubt_emitted(
        &mut self,
        node: &Node,
        left: &Node,
        op: CompareOp,
        (text, right): (&str, &Node),
    ) {
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            let is_number = text.parse::<f64>().is_ok_and(f64::is_finite)
                && text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
            if is_number && self.place.origin == Origin::Here {
                let message = format!(
                    "`{}` is a text, so the order may be that of bytes",
                    self.place.folded(right.range())
                );
                let fault = self.fault(code::ORDER_OF_DIGITS, right.range(), message);
                fault.help = Some(format!("as a number: `{text}`"));
                fault.suggestion = Some(text.to_owned());
            }
            return;
        }
        let Some((name, found, code)) = unheard(left, text) else {
            return;
        };
        let Unheard {
            message,
            field,
            value,
        } = found;
        let written = self.place.folded(left.range());
        let modern = format!("{} {} {value}", field.unwrap_or(&written), op.as_str());
        let is_shipped = name.starts_with(PREFIX);
        // The doubt about the name is part of this one.
        let at = left.bare().range();
        if field.is_some() {
            self.faults.retain(|fault| {
                !([code::OTHER_NAME_EMITTED, code::RENAMED_ATTRIBUTE].contains(&fault.code)
                    && fault.range == at)
            });
        }
        let fault = self.fault(code, node.range(), message);
        fault.help = Some(match is_shipped {
            true => format!("write `{modern}`"),
            false => format!("write `{modern}`; if your services emit it, put the name in quotes"),
        });
        fault.suggestion = Some(modern);
    }

    /// The same of each value of a list: `otel:http.method in [get, post]`.
    pub(super) fn doubt_emitted_of(&mut self, left: &Node, (list, right): (&ListSource, &Node)) {
        let (true, ListSource::Literals(values)) = (self.doubts, list) else {
            return;
        };
        let items = match &right.bare().kind {
            NodeKind::List(items) => items.as_slice(),
            // Those of the vocabulary are what is emitted.
            NodeKind::Intrinsic(_) => return,
            _ => &[],
        };
        for (at, value) in values.iter().enumerate() {
            let Literal::Text(text) = value else { continue };
            let Some((name, found, code)) = unheard(left, text) else {
                continue;
            };
            let item = items.get(at);
            let own = self.place.folded(left.range());
            let asked = found.field.unwrap_or(&own);
            let if_emitted = match name.starts_with(PREFIX) {
                true => "",
                false => "; if your services emit it, put the name in quotes",
            };
            let help = format!(
                "`{text}` is asked for by `{asked} == {}`{if_emitted}",
                found.value
            );
            let range = item.unwrap_or(right).bare().range();
            let fault = self.fault(code, range, found.message);
            fault.help = Some(help);
            if item.is_some() && found.field.is_none_or(|field| field == own) {
                fault.suggestion = Some(found.value);
            }
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
        let if_meant = if_meant(&self.place.folded(left.range()));
        if let Some(fault) = self.faults.iter_mut().rfind(is_doubt) {
            fault.range = node.range();
            fault.help = Some(format!(
                "instrumentation leaves the status of what went well `unset`; {if_meant}"
            ));
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

/// What is said of a value that no instrumentation emits under the name on the left, with that name. Quotes around a name say
/// that it is meant as it is.
fn unheard<'n>(left: &'n Node, text: &str) -> Option<(&'n str, Unheard, Code)> {
    let (NodeKind::Name(name) | NodeKind::Intrinsic(name)) = &left.bare().kind else {
        return None;
    };
    if let Some(found) = lint::operation(name, text) {
        return Some((name, found, code::OPERATION_WITH_MORE));
    }
    let found = lint::unheard(name, text)?;
    Some((name, found, code::VALUE_NOT_EMITTED))
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
