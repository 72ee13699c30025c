//! How far memories and tables may grow.

use wasmtime::ResourceLimiter;

use crate::error::GuestError;
use crate::limits::Limits;

/// The bounds of an instance's memories and tables, and how large its memory has become.
pub(crate) struct Growth {
    memory_bytes_max: usize,
    table_elements_max: usize,
    /// The largest size that a linear memory of the instance has had, in bytes.
    pub(crate) memory_bytes: usize,
    /// Noted for the trap that may follow. A guest that manages without the growth has
    /// done nothing wrong.
    pub(crate) refused: Option<GuestError>,
}

impl Growth {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory_bytes_max: limits.memory_bytes,
            table_elements_max: limits.table_elements,
            memory_bytes: 0,
            refused: None,
        }
    }
}

impl ResourceLimiter for Growth {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.memory_bytes_max.min(maximum.unwrap_or(usize::MAX));
        if desired > limit {
            self.refused = Some(GuestError::Memory { limit });
            // Refused, not trapped: the guest sees -1, as the standard says, and may manage
            // without.
            return Ok(false);
        }
        self.memory_bytes = self.memory_bytes.max(desired);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.table_elements_max.min(maximum.unwrap_or(usize::MAX));
        if desired > limit {
            self.refused = Some(GuestError::Table { limit });
            return Ok(false);
        }
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        // The engine itself could not grow it. As above, the guest is the one to decide.
        Ok(())
    }
}
