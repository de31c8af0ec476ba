//! Whatever a file holds: no panic, places inside the file, and the same text and JSON for the same file.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use betrace_lang::{
    Diagnostic, FormatOptions, Limits, LineIndex, SourceFile, format_file, load, render_json,
    render_text,
};
use proptest::prelude::*;

fn fragment() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "rules:\n",
        "  - id: a\n",
        "    condition: ",
        "    expression: |\n      ",
        "never { x }",
        "when each { x as p }",
        "macros: { m: 'x' }\n",
        "lists:\n  l: [1, é, 2ms]\n",
        "    exceptions: [m, '",
        "']\n",
        "    tests:\n      - name: t\n        trace: [{ span: x, ",
        "children: [",
        "}]\n",
        "        expect: violated\n",
        "    message: \"{p.a} {count}\"\n",
        "    severity: HIGH\n",
        "&a ",
        "*a ",
        "!t ",
        "---\n",
        "...\n",
        "> \n",
        "|2-\n",
        "\r\n",
        "\t",
        "\u{FEFF}",
        "\u{0}",
        "\u{202E}",
        "\u{1F600}",
        "é",
        "# c\n",
        "? ",
        ": ",
        "- ",
        "{ ",
        "} ",
        "[ ",
        "] ",
        ", ",
        "\"",
        "'",
        "\\",
        "\n",
        "\n    ",
        "x and not y\n",
        "x.where(a == \"é\")",
        "(",
        ")",
        "%YAML 1.1\n",
        "    compliance: { S: [1] }\n",
        "    enabled: no\n",
    ]);
    known.prop_map(str::to_owned)
}

/// The text for people says each diagnostic, with its place, errors first.
fn hold_shown(diagnostics: &[Diagnostic], files: &[SourceFile]) -> Result<(), TestCaseError> {
    let text = render_text(diagnostics, files, false);
    let mut rest = text.as_str();
    let (errors, remarks): (Vec<_>, Vec<_>) = diagnostics.iter().partition(|one| one.is_error());
    for one in errors.into_iter().chain(remarks) {
        for wanted in [
            format!("[{}]", one.code.0),
            format!("--> f.yaml:{}:{}", one.line, one.column),
        ] {
            let at = rest.find(&wanted);
            prop_assert!(at.is_some(), "{wanted} of {one:?} is not in {text}");
            rest = &rest[at.unwrap_or_default() + wanted.len()..];
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_ends_in_diagnostics_at_places_of_it(
        fragments in prop::collection::vec(fragment(), 0..24),
        begins_well in any::<bool>(),
    ) {
        let mut text = String::from(if begins_well { "rules:\n  - id: z\n    condition: x and not y\n" } else { "" });
        text.extend(fragments);
        let files = [SourceFile::new("f.yaml", text.as_str())];
        let loaded = load(&files, &Limits::default());
        let lines = LineIndex::new(&text);
        for one in &loaded.diagnostics {
            prop_assert!(one.range.start <= one.range.end && one.range.end <= text.len(), "{one:?} in {text:?}");
            prop_assert!(text.is_char_boundary(one.range.start) && text.is_char_boundary(one.range.end), "{one:?} in {text:?}");
            let begin = lines.place(one.range.start);
            prop_assert_eq!((begin.line, begin.column), (one.line, one.column));
            prop_assert!((one.line, one.column) <= (one.end_line, one.end_column));
            prop_assert!(one.message.len() < 2_000, "{one:?}");
        }
        prop_assert!(loaded.rules.len() <= loaded.rule_count);
        if loaded.rules.len() < loaded.rule_count {
            prop_assert!(loaded.has_errors(), "a rule is missing without an error: {text:?}");
        }
        // Maps are seeded anew each time they are made, so what hung on their order would differ.
        let again = load(&files, &Limits::default());
        prop_assert_eq!(&again.diagnostics, &loaded.diagnostics, "{:?}", text);
        hold_shown(&loaded.diagnostics, &files)?;
        let json: serde_json::Value = serde_json::from_str(&render_json(&loaded.diagnostics, &files, loaded.rule_count)).unwrap();
        prop_assert_eq!(json["diagnostics"].as_array().unwrap().len(), loaded.diagnostics.len());
        if let Ok(formatted) = format_file(&text, FormatOptions::default()) {
            let again = load(&[SourceFile::new("f.yaml", formatted.as_str())], &Limits::default());
            let hashes = |loaded: &betrace_lang::Loaded| loaded.rules.iter().map(|one| one.rule.hash).collect::<Vec<_>>();
            prop_assert_eq!(hashes(&loaded), hashes(&again), "{}\n---\n{}", text, formatted);
        }
    }

    #[test]
    fn bytes_of_any_kind_are_read(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), Just(b'\xe9'), Just(b'\n')], 0..200)) {
        let files = [SourceFile::from_bytes("f.yaml", &bytes)];
        let loaded = load(&files, &Limits::default());
        let is_text = std::str::from_utf8(&bytes).is_ok_and(|text| !text.contains('\u{fffd}'));
        for one in &loaded.diagnostics {
            prop_assert!(files[0].text.get(one.range.clone()).is_some(), "{:?} of {:?}", one, &files[0].text);
        }
        prop_assert!(is_text || loaded.diagnostics.iter().any(|one| one.code.0 == "E0002"));
        hold_shown(&loaded.diagnostics, &files)?;
    }
}

#[test]
fn a_rule_of_which_something_is_refused_is_not_among_those_that_load() {
    let text = "rules:\n  - &r { id: a, condition: 'never { x }', severity: *r }\n  - { id: b, condition: 'never { x }' }\n";
    let loaded = load(&[SourceFile::new("rules.yaml", text)], &Limits::default());
    let ids = loaded.rules.iter().map(|rule| &*rule.rule.id.0);
    assert_eq!(ids.collect::<Vec<_>>(), ["b"]);
}
