//! JSON text, read from its start to its end: white space, strings, values that nobody asks for.

use super::Scratch;
use super::direct::Refused;
use crate::record::swar;

/// As `serde_json` has it: so many lists and maps may be open at a time.
const MOST_DEPTH: u8 = 127;

/// A place in a text that is UTF-8 as a whole. It takes what is JSON without doubt, and says no more of all else.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    scratch: &'a Scratch,
    /// How many more lists and maps may be opened.
    depth: u8,
    /// Whether anything was refused so far, whoever has hidden it.
    failed: bool,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, scratch: &'a Scratch) -> Self {
        Cursor { text, at: 0, scratch, depth: MOST_DEPTH, failed: false }
    }

    /// A cursor at the start of another text.
    pub(super) fn within(&self, text: &'a str) -> Self {
        Cursor::new(text, self.scratch)
    }

    /// Whether all of the text was read, and nothing was refused.
    pub(super) fn has_read_all(&mut self) -> bool {
        self.blanks();
        !self.failed && self.at == self.text.len()
    }

    /// Whether no byte is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// What was read since `start`.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// What is left.
    #[inline]
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes so many bytes of what is left.
    #[inline]
    pub(super) fn take_first(&mut self, bytes: usize) -> Option<&'a str> {
        let start = self.at;
        self.at += bytes;
        self.text.get(start..self.at)
    }

    /// Remembers that something was refused, even if the one who asked goes on.
    #[cold]
    pub(super) fn refuse<T>(&mut self) -> Result<T, Refused> {
        self.failed = true;
        Err(Refused)
    }

    /// Remembers a refusal of the one who asked.
    #[inline]
    pub(super) fn note<T>(&mut self, read: Result<T, Refused>) -> Result<T, Refused> {
        match read {
            Ok(value) => Ok(value),
            Err(Refused) => self.refuse(),
        }
    }

    /// The byte here; 0 behind the end, as 0 stands nowhere in JSON.
    #[inline]
    pub(super) fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or_default()
    }

    #[inline]
    pub(super) fn step(&mut self) {
        self.at += 1;
    }

    /// The next byte that is not white space.
    #[inline]
    pub(super) fn peek(&mut self) -> u8 {
        let byte = self.byte();
        if byte > b' ' {
            return byte;
        }
        self.blanks();
        self.byte()
    }

    #[inline(never)]
    fn blanks(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\n' | b'\r') {
            self.step();
        }
    }

    /// Takes this byte, which must come next.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> Result<(), Refused> {
        if self.peek() != byte {
            return self.refuse();
        }
        self.step();
        Ok(())
    }

    /// Takes these bytes, which must stand here.
    #[inline]
    pub(super) fn word(&mut self, word: &'static str) -> Result<(), Refused> {
        let Some(rest) = self.text.as_bytes().get(self.at..) else { return self.refuse() };
        if !rest.starts_with(word.as_bytes()) {
            return self.refuse();
        }
        self.at += word.len();
        Ok(())
    }

    /// Goes into a list or a map, behind its bracket.
    #[inline]
    pub(super) fn enter(&mut self) -> Result<(), Refused> {
        match self.depth.checked_sub(1) {
            Some(depth) => self.depth = depth,
            None => return self.refuse(),
        }
        self.step();
        Ok(())
    }

    /// Leaves it, by the bracket that closes it.
    #[inline]
    pub(super) fn leave(&mut self, bracket: u8) -> Result<(), Refused> {
        self.depth += 1;
        self.take(bracket)
    }

    /// Whether another element follows in the list or map that `bracket` closes, and goes to it.
    #[inline]
    pub(super) fn more(&mut self, first: &mut bool, bracket: u8) -> Result<bool, Refused> {
        let next = self.peek();
        let first = std::mem::take(first);
        if next == b',' && !first {
            // No bracket may follow a comma: what asks for an element refuses it.
            self.step();
            return Ok(true);
        }
        if next == bracket {
            return Ok(false);
        }
        if first { Ok(true) } else { self.refuse() }
    }

    /// Takes this string, which needs no escapes, if it is the one that comes next.
    #[inline]
    pub(super) fn take_name(&mut self, name: &str) -> bool {
        if self.peek() != b'"' {
            return false;
        }
        let (start, end) = (self.at + 1, self.at + 1 + name.len());
        let bytes = self.text.as_bytes();
        let found = bytes.get(end) == Some(&b'"') && bytes.get(start..end) == Some(name.as_bytes());
        if found {
            self.at = end + 1;
        }
        found
    }

    /// The string that comes next, its escapes undone.
    #[inline]
    pub(super) fn string(&mut self) -> Result<&'a str, Refused> {
        if self.peek() != b'"' {
            return self.refuse();
        }
        let start = self.at + 1;
        let end = start + plain(self.text.as_bytes().get(start..).unwrap_or_default());
        match (self.text.as_bytes().get(end), self.text.get(start..end)) {
            (Some(b'"'), Some(string)) => {
                self.at = end + 1;
                Ok(string)
            }
            (Some(b'\\'), Some(string)) => {
                self.at = end;
                self.escaped(string)
            }
            _ => self.refuse(),
        }
    }

    /// The same, if it has no escapes.
    pub(super) fn unescaped(&mut self) -> Result<&'a str, Refused> {
        self.peek();
        let start = self.at;
        let string = self.string()?;
        // Any escape is longer than what it stands for; then there are the quotes.
        if self.at - start == string.len() + 2 { Ok(string) } else { self.refuse() }
    }

    /// A string of which this was read, from its first escape on.
    #[cold]
    fn escaped(&mut self, before: &str) -> Result<&'a str, Refused> {
        let mut string = String::from(before);
        loop {
            match self.byte() {
                b'"' => {
                    self.step();
                    return Ok(self.scratch.keep(&string));
                }
                b'\\' => string.push(self.escape()?),
                _ => return self.refuse(),
            }
            let start = self.at;
            self.at += plain(self.text.as_bytes().get(start..).unwrap_or_default());
            string.push_str(self.since(start));
        }
    }

    /// The character that an escape stands for.
    fn escape(&mut self) -> Result<char, Refused> {
        self.step();
        let kind = self.byte();
        self.step();
        Ok(match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return self.refuse(),
        })
    }

    /// The character of `XXXX`, or of the pair `XXXX\uXXXX`.
    fn code_point(&mut self) -> Result<char, Refused> {
        let mut code = self.four_digits()?;
        if let 0xd800..0xdc00 = code {
            self.word("\\u")?;
            let low @ 0xdc00..0xe000 = self.four_digits()? else { return self.refuse() };
            code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        match char::from_u32(code) {
            Some(character) => Ok(character),
            None => self.refuse(),
        }
    }

    fn four_digits(&mut self) -> Result<u32, Refused> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = char::from(self.byte()).to_digit(16) else { return self.refuse() };
            code = code << 4 | digit;
            self.step();
        }
        Ok(code)
    }

    /// Reads over a value, which must be JSON all the same.
    pub(super) fn skip(&mut self) -> Result<(), Refused> {
        match self.peek() {
            b'"' => self.string().map(drop),
            b'-' | b'0'..=b'9' => self.digits().map(drop),
            b'n' => self.word("null"),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'[' => {
                self.enter()?;
                let mut first = true;
                while self.more(&mut first, b']')? {
                    self.skip()?;
                }
                self.leave(b']')
            }
            b'{' => {
                self.enter()?;
                let mut first = true;
                while self.more(&mut first, b'}')? {
                    self.string()?;
                    self.take(b':')?;
                    self.skip()?;
                }
                self.leave(b'}')
            }
            _ => self.refuse(),
        }
    }
}

/// How many bytes come before a quote, an escape, or a character that a string must not hold.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        let special = swar::equal(word, b'"') | swar::equal(word, b'\\') | swar::below(word, b' ');
        if special != 0 {
            return bytes.len() - rest.len() + swar::first(special);
        }
        rest = behind;
    }
    let special = rest.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..b' '));
    bytes.len() - rest.len() + special.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_string_ends_at_the_first_byte_that_is_special() {
        let looked_at = |bytes: &[u8]| bytes.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..b' '));
        for special in 0..=u8::MAX {
            for len in 0..20 {
                let mut bytes = vec![0xff; len];
                bytes.extend([special, b'"', b'!', b'\\', 0, 0x7f, 0x80, b'"']);
                assert_eq!(Some(plain(&bytes)), looked_at(&bytes), "{bytes:?}");
            }
        }
        assert_eq!(plain("äöü 一二三 no end".as_bytes()), "äöü 一二三 no end".len());
    }
}
