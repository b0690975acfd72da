//! The example `orders`: every figure that it prints is that of its rows.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::program;

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| program("orders"));

const ROWS: &str = include_str!("../../examples/orders/orders.csv");

/// What the example prints of a file with this text.
fn printed(text: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orders.csv");
    fs::write(&file, text).unwrap();
    let ran =
        Command::new(&*PROGRAM).arg(&file).arg("--rejects").arg(dir.path().join("rejects.jsonl")).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn prints_the_figures_of_its_ten_rows() {
    let expected = "\
records processed   9
total net revenue   $389.93
top product         P101 (3 transactions)

net revenue by user
  U001            $169.97
  U004             $89.99
  U003             $79.98
  U005             $49.99
  U002              $0.00

events
  purchase              8
  refund                1

rejected
  line 7: U006,purchase,,,2026-03-01T12:30:00Z
    column `amount`: expected a decimal number such as 129.99, but it is empty
";
    assert_eq!(printed(ROWS), expected);
}

#[test]
fn follows_an_amount_that_changes_and_a_row_that_is_added() {
    let changed = ROWS.replace("U005,purchase,P106,49.99", "U005,purchase,P106,1049.99");
    let printed = printed(&format!(
        "{changed}U002,refund,P104,0.01,2026-03-02T09:00:00Z\nU007,purchase,P104,5,2026-03-02T09:00:00Z\nU008,purchase,P104,0.001,2026-03-02T09:00:00Z\n"
    ));
    for line in [
        "records processed   11",
        "total net revenue   $1394.92",
        "top product         P104 (4 transactions)",
        "  U005           $1049.99",
        "  U002             $-0.01",
        "  U007              $5.00",
        "  purchase              9",
        "  refund                2",
        "    amount must have two decimals at most",
    ] {
        assert!(printed.lines().any(|other| other == line), "no line {line:?} in\n{printed}");
    }
}

#[test]
fn nothing_comes_to_nothing() {
    let header = ROWS.lines().next().unwrap();
    let expected = "records processed   0\ntotal net revenue   $0.00\n\nnet revenue by user\n\nevents\n";
    assert_eq!(printed(&format!("{header}\n")), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn adds_up_as_cents_do(rows in prop::collection::vec((0_u8..5, any::<bool>(), 0_u8..9, 0_i64..200_000), 1..40)) {
        let mut text = String::from("user_id,event,product_id,amount,timestamp\n");
        let (mut users, mut events) = (BTreeMap::<u8, i64>::new(), BTreeMap::<&str, u64>::new());
        let mut products: Vec<(u8, u64)> = Vec::new();
        for (user, refund, product, cents) in &rows {
            let event = if *refund { "refund" } else { "purchase" };
            *users.entry(*user).or_default() += if *refund { -cents } else { *cents };
            *events.entry(event).or_default() += 1;
            match products.iter_mut().find(|(known, _)| known == product) {
                Some((_, count)) => *count += 1,
                None => products.push((*product, 1)),
            }
            writeln!(text, "U{user},{event},P{product},{}.{:02},2026-03-01T09:12:04Z", cents / 100, cents % 100).unwrap();
        }
        let dollars = |cents: i64| {
            let sign = if cents < 0 { "-" } else { "" };
            format!("${sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
        };
        let printed = printed(&text);
        let most = products.iter().map(|(_, count)| *count).max().unwrap_or_default();
        let (top, _) = products.iter().find(|(_, count)| *count == most).unwrap();
        let mut wanted = vec![
            format!("top product         P{top} ({most} transactions)"),
            format!("records processed   {}", rows.len()),
            format!("total net revenue   {}", dollars(users.values().sum())),
        ];
        wanted.extend(users.iter().map(|(user, cents)| format!("  U{user}         {:>12}", dollars(*cents))));
        wanted.extend(events.iter().map(|(event, count)| format!("  {event:<10} {count:>12}")));
        for line in wanted {
            prop_assert!(printed.lines().any(|other| other == line), "no line {:?} in\n{}", line, printed);
        }
    }
}
