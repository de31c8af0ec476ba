//! From tokens to a tree, for texts without a fault, which nearly all are.
//!
//! The grammar says which forms there are, and its parser what was expected where a text is none; but that parser takes a
//! step for each level of the grammar that it passes, at each operand. Here every level is a function that goes on to the
//! next. Whatever token stands where it does not belong, the whole is given up, and the grammar's parser reads it anew. What
//! is read here is the same as there, which tests hold.

#[cfg(test)]
mod tests;
mod words;

use std::vec::IntoIter;

use crate::condition::ast::{
    Clause, ClauseWord, Document, Link, LinkWord, Node, NodeKind, SumSign, WindowHead, Within,
};
use crate::condition::descent::words::{begins_operand, link_word, test};
use crate::condition::token::Token;
use crate::rule::Quantifier;

/// The document that all of these tokens are. `None`: there is a fault.
pub(crate) fn read(tokens: Vec<(usize, Token, usize)>) -> Option<Document> {
    let mut descent = Descent {
        tokens: tokens.into_iter(),
        end: 0,
    };
    let document = descent.document()?;
    descent.peek().is_none().then_some(document)
}

struct Descent {
    tokens: IntoIter<(usize, Token, usize)>,
    /// Where the last token that was taken ends.
    end: usize,
}

impl Descent {
    fn peek(&self) -> Option<&Token> {
        self.tokens.as_slice().first().map(|(_, token, _)| token)
    }

    /// Where the next token begins.
    fn start(&self) -> Option<usize> {
        self.tokens.as_slice().first().map(|(start, ..)| *start)
    }

    fn next(&mut self) -> Option<Token> {
        let (_, token, end) = self.tokens.next()?;
        self.end = end;
        Some(token)
    }

    /// Takes the next token if it is such.
    fn take(&mut self, is_such: impl FnOnce(&Token) -> bool) -> bool {
        let is_next = self.peek().is_some_and(is_such);
        if is_next {
            self.next();
        }
        is_next
    }

    fn take_only(&mut self, is_such: impl FnOnce(&Token) -> bool) -> Option<()> {
        self.take(is_such).then_some(())
    }

    fn node(&self, start: usize, kind: NodeKind) -> Node {
        Node::new(start, kind, self.end)
    }

    fn document(&mut self) -> Option<Document> {
        Some(match self.peek()? {
            Token::When | Token::WhenEach | Token::Always | Token::Never => {
                Document::Clauses(self.clauses()?)
            }
            Token::Over => Document::Windows {
                head: Box::new(self.window_head()?),
                clauses: self.clauses()?,
            },
            Token::RuleWhen => {
                self.next();
                let body = self.expr()?;
                let start = self.start();
                let has_then = self.take(|token| matches!(token, Token::RuleThen));
                let then = start.filter(|_| has_then).map(|start| start..self.end);
                Document::OneSpanRule { body, then }
            }
            _ => Document::Pattern(self.items()?),
        })
    }

    fn window_head(&mut self) -> Option<WindowHead> {
        let start = self.start()?;
        self.next();
        let length = self.operand()?;
        let mut by = Vec::new();
        if self.take(|token| matches!(token, Token::By)) {
            by = self.keys()?;
        }
        let mut at_least = None;
        if self.take(|token| matches!(token, Token::AtLeast)) {
            at_least = Some(self.operand()?);
        }
        let mut confidence = None;
        if self.take(|token| matches!(token, Token::WithConfidence)) {
            confidence = Some(self.operand()?);
        }
        Some(WindowHead {
            length,
            by,
            at_least,
            confidence,
            range: start..self.end,
        })
    }

    /// At least one.
    fn clauses(&mut self) -> Option<Vec<Clause>> {
        let mut clauses = Vec::with_capacity(2);
        while let Some(start) = self.start() {
            let word = match self.next()? {
                Token::When => ClauseWord::When,
                Token::WhenEach => ClauseWord::WhenEach,
                Token::Always => ClauseWord::Always,
                Token::Never => ClauseWord::Never,
                _ => return None,
            };
            self.take_only(|token| matches!(token, Token::LeftBrace))?;
            let items = self.items_until(|token| matches!(token, Token::RightBrace))?;
            let range = start..self.end;
            clauses.push(Clause { word, range, items });
        }
        (!clauses.is_empty()).then_some(clauses)
    }

