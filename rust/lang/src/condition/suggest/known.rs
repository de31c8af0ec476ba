//! What other tools call the fields that have a name of their own here.

/// The field that other tools call so.
pub(super) fn known(word: &str) -> &str {
    match word.to_ascii_lowercase().as_str() {
        "status" => "span:status",
        "kind" => "span:kind",
        "name" | "operation" | "operation_name" | "resource_name" => "span:name",
        "duration" => "span:duration",
        "service" => "service.name",
        _ => word,
    }
}
