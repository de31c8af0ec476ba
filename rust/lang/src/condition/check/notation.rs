//! Numbers and durations as other languages write them: `0x10`, `10k`, `5MiB`, `100L`, `0644`, `5S`. Here they are texts, but for
//! zeros before a number, which say nothing.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::lexer::meant_unit;
use crate::condition::spelling;
use crate::diagnostic::fault::Origin;
use crate::rule::{CompareOp, Literal};

/// What a word says as a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    One(String),
    /// `5MB`, of thousands and of 1024.
    Either(String, String),
}

/// Multiples by the powers of a thousand, with the letter of each.
const MULTIPLES: [(char, u32); 5] = [('k', 1), ('K', 1), ('M', 2), ('G', 3), ('T', 4)];

/// What `word` says as a number, where hardly anything else can be meant: `5G` may be a network.
pub(crate) fn figure(word: &str) -> Option<Figure> {
    let (digits, unit) = parted(word)?;
    match unit {
        "G" | "T" => None,
        // `1L` is a size.
        "L" if digits.len() < 2 => None,
        _ => of_unit(word, digits, unit),
    }
}

/// What `word` says as a number where one is wanted.
pub(super) fn ordered_figure(word: &str) -> Option<Figure> {
    let (digits, unit) = parted(word)?;
    of_unit(word, digits, unit)
}

/// How a number is written out that `word` says in another way, and the edit where that is sure; nothing of a word that begins with
/// no digit.
pub(super) fn way_out(word: &str) -> Option<(String, Option<String>)> {
    if !word.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    Some(match ordered_figure(word) {
        Some(Figure::One(number)) => (format!("a number is written out: `{number}`"), Some(number)),
        Some(Figure::Either(decimal, binary)) => (either(&decimal, &binary), None),
        None => ("a number is written out, as `10_000`".to_owned(), None),
    })
}

pub(crate) fn either(decimal: &str, binary: &str) -> String {
    format!("a number is written out: `{decimal}`, or `{binary}` if 1024 make one of the next")
}

/// Whether zeros stand before a whole number: `0644`.
pub(crate) fn is_padded(word: &str) -> bool {
    word.len() > 1 && word.starts_with('0') && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits at the begin, decimals included, and what stands behind them.
fn parted(word: &str) -> Option<(&str, &str)> {
    let is_figure = |c: char| c.is_ascii_digit() || c == '_' || c == '.';
    let (digits, unit) = word.split_at(word.find(|c| !is_figure(c))?);
    digits
        .starts_with(|first: char| first.is_ascii_digit())
        .then_some((digits, unit))
}

fn of_unit(word: &str, digits: &str, unit: &str) -> Option<Figure> {
    if let Some(number) = of_base(word) {
        return Some(Figure::One(number));
    }
    match unit {
        "L" | "UL" | "B" => return Some(Figure::One(digits.to_owned())),
        _ => {}
    }
    let letter = unit.chars().next()?;
    let (_, power) = MULTIPLES.iter().find(|(own, _)| *own == letter)?;
    let thousands = || times(digits, 1000, *power);
    let binary = || times(digits, 1024, *power);
    match &unit[1..] {
        "" => thousands().map(Figure::One),
        "i" | "iB" => binary().map(Figure::One),
        "B" | "b" => Some(Figure::Either(thousands()?, binary()?)),
        _ => None,
    }
}

/// `0x10`, `0b11` and `0o17`, with `_` between the digits.
fn of_base(word: &str) -> Option<String> {
    let (base, digits) = match word.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &word[2..]),
        [b'0', b'b' | b'B', ..] => (2, &word[2..]),
        [b'0', b'o' | b'O', ..] => (8, &word[2..]),
        _ => return None,
    };
    let digits = digits.replace('_', "");
    Some(u64::from_str_radix(&digits, base).ok()?.to_string())
}

/// The digits times a power, written out; `None` where that is not whole, or too large.
fn times(digits: &str, base: u64, power: u32) -> Option<String> {
    let digits = digits.replace('_', "");
    let (whole, decimals) = digits.split_once('.').unwrap_or((&digits, ""));
    let is_decimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_decimal(decimals) || decimals.len() > 9 {
        return None;
    }
    let parts = 10u64.pow(u32::try_from(decimals.len()).ok()?);
    let scaled: u64 = format!("{whole}{decimals}").parse().ok()?;
    let scaled = scaled.checked_mul(base.checked_pow(power)?)?;
    (scaled % parts == 0).then(|| grouped(scaled / parts))
}

