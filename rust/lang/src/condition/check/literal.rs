//! Literals, bare words and lists on the right-hand side.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::check::notation::{figure, way_out};
use crate::condition::shipped::PREFIX;
use crate::diagnostic::nearest::nearest;
use crate::rule::{Literal, Name};

/// What to do with a multiple of a field inside `where`.
pub(super) const NOT_MULTIPLIED: &str = "twice a field: `x + x`; a multiple of a field of a bound span stands beside a measure: `when each { S as p } never { max(p, x) > 1.5 * p.y }`";

impl<'a> Checker<'a> {
    pub(super) fn literal(&mut self, node: &'a Node) -> Option<Literal> {
        let node = node.bare();
        Some(match &node.kind {
            NodeKind::Number(value) => Literal::Number(*value),
            NodeKind::Duration(value) => Literal::Duration(*value),
            NodeKind::Bool(value) => Literal::Bool(*value),
            NodeKind::Quoted(text) => Literal::Text(text.clone()),
            NodeKind::Name(word) => {
                if self.vocabulary.list(word).is_some() {
                    let message = format!("`{word}` is a list; it stands after `in`");
                    self.fault(code::LIST_HERE, node.range(), message).help =
                        Some(format!("the text is written `\"{word}\"`"));
                    return None;
                }
                if word.contains('.') {
                    self.refuse_dotted_word(node, word);
                    return None;
                }
                self.warn_odd_word(node, word);
                Literal::Text(word.clone())
            }
            NodeKind::Intrinsic(name) if name.starts_with(PREFIX) => {
                self.refuse_shipped(node.range(), name, "value");
                return None;
            }
            NodeKind::Broken => return None,
            _ => {
                let source = self.place.folded(node.range());
                let message = format!("`{source}` is no value");
                let help = match node.kind {
                    NodeKind::Times { .. } => NOT_MULTIPLIED,
                    _ => {
                        "a number, `true`, `false`, a duration, a text, or a scoped field: `span.limit`, `p.order.id`"
                    }
                };
                self.fault(code::NEEDS_VALUE, node.range(), message).help = Some(help.into());
                return None;
            }
        })
    }

    pub(super) fn refuse_dotted_word(&mut self, node: &Node, word: &str) {
        let first = word.split('.').next().unwrap_or_default();
        let is_near = nearest(first, self.bindings.iter().map(|bound| &**bound)).is_some()
            || first.len() <= 2 && !self.bindings.is_empty();
        if is_near {
            self.refuse_unknown_binding(node, first);
            return;
        }
        if self.refuse_other_span(node, word) || self.refuse_bound_word(node, word) {
            return;
        }
        let message = format!("`{word}` could be a text or a field");
        // `10.0.0.1` is no field.
        let is_figures = word.starts_with(|first: char| first.is_ascii_digit());
        let message = if is_figures {
            format!("`{word}` is a text, which stands in quotes")
        } else {
            message
        };
        let number = figure(word).and_then(|_| way_out(word));
        // Nothing that is counted or timed is above or below a text.
        let before = self.place.text[..node.start].trim_end();
        let is_ordered = before.trim_end_matches('=').ends_with(['<', '>']);
        let fault = self.fault(code::DOTTED_WORD, node.range(), message);
        fault.help = (!is_figures)
            .then(|| format!("a text: `\"{word}\"`; a field of the same span: `span.{word}`"));
        fault.suggestion = Some(match is_figures || !is_ordered {
            true => format!("\"{word}\""),
            false => format!("span.{word}"),
        });
        if let Some((help, number)) = number {
            fault.help = Some(help);
            fault.suggestion = number;
        }
    }

    /// `order.id == payment.order.id` and `order.id == order.id`, where a span is bound that can be meant.
    fn refuse_bound_word(&mut self, node: &Node, word: &str) -> bool {
        let behind = |base: &Name| {
            let rest = word.strip_prefix(&**base)?;
            rest.strip_prefix('.').filter(|_| !base.is_empty())
        };
        let mut bases = self.bound_bases.iter().enumerate();
        let named = bases.find_map(|(at, base)| Some((at, behind(base)?)));
        let before = self.place.text[..node.start].trim_end();
        let field = before.trim_end_matches(['=', '!', '<', '>']).trim_end();
        let is_compared = |rest: &str| rest.is_empty() || rest.ends_with(['(', ' ', '\n']);
        let repeats =
            field.len() < before.len() && field.strip_suffix(word).is_some_and(is_compared);
        let meant = match (named, self.bindings.as_slice()) {
            (Some((at, rest)), bindings) => bindings.get(at).map(|name| format!("{name}.{rest}")),
            (None, [only]) if repeats => Some(format!("{only}.{word}")),
            (None, _) => None,
        };
        let Some(meant) = meant else { return false };
        let message = format!("a field of the bound span is written `{meant}`");
        let fault = self.fault(code::DOTTED_WORD, node.range(), message);
        fault.help = Some(format!(
            "a text: `\"{word}\"`; a field of the same span: `span.{word}`"
        ));
        fault.suggestion = Some(meant);
        true
    }

