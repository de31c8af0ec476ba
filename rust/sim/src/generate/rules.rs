//! Whole rules, as they would stand in a rule file.

use std::sync::Arc;

use betrace_lang::rule::{
    Alternative, Body, Completeness, Emit, FirstOf, Intrinsic, Proviso, ReadAt, Reading, Rule,
    RuleId, Severity,
};
use betrace_lang::{
    Limits, Vocabulary, check_condition, check_exception, check_template, meaning_hash,
};

use super::conditions::condition;
use super::fields::Bound;
use super::selectors::selector;
use crate::tape::Tape;

/// A rule as text.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Source {
    pub condition: String,
    pub exceptions: Vec<String>,
    /// Empty: none.
    pub message: String,
    /// `None`: it says nothing.
    pub completeness: Option<Completeness>,
}

/// The fields that every rule may name: the first present, one with a table, one with a part.
fn vocabulary() -> Vocabulary {
    let one = |key: &str, reading| Alternative::of(key, reading);
    let at = |origin, proviso, reading| Alternative {
        origin,
        proviso,
        reading,
    };
    let word = Reading::Word {
        pattern: "[xy]".into(),
        word: "x".into(),
    };
    let of_client = Proviso {
        origin: ReadAt::Intrinsic(Intrinsic::SpanKind),
        text: "client".into(),
    };
    let table = [("2", "5"), ("2.5", "x"), ("true", "1"), ("x", "xy")];
    let table = table.map(|(from, to)| (from.into(), to.into()));
    let part = Reading::Part("(x|y)$".into());
    let mut vocabulary = Vocabulary::new();
    for (name, of) in [
        (
            "f1",
            vec![one("n", Reading::AsItIs), one("s", Reading::AsItIs)],
        ),
        (
            "f2",
            vec![
                one("n", Reading::Mapped(table.to_vec())),
                one("ok", Reading::AsItIs),
            ],
        ),
        ("f3", vec![one("s", part), one("m", Reading::AsItIs)]),
        (
            "f4",
            vec![
                at(ReadAt::Event("n".into()), None, Reading::AsItIs),
                at(ReadAt::Event("s".into()), None, word),
                at(
                    ReadAt::Intrinsic(Intrinsic::SpanName),
                    Some(of_client),
                    Reading::AsItIs,
                ),
            ],
        ),
    ] {
        vocabulary.add_field(FirstOf {
            name: name.into(),
            of,
        });
    }
    vocabulary
}

impl Source {
    /// The checked rule.
    ///
    /// # Errors
    /// The faults that the language finds.
    pub fn check(&self, id: &str) -> Result<Arc<Rule>, String> {
        let (limits, vocabulary) = (Limits::default(), vocabulary());
        let mut faults = Vec::new();
        let body = check_condition(&self.condition, &vocabulary, &limits, &mut faults);
        let mut exceptions = Vec::new();
        if let Some(body) = &body {
            for text in &self.exceptions {
                exceptions.extend(check_exception(
                    text,
                    body,
                    &vocabulary,
                    &limits,
                    &mut faults,
                ));
            }
        }
        let mut message = None;
        if let Some(body) = body.as_ref().filter(|_| !self.message.is_empty()) {
            message = check_template(&self.message, body, &vocabulary, &mut faults);
        }
        let Some(mut body) = body.filter(|_| {
            exceptions.len() == self.exceptions.len()
                && message.is_some() != self.message.is_empty()
        }) else {
            let faults: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
            return Err(faults.join("; "));
        };
        body.exceptions = exceptions.into();
        let hash = meaning_hash(&body, self.completeness);
        Ok(Arc::new(Rule {
            message: message.map(Arc::new),
            completeness: self.completeness,
            hash,
            ..rule_of(id, body)
        }))
    }
}

/// A rule that says only this.
#[must_use]
pub fn rule_of(id: &str, body: Body) -> Rule {
    Rule {
        id: RuleId(id.into()),
        name: None,
        description: None,
        severity: Severity::Medium,
        enabled: true,
        tags: Arc::default(),
        compliance: Arc::default(),
        message: None,
        emit: Emit::Spans,
        completeness: None,
        hash: meaning_hash(&body, None),
        body,
    }
}

#[must_use]
pub fn rule(tape: &mut Tape) -> Source {
    let mut bound: Vec<&'static str> = Vec::new();
    let condition = match tape.weighted(&[3, 3, 5, 8]) {
        0 => clauses(tape, &bound),
        1 => condition(tape, &bound, 3),
        2 => format!(
            "when {{ {} }} {}",
            condition(tape, &bound, 2),
            clauses(tape, &bound)
        ),
        _ => {
            // Many obligations, beyond what is told one by one. Each span more that is bound is ten times the work, so that
            // in the time of one such rule others meet many traces.
            let crowd = tape.chance(6);
            let many = 1 + tape.weighted(&[12, 7, 1]).max(usize::from(crowd));
            let mut parts = Vec::new();
            for name in ["p", "q", "r"].into_iter().take(many) {
                let spans = if crowd {
                    "any".to_owned()
                } else {
                    binding(tape, &bound)
                };
                parts.push(format!("{spans} as {name}"));
                bound.push(name);
            }
            let mut when = parts.join(", ");
            if tape.chance(35) {
                when = format!("{when} and {}", nested(condition(tape, &bound, 1)));
            }
            format!("when each {{ {when} }} {}", clauses(tape, &bound))
        }
    };
    let exceptions = if tape.chance(20) {
        1 + tape.below(2)
    } else {
        0
    };
    let exceptions = (0..exceptions)
        .map(|_| super::conditions::condition(tape, &bound, 1))
        .collect();
    Source {
        condition,
        exceptions,
        message: message(tape, &bound),
        completeness: tape.chance(25).then(|| tape.pick(&Completeness::ALL)),
    }
}

/// Nothing mostly, or values of the spans that a violation shows.
fn message(tape: &mut Tape, bound: &Bound) -> String {
    if !tape.chance(30) {
        return String::new();
    }
    let mut spans = vec!["trigger", "offender", "witness"];
    spans.extend(bound);
    let mut text = "{count} of".to_owned();
    for _ in 0..1 + tape.below(3) {
        let span = tape.pick(&spans);
        let field = tape.pick(&[
            "n",
            "s",
            "ok",
            "span.m",
            "resource.service.name",
            "span:name",
            "span:duration",
            "span:id",
            "instrumentation:version",
        ]);
        text.push_str(&format!(" {{{span}.{field}}}"));
    }
    text
}

fn binding(tape: &mut Tape, bound: &Bound) -> String {
    loop {
        let text = selector(tape, bound, 1);
        // A bound span alone cannot be bound again.
        if !bound.contains(&text.as_str()) {
            return if text.contains(' ') {
                format!("({text})")
            } else {
                text
            };
        }
    }
}

fn nested(text: String) -> String {
    format!("({text})")
}

fn clauses(tape: &mut Tape, bound: &Bound) -> String {
    match tape.below(4) {
        0 => format!("always {{ {} }}", condition(tape, bound, 2)),
        1 => format!("never {{ {} }}", condition(tape, bound, 2)),
        2 => {
            let always = condition(tape, bound, 2);
            format!(
                "always {{ {always} }} never {{ {} }}",
                condition(tape, bound, 2)
            )
        }
        _ => {
            let never = condition(tape, bound, 1);
            format!(
                "never {{ {never} }} always {{ {} }}",
                condition(tape, bound, 2)
            )
        }
    }
}
