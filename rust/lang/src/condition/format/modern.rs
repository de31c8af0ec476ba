//! Older spellings rewritten in place, each by the smallest change, so that comments, macros and
//! everything else stay as they are.

use std::ops::Range;

use crate::condition::ast::{Document, Node, NodeKind};
use crate::condition::canonical::Printer;
use crate::condition::dialect::Dialect;
use crate::condition::format::edits::Edits;
use crate::condition::lexer::lex;
use crate::condition::spelling::quote;
use crate::condition::token::Function;
use crate::diagnostic::fault::Fault;
use crate::limits::Limits;
use crate::rule::{Field, Scope};

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// Or an exception.
    Condition,
    /// Whether conditions on one span in it stand inside a `where` hangs on its uses, so they stay as they are.
    Macro,
}

pub(super) fn rewritten(
    text: &str,
    document: &Document,
    notes: &[Fault],
    kind: TextKind,
) -> String {
    let mut writer = Writer {
        text,
        kind,
        in_rule: false,
        edits: Edits::default(),
    };
    match document {
        Document::Broken => {}
        Document::Pattern(items) => items.iter().for_each(|item| writer.condition(item)),
        Document::Clauses(clauses) | Document::Windows { clauses, .. } => {
            for clause in clauses {
                clause.items.iter().for_each(|item| writer.condition(item));
            }
        }
        Document::OneSpanRule { body, then } => writer.rule(body, then.clone()),
    }
    // Words and quotes, where no larger change covers them.
    for note in notes {
        if let Some(modern) = &note.suggestion
            && !writer.edits.touch(&note.range)
        {
            writer.edit(note.range.clone(), modern.clone());
        }
    }
    writer.edits.applied(text)
}

struct Writer<'a> {
    text: &'a str,
    kind: TextKind,
    in_rule: bool,
    edits: Edits,
}

