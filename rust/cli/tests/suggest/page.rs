//! `docs/suggest.md`: every command on it is run, in their order, and prints what the page shows.

use std::path::Path;
use std::process::Command;

/// Blocks behind `sh` fences, each with the `text` block that follows it, if one does.
fn commands(page: &str) -> Vec<(String, Option<String>)> {
    let mut commands: Vec<(String, Option<String>)> = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(fence)) => open = Some((fence, String::new())),
            (Some(_), Some(_)) => match open.take() {
                Some(("sh", text)) => commands.push((text, None)),
                Some(("text", text)) => commands.last_mut().unwrap().1 = Some(text),
                _ => {}
            },
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    commands
}

#[test]
fn the_post_mortem_of_the_page_is_what_the_command_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap();
    let page = std::fs::read_to_string(root.join("docs/suggest.md")).unwrap();
    let desk = tempfile::tempdir().unwrap();
    for folder in ["testdata", "rules"] {
        std::os::unix::fs::symlink(root.join(folder), desk.path().join(folder)).unwrap();
    }
    let commands = commands(&page);
    assert!(commands.len() >= 6, "only {} commands", commands.len());
    for (command, shown) in commands {
        let whole = command.trim().replace("\\\n", " ");
        let (line, file) = match whole.split_once(" > ") {
            Some((line, file)) => (line, Some(file.trim())),
            None => (&*whole, None),
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[0], "betrace", "{command}");
        let output = Command::new(env!("CARGO_BIN_EXE_betrace"))
            .args(&words[1..])
            .current_dir(desk.path())
            .output()
            .unwrap();
        assert!(output.status.code().unwrap() < 2, "{command}: {output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        if let Some(file) = file {
            std::fs::write(desk.path().join(file), &printed).unwrap();
        }
        if let Some(shown) = shown {
            let said = format!("{printed}{told}");
            assert_eq!(said.trim_end(), shown.trim_end(), "{command}");
        }
    }
}
