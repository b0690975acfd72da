//! Reading rows of CSV and nothing else: `cargo bench --bench csv_rows`. Each form adds up the lengths of all fields, in memory;
//! printed are medians, and ratios to the csv crate.
//!
//! `generate SHAPE` writes a file to standard output; `run FORM FILE` reads it once, to count instructions.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use millstream::error::BoxError;
use millstream::io::csv;
use millstream::record::{Extra, Field, FromRow, Layout, Path, Record, Row, Schema, Validate, Violations};
use millstream::source::Source as _;

const ROUNDS: usize = 15;
const BYTES: usize = 4 << 20;

/// The lengths of the four fields of a row, added up.
struct Lengths(usize);

impl Validate for Lengths {
    fn validate_at(&self, _at: &Path<'_>, _found: &mut Violations) {}
}

impl Record for Lengths {
    type Of<'a> = Lengths;
    const SCHEMA: &'static Schema = &Schema::new(
        "Lengths",
        "",
        &[
            Field::new("a", "a", "", ""),
            Field::new("b", "b", "", ""),
            Field::new("c", "c", "", ""),
            Field::new("d", "d", "", ""),
        ],
        Extra::Refuse,
    );
    const LAYOUT: &'static Layout = &Layout::of::<Self>(Self::SCHEMA.name, &[]);
}

impl<'a> FromRow<'a> for Lengths {
    #[inline]
    fn from_row(row: &impl Row<'a>) -> Result<Self, BoxError> {
        Ok(Lengths((0..4).filter_map(|index| row.field(index)).map(<[u8]>::len).sum()))
    }
}

type Form = fn(&[u8]) -> Result<usize, Box<dyn Error>>;

const FORMS: &[(&str, Form)] = &[("csv", csv_crate), ("ours", ours)];

fn ours(text: &[u8]) -> Result<usize, Box<dyn Error>> {
    let mut source = csv::from_reader::<Lengths, _>("rows.csv", text);
    source.open().map_err(|error| error.to_string())?;
    let mut sum = 0;
    while let Some((row, _)) = source.next()? {
        sum += row?.0;
    }
    Ok(sum)
}

fn csv_crate(text: &[u8]) -> Result<usize, Box<dyn Error>> {
    let mut reader = ::csv::Reader::from_reader(text);
    let mut row = ::csv::ByteRecord::new();
    let mut sum = 0;
    while reader.read_byte_record(&mut row)? {
        sum += row.iter().map(<[u8]>::len).sum::<usize>();
    }
    Ok(sum)
}

/// What a row looks like.
const SHAPES: &[(&str, &str)] = &[
    ("readings", "2024-03-01T00:00:00Z,s0423,21.847,celsius\n"),
    ("crlf", "2024-03-01T00:00:00Z,s0423,21.847,celsius\r\n"),
    ("quoted", "\"2024-03-01T00:00:00Z\",\"s0423\",\"21.847\",\"celsius\"\n"),
    ("one quoted", "2024-03-01T00:00:00Z,s0423,21.847,\"degrees, \"\"C\"\"\"\n"),
    ("narrow", "1,2,3,4\n"),
    ("texts", "a title,a text TEXT,21.847,another text TEXT\n"),
];

fn text(shape: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let (_, row) = SHAPES.iter().find(|(name, _)| *name == shape).ok_or("there is no such shape")?;
    let row = row.replace("TEXT", &"as long as one that somebody wrote ".repeat(12));
    let mut text = b"a,b,c,d\n".to_vec();
    text.extend(row.bytes().cycle().take(row.len() * (BYTES / row.len())));
    Ok(text)
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["generate", shape] => std::io::stdout().write_all(&text(shape)?)?,
        ["run", form, file] => {
            let (_, run) = FORMS.iter().find(|(name, _)| name == form).ok_or("there is no such form")?;
            println!("{}", run(&fs::read(file)?)?);
        }
        _ => SHAPES.iter().try_for_each(|(shape, _)| compare(shape))?,
    }
    Ok(())
}

fn compare(shape: &str) -> Result<(), Box<dyn Error>> {
    let text = text(shape)?;
    // Without the header, and without what follows the last line.
    let rows = text.split(|byte| *byte == b'\n').count() - 2;
    let mut times = vec![Vec::new(); FORMS.len()];
    for _ in 0..=ROUNDS {
        let mut sums = Vec::new();
        for ((_, form), times) in FORMS.iter().zip(&mut times) {
            let started = Instant::now();
            sums.push(form(black_box(&text))?);
            times.push(started.elapsed().as_secs_f64());
        }
        assert!(sums.windows(2).all(|sums| sums[0] == sums[1]), "{shape}: {sums:?}");
    }
    for ((name, _), of) in FORMS.iter().zip(&times) {
        let ratio = median(of.iter().zip(&times[0]).map(|(time, base)| time / base).collect());
        let of = median(of.clone());
        #[allow(clippy::cast_precision_loss, reason = "there are not that many")]
        let (row, rate) = (of * 1e9 / rows as f64, text.len() as f64 / of / 1e9);
        println!("{shape:<12} {name:<6} {row:7.1} ns a row  {rate:5.2} GB/s  {ratio:5.3} x");
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
