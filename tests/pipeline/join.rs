//! `join`: items beside the rows of a finite side.

use millstream::prelude::*;

#[allow(unused)]
use crate::support::{counts, failed, ran};

#[derive(Clone, Debug)]
struct Employee {
    name: &'static str,
    department: u32,
}

#[derive(Debug)]
struct Department {
    id: u32,
    title: String,
}

fn employees() -> [Employee; 4] {
    [("Ann", 2), ("Bob", 1), ("Cy", 9), ("Di", 2)].map(|(name, department)| Employee { name, department })
}

fn departments() -> Vec<Department> {
    [(1, "HR"), (2, "Works"), (2, "Lab")].map(|(id, title)| Department { id, title: title.to_owned() }).into()
}

#[test]
fn an_item_goes_on_beside_each_row_of_its_key() {
    let report = ran(pipeline!(
        from_iter(employees())
            | join(from_iter(departments()), on = (department, id))
            | map(|(employee, department)| format!("{} {}", employee.name, department.title))
            | collect()
    )
    .run());
    assert_eq!(report.output, ["Ann Works", "Ann Lab", "Bob HR", "Di Works", "Di Lab"]);
    assert_eq!(counts(&report, "join"), "input 7, dropped 1, absorbed 6, emitted 5, output 5");
    let [side] = &report.sides[..] else { panic!("{:?}", report.sides) };
    assert_eq!((side.stage.as_str(), side.source.as_str(), side.rows), ("join", "from_iter", 3));
    assert!(side.bytes >= 3 * size_of::<Department>() as u64, "{side:?}");
}