/// `2_000_000`, as such numbers are read.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = (digits.len() - 1) % 3 + 1;
    let mut out = digits[..first].to_owned();
    for at in (first..digits.len()).step_by(3) {
        out.push('_');
        out.push_str(&digits[at..at + 3]);
    }
    out
}

/// The duration that a text says in another spelling: `5S`, `500MS`, `"5s"`, `"5 sec"`.
pub(super) fn duration(text: &str) -> Option<String> {
    let (digits, unit) = parted(text.trim())?;
    let unit = unit.trim_start().to_ascii_lowercase();
    let own = ["ns", "us", "ms", "s", "m", "h", "d"];
    let unit = match own.into_iter().find(|own| *own == unit) {
        Some(own) => own,
        None => meant_unit(&unit)?,
    };
    Some(format!("{digits}{unit}"))
}

/// The unit that the name of an attribute ends with: `took_ms`, `timeout.seconds`.
pub(super) fn unit_of(name: &str) -> Option<&'static str> {
    let last = name.rsplit(['_', '.', '-']).next()?;
    let own = ["ns", "us", "ms", "s"];
    let found = own.into_iter().find(|own| *own == last);
    (last.len() < name.len()).then(|| found.or_else(|| meant_unit(last)))?
}

impl Checker<'_> {
    /// Looks at a number that an attribute is compared with: `mode == 0644`.
    pub(super) fn doubt_leading_zeros(&mut self, op: CompareOp, literal: &Literal, node: &Node) {
        let node = node.bare();
        let (Literal::Number(number), NodeKind::Number(_)) = (literal, &node.kind) else {
            return;
        };
        let written = &self.place.text[node.range()];
        if !is_padded(written) || !self.doubts || self.place.origin != Origin::Here {
            return;
        }
        let plain = spelling::number(*number);
        let octal = match u64::from_str_radix(written, 8) {
            Ok(octal) if octal.to_string() != plain => format!("; in base 8 it is `{octal}`"),
            _ => String::new(),
        };
        let (message, help) = match op.is_ordering() {
            true => (
                format!("`{written}` is the number {plain} here"),
                format!("write `{plain}`{octal}"),
            ),
            false => (
                format!(
                    "`{written}` is the number {plain} here, which the text `{written}` is not"
                ),
                format!(
                    "a text stands in quotes: `\"{written}\"`; a number is written `{plain}`{octal}"
                ),
            ),
        };
        let suggestion = match op.is_ordering() {
            true => plain,
            false => format!("\"{written}\""),
        };
        let fault = self.fault(code::ZEROS_BEFORE_NUMBER, node.range(), message);
        fault.help = Some(help);
        fault.suggestion = Some(suggestion);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_other_languages_are_written_out() {
        for (word, wanted) in [
            ("0x10", "16"),
            ("0XfF", "255"),
            ("0b1_01", "5"),
            ("0o17", "15"),
            ("10k", "10_000"),
            ("2M", "2_000_000"),
            ("5MiB", "5_242_880"),
            ("64Ki", "65_536"),
            ("1.5k", "1_500"),
            ("100L", "100"),
            ("100B", "100"),
        ] {
            assert_eq!(figure(word), Some(Figure::One(wanted.into())), "{word}");
        }
        let either = Figure::Either("2_000".into(), "2_048".into());
        assert_eq!(figure("2KB"), Some(either));
        assert_eq!(
            ordered_figure("5G"),
            Some(Figure::One("5_000_000_000".into()))
        );
    }

    #[test]
    fn durations_of_other_spellings_are_known() {
        for (text, wanted) in [
            ("5S", "5s"),
            ("500MS", "500ms"),
            ("5s", "5s"),
            ("5 sec", "5s"),
            ("1.5 Minutes", "1.5m"),
        ] {
            assert_eq!(duration(text).as_deref(), Some(wanted), "{text}");
        }
        for text in ["5", "fast", "5x", "0x10ms"] {
            assert_eq!(duration(text), None, "{text}");
        }
        for (name, wanted) in [
            ("took_ms", Some("ms")),
            ("timeout.seconds", Some("s")),
            ("ms", None),
            ("size", None),
        ] {
            assert_eq!(unit_of(name), wanted, "{name}");
        }
    }

    #[test]
    fn other_words_that_begin_with_a_digit_are_words() {
        for word in [
            "5G",
            "1L",
            "5xx",
            "2xl",
            "3rd",
            "7f3a",
            "0x",
            "0xzz",
            "0b2",
            "10px",
            "1.5.2k",
            "5",
            "k",
            "99999999999999999999k",
            "1.2345k",
        ] {
            assert_eq!(figure(word), None, "{word}");
        }
    }
}
