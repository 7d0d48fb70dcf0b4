//! Folders as a bank's mailbox.

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::path::Path;

/// The largest file that is picked up.
const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// What the name of a file that is not whole yet ends with.
const UNFINISHED: &str = ".part";
/// The folder inside of the inbound one where files go that were dealt with.
const DONE: &str = "done";

/// Puts a file into a folder: whole or not at all, and the same file twice is once.
pub(super) fn put(folder: &Path, name: &str, content: &[u8]) -> Result<()> {
    let path = folder.join(name);
    if path.exists() {
        return match fs::read(&path)? == content {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::AlreadyExists, "another file has the name")),
        };
    }
    let draft = folder.join(format!("{name}{UNFINISHED}"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&draft, &path)?;
    File::open(folder)?.sync_all()
}

/// The names and contents of the files in a folder, in the order of their names.
pub(super) fn take(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut names = Vec::new();
    for found in fs::read_dir(folder)? {
        let found = found?;
        let name = found.file_name().to_string_lossy().into_owned();
        let is_whole = !name.ends_with(UNFINISHED) && !name.starts_with('.');
        if found.file_type()?.is_file() && is_whole {
            names.push(name);
        }
    }
    names.sort();
    names.into_iter().map(|name| Ok((name.clone(), read(&folder.join(&name))?))).collect()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(BYTES_MAX + 1).read_to_end(&mut content)?;
    if content.len() as u64 > BYTES_MAX {
        return Err(Error::new(ErrorKind::FileTooLarge, "no NACHA file is as large as this"));
    }
    Ok(content)
}

/// Moves a file that was dealt with out of the way.
pub(super) fn set_aside(folder: &Path, name: &str) -> Result<()> {
    let done = folder.join(DONE);
    fs::create_dir_all(&done)?;
    fs::rename(folder.join(name), done.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_put_once_and_taken_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        put(path, "b.ach", b"two").expect("put");
        put(path, "a.ach", b"one").expect("put");
        put(path, "a.ach", b"one").expect("the same once more");
        put(path, "a.ach", b"other").expect_err("another under the same name");
        fs::write(path.join("c.ach.part"), b"half").expect("a draft");
        let taken = take(path).expect("files");
        let expected =
            vec![("a.ach".to_owned(), b"one".to_vec()), ("b.ach".to_owned(), b"two".to_vec())];
        assert_eq!(taken, expected);
        set_aside(path, "a.ach").expect("aside");
        assert_eq!(take(path).expect("files").len(), 1);
        take(&path.join("nowhere")).expect_err("no such folder");
    }
}
