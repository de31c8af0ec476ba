//! Clauses: `when`, `when each`, `always`, `never`, and bare patterns.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::ast::{Clause, ClauseWord, Document, Node, NodeKind};
use crate::condition::check::checker::{Checker, not_an_expression};
use crate::rule::{Body, Expr, ExprKind};

impl<'a> Checker<'a> {
    pub(super) fn body(&mut self, document: &'a Document) -> Option<Body> {
        match document {
            Document::Broken => None,
            Document::Pattern(items) => {
                let pattern = self.only_item(items)?;
                let never = self.condition(pattern)?;
                self.warn_bare_and(&never, pattern);
                Some(Body {
                    never: Some(never),
                    is_pattern: true,
                    ..Body::empty()
                })
            }
            Document::OneSpanRule { body, then } => self.one_span_rule(body, then.clone()),
            Document::Clauses(clauses) => self.clauses(clauses),
            Document::Windows { head, clauses } => self.windows(head, clauses),
        }
    }

    pub(super) fn exception(&mut self, document: &'a Document) -> Option<Expr> {
        if let Some((range, message)) = not_an_expression(document) {
            self.fault(code::CLAUSES_HERE, range, message);
            return None;
        }
        match document {
            Document::Pattern(items) => self.condition(items.first()?),
            _ => None,
        }
    }

    fn clauses(&mut self, clauses: &'a [Clause]) -> Option<Body> {
        let is_when =
            |clause: &&Clause| matches!(clause.word, ClauseWord::When | ClauseWord::WhenEach);
        let mut body = Body::empty();
        let mut is_whole = true;
        // The bound spans are named in the other clauses, wherever `when each` stands.
        let when = clauses.iter().find(is_when);
        if let Some(clause) = when {
            let checked = match clause.word {
                ClauseWord::WhenEach => self.when_each(clause, &mut body),
                _ => self.clause(clause).map(|when| body.when = Some(when)),
            };
            is_whole &= checked.is_some();
        }
        for (index, clause) in clauses.iter().enumerate() {
            let earlier = &clauses[..index];
            let is_repeated = if is_when(&clause) {
                earlier.iter().any(|other| is_when(&other))
            } else {
                earlier.iter().any(|other| other.word == clause.word)
            };
            if is_repeated {
                self.refuse_second(clause);
                is_whole = false;
                // A `when` begins another rule, which has clauses of its own.
                if is_when(&clause) {
                    break;
                }
            }
            let checked = match clause.word {
                ClauseWord::Always => {
                    (self.breaks_if_false, self.in_always) = (true, true);
                    let checked = self.clause(clause);
                    (self.breaks_if_false, self.in_always) = (false, false);
                    checked.map(|always| {
                        body.always.get_or_insert(always);
                    })
                }
                ClauseWord::Never => self.clause(clause).map(|never| {
                    body.never.get_or_insert(never);
                }),
                _ => Some(()),
            };
            is_whole &= checked.is_some();
        }
        if let Some(when) = when
            && clauses.iter().all(|clause| is_when(&clause))
        {
            self.refuse_when_alone(when);
            return None;
        }
        is_whole.then_some(body)
    }

    /// Mostly several rules were pasted as one text.
    fn refuse_second(&mut self, clause: &Clause) {
        let second = word(clause.word);
        let range = self.word_range(clause);
        let help = match clause.word {
            ClauseWord::When | ClauseWord::WhenEach => {
                "one rule a text: here another one begins, so give it an entry of its own under `rules:`".to_owned()
            }
            ClauseWord::Always | ClauseWord::Never => {
                let join = match clause.word {
                    ClauseWord::Always => "and",
                    _ => "or",
                };
                format!("one rule a text: give each an entry of its own under `rules:`, or join the conditions: `{second} {{ A {join} B }}`")
            }
        };
        self.fault(code::CLAUSE_TWICE, range, format!("a second `{second}`"))
            .help = Some(help);
    }

    fn refuse_when_alone(&mut self, when: &Clause) {
        let items: Vec<String> = when
            .items
            .iter()
            .map(|item| self.place.folded(item.range()))
            .collect();
        let inner = items.join(", ");
        let word = word(when.word);
        let range = self.word_range(when);
        let help = if when.word == ClauseWord::WhenEach {
            "say what must be there (`always { … }`) or what must not (`never { … }`)".to_owned()
        } else {
            format!(
                "to report traces in which something is missing then: `when {{ {inner} }} always {{ … }}`; to report every trace in which it holds: `never {{ {inner} }}`"
            )
        };
        self.fault(
            code::WHEN_ALONE,
            range,
            format!("`{word}` alone says when a rule applies, not what must hold then"),
        )
        .help = Some(help);
    }

    /// The words before a clause's brace.
    pub(super) fn word_range(&self, clause: &Clause) -> Range<usize> {
        let text = &self.place.text[clause.range.clone()];
        let words = text.split('{').next().unwrap_or_default().trim_end();
        clause.range.start..clause.range.start + words.len()
    }

