//! Groups employees by department, alone and joined with a file of departments:
//!
//!     cargo run --release --example departments

use std::io::{self, ErrorKind, Write};

use millstream::prelude::*;
use millstream::record::Decimal;

/// One row of `employees.csv`.
#[record]
#[derive(Clone)]
struct Employee<'a> {
    id: &'a str,
    #[field(len = 1..)]
    department: &'a str,
    /// Dollars a year.
    #[field(range = 0..)]
    salary: Decimal,
}

/// One row of `departments.csv`.
#[record]
struct Office {
    department: String,
    floor: u8,
    /// Dollars a year.
    #[field(range = 0..)]
    budget: Decimal,
}

const EMPLOYEES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/departments/employees.csv");
const DEPARTMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/departments/departments.csv");

fn main() -> millstream::Result<()> {
    let by_name = pipeline!(
        csv::<Employee>(EMPLOYEES)
            | aggregate(count(), mean(salary)).keyed(department)
            | map(|(name, (count, mean))| format!("{name:<12}  {:>10} of {count}", dollars(mean)))
            | collect()
    )
    .run()?;

    // The rows of the other file are lent to the stages behind the join.
    let joined = pipeline!(
        csv::<Employee>(EMPLOYEES)
            | join(csv::<Office>(DEPARTMENTS), on = department)
            | aggregate(count(), mean(|pair| pair.0.salary), sum(|pair| pair.0.salary), max(|pair| pair.1.budget))
                .keyed(|pair| (pair.0.department, pair.1.floor))
            | map(|((name, floor), (count, mean, sum, budget))| {
                let left = budget.map(|budget| budget - sum);
                format!("{name:<12}  {:>10} of {count}  floor {floor}  {:>10} left", dollars(mean), dollars(left))
            })
            | collect()
    )
    .run()?;

    let sorted = |mut lines: Vec<String>| {
        lines.sort_unstable();
        lines.join("\n")
    };
    let (by_name, joined) = (sorted(by_name.output), sorted(joined.output));
    match writeln!(io::stdout(), "mean salary\n\n{by_name}\n\nwith what is known of the department\n\n{joined}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// `108,333.33`
fn dollars(amount: Option<Decimal>) -> String {
    let Some(amount) = amount else { return "-".to_owned() };
    let text = format!("{:.2}", amount.round_dp(2));
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{cents}")
}
