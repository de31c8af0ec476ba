//! Patterns of phrases, held against the pieces of a text.
//!
//! A pattern is items with spaces between them. `F` is a field, `S` a selector, `V` a value, `N` a plain number, `T` a
//! quoted text, `L` and `Q` values and quoted texts with commas, `K` a field that is known to be one, `D` a dotted name,
//! `O` a comparison sign, `R` a regular expression between slashes, `C` any condition, as short as the rest of the pattern allows; a second one of a kind is
//! `F2`, `S2` and so on. `F.word` is a method of a field, `F:V` two words with a colon, and `K:V` where the first is a known field. `^` and `$` are the ends of the
//! text. Anything else is itself, in any case: `a|b` one of these, bound as `W`, and `a?` perhaps.

use std::ops::Range;

use crate::condition::lint::is_known_field;
use crate::condition::suggest::known::known;
use crate::condition::suggest::piece::{Fragment, Lexeme, pieces};

/// What the placeholders of a pattern stand for, each by its name in the pattern.
pub(super) type Bound<'p> = Vec<(&'p str, Range<usize>)>;

/// Pieces of a text beyond which phrases are not looked for.
const MOST: usize = 300;

/// Words that are never a name in a phrase.
const WORDS: [&str; 25] = [
    "and", "or", "not", "when", "always", "never", "then", "must", "if", "is", "in", "than", "of",
    "by", "each", "where", "before", "after", "inside", "within", "matches", "contains", "between",
    "as", "next",
];

/// What stands before the colon of an intrinsic, be it a misspelt one.
const SCOPES: [&str; 7] = [
    "otel",
    "span",
    "trace",
    "event",
    "link",
    "instrumentation",
    "resource",
];

pub(super) struct Matcher<'t> {
    pub text: &'t str,
    pub pieces: Vec<Fragment>,
    /// Of an opening parenthesis or bracket the piece that closes it.
    closing: Vec<Option<usize>>,
}

impl<'t> Matcher<'t> {
    pub fn new(text: &'t str) -> Matcher<'t> {
        let mut pieces = pieces(text);
        pieces.truncate(MOST);
        let mut closing = vec![None; pieces.len()];
        let mut open = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            match &text[piece.range.clone()] {
                "(" | "[" => open.push(at),
                ")" | "]" => {
                    if let Some(opened) = open.pop() {
                        closing[opened] = Some(at);
                    }
                }
                // A brace belongs to a clause, which no bracket reaches out of.
                "{" | "}" => open.clear(),
                _ => {}
            }
        }
        Matcher {
            text,
            pieces,
            closing,
        }
    }

