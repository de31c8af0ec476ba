//! Words that people write first, who come from another language or from plain English: each gets its own right answer.
//!
//! What is written here was tried by, or thought of as, an operator who knows PromQL, TraceQL, EQL or SQL, an auditor who
//! writes sentences, and a programmer of Python, JavaScript or Ruby. An answer is an edit that can be applied as it
//! stands, or, where only the author can know what was meant, words that name the ways out.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod support;

use betrace_lang::{Fault, canonical};
use support::{applied, check, shown};

/// What is written, and the text that applying every suggestion must give (compared by meaning).
#[rustfmt::skip]
const EDITED: &[(&str, &str)] = &[
    // Presence and absence of an attribute.
    ("never { any.where(user.id is null) }", "never { any.where(missing(user.id)) }"),
    ("never { any.where(user.id is not null) }", "never { any.where(exists(user.id)) }"),
    ("never { any.where(user.id IS NULL and ok) }", "never { any.where(missing(user.id) and ok) }"),
    ("never { any.where(user.id is None) }", "never { any.where(missing(user.id)) }"),
    ("never { any.where(user.id is not None) }", "never { any.where(exists(user.id)) }"),
    ("never { any.where(user.id is missing) }", "never { any.where(missing(user.id)) }"),
    ("never { any.where(user.id is empty) }", "never { any.where(missing(user.id)) }"),
    ("never { any.where(user.id == null) }", "never { any.where(missing(user.id)) }"),
    ("never { any.where(user.id ==null) }", "never { any.where(missing(user.id)) }"),
    ("never { any.where(user.id != nil) }", "never { any.where(exists(user.id)) }"),
    ("never { any.where(user.id != None) }", "never { any.where(exists(user.id)) }"),
    ("never { any.where(user.id == undefined) }", "never { any.where(missing(user.id)) }"),
    ("never { any.where(exists user.id) }", "never { any.where(exists(user.id)) }"),
    ("never { any.where(missing user.id) }", "never { any.where(missing(user.id)) }"),
    ("never { any.where(not exists user.id) }", "never { any.where(not exists(user.id)) }"),
    ("never { any.where(!exists(user.id)) }", "never { any.where(not exists(user.id)) }"),
    ("never { any.where(user.id exists) }", "never { any.where(exists(user.id)) }"),
    ("never { any.where(user.id not exists) }", "never { any.where(missing(user.id)) }"),
    ("never { any.where(user.id is set) }", "never { any.where(exists(user.id)) }"),
    ("never { any.where(has(user.id)) }", "never { any.where(exists(user.id)) }"),
    ("never { any.where(defined(user.id)) }", "never { any.where(exists(user.id)) }"),
    ("never { any.where(is_null(user.id)) }", "never { any.where(missing(user.id)) }"),
    ("never { exists(user.id) }", "never { any.where(exists(user.id)) }"),
    // Equality and order.
    ("never { any.where(x = 3) }", "never { any.where(x == 3) }"),
    ("never { any.where(x <> 3) }", "never { any.where(x != 3) }"),
    ("never { any.where(x === 3) }", "never { any.where(x == 3) }"),
    ("never { any.where(x := 3) }", "never { any.where(x == 3) }"),
    ("never { any.where(x is 3) }", "never { any.where(x == 3) }"),
    ("never { any.where(verified is true) }", "never { any.where(verified == true) }"),
    ("never { any.where(x is not 3 or missing(x)) }", "never { any.where(x != 3 or missing(x)) }"),
    ("never { any.where(x equals 3) }", "never { any.where(x == 3) }"),
    ("never { any.where(x eq 3) }", "never { any.where(x == 3) }"),
    ("never { any.where(x gte 3) }", "never { any.where(x >= 3) }"),
    ("never { any.where(x greater than 3) }", "never { any.where(x > 3) }"),
    ("never { any.where(x less than 3) }", "never { any.where(x < 3) }"),
    ("never { any.where(x at least 3) }", "never { any.where(x >= 3) }"),
    ("never { any.where(x at most 3) }", "never { any.where(x <= 3) }"),
    ("never { any.where(x between 1 and 5) }", "never { any.where(x >= 1 and x <= 5) }"),
    ("never { a between b and c }", "never { a between b and next c }"),
    ("never { STATUS == error }", "never { any.where(span:status == error) }"),
    ("never { any.where(Duration > 5s) }", "never { any.where(span:duration > 5s) }"),
    ("never { any.where(x between low and high) }", "never { any.where(x >= low and x <= high) }"),
    ("never { any.where(1 <= x <= 5) }", "never { any.where(x >= 1 and x <= 5) }"),
    ("never { any.where(verified == True) }", "never { any.where(verified == true) }"),
    ("never { any.where(x => 3) }", "never { any.where(x >= 3) }"),
    ("never { count(a) => 3 }", "never { count(a) >= 3 }"),
    ("never { any.where(amount > $1000) }", "never { any.where(amount > 1000) }"),
    ("never { any.where(amount > €10.5) }", "never { any.where(amount > 10.5) }"),
    ("never { any.where(amount > 1,000) }", "never { any.where(amount > 1000) }"),
    ("never { any.where(amount >= 1,000,000 and ok) }", "never { any.where(amount >= 1000000 and ok) }"),
    ("never { count(a) > 1,000 }", "never { count(a) > 1000 }"),
    ("never { any.where(x >= 5 and <= 10) }", "never { any.where(x >= 5 and x <= 10) }"),
    ("never { any.where(x < 5 or > 10) }", "never { any.where(x < 5 or x > 10) }"),
    ("never { any.where(length(x) greater than 3) }", "never { any.where(length(x) > 3) }"),
    ("when { a } always { a immediately after b }", "when { a } always { a directly after b }"),
    // Numbers and durations as other languages write them.
    ("never { any.where(size == 0x10) }", "never { any.where(size == 16) }"),
    ("never { any.where(size == 0b1_01) }", "never { any.where(size == 5) }"),
    ("never { any.where(size == 0o17) }", "never { any.where(size == 15) }"),
    ("never { any.where(size in [0x10, 3]) }", "never { any.where(size in [16, 3]) }"),
    ("never { any.where(missing(size) or size not in [1k, 3]) }", "never { any.where(missing(size) or size not in [1000, 3]) }"),
    ("never { any.where(size == 5MiB) }", "never { any.where(size == 5242880) }"),
    ("never { any.where(size >= 64Ki) }", "never { any.where(size >= 65536) }"),
    ("never { any.where(size > 1.5k) }", "never { any.where(size > 1500) }"),
    ("never { any.where(size > 2G) }", "never { any.where(size > 2000000000) }"),
    ("never { any.where(size == 100L) }", "never { any.where(size == 100) }"),
    ("never { any.where(length(x) > 0x10) }", "never { any.where(length(x) > 16) }"),
    ("never { any.where(x + y > 10k) }", "never { any.where(x + y > 10000) }"),
    ("never { count(a) > 10k }", "never { count(a) > 10000 }"),
    ("never { any.where(file.mode == 0644) }", "never { any.where(file.mode == \"0644\") }"),
    ("never { any.where(zip in [01234, 04321]) }", "never { any.where(zip in [\"01234\", \"04321\"]) }"),
    ("never { any.where(size > 007) }", "never { any.where(size > 7) }"),
    ("never { any.where(span:duration > 5S) }", "never { any.where(span:duration > 5s) }"),
    ("never { any.where(span:duration > \"500ms\") }", "never { any.where(span:duration > 500ms) }"),
    ("never { any.where(took_ms > 500ms) }", "never { any.where(took_ms as ms > 500ms) }"),
    ("never { any.where(span.wait_seconds > 5s) }", "never { any.where(span.wait_seconds as s > 5s) }"),
    ("never { any.where(span:status == 2) }", "never { any.where(span:status == error) }"),
    ("never { any.where(span:kind == 3) }", "never { any.where(span:kind == client) }"),
    ("never { any.where(http.status == 500) }", "never { any.where(otel:http.status == 500) }"),
    ("never { any.where(span:status == FAILED) }", "never { any.where(span:status == error) }"),
    // Patterns, and attributes that stand elsewhere.
    ("never { any.where(host.name == \"web-*\") }", "never { any.where(host.name starts with \"web-\") }"),
    ("never { any.where(missing(x) or x != \"*.org\") }", "never { any.where(missing(x) or not (x ends with \".org\")) }"),
    ("never { any.where(url.path contains \"^/admin\") }", "never { any.where(url.path matches \"^/admin\") }"),
    ("never { any.where(exception.type == X) }", "never { any.where(event.exception.type == X) }"),
    ("never { any.where(attributes.amount == 1) }", "never { any.where(amount == 1) }"),
    ("never { any.where(span.attributes.amount == 1) }", "never { any.where(span.amount == 1) }"),
    ("never { any.where(attributes[\"amount\"] == 1) }", "never { any.where(amount == 1) }"),
    ("never { any.where(x > 5, y < 3) }", "never { any.where(x > 5 and y < 3) }"),
    // Further values, behind more than `==`.
    ("never { any.where(x contains \"a\" or \"b\") }", "never { any.where(x contains \"a\" or x contains \"b\") }"),
    ("never { any.where(x contains \"a\" and \"b\") }", "never { any.where(x contains \"a\" and x contains \"b\") }"),
    ("never { any.where(x starts with a or b) }", "never { any.where(x starts with a or x starts with b) }"),
    ("never { any.where(x matches \"^a\" or \"b$\") }", "never { any.where(x matches \"^a\" or x matches \"b$\") }"),
    ("never { any.where(missing(x) or (x != a or b)) }", "never { any.where(missing(x) or x not in [a, b]) }"),
    // Lists.
    ("never { any.where(x in a, b) }", "never { any.where(x in [a, b]) }"),
    ("never { any.where(missing(x) or x notin [a, b]) }", "never { any.where(missing(x) or x not in [a, b]) }"),
    ("never { any.where(x == [a, b]) }", "never { any.where(x in [a, b]) }"),
    ("never { any.where(missing(x) or x != [a, b]) }", "never { any.where(missing(x) or x not in [a, b]) }"),
    ("never { any.where(x in [\"a\" \"b\"]) }", "never { any.where(x in [\"a\", \"b\"]) }"),
    ("never { any.where(x in [\"a\" \"b\" \"c\"]) }", "never { any.where(x in [\"a\", \"b\", \"c\"]) }"),
    ("never { any.where(x in [a b]) }", "never { any.where(x in [a, b]) }"),
    ("never { any.where(x in (\"a\", \"b\")) }", "never { any.where(x in [\"a\", \"b\"]) }"),
    ("never { any.where(x in (a)) }", "never { any.where(x in [a]) }"),
    ("never { any.where(x in {\"a\", \"b\"}) }", "never { any.where(x in [\"a\", \"b\"]) }"),
    ("never { any.where(x in \"a\", \"b\") }", "never { any.where(x in [\"a\", \"b\"]) }"),
    ("never { any.where(x is in [a, b]) }", "never { any.where(x in [a, b]) }"),
    ("never { any.where(x one of [a, b]) }", "never { any.where(x in [a, b]) }"),
    ("never { any.where(\"a\" in tags) }", "never { any.where(tags contains \"a\") }"),
    // Texts.
    ("never { any.where(x like \"b%\") }", "never { any.where(x starts with \"b\") }"),
    ("never { any.where(x LIKE '%b') }", "never { any.where(x ends with \"b\") }"),
    ("never { any.where(x like \"%b%\") }", "never { any.where(x contains \"b\") }"),
    ("never { any.where(x like \"b\") }", "never { any.where(x == \"b\") }"),
    ("never { any.where(x like \"a%b_\") }", "never { any.where(x matches \"(?s)^a.*b.$\") }"),
    ("never { any.where(x like \"a.c*\") }", "never { any.where(x starts with \"a.c\") }"),
    ("never { any.where(x ilike \"b%\") }", "never { any.where(x matches \"(?is)^b.*$\") }"),
    ("never { any.where(x not like \"b%\" or missing(x)) }", "never { any.where(not (x starts with \"b\") or missing(x)) }"),
    ("never { any.where(x starts_with \"b\") }", "never { any.where(x starts with \"b\") }"),
    ("never { any.where(x startsWith \"b\") }", "never { any.where(x starts with \"b\") }"),
    ("never { any.where(x begins with \"b\") }", "never { any.where(x starts with \"b\") }"),
    ("never { any.where(x.startsWith(\"b\")) }", "never { any.where(x starts with \"b\") }"),
    ("never { any.where(x.endswith(\"b\")) }", "never { any.where(x ends with \"b\") }"),
    ("never { any.where(http.route.contains(\"b\")) }", "never { any.where(http.route contains \"b\") }"),
    ("never { any.where(startsWith(x, \"b\")) }", "never { any.where(x starts with \"b\") }"),
    ("never { any.where(starts_with(x, \"b\")) }", "never { any.where(x starts with \"b\") }"),
    ("never { any.where(contains(x, \"b\")) }", "never { any.where(x contains \"b\") }"),
    ("never { any.where(x includes \"b\") }", "never { any.where(x contains \"b\") }"),
    ("never { any.where(x not contains \"b\" or missing(x)) }", "never { any.where(not (x contains \"b\") or missing(x)) }"),
    ("never { any.where(x =~ \"a|b\") }", "never { any.where(x matches \"a|b\") }"),
    ("never { any.where(x ~= \"a|b\") }", "never { any.where(x matches \"a|b\") }"),
    ("never { any.where(x ~ \"a|b\") }", "never { any.where(x matches \"a|b\") }"),
    ("never { any.where(x !~ \"a|b\" or missing(x)) }", "never { any.where(not (x matches \"a|b\") or missing(x)) }"),
    ("never { any.where(x regex \"a|b\") }", "never { any.where(x matches \"a|b\") }"),
    ("never { any.where(x rlike \"a|b\") }", "never { any.where(x matches \"a|b\") }"),
    ("never { any.where(x matches /a|b/) }", "never { any.where(x matches \"a|b\") }"),
    // Durations.
    ("never { any.where(span:duration >= 10 ms) }", "never { any.where(span:duration >= 10ms) }"),
    ("never { any.where(span:duration > 10 seconds) }", "never { any.where(span:duration > 10s) }"),
    ("never { any.where(span:duration > 2 min) }", "never { any.where(span:duration > 2m) }"),
    ("never { a then b within 5 s }", "never { a then b within 5s }"),
    ("never { any.where(duration > 500ms) }", "never { any.where(span:duration > 500ms) }"),
    // Status, names and known attributes.
    ("never { any.where(status = \"ERROR\") }", "never { any.where(span:status == error) }"),
    ("never { status = \"ERROR\" }", "never { any.where(span:status == error) }"),
    ("never { any.where(status:error) }", "never { any.where(span:status == error) }"),
    ("never { any.where(service:checkout) }", "never { any.where(service.name == checkout) }"),
    ("never { any.where(span:service == checkout) }", "never { any.where(resource.service.name == checkout) }"),
    ("never { any.where(operation:checkout) }", "never { any.where(span:name == checkout) }"),
    ("never { http.status_code >= 500 }", "never { any.where(http.status_code >= 500) }"),
    ("never { service.name == \"checkout\" }", "never { any.where(service.name == \"checkout\") }"),
    ("never { payment.amount > 1000 }", "never { payment.where(amount > 1000) }"),
    ("never { name == \"x\" }", "never { any.where(span:name == \"x\") }"),
    ("never { trace.duration > 5s }", "never { trace:duration > 5s }"),
    ("never { any.where(trace.duration > 5s) }", "never { any.where(trace:duration > 5s) }"),
    ("never { any.where(x == “a”) }", "never { any.where(x == \"a\") }"),
    ("never { where(x == 3) }", "never { any.where(x == 3) }"),
    ("never { a where(x == 3) }", "never { a.where(x == 3) }"),
    ("never { a with x == 3 }", "never { a.where(x == 3) }"),
    ("never { a[x == 3] }", "never { a.where(x == 3) }"),
    // Counts and measures.
    ("never { a.count() > 3 }", "never { count(a) > 3 }"),
    ("never { count > 3 }", "never { count(any) > 3 }"),
    ("never { count() > 3 }", "never { count(any) > 3 }"),
    ("never { count(*) > 3 }", "never { count(any) > 3 }"),
    ("never { count(a > 3) }", "never { count(a) > 3 }"),
    ("never { count a > 3 }", "never { count(a) > 3 }"),
    ("never { count of a > 3 }", "never { count(a) > 3 }"),
    ("never { number of a > 3 }", "never { count(a) > 3 }"),
    ("never { len(a) > 3 }", "never { count(a) > 3 }"),
    ("never { size(a) > 3 }", "never { count(a) > 3 }"),
    ("never { more than 3 a }", "never { count(a) > 3 }"),
    ("always { at most 3 a }", "always { count(a) <= 3 }"),
    ("always { exactly 1 a }", "always { count(a) == 1 }"),
    ("never { count(a) per user.id > 3 }", "never { count(a) by user.id > 3 }"),
    ("never { count(a) group by user.id > 3 }", "never { count(a) by user.id > 3 }"),
    ("never { count(a by user.id) > 3 }", "never { count(a) by user.id > 3 }"),
    ("never { count by (user.id) (a) > 3 }", "never { count(a) by user.id > 3 }"),
    ("never { count(a) by (user.id, parent) > 3 }", "never { count(a) by user.id, parent > 3 }"),
    ("never { count by (user.id, tenant) (a) > 3 }", "never { count(a) by user.id, tenant > 3 }"),
    ("never { mean(a, x) > 3 }", "never { avg(a, x) > 3 }"),
    ("never { average(a, x) > 3 }", "never { avg(a, x) > 3 }"),
    ("never { unique(a, x) > 3 }", "never { distinct(a, x) > 3 }"),
    ("never { count_distinct(a, x) > 3 }", "never { distinct(a, x) > 3 }"),
    ("never { max(a.amount) > 3 }", "never { max(a, amount) > 3 }"),
    ("never { max(span:duration) > 3s }", "never { max(any, span:duration) > 3s }"),
    ("when each { a as p } never { p.x + y > 3 }", "when each { a as p } never { p.where(p.x + y > 3) }"),
    // Shares.
    ("never { count(a) / count(b) > 0.1 }", "never { count(a) > 0.1 * count(b) }"),
    ("never { count(any.where(span:status == error)) / count(any) >= 0.25 }", "never { count(any.where(span:status == error)) >= 0.25 * count(any) }"),
    ("never { count(a) / trace:spanCount > 0.1 }", "never { count(a) > 0.1 * count(any) }"),
    ("never { sum(a, x) / sum(b, x) > 0.1 }", "never { sum(a, x) > 0.1 * sum(b, x) }"),
    ("never { sum(a, span:duration) / trace:duration > 0.5 }", "never { sum(a, span:duration) > 0.5 * max(root, span:duration) }"),
    ("never { sum(a, x) / count(a) > 7 }", "never { avg(a, x) > 7 }"),
    ("never { count(a) > 10% of count(any) }", "never { count(a) > 0.1 * count(any) }"),
    ("never { count(a) > 12.5 % * count(any) }", "never { count(a) > 0.125 * count(any) }"),
    ("never { count(a) > 150 % of count(b) }", "never { count(a) > 1.5 * count(b) }"),
    ("never { sum(a, span:duration) > 5% of trace:duration }", "never { sum(a, span:duration) > 0.05 * max(root, span:duration) }"),
    ("never { sum(a, span:duration) > trace:duration }", "never { sum(a, span:duration) > max(root, span:duration) }"),
    ("never { 0.5 * trace:spanCount < count(a) }", "never { 0.5 * count(any) < count(a) }"),
    ("never { count(a) > trace:spanCount - 2 }", "never { count(a) > count(any) - 2 }"),
    ("never { count(a) by user > 3 and a.where(ok == true) }", "when each { a.where(ok == true and exists(user)) as p } never { count(a.where(user == p.user)) > 3 }"),
    ("count(login.where(ok == false)) within 1m by user >= 5 and login.where(ok == true)", "when each { login.where(ok == true and exists(user)) as p } never { count(login.where(ok == false and user == p.user)) within 1m >= 5 }"),
    // Clauses.
    ("if { a } then { b }", "when { a } always { b }"),
    ("if a then b", "when { a } always { b }"),
    ("when a then b", "when { a } always { b }"),
    ("a => b", "when { a } always { b }"),
    ("always { a => b }", "when { a } always { b }"),
    ("a -> b", "when { a } always { b }"),
    ("a implies b", "when { a } always { b }"),
    ("always { a implies b }", "when { a } always { b }"),
    ("a requires b", "when { a } always { b }"),
    ("a must have b", "when { a } always { b }"),
    ("every a must have b", "when each { a as p } always { b }"),
    ("require { b }", "always { b }"),
    ("must { b }", "always { b }"),
    ("require b", "always { b }"),
    ("forbid { b }", "never { b }"),
    ("forbid b", "never { b }"),
    ("never b", "never { b }"),
    ("always b", "always { b }"),
    ("for each { a as p } always { b after p }", "when each { a as p } always { b after p }"),
    ("for all { a as p } always { b after p }", "when each { a as p } always { b after p }"),
    ("when { a as p } always { b after p }", "when each { a as p } always { b after p }"),
    ("never { a without b }", "never { a and not b }"),
    ("a without b", "a and not b"),
    ("never { a unless b }", "never { a and not b }"),
    ("always { a unless b }", "always { a or b }"),
    ("never { a but not b }", "never { a and not b }"),
    ("never { a and no b }", "never { a and not b }"),
    ("never { no b }", "never { not b }"),
    ("never { neither a nor b }", "never { not (a or b) }"),
    ("never { either a or b }", "never { a or b }"),
    ("never { any(a) }", "never { a }"),
    ("never { none(a) }", "never { not a }"),
    ("never { exists a }", "never { a }"),
    ("never { not exists a }", "never { not a }"),
    ("never { any a }", "never { a }"),
    ("never { a and b end }", "never { a and b }"),
    ("never { more than one a }", "never { count(a) > 1 }"),
    ("never { a more than once }", "never { count(a) > 1 }"),
    ("always { exactly one a }", "always { count(a) == 1 }"),
    ("always { at most one a }", "always { count(a) <= 1 }"),
    ("when { b } always { at least one a }", "when { b } always { a }"),
    ("when { b } always { eventually a }", "when { b } always { a }"),
    ("when { b } always { none a }", "when { b } always { not a }"),
    ("never { at least 2 of a }", "never { count(a) >= 2 }"),
    ("never { a more than twice }", "never { count(a) > 2 }"),
    ("never { count(a) greater than 3 }", "never { count(a) > 3 }"),
    ("never { count(a) more than 3 }", "never { count(a) > 3 }"),
    ("never { count(a) is at least 3 }", "never { count(a) >= 3 }"),
    ("always { count(a) equals 1 }", "always { count(a) == 1 }"),
    ("always { count(a) is 1 }", "always { count(a) == 1 }"),
    ("never { count(a) by user more than 3 }", "never { count(a) by user > 3 }"),
    ("never { sum(a, x) exceeds 3 }", "never { sum(a, x) > 3 }"),
    ("never { count(a) > 3 within 5m }", "never { count(a) within 5m > 3 }"),
    ("over 5m by user never { a > 5 }", "over 5m by user never { count(a) > 5 }"),
    ("when each { a p } always { b before p }", "when each { a as p } always { b before p }"),
    ("when each { pay.card as p } always { b.where(order.id == pay.card.order.id) before p }", "when each { pay.card as p } always { b.where(order.id == p.order.id) before p }"),
    ("when each { pay as p } always { b.where(order.id == order.id) before p }", "when each { pay as p } always { b.where(order.id == p.order.id) before p }"),
    ("never { count(a) > 3 per user.id }", "never { count(a) by user.id > 3 }"),
    ("never { a.where(size > limits.size) }", "never { a.where(size > span.limits.size) }"),
    ("never { a.where(size <= limits.size) }", "never { a.where(size <= span.limits.size) }"),
    ("never { a.where(tier == gold.card) }", "never { a.where(tier == \"gold.card\") }"),
    ("never { count(a) per minute > 3 }", "never { count(a) within 1m > 3 }"),
    ("never { count(a) > 3 per second }", "never { count(a) within 1s > 3 }"),
    ("never { count(a) every hour > 3 }", "never { count(a) within 1h > 3 }"),
    ("over last 1h never { count(a) > 3 }", "over 1h never { count(a) > 3 }"),
    ("over 1h group by user.id never { count(a) > 3 }", "over 1h by user.id never { count(a) > 3 }"),
    ("when { a } always { b } unless { c }", "when { a and not c } always { b }"),
    ("when { a or b } never { d } unless { c or e }", "when { (a or b) and not (c or e) } never { d }"),
    ("when { a } always { b } except { c }", "when { a and not c } always { b }"),
    ("when each { a as p } always { b before p } unless { c inside p }", "when each { a as p and not (c inside p) } always { b before p }"),
    ("always { b } unless { c }", "when { not c } always { b }"),
    ("when { a } always { b within 5s }", "when each { a as p } always { b after p within 5s }"),
    ("when each { a as q } always { b within 5s }", "when each { a as q } always { b after q within 5s }"),
    ("never { count(a) > 3 times }", "never { count(a) > 3 }"),
    ("never { count(a) over 5m > 3 }", "never { count(a) within 5m > 3 }"),
    ("never { count(a) in 5m > 3 }", "never { count(a) within 5m > 3 }"),
    ("never { count(distinct a.x) > 3 }", "never { distinct(a, x) > 3 }"),
    ("never { count(a, x == 3) > 3 }", "never { count(a.where(x == 3)) > 3 }"),
    ("never { a(amount > 3) }", "never { a.where(amount > 3) }"),
    ("never { a{amount > 3} }", "never { a.where(amount > 3) }"),
    ("when { a } { b }", "when { a } always { b }"),
    ("for each a as p always { b after p }", "when each { a as p } always { b after p }"),
    ("when each a as p always { b after p }", "when each { a as p } always { b after p }"),
    ("foreach { a as p } always { b after p }", "when each { a as p } always { b after p }"),
    ("when each { p in a } always { b after p }", "when each { a as p } always { b after p }"),
    ("all a where x == 1", "when each { a as p } always { p.where(x == 1) }"),
    ("never { any.where(x.lower() == a) }", "never { any.where(lower(x) == a) }"),
    ("never { any.where(x == a or b) }", "never { any.where(x in [a, b]) }"),
    ("never { any.where(x == \"a\" or \"b\" or \"c\") }", "never { any.where(x in [a, b, c]) }"),
    ("never { any.where(y and (x == a or b)) }", "never { any.where(y and x in [a, b]) }"),
    ("never { payment.span:duration > 3s }", "never { payment.where(span:duration > 3s) }"),
    ("never { root.span:duration > 3s }", "never { root.where(span:duration > 3s) }"),
    ("never { any.where(server.address == 10.0.0.1) }", "never { any.where(server.address == \"10.0.0.1\") }"),
    ("never { any.where(event:name != exception) }", "never { any.where(not (event:name == exception)) }"),
    ("never { audit.where(resource.type == user) }", "never { audit.where(\"resource.type\" == user) }"),
    // Order and structure.
    ("never { a within 5s after b }", "never { a after b within 5s }"),
    ("never { a.where(x == 1) within 5s before b }", "never { a.where(x == 1) before b within 5s }"),
    ("never { a after b in 5s }", "never { a after b within 5s }"),
    ("never { a and then b }", "never { a then b }"),
    ("never { a followed by b }", "never { a then b }"),
    ("never { a at least 10s after b }", "never { a after b within 10s.. }"),
    ("never { a at most 10s before b }", "never { a before b within 10s }"),
    ("never { a after b within at least 10s }", "never { a after b within 10s.. }"),
    ("never { a after b within >= 10s }", "never { a after b within 10s.. }"),
    ("never { a after b within at most 10s }", "never { a after b within 10s }"),
    ("never { a after b within <= 10s }", "never { a after b within 10s }"),
    ("never { a after b within ..10s }", "never { a after b within 10s }"),
    ("never { a after b within 2s to 10s }", "never { a after b within 2s..10s }"),
    ("never { count(a) within 10s.. > 3 }", "never { count(a) within 10s > 3 }"),
    ("never { a precedes b }", "never { a before b }"),
    ("never { a preceded by b }", "never { a after b }"),
    ("never { a follows b }", "never { a after b }"),
    ("never { a prior to b }", "never { a before b }"),
    ("never { a has child b }", "never { b child of a }"),
    ("never { a.where(x == 1) has child b.where(y == 2) }", "never { b.where(y == 2) child of a.where(x == 1) }"),
    ("never { a has descendant b }", "never { b inside a }"),
    ("never { a ancestor of b }", "never { b inside a }"),
    ("never { a descendant of b }", "never { a inside b }"),
    ("never { a calls b }", "never { b child of a }"),
    ("never { a called by b }", "never { a child of b }"),
    ("never { a under b }", "never { a inside b }"),
    ("never { a >> b }", "never { b inside a }"),
    ("never { a << b }", "never { a inside b }"),
    ("never { a childof b }", "never { a child of b }"),
    ("never { a is child of b }", "never { a child of b }"),
    // Measures, and every span.
    ("never { count(a) between 3 and 5 }", "never { count(a) >= 3 and count(a) <= 5 }"),
    ("never { 3 < count(a) <= 5 }", "never { count(a) > 3 and count(a) <= 5 }"),
    ("never { count(a) > 3 and < 5 }", "never { count(a) > 3 and count(a) < 5 }"),
    ("never { count(a) in [1, 2] }", "never { count(a) == 1 or count(a) == 2 }"),
    ("never { count(a, by user) > 5 }", "never { count(a) by user > 5 }"),
    ("never { count(a) by user > 5 within 5m }", "never { count(a) within 5m by user > 5 }"),
    ("never { count(distinct user) > 5 }", "never { distinct(any, user) > 5 }"),
    ("never { count(distinct user.id) > 5 }", "never { distinct(any, user.id) > 5 }"),
    ("always { b after each a }", "when each { a as p } always { b after p }"),
    ("always { every b inside a }", "when each { b as p } always { p inside a }"),
    ("when { each a as p } always { b after p }", "when each { a as p } always { b after p }"),
    ("never: { a }", "never { a }"),
    ("never { * }", "never { any }"),
    ("never { a in b }", "never { a inside b }"),
    ("never { a nested in b }", "never { a inside b }"),
];

