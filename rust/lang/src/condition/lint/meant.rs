//! What was probably meant instead, as text: a rule like this one with some of its parts changed.

use std::ops::Range;

use crate::condition::ast::{Clause, ClauseWord, Document, Node, NodeKind};
use crate::condition::canonical::Printer;
use crate::condition::scan::{comments, folded};
use crate::condition::vocabulary::Vocabulary;
use crate::rule::{
    Binding, Body, CompareOp, Expr, ExprKind, FieldTest, ListSource, Operand, Predicate, Selector,
};

/// A checked rule beside its text.
pub(super) struct Meant<'a> {
    pub text: &'a str,
    pub document: &'a Document,
    pub body: &'a Body,
    pub vocabulary: &'a Vocabulary,
    /// The parts of `always`, as the text has them.
    pub always: Vec<&'a Node>,
    /// Likewise those of `never`.
    pub never: Vec<&'a Node>,
}

impl<'a> Meant<'a> {
    pub fn new(
        text: &'a str,
        document: &'a Document,
        body: &'a Body,
        vocabulary: &'a Vocabulary,
    ) -> Meant<'a> {
        let mut meant = Meant {
            text,
            document,
            body,
            vocabulary,
            always: Vec::new(),
            never: Vec::new(),
        };
        if let Some(always) = &body.always {
            meant.always = meant.nodes(ClauseWord::Always, always.parts().len());
        }
        if let Some(never) = &body.never {
            meant.never = meant.nodes(ClauseWord::Never, never.parts().len());
        }
        meant
    }

    /// Writes what the rule itself could say.
    pub fn printer(&self) -> Printer<'a> {
        let names = self.body.bindings.iter();
        let names = names.map(|binding| binding.name.as_str()).collect();
        Printer::new(names, Some(self.vocabulary))
    }

    pub fn clauses(&self) -> &'a [Clause] {
        match self.document {
            Document::Clauses(clauses) => clauses,
            _ => &[],
        }
    }

    pub fn clause(&self, word: ClauseWord) -> Option<&'a Clause> {
        self.clauses().iter().find(|clause| clause.word == word)
    }

    /// The parts of a clause's condition in the text, where they and those of its meaning go together.
    pub fn nodes(&self, word: ClauseWord, parts: usize) -> Vec<&'a Node> {
        let item = self.clause(word).and_then(|clause| clause.items.first());
        match item.map(|item| (item, &item.bare().kind)) {
            Some((_, NodeKind::And(nodes))) if nodes.len() == parts => nodes.iter().collect(),
            Some((item, _)) => vec![item],
            None => Vec::new(),
        }
    }

    pub fn source(&self, range: Range<usize>) -> String {
        folded(&self.text[range]).into_owned()
    }

    /// `range` where it can be written anew as a whole: no comment stands in it.
    pub fn rewritable(&self, range: Range<usize>) -> Option<Range<usize>> {
        let has_comment = comments(self.text)
            .any(|comment| comment.start < range.end && range.start < comment.end);
        (!has_comment).then_some(range)
    }

    /// The whole rule, where `word`s are its only clauses.
    pub fn whole(&self, words: &[ClauseWord]) -> Option<Range<usize>> {
        let clauses = self.clauses();
        if clauses.len() != words.len() || !clauses.iter().all(|one| words.contains(&one.word)) {
            return None;
        }
        let range = clauses.first()?.range.start..clauses.last()?.range.end;
        self.rewritable(range)
    }

    /// A rule that requires `always` of each span of `each`, which is bound in it as the first, provided that all of
    /// `given` hold.
    pub fn for_each(&self, each: Selector, given: &[&Expr], always: ExprKind) -> Option<String> {
        let words: Vec<&str> = crate::condition::scan::words(self.text).collect();
        let name = ["p", "q", "r", "s", "t"]
            .into_iter()
            .find(|name| !words.contains(name))?;
        let body = Body {
            bindings: vec![Binding {
                name: name.to_owned(),
                selector: each,
            }],
            when: match given {
                [] => None,
                [only] => Some((*only).clone()),
                given => {
                    let parts = given.iter().map(|part| (*part).clone());
                    Some(expr(ExprKind::And(parts.collect())))
                }
            },
            always: Some(expr(always)),
            ..Body::empty()
        };
        let printer = Printer::new(vec![name], Some(self.vocabulary));
        Some(printer.body(&body).replace('\n', " "))
    }
}

pub(super) fn expr(kind: ExprKind) -> Expr {
    Expr {
        kind,
        text: "".into(),
    }
}

/// What a span satisfies that fails one of these conditions, where that can be said: the opposite of one holds, or it
/// has no value.
pub(super) fn failing(parts: &[Predicate]) -> Option<Predicate> {
    let mut found: Vec<Predicate> = Vec::new();
    for part in parts {
        let opposite = match part {
            Predicate::Compare {
                left,
                op,
                right: right @ Operand::Literal(_),
            } => Predicate::Compare {
                left: left.clone(),
                op: opposite(*op),
                right: right.clone(),
            },
            Predicate::In {
                list: ListSource::Literals(_),
                ..
            }
            | Predicate::Matches { .. }
            | Predicate::Text { .. } => Predicate::Not(Box::new(part.clone())),
            Predicate::Not(inner) if inner.parts().is_empty() => (**inner).clone(),
            Predicate::Asks { test, field } if test.is_two_valued() => Predicate::Asks {
                test: match test {
                    FieldTest::Exists => FieldTest::Missing,
                    FieldTest::Missing => FieldTest::Exists,
                },
                field: field.clone(),
            },
            _ => return None,
        };
        found.push(opposite);
        let compared = match part {
            Predicate::Not(inner) => inner.left(),
            part => part.left(),
        };
        if let Some(term) = compared {
            let field = term.as_field()?;
            if field.may_be_missing() {
                found.push(Predicate::missing(field.clone()));
            }
        }
    }
    match found.len() {
        0 | 1 => found.pop(),
        _ => Some(Predicate::Or(found)),
    }
}

fn opposite(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Ne,
        CompareOp::Ne => CompareOp::Eq,
        CompareOp::Lt => CompareOp::Ge,
        CompareOp::Le => CompareOp::Gt,
        CompareOp::Gt => CompareOp::Le,
        CompareOp::Ge => CompareOp::Lt,
    }
}
