//! The people whom the process around a gateway may simulate. The gateway says how that is asked
//! for; who does it is handed in from outside.

use std::pin::Pin;

/// A simulation as it is now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Simulated {
    pub on: bool,
    /// Orders a minute on average.
    pub rate: f64,
    /// How many drivers are at work.
    pub workers: u16,
    /// How many times faster than life drivers ride.
    pub speed: f64,
    /// When it was switched on, in milliseconds since 1970; absent while it is off.
    pub since_ms: Option<u64>,
}

/// What somebody wants of a simulation. What is left out stays as it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulationRequest {
    pub on: bool,
    /// Orders a minute on average.
    pub rate: Option<f64>,
    /// How many drivers are to be at work.
    pub workers: Option<u16>,
    /// How many times faster than life drivers ride.
    pub speed: Option<f64>,
}

/// How a simulation is switched, and what came of it.
pub type Switched = Pin<Box<dyn Future<Output = Result<Simulated, String>> + Send>>;

/// Simulates people while somebody wants it.
pub trait Simulation: Send + Sync {
    fn now(&self) -> Simulated;

    /// Makes it as it is wanted, and resolves when it is so: after a stop nothing runs any more. What
    /// was begun goes on when nobody waits for it.
    ///
    /// # Errors
    /// Why it cannot be so, for people.
    fn switch(&self, request: SimulationRequest) -> Switched;
}