/// What is written, and what the message or help must say where no edit can be right for everybody.
#[rustfmt::skip]
const TOLD: &[(&str, &str)] = &[
    ("never { any.where(duration > 1000) }", "`span:duration > 1000ms`"),
    ("never { any.where(span:duration > 1000) }", "`1000ms`"),
    ("never { any.where(span.duration > 1000) }", "`span:duration > 1000ms`"),
    ("never { rate(a) > 3 }", "over many traces: `over 5m never"),
    ("over 5m always { p100(a, span:duration) < 5ms }", "over many traces `p50` to `p99.9`"),
    ("over 5m at least 10 by user.id always { count(a) < 5 }", "in this order, `by f, g`, `at least 100`"),
    ("over 1h with confidence 99% at least 10 always { share(a and b, b) >= 9% }", "in this order, `by f, g`, `at least 100`"),
    ("when { a } over 5m never { count(b) > 5 }", "begins with `over` and has no `when`"),
    ("never { p99(a, span:duration) > 3s }", "begin the rule with the window"),
    ("never { any.where(parent.name == \"x\") }", "`S child of any.where(span:name == \"x\")`"),
    ("never { count(a) by parent.name > 1 }", "`by parent` groups by the parent itself; put"),
    ("never { count(a) by k, parent.name > 1 }", "`by parent` groups by the parent itself; put"),
    ("never { sum(a, root.size) > 1 }", "the root is bound: `when each { root as r } …`; put"),
    ("never { any.where(root.http.route == \"x\") }", "`root.where(http.route == \"x\")`"),
    ("never { any.where(tenant != root.tenant) }", "`when each { root as r } never { any.where(x != r.tenant) }`"),
    ("never { any.where(timeout > parent.timeout) }", "child of p"),
    ("never { any.where(x != trace.tenant) }", "a trace has no attributes"),
    ("never { sum(q, span:duration) > 0.5 * root.span:duration }", "`max(root, span:duration)`"),
    ("never { sum(q, span:duration) > root.span:duration }", "`when each { root as p } …`"),
    ("when { root } always { audit before root }", "`audit ends before root` says so of spans that overlap"),
    ("when each { pay as p } always { pay.audit before p }", "`pay.audit ends before p` says so"),
    ("never { a within 5s of b }", "`a after b within 5s`, `a before b within 5s`"),
    ("never { any.where(upper(x) == A) }", "`lower(x) == admin`"),
    ("never { any.where(now() - x > 3) }", "no clock"),
    ("never { any.where(abs(x) > 3) }", "say both sides"),
    ("never { any.where(x % 2 == 1) }", "there is no remainder"),
    ("never { any.where(x / 2 > 3) }", "compare with the figure itself"),
    ("never { all(a) }", "`when each { a as p }"),
    ("over 5m never { error_rate(a) > 5% }", "`over 5m never { share(a.where(span:status == error), a) > 5% }`"),
    ("over 5m never { count(a) / count(b) > 0.1 }", "`share(T.where(x == 1), T)`"),
    ("never { count(a immediately before b) > 1 }", "`b directly after a`"),
    ("never { any.where(span.status == error) }", "write `span.\"status\"` if the attribute is meant"),
    ("never { any.where(span.duration > 500ms) }", "write `span.\"duration\"` if the attribute is meant"),
    ("never { any.where(span:end > 3) }", "`starts after`, `ends after`"),
    ("never { any.where(span:start > 3) }", "`starts after`, `ends after`"),
    ("never { len() > 3 }", "`count(any)`"),
    ("never { any.where(s => s.amount > 5) }", "names the span's fields directly"),
    ("never { $p.amount > 5 }", "`when each { payment as p } always { … }`"),
    ("select * from spans where x == 3", "`any.where(…)`"),
    ("never { any.where(2 * x > 3) }", "`x + x`"),
    ("never { any.where(x > 2 * span.y) }", "`x + x`"),
    ("never { count(a) + count(b) + count(c) + count(d) + count(e) > 9 }", "span:name in [a, b]"),
    ("when { count(login) by user > 3 and login.where(ok == true) } always { lock }", "`when each { S.where(exists(user)) as p }"),
    ("when { a } always { b }\nwhen { c } always { d }", "one rule a text"),
    ("never { a }\nnever { b }", "one rule a text"),
    ("never { any.where(x matches \"*.org\") }", "`ends with \".org\"`"),
    ("never { any.where(size == 5MB) }", "`5_000_000`, or `5_242_880`"),
    ("never { any.where(x > 500ms) }", "`x as ms` if it holds milliseconds"),
    ("never { any.where(mode > 0644) }", "in base 8 it is `420`"),
    ("never { a -> b }", "later, `a then b`; called by it, `b inside a`"),
    ("when { a -> b } always { c }", "later, `a then b`; called by it, `b inside a`"),
    ("never { checkout > payment }", "`payment child of checkout`"),
    ("never { payment.* }", "`any.where(span:name starts with \"payment.\")`"),
    ("never { count(a) in [1, 2, 3] }", "one number at a time"),
    ("always { every any.where(span:duration < 2s) }", "of every span: `when each"),
];

