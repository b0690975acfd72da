//! What stands around a function, as data.

use std::fmt;

/// The policies around a function, outermost first: what `describe()` beside the function gives.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Layer, Stack};
///
/// let stack = Stack {
///     function: "read",
///     layers: &[Layer { policy: "retry", options: "attempts = 4" }, Layer { policy: "timeout", options: "\"800ms\"" }],
///     cloned: vec!["query"],
/// };
/// assert_eq!(stack.to_string(), "\
/// read
///   retry(attempts = 4), clones `query` before each attempt that another may follow
///   timeout(\"800ms\")");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// The name of the function.
    pub function: &'static str,
    /// Its policies, outermost first.
    pub layers: &'static [Layer],
    /// The arguments that a retry clones, before each attempt that another may follow. All others cost nothing.
    pub cloned: Vec<&'static str>,
}

/// One policy around a function, as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The name of its attribute: `retry`.
    pub policy: &'static str,
    /// Its options as they were written: `attempts = 4`. Empty if there are none.
    pub options: &'static str,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.policy)?;
        if self.options.is_empty() { Ok(()) } else { write!(f, "({})", self.options) }
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.function)?;
        for layer in self.layers {
            write!(f, "\n  {layer}")?;
            if layer.policy == "retry" && !self.cloned.is_empty() {
                let names: Vec<String> = self.cloned.iter().map(|name| format!("`{name}`")).collect();
                write!(f, ", clones {} before each attempt that another may follow", names.join(", "))?;
            }
        }
        Ok(())
    }
}
