//! Folders as a bank's mailbox.

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::path::Path;

use super::{BYTES_MAX, DONE, Standing, is_for_us};

/// How a file stands in a folder.
pub(super) fn standing(folder: &Path, name: &str, content: &[u8]) -> Result<Standing> {
    Ok(match fs::read(folder.join(name)) {
        Ok(found) if found == content => Standing::Same,
        Ok(_) => Standing::Other,
        Err(error) if error.kind() == ErrorKind::NotFound => Standing::Absent,
        Err(error) => return Err(error),
    })
}

/// Writes a file to the disk itself, in place of one that is not whole.
pub(super) fn write(folder: &Path, name: &str, content: &[u8]) -> Result<()> {
    let path = folder.join(name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Gives a file another name, on the disk itself.
pub(super) fn rename(folder: &Path, from: &str, to: &str) -> Result<()> {
    fs::rename(folder.join(from), folder.join(to))?;
    File::open(folder)?.sync_all()
}

/// The names of the bank's files, in their order.
pub(super) fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for found in fs::read_dir(folder)? {
        let found = found?;
        let name = found.file_name().to_string_lossy().into_owned();
        if found.file_type()?.is_file() && is_for_us(&name) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// A file of the bank.
pub(super) fn fetch(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(folder.join(name))?.take(BYTES_MAX + 1).read_to_end(&mut content)?;
    if content.len() as u64 > BYTES_MAX {
        return Err(Error::new(ErrorKind::FileTooLarge, "no NACHA file is as large as this"));
    }
    Ok(content)
}

/// Moves a file that was dealt with out of the way, in place of an older one of the same name.
pub(super) fn set_aside(folder: &Path, name: &str) -> Result<()> {
    let done = folder.join(DONE);
    fs::create_dir_all(&done)?;
    fs::rename(folder.join(name), done.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_put_whole_and_found_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        let standing = |content: &[u8]| standing(path, "b.ach", content).expect("a folder");
        assert_eq!(standing(b"two"), Standing::Absent);
        write(path, "b.ach.part", b"twofold").expect("a draft");
        write(path, "b.ach.part", b"two").expect("another");
        assert_eq!(names(path).expect("names"), Vec::<String>::new(), "drafts are passed over");
        rename(path, "b.ach.part", "b.ach").expect("a name");
        assert_eq!((standing(b"two"), standing(b"one")), (Standing::Same, Standing::Other));
        write(path, "a.ach", b"one").expect("a file");
        fs::write(path.join(".hidden"), b"").expect("a file");
        assert_eq!(names(path).expect("names"), ["a.ach", "b.ach"]);
        assert_eq!(fetch(path, "a.ach").expect("a file"), b"one");
        for _ in 0..2 {
            set_aside(path, "a.ach").expect("aside");
            assert_eq!(names(path).expect("names"), ["b.ach"]);
            write(path, "a.ach", b"another day's").expect("a file");
        }
        names(&path.join("nowhere")).expect_err("no such folder");
    }
}
