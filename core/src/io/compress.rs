//! Files that are compressed, by the end of their name: `.gz` and `.zst`.
//!
//! Each kind is a feature. A file whose kind this build does not have is refused, never read or written as it is.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// What the name at the end of `path` says.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let end = path.extension()?;
        if end.eq_ignore_ascii_case("gz") {
            Some(Compression::Gzip)
        } else if end.eq_ignore_ascii_case("zst") {
            Some(Compression::Zstd)
        } else {
            None
        }
    }

    fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }

    /// Whether this build has it.
    pub(super) fn check(self) -> Result<(), Missing> {
        let has = match self {
            Compression::Gzip => cfg!(feature = "gzip"),
            Compression::Zstd => cfg!(feature = "zstd"),
        };
        if has { Ok(()) } else { Err(Missing(self)) }
    }

    /// What `file` was before it was compressed, also if it is made of several parts.
    #[cfg_attr(
        not(any(feature = "gzip", feature = "zstd")),
        allow(unused_variables, clippy::needless_pass_by_value, reason = "nothing is read")
    )]
    pub(super) fn decoder(self, file: File) -> io::Result<Box<dyn Read + Send>> {
        #[cfg(any(feature = "gzip", feature = "zstd"))]
        let bytes = Bytes { file, any: false };
        match self {
            #[cfg(feature = "gzip")]
            Compression::Gzip => {
                Ok(Box::new(Decoded { reader: flate2::read::MultiGzDecoder::new(bytes), compression: self }))
            }
            #[cfg(feature = "zstd")]
            Compression::Zstd => {
                Ok(Box::new(Decoded { reader: zstd::stream::read::Decoder::new(bytes)?, compression: self }))
            }
            #[allow(unreachable_patterns, reason = "reached where a feature is missing")]
            other => Err(io::Error::new(ErrorKind::Unsupported, Missing(other).to_string())),
        }
    }

    /// What compresses.
    pub(super) fn encoder(self) -> io::Result<Encoder> {
        match self {
            #[cfg(feature = "gzip")]
            Compression::Gzip => {
                Ok(Encoder(Box::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default()))))
            }
            #[cfg(feature = "zstd")]
            Compression::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), zstd::DEFAULT_COMPRESSION_LEVEL)?;
                // So that a reader sees what went wrong on the way.
                encoder.include_checksum(true)?;
                Ok(Encoder(Box::new(encoder)))
            }
            #[allow(unreachable_patterns, reason = "reached where a feature is missing")]
            other => Err(io::Error::new(ErrorKind::Unsupported, Missing(other).to_string())),
        }
    }
}

/// This build does not have the compression that the name of a file asks for.
#[derive(Debug)]
pub(super) struct Missing(Compression);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.name();
        write!(
            f,
            "its name says {name}, which this program was built without; add the feature `{name}` of `millstream`"
        )
    }
}

/// Compressed bytes. That there are none at all is no end, but a file that was cut off at its start.
#[cfg(any(feature = "gzip", feature = "zstd"))]
struct Bytes {
    file: File,
    any: bool,
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
impl Read for Bytes {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read(buf) {
                Ok(0) if !self.any && !buf.is_empty() => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    self.any = true;
                    return Ok(read);
                }
                // Not every decoder can go on from here.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// What was compressed, with errors that say so.
#[cfg(any(feature = "gzip", feature = "zstd"))]
struct Decoded<D> {
    reader: D,
    compression: Compression,
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
impl<D: Read> Read for Decoded<D> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buf).map_err(|cause| {
            // The file itself could not be read.
            if cause.raw_os_error().is_some() {
                return cause;
            }
            let name = self.compression.name();
            let text = match cause.kind() {
                ErrorKind::UnexpectedEof => format!("the {name} data is cut off"),
                _ => format!("the {name} data is corrupt: {cause}"),
            };
            io::Error::new(cause.kind(), text)
        })
    }
}

/// Compresses what a sink writes, into a buffer of its own.
pub(super) struct Encoder(Box<dyn Encode>);

impl Encoder {
    /// Takes the next bytes, and adds what came of all so far to `out`.
    pub(super) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        self.0.write(bytes, out)
    }

    /// The rest.
    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        self.0.finish()
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

trait Encode {
    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()>;
    fn finish(self: Box<Self>) -> io::Result<Vec<u8>>;
}

/// The encoders of both crates have the same methods.
#[cfg(any(feature = "gzip", feature = "zstd"))]
macro_rules! encode {
    ($($feature:literal: $encoder:ty,)*) => {
        $(#[cfg(feature = $feature)]
        impl Encode for $encoder {
            fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
                io::Write::write_all(self, bytes)?;
                out.append(self.get_mut());
                Ok(())
            }

            fn finish(self: Box<Self>) -> io::Result<Vec<u8>> {
                (*self).finish()
            }
        })*
    };
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
encode! {
    "gzip": flate2::write::GzEncoder<Vec<u8>>,
    "zstd": zstd::stream::write::Encoder<'static, Vec<u8>>,
}
