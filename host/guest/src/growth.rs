//! How far memories and tables may grow.

use wasmtime::ResourceLimiter;

use crate::error::GuestError;
use crate::limits::Limits;

/// The bounds of an instance's memories and tables, and how large its memory has become.
pub(crate) struct Growth {
    memory_bytes_max: usize,
    table_elements_max: usize,
    /// What all linear memories of the instance have together, in bytes. None ever shrinks.
    pub(crate) memory_bytes: usize,
    /// What was added to it last, for the case that the engine cannot give it.
    added_bytes: usize,
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
            added_bytes: 0,
            refused: None,
        }
    }
}

impl ResourceLimiter for Growth {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let added = desired.saturating_sub(current);
        let together = self.memory_bytes.saturating_add(added);
        let own_limit = maximum.unwrap_or(usize::MAX);
        if desired > own_limit || together > self.memory_bytes_max {
            let limit = self.memory_bytes_max.min(own_limit);
            self.refused = Some(GuestError::Memory { limit });
            // Refused, not trapped: the guest sees -1, as the standard says, and may manage
            // without.
            return Ok(false);
        }
        self.memory_bytes = together;
        self.added_bytes = added;
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
        self.memory_bytes = self.memory_bytes.saturating_sub(self.added_bytes);
        self.added_bytes = 0;
        Ok(())
    }
}
