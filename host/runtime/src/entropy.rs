//! Chance comes through this trait, so that a simulation can be repeated from its seed.

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Where random numbers come from.
pub trait Entropy: Send + Sync + 'static {
    fn next(&self) -> u64;
}

/// The machine's own randomness, for everything but simulations.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn next(&self) -> u64 {
        rand::rng().next_u64()
    }
}

/// Random numbers for a simulation: the same seed gives the same numbers.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<StdRng>);

impl SeededEntropy {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn next(&self) -> u64 {
        self.0.lock().next_u64()
    }
}
