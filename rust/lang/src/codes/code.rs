//! A code, how much it weighs, and what the tables declare of it.

use crate::words::words;

/// A stable name of one kind of fault, such as `E0010`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub &'static str);

words! {
    /// How much a diagnostic weighs.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum DiagnosticSeverity {
        /// The rule (or the file) cannot be used.
        Error = "error",
        /// It can, but probably says something else than was meant.
        Warning = "warning",
        /// Fails nothing, not even `check --strict`.
        Note = "note",
    }
}

/// What the table says about a code.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    pub code: Code,
    pub title: &'static str,
    /// A paragraph: what is wrong, why it matters, what to do.
    pub explanation: &'static str,
    /// A rule file, or part of one, that gives this code.
    pub bad: &'static str,
    /// The same, right.
    pub good: &'static str,
}

impl Code {
    #[must_use]
    pub fn severity(self) -> DiagnosticSeverity {
        match self.0.as_bytes().first() {
            Some(b'W') => DiagnosticSeverity::Warning,
            Some(b'N') => DiagnosticSeverity::Note,
            _ => DiagnosticSeverity::Error,
        }
    }
}

/// Declares codes as constants together with their table.
macro_rules! declare_codes {
    ($( $name:ident = $code:literal, $title:literal { $explanation:literal, bad: $bad:literal, good: $good:literal } )*) => {
        $( #[doc = $title] pub const $name: $crate::codes::code::Code = $crate::codes::code::Code($code); )*
        pub(in crate::codes) const DECLARATIONS: &[$crate::codes::code::Declaration] = &[
            $( $crate::codes::code::Declaration {
                code: $name, title: $title, explanation: $explanation, bad: $bad, good: $good,
            } ),*
        ];
    };
}

pub(super) use declare_codes;
