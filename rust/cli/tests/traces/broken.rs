//! Broken input is named with its place, and what is whole is kept.

use super::support::*;
use proptest::prelude::*;

#[test]
fn a_broken_line_costs_itself() {
    let cut = &line("cut")[..120];
    for (bad, message) in [
        (
            "{\"resourceSpans\":[{]}",
            "line 2, column 20: not JSON: expected a key in quotes",
        ),
        ("not json", "line 2, column 1: not JSON: expected a value"),
        (
            "{\"resourceSpans\":[",
            "line 2, column 19: the JSON ends early",
        ),
        (
            "{\"name\":\"x",
            "line 2, column 11: the JSON ends inside a string",
        ),
        (
            "{\"resourceSpans\":[]} x",
            "line 2, column 22: text after the end of the JSON value",
        ),
        (
            "{\"cat\":1}",
            "line 2, column 1: JSON, but no trace of a shape that is known",
        ),
        (cut, "line 2, column 121: the JSON ends inside a string"),
    ] {
        let text = format!("{}\n{bad}\n{}\n", line("one"), line("three"));
        let read = read_slowly(text.as_bytes(), 50);
        assert_eq!(read.broken, [message], "{bad}");
        assert_eq!(read.names(), ["one", "three"], "{bad}");
    }
}

#[test]
fn the_last_line_may_be_cut() {
    let whole = format!("{}\n{}", line("one"), line("two"));
    let first = line("one").len() + 1;
    for end in first + 1..whole.len() {
        let read = read(&whole.as_bytes()[..end]);
        assert_eq!(
            read.names(),
            if end + 6 < whole.len() {
                vec!["one"]
            } else {
                vec!["one", "two"]
            },
            "{end}"
        );
        assert_eq!(read.broken.len(), 1, "{end}");
        assert!(
            read.broken[0].starts_with("line 2, column "),
            "{}",
            read.broken[0]
        );
    }
}

#[test]
fn a_cut_document_keeps_its_whole_spans() {
    let all: Vec<_> = ["one", "two", "three"]
        .iter()
        .flat_map(|n| {
            serde_json::from_str::<serde_json::Value>(&line(n)).unwrap()["resourceSpans"]
                .as_array()
                .unwrap()
                .clone()
        })
        .collect();
    let pretty = serde_json::to_string_pretty(&serde_json::json!({"resourceSpans": all})).unwrap();
    let mut seen = 0;
    for end in 1..pretty.len() {
        let read = read(&pretty.as_bytes()[..end]);
        assert!(read.names().len() >= seen, "{end}");
        seen = read.names().len();
        assert_eq!(read.broken.len(), 1, "{end}: {:?}", read.broken);
    }
    assert_eq!(seen, 3);
}

#[test]
fn a_broken_element_costs_itself() {
    let text = format!(
        "{{\n \"resourceSpans\": [\n  {},\n  {{\"scopeSpans\": [ oops ]}},\n  {}\n ]\n}}\n{}",
        &line("one")["{\"resourceSpans\":[".len()..]
            .strip_suffix("]}")
            .unwrap(),
        &line("two")["{\"resourceSpans\":[".len()..]
            .strip_suffix("]}")
            .unwrap(),
        line("three")
    );
    let read = read(text.as_bytes());
    assert_eq!(
        read.broken,
        ["line 4, column 20: not JSON: expected a value"]
    );
    assert_eq!(read.names(), ["one", "two", "three"]);
}

#[test]
fn a_cut_request_keeps_its_whole_spans() {
    let whole = [proto("one"), proto("two")].concat();
    let first = proto("one").len();
    for end in first + 1..whole.len() {
        let read = read(&whole[..end]);
        assert_eq!(read.names()[0], "one", "{end}");
        assert_eq!(read.broken.len(), 1, "{end}");
        assert!(read.broken[0].starts_with("byte "), "{}", read.broken[0]);
        assert!(read.undecodable.is_empty(), "{end}");
    }
    assert_eq!(
        read(&whole[..whole.len() - 1]).broken[0],
        format!(
            "byte {}: the protobuf ends early: a record of {first} bytes has {}",
            whole.len() - 1,
            first - 1
        )
    );
}