    /// The place behind the pattern, if it stands at the piece `at`, with what its placeholders stand for.
    pub fn find<'p>(&self, pattern: &'p str, at: usize) -> Option<(usize, Bound<'p>)> {
        let items: Vec<&'p str> = pattern.split(' ').collect();
        let mut bound = Vec::new();
        let end = self.items(&items, at, &mut bound)?;
        Some((end, bound))
    }

    fn items<'p>(&self, items: &[&'p str], at: usize, bound: &mut Bound<'p>) -> Option<usize> {
        let Some((item, rest)) = items.split_first() else {
            return Some(at);
        };
        match *item {
            "^" => return (at == 0).then(|| self.items(rest, at, bound))?,
            "$" => {
                return (at == self.pieces.len() && at < MOST)
                    .then(|| self.items(rest, at, bound))?;
            }
            _ => {}
        }
        if let Some(word) = item.strip_suffix('?').filter(|word| !word.is_empty()) {
            let kept = bound.len();
            if let Some(end) = self.literal(word, at, bound)
                && let Some(end) = self.items(rest, end, bound)
            {
                return Some(end);
            }
            bound.truncate(kept);
            return self.items(rest, at, bound);
        }
        if is_placeholder(item, 'C') {
            return self.condition(item, rest, at, bound);
        }
        let end = self.one(item, at, bound)?;
        self.items(rest, end, bound)
    }

    /// The shortest run with its brackets balanced behind which the rest of the pattern stands.
    fn condition<'p>(
        &self,
        item: &'p str,
        rest: &[&'p str],
        at: usize,
        bound: &mut Bound<'p>,
    ) -> Option<usize> {
        let kept = bound.len();
        let mut end = at;
        while end < self.pieces.len() {
            end = match self.shown(end) {
                "(" | "[" => self.balanced(end)?,
                ")" | "]" | "{" | "}" => return None,
                _ => end + 1,
            };
            bound.push((item, self.range(at, end)));
            if let Some(end) = self.items(rest, end, bound) {
                return Some(end);
            }
            bound.truncate(kept);
        }
        None
    }

    fn one<'p>(&self, item: &'p str, at: usize, bound: &mut Bound<'p>) -> Option<usize> {
        let piece = self.pieces.get(at)?;
        let shown = self.shown(at);
        let is_name = piece.lexeme == Lexeme::Word && !is_word(shown);
        let is_field = is_name || piece.lexeme == Lexeme::Quoted;
        let is_plain = |found: bool, bound: &mut Bound<'p>| {
            found.then(|| {
                bound.push((item, piece.range.clone()));
                at + 1
            })
        };
        if item.len() > 1 && item.contains(['.', ':']) && item.starts_with(['F', 'S', 'K']) {
            return self.halves(item, at, bound);
        }
        match item.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "F" => is_plain(is_field, bound),
            "V" => is_plain(is_field || piece.lexeme == Lexeme::Number, bound),
            "N" => {
                let digits = shown.trim_start_matches('-');
                let is_number = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                is_plain(piece.lexeme == Lexeme::Number && is_number, bound)
            }
            "T" => is_plain(piece.lexeme == Lexeme::Quoted, bound),
            "K" => is_plain(is_name && is_known_field(shown), bound),
            "D" => is_plain(
                is_name && shown.contains('.') && !shown.contains(':'),
                bound,
            ),
            "O" => {
                let signs = ["==", "!=", "<", "<=", ">", ">=", "=", "<>", "===", "!=="];
                is_plain(signs.contains(&shown), bound)
            }
            "R" => {
                let slash = |at: &usize| self.shown(*at) == "/";
                let end = (at + 1..self.pieces.len())
                    .find(slash)
                    .filter(|_| slash(&at))?;
                bound.push((
                    item,
                    self.pieces[at].range.end..self.pieces[end].range.start,
                ));
                Some(end + 1)
            }
            "L" | "Q" => self.list(item, at, bound),
            "S" => {
                let end = self.selector(at)?;
                bound.push((item, self.range(at, end)));
                Some(end)
            }
            _ => self.literal(item, at, bound),
        }
    }

    /// A word of two parts: `F.method`, `F:V`, `K:V`.
    fn halves<'p>(&self, item: &'p str, at: usize, bound: &mut Bound<'p>) -> Option<usize> {
        let piece = self.pieces.get(at)?;
        let shown = self.shown(at);
        let is_name = piece.lexeme == Lexeme::Word && !is_word(shown);
        if let Some(method) = item.strip_prefix("F.").or(item.strip_prefix("S.")) {
            let (_, last) = shown.rsplit_once('.').filter(|_| is_name)?;
            let is_method = method.split('|').any(|one| one.eq_ignore_ascii_case(last));
            let end = piece.range.end - last.len() - 1;
            return is_method.then(|| {
                bound.push((&item[..1], piece.range.start..end));
                at + 1
            });
        }
        if matches!(item, "F:V" | "K:V") {
            let at_colon = shown.find(':').filter(|_| is_name)?;
            let field = &shown[..at_colon];
            let scope = field.rsplit('.').next().unwrap_or(field);
            if SCOPES.contains(&scope) {
                return None;
            }
            if item == "K:V" && known(field) == field && !is_known_field(field) {
                return None;
            }
            let colon = piece.range.start + at_colon;
            bound.push(("F", piece.range.start..colon));
            bound.push(("V", colon + 1..piece.range.end));
            return Some(at + 1);
        }
        None
    }

    /// Values, or for `Q` quoted texts, with commas between them.
    fn list<'p>(&self, item: &'p str, at: usize, bound: &mut Bound<'p>) -> Option<usize> {
        let mut end = at;
        loop {
            let piece = self.pieces.get(end)?;
            let is_value = match piece.lexeme {
                Lexeme::Quoted => true,
                Lexeme::Sign => false,
                Lexeme::Word => item == "L" && !is_word(self.shown(end)),
                Lexeme::Number => item == "L",
            };
            if !is_value {
                return None;
            }
            end += 1;
            if self.shown(end) != "," {
                bound.push((item, self.range(at, end)));
                return Some(end);
            }
            end += 1;
        }
    }

    /// A name, or something in parentheses, with its filters.
    fn selector(&self, at: usize) -> Option<usize> {
        let piece = self.pieces.get(at)?;
        let mut end = match piece.lexeme {
            Lexeme::Quoted => at + 1,
            Lexeme::Word if !is_word(self.shown(at)) => at + 1,
            _ if self.shown(at) == "(" => self.balanced(at)?,
            _ => return None,
        };
        if self.shown(at).ends_with(".where") && self.shown(end) == "(" {
            end = self.balanced(end)?;
        }
        while self.shown(end) == "." && self.shown(end + 1) == "where" && self.shown(end + 2) == "("
        {
            end = self.balanced(end + 2)?;
        }
        Some(end)
    }

    /// The place behind the bracket that closes the one at `at`.
    fn balanced(&self, at: usize) -> Option<usize> {
        self.closing
            .get(at)
            .copied()
            .flatten()
            .map(|close| close + 1)
    }

    fn literal<'p>(&self, item: &'p str, at: usize, bound: &mut Bound<'p>) -> Option<usize> {
        let shown = self.shown(at);
        let is_one = |word: &str| word.eq_ignore_ascii_case(shown);
        let is_alternatives = item.len() > 1 && item.contains('|') && item != "||";
        let found = match is_alternatives {
            true => item.split('|').any(is_one),
            false => is_one(item),
        };
        if !found || self.pieces.get(at)?.lexeme == Lexeme::Quoted {
            return None;
        }
        if is_alternatives {
            bound.push(("W", self.pieces[at].range.clone()));
        }
        Some(at + 1)
    }

    /// The piece at `at`, or nothing behind the last.
    fn shown(&self, at: usize) -> &'t str {
        self.pieces
            .get(at)
            .map_or("", |piece| &self.text[piece.range.clone()])
    }

    /// From the beginning of one piece to the end of the one before `end`.
    pub fn range(&self, at: usize, end: usize) -> Range<usize> {
        self.pieces[at].range.start..self.pieces[end - 1].range.end
    }
}

fn is_placeholder(item: &str, kind: char) -> bool {
    item.strip_prefix(kind)
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}

fn is_word(shown: &str) -> bool {
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(shown))
}
