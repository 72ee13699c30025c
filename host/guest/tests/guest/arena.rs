//! Where misbehaviour is timed: each kind is stopped soon, and a neighbour goes on.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pizza_guest::{GuestError, LoadError, TypeSettings, WasmHost};

use crate::fixture::{Guest, grasping_on, guest_on, host, hostile_on, turn};

/// Far above what any kind takes, on a machine that has other things to do.
const STOPPED_WITHIN: Duration = Duration::from_secs(5);

pub(crate) struct Arena {
    host: Arc<WasmHost>,
    neighbour: Guest,
    turns: Cell<u32>,
}

impl Arena {
    pub(crate) async fn open() -> Self {
        let host = host();
        let neighbour = hostile_on(&host, |_| ()).await;
        Self {
            host,
            neighbour,
            turns: Cell::new(0),
        }
    }

    pub(crate) async fn grasping(&self, change: impl FnOnce(&mut TypeSettings)) -> Guest {
        grasping_on(&self.host, change).await
    }

    pub(crate) async fn guest(&self, text: &str, change: impl FnOnce(&mut TypeSettings)) -> Guest {
        guest_on(&self.host, text, change).await
    }

    /// A turn that has to fail, with nothing left of it.
    pub(crate) async fn stopped(
        &self,
        kind: &str,
        guest: &Guest,
        method: &str,
        arguments: &str,
    ) -> GuestError {
        let started = Instant::now();
        let error = match guest.module.run(turn(method, arguments)).await {
            Err(error) => error,
            Ok(outcome) => panic!("{kind} was allowed: {outcome:?}"),
        };
        self.ended(kind, started.elapsed(), &error.to_string())
            .await;
        error
    }

    /// A module that has to be refused.
    pub(crate) async fn refused(&self, kind: &str, wasm: &[u8]) -> LoadError {
        let started = Instant::now();
        let loaded = self.host.load("test", wasm, TypeSettings::default()).await;
        let took = started.elapsed();
        let Err(error) = loaded else {
            panic!("{kind} was loaded");
        };
        self.ended(kind, took, &error.to_string()).await;
        error
    }

    /// The neighbour's instance is the one it always had.
    pub(crate) async fn ended(&self, kind: &str, took: Duration, error: &str) {
        tell(kind, took, error);
        assert!(took < STOPPED_WITHIN, "{kind}: {took:?}");
        self.turns.set(self.turns.get() + 1);
        let turns = self.neighbour.reply("turns", "").await;
        assert_eq!(turns, self.turns.get().to_string(), "after {kind}");
    }
}

/// For the table in docs/sandbox.md; `--nocapture` shows it.
#[allow(clippy::print_stdout, reason = "it is how a measurement is told")]
fn tell(kind: &str, took: Duration, error: &str) {
    let took_ms = took.as_secs_f64() * 1_000.0;
    println!("{took_ms:>9.2} ms  {kind:<40} {error}");
}
