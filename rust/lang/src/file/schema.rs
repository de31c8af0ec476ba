//! The JSON Schema of rule files, for editors. Its keys are those that the loader knows.

use serde_json::{Map, Value, json};

use crate::file::rule_tests::model::{SpanKind, SpanStatus};
use crate::file::rule_tests::{
    EVENT_KEYS, INSTRUMENTATION_KEYS, LINK_KEYS, SPAN_KEYS, TEST_KEYS, TRACE_KEYS,
};
use crate::file::rulefile::FILE_KEYS;
use crate::file::written::{RULE_KEYS, SEVERITIES};
use crate::rule::{ClauseKind, Completeness, Emit};
use crate::verdict::{Reason, Verdict};
use crate::words::Word;

/// The schema as printed in `docs/editor/rules.schema.json`.
#[must_use]
pub fn rule_file_schema() -> String {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "BeTrace rule file",
        "type": ["object", "null"],
        "additionalProperties": false,
        "anyOf": (["rules", "macros", "lists", "fields"].map(|key| json!({ "required": [key] }))),
        "properties": properties(FILE_KEYS, file_key),
        "$defs": {
            "rule": object(RULE_KEYS, &["id"], rule_key, "A rule: only `id` and `condition` are required."),
            "test": object(TEST_KEYS, &["name", "expect"], test_key, "A trace, or several, and the verdict expected."),
            "trace": object(TRACE_KEYS, &["trace"], trace_key, "One trace of a test that has several."),
            "span": object(SPAN_KEYS, &["span"], span_key, "A span of a test's trace."),
            "event": object(EVENT_KEYS, &["name"], event_key, "An event of a span."),
            "link": object(LINK_KEYS, &[], link_key, "A link of a span."),
            "instrumentation": object(INSTRUMENTATION_KEYS, &[], instrumentation_key, "The scope that recorded a span."),
            "attributes": { "type": ["object", "null"], "description": "Attributes by key; `null` is a key without a value." },
            "text": { "type": ["string", "number", "boolean", "null"] },
            "texts": {
                "anyOf": [
                    { "type": ["string", "number", "boolean", "null"] },
                    { "type": "array", "items": { "type": ["string", "number", "boolean"] } },
                ],
            },
            "duration": {
                "type": "string",
                "pattern": "^[+-]?[0-9][0-9_]*(\\.[0-9_]+)?(ns|us|µs|μs|ms|s|m|h)$",
                "examples": ["20ms", "1.5s"],
            },
        },
    });
    let mut text = format!("{schema:#}");
    text.push('\n');
    text
}

/// A key that has no description here has no place in the schema either; a test looks for it.
fn properties(keys: &[&str], describe: impl Fn(&str) -> Option<Value>) -> Value {
    let described = keys
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), describe(key)?)));
    Value::Object(described.collect::<Map<String, Value>>())
}

fn object(
    keys: &[&str],
    required: &[&str],
    describe: impl Fn(&str) -> Option<Value>,
    description: &str,
) -> Value {
    json!({
        "description": description,
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties(keys, describe),
    })
}

fn define(name: &str, description: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}"), "description": description })
}

fn list_of(name: &str, description: &str) -> Value {
    json!({ "type": ["array", "null"], "items": { "$ref": format!("#/$defs/{name}") }, "description": description })
}

fn one_of<T: Word>(words: &[T], description: &str) -> Value {
    let words: Vec<&str> = words.iter().map(|known| known.word()).collect();
    json!({ "enum": words, "description": description })
}

fn positive(description: &str) -> Value {
    json!({ "type": "integer", "minimum": 1, "description": description })
}

fn flag(description: &str) -> Value {
    json!({ "type": ["boolean", "null"], "description": description })
}

