//! The end of a stage, or of the stages of all its keys.

use crate::error::BoxError;
use crate::key::Bank;
use crate::run::Site;
use crate::stage::Flow;

impl Site<'_> {
    /// Ends a bank: each of its stages finishes, until items are no longer wanted. After a failure nothing finishes.
    #[cold]
    #[inline(never)]
    pub(super) fn drain<B: Bank, E: Into<BoxError>>(
        self,
        bank: &mut Option<B>,
        mut finish: impl FnMut(B::Key, B::Stage) -> Result<Flow, E>,
    ) {
        if self.run.failed() || !self.finishes() {
            return;
        }
        let Some(bank) = bank.take() else { return };
        // A break here stops the items of this bank, never the end.
        let _ = bank.drain(|key, stage| {
            let flow = match finish(key, stage) {
                Ok(flow) => flow,
                Err(error) => {
                    self.fail(error, None);
                    Flow::Break(())
                }
            };
            if self.run.failed() { Flow::Break(()) } else { flow }
        });
    }
}
