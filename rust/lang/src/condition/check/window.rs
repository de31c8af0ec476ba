//! Rules over many traces: their head, what they measure, and what that is held against.

use crate::codes::Code;
use crate::codes::conditions as code;
use crate::condition::ast::{Clause, ClauseWord, Node, NodeKind, WindowHead};
use crate::condition::check::checker::Checker;
use crate::condition::token::Function;
use crate::rule::{
    Aggregate, Base, Body, ClauseKind, CompareOp, Confidence, Field, Measure, Name, Number, Over,
    Peer, Quantity, Selector, SpanSelector, WindowBound, WindowMeasure,
};
use crate::words::Word;

const FORM: &str = "`over 5m never { count(http.retry) > 50 }`";

impl<'a> Checker<'a> {
    pub(super) fn windows(&mut self, head: &'a WindowHead, clauses: &'a [Clause]) -> Option<Body> {
        let length = self.window_length(&head.length);
        let by = self.window_keys(&head.by);
        let at_least = head.at_least.as_ref().map(|node| self.at_least(node));
        let confidence = head.confidence.as_ref().map(|node| self.confidence(node));
        let (clause, node) = self.window_clause(clauses)?;
        let (measure, op, bound, measured) = self.window_comparison(node, !head.by.is_empty())?;
        if let Some(level) = head.confidence.as_ref().filter(|_| !measure.is_share()) {
            let message = format!("a confidence is of a share, and `{measured}` is none");
            return self.refuse_over(
                code::WINDOW_HEAD,
                level,
                message,
                "leave it out: what is counted or measured is known, not estimated",
            );
        }
        Some(Body {
            over: Some(Box::new(Over {
                length: length?,
                by: by?,
                at_least: at_least.unwrap_or(Some(0))?,
                confidence: confidence.unwrap_or(Some(Confidence::USUAL))?,
                clause,
                measure,
                op,
                bound,
                text: self.place.shown(node.range()),
                measured,
                withheld: [false; Over::MOST_KEYS],
            })),
            ..Body::empty()
        })
    }

    /// A measure of many traces where a rule is about one.
    pub(super) fn refuse_over_traces<T>(&mut self, node: &Node) -> Option<T> {
        let source = self.place.folded(node.range());
        let message = format!("`{source}` is of many traces, and here a rule is about one");
        self.fault(code::NEEDS_WINDOW, node.range(), message).help = Some(
            "begin the rule with the window that it is measured over: `over 5m always { … }`"
                .into(),
        );
        None
    }

    pub(super) fn refuse_over<T>(
        &mut self,
        code: Code,
        node: &Node,
        message: impl Into<String>,
        help: &str,
    ) -> Option<T> {
        self.fault(code, node.range(), message).help = Some(help.to_owned());
        None
    }

    fn window_length(&mut self, node: &'a Node) -> Option<u64> {
        let (shortest, longest) = (self.limits.shortest_window, self.limits.longest_window);
        match node.bare().kind {
            NodeKind::Duration(length) if (shortest..=longest).contains(&length) => Some(length),
            _ => self.refuse_over(
                code::WINDOW_LENGTH,
                node,
                "a window is a duration from 1s to 31d",
                "`over 5m`, `over 24h`",
            ),
        }
    }

    fn window_keys(&mut self, keys: &'a [Node]) -> Option<Vec<Field>> {
        if let Some(one_more) = keys.get(Over::MOST_KEYS) {
            let message = format!("at most {} fields make groups", Over::MOST_KEYS);
            return self.refuse_over(code::WINDOW_HEAD, one_more, message, FORM);
        }
        let mut fields: Vec<Field> = Vec::with_capacity(keys.len());
        let mut is_whole = true;
        for key in keys {
            match self.group_field(key) {
                Some(field) if fields.contains(&field) => {
                    let message =
                        format!("`{}` makes groups already", self.place.folded(key.range()));
                    self.refuse_over::<()>(code::WINDOW_HEAD, key, message, FORM);
                    is_whole = false;
                }
                Some(field) => fields.push(field),
                None => is_whole = false,
            }
        }
        is_whole.then_some(fields)
    }

    fn at_least(&mut self, node: &'a Node) -> Option<u64> {
        match node.bare().kind {
            NodeKind::Number(Number::Int(least)) if least > 0 && u64::try_from(least).is_ok() => {
                u64::try_from(least).ok()
            }
            _ => self.refuse_over(
                code::WINDOW_HEAD,
                node,
                "at least how many spans, or traces, is a whole number above zero",
                "`over 1h at least 200 always { … }`",
            ),
        }
    }

