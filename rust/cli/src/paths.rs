//! The files that arguments name.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use betrace_lang::{Limits, SourceFile, missing_files, normal_name};

/// An argument that names nothing readable.
#[derive(Debug)]
pub struct PathError {
    pub path: PathBuf,
    pub message: String,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.message)
    }
}

fn unreadable(path: &Path, error: &io::Error) -> PathError {
    PathError {
        path: path.to_owned(),
        message: cause(error),
    }
}

fn cause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// Why one file that an argument names cannot be opened, with what it is wanted for: `a Collector configuration`.
pub fn no_file(path: &Path, error: &io::Error, wanted: &str) -> String {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::IsADirectory => {
            format!("{shown}: this is a directory, and {wanted} is wanted: name the file")
        }
        io::ErrorKind::NotFound => format!("{shown}: no such file; {wanted} is wanted"),
        _ => format!("{shown}: {}", cause(error)),
    }
}

/// Refuses a place where no file can be written: a directory, or one in a directory that is not there.
pub fn writable(path: &Path) -> Result<(), String> {
    let shown = path.display();
    if path.is_dir() {
        return Err(format!(
            "{shown}: this is a directory; name a file in it to write to"
        ));
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    match parent {
        Some(parent) if !parent.is_dir() => Err(format!(
            "{shown}: there is no directory {} to write to; make it first",
            parent.display()
        )),
        _ => Ok(()),
    }
}

/// What `-` is called in messages.
pub const STDIN: &str = "<stdin>";

/// Finds rule files: files as named, of directories every `*.yaml` and `*.yml` below, in the order of
/// their paths. A file that is named twice is found once.
pub fn rule_paths(paths: &[PathBuf]) -> Result<Vec<PathBuf>, PathError> {
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        if is_stdin(path) {
            if seen.insert(path.clone()) {
                files.push(path.clone());
            }
            continue;
        }
        let found = if is_directory(path)? {
            let Walked {
                files: mut found,
                lost,
                ..
            } = walk(path, &|_| true)?;
            // The rules behind it would be gone in silence.
            if let Some(link) = lost.into_iter().find(|link| is_rule_file(link)) {
                let message = "this link leads nowhere: mend or remove it".to_owned();
                return Err(PathError {
                    path: link,
                    message,
                });
            }
            found.retain(|file| is_rule_file(file));
            if found.is_empty() {
                return Err(PathError {
                    path: path.clone(),
                    message: "no rule files (*.yaml, *.yml) in this directory".to_owned(),
                });
            }
            found
        } else {
            vec![path.clone()]
        };
        for file in found {
            let identity = fs::canonicalize(&file).map_err(|error| unreadable(&file, &error))?;
            if seen.insert(identity) {
                files.push(file);
            }
        }
    }
    Ok(files)
}

fn is_rule_file(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|own| {
        ["yaml", "yml"]
            .iter()
            .any(|one| one.eq_ignore_ascii_case(own))
    })
}

/// Finds rule files as [`rule_paths`] does, and reads them and those that they use, where these lie in or below a
/// directory that was named or that holds a file that was. Loading reports those that do not, or are not there.
pub fn rule_files(paths: &[PathBuf], limits: &Limits) -> Result<Vec<SourceFile>, PathError> {
    let found = rule_paths(paths)?;
    let read = found.iter().map(|path| rule_file(path, limits));
    let mut files = read.collect::<Result<Vec<_>, _>>()?;
    let folders: Vec<PathBuf> = paths.iter().map(|path| folder(path)).collect();
    // Loading refuses longer rows of files that use each other.
    for _ in 0..=limits.used_in_a_row {
        let mut is_whole = true;
        for name in missing_files(&files, limits) {
            let path = Path::new(&name);
            let is_inside = folders.iter().any(|folder| holds(folder, path));
            if is_inside && fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
                files.push(rule_file(path, limits)?);
                is_whole = false;
            }
        }
        if is_whole {
            break;
        }
    }
    Ok(files)
}

/// The directory that is named, or of the file that is, without `.` and `..`.
fn folder(path: &Path) -> PathBuf {
    let folder = match path {
        path if is_stdin(path) => Path::new(""),
        path if path.is_dir() => path,
        path => path.parent().unwrap_or(path),
    };
    PathBuf::from(normal_name(&folder.to_string_lossy()))
}

