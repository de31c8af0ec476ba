//! What bounds the readers, each at its value and one beyond it. The table in docs/testing.md lists every limit with its
//! test.

use opentelemetry_proto::tonic::common::v1::any_value::Value;

use super::support::*;

/// The longest piece that is held in memory, in bytes.
const PIECE: usize = 96 << 20;

/// The longest line that is read as one, in bytes.
const LINE: usize = 16 << 20;

fn wrapped(bytes: &[u8], times: usize, wrap: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    (0..times).fold(bytes.to_vec(), |bytes, _| wrap(&bytes))
}

fn archive(bytes: &[u8]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    archive.append_data(&mut header, "inner", bytes).unwrap();
    archive.into_inner().unwrap()
}

#[test]
fn three_archives_in_one_another_are_opened_and_a_fourth_is_told() {
    let read_of = |times| read(&wrapped(line("deep").as_bytes(), times, archive));
    assert_eq!(read_of(3).names(), ["deep"]);
    let beyond = read_of(4);
    assert!(beyond.names().is_empty());
    let message = "more than 3 archives in one another";
    assert!(beyond.broken[0].contains(message), "{:?}", beyond.broken);
}

#[test]
fn three_compressions_around_each_other_are_undone_and_a_fourth_is_told() {
    for wrap in [gzip, zstd] {
        let read_of = |times| read(&wrapped(line("deep").as_bytes(), times, wrap));
        assert_eq!(read_of(3).names(), ["deep"]);
        let beyond = read_of(4);
        assert!(beyond.names().is_empty());
        assert!(beyond.is_unknown || !beyond.broken.is_empty());
    }
}

