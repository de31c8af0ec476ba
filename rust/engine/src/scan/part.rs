//! What of a text counts: what the one group of a pattern meets.
//!
//! Most patterns of the vocabulary take a text whole, if only it is not one of a few words that stand for nothing. Those are
//! told when the plan is made, and ask no regular expression on a span.

use std::sync::Arc;

use regex::bytes::{CaptureLocations, Regex};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Dot, Hir, HirKind, Look};

use crate::predicate::pattern::compile_pattern;
use crate::sync::Mutex;

/// Words that a [`Whole`] looks a text up among; a pattern with more is asked as it is written.
const FEW_WORDS: usize = 64;

/// A pattern with one group.
#[derive(Clone, Debug)]
pub(crate) enum TextPart {
    Whole(Whole),
    Group(GroupPattern),
    /// The pattern cannot be compiled; a checked rule has none such.
    Nothing,
}

/// `^(.+)$`, perhaps behind words that are nothing: `^(?:none|null)$|^(.+)$`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    /// Ascending.
    but: Box<[Box<[u8]>]>,
    has_one_line: bool,
}

/// A pattern, and the room in which it notes where its group stands: no span makes it anew.
#[derive(Clone, Debug)]
pub(crate) struct GroupPattern {
    regex: Regex,
    places: Arc<Mutex<CaptureLocations>>,
}

impl TextPart {
    pub(crate) fn new(pattern: &str) -> TextPart {
        if let Some(whole) = Whole::told(pattern) {
            return TextPart::Whole(whole);
        }
        compile_pattern(pattern).map_or(TextPart::Nothing, |regex| {
            let places = Arc::new(Mutex::new(regex.capture_locations()));
            TextPart::Group(GroupPattern { regex, places })
        })
    }

    /// What the group meets, if it does.
    pub(crate) fn of<'v>(&self, text: &'v [u8]) -> Option<&'v [u8]> {
        match self {
            TextPart::Whole(whole) => whole.takes(text).then_some(text),
            TextPart::Group(group) => group.part(text),
            TextPart::Nothing => None,
        }
    }
}

impl GroupPattern {
    fn part<'v>(&self, text: &'v [u8]) -> Option<&'v [u8]> {
        match self.places.try_lock() {
            Some(mut places) => self.read(&mut places, text),
            // Another thread reads a span at this moment.
            None => self.read(&mut self.regex.capture_locations(), text),
        }
    }

    fn read<'v>(&self, places: &mut CaptureLocations, text: &'v [u8]) -> Option<&'v [u8]> {
        self.regex.captures_read(places, text)?;
        let (start, end) = places.get(1)?;
        text.get(start..end)
    }
}

impl Whole {
    /// A dot meets a character, so that a text that is not UTF-8 is not met by dots alone.
    fn takes(&self, text: &[u8]) -> bool {
        !text.is_empty()
            && self
                .but
                .binary_search_by(|word| (**word).cmp(text))
                .is_err()
            && !(self.has_one_line && text.contains(&b'\n'))
            && std::str::from_utf8(text).is_ok()
    }

    /// `None`: the pattern does something else.
    fn told(pattern: &str) -> Option<Whole> {
        let parsed = ParserBuilder::new().utf8(false).build().parse(pattern);
        let ways = ways(&parsed.ok()?);
        let (last, others) = ways.split_last()?;
        let [HirKind::Capture(group)] = last.as_slice() else {
            return None;
        };
        let HirKind::Repetition(many) = group.sub.kind() else {
            return None;
        };
        let has_one_line = *many.sub == Hir::dot(Dot::AnyCharExceptLF);
        if (many.min, many.max) != (1, None) || !has_one_line && *many.sub != Hir::dot(Dot::AnyChar)
        {
            return None;
        }
        let mut but = Vec::new();
        for way in others {
            let words = way.iter().try_fold(vec![Vec::new()], |before, part| {
                joined(&before, &words(part)?)
            });
            but.extend(words?.into_iter().map(Vec::into_boxed_slice));
        }
        but.sort_unstable();
        Some(Whole {
            but: but.into(),
            has_one_line,
        })
    }
}

/// What stands between the beginning and the end of a text, for each alternative that asks for both; empty if one does not.
fn ways(pattern: &Hir) -> Vec<Vec<HirKind>> {
    let all = alternatives(pattern);
    let inner = all.iter().map(|way| match way.as_slice() {
        [
            HirKind::Look(Look::Start),
            between @ ..,
            HirKind::Look(Look::End),
        ] => Some(between.to_vec()),
        _ => None,
    });
    inner.collect::<Option<_>>().unwrap_or_default()
}

