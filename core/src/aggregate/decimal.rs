//! Decimals: exact money.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{AggregateError, Number, Summand, Total};

/// A sum that needs more than the 28 digits of a decimal is refused: it would be rounded. A mean is rounded to 28 digits.
impl Total for Decimal {
    type State = Decimal;
    type Mean = Decimal;

    fn add(self, state: &mut Decimal) -> Result<(), AggregateError> {
        let sum = state.checked_add(self).ok_or(AggregateError::Overflow("Decimal"))?;
        // Digits behind the point are only given up where they do not fit.
        if sum.scale() < state.normalize().scale().max(self.normalize().scale()) {
            let exact = sum.checked_sub(self) == Some(*state) && sum.checked_sub(*state) == Some(self);
            if !exact {
                return Err(AggregateError::Overflow("Decimal"));
            }
        }
        *state = sum;
        Ok(())
    }

    fn merge(state: &mut Decimal, other: &Decimal) -> Result<(), AggregateError> {
        other.add(state)
    }

    fn sum(state: &Decimal) -> Decimal {
        *state
    }

    fn mean(state: &Decimal, count: u64) -> Decimal {
        state.checked_div(Decimal::from(count.max(1))).unwrap_or(*state)
    }
}

// What rustc lists as numbers does not depend on features.
#[diagnostic::do_not_recommend]
impl Summand for Decimal {
    type Total = Decimal;
    fn widened(self) -> Decimal {
        self
    }
}

#[diagnostic::do_not_recommend]
impl Number for Decimal {
    fn to_f64(self) -> Result<f64, AggregateError> {
        ToPrimitive::to_f64(&self).ok_or(AggregateError::Overflow("f64"))
    }
}
