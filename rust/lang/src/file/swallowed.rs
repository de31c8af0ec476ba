//! Lines that a comment swallows, where YAML made one line of several.

use memchr::memchr2;

use crate::codes::files as codes;
use crate::condition::scan::comments;
use crate::file::read::{Reader, Text};
use crate::file::yaml::{ScalarMap, Style};

/// Warns where a comment goes on beyond the line that it is written on.
pub(super) fn warn_of_swallowed_lines(reader: &mut Reader<'_>, text: &Text<'_>) {
    let Some(scalar) = text.node.as_scalar() else {
        return;
    };
    // No comment begins with anything else.
    if scalar.style == Style::Literal || memchr2(b'#', b'/', text.value.as_bytes()).is_none() {
        return;
    }
    let map = ScalarMap::new(scalar, reader.text);
    for comment in comments(&text.value) {
        let source = map.range(comment);
        let swallowed = reader
            .text
            .get(source.clone())
            .unwrap_or_default()
            .trim_end();
        if let Some(line_end) = swallowed.find('\n') {
            let range = source.start..source.start + swallowed[..line_end].trim_end().len();
            let diagnostic = reader.report(
                codes::SWALLOWED_LINES,
                range,
                "this comment swallows the lines behind it",
            );
            diagnostic.help = Some(
                "YAML makes one line of this text; write it as a literal block: `|`".to_owned(),
            );
        }
    }
}
