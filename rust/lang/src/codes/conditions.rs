//! Codes of conditions, exceptions, macros and messages: what the language refuses, doubts, or knows
//! by another spelling.

declare_codes! {
    TEXT_TOO_LONG = "E0101", "a condition is too long" {
        "A condition, exception or macro may have 64 KiB. Long lists belong under `lists:` of the rule file, repeated parts into macros, and independent requirements into rules of their own.",
        bad: "a000 or a001 or a002 or a003 or a004 or a005 or a006 or a007 or a008 or a009 or a010 or a011 or a012 or a013 or a014 or a015 or a016 or a017 or a018 or a019 or a020 or a021 or a022 or a023 or a024 or a025 or a026 or a027 or a028 or a029 or a030 or a031 or a032 or a033 or a034 or a035 or a036 or a037 or a038 or a039 or a040 or a041 or a042 or a043 or a044 or a045 or a046 or a047 or a048 or a049 or a050 or a051 or a052 or a053 or a054 or a055 or a056 or a057 or a058 or a059 or a060 or a061 or a062 or a063 or a064 or a065 or a066 or a067 or a068 or a069",
        good: "a000 or a001"
    }
    NESTED_TOO_DEEPLY = "E0102", "a condition nests too deep" {
        "Parentheses, negations and orders of spans inside each other are bounded (64), so that every tool can walk any rule. Flatten the condition or split the rule.",
        bad: "not ((((((((a))))))))",
        good: "not ((a))"
    }
    UNKNOWN_CHARACTER = "E0103", "a character that is not part of the language" {
        "Signs without a meaning in the language, NUL bytes and control characters. Text with such signs in it is put in quotes.",
        bad: "payment ; audit",
        good: "payment and not audit"
    }
    LOOK_ALIKE = "E0104", "a character that looks like another" {
        "A letter of another alphabet, a typographic quotation mark or dash, or a special or invisible space. It looks right and matches nothing, so it is refused outside of quotes.",
        bad: "p\u{430}yment and not audit",
        good: "payment and not audit"
    }
    DIRECTION_MARK = "E0105", "an invisible mark that turns the direction of text" {
        "Bidirectional marks make a rule read other than it is checked. They are refused everywhere; where one is meant in a text, it is written as an escape.",
        bad: "payment.where(user == \"a\u{202e}b\") and not audit",
        good: "payment.where(user == \"a\\u{202e}b\") and not audit"
    }
    NAME_NEEDS_QUOTES = "E0106", "a name must be quoted" {
        "Unquoted names have letters, digits, `_`, dots, and dashes inside a segment. Any other name of a span or an attribute is put in quotes.",
        bad: "never { /users/{id} }",
        good: "never { \"/users/{id}\" }"
    }
    NAME_TOO_LONG = "E0107", "a name is too long or empty" {
        "Names of spans, attributes, bound spans and macros may have 256 bytes.",
        bad: "never { aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa }",
        good: "never { short_name }"
    }
    UNCLOSED_TEXT = "E0108", "a quoted text is never closed" {
        "A quoted text ends on its own line. A line's end inside is written `\\n`.",
        bad: "never { payment.where(user == \"alice) }",
        good: "never { payment.where(user == \"alice\") }"
    }
    BAD_ESCAPE = "E0109", "an escape names no character" {
        "`\\u{…}` takes one to six hexadecimal digits that name a Unicode character.",
        bad: "never { payment.where(user == \"\\u{110000}\") }",
        good: "never { payment.where(user == \"\\u{e9}\") }"
    }
    BAD_NUMBER = "E0110", "not a number" {
        "A number has an optional sign, digits (with `_` between them), decimals and an exponent, and lies within the range of a double.",
        bad: "count(http.retry) > 1e999",
        good: "count(http.retry) > 1e9"
    }
    BAD_DURATION = "E0111", "not a duration" {
        "A duration is a number and one of `ns us ms s m h d`, or several of these together (`1m30s`); it is never negative, a whole number of nanoseconds, and at most 584 years.",
        bad: "never { any.where(span:duration > 5sec) }",
        good: "never { any.where(span:duration > 5s) }"
    }
    UNCLOSED = "E0112", "a bracket is never closed" {
        "Every parenthesis, bracket and brace is closed by its own kind.",
        bad: "never { payment.where(amount > 5 }",
        good: "never { payment.where(amount > 5) }"
    }
    UNOPENED = "E0113", "a closing bracket without an opening one" {
        "Nothing is open here that this could close.",
        bad: "never { payment ) }",
        good: "never { payment }"
    }
    UNKNOWN_OPERATOR = "E0114", "an operator of another language" {
        "Comparisons are `== != < <= > >=`, regular expressions `matches`. Order and structure are words: `before`, `then`, `inside`, `child of`.",
        bad: "never { payment.where(amount === 5) }",
        good: "never { payment.where(amount == 5) }"
    }
    MISTYPED_WORD = "E0115", "a word that is nearly a keyword" {
        "A keyword was probably misspelled. The rest of the rule is checked as if it were right.",
        bad: "when { payment } alwyas { audit }",
        good: "when { payment } always { audit }"
    }
    UNKNOWN_FUNCTION = "E0116", "no such function" {
        "There are `count distinct sum min max avg` for conditions and `exists missing` inside `where`. Rules cannot define functions; macros give names to conditions.",
        bad: "never { cuont(payment) > 3 }",
        good: "never { count(payment) > 3 }"
    }
    UNEXPECTED = "E0117", "something else was expected here" {
        "The text does not read on as a condition at this place. The message says what could stand here.",
        bad: "never { payment and }",
        good: "never { payment and audit.skipped }"
    }
    EMPTY = "E0118", "nothing is said" {
        "A condition, or the clause it stands in, is empty.",
        bad: "when { payment } always { }",
        good: "when { payment } always { audit }"
    }
    WHEN_ALONE = "E0120", "`when` without `always` or `never`" {
        "`when` says when a rule applies, not what must hold then. To require something, add `always { … }`; to forbid it, `never { … }`; to report every trace in which the condition holds, write it as `never { … }` without `when`.",
        bad: "when { payment.charge_card }",
        good: "when { payment.charge_card } always { payment.fraud_check }"
    }
    CLAUSE_TWICE = "E0121", "a clause stands twice" {
        "`when` (or `when each`), `always` and `never` stand at most once each. Join conditions with `and` or `or`.",
        bad: "always { audit } always { approval }",
        good: "always { audit and approval }"
    }
    CLAUSES_HERE = "E0122", "clauses where one condition belongs" {
        "A macro and an exception are one condition, without clauses and commas.",
        bad: "// macros: { clauses: \"never { a }\" }\nclauses",
        good: "never { a and b.where(x == 1) }"
    }
    BINDING_HERE = "E0123", "`as` outside of `when each`" {
        "Spans are bound by `when each { S as p, T as t and C }`: selectors with their names first, separated by commas, and behind the last of them the condition. Nowhere else.",
        bad: "when { payment as p } always { audit }",
        good: "when each { payment as p } always { audit after p }"
    }
    TOO_MANY_BINDINGS = "E0124", "too many bound spans" {
        "`when each` makes an obligation of every tuple of spans, so at most three can be bound.",
        bad: "when each { a as p, b as q, c as r, d as s } always { audit }",
        good: "when each { a as p, b as q, c as r } always { audit }"
    }
    BINDING_TWICE = "E0125", "two bound spans of one name" {
        "Each bound span has a name of its own.",
        bad: "when each { a as p, b as p } always { audit }",
        good: "when each { a as p, b as q } always { audit }"
    }
    NO_BINDING = "E0126", "`when each` without `as`" {
        "`when each` makes one obligation of each span that it selects, under a name: `when each { S as p }`. Where one span is enough, write `when`.",
        bad: "when each { payment } always { audit }",
        good: "when each { payment as p } always { audit after p }"
    }
    BINDING_NAME = "E0127", "not a name for a bound span" {
        "A span is bound by a plain name without dots and quotes that has no other meaning: not `any`, `root`, a scope such as `span`, a macro or a list.",
        bad: "when each { payment as span } always { audit }",
        good: "when each { payment as p } always { audit after p }"
    }
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
        "The right-hand side of a comparison is a number, `true` or `false`, a duration, a text, or a field with its scope (`span.limit`, `p.order.id`); after `in` a list; of a measure a number, a duration or another measure.",
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
    GROUPED = "E0139", "`by` belongs to a count" {
        "Groups are counted: `count(S) by f > 10`. A count by groups is compared with a number.",
        bad: "never { sum(payment, amount) by user > 10 }",
        good: "never { count(payment) by user > 10 }"
    }
    FACTOR = "E0140", "a factor that is none" {
        "A measure may be compared with a positive number times another: `count(A) > 2 * count(B)`.",
        bad: "never { count(a) > 0 * count(b) }",
        good: "never { count(a) > 2 * count(b) }"
    }
    ARGUMENTS = "E0141", "wrong arguments" {
        "`count` takes a selector; `distinct sum min max avg` a selector and a field; `exists` and `missing` a field.",
        bad: "never { sum(payment) > 5 }",
        good: "never { sum(payment, amount) > 5 }"
    }
    BOUND_FILTER = "E0142", "this cannot be filtered" {
        "A filter belongs to the selector of spans: a bound span is filtered where it is bound, an order through the selectors in it.",
        bad: "when each { payment as p } always { p.where(amount > 5) before audit }",
        good: "when each { payment.where(amount > 5) as p } always { p before audit }"
    }
    TRACE_FIELD_HERE = "E0143", "a `trace:` comparison mixed with one about a span" {
        "`trace:` values are the same for all spans of a trace and open while the trace is. Such a comparison is a condition of its own, or a part between the top-level `and`s of a `where`.",
        bad: "never { payment.where(amount > 5 or trace:duration > 2s) }",
        good: "never { payment.where(amount > 5 and trace:duration > 2s) }"
    }
    FIELD_HERE = "E0144", "a field that has no single value here" {
        "Events and links are many on one span, `trace:` intrinsics are one for all spans. They stand on the left-hand side of a comparison with a value, not in measures, groups and bound fields.",
        bad: "never { max(payment, event.size) > 5 }",
        good: "never { max(payment, size) > 5 }"
    }
    MIXED_ORDER = "E0145", "`then` mixed with another order" {
        "What follows a `then` could belong to the last step or to the whole. Parentheses say which.",
        bad: "never { a then b before c }",
        good: "never { a then (b before c) }"
    }
    WITHIN = "E0146", "`within` is out of place" {
        "`within` bounds the gap in time of `before`, `after` and `then` by a duration.",
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
        "Intrinsics are spelled as TraceQL spells them: `span:name span:kind span:status span:statusMessage span:duration span:id span:parentID trace:id trace:duration trace:spanCount trace:rootName trace:rootService event:name instrumentation:name instrumentation:version`.",
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
    NO_STATISTICS = "E0173", "a statistic over many traces" {
        "A rule sees one trace. Percentiles, rates and baselines over many belong to a metrics backend, which can watch the violations.",
        bad: "never { p99(payment, span:duration) > 5s }",
        good: "never { max(payment, span:duration) > 5s }"
    }
    NO_LAMBDAS = "E0174", "a function written in place" {
        "A filter names the fields of its span directly.",
        bad: "never { trace.spans.where(s => s.amount > 5) }",
        good: "never { any.where(amount > 5) }"
    }
    PLACEHOLDER = "E0180", "not a placeholder" {
        "A message may hold `{p.field}` of a bound span, `{count}` and `{trace:id}`. A brace itself is written `{{` or `}}`.",
        bad: "message: {cuont} charges",
        good: "message: {count} charges"
    }
    UNBOUND_PLACEHOLDER = "E0181", "a placeholder of a span that is not bound" {
        "The part before the first dot is the name of a span bound by `when each`.",
        bad: "message: charge of {q.amount}",
        good: "message: charge of {p.amount}"
    }
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
    AVERAGE_OF_NOTHING = "W0103", "an average of no spans" {
        "Where nothing is selected, every comparison with `avg` is false, which here breaks the rule.",
        bad: "always { avg(payment, span:duration) < 2s }",
        good: "never { avg(payment, span:duration) >= 2s }"
    }
    ONE_IS_ENOUGH = "W0104", "an order holds as soon as one span qualifies" {
        "`always { A inside B }` is kept by one A inside a B, whatever the others do, and broken by a trace without any A. Every A is meant by `when each { A as p } always { p inside B }`.",
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
        "What the rule forbids, or the circumstances it asks for, can hold in no trace.",
        bad: "never { count(payment) < 0 }",
        good: "never { count(payment) > 3 }"
    }
    ALWAYS_FIRES = "W0109", "this rule fires on every trace" {
        "What the rule requires can hold in no trace, or what it forbids holds in all.",
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
        "The name differs by a slip of the finger from an attribute of the OpenTelemetry semantic conventions. If it is an attribute of your own, put it in quotes.",
        bad: "never { any.where(http.response.staus_code == 500) }",
        good: "never { any.where(http.response.status_code == 500) }"
    }
    RENAMED_ATTRIBUTE = "W0113", "an attribute that was renamed" {
        "The OpenTelemetry semantic conventions have renamed this attribute. Current instrumentation emits the new name; put the old one in quotes if your services still emit it.",
        bad: "never { any.where(http.status_code == 500) }",
        good: "never { any.where(http.response.status_code == 500) }"
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
        bad: "trace.spans.where(service == auth).count() > 50",
        good: "count(any.where(service.name == auth)) > 50"
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
        bad: "never { count(db.query) by (tenant) > 10 }",
        good: "never { count(db.query) by tenant > 10 }"
    }
    OLDER_ATTRIBUTE = "N0108", "`span.attributes[\"k\"]`" {
        "Older for `span.k`; alone it is `exists(k)`, negated `missing(k)`.",
        bad: "never { any.where(span.attributes[\"cache_miss\"] == true) }",
        good: "never { any.where(span.cache_miss == true) }"
    }
}
