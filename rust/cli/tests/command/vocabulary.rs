//! `betrace vocabulary`

use super::support::*;
use serde_json::Value;

#[test]
fn a_name_says_what_it_reads_and_whose_that_is() {
    let desk = Desk::with(&[]);
    let ran = desk.run(&["vocabulary", "otel:db.namespace", "http.safe_methods"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(
        ran.out,
        "otel:db.namespace, a field\n  The database within the product.\n  reads  db.namespace\n           semantic conventions; since 1.26.0\n         db.name\n           older; since 1.4.0\n\notel:http.safe_methods, a list\n  Methods that ask for nothing but an answer.\n  holds  GET, HEAD, OPTIONS, TRACE\n           RFC 9110, section 9.2.1\n"
    );
}

#[test]
fn the_first_words_of_a_name_stand_for_all_that_begin_so_and_none_for_the_whole_vocabulary() {
    let desk = Desk::with(&[]);
    let names = |arguments: &[&str]| {
        let ran = desk.run(&[&["vocabulary", "--format", "json"], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        let lines = ran.out.lines().map(|line| {
            let one: Value = serde_json::from_str(line).unwrap();
            assert!(!one["stands_for"].as_array().unwrap().is_empty());
            one["name"].as_str().unwrap().to_owned()
        });
        lines.collect::<Vec<_>>()
    };
    let http = names(&["otel:http"]);
    assert!(http.len() > 4 && http.iter().all(|name| name.starts_with("otel:http.")));
    let all = names(&[]);
    assert_eq!(all.len(), betrace_lang::vocabulary().count());
    assert_eq!(names(&["otel:http.request"]), ["otel:http.request"]);
    assert_eq!(names(&["ai.tool"]), ["otel:ai.tool", "otel:ai.tool"]);
}

#[test]
fn an_unknown_name_is_a_fault_with_the_name_that_was_meant() {
    let desk = Desk::with(&[]);
    for (name, meant) in [
        (
            "otel:http.statsu",
            "did you mean `otel:http.status`, a field?",
        ),
        (
            "http.status_code",
            "did you mean `otel:http.status`, a field?",
        ),
        (
            "otel:http.requst",
            "did you mean `otel:http.request`, a macro?",
        ),
        (
            "otel:nothing.such",
            "without a name, betrace vocabulary prints all of it",
        ),
    ] {
        let ran = desk.run(&["vocabulary", name]);
        assert_eq!((ran.code, &*ran.out), (2, ""));
        assert!(ran.err.contains(meant), "{}", ran.err);
    }
}