impl Writer<'_> {
    fn edit(&mut self, range: Range<usize>, modern: impl Into<String>) {
        self.edits.add(range, modern);
    }

    fn rule(&mut self, body: &Node, then: Option<Range<usize>>) {
        let lexed = lex(self.text.into(), &Limits::default(), &mut Vec::new());
        if let Some((start, _, end)) = lexed.tokens.first() {
            self.edit(*start..*end, "");
        }
        if let Some(then) = then {
            self.edit(then, "");
        }
        self.in_rule = true;
        self.condition(body);
    }

    fn one_span_dialect(&self) -> Dialect {
        if self.in_rule {
            Dialect::Rule
        } else {
            Dialect::OneSpan
        }
    }

    fn condition(&mut self, node: &Node) {
        let bare = node.bare();
        if bare.is_one_span() {
            if self.kind == TextKind::Condition {
                self.wrap(node, node.start..node.end);
                self.predicate(bare, self.one_span_dialect());
            } else {
                self.predicate(bare, Dialect::Modern);
            }
            return;
        }
        match &bare.kind {
            NodeKind::And(parts) | NodeKind::Or(parts) => {
                let mut index = 0;
                while index < parts.len() {
                    let run = parts[index..]
                        .iter()
                        .take_while(|part| part.is_one_span())
                        .count();
                    if run > 1 && self.kind == TextKind::Condition {
                        let run = &parts[index..index + run];
                        let range = run[0].start..run[run.len() - 1].end;
                        self.edit(range.start..range.start, "any.where(");
                        for part in run {
                            self.predicate(part, self.one_span_dialect());
                        }
                        self.edit(range.end..range.end, ")");
                        index += run.len();
                    } else {
                        self.condition(&parts[index]);
                        index += 1;
                    }
                }
            }
            NodeKind::Not(inner) => self.condition(inner),
            NodeKind::As { of, .. } => self.selector(of),
            NodeKind::Compare { left, right, .. } => {
                self.measure(left);
                self.measure(right);
            }
            NodeKind::Test { .. } => {}
            _ => self.selector(bare),
        }
    }

    /// `any.where( )` around conditions on one span; their own parentheses serve.
    fn wrap(&mut self, node: &Node, range: Range<usize>) {
        if matches!(node.kind, NodeKind::Paren(_)) {
            self.edit(range.start..range.start, "any.where");
        } else {
            self.edit(range.start..range.start, "any.where(");
            self.edit(range.end..range.end, ")");
        }
    }

    fn measure(&mut self, node: &Node) {
        let node = node.bare();
        match &node.kind {
            NodeKind::Times { left, right } => {
                self.measure(left);
                self.measure(right);
            }
            NodeKind::Within { measure, .. } => self.measure(measure),
            NodeKind::By { measure, keys } => {
                self.measure(measure);
                for key in keys {
                    if let NodeKind::Paren(_) = key.kind {
                        self.edit(key.start..key.start + 1, "");
                        self.edit(key.end - 1..key.end, "");
                    }
                }
            }
            NodeKind::Where { base, filters }
                if matches!(base.bare().kind, NodeKind::Call { .. }) =>
            {
                self.measure(base);
                self.edit(base.end - 1..base.end, "");
                for filter in filters {
                    self.predicate(filter, Dialect::OneSpan);
                }
                self.edit(node.end..node.end, ")");
            }
            NodeKind::Call {
                function,
                arguments,
            } => {
                if let NodeKind::Call {
                    function: Function::Has,
                    ..
                } = node.kind
                {
                    return self.selector(node);
                }
                let older = self.text[node.start..].starts_with("trace.");
                if older && *function == Function::Count {
                    self.edit(node.start..node.start + "trace.".len(), "");
                }
                if let Some(spans) = arguments.first() {
                    self.selector_or_one_span(spans);
                }
                for field in arguments.iter().skip(1) {
                    self.field(field, Dialect::Modern);
                }
            }
            _ => self.selector(node),
        }
    }

    fn selector_or_one_span(&mut self, node: &Node) {
        if node.is_one_span() {
            self.wrap(node, node.range());
            self.predicate(node.bare(), self.one_span_dialect());
        } else {
            self.selector(node);
        }
    }

    fn selector(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Paren(inner) => self.condition(inner),
            NodeKind::TraceSpans => self.edit(node.range(), "any"),
            NodeKind::DotCount(of) => {
                self.edit(node.start..node.start, "count(");
                self.selector(of);
                let dot = self.text[node.start..node.end]
                    .rfind('.')
                    .unwrap_or_default();
                self.edit(node.start + dot..node.end, ")");
            }
            NodeKind::Where { base, filters } => {
                let dialect = Dialect::behind(base);
                self.selector(base);
                for filter in filters {
                    self.predicate(filter, dialect);
                }
            }
            NodeKind::Chain { first, links } => {
                self.selector(first);
                for link in links {
                    self.selector(&link.operand);
                    link.to.iter().for_each(|to| self.selector(to));
                }
            }
            NodeKind::Call {
                function: Function::Has,
                arguments,
            } => {
                if let [only] = arguments.as_slice() {
                    self.has(node, only);
                }
            }
            NodeKind::Call { .. } => self.measure(node),
            _ => {}
        }
    }

    /// `has(x)` is `x`, in parentheses where it has parts.
    fn has(&mut self, node: &Node, only: &Node) {
        let paren = self.text[node.start..node.end]
            .find('(')
            .unwrap_or_default();
        let open = node.start..node.start + paren + 1;
        let close = node.end - 1..node.end;
        if only.is_one_span() && self.kind == TextKind::Condition {
            self.edit(open, "any.where(");
            self.predicate(only, self.one_span_dialect());
            self.edit(close, ")");
            return;
        }
        let has_parts = matches!(
            only.kind,
            NodeKind::And(_)
                | NodeKind::Or(_)
                | NodeKind::Not(_)
                | NodeKind::Compare { .. }
                | NodeKind::Chain { .. }
        );
        self.edit(open, if has_parts { "(" } else { "" });
        self.condition(only);
        self.edit(close, if has_parts { ")" } else { "" });
    }

    fn predicate(&mut self, node: &Node, dialect: Dialect) {
        match &node.kind {
            NodeKind::Paren(inner) => self.predicate(inner, dialect),
            NodeKind::And(parts) | NodeKind::Or(parts) => {
                parts.iter().for_each(|part| self.predicate(part, dialect));
            }
            NodeKind::Not(inner) => match &inner.bare().kind {
                NodeKind::Attribute {
                    key,
                    is_older: true,
                    ..
                } if self.may_stand_alone(dialect) => {
                    let key = printed(Scope::SpanThenResource, key);
                    let word = if self.text[node.start..].starts_with('!') {
                        1
                    } else {
                        "not".len()
                    };
                    self.edit(node.start..node.start + word, "");
                    self.edit(inner.bare().range(), format!("missing({key})"));
                }
                _ => self.predicate(inner, dialect),
            },
            NodeKind::Attribute {
                key,
                is_older: true,
                ..
            } if self.may_stand_alone(dialect) => {
                let key = printed(Scope::SpanThenResource, key);
                self.edit(node.range(), format!("exists({key})"));
            }
            NodeKind::Compare { left, right, .. } | NodeKind::Test { left, right, .. } => {
                let meant = self.field(left, dialect);
                self.field(right, Dialect::Modern);
                if matches!(meant.as_deref(), Some("span:kind" | "span:status")) {
                    self.lower(right);
                }
            }
            NodeKind::Each { of, .. } => self.predicate(of, dialect),
            NodeKind::Call { arguments, .. } => {
                for argument in arguments {
                    self.field(argument, dialect);
                }
            }
            NodeKind::Name(_) => {
                self.field(node, dialect);
            }
            _ => {}
        }
    }

    /// Inside a macro it cannot be known whether a lone attribute stands in a `where`.
    fn may_stand_alone(&self, dialect: Dialect) -> bool {
        self.kind == TextKind::Condition || dialect == Dialect::TraceSpans
    }

    /// What an older name of a field is called now.
    fn field(&mut self, node: &Node, dialect: Dialect) -> Option<String> {
        let node = node.bare();
        let modern = match &node.kind {
            NodeKind::Name(name) => Printer::new(Vec::new(), None).field(&dialect.field(name)?),
            NodeKind::Attribute {
                scope,
                key,
                is_older: true,
            } => {
                let scope = if &**scope == "resource" {
                    Scope::Resource
                } else {
                    Scope::Span
                };
                printed(scope, key)
            }
            NodeKind::Sum { first, rest } => {
                self.field(first, dialect);
                for (_, part) in rest {
                    self.field(part, dialect);
                }
                return None;
            }
            NodeKind::As { of, .. } => {
                self.field(of, dialect);
                return None;
            }
            NodeKind::Call { arguments, .. } => {
                for argument in arguments {
                    self.field(argument, dialect);
                }
                return None;
            }
            _ => return None,
        };
        self.edit(node.range(), modern.clone());
        Some(modern)
    }

    fn lower(&mut self, node: &Node) {
        match &node.bare().kind {
            NodeKind::List(items) => items.iter().for_each(|item| self.lower(item)),
            NodeKind::Quoted(text) if text.bytes().any(|b| b.is_ascii_uppercase()) => {
                self.edit(node.bare().range(), quote(&text.to_ascii_lowercase()));
            }
            NodeKind::Name(word) if word.bytes().any(|b| b.is_ascii_uppercase()) => {
                self.edit(node.bare().range(), word.to_ascii_lowercase());
            }
            _ => {}
        }
    }
}

fn printed(scope: Scope, key: &str) -> String {
    let field = Field::Attribute {
        scope,
        key: key.into(),
    };
    Printer::new(Vec::new(), None).field(&field)
}
