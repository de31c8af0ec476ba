//! Conditions as people write them: what they mean, and what is said about them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod support;

use betrace_lang::rule::{Alternative, FirstOf, Reading};
use betrace_lang::{Fault, Limits, Origin, Vocabulary, check_condition};
use support::{report, vocabulary};

fn reports(texts: &[&str]) -> String {
    let reports: Vec<String> = texts.iter().map(|text| report(text)).collect();
    reports.join("\n")
}

#[test]
fn a_rule_has_clauses_or_is_a_pattern() {
    insta::assert_snapshot!(reports(&[
        "when { payment.charge_card.where(amount > 1000) }     // optional\nalways { payment.fraud_check }\nnever  { payment.bypass_validation }",
        "never { b }\nwhen { a }",
        "always { a or b and not not c }",
        "database.query_pii and not audit.log",
        "never { database.query_pii and not audit.log }",
        "payment and fraud_check",
        "payment and fraud_check and shipping",
        "payment or fraud_check",
        "count(a) > 3 and b",
        "when { payment.charge_card.where(amount > 1000) }",
        "when each { payment as p }",
        "when { a } when { b } always { c }",
        "when { } always { b }",
        "",
        "// only a comment",
        "a, b",
        "when { a, b } always { c }",
        "always { a } and b",
        "a always { b }",
        "when a always b",
        "if { a } then { b }",
        "wehn { a } alwyas { b } nevr { c }",
        "when eech { a as p } always { b after p }",
        "when { count(a > 3 } always { b",
        "always { a.where(x > ) and b.where(y == 1) } never { c and }",
    ]));
}

#[test]
fn selectors_name_spans() {
    insta::assert_snapshot!(reports(&[
        "any and not root",
        "http.count and not before.after",
        "api-gateway.my--request-2 and not x",
        "\"GET /users/{id}\" and not audit",
        "never { GET /users/{id} }",
        "never { /users/{id} }",
        "never { user@host }",
        "never { a:b }",
        "never { payment.where(a == 1).where(b == 2 and c == 3) }",
        "never { payment\n  .where(a == 1)\n  .where(b == 2) }",
        "never { \"any\" }",
        "never { privileged }",
        "never { privileged.where(x == 1) }",
        "never { payment.where(expensive) and not audited }",
        "never { retries > 3 }",
        "never { priviledged }",
        "never { processors }",
        "never { payment where(amount > 5) }",
        "never { payment.wehre(amount > 5) }",
        "never { payment.where() }",
        "never { before }",
        "never { trace.incomplete }",
        "never { count }",
        "never { payment charge }",
    ]));
}

#[test]
fn filters_compare_fields() {
    insta::assert_snapshot!(reports(&[
        "never { any.where(amount > 1_000.50 and http.response.status_code >= 5e2 and x == -3) }",
        "never { any.where(span.x == 1 and resource.x == 2 and instrumentation.x == 3 and event.x == 4 and link.x == 5) }",
        "never { any.where(span:name == a and span:kind == server and span:status == error and span:statusMessage contains x and span:duration > 250ms and span:id == \"00\" and span:parentID == \"11\") }",
        "never { any.where(trace:id == \"00\" and trace:duration > 1.5s and trace:spanCount < 5 and trace:rootName == \"x\" and trace:rootService starts with y) }",
        "never { any.where(event:name == exception and instrumentation:name == a and instrumentation:version == \"1.2\") }",
        "never { any.where(a in [stripe, \"b c\", 5, true] and b not in processors and (exists(b) or missing(c))) }",
        "never { any.where(a matches \"^ad.*min\" and b contains x and c starts with \"y\" and d ends with z) }",
        "never { any.where(\"data.contains_pii\" == true and before == 1 and 2fa == true and in in [a]) }",
        "never { any.where(currency == USD and tier == gold-plus) }",
        "never { queue.where(depth > span.max_depth) }",
        "never { any.where(verified and not blocked) }",
        "never { any.where(not (a == 1 or b == 2)) }",
        "never { any.where(a != 1) }",
        "never { any.where(a != 1 or missing(a)) }",
        "never { any.where(x == 1 and not blocked and y == 2) }",
        "never { any.where(blocked == false) }",
        "never { any.where(not blocked or missing(blocked)) }",
        "never { any.where(exists(a) and a != 1) }",
        "never { any.where(span:name != a) }",
        "never { any.where(tier == gold.plus) }",
        "never { any.where(duration > 500ms) }",
        "never { any.where(latency > 500ms) }",
        "never { any.where(span:duration > 500) }",
        "never { any.where(depth > max_capacity) }",
        "never { any.where(span:nme == a) }",
        "never { any.where(span:status == eror) }",
        "never { any.where(span:kind == SPAN_KIND_SERVER) }",
        "never { any.where(verified > true) }",
        "never { any.where(true) }",
        "never { any.where(x in []) }",
        "never { any.where(x in procesors) }",
        "never { any.where(x in unknown) }",
        "never { any.where(x == [1]) }",
        "never { any.where(x matches \"(\") }",
        "never { any.where(x matches \"(?=a)b\") }",
        "never { any.where(x matches admin) }",
        "never { any.where(x matches \"^admin\\\\.\") }",
        "never { any.where(x matches \"^admin\\.\") }",
        "never { any.where(1000 < amount) }",
        "never { any.where(a == b == c) }",
        "never { any.where(amount = 5) }",
        "never { any.where(span.status == error) }",
        "never { any.where(x == null or y == True) }",
        "never { any.where(a > 5 or trace:duration > 2s) }",
        "payment.amount > 1000",
        "never { amount > 1000 and payment.currency == USD }",
        "never { span:duration > 5s }",
        "never { payment.where(a == 1) > 5 }",
        "never { true }",
        "never { 5 }",
        "always { trace:duration < 2s and trace:spanCount <= 100 }",
        "never { trace:duration > 5 }",
        "never { exists(user.id) }",
        "never { payment.status in [a, b] }",
    ]));
}

