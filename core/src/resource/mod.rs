//! What the ends and stages of a run share: a connection, a client, a cache.
//!
//! A resource is found by its type. It is given to a pipeline by `.with(value)`, or opened by a [`Factory`]; a stage asks
//! for it by `#[resource] db: &Db`, and one written by hand in its `connect`. See the guide `docs::resources` of the crate
//! `millstream`.

mod error;
mod factory;
mod shared;

use std::any::{Any, TypeId, type_name};
use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use crate::error::BoxError;
use crate::policy::WatchOf;
use crate::run::Panicked;

pub use error::{ResourceError, Unclosed};
pub use factory::{Closing, Factory};
#[doc(hidden)]
pub use factory::{Registered, Registers};
#[doc(hidden)]
pub use shared::Shared;

/// The resources of one run. Cloning it gives another handle to the same ones.
///
/// They are closed when the run is over, or when the last handle goes, in reverse order: the one that was given or opened
/// last is the first.
#[derive(Clone, Default)]
pub struct Resources {
    pool: Rc<Pool>,
    /// Who counts what policies do to the calls of the one that these were handed to.
    watch: Option<WatchOf>,
}

/// The last handle closes what is still there; nobody is left to be told of errors.
#[derive(Default)]
struct Pool {
    kept: RefCell<Vec<Kept>>,
    /// What is being opened, outermost first.
    opening: RefCell<Vec<(TypeId, &'static str)>>,
}

struct Kept {
    id: TypeId,
    name: &'static str,
    slot: Slot,
    /// Whether the user gave it, so that something has to ask for it.
    given: bool,
    asked: bool,
}

enum Slot {
    Open(Opened),
    Factory(Box<dyn FnOnce(&Resources) -> Result<Opened, BoxError>>),
    Opening,
    Failed,
}

#[doc(hidden)]
/// A resource that is open.
pub struct Opened {
    /// An `Arc<R>`.
    value: Box<dyn Any>,
    /// Holds another `Arc<R>`.
    close: Option<Box<dyn FnOnce() -> Result<(), BoxError>>>,
}

impl Resources {
    /// The same, for one whose calls this counts.
    pub(crate) fn watched(&self, watch: WatchOf) -> Self {
        Resources { watch: Some(watch), ..self.clone() }
    }

    pub(crate) fn watch(&self) -> Option<&WatchOf> {
        self.watch.as_ref()
    }

    /// The resource of type `R`. If a factory makes it, it is opened the first time.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::resource::Resources;
    ///
    /// let resources = Resources::default();
    /// resources.insert(String::from("shop.db"));
    /// assert_eq!(*resources.get::<String>()?, "shop.db");
    /// assert!(resources.get::<u16>().is_err());
    /// # Ok::<(), millstream::resource::ResourceError>(())
    /// ```
    ///
    /// # Errors
    /// When the run was given none of that type and no registered factory makes one, or more than one does; when it could
    /// not be opened, or needs itself.
    pub fn get<R: ?Sized + 'static>(&self) -> Result<Arc<R>, ResourceError> {
        let (id, name) = (TypeId::of::<R>(), type_name::<R>());
        let opener = {
            let mut kept = self.pool.kept.borrow_mut();
            let found = kept.iter_mut().rev().find(|kept| kept.id == id);
            match found.map(|kept| {
                kept.asked = true;
                &mut kept.slot
            }) {
                Some(Slot::Open(opened)) => {
                    let value = opened.value.downcast_ref::<Arc<R>>();
                    return value.cloned().ok_or_else(|| ResourceError::missing(name, Vec::new()));
                }
                Some(Slot::Opening) => return Err(ResourceError::cycle(self.cycle(id, name))),
                Some(Slot::Failed) => return Err(ResourceError::failed(name)),
                Some(slot @ Slot::Factory(_)) => match std::mem::replace(slot, Slot::Opening) {
                    Slot::Factory(opener) => Some(opener),
                    _ => None,
                },
                None => None,
            }
        };
        let opened = match opener {
            Some(opener) => self.opened(id, name, opener),
            None => match Registered::of(id)[..] {
                [] => {
                    let kept = self.pool.kept.borrow();
                    let given = kept.iter().filter(|kept| kept.given).map(|kept| kept.name).collect();
                    return Err(ResourceError::missing(name, given));
                }
                [one] => {
                    self.pool.kept.borrow_mut().push(Kept { id, name, slot: Slot::Opening, given: false, asked: true });
                    self.opened(id, name, |resources| one.open(resources))
                }
                ref several => {
                    let several = several.iter().map(ToString::to_string).collect();
                    return Err(ResourceError::ambiguous(name, several));
                }
            },
        };
        let value = opened.as_ref().ok().and_then(|opened| opened.value.downcast_ref::<Arc<R>>()).cloned();
        // What is opened last is closed first, so it stands behind what was opened for it.
        let mut kept = self.pool.kept.borrow_mut();
        let opening = kept.iter().rposition(|kept| kept.id == id && matches!(kept.slot, Slot::Opening));
        let given = opening.is_some_and(|opening| kept.remove(opening).given);
        let (slot, result) = match opened {
            Ok(opened) => (Slot::Open(opened), value.ok_or_else(|| ResourceError::missing(name, Vec::new()))),
            Err(cause) => (Slot::Failed, Err(ResourceError::opening(name, cause))),
        };
        kept.push(Kept { id, name, slot, given, asked: true });
        result
    }

