//! The store of tests and simulations.

/// To be filled.
#[derive(Debug, Default)]
pub struct MemoryStore {}
