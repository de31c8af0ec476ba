//! Values against what instrumentations emit: words that no program uses, operations that are none.

use crate::condition::shipped::readers;

/// A value that nothing emits under a name, what is said of it, and the comparison to write instead.
pub(crate) struct Unheard {
    pub message: String,
    /// The field to ask; the one that was asked, where that is right.
    pub field: Option<&'static str>,
    /// A word of the language, or a number.
    pub value: String,
}

/// Words for a kind of failure, by `otel:error.kind`.
const KINDS: &[(&str, &str)] = &[
    ("timeout", "timeout"),
    ("timed_out", "timeout"),
    ("deadline", "timeout"),
    ("refused", "refused"),
    ("connection_refused", "refused"),
    ("cancelled", "cancelled"),
    ("canceled", "cancelled"),
    ("aborted", "cancelled"),
    ("reset", "reset"),
    ("connection_reset", "reset"),
    ("dns", "unresolved"),
    ("tls", "tls"),
    ("ssl", "tls"),
];

/// The products of databases by the names that people have for them.
const PRODUCTS: &[(&str, &str)] = &[
    ("postgres", "postgresql"),
    ("pg", "postgresql"),
    ("psql", "postgresql"),
    ("mongo", "mongodb"),
    ("elastic", "elasticsearch"),
    ("dynamo", "dynamodb"),
];

/// What agents do, by the names that people have for it.
const OPERATIONS: &[(&str, &str)] = &[
    ("tool", "execute_tool"),
    ("tool_call", "execute_tool"),
    ("call_tool", "execute_tool"),
    ("agent", "invoke_agent"),
    ("llm", "chat"),
    ("embedding", "embeddings"),
];

const METHODS: &[&str] = &[
    "get", "head", "post", "put", "delete", "patch", "options", "trace", "connect",
];

fn of(table: &[(&str, &'static str)], text: &str) -> Option<&'static str> {
    let mut rows = table.iter();
    rows.find(|(word, _)| *word == text).map(|(_, is)| *is)
}

/// Looks at `name == text`, by the name of an attribute or of the vocabulary.
pub(crate) fn unheard(name: &str, text: &str) -> Option<Unheard> {
    if name == "error.type" {
        let kind = of(KINDS, &text.to_lowercase())?;
        return Some(Unheard {
            message: format!(
                "`error.type` is the name of an exception, a code or a number, and of no instrumentation `{text}`"
            ),
            field: Some("otel:error.kind"),
            value: kind.to_owned(),
        });
    }
    // The names under which a value goes, with that of the vocabulary.
    let readers = readers(name);
    let is_of = |shipped: &str| name == shipped || readers.contains(&shipped);
    if is_of("otel:http.method") && METHODS.contains(&text) {
        return Some(Unheard {
            message: "methods are emitted in capitals".to_owned(),
            field: None,
            value: text.to_uppercase(),
        });
    }
    if is_of("otel:db.system")
        && let Some(product) = of(PRODUCTS, &text.to_lowercase())
    {
        return Some(Unheard {
            message: format!("instrumentations call this product `{product}`"),
            field: None,
            value: product.to_owned(),
        });
    }
    if is_of("otel:ai.operation")
        && name.contains("operation")
        && let Some(operation) = of(OPERATIONS, &text.to_lowercase())
    {
        return Some(Unheard {
            message: format!("instrumentations call this `{operation}`"),
            field: None,
            value: operation.to_owned(),
        });
    }
    None
}

/// The first word of an operation of a database that is more than that, where one is compared with it.
pub(crate) fn operation(name: &str, text: &str) -> Option<Unheard> {
    let is_operation = ["db.operation", "db.operation.name", "otel:db.operation"].contains(&name);
    let (word, rest) = text.trim().split_once(char::is_whitespace)?;
    let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !is_operation || !is_word || rest.trim().is_empty() {
        return None;
    }
    Some(Unheard {
        message: format!(
            "an operation is a word such as `{word}`, and most instrumentations emit no more"
        ),
        field: Some("otel:db.operation"),
        value: word.to_owned(),
    })
}
