//! The errors in the database's log: when one of its threads dies, it tells nobody else why.

use log::{LevelFilter, Log, Metadata, Record};
use parking_lot::Mutex;

static LAST_ERROR: Mutex<Option<String>> = Mutex::new(None);

struct Listener;

/// Listens from now on, unless this process has a listener of its own.
pub(crate) fn listen() {
    static LISTENER: Listener = Listener;
    if log::set_logger(&LISTENER).is_ok() {
        log::set_max_level(LevelFilter::Error);
    }
}

/// The last error in the log; it may be of any store of this process.
pub(crate) fn last_error() -> Option<String> {
    LAST_ERROR.lock().clone()
}

impl Log for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        target.starts_with("fjall") || target.starts_with("lsm_tree")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let said = record.args().to_string();
            tracing::error!(said, "the database");
            *LAST_ERROR.lock() = Some(said);
        }
    }

    fn flush(&self) {}
}
