//! Orders by the million, always the same ones.

use millstream::prelude::*;
use millstream::record::Decimal;

/// A row as it is written.
#[record]
struct Row {
    user_id: Short,
    event: Short,
    product_id: Short,
    amount: Decimal,
    timestamp: Timestamp,
}

/// Writes `rows` of 1,000 users and 200 products to standard output; every tenth is a refund.
pub(crate) fn orders(rows: u64) -> millstream::Result<()> {
    let row = |n: u64| Row {
        user_id: format!("U{:03}", n * 7_919 % 1_000).into(),
        event: if n % 10 == 9 { "refund" } else { "purchase" }.into(),
        product_id: format!("P{:03}", n * 104_729 % 200).into(),
        amount: Decimal::new(i64::try_from(n * 31 % 20_000).unwrap_or_default(), 2),
        timestamp: Timestamp::from_micros(1_772_323_200_000_000 + i64::try_from(n).unwrap_or_default() * 1_000_000),
    };
    pipeline!(from_iter(0..rows) | map(row) | csv("-")).run()?;
    Ok(())
}
