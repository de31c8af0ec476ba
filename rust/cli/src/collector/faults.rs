//! Every fault of the keys of one processor in a configuration, each by itself: names that are none, and values that are not
//! of their kind or beyond its bounds. What keys say together is looked at in `together`.

use std::collections::HashSet;
use std::ops::{Range, RangeInclusive};

use betrace_lang::nearest;

use super::keys::{Kind, is_section, kind, names_in, place_of};
use super::remark::{Remark, UNKNOWN_KEY, WRONG_VALUE};
use super::said::{Value, read};
use super::scalar::{cut_off, flag, is_text, nanoseconds, nearly_time, time_text, whole};
use super::yaml::Node;

/// How long a secret may be, in bytes.
const SECRET: RangeInclusive<usize> = 16..=1024;

/// In the order of their places.
pub fn faults(processor: &Node, resolved: &impl Fn(&str) -> String) -> Vec<Remark> {
    let mut found = Vec::new();
    section("", processor, resolved, &mut found);
    found
}

fn section(name: &str, node: &Node, resolved: &impl Fn(&str) -> String, found: &mut Vec<Remark>) {
    let mut seen = HashSet::new();
    for (key, value) in node.entries() {
        // What is merged in is not followed.
        let Some(word) = key.text().filter(|word| *word != "<<") else {
            continue;
        };
        let path = match name {
            "" => word.to_owned(),
            _ => format!("{name}.{word}"),
        };
        if !seen.insert(word) {
            let (what, help) = ("stands twice", "leave one of them out");
            found.push(Remark::of(
                &path,
                key.range.clone(),
                UNKNOWN_KEY,
                what,
                help,
            ));
        } else if name.is_empty() && is_section(word) {
            if value.is_mapping() {
                section(word, value, resolved, found);
            } else if value.is_sequence() || matches!(read(value, resolved), Value::Is(_)) {
                let help = format!("below it stand {}", listed(&names_in(word)));
                let range = value.range.clone();
                found.push(Remark::of(&path, range, WRONG_VALUE, "is no mapping", help));
            }
        } else if let Some(kind) = kind(&path) {
            of_value(&path, kind, key, value, resolved, found);
        } else {
            found.push(unknown(name, &path, word, key));
        }
    }
}

fn unknown(section: &str, path: &str, word: &str, key: &Node) -> Remark {
    let names = names_in(section);
    let near = nearest(word, names.iter().copied());
    let help = match (near, place_of(word)) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(("", name))) => format!("`{name}` stands in the processor itself"),
        (None, Some((place, name))) => format!("`{name}` stands below `{place}`"),
        (None, None) => format!("known here: {}", listed(&names)),
    };
    let remark = Remark::of(path, key.range.clone(), UNKNOWN_KEY, "no such key", help);
    match near {
        Some(near) => remark.suggest(near),
        None => remark,
    }
}

fn of_value(
    path: &str,
    kind: Kind,
    key: &Node,
    node: &Node,
    resolved: &impl Fn(&str) -> String,
    found: &mut Vec<Remark>,
) {
    let wrong = |node: &Node, what: String, help: String| {
        Remark::of(path, node.range.clone(), WRONG_VALUE, what, help)
    };
    let value = match read(node, resolved) {
        Value::Is(value) => Some(value),
        _ => None,
    };
    match (kind, value) {
        (Kind::Rules, value) if node.is_mapping() || value.is_some() => {
            let help = "write a list of rules, each as in a rule file".to_owned();
            found.push(wrong(node, "is no list of rules".to_owned(), help));
        }
        (Kind::Rules, _) => {}
        (Kind::Texts | Kind::Secrets, _) if node.is_mapping() => {
            let help = "write `[one, other]`".to_owned();
            found.push(wrong(node, "is no list of texts".to_owned(), help));
        }
        // Commas part texts, and no secrets.
        (Kind::Secrets, Some(value)) if !value.is_empty() => {
            let (what, help) = ("is no list of texts", "write `[one, other]`");
            found.push(Remark::of(path, key.range.clone(), WRONG_VALUE, what, help));
        }
        (Kind::Texts | Kind::Secrets, _) => {
            for (at, element) in node.elements().iter().enumerate() {
                if element.is_sequence() || element.is_mapping() {
                    let what = format!("its element {at} is no text");
                    found.push(wrong(element, what, "write a text there".to_owned()));
                } else if is_other_than_text(element) {
                    found.push(without_quotes(path, key, &format!("its element {at}")));
                } else if let (Kind::Secrets, Value::Is(secret)) = (kind, read(element, resolved)) {
                    found.extend(of_secret(path, &secret, key, &format!("its element {at}")));
                }
            }
        }
        _ if node.is_sequence() || node.is_mapping() => {
            let what = format!("a list or mapping is not {}", wanted(kind));
            found.push(wrong(node, what, form(kind)));
        }
        (_, None) => {}
        (kind, Some(value)) => found.extend(of_scalar(path, kind, key, node, &value)),
    }
}

