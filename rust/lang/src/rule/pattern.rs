//! A regular expression of a rule: the largest thing that a compiled rule holds, so that it is compiled once.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use regex_automata::meta::{self, Regex};
use regex_automata::util::syntax;

/// What is compiled without a limit of its own may take so many bytes: above what the language itself allows.
const PATTERN_BYTES: usize = 10 << 20;

/// A regular expression, compiled once for all who have it: the check that asks for its size, and the engine. It is its text.
#[derive(Clone)]
pub struct TextPattern {
    text: Arc<str>,
    compiled: Arc<OnceLock<Result<Regex, String>>>,
}

impl TextPattern {
    /// An expression that takes no more than so many bytes once it is compiled.
    ///
    /// # Errors
    ///
    /// If it is larger, or none.
    pub(crate) fn within(
        text: &Arc<str>,
        bytes: usize,
    ) -> Result<TextPattern, Box<meta::BuildError>> {
        let regex = compiled(text, bytes)?;
        Ok(TextPattern {
            text: Arc::clone(text),
            compiled: Arc::new(Ok(regex).into()),
        })
    }

    /// The expression, which works on bytes: it meets texts that are no UTF-8, too.
    ///
    /// # Errors
    ///
    /// Why it cannot be compiled; of a checked rule it can.
    pub fn regex(&self) -> Result<&Regex, &str> {
        let compile =
            || compiled(&self.text, PATTERN_BYTES).map_err(|error| reason_of_refusal(&error));
        let regex = self.compiled.get_or_init(compile);
        regex.as_ref().map_err(String::as_str)
    }

    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }
}

fn compiled(text: &str, bytes: usize) -> Result<Regex, Box<meta::BuildError>> {
    let config = meta::Config::new()
        .nfa_size_limit(Some(bytes))
        .utf8_empty(false);
    let mut builder = meta::Builder::new();
    let builder = builder.configure(config);
    let builder = builder.syntax(syntax::Config::new().utf8(false));
    builder.build(text).map_err(Box::new)
}

/// What is wrong with an expression, in its parser's words.
pub(crate) fn reason_of_refusal(error: &meta::BuildError) -> String {
    match error.syntax_error() {
        Some(error) => error.to_string(),
        None => error.to_string(),
    }
}

impl Deref for TextPattern {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for TextPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(out)
    }
}

impl<T: Into<Arc<str>>> From<T> for TextPattern {
    fn from(text: T) -> TextPattern {
        TextPattern {
            text: text.into(),
            compiled: Arc::default(),
        }
    }
}
