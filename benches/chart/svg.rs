//! Draws results as bars: a panel for each job, ours beside its peers.

use std::collections::HashMap;
use std::fmt::Write as _;

/// What one panel shows, from top to bottom.
struct Panel {
    title: &'static str,
    unit: &'static str,
    job: &'static str,
    /// The name of a form in the results, and what it is called in the chart.
    bars: &'static [(&'static str, &'static str)],
}

const SENSOR_JOB: &[(&str, &str)] = &[
    ("ours", "Millstream"),
    ("hand", "hand-written, our decoder"),
    ("idiomatic", "hand-written, csv crate"),
    ("polars", "Polars, all cores"),
    ("duckdb", "DuckDB, all cores"),
    ("generators", "Python generators"),
];

const PANELS: &[Panel] = &[
    Panel {
        title: "Five cheap stages over integers, one of them fallible, into a sum",
        unit: "ns an item",
        job: "fused",
        bars: &[
            ("ours-fold", "Millstream"),
            ("hand", "hand-written loop"),
            ("std-fold", "std iterator"),
            ("std-result", "std iterator of results"),
            ("futures", "futures streams"),
        ],
    },
    Panel {
        title: "The same before a sink that writes, half of the items dropped at random",
        unit: "ns an item",
        job: "sink-half",
        bars: &[
            ("ours-words", "Millstream"),
            ("hand", "hand-written loop"),
            ("hand-blocks", "hand-written blocks"),
            ("std", "std iterator"),
        ],
    },
    Panel {
        title: "Anomalies of 1,000 sensors in 5,000,000 rows of CSV",
        unit: "s",
        job: "sensor_job",
        bars: SENSOR_JOB,
    },
    Panel { title: "The most memory that the same ever had", unit: "MiB", job: "sensor_job", bars: SENSOR_JOB },
    Panel {
        title: "1,000,000 records of ten fields",
        unit: "bytes a record",
        job: "records",
        bars: &[
            ("packed", "Millstream, packed"),
            ("plain", "plain struct"),
            ("map", "HashMap of fields"),
            ("__slots__", "Python, __slots__"),
            ("__dict__", "Python, __dict__"),
        ],
    },
];

const WIDTH: f64 = 830.0;
const LABELS: f64 = 200.0;
const BARS: f64 = 540.0;
const ROW: f64 = 22.0;
const MARGIN: f64 = 16.0;
/// Values further apart than this are drawn on a logarithmic scale.
const LINEAR: f64 = 20.0;

/// Colours that can be read on a light and on a dark screen; the background is part of the picture.
const STYLE: &str = "
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 } .unit, .tick { fill: #59636e } .tick { font-size: 11px }
.back { fill: #ffffff } .ours { fill: #0969da } .peer { fill: #afb8c1 } line { stroke: #d1d9e0 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .unit, .tick { fill: #9198a1 }
.back { fill: #0d1117 } .ours { fill: #4493f8 } .peer { fill: #59636e } line { stroke: #3d444d }
}
";

/// The chart of all panels, from lines of `job,form,value,unit` below a header.
///
/// # Errors
/// What is wrong with the results, or missing in them.
pub(crate) fn chart(results: &str) -> Result<String, String> {
    let values = parse(results)?;
    let mut body = String::new();
    let mut y = MARGIN;
    for panel in PANELS {
        y = panel.draw(&values, y, &mut body)?;
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y}\" viewBox=\"0 0 {WIDTH} {y}\" role=\"img\" \
         aria-label=\"Millstream beside its peers\">\n<style>{STYLE}</style>\n<rect class=\"back\" width=\"{WIDTH}\" \
         height=\"{y}\" rx=\"6\"/>\n{body}</svg>\n"
    ))
}

/// Values by job, form and unit.
type Values<'a> = HashMap<(&'a str, &'a str, &'a str), f64>;

fn parse(results: &str) -> Result<Values<'_>, String> {
    let rows = results.lines().enumerate().skip(1).map(|(n, line)| {
        let bad = || format!("line {} of the results is not `job,form,value,unit`: {line}", n + 1);
        let [job, form, value, unit] = line.split(',').collect::<Vec<_>>()[..] else { return Err(bad()) };
        let value: f64 = value.parse().map_err(|_| bad())?;
        if value > 0.0 && value.is_finite() { Ok(((job, form, unit), value)) } else { Err(bad()) }
    });
    rows.collect()
}

