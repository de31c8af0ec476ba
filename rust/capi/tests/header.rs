//! `include/betrace.h` says what the library exports: generated anew and compared.
//! `UPDATE_HEADER=1 cargo test -p betrace-capi --test header` writes it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::path::Path;
use std::{env, fs};

fn generate(root: &Path) -> String {
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    let mut builder = cbindgen::Builder::new().with_config(config);
    for module in [
        "version", "code", "rules", "settings", "engine", "stats", "snapshot", "evidence",
    ] {
        builder = builder.with_src(root.join(format!("src/{module}.rs")));
    }
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    // What Rust calls a safety section is, for C, what the caller has to see to.
    String::from_utf8(header)
        .unwrap()
        .replace("# Safety", "The caller must see to it:")
}

#[test]
fn the_header_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../../include/betrace.h");
    let generated = generate(root);
    if env::var_os("UPDATE_HEADER").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "include/betrace.h is not what rust/capi exports: write it by \
         UPDATE_HEADER=1 cargo test -p betrace-capi --test header"
    );
}

/// Every exported function is in the header, but the one that panics on purpose.
#[test]
fn every_export_is_in_the_header() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let header = generate(root);
    let mut exports = 0;
    for file in fs::read_dir(root.join("src")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for after in text.split("#[unsafe(no_mangle)]").skip(1) {
            let name = after
                .split("fn ")
                .nth(1)
                .unwrap()
                .split('(')
                .next()
                .unwrap();
            exports += 1;
            assert_eq!(
                header.contains(&format!("{name}(")),
                name != "betrace_test_panic",
                "{name}"
            );
        }
    }
    assert!(exports > 10);
}
