//! Tokens and comments as a tree of brackets, ready to be laid out.

use crate::condition::lexer::Lexed;
use crate::condition::token::Token;

#[derive(Debug)]
pub(super) enum Item {
    /// A token as it is written, and how it stands to its neighbours.
    Word {
        text: String,
        glue: Glue,
    },
    /// Brackets with what stands in them. `open` may be a clause's words with their brace.
    Group {
        open: String,
        items: Vec<Item>,
        close: &'static str,
        glue: Glue,
    },
    Separator(Separator),
    Comment {
        text: String,
        /// Something stands before it on its line.
        trails: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Glue {
    /// A space before it.
    Apart,
    /// Directly behind the token before it: `.where(`.
    Before,
    /// A clause, which begins a line of its own.
    Clause,
    /// The rest of an older rule, kept as it is on lines of its own.
    Rest,
}

/// Where a line may break, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Separator {
    Comma,
    Or,
    And,
}

/// Stands between its two ends without spaces.
const RANGE: &str = "..";

pub(super) fn tree(text: &str, lexed: &Lexed) -> Vec<Item> {
    let mut open: Vec<(String, Glue, Vec<Item>)> = Vec::new();
    let mut items: Vec<Item> = Vec::new();
    let mut comments = lexed.comments.iter().peekable();
    let mut clause: Option<String> = None;
    for (start, token, end) in &lexed.tokens {
        while let Some(comment) = comments.next_if(|comment| comment.start < *start) {
            items.push(comment_item(text, comment.clone()));
        }
        let source = fold(&text[*start..*end]);
        match token {
            Token::When | Token::WhenEach | Token::Always | Token::Never => clause = Some(source),
            Token::LeftBrace => {
                let word = clause.take().unwrap_or_default();
                let outer = std::mem::take(&mut items);
                open.push((format!("{word} {{"), Glue::Clause, outer));
            }
            Token::LeftParen | Token::LeftBracket | Token::Call(_) => {
                let outer = std::mem::take(&mut items);
                open.push((source.replace(' ', ""), Glue::Apart, outer));
            }
            Token::Where => {
                let outer = std::mem::take(&mut items);
                open.push((".where(".to_owned(), Glue::Before, outer));
            }
            Token::RightBrace | Token::RightParen | Token::RightBracket | Token::WhereEnd => {
                let close = match token {
                    Token::RightBrace => "}",
                    Token::RightBracket => "]",
                    _ => ")",
                };
                if let Some((word, glue, mut outer)) = open.pop() {
                    std::mem::swap(&mut items, &mut outer);
                    items.push(Item::Group {
                        open: word,
                        items: outer,
                        close,
                        glue,
                    });
                }
            }
            Token::Comma => items.push(Item::Separator(Separator::Comma)),
            Token::Or | Token::And if source == "or" || source == "and" => {
                items.push(Item::Separator(match token {
                    Token::Or => Separator::Or,
                    _ => Separator::And,
                }));
            }
            Token::DotCount => items.push(Item::Word {
                text: ".count()".into(),
                glue: Glue::Before,
            }),
            Token::RuleThen => {
                let text = text[*start..*end].trim_end().to_owned();
                items.push(Item::Word {
                    text,
                    glue: Glue::Rest,
                });
            }
            _ => {
                let glue = glue(token, items.last());
                items.push(Item::Word { text: source, glue });
            }
        }
    }
    for comment in comments {
        items.push(comment_item(text, comment.clone()));
    }
    items
}

/// Apart, but for the two ends of a range.
fn glue(token: &Token, before: Option<&Item>) -> Glue {
    let follows_range = matches!(before, Some(Item::Word { text, .. }) if text == RANGE);
    if matches!(token, Token::UpTo | Token::KeyComma) || follows_range {
        Glue::Before
    } else {
        Glue::Apart
    }
}

fn comment_item(text: &str, range: std::ops::Range<usize>) -> Item {
    let line = text[..range.start].rsplit('\n').next().unwrap_or_default();
    Item::Comment {
        text: text[range].trim_end().to_owned(),
        trails: !line.trim().is_empty(),
    }
}

/// White space inside a token folded, unless it is a quoted one.
fn fold(source: &str) -> String {
    if source.contains(['"', '\'']) {
        return source.to_owned();
    }
    source.split_whitespace().collect::<Vec<_>>().join(" ")
}
