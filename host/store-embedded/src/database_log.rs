//! What the database said when one of its threads died: it tells nobody but its log.

use log::{LevelFilter, Log, Metadata, Record};
use parking_lot::Mutex;

static HEARD: Mutex<Option<String>> = Mutex::new(None);

struct Listener;

/// Listens from now on, unless this process has a listener of its own.
pub(crate) fn listen() {
    static LISTENER: Listener = Listener;
    if log::set_logger(&LISTENER).is_ok() {
        log::set_max_level(LevelFilter::Error);
    }
}

/// The last error that was told; of any store of this process.
pub(crate) fn heard() -> Option<String> {
    HEARD.lock().clone()
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
            *HEARD.lock() = Some(said);
        }
    }

    fn flush(&self) {}
}
