//! Held with a stand-in for the formatter of conditions, and with the real one on whole files.

use proptest::prelude::*;

use super::*;
use crate::file::yaml::{YamlKind, YamlNode};

/// Stands for the formatter of conditions: words, a clause a line.
fn clauses(text: &str, _: TextKind, _: &[Name], _: usize) -> Result<String, Vec<Fault>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok(words
        .join(" ")
        .replace(" always", "\nalways")
        .replace(" never", "\nnever"))
}

fn format(text: &str) -> String {
    format_with(text, false, &clauses).unwrap()
}

#[test]
fn styles_are_kept_and_clauses_become_blocks() {
    let before = "# top\nmacros: { m:   'a   b' , n: \"c  \\\\d\" }\n\nrules:   # the rules\n- id: a # first\n  condition:   when { x }   always { y }  # why\n  name:   kept   as it is\n  exceptions: [ p  q, 'r  always' ]\n  # between\n- id: b\n  condition: >+ # folded\n      when { x }\n      always { y }\n\n\n  # behind\n  exceptions:\n    - when   x always y\n    - &z p   q\n    - *z\n- { id: c, condition: \"p  always   q\" }\n";
    let after = "# top\nmacros: { m:   'a b' , n: \"c \\\\d\" }\n\nrules:   # the rules\n- id: a # first\n  condition:   |  # why\n    when { x }\n    always { y }\n  name:   kept   as it is\n  exceptions: [ p q, 'r always' ]\n  # between\n- id: b\n  condition: | # folded\n      when { x }\n      always { y }\n\n\n  # behind\n  exceptions:\n    - |\n      when x\n      always y\n    - &z p q\n    - *z\n- { id: c, condition: \"p always q\" }\n";
    assert_eq!(format(before), after);
    assert_eq!(format(after), after);
    let crlf = "rules:\r\n- id: a\r\n  condition: x   always y\r\n";
    assert_eq!(
        format(crlf),
        "rules:\r\n- id: a\r\n  condition: |\r\n    x\r\n    always y\r\n"
    );
}

#[test]
fn a_text_that_reads_as_it_should_stays_in_its_style() {
    for scalar in [
        "a b",
        "'a b'",
        "\"a b\"",
        ">-\n    a b",
        "|-\n    a b",
        "|\n    a\n    always b",
    ] {
        let text = format!("rules:\n- id: r\n  condition: {scalar}\n");
        assert_eq!(format(&text), text);
    }
}

/// In block and in flow collections alike, as a line may be moved from one to the other.
#[test]
fn a_plain_text_gets_quotes_where_yaml_could_read_it_otherwise() {
    for (before, after) in [
        ("a   b", "a b"),
        ("(a)   b", "(a) b"),
        ("_a   b", "_a b"),
        ("yes   b", "yes b"),
        ("a   [1]", "'a [1]'"),
        ("a   b]", "'a b]'"),
        ("a   {1}", "'a {1}'"),
        ("a   1}", "'a 1}'"),
        ("a   , b", "'a , b'"),
        ("a   it's , b", "'a it''s , b'"),
        (".a   b", "'.a b'"),
        ("1   b", "'1 b'"),
        ("\"a   \\\\ \\\" b\"", "\"a \\\\ \\\" b\""),
        ("'a   b'", "'a b'"),
    ] {
        let file = |scalar: &str| format!("rules:\n- id: r\n  condition: {scalar}\n");
        assert_eq!(format(&file(before)), file(after));
    }
}

/// Brackets that are broken open in a block stay closed where all stands on one line, and a text is no comment for what is in
/// its quotes.
#[test]
fn a_long_text_in_a_flow_collection_is_spaced_as_a_short_one() {
    let long = "never { max((any.where(http.url == \"https://shop.example/a\") or any.where(http.url == \"https://shop.example/b\")), span:duration) > 5s }";
    let clauses = format!("when {{ any }} {long}");
    for text in [long, &clauses] {
        let spaced = text.replace('(', "(  ").replace(')', "  )");
        let file = |text: &str| format!("rules: [ {{ id: r, condition: '{text}' }} ]\n");
        let format = |text: &str| format_file(text, FormatOptions::default()).unwrap();
        assert_eq!(format(&file(&spaced)), file(text));
        assert_eq!(format(&file(text)), file(text));
    }
    let block =
        format!("rules:\n- id: r\n  condition: {long}\n").replace(": never", ": |\n    never");
    let formatted = format_file(&block, FormatOptions::default()).unwrap();
    assert!(
        formatted.lines().all(|line| line.len() <= 4 + WIDTH) && formatted.contains("max(\n"),
        "{formatted}"
    );
}

