//! How long to wait for a locked database.

use std::fmt;
use std::time::Duration;

/// How long an end waits for a lock unless told otherwise: 5 seconds.
pub(super) const DEFAULT: Duration = Duration::from_secs(5);

/// SQLite counts milliseconds in 31 bits.
const MOST: Duration = Duration::from_millis(i32::MAX as u64);

/// How long to wait: a text such as `"5s"` or `"1m 30s"`, a number of milliseconds, or a [`Duration`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a time to wait",
    note = "write a text such as `\"5s\"`, or a number of milliseconds"
)]
pub trait Timeout {
    /// The time.
    ///
    /// # Errors
    /// When it is not one, or is longer than 24 days.
    fn timeout(self) -> Result<Duration, InvalidOption>;
}

impl Timeout for Duration {
    fn timeout(self) -> Result<Duration, InvalidOption> {
        if self > MOST {
            return Err(InvalidOption(format!("`busy_timeout` is 24 days at most, got {self:?}")));
        }
        Ok(self)
    }
}

impl Timeout for u64 {
    fn timeout(self) -> Result<Duration, InvalidOption> {
        Duration::from_millis(self).timeout()
    }
}

impl Timeout for u32 {
    fn timeout(self) -> Result<Duration, InvalidOption> {
        u64::from(self).timeout()
    }
}

/// Whole numbers without a suffix are `i32`.
impl Timeout for i32 {
    fn timeout(self) -> Result<Duration, InvalidOption> {
        match u64::try_from(self) {
            Ok(millis) => millis.timeout(),
            Err(_) => Err(InvalidOption(format!("`busy_timeout` is not negative, got {self}"))),
        }
    }
}

impl Timeout for &str {
    fn timeout(self) -> Result<Duration, InvalidOption> {
        let wrong = || {
            InvalidOption(format!(
                "`busy_timeout` is a time, got `{self}`; write a text such as `\"5s\"`, or a number of milliseconds"
            ))
        };
        let time: jiff::SignedDuration = self.parse().map_err(|_| wrong())?;
        Duration::try_from(time).map_err(|_| wrong())?.timeout()
    }
}

impl Timeout for String {
    fn timeout(self) -> Result<Duration, InvalidOption> {
        self.as_str().timeout()
    }
}

/// An option of an end that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOption(pub(super) String);

impl fmt::Display for InvalidOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidOption {}

#[cfg(test)]
mod tests {
    use super::{Duration, Timeout};

    #[test]
    fn times_are_texts_numbers_and_durations() {
        assert_eq!("5s".timeout(), Ok(Duration::from_secs(5)));
        assert_eq!("1m 30s".timeout(), Ok(Duration::from_secs(90)));
        assert_eq!("250ms".timeout(), Ok(Duration::from_millis(250)));
        assert_eq!(250.timeout(), Ok(Duration::from_millis(250)));
        assert_eq!(Duration::ZERO.timeout(), Ok(Duration::ZERO));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for wrong in ["", "5", "soon", "-5s", "30 days ago", "99999h"] {
            let error = wrong.timeout().unwrap_err().to_string();
            assert!(error.starts_with("`busy_timeout` is"), "{error}");
        }
        assert_eq!((-1).timeout().unwrap_err().to_string(), "`busy_timeout` is not negative, got -1");
    }
}
