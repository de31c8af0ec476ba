//! Characters of a file: those that no text holds, and where each of them stands in bytes.

use crate::codes::files as codes;
use crate::file::yaml::tree::YamlFault;

/// Control characters are reported one by one up to this many; the rest only as a number.
const MAX_CONTROL_FAULTS: usize = 20;

/// The first byte of the character that stands for what is no text.
const ODD_BEGINS: u8 = 0xEF;
const DELETE: u8 = 0x7F;

/// Whether such a byte stands in a text. So many are looked at before anything is decided, which goes at once.
pub(super) fn holds(text: &str, is_such: impl Fn(u8) -> bool) -> bool {
    let mut chunks = text.as_bytes().chunks(64);
    chunks.any(|chunk| {
        let bytes = chunk.iter();
        bytes.fold(false, |found, byte| found | is_such(*byte))
    })
}

/// Bytes from whose beginning a file is known to be no text, and which of their characters may be odd.
const HEAD: usize = 512;
const ODD_OF: usize = 8;

fn is_control(sign: char) -> bool {
    sign.is_ascii_control() && !matches!(sign, '\t' | '\n' | '\r')
}

/// The one fault of a file that is no text at all: UTF-16, or compressed, or anything else.
pub(super) fn no_text(source: &str) -> Option<YamlFault> {
    let head = || source.char_indices().take_while(|(at, _)| *at < HEAD);
    let signs = head().map(|(_, sign)| sign);
    let controls = signs.clone().filter(|sign| is_control(*sign)).count();
    let odd = signs
        .clone()
        .filter(|sign| *sign == char::REPLACEMENT_CHARACTER);
    // What is in another encoding of one byte a character has no control characters.
    if controls == 0 || (controls + odd.count()) * ODD_OF < signs.count() {
        return None;
    }
    let is_wide = source.matches('\0').take(HEAD).count() * 3 > head().count();
    let help = match (is_wide, source.starts_with(['\u{1f}', '('])) {
        (true, _) => "it looks like UTF-16: save it as UTF-8",
        (false, true) => "it looks compressed: a rule file is plain YAML",
        (false, false) => "a rule file is YAML, saved as UTF-8",
    };
    Some(YamlFault {
        code: codes::ODD_CHARACTER,
        range: 0..source.chars().next().map_or(0, char::len_utf8),
        message: "this file is no text".to_owned(),
        help: Some(help.to_owned()),
    })
}

/// Reports what no text file contains, and blanks it out so that the rest can be read. Positions stay.
pub(super) fn without_control_characters(
    source: &str,
    faults: &mut Vec<YamlFault>,
) -> Option<String> {
    // Nearly no file has one.
    if !holds(source, |byte| {
        byte < b' ' && byte != b'\n' || matches!(byte, DELETE | ODD_BEGINS)
    }) {
        return None;
    }
    let mut found: Vec<(usize, char)> = Vec::new();
    for (at, c) in source.char_indices() {
        if is_control(c) || c == char::REPLACEMENT_CHARACTER {
            found.push((at, c));
        }
    }
    if found.is_empty() {
        return None;
    }
    let more = found.len().saturating_sub(MAX_CONTROL_FAULTS);
    for (index, &(at, c)) in found.iter().take(MAX_CONTROL_FAULTS).enumerate() {
        let mut message = if c == char::REPLACEMENT_CHARACTER {
            "this is not UTF-8 text".to_owned()
        } else {
            format!(
                "the control character U+{:04X} cannot stand in a rule file",
                c as u32
            )
        };
        if index + 1 == MAX_CONTROL_FAULTS && more > 0 {
            message.push_str(&format!(" (and {more} more like it)"));
        }
        faults.push(YamlFault {
            code: codes::ODD_CHARACTER,
            range: at..at + c.len_utf8(),
            message,
            help: Some(
                "save the file as UTF-8; inside a condition write the character as \\u{…}"
                    .to_owned(),
            ),
        });
    }
    let mut cleaned = String::with_capacity(source.len());
    let mut rest = 0;
    for (at, c) in found {
        cleaned.push_str(&source[rest..at]);
        cleaned.extend(std::iter::repeat_n('?', c.len_utf8()));
        rest = at + c.len_utf8();
    }
    cleaned.push_str(&source[rest..]);
    Some(cleaned)
}

/// Byte offsets of characters: one remembered for each [`Offsets::STEP`] of them.
pub(super) struct Offsets<'a> {
    pub text: &'a str,
    steps: Vec<usize>,
}

impl<'a> Offsets<'a> {
    const STEP: usize = 128;

    pub fn new(text: &'a str) -> Offsets<'a> {
        let steps = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices()
                .map(|(at, _)| at)
                .step_by(Offsets::STEP)
                .collect()
        };
        Offsets { text, steps }
    }

    pub fn byte(&self, character: usize) -> usize {
        if self.steps.is_empty() {
            return character.min(self.text.len());
        }
        let Some(&base) = self.steps.get(character / Offsets::STEP) else {
            return self.text.len();
        };
        let rest = character % Offsets::STEP;
        self.text[base..]
            .char_indices()
            .nth(rest)
            .map_or(self.text.len(), |(at, _)| base + at)
    }

    /// How many characters stand before a byte.
    pub fn character(&self, byte: usize) -> usize {
        if self.steps.is_empty() {
            return byte;
        }
        let step = self
            .steps
            .partition_point(|&begin| begin <= byte)
            .saturating_sub(1);
        let base = self.steps[step];
        step * Offsets::STEP + self.text[base..byte].chars().count()
    }
}
