//! The words and signs of the language, as the lexer hands them to the grammar.
//!
//! Everything that hangs on context (is `count` a function or an attribute, is `next` a keyword) is
//! settled before the grammar sees it, which is what keeps the grammar small and free of conflicts.

use std::sync::Arc;

use crate::rule::{Aggregate, FieldTest, Nanos, Number};
use crate::words::Word;

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// Unquoted and dotted.
    Name(Arc<str>),
    /// In quotes, its escapes resolved: a text or a name.
    Quoted(Arc<str>),
    /// `span:name`, or of a bound span `p.span:name`.
    Intrinsic(Arc<str>),
    Number(Number),
    Duration(Nanos),
    Bool(bool),
    /// A scope or a bound span before a quoted key, `span."odd key"`; or the older `span.attributes["k"]`.
    Attribute {
        scope: Arc<str>,
        key: Arc<str>,
        is_older: bool,
    },
    /// Older: `trace.spans` or `trace.spans.any`.
    TraceSpans,
    /// With its opening parenthesis.
    Call(Function),
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Star,
    /// `.where(`
    Where,
    /// The parenthesis that closes `.where(`.
    WhereEnd,
    /// Older: `.count()`
    DotCount,
    When,
    WhenEach,
    Always,
    Never,
    /// Older: `rule "name" when`
    RuleWhen,
    /// Older: `then` and all that follows, behind `rule "name" when`.
    RuleThen,
    And,
    Or,
    Not,
    In,
    NotIn,
    Matches,
    Contains,
    StartsWith,
    EndsWith,
    Before,
    After,
    Then,
    Within,
    Inside,
    ChildOf,
    SiblingOf,
    Between,
    AndNext,
    UntilNext,
    As,
    By,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// A word that is followed by an opening parenthesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Count,
    /// `sum(S, f)`
    Of(Aggregate),
    /// `exists(f)`
    Asks(FieldTest),
    /// Older.
    Has,
    /// Already reported.
    Unknown,
}

impl Function {
    /// The function of exactly this word.
    pub fn named(word: &str) -> Option<Function> {
        match word {
            "count" => Some(Function::Count),
            "has" => Some(Function::Has),
            _ => Aggregate::named(word)
                .map(Function::Of)
                .or_else(|| FieldTest::named(word).map(Function::Asks)),
        }
    }

    /// The words of all but the older one.
    pub fn words() -> impl Iterator<Item = &'static str> {
        let measures = Aggregate::ALL.into_iter().map(Aggregate::as_str);
        let tests = FieldTest::ALL.into_iter().map(FieldTest::as_str);
        ["count"].into_iter().chain(measures).chain(tests)
    }

    /// Gives a number, not a condition.
    pub fn is_measure(self) -> bool {
        matches!(self, Function::Count | Function::Of(_))
    }
}

impl Token {
    /// Whether what follows is an operator rather than an operand.
    pub fn ends_operand(&self) -> bool {
        matches!(
            self,
            Token::Name(_)
                | Token::Quoted(_)
                | Token::Intrinsic(_)
                | Token::Number(_)
                | Token::Duration(_)
                | Token::Bool(_)
                | Token::Attribute { .. }
                | Token::TraceSpans
                | Token::RightParen
                | Token::RightBracket
                | Token::WhereEnd
                | Token::DotCount
        )
    }

    pub fn is_comparison(&self) -> bool {
        matches!(
            self,
            Token::Equal
                | Token::NotEqual
                | Token::Less
                | Token::LessEqual
                | Token::Greater
                | Token::GreaterEqual
        )
    }
}
