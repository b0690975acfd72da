//! What is left when a redrive is killed at any step of its end, and what the next one makes of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Fate, Journal, Left, path_beside};
use crate::error::BoxError;
use crate::io::letters::Letter;
use crate::redrive::file::LettersFile;
use crate::source::Position;

fn letter(n: u32) -> Letter {
    let error = std::fmt::Error;
    Letter { input: Some(n.into()), ..Letter::new("s", "from", Position::of_item(1), &error, SystemTime::UNIX_EPOCH) }
}

fn line(letter: &Letter) -> String {
    serde_json::to_string(letter).unwrap() + "\n"
}

/// A file of the letters 0, 1, 2 in a directory of its own.
fn three() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().canonicalize().unwrap().join("rejects");
    fs::write(&path, (0..3).map(|n| line(&letter(n))).collect::<String>()).unwrap();
    (dir, path)
}

/// Where the nth of them starts.
fn start(n: u32) -> u64 {
    (0..n).map(|n| line(&letter(n)).len() as u64).sum()
}

/// A journal that has ended: the first letter became another, the second was kept, the third was sent.
fn ended(path: &Path) -> Left {
    let letters = LettersFile::open(path).unwrap();
    let mut journal = Journal::begin(&letters, false).unwrap();
    journal.send(start(0)).unwrap();
    journal.sent(Fate::Sent { again: vec![letter(7)] });
    journal.send(start(1)).unwrap();
    journal.sent(Fate::Kept);
    journal.send(start(2)).unwrap();
    journal.sent(Fate::Sent { again: Vec::new() });
    journal.end(vec![letter(8)], true).unwrap()
}

fn settled() -> String {
    [1, 7, 8].map(|n| line(&letter(n))).concat()
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[track_caller]
fn opens_settled(dir: &Path, path: &Path) {
    drop(LettersFile::open(path).unwrap());
    assert_eq!(fs::read_to_string(path).unwrap(), settled());
    assert_eq!(names(dir), ["rejects"]);
}

#[test]
fn killed_before_it_was_settled() {
    let (dir, path) = three();
    ended(&path);
    opens_settled(dir.path(), &path);
}

#[test]
fn killed_when_the_new_file_was_whole_and_not_noted() {
    let (dir, path) = three();
    ended(&path);
    fs::write(dir.path().join(".rejects.a1b2c3.whole"), "half of it").unwrap();
    opens_settled(dir.path(), &path);
}

/// As settling leaves it after it has noted its new file: that file, whole, and the journal.
fn noted(dir: &Path, path: &Path) -> PathBuf {
    let left = ended(path);
    let whole = dir.canonicalize().unwrap().join(".rejects.a1b2c3.whole");
    fs::write(&whole, settled()).unwrap();
    left.note_replacement(&unlocked(path).unwrap()).unwrap();
    whole
}

/// The file of letters as it is while the journal is settled.
fn unlocked(path: &Path) -> Result<LettersFile, BoxError> {
    Ok(LettersFile::lock(path)?)
}

#[test]
fn killed_when_the_new_file_was_noted_and_not_in_place() {
    let (dir, path) = three();
    noted(dir.path(), &path);
    opens_settled(dir.path(), &path);
}

#[test]
fn killed_when_the_new_file_was_in_place_and_the_journal_still_there() {
    let (dir, path) = three();
    let whole = noted(dir.path(), &path);
    fs::rename(whole, &path).unwrap();
    opens_settled(dir.path(), &path);

    // Letters that came since do not change that.
    let (dir, path) = three();
    let whole = noted(dir.path(), &path);
    fs::rename(whole, &path).unwrap();
    let longer = settled() + &line(&letter(9));
    fs::write(&path, &longer).unwrap();
    drop(LettersFile::open(&path).unwrap());
    assert_eq!((fs::read_to_string(&path).unwrap(), names(dir.path())), (longer, vec!["rejects".to_owned()]));
}

#[test]
fn killed_while_it_noted_the_new_file() {
    let (dir, path) = three();
    noted(dir.path(), &path);
    let journal = path_beside(&path);
    let text = fs::read_to_string(&journal).unwrap();
    assert!(text.ends_with("}}}\n"), "{text}");
    fs::write(&journal, &text[..text.len() - 9]).unwrap();
    opens_settled(dir.path(), &path);
}

#[test]
fn killed_when_the_journal_had_just_been_made() {
    let (dir, path) = three();
    let before = fs::read_to_string(&path).unwrap();
    for text in ["", "{\"letters\":{\"vers"] {
        fs::write(path_beside(&path), text).unwrap();
        drop(LettersFile::open(&path).unwrap());
        assert_eq!(
            (fs::read_to_string(&path).unwrap(), names(dir.path())),
            (before.clone(), vec!["rejects".to_owned()])
        );
    }
}

#[test]
fn a_journal_that_cannot_be_read_is_refused() {
    let (_dir, path) = three();
    let journal = path_beside(&path);
    let refused = || LettersFile::open(&path).unwrap_err().to_string();
    fs::write(&journal, "nonsense\n").unwrap();
    assert!(refused().contains(&format!("its journal {} cannot be read: ", journal.display())));
    fs::write(&journal, "{\"letters\":{\"version\":2,\"file\":{\"len\":0,\"hash\":0},\"stateful\":false}}\n").unwrap();
    assert!(refused().contains("was written by a newer version"));
}

#[test]
fn one_redrive_at_a_time() {
    let (_dir, path) = three();
    let first = LettersFile::open(&path).unwrap();
    let second = LettersFile::open(&path).unwrap_err().to_string();
    assert!(second.ends_with("a run writes to it, or another redrive sends its letters"), "{second}");
    drop(first);
    LettersFile::open(&path).unwrap();
}
