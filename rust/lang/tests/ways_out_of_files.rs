//! What is told of a whole file: one fault for one mistake, and a way out that leads out as it stands in the file.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use betrace_lang::{Diagnostic, Limits, SourceFile, load, render_text};

fn told(bytes: &[u8]) -> Vec<Diagnostic> {
    let file = SourceFile::from_bytes("rules.yaml".to_owned(), bytes);
    load(&[file], &Limits::default()).diagnostics
}

fn codes(bytes: &[u8]) -> Vec<String> {
    let told = told(bytes).into_iter();
    told.map(|one| one.code.0.to_owned()).collect()
}

fn help(bytes: &[u8]) -> String {
    let told = told(bytes);
    told.iter()
        .find_map(|one| one.help.clone())
        .unwrap_or_default()
}

/// The file with what its diagnostics offer, last first.
fn mended(text: &str) -> String {
    let mut told = told(text.as_bytes());
    told.sort_by_key(|one| std::cmp::Reverse(one.range.start));
    let mut mended = text.to_owned();
    for one in told {
        if let Some(suggestion) = &one.suggestion {
            mended.replace_range(one.range, suggestion);
        }
    }
    mended
}

#[test]
fn what_is_offered_loads_where_it_is_pasted() {
    for text in [
        // Quotes at the beginning of a plain text are YAML's.
        "rules:\n- id: a\n  condition: GET /users/{id}\n",
        "rules:\n- id: a\n  condition: never { x }\n  exceptions: [ no bypass, GET /x ]\n",
        "rules:\n- id: a\n  condition: 'GET /users'\n",
        "rules:\n- id: a\n  condition: \"GET /users and x\"\n",
        // Signs of lists in a plain text that stands in none.
        "rules:\n- id: a\n  condition: never { any.where(x in (a, b)) }\n",
        "rules:\n- id: a\n  condition: never { sum(a.amount) > 5 }\n",
        "rules:\n- id: a\n  condition: never { a }\n  tests: [ { name: t, trace: [ { span: a, duration: 5 } ], expect: violated } ]\n",
    ] {
        let mended = mended(text);
        let left = codes(mended.as_bytes());
        assert!(
            mended != text && !left.iter().any(|code| code.starts_with('E')),
            "{text}\n{mended}\n{left:?}"
        );
    }
}

#[test]
fn what_cannot_be_pasted_is_told_with_the_block_that_it_needs() {
    let text = b"rules:\n- id: a\n  condition: GET /users and not audit\n";
    assert_eq!(told(text)[0].suggestion, None);
    assert!(help(text).contains("as a block (`|`)"), "{}", help(text));
    // In a list a comma would end the text.
    let text =
        b"rules:\n- id: a\n  condition: never { x }\n  exceptions: [ root.where(z in (a b)) ]\n";
    assert!(told(text).iter().all(|one| one.suggestion.is_none()));
}

#[test]
fn every_fault_of_form_has_a_way_out() {
    for (text, wanted) in [
        (
            "rules:\n  id: a\n  condition: never { x }\n",
            "each item begins with `- `",
        ),
        ("rules:\n- id a\n", "`{ name: value }`"),
        ("macros: [a]\nrules: []\n", "without `- ` before them"),
        ("rules:\n- id: a\n  condition: [x]\n", "behind `|`"),
        ("rules:\n- id: a\n", "`condition: never { payment.bypass }`"),
        ("rules:\n- condition: never { x }\n", "`id: audited-reads`"),
        ("rule:\n- id: a\n", "did you mean `rules`?"),
        ("receivers: { otlp: }\n", "`betrace check --config FILE`"),
        (
            "rules:\n- id: a\n  never: x\n",
            "stand in the text of `condition`",
        ),
        (
            "rules:\n- id: a\n  condition: never { x }\n   severity: high\n",
            "goes on with its text",
        ),
        (
            "rules:\n- { id: a, condition: never { x } }\n",
            "between braces or brackets a text with",
        ),
        (
            "rules:\n- id: a\n  condition: \"never { x.where(y == \"b\") }\"\n",
            "written `\\\"`",
        ),
    ] {
        let told = told(text.as_bytes());
        let all: Vec<&str> = told.iter().filter_map(|one| one.help.as_deref()).collect();
        assert!(
            all.iter().any(|help| help.contains(wanted)),
            "{text}{all:?}"
        );
    }
}

#[test]
fn what_people_call_a_key_is_known() {
    for (text, key) in [
        ("rules:\n- id: a\n  cond: never { x }\n", "condition"),
        (
            "rules:\n- id: a\n  level: high\n  condition: never { x }\n",
            "severity",
        ),
        (
            "rules:\n- id: a\n  condition: never { x }\n  tests: [ { name: t, trace: [ { name: x } ], expect: violated } ]\n",
            "span",
        ),
        (
            "rules:\n- id: a\n  condition: never { x }\n  tests: [ { name: t, trace: [ { span: x, attrs: { y: 1 } } ], expect: violated } ]\n",
            "attributes",
        ),
    ] {
        let offered: Vec<String> = told(text.as_bytes())
            .into_iter()
            .filter_map(|one| one.suggestion)
            .collect();
        assert_eq!(offered, [key], "{text}");
        assert!(
            codes(mended(text).as_bytes()).is_empty(),
            "{}",
            mended(text)
        );
    }
    let text = "lists: { cur: EUR, USD }\n";
    assert!(
        told(text.as_bytes())
            .iter()
            .any(|one| one.suggestion.as_deref() == Some("[EUR]"))
    );
}