fn file_key(key: &str) -> Option<Value> {
    Some(match key {
        "use" => json!({
            "anyOf": [
                { "type": ["string", "null"] },
                { "type": "array", "items": { "type": "string" } },
            ],
            "description": "Other files of the set, relative to this one, whose macros, lists and fields are used here.",
        }),
        "macros" => json!({
            "type": ["object", "null"],
            "additionalProperties": { "type": ["string", "number", "boolean"] },
            "description": "Pieces of conditions by name; a condition uses one as a bare word.",
        }),
        "lists" => json!({
            "type": ["object", "null"],
            "additionalProperties": { "type": "array", "minItems": 1, "items": { "type": ["string", "number", "boolean"] } },
            "description": "Values by name, for `field in name`.",
        }),
        "fields" => {
            let attribute = json!({
                "anyOf": [
                    { "type": "string" },
                    {
                        "type": "object",
                        "minProperties": 1,
                        "maxProperties": 1,
                        "additionalProperties": {
                            "anyOf": [
                                { "type": "string", "description": "A regular expression with one group: that part counts." },
                                {
                                    "type": "object",
                                    "minProperties": 1,
                                    "additionalProperties": { "type": ["string", "number", "boolean"] },
                                    "description": "What each value stands for; another one is missing.",
                                },
                            ],
                        },
                    },
                ],
            });
            json!({
                "type": ["object", "null"],
                "additionalProperties": {
                    "anyOf": [attribute.clone(), { "type": "array", "minItems": 1, "items": attribute }],
                },
                "description": "Names for several attributes, of which the first that is present counts.",
            })
        }
        "rules" => list_of("rule", "The rules."),
        _ => return None,
    })
}

fn rule_key(key: &str) -> Option<Value> {
    Some(match key {
        "id" => json!({
            "type": ["string", "number", "boolean"],
            "description": "Names the rule in violations and metrics; unique over all files of the set.",
        }),
        "name" => define("text", "A title for people."),
        "description" => define(
            "text",
            "Why the rule is there, and what must be instrumented for it.",
        ),
        "severity" => {
            let words: Vec<&str> = SEVERITIES.map(|severity| severity.as_str()).to_vec();
            json!({
                "type": ["string", "null"],
                "pattern": format!("^(?:{})$", words.iter().map(|word| any_case(word)).collect::<Vec<_>>().join("|")),
                "examples": words,
                "default": "medium",
                "description": "How bad a violation is: critical, high, medium, low or info, in any case.",
            })
        }
        "enabled" => {
            json!({ "type": ["boolean", "null"], "default": true, "description": "`false`: checked, and not evaluated." })
        }
        "tags" => define("texts", "Words to find rules and violations by."),
        "compliance" => json!({
            "type": ["object", "null"],
            "additionalProperties": { "$ref": "#/$defs/texts" },
            "description": "Frameworks, each with the controls that the rule gives evidence for.",
        }),
        "compliance_frameworks" => define("texts", "Frameworks without controls."),
        "message" => define(
            "text",
            "What a violation says. Placeholders: {p.field} of a bound span, {trigger.field}, {offender.field} and {witness.field} of a span that it shows, {count}, {trace:id}.",
        ),
        "emit" => json!({
            "enum": [null, Emit::Spans.as_str(), Emit::None.as_str()],
            "default": Emit::Spans.as_str(),
            "description": "`none`: violations are counted, and are no spans.",
        }),
        "completeness" => json!({
            "enum": [null, Completeness::Root.as_str(), Completeness::Linked.as_str(), Completeness::Idle.as_str()],
            "description": "What a trace must have for this rule to judge what is absent; without it, what `trace.completeness` of the Collector component says.",
        }),
        "condition" => define(
            "text",
            "What the rule says: `when { } always { } never { }`, or a pattern that must not occur.",
        ),
        "expression" => define("text", "Another spelling of `condition`."),
        "exceptions" => define("texts", "Conditions under which the rule does not apply."),
        "tests" => list_of(
            "test",
            "Traces with the verdict expected for each; `betrace test` runs them.",
        ),
        _ => return None,
    })
}

fn any_case(word: &str) -> String {
    word.chars()
        .map(|c| format!("[{c}{}]", c.to_ascii_uppercase()))
        .collect()
}

fn test_key(key: &str) -> Option<Value> {
    Some(match key {
        "name" => define("text", "Which test it is; unique in its rule."),
        "trace" => json!({
            "type": "array",
            "items": { "anyOf": [{ "$ref": "#/$defs/span" }, { "type": "string" }] },
            "description": "The spans at the top of the trace; a span that is only a name may be written as that name.",
        }),
        "traces" => list_of(
            "trace",
            "In the place of `trace`, for a rule over many: the traces, each whole.",
        ),
        "incomplete" => flag("`true`: the trace is cut off before it closes by itself."),
        "completeness" => one_of(
            &Completeness::ALL,
            "What the trace must have to count as complete; if nothing is said, what the rule asks for, else `root`.",
        ),
        "expect" => one_of(&Verdict::ALL, "The rule's verdict on the trace."),
        "clause" => one_of(&ClauseKind::ALL, "Which clause is violated."),
        "reason" => one_of(&Reason::ALL, "Why it is inconclusive."),
        "evidence" => define(
            "texts",
            "The spans that the violation shows, in order, by name or by the test's id.",
        ),
        "count" => positive("Spans that the violation counts."),
        "violations" => positive("Violations of this trace."),
        "message" => define("text", "The violation's message."),
        _ => return None,
    })
}

