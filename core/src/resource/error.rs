//! Why there is no resource, and why one could not be closed.

use std::error::Error;
use std::fmt;

use crate::error::BoxError;
use crate::plan::short_type;

/// Why a run cannot give a resource to the stage that asked for it.
#[derive(Debug)]
pub struct ResourceError(Box<Why>);

#[derive(Debug)]
enum Why {
    Missing { name: &'static str, given: Vec<&'static str> },
    Ambiguous { name: &'static str, factories: Vec<String> },
    Cycle { names: Vec<&'static str> },
    Opening { name: &'static str, cause: BoxError },
    Failed { name: &'static str },
    Unasked { name: &'static str },
}

impl ResourceError {
    pub(super) fn missing(name: &'static str, given: Vec<&'static str>) -> Self {
        ResourceError(Box::new(Why::Missing { name, given }))
    }

    pub(super) fn ambiguous(name: &'static str, factories: Vec<String>) -> Self {
        ResourceError(Box::new(Why::Ambiguous { name, factories }))
    }

    /// `names` starts and ends with the same resource.
    pub(super) fn cycle(names: Vec<&'static str>) -> Self {
        ResourceError(Box::new(Why::Cycle { names }))
    }

    pub(super) fn opening(name: &'static str, cause: BoxError) -> Self {
        ResourceError(Box::new(Why::Opening { name, cause }))
    }

    pub(super) fn unasked(name: &'static str) -> Self {
        ResourceError(Box::new(Why::Unasked { name }))
    }

    /// It was tried before.
    pub(super) fn failed(name: &'static str) -> Self {
        ResourceError(Box::new(Why::Failed { name }))
    }
}

impl fmt::Display for ResourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Why::Missing { name, given } => {
                write!(f, "it needs a `{}`, and the pipeline was given ", short_type(name))?;
                for (n, other) in given.iter().enumerate() {
                    write!(f, "{}`{}`", if n == 0 { "only " } else { ", " }, short_type(other))?;
                }
                f.write_str(if given.is_empty() { "none" } else { "" })?;
                if name.starts_with("dyn ") {
                    return write!(f, "; write `.with_shared(value as Arc<{}>)` behind the pipeline", short_type(name));
                }
                f.write_str("; write `.with(..)` behind the pipeline")
            }
            Why::Unasked { name } => {
                write!(f, "the resource `{}` was given, and no stage asks for it; remove it", short_type(name))?;
                if ["alloc::sync::Arc<", "alloc::rc::Rc<", "alloc::boxed::Box<", "&"]
                    .iter()
                    .any(|ptr| name.starts_with(ptr))
                {
                    f.write_str(", or give what it points to: a resource is found by its own type; `.with_shared(arc)` takes an `Arc`")?;
                } else if name.contains("::Factory<") {
                    f.write_str(", or write `.with_factory(..)`")?;
                }
                Ok(())
            }
            Why::Ambiguous { name, factories } => write!(
                f,
                "it needs a `{}`, and {} make one; remove all but one, or write `.with(..)` behind the pipeline",
                short_type(name),
                factories.join(" and ")
            ),
            Why::Cycle { names } => {
                let mut names = names.iter().map(|name| short_type(name));
                write!(f, "the resource `{}`", names.next().unwrap_or_default())?;
                for (n, name) in names.enumerate() {
                    write!(f, "{} `{name}`", if n == 0 { " needs" } else { ", which needs" })?;
                }
                f.write_str("; give the pipeline one of them with `.with(..)`")
            }
            Why::Opening { name, cause } => {
                write!(f, "the resource `{}` could not be opened: {cause}", short_type(name))
            }
            Why::Failed { name } => write!(f, "the resource `{}` could not be opened", short_type(name)),
        }
    }
}

impl Error for ResourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.0 {
            Why::Opening { cause, .. } => Some(&**cause),
            _ => None,
        }
    }
}

/// A resource that could not be closed when its run ended.
#[derive(Debug)]
pub struct Unclosed {
    name: &'static str,
    cause: BoxError,
}

impl Unclosed {
    pub(super) fn new(name: &'static str, cause: BoxError) -> Self {
        Unclosed { name, cause }
    }

    /// The type of the resource.
    pub fn resource(&self) -> String {
        short_type(self.name)
    }

    /// What its close function said.
    pub fn cause(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.cause
    }
}

impl fmt::Display for Unclosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the resource `{}` could not be closed: {}", self.resource(), self.cause)
    }
}

impl Error for Unclosed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.cause)
    }
}

/// A close function takes the resource by value, and cannot while another holds it.
#[derive(Debug)]
pub(super) struct StillHeld;

impl fmt::Display for StillHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an `Arc` of it was kept beyond the run; drop it before the run ends")
    }
}

impl Error for StillHeld {}
