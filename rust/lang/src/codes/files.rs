//! Codes of rule files: their YAML, their keys, the rules of a set, and the tests of a rule.

use super::code::declare_codes;

declare_codes! {
    FILE_TOO_LARGE = "E0001", "a rule file is too large" {
        "Rule files are read whole, so their size is bounded (50 MiB). Split the rules over several files; a directory of files loads as one set.",
        bad: "# one file of 60 MiB",
        good: "# payments.yaml, checkout.yaml, ... in one directory"
    }
    ODD_CHARACTER = "E0002", "a rule file holds bytes that are not text" {
        "Rule files are UTF-8. Bytes that are not, and control characters such as NUL, mostly come from a wrong encoding or a broken copy. They are reported one by one, and the rest of the file is still checked.",
        bad: "rules:\n  - id: caf\u{FFFD}\n    condition: a\n",
        good: "rules:\n  - id: café\n    condition: a and not b\n"
    }
    YAML_SYNTAX = "E0003", "the file is not valid YAML" {
        "The YAML parser could not go on at this place. Rules that stand before it are still checked, and so are those that follow, from the next list item of the same indentation on.",
        bad: "rules:\n  - id: a\n    condition: 'x and not y\n",
        good: "rules:\n  - id: a\n    condition: 'x and not y'\n"
    }
    YAML_TOO_DEEP = "E0004", "YAML collections are nested too deep" {
        "Lists and mappings inside each other are bounded (128), so that no file can exhaust the stack. A rule needs about ten.",
        bad: "rules: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
        good: "rules:\n  - id: a\n    condition: x and not y\n"
    }
    YAML_ALIAS = "E0005", "a YAML alias cannot be used" {
        "An alias repeats what an anchor before it names. It cannot contain itself, and all aliases of a document together may stand for 100,000 nodes at most, so that a small file cannot grow without bound.",
        bad: "rules:\n  - id: a\n    tags: &t [x, *t]\n    condition: x and not y\n",
        good: "rules:\n  - id: a\n    tags: &t [x]\n    condition: x and not y\n  - id: b\n    tags: *t\n    condition: y and not x\n"
    }
    DUPLICATE_KEY = "E0006", "a key stands twice in one mapping" {
        "Only one of the two values could count, and which one is a matter of the reader's taste, so neither guess is made.",
        bad: "rules:\n  - id: a\n    severity: low\n    severity: high\n    condition: x and not y\n",
        good: "rules:\n  - id: a\n    severity: high\n    condition: x and not y\n"
    }
    WRONG_KIND = "E0007", "a value is of the wrong kind" {
        "A list, a mapping or a text stands where another of them belongs.",
        bad: "rules:\n  - id: a\n    tags: { team: payments }\n    condition: x and not y\n",
        good: "rules:\n  - id: a\n    tags: [payments]\n    condition: x and not y\n"
    }
    UNKNOWN_KEY = "E0008", "an unknown key" {
        "Every key must be known: a mistyped `exceptions` that is silently skipped would make a rule fire where it must not.",
        bad: "rules:\n  - id: a\n    condtion: x and not y\n",
        good: "rules:\n  - id: a\n    condition: x and not y\n"
    }
    MISSING_KEY = "E0009", "a required key is missing" {
        "A rule needs `id` and `condition`; a rule file needs `rules`; a test needs `name`, `trace` and `expect`; a span of a test needs `span`, its name.",
        bad: "rules:\n  - id: a\n    severity: high\n",
        good: "rules:\n  - id: a\n    severity: high\n    condition: x and not y\n"
    }
    DUPLICATE_ID = "E0010", "two rules have one id" {
        "The id names a rule in violations, metrics and stored state, so it is unique in the whole set, over all files. The second rule is left out.",
        bad: "rules:\n  - { id: a, condition: x and not y }\n  - { id: a, condition: y and not z }\n",
        good: "rules:\n  - { id: a, condition: x and not y }\n  - { id: b, condition: y and not z }\n"
    }
    BAD_NAME = "E0011", "a name cannot be used" {
        "Names of rules, macros, lists and fields have 1 to 256 bytes and no invisible characters (control characters, zero-width ones, marks that turn the direction of writing): two names that look the same must be the same. Macros, lists and fields are used as bare words in conditions, so theirs are identifiers: letters, digits and `_`, no digit first, and no word of the language.",
        bad: "macros: { 'big charge': payment.where(amount > 1000) }\nrules:\n  - id: a\n    condition: x and not y\n",
        good: "macros: { big_charge: payment.where(amount > 1000) }\nrules:\n  - id: a\n    condition: big_charge and not y\n"
    }
    TWO_CONDITIONS = "E0012", "a rule has both `condition` and `expression`" {
        "`expression` is another spelling of `condition`; a rule has one of them.",
        bad: "rules:\n  - id: a\n    condition: x and not y\n    expression: x and not z\n",
        good: "rules:\n  - id: a\n    condition: x and not y\n"
    }
    BAD_SEVERITY = "E0013", "an unknown severity" {
        "A severity is one of critical, high, medium, low and info, in any case. Where none is written it is medium.",
        bad: "rules:\n  - id: a\n    severity: hgih\n    condition: x and not y\n",
        good: "rules:\n  - id: a\n    severity: high\n    condition: x and not y\n"
    }
    BAD_EMIT = "E0022", "an unknown value of `emit`" {
        "`emit: spans`, which is meant where none is written, sends a span for each violation; `emit: none` only counts them.",
        bad: "rules:\n  - id: a\n    emit: nothing\n    condition: x and not y\n",
        good: "rules:\n  - id: a\n    emit: none\n    condition: x and not y\n"
    }
    BAD_COMPLETENESS = "E0025", "an unknown value of `completeness`" {
        "What a trace must have for the rule to judge what is absent: `root` a span without a parent, `linked` every parent too, `idle` nothing more. Where none is written, `trace.completeness` of the configuration counts.",
        bad: "rules:\n  - id: a\n    completeness: all\n    condition: x and not y\n",
        good: "rules:\n  - id: a\n    completeness: linked\n    condition: x and not y\n"
    }
    NOT_A_BOOLEAN = "E0014", "neither `true` nor `false`" {
        "`yes`, `on`, `1` and quoted words are texts or numbers in YAML 1.2, not booleans.",
        bad: "rules:\n  - id: a\n    enabled: yes\n    condition: x and not y\n",
        good: "rules:\n  - id: a\n    enabled: true\n    condition: x and not y\n"
    }
    TOO_MANY = "E0015", "too many of one thing" {
        "The number of rules in a set (100,000), of exceptions of a rule (64), of items of a list (10,000) and of spans in a test (1,000) is bounded.",
        bad: "# a rule with 65 exceptions",
        good: "macros: { synthetic: root.where(test.run == true or probe == true) }\nrules:\n  - id: a\n    condition: x and not y\n    exceptions: [synthetic]\n"
    }
    TOO_LONG = "E0016", "a text is too long" {
        "A message may have 64 KiB, as conditions may.",
        bad: "# a message of 65 KiB",
        good: "rules:\n  - id: a\n    message: no y in {trace:id}\n    condition: x and not y\n"
    }
    BAD_LIST_ITEM = "E0017", "a list item is neither text, number nor boolean" {
        "The items of `lists:` are compared with span attributes, so each is a text, a number or a boolean.",
        bad: "lists: { processors: [stripe, { name: square }] }\nrules:\n  - id: a\n    condition: count(pay.where(processor in processors)) > 3\n",
        good: "lists: { processors: [stripe, square] }\nrules:\n  - id: a\n    condition: count(pay.where(processor in processors)) > 3\n"
    }
    EMPTY_LIST = "E0018", "a list without items" {
        "Nothing is in an empty list, so a comparison with it could never be true.",
        bad: "lists: { processors: [] }\nrules:\n  - id: a\n    condition: count(pay.where(processor in processors)) > 3\n",
        good: "lists: { processors: [stripe] }\nrules:\n  - id: a\n    condition: count(pay.where(processor in processors)) > 3\n"
    }
    BAD_FIELD = "E0024", "a field of the file stands for nothing that can be read" {
        "`fields:` gives one name to the attributes under which a value goes. Each is an attribute as it is, one with a table of values (each once, by its shortest text), or one with a regular expression that has one group. A field stands for attributes, not for other names of the file.",
        bad: "fields: { path: [url.path, { http.target: '^[^?]*' }] }\nrules:\n  - id: a\n    condition: any.where(path == \"/admin\") and not y\n",
        good: "fields: { path: [url.path, { http.target: '^([^?]*)' }] }\nrules:\n  - id: a\n    condition: any.where(path == \"/admin\") and not y\n"
    }
    UNKNOWN_USE = "E0026", "a used file is not in the rule set" {
        "`use:` names other files of the set, relative to the file that it stands in. Those in or below the directories that are named to `betrace` or the processor, or that hold a file that is named to them, are found; others are not read.",
        bad: "use: [./shraed.yaml]\nrules:\n  - id: a\n    condition: payment.where(card in cards) and not check\n# file shared.yaml\nlists: { cards: [visa, amex] }\n",
        good: "use: [./shared.yaml]\nrules:\n  - id: a\n    condition: payment.where(card in cards) and not check\n# file shared.yaml\nlists: { cards: [visa, amex] }\n"
    }
    BAD_USE = "E0027", "a file cannot be used" {
        "What is used is a file without rules, named relative to the file that uses it, once, and no file uses itself, be it through others.",
        bad: "use: [./pay.yaml]\nrules:\n  - id: a\n    condition: payment.where(card in cards) and not check\n# file pay.yaml\nlists: { cards: [visa, amex] }\nrules:\n  - id: b\n    condition: refund.where(card in cards) and not check\n",
        good: "use: [./cards.yaml]\nrules:\n  - id: a\n    condition: payment.where(card in cards) and not check\n# file cards.yaml\nlists: { cards: [visa, amex] }\n"
    }
    USED_NAME_TWICE = "E0028", "a name stands in two files" {
        "A file sees its own macros, lists and fields and those that stand in the files that it uses (not what these use themselves). One name is of one of them.",
        bad: "use: [./shared.yaml]\nlists: { cards: [visa] }\nrules:\n  - id: a\n    condition: payment.where(card in cards) and not check\n# file shared.yaml\nlists: { cards: [visa, amex] }\n",
        good: "use: [./shared.yaml]\nlists: { some_cards: [visa] }\nrules:\n  - id: a\n    condition: payment.where(card in cards and not (card in some_cards)) and not check\n# file shared.yaml\nlists: { cards: [visa, amex] }\n"
    }
    TOO_MANY_FAULTS = "E0019", "more faults than are shown" {
        "After 100,000 diagnostics the rest is only counted. Errors are shown before warnings and notes.",
        bad: "# a file with 200,000 faults",
        good: "rules:\n  - id: a\n    condition: x and not y\n"
    }

    RULES_TOO_LARGE = "E0029", "the rules of a set hold too much memory" {
        "What the rules of a set hold once they are in use is bounded (`limits.rules_mib`, 128 MiB), apart from what traces may. Regular expressions take nearly all of it: one of a few letters may compile to a megabyte where it counts or names classes of Unicode. An expression that several rules have counts once.",
        bad: "# ten thousand rules with a large regular expression each",
        good: "rules:\n  - id: a\n    condition: x.where(path starts with \"/admin/\") and not y\n"
    }
    TOO_MANY_NODES = "E0020", "a rule file has too many values" {
        "The values (texts, lists, mappings) of one file are bounded (4,000,000), so that loading takes a bounded amount of memory. What stands behind is not read. Split the rules over several files.",
        bad: "# a list of 4,000,001 items",
        good: "# the same rules in two files"
    }

    TEST_VERDICT = "E0251", "a test expects an unknown verdict" {
        "A rule's verdict on a trace is violated, satisfied, not_applicable or inconclusive.",
        bad: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: x }]\n        expect: voilated\n",
        good: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: x }]\n        expect: violated\n"
    }
    TEST_DURATION = "E0252", "a time in a test is not a duration" {
        "Times in tests are durations with a unit: `start` since the begin of the trace, `duration` of the span, `at` of an event since the start of its span. Units are ns, us, ms, s, m and h.",
        bad: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: x, start: 5 }]\n        expect: violated\n",
        good: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: x, start: 5ms }]\n        expect: violated\n"
    }
    TEST_WORD = "E0253", "a word in a test is not one of those it can be" {
        "`kind`, `status`, `clause`, `reason` and `completeness` are each one of a few words.",
        bad: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: x, kind: sever }]\n        expect: violated\n",
        good: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: x, kind: server }]\n        expect: violated\n"
    }
    TEST_EVIDENCE = "E0254", "expected evidence is not in the trace" {
        "Evidence is named by a span's name or, where several have that name, by the `id` that the test gives a span.",
        bad: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: x }]\n        expect: violated\n        evidence: [z]\n",
        good: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: x }]\n        expect: violated\n        evidence: [x]\n"
    }
    TEST_CONTRADICTION = "E0255", "an expectation contradicts itself" {
        "Only a violated rule has a clause, evidence, a count and a message; only an inconclusive one has a reason.",
        bad: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: y }]\n        expect: not_applicable\n        clause: pattern\n",
        good: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: x }]\n        expect: violated\n        clause: pattern\n"
    }
    TEST_NUMBER = "E0256", "a number in a test is not a whole positive one" {
        "`count` is the number of spans that a violation reports, `violations` how many violations the trace has, `repeat` how often a span is in the trace.",
        bad: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: x }]\n        expect: violated\n        count: some\n",
        good: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: x }]\n        expect: violated\n        count: 1\n"
    }
    TEST_COMPLETENESS = "E0259", "a test asks of its trace something else than its rule" {
        "A rule with a `completeness` of its own asks every trace for it, that of a test too.",
        bad: "rules:\n  - id: a\n    completeness: linked\n    condition: x and not y\n    tests:\n      - name: t\n        completeness: idle\n        trace: [{ span: x }]\n        expect: violated\n",
        good: "rules:\n  - id: a\n    completeness: linked\n    condition: x and not y\n    tests:\n      - name: t\n        trace: [{ span: x }]\n        expect: violated\n"
    }
    TEST_LINK = "E0258", "a link in a test leads to no span of its trace" {
        "A link leads `to` a span of the test by its `id`, or else by its name. One without `to` leads to another trace.",
        bad: "rules:\n  - id: a\n    condition: never { x linked to y }\n    tests:\n      - name: t\n        trace: [ { span: x, links: [ { to: z } ] }, y ]\n        expect: violated\n",
        good: "rules:\n  - id: a\n    condition: never { x linked to y }\n    tests:\n      - name: t\n        trace: [ { span: x, links: [ { to: y } ] }, y ]\n        expect: violated\n"
    }
    TEST_DUPLICATE = "E0257", "two tests of a rule have one name, or two spans of a test one id" {
        "The name says which test failed, the id which span is meant.",
        bad: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - { name: t, trace: [{ span: x }], expect: violated }\n      - { name: t, trace: [{ span: y }], expect: satisfied }\n",
        good: "rules:\n  - id: a\n    condition: x and not y\n    tests:\n      - { name: only x, trace: [{ span: x }], expect: violated }\n      - { name: only y, trace: [{ span: y }], expect: satisfied }\n"
    }

    NO_RULES = "W0001", "a rule file without rules" {
        "The file is empty, or its list of rules is, and no file of the set uses it. Nothing is wrong with that, but nothing is watched either.",
        bad: "rules: []\n",
        good: "rules:\n  - id: a\n    condition: x and not y\n"
    }
    TOO_MANY_DOUBTS = "W0010", "more warnings and notes than are shown" {
        "After 100,000 diagnostics the rest is only counted, errors last: here none is among them.",
        bad: "# a set with 200,000 warnings",
        good: "rules:\n  - id: a\n    condition: x and not y\n"
    }
    UNUSED_MACRO = "W0002", "a macro that nothing uses" {
        "No condition, exception or used macro of this file names it.",
        bad: "macros: { big: pay.where(amount > 10) }\nrules:\n  - id: a\n    condition: x and not y\n",
        good: "macros: { big: pay.where(amount > 10) }\nrules:\n  - id: a\n    condition: big and not y\n"
    }
    UNUSED_LIST = "W0003", "a list that nothing uses" {
        "No condition, exception or used macro of this file names it.",
        bad: "lists: { methods: [card] }\nrules:\n  - id: a\n    condition: x and not y\n",
        good: "lists: { methods: [card] }\nrules:\n  - id: a\n    condition: count(x.where(method in methods)) > 3\n"
    }
    UNUSED_FIELD = "W0008", "a field that nothing uses" {
        "No condition, exception, message or used macro of this file names it.",
        bad: "fields: { status: [http.response.status_code, http.status_code] }\nrules:\n  - id: a\n    condition: x and not y\n",
        good: "fields: { status: [http.response.status_code, http.status_code] }\nrules:\n  - id: a\n    condition: x.where(status >= 500) and not y\n"
    }
    UNUSED_USE = "W0009", "a used file of which nothing is used" {
        "No condition, exception, message or used macro of this file names anything that stands in the file that it uses.",
        bad: "use: [./shared.yaml]\nrules:\n  - id: a\n    condition: payment and not check\n# file shared.yaml\nlists: { cards: [visa, amex] }\n",
        good: "use: [./shared.yaml]\nrules:\n  - id: a\n    condition: payment.where(card in cards) and not check\n# file shared.yaml\nlists: { cards: [visa, amex] }\n"
    }
    DUPLICATE_RULE = "W0004", "two rules mean the same" {
        "Their conditions are equal once macros, lists and older spellings are expanded, so each violation is reported twice.",
        bad: "rules:\n  - { id: a, condition: x and not y }\n  - { id: b, condition: (x) and not y }\n",
        good: "rules:\n  - { id: a, condition: x and not y }\n"
    }
    SHADOWED_RULE = "W0005", "a rule adds nothing to another" {
        "Whenever this rule is violated, so is the other one: it has the same `when` (or none), its clause is a part of the other's, and it is no graver and names no tag or control that the other lacks.",
        bad: "rules:\n  - { id: a, condition: 'never { x or y }' }\n  - { id: b, condition: 'never { x }' }\n",
        good: "rules:\n  - { id: a, condition: 'never { x or y }' }\n"
    }
    SWALLOWED_LINES = "W0006", "a comment swallows the lines behind it" {
        "YAML joins the lines of a folded (`>`), quoted or plain text with spaces before anything else looks at them, so a comment in it does not end at its line but runs on over the next ones. Write the text as a literal block (`|`), which keeps its lines.",
        bad: "rules:\n  - id: a\n    condition: >\n      never { x }   // not in production\n      when { y }\n",
        good: "rules:\n  - id: a\n    condition: |\n      never { x }   // not in production\n      when { y }\n"
    }
    DEADLINE_TOO_LONG = "W0007", "a deadline that is longer than a trace is kept open" {
        "A deadline that runs (`within 12h` after a span that came) keeps its trace open until it is over and no span came for `idle_timeout` more, but no longer than `max_age` after the trace's first span; then the rule is `inconclusive(evicted)`. So a deadline longer than `max_age` less `idle_timeout` can never be seen to pass: with their defaults, 290 seconds. `check` reckons with the defaults, `check --config` and the processor with what is set. Set a longer `trace.max_age`, or watch what takes so long by other means.",
        bad: "rules:\n  - id: a\n    condition: when each { x as p } always { y after p within 12h }\n",
        good: "rules:\n  - id: a\n    condition: when each { x as p } always { y after p within 2m }\n"
    }
}
