//! The library as a C program sees it: `embed.c` is compiled by gcc, linked with the static library,
//! and run, under valgrind where there is one.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}\n{text}");
    text
}

/// The static library that cargo built beside this test; of several builds the latest.
fn static_library() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let folder = tests.parent().unwrap();
    let libraries = folder.read_dir().unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name()?.to_str()?;
        let ours = name.starts_with("libbetrace") && !name.starts_with("libbetrace_");
        (ours && name.ends_with(".a")).then_some(path)
    });
    libraries
        .max_by_key(|path| path.metadata().unwrap().modified().unwrap())
        .unwrap_or_else(|| panic!("no libbetrace*.a in {}", folder.display()))
}

fn compile(folder: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = folder.join("embed");
    let mut gcc = Command::new("gcc");
    gcc.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-g", "-O1"])
        .arg("-I")
        .arg(root.join("../../include"))
        .arg(root.join("tests/embed.c"))
        .arg(static_library())
        .args(["-lm", "-ldl", "-lpthread", "-o"])
        .arg(&program);
    if cfg!(debug_assertions) {
        gcc.arg("-DTEST_PANIC");
    }
    run(&mut gcc);
    program
}

#[test]
fn a_c_program_embeds_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let program = compile(folder.path());
    let text = run(&mut Command::new(&program));
    if cfg!(debug_assertions) {
        assert!(
            text.contains("on purpose"),
            "the panic was not tried: {text}"
        );
    }

    let valgrind = Command::new("valgrind").arg("--version").output();
    if !valgrind.is_ok_and(|output| output.status.success()) {
        eprintln!("there is no valgrind here: ran embed.c without it");
        return;
    }
    run(Command::new("valgrind")
        .args(["--quiet", "--error-exitcode=9", "--leak-check=full"])
        .args([
            "--show-leak-kinds=definite,indirect,possible",
            "--errors-for-leak-kinds=definite,possible",
        ])
        .arg(&program));
}
