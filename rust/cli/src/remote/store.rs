//! Where answers go: standard output, or a file that is whole or not there. Until it is whole its parts lie beside it, with a list of what
//! they hold, so that a fetch that was cut off goes on where it was.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::output::Output;

use super::backend::Task;

/// What an earlier run knows of a task.
pub enum Stored {
    No,
    Kept,
    Split(Vec<Task>),
}

pub trait Store {
    fn stored(&self, task: &Task) -> Stored;

    /// # Errors
    /// In words, if it cannot be written.
    fn keep(&mut self, task: &Task, answer: &[u8]) -> Result<(), String>;

    /// The task has these in its place.
    ///
    /// # Errors
    /// As of `keep`.
    fn split(&mut self, task: &Task, further: &[Task]) -> Result<(), String>;
}

impl Store for Output {
    fn stored(&self, _: &Task) -> Stored {
        Stored::No
    }

    fn keep(&mut self, _: &Task, answer: &[u8]) -> Result<(), String> {
        self.data(answer);
        self.data(b"\n");
        Ok(())
    }

    fn split(&mut self, _: &Task, _: &[Task]) -> Result<(), String> {
        Ok(())
    }
}

/// Longer lists of an earlier run are none of ours.
const MOST_LIST: u64 = 256 << 20;

/// A file that becomes whole. Its list has a line for each answer that is in it, written after the answer: what stands
/// behind the last line's length is cut off on the next run.
pub struct Parts {
    path: PathBuf,
    part: File,
    list: File,
    length: u64,
    earlier: BTreeMap<Task, Stored>,
}

impl Parts {
    /// Goes on with the parts beside `path`, if there are any of the fetch that `header` describes on one line; then `window` becomes that
    /// of the run that began it.
    ///
    /// # Errors
    /// In words, if they are of another fetch, or a file cannot be opened.
    pub fn open(path: &Path, header: &str, window: &mut (u64, u64)) -> Result<Parts, String> {
        let (part_path, list_path) = (beside(path, "part"), beside(path, "list"));
        let shown = |path: &Path, error: io::Error| format!("{}: {error}", path.display());
        let mut text = String::new();
        match File::open(&list_path) {
            Ok(list) => {
                let read = list.take(MOST_LIST).read_to_string(&mut text);
                read.map_err(|error| shown(&list_path, error))?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(shown(&list_path, error)),
        }
        let (earlier, length) = match text.split_once('\n') {
            Some((first, lines)) if first == header => {
                *window = lines.lines().find_map(window_of).unwrap_or(*window);
                read(lines)
            }
            Some(_) => {
                return Err(format!(
                    "{} is of another fetch: remove it to begin anew, or name another file",
                    list_path.display()
                ));
            }
            None => (BTreeMap::new(), 0),
        };
        let open = |path: &Path| {
            let opened = OpenOptions::new().create(true).append(true).open(path);
            opened.map_err(|error| shown(path, error))
        };
        let (part, mut list) = (open(&part_path)?, open(&list_path)?);
        part.set_len(length)
            .map_err(|error| shown(&part_path, error))?;
        // Half a line would spoil the next one.
        let lines = text.rfind('\n').map_or(0, |end| end as u64 + 1);
        let begun = if earlier.is_empty() {
            let (from, to) = *window;
            list.set_len(0)
                .and_then(|()| write!(list, "{header}\nwindow {from} {to}\n"))
        } else {
            list.set_len(lines)
        };
        begun.map_err(|error| shown(&list_path, error))?;
        Ok(Parts {
            path: path.to_owned(),
            part,
            list,
            length,
            earlier,
        })
    }

    /// The parts become the file.
    ///
    /// # Errors
    /// In words, if that cannot be.
    pub fn finish(self) -> Result<(), String> {
        let done = self
            .part
            .sync_all()
            .and_then(|()| fs::rename(beside(&self.path, "part"), &self.path))
            .and_then(|()| fs::remove_file(beside(&self.path, "list")));
        done.map_err(|error| format!("{}: {error}", self.path.display()))
    }

    fn note(&mut self, line: &str) -> Result<(), String> {
        let written = self.list.write_all(line.as_bytes());
        written.map_err(|error| format!("{}: {error}", beside(&self.path, "list").display()))
    }
}

impl Store for Parts {
    fn stored(&self, task: &Task) -> Stored {
        match self.earlier.get(task) {
            None | Some(Stored::No) => Stored::No,
            Some(Stored::Kept) => Stored::Kept,
            Some(Stored::Split(halves)) => Stored::Split(halves.clone()),
        }
    }

