//! Inline rules as the Collector hands them to the processor: what comes from the environment is put in its place before they
//! are loaded, and what is said of them is said of the places in the configuration.
//!
//! What is not known here may be anything. So such rules are loaded several times, each with another text in its place, and the
//! reading with the fewest faults is told: what stands in all of them is true whatever the Collector puts there, and the rest is
//! told as unsure, in a note. Of a rule of which one reading says nothing there is nothing to tell, so that no other is asked for.

use std::ops::Range;

use betrace_lang::codes::DiagnosticSeverity;
use betrace_lang::{Diagnostic, LineIndex};

use super::yaml::{Node, parse};

/// What is tried in place of what is not known: a number, a time, a word, what is so, a severity, a condition, an expression.
const TRIED: [&str; 7] = ["0", "1s", "x", "true", "high", "never { x }", "a.+b"];

/// The rules of one processor that stand in the configuration itself.
pub struct Inline {
    /// The configuration with nothing but the rules, byte for byte in the same room.
    masked: String,
    /// Where each rule stands.
    rules: Vec<Range<usize>>,
    /// In the order of their places.
    placeholders: Vec<Placeholder>,
}

/// `${…}`, or `$$`, which is a `$`.
struct Placeholder {
    range: Range<usize>,
    /// `None`: not known here, or such that it cannot be written in its place.
    value: Option<String>,
}

/// Rules to be loaded, and where what is in place of a placeholder begins and ends there.
pub struct Filled {
    pub text: String,
    /// In the configuration and here.
    places: Vec<(Range<usize>, Range<usize>)>,
}

/// A reading of the rules: what was put in place of what is not known, and what is said of the inline rules then, at places of
/// the configuration.
pub struct Reading {
    pub with: &'static str,
    pub said: Vec<Diagnostic>,
}

impl Inline {
    /// `resolved` puts in what a text takes from the environment; what is empty then is not known.
    pub fn of(masked: String, list: &Node, resolved: &impl Fn(&str) -> String) -> Inline {
        let mut scalars = Vec::new();
        scalars_of(list, &mut scalars);
        let mut placeholders = Vec::new();
        for scalar in &scalars {
            let begin = scalar.range.start;
            let found = placeholders_in(&masked[scalar.range.clone()]);
            placeholders.extend(found.into_iter().map(|range| {
                let range = begin + range.start..begin + range.end;
                let value = value_of(&masked[range.clone()], resolved);
                Placeholder { range, value }
            }));
        }
        let elements = list.elements().iter();
        let mut inline = Inline {
            rules: elements.map(|rule| rule.range.clone()).collect(),
            masked,
            placeholders,
        };
        inline.distrust(&scalars, resolved);
        inline
    }

    /// The Collector puts values into texts that were read, and not into YAML: one whose signs would mean something there
    /// (quotes, `#`, a line's end) counts as not known.
    fn distrust(&mut self, scalars: &[&Node], resolved: &impl Fn(&str) -> String) {
        if self.placeholders.iter().all(|one| one.value.is_none()) {
            return;
        }
        let root = parse(&self.filled(None).text);
        let mut read = Vec::new();
        if let Ok(list) = &root {
            scalars_of(list, &mut read);
        }
        // The first is the key of the list.
        let read = read.get(1..).unwrap_or_default();
        let is_other = |at: usize| match read.get(at) {
            Some(found) if read.len() == scalars.len() => {
                found.text() != Some(&*replaced(scalars[at].text().unwrap_or_default(), resolved))
            }
            _ => true,
        };
        for (at, scalar) in scalars.iter().enumerate() {
            let own = |one: &&mut Placeholder| scalar.range.contains(&one.range.start);
            let mut own = self.placeholders.iter_mut().filter(own).peekable();
            if own.peek().is_some() && is_other(at) {
                own.for_each(|one| one.value = None);
            }
        }
    }

    /// The rules with what is known; `unknown` stands in place of what is not, or what is written stays.
    pub fn filled(&self, unknown: Option<&str>) -> Filled {
        let (mut text, mut places, mut at) = (String::new(), Vec::new(), 0);
        for Placeholder { range, value } in &self.placeholders {
            let Some(value) = value.as_deref().or(unknown) else {
                continue;
            };
            text.push_str(&self.masked[at..range.start]);
            let begin = text.len();
            text.push_str(value);
            places.push((range.clone(), begin..text.len()));
            at = range.end;
        }
        text.push_str(&self.masked[at..]);
        Filled { text, places }
    }

