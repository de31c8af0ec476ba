//! Diagnostics as SARIF 2.1.0, which code hosts show beside the changed lines.

use std::collections::BTreeMap;

use betrace_lang::codes::DiagnosticSeverity;
use betrace_lang::{Diagnostic, SourceFile};
use serde_json::{Value, json};

/// One run of the tool as a SARIF log.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], files: &[SourceFile]) -> String {
    let codes: BTreeMap<&str, Value> = diagnostics
        .iter()
        .map(|diagnostic| {
            let code = diagnostic.code;
            let rule = json!({
                "id": code.0,
                "shortDescription": {"text": code.declaration().map_or("", |d| d.title)},
                "fullDescription": {"text": code.declaration().map_or("", |d| d.explanation)},
                "defaultConfiguration": {"level": level(diagnostic.severity)},
            });
            (code.0, rule)
        })
        .collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| result(diagnostic, files))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "betrace",
                "version": crate::version::SHORT,
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": codes.into_values().collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn level(severity: DiagnosticSeverity) -> &'static str {
    match severity {
        DiagnosticSeverity::Error => "error",
        DiagnosticSeverity::Warning => "warning",
        DiagnosticSeverity::Note => "note",
    }
}

fn result(diagnostic: &Diagnostic, files: &[SourceFile]) -> Value {
    let text = match &diagnostic.help {
        Some(help) => format!("{}\n{help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let artifact = json!({"uri": uri(&files[diagnostic.file].name)});
    let region = json!({
        "startLine": diagnostic.line,
        "startColumn": diagnostic.column,
        "endLine": diagnostic.end_line,
        "endColumn": diagnostic.end_column,
    });
    let mut result = json!({
        "ruleId": diagnostic.code.0,
        "level": level(diagnostic.severity),
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": &artifact, "region": &region}}],
    });
    if let Some(suggestion) = &diagnostic.suggestion {
        result["fixes"] = json!([{
            "description": {"text": format!("write `{suggestion}`")},
            "artifactChanges": [{
                "artifactLocation": artifact,
                "replacements": [{"deletedRegion": region, "insertedContent": {"text": suggestion}}],
            }],
        }]);
    }
    result
}

/// A path as a relative URI reference: every byte that a URI cannot hold is escaped (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