    fn opened(
        &self,
        id: TypeId,
        name: &'static str,
        opener: impl FnOnce(&Resources) -> Result<Opened, BoxError>,
    ) -> Result<Opened, BoxError> {
        self.pool.opening.borrow_mut().push((id, name));
        let opened = opener(self);
        self.pool.opening.borrow_mut().pop();
        opened
    }

    /// The names from the resource that needs itself, back to itself.
    fn cycle(&self, id: TypeId, name: &'static str) -> Vec<&'static str> {
        let opening = self.pool.opening.borrow();
        let from = opening.iter().position(|(other, _)| *other == id).unwrap_or(0);
        opening[from..].iter().map(|(_, name)| *name).chain([name]).collect()
    }

    /// Adds a resource. The last one of a type is the one that is found.
    pub fn insert<R: 'static>(&self, value: R) {
        self.insert_shared(Arc::new(value));
    }

    /// Adds a resource that others may hold too.
    pub fn insert_shared<R: ?Sized + 'static>(&self, value: Arc<R>) {
        self.push::<R>(Slot::Open(Opened { value: Box::new(value), close: None }));
    }

    /// Adds a resource that is opened when it is first asked for.
    pub fn insert_factory<R: ?Sized + 'static>(&self, factory: Factory<R>) {
        self.push::<R>(Slot::Factory(Box::new(move |resources| factory.open(resources))));
    }

    fn push<R: ?Sized + 'static>(&self, slot: Slot) {
        self.pool.kept.borrow_mut().push(Kept {
            id: TypeId::of::<R>(),
            name: type_name::<R>(),
            slot,
            given: false,
            asked: false,
        });
    }

    /// The run begins: what is there was given by the user.
    pub(crate) fn begin(&self) {
        for kept in &mut *self.pool.kept.borrow_mut() {
            kept.given = true;
        }
    }

    /// All stages have asked for what they need.
    ///
    /// # Errors
    /// When the user gave something that none of them asked for: mostly a wrapped value, which would be passed over.
    pub(crate) fn all_asked(&self) -> Result<(), ResourceError> {
        let kept = self.pool.kept.borrow();
        let asked = |id| kept.iter().any(|other| other.id == id && other.asked);
        match kept.iter().find(|kept| kept.given && !asked(kept.id)) {
            Some(kept) => Err(ResourceError::unasked(kept.name)),
            None => Ok(()),
        }
    }

    /// Closes all, the last one first, and gives up what was never opened.
    pub(crate) fn close(&self) -> Vec<Unclosed> {
        self.pool.close()
    }
}

impl Pool {
    fn close(&self) -> Vec<Unclosed> {
        let mut unclosed = Vec::new();
        loop {
            // What is closed may ask for nothing any more, but it may try.
            let Some(kept) = self.kept.borrow_mut().pop() else { return unclosed };
            unclosed.extend(kept.close().err());
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}

impl Kept {
    fn close(self) -> Result<(), Unclosed> {
        let Kept { name, slot, .. } = self;
        let closed = catch_unwind(AssertUnwindSafe(|| match slot {
            Slot::Open(Opened { value, close }) => {
                drop(value);
                close.map_or(Ok(()), |close| close())
            }
            Slot::Factory(_) | Slot::Opening | Slot::Failed => Ok(()),
        }));
        let closed = closed.unwrap_or_else(|panic| Err(Panicked::of(&*panic).into()));
        closed.map_err(|cause| Unclosed::new(name, cause))
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.pool.kept.borrow().iter().map(|kept| kept.name)).finish()
    }
}
