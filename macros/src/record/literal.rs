//! Values of literals, as far as the macro can see them.

use syn::{Expr, ExprLit, ExprRange, Lit, RangeLimits, UnOp};

use super::syntax::ungrouped;
use crate::text;

/// A number that was written out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i128),
    Float(f64),
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a.partial_cmp(b),
            (a, b) => a.as_float().partial_cmp(&b.as_float()),
        }
    }
}

impl Number {
    #[allow(clippy::cast_precision_loss, reason = "compared with a float, which is no finer")]
    fn as_float(self) -> f64 {
        match self {
            Number::Int(int) => int as f64,
            Number::Float(float) => float,
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
                    float.base10_parse().map_or(Literal::Other, |float| Literal::Number(Number::Float(float)))
                }
                Lit::Str(text) => Literal::Text(text.value()),
                Lit::Char(char) => Literal::Char(char.value()),
                Lit::Bool(_) => Literal::Bool,
                _ => Literal::Other,
            },
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match Literal::of(&unary.expr) {
                Literal::Number(Number::Int(int)) => Literal::Number(Number::Int(-int)),
                Literal::Number(Number::Float(float)) => Literal::Number(Number::Float(-float)),
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
            Literal::Number(Number::Float(_)) => "a number with a fraction",
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
