// errors: 1
use millstream::prelude::*;

#[derive(Clone)]
struct Place;

fn main() -> millstream::Result<()> {
    let report = pipeline!(from_iter([(Place, 1)]) | aggregate(max(0)) | collect()).run()?;
    println!("{report}");
    Ok(())
}
