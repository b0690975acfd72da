//! Whether a file still is what it was: the hash of its first bytes (FNV-1a, 64 bits).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

/// The start of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Print {
    /// Its length in bytes.
    pub(super) len: u64,
    hash: u64,
}

impl Print {
    /// That of the first `len` bytes of `file`; `None` if it is shorter.
    pub(super) fn of(mut file: &File, len: u64) -> io::Result<Option<Self>> {
        file.seek(SeekFrom::Start(0))?;
        let (mut hash, mut left) = (0xcbf2_9ce4_8422_2325_u64, file.take(len));
        let mut chunk = vec![0; 64 << 10];
        loop {
            match left.read(&mut chunk)? {
                0 => break,
                read => {
                    for byte in &chunk[..read] {
                        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
                    }
                }
            }
        }
        Ok((left.limit() == 0).then_some(Print { len, hash }))
    }

    /// Whether `file` starts so.
    pub(super) fn is_start_of(&self, file: &File) -> io::Result<bool> {
        Ok(Print::of(file, self.len)? == Some(*self))
    }
}