    /// The readings that tell what is said of rules which take something that is not known here. `read`: what is said of the
    /// inline rules with this text in its place.
    pub fn readings(&self, mut read: impl FnMut(&'static str) -> Vec<Diagnostic>) -> Vec<Reading> {
        let mut open = self.unsure_rules();
        let mut readings = Vec::new();
        for with in TRIED {
            if open.is_empty() {
                break;
            }
            let said = read(with);
            open.retain(|rule| said.iter().any(|one| is_in(rule, one)));
            readings.push(Reading { with, said });
        }
        readings
    }

    /// Where the rules stand that take something which is not known here.
    fn unsure_rules(&self) -> Vec<&Range<usize>> {
        let rules = self.rules.iter();
        rules
            .filter(|rule| self.unknown_in(rule).next().is_some())
            .collect()
    }

    /// What is said of all rules: of those that are known whole what `known` says, of each other what the best of its readings
    /// says. `known` are of the inline rules too.
    pub fn told(&self, known: Vec<Diagnostic>, readings: &[Reading]) -> Vec<Diagnostic> {
        let unsure = self.unsure_rules();
        let mut told = known;
        told.retain(|one| !unsure.iter().any(|rule| is_in(rule, one)));
        for rule in unsure {
            let of = |reading: &Reading| -> Vec<Diagnostic> {
                let said = reading.said.iter();
                said.filter(|one| is_in(rule, one)).cloned().collect()
            };
            let faults = |said: &[Diagnostic]| said.iter().filter(|one| one.is_error()).count();
            let read = readings.iter().map(|reading| (reading.with, of(reading)));
            let Some((with, best)) = read.min_by_key(|(_, said)| (faults(said), said.len())) else {
                continue;
            };
            for one in best {
                let same = |reading: &Reading| {
                    let mut said = reading.said.iter();
                    let same = said.find(|other| is_same(other, &one))?;
                    Some(same.help == one.help)
                };
                let all: Option<Vec<bool>> = readings.iter().map(same).collect();
                told.push(match all {
                    Some(helps) if !self.is_unknown(&one.range) => Diagnostic {
                        help: one
                            .help
                            .filter(|_| helps.into_iter().all(|is_same| is_same)),
                        ..one
                    },
                    _ => self.unsure(one, rule, with),
                });
            }
        }
        told.sort_by_key(|one| one.range.start);
        told
    }

    /// It may be no fault where the Collector runs, so it is none here, nor a warning: nobody can mend what may be right.
    fn unsure(&self, mut one: Diagnostic, rule: &Range<usize>, with: &str) -> Diagnostic {
        let in_range = self.unknown_in(&one.range).next();
        let named = in_range.or_else(|| self.unknown_in(rule).next());
        let named = named.map_or("", |named| &self.masked[named.range.clone()]);
        one.severity = DiagnosticSeverity::Note;
        one.message = format!(
            "unsure, with `{with}` in place of `{named}`, which is not known here: {}",
            one.message
        );
        let way_out =
            "set it where this command runs, to a text without signs of YAML, and check again";
        one.help = Some(match one.help {
            Some(help) => format!("{help}; {way_out}"),
            None => way_out.to_owned(),
        });
        one.suggestion = None;
        one
    }

    /// Whether all that stands there is not known here.
    fn is_unknown(&self, range: &Range<usize>) -> bool {
        self.unknown_in(range)
            .any(|one| one.range.start <= range.start && range.end <= one.range.end)
    }

    fn unknown_in(&self, range: &Range<usize>) -> impl Iterator<Item = &Placeholder> {
        let range = range.clone();
        let unknown = self.placeholders.iter().filter(|one| one.value.is_none());
        unknown.filter(move |one| one.range.start < range.end && range.start < one.range.end)
    }
}

impl Filled {
    /// A diagnostic of this text as one of the configuration: what is wrong inside of what was put in is wrong with the
    /// placeholder.
    pub fn placed(&self, one: Diagnostic, lines: &LineIndex<'_>) -> Diagnostic {
        if self.places.is_empty() {
            return one;
        }
        let range = self.back(one.range.start, false)..self.back(one.range.end, true);
        let is_touched = |(_, here): &(Range<usize>, Range<usize>)| {
            here.start < one.range.end && one.range.start < here.end
        };
        let placed = Diagnostic::new(one.code, one.file, range, lines, one.message);
        Diagnostic {
            severity: one.severity,
            rule: one.rule,
            help: one.help,
            // It is written for this text, and would write over the placeholder.
            suggestion: one
                .suggestion
                .filter(|_| !self.places.iter().any(is_touched)),
            ..placed
        }
    }

