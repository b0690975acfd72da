//! What the ends and stages of a run share: a connection, a client, a cache.
//!
//! A resource is found by its type. It is given to a pipeline by `.with(value)`; a stage asks for it by
//! `#[resource] db: &Db`, and one written by hand in its `connect`.

use std::any::{Any, TypeId, type_name};
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// The resources of one run. Cloning it gives another handle to the same ones.
#[derive(Clone, Default)]
pub struct Resources {
    kept: Rc<RefCell<Vec<Kept>>>,
}

struct Kept {
    id: TypeId,
    name: &'static str,
    /// An `Arc<R>`.
    value: Box<dyn Any>,
}

impl Resources {
    /// The resource of type `R`.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::resource::Resources;
    ///
    /// let resources = Resources::default();
    /// resources.insert(String::from("shop.db"));
    /// assert_eq!(*resources.get::<String>()?, "shop.db");
    /// assert!(resources.get::<u16>().is_err());
    /// # Ok::<(), millstream::resource::Missing>(())
    /// ```
    ///
    /// # Errors
    /// When the run was given none of that type.
    pub fn get<R: ?Sized + 'static>(&self) -> Result<Arc<R>, Missing> {
        let kept = self.kept.borrow();
        let found = kept.iter().rev().find(|kept| kept.id == TypeId::of::<R>());
        let value = found.and_then(|kept| kept.value.downcast_ref::<Arc<R>>());
        value.cloned().ok_or(Missing { name: type_name::<R>() })
    }

    /// Adds a resource. The last one of a type is the one that is found.
    pub fn insert<R: 'static>(&self, value: R) {
        self.insert_shared(Arc::new(value));
    }

    /// Adds a resource that others may hold too.
    pub fn insert_shared<R: ?Sized + 'static>(&self, value: Arc<R>) {
        let kept = Kept { id: TypeId::of::<R>(), name: type_name::<R>(), value: Box::new(value) };
        self.kept.borrow_mut().push(kept);
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.kept.borrow().iter().map(|kept| kept.name)).finish()
    }
}

/// A resource that a stage asked for and the run was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    name: &'static str,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = crate::plan::short_type(self.name);
        write!(f, "it needs a `{name}`, and the pipeline was given none; write `.with(..)` behind the pipeline")
    }
}

impl std::error::Error for Missing {}
