//! How [`Moments`] are written: with all that makes the ones read back go on as the ones written would have.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Moments;
use super::sums::Sums;
use super::window::Window;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    count: u64,
    sum: Float,
    carry: Float,
    mean: Float,
    m2: Float,
    min: Float,
    max: Float,
    window: Option<WindowForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowForm {
    size: usize,
    at: usize,
    age: usize,
    peak: Float,
    values: Vec<Float>,
}

impl From<Moments> for Form {
    fn from(of: Moments) -> Self {
        let window = of.window.map(|window| {
            let (size, at, age, peak, values) = window.parts();
            WindowForm { size, at, age, peak: Float(peak), values: values.iter().copied().map(Float).collect() }
        });
        Form {
            count: of.sums.count,
            sum: Float(of.sums.sum),
            carry: Float(of.sums.carry),
            mean: Float(of.sums.mean),
            m2: Float(of.sums.m2),
            min: Float(of.sums.min),
            max: Float(of.sums.max),
            window,
        }
    }
}

impl TryFrom<Form> for Moments {
    type Error = &'static str;

    fn try_from(form: Form) -> Result<Self, Self::Error> {
        let window = match form.window {
            None => None,
            Some(WindowForm { size, at, age, peak, values }) => {
                let values = values.into_iter().map(|x| x.0).collect();
                let window =
                    Window::from_parts(size, at, age, peak.0, values).ok_or("a window whose parts do not fit")?;
                if u64::try_from(window.len()) != Ok(form.count) {
                    return Err("a window that does not hold as many values as were counted");
                }
                Some(Box::new(window))
            }
        };
        let sums = Sums {
            count: form.count,
            sum: form.sum.0,
            carry: form.carry.0,
            mean: form.mean.0,
            m2: form.m2.0,
            min: form.min.0,
            max: form.max.0,
        };
        Ok(Moments { sums, window })
    }
}

/// A number that survives formats without NaN and infinities: a text-based one gets those as words.
struct Float(f64);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() && !self.0.is_finite() { to.collect_str(&self.0) } else { to.serialize_f64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() { from.deserialize_any(NumberOrWord) } else { f64::deserialize(from).map(Float) }
    }
}

struct NumberOrWord;

impl Visitor<'_> for NumberOrWord {
    type Value = Float;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or \"NaN\", \"inf\" or \"-inf\"")
    }

    fn visit_f64<E: Error>(self, x: f64) -> Result<Float, E> {
        Ok(Float(x))
    }

    #[allow(clippy::cast_precision_loss, reason = "a text may leave out the fraction of a float")]
    fn visit_i64<E: Error>(self, x: i64) -> Result<Float, E> {
        Ok(Float(x as f64))
    }

    #[allow(clippy::cast_precision_loss, reason = "a text may leave out the fraction of a float")]
    fn visit_u64<E: Error>(self, x: u64) -> Result<Float, E> {
        Ok(Float(x as f64))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Float, E> {
        match word {
            "NaN" => Ok(Float(f64::NAN)),
            "inf" => Ok(Float(f64::INFINITY)),
            "-inf" => Ok(Float(f64::NEG_INFINITY)),
            _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
        }
    }
}