    pub(super) fn warn_odd_word(&mut self, node: &Node, word: &str) {
        let (message, suggestion) = match word {
            "True" | "TRUE" | "False" | "FALSE" => (
                format!("`{word}` is a text here; booleans are `true` and `false`"),
                Some(word.to_ascii_lowercase()),
            ),
            _ if is_nothing(word) => (
                format!("`{word}` is a text here; a field that is not there: `missing(x)`"),
                None,
            ),
            _ if self.binding(word).is_some() => (
                format!("`{word}` is a text here; a field of the bound span: `{word}.field`"),
                None,
            ),
            _ => return,
        };
        let fault = self.fault(code::ODD_WORD, node.range(), message);
        fault.help = Some(format!(
            "if the text is meant, put it in quotes: `\"{word}\"`"
        ));
        fault.suggestion = suggestion;
    }

    /// The literals after `in`.
    pub(super) fn list(&mut self, node: &'a Node) -> Option<Vec<Literal>> {
        let node = node.bare();
        let values = match &node.kind {
            NodeKind::Broken => return None,
            NodeKind::List(items) => {
                let checked: Vec<Option<Literal>> = items
                    .iter()
                    .map(|item| match &item.bare().kind {
                        NodeKind::List(_) => {
                            self.fault(code::NEEDS_VALUE, item.range(), "a list inside a list");
                            None
                        }
                        _ => self.literal(item),
                    })
                    .collect();
                checked.into_iter().collect::<Option<Vec<Literal>>>()?
            }
            NodeKind::Intrinsic(name) if name.starts_with(PREFIX) => {
                match self.vocabulary.list(name) {
                    Some(values) => values.to_vec(),
                    None => {
                        self.refuse_shipped(node.range(), name, "list");
                        return None;
                    }
                }
            }
            NodeKind::Name(name) => match self.vocabulary.list(name) {
                Some(values) => values.to_vec(),
                None => {
                    self.refuse_unknown_list(node, name);
                    return None;
                }
            },
            _ => {
                let source = self.place.folded(node.range());
                self.fault(code::NEEDS_VALUE, node.range(), "a list stands after `in`")
                    .help = Some(format!(
                    "`in [{source}]`, the name of a list of the rule file, or a field with its scope: `in span.{source}`"
                ));
                return None;
            }
        };
        if values.is_empty() {
            self.fault(
                code::EMPTY_LIST,
                node.range(),
                "an empty list holds nothing, so this is never true",
            )
            .help = Some("write its values between the brackets: `[stripe, \"apple pay\"]`".into());
            return None;
        }
        if values.len() > self.limits.list_literals {
            let message = format!(
                "this list has {} literals; {} are allowed",
                values.len(),
                self.limits.list_literals
            );
            self.fault(code::LIST_TOO_LONG, node.range(), message).help =
                Some("take two lists: `(x in first or x in second)`; or a pattern: `x starts with \"a\"`".into());
            return None;
        }
        Some(values)
    }

    pub(super) fn refuse_unknown_list(&mut self, node: &Node, name: &str) {
        let near = nearest(name, self.vocabulary.names("list")).map(str::to_owned);
        let fault = self.fault(
            code::UNKNOWN_LIST,
            node.range(),
            format!("there is no list `{name}`"),
        );
        match near {
            Some(near) => {
                fault.message = format!("there is no list `{name}`; did you mean `{near}`?");
                fault.suggestion = Some(near);
            }
            None => {
                fault.help = Some(format!(
                    "write the values, `in [a, b]`, declare `lists: {{ {name}: [a, b] }}`, or name a field that holds a list: `in span.{name}`"
                ));
            }
        }
    }
}

/// What other languages call a value that is not there.
pub(super) fn is_nothing(word: &str) -> bool {
    ["null", "nil", "None", "NULL", "Null", "undefined"].contains(&word)
}
