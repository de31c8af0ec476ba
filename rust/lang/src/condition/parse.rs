//! From text to a tree, and the grammar's refusals in the language's words.

use std::convert::Infallible;

use lalrpop_util::{ErrorRecovery, ParseError, lalrpop_mod};

use crate::codes::conditions as code;
use crate::condition::ast::Document;
use crate::condition::descent;
use crate::condition::lexer::{AROUND_UNTIL, Lexed, lex};
use crate::condition::token::Token;
use crate::condition::written::Written;
use crate::diagnostic::fault::Fault;
use crate::limits::Limits;

lalrpop_mod!(
    #[allow(
        clippy::all,
        clippy::unwrap_used,
        clippy::panic,
        clippy::allow_attributes_without_reason,
        unused,
        unused_qualifications,
        reason = "lalrpop writes it"
    )]
    grammar,
    "/condition/grammar.rs"
);

pub(crate) type Refusal = ParseError<usize, Token, Infallible>;

/// By which way a text was read.
pub(crate) enum ReadBy {
    /// It was given up before.
    Nothing,
    Descent,
    Grammar {
        refusals: usize,
    },
}

/// Reads a whole text. Every fault of its form is reported; what could be read is returned.
pub(crate) fn parse(text: Written<'_>, limits: &Limits, faults: &mut Vec<Fault>) -> Document {
    read(text, limits, faults).0
}

/// [`parse`], and by which way.
pub(crate) fn read(
    written: Written<'_>,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> (Document, ReadBy) {
    let text = written.text;
    let first = faults.len();
    let lexed = lex(written, limits, faults);
    if lexed.is_cut {
        return (Document::Broken, ReadBy::Nothing);
    }
    if lexed.tokens.is_empty() {
        if faults.len() == first {
            let fault = Fault::new(code::EMPTY, 0..text.len(), "there is no condition here");
            faults.push(fault.help("write a pattern, or `when { … } always { … }`"));
        }
        return (Document::Broken, ReadBy::Nothing);
    }
    if let Some(document) = descent::read(lexed.tokens) {
        return (document, ReadBy::Descent);
    }
    // Those tokens are gone; few texts are refused.
    let lexed = lex(written, limits, &mut Vec::new());
    let (document, refusals) = by_grammar(lexed.tokens.clone());
    let by = ReadBy::Grammar {
        refusals: refusals.len(),
    };
    let lexical: Vec<usize> = faults[first..]
        .iter()
        .filter(|fault| fault.is_error())
        .map(|fault| fault.range.start)
        .collect();
    for refusal in refusals {
        let fault = in_words(text, &lexed, &refusal);
        // What follows a reported fault in the same clause may be only its consequence.
        let clause_start = clause_start(&lexed, fault.range.start);
        let is_consequence = lexical
            .iter()
            .any(|at| (clause_start..=fault.range.end).contains(at));
        if !is_consequence {
            faults.push(fault);
        }
    }
    (document, by)
}

/// What the grammar makes of tokens, and what it refuses of them.
pub(crate) fn by_grammar(tokens: Vec<(usize, Token, usize)>) -> (Document, Vec<Refusal>) {
    let mut recovered: Vec<ErrorRecovery<usize, Token, Infallible>> = Vec::new();
    let tokens = tokens.into_iter().map(Ok::<_, Infallible>);
    let result = grammar::DocumentParser::new().parse(&mut recovered, tokens);
    let recovered = recovered.into_iter();
    let mut refusals: Vec<Refusal> = recovered.map(|recovery| recovery.error).collect();
    let document = result.unwrap_or_else(|refusal| {
        refusals.push(refusal);
        Document::Broken
    });
    (document, refusals)
}

/// Where the clause around `place` begins.
fn clause_start(lexed: &Lexed, place: usize) -> usize {
    lexed
        .tokens
        .iter()
        .take_while(|(start, ..)| *start < place)
        .filter(|(_, token, _)| *token == Token::RightBrace)
        .last()
        .map_or(0, |(_, _, end)| *end)
}

