//! `betrace fmt`: rule files in their one canonical form, comments kept.

use std::path::Path;

use betrace_lang::{FormatOptions, Limits, format_file};

use crate::args::Fmt;
use crate::exit::Exit;
use crate::output::{self, Existing, Output, Palette, write_whole};
use crate::paths;
use crate::rules;

pub fn run(args: &Fmt, out: &mut Output) -> Exit {
    let files = match paths::rule_paths(&args.rules) {
        Ok(files) => files,
        Err(error) => {
            output::fault(error);
            return Exit::Usage;
        }
    };
    let each = files.iter().map(|path| format(path, args, out));
    each.max().unwrap_or(Exit::Fine)
}

/// Formats one file; a faulty one stays as it is.
fn format(path: &Path, args: &Fmt, out: &mut Output) -> Exit {
    let source = match paths::rule_file(path, &Limits::default()) {
        Ok(source) => source,
        Err(error) => {
            output::fault(error);
            return Exit::Usage;
        }
    };
    let options = FormatOptions {
        modern: args.modern,
    };
    let formatted = match format_file(&source.text, options) {
        Ok(formatted) => formatted,
        Err(faults) => {
            let files = [source];
            output::report(&rules::shown(&faults, &files, Palette::off()));
            output::fault(format_args!("{}: not formatted", files[0].name));
            return Exit::Usage;
        }
    };
    let is_changed = *formatted != *source.text;
    if args.check {
        if is_changed {
            out.line(&source.name);
            return Exit::Found;
        }
        return Exit::Fine;
    }
    if paths::is_stdin(path) {
        out.data(formatted.as_bytes());
        return Exit::Fine;
    }
    if is_changed {
        if let Err(error) = write_whole(path, formatted.as_bytes(), Existing::Replace) {
            output::fault(format_args!("{}: {error}", source.name));
            return Exit::Usage;
        }
        output::note(format_args!("formatted {}", source.name));
    }
    Exit::Fine
}
