//! Intrinsics, spelled as TraceQL spells them.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::ast::Node;
use crate::condition::check::checker::Checker;
use crate::condition::shipped::{PREFIX, nearest_shipped, shipped, vocabulary};
use crate::diagnostic::nearest::nearest;
use crate::rule::{Field, Intrinsic, Literal};
use crate::words::Word;

impl Checker<'_> {
    /// `otel:http.status`
    fn of_vocabulary(&mut self, range: Range<usize>, name: &str) -> Option<Field> {
        let field = self.vocabulary.field(name);
        if field.is_none() {
            self.refuse_shipped(range, name, "field");
        }
        field
    }

    /// A name `otel:…` where one of the other kind stands, or that there is not.
    pub(super) fn refuse_shipped(&mut self, range: Range<usize>, name: &str, wanted: &str) {
        if let Some(other) = shipped(name).first() {
            let kind = other.kind();
            let here = if wanted == "macro" {
                "selector"
            } else {
                wanted
            };
            let message = format!("`{name}` is a {kind}; here stands a {here}");
            let help = match other.as_macro() {
                Some(found) if found.selects_spans(self.limits) => {
                    format!("it selects spans: `{name}.where(…)`")
                }
                Some(_) => format!("it is a condition on one span: `any.where({name})`"),
                None if kind == "list" => format!("a list stands after `in`: `x in {name}`"),
                None => format!("it is compared inside `where`: `any.where({name} == …)`"),
            };
            self.fault(code::LIST_HERE, range, message).help = Some(help);
            return;
        }
        let near = nearest_shipped(name, &[wanted]).map(|one| &*one.name);
        let family = name.split_inclusive('.').next().unwrap_or(name);
        let alike: Vec<&str> = vocabulary()
            .filter(|one| one.kind() == wanted && one.name.starts_with(family))
            .map(|one| &*one.name)
            .collect();
        let message = format!("the vocabulary has no {wanted} `{name}`");
        let fault = self.fault(code::UNKNOWN_VOCABULARY, range, message);
        fault.suggestion = near.map(str::to_owned);
        fault.help = Some(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if !alike.is_empty() && family.ends_with('.') => {
                format!("of this kind there are {}", alike.join(", "))
            }
            None => "`betrace vocabulary` prints its names; names of your own go under `fields:`, `lists:` and `macros:`".into(),
        });
    }

    /// `span:name`, `p.span:name`.
    pub(super) fn intrinsic(&mut self, node: &Node, name: &str) -> Option<Field> {
        self.intrinsic_at(node, node.range(), name)
    }

    /// `range`: where the name stands, without the bound span before it.
    pub(super) fn intrinsic_at(
        &mut self,
        node: &Node,
        range: Range<usize>,
        name: &str,
    ) -> Option<Field> {
        if let Some(known) = Intrinsic::named(name) {
            return Some(Field::Intrinsic(known));
        }
        if name.starts_with(PREFIX) {
            return self.of_vocabulary(range, name);
        }
        if let Some((first, rest)) = name.split_once('.') {
            let binding = self.known_binding(node, first)?;
            let range = range.start + first.len() + 1..range.end;
            let inner = self.intrinsic_at(node, range, rest)?;
            return self.bound(node, binding, inner);
        }
        let (prefix, word) = name.split_once(':').unwrap_or((name, ""));
        // `p:duration` for `p.span:duration`
        if self.binding(prefix).is_some() {
            let modern = format!("{prefix}.span:{word}");
            let message = format!("an intrinsic of a bound span is written `{modern}`");
            self.fault(code::UNKNOWN_INTRINSIC, range, message)
                .suggestion = Some(modern);
            return None;
        }
        let same_word = Intrinsic::ALL.iter().find(|known| {
            let (scope, known) = known.as_str().split_once(':').unwrap_or_default();
            known.eq_ignore_ascii_case(word)
                && (scope == prefix || nearest(prefix, [scope]).is_some())
        });
        let meant = same_word
            .map(|known| known.as_str())
            .or_else(|| nearest_of_scope(prefix, word))
            .or(called_elsewhere(name));
        let fault = self.fault(
            code::UNKNOWN_INTRINSIC,
            range,
            format!("there is no intrinsic `{name}`"),
        );
        match meant {
            Some(meant) => {
                fault.message = format!("there is no intrinsic `{name}`; did you mean `{meant}`?");
                fault.suggestion = Some(meant.to_owned());
            }
            None if is_time(word) => {
                fault.help = Some("the times of spans are compared by orders: `before`, `starts after`, `ends after`, `within 5s`, as in `any inside r ends after r`; how long one took is `span:duration`".into());
            }
            None => {
                let all = Intrinsic::ALL.map(Intrinsic::as_str);
                fault.help = Some(format!(
                    "intrinsics are {}; a name with a colon in it is put in quotes",
                    all.join(" ")
                ));
            }
        }
        None
    }

    pub(super) fn refuse_intrinsic_alone(&mut self, node: &Node, name: &str) {
        if name.starts_with(PREFIX) && self.vocabulary.field(name).is_none() {
            return self.refuse_shipped(node.range(), name, "macro");
        }
        if self.intrinsic(node, name).is_none() {
            return;
        }
        let message = format!("`{name}` alone is no condition; compare it");
        self.fault(code::VALUE_AS_CONDITION, node.range(), message);
    }

    /// A value of `span:kind` or `span:status`, in its own spelling.
    pub(super) fn word_of(
        &mut self,
        intrinsic: Intrinsic,
        literal: &Literal,
        node: &Node,
    ) -> Option<Literal> {
        let words = intrinsic.words().unwrap_or_default();
        let written = match literal {
            Literal::Text(text) => text.to_ascii_lowercase(),
            _ => self.place.folded(node.range()),
        };
        let stripped = written
            .strip_prefix("span_kind_")
            .or_else(|| written.strip_prefix("status_code_"))
            .unwrap_or(&written);
        if let Literal::Text(_) = literal
            && let Some(word) = words.iter().find(|word| **word == stripped)
        {
            return Some(Literal::Text((*word).into()));
        }
        // As OTLP numbers them.
        let numbered = written.parse::<usize>().ok();
        let near = nearest(stripped, words.iter().copied())
            .or_else(|| numbered.and_then(|number| words.get(number).copied()))
            .or_else(|| {
                let is_failed = matches!(stripped, "failed" | "failure" | "fail" | "err");
                (is_failed && intrinsic == Intrinsic::SpanStatus).then_some("error")
            });
        let name = intrinsic.as_str();
        let fault = self.fault(
            code::UNKNOWN_WORD,
            node.range(),
            format!("`{name}` is never `{written}`"),
        );
        match near {
            Some(near) => {
                fault.message = format!("`{name}` is never `{written}`; did you mean `{near}`?");
                fault.suggestion = Some(near.into());
            }
            None => fault.help = Some(format!("it is one of {}", words.join(" "))),
        }
        None
    }
}

