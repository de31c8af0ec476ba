//! What loads and is doubtful (`W`), or is spelled in an older way (`N`).

use crate::codes::code::declare_codes;

declare_codes! {
    PATTERN_OF_PRESENCE = "W0101", "a bare `A and B` reports every trace that has both" {
        "A bare pattern signals when it matches. With neither a negation nor a count in it, it signals on the good case as well. Mostly `when { A } always { B }` is meant; if not, `never { A and B }` says so.",
        bad: "payment and fraud_check",
        good: "when { payment } always { fraud_check }"
    }
    HIDES_MISSING = "W0102", "a negation hides spans without the attribute" {
        "Selecting needs proof: a comparison with an attribute that is not there is unknown, and its negation too, so such spans are not selected. Say which is meant: `… or missing(x)`, or `exists(x) and …`.",
        bad: "never { payment.where(currency != EUR) }",
        good: "never { payment.where(currency != EUR or missing(currency)) }"
    }
    AVERAGE_OF_NOTHING = "W0103", "a comparison with an average of no spans, or with a field that may be missing" {
        "Where nothing is selected, every comparison with `avg` is false, which here breaks the rule. Where a bound span has no number in a field, every comparison with it is false, and what denies it is kept in silence.",
        bad: "always { avg(payment, span:duration) < 2s }",
        good: "never { avg(payment, span:duration) >= 2s }"
    }
    ONE_IS_ENOUGH = "W0104", "an order holds as soon as one span qualifies" {
        "`always { A inside B }` is kept by one A inside a B, whatever the others do, and broken by a trace without any A; behind `when { A }` too, one A is enough. Every A is meant by `when each { A as p } always { p inside B }`.",
        bad: "always { db.query inside checkout }",
        good: "when each { db.query as p } always { p inside checkout }"
    }
    LIKE_INTRINSIC = "W0105", "an attribute that has the name of an intrinsic" {
        "A bare word is an attribute; intrinsics have a colon. Instrumentation rarely sets attributes of such names.",
        bad: "never { any.where(status == error) }",
        good: "never { any.where(span:status == error) }"
    }
    ORDERED_WORD = "W0106", "an order against a bare word" {
        "A bare word on the right-hand side is a text, and no number is above or below a text. Another field of the span is written `span.limit`.",
        bad: "never { queue.where(depth > max_capacity) }",
        good: "never { queue.where(depth > span.max_capacity) }"
    }
    DURATION_AGAINST_ATTRIBUTE = "W0107", "a duration against an attribute" {
        "Attributes are numbers and texts, never durations, so this selects nothing. The duration of the span is `span:duration`.",
        bad: "never { any.where(latency > 500ms) }",
        good: "never { any.where(span:duration > 500ms) }"
    }
    NEVER_FIRES = "W0108", "this rule can never fire" {
        "What the rule forbids, or the circumstances it asks for, can hold in no trace; of a rule over many traces, what it forbids can hold in no window.",
        bad: "never { count(payment) < 0 }",
        good: "never { count(payment) > 3 }"
    }
    ALWAYS_FIRES = "W0109", "this rule fires on every trace" {
        "What the rule requires can hold in no trace, or what it forbids holds in all; of a rule over many traces, in no window or in all.",
        bad: "always { count(payment) >= 0 and audit and not audit }",
        good: "always { audit }"
    }
    IMPLIED = "W0110", "`always` is implied by `when`" {
        "Where `when` holds, `always` holds as well, so this part of the rule never breaks.",
        bad: "when { payment.where(amount > 5) } always { payment }",
        good: "when { payment.where(amount > 5) } always { audit }"
    }
    PLAIN_REGEX = "W0111", "a regular expression that is plain text" {
        "Without any special sign, `==`, `contains`, `starts with` and `ends with` say the same, faster and more clearly.",
        bad: "never { payment.where(user matches \"admin\") }",
        good: "never { payment.where(user contains \"admin\") }"
    }
    NEAR_ATTRIBUTE = "W0112", "nearly an attribute of the semantic conventions" {
        "The name differs by a slip of the finger from an attribute of the OpenTelemetry semantic conventions, or is that of a field of the vocabulary without its `otel:`. If it is an attribute of your own, put it in quotes.",
        bad: "never { any.where(http.response.staus_code == 500) }",
        good: "never { any.where(http.response.status_code == 500) }"
    }
    RENAMED_ATTRIBUTE = "W0113", "an attribute that was renamed" {
        "The OpenTelemetry semantic conventions have renamed this attribute. Many instrumentations still emit the old name by default, others the new one: where the vocabulary has a name that reads both, that is the advice. Put the old one in quotes if your services emit it alone.",
        bad: "never { any.where(http.status_code == 500) }",
        good: "never { any.where(otel:http.status == 500) }"
    }
    ODD_WORD = "W0114", "a bare word that is a text here" {
        "`True`, `null` and the name of a bound span are plain texts on the right-hand side of a comparison.",
        bad: "never { payment.where(verified == False) }",
        good: "never { payment.where(verified == false) }"
    }
    BOUND_FIELD_ON_THE_LEFT = "W0115", "an attribute that looks like a field of a bound span" {
        "On the left-hand side a name is an attribute of the span that is filtered, even if it begins like a bound span.",
        bad: "when each { payment as p } never { refund.where(p.amount == 5) }",
        good: "when each { payment as p } never { refund.where(amount == p.amount) }"
    }
    NEAR_MACRO = "W0116", "a span's name that is nearly a macro" {
        "The name of a macro was perhaps misspelled; as it stands it is the name of a span.",
        bad: "never { priviledged }",
        good: "never { privileged }"
    }
    ALWAYS_SAME = "W0117", "a part that is always the same" {
        "This part of a condition holds in every trace or in none, so it says nothing.",
        bad: "when { payment and count(retry) >= 0 } always { audit }",
        good: "when { payment and count(retry) >= 1 } always { audit }"
    }
    OTHER_SPAN = "W0118", "an attribute that reads as one of another span" {
        "`parent.x`, `root.x` and `trace.x` are attributes of the filtered span, which nothing emits. A span's parent is asked by `child of`, the root by a condition of its own, the trace by its intrinsics.",
        bad: "never { payment.where(trace.duration > 5s) }",
        good: "never { payment.where(trace:duration > 5s) }"
    }
    IN_EVERY_TRACE = "W0119", "`always` that no `when` guards" {
        "Without `when` a rule is about every trace, so this one is broken by each trace in which the span is not. Mostly some traces need it, and `when` says which. Where every trace does, `when { any }` says that it is meant.",
        bad: "always { payment.fraud_check }",
        good: "when { payment.charge_card } always { payment.fraud_check }"
    }
    ONE_SPAN_IS_ENOUGH = "W0120", "`always` that one span keeps, where every one was meant" {
        "`always { S.where(c) }` asks for one span of S that satisfies c, whatever the others do. That every one does is said by binding each, or by forbidding one that does not.",
        bad: "when { payment } always { payment.where(amount <= 1000) }",
        good: "when each { payment as p } always { p.where(amount <= 1000) }"
    }
    JOIN_ON_MISSING = "W0121", "`never` compares with a value that may be missing" {
        "A comparison with a missing value is unknown, so it selects nothing: where the bound span has no such attribute, `never` is kept in silence. Bind only spans that have it, and report those that have not by a rule of their own, or by `c.where(missing(order.id))` as a further part of `never`. The same goes for a negated comparison, also one that `always` denies.",
        bad: "when each { charge as c } never { refund.where(order.id == c.order.id) before c }",
        good: "when each { charge.where(exists(order.id)) as c } never { refund.where(order.id == c.order.id) before c }"
    }
    STATUS_OK = "W0122", "a status that nothing sets" {
        "Instrumentation leaves the status of a span that went well `unset`; `ok` is set by hand, and seldom. What went well is `span:status != error`.",
        bad: "when each { payment as p } always { audit.where(span:status == ok) after p }",
        good: "when each { payment as p } always { audit.where(span:status != error) after p }"
    }
    LIKE_BOUND_SPAN = "W0123", "a span's name that looks like a bound span" {
        "Where a selector stands, `c.paid` is the name of a span, even if a span is bound as `c`; and a misspelt `p` is the name of some span. What a bound span satisfies is `c.where(paid)`. If the span is meant, put its name in quotes.",
        bad: "when each { charge as c } always { c.paid }",
        good: "when each { charge as c } always { c.where(paid) }"
    }
    AFTER_ITS_PARENT = "W0124", "an order against what lasts until the end" {
        "A span is after another where it starts when that has ended. The root, and a span whose name begins another's, mostly last until what they cause has ended, so nothing comes after them, and begin before it, so nothing comes before them: what they cause is inside of them.",
        bad: "when each { payment as p } always { audit after root }",
        good: "when each { payment as p } always { audit inside root }"
    }
    CHAIN_OF_ONE = "W0127", "a relation said twice of one span" {
        "Relations chain from the left: `a inside b inside c` is an `a` inside a `b`, and the same `a` inside a `c`. A path from one to the next has parentheses, `a inside (b inside c)`; an order of three is `a then b then c`.",
        bad: "never { agent inside tool inside agent }",
        good: "never { agent inside (tool inside agent) }"
    }
    ITEM_AS_SPAN = "W0131", "an event or link asked for where a span stands" {
        "Where a selector stands, `event.where(…)` selects spans of the name `event`. One event of a span, or one link, is asked for inside the `where` of the span: `any.where(event.where(…))`. If spans of that name are meant, put it in quotes.",
        bad: "never { event.where(retry.count > 1) }",
        good: "never { any.where(event.where(retry.count > 1)) }"
    }
    EMPTY_IS_MISSING = "W0126", "an empty text that counts as missing" {
        "A span without a status message has an empty one, so an empty `span:statusMessage` counts as missing, as the name and version of an instrumentation do. Nothing equals it, and nothing differs from it.",
        bad: "never { any.where(span:status == error and span:statusMessage == \"\") }",
        good: "never { any.where(span:status == error and missing(span:statusMessage)) }"
    }
    VALUE_NOT_EMITTED = "W0128", "a value that no instrumentation emits" {
        "What goes under this name is known, and this is not among it: `error.type` has the name of an exception or a code of its own in each language, methods come in capitals, products and operations have the names of the conventions. Compare with what is emitted; what kind of failure it was is `otel:error.kind`, whatever the spelling.",
        bad: "never { any.where(error.type == timeout) }",
        good: "never { any.where(otel:error.kind == timeout) }"
    }
    OPERATION_WITH_MORE = "W0129", "an operation of a database that is more than a word" {
        "An operation is the first word of a statement. A few instrumentations add the table or the database (`SELECT :memory:`, `CREATE table`), most do not, or set no operation at all; `otel:db.operation` is the first word in each of them, and the text is `otel:db.statement`.",
        bad: "never { any.where(db.operation.name == \"DROP table\") }",
        good: "never { any.where(otel:db.operation == DROP) }"
    }
    ORDER_OF_DIGITS = "W0130", "an order against a number in quotes" {
        "A number in quotes is a text. Where the attribute is a text too, as ports and codes are in some instrumentations, the two have the order of their bytes, in which \"9\" is above \"10\". Without quotes both are numbers, however the attribute arrives.",
        bad: "never { any.where(attempts > \"10\") }",
        good: "never { any.where(attempts > 10) }"
    }
    GROUP_ELSEWHERE = "W0132", "a group that another condition does not know of" {
        "`count(S) by f > n` asks for some group, and a condition beside it is about the whole trace: what it asks for may belong to another `f`. That both are of one `f` is said by binding a span and comparing with it.",
        bad: "never { count(login.where(ok == false)) by user > 4 and login.where(ok == true) }",
        good: "when each { login.where(ok == true and exists(user)) as p } never { count(login.where(ok == false and user == p.user)) > 4 }"
    }
    NEXT_IS_AFTER = "W0133", "`next after` that says no more than `after`" {
        "Filters come before \"first\", so as a condition `A next after p` holds wherever some A comes after p: the first of them is one. What the next span of a name must be is asked of it by binding it; that no span lies between is `directly after`.",
        bad: "when each { turn.where(exists(who)) as t } never { turn.where(who == t.who) next after t }",
        good: "when each { turn.where(exists(who)) as t, turn next after t as p } never { p.where(who == t.who) }"
    }
    SOME_OTHER_EVENT = "W0134", "a negation that some other event makes true" {
        "Each comparison with a field of events picks its own event: `event:name != exception` is true where some event has another name, whether or not there is an exception too, and false of a span without events. That no event is so is the negation of the whole, `not (event:name == exception)`; that one event is another is said inside `event.where(…)`.",
        bad: "never { any.where(span:status == error and event:name != exception) }",
        good: "never { any.where(span:status == error and not (event:name == exception)) }"
    }
    OF_RESOURCE = "W0135", "an attribute of the resource that reads as one of the span" {
        "`resource.id` is the attribute `id` of the resource, of the service that emits the span. A span's own attribute of the name `resource.id` is put in quotes, as every name is that begins with a scope.",
        bad: "never { audit.log.where(missing(resource.id)) }",
        good: "never { audit.log.where(missing(\"resource.id\")) }"
    }
    ATTRIBUTE_AS_VALUE = "W0136", "a word that was to be one of several values" {
        "`or` joins conditions, and a word alone is the condition that the attribute of this name is `true`. One of several values is asked for with `in`.",
        bad: "never { payment.where(tier == gold or silver) }",
        good: "never { payment.where(tier in [gold, silver]) }"
    }
    LIKE_MACRO = "W0137", "an attribute that reads as a misspelt macro" {
        "A word alone inside of `where` asks whether the attribute of this name is `true`. One that is nearly the name of a macro is mostly meant as that; if the attribute is meant, `expensve == true` says so.",
        bad: "// macros: { expensive: amount > 1000 }\nnever { payment.where(expensve) }",
        good: "never { payment.where(expensive) }"
    }
    NUMBER_AGAINST_TEXT = "W0138", "a text where only numbers go" {
        "What goes under this name is a number, and no number is equal to, above or below a text that is none, so the comparison selects nothing. There are no patterns of digits: the codes from 500 to 599 are `x >= 500 and x < 600`. Nor are there numbers in another base or with a multiple behind them: `0x10`, `10k` and `5MB` are texts, and are doubted under any name. Numbers in quotes compare as numbers. If your services emit texts under the name, put it in quotes; a word that is meant as it is, `\"5xx\"`, too.",
        bad: "never { any.where(otel:http.status == 5xx) }",
        good: "never { any.where(otel:http.status >= 500 and otel:http.status < 600) }"
    }
    ZEROS_BEFORE_NUMBER = "W0139", "a number with zeros before it" {
        "Without quotes `0644` is the number 644, neither of base 8 nor a text, and a text with zeros before it reads as no number, so the two are never equal. Modes of files, postal codes and numbers of accounts are texts.",
        bad: "never { any.where(file.mode == 0777) }",
        good: "never { any.where(file.mode == \"0777\") }"
    }
    PATTERN_AS_TEXT = "W0140", "a pattern where a text is compared as it is" {
        "`==`, `contains`, `starts with` and `ends with` take every sign for itself, `*`, `%` and `^` too, so a pattern equals next to nothing. What begins or ends with a text is asked for with these words, anything else with a regular expression.",
        bad: "never { any.where(host.name == \"web-*\") }",
        good: "never { any.where(host.name starts with \"web-\") }"
    }
    OF_EVENT = "W0141", "an attribute of an event that is asked of a span" {
        "What is known of an exception stands on the event of that name, and hardly ever on the span, so the comparison selects next to nothing. If your services put it on the span, put the name in quotes.",
        bad: "never { any.where(exception.type == TimeoutError) }",
        good: "never { any.where(event.exception.type == TimeoutError) }"
    }
    NEVER_SHOWN = "W0142", "a placeholder of a span that no violation shows" {
        "What must hold and does not leaves no `offender` behind: such a violation shows the `trigger`, that is the bound span, what `when` found, else the root. A `never` shows as `offender` what it found, unless that is a bound span, which is shown once, and it has no `trigger` without a `when`. A `witness` is a second bound span, or what is measured on the right of a comparison. A placeholder of any other role prints `?`.",
        bad: "message: charge of {offender.amount} without an audit",
        good: "message: charge of {trigger.amount} without an audit"
    }
    LOWER_AGAINST_CAPITALS = "W0125", "a text in lower case against capitals" {
        "`lower(x)` has no capitals, so it never equals, contains, begins or ends with a text that has some.",
        bad: "never { any.where(lower(user.role) == Admin) }",
        good: "never { any.where(lower(user.role) == admin) }"
    }
    OLDER_OPERATOR = "N0101", "an older spelling of an operator" {
        "`AND OR NOT`, `&& || !` and keywords in capitals are older spellings of the lower-case words. `fmt --modern` rewrites them.",
        bad: "payment AND NOT audit",
        good: "payment and not audit"
    }
    OLDER_QUOTES = "N0102", "single quotes" {
        "Texts stand in double quotes; single ones are an older spelling.",
        bad: "never { payment.where(user == 'alice') }",
        good: "never { payment.where(user == \"alice\") }"
    }
    OLDER_CALL = "N0103", "an older spelling of presence or a count" {
        "`has(x)` and `trace.has(x)` are just `x`; `trace.count(x)` is `count(x)`; a filter behind a count stands inside it.",
        bad: "trace.has(payment) and not trace.has(audit)",
        good: "payment and not audit"
    }
    OLDER_TRACE_SPANS = "N0104", "`trace.spans`" {
        "`trace.spans.where(c).count()` is `count(any.where(c))`, `trace.spans.any.where(c)` is `any.where(c)`; `service` in them is `service.name`.",
        bad: "trace.spans.where(service == auth).count() > 3",
        good: "count(any.where(service.name == auth)) > 3"
    }
    OLDER_ONE_SPAN = "N0105", "conditions on one span outside of `where`" {
        "Conditions that begin with `span.` or `resource.` and stand outside of `where` are about one span: `any.where(…)` says so.",
        bad: "span.status == \"ERROR\" and span.retries == 3",
        good: "any.where(span:status == error and span.retries == 3)"
    }
    OLDER_RULE = "N0106", "`rule \"…\" when … then …`" {
        "The name of a rule is its `id`, what to do about a violation is up to alerts, and the condition on one span is `any.where(…)`.",
        bad: "rule \"cache_miss\" when span.type == \"http.request\" then alert",
        good: "any.where(span:name == \"http.request\")"
    }
    OLDER_BY = "N0107", "`by (f)`" {
        "Older for `by f`.",
        bad: "never { count(db.query) by (tenant) > 2 }",
        good: "never { count(db.query) by tenant > 2 }"
    }
    OTHER_NAME_EMITTED = "N0109", "a current name beside which another is emitted" {
        "The name is right, and instrumentations in wide use have another for the same by default: an older one (Python and Java for databases, Python for HTTP), or one of their own (OpenInference for agents). A rule on one name is silent on the others. The name of the vocabulary reads them all; in quotes the name is taken as it is.",
        bad: "never { any.where(db.system.name == postgresql and attempts > 3) }",
        good: "never { any.where(otel:db.system == postgresql and attempts > 3) }"
    }
    OLDER_ATTRIBUTE = "N0108", "`span.attributes[\"k\"]`" {
        "Older for `span.k`; alone it is `exists(k)`, negated `missing(k)`.",
        bad: "never { any.where(span.attributes[\"cache_miss\"] == true) }",
        good: "never { any.where(span.cache_miss == true) }"
    }
}
