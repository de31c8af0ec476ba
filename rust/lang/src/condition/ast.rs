//! What the grammar makes of a text: one kind of node for conditions, selectors, predicates and
//! values alike. Which of these a node is, and whether it may be that, is decided by the check, so
//! that a macro can stand wherever its text would, and a misplaced form gets an answer in words.

use std::ops::Range;

use crate::condition::token::{AttributeToken, Function};
use crate::rule::{CompareOp, Name, Nanos, Number, Quantifier, TextOp};

/// A whole text.
#[derive(Debug)]
pub enum Document {
    /// Nothing that could be read; the reason has been reported.
    Broken,
    Pattern(Vec<Node>),
    Clauses(Vec<Clause>),
    /// A rule over many traces.
    Windows {
        head: Box<WindowHead>,
        clauses: Vec<Clause>,
    },
    /// Older: `rule "name" when … then …`
    OneSpanRule {
        body: Node,
        then: Option<Range<usize>>,
    },
}

/// `over 5m by f, g at least 10 with confidence 99%`
#[derive(Debug)]
pub struct WindowHead {
    pub length: Node,
    /// Empty where nothing is written.
    pub by: Vec<Node>,
    pub at_least: Option<Node>,
    pub confidence: Option<Node>,
    pub range: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClauseWord {
    When,
    WhenEach,
    Always,
    Never,
}

#[derive(Debug)]
pub struct Clause {
    pub word: ClauseWord,
    /// Of the whole clause, braces included.
    pub range: Range<usize>,
    /// Separated by commas. Empty where nothing stands between the braces.
    pub items: Vec<Node>,
}

#[derive(Debug)]
pub struct Node {
    pub kind: NodeKind,
    pub start: usize,
    pub end: usize,
}

#[derive(Debug)]
pub enum NodeKind {
    /// Could not be read; reported.
    Broken,
    /// At least two parts.
    Or(Vec<Node>),
    And(Vec<Node>),
    Not(Box<Node>),
    /// `every x in L`
    Each {
        quantifier: Quantifier,
        of: Box<Node>,
    },
    Paren(Box<Node>),
    /// `S as p`, or `x as ms`.
    As {
        of: Box<Node>,
        name: Box<Node>,
    },
    Compare {
        left: Box<Node>,
        op: CompareOp,
        right: Box<Node>,
    },
    Test {
        left: Box<Node>,
        test: Test,
        right: Box<Node>,
    },
    /// `count(S) by f, g`
    By {
        measure: Box<Node>,
        /// At least one.
        keys: Vec<Node>,
    },
    /// `count(S) within 10s`
    Within {
        measure: Box<Node>,
        window: Box<Node>,
    },
    Times {
        left: Box<Node>,
        right: Box<Node>,
    },
    /// `x + y - z`, unfolded.
    Sum {
        first: Box<Node>,
        rest: Vec<(SumSign, Node)>,
    },
    /// `A before B then C`, unfolded; at least one link.
    Chain {
        first: Box<Node>,
        links: Vec<Link>,
    },
    Where {
        base: Box<Node>,
        filters: Vec<Node>,
    },
    /// Older: `S.count()`
    DotCount(Box<Node>),
    Call {
        function: Function,
        arguments: Vec<Node>,
    },
    List(Vec<Node>),
    Name(Name),
    Quoted(Name),
    Intrinsic(Name),
    Number(Number),
    Duration(Nanos),
    /// `99%`
    Percent(Number),
    Bool(bool),
    Attribute {
        scope: Name,
        key: Name,
        is_older: bool,
    },
    TraceSpans,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SumSign {
    Plus,
    Minus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    In,
    NotIn,
    Matches,
    Text(TextOp),
}

#[derive(Debug)]
pub struct Link {
    pub word: LinkWord,
    /// From the relation's word to the end of its operands.
    pub range: Range<usize>,
    pub operand: Node,
    pub to: Option<Node>,
    pub within: Option<Within>,
    /// What must be alike; empty but of `echoing`.
    pub by: Vec<Node>,
}

/// What stands behind `within`.
#[derive(Debug)]
pub enum Within {
    /// `5s`
    Most(Node),
    /// `2s..5s`
    Both(Node, Node),
    /// `2s..`, and where it ends.
    Least(Node, usize),
}

impl Within {
    pub fn range(&self) -> Range<usize> {
        match self {
            Within::Most(most) => most.range(),
            Within::Both(least, most) => least.start..most.end,
            Within::Least(least, end) => least.start..*end,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkWord {
    Before,
    After,
    StartsBefore,
    StartsAfter,
    EndsBefore,
    EndsAfter,
    Then,
    Overlaps,
    During,
    NextAfter,
    DirectlyAfter,
    Inside,
    Containing,
    Outside,
    ParentOf,
    NotChildOf,
    NotSiblingOf,
    ChildOf,
    SiblingOf,
    LinkedTo,
    Except,
    Echoing,
    Between,
    AfterUntil,
}

impl LinkWord {
    /// Whether it holds one end of a span against one of others.
    pub fn compares_ends(self) -> bool {
        matches!(
            self,
            LinkWord::Before
                | LinkWord::After
                | LinkWord::StartsBefore
                | LinkWord::StartsAfter
                | LinkWord::EndsBefore
                | LinkWord::EndsAfter
        )
    }
}

impl Node {
    pub fn new(start: usize, kind: NodeKind, end: usize) -> Node {
        Node { kind, start, end }
    }

    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Without the parentheses around it.
    pub fn bare(&self) -> &Node {
        let mut node = self;
        while let NodeKind::Paren(inner) = &node.kind {
            node = inner;
        }
        node
    }

    /// A number, a duration or a boolean, which no comparison begins with.
    pub fn is_value(&self) -> bool {
        matches!(
            self.bare().kind,
            NodeKind::Number(_) | NodeKind::Duration(_) | NodeKind::Percent(_) | NodeKind::Bool(_)
        )
    }

    /// `and`, `or`: one part is the part itself.
    pub fn joined(
        start: usize,
        mut parts: Vec<Node>,
        join: fn(Vec<Node>) -> NodeKind,
        end: usize,
    ) -> Node {
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Node::new(start, join(parts), end)
            }
            None => Node::new(start, NodeKind::Broken, end),
        }
    }

    /// One more `.where(filter)`.
    pub fn filtered(base: Node, filter: Node, end: usize) -> Node {
        let start = base.start;
        match base.kind {
            NodeKind::Where { base, mut filters } => {
                filters.push(filter);
                Node::new(start, NodeKind::Where { base, filters }, end)
            }
            _ => {
                let kind = NodeKind::Where {
                    base: Box::new(base),
                    filters: vec![filter],
                };
                Node::new(start, kind, end)
            }
        }
    }

    /// Whether every leaf is an older condition on one span, written outside any `where`.
    pub fn is_one_span(&self) -> bool {
        let node = self.bare();
        match &node.kind {
            NodeKind::And(parts) | NodeKind::Or(parts) => parts.iter().all(Node::is_one_span),
            NodeKind::Not(inner) => inner.is_one_span(),
            NodeKind::Compare { left, .. } | NodeKind::Test { left, .. } => {
                left.bare().is_older_field()
            }
            NodeKind::Attribute { is_older, .. } => *is_older,
            _ => false,
        }
    }

    fn is_older_field(&self) -> bool {
        match &self.kind {
            NodeKind::Name(name) => name.starts_with("span.") || name.starts_with("resource."),
            NodeKind::Attribute { scope, .. } => &**scope == "span" || &**scope == "resource",
            _ => false,
        }
    }
}

impl From<AttributeToken> for NodeKind {
    fn from(token: AttributeToken) -> NodeKind {
        NodeKind::Attribute {
            scope: token.scope,
            key: token.key,
            is_older: token.is_older,
        }
    }
}
