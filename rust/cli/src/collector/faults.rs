//! Every fault of the keys of one processor in a configuration, each by itself: names that are none, and values that are not
//! of their kind or beyond its bounds. What keys say together is looked at in `together`.

use std::collections::HashSet;
use std::ops::{Range, RangeInclusive};

use betrace_lang::{duration_text, nearest};

use super::keys::{Kind, is_section, kind, names_in};
use super::remark::{Remark, UNKNOWN_KEY, WRONG_VALUE};
use super::said::{Value, read};
use super::timing::{nanoseconds, whole};
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
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", listed(&names)),
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
    let mut wrong = |range: &Range<usize>, what: String, help: String| {
        found.push(Remark::of(path, range.clone(), WRONG_VALUE, what, help));
    };
    match kind {
        Kind::Rules => {
            // Text that comes from elsewhere may be a list there.
            let is_text = matches!(read(node, resolved), Value::Is(_));
            if node.is_mapping() || is_text {
                let help = "write a list of rules, each as in a rule file";
                wrong(
                    &node.range,
                    "is no list of rules".to_owned(),
                    help.to_owned(),
                );
            }
        }
        Kind::Texts | Kind::Secrets => {
            if node.is_mapping() {
                let help = "write `[one, other]`";
                wrong(
                    &node.range,
                    "is no list of texts".to_owned(),
                    help.to_owned(),
                );
            }
            for (at, element) in node.elements().iter().enumerate() {
                if element.is_sequence() || element.is_mapping() {
                    let help = "write a text there";
                    wrong(
                        &element.range,
                        format!("its element {at} is no text"),
                        help.to_owned(),
                    );
                } else if let (Kind::Secrets, Value::Is(secret)) = (kind, read(element, resolved)) {
                    secret_length(
                        &secret,
                        &key.range,
                        &format!("its element {at}"),
                        &mut wrong,
                    );
                }
            }
        }
        _ if node.is_sequence() || node.is_mapping() => {
            let help = form(kind);
            wrong(
                &node.range,
                format!("a list or mapping is not {}", wanted(kind)),
                help,
            );
        }
        _ => {
            let Value::Is(value) = read(node, resolved) else {
                return;
            };
            match kind {
                Kind::Secret if path == "violations.key" && !value.is_empty() => {
                    secret_length(&value, &key.range, "it", &mut wrong);
                }
                Kind::Duration {
                    least,
                    most,
                    or_zero,
                } => {
                    of_duration(path, &value, (least, most, or_zero), &node.range, found);
                }
                _ if node.is_quoted() && matches!(kind, Kind::Whole { .. } | Kind::Flag) => {
                    let what = format!("`{value}` in quotes is a text, and not {}", wanted(kind));
                    wrong(&node.range, what, "leave the quotes out".to_owned());
                }
                _ if !is_of(kind, &value) => {
                    wrong(
                        &node.range,
                        format!("`{value}` is not {}", wanted(kind)),
                        form(kind),
                    );
                }
                _ => {}
            }
        }
    }
}

fn secret_length(
    secret: &str,
    range: &Range<usize>,
    which: &str,
    wrong: &mut impl FnMut(&Range<usize>, String, String),
) {
    if !SECRET.contains(&secret.len()) {
        let (least, most) = (SECRET.start(), SECRET.end());
        let what = format!(
            "{which} must have from {least} to {most} characters, and has {}",
            secret.len()
        );
        wrong(
            range,
            what,
            "`openssl rand -hex 32` makes a good one".to_owned(),
        );
    }
}

fn of_duration(
    path: &str,
    value: &str,
    (least, most, or_zero): (u64, u64, bool),
    range: &Range<usize>,
    found: &mut Vec<Remark>,
) {
    let wrong = |what: String, help: &str| Remark::of(path, range.clone(), WRONG_VALUE, what, help);
    match nanoseconds(value) {
        None if value.parse::<u64>().is_ok() => {
            let what = format!("`{value}` has no unit, and the Collector takes it for nanoseconds");
            let seconds = format!("{value}s");
            let help = format!("write `{seconds}`, if seconds are meant");
            found.push(wrong(what, &help).suggest(seconds));
        }
        None => {
            let what = format!("`{value}` is no duration");
            found.push(wrong(
                what,
                "write it as 10s, 250ms or 1m30s; none is below zero",
            ));
        }
        Some(nanos) if (least..=most).contains(&nanos) || (or_zero && nanos == 0) => {}
        Some(_) => {
            let bounds = format!("{} to {}", duration_text(least), duration_text(most));
            let zero = if or_zero { "0, or " } else { "" };
            let what = format!("`{value}` is beyond its bounds");
            found.push(wrong(what, &format!("it may be {zero}from {bounds}")));
        }
    }
}

fn is_of(kind: Kind, value: &str) -> bool {
    match kind {
        Kind::Whole { least, most } => {
            whole(value).is_some_and(|number| (least..=most).contains(&number))
        }
        // As YAML 1.2 reads them.
        Kind::Flag => matches!(
            value,
            "true" | "True" | "TRUE" | "false" | "False" | "FALSE"
        ),
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
