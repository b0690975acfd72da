//! What opens a resource when it is first asked for, and closes it at the end.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

use super::error::StillHeld;
use super::{Opened, Resources};
use crate::error::BoxError;

/// Opens a resource when the first stage asks for it, and closes it once the run is over.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::resource::{Factory, Resources};
/// use std::io::Error;
///
/// struct Connection(&'static str);
///
/// let factory = Factory::new(|| Ok::<_, Error>(Connection("shop.db"))).on_close(|connection: Connection| {
///     println!("closing {}", connection.0);
/// });
/// let resources = Resources::default();
/// resources.insert_factory(factory);
/// assert_eq!(resources.get::<Connection>()?.0, "shop.db");
/// # Ok::<(), millstream::resource::ResourceError>(())
/// ```
#[must_use = "a factory does nothing until it is given to a pipeline: `.with_factory(..)`"]
pub struct Factory<R: ?Sized> {
    make: Box<dyn FnOnce(&Resources) -> Result<Arc<R>, BoxError>>,
    close: Option<Box<dyn FnOnce(Arc<R>) -> Result<(), BoxError>>>,
}

impl<R: 'static> Factory<R> {
    /// Opens by calling `make`. An `Err` fails the run before any item flows.
    pub fn new<E: Into<BoxError>>(make: impl FnOnce() -> Result<R, E> + 'static) -> Self {
        Factory::from_resources(move |_| make())
    }

    /// As [`new`](Factory::new), for what is made from other resources.
    pub fn from_resources<E: Into<BoxError>>(make: impl FnOnce(&Resources) -> Result<R, E> + 'static) -> Self {
        Factory::shared(move |resources| make(resources).map(Arc::new))
    }

    /// Closes by calling `close`, which may return a `Result`. It is called once, after all sinks have committed or given
    /// up, if the resource was opened. A resource of which somebody kept an `Arc` cannot be closed, which is an error.
    pub fn on_close<C: Closing>(mut self, close: impl FnOnce(R) -> C + 'static) -> Self {
        self.close = Some(Box::new(move |shared| match Arc::try_unwrap(shared) {
            Ok(value) => close(value).result(),
            Err(_) => Err(StillHeld.into()),
        }));
        self
    }
}

impl<R: ?Sized + 'static> Factory<R> {
    /// As [`from_resources`](Factory::from_resources), for what is shared already, such as an `Arc<dyn Trait>`. It is
    /// dropped at the end.
    pub fn shared<E: Into<BoxError>>(make: impl FnOnce(&Resources) -> Result<Arc<R>, E> + 'static) -> Self {
        Factory { make: Box::new(move |resources| make(resources).map_err(Into::into)), close: None }
    }

    pub(super) fn open(self, resources: &Resources) -> Result<Opened, BoxError> {
        let value = (self.make)(resources)?;
        let close = self.close.map(|close| {
            let value = Arc::clone(&value);
            Box::new(move || close(value)) as Box<dyn FnOnce() -> Result<(), BoxError>>
        });
        Ok(Opened { value: Box::new(value), close })
    }
}

impl<R: ?Sized> fmt::Debug for Factory<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Factory").field("resource", &std::any::type_name::<R>()).finish_non_exhaustive()
    }
}

/// What a close function may return: nothing, or a `Result`.
#[diagnostic::on_unimplemented(
    message = "a close function returns `()` or `Result<(), E>`, not `{Self}`",
    label = "neither `()` nor a `Result`"
)]
pub trait Closing {
    /// As a result.
    ///
    /// # Errors
    /// What the close function said.
    fn result(self) -> Result<(), BoxError>;
}

impl Closing for () {
    fn result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> Closing for Result<(), E> {
    fn result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// A factory that `#[resource]` on a function has registered.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Registered {
    id: fn() -> TypeId,
    open: fn(&Resources) -> Result<Opened, BoxError>,
    name: &'static str,
    place: (&'static str, u32, u32),
}

inventory::collect!(Registered);

impl Registered {
    /// A factory of `R`: `F` makes it.
    pub const fn new<R: ?Sized + 'static, F: Registers<R>>(
        name: &'static str,
        place: (&'static str, u32, u32),
    ) -> Self {
        Registered { id: TypeId::of::<R>, open: |resources| F::factory()?.open(resources), name, place }
    }

    /// Those of one type.
    pub(super) fn of(id: TypeId) -> Vec<&'static Registered> {
        inventory::iter::<Registered>.into_iter().filter(|registered| (registered.id)() == id).collect()
    }

    pub(super) fn open(&self, resources: &Resources) -> Result<Opened, BoxError> {
        (self.open)(resources)
    }
}

impl fmt::Display for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line, _) = self.place;
        write!(f, "`{}` ({file}:{line})", self.name)
    }
}

/// What `#[resource]` on a function without required parameters generates.
#[doc(hidden)]
pub trait Registers<R: ?Sized> {
    /// The factory.
    ///
    /// # Errors
    /// When a default is not in its range.
    fn factory() -> Result<Factory<R>, BoxError>;
}
