//! What clients have used since the other gateways were told last.

use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use pizza_client::client_use::UseTable;

/// The most clients of which one report tells.
const CLIENTS_MAX: usize = 4_096;

pub(super) struct Untold<K> {
    /// A gateway that is alone counts nothing: its requests then pass no lock here.
    is_shared: AtomicBool,
    table: Mutex<UseTable<K>>,
}

impl<K: Copy + Eq + Hash> Untold<K> {
    pub(super) fn new() -> Self {
        Self {
            is_shared: AtomicBool::new(false),
            table: Mutex::new(UseTable::of(CLIENTS_MAX)),
        }
    }

    pub(super) fn share(&self, is_shared: bool) {
        self.is_shared.store(is_shared, Ordering::Relaxed);
    }

    pub(super) fn is_shared(&self) -> bool {
        self.is_shared.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, client: K, requests: u32) {
        self.table.lock().add(client, requests);
    }

    pub(super) fn take(&self) -> Vec<(K, u32)> {
        self.table.lock().take()
    }
}
