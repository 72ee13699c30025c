//! Everything that happened, as one number: two runs of one seed have the same.

use std::sync::Arc;

use parking_lot::Mutex;

/// What happens in a simulation is noted here as it happens. Cheap to clone.
#[derive(Clone, Default)]
pub struct Trace(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    hasher: blake3::Hasher,
    events: u64,
    /// The last of them in words, for who looks into a seed.
    told: Vec<String>,
    tells: bool,
}

impl Trace {
    /// One that keeps all in words, too.
    #[must_use]
    pub fn telling() -> Self {
        let trace = Self::default();
        trace.0.lock().tells = true;
        trace
    }

    pub fn note(&self, what: impl FnOnce() -> String) {
        let text = format!("{:>9} {}", now_ms(), what());
        let mut inside = self.0.lock();
        inside.hasher.update(text.as_bytes());
        inside.events += 1;
        if inside.tells {
            inside.told.push(text);
        }
    }

    /// The hash of all, and how many they were.
    #[must_use]
    pub fn sum(&self) -> (String, u64) {
        let inside = self.0.lock();
        let hash = inside.hasher.finalize().to_hex();
        (hash[..16].to_owned(), inside.events)
    }

    #[must_use]
    pub fn told(&self) -> Vec<String> {
        self.0.lock().told.clone()
    }
}

/// The true time of the simulation, in milliseconds since it began.
#[must_use]
pub fn now_ms() -> u64 {
    let elapsed = turmoil::sim_elapsed().unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
