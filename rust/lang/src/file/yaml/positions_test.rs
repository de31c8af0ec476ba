//! Every scalar's value is held against the bytes of the file that its map names.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::tree::YamlFault;
use super::*;
use crate::limits::Limits;

fn scalars<'t>(node: &YamlNode<'t>, found: &mut Vec<YamlNode<'t>>) {
    match &node.kind {
        YamlKind::Sequence(sequence) => sequence.items.iter().for_each(|item| visit(item, found)),
        YamlKind::Mapping(mapping) => mapping.items.iter().for_each(|entry| {
            visit(&entry.key, found);
            visit(&entry.value, found);
        }),
        YamlKind::Scalar(_) | YamlKind::Refused => {}
    }
}

fn visit<'t>(node: &YamlNode<'t>, found: &mut Vec<YamlNode<'t>>) {
    match &node.kind {
        YamlKind::Scalar(_) => found.push(node.clone()),
        _ => scalars(node, found),
    }
}

fn parsed(text: &str) -> (Vec<YamlNode<'_>>, Vec<YamlFault>) {
    let mut faults = Vec::new();
    let mut found = Vec::new();
    for document in parse(text, &Limits::default(), &mut faults) {
        visit(&document.root, &mut found);
    }
    (found, faults)
}

/// Each character of the value stands at its place, unless its style says that it is written otherwise.
fn check(text: &str) -> usize {
    let (found, _) = parsed(text);
    for node in &found {
        let scalar = node.as_scalar().unwrap();
        if scalar.value.trim().is_empty() {
            // Nothing of it can be at fault.
            continue;
        }
        let map = ScalarMap::new(scalar, text);
        let mut last = 0;
        for (at, c) in scalar.value.char_indices() {
            let range = map.range(at..at + c.len_utf8());
            let source = text.get(range.clone());
            let context = || {
                format!(
                    "{c:?} at {at} of {:?} ({:?}) in {text:?}: {range:?} {source:?}",
                    scalar.value, scalar.style
                )
            };
            let source = source.unwrap_or_else(|| panic!("off a character: {}", context()));
            assert!(range.start >= last, "backwards: {}", context());
            last = range.start;
            let mut buffer = [0; 4];
            if source == c.encode_utf8(&mut buffer) {
                continue;
            }
            let is_block = matches!(scalar.style, Style::Literal | Style::Folded);
            let is_folded = matches!(c, ' ' | '\n')
                && source.contains(['\n', '\r'])
                && source.trim().is_empty();
            let is_final =
                c == '\n' && is_block && source.is_empty() && at + 1 == scalar.value.len();
            // The map begins at the first line with content.
            let is_leading =
                is_block && source.is_empty() && scalar.value[..=at].bytes().all(|b| b == b'\n');
            let is_escape = match scalar.style {
                Style::DoubleQuoted => source.starts_with('\\'),
                Style::SingleQuoted => source == "''" && c == '\'',
                _ => false,
            };
            assert!(
                is_folded || is_final || is_leading || is_escape,
                "{}",
                context()
            );
        }
    }
    for node in &found {
        check_ranges(text, node);
    }
    found.len()
}

/// From one character of the value to another it goes from the place of the one to the end of the other's.
fn check_ranges(text: &str, node: &YamlNode<'_>) {
    let scalar = node.as_scalar().unwrap();
    let map = ScalarMap::new(scalar, text);
    let of = |(at, c): (usize, char)| at..at + c.len_utf8();
    let seen = |(_, c): &(usize, char)| !c.is_whitespace();
    let characters: Vec<_> = scalar.value.char_indices().filter(seen).map(of).collect();
    for (first, last) in characters.iter().zip(characters.iter().skip(3)) {
        let range = map.range(first.start..last.end);
        let ends = (map.range(first.clone()).start, map.range(last.clone()).end);
        let context = || format!("{first:?} to {last:?} of {:?} in {text:?}", scalar.value);
        assert_eq!((range.start, range.end), ends, "{}", context());
    }
}

