//! The example `departments`.

use std::process::Command;

use super::program;

#[test]
fn groups_alone_and_joined() {
    let ran = Command::new(program("departments")).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let expected = "\
mean salary

Engineering   108,333.33 of 3
HR             85,000.00 of 1
Marketing      72,000.00 of 1

with what is known of the department

Engineering   108,333.33 of 3  floor 3   75,000.00 left
HR             85,000.00 of 1  floor 1   15,000.00 left
Marketing      72,000.00 of 1  floor 2   78,000.00 left
";
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), expected);
}