fn in_words(text: &str, lexed: &Lexed, refusal: &Refusal) -> Fault {
    let (start, end, expected) = match refusal {
        ParseError::UnrecognizedToken {
            token: (start, _, end),
            expected,
        } => (*start, *end, expected.as_slice()),
        ParseError::ExtraToken {
            token: (start, _, end),
        } => (*start, *end, [].as_slice()),
        ParseError::UnrecognizedEof { expected, .. } => {
            (text.len(), text.len(), expected.as_slice())
        }
        ParseError::InvalidToken { location } => (*location, *location, [].as_slice()),
        ParseError::User { error } => match *error {},
    };
    let index = lexed
        .tokens
        .partition_point(|(at, _, to)| *at < start || (*at == start && *to < end));
    let before = index.checked_sub(1).and_then(|at| lexed.tokens.get(at));
    let found = lexed.tokens.get(index).map(|(_, token, _)| token);
    let found_shown = if start < end {
        shown(&text[start..end])
    } else {
        "the end".to_owned()
    };
    let after = match before {
        Some((from, _, to)) if from < to => format!(" after {}", shown(&text[*from..*to])),
        _ => String::new(),
    };
    let before = before.map(|(_, token, _)| token);
    let wanted = wanted(before, expected);
    let message = format!("expected {wanted}{after}, found {found_shown}");
    let range = if start < end {
        start..end
    } else {
        end_of_text(text)..text.len()
    };
    let fault = Fault::new(code::UNEXPECTED, range, message);
    let is_new_line = index
        .checked_sub(1)
        .and_then(|at| lexed.tokens.get(at))
        .is_some_and(|(_, _, end)| text.get(*end..start).is_some_and(|gap| gap.contains('\n')));
    if is_new_line && found.is_some() && !expects(expected, "name") {
        return fault.help(
            "one rule a text: give each an entry of its own under `rules:`; lines of one condition are joined with `and` or `or`",
        );
    }
    let ends_until = found == Some(&Token::Within) && follows_until(&lexed.tokens[..index]);
    let help = match ends_until {
        true => Some(AROUND_UNTIL.to_owned()),
        false => window_help(&text[start..end], before, &lexed.tokens[..index])
            .or_else(|| help(found, before, expects(expected, "name"))),
    };
    fault.help(help.unwrap_or_else(|| way_out(wanted)))
}

/// Where nothing is known but what could stand there.
fn way_out(wanted: &str) -> String {
    match wanted.strip_suffix(" or the end") {
        Some("another clause") => {
            "leave it out: behind the clauses nothing else may stand".to_owned()
        }
        Some(_) => "leave it out, or join it to what stands before with `and` or `or`".to_owned(),
        None => format!("write {wanted} here"),
    }
}

/// A piece of the text as a message quotes it: short, on one line.
fn shown(piece: &str) -> String {
    const MOST: usize = 40;
    let piece = piece.split_whitespace().collect::<Vec<_>>().join(" ");
    if piece.chars().count() > MOST {
        format!("`{}…`", piece.chars().take(MOST).collect::<String>())
    } else {
        format!("`{piece}`")
    }
}

/// Whether the order that these tokens end in has an `until next`.
fn follows_until(tokens: &[(usize, Token, usize)]) -> bool {
    let order = tokens.iter().rev().map(|(_, token, _)| token);
    let mut order =
        order.take_while(|token| !matches!(token, Token::And | Token::Or | Token::LeftBrace));
    order.any(|token| *token == Token::UntilNext)
}

/// Whether the grammar would go on with this token.
fn expects(expected: &[String], token: &str) -> bool {
    expected.iter().any(|name| name.trim_matches('"') == token)
}

