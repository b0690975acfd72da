//! Where a generated stage keeps a resource.

use std::fmt;
use std::sync::Arc;

use super::{ResourceError, Resources};

/// A resource of a stage: nothing until the stage is connected.
pub struct Shared<R: ?Sized>(Option<Arc<R>>);

impl<R: ?Sized + 'static> Shared<R> {
    /// Finds it.
    ///
    /// # Errors
    /// When it is not there.
    pub fn connect(&mut self, resources: &Resources) -> Result<(), ResourceError> {
        self.0 = Some(resources.get()?);
        Ok(())
    }
}

impl<R: ?Sized> Shared<R> {
    /// Nothing yet.
    #[allow(clippy::new_without_default, reason = "made by generated code alone")]
    pub const fn new() -> Self {
        Shared(None)
    }

    /// The resource.
    ///
    /// # Panics
    /// When the stage was never connected: only one that is called by hand, outside a pipeline.
    #[inline]
    pub fn get(&self) -> &R {
        match &self.0 {
            Some(value) => value,
            None => not_connected(),
        }
    }

    /// The resource, to keep.
    ///
    /// # Panics
    /// As [`get`](Shared::get).
    #[inline]
    pub fn share(&self) -> Arc<R> {
        match &self.0 {
            Some(value) => Arc::clone(value),
            None => not_connected(),
        }
    }
}

#[cold]
#[inline(never)]
fn not_connected() -> ! {
    panic!("a stage with a resource was called before it was connected; call its `connect` first")
}

impl<R: ?Sized> Clone for Shared<R> {
    fn clone(&self) -> Self {
        Shared(self.0.clone())
    }
}

impl<R: ?Sized> fmt::Debug for Shared<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.0.is_some()).finish()
    }
}
