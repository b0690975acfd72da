use millstream::prelude::*;

#[stage(finish = of_sensor)]
fn count(#[state] n: &mut u64, item: &(String, u32)) {
    *n += u64::from(item.1);
}

#[finish]
fn of_sensor(sensor: &str, n: u64) -> Option<(String, u64)> {
    Some((sensor.to_owned(), n))
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([("a".to_owned(), 1)]) | count.keyed(1) | collect()).run()?;
    Ok(())
}