/// What YAML has for a boolean or a number, and the language for a text.
#[test]
fn items_of_a_list_that_are_texts_in_silence_are_doubted() {
    let list = |items: &str| {
        format!(
            "lists: {{ l: [{items}] }}\nrules:\n- id: a\n  condition: never {{ x.where(y in l) }}\n"
        )
    };
    for (items, code, meant) in [
        ("True, a", "W0114", "true, a"),
        ("0x10, 3", "W0138", "16, 3"),
        ("10k", "W0138", "10_000"),
        ("0644", "W0139", "\"0644\""),
    ] {
        let text = list(items);
        assert_eq!(codes(text.as_bytes()), [code], "{text}");
        assert_eq!(mended(&text), list(meant));
    }
    let text = list("\"True\", '0x10', \"0644\", yes, 5G, 0, 0.5, null-value");
    assert_eq!(codes(text.as_bytes()), [""; 0]);
}

#[test]
fn one_mistake_is_one_fault() {
    for (text, wanted) in [
        // A key that is indented otherwise than those of its rule.
        ("rules:\n  - id: a\n   condition: never { x }\n", "E0003"),
        (
            "rules:\n- id: a\n  condition: never { x and z: b }\n",
            "E0003",
        ),
        (
            "rules:\n- id: a\n  condition: |\n    never { any.where(x == \"a' ) }\n",
            "E0108",
        ),
        (
            "rules:\n- id: a\n  condition: |\n    never { any.where(x == \"a ) }\n    and b\n",
            "E0108",
        ),
        (
            "rules:\n- id: a\n  condition: |\n- id: b\n  condition: never { x }\n",
            "E0118",
        ),
        (
            "lists: { cur: EUR }\nrules:\n- id: a\n  condition: never { x.where(y in cur) }\n",
            "E0007",
        ),
    ] {
        assert_eq!(codes(text.as_bytes()), [wanted], "{text}");
    }
    // What is open behind the text that is never closed is still told.
    let text =
        "rules:\n- id: a\n  condition: |\n    when { x.where(y == \"a }\n    always { (z }\n";
    assert_eq!(codes(text.as_bytes()), ["E0108", "E0112"]);
}

#[test]
fn a_comment_of_yaml_that_ends_a_text_is_named() {
    for text in [
        "rules:\n- id: a\n  condition: never { x.where(y == \"b # c\") }\n",
        "rules:\n- id: a\n  condition: never { x # and y }\n",
    ] {
        assert!(help(text.as_bytes()).contains("for a comment"), "{text}");
    }
    let text = "rules:\n- id: a\n  condition: never { x } # y\n";
    assert!(told(text.as_bytes()).is_empty());
}

#[test]
fn an_empty_block_is_shown_where_it_begins() {
    let told = told(b"rules:\n- id: a\n  condition: |\n- id: b\n  condition: never { x }\n");
    assert_eq!((told[0].line, told[0].column), (3, 14));
}

#[test]
fn a_file_that_is_no_text_is_one_fault() {
    let rules = "rules:\n- id: a\n  condition: never { x }\n";
    let wide: Vec<u8> = rules.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xff, 0xfe], &wide[..]].concat();
    let compressed: Vec<u8> = [0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x00]
        .into_iter()
        .chain((0..400u32).map(|at| (at * 89 % 251) as u8))
        .collect();
    for (bytes, wanted) in [
        (wide, "UTF-16"),
        (marked, "UTF-16"),
        (compressed, "compressed"),
    ] {
        assert_eq!(codes(&bytes), ["E0002"]);
        assert!(help(&bytes).contains(wanted), "{}", help(&bytes));
    }
    let recording = b"{\"resourceSpans\":[]}\n";
    assert!(help(recording).contains("a recording of traces"));
}

#[test]
fn a_text_in_another_encoding_is_told_place_by_place() {
    let text = b"# \xe4\xf6\xfc\xdf \xe4\xf6\nrules:\n- id: a\n  condition: never { x }\n";
    assert_eq!(codes(text), ["E0002"; 6]);
    let text = b"rules:\n- id: a\n  condition: never { x }\n  name: a\x01b\x00c\n";
    assert_eq!(codes(text), ["E0002"; 2]);
}

/// A line that is too long to be shown whole beside its fault, and a passage of several lines.
#[test]
fn what_is_offered_is_shown_however_long_the_line_is() {
    let filler = "and bbbbbbbbbbbbbbbb ".repeat(5);
    let long =
        format!("rules:\n- id: a\n  condition: |\n    never {{ any.where(x = 1) {filler}}}\n");
    let longer = long.replace(&filler, &filler.repeat(6));
    let lines = "rules:\n- id: a\n  condition: |\n    when pay\n    always check\n".to_owned();
    for (text, wanted) in [
        (long, "any.where(x == 1)"),
        (longer, "= help: write `==`"),
        (lines, "= help: write `when { pay } always { check }`"),
    ] {
        let file = SourceFile::new("rules.yaml", text);
        let told = load(std::slice::from_ref(&file), &Limits::default()).diagnostics;
        let shown = render_text(&told, &[file], false);
        assert!(shown.contains(wanted), "{shown}");
    }
}
