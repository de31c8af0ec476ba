//! Rule files that use others: what they are brought, and what is said where that fails.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use betrace_lang::{Limits, Loaded, SourceFile, canonical, load, render_text};

/// Files by name, as one set.
fn set(files: &[(&str, &str)]) -> Vec<SourceFile> {
    let files = files.iter();
    files
        .map(|(name, text)| SourceFile::new(*name, *text))
        .collect()
}

fn loaded(files: &[(&str, &str)]) -> Loaded {
    load(&set(files), &Limits::default())
}

fn faultless(files: &[(&str, &str)]) -> Loaded {
    let loaded = loaded(files);
    assert_eq!(said(files), "");
    loaded
}

fn said(files: &[(&str, &str)]) -> String {
    let files = set(files);
    render_text(&load(&files, &Limits::default()).diagnostics, &files, false)
}

/// Of each rule what it means.
fn meanings(loaded: &Loaded) -> Vec<String> {
    let rules = loaded.rules.iter();
    rules.map(|one| canonical(&one.rule.body)).collect()
}

const PAY: &str = "use: [./shared.yaml]
rules:
  - id: pay
    condition: |
      when each { big.where(card in cards and code >= 500) as p }
      always { check.where(code == p.code) }
    message: '{p.code}'
";

const SHARED: &str = "macros: { big: payment.where(amount > 1000) }
lists: { cards: [visa, amex] }
fields: { code: [http.response.status_code, http.status_code] }
";

#[test]
fn a_file_uses_macros_lists_and_fields_of_another_in_whatever_order_they_come() {
    let alone = format!(
        "{SHARED}{}",
        PAY.trim_start_matches("use: [./shared.yaml]\n")
    );
    let wanted = faultless(&[("rules/pay.yaml", &alone)]);
    for files in [
        [("rules/pay.yaml", PAY), ("rules/shared.yaml", SHARED)],
        [("rules/shared.yaml", SHARED), ("rules/pay.yaml", PAY)],
        [("rules/./pay.yaml", PAY), ("./rules/shared.yaml", SHARED)],
    ] {
        let loaded = faultless(&files);
        assert_eq!(meanings(&loaded), meanings(&wanted));
        assert_eq!(loaded.rules[0].rule.hash, wanted.rules[0].rule.hash);
        assert_eq!(loaded.rule_count, 1);
    }
}

#[test]
fn a_change_of_a_used_file_changes_the_meaning_of_the_rules_that_name_what_changed_and_of_no_others()
 {
    let rules = "use: ./shared.yaml\nrules:\n  - { id: a, condition: big and not check }\n  - { id: b, condition: x and not check }\n";
    let hashes = |shared: &str| {
        let loaded = loaded(&[("pay.yaml", rules), ("shared.yaml", shared)]);
        let rules = loaded.rules.iter();
        rules.map(|one| one.rule.hash).collect::<Vec<_>>()
    };
    let before = hashes(SHARED);
    let after = hashes(&SHARED.replace("1000", "2000"));
    assert_ne!(before[0], after[0]);
    assert_eq!(before[1], after[1]);
    assert_eq!(before, hashes(&SHARED.replace("visa", "mastercard")));
}

#[test]
fn a_used_macro_is_read_with_the_names_of_its_own_file() {
    let files = [
        (
            "pay.yaml",
            "use: [./shared.yaml]\nmacros: { paid: refund }\nlists: { cards: [diners] }\nrules:\n  - { id: a, condition: big and paid.where(card in cards) and not check }\n",
        ),
        (
            "shared.yaml",
            "use: [lists/cards.yaml]\nmacros: { big: paid2.where(card in cards_of_all), paid2: payment }\n",
        ),
        (
            "lists/cards.yaml",
            "lists: { cards_of_all: [visa, amex] }\n",
        ),
    ];
    assert_eq!(
        meanings(&faultless(&files)),
        [
            "payment.where(card in [\"visa\", \"amex\"]) and refund.where(card in [\"diners\"]) and not check"
        ]
    );
    // What a used file uses itself is not brought along.
    let inner = files.map(|(name, text)| {
        (
            name,
            text.replace("card in cards)", "card in cards_of_all)"),
        )
    });
    let inner: Vec<(&str, &str)> = inner
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    assert!(
        said(&inner).contains("there is no list `cards_of_all`"),
        "{}",
        said(&inner)
    );
}

#[test]
fn a_macro_of_one_name_in_two_files_is_no_circle() {
    let files = [
        (
            "pay.yaml",
            "use: [./shared.yaml]\nmacros: { inner: outer }\nrules:\n  - { id: a, condition: inner and not check }\n",
        ),
        ("shared.yaml", "macros: { outer: 'other.where(x == 1)' }\n"),
        (
            "b.yaml",
            "use: [./c.yaml]\nmacros: { one: two }\nrules:\n  - { id: b, condition: one and not z }\n",
        ),
        ("c.yaml", "use: [./d.yaml]\nmacros: { two: three }\n"),
        ("d.yaml", "macros: { three: one, one: payment }\n"),
    ];
    assert_eq!(
        meanings(&faultless(&files)),
        ["other.where(x == 1) and not check", "payment and not z"]
    );
}

#[test]
fn every_document_of_a_used_file_brings_its_names() {
    let files = [
        (
            "pay.yaml",
            "use: [./shared.yaml]\nrules:\n  - { id: a, condition: big.where(card in cards) and not check }\n",
        ),
        (
            "shared.yaml",
            "lists: { cards: [visa] }\n---\nmacros: { big: payment }\n",
        ),
    ];
    assert_eq!(
        meanings(&faultless(&files)),
        ["payment.where(card in [\"visa\"]) and not check"]
    );
}