/// What would go on behind the token `before`.
fn wanted(before: Option<&Token>, expected: &[String]) -> &'static str {
    match before {
        Some(token) if token.is_comparison() => "a value",
        Some(Token::In | Token::NotIn) => "a list",
        Some(Token::Matches) => "a quoted regular expression",
        Some(Token::Contains | Token::StartsWith | Token::EndsWith) => "a text",
        Some(Token::Within | Token::UpTo) => "a duration",
        Some(Token::As) => "a name for the bound span, or a unit of time",
        Some(Token::Plus | Token::Minus) => "a field or a number",
        Some(Token::Every | Token::Some) => "a comparison with the elements of an array",
        Some(Token::By | Token::KeyComma) => "a field or `parent`",
        Some(Token::AndNext | Token::UntilNext) => "a selector",
        Some(token) if token.is_relation() => "a selector",
        _ if expects(expected, "name") => "a condition",
        _ if expects(expected, "and next") && !expects(expected, "and") => "`and next`",
        _ if expects(expected, "by") && expected.len() == 1 => "`by` and what is alike in both",
        _ if expects(expected, "{") => "`{`",
        _ if expects(expected, "when") && expected.len() <= 5 => "another clause or the end",
        _ => "`and`, `or`, another operator or the end",
    }
}

/// The last character, so that a fault at the end has something to point at.
fn end_of_text(text: &str) -> usize {
    text.trim_end()
        .char_indices()
        .last()
        .map_or(0, |(at, _)| at)
}

/// Of the head of a rule over many traces that stands, whole or in part, where it cannot.
fn window_help(
    found: &str,
    before: Option<&Token>,
    tokens: &[(usize, Token, usize)],
) -> Option<String> {
    let is_over = matches!(tokens.first(), Some((_, Token::Over, _)));
    let is_headless = !tokens
        .iter()
        .any(|(_, token, _)| *token == Token::LeftBrace);
    let help = match found.split_whitespace().next()? {
        "over" if before == Some(&Token::RightBrace) => {
            "a rule over many traces begins with `over` and has no `when`; what a trace has to be to count stands in its measure: `over 5m never { traces(A and B) > 100 }`"
        }
        "by" | "at" | "with" if is_over && is_headless => {
            "behind the window stand, in this order, `by f, g`, `at least 100` and `with confidence 99%`"
        }
        _ => return None,
    };
    Some(help.to_owned())
}

fn help(found: Option<&Token>, before: Option<&Token>, expects_operand: bool) -> Option<String> {
    let help = match (before, found) {
        (_, Some(token)) if token.is_relation() && !expects_operand => {
            "group the parts of an order with parentheses: `A then (B before C)`"
        }
        (
            _,
            Some(
                Token::And
                | Token::Or
                | Token::In
                | Token::Matches
                | Token::Contains
                | Token::Before
                | Token::After
                | Token::Then
                | Token::Within
                | Token::Inside
                | Token::Between
                | Token::As,
            ),
        ) if expects_operand => "a keyword that is meant as a name is put in quotes",
        (_, Some(Token::Where)) => {
            "a filter belongs to a selector: `payment.where(…)`, `any.where(…)`"
        }
        (_, Some(Token::When | Token::WhenEach | Token::Always | Token::Never)) => {
            "a rule is either one pattern, or clauses: `when { … } always { … } never { … }`"
        }
        (_, Some(token)) if token.is_comparison() && !expects_operand => {
            "one comparison at a time: `a < x and x < b`"
        }
        (_, Some(Token::UntilNext)) => AROUND_UNTIL,
        (_, Some(Token::Within)) => {
            "`within` follows the selector of an order in time, `A before B within 5s`, or a count, `count(S) within 10s > 50`"
        }
        (_, Some(Token::By)) => "`by` follows a count: `count(S) by f > 10`",
        (Some(Token::Name(_)), Some(Token::Name(_) | Token::Quoted(_) | Token::Call(_))) => {
            "join conditions with `and` or `or`; a name with spaces is put in quotes"
        }
        (_, Some(Token::Comma)) => {
            "commas separate the selectors of `when each`, the literals of a list and the arguments of a function"
        }
        (Some(Token::RightBrace), Some(_)) => "behind the clauses nothing else may stand",
        _ => return None,
    };
    Some(help.to_owned())
}
