//! A paused clock of tokio that is the first to be asked for the time. Alone, as a process has one first moment.

use std::time::Duration;

use millstream::clock::Moment;

#[test]
fn time_goes_on_outside_of_a_paused_clock_that_was_asked_first() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        tokio::time::advance(Duration::from_hours(24)).await;
        let first = Moment::now();
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(Moment::now().since(first), Duration::from_millis(1));
    });
    assert!(Moment::now() > Moment::default(), "it does not stand still for a day");
}