#[test]
fn counts_and_measures() {
    insta::assert_snapshot!(reports(&[
        "count(http.retry) > 3",
        "count(http.request) == count(http.response)",
        "never { count(a) > 2 * count(b) }",
        "never { 2 * count(a) > count(b) }",
        "never { 10 < count(a) }",
        "never { distinct(a, user.id) > 5 and sum(a, amount) > 5.5 and min(a, x) < 1 and max(a, span:duration) > 2s }",
        "never { sum(a, span:duration) > 0.5 * max(b, span:duration) }",
        "always { avg(a, span:duration) < 2s }",
        "never { avg(a, span:duration) > 2s }",
        "never { count(db.query) by tenant > 10 and count(db.query) by parent >= 10 }",
        "never { count(db.query) by \"parent\" > 10 and count(db.query) by resource.host > 1 }",
        "always { count(db.query) by tenant <= 10 }",
        "always { 10 >= count(db.query) by tenant }",
        "never { 10 == (count(a) by x, y) }",
        "when each { a as p } never { p.n != count(b) by x }",
        "never { sum(a, x) by tenant > 10 }",
        "never { sum(llm.chat, input + span.output) > 100_000 or max(a, x - 1) <= 2.5 or avg(a, length(\"odd key\")) > 3 or min(a, t as ms) < 2s }",
        "never { sum(a, x + y) by tenant > 10 or max(a, span:duration - budget as ms) by z >= 1s or sum(a, 2 - x) > 2 * sum(b, (x + y)) }",
        "never { sum(a, x + y) > 2s }",
        "never { sum(a, t as ms) > 2 }",
        "never { distinct(a, lower(x)) > 3 }",
        "never { max(a, lower(x)) > 3 }",
        "when each { a as p } never { max(b, x - p.x) > 3 }",
        "never { sum(a, event.x + y) > 3 }",
        "never { sum(a, length(event.x)) > 3 }",
        "never { sum(a, event.x as ms) > 3s }",
        "never { sum(a, length(trace:rootName)) > 3 }",
        "never { sum(a, x + 1 + y) > 3 }",
        "never { sum(a, 1 + 2) > 3 }",
        "never { sum(a, x + count(b)) > 3 }",
        "never { sum(a, span:duration as ms) > 3s }",
        "never { count(a + b) > 3 }",
        "never { sum(a, 2 * x) > 3 }",
        "never { sum(a, span:duration) by tenant , parent > 10ms and count(a) within 1s by x, span:name, \"y z\" >= 3 }",
        "never { count(a) by w, x, y, z > 10 }",
        "never { count(a) by v, w, x, y, z > 10 }",
        "never { count(a) by x, event.y > 10 }",
        "never { sum(a, span:duration) by x > 10 }",
        "never { count(a) by x > count(b) }",
        "when each { a as p } never { count(b inside p) by x > p.n }",
        "when each { a as p } never { count(b.where(x == p.x) inside p) > p.n }",
        "never { count(a) by x, > 3 }",
        "never { count(a) }",
        "never { count(a, b) > 1 }",
        "never { count(a) within 10s > 50 and overlap(a inside b) > 3 }",
        "never { count(a) within 10s.. > 50 }",
        "never { count(a before b within 5s) within 10s > count(c) within 1m }",
        "when each { a as p } never { count(b inside p) != p.batch.size or p.\"odd key\" > overlap(b) }",
        "when each { a as p } always { count(b inside p) == p.batch.size }",
        "when each { a as p } never { max(b, span:duration) > p.span:duration }",
        "when each { a as p } never { max(b, span:duration) > p.x }",
        "when each { a as p } never { max(b, span:duration) > p.x as ms or p.x as s + 5ms < sum(b, span:duration) by y }",
        "when each { a as p } never { p.x as ms <= sum(b, span:duration) or count(b) == p.size - 1 or length(p.\"odd key\") < count(b) }",
        "when each { a as p, b as q } always { min(c, x) + 0 > p.x or max(c, x) >= p.x + q.y }",
        "when each { a as p } always { max(c, x) >= p.x + p.y }",
        "when each { a as p } never { max(b, span:duration) > p.x + p.y }",
        "when each { a as p } never { max(b, span:duration) > p.x as ms + p.y }",
        "when each { a as p } never { count(b) > p.x as ms }",
        "when each { a as p } never { count(b) > lower(p.x) }",
        "when each { a as p } never { count(b) > p.span:name }",
        "when each { a as p } never { count(b) > p.event.x }",
        "when each { a as p } never { count(b) > x + p.y }",
        "never { sum(b, span:duration) > timeout_ms as ms }",
        "when each { a as p } never { count(b) > 2 * p.x }",
        "never { count(a) within 10 > 50 }",
        "never { sum(a, x) within 10s > 50 }",
        "never { a within 10s > 50 }",
        "never { count(a) > 2 * count(b) within 10s }",
        "never { count(a) within 10s }",
        "never { overlap(a, b) > 3 }",
        "never { count(a) > span.x }",
        "never { sum(a) > 1 }",
        "never { count(a) > x }",
        "never { count(a) > 5s }",
        "never { sum(a, span:duration) > 5 }",
        "never { sum(a, span:duration) > count(b) }",
        "never { count(a) > -2 * count(b) }",
        "never { cuont(a) > 3 }",
        "never { p99(a, span:duration) > 3s }",
        "never { count(a or b) > 3 }",
        "never { count(a and not b) > 3 }",
        "never { sum(a, span:name) > 3 }",
        "never { distinct(a, span:name) > 3 }",
        "never { max(a, event.x) > 3 }",
    ]));
}

#[test]
fn rules_over_many_traces() {
    insta::assert_snapshot!(reports(&[
        "over 5m by user.id never { count(sales.request) > 100 }",
        "over 1h always { share(checkout and payment.charge_card, checkout) >= 99% }",
        "over 24h by applicant.group at least 200 always { share(loan.decide.where(approved), loan.decide) >= 0.8 * highest }",
        "over 15m by span.http.route always { p99(any.where(span:kind == server), span:duration) < 800ms }",
        "over 1h never { share(payment and not fraud_check, payment) > 3 * before }",
        "over 90s by a, span.b, \"c d\" at least 1_000 never { p99.9(x, size as ms) >= 1s }",
        "over 90s at least 20 with confidence 99.9% never { share(x.where(a == 1), x) > 2% }",
        "over 1d never { distinct(login, user.id) > 10 }",
        "over 1d never { max(login, a + b) > 10 }",
        "over 1d always { 100 >= sum(login, amount) }",
        "over 1m by g never { count(x) > 2 * others }",
        "over 1m by g always { avg(x, y) <= 1.5 * lowest }",
        "over 1m never { traces(a and count(b) > 2) >= 5 }",
        "over 1m always { share(a, any) >= 0.5 }",
        "over 1m never { traces(trace:spanCount > 5) >= 5 }",
        "never { over and at and with }",
        "over 0s never { count(x) > 2 }",
        "over 365d never { count(x) > 2 }",
        "over 31d never { count(x) > 2 }",
        "over 1s never { count(x) > 2 }",
        "over 5 never { count(x) > 2 }",
        "over 1m at least 0 never { count(x) > 2 }",
        "over 1m at least 2.5 never { count(x) > 2 }",
        "over 1m with confidence 30% never { share(x.where(a == 1), x) > 2% }",
        "over 1m with confidence 0.95 never { share(x.where(a == 1), x) > 2% }",
        "over 1m with confidence 99% never { count(x) > 2 }",
        "over 1m by a, b, c, d, e never { count(x) > 2 }",
        "over 1m by a, b, a never { count(x) > 2 }",
        "over 1m by parent, event:name never { count(x) > 2 }",
        "over 1m when { y } never { count(x) > 2 }",
        "over 1m always { count(x) > 2 } never { count(x) > 9 }",
        "over 1m never { count(x) > 2 and count(y) > 3 }",
        "over 1m never { x }",
        "over 1m never { }",
        "over 1m never { count(x) by y > 2 }",
        "over 1m never { overlap(x) > 2 }",
        "over 1m never { count(x) within 5s > 2 }",
        "over 1m never { share(x, y) > 2% }",
        "over 1m never { share(x) > 2% }",
        "over 1m never { share(x.where(a == 1), x) > 2 }",
        "over 1m never { share(x.where(a == 1), x) == 2% }",
        "over 1m never { count(x) > 50% }",
        "over 1m never { count(x) > 5s }",
        "over 1m never { p99(x, span:duration) > 5 }",
        "over 1m never { p99(x) > 5 }",
        "over 1m never { traces(x, y) > 5 }",
        "over 1m never { count(x) > 2 * highest }",
        "over 1m never { count(x) > 0 * before }",
        "over 1m never { count(x) > count(y) }",
        "over 1m never { count(x) > busiest }",
        "never { p99(x, span:duration) > 5s }",
        "never { traces(x) > 5 }",
        "never { count(x) > 50% }",
        "never { any.where(a > 50%) }",
        "never { count(x) > 3 * before }",
        "never { rate(x) > 5 }",
        "over 5m",
    ]));
}

