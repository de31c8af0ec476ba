//! Reading YAML nodes into a model, with every fault reported and nothing given up early.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::codes::{Code, files as codes};
use crate::condition::written::Written;
use crate::diagnostic::nearest::nearest;
use crate::diagnostic::{Diagnostic, NotKept};
use crate::file::alike::Alike;
use crate::file::known_keys::Fields;
use crate::file::said::{listed, shown};
use crate::file::ways;
use crate::file::yaml::{Entry, Scalar, ScalarMap, Style, YamlKind, YamlNode};
use crate::limits::Limits;
use crate::rule::{Name, RuleId, Whole};
use crate::source::{LineIndex, is_invisible};
use crate::words::Word;

/// Collects the diagnostics of one file.
pub(crate) struct Reader<'a> {
    pub file: usize,
    pub text: &'a str,
    /// Likewise, for what is lent from it.
    pub whole: Arc<Whole>,
    pub lines: LineIndex<'a>,
    pub limits: &'a Limits,
    pub diagnostics: Vec<Diagnostic>,
    /// The rule that is worked on now, see [`Reader::enter`].
    pub rule: Option<RuleId>,
    /// Diagnostics beyond twice the limit.
    pub not_kept: NotKept,
    spare: Option<Diagnostic>,
    /// Errors so far; a rule during which it rises is faulty.
    pub errors: usize,
    pub alike: Alike<'a>,
}

/// That a rule was entered, see [`Reader::enter`].
#[must_use]
pub(crate) struct Entered {
    outer: Option<RuleId>,
    /// Before it.
    errors: usize,
}

/// A text of the file with the node that it came from.
#[derive(Clone, Debug)]
pub(crate) struct Text<'t> {
    pub value: Cow<'t, str>,
    pub node: YamlNode<'t>,
}

