use super::*;
use crate::list::Extent;

fn switched(source: &str, genre: &str, at: &str, replacements: &[&str]) -> String {
    let before = &source[..source.find(at).expect("the source has it")];
    let place = Place {
        line: before.matches('\n').count() + 1,
        column: before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1,
    };
    let mutant = |replacement: &&str| Mutant {
        name: String::new(),
        file: String::new(),
        span: Extent {
            start: place,
            end: place,
        },
        replacement: (*replacement).to_owned(),
        genre: genre.to_owned(),
    };
    let mutants: Vec<Mutant> = replacements.iter().map(mutant).collect();
    let numbered: Vec<(usize, &Mutant)> = (1..).zip(&mutants).collect();
    let switched = switch(source, &numbered).expect("it parses");
    assert!(switched.without.is_empty(), "{:?}", switched.without);
    syn::parse_file(&switched.text).expect("what is written parses");
    let text = switched.text.replace("crate::switches::", "");
    let text = text.replace("/*m1*/", "").replace("/*e1*/", "");
    text.replace("/*m2*/", "").replace("/*e2*/", "")
}

#[test]
fn an_operator_is_one_of_several() {
    let source = "fn f(a: u8) -> bool { g(a + 1 < 3) }";
    let text = switched(source, "BinaryOperator", "<", &["==", ">"]);
    let both = "if on(1) { a + 1 == 3 } else if on(2) { a + 1 > 3 } else { a + 1 < 3 }";
    assert_eq!(text, format!("fn f(a: u8) -> bool {{ g(({both})) }}"));
}

#[test]
fn a_function_returns_at_once() {
    let source = "fn f() -> u8 {\n    7\n}";
    let text = switched(source, "FnValue", "7", &["0"]);
    assert_eq!(text, "fn f() -> u8 { if on(1) { return 0; } \n    7\n}");
}

#[test]
fn an_arm_is_not_there() {
    let source = "fn f(a: u8) -> u8 { match a { 1 => 2, 3 if b => 4, _ => 5 } }";
    let text = switched(source, "MatchArm", "1 =>", &[""]);
    assert!(text.contains("1 if !on(1) => 2"), "{text}");
    let text = switched(source, "MatchArm", "3 if", &[""]);
    assert!(text.contains("3 if !on(1) && (b) => 4"), "{text}");
    let text = switched(source, "MatchArmGuard", "b =>", &["true", "false"]);
    let guard = "3 if (if on(1) { true } else if on(2) { false } else { b }) => 4";
    assert!(text.contains(guard), "{text}");
}

#[test]
fn a_negation_is_left_out_and_a_field_is_the_bases() {
    let text = switched("fn f() { g(!a) }", "UnaryOperator", "!a", &[""]);
    assert!(text.contains("(if on(1) { a } else { !a })"), "{text}");
    let source = "fn f() -> S { S { a: 1, ..S::default() } }";
    let text = switched(source, "StructField", "a: 1", &[""]);
    let value = "if on(1) { { let base: S = S::default(); base.a } } else { 1 }";
    assert!(text.contains(value), "{text}");
}

#[test]
fn mutants_inside_each_other_do_not_mix() {
    let source = "fn f() -> bool { !(a && b) }";
    let place = |column| Place { line: 1, column };
    let mutant = |genre: &str, column, replacement: &str| Mutant {
        name: String::new(),
        file: String::new(),
        span: Extent {
            start: place(column),
            end: place(column),
        },
        replacement: replacement.to_owned(),
        genre: genre.to_owned(),
    };
    let (outer, inner) = (
        mutant("UnaryOperator", 18, ""),
        mutant("BinaryOperator", 22, "||"),
    );
    let text = switch(source, &[(1, &outer), (2, &inner)])
        .expect("it parses")
        .text;
    let inner = "(if crate::switches::on(2) { /*m2*/a || b/*e2*/ } else { a && b })";
    let outer =
        format!("(if crate::switches::on(1) {{ /*m1*/(a && b)/*e1*/ }} else {{ !({inner}) }})");
    assert_eq!(text, format!("fn f() -> bool {{ {outer} }}"));
}

#[test]
fn what_the_compiler_works_out_has_no_switch() {
    let source = "const A: u8 = 1 + 2;";
    let mutant = Mutant {
        name: String::new(),
        file: String::new(),
        span: Extent {
            start: Place {
                line: 1,
                column: 17,
            },
            end: Place {
                line: 1,
                column: 18,
            },
        },
        replacement: "-".to_owned(),
        genre: "BinaryOperator".to_owned(),
    };
    let switched = switch(source, &[(1, &mutant)]).expect("it parses");
    assert_eq!(
        (switched.text.as_str(), switched.without.len()),
        (source, 1)
    );
}