#[test]
fn order_and_structure() {
    insta::assert_snapshot!(reports(&[
        "never { a before b and c after d within 5s }",
        "never { a then b then c within 5s }",
        "never { a inside b or a child of b or a sibling of b }",
        "never { a between q and next r and a after q until next r }",
        "never { count(s after q before p) > 1 }",
        "never { (s after q) then (t before p) }",
        "never { a starts before b or a starts after b within 2s }",
        "never { a ends before b within 2s..5s or a ends  after b within 0s..1m30s }",
        "never { a then b within 2s..2s then c within 1s }",
        "never { starts starts before ends }",
        "never { a overlaps b or a during b or a containing b or a outside b or a parent of b }",
        "never { a not child of b or a not  sibling of b or not a sibling of b }",
        "never { during during outside or parent parent of containing }",
        "never { a next after b or a directly  after b or leaf.where(x == 1) inside a }",
        "never { \"leaf\" or next next after directly }",
        "when each { a as leaf } always { b }",
        "never { a next b }",
        "always { a inside b }",
        "always { a.where(x == 1) before b within 5s }",
        "never { a then b before c }",
        "never { a before (b then c) }",
        "never { (a or b) before c }",
        "never { a before b within 5 }",
        "never { a before b within 2..5s }",
        "never { a before b within 5s..2s }",
        "never { a before b within 2s..x }",
        "never { a before b within 2s.. or (a after b within 0s..) or a then b within 1m.. then c within 2s.. }",
        "never { a before b within 2s..",
        "never { a inside b within 2s.. }",
        "never { a before b within 2.. }",
        "never { a before b within ..2s }",
        "when each { a as p } always { b after p within 2s.. until next c }",
        "when each { a as p } always { b after p within 2s..5s until next c }",
        "when each { a as p } always { b after p within 2s until c }",
        "when each { a as p } always { b after p within 2s.. until c }",
        "when each { a as p } always { b after p until next c within 2s }",
        "when each { a as p } always { (b after p until next c) after p within 2s.. }",
        "never { a ends b }",
        "never { a overlap b }",
        "never { a parent b }",
        "never { a not inside b }",
        "never { a not before b }",
        "never { a not parent of b }",
        "never { a directly before b }",
        "never { a next before b }",
        "never { a outside b within 5s }",
        "never { a.where(x starts b) }",
        "never { a STARTS After b }",
        "never { a inside b within 5s }",
        "never { a between q and r }",
        "never { a befor b }",
        "never { a starts b }",
        "never { a child b }",
        "never { a >> b }",
        "never { (a before b).where(x == 1) }",
        "when each { P before R as p } always { S before p }",
        "when each { P as p and Q then p } always { Q then S then p }",
        "when each { Q as q and R after q } always { P between q and next R }",
        "when each { Q as q, P after q until next R as p } always { S after q before p }",
        "when each { Q as q, P after q until next R as p } always { (S after q) then (T before p) }",
        "when each { Q as q, S between q and next R as s and T between s and next R } always { P after q before s }",
        "when each { Q as q, P between q and next R as p } always { (S between p and next R) then (T between p and next R) }",
        "when each { Q as q, S between q and next R as s, T between s and next R as t } always { P between t and next R }",
    ]));
}

#[test]
fn bound_spans() {
    insta::assert_snapshot!(reports(&[
        "when each { payment.where(amount > 1000) as p } always { fraud_check.where(order.id == p.order.id) before p }",
        "when each { a as p, b.where(x == p.x) as q and c.where(y < q.span.y) } never { d inside q }",
        "when each { a as p } always { b.where(span:parentID == p.span:id and z == p.\"odd key\") }",
        "when each { a as p, b as q, c as r, d as s } always { e after p }",
        "when each { a as p, b as p } always { e after p }",
        "when each { a } always { e }",
        "when each { a and b } always { e }",
        "when each { a as p and b as q } always { e after p }",
        "when each { a as p or b as q } always { e }",
        "when each { a as any } always { e }",
        "when each { a as privileged } always { e }",
        "when { a as p } always { e after p }",
        "never { a as p }",
        "when each { a as p } always { p.where(x == 1) }",
        "when each { payment as pay } always { b.where(x == pya.x) }",
        "when each { payment as p } always { b.where(x == q.x) }",
        "when each { payment as p } always { b.where(p.x == 5) }",
        "when each { payment as p } never { b.where(p.x > x) }",
        "when each { payment as p } always { b.where(x == p) }",
        "when each { payment as p } always { b.where(x == p:duration) }",
        "when each { payment as p } always { b.where(p.span:id == span:parentID) }",
        "when each { payment as p } never { p before audit }",
    ]));
}

