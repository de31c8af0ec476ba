//! Orders and structures of spans: `A before B`, `A then B then C`, `A inside B`, and their scopes.

use crate::codes::conditions as code;
use crate::condition::ast::{Link, LinkWord, Node, NodeKind, Within};
use crate::condition::check::checker::Checker;
use crate::condition::lint;
use crate::rule::{Gap, GroupKey, Nanos, Relation, Selector};

/// A link whose parts are checked.
struct CheckedLink {
    word: LinkWord,
    operand: Selector,
    to: Option<Selector>,
    within: Option<Gap>,
    by: Vec<GroupKey>,
}

impl<'a> Checker<'a> {
    pub(super) fn chain(
        &mut self,
        node: &'a Node,
        first: &'a Node,
        links: &'a [Link],
    ) -> Option<Selector> {
        if links.len() > self.limits.nesting {
            let message = format!("more than {} spans in one order", self.limits.nesting);
            self.fault(code::NESTED_TOO_DEEPLY, node.range(), message);
            return None;
        }
        // `then` nests to the right, so nothing else can follow it without parentheses.
        if let Some(at) = links.iter().position(|link| link.word == LinkWord::Then)
            && let Some(mixed) = links[at..].iter().find(|link| link.word != LinkWord::Then)
        {
            self.fault(
                code::MIXED_ORDER,
                mixed.range.clone(),
                "what follows a `then` cannot be told apart from the order before it",
            )
            .help = Some("use parentheses: `A then (B before C)` or `(A then B) before C`".into());
            return None;
        }
        let first_node = first;
        let first = self.selector(first);
        let checked: Vec<Option<CheckedLink>> = links.iter().map(|link| self.link(link)).collect();
        let checked: Option<Vec<CheckedLink>> = checked.into_iter().collect();
        let checked = checked?;
        let is_bound: Vec<bool> = checked
            .iter()
            .map(|link| matches!(link.operand, Selector::Bound(_)))
            .collect();
        let source = |range| self.place.folded(range);
        if let Some(mut fault) = lint::chain(node, first_node, links, &is_bound, source) {
            fault.origin = self.place.origin.clone();
            self.faults.push(fault);
        }
        let left = folded(first?, checked)?;
        if depth(&left) > self.limits.nesting {
            let message = format!("orders nest more than {} deep", self.limits.nesting);
            self.fault(code::NESTED_TOO_DEEPLY, node.range(), message);
            return None;
        }
        Some(left)
    }

    fn link(&mut self, link: &'a Link) -> Option<CheckedLink> {
        let outer = self.breaks_if_false;
        self.breaks_if_false &= is_of_one(link.word);
        let operand = self.selector(&link.operand);
        let to = link.to.as_ref().map(|to| self.selector(to));
        self.breaks_if_false = outer;
        let within = self.within(link);
        let by = self.group_keys(&link.by);
        let to = match to {
            Some(to) => Some(to?),
            None => None,
        };
        Some(CheckedLink {
            word: link.word,
            operand: operand?,
            to,
            within: within.ok()?,
            by: by?,
        })
    }

    fn within(&mut self, link: &'a Link) -> Result<Option<Gap>, ()> {
        let Some(within) = &link.within else {
            return Ok(None);
        };
        let range = within.range();
        if !is_of_time(link.word) {
            self.fault(
                code::WITHIN,
                range,
                "`within` bounds a gap in time; it follows the orders in time only",
            )
            .help =
                Some("`before`, `after`, `then`, and `starts` or `ends` before or after".into());
            return Err(());
        }
        let (least, most) = match within {
            Within::Most(most) => (None, Some(most)),
            Within::Both(least, most) => (Some(least), Some(most)),
            Within::Least(least, _) => (Some(least), None),
        };
        let mut bound =
            |node: Option<&'a Node>| node.map(|node| self.bound_of_gap(node)).transpose();
        let gap = (bound(least), bound(most));
        let gap = Gap {
            least: gap.0?.unwrap_or(0),
            most: gap.1?,
        };
        if let (Some(least), Some(most)) = (least, most)
            && !gap.has(i128::from(gap.least))
        {
            let (least, most) = (
                self.place.folded(least.range()),
                self.place.folded(most.range()),
            );
            self.fault(code::WITHIN, range, "the least gap is longer than the most")
                .suggestion = Some(format!("{most}..{least}"));
            return Err(());
        }
        // `0s..` bounds nothing.
        Ok((gap.least > 0 || gap.most.is_some()).then_some(gap))
    }

