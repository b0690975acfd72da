//! Channels of the standard library: items from other threads, and to them.

use std::convert::Infallible;
use std::fmt;
use std::sync::mpsc::{Receiver, Sender, SyncSender};

use crate::sink::{Closed, Sink};
use crate::source::{At, Source};
use crate::stage::Flow;

/// Takes items from `receiver` until all of its senders are gone.
///
/// ```
/// use std::sync::mpsc::channel;
/// use std::thread;
///
/// use millstream_core::io::channel;
/// use millstream_core::source::Source;
///
/// let (sender, receiver) = channel();
/// let worker = thread::spawn(move || (1..=3).try_for_each(|n| sender.send(n)));
/// let mut numbers = channel::source(receiver);
/// let mut read = Vec::new();
/// while let Ok(Some((Ok(n), _))) = numbers.next() {
///     read.push(n);
/// }
/// assert_eq!(read, [1, 2, 3]);
/// # worker.join().unwrap().unwrap();
/// ```
pub fn source<T>(receiver: Receiver<T>) -> ChannelSource<T> {
    ChannelSource { receiver }
}

/// A source of what is sent through a channel; made by [`source`].
#[derive(Debug)]
#[must_use = "a source reads nothing until a pipeline runs it"]
pub struct ChannelSource<T> {
    receiver: Receiver<T>,
}

impl<T> Source for ChannelSource<T> {
    type Item<'a>
        = T
    where
        Self: 'a;
    type Reject = Infallible;
    type Error = Infallible;

    fn name(&self) -> String {
        "channel".to_owned()
    }

    #[inline]
    fn next(&mut self) -> Result<Option<(Result<T, Infallible>, At<'_>)>, Infallible> {
        Ok(self.receiver.recv().ok().map(|item| (Ok(item), At::default())))
    }
}

/// Sends every item through `sender`, a [`Sender`] or a [`SyncSender`]; one of the latter waits while the channel is full.
/// The sender is dropped when the sink has closed, or the run has failed: what has been sent until then is not taken back.
///
/// If the receiver is gone, the run fails: nobody will see the items.
///
/// ```
/// use std::sync::mpsc::channel;
///
/// use millstream_core::io::channel;
/// use millstream_core::sink::Sink;
///
/// let (sender, receiver) = channel();
/// let mut sink = channel::sink(sender);
/// let _ = sink.write(7)?;
/// assert_eq!(receiver.recv(), Ok(7));
/// drop(receiver);
/// assert!(sink.write(8).is_err());
/// # Ok::<(), channel::ReceiverGone>(())
/// ```
pub fn sink<S>(sender: S) -> ChannelSink<S> {
    ChannelSink { sender, gone: false }
}

/// A sink that sends items through a channel; made by [`sink`].
#[derive(Debug)]
#[must_use = "a sink writes nothing until a pipeline runs it"]
pub struct ChannelSink<S> {
    sender: S,
    gone: bool,
}

/// The sending half of a channel.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not send `{T}`",
    label = "this is not a sender of `{T}`",
    note = "`channel(sender)` takes a `std::sync::mpsc::Sender` or `SyncSender`"
)]
pub trait Send<T> {
    /// Sends one item.
    ///
    /// # Errors
    /// When the receiver is gone.
    fn send(&self, item: T) -> Result<(), ReceiverGone>;
}

impl<T> Send<T> for Sender<T> {
    #[inline]
    fn send(&self, item: T) -> Result<(), ReceiverGone> {
        Sender::send(self, item).map_err(|_| ReceiverGone {})
    }
}

impl<T> Send<T> for SyncSender<T> {
    #[inline]
    fn send(&self, item: T) -> Result<(), ReceiverGone> {
        SyncSender::send(self, item).map_err(|_| ReceiverGone {})
    }
}

impl<T, S: Send<T>> Sink<T> for ChannelSink<S> {
    type Output = ();
    type Error = ReceiverGone;

    #[inline]
    fn write(&mut self, item: T) -> Result<Flow, ReceiverGone> {
        let sent = self.sender.send(item);
        self.gone |= sent.is_err();
        sent.map(Flow::Continue)
    }

    fn is_broken(&self) -> bool {
        self.gone
    }

    fn close(self) -> Result<Closed<()>, ReceiverGone> {
        Ok(Closed::new(()))
    }
}

/// The receiver of a channel is gone, so that nothing can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverGone {}

impl fmt::Display for ReceiverGone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the receiver of the channel is gone")
    }
}

impl std::error::Error for ReceiverGone {}
