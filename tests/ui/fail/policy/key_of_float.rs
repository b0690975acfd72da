use millstream::policy::Cache;

static AREAS: Cache<f64, f64> = Cache::new(8);

fn main() {
    AREAS.run(1.5, || 2.25);
}
