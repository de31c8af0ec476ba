//! Spans without an attribute are not selected: where that hides them from a rule the author is told, and where it
//! reports them nothing is said.

mod support;

use support::check;

/// What is said of missing values, with the text that the first suggestion makes.
fn told(text: &str) -> Vec<(&'static str, Option<String>)> {
    let (body, faults) = check(text);
    assert!(body.is_some(), "{text} does not load: {faults:?}");
    let about = faults
        .into_iter()
        .filter(|fault| ["W0102", "W0121"].contains(&fault.code.0));
    about
        .map(|fault| {
            let edited = fault.suggestion.map(|suggestion| {
                let mut edited = text.to_owned();
                edited.replace_range(fault.range, &suggestion);
                edited
            });
            (fault.code.0, edited)
        })
        .collect()
}

fn codes(text: &str) -> Vec<&'static str> {
    told(text).into_iter().map(|(code, _)| code).collect()
}

#[test]
fn a_negation_is_told_only_where_a_missing_value_keeps_the_rule_silent() {
    for hides in [
        "never { a.where(tier != free) }",
        "when { a.where(tier != free) } always { b }",
        "always { not a.where(tier != free) }",
        "when { c } always { not (b and a.where(tier != free)) }",
        "always { count(a.where(tier != free)) <= 3 }",
        "when { c } always { b before a.where(tier != free) }",
        "when { c } always { b outside a.where(tier != free) }",
        "when each { a.where(tier != free) as p } always { b after p }",
    ] {
        assert_eq!(codes(hides), ["W0102"], "{hides}");
    }
    for reports in [
        "when { root } always { root.where(tier != free) }",
        "when { c } always { a.where(tier != free) and b }",
        "when each { pay as e } always { approval.where(approver.id != e.user.id) before e }",
        "when { c } always { b inside a.where(tier != free) }",
        "never { b and not a.where(tier != free) }",
        "when { not a.where(tier != free) } always { b }",
        "when each { pay as p } always { p.where(tier != free) }",
        "never { a.where(service.name != shop) }",
        "never { a.where(resource.service.name != shop) }",
    ] {
        assert!(codes(reports).is_empty(), "{reports}");
    }
}

#[test]
fn each_conjunct_that_negates_a_field_is_told_until_none_hides_it() {
    for (written, edited) in [
        (
            "never { x.where((h != a or missing(h)) and h != b) }",
            "never { x.where((h != a or missing(h)) and (h != b or missing(h))) }",
        ),
        (
            "never { x.where(k == client and h not in processors and not h ends with \".local\") }",
            "never { x.where(k == client and (missing(h) or (h not in processors and not h ends with \".local\"))) }",
        ),
        (
            "never { x.where(h != a and h != b) }",
            "never { x.where(missing(h) or (h != a and h != b)) }",
        ),
        (
            "never { x.where(h != a and k == 1 and h != b) }",
            "never { x.where((missing(h) or (h != a and h != b)) and k == 1) }",
        ),
        (
            "never { x.where(not ok and k == 1) }",
            "never { x.where((not ok or missing(ok)) and k == 1) }",
        ),
    ] {
        assert_eq!(
            told(written),
            [("W0102", Some(edited.to_owned()))],
            "{written}"
        );
        assert!(codes(edited).is_empty(), "{edited}");
    }
    for silent in [
        "never { x.where(exists(h) and h != a and h != b) }",
        "never { x.where(h starts with c and h != cd) }",
        "never { x.where((h == c or h == d) and h != e) }",
    ] {
        assert!(codes(silent).is_empty(), "{silent}");
    }
}

#[test]
fn a_negated_join_is_told_where_the_bound_span_may_lack_the_value() {
    for (hides, edited) in [
        (
            "when each { b as a } never { read.where(missing(org.id) or org.id != a.org.id) inside a }",
            "when each { b.where(exists(org.id)) as a } never { read.where(missing(org.id) or org.id != a.org.id) inside a }",
        ),
        (
            "when each { b as a } never { read.where(missing(x) or x not in a.list) }",
            "when each { b.where(exists(list)) as a } never { read.where(missing(x) or x not in a.list) }",
        ),
        (
            "when each { b as a } always { not read.where(missing(x) or not x starts with a.y) }",
            "when each { b.where(exists(y)) as a } always { not read.where(missing(x) or not x starts with a.y) }",
        ),
    ] {
        assert_eq!(told(hides), [("W0121", Some(edited.to_owned()))], "{hides}");
        assert!(codes(edited).is_empty(), "{edited}");
    }
    for reports in [
        "when each { b as a } always { read.where(org.id != a.org.id) after a }",
        "when each { b as a } never { c and not read.where(x not in a.list) }",
        "when each { b as a } never { read.where(missing(x) or x != a.x) or a.where(missing(x)) }",
        "when each { b as a } never { read.where(missing(x) or x != a.x or y == 1) }",
    ] {
        assert!(codes(reports).is_empty(), "{reports}");
    }
}

#[test]
fn all_that_one_bound_span_may_lack_is_told_at_once() {
    let hides = "when each { a as p, b as q } never { p.k == q.k and p.user == q.user }";
    let answers = told(hides);
    assert_eq!(
        answers,
        [
            ("W0121", Some("when each { a.where(exists(k) and exists(user)) as p, b as q } never { p.k == q.k and p.user == q.user }".to_owned())),
            ("W0121", Some("when each { a as p, b.where(exists(k) and exists(user)) as q } never { p.k == q.k and p.user == q.user }".to_owned())),
        ]
    );
    for said in [
        "when each { a.where(exists(k)) as p, b.where(exists(k)) as q } never { p.k == q.k }",
        "when each { a as p } never { b.where(k == p.k and n < p.n) or p.where(missing(k) or missing(n)) }",
    ] {
        assert!(codes(said).is_empty(), "{said}");
    }
}

#[test]
fn each_field_that_a_filter_negates_is_told_where_it_stands() {
    let hides = "never { call.where(region != span.peer and cross != true) }";
    let (_, faults) = check(hides);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert_eq!(
        support::applied(hides, &faults),
        "never { call.where((region != span.peer or missing(region)) and (cross != true or missing(cross))) }"
    );
}

#[test]
fn a_service_always_has_a_name() {
    for right in [
        "never { secret.read.where(service.name != vault) }",
        "never { secret.read.where(resource.service.name not in [vault, ci]) }",
        "when each { a as p } never { b.where(service.name == p.service.name) after p }",
    ] {
        assert!(codes(right).is_empty(), "{right}");
    }
    assert_eq!(
        codes("never { secret.read.where(span.service.name != vault) }"),
        ["W0102"]
    );
}