#[test]
fn conditions_on_bound_spans() {
    insta::assert_snapshot!(reports(&[
        "when each { payment as p } always { p.where(currency == EUR) or not p.where(amount > 5 and verified) }",
        "when each { payment as p, refund as q } always { p.x == q.x }",
        "when each { publish as p, consume as c } always { c.schema.version == p.schema.version }",
        "when each { payment as p } never { p.span:duration > 2s and not p.amount in [1, 2] }",
        "when each { payment as p and p.tier == gold } always { audit after p }",
        "when each { payment as p } never { exists(p.error) or missing(p.\"odd key\") or p.\"odd key\" matches \"^a\" }",
        "when each { payment as p } never { p.resource.region != eu and p.span.\"a b\" starts with x }",
        "when each { payment as p } always { p.currency != EUR }",
        "when each { payment as p } always { not p.where(currency != EUR) }",
        "when each { payment as p } never { p.where(currency != EUR) }",
        "when each { payment as p } never { p.where(event:name == exception and trace:duration > 2s) }",
        "when each { payment as p } never { p.where(trace:duration > 2s) }",
        "when each { payment as p } never { p.event:name == exception or p.event.x == 1 }",
        "when each { payment.where(x == 1) as p } always { p.where(x == 1) }",
        "when each { payment as p } never { p.where(x == 1 and x == 2) }",
        "when each { payment as p } never { p.where(privileged) or p.where(expensive) }",
        "when each { payment as p } never { p.where(expensive).where(amount < p.limit) }",
        "when each { payment as p } always { p.depth > span.max_depth }",
        "when each { payment as payment } never { payment.amount > 1000 }",
        "when each { payment as p } never { 1000 < p.amount }",
        "when each { payment as p } never { p == 5 }",
        "when each { payment as p, refund as q } never { p == q }",
        "when each { payment as p } never { p:duration > 2s }",
        "when each { payment as p } never { p.duration > 2s }",
        "when each { payment as p } never { p.latency > 2s }",
        "when each { payment as p } never { p.span:duraton > 2s }",
        "when each { payment as p } never { p.trace:duration > 2s }",
        "when each { payment as p } never { p.depth > max_depth }",
        "when each { payment as p } never { p.tier == gold.plus }",
        "when each { payment as p } never { p.http.status_code == 500 or audit.where(code == p.http.status_code) }",
        "when each { payment as p } never { p.where(p.amount > 5) }",
        "when each { payment as p } never { p.where(p.span:duration > 5s) }",
        "when each { payment as p } never { p.where(count(audit) > 5) }",
        "when each { payment as p } never { p.where(x == 1) before audit }",
        "when each { payment as p } never { count(p.where(x == 1)) > 0 }",
        "when each { payment as p, p.where(x == 1) as q } never { audit }",
        "when each { payment as p } never { pay.x == 1 }",
        "when { payment as p } never { audit.where(order == p.order) and p.x == 1 }",
    ]));
}

#[test]
fn conditions_on_one_event_or_link() {
    insta::assert_snapshot!(reports(&[
        "never { any.where(event.where(event:name == exception and exception.type contains Timeout)) }",
        "never { any.where(not event.where(event:name == exception or not verified) and link.where(link:spanID == \"ab\" and rel == parent)) }",
        "never { any.where(event.where(event:timeSinceStart > 2s).where(retries >= 3 and exists(retries))) }",
        "never { any.where(event.where(event.x == 1 and \"odd key\" == 2 and event.\"k\" in [a, b] and x in processors)) }",
        "never { any.where(event.where(low > event.high or low > span.high)) }",
        "when each { payment as p } never { any.where(link.where(link:traceID == p.trace.id and link:spanID == p.span:id)) }",
        "when each { payment as p } never { p.where(event.where(event:name == exception)) }",
        "when each { consume as c } always { any.where(span:kind == producer and span:id == c.link:spanID) before c }",
        "when each { consume as c } always { c.link:traceID != trace:id or c.where(exists(link:spanID)) }",
        "never { any.where(event:timeSinceStart > 2s and link:traceID != trace:id) }",
        "never { any.where(event.where(lower(x) == timeout and length(event.x) > 3 and took as ms > 1s)) }",
        "never { any.where(event.where(read + written > 100 or event:timeSinceStart - 1s > took as ms)) }",
        "never { any.where(event.where(x == lower(span.y) or amount + span.fee > 3)) }",
        "never { any.where(event.where(lower(span.y) == x or amount + 1 > link.amount)) }",
        "when each { answer as p } never { any.where(event.where(every ids in p.ids or id in event.ids or p.limit < 3)) }",
        "never { any.where(event.where(lower(trace:rootName) == x or x == lower(link:spanID))) }",
        "never { any.where(event.where(expensive)) }",
        "never { any.where(event.where(span:kind == server)) }",
        "never { any.where(event.where(span.x == 1 and link:spanID == a)) }",
        "never { any.where(link.where(event.x == 1)) }",
        "never { any.where(event.where(trace:duration > 2s)) }",
        "never { any.where(event.where(link.where(x == 1))) }",
        "never { any.where(event.where(count(audit) > 1)) }",
        "never { any.where(event.where(1 < x)) }",
        "never { any.where(event.where()) }",
        "never { any.where(event.where(event:timeSinceStart > 2)) }",
        "never { any.where(event.where(event:time > 2s)) }",
        "never { any.where(audit.where(x == 1)) }",
        "never { max(any, event:timeSinceStart) > 2s }",
        "never { count(any) by link:spanID > 2 }",
        "when each { payment as p } never { p.event.where(x == 1) }",
        "when each { consume as c } always { publish linked to c or c linked to (publish inside root) }",
        "never { count(a linked to b) > 1 }",
        "never { a linked to b within 5s }",
        "never { a linked b }",
        "never { count(a except (a.where(x == 1) inside b)) > 1 and (a except b).where(y == 2) }",
        "never { count(a echoing b by parent, x) by y > 1 or a echoing (b inside c) by \"odd key\" }",
        "when each { a as p } never { p echoing b by otel:db.statement and b except p }",
        // Refused.
        "never { a echoing b }",
        "never { a echoing b within 5s by x }",
        "never { a echoing b by event.x }",
        "never { a not except b }",
        "never { except.x and echoing }",
        "never { linked.to and linked }",
    ]));
}

#[test]
fn older_spellings() {
    insta::assert_snapshot!(reports(&[
        "a AND NOT b OR c",
        "a && !b || ! c",
        "trace.has(payment) and not trace.has(audit)",
        "has(payment) and not has(audit.where(x == 'y'))",
        "trace.count(http.retry) > 3",
        "trace.count(http.retry).where(status_code == 500) > 3",
        "trace.spans.where(service == 'auth').count() > 50",
        "trace.spans.count() > 50",
        "trace.spans.where(service == 'sales').count() > 10 AND trace.spans.any.where(user_id == '12345')",
        "rule \"cache_miss\" when span.type == \"http.request\" && span.attributes[\"cache_miss\"] == true then ...",
        "rule \"cache_miss_pattern\"\nwhen\n  span.type == \"http.request\" &&\n  span.attributes[\"http.status_code\"] == 500 &&\n  span.attributes[\"cache_miss\"] == true\nthen\n  // Create an alert with the relevant information",
        "span.status == \"ERROR\" and span.attributes[\"k\"] == \"v\"",
        "span.status == \"ERROR\" and span.attributes[\"k\"] == \"v\" and not payment",
        "not span.attributes[\"k\"]",
        "span.attributes[\"k\"] and not audit",
        "trace.has(span.name == \"a\" and resource.region == \"eu\")",
        "count(span.status == \"ERROR\") > 3",
        "span.duration > 500ms and span.service == \"auth\" and span.operation == 'x' and span.kind == 'SERVER'",
        "count(db.query) by (tenant) > 10",
        "never { any.where(span.attributes[\"odd key\"] == 1) }",
        "trace.incomplete and not x",
        "span.duration > 500",
        "$trace: Trace(spans contains \"x\")",
        "$t.x > 5",
        "trace.spans.where(x == 1).exists",
        "trace.spans.exists(s => s.name == \"x\")",
        "trace.spans.where(service == 'a').avgLatency() > 200",
        "a >> b",
        "a.where(x === 5)",
        "never { any.where(verified > true) }",
        "true",
        "trace.spans.filter(x -> x.a).count() > 1",
        "p95(span:duration) > 5s",
        "WHEN { a } ALWAYS { b }",
        "trace.has(payment).where(amount > 1000 and span.status == 'ERROR') and not trace.has(audit)",
        "trace.count(a).where(service == 'x') > 3",
        "trace.duration > 500ms",
    ]));
}

