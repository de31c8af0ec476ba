//! `docs/grammar.md` is written from `grammar.lalrpop`, the source of the parser, and kept fresh here;
//! `UPDATE_DOCS=1` writes it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::fmt::Write as _;
use std::path::Path;

use betrace_lang::rule::{Aggregate, FieldTest};

/// A production's name and its alternatives, each a row of symbols.
type Production = (String, Vec<Vec<String>>);

/// What stands in the page for a terminal whose spelling in the grammar is the parser's own.
const TERMINALS: &[(&str, &str)] = &[
    ("where(", "\".where\" \"(\""),
    ("where )", "\")\""),
    ("call(", "FUNCTION \"(\""),
    ("by ,", "\",\""),
    ("rule when", "\"rule\" QUOTED \"when\""),
    ("rule then", "\"then\" ANYTHING"),
    (".count()", "\".count\" \"(\" \")\""),
    ("name", "NAME"),
    ("quoted", "QUOTED"),
    ("intrinsic", "INTRINSIC"),
    ("number", "NUMBER"),
    ("duration", "DURATION"),
    ("percent", "PERCENT"),
    ("bool", "BOOLEAN"),
    ("attribute", "ATTRIBUTE"),
    ("trace.spans", "\"trace.spans\""),
];

const LEXICAL: &str = r#"
The terminals:

| | |
|---|---|
| `NAME` | words of letters, digits, `_` and, inside a word, `-`, joined by dots; keywords may be words of a name |
| `QUOTED` | text in double quotes (older: single), with the escapes `\\ \" \n \t \u{…}` |
| `INTRINSIC` | `span:name`, `trace:duration`, …, and names of the vocabulary, `otel:http.status`; of a bound span `p.span:name` |
| `ATTRIBUTE` | a scope or bound span before a quoted key, `span."odd key"` (older: `span.attributes["key"]`) |
| `NUMBER` | sign, digits with `_`, decimals, exponent |
| `DURATION` | numbers with `ns us ms s m h`, such as `1.5s` |
| `PERCENT` | a number and `%`, such as `99.9%` |
| `BOOLEAN` | `true`, `false` |
| `FUNCTION` | `{functions}`, and `p50` to `p99.9` (older: `has`) |

A comment runs from `//` or `#` to the end of the line. Which forms mean something where they stand is described in
[language.md](language.md); what is refused, in [diagnostics.md](diagnostics.md).
"#;

/// The words that a parenthesis follows.
fn functions() -> Vec<&'static str> {
    let aggregates = Aggregate::ALL.map(Aggregate::as_str);
    let tests = FieldTest::ALL.map(FieldTest::as_str);
    [
        &["count", "overlap", "traces", "share"],
        &aggregates[..],
        &tests[..],
        &["lower", "length"],
    ]
    .concat()
}

fn terminal(spelling: &str) -> String {
    match TERMINALS.iter().find(|(known, _)| *known == spelling) {
        Some((_, shown)) => (*shown).to_owned(),
        None => spelling
            .split(' ')
            .map(|word| format!("\"{word}\""))
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// The index behind the quote that closes the one at `at`.
fn after_quote(text: &[u8], at: usize) -> usize {
    at + 2
        + text[at + 1..]
            .iter()
            .position(|byte| *byte == b'"')
            .unwrap()
}

/// Splits at a separator that is outside of quotes and brackets.
fn split(text: &str, separator: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let (mut parts, mut begin, mut at, mut depth) = (Vec::new(), 0, 0, 0);
    while at < bytes.len() {
        if depth == 0 && text[at..].starts_with(separator) {
            parts.push(text[begin..at].to_owned());
            at += separator.len();
            begin = at;
            continue;
        }
        match bytes[at] {
            b'"' => {
                at = after_quote(bytes, at);
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    parts.push(text[begin..].to_owned());
    parts
}

fn symbols(alternative: &str) -> Vec<String> {
    let pattern = &split(alternative, "=>")[0];
    let (bytes, mut found, mut at) = (pattern.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = after_quote(bytes, at);
                found.push(terminal(&pattern[at + 1..end - 1]));
                at = end;
            }
            byte if byte.is_ascii_alphabetic() => {
                let end = at
                    + pattern[at..]
                        .bytes()
                        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                        .count();
                // `name:` only names what follows it.
                if bytes.get(end) != Some(&b':') {
                    found.push(pattern[at..end].to_owned());
                }
                at = end;
            }
            b'@' => at += 2,
            b'?' | b'+' | b'*' => {
                let last = found.last_mut().unwrap();
                last.push(char::from(bytes[at]));
                at += 1;
            }
            _ => at += 1,
        }
    }
    found
}

fn productions(grammar: &str) -> Vec<Production> {
    let begin = grammar.find("pub Document").unwrap();
    let end = grammar.find("extern {").unwrap();
    split(&grammar[begin..end], ";")
        .iter()
        .filter(|production| !production.trim().is_empty())
        .map(|production| {
            let (head, body) = production.split_once(" = ").unwrap();
            let name = head
                .trim()
                .trim_start_matches("pub ")
                .split(':')
                .next()
                .unwrap()
                .to_owned();
            let body = body.trim();
            let alternatives = match body
                .strip_prefix('{')
                .and_then(|body| body.strip_suffix('}'))
            {
                Some(inner) => split(inner, ","),
                None => vec![body.to_owned()],
            };
            let rows = alternatives
                .iter()
                .filter(|alternative| {
                    !alternative.trim().is_empty() && !alternative.contains("error:!")
                })
                .map(|alternative| symbols(alternative))
                .collect();
            (name, rows)
        })
        .collect()
}

fn page(grammar: &str) -> String {
    let mut page = String::from(
        "# The grammar\n\nWritten from the source of the parser, `rust/lang/src/condition/grammar.lalrpop`; `?`, `*` and `+` follow what they \
         repeat.\n\n```ebnf\n",
    );
    for (name, alternatives) in productions(grammar) {
        for (index, row) in alternatives.iter().enumerate() {
            let lead = if index == 0 {
                format!("{name:<10} =")
            } else {
                format!("{:<10} |", "")
            };
            writeln!(page, "{lead} {}", row.join(" ")).unwrap();
        }
    }
    page.push_str("```\n");
    page.push_str(&LEXICAL.replace("{functions}", &functions().join(" ")));
    page
}

#[test]
fn the_grammar_page_is_fresh() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR"));
    let wanted =
        page(&std::fs::read_to_string(room.join("src/condition/grammar.lalrpop")).unwrap());
    let path = room.join("../../docs/grammar.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/grammar.md is stale: run with UPDATE_DOCS=1"
    );
}

#[test]
fn every_symbol_in_the_page_is_a_production_or_a_terminal() {
    let grammar = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/condition/grammar.lalrpop"),
    )
    .unwrap();
    let all = productions(&grammar);
    assert!(all.len() > 15, "only {} productions were found", all.len());
    for (name, rows) in &all {
        for symbol in rows.iter().flatten() {
            let bare = symbol.trim_end_matches(['?', '*', '+']);
            let known = bare.contains('"')
                || all.iter().any(|(other, _)| other == bare)
                || TERMINALS.iter().any(|(_, shown)| *shown == bare);
            assert!(known, "{name}: `{symbol}` is neither");
        }
    }
}

#[test]
fn every_predicate_is_on_the_pages_for_people() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for page in ["README.md", "docs/language.md"] {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        for test in FieldTest::ALL {
            let shown = format!("`{}(x)`", test.as_str());
            assert!(text.contains(&shown), "{page} does not show {shown}");
        }
    }
}