    fn items(&mut self) -> Option<Vec<Node>> {
        let mut items = Vec::with_capacity(1);
        items.push(self.expr()?);
        while self.take(|token| matches!(token, Token::Comma)) {
            items.push(self.expr()?);
        }
        Some(items)
    }

    /// Items, or none, and what closes them.
    fn items_until(&mut self, closes: impl Fn(&Token) -> bool) -> Option<Vec<Node>> {
        if self.take(&closes) {
            return Some(Vec::new());
        }
        let items = self.items()?;
        self.take_only(closes)?;
        Some(items)
    }

    fn expr(&mut self) -> Option<Node> {
        let start = self.start()?;
        let first = self.and_expr()?;
        self.joined(start, first, NodeKind::Or, Descent::and_expr, |token| {
            matches!(token, Token::Or)
        })
    }

    fn and_expr(&mut self) -> Option<Node> {
        let start = self.start()?;
        let first = self.not_expr()?;
        self.joined(start, first, NodeKind::And, Descent::not_expr, |token| {
            matches!(token, Token::And)
        })
    }

    /// A part, and all that follow it behind such a word.
    fn joined(
        &mut self,
        start: usize,
        first: Node,
        join: fn(Vec<Node>) -> NodeKind,
        part: fn(&mut Descent) -> Option<Node>,
        is_word: fn(&Token) -> bool,
    ) -> Option<Node> {
        if !self.peek().is_some_and(is_word) {
            return Some(first);
        }
        let mut parts = Vec::with_capacity(2);
        parts.push(first);
        while self.take(is_word) {
            parts.push(part(self)?);
        }
        Some(self.node(start, join(parts)))
    }

    fn not_expr(&mut self) -> Option<Node> {
        let start = self.start()?;
        let quantifier = match self.peek()? {
            Token::Not => {
                self.next();
                let of = Box::new(self.not_expr()?);
                return Some(self.node(start, NodeKind::Not(of)));
            }
            Token::Every => Quantifier::Every,
            Token::Some => Quantifier::Some,
            _ => return self.comparison(start),
        };
        self.next();
        let of = Box::new(self.comparison(self.start()?)?);
        Some(self.node(start, NodeKind::Each { quantifier, of }))
    }

    fn comparison(&mut self, start: usize) -> Option<Node> {
        let left = self.quantity(start)?;
        if let Some(op) = self.peek().and_then(Token::compare_op) {
            self.next();
            let (left, right) = (Box::new(left), Box::new(self.quantity(self.start()?)?));
            return Some(self.node(start, NodeKind::Compare { left, op, right }));
        }
        if let Some(test) = self.peek().and_then(test) {
            self.next();
            let (left, right) = (Box::new(left), Box::new(self.operand()?));
            return Some(self.node(start, NodeKind::Test { left, test, right }));
        }
        Some(left)
    }

    fn quantity(&mut self, start: usize) -> Option<Node> {
        let (first, is_measured) = self.product(start)?;
        match self.peek() {
            Some(Token::By) if is_measured => {
                self.next();
                let (measure, keys) = (Box::new(first), self.keys()?);
                Some(self.node(start, NodeKind::By { measure, keys }))
            }
            Some(Token::Plus | Token::Minus) => {
                let (first, rest) = (Box::new(first), self.summands()?);
                Some(self.node(start, NodeKind::Sum { first, rest }))
            }
            _ => Some(first),
        }
    }

    fn summands(&mut self) -> Option<Vec<(SumSign, Node)>> {
        let mut rest = Vec::new();
        loop {
            let sign = match self.peek() {
                Some(Token::Plus) => SumSign::Plus,
                Some(Token::Minus) => SumSign::Minus,
                _ => return Some(rest),
            };
            self.next();
            rest.push((sign, self.product(self.start()?)?.0));
        }
    }

    /// `x * y`, `x as y`, or what is measured, and whether it is the latter.
    fn product(&mut self, start: usize) -> Option<(Node, bool)> {
        let (of, may_go_on) = self.measured(start)?;
        match self.peek() {
            Some(Token::Star) if may_go_on => {
                self.next();
                let (left, right) = (Box::new(of), Box::new(self.measured(self.start()?)?.0));
                Some((self.node(start, NodeKind::Times { left, right }), false))
            }
            Some(Token::As) if may_go_on => {
                self.next();
                let (of, name) = (Box::new(of), Box::new(self.operand()?));
                Some((self.node(start, NodeKind::As { of, name }), false))
            }
            _ => Some((of, true)),
        }
    }