fn trace_key(key: &str) -> Option<Value> {
    Some(match key {
        "trace" => return test_key("trace"),
        "at" => define(
            "duration",
            "When it begins, since the begin of the test; else at once.",
        ),
        "repeat" => positive("How many such traces there are."),
        _ => return None,
    })
}

fn span_key(key: &str) -> Option<Value> {
    Some(match key {
        "span" => define("text", "Its name."),
        "id" => define(
            "text",
            "The test's own name for it, to tell spans of one name apart in `evidence`.",
        ),
        "service" => define(
            "text",
            "`service.name`; a child has its parent's where it says nothing.",
        ),
        "kind" => one_of(&SpanKind::ALL, "Its kind."),
        "status" => one_of(&SpanStatus::ALL, "Its status."),
        "status_message" => define("text", "Its status message."),
        "start" => define(
            "duration",
            "Since the begin of the trace; else 1ms after the span before it among its siblings ends, or its parent starts.",
        ),
        "duration" => define(
            "duration",
            "Else as long as its children, at least 1ms. Negative: its times have no order.",
        ),
        "repeat" => positive("How often it is there, with all below it."),
        "attributes" => define("attributes", "Its attributes."),
        "resource" => define(
            "attributes",
            "Resource attributes besides `service.name`; a child has its parent's where it says nothing.",
        ),
        "instrumentation" => define("instrumentation", "The scope that recorded it."),
        "events" => json!({
            "type": ["array", "string", "null"],
            "items": { "anyOf": [{ "$ref": "#/$defs/event" }, { "type": "string" }] },
            "description": "Its events; one that is only a name may be written as that name.",
        }),
        "links" => list_of("link", "Its links."),
        "orphan" => flag(
            "`true`: it has a parent id, and that span never comes. Only at the top of the trace.",
        ),
        "children" => json!({
            "type": ["array", "null"],
            "items": { "anyOf": [{ "$ref": "#/$defs/span" }, { "type": "string" }] },
            "description": "Its children, in the order in which they happen.",
        }),
        _ => return None,
    })
}

fn event_key(key: &str) -> Option<Value> {
    Some(match key {
        "name" => define("text", "Its name."),
        "at" => define("duration", "Since the start of its span."),
        "attributes" => define("attributes", "Its attributes."),
        _ => return None,
    })
}

fn link_key(key: &str) -> Option<Value> {
    Some(match key {
        "to" => define(
            "text",
            "The id, or else the name, of the span of this test that it leads to; without it, another trace.",
        ),
        "attributes" => define("attributes", "Its attributes."),
        _ => return None,
    })
}

fn instrumentation_key(key: &str) -> Option<Value> {
    Some(match key {
        "name" => define("text", "Its name."),
        "version" => define("text", "Its version."),
        "attributes" => define("attributes", "Its attributes."),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_every_key_of_the_loader_and_no_other() {
        let schema: Value = serde_json::from_str(&rule_file_schema()).unwrap();
        let keys = |path: &str| -> Vec<String> {
            schema
                .pointer(path)
                .unwrap()
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect()
        };
        for (path, known) in [
            ("/properties", FILE_KEYS),
            ("/$defs/rule/properties", RULE_KEYS),
            ("/$defs/test/properties", TEST_KEYS),
            ("/$defs/trace/properties", TRACE_KEYS),
            ("/$defs/span/properties", SPAN_KEYS),
            ("/$defs/event/properties", EVENT_KEYS),
            ("/$defs/link/properties", LINK_KEYS),
            ("/$defs/instrumentation/properties", INSTRUMENTATION_KEYS),
        ] {
            let mut known: Vec<&str> = known.to_vec();
            known.sort_unstable();
            assert_eq!(keys(path), known, "{path}");
        }
    }

    #[test]
    fn every_reference_is_defined() {
        let text = rule_file_schema();
        let schema: Value = serde_json::from_str(&text).unwrap();
        for part in text.split("\"#/$defs/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(
                schema.pointer(&format!("/$defs/{name}")).is_some(),
                "{name}"
            );
        }
    }
}