#[test]
fn what_is_wrong_with_the_use_of_files_is_told_where_it_stands() {
    let rule = "rules:\n  - { id: a, condition: payment.where(card in cards) and not check }\n";
    let library = "lists: { cards: [visa] }\n";
    let with = |uses: &str| format!("use: {uses}\n{rule}");
    let mut report = String::new();
    let mut tell = |what: &str, files: &[(&str, &str)]| {
        report += &format!("# {what}\n{}\n", said(files));
    };
    tell(
        "missing",
        &[
            ("rules/a.yaml", &with("[./shraed.yaml]")),
            ("rules/shared.yaml", library),
        ],
    );
    tell("outside", &[("rules/a.yaml", &with("../other/lists.yaml"))]);
    tell(
        "no path",
        &[(
            "a.yaml",
            &with("[/etc/shared.yaml, 'https://x.y/z.yaml', '..\\a.yaml', '']"),
        )],
    );
    tell("no text", &[("a.yaml", &with("[[b.yaml], {c: d}]"))]);
    tell("itself", &[("a.yaml", &with("[./a.yaml]"))]);
    tell(
        "twice",
        &[("a.yaml", &with("[./b.yaml, b.yaml]")), ("b.yaml", library)],
    );
    tell(
        "rules in it",
        &[
            ("a.yaml", &with("[./b.yaml]")),
            (
                "b.yaml",
                "lists: { cards: [visa] }\nrules:\n  - { id: b, condition: x.where(y in cards) and not z }\n",
            ),
        ],
    );
    tell(
        "a circle",
        &[
            ("a.yaml", &with("[./b.yaml]")),
            ("b.yaml", "use: [c.yaml]\nlists: { cards: [visa] }\n"),
            ("c.yaml", "use: [./b.yaml]\nmacros: { m: n }\n"),
        ],
    );
    tell(
        "a clash with its own",
        &[
            (
                "a.yaml",
                &format!("macros: {{ cards: x }}\n{}", with("[./b.yaml]")),
            ),
            ("b.yaml", library),
        ],
    );
    tell(
        "a clash of two",
        &[
            ("a.yaml", &with("[./b.yaml, ./c.yaml]")),
            ("b.yaml", library),
            ("c.yaml", "macros: { cards: x }\n"),
        ],
    );
    tell(
        "a field that reads another",
        &[
            (
                "a.yaml",
                &with("[./b.yaml]")
                    .replace("rules:", "fields: { f: [cards] }\nrules:")
                    .replace("card in", "f in"),
            ),
            ("b.yaml", library),
        ],
    );
    tell(
        "nothing of it used",
        &[
            ("a.yaml", &with("[./b.yaml, ./c.yaml]")),
            ("b.yaml", library),
            ("c.yaml", "macros: { m: n }\n"),
        ],
    );
    tell(
        "used by nobody",
        &[
            ("a.yaml", "rules:\n  - { id: a, condition: x and not y }\n"),
            ("b.yaml", library),
        ],
    );
    tell(
        "a fault in what is used, said once",
        &[
            (
                "a.yaml",
                "use: [./b.yaml]\nrules:\n  - { id: a, condition: big and not check }\n  - { id: b, condition: big and not z }\n",
            ),
            (
                "c.yaml",
                "use: [./b.yaml]\nrules:\n  - { id: c, condition: big and not check }\n",
            ),
            (
                "b.yaml",
                "macros:\n  big: payment.where(card in crads)\nlists: { cards: [visa] }\n",
            ),
        ],
    );
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("used-files", report);
    });
}

#[test]
fn the_number_of_used_files_and_the_row_of_them_are_bounded() {
    let limits = Limits {
        used_files: 3,
        used_in_a_row: 3,
        ..Limits::default()
    };
    let codes = |files: &[SourceFile]| {
        let loaded = load(files, &limits);
        let errors = loaded.diagnostics.into_iter().filter(|one| one.is_error());
        errors.map(|one| one.code.0).collect::<Vec<_>>()
    };
    let list = |n: usize| SourceFile::new(format!("{n}.yaml"), format!("lists: {{ l{n}: [a] }}\n"));
    let user = |n: usize| {
        let uses: Vec<String> = (0..n).map(|n| format!("./{n}.yaml")).collect();
        let asked: Vec<String> = (0..n.min(3)).map(|n| format!("x in l{n}")).collect();
        let text = format!(
            "use: [{}]\nrules:\n  - {{ id: a, condition: b.where({}) and not c }}\n",
            uses.join(", "),
            asked.join(" or ")
        );
        let mut files: Vec<SourceFile> = (0..n).map(list).collect();
        files.push(SourceFile::new("user.yaml", text));
        files
    };
    assert_eq!(codes(&user(3)), [""; 0]);
    assert_eq!(codes(&user(4)), ["E0015"]);
    let row = |n: usize| {
        let mut files = vec![SourceFile::new(
            "user.yaml",
            "use: [1.yaml]\nrules:\n  - { id: a, condition: m1 and not c }\n",
        )];
        for at in 1..n {
            let next = at + 1;
            files.push(SourceFile::new(
                format!("{at}.yaml"),
                format!("use: [{next}.yaml]\nmacros: {{ m{at}: m{next} }}\n"),
            ));
        }
        files.push(SourceFile::new(
            format!("{n}.yaml"),
            format!("macros: {{ m{n}: payment }}\n"),
        ));
        files
    };
    assert_eq!(codes(&row(3)), [""; 0]);
    assert_eq!(codes(&row(4)), ["E0015"]);
}
