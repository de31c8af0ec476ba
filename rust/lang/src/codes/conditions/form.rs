//! What cannot be read: characters, numbers, texts, and the order of words.

use crate::codes::code::declare_codes;

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
        good: "payment.where(user == \"ab\") and not audit"
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
        "There are `count distinct sum min max avg` for conditions and `exists missing lower length` inside `where`. Rules cannot define functions; macros give names to conditions.",
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
    PHRASE = "E0119", "a phrase of another language" {
        "What SQL, PromQL, TraceQL, Python or plain English call so is said in other words here. The suggestion has been applied and checked: it loads.",
        bad: "never { payment.where(user.id is null) }",
        good: "never { payment.where(missing(user.id)) }"
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
        bad: "when { payment as p } always { audit after p }",
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
}