#[test]
fn macros_and_lists() {
    insta::assert_snapshot!(reports(&[
        "never { ping }",
        "never { clauses }",
        "never { broken_macro }",
        "never { any.where(processors) }",
        "never { any.where(audited) }",
        "never { any.where(x == processors) }",
        "never { any.where(privileged == 1) }",
        "never { \"privileged\" }",
    ]));
}

#[test]
fn strange_characters() {
    insta::assert_snapshot!(reports(&[
        "never { p\u{430}yment }",
        "n\u{435}ver { payment }",
        "never { a\u{a0}and b }",
        "never { a.where(x == \u{201c}y\u{201d}) }",
        "never { a.where(x == \"a\u{202e}b\") }",
        "never { a } // \u{202e}",
        "never { a\u{200b}b }",
        "never { caf\u{e9}.order }",
        "never { \"caf\u{e9}.order\" }",
        "never { a\0 }",
        "never { a.where(x == \"\\u{zz}\") }",
        "never { a.where(x == \"\\u{1F600}\\n\\t\\d\") }",
        "never { a.where(x == \"unclosed) }",
        "never { a ; b }",
        "never { a.where(x > 5sec and y > -5s and z > 1e999 and w > 0.5ns) }",
        "never { a ≥ b }",
    ]));
}

#[test]
fn lints_of_one_condition() {
    insta::assert_snapshot!(reports(&[
        "never { count(a) < 0 }",
        "never { a and not a }",
        "never { a or not a }",
        "never { event.where(event:name == exception) or count(link.where(x == 1)) > 3 }",
        "never { \"event\".where(x == 1) or event or any.where(event.where(x == 1)) }",
        "never { a.where(event:name != exception) or a.where(not (event:name == exception) or event.where(name != x)) }",
        "never { a.where(resource.id == 1) or a.where(\"resource.id\" == 1 or resource.\"id\" == 1 or resource.host.id == 1) }",
        "never { a.where(tier == gold or silver) or a.where(tier == gold or verified or is_new or db.system or x == span.y or z) }",
        "never { a.where(x == 1 and x == 2) }",
        "never { a.where(x > 5 and x < 3) }",
        "never { root.where(exists(span:parentID)) }",
        "when { a } always { a }",
        "when { a.where(x == 1) } always { a and b }",
        "when { a } never { b and not a }",
        "when { count(a) >= 0 } always { b }",
        "always { count(a) >= 0 }",
        "never { any.where(http.status_code == 500 and http.response.staus_code == 5) }",
        "never { any.where(\"http.status_code\" == 500) }",
        "never { any.where(user.idd == 5 and order.status_code == 5) }",
        "never { any.where(x matches \"^a$\" and y matches \"b$\") }",
    ]));
}

#[test]
fn texts_where_only_numbers_go_are_doubted() {
    insta::assert_snapshot!(reports(&[
        "never { any.where(otel:http.status == 5xx) or any.where(span.http.response.status_code == \"5xx\") }",
        "never { any.where(http.status == 5xx and x) }",
        "never { any.where(not otel:http.status == 4XX or otel:http.status != 2xx) }",
        "never { any.where(otel:http.status > 4xx) or any.where(otel:http.status < 2xx or otel:http.status >= 5xx or otel:http.status <= 3xx) }",
        "never { any.where(otel:http.status in [404, 4xx, 5xx]) or any.where(otel:http.status not in [2xx, error]) }",
        "never { any.where(otel:http.status == server_error or server.port == true) }",
        "never { any.where(otel:http.status starts with \"5x\" or gen_ai.request.temperature contains hot) }",
        // Nothing is said of these.
        "never { any.where(otel:http.status == \"500\" or otel:http.status starts with \"5\" or otel:http.status in [500, \"501\"]) }",
        "never { any.where(\"http.response.status_code\" == bad or http.status == \"5xx\" or \"level\" == low) }",
        "never { any.where(otel:rpc.status == UNAVAILABLE or error.type == \"500\" or event.http.status_code == bad) }",
    ]));
}

#[test]
fn what_was_nearly_a_number_or_an_order_is_told_how() {
    insta::assert_snapshot!(reports(&[
        "never { any.where(size > 10k) or any.where(size >= 2M or size < 10KB or size <= 0x1F) }",
        "never { any.where(day > 2024-01-01 or depth > max_capacity) }",
        "never { a within 5 }",
        "never { a.where(x == 1) within 5s }",
        "never { count(a) within 5s }",
    ]));
}

#[test]
fn totals_are_compared() {
    insta::assert_snapshot!(reports(&[
        "never { count(a) + count(b) > 10 }",
        "always { sum(debit, amount) == sum(credit, amount) + 2 * sum(fee, amount) - 1 }",
        "never { 10 < count(a) - (count(b) - count(c)) }",
        "when each { root as r } never { sum(db.query, span:duration) > 0.5 * r.span:duration }",
        "when each { batch as p } always { count(item inside p) + p.failed == p.size }",
        "never { sum(a, span:duration) + sum(b, span:duration) > 3s }",
        // Refused.
        "never { sum(a, span:duration) + sum(b, span:duration) > 3 }",
        "never { sum(a, span:duration) + count(b) > 3s }",
        "never { count(a) + b > 3 }",
        "never { count(a) + -2 * count(b) > 3 }",
        "never { count(a) + 2 * 3 > 3 }",
        "never { count(a) + count(b) * count(c) > 3 }",
        "never { count(a) + trace:spanCount > 3 }",
        "never { count(a) + trace:rootName > 3 }",
        "never { count(a) > trace:duration }",
        "never { count(a) + count(b) + count(c) + count(d) + count(e) > 3 }",
        "never { count(a) + 1 + 1 + 1 + 1 + 1 + 1 > 3 }",
        "never { count(a) + 1 + 1 + 1 + 1 + 1 + 1 + 1 > 3 }",
        "never { count(a) + count(b) by x > 3 }",
        "never { a + b > 3 }",
        "never { count(a) + count(b) }",
        // Doubted.
        "always { avg(a, x) + 1 > 3 }",
        "when each { a as p } always { not (count(b) > p.n + 1) }",
    ]));
}

