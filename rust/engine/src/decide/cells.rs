//! Which cells a condition reads, and whether it asks about the trace as a whole.
//!
//! What is [needed](crate::decide::need) of a trace is said in these cells.

use crate::few::Short;
use crate::intern::CellId;
use crate::plan::condition::{Against, Condition, ConditionKind, Grouping, Measuring, Spans};
use crate::plan::node::{Node, NodeKind};

/// Where the spans come from that a selector selects; `None`: they are bound.
pub(crate) fn first_cell(node: &Node) -> Option<CellId> {
    match &node.kind {
        NodeKind::Spans { records, .. } => Some(*records),
        NodeKind::Bound(_) => None,
        NodeKind::Related { left, .. } => first_cell(left),
    }
}

fn cells_of_node(node: &Node, cells: &mut Short<CellId>) {
    match &node.kind {
        NodeKind::Spans { records, .. } => cells.push(*records),
        NodeKind::Bound(_) => {}
        NodeKind::Related { left, relation } => {
            cells_of_node(left, cells);
            let operands = relation.operands();
            operands.for_each(|node| cells_of_node(node, cells));
        }
    }
}

fn cells_of_spans(spans: Spans<'_>, cells: &mut Short<CellId>) {
    match spans {
        Spans::Counted(counted) => cells.push(counted.count),
        Spans::Members(node) => cells_of_node(node, cells),
    }
}

fn cells_of_measure(measure: &Measuring, cells: &mut Short<CellId>) {
    cells_of_spans(measure.spans(), cells);
    if let Measuring::OfCell { cell, .. } = measure {
        cells.push(*cell);
    }
}

/// Every cell that a condition reads.
pub(crate) fn cells_of(condition: &Condition, cells: &mut Short<CellId>) {
    match &condition.kind {
        ConditionKind::And(parts) | ConditionKind::Or(parts) => {
            parts.iter().for_each(|part| cells_of(part, cells));
        }
        ConditionKind::Not(inner) => cells_of(inner, cells),
        ConditionKind::Exists(selecting) => cells_of_spans(selecting.spans(), cells),
        ConditionKind::Compare(compared) => {
            cells_of_measure(&compared.left, cells);
            if let Against::Measure { measure, .. } = &compared.right {
                cells_of_measure(measure, cells);
            }
        }
        ConditionKind::Totals { left, right, .. } => {
            for part in left.iter().chain(&**right) {
                if let Against::Measure { measure, .. } = &part.of {
                    cells_of_measure(measure, cells);
                }
            }
        }
        ConditionKind::Groups { groups, .. } => {
            cells_of_spans(groups.spans(), cells);
            if let Grouping::Counted { cell, .. } = &**groups {
                cells.push(*cell);
            }
        }
        ConditionKind::Bound { .. } | ConditionKind::Trace(_) => {}
    }
}

/// Whether a part without `and`, `or` and `not` asks about the trace as a whole.
pub(crate) fn reads_trace(condition: &Condition) -> bool {
    let of = |measure: &Measuring| spans_read_trace(measure.spans());
    match &condition.kind {
        ConditionKind::Exists(selecting) => spans_read_trace(selecting.spans()),
        ConditionKind::Compare(compared) => {
            let right = &compared.right;
            of(&compared.left) || matches!(right, Against::Measure { measure, .. } if of(measure))
        }
        ConditionKind::Groups { groups, .. } => spans_read_trace(groups.spans()),
        _ => true,
    }
}

fn spans_read_trace(spans: Spans<'_>) -> bool {
    match spans {
        Spans::Counted(counted) => !counted.trace.is_empty(),
        Spans::Members(node) => node_reads_trace(node),
    }
}

fn node_reads_trace(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Spans { trace, .. } => !trace.is_empty(),
        NodeKind::Bound(_) => false,
        NodeKind::Related { left, relation } => {
            node_reads_trace(left) || relation.operands().any(node_reads_trace)
        }
    }
}
