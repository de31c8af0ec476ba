//! What is read line by line is what the YAML parser reads, place by place.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::build::{of_events, of_lines};
use crate::limits::Limits;

const PIECES: [&str; 44] = [
    "k: value",
    "j: a b  c ",
    "i:",
    "h:  # c",
    "g: # c",
    "- a",
    "- k: v",
    "-  j: w",
    "- i:",
    "- # c",
    "-",
    "- - a",
    "f: |",
    "e: |-",
    "d: >",
    "c: | # c",
    "text",
    "text: with : in it",
    "# comment",
    "",
    "   ",
    "b: [a, b.c ]",
    "a: { a: b, c: [d, 'e' ] }  ",
    "z: []  # c",
    "y: [a]# c",
    "x: 'it''s' # c",
    "w: \"x y\"  ",
    "v: \"x\\n\"",
    "u: 'open",
    "t: a - b",
    "s: [a -, b]",
    "r: a: b",
    "q: -1",
    "p: ~",
    "o: a#b",
    "n: [a, ]",
    "m: [a: b]",
    "l: (a) and b:",
    "'k': x",
    "k: again",
    "[a, b]",
    "--- a",
    "...",
    "k2: {a: 'x', b: }",
];

fn agree(text: &str) -> bool {
    let limits = Limits::default();
    let Some(ours) = of_lines(text, &limits, None) else {
        return false;
    };
    let mut faults = Vec::new();
    let theirs = of_events(text, &limits, &mut faults);
    assert!(faults.is_empty(), "{text:?}: {faults:?}");
    assert_eq!(format!("{ours:#?}"), format!("{theirs:#?}"), "{text:?}");
    true
}

#[test]
fn any_text_that_is_read_line_by_line_is_read_alike() {
    let piece = (0..4usize, 0..PIECES.len());
    let texts = proptest::collection::vec(piece, 1..7);
    let mut runner = TestRunner::deterministic();
    let mut read = 0;
    for _ in 0..20_000 {
        let Ok(tree) = texts.new_tree(&mut runner) else {
            continue;
        };
        let mut text = String::new();
        for (depth, piece) in tree.current() {
            text.extend(std::iter::repeat_n("  ", depth));
            text.push_str(PIECES[piece]);
            text.push('\n');
        }
        read += usize::from(agree(&text));
    }
    assert!(read > 300, "{read}");
}

#[test]
fn rule_files_are_read_line_by_line() {
    for text in [
        "rules:\n  - id: a\n    tags: [x, y]\n    condition: |\n      a and b\n\n    # c\n  - id: b\n    condition: 'a.where(b == \"c\")'\n",
        "rules:\n- id: a\n  compliance: { SOC2: [CC6.1] }\n  condition: |-\n    a\n      b\n\n\n    c\n\n",
        "macros: { internal: 'root.where(test.run == true)' }\nlists:\n  cards:\n  - visa\n  - mc\nrules:\n  - id: a\n    message: \"{count}\"\n    condition: a\n\n",
    ] {
        assert!(agree(text), "{text}");
    }
    let shop = betrace_bench::rules::many(200);
    assert!(agree(&shop));
}

#[test]
fn what_is_not_certain_is_left_to_the_parser() {
    for text in [
        "",
        "# nothing\n",
        "a: b",
        "a: é\n",
        "a:\tb\n",
        "a: b\n  c\n",
        "a: b\na: c\n",
        "a: *b\n",
        "a: &b c\n",
        "a: >\n  b\n",
        "a:\nb: c\n",
        "? a\n",
        "{a: b}\n",
        "a: |\nb: c\n",
        "a: \"b\n  c\"\n",
    ] {
        assert!(
            of_lines(text, &Limits::default(), None).is_none(),
            "{text:?}"
        );
    }
}

#[test]
fn what_rule_files_look_like_is_read_line_by_line() {
    for text in [
        "k: [a, b]\nj: c\n",
        "k: []\n",
        "k: { a: b, c: [d] }\nj: e\n",
        "k: |\n  a\n  b\nj: c\n",
        "k: |\n  a\nj: c\n",
        "- k: |-\n    a\n\n    b\n  j: c\n",
    ] {
        assert!(agree(text), "{text:?}");
    }
}
