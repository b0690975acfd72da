//! Values of literals, as far as the macro can see them.

use syn::{Expr, ExprLit, ExprRange, Lit, RangeLimits, UnOp};

use super::syntax::ungrouped;
use crate::text;

/// A number that was written out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i128),
    /// With its digits as they were written, where they are not too many.
    Float(f64, Option<Decimal>),
}

/// The digits of a number and how many of them stand after the point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    negative: bool,
    /// At most 96 bits.
    digits: u128,
    /// At most 28.
    scale: u32,
}

impl Decimal {
    /// The number that a literal says, also behind a minus.
    pub(super) fn of(expr: &Expr) -> Option<Self> {
        match ungrouped(expr) {
            Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => Decimal::parse(int.base10_digits()),
            Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => Decimal::parse(float.base10_digits()),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
                Decimal::of(&unary.expr).map(|number| Decimal { negative: !number.negative, ..number })
            }
            _ => None,
        }
    }

    /// The number of `129.99` or `1.5e3`; `None` where it has more digits than there is room for.
    fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let mut digits: u128 = format!("{whole}{fraction}").parse().ok()?;
        let mut scale = i64::try_from(fraction.len()).ok()?.checked_sub(exponent.parse().ok()?)?;
        while scale < 0 {
            (digits, scale) = (digits.checked_mul(10)?, scale + 1);
        }
        let scale = u32::try_from(scale).ok().filter(|scale| *scale <= 28)?;
        (digits >> 96 == 0).then_some(Decimal { negative: false, digits, scale })
    }

    /// The words of the digits from the lowest on, the sign and the scale.
    #[allow(clippy::cast_possible_truncation, reason = "each is one of the three words of 96 bits")]
    pub(super) fn parts(self) -> (u32, u32, u32, bool, u32) {
        let Decimal { negative, digits, scale } = self;
        (digits as u32, (digits >> 32) as u32, (digits >> 64) as u32, negative, scale)
    }

    /// The whole part, and the fraction in units of the 28th place: both are negative in a negative number.
    fn whole_and_fraction(self) -> Option<(i128, i128)> {
        let unit = 10_u128.pow(self.scale);
        let whole = i128::try_from(self.digits / unit).ok()?;
        let fraction = i128::try_from(self.digits % unit * 10_u128.pow(28 - self.scale)).ok()?;
        Some(if self.negative { (-whole, -fraction) } else { (whole, fraction) })
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.whole_and_fraction() == other.whole_and_fraction()
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a.partial_cmp(b),
            (a, b) => match (a.exact(), b.exact()) {
                (Some(a), Some(b)) => a.partial_cmp(&b),
                _ => a.as_float().partial_cmp(&b.as_float()),
            },
        }
    }
}

impl Number {
    #[allow(clippy::cast_precision_loss, reason = "compared with a float, which is no finer")]
    fn as_float(self) -> f64 {
        match self {
            Number::Int(int) => int as f64,
            Number::Float(float, _) => float,
        }
    }

    fn exact(self) -> Option<(i128, i128)> {
        match self {
            Number::Int(int) => Some((int, 0)),
            Number::Float(_, decimal) => decimal?.whole_and_fraction(),
        }
    }

    fn negative(self) -> Self {
        match self {
            Number::Int(int) => Number::Int(-int),
            Number::Float(float, decimal) => {
                Number::Float(-float, decimal.map(|number| Decimal { negative: !number.negative, ..number }))
            }
        }
    }
}

/// What kind of literal an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Number(Number),
    Text(String),
    Char(char),
    Bool,
    /// Something to be computed, or a literal of another kind.
    Other,
}

impl Literal {
    pub(super) fn of(expr: &Expr) -> Self {
        match ungrouped(expr) {
            Expr::Lit(ExprLit { lit, .. }) => match lit {
                Lit::Int(int) => int.base10_parse().map_or(Literal::Other, |int| Literal::Number(Number::Int(int))),
                Lit::Float(float) => {
                    let exact = Decimal::parse(float.base10_digits());
                    float.base10_parse().map_or(Literal::Other, |float| Literal::Number(Number::Float(float, exact)))
                }
                Lit::Str(text) => Literal::Text(text.value()),
                Lit::Char(char) => Literal::Char(char.value()),
                Lit::Bool(_) => Literal::Bool,
                _ => Literal::Other,
            },
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match Literal::of(&unary.expr) {
                Literal::Number(number) => Literal::Number(number.negative()),
                _ => Literal::Other,
            },
            _ => Literal::Other,
        }
    }

    pub(super) fn number(&self) -> Option<Number> {
        match self {
            Literal::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// `a number`, `a text`: for messages.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Literal::Number(Number::Int(_)) => "a whole number",
            Literal::Number(Number::Float(..)) => "a number with a fraction",
            Literal::Text(_) => "a text",
            Literal::Char(_) => "a character",
            Literal::Bool => "a truth value",
            Literal::Other => "no literal",
        }
    }
}

/// The written bounds of a range.
pub(super) struct Bounds {
    pub(super) start: Option<Number>,
    pub(super) end: Option<Number>,
    pub(super) closed: bool,
}

impl Bounds {
    pub(super) fn of(range: &ExprRange) -> Self {
        let bound = |expr: &Option<Box<Expr>>| Literal::of(expr.as_deref()?).number();
        Bounds {
            start: bound(&range.start),
            end: bound(&range.end),
            closed: matches!(range.limits, RangeLimits::Closed(_)),
        }
    }

    /// Whether no value lies in it, as far as the literals say.
    pub(super) fn is_empty(&self) -> bool {
        match (self.start, self.end) {
            (Some(start), Some(end)) => {
                if self.closed {
                    start > end
                } else {
                    start >= end
                }
            }
            _ => false,
        }
    }

    /// Whether the value is outside of it, as far as the literals say.
    pub(super) fn exclude(&self, value: Number) -> bool {
        self.start.is_some_and(|start| value < start)
            || self.end.is_some_and(|end| if self.closed { value > end } else { value >= end })
    }
}

/// What to write instead of an empty range.
pub(super) fn turned(range: &ExprRange) -> String {
    let bound = |expr: &Option<Box<Expr>>| expr.as_ref().map(text::text).unwrap_or_default();
    let (start, end) = (bound(&range.start), bound(&range.end));
    if start == end { format!("{start}..={end}") } else { format!("{end}..={start}") }
}