#[test]
fn each_style_maps_to_its_bytes() {
    for text in [
        "a: plain é one\n  two\n\n  three # not this\nb: 1",
        "a: 'it''s é\n\n   two '",
        "a: \"q\\t\\u00e9\\x41 \\\n   joined\n  folded\\n\\U0001F600\"",
        "a: |\n\n   x\n     y\n\n   z\n\n\nb: 1",
        "a: |2-\n    x\n  y\n",
        "a: |+\n  x\n\n\n",
        "a: >\n  x\n   y\n  z\n\n\n   q\n\n  w",
        "a: >-\n  one \n  two\n\n  three",
        "- &n !t |  # header\n\n  | x\n  y\n- &m\n  !t\n  plain\n- *n",
        "- |1\n  x\n y\n",
        "a: |\r\n  x\ty\r\n\r\n  z é\t\r\nb: 'c\r\n  d'\r\n",
        "{a: [b, 'c', \"d\\\"e\", {f: g h}], 'k''': v}",
        "\u{FEFF}a: é\nb: |\n  ü = \u{1F600}\n  x",
        "a: |\n  x\r  y\n",
        "? |\n  k\n: v\n---\nb: >\n  c\n  d\n...\n",
        "a: |\n   \nb: |2\n\n     \n    x\n",
    ] {
        assert!(check(text) >= 1, "{text:?}");
        assert!(parsed(text).1.is_empty(), "{text:?} {:?}", parsed(text).1);
    }
}

fn line() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec![
            "a",
            "b-c",
            "é",
            "\u{1F600}",
            " ",
            "  ",
            "x.where(y)",
            "'",
            "\"",
            "\\",
            "\t",
            "#",
            "|",
            ">",
            "0",
        ]),
        0..6,
    )
    .prop_map(|parts| parts.concat())
}

fn newline() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["\n", "\n", "\r\n", "\n\n", "\n \n"])
}

fn block() -> impl Strategy<Value = String> {
    let header = prop::sample::select(vec![
        "|", ">", "|-", ">+", "|2", ">3-", "| # c", "&a |", "&b >-", "!t |\t",
    ]);
    let lines = prop::collection::vec((0usize..4, line(), newline()), 1..6);
    (header, newline(), lines).prop_map(|(header, first, lines)| {
        let mut out = format!("{header}{first}");
        for (deeper, line, newline) in lines {
            out.push_str(&" ".repeat(3 + deeper));
            out.push_str(&line);
            out.push_str(newline);
        }
        out
    })
}

fn flow() -> impl Strategy<Value = String> {
    let parts = prop::collection::vec((line(), prop::option::of(newline()), 0usize..4), 1..6);
    (
        prop::sample::select(vec!["", "'", "\"", "&q ", "&r '", "!t \""]),
        parts,
    )
        .prop_map(|(open, parts)| {
            let mut out = open.to_owned();
            for (line, newline, indent) in parts {
                let line = match open.chars().last() {
                    Some('\'') => line.replace('\'', "''"),
                    Some('"') => line.replace('\\', "\\u00e9\\\\").replace('"', "\\\""),
                    _ => line,
                };
                out.push_str(&line);
                if let Some(newline) = newline {
                    out.push_str(newline);
                    out.push_str(&" ".repeat(3 + indent));
                }
            }
            out.extend(open.chars().last().filter(|c| matches!(c, '\'' | '"')));
            out
        })
}

type Parts = Vec<(u8, String)>;

fn parts() -> impl Strategy<Value = Parts> {
    prop::collection::vec((0u8..4, prop_oneof![block(), flow()]), 1..4)
}

fn file_of(bom: bool, parts: &Parts) -> String {
    let mut text = if bom {
        "\u{FEFF}".to_owned()
    } else {
        String::new()
    };
    for (index, (kind, scalar)) in parts.iter().enumerate() {
        match kind {
            0 => text.push_str(&format!("k{index}:\n  - {scalar}\n")),
            1 => text.push_str(&format!("k{index}: [é, {scalar} ]\n")),
            _ => text.push_str(&format!("k{index}: {scalar}\n")),
        }
    }
    text
}

#[test]
fn most_files_of_these_styles_are_read() {
    let mut runner = TestRunner::deterministic();
    let mut read = 0;
    for _ in 0..400 {
        let parts = parts().new_tree(&mut runner).unwrap().current();
        let text = file_of(false, &parts);
        if parsed(&text).1.is_empty() {
            assert!(check(&text) >= 2 * parts.len(), "{text:?}");
            read += 1;
        }
    }
    assert!(read > 150, "{read} of 400");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_stand_where_their_map_says(bom in any::<bool>(), parts in parts()) {
        check(&file_of(bom, &parts));
    }

    #[test]
    fn no_text_is_too_odd(text in "[ \\-\\[\\]{}:,&*!|>'\"%@`#a-c0é\u{0}\u{FFFD}\t\r\n?<=~]{0,80}") {
        check(&text.replace(['\u{0}', '\u{FFFD}'], "x"));
        for fault in parsed(&text).1 {
            prop_assert!(fault.range.start <= fault.range.end && fault.range.end <= text.len(), "{:?} of {:?}", fault, text);
        }
    }
}