fn holds(folder: &Path, file: &Path) -> bool {
    let is_above = folder.as_os_str().is_empty() && file.starts_with("..");
    file.starts_with(folder) && !is_above && file.is_absolute() == folder.is_absolute()
}

/// Reads a rule file; at most one byte more than it may have, so that loading reports that it is too
/// long.
pub fn rule_file(path: &Path, limits: &Limits) -> Result<SourceFile, PathError> {
    let most = limits.file_bytes as u64 + 1;
    let mut bytes = Vec::new();
    let read = if is_stdin(path) {
        io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|error| unreadable(path, &error))?;
    Ok(SourceFile::from_bytes(shown(path), &bytes))
}

/// `-`
#[must_use]
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A path as messages show it.
fn shown(path: &Path) -> String {
    if is_stdin(path) {
        STDIN.to_owned()
    } else {
        path.display().to_string()
    }
}

/// Where to read traces from. What was named must hold some: a file itself, a directory in one of its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceInputs {
    /// In the order in which they are read.
    pub files: Vec<TraceInput>,
    /// The directories that were named.
    pub directories: Vec<PathBuf>,
    /// Directories below them that were not entered.
    pub passed_over: u64,
}

/// One place to read traces from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceInput {
    /// `-` is standard input.
    pub path: PathBuf,
    /// Found in this one of the directories that were named; `None`: named itself.
    pub directory: Option<usize>,
    /// In bytes; 0 where it cannot be known.
    pub size: u64,
}

impl TraceInput {
    #[must_use]
    pub fn is_stdin(&self) -> bool {
        is_stdin(&self.path)
    }

    /// As shown in messages.
    #[must_use]
    pub fn name(&self) -> String {
        shown(&self.path)
    }
}

/// Finds trace files: files as named, of directories every file below that is not hidden.
pub fn trace_inputs(paths: &[PathBuf]) -> Result<TraceInputs, PathError> {
    trace_inputs_in(paths, &|_| true)
}

/// [`trace_inputs`], but directories that `is_wanted` refuses are counted and not entered.
pub fn trace_inputs_in(
    paths: &[PathBuf],
    is_wanted: &dyn Fn(&Path) -> bool,
) -> Result<TraceInputs, PathError> {
    let mut inputs = TraceInputs::default();
    let input = |path: PathBuf, directory| TraceInput {
        size: fs::metadata(&path).map_or(0, |metadata| metadata.len()),
        path,
        directory,
    };
    for path in paths {
        if !is_stdin(path) && is_directory(path)? {
            let directory = Some(inputs.directories.len());
            inputs.directories.push(path.clone());
            let walked = walk(path, is_wanted)?;
            inputs.passed_over += walked.passed_over;
            let found = walked.files.into_iter();
            inputs
                .files
                .extend(found.map(|file| input(file, directory)));
        } else {
            inputs.files.push(input(path.clone(), None));
        }
    }
    Ok(inputs)
}

fn is_directory(path: &Path) -> Result<bool, PathError> {
    fs::metadata(path)
        .map(|metadata| metadata.is_dir())
        .map_err(|error| unreadable(path, &error))
}

/// What lies below a directory.
#[derive(Default)]
struct Walked {
    /// Sorted by path.
    files: Vec<PathBuf>,
    /// Links to nowhere, or to themselves.
    lost: Vec<PathBuf>,
    /// Directories that are not wanted.
    passed_over: u64,
}

/// Every file below. Hidden ones are left out; a directory is entered once, so links in a circle end.
fn walk(directory: &Path, is_wanted: &dyn Fn(&Path) -> bool) -> Result<Walked, PathError> {
    let mut walked = Walked::default();
    let mut entered = BTreeSet::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        if !is_wanted(&directory) {
            walked.passed_over += 1;
            continue;
        }
        let identity =
            fs::canonicalize(&directory).map_err(|error| unreadable(&directory, &error))?;
        if !entered.insert(identity) {
            continue;
        }
        let entries = fs::read_dir(&directory).map_err(|error| unreadable(&directory, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&directory, &error))?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => open.push(path),
                Ok(metadata) if metadata.is_file() => walked.files.push(path),
                // A pipe or a socket is no recording.
                Ok(_) => {}
                Err(error)
                    if error.kind() != io::ErrorKind::PermissionDenied && path.is_symlink() =>
                {
                    walked.lost.push(path);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(unreadable(&path, &error)),
            }
        }
    }
    walked.files.sort();
    Ok(walked)
}