    fn confidence(&mut self, node: &'a Node) -> Option<Confidence> {
        if let NodeKind::Percent(level) = node.bare().kind {
            let hundredths = level.to_f64() * 100.0;
            let is_whole = (hundredths - hundredths.round()).abs() < 1e-6;
            if is_whole && (5_000.0..=9_999.0).contains(&hundredths.round()) {
                return Some(Confidence(hundredths.round() as u16));
            }
        }
        self.refuse_over(
            code::WINDOW_HEAD,
            node,
            "a confidence is a percentage from 50% to 99.99%, with at most two decimals",
            "`over 1h with confidence 99% always { … }`",
        )
    }

    /// The one clause, and the comparison in it.
    fn window_clause(&mut self, clauses: &'a [Clause]) -> Option<(ClauseKind, &'a Node)> {
        let mut kept = None;
        let mut is_whole = true;
        for clause in clauses {
            let kind = match clause.word {
                ClauseWord::Always => ClauseKind::Always,
                ClauseWord::Never => ClauseKind::Never,
                ClauseWord::When | ClauseWord::WhenEach => {
                    let range = self.word_range(clause);
                    let message = "a rule over many traces has no `when`";
                    self.fault(code::WINDOW_CLAUSE, range, message).help = Some(
                        "say in its measure what counts: `traces(A and B)`, `share(A and B, A)`, `count(S.where(…))`".into(),
                    );
                    is_whole = false;
                    continue;
                }
            };
            match (clause.items.as_slice(), kept) {
                ([only], None) => kept = Some((kind, only)),
                ([_], Some(_)) => {
                    let range = self.word_range(clause);
                    let message = "a rule over many traces has one clause";
                    self.fault(code::WINDOW_CLAUSE, range, message).help =
                        Some("give the other one a rule of its own".into());
                    is_whole = false;
                }
                _ => {
                    let message = "here stands one comparison of a measure";
                    self.fault(code::WINDOW_CLAUSE, clause.range.clone(), message)
                        .help = Some(FORM.into());
                    is_whole = false;
                }
            }
        }
        kept.filter(|_| is_whole)
    }

    fn window_comparison(
        &mut self,
        node: &'a Node,
        has_groups: bool,
    ) -> Option<(WindowMeasure, CompareOp, WindowBound, Name)> {
        let bare = node.bare();
        let NodeKind::Compare { left, op, right } = &bare.kind else {
            if matches!(bare.kind, NodeKind::Broken) {
                return None;
            }
            return self.refuse_over(
                code::WINDOW_CLAUSE,
                node,
                "a rule over many traces compares one measure with one value",
                FORM,
            );
        };
        let (left, op, right) = match self.is_measure(right) && !self.is_measure(left) {
            true => (right, op.mirrored(), left),
            false => (left, *op, right),
        };
        let measure = self.window_measure(left);
        let bound = self.window_bound(right, has_groups);
        let (measure, bound) = (measure?, bound?);
        self.window_fits(&measure, op, &bound, left, right)?;
        Some((measure, op, bound, self.place.shown(left.range())))
    }

    fn window_measure(&mut self, node: &'a Node) -> Option<WindowMeasure> {
        if let Some(found) = self.vocabulary.macro_at(node.bare(), &self.bindings) {
            return self.expanded(node, found, |checker, inner| checker.window_measure(inner));
        }
        match &node.bare().kind {
            NodeKind::Call {
                function,
                arguments,
            } if function.is_over_traces() => self.over_traces(node, *function, arguments),
            NodeKind::By { .. } => self.refuse_over(
                code::WINDOW_CLAUSE,
                node,
                "groups of a rule over many traces stand behind its window",
                "`over 5m by user.id never { count(S) > 100 }`",
            ),
            _ => match self.measure(node)? {
                Measure::Count(selector) => Some(WindowMeasure::Count(selector)),
                Measure::Of {
                    function,
                    selector,
                    of,
                } => Some(WindowMeasure::Of {
                    function,
                    selector,
                    of,
                }),
                Measure::Within { .. } | Measure::Overlap(_) => self.refuse_over(
                    code::WINDOW_CLAUSE,
                    node,
                    "what happens within a stretch, or at one moment, is measured in one trace",
                    "leave out the window: `never { count(S) within 10s > 50 }`",
                ),
            },
        }
    }

