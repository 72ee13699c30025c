//! An actor's loop in the hands of whoever found the actor idle. The one who waits for the
//! answer runs the loop meanwhile: no task is made for it, and the commit's answer wakes
//! its reader without a stop in between. Whoever leaves first gives the loop a task.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pizza_types::{CallError, Reply};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) type Answer = Result<Result<Reply, CallError>, oneshot::error::RecvError>;

/// Empty when the loop runs elsewhere.
pub(crate) struct Lent(Option<Work>);

impl Lent {
    pub(crate) fn nothing() -> Self {
        Self(None)
    }

    pub(crate) fn new(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }

    /// Waits for the answer, and works for it.
    pub(crate) async fn until(
        &mut self,
        answer: &mut oneshot::Receiver<Result<Reply, CallError>>,
    ) -> Answer {
        poll_fn(|context| {
            self.work(context);
            Pin::new(&mut *answer).poll(context)
        })
        .await
    }

    fn work(&mut self, context: &mut Context<'_>) {
        let Some(work) = &mut self.0 else {
            return;
        };
        // A panic in the loop is not one of whoever waits: it hears that the turn ended.
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        if !matches!(polled, Ok(Poll::Pending)) {
            self.0 = None;
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Without a runtime the process is ending, and the store has what matters.
        if let Some(work) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(work);
        }
    }
}