fn applied_to(text: &str) -> (String, Vec<Fault>) {
    let (_, faults) = check(text);
    (applied(text, &faults), faults)
}

#[test]
fn each_first_word_is_answered_by_an_edit_that_means_it() {
    let mut wrong = String::new();
    for (written, meant) in EDITED {
        let (right, _) = check(meant);
        let right = canonical(&right.unwrap_or_else(|| panic!("{meant} must load")));
        let (edited, faults) = applied_to(written);
        let got = match check(&edited) {
            (Some(body), _) => canonical(&body),
            (None, faults) => format!("refused\n{}", shown(&edited, &faults)),
        };
        let is_right = got == right;
        if !is_right {
            wrong += &format!(
                "{written}\n  meant  {meant}\n  edited {edited}\n  got    {got}\n{}\n",
                shown(written, &faults)
            );
        } else if faults.is_empty() {
            wrong += &format!("{written}: loads in silence\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_only_the_author_can_know_is_asked_in_words() {
    let mut wrong = String::new();
    for (written, answer) in TOLD {
        let (_, faults) = check(written);
        let told = faults.iter().any(|fault| {
            fault.message.contains(answer)
                || fault
                    .help
                    .as_ref()
                    .is_some_and(|help| help.contains(answer))
        });
        // An error says what to write.
        let mut errors = faults.iter().filter(|fault| fault.is_error());
        if !told || errors.any(|fault| fault.help.is_none() && fault.suggestion.is_none()) {
            wrong += &format!(
                "{written}\n  wanted {answer}\n{}\n",
                shown(written, &faults)
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What is offered of two readings must not be one of them turned round, nor what is itself nonsense.
#[test]
fn no_edit_is_offered_where_only_the_author_can_know() {
    for text in [
        "never { a -> b }",
        "never { checkout > payment }",
        "never { any.where(size == 5MB) }",
        "always { every a }",
    ] {
        let (edited, faults) = applied_to(text);
        assert_eq!(edited, text, "{}", shown(text, &faults));
    }
    let (_, faults) = check("always { every a }");
    assert!(
        !shown("", &faults).contains("any.where(every"),
        "{faults:?}"
    );
}

#[test]
fn words_that_only_begin_as_a_number_are_words() {
    for text in [
        "never { any.where(network == 5G) }",
        "never { any.where(size == 2xl) }",
        "never { any.where(commit == 7f3a) }",
        "never { any.where(size == \"0x10\") }",
        "never { any.where(size == 0) }",
        "never { any.where(\"exception.type\" == X) }",
        "never { any.where(event.exception.type == X) }",
        "never { any.where(share == \"50%\" or resource == \"*\" or accept == \"image/*\") }",
        "never { any.where(size == 0.5) }",
        "never { any.where(x contains \"a\" and \"data.contains_pii\") }",
        "never { any.where(x contains a or verified) }",
    ] {
        let (_, faults) = check(text);
        assert!(faults.is_empty(), "{text}\n{}", shown(text, &faults));
    }
}

#[test]
fn the_table_is_long_enough() {
    assert!(EDITED.len() + TOLD.len() >= 150);
}

#[test]
fn a_count_inside_has_is_refused_and_stands_by_itself() {
    for (written, meant) in [
        ("trace.has(trace.count(x) > 3)", "count(x) > 3"),
        ("has(count(x) > 3)", "count(x) > 3"),
        (
            "never { trace.has(trace:duration > 3s) }",
            "never { trace:duration > 3s }",
        ),
        (
            "never { has(a and count(b) > 3) }",
            "never { a and count(b) > 3 }",
        ),
    ] {
        let (body, faults) = check(written);
        assert!(body.is_none(), "{written} loads");
        let (edited, _) = check(&applied(written, &faults));
        assert_eq!(
            edited.as_ref().map(canonical),
            check(meant).0.as_ref().map(canonical),
            "{written}\n{}",
            shown(written, &faults)
        );
    }
}

#[test]
fn several_rules_in_one_text_are_told_apart() {
    for written in [
        "when { a } always { b }\nwhen { c } always { d }",
        "when { a } never { b } when each { c as p } always { d }",
        "never { a }\nnever { b }",
        "a and not b\nc and not d",
        "rule \"x\" when span.a == 1 then alert\nrule \"y\" when span.b == 2 then alert",
        "rule \"x\" when span.a == 1 then alert end rule 'y' WHEN span.b == 2 then alert end",
    ] {
        let (body, faults) = check(written);
        assert!(body.is_none(), "{written} loads");
        let helps: Vec<&str> = faults
            .iter()
            .filter(|fault| fault.is_error())
            .filter_map(|fault| fault.help.as_deref())
            .collect();
        assert_eq!(helps.len(), 1, "{written}\n{}", shown(written, &faults));
        assert!(
            helps[0].starts_with("one rule a text"),
            "{written}\n{}",
            shown(written, &faults)
        );
    }
    // What a word says in passing is no rule.
    let (body, _) = check("rule \"x\" when span.a == 1 then see rule \"y\"");
    assert!(body.is_some());
}

#[test]
fn an_answer_that_is_itself_refused_is_not_given() {
    let text = "when each { root as r } never { any.where(span:end > r.span:end) inside r }";
    let (_, faults) = check(text);
    assert!(
        faults.iter().all(|fault| fault.suggestion.is_none()),
        "{}",
        shown(text, &faults)
    );
    assert!(
        faults.iter().any(|fault| fault
            .help
            .as_ref()
            .is_some_and(|help| help.contains("`any inside r ends after r`"))),
        "{}",
        shown(text, &faults)
    );
}
