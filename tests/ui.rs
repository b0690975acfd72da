//! What the macros say about mistakes: each file in `ui/fail/<word>` is named for its mistake and has its errors beside it.
//!
//! One mistake is one error. A file that gets more states how many in its first line: `// errors: 3`.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders of `ui/fail`, and how many files each holds at least, so that none gets lost unseen.
const WORDS: [(&str, usize); 8] = [
    ("decimal", 6),
    ("pipeline", 120),
    ("policy", 84),
    ("record", 110),
    ("resource", 15),
    ("sink", 15),
    ("source", 20),
    ("stage", 40),
];

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    for (word, _) in WORDS {
        cases.compile_fail(format!("tests/ui/fail/{word}/*.rs"));
    }
}

#[test]
fn one_mistake_is_one_error() {
    let mut wrong = Vec::new();
    for (word, least) in WORDS {
        let files = files(word);
        assert!(files.len() >= least, "only {} files of `{word}`", files.len());
        for file in files {
            let (stated, shown) = (stated(&file), shown(&file));
            if stated != shown {
                wrong.push(format!("{}: {stated} stated, {shown} shown", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The files of one word.
fn files(word: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/fail").join(word);
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect();
    files.sort();
    files
}

/// How many errors a file says it gets.
fn stated(file: &Path) -> usize {
    let text = fs::read_to_string(file).unwrap();
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("// errors: ").map_or(1, |number| number.parse().unwrap())
}

/// How many errors stand beside a file.
fn shown(file: &Path) -> usize {
    let text = fs::read_to_string(file.with_extension("stderr")).unwrap_or_default();
    let errors = text.lines().filter(|line| line.starts_with("error:") || line.starts_with("error["));
    errors.filter(|line| !line.starts_with("error: aborting")).count()
}