impl Panel {
    /// Draws from `top` on, and says where it ends.
    fn draw(&self, values: &Values<'_>, top: f64, out: &mut String) -> Result<f64, String> {
        let Panel { title, unit, job, bars } = self;
        let bars = bars.iter().map(|(form, label)| match values.get(&(*job, *form, *unit)) {
            Some(value) => Ok((*label, *value)),
            None => Err(format!("the results have no {unit} of {job}/{form}")),
        });
        let bars = bars.collect::<Result<Vec<_>, _>>()?;
        let scale = Scale::of(bars.iter().map(|(_, value)| *value));
        let note = if scale.logarithmic() { ", logarithmic" } else { "" };
        let y = top + 14.0;
        put(out, format_args!("<text class=\"title\" x=\"{MARGIN}\" y=\"{y}\">{title}</text>"));
        let right = WIDTH - MARGIN;
        put(out, format_args!("<text class=\"unit\" x=\"{right}\" y=\"{y}\" text-anchor=\"end\">{unit}{note}</text>"));

        let (first, height) = (top + 26.0, bars.iter().map(|_| ROW).sum::<f64>());
        for tick in scale.ticks() {
            let x = LABELS + scale.place(tick);
            let end = first + height;
            put(out, format_args!("<line x1=\"{x:.1}\" y1=\"{first}\" x2=\"{x:.1}\" y2=\"{end}\"/>"));
            let below = end + 13.0;
            put(
                out,
                format_args!("<text class=\"tick\" x=\"{x:.1}\" y=\"{below}\" text-anchor=\"middle\">{tick}</text>"),
            );
        }
        for ((label, value), n) in bars.iter().zip(0_u8..) {
            let y = first + f64::from(n) * ROW;
            let (class, width, base) =
                (if label.starts_with("Millstream") { "ours" } else { "peer" }, scale.place(*value), y + 15.0);
            let (before, behind) = (LABELS - 8.0, LABELS + width + 6.0);
            put(out, format_args!("<text x=\"{before}\" y=\"{base}\" text-anchor=\"end\">{label}</text>"));
            let bar = y + 4.0;
            put(
                out,
                format_args!(
                    "<rect class=\"{class}\" x=\"{LABELS}\" y=\"{bar}\" width=\"{width:.1}\" height=\"14\" rx=\"2\"/>"
                ),
            );
            put(out, format_args!("<text x=\"{behind:.1}\" y=\"{base}\">{}</text>", three_digits(*value)));
        }
        Ok(first + height + if scale.logarithmic() { 34.0 } else { 22.0 })
    }
}

fn put(out: &mut String, element: std::fmt::Arguments<'_>) {
    // A string takes whatever is written to it.
    _ = writeln!(out, "{element}");
}

/// Where values stand, from 0 to `BARS`.
enum Scale {
    Linear {
        most: f64,
    },
    /// From one power of ten to the largest value.
    Logarithmic {
        lowest: i32,
        most: f64,
    },
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (least, most) = values.fold((f64::INFINITY, 0.0_f64), |(least, most), x| (least.min(x), most.max(x)));
        if most / least <= LINEAR {
            return Scale::Linear { most };
        }
        // So far below the least that its bar can be seen.
        #[allow(clippy::cast_possible_truncation, reason = "powers of ten that a float holds")]
        let lowest = (least / 1.5).log10().floor() as i32;
        Scale::Logarithmic { lowest, most }
    }

    fn logarithmic(&self) -> bool {
        matches!(self, Scale::Logarithmic { .. })
    }

    fn place(&self, value: f64) -> f64 {
        match self {
            Scale::Linear { most } => BARS * value / most,
            Scale::Logarithmic { lowest, most } => {
                let lowest = f64::from(*lowest);
                BARS * (value.log10() - lowest) / (most.log10() - lowest)
            }
        }
    }

    /// The powers of ten of a logarithmic scale; bars of a linear one are read by their numbers.
    fn ticks(&self) -> impl Iterator<Item = f64> {
        let (lowest, most) = match self {
            Scale::Linear { .. } => (0, 0.0),
            Scale::Logarithmic { lowest, most } => (*lowest, *most),
        };
        (lowest..).map(|power| 10.0_f64.powi(power)).take_while(move |tick| *tick <= most)
    }
}

fn three_digits(value: f64) -> String {
    let decimals = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.decimals$}")
}
