//! What is for operators, passed on to the silos with the token of operators. That token stays here:
//! who may ask is for the check in front of the handlers to say.
//!
//! In reading order:
//! - [`answer`](self::answer): what a silo answers, and its problems as those of this API
//! - [`known`](self::known): which silos there are; [`silos`](self::silos): all of them side by side
//! - [`rates`](self::rates): how modules do, on all silos together
//! - [`scene`](self::scene): what operators look at, as it is at one moment;
//!   [`watching`](self::watching): looked at again and again while somebody watches

mod answer;
mod known;
mod rates;
mod scene;
mod silos;
mod watching;

use std::sync::Arc;

use pizza_client::Operators;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::problem::{self, Problem};
pub(crate) use scene::{Scene, dated};
use silos::Silos;
use watching::Watching;

/// How many components are received at once: each lies in memory until a silo has it.
const UPLOADS_MAX: usize = 2;

/// The silos for operators, and what is done for all of those who watch them.
pub(crate) struct Operate {
    pub(crate) silos: Silos,
    pub(crate) watching: Watching,
    uploads: Semaphore,
}

impl Operate {
    pub(crate) fn new(operators: Arc<Operators>) -> Self {
        Self {
            silos: Silos::new(operators),
            watching: Watching::default(),
            uploads: Semaphore::new(UPLOADS_MAX),
        }
    }

    /// A permit to receive a component.
    ///
    /// # Errors
    /// While as many are received as may be.
    pub(crate) fn upload(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.uploads.try_acquire().map_err(|_| {
            let detail = "other modules are being uploaded";
            Problem::new(problem::OVERLOADED, detail).retry_after_ms(1_000)
        })
    }
}
