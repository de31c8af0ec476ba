//! A form in the words of the language.

use betrace_lang::{duration_text, quoted_text};

use crate::fold::Shape;
use crate::table::value::Value;
use crate::table::{KeyId, NameId, Place, Table};

use crate::form::{By, Form, Of, Relation, Selector, Structure, Test};

/// How names are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Bare where they can be.
    Bare,
    /// In quotes, whatever they are: names that mean something else, or are called something else now.
    Quoted,
}

/// Writes forms over the names of a table.
#[derive(Clone, Copy)]
pub struct Writer<'t> {
    pub table: &'t Table,
    pub spelling: Spelling,
}

impl Writer<'_> {
    /// The condition of the rule, in no particular layout. `None`: a value in it has no letters any more.
    #[must_use]
    pub fn condition(self, form: &Form) -> Option<String> {
        Some(match form {
            Form::Never(spans) => format!("never {{ {} }}", self.spans(spans)?),
            Form::Always { when, then } => format!(
                "when {{ {} }} always {{ {} }}",
                self.spans(when)?,
                self.spans(then)?
            ),
            Form::NotTogether { when, never } => format!(
                "when {{ {} }} never {{ {} }}",
                self.spans(when)?,
                self.spans(never)?
            ),
            Form::Each {
                bound,
                needs,
                relation,
                within,
            } => self.each(*bound, *needs, *relation, *within),
            Form::Ordered { first, second } => {
                let (first, second) = (self.name(*first), self.name(*second));
                format!("when {{ {first} and {second} }} always {{ {first} before {second} }}")
            }
            Form::Placed {
                spans,
                structure,
                other,
            } => {
                let structure = match structure {
                    Structure::Inside => "inside",
                    Structure::Outside => "outside",
                    Structure::ChildOf => "child of",
                    Structure::NotChildOf => "not child of",
                };
                let spans = self.name(*spans);
                format!("never {{ {spans} {structure} {} }}", self.spans(other)?)
            }
            Form::Most { spans, by, most } => {
                let by = match by {
                    None => String::new(),
                    Some(By::Parent) => " by parent".to_owned(),
                    Some(By::Key(key)) => format!(" by {}", self.key(*key)),
                };
                format!("never {{ count({}){by} > {most} }}", self.spans(spans)?)
            }
            Form::Equal { left, right } => {
                let (left, right) = (self.name(*left), self.name(*right));
                format!("always {{ count({left}) == count({right}) }}")
            }
            Form::Joined {
                bound,
                bound_key,
                is_partial,
                needs,
                needs_key,
            } => self.joined(*bound, *bound_key, *is_partial, *needs, *needs_key),
            Form::Sized {
                bound,
                key,
                is_partial,
                counted,
                is_inside,
            } => {
                let each = self.bound(*bound, *key, *is_partial);
                let inside = if *is_inside { " inside p" } else { "" };
                let (counted, key) = (self.name(*counted), self.key(*key));
                format!("when each {{ {each} }} always {{ count({counted}{inside}) == p.{key} }}")
            }
        })
    }

    fn each(self, bound: NameId, needs: NameId, relation: Relation, within: Option<u64>) -> String {
        let relation = match relation {
            Relation::Before => "before",
            Relation::After => "after",
            Relation::StartsBefore => "starts before",
            Relation::StartsAfter => "starts after",
        };
        let within = within.map_or_else(String::new, |nanos| {
            format!(" within {}", duration_text(nanos))
        });
        format!(
            "when each {{ {} as p }} always {{ {} {relation} p{within} }}",
            self.name(bound),
            self.name(needs)
        )
    }

    /// Spans that are bound as `p`, of which the key is read.
    fn bound(self, bound: NameId, key: KeyId, is_partial: bool) -> String {
        let of = self.name(bound);
        if !is_partial {
            return format!("{of} as p");
        }
        let exists = format!("exists({})", self.key(key));
        match of.strip_suffix(')') {
            // A pattern of names is a filter already.
            Some(open) => format!("{open} and {exists}) as p"),
            None => format!("{of}.where({exists}) as p"),
        }
    }

    fn joined(
        self,
        bound: NameId,
        key: KeyId,
        is_partial: bool,
        needs: NameId,
        other: KeyId,
    ) -> String {
        let each = self.bound(bound, key, is_partial);
        let key = self.key(key);
        let other = self.key(other);
        format!(
            "when each {{ {each} }} always {{ {}.where({other} == p.{key}) }}",
            self.name(needs)
        )
    }

    /// A selector.
    #[must_use]
    pub fn spans(self, selector: &Selector) -> Option<String> {
        let mut tests: Vec<String> = Vec::new();
        let of = match selector.of {
            Of::Any => "any".to_owned(),
            Of::Name(name) => match self.table.shape(name) {
                Shape::Name(text) => self.bare(text),
                Shape::Pattern { regex, .. } => {
                    tests.push(format!("span:name matches {}", quoted_text(regex)));
                    "any".to_owned()
                }
            },
        };
        for test in &selector.tests {
            tests.push(self.test(test)?);
        }
        if tests.is_empty() {
            return Some(of);
        }
        Some(format!("{of}.where({})", tests.join(" and ")))
    }

    fn name(self, name: NameId) -> String {
        // Without tests nothing can be missing.
        self.spans(&Selector::name(name)).unwrap_or_default()
    }

    fn test(self, test: &Test) -> Option<String> {
        let key = |key: &KeyId| self.key(*key);
        Some(match test {
            Test::In(of, values) => match &values[..] {
                [one] => format!("{} == {}", key(of), self.value(*of, *one)?),
                all => format!("{} in [{}]", key(of), self.values(*of, all)?),
            },
            Test::NotIn(of, values) => {
                let has = match self.table.key(*of) {
                    own if own.place == Place::Own && &*own.text != "service.name" => String::new(),
                    _ => format!("exists({}) and ", key(of)),
                };
                match &values[..] {
                    [one] => format!("{has}{} != {}", key(of), self.value(*of, *one)?),
                    all => format!("{has}{} not in [{}]", key(of), self.values(*of, all)?),
                }
            }
            Test::Missing(of) => format!("missing({})", key(of)),
            Test::Exists(of) => format!("exists({})", key(of)),
            Test::Above(of, bound) => format!("{} > {}", key(of), number(*bound)),
            Test::Below(of, bound) => format!("{} < {}", key(of), number(*bound)),
            Test::Longer(nanos) => format!("span:duration > {}", duration_text(*nanos)),
            Test::Shorter(nanos) => format!("span:duration < {}", duration_text(*nanos)),
        })
    }

    fn key(self, key: KeyId) -> String {
        let key = self.table.key(key);
        match key.place {
            Place::Own | Place::Link => key.text.to_string(),
            Place::Event if &*key.text == "event:name" => key.text.to_string(),
            Place::Event => format!("event.{}", self.bare(&key.text)),
            Place::Attribute => self.bare(&key.text),
        }
    }

    fn values(self, key: KeyId, values: &[Value]) -> Option<String> {
        let all: Option<Vec<String>> = values.iter().map(|one| self.value(key, *one)).collect();
        Some(all?.join(", "))
    }

    fn value(self, key: KeyId, value: Value) -> Option<String> {
        Some(match value {
            Value::Text(hash) => self.word(self.table.key(key).texts.text(hash)?),
            Value::Number(value) => number(value),
            Value::Bool(value) => value.to_string(),
            Value::Other => return None,
        })
    }

    /// A word on the right-hand side.
    fn word(self, text: &str) -> String {
        if is_plain(text) && !text.contains('.') {
            return self.bare(text);
        }
        quoted_text(text)
    }

    fn bare(self, text: &str) -> String {
        if self.spelling == Spelling::Bare && is_plain(text) {
            return text.to_owned();
        }
        quoted_text(text)
    }
}

/// Dotted words of letters, figures and `_`, none of which is a word of the language by itself.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 50] = [
        "any", "root", "leaf", "every", "some", "when", "each", "always", "never", "and", "or",
        "not", "in", "matches", "contains", "starts", "ends", "with", "by", "parent", "before",
        "after", "then", "within", "inside", "child", "sibling", "of", "linked", "to", "between",
        "next", "until", "as", "true", "false", "rule", "where", "is", "count", "distinct", "sum",
        "min", "max", "avg", "exists", "missing", "has", "lower", "length",
    ];
    const SCOPES: [&str; 7] = [
        "span",
        "resource",
        "instrumentation",
        "event",
        "link",
        "trace",
        "p",
    ];
    let first = text.split('.').next().unwrap_or(text);
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    text.split('.').all(is_word) && !WORDS.contains(&text) && !SCOPES.contains(&first)
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    format!("{value:?}")
}
