//! Checks the texts of a rule: its condition, exceptions and message, and the macros of its file.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use hashbrown::HashMap;

use crate::codes::conditions::IN_EVERY_TRACE;
use crate::condition::check::{
    check_macro, check_written_condition, check_written_exception, understood_condition,
};
use crate::condition::meaning::meaning_hash;
use crate::condition::scan::words;
use crate::condition::shipped::{Shipped, may_ship, shipped_in};
use crate::condition::template::check_template;
use crate::condition::vocabulary::Vocabulary;
use crate::condition::written::Written;
use crate::diagnostic::fault::{Fault, Origin};
use crate::file::asked::Asked;
use crate::file::brought::Imports;
use crate::file::placing::Placing;
use crate::file::read::{Reader, Text};
use crate::file::rulefile::RuleFile;
use crate::file::swallowed::warn_of_swallowed_lines;
use crate::file::written::{CheckedTexts, WrittenRule};
use crate::limits::Limits;
use crate::rule::{Body, Expr, Template};

/// Checks the rules of one file.
pub(crate) struct RuleChecker<'a> {
    limits: &'a Limits,
    asked: Asked,
    vocabulary: Vocabulary,
    placing: Placing<'a>,
    /// By the names of bound spans, each with the next behind a line's end.
    known: HashMap<String, KnownTexts>,
    /// A name that ships stands in some macro that a rule can use.
    ships_in_macros: bool,
}

/// Texts without a fault that rules have which bind spans of the same names: most rules of a file have the same.
#[derive(Default)]
struct KnownTexts {
    exceptions: HashMap<Arc<str>, Arc<[Expr]>>,
    messages: HashMap<Arc<str>, Arc<Template>>,
}