#[test]
fn other_spellings_are_renamed_only_on_request() {
    let text = "rules:\n- id: a\n  expression: x\n";
    assert_eq!(format(text), text);
    let modern = format_with(text, true, &clauses).unwrap();
    assert_eq!(modern, "rules:\n- id: a\n  condition: x\n");
}

#[test]
fn faulty_yaml_is_left_alone_with_its_faults() {
    let faults = format_with("rules:\n- id: 'a\n", false, &clauses).unwrap_err();
    assert_eq!(faults[0].code.0, "E0003");
}

/// All scalars of a file with their values, those formatted by what they should become.
fn values(text: &str, expected: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let documents = yaml::parse(text, &Limits::default(), &mut faults);
    assert!(faults.is_empty(), "{faults:?} in {text:?}");
    let texts = find(text, false, &documents);
    let mut found = Vec::new();
    for document in &documents {
        collect(&document.root, &texts, expected, &mut found);
    }
    found
}

fn collect(node: &YamlNode<'_>, texts: &Found<'_>, expected: bool, found: &mut Vec<String>) {
    match &node.kind {
        YamlKind::Scalar(scalar) => {
            let mut passages = texts.passages.iter();
            found.push(
                match passages.any(|passage| passage.node.range == node.range) {
                    true => {
                        let value = if expected {
                            clauses(&scalar.value, TextKind::Condition, &[], WIDTH).unwrap()
                        } else {
                            scalar.value.to_string()
                        };
                        value.split_whitespace().collect::<Vec<_>>().join(" ")
                    }
                    false => scalar.value.to_string(),
                },
            );
        }
        YamlKind::Sequence(items) => items
            .items
            .iter()
            .for_each(|item| collect(item, texts, expected, found)),
        YamlKind::Mapping(entries) => entries.items.iter().for_each(|entry| {
            collect(&entry.key, texts, expected, found);
            collect(&entry.value, texts, expected, found);
        }),
        YamlKind::Refused => {}
    }
}

fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "a", "b.c", "é", "always", "never", "{ x }", "'q'", "\"s\"", "y:z", "#c", "\\.",
    ]);
    let space = prop::sample::select(vec![" ", "  ", "   "]);
    prop::collection::vec((word, space), 1..7).prop_map(|words| {
        words
            .into_iter()
            .map(|(word, space)| format!("{word}{space}"))
            .collect()
    })
}

/// The words in some YAML style; `deep` spaces are deep enough for a block.
fn styled(deep: usize, is_flow: bool) -> impl Strategy<Value = String> {
    let style = if is_flow { 0u8..2 } else { 0u8..7 };
    (
        words(),
        style,
        prop::sample::select(vec!["", " # why", " # |", "\n"]),
    )
        .prop_map(move |(words, style, comment)| {
            let pad = " ".repeat(deep);
            let lines = words.replace(" always", &format!("\n{pad}always"));
            match style {
                0 => format!("'{}'", words.replace('\'', "''")),
                1 => format!("\"{}\"", words.replace('\\', "\\\\").replace('"', "\\\"")),
                2 => format!("x{}{comment}", words.replace(['#', ':'], "").trim_end()),
                3 => format!("|{}\n{pad}{lines}\n", comment.trim_end()),
                4 => format!("&anchor >-{}\n\n{pad}{lines}\n\n", comment.trim_end()),
                5 => format!("|2\n{pad}{lines}\n"),
                _ => format!("|+{}\n{pad}  {lines}\n{pad}\n\n", comment.trim_end()),
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn formatting_is_idempotent_and_touches_nothing_else(
        rules in prop::collection::vec((styled(6, false), styled(8, false), styled(0, true)), 1..4),
        one in styled(4, false),
        crlf in any::<bool>(),
    ) {
        let mut text = format!("# c\nmacros:\n  m: {one}\n  # d\nrules:\n");
        for (condition, exception, flow) in rules {
            text.push_str(&format!(
                "  - id: i # | e\n    condition: {condition}\n    name: 'n  n'\n    exceptions:\n      - {exception}\n  # f\n  - {{ id: j, condition: {flow}, exceptions: [{flow}, b] }}\n",
            ));
        }
        // Fixed indentation of `|2` fits only the conditions.
        let text = text.replace("m: |2", "m: |").replace("- |2", "- |");
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let mut faults = Vec::new();
        let _ = yaml::parse(&text, &Limits::default(), &mut faults);
        prop_assume!(faults.is_empty());
        let formatted = format(&text);
        prop_assert_eq!(values(&formatted, false), values(&text, true), "{}\n---\n{}", text, formatted);
        let again = format(&formatted);
        prop_assert_eq!(&again, &formatted, "from {}", text);
    }
}