/// A request of one span and so many bytes.
fn request_of(bytes: usize) -> Vec<u8> {
    let span = [
        &b"\x0a\x10tttttttttttttttt\x12\x08ssssssss\x2a\x05whole"[..],
        &[0x39, 1, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let within = |field: u8, content: &[u8]| [&[field, content.len() as u8], content].concat();
    let mut request = within(0x0a, &within(0x12, &within(0x12, &span)));
    // A field that nobody knows, of all that is left: its key, a length of four bytes, and zeros.
    let left = bytes - request.len() - 5;
    request.push(0x7a);
    request
        .extend((0..4).map(|at| (left >> (7 * at)) as u8 & 0x7f | if at < 3 { 0x80 } else { 0 }));
    request.resize(bytes, 0);
    request
}

#[test]
fn a_frame_is_read_to_its_longest_and_a_longer_one_is_left_out() {
    let framed = |bytes: usize| {
        let mut frames = (bytes as u32).to_be_bytes().to_vec();
        frames.extend(request_of(bytes));
        // What follows is read in both cases.
        let next = request_of(200);
        frames.extend((next.len() as u32).to_be_bytes());
        frames.extend(next);
        read(&frames)
    };
    let longest = framed(PIECE);
    assert_eq!(
        (longest.names(), longest.broken.len()),
        (vec!["whole"; 2], 0)
    );
    let beyond = framed(PIECE + 1);
    assert_eq!(beyond.names(), ["whole"]);
    let message = "more than 96 MiB: left out";
    assert!(beyond.broken[0].contains(message), "{:?}", beyond.broken);
}

#[test]
fn long_and_short_frames_are_read_in_turns_however_they_come() {
    let sizes = [
        200, 65_536, 300, 400_000, 65_535, 250, 1_000_000, 700_000, 200,
    ];
    let framed = |bytes: usize| [(bytes as u32).to_be_bytes().to_vec(), request_of(bytes)].concat();
    let frames: Vec<u8> = sizes.into_iter().flat_map(framed).collect();
    let cut = frames.len() - 204 - 100_000;
    let begun = frames.len() - 204 - 700_004;
    for step in [usize::MAX, 100_003, 4_096, 5] {
        let whole = read_slowly(&[&frames[..], &[0, 0]].concat(), step);
        assert_eq!(whole.names().len(), sizes.len(), "{step}");
        let place = format!(
            "byte {}: the input ends inside a frame's length",
            frames.len()
        );
        assert_eq!(whole.broken, [place], "{step}");
        let early = read_slowly(&frames[..cut], step);
        let told = "the input ends inside a frame: 700000 bytes announced, 600000 there";
        assert_eq!(early.broken, [format!("byte {begun}: {told}")], "{step}");
    }
}

#[test]
fn a_line_beyond_its_longest_is_read_element_by_element_and_says_the_same() {
    let text = line("long");
    for bytes in [LINE, LINE + 1] {
        let padded = format!(
            "{}{}}}",
            &text[..text.len() - 1],
            " ".repeat(bytes - text.len())
        );
        assert_eq!(padded.len(), bytes);
        let read = read(format!("{padded}\n{text}\n").as_bytes());
        assert_eq!((read.names(), read.broken.len()), (vec!["long"; 2], 0));
    }
}

#[test]
fn five_answers_around_each_other_are_opened_and_a_sixth_is_told() {
    let text = line("inside");
    let read_of = |times: usize| {
        read(format!("{}{text}{}", "{\"trace\":".repeat(times), "}".repeat(times)).as_bytes())
    };
    assert_eq!(read_of(5).names(), ["inside"]);
    let beyond = read_of(6);
    assert!(beyond.names().is_empty());
    assert!(beyond.is_unknown || !beyond.broken.is_empty());
}

/// A span of Zipkin with these tags.
fn zipkin(tags: &str) -> Collected {
    let text = format!(
        r#"[{{"traceId":"0102030405060708","id":"0102030405060708","name":"n","timestamp":1,"duration":1,"localEndpoint":{{"serviceName":"s"}},"tags":{{{tags}}}}}]"#
    );
    read(text.as_bytes())
}

#[test]
fn links_in_tags_are_read_to_their_most_and_stay_tags_beyond() {
    let tags = |count: usize| -> String {
        let link = |number| {
            format!(
                r#""otlp.link.{number}":"0102030405060708090a0b0c0d0e0f10|0102030405060708||{{}}|0""#
            )
        };
        (0..count).map(link).collect::<Vec<_>>().join(",")
    };
    let most = zipkin(&tags(128));
    assert_eq!(
        (
            most.spans()[0].links.len(),
            most.spans()[0].attributes.len()
        ),
        (128, 0),
        "{:?}",
        most.broken
    );
    let beyond = zipkin(&tags(129));
    assert_eq!(
        (
            beyond.spans()[0].links.len(),
            beyond.spans()[0].attributes.len()
        ),
        (128, 1)
    );
}

#[test]
fn values_in_a_tree_are_read_to_their_deepest_and_left_out_beyond() {
    // A tag is the third level: the span, its tags, the value.
    let value = |depth: usize| format!(r#""k":{}1{}"#, "[".repeat(depth), "]".repeat(depth));
    let deepest = zipkin(&value(30));
    assert!(
        !deepest
            .broken
            .iter()
            .any(|told| told.contains("nested too deeply")),
        "{:?}",
        deepest.broken
    );
    let beyond = zipkin(&value(31));
    assert!(
        beyond
            .broken
            .iter()
            .any(|told| told.contains("nested too deeply")),
        "{:?}",
        beyond.broken
    );
}

#[test]
fn an_attribute_keeps_arrays_to_their_deepest() {
    let of = |depth: usize| {
        let value = format!(
            "{}{{\"intValue\":1}}{}",
            "{\"arrayValue\":{\"values\":[".repeat(depth),
            "]}}".repeat(depth)
        );
        let text = line("deep").replace(
            "\"kind\":2",
            &format!("\"attributes\":[{{\"key\":\"k\",\"value\":{value}}}]"),
        );
        let read = read(text.as_bytes());
        let mut depth = 0;
        let mut value = read.spans()[0].attributes[0].value.clone();
        while let Some(Value::ArrayValue(array)) = value.take().and_then(|value| value.value) {
            depth += 1;
            value = array.values.first().cloned();
        }
        (depth, read.broken.len())
    };
    assert_eq!(of(31), (31, 0));
    assert_eq!(of(32).1, 1);
}

#[test]
fn an_object_that_javascript_printed_is_read_to_its_longest_and_told_beyond() {
    const OBJECT: usize = 4 << 20;
    let samples =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/formats/samples");
    let sample = std::fs::read_to_string(samples.join("javascript-console.txt")).unwrap();
    let begin = sample.find("{\n").unwrap();
    let end = begin + sample[begin..].find("\n}").unwrap() + 1;
    let (before, object) = (&sample[..begin], &sample[begin..end]);
    // The object up to its last brace takes so many bytes.
    let padded = |bytes: usize| {
        let mut padding = " ".repeat(bytes - object.len());
        for at in (999..padding.len()).step_by(1000) {
            padding.replace_range(at..=at, "\n");
        }
        padding.pop();
        read(format!("{before}{object}{padding}\n}}\n").as_bytes())
    };
    let longest = padded(OBJECT);
    assert_eq!(
        (longest.names().len(), longest.broken.len()),
        (1, 0),
        "{:?}",
        longest.broken
    );
    let beyond = padded(OBJECT + 1);
    assert_eq!(beyond.names().len(), 0);
    assert!(
        beyond.broken[0].contains("an object that is too long"),
        "{:?}",
        beyond.broken
    );
}
