//! What a silo brings to each of its connections.

use super::limits::Limits;
use super::versions::Versions;

/// What a silo says of itself on its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    pub versions: Versions,
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            versions: Versions::SPOKEN,
            limits: Limits::default(),
        }
    }
}
