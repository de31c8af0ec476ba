//! Counts by groups: `count(S) by f > 10`.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::dialect::Dialect;
use crate::rule::{CompareOp, ExprKind, Field, GroupKey, GroupOp, Measure};

impl<'a> Checker<'a> {
    /// `count(S) by f > 10`
    pub(super) fn grouped(
        &mut self,
        left: &'a Node,
        op: CompareOp,
        right: &'a Node,
    ) -> Option<ExprKind> {
        if let Some((name, found)) = self.find_macro(left.bare()) {
            return self.expanded(left, name, found, |checker, inner| {
                checker.grouped(inner, op, right)
            });
        }
        let NodeKind::By { measure, key } = &left.bare().kind else {
            return None;
        };
        if matches!(key.kind, NodeKind::Paren(_)) {
            let modern = self.place.folded(key.bare().range());
            let fault = self.fault(
                code::OLDER_BY,
                key.range(),
                "`by (f)` is an older spelling of `by f`",
            );
            fault.suggestion = Some(modern);
        }
        let by = match &key.bare().kind {
            NodeKind::Name(name) if &**name == "parent" => Some(GroupKey::Parent),
            _ => self.group_field(key).map(GroupKey::Field),
        };
        let counted = self.measure(measure);
        let op = match op {
            CompareOp::Gt => Some(GroupOp::Gt),
            CompareOp::Ge => Some(GroupOp::Ge),
            _ => {
                self.refuse_group_op(measure, key, op, right);
                None
            }
        };
        let value = match &right.bare().kind {
            NodeKind::Number(value) => Some(*value),
            NodeKind::Broken => None,
            _ => {
                self.fault(
                    code::GROUPED,
                    right.range(),
                    "a count by groups is compared with a number",
                )
                .help = Some("`count(S) by f > 10`".into());
                None
            }
        };
        let Measure::Count(selector) = counted? else {
            self.fault(
                code::GROUPED,
                measure.range(),
                "only `count(S)` is counted by groups",
            )
            .help = Some("`count(S) by f > 10`".into());
            return None;
        };
        Some(ExprKind::GroupCount {
            selector,
            by: by?,
            op: op?,
            value: value?,
        })
    }

    pub(super) fn group_field(&mut self, key: &'a Node) -> Option<Field> {
        let field = self.field(key, Dialect::Modern)?;
        self.one_value(&field, key)?;
        Some(field)
    }

    /// `count(S) by f <= N` asks for every group, which `never` says.
    pub(super) fn refuse_group_op(
        &mut self,
        measure: &Node,
        key: &Node,
        op: CompareOp,
        right: &Node,
    ) {
        let measure = self.place.folded(measure.range());
        let field = self.place.folded(key.range());
        let number = self.place.folded(right.range());
        let (sign, opposite) = match op {
            CompareOp::Lt => ("<", ">="),
            CompareOp::Le => ("<=", ">"),
            CompareOp::Eq => ("==", ">"),
            _ => ("!=", ">"),
        };
        let space =
            self.place.text[key.end..].len() - self.place.text[key.end..].trim_start().len();
        self.fault(
            code::GROUP_OPERATOR,
            key.end + space..right.end,
            format!("after `by` stand `>` and `>=` only: some group reaches the number, so `{sign}` has no meaning"),
        )
        .help = Some(format!(
            "for every group: `never {{ {measure} by {field} {opposite} {number} }}`"
        ));
    }
}
