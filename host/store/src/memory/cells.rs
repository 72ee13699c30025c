//! What waits for other cells, and what came of them.

use std::ops::Bound;

use async_trait::async_trait;
use pizza_types::CellName;

use super::MemoryStore;
use crate::cells::{CellStore, EventsAbroad, Outbound, ParkedRow};
use crate::error::StoreError;
use crate::streams::StoredEvent;

#[async_trait]
impl CellStore for MemoryStore {
    async fn relay_from(&self, cell: &CellName, events: &[EventsAbroad]) -> Result<(), StoreError> {
        let mut tables = self.tables.lock();
        for entry in events {
            let source = (cell.clone(), entry.shard);
            // First all of the entry, then the marks: it may have several events for one stream.
            for event in &entry.events {
                for of in &event.keys {
                    let stream = tables.streams.entry(of.clone()).or_default();
                    let mark = stream.relayed_from.get(&source);
                    if mark.is_some_and(|mark| *mark >= entry.number) {
                        continue;
                    }
                    stream.head += 1;
                    let row = StoredEvent {
                        position: stream.head,
                        at_ms: entry.at_ms,
                        payload: event.payload.clone(),
                    };
                    stream.events.insert(stream.head, row);
                }
            }
            for of in entry.events.iter().flat_map(|event| &event.keys) {
                let stream = tables.streams.entry(of.clone()).or_default();
                let mark = stream.relayed_from.entry(source.clone()).or_default();
                *mark = entry.number.max(*mark);
            }
        }
        Ok(())
    }

    async fn park(&self, cell: &CellName, outbound: Vec<Outbound>) -> Result<(), StoreError> {
        let mut tables = self.tables.lock();
        let parked = tables.parked.entry(cell.clone()).or_default();
        for outbound in outbound {
            parked.newest += 1;
            parked.rows.insert(parked.newest, outbound);
        }
        Ok(())
    }

    async fn parked(
        &self,
        cell: &CellName,
        after: u64,
        limit: usize,
    ) -> Result<Vec<ParkedRow>, StoreError> {
        let tables = self.tables.lock();
        let rows = tables.parked.get(cell).map(|parked| &parked.rows);
        let behind = (Bound::Excluded(after), Bound::Unbounded);
        let rows = rows.into_iter().flat_map(|rows| rows.range(behind));
        let row = |(number, outbound): (&u64, &Outbound)| ParkedRow {
            number: *number,
            outbound: outbound.clone(),
        };
        Ok(rows.take(limit).map(row).collect())
    }

    async fn parked_count(&self, cell: &CellName) -> Result<usize, StoreError> {
        let tables = self.tables.lock();
        Ok(tables.parked.get(cell).map_or(0, |p| p.rows.len()))
    }

    async fn unpark(&self, cell: &CellName, numbers: &[u64]) -> Result<(), StoreError> {
        let mut tables = self.tables.lock();
        if let Some(parked) = tables.parked.get_mut(cell) {
            for number in numbers {
                parked.rows.remove(number);
            }
        }
        Ok(())
    }
}