impl<'a> RuleChecker<'a> {
    pub fn new(
        file: &RuleFile<'a>,
        imports: Imports<'a>,
        limits: &'a Limits,
        asked: Asked,
    ) -> RuleChecker<'a> {
        let mut vocabulary = Vocabulary::new();
        for named in &file.macros {
            vocabulary.add_macro(named.name.as_str(), &*named.value.value);
        }
        for named in &file.lists {
            vocabulary.add_list(named.name.as_str(), named.value.clone());
        }
        for named in &file.fields {
            vocabulary.add_field(named.value.clone());
        }
        imports.give(&mut vocabulary);
        let ships_in_macros = vocabulary.macros().any(may_ship);
        RuleChecker {
            limits,
            asked,
            ships_in_macros,
            vocabulary,
            placing: Placing::new(file, imports.elsewhere),
            known: HashMap::new(),
        }
    }

    /// The names of the file, for those that use it.
    pub fn into_vocabulary(self) -> Vocabulary {
        self.vocabulary
    }

    /// Reports what is wrong with macros by themselves, be they used or not.
    pub fn check_macros(&mut self, reader: &mut Reader<'_>, file: &RuleFile<'_>) {
        for named in &file.macros {
            self.warn_of_swallowed_lines(reader, &named.value);
            let mut faults = Vec::new();
            check_macro(&named.value.value, self.limits, &mut faults);
            for fault in &mut faults {
                fault.origin = Origin::Macro(named.name.as_str().into());
            }
            self.placing.place(reader, &named.value, faults);
        }
    }

    /// The meaning of a rule, if its condition, exceptions and message have no error.
    pub fn check(
        &mut self,
        reader: &mut Reader<'_>,
        rule: &WrittenRule<'_>,
    ) -> Option<CheckedTexts> {
        for text in rule.condition.iter().chain(&rule.exceptions) {
            self.warn_of_swallowed_lines(reader, text);
        }
        let condition = rule.condition.as_ref()?;
        let mut faults = Vec::new();
        let check = match self.asked {
            Asked::Advice => check_written_condition,
            Asked::Rules => understood_condition,
        };
        let written = Written::lent(&condition.value, &reader.whole);
        let body = check(written, &self.vocabulary, self.limits, &mut faults);
        if self.asked == Asked::Rules {
            faults.retain(Fault::is_error);
        }
        // What is excused by exceptions is about every other trace, and meant to be.
        if !rule.exceptions.is_empty() {
            faults.retain(|fault| fault.code != IN_EVERY_TRACE);
        }
        self.placing.place(reader, condition, faults);
        // A condition that binds nothing gives exceptions and message nothing to name, so they can be
        // judged even where it is faulty.
        let unbound = Body::empty();
        let stand_in = || (!may_bind(&condition.value)).then_some(&unbound);
        let context = body.as_ref().or_else(stand_in);
        let mut is_whole = body.is_some();
        let mut exceptions = None;
        if let Some(context) = context {
            exceptions = self.exceptions(reader, &rule.exceptions, context);
            is_whole &= exceptions.is_some();
        }
        let mut message = None;
        if let (Some(text), Some(context)) = (&rule.message, context)
            && text.value.len() <= self.limits.rule_bytes
        {
            message = self.message(reader, text, context);
            is_whole &= message.is_some();
        }
        let mut body = body?;
        body.exceptions = exceptions?;
        if !is_whole {
            return None;
        }
        Some(CheckedTexts {
            condition: reader.lent(&condition.value),
            message,
            hash: meaning_hash(&body, rule.completeness),
            body,
            names: self.names_of_vocabulary(rule),
        })
    }

    fn warn_of_swallowed_lines(&self, reader: &mut Reader<'_>, text: &Text<'_>) {
        if self.asked == Asked::Advice {
            warn_of_swallowed_lines(reader, text);
        }
    }

    fn message(
        &mut self,
        reader: &mut Reader<'_>,
        text: &Text<'_>,
        context: &Body,
    ) -> Option<Arc<Template>> {
        let known = self.known(context);
        if let Some(known) = known.and_then(|known| known.messages.get(&*text.value)) {
            return Some(Arc::clone(known));
        }
        let mut faults = Vec::new();
        let checked = check_template(&text.value, context, &self.vocabulary, &mut faults);
        let checked = checked.map(Arc::new);
        if let Some(checked) = checked.as_ref().filter(|_| faults.is_empty())
            && let Some(known) = self.known(context)
        {
            let shared = Arc::clone(checked);
            known.messages.insert(Arc::from(&*text.value), shared);
        }
        self.placing.place(reader, text, faults);
        checked
    }

    /// All exceptions of a rule, if none has an error.
    fn exceptions(
        &mut self,
        reader: &mut Reader<'_>,
        written: &[Text<'_>],
        context: &Body,
    ) -> Option<Arc<[Expr]>> {
        if let [only] = written {
            return self.exception(reader, only, context);
        }
        let mut all = Vec::with_capacity(written.len());
        for exception in written {
            let checked = self.exception(reader, exception, context);
            all.extend(checked.iter().flat_map(|one| one.iter().cloned()));
        }
        (all.len() == written.len()).then(|| all.into())
    }

    /// A list of one exception.
    fn exception(
        &mut self,
        reader: &mut Reader<'_>,
        exception: &Text<'_>,
        context: &Body,
    ) -> Option<Arc<[Expr]>> {
        let known = self.known(context);
        if let Some(known) = known.and_then(|known| known.exceptions.get(&*exception.value)) {
            return Some(Arc::clone(known));
        }
        let mut faults = Vec::new();
        let text = &exception.value;
        let written = Written::lent(text, &reader.whole);
        let (vocabulary, limits) = (&self.vocabulary, self.limits);
        let checked = check_written_exception(written, context, vocabulary, limits, &mut faults);
        let checked: Option<Arc<[Expr]>> = checked.map(|checked| [checked].into());
        if let Some(checked) = checked.as_ref().filter(|_| faults.is_empty())
            && let Some(known) = self.known(context)
        {
            let shared = Arc::clone(checked);
            known.exceptions.insert(Arc::from(&**text), shared);
        }
        self.placing.place(reader, exception, faults);
        checked
    }

    /// Exceptions and messages that mean the same with this rule as with those that had them; `None`: it is over many traces, of
    /// which they mean something else.
    fn known(&mut self, body: &Body) -> Option<&mut KnownTexts> {
        let names = match body.bindings.as_slice() {
            _ if body.over.is_some() => return None,
            [] => "".into(),
            [only] => Cow::from(&only.name),
            bound => {
                let names: Vec<&str> = bound.iter().map(|one| one.name.as_str()).collect();
                names.join("\n").into()
            }
        };
        Some(self.known.entry_ref(&*names).or_default())
    }

    /// The names of the vocabulary that ships in the texts of a rule, in the macros that it uses, and in those names.
    fn names_of_vocabulary(&self, rule: &WrittenRule<'_>) -> Vec<&'static Shipped> {
        let own = rule.condition.iter().chain(&rule.exceptions);
        let own = own.chain(&rule.message).map(|text| &*text.value);
        if !self.ships_in_macros && !own.clone().any(may_ship) {
            return Vec::new();
        }
        let mut texts: Vec<&str> = own.collect();
        let mut seen: HashSet<*const u8> = HashSet::new();
        let mut found = BTreeMap::new();
        while let Some(text) = texts.pop() {
            // A macro that uses itself was refused; this only has to end.
            if !seen.insert(text.as_ptr()) {
                continue;
            }
            for shipped in shipped_in(text) {
                found.insert(&*shipped.name, shipped);
                texts.extend(shipped.as_macro().map(|found| &*found.text));
            }
            let macros = words(text).filter_map(|word| self.vocabulary.macro_named(word));
            texts.extend(macros.map(|found| &*found.text.text));
        }
        found.into_values().collect()
    }
}

/// Whether a condition may bind spans: some word of it is `as`.
fn may_bind(condition: &str) -> bool {
    words(condition).any(|word| word == "as")
}