/// The intrinsic of the same scope whose own word is near.
fn nearest_of_scope(scope: &str, word: &str) -> Option<&'static str> {
    let split = Intrinsic::ALL.map(|known| known.as_str().split_once(':').unwrap_or_default());
    let scopes = split.map(|(scope, _)| scope);
    let scope = match scopes.contains(&scope) {
        true => scope,
        false => nearest(scope, scopes)?,
    };
    let words = split.iter().filter(|(of, _)| *of == scope);
    let near = nearest(word, words.map(|(_, word)| *word))?;
    let is_meant = |known: &&Intrinsic| known.as_str().split_once(':') == Some((scope, near));
    Intrinsic::ALL
        .iter()
        .find(is_meant)
        .map(|known| known.as_str())
}

fn is_time(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["start", "end", "time", "begin", "timestamp"]
        .iter()
        .any(|time| word.starts_with(time))
}

/// What other tools call the intrinsics.
fn called_elsewhere(name: &str) -> Option<&'static str> {
    match name {
        "span:service" | "resource:service" => Some("resource.service.name"),
        "span:parent" | "span:parentId" => Some("span:parentID"),
        "span:statusCode" | "span:status_code" => Some("span:status"),
        "span:operation" | "span:type" => Some("span:name"),
        "trace:root" => Some("trace:rootName"),
        "trace:service" => Some("trace:rootService"),
        "trace:count" | "trace:spans" => Some("trace:spanCount"),
        "event:time" | "event:timestamp" => Some("event:timeSinceStart"),
        "scope:name" => Some("instrumentation:name"),
        "scope:version" => Some("instrumentation:version"),
        _ => None,
    }
}