#[test]
fn a_group_is_not_that_of_another_condition() {
    insta::assert_snapshot!(reports(&[
        "never { count(a) by user > 3 and a.where(ok == true) }",
        "never { count(a) by user > 3 and count(b) by user > 2 }",
        "when { count(a) by user > 3 and a.where(ok == true) } always { lock }",
        "count(a.where(x == 1)) by user > 3 and not b and a.where(x == 2)",
        // Of nothing that these share.
        "never { count(a) by user > 3 and b }",
        "never { count(a) by parent > 3 and a.where(ok == true) }",
        "never { count(a) by user > 3 or a.where(ok == true) }",
        "never { count(any.where(k == db)) by server.address > 3 and any.where(k == http) }",
    ]));
}

#[test]
fn a_computed_side_may_begin_with_a_bound_span() {
    insta::assert_snapshot!(reports(&[
        "when each { a as p } always { p.x + p.y >= p.z - 100 }",
        "when each { a as p } always { p.wait as ms < 3s and lower(p.role) != admin }",
        "when each { a as p, b as q } always { p.x - q.x <= 5 and length(p.text) > 5 }",
        "when each { a as p } never { 100 < p.x + 1 }",
        "when each { a as p } never { lower(p.role) in [admin, root] or length(p.text) == 0 }",
        "when each { a as p } never { p.x + y > 3 }",
    ]));
}

#[test]
fn next_after_as_a_condition_is_doubted() {
    insta::assert_snapshot!(reports(&[
        "when each { turn.where(exists(who)) as t } never { turn.where(who == t.who) next after t }",
        "when each { a as p and c } never { b.where(x == 1) next after p }",
        "when each { open as p } always { close next after p }",
        "when each { a as p } always { not b.where(x == 1) next after p and c }",
        // Where the first one matters.
        "when each { a as p, b next after p as q } never { q.where(x == 1) }",
        "when each { a as p } always { p next after b }",
        "when each { a as p } never { count(b next after p) > 1 }",
        "never { a next after b }",
    ]));
}

#[test]
fn sides_are_computed() {
    insta::assert_snapshot!(reports(&[
        "never { any.where(x + y > 3 and x - 3 < span.y - 2.5 and 5-x == 2) }",
        "never { any.where(x -5 > 2 and x - -5 > 2 and x > -5 and z +1 == 2) }",
        "when each { a as p } never { b.where(n + p.n > 10 and p.n - n < p.m and \"odd key\" + p.\"odd key\" > 1) }",
        "never { any.where(span:duration > timeout_ms as ms) }",
        "when each { a as p } never { b.where(span:duration > p.timeout as s + 250ms and p.span:duration - span:duration < 1ms) }",
        "never { any.where(event.delay as us > 1h and duration as m <= 3h) }",
        "never { any.where(lower(user.role) == admin and lower(url) contains \"/admin\" and lower(x) in [a, b] and lower(x) matches \"^a.c\") }",
        "never { any.where(length(tags) > 3 and length(span:name) in [1, 2] and length(x) + length(y) >= span.n) }",
        "never { any.where(x == lower(y) and lower(trace:rootName) == shop) }",
        "never { any.where(not (lower(role) == admin)) }",
        // Refused.
        "never { any.where(x + y + z > 3) }",
        "never { any.where(3 + 4 < x) }",
        "never { any.where(3 < x + y) }",
        "never { any.where(3 + 4 == 7) }",
        "never { any.where(span:duration > timeout as ms + 5) }",
        "never { any.where(span:duration + x > 5ms) }",
        "never { any.where(span:duration > 5 + x) }",
        "never { any.where(span:duration > timeout_ms) }",
        "never { any.where(span:duration > span.timeout_ms) }",
        "never { any.where(x as ms > 5) }",
        "never { any.where(x as ms > span.y) }",
        "never { any.where(x > span.y as ms) }",
        "never { any.where(x as millis > 5ms) }",
        "never { any.where(x as p > 5ms) }",
        "never { any.where(5 as ms > x) }",
        "never { any.where(span:duration as ms > 5ms) }",
        "never { any.where(span:name as ms > 5ms and span:name + 1 > 2) }",
        "never { any.where(event.x + 1 > 2 or x > event.y + 1) }",
        "never { any.where(trace:spanCount + 1 > 2) }",
        "never { any.where(trace:duration > x as ms) }",
        "never { any.where(x + y in [1, 2] or x as ms contains a or length(x) contains b) }",
        "never { any.where(lower(x) == Admin or lower(x) contains \"A B\" or lower(x) in [a, B]) }",
        "never { any.where(lower(x) == 5 or lower(x) == true or length(x) == abc) }",
        "never { any.where(5 - x > limit or span:duration - x as ms > budget) }",
        "never { any.where(lower(x, y) == a or lower() == a or length(x + y) > 3 or lower(span:duration) == x) }",
        "never { any.where(lower(x)) }",
        "never { any.where(x + y) }",
        "when each { a as p } never { b.where(p + 1 > 2) }",
        "never { any.where(x - > 3) }",
        "never { any.where(amount+fee > 3) }",
        "never { count(a) + count(b) > 3 }",
        "never { count(a) > count(b) + 1 }",
        "never { a + b > 3 }",
        "never { lower(a) == b }",
        "never { count(lower(x)) > 3 or sum(a, length(x)) > 3 or length(a) > count(b) }",
        "never { checkout - service }",
    ]));
}

#[test]
fn elements_are_compared() {
    insta::assert_snapshot!(reports(&[
        "never { any.where(every tags in [a, b] and some tags not in processors and every scores > 0.5) }",
        "when each { a as p } never { b.where(every p.citations in span.doc.ids and some ids in p.list and x in p.list) }",
        "never { any.where(x in span.allowed and y not in resource.\"odd key\" and lower(z) in span.l) }",
        "never { any.where(every \"odd key\" == x or some event.tags contains x) }",
        "never { any.where(not (every tags in [a])) }",
        // Names as ever.
        "never { any.where(every == 3 and some in [a] and exists(every) and some) }",
        "never { some and not every }",
        // Refused.
        "never { any.where(every tags) }",
        "never { any.where(every tags == a and some exists(x)) }",
        "never { any.where(every lower(x) in [a] or every x + y in [1]) }",
        "never { any.where(every span:name in [a] or x in span:name) }",
        "never { any.where(x in allowed or x in event.l or span:duration in span.l) }",
        "never { every a in [b] }",
        "never { any.where(every) and any.where(every in [a]) }",
    ]));
}

#[test]
fn a_field_of_the_file_stands_wherever_an_attribute_may() {
    insta::assert_snapshot!(reports(&[
        "never { any.where(answer >= 500 and path_only starts with \"/admin\" and exists(answer)) }",
        "never { count(any) by answer > 3 or distinct(any, path_only) > 5 or max(any, answer) > 499 }",
        "when each { a as p } never { b.where(answer == p.answer and n > p.answer + 1 and path_only != span.answer) }",
        "never { any.where(lower(path_only) contains admin and n == answer) }",
        // In quotes, and with a scope, the attribute of that name.
        "never { any.where(\"answer\" == 1 and span.answer == 2 and x == \"answer\") }",
        "never { answer }",
        "never { any.where(not (answer == 404)) }",
        "when each { a as answer } always { b }",
    ]));
}

