use millstream::prelude::*;

include!("../../support/failed.rs");

#[stage]
fn read(id: u32, #[deadline] deadline: millstream::policy::Deadline) -> Result<u32, Failed> {
    deadline.check().map_err(|_| Failed)?;
    Ok(id)
}

fn main() {
    let _ = pipeline!(from_iter([1]) | read | collect());
}