    fn over_traces(
        &mut self,
        node: &'a Node,
        function: Function,
        arguments: &'a [Node],
    ) -> Option<WindowMeasure> {
        match (function, arguments) {
            (Function::Quantile(rank), [spans, field]) => {
                let selector = self.selector_or_one_span(spans);
                let of = self.measured_term(Aggregate::Avg, field);
                Some(WindowMeasure::Quantile {
                    rank,
                    selector: selector?,
                    of: of?,
                })
            }
            (Function::Traces, [condition]) => {
                Some(WindowMeasure::Traces(self.condition(condition)?))
            }
            (Function::Share, [of, among]) => {
                let parts = (self.condition(of), self.condition(among));
                self.share(node, parts.0?, parts.1?)
            }
            (Function::Quantile(rank), _) => self.refuse_over(
                code::ARGUMENTS,
                node,
                format!("`{rank}` takes a selector and a field"),
                &format!("`{rank}(any, span:duration)`"),
            ),
            (Function::Traces, _) => self.refuse_over(
                code::ARGUMENTS,
                node,
                "`traces` takes one condition",
                "`traces(checkout and not payment)`",
            ),
            _ => self.refuse_over(
                code::ARGUMENTS,
                node,
                "`share` takes two selectors, or two conditions",
                "`share(checkout and payment, checkout)`",
            ),
        }
    }

    fn window_bound(&mut self, node: &'a Node, has_groups: bool) -> Option<WindowBound> {
        let bare = node.bare();
        let (factor, named) = match &bare.kind {
            NodeKind::Broken => return None,
            NodeKind::Number(value) => return Some(WindowBound::Number(*value)),
            NodeKind::Duration(nanos) => return Some(WindowBound::Duration(*nanos)),
            NodeKind::Percent(value) => return Some(WindowBound::Number(value.hundredth())),
            NodeKind::Times { left, right } => {
                self.factor(bare, (left, right), "`0.8 * highest`")?
            }
            _ => (Number::Int(1), node),
        };
        let peer = match &named.bare().kind {
            NodeKind::Name(name) => Peer::WORDS.iter().find(|peer| peer.as_str() == &**name),
            _ => None,
        };
        let Some(peer) = peer.copied() else {
            let source = self.place.folded(named.range());
            return self.refuse_over(
                code::PEER,
                named,
                format!("a measure of a window is not compared with `{source}`"),
                "compare it with a number, a duration, a percentage, or `highest`, `lowest`, `others` or `before`, perhaps times a number",
            );
        };
        if peer != Peer::Before && !has_groups {
            return self.refuse_over(
                code::PEER,
                named,
                format!("`{}` is of other groups, and there are none", peer.as_str()),
                "make groups behind the window: `over 24h by applicant.group always { … }`",
            );
        }
        Some(WindowBound::Peer { factor, peer })
    }

    /// Whether the two sides, and what stands between them, make sense.
    fn window_fits(
        &mut self,
        measure: &WindowMeasure,
        op: CompareOp,
        bound: &WindowBound,
        left: &'a Node,
        right: &'a Node,
    ) -> Option<()> {
        let is_percent = matches!(right.bare().kind, NodeKind::Percent(_));
        let is_part = |value: &Number| (0.0..=1.0).contains(&value.to_f64());
        let is_estimate = measure.is_share() || matches!(measure, WindowMeasure::Quantile { .. });
        if is_estimate && matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return self.refuse_over(
                code::WINDOW_CLAUSE,
                left,
                "shares and quantiles are known within an interval, and never equal",
                "compare with `<`, `<=`, `>` or `>=`",
            );
        }
        match bound {
            WindowBound::Number(value) if measure.is_share() && !is_part(value) => self
                .refuse_over(
                    code::SHARE,
                    right,
                    "a share lies between 0 and 1",
                    "in percent: `>= 99%`",
                ),
            WindowBound::Number(_) if is_percent && !measure.is_share() => self.refuse_over(
                code::SHARE,
                right,
                "a percentage is compared with a share alone",
                "of traces: `share(C, D) >= 99%`; against another window: `> 1.2 * before`",
            ),
            WindowBound::Number(value) => {
                self.one_of_unit(measure, &Quantity::Number(*value), left, right)
            }
            WindowBound::Duration(nanos) => {
                self.one_of_unit(measure, &Quantity::Duration(*nanos), left, right)
            }
            WindowBound::Peer { .. } => Some(()),
        }
    }

    fn one_of_unit(
        &mut self,
        measure: &WindowMeasure,
        value: &Quantity,
        left: &'a Node,
        right: &'a Node,
    ) -> Option<()> {
        // As of a measure of one trace.
        let alike = match measure {
            WindowMeasure::Of {
                function,
                selector,
                of,
            } => Measure::Of {
                function: *function,
                selector: selector.clone(),
                of: of.clone(),
            },
            WindowMeasure::Quantile { selector, of, .. } => Measure::Of {
                function: Aggregate::Avg,
                selector: selector.clone(),
                of: of.clone(),
            },
            // A plain number, whatever it counts.
            _ => Measure::Count(Selector::from(SpanSelector {
                base: Base::Any,
                filter: Vec::new(),
                trace: Vec::new(),
            })),
        };
        self.same_unit(&alike, value, left, right)
    }
}
