//! Where a value begins. `serde_json` says where it had read to when something was wrong, which for a number is its end.

/// A value in a text, and where it begins: line and column, in bytes, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub(super) line: usize,
    pub(super) column: usize,
    /// The value, if it is a number.
    pub(super) number: Option<&'a str>,
}

/// The last value inside `depth` others before this line and column, up to which `text` is JSON: one that ends there, or one that
/// begins there. `None` when it goes on behind them, or there is none.
pub(super) fn value_before(text: &[u8], depth: usize, line: usize, column: usize) -> Option<Value<'_>> {
    let lines = memchr::memchr_iter(b'\n', text).map(|end| end + 1);
    let first = std::iter::once(0).chain(lines).nth(line.checked_sub(1)?)?;
    let stop = first.checked_add(column)?.min(text.len());
    let start = start(text, depth, stop)?;

    let before = text.get(..start)?;
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    let column = 1 + start - memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    let word = std::str::from_utf8(text.get(start..behind_word(text, start))?).ok();
    let number = word.filter(|word| word.ends_with(|last: char| last.is_ascii_digit()) && word.parse::<f64>().is_ok());
    Some(Value { line, column, number })
}

/// Where that value begins.
fn start(text: &[u8], depth: usize, stop: usize) -> Option<usize> {
    // Of the value that was read last, of the one inside it, and so on.
    let mut starts = Vec::new();
    let (mut open, mut at) = (0_usize, 0);
    while at < stop {
        let byte = *text.get(at)?;
        at = match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at + 1,
            b'}' | b']' => {
                open = open.checked_sub(1)?;
                at + 1
            }
            // A name was taken for a value.
            b',' | b':' => {
                starts.truncate(open);
                at + 1
            }
            _ => {
                starts.truncate(open);
                starts.push(at);
                open += usize::from(matches!(byte, b'{' | b'['));
                match byte {
                    b'{' | b'[' => at + 1,
                    b'"' => behind_string(text, at + 1),
                    _ => behind_word(text, at).max(at + 1),
                }
            }
        };
    }
    let next = at + text.get(at..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    match starts.get(depth) {
        _ if open > depth => None,
        // A name, whose value nobody has come to.
        Some(_) if text.get(next) == Some(&b':') => None,
        Some(start) => Some(*start),
        None if starts.len() < depth => None,
        // One may begin here, but none is there.
        None if text.get(next).is_none_or(|byte| b",:]}".contains(byte)) => None,
        None => Some(next),
    }
}

/// The end of a string, of which the first byte behind its quote is at `at`.
fn behind_string(text: &[u8], mut at: usize) -> usize {
    while let Some(found) = memchr::memchr2(b'"', b'\\', text.get(at..).unwrap_or_default()) {
        at += found;
        match text.get(at) {
            Some(b'\\') => at += 2,
            _ => return at + 1,
        }
    }
    text.len()
}

/// The end of a number or of a word such as `true`.
fn behind_word(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let ends = |byte: &u8| b",:{}[]\" \t\n\r".contains(byte);
    at + rest.iter().position(ends).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::value_before;

    const TEXT: &str = "{\"a,\\\"\": 300,\n  \"b\": [{\"c\": -1.5e3}, \"x\\\\\", true],\r\n\"d\" :\t\"}\"}";

    #[track_caller]
    fn begins(stop: &str, depth: usize, expected: &str) {
        let end = TEXT.find(stop).unwrap() + stop.len();
        let line = TEXT[..end].lines().count();
        let found = value_before(TEXT.as_bytes(), depth, line, TEXT[..end].lines().next_back().unwrap().len()).unwrap();
        let rest = TEXT.lines().nth(found.line - 1).unwrap().get(found.column - 1..).unwrap();
        assert!(rest.starts_with(expected), "{found:?}, which is {rest}");
        assert_eq!(found.number, Some(expected).filter(|text| text.parse::<f64>().is_ok()));
    }

    #[test]
    fn a_value_begins_where_it_stands_in_the_text() {
        begins("300", 1, "300");
        begins("-1.5e3", 3, "-1.5e3");
        begins("-1.5e3}", 2, "{\"c\"");
        begins("\"x\\\\\"", 2, "\"x");
        begins("tr", 2, "true");
        begins("true]", 1, "[{");
        begins(TEXT, 1, "\"}\"");
        begins(TEXT, 0, "{");
    }

    #[test]
    fn a_value_may_begin_behind_the_place() {
        begins("\"d\" :", 1, "\"}\"");
        begins("\"b\":", 1, "[");
        begins("\"b\": [", 2, "{");
        begins("3}, ", 2, "\"x");
    }

    #[test]
    fn nothing_is_said_of_a_value_that_goes_on_and_of_what_is_not_there() {
        let end = TEXT.find("true").unwrap() - TEXT.find('\n').unwrap();
        for depth in [0, 1, 4] {
            let found = value_before(TEXT.as_bytes(), depth, 2, end);
            assert_eq!(found, None, "{depth}");
        }
        for (text, line, column) in
            [("", 1, 0), ("\"name\":1", 1, 6), ("1", 0, 0), ("1", 2, 1), ("]", 1, 1), (" ,", 1, 1)]
        {
            assert_eq!(value_before(text.as_bytes(), 0, line, column), None, "{text}");
        }
        assert_eq!(value_before(br#"{"shape": "Box": 1}"#, 2, 1, 15), None);
    }
}
