use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(lines(files("*.txt", option = true)) | discard()).run()?;
    Ok(())
}
