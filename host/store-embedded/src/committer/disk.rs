//! What stands between the committer and the disk; tests put a failing one there.

use crate::log::{Log, Record};

pub(crate) trait Disk: Send {
    /// Hands records to the operating system. When this fails, they may or may not be there.
    fn write(&mut self, records: &mut [Record]) -> Result<(), String>;

    /// Makes everything written so far as durable as was asked for.
    fn sync(&mut self) -> Result<(), String>;
}

/// The disk as it is in earnest.
impl Disk for Log {
    fn write(&mut self, records: &mut [Record]) -> Result<(), String> {
        let written = self.append(records);
        written.map_err(|error| format!("a write failed: {error}"))
    }

    fn sync(&mut self) -> Result<(), String> {
        let synced = Log::sync(self);
        synced.map_err(|error| format!("an fsync failed: {error}"))
    }
}
