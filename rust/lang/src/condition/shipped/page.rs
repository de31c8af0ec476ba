//! The page of the vocabulary, written from its table.

use crate::condition::shipped::table::{Shipped, ShippedLine, StandsFor};
use crate::rule::{Alternative, Reading};

const HEAD: &str = "# The vocabulary

One name for what instrumentations call by several: `otel:http.status` reads `http.response.status_code`, and where that
is missing `http.status_code`. Such names need no line in the rule file, and `betrace vocabulary NAME` prints what one
stands for. A rule file's own names are [`fields:`, `lists:` and `macros:`](language.md#rule-files).

This page is written from `rust/lang/data/vocabulary.txt`. *Since* is the version of the semantic conventions
that first has the attribute (1.4.0 or earlier for the oldest), or of a library that is named there; it is empty where we
know none.

## Fields

A field stands wherever an attribute may: `any.where(otel:http.status >= 500)`, `p.otel:http.path`. The first of its
attributes that has a value counts.

| name | says | reads | emitted by | since |
|---|---|---|---|---|
";

const LISTS: &str = "
## Lists

A list stands after `in`: `any.where(otel:http.method not in otel:http.safe_methods)`.

| name | says | items | from | since |
|---|---|---|---|---|
";

const MACROS: &str = "
## Macros

A macro stands where its text could: one that selects spans as a selector (`otel:http.request.where(otel:http.status >= 500)`),
another inside `where`. `betrace explain` shows what the macros of a rule stand for.
";

/// `docs/vocabulary.md`.
#[must_use]
pub(super) fn page<'s>(all: impl Iterator<Item = &'s Shipped> + Clone) -> String {
    let mut page = HEAD.to_owned();
    for one in all.clone() {
        if let StandsFor::Field(field) = &one.stands_for {
            let reads = field.of.iter().map(reads);
            rows(&mut page, one, reads.zip(&one.lines));
        }
    }
    page.push_str(LISTS);
    for one in all.clone() {
        if let StandsFor::List(_) = &one.stands_for {
            let texts = one.lines.iter().map(|line| format!("`{}`", line.text));
            rows(&mut page, one, texts.zip(&one.lines));
        }
    }
    page.push_str(MACROS);
    for one in all {
        if let StandsFor::Macro(found) = &one.stands_for {
            page.push_str(&format!(
                "\n### `{}`\n\n{}\n\n```text\n{}\n```\n",
                one.name, one.says, found.text
            ));
            for line in one.lines.iter().filter(|line| !line.from.is_empty()) {
                page.push_str(&format!("\n`{}`: {}.\n", line.text, provenance(line)));
            }
        }
    }
    page
}

fn rows<'s>(
    page: &mut String,
    shipped: &Shipped,
    lines: impl Iterator<Item = (String, &'s ShippedLine)>,
) {
    for (at, (text, line)) in lines.enumerate() {
        let (name, says) = match at {
            0 => (format!("`{}`", shipped.name), shipped.says),
            _ => (String::new(), ""),
        };
        let ShippedLine { from, since, .. } = line;
        page.push_str(&format!(
            "| {name} | {says} | {text} | {from} | {since} |\n"
        ));
    }
}

fn provenance(line: &ShippedLine) -> String {
    match line.since {
        "" => line.from.to_owned(),
        since => format!("{}, since {since}", line.from),
    }
}

fn reads(one: &Alternative) -> String {
    let from = &one.origin;
    let read = match &one.reading {
        Reading::AsItIs => format!("`{from}`"),
        Reading::Mapped(table) => format!("`{from}`, by a table of {}", table.len()),
        Reading::Part(pattern) => format!("`{from}`, of it `{}`", cell(pattern)),
        Reading::Word { pattern, word } => {
            format!("`{from}`, `{word}` where it matches `{}`", cell(pattern))
        }
    };
    match &one.proviso {
        Some(proviso) => format!(
            "{read}, if `{}` is `{}`",
            proviso.origin,
            cell(&proviso.text)
        ),
        None => read,
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