    fn only_item(&mut self, items: &'a [Node]) -> Option<&'a Node> {
        if let Some(second) = items.get(1) {
            self.fault(
                code::UNEXPECTED,
                second.range(),
                "a comma separates the bound spans of `when each`; here one condition stands",
            )
            .help = Some("join conditions with `and` or `or`".into());
        }
        items.first()
    }

    fn clause(&mut self, clause: &'a Clause) -> Option<Expr> {
        if clause.items.is_empty() {
            let word = word(clause.word);
            let message = format!("`{word}` is empty");
            let more = match clause.word {
                ClauseWord::When => ", or leave `when` out, where the rule is for every trace",
                _ => "",
            };
            self.fault(code::EMPTY, clause.range.clone(), message).help = Some(format!(
                "write a condition between the braces, as `{word} {{ payment }}`{more}"
            ));
            return None;
        }
        let item = self.only_item(&clause.items)?;
        if clause.word == ClauseWord::When
            && let Some(bound) = clause.items.iter().find(|item| has_binding(item))
        {
            let range = self.word_range(clause);
            let source = self.place.folded(bound.range());
            let fault = self.fault(code::BINDING_HERE, range, "spans are bound by `when each`");
            fault.suggestion = Some("when each".into());
            fault.help = Some(format!(
                "one obligation for each: `when each {{ {source} }}`"
            ));
            self.bind_all(&clause.items);
            return None;
        }
        self.condition(item)
    }

    /// Binds the names of a faulty clause, so that what follows is checked against them.
    fn bind_all(&mut self, items: &'a [Node]) {
        let mut body = Body::empty();
        for item in items {
            let parts = match &item.kind {
                NodeKind::And(parts) => parts.as_slice(),
                _ => std::slice::from_ref(item),
            };
            for part in parts {
                if let NodeKind::As { of, name } = &part.bare().kind {
                    self.bind(of, name, &mut body);
                }
            }
        }
    }

    fn when_each(&mut self, clause: &'a Clause, body: &mut Body) -> Option<()> {
        if clause.items.is_empty() {
            self.fault(code::EMPTY, clause.range.clone(), "`when each` is empty")
                .help = Some("bind a span between the braces: `when each { payment as p }`".into());
            return None;
        }
        let mut is_whole = true;
        let mut rest: Vec<&'a Node> = Vec::new();
        let last = clause.items.len() - 1;
        for (index, item) in clause.items.iter().enumerate() {
            let parts = match &item.kind {
                NodeKind::And(parts) => parts.as_slice(),
                _ => std::slice::from_ref(item),
            };
            for (at, part) in parts.iter().enumerate() {
                if let NodeKind::As { of, name } = &part.bare().kind {
                    if at > 0 {
                        self.fault(
                            code::BINDING_HERE,
                            part.range(),
                            "bound spans are separated by commas, the condition follows the last of them",
                        )
                        .help = Some("`when each { A as a, B as b and C }`".into());
                        is_whole = false;
                    }
                    is_whole &= self.bind(of, name, body).is_some();
                } else if at == 0 || index < last {
                    self.need_binding(part);
                    is_whole = false;
                } else {
                    rest.push(part);
                }
            }
        }
        if let (Some(first), Some(end)) = (rest.first(), rest.last()) {
            let range = first.start..end.end;
            let checked: Vec<Option<Expr>> = rest.iter().map(|part| self.condition(part)).collect();
            let parts: Option<Vec<Expr>> = checked.into_iter().collect();
            body.when = self.joined(parts?, range, ExprKind::And);
        }
        is_whole.then_some(())
    }

    fn need_binding(&mut self, part: &Node) {
        if matches!(part.kind, NodeKind::Broken) {
            return;
        }
        if has_binding(part) {
            self.fault(
                code::BINDING_HERE,
                part.range(),
                "`as` follows one selector; it cannot stand inside `or`, `not` or parentheses with other parts",)
            .help = Some("behind the bound spans stands `and` with the condition, in parentheses where it has an `or`: `S as p and (A or B)`".into());
            return;
        }
        let source = self.place.folded(part.range());
        self.fault(
            code::NO_BINDING,
            part.range(),
            "`when each` needs a name for each span it selects",
        )
        .help = Some(format!("write `{source} as p`"));
    }

    fn warn_bare_and(&mut self, pattern: &Expr, node: &Node) {
        let ExprKind::And(parts) = &pattern.kind else {
            return;
        };
        if !parts.iter().all(is_positive) {
            return;
        }
        let first = parts[0].text.clone();
        let rest: Vec<&str> = parts[1..].iter().map(|part| &*part.text).collect();
        let rest = rest.join(" and ");
        self.fault(
            code::PATTERN_OF_PRESENCE,
            node.range(),
            "this reports every trace that has all of these",
        )
        .help = Some(format!(
            "did you mean `when {{ {first} }} always {{ {rest} }}`? if not, write `never {{ … }}`"
        ));
    }
}

fn word(word: ClauseWord) -> &'static str {
    match word {
        ClauseWord::When => "when",
        ClauseWord::WhenEach => "when each",
        ClauseWord::Always => "always",
        ClauseWord::Never => "never",
    }
}

/// Whether an `as` stands in it, wherever.
fn has_binding(node: &Node) -> bool {
    match &node.kind {
        NodeKind::As { .. } => true,
        NodeKind::And(parts) | NodeKind::Or(parts) => parts.iter().any(has_binding),
        NodeKind::Not(inner) | NodeKind::Paren(inner) => has_binding(inner),
        _ => false,
    }
}

fn is_positive(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().all(is_positive),
        ExprKind::Exists(_) => true,
        _ => false,
    }
}
