//! Files that are written whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Its contents are exchanged; it keeps its permissions, and where the system allows it its owner and group.
    Replace,
    /// It stays, and the writing fails with [`io::ErrorKind::AlreadyExists`].
    Keep,
}

/// Writes a file beside its place, has it stored, and moves it there, so that at no time there is half of it: after an
/// error, also of a full disk, what was there is still there. Through a symbolic link its target is written. Of
/// several hard links the named one gets the new contents.
///
/// # Errors
/// Of the file system, also where the directory may not be written.
pub fn write_whole(path: &Path, bytes: &[u8], existing: Existing) -> io::Result<()> {
    let present = match fs::symlink_metadata(path) {
        Ok(_) if existing == Existing::Keep => return Err(io::ErrorKind::AlreadyExists.into()),
        // A pipe or a device holds nothing that could be cut.
        Ok(_) if !fs::metadata(path)?.is_file() => return fs::write(path, bytes),
        Ok(_) => Some(Present::open(path)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let target = present.as_ref().map_or(path, |present| &present.path);
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut beside = new_file_in(directory)?;
    beside.write_all(bytes)?;
    if let Some(present) = &present {
        present.hand_on(beside.as_file())?;
    }
    beside.as_file().sync_all()?;
    match existing {
        Existing::Replace => beside.persist(target)?,
        Existing::Keep => beside.persist_noclobber(target)?,
    };
    // The file is in its place. Where the directory cannot be stored, a power cut may bring back the old one, whole.
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
    Ok(())
}

/// A file that is to be replaced.
struct Present {
    /// With every link followed.
    path: PathBuf,
    metadata: Metadata,
}

impl Present {
    /// Fails where writing into the file would: to replace it takes no more rights than that.
    fn open(path: &Path) -> io::Result<Present> {
        let metadata = OpenOptions::new().write(true).open(path)?.metadata()?;
        Ok(Present {
            path: fs::canonicalize(path)?,
            metadata,
        })
    }

    #[cfg(unix)]
    fn hand_on(&self, file: &File) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt, fchown};
        let (own, wanted) = (file.metadata()?, &self.metadata);
        if (own.uid(), own.gid()) != (wanted.uid(), wanted.gid()) {
            // Only the superuser may give a file away; a group may be kept by its members.
            if fchown(file, Some(wanted.uid()), Some(wanted.gid())).is_err() {
                let _ = fchown(file, None, Some(wanted.gid()));
            }
        }
        file.set_permissions(wanted.permissions())
    }

    #[cfg(not(unix))]
    fn hand_on(&self, file: &File) -> io::Result<()> {
        file.set_permissions(self.metadata.permissions())
    }
}

/// Hidden, so that a directory of rules never has it; removed again unless it gets its place.
fn new_file_in(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".betrace-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As of any new file: the system takes the mask of the process from it.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(directory)
}
