use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(json("orders.json") | discard()).run()?;
    Ok(())
}
