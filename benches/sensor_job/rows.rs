//! The rows of the sensor job: the same ones every time, and as many as one likes.

use std::io::{self, Write};

const SENSORS: u64 = 1_000;

/// Numbers that look random, from a seed.
struct Numbers(u64);

impl Numbers {
    /// Below `n`.
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.0 ^ (self.0 >> 29)) * u128::from(n)) >> 64) as u64
    }
}

/// Writes a header and `rows` rows: `ts,sensor_id,value,unit`. One row of a thousand is malformed, in one of six ways.
pub(crate) fn write(out: &mut impl Write, rows: u64) -> io::Result<()> {
    let mut numbers = Numbers(1);
    out.write_all(b"ts,sensor_id,value,unit\n")?;
    for row in 0..rows {
        let second = row / SENSORS % 86_400;
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        let sensor = numbers.below(SENSORS);
        // Near to a normal distribution, in thousandths, and now and then far from it.
        let mut value = 10_000 + sensor * 20 + (0..6).map(|_| numbers.below(1_000)).sum::<u64>();
        if numbers.below(5_000) == 0 {
            value += 9_000;
        }
        let (whole, thousandths) = (value / 1_000, value % 1_000);
        let malformed = if numbers.below(1_000) == 0 { 1 + numbers.below(6) } else { 0 };
        match malformed {
            0 => writeln!(out, "2024-03-01T{h:02}:{m:02}:{s:02}Z,s{sensor:04},{whole}.{thousandths:03},celsius"),
            1 => writeln!(out, "2024-03-01T{h:02}:{m:02}:{s:02}Z,s{sensor:04},{whole}.{thousandths:03}"),
            2 => writeln!(out, "2024-03-01T{h:02}:{m:02}:{s:02}Z,s{sensor:04},{whole},{thousandths:03},celsius"),
            3 => writeln!(out, "2024-03-01T{h:02}:{m:02}:{s:02}Z,s{sensor:04},n/a,celsius"),
            4 => writeln!(out, "2024-03-01T{h:02}:{m:02}:{s:02}Z,s{sensor:04},NaN,celsius"),
            5 => writeln!(out, "2024-02-30T{h:02}:{m:02}:{s:02}Z,s{sensor:04},{whole}.{thousandths:03},celsius"),
            _ => writeln!(out, "2024-03-01T{h:02}:{m:02}:{s:02}Z,s{sensor:04},,celsius"),
        }?;
    }
    Ok(())
}
