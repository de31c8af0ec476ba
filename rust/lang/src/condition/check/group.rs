//! Measures by groups: `count(S) by f, g > 10`.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::dialect::Dialect;
use crate::rule::{CompareOp, ExprKind, Field, GroupKey, GroupOp, Quantity};

/// Fields that group together.
const MOST_KEYS: usize = 4;

impl<'a> Checker<'a> {
    /// `count(S) by f > 10`
    pub(super) fn grouped(
        &mut self,
        left: &'a Node,
        op: CompareOp,
        right: &'a Node,
    ) -> Option<ExprKind> {
        if let Some(found) = self.vocabulary.macro_at(left.bare(), &self.bindings) {
            return self.expanded(left, found, |checker, inner| {
                checker.grouped(inner, op, right)
            });
        }
        let NodeKind::By { measure, keys } = &left.bare().kind else {
            return None;
        };
        let by = self.group_keys(keys);
        let measured = self.measure(measure);
        let op = match op {
            CompareOp::Gt => Some(GroupOp::Gt),
            CompareOp::Ge => Some(GroupOp::Ge),
            _ => {
                self.refuse_group_op(measure, keys, op, right);
                None
            }
        };
        let value = match &right.bare().kind {
            NodeKind::Number(value) => Some(Quantity::Number(*value)),
            NodeKind::Duration(nanos) => Some(Quantity::Duration(*nanos)),
            NodeKind::Broken => None,
            _ => {
                self.fault(
                    code::GROUPED,
                    right.range(),
                    "a measure by groups is compared with a number or a duration",
                )
                .help = Some(
                    "`count(S) by f > 10`; where a bound span says how many, ask for what is alike in it: `count(S.where(f == p.f)) > p.n`"
                        .into(),
                );
                None
            }
        };
        let (measure_node, measure, value) = (measure, measured?, value?);
        self.same_unit(&measure, &value, measure_node, right)?;
        Some(ExprKind::GroupCompare {
            measure: Box::new(measure),
            by: by?.into(),
            op: op?,
            value: Box::new(value),
        })
    }

    pub(super) fn group_keys(&mut self, keys: &'a [Node]) -> Option<Vec<GroupKey>> {
        if let Some(one_more) = keys.get(MOST_KEYS) {
            let message = format!("at most {MOST_KEYS} fields group the spans");
            self.fault(code::GROUPED, one_more.range(), message);
            return None;
        }
        let keys: Vec<Option<GroupKey>> = keys.iter().map(|key| self.group_key(key)).collect();
        keys.into_iter().collect()
    }

    fn group_key(&mut self, key: &'a Node) -> Option<GroupKey> {
        if matches!(key.kind, NodeKind::Paren(_)) {
            let modern = self.place.folded(key.bare().range());
            let fault = self.fault(
                code::OLDER_BY,
                key.range(),
                "`by (f)` is an older spelling of `by f`",
            );
            fault.suggestion = Some(modern);
        }
        match &key.bare().kind {
            NodeKind::Name(name) if &**name == "parent" => Some(GroupKey::Parent),
            _ => self.group_field(key).map(GroupKey::Field),
        }
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
        keys: &[Node],
        op: CompareOp,
        right: &Node,
    ) {
        let (Some(first), Some(key)) = (keys.first(), keys.last()) else {
            return;
        };
        let field = self.place.folded(first.start..key.end);
        let number = self.place.folded(right.range());
        let text = &self.place.text;
        // The number may be written first.
        let (sign, range) = if right.start < measure.start {
            let signs = [' ', '\t', '\n', '\r', '('];
            let end = text[..measure.start].trim_end_matches(signs).len();
            let range = right.start..end.max(right.end);
            (self.place.folded(range.clone()), range)
        } else {
            let space = text[key.end..].len() - text[key.end..].trim_start().len();
            (op.as_str().to_owned(), key.end + space..right.end)
        };
        let opposite = match op {
            CompareOp::Lt => ">=",
            _ => ">",
        };
        let measure = self.place.folded(measure.range());
        self.fault(
            code::GROUP_OPERATOR,
            range,
            format!("after `by` stand `>` and `>=` only: some group reaches the number, so `{sign}` has no meaning"),
        )
        .help = Some(format!(
            "for every group: `never {{ {measure} by {field} {opposite} {number} }}`"
        ));
    }
}
