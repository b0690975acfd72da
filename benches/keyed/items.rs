//! What the jobs read, and the states they keep.

/// One measurement, its texts borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) id: u64,
    pub(crate) site: u32,
    pub(crate) sensor: &'a str,
    pub(crate) value: f64,
}

/// One measurement that owns its text.
#[derive(Clone, Debug)]
pub(crate) struct Owned {
    pub(crate) sensor: String,
    pub(crate) value: f64,
}

/// The items of a job, as borrowed and as owned ones; a job has either.
#[derive(Debug, Default)]
pub(crate) struct Items {
    pub(crate) lent: Vec<Reading<'static>>,
    pub(crate) owned: Vec<Owned>,
}

impl Items {
    pub(crate) fn len(&self) -> usize {
        self.lent.len() + self.owned.len()
    }
}

/// How the items of a job are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// How many different keys there are.
    pub(crate) keys: usize,
    /// How many items of one key follow each other.
    pub(crate) run: usize,
    /// Whether names are longer than 16 bytes.
    pub(crate) long: bool,
    pub(crate) owned: bool,
}

impl Shape {
    /// `n` items. Each key is there once before one comes again, as far as there are as many items.
    pub(crate) fn items(&self, n: usize) -> Items {
        let mut random = random();
        let names: Vec<&'static str> = (0..self.keys).map(|key| &*self.name(key).leak()).collect();
        let ids: Vec<u64> = std::iter::repeat_with(&mut random).take(self.keys).collect();
        let readings = (0..n.div_ceil(self.run)).flat_map(|at| {
            let other = usize::try_from(random() >> 32).unwrap_or_default();
            let key = if at < self.keys { at } else { other % self.keys };
            let site = u32::try_from(key % 40).unwrap_or_default();
            let reading = Reading { id: ids[key], site, sensor: names[key], value: f64::from(site) / 8.0 };
            std::iter::repeat_n(reading, self.run)
        });
        let lent: Vec<_> = readings.take(n).collect();
        if self.owned {
            let owned = lent.iter().map(|reading| Owned { sensor: reading.sensor.to_owned(), value: reading.value });
            Items { owned: owned.collect(), ..Items::default() }
        } else {
            Items { lent, ..Items::default() }
        }
    }

    fn name(&self, key: usize) -> String {
        if self.long {
            format!("hall-{}/line-{}/motor-{key:06}/celsius", key % 3, key % 7)
        } else {
            format!("motor-{key:06}")
        }
    }
}

/// Numbers that look random, the same in each run: splitmix64.
fn random() -> impl FnMut() -> u64 {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// What is kept for each key.
pub(crate) trait State: Default {
    fn add(&mut self, value: f64);
    fn digest(&self) -> u64;
}

/// A state that costs next to nothing.
#[derive(Debug, Default)]
pub(crate) struct Count(u64);

impl State for Count {
    #[inline]
    fn add(&mut self, _value: f64) {
        self.0 += 1;
    }
    fn digest(&self) -> u64 {
        self.0
    }
}

/// A state of 64 bytes.
#[derive(Debug, Default)]
pub(crate) struct Wide {
    count: u64,
    sum: f64,
    squares: f64,
    min: f64,
    max: f64,
    first: f64,
    last: f64,
    changes: u64,
}

impl State for Wide {
    #[inline]
    fn add(&mut self, value: f64) {
        if self.count == 0 {
            (self.first, self.min, self.max) = (value, value, value);
        }
        self.count += 1;
        self.sum += value;
        self.squares += value * value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.changes += u64::from(self.last.to_bits() != value.to_bits());
        self.last = value;
    }
    fn digest(&self) -> u64 {
        let Wide { count, sum, squares, min, max, first, last, changes } = self;
        let floats = [sum, squares, min, max, first, last].map(|float| float.to_bits());
        floats.into_iter().fold(count ^ changes, |all, bits| all.rotate_left(5) ^ bits)
    }
}

const _: () = assert!(size_of::<Wide>() == 64);

/// A key as a number, to be summed with its state in any order.
pub(crate) trait Digest {
    fn digest(&self) -> u64;

    fn with(&self, state: &impl State) -> u64 {
        self.digest().wrapping_mul(state.digest() | 1)
    }
}

impl Digest for u64 {
    fn digest(&self) -> u64 {
        *self
    }
}

impl Digest for str {
    fn digest(&self) -> u64 {
        self.bytes().rev().take(8).fold(0, |all, byte| (all << 8) | u64::from(byte))
    }
}

impl Digest for String {
    fn digest(&self) -> u64 {
        self.as_str().digest()
    }
}

impl Digest for (u32, String) {
    fn digest(&self) -> u64 {
        u64::from(self.0).rotate_left(40) ^ self.1.digest()
    }
}
