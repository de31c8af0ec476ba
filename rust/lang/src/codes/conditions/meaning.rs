//! What reads well and means nothing that a rule can say.

use crate::codes::code::declare_codes;

declare_codes! {
    COMPARISON_OUTSIDE_WHERE = "E0130", "a comparison outside of `where`" {
        "Fields belong to spans, so they are compared inside `where`. In `payment.amount > 1000` it cannot be known where the name of the span ends: `payment.where(amount > 1000)`.",
        bad: "never { payment.amount > 1000 }",
        good: "never { payment.where(amount > 1000) }"
    }
    VALUE_AS_CONDITION = "E0131", "a value alone is no condition" {
        "A condition names spans, or compares a count, a measure, a field or a `trace:` intrinsic with a value.",
        bad: "never { true }",
        good: "never { payment }"
    }
    NEEDS_SELECTOR = "E0132", "a selector belongs here" {
        "Orders, counts and bindings take a selector: a span's name, `any`, `root` or a bound span, each perhaps with `.where(…)`, or an order of such. `and`, `or` and `not` join conditions, not selectors.",
        bad: "count(a or b) > 3",
        good: "count(any.where(span:name in [a, b])) > 3"
    }
    NEEDS_VALUE = "E0133", "a value belongs here" {
        "The right-hand side of a comparison is a number, `true` or `false`, a duration, a text, or a field with its scope (`span.limit`, `p.order.id`); after `in` a list, or a field that holds one; of a measure a number, a duration or another measure.",
        bad: "never { payment.where(amount > count(a)) }",
        good: "never { payment.where(amount > 5) }"
    }
    NEEDS_FIELD = "E0134", "a field belongs here" {
        "A comparison begins with its field: an attribute, a scoped attribute or an intrinsic.",
        bad: "never { payment.where(1000 < amount) }",
        good: "never { payment.where(amount > 1000) }"
    }
    DURATION_AGAINST_NUMBER = "E0135", "a duration against a plain number" {
        "Durations have a unit: `500ms`, `1.5s`, `2m`. A plain number could mean any.",
        bad: "never { any.where(span:duration > 500) }",
        good: "never { any.where(span:duration > 500ms) }"
    }
    UNLIKE_TYPES = "E0136", "values that can never be compared" {
        "The field is of a type that this value is not, or has no order; the comparison would always be unknown.",
        bad: "never { any.where(span:duration == \"long\") }",
        good: "never { any.where(span:duration > 5s) }"
    }
    ORDERED_BOOLEAN = "E0137", "a boolean has no order" {
        "Booleans are equal or not; `<` and `>` say nothing about them.",
        bad: "never { payment.where(verified > true) }",
        good: "never { payment.where(verified == true) }"
    }
    GROUP_OPERATOR = "E0138", "after `by` only `>` and `>=`" {
        "`count(S) by f > N` holds if some group reaches the number. That every group stays below one is said by `never { count(S) by f > N }`.",
        bad: "always { count(db.query) by parent <= 10 }",
        good: "never { count(db.query) by parent > 10 }"
    }
    GROUPED = "E0139", "`by` that does not fit" {
        "A measure by groups, `count(S) by f, g > 10`, has at most four keys and is compared with a number or a duration.",
        bad: "never { count(payment) by user > count(refund) }",
        good: "never { count(payment) by user > 10 }"
    }
    FACTOR = "E0140", "a factor that is none" {
        "Measures, and fields of bound spans, may be taken a positive number of times, added and taken away: `count(A) + count(B) > 2 * count(C)`; of measures and fields at most four in one comparison.",
        bad: "never { count(a) > 0 * count(b) }",
        good: "never { count(a) > 2 * count(b) }"
    }
    ARGUMENTS = "E0141", "wrong arguments" {
        "`count` takes a selector; `distinct sum min max avg` a selector and a field; `exists`, `missing`, `lower` and `length` a field.",
        bad: "never { sum(payment) > 5 }",
        good: "never { sum(payment, amount) > 5 }"
    }
    BOUND_FILTER = "E0142", "this cannot be filtered" {
        "A filter belongs to the selector of spans. A bound span is filtered where it is bound, or asked in a condition of its own, `p.where(…)`; an order is filtered through the selectors in it.",
        bad: "when each { payment as p } always { p.where(amount > 5) before audit }",
        good: "when each { payment.where(amount > 5) as p } always { p before audit }"
    }
    TRACE_FIELD_HERE = "E0143", "a `trace:` comparison mixed with one about a span" {
        "`trace:` values are the same for all spans of a trace and open while the trace is. Such a comparison is a condition of its own, or a part between the top-level `and`s of a `where`.",
        bad: "never { payment.where(amount > 5 or trace:duration > 2s) }",
        good: "never { payment.where(amount > 5 and trace:duration > 2s) }"
    }
    FIELD_HERE = "E0144", "a field that has no single value here" {
        "Events and links are many on one span, `trace:` intrinsics are one for all spans. They stand on the left-hand side of a comparison, not in measures and groups. Of a bound span they stand on the right too, `p.link:spanID`: some event or link of it. Inside `event.where(…)` stand the fields of one event alone.",
        bad: "never { max(payment, event.size) > 5 }",
        good: "never { max(payment, size) > 5 }"
    }
    MIXED_ORDER = "E0145", "`then` mixed with another order" {
        "What follows a `then` could belong to the last step or to the whole. Parentheses say which.",
        bad: "never { a then b before c }",
        good: "never { a then (b before c) }"
    }
    WITHIN = "E0146", "`within` is out of place" {
        "`within` bounds the gap in time of `before`, `after`, `then`, and `starts` or `ends` before or after, by a duration, by the least and the most of it, `within 2s..5s`, or by the least alone, `within 2s..`.",
        bad: "never { a inside b within 5s }",
        good: "never { a before b within 5s }"
    }
    LIST_HERE = "E0147", "a list or macro out of place" {
        "A list stands after `in`, a macro where its text could stand. A span, an attribute or a text of the same name is put in quotes.",
        bad: "never { payment.where(processor == processors) }",
        good: "never { payment.where(processor in processors) }"
    }
    UNKNOWN_LIST = "E0148", "no such list" {
        "After `in` stands a list in brackets, or the name of one under `lists:` of the rule file.",
        bad: "never { payment.where(processor in procesors) }",
        good: "never { payment.where(processor in processors) }"
    }
    EMPTY_LIST = "E0149", "an empty list" {
        "Nothing is in an empty list, so the condition can never hold.",
        bad: "never { payment.where(processor in []) }",
        good: "never { payment.where(processor in [stripe]) }"
    }
    LIST_TOO_LONG = "E0150", "a list is too long" {
        "A list may have 10,000 literals.",
        bad: "never { payment.where(x in [1, 2, 3, 4, 5, 6, 7, 8]) }",
        good: "never { payment.where(x in [1, 2, 3]) }"
    }
    MACRO_CYCLE = "E0151", "a macro uses itself" {
        "Macros are put in place of their names, which would never end here.",
        bad: "// macros: { ping: pong, pong: ping }\nnever { ping }",
        good: "never { privileged }"
    }
    MACRO_LIMIT = "E0152", "macros make the rule too large" {
        "A condition may have 10,000 parts once its macros are expanded, 256 levels, and macros inside each other 16 deep.",
        bad: "never { a0 or a1 or a2 or a3 or a4 or a5 or a6 or a7 or a8 or a9 or a10 or a11 or a12 or a13 or a14 or a15 or a16 or a17 or a18 or a19 or a20 or a21 or a22 or a23 or a24 or a25 or a26 or a27 or a28 or a29 or a30 or a31 or a32 or a33 or a34 or a35 or a36 or a37 or a38 or a39 or a40 or a41 or a42 or a43 or a44 }",
        good: "never { a or b }"
    }
    UNKNOWN_INTRINSIC = "E0153", "no such intrinsic" {
        "Intrinsics are spelled as TraceQL spells them: `span:name span:kind span:status span:statusMessage span:duration span:id span:parentID trace:id trace:duration trace:spanCount trace:rootName trace:rootService event:name event:timeSinceStart link:traceID link:spanID instrumentation:name instrumentation:version`.",
        bad: "never { any.where(span:nme == checkout) }",
        good: "never { any.where(span:name == checkout) }"
    }
    UNKNOWN_WORD = "E0154", "not a value of this intrinsic" {
        "`span:kind` is one of `unspecified internal server client producer consumer`, `span:status` one of `unset ok error`.",
        bad: "never { any.where(span:status == eror) }",
        good: "never { any.where(span:status == error) }"
    }
    UNKNOWN_BINDING = "E0155", "no span is bound by this name" {
        "A field of another span is written with the name by which `when each` binds it.",
        bad: "when each { payment as pay } always { audit.where(order == pya.order) }",
        good: "when each { payment as pay } always { audit.where(order == pay.order) }"
    }
    DOTTED_WORD = "E0156", "a dotted word could be a text or a field" {
        "On the right-hand side a plain word is a text. With dots it could also be meant as a field, so it is quoted or scoped: `\"gold.plus\"`, `span.limit.max`.",
        bad: "never { payment.where(tier == gold.plus) }",
        good: "never { payment.where(tier == \"gold.plus\") }"
    }
    BAD_REGEX = "E0157", "not a regular expression" {
        "Regular expressions stand in quotes after `matches`. They run in linear time and are not anchored; look-around and back-references do not exist.",
        bad: "never { payment.where(user matches \"(a\") }",
        good: "never { payment.where(user matches \"^(a|b)+$\") }"
    }
    REGEX_TOO_LARGE = "E0158", "a regular expression is too large" {
        "A regular expression may compile to 1 MiB. Counted repetitions are copies: `{1,1000}` is a thousand.",
        bad: "never { payment.where(user matches \"(\\w{50}){50}\") }",
        good: "never { payment.where(user matches \"^\\w+$\") }"
    }
    TRACE_IN_WHERE = "E0159", "something about the trace inside `where`" {
        "Inside `where` stand conditions on one span. Counts, orders and other spans stand outside.",
        bad: "never { payment.where(count(audit) > 3) }",
        good: "never { payment and count(audit) > 3 }"
    }
    BOUND_ON_THE_LEFT = "E0160", "a bound span on the left-hand side" {
        "A comparison begins with a field of the span that is filtered; fields of bound spans stand on its right.",
        bad: "when each { payment as p } never { refund.where(p.span:id == span:parentID) }",
        good: "when each { payment as p } never { refund.where(span:parentID == p.span:id) }"
    }
    SUM = "E0164", "a sum of what cannot be added" {
        "`x + y` and `x - y` are of two parts, each a field or a value and at least one a field: numbers with numbers, durations with durations. A number is read as a duration by its unit: `x as ms`.",
        bad: "never { any.where(span:duration - queue.wait_ms > 2s) }",
        good: "never { any.where(span:duration - queue.wait_ms as ms > 2s) }"
    }
    UNIT = "E0165", "not a unit of time" {
        "`x as ms` reads a numeric field as a duration. The units are `ns us ms s m h`.",
        bad: "never { any.where(span:duration > timeout as millis) }",
        good: "never { any.where(span:duration > timeout as ms) }"
    }
    UNKNOWN_VOCABULARY = "E0166", "no such name in the vocabulary" {
        "`otel:…` names what instrumentations call by several names. Those that there are stand on the page of the vocabulary; names of your own are declared under `fields:`, `lists:` and `macros:` of the rule file.",
        bad: "never { any.where(otel:http.staus >= 500) }",
        good: "never { any.where(otel:http.status >= 500) }"
    }
    OLDER_DURATION = "E0170", "`span.duration` against a plain number" {
        "In older texts this means now nanoseconds, now milliseconds. Write the intrinsic and a unit.",
        bad: "span.duration > 1000",
        good: "any.where(span:duration > 1s)"
    }
    NO_METHODS = "E0171", "a method of another language" {
        "Spans are selected by name and `.where(…)`, counted by `count(…)`, measured by `sum min max avg distinct`, ordered by words between selectors.",
        bad: "trace.spans.where(service == db).avgLatency() > 5",
        good: "avg(any.where(service.name == db), span:duration) > 5ms"
    }
    NO_VARIABLES = "E0172", "a variable of another language" {
        "Rules have no variables. A span is bound by `when each { S as p }`.",
        bad: "never { $trace: Trace(spans) }",
        good: "when each { payment as p } never { p after audit }"
    }
    NO_STATISTICS = "E0173", "no measure of the language" {
        "Over many traces there are `count`, `distinct`, `sum`, `min`, `max`, `avg`, quantiles from `p50` to `p99.9`, `traces` and `share`. Rates are counts of a window; trends and baselines belong to a metrics backend.",
        bad: "over 5m never { rate(payment, span:duration) > 5 }",
        good: "over 5m never { count(payment) > 1500 }"
    }
    NEEDS_WINDOW = "E0182", "a measure of many traces in a rule about one" {
        "Quantiles, `traces` and `share` are measured over the traces of a window, which the rule begins with.",
        bad: "never { p99(payment, span:duration) > 5s }",
        good: "over 5m never { p99(payment, span:duration) > 5s }"
    }
    WINDOW_LENGTH = "E0183", "no length for a window" {
        "A window is a duration from one second to 31 days: whatever happens in it is decided when it is over.",
        bad: "over 365d never { count(payment) > 1500 }",
        good: "over 1d never { count(payment) > 1500 }"
    }
    WINDOW_HEAD = "E0184", "what cannot stand before the clause of a rule over many traces" {
        "Behind the window stand, in this order and each if it is wanted: up to four fields that make groups, each once; the least number of spans (or traces) that is asked about; and, where the measure is a share, how sure its comparison has to be, from 50% to 99.99%.",
        bad: "over 1h at least none never { count(payment) > 1500 }",
        good: "over 1h at least 10 never { count(payment) > 1500 }"
    }
    WINDOW_CLAUSE = "E0185", "what a rule over many traces cannot say" {
        "Such a rule has one clause, `always` or `never`, with one comparison of one measure. What a trace has to be to count stands in the measure: in the selectors, or in the conditions of `traces` and `share`. It has no `when`, no exceptions, and no spans for its message to name.",
        bad: "over 1h when { checkout } never { count(payment) > 1500 }",
        good: "over 1h never { traces(checkout and payment) > 1500 }"
    }
    SHARE = "E0186", "no part of a whole" {
        "`share(C, D)` of conditions is of the traces in which D holds: the part in which C does too. `share(S, T)` of selectors is of the spans that T selects, so that S selects some of them: T with a further `.where( )`.",
        bad: "over 1h always { share(payment, checkout) >= 99% }",
        good: "over 1h always { share(checkout and payment, checkout) >= 99% }"
    }
    PEER = "E0187", "nothing to be compared with" {
        "`highest`, `lowest` and `others` are other groups of the same window, so that there must be groups. `before` is the same group in the window before.",
        bad: "over 1h always { share(loan.where(approved), loan) >= 0.8 * highest }",
        good: "over 1h by applicant.group always { share(loan.where(approved), loan) >= 0.8 * highest }"
    }
    NO_LAMBDAS = "E0174", "a function written in place" {
        "A filter names the fields of its span directly.",
        bad: "never { trace.spans.where(s => s.amount > 5) }",
        good: "never { any.where(amount > 5) }"
    }
    PLACEHOLDER = "E0180", "not a placeholder" {
        "A message may hold `{p.field}` of a bound span, `{trigger.field}`, `{offender.field}` and `{witness.field}` of the first such span that the violation shows, `{count}` and `{trace:id}`. A brace itself is written `{{` or `}}`.",
        bad: "message: {cuont} charges",
        good: "message: {count} charges"
    }
    UNBOUND_PLACEHOLDER = "E0181", "a placeholder of a span that is not bound" {
        "The part before the first dot is the name of a span bound by `when each`, or `trigger`, `offender` or `witness`: a span that the violation shows.",
        bad: "message: charge of {q.amount}",
        good: "message: charge of {p.amount}"
    }
}
