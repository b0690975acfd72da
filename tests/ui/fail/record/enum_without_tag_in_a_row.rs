use millstream::prelude::*;

#[record]
enum Payment {
    Cash,
    Card { number: String },
}

fn main() -> millstream::Result<()> {
    pipeline!(csv::<Payment>("payments.csv") | discard()).run()?;
    Ok(())
}
