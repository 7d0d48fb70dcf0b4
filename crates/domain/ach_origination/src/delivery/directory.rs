//! Folders as a bank's mailbox.

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

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

/// Whether a file of this name is there.
pub(super) fn has(folder: &Path, name: &str) -> Result<bool> {
    folder.join(name).try_exists()
}

/// Writes a file to the disk itself, in place of one that is not whole.
pub(super) fn write(folder: &Path, name: &str, content: &[u8]) -> Result<()> {
    let path = folder.join(name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Removes a file, if it is there.
pub(super) fn remove(folder: &Path, name: &str) -> Result<()> {
    match fs::remove_file(folder.join(name)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Gives a file another name, on the disk itself, unless another file has that name.
pub(super) fn publish(folder: &Path, from: &str, to: &str) -> Result<()> {
    rename_to_new(&folder.join(from), &folder.join(to))?;
    File::open(folder)?.sync_all()
}

/// In one step, so that a server that is killed leaves either name and never both: a link and its removal would leave a
/// draft behind a file that the bank may have taken already, and the draft would be handed over again.
fn rename_to_new(from: &Path, to: &Path) -> Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems of other machines know no such renaming: files of ours have names of their own, so that only
        // a stranger's could come in between.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            if to.try_exists()? {
                return Err(ErrorKind::AlreadyExists.into());
            }
            fs::rename(from, to)
        }
        done => Ok(done?),
    }
}

/// Whether files can be put into a folder and looked for in another; what stands in the way, as sentences with the field
/// that they are about.
pub(super) fn objections(
    outbound: &Path,
    inbound: &Path,
    probe: &str,
) -> Vec<(&'static str, String)> {
    let put = write(outbound, probe, b"").and_then(|()| remove(outbound, probe));
    let looked = fs::read_dir(inbound);
    let failed = [("outbound", put.err()), ("inbound", looked.err())];
    let failed = failed.into_iter().filter_map(|(field, error)| Some((field, error?)));
    failed.map(|(field, error)| (field, format!("The folder cannot be used: {error}."))).collect()
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

/// A file of the bank; `None` when it is there no more.
pub(super) fn fetch(folder: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let mut content = Vec::new();
    let file = match File::open(folder.join(name)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    file.take(BYTES_MAX + 1).read_to_end(&mut content)?;
    if content.len() as u64 > BYTES_MAX {
        return Err(Error::new(ErrorKind::FileTooLarge, "no NACHA file is as large as this"));
    }
    Ok(Some(content))
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
        publish(path, "b.ach.part", "b.ach").expect("a name");
        write(path, "b.ach.other.part", b"other").expect("another's draft");
        let taken = publish(path, "b.ach.other.part", "b.ach").expect_err("the name is taken");
        assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
        assert!(has(path, "b.ach.other.part").expect("a folder"));
        for _ in 0..2 {
            remove(path, "b.ach.other.part").expect("no draft");
        }
        assert_eq!((standing(b"two"), standing(b"one")), (Standing::Same, Standing::Other));
        write(path, "a.ach", b"one").expect("a file");
        fs::write(path.join(".hidden"), b"").expect("a file");
        assert_eq!(names(path).expect("names"), ["a.ach", "b.ach"]);
        assert_eq!(fetch(path, "a.ach").expect("a file").as_deref(), Some(&b"one"[..]));
        assert_eq!(fetch(path, "c.ach").expect("a folder"), None);
        for _ in 0..2 {
            set_aside(path, "a.ach").expect("aside");
            assert_eq!(names(path).expect("names"), ["b.ach"]);
            write(path, "a.ach", b"another day's").expect("a file");
        }
        let nowhere = path.join("nowhere");
        names(&nowhere).expect_err("no such folder");
        let fields = |outbound: &Path, inbound: &Path| {
            let found = objections(outbound, inbound, ".probe.part").into_iter();
            found.map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(fields(path, &path.join("done")), Vec::<&str>::new());
        assert_eq!(fields(&nowhere, &nowhere), ["outbound", "inbound"]);
    }
}
