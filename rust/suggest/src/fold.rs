//! Names with an id in them, `GET /users/8731`, folded into one pattern, `^GET /users/[0-9]+$`.

use std::collections::BTreeMap;

/// So many names of one shape make it a pattern; fewer stay names.
const ALIKE: usize = 5;

/// A name as it is, or what many names look like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    Name(Box<str>),
    /// A regular expression that meets all of the names whole, and how many different ones came.
    Pattern {
        regex: Box<str>,
        names: usize,
    },
}

/// For each of `names` the index of its shape.
#[must_use]
pub fn fold(names: &[Box<str>]) -> (Vec<Shape>, Vec<usize>) {
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, name) in names.iter().enumerate() {
        alike.entry(pattern(name)).or_default().push(index);
    }
    let mut shapes = Vec::new();
    let mut of = vec![0; names.len()];
    for (regex, members) in alike {
        // What has no id in it is met by itself alone.
        if members.len() >= ALIKE {
            members.iter().for_each(|member| of[*member] = shapes.len());
            shapes.push(Shape::Pattern {
                regex: regex.into(),
                names: members.len(),
            });
        } else {
            for member in members {
                of[member] = shapes.len();
                shapes.push(Shape::Name(names[member].clone()));
            }
        }
    }
    (shapes, of)
}

/// The name as a regular expression, what looks like an id in it left open.
fn pattern(name: &str) -> String {
    let mut pattern = String::from("^");
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        if !is_of_word(first) {
            escaped(first, &mut pattern);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let end = rest.find(|c: char| !is_of_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match id(word) {
            Some(class) => pattern.push_str(class),
            None => parts(word, &mut pattern),
        }
        rest = after;
    }
    pattern.push('$');
    pattern
}

/// Ids are made of these; `-` holds the parts of a UUID together.
fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// From so many characters on letters, figures and dashes that are mixed are one id, as of base 64.
const LONG: usize = 16;

/// What a whole word that is an id is made of: figures, hexadecimal figures in parts, or much of everything.
fn id(word: &str) -> Option<&'static str> {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_hex = word.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    if digits == 0 {
        None
    } else if digits == word.len() {
        Some("[0-9]+")
    } else if is_hex && word.len() >= 8 {
        Some("[0-9A-Fa-f-]+")
    } else if word.len() >= LONG && digits >= 2 && !has_word(word) {
        Some("[0-9A-Za-z_-]+")
    } else {
        None
    }
}

/// The parts of a word between dashes, each an id or itself: `cart-17` is the cart of any number, and no other word.
fn parts(word: &str, pattern: &mut String) {
    for part in word.split_inclusive(['-', '_']) {
        let bare = part.trim_end_matches(['-', '_']);
        match id(bare) {
            Some(class) => pattern.push_str(class),
            None if is_mixed(bare) => pattern.push_str("[0-9A-Za-z]+"),
            None => bare.chars().for_each(|c| escaped(c, pattern)),
        }
        part[bare.len()..].chars().for_each(|c| escaped(c, pattern));
    }
}

/// Some part of it is a word: small letters alone.
fn has_word(word: &str) -> bool {
    let mut parts = word.split(['-', '_']);
    parts.any(|part| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_lowercase()))
}

/// Letters and figures, of figures so many that it is no word with a version behind it.
fn is_mixed(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits >= 2 && word.len() >= 4 && word.len() < 3 * digits + 6
}

fn escaped(c: char, into: &mut String) {
    if c.is_ascii_punctuation() && !matches!(c, '/' | '-' | '_' | ':' | ',' | '"' | '\'' | '@') {
        into.push('\\');
    }
    into.push(c);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(names: &[String]) -> Vec<Shape> {
        let names: Vec<Box<str>> = names.iter().map(|name| name.as_str().into()).collect();
        fold(&names).0
    }

    #[test]
    fn names_with_ids_become_one_pattern_and_few_stay_names() {
        let users = |count| {
            (0..count)
                .map(|n| format!("GET /users/{}", 8731 + n))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            shapes(&users(5)),
            [Shape::Pattern {
                regex: "^GET /users/[0-9]+$".into(),
                names: 5
            }]
        );
        assert_eq!(shapes(&users(4)).len(), 4);
    }

    #[test]
    fn every_kind_of_id_is_seen_and_words_are_left() {
        for (name, wanted) in [
            ("GET /a/{id}", r"^GET /a/\{id\}$"),
            ("a.b-c", r"^a\.b-c$"),
            (
                "job 0b6a2f9c-11aa-4bcd-8899-0123456789ab",
                "^job [0-9A-Fa-f-]+$",
            ),
            ("cart-17", "^cart-[0-9]+$"),
            ("op_00042_start", "^op_[0-9]+_start$"),
            ("order a8f3k2 paid", "^order [0-9A-Za-z]+ paid$"),
            ("ord-a8f3k2", "^ord-[0-9A-Za-z]+$"),
            ("get V1StGXR8_Z5jdHi6B-myT", "^get [0-9A-Za-z_-]+$"),
            (
                "step-1-of-2-retry-03",
                "^step-[0-9]+-of-[0-9]+-retry-[0-9]+$",
            ),
            ("http2 call", "^http2 call$"),
            ("S3.GetObject", r"^S3\.GetObject$"),
        ] {
            assert_eq!(pattern(name), wanted);
        }
    }
}
