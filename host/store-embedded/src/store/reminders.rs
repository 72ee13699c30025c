//! What is due.

use async_trait::async_trait;
use pizza_store::{DelayedKey, DelayedRow, DueAfter, DueReminder, ReminderStore, StoreError};
use pizza_types::ShardSet;

use super::{EmbeddedStore, scan};
use crate::table::Table;
use crate::{key, read};

#[async_trait]
impl ReminderStore for EmbeddedStore {
    async fn reminders_due(
        &self,
        of: &ShardSet,
        after: &DueAfter,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<DueReminder>, StoreError> {
        read::reminders_due(&self.view()?, of, after, until_ms, limit)
    }

    async fn delayed(
        &self,
        of: &ShardSet,
        after: Option<&DelayedKey>,
        limit: usize,
    ) -> Result<Vec<DelayedRow>, StoreError> {
        let (view, of, after) = (self.view()?, *of, after.cloned());
        scan(move || read::delayed(&view, &of, after.as_ref(), limit)).await
    }

    async fn delayed_done(&self, keys: Vec<DelayedKey>) -> Result<(), StoreError> {
        let row = |of| (Table::Delayed, key::delayed_of(of).into(), None);
        let rows = keys.iter().map(row).collect();
        self.write("forget delivered messages", rows, false).await
    }
}