    /// `x within y`, or a chain, and whether it is the latter.
    fn measured(&mut self, start: usize) -> Option<(Node, bool)> {
        let first = self.operand()?;
        if self.take(|token| matches!(token, Token::Within)) {
            let (measure, window) = (Box::new(first), Box::new(self.operand()?));
            return Some((
                self.node(start, NodeKind::Within { measure, window }),
                false,
            ));
        }
        let mut links = Vec::new();
        while let Some(word) = self.peek().and_then(link_word) {
            links.push(self.link(word)?);
        }
        if links.is_empty() {
            return Some((first, true));
        }
        let first = Box::new(first);
        Some((self.node(start, NodeKind::Chain { first, links }), true))
    }

    fn link(&mut self, mut word: LinkWord) -> Option<Link> {
        let start = self.start()?;
        self.next();
        let operand = self.operand()?;
        let (mut to, mut within, mut by) = (None, None, Vec::new());
        match word {
            LinkWord::Between => {
                self.take_only(|token| matches!(token, Token::AndNext))?;
                to = Some(self.operand()?);
            }
            LinkWord::Echoing => {
                self.take_only(|token| matches!(token, Token::By))?;
                by = self.keys()?;
            }
            LinkWord::After if self.take(|token| matches!(token, Token::UntilNext)) => {
                word = LinkWord::AfterUntil;
                to = Some(self.operand()?);
            }
            _ if self.take(|token| matches!(token, Token::Within)) => {
                within = Some(self.within()?);
            }
            _ => {}
        }
        Some(Link {
            word,
            range: start..self.end,
            operand,
            to,
            within,
            by,
        })
    }

    /// What stands behind `within`.
    fn within(&mut self) -> Option<Within> {
        let first = self.operand()?;
        if !self.take(|token| matches!(token, Token::UpTo)) {
            return Some(Within::Most(first));
        }
        match self.peek().is_some_and(begins_operand) {
            true => Some(Within::Both(first, self.operand()?)),
            false => Some(Within::Least(first, self.end)),
        }
    }

    /// Behind `by`, at least one.
    fn keys(&mut self) -> Option<Vec<Node>> {
        let mut keys = vec![self.operand()?];
        while self.take(|token| matches!(token, Token::KeyComma)) {
            keys.push(self.operand()?);
        }
        Some(keys)
    }

    fn operand(&mut self) -> Option<Node> {
        let mut base = self.primary()?;
        loop {
            if self.take(|token| matches!(token, Token::Where)) {
                let filter = self.expr()?;
                self.take_only(|token| matches!(token, Token::WhereEnd))?;
                base = Node::filtered(base, filter, self.end);
            } else if self.take(|token| matches!(token, Token::DotCount)) {
                base = self.node(base.start, NodeKind::DotCount(Box::new(base)));
            } else {
                return Some(base);
            }
        }
    }

    fn primary(&mut self) -> Option<Node> {
        let start = self.start()?;
        let kind = match self.next()? {
            Token::LeftParen => {
                let inner = Box::new(self.expr()?);
                self.take_only(|token| matches!(token, Token::RightParen))?;
                NodeKind::Paren(inner)
            }
            Token::LeftBracket => {
                NodeKind::List(self.items_until(|token| matches!(token, Token::RightBracket))?)
            }
            Token::Call(function) => NodeKind::Call {
                function,
                arguments: self.items_until(|token| matches!(token, Token::RightParen))?,
            },
            Token::Name(name) => NodeKind::Name(name),
            Token::Quoted(text) => NodeKind::Quoted(text),
            Token::Intrinsic(name) => NodeKind::Intrinsic(name),
            Token::Number(value) => NodeKind::Number(*value),
            Token::Duration(value) => NodeKind::Duration(value),
            Token::Percent(value) => NodeKind::Percent(*value),
            Token::Bool(value) => NodeKind::Bool(value),
            Token::Attribute(token) => NodeKind::from(*token),
            Token::TraceSpans => NodeKind::TraceSpans,
            _ => return None,
        };
        Some(self.node(start, kind))
    }
}
