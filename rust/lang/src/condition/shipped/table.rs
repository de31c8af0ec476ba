//! Reading the table of the vocabulary.

use std::sync::Arc;

use crate::condition::macro_text::Macro;
use crate::rule::{Alternative, FirstOf, Literal, Number, Reading};

const TABLE: &str = include_str!("../../../data/vocabulary.txt");

/// What the names begin with.
pub(crate) const PREFIX: &str = "otel:";

/// A name of the vocabulary that ships.
#[derive(Debug)]
pub struct Shipped {
    /// It begins with `otel:`.
    pub name: Arc<str>,
    /// What it says, a sentence.
    pub says: &'static str,
    pub lines: Vec<ShippedLine>,
    pub(crate) stands_for: StandsFor,
}

/// A line of what a name stands for: an attribute of a field, some items of a list, a part of a macro's text.
#[derive(Clone, Copy, Debug)]
pub struct ShippedLine {
    pub text: &'static str,
    /// Whose it is: the instrumentations that emit an attribute, the source of a list.
    pub from: &'static str,
    /// The version since which it is so there; empty where none is known.
    pub since: &'static str,
}

#[derive(Debug)]
pub(crate) enum StandsFor {
    Field(Arc<FirstOf>),
    List(Vec<Literal>),
    Macro(Macro),
}

impl StandsFor {
    /// `field`, `list` or `macro`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            StandsFor::Field(_) => "field",
            StandsFor::List(_) => "list",
            StandsFor::Macro(_) => "macro",
        }
    }
}

/// Every name of the table; a test holds that none is faulty.
pub(super) fn read() -> impl Iterator<Item = Shipped> {
    paragraphs().filter_map(|(line, lines)| one(line, &lines))
}

/// Each name's line with the indented ones below it.
pub(super) fn paragraphs() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let mut lines = TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    std::iter::from_fn(move || {
        let line = lines.next()?;
        let mut below = Vec::new();
        while let Some(one) = lines.next_if(|line| line.starts_with(' ')) {
            below.push(one.trim());
        }
        Some((line, below))
    })
}

fn one(line: &'static str, below: &[&'static str]) -> Option<Shipped> {
    let words = |line: &'static str| line.split_once(' ');
    let (name, says) = words(line)?;
    let (kind, (name, says)) = match name {
        "list" | "macro" => (name, words(says)?),
        _ => ("field", (name, says)),
    };
    let lines: Vec<ShippedLine> = below.iter().map(|line| columns(line)).collect();
    let name: Arc<str> = format!("{PREFIX}{name}").into();
    let texts = lines.iter().map(|line| line.text);
    let stands_for = match kind {
        "list" => StandsFor::List(texts.flat_map(|text| text.split(", ")).map(item).collect()),
        "macro" => StandsFor::Macro(Macro::new(texts.collect::<Vec<_>>().join("\n"))),
        _ => StandsFor::Field(Arc::new(FirstOf {
            name: name.clone(),
            of: texts.map(alternative).collect::<Option<_>>()?,
        })),
    };
    Some(Shipped {
        name,
        says,
        lines,
        stands_for,
    })
}

/// `text  # from  # since`
fn columns(line: &'static str) -> ShippedLine {
    let mut columns = line.split("  # ");
    let mut next = || columns.next().unwrap_or_default().trim();
    ShippedLine {
        text: next(),
        from: next(),
        since: next(),
    }
}

fn item(text: &str) -> Literal {
    match text.parse() {
        Ok(number) => Literal::Number(Number::Int(number)),
        Err(_) => Literal::Text(text.into()),
    }
}

fn alternative(reads: &str) -> Option<Alternative> {
    if let Some((key, pattern)) = reads.split_once(" ~ ") {
        return Some(Alternative {
            key: key.into(),
            reading: Reading::Part(pattern.into()),
        });
    }
    let Some((key, rows)) = reads.split_once(" = ") else {
        return Some(Alternative {
            key: reads.into(),
            reading: Reading::AsItIs,
        });
    };
    let mut table: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    for row in rows.split(", ") {
        let (from, to) = row.split_once(": ")?;
        table.push((from.into(), to.into()));
    }
    table.sort();
    Some(Alternative {
        key: key.into(),
        reading: Reading::Mapped(table),
    })
}