/// The alternatives of a pattern, each as what follows what in it. The parser joins what they begin with.
fn alternatives(pattern: &Hir) -> Vec<Vec<HirKind>> {
    let of = |hir: &Hir| match hir.kind() {
        HirKind::Concat(parts) => parts.iter().map(|part| part.kind().clone()).collect(),
        other => vec![other.clone()],
    };
    match pattern.kind() {
        HirKind::Alternation(ways) => ways.iter().map(of).collect(),
        HirKind::Concat(parts) => match parts.as_slice() {
            [first, last] if matches!(first.kind(), HirKind::Look(_)) => match last.kind() {
                HirKind::Alternation(ways) => {
                    let behind = |way| [vec![first.kind().clone()], of(way)].concat();
                    ways.iter().map(behind).collect()
                }
                _ => vec![of(pattern)],
            },
            _ => vec![of(pattern)],
        },
        _ => vec![of(pattern)],
    }
}

/// All texts that it meets, if they are few.
fn words(kind: &HirKind) -> Option<Vec<Vec<u8>>> {
    let found = match kind {
        HirKind::Empty => vec![Vec::new()],
        HirKind::Literal(text) => vec![text.0.to_vec()],
        HirKind::Concat(parts) => parts.iter().try_fold(vec![Vec::new()], |before, part| {
            joined(&before, &words(part.kind())?)
        })?,
        HirKind::Alternation(ways) => {
            let all: Option<Vec<_>> = ways.iter().map(|way| words(way.kind())).collect();
            all?.concat()
        }
        HirKind::Repetition(many) if (many.min, many.max) == (0, Some(1)) => {
            [vec![Vec::new()], words(many.sub.kind())?].concat()
        }
        _ => return None,
    };
    (found.len() <= FEW_WORDS).then_some(found)
}

/// Each of the first with each of the second behind it.
fn joined(first: &[Vec<u8>], second: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    let pairs = first
        .iter()
        .flat_map(|before| second.iter().map(|after| [&**before, after].concat()));
    (first.len() * second.len() <= FEW_WORDS).then(|| pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn but(pattern: &str) -> Option<(Vec<String>, bool)> {
        let whole = Whole::told(pattern)?;
        let words = whole.but.iter();
        let words = words.map(|word| String::from_utf8_lossy(word).into_owned());
        Some((words.collect(), whole.has_one_line))
    }

    #[test]
    fn a_pattern_that_takes_a_text_whole_is_told() {
        let told = |words: &[&str], has_one_line| {
            Some((
                words.iter().map(|word| (*word).to_owned()).collect(),
                has_one_line,
            ))
        };
        assert_eq!(but("^(.+)$"), told(&[], true));
        assert_eq!(but("^(.+?)$"), told(&[], true));
        assert_eq!(but("(?s)^(.+)$"), told(&[], false));
        assert_eq!(but("^none$|^(.+)$"), told(&["none"], true));
        assert_eq!(
            but(r"^(?:/\*\*?|NOT_FOUND|X)$|^(.+)$"),
            told(&["/*", "/**", "NOT_FOUND", "X"], true)
        );
        for other in [
            "(.+)",
            "^(.+)",
            "(.+)$",
            "^(.*)$",
            "^(a+)$",
            "(?m)^(.+)$",
            "^(.+)$|^none$",
            "^(.+)x$",
            "^(?i:none)$|^(.+)$",
            "^n*$|^(.+)$",
            "^none|^(.+)$",
            "^(?:x{1,9}|(.+))$",
            "^(.{2,})$",
        ] {
            assert_eq!(but(other), None, "{other}");
        }
    }

    /// Each pattern of the vocabulary, on texts that are near to what they name, against the regular expression alone.
    #[test]
    fn what_is_told_of_a_pattern_is_what_the_pattern_does() {
        let mut told = 0;
        let lines = betrace_lang::vocabulary().flat_map(|one| &one.lines);
        for pattern in lines.filter_map(|line| Some(line.text.split_once(" ~ ")?.1)) {
            let pattern = pattern.split(" if ").next().unwrap_or(pattern);
            if pattern.contains(" => ") {
                continue;
            }
            let part = TextPart::new(pattern);
            told += usize::from(matches!(part, TextPart::Whole(_)));
            let regex = compile_pattern(pattern).unwrap();
            for text in texts(pattern) {
                let wanted = regex.captures(&text).and_then(|found| found.get(1));
                assert_eq!(
                    part.of(&text),
                    wanted.map(|found| found.as_bytes()),
                    "{pattern} on {:?}",
                    String::from_utf8_lossy(&text)
                );
            }
        }
        assert!(told > 5, "{told}");
    }

    /// The pieces of a pattern between its signs, and texts around them.
    fn texts(pattern: &str) -> Vec<Vec<u8>> {
        let mut found: Vec<Vec<u8>> = [
            &b""[..],
            b"\n",
            b"a",
            b"a\nb",
            b"/*",
            b"/**",
            b"/***",
            b"\xff",
            b"a\xff",
            "ä".as_bytes(),
            b"GET /orders/{id}",
            b"SELECT 1",
            b"null",
            b"\"none\"",
            b"<not specified>",
            b"https://a/b?c=d",
        ]
        .map(<[u8]>::to_vec)
        .into();
        for piece in pattern.split(['(', ')', '|', '^', '$', ':', '?']) {
            for around in ["", "x", "\n"] {
                found.push(format!("{piece}{around}").into_bytes());
                found.push(format!("{around}{piece}").into_bytes());
            }
        }
        found
    }
}
