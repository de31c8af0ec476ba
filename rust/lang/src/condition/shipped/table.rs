//! Reading the table of the vocabulary.

use std::sync::Arc;

use crate::condition::macro_text::Macro;
use crate::rule::{Alternative, FirstOf, Intrinsic, Literal, Number, Proviso, ReadAt, Reading};
use crate::words::Word;

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

/// `origin`, with what is made of it and, at the end, ` if ` and what must stand elsewhere.
fn alternative(reads: &str) -> Option<Alternative> {
    let (reads, proviso) = match reads.rsplit_once(" if ") {
        Some((reads, proviso)) => {
            let (from, text) = proviso.split_once(" == ")?;
            let text = text.into();
            (
                reads,
                Some(Proviso {
                    origin: origin(from)?,
                    text,
                }),
            )
        }
        None => (reads, None),
    };
    let (from, reading) = if let Some((from, pattern)) = reads.split_once(" ~ ") {
        let reading = match pattern.rsplit_once(" => ") {
            Some((pattern, word)) => Reading::Word {
                pattern: pattern.into(),
                word: word.into(),
            },
            None => Reading::Part(pattern.into()),
        };
        (from, reading)
    } else if let Some((from, rows)) = reads.split_once(" = ") {
        (from, mapped(rows)?)
    } else {
        (reads, Reading::AsItIs)
    };
    Some(Alternative {
        origin: origin(from)?,
        proviso,
        reading,
    })
}

fn mapped(rows: &str) -> Option<Reading> {
    let mut table: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    for row in rows.split(", ") {
        let (from, to) = row.split_once(": ")?;
        table.push((from.into(), to.into()));
    }
    table.sort();
    Some(Reading::Mapped(table))
}

/// `span:name` and its like, `event.key`, or the key of an attribute.
fn origin(text: &str) -> Option<ReadAt> {
    Some(match text.split_once("event.") {
        Some(("", key)) => ReadAt::Event(key.into()),
        _ if text.contains(':') => ReadAt::Intrinsic(Intrinsic::named(text)?),
        _ => ReadAt::Attribute(text.into()),
    })
}
