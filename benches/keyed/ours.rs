//! The same by a pipeline: a stage that absorbs, with a state for each key.

use millstream::prelude::*;

use super::items::{Count, Digest, Items, Owned, Reading, State, Wide};

/// A stage for each kind of item, key and state.
macro_rules! stages {
    ($($stage:ident, $finish:ident: $item:ty, $key:ty, $state:ty;)*) => { $(
        #[stage(finish = $finish)]
        fn $stage(#[state] state: &mut $state, item: $item) {
            state.add(item.value);
        }

        #[finish]
        fn $finish(key: &$key, state: $state) -> Option<u64> {
            Some(key.with(&state))
        }
    )* };
}
stages! {
    count_id, id_count: Reading<'_>, u64, Count;
    count_sensor, sensor_count: Reading<'_>, str, Count;
    count_place, place_count: Reading<'_>, (u32, String), Count;
    count_owned, owned_count: &Owned, str, Count;
    wide_id, id_wide: Reading<'_>, u64, Wide;
    wide_sensor, sensor_wide: Reading<'_>, str, Wide;
}

/// A pipeline over the items of a job.
macro_rules! forms {
    ($($form:ident: $items:ident . $iter:ident ($($copied:ident)?), $stage:ident, $key:tt;)*) => { $(
        #[inline(never)]
        pub(crate) fn $form(items: &Items) -> u64 {
            let mut all = 0_u64;
            pipeline!(
                from_iter(items.$items.$iter()$(.$copied())?)
                    | $stage.keyed($key)
                    | for_each(|digest| all = all.wrapping_add(digest))
            )
            .run()
            .unwrap_or_else(|error| panic!("{error}"));
            all
        }
    )* };
}
forms! {
    by_id: lent.iter(copied), count_id, id;
    by_sensor: lent.iter(copied), count_sensor, sensor;
    by_place: lent.iter(copied), count_place, (site, sensor);
    by_owned: owned.iter(), count_owned, sensor;
    by_id_wide: lent.iter(copied), wide_id, id;
    by_sensor_wide: lent.iter(copied), wide_sensor, sensor;
}