#[test]
fn what_is_selected_by_its_place_among_calls_is_filtered_as_its_left_spans_are() {
    let of = |text: &str| {
        let (body, faults) = support::check(text);
        let body = body.unwrap_or_else(|| panic!("{text}: {faults:?}"));
        betrace_lang::canonical(&body)
    };
    for form in [
        "inside",
        "outside",
        "containing",
        "child of",
        "not child of",
        "parent of",
        "sibling of",
        "not sibling of",
        "except",
    ] {
        let after = format!("never {{ (a {form} b inside c).where(x == 1).where(y == 2) }}");
        let before = format!("never {{ a.where(x == 1).where(y == 2) {form} b inside c }}");
        assert_eq!(of(&after), of(&before));
    }
    for form in ["before", "next after", "overlaps", "linked to"] {
        let (body, _) = support::check(&format!("never {{ (a {form} b).where(x == 1) }}"));
        assert!(body.is_none(), "{form}");
        let (body, _) = support::check(&format!("never {{ (a {form} b inside c).where(x == 1) }}"));
        assert!(body.is_none(), "{form}");
    }
}

#[test]
fn names_of_the_vocabulary_stand_wherever_an_attribute_may() {
    insta::assert_snapshot!(reports(&[
        "never { any.where(otel:http.status >= 500 and otel:db.system in [postgresql, mysql]) and count(any) by otel:http.route > 100 }",
        "when each { a as p } never { b.where(otel:messaging.id == p.otel:messaging.id and n > otel:ai.input_tokens + 5) }",
        "never { any.where(exists(otel:ai.tool_call)).where(not (otel:http.method == GET)) }",
        // Refused.
        "never { any.where(otel:http.statsu >= 500) }",
        "never { any.where(otel:nothing == 1 or otel:http == 1) }",
        "never { otel:http.status >= 500 }",
        "never { any.where(otel:http.code >= 500 or otel:http.status_code >= 500) }",
    ]));
}

#[test]
fn a_missing_field_is_doubted_only_where_that_is_kept_in_silence() {
    insta::assert_snapshot!(reports(&[
        "when each { a as p } always { count(b inside p) == p.n }",
        "when each { a as p } always { not (count(b inside p) == p.n) }",
        "never { a.where(exists(x)).where(x != 1) or b.where(x == 2).where(not (x == 1)) }",
        "never { a.where(exists(y)).where(x != 1) }",
        "never { otel:http.request.where(otel:http.method not in otel:http.safe_methods) }",
    ]));
}

#[test]
fn one_span_is_doubted_beside_other_parts_of_when_too() {
    insta::assert_snapshot!(reports(&[
        "when { a and b } always { a.where(x == 1) }",
        "when { a and b and count(c) > 1 } always { b.where(x == 1) }",
        "when { a or b } always { a.where(x == 1) }",
        "when { not a and b } always { a.where(x == 1) }",
    ]));
}

#[test]
fn names_and_values_are_held_against_what_is_emitted() {
    insta::assert_snapshot!(reports(&[
        // A current name, and another that programs emit; in quotes it is meant.
        "never { any.where(db.system.name == postgresql and \"db.system.name\" == mysql) }",
        "never { any.where(span.http.response.status_code >= 500 or resource.db.query.text == x) }",
        "never { any.where(gen_ai.tool.name == send_email or gen_ai.provider.name == openai) }",
        "when each { a as p } never { b.where(x == p.messaging.message.id) }",
        // Read in part, read by nothing, or emitted by all.
        "never { any.where(url.path == x or server.address == y or error.type == TimeoutError or http.route == z) }",
        // Values that nothing emits.
        "never { any.where(error.type == timeout or error.type != Connection_Refused) }",
        "never { any.where(\"error.type\" == timeout or span.error.type == timeout or error.type == \"timeout error\") }",
        "never { any.where(otel:http.method == get or http.method != post or otel:http.method == GET) }",
        "never { any.where(otel:db.system == postgres or db.system != Mongo or otel:db.system == postgresql) }",
        "never { any.where(otel:ai.operation == tool_call or otel:ai.operation == chat or otel:ai.tool == tool) }",
        // Operations that are none.
        "never { any.where(db.operation == \"SELECT :memory:\" or db.operation.name != \"DROP table\") }",
        "never { any.where(otel:db.operation == \"DROP TABLE\" or otel:db.operation == SELECT or db.operation == \"10 x\") }",
        "never { any.where(otel:db.statement == \"DROP TABLE x\") }",
        // Numbers in quotes.
        "never { any.where(tries > \"10\" or p <= \"-2.5\" or otel:http.status >= \"500\") }",
        "never { any.where(version > \"1.2.3\" or day < \"2026-01-01\" or tries == \"10\" or x > \"inf\") }",
    ]));
}

#[test]
fn lists_and_macros_of_the_vocabulary_stand_where_those_of_a_file_may() {
    insta::assert_snapshot!(reports(&[
        "when { otel:http.request.where(otel:http.method not in otel:http.safe_methods) } always { otel:http.request then audit }",
        "when each { otel:http.request as p } never { count(otel:http.request inside p) > 3 }",
        "never { (otel:http.request) or max(otel:http.request, span:duration) > 1s }",
        // Refused.
        "never { otel:http.requst.where(x == 1) or not otel:http.reqeust }",
        "never { any.where(otel:http.request) }",
        "never { any.where(x == otel:http.safe_methods or otel:http.request == 1) }",
        "never { any.where(x == otel:http.request or x in otel:http.request or x in otel:http.safe_method) }",
        "never { otel:http.safe_methods }",
        "never { otel:http.status inside otel:http.safe_methods }",
        "when each { a as p } always { p.where(otel:http.request) and b.where(x == p.otel:http.request) }",
        "when each { a as otel } always { b }",
        "never { any.where(event.where(otel:http.status >= 500)) or any.where(link.where(otel:http.request)) }",
        "never { any.where(exists(trace:duration)) }",
    ]));
}

/// What a name of the vocabulary means, and what is wrong where it stands in `text` for `{}`.
fn of_the_vocabulary(text: &str, vocabulary: &Vocabulary) -> (Option<String>, Vec<Fault>) {
    let mut faults = Vec::new();
    let body = check_condition(text, vocabulary, &Limits::default(), &mut faults);
    (body.map(|body| betrace_lang::canonical(&body)), faults)
}