    pub(super) fn bound_of_gap(&mut self, node: &'a Node) -> Result<Nanos, ()> {
        let (message, help) = match node.bare().kind {
            NodeKind::Duration(nanos) => return Ok(nanos),
            NodeKind::Broken => return Err(()),
            NodeKind::Number(_) => {
                let source = self.place.folded(node.range());
                let help = format!("`{source}s` or `{source}ms`");
                ("`within` needs a duration with its unit", help)
            }
            _ => {
                let help = "`A before B within 5s`, `within 2s..5s`, `within 2s..`".to_owned();
                ("`within` needs a duration", help)
            }
        };
        self.fault(code::WITHIN, node.range(), message).help = Some(help);
        Err(())
    }
}

/// Whether one span of its right-hand side makes it true, whatever the others do.
fn is_of_one(word: LinkWord) -> bool {
    matches!(
        word,
        LinkWord::Then
            | LinkWord::DirectlyAfter
            | LinkWord::Inside
            | LinkWord::Overlaps
            | LinkWord::During
            | LinkWord::ParentOf
            | LinkWord::Containing
            | LinkWord::ChildOf
            | LinkWord::SiblingOf
            | LinkWord::LinkedTo
            | LinkWord::Echoing
    )
}

/// Whether it bounds a gap in time.
fn is_of_time(word: LinkWord) -> bool {
    word.compares_ends() || word == LinkWord::Then
}

/// The links of a chain folded: relations to the left, `then` to the right.
fn folded(first: Selector, links: Vec<CheckedLink>) -> Option<Selector> {
    let mut left = first;
    let mut steps = Vec::new();
    for link in links {
        let (right, within) = (link.operand, link.within);
        let relation = match (link.word, link.to) {
            (LinkWord::Then, _) => {
                steps.push((right, within));
                continue;
            }
            (LinkWord::Before, _) => Relation::Before { right, within },
            (LinkWord::After, _) => Relation::After { right, within },
            (LinkWord::StartsBefore, _) => Relation::StartsBefore { right, within },
            (LinkWord::StartsAfter, _) => Relation::StartsAfter { right, within },
            (LinkWord::EndsBefore, _) => Relation::EndsBefore { right, within },
            (LinkWord::EndsAfter, _) => Relation::EndsAfter { right, within },
            (LinkWord::NextAfter, _) => Relation::NextAfter { right },
            (LinkWord::DirectlyAfter, _) => Relation::DirectlyAfter { right },
            (LinkWord::Inside, _) => Relation::Inside { right },
            (LinkWord::Overlaps, _) => Relation::Overlaps { right },
            (LinkWord::During, _) => Relation::During { right },
            (LinkWord::ParentOf, _) => Relation::ParentOf { right },
            (LinkWord::Containing, _) => Relation::Containing { right },
            (LinkWord::Outside, _) => Relation::Outside { right },
            (LinkWord::NotChildOf, _) => Relation::NotChildOf { right },
            (LinkWord::NotSiblingOf, _) => Relation::NotSiblingOf { right },
            (LinkWord::ChildOf, _) => Relation::ChildOf { right },
            (LinkWord::SiblingOf, _) => Relation::SiblingOf { right },
            (LinkWord::LinkedTo, _) => Relation::LinkedTo { right },
            (LinkWord::Except, _) => Relation::Except { right },
            (LinkWord::Echoing, _) => Relation::Echoing { right, by: link.by },
            (LinkWord::Between, Some(to)) => Relation::Between { from: right, to },
            (LinkWord::AfterUntil, Some(to)) => Relation::AfterUntil { from: right, to },
            (LinkWord::Between | LinkWord::AfterUntil, None) => return None,
        };
        left = Selector::related(left, relation);
    }
    if let Some((last, mut within)) = steps.pop() {
        let mut right = last;
        while let Some((step, outer)) = steps.pop() {
            right = Selector::related(step, Relation::Then { right, within });
            within = outer;
        }
        left = Selector::related(left, Relation::Then { right, within });
    }
    Some(left)
}

fn depth(selector: &Selector) -> usize {
    let Selector::Related(related) = selector else {
        return 0;
    };
    let right = related.relation.operands().map(depth).max();
    1 + depth(&related.left).max(right.unwrap_or(0))
}