    fn keep(&mut self, task: &Task, answer: &[u8]) -> Result<(), String> {
        let written = self
            .part
            .write_all(answer)
            .and_then(|()| self.part.write_all(b"\n"));
        written.map_err(|error| format!("{}: {error}", beside(&self.path, "part").display()))?;
        self.length += answer.len() as u64 + 1;
        let line = format!("kept {} {}\n", self.length, written_as(task));
        self.note(&line)
    }

    fn split(&mut self, task: &Task, further: &[Task]) -> Result<(), String> {
        let mut line = format!("split {}", written_as(task));
        for task in further {
            line.push('\t');
            line.push_str(&written_as(task));
        }
        line.push('\n');
        self.note(&line)
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    PathBuf::from(name)
}

/// On one line, without a tab.
fn written_as(task: &Task) -> String {
    match task {
        Task::Services => "services".to_owned(),
        Task::Trace(id) => format!("trace {}", id.escape_default()),
        Task::Stretch { service, from, to } => {
            format!("stretch {from} {to} {}", service.escape_default())
        }
    }
}

fn window_of(line: &str) -> Option<(u64, u64)> {
    let (from, to) = line.strip_prefix("window ")?.split_once(' ')?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

/// What the list says, and how long the part was when its last line was written. A line that was cut off says nothing.
fn read(lines: &str) -> (BTreeMap<Task, Stored>, u64) {
    let (mut known, mut length) = (BTreeMap::new(), 0);
    for line in lines
        .split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n'))
    {
        if let Some((bytes, task)) = line
            .strip_prefix("kept ")
            .and_then(|rest| rest.split_once(' '))
        {
            if let (Ok(bytes), Some(task)) = (bytes.parse(), task_of(task)) {
                length = bytes;
                known.insert(task, Stored::Kept);
            }
        } else if let Some(rest) = line.strip_prefix("split ") {
            let mut tasks = rest.split('\t').map(task_of);
            if let (Some(Some(task)), Some(further)) = (tasks.next(), tasks.collect()) {
                known.insert(task, Stored::Split(further));
            }
        }
    }
    (known, length)
}

/// What [`written_as`] wrote, of names that it did not have to escape; others are asked for again.
fn task_of(text: &str) -> Option<Task> {
    let plain = |name: &str| (!name.contains('\\')).then(|| name.to_owned());
    match text.split_once(' ') {
        Some(("trace", id)) => plain(id).map(Task::Trace),
        Some(("stretch", rest)) => {
            let mut parts = rest.splitn(3, ' ');
            Some(Task::Stretch {
                from: parts.next()?.parse().ok()?,
                to: parts.next()?.parse().ok()?,
                service: plain(parts.next()?)?,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(id: &str) -> Task {
        Task::Trace(id.to_owned())
    }

    #[test]
    fn what_was_cut_off_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("traces.json");
        let mut window = (3, 9);
        let mut parts = Parts::open(&path, "header", &mut window).unwrap();
        let whole = Task::Stretch {
            service: "a b".to_owned(),
            from: 0,
            to: 9,
        };
        parts.split(&whole, &[trace("1"), trace("2")]).unwrap();
        parts.keep(&trace("1"), b"{1}").unwrap();
        // Half an answer, half a line: the machine went down.
        parts.part.write_all(b"{hal").unwrap();
        parts.list.write_all(b"kept 99 trace 2").unwrap();
        drop(parts);
        window = (5, 12);
        assert!(Parts::open(&path, "another", &mut window).is_err());
        drop(Parts::open(&path, "header", &mut window).unwrap());
        let mut parts = Parts::open(&path, "header", &mut window).unwrap();
        assert_eq!(window, (3, 9));
        assert!(matches!(parts.stored(&trace("1")), Stored::Kept));
        assert!(matches!(parts.stored(&trace("2")), Stored::No));
        assert!(matches!(parts.stored(&whole), Stored::Split(further) if further.len() == 2));
        parts.keep(&trace("2"), b"{2}").unwrap();
        assert!(!path.exists());
        parts.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "{1}\n{2}\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
