//! The words and signs of the language, as the lexer hands them to the grammar.
//!
//! Everything that hangs on context (is `count` a function or an attribute, is `next` a keyword) is
//! settled before the grammar sees it, which is what keeps the grammar small and free of conflicts.

use crate::rule::{Aggregate, CompareOp, FieldTest, Name, Nanos, Number, Rank};

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// Unquoted and dotted.
    Name(Name),
    /// In quotes, its escapes resolved: a text or a name.
    Quoted(Name),
    /// `span:name`, or of a bound span `p.span:name`.
    Intrinsic(Name),
    /// In a box, as it is twice as large as any other.
    Number(Box<Number>),
    Duration(Nanos),
    /// `99%`
    Percent(Box<Number>),
    Bool(bool),
    /// A scope or a bound span before a quoted key, `span."odd key"`; or the older `span.attributes["k"]`.
    /// In a box, as few texts have one.
    Attribute(Box<AttributeToken>),
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
    /// Between two keys behind `by`.
    KeyComma,
    Star,
    Plus,
    Minus,
    /// `.where(`
    Where,
    /// The parenthesis that closes `.where(`.
    WhereEnd,
    /// Older: `.count()`
    DotCount,
    /// Before the length of a window.
    Over,
    AtLeast,
    WithConfidence,
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
    Every,
    Some,
    In,
    NotIn,
    Matches,
    Contains,
    StartsWith,
    EndsWith,
    Before,
    After,
    StartsBefore,
    StartsAfter,
    EndsBefore,
    EndsAfter,
    Then,
    Within,
    /// `..`, between two durations.
    UpTo,
    Overlaps,
    During,
    NextAfter,
    DirectlyAfter,
    Inside,
    Containing,
    Outside,
    ParentOf,
    NotChildOf,
    NotSiblingOf,
    ChildOf,
    SiblingOf,
    LinkedTo,
    Except,
    Echoing,
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

/// See [`Token::Attribute`].
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeToken {
    pub scope: Name,
    pub key: Name,
    pub is_older: bool,
}

/// A word that is followed by an opening parenthesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Count,
    /// `sum(S, f)`
    Of(Aggregate),
    Overlap,
    /// `p99(S, f)`, over many traces.
    Quantile(Rank),
    /// `traces(C)`, over many traces.
    Traces,
    /// `share(C, D)`, over many traces.
    Share,
    /// `exists(f)`
    Asks(FieldTest),
    /// `lower(f)`
    Lower,
    /// `length(f)`
    Length,
    /// Older.
    Has,
    /// Already reported.
    Unknown,
}

/// Each with its word: what the aggregates and the tests of a field declare, and the older one last.
const FUNCTIONS: [(&str, Function); Aggregate::ALL.len() + FieldTest::ALL.len() + 7] = {
    let mut functions = [("has", Function::Has); Aggregate::ALL.len() + FieldTest::ALL.len() + 7];
    functions[0] = ("count", Function::Count);
    let mut at = 0;
    while at < Aggregate::ALL.len() {
        let aggregate = Aggregate::ALL[at];
        at += 1;
        functions[at] = (aggregate.as_str(), Function::Of(aggregate));
    }
    let mut at = 0;
    while at < FieldTest::ALL.len() {
        let test = FieldTest::ALL[at];
        at += 1;
        functions[Aggregate::ALL.len() + at] = (test.as_str(), Function::Asks(test));
    }
    functions[functions.len() - 6] = ("traces", Function::Traces);
    functions[functions.len() - 5] = ("share", Function::Share);
    functions[functions.len() - 4] = ("overlap", Function::Overlap);
    functions[functions.len() - 3] = ("lower", Function::Lower);
    functions[functions.len() - 2] = ("length", Function::Length);
    functions
};

impl Function {
    /// The function of exactly this word.
    pub fn named(word: &str) -> Option<Function> {
        let first = word.as_bytes().first();
        let is_same = |known: &str| known.as_bytes().first() == first && known == word;
        let known = FUNCTIONS.iter().find(|(known, _)| is_same(known));
        let digit = word.strip_prefix('p').and_then(|rank| rank.chars().next());
        match (known, digit) {
            (Some((_, function)), _) => Some(*function),
            (None, Some('0'..='9')) => Rank::named(word).map(Function::Quantile),
            (None, _) => None,
        }
    }

    /// The words of all but the older one.
    pub fn words() -> impl Iterator<Item = &'static str> {
        let known = FUNCTIONS.iter().map(|(word, _)| *word);
        known.take(FUNCTIONS.len() - 1)
    }

    /// Gives a number, not a condition.
    pub fn is_measure(self) -> bool {
        matches!(self, Function::Count | Function::Of(_) | Function::Overlap)
            || self.is_over_traces()
    }

    /// Is measured over many traces, and of none alone.
    pub fn is_over_traces(self) -> bool {
        matches!(
            self,
            Function::Quantile(_) | Function::Traces | Function::Share
        )
    }
}

impl Token {
    /// Stands between two selectors.
    pub fn is_relation(&self) -> bool {
        matches!(
            self,
            Token::Before
                | Token::After
                | Token::StartsBefore
                | Token::StartsAfter
                | Token::EndsBefore
                | Token::EndsAfter
                | Token::Then
                | Token::Overlaps
                | Token::During
                | Token::NextAfter
                | Token::DirectlyAfter
                | Token::Inside
                | Token::Containing
                | Token::Outside
                | Token::ParentOf
                | Token::NotChildOf
                | Token::NotSiblingOf
                | Token::ChildOf
                | Token::SiblingOf
                | Token::LinkedTo
                | Token::Except
                | Token::Echoing
                | Token::Between
        )
    }

    /// How it compares two values.
    pub fn compare_op(&self) -> Option<CompareOp> {
        Some(match self {
            Token::Equal => CompareOp::Eq,
            Token::NotEqual => CompareOp::Ne,
            Token::Less => CompareOp::Lt,
            Token::LessEqual => CompareOp::Le,
            Token::Greater => CompareOp::Gt,
            Token::GreaterEqual => CompareOp::Ge,
            _ => return None,
        })
    }

    pub fn is_comparison(&self) -> bool {
        self.compare_op().is_some()
    }

    /// Is an operand by itself.
    pub fn is_operand(&self) -> bool {
        matches!(
            self,
            Token::Name(_)
                | Token::Quoted(_)
                | Token::Intrinsic(_)
                | Token::Number(_)
                | Token::Duration(_)
                | Token::Percent(_)
                | Token::Bool(_)
                | Token::Attribute(_)
                | Token::TraceSpans
        )
    }
}