impl<'a> Reader<'a> {
    pub fn new(file: usize, text: &'a Arc<str>, limits: &'a Limits) -> Reader<'a> {
        let lines = LineIndex::new(text);
        Reader {
            file,
            text,
            whole: Arc::new(Whole::new(Arc::clone(text))),
            lines,
            limits,
            diagnostics: Vec::new(),
            not_kept: NotKept::default(),
            spare: None,
            rule: None,
            errors: 0,
            alike: Alike::default(),
        }
    }

    /// Begins what belongs to a rule: each diagnostic in it bears the rule's id.
    pub fn enter(&mut self, rule: Option<RuleId>) -> Entered {
        Entered {
            outer: std::mem::replace(&mut self.rule, rule),
            errors: self.errors,
        }
    }

    /// Ends it. Whether an error was among its diagnostics.
    pub fn leave(&mut self, entered: Entered) -> bool {
        self.rule = entered.outer;
        self.errors > entered.errors
    }

    pub fn report(
        &mut self,
        code: Code,
        range: Range<usize>,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let mut diagnostic = Diagnostic::new(code, self.file, range, &self.lines, message.into());
        diagnostic.rule.clone_from(&self.rule);
        self.push(diagnostic)
    }

    pub fn push(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        self.errors += usize::from(diagnostic.is_error());
        if self.diagnostics.len() > self.limits.diagnostics.saturating_mul(2) {
            self.not_kept.note(&diagnostic);
            return self.spare.insert(diagnostic);
        }
        self.diagnostics.push(diagnostic);
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    /// The bytes of a scalar's content, quotes excluded; of anything else the first line.
    pub fn span(&self, node: &YamlNode<'_>) -> Range<usize> {
        match node.as_scalar() {
            Some(scalar) if !scalar.value.is_empty() => {
                let trimmed = scalar.value.trim_end_matches('\n').len();
                let begin = scalar.text_begin(self.text);
                if scalar.style == Style::Plain && self.text[begin..].starts_with(&*scalar.value) {
                    return begin..begin + trimmed;
                }
                ScalarMap::new(scalar, self.text).range(0..trimmed)
            }
            Some(_) => node.range.clone(),
            None => {
                let text = self.text.get(node.range.clone()).unwrap_or("");
                let line = text.find(['\n', '\r']).unwrap_or(text.len());
                node.range.start..node.range.start + line.max(usize::from(!text.is_empty()))
            }
        }
    }

    fn wrong_kind(&mut self, node: &YamlNode<'_>, what: &str, wanted: &str) {
        if !matches!(node.kind, YamlKind::Refused) {
            let range = self.span(node);
            let message = format!("{what} must be {wanted}, this is {}", node.what());
            let (way, suggestion) = ways::of_kind(what, node, wanted);
            let diagnostic = self.report(codes::WRONG_KIND, range, message);
            diagnostic.help = Some(way);
            diagnostic.suggestion = suggestion;
        } else {
            // Reported where it was refused; what needs it is faulty all the same.
            self.errors += 1;
        }
    }

    /// The entries of a mapping; unknown keys are reported.
    pub fn fields<'n, 't>(
        &mut self,
        node: &'n YamlNode<'t>,
        what: &str,
        known: &[&'static str],
    ) -> Option<Fields<'n, 't>> {
        let YamlKind::Mapping(mapping) = &node.kind else {
            self.wrong_kind(node, what, "a mapping");
            return None;
        };
        let mut fields = Fields {
            entries: Vec::with_capacity(mapping.items.len()),
            is_cut: mapping.is_cut,
            node,
        };
        for entry in &mapping.items {
            let Some(key) = entry.key.as_scalar() else {
                continue;
            };
            match known.iter().find(|known| **known == key.value) {
                Some(known) => fields.entries.push((known, entry)),
                None => self.unknown_key(entry, key, what, known),
            }
        }
        if mapping.is_cut {
            self.errors += 1;
        }
        Some(fields)
    }

    fn unknown_key(
        &mut self,
        entry: &Entry<'_>,
        key: &Scalar<'_>,
        what: &str,
        known: &[&'static str],
    ) {
        let range = self.span(&entry.key);
        let near =
            ways::meant(&key.value, known).or_else(|| nearest(&key.value, known.iter().copied()));
        let message = format!("{what} has no key `{}`", shown(&key.value));
        let diagnostic = self.report(codes::UNKNOWN_KEY, range, message);
        diagnostic.help = Some(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => ways::of_key(&key.value, known),
        });
        diagnostic.suggestion = near.map(str::to_owned);
    }

    pub fn items<'n, 't>(&mut self, node: &'n YamlNode<'t>, what: &str) -> &'n [YamlNode<'t>] {
        match &node.kind {
            YamlKind::Sequence(sequence) => {
                self.errors += usize::from(sequence.is_cut);
                &sequence.items
            }
            _ => {
                self.wrong_kind(node, what, "a list");
                &[]
            }
        }
    }

    /// A list, or a single item in its place.
    pub fn one_or_more<'n, 't>(
        &mut self,
        node: &'n YamlNode<'t>,
        what: &str,
    ) -> &'n [YamlNode<'t>] {
        match node.as_scalar() {
            Some(_) => std::slice::from_ref(node),
            None => self.items(node, what),
        }
    }

    pub fn entries<'n, 't>(&mut self, node: &'n YamlNode<'t>, what: &str) -> &'n [Entry<'t>] {
        match &node.kind {
            YamlKind::Mapping(mapping) => {
                self.errors += usize::from(mapping.is_cut);
                &mapping.items
            }
            _ => {
                self.wrong_kind(node, what, "a mapping");
                &[]
            }
        }
    }

    /// Any scalar with a value; what it looks like (a number, a boolean) does not matter.
    pub fn text<'n, 't>(&mut self, node: &'n YamlNode<'t>, what: &str) -> Option<&'n Scalar<'t>> {
        match node.as_scalar() {
            Some(scalar) if !scalar.is_null() => Some(scalar),
            _ => {
                self.wrong_kind(node, what, "text");
                None
            }
        }
    }

    pub fn string(&mut self, node: &YamlNode<'_>, what: &str) -> Option<String> {
        self.text(node, what).map(|scalar| scalar.value.to_string())
    }

    pub fn name(&mut self, node: &YamlNode<'_>, what: &str) -> Option<Name> {
        let scalar = self.text(node, what)?;
        Some(self.lent(&scalar.value))
    }

    /// A text that mostly was lent from the file.
    pub fn lent(&self, text: &str) -> Name {
        Written::lent(text, &self.whole).name(0..text.len())
    }

    pub fn positioned_text<'t>(&mut self, node: &YamlNode<'t>, what: &str) -> Option<Text<'t>> {
        let scalar = self.text(node, what)?;
        Some(Text {
            value: scalar.value.clone(),
            node: node.clone(),
        })
    }

    pub fn boolean(&mut self, node: &YamlNode<'_>, what: &str) -> Option<bool> {
        let scalar = self.text(node, what)?;
        let value = scalar.as_bool();
        if value.is_none() {
            let range = self.span(node);
            let written = shown(&scalar.value);
            let is_quoted = matches!(&*scalar.value, "true" | "false");
            let (article, help) = match is_quoted {
                true => ("the text ", Some("write it without quotes".to_owned())),
                false => ("", None),
            };
            let message = format!("{what} is `true` or `false`, not {article}`{written}`");
            let diagnostic = self.report(codes::NOT_A_BOOLEAN, range, message);
            diagnostic.help = help;
            diagnostic.suggestion = match scalar.value.to_lowercase().as_str() {
                _ if is_quoted => None,
                "yes" | "on" | "1" | "true" => Some("true".to_owned()),
                "no" | "off" | "0" | "false" => Some("false".to_owned()),
                _ => None,
            };
        }
        value
    }

    /// One of a few words, in any case.
    pub fn word<T: Word>(
        &mut self,
        node: &YamlNode<'_>,
        code: Code,
        what: &str,
        words: &[T],
    ) -> Option<T> {
        let scalar = self.text(node, what)?;
        let found = words
            .iter()
            .find(|known| known.word().eq_ignore_ascii_case(&scalar.value));
        if found.is_none() {
            let range = self.span(node);
            let names: Vec<&str> = words.iter().map(|known| known.word()).collect();
            let near = nearest(&scalar.value, names.iter().copied());
            let diagnostic = self.report(
                code,
                range,
                format!("there is no {what} `{}`", shown(&scalar.value)),
            );
            diagnostic.help = Some(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it is one of {}", listed(&names)),
            });
            diagnostic.suggestion = near.map(str::to_owned);
        }
        found.copied()
    }

    /// A whole number above 0.
    pub fn count(&mut self, node: &YamlNode<'_>, what: &str) -> Option<u64> {
        let scalar = self.text(node, what)?;
        let number = scalar
            .value
            .parse::<u64>()
            .ok()
            .filter(|&number| number > 0);
        if number.is_none() {
            let range = self.span(node);
            let message = format!(
                "{what} is a whole number above 0, not `{}`",
                shown(&scalar.value)
            );
            self.report(codes::TEST_NUMBER, range, message);
        }
        number
    }

    /// Reports a key that is needed and not there, or there without a value.
    pub fn missing(&mut self, fields: &Fields<'_, '_>, key: &str, what: &str) {
        if let Some(entry) = fields.entry(key) {
            let range = self.span(&entry.key);
            self.report(codes::MISSING_KEY, range, format!("`{key}` has no value"))
                .help = ways::of_missing(key).map(str::to_owned);
        } else if !fields.is_cut {
            let range = self.begin(fields);
            self.report(codes::MISSING_KEY, range, format!("{what} needs `{key}`"))
                .help = ways::of_missing(key).map(str::to_owned);
        }
    }

    /// The first key of a mapping.
    pub fn begin(&self, fields: &Fields<'_, '_>) -> Range<usize> {
        match &fields.node.kind {
            YamlKind::Mapping(mapping) if !mapping.items.is_empty() => {
                self.span(&mapping.items[0].key)
            }
            _ => fields.node.range.start..fields.node.range.start,
        }
    }

    /// True if a name can be used; else reports why not.
    pub fn check_name(&mut self, node: &YamlNode<'_>, name: &str, what: &str) -> bool {
        let most = self.limits.name_bytes;
        // So most names are.
        let is_plain = name.bytes().all(|byte| byte.is_ascii_graphic());
        if is_plain && (1..=most).contains(&name.len()) {
            return true;
        }
        let message = if name.trim().is_empty() {
            format!("{what} is empty")
        } else if name.len() > most {
            format!("{what} has {} bytes; the limit is {most}", name.len())
        } else if let Some(odd) = name.chars().find(|&c| is_invisible(c)) {
            format!("{what} holds the invisible character U+{:04X}", odd as u32)
        } else {
            return true;
        };
        let range = self.span(node);
        self.report(codes::BAD_NAME, range, message);
        false
    }
}
