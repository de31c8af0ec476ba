//! Enums whose members are words: of the language, of rule files, or of what is printed.
//!
//! A member is declared with its word, once; reading it, printing it, listing it and offering it to who mistyped it
//! all follow from there.

/// Members with a word each, as [`words!`] declares them.
pub(crate) trait Word: Copy + 'static {
    const WORDS: &'static [Self];

    fn word(self) -> &'static str;

    /// The member of exactly this word.
    fn named(word: &str) -> Option<Self> {
        Self::WORDS
            .iter()
            .copied()
            .find(|known| known.word() == word)
    }
}

/// Declares such an enum: `Member = "word"`.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $Name:ident { $($(#[$doc:meta])* $Member:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        pub enum $Name { $($(#[$doc])* $Member),+ }

        impl $Name {
            /// Every one, in the order of their declaration.
            pub const ALL: [$Name; [$($word),+].len()] = [$($Name::$Member),+];

            /// As written and printed.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($Name::$Member => $word),+ }
            }
        }

        impl $crate::words::Word for $Name {
            const WORDS: &'static [$Name] = &$Name::ALL;

            fn word(self) -> &'static str {
                self.as_str()
            }
        }
    };
}

pub(crate) use words;
