//! The words that keep nothing between items.

use super::{Last, Moment, Signal};
use crate::chain::item::It;
use crate::chain::words::Lent;
use crate::error::BoxError;
use crate::rejection::OnReject;
use crate::run::{Here, Site};
use crate::stage::{Flow, Kind};

impl<'r, I, F> Last<'r, I, F> {
    /// A word that changes or refuses an item; signals pass.
    #[cold]
    #[inline(never)]
    pub(super) fn item<U, G>(
        self,
        site: Site<'_>,
        kind: Kind,
        f: impl FnOnce(It<I>) -> Result<It<U>, Flow>,
    ) -> Result<Last<'r, U, G>, Flow> {
        match self.moment {
            Moment::Item(item) => Ok(Self::with(Moment::Item(f(It(item))?.0), self.site)),
            Moment::Signal(signal) => {
                if signal == Signal::Describe {
                    site.describe::<I, U>(kind);
                }
                Ok(Self::with(Moment::Signal(signal), self.site))
            }
        }
    }

    /// A word that always hands an item on.
    #[cold]
    #[inline(never)]
    fn always<U>(self, site: Site<'_>, f: impl FnOnce(It<I>) -> It<U>) -> Last<'r, U, F> {
        let run = self.site;
        match self.moment {
            Moment::Item(item) => Self::with(Moment::Item(f(It(item)).0), run),
            Moment::Signal(signal) => {
                if signal == Signal::Describe {
                    site.describe::<I, U>(Kind::Map);
                }
                Self::with(Moment::Signal(signal), run)
            }
        }
    }

    /// `map`
    pub fn map<U>(self, site: Site<'_>, f: impl FnOnce(I) -> U) -> Last<'r, U, F> {
        self.always(site, |item| item.map(site, f))
    }

    /// `cloned`
    pub fn cloned<T>(self, site: Site<'_>) -> Last<'r, T, F>
    where
        I: Lent<Owned = T>,
    {
        self.always(site, |item| item.cloned(site))
    }

    /// `inspect`
    #[must_use]
    pub fn inspect(self, site: Site<'_>, f: impl FnOnce(&I)) -> Self {
        self.always(site, |item| item.inspect(site, f))
    }

    /// `filter`
    pub fn filter(self, site: Site<'_>, count: &mut u64, f: impl FnOnce(&I) -> bool) -> Result<Self, Flow> {
        self.item(site, Kind::Filter, |item| item.filter(site, count, f))
    }

    /// `filter_map`
    pub fn filter_map<U>(
        self,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(I) -> Option<U>,
    ) -> Result<Last<'r, U, F>, Flow> {
        self.item(site, Kind::Filter, |item| item.filter_map(site, count, f))
    }

    /// `try_map`
    pub fn try_map<U, E: Into<BoxError>, P: OnReject<I>>(
        self,
        here: Here<'_, P>,
        f: impl FnOnce(I) -> Result<U, E>,
    ) -> Result<Last<'r, U, (F, P::Evidence<E>)>, Flow> {
        self.item(here.site, Kind::Map, |item| item.try_map(here, f))
    }

    /// `flat_map`
    #[cold]
    #[inline(never)]
    pub fn flat_map<U: IntoIterator>(
        self,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(I) -> U,
        mut out: impl FnMut(Last<'r, U::Item, F>) -> Flow,
    ) -> Flow {
        let run = self.site;
        match self.moment {
            Moment::Item(item) => It(item).flat_map(site, count, f, |item| out(Self::with(Moment::Item(item.0), run))),
            Moment::Signal(signal) => {
                if signal == Signal::Describe {
                    site.describe::<I, U::Item>(Kind::Expand);
                }
                out(Self::with(Moment::Signal(signal), run))
            }
        }
    }
}
