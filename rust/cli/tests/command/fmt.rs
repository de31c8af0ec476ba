//! `betrace fmt`

use super::support::*;

const UNTIDY: &str = "# shop rules\nrules:\n  - id: a   # the first\n    condition: \"when {a}   always{ b && !c }\"\n";

#[test]
fn files_are_formatted_in_place_once() {
    let desk = Desk::with(&[("rules/a.yaml", UNTIDY)]);
    let listed = desk.run(&["fmt", "--check", "rules"]);
    assert_eq!(
        (listed.code, listed.out.trim()),
        (1, "rules/a.yaml"),
        "{}",
        listed.err
    );
    assert_eq!(
        std::fs::read_to_string(desk.path("rules/a.yaml")).unwrap(),
        UNTIDY
    );
    assert_eq!(desk.run(&["fmt", "rules"]).code, 0);
    let once = std::fs::read_to_string(desk.path("rules/a.yaml")).unwrap();
    assert!(
        once.contains("# shop rules") && once.contains("# the first"),
        "{once}"
    );
    assert_eq!(desk.run(&["fmt", "--check", "rules"]).code, 0);
    let again = desk.run(&["fmt", "rules"]);
    assert_eq!((again.code, &*again.err), (0, ""));
    assert_eq!(
        std::fs::read_to_string(desk.path("rules/a.yaml")).unwrap(),
        once
    );
}

#[test]
fn older_spellings_are_rewritten_where_asked() {
    let desk = Desk::with(&[]);
    let plain = desk.run_with(&["fmt", "-"], UNTIDY.as_bytes());
    assert_eq!(plain.code, 0, "{}", plain.err);
    assert!(plain.out.contains("&&"), "{}", plain.out);
    let modern = desk.run_with(&["fmt", "--modern", "-"], UNTIDY.as_bytes());
    assert!(modern.out.contains("b and not c"), "{}", modern.out);
    assert_eq!(
        desk.run_with(&["fmt", "--modern", "--check", "-"], modern.out.as_bytes())
            .code,
        0
    );
}

#[test]
fn faulty_files_stay_as_they_are() {
    let faulty = "rules:\n  - id: a\n    condition: 'when { a'\n";
    let desk = Desk::with(&[("a.yaml", faulty), ("b.yaml", UNTIDY)]);
    let ran = desk.run(&["fmt", "a.yaml", "b.yaml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("a.yaml:3:"), "{}", ran.err);
    assert!(ran.err.contains("formatted b.yaml"), "{}", ran.err);
    assert_eq!(
        std::fs::read_to_string(desk.path("a.yaml")).unwrap(),
        faulty
    );
    assert_eq!(desk.run(&["fmt", "missing.yaml"]).code, 2);
    assert_eq!(desk.run(&["fmt"]).code, 2);
}

#[test]
fn the_first_rule_file_is_in_canonical_form() {
    let desk = Desk::with(&[]);
    assert_eq!(desk.run(&["init", "rules.yaml"]).code, 0);
    let ran = desk.run(&["fmt", "--check", "--modern", "rules.yaml"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// Rules whose canonical form is longer than what the tests below let be written.
fn many() -> String {
    let mut text = String::from("rules:\n");
    for number in 0..600 {
        text.push_str(&format!(
            "  - {{ id: r{number},   condition: 'never{{a.where(n=={number})}}' }}\n"
        ));
    }
    text
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_whole_stays_as_it_was() {
    let desk = Desk::with(&[("rules.yaml", &many())]);
    // Beyond eight blocks the system refuses, as it does on a full disk.
    let ran = std::process::Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 8; exec \"$0\" fmt rules.yaml",
        ])
        .arg(env!("CARGO_BIN_EXE_betrace"))
        .current_dir(desk.path(""))
        .output()
        .unwrap();
    let err = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(2), "{err}");
    assert!(err.starts_with("error: rules.yaml: "), "{err}");
    assert_eq!(
        std::fs::read_to_string(desk.path("rules.yaml")).unwrap(),
        many()
    );
    assert_eq!(
        std::fs::read_dir(desk.path("")).unwrap().count(),
        1,
        "something is left behind"
    );
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_permissions_stay() {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};
    let desk = Desk::with(&[("real/rules.yaml", UNTIDY)]);
    let real = desk.path("real/rules.yaml");
    std::fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
    symlink("real/rules.yaml", desk.path("one.yaml")).unwrap();
    symlink("one.yaml", desk.path("two.yaml")).unwrap();
    let ran = desk.run(&["fmt", "two.yaml"]);
    assert_eq!((ran.code, &*ran.err), (0, "formatted two.yaml\n"));
    for link in ["one.yaml", "two.yaml"] {
        assert!(desk.path(link).is_symlink(), "{link}");
    }
    assert_ne!(std::fs::read_to_string(&real).unwrap(), UNTIDY);
    assert_eq!(
        real.metadata().unwrap().permissions().mode() & 0o7777,
        0o640
    );
    assert_eq!(
        std::fs::read_dir(desk.path("real")).unwrap().count(),
        1,
        "something is left behind"
    );
}