    /// A byte of this text as one of the configuration.
    fn back(&self, at: usize, is_end: bool) -> usize {
        let before = self.places.partition_point(|(_, here)| here.start <= at);
        let Some((there, here)) = before.checked_sub(1).map(|last| &self.places[last]) else {
            return at;
        };
        match at {
            _ if at == here.start && (is_end || here.is_empty()) => there.start,
            _ if at < here.end => match is_end {
                true => there.end,
                false => there.start,
            },
            _ => there.end + (at - here.end),
        }
    }
}

/// Whether it is said of the rule that stands there.
fn is_in(rule: &Range<usize>, one: &Diagnostic) -> bool {
    (rule.start..=rule.end).contains(&one.range.start)
}

/// Whether two readings say the same of the same place.
fn is_same(one: &Diagnostic, other: &Diagnostic) -> bool {
    (one.code, &one.range, &one.message) == (other.code, &other.range, &other.message)
}

fn scalars_of<'n>(node: &'n Node, found: &mut Vec<&'n Node>) {
    if node.text().is_some() {
        found.push(node);
    }
    for element in node.elements() {
        scalars_of(element, found);
    }
    for (key, value) in node.entries() {
        scalars_of(key, found);
        scalars_of(value, found);
    }
}

fn placeholders_in(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(dollar) = text[at..].find('$').map(|far| at + far) {
        let length = match text.as_bytes().get(dollar + 1) {
            Some(b'$') => Some(2),
            Some(b'{') => text[dollar..].find('}').map(|end| end + 1),
            _ => None,
        };
        let end = dollar + length.unwrap_or(1);
        if length.is_some() {
            found.push(dollar..end);
        }
        at = end;
    }
    found
}

fn value_of(placeholder: &str, resolved: &impl Fn(&str) -> String) -> Option<String> {
    match placeholder {
        "$$" => Some("$".to_owned()),
        _ => Some(resolved(placeholder)).filter(|value| !value.is_empty()),
    }
}

/// Whether all that a text takes from elsewhere is known here.
pub fn is_known(text: &str, resolved: &impl Fn(&str) -> String) -> bool {
    let mut all = placeholders_in(text).into_iter();
    all.all(|range| value_of(&text[range], resolved).is_some())
}

/// A scalar's text with all that is known of it.
fn replaced(text: &str, resolved: &impl Fn(&str) -> String) -> String {
    let (mut out, mut at) = (String::new(), 0);
    for range in placeholders_in(text) {
        out.push_str(&text[at..range.start]);
        let written = &text[range.clone()];
        out.push_str(value_of(written, resolved).as_deref().unwrap_or(written));
        at = range.end;
    }
    out + &text[at..]
}

#[cfg(test)]
mod tests {
    use betrace_lang::codes::Code;

    use super::*;

    /// Which texts were tried of these rules, where the readings say that much is wrong at these places.
    fn tried(text: &str, says: &[&[&str]]) -> Vec<&'static str> {
        let root = parse(text).unwrap();
        let inline = Inline::of(text.to_owned(), root.get("rules").unwrap(), &|_| {
            String::new()
        });
        let lines = LineIndex::new(text);
        let said = |place: &&str| {
            let at = text.find(place).unwrap();
            Diagnostic::new(Code("E0001"), 0, at..at + 1, &lines, "no".to_owned())
        };
        let mut tried = Vec::new();
        let _ = inline.readings(|with| {
            tried.push(with);
            says.get(tried.len() - 1)
                .map_or_else(Vec::new, |places| places.iter().map(said).collect())
        });
        tried
    }

    #[test]
    fn no_more_is_tried_once_there_is_nothing_more_to_tell() {
        let known = "rules: [ { id: a, condition: x } ]";
        assert_eq!(tried(known, &[&["x"][..]; 9]), [""; 0]);
        let rules = "rules: [ { id: x, condition: '${env:A}' }, { id: y, condition: '${env:B}' }, { id: z } ]";
        assert_eq!(tried(rules, &[]), TRIED[..1]);
        assert_eq!(tried(rules, &[&["z"]]), TRIED[..1], "of one that is known");
        assert_eq!(tried(rules, &[&["x", "y"], &["y"], &["x"]]), TRIED[..3]);
        assert_eq!(tried(rules, &[&["x"][..]; 9]), TRIED);
    }
}
