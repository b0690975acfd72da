//! The example `flaky_sensors`: figures that no busy machine changes.

use std::process::Command;

use super::program;

#[test]
fn each_policy_does_its_part() {
    let dir = tempfile::tempdir().unwrap();
    let ran = Command::new(program("flaky_sensors")).arg("--out").arg(dir.path()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let printed = String::from_utf8(ran.stdout).unwrap();
    // Fresh, stale, lost, calls, and those to the sick gateway.
    let line = |name: &str| -> Vec<u32> {
        let line = printed.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().take(5).map(|count| count.parse().unwrap()).collect()
    };
    assert_eq!(line("no policies"), [81, 0, 39, 120, 12]);
    let (retry, breaker, fallback) = (line("+ retry"), line("+ circuit breaker"), line("+ fallback"));
    assert!(retry[0] > 81 && retry[4] == 36, "{printed}");
    assert!(breaker[4] < retry[4], "{printed}");
    assert!(fallback[1] >= 9 && fallback[2] < breaker[2], "{printed}");
    assert_eq!(fallback[..3].iter().sum::<u32>(), 120);
    let letters = std::fs::read_to_string(dir.path().join("rejects.jsonl")).unwrap();
    assert!(letters.lines().next().unwrap().contains("\"attempts\":3"), "{letters}");
}