#[test]
fn a_cut_frame_keeps_its_whole_spans() {
    let whole = [frame(&proto("one")), frame(&proto("two"))].concat();
    let first = frame(&proto("one")).len();
    let read_cut = read(&whole[..whole.len() - 3]);
    assert_eq!(read_cut.names(), ["one"]);
    assert_eq!(
        read_cut.broken,
        [format!(
            "byte {first}: the input ends inside a frame: {} bytes announced, {} there",
            first - 4,
            first - 7
        )]
    );
    assert_eq!(
        read(&whole[..first + 2]).broken,
        [format!(
            "byte {first}: the input ends inside a frame's length"
        )]
    );
    let squeezed = [
        frame(&zstd(&proto("one"))),
        frame(b"\x28\xb5\x2f\xfdxxxx"),
        frame(&zstd(&proto("two"))),
    ]
    .concat();
    let read = read(&squeezed);
    assert_eq!(read.names(), ["one", "two"]);
    assert!(
        read.broken[0].contains("zstd data is broken"),
        "{:?}",
        read.broken
    );
}

#[test]
fn a_cut_archive_keeps_what_came() {
    let text: String = (0..2000)
        .map(|n| line(&format!("span {n} {:x}", n * 0x9e37_79b9_u64)) + "\n")
        .collect();
    for packed in [zstd(text.as_bytes()), gzip(text.as_bytes())] {
        let read = read(&packed[..packed.len() / 2]);
        assert!(read.names().len() > 100, "{}", read.names().len());
        assert_eq!(read.broken.len(), 1, "{:?}", read.broken);
        assert!(
            read.broken[0].contains("cannot read on"),
            "{:?}",
            read.broken
        );
    }
}

#[test]
fn what_stands_behind_packed_data_is_named_and_what_is_packed_is_kept() {
    let (one, two) = (line("one") + "\n", line("two") + "\n");
    type Pack = fn(&[u8]) -> Vec<u8>;
    for (pack, name) in [(gzip as Pack, "gzip"), (zstd, "zstd")] {
        let packed = [pack(one.as_bytes()), pack(two.as_bytes())].concat();
        for behind in [
            &b"x"[..],
            b"\x1f",
            b"\0\0garbage",
            b"#!/bin/sh\necho some other file\n",
        ] {
            let bytes = [&packed, behind].concat();
            let zeros = behind.iter().take_while(|byte| **byte == 0).count();
            let expected = format!(
                "cannot read on: the {name} data ends at byte {} and something else stands behind it: \
                 cut that off, or pack all of it anew",
                packed.len() + zeros
            );
            for read in [read(&bytes), read_slowly(&bytes, 7)] {
                assert_eq!(read.names(), ["one", "two"], "{name} {behind:?}");
                assert_eq!(read.broken.len(), 1, "{name} {behind:?}");
                assert!(read.broken[0].ends_with(&expected), "{}", read.broken[0]);
            }
        }
        // A tape is filled up with zeros, and what is appended to a file is packed for itself.
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0][..], b"xx"].concat();
        for behind in [vec![], vec![0; 600_000], pack(b""), skippable] {
            for bytes in [
                [&packed[..], &behind].concat(),
                [&packed[..], &behind, &pack(b"")].concat(),
            ] {
                let read = read(&bytes);
                assert_eq!(
                    (read.names(), &read.broken[..]),
                    (vec!["one", "two"], &[][..])
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever the bytes, reading ends, and small steps read the same as one.
    #[test]
    fn nothing_panics(kind in 0usize..8, flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut in any::<prop::sample::Index>(), step in 1usize..40) {
        let lines = [line("one"), line("two")].join("\n");
        let pretty = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&line("one")).unwrap()).unwrap();
        let mut bytes = match kind {
            0 => lines.into_bytes(),
            1 => pretty.into_bytes(),
            2 => [proto("one"), proto("two")].concat(),
            3 => [frame(&proto("one")), frame(&proto("two"))].concat(),
            4 => [frame(&zstd(&proto("one"))), frame(&zstd(lines.as_bytes()))].concat(),
            5 => zstd(lines.as_bytes()),
            6 => gzip(lines.as_bytes()),
            _ => format!("[{lines}]").into_bytes(),
        };
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len() * 3).max(1));
        let whole = read(&bytes);
        let slow = read_slowly(&bytes, step);
        prop_assert_eq!(whole.names(), slow.names());
        prop_assert_eq!(whole.broken, slow.broken);
    }
}
