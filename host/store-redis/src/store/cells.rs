//! What waits for other cells, and what came of them.

use async_trait::async_trait;
use pizza_store::{CellStore, EventsAbroad, Outbound, ParkedRow, StoreError};
use pizza_types::{CellName, ShardId};

use super::log::Appends;
use super::{RedisStore, call};
use crate::key;
use crate::value::{corrupt, decode, encode, number, stream};

/// The shard where everything is that waits for a cell: whoever guards it brings it there.
fn shard(cell: &CellName) -> ShardId {
    ShardId::of("cell", cell.as_str())
}

fn list(cell: &CellName) -> String {
    key::of_shard(shard(cell), &format!("P:{cell}"))
}

#[async_trait]
impl CellStore for RedisStore {
    async fn relay_from(&self, cell: &CellName, events: &[EventsAbroad]) -> Result<(), StoreError> {
        let mut appends = Appends::default();
        for entry in events {
            // No shard of this cell has such a name.
            let source = format!("{cell}/{}", entry.shard.0);
            appends.add(&source, entry.number, entry.at_ms, &entry.events);
        }
        self.append(appends).await
    }

    async fn park(&self, cell: &CellName, outbound: Vec<Outbound>) -> Result<(), StoreError> {
        if outbound.is_empty() {
            return Ok(());
        }
        let keys = [list(cell), key::of_shard(shard(cell), "c")];
        let mut command = call(&self.scripts.park, &keys);
        command.arg(format!("parked:{cell}"));
        for outbound in &outbound {
            command.arg(encode(outbound)?);
        }
        self.ask(shard(cell), command).await.map(drop)
    }

    async fn parked(
        &self,
        cell: &CellName,
        after: u64,
        limit: usize,
    ) -> Result<Vec<ParkedRow>, StoreError> {
        let mut command = redis::cmd("XRANGE");
        command.arg(list(cell)).arg(format!("({after}-0")).arg("+");
        command.arg("COUNT").arg(limit.min(1_000_000));
        let rows = stream(self.ask(shard(cell), command).await?).into_iter();
        let row = |(number, fields): (u64, Vec<(Vec<u8>, Vec<u8>)>)| {
            let wrong = || corrupt("what waits for a cell");
            let outbound = decode(&fields.first().ok_or_else(wrong)?.1)?;
            Ok(ParkedRow { number, outbound })
        };
        rows.map(row).collect()
    }

    async fn parked_count(&self, cell: &CellName) -> Result<usize, StoreError> {
        let mut command = redis::cmd("XLEN");
        command.arg(list(cell));
        let count = number(self.ask(shard(cell), command).await?);
        let count = count.and_then(|count| usize::try_from(count).ok());
        count.ok_or_else(|| corrupt("the number of what waits for a cell"))
    }

    async fn unpark(&self, cell: &CellName, numbers: &[u64]) -> Result<(), StoreError> {
        if numbers.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = numbers.iter().map(|number| format!("{number}-0")).collect();
        let mut command = redis::cmd("XDEL");
        command.arg(list(cell)).arg(ids);
        self.ask(shard(cell), command).await.map(drop)
    }
}