#[test]
fn every_macro_of_the_vocabulary_is_sound_wherever_it_may_stand() {
    let mut macros = 0;
    for shipped in betrace_lang::vocabulary().filter(|one| one.kind() == "macro") {
        let name = &*shipped.name;
        macros += 1;
        let selects = [
            "always { {} }",
            "when { {} } always { not {} }",
            "never { count({}.where(x == 1)) by parent > 3 }",
            "when each { {} as p } always { b inside p }",
            "when each { a as p } never { {} before p }",
        ];
        let asks = [
            "never { any.where({}) }",
            "when { a.where({} and x == 1) } always { b.where({} or x == 1) }",
            "when each { a as p } always { p.where({}) }",
        ];
        let sound = |texts: &[&str]| {
            texts.iter().all(|text| {
                let text = text.replace("{}", name);
                let (meaning, faults) = of_the_vocabulary(&text, &Vocabulary::new());
                let own = faults.iter().filter(|fault| fault.origin != Origin::Here);
                assert_eq!(own.count(), 0, "{text}: {faults:?}");
                meaning.is_some()
            })
        };
        assert!(
            sound(&selects) || sound(&asks),
            "{name} is neither a selector nor a condition on one span"
        );
    }
    assert!(macros > 0);
}

#[test]
fn names_of_a_rule_file_mean_nothing_in_a_macro_of_the_vocabulary() {
    let mut taken = vocabulary();
    for name in ["any", "root", "exists", "method", "kind"] {
        taken.add_macro(name, "payment");
    }
    for key in ["http.method", "http.route", "gen_ai.system", "db.system"] {
        taken.add_field(FirstOf {
            name: key.into(),
            of: vec![Alternative::of("other", Reading::AsItIs)],
        });
    }
    for shipped in betrace_lang::vocabulary().filter(|one| one.kind() == "macro") {
        let texts = [
            "when each { {} as http } always { a inside http }",
            "when each { a.where({}) as server } always { b inside server }",
            "when each { a as gen_ai, {} as q } always { b inside q }",
        ];
        let texts = texts.map(|text| text.replace("{}", &shipped.name));
        let meanings =
            |words: &Vocabulary| texts.clone().map(|text| of_the_vocabulary(&text, words).0);
        let plain = meanings(&Vocabulary::new());
        assert!(plain.iter().any(Option::is_some), "{}", shipped.name);
        assert_eq!(meanings(&taken), plain);
    }
}

/// A doubt, a suggestion and a help are about what they stand at: what is written beside it, and what is only alike, takes
/// no part.
#[test]
fn what_is_said_is_about_its_place_alone() {
    insta::assert_snapshot!(reports(&[
        // A word that is no value beside one that is: the comparison with it, and no other, asks for presence.
        "never { any.where(a == nul and b == null) }",
        "never { any.where(a == null or b == \"null\" or c != nil) }",
        // A field that has `operation` in its name and is not that of agents, and the other way round.
        "never { any.where(billing.operation == tool) }",
        "never { any.where(gen_ai.operation.name == tool) }",
        "never { any.where(traceloop.span.kind == tool) }",
        // A name near that of a bound span, and one that is too short to be near anything.
        "when each { payment as payer } never { paier }",
        "when each { payment as p } never { q }",
        "when each { payment as pa } never { pb }",
        // Names of the vocabulary where another kind stands.
        "never { any.where(x == otel:http.safe_methods) }",
        "never { any.where(x in otel:http.call) }",
        "never { any.where(x in otel:ai.agent_span) }",
        "never { any.where(otel:http.safe_methods) }",
        // The opposite of one condition, and of what has none.
        "always { a.where(not x == 1) }",
        "always { a.where(not (x == 1 or y == 2)) }",
        "always { a.where(exists(x)) }",
        "always { a.where(missing(x)) }",
        "always { a.where(exists(event.x)) }",
        "always { a.where(x in [1, 2] and not y matches \"^b\") }",
        // One of many is told where the rule is about them alone.
        "when { a } always { a.where(x == 1) }",
        "when { a } always { a.where(x == 1) and b }",
        "when { a.where(trace:spanCount > 3) } always { a.where(x == 1) }",
        "when { a } always { a.where(x == 1 and trace:spanCount > 3) }",
        // Signs that are not seen, in a name, are told once.
        "never { pay\u{200B}ment }",
        "never { p\u{430}yment and pay\u{202E}ment }",
        // Methods that other languages have.
        "never { payment.count() > 3 }",
        "never { payment.card.count(b) > 3 }",
        // What stands in a comment is not read.
        "never { any.where(x is null) } // y is null, and 'so on",
        "never { // any.where(y is null)\n any.where(x is null) }",
        "never { # any.where(y is null)\n any.where(x is null) }",
        // Intrinsics by the names that others have for them.
        "never { any.where(resource:service == shop) }",
        "never { any.where(span:service == shop and trace:count > 3) }",
        "never { any.where(scope:name == lib and scope:version == 1) }",
        "never { any.where(span:startTime > 3) }",
    ]));
}

/// A part of a rule is printed as it stands in the canonical text of the whole.
#[test]
fn a_part_of_a_rule_is_printed_as_in_the_whole() {
    let text =
        "when each { payment.where(amount > 5) as p } always { refund.where(x == p.y) after p }";
    let body = support::check(text).0.unwrap();
    let whole = betrace_lang::canonical(&body);
    for selector in body.always.iter().flat_map(|always| always.selectors()) {
        let printed = betrace_lang::canonical_selector(&body, selector);
        assert!(
            whole.contains(&printed) && printed.contains("p.y"),
            "{printed}"
        );
        for plain in selector.plain() {
            for filter in &plain.filter {
                let printed = betrace_lang::canonical_predicate(&body, filter);
                assert!(
                    whole.contains(&printed) && printed.contains("p.y"),
                    "{printed}"
                );
            }
        }
    }
    let bound = betrace_lang::canonical_selector(&body, &body.bindings[0].selector);
    assert_eq!(bound, "payment.where(amount > 5)");
}

/// What a text means in the vocabulary of the tests, in canonical form.
fn means(text: &str) -> Option<String> {
    let (body, _) = support::check(text);
    body.map(|body| betrace_lang::canonical(&body))
}

#[test]
fn the_negation_of_a_macro_negates_what_it_stands_for() {
    let written = means("never { payment.where(not (amount > 1000)) }").unwrap();
    assert_eq!(
        means("never { payment.where(not expensive) }"),
        Some(written)
    );
    let shorthand = means("never { payment.where(verified == false) }").unwrap();
    assert_eq!(
        means("never { payment.where(not verified) }"),
        Some(shorthand)
    );
}

#[test]
fn a_text_that_is_cut_off_by_its_length_says_so_and_nothing_else() {
    let limits = Limits {
        rule_bytes: 10,
        ..Limits::default()
    };
    let mut faults = Vec::new();
    check_condition("never { payment } and", &vocabulary(), &limits, &mut faults);
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[test]
fn a_comma_that_joins_nothing_is_explained() {
    for text in ["never { (a, b) }", "never { a.where(x, y) }"] {
        let (body, faults) = support::check(text);
        assert!(body.is_none(), "{text}");
        let says = |fault: &Fault| {
            fault
                .help
                .as_deref()
                .is_some_and(|help| help.contains("comma"))
        };
        let told = support::shown(text, &faults);
        assert!(faults.iter().any(says), "{text}\n{told}");
    }
}