fn of_scalar(path: &str, kind: Kind, key: &Node, node: &Node, value: &str) -> Option<Remark> {
    let wrong = |what: String, help: String| {
        Some(Remark::of(
            path,
            node.range.clone(),
            WRONG_VALUE,
            what,
            help,
        ))
    };
    match kind {
        Kind::Text | Kind::Secret if is_other_than_text(node) => {
            Some(without_quotes(path, key, "what stands there"))
        }
        Kind::Secret if path == "violations.key" && !value.is_empty() => {
            of_secret(path, value, key, "it")
        }
        Kind::Duration {
            least,
            most,
            or_zero,
        } => of_duration(path, value, (least, most, or_zero), &node.range),
        Kind::Whole { .. } | Kind::Flag if node.is_quoted() => {
            let what = format!("`{value}` in quotes is a text, and not {}", wanted(kind));
            wrong(what, "leave the quotes out".to_owned())
        }
        Kind::Whole { least, most } => of_whole(path, value, least..=most, &node.range),
        _ if !is_of(kind, value) => wrong(format!("`{value}` is not {}", wanted(kind)), form(kind)),
        _ => None,
    }
}

/// Whether the Collector reads a number there, or what is so or not, and refuses it where a text is wanted.
fn is_other_than_text(node: &Node) -> bool {
    !node.is_quoted()
        && node
            .text()
            .is_some_and(|text| !text.contains("${") && !node.is_nothing() && !is_text(text))
}

/// Of such a value, at its key: it may be a secret.
fn without_quotes(path: &str, key: &Node, which: &str) -> Remark {
    let what = format!("{which} is no text without quotes");
    Remark::of(
        path,
        key.range.clone(),
        WRONG_VALUE,
        what,
        "put it in quotes",
    )
}

/// Of the length of a secret, at its key: the secret itself is not shown.
fn of_secret(path: &str, secret: &str, key: &Node, which: &str) -> Option<Remark> {
    let (least, most) = (SECRET.start(), SECRET.end());
    let length = secret.len();
    let what = format!("{which} must have from {least} to {most} characters, and has {length}");
    let help = "`openssl rand -hex 32` makes a good one";
    let remark = Remark::of(path, key.range.clone(), WRONG_VALUE, what, help);
    (!SECRET.contains(&length)).then_some(remark)
}

fn of_duration(
    path: &str,
    value: &str,
    (least, most, or_zero): (u64, u64, bool),
    range: &Range<usize>,
) -> Option<Remark> {
    let wrong = |what: String, help: &str| Remark::of(path, range.clone(), WRONG_VALUE, what, help);
    match nanoseconds(value) {
        None if value.parse::<u64>().is_ok() => {
            let what = format!("`{value}` has no unit, and the Collector takes it for nanoseconds");
            let seconds = format!("{value}s");
            let help = format!("write `{seconds}`, if seconds are meant");
            Some(wrong(what, &help).suggest(seconds))
        }
        None => {
            let what = format!("`{value}` is no duration");
            Some(match nearly_time(value) {
                Some(time) => wrong(what, &format!("write `{time}`")).suggest(time),
                None => wrong(what, "write it as 10s, 250ms or 1m30s; none is below zero"),
            })
        }
        Some(nanos) if (least..=most).contains(&nanos) || (or_zero && nanos == 0) => None,
        Some(_) => {
            let bounds = format!("{} to {}", time_text(least), time_text(most));
            let zero = if or_zero { "0, or " } else { "" };
            let what = format!("`{value}` is beyond its bounds");
            Some(wrong(what, &format!("it may be {zero}from {bounds}")))
        }
    }
}

fn of_whole(
    path: &str,
    value: &str,
    bounds: RangeInclusive<i64>,
    range: &Range<usize>,
) -> Option<Remark> {
    let kind = Kind::Whole {
        least: *bounds.start(),
        most: *bounds.end(),
    };
    let wrong = |what: String| Remark::of(path, range.clone(), WRONG_VALUE, what, form(kind));
    if whole(value).is_some_and(|number| bounds.contains(&number)) {
        return None;
    }
    let Some(cut) = cut_off(value) else {
        return Some(wrong(format!("`{value}` is not {}", wanted(kind))));
    };
    let remark = wrong(format!(
        "`{value}` is no whole number, and the Collector takes it for {cut}"
    ));
    Some(match bounds.contains(&cut) {
        true => remark.suggest(cut.to_string()),
        false => remark,
    })
}

fn is_of(kind: Kind, value: &str) -> bool {
    match kind {
        Kind::Flag => flag(value).is_some(),
        Kind::Word(words) => words.contains(&value),
        _ => true,
    }
}

/// What a value of this kind is, behind "is not".
fn wanted(kind: Kind) -> String {
    match kind {
        Kind::Whole { least, most } => format!("a number from {least} to {most}"),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Word(words) => format!("one of {}", listed(words)),
        Kind::Duration { .. } => "a duration".to_owned(),
        _ => "a text".to_owned(),
    }
}

fn form(kind: Kind) -> String {
    format!("write {}", wanted(kind))
}

fn listed(names: &[&str]) -> String {
    names.join(", ")
}