#[test]
fn faults_cost_what_follows_until_the_next_rule() {
    let text =
        "rules:\n  - id: a\n    condition: 'open\n  - id: b\n    x: y: z\n  - id: c\nlists: {}\n";
    let mut faults = Vec::new();
    let documents = parse(text, &Limits::default(), &mut faults);
    assert_eq!(faults.len(), 2, "{faults:?}");
    let (found, _) = parsed(text);
    let values: Vec<&str> = found
        .iter()
        .map(|node| &*node.as_scalar().unwrap().value)
        .collect();
    assert_eq!(
        values,
        ["rules", "id", "a", "id", "b", "x", "y", "id", "c", "lists"]
    );
    assert_eq!(
        documents
            .iter()
            .map(|document| document.continues)
            .collect::<Vec<_>>(),
        [false, true, true, true]
    );
}

#[test]
fn aliases_are_bounded() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..40 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
    }
    let (_, faults) = parsed(&bomb);
    assert!(
        faults.iter().any(|fault| fault.code.0 == "E0005"),
        "{faults:?}"
    );
    let (_, faults) = parsed("a: &a [x, *a]\n");
    assert_eq!(faults.len(), 1);
    assert!(faults[0].message.contains("inside what it names"));
}

#[test]
fn the_yaml_limits_hold_at_their_value_and_fail_above() {
    let limits = Limits {
        yaml_depth: 5,
        yaml_alias_nodes: 10,
        ..Limits::default()
    };
    let faults = |text: &str| {
        let mut faults = Vec::new();
        let _ = parse(text, &limits, &mut faults);
        faults.iter().map(|fault| fault.code.0).collect::<Vec<_>>()
    };
    assert!(faults(&format!("{}x{}", "[".repeat(5), "]".repeat(5))).is_empty());
    assert_eq!(
        faults(&format!("{}x{}", "[".repeat(6), "]".repeat(6))),
        ["E0004"]
    );
    assert!(faults("- &a [[[x]]]\n- [*a]").is_empty());
    assert_eq!(faults("- &a [[[x]]]\n- [[*a]]"), ["E0004"]);
    let limits = Limits {
        yaml_nodes: 9,
        ..Limits::default()
    };
    let faults = |text: &str| {
        let mut faults = Vec::new();
        let _ = parse(text, &limits, &mut faults);
        faults.iter().map(|fault| fault.code.0).collect::<Vec<_>>()
    };
    assert!(faults("[1, 2, 3, 4, 5, 6, 7, 8]").is_empty());
    assert_eq!(faults("[1, 2, 3, 4, 5, 6, 7, 8, 9]"), ["E0020"]);
}

#[test]
fn the_alias_limit_holds_at_its_value_and_fails_above() {
    let limits = Limits {
        yaml_alias_nodes: 10,
        ..Limits::default()
    };
    let faults = |text: &str| {
        let mut faults = Vec::new();
        let _ = parse(text, &limits, &mut faults);
        faults.iter().map(|fault| fault.code.0).collect::<Vec<_>>()
    };
    let aliases = |n: usize| format!("- &a x\n{}", "- *a\n".repeat(n));
    assert!(faults(&aliases(10)).is_empty());
    assert_eq!(faults(&aliases(11)), ["E0005"]);
}

#[test]
fn hostile_nesting_ends_in_a_fault() {
    for text in [
        "[".repeat(100_000),
        "- ".repeat(100_000),
        "{a: ".repeat(10_000),
        "? ".repeat(100_000),
    ] {
        let (_, faults) = parsed(&text);
        assert!(!faults.is_empty());
    }
    let quotes = "rules:\n".to_owned() + &"- '\n".repeat(20_001);
    let (_, faults) = parsed(&quotes);
    assert!((1..=20_001).contains(&faults.len()), "{}", faults.len());
}
