use millstream::prelude::*;

#[derive(Clone)]
struct Item {
    id: u32,
    weight: f64,
}

struct Row {
    id: u32,
    name: String,
    weight: f64,
}

fn items() -> Vec<Item> {
    vec![Item { id: 1, weight: 0.5 }]
}

fn rows() -> Vec<Row> {
    vec![Row { id: 1, name: String::new(), weight: 0.5 }]
}

fn main() -> millstream::Result<()> {
    pipeline!(
        from_iter(items())
            | join(from_iter(rows()), on = name)
            | map(|(item, row)| (item.id + row.id, row.weight + item.weight, row.name.clone()))
            | collect()
    )
    .run()?;
    Ok(())
}
